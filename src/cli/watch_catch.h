/*
 * watch_catch: the state behind a gap. The panes are read while the stream stands open and what it
 * says is held; then they are told, each with the id that it contains, and what is held goes on
 * behind them.
 */
#ifndef BLOTTER_CLI_WATCH_CATCH_H
#define BLOTTER_CLI_WATCH_CATCH_H

#include <blotter/core/buf.h>
#include <blotter/core/event.h>
#include <blotter/net/http.h>
#include <blotter/net/loop.h>

#define CATCH_HELD_MAX ((size_t)4 << 20) /* bytes that are held; then the stream is paused */

struct watch_catch;

struct watch_catch_settings {
    const char *name;    /* printed with what is told; NULL: none */
    const char *user;    /* NULL: whose the token is */
    resource_mask panes; /* what is read */
    /* All are there: to be printed with watch_catch_print. Then release is called for what was
     * held. */
    void (*ready)(void *user);
    void (*release)(void *user, const struct sse_event *sse);
    void (*full)(void *user, bool full); /* too much is held, or no longer */
    /* A read failed, for the first time since; it is tried again unless it is FAULT_AUTH. */
    void (*failed)(void *user, enum resource resource, const struct fault *fault);
    /* How panes are read, where not from http; watch_catch_take tells what came of it. */
    void (*read)(void *user, enum resource resource);
    void (*cancel)(void *user, enum resource resource);
    void *owner;
};

/* http may be NULL when the settings say how panes are read. */
struct watch_catch *watch_catch_new(struct loop *loop, struct http *http,
                                    const struct watch_catch_settings *settings);
void watch_catch_free(struct watch_catch *catch); /* NULL is fine */

/* Reads everything; what is held already is forgotten. */
void watch_catch_begin(struct watch_catch *catch);

/* What came of a pane that was read otherwise: a body, or a fault. */
struct watch_catch_body {
    const char *body;
    size_t len;
    uint64_t id; /* of the last event that it holds; 0: not said */
};
void watch_catch_take(struct watch_catch *catch, enum resource resource,
                      const struct watch_catch_body *body, const struct fault *fault);

bool watch_catch_is_reading(const struct watch_catch *catch);

/* While it reads: holds the event. False: it does not, print it. */
bool watch_catch_hold(struct watch_catch *catch, const struct sse_event *sse);

/* What came after the event of the id from ("": of none) may be missing. */
struct watch_gap {
    const char *name, *at, *from, *why;
};
/* A line of JSON. */
void watch_catch_print_gap(struct buf *out, const struct watch_gap *gap);

/* A line of JSON for each pane. */
void watch_catch_print(const struct watch_catch *catch, struct buf *out, const char *at);

/* The id up to which every pane contains everything, 0 when the server did not say. */
uint64_t watch_catch_id(const struct watch_catch *catch);

/* Whether all panes that an event concerns contain it: panes 0 is all of them. id 0: unknown. */
bool watch_catch_contains(const struct watch_catch *catch, resource_mask panes, uint64_t id);

#endif
