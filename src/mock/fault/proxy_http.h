/*
 * proxy_http: as much of HTTP/1.1 as the fault proxy must know: what a head says about the bytes
 * that follow it, and which of those are the body itself and which only frame it. Pure.
 * Source: RFC 9112.
 */
#ifndef BLOTTER_MOCK_PROXY_HTTP_H
#define BLOTTER_MOCK_PROXY_HTTP_H

#include <blotter/core/buf.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROXY_HEAD_MAX 65536
#define PROXY_PATH_MAX 8192

struct proxy_head {
    bool is_head;   /* a request: the method is HEAD, so that its answer has no body */
    int status;     /* an answer */
    bool chunked;   /* Transfer-Encoding: chunked */
    int64_t length; /* Content-Length, -1 when there is none */
    bool close;     /* Connection: close, or HTTP/1.0 */
    char path[PROXY_PATH_MAX + 1]; /* a request: its target */
};

/* Where the head that begins at bytes ends (behind its empty line), 0 when it is not all there. */
size_t proxy_head_length(const char *bytes, size_t len);

/* False when that is no head of a request, or one that could be read in two ways. */
bool proxy_head_read_request(const char *bytes, size_t len, struct proxy_head *ret);
bool proxy_head_read_answer(const char *bytes, size_t len, struct proxy_head *ret);

/* The same head, but for a body in chunks. */
void proxy_head_rechunk(const char *bytes, size_t len, struct buf *out);

enum proxy_body_state {
    PROXY_BODY_PLAIN,    /* `left` bytes to come */
    PROXY_BODY_TO_CLOSE, /* until the connection ends */
    PROXY_BODY_SIZE,     /* in a chunk's size line */
    PROXY_BODY_CHUNK,    /* `left` bytes of a chunk to come */
    PROXY_BODY_AFTER,    /* the line end behind a chunk */
    PROXY_BODY_TRAILER,  /* lines up to the empty one */
    PROXY_BODY_DONE,
    PROXY_BODY_BROKEN
};

struct proxy_body {
    enum proxy_body_state state;
    int64_t left;
    int digits;      /* of the size line, -1 behind them */
    size_t line_len; /* of a trailer line */
};

/* The body that follows a head. An answer's head needs the request's. */
void proxy_body_of_request(struct proxy_body *body, const struct proxy_head *request);
void proxy_body_of_answer(struct proxy_body *body, const struct proxy_head *answer,
                          const struct proxy_head *request);

/* Takes the next run of bytes of one sort and says how many those are and whether they are the
 * body's own. 0 when it is over. */
size_t proxy_body_run(struct proxy_body *body, const char *bytes, size_t len, bool *ret_own);

/* Whether the next byte is the body's own. */
bool proxy_body_is_own(const struct proxy_body *body);

#endif
