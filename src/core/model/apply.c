#include "apply.h"
#include "complete.h"
#include "prices.h"

#include <math.h>

bool position_adds_up(const struct position *position)
{
    double units = position->quantity * (isnan(position->multiplier) ? 1 : position->multiplier);
    double profit = (position->current_price - position->average_price) * units;
    return fabs(profit - position->unrealized_pnl) <= 0.011 + 0.006 * fabs(units);
}

/*
 * A price or a quantity without the profit that it makes, or the other way round. Where the server
 * counts otherwise than we, a profit is taken to be made of the price that came before it.
 */
static void note_moments(struct row *row, const struct pending_entry *entry)
{
    struct position *position = (struct position *)row;
    bool profit = false, price = false, basis = false;
    for (size_t i = 0; i < entry->count; i++) {
        size_t offset = entry->values[i].offset;
        profit = profit || offset == offsetof(struct position, unrealized_pnl);
        price = price || offset == offsetof(struct position, current_price);
        basis = basis || offset == offsetof(struct position, quantity) ||
                offset == offsetof(struct position, average_price);
    }
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

int64_t row_price_time(enum resource resource, const struct row *row)
{
    return resource == RESOURCE_WATCHLISTS ? ((const struct watch_item *)row)->updated_ms
                                           : MODEL_NO_TIME;
}

double row_price(enum resource resource, const struct row *row)
{
    switch (resource) {
    case RESOURCE_ORDERS:
        return ((const struct order *)row)->ltp;
    case RESOURCE_POSITIONS:
        return ((const struct position *)row)->current_price;
    case RESOURCE_WATCHLISTS:
        return ((const struct watch_item *)row)->ltp;
    default:
        return (double)NAN;
    }
}

static bool is_older_than_row(const struct overlay *overlay, const struct pending_entry *entry,
                              const struct row *row)
{
    int64_t row_ms = row_price_time(overlay->view->resource, row);
    return row_ms != MODEL_NO_TIME && entry->told_ms != MODEL_NO_TIME &&
           prices_older(entry->told_ms, row_ms);
}

static size_t set_rows_of_instrument(struct overlay *overlay, const struct pending_entry *entry)
{
    size_t at = 0;
    size_t count = 0;
    for (struct row *row; (row = overlay_next_of_instrument(overlay, entry->texts, &at)) != NULL;) {
        if (is_older_than_row(overlay, entry, row)) {
            continue;
        }
        overlay_save(overlay, row);
        write_row(overlay, entry, row, false);
        count++;
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
    struct row *row = model_row(overlay->view, i);
    overlay_save(overlay, row);
    row->provisional = true;
    row->version = version_mix(row->version, ~entry->stamp.seq);
    return 1;
}

static bool is_over(const struct order *order)
{
    return order->class != ORDER_OPEN && order->class != ORDER_PART &&
           order->class != ORDER_UNKNOWN;
}

bool values_are_late(const struct snapshot *view, const struct change *change,
                     const struct change_value *values, size_t count, size_t i)
{
    int64_t row_ns = row_updated(view->resource, model_row(view, i));
    int64_t updated_ns = change_updated(change, values, count);
    if (row_ns != MODEL_NO_TIME && updated_ns != MODEL_NO_TIME) {
        return updated_ns <= row_ns;
    }
    return change->action == CHANGE_PUT && is_over(&view->orders[i]);
}

size_t entry_apply(struct overlay *overlay, const struct pending_entry *entry)
{
    if (entry->standing == OP_WITNESS || entry->change->action == CHANGE_EXPECT) {
        return 0;
    }
    if (entry->standing != OP_SHOWN) {
        return mark_row(overlay, entry);
    }
    if (entry->change->names != CHANGE_ROW) {
        return set_rows_of_instrument(overlay, entry);
    }
    size_t i = model_find(overlay->view, entry->texts);
    bool found = i < overlay->view->row_count;
    if (entry->change->action == CHANGE_REMOVE) {
        if (found) {
            overlay_remove(overlay, i);
        }
        return found;
    }
    enum change_action action = entry->change->action;
    if (action == (found ? CHANGE_INSERT : CHANGE_SET)) {
        return 0; /* there already, or not there */
    }
    bool inserts = !found;
    if (found && values_are_late(overlay->view, entry->change, entry->values, entry->count, i)) {
        return 0;
    }
    struct row *row = inserts ? overlay_insert(overlay, entry->texts) : model_row(overlay->view, i);
    overlay_save(overlay, row);
    write_row(overlay, entry, row, inserts);
    row_complete(overlay->view->resource, row);
    row->provisional = row->provisional || !entry->change->many;
    if (!entry->change->many) {
        overlay_row_written(overlay, inserts ? 0 : i);
    }
    return 1;
}
