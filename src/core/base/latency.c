#include <blotter/core/latency.h>

#include <string.h>

/* The index of the first sorted sample that is not below the duration. */
static size_t place(const struct latency *latency, int64_t duration_us)
{
    size_t low = 0, high = latency->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (latency->sorted_us[middle] < duration_us) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void forget_oldest(struct latency *latency)
{
    int64_t *at = latency->sorted_us + place(latency, latency->samples_us[latency->next]);
    latency->count--;
    memmove(at, at + 1, (size_t)(latency->sorted_us + latency->count - at) * sizeof *at);
}

/* The summary is asked for with every frame, so it is kept sorted instead of sorted then. */
void latency_add(struct latency *latency, int64_t duration_us)
{
    duration_us = duration_us < 0 ? 0 : duration_us;
    if (latency->count == LATENCY_SAMPLES) {
        forget_oldest(latency);
    }
    int64_t *at = latency->sorted_us + place(latency, duration_us);
    memmove(at + 1, at, (size_t)(latency->sorted_us + latency->count - at) * sizeof *at);
    *at = duration_us;
    latency->count++;
    latency->samples_us[latency->next] = duration_us;
    latency->next = (latency->next + 1) % LATENCY_SAMPLES;
}

/* The nearest-rank percentile. */
static int64_t rank(const struct latency *latency, size_t percent)
{
    size_t at = (latency->count * percent + 99) / 100;
    return latency->sorted_us[at == 0 ? 0 : at - 1];
}

struct latency_summary latency_summary(const struct latency *latency)
{
    struct latency_summary summary = {.count = latency->count};
    if (latency->count > 0) {
        summary.p50_us = rank(latency, 50);
        summary.p95_us = rank(latency, 95);
        summary.p99_us = rank(latency, 99);
    }
    return summary;
}
