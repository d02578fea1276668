#include "json_oracle.h"

#include <blotter/core/span.h>

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

static struct span checked(const char *text)
{
    struct span span = {NULL, 0};
    assert_true(span_check(text, strlen(text), &span, NULL));
    return span;
}

static void test_check_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error_at; /* -1: valid */
    } rows[] = {
        {"null", -1},
        {" [1, 2.5e-3 ,\"a\\u00e9\"] ", -1},
        {"{}", -1},
        {"[]", -1},
        {"-0", -1},
        {"\"\\ud800\"", -1},
        {"\"\xff\"", -1},
        {"", 0},
        {"  ", 2},
        {"nul", 3},
        {"nulL", 3},
        {"01", 1},
        {"-", 1},
        {"1.", 2},
        {"1e", 2},
        {"1e+", 3},
        {".5", 0},
        {"+1", 0},
        {"[1,]", 3},
        {"[,1]", 1},
        {"{\"a\":1,}", 7},
        {"{\"a\"}", 4},
        {"{a:1}", 1},
        {"{\"a\":}", 5},
        {"[1 2]", 3},
        {"[1}", 2},
        {"{\"a\":1]", 6},
        {"1 2", 2},
        {"\"a", 2},
        {"\"\\x\"", 2},
        {"\"\\u12g4\"", 5},
        {"\"\\u12", 5},
        {"\"a\nb\"", 2},
        {"[", 1},
        {"[[[]]", 5},
        {"\"\\", 2},
        {"{\"a\":1,\"b\"", 10},
        {"]", 0},
        {"\xef\xbb\xbf{}", -1},
        {"\xef\xbb\xbf [1]", -1},
        {"\xef\xbb{}", 0},
        {"\xef\xbb\xbf", 3},
        {"\xef\xbb\xbf\xef\xbb\xbf{}", 3},
        {"{\xef\xbb\xbf}", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span span;
        size_t at = 999;
        /* An exact allocation: a read past the end is a sanitizer's find. */
        size_t len = strlen(rows[i].text);
        char *copy = malloc(len > 0 ? len : 1);
        memcpy(copy, rows[i].text, len);
        bool valid = span_check(copy, len, &span, &at);
        if (valid != (rows[i].error_at < 0) || (!valid && (int)at != rows[i].error_at)) {
            fail_msg("%s: valid %d, at %zu", rows[i].text, valid, at);
        }
        free(copy);
    }
}

static void test_nesting_has_a_ceiling(void **state)
{
    (void)state;
    char text[2 * (SPAN_DEPTH_MAX + 1)];
    for (int depth = SPAN_DEPTH_MAX; depth <= SPAN_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct span span;
        size_t at = 0;
        bool valid = span_check(text, (size_t)depth * 2, &span, &at);
        assert_int_equal(valid, depth == SPAN_DEPTH_MAX);
        if (!valid) {
            assert_int_equal(at, SPAN_DEPTH_MAX);
        }
    }
}

