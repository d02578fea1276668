#include "json/span_scan.h"
#include "model/snapshot.h"
#include "twin.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/decode.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void must(struct twin *twin, bool same)
{
    if (!same) {
        fail_msg("%s", twin_reason(twin));
    }
}

static char *read_sample(const char *name, size_t *ret_len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/samples/%s", BLOTTER_CORPUS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;) {
        buf_append(&buf, part, n);
    }
    fclose(file);
    return buf_take(&buf, ret_len);
}

static void test_any_edits(void **state)
{
    (void)state;
    static const enum resource resources[] = {RESOURCE_ORDERS, RESOURCE_POSITIONS,
                                              RESOURCE_WATCHLISTS};
    size_t taken_of[RESOURCE_COUNT] = {0};
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 450; round++) {
        uint8_t commands[256];
        for (size_t i = 0; i < sizeof commands; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            commands[i] = (uint8_t)(random >> 24);
        }
        struct twin *twin = twin_new(resources[round % 3]);
        must(twin, twin_run(twin, commands, sizeof commands));
        taken_of[resources[round % 3]] += twin_taken(twin);
        twin_free(twin);
    }
    assert_true(taken_of[RESOURCE_ORDERS] + taken_of[RESOURCE_POSITIONS] > 20000);
    assert_true(taken_of[RESOURCE_WATCHLISTS] > 2000);
}

/* Every byte of an answer wrong in turn, after the right one. */
static void test_any_byte_of_a_sample(void **state)
{
    (void)state;
    static const char *const names[] = {"orders.json", "positions.json", "account.json",
                                        "watchlists.json"};
    static const char wrong[] = "x\"}],";
    for (int resource = 0; resource < RESOURCE_COUNT; resource++) {
        size_t len;
        char *body = read_sample(names[resource], &len);
        struct twin *twin = twin_new((enum resource)resource);
        must(twin, twin_decode(twin, body, len));
        size_t stride = len / 800 + 1;
        for (size_t at = 0; at < len; at += stride) {
            char was = body[at];
            body[at] = wrong[at % (sizeof wrong - 1)];
            must(twin, twin_decode(twin, body, len));
            body[at] = was;
            must(twin, twin_decode(twin, body, at));
        }
        must(twin, twin_decode(twin, body, len));
        twin_free(twin);
        free(body);
    }
}

static void make_orders(struct buf *body, unsigned first, unsigned count, unsigned changed)
{
    buf_clear(body);
    buf_append_text(body, "{\"orders\":[");
    for (unsigned i = first; i < first + count; i++) {
        buf_printf(body,
                   "%s{\"id\":\"id-%u\",\"symbol\":\"S\",\"quantity\":%u,\"orderSide\":\"BUY\","
                   "\"status\":\"%s\"}",
                   i > first ? "," : "", i, i, i == changed ? "EXECUTED" : "OPEN");
    }
    buf_append_text(body, "]}");
}

static struct snapshot *next_of(enum resource resource, const struct snapshot *previous,
                                const struct buf *body)
{
    struct fault fault;
    struct snapshot *snapshot =
        decode_next(previous, resource, (struct span){body->data, body->len}, &fault);
    assert_non_null(snapshot);
    return snapshot;
}

static struct snapshot *after(const struct snapshot *previous, const struct buf *body)
{
    return next_of(RESOURCE_ORDERS, previous, body);
}

static size_t changed_rows(const struct snapshot *snapshot, size_t *ret_last)
{
    struct delta_walk walk = {0};
    size_t count = 0;
    while (snapshot_next_changed(snapshot, &walk, ret_last)) {
        count++;
    }
    return count;
}

/* One edit of a hundred rows: how many rows are read anew, and is the order kept. */
static void test_only_what_changed_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned first, count, changed;
        size_t read;
        bool aligned;
    } rows[] = {
        {"nothing", 10, 100, 0, 0, true},
        {"one changed", 10, 100, 60, 1, true},
        {"the first changed", 10, 100, 10, 1, true},
        {"the last changed", 10, 100, 109, 1, true},
        {"one in front", 9, 101, 0, 1, true},
        {"three in front", 7, 103, 0, 3, true},
        {"one in front and one changed", 9, 101, 60, 2, true},
        {"one behind", 10, 101, 0, 1, false},
        {"the first gone", 11, 99, 0, 0, false},
        {"the last gone", 10, 99, 0, 0, false},
        {"sixteen gone", 26, 84, 0, 0, false},
        {"one in front, the last gone", 9, 100, 0, 1, false},
    };
    struct buf body;
    buf_init(&body, SIZE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_orders(&body, 10, 100, 0);
        struct snapshot *before = after(NULL, &body);
        make_orders(&body, rows[i].first, rows[i].count, rows[i].changed);
        struct snapshot *now = after(before, &body);
        size_t last = 0;
        assert_string_equal(changed_rows(now, &last) == rows[i].read ? "" : rows[i].name, "");
        assert_int_equal(snapshot_block(now)->delta.aligned, rows[i].aligned);
        snapshot_unref(before);
        assert_string_equal(now->orders[now->row_count - 1].symbol, "S");
        snapshot_unref(now);
    }
    buf_done(&body);
}

/* Lists of ten items: from which on they have other ids, which item has another price, where one
 * more stands, and how many lists stand in front. */
struct lists {
    unsigned renamed, changed, added, before;
    bool behind; /* ids come behind the items */
};

