#include <blotter/core/engine.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000
#define ORDER_A                                                                                    \
    "{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":\"PENDING\"}"
#define EXECUTED_A                                                                                 \
    "{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":\"EXECUTED\"," \
    "\"filledQuantity\":9,\"averagePrice\":5}"

static const char *const bodies[] = {
    [RESOURCE_ORDERS] = "{\"orders\":[" ORDER_A "]}",
    [RESOURCE_POSITIONS] =
        "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":5,\"unrealizedPnL\":1,"
        "\"dayPnL\":2,\"currentPrice\":3,\"stock\":{\"instrumentId\":\"I\"}}]}",
    [RESOURCE_ACCOUNT] = "{\"account\":{\"id\":\"acc\",\"balance\":100,\"availableMargin\":80,"
                         "\"usedMargin\":20}}",
    [RESOURCE_WATCHLISTS] =
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"
        "\"symbol\":\"S\",\"instrumentId\":\"I\",\"ltp\":3}}]}]}",
};

#define PENDING_BODY "{\"orders\":[" ORDER_A "]}"
#define EXECUTED_BODY "{\"orders\":[" EXECUTED_A "]}"

/* An engine with its clock and what it has asked for. */
struct bench {
    struct engine *engine;
    struct moment now;
    uint64_t fetch[RESOURCE_COUNT]; /* in flight; 0: none */
    char etag[RESOURCE_COUNT][32];
    unsigned starts, cancels;
    const char *orders; /* what the server says of them now; NULL: what it said first */
};

static void take_actions(struct bench *bench)
{
    struct engine_action action;
    while (engine_next_action(bench->engine, bench->now, &action)) {
        if (action.kind == ENGINE_CANCEL) {
            bench->fetch[action.resource] = 0;
            bench->cancels++;
            continue;
        }
        assert_int_equal(bench->fetch[action.resource], 0);
        bench->fetch[action.resource] = action.fetch_id;
        snprintf(bench->etag[action.resource], sizeof bench->etag[0], "%s",
                 action.etag != NULL ? action.etag : "");
        bench->starts++;
    }
}

static struct bench bench_polling(int64_t quote_poll_ms)
{
    struct engine_settings settings;
    engine_settings_default(&settings);
    settings.quote_poll_ms = quote_poll_ms;
    struct bench bench = {.engine = engine_new(&settings), .now = {1000 * 1000, 1700000000000}};
    engine_start(bench.engine, bench.now);
    take_actions(&bench);
    return bench;
}

static struct bench bench_new(void)
{
    return bench_polling(0);
}

static void wait_ms(struct bench *bench, int64_t ms)
{
    int64_t end = bench->now.mono_us + ms * MS;
    take_actions(bench);
    for (;;) {
        int64_t next = engine_deadline(bench->engine);
        if (next > end) {
            break;
        }
        if (next > bench->now.mono_us) {
            bench->now.wall_ms += (next - bench->now.mono_us) / MS;
            bench->now.mono_us = next;
        }
        engine_tick(bench->engine, bench->now);
        take_actions(bench);
        assert_true(engine_deadline(bench->engine) > bench->now.mono_us);
    }
    bench->now.wall_ms += (end - bench->now.mono_us) / MS;
    bench->now.mono_us = end;
}

static bool answer_with(struct bench *bench, enum resource resource, const char *body, uint64_t id)
{
    uint64_t fetch = bench->fetch[resource];
    assert_true(fetch != 0);
    bench->fetch[resource] = 0;
    struct engine_response response = {.status = 200,
                                       .body = body,
                                       .body_len = strlen(body),
                                       .last_event_id = id,
                                       .duration_us = 1 * MS};
    bool decoded = engine_fetch_ok(bench->engine, bench->now, fetch, &response);
    take_actions(bench);
    return decoded;
}

static void answer_all(struct bench *bench, uint64_t id)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (bench->fetch[r] != 0) {
            const char *now =
                r == RESOURCE_ORDERS && bench->orders != NULL ? bench->orders : bodies[r];
            assert_true(answer_with(bench, (enum resource)r, now, id));
        }
    }
}

static void refuse(struct bench *bench, enum resource resource, enum fault_kind kind, int status,
                   int64_t retry_after_ms)
{
    uint64_t fetch = bench->fetch[resource];
    assert_true(fetch != 0);
    bench->fetch[resource] = 0;
    struct fault fault;
    fault_set(&fault, kind, status, "refused");
    fault.retry_after_ms = retry_after_ms;
    engine_fetch_failed(bench->engine, bench->now, fetch, &fault);
    take_actions(bench);
}

static enum event_log_outcome tell(struct bench *bench, const char *data, const char *id)
{
    struct sse_event sse = {.type = "message",
                            .type_len = 7,
                            .data = data,
                            .data_len = strlen(data),
                            .id = id,
                            .id_len = strlen(id)};
    struct event event;
    assert_true(event_parse(&sse, &event));
    enum event_log_outcome outcome = engine_event(bench->engine, bench->now, &event);
    take_actions(bench);
    return outcome;
}

static struct pane_state pane(const struct bench *bench, enum resource resource)
{
    struct pane_state state;
    engine_pane(bench->engine, resource, &state);
    return state;
}

/* Operations on orders that nothing has confirmed. */
static size_t patch_count(const struct bench *bench)
{
    const struct snapshot *shown = pane(bench, RESOURCE_ORDERS).shown;
    size_t count = 0;
    for (size_t i = 0; i < shown->row_count; i++) {
        count += shown->orders[i].row.provisional;
    }
    return count;
}

#define CONNECTED "{\"event\":\"connected\",\"data\":{}}"
#define PLACE_A                                                                                    \
    "{\"event\":\"order_placed\",\"data\":{\"orderId\":\"a\",\"symbol\":\"S\",\"quantity\":9,"     \
    "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}}"
#define EXECUTE_A                                                                                  \
    "{\"event\":\"order_executed\",\"data\":{\"orderId\":\"a\",\"symbol\":\"S\",\"quantity\":9,"   \
    "\"orderSide\":\"BUY\",\"status\":\"EXECUTED\",\"price\":5}}"

/* Everything is loaded, the stream is open and nothing is on its way. */
static struct bench bench_settle(struct bench bench, bool extensions)
{
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, extensions ? "10" : "");
    wait_ms(&bench, 5);
    answer_all(&bench, extensions ? 10 : 0);
    wait_ms(&bench, 2000);
    answer_all(&bench, extensions ? 10 : 0);
    wait_ms(&bench, 2000);
    bench.starts = 0;
    return bench;
}

static struct bench bench_settled(bool extensions)
{
    return bench_settle(bench_new(), extensions);
}

static void test_first_load_costs_four_requests(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(bench.starts, 4);
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 10);
    engine_stream_opened(bench.engine, bench.now);
    answer_with(&bench, RESOURCE_ACCOUNT, bodies[RESOURCE_ACCOUNT], 10);
    tell(&bench, CONNECTED, "10");
    answer_all(&bench, 11);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 4);
    assert_int_equal(engine_deadline(bench.engine), MOMENT_NEVER);
    engine_free(bench.engine);
}

static void test_without_ids_the_opening_dirties_what_began_before_it(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 0);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "");
    tell(&bench, CONNECTED, "");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 5);
    answer_all(&bench, 0);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 0);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 8);
    engine_free(bench.engine);
}

static void test_an_event_patches_and_is_confirmed(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_take_changes(bench.engine);
    assert_int_equal(tell(&bench, EXECUTE_A, "11"), EVENT_LOG_PENDING);
    assert_int_equal(engine_take_changes(bench.engine), RESOURCE_BIT(RESOURCE_ORDERS));
    const struct order *order = &pane(&bench, RESOURCE_ORDERS).shown->orders[0];
    assert_string_equal(order->status, "EXECUTED");
    assert_true(order->average_price == 5 && order->filled == 9 && order->row.provisional);
    assert_int_equal(bench.starts, 1);
    answer_with(&bench, RESOURCE_ORDERS, "{\"orders\":[" EXECUTED_A "]}", 11);
    order = &pane(&bench, RESOURCE_ORDERS).shown->orders[0];
    assert_string_equal(order->status, "EXECUTED");
    assert_false(order->row.provisional);
    assert_int_equal(engine_counters(bench.engine)->contradictions, 0);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 1);
    engine_free(bench.engine);
}

static void test_a_patch_outlives_a_response_that_began_before_it(void **state)
{
    (void)state;
    for (int extensions = 0; extensions <= 1; extensions++) {
        struct bench bench = bench_settled(extensions);
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        wait_ms(&bench, 20);
        assert_int_equal(bench.starts, 1);
        tell(&bench, EXECUTE_A, extensions ? "11" : "");
        /* Newer rows, but read before the event: shown, with the event on top. */
        answer_with(&bench, RESOURCE_ORDERS,
                    "{\"orders\":[" ORDER_A ",{\"id\":\"b\",\"symbol\":\"S\",\"quantity\":1,"
                    "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}]}",
                    extensions ? 10 : 0);
        struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
        assert_int_equal(shown.shown->row_count, 2);
        assert_string_equal(shown.shown->orders[0].status, "EXECUTED");
        assert_true(shown.shown->orders[0].row.provisional && shown.dirty);
        wait_ms(&bench, 300);
        assert_int_equal(bench.starts, 2);
        engine_free(bench.engine);
    }
}

static void test_a_covered_event_costs_nothing(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    assert_int_equal(tell(&bench, PLACE_A, "10"), EVENT_LOG_COVERED);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "PENDING");
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 0);
    engine_free(bench.engine);
}

