/*
 * arena: many small pieces that are freed together. Chunks double, so the waste stays below half.
 */
#ifndef BLOTTER_CORE_ARENA_H
#define BLOTTER_CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *newest;
    char *at;
    size_t left;
    size_t next_size;
};

/* Zeroed is ready to use. */
void arena_done(struct arena *arena);

/* size bytes without alignment, for text. */
char *arena_text(struct arena *arena, size_t size);

/* Gives back the last `unused` bytes of the latest arena_text. */
void arena_shrink(struct arena *arena, size_t unused);

#endif
