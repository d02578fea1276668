/* What is told, when, and how often. */
#include <blotter/core/alarm.h>
#include <blotter/core/decode.h>
#include <blotter/core/event.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIGURES 12
#define STALE 1e9 /* a look at which the rows are stale */

enum what {
    STOP_LONG,
    STOP_SHORT,
    TARGET,
    ABOVE,
    BELOW,
    CROSSING,
    OWN_ABOVE,
    OWN_BELOW,
    DAY,
    MARGIN
};

/* One figure after the other; the letters of `told` say at which of them something was told. */
static const struct scene {
    const char *name;
    enum what what; /* its level is 100, of the day -100 */
    double figures[FIGURES];
    const char *told;
} scenes[] = {
    {"stop of a long", STOP_LONG, {101, 100.5, 100, 99}, "..!."},
    {"beyond at first sight", STOP_LONG, {99, 98, 99}, "..."},
    {"beyond at first sight, back, and again", STOP_LONG, {99, 101, 99}, "..!"},
    {"trembles", STOP_LONG, {101, 99.9, 100.1, 99.9, 100.1, 99.9}, ".!...."},
    {"goes back far enough", STOP_LONG, {101, 99.9, 100.2, 99.9}, ".!.!"},
    {"one tick short of far enough", STOP_LONG, {101, 99.9, 100.19, 99.9}, ".!.."},
    {"stale is not told", STOP_LONG, {101, STALE, 99, 98}, "..!."},
    {"unknown is nothing", STOP_LONG, {101, NAN, 99, 98}, "..!."},
    {"stop of a short", STOP_SHORT, {99, 99.9, 100, 101, 99.7, 100}, "..!..!"},
    {"target of a long", TARGET, {99, 100, 101, 99, 100}, ".!..!"},
    {"above", ABOVE, {99, 100, 101, 99.9, 100, 99, 100}, ".!....!"},
    {"below", BELOW, {101, 100, 101, 100}, ".!.!"},
    {"crossing, both ways", CROSSING, {99, 101, 99, 100, 101}, ".!!!."},
    {"crossing, trembling", CROSSING, {99, 100.1, 99.9, 100.1, 99.9}, ".!..."},
    {"own, above", OWN_ABOVE, {99, 101, 102, 99, 101}, ".!..!"},
    {"own, below", OWN_BELOW, {101, 99, 98, 101, 99}, ".!..!"},
    {"day loss", DAY, {-50, -99, -100, -120, -99.9, -101, -50, -100}, "..!....!"},
    {"margin", MARGIN, {40, 99, 100, 120, 99.9, 100, 50, 100}, "..!....!"},
};

struct world {
    char body[512];
    struct snapshot *rows;
    struct money money;
    struct alarm_view view;
};

static void put_figure(char *out, size_t capacity, double figure)
{
    snprintf(out, capacity, isnan(figure) ? "null" : "%.10g", figure);
}

static void decode(struct world *world, enum resource resource)
{
    struct fault fault;
    world->rows = decode_body(resource, world->body, strlen(world->body), &fault);
    assert_non_null(world->rows);
}

static void make_position(struct world *world, enum what what, const char *figure)
{
    snprintf(world->body, sizeof world->body,
             "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":%d,\"averagePrice\":1,"
             "\"currentPrice\":%s,\"dayPnL\":%s,\"%s\":100},"
             "{\"id\":\"c\",\"symbol\":\"C\",\"quantity\":0,\"isClosed\":true,\"dayPnL\":0}]}",
             what == STOP_SHORT ? -5 : 5, figure, what == DAY ? figure : "0",
             what == TARGET ? "target"
             : what == DAY  ? "none"
                            : "stopLoss");
    decode(world, RESOURCE_POSITIONS);
    world->view.positions = world->rows;
    money_of(&world->money, NULL, world->rows);
    world->view.money = &world->money;
}

static void make_item(struct world *world, enum what what, const char *figure)
{
    bool own = what == OWN_ABOVE || what == OWN_BELOW;
    snprintf(
        world->body, sizeof world->body,
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"W\",\"items\":[{\"id\":\"i\",\"symbol\":\"S\","
        "\"ltp\":%s,\"alertPrice\":%s,\"alertType\":\"%s\"}]}]}",
        figure, own ? "null" : "100",
        what == ABOVE   ? "ABOVE"
        : what == BELOW ? "BELOW"
                        : "BOTH");
    decode(world, RESOURCE_WATCHLISTS);
    world->view.items = world->rows;
}

