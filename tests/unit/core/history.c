#include "series.h"

#include <blotter/core/history.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define GAP ((double)NAN)

static void test_points(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct series_point added[5];
        size_t added_count;
        struct series_point expected[5];
        size_t count;
    } rows[] = {
        {"on change", {{0, 1}, {20, 1}, {40, 2}}, 3, {{0, 1}, {40, 2}}, 2},
        {"too near takes its place", {{0, 1}, {5, 2}, {40, 3}}, 3, {{0, 2}, {40, 3}}, 2},
        {"a gap is kept", {{0, 1}, {5, GAP}, {6, GAP}, {7, 2}}, 4, {{0, 1}, {5, GAP}, {7, 2}}, 3},
        {"nothing begins with a gap", {{0, GAP}, {5, 1}}, 2, {{5, 1}}, 1},
        {"what is older comes too late", {{10, 1}, {5, 2}}, 2, {{10, 1}}, 1},
        {"no infinity", {{0, 1}, {20, (double)INFINITY}}, 2, {{0, 1}}, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct series series;
        series_init(&series, 10);
        for (size_t k = 0; k < rows[i].added_count; k++) {
            series_add(&series, rows[i].added[k].x, rows[i].added[k].y);
        }
        assert_int_equal(series.count, rows[i].count);
        for (size_t k = 0; k < series.count; k++) {
            double is = series.points[k].y, expected = rows[i].expected[k].y;
            bool equal = isnan(expected) ? isnan(is) : fabs(is - expected) < 1e-9;
            if (!equal || series.points[k].x != rows[i].expected[k].x) {
                fail_msg("%s: point %zu", rows[i].name, k);
            }
        }
        series_done(&series);
    }
}

/* A day of seconds: what is kept is coarser, whole, in order, and knows the extremes. */
static void test_ceiling(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 1000);
    for (int64_t at = 0; at < 86400; at++) {
        double y = at == 40000 ? 1e6 : (double)(at % 97);
        series_add(&series, at * 1000, at % 5000 == 0 ? GAP : y);
    }
    assert_true(series.count <= SERIES_POINTS_MAX && series.count > SERIES_POINTS_MAX / 4);
    assert_true(series.step >= 64000);
    assert_true(series.points[0].x < 200000 && series.points[series.count - 1].x > 86000000);
    for (size_t i = 1; i < series.count; i++) {
        assert_true(series.points[i].x > series.points[i - 1].x);
    }
    assert_true(series.high < 97 && series.low > -0.5);
    assert_true(isnan(series_at(&series, -1)));
    series_done(&series);
    /* Gaps alone cannot be made coarser. */
    series_init(&series, 1);
    for (int64_t at = 0; at < 100000; at++) {
        series_add(&series, at * 10, at % 2 == 0 ? 1 : GAP);
    }
    assert_true(series.count <= SERIES_POINTS_MAX);
    series_done(&series);
}

static void test_at(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 1);
    series_add(&series, 10, 1);
    series_add(&series, 20, GAP);
    series_add(&series, 30, 3);
    assert_true(isnan(series_at(&series, 9)) && isnan(series_at(&series, 25)));
    assert_true(fabs(series_at(&series, 10) - 1) < 1e-9 && fabs(series_at(&series, 99) - 3) < 1e-9);
    series_done(&series);
}

static void test_symbols(void **state)
{
    (void)state;
    struct history *history = history_new();
    for (int i = 0; i < (int)HISTORY_SYMBOLS_MAX + 9; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", i * 7919 % 1009);
        history_add_price(history, name, 1000, i);
        history_add_price(history, name, 5000, i + 0.5);
    }
    assert_non_null(history_bars(history, HISTORY_SYMBOLS_MAX - 1));
    assert_null(history_bars(history, HISTORY_SYMBOLS_MAX));
    const struct series *first = history_price(history, "S0");
    assert_non_null(first);
    assert_int_equal(first->count, 2);
    history_add_price(history, "", 1, 1);
    history_add_price(history, "unknown", 1, GAP);
    assert_null(history_price(history, ""));
    assert_null(history_price(history, "unknown"));
    history_gap(history, 9000);
    assert_true(isnan(series_at(first, 9000)));
    history_add(history, HISTORY_DAY, 1000, 5);
    assert_int_equal(history_figure(history, HISTORY_DAY)->count, 1);
    history_clear(history);
    assert_int_equal(history_figure(history, HISTORY_DAY)->count, 0);
    assert_null(history_price(history, "S0"));
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_points),
                                       cmocka_unit_test(test_ceiling), cmocka_unit_test(test_at),
                                       cmocka_unit_test(test_symbols)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
