/*
 * overlay: operations written into the rows of a snapshot, and the way back. What is written over
 * is kept, so the cost is that of the rows concerned, not of all. Texts that operations write must
 * outlive them: until overlay_revert.
 */
#ifndef BLOTTER_CORE_OVERLAY_H
#define BLOTTER_CORE_OVERLAY_H

#include "snapshot.h"

#include <blotter/core/model.h>

#include <stdint.h>

/* Finds all rows of an instrument. Places are counted from the end, as in struct row_index. */
struct instrument_index {
    uint32_t *slots;
    uint32_t *next; /* by distance from the end: the next row of the same slot */
    size_t slot_count;
    size_t next_count;
    size_t linked; /* rows up to this distance are in it */
    bool built;
};

/* A row as the server sent it. */
struct saved_row {
    size_t distance; /* from the end */
    union {
        struct row row;
        struct order order;
        struct position position;
        struct account account;
        struct watch_item item;
    };
};

struct saved_rows {
    struct saved_row *rows;
    size_t count;
    size_t capacity;
};

struct overlay {
    struct snapshot *view; /* what is written in; NULL: nothing */
    size_t base_count;     /* rows the server sent; those in front were inserted */
    size_t inserted;
    struct saved_rows written;
    struct saved_rows removed;    /* in that order */
    struct index_change *changes; /* of the index, one for each row inserted */
    size_t change_capacity;
    bool overflow;      /* the index's, as it was */
    bool index_rebuilt; /* since then: it has to be once more */
    bool texts_written; /* rows may have other instruments than the server said */
    struct instrument_index instruments;
};

/* Zeroed is ready to use. */
void overlay_done(struct overlay *overlay);

/*
 * From now on operations go into this snapshot, of which nobody else may have a reference; NULL:
 * into none. What was written in the one before is not taken back.
 */
void overlay_attach(struct overlay *overlay, struct snapshot *view);

/* Gives back what a storm needed. */
void overlay_trim(struct overlay *overlay);

/* All rows are as the server sent them. */
void overlay_revert(struct overlay *overlay);

/* The row with that id as the server sent it; NULL when it sent none. */
const struct row *overlay_original(const struct overlay *overlay, const char *id);

/* To be called before anything is written to a row. */
void overlay_save(struct overlay *overlay, struct row *row);

/* A new cleared row with that id in front of all others. */
struct row *overlay_insert(struct overlay *overlay, const char *id);
void overlay_remove(struct overlay *overlay, size_t i);

/* What quotes know a row by: its instrument, or its symbol where it names none. Only for resources
 * whose rows have instruments: not the account. And the symbol. */
const char *row_instrument(enum resource resource, const struct row *row);
const char *row_symbol(enum resource resource, const struct row *row);

/*
 * The rows that row_instrument knows by that name: call with *at = 0, until NULL comes.
 */
struct row *overlay_next_of_instrument(struct overlay *overlay, const char *instrument, size_t *at);

/* Texts of row i were written: it may have another symbol now. */
void overlay_row_written(struct overlay *overlay, size_t i);

#endif
