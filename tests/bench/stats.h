/* stats: samples of one figure, and what is said about them. */
#ifndef BLOTTER_BENCH_STATS_H
#define BLOTTER_BENCH_STATS_H

#include <stddef.h>

struct samples {
    double *values;
    size_t count, cap;
};

void samples_add(struct samples *samples, double value);
void samples_free(struct samples *samples);

/* The value below which the share p (0 to 1) of the samples lies, by nearest rank; NAN when there
 * are none. Sorts the samples. */
double samples_at(struct samples *samples, double p);

#endif
