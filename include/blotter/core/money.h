/*
 * money: the one place where sums are made, so that every place that shows one shows the same.
 *
 * Day = booked + open. open is the sum of dayPnL over open positions; booked that over the
 * positions of the day that are closed: as the server lists them, else as the book derives it from
 * what was seen before and at the closing. What lacks a figure is counted as unknown, never as 0;
 * amounts of different currencies are never added. Pure.
 */
#ifndef BLOTTER_CORE_MONEY_H
#define BLOTTER_CORE_MONEY_H

#include <blotter/core/book.h>

#define MONEY_CURRENCIES_MAX 4 /* rows of further currencies count as unknown of the first */

struct money_part {
    double value;   /* of what is known; NAN when nothing is */
    size_t unknown; /* rows that lack the figure */
    bool derived;   /* blotter had to derive a part of it */
};

struct money_sum {
    char currency[MONEY_CURRENCY_BYTES]; /* "": the server names none */
    struct money_part open, booked, day; /* of the day: day = booked + open */
    struct money_part unrealized, realized, invested, value;
    double percent; /* unrealised against invested, of the rows that have both; NAN: none has */
    double gross, net;
    size_t open_count, closed_count;
    double paired[2]; /* unrealised and invested of the rows that have both */
};

/* What is known of booked at all. */
enum money_booked {
    MONEY_BOOKED_UNKNOWN, /* nothing: the day is not known, only what is open */
    MONEY_BOOKED_SINCE,   /* from since_ms on */
    MONEY_BOOKED_WHOLE
};

struct money {
    struct money_sum sums[MONEY_CURRENCIES_MAX]; /* by currency, in order of appearance */
    size_t count;                                /* at least 1 after money_end */
    enum money_booked known;
    int64_t since_ms;
    bool lists_closed; /* the server lists a closed position */
};

/*
 * A sum is begun, given the rows one by one, and ended. Ended with the book, it also holds what is
 * booked of positions that are in no list; ended without, it is the sum of the rows given.
 */
void money_begin(struct money *money);
void money_add(struct money *money, const struct money_book *book, const struct position *position);
void money_end(struct money *money, const struct money_book *book);

/* All rows of a list. positions: NULL for none. */
void money_of(struct money *money, const struct money_book *book, const struct snapshot *positions);

/* What a closed position adds to booked; NAN when that is not known. */
double money_booked(const struct money_book *book, const struct position *position,
                    bool *ret_derived);

/* The share of the balance that is used as margin, in percent; NAN when unknown. */
#define MONEY_MARGIN_HIGH 70.0
#define MONEY_MARGIN_FULL 90.0
double money_margin(const struct account *account);

/* What working orders are for: what still waits at its limit, else at the last price. Returns how
 * many there are; part is in the first one's currency, of others it counts as unknown. looked_at:
 * a byte per row, 0 for those that are known not to work; NULL: none is. */
size_t money_waiting(const struct snapshot *orders, const uint8_t *looked_at,
                     struct money_part *ret);

/* Balance and what is not realised. NAN when either is unknown or currencies differ. */
double money_net_liq(const struct account *account, const struct money *money);

#endif