static void test_walks_members_and_elements(void **state)
{
    (void)state;
    struct span object =
        checked(" { \"a\" : [1,{\"x\":2}] , \"b\\u0021\":\"q\\\"}\" ,\"a\":null } ");
    static const char *const keys[] = {"a", "b!", "a"};
    static const char *const values[] = {"[1,{\"x\":2}]", "\"q\\\"}\"", "null"};
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    size_t n = 0;
    while (n < 3 && span_next(object, &it, &key, &value)) {
        assert_true(span_string_equals(key, keys[n]));
        assert_int_equal(value.len, strlen(values[n]));
        assert_memory_equal(value.ptr, values[n], value.len);
        n++;
    }
    assert_int_equal(n, 3);
    assert_false(span_next(object, &it, &key, &value));
    assert_true(span_member(object, "a", &value));
    assert_int_equal(span_type(value), SPAN_NULL);
    assert_false(span_member(object, "c", &value));

    struct span array = checked("[ ]");
    it = (struct span_iterator){NULL};
    assert_false(span_next(array, &it, &key, &value));
    it = (struct span_iterator){NULL};
    assert_false(span_next(checked("{}"), &it, &key, &value));
    it = (struct span_iterator){NULL};
    assert_false(span_next(checked("12"), &it, &key, &value));
    array = checked("[ [] , {} ]");
    it = (struct span_iterator){NULL};
    assert_true(span_next(array, &it, &key, &value));
    assert_int_equal(span_type(value), SPAN_ARRAY);
    assert_true(span_next(array, &it, &key, &value));
    assert_int_equal(span_type(value), SPAN_OBJECT);
    assert_false(span_next(array, &it, &key, &value));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_double;
        double value;
        bool is_int;
        int64_t integer;
    } rows[] = {
        {"0", true, 0, true, 0},
        {"-0", true, -0.0, true, 0},
        {"1.10", true, 1.10, false, 0},
        {"1.0", true, 1, true, 1},
        {"\"24500.00\"", true, 24500, true, 24500},
        {"\"-3.5\"", true, -3.5, false, 0},
        {"\"\"", false, 0, false, 0},
        {"\" 1\"", false, 0, false, 0},
        {"\"1x\"", false, 0, false, 0},
        {"\"0x10\"", false, 0, false, 0},
        {"\"nan\"", false, 0, false, 0},
        {"\"01\"", false, 0, false, 0},
        {"true", false, 0, false, 0},
        {"null", false, 0, false, 0},
        {"9223372036854775807", true, 9223372036854775807.0, true, INT64_MAX},
        {"-9223372036854775808", true, -9223372036854775808.0, true, INT64_MIN},
        {"9223372036854775808", true, 9223372036854775808.0, false, 0},
        {"-9223372036854775809", true, -9223372036854775808.0, false, 0},
        {"1e2", true, 100, true, 100},
        {"5E+1", true, 50, true, 50},
        {"1.5e3", true, 1500, true, 1500},
        {"\"-12.50e1\"", true, -125, true, -125},
        {"5000e-2", true, 50, true, 50},
        {"5000e-4", true, 0.5, false, 0},
        {"1.55e1", true, 15.5, false, 0},
        {"0.0e-5", true, 0, true, 0},
        {"1e18", true, 1e18, true, 1000000000000000000},
        {"1e19", true, 1e19, false, 0},
        {"-922337203685477580.8e1", true, -9223372036854775808.0, true, INT64_MIN},
        {"9223372036854775807000e-3", true, 9223372036854775807.0, true, INT64_MAX},
        {"1e999", false, 0, false, 0},
        {"1e-999", true, 0, false, 0},
        {"0e99999999999", true, 0, true, 0},
        {"2945.05", true, 2945.05, false, 0},
        {"0.1", true, 0.1, false, 0},
        {"9007199254740993", true, 9007199254740992.0, true, 9007199254740993},
        {"1.7976931348623157e308", true, 1.7976931348623157e308, false, 0},
        {"4.9406564584124654e-324", true, 4.9406564584124654e-324, false, 0},
        {"123456789012345678901234567890", true, 123456789012345678901234567890.0, false, 0},
        {"0.000000000000000000000000000001234567890123456", true, 1.234567890123456e-30, false, 0},
        {"100000000000000000000000.0", true, 1e23, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span span = checked(rows[i].text);
        double value = 7;
        int64_t integer = 7;
        if (span_double(span, &value) != rows[i].is_double ||
            span_int64(span, &integer) != rows[i].is_int) {
            fail_msg("%s", rows[i].text);
        }
        double wanted = rows[i].is_double ? rows[i].value : 7;
        assert_memory_equal(&value, &wanted, sizeof value);
        assert_int_equal(integer, rows[i].is_int ? rows[i].integer : 7);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The test runs in the C locale, where strtod is the reference. */
static void test_doubles_are_rounded_as_strtod_does(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int i = 0; i < 300000; i++) {
        char text[64];
        uint64_t bits = next_random(&seed);
        double value;
        if (i % 3 == 0) {
            memcpy(&value, &bits, sizeof value);
            snprintf(text, sizeof text, "%.17g", value);
        } else {
            snprintf(text, sizeof text, "%lld.%02ue%d", (long long)(bits >> (bits % 60)),
                     (unsigned)(bits % 100), (int)(bits % 50) - 25);
        }
        struct span span;
        if (!span_check(text, strlen(text), &span, NULL) || !span_double(span, &value)) {
            continue;
        }
        double wanted = strtod(text, NULL);
        assert_memory_equal(&value, &wanted, sizeof value);
    }
}

static void test_the_locale_does_not_matter(void **state)
{
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "sv_SE.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < sizeof commas / sizeof *commas && !found; i++) {
        found = setlocale(LC_NUMERIC, commas[i]) != NULL;
    }
    double value = 0;
    assert_true(span_double(checked("123456789.123456789123456789"), &value));
    assert_true(value == 123456789.12345679);
    setlocale(LC_NUMERIC, "C");
    if (!found) {
        skip();
    }
}

