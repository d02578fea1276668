#include "model/fields.h"
#include "model/overlay.h"
#include "model/patch.h"

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

#define ORDERS                                                                                     \
    "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":" \
    "\"PENDING\",\"price\":4}]}"
#define POSITIONS                                                                                  \
    "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":5,\"averagePrice\":2,"            \
    "\"stock\":{\"instrumentId\":\"I\"}},{\"id\":\"q\",\"symbol\":\"T\",\"quantity\":1}]}"
#define ACCOUNT                                                                                    \
    "{\"account\":{\"id\":\"acc\",\"balance\":100,\"availableMargin\":80,\"usedMargin\":20}}"
#define LISTS                                                                                      \
    "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"           \
    "\"symbol\":"                                                                                  \
    "\"S\",\"instrumentId\":\"I\",\"ltp\":3}},{\"id\":\"j\",\"symbol\":\"T\",\"ltp\":4}]},"        \
    "{\"id\":\"v\",\"name\":\"m\",\"items\":[{\"id\":\"k\",\"stock\":{\"symbol\":\"S\","           \
    "\"instrumentId\":\"I\",\"ltp\":3}}]}]}"

static const char *const bodies[] = {ORDERS, POSITIONS, ACCOUNT, LISTS};

static struct snapshot *decode(enum resource resource, const char *body)
{
    struct fault fault;
    struct snapshot *snapshot = decode_body(resource, body, strlen(body), &fault);
    assert_non_null(snapshot);
    return snapshot;
}

static struct patch_log *log_new(enum resource resource, size_t max)
{
    struct patch_log *log = patch_log_new(resource, max);
    patch_log_rebase(log, decode(resource, bodies[resource]), (struct patch_answer){.seq = 1});
    return log;
}

/* A row has another version exactly when it is not as it was. */
static void check_versions(const struct snapshot *before, const struct snapshot *now)
{
    for (size_t i = 0; before != NULL && i < now->row_count; i++) {
        const struct row *row = model_row(now, i);
        size_t at = model_find(before, row->id);
        if (at == before->row_count) {
            continue;
        }
        const struct row *was = model_row(before, at);
        bool equal = was->provisional == row->provisional &&
                     fields_equal(field_table(now->resource), was, row);
        assert_int_equal(was->version == row->version, equal);
    }
}

static struct patch_result tell(struct patch_log *log, const char *type, const char *data,
                                uint64_t seq, uint64_t id)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"event\":\"%s\",\"data\":%s,\"timestamp\":\"2025-01-27T10:00:00.000Z\"}", type,
             data);
    struct sse_event sse = {
        .type = "message", .type_len = 7, .data = text, .data_len = strlen(text), .id = ""};
    struct event event;
    assert_true(event_parse(&sse, &event));
    const struct snapshot *shown = patch_log_shown(log);
    struct snapshot *before = shown != NULL ? snapshot_copy(shown) : NULL;
    struct patch_result result =
        patch_log_event(log, &event, (struct patch_stamp){.seq = seq, .id = id}, 0);
    check_versions(before, patch_log_shown(log));
    snapshot_unref(before);
    assert_true(patch_log_consistent(log));
    return result;
}

#define ORDER_DATA(id, status)                                                                     \
    "{\"orderId\":\"" id "\",\"symbol\":\"S\",\"quantity\":9,\"orderType\":\"LIMIT\","             \
    "\"orderSide\":\"BUY\",\"status\":\"" status "\",\"price\":7}"

static void test_orders(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    tell(log, "order_placed", ORDER_DATA("b", "PENDING"), 2, 0);
    const struct snapshot *shown = patch_log_shown(log);
    assert_int_equal(shown->row_count, 2);
    assert_string_equal(shown->orders[0].row.id, "b");
    assert_string_equal(shown->orders[0].type, "LIMIT");
    assert_true(shown->orders[0].price == 7 && shown->orders[0].row.provisional);
    assert_true(shown->orders[0].created_ms == 1737972000000);
    assert_null(shown->orders[0].row.raw.ptr);
    assert_int_equal(model_find(shown, "a"), 1);
    assert_int_equal(model_find(shown, "b"), 0);

    tell(log, "order_executed", ORDER_DATA("a", "EXECUTED"), 3, 0);
    tell(log, "order_cancelled", ORDER_DATA("b", "REJECTED"), 4, 0);
    shown = patch_log_shown(log);
    assert_string_equal(shown->orders[1].status, "EXECUTED");
    assert_true(shown->orders[1].average_price == 7 && shown->orders[1].price == 4);
    assert_int_equal(shown->orders[1].filled, 9);
    assert_string_equal(shown->orders[0].status, "REJECTED");
    /* Placed again, as by a server that repeats itself: nothing goes back. */
    assert_false(tell(log, "order_placed", ORDER_DATA("b", "PENDING"), 5, 0).changed);
    assert_string_equal(patch_log_shown(log)->orders[0].status, "REJECTED");
    patch_log_free(log);
}

