/*
 * known: what was last known of each order or position, by its id. Grows up to a ceiling; there,
 * what has ended is forgotten, and the oldest.
 */
#ifndef BLOTTER_CORE_KNOWN_H
#define BLOTTER_CORE_KNOWN_H

#include <blotter/core/seen.h>
#include <blotter/core/tape.h>

enum known_state { KNOWN_WORKING, KNOWN_FILLED, KNOWN_CANCELLED, KNOWN_REJECTED };

struct known {
    uint64_t key;                        /* a hash of the id */
    uint64_t entry;                      /* number of the last entry about it; 0: none */
    int64_t created_ms;                  /* when the order was placed; MODEL_NO_TIME: not known */
    double quantity, filled, limit, ltp; /* of a position the average price in limit */
    double placed_at;                    /* the price when the order was placed; NAN */
    uint8_t state;                       /* enum known_state */
    uint8_t direction;                   /* enum order_side, of an order */
    char id[TAPE_ID_MAX]; /* positions only, while they are open; "" when it is longer */
    char symbol[TAPE_SYMBOL_MAX];
};

struct known_set {
    struct known *all;
    size_t count, room;
    uint32_t *slots; /* hash table of indexes + 1 */
    size_t slot_count;
    struct seen seen; /* rows as they were taken last */
};

void known_done(struct known_set *set);

/* What is known of an id; *ret_new: nothing was. Lives until the next call. */
struct known *known_get(struct known_set *set, const char *id, bool *ret_new);

/* The same of one that is known; NULL: it is not. */
const struct known *known_find(const struct known_set *set, const char *id);

#endif
