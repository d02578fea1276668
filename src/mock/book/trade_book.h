/*
 * trade_book: the books themselves: each function is one step of bookkeeping inside the caller's
 * transaction, and leaves the account adding up (see trade.h). trade.c calls it for users, the
 * market for its own orders. What the database refuses sets `failed`; the caller looks at it once,
 * before the commit.
 */
#ifndef BLOTTER_MOCK_TRADE_BOOK_H
#define BLOTTER_MOCK_TRADE_BOOK_H

#include "base/dice.h"
#include "db/db.h"
#include "trade.h"

#define BOOK_ID_SIZE                                                                               \
    64 /* rows with longer ids or symbols were written by others, and are not found */

struct book {
    struct db *db;
    struct dice *dice;      /* for ids */
    char now[DB_TIME_SIZE]; /* what createdAt, updatedAt and executedAt say */
    bool failed;
};

struct book_account {
    char id[BOOK_ID_SIZE];
    double balance, used;
};

struct book_stock {
    char id[BOOK_ID_SIZE];
    char symbol[BOOK_ID_SIZE];
    double ltp;
    int64_t lot; /* at least 1 */
};

struct book_order {
    char id[BOOK_ID_SIZE];
    char account_id[BOOK_ID_SIZE];
    char stock_id[BOOK_ID_SIZE]; /* "" when the stock is gone */
    char symbol[BOOK_ID_SIZE];
    char product[8];
    int64_t quantity, filled;
    bool is_limit, is_sell, is_pending;
    double price;   /* NAN for a market order */
    double average; /* 0 when nothing is filled */
    double blocked;
    double ltp; /* the stock's last price, NAN when it is gone */
};

struct book_position {
    char id[BOOK_ID_SIZE];
    char account_id[BOOK_ID_SIZE];
    char stock_id[BOOK_ID_SIZE];
    char symbol[BOOK_ID_SIZE];
    int64_t quantity; /* negative: short */
    double average, realized;
    double stop_loss, target; /* NAN: none */
    double ltp;               /* NAN when the stock is gone */
};

/* Rounded to hundredths: every amount of money in the books is. */
double book_round(double amount);

/* False when there is none. */
bool book_find_account(struct book *book, const char *user_id, struct book_account *ret);
bool book_find_stock(struct book *book, const char *symbol, struct book_stock *ret);
bool book_find_order(struct book *book, const char *order_id, struct book_order *ret);
bool book_find_position(struct book *book, const char *position_id, struct book_position *ret);

/* What an order will block when it is placed. */
double book_block(const struct trade_order *order, const struct book_stock *stock);

/*
 * Puts an order into the books as PENDING and blocks its margin, or, when that does not suffice,
 * as REJECTED: false then. *ret_id is set either way.
 */
bool book_place(struct book *book, const struct book_account *account,
                const struct book_stock *stock, const struct trade_order *order,
                char ret_id[BOOK_ID_SIZE]);

/* Fills 1 … (quantity - filled) of a pending order at the price; the last of it makes it EXECUTED.
 */
void book_fill(struct book *book, const struct book_order *order, int64_t quantity, double price);

/* Ends a pending order: CANCELLED when there is no reason, else REJECTED for it. */
void book_end(struct book *book, const struct book_order *order, const char *reason);

/* A pending order's new quantity (above filled) and price (NAN for a market order). */
void book_modify(struct book *book, const struct book_order *order, int64_t quantity, double price);
double book_modified_block(const struct book_order *order, int64_t quantity, double price);

/* Closes 1 … |quantity| of an open position at the price. */
void book_close(struct book *book, const struct book_position *position, int64_t quantity,
                double price);

/* A position's stop loss and target as they shall be; NAN: null. */
void book_guard(struct book *book, const char *position_id, double stop_loss, double target);

/* Money comes (amount > 0) or goes: the balance and a transaction. */
void book_transfer(struct book *book, const char *account_id, double amount,
                   const char *description);

/* The profit figures of all open positions in a stock, after its price moved. */
void book_mark(struct book *book, const char *stock_id);

/* A stock's last price, and what follows from it: the day's change, high and low, the profit
 * figures. */
void book_set_price(struct book *book, const char *stock_id, double price);

/* A new day: what was last is the close, and every position starts from nothing. */
void book_new_day(struct book *book);

/* Why an exchange refuses an order, in words. */
const char *book_reason(struct dice *dice);

#endif
