#include "fields.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/model.h>

#include <stdlib.h>
#include <string.h>

/* Rows put in front before everything has to move once more. */
#define FRONT_ROOM 16
#define FRONT_KEPT 1024 /* of that, when nothing is put there any more */

struct snapshot *snapshot_new(enum resource resource)
{
    struct snapshot_block *block = mem_calloc(1, sizeof *block);
    block->snapshot.resource = resource;
    block->instruments.by_instrument = true;
    return &block->snapshot;
}

/* Where the memory of its rows begins. */
static void *memory_of(const struct snapshot *snapshot)
{
    size_t front = snapshot_block(snapshot)->front;
    return snapshot->rows == NULL
               ? NULL
               : (char *)snapshot->rows - front * model_row_size(snapshot->resource);
}

void snapshot_reserve(struct snapshot *snapshot, size_t rows)
{
    struct snapshot_block *block = snapshot_block(snapshot);
    size_t size = model_row_size(snapshot->resource);
    if (snapshot->rows == NULL) {
        block->front = FRONT_ROOM;
    }
    char *memory = mem_realloc_array(memory_of(snapshot), rows + block->front, size);
    snapshot->rows = memory + block->front * size;
}

static void move_rows(struct snapshot *snapshot, size_t room)
{
    size_t size = model_row_size(snapshot->resource);
    char *memory = mem_alloc((snapshot->row_count + room) * size);
    if (snapshot->row_count > 0) {
        memcpy(memory + room * size, snapshot->rows, snapshot->row_count * size);
    }
    free(memory_of(snapshot));
    snapshot->rows = memory + room * size;
    snapshot_block(snapshot)->front = room;
}

void snapshot_trim(struct snapshot *snapshot)
{
    size_t front = snapshot_block(snapshot)->front;
    if (front > FRONT_KEPT && front / 4 > snapshot->row_count) {
        move_rows(snapshot, FRONT_ROOM);
        snapshot_index(snapshot);
    }
}

struct row *snapshot_add_front(struct snapshot *snapshot)
{
    size_t size = model_row_size(snapshot->resource);
    if (snapshot_block(snapshot)->front == 0) {
        move_rows(snapshot, snapshot->row_count / 2 + FRONT_ROOM);
    }
    snapshot_block(snapshot)->front--;
    snapshot->rows = (char *)snapshot->rows - size;
    snapshot->row_count++;
    memset(snapshot->rows, 0, size);
    fields_clear(field_table(snapshot->resource), snapshot->rows);
    return snapshot->rows;
}

void snapshot_drop_front(struct snapshot *snapshot, size_t count)
{
    snapshot->rows = (char *)snapshot->rows + count * model_row_size(snapshot->resource);
    snapshot->row_count -= count;
    snapshot_block(snapshot)->front += count;
}

void snapshot_forget_delta(struct snapshot *snapshot)
{
    struct snapshot_delta *delta = &snapshot_block(snapshot)->delta;
    free(delta->same);
    *delta = (struct snapshot_delta){.from = NULL};
}

bool snapshot_next_changed(const struct snapshot *snapshot, struct delta_walk *walk, size_t *ret_i)
{
    const struct snapshot_delta *delta = &snapshot_block(snapshot)->delta;
    while (walk->run < delta->same_count && walk->next == delta->same[walk->run].row) {
        walk->next += delta->same[walk->run++].count;
    }
    if (walk->next >= snapshot->row_count) {
        return false;
    }
    *ret_i = walk->next++;
    return true;
}

void snapshot_unref(struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    struct snapshot_block *block = snapshot_block(snapshot);
    snapshot_forget_delta(snapshot);
    arena_unref(block->texts);
    row_index_clear(&block->index);
    row_index_clear(&block->instruments);
    free(block->body);
    free(memory_of(snapshot));
    free(snapshot->lists);
    free(block->parts);
    free(block);
}

void snapshot_index(struct snapshot *snapshot)
{
    row_index_build(&snapshot_block(snapshot)->index, snapshot);
    row_index_clear(&snapshot_block(snapshot)->instruments);
}

/* What the index says is true of the new rows as well, but for those that are others. */
static void inherit(struct row_index *index, struct row_index *from,
                    const struct snapshot *snapshot)
{
    *index = *from;
    *from = (struct row_index){.by_instrument = from->by_instrument};
    struct delta_walk walk = {0};
    for (size_t i; snapshot_next_changed(snapshot, &walk, &i);) {
        if (i >= snapshot_block(snapshot)->delta.front &&
            !row_index_has(index, snapshot, snapshot->row_count - i)) {
            row_index_clear(index);
            return;
        }
    }
    row_index_add_front(index, snapshot);
}

void snapshot_inherit_index(struct snapshot *snapshot, struct snapshot *from)
{
    struct snapshot_block *block = snapshot_block(snapshot);
    if (block->index.slots == NULL && block->delta.from == from) {
        inherit(&block->index, &snapshot_block(from)->index, snapshot);
        inherit(&block->instruments, &snapshot_block(from)->instruments, snapshot);
    }
}

static size_t find_slowly(const struct snapshot *snapshot, const char *id)
{
    size_t i = 0;
    while (i < snapshot->row_count && strcmp(model_row(snapshot, i)->id, id) != 0) {
        i++;
    }
    return i;
}

size_t model_find(const struct snapshot *snapshot, const char *id)
{
    const struct row_index *index = &snapshot_block(snapshot)->index;
    return index->slots != NULL ? snapshot->row_count - row_index_next(index, snapshot, id, 0)
                                : find_slowly(snapshot, id);
}

uint64_t model_key(const char *id, const struct owner *owner)
{
    uint64_t hash = hash_text(HASH_START, id);
    return model_key_owned(hash != 0 ? hash : 1, owner);
}

