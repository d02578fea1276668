/*
 * market: the simulated market: on the loop's timers it moves prices and the figures that follow
 * from them, and places, fills, executes, cancels and rejects orders, through the database like
 * any other writer. Same seed, same moves.
 */
#ifndef BLOTTER_MOCK_MARKET_H
#define BLOTTER_MOCK_MARKET_H

#include "db.h"

#include <blotter/net/loop.h>

struct market;

struct market_settings {
    uint64_t seed;
    double rate;   /* lifecycle events per second per user, 0: still */
    double quotes; /* quote batches per second, 0: none */
};

/* Starts at once. db and loop outlive it. */
struct market *market_new(struct loop *loop, struct db *db, const struct market_settings *settings);
void market_free(struct market *market); /* NULL is fine */

#endif
