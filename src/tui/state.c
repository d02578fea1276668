#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <blotter/core/ini.h>

enum { STATE_BYTES_MAX = 16 << 10, PATH_BYTES_MAX = 4096 };

static bool take_pair(void *user, const struct ini_pair *pair)
{
    screen_state_set(user, pair->name, pair->value);
    return true;
}

void state_load(const char *path, struct screen *screen)
{
    char text[STATE_BYTES_MAX];
    struct ini_error error;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    ini_read(text, len, take_pair, screen, &error);
}

static void make_parents(const char *path)
{
    char dir[PATH_BYTES_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    for (char *at = strchr(dir + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(dir, 0700);
        *at = '/';
    }
}

static bool write_pairs(int fd, struct screen *screen)
{
    FILE *file = fdopen(fd, "w");
    const char *key;
    const char *value;
    if (file == NULL) {
        close(fd);
        return false;
    }
    fprintf(file, "; What blotter remembers of its last run. Yours to delete.\n");
    for (size_t i = 0; screen_state_get(screen, i, &key, &value); i++) {
        fprintf(file, "%s = %s\n", key, value);
    }
    bool failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed;
}

bool state_save(const char *path, struct screen *screen)
{
    char temporary[PATH_BYTES_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    make_parents(path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return false;
    }
    if (write_pairs(fd, screen) && rename(temporary, path) == 0) {
        return true;
    }
    int reason = errno;
    unlink(temporary);
    errno = reason;
    return false;
}
