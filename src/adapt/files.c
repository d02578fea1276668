#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blotter/core/alloc.h>

#define INI ".ini"

void file_done(struct file *file)
{
    free(file->path);
    free(file->text);
    *file = (struct file){0};
}

static char *join(const char *directory, const char *name, const char *ending)
{
    size_t size = strlen(directory) + strlen(name) + strlen(ending) + 2;
    char *path = mem_alloc(size);
    snprintf(path, size, "%s/%s%s", directory, name, ending);
    return path;
}

bool files_exist(const char *path)
{
    return access(path, F_OK) == 0;
}

bool files_is_path(const char *name)
{
    size_t len = strlen(name);
    return strchr(name, '/') != NULL || (len > 4 && strcmp(name + len - 4, INI) == 0);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

char *files_find(const char *name, const struct adapt_source *source, const char *except)
{
    const char *const places[] = {source->user_dir, source->shipped_dir};
    if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = places[i] != NULL ? join(places[i], name, INI) : NULL;
        if (path != NULL && files_exist(path) && (except == NULL || !is_same_file(path, except))) {
            return path;
        }
        free(path);
    }
    return NULL;
}

char *files_beside(const char *path, const char *ending)
{
    size_t len = strlen(path), cut = strlen(INI);
    len -= len > cut && strcmp(path + len - cut, INI) == 0 ? cut : 0;
    size_t size = len + strlen(ending) + 1;
    char *beside = mem_alloc(size);
    snprintf(beside, size, "%.*s%s", (int)len, path, ending);
    return beside;
}

char *files_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    return files_beside(slash != NULL ? slash + 1 : path, "");
}

/* --- reading --------------------------------------------------------------------------------- */

static bool lies_in(const char *path, const char *directory)
{
    char real[PATH_MAX], place[PATH_MAX];
    if (directory == NULL || realpath(path, real) == NULL || realpath(directory, place) == NULL) {
        return false;
    }
    size_t len = (size_t)(strrchr(real, '/') - real);
    return strlen(place) == len && memcmp(place, real, len) == 0;
}

/* What it says decides where the user's secrets go: nobody else may change it. */
static bool check_owner(const struct file *file, const struct stat *facts,
                        struct complaints *complaints)
{
    struct place whole = {file->path, 0};
    if (!S_ISREG(facts->st_mode)) {
        return complain(complaints, whole, "cannot be read: it is no regular file");
    }
    bool ours = facts->st_uid == geteuid() || (file->shipped && facts->st_uid == 0);
    if (!ours) {
        return complain(complaints, whole, "it belongs to somebody else: make a copy of your own");
    }
    mode_t open_to = file->shipped ? S_IWOTH : S_IWOTH | S_IWGRP;
    if ((facts->st_mode & open_to) != 0) {
        return complain(complaints, whole, "others may write to it: run chmod go-w %s", file->path);
    }
    return true;
}

static bool read_all(struct file *file, int fd, struct complaints *complaints)
{
    struct place whole = {file->path, 0};
    file->text = mem_alloc(ADAPT_FILE_BYTES_MAX + 2);
    ssize_t got;
    do {
        got = read(fd, file->text + file->len, ADAPT_FILE_BYTES_MAX + 1 - file->len);
        file->len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    file->text[file->len] = '\0';
    if (got < 0) {
        return complain(complaints, whole, "cannot be read: %s", strerror(errno));
    }
    return file->len <= ADAPT_FILE_BYTES_MAX || complain(complaints, whole, "over 64 KiB");
}

bool file_read(struct file *ret, char *path, const struct adapt_source *source,
               struct complaints *complaints)
{
    *ret = (struct file){.path = path, .shipped = lies_in(path, source->shipped_dir)};
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return complain(complaints, (struct place){path, 0}, "cannot be read: %s", strerror(errno));
    }
    bool good = fstat(fd, &facts) == 0 && check_owner(ret, &facts, complaints) &&
                read_all(ret, fd, complaints);
    close(fd);
    return good;
}

void file_make_plain(struct file *file)
{
    size_t from = file->len >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t to = 0;
    for (; from < file->len; from++) {
        bool ends = file->text[from] == '\r' && file->text[from + 1] == '\n';
        if (!ends) {
            file->text[to++] = file->text[from];
        }
    }
    file->len = to;
    file->text[to] = '\0';
}
