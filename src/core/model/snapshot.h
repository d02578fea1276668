/*
 * snapshot: what stands behind struct snapshot. Shared by the decoder and by the patches.
 */
#ifndef BLOTTER_CORE_SNAPSHOT_H
#define BLOTTER_CORE_SNAPSHOT_H

#include "base/arena.h"
#include "row_index.h"

#include <blotter/core/model.h>

#include <stdint.h>

/* Rows that stood one behind the other in an earlier body, byte for byte. */
struct same_rows {
    size_t row;  /* the first of them here */
    size_t from; /* and there */
    size_t count;
};

/* How a snapshot differs from the one before, as far as its decoder saw. */
struct snapshot_delta {
    const struct snapshot *from; /* an address to compare with; NULL: nothing is known */
    bool aligned; /* behind the first `front` rows stand those of from, one for one by their ids */
    size_t front;
    struct same_rows *same; /* in order; the rows between them have other bytes than before */
    size_t same_count;
};

/* Rows that were taken from another snapshot, one behind the other. */
struct snapshot_part {
    const struct snapshot *from;
    size_t first, count;
};

struct snapshot_block {
    struct snapshot snapshot;     /* first: a snapshot is cast to its block */
    size_t front;                 /* rows for which there is room in front of the first */
    struct row_index index;       /* by ids; not built: rows are looked for one by one */
    struct row_index instruments; /* not built before it is asked */
    struct arena *texts;          /* shared with the snapshots that this one took rows from */
    size_t texts_first;           /* bytes of them when the first of these had been decoded */
    char *body;                   /* what raw spans point into */
    size_t body_len;
    struct snapshot_delta delta;
    struct snapshot_part *parts; /* of a joint one, by accounts; NULL: it is none */
    size_t part_count;
};

/* An empty snapshot. */
struct snapshot *snapshot_new(enum resource resource);

static inline struct snapshot_block *snapshot_block(const struct snapshot *snapshot)
{
    return (struct snapshot_block *)(uintptr_t)snapshot;
}

/* Makes memory for that many rows, with some room in front; the rows there are stay. */
void snapshot_reserve(struct snapshot *snapshot, size_t rows);

/* Gives back what a storm of rows in front needed, once they are gone. */
void snapshot_trim(struct snapshot *snapshot);

/* A cleared row in front of all others; the index does not know it yet. */
struct row *snapshot_add_front(struct snapshot *snapshot);

/* The rows in front go; the index does not know it yet. */
void snapshot_drop_front(struct snapshot *snapshot, size_t count);

/* (Re)builds the index over all rows, and forgets that of instruments. Of rows with the same id the
 * first is found. */
void snapshot_index(struct snapshot *snapshot);

/* The indexes of a snapshot that is not needed any more go to one decoded after it. */
void snapshot_inherit_index(struct snapshot *snapshot, struct snapshot *from);

/* Walks the rows that the delta does not call the same. Start with a zeroed walk; false at the end.
 */
struct delta_walk {
    size_t run;
    size_t next;
};
bool snapshot_next_changed(const struct snapshot *snapshot, struct delta_walk *walk, size_t *ret_i);

/* Nothing is known any more of how it differs from others. */
void snapshot_forget_delta(struct snapshot *snapshot);

/*
 * A hash for a table that lies at place. Who sends the text may know the function, but not where
 * our memory lies, so nobody can choose texts that meet. NULL: the same for everybody, every time.
 */
uint64_t text_hash(const void *place, const char *text);

/* A version for what was read from bytes, and one for a version that something was done to; what
 * was done again to the same gives the same again. */
uint64_t version_of(const char *bytes, size_t len);
uint64_t version_mix(uint64_t version, uint64_t change);

/* The first user other than that one whom a snapshot names, NULL when there is none. */
const char *snapshot_foreign(const struct snapshot *snapshot, const char *user);

/* Whether two rows of a resource show the same. */
bool row_equal(enum resource resource, const struct row *a, const struct row *b);

/* Whether two snapshots have the same watchlists, whatever is in them. */
bool snapshot_lists_equal(const struct snapshot *a, const struct snapshot *b);

/* Whether two snapshots of a resource show the same rows (and lists). */
bool snapshot_equal(const struct snapshot *a, const struct snapshot *b);

#endif
