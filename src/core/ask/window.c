#include "window.h"

#include <blotter/core/alloc.h>
#include <blotter/core/moment.h>

#include <stdlib.h>

#define QUARTERS 4

void window_init(struct window *window, struct backend_quota quota, int64_t quarters)
{
    *window = (struct window){.max = 0};
    if (quota.requests <= 0) {
        return;
    }
    int64_t ours = quota.requests * quarters / QUARTERS;
    window->length_us = quota.seconds * 1000000;
    if (ours == 0) { /* less than one in that time: one in a longer one */
        window->length_us = window->length_us * QUARTERS / quarters / quota.requests;
        ours = 1;
    }
    window->length_us += WINDOW_MARGIN_US;
    window->max = ours < WINDOW_REQUESTS_MAX ? (size_t)ours : WINDOW_REQUESTS_MAX;
    window->ended = mem_calloc(window->max, sizeof *window->ended);
}

void window_done(struct window *window)
{
    free(window->ended);
}

static int64_t ended_at(const struct window *window, size_t i)
{
    return window->ended[(window->first + i) % window->max];
}

int64_t window_free_us(const struct window *window, int64_t now_us)
{
    if (window->max == 0) {
        return now_us;
    }
    if (window->busy >= window->max) {
        return MOMENT_NEVER;
    }
    size_t room = window->max - window->busy; /* so many that count still may be there, less one */
    if (window->count < room) {
        return now_us;
    }
    int64_t free_us = ended_at(window, window->count - room) + window->length_us;
    return free_us > now_us ? free_us : now_us;
}

void window_start(struct window *window)
{
    window->busy++;
}

void window_end(struct window *window, int64_t now_us)
{
    window->busy -= window->busy > 0;
    if (window->max == 0) {
        return;
    }
    if (window->count == window->max) {
        window->first = (window->first + 1) % window->max;
        window->count--;
    }
    window->ended[(window->first + window->count++) % window->max] = now_us;
}
