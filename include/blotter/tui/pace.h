/*
 * pace: how soon the next frame may be painted. What somebody waits for (an event, a key) is
 * painted at once as long as there is credit; what merely confirms it keeps a frame's distance and
 * leaves some credit, so where events follow each other it comes with the next event's frame.
 * Never more than PACE_FRAMES_MAX in any second. Pure.
 */
#ifndef BLOTTER_TUI_PACE_H
#define BLOTTER_TUI_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FRAMES_MAX 60
#define PACE_BURST 6 /* frames that may follow each other at once */

struct pace {
    int64_t last_us;   /* the last frame */
    int64_t credit_us; /* at that time */
    bool started;
};

/* The earliest monotonic time at which the next frame may be painted; a zeroed pace has no past. */
int64_t pace_next_us(const struct pace *pace, bool urgent);

/* A frame was painted. */
void pace_painted(struct pace *pace, int64_t now_us);

#endif
