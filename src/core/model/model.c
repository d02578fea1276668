#include "fields.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/model.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A slot is looked for this far from its place: ids made to collide cost no more than that each. */
#define PROBE_MAX 64
#define INDEX_TRIES 3 /* doublings of the room, until all are near their places */

/* Rows put in front before everything has to move once more. */
#define FRONT_ROOM 16
#define FRONT_KEPT 1024 /* of that, when nothing is put there any more */

static const size_t row_sizes[] = {
    [RESOURCE_ORDERS] = sizeof(struct order),
    [RESOURCE_POSITIONS] = sizeof(struct position),
    [RESOURCE_ACCOUNT] = sizeof(struct account),
    [RESOURCE_WATCHLISTS] = sizeof(struct watch_item),
};
static_assert(sizeof row_sizes / sizeof *row_sizes == RESOURCE_COUNT, "a size per resource");

size_t model_row_size(enum resource resource)
{
    return row_sizes[resource];
}

struct row *model_row(const struct snapshot *snapshot, size_t i)
{
    return (struct row *)((char *)snapshot->rows + i * row_sizes[snapshot->resource]);
}

struct snapshot *snapshot_new(enum resource resource)
{
    struct snapshot_block *block = mem_calloc(1, sizeof *block);
    block->snapshot.resource = resource;
    return &block->snapshot;
}

/* Where the memory of its rows begins. */
static void *memory_of(const struct snapshot *snapshot)
{
    size_t front = snapshot_block(snapshot)->front;
    return snapshot->rows == NULL ? NULL
                                  : (char *)snapshot->rows - front * row_sizes[snapshot->resource];
}

void snapshot_reserve(struct snapshot *snapshot, size_t rows)
{
    struct snapshot_block *block = snapshot_block(snapshot);
    size_t size = row_sizes[snapshot->resource];
    if (snapshot->rows == NULL) {
        block->front = FRONT_ROOM;
    }
    char *memory = mem_realloc_array(memory_of(snapshot), rows + block->front, size);
    snapshot->rows = memory + block->front * size;
}

static void move_rows(struct snapshot *snapshot, size_t room)
{
    size_t size = row_sizes[snapshot->resource];
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
    size_t size = row_sizes[snapshot->resource];
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
    free(block->index.slots);
    free(block->body);
    free(memory_of(snapshot));
    free(snapshot->lists);
    free(block->parts);
    free(block);
}

uint64_t text_hash(const void *place, const char *text)
{
    uint64_t unknown = (uint64_t)(uintptr_t)place * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = hash_text(HASH_START ^ unknown ^ unknown >> 32, text);
    return hash ^ hash >> 29;
}

uint64_t version_mix(uint64_t version, uint64_t change)
{
    uint64_t mixed = (version ^ change) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return mixed ^ mixed >> 29;
}

uint64_t version_of(const char *bytes, size_t len)
{
    uint64_t version = len;
    for (; len >= sizeof version; len -= sizeof version, bytes += sizeof version) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        version = (version ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        version ^= version >> 32;
    }
    uint64_t rest = 0;
    memcpy(&rest, bytes, len);
    return version_mix(version, rest);
}

/* The slot that holds id, or the empty one where it belongs, or NULL when neither is near. */
static uint32_t *find_slot(const struct snapshot *snapshot, const char *id)
{
    const struct row_index *index = &snapshot_block(snapshot)->index;
    size_t mask = index->capacity - 1;
    size_t at = (size_t)text_hash(index->slots, id) & mask;
    for (size_t probe = 0; probe < PROBE_MAX && probe < index->capacity; probe++) {
        uint32_t *slot = &index->slots[(at + probe) & mask];
        if (*slot == 0 || strcmp(model_row(snapshot, snapshot->row_count - *slot)->id, id) == 0) {
            return slot;
        }
    }
    return NULL;
}

static uint32_t *index_row(struct snapshot *snapshot, size_t i, bool replace, uint32_t *ret_was)
{
    uint32_t *slot = find_slot(snapshot, model_row(snapshot, i)->id);
    if (slot == NULL) {
        snapshot_block(snapshot)->index.overflow = true;
        return NULL;
    }
    *ret_was = *slot;
    if (*slot == 0 || replace) {
        *slot = (uint32_t)(snapshot->row_count - i);
    }
    return slot;
}

static void index_all(struct snapshot *snapshot, size_t capacity)
{
    struct row_index *index = &snapshot_block(snapshot)->index;
    if (capacity != index->capacity) {
        free(index->slots);
        index->slots = mem_calloc(capacity, sizeof *index->slots);
        index->capacity = capacity;
    } else {
        memset(index->slots, 0, capacity * sizeof *index->slots);
    }
    index->overflow = false;
    for (size_t i = 0; i < snapshot->row_count; i++) {
        uint32_t was;
        index_row(snapshot, i, false, &was);
    }
}

/* Where too many ids come together, more room takes them apart; were it somebody's doing, it would
 * not, and rows are found the slow way. */
void snapshot_index(struct snapshot *snapshot)
{
    const struct row_index *index = &snapshot_block(snapshot)->index;
    size_t capacity = 16;
    while (capacity / 4 * 3 < snapshot->row_count) {
        capacity *= 2;
    }
    index_all(snapshot, capacity);
    for (int i = 0; i < INDEX_TRIES && index->overflow; i++) {
        capacity *= 2;
        index_all(snapshot, capacity);
    }
}

struct index_change snapshot_index_front(struct snapshot *snapshot)
{
    const struct row_index *index = &snapshot_block(snapshot)->index;
    struct index_change change = {.rebuilt = index->capacity / 4 * 3 < snapshot->row_count};
    bool overflow = index->overflow;
    if (!change.rebuilt) {
        change.slot = index_row(snapshot, 0, true, &change.was);
        change.rebuilt = change.slot == NULL && !overflow;
    }
    if (change.rebuilt) {
        change.slot = NULL;
        snapshot_index(snapshot);
    }
    return change;
}

/* Places are counted from the end, so rows that come in front are added and nothing moves. */
void snapshot_inherit_index(struct snapshot *snapshot, struct snapshot *from)
{
    struct snapshot_block *block = snapshot_block(snapshot);
    struct row_index *index = &snapshot_block(from)->index;
    if (block->index.capacity != 0) {
        return;
    }
    if (block->delta.from != from || !block->delta.aligned ||
        index->capacity / 4 * 3 < snapshot->row_count) {
        snapshot_index(snapshot);
        return;
    }
    block->index = *index;
    *index = (struct row_index){.slots = NULL};
    for (size_t i = block->delta.front; i-- > 0;) {
        uint32_t was;
        index_row(snapshot, i, true, &was);
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
    if (index->capacity == 0) {
        return find_slowly(snapshot, id);
    }
    const uint32_t *slot = find_slot(snapshot, id);
    if (slot != NULL && *slot != 0) {
        return snapshot->row_count - *slot;
    }
    return index->overflow ? find_slowly(snapshot, id) : snapshot->row_count;
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

bool row_equal(enum resource resource, const struct row *a, const struct row *b)
{
    return a->provisional == b->provisional && a->mixed == b->mixed &&
           fields_equal(field_table(resource), a, b);
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
