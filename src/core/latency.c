#include <blotter/core/latency.h>

#include <stdlib.h>
#include <string.h>

void latency_add(struct latency *latency, int64_t duration_us)
{
    latency->samples_us[latency->next] = duration_us < 0 ? 0 : duration_us;
    latency->next = (latency->next + 1) % LATENCY_SAMPLES;
    if (latency->count < LATENCY_SAMPLES) {
        latency->count++;
    }
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The nearest-rank percentile of sorted samples. */
static int64_t rank(const int64_t *sorted, size_t count, size_t percent)
{
    size_t at = (count * percent + 99) / 100;
    return sorted[at == 0 ? 0 : at - 1];
}

struct latency_summary latency_summary(const struct latency *latency)
{
    struct latency_summary summary = {.count = latency->count};
    if (latency->count == 0) {
        return summary;
    }
    int64_t sorted[LATENCY_SAMPLES];
    memcpy(sorted, latency->samples_us, latency->count * sizeof *sorted);
    qsort(sorted, latency->count, sizeof *sorted, compare);
    summary.p50_us = rank(sorted, latency->count, 50);
    summary.p95_us = rank(sorted, latency->count, 95);
    summary.p99_us = rank(sorted, latency->count, 99);
    return summary;
}
