/* print: the rows and how their results are told. */
#ifndef BLOTTER_BENCH_PRINT_H
#define BLOTTER_BENCH_PRINT_H

#include "bench.h"

#include <stdio.h>

extern const struct row rows[];
extern const size_t row_count;

/* Measures every row that is wanted, into bench->results. */
void bench_run(struct bench *bench);

/* True when the row was measured and missed its budget. */
bool print_missed(const struct row *row, const struct result *result);

void print_text(const struct bench *bench);
void print_json(const struct bench *bench);
void print_markdown(const struct bench *bench);
/* The table of the README (the chosen rows), or of everything that was measured. */
void print_table(FILE *out, const struct bench *bench, bool chosen);
/* Puts both into README.md and tests/bench/README.md, between the marks there. */
bool print_documents(const struct bench *bench);

#endif
