#include <blotter/tui/color.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAMED_COLORS = 16, CUBE_FIRST = 16, GRAY_FIRST = 232, GRAY_COUNT = 24, CUBE_SIDE = 6 };

struct named_color {
    const char *name;
    uint8_t index;
};

static const struct named_color names[] = {
    {"black", 0},         {"red", 1},
    {"green", 2},         {"yellow", 3},
    {"blue", 4},          {"magenta", 5},
    {"cyan", 6},          {"white", 7},
    {"gray", 8},          {"grey", 8},
    {"bright-black", 8},  {"bright-red", 9},
    {"bright-green", 10}, {"bright-yellow", 11},
    {"bright-blue", 12},  {"bright-magenta", 13},
    {"bright-cyan", 14},  {"bright-white", 15},
};

/* xterm's own figures; every terminal bends them a little. */
static const uint8_t palette[NAMED_COLORS][3] = {
    {0, 0, 0},     {205, 0, 0},     {0, 205, 0},     {205, 205, 0},   {0, 0, 238}, {205, 0, 205},
    {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},     {0, 255, 0}, {255, 255, 0},
    {92, 92, 255}, {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
};

static const uint8_t cube_levels[CUBE_SIDE] = {0, 95, 135, 175, 215, 255};

static struct color make_rgb(int red, int green, int blue)
{
    return (struct color){COLOR_RGB, 0, (uint8_t)red, (uint8_t)green, (uint8_t)blue};
}

static struct color make_index(int index)
{
    return (struct color){.kind = COLOR_INDEX, .index = (uint8_t)index};
}

static bool parse_hex(const char *word, struct color *ret)
{
    char *end;
    if (strlen(word) != 7 || strspn(word + 1, "0123456789abcdefABCDEF") != 6) {
        return false;
    }
    unsigned long value = strtoul(word + 1, &end, 16);
    *ret = make_rgb((int)(value >> 16), (int)(value >> 8 & 0xFF), (int)(value & 0xFF));
    return true;
}

static bool parse_number(const char *word, struct color *ret)
{
    size_t len = strlen(word);
    if (len > 3 || strspn(word, "0123456789") != len) {
        return false;
    }
    unsigned long value = strtoul(word, NULL, 10);
    if (value > 255) {
        return false;
    }
    *ret = make_index((int)value);
    return true;
}

bool color_parse(const char *word, struct color *ret)
{
    if (word[0] == '#') {
        return parse_hex(word, ret);
    }
    if (word[0] >= '0' && word[0] <= '9') {
        return parse_number(word, ret);
    }
    if (strcasecmp(word, "default") == 0) {
        *ret = (struct color){.kind = COLOR_DEFAULT};
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(word, names[i].name) == 0) {
            *ret = make_index(names[i].index);
            return true;
        }
    }
    return false;
}

struct color color_to_rgb(struct color color, struct color default_rgb)
{
    if (color.kind == COLOR_DEFAULT) {
        return default_rgb;
    }
    if (color.kind == COLOR_RGB) {
        return color;
    }
    int index = color.index;
    if (index < CUBE_FIRST) {
        return make_rgb(palette[index][0], palette[index][1], palette[index][2]);
    }
    if (index < GRAY_FIRST) {
        index -= CUBE_FIRST;
        return make_rgb(cube_levels[index / (CUBE_SIDE * CUBE_SIDE)],
                        cube_levels[index / CUBE_SIDE % CUBE_SIDE], cube_levels[index % CUBE_SIDE]);
    }
    int level = 8 + 10 * (index - GRAY_FIRST);
    return make_rgb(level, level, level);
}

/* Weighted for the eye: cheap, and good enough to tell green from gray. */
static long distance(struct color a, struct color b)
{
    long red = a.red - b.red;
    long green = a.green - b.green;
    long blue = a.blue - b.blue;
    return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

static int nearest(struct color rgb, int first, int end)
{
    int best = first;
    long best_distance = -1;
    for (int i = first; i < end; i++) {
        long d = distance(rgb, color_to_rgb(make_index(i), rgb));
        if (best_distance < 0 || d < best_distance) {
            best = i;
            best_distance = d;
        }
    }
    return best;
}

struct color color_reduce(struct color color, enum color_depth depth)
{
    if (color.kind == COLOR_DEFAULT || depth == COLOR_TRUE) {
        return color;
    }
    if (depth == COLOR_MONO) {
        return (struct color){.kind = COLOR_DEFAULT};
    }
    if (depth == COLOR_256) {
        /* The first 16 belong to the user's palette, so no RGB is sent there. */
        return color.kind == COLOR_INDEX ? color : make_index(nearest(color, CUBE_FIRST, 256));
    }
    int index = color.index;
    if (color.kind == COLOR_RGB || index >= NAMED_COLORS) {
        index = nearest(color_to_rgb(color, color), 0, NAMED_COLORS);
    }
    return make_index(depth == COLOR_8 ? index % 8 : index);
}

bool color_equal(struct color a, struct color b)
{
    return a.kind == b.kind && (a.kind != COLOR_INDEX || a.index == b.index) &&
           (a.kind != COLOR_RGB || (a.red == b.red && a.green == b.green && a.blue == b.blue));
}
