/*
 * latency: percentiles over the last LATENCY_SAMPLES durations.
 */
#ifndef BLOTTER_CORE_LATENCY_H
#define BLOTTER_CORE_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#define LATENCY_SAMPLES 512

struct latency {
    int64_t samples_us[LATENCY_SAMPLES]; /* a ring */
    int64_t sorted_us[LATENCY_SAMPLES];  /* the same, in order */
    size_t count;                        /* samples held */
    size_t next;                         /* where the next one goes in the ring */
};

/* Microseconds; count 0 means that there is nothing to say yet. */
struct latency_summary {
    size_t count;
    int64_t p50_us, p95_us, p99_us;
};

/* A zeroed struct is an empty one. Negative durations count as 0. */
void latency_add(struct latency *latency, int64_t duration_us);
struct latency_summary latency_summary(const struct latency *latency);

#endif
