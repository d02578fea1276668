#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/decode.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The whole of a file under tests/corpus. */
static char *read_corpus(const char *name, size_t *ret_len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", BLOTTER_CORPUS, name);
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

static struct snapshot *decode_sample(enum resource resource, const char *name)
{
    size_t len;
    char *body = read_corpus(name, &len);
    struct fault fault = {0};
    struct snapshot *snapshot = decode_body(resource, body, len, &fault);
    assert_string_equal(fault.text, "");
    assert_non_null(snapshot);
    size_t source_len;
    assert_memory_equal(decode_source(snapshot, &source_len), body, len);
    assert_int_equal(source_len, len);
    free(body);
    return snapshot;
}

static struct snapshot *decode(enum resource resource, const char *body, struct fault *ret_fault)
{
    /* An exact allocation: a read past the end is a sanitizer's find. */
    size_t len = strlen(body);
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, body, len);
    struct snapshot *snapshot = decode_body(resource, copy, len, ret_fault);
    free(copy);
    return snapshot;
}

static void test_sample_orders(void **state)
{
    (void)state;
    struct snapshot *snapshot = decode_sample(RESOURCE_ORDERS, "samples/orders.json");
    assert_true(snapshot->row_count >= 3);
    const struct order *order = &snapshot->orders[0];
    assert_string_equal(order->row.id, "23950e01-d22b-49b3-a5fc-3454a04f64ab");
    assert_string_equal(order->symbol, "ASIANPAINT");
    assert_int_equal(order->quantity, 9);
    assert_string_equal(order->type, "MARKET");
    assert_string_equal(order->side, "BUY");
    assert_true(isnan(order->price) && isnan(order->average_price));
    assert_int_equal(order->filled, 0);
    assert_string_equal(order->product, "NRML");
    assert_string_equal(order->status, "PENDING");
    assert_string_equal(order->failure_reason, "");
    assert_true(order->created_ms == 1737949500000);
    assert_true(order->executed_ms == MODEL_NO_TIME);
    assert_string_equal(order->stock_name, "Asian Paints Ltd");
    assert_string_equal(order->instrument_id, "NSE-236");
    assert_true(order->ltp == 2770.13);
    assert_int_equal(*order->row.raw.ptr, '{');
    assert_int_equal(order->row.raw.ptr[order->row.raw.len - 1], '}');
    assert_true(snapshot->orders[2].executed_ms == 1737949486350);
    for (size_t i = 0; i < snapshot->row_count; i++) {
        assert_int_equal(model_find(snapshot, model_row(snapshot, i)->id), i);
    }
    assert_int_equal(model_find(snapshot, "nobody"), snapshot->row_count);
    snapshot_unref(snapshot);
}

static void test_sample_positions(void **state)
{
    (void)state;
    struct snapshot *snapshot = decode_sample(RESOURCE_POSITIONS, "samples/positions.json");
    const struct position *position = &snapshot->positions[2];
    assert_string_equal(position->symbol, "INFY");
    assert_int_equal(position->quantity, -23);
    assert_true(position->average_price == 3952.55);
    assert_true(position->unrealized_pnl == -1333.54);
    assert_true(position->stop_loss == 3833.97);
    assert_false(position->is_closed);
    assert_string_equal(snapshot->positions[0].segment, "NSE");
    assert_true(snapshot->positions[0].current_price == 2708.3);
    assert_true(snapshot->positions[0].invested_value == 21389.92);
    snapshot_unref(snapshot);
}

static void test_sample_account(void **state)
{
    (void)state;
    struct snapshot *snapshot = decode_sample(RESOURCE_ACCOUNT, "samples/account.json");
    assert_int_equal(snapshot->row_count, 1);
    assert_true(snapshot->account->balance == 649937);
    assert_true(snapshot->account->available_margin == 573077);
    assert_true(snapshot->account->used_margin == 76860);
    assert_string_equal(snapshot->account->client_id, "AB100000");
    assert_string_equal(snapshot->account->row.user, "user-1");
    snapshot_unref(snapshot);
}