static void make(struct world *world, enum what what, double value)
{
    char figure[32];
    *world = (struct world){.view = {.now_ms = 1000}};
    put_figure(figure, sizeof figure, value);
    if (value >= STALE) {
        return;
    }
    if (what == MARGIN) {
        snprintf(
            world->body, sizeof world->body,
            "{\"account\":{\"id\":\"a\",\"balance\":100,\"availableMargin\":1,\"usedMargin\":%s}}",
            figure);
        decode(world, RESOURCE_ACCOUNT);
        world->view.account = world->rows;
    } else if (what >= ABOVE && what <= OWN_BELOW) {
        make_item(world, what, figure);
    } else {
        make_position(world, what, figure);
    }
}

static void test_levels(void **state)
{
    (void)state;
    static const struct alarm_rule above = {"S", 100, true}, below = {"S", 100, false};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        const struct scene *scene = &scenes[i];
        struct alarm_settings settings = {.day_loss = scene->what == DAY ? -100 : NAN,
                                          .margin = scene->what == MARGIN ? 100 : NAN,
                                          .rules = scene->what == OWN_ABOVE ? &above : &below};
        settings.rule_count = scene->what == OWN_ABOVE || scene->what == OWN_BELOW;
        struct alarms *alarms = alarms_new(&settings);
        char told[FIGURES + 1] = "";
        for (size_t n = 0; n < strlen(scene->told); n++) {
            struct world world;
            struct alarm alarm;
            make(&world, scene->what, scene->figures[n]);
            alarms_take(alarms, &world.view);
            bool any = alarms_next(alarms, &alarm);
            told[n] = any ? '!' : '.';
            assert_true(!any || alarm.value == scene->figures[n]);
            assert_false(alarms_next(alarms, &alarm));
            snapshot_unref(world.rows);
        }
        if (strcmp(told, scene->told) != 0) {
            fail_msg("%s: %s, not %s", scene->name, told, scene->told);
        }
        alarms_free(alarms);
    }
}

static struct snapshot *orders_of(const char *const statuses[3], const char *created)
{
    char body[1024];
    struct fault fault;
    size_t len = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
    for (int i = 0; i < 3; i++) {
        if (statuses[i] != NULL) {
            len += (size_t)snprintf(
                body + len, sizeof body - len,
                "%s{\"id\":\"o%d\",\"symbol\":\"S%d\",\"quantity\":5,\"orderSide\":\"BUY\","
                "\"status\":\"%s\",\"filledQuantity\":5,\"averagePrice\":7,\"failureReason\":"
                "\"why\","
                "\"createdAt\":\"%s\"}",
                body[len - 1] == '[' ? "" : ",", i, i, statuses[i], created);
        }
    }
    snprintf(body + len, sizeof body - len, "]}");
    struct snapshot *rows = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
    assert_non_null(rows);
    return rows;
}

static void look(struct alarms *alarms, struct snapshot *orders, const char *expected)
{
    char told[256] = "";
    struct alarm alarm;
    alarms_take(alarms, &(struct alarm_view){.orders = orders, .now_ms = 1700000000000});
    while (alarms_next(alarms, &alarm)) {
        size_t len = strlen(told);
        snprintf(told + len, sizeof told - len, "%s %s;", alarm_kind_name(alarm.kind),
                 alarm.symbol);
    }
    assert_string_equal(told, expected);
    snapshot_unref(orders);
}

static void test_orders(void **state)
{
    (void)state;
    static const char new[] = "2024-01-01T00:00:00Z", old[] = "2020-01-01T00:00:00Z";
    struct alarm_settings settings = {.fill = true, .day_loss = NAN, .margin = NAN};
    struct alarms *alarms = alarms_new(&settings);
    look(alarms, orders_of((const char *[]){"REJECTED", "PENDING", NULL}, new), "");
    look(alarms, orders_of((const char *[]){"REJECTED", "EXECUTED", NULL}, new),
         "order_filled S1;");
    look(alarms, orders_of((const char *[]){"REJECTED", "EXECUTED", NULL}, new), "");
    look(alarms, orders_of((const char *[]){"REJECTED", "EXECUTED", "REJECTED"}, old), "");
    look(alarms, orders_of((const char *[]){"REJECTED", "EXECUTED", "EXECUTED"}, new),
         "order_filled S2;");
    settings.fill = false;
    alarms_set(alarms, &settings);
    look(alarms, orders_of((const char *[]){"PENDING", "EXECUTED", "PENDING"}, new), "");
    look(alarms, orders_of((const char *[]){"EXECUTED", "EXECUTED", "REJECTED"}, new),
         "order_rejected S2;");
    alarms_free(alarms);
    alarms = alarms_new(&settings);
    look(alarms, orders_of((const char *[]){NULL, NULL, NULL}, new), "");
    look(alarms, orders_of((const char *[]){"REJECTED", NULL, NULL}, new), "order_rejected S0;");
    alarms_free(alarms);
}

