#include <blotter/client/feed.h>

#include <blotter/core/alloc.h>

#include "asking.h"
#include "telling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct feed {
    struct loop *loop;
    struct asking *asking;
    struct telling *telling;
    struct feed_handler handler;
};

/* --- asking: nothing is asked for but what the stream needs ---------------------------------- */

static void on_began(void *user, enum resource resource)
{
    (void)user;
    (void)resource;
}

static void on_body(void *user, enum resource resource, const struct asking_body *body)
{
    (void)user;
    (void)resource;
    (void)body;
}

static void on_fault(void *user, enum resource resource, const struct fault *fault)
{
    const struct feed *feed = user;
    (void)resource;
    feed->handler.on_note(feed->handler.user, fault->text);
}

static void on_quotes(void *user, const struct event *event)
{
    (void)user;
    (void)event;
}

static void on_note(void *user, const char *what)
{
    const struct feed *feed = user;
    feed->handler.on_note(feed->handler.user, what);
}

static void on_renewed(void *user)
{
    telling_renewed(((struct feed *)user)->telling);
}

static void on_state(void *user)
{
    const struct feed *feed = user;
    struct ask_state state;
    asking_state(feed->asking, &state);
    if (state.stopped) {
        feed->handler.on_stopped(feed->handler.user);
    }
}

/* --- telling --------------------------------------------------------------------------------- */

static void on_event(void *user, const struct sse_event *event)
{
    const struct feed *feed = user;
    feed->handler.on_event(feed->handler.user, event);
}

static void on_message(void *user, const struct sse_event *message)
{
    const struct feed *feed = user;
    feed->handler.on_message(feed->handler.user, message);
}

static void on_unknown(void *user, const struct sse_event *message, const struct fault *why)
{
    const struct feed *feed = user;
    feed->handler.on_unknown(feed->handler.user, message);
    if (why->kind != FAULT_NONE) {
        feed->handler.on_note(feed->handler.user, why->text);
    }
}

/* As an event, which tells a reader to read everything again. why: a text of ours. */
static void on_missed(void *user, const char *why)
{
    const struct feed *feed = user;
    char text[256];
    int len =
        snprintf(text, sizeof text, "{\"event\":\"resync\",\"data\":{\"reason\":\"%s\"}}", why);
    const struct sse_event event = {"message", strlen("message"), text, (size_t)len, "", 0};
    feed->handler.on_event(feed->handler.user, &event);
}

static void on_status(void *user, const struct conn_status *status, bool resumes)
{
    const struct feed *feed = user;
    feed->handler.on_status(feed->handler.user, status, resumes);
}

static void on_too_large(void *user)
{
    const struct feed *feed = user;
    feed->handler.on_too_large(feed->handler.user);
}

/* --- the owner's calls ----------------------------------------------------------------------- */

struct feed *feed_new(struct loop *loop, const struct feed_settings *settings,
                      const struct feed_handler *handler, struct fault *ret_fault)
{
    struct feed *feed = mem_calloc(1, sizeof *feed);
    const struct asking_settings asking = {.backend = settings->backend, .http = settings->http};
    const struct asking_handler below = {on_began, on_body,    on_fault, on_began, on_quotes,
                                         on_note,  on_renewed, on_state, feed};
    const struct telling_handler stream = {.on_event = on_event,
                                           .on_message = on_message,
                                           .on_unknown = on_unknown,
                                           .on_missed = on_missed,
                                           .on_status = on_status,
                                           .on_too_large = on_too_large,
                                           .user = feed};
    feed->loop = loop;
    feed->handler = *handler;
    feed->asking = asking_new(loop, &asking, &below, ret_fault);
    if (feed->asking != NULL) {
        feed->telling =
            telling_new(loop, feed->asking, &settings->conn, settings->event_max, &stream);
    }
    if (feed->asking != NULL && feed->telling == NULL) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "%.100s has no stream: there is nothing to watch",
                  asking_backend(feed->asking)->name);
    }
    if (feed->telling == NULL) {
        feed_free(feed);
        return NULL;
    }
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed != NULL) {
        telling_free(feed->telling);
        asking_free(feed->asking);
        free(feed);
    }
}

void feed_start(struct feed *feed)
{
    asking_start(feed->asking);
    telling_start(feed->telling);
}

void feed_turn(struct feed *feed)
{
    asking_turn(feed->asking);
    telling_turn(feed->telling);
}

void feed_forget_connections(struct feed *feed)
{
    asking_forget_connections(feed->asking);
}

bool feed_renews(const struct feed *feed)
{
    struct ask_state state;
    asking_state(feed->asking, &state);
    return !state.stopped;
}

struct stream *feed_stream(struct feed *feed)
{
    return telling_stream(feed->telling);
}