static void test_sample_watchlists(void **state)
{
    (void)state;
    struct snapshot *snapshot = decode_sample(RESOURCE_WATCHLISTS, "samples/watchlists.json");
    assert_true(snapshot->list_count >= 2);
    assert_string_equal(snapshot->lists[0].name, "My Watchlist");
    assert_int_equal(snapshot->lists[0].first, 0);
    assert_int_equal(snapshot->lists[0].count, 3);
    assert_int_equal(snapshot->lists[1].first, 3);
    const struct watch_item *item = &snapshot->items[1];
    assert_string_equal(item->symbol, "TCS");
    assert_string_equal(item->instrument_id, "NSE-11536");
    assert_true(item->change == -5.22 && item->volume == 2721355);
    assert_true(isnan(item->strike_price));
    assert_int_equal(snapshot->items[3].list, 1);
    assert_string_equal(item->watchlist_id, snapshot->lists[0].id);
    snapshot_unref(snapshot);
}

static void test_variants(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *body;
        size_t rows;
    } rows[] = {
        {RESOURCE_ORDERS, "{\"orders\":[]}", 0},
        {RESOURCE_ORDERS, "\xef\xbb\xbf{\"orders\":[]}", 0},
        {RESOURCE_ORDERS, "{\"orders\":null,\"success\":true}", 0},
        {RESOURCE_POSITIONS, "{\"success\":true,\"positions\":null}", 0},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":null}", 0},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":null}]}", 0},
        {RESOURCE_POSITIONS, "{\"positions\":[]}", 0},
        {RESOURCE_POSITIONS, "{\"positions\":[],\"error\":null,\"errors\":[],\"message\":\"OK\"}",
         0},
        {RESOURCE_POSITIONS,
         "{\"success\":true,\"positions\":[],\"meta\":{\"pnlMode\":\"server\",\"workerHealthy\":"
         "true}}",
         0},
        {RESOURCE_ACCOUNT, "{\"success\":true,\"account\":null}", 0},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[]}]}", 0},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\"}]}", 0},
        {RESOURCE_ORDERS,
         "{\"orders\":[{\"id\":\"1\",\"symbol\":\"A\",\"quantity\":\"9\",\"orderSide\":\"BUY\","
         "\"status\":\"NEW\",\"unknown\":{\"a\":[1]},\"stock\":null}]}",
         1},
        {RESOURCE_ORDERS,
         "{\"orders\":[{\"\\u0069d\":\"1\",\"stock\":{\"symbol\":\"A\"},\"quantity\":9.0,"
         "\"orderSide\":\"BUY\",\"status\":\"NEW\"}],\"success\":true}",
         1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault = {0};
        struct snapshot *snapshot = decode(rows[i].resource, rows[i].body, &fault);
        assert_string_equal(fault.text, "");
        assert_non_null(snapshot);
        assert_int_equal(snapshot->row_count, rows[i].rows);
        snapshot_unref(snapshot);
    }
}

static void test_a_flattened_item_equals_a_nested_one(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct snapshot *snapshot =
        decode(RESOURCE_WATCHLISTS,
               "{\"watchlists\":[{\"items\":[{\"id\":\"i\",\"symbol\":\"NIFTY\",\"ltp\":\"12.50\","
               "\"strikePrice\":\"24500.00\",\"optionType\":\"CE\",\"sortOrder\":2}],"
               "\"name\":\"n\",\"id\":\"w\"}]}",
               &fault);
    assert_non_null(snapshot);
    const struct watch_item *item = &snapshot->items[0];
    assert_string_equal(item->symbol, "NIFTY");
    assert_true(item->ltp == 12.5 && item->strike_price == 24500 && item->sort_order == 2);
    assert_string_equal(item->option_type, "CE");
    assert_string_equal(item->watchlist_id, "w");
    snapshot_unref(snapshot);
}

