/* The join of everything, over a net floor that is a script: time and answers by hand. */
#include "fake_net.h"

#include <blotter/client/client.h>
#include <blotter/core/alloc.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDERS "/api/trading/orders"
#define POSITIONS "/api/trading/positions"
#define ACCOUNT "/api/trading/account"
#define LISTS "/api/watchlists"
#define EVENT(type, data) "data: {\"event\":\"" type "\",\"data\":" data "}\n\n"
#define WELCOME EVENT("connected", "{}")
#define HOUR INT64_C(3600000)
#define HELD                                                                                       \
    "{\"positions\":[{\"id\":\"p\",\"symbol\":\"S\",\"quantity\":9,\"dayPnL\":50,"                 \
    "\"unrealizedPnL\":50}]}"

static const struct {
    const char *path, *body;
} reads[] = {
    {ORDERS, "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
             "\"status\":\"PENDING\",\"price\":7}]}"},
    {POSITIONS, "{\"positions\":[]}"},
    {ACCOUNT, "{\"account\":{\"id\":\"acc\",\"balance\":100}}"},
    {LISTS, "{\"watchlists\":[]}"},
};

struct fixture {
    struct loop *loop;
    struct client *client;
    unsigned changes;     /* all that were told */
    int refused, by_user; /* calls of on_refused */
    bool renews;          /* it sets another token at once */
};

static void on_change(void *user, unsigned mask)
{
    ((struct fixture *)user)->changes |= mask;
}

static void on_refused(void *user, bool by_user)
{
    struct fixture *f = user;
    struct fault fault;
    f->refused++;
    f->by_user += by_user;
    if (f->renews) {
        assert_true(client_set_token(f->client, "another", &fault));
    }
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    struct client_settings settings;
    struct fault fault;
    client_settings_default(&settings);
    settings.http.url = "http://h";
    settings.user = "u";
    settings.on_refused = on_refused;
    settings.refused_user = f;
    settings.conn.seed = 1;
    settings.remember = true;
    f->loop = fake_loop();
    f->client = client_new(f->loop, &settings, &fault);
    assert_non_null(f->client);
    client_on_change(f->client, on_change, f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    client_free(f->client);
    fake_loop_free(f->loop);
    free(f);
    return 0;
}

static bool answer_all(struct fixture *f)
{
    bool any = false;
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        any = fake_answer(f->loop, reads[i].path, reads[i].body) || any;
    }
    return any;
}

static void fail_all(struct fixture *f, enum fault_kind kind, int status)
{
    while (fake_waiting(f->loop) > fake_stream_waits(f->loop)) {
        assert_true(fake_fail(f->loop, "/", kind, status));
    }
}

static bool is_asked(const struct fixture *f, const char *path)
{
    size_t i = 0;
    while (fake_path(f->loop, i)[0] != '\0' &&
           strncmp(fake_path(f->loop, i), path, strlen(path)) != 0) {
        i++;
    }
    return fake_path(f->loop, i)[0] != '\0';
}

/* So long, with the heartbeats of a live stream. */
static void live_for(struct fixture *f, int64_t ms)
{
    for (; ms > 0; ms -= 500) {
        fake_pass(f->loop, 500);
        fake_stream_bytes(f->loop, ":\n");
    }
}

static enum conn_phase phase(const struct fixture *f)
{
    return client_stream_status(f->client)->phase;
}

static struct pane_state pane(const struct fixture *f, enum resource resource)
{
    struct pane_state state;
    engine_pane(client_engine(f->client), resource, &state);
    return state;
}

/* Loaded, live, and nothing on its way. */
static void settle(struct fixture *f)
{
    client_start(f->client);
    fake_turn(f->loop);
    answer_all(f);
    fake_stream_open(f->loop);
    fake_stream_bytes(f->loop, WELCOME);
    for (int i = 0; i < 20; i++) {
        live_for(f, 500);
        answer_all(f);
    }
    assert_int_equal(fake_waiting(f->loop), 0);
    assert_int_equal(phase(f), CONN_LIVE);
}

