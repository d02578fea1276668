/*
 * sim: the engine under a manual clock against a model server and a hostile transport. One run is
 * one seed. P1-P13 of revalidation.md are checked at every step.
 */
#ifndef BLOTTER_SIM_SIM_H
#define BLOTTER_SIM_SIM_H

#include "world.h"

#include <blotter/core/engine.h>

#define SIM_FLIGHTS 64
#define SIM_QUEUE 256
#define SIM_PAST 64

/* A request between us and the server. */
struct flight {
    uint64_t id; /* 0: free */
    enum resource resource;
    bool cancelled; /* answered all the same: must have no effect */
    bool read;      /* the server has read its state */
    int64_t start_us, read_us, arrive_us;
    bool fails;
    struct fault fault;
    int status;
    struct buf body;
    char etag[64], asked_etag[64];
    uint64_t last_event_id;
    int64_t age_ms;
    uint64_t stamp; /* of the world when it was read */
};

struct message {
    int64_t at_us;
    struct world_event event;
};

enum wire { WIRE_DOWN, WIRE_CONNECTING, WIRE_OPEN };

struct sim_stream {
    enum wire wire;
    int64_t at_us;              /* next try, or when it opens */
    uint64_t opened_stamp;      /* of the world: what is older is told again, if at all */
    int64_t opened_us, lost_us; /* lost_us: the start counts */
    bool welcomed;              /* the welcome of this connection has arrived */
    uint64_t sse_id;            /* what the parser would send as Last-Event-ID */
    unsigned sse_history;
    int64_t last_at_us;
    size_t first, count; /* in the queue */
    struct message queue[SIM_QUEUE];
};

/* What a server answered with at some time: replicas and caches answer with it later. */
struct past {
    int64_t at_us;
    uint64_t stamp, last_id;
    struct buf body;
};

/* What the ids of a server prove. */
enum ids {
    IDS_GOOD,
    IDS_AHEAD, /* reads count with another counter, far ahead of the stream's */
    IDS_STUCK, /* reads always say the same */
    IDS_LEAP,  /* one event in the middle has an id that no read reaches */
    IDS_BACK,  /* the stream's fall */
    IDS_SAME,  /* … are all the same */
    IDS_WILD,  /* the stream's and the reads' are whatever they are */
    IDS_KINDS
};

/* What must be true of a pane, from what the world knows. */
struct judge {
    uint64_t have;           /* stamp of the response shown; 0: none */
    uint64_t required;       /* of the latest event delivered for it */
    uint64_t told;           /* the same, and nothing but lying ids say that it is old */
    uint64_t transient_lost; /* of the latest transient change that no stream carried */
    int64_t transient_lost_us;
    int64_t uncovered_us; /* since when an event waits for its response; INT64_MAX: none does */
    uint64_t placed;      /* orders told of as placed, a bit each by the end of their id */
    bool last_failed;
    uint64_t last_applied;
    int64_t last_start_us, last_took_us;
    unsigned starts;
    unsigned overtaken;    /* answers in a row, by news that came while they were under way */
    bool news;             /* since the last start */
    struct snapshot *seen; /* what was shown at the step before … */
    uint64_t seen_version; /* … and the pane's version of it */
};

struct sim {
    uint64_t seed;
    bool trace;
    struct dice dice;
    struct world world;
    struct engine *engine;
    struct moment now;
    int64_t late_us;        /* answers are so much older than the server's state; 0: they are not */
    unsigned cached_one_in; /* an answer is a copy of an older one; 0: never */
    bool tells_age;         /* of a copy */
    enum ids ids;
    int64_t lag_us; /* what the stream tells lies so long on the way; reads do not */
    struct past past[RESOURCE_COUNT][SIM_PAST];
    size_t past_count[RESOURCE_COUNT]; /* ever */
    bool calm;       /* nothing fails and every request takes the same time: freezes are bounded */
    bool forgiven;   /* transient figures lost around the first opening: they come with the next */
    bool disorderly; /* the stream repeats and swaps messages */
    bool switched;   /* the user: what was told of orders before was forgotten */
    bool missed;     /* events were not told: what was told before them may be contradicted */
    bool quiet;      /* nothing happens any more */
    bool network_down;
    unsigned fail_one_in; /* 0: never */
    int64_t latency_us;
    resource_mask visible;
    struct flight flights[SIM_FLIGHTS];
    struct sim_stream stream;
    struct buf bodies[RESOURCE_COUNT]; /* as of body_stamps: most reads see nothing new */
    uint64_t body_stamps[RESOURCE_COUNT];
    struct judge judges[RESOURCE_COUNT];
    int64_t script_us;
    unsigned script_left;
    uint64_t steps;
    const char *broken; /* the first property that did not hold */
};

/* Runs one seed; the sim is reused between seeds. False with sim->broken set. */
bool sim_run(struct sim *sim, uint64_t seed, bool trace);

void sim_done(struct sim *sim);

/* press.c: a server that never wants a stream to last. NULL, or the property that did not hold. */
const char *press_run(uint64_t seed);

/* sim_wire.c: the transport */
void wire_start(struct sim *sim, const struct engine_action *action);
void wire_cancel(struct sim *sim, const struct engine_action *action);
void wire_cut(struct sim *sim, enum fault_kind kind);
void wire_emit(struct sim *sim, const struct world_event *event);
int64_t wire_next(const struct sim *sim);
void wire_step(struct sim *sim);
/* The server's state is one that may be answered with later. */
void wire_remember(struct sim *sim);
/* Answers may be other than the server's state of now, or ids other than its events'. */
bool wire_lies(const struct sim *sim);

/* sim_judge.c: what must hold */
void judge_reset(struct sim *sim);
void judge_start(struct sim *sim, enum resource resource);
void judge_step(struct sim *sim);
void judge_end(struct sim *sim);
/* Long enough after the last change: what the stream has told is shown, or marked. */
void judge_late(struct sim *sim);
/* Nothing but ids lied, and everything was told: what is shown is right, or marked. */
void judge_ids(struct sim *sim);
/* The same, where the server never lied: nothing is marked any more. */
void judge_settled(struct sim *sim);
/* Feeds an event to the engine and checks what it may do. */
void judge_event(struct sim *sim, const struct event *event, const struct world_event *truth);
/* Hands an answer to the engine and checks what it may do. */
void judge_answer(struct sim *sim, struct flight *flight);

void sim_say(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_break(struct sim *sim, const char *property);
void sim_take_actions(struct sim *sim);

#endif