#define PLACED "\"symbol\":\"S\",\"orderSide\":\"BUY\",\"status\":\"PENDING\""

static void test_placed_again(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    tell(log, "order_placed", "{\"orderId\":5," PLACED ",\"quantity\":\"2.5\"}", 2, 0);
    assert_string_equal(patch_log_shown(log)->orders[0].row.id, "5");
    int64_t created_ms = patch_log_shown(log)->orders[0].created_ms;
    /* Another word of a working order. */
    struct patch_result result =
        tell(log, "order_placed",
             "{\"orderId\":5,\"status\":\"accepted\",\"class\":\"open\",\"price\":3}", 3, 0);
    const struct order *order = &patch_log_shown(log)->orders[0];
    assert_true(result.valid && result.changed);
    assert_int_equal(patch_log_shown(log)->row_count, 2);
    assert_string_equal(order->status, "accepted");
    assert_true(order->price == 3 && order->quantity == 2.5 && order->class == ORDER_OPEN);
    assert_true(order->created_ms == created_ms);
    /* A price says nothing of the order: the word stays the server's own. */
    tell(log, "quotes_updated", "{\"updates\":[{\"symbol\":\"S\",\"ltp\":8}]}", 3, 0);
    order = &patch_log_shown(log)->orders[0];
    assert_true(order->ltp == 8 && order->told == ORDER_OPEN);
    /* It is over; a status without a class is classed by its word. */
    tell(log, "order_executed", "{\"orderId\":\"5\",\"status\":\"EXECUTED\",\"quantity\":2.5}", 4,
         0);
    order = &patch_log_shown(log)->orders[0];
    assert_true(order->class == ORDER_DONE && order->filled == 2.5);
    assert_false(tell(log, "order_placed", "{\"orderId\":5," PLACED "}", 5, 0).changed);
    assert_string_equal(patch_log_shown(log)->orders[0].status, "EXECUTED");
    patch_log_free(log);
}

#define AT(status, at)                                                                             \
    "{\"orderId\":\"a\",\"status\":\"" status "\",\"updatedAt\":\"2026-11-27T14:30:" at "Z\"}"

static void test_what_is_not_later_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *type, *data;
        bool changed;
        const char *status;
    } steps[] = {
        {"order_updated", AT("first", "01.000000001"), true, "first"},
        {"order_updated", AT("before", "01.000000000"), false, "first"},
        {"order_updated", AT("same", "01.000000001"), false, "first"},
        {"order_updated", AT("later", "01.000000002"), true, "later"},
        {"order_updated", "{\"orderId\":\"a\",\"status\":\"no time\"}", true, "no time"},
        {"order_executed", AT("EXECUTED", "02"), true, "EXECUTED"},
        {"order_placed", AT("PENDING", "01.5"), false, "EXECUTED"},
        {"order_placed", AT("reopened", "03"), true, "reopened"},
    };
    struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct patch_result result = tell(log, steps[i].type, steps[i].data, i + 2, 0);
        assert_true(result.valid);
        assert_int_equal(result.changed, steps[i].changed);
        assert_string_equal(patch_log_shown(log)->orders[0].status, steps[i].status);
    }
    /* Nor does it after a response that knows more than the log. */
    struct fault fault;
    static const char body[] =
        "{\"orders\":[{\"id\":\"a\",\"status\":\"read\",\"updatedAt\":\"2026-11-27T14:31:00Z\"}]}";
    patch_log_rebase(log, decode_body(RESOURCE_ORDERS, body, sizeof body - 1, &fault),
                     (struct patch_answer){.seq = 1});
    assert_string_equal(patch_log_shown(log)->orders[0].status, "no time");
    assert_true(patch_log_consistent(log));
    patch_log_free(log);
}

static void test_quotes_without_a_last_price(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_WATCHLISTS, PATCH_LOG_MAX);
    struct patch_result result =
        tell(log, "quotes_updated",
             "{\"updates\":[{\"instrumentId\":\"I\",\"bid\":\"1.5\",\"ask\":2.5,\"open\":1,"
             "\"high\":3,\"low\":0.5,\"close\":2,\"name\":\"Named\"}]}",
             2, 0);
    assert_true(result.valid && result.changed);
    const struct watch_item *item = patch_log_shown(log)->items;
    while (strcmp(item->instrument_id, "I") != 0) {
        item++;
    }
    assert_true(item->bid == 1.5 && item->ask == 2.5 && item->open == 1 && item->high == 3);
    assert_true(item->low == 0.5 && item->close == 2);
    assert_string_equal(item->name, "Named");
    /* The change that came with an older price says nothing about this one. */
    assert_true(isnan(item->change) && isnan(item->change_percent));
    patch_log_free(log);
}

