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
#include <blotter/core/derive.h>

#include <math.h>

#define MONEY_CURRENCIES_MAX 4 /* rows of further currencies count as unknown of the first */
#define MONEY_SUMS_MAX 8       /* the same of several accounts, by kind and currency */

struct money_part {
    double value;   /* of what is known; NAN when nothing is */
    size_t unknown; /* rows that lack the figure */
    bool derived;   /* blotter had to derive a part of it */
};

/* The sum of no rows: not 0, but none. */
#define MONEY_NOTHING ((struct money_part){.value = (double)NAN})

struct money_sum {
    char currency[MONEY_CURRENCY_BYTES]; /* "": the server names none */
    enum owner_kind kind;                /* of several accounts; else OWNER_UNTOLD */
    const struct owner *alone; /* the one account that it is of, of which too little is known */
    bool stale;                /* holds figures that nothing vouches for … */
    bool doubtful;             /* … or that nothing has confirmed yet, or of different moments */
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
    struct money_sum sums[MONEY_SUMS_MAX]; /* by currency, in order of appearance */
    size_t count;                          /* at least 1 after money_end */
    enum money_booked known;
    int64_t since_ms;
    bool lists_closed; /* the server lists a closed position */
};

/* Adds a figure to a part, NAN to begin with; NAN counts as unknown. */
void money_part_add(struct money_part *part, double value, bool derived);

/*
 * A sum is begun, given the rows one by one, and ended. Ended with the book, it also holds what is
 * booked of positions that are in no list; ended without, it is the sum of the rows given.
 */
void money_begin(struct money *money);
void money_add(struct money *money, const struct money_book *book, const struct position *position);
void money_end(struct money *money, const struct money_book *book);

/*
 * The same of rows that have owners: a sum is of one kind and one currency, and the owners' books
 * count in place of one. Ended with the owners (NULL: none), it also holds what is booked of their
 * positions that are in no list.
 */
void money_end_owned(struct money *money, const struct owner *const *owners, size_t count);

/* All rows of a list. positions: NULL for none. */
void money_of(struct money *money, const struct money_book *book, const struct snapshot *positions);

/* What a closed position adds to booked; NAN when that is not known. */
double money_booked(const struct money_book *book, const struct position *position,
                    bool *ret_derived);

/* The share of the balance that is used as margin, in percent; NAN when unknown. */
#define MONEY_MARGIN_HIGH 70.0
#define MONEY_MARGIN_FULL 90.0
double money_margin(const struct account *account);

/* Adds what a working order is for: what still waits at its limit, else at the last price. The
 * part, NAN to begin with, is in the first one's currency (NULL before it), of others it counts as
 * unknown. */
void money_wait(struct money_part *part, const struct order *order, const char **currency);

/* As sent; else, derived, balance and what is not realised: NAN when either is unknown or
 * currencies differ. */
struct figure money_net_liq(const struct account *account, const struct money *money);

/* --- accounts --------------------------------------------------------------------------------- */

/* What one account has. */
struct money_account {
    const struct owner *owner;
    const struct money *money;     /* of its own rows, without owners; NULL: not loaded */
    const struct account *account; /* NULL: not known */
    bool stale;                    /* nothing vouches for the positions, or the account */
};

/* What accounts of one kind and currency have together. */
struct money_total {
    enum owner_kind kind;
    char currency[MONEY_CURRENCY_BYTES];
    const struct owner *alone;                                   /* as of a sum */
    struct money_part day, booked, open, net_liq, balance, used; /* unknown: so many accounts */
    size_t members, stale; /* accounts, and how many of them nothing vouches for */
};

#define MONEY_TOTALS_MAX 16 /* accounts that are more than that apart are in no total */

struct money_totals {
    struct money_total totals[MONEY_TOTALS_MAX];
    size_t count;
};

/* The one place where accounts are added: MOCK, PAPER and REAL never are, nor are currencies. */
void money_totals_of(struct money_totals *totals, const struct money_account *accounts,
                     size_t count);

/* What working orders are for, of orders that have owners: open is the worth, members the orders.
 */
void money_waiting_of(struct money_totals *totals, const struct snapshot *orders);

/* Whether a part of a total is all there is, and something vouches for it. */
bool money_total_is_whole(const struct money_total *total, const struct money_part *part);

#endif
