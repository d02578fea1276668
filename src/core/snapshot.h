/*
 * snapshot: what stands behind struct snapshot. Shared by the decoder and by the patches.
 */
#ifndef BLOTTER_CORE_SNAPSHOT_H
#define BLOTTER_CORE_SNAPSHOT_H

#include <blotter/core/model.h>
#include <stdint.h>

#include "arena.h"

/* Finds rows by id. A slot holds the row's distance from the end, so that rows put in front move
 * nothing. */
struct row_index {
    uint32_t *slots; /* 0: empty, else row_count - i */
    size_t capacity; /* a power of two, 0 before it is built */
    bool overflow;   /* some row found no slot near its place: search all when one is missing */
};

struct snapshot_block {
    struct snapshot snapshot; /* first: a snapshot is cast to its block */
    unsigned references;
    struct row_index index;
    struct arena texts;
    char *body; /* what raw spans point into */
    size_t body_len;
};

/* An empty snapshot with one reference. */
struct snapshot *snapshot_new(enum resource resource);

static inline struct snapshot_block *snapshot_block(const struct snapshot *snapshot)
{
    return (struct snapshot_block *)(uintptr_t)snapshot;
}

/* (Re)builds the index over all rows. Of rows with the same id the first is found. */
void snapshot_index(struct snapshot *snapshot);

/* Adds row 0, just put in front of the indexed ones. */
void snapshot_index_front(struct snapshot *snapshot);

uint64_t text_hash(const char *text);

/* A version for what was read from bytes, and one for a version that something was done to; what
 * was done again to the same gives the same again. */
uint64_t version_of(const char *bytes, size_t len);
uint64_t version_mix(uint64_t version, uint64_t change);

/* Whether two snapshots of a resource show the same rows (and lists). */
bool snapshot_equal(const struct snapshot *a, const struct snapshot *b);

#endif
