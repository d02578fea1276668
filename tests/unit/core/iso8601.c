#include <blotter/core/iso8601.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_reads_real_times_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"1970-01-01T00:00:00.001Z", true, 1},
        {"2025-01-27T10:00:00.000Z", true, 1737972000000},
        {"2025-01-27T15:30:00.000+05:30", true, 1737972000000},
        {"2025-01-27T05:00:00-05:00", true, 1737972000000},
        {"2025-01-27T10:00:00.1239999Z", true, 1737972000123},
        {"2024-02-29T00:00:00Z", true, 1709164800000},
        {"1969-12-31T23:59:59.999Z", true, -1},
        {"9999-12-31T23:59:59.999Z", true, 253402300799999},
        {"0001-01-01T00:00:00Z", true, -62135596800000},
        {"2023-02-29T00:00:00Z", false, 0},
        {"1900-02-29T00:00:00Z", false, 0},
        {"0000-01-01T00:00:00Z", false, 0},
        {"2025-13-01T00:00:00Z", false, 0},
        {"2025-00-01T00:00:00Z", false, 0},
        {"2025-01-32T00:00:00Z", false, 0},
        {"2025-01-27T24:00:00Z", false, 0},
        {"2025-01-27T10:60:00Z", false, 0},
        {"2025-01-27T10:00:60Z", false, 0},
        {"2025-01-27T10:00:00.Z", false, 0},
        {"2025-01-27T10:00:00", false, 0},
        {"2025-01-27 10:00:00Z", true, 1737972000000},
        {"2025-01-27t10:00:00z", true, 1737972000000},
        {"2025-01-27T15:30:00.000+0530", true, 1737972000000},
        {"2025-01-27 15:30:00 +0530", true, 1737972000000},
        {"2025-01-27 10:00:00+00", true, 1737972000000},
        {"2025-01-27T05:00-0500", true, 1737972000000},
        {"2025-01-27T10:00Z", true, 1737972000000},
        {"2025-01-27T10:00:00,123Z", true, 1737972000123},
        {"2025-01-27  10:00:00Z", false, 0},
        {"2025-01-27T10:00:00+053", false, 0},
        {"2025-01-27T10:00:00+05:", false, 0},
        {"2025-01-27T10:00:00+05:3", false, 0},
        {"2025-01-27T10:00:00+2400", false, 0},
        {"2025-01-27T10:00:00+0560", false, 0},
        {"2025-01-27T10:00:00+05300", false, 0},
        {"2025-01-27T10:00:00 ", false, 0},
        {"2025-01-27 10:00:00", false, 0},
        {"2025-01-27T10Z", false, 0},
        {"2025-01-27T10:00:00ZZ", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 77;
        assert_int_equal(iso8601_parse(rows[i].text, strlen(rows[i].text), &ms), rows[i].valid);
        assert_int_equal(ms, rows[i].valid ? rows[i].ms : 77);
    }
}

static void test_every_prefix_of_a_time_is_refused(void **state)
{
    (void)state;
    const char *text = "2025-01-27T10:00:00.000+05:30";
    for (size_t len = 0; len < strlen(text); len++) {
        int64_t ms;
        bool hours_alone = len == strlen("2025-01-27T10:00:00.000+05");
        assert_int_equal(iso8601_parse(text, len, &ms), hours_alone);
    }
}

static void test_format_is_the_inverse(void **state)
{
    (void)state;
    const int64_t first = -62135596800000;
    const int64_t last = 253402300799999;
    char text[ISO8601_SIZE];
    int64_t step = 86399123 * (int64_t)97;
    for (int64_t ms = first; ms <= last - step; ms += step) {
        int64_t back = 0;
        iso8601_format(ms, text);
        assert_true(iso8601_parse(text, strlen(text), &back));
        assert_int_equal(back, ms);
    }
    iso8601_format(last, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    iso8601_format(last + 1, text);
    assert_string_equal(text, "");
    iso8601_format(INT64_MIN, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_real_times_only),
        cmocka_unit_test(test_every_prefix_of_a_time_is_refused),
        cmocka_unit_test(test_format_is_the_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
