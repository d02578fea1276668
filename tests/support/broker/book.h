/*
 * book: orders, positions and prices of a made-up broker: they live when they are told to. All
 * figures are our own.
 */
#ifndef BLOTTER_TESTS_BROKER_BOOK_H
#define BLOTTER_TESTS_BROKER_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOK_ORDERS_MAX 200
#define BOOK_SYMBOLS_MAX 6

enum book_status { BOOK_NEW, BOOK_PART, BOOK_FILLED, BOOK_CANCELLED, BOOK_REJECTED };

struct book_order {
    long id;
    size_t symbol;
    bool sells;
    double quantity, filled, limit;
    enum book_status status;
    int64_t created_ms, updated_ms;
};

struct book_symbol {
    const char *name, *exchange, *full_name;
    double last, close;
    double quantity, cost; /* of the position */
};

struct book {
    struct book_symbol symbols[BOOK_SYMBOLS_MAX];
    size_t symbol_count;
    struct book_order orders[BOOK_ORDERS_MAX]; /* oldest first */
    size_t order_count;
    long next_id; /* of orders and of events */
    double cash;
    uint64_t seed;
};

/* A few orders of each kind and positions, for the symbols. */
void book_init(struct book *book, const struct book_symbol *symbols, size_t count, long first_id);

/* Places an order at the last price; the oldest one is forgotten when there are too many. */
struct book_order *book_place(struct book *book, size_t symbol, double quantity);
/* Fills so much of it, at its limit. */
void book_fill(struct book *book, struct book_order *order, double quantity);
void book_cancel(struct book *book, struct book_order *order);
/* The newest order that still waits; NULL when none does. */
struct book_order *book_waiting(struct book *book);
/* Every price moves by up to a tenth of a percent. */
void book_move(struct book *book);

int64_t book_now_ms(void);
/* Money in positions at the last prices. */
double book_worth(const struct book *book);

#endif
