/* What is kept of the tape between runs: entries go out by a key, and come in before all others. */
#include "tape_private.h"

#include <blotter/core/alloc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two that watch see a level passed within this of each other. */
#define SAME_MS 10000

static uint64_t closings_before(const struct tape *tape, const struct tape_entry *entry)
{
    uint64_t count = 0;
    for (size_t i = 0; i < tape_count(tape); i++) {
        const struct tape_entry *other = tape_at(tape, i);
        count += other->number < entry->number && other->kind == TAPE_CLOSED &&
                 strcmp(other->id, entry->id) == 0;
    }
    return count;
}

void tape_key(const struct tape *tape, const struct tape_entry *entry, char out[TAPE_KEY_MAX])
{
    const char *kind = tape_kind_name(entry->kind);
    switch (entry->kind) {
    case TAPE_PLACED:
    case TAPE_FILLED:
    case TAPE_CANCELLED:
    case TAPE_REJECTED:
        snprintf(out, TAPE_KEY_MAX, "%s/%s", kind, entry->id);
        break;
    case TAPE_CHANGED:
        snprintf(out, TAPE_KEY_MAX, "%s/%s/%.10g/%.10g", kind, entry->id, entry->quantity,
                 entry->limit);
        break;
    case TAPE_PARTIAL:
        snprintf(out, TAPE_KEY_MAX, "%s/%s/%.10g", kind, entry->id, entry->filled);
        break;
    case TAPE_CLOSED:
        snprintf(out, TAPE_KEY_MAX, "%s/%s/%" PRIu64, kind, entry->id,
                 closings_before(tape, entry));
        break;
    default:
        snprintf(out, TAPE_KEY_MAX, "%s/%s/%" PRId64 "/%.64s/%.10g", kind, entry->symbol,
                 entry->wall_ms / SAME_MS, entry->text, entry->limit);
    }
}

/* What a kept entry says of its order or position is known from now on. */
static void know(struct tape *tape, const struct tape_entry *entry)
{
    static const uint8_t states[TAPE_KINDS] = {[TAPE_FILLED] = KNOWN_FILLED,
                                               [TAPE_CANCELLED] = KNOWN_CANCELLED,
                                               [TAPE_REJECTED] = KNOWN_REJECTED,
                                               [TAPE_CLOSED] = KNOWN_FILLED};
    bool order = entry->kind <= TAPE_REJECTED, new;
    if ((!order && entry->kind != TAPE_CLOSED) || entry->id[0] == '\0') {
        return;
    }
    struct known *known = known_get(order ? &tape->orders : &tape->positions, entry->id, &new);
    if (!new && known->entry > tape->kept) { /* this run has heard of it */
        known->placed_at = entry->kind == TAPE_PLACED ? entry->ltp : known->placed_at;
        return;
    }
    known->state = states[entry->kind];
    known->entry = entry->number;
    known->limit = first_known(entry->limit, known->limit);
    known->quantity = first_known(entry->quantity, known->quantity);
    known->filled = first_known(entry->filled, isnan(known->filled) ? 0 : known->filled);
    if (entry->kind == TAPE_PLACED) {
        known->created_ms = entry->wall_ms;
        known->placed_at = entry->ltp;
    }
}

static void shift_known(struct known_set *set, uint64_t by)
{
    for (size_t i = 0; i < set->count; i++) {
        set->all[i].entry += set->all[i].entry != 0 ? by : 0;
    }
}

void tape_restore(struct tape *tape, const struct tape_entry *entries, size_t count)
{
    size_t own = tape_count(tape), room = TAPE_MAX - own;
    size_t kept = count < room ? count : room, total = kept + own;
    struct tape_entry *ring = mem_calloc(TAPE_MAX, sizeof *ring);
    memcpy(ring, entries + (count - kept), kept * sizeof *ring);
    for (size_t i = 0; i < own; i++) {
        ring[kept + i] = *tape_at(tape, own - 1 - i);
    }
    /* Numbers go on from those that were thrown away. */
    uint64_t gone = tape->total - own;
    for (size_t i = 0; i < total; i++) {
        ring[i].number = gone + i + 1;
    }
    shift_known(&tape->orders, kept);
    shift_known(&tape->positions, kept);
    tape->stream_entry += tape->stream_entry != 0 ? kept : 0;
    tape->kept = gone + kept;
    free(tape->ring);
    tape->ring = mem_calloc(TAPE_MAX, sizeof *ring);
    tape->room = TAPE_MAX;
    tape->total = gone + total;
    for (size_t i = 0; i < total; i++) {
        tape->ring[(ring[i].number - 1) % TAPE_MAX] = ring[i];
    }
    for (size_t i = 0; i < kept; i++) {
        know(tape, &ring[i]);
    }
    free(ring);
    tape->first_changed += tape->first_changed != 0 ? kept : 0;
    tape->version++;
}
