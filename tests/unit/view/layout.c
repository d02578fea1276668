#include "screen/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_empty(struct rect rect)
{
    return rect.width <= 0 || rect.height <= 0;
}

static bool overlap(struct rect a, struct rect b)
{
    return !is_empty(a) && !is_empty(b) && !is_empty(rect_clip(a, b));
}

static void check(const struct layout_request *request)
{
    struct layout layout;
    layout_make(request, &layout);
    struct rect parts[6 + PANE_COUNT] = {layout.top,   layout.account_line, layout.tabs,
                                         layout.state, layout.tape,         layout.symbol};
    for (int i = 0; i < PANE_COUNT; i++) {
        parts[6 + i] = layout.panes[i];
    }
    int area = 0;
    for (int i = 0; i < 6 + PANE_COUNT; i++) {
        if (is_empty(parts[i])) {
            continue;
        }
        area += parts[i].width * parts[i].height;
        assert_true(parts[i].x >= 0 && parts[i].y >= 0);
        assert_true(parts[i].x + parts[i].width <= request->columns);
        assert_true(parts[i].y + parts[i].height <= request->rows);
        for (int j = i + 1; j < 6 + PANE_COUNT; j++) {
            assert_false(overlap(parts[i], parts[j]));
        }
    }
    assert_false(is_empty(layout.top));
    if (layout.kind != LAYOUT_MINI) { /* no hole, and the focus is seen */
        assert_int_equal(area, request->columns * request->rows);
        assert_false(is_empty(layout.panes[request->focus]));
    }
}

static void test_every_size_and_choice(void **state)
{
    (void)state;
    for (int columns = 1; columns <= 210; columns += columns < 45 ? 1 : 7) {
        for (int rows = 1; rows <= 70; rows += rows < 12 ? 1 : 3) {
            for (unsigned wanted = 1; wanted < 1u << PANE_COUNT; wanted++) {
                for (int pane = 0; pane < PANE_COUNT; pane++) {
                    struct layout_request request = {.columns = columns,
                                                     .rows = rows,
                                                     .wanted = wanted,
                                                     .focus = (enum pane)pane};
                    if ((wanted & LAYOUT_PANE_BIT(pane)) != 0) {
                        check(&request);
                        request.strip = true;
                        check(&request);
                        request.told = true;
                        check(&request);
                        request.zoom = true;
                        check(&request);
                    }
                }
            }
        }
    }
}

/* Panes take the lines they need; what is left goes to the others. */
static void test_lines_go_where_rows_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int columns, rows, orders, positions;    /* needs */
        int orders_lines, positions_lines, tape; /* what they get */
    } rows[] = {
        {"few orders, many positions", 80, 24, 7, 30, 7, 12, 2},
        {"many orders, few positions", 80, 24, 40, 6, 13, 6, 2},
        {"many of both", 80, 24, 40, 40, 9, 10, 2},
        {"few of both", 80, 24, 5, 5, 5, 14, 2},
        {"none", 80, 24, 4, 4, 4, 15, 2},
        {"lower", 80, 18, 40, 40, 7, 7, 1},
        {"wide", 160, 48, 100, 9, 37, 9, 0},
        {"wide, many of both", 160, 48, 100, 100, 23, 23, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layout layout;
        struct layout_request request = {.columns = rows[i].columns, .rows = rows[i].rows};
        request.need[PANE_ORDERS] = rows[i].orders;
        request.need[PANE_POSITIONS] = rows[i].positions;
        layout_make(&request, &layout);
        if (layout.panes[PANE_ORDERS].height != rows[i].orders_lines ||
            layout.panes[PANE_POSITIONS].height != rows[i].positions_lines ||
            layout.tape.height != rows[i].tape) {
            fail_msg("%s: %d and %d lines, %d of tape", rows[i].name,
                     layout.panes[PANE_ORDERS].height, layout.panes[PANE_POSITIONS].height,
                     layout.tape.height);
        }
    }
}

static void test_breakpoints(void **state)
{
    (void)state;
    static const struct {
        int columns, rows;
        enum layout_kind kind;
    } rows[] = {
        {140, 40, LAYOUT_FULL},  {139, 40, LAYOUT_MEDIUM}, {140, 39, LAYOUT_MEDIUM},
        {96, 28, LAYOUT_MEDIUM}, {95, 28, LAYOUT_SINGLE},  {96, 27, LAYOUT_SINGLE},
        {40, 10, LAYOUT_SINGLE}, {39, 10, LAYOUT_MINI},    {40, 9, LAYOUT_MINI},
        {1, 1, LAYOUT_MINI},     {500, 200, LAYOUT_FULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layout layout;
        struct layout_request request = {.columns = rows[i].columns, .rows = rows[i].rows};
        layout_make(&request, &layout);
        assert_int_equal(layout.kind, rows[i].kind);
    }
}

/* A wider screen never gives the tables less room. */
static void test_tables_grow_with_the_screen(void **state)
{
    (void)state;
    for (int rows = 40; rows <= 70; rows += 6) {
        int before = 0;
        for (int columns = 140; columns <= 300; columns++) {
            struct layout layout;
            layout_make(&(struct layout_request){.columns = columns, .rows = rows}, &layout);
            int width = layout.panes[PANE_ORDERS].width;
            bool dock = columns == LAYOUT_DOCK_COLUMNS || columns == 236;
            if (width < (dock ? 108 : before - 1)) { /* parts are whole columns */
                fail_msg("%dx%d: %d, before %d", columns, rows, width, before);
            }
            before = width;
            assert_int_equal(layout.symbol.height > 0, columns >= LAYOUT_DOCK_COLUMNS);
            assert_true(layout.symbol.height == 0 || layout.symbol.height >= 12);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_and_choice),
        cmocka_unit_test(test_tables_grow_with_the_screen),
        cmocka_unit_test(test_lines_go_where_rows_are),
        cmocka_unit_test(test_breakpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
