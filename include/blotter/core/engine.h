/*
 * engine: the cache of the four resources and the rules by which they are revalidated.
 * Pure: it is told what happened and when; it answers with actions and one next deadline.
 * Source: doc/revalidation.md, R1-R13, P1-P13; the tests name the rule they hold.
 *
 * A turn of its owner: feed inputs, then take actions with engine_next_action until there is
 * none, then wait until engine_deadline at the latest and call engine_tick.
 */
#ifndef BLOTTER_CORE_ENGINE_H
#define BLOTTER_CORE_ENGINE_H

#include <blotter/core/event.h>
#include <blotter/core/event_log.h>
#include <blotter/core/fault.h>
#include <blotter/core/model.h>
#include <blotter/core/moment.h>

/* One user of one server: another one is another engine (R13). */
struct engine;

struct engine_settings {
    int64_t dedupe_ms;         /* 1000 */
    int64_t focus_throttle_ms; /* 5000 */
    int64_t retry_base_ms;     /* 5000 */
    int64_t retry_cap_ms;      /* 30000 */
    int64_t poll_after_ms;     /* 5000 without a stream */
    int64_t poll_ms;           /* 10000 */
    int64_t poll_cap_ms;       /* 60000 */
    int64_t gap_min_ms;        /* 10 */
    int64_t gap_max_ms;        /* 250 */
    int64_t quote_poll_ms; /* 10000: the watchlist, where the stream brings no quotes; 0: never */
    bool paced;            /* the owner paces the reads: no polls but its ENGINE_POLL, and the
                              stream begins without a welcome */
    const char *user;      /* answers and events that name another are refused; NULL: none are;
                              borrowed for the engine's life */
    resource_mask wanted;  /* which resources exist at all for this run */
    uint64_t seed;         /* for jitter */
};

void engine_settings_default(struct engine_settings *ret);
struct engine *engine_new(const struct engine_settings *settings);
void engine_free(struct engine *engine);

/* --- inputs ------------------------------------------------------------------------------- */

enum engine_trigger {
    ENGINE_FOCUS,   /* soft: deduped, throttled */
    ENGINE_NETWORK, /* the network came back: hard */
    ENGINE_RESUME,  /* SIGCONT or a wall-clock jump: hard */
    ENGINE_POLL,    /* a poll of the owner's: joins what is due anyway */
    ENGINE_MANUAL   /* the user asked: hard, ends a wait */
};

void engine_start(struct engine *engine, struct moment now);
void engine_stop(struct engine *engine, struct moment now);
void engine_trigger(struct engine *engine, struct moment now, enum engine_trigger trigger,
                    resource_mask which);

/*
 * One message of the stream, in order of arrival. Patches what is shown at once. Tells what comes
 * of it: NOTED, PATCHED, COVERED or PENDING.
 */
enum event_log_outcome engine_event(struct engine *engine, struct moment now,
                                    const struct event *event);

/*
 * The stream was opened, or was lost / could not be opened (why: kind FAULT_NONE or NULL for a
 * clean end).
 */
void engine_stream_opened(struct engine *engine, struct moment now);
void engine_stream_lost(struct engine *engine, struct moment now, const struct fault *why);

/* Something that happened was not told: every pane is read again, once. */
void engine_missed(struct engine *engine, struct moment now);

/* The request of a fetch goes out only now: what happened before is covered by its answer. */
void engine_fetch_began(struct engine *engine, struct moment now, uint64_t fetch_id);

/* How long an answer vouches for its rows where no stream does; 0: as the polls are apart. */
void engine_set_vouch(struct engine *engine, enum resource resource, int64_t vouch_ms);

/* What became of a fetch. body is borrowed for the call. */
struct engine_response {
    int status; /* 200 or 304 */
    const char *body;
    size_t body_len;
    const char *etag;       /* NULL when none */
    uint64_t last_event_id; /* X-Last-Event-Id, 0 when none */
    int64_t duration_us;
    int64_t age_ms; /* how long it lay in a cache on the way (Age), 0 when in none */
};
/* Returns false when the body did not decode (also reported in the pane's state); changed panes are
 * in engine_take_changes. */
