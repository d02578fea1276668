/*
 * row_index: finds rows by a text of theirs. Rows come and go in front of the others only, and a
 * place is a distance from the end (1: the last row), so nothing moves when they do.
 */
#ifndef BLOTTER_CORE_ROW_INDEX_H
#define BLOTTER_CORE_ROW_INDEX_H

#include <blotter/core/model.h>

#include <stdint.h>

struct row_index {
    bool by_instrument; /* or symbol, where a row names no instrument; else by id */
    uint32_t *slots;    /* of each the foremost row; 0: none. NULL: it is not built */
    size_t slot_count;  /* a power of two */
    uint32_t *next;     /* by distance: the row of the same slot behind it */
    size_t room;        /* for so many distances */
    size_t linked;      /* rows up to this distance are in it */
};

/* Forgets all rows: it is not built any more. */
void row_index_clear(struct row_index *index);

/* All rows, found under the texts they have now. */
void row_index_build(struct row_index *index, const struct snapshot *snapshot);

/* What is built takes in the rows that are in front of those it has. */
void row_index_add_front(struct row_index *index, const struct snapshot *snapshot);

/* What is built forgets the rows in front of that distance; they must be there still. */
void row_index_drop_front(struct row_index *index, const struct snapshot *snapshot,
                          size_t distance);

/* Whether the row at that distance, if it is built, is found under the text it has now. */
bool row_index_has(const struct row_index *index, const struct snapshot *snapshot, size_t distance);

/* The distance of the first row (after 0) with that text, or of the next one behind; 0: none. */
size_t row_index_next(const struct row_index *index, const struct snapshot *snapshot,
                      const char *text, size_t after);

#endif