/* R14: an answer that shows what was before the event is older than it, and asked for again. */
static void test_an_older_answer_confirms_nothing(void **state)
{
    (void)state;
    static const int64_t waits_ms[] = {150, 400, 1000, 2000, 5000};
    struct bench bench = bench_settled(false);
    tell(&bench, EXECUTE_A, "");
    for (size_t i = 0; i <= sizeof waits_ms / sizeof *waits_ms; i++) {
        assert_int_equal(bench.starts, 1 + i);
        answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
        struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
        bool last = i == sizeof waits_ms / sizeof *waits_ms;
        assert_string_equal(shown.shown->orders[0].status, last ? "PENDING" : "EXECUTED");
        assert_true(shown.shown->orders[0].row.provisional && shown.dirty);
        assert_int_equal(engine_counters(bench.engine)->contradictions, last);
        if (!last) {
            wait_ms(&bench, waits_ms[i] - 1);
            assert_int_equal(bench.starts, 1 + i);
            wait_ms(&bench, 1);
        }
    }
    /* Believed, but not without doubt: asked slowly until it says so too, or a minute is over. */
    wait_ms(&bench, 10001);
    assert_int_equal(bench.starts, 7);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 0);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "EXECUTED");
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    wait_ms(&bench, 600000);
    assert_int_equal(bench.starts, 7);
    engine_free(bench.engine);
}

static void test_a_mark_is_not_for_ever(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "11");
    for (unsigned i = 0; i < 300; i++) {
        if (bench.fetch[RESOURCE_ORDERS] != 0) {
            answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
        }
        wait_ms(&bench, 1000);
    }
    assert_int_equal(engine_counters(bench.engine)->contradictions, 1);
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    assert_in_range(bench.starts, 7, 12);
    engine_free(bench.engine);
}

/* What the server says in time ends the doubt at once, on the first try or a later one. */
static void test_a_late_answer_ends_the_doubt(void **state)
{
    (void)state;
    for (unsigned late = 0; late < 5; late++) {
        struct bench bench = bench_settled(false);
        tell(&bench, EXECUTE_A, "");
        for (unsigned i = 0; i < late; i++) {
            answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
            wait_ms(&bench, 2000);
        }
        answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 0);
        struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
        assert_false(shown.dirty || shown.stale || shown.shown->orders[0].row.provisional);
        assert_int_equal(shown.shown_ms, bench.now.wall_ms);
        assert_int_equal(engine_counters(bench.engine)->contradictions, 0);
        engine_free(bench.engine);
    }
}

static void test_a_placed_order_does_not_vanish(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    tell(&bench,
         "{\"event\":\"order_placed\",\"data\":{\"orderId\":\"b\",\"symbol\":\"S\",\"quantity\":1,"
         "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}}",
         "");
    static const int64_t waits_ms[] = {150, 400, 1000, 2000, 5000};
    for (unsigned i = 0; i < 5; i++) {
        answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
        assert_int_equal(pane(&bench, RESOURCE_ORDERS).shown->row_count, 2);
        assert_true(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
        wait_ms(&bench, waits_ms[i]);
    }
    /* The server insists. There is no row left to be marked, so the pane is. */
    answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
    assert_int_equal(pane(&bench, RESOURCE_ORDERS).shown->row_count, 1);
    assert_true(pane(&bench, RESOURCE_ORDERS).stale);
    engine_free(bench.engine);
}

/* An item that an event tells of has no row until an answer shows it. */
static void test_an_added_item_is_waited_for(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    tell(&bench,
         "{\"event\":\"watchlist_item_added\",\"data\":{\"watchlistId\":\"w\",\"itemId\":\"j\"}}",
         "");
    answer_with(&bench, RESOURCE_WATCHLISTS, bodies[RESOURCE_WATCHLISTS], 0);
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).dirty);
    wait_ms(&bench, 151);
    assert_int_equal(bench.starts, 2);
    answer_with(&bench, RESOURCE_WATCHLISTS,
                "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"j\",\"stock\":{"
                "\"symbol\":\"T\"}}]}]}",
                0);
    assert_false(pane(&bench, RESOURCE_WATCHLISTS).dirty);
    engine_free(bench.engine);
}

/* R14: by its own id the answer does not contain the event, whatever it shows. */
static void test_an_answer_below_the_event_confirms_nothing(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "11");
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 10);
    struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
    assert_true(shown.dirty && shown.shown->orders[0].row.provisional);
    wait_ms(&bench, 151);
    assert_int_equal(bench.starts, 2);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 11);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    assert_int_equal(engine_counters(bench.engine)->histories, 0);
    engine_free(bench.engine);
}

/* Another answer than the one that confirmed an event may be older than both. */
static void test_what_was_confirmed_is_not_taken_back(void **state)
{
    (void)state;
    static const struct {
        int64_t after_ms;
        bool kept;
    } rows[] = {{0, true}, {3000, true}, {9000, true}, {11000, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settled(false);
        tell(&bench, EXECUTE_A, "");
        answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 0);
        wait_ms(&bench, rows[i].after_ms);
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        wait_ms(&bench, 20);
        answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
        struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
        assert_string_equal(shown.shown->orders[0].status, rows[i].kept ? "EXECUTED" : "PENDING");
        assert_int_equal(shown.shown->orders[0].row.provisional, rows[i].kept);
        assert_int_equal(shown.dirty, rows[i].kept);
        engine_free(bench.engine);
    }
}

/* Figures that nobody has told of yet are newer than the event, not older. */
static void test_an_answer_that_knows_more_is_believed(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
        "\"status\":"
        "\"EXECUTED\",\"filledQuantity\":9,\"averagePrice\":5.5}]}",
        "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
        "\"status\":"
        "\"CANCELLED\",\"averagePrice\":6}]}",
        "{\"orders\":[]}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct bench bench = bench_settled(false);
        tell(&bench, EXECUTE_A, "");
        answer_with(&bench, RESOURCE_ORDERS, answers[i], 0);
        assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
        assert_int_equal(patch_count(&bench), 0);
        engine_free(bench.engine);
    }
}

/* What an event said that the row showed already is remembered too: orders do not come back. */
static void test_what_is_over_stays_over(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    wait_ms(&bench, 20);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 0);
    wait_ms(&bench, 1000);
    tell(&bench, EXECUTE_A, "");
    answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 0);
    struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
    assert_string_equal(shown.shown->orders[0].status, "EXECUTED");
    assert_true(shown.dirty && shown.shown->orders[0].row.provisional);
    engine_free(bench.engine);
}

/* A list that is cut lacks what came before all that it holds. */
static void test_what_is_cut_off_is_not_missing(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    for (unsigned i = 0; i < 3; i++) {
        char data[256];
        snprintf(data, sizeof data,
                 "{\"event\":\"order_placed\",\"data\":{\"orderId\":\"n%u\",\"symbol\":\"S\","
                 "\"quantity\":1,\"orderSide\":\"BUY\",\"status\":\"PENDING\"}}",
                 i);
        tell(&bench, data, "");
    }
    assert_int_equal(pane(&bench, RESOURCE_ORDERS).shown->row_count, 4);
    answer_with(&bench, RESOURCE_ORDERS, "{\"orders\":[]}", 0);
    wait_ms(&bench, 151);
    answer_with(
        &bench, RESOURCE_ORDERS,
        "{\"orders\":[{\"id\":\"n2\",\"symbol\":\"S\",\"status\":\"PENDING\"},{\"id\":\"n1\","
        "\"symbol\":\"S\",\"status\":\"PENDING\"}]}",
        0);
    assert_int_equal(pane(&bench, RESOURCE_ORDERS).shown->row_count, 2);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

/* R16: what a cache kept was read before we asked. */
static void test_an_aged_answer_does_not_cover_what_came_since(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    tell(&bench, "{\"event\":\"watchlist_updated\",\"data\":{\"watchlistId\":\"w\"}}", "");
    wait_ms(&bench, 100);
    const char *body = bodies[RESOURCE_WATCHLISTS];
    struct engine_response response = {
        .status = 200, .body = body, .body_len = strlen(body), .age_ms = 2000};
    uint64_t fetch = bench.fetch[RESOURCE_WATCHLISTS];
    bench.fetch[RESOURCE_WATCHLISTS] = 0;
    engine_fetch_ok(bench.engine, bench.now, fetch, &response);
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).dirty);
    assert_int_equal(pane(&bench, RESOURCE_WATCHLISTS).confirmed_ms, bench.now.wall_ms - 2000);
    wait_ms(&bench, 151);
    assert_int_equal(bench.starts, 2);
    answer_with(&bench, RESOURCE_WATCHLISTS, body, 0);
    assert_false(pane(&bench, RESOURCE_WATCHLISTS).dirty);
    engine_free(bench.engine);
}

/* A copy that is older than what is shown is not shown, though nothing else tells. */
static void test_a_copy_older_than_what_is_held_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        int64_t age_ms;
        bool shown;
    } rows[] = {{0, true}, {1000, true}, {4000, true}, {9000, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settled(false);
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        wait_ms(&bench, 20);
        answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 0);
        wait_ms(&bench, 5000);
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        wait_ms(&bench, 20);
        struct engine_response response = {.status = 200,
                                           .body = PENDING_BODY,
                                           .body_len = strlen(PENDING_BODY),
                                           .age_ms = rows[i].age_ms};
        uint64_t fetch = bench.fetch[RESOURCE_ORDERS];
        bench.fetch[RESOURCE_ORDERS] = 0;
        engine_fetch_ok(bench.engine, bench.now, fetch, &response);
        assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status,
                            rows[i].shown ? "PENDING" : "EXECUTED");
        assert_int_equal(pane(&bench, RESOURCE_ORDERS).dirty, !rows[i].shown);
        engine_free(bench.engine);
    }
}