static void test_positions(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_POSITIONS, PATCH_LOG_MAX);
    tell(log, "position_updated",
         "{\"positionId\":\"p\",\"symbol\":\"S\",\"quantity\":6,\"averagePrice\":2.5}", 2, 0);
    tell(log, "position_closed",
         "{\"positionId\":\"q\",\"symbol\":\"T\",\"quantity\":0,\"averagePrice\":1,"
         "\"realizedPnL\":-3}",
         3, 0);
    tell(log, "position_opened",
         "{\"positionId\":\"r\",\"symbol\":\"U\",\"quantity\":-4,\"averagePrice\":1}", 4, 0);
    const struct position *rows = patch_log_shown(log)->positions;
    assert_int_equal(patch_log_shown(log)->row_count, 3);
    assert_true(rows[0].quantity == -4 && !rows[0].is_closed && rows[0].row.provisional);
    assert_true(rows[1].quantity == 6 && rows[1].average_price == 2.5);
    assert_true(rows[2].is_closed && rows[2].realized_pnl == -3);
    struct patch_result result =
        tell(log, "positions_pnl_updated",
             "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":1.5,\"dayPnL\":2,"
             "\"currentPrice\":3},{\"positionId\":\"nobody\",\"unrealizedPnL\":1,\"dayPnL\":2}]}",
             5, 0);
    assert_true(result.valid && result.changed);
    assert_int_equal(result.rows, 2);
    rows = patch_log_shown(log)->positions;
    assert_true(rows[1].unrealized_pnl == 1.5 && rows[1].current_price == 3);
    patch_log_free(log);
}

/* R21: a price beside the profit of another one, a quantity beside the profit of another one. */
static void test_figures_of_different_moments(void **state)
{
    (void)state;
    static const char body[] =
        "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":10,\"averagePrice\":2,"
        "\"currentPrice\":3,\"unrealizedPnL\":10,\"stock\":{\"instrumentId\":\"I\"}}]}";
    static const struct {
        const char *type, *data;
        bool mixed;
    } steps[] = {
        {"quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":4}]}", true},
        {"positions_pnl_updated",
         "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":20,\"dayPnL\":1}]}", false},
        {"quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":5}]}", true},
        {"positions_pnl_updated",
         "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":77,\"dayPnL\":1,\"currentPrice\":6}"
         "]}",
         false},
        {"quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":9.7}]}", false},
        {"positions_pnl_updated",
         "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":99,\"dayPnL\":1}]}", true},
        {"positions_pnl_updated",
         "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":99,\"dayPnL\":1,\"currentPrice\":3}"
         "]}",
         false},
        {"position_updated",
         "{\"positionId\":\"p\",\"symbol\":\"S\",\"quantity\":1000,\"averagePrice\":2}", true},
        {"position_updated",
         "{\"positionId\":\"p\",\"symbol\":\"S\",\"quantity\":99,\"averagePrice\":2}", false},
    };
    struct patch_log *log = patch_log_new(RESOURCE_POSITIONS, PATCH_LOG_MAX);
    patch_log_rebase(log, decode(RESOURCE_POSITIONS, body), (struct patch_answer){.seq = 1});
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_true(tell(log, steps[i].type, steps[i].data, 2 + i, 0).changed);
        assert_int_equal(patch_log_shown(log)->positions[0].row.mixed, steps[i].mixed);
    }
    /* One answer holds them all, whatever they come to. */
    tell(log, "quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":8}]}", 50, 0);
    assert_true(patch_log_shown(log)->positions[0].row.mixed);
    static const char after[] =
        "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":99,\"averagePrice\":2,"
        "\"currentPrice\":8,\"unrealizedPnL\":7}]}";
    patch_log_rebase(log, decode(RESOURCE_POSITIONS, after),
                     (struct patch_answer){.seq = 90, .now_us = 1});
    assert_false(patch_log_shown(log)->positions[0].row.mixed);
    patch_log_free(log);
}

