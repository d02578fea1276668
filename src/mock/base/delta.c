#include "delta.h"

#include <blotter/core/alloc.h>
#include <blotter/core/gdiff.h>

#include <stdlib.h>
#include <string.h>

#define KEY 16      /* bytes by which a place of the old body is found again */
#define STEP 8      /* every so many bytes there is one */
#define SHORTEST 12 /* below it the command for a copy eats what it wins */
#define DATA_MAX 246
/* Bytes that are told as they are rather than looked for in the old body. */
#define SHORT_CHANGE 64

struct index {
    const char *old;
    size_t old_len;
    uint32_t *places; /* 1 + a place of the old body by the hash of what stands there; 0: none */
    unsigned bits;
};

static size_t slot_of(const struct index *index, const char *at)
{
    uint64_t words[2];
    memcpy(words, at, sizeof words);
    uint64_t hash = (words[0] ^ (words[1] << 29 | words[1] >> 35)) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> (64 - index->bits));
}

static void index_fill(struct index *index, const char *old, size_t old_len)
{
    *index = (struct index){.old = old, .old_len = old_len, .bits = 8};
    while (((size_t)1 << index->bits) < old_len / STEP * 2 && index->bits < 22) {
        index->bits++;
    }
    index->places = mem_calloc((size_t)1 << index->bits, sizeof *index->places);
    for (size_t at = 0; at + KEY <= old_len && at < UINT32_MAX - STEP; at += STEP) {
        index->places[slot_of(index, old + at)] = (uint32_t)at + 1;
    }
}

enum { WORD = sizeof(uint64_t) };

/* How far two texts agree from their beginnings. */
static size_t common(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t most = a_len < b_len ? a_len : b_len, len = 0;
    while (len + WORD <= most && memcmp(a + len, b + len, WORD) == 0) {
        len += WORD;
    }
    while (len < most && a[len] == b[len]) {
        len++;
    }
    return len;
}

/* How far they agree before their ends, at most. */
static size_t common_back(const char *a_end, const char *b_end, size_t most)
{
    size_t len = 0;
    while (len + WORD <= most && memcmp(a_end - len - WORD, b_end - len - WORD, WORD) == 0) {
        len += WORD;
    }
    while (len < most && a_end[-1 - (ptrdiff_t)len] == b_end[-1 - (ptrdiff_t)len]) {
        len++;
    }
    return len;
}

static void put_number(struct text *into, size_t value, unsigned bytes)
{
    char out[8];
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (char)(value >> 8 * (bytes - 1 - i));
    }
    text_put(into, out, bytes);
}

static void put_data(struct text *into, const char *bytes, size_t len)
{
    if (len > 0 && len <= DATA_MAX) {
        put_number(into, len, 1);
    } else if (len > 0) {
        put_number(into, 248, 1);
        put_number(into, len, 4);
    }
    text_put(into, bytes, len);
}

static void put_copy(struct text *into, size_t position, size_t len)
{
    unsigned wide = position > 0xFFFF ? 3 : 0;
    unsigned size = len <= 0xFF ? 0 : len <= 0xFFFF ? 1 : 2;
    put_number(into, 249 + wide + size, 1);
    put_number(into, position, wide > 0 ? 4 : 2);
    put_number(into, len, 1U << size);
}

/* What of the old body goes on here: first where the last copy would go on behind a change of the
 * same length, as a price that moved is; else wherever the index knows of. */
static size_t find(const struct index *index, const char *at, size_t left, size_t likely,
                   size_t *ret_position)
{
    *ret_position = likely;
    if (likely < index->old_len) {
        size_t len = common(index->old + likely, index->old_len - likely, at, left);
        if (len >= SHORTEST) {
            return len;
        }
    }
    uint32_t place = left >= KEY ? index->places[slot_of(index, at)] : 0;
    *ret_position = place - 1;
    return place == 0 ? 0 : common(index->old + place - 1, index->old_len - (place - 1), at, left);
}

/* Nearly always one row has changed, and little of it: no index is needed to say that. False, and
 * nothing is put, when more has. */
static bool tell_one_change(const char *old, size_t old_len, const char *new, size_t new_len,
                            struct text *into)
{
    size_t front = common(old, old_len, new, new_len);
    size_t most = (old_len < new_len ? old_len : new_len) - front;
    size_t back = common_back(old + old_len, new + new_len, most);
    size_t between = new_len - front - back;
    if (between > SHORT_CHANGE) {
        return false;
    }
    if (front > 0) {
        put_copy(into, 0, front);
    }
    put_data(into, new + front, between);
    if (back > 0) {
        put_copy(into, old_len - back, back);
    }
    put_number(into, 0, 1);
    return true;
}

void delta_make(const char *old, size_t old_len, const char *new, size_t new_len, struct text *into)
{
    struct index index;
    text_put(into, GDIFF_MAGIC, GDIFF_MAGIC_LEN);
    if (tell_one_change(old, old_len, new, new_len, into)) {
        return;
    }
    index_fill(&index, old, old_len);
    size_t at = 0, told = 0, likely = 0; /* the old body's place that stands for `at` */
    while (at < new_len) {
        size_t position;
        size_t len = find(&index, new + at, new_len - at, likely, &position);
        if (len < SHORTEST) {
            at++;
            likely++;
            continue;
        }
        while (at > told && position > 0 && new[at - 1] == old[position - 1]) {
            at--; /* what the index has no place for */
            position--;
            len++;
        }
        put_data(into, new + told, at - told);
        put_copy(into, position, len);
        told = at += len;
        likely = position + len;
    }
    put_data(into, new + told, new_len - told);
    put_number(into, 0, 1);
    free(index.places);
}
