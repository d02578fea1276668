/*
 * cache: the last confirmed body of each resource on disk, so that the next start paints at once.
 * One file per resource in a directory of ours: 0600, written to a temporary name and renamed.
 * Whatever cannot be read, is truncated, or belongs to another user, server or version counts as
 * absent. A directory that others own or may write to is not used at all, and no file is waited
 * for. Source: doc/revalidation.md, "Persisted cache".
 */
#ifndef BLOTTER_CLIENT_CACHE_H
#define BLOTTER_CLIENT_CACHE_H

#include <blotter/core/resource.h>

#include <stdint.h>

#define CACHE_BODY_MAX ((size_t)64 << 20)

struct cache;

/*
 * Nothing is touched on disk until the first load or save. What is there belongs to a server and a
 * user; where no user is named ("" or NULL) the server goes by the token, and so does the cache: by
 * its digest. Copies all but the token.
 */
struct cache *cache_new(const char *directory, const char *url, const char *user,
                        const char *token);
void cache_free(struct cache *cache);

/* The token has been renewed. */
void cache_set_token(struct cache *cache, const char *token);

/* The body, NUL-terminated, to be freed by the caller; NULL when there is none that is ours. */
char *cache_load(const struct cache *cache, enum resource resource, size_t *ret_len,
                 int64_t *ret_confirmed_ms);

/* Replaces the file. False when it could not be written; the old file then still stands. */
bool cache_save(const struct cache *cache, enum resource resource, const char *body, size_t len,
                int64_t confirmed_ms);

#endif
