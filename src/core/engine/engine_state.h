/*
 * engine_state: what the engine knows, and what each of its parts may do to it. The parts stand on
 * one another: engine_state, engine_pace (retries, outage, polls), engine_stream (events, welcome,
 * the server's history), engine (inputs and outputs).
 */
#ifndef BLOTTER_CORE_ENGINE_STATE_H
#define BLOTTER_CORE_ENGINE_STATE_H

#include "model/prices.h"
#include "swr.h"

#include <blotter/core/engine.h>

/* What is known of the stream. */
struct engine_stream {
    bool open;
    bool was_open;     /* ever since the start */
    int64_t lost_us;   /* since when there is none; the start counts */
    uint64_t open_seq; /* order of the opening */
    int64_t opened_us;
    uint64_t welcome_id;  /* what the server had told when it was opened, 0 when unknown */
    bool grew;            /* the id of the present event is above those before it */
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
    bool ticked; /* or profits, with their prices */
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

/* An event or an opening of the stream is news: a pane that waits for some may ask again. */
void engine_release(struct engine *engine, resource_mask which);

#endif