bool engine_fetch_ok(struct engine *engine, struct moment now, uint64_t fetch_id,
                     const struct engine_response *response);
void engine_fetch_failed(struct engine *engine, struct moment now, uint64_t fetch_id,
                         const struct fault *fault);

/* Which panes are on the screen: the others are confirmed four times less often. */
void engine_set_visible(struct engine *engine, resource_mask visible);

/*
 * A body from the disk cache: shown, marked as cached, never counted as confirmed now. Has no
 * effect once a response was taken. False when it does not decode.
 */
bool engine_prime(struct engine *engine, enum resource resource, const char *body, size_t len,
                  int64_t confirmed_wall_ms);

/* --- outputs ------------------------------------------------------------------------------ */

enum engine_action_kind { ENGINE_FETCH, ENGINE_CANCEL };

struct engine_action {
    enum engine_action_kind kind;
    enum resource resource;
    uint64_t fetch_id;
    const char
        *etag; /* for If-None-Match, NULL when none; lives until the next call into the engine */
};

bool engine_next_action(struct engine *engine, struct moment now, struct engine_action *ret);
int64_t engine_deadline(const struct engine *engine); /* monotonic us, MOMENT_NEVER when none */
void engine_tick(struct engine *engine, struct moment now);

/* True once after a storm's memory was given back: the allocator may be asked to do so as well. */
bool engine_take_trimmed(struct engine *engine);

/*
 * The panes whose shown rows or state changed since the last call. "fetching" and "dirty" alone
 * are no change once rows are shown: they flicker with every event.
 */
resource_mask engine_take_changes(struct engine *engine);

struct pane_state {
    const struct snapshot *shown; /* NULL before anything was loaded; lives until the next input */
    uint64_t version;             /* another number whenever the rows shown changed */
    bool fetching;
    bool dirty;  /* something newer is known to exist */
    bool stale;  /* must be marked: not confirmed and no working stream, or in error, or from the
                    disk cache, or an event has waited too long for its answer */
    bool cached; /* still the disk cache's rows */
    int64_t confirmed_ms; /* wall time of the last confirming response, MODEL_NO_TIME when none */
    int64_t shown_ms;     /* wall time up to which all is shown: of the last answer, or of figures
                             that came since; it stands still from the first event that no answer
                             covers */
    struct fault fault;   /* kind FAULT_NONE when there is none */
    int64_t fault_ms;     /* wall time of the fault */
    int64_t retry_ms;     /* wall time of the next try, MODEL_NO_TIME when none is planned */
    int64_t fetch_us;     /* how long the last answer took */
};
void engine_pane(const struct engine *engine, enum resource resource, struct pane_state *ret);

struct engine_counters {
    uint64_t events, patches, patches_rejected, contradictions;
    uint64_t covered;   /* events that the snapshot held already contained */
    uint64_t foreign;   /* events that named another user */
    uint64_t histories; /* times the server's ids began anew */
    uint64_t numbered;  /* answers with X-Last-Event-Id */
    uint64_t tagged;    /* answers with an ETag */
    uint64_t fetches[RESOURCE_COUNT], not_modified, unchanged, failures, dropped, polls;
};
const struct engine_counters *engine_counters(const struct engine *engine);

/* True while the four resources are polled because there is no stream. */
bool engine_polling(const struct engine *engine, int64_t *ret_next_wall_ms);

/* How far polls are apart now; it grows while they fail. */
int64_t engine_poll_every_ms(const struct engine *engine);

/* True while nothing gets through and one probe stands for all four resources (R6). */
bool engine_outage(const struct engine *engine);

/* The last confirmed body of a resource, for the disk cache. NULL when none. The time may be NULL.
 */
const char *engine_body(const struct engine *engine, enum resource resource, size_t *ret_len,
                        int64_t *ret_confirmed_wall_ms);

#endif
