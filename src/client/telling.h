/*
 * telling: a backend's stream: opened where it was left, cut into messages, each translated into
 * events of blotter-api(7). Says when something may have been missed. Nothing behind it knows that
 * there is a backend.
 */
#ifndef BLOTTER_CLIENT_TELLING_H
#define BLOTTER_CLIENT_TELLING_H

#include "asking.h"

#include <blotter/core/conn.h>
#include <blotter/core/sse.h>
#include <blotter/net/stream.h>

#define TELLING_ID_MAX 256 /* bytes of an event's id; a longer one is none */
#define TELLING_UNKNOWN_US                                                                         \
    ((int64_t)10 * 1000 * 1000) /* so far apart are reads for messages that                        \
                                   nobody understands */

struct telling;

struct telling_handler {
    /* One event: data is {event, data, timestamp, …}, id that of its message; never a heartbeat. */
    void (*on_event)(void *user, const struct sse_event *event);
    void (*on_message)(void *user, const struct sse_event *message); /* as it came; may be NULL */
    /* A message that nothing was made of; why: what the function said. */
    void (*on_unknown)(void *user, const struct sse_event *message, const struct fault *why);
    void (*on_missed)(void *user, const char *why); /* every pane is to be read again, once */
    void (*on_status)(void *user, const struct conn_status *status);
    void (*on_too_large)(void *user);
    void (*on_quiet)(void *user); /* may be NULL */
    void *user;
};

/* NULL when the backend has no stream. asking must outlive it. */
struct telling *telling_new(struct loop *loop, struct asking *asking,
                            const struct conn_settings *conn, size_t event_max,
                            const struct telling_handler *handler);
void telling_free(struct telling *telling); /* NULL is fine */

/* From the next telling_turn on at which its address is known. */
void telling_start(struct telling *telling);
void telling_stop(struct telling *telling);
void telling_turn(struct telling *telling);

/* An id that was had before; one over TELLING_ID_MAX is none. */
void telling_set_last_id(struct telling *telling, const char *id);

/* There are other secrets now: what was refused is tried again. */
void telling_renewed(struct telling *telling);

struct stream *telling_stream(struct telling *telling);

#endif
