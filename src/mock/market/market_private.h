/*
 * market_private: what the market is made of, for market.c alone: traders who act, prices that
 * move, and the broom. Everything happens inside market.c's transaction, through the books.
 */
#ifndef BLOTTER_MOCK_MARKET_PRIVATE_H
#define BLOTTER_MOCK_MARKET_PRIVATE_H

#include "book/trade_book.h"

struct market_symbol {
    char *id; /* of the stock */
    char *symbol;
};

struct market_symbols {
    struct market_symbol *items;
    size_t len;
};

/* A user with an account. The bounds are taken when the trader first acts, so that much seed data
 * stays much. */
struct market_trader {
    char *user_id;
    bool known;     /* the bounds below are set */
    double opening; /* the balance that a straying one is brought back to */
    int64_t pending_max, open_max, items_max;
    int64_t orders_keep, closed_keep;
    int64_t placed;                /* orders since the broom came by */
    unsigned turns, told;          /* how far the story is, see market_trader.c */
    char waiting_id[BOOK_ID_SIZE]; /* of the market order that waits in it, "" for none */
};

#define MARKET_PENDING_MAX 30
#define MARKET_OPEN_MAX 12
#define MARKET_ITEMS_MAX 20
#define MARKET_ORDERS_KEEP                                                                         \
    500 /* finished orders per user; more only if there were more at the start */
#define MARKET_CLOSED_KEEP 200 /* after those of one symbol and day became one */
#define MARKET_TRANSACTIONS_KEEP 200

/* One thing that a trader, or the exchange on a trader's behalf, does: a few rows of `events`. */
void market_trader_act(struct book *book, const struct market_symbols *symbols,
                       struct market_trader *trader);

/* Clears away a trader's old finished orders and closed positions and carries old transactions
 * forward. */
void market_broom(struct book *book, const struct market_trader *trader, const char *account_id);

/* One batch of quotes: a part of the prices move, and the profit figures follow. quotes is their
 * rate. */
void market_prices_move(struct book *book, const struct market_symbols *symbols, double quotes);

/* The next price: a walk in ticks around the close, within a tenth of it, and never below a tick.
 */
double market_next_price(struct dice *dice, double price, double close, double volatility);

/* Price to the exchange's tick, at least one. */
double market_tick(double price);

#endif
