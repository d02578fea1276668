/* Working orders that fall off a list that is cut. */
#include <blotter/core/decode.h>
#include <blotter/core/kept.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Orders from..from+count-1 of that quantity, newest first; every tenth works. */
static struct snapshot *list_with(int from, int count, int quantity)
{
    static char body[65536];
    struct fault fault;
    size_t len = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
    for (int i = from + count - 1; i >= from; i--) {
        len += (size_t)snprintf(body + len, sizeof body - len,
                                "%s{\"id\":\"o%d\",\"symbol\":\"S\",\"quantity\":%d,"
                                "\"orderSide\":\"BUY\",\"status\":\"%s\",\"filledQuantity\":0}",
                                i < from + count - 1 ? "," : "", i, quantity,
                                i % 10 == 0 ? "PENDING" : "EXECUTED");
    }
    snprintf(body + len, sizeof body - len, "]}");
    struct snapshot *list = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
    assert_non_null(list);
    return list;
}

static struct snapshot *list_of(int from, int count)
{
    return list_with(from, count, 1);
}

static void expect(struct kept *kept, const struct snapshot *list, const char *ids)
{
    char told[1024] = "";
    const struct snapshot *shown = kept_shown(kept, list);
    for (size_t i = list->row_count; i < shown->row_count; i++) {
        size_t len = strlen(told);
        assert_true(shown->orders[i].row.provisional);
        snprintf(told + len, sizeof told - len, "%s ", shown->orders[i].row.id);
    }
    assert_string_equal(told, ids);
}

static void test_working_orders_are_kept(void **state)
{
    (void)state;
    struct kept *kept = kept_new();
    struct snapshot *first = list_of(0, 100), *second = list_of(15, 100), *whole = list_of(30, 99);
    kept_take(kept, first, first->row_count == 100);
    assert_ptr_equal(kept_shown(kept, first), first);
    kept_take(kept, second, second->row_count == 100);
    expect(kept, second, "o10 o0 ");
    kept_take(kept, second, second->row_count == 100); /* and stay */
    expect(kept, second, "o10 o0 ");
    assert_false(kept_end(kept, "o20")); /* is in the list */
    assert_true(kept_end(kept, "o0"));
    expect(kept, second, "o10 ");
    kept_take(kept, second, second->row_count == 100);
    expect(kept, second, "o10 ");
    kept_take(kept, whole, whole->row_count == 100); /* which says what there is */
    expect(kept, whole, "");
    kept_take(kept, second, second->row_count == 100);
    expect(kept, second, "");
    snapshot_unref(first);
    snapshot_unref(second);
    snapshot_unref(whole);
    kept_free(kept);
}

/* As they were shown last, however often they had changed. */
static void test_what_is_kept_is_the_latest(void **state)
{
    (void)state;
    struct kept *kept = kept_new();
    struct snapshot *later = list_of(15, 100);
    for (int round = 1; round <= 600; round++) { /* more often than copies are mended */
        struct snapshot *list = list_with(0, 100, round);
        kept_take(kept, list, true);
        assert_ptr_equal(kept_shown(kept, list), list);
        snapshot_unref(list);
    }
    kept_take(kept, later, true);
    expect(kept, later, "o10 o0 ");
    const struct snapshot *shown = kept_shown(kept, later);
    assert_true(shown->orders[100].quantity >= 600 && shown->orders[101].quantity >= 600);
    assert_string_equal(shown->orders[100].symbol, "S");
    snapshot_unref(later);
    kept_free(kept);
}

static void test_too_many_are_not(void **state)
{
    (void)state;
    struct kept *kept = kept_new();
    for (int from = 0; from < 4000; from += 100) {
        struct snapshot *list = list_of(from, 100);
        kept_take(kept, list, list->row_count == 100);
        size_t more = kept_shown(kept, list)->row_count - list->row_count;
        assert_true(more <= KEPT_MAX && (from > 0 || more == 0));
        assert_true(from < 2600 || more == KEPT_MAX);
        snapshot_unref(list);
    }
    kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_working_orders_are_kept),
                                       cmocka_unit_test(test_what_is_kept_is_the_latest),
                                       cmocka_unit_test(test_too_many_are_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