/* A sum of what has changed is not left beside it, where it was one. */
static void test_sums_go_with_what_they_are_made_of(void **state)
{
    (void)state;
    static const char body[] =
        "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":10,\"averagePrice\":2,"
        "\"currentPrice\":3,\"currentValue\":30,\"investedValue\":20,\"stock\":{\"instrumentId\":"
        "\"I\"}},{\"id\":\"q\",\"symbol\":\"Q\",\"quantity\":10,\"averagePrice\":2,"
        "\"currentPrice\":3,\"currentValue\":77,\"investedValue\":88,\"stock\":{\"instrumentId\":"
        "\"I\"}}]}";
    static const struct {
        const char *type, *data;
        struct figure worth, cost;
    } steps[] = {
        {"quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":4}]}",
         {40, true},
         {20, false}},
        {"quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":3}]}",
         {30, false},
         {20, false}},
        {"position_updated",
         "{\"positionId\":\"p\",\"symbol\":\"S\",\"quantity\":20,\"averagePrice\":2}",
         {60, true},
         {40, true}},
        {"position_closed",
         "{\"positionId\":\"p\",\"symbol\":\"S\",\"quantity\":0,\"averagePrice\":2}",
         {0, true},
         {0, true}},
    };
    struct patch_log *log = patch_log_new(RESOURCE_POSITIONS, PATCH_LOG_MAX);
    patch_log_rebase(log, decode(RESOURCE_POSITIONS, body), (struct patch_answer){.seq = 1});
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tell(log, steps[i].type, steps[i].data, 2 + i, 0);
        const struct position *shown = patch_log_shown(log)->positions;
        struct figure worth = position_value(&shown[0]), cost = position_invested(&shown[0]);
        assert_true(worth.value == steps[i].worth.value && cost.value == steps[i].cost.value);
        assert_int_equal(worth.derived, steps[i].worth.derived);
        assert_int_equal(cost.derived, steps[i].cost.derived);
        /* This one was made of something else all along. */
        assert_true(position_value(&shown[1]).value == 77 && !position_value(&shown[1]).derived);
    }
    patch_log_free(log);
}

static void test_account(void **state)
{
    (void)state;
    static const char *const types[] = {"balance_updated", "margin_blocked", "margin_released"};
    for (size_t i = 0; i < 3; i++) {
        struct patch_log *log = log_new(RESOURCE_ACCOUNT, PATCH_LOG_MAX);
        tell(log, types[i],
             "{\"tradingAccountId\":\"acc\",\"balance\":90,\"availableMargin\":70,"
             "\"usedMargin\":\"20.5\"}",
             2, 0);
        const struct account *account = patch_log_shown(log)->account;
        assert_true(account->balance == 90 && account->used_margin == 20.5);
        /* Of another account: not ours. */
        assert_false(tell(log, types[i],
                          "{\"tradingAccountId\":\"x\",\"balance\":1,\"availableMargin\":1,"
                          "\"usedMargin\":1}",
                          3, 0)
                         .changed);
        patch_log_free(log);
    }
}

/*
 * A tick older than a row of its instrument changes nothing, and above all does not take the place
 * of the one that the row shows, whose texts would go with it.
 */
static void test_a_tick_older_than_its_row(void **state)
{
    (void)state;
    static const char body[] =
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"symbol\":\"T\","
        "\"ltp\":1,\"updatedAt\":\"2023-11-14T22:13:20Z\"}]}]}";
    static const struct {
        const char *update;
        double price;
        const char *name;
    } steps[] = {
        {"{\"symbol\":\"T\",\"ltp\":2,\"name\":\"no time\"}", 2, "no time"},
        {"{\"symbol\":\"T\",\"ltp\":3,\"name\":\"older\",\"updatedAtMs\":1699999999000}", 2,
         "no time"},
        {"{\"symbol\":\"T\",\"ltp\":4,\"name\":\"newer\",\"updatedAtMs\":1700000002000}", 4,
         "newer"},
        {"{\"instrumentId\":\"?\",\"symbol\":\"T\",\"ltp\":5,\"name\":\"between\","
         "\"updatedAtMs\":1700000001000}",
         4, "newer"},
        {"{\"symbol\":\"T\",\"ltp\":6,\"name\":\"as new\",\"updatedAtMs\":1700000002000}", 6,
         "as new"},
        {"{\"symbol\":\"T\",\"ltp\":7,\"name\":\"cut\",\"updatedAtMs\":1700000002000.75}", 7,
         "cut"},
        {"{\"symbol\":\"T\",\"ltp\":8,\"name\":\"cut, older\",\"updatedAtMs\":1700000001999.99}", 7,
         "cut"},
    };
    struct patch_log *log = patch_log_new(RESOURCE_WATCHLISTS, PATCH_LOG_MAX);
    patch_log_rebase(log, decode(RESOURCE_WATCHLISTS, body), (struct patch_answer){.seq = 1});
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char data[256];
        snprintf(data, sizeof data, "{\"updates\":[%s]}", steps[i].update);
        tell(log, "quotes_updated", data, 2 + i, 0);
        assert_true(patch_log_shown(log)->items[0].ltp == steps[i].price);
        assert_string_equal(patch_log_shown(log)->items[0].name, steps[i].name);
    }
    patch_log_free(log);
}

