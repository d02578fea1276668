/*
 * memo: what the lines of an area show, so that only those are painted that are to show something
 * else. What a line shows is a number that its owner makes of everything it is painted from.
 */
#ifndef BLOTTER_VIEW_MEMO_H
#define BLOTTER_VIEW_MEMO_H

#include <blotter/view/canvas.h>

#define MEMO_ANEW UINT64_C(0)  /* paint the line whatever it shows */
#define MEMO_BLANK UINT64_C(1) /* nothing is on it: only cleared */

struct memo {
    struct rect area;
    uint64_t lines[CANVAS_SIDE_MAX];
    bool known;
};

/* Everything is painted next time: the area was drawn over. */
void memo_forget(struct memo *memo);

static inline uint64_t memo_mix(uint64_t a, uint64_t b)
{
    uint64_t mixed = (a + 1) * UINT64_C(0x9e3779b97f4a7c15); /* a and b do not change places */
    mixed = ((mixed ^ mixed >> 32) + b) * UINT64_C(0xd6e8feb86659fd93);
    return mixed ^ mixed >> 29;
}

/* A number for bytes. */
uint64_t memo_bytes(uint64_t seed, const void *bytes, size_t len);

/* Paints a line of the area, which is blank; y is the canvas's. */
typedef void (*memo_paint_fn)(void *user, size_t line, int y);

/*
 * Brings the area's lines to wanted[area.height]. Lines that have only moved up or down are copied;
 * the others are cleared and painted.
 */
void memo_paint(struct memo *memo, struct canvas *canvas, struct rect area, const uint64_t *wanted,
                memo_paint_fn paint, void *user);

#endif
