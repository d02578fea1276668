/*
 * swr: one resource of the cache: what is shown, what is known to be newer, the fetch in flight and
 * when the next may start. Pure; the engine owns four and decides what concerns them together.
 * Source: doc/revalidation.md, R1-R5, R7-R11.
 */
#ifndef BLOTTER_CORE_SWR_H
#define BLOTTER_CORE_SWR_H

#include "model/patch.h"

#include <blotter/core/engine.h>

/* Why no fetch is made though something newer is known. */
enum swr_hold {
    SWR_FREE,
    SWR_HELD_FOR_NEWS,  /* an answer that will not change by asking again: until the next event */
    SWR_HELD_FOR_MANUAL /* a new token is needed: until the user asks */
};

/* The fetch in flight. id 0: none. */
struct swr_fetch {
    uint64_t id;
    struct patch_stamp began; /* seq when it began; id: the last stream id known then */
    int64_t began_us;
    int64_t began_ms;
    uint64_t history; /* the server's history it began in */
    bool sent_etag;
};

/*
 * Answers came that were older than what we know (R14): when to ask once more. Not for ever: after
 * the last time the server is believed, and asked slowly while its rows are marked.
 */
struct swr_doubt {
    bool on;
    size_t asked; /* times, since the doubt was fresh */
    int64_t due_us;
    int64_t ids_us; /* since when ids say that answers are older; 0: they do not */
};

/* What is known to be newer than what is held. */
struct swr_dirty {
    uint64_t seq; /* by arrival: cleared by a response that began after it; 0: nothing */
    uint64_t id;  /* by the server's id: cleared also by a response that includes it; 0: nothing */
    uint64_t id_seq; /* when the latest of these arrived */
};

struct swr {
    enum resource resource;
    struct patch_log *log;
    struct patch_stamp held; /* what the snapshot held covers */
    int64_t held_us;         /* it was read then, or later */
    bool loaded;             /* a response was taken since the start */
    bool cached;
    struct swr_dirty dirty;
    uint64_t answered_seq; /* when the last answer's request began: what came since is news */
    int64_t event_us;      /* when the last event came */
    int64_t judged_us;     /* when the last answer was taken */
    int64_t uncovered_us;  /* since when an event waits for its answer; 0: none does */
    struct swr_doubt doubt;
    unsigned overtaken; /* answers in a row that events had overtaken */
    struct swr_fetch fetch;
    uint64_t cancel_id;    /* a fetch to be cancelled, 0: none */
    int64_t last_start_us; /* MOMENT_NEVER: none yet */
    int64_t last_took_us;  /* sets the gap */
    int64_t fetch_us;      /* as the transport measured it */
    int failures;          /* in a row */
    int64_t retry_us;      /* not before; 0: at once */
    bool retry_asked;      /* by Retry-After: only the user may come before asked_us */
    int64_t asked_us;      /* when that ends; retry_us may be later */
    enum swr_hold hold;
    bool focus;           /* dirty because of the focus: its throttle is not used up yet */
    int64_t confirmed_us; /* meaningful when loaded */
    int64_t confirmed_ms;
    int64_t shown_ms; /* of the newest figure: confirmed, or patched since */
    struct fault fault;
    int64_t fault_ms;
    uint64_t version; /* of the rows shown */
    char *etag;       /* NULL: none */
};

/* user: see engine_settings. */
void swr_init(struct swr *swr, enum resource resource, const char *user);
void swr_done(struct swr *swr);

bool swr_is_dirty(const struct swr *swr);

/*
 * Something newer exists that arrived at seq: by arrival only, or with the server's id. Nothing
 * happens when what is held covers it.
 */
void swr_touch(struct swr *swr, uint64_t seq);
void swr_touch_id(struct swr *swr, uint64_t seq, uint64_t id);

/* What made it dirty is an event: from now on what is shown is known not to be all. */
void swr_note_event(struct swr *swr, int64_t now_us);

/* When a fetch wants to start: MOMENT_NEVER when none does. gap_us bounds the starts (R4). */
int64_t swr_due(const struct swr *swr, int64_t gap_us);

/*
 * The least time between two starts, within the bounds: the shortest while answers are not
 * overtaken by events, growing to 4 x the last fetch's duration while they are; four times that
 * when not visible (R4, R22).
 */
int64_t swr_gap(const struct swr *swr, const struct engine_settings *settings, bool visible);

void swr_begin(struct swr *swr, struct moment now, uint64_t fetch_id, struct patch_stamp began,
               uint64_t history);

/* The fetch in flight, if any, is to be cancelled; what it was for is still to be asked. */
void swr_abandon(struct swr *swr);

/* What a response did. */
struct swr_outcome {
    bool decoded;
    bool rows_changed;
    bool unchanged; /* equal to what was held, or 304 */
    bool lied;      /* the server's ids prove nothing: another history */
    size_t contradictions;
};

/* Takes the response to the fetch in flight. On failure fault is set and swr_failed is to follow.
 */
struct swr_outcome swr_take(struct swr *swr, struct moment now,
                            const struct engine_response *response, uint64_t id,
                            struct fault *ret_fault);

/*
 * Whether a response is older than what is held, by its id (0: none) or by its age, or says "not
 * modified" of another body.
 */
bool swr_is_older(const struct swr *swr, const struct engine_response *response, uint64_t id);

/* Then nothing of it is shown. */
struct swr_outcome swr_pass(struct swr *swr, struct moment now,
                            const struct engine_response *response, bool by_id);

/* The fetch in flight failed. Dirty stays (R5). The caller decides when to try again. */
void swr_failed(struct swr *swr, struct moment now, const struct fault *fault);

/* The server's ids mean nothing any more. */
void swr_forget_ids(struct swr *swr);
/* The next request asks for all. */
void swr_forget_etag(struct swr *swr);

/* Rows from the disk. */
bool swr_prime(struct swr *swr, const char *body, size_t len, int64_t confirmed_wall_ms);

#endif
