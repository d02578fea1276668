#include "asking.h"
#include "telling.h"

#include <blotter/client/relay.h>
#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct relay {
    struct loop *loop;
    struct asking *asking;
    struct telling *telling;
    struct relay_handler handler;
    bool begun, live; /* the stream has been open, now or in an earlier run; and is */
};

/* --- asking: nothing is asked for but what the stream needs ---------------------------------- */

static void on_began(void *user, enum resource resource)
{
    (void)user;
    (void)resource;
}

static void on_body(void *user, enum resource resource, const struct asking_body *body)
{
    const struct relay *relay = user;
    relay->handler.on_body(relay->handler.user, resource, body->body, body->len,
                           body->last_event_id);
}

static void on_fault(void *user, enum resource resource, const struct fault *fault)
{
    const struct relay *relay = user;
    relay->handler.on_fault(relay->handler.user, resource, fault);
}

static void on_quotes(void *user, const struct event *event)
{
    (void)user;
    (void)event;
}

static void on_note(void *user, const char *what)
{
    const struct relay *relay = user;
    relay->handler.on_note(relay->handler.user, what);
}

static void on_renewed(void *user)
{
    telling_renewed(((struct relay *)user)->telling);
}

static void on_state(void *user)
{
    const struct relay *relay = user;
    struct ask_state state;
    asking_state(relay->asking, &state);
    if (state.stopped) {
        relay->handler.on_stopped(relay->handler.user);
    }
}

/* --- telling --------------------------------------------------------------------------------- */

static void on_event(void *user, const struct sse_event *event)
{
    const struct relay *relay = user;
    relay->handler.on_event(relay->handler.user, event);
}

static void on_message(void *user, const struct sse_event *message)
{
    const struct relay *relay = user;
    relay->handler.on_message(relay->handler.user, message);
}

static void on_unknown(void *user, const struct sse_event *message, const struct fault *why)
{
    const struct relay *relay = user;
    relay->handler.on_unknown(relay->handler.user, message);
    if (why->kind != FAULT_NONE) {
        relay->handler.on_note(relay->handler.user, why->text);
    }
}

/* As an event, which tells a reader to read everything again. why: a text of ours. */
static void on_missed(void *user, const char *why)
{
    const struct relay *relay = user;
    char text[256];
    int len =
        snprintf(text, sizeof text, "{\"event\":\"resync\",\"data\":{\"reason\":\"%s\"}}", why);
    const struct sse_event event = {"message", strlen("message"), text, (size_t)len, "", 0};
    relay->handler.on_event(relay->handler.user, &event);
}

static void on_status(void *user, const struct conn_status *status)
{
    struct relay *relay = user;
    bool live = status->phase == CONN_LIVE;
    relay->handler.on_status(relay->handler.user, status);
    if (live && !relay->live && relay->begun && !status->resumes) {
        on_missed(relay, "the stream begins anew");
    }
    relay->live = live;
    relay->begun |= live;
}

static void on_too_large(void *user)
{
    const struct relay *relay = user;
    relay->handler.on_too_large(relay->handler.user);
}

/* --- the owner's calls ----------------------------------------------------------------------- */

struct relay *relay_new(struct loop *loop, const struct relay_settings *settings,
                        const struct relay_handler *handler, struct fault *ret_fault)
{
    struct relay *relay = mem_calloc(1, sizeof *relay);
    const struct asking_settings asking = {
        .backend = settings->backend, .http = settings->http, .wanted = settings->panes};
    const struct asking_handler below = {on_began, on_body,    on_fault, on_began, on_quotes,
                                         on_note,  on_renewed, on_state, relay};
    const struct telling_handler stream = {.on_event = on_event,
                                           .on_message = on_message,
                                           .on_unknown = on_unknown,
                                           .on_missed = on_missed,
                                           .on_status = on_status,
                                           .on_too_large = on_too_large,
                                           .user = relay};
    relay->loop = loop;
    relay->handler = *handler;
    relay->asking = asking_new(loop, &asking, &below, ret_fault);
    if (relay->asking != NULL) {
        relay->telling =
            telling_new(loop, relay->asking, &settings->conn, settings->event_max, &stream);
    }
    if (relay->asking != NULL && relay->telling == NULL) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "%.100s has no stream: there is nothing to watch",
                  asking_backend(relay->asking)->name);
    }
    if (relay->telling == NULL) {
        relay_free(relay);
        return NULL;
    }
    return relay;
}

void relay_free(struct relay *relay)
{
    if (relay != NULL) {
        telling_free(relay->telling);
        asking_free(relay->asking);
        free(relay);
    }
}

void relay_start(struct relay *relay)
{
    asking_start(relay->asking);
    telling_start(relay->telling);
}

void relay_turn(struct relay *relay)
{
    asking_turn(relay->asking);
    telling_turn(relay->telling);
}

void relay_forget_connections(struct relay *relay)
{
    asking_forget_connections(relay->asking);
}

void relay_set_last_id(struct relay *relay, const char *id)
{
    telling_set_last_id(relay->telling, id);
    relay->begun = true;
}

resource_mask relay_panes(const struct relay *relay)
{
    const struct backend *backend = asking_backend(relay->asking);
    resource_mask panes = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        panes |= backend->panes[i].present ? RESOURCE_BIT(i) : 0;
    }
    return panes & asking_panes(relay->asking);
}

void relay_read(struct relay *relay, enum resource resource)
{
    asking_fetch(relay->asking, resource);
}

void relay_cancel(struct relay *relay, enum resource resource)
{
    asking_cancel(relay->asking, resource);
}

bool relay_renews(const struct relay *relay)
{
    struct ask_state state;
    asking_state(relay->asking, &state);
    return !state.stopped;
}

struct stream *relay_stream(struct relay *relay)
{
    return telling_stream(relay->telling);
}