static void test_a_start_asks_for_everything_once(void **state)
{
    struct fixture *f = *state;
    client_start(f->client);
    assert_int_equal(fake_asked(f->loop), 5);
    for (size_t i = 0; i < 4; i++) {
        assert_memory_equal(fake_path(f->loop, i), reads[i].path, strlen(reads[i].path));
    }
    assert_true(fake_stream_waits(f->loop));
    answer_all(f);
    assert_int_equal(f->changes & RESOURCE_ALL, RESOURCE_ALL);
    assert_int_equal(pane(f, RESOURCE_ORDERS).shown->row_count, 1);
}

static void test_an_event_is_shown_and_confirmed(void **state)
{
    struct fixture *f = *state;
    settle(f);
    size_t asked = fake_asked(f->loop);
    f->changes = 0;
    fake_stream_bytes(f->loop, EVENT("order_cancelled", "{\"orderId\":\"a\",\"symbol\":\"S\","
                                                        "\"quantity\":9,\"orderSide\":\"BUY\","
                                                        "\"status\":\"CANCELLED\"}"));
    assert_string_equal(pane(f, RESOURCE_ORDERS).shown->orders[0].status, "CANCELLED");
    assert_true((f->changes & RESOURCE_BIT(RESOURCE_ORDERS)) != 0 &&
                (f->changes & CLIENT_EVENT_LOG) != 0);
    fake_pass(f->loop, 300);
    assert_true(fake_asked(f->loop) > asked);
    assert_true(fake_answer(f->loop, ORDERS,
                            "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,"
                            "\"orderSide\":\"BUY\",\"status\":\"CANCELLED\",\"price\":7}]}"));
    assert_false(pane(f, RESOURCE_ORDERS).dirty);
}

/* What is told of an order that no list holds; what names another user is nobody's news here. */
static void test_an_order_outside_the_list_is_heard(void **state)
{
#define FILL(user)                                                                                 \
    EVENT("order_executed", "{\"orderId\":\"z\",\"symbol\":\"ZZ\",\"quantity\":9,\"status\":"      \
                            "\"EXECUTED\",\"userId\":\"" user "\"}")
    struct fixture *f = *state;
    struct alarm alarm;
    const struct alarm_settings wanted = {.fill = true, .day_loss = NAN, .margin = NAN};
    client_set_alarms(f->client, &wanted);
    settle(f);
    fake_stream_bytes(f->loop, FILL("somebody else"));
    assert_false(client_next_alarm(f->client, &alarm));
    assert_int_equal(tape_count(client_tape(f->client)), 0);
    fake_stream_bytes(f->loop, FILL("u"));
    assert_true(client_next_alarm(f->client, &alarm));
    assert_int_equal(alarm.kind, ALARM_FILLED);
    assert_string_equal(alarm.symbol, "ZZ");
    assert_int_equal(tape_count(client_tape(f->client)), 1);
    fake_stream_bytes(f->loop, FILL("u")); /* once */
    assert_false(client_next_alarm(f->client, &alarm));
    assert_int_equal(tape_count(client_tape(f->client)), 1);
}

