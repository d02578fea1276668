/*
 * overlay: operations written into the rows of a snapshot, and the way back: each row is kept as it
 * was before, and what was kept last is put back first. So the cost is that of the rows concerned,
 * not of all. Texts that operations write must outlive them: until overlay_revert.
 */
#ifndef BLOTTER_CORE_OVERLAY_H
#define BLOTTER_CORE_OVERLAY_H

#include "snapshot.h"

#include <blotter/core/model.h>

#include <stdint.h>

/* A row as it was. */
struct kept_row {
    size_t distance; /* from the end, when it was kept */
    bool removed;    /* else written in */
    union {
        struct row row;
        struct order order;
        struct position position;
        struct account account;
        struct watch_item item;
    };
};

/* Zeroed, with its view set, is ready to use; the view's rows must be as the server sent them, and
 * nobody else may write in them. */
struct overlay {
    struct snapshot *view;
    size_t inserted; /* rows in front that the server did not send */
    struct kept_row *kept;
    size_t kept_count;
    size_t kept_capacity;
    bool renamed; /* rows may have other instruments than the server said */
};

void overlay_done(struct overlay *overlay);

/* Gives back what a storm needed. */
void overlay_trim(struct overlay *overlay);

/* All rows are as the server sent them. */
void overlay_revert(struct overlay *overlay);

/* The row with that id as the server sent it; NULL when it sent none. */
const struct row *overlay_original(const struct overlay *overlay, const char *id);

/* To be called before anything is written to row i. Returns it. */
struct row *overlay_save(struct overlay *overlay, size_t i);

/* After texts of it were written: it may have another symbol now. */
void overlay_row_written(struct overlay *overlay, size_t i);

/* A new cleared row with that id in front of all others. */
struct row *overlay_insert(struct overlay *overlay, const char *id);
void overlay_remove(struct overlay *overlay, size_t i);

/*
 * Rows of an instrument, or of a symbol where a row names no instrument: call with *at = 0, until
 * false comes; *ret_i is such a row.
 */
bool overlay_next_of_instrument(const struct overlay *overlay, const char *instrument, size_t *at,
                                size_t *ret_i);

#endif
