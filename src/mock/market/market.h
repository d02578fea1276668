/*
 * market: the simulated market: on the loop's timers it moves prices and the figures that follow
 * from them, and places, fills, executes, cancels and rejects orders, through the database like
 * any other writer. Same seed, same moves.
 *
 * It can run for days: prices walk in ticks and are drawn back to the last close, orders finish,
 * finished orders, closed positions and old transactions beyond some hundreds per user are cleared
 * away (their sum is carried forward), and a balance that strays is brought back by a transfer.
 */
#ifndef BLOTTER_MOCK_MARKET_H
#define BLOTTER_MOCK_MARKET_H

#include "db/db.h"

#include <blotter/net/loop.h>

struct market;

#define MARKET_RATE_MAX 10000.0
#define MARKET_QUOTES_MAX 1000.0
#define MARKET_TICK 0.05

struct market_settings {
    uint64_t seed;
    double rate;   /* rows of `events` per second per user, 0: still */
    double quotes; /* quote batches per second, 0: none */
};

/* Starts at once. db and loop outlive it. loop may be NULL: then only market_step moves it. */
struct market *market_new(struct loop *loop, struct db *db, const struct market_settings *settings);
void market_free(struct market *market); /* NULL is fine */

/* Changes the pace from now on; values outside 0 … the maximum are brought inside. */
void market_set_rate(struct market *market, double rate);
void market_set_quotes(struct market *market, double quotes);

/*
 * Does everything that is due at `now`, in one transaction, and returns the monotonic time of the
 * next step (MOMENT_NEVER when still). What it does is a function of the seed, the database and
 * the times it was called with. When the database is busy the step is skipped, not made up for.
 */
int64_t market_step(struct market *market, struct moment now);

struct market_stats {
    int64_t actions, events, quotes, skipped;
};
struct market_stats market_stats(const struct market *market);

#endif
