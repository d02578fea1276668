#include <blotter/core/moment.h>
#include <blotter/view/format.h>
#include <blotter/view/text.h>

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_figures(void **state)
{
    (void)state;
    static const struct {
        enum format_grouping grouping;
        double value;
        int decimals;
        unsigned flags;
        const char *expected;
    } rows[] = {
        {FORMAT_INDIAN, 1234567, 2, 0, "12,34,567.00"},
        {FORMAT_INDIAN, -1234567, 2, 0, "-12,34,567.00"},
        {FORMAT_INDIAN, 123456789012, 0, 0, "1,23,45,67,89,012"},
        {FORMAT_INDIAN, 999, 0, 0, "999"},
        {FORMAT_INDIAN, 1000, 0, 0, "1,000"},
        {FORMAT_INDIAN, 99999, 0, 0, "99,999"},
        {FORMAT_INDIAN, 100000, 0, 0, "1,00,000"},
        {FORMAT_WESTERN, 1234567.891, 2, 0, "1,234,567.89"},
        {FORMAT_WESTERN, -1234567, 0, 0, "-1,234,567"},
        {FORMAT_NO_GROUPING, 1234567, 2, 0, "1234567.00"},
        {FORMAT_LOCALE, 1234567, 2, 0, "1,234,567.00"},
        {FORMAT_WESTERN, 2.675, 2, 0, "2.68"},
        {FORMAT_WESTERN, -2.675, 2, 0, "-2.68"},
        {FORMAT_WESTERN, 1.005, 2, 0, "1.01"},
        {FORMAT_WESTERN, 0.125, 2, 0, "0.13"},
        {FORMAT_WESTERN, 2.674999, 2, 0, "2.67"},
        {FORMAT_WESTERN, 999.995, 2, 0, "1,000.00"},
        {FORMAT_WESTERN, 0.004, 2, FORMAT_SIGN, "0.00"},
        {FORMAT_WESTERN, -0.004, 2, FORMAT_SIGN, "0.00"},
        {FORMAT_WESTERN, -0.0, 2, FORMAT_SIGN, "0.00"},
        {FORMAT_WESTERN, 6280.5, 2, FORMAT_SIGN, "+6,280.50"},
        {FORMAT_WESTERN, -6280.5, 2, FORMAT_SIGN, "-6,280.50"},
        {FORMAT_WESTERN, 0.41, 2, FORMAT_SIGN | FORMAT_PERCENT, "+0.41%"},
        {FORMAT_WESTERN, -3.05, 2, FORMAT_DERIVED | FORMAT_SIGN, "~-3.05"},
        {FORMAT_WESTERN, 1234, 0, FORMAT_PLAIN, "1234"},
        {FORMAT_WESTERN, 0.0525, 4, 0, "0.0525"},
        {FORMAT_WESTERN, 0.00000842, 4, FORMAT_PRICE, "0.00000842"},
        {FORMAT_WESTERN, 0.00000842, 4, 0, "0.0000"},
        {FORMAT_WESTERN, -0.0000000912, 2, FORMAT_PRICE | FORMAT_SIGN, "-9.12e-08"},
        {FORMAT_WESTERN, 0.00000009, 4, FORMAT_PRICE | FORMAT_SIGN, "+0.00000009"},
        {FORMAT_WESTERN, 0.000123456789, 2, FORMAT_PRICE, "0.0001235"},
        {FORMAT_WESTERN, 0.000000001, 0, FORMAT_PRICE, "0.000000001"},
        {FORMAT_WESTERN, 0.0000000001, 0, FORMAT_PRICE, "1e-10"},
        {FORMAT_WESTERN, 0.05, 2, FORMAT_PRICE, "0.05"},
        {FORMAT_WESTERN, 0.0525, 2, FORMAT_PRICE, "0.0525"},
        {FORMAT_WESTERN, 0.1234567, 2, FORMAT_PRICE, "0.1235"},
        {FORMAT_WESTERN, 24500.05, 2, FORMAT_PRICE, "24,500.05"},
        {FORMAT_WESTERN, 0, 2, FORMAT_PRICE | FORMAT_SIGN, "0.00"},
        {FORMAT_WESTERN, 1e-300, 4, FORMAT_PRICE | FORMAT_DERIVED, "~1e-300"},
        {FORMAT_WESTERN, 1, 99, 0, "1.000000000"},
        {FORMAT_WESTERN, 0.123456789, 9, 0, "0.123456789"},
        {FORMAT_WESTERN, 1, -3, 0, "1"},
        {FORMAT_WESTERN, 999999999999999.0, 0, 0, "999,999,999,999,999"},
        {FORMAT_INDIAN, 999999999999999.0, 2, 0, "99,99,99,99,99,99,999"},
        {FORMAT_WESTERN, 1e15, 2, 0, "1.000000e+15"},
        {FORMAT_WESTERN, -1.5e300, 2, FORMAT_SIGN, "-1.500000e+300"},
        {FORMAT_WESTERN, NAN, 2, FORMAT_SIGN, "—"},
        {FORMAT_WESTERN, INFINITY, 2, 0, "####"},
        {FORMAT_WESTERN, -INFINITY, 2, 0, "####"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct format format = {.grouping = rows[i].grouping};
        char out[FORMAT_MAX];
        int width = format_number(
            &format, (struct format_figure){rows[i].value, rows[i].decimals, rows[i].flags}, out);
        assert_string_equal(out, rows[i].expected);
        assert_int_equal(width, text_width(out));
    }
}

static void test_the_locale_decides_when_asked(void **state)
{
    (void)state;
    static const struct {
        const char *separator, *decimal, grouping[4], *expected;
    } rows[] = {
        {".", ",", {3, 3}, "-1.234.567,50"},
        {"\u202f", ",", {3, 3}, "-1\u202f234\u202f567,50"},
        {",", ".", {3, 2}, "-12,34,567.50"},
        {",", ".", {3, 127}, "-1234,567.50"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct format format = {.grouping = FORMAT_LOCALE};
        char out[FORMAT_MAX];
        snprintf(format.locale_separator, sizeof format.locale_separator, "%s", rows[i].separator);
        snprintf(format.locale_decimal, sizeof format.locale_decimal, "%s", rows[i].decimal);
        memcpy(format.locale_grouping, rows[i].grouping, sizeof format.locale_grouping);
        int width = format_number(&format, (struct format_figure){-1234567.5, 2, 0}, out);
        assert_string_equal(out, rows[i].expected);
        assert_int_equal(width, text_width(out));
    }
}

/* Against the C library: the same digits wherever there is no tie. */
static void test_same_digits_as_printf(void **state)
{
    (void)state;
    struct format format = {.grouping = FORMAT_NO_GROUPING};
    uint64_t seed = 42;
    for (int i = 0; i < 200000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double value = (double)(int64_t)(seed >> 31) / 997.0 - 4e6;
        int decimals = (int)(seed % 5);
        char expected[400], out[FORMAT_MAX];
        snprintf(expected, sizeof expected, "%.*f", decimals, value);
        format_number(&format, (struct format_figure){value, decimals, 0}, out);
        if (value < 1e7 && value > -1e7) {
            assert_string_equal(out, expected);
        }
    }
}

static void test_nothing_is_ever_too_long(void **state)
{
    (void)state;
    struct format format = {.grouping = FORMAT_LOCALE,
                            .locale_separator = "\u202f",
                            .locale_decimal = "\u00b7",
                            .locale_grouping = {1, 1}};
    for (int exponent = -310; exponent < 309; exponent++) {
        for (int decimals = 0; decimals <= 9; decimals++) {
            char out[FORMAT_MAX];
            unsigned flags = FORMAT_SIGN | FORMAT_DERIVED | FORMAT_PERCENT;
            format_number(&format,
                          (struct format_figure){-9.999 * pow(10, exponent), decimals, flags}, out);
            assert_true(strlen(out) < FORMAT_MAX);
            assert_true(out[0] == '~' || strcmp(out, FORMAT_HASHES) == 0);
        }
    }
}

/* A price that is not zero never reads like zero, whatever its size and the decimals asked for. */
static void test_a_price_is_never_zero(void **state)
{
    (void)state;
    struct format format = {.grouping = FORMAT_WESTERN};
    for (int exponent = -320; exponent < 3; exponent++) {
        for (int digits = 1; digits < 100000; digits = digits * 10 + 3) {
            char out[FORMAT_MAX], back[FORMAT_MAX];
            double value = digits * pow(10, exponent), read;
            struct format_figure figure = {value, exponent % 5, FORMAT_PRICE};
            format_number(&format, figure, out);
            snprintf(back, sizeof back, "%s", out);
            read = strtod(out, NULL);
            bool near = fabs(read - value) <= value * 0.006 + 0.05 || value > 1;
            if (value > 0 && value < 1) {
                near = fabs(read - value) <= value * 0.0006 || value < 1e-307;
            }
            if ((value > 0 && strpbrk(back, "123456789") == NULL) || !near) {
                fail_msg("%g: %s", value, out);
            }
        }
    }
}

static void test_decimals(void **state)
{
    (void)state;
    assert_int_equal(format_decimals(2945, 2, 4), 2);
    assert_int_equal(format_decimals(2945.35, 2, 4), 2);
    assert_int_equal(format_decimals(83.1225, 2, 4), 4);
    assert_int_equal(format_decimals(83.125, 2, 4), 3);
    assert_int_equal(format_decimals(1.0 / 3, 2, 4), 4);
    assert_int_equal(format_decimals(1e300, 2, 4), 2);
    assert_int_equal(format_decimals(0.123456789, 0, 9), 9);
    assert_int_equal(format_decimals(0.890472, 0, 9), 6);
    assert_int_equal(format_decimals(250, 0, 9), 0);
    assert_int_equal(format_decimals(0.000000001, 0, 9), 9);
    assert_int_equal(format_decimals(-0.000000001, 0, 1), 1);
    assert_int_equal(format_decimals(0, 0, 9), 0);
}

static int32_t india(const void *user, int64_t wall_ms)
{
    (void)user;
    (void)wall_ms;
    return 19800;
}

static int32_t newfoundland(const void *user, int64_t wall_ms)
{
    (void)user;
    (void)wall_ms;
    return -12600;
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        format_zone_fn zone;
        int64_t wall_ms, now_ms;
        const char *time, *full;
    } rows[] = {
        {NULL, 0, 1000, "00:00:00", "1970-01-01 00:00:00 +00:00"},
        {india, 0, 1000, "05:30:00", "1970-01-01 05:30:00 +05:30"},
        {NULL, -1000, 1000, "31 Dec", "1969-12-31 23:59:59 +00:00"},
        {newfoundland, 0, 86400000, "31 Dec", "1969-12-31 20:30:00 -03:30"},
        {NULL, 1709164800000, 1709164800000, "00:00:00", "2024-02-29 00:00:00 +00:00"},
        {NULL, 4107542399000, 0, "28 Feb", "2100-02-28 23:59:59 +00:00"},
        {india, 1730106126000, 1730106127000, "14:32:06", "2024-10-28 14:32:06 +05:30"},
        {NULL, INT64_MIN, 0, "—", "—"},
        {NULL, INT64_MAX, 0, "—", "—"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct format format = {.zone = rows[i].zone};
        char out[FORMAT_MAX];
        format_time(&format, rows[i].wall_ms, rows[i].now_ms, out);
        assert_string_equal(out, rows[i].time);
        format_clock(&format, FORMAT_CLOCK_FULL, rows[i].wall_ms, out);
        assert_string_equal(out, rows[i].full);
    }
}

/* Clocks are put once. */
struct putting {
    const char *name;
    int64_t at_ms;
    int32_t before_s, after_s;
};

static int32_t ahead_at(const void *user, int64_t wall_ms)
{
    const struct putting *putting = user;
    return wall_ms < putting->at_ms ? putting->before_s : putting->after_s;
}

/* A day ends when the next one begins, also where that begins at one, or midnight comes twice. */
static void test_days_end_where_the_next_begins(void **state)
{
    (void)state;
    const int64_t quarter_ms = 15 * 60000, day_ms = 96 * quarter_ms;
    static const struct putting rows[] = {
        {"none", INT64_MIN, 0, 19800},
        {"New York, forward at 2", INT64_C(1772953200000), -18000, -14400},
        {"New York, back at 2", INT64_C(1793512800000), -14400, -18000},
        {"Cairo, forward at midnight", INT64_C(1776981600000), 7200, 10800},
        {"Santiago, forward at midnight", INT64_C(1788667200000), -14400, -10800},
        {"Santiago, back at midnight", INT64_C(1775358000000), -10800, -14400},
        {"Havana, back at 1", INT64_C(1793509200000), -14400, -18000},
        {"Lord Howe, by half an hour", INT64_C(1775314800000), 39600, 37800},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct format format = {.zone = ahead_at, .zone_user = &rows[i]};
        int64_t middle = rows[i].at_ms == INT64_MIN ? INT64_C(1793512800000) : rows[i].at_ms;
        for (int64_t at = middle - 2 * day_ms; at < middle + 2 * day_ms; at += quarter_ms) {
            int64_t end = format_day_end(&format, at);
            int64_t today = moment_day(at, ahead_at(&rows[i], at));
            int64_t before = moment_day(end - 1, ahead_at(&rows[i], end - 1));
            int64_t next = moment_day(end, ahead_at(&rows[i], end));
            if (end <= at || before != today || next != today + 1) {
                fail_msg("%s: at %lld it ends %lld later, from %lld to %lld", rows[i].name,
                         (long long)at, (long long)(end - at), (long long)(before - today),
                         (long long)(next - today));
            }
        }
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *expected;
    } rows[] = {{0, "0.0"},      {640, "0.6"},   {1849, "1.8"},
                {99949, "99.9"}, {99999, "100"}, {1204000, "1,204"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[FORMAT_MAX];
        format_ms(rows[i].us, out);
        assert_string_equal(out, rows[i].expected);
    }
}

static void test_grouping_goes_with_the_currency(void **state)
{
    (void)state;
    static const struct {
        enum format_grouping wish;
        const char *currency;
        enum format_grouping expected;
    } rows[] = {
        {FORMAT_OF_ACCOUNT, NULL, FORMAT_INDIAN},  {FORMAT_OF_ACCOUNT, "", FORMAT_INDIAN},
        {FORMAT_OF_ACCOUNT, "INR", FORMAT_INDIAN}, {FORMAT_OF_ACCOUNT, "USD", FORMAT_WESTERN},
        {FORMAT_INDIAN, "USD", FORMAT_INDIAN},     {FORMAT_WESTERN, "INR", FORMAT_WESTERN},
        {FORMAT_LOCALE, "USD", FORMAT_LOCALE},     {FORMAT_NO_GROUPING, "USD", FORMAT_NO_GROUPING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(format_grouping_of(rows[i].wish, rows[i].currency), rows[i].expected);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grouping_goes_with_the_currency),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_the_locale_decides_when_asked),
        cmocka_unit_test(test_same_digits_as_printf),
        cmocka_unit_test(test_nothing_is_ever_too_long),
        cmocka_unit_test(test_a_price_is_never_zero),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_days_end_where_the_next_begins),
        cmocka_unit_test(test_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
