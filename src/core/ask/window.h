/*
 * window: at most so many requests in any so many seconds. A request counts from its start until
 * that long after its answer: at which moment between the two the server counted it is not known.
 */
#ifndef BLOTTER_CORE_WINDOW_H
#define BLOTTER_CORE_WINDOW_H

#include <blotter/core/backend.h>

#include <stddef.h>

#define WINDOW_REQUESTS_MAX 1024              /* a larger quota is used up to this */
#define WINDOW_MARGIN_US ((int64_t)50 * 1000) /* for clocks that do not run alike */

struct window {
    size_t max; /* 0: no limit */
    int64_t length_us;
    size_t busy;    /* started and not answered */
    int64_t *ended; /* when the last ones were answered, the oldest at first */
    size_t first, count;
};

/* share: of four quarters, how many of the quota are ours. */
void window_init(struct window *window, struct backend_quota quota, int64_t quarters);
void window_done(struct window *window);

/* When one more may start: now_us or later; MOMENT_NEVER while that depends on an answer. */
int64_t window_free_us(const struct window *window, int64_t now_us);

void window_start(struct window *window);
void window_end(struct window *window, int64_t now_us);

#endif
