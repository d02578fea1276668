/*
 * steps: what a program under measurement says it did and when: the lines of `blotter --trace`, or
 * of the peer, which prints the same. Times are CLOCK_MONOTONIC, so all processes share them.
 */
#ifndef BLOTTER_BENCH_STEPS_H
#define BLOTTER_BENCH_STEPS_H

#include "stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct step {
    int64_t t_us;
    char name[20];    /* "paint", "event", "fetch_done"… */
    char pane[16];    /* "" when it has none */
    char event[32];   /* the event's type */
    char account[24]; /* "" where there is only one */
    char hash[20];    /* of a pane's last body, at the end */
    uint64_t id;      /* of an event; the newest one that a response contains */
    unsigned mask, loaded;
    int status;
    int64_t rows, requests; /* -1 when not told */
};

struct steps {
    struct step *list;
    size_t count, cap;
    int fd;
    char *partial;
    size_t partial_len, partial_cap;
};

/* Reads from fd, which is a file still being written to or a pipe; takes it over. */
void steps_init(struct steps *ret, int fd);
void steps_done(struct steps *steps);

/* Takes in what is there now, without waiting. */
void steps_pump(struct steps *steps);

/* The first step of that name at or after index from; NULL when there is none. */
const struct step *steps_find(const struct steps *steps, size_t from, const char *name);
size_t steps_number(const struct steps *steps, const char *name);

/* True for "paint" and "first_paint". */
bool step_is_paint(const struct step *step);

/* The first paint at or after index from that shows a pane (of the same account). */
const struct step *steps_paint_after(const struct steps *steps, size_t from, unsigned bit);

/* Every order event whose rows were patched: ms from its turn's start to the frame on the terminal.
 */
void steps_sample_patches(const struct steps *steps, size_t from, struct samples *ret);

#endif
