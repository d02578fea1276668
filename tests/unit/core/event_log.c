#include <blotter/core/event_log.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add(struct event_log *event_log, const char *what, resource_mask panes)
{
    struct event_log_entry entry = {.panes = panes, .outcome = EVENT_LOG_PENDING};
    strncpy(entry.name, "order_placed", sizeof entry.name - 1);
    strncpy(entry.what, what, sizeof entry.what - 1);
    event_log_add(event_log, &entry);
}

static void test_a_ring_of_the_newest(void **state)
{
    (void)state;
    struct event_log *event_log = event_log_new();
    assert_null(event_log_at(event_log, 0));
    for (int i = 0; i < EVENT_LOG_MAX + 7; i++) {
        add(event_log, "x", 1);
    }
    assert_int_equal(event_log_total(event_log), EVENT_LOG_MAX + 7);
    assert_int_equal(event_log_count(event_log), EVENT_LOG_MAX);
    assert_int_equal(event_log_at(event_log, 0)->number, EVENT_LOG_MAX + 7);
    assert_int_equal(event_log_at(event_log, EVENT_LOG_MAX - 1)->number, 8);
    assert_null(event_log_at(event_log, EVENT_LOG_MAX));
    event_log_free(event_log);
}

static void test_texts_are_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"RELIANCE BUY", "RELIANCE BUY"},
        {"a\x1b[31mb\n", "a?[31mb?"},
        {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
        {"\xe2\x80\xaex\xe2\x81\xa6y", "?x?y"},
        {"\xc2\x9b", "?"},
        {"\xff\xc3", "??"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_log *event_log = event_log_new();
        add(event_log, rows[i].text, 1);
        assert_string_equal(event_log_at(event_log, 0)->what, rows[i].expected);
        event_log_free(event_log);
    }
}

static void test_settles_what_was_pending(void **state)
{
    (void)state;
    struct event_log *event_log = event_log_new();
    add(event_log, "1", RESOURCE_BIT(RESOURCE_ORDERS));
    add(event_log, "2", RESOURCE_BIT(RESOURCE_ACCOUNT));
    add(event_log, "3", RESOURCE_BIT(RESOURCE_ORDERS));
    add(event_log, "4", RESOURCE_BIT(RESOURCE_ORDERS));
    struct event_log_entry failed = {.outcome = EVENT_LOG_FAILED, .status = 500};
    struct event_log_entry confirmed = {.outcome = EVENT_LOG_CONFIRMED, .status = 200, .rows = 8};
    event_log_settle(event_log, RESOURCE_ORDERS, 3, &failed);
    assert_int_equal(event_log_at(event_log, 3)->outcome, EVENT_LOG_FAILED);
    assert_int_equal(event_log_at(event_log, 0)->outcome, EVENT_LOG_PENDING);
    event_log_settle(event_log, RESOURCE_ORDERS, 3, &confirmed);
    assert_int_equal(event_log_at(event_log, 3)->outcome, EVENT_LOG_CONFIRMED);
    assert_int_equal(event_log_at(event_log, 3)->rows, 8);
    assert_int_equal(event_log_at(event_log, 2)->outcome, EVENT_LOG_PENDING);
    assert_int_equal(event_log_at(event_log, 1)->outcome, EVENT_LOG_CONFIRMED);
    assert_int_equal(event_log_at(event_log, 0)->outcome, EVENT_LOG_PENDING);
    event_log_settle(event_log, RESOURCE_ORDERS, 99, &confirmed);
    assert_int_equal(event_log_at(event_log, 0)->outcome, EVENT_LOG_CONFIRMED);
    event_log_free(event_log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ring_of_the_newest),
        cmocka_unit_test(test_texts_are_cleaned),
        cmocka_unit_test(test_settles_what_was_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