static void make_lists(struct buf *body, unsigned count, const struct lists *as)
{
    buf_clear(body);
    buf_append_text(body, "{\"watchlists\":[");
    for (unsigned list = 0; list < count + as->before; list++) {
        unsigned id = list < as->before ? 900 + list : list - as->before;
        char head[64];
        snprintf(head, sizeof head, "\"id\":\"%s%u\",\"name\":\"N\"",
                 id >= as->renamed && id < 900 ? "M" : "L", id);
        buf_printf(body, "%s{%s%s\"items\":[", list > 0 ? "," : "", as->behind ? "" : head,
                   as->behind ? "" : ",");
        for (unsigned i = id * 10; i < id * 10 + 10; i++) {
            buf_printf(body, "%s{\"id\":\"i-%u\",\"stock\":{\"symbol\":\"S\",\"ltp\":%u}}",
                       i % 10 > 0 ? "," : "", i, i == as->changed ? 2u : 1u);
            if (i == as->added) {
                buf_append_text(body, ",{\"id\":\"new\",\"stock\":{\"symbol\":\"S\",\"ltp\":1}}");
            }
        }
        buf_printf(body, "]%s%s}", as->behind ? "," : "", as->behind ? head : "");
    }
    buf_append_text(body, "]}");
}

/* One edit of twenty watchlists: how many items are read anew. */
static void test_only_what_changed_is_read_of_watchlists(void **state)
{
    (void)state;
    enum { NONE = 5000 };
    static const struct {
        const char *name;
        struct lists as;
        size_t read, rows;
    } rows[] = {
        {"nothing", {NONE, NONE, NONE, 0, false}, 0, 200},
        {"one item changed", {NONE, 77, NONE, 0, false}, 1, 200},
        {"the last of a list", {NONE, 79, NONE, 0, false}, 1, 200},
        {"the first of a list", {NONE, 80, NONE, 0, false}, 1, 200},
        {"one added inside", {NONE, NONE, 77, 0, false}, 1, 201},
        {"one added at a list's end", {NONE, NONE, 79, 0, false}, 1, 201},
        {"one added and one changed", {NONE, 12, 77, 0, false}, 2, 201},
        {"lists of other ids", {18, NONE, NONE, 0, false}, 20, 200},
        {"a list in front moves the others", {NONE, NONE, NONE, 1, false}, 210, 210},
        {"ids behind the items", {NONE, 77, NONE, 0, true}, 1, 200},
        {"other ids behind the items", {18, NONE, NONE, 0, true}, 20, 200},
    };
    struct buf body;
    buf_init(&body, SIZE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lists as = {NONE, NONE, NONE, 0, rows[i].as.behind};
        make_lists(&body, 20, &as);
        struct snapshot *before = next_of(RESOURCE_WATCHLISTS, NULL, &body);
        make_lists(&body, 20, &rows[i].as);
        struct snapshot *now = next_of(RESOURCE_WATCHLISTS, before, &body);
        size_t last = 0, read = changed_rows(now, &last);
        if (read != rows[i].read || now->row_count != rows[i].rows) {
            fail_msg("%s: %zu of %zu read", rows[i].name, read, now->row_count);
        }
        snapshot_unref(before);
        assert_string_equal(now->items[now->row_count - 1].symbol, "S");
        snapshot_unref(now);
    }
    buf_done(&body);
}

/* However many answers come, texts nobody points to do not pile up. */
static void test_old_texts_go(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, SIZE_MAX);
    make_orders(&body, 10, 200, 0);
    struct snapshot *held = after(NULL, &body);
    size_t first = snapshot_block(held)->texts->used;
    size_t most = 0;
    bool anew = false;
    for (unsigned i = 0; i < 6000; i++) {
        make_orders(&body, 10, 200, i % 200 + 10);
        struct snapshot *now = after(held, &body);
        anew = anew || snapshot_block(now)->texts != snapshot_block(held)->texts;
        most = snapshot_block(now)->texts->used > most ? snapshot_block(now)->texts->used : most;
        snapshot_unref(held);
        held = now;
    }
    assert_true(anew);
    assert_true(most < 2 * first + (1 << 16) + 4096);
    snapshot_unref(held);
    buf_done(&body);
}

static const char *skip_braces(void *context, const char *at, const char *end)
{
    (*(int *)context)++;
    return end - at >= 2 && at[1] == '}' ? at + 2 : NULL;
}

/* Asked at elements of arrays at that depth and nowhere else. */
static void test_where_known_values_are_looked_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int asked;
        bool good;
    } rows[] = {
        {"{\"a\":[{},{},{}]}", 3, true}, {"{\"a\":[{},{\"b\":[{}]}]}", 2, true},
        {"{\"a\":{\"b\":{}}}", 0, true}, {"{\"a\":[[{}]]}", 0, true},
        {"[[{}],{}]", 1, true},          {"{\"a\":[{} {}]}", 1, false},
        {"{\"a\":[{},]}", 1, false},     {"{\"a\":[1,{}]", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int asked = 0;
        struct span_known known = {skip_braces, &asked, 2};
        struct span text = {rows[i].text, strlen(rows[i].text)};
        struct span top;
        size_t error_at = 0;
        size_t plain_error_at = 0;
        assert_int_equal(span_check_known(text, &known, &top, &error_at), rows[i].good);
        assert_int_equal(asked, rows[i].asked);
        assert_int_equal(span_check(text.ptr, text.len, &top, &plain_error_at), rows[i].good);
        assert_int_equal(error_at, plain_error_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_edits),
        cmocka_unit_test(test_any_byte_of_a_sample),
        cmocka_unit_test(test_only_what_changed_is_read),
        cmocka_unit_test(test_only_what_changed_is_read_of_watchlists),
        cmocka_unit_test(test_old_texts_go),
        cmocka_unit_test(test_where_known_values_are_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
