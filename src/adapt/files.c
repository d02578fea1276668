#include "files.h"

#include <blotter/core/alloc.h>
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INI ".ini"

void backend_file_done(struct backend_file *file)
{
    free(file->path);
    free(file->text);
    *file = (struct backend_file){0};
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
        char *path = places[i] != NULL ? mem_printf("%s/%s%s", places[i], name, INI) : NULL;
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
    return mem_printf("%.*s%s", (int)len, path, ending);
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
static bool check_owner(const struct backend_file *file, const struct stat *facts,
                        struct complaints *complaints)
{
    struct place whole = {file->path, 0};
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

bool backend_file_read(struct backend_file *ret, char *path, const struct adapt_source *source,
                       struct complaints *complaints)
{
    *ret = (struct backend_file){.path = path, .shipped = lies_in(path, source->shipped_dir)};
    struct place whole = {path, 0};
    struct file file;
    if (!file_read(AT_FDCWD, path, 0, ADAPT_FILE_BYTES_MAX, &file)) {
        return errno == EFBIG
                   ? complain(complaints, whole, "over 64 KiB")
                   : complain(complaints, whole, "cannot be read: %s",
                              errno == EINVAL ? "it is no regular file" : strerror(errno));
    }
    ret->text = file.bytes;
    ret->len = file.len;
    return check_owner(ret, &file.facts, complaints);
}

void backend_file_make_plain(struct backend_file *file)
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