/* What passes by itself is asked again by itself; what does not, is not. */
static void test_refusals_that_pass(void **state)
{
    static const struct {
        enum fault_kind kind;
        int status;
        bool asked_again;
    } rows[] = {
        {FAULT_HTTP, 408, true},  {FAULT_HTTP, 429, true},       {FAULT_HTTP, 503, true},
        {FAULT_TIMEOUT, 0, true}, {FAULT_NETWORK, 0, true},      {FAULT_HTTP, 404, false},
        {FAULT_AUTH, 401, false}, {FAULT_TOO_LARGE, 200, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture *f = *state;
        settle(f);
        client_trigger(f->client, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
        fake_turn(f->loop);
        assert_true(fake_fail(f->loop, ORDERS, rows[i].kind, rows[i].status));
        live_for(f, 31000);
        if (is_asked(f, ORDERS) != rows[i].asked_again) {
            fail_msg("%s %d", fault_kind_name(rows[i].kind), rows[i].status);
        }
        tear_down(state);
        set_up(state);
    }
}

/* Whatever is open may be dead at its other end: everything anew, at once, over new connections. */
static void test_a_sleep_is_noticed(void **state)
{
    struct fixture *f = *state;
    settle(f);
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    fake_turn(f->loop); /* one is under way, and will never be answered */
    size_t asked = fake_asked(f->loop);
    fake_sleep(f->loop, 8 * HOUR);
    assert_int_equal(fake_forgotten(f->loop), 1);
    assert_true(fake_stream_waits(f->loop));
    fake_pass(f->loop, 300);
    assert_int_equal(fake_asked(f->loop), asked + 5);
    assert_int_equal(fake_waiting(f->loop), 5);
    assert_true(fake_stream_waits(f->loop));
    assert_int_equal(phase(f), CONN_CONNECTING);
    assert_true(pane(f, RESOURCE_ORDERS).stale);
    answer_all(f);
    fake_stream_open(f->loop);
    fake_stream_bytes(f->loop, WELCOME);
    assert_int_equal(phase(f), CONN_LIVE);
}

static void test_a_step_of_the_clock_is_no_sleep(void **state)
{
    struct fixture *f = *state;
    settle(f);
    size_t asked = fake_asked(f->loop);
    fake_set_wall(f->loop, 8 * HOUR);
    fake_set_wall(f->loop, -9 * HOUR);
    fake_sleep(f->loop, 100); /* nor is this one */
    assert_int_equal(fake_asked(f->loop), asked);
    assert_int_equal(fake_forgotten(f->loop), 0);
    assert_int_equal(phase(f), CONN_LIVE);
}

/* Another day: nothing is closed on it, and what the server says of it is asked for; once more a
 * minute later, because the server's clock may be behind ours. */
static void test_a_day_begins(void **state)
{
    struct fixture *f = *state;
    fake_set_wall(f->loop, 24 * HOUR - loop_now(f->loop).wall_ms % (24 * HOUR) - 60000);
    settle(f);
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_POSITIONS));
    fake_pass(f->loop, 300);
    assert_true(fake_answer(f->loop, POSITIONS, HELD));
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_POSITIONS));
    fake_pass(f->loop, 300);
    assert_true(fake_answer(f->loop, POSITIONS, reads[1].body));
    assert_non_null(money_book_closed(client_book(f->client), 0));
    for (int i = 0; i < 60; i++) { /* what nothing told of is looked for */
        live_for(f, 500);
        answer_all(f);
    }
    live_for(f, 10000);
    assert_false(is_asked(f, POSITIONS));
    live_for(f, 15000);
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        assert_true(is_asked(f, reads[i].path));
    }
    answer_all(f);
    assert_null(money_book_closed(client_book(f->client), 0));
    assert_true(money_book_saw_all(client_book(f->client)));
    live_for(f, 65000);
    assert_true(is_asked(f, POSITIONS));
    answer_all(f);
    live_for(f, 300000);
    assert_false(is_asked(f, POSITIONS));
}

/* A proxy holds the bytes back: as long as none comes, panes are polled and nothing says LIVE. */
static void test_a_stream_without_a_byte_is_polled_beside(void **state)
{
    struct fixture *f = *state;
    client_start(f->client);
    answer_all(f);
    fake_stream_head(f->loop, 200, "text/event-stream");
    for (int i = 0; i < 6; i++) {
        size_t asked = fake_asked(f->loop);
        for (int second = 0; second < 11; second++) {
            fake_pass(f->loop, 1000);
            answer_all(f);
        }
        assert_true(fake_asked(f->loop) >= asked + 4);
        assert_int_equal(phase(f), CONN_SILENT);
        assert_true(engine_polling(client_engine(f->client), NULL));
    }
    fake_stream_bytes(f->loop, ":");
    assert_int_equal(phase(f), CONN_LIVE);
    assert_false(engine_polling(client_engine(f->client), NULL));
}

/* One request every few seconds for all of them; once one is answered everything is, at once. */
static void test_an_outage_is_probed_by_one_and_ends_for_all(void **state)
{
    struct fixture *f = *state;
    settle(f);
    fake_stream_end(f->loop, FAULT_NETWORK);
    size_t asked = fake_asked(f->loop);
    for (int second = 0; second < 120; second++) {
        fake_pass(f->loop, 1000);
        fail_all(f, FAULT_CONNECT, 0);
        if (fake_stream_waits(f->loop)) {
            fake_stream_end(f->loop, FAULT_CONNECT);
        }
    }
    assert_in_range(fake_asked(f->loop) - asked, 120 / 5, 120 / 3 + 8);
    /* A wish makes both try, and the stream fails once more; then the network is back: the read
     * that finds it takes the stream along, in the same turn. */
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_BIT(RESOURCE_ORDERS));
    fake_turn(f->loop);
    fake_stream_end(f->loop, FAULT_CONNECT);
    fake_pass(f->loop, 1500);
    assert_false(fake_stream_waits(f->loop));
    assert_true(fake_answer(f->loop, ORDERS, reads[0].body));
    assert_true(fake_stream_waits(f->loop));
    assert_int_equal(fake_waiting(f->loop), 4); /* and the other panes */
    fake_stream_open(f->loop);
    fake_stream_bytes(f->loop, WELCOME);
    answer_all(f);
    assert_int_equal(phase(f), CONN_LIVE);
    assert_false(engine_outage(client_engine(f->client)));
}

