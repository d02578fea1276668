#include "desk.h"

#include <blotter/view/canvas.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct style plain = {ROLE_TEXT, 0};

/* Every wide character has its right half, and nothing else has one. */
static void is_whole(const struct canvas *canvas)
{
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->columns; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y);
            const struct cell *left = canvas_cell(canvas, x - 1, y);
            assert_true(cell->width <= 2);
            assert_int_equal(cell->width == 0, left != NULL && left->width == 2);
            assert_int_equal(cell->text[0] == '\0', cell->width == 0);
        }
    }
}

static void test_wide_characters_are_never_split(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(6, 1);
    static const struct {
        int x, width;
        const char *text, *expected;
    } rows[] = {
        {0, 6, "漢字漢", "漢字漢\n"}, {1, 1, "x", " x字漢\n"}, {2, 1, "y", " xy 漢\n"},
        {5, 1, "漢", " xy 漢\n"},     {3, 2, "字", " xy字\n"}, {4, 2, "ab", " xy ab\n"},
        {-1, 3, "漢z", " zy ab\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        canvas_put(canvas, (struct rect){rows[i].x, 0, rows[i].width, 1}, rows[i].text, plain);
        char *text = canvas_text(canvas);
        assert_string_equal(text, rows[i].expected);
        free(text);
        is_whole(canvas);
    }
    canvas_free(canvas);
}

static void test_nothing_is_written_outside(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(7, 3);
    for (int x = -20; x < 20; x++) {
        for (int y = -5; y < 8; y++) {
            for (int size = 0; size < 30; size += 5) {
                struct rect area = {x, y, size, size};
                canvas_fill(canvas, area, plain);
                canvas_box(canvas, area, BOX_HEAVY, plain);
                canvas_put(canvas, area, "漢abc字", plain);
                canvas_put_right(canvas, area, "漢abc字", plain);
                canvas_tint(canvas, area, (struct style){ROLE_MATCH, CELL_BOLD});
            }
        }
    }
    is_whole(canvas);
    assert_null(canvas_cell(canvas, 7, 0));
    assert_null(canvas_cell(canvas, 0, 3));
    assert_null(canvas_cell(canvas, -1, 0));
    canvas_free(canvas);
}

static void test_a_box_and_its_ascii_form(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(5, 3);
    canvas_box(canvas, (struct rect){0, 0, 5, 3}, BOX_LIGHT, plain);
    char *text = canvas_text(canvas);
    assert_string_equal(text, "┌───┐\n│   │\n└───┘\n");
    free(text);
    canvas->ascii = true;
    canvas_box(canvas, (struct rect){0, 0, 5, 3}, BOX_HEAVY, plain);
    canvas_put(canvas, (struct rect){1, 1, 3, 1}, "漢e\u0301", plain);
    text = canvas_text(canvas);
    assert_string_equal(text, "+===+\n|??e|\n+===+\n");
    free(text);
    is_whole(canvas);
    canvas_free(canvas);
}

static void test_sizes_have_limits(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(0, -4);
    assert_int_equal(canvas->columns, 1);
    assert_int_equal(canvas->rows, 1);
    canvas_resize(canvas, 1 << 20, 2);
    assert_int_equal(canvas->columns, CANVAS_SIDE_MAX);
    canvas_free(canvas);
}

static void test_put_reports_and_aligns(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(10, 1);
    assert_int_equal(canvas_put(canvas, (struct rect){0, 0, 10, 1}, "abc", plain), 3);
    assert_int_equal(canvas_put(canvas, (struct rect){0, 0, 2, 1}, "abc", plain), 2);
    assert_int_equal(canvas_put(canvas, (struct rect){0, 1, 2, 1}, "abc", plain), 0);
    canvas_put_right(canvas, (struct rect){4, 0, 6, 1}, "12", plain);
    char *text = canvas_text(canvas);
    assert_string_equal(text, "abc     12\n");
    free(text);
    canvas_free(canvas);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_characters_are_never_split),
        cmocka_unit_test(test_nothing_is_written_outside),
        cmocka_unit_test(test_a_box_and_its_ascii_form),
        cmocka_unit_test(test_sizes_have_limits),
        cmocka_unit_test(test_put_reports_and_aligns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