static const struct {
    const char *text, *expected;
} rules[] = {
    {"> 3000", ">3000 "},
    {"> 3000, < 2800", ">3000 <2800 "},
    {"<2800.5,>3000,  > 3100", "<2800.5 >3000 >3100 "},
    {"", ""},
    {"3000", ""},
    {"> ", ""},
    {"> x", ""},
    {"> 0", ""},
    {"> -5", ""},
    {"> nan", ""},
    {"> inf", ""},
    {"> 3000 < 2800", ""},
    {"> 3000,", ""},
    {"> 1, > 2, > 3, > 4, > 5", ""},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct alarm_rule found[4];
        char told[128] = "";
        size_t count = alarm_rules_parse("S", rules[i].text, found, 4);
        for (size_t n = 0; n < count; n++) {
            size_t len = strlen(told);
            snprintf(told + len, sizeof told - len, "%c%g ", found[n].above ? '>' : '<',
                     found[n].level);
        }
        assert_string_equal(told, rules[i].expected);
    }
    assert_int_equal(alarm_rules_parse("", "> 1", NULL, 0), 0);
}

/* Many rows, then others: what is remembered does not grow for ever, and the queue has an end. */
static void test_ceilings(void **state)
{
    (void)state;
    struct alarms *alarms = alarms_new(&(struct alarm_settings){.day_loss = NAN, .margin = NAN});
    struct alarm alarm = {.kind = ALARM_PRICE};
    size_t taken = 0;
    for (int i = 0; i < ALARM_QUEUE_MAX + 10; i++) {
        alarms_add(alarms, &alarm);
    }
    while (alarms_next(alarms, &alarm)) {
        taken++;
    }
    assert_int_equal(taken, ALARM_QUEUE_MAX);
    for (int round = 0; round < 50; round++) {
        static char body[40000];
        struct fault fault;
        size_t len = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
        for (int i = 0; i < 200; i++) {
            len += (size_t)snprintf(body + len, sizeof body - len,
                                    "%s{\"id\":\"r%d-%d\",\"symbol\":\"S\",\"quantity\":1,"
                                    "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}",
                                    i > 0 ? "," : "", round, i);
        }
        snprintf(body + len, sizeof body - len, "]}");
        struct snapshot *rows = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
        assert_non_null(rows);
        alarms_take(alarms, &(struct alarm_view){.orders = rows, .now_ms = 1});
        assert_false(alarms_next(alarms, &alarm));
        snapshot_unref(rows);
    }
    alarms_free(alarms);
}

static struct snapshot *listed(const char *rows)
{
    char body[512];
    struct fault fault;
    snprintf(body, sizeof body, "{\"orders\":[%s]}", rows);
    struct snapshot *orders = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
    assert_non_null(orders);
    return orders;
}

static void event_of(struct alarms *alarms, const char *type, const char *data,
                     const struct snapshot *orders)
{
    char text[512];
    struct event event;
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"data\":%s}", type, data);
    struct sse_event sse = {
        .type = "message", .type_len = 7, .data = text, .data_len = strlen(text), .id = ""};
    assert_true(event_parse(&sse, &event));
    alarms_event(alarms, &event, orders, 1000);
}