/* R21: an event that no answer covers marks the pane after a while, and stops its time at once. */
static void test_an_event_without_an_answer_marks_the_pane(void **state)
{
    (void)state;
    static const char pnl[] = "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{"
                              "\"positionId\":\"p\",\"unrealizedPnL\":-4,\"dayPnL\":-5}]}}";
    struct bench bench = bench_settled(false);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_ALL);
    wait_ms(&bench, 20);
    answer_all(&bench, 0);
    int64_t shown_ms = pane(&bench, RESOURCE_POSITIONS).shown_ms;
    tell(&bench,
         "{\"event\":\"position_updated\",\"data\":{\"positionId\":\"p\",\"symbol\":\"S\","
         "\"quantity\":500}}",
         "");
    wait_ms(&bench, 999);
    tell(&bench, pnl, "");
    assert_false(pane(&bench, RESOURCE_POSITIONS).stale);
    engine_take_changes(bench.engine);
    wait_ms(&bench, 1);
    assert_int_equal(engine_take_changes(bench.engine), RESOURCE_BIT(RESOURCE_POSITIONS));
    assert_true(pane(&bench, RESOURCE_POSITIONS).stale);
    assert_int_equal(pane(&bench, RESOURCE_POSITIONS).shown_ms, shown_ms);
    answer_with(&bench, RESOURCE_POSITIONS,
                "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":500}]}", 0);
    assert_false(pane(&bench, RESOURCE_POSITIONS).stale);
    assert_int_equal(pane(&bench, RESOURCE_POSITIONS).shown_ms, bench.now.wall_ms);
    engine_free(bench.engine);
}

/* R15: reads that are ahead of the stream by another counter claim what they do not show. */
static void test_two_counters_prove_nothing(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_ALL);
    wait_ms(&bench, 300);
    answer_all(&bench, 10000);
    bench.starts = 0;
    assert_int_equal(tell(&bench, EXECUTE_A, "11"), EVENT_LOG_PENDING);
    assert_true(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    wait_ms(&bench, 20);
    assert_int_equal(bench.starts, 1);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 10000);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "EXECUTED");
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

/* The same, and the reads are late as well: after a second the event is believed, not the ids. */
static void test_ids_that_lie_are_forgotten(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_ALL);
    wait_ms(&bench, 300);
    answer_all(&bench, 10000);
    tell(&bench, EXECUTE_A, "11");
    uint64_t asked = engine_counters(bench.engine)->fetches[RESOURCE_ACCOUNT];
    for (unsigned i = 0; i < 20 && engine_counters(bench.engine)->histories == 0; i++) {
        wait_ms(&bench, 100);
        answer_all(&bench, 10000);
    }
    assert_int_equal(engine_counters(bench.engine)->histories, 1);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "EXECUTED");
    wait_ms(&bench, 300);
    assert_int_equal(engine_counters(bench.engine)->fetches[RESOURCE_ACCOUNT], asked + 1);
    bench.orders = EXECUTED_BODY;
    wait_ms(&bench, 2000);
    answer_all(&bench, 10000);
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    engine_free(bench.engine);
}

/* A change that came after the event, and is on its way: the event does not take it back. */
static void test_a_claim_may_be_true(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    wait_ms(&bench, 300);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 12);
    assert_int_equal(tell(&bench,
                          "{\"event\":\"order_updated\",\"data\":{\"orderId\":\"a\",\"symbol\":"
                          "\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":\"OPEN\"}}",
                          "11"),
                     EVENT_LOG_PENDING);
    const struct order *order = &pane(&bench, RESOURCE_ORDERS).shown->orders[0];
    assert_string_equal(order->status, "EXECUTED");
    assert_true(order->row.provisional);
    assert_int_equal(tell(&bench, EXECUTE_A, "12"), EVENT_LOG_COVERED);
    order = &pane(&bench, RESOURCE_ORDERS).shown->orders[0];
    assert_string_equal(order->status, "EXECUTED");
    assert_false(order->row.provisional);
    engine_free(bench.engine);
}

#define ORDER_EVENT(type, id, status, price)                                                       \
    "{\"event\":\"" type "\",\"data\":{\"orderId\":\"" id "\",\"symbol\":\"S\",\"quantity\":9,"    \
    "\"orderSide\":\"BUY\",\"status\":\"" status "\",\"price\":" price "}}"
#define POSITION_EVENT(type, id, quantity)                                                         \
    "{\"event\":\"" type "\",\"data\":{\"positionId\":\"" id                                       \
    "\",\"symbol\":\"S\",\"quantity\":" quantity ",\"averagePrice\":2}}"
#define ITEM_EVENT(type, id)                                                                       \
    "{\"event\":\"" type "\",\"data\":{\"watchlistId\":\"w\",\"itemId\":\"" id "\"}}"
#define ORDER_ROW(id, status)                                                                      \
    "{\"id\":\"" id                                                                                \
    "\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\",\"status\":\"" status                \
    "\",\"price\":4,\"createdAt\":\"2025-01-27T10:00:00.000Z\"}"
#define ONE_ITEM                                                                                   \
    "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"           \
    "\"symbol\":\"S\",\"instrumentId\":\"I\",\"ltp\":3}}]}]}"

/* What the server says from some moment on, or what its stream tells so much later. */
struct lag_step {
    int64_t wait_ms;
    const char *event, *id; /* event NULL: none */
    const char *body;       /* NULL: as before */
    uint64_t body_id;
};

static const struct lag_case {
    const char *name;
    enum resource resource;
    struct lag_step steps[8];
} lag_cases[] = {
    {"an item came and went while the stream was behind",
     RESOURCE_WATCHLISTS,
     {{0, NULL, NULL, ONE_ITEM, 13},
      {0, ITEM_EVENT("watchlist_item_added", "z"), "11", NULL, 0},
      {3000, ITEM_EVENT("watchlist_item_removed", "z"), "12", NULL, 0}}},
    {"an item came, was read, and went while the stream was behind",
     RESOURCE_WATCHLISTS,
     {{0, ITEM_EVENT("watchlist_item_added", "i"), "11", NULL, 11},
      {500, ITEM_EVENT("watchlist_updated", ""), "12",
       "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[]}]}", 14},
      {500, ITEM_EVENT("watchlist_item_removed", "i"), "13", NULL, 0},
      {0, ITEM_EVENT("watchlist_updated", ""), "14", NULL, 0}}},
    {"a list was replaced, and the items were not named",
     RESOURCE_WATCHLISTS,
     {{0, ITEM_EVENT("watchlist_item_added", "z"), "", NULL, 0},
      {0, ITEM_EVENT("watchlist_updated", ""), "", NULL, 0}}},
    {"an order was placed, and others pushed it out of the list",
     RESOURCE_ORDERS,
     {{0, NULL, NULL,
       "{\"orders\":[" ORDER_ROW("n3", "PENDING") "," ORDER_ROW("n2", "PENDING") "]}", 14},
      {0, ORDER_EVENT("order_placed", "n1", "PENDING", "4"), "11", NULL, 0},
      {2000, ORDER_EVENT("order_placed", "n2", "PENDING", "4"), "12", NULL, 0},
      {0, ORDER_EVENT("order_placed", "n3", "PENDING", "4"), "14", NULL, 0}}},
    {"the same, and the last of the list is over",
     RESOURCE_ORDERS,
     {{0, NULL, NULL,
       "{\"orders\":[" ORDER_ROW("n3", "PENDING") "," ORDER_ROW("n2", "EXECUTED") "]}", 0},
      {0, ORDER_EVENT("order_placed", "n1", "PENDING", "4"), "", NULL, 0},
      {0, ORDER_EVENT("order_placed", "n2", "PENDING", "4"), "", NULL, 0}}},
    {"an order changed and was filled before anything was read",
     RESOURCE_ORDERS,
     {{0, NULL, NULL,
       "{\"orders\":[{\"id\":\"u\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
       "\"status\":\"EXECUTED\",\"averagePrice\":6,\"filledQuantity\":9}]}",
       0},
      {0, ORDER_EVENT("order_updated", "u", "PENDING", "6"), "", NULL, 0},
      {0, ORDER_EVENT("order_executed", "u", "EXECUTED", "6"), "", NULL, 0}}},
    {"a position was opened, read, closed and swept while the stream was behind",
     RESOURCE_POSITIONS,
     {{0, POSITION_EVENT("position_opened", "z", "3"), "11",
       "{\"positions\":[{\"id\":\"z\",\"symbol\":\"S\",\"quantity\":3,\"averagePrice\":2}]}", 11},
      {500, NULL, NULL,
       "{\"positions\":[{\"id\":\"z\",\"symbol\":\"S\",\"quantity\":0,\"averagePrice\":2}]}", 12},
      {0, POSITION_EVENT("position_updated", "y", "0"), "", NULL, 0},
      {500, POSITION_EVENT("position_closed", "z", "0"), "12", "{\"positions\":[]}", 13},
      {0, POSITION_EVENT("position_updated", "y", "0"), "", NULL, 0}}},
};

static void run_step(struct bench *bench, const struct lag_case *lag, const struct lag_step *step,
                     const char **body, uint64_t *body_id)
{
    *body = step->body != NULL ? step->body : *body;
    *body_id = step->body_id != 0 ? step->body_id : *body_id;
    if (step->body != NULL) {
        engine_trigger(bench->engine, bench->now, ENGINE_MANUAL, RESOURCE_BIT(lag->resource));
    }
    for (int64_t ms = 0; ms <= step->wait_ms; ms += 50) {
        wait_ms(bench, 50);
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            if (bench->fetch[r] != 0) {
                bool ours = r == (int)lag->resource;
                answer_with(bench, (enum resource)r, ours ? *body : bodies[r], *body_id);
            }
        }
    }
    if (step->event != NULL) {
        tell(bench, step->event, step->id);
    }
}

