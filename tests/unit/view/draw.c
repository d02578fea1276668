#include "desk.h"
#include "text/draw.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GAP ((double)NAN)
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct style plain = {ROLE_TEXT, 0};

/* --- buckets -------------------------------------------------------------------------------- */

static void same(const double *is, const double *expected, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        bool equal = isnan(expected[i]) ? isnan(is[i]) : fabs(is[i] - expected[i]) < 1e-9;
        if (!equal) {
            fail_msg("%s: bucket %zu is %g, not %g", name, i, is[i], expected[i]);
        }
    }
}

static void test_buckets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct series_point points[4];
        size_t count;
        struct draw_span span;
        double expected[4];
    } rows[] = {
        {"nothing is known", {{0}}, 0, {0, 40}, {GAP, GAP, GAP, GAP}},
        {"a figure holds until the next", {{5, 1}, {25, 2}}, 2, {0, 40}, {1, 1, 2, 2}},
        {"what held before holds at the beginning", {{-9, 7}}, 1, {0, 40}, {7, 7, 7, 7}},
        {"a gap lasts until something is known",
         {{5, 1}, {15, GAP}, {35, 3}},
         3,
         {0, 40},
         {1, 1, GAP, 3}},
        {"a short gap hides nothing", {{5, 1}, {15, GAP}, {16, 2}}, 3, {0, 40}, {1, 2, 2, 2}},
        {"the last of a bucket counts", {{1, 1}, {2, 9}, {3, 2}}, 3, {0, 40}, {2, 2, 2, 2}},
        {"a gap from before", {{-5, 1}, {-1, GAP}, {21, 4}}, 3, {0, 40}, {GAP, GAP, 4, 4}},
        {"what comes after the end is not in it", {{5, 1}, {41, 8}}, 2, {0, 40}, {1, 1, 1, 1}},
        {"the end is in it", {{40, 8}}, 1, {0, 40}, {GAP, GAP, GAP, 8}},
        {"a span without width", {{5, 1}}, 1, {5, 5}, {1, 1, 1, 1}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double out[4];
        draw_buckets((struct draw_points){rows[i].points, rows[i].count}, rows[i].span, out, 4);
        same(out, rows[i].expected, 4, rows[i].name);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    struct draw_range none = draw_range_of((const double[]){GAP, GAP}, 2);
    assert_true(isnan(none.low) && isnan(none.high));
    struct draw_range some = draw_range_of((const double[]){3, GAP, -2}, 3);
    assert_true(some.low < -1.9 && some.high > 2.9);
    some = draw_range_with(some, GAP);
    some = draw_range_with(some, (double)INFINITY);
    assert_true(some.low < -1.9 && some.high > 2.9 && some.high < 3.1);
    const struct series_point points[] = {{0, 9}, {10, 1}, {20, GAP}, {30, 5}};
    struct draw_range in =
        draw_range_in((struct draw_points){points, 4}, (struct draw_span){15, 40});
    same(&in.low, (const double[]){1, 5}, 2, "what holds when it begins counts");
    in = draw_range_in((struct draw_points){points, 4}, (struct draw_span){22, 40});
    same(&in.low, (const double[]){5, 5}, 2, "a gap that lasts has no figure");
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        struct draw_range range;
        double value;
        int columns, expected;
    } rows[] = {
        {{0, 10}, 0, 5, 0},    {{0, 10}, 10, 5, 4},    {{0, 10}, 5, 5, 2},
        {{0, 10}, 11, 5, -1},  {{0, 10}, -1, 5, -1},   {{7, 7}, 7, 5, 2},
        {{0, 10}, GAP, 5, -1}, {{GAP, GAP}, 1, 5, -1}, {{0, 10}, 5, 0, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(draw_place(rows[i].range, rows[i].value, rows[i].columns),
                         rows[i].expected);
    }
}

/* --- pictures ------------------------------------------------------------------------------- */

#define POINTS_MAX 24

static void looks(const struct draw_chart *chart, struct rect area, const char *expected,
                  const char *name)
{
    struct canvas *canvas = canvas_new(area.x + area.width, area.y + area.height);
    canvas->ascii = chart->kind == DRAW_ASCII;
    draw_chart(canvas, area, chart);
    char *text = canvas_text(canvas);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s is\n%sbut should be\n%s", name, text, expected);
    }
    free(text);
    canvas_free(canvas);
}

