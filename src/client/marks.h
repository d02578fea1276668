/*
 * marks: a set of hashes, for what was seen: ids of rows by the hundred thousand, should a server
 * send so many.
 */
#ifndef BLOTTER_CLIENT_MARKS_H
#define BLOTTER_CLIENT_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} is an empty one. */
struct marks {
    uint64_t *slots; /* a power of two of them; 0: free */
    size_t count, room;
};

/* True when it is a new one. */
bool marks_add(struct marks *marks, uint64_t mark);
bool marks_has(const struct marks *marks, uint64_t mark);
void marks_done(struct marks *marks);

#endif
