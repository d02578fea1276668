#include "model/snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void test_a_version_says_what_a_row_holds(void **state)
{
    (void)state;
    struct snapshot *first =
        decode(RESOURCE_WATCHLISTS,
               "{\"watchlists\":[{\"id\":\"w1\",\"name\":\"One\",\"items\":[{\"id\":"
               "\"a\",\"symbol\":\"SBIN\",\"ltp\":1},{\"id\":\"b\",\"symbol\":\"ITC\","
               "\"ltp\":2}]}]}");
    struct snapshot *moved =
        decode(RESOURCE_WATCHLISTS,
               "{\"watchlists\":[{\"id\":\"w0\",\"name\":\"\"},{\"id\":\"w1\",\"name\":"
               "\"One\",\"items\":[{\"id\":\"a\",\"symbol\":\"SBIN\",\"ltp\":1}]}]}");
    struct snapshot *changed =
        decode(RESOURCE_WATCHLISTS,
               "{\"watchlists\":[{\"id\":\"w1\",\"name\":\"Uno\",\"items\":[{\"id\":"
               "\"b\",\"symbol\":\"ITC\",\"ltp\":2},{\"id\":\"a\",\"symbol\":\"SBIN\","
               "\"ltp\":1.5}]}]}");
    uint64_t version = first->items[0].row.version;
    assert_true(version != first->items[1].row.version);
    assert_true(version != moved->items[0].row.version); /* in another list */
    assert_true(version != changed->items[1].row.version);
    assert_true(first->items[1].row.version == changed->items[0].row.version);
    snapshot_unref(first);
    snapshot_unref(moved);
    snapshot_unref(changed);
}

#define ROWS 300

/* Orders with these ids and nothing else. */
static struct snapshot *with_ids(char (*ids)[24], size_t count)
{
    struct snapshot *snapshot = snapshot_new(RESOURCE_ORDERS);
    snapshot->orders = mem_calloc(count, sizeof *snapshot->orders);
    snapshot->row_count = count;
    for (size_t i = 0; i < count; i++) {
        snapshot->orders[i].row.id = ids[i];
    }
    snapshot_index(snapshot);
    return snapshot;
}

/* ROWS ids that meet in a table at place. */
static void make_meet(const void *place, char (*ids)[24])
{
    size_t count = 0;
    for (unsigned i = 0; count < ROWS; i++) {
        snprintf(ids[count], sizeof ids[0], "%u", i);
        count += (text_hash(place, ids[count]) & 511) == 7;
    }
}

/* Chosen by who knows where the table lies, as only we do. */
static void test_ids_made_to_collide_are_found_all_the_same(void **state)
{
    (void)state;
    static char ids[ROWS][24];
    make_meet(NULL, ids);
    struct snapshot *snapshot = with_ids(ids, ROWS);
    make_meet(snapshot_block(snapshot)->index.slots, ids);
    const void *place = snapshot_block(snapshot)->index.slots;
    snapshot_index(snapshot);
    assert_ptr_equal(snapshot_block(snapshot)->index.slots, place); /* so they do meet */
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(model_find(snapshot, ids[i]), i);
    }
    assert_int_equal(model_find(snapshot, "nobody"), ROWS);
    snapshot_unref(snapshot);
}

/* Chosen by who does not: they lie as any others do, also in tables at the start of a page. */
static void test_nobody_outside_knows_which_ids_collide(void **state)
{
    (void)state;
    static char ids[ROWS][24], pages[64 * 4096];
    make_meet(NULL, ids);
    for (size_t page = 0; page < 64; page++) {
        size_t meeting = 0;
        for (size_t i = 0; i < ROWS; i++) {
            uint64_t first = text_hash(pages + page * 4096, ids[0]);
            meeting += ((text_hash(pages + page * 4096, ids[i]) ^ first) & 511) == 0;
        }
        assert_in_range(meeting, 1, ROWS / 4);
    }
}

static void test_of_equal_ids_the_first_is_found(void **state)
{
    (void)state;
    static char ids[][24] = {"a", "b", "a", "", "b", ""};
    struct snapshot *snapshot = with_ids(ids, 6);
    assert_int_equal(model_find(snapshot, "a"), 0);
    assert_int_equal(model_find(snapshot, "b"), 1);
    assert_int_equal(model_find(snapshot, ""), 3);
    snapshot_unref(snapshot);
    snapshot_unref(NULL);
}

static void test_every_field_counts_for_equality(void **state)
{
    (void)state;
    static char ids[][24] = {"a"};
    struct snapshot *a = with_ids(ids, 1);
    struct snapshot *b = with_ids(ids, 1);
    struct order full = {.row = {.id = "a", .user = ""},
                         .symbol = "s",
                         .type = "t",
                         .side = "u",
                         .product = "v",
                         .status = "w",
                         .failure_reason = "",
                         .stock_name = "",
                         .instrument_id = "",
                         .exchange = "",
                         .segment = "",
                         .parent_id = "",
                         .currency = ""};
    a->orders[0] = b->orders[0] = full;
    assert_true(snapshot_equal(a, b));
    b->orders[0].ltp = 0.5;
    assert_false(snapshot_equal(a, b));
    b->orders[0] = full;
    b->orders[0].status = "x";
    assert_false(snapshot_equal(a, b));
    b->orders[0] = full;
    b->orders[0].told = ORDER_DONE;
    assert_false(snapshot_equal(a, b));
    b->orders[0] = full;
    b->orders[0].executed_ms = 1;
    assert_false(snapshot_equal(a, b));
    b->orders[0] = full;
    b->orders[0].row.provisional = true;
    assert_false(snapshot_equal(a, b));
    b->orders[0] = full;
    b->orders[0].row.mixed = true;
    assert_false(snapshot_equal(a, b));
    snapshot_unref(a);
    snapshot_unref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_made_to_collide_are_found_all_the_same),
        cmocka_unit_test(test_nobody_outside_knows_which_ids_collide),
        cmocka_unit_test(test_of_equal_ids_the_first_is_found),
        cmocka_unit_test(test_every_field_counts_for_equality),
        cmocka_unit_test(test_a_copy_outlives_its_origin),
        cmocka_unit_test(test_nothing_can_be_copied_too),
        cmocka_unit_test(test_a_version_says_what_a_row_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