static void test_the_nested_member_wins_in_either_order(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"symbol\":\"A\","
        "\"ltp\":1,\"stock\":{\"symbol\":\"B\",\"ltp\":2}}]}]}",
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"
        "\"symbol\":\"B\",\"ltp\":2},\"symbol\":\"A\",\"ltp\":1}]}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct fault fault = {0};
        struct snapshot *snapshot = decode(RESOURCE_WATCHLISTS, bodies[i], &fault);
        assert_non_null(snapshot);
        assert_string_equal(snapshot->items[0].symbol, "B");
        assert_true(snapshot->items[0].ltp == 2);
        snapshot_unref(snapshot);
    }
}

static void test_closed_positions(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        bool closed;
    } rows[] = {
        {"\"quantity\":0", true},
        {"\"quantity\":5", false},
        {"\"quantity\":5,\"isClosed\":true", true},
        {"\"quantity\":5,\"status\":\"CLOSED\"", true},
        {"\"quantity\":5,\"status\":\"OPEN\",\"isClosed\":false", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"positions\":[{\"id\":\"1\",\"symbol\":\"A\",%s}]}",
                 rows[i].members);
        struct fault fault = {0};
        struct snapshot *snapshot = decode(RESOURCE_POSITIONS, body, &fault);
        assert_non_null(snapshot);
        assert_int_equal(snapshot->positions[0].is_closed, rows[i].closed);
        snapshot_unref(snapshot);
    }
}

#define ROW_OF(id, quantity, status)                                                               \
    "{\"id\":" id ",\"symbol\":\"A\",\"quantity\":" quantity                                       \
    ",\"orderSide\":\"BUY\",\"status\":" status "}"
#define ROW(id, quantity) ROW_OF(id, quantity, "\"NEW\"")

/* One order of these members besides id and status. */
static struct snapshot *order_of(const char *status, const char *members)
{
    char body[512];
    snprintf(body, sizeof body, "{\"orders\":[{\"id\":7,\"status\":\"%s\"%s}]}", status, members);
    struct fault fault = {0};
    struct snapshot *snapshot = decode(RESOURCE_ORDERS, body, &fault);
    assert_string_equal(fault.text, "");
    return snapshot;
}