static void test_watchlists(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_WATCHLISTS, PATCH_LOG_MAX);
    tell(log, "quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"symbol\":\"S\",\"ltp\":8,\"change\":5,"
         "\"changePercent\":1,\"volume\":12,\"updatedAtMs\":99},"
         "{\"instrumentId\":\"?\",\"symbol\":\"T\",\"ltp\":9}]}",
         2, 0);
    const struct snapshot *shown = patch_log_shown(log);
    assert_true(shown->items[0].ltp == 8 && shown->items[2].ltp == 8);
    assert_true(shown->items[0].volume == 12 && shown->items[0].updated_ms == 99);
    assert_true(shown->items[1].ltp == 9);
    tell(log, "watchlist_item_removed",
         "{\"watchlistId\":\"w\",\"action\":\"item_removed\",\"itemId\":\"i\"}", 3, 0);
    shown = patch_log_shown(log);
    assert_int_equal(shown->row_count, 2);
    assert_true(shown->lists[0].first == 0 && shown->lists[0].count == 1);
    assert_true(shown->lists[1].first == 1 && shown->lists[1].count == 1);
    assert_string_equal(shown->items[shown->lists[1].first].row.id, "k");
    assert_int_equal(model_find(shown, "i"), 2);
    tell(log, "quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"symbol\":\"S\",\"ltp\":10}]}", 4, 0);
    assert_true(patch_log_shown(log)->items[1].ltp == 10);
    patch_log_free(log);
}

static void check_found(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->row_count; i++) {
        assert_int_equal(model_find(snapshot, model_row(snapshot, i)->id), i);
    }
}

/* Rows written in before others went, and after; one of them goes itself. */
static void test_what_was_kept_last_is_put_back_first(void **state)
{
    (void)state;
    static const char *const removed[] = {"i", "k", "j"};
    struct snapshot *sent = decode(RESOURCE_WATCHLISTS, LISTS);
    struct overlay overlay = {.view = decode(RESOURCE_WATCHLISTS, LISTS)};
    struct snapshot *view = overlay.view;
    for (size_t i = 0; i < 3; i++) {
        size_t last = view->row_count - 1;
        ((struct watch_item *)overlay_save(&overlay, last))->ltp = 7;
        ((struct watch_item *)overlay_save(&overlay, 0))->symbol = "renamed";
        overlay_row_written(&overlay, 0);
        overlay_remove(&overlay, model_find(view, removed[i]));
        check_found(view);
        const struct row *original = overlay_original(&overlay, removed[i]);
        size_t at = model_find(sent, removed[i]);
        assert_true(row_equal(RESOURCE_WATCHLISTS, original, model_row(sent, at)));
        size_t walk = 0, found = 0;
        while (overlay_next_of_instrument(&overlay, "I", &walk, &at)) {
            assert_string_equal(view->items[at].instrument_id, "I");
            found++;
        }
        assert_int_equal(found, i == 0 ? 1 : 0);
    }
    assert_int_equal(view->row_count, 0);
    overlay_revert(&overlay);
    assert_true(snapshot_equal(view, sent));
    assert_int_equal(view->lists[1].first, 2);
    check_found(view);
    overlay_done(&overlay);
    snapshot_unref(view);
    snapshot_unref(sent);
}

/* Far more than the index had room for, and what is kept of it afterwards. */
static void test_rows_in_front_come_and_go(void **state)
{
    (void)state;
    static char ids[5000][8];
    struct overlay overlay = {.view = decode(RESOURCE_ORDERS, ORDERS)};
    struct snapshot *view = overlay.view;
    size_t walk = 0, at;
    assert_true(overlay_next_of_instrument(&overlay, "S", &walk, &at));
    for (size_t i = 0; i < 5000; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        ((struct order *)overlay_insert(&overlay, ids[i]))->symbol = i % 2 == 0 ? "S" : "T";
        overlay_row_written(&overlay, 0);
    }
    check_found(view);
    assert_null(overlay_original(&overlay, "4999"));
    size_t found = 0;
    for (walk = 0; overlay_next_of_instrument(&overlay, "S", &walk, &at); found++) {
        assert_string_equal(view->orders[at].symbol, "S");
    }
    assert_int_equal(found, 2501);
    overlay_revert(&overlay);
    assert_int_equal(view->row_count, 1);
    check_found(view);
    assert_int_equal(model_find(view, "4999"), 1);
    walk = 0;
    assert_true(overlay_next_of_instrument(&overlay, "S", &walk, &at) && at == 0);
    assert_false(overlay_next_of_instrument(&overlay, "S", &walk, &at));
    overlay_insert(&overlay, "again");
    assert_true(snapshot_block(view)->index.slot_count < 100);
    overlay_done(&overlay);
    snapshot_unref(view);
}

