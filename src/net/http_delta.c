#include "http_delta.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

static void forget(struct http_kept *kept)
{
    free(kept->path);
    free(kept->etag);
    free(kept->body);
    *kept = (struct http_kept){0};
}

/* The path's place, else a free one; when there is none, the paths have become others: the first.
 */
static size_t place_of(const struct http_deltas *deltas, const char *path)
{
    size_t place = 0;
    for (size_t i = HTTP_KEPT_MAX; i-- > 0;) {
        const struct http_kept *kept = &deltas->kept[i];
        if (kept->path != NULL && strcmp(kept->path, path) == 0) {
            return i;
        }
        place = kept->path == NULL ? i : place;
    }
    return place;
}

const struct http_kept *http_delta_find(const struct http_deltas *deltas, const char *path,
                                        const char *etag)
{
    const struct http_kept *kept = &deltas->kept[place_of(deltas, path)];
    bool held =
        kept->path != NULL && strcmp(kept->path, path) == 0 && strcmp(kept->etag, etag) == 0;
    return held ? kept : NULL;
}

bool http_delta_keep(struct http_deltas *deltas, const char *path, const char *etag, char *body,
                     size_t len)
{
    struct http_kept *kept = &deltas->kept[place_of(deltas, path)];
    forget(kept);
    if (len > HTTP_KEPT_BYTES_MAX) {
        return false;
    }
    *kept = (struct http_kept){
        .path = mem_dup(path, strlen(path)),
        .etag = mem_dup(etag, strlen(etag)),
        .body = body,
        .len = len,
    };
    return true;
}

void http_delta_done(struct http_deltas *deltas)
{
    for (size_t i = 0; i < HTTP_KEPT_MAX; i++) {
        forget(&deltas->kept[i]);
    }
}
