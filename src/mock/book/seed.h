/*
 * seed: what a new database is filled with: users with their tokens, instruments of the National
 * Stock Exchange, orders, positions and watchlists. Same seed, same data (times are relative to
 * now). Filling makes no events.
 */
#ifndef BLOTTER_MOCK_SEED_H
#define BLOTTER_MOCK_SEED_H

#include "db/db.h"

#define SEED_USERS_MAX 100000
#define SEED_ROWS_MAX 1000000
#define SEED_SYMBOLS_MAX 20000

struct seed_settings {
    uint64_t seed;
    int64_t users, orders, positions, symbols; /* orders and positions are per user */
    int64_t wall_ms;                           /* now */
};

/* Fills the database when it has no users yet, else leaves it alone. False with db_error when it
 * cannot. */
bool seed_fill(struct db *db, const struct seed_settings *settings);

#endif
