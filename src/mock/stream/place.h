/*
 * place: a queue that many readers share without a copy. Each place holds the next one; a reader
 * holds the place up to which it has read, so a place nobody stands on or before is gone.
 */
#ifndef BLOTTER_MOCK_PLACE_H
#define BLOTTER_MOCK_PLACE_H

#include <stddef.h>

/* One event's bytes, shared by all queues that carry it. */
struct body {
    size_t refs;
    size_t len;
    char bytes[];
};

struct place {
    size_t refs;
    struct body *body; /* NULL for the place a queue starts with */
    struct place *next;
};

/* Both start with one reference, the caller's; NULL may be let go of. */
struct body *body_new(const char *bytes, size_t len);
void body_unref(struct body *body);

struct place *place_new(struct body *body); /* takes over the reference to body */
void place_unref(struct place *place);

#endif