static void test_what_does_not_validate_is_not_applied(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *type;
        const char *data;
    } rows[] = {
        {RESOURCE_ORDERS, "order_executed", "null"},
        {RESOURCE_ORDERS, "order_executed", "{}"},
        {RESOURCE_ORDERS, "order_executed", "[]"},
        {RESOURCE_ORDERS, "order_executed", "{\"orderId\":\"a\"}"},
        {RESOURCE_ORDERS, "order_executed", "{\"orderId\":[7],\"status\":\"X\"}"},
        {RESOURCE_ORDERS, "order_executed",
         "{\"orderId\":\"a\",\"quantity\":\"x\",\"status\":\"X\"}"},
        {RESOURCE_ORDERS, "order_executed",
         "{\"orderId\":\"a\",\"status\":\"X\",\"updatedAt\":\"today\"}"},
        {RESOURCE_ORDERS, "order_executed", "{\"orderId\":\"a\",\"status\":\"X\",\"class\":1}"},
        {RESOURCE_ORDERS, "order_executed",
         "{\"orderId\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":"
         "\"X\",\"price\":\"much\"}"},
        {RESOURCE_POSITIONS, "positions_pnl_updated", "{}"},
        {RESOURCE_POSITIONS, "positions_pnl_updated", "{\"updates\":{}}"},
        {RESOURCE_POSITIONS, "positions_pnl_updated",
         "{\"updates\":[{\"positionId\":\"p\",\"unrealizedPnL\":1,\"dayPnL\":2},{}]}"},
        {RESOURCE_ACCOUNT, "balance_updated",
         "{\"tradingAccountId\":\"acc\",\"availableMargin\":2}"},
        {RESOURCE_WATCHLISTS, "watchlist_item_removed", "{\"watchlistId\":\"w\"}"},
        {RESOURCE_WATCHLISTS, "quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\"}]}"},
        {RESOURCE_WATCHLISTS, "quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"bid\":1}]}"},
        {RESOURCE_WATCHLISTS, "quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"I\",\"ask\":1,\"bid\":null}]}"},
        {RESOURCE_WATCHLISTS, "quotes_updated", "{\"updates\":[{\"ltp\":1}]}"},
        {RESOURCE_WATCHLISTS, "quotes_updated",
         "{\"updates\":[{\"instrumentId\":\"\",\"ltp\":1}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patch_log *log = log_new(rows[i].resource, PATCH_LOG_MAX);
        struct patch_result result = tell(log, rows[i].type, rows[i].data, 2, 0);
        assert_false(result.valid || result.changed);
        assert_int_equal(patch_log_count(log), 0);
        patch_log_free(log);
    }
}

static void test_a_response_confirms_what_it_covers_and_shows(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    tell(log, "order_executed", ORDER_DATA("a", "EXECUTED"), 5, 50);
    tell(log, "order_placed", ORDER_DATA("b", "PENDING"), 6, 60);
    /* Began before both, but contains the first. */
    static const char executed[] = "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,"
                                   "\"orderSide\":\"BUY\",\"status\":"
                                   "\"EXECUTED\",\"averagePrice\":7}]}";
    struct patch_change change =
        patch_log_rebase(log, decode(RESOURCE_ORDERS, executed),
                         (struct patch_answer){.seq = 4, .id = 50, .now_us = 1});
    assert_int_equal(patch_log_count(log), 1);
    assert_false(change.doubt || change.lied);
    assert_false(patch_log_shown(log)->orders[1].row.provisional);
    assert_true(patch_log_shown(log)->orders[0].row.provisional);
    /* The order of arrival covers as well; the placed order should have been there. */
    change = patch_log_cover(log, (struct patch_answer){.seq = 7, .now_us = 2});
    assert_true(change.doubt && change.fresh);
    assert_int_equal(patch_log_count(log), 1);
    assert_string_equal(patch_log_shown(log)->orders[0].row.id, "b");
    /* A contradiction that lasts. */
    change = patch_log_cover(log, (struct patch_answer){.seq = 9, .now_us = 10 * 1000 * 1000});
    assert_false(change.doubt);
    assert_true(change.marked && change.missing);
    assert_int_equal(change.contradictions, 1);
    assert_int_equal(patch_log_shown(log)->row_count, 1);
    patch_log_free(log);
}

