/*
 * relay: a backend's stream alone, without panes: for --watch. What its address names is
 * discovered, its login renewed, its messages translated into events of blotter-api(7).
 */
#ifndef BLOTTER_CLIENT_RELAY_H
#define BLOTTER_CLIENT_RELAY_H

#include <blotter/client/backend.h>
#include <blotter/core/conn.h>
#include <blotter/core/sse.h>
#include <blotter/net/http.h>
#include <blotter/net/stream.h>

struct relay;

struct relay_handler {
    /* One event: data is its JSON, with a string "event"; id that of its message. */
    void (*on_event)(void *user, const struct sse_event *event);
    void (*on_message)(void *user, const struct sse_event *message); /* as it came */
    void (*on_unknown)(void *user, const struct sse_event *message); /* nothing was made of it */
    void (*on_status)(void *user, const struct conn_status *status);
    void (*on_too_large)(void *user);
    void (*on_note)(void *user, const char *what); /* what goes wrong on the way to the stream */
    void (*on_stopped)(void *user);                /* the login is refused for good */
    /* What came of relay_read; id: the last event that the body holds, 0 when it does not say. */
    void (*on_body)(void *user, enum resource resource, const char *body, size_t len, uint64_t id);
    void (*on_fault)(void *user, enum resource resource, const struct fault *fault);
    void *user;
};

struct relay_settings {
    const struct client_backend *backend;
    struct http_settings http;
    struct conn_settings conn;
    size_t event_max;
    resource_mask panes; /* that relay_read may read */
};

/* NULL with the fault when the settings cannot work, or the backend has no stream. */
struct relay *relay_new(struct loop *loop, const struct relay_settings *settings,
                        const struct relay_handler *handler, struct fault *ret_fault);
void relay_free(struct relay *relay); /* NULL is fine */
void relay_start(struct relay *relay);
void relay_turn(struct relay *relay); /* before each wait */
void relay_forget_connections(struct relay *relay);

/* From where the stream is to go on: the id of an event had before, "" for one without. Where it
 * cannot, that is told as a resync. Before it starts. */
void relay_set_last_id(struct relay *relay, const char *id);

/* The panes there are of those that may be read; one is read, or not any more. */
resource_mask relay_panes(const struct relay *relay);
void relay_read(struct relay *relay, enum resource resource);
void relay_cancel(struct relay *relay, enum resource resource);

/* Whether a refused login may yet be renewed: then a status of 401 is not the end. */
bool relay_renews(const struct relay *relay);

/* To be stopped, paused and asked about; relay starts it. */
struct stream *relay_stream(struct relay *relay);

#endif