uint64_t model_key_owned(uint64_t key, const struct owner *owner)
{
    key = owner != NULL ? version_mix(key, owner->key) : key;
    return key != 0 ? key : 1;
}

/* Where the rows are a copy of a joint snapshot, its parts are not known any more. */
static size_t find_owned(const struct snapshot *snapshot, const struct owner *owner, const char *id)
{
    size_t i = 0;
    while (i < snapshot->row_count && (model_row(snapshot, i)->owner != owner ||
                                       strcmp(model_row(snapshot, i)->id, id) != 0)) {
        i++;
    }
    return i;
}

size_t model_find_beside(const struct snapshot *snapshot, size_t i, const char *id)
{
    const struct snapshot_block *block = snapshot_block(snapshot);
    const struct owner *owner = model_row(snapshot, i)->owner;
    if (owner == NULL) {
        return model_find(snapshot, id);
    }
    for (size_t p = 0; p < block->part_count; p++) {
        const struct snapshot_part *part = &block->parts[p];
        if (i >= part->first && i - part->first < part->count) {
            size_t at = model_find(part->from, id);
            return at < part->count ? part->first + at : snapshot->row_count;
        }
    }
    return find_owned(snapshot, owner, id);
}

static bool is_foreign(const char *named, const char *user)
{
    return named != NULL && *named != '\0' && strcmp(named, user) != 0;
}

const char *snapshot_foreign(const struct snapshot *snapshot, const char *user)
{
    if (is_foreign(snapshot->user, user)) {
        return snapshot->user;
    }
    for (size_t i = 0; i < snapshot->list_count; i++) {
        if (is_foreign(snapshot->lists[i].user, user)) {
            return snapshot->lists[i].user;
        }
    }
    for (size_t i = 0; i < snapshot->row_count; i++) {
        if (is_foreign(model_row(snapshot, i)->user, user)) {
            return model_row(snapshot, i)->user;
        }
    }
    return NULL;
}

static const char *copy_text(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_text(arena, len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

static void own_texts(struct arena *arena, const struct field_table *table, void *row)
{
    for (size_t i = 0; i < table->count; i++) {
        if (field_is_text(table->fields[i].type)) {
            const char **at = (const char **)(void *)((char *)row + table->fields[i].offset);
            *at = copy_text(arena, *at, strlen(*at));
        }
    }
}

static void *copy_rows(const void *rows, size_t count, size_t size)
{
    void *copy = mem_calloc(count + 1, size);
    if (count > 0) {
        memcpy(copy, rows, count * size);
    }
    return copy;
}

static void own_row(struct arena *arena, enum resource resource, struct row *row)
{
    row->patched = false;
    own_texts(arena, field_table(resource), row);
    if (row->raw.ptr != NULL) {
        row->raw.ptr = copy_text(arena, row->raw.ptr, row->raw.len);
    }
}

struct snapshot *snapshot_pick(const struct snapshot *const *from, size_t count,
                               bool (*pick)(const struct row *row, const void *user),
                               const void *user)
{
    struct snapshot *picked = snapshot_new(from[0]->resource);
    struct arena *arena = arena_new();
    size_t size = model_row_size(picked->resource), all = 0;
    snapshot_block(picked)->texts = arena;
    for (size_t i = 0; i < count; i++) {
        all += from[i] != NULL ? from[i]->row_count : 0;
    }
    picked->rows = mem_calloc(all + 1, size);
    for (size_t i = 0; i < count; i++) {
        for (size_t r = 0; from[i] != NULL && r < from[i]->row_count; r++) {
            const struct row *row = model_row(from[i], r);
            if (pick == NULL || pick(row, user)) {
                memcpy(model_row(picked, picked->row_count), row, size);
                own_row(arena, picked->resource, model_row(picked, picked->row_count++));
            }
        }
    }
    return picked;
}

void snapshot_renew(struct snapshot *picked, size_t i, const struct row *row)
{
    memcpy(model_row(picked, i), row, model_row_size(picked->resource));
    own_row(snapshot_block(picked)->texts, picked->resource, model_row(picked, i));
}

struct snapshot *snapshot_copy(const struct snapshot *snapshot)
{
    struct snapshot *copy = snapshot_new(snapshot->resource);
    struct arena *arena = arena_new();
    snapshot_block(copy)->texts = arena;
    copy->row_count = snapshot->row_count;
    copy->rows = copy_rows(snapshot->rows, snapshot->row_count, model_row_size(copy->resource));
    copy->list_count = snapshot->list_count;
    copy->lists = copy_rows(snapshot->lists, snapshot->list_count, sizeof *copy->lists);
    for (size_t i = 0; i < copy->row_count; i++) {
        own_row(arena, copy->resource, model_row(copy, i));
    }
    for (size_t i = 0; i < copy->list_count; i++) {
        own_texts(arena, field_table_watchlist(), &copy->lists[i]);
    }
    return copy;
}

bool snapshot_lists_equal(const struct snapshot *a, const struct snapshot *b)
{
    if (a->list_count != b->list_count) {
        return false;
    }
    for (size_t i = 0; i < a->list_count; i++) {
        if (!fields_equal(field_table_watchlist(), &a->lists[i], &b->lists[i]) ||
            a->lists[i].count != b->lists[i].count) {
            return false;
        }
    }
    return true;
}

bool snapshot_equal(const struct snapshot *a, const struct snapshot *b)
{
    if (a == b) {
        return true;
    }
    if (a->row_count != b->row_count || !snapshot_lists_equal(a, b)) {
        return false;
    }
    for (size_t i = 0; i < a->row_count; i++) {
        if (!row_equal(a->resource, model_row(a, i), model_row(b, i))) {
            return false;
        }
    }
    return true;
}
