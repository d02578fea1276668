#include <blotter/core/alloc.h>
#include <blotter/core/tapes.h>

#include <stdlib.h>
#include <string.h>

/* Old entries that are found later get numbers below those that are there. */
#define FIRST_NUMBER (UINT64_C(1) << 40)

struct ref {
    uint64_t number; /* in its own tape */
    int64_t wall_ms;
    size_t part;
};

struct taken {
    struct tapes_part part;
    uint64_t version, total, kept;
};

struct tapes {
    struct ref refs[TAPE_MAX]; /* the oldest first */
    size_t count;
    uint64_t total;
    struct taken taken[OWNERS_MAX];
    size_t part_count;
};

struct tapes *tapes_new(void)
{
    struct tapes *tapes = mem_calloc(1, sizeof *tapes);
    tapes->total = FIRST_NUMBER;
    return tapes;
}

void tapes_free(struct tapes *tapes)
{
    free(tapes);
}

/* --- taking in ------------------------------------------------------------------------------ */

static void add_newest(struct tapes *tapes, const struct ref *ref)
{
    if (tapes->count == TAPE_MAX) {
        memmove(tapes->refs, tapes->refs + 1, (TAPE_MAX - 1) * sizeof *tapes->refs);
        tapes->count--;
    }
    tapes->refs[tapes->count++] = *ref;
    tapes->total++;
}

/* Takes out those of a part, and of parts that there are no more. */
static void drop_part(struct tapes *tapes, size_t part)
{
    size_t kept = 0;
    for (size_t i = 0; i < tapes->count; i++) {
        if (tapes->refs[i].part != part) {
            tapes->refs[kept++] = tapes->refs[i];
        }
    }
    tapes->count = kept;
}

/* All that a part's tape holds, by time among the others; the newest TAPE_MAX stay. */
static void take_all(struct tapes *tapes, size_t part)
{
    const struct tape *tape = tapes->taken[part].part.tape;
    struct ref *all = mem_calloc(2 * (size_t)TAPE_MAX, sizeof *all);
    size_t own = tape != NULL ? tape_count(tape) : 0, i = 0, count = 0;
    drop_part(tapes, part);
    while (own > 0 || i < tapes->count) {
        const struct tape_entry *entry = own > 0 ? tape_at(tape, own - 1) : NULL;
        bool ours = entry != NULL && (i == tapes->count || entry->wall_ms < tapes->refs[i].wall_ms);
        all[count++] = ours ? (struct ref){entry->number, entry->wall_ms, part} : tapes->refs[i];
        own -= ours;
        i += !ours;
    }
    size_t first = count > TAPE_MAX ? count - TAPE_MAX : 0;
    tapes->count = count - first;
    memcpy(tapes->refs, all + first, tapes->count * sizeof *all);
    free(all);
}

static void take_new(struct tapes *tapes, size_t part)
{
    struct taken *taken = &tapes->taken[part];
    const struct tape *tape = taken->part.tape;
    uint64_t total = tape_total(tape), held = tape_count(tape);
    uint64_t from = total - held > taken->total ? total - held : taken->total;
    for (uint64_t number = from + 1; number <= total; number++) {
        const struct tape_entry *entry = tape_numbered(tape, number);
        if (entry != NULL) {
            add_newest(tapes, &(struct ref){number, entry->wall_ms, part});
        }
    }
}

static bool is_same_part(const struct taken *taken, const struct tapes_part *part)
{
    return taken->part.tape == part->tape && taken->part.owner == part->owner;
}

static void take_part(struct tapes *tapes, size_t i, const struct tapes_part *part)
{
    struct taken *taken = &tapes->taken[i];
    uint64_t version = part->tape != NULL ? tape_version(part->tape) : 0;
    uint64_t kept = part->tape != NULL ? tape_kept(part->tape) : 0;
    bool same = is_same_part(taken, part);
    if (same && version == taken->version) {
        return;
    }
    taken->part = *part;
    if (!same || kept != taken->kept || tape_total(part->tape) < taken->total) {
        take_all(tapes, i);
    } else {
        take_new(tapes, i);
    }
    taken->version = version;
    taken->kept = kept;
    taken->total = part->tape != NULL ? tape_total(part->tape) : 0;
}

void tapes_take(struct tapes *tapes, const struct tapes_part *parts, size_t count)
{
    for (size_t i = count; i < tapes->part_count; i++) {
        drop_part(tapes, i);
        tapes->taken[i] = (struct taken){.version = 0};
    }
    tapes->part_count = count;
    for (size_t i = 0; i < count; i++) {
        take_part(tapes, i, &parts[i]);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

uint64_t tapes_total(const struct tapes *tapes)
{
    return tapes->total;
}

static bool is_of(const struct tapes *tapes, const struct ref *ref, const struct owner *owner)
{
    return owner == NULL || tapes->taken[ref->part].part.owner == owner;
}

size_t tapes_count(const struct tapes *tapes, const struct owner *owner)
{
    size_t count = 0;
    if (owner == NULL) {
        return tapes->count;
    }
    for (size_t i = 0; i < tapes->count; i++) {
        count += is_of(tapes, &tapes->refs[i], owner);
    }
    return count;
}

size_t tapes_above(const struct tapes *tapes, const struct owner *owner, uint64_t number)
{
    uint64_t above = tapes->total > number ? tapes->total - number : 0;
    size_t newer = above < tapes->count ? (size_t)above : tapes->count, count = 0;
    for (size_t i = tapes->count - newer; owner != NULL && i < tapes->count; i++) {
        count += is_of(tapes, &tapes->refs[i], owner);
    }
    return owner != NULL ? count : newer;
}

static bool entry_at(const struct tapes *tapes, size_t at, struct tapes_entry *ret)
{
    const struct ref *ref = &tapes->refs[at];
    const struct tapes_part *part = &tapes->taken[ref->part].part;
    ret->entry = tape_numbered(part->tape, ref->number);
    ret->owner = part->owner;
    ret->number = tapes->total - (tapes->count - 1 - at);
    return ret->entry != NULL;
}

bool tapes_at(const struct tapes *tapes, const struct owner *owner, size_t i,
              struct tapes_entry *ret)
{
    if (owner == NULL) {
        return i < tapes->count && entry_at(tapes, tapes->count - 1 - i, ret);
    }
    for (size_t at = tapes->count; at-- > 0;) {
        if (is_of(tapes, &tapes->refs[at], owner) && i-- == 0) {
            return entry_at(tapes, at, ret);
        }
    }
    return false;
}

struct tape_counts tapes_counts(const struct tapes *tapes, const struct owner *owner)
{
    struct tape_counts sum = {.closed_amount = 0};
    for (size_t p = 0; p < tapes->part_count; p++) {
        const struct tapes_part *part = &tapes->taken[p].part;
        if (part->tape == NULL || (owner != NULL && part->owner != owner)) {
            continue;
        }
        struct tape_counts counts = tape_counts(part->tape);
        for (int kind = 0; kind < TAPE_KINDS; kind++) {
            sum.of[kind] += counts.of[kind];
        }
        sum.closed_amount += counts.closed_amount;
        sum.closed_unknown += counts.closed_unknown;
    }
    return sum;
}