/* A gateway that has lost its way for a minute ends neither the panes nor the stream. */
static void test_a_passing_404_ends_nothing(void **state)
{
    struct fixture *f = *state;
    settle(f);
    fake_stream_end(f->loop, FAULT_NETWORK);
    for (int second = 0; second < 40; second++) {
        fake_pass(f->loop, 1000);
        fail_all(f, FAULT_HTTP, 404);
        if (fake_stream_waits(f->loop)) {
            fake_stream_head(f->loop, 404, "text/plain");
        }
    }
    assert_int_equal(phase(f), CONN_ENDED);
    for (int second = 0; second < 25 && !fake_stream_waits(f->loop); second++) {
        fake_pass(f->loop, 1000);
        answer_all(f);
    }
    assert_true(fake_stream_waits(f->loop));
    assert_int_equal(pane(f, RESOURCE_ORDERS).fault.kind, FAULT_NONE);
}

/* A stream that welcomes somebody else is none: said, polled beside, tried more and more seldom. */
static void test_a_stream_of_another_user_ends(void **state)
{
    struct fixture *f = *state;
    unsigned tries = 0;
    settle(f);
    fake_stream_end(f->loop, FAULT_NETWORK);
    for (int second = 0; second < 600; second++) {
        fake_pass(f->loop, 1000);
        answer_all(f);
        if (fake_stream_waits(f->loop)) {
            tries++;
            fake_stream_open(f->loop);
            fake_stream_bytes(f->loop, EVENT("connected", "{\"userId\":\"v\"}")
                                           EVENT("balance_updated", "{\"balance\":666}"));
            assert_int_equal(phase(f), CONN_ENDED);
            assert_non_null(strstr(client_stream_status(f->client)->fault.text, "user v"));
        }
    }
    assert_in_range(tries, 3, 12);
    assert_true(engine_polling(client_engine(f->client), NULL));
    assert_true(pane(f, RESOURCE_ACCOUNT).shown->account->balance == 100);
}

/* Once by itself until one is accepted, and whenever the user wants everything anew. */
static void test_a_refused_token_is_asked_for(void **state)
{
    struct fixture *f = *state;
    settle(f);
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_ALL);
    assert_int_equal(f->refused, 0);
    fake_turn(f->loop);
    fail_all(f, FAULT_AUTH, 401);
    assert_int_equal(f->refused, 1);
    assert_int_equal(f->by_user, 0);
    assert_true(client_is_refused(f->client));
    f->renews = true;
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_ALL);
    assert_int_equal(f->refused, 2);
    assert_int_equal(f->by_user, 1);
    assert_string_equal(fake_token(f->loop), "another");
    fake_pass(f->loop, 300);
    assert_int_equal(fake_waiting(f->loop), 5); /* with the new one, the stream as well */
    fail_all(f, FAULT_AUTH, 401);
    assert_int_equal(f->refused, 2); /* not over and over */
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_ALL);
    fake_pass(f->loop, 300);
    answer_all(f);
    assert_false(client_is_refused(f->client));
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_ALL);
    fake_pass(f->loop, 300);
    fail_all(f, FAULT_AUTH, 401);
    assert_int_equal(f->refused, 4);
}

/* A gateway that refuses the stream alone: it is tried again, and nobody is asked each time. */
static void test_a_stream_that_alone_is_refused(void **state)
{
    struct fixture *f = *state;
    int tries = 0;
    settle(f);
    fake_stream_end(f->loop, FAULT_NETWORK);
    for (int second = 0; second < 300; second++) {
        fake_pass(f->loop, 1000);
        answer_all(f);
        if (fake_stream_waits(f->loop)) {
            fake_stream_head(f->loop, 403, NULL);
            tries++;
        }
    }
    assert_in_range(tries, 4, 8);
    assert_int_equal(f->refused, 1);
    for (int second = 0; second < 600 && !fake_stream_waits(f->loop); second++) {
        fake_pass(f->loop, 1000);
        answer_all(f);
    }
    fake_stream_open(f->loop);
    assert_int_equal(phase(f), CONN_LIVE);
}

