/* JSON from the network as jq is to see it. */
#include <careful.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Read in its place where nothing is to be mended, else behind what was there. */
static void check_read(const char *text, const char *expected)
{
    struct buf spare;
    struct fault fault;
    struct span value;
    buf_init(&spare, 1 << 16);
    buf_append_text(&spare, "[");
    assert_true(careful_read(text, strlen(text), &spare, &value, &fault));
    assert_int_equal(value.len, strlen(expected));
    assert_memory_equal(value.ptr, expected, value.len);
    const char *same = strstr(text, expected);
    assert_ptr_equal(value.ptr, same != NULL ? same : spare.data + 1);
    buf_done(&spare);
}

static void test_copy(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {" {\"a\" : [1, 2.5,true ,null]} \n", "{\"a\" : [1, 2.5,true ,null]}"},
        {"123456789012345", "123456789012345"},
        {"1234567890123456", "\"1234567890123456\""},
        {"-1234567890123456", "\"-1234567890123456\""},
        {"[1234567890123456,12345678901234567890]",
         "[\"1234567890123456\",\"12345678901234567890\"]"},
        {"1234567890123456.5", "1234567890123456.5"},
        {"0.1234567890123456789", "0.1234567890123456789"},
        {"1e17", "1e17"},
        {"[1e308,1e-999,1E+308]", "[1e308,1e-999,1E+308]"},
        {"[1e309,-1e999,123e307,1.5E+308,0e999]", "[null,null,null,1.5E+308,0e999]"},
        {"[1e1000,1E+0000,-2.5e-1234]", "[null,null,null]"},
        {"\"1234567890123456\"", "\"1234567890123456\""},
        {"\"\\\"1234567890123456\"", "\"\\\"1234567890123456\""},
        {"{\"1234567890123456\":1e1}", "{\"1234567890123456\":1e1}"},
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\ud83dx\"", "\"\\ufffdx\""},
        {"\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\""},
        {"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"\\uD83D\"", "\"\\ufffd\""},
        {"\"a\xff\"", "\"a\xef\xbf\xbd\""},
        {"\"\\u0000\"", "\"\\u0000\""},
        {"NaN", NULL},
        {"[1] 2", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct fault fault;
        buf_init(&out, 1 << 16);
        bool good = careful_copy(&out, rows[i][0], strlen(rows[i][0]), &fault);
        assert_int_equal(good, rows[i][1] != NULL);
        if (good) {
            assert_string_equal(out.data, rows[i][1]);
            check_read(rows[i][0], rows[i][1]);
        }
        buf_done(&out);
    }
}

/* Four hundred digits and a fraction are no figure either; without one they are an id. */
static void test_long_numbers(void **state)
{
    (void)state;
    char number[404], expected[410];
    struct buf out;
    struct fault fault;
    memset(number, '9', 400);
    memcpy(number + 400, ".5", 3);
    buf_init(&out, 1 << 16);
    assert_true(careful_copy(&out, number, 402, &fault));
    assert_string_equal(out.data, "null");
    buf_clear(&out);
    number[400] = '\0';
    snprintf(expected, sizeof expected, "\"%s\"", number);
    assert_true(careful_copy(&out, number, 400, &fault));
    assert_string_equal(out.data, expected);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_long_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