/* P17: a stream that is behind the reads is no liar, and nothing stays marked once it has come. */
static void test_a_stream_that_is_behind_leaves_no_marks(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof lag_cases / sizeof *lag_cases; c++) {
        const struct lag_case *lag = &lag_cases[c];
        bool ids = lag->steps[0].body_id != 0;
        struct bench bench = bench_settled(ids);
        const char *body = bodies[lag->resource];
        uint64_t body_id = ids ? 10 : 0;
        for (size_t i = 0; i < sizeof lag->steps / sizeof *lag->steps; i++) {
            run_step(&bench, lag, &lag->steps[i], &body, &body_id);
        }
        run_step(&bench, lag, &(struct lag_step){.wait_ms = 2000}, &body, &body_id);
        struct pane_state shown = pane(&bench, lag->resource);
        bool marked = shown.dirty || shown.stale;
        for (size_t i = 0; i < shown.shown->row_count; i++) {
            marked = marked || model_row(shown.shown, i)->provisional;
        }
        if (marked || engine_counters(bench.engine)->contradictions != 0) {
            fail_msg("%s: dirty %d, stale %d", lag->name, shown.dirty, shown.stale);
        }
        engine_free(bench.engine);
    }
}

/* P15: what the welcome knew of is a replay only as long as its ids grow. */
static void test_ids_that_do_not_grow_are_no_replay(void **state)
{
    (void)state;
    static const struct {
        const char *welcome, *first, *id;
    } cases[] = {{"20", NULL, "20"}, {"20", "5", "6"}, {"7", NULL, "7"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench = bench_settled(true);
        engine_stream_lost(bench.engine, bench.now, NULL);
        engine_stream_opened(bench.engine, bench.now);
        tell(&bench, CONNECTED, cases[i].welcome);
        tell(&bench,
             "{\"event\":\"balance_updated\",\"data\":{\"tradingAccountId\":\"acc\","
             "\"balance\":1}}",
             cases[i].welcome);
        if (cases[i].first != NULL) {
            tell(&bench, CONNECTED, cases[i].first);
        }
        wait_ms(&bench, 300);
        answer_all(&bench, 1000);
        wait_ms(&bench, 300);
        answer_all(&bench, 1000);
        tell(&bench, ORDER_EVENT("order_placed", "z", "PENDING", "4"), cases[i].id);
        wait_ms(&bench, 20);
        answer_all(&bench, 1000); /* it lacks what came */
        assert_true(pane(&bench, RESOURCE_ORDERS).dirty);
        engine_free(bench.engine);
    }
}

/* R14: where a list may be cut, the clock tells too; where it is not, the order is looked for. */
static void test_the_clock_tells_what_a_cut_list_need_not_hold(void **state)
{
    (void)state;
    for (unsigned count = 49; count <= 50; count++) {
        static char body[16384];
        size_t len = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
        for (unsigned i = 0; i < count; i++) {
            len += (size_t)snprintf(body + len, sizeof body - len,
                                    "%s{\"id\":\"o%u\",\"symbol\":\"S\",\"quantity\":9,"
                                    "\"orderSide\":\"BUY\",\"status\":\"PENDING\","
                                    "\"createdAt\":\"2025-01-27T10:00:00.000Z\"}",
                                    i > 0 ? "," : "", i);
        }
        snprintf(body + len, sizeof body - len, "]}");
        struct bench bench = bench_settled(false);
        tell(&bench,
             "{\"event\":\"order_placed\",\"data\":{\"orderId\":\"n1\",\"symbol\":\"S\","
             "\"quantity\":9,\"orderSide\":\"BUY\",\"status\":\"PENDING\"},"
             "\"timestamp\":\"2025-01-27T09:59:59.000Z\"}",
             "");
        answer_with(&bench, RESOURCE_ORDERS, body, 0);
        assert_int_equal(pane(&bench, RESOURCE_ORDERS).dirty, count == 49);
        engine_free(bench.engine);
    }
}

/* R14: an order or position that only a change told of is looked for until it is there. */
static void test_a_change_of_what_is_not_known_is_looked_for(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *event, *before, *after;
        unsigned asked;
    } cases[] = {
        {RESOURCE_ORDERS, ORDER_EVENT("order_executed", "z", "EXECUTED", "4"),
         "{\"orders\":[" ORDER_A "]}", "{\"orders\":[" ORDER_ROW("z", "EXECUTED") "," ORDER_A "]}",
         3},
        {RESOURCE_ORDERS, ORDER_EVENT("order_cancelled", "z", "CANCELLED", "4"),
         "{\"orders\":[" ORDER_A "]}", "{\"orders\":[" ORDER_ROW("z", "CANCELLED") "," ORDER_A "]}",
         3},
        {RESOURCE_POSITIONS, POSITION_EVENT("position_updated", "z", "3"), "{\"positions\":[]}",
         "{\"positions\":[{\"id\":\"z\",\"symbol\":\"S\",\"quantity\":3,\"averagePrice\":2}]}", 3},
        {RESOURCE_POSITIONS, POSITION_EVENT("position_closed", "z", "0"), "{\"positions\":[]}",
         "{\"positions\":[]}", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench = bench_settled(false);
        tell(&bench, cases[i].event, "");
        for (unsigned n = 0; n < 60; n++) {
            wait_ms(&bench, 50);
            if (bench.fetch[cases[i].resource] != 0) {
                bool late = bench.starts >= 3;
                answer_with(&bench, cases[i].resource, late ? cases[i].after : cases[i].before, 0);
            }
        }
        assert_int_equal(bench.starts, cases[i].asked);
        assert_false(pane(&bench, cases[i].resource).dirty);
        engine_free(bench.engine);
    }
}

/* R15: an id that no answer reaches freezes nothing. */
static void test_one_huge_id_freezes_nothing(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    bench.orders = EXECUTED_BODY;
    tell(&bench, EXECUTE_A, "9000000000000");
    for (unsigned i = 0; i < 12; i++) {
        wait_ms(&bench, 1000);
        answer_all(&bench, 11);
    }
    struct pane_state shown = pane(&bench, RESOURCE_ORDERS);
    assert_false(shown.dirty || shown.stale || shown.shown->orders[0].row.provisional);
    assert_int_equal(engine_counters(bench.engine)->histories, 1);
    bench.starts = 0;
    tell(&bench, PLACE_A, "12");
    assert_int_equal(bench.starts, 1);
    engine_free(bench.engine);
}

/* P16: ids that go back and forth do not press the server. */
static void test_two_counters_on_one_stream_are_bounded(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    bench.orders = EXECUTED_BODY;
    for (unsigned i = 0; i < 200; i++) {
        char id[24];
        snprintf(id, sizeof id, "%u", i % 2 == 0 ? 100 + i : 5000 + i);
        tell(&bench, EXECUTE_A, id);
        wait_ms(&bench, 300);
        answer_all(&bench, 100 + i);
    }
    assert_in_range(engine_counters(bench.engine)->histories, 1, 3);
    assert_true(bench.starts < 2 * 200 + 20);
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    engine_free(bench.engine);
}

/* What is older than what is shown is not shown; but a server may begin anew. */
static void test_an_answer_behind_what_is_held_is_passed_over(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    bench.orders = EXECUTED_BODY;
    tell(&bench, EXECUTE_A, "11");
    answer_all(&bench, 11);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    wait_ms(&bench, 20);
    answer_with(&bench, RESOURCE_ORDERS, PENDING_BODY, 10);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "EXECUTED");
    assert_true(pane(&bench, RESOURCE_ORDERS).dirty);
    bench.orders = "{\"orders\":[]}";
    for (unsigned i = 0; i < 12; i++) {
        wait_ms(&bench, 1000);
        answer_all(&bench, 3);
    }
    assert_int_equal(engine_counters(bench.engine)->histories, 1);
    assert_int_equal(pane(&bench, RESOURCE_ORDERS).shown->row_count, 0);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

/* R22: nothing waits while answers are in time; under a storm the gap grows. */
static void test_the_gap_grows_only_when_answers_are_overtaken(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    bench.orders = EXECUTED_BODY;
    for (unsigned i = 0; i < 20; i++) { /* ten a second, reads of 50 ms */
        bench.starts = 0;
        tell(&bench, EXECUTE_A, "");
        assert_int_equal(bench.starts, 1);
        wait_ms(&bench, 50);
        answer_all(&bench, 0);
        wait_ms(&bench, 50);
    }
    bench.starts = 0;
    unsigned flying = 0;
    for (unsigned i = 0; i < 200; i++) { /* fifty a second, for two seconds */
        if (i % 2 == 0) {
            tell(&bench, EXECUTE_A, "");
        }
        wait_ms(&bench, 10);
        flying += bench.fetch[RESOURCE_ORDERS] != 0;
        if (flying > 6) {
            answer_all(&bench, 0);
            flying = 0;
        }
    }
    assert_in_range(bench.starts, 8, 16);
    wait_ms(&bench, 1000);
    answer_all(&bench, 0);
    wait_ms(&bench, 1000);
    answer_all(&bench, 0);
    bench.starts = 0;
    tell(&bench, EXECUTE_A, "");
    assert_int_equal(bench.starts, 1);
    engine_free(bench.engine);
}

/* Somebody else's figures are refused, wherever the answer or the event says whose they are. */
static void test_another_user_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *body;
        bool taken;
    } answers[] = {
        {RESOURCE_ACCOUNT,
         "{\"account\":{\"id\":\"x\",\"userId\":\"u2\",\"balance\":1,\"availableMargin\":1,"
         "\"usedMargin\":1}}",
         false},
        {RESOURCE_ACCOUNT,
         "{\"account\":{\"id\":\"x\",\"userId\":\"u1\",\"balance\":1,\"availableMargin\":1,"
         "\"usedMargin\":1}}",
         true},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"userId\":\"u2\",\"name\":\"n\"}]}",
         false},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":[{\"id\":\"w\",\"userId\":\"u1\",\"name\":\"n\"}]}",
         true},
        {RESOURCE_ORDERS, "{\"orders\":[{\"id\":\"a\",\"status\":\"OPEN\",\"userId\":\"u2\"}]}",
         false},
        {RESOURCE_ORDERS, "{\"userId\":\"u2\",\"orders\":[]}", false},
        {RESOURCE_ORDERS, "{\"userId\":\"u1\",\"orders\":[]}", true},
        {RESOURCE_POSITIONS,
         "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":1,\"userId\":\"u2\"}]}",
         false},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct engine_settings settings;
        engine_settings_default(&settings);
        settings.user = "u1";
        struct bench bench = {.engine = engine_new(&settings), .now = {1000 * 1000, 1700000000000}};
        size_t len = strlen(answers[i].body);
        bool primed =
            engine_prime(bench.engine, answers[i].resource, answers[i].body, len, 1700000000000);
        assert_int_equal(primed, answers[i].taken);
        engine_start(bench.engine, bench.now);
        take_actions(&bench);
        assert_int_equal(answer_with(&bench, answers[i].resource, answers[i].body, 0),
                         answers[i].taken);
        struct pane_state shown = pane(&bench, answers[i].resource);
        assert_int_equal(shown.shown != NULL, answers[i].taken);
        assert_int_equal(shown.fault.kind, answers[i].taken ? FAULT_NONE : FAULT_SERVER);
        assert_int_equal(strstr(shown.fault.text, "u2") != NULL, !answers[i].taken);
        assert_int_equal(engine_body(bench.engine, answers[i].resource, &len, NULL) != NULL,
                         answers[i].taken);
        engine_free(bench.engine);
    }
}