/* Its id claims what its rows do not show. */
static void test_a_claim_is_no_proof(void **state)
{
    (void)state;
    static const struct {
        uint64_t id;
        bool lied, kept;
    } rows[] = {{50, true, true}, {51, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
        tell(log, "order_executed", ORDER_DATA("a", "EXECUTED"), 5, 50);
        struct patch_change change =
            patch_log_rebase(log, decode(RESOURCE_ORDERS, ORDERS),
                             (struct patch_answer){.seq = 4, .id = rows[i].id});
        assert_int_equal(change.lied, rows[i].lied);
        /* With a later id something else may have happened to the row: marked, not written over. */
        const struct order *order = &patch_log_shown(log)->orders[0];
        assert_string_equal(order->status, rows[i].kept ? "EXECUTED" : "PENDING");
        assert_true(order->row.provisional);
        assert_int_equal(change.claimed_seq, rows[i].kept ? 0 : 5);
        assert_true(patch_log_consistent(log));
        patch_log_free(log);
    }
}

/* What earlier operations of a row left there is as old as what the server had before. */
static void test_a_response_between_two_operations_is_old(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        bool old;
    } rows[] = {{"PENDING", true},
                {"PARTIAL", true},
                {"EXECUTED", false},
                {"CANCELLED", false},
                {"CANCELLED\",\"price\":\"4", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
        char body[256];
        tell(log, "order_updated", ORDER_DATA("a", "PARTIAL"), 5, 0);
        tell(log, "order_executed", ORDER_DATA("a", "EXECUTED"), 6, 0);
        snprintf(body, sizeof body,
                 "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
                 "\"status\":\"%s\"}]}",
                 rows[i].status);
        struct patch_change change = patch_log_rebase(log, decode(RESOURCE_ORDERS, body),
                                                      (struct patch_answer){.seq = 7, .now_us = 1});
        assert_int_equal(change.doubt, rows[i].old);
        assert_int_equal(patch_log_count(log), rows[i].old ? 2 : 0);
        patch_log_free(log);
    }
}

static void test_the_log_has_a_ceiling(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_ORDERS, 3);
    for (unsigned i = 0; i < 5; i++) {
        char data[256];
        snprintf(data, sizeof data,
                 "{\"orderId\":\"n%u\",\"symbol\":\"S\",\"quantity\":1,\"orderSide\":\"BUY\","
                 "\"status\":\"PENDING\"}",
                 i);
        assert_int_equal(tell(log, "order_placed", data, 2 + i, 0).overflow, i >= 3);
    }
    assert_int_equal(patch_log_count(log), 3);
    assert_int_equal(patch_log_shown(log)->row_count, 4);
    patch_log_free(log);
}

/* Figures of rows that may come with the answer on its way are kept, but leave room for what
 * is known to be news. */
static void test_what_may_come_takes_half_the_room(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_WATCHLISTS, 8);
    char data[128];
    patch_log_await(log, true);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(data, sizeof data, "{\"updates\":[{\"instrumentId\":\"X%u\",\"ltp\":5}]}", i);
        assert_false(tell(log, "quotes_updated", data, 2 + i, 0).overflow);
    }
    assert_int_equal(patch_log_count(log), 4);
    assert_false(
        tell(log, "quotes_updated", "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":6}]}", 20, 0)
            .overflow);
    assert_int_equal(patch_log_count(log), 5);
    patch_log_await(log, false); /* without an answer on its way they are nobody's figures */
    tell(log, "quotes_updated", "{\"updates\":[{\"instrumentId\":\"Y\",\"ltp\":7}]}", 21, 0);
    assert_int_equal(patch_log_count(log), 5);
    patch_log_free(log);
}

static void test_repeated_figures_take_no_more_room(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_WATCHLISTS, PATCH_LOG_MAX);
    for (unsigned i = 0; i < 1000; i++) {
        char data[128];
        snprintf(data, sizeof data, "{\"updates\":[{\"instrumentId\":\"I\",\"ltp\":%u}]}", i);
        tell(log, "quotes_updated", data, 2 + i, 0);
    }
    assert_int_equal(patch_log_count(log), 1);
    assert_true(patch_log_shown(log)->items[2].ltp == 999);
    patch_log_free(log);
}

static void test_many_rows_put_in_front(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_POSITIONS, PATCH_LOG_MAX);
    char data[128];
    for (unsigned i = 0; i < 300; i++) {
        snprintf(data, sizeof data, "{\"positionId\":\"x%u\",\"symbol\":\"S\",\"quantity\":%u}", i,
                 i + 1);
        tell(log, "position_opened", data, 2 + i, 0);
    }
    const struct snapshot *shown = patch_log_shown(log);
    assert_int_equal(shown->row_count, 302);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(data, sizeof data, "x%u", i);
        size_t at = model_find(shown, data);
        assert_int_equal(at, 299 - i);
        assert_int_equal(shown->positions[at].quantity, i + 1);
    }
    assert_int_equal(model_find(shown, "q"), 301);
    patch_log_free(log);
}