static void test_words_become_classes(void **state)
{
    (void)state;
    static const struct {
        const char *status, *members;
        enum order_class class;
    } rows[] = {
        {"PENDING", "", ORDER_OPEN},
        {"PENDING", ",\"quantity\":10,\"filledQuantity\":0", ORDER_OPEN},
        {"PENDING", ",\"quantity\":10,\"filledQuantity\":0.5", ORDER_PART},
        {"PENDING", ",\"quantity\":10,\"filledQuantity\":10", ORDER_OPEN},
        {"PENDING", ",\"filledQuantity\":3", ORDER_OPEN},
        {"EXECUTED", ",\"quantity\":10,\"filledQuantity\":3", ORDER_DONE},
        {"CANCELLED", "", ORDER_DEAD},
        {"REJECTED", "", ORDER_REJECTED},
        {"pending", "", ORDER_UNKNOWN},
        {"", "", ORDER_UNKNOWN},
        {"new", ",\"class\":\"open\"", ORDER_OPEN},
        {"new", ",\"class\":\"open\",\"quantity\":9,\"filledQuantity\":1", ORDER_OPEN},
        {"new", ",\"class\":\"part\"", ORDER_PART},
        {"filled", ",\"class\":\"done\"", ORDER_DONE},
        {"expired", ",\"class\":\"dead\"", ORDER_DEAD},
        {"PENDING", ",\"class\":\"rejected\"", ORDER_REJECTED},
        {"PENDING", ",\"class\":\"unknown\"", ORDER_UNKNOWN},
        {"PENDING", ",\"class\":\"a word that nobody knows\"", ORDER_UNKNOWN},
        {"PENDING", ",\"class\":null", ORDER_OPEN},
        {"PENDING", ",\"class\":7", ORDER_OPEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot = order_of(rows[i].status, rows[i].members);
        assert_int_equal(snapshot->orders[0].class, rows[i].class);
        assert_string_equal(snapshot->orders[0].status, rows[i].status);
        snapshot_unref(snapshot);
    }
}

/* One that a list of open orders holds no more does not work; one of a word that nobody knows may.
 */
static void test_gone(void **state)
{
    (void)state;
    static const struct {
        const char *status, *members;
        bool gone, works;
    } rows[] = {
        {"gone", ",\"class\":\"unknown\"", true, false},
        {"gone", ",\"status\":\"NEW\",\"class\":\"unknown\"", false, true},
        {"NEW", ",\"status\":\"gone\",\"class\":\"unknown\"", true, false},
        {"gone", "", false, true},
        {"gone", ",\"class\":\"dead\"", false, false},
        {"lost", ",\"class\":\"unknown\"", false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot = order_of(rows[i].status, rows[i].members);
        assert_int_equal(snapshot->orders[0].gone, rows[i].gone);
        assert_int_equal(order_is_working(&snapshot->orders[0]), rows[i].works);
        snapshot_unref(snapshot);
    }
}

static void test_what_other_systems_add(void **state)
{
    (void)state;
    struct snapshot *snapshot = order_of(
        "new", ",\"quantity\":\"0.123456789\",\"orderSide\":\"SELL\",\"notional\":\"500\","
               "\"parentId\":12345678901234567890,\"currency\":\"USD\",\"multiplier\":100,"
               "\"updatedAt\":\"2026-11-27T14:30:00.123456789Z\",\"raw\":{\"id\":\"x\","
               "\"status\":\"y\",\"stock\":{\"symbol\":\"no\"}},\"stock\":{\"exchange\":\"NYSE\","
               "\"segment\":\"us_equity\",\"instrumentId\":42,\"bid\":1.5,\"ask\":2.5}");
    const struct order *order = &snapshot->orders[0];
    assert_string_equal(order->row.id, "7");
    assert_true(order->quantity == 0.123456789 && order->notional == 500);
    assert_true(order->direction == ORDER_SELL && order->multiplier == 100);
    assert_string_equal(order->parent_id, "12345678901234567890");
    assert_string_equal(order->currency, "USD");
    assert_true(order->updated_ns == INT64_C(1795789800123456789));
    assert_string_equal(order->exchange, "NYSE");
    assert_string_equal(order->segment, "us_equity");
    assert_string_equal(order->instrument_id, "42");
    assert_true(order->bid == 1.5 && order->ask == 2.5 && isnan(order->ltp));
    assert_string_equal(order->symbol, "");
    assert_true(isnan(order->filled));
    snapshot_unref(snapshot);
    snapshot = order_of("new", "");
    order = &snapshot->orders[0];
    assert_true(isnan(order->quantity) && isnan(order->notional) && isnan(order->multiplier));
    assert_true(order->updated_ns == MODEL_NO_TIME && order->direction == ORDER_SIDE_UNKNOWN);
    snapshot_unref(snapshot);
}

static void test_the_kind_of_an_alert(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum alert_kind kind;
    } rows[] = {{"\"ABOVE\"", ALERT_ABOVE},
                {"\"BELOW\"", ALERT_BELOW},
                {"\"BOTH\"", ALERT_CROSSING},
                {"null", ALERT_CROSSING}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[256];
        snprintf(body, sizeof body,
                 "{\"watchlists\":[{\"id\":1,\"name\":\"n\",\"items\":[{\"id\":2,\"symbol\":\"S\","
                 "\"alertType\":%s}]}]}",
                 rows[i].word);
        struct fault fault = {0};
        struct snapshot *snapshot = decode(RESOURCE_WATCHLISTS, body, &fault);
        assert_non_null(snapshot);
        assert_int_equal(snapshot->items[0].alert, rows[i].kind);
        assert_string_equal(snapshot->items[0].watchlist_id, "1");
        snapshot_unref(snapshot);
    }
}

static void test_what_cannot_be_shown(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *body;
        enum fault_kind kind;
        const char *text;
    } rows[] = {
        {RESOURCE_ORDERS, "", FAULT_DECODE, "the answer ends in mid-text (byte 0)"},
        {RESOURCE_ORDERS, "{\"orders\":[", FAULT_DECODE, "the answer ends in mid-text (byte 11)"},
        {RESOURCE_ORDERS, "<html>", FAULT_DECODE, "the answer is no JSON (byte 0)"},
        {RESOURCE_ORDERS, "[]", FAULT_DECODE, "the answer is no JSON object"},
        {RESOURCE_ORDERS, "{\"success\":true}", FAULT_DECODE, "no \"orders\" in the answer"},
        {RESOURCE_ORDERS, "{\"orders\":{}}", FAULT_DECODE, "\"orders\" is no array"},
        {RESOURCE_ORDERS, "{\"orders\":[7]}", FAULT_DECODE, "row 1 is no object"},
        {RESOURCE_ORDERS, "{\"orders\":[" ROW("\"1\"", "1") "," ROW_OF("\"2\"", "1", "7") "]}",
         FAULT_DECODE, "row 2: \"status\" is missing or not a text"},
        {RESOURCE_ORDERS, "{\"orders\":[" ROW("[7]", "1") "]}", FAULT_DECODE,
         "row 1: \"id\" is missing or not a text or a number"},
        {RESOURCE_ORDERS, "{\"orders\":[" ROW("null", "1") "]}", FAULT_DECODE,
         "row 1: \"id\" is missing or not a text or a number"},
        {RESOURCE_POSITIONS, "{\"positions\":[{\"id\":1,\"symbol\":\"A\",\"quantity\":\"x\"}]}",
         FAULT_DECODE, "row 1: \"quantity\" is missing or not a number"},
        {RESOURCE_ACCOUNT, "{\"account\":{\"id\":\"a\"}}", FAULT_DECODE,
         "row 1: \"balance\" is missing or not a number"},
        {RESOURCE_ACCOUNT, "{\"account\":[]}", FAULT_DECODE, "row 1 is no object"},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\"}]}", FAULT_DECODE,
         "watchlist 1: \"name\" is missing or not a text"},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[7]}", FAULT_DECODE,
         "watchlist 1: \"id\" is missing or not a text or a number"},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":{}}]}",
         FAULT_DECODE, "watchlist 1: \"items\" is no array"},
        {RESOURCE_ORDERS, "{\"success\":false,\"error\":\"database\\u001b[2J down\"}", FAULT_SERVER,
         "database?[2J down"},
        {RESOURCE_ORDERS, "{\"orders\":[],\"success\":false}", FAULT_SERVER,
         "the server gave no reason"},
        {RESOURCE_ORDERS, "{\"error\":\"Internal\"}", FAULT_SERVER, "Internal"},
        {RESOURCE_ORDERS, "{\"orders\":[],\"success\":0}", FAULT_SERVER,
         "the server gave no reason"},
        {RESOURCE_ORDERS,
         "{\"success\":\"false\",\"orders\":[" ROW("1", "1") "],\"message\":\"no\"}", FAULT_SERVER,
         "no"},
        {RESOURCE_ORDERS, "{\"success\":true,\"orders\":[],\"error\":\"upstream\"}", FAULT_SERVER,
         "upstream"},
        {RESOURCE_POSITIONS,
         "{\"success\":true,\"error\":{\"code\":5,\"message\":\"upstream\"},\"positions\":[]}",
         FAULT_SERVER, "upstream"},
        {RESOURCE_ACCOUNT, "{\"account\":null,\"errors\":[{\"message\":\"a\"},\"b\"]}",
         FAULT_SERVER, "a"},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[],\"errors\":[\"b\"]}", FAULT_SERVER, "b"},
        {RESOURCE_ORDERS, "{\"orders\":null,\"status\":\"error\",\"message\":\"expired\"}",
         FAULT_SERVER, "expired"},
        {RESOURCE_ORDERS, "{\"orders\":[],\"error\":true}", FAULT_SERVER,
         "the server gave no reason"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault = {0};
        assert_null(decode(rows[i].resource, rows[i].body, &fault));
        assert_int_equal(fault.kind, rows[i].kind);
        assert_string_equal(fault.text, rows[i].text);
    }
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"samples/orders.json", "samples/positions.json",
                                        "samples/account.json", "samples/watchlists.json"};
    for (int resource = 0; resource < RESOURCE_COUNT; resource++) {
        size_t len;
        char *body = read_corpus(names[resource], &len);
        while (len > 0 && body[len - 1] != '}') {
            len--;
        }
        for (size_t cut = 0; cut < len; cut++) {
            struct fault fault = {0};
            char *part = mem_dup(body, cut);
            assert_null(decode_body((enum resource)resource, part, cut, &fault));
            assert_int_equal(fault.kind, FAULT_DECODE);
            free(part);
        }
        free(body);
    }
}

