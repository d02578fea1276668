/*
 * bench: the budget table, measured. One row per figure; the row names the function that measures
 * it, and a function may measure several rows in one go.
 */
#ifndef BLOTTER_BENCH_BENCH_H
#define BLOTTER_BENCH_BENCH_H

#include "stats.h"

#include <stdbool.h>
#include <stddef.h>

struct bench;

struct row {
    const char *id;   /* family.figure */
    const char *what; /* for people */
    const char *unit;
    double budget; /* NAN: none */
    bool at_least; /* the budget is a floor, not a ceiling */
    void (*measure)(struct bench *bench);
};

struct result {
    bool measured;
    double figure, low, high; /* NAN: not known. low and high are the noise */
    size_t samples;
    double budget; /* instead of the row's when it is only known in the run; NAN: the row's */
    double peer;   /* the peer's figure in the same run, NAN: none */
    double limit;  /* what cannot be beaten, NAN: none */
    char limit_what[48];
    char note[160]; /* "" or a remark, such as why it was not measured */
};

struct bench {
    char blotter[512], mock[512]; /* the programs */
    char programs[512];           /* the folder of the benchmark's own programs */
    char peer_dir[512];           /* where the peer is installed; "" when it is not */
    char peer_why[96];            /* why it is not */
    bool browser;                 /* the peer is a tab of a browser */
    char work_dir[256];           /* for files of this run */
    bool quick;
    double load_before; /* the system's load average when the run began */
    const char *only;   /* a glob of row ids, NULL: all */
    struct result *results;
};

/* --- what a measuring function says ------------------------------------------------------- */

/* The result to be filled in; aborts when there is no such row. */
struct result *bench_result(struct bench *bench, const char *id);
/* True when the row was asked for. */
bool bench_wants(const struct bench *bench, const char *id);

/* The median and the spread (first to third quartile). */
void bench_median(struct bench *bench, const char *id, struct samples *samples);
/* The value at p; the noise is not known from one run. */
void bench_quantile(struct bench *bench, const char *id, struct samples *samples, double p);
void bench_figure(struct bench *bench, const char *id, double figure);
void bench_peer(struct bench *bench, const char *id, double figure);
void bench_limit(struct bench *bench, const char *id, double figure, const char *what);
void bench_note(struct bench *bench, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many of something to do: fewer with --quick. */
int bench_times(const struct bench *bench, int full, int quick);

/* --- the families ------------------------------------------------------------------------- */

void measure_load(struct bench *bench);
void measure_cached_frame(struct bench *bench);
void measure_events(struct bench *bench);
void measure_slow_storm(struct bench *bench);
void measure_burst(struct bench *bench);
void measure_idle(struct bench *bench);
void measure_memory(struct bench *bench);
void measure_parser(struct bench *bench);
void measure_watch(struct bench *bench);
void measure_endless(struct bench *bench);
void measure_frames(struct bench *bench);
void measure_keys_in_storm(struct bench *bench);
void measure_accounts_load(struct bench *bench);
void measure_accounts_memory(struct bench *bench);
void measure_accounts_patch(struct bench *bench);
void measure_accounts_idle(struct bench *bench);
void measure_accounts_keys(struct bench *bench);
void measure_bytes(struct bench *bench);
void measure_mock(struct bench *bench);
void measure_lost(struct bench *bench);
void measure_slow_link(struct bench *bench);
void measure_https(struct bench *bench);
void measure_https_idle(struct bench *bench);

/* What it takes to start the program for nothing, by --version. */
double load_exec_ms(const struct bench *bench);

/* Growth: orders and event rates, as CSV into a folder and as a chart on stdout. */
int growth_run(struct bench *bench, const char *csv_path);
/* The same of one number of orders, as a line. */
int growth_rows(struct bench *bench, int orders);
/* Idle at length. */
int idle_run(struct bench *bench, int seconds);

#endif
