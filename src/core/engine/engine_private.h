/*
 * engine_private: what the parts of the engine share: engine.c (inputs and outputs),
 * engine_stream.c (events, welcome, the server's history), engine_pace.c (retries, outage, polls).
 */
#ifndef BLOTTER_CORE_ENGINE_PRIVATE_H
#define BLOTTER_CORE_ENGINE_PRIVATE_H

#include <blotter/core/engine.h>

#include "model/prices.h"
#include "swr.h"

/* What is known of the stream. */
struct engine_stream {
    bool open;
    bool was_open;        /* ever since the start */
    int64_t lost_us;      /* since when there is none; the start counts */
    uint64_t open_seq;    /* order of the opening */
    uint64_t welcome_id;  /* what the server had told when it was opened, 0 when unknown */
    uint64_t silence_seq; /* order of the last loss by silence since the opening; 0: none */
    uint64_t last_id;     /* highest place in the server's order seen; 0: none */
    int64_t welcome_us;   /* wait for the welcome until then; MOMENT_NEVER: not waiting */
    unsigned lies;        /* times its ids were found to prove nothing, since lied_us */
    int64_t lied_us;
    bool foreign;  /* its welcome was to another user: nothing of it counts */
    bool ids_void; /* too often: until the next opening only arrival counts (R15) */
};

/* Nothing gets through: one probe for all. */
struct engine_outage {
    bool on;
    int failures; /* of probes since it is no longer eagerly awaited */
    int64_t since_us;
    int64_t probe_us;
    uint64_t since_seq; /* a fetch that began later is a probe */
};

struct engine {
    struct engine_settings settings;
    bool running;
    struct moment last; /* of the latest input */
    uint64_t seq;       /* order of everything that happens */
    uint64_t next_fetch_id;
    uint64_t history; /* of the server: ids of different ones do not compare */
    uint64_t random;
    resource_mask visible;
    resource_mask changes;
    resource_mask stale; /* as last told */
    struct swr swr[RESOURCE_COUNT];
    struct prices *prices; /* of all panes */
    struct engine_stream stream;
    struct engine_outage outage;
    bool quoted; /* quotes have come by the stream */
    bool polling;
    int64_t vouch_ms[RESOURCE_COUNT];
    int64_t poll_us; /* next poll; MOMENT_NEVER: none planned */
    int64_t poll_interval_us;
    int64_t trim_us; /* when what a storm needed is given back; MOMENT_NEVER: nothing is */
    bool trimmed;
    int64_t focus_us; /* when the focus last made a request */
    bool focus_used;
    struct engine_counters counters;
};

bool engine_wants(const struct engine *engine, enum resource resource);
void engine_mark(struct engine *engine, enum resource resource);

/* Dirties these by arrival, now. */
void engine_touch(struct engine *engine, resource_mask which);

/* Gives up the fetches in flight, as nothing says that they still get anywhere; others follow. */
void engine_abandon(struct engine *engine, resource_mask which);

/* engine_stream.c: the server's ids were found to prove nothing: everything is read again. */
void engine_ids_lied(struct engine *engine);
/* The welcome did not come in time: nothing proves that nothing was missed. */
void engine_welcome_missing(struct engine *engine);

/* engine_pace.c */
void engine_pace_start(struct engine *engine);
/* Plans what follows a failure of the fetch that swr has just given up; began: its place in the
 * order. */
void engine_plan_retry(struct engine *engine, struct swr *swr, const struct fault *fault,
                       uint64_t began);
/* Something got through. */
void engine_end_outage(struct engine *engine);
/* A try that nobody here made failed for want of a network. */
void engine_stream_probe_failed(struct engine *engine);
/* The user or the system says that trying again makes sense now. */
void engine_end_waits(struct engine *engine, resource_mask which, bool by_user);
void engine_poll(struct engine *engine);
/* A number in [0, bound]. */
int64_t engine_random(struct engine *engine, int64_t bound);
/* When this resource's next fetch may start, outage and all; MOMENT_NEVER when none. */
int64_t engine_due(const struct engine *engine, enum resource resource);
/* From when on rows unconfirmed since must be marked; MOMENT_NEVER while the stream vouches. */
int64_t engine_stale_at(const struct engine *engine, enum resource resource);

#endif
