/*
 * watch_continuity: whether what a stream says goes on from what was heard before. Pure. An id
 * proves something only where the server says so itself: by a welcome that names the place it goes
 * on from.
 */
#ifndef BLOTTER_CLI_WATCH_CONTINUITY_H
#define BLOTTER_CLI_WATCH_CONTINUITY_H

#include <blotter/core/event.h>

struct watch_continuity {
    uint64_t last; /* the last id heard; 0: none */
    bool begun;    /* something was heard before: what comes must go on from it */
    bool joined;   /* this connection goes on from it, or the gap has been told */
};

/* A number that can be compared, 0 when it is none. */
uint64_t watch_continuity_number(const char *id, size_t len);

/* A connection was opened. */
void watch_continuity_opened(struct watch_continuity *place);

/* An event came; event NULL: it is none that we know. NULL when nothing was skipped that can be
 * told, else why something may have been. */
const char *watch_continuity_event(struct watch_continuity *place, const struct sse_event *sse,
                                   const struct event *event);

#endif
