#include <blotter/core/quote.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LITERAL(text) text, sizeof(text) - 1

struct row {
    const char *in;
    size_t len;
    const char *out;
};

static const struct row strings[] = {
    {LITERAL(""), "\"\""},
    {LITERAL("plain, longer than eight bytes / with a slash"),
     "\"plain, longer than eight bytes / with a slash\""},
    {LITERAL("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
    {LITERAL("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\""},
    {LITERAL("\0\0\0\0\0\0\0\0\0"),
     "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\""},
    {LITERAL("\xc2\x80\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009f\xc2\xa0\""},
    {LITERAL("\xd8\x9c\xd8\x9d"), "\"\\u061c\xd8\x9d\""},
    {LITERAL(
         "\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf"),
     "\"\xe2\x80\x8d\\u200e\\u200f\xe2\x80\xa9\\u202a\\u202e\xe2\x80\xaf\""},
    {LITERAL("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa\xe2\x82\xac"),
     "\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\xe2\x82\xac\""},
};

/* Invalid UTF-8 as the stream's reader mends it, tags, and what a text may hold. */
static const struct row mended[] = {
    {LITERAL("Soci\xe9t\xe9"), "\"Soci\xef\xbf\xbdt\xef\xbf\xbd\""},
    {LITERAL("a\x9b"), "\"a\xef\xbf\xbd\""},
    {LITERAL("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {LITERAL("\xf3\xa0\x81\x81x"), "\"\\udb40\\udc41x\""},
    {LITERAL("\xf0\x9f\x98\x80\xe2\x82"), "\"\xf0\x9f\x98\x80\xef\xbf\xbd\""},
};

static const struct row values[] = {
    {LITERAL("1.10"), "1.10"},
    {LITERAL("{\"a\" :\t1E+2 ,\r\n\"b\\n\":[-0.0,\n\n1e400]}"),
     "{\"a\" :\t1E+2 ,  \"b\\n\":[-0.0,  1e400]}"},
    {LITERAL("\"\x7f\xc2\x9b\xe2\x80\xae\\u202e\xe2\x82\xac\""),
     "\"\\u007f\\u009b\\u202e\\u202e\xe2\x82\xac\""},
};

static void check(const struct buf *out, const char *expected)
{
    assert_int_equal(out->len, strlen(expected));
    assert_string_equal(out->data, expected);
}

static void test_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct buf out;
        buf_init(&out, SIZE_MAX);
        quote_text(&out, strings[i].in, strings[i].len);
        check(&out, strings[i].out);
        buf_done(&out);
    }
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf out;
        buf_init(&out, SIZE_MAX);
        quote_line(&out, (struct span){values[i].in, values[i].len});
        check(&out, values[i].out);
        buf_done(&out);
    }
    struct buf out;
    buf_init(&out, SIZE_MAX);
    quote_line(&out, (struct span){NULL, 0});
    check(&out, "null");
    buf_done(&out);
}

/* Every special character at every distance from a block's and a word's end, none left as it was.
 */
static void test_specials_at_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        for (size_t before = 0; before < 4120; before += before < 40 || before > 4070 ? 1 : 97) {
            size_t len = before + strings[i].len + 11;
            char *in = malloc(len);
            memset(in, 'x', len);
            memcpy(in + before, strings[i].in, strings[i].len);
            struct buf out;
            buf_init(&out, SIZE_MAX);
            quote_text(&out, in, len);
            size_t middle = strlen(strings[i].out) - 2;
            assert_int_equal(out.len, before + middle + 11 + 2);
            assert_memory_equal(out.data + 1 + before, strings[i].out + 1, middle);
            buf_done(&out);
            free(in);
        }
    }
}

/* A value keeps its line breaks, and is held to the buffer's ceiling. */
static void test_a_value_keeps_its_lines(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    quote_value(&out, (struct span){LITERAL("[1,\r\n\t\"\xe9\x7f\"]")});
    check(&out, "[1,\r\n\t\"\xef\xbf\xbd\\u007f\"]");
    buf_done(&out);
    char text[1024];
    memset(text, '\x01', sizeof text);
    quote_text(&out, text, sizeof text);
    assert_true(out.len <= 4096);
    buf_done(&out);
}

static void test_what_is_mended(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mended / sizeof *mended; i++) {
        struct buf out;
        buf_init(&out, SIZE_MAX);
        quote_text(&out, mended[i].in, mended[i].len);
        check(&out, mended[i].out);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_specials_at_every_place),
        cmocka_unit_test(test_what_is_mended),
        cmocka_unit_test(test_a_value_keeps_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
