/*
 * series: how a figure went, as points of x and y. It grows to a ceiling and then becomes coarser:
 * a day fits as well as a minute. A y of NAN begins a gap: nothing was known from there on. Pure.
 */
#ifndef BLOTTER_CORE_SERIES_H
#define BLOTTER_CORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_POINTS_MAX ((size_t)1024)

struct series_point {
    int64_t x;
    double y; /* holds until the next point; NAN: nothing is known from here on */
};

struct series {
    struct series_point *points; /* by rising x */
    size_t count, room;
    int64_t step;     /* points are at least this far apart; grows */
    double low, high; /* of all that was ever added, NAN when nothing was */
};

/* step: the least distance of two points to begin with. */
void series_init(struct series *series, int64_t step);
void series_done(struct series *series);

/* Forgets all points. */
void series_clear(struct series *series, int64_t step);

/*
 * y holds from x on; NAN begins a gap. What is older than the newest point is left out, and so is
 * what changes nothing. A point nearer than step to the one before takes its place.
 */
void series_add(struct series *series, int64_t x, double y);

#endif
