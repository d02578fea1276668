/*
 * apply: an operation of the log is written in the rows it names, or marks them.
 */
#ifndef BLOTTER_CORE_APPLY_H
#define BLOTTER_CORE_APPLY_H

#include "overlay.h"
#include "pending.h"

/* Whether a position's profit is what its price makes, within what rounding can make of it. */
bool position_adds_up(const struct position *position);

/* How many rows changed. */
size_t entry_apply(struct overlay *overlay, const struct pending_entry *entry);

/*
 * Whether a row is known to be as new as these values of it: by its time or, where no times are
 * told, because it is over and these say that it was placed.
 */
bool values_are_late(const struct change *change, const struct change_value *values, size_t count,
                     const struct row *row);

/* Whether the price in a row is of a later moment than that. */
bool row_price_is_newer(enum resource resource, const struct row *row, int64_t told_ms);

#endif
