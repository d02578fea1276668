/*
 * pace: how soon the next frame may be painted. A frame costs credit. Events leave some for a key,
 * so that a storm does not hold up the user's hand; what merely confirms an event keeps a frame's
 * distance and leaves some for events, so where they follow each other closely it comes with the
 * next one's frame. Never more than PACE_FRAMES_MAX in any second. Pure.
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

/* What a frame is for, by how much somebody waits for it. */
enum pace_for { PACE_CONFIRMATION, PACE_EVENT, PACE_KEY, PACE_FOR_COUNT };

/* The earliest monotonic time at which the next frame may be painted; a zeroed pace has no past. */
int64_t pace_next_us(const struct pace *pace, enum pace_for what);

/* A frame was painted. */
void pace_painted(struct pace *pace, int64_t now_us);

#endif