static void test_another_users_events_are_refused(void **state)
{
    (void)state;
    struct engine_settings settings;
    engine_settings_default(&settings);
    settings.user = "u1";
    struct bench bench = {.engine = engine_new(&settings), .now = {1000 * 1000, 1700000000000}};
    engine_start(bench.engine, bench.now);
    take_actions(&bench);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, "{\"event\":\"connected\",\"data\":{\"userId\":\"u1\"}}", "");
    wait_ms(&bench, 20);
    answer_all(&bench, 0);
    wait_ms(&bench, 300);
    answer_all(&bench, 0);
    static const char removed[] = "{\"event\":\"watchlist_item_removed\",\"data\":{\"watchlistId\":"
                                  "\"w\",\"itemId\":\"i\",\"userId\":\"u2\"}}";
    assert_int_equal(tell(&bench, removed, ""), EVENT_LOG_REFUSED);
    assert_int_equal(pane(&bench, RESOURCE_WATCHLISTS).shown->row_count, 1);
    assert_false(pane(&bench, RESOURCE_WATCHLISTS).dirty);
    /* A stream that welcomes somebody else is none. */
    wait_ms(&bench, 5);
    tell(&bench, "{\"event\":\"connected\",\"data\":{\"userId\":\"u2\"}}", "");
    assert_int_equal(tell(&bench, EXECUTE_A, ""), EVENT_LOG_REFUSED);
    assert_true(pane(&bench, RESOURCE_ORDERS).stale);
    wait_ms(&bench, 6000);
    assert_true(engine_polling(bench.engine, NULL));
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, "{\"event\":\"connected\",\"data\":{\"userId\":\"u1\"}}", "");
    assert_int_equal(tell(&bench, EXECUTE_A, ""), EVENT_LOG_PENDING);
    assert_int_equal(engine_counters(bench.engine)->foreign, 2);
    engine_free(bench.engine);
}

/* Where the stream brings no quotes, the prices that are looked at are asked for. */
static void test_prices_that_nobody_tells_are_asked_for(void **state)
{
    (void)state;
    static const char quote[] = "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[{"
                                "\"instrumentId\":\"I\",\"ltp\":7.5}]}}";
    static const struct {
        bool ids, hidden, quoted;
        unsigned starts;
    } rows[] = {
        {false, false, false, 3},
        {true, false, false, 0},
        {false, true, false, 0},
        {false, false, true, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settle(bench_polling(10000), rows[i].ids);
        if (rows[i].hidden) {
            engine_set_visible(bench.engine, RESOURCE_ALL & ~RESOURCE_BIT(RESOURCE_WATCHLISTS));
        }
        if (rows[i].quoted) {
            tell(&bench, quote, "");
        }
        for (unsigned second = 0; second < 32; second++) {
            wait_ms(&bench, 1000);
            assert_int_equal(bench.fetch[RESOURCE_ORDERS], 0);
            answer_all(&bench, rows[i].ids ? 10 : 0);
        }
        assert_int_equal(bench.starts, rows[i].starts);
        engine_free(bench.engine);
    }
}

/* What a storm needed is given back, once; few rows stay marked, however many were denied. */
static void test_a_storm_leaves_nothing_behind(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    for (unsigned i = 0; i < 5000; i++) {
        char data[200];
        snprintf(data, sizeof data,
                 "{\"event\":\"position_opened\",\"data\":{\"positionId\":\"n%u\",\"symbol\":\"S\","
                 "\"quantity\":1}}",
                 i);
        tell(&bench, data, "");
    }
    assert_int_equal(pane(&bench, RESOURCE_POSITIONS).shown->row_count, 5001);
    unsigned trims = 0;
    for (unsigned i = 0; i < 200; i++) {
        answer_all(&bench, 0);
        wait_ms(&bench, 1000);
        trims += engine_take_trimmed(bench.engine);
        assert_true(i < 20 || pane(&bench, RESOURCE_POSITIONS).shown->row_count == 1);
    }
    assert_in_range(trims, 1, 2);
    assert_int_equal(engine_counters(bench.engine)->contradictions, 5000);
    assert_false(pane(&bench, RESOURCE_POSITIONS).dirty);
    assert_int_equal(engine_deadline(bench.engine), MOMENT_NEVER);
    engine_free(bench.engine);
}

#define TICK(ltp, at)                                                                              \
    "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"instrumentId\":\"I\",\"symbol\":"     \
    "\"S\","                                                                                       \
    "\"ltp\":" ltp ",\"updatedAtMs\":" at "}]}}"

static void check_price(const struct bench *bench, double price)
{
    assert_true(pane(bench, RESOURCE_WATCHLISTS).shown->items[0].ltp == price);
    assert_true(pane(bench, RESOURCE_POSITIONS).shown->positions[0].current_price == price);
    assert_true(pane(bench, RESOURCE_ORDERS).shown->orders[0].ltp == price);
}

/* An older price never takes the place of a newer one, and all panes show the same. */
static void test_older_ticks_do_not_win(void **state)
{
    (void)state;
    static const struct {
        const char *tick;
        double price;
    } steps[] = {
        {TICK("7", "1700000005000"), 7},   {TICK("6", "1700000004999"), 7},
        {TICK("8", "1700000005000"), 8},   {TICK("9", "1700000006000"), 9},
        {TICK("5", "1700000000000"), 9},   {TICK("4", "\"soon\""), 9},
        {TICK("3", "1600000000000"), 3}, /* no time, or of another clock */
        {TICK("10", "1700000007000"), 10},
    };
    struct bench bench = bench_settled(true);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tell(&bench, steps[i].tick, "");
        check_price(&bench, steps[i].price);
    }
    /* What is read says of which moment its price is: an older answer does not take it back, an
     * older tick does not change it. */
    static const char item[] =
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"
        "\"symbol\":\"S\",\"instrumentId\":\"I\",\"ltp\":%d,\"updatedAt\":\"2023-11-14T22:13:%dZ\"}"
        "}]}]}";
    static const struct {
        int second, price, shown;
    } reads[] = {{26, 2, 10}, {40, 11, 11}};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        char body[300];
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_WATCHLISTS));
        wait_ms(&bench, 300);
        snprintf(body, sizeof body, item, reads[i].price, reads[i].second);
        answer_with(&bench, RESOURCE_WATCHLISTS, body, 10);
        assert_true(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].ltp == reads[i].shown);
    }
    tell(&bench, TICK("12", "1700000010000"), ""); /* 22:13:30 */
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].ltp == 11);
    assert_true(pane(&bench, RESOURCE_POSITIONS).shown->positions[0].current_price == 10);
    tell(&bench, TICK("13", "1700000021000"), "");
    check_price(&bench, 13);
    /* A clock that went back does not freeze a price. */
    for (unsigned i = 0; i < 40; i++) {
        tell(&bench, TICK("14", "1700000011000"), "");
    }
    check_price(&bench, 14);
    engine_free(bench.engine);
}

#define PROFIT(price, at)                                                                          \
    "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{\"positionId\":\"p\","           \
    "\"unrealizedPnL\":1,\"dayPnL\":2" price at "}]}}"
#define AT(ms) ",\"updatedAtMs\":" ms
#define COSTS(price) ",\"currentPrice\":" price

/* The price of a position's profit is that of its instrument in every pane, and no older one wins,
 * whichever kind of tick tells it. */
static void test_a_profits_price_is_the_instruments(void **state)
{
    (void)state;
    static const struct {
        const char *tick;
        double price;
    } steps[] = {
        {PROFIT(COSTS("7"), ""), 7},
        {PROFIT(COSTS("8"), AT("1700000005000")), 8},
        {TICK("6", "1700000004000"), 8},
        {TICK("9", "1700000006000"), 9},
        {PROFIT(COSTS("5"), AT("1700000005500")), 9}, /* the profit is news, its price is not */
        {PROFIT("", AT("1700000006500")), 9},
        {PROFIT(COSTS("null"), AT("1700000006600")), 9},
        {PROFIT(COSTS("10"), AT("1700000007000")), 10},
        {PROFIT(COSTS("11"), ""), 11},
    };
    struct bench bench = bench_settled(true);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        tell(&bench, steps[i].tick, "");
        check_price(&bench, steps[i].price);
    }
    tell(&bench, PROFIT(COSTS("0"), ""), ""); /* none */
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].ltp == 11);
    assert_true(isnan(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].change));
    assert_int_equal(engine_counters(bench.engine)->patches_rejected, 0);
    engine_free(bench.engine);
}

