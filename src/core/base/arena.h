/*
 * arena: many small pieces that are freed together. Chunks double, so the waste stays below half.
 * Counted by reference: who points to its pieces keeps it.
 */
#ifndef BLOTTER_CORE_ARENA_H
#define BLOTTER_CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    unsigned references;
    struct arena_chunk *newest;
    char *at;
    size_t left;
    size_t next_size;
    size_t used; /* bytes handed out */
};

/* Empty, with one reference. */
struct arena *arena_new(void);
struct arena *arena_ref(struct arena *arena);
void arena_unref(struct arena *arena); /* NULL is fine */

/* size bytes without alignment, for text. */
char *arena_text(struct arena *arena, size_t size);

/* Gives back the last `unused` bytes of the latest arena_text. */
void arena_shrink(struct arena *arena, size_t unused);

#endif
