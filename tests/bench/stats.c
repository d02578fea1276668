#include "stats.h"

#include <math.h>
#include <stdlib.h>

void samples_add(struct samples *samples, double value)
{
    if (samples->count == samples->cap) {
        samples->cap = samples->cap == 0 ? 64 : samples->cap * 2;
        samples->values = realloc(samples->values, samples->cap * sizeof *samples->values);
        if (samples->values == NULL) {
            abort();
        }
    }
    samples->values[samples->count++] = value;
}

void samples_free(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double samples_at(struct samples *samples, double p)
{
    if (samples->count == 0) {
        return NAN;
    }
    qsort(samples->values, samples->count, sizeof *samples->values, ascending);
    double rank = ceil(p * (double)samples->count);
    size_t index = rank < 1 ? 0 : (size_t)rank - 1;
    return samples->values[index < samples->count ? index : samples->count - 1];
}
