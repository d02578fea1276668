#include "reuse.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

/* How many rows may be gone in one place before the rest is read anew. */
#define REMOVED_MAX 16

#define COMPARE_BLOCK ((size_t)256)

void reuse_init(struct reuse *reuse, const struct snapshot *previous)
{
    *reuse = (struct reuse){.previous = previous};
}

void reuse_done(struct reuse *reuse)
{
    free(reuse->runs);
}

static size_t equal_bytes(const char *a, const char *b, size_t len)
{
    size_t i = 0;
    while (len - i >= COMPARE_BLOCK && memcmp(a + i, b + i, COMPARE_BLOCK) == 0) {
        i += COMPARE_BLOCK;
    }
    for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        if (memcmp(a + i, b + i, sizeof(uint64_t)) != 0) {
            break;
        }
    }
    while (i < len && a[i] == b[i]) {
        i++;
    }
    return i;
}

/* How many rows from that one on may be found again in one: to the end of its list. */
static size_t run_most(const struct snapshot *snapshot, size_t row)
{
    if (snapshot->resource != RESOURCE_WATCHLISTS) {
        return snapshot->row_count - row;
    }
    const struct watchlist *list = &snapshot->lists[snapshot->items[row].list];
    return list->first + list->count - row;
}

/* How many bytes from at on are those from that row on; 0 when not even the row is the same. */
static size_t compare_from(const struct reuse *reuse, size_t row, const char *at, const char *end)
{
    if (row >= reuse->previous->row_count) {
        return 0;
    }
    struct span raw = model_row(reuse->previous, row)->raw;
    size_t left = (size_t)(end - at);
    struct span last = model_row(reuse->previous, row + run_most(reuse->previous, row) - 1)->raw;
    size_t previous_left = (size_t)(last.ptr + last.len - raw.ptr);
    if (raw.len > left) {
        return 0;
    }
    size_t equal = equal_bytes(raw.ptr, at, left < previous_left ? left : previous_left);
    return equal >= raw.len ? equal : 0;
}

/* Rows from first on that lie in that many bytes; the first does. */
static size_t rows_within(const struct snapshot *snapshot, size_t first, size_t bytes)
{
    const char *begin = model_row(snapshot, first)->raw.ptr;
    size_t low = 1;
    size_t high = run_most(snapshot, first);
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        struct span raw = model_row(snapshot, first + middle - 1)->raw;
        if ((size_t)(raw.ptr - begin) + raw.len <= bytes) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static const char *add_run(struct reuse *reuse, const char *at, size_t row, size_t bytes)
{
    if (reuse->run_count == reuse->run_capacity) {
        reuse->run_capacity = reuse->run_capacity < 8 ? 8 : reuse->run_capacity * 2;
        reuse->runs = mem_realloc_array(reuse->runs, reuse->run_capacity, sizeof *reuse->runs);
    }
    struct reuse_run *run = &reuse->runs[reuse->run_count++];
    size_t count = rows_within(reuse->previous, row, bytes);
    *run = (struct reuse_run){at, {.from = row, .count = count}};
    reuse->next = row + count;
    reuse->misses = 0;
    return reuse_run_end(reuse, run);
}

const char *reuse_skip(void *context, const char *at, const char *end)
{
    struct reuse *reuse = context;
    /* Rows that changed, rows that came in, rows that are gone. */
    for (size_t i = 0; i < REMOVED_MAX + 2; i++) {
        size_t row = reuse->next + (i == 0 ? reuse->misses : i - 1);
        size_t bytes = compare_from(reuse, row, at, end);
        if (bytes > 0) {
            return add_run(reuse, at, row, bytes);
        }
    }
    reuse->misses++;
    return NULL;
}

struct reuse_run *reuse_find(struct reuse *reuse, const char *at)
{
    while (reuse->cursor < reuse->run_count && reuse->runs[reuse->cursor].at < at) {
        reuse->cursor++;
    }
    bool found = reuse->cursor < reuse->run_count && reuse->runs[reuse->cursor].at == at;
    return found ? &reuse->runs[reuse->cursor] : NULL;
}

const char *reuse_run_end(const struct reuse *reuse, const struct reuse_run *run)
{
    const struct same_rows *same = &run->same;
    struct span last = model_row(reuse->previous, same->from + same->count - 1)->raw;
    return run->at + (last.ptr + last.len - model_row(reuse->previous, same->from)->raw.ptr);
}
