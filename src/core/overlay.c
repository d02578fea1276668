#include "overlay.h"

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>

#include "fields.h"
#include "snapshot.h"

/* Rows put in front before everything has to move once more. */
#define FRONT_ROOM 16

void overlay_init(struct overlay *overlay, enum resource resource)
{
    *overlay = (struct overlay){.view = snapshot_new(resource)};
}

void overlay_done(struct overlay *overlay)
{
    overlay->view->rows = overlay->memory;
    snapshot_unref(overlay->view);
    free(overlay->instruments.slots);
    free(overlay->instruments.next);
    *overlay = (struct overlay){.view = NULL};
}

static void place_rows(struct overlay *overlay)
{
    size_t size = model_row_size(overlay->view->resource);
    overlay->view->rows = overlay->memory + overlay->front * size;
}

void overlay_load(struct overlay *overlay, const struct snapshot *base)
{
    struct snapshot *view = overlay->view;
    size_t size = model_row_size(view->resource);
    size_t count = base != NULL ? base->row_count : 0;
    size_t lists = base != NULL ? base->list_count : 0;
    if (overlay->capacity < count + FRONT_ROOM) {
        overlay->capacity = count + FRONT_ROOM + count / 4;
        free(overlay->memory);
        overlay->memory = mem_alloc(overlay->capacity * size);
    }
    overlay->front = overlay->capacity - count;
    place_rows(overlay);
    view->row_count = count;
    view->lists = mem_realloc_array(view->lists, lists, sizeof *view->lists);
    view->list_count = lists;
    if (count > 0) {
        memcpy(view->rows, base->rows, count * size);
    }
    if (lists > 0) {
        memcpy(view->lists, base->lists, lists * sizeof *view->lists);
    }
    snapshot_index(view);
    overlay->instruments.built = false;
}

static void make_front_room(struct overlay *overlay)
{
    struct snapshot *view = overlay->view;
    size_t size = model_row_size(view->resource);
    size_t room = view->row_count / 2 + FRONT_ROOM;
    char *memory = mem_alloc((view->row_count + room) * size);
    memcpy(memory + room * size, view->rows, view->row_count * size);
    free(overlay->memory);
    overlay->memory = memory;
    overlay->capacity = view->row_count + room;
    overlay->front = room;
}

struct row *overlay_insert(struct overlay *overlay, const char *id)
{
    struct snapshot *view = overlay->view;
    if (overlay->front == 0) {
        make_front_room(overlay);
    }
    overlay->front--;
    place_rows(overlay);
    view->row_count++;
    struct row *row = model_row(view, 0);
    memset(row, 0, model_row_size(view->resource));
    fields_clear(field_table(view->resource), row);
    row->id = id;
    snapshot_index_front(view);
    overlay->instruments.built = false;
    return row;
}

static void shrink_lists(struct snapshot *view, size_t i)
{
    for (size_t list = 0; list < view->list_count; list++) {
        struct watchlist *at = &view->lists[list];
        at->count -= i >= at->first && i < at->first + at->count;
        at->first -= at->first > i;
    }
}

void overlay_remove(struct overlay *overlay, size_t i)
{
    struct snapshot *view = overlay->view;
    size_t size = model_row_size(view->resource);
    char *rows = view->rows;
    memmove(rows + i * size, rows + (i + 1) * size, (view->row_count - i - 1) * size);
    view->row_count--;
    shrink_lists(view, i);
    snapshot_index(view);
    overlay->instruments.built = false;
}

/* Rows without an instrument are known by their symbol. */
static const char *instrument_of(enum resource resource, const struct row *row)
{
    const char *instrument = "";
    const char *symbol = "";
    if (resource == RESOURCE_ORDERS) {
        instrument = ((const struct order *)row)->instrument_id;
        symbol = ((const struct order *)row)->symbol;
    } else if (resource == RESOURCE_POSITIONS) {
        instrument = ((const struct position *)row)->instrument_id;
        symbol = ((const struct position *)row)->symbol;
    } else if (resource == RESOURCE_WATCHLISTS) {
        instrument = ((const struct watch_item *)row)->instrument_id;
        symbol = ((const struct watch_item *)row)->symbol;
    }
    return *instrument != '\0' ? instrument : symbol;
}

static void build_instruments(struct overlay *overlay)
{
    struct instrument_index *index = &overlay->instruments;
    const struct snapshot *view = overlay->view;
    size_t slots = 16;
    while (slots < view->row_count) {
        slots *= 2;
    }
    if (slots != index->slot_count) {
        index->slots = mem_realloc_array(index->slots, slots, sizeof *index->slots);
        index->slot_count = slots;
    }
    if (view->row_count + 1 > index->next_count) {
        index->next_count = view->row_count + 1;
        index->next = mem_realloc_array(index->next, index->next_count, sizeof *index->next);
    }
    memset(index->slots, 0, slots * sizeof *index->slots);
    for (size_t i = 0; i < view->row_count; i++) {
        uint64_t hash = text_hash(instrument_of(view->resource, model_row(view, i)));
        uint32_t *slot = &index->slots[(size_t)hash & (slots - 1)];
        size_t distance = view->row_count - i;
        index->next[distance] = *slot;
        *slot = (uint32_t)distance;
    }
    index->built = true;
}

struct row *overlay_next_of_instrument(struct overlay *overlay, const char *instrument, size_t *at)
{
    struct instrument_index *index = &overlay->instruments;
    const struct snapshot *view = overlay->view;
    if (!index->built) {
        build_instruments(overlay);
    }
    size_t distance = *at != 0
                          ? index->next[*at]
                          : index->slots[(size_t)text_hash(instrument) & (index->slot_count - 1)];
    for (; distance != 0; distance = index->next[distance]) {
        struct row *row = model_row(view, view->row_count - distance);
        if (strcmp(instrument_of(view->resource, row), instrument) == 0) {
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
    const struct snapshot *view = overlay->view;
    if (!index->built) {
        return;
    }
    uint64_t hash = text_hash(instrument_of(view->resource, model_row(view, i)));
    size_t distance = index->slots[(size_t)hash & (index->slot_count - 1)];
    while (distance != 0 && distance != view->row_count - i) {
        distance = index->next[distance];
    }
    index->built = distance != 0;
}
