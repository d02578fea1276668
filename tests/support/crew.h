/*
 * crew: the jobs of one test, side by side. What the real programs are put through is mostly
 * waiting, so many of it can be waited for at once: each hand is a process of its own, makes what
 * it needs, and takes the next job until there is none. A hand's output is shown for the jobs that
 * went wrong only; an assertion that fails in a job ends its hand, not the test.
 */
#ifndef BLOTTER_TESTS_CREW_H
#define BLOTTER_TESTS_CREW_H

#include <stdbool.h>
#include <stddef.h>

struct crew {
    size_t jobs, hands;
    /* In the hand, around all its jobs. Either may be NULL. */
    void *(*arrive)(void);
    void (*leave)(void *world);
    /* One job. result is NULL, or its own part of results. False: it went wrong. */
    bool (*work)(void *world, size_t job, void *result);
    /* Of all jobs, zeroed before and filled afterwards; NULL when size is 0. */
    void *results;
    size_t result_size;
};

/* Returns how many jobs went wrong or were not done. */
size_t crew_run(const struct crew *crew);

#endif
