#include "overlay.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

void overlay_done(struct overlay *overlay)
{
    free(overlay->written.rows);
    free(overlay->removed.rows);
    free(overlay->changes);
    free(overlay->instruments.slots);
    free(overlay->instruments.next);
    *overlay = (struct overlay){.view = NULL};
}

static struct row *row_at(const struct overlay *overlay, size_t distance)
{
    return model_row(overlay->view, overlay->view->row_count - distance);
}

static uint32_t *slot_of(const struct overlay *overlay, const char *instrument)
{
    const struct instrument_index *index = &overlay->instruments;
    return &index->slots[(size_t)text_hash(index->slots, instrument) & (index->slot_count - 1)];
}

/* Where the row at that distance is linked under the name it has now; NULL when it is not. */
static uint32_t *find_link(const struct overlay *overlay, size_t distance)
{
    const struct instrument_index *index = &overlay->instruments;
    uint32_t *link =
        slot_of(overlay, row_instrument(overlay->view->resource, row_at(overlay, distance)));
    while (*link != 0 && *link != distance) {
        link = &index->next[*link];
    }
    return *link != 0 ? link : NULL;
}

/* The next distance in front of those that are in the index. */
static void link_next(struct overlay *overlay)
{
    struct instrument_index *index = &overlay->instruments;
    size_t distance = index->linked + 1;
    if (distance >= index->next_count) {
        index->next_count = distance + distance / 4 + 16;
        index->next = mem_realloc_array(index->next, index->next_count, sizeof *index->next);
    }
    uint32_t *slot =
        slot_of(overlay, row_instrument(overlay->view->resource, row_at(overlay, distance)));
    index->next[distance] = *slot;
    *slot = (uint32_t)distance;
    index->linked = distance;
}

/* The rows in front go out of the index, while they are still there. */
static void unlink_down_to(struct overlay *overlay, size_t distance)
{
    struct instrument_index *index = &overlay->instruments;
    for (; index->built && index->linked > distance; index->linked--) {
        uint32_t *link = find_link(overlay, index->linked);
        index->built = link != NULL;
        if (link != NULL) {
            *link = index->next[index->linked];
        }
    }
}

static void build_instruments(struct overlay *overlay)
{
    struct instrument_index *index = &overlay->instruments;
    size_t slots = 16;
    while (slots < overlay->view->row_count) {
        slots *= 2;
    }
    if (slots != index->slot_count) {
        index->slots = mem_realloc_array(index->slots, slots, sizeof *index->slots);
        index->slot_count = slots;
    }
    memset(index->slots, 0, slots * sizeof *index->slots);
    index->linked = 0;
    while (index->linked < overlay->view->row_count) {
        link_next(overlay);
    }
    index->built = true;
}

/* What the index says is true of the new rows as well, but for those that are others. */
static bool keep_instruments(struct overlay *overlay)
{
    const struct snapshot_delta *delta = &snapshot_block(overlay->view)->delta;
    struct instrument_index *index = &overlay->instruments;
    size_t count = overlay->view->row_count;
    if (!index->built || !delta->aligned || count > 2 * index->slot_count) {
        return false;
    }
    struct delta_walk walk = {0};
    for (size_t i; snapshot_next_changed(overlay->view, &walk, &i);) {
        if (i >= delta->front && find_link(overlay, count - i) == NULL) {
            return false;
        }
    }
    while (index->linked < count) {
        link_next(overlay);
    }
    return true;
}

void overlay_attach(struct overlay *overlay, struct snapshot *view)
{
    const struct snapshot *before = overlay->view;
    overlay->view = view;
    overlay->base_count = view != NULL ? view->row_count : 0;
    overlay->inserted = 0;
    overlay->written.count = 0;
    overlay->removed.count = 0;
    overlay->overflow = view != NULL && snapshot_block(view)->index.overflow;
    overlay->index_rebuilt = false;
    overlay->texts_written = false;
    overlay->instruments.built = view != NULL && before != NULL &&
                                 snapshot_block(view)->delta.from == before &&
                                 keep_instruments(overlay);
}

static void trim_saved(struct saved_rows *saved)
{
    if (saved->count < saved->capacity / 4) {
        saved->capacity = saved->count;
        saved->rows = mem_realloc_array(saved->rows, saved->capacity + 1, sizeof *saved->rows);
    }
}