static void test_strings(void **state)
{
    (void)state;
#define FFFD "\xef\xbf\xbd"
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"\"\"", ""},
        {"\"abc\"", "abc"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
        {"\"\\ud83d\"", FFFD},
        {"\"\\ude00x\"", FFFD "x"},
        {"\"\\ud83d\\u0041\"", FFFD "A"},
        {"\"\\ud83d\\ud83d\\ude00\"", FFFD "\xf0\x9f\x98\x80"},
        {"\"\\u0000\"", FFFD},
        {"\"\xc3\xa9\"", "\xc3\xa9"},
        {"\"\xff\"", FFFD},
        {"\"\xc0\xaf\"", FFFD FFFD},
        {"\"\xe0\x80\x80\"", FFFD FFFD FFFD},
        {"\"\xed\xa0\x80\"", FFFD FFFD FFFD},
        {"\"\xf0\x9f\x98\"", FFFD},
        {"\"\xf0\x9fx\"", FFFD "x"},
        {"\"\xf4\x90\x80\x80\"", FFFD FFFD FFFD FFFD},
        {"12", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        struct span span = checked(rows[i].text);
        size_t len = strlen(rows[i].expected);
        assert_int_equal(span_string(span, out, sizeof out), len);
        assert_string_equal(out, rows[i].expected);
        assert_true(len <= 3 * span.len);
        if (span_type(span) == SPAN_STRING) {
            assert_false(span_string_equals(span, len > 0 ? "" : "x"));
            assert_true(span_string_equals(span, rows[i].expected));
            assert_false(span_string_equals(span, "no such text"));
        }
    }
}

static void test_a_short_buffer_is_cut_at_a_code_point(void **state)
{
    (void)state;
    struct span span = checked("\"ab\\u20ac\xc3\xa9z\"");
    static const char *const expected[] = {NULL,
                                           "",
                                           "a",
                                           "ab",
                                           "ab",
                                           "ab",
                                           "ab\xe2\x82\xac",
                                           "ab\xe2\x82\xac",
                                           "ab\xe2\x82\xac\xc3\xa9",
                                           "ab\xe2\x82\xac\xc3\xa9z"};
    for (size_t capacity = 0; capacity < sizeof expected / sizeof *expected; capacity++) {
        char out[16] = "untouched";
        assert_int_equal(span_string(span, out, capacity), 8);
        assert_string_equal(out, capacity == 0 ? "untouched" : expected[capacity]);
    }
}

static void compare_member(void *user, const struct oracle_member *member)
{
    const struct span *object = user;
    struct span value;
    assert_true(span_member(*object, member->key, &value));
    assert_int_equal(span_type(value) == SPAN_STRING, member->is_string);
    assert_int_equal(span_type(value) == SPAN_NUMBER, member->is_number);
    if (member->string != NULL) {
        char out[512];
        assert_int_equal(span_string(value, out, sizeof out), strlen(member->string));
        assert_string_equal(out, member->string);
    }
    double number;
    if (member->is_number) {
        assert_true(span_double(value, &number));
        assert_true(number == member->number);
    }
}

static bool compare_with_jansson(const char *text, size_t len)
{
    struct span span = {NULL, 0};
    bool ours = span_check(text, len, &span, NULL);
    enum oracle_verdict theirs = oracle_check(text, len, compare_member, &span);
    if (theirs != ORACLE_TOO_STRICT && ours != (theirs == ORACLE_ACCEPTS)) {
        fail_msg("<%.*s>: ours %d", (int)len, text, ours);
    }
    return ours;
}

static void test_accepts_what_jansson_accepts(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"id\":\"a\\u00e9\\n\",\"n\":-12.50e+3,\"t\":true,\"f\":false,\"z\":null,\"l\":[1,{}]}",
        "[\"\\ud83d\\ude00\", 0.1, -0, 1E5, {\"k\":{\"k\":[[\"\"]]}}]",
        "{\"price\":\"24500.00\",\"stock\":{\"ltp\":2945.05},\"\":\"\\\"\\\\\"}",
        " \t\r\n[ 1 , 2 ] ",
    };
    static const char alphabet[] = "{}[]:,\"\\0123456789.eE+-truefalsn /bu\t\n\x01\xc3\xa9";
    uint64_t seed = 1;
    int accepted = 0;
    for (int i = 0; i < 200000; i++) {
        char text[160];
        const char *from = seeds[next_random(&seed) % 4];
        size_t len = strlen(from);
        memcpy(text, from, len);
        for (uint64_t edits = next_random(&seed) % 4; edits > 0; edits--) {
            size_t at = next_random(&seed) % (len + 1);
            char c = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
            switch (next_random(&seed) % 3) {
            case 0:
                if (at < len) {
                    text[at] = c;
                }
                break;
            case 1:
                memmove(text + at + 1, text + at, len - at);
                text[at] = c;
                len++;
                break;
            default:
                len = at > 0 ? at : len;
                break;
            }
        }
        accepted += compare_with_jansson(text, len);
    }
    /* Both answers are well represented. */
    assert_true(accepted > 20000 && accepted < 180000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_says_where),
        cmocka_unit_test(test_nesting_has_a_ceiling),
        cmocka_unit_test(test_walks_members_and_elements),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_doubles_are_rounded_as_strtod_does),
        cmocka_unit_test(test_the_locale_does_not_matter),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_a_short_buffer_is_cut_at_a_code_point),
        cmocka_unit_test(test_accepts_what_jansson_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
