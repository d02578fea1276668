#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/cli/watch_json.h"

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
        watch_json_string(&out, strings[i].in, strings[i].len);
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
        watch_json_value(&out, (struct span){values[i].in, values[i].len});
        check(&out, values[i].out);
        buf_done(&out);
    }
    struct buf out;
    buf_init(&out, SIZE_MAX);
    watch_json_value(&out, (struct span){NULL, 0});
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
            watch_json_string(&out, in, len);
            size_t middle = strlen(strings[i].out) - 2;
            assert_int_equal(out.len, before + middle + 11 + 2);
            assert_memory_equal(out.data + 1 + before, strings[i].out + 1, middle);
            buf_done(&out);
            free(in);
        }
    }
}

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        const char *line; /* behind "type":"message" */
    } rows[] = {
        {"{\"event\":\"order_placed\",\"data\":{\"a\":1.10},\"timestamp\":\"t\"}",
         ",\"event\":\"order_placed\",\"pane\":\"orders\",\"data\":{\"a\":1.10},\"timestamp\":"
         "\"t\"}\n"},
        {" {\n\"timestamp\" : 5, \"event\" : \"new\\u0041\", \"w\":{}, \"data\" : [1,\n2], "
         "\"seq\":9, \"v\":2 } ",
         ",\"event\":\"new\\u0041\",\"pane\":null,\"data\":[1, 2],\"timestamp\":5,\"w\":{}}\n"},
        {"{\"event\":\"resync\"}", ",\"event\":\"resync\",\"pane\":\"orders,positions,account,"
                                   "watchlist\",\"data\":null,\"timestamp\":null}\n"},
        {"{\"event\":\"x\",\"data\":1,\"data\":2}",
         ",\"event\":\"x\",\"pane\":null,\"data\":2,\"timestamp\":null}\n"},
        {"{\"event\":null}", ",\"event\":null,\"pane\":null,\"raw\":\"{\\\"event\\\":null}\"}\n"},
        {"[1]", ",\"event\":null,\"pane\":null,\"raw\":\"[1]\"}\n"},
        {"{\"event\":\"x\"",
         ",\"event\":null,\"pane\":null,\"raw\":\"{\\\"event\\\":\\\"x\\\"\"}\n"},
        {"", ",\"event\":null,\"pane\":null,\"raw\":\"\"}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sse_event sse = {"message", 7, rows[i].data, strlen(rows[i].data), "4\"", 2};
        struct event event;
        struct watch_event line = {18446744073709551615u, "T", &sse, NULL};
        if (event_parse(&sse, &event)) {
            line.event = &event;
        }
        char expected[1024];
        snprintf(expected, sizeof expected,
                 "{\"v\":1,\"seq\":18446744073709551615,\"receivedAt\":\"T\",\"id\":\"4\\\"\","
                 "\"type\":\"message\"%s",
                 rows[i].line);
        struct buf out;
        buf_init(&out, SIZE_MAX);
        watch_json_line(&out, &line);
        assert_string_equal(out.data, expected);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_specials_at_every_place),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
