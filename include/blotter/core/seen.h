/*
 * seen: which rows of a list are as the walk before found them, so that a walk over many rows looks
 * at few. Rows may move by one, as they do when one comes in front. Pure.
 */
#ifndef BLOTTER_CORE_SEEN_H
#define BLOTTER_CORE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: nothing was seen. */
struct seen {
    uint64_t *versions; /* by their place: of the rows now, and behind the walk of those before */
    uint64_t *passed;   /* of those before, where the walk has just been: a ring */
    size_t room, passed_room, before_count, moved;
};

void seen_done(struct seen *seen);

/* Around a walk; between them seen_skips is asked for each row in order, and says whether the walk
 * before has seen it as it is. version: the row's. */
void seen_begin(struct seen *seen, size_t rows);
bool seen_skips(struct seen *seen, size_t i, uint64_t version);
void seen_end(struct seen *seen, size_t rows);

/* The next walk looks at every row. */
void seen_forget(struct seen *seen);

#endif
