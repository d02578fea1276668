#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/join.h>

#include <stdlib.h>
#include <string.h>

/* A part as it was last taken in. */
struct taken {
    struct join_part part;
    size_t first, count;
    size_t list_first, list_count;
};

struct join {
    enum resource resource;
    struct snapshot *shown;
    uint64_t *keys; /* of the joint rows */
    struct taken taken[OWNERS_MAX];
    size_t count;
};

struct join *join_new(enum resource resource)
{
    struct join *join = mem_calloc(1, sizeof *join);
    join->resource = resource;
    return join;
}

void join_free(struct join *join)
{
    if (join != NULL) {
        snapshot_unref(join->shown);
        free(join->keys);
        free(join);
    }
}

static size_t rows_of(const struct join_part *part)
{
    return part->rows != NULL ? part->rows->row_count : 0;
}

static size_t lists_of(const struct join_part *part)
{
    return part->rows != NULL ? part->rows->list_count : 0;
}

static bool is_as_taken(const struct taken *taken, const struct join_part *part)
{
    return part->version != 0 && part->version == taken->part.version &&
           part->rows == taken->part.rows && part->owner == taken->part.owner &&
           part->stale == taken->part.stale;
}

/* The same bytes in two accounts are two rows, and one that turned stale is shown anew. */
static void take_row(const struct join *join, size_t to, const struct join_part *part, size_t from)
{
    struct row *row = model_row(join->shown, to);
    memcpy(row, model_row(part->rows, from), model_row_size(join->resource));
    row->owner = part->owner;
    row->stale = part->stale;
    if (row->version != 0) {
        uint64_t version = version_mix(row->version, part->owner->key ^ (part->stale ? 1 : 0));
        row->version = version != 0 ? version : 1;
    }
}

static void take_part(struct join *join, size_t p, const struct join_part *part)
{
    struct taken *taken = &join->taken[p];
    for (size_t i = 0; i < taken->count; i++) {
        take_row(join, taken->first + i, part, i);
    }
    for (size_t i = 0; i < taken->list_count; i++) {
        struct watchlist *list = &join->shown->lists[taken->list_first + i];
        *list = part->rows->lists[i];
        list->first += taken->first;
        list->owner = part->owner;
    }
    snapshot_block(join->shown)->parts[p].from = part->rows;
    taken->part = *part;
}

/* Whether every row of the part stands where its row stood. */
static bool is_in_place(const struct join *join, const struct taken *taken,
                        const struct join_part *part)
{
    if (rows_of(part) != taken->count || lists_of(part) != taken->list_count ||
        part->owner != taken->part.owner || (part->rows == NULL) != (taken->part.rows == NULL)) {
        return false;
    }
    for (size_t i = 0; i < taken->count; i++) {
        const char *id = model_row(part->rows, i)->id;
        if (join->keys[taken->first + i] != model_key(id, part->owner)) {
            return false;
        }
    }
    return true;
}

/* Changes what can be changed where it stands. */
static bool mend(struct join *join, const struct join_part *parts, size_t count)
{
    if (join->shown == NULL || count != join->count) {
        return false;
    }
    for (size_t p = 0; p < count; p++) {
        if (!is_as_taken(&join->taken[p], &parts[p]) &&
            !is_in_place(join, &join->taken[p], &parts[p])) {
            return false;
        }
    }
    for (size_t p = 0; p < count; p++) {
        if (!is_as_taken(&join->taken[p], &parts[p])) {
            take_part(join, p, &parts[p]);
        }
    }
    return true;
}

static void place_parts(struct join *join, const struct join_part *parts, size_t count)
{
    size_t rows = 0, lists = 0;
    join->count = count;
    for (size_t p = 0; p < count; p++) {
        join->taken[p] =
            (struct taken){parts[p], rows, rows_of(&parts[p]), lists, lists_of(&parts[p])};
        rows += rows_of(&parts[p]);
        lists += lists_of(&parts[p]);
    }
    join->shown->row_count = rows;
    join->shown->list_count = lists;
}

static void make_anew(struct join *join, const struct join_part *parts, size_t count)
{
    struct snapshot *before = join->shown; /* freed last: others tell the two by their addresses */
    join->shown = snapshot_new(join->resource);
    place_parts(join, parts, count);
    struct snapshot *shown = join->shown;
    struct snapshot_block *block = snapshot_block(shown);
    shown->rows = mem_calloc(shown->row_count + 1, model_row_size(join->resource));
    shown->lists = mem_calloc(shown->list_count + 1, sizeof *shown->lists);
    block->parts = mem_calloc(count, sizeof *block->parts);
    block->part_count = count;
    join->keys = mem_realloc(join->keys, (shown->row_count + 1) * sizeof *join->keys);
    for (size_t p = 0; p < count; p++) {
        const struct taken *taken = &join->taken[p];
        block->parts[p] = (struct snapshot_part){NULL, taken->first, taken->count};
        take_part(join, p, &parts[p]);
        for (size_t i = 0; i < taken->count; i++) {
            const struct row *row = model_row(shown, taken->first + i);
            join->keys[taken->first + i] = model_key(row->id, row->owner);
        }
    }
    snapshot_unref(before);
}

static bool any_loaded(const struct join_part *parts, size_t count)
{
    size_t p = 0;
    while (p < count && parts[p].rows == NULL) {
        p++;
    }
    return p < count;
}

void join_take(struct join *join, const struct join_part *parts, size_t count)
{
    if (!any_loaded(parts, count)) {
        snapshot_unref(join->shown);
        join->shown = NULL;
        join->count = 0;
    } else if (!mend(join, parts, count)) {
        make_anew(join, parts, count);
    }
}

const struct snapshot *join_shown(const struct join *join)
{
    return join->shown;
}
