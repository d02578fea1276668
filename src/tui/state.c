#include "state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/ini.h>

enum { STATE_BYTES_MAX = 64 << 10, PATH_BYTES_MAX = 4096 };

/* --- reading ------------------------------------------------------------------------------ */

/* The file's bytes, to be freed; none of a file that is missing. */
static char *read_file(const char *path, int flags, size_t *ret_len)
{
    char *text = mem_alloc(STATE_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    ssize_t got = fd >= 0 ? 1 : 0;
    *ret_len = 0;
    while (got > 0 && *ret_len < STATE_BYTES_MAX) {
        got = read(fd, text + *ret_len, STATE_BYTES_MAX - *ret_len);
        *ret_len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

struct reading {
    const struct state_file *place;
    struct screen *screen;
    char *badge;
};

/* What is of no use on another server: a zoomed pane would be an empty screen there. */
static bool is_of_one_server(const char *name)
{
    static const char *const names[] = {"focus", "zoom", "orders.seen", "positions.folded",
                                        "badge"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_pair(void *user, const struct ini_pair *pair)
{
    struct reading *reading = user;
    bool common = pair->section[0] == '\0';
    if (common ? is_of_one_server(pair->name)
               : strcmp(pair->section, reading->place->server) != 0) {
        return true;
    }
    if (strcmp(pair->name, "badge") == 0) {
        snprintf(reading->badge, STATE_BADGE_MAX, "%s", pair->value);
    } else {
        screen_state_set(reading->screen, pair->name, pair->value);
    }
    return true;
}

void state_load(const struct state_file *place, struct screen *screen,
                char ret_badge[STATE_BADGE_MAX])
{
    struct reading reading = {place, screen, ret_badge};
    struct ini_error error;
    size_t len;
    char *text = read_file(place->path, 0, &len);
    ret_badge[0] = '\0';
    ini_read(text, len, take_pair, &reading, &error);
    free(text);
}

/* --- writing ------------------------------------------------------------------------------ */

/* What the file says of other servers, the newest first. */
struct others {
    const char *server; /* not this one */
    struct buf text;
    char section[INI_SECTION_BYTES_MAX + 1];
    int servers;
};

static bool keep_pair(void *user, const struct ini_pair *pair)
{
    struct others *others = user;
    if (pair->section[0] == '\0' || strcmp(pair->section, others->server) == 0) {
        return true;
    }
    if (strcmp(pair->section, others->section) != 0) {
        snprintf(others->section, sizeof others->section, "%s", pair->section);
        if (++others->servers < STATE_SERVERS_MAX) {
            buf_printf(&others->text, "\n[%s]\n", pair->section);
        }
    }
    if (others->servers < STATE_SERVERS_MAX) {
        buf_printf(&others->text, "%s = %s\n", pair->name, pair->value);
    }
    return true;
}

static void write_screen(FILE *file, struct screen *screen, bool common)
{
    const char *key, *value;
    for (size_t i = 0; screen_state_get(screen, i, &key, &value); i++) {
        if (value[0] != '\0' && !(common && is_of_one_server(key))) {
            fprintf(file, "%s = %s\n", key, value);
        }
    }
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

static bool write_pairs(int fd, const struct state_file *place, struct screen *screen,
                        const char *badge)
{
    struct others others = {.server = place->server};
    struct ini_error error;
    size_t len;
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return false;
    }
    char *text = read_file(place->path, O_NONBLOCK, &len); /* nothing holds up the end */
    buf_init(&others.text, STATE_BYTES_MAX / 2);
    ini_read(text, len, keep_pair, &others, &error);
    fprintf(file, "; What blotter remembers of its last runs. Yours to delete.\n");
    write_screen(file, screen, true);
    fprintf(file, "\n[%s]\n", place->server);
    write_screen(file, screen, false);
    if (badge[0] != '\0') {
        fprintf(file, "badge = %s\n", badge);
    }
    fputs(others.text.len > 0 ? others.text.data : "", file);
    buf_done(&others.text);
    free(text);
    bool failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed;
}

bool state_save(const struct state_file *place, struct screen *screen, const char *badge)
{
    char temporary[PATH_BYTES_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.%ld", place->path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    make_parents(place->path);
    unlink(temporary); /* of a run that was killed, or somebody's trap: ours is a new file */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return false;
    }
    if (write_pairs(fd, place, screen, badge) && rename(temporary, place->path) == 0) {
        return true;
    }
    int reason = errno;
    unlink(temporary);
    errno = reason;
    return false;
}
