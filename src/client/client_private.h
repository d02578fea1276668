/*
 * client_private: what the parts of the client share: client_take.c (what comes in),
 * client_backend.c (the client of a backend that is described by files), client_memory.c, and
 * client.c above them.
 */
#ifndef BLOTTER_CLIENT_CLIENT_PRIVATE_H
#define BLOTTER_CLIENT_CLIENT_PRIVATE_H

#include "asking.h"
#include "cache.h"
#include "ledger.h"
#include "memory.h"
#include "telling.h"

#include <blotter/client/client.h>
#include <blotter/net/stream.h>

/* Events whose first paint is still awaited; more than this in one turn are not sampled. */
#define AWAITING_MAX 256

struct client {
    struct loop *loop;
    struct http *http;        /* NULL with a backend, which has one a host */
    struct telling *telling;  /* NULL without a stream of a backend */
    struct loop_timer *begin; /* the reads wait for its stream until then */
    struct asking *asking;    /* NULL without a backend */
    struct stream *stream;    /* NULL when only the reads are wanted */
    struct engine *engine;
    struct event_log *event_log;
    struct cache *cache;   /* NULL when there is none */
    struct memory *memory; /* NULL when nobody looks at it */
    struct trace *trace;
    char *paths[RESOURCE_COUNT];
    char *user; /* whose answers are taken; NULL: anybody's */

    struct fetch {
        uint64_t request; /* http's handle, 0 when none */
        uint64_t id;      /* the engine's */
        uint64_t up_to;   /* the event log's total when it began */
    } fetches[RESOURCE_COUNT];

    struct loop_timer *deadline;
    struct loop_timer *cache_timer;
    struct ledger *ledger;
    bool cache_due;
    resource_mask uncached; /* confirmed since the cache was last written */

    unsigned changes; /* for the next on_change */
    void (*on_change)(void *user, unsigned mask);
    void *on_change_user;

    int64_t slept_us; /* by the machine, as far as it was noticed */
    int64_t awaiting_us[AWAITING_MAX];
    size_t awaiting;
    bool begun;  /* the reads of a backend have */
    bool opened; /* its stream has been answered */
    bool painted;
    bool live; /* the stream, as last told */
    bool polling;
    enum client_server server; /* by the last answer */
    bool refused;              /* the token was turned down since an answer was good */
    bool stream_refused;       /* the stream's request was, since it was live */
    void (*on_refused)(void *user, bool by_user);
    void *refused_user;
    struct latency event_latency, fetch_latency;
    uint64_t errors;
};

/* --- client_take.c */
/* What came of a pane's fetch: one of response and fault is NULL. */
void client_fetched(struct client *client, enum resource resource,
                    const struct http_response *response, const struct fault *fault);

void client_stream_event(void *user, const struct sse_event *sse);
void client_stream_status_told(void *user, const struct conn_status *status);
void client_stream_too_large(void *user);
void client_stream_quiet(void *user);

/* --- client_cache.c */
void client_cache_prime(struct client *client);
void client_cache_schedule(struct client *client, struct moment now);
void client_cache_save(void *client); /* a timer's function */

/* --- client_token.c */
void client_token_fault(struct client *client, const struct fault *fault); /* any, by the server */
void client_token_stream(struct client *client, const struct conn_status *status);
void client_token_wish(struct client *client); /* the user wants everything anew */

/* --- client_backend.c */
void client_backend_start(struct client *client);
void client_backend_stop(struct client *client);
void client_backend_done(struct client *client);
/* False with the fault when the settings cannot work. */
bool client_backend_init(struct client *client, const struct client_settings *settings,
                         struct fault *ret_fault);
/* Which panes the backend has. */
resource_mask client_backend_panes(const struct client_settings *settings);
void client_backend_act(struct client *client, const struct engine_action *action);
/* True when something was done: the engine may want more then. */
bool client_backend_turn(struct client *client);

/* --- client_memory.c */
/* The name under which cache and daybook keep the server apart from others. */
const char *client_server_of(const struct client_settings *settings);
void client_memory_make(struct client *client, const struct client_settings *settings);
/* Shows the past day that was asked for; false when none was. */
bool client_memory_day(struct client *client);

#endif
