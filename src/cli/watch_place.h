/*
 * watch_place: whether what a stream says goes on from what was heard before. Pure. An id proves
 * something only where the server says so itself: by a welcome that names the place it goes on
 * from.
 */
#ifndef BLOTTER_CLI_WATCH_PLACE_H
#define BLOTTER_CLI_WATCH_PLACE_H

#include <blotter/core/event.h>

struct watch_place {
    uint64_t last; /* the last id heard; 0: none */
    bool begun;    /* something was heard before: what comes must go on from it */
    bool joined;   /* this connection goes on from it, or the gap has been told */
};

/* A number that can be compared, 0 when it is none. */
uint64_t watch_place_number(const char *id, size_t len);

/* A connection was opened. */
void watch_place_opened(struct watch_place *place);

/* An event came; event NULL: it is none that we know. NULL when nothing was skipped that can be
 * told, else why something may have been. */
const char *watch_place_event(struct watch_place *place, const struct sse_event *sse,
                              const struct event *event);

#endif