static void test_a_token_that_cannot_be_sent_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct fault fault;
    settle(f);
    size_t asked = fake_asked(f->loop);
    assert_false(client_set_token(f->client, "x", &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    fake_turn(f->loop);
    assert_int_equal(fake_asked(f->loop), asked);
    assert_int_equal(phase(f), CONN_LIVE);
}

/* What an event over the ceiling said may concern any pane. */
static void test_an_event_too_large_asks_for_everything(void **state)
{
    struct fixture *f = *state;
    settle(f);
    size_t asked = fake_asked(f->loop), size = SSE_EVENT_MAX_DEFAULT + 16;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, 'x', size - 1);
    memcpy(large, "data: ", 6);
    large[size - 1] = '\0';
    uint64_t errors = client_errors(f->client);
    fake_stream_bytes(f->loop, large);
    fake_pass(f->loop, 300);
    assert_int_equal(fake_asked(f->loop), asked + 4);
    assert_int_equal(client_errors(f->client), errors + 1);
    free(large);
}

/* With a daybook, and nothing to do: no wake-up but those that something is due at. */
static void test_an_idle_client_sleeps(void **state)
{
    struct fixture *f = *state;
    struct client_settings settings;
    struct fault fault;
    char directory[] = "/tmp/blotter-client-XXXXXX", daybook[64];
    assert_non_null(mkdtemp(directory));
    snprintf(daybook, sizeof daybook, "%s/daybook", directory);
    client_free(f->client);
    client_settings_default(&settings);
    settings.http.url = "http://h";
    settings.user = "u";
    settings.remember = true;
    settings.daybook = daybook;
    settings.daybook_days = 1;
    fake_loop_free(f->loop);
    f->loop = fake_loop();
    f->client = client_new(f->loop, &settings, &fault);
    assert_non_null(f->client);
    client_on_change(f->client, on_change, f);
    settle(f);
    client_painted(f->client, RESOURCE_ALL);
    live_for(f, 30000);
    unsigned turns = fake_turns(f->loop);
    fake_pass(f->loop, 20000);
    assert_true(fake_turns(f->loop) - turns <= 15);
    client_free(f->client);
    f->client = NULL;
    unlink(daybook);
    snprintf(daybook, sizeof daybook, "%s/daybook-wal", directory);
    unlink(daybook);
    snprintf(daybook, sizeof daybook, "%s/daybook-shm", directory);
    unlink(daybook);
    rmdir(directory);
}

static void test_a_stop_leaves_nothing_open(void **state)
{
    struct fixture *f = *state;
    settle(f);
    client_trigger(f->client, ENGINE_MANUAL, RESOURCE_ALL);
    fake_turn(f->loop);
    client_stop(f->client);
    assert_int_equal(fake_waiting(f->loop), 0);
    assert_int_equal(phase(f), CONN_ENDED);
    fake_pass(f->loop, HOUR);
    assert_int_equal(fake_waiting(f->loop), 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_a_start_asks_for_everything_once),
        ROW(test_an_event_is_shown_and_confirmed),
        ROW(test_an_order_outside_the_list_is_heard),
        ROW(test_refusals_that_pass),
        ROW(test_a_sleep_is_noticed),
        ROW(test_a_step_of_the_clock_is_no_sleep),
        ROW(test_a_day_begins),
        ROW(test_a_stream_without_a_byte_is_polled_beside),
        ROW(test_an_outage_is_probed_by_one_and_ends_for_all),
        ROW(test_a_passing_404_ends_nothing),
        ROW(test_a_stream_of_another_user_ends),
        ROW(test_a_refused_token_is_asked_for),
        ROW(test_a_stream_that_alone_is_refused),
        ROW(test_a_token_that_cannot_be_sent_changes_nothing),
        ROW(test_an_event_too_large_asks_for_everything),
        ROW(test_an_idle_client_sleeps),
        ROW(test_a_stop_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
