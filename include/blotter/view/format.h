/*
 * format: numbers and times as text. A number comes out whole or not at all; whoever has less room
 * shows FORMAT_HASHES. Pure: the time zone is a function that is handed in, the locale's grouping
 * is a value that is handed in. Source: doc/screen.md, "Numbers".
 */
#ifndef BLOTTER_VIEW_FORMAT_H
#define BLOTTER_VIEW_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_MAX 64 /* room for everything below, NUL included */
#define FORMAT_MISSING "—"
#define FORMAT_HASHES "####"
#define FORMAT_HIDDEN "•••••"

enum format_grouping {
    FORMAT_INDIAN,
    FORMAT_WESTERN,
    FORMAT_NO_GROUPING,
    FORMAT_LOCALE,
    FORMAT_OF_ACCOUNT /* a user's wish: format_grouping_of makes one of the others of it */
};

/*
 * How many seconds local time is ahead of UTC at a wall time (ms since 1970 UTC). The program
 * answers for `local` and `Area/City`; a NULL function means UTC.
 */
typedef int32_t (*format_zone_fn)(const void *user, int64_t wall_ms);

struct format {
    enum format_grouping grouping;
    /* For FORMAT_LOCALE, from localeconv(): ASCII or short UTF-8; "" or 0 fall back to western. */
    char locale_separator[5], locale_decimal[5];
    char locale_grouping[4]; /* as lconv's grouping: {3, 2} is Indian, CHAR_MAX ends it */
    format_zone_fn zone;
    const void *zone_user;
};

/* The wish, but for FORMAT_OF_ACCOUNT: indian for INR and where no currency is known (NULL, ""),
 * western for any other. */
enum format_grouping format_grouping_of(enum format_grouping wish, const char *currency);

/* Indian grouping, UTC. */
void format_default(struct format *ret);

#define FORMAT_SIGN 1u    /* "+" for positive figures; zero has no sign */
#define FORMAT_DERIVED 2u /* "~" in front: blotter's figure, not the server's */
#define FORMAT_PERCENT 4u /* "%" behind */
#define FORMAT_PLAIN 8u   /* no grouping */
#define FORMAT_PRICE                                                                               \
    16u /* never zero for what is not: a small one takes more decimals than asked                  \
           for, as many as four of its digits need, or exponent form */

struct format_figure {
    double value;
    int decimals; /* 0..9 */
    unsigned flags;
};

/*
 * Writes the figure; returns its width in columns. NAN gives FORMAT_MISSING. Rounded once, half
 * away from zero, on the decimal figure that the server sent (2.675 with two decimals is 2.68).
 * What rounds to zero is "0.00" without a sign, but for prices. From 1e15 on the figure is in
 * exponent form.
 */
int format_number(const struct format *format, struct format_figure figure, char out[FORMAT_MAX]);

/* A figure with its currency: "$500", "CHF 500"; what names no currency is marked as money. */
void format_money(const char *currency, const char *figure, char out[FORMAT_MAX]);

/* The decimals (at least low, at most high) it takes to show a value as it was sent. */
int format_decimals(double value, int low, int high);

/* Whether FORMAT_PRICE shows a value with more decimals than these. */
bool format_price_is_small(double value, int decimals);

/* "14:31:58" when wall_ms is on the same day as now_ms in the zone, otherwise "27 Jan". INT64_MIN
 * gives FORMAT_MISSING. */
int format_time(const struct format *format, int64_t wall_ms, int64_t now_ms, char out[FORMAT_MAX]);

/* When the day of wall_ms ends in the zone: from then on format_time says something else. */
int64_t format_day_end(const struct format *format, int64_t wall_ms);

/* "14:31:58", "14:31:58.402", "14:31", "2025-01-27 14:31:58 +05:30". */
enum format_clock { FORMAT_CLOCK, FORMAT_CLOCK_MS, FORMAT_CLOCK_MINUTE, FORMAT_CLOCK_FULL };
int format_clock(const struct format *format, enum format_clock style, int64_t wall_ms,
                 char out[FORMAT_MAX]);

/* A duration given in microseconds, as milliseconds with a sensible precision: "0.6", "2.1", "118",
 * "1,204". No unit. */
int format_ms(int64_t us, char out[FORMAT_MAX]);

#endif