static void test_what_came_before_the_first_rows_is_kept(void **state)
{
    (void)state;
    struct patch_log *log = patch_log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    tell(log, "order_executed", ORDER_DATA("a", "EXECUTED"), 5, 0);
    assert_null(patch_log_shown(log));
    patch_log_rebase(log, decode(RESOURCE_ORDERS, ORDERS), (struct patch_answer){.seq = 4});
    assert_string_equal(patch_log_shown(log)->orders[0].status, "EXECUTED");
    patch_log_clear(log);
    assert_null(patch_log_shown(log));
    patch_log_free(log);
}

/* Rows without an instrument are known by their symbol, which an event may change. */
static void test_a_figure_finds_a_row_by_its_new_symbol(void **state)
{
    (void)state;
    struct patch_log *log = log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    tell(log, "quotes_updated", "{\"updates\":[{\"symbol\":\"S\",\"ltp\":5}]}", 2, 0);
    assert_true(patch_log_shown(log)->orders[0].ltp == 5);
    tell(log, "order_updated",
         "{\"orderId\":\"a\",\"symbol\":\"NEW\",\"quantity\":9,\"orderSide\":\"BUY\","
         "\"status\":\"PENDING\"}",
         3, 0);
    tell(log, "quotes_updated", "{\"updates\":[{\"symbol\":\"NEW\",\"ltp\":6}]}", 4, 0);
    assert_true(patch_log_shown(log)->orders[0].ltp == 6);
    patch_log_free(log);
}

/* Many rows of one symbol and many figures for it: a bounded amount of work, then a request. */
static void test_one_event_does_not_write_rows_for_ever(void **state)
{
    (void)state;
    enum { ROWS = 10000, UPDATES = 10000, ROOM = 100 };
    char *body = malloc(ROWS * ROOM), *data = malloc(UPDATES * ROOM);
    size_t len = (size_t)snprintf(body, ROOM, "{\"orders\":[");
    for (unsigned i = 0; i < ROWS; i++) {
        len += (size_t)snprintf(body + len, ROOM,
                                "%s{\"id\":\"%u\",\"symbol\":\"S\",\"quantity\":1,"
                                "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}",
                                i > 0 ? "," : "", i);
    }
    len += (size_t)snprintf(body + len, ROOM, "]}");
    struct fault fault;
    struct snapshot *base = decode_body(RESOURCE_ORDERS, body, len, &fault);
    assert_non_null(base);
    struct patch_log *log = patch_log_new(RESOURCE_ORDERS, PATCH_LOG_MAX);
    patch_log_rebase(log, base, (struct patch_answer){.seq = 1});
    struct sse_event sse = {.type = "message", .type_len = 7, .data = data, .id = ""};
    struct event event;
    size_t at =
        (size_t)snprintf(data, ROOM, "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[");
    for (unsigned i = 0; i < UPDATES; i++) {
        at += (size_t)snprintf(data + at, ROOM, "%s{\"symbol\":\"S\",\"ltp\":%u}", i > 0 ? "," : "",
                               i);
    }
    at += (size_t)snprintf(data + at, ROOM, "]}}");
    sse.data_len = at;
    assert_true(event_parse(&sse, &event));
    struct patch_result result = patch_log_event(log, &event, (struct patch_stamp){2, 0, 0}, 0);
    assert_true(result.valid && result.overflow && result.changed);
    assert_true(result.rows < UPDATES);
    assert_true(patch_log_consistent(log));
    patch_log_free(log);
    free(body);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_placed_again),
        cmocka_unit_test(test_what_is_not_later_changes_nothing),
        cmocka_unit_test(test_quotes_without_a_last_price),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_figures_of_different_moments),
        cmocka_unit_test(test_sums_go_with_what_they_are_made_of),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_a_tick_older_than_its_row),
        cmocka_unit_test(test_watchlists),
        cmocka_unit_test(test_what_was_kept_last_is_put_back_first),
        cmocka_unit_test(test_rows_in_front_come_and_go),
        cmocka_unit_test(test_what_does_not_validate_is_not_applied),
        cmocka_unit_test(test_a_response_confirms_what_it_covers_and_shows),
        cmocka_unit_test(test_a_claim_is_no_proof),
        cmocka_unit_test(test_a_response_between_two_operations_is_old),
        cmocka_unit_test(test_the_log_has_a_ceiling),
        cmocka_unit_test(test_what_may_come_takes_half_the_room),
        cmocka_unit_test(test_repeated_figures_take_no_more_room),
        cmocka_unit_test(test_many_rows_put_in_front),
        cmocka_unit_test(test_what_came_before_the_first_rows_is_kept),
        cmocka_unit_test(test_a_figure_finds_a_row_by_its_new_symbol),
        cmocka_unit_test(test_one_event_does_not_write_rows_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
