/*
 * trade: what the writes of users do to the books: orders, positions, the account, transactions.
 * Each call is one transaction of its own (never call inside another); the triggers turn it into
 * events. The routes have checked types; everything about the books is checked here, and nothing
 * is changed unless TRADE_OK is answered (one exception: see trade_place). The reply must not hold
 * the arguments.
 *
 * The account always adds up:
 *     usedMargin      = the sum of what pending orders block and open positions hold
 *     availableMargin = balance - usedMargin
 *     balance         = the sum of its transactions, credits less debits
 * A pending order blocks (quantity - filledQuantity) × its limit price, or × the last price when a
 * market order was placed. An open position holds |quantity| × averagePrice. Realised profit or
 * loss goes to the balance and into `transactions`. There is one open position per account and
 * symbol; a fill against it closes as much of it as it can, and what is left opens the other way.
 * Every order blocks, one that will close a position too. The available margin may fall below zero
 * by a loss, never by placing an order.
 */
#ifndef BLOTTER_MOCK_TRADE_H
#define BLOTTER_MOCK_TRADE_H

#include "base/dice.h"
#include "db/db.h"

#define TRADE_QUANTITY_MAX 1000000
#define TRADE_PRICE_MAX 1e7

enum trade_result {
    TRADE_OK,
    TRADE_INVALID, /* 400: unknown symbol, quantity no multiple of the lot, price missing or absurd…
                    */
    TRADE_NOT_FOUND, /* 404: no such order or position of this user */
    TRADE_CONFLICT,  /* 409: no longer pending */
    TRADE_FAILED     /* 500: the database refused */
};

struct trade_reply {
    char id[64];       /* the order's or position's id when there is one, else "" */
    char message[192]; /* a sentence without a full stop: what was done, or why not */
};

/* Quantities and prices arrive as numbers that fit; NAN stands for "not given". */
struct trade_order {
    const char *symbol;
    int64_t quantity;
    bool is_limit, is_sell;
    double price;        /* NAN for a market order */
    const char *product; /* "MIS", "CNC" or "NRML" */
};

/*
 * A market order is executed at once at the last price; a limit order waits for the market. When
 * the margin does not suffice the order is kept as REJECTED with its failureReason, the account is
 * left as it was, and the result is TRADE_INVALID with the id set.
 */
enum trade_result trade_place(struct db *db, struct dice *dice, const char *user_id,
                              const struct trade_order *order, struct trade_reply *ret);

struct trade_change {
    int64_t quantity; /* 0: as it is; must stay above what is filled */
    double price;     /* NAN: as it is; a market order takes none */
};
enum trade_result trade_modify(struct db *db, const char *user_id, const char *order_id,
                               const struct trade_change *change, struct trade_reply *ret);

/* user_id NULL: whosever it is, for scenarios. */
enum trade_result trade_cancel(struct db *db, const char *user_id, const char *order_id,
                               struct trade_reply *ret);

/* Fills what is open of a pending order at its limit or the last price, whoever placed it: for
 * scenarios. */
enum trade_result trade_execute(struct db *db, struct dice *dice, const char *order_id,
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

/*
 * Makes the account of every user add up after rows were written by other means (the seed data):
 * blocks are set where a pending order has none, the margins follow from them, and what the
 * transactions lack of the balance becomes one more of them. Inside the caller's transaction.
 */
bool trade_settle_accounts(struct db *db);

/* Sets a stock's last price, as the market would, and the profit figures that follow from it. */
enum trade_result trade_price(struct db *db, const char *symbol, double price,
                              struct trade_reply *ret);

/*
 * The seed for dice that make ids. Started again on the same database with the same --seed, nobody
 * must come to the same ids again; started with the same seed on the same data, they must. So what
 * is there is part of the seed.
 */
uint64_t trade_seed(struct db *db, uint64_t seed);

#endif
