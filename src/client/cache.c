#include <blotter/client/cache.h>

#include <blotter/core/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_VERSION 1
#define HEADER_MAX 4096

struct cache {
    char *directory;
    char *owner; /* what the header says of server and user */
};

/* The owner stands on lines of its own, so that neither part can run into the other. */
struct cache *cache_new(const char *directory, const char *url, const char *user)
{
    struct cache *cache = mem_calloc(1, sizeof *cache);
    cache->directory = mem_dup(directory, strlen(directory));
    size_t size = strlen(url) + strlen(user) + sizeof "url \nuser \n";
    cache->owner = mem_alloc(size);
    snprintf(cache->owner, size, "url %s\nuser %s\n", url, user);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL) {
        return;
    }
    free(cache->directory);
    free(cache->owner);
    free(cache);
}

/* DIRECTORY/NAME.cacheSUFFIX, to be freed. */
static char *file_path(const struct cache *cache, enum resource resource, const char *suffix)
{
    const char *name = resource_info(resource)->name;
    size_t size = strlen(cache->directory) + strlen(name) + strlen(suffix) + sizeof "/.cache";
    char *path = mem_alloc(size);
    snprintf(path, size, "%s/%s.cache%s", cache->directory, name, suffix);
    return path;
}

/* Reads a whole regular file of ours; NULL when that is not what it is. */
static char *read_file(const char *path, size_t *ret_len)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == geteuid() &&
        stat.st_size > 0 && (uint64_t)stat.st_size <= CACHE_BODY_MAX + HEADER_MAX) {
        size_t size = (size_t)stat.st_size, len = 0;
        ssize_t got = 1;
        text = mem_alloc(size + 1);
        while (len < size && got > 0) {
            got = read(fd, text + len, size - len);
            len += got > 0 ? (size_t)got : 0;
        }
        text[len] = '\0';
        *ret_len = len;
    }
    close(fd);
    return text;
}

/* Writes what a file of ours begins with; returns its length, 0 when it does not fit. */
static size_t write_header(const struct cache *cache, size_t body_len, int64_t confirmed_ms,
                           char header[HEADER_MAX])
{
    int len =
        snprintf(header, HEADER_MAX, "blotter-cache %d\n%sconfirmed %" PRId64 "\nlength %zu\n\n",
                 CACHE_VERSION, cache->owner, confirmed_ms, body_len);
    return len > 0 && len < HEADER_MAX ? (size_t)len : 0;
}

/* The time in a header, which must otherwise be what we would write today. */
static size_t check_header(const struct cache *cache, const char *text, size_t len,
                           int64_t *ret_confirmed_ms)
{
    char prefix[HEADER_MAX];
    int prefix_len = snprintf(prefix, sizeof prefix, "blotter-cache %d\n%sconfirmed ",
                              CACHE_VERSION, cache->owner);
    if (prefix_len < 0 || prefix_len >= HEADER_MAX || (size_t)prefix_len > len ||
        memcmp(text, prefix, (size_t)prefix_len) != 0) {
        return 0;
    }
    char header[HEADER_MAX];
    int64_t confirmed_ms = strtoll(text + prefix_len, NULL, 10);
    const char *blank = strstr(text + prefix_len, "\n\n");
    size_t header_len = blank == NULL ? 0 : (size_t)(blank + 2 - text);
    if (header_len == 0 || header_len >= len ||
        write_header(cache, len - header_len, confirmed_ms, header) != header_len ||
        memcmp(header, text, header_len) != 0) {
        return 0;
    }
    *ret_confirmed_ms = confirmed_ms;
    return header_len;
}

char *cache_load(const struct cache *cache, enum resource resource, size_t *ret_len,
                 int64_t *ret_confirmed_ms)
{
    char *path = file_path(cache, resource, "");
    size_t len = 0;
    char *text = read_file(path, &len);
    free(path);
    if (text == NULL) {
        return NULL;
    }
    size_t header_len = check_header(cache, text, len, ret_confirmed_ms);
    if (header_len == 0) {
        free(text);
        return NULL;
    }
    *ret_len = len - header_len;
    memmove(text, text + header_len, *ret_len + 1);
    return text;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* Makes the directory and its parents, 0700, as the XDG specification asks. */
static void make_directories(const char *directory)
{
    char *path = mem_dup(directory, strlen(directory));
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0700);
            *at = '/';
        }
    }
    (void)mkdir(path, 0700);
    free(path);
}

static bool write_file(const char *path, const char *header, size_t header_len, const char *body,
                       size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return false;
    }
    bool ok =
        fchmod(fd, 0600) == 0 && write_all(fd, header, header_len) && write_all(fd, body, len);
    return close(fd) == 0 && ok;
}

bool cache_save(const struct cache *cache, enum resource resource, const char *body, size_t len,
                int64_t confirmed_ms)
{
    char header[HEADER_MAX];
    size_t header_len = write_header(cache, len, confirmed_ms, header);
    if (header_len == 0 || len == 0 || len > CACHE_BODY_MAX) {
        return false;
    }
    make_directories(cache->directory);
    /* The name holds our pid: two dashboards side by side never write the same temporary file. */
    char suffix[32];
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    char *path = file_path(cache, resource, "");
    char *temporary = file_path(cache, resource, suffix);
    bool ok = write_file(temporary, header, header_len, body, len) && rename(temporary, path) == 0;
    if (!ok) {
        (void)unlink(temporary);
    }
    free(path);
    free(temporary);
    return ok;
}
