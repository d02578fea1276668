/*
 * prices: of which moment the newest price of each instrument is, so that an older one never takes
 * its place, in whatever pane and by whatever way it comes. Times are the server's.
 */
#ifndef BLOTTER_CORE_PRICES_H
#define BLOTTER_CORE_PRICES_H

#include <stdbool.h>
#include <stdint.h>

/* Beyond so many instruments no times are kept: what comes last wins. */
#define PRICES_MAX ((size_t)1 << 16)

/* Times further apart are of different clocks, or no times: they do not compare. */
#define PRICES_APART_MS ((int64_t)24 * 3600 * 1000)

/* So many older ones in a row, and it is the clock that went back. */
#define PRICES_REFUSED_MAX 30

struct prices;

struct prices *prices_new(void);
void prices_free(struct prices *prices); /* NULL is fine */

/* Whether a price of that moment is older than another. */
bool prices_older(int64_t ms, int64_t than_ms);

enum prices_order {
    PRICES_OLDER, /* than one that is known */
    PRICES_NEWER,
    PRICES_BACK /* of a clock that went back: its times do not compare with those before */
};

/* Notes a price of that moment, unless it is older. The same one of the same event (seq; 0: of
 * none) counts once, in whatever panes. */
enum prices_order prices_take(struct prices *prices, const char *instrument, int64_t ms,
                              uint64_t seq);

#endif