/* Ticks of several forms, none of which says all, leave one operation each. */
static void test_ticks_of_several_forms_do_not_pile_up(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "\"ltp\":4",
        "\"bid\":3,\"ask\":5",
        "\"ltp\":4,\"volume\":9",
        "\"ltp\":4,\"high\":9",
    };
    struct bench bench = bench_settled(true);
    for (size_t i = 0; i < 70000; i++) {
        char tick[200];
        snprintf(
            tick, sizeof tick,
            "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"instrumentId\":\"I\",%s}]}}",
            forms[i % (sizeof forms / sizeof *forms)]);
        tell(&bench, tick, "");
    }
    assert_false(pane(&bench, RESOURCE_WATCHLISTS).dirty); /* as it would be with a full log */
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].bid == 3);
    engine_free(bench.engine);
}

static void read_watchlist(struct bench *bench, int price, int second)
{
    char body[300];
    snprintf(body, sizeof body,
             "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[{\"id\":\"i\",\"stock\":{"
             "\"symbol\":\"S\",\"instrumentId\":\"I\",\"ltp\":%d,\"updatedAt\":"
             "\"2023-11-14T22:13:%02dZ\"}}]}]}",
             price, second);
    engine_trigger(bench->engine, bench->now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_WATCHLISTS));
    wait_ms(bench, 20);
    answer_with(bench, RESOURCE_WATCHLISTS, body, 0);
}

/* Where no quotes come a pane that is read again tells the others its prices. */
static void test_prices_that_were_read_go_to_every_pane(void **state)
{
    (void)state;
    struct bench bench = bench_settled(false);
    /* What is asked for together is left as it was sent. */
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_ALL);
    wait_ms(&bench, 20);
    answer_all(&bench, 0);
    read_watchlist(&bench, 4, 1);
    assert_true(pane(&bench, RESOURCE_POSITIONS).shown->positions[0].current_price == 3);
    wait_ms(&bench, 1100);
    read_watchlist(&bench, 5, 2);
    check_price(&bench, 5);
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    /* A tick that came while the answer was under way is newer than the answer. */
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_WATCHLISTS));
    wait_ms(&bench, 20);
    tell(&bench, PROFIT(COSTS("7"), ""), "");
    check_price(&bench, 7);
    answer_with(&bench, RESOURCE_WATCHLISTS, bodies[RESOURCE_WATCHLISTS], 0);
    check_price(&bench, 7);
    /* Once there are quotes they alone tell. */
    tell(&bench, TICK("8", "1700000006000"), "");
    wait_ms(&bench, 1100);
    read_watchlist(&bench, 9, 40);
    assert_true(pane(&bench, RESOURCE_POSITIONS).shown->positions[0].current_price == 8);
    engine_free(bench.engine);
}

static void test_ids_going_back_dirty_everything(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    bench.orders = EXECUTED_BODY;
    tell(&bench, EXECUTE_A, "3");
    assert_int_equal(bench.starts, 4);
    answer_all(&bench, 3);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 4);
    tell(&bench, "{\"event\":\"resync\",\"data\":{\"reason\":\"x\"}}", "3");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 3);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 8);
    engine_free(bench.engine);
}

static void test_a_welcome_behind_what_we_know_is_another_history(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_stream_lost(bench.engine, bench.now, NULL);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "4");
    assert_int_equal(bench.starts, 4);
    answer_all(&bench, 4);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 4);
    /* Its ids count from now on. */
    assert_int_equal(tell(&bench, EXECUTE_A, "5"), EVENT_LOG_PENDING);
    engine_free(bench.engine);
}

static void test_a_snapshot_ahead_of_the_first_welcome_is_asked_again(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    answer_all(&bench, 90);
    wait_ms(&bench, 500);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "4");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 4);
    assert_int_equal(tell(&bench, EXECUTE_A, "5"), EVENT_LOG_PENDING);
    engine_free(bench.engine);
}

static void test_a_new_history_forgets_what_was_asked_in_the_old_one(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "90");
    /* The request is under way when the server begins anew; its id must not count. */
    tell(&bench, "{\"event\":\"resync\",\"data\":{}}", "3");
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 90);
    assert_true(pane(&bench, RESOURCE_ORDERS).dirty);
    assert_int_equal(tell(&bench, EXECUTE_A, "4"), EVENT_LOG_PENDING);
    wait_ms(&bench, 300);
    assert_string_equal(bench.etag[RESOURCE_ORDERS], "");
    bench.orders = EXECUTED_BODY;
    answer_all(&bench, 4);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

static void test_a_cut_replay_is_not_trusted(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    bench.orders = EXECUTED_BODY;
    engine_stream_lost(bench.engine, bench.now, NULL);
    engine_stream_opened(bench.engine, bench.now);
    /* This server's welcome names the end of what it is about to repeat. */
    tell(&bench, CONNECTED, "20");
    wait_ms(&bench, 300);
    answer_all(&bench, 11);
    tell(&bench, EXECUTE_A, "12");
    wait_ms(&bench, 300);
    answer_all(&bench, 12);
    engine_stream_lost(bench.engine, bench.now, NULL);
    bench.starts = 0;
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "20");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 4);
    engine_free(bench.engine);
}

static void test_hidden_panes_are_confirmed_four_times_less_often(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_set_visible(bench.engine, RESOURCE_BIT(RESOURCE_ACCOUNT));
    tell(&bench, EXECUTE_A, "11");
    wait_ms(&bench, 2);
    answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 11);
    tell(&bench, EXECUTE_A, "12");
    wait_ms(&bench, 37);
    assert_int_equal(bench.starts, 1);
    wait_ms(&bench, 2);
    assert_int_equal(bench.starts, 2);
    engine_free(bench.engine);
}

static void test_failures_by_class(void **state)
{
    (void)state;
    static const struct {
        enum fault_kind kind;
        int status;
        int64_t retry_after_ms;
        unsigned after_30s, after_event, after_manual;
    } rows[] = {
        {FAULT_AUTH, 401, -1, 0, 0, 1},    {FAULT_HTTP, 403, -1, 0, 0, 1},
        {FAULT_HTTP, 404, -1, 0, 1, 1},    {FAULT_HTTP, 408, -1, 1, 1, 1},
        {FAULT_HTTP, 500, -1, 1, 1, 1},    {FAULT_TIMEOUT, 0, -1, 1, 1, 1},
        {FAULT_CONNECT, 0, -1, 1, 1, 1},   {FAULT_HTTP, 429, 7000, 1, 1, 1},
        {FAULT_HTTP, 503, 40000, 0, 0, 1}, {FAULT_TOO_LARGE, 200, -1, 0, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settled(true);
        tell(&bench, EXECUTE_A, "11");
        refuse(&bench, RESOURCE_ORDERS, rows[i].kind, rows[i].status, rows[i].retry_after_ms);
        struct pane_state state_now = pane(&bench, RESOURCE_ORDERS);
        assert_int_equal(state_now.fault.kind, rows[i].kind);
        assert_true(state_now.stale && state_now.dirty && state_now.shown != NULL);
        wait_ms(&bench, 30001);
        assert_int_equal(bench.starts, 1 + rows[i].after_30s);
        if (rows[i].after_30s == 0) {
            tell(&bench, EXECUTE_A, "12");
            wait_ms(&bench, 300);
            assert_int_equal(bench.starts, 1 + rows[i].after_event);
        }
        if (bench.fetch[RESOURCE_ORDERS] == 0) {
            engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
            wait_ms(&bench, 300);
        }
        assert_int_equal(bench.starts, 1 + rows[i].after_manual);
        answer_with(&bench, RESOURCE_ORDERS, EXECUTED_BODY, 12);
        assert_int_equal(pane(&bench, RESOURCE_ORDERS).fault.kind, FAULT_NONE);
        assert_false(pane(&bench, RESOURCE_ORDERS).stale);
        engine_free(bench.engine);
    }
}

static void test_an_opened_stream_ends_the_wait_of_what_failed(void **state)
{
    (void)state;
    static const struct {
        int64_t retry_after_ms;
        unsigned starts;
    } rows[] = {{-1, 2}, {25000, 1}, {0, 2}, {200, 2}}; /* what the server asked for is kept */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settled(true);
        tell(&bench, EXECUTE_A, "11");
        refuse(&bench, RESOURCE_ORDERS, FAULT_HTTP, 503, rows[i].retry_after_ms);
        engine_stream_lost(bench.engine, bench.now, NULL);
        engine_stream_opened(bench.engine, bench.now);
        wait_ms(&bench, 300);
        assert_int_equal(bench.starts, rows[i].starts);
        engine_free(bench.engine);
    }
}

static void test_an_outage_shares_one_probe(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        refuse(&bench, (enum resource)r, FAULT_CONNECT, 0, -1);
    }
    assert_true(engine_outage(bench.engine));
    for (int i = 0; i < 5; i++) {
        bench.starts = 0;
        wait_ms(&bench, 31000);
        assert_int_equal(bench.starts, 1);
        refuse(&bench, RESOURCE_ORDERS, FAULT_CONNECT, 0, -1);
    }
    wait_ms(&bench, 31000);
    bench.starts = 0;
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 0);
    assert_false(engine_outage(bench.engine));
    assert_int_equal(bench.starts, 3);
    engine_free(bench.engine);
}

static void test_polls_while_there_is_no_stream(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    engine_stream_lost(bench.engine, bench.now, NULL);
    wait_ms(&bench, 4999);
    assert_int_equal(bench.starts, 0);
    assert_false(engine_polling(bench.engine, NULL));
    wait_ms(&bench, 2);
    assert_true(engine_polling(bench.engine, NULL));
    assert_int_equal(bench.starts, 4);
    assert_int_equal(engine_poll_every_ms(bench.engine), 10000);
    assert_true(pane(&bench, RESOURCE_ORDERS).stale);
    answer_all(&bench, 10);
    assert_false(pane(&bench, RESOURCE_ORDERS).stale);
    wait_ms(&bench, 10000);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 10);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "10");
    assert_false(engine_polling(bench.engine, NULL));
    wait_ms(&bench, 300);
    /* R15: no id proves that nothing was missed, or that it is still the same server. */
    assert_int_equal(bench.starts, 12);
    answer_all(&bench, 10);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 12);
    engine_free(bench.engine);
}

