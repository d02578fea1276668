#include "base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(struct text *text, const char *expected)
{
    text_put(text, "", 1);
    assert_string_equal(text->bytes, expected);
    text_done(text);
}

static void test_strings_come_out_as_valid_json(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\""},
        {"\x01\x1b\x7f", "\"\\u0001\\u001b\\u007f\""},
        {"₹ é 😀", "\"₹ é 😀\""},
        {"\xff", "\"\xEF\xBF\xBD\""},
        {"\xc3", "\"\xEF\xBF\xBD\""},
        {"\xc0\xaf", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xed\xa0\x80x", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\""},
        {"\xf5\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text = {0};
        text_string(&text, rows[i].in, strlen(rows[i].in));
        check(&text, rows[i].out);
    }
    struct text text = {0};
    text_string(&text, NULL, 0);
    check(&text, "null");
}

/* Eight bytes are looked at together: every byte at every place is as it is alone. */
static void test_a_byte_is_the_same_at_every_place(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char lonely = (char)byte;
        struct text alone = {0};
        text_string(&alone, &lonely, 1);
        for (size_t place = 0; place < 17; place++) {
            char in[17];
            struct text text = {0}, expected = {0};
            memset(in, 'a', sizeof in);
            in[place] = lonely;
            text_string(&text, in, sizeof in);
            text_put(&expected, "\"aaaaaaaaaaaaaaaaa", 1 + place);
            text_put(&expected, alone.bytes + 1, alone.len - 2);
            text_put(&expected, &"aaaaaaaaaaaaaaaaa\""[1 + place], 17 - place);
            assert_int_equal(text.len, expected.len);
            assert_memory_equal(text.bytes, expected.bytes, text.len);
            text_done(&text);
            text_done(&expected);
        }
        text_done(&alone);
    }
}

static void test_numbers_are_short_and_read_back(void **state)
{
    (void)state;
    static const struct {
        double in;
        const char *out;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {-0.05, "-0.05"},
        {2708.3, "2708.3"},
        {92242.19, "92242.19"},
        {90908.65000000001, "90908.65000000001"},
        {0.1 + 0.2, "0.30000000000000004"},
        {0.001, "0.001"},
        {1e15, "1e+15"},
        {12345678901234.56, "12345678901234.56"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {(double)NAN, "null"},
        {(double)INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text = {0};
        text_number(&text, rows[i].in);
        check(&text, rows[i].out);
    }
}

static void test_integers_of_any_size(void **state)
{
    (void)state;
    struct text text = {0};
    text_int(&text, INT64_MIN);
    TEXT_LITERAL(&text, " ");
    text_int(&text, INT64_MAX);
    TEXT_LITERAL(&text, " ");
    text_int(&text, 0);
    check(&text, "-9223372036854775808 9223372036854775807 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_come_out_as_valid_json),
        cmocka_unit_test(test_a_byte_is_the_same_at_every_place),
        cmocka_unit_test(test_numbers_are_short_and_read_back),
        cmocka_unit_test(test_integers_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
