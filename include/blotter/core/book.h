/*
 * book: what was seen of the day's positions, and what closing them brought. Pure.
 */
#ifndef BLOTTER_CORE_BOOK_H
#define BLOTTER_CORE_BOOK_H

#include <blotter/core/model.h>

#define MONEY_CLOSED_MAX 4096 /* closed positions kept for a day; the oldest goes first */
#define MONEY_CURRENCY_BYTES 12

struct money_book;

struct money_book *money_book_new(void);
void money_book_free(struct money_book *book); /* NULL is fine */

/* Forgets everything: another user or server. */
void money_book_reset(struct money_book *book);

struct money_time {
    int64_t wall_ms;
    int64_t day; /* a number that is another one on every day of the exchange */
};

/*
 * Another day than that of the last rows begins: nothing is closed. watched: somebody vouched for
 * the rows when it did; else the day is known from now on only. Nothing happens on the same day.
 * Returns whether closing figures went.
 */
bool money_book_begin_day(struct money_book *book, struct money_time now, bool watched);

/*
 * Positions as they are now shown; not those of a disk cache, whose day is not known. A position
 * that was open and is so no longer gets its closing figure, unless another row took it over: the
 * same position under another id, one that it was joined with, a closed row that stands for
 * several. Returns whether a closing figure came, changed or went.
 */
bool money_book_take(struct money_book *book, const struct snapshot *positions,
                     struct money_time now);

/* A position of the day that the server does not list as closed. */
struct money_closed {
    char *id, *symbol;
    char currency[MONEY_CURRENCY_BYTES];
    double figure; /* what it adds to booked; NAN: not known */
    bool derived;  /* by blotter; else the server said it while it listed the position */
    bool in_list;  /* a row of the list stands for it */
    bool settled;  /* no other row can have taken it over any more */
    bool is_new;   /* no list has been looked at since */
    int64_t at_ms; /* when its closing was seen */
};

/* The i-th of them, the oldest first; NULL past the end. Lives until the next take. */
const struct money_closed *money_book_closed(const struct money_book *book, size_t i);

/* Takes one in that was kept from an earlier run of the same day, unless its id is known already;
 * since_ms: from when on that run saw the day. Call before the first take. */
void money_book_restore(struct money_book *book, const struct money_closed *closed,
                        struct money_time now, int64_t since_ms);

/* Another number whenever a closing figure came, changed or went. */
uint64_t money_book_version(const struct money_book *book);

/* Whether what it holds is of that day. */
bool money_book_is_of(const struct money_book *book, int64_t day);

/* From when on the day was seen; MODEL_NO_TIME when all of it was (or nothing was yet). */
int64_t money_book_since(const struct money_book *book);
bool money_book_saw_all(const struct money_book *book);

#endif
