#include "cache.h"

#include <blotter/core/alloc.h>
#include <blotter/core/sha256.h>
#include <blotter/core/span.h>
#include <blotter/sys/file.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_VERSION 2
#define HEADER_MAX 4096
#define NAME_SIZE 96     /* of a file: a resource's name, a pid, endings */
#define DIGEST_DIGITS 16 /* enough to tell tokens apart, too few to guess one by */

struct cache {
    char *directory;
    char *url;
    char *user;
    char *owner; /* what the header says of server and user */
};

struct cache *cache_new(const char *directory, const char *url, const char *user, const char *token)
{
    struct cache *cache = mem_calloc(1, sizeof *cache);
    user = user != NULL ? user : "";
    cache->directory = mem_dup(directory, strlen(directory));
    cache->url = mem_dup(url, strlen(url));
    cache->user = mem_dup(user, strlen(user));
    cache_set_token(cache, token);
    return cache;
}

/* The owner stands on lines of its own, so that neither part can run into the other. */
void cache_set_token(struct cache *cache, const char *token)
{
    char digest[SHA256_TEXT_SIZE] = "";
    if (cache->user[0] == '\0' && token != NULL) {
        sha256_text(token, strlen(token), digest);
    }
    free(cache->owner);
    cache->owner =
        mem_printf("url %s\nuser %s\ntoken %.*s\n", cache->url, cache->user, DIGEST_DIGITS, digest);
}

void cache_free(struct cache *cache)
{
    if (cache == NULL) {
        return;
    }
    free(cache->directory);
    free(cache->url);
    free(cache->user);
    free(cache->owner);
    free(cache);
}

/* NAME.cacheSUFFIX */
static void file_name(enum resource resource, const char *suffix, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s.cache%s", resource_info(resource)->name, suffix);
}

/*
 * The directory, if it is ours and nobody else may write to it: there is no safe name in another.
 * -1 when there is none; to be closed.
 */
static int open_directory(const struct cache *cache)
{
    struct stat facts;
    int fd = open(cache->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &facts) != 0 || facts.st_uid != geteuid() ||
                    (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool is_our_file(const struct stat *facts)
{
    return facts->st_uid == geteuid() && facts->st_nlink == 1 &&
           (facts->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A whole file of ours; NULL when that is not what it is. */
static char *read_file(int directory, const char *name, size_t *ret_len)
{
    struct file file;
    if (!file_read(directory, name, FILE_NO_LINK, CACHE_BODY_MAX + HEADER_MAX, &file)) {
        return NULL;
    }
    if (!is_our_file(&file.facts)) {
        free(file.bytes);
        return NULL;
    }
    *ret_len = file.len;
    return file.bytes;
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
    char name[NAME_SIZE];
    size_t len = 0;
    int directory = open_directory(cache);
    file_name(resource, "", name);
    char *text = directory >= 0 ? read_file(directory, name, &len) : NULL;
    if (directory >= 0) {
        close(directory);
    }
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

bool cache_save(const struct cache *cache, enum resource resource, const char *body, size_t len,
                int64_t confirmed_ms)
{
    char header[HEADER_MAX];
    size_t header_len = write_header(cache, len, confirmed_ms, header);
    if (header_len == 0 || len == 0 || len > CACHE_BODY_MAX) {
        return false;
    }
    (void)file_make_directory(cache->directory);
    int directory = open_directory(cache);
    if (directory < 0) {
        return false;
    }
    /* It holds our pid: two dashboards side by side never write the same temporary file. */
    char suffix[32], temporary[NAME_SIZE], name[NAME_SIZE];
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    file_name(resource, suffix, temporary);
    file_name(resource, "", name);
    const struct span parts[] = {{header, header_len}, {body, len}};
    bool ok = file_replace(directory, name, temporary, parts, 2);
    close(directory);
    return ok;
}
