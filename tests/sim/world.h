/*
 * world: the model of a server for the simulation: four resources, a log of events, histories that
 * end when its database is replaced. It knows the truth: every change has a stamp that never
 * repeats, so that coverage can be judged whatever the ids say.
 */
#ifndef BLOTTER_SIM_WORLD_H
#define BLOTTER_SIM_WORLD_H

#include <blotter/core/buf.h>
#include <blotter/core/resource.h>

#include <stdint.h>

#define WORLD_ROWS 5
#define WORLD_LOG 64
#define WORLD_DATA 400
#define WORLD_ID_STEP 8 /* ids of neighbouring histories never coincide */

struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *dice);
/* A number below n. */
unsigned dice_below(struct dice *dice, unsigned n);
/* True once in n. */
bool dice_one_in(struct dice *dice, unsigned n);

struct world_event {
    uint64_t id; /* 0: transient, not in the log */
    uint64_t stamp;
    resource_mask panes;
    char data[WORLD_DATA];
};

struct world_order {
    unsigned id, status, quantity, price, filled;
};
struct world_position {
    unsigned id;
    int quantity, pnl;
};
struct world_item {
    unsigned id;
};

struct world {
    bool extensions;
    bool silent;             /* no welcome at all */
    bool reads_without_ids;  /* something on the way strips the headers of reads */
    bool welcome_is_current; /* the welcome carries N even when a replay follows */
    uint64_t stamp;
    unsigned history;
    uint64_t last_id;
    uint64_t changed[RESOURCE_COUNT]; /* stamp of the last change that made an event */
    uint64_t touched[RESOURCE_COUNT]; /* stamp of the last change of any kind */
    unsigned next_row;
    struct world_order orders[WORLD_ROWS];
    struct world_position positions[WORLD_ROWS];
    struct world_item items[WORLD_ROWS];
    size_t order_count, position_count, item_count;
    int balance;
    unsigned prices[WORLD_ROWS];
    struct world_event log[WORLD_LOG];
    size_t logged; /* ever, in this history */
};

void world_init(struct world *world, struct dice *dice, bool extensions);

/* A new database: other rows, ids anew. */
void world_replace(struct world *world, struct dice *dice);

/* Changes something; *ret is the event that tells it. */
void world_change(struct world *world, struct dice *dice, struct world_event *ret);

/* Whether what follows id can be replayed; the i-th event after id, NULL when there is none. */
bool world_holds(const struct world *world, uint64_t id);
const struct world_event *world_after(const struct world *world, uint64_t id, size_t i);

void world_body(const struct world *world, enum resource resource, struct buf *into);

#endif