/* An order that the server's list no longer holds is heard through its event, once. */
static void test_orders_outside_the_list(void **state)
{
    (void)state;
#define LISTED "{\"id\":\"in\",\"symbol\":\"AA\",\"quantity\":1,\"status\":\"PENDING\"}"
#define OUT(status, more)                                                                          \
    "{\"orderId\":\"out\",\"symbol\":\"BB\",\"quantity\":5,\"status\":\"" status "\"" more "}"
    static const struct {
        const char *name, *type, *data;
        bool loaded, told;
        enum alarm_kind kind;
    } rows[] = {
        {"filled", "order_executed", OUT("EXECUTED", ",\"price\":7"), true, true, ALARM_FILLED},
        {"rejected", "order_cancelled", OUT("REJECTED", ",\"failureReason\":\"margin\""), true,
         true, ALARM_REJECTED},
        {"cancelled is no news", "order_cancelled", OUT("CANCELLED", ""), true, false, 0},
        {"placed is none", "order_placed", OUT("PENDING", ""), true, false, 0},
        {"in the list: its row tells", "order_executed",
         "{\"orderId\":\"in\",\"quantity\":1,\"status\":\"EXECUTED\"}", true, false, 0},
        {"before the first list", "order_executed", OUT("EXECUTED", ""), false, false, 0},
        {"not about an order", "balance_updated", "{\"balance\":1}", true, false, 0},
        {"without an id", "order_executed", "{\"status\":\"EXECUTED\"}", true, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alarm_settings settings = {.fill = true, .day_loss = NAN, .margin = NAN};
        struct alarms *alarms = alarms_new(&settings);
        struct snapshot *orders = listed(LISTED);
        struct alarm alarm;
        if (rows[i].loaded) {
            alarms_take(alarms, &(struct alarm_view){.orders = orders, .now_ms = 1});
        }
        event_of(alarms, rows[i].type, rows[i].data, rows[i].loaded ? orders : NULL);
        event_of(alarms, rows[i].type, rows[i].data, rows[i].loaded ? orders : NULL); /* again */
        if (alarms_next(alarms, &alarm) != rows[i].told) {
            fail_msg("%s", rows[i].name);
        }
        if (rows[i].told) {
            assert_int_equal(alarm.kind, rows[i].kind);
            assert_string_equal(alarm.symbol, "BB");
            assert_string_equal(alarm.reason, rows[i].kind == ALARM_REJECTED ? "margin" : "");
            assert_false(alarms_next(alarms, &alarm));
        }
        alarms_free(alarms);
        snapshot_unref(orders);
    }
}

/* Oil has been at less than nothing, and stops with it. */
static void test_beyond_a_level_below_zero(void **state)
{
    (void)state;
    struct position position = {.quantity = -5,
                                .average_price = -38,
                                .current_price = -31,
                                .stop_loss = -30,
                                .target = -45};
    position.bid = position.ask = NAN;
    assert_false(position_is_beyond_stop(&position, false));
    position.current_price = -29.5;
    assert_true(position_is_beyond_stop(&position, false));
    assert_false(position_is_beyond_target(&position, false));
    position.current_price = -45;
    assert_true(position_is_beyond_target(&position, false));
    position.stop_loss = -1; /* where prices are above 0, it is none */
    position.average_price = position.current_price = 100;
    assert_false(position_is_beyond_stop(&position, false));
}

/* At a level is beyond it; who was beyond stays until the price is 0.2 percent back. */
static void test_beyond_a_level(void **state)
{
    static const struct {
        const char *name;
        double quantity, price; /* stop and target are both at 100 */
        bool was, stop, target;
    } rows[] = {
        {"long, at it", 5, 100, false, true, true},
        {"long, a tick above", 5, 100.01, false, false, true},
        {"long, a tick below", 5, 99.99, false, true, false},
        {"short, at it", -5, 100, false, true, true},
        {"short, a tick above", -5, 100.01, false, true, false},
        {"short, a tick below", -5, 99.99, false, false, true},
        {"was beyond, not back far enough", 5, 100.19, true, true, true},
        {"was beyond, back by so much", 5, 100.2, true, true, true},
        {"was beyond, back", 5, 100.21, true, false, true},
        {"was beyond on the other side, back", 5, 99.79, true, true, false},
        {"closed", 0, 100, true, false, false},
        {"without a price", 5, NAN, true, false, false},
        {"a price of nothing", 5, 0, false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct position position = {.quantity = rows[i].quantity,
                                    .current_price = rows[i].price,
                                    .bid = NAN,
                                    .ask = NAN,
                                    .stop_loss = 100,
                                    .target = 100};
        if (position_is_beyond_stop(&position, rows[i].was) != rows[i].stop ||
            position_is_beyond_target(&position, rows[i].was) != rows[i].target) {
            fail_msg("%s", rows[i].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels),
                                       cmocka_unit_test(test_beyond_a_level),
                                       cmocka_unit_test(test_beyond_a_level_below_zero),
                                       cmocka_unit_test(test_orders),
                                       cmocka_unit_test(test_rules),
                                       cmocka_unit_test(test_orders_outside_the_list),
                                       cmocka_unit_test(test_ceilings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
