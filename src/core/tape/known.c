#include "known.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

void known_done(struct known_set *set)
{
    free(set->all);
    free(set->slots);
    seen_done(&set->seen);
    *set = (struct known_set){0};
}

/* Where the search begins: who chooses the ids does not know where our memory lies. */
static size_t start_of(const struct known_set *set, uint64_t key)
{
    uint64_t unknown = (uint64_t)(uintptr_t)set->slots * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(key * (unknown | 1) >> 32) & (set->slot_count - 1);
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t slot_for(const struct known_set *set, uint64_t key)
{
    size_t at = start_of(set, key);
    while (set->slots[at] != 0 && set->all[set->slots[at] - 1].key != key) {
        at = (at + 1) & (set->slot_count - 1);
    }
    return at;
}

static void index_all(struct known_set *set)
{
    free(set->slots);
    set->slot_count = set->room * 2;
    set->slots = mem_calloc(set->slot_count, sizeof *set->slots);
    for (size_t i = 0; i < set->count; i++) {
        set->slots[slot_for(set, set->all[i].key)] = (uint32_t)(i + 1);
    }
}

/* At the ceiling what has ended makes room, and where that is little the oldest quarter as well: so
 * much at a time that it is seldom done. */
static void forget_some(struct known_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->all[i].state == KNOWN_WORKING) {
            set->all[kept++] = set->all[i];
        }
    }
    size_t quarter = TAPE_KNOWN_MAX / 4;
    if (kept > TAPE_KNOWN_MAX - quarter) {
        memmove(set->all, set->all + quarter, (kept - quarter) * sizeof *set->all);
        kept -= quarter;
    }
    set->count = kept;
    index_all(set);
}

static void make_room(struct known_set *set)
{
    if (set->count < set->room) {
        return;
    }
    if (set->room < TAPE_KNOWN_MAX) {
        set->room = set->room == 0 ? 64 : set->room * 2;
        set->all = mem_realloc_array(set->all, set->room, sizeof *set->all);
        index_all(set);
        return;
    }
    forget_some(set);
}

const struct known *known_find(const struct known_set *set, const char *id)
{
    size_t slot = set->count > 0 ? slot_for(set, hash_text(HASH_START, id)) : 0;
    return set->count > 0 && set->slots[slot] != 0 ? &set->all[set->slots[slot] - 1] : NULL;
}

struct known *known_get(struct known_set *set, const char *id, bool *ret_new)
{
    uint64_t key = hash_text(HASH_START, id);
    *ret_new = false;
    if (set->count > 0) {
        size_t slot = slot_for(set, key);
        if (set->slots[slot] != 0) {
            return &set->all[set->slots[slot] - 1];
        }
    }
    *ret_new = true;
    make_room(set);
    struct known *known = &set->all[set->count++];
    *known = (struct known){.key = key, .created_ms = MODEL_NO_TIME};
    known->quantity = known->filled = known->limit = known->ltp = known->placed_at = NAN;
    set->slots[slot_for(set, key)] = (uint32_t)set->count;
    return known;
}
