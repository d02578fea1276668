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

#endif
