/*
 * reuse: which rows of a body stand, byte for byte, in the body before, so that they need not be
 * checked and read again. Bytes are compared as long as they are equal, across rows; behind a row
 * that is new, changed or gone the two are brought into step again. Items of a watchlist are
 * compared to the end of their list.
 */
#ifndef BLOTTER_CORE_REUSE_H
#define BLOTTER_CORE_REUSE_H

#include "json/span_scan.h"
#include "snapshot.h"

#include <stddef.h>

/* Rows found again. */
struct reuse_run {
    const char *at;        /* the first of them in the new body */
    struct same_rows same; /* .row is set when they become rows */
};

struct reuse {
    const struct snapshot *previous; /* NULL: nothing is looked for */
    size_t next;                     /* the row expected next */
    size_t misses;                   /* elements since that were not found */
    struct reuse_run *runs;
    size_t run_count;
    size_t run_capacity;
    size_t cursor;
};

/* previous: its rows must be as decoded, all in one array, and outlive reuse. */
void reuse_init(struct reuse *reuse, const struct snapshot *previous);
void reuse_done(struct reuse *reuse);

/* For struct span_known, with the struct reuse as context. */
const char *reuse_skip(void *context, const char *at, const char *end);

/* The run that begins at at, or NULL. Ask in ascending order. */
struct reuse_run *reuse_find(struct reuse *reuse, const char *at);

/* Behind the last byte of a run. */
const char *reuse_run_end(const struct reuse *reuse, const struct reuse_run *run);

#endif
