/* Shared by the files of the tape alone. */
#ifndef BLOTTER_CORE_TAPE_PRIVATE_H
#define BLOTTER_CORE_TAPE_PRIVATE_H

#include "known.h"

#include <blotter/core/tape.h>

#include <math.h>

struct tape {
    struct tape_entry *ring; /* grows up to TAPE_MAX */
    size_t room;
    uint64_t total, version, first_changed;
    double (*price)(const void *user, const char *symbol); /* NULL: none */
    const void *price_user;
    struct tape_counts counts;
    uint64_t kept; /* entries up to this number are of an earlier run */
    struct known_set orders, positions;
    int64_t began_ms;      /* MODEL_NO_TIME before the first rows of orders */
    bool had[2];           /* rows of orders, of positions were taken in */
    int64_t lost_us;       /* when the stream was lost; MOMENT_NEVER: it is not */
    uint64_t stream_entry; /* the entry that counts what is replayed; 0: none does */
    uint64_t replay_until; /* ids up to here are replayed */
};

/* An order as it is told now, in one turn. */
struct telling {
    struct tape *tape;
    const struct order *order;
    struct known *known;
    int64_t seen_ms; /* when it was told */
};

static inline double first_known(double a, double b)
{
    return isnan(a) ? b : a;
}

/* An entry was added or completed. */
void tape_note_changed(struct tape *tape, uint64_t number);
/* An entry that is still held; NULL when it has gone. */
struct tape_entry *tape_held(const struct tape *tape, uint64_t number);

void tape_remember_order(struct known *known, const struct order *order, enum known_state state);
void tape_tell_placed(struct telling *telling);
/* Tells what an order differs by from what is known. old: its rows were newer than this word. */
void tape_tell_difference(struct telling *telling, bool old);

/* told: whether a closing that is new is news; that of the first rows was before our time. */
void tape_take_position(struct tape *tape, const struct position *position, int64_t at_ms,
                        bool told);

#endif