/* For five minutes every 3 to 5 s, then up to 30 s; the tries of a stream come first. */
static void test_an_outage_is_probed_eagerly_at_first(void **state)
{
    (void)state;
    struct fault fault;
    struct bench bench = bench_new();
    fault_set(&fault, FAULT_CONNECT, 0, "refused");
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        refuse(&bench, (enum resource)r, FAULT_CONNECT, 0, -1);
    }
    int64_t began_us = bench.now.mono_us, longest_us = 0;
    while (bench.now.mono_us - began_us < 900 * 1000 * MS) {
        int64_t since_us = bench.now.mono_us;
        bool eager = since_us - began_us <= 300 * 1000 * MS;
        bench.starts = 0;
        wait_ms(&bench, 2999);
        assert_int_equal(bench.starts, 0);
        while (bench.starts == 0) {
            wait_ms(&bench, 1);
        }
        assert_int_equal(bench.starts, 1);
        assert_true(bench.now.mono_us - since_us <= (eager ? 5000 : 30000) * MS);
        int64_t took_us = bench.now.mono_us - since_us;
        longest_us = took_us > longest_us ? took_us : longest_us;
        refuse(&bench, RESOURCE_ORDERS, FAULT_CONNECT, 0, -1);
    }
    assert_true(longest_us > 20000 * MS);
    engine_free(bench.engine);

    bench = bench_settled(true);
    engine_stream_lost(bench.engine, bench.now, &fault);
    for (int i = 0; i < 20; i++) { /* a stream that tries every 5 s leaves nothing to be probed */
        wait_ms(&bench, 5000);
        engine_stream_lost(bench.engine, bench.now, &fault);
    }
    assert_int_equal(bench.starts, 0);
    wait_ms(&bench, 6000);
    assert_int_equal(bench.starts, 1);
    engine_free(bench.engine);
}

/* Nothing vouches for the figures any more from the moment of the loss; a poll does for a while. */
static void test_figures_are_marked_from_the_moment_of_loss(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    assert_false(pane(&bench, RESOURCE_ORDERS).stale);
    engine_take_changes(bench.engine);
    engine_stream_lost(bench.engine, bench.now, NULL);
    assert_true(pane(&bench, RESOURCE_ORDERS).stale);
    assert_int_equal(engine_take_changes(bench.engine), RESOURCE_ALL);
    engine_stream_opened(bench.engine, bench.now);
    assert_false(pane(&bench, RESOURCE_ORDERS).stale);
    engine_free(bench.engine);
}

/* A gateway that has no route for a while: the news a pane waits for comes by no stream. */
static void test_polls_ask_what_a_4xx_holds(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool asked;
    } rows[] = {{400, true}, {404, true}, {410, true}, {401, false}, {403, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench = bench_settled(true);
        engine_stream_lost(bench.engine, bench.now, NULL);
        wait_ms(&bench, 5001);
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            refuse(&bench, (enum resource)r, FAULT_HTTP, rows[i].status, -1);
        }
        for (int poll = 0; poll < 3; poll++) {
            bench.starts = 0;
            wait_ms(&bench, 9990);
            assert_int_equal(bench.starts, 0);
            wait_ms(&bench, 10);
            assert_int_equal(bench.starts, rows[i].asked ? 4 : 0);
            for (int r = 0; r < RESOURCE_COUNT && rows[i].asked; r++) {
                refuse(&bench, (enum resource)r, FAULT_HTTP, rows[i].status, -1);
            }
        }
        engine_free(bench.engine);
    }
}

/* Something hangs in the network while the rest recovers: it is asked for anew, not waited for. */
static void test_what_hangs_is_asked_anew_once_the_stream_is_back(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    struct fault fault;
    fault_set(&fault, FAULT_TIMEOUT, 0, "nothing was heard");
    wait_ms(&bench, 1000);
    assert_int_equal(bench.starts, 4);
    engine_stream_lost(bench.engine, bench.now, &fault);
    wait_ms(&bench, 1000);
    assert_int_equal(bench.cancels, 0); /* who knows */
    engine_stream_opened(bench.engine, bench.now);
    wait_ms(&bench, 300);
    assert_int_equal(bench.cancels, 4);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 0);
    assert_false(pane(&bench, RESOURCE_WATCHLISTS).stale);
    engine_free(bench.engine);
}

/* Nothing was broken: what is under way is the only progress there is (R3). */
static void test_what_is_under_way_is_kept_when_the_stream_opens(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    engine_stream_opened(bench.engine, bench.now);
    wait_ms(&bench, 300);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_ALL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.cancels, 0);
    assert_int_equal(bench.starts, 4);
    engine_free(bench.engine);
}

static void test_what_hung_while_we_slept_is_asked_anew(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "11");
    bench.orders = EXECUTED_BODY;
    unsigned starts = bench.starts;
    engine_trigger(bench.engine, bench.now, ENGINE_RESUME, RESOURCE_ALL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.cancels, 1);
    assert_int_equal(bench.starts, starts + 4);
    answer_all(&bench, 11);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

static void test_cached_rows_are_shown_dim_until_confirmed(void **state)
{
    (void)state;
    struct engine_settings settings;
    engine_settings_default(&settings);
    struct bench bench = {.engine = engine_new(&settings), .now = {5, 5}};
    const char *body = bodies[RESOURCE_ORDERS];
    assert_false(engine_prime(bench.engine, RESOURCE_ORDERS, "{", 1, 3));
    assert_true(engine_prime(bench.engine, RESOURCE_ORDERS, body, strlen(body), 3));
    struct pane_state before = pane(&bench, RESOURCE_ORDERS);
    assert_true(before.cached && before.stale && before.shown->row_count == 1);
    assert_int_equal(before.confirmed_ms, 3);
    size_t len;
    int64_t ms;
    assert_null(engine_body(bench.engine, RESOURCE_ORDERS, &len, &ms));
    engine_start(bench.engine, bench.now);
    take_actions(&bench);
    answer_all(&bench, 0);
    struct pane_state after = pane(&bench, RESOURCE_ORDERS);
    assert_false(after.cached || after.stale);
    assert_int_equal(after.version, before.version);
    const char *kept = engine_body(bench.engine, RESOURCE_ORDERS, &len, &ms);
    assert_int_equal(len, strlen(body));
    assert_memory_equal(kept, body, len);
    assert_non_null(engine_body(bench.engine, RESOURCE_ORDERS, &len, NULL));
    engine_free(bench.engine);
}

/* "as of" is the time of the newest figure: an answer's, or an event's since. */
static void test_the_time_shown_is_the_newest_figures(void **state)
{
    (void)state;
    static const char pnl[] = "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{"
                              "\"positionId\":\"p\",\"unrealizedPnL\":-4,\"dayPnL\":-5}]}}";
    struct bench bench = bench_settled(true);
    struct pane_state first = pane(&bench, RESOURCE_POSITIONS);
    assert_int_equal(first.shown_ms, first.confirmed_ms);
    wait_ms(&bench, 1500);
    assert_int_equal(tell(&bench, pnl, "10"), EVENT_LOG_PATCHED);
    struct pane_state patched = pane(&bench, RESOURCE_POSITIONS);
    assert_int_equal(patched.shown_ms, bench.now.wall_ms);
    assert_int_equal(patched.confirmed_ms, first.confirmed_ms);
    assert_int_equal(pane(&bench, RESOURCE_ACCOUNT).shown_ms, first.confirmed_ms);
    wait_ms(&bench, 1500);
    tell(&bench, pnl, "10"); /* the same figures, but newer ones */
    assert_int_equal(pane(&bench, RESOURCE_POSITIONS).shown_ms, bench.now.wall_ms);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_POSITIONS));
    wait_ms(&bench, 300);
    answer_all(&bench, 10);
    assert_int_equal(pane(&bench, RESOURCE_POSITIONS).shown_ms,
                     pane(&bench, RESOURCE_POSITIONS).confirmed_ms);
    assert_true(pane(&bench, RESOURCE_POSITIONS).confirmed_ms > patched.shown_ms);
    engine_free(bench.engine);
}

static void test_focus_is_soft(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    wait_ms(&bench, 5000);
    engine_trigger(bench.engine, bench.now, ENGINE_FOCUS, RESOURCE_ALL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 4);
    engine_trigger(bench.engine, bench.now, ENGINE_FOCUS, RESOURCE_ALL);
    answer_all(&bench, 10);
    wait_ms(&bench, 4000);
    engine_trigger(bench.engine, bench.now, ENGINE_FOCUS, RESOURCE_ALL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 4);
    wait_ms(&bench, 1000);
    engine_trigger(bench.engine, bench.now, ENGINE_FOCUS, RESOURCE_ALL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 8);
    engine_free(bench.engine);
}

static void test_a_304_confirms(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    uint64_t fetch = bench.fetch[RESOURCE_ORDERS];
    struct engine_response response = {.status = 200,
                                       .body = bodies[RESOURCE_ORDERS],
                                       .body_len = strlen(bodies[RESOURCE_ORDERS]),
                                       .etag = "\"e1\""};
    engine_fetch_ok(bench.engine, bench.now, fetch, &response);
    bench.fetch[RESOURCE_ORDERS] = 0;
    uint64_t version = pane(&bench, RESOURCE_ORDERS).version;
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    wait_ms(&bench, 300);
    assert_string_equal(bench.etag[RESOURCE_ORDERS], "\"e1\"");
    response = (struct engine_response){.status = 304};
    assert_true(engine_fetch_ok(bench.engine, bench.now, bench.fetch[RESOURCE_ORDERS], &response));
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    assert_int_equal(pane(&bench, RESOURCE_ORDERS).version, version);
    assert_int_equal(engine_counters(bench.engine)->not_modified, 1);
    engine_free(bench.engine);
}

