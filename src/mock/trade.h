/*
 * trade: what the writes do to the books: orders, positions, the account, transactions. Each call
 * is one transaction of its own (never call inside another); the triggers turn it into events.
 * The routes have checked types; everything about the books is checked here.
 */
#ifndef BLOTTER_MOCK_TRADE_H
#define BLOTTER_MOCK_TRADE_H

#include "db.h"
#include "market_dice.h"

enum trade_result {
    TRADE_OK,
    TRADE_INVALID,   /* 400: unknown symbol, quantity not a lot, price missing or absurd, margin too
                        small… */
    TRADE_NOT_FOUND, /* 404: no such order or position of this user */
    TRADE_CONFLICT,  /* 409: no longer pending, already closed */
    TRADE_FAILED     /* 500: the database refused */
};

struct trade_reply {
    char id[64];       /* the order's or position's id when TRADE_OK */
    char message[192]; /* a sentence: what was done, or why not */
};

/* Quantities and prices arrive as numbers that fit; NAN stands for "not given". */
struct trade_order {
    const char *symbol;
    int64_t quantity;
    bool is_limit, is_sell;
    double price;        /* NAN for a market order */
    const char *product; /* "MIS", "CNC" or "NRML" */
};

/* A market order is executed at once at the last price; a limit order waits for the market. */
enum trade_result trade_place(struct db *db, struct dice *dice, const char *user_id,
                              const struct trade_order *order, struct trade_reply *ret);

struct trade_change {
    int64_t quantity; /* 0: as it is */
    double price;     /* NAN: as it is */
};
enum trade_result trade_modify(struct db *db, const char *user_id, const char *order_id,
                               const struct trade_change *change, struct trade_reply *ret);
enum trade_result trade_cancel(struct db *db, const char *user_id, const char *order_id,
                               struct trade_reply *ret);

/* Closes a position at exit_price, or at the last price when it is NAN. */
enum trade_result trade_close(struct db *db, struct dice *dice, const char *user_id,
                              const char *position_id, double exit_price, struct trade_reply *ret);

struct trade_guards {
    bool has_stop_loss, has_target;
    double stop_loss, target; /* NAN: null */
};
enum trade_result trade_guard(struct db *db, const char *user_id, const char *position_id,
                              const struct trade_guards *guards, struct trade_reply *ret);

#endif