void overlay_trim(struct overlay *overlay)
{
    trim_saved(&overlay->written);
    trim_saved(&overlay->removed);
    if (overlay->inserted < overlay->change_capacity / 4) {
        overlay->change_capacity = overlay->inserted;
        overlay->changes = mem_realloc_array(overlay->changes, overlay->change_capacity + 1,
                                             sizeof *overlay->changes);
    }
    if (overlay->view != NULL && overlay->inserted == 0) {
        snapshot_trim(overlay->view);
    }
    struct instrument_index *index = &overlay->instruments;
    if (!index->built) {
        free(index->slots);
        free(index->next);
        *index = (struct instrument_index){.slots = NULL};
    }
}

static struct saved_row *add_saved(struct saved_rows *saved)
{
    if (saved->count == saved->capacity) {
        saved->capacity = saved->capacity < 4 ? 4 : saved->capacity * 2;
        saved->rows = mem_realloc_array(saved->rows, saved->capacity, sizeof *saved->rows);
    }
    return &saved->rows[saved->count++];
}

void overlay_save(struct overlay *overlay, struct row *row)
{
    if (row->patched) {
        return;
    }
    size_t size = model_row_size(overlay->view->resource);
    size_t i = (size_t)((char *)row - (char *)overlay->view->rows) / size;
    struct saved_row *saved = add_saved(&overlay->written);
    saved->distance = overlay->view->row_count - i;
    memcpy(&saved->row, row, size);
    row->patched = true;
}

static const struct row *find_saved(const struct saved_rows *saved, const char *id)
{
    for (size_t i = 0; i < saved->count; i++) {
        if (strcmp(saved->rows[i].row.id, id) == 0) {
            return &saved->rows[i].row;
        }
    }
    return NULL;
}

const struct row *overlay_original(const struct overlay *overlay, const char *id)
{
    size_t i = model_find(overlay->view, id);
    if (i == overlay->view->row_count) {
        return find_saved(&overlay->removed, id);
    }
    const struct row *row = model_row(overlay->view, i);
    return row->patched ? find_saved(&overlay->written, id) : row;
}

struct row *overlay_insert(struct overlay *overlay, const char *id)
{
    struct row *row = snapshot_add_front(overlay->view);
    row->id = id;
    row->patched = true;
    if (overlay->inserted == overlay->change_capacity) {
        overlay->change_capacity = overlay->change_capacity < 4 ? 4 : overlay->change_capacity * 2;
        overlay->changes =
            mem_realloc_array(overlay->changes, overlay->change_capacity, sizeof *overlay->changes);
    }
    struct index_change change = snapshot_index_front(overlay->view);
    overlay->changes[overlay->inserted++] = change;
    overlay->index_rebuilt = overlay->index_rebuilt || change.rebuilt;
    return row;
}

/* The list of the item, and where those behind it begin. */
static void shift_lists(struct snapshot *view, const struct row *row, bool removed)
{
    if (view->resource != RESOURCE_WATCHLISTS) {
        return;
    }
    size_t list = ((const struct watch_item *)row)->list;
    view->lists[list].count += removed ? (size_t)-1 : 1;
    for (size_t i = list + 1; i < view->list_count; i++) {
        view->lists[i].first += removed ? (size_t)-1 : 1;
    }
}

/* What is kept of the row as the server sent it; its place in the list of those written is free. */
static void take_written(struct saved_rows *written, struct saved_row *row)
{
    for (size_t i = 0; i < written->count; i++) {
        if (written->rows[i].distance == row->distance) {
            *row = written->rows[i];
            written->rows[i] = written->rows[--written->count];
            return;
        }
    }
}

/* Rows written in front of a row that goes or comes back. */
static void shift_written(struct saved_rows *written, size_t distance, bool removed)
{
    for (size_t i = 0; i < written->count; i++) {
        size_t *at = &written->rows[i].distance;
        if (removed ? *at > distance : *at >= distance) {
            *at += removed ? (size_t)-1 : 1;
        }
    }
}

void overlay_remove(struct overlay *overlay, size_t i)
{
    struct snapshot *view = overlay->view;
    size_t size = model_row_size(view->resource);
    struct saved_row *saved = add_saved(&overlay->removed);
    saved->distance = view->row_count - i;
    memcpy(&saved->row, model_row(view, i), size);
    if (saved->row.patched) {
        take_written(&overlay->written, saved);
    }
    shift_written(&overlay->written, saved->distance, true);
    char *rows = view->rows;
    memmove(rows + size, rows, i * size);
    view->rows = rows + size;
    view->row_count--;
    snapshot_block(view)->front++;
    shift_lists(view, &saved->row, true);
    snapshot_index(view);
    overlay->index_rebuilt = true;
    overlay->instruments.built = false;
}