static void test_rows_have_a_ceiling(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_append_text(&buf, "{\"orders\":[");
    for (size_t i = 0; i <= DECODE_ROWS_MAX; i++) {
        buf_append_text(&buf, i == 0 ? ROW("\"1\"", "1") : "," ROW("\"1\"", "1"));
    }
    buf_append_text(&buf, "]}");
    struct fault fault = {0};
    assert_null(decode_body(RESOURCE_ORDERS, buf.data, buf.len, &fault));
    assert_int_equal(fault.kind, FAULT_TOO_LARGE);
    buf_done(&buf);
}

static void test_many_rows_and_equal_ids(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_append_text(&buf, "{\"orders\":[");
    for (unsigned i = 0; i < 20000; i++) {
        buf_printf(&buf,
                   "%s{\"id\":\"id-%u\",\"symbol\":\"S%u\",\"quantity\":%u,\"orderSide\":\"BUY\","
                   "\"status\":\"\xff\"}",
                   i > 0 ? "," : "", i % 10000, i % 7, i);
    }
    buf_append_text(&buf, "]}");
    struct fault fault = {0};
    struct snapshot *snapshot = decode_body(RESOURCE_ORDERS, buf.data, buf.len, &fault);
    assert_non_null(snapshot);
    assert_int_equal(snapshot->row_count, 20000);
    for (unsigned i = 0; i < 10000; i += 13) {
        char id[32];
        snprintf(id, sizeof id, "id-%u", i);
        assert_int_equal(model_find(snapshot, id), i);
        assert_int_equal(snapshot->orders[i + 10000].quantity, i + 10000);
        assert_string_equal(snapshot->orders[i].status, "\xef\xbf\xbd");
        snprintf(id, sizeof id, "S%u", i % 7);
        assert_string_equal(snapshot->orders[i].symbol, id);
    }
    snapshot_unref(snapshot);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_orders),
        cmocka_unit_test(test_sample_positions),
        cmocka_unit_test(test_sample_account),
        cmocka_unit_test(test_sample_watchlists),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_a_flattened_item_equals_a_nested_one),
        cmocka_unit_test(test_the_nested_member_wins_in_either_order),
        cmocka_unit_test(test_closed_positions),
        cmocka_unit_test(test_words_become_classes),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_what_other_systems_add),
        cmocka_unit_test(test_the_kind_of_an_alert),
        cmocka_unit_test(test_what_cannot_be_shown),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_rows_have_a_ceiling),
        cmocka_unit_test(test_many_rows_and_equal_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
