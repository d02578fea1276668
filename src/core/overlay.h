/*
 * overlay: a copy of a snapshot's rows that patches may change in place. Its texts and raw spans
 * belong to the snapshot it was loaded from and to the patches: both must outlive it.
 */
#ifndef BLOTTER_CORE_OVERLAY_H
#define BLOTTER_CORE_OVERLAY_H

#include <blotter/core/model.h>

/* Finds all rows of an instrument. Places are counted from the end, as in struct row_index. */
struct instrument_index {
    uint32_t *slots;
    uint32_t *next; /* by distance from the end: the next row of the same slot */
    size_t slot_count;
    size_t next_count;
    bool built;
};

struct overlay {
    struct snapshot *view; /* its rows stand inside memory */
    char *memory;
    size_t capacity; /* rows that fit in memory */
    size_t front;    /* free rows before the first */
    struct instrument_index instruments;
};

void overlay_init(struct overlay *overlay, enum resource resource);
void overlay_done(struct overlay *overlay);

/* Forgets what it holds and copies the base; NULL: becomes empty. */
void overlay_load(struct overlay *overlay, const struct snapshot *base);

/* A new cleared row with that id in front of all others. */
struct row *overlay_insert(struct overlay *overlay, const char *id);
void overlay_remove(struct overlay *overlay, size_t i);

/*
 * Rows of an instrument, or of a symbol where a row names no instrument: call with *at = 0, until
 * NULL comes. Only for resources whose rows have instruments: positions and watchlists.
 */
struct row *overlay_next_of_instrument(struct overlay *overlay, const char *instrument, size_t *at);

/* Texts of row i were written: it may have another symbol now. */
void overlay_row_written(struct overlay *overlay, size_t i);

#endif