static void test_curves(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum draw_kind kind;
        int width, height;
        double values[POINTS_MAX];
        const char *expected;
    } rows[] = {
        {"braille rises", DRAW_BRAILLE, 4, 1, {0, 0, 1, 1, 2, 2, 3, 3}, "⣀⠤⠒⠉\n"},
        {"a jump is one line", DRAW_BRAILLE, 2, 2, {0, 7, 7, 0}, "⢸⢱\n⡸⢸\n"},
        {"a gap stays one", DRAW_BRAILLE, 4, 1, {0, 0, GAP, GAP, GAP, GAP, 3, 3}, "⣀  ⠉\n"},
        {"a flat one lies in the middle", DRAW_BRAILLE, 3, 1, {5, 5, 5, 5, 5, 5}, "⠒⠒⠒\n"},
        {"nothing at all", DRAW_BRAILLE, 3, 1, {GAP, GAP, GAP, GAP, GAP, GAP}, "\n"},
        {"blocks", DRAW_BLOCK, 8, 1, {0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█\n"},
        {"blocks of two lines", DRAW_BLOCK, 4, 2, {0, GAP, 8, 15}, "  ▁█\n▁ ██\n"},
        {"ascii", DRAW_ASCII, 6, 1, {0, 1, 2, 2, GAP, 0}, "_-'' _\n"},
        {"ascii jumps", DRAW_ASCII, 4, 3, {0, 0, 8, 8}, "  ''\n  |\n__|\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct draw_chart chart = {.kind = rows[i].kind, .values = rows[i].values};
        chart.range = draw_range_of(rows[i].values, draw_columns(rows[i].kind, rows[i].width));
        looks(&chart, (struct rect){0, 0, rows[i].width, rows[i].height}, rows[i].expected,
              rows[i].name);
    }
}

static void test_levels(void **state)
{
    (void)state;
    static const struct draw_level levels[] = {
        {.value = 0, .left = "0", .style = {ROLE_DIM, 0}},
        {.value = 8, .left = "+8k", .right = "high", .style = {ROLE_DIM, 0}},
        {.value = 0.2, .left = "too near", .style = {ROLE_DIM, 0}},
        {.value = 99, .left = "outside", .style = {ROLE_DIM, 0}},
        {.value = NAN, .left = "unknown", .style = {ROLE_DIM, 0}},
    };
    double values[POINTS_MAX] = {0, 0, 0, 0, 3, 3, 3, 3, GAP, GAP, GAP, GAP, 6, 6, 6, 6};
    struct draw_chart chart = {.kind = DRAW_BRAILLE,
                               .values = values,
                               .range = {0, 8},
                               .left = 4,
                               .levels = levels,
                               .level_count = COUNT(levels)};
    looks(&chart, (struct rect){1, 1, 13, 3},
          "\n"
          "  +8k┤┈┈┈┈high\n"
          "     │  ⣀⣀\n"
          "    0┤⣀⣀⠇┈┈┈┈┈\n",
          "lines and labels");
    chart.kind = DRAW_ASCII;
    double coarse[POINTS_MAX] = {0, 0, 3, 3, GAP, GAP, 5, 5};
    chart.values = coarse;
    looks(&chart, (struct rect){0, 0, 13, 3},
          " +8k+. . high\n"
          "    |  __  ''\n"
          "   0+__| . .\n",
          "lines and labels in ASCII");
}

/* The picture of levels above and of everything else stays inside of its area. */
static void test_stays_inside(void **state)
{
    (void)state;
    static const double values[2 * POINTS_MAX] = {1, 5, 2, 9};
    static const struct draw_level level = {.value = 5, .left = "five", .right = "words"};
    for (int kind = DRAW_BRAILLE; kind <= DRAW_ASCII; kind++) {
        for (int width = 0; width <= POINTS_MAX; width++) {
            for (int height = 0; height < 6; height++) {
                struct canvas *canvas = canvas_new(40, 10);
                struct draw_chart chart = {.kind = (enum draw_kind)kind,
                                           .values = values,
                                           .range = {0, 9},
                                           .left = 5,
                                           .levels = &level,
                                           .level_count = 1};
                struct rect area = {3, 2, width, height};
                draw_chart(canvas, area, &chart);
                for (int y = 0; y < canvas->rows; y++) {
                    for (int x = 0; x < canvas->columns; x++) {
                        assert_true(rect_contains(area, x, y) ||
                                    strcmp(canvas_cell(canvas, x, y)->text, " ") == 0);
                    }
                }
                canvas_free(canvas);
            }
        }
    }
}

/* More levels than there is room for, and a curve wider than the widest screen. */
static void test_ceilings(void **state)
{
    (void)state;
    static struct draw_level levels[DRAW_LEVELS_MAX + 5];
    const size_t level_count = COUNT(levels);
    for (size_t i = 0; i < level_count; i++) {
        levels[i] = (struct draw_level){.value = (double)i, .left = "x", .style = plain};
    }
    static double values[DRAW_COLUMNS_MAX];
    struct canvas *canvas = canvas_new(CANVAS_SIDE_MAX, 40);
    struct draw_chart chart = {.kind = DRAW_BRAILLE,
                               .values = values,
                               .range = {0, (double)level_count},
                               .left = 2,
                               .levels = levels,
                               .level_count = level_count};
    draw_chart(canvas, (struct rect){0, 0, CANVAS_SIDE_MAX, 40}, &chart);
    size_t labels = 0;
    for (int y = 0; y < 40; y++) {
        labels += strcmp(canvas_cell(canvas, 1, y)->text, "x") == 0;
    }
    assert_int_equal(labels, DRAW_LEVELS_MAX);
    assert_int_equal(draw_columns(DRAW_BRAILLE, CANVAS_SIDE_MAX * 3), DRAW_COLUMNS_MAX);
    assert_int_equal(draw_columns(DRAW_BLOCK, -4), 0);
    canvas_free(canvas);
}

static void test_spark(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(8, 1);
    const double values[] = {1, 2, GAP, 8, 8, 4};
    draw_spark(canvas, (struct rect){1, 0, 6, 1}, values, DRAW_BLOCK, plain);
    char *text = canvas_text(canvas);
    assert_string_equal(text, " ▁▂ ██▄\n");
    free(text);
    canvas_free(canvas);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets),  cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_places),   cmocka_unit_test(test_curves),
        cmocka_unit_test(test_levels),   cmocka_unit_test(test_stays_inside),
        cmocka_unit_test(test_ceilings), cmocka_unit_test(test_spark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
