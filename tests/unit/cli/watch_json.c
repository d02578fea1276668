#include "../../../src/cli/watch_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
        struct watch_event line = {18446744073709551615u, NULL, "T", &sse, NULL};
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

/* Whose it is stands first; a member of that name in the payload is then not the event's. */
static void test_named_lines(void **state)
{
    (void)state;
    static const char data[] = "{\"event\":\"x\",\"profile\":\"theirs\"}";
    static const struct {
        const char *name, *begins, *ends;
    } rows[] = {
        {NULL, "{\"v\":1,\"seq\":1,", "\"timestamp\":null,\"profile\":\"theirs\"}\n"},
        {"k\"1", "{\"v\":1,\"profile\":\"k\\\"1\",\"seq\":1,", "\"timestamp\":null}\n"},
    };
    struct sse_event sse = {"message", 7, data, strlen(data), "4", 1};
    struct event event;
    assert_true(event_parse(&sse, &event));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct watch_event line = {1, rows[i].name, "T", &sse, &event};
        struct buf out;
        buf_init(&out, SIZE_MAX);
        watch_json_line(&out, &line);
        assert_ptr_equal(strstr(out.data, rows[i].begins), out.data);
        assert_string_equal(out.data + out.len - strlen(rows[i].ends), rows[i].ends);
        out.len = 0;
        watch_json_raw_line(&out, &line);
        assert_ptr_equal(strstr(out.data, i == 0 ? "{\"seq\":1," : "{\"profile\":\"k\\\"1\","),
                         out.data);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_named_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
