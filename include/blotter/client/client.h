/*
 * client: the dashboard without a face. Wires the engine to http and stream, keeps the disk cache
 * and the event log, writes the trace. It never paints: it says what changed.
 */
#ifndef BLOTTER_CLIENT_CLIENT_H
#define BLOTTER_CLIENT_CLIENT_H

#include <blotter/client/backend.h>
#include <blotter/client/trace.h>
#include <blotter/core/alarm.h>
#include <blotter/core/ask.h>
#include <blotter/core/buf.h>
#include <blotter/core/conn.h>
#include <blotter/core/engine.h>
#include <blotter/core/event_log.h>
#include <blotter/core/history.h>
#include <blotter/core/latency.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>
#include <blotter/net/http.h>
#include <blotter/net/loop.h>

struct client;

struct client_settings {
    struct http_settings http;
    struct engine_settings engine;
    struct conn_settings conn;
    size_t event_max;                     /* bytes of one stream event, 0: default */
    const char *user;                     /* user id sent as userId; NULL: none is sent */
    const char *cache_dir;                /* NULL: no disk cache */
    const char *server;                   /* what tells servers apart on the disk; NULL: http.url */
    const struct client_backend *backend; /* NULL: the reference one, at http.url; borrowed */
    bool stream;                          /* false for --snapshot: four reads and nothing else */
    bool remember;                        /* keep tape and history: somebody looks at them */
    const char *daybook;                  /* the file they are kept in across runs; NULL: none */
    int daybook_days;                     /* how many days it keeps */
    const char *day; /* "2026-11-27": shows that day of the daybook, asks no server, writes nothing;
                        NULL: today */
    struct trace *trace; /* NULL: none; not owned */
    /* The server turns the token down: told once until an answer is good again, and each time the
     * user wants everything anew. client_set_token, now or later, is the answer. NULL: nobody asks.
     */
    void (*on_refused)(void *user, bool by_user);
    void *refused_user;
    /* Seconds that the exchange's clock is ahead of UTC; NULL: none. Its day is the trading day. */
    int32_t (*zone)(const void *user, int64_t wall_ms);
    const void *zone_user;
};

void client_settings_default(struct client_settings *ret);

/* NULL with *ret_fault set when the settings cannot work. Copies what it needs. */
struct client *client_new(struct loop *loop, const struct client_settings *settings,
                          struct fault *ret_fault);
void client_free(struct client *client);

/* Paints nothing, waits for nothing: primes panes from the disk cache, then starts reads and stream
 * together. */
void client_start(struct client *client);
void client_stop(struct client *client);

/* What may have changed, as bits: RESOURCE_BIT(r) for panes and these. */
#define CLIENT_CONN (1u << 8)      /* connection, polling */
#define CLIENT_EVENT_LOG (1u << 9) /* an event log entry was added or settled */
#define CLIENT_TAPE (1u << 11)     /* a tape entry was added or completed */
#define CLIENT_HISTORY (1u << 12)  /* a curve has gone on */

/* fn is called at most once a turn, before the wait, and only when mask is not 0. */
void client_on_change(struct client *client, void (*fn)(void *user, unsigned mask), void *user);

const struct engine *client_engine(const struct client *client);
/* CONN_IDLE where there is no stream. */
const struct conn_status *client_stream_status(const struct client *client);
const struct event_log *client_event_log(const struct client *client);
/* The orders as the engine shows them, and working ones that a cut list no longer holds. Lives
 * until the client's next turn; NULL before anything was loaded. */
const struct snapshot *client_orders(const struct client *client);
/* The next thing that somebody wanted to be told (client_set_alarms); false when none. */
void client_set_alarms(struct client *client, const struct alarm_settings *settings);
bool client_next_alarm(struct client *client, struct alarm *ret);

const struct money_book *client_book(const struct client *client); /* the day's closings */

/* What happened, and how the day went; NULL without `remember`. */
const struct tape *client_tape(const struct client *client);
const struct history *client_history(const struct client *client);

/* The past day that is shown, and when it was last watched; NULL: none, it is today. */
const char *client_day(const struct client *client, int64_t *ret_last_ms);

/* When the user last looked, in this or an earlier run; MODEL_NO_TIME: not known. */
int64_t client_looked(const struct client *client);
void client_look(struct client *client, int64_t wall_ms);

/* A sentence for the user, once: what is wrong with the daybook. NULL: nothing is. */
const char *client_take_word(struct client *client);

/* A symbol's prices of the days before today, from the daybook; NULL: none, or not yet:
 * CLIENT_HISTORY is told when they are there. Lives until the next call or change. */
const struct series *client_past(struct client *client, const char *symbol);

/* Adds an entry to the tape: a stop or target passed, an alert. */
void client_tell(struct client *client, const struct tape_entry *entry);

/* How a backend is being asked; false when there is none. */
bool client_asking(const struct client *client, struct ask_state *ret);
/* The panes there are: a backend may lack some. */
resource_mask client_panes(const struct client *client);
/* Appends the quotes that a backend has given, a JSON array of the updates of quotes_updated; false
 * when there is no backend or it has none to give. */
bool client_quotes(const struct client *client, struct buf *out);
/*
 * The backend's files or secrets are others now: settings name them. Rows stay until new ones come,
 * everything is asked for again. False with the fault when they cannot work, or have other panes:
 * then the old ones stay in force. Only for a client that has a backend.
 */
bool client_change_backend(struct client *client, const struct client_settings *settings,
                           struct fault *ret_fault);
/* Asks the user's files and commands for the backend's secrets again; others are used at once. */
void client_renew_secrets(struct client *client);
/* Whether the backend has more rows of a pane than it was asked for. */
bool client_is_cut(const struct client *client, enum resource resource);

/* User commands and triggers. Manual and network triggers also make the stream try at once; a
 * manual one for all panes opens it even when the server had ended it for good. */
void client_trigger(struct client *client, enum engine_trigger trigger, resource_mask which);

/* Another token, from the next request on; everything is asked again. False with the fault when it
 * cannot be sent. */
bool client_set_token(struct client *client, const char *token, struct fault *ret_fault);
bool client_is_refused(const struct client *client); /* the token in use was turned down */

/* A line of ours among the events. */
void client_note(struct client *client, const char *name, const char *what);

void client_set_visible(struct client *client, resource_mask visible);

/* Tells the client that the screen now shows what the last change call announced (latency figures,
 * trace). */
void client_painted(struct client *client, unsigned mask);

struct latency_summary client_event_latency(
    const struct client *client); /* event received -> painted */
struct latency_summary client_fetch_latency(const struct client *client); /* GET, start to end */

/* What the server has shown itself to be by an answer that was understood. The bundled one's
 * figures are made up. */
enum client_server { CLIENT_SERVER_UNKNOWN, CLIENT_SERVER_REAL, CLIENT_SERVER_MOCK };
enum client_server client_server(const struct client *client);
uint64_t client_errors(const struct client *client);

#endif
