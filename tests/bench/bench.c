/*
 * bench: measures every row of the budget table on the real programs and prints figure, budget,
 * ratio to the peer and ratio to the limit. See --help.
 */
#include "bench.h"
#include "print.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- results ------------------------------------------------------------------------------ */

static size_t row_index(const char *id)
{
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].id, id) == 0) {
            return i;
        }
    }
    fprintf(stderr, "bench: no row %s\n", id);
    abort();
}

struct result *bench_result(struct bench *bench, const char *id)
{
    return &bench->results[row_index(id)];
}

bool bench_wants(const struct bench *bench, const char *id)
{
    return bench->only == NULL || fnmatch(bench->only, id, 0) == 0;
}

void bench_median(struct bench *bench, const char *id, struct samples *samples)
{
    struct result *result = bench_result(bench, id);
    if (samples->count == 0) {
        return;
    }
    result->measured = true;
    result->figure = samples_at(samples, 0.5);
    result->low = samples_at(samples, 0.25);
    result->high = samples_at(samples, 0.75);
    result->samples = samples->count;
}

void bench_quantile(struct bench *bench, const char *id, struct samples *samples, double p)
{
    struct result *result = bench_result(bench, id);
    if (samples->count == 0) {
        return;
    }
    result->measured = true;
    result->figure = samples_at(samples, p);
    result->samples = samples->count;
}

void bench_figure(struct bench *bench, const char *id, double figure)
{
    struct result *result = bench_result(bench, id);
    result->measured = true;
    result->figure = figure;
    result->samples = 1;
}

void bench_peer(struct bench *bench, const char *id, double figure)
{
    bench_result(bench, id)->peer = figure;
}

void bench_limit(struct bench *bench, const char *id, double figure, const char *what)
{
    struct result *result = bench_result(bench, id);
    result->limit = figure;
    snprintf(result->limit_what, sizeof result->limit_what, "%s", what);
}

void bench_note(struct bench *bench, const char *id, const char *format, ...)
{
    struct result *result = bench_result(bench, id);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->note, sizeof result->note, format, arguments);
    va_end(arguments);
}

int bench_times(const struct bench *bench, int full, int quick)
{
    return bench->quick ? quick : full;
}

/* --- the run ------------------------------------------------------------------------------ */

static bool measured_before(const struct bench *bench, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (rows[i].measure == rows[index].measure && bench_wants(bench, rows[i].id)) {
            return true;
        }
    }
    return false;
}

void bench_run(struct bench *bench)
{
    getloadavg(&bench->load_before, 1);
    bench->results = calloc(row_count, sizeof *bench->results);
    if (bench->results == NULL) {
        abort();
    }
    for (size_t i = 0; i < row_count; i++) {
        bench->results[i] = (struct result){.figure = NAN,
                                            .low = NAN,
                                            .high = NAN,
                                            .budget = rows[i].budget,
                                            .peer = NAN,
                                            .limit = NAN};
    }
    for (size_t i = 0; i < row_count; i++) {
        if (bench_wants(bench, rows[i].id) && !measured_before(bench, i)) {
            fprintf(stderr, "bench: %s\n", rows[i].what);
            rows[i].measure(bench);
        }
    }
}
