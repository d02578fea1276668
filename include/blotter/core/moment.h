/*
 * moment: the two clocks, taken together once per turn and handed down as a value.
 * Nothing in core or view reads a clock.
 */
#ifndef BLOTTER_CORE_MOMENT_H
#define BLOTTER_CORE_MOMENT_H

#include <stdint.h>

#define MOMENT_NEVER INT64_MAX

struct moment {
    int64_t mono_us; /* monotonic, microseconds; only differences mean anything */
    int64_t wall_ms; /* wall clock, milliseconds since 1970-01-01 UTC; may step either way */
};

/* The number of the day, where clocks are so far ahead of UTC. */
static inline int64_t moment_day(int64_t wall_ms, int32_t ahead_s)
{
    const int64_t day_ms = INT64_C(86400000);
    int64_t local_ms = wall_ms + (int64_t)ahead_s * 1000;
    return local_ms / day_ms - (local_ms % day_ms < 0);
}

#endif
