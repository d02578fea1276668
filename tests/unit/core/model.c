#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <blotter/core/decode.h>
#include <blotter/core/model.h>

#include <string.h>

static struct snapshot *decode(enum resource resource, const char *body)
{
    struct fault fault;
    struct snapshot *snapshot = decode_body(resource, body, strlen(body), &fault);
    assert_non_null(snapshot);
    return snapshot;
}

static void test_a_copy_outlives_its_origin(void **state)
{
    (void)state;
    struct snapshot *origin =
        decode(RESOURCE_WATCHLISTS,
               "{\"watchlists\":[{\"id\":\"w1\",\"name\":\"One\",\"items\":[]},{\"id\":\"w2\","
               "\"name\":\"Two\",\"items\":[{\"id\":\"i1\",\"watchlistId\":\"w2\",\"symbol\":"
               "\"SBIN\",\"name\":\"State Bank\",\"ltp\":819.3}]}]}");
    struct snapshot *copy = snapshot_copy(origin);
    size_t raw_len = origin->items[0].row.raw.len;
    snapshot_unref(origin);
    assert_int_equal(copy->row_count, 1);
    assert_int_equal(copy->list_count, 2);
    assert_string_equal(copy->lists[1].name, "Two");
    assert_int_equal(copy->lists[1].count, 1);
    assert_string_equal(copy->items[0].row.id, "i1");
    assert_string_equal(copy->items[0].symbol, "SBIN");
    assert_string_equal(copy->items[0].name, "State Bank");
    assert_true(copy->items[0].ltp > 819 && copy->items[0].ltp < 820);
    assert_int_equal(copy->items[0].row.raw.len, raw_len);
    assert_memory_equal(copy->items[0].row.raw.ptr, "{\"id\":\"i1\"", 10);
    assert_int_equal(model_find(copy, "i1"), 0);
    assert_int_equal(model_find(copy, "i2"), 1);
    snapshot_unref(copy);
}

static void test_nothing_can_be_copied_too(void **state)
{
    (void)state;
    struct snapshot *origin = decode(RESOURCE_ACCOUNT, "{\"account\":null}");
    struct snapshot *copy = snapshot_copy(origin);
    snapshot_unref(origin);
    assert_int_equal(copy->row_count, 0);
    snapshot_unref(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_outlives_its_origin),
        cmocka_unit_test(test_nothing_can_be_copied_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
