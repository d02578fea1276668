/*
 * history: how the day went, in memory: its P&L, the margin used, and the price of each symbol
 * that is held, worked or watched. Nothing stale is in it: a silence is a gap. Pure; x is wall
 * time in ms.
 */
#ifndef BLOTTER_CORE_HISTORY_H
#define BLOTTER_CORE_HISTORY_H

#include <blotter/core/series.h>

#include <stdbool.h>

#define HISTORY_SYMBOLS_MAX ((size_t)512) /* further symbols have no curve */
#define HISTORY_STEP_MS 1000              /* points are this far apart to begin with */

enum history_figure {
    HISTORY_DAY,    /* the day's P&L */
    HISTORY_BOOKED, /* what of it is booked */
    HISTORY_MARGIN, /* percent of the balance that is used as margin */
    HISTORY_FIGURES
};

/* "day", "booked", "margin": the names of the daybook. */
const char *history_figure_name(enum history_figure figure);

struct history;

struct history *history_new(void);
void history_free(struct history *history); /* NULL is fine */

/* Up to when it goes: the latest time that it was told of; 0: none. */
int64_t history_newest_ms(const struct history *history);

/* Another day: nothing is known of it yet. */
void history_clear(struct history *history);

/* The figure holds from at_ms on; NAN: it is not known from there on. */
void history_add(struct history *history, enum history_figure figure, int64_t at_ms, double value);
const struct series *history_figure(const struct history *history, enum history_figure figure);

/* The same of a price. Over the ceiling a new symbol is left out. */
void history_add_price(struct history *history, const char *symbol, int64_t at_ms, double price);
/* Every price is unknown from at_ms on: nothing confirms them. */
void history_gap(struct history *history, int64_t at_ms);
/* NULL when there is none. */
const struct series *history_price(const struct history *history, const char *symbol);

/* A minute of a price. */
#define HISTORY_BAR_MS INT64_C(60000)
struct history_bar {
    int64_t at_ms; /* when the minute began; INT64_MIN: there is none */
    double open, high, low, close;
    bool changed; /* since history_bar_kept */
};

/* The minute that goes on, and the one before it, of the i-th symbol, by name. */
struct history_bars {
    const char *symbol;
    struct history_bar now, before;
};
const struct history_bars *history_bars(const struct history *history, size_t i);
/* They were written down. */
void history_bars_kept(struct history *history, size_t i);

/* Where the prices of an earlier run go, by rising time; no bar is made of them. */
void history_restore_price(struct history *history, const char *symbol, int64_t at_ms,
                           double price);

#endif
