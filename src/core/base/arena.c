#include "arena.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>

#define CHUNK_FIRST ((size_t)1 << 10)
#define CHUNK_LAST ((size_t)1 << 18)

struct arena_chunk {
    struct arena_chunk *older;
    char bytes[];
};

struct arena *arena_new(void)
{
    struct arena *arena = mem_calloc(1, sizeof *arena);
    arena->references = 1;
    return arena;
}

struct arena *arena_ref(struct arena *arena)
{
    arena->references++;
    return arena;
}

void arena_unref(struct arena *arena)
{
    if (arena == NULL || --arena->references > 0) {
        return;
    }
    while (arena->newest != NULL) {
        struct arena_chunk *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
    free(arena);
}

static void add_chunk(struct arena *arena, size_t at_least)
{
    size_t size = arena->next_size > CHUNK_FIRST ? arena->next_size : CHUNK_FIRST;
    arena->next_size = size < CHUNK_LAST ? size * 2 : size;
    if (size < at_least) {
        size = at_least;
    }
    struct arena_chunk *chunk = mem_alloc(sizeof *chunk + size);
    chunk->older = arena->newest;
    arena->newest = chunk;
    arena->at = chunk->bytes;
    arena->left = size;
}

char *arena_text(struct arena *arena, size_t size)
{
    if (arena->left < size || arena->newest == NULL) {
        add_chunk(arena, size);
    }
    char *text = arena->at;
    arena->at += size;
    arena->left -= size;
    arena->used += size;
    return text;
}

void arena_shrink(struct arena *arena, size_t unused)
{
    arena->at -= unused;
    arena->left += unused;
    arena->used -= unused;
}
