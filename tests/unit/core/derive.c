#include <blotter/core/decode.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct snapshot *row_of(enum resource resource, const char *head, const char *members)
{
    char body[1024];
    snprintf(body, sizeof body, "%s%s}]}%s", head, members,
             resource == RESOURCE_WATCHLISTS ? "]}" : "");
    struct fault fault = {0};
    struct snapshot *snapshot = decode_body(resource, body, strlen(body), &fault);
    assert_string_equal(fault.text, "");
    return snapshot;
}

static void check(struct figure figure, double expected, bool derived)
{
    if (isnan(expected)) {
        assert_true(isnan(figure.value) && !figure.derived);
        return;
    }
    assert_true(fabs(figure.value - expected) < 1e-9);
    assert_int_equal(figure.derived, derived);
}

static void test_orders(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        double pending, value, last;
        bool value_derived, last_derived;
    } rows[] = {
        {"\"status\":\"PENDING\",\"quantity\":10,\"filledQuantity\":4,\"price\":5", 6, 50, NAN,
         true, false},
        {"\"status\":\"PENDING\",\"quantity\":10,\"price\":5", NAN, 50, NAN, true, false},
        {"\"status\":\"EXECUTED\",\"quantity\":10,\"price\":5,\"averagePrice\":4.5", 0, 45, NAN,
         true, false},
        {"\"status\":\"a word\",\"quantity\":10,\"filledQuantity\":4", NAN, NAN, NAN, false, false},
        {"\"status\":\"PENDING\",\"notional\":500,\"price\":5", NAN, 500, NAN, false, false},
        {"\"status\":\"PENDING\",\"quantity\":2,\"price\":12.05,\"multiplier\":100,"
         "\"filledQuantity\":0",
         2, 2410, NAN, true, false},
        {"\"status\":\"REJECTED\",\"quantity\":1,\"stock\":{\"bid\":1,\"ask\":2}", 0, NAN, 1.5,
         false, true},
        {"\"status\":\"REJECTED\",\"stock\":{\"bid\":1,\"ask\":2,\"ltp\":3}", 0, NAN, 3, false,
         false},
        {"\"status\":\"REJECTED\",\"stock\":{\"bid\":1}", 0, NAN, NAN, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot =
            row_of(RESOURCE_ORDERS, "{\"orders\":[{\"id\":1,", rows[i].members);
        const struct order *order = snapshot->orders;
        double pending = order_pending(order);
        assert_true(pending == rows[i].pending || (isnan(pending) && isnan(rows[i].pending)));
        check(order_value(order), rows[i].value, rows[i].value_derived);
        check(order_last(order), rows[i].last, rows[i].last_derived);
        snapshot_unref(snapshot);
    }
}

