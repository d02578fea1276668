/*
 * asking: a backend's requests: runs what core/ask plans over one http a host, has the answers
 * translated, and hands bodies and events of blotter-api(7) on. Nothing behind it knows that there
 * is a backend.
 */
#ifndef BLOTTER_CLIENT_ASKING_H
#define BLOTTER_CLIENT_ASKING_H

#include <blotter/client/backend.h>
#include <blotter/core/ask.h>
#include <blotter/core/buf.h>
#include <blotter/core/event.h>
#include <blotter/core/model.h>
#include <blotter/net/http.h>

struct asking;

/* A pane's body, as if one request had brought it. */
struct asking_body {
    const char *body;
    size_t len;
    uint64_t last_event_id; /* 0: not said */
    int64_t duration_us;    /* of its last request */
};

struct asking_handler {
    void (*on_began)(void *user, enum resource resource); /* its first request goes out */
    void (*on_body)(void *user, enum resource resource, const struct asking_body *body);
    void (*on_fault)(void *user, enum resource resource, const struct fault *fault);
    void (*on_poll)(void *user, enum resource resource);
    void (*on_event)(void *user, const struct event *event); /* quotes */
    void (*on_note)(void *user, const char *what); /* for the log of events: "quotes.stocks: …" */
    void (*on_renewed)(void *user);                /* other secrets are in force now */
    void (*on_state)(void *user);                  /* asking_state says something else */
    void *user;
};

struct asking_settings {
    const struct client_backend *backend;
    struct http_settings http; /* without address and credentials */
    resource_mask wanted;
    bool keep_asking;
};

/* NULL with *ret_fault set when the settings cannot work, or when a secret is missing. */
struct asking *asking_new(struct loop *loop, const struct asking_settings *settings,
                          const struct asking_handler *handler, struct fault *ret_fault);
void asking_free(struct asking *asking);
/* The secrets are asked for anew. */
void asking_renew(struct asking *asking);
/* Knows what another one, which is at its end, has seen go. Before it starts. */
void asking_take_over(struct asking *asking, struct asking *from);
void asking_start(struct asking *asking);
void asking_stop(struct asking *asking);

/* A pane is to be read: on_body or on_fault follows; or not any more. */
void asking_fetch(struct asking *asking, enum resource resource);
void asking_cancel(struct asking *asking, enum resource resource);
void asking_manual(struct asking *asking);

void asking_forget_connections(struct asking *asking);

/* What is shown of a pane is this now: the symbols whose quotes are wanted come from it. Quotes
 * that came before are told again. */
void asking_shown(struct asking *asking, enum resource resource, const struct snapshot *snapshot);

/* Does what is due; the last thing before the wait. True when there was something. */
bool asking_turn(struct asking *asking);

void asking_state(const struct asking *asking, struct ask_state *ret);
/* Appends the quotes that have come, an array of quotes_updated's updates; false when the backend
 * has no [quotes.…]. */
bool asking_quotes(const struct asking *asking, struct buf *out);
bool asking_is_cut(const struct asking *asking, enum resource resource);

/* The panes that the backend has and that are wanted. */
resource_mask asking_panes(const struct asking *asking);

/* Whether a pane's reads go to where the stream comes from. */
bool asking_is_way(const struct asking *asking, enum resource resource);

/* For the stream: the planner, the http of a host, what the files say, and what translates (NULL
 * with the fault when the functions do not compile). */
struct ask *asking_ask(struct asking *asking);
struct http *asking_http(struct asking *asking, size_t host);
const struct backend *asking_backend(const struct asking *asking);
struct adapt *asking_adapt(struct asking *asking, struct fault *ret_fault);

#endif