/* The orders' latest answer had an ETag. */
static struct bench bench_with_etag(void)
{
    struct bench bench = bench_settled(true);
    engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    wait_ms(&bench, 300);
    struct engine_response response = {.status = 200,
                                       .body = bodies[RESOURCE_ORDERS],
                                       .body_len = strlen(bodies[RESOURCE_ORDERS]),
                                       .etag = "\"n10\"",
                                       .last_event_id = 10};
    uint64_t fetch = bench.fetch[RESOURCE_ORDERS];
    bench.fetch[RESOURCE_ORDERS] = 0;
    assert_true(engine_fetch_ok(bench.engine, bench.now, fetch, &response));
    return bench;
}

/* A cache says so of what somebody else was sent, or of what it has not asked about for long. */
static void test_a_304_that_leaves_a_doubt_costs_its_etag(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *etag;
        int64_t age_ms;
        bool told; /* an event that what is held knows nothing of */
        const char *next;
    } rows[] = {
        {"ours", "\"n10\"", 0, false, "\"n10\""},
        {"ours, weak", "W/\"n10\"", 0, false, "W/\"n10\""},
        {"without a name", NULL, 0, false, "\"n10\""},
        {"of another body", "\"n9\"", 0, false, ""},
        {"of another body after an event", "\"n9\"", 0, true, ""},
        {"against an event", "\"n10\"", 0, true, ""},
        {"older than an event", "\"n10\"", 600000, true, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench = bench_with_etag();
        wait_ms(&bench, 10000);
        if (rows[i].told) {
            tell(&bench, EXECUTE_A, "11");
        } else {
            engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        }
        wait_ms(&bench, 300);
        assert_string_equal(bench.etag[RESOURCE_ORDERS], "\"n10\"");
        struct engine_response response = {
            .status = 304, .etag = rows[i].etag, .age_ms = rows[i].age_ms};
        uint64_t fetch = bench.fetch[RESOURCE_ORDERS];
        bench.fetch[RESOURCE_ORDERS] = 0;
        assert_true(engine_fetch_ok(bench.engine, bench.now, fetch, &response));
        engine_trigger(bench.engine, bench.now, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        wait_ms(&bench, 1000);
        assert_true(bench.fetch[RESOURCE_ORDERS] != 0);
        if (strcmp(bench.etag[RESOURCE_ORDERS], rows[i].next) != 0) {
            fail_msg("%s: asked again with %s", rows[i].name, bench.etag[RESOURCE_ORDERS]);
        }
        engine_free(bench.engine);
    }
}

static void test_a_new_history_asks_without_the_old_etag(void **state)
{
    (void)state;
    struct bench bench = bench_with_etag();
    wait_ms(&bench, 300);
    tell(&bench, "{\"event\":\"resync\",\"data\":{}}", "3");
    assert_true(bench.fetch[RESOURCE_ORDERS] != 0);
    assert_string_equal(bench.etag[RESOURCE_ORDERS], "");
    engine_free(bench.engine);
}

/* The server may be a restored copy of itself: what its ETags stand for is not known (R12). */
static void test_a_later_opening_asks_without_etags(void **state)
{
    (void)state;
    struct bench bench = bench_with_etag();
    engine_stream_lost(bench.engine, bench.now, NULL);
    wait_ms(&bench, 300);
    assert_int_equal(bench.fetch[RESOURCE_ORDERS], 0);
    engine_stream_opened(bench.engine, bench.now);
    tell(&bench, CONNECTED, "10");
    wait_ms(&bench, 300);
    assert_true(bench.fetch[RESOURCE_ORDERS] != 0);
    assert_string_equal(bench.etag[RESOURCE_ORDERS], "");
    engine_free(bench.engine);
}

static void test_transient_messages_never_fetch(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    assert_int_equal(tell(&bench,
                          "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"instrumentId\":"
                          "\"I\",\"symbol\":\"S\",\"ltp\":7.5,\"change\":1}]}}",
                          "10"),
                     EVENT_LOG_PATCHED);
    assert_int_equal(tell(&bench,
                          "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{"
                          "\"positionId\":\"p\",\"unrealizedPnL\":-4,\"dayPnL\":-5}]}}",
                          "10"),
                     EVENT_LOG_PATCHED);
    assert_true(pane(&bench, RESOURCE_WATCHLISTS).shown->items[0].ltp == 7.5);
    assert_true(pane(&bench, RESOURCE_ORDERS).shown->orders[0].ltp == 7.5);
    assert_false(pane(&bench, RESOURCE_ORDERS).shown->orders[0].row.provisional);
    const struct position *position = &pane(&bench, RESOURCE_POSITIONS).shown->positions[0];
    assert_true(position->current_price == 7.5 && position->unrealized_pnl == -4);
    assert_false(position->row.provisional);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 0);
    engine_free(bench.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_load_costs_four_requests),
        cmocka_unit_test(test_without_ids_the_opening_dirties_what_began_before_it),
        cmocka_unit_test(test_an_event_patches_and_is_confirmed),
        cmocka_unit_test(test_a_patch_outlives_a_response_that_began_before_it),
        cmocka_unit_test(test_a_covered_event_costs_nothing),
        cmocka_unit_test(test_an_older_answer_confirms_nothing),
        cmocka_unit_test(test_a_mark_is_not_for_ever),
        cmocka_unit_test(test_a_late_answer_ends_the_doubt),
        cmocka_unit_test(test_a_placed_order_does_not_vanish),
        cmocka_unit_test(test_an_added_item_is_waited_for),
        cmocka_unit_test(test_an_answer_below_the_event_confirms_nothing),
        cmocka_unit_test(test_what_was_confirmed_is_not_taken_back),
        cmocka_unit_test(test_an_answer_that_knows_more_is_believed),
        cmocka_unit_test(test_what_is_over_stays_over),
        cmocka_unit_test(test_what_is_cut_off_is_not_missing),
        cmocka_unit_test(test_an_aged_answer_does_not_cover_what_came_since),
        cmocka_unit_test(test_a_copy_older_than_what_is_held_is_passed_over),
        cmocka_unit_test(test_an_event_without_an_answer_marks_the_pane),
        cmocka_unit_test(test_two_counters_prove_nothing),
        cmocka_unit_test(test_ids_that_lie_are_forgotten),
        cmocka_unit_test(test_a_claim_may_be_true),
        cmocka_unit_test(test_a_stream_that_is_behind_leaves_no_marks),
        cmocka_unit_test(test_ids_that_do_not_grow_are_no_replay),
        cmocka_unit_test(test_the_clock_tells_what_a_cut_list_need_not_hold),
        cmocka_unit_test(test_a_change_of_what_is_not_known_is_looked_for),
        cmocka_unit_test(test_one_huge_id_freezes_nothing),
        cmocka_unit_test(test_two_counters_on_one_stream_are_bounded),
        cmocka_unit_test(test_an_answer_behind_what_is_held_is_passed_over),
        cmocka_unit_test(test_the_gap_grows_only_when_answers_are_overtaken),
        cmocka_unit_test(test_another_user_is_refused),
        cmocka_unit_test(test_another_users_events_are_refused),
        cmocka_unit_test(test_prices_that_nobody_tells_are_asked_for),
        cmocka_unit_test(test_a_storm_leaves_nothing_behind),
        cmocka_unit_test(test_older_ticks_do_not_win),
        cmocka_unit_test(test_a_profits_price_is_the_instruments),
        cmocka_unit_test(test_prices_that_were_read_go_to_every_pane),
        cmocka_unit_test(test_ticks_of_several_forms_do_not_pile_up),
        cmocka_unit_test(test_ids_going_back_dirty_everything),
        cmocka_unit_test(test_a_welcome_behind_what_we_know_is_another_history),
        cmocka_unit_test(test_a_snapshot_ahead_of_the_first_welcome_is_asked_again),
        cmocka_unit_test(test_a_new_history_forgets_what_was_asked_in_the_old_one),
        cmocka_unit_test(test_a_cut_replay_is_not_trusted),
        cmocka_unit_test(test_hidden_panes_are_confirmed_four_times_less_often),
        cmocka_unit_test(test_failures_by_class),
        cmocka_unit_test(test_an_opened_stream_ends_the_wait_of_what_failed),
        cmocka_unit_test(test_an_outage_shares_one_probe),
        cmocka_unit_test(test_polls_while_there_is_no_stream),
        cmocka_unit_test(test_an_outage_is_probed_eagerly_at_first),
        cmocka_unit_test(test_figures_are_marked_from_the_moment_of_loss),
        cmocka_unit_test(test_polls_ask_what_a_4xx_holds),
        cmocka_unit_test(test_what_hangs_is_asked_anew_once_the_stream_is_back),
        cmocka_unit_test(test_what_is_under_way_is_kept_when_the_stream_opens),
        cmocka_unit_test(test_what_hung_while_we_slept_is_asked_anew),
        cmocka_unit_test(test_cached_rows_are_shown_dim_until_confirmed),
        cmocka_unit_test(test_the_time_shown_is_the_newest_figures),
        cmocka_unit_test(test_focus_is_soft),
        cmocka_unit_test(test_a_304_confirms),
        cmocka_unit_test(test_a_304_that_leaves_a_doubt_costs_its_etag),
        cmocka_unit_test(test_a_new_history_asks_without_the_old_etag),
        cmocka_unit_test(test_a_later_opening_asks_without_etags),
        cmocka_unit_test(test_transient_messages_never_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
