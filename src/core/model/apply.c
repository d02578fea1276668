#include "apply.h"
#include "complete.h"
#include "prices.h"
#include "row.h"

#include <math.h>

bool position_adds_up(const struct position *position)
{
    double units = position->quantity * (isnan(position->multiplier) ? 1 : position->multiplier);
    double profit = (position->current_price - position->average_price) * units;
    return fabs(profit - position->unrealized_pnl) <= 0.011 + 0.006 * fabs(units);
}

static bool writes(const struct pending_entry *entry, size_t offset)
{
    return change_value_at(entry->values, entry->count, offset) != NULL;
}

/*
 * A price or a quantity without the profit that it makes, or the other way round. Where the server
 * counts otherwise than we, a profit is taken to be made of the price that came before it.
 */
static void note_moments(struct row *row, const struct pending_entry *entry)
{
    struct position *position = (struct position *)row;
    bool profit = writes(entry, offsetof(struct position, unrealized_pnl));
    bool price = writes(entry, offsetof(struct position, current_price));
    bool basis = writes(entry, offsetof(struct position, quantity)) ||
                 writes(entry, offsetof(struct position, average_price));
    bool known = !isnan(position->unrealized_pnl) && position->quantity != 0;
    if (profit) {
        row->mixed = known && !price && position->adds_up && !position_adds_up(position);
    } else if (price || basis) {
        row->mixed = known && !position_adds_up(position);
    }
}

static void write_row(const struct overlay *overlay, const struct pending_entry *entry,
                      struct row *row, bool inserts)
{
    change_write(entry->values, entry->count, row, inserts);
    if (overlay->view->resource == RESOURCE_POSITIONS) {
        note_moments(row, entry);
    }
    row->version = version_mix(row->version, entry->stamp.seq);
}

bool row_price_is_newer(enum resource resource, const struct row *row, int64_t told_ms)
{
    int64_t row_ms = row_price_time(resource, row);
    return row_ms != MODEL_NO_TIME && told_ms != MODEL_NO_TIME && prices_older(told_ms, row_ms);
}

static size_t set_rows_of_instrument(struct overlay *overlay, const struct pending_entry *entry)
{
    size_t at = 0;
    size_t count = 0;
    for (size_t i; overlay_next_of_instrument(overlay, entry->texts, &at, &i);) {
        const struct row *row = model_row(overlay->view, i);
        if (!row_price_is_newer(overlay->view->resource, row, entry->told_ms)) {
            write_row(overlay, entry, overlay_save(overlay, i), false);
            count++;
        }
    }
    return count;
}

/* What is said of a row that we do not write: that it was said. */
static size_t mark_row(struct overlay *overlay, const struct pending_entry *entry)
{
    size_t i = model_find(overlay->view, entry->texts);
    if (i == overlay->view->row_count) {
        return 0;
    }
    struct row *row = overlay_save(overlay, i);
    row->provisional = true;
    row->version = version_mix(row->version, ~entry->stamp.seq);
    return 1;
}

bool values_are_late(const struct change *change, const struct change_value *values, size_t count,
                     const struct row *row)
{
    int64_t row_ns = row_updated(change->resource, row);
    int64_t updated_ns = change_updated(change, values, count);
    if (row_ns != MODEL_NO_TIME && updated_ns != MODEL_NO_TIME) {
        return updated_ns <= row_ns;
    }
    return change->action == CHANGE_PUT && class_is_over(((const struct order *)row)->class);
}

size_t entry_apply(struct overlay *overlay, const struct pending_entry *entry)
{
    const struct change *change = entry->change;
    if (entry->standing == OP_WITNESS || change->action == CHANGE_EXPECT) {
        return 0;
    }
    if (entry->standing != OP_SHOWN) {
        return mark_row(overlay, entry);
    }
    if (change->names != CHANGE_ROW) {
        return set_rows_of_instrument(overlay, entry);
    }
    size_t i = model_find(overlay->view, entry->texts);
    bool found = i < overlay->view->row_count;
    if (change->action == CHANGE_REMOVE) {
        if (found) {
            overlay_remove(overlay, i);
        }
        return found;
    }
    if (change->action == (found ? CHANGE_INSERT : CHANGE_SET)) {
        return 0; /* there already, or not there */
    }
    if (found &&
        values_are_late(change, entry->values, entry->count, model_row(overlay->view, i))) {
        return 0;
    }
    struct row *row = found ? overlay_save(overlay, i) : overlay_insert(overlay, entry->texts);
    write_row(overlay, entry, row, !found);
    row_complete(overlay->view->resource, row);
    if (!change->many) {
        row->provisional = true;
        overlay_row_written(overlay, found ? i : 0);
    }
    return 1;
}
