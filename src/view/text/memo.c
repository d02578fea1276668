#include "text/memo.h"

#include <string.h>

void memo_forget(struct memo *memo)
{
    memo->known = false;
}

uint64_t memo_bytes(uint64_t seed, const void *bytes, size_t len)
{
    const char *at = bytes;
    uint64_t word, number = memo_mix(seed, len);
    for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        number = memo_mix(number, word);
    }
    word = 0;
    memcpy(&word, at, len);
    return memo_mix(number, word);
}

static size_t count_shown(const struct memo *memo, const uint64_t *wanted, size_t from, long by)
{
    size_t count = 0, lines = (size_t)memo->area.height;
    for (size_t i = from; i < lines; i++) {
        long was = (long)i - by;
        count += was >= (long)from && was < (long)lines && memo->lines[was] == wanted[i];
    }
    return count;
}

/* How far the lines from the first one that differs have moved down; 0 when they have not. */
static long find_move(const struct memo *memo, const uint64_t *wanted, size_t first)
{
    size_t lines = (size_t)memo->area.height;
    long best = 0;
    size_t most = count_shown(memo, wanted, first, 0);
    int tries = 4; /* equal lines, as blank ones, would make this slow */
    for (size_t i = first + 1; i < lines && tries > 0; i++) {
        long by = memo->lines[first] == wanted[i]   ? (long)(i - first)
                  : memo->lines[i] == wanted[first] ? -(long)(i - first)
                                                    : 0;
        tries -= by != 0;
        size_t shown = by != 0 ? count_shown(memo, wanted, first, by) : 0;
        if (shown > most) {
            best = by;
            most = shown;
        }
    }
    return best;
}

static void copy_line(struct memo *memo, struct canvas *canvas, long from, long to)
{
    struct rect line = {memo->area.x, memo->area.y + (int)to, memo->area.width, 1};
    canvas_copy(canvas, line, memo->area.y + (int)from);
    memo->lines[to] = memo->lines[from];
}

static void move_lines(struct memo *memo, struct canvas *canvas, const uint64_t *wanted)
{
    long lines = memo->area.height, first = 0;
    while (first < lines && memo->lines[first] == wanted[first]) {
        first++;
    }
    long by = first < lines ? find_move(memo, wanted, (size_t)first) : 0;
    for (long to = lines - 1; by > 0 && to >= first + by; to--) {
        copy_line(memo, canvas, to - by, to);
    }
    for (long to = first; by < 0 && to < lines + by; to++) {
        copy_line(memo, canvas, to - by, to);
    }
}

static bool same_area(struct rect a, struct rect b)
{
    return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

void memo_paint(struct memo *memo, struct canvas *canvas, struct rect area, const uint64_t *wanted,
                memo_paint_fn paint, void *user)
{
    bool known = memo->known && same_area(memo->area, area);
    if (known) {
        move_lines(memo, canvas, wanted);
    }
    memo->area = area;
    memo->known = true;
    for (int i = 0; i < area.height && i < CANVAS_SIDE_MAX; i++) {
        if (known && wanted[i] != MEMO_ANEW && memo->lines[i] == wanted[i]) {
            continue;
        }
        canvas_fill(canvas, (struct rect){area.x, area.y + i, area.width, 1},
                    (struct style){ROLE_TEXT, 0});
        if (wanted[i] != MEMO_BLANK) {
            paint(user, (size_t)i, area.y + i);
        }
        memo->lines[i] = wanted[i];
    }
}