/* What a fill was worse by; only of what is over, and only against what is known. */
static void test_slip(void **state)
{
    (void)state;
#define DONE "\"status\":\"EXECUTED\",\"quantity\":10,"
    static const struct {
        const char *members;
        double placed_at, cost, worth;
    } rows[] = {
        {DONE "\"orderSide\":\"BUY\",\"filledQuantity\":10,\"price\":100,\"averagePrice\":101", NAN,
         10, 1000},
        {DONE "\"orderSide\":\"SELL\",\"filledQuantity\":10,\"price\":100,\"averagePrice\":101",
         NAN, -10, 1000},
        {DONE "\"orderSide\":\"SELL\",\"filledQuantity\":4,\"price\":100,\"averagePrice\":99,"
              "\"multiplier\":50",
         NAN, 200, 20000},
        {DONE
         "\"orderSide\":\"BUY\",\"orderType\":\"MARKET\",\"filledQuantity\":2,\"averagePrice\":101",
         100, 2, 200},
        {DONE
         "\"orderSide\":\"BUY\",\"orderType\":\"market\",\"filledQuantity\":2,\"averagePrice\":101",
         NAN, NAN, NAN},
        {DONE
         "\"orderSide\":\"BUY\",\"orderType\":\"MARKET\",\"filledQuantity\":2,\"averagePrice\":101,"
         "\"price\":0",
         100, 2, 200},
        {DONE
         "\"orderSide\":\"BUY\",\"orderType\":\"SL-M\",\"filledQuantity\":2,\"averagePrice\":101",
         100, NAN, NAN},
        {DONE "\"orderSide\":\"BUY\",\"filledQuantity\":0,\"price\":100,\"averagePrice\":101", NAN,
         NAN, NAN},
        {DONE "\"orderSide\":\"BUY\",\"price\":100,\"averagePrice\":101", NAN, NAN, NAN},
        {DONE "\"orderSide\":\"HOLD\",\"filledQuantity\":2,\"price\":100,\"averagePrice\":101", NAN,
         NAN, 200},
        {DONE "\"orderSide\":\"BUY\",\"filledQuantity\":2,\"price\":100", NAN, NAN, 200},
        {DONE "\"orderSide\":\"BUY\",\"filledQuantity\":2,\"price\":100,\"averagePrice\":0", NAN,
         NAN, 200},
        {DONE "\"orderSide\":\"BUY\",\"filledQuantity\":5,\"price\":-38,\"averagePrice\":-37.5",
         NAN, 2.5, 190},
        {DONE "\"orderSide\":\"SELL\",\"filledQuantity\":5,\"price\":-38,\"averagePrice\":-37.5",
         NAN, -2.5, 190},
        {DONE
         "\"orderSide\":\"BUY\",\"orderType\":\"MARKET\",\"filledQuantity\":2,\"averagePrice\":101,"
         "\"price\":-1",
         100, 2, 200},
        {"\"status\":\"PENDING\",\"orderSide\":\"BUY\",\"quantity\":10,\"filledQuantity\":2,"
         "\"price\":"
         "100,"
         "\"averagePrice\":101",
         NAN, NAN, NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot =
            row_of(RESOURCE_ORDERS, "{\"orders\":[{\"id\":\"1\",", rows[i].members);
        struct slip slip = order_slip(snapshot->orders, rows[i].placed_at);
        check((struct figure){slip.cost, false}, rows[i].cost, false);
        check((struct figure){slip.worth, false}, rows[i].worth, false);
        snapshot_unref(snapshot);
    }
}

static void test_positions(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        struct figure average, value, gain, invested;
    } rows[] = {
        {"\"quantity\":10,\"averagePrice\":5,\"currentPrice\":6",
         {5, false},
         {60, true},
         {10, true},
         {50, true}},
        /* A price of 0 is none: nothing follows from it, and it stands as it was sent. */
        {"\"quantity\":10,\"averagePrice\":0,\"currentPrice\":6",
         {0, false},
         {60, true},
         {NAN, false},
         {NAN, false}},
        {"\"quantity\":10,\"averagePrice\":0,\"currentPrice\":6,\"investedValue\":50",
         {0, false},
         {60, true},
         {10, true},
         {50, false}},
        {"\"quantity\":10,\"averagePrice\":5,\"currentPrice\":0",
         {5, false},
         {NAN, false},
         {NAN, false},
         {50, true}},
        {"\"quantity\":-0.5,\"averagePrice\":-4,\"currentPrice\":-6,\"multiplier\":100",
         {-4, false},
         {300, true},
         {100, true},
         {200, true}},
        /* What was sent stands, whatever it is. */
        {"\"quantity\":10,\"averagePrice\":5,\"currentPrice\":6,\"currentValue\":61,"
         "\"unrealizedPnL\":0,\"investedValue\":49",
         {5, false},
         {61, false},
         {0, false},
         {49, false}},
        /* Short, and nothing but what was invested. */
        {"\"quantity\":-4,\"investedValue\":-40,\"stock\":{\"bid\":8,\"ask\":10}",
         {10, true},
         {-36, true},
         {4, true},
         {40, false}},
        {"\"quantity\":1,\"investedValue\":1205,\"multiplier\":100,\"currentPrice\":13",
         {12.05, true},
         {1300, true},
         {95, true},
         {1205, false}},
        {"\"quantity\":5", {NAN, false}, {NAN, false}, {NAN, false}, {NAN, false}},
        {"\"quantity\":0,\"investedValue\":0",
         {NAN, false},
         {NAN, false},
         {NAN, false},
         {0, false}},
        /* Prices in pence, values in pounds. */
        {"\"quantity\":5,\"averagePrice\":5,\"currentPrice\":6,\"currency\":\"GBX\","
         "\"valueCurrency\":\"GBP\"",
         {5, false},
         {NAN, false},
         {NAN, false},
         {NAN, false}},
        {"\"quantity\":5,\"currentPrice\":6,\"investedValue\":9,\"currency\":\"GBX\","
         "\"valueCurrency\":\"GBP\"",
         {NAN, false},
         {NAN, false},
         {NAN, false},
         {9, false}},
        {"\"quantity\":5,\"currentPrice\":6,\"currency\":\"USD\",\"valueCurrency\":\"USD\"",
         {NAN, false},
         {30, true},
         {NAN, false},
         {NAN, false}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot = row_of(
            RESOURCE_POSITIONS, "{\"positions\":[{\"id\":1,\"symbol\":\"S\",", rows[i].members);
        const struct position *position = snapshot->positions;
        check(position_average(position), rows[i].average.value, rows[i].average.derived);
        check(position_value(position), rows[i].value.value, rows[i].value.derived);
        check(position_unrealized(position), rows[i].gain.value, rows[i].gain.derived);
        check(position_invested(position), rows[i].invested.value, rows[i].invested.derived);
        snapshot_unref(snapshot);
    }
}

/* 0 is no level; below it is one where prices are. */
static void test_levels(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        double stop, target;
    } rows[] = {
        {"\"currentPrice\":100,\"stopLoss\":90,\"target\":120", 90, 120},
        {"\"currentPrice\":100,\"stopLoss\":0", NAN, NAN},
        {"\"currentPrice\":100,\"stopLoss\":-1,\"target\":-1", NAN, NAN},
        {"\"currentPrice\":-37,\"stopLoss\":-40,\"target\":5", -40, 5},
        {"\"averagePrice\":-37,\"stopLoss\":-40", -40, NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot =
            row_of(RESOURCE_POSITIONS, "{\"positions\":[{\"id\":1,\"symbol\":\"S\",\"quantity\":5,",
                   rows[i].members);
        check((struct figure){position_stop_level(snapshot->positions), false}, rows[i].stop,
              false);
        check((struct figure){position_target_level(snapshot->positions), false}, rows[i].target,
              false);
        snapshot_unref(snapshot);
    }
}

static void test_items(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        struct figure last, change, percent;
    } rows[] = {
        {"\"ltp\":11,\"close\":10", {11, false}, {1, true}, {10, true}},
        {"\"ltp\":11,\"close\":10,\"change\":2,\"changePercent\":3",
         {11, false},
         {2, false},
         {3, false}},
        {"\"bid\":10,\"ask\":12,\"close\":10", {11, true}, {1, true}, {10, true}},
        {"\"ltp\":11", {11, false}, {NAN, false}, {NAN, false}},
        {"\"ltp\":-37,\"close\":-40", {-37, false}, {3, true}, {7.5, true}},
        {"\"ltp\":-37,\"close\":20", {-37, false}, {-57, true}, {-285, true}},
        {"\"ltp\":11,\"close\":0", {11, false}, {NAN, false}, {NAN, false}},
        {"\"ltp\":0,\"close\":10", {0, false}, {NAN, false}, {NAN, false}},
        {"\"close\":10", {NAN, false}, {NAN, false}, {NAN, false}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot *snapshot = row_of(
            RESOURCE_WATCHLISTS,
            "{\"watchlists\":[{\"id\":1,\"name\":\"n\",\"items\":[{\"id\":2,\"symbol\":\"S\",",
            rows[i].members);
        const struct watch_item *item = snapshot->items;
        check(item_last(item), rows[i].last.value, rows[i].last.derived);
        check(item_change(item), rows[i].change.value, rows[i].change.derived);
        check(item_change_percent(item), rows[i].percent.value, rows[i].percent.derived);
        snapshot_unref(snapshot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),    cmocka_unit_test(test_slip),
        cmocka_unit_test(test_positions), cmocka_unit_test(test_levels),
        cmocka_unit_test(test_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
