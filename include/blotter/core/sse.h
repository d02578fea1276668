/*
 * sse: a push parser for text/event-stream, byte for byte as the WHATWG HTML standard section 9.2
 * says. Pure: bytes in, callbacks out, at the earliest byte possible, however the input is split.
 */
#ifndef BLOTTER_CORE_SSE_H
#define BLOTTER_CORE_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSE_COMMENT_MAX ((size_t)256)
#define SSE_EVENT_MAX_DEFAULT ((size_t)16 << 20)

/* A dispatched event. All text is valid UTF-8, may hold NUL, and lives until the callback returns.
 */
struct sse_event {
    const char *type; /* "message" when the stream named none */
    size_t type_len;
    const char *data; /* lines joined by LF */
    size_t data_len;
    const char *id; /* the last event id in force; "" when none */
    size_t id_len;
    bool own_id; /* it came with this event, not with one before */
};

struct sse_handler {
    void (*on_event)(void *user, const struct sse_event *event);
    void (*on_retry)(void *user, int64_t retry_ms); /* may be NULL */
    /* May be NULL; a comment line ended: what stands behind its colon, as it came, cut at
     * SSE_COMMENT_MAX. */
    void (*on_comment)(void *user, const char *text, size_t len);
    /* May be NULL; a line or an event went over the ceiling. What it says is left out, only its id
     * still counts; what follows it is read as ever. Called once, with the first byte too many. */
    void (*on_too_large)(void *user);
    void *user;
};

struct sse;

/* A parser whose lines and events may hold at most event_max bytes (0: the default). */
struct sse *sse_new(const struct sse_handler *handler, size_t event_max);
void sse_free(struct sse *sse);

/*
 * Parses bytes; calls back before it returns. The callback may call sse_stop, after which the rest
 * of the bytes, and what is fed until sse_restart, is not parsed.
 */
void sse_feed(struct sse *sse, const char *bytes, size_t len);
void sse_stop(struct sse *sse);

/* A new connection: forgets the partial line and event, expects a BOM again, keeps the last event
 * id. */
void sse_restart(struct sse *sse);

/* The committed last event id, to be sent as Last-Event-ID. Lives until the next feed or set. */
const char *sse_last_id(const struct sse *sse, size_t *ret_len);
void sse_set_last_id(struct sse *sse, const char *id, size_t len);

#endif
