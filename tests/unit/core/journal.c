#include <blotter/core/journal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add(struct journal *journal, const char *what, resource_mask panes)
{
    struct journal_entry entry = {.panes = panes, .outcome = JOURNAL_PENDING};
    strncpy(entry.name, "order_placed", sizeof entry.name - 1);
    strncpy(entry.what, what, sizeof entry.what - 1);
    journal_add(journal, &entry);
}

static void test_a_ring_of_the_newest(void **state)
{
    (void)state;
    struct journal *journal = journal_new();
    assert_null(journal_at(journal, 0));
    for (int i = 0; i < JOURNAL_MAX + 7; i++) {
        add(journal, "x", 1);
    }
    assert_int_equal(journal_total(journal), JOURNAL_MAX + 7);
    assert_int_equal(journal_count(journal), JOURNAL_MAX);
    assert_int_equal(journal_at(journal, 0)->number, JOURNAL_MAX + 7);
    assert_int_equal(journal_at(journal, JOURNAL_MAX - 1)->number, 8);
    assert_null(journal_at(journal, JOURNAL_MAX));
    journal_free(journal);
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
        struct journal *journal = journal_new();
        add(journal, rows[i].text, 1);
        assert_string_equal(journal_at(journal, 0)->what, rows[i].expected);
        journal_free(journal);
    }
}

static void test_settles_what_was_pending(void **state)
{
    (void)state;
    struct journal *journal = journal_new();
    add(journal, "1", RESOURCE_BIT(RESOURCE_ORDERS));
    add(journal, "2", RESOURCE_BIT(RESOURCE_ACCOUNT));
    add(journal, "3", RESOURCE_BIT(RESOURCE_ORDERS));
    add(journal, "4", RESOURCE_BIT(RESOURCE_ORDERS));
    struct journal_entry failed = {.outcome = JOURNAL_FAILED, .status = 500};
    struct journal_entry confirmed = {.outcome = JOURNAL_CONFIRMED, .status = 200, .rows = 8};
    journal_settle(journal, RESOURCE_ORDERS, 3, &failed);
    assert_int_equal(journal_at(journal, 3)->outcome, JOURNAL_FAILED);
    assert_int_equal(journal_at(journal, 0)->outcome, JOURNAL_PENDING);
    journal_settle(journal, RESOURCE_ORDERS, 3, &confirmed);
    assert_int_equal(journal_at(journal, 3)->outcome, JOURNAL_CONFIRMED);
    assert_int_equal(journal_at(journal, 3)->rows, 8);
    assert_int_equal(journal_at(journal, 2)->outcome, JOURNAL_PENDING);
    assert_int_equal(journal_at(journal, 1)->outcome, JOURNAL_CONFIRMED);
    assert_int_equal(journal_at(journal, 0)->outcome, JOURNAL_PENDING);
    journal_settle(journal, RESOURCE_ORDERS, 99, &confirmed);
    assert_int_equal(journal_at(journal, 0)->outcome, JOURNAL_CONFIRMED);
    journal_free(journal);
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
