#include "overlay.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

void overlay_done(struct overlay *overlay)
{
    free(overlay->kept);
    *overlay = (struct overlay){.view = NULL};
}

void overlay_trim(struct overlay *overlay)
{
    if (overlay->kept_count < overlay->kept_capacity / 4) {
        overlay->kept_capacity = overlay->kept_count + 1;
        overlay->kept =
            mem_realloc_array(overlay->kept, overlay->kept_capacity, sizeof *overlay->kept);
    }
    if (overlay->view != NULL && overlay->inserted == 0) {
        snapshot_trim(overlay->view);
    }
}

static struct kept_row *keep(struct overlay *overlay, size_t i)
{
    if (overlay->kept_count == overlay->kept_capacity) {
        overlay->kept_capacity = overlay->kept_capacity < 4 ? 4 : overlay->kept_capacity * 2;
        overlay->kept =
            mem_realloc_array(overlay->kept, overlay->kept_capacity, sizeof *overlay->kept);
    }
    struct kept_row *kept = &overlay->kept[overlay->kept_count++];
    kept->distance = overlay->view->row_count - i;
    kept->removed = false;
    memcpy(&kept->row, model_row(overlay->view, i), model_row_size(overlay->view->resource));
    return kept;
}

struct row *overlay_save(struct overlay *overlay, size_t i)
{
    struct row *row = model_row(overlay->view, i);
    if (!row->patched) {
        keep(overlay, i);
        row->patched = true;
    }
    return row;
}

/* Looks for the row where its present name says, since the one it had may be gone from memory. */
static void mind_name(struct snapshot *view, size_t i)
{
    struct row_index *instruments = &snapshot_block(view)->instruments;
    if (!row_index_has(instruments, view, view->row_count - i)) {
        row_index_clear(instruments);
    }
}

void overlay_row_written(struct overlay *overlay, size_t i)
{
    overlay->renamed = true;
    row_index_add_front(&snapshot_block(overlay->view)->instruments, overlay->view);
    mind_name(overlay->view, i);
}

const struct row *overlay_original(const struct overlay *overlay, const char *id)
{
    size_t i = model_find(overlay->view, id);
    if (i < overlay->view->row_count && !model_row(overlay->view, i)->patched) {
        return model_row(overlay->view, i);
    }
    size_t k = 0;
    while (k < overlay->kept_count && strcmp(overlay->kept[k].row.id, id) != 0) {
        k++;
    }
    return k < overlay->kept_count ? &overlay->kept[k].row : NULL;
}

struct row *overlay_insert(struct overlay *overlay, const char *id)
{
    struct row *row = snapshot_add_front(overlay->view);
    row->id = id;
    row->patched = true;
    row_index_add_front(&snapshot_block(overlay->view)->index, overlay->view);
    overlay->inserted++;
    return row;
}

static void drop_inserted(struct overlay *overlay)
{
    struct snapshot *view = overlay->view;
    size_t sent = view->row_count - overlay->inserted;
    if (snapshot_block(view)->index.slots == NULL) {
        snapshot_index(view); /* rows came back */
    }
    row_index_drop_front(&snapshot_block(view)->index, view, sent);
    row_index_drop_front(&snapshot_block(view)->instruments, view, sent);
    snapshot_drop_front(view, overlay->inserted);
    overlay->inserted = 0;
}

/* The list of the item, and where those behind it begin. */
static void shift_lists(struct snapshot *view, const struct row *row, size_t by)
{
    if (view->resource != RESOURCE_WATCHLISTS) {
        return;
    }
    size_t list = ((const struct watch_item *)row)->list;
    view->lists[list].count += by;
    for (size_t i = list + 1; i < view->list_count; i++) {
        view->lists[i].first += by;
    }
}

void overlay_remove(struct overlay *overlay, size_t i)
{
    struct snapshot *view = overlay->view;
    struct kept_row *kept = keep(overlay, i);
    kept->removed = true;
    memmove(model_row(view, 1), view->rows, i * model_row_size(view->resource));
    snapshot_drop_front(view, 1);
    shift_lists(view, &kept->row, (size_t)-1);
    snapshot_index(view);
}

static void put_back_removed(struct snapshot *view, const struct kept_row *kept)
{
    size_t size = model_row_size(view->resource);
    snapshot_add_front(view);
    size_t i = view->row_count - kept->distance;
    memmove(view->rows, model_row(view, 1), i * size);
    memcpy(model_row(view, i), &kept->row, size);
    shift_lists(view, &kept->row, 1);
    row_index_clear(&snapshot_block(view)->index);
}

static void put_back_written(struct overlay *overlay, const struct kept_row *kept)
{
    size_t i = overlay->view->row_count - kept->distance;
    memcpy(model_row(overlay->view, i), &kept->row, model_row_size(overlay->view->resource));
    if (overlay->renamed) {
        mind_name(overlay->view, i);
    }
}

void overlay_revert(struct overlay *overlay)
{
    while (overlay->kept_count > 0) {
        const struct kept_row *kept = &overlay->kept[--overlay->kept_count];
        if (kept->removed) {
            put_back_removed(overlay->view, kept);
        } else {
            put_back_written(overlay, kept);
        }
    }
    overlay->renamed = false;
    if (overlay->view != NULL) {
        drop_inserted(overlay);
    }
}

bool overlay_next_of_instrument(const struct overlay *overlay, const char *instrument, size_t *at,
                                size_t *ret_i)
{
    struct row_index *instruments = &snapshot_block(overlay->view)->instruments;
    if (instruments->slots == NULL) {
        row_index_build(instruments, overlay->view);
    }
    *at = row_index_next(instruments, overlay->view, instrument, *at);
    *ret_i = overlay->view->row_count - *at;
    return *at != 0;
}
