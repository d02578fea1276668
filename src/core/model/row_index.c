#include "row.h"
#include "row_index.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 16
#define SPARSE 16 /* so many slots a row are more than is kept after a storm */

static const char *text_of(const struct row_index *index, const struct snapshot *snapshot,
                           size_t distance)
{
    const struct row *row = model_row(snapshot, snapshot->row_count - distance);
    return index->by_instrument ? row_instrument(snapshot->resource, row) : row->id;
}

static uint32_t *slot_of(const struct row_index *index, const char *text)
{
    return &index->slots[(size_t)text_hash(index->slots, text) & (index->slot_count - 1)];
}

void row_index_clear(struct row_index *index)
{
    free(index->slots);
    free(index->next);
    index->slots = index->next = NULL;
    index->slot_count = index->linked = index->room = 0;
}

/* Takes in the rows in front of those that it has. */
static void link_rows(struct row_index *index, const struct snapshot *snapshot)
{
    if (snapshot->row_count > index->room) {
        index->room = snapshot->row_count + (index->linked > 0 ? index->linked / 4 + 16 : 0);
        index->next = mem_realloc_array(index->next, index->room + 1, sizeof *index->next);
    }
    while (index->linked < snapshot->row_count) {
        size_t distance = ++index->linked;
        uint32_t *slot = slot_of(index, text_of(index, snapshot, distance));
        index->next[distance] = *slot;
        *slot = (uint32_t)distance;
    }
}

void row_index_build(struct row_index *index, const struct snapshot *snapshot)
{
    size_t slot_count = SLOTS_FIRST;
    while (slot_count < snapshot->row_count) {
        slot_count *= 2;
    }
    if (slot_count != index->slot_count) {
        row_index_clear(index);
        index->slots = mem_realloc_array(NULL, slot_count, sizeof *index->slots);
        index->slot_count = slot_count;
    }
    memset(index->slots, 0, slot_count * sizeof *index->slots);
    index->linked = 0;
    link_rows(index, snapshot);
}

void row_index_add_front(struct row_index *index, const struct snapshot *snapshot)
{
    if (index->slots == NULL) {
        return;
    }
    bool sparse = index->slot_count / SPARSE > snapshot->row_count + 1;
    if (snapshot->row_count > index->slot_count || sparse) {
        row_index_build(index, snapshot);
    } else {
        link_rows(index, snapshot);
    }
}

/* Each is the foremost of its slot when its turn comes: it was taken in after all behind it. */
void row_index_drop_front(struct row_index *index, const struct snapshot *snapshot, size_t distance)
{
    for (; index->linked > distance; index->linked--) {
        *slot_of(index, text_of(index, snapshot, index->linked)) = index->next[index->linked];
    }
}

bool row_index_has(const struct row_index *index, const struct snapshot *snapshot, size_t distance)
{
    if (index->slots == NULL) {
        return true;
    }
    size_t at = *slot_of(index, text_of(index, snapshot, distance));
    while (at != 0 && at != distance) {
        at = index->next[at];
    }
    return at != 0;
}

size_t row_index_next(const struct row_index *index, const struct snapshot *snapshot,
                      const char *text, size_t after)
{
    size_t at = after != 0 ? index->next[after] : *slot_of(index, text);
    while (at != 0 && strcmp(text_of(index, snapshot, at), text) != 0) {
        at = index->next[at];
    }
    return at;
}