static void restore_removed(struct overlay *overlay, const struct saved_row *saved)
{
    struct snapshot *view = overlay->view;
    size_t size = model_row_size(view->resource);
    snapshot_add_front(view);
    char *rows = view->rows;
    memmove(rows, rows + size, (view->row_count - saved->distance) * size);
    memcpy(row_at(overlay, saved->distance), &saved->row, size);
    shift_written(&overlay->written, saved->distance, false);
    shift_lists(view, &saved->row, false);
}

static void drop_inserted(struct overlay *overlay)
{
    struct snapshot *view = overlay->view;
    struct row_index *index = &snapshot_block(view)->index;
    unlink_down_to(overlay, overlay->base_count);
    if (!overlay->index_rebuilt) {
        for (size_t i = overlay->inserted; i-- > 0;) {
            if (overlay->changes[i].slot != NULL) {
                *overlay->changes[i].slot = overlay->changes[i].was;
            }
        }
        index->overflow = overlay->overflow;
    }
    view->rows = (char *)view->rows + overlay->inserted * model_row_size(view->resource);
    view->row_count -= overlay->inserted;
    snapshot_block(view)->front += overlay->inserted;
    overlay->inserted = 0;
}

void overlay_revert(struct overlay *overlay)
{
    struct snapshot *view = overlay->view;
    if (view == NULL) {
        return;
    }
    overlay->instruments.built = overlay->instruments.built && overlay->removed.count == 0;
    while (overlay->removed.count > 0) {
        restore_removed(overlay, &overlay->removed.rows[--overlay->removed.count]);
    }
    drop_inserted(overlay);
    size_t size = model_row_size(view->resource);
    for (size_t i = 0; i < overlay->written.count; i++) {
        const struct saved_row *saved = &overlay->written.rows[i];
        memcpy(row_at(overlay, saved->distance), &saved->row, size);
        if (overlay->texts_written && overlay->instruments.built) {
            overlay->instruments.built = find_link(overlay, saved->distance) != NULL;
        }
    }
    overlay->written.count = 0;
    overlay->texts_written = false;
    if (overlay->index_rebuilt) {
        snapshot_index(view);
        overlay->index_rebuilt = false;
    }
}

const char *row_symbol(enum resource resource, const struct row *row)
{
    switch (resource) {
    case RESOURCE_ORDERS:
        return ((const struct order *)row)->symbol;
    case RESOURCE_POSITIONS:
        return ((const struct position *)row)->symbol;
    case RESOURCE_WATCHLISTS:
        return ((const struct watch_item *)row)->symbol;
    default:
        return "";
    }
}

const char *row_instrument(enum resource resource, const struct row *row)
{
    const char *instrument = "";
    if (resource == RESOURCE_ORDERS) {
        instrument = ((const struct order *)row)->instrument_id;
    } else if (resource == RESOURCE_POSITIONS) {
        instrument = ((const struct position *)row)->instrument_id;
    } else if (resource == RESOURCE_WATCHLISTS) {
        instrument = ((const struct watch_item *)row)->instrument_id;
    }
    return *instrument != '\0' ? instrument : row_symbol(resource, row);
}

struct row *overlay_next_of_instrument(struct overlay *overlay, const char *instrument, size_t *at)
{
    struct instrument_index *index = &overlay->instruments;
    if (!index->built) {
        build_instruments(overlay);
    }
    size_t distance = *at != 0 ? index->next[*at] : *slot_of(overlay, instrument);
    for (; distance != 0; distance = index->next[distance]) {
        struct row *row = row_at(overlay, distance);
        if (strcmp(row_instrument(overlay->view->resource, row), instrument) == 0) {
            *at = distance;
            return row;
        }
    }
    return NULL;
}

/* Looks for the row where its present name says, since the one it had may be gone from memory. */
void overlay_row_written(struct overlay *overlay, size_t i)
{
    struct instrument_index *index = &overlay->instruments;
    size_t distance = overlay->view->row_count - i;
    overlay->texts_written = true;
    if (index->built && distance == index->linked + 1) {
        link_next(overlay);
    } else {
        index->built = index->built && find_link(overlay, distance) != NULL;
    }
}
