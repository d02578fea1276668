#include <blotter/core/event.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *data, const char *id, struct event *ret)
{
    struct sse_event sse = {"message", 7, data, strlen(data), id, strlen(id)};
    return event_parse(&sse, ret);
}

static void test_every_type_is_found_by_its_name(void **state)
{
    (void)state;
    for (int type = EVENT_UNKNOWN + 1; type < EVENT_TYPE_COUNT; type++) {
        const struct event_info *info = event_info((enum event_type)type);
        assert_int_equal(event_type_parse(info->name, strlen(info->name)), type);
        assert_int_equal(event_type_parse(info->name, strlen(info->name) - 1), EVENT_UNKNOWN);
    }
    assert_int_equal(event_type_parse("", 0), EVENT_UNKNOWN);
    assert_int_equal(event_type_parse("order_placedx", 13), EVENT_UNKNOWN);
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        const char *id;
        bool valid;
        enum event_type type;
        uint64_t number;
    } rows[] = {
        {"{\"event\":\"order_placed\",\"data\":{}}", "418", true, EVENT_ORDER_PLACED, 418},
        {"{\"event\":\"order\\u005fplaced\"}", "", true, EVENT_ORDER_PLACED, 0},
        {"{\"event\":\"order_placed\"}", "18446744073709551615", true, EVENT_ORDER_PLACED,
         UINT64_MAX},
        {"{\"event\":\"order_placed\"}", "18446744073709551616", true, EVENT_ORDER_PLACED, 0},
        {"{\"event\":\"order_placed\"}", "4a", true, EVENT_ORDER_PLACED, 0},
        {"{\"event\":\"quotes_updated\"}", "418", true, EVENT_QUOTES_UPDATED, 0},
        {"{\"event\":\"connected\"}", "7", true, EVENT_CONNECTED, 7},
        {"{\"event\":\"no_such_thing\"}", "7", true, EVENT_UNKNOWN, 7},
        {"{\"event\":7}", "7", false, EVENT_UNKNOWN, 0},
        {"{\"data\":{}}", "7", false, EVENT_UNKNOWN, 0},
        {"[]", "7", false, EVENT_UNKNOWN, 0},
        {"hello", "7", false, EVENT_UNKNOWN, 0},
        {"", "7", false, EVENT_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event event;
        assert_int_equal(parse(rows[i].data, rows[i].id, &event), rows[i].valid);
        assert_int_equal(event.type, rows[i].type);
        assert_true(event.id == rows[i].number);
        assert_int_equal(event.name.ptr != NULL, rows[i].valid);
    }
}

static void test_spans_point_at_the_members(void **state)
{
    (void)state;
    struct event event;
    assert_true(
        parse("{\"event\":\"x\", \"data\" : {\"a\":1.10} ,\"timestamp\":\"t\"}", "", &event));
    assert_int_equal(event.data.len, 10);
    assert_memory_equal(event.data.ptr, "{\"a\":1.10}", 10);
    assert_memory_equal(event.timestamp.ptr, "\"t\"", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_is_found_by_its_name),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_spans_point_at_the_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
