/*
 * http_delta: answers told as the difference from the one before (RFC 3229 with gdiff), undone
 * before anybody sees them. Only for servers that say so (A-IM in Vary): of them the last body of
 * each path is kept. For src/net only.
 */
#ifndef BLOTTER_NET_HTTP_DELTA_H
#define BLOTTER_NET_HTTP_DELTA_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_KEPT_MAX 8                        /* paths */
#define HTTP_KEPT_BYTES_MAX ((size_t)16 << 20) /* of one body; a longer one is asked for whole */

struct http_kept {
    char *path, *etag, *body;
    size_t len;
};

struct http_deltas {
    struct http_kept kept[HTTP_KEPT_MAX];
};

/* The body with this tag, NULL when it is not kept. */
const struct http_kept *http_delta_find(const struct http_deltas *deltas, const char *path,
                                        const char *etag);

/* Keeps an answer's body in place of the path's last one, and owns it from then on. False when it
 * is too long: then it stays the caller's. */
bool http_delta_keep(struct http_deltas *deltas, const char *path, const char *etag, char *body,
                     size_t len);

void http_delta_done(struct http_deltas *deltas);

#endif
