#include "contrast.h"

#include <blotter/tui/color.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define INDEX(n)                                                                                   \
    {                                                                                              \
        .kind = COLOR_INDEX, .index = (n)                                                          \
    }
#define RGB(r, g, b)                                                                               \
    {                                                                                              \
        .kind = COLOR_RGB, .red = (r), .green = (g), .blue = (b)                                   \
    }

static void parses(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool good;
        struct color expected;
    } rows[] = {
        {"default", true, {.kind = COLOR_DEFAULT}},
        {"red", true, INDEX(1)},
        {"Bright-White", true, INDEX(15)},
        {"grey", true, INDEX(8)},
        {"0", true, INDEX(0)},
        {"255", true, INDEX(255)},
        {"#01fFa0", true, RGB(1, 255, 160)},
        {"256", false, {0}},
        {"-1", false, {0}},
        {"1x", false, {0}},
        {"0001", false, {0}},
        {"#12345", false, {0}},
        {"#1234567", false, {0}},
        {"#12345g", false, {0}},
        {"# 12345", false, {0}},
        {"redd", false, {0}},
        {"", false, {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct color color = INDEX(77);
        assert_int_equal(color_parse(rows[i].word, &color), rows[i].good);
        if (rows[i].good) {
            assert_true(color_equal(color, rows[i].expected));
        } else {
            assert_int_equal(color.index, 77);
        }
    }
}

static void reduces(void **state)
{
    (void)state;
    static const struct {
        struct color color;
        enum color_depth depth;
        struct color expected;
    } rows[] = {
        {RGB(1, 2, 3), COLOR_TRUE, RGB(1, 2, 3)},
        {RGB(255, 0, 0), COLOR_256, INDEX(196)},
        {RGB(8, 8, 8), COLOR_256, INDEX(232)},
        {RGB(0, 0, 0), COLOR_256, INDEX(16)},
        {INDEX(3), COLOR_256, INDEX(3)},
        {RGB(250, 10, 10), COLOR_16, INDEX(9)},
        {RGB(200, 5, 5), COLOR_16, INDEX(1)},
        {INDEX(196), COLOR_16, INDEX(9)},
        {INDEX(12), COLOR_16, INDEX(12)},
        {INDEX(12), COLOR_8, INDEX(4)},
        {RGB(0, 255, 0), COLOR_8, INDEX(2)},
        {INDEX(12), COLOR_MONO, {.kind = COLOR_DEFAULT}},
        {RGB(9, 9, 9), COLOR_MONO, {.kind = COLOR_DEFAULT}},
        {{.kind = COLOR_DEFAULT}, COLOR_8, {.kind = COLOR_DEFAULT}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(color_equal(color_reduce(rows[i].color, rows[i].depth), rows[i].expected));
    }
}

/* No depth may ever get an index that it does not have. */
static void reduces_into_range(void **state)
{
    (void)state;
    static const int limits[] = {[COLOR_8] = 8, [COLOR_16] = 16, [COLOR_256] = 256};
    for (int depth = COLOR_8; depth <= COLOR_256; depth++) {
        for (int i = 0; i < 4096; i++) {
            struct color rgb =
                RGB((uint8_t)(i % 16 * 17), (uint8_t)(i / 16 % 16 * 17), (uint8_t)(i / 256 * 17));
            struct color reduced = color_reduce(rgb, (enum color_depth)depth);
            assert_int_equal(reduced.kind, COLOR_INDEX);
            assert_true(reduced.index < limits[depth]);
        }
    }
}

static void measures_contrast(void **state)
{
    (void)state;
    struct color black = RGB(0, 0, 0);
    struct color white = RGB(255, 255, 255);
    struct color gray = RGB(118, 118, 118);
    assert_true(color_contrast(black, white) > 20.99 && color_contrast(black, white) < 21.01);
    assert_true(color_contrast(white, black) > 20.99);
    assert_true(color_contrast(gray, white) > 4.5 && color_contrast(gray, white) < 4.6);
    assert_true(color_contrast(gray, gray) < 1.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(reduces),
        cmocka_unit_test(reduces_into_range),
        cmocka_unit_test(measures_contrast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
