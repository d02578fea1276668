/* What a curve says at a time. */
#ifndef BLOTTER_TESTS_SERIES_H
#define BLOTTER_TESTS_SERIES_H

#include <blotter/core/series.h>

#include <math.h>

/* The value that holds at x; NAN before the first point and in a gap. */
static inline double series_at(const struct series *series, int64_t x)
{
    size_t after = 0;
    while (after < series->count && series->points[after].x <= x) {
        after++;
    }
    return after > 0 ? series->points[after - 1].y : (double)NAN;
}

#endif
