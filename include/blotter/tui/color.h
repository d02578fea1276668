/*
 * color: colours as themes write them, and the one place that maps them to what a terminal has.
 * Pure.
 */
#ifndef BLOTTER_TUI_COLOR_H
#define BLOTTER_TUI_COLOR_H

#include <stdbool.h>
#include <stdint.h>

enum color_kind { COLOR_DEFAULT, COLOR_INDEX, COLOR_RGB };

struct color {
    uint8_t kind;             /* enum color_kind */
    uint8_t index;            /* 0..255, COLOR_INDEX */
    uint8_t red, green, blue; /* COLOR_RGB */
};

enum color_depth {
    COLOR_MONO, /* attributes only */
    COLOR_8,
    COLOR_16,
    COLOR_256,
    COLOR_TRUE
};

/* "default", "red", "bright-red", "gray", "0".."255" or "#rrggbb". False leaves *ret alone. */
bool color_parse(const char *word, struct color *ret);

/* The nearest colour that the depth has. COLOR_MONO has the default alone. */
struct color color_reduce(struct color color, enum color_depth depth);

/* The colour as RGB: an index by xterm's palette, the default as the given one. */
struct color color_to_rgb(struct color color, struct color default_rgb);

bool color_equal(struct color a, struct color b);

#endif
