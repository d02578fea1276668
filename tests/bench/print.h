/* print: the rows and how their results are told. */
#ifndef BLOTTER_BENCH_PRINT_H
#define BLOTTER_BENCH_PRINT_H

#include "bench.h"

extern const struct row rows[];
extern const size_t row_count;

/* Measures every row that is wanted, into bench->results. */
void bench_run(struct bench *bench);

/* True when the row was measured and missed its budget. */
bool print_missed(const struct row *row, const struct result *result);

void print_text(const struct bench *bench);
void print_json(const struct bench *bench);
void print_markdown(const struct bench *bench);

#endif
