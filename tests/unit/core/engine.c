#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <blotter/core/engine.h>

#include <stdio.h>
#include <string.h>

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

/* An engine with its clock and what it has asked for. */
struct bench {
    struct engine *engine;
    struct moment now;
    uint64_t fetch[RESOURCE_COUNT]; /* in flight; 0: none */
    char etag[RESOURCE_COUNT][32];
    unsigned starts, cancels;
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

static struct bench bench_new(void)
{
    struct engine_settings settings;
    engine_settings_default(&settings);
    struct bench bench = {.engine = engine_new(&settings), .now = {1000 * 1000, 1700000000000}};
    engine_start(bench.engine, bench.now);
    take_actions(&bench);
    return bench;
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
            assert_true(answer_with(bench, (enum resource)r, bodies[r], id));
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

static enum journal_outcome tell(struct bench *bench, const char *data, const char *id)
{
    struct sse_event sse = {.type = "message",
                            .type_len = 7,
                            .data = data,
                            .data_len = strlen(data),
                            .id = id,
                            .id_len = strlen(id)};
    struct event event;
    assert_true(event_parse(&sse, &event));
    enum journal_outcome outcome = engine_event(bench->engine, bench->now, &event);
    take_actions(bench);
    return outcome;
}

static struct pane_state pane(const struct bench *bench, enum resource resource)
{
    struct pane_state state;
    engine_pane(bench->engine, resource, &state);
    return state;
}

#define CONNECTED "{\"event\":\"connected\",\"data\":{}}"
#define EXECUTE_A                                                                                  \
    "{\"event\":\"order_executed\",\"data\":{\"orderId\":\"a\",\"symbol\":\"S\",\"quantity\":9,"   \
    "\"orderSide\":\"BUY\",\"status\":\"EXECUTED\",\"price\":5}}"

/* Everything is loaded, the stream is open and nothing is on its way. */
static struct bench bench_settled(bool extensions)
{
    struct bench bench = bench_new();
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
    assert_int_equal(tell(&bench, EXECUTE_A, "11"), JOURNAL_PENDING);
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
    assert_int_equal(tell(&bench, EXECUTE_A, "10"), JOURNAL_COVERED);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "PENDING");
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 0);
    engine_free(bench.engine);
}

static void test_a_contradiction_is_counted_and_the_response_wins(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "11");
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 11);
    assert_string_equal(pane(&bench, RESOURCE_ORDERS).shown->orders[0].status, "PENDING");
    assert_int_equal(engine_counters(bench.engine)->contradictions, 1);
    engine_free(bench.engine);
}

static void test_ids_going_back_dirty_everything(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "3");
    assert_int_equal(bench.starts, 4);
    answer_all(&bench, 3);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 4);
    tell(&bench, "{\"event\":\"resync\",\"data\":{\"reason\":\"x\"}}", "3");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 8);
    answer_all(&bench, 3);
    /* A response behind what its request knew to have happened speaks of another history too. */
    tell(&bench, EXECUTE_A, "9");
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 9);
    answer_all(&bench, 2);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 12);
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
    assert_int_equal(tell(&bench, EXECUTE_A, "5"), JOURNAL_PENDING);
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
    assert_int_equal(tell(&bench, EXECUTE_A, "5"), JOURNAL_PENDING);
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
    assert_int_equal(tell(&bench, EXECUTE_A, "4"), JOURNAL_PENDING);
    wait_ms(&bench, 300);
    assert_string_equal(bench.etag[RESOURCE_ORDERS], "");
    answer_all(&bench, 4);
    assert_false(pane(&bench, RESOURCE_ORDERS).dirty);
    engine_free(bench.engine);
}

static void test_a_cut_replay_is_not_trusted(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
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
    answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 11);
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
        {FAULT_AUTH, 401, -1, 0, 0, 1},      {FAULT_HTTP, 403, -1, 0, 0, 1},
        {FAULT_HTTP, 404, -1, 0, 1, 1},      {FAULT_HTTP, 500, -1, 1, 1, 1},
        {FAULT_TIMEOUT, 0, -1, 1, 1, 1},     {FAULT_CONNECT, 0, -1, 1, 1, 1},
        {FAULT_HTTP, 429, 7000, 1, 1, 1},    {FAULT_HTTP, 503, 40000, 0, 0, 1},
        {FAULT_TOO_LARGE, 200, -1, 0, 1, 1},
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
        answer_with(&bench, RESOURCE_ORDERS, bodies[RESOURCE_ORDERS], 12);
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
    /* Transient messages may have been missed: two panes are asked once. */
    assert_int_equal(bench.starts, 10);
    answer_all(&bench, 10);
    wait_ms(&bench, 60000);
    assert_int_equal(bench.starts, 10);
    engine_free(bench.engine);
}

static void test_a_reset_forgets_and_cancels(void **state)
{
    (void)state;
    struct bench bench = bench_settled(true);
    tell(&bench, EXECUTE_A, "11");
    uint64_t old = bench.fetch[RESOURCE_ORDERS];
    engine_reset(bench.engine, bench.now);
    assert_null(pane(&bench, RESOURCE_ORDERS).shown);
    assert_int_equal(engine_deadline(bench.engine), MOMENT_NEVER);
    take_actions(&bench);
    assert_int_equal(bench.cancels, 1);
    engine_start(bench.engine, bench.now);
    wait_ms(&bench, 300);
    assert_int_equal(bench.starts, 5);
    struct engine_response response = {.status = 200,
                                       .body = bodies[RESOURCE_ORDERS],
                                       .body_len = strlen(bodies[RESOURCE_ORDERS])};
    engine_fetch_ok(bench.engine, bench.now, old, &response);
    assert_null(pane(&bench, RESOURCE_ORDERS).shown);
    assert_int_equal(engine_counters(bench.engine)->dropped, 1);
    engine_free(bench.engine);
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
    assert_int_equal(tell(&bench, pnl, "10"), JOURNAL_PATCHED);
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

static void test_a_new_history_asks_without_the_old_etag(void **state)
{
    (void)state;
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
    wait_ms(&bench, 300);
    tell(&bench, "{\"event\":\"resync\",\"data\":{}}", "3");
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
                     JOURNAL_PATCHED);
    assert_int_equal(tell(&bench,
                          "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{"
                          "\"positionId\":\"p\",\"unrealizedPnL\":-4,\"dayPnL\":-5}]}}",
                          "10"),
                     JOURNAL_PATCHED);
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
        cmocka_unit_test(test_a_contradiction_is_counted_and_the_response_wins),
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
        cmocka_unit_test(test_a_reset_forgets_and_cancels),
        cmocka_unit_test(test_what_hangs_is_asked_anew_once_the_stream_is_back),
        cmocka_unit_test(test_what_is_under_way_is_kept_when_the_stream_opens),
        cmocka_unit_test(test_what_hung_while_we_slept_is_asked_anew),
        cmocka_unit_test(test_cached_rows_are_shown_dim_until_confirmed),
        cmocka_unit_test(test_the_time_shown_is_the_newest_figures),
        cmocka_unit_test(test_focus_is_soft),
        cmocka_unit_test(test_a_304_confirms),
        cmocka_unit_test(test_a_new_history_asks_without_the_old_etag),
        cmocka_unit_test(test_transient_messages_never_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
