#include "book/trade.h"
#include "script/scenario.h"

#include <blotter/core/alloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct db *db;
    struct faults *faults;
    struct market *market;
    struct scenario_host host;
    int heartbeats, ends, status;
    char reports[1024];
};

static void on_heartbeat(void *user)
{
    ((struct fixture *)user)->heartbeats++;
}

static void on_end(void *user)
{
    ((struct fixture *)user)->ends++;
}

static void on_quit(void *user, int status)
{
    ((struct fixture *)user)->status = status;
}

static void on_report(void *user, const char *text)
{
    char *reports = ((struct fixture *)user)->reports;
    size_t used = strlen(reports);
    snprintf(reports + used, sizeof((struct fixture *)user)->reports - used, "%s\n", text);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    struct fault fault;
    fixture->db = db_open(":memory:", &fault);
    assert_int_equal(
        sqlite3_exec(db_handle(fixture->db),
                     "INSERT INTO users (id) VALUES ('u1');"
                     "INSERT INTO trading_accounts (id, userId, balance, availableMargin) VALUES"
                     " ('a1', 'u1', 100000, 100000);"
                     "INSERT INTO stocks (id, instrumentId, symbol, name, ltp, close) VALUES"
                     " ('s1', 'NSE-1', 'ALPHA', 'Alpha', 100, 98);",
                     NULL, NULL, NULL),
        SQLITE_OK);
    trade_settle_accounts(fixture->db);
    fixture->faults = faults_new(1);
    struct market_settings settings = {0};
    fixture->market = market_new(NULL, fixture->db, &settings);
    fixture->status = -1;
    fixture->host = (struct scenario_host){.db = fixture->db,
                                           .seed = 1,
                                           .faults = fixture->faults,
                                           .market = fixture->market,
                                           .heartbeat = on_heartbeat,
                                           .end_streams = on_end,
                                           .quit = on_quit,
                                           .report = on_report,
                                           .user = fixture};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    market_free(fixture->market);
    faults_free(fixture->faults);
    db_close(fixture->db);
    free(fixture);
    return 0;
}

static struct scenario *parse(const char *text)
{
    struct fault error;
    struct scenario *scenario = scenario_parse("test", text, strlen(text), &error);
    if (scenario == NULL) {
        fail_msg("%s", error.text);
    }
    return scenario;
}

static void answer_is(struct fixture *fixture, const char *sql, const char *expected)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db_handle(fixture->db), sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *error;
    } rows[] = {
        {"heartbeat", "f:1: a line is: AT TIME COMMAND"},
        {"AT soon heartbeat",
         "f:1: the time must be seconds or +seconds, up to 1000000, not 'soon'"},
        {"AT -1 heartbeat", "f:1: the time must be seconds or +seconds, up to 1000000, not '-1'"},
        {"AT nan heartbeat", "f:1: the time must be seconds or +seconds, up to 1000000, not 'nan'"},
        {"AT", "f:1: the time must be seconds or +seconds, up to 1000000, not ''"},
        {"# fine\n\nAT 1 heartbeet",
         "f:3: unknown command 'heartbeet' (did you mean 'heartbeat'?)"},
        {"AT 1 order plaice x",
         "f:1: unknown command 'order plaice' (did you mean 'order place'?)"},
        {"AT 1", "f:1: unknown command ''"},
        {"AT 1 sql", "f:1: the command is: sql STATEMENTS"},
        {"AT 1 sql   ", "f:1: the command is: sql STATEMENTS"},
        {"AT 1 order place u1 buy 1",
         "f:1: the command is: order place USER buy|sell QUANTITY SYMBOL [PRICE]"},
        {"AT 1 order place u1 keep 1 X", "f:1: an order is: USER buy|sell QUANTITY SYMBOL [PRICE]"},
        {"AT 1 order place u1 buy 0 X", "f:1: an order is: USER buy|sell QUANTITY SYMBOL [PRICE]"},
        {"AT 1 order place u1 buy 1 X inf",
         "f:1: an order is: USER buy|sell QUANTITY SYMBOL [PRICE]"},
        {"AT 1 order place u1 buy 1 X 2 3",
         "f:1: the command is: order place USER buy|sell QUANTITY SYMBOL [PRICE]"},
        {"AT 1 heartbeat 1 2 3 4 5 6 7", "f:1: too many words"},
        {"AT 1 fault stal", "f:1: unknown fault 'stal' (did you mean 'stall'?)"},
        {"AT 1 rate 10001", "f:1: the rate must be from 0 to 10000"},
        {"AT 1 quit 256", "f:1: the status must be from 0 to 255"},
        {"AT 1 price ALPHA 0", "f:1: a price is: SYMBOL PRICE, above 0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault error;
        assert_null(scenario_parse("f", rows[i].text, strlen(rows[i].text), &error));
        assert_string_equal(error.text, rows[i].error);
        assert_int_equal(error.kind, FAULT_CONFIG);
    }
    struct fault error;
    assert_null(scenario_parse("f", "AT 1 sql a\0b", 12, &error));
    char *longer = malloc(SCENARIO_LINE_MAX + 100);
    memset(longer, 'x', SCENARIO_LINE_MAX + 100);
    assert_null(scenario_parse("f", longer, SCENARIO_LINE_MAX + 100, &error));
    assert_string_equal(error.text, "f:1: the line is too long, or is no text");
    free(longer);
    assert_null(scenario_read("/nonexistent/file", &error));
    assert_string_equal(error.text,
                        "cannot read scenario '/nonexistent/file': No such file or directory");
}

static void test_times_and_order(void **state)
{
    struct fixture *fixture = *state;
    struct scenario *scenario = parse("AT 2 heartbeat\r\n"
                                      "  at +0.5 heartbeat\n"
                                      "AT 1 end streams\n"
                                      "AT +0 quit 3");
    assert_true(scenario_step(scenario, &fixture->host, 0) == 1000000);
    assert_int_equal(fixture->ends, 0);
    assert_true(scenario_step(scenario, &fixture->host, 1000000) == 2000000);
    assert_int_equal(fixture->ends, 1);
    assert_int_equal(fixture->status, 3);
    assert_true(scenario_step(scenario, &fixture->host, 2499999) == 2500000);
    assert_int_equal(fixture->heartbeats, 1);
    assert_true(scenario_step(scenario, &fixture->host, 9000000) == MOMENT_NEVER);
    assert_int_equal(fixture->heartbeats, 2);
    assert_true(scenario_step(scenario, &fixture->host, 9000000) == MOMENT_NEVER);
    assert_int_equal(fixture->heartbeats, 2);
    scenario_free(scenario);
    scenario_free(NULL);
}

static void test_commands(void **state)
{
    struct fixture *fixture = *state;
    struct scenario *scenario =
        parse("AT 0 order place u1 buy 10 ALPHA 95\n"
              "AT 0 order execute last\n"
              "AT 0 order place u1 SELL 4 ALPHA\n"
              "AT 0 price ALPHA 110.5\n"
              "AT 1 order place u1 buy 1 ALPHA 90\n"
              "AT 1 order cancel newest\n"
              "AT 2 position close u1 ALPHA 100\n"
              "AT 3 sql update users set name = 'A; B'; delete from events\n"
              "AT 4 fault 500,orders\n"
              "AT 5 fault clear\n"
              "AT 6 rate 7\n"
              "AT 6 quotes 0\n");
    scenario_step(scenario, &fixture->host, 0);
    answer_is(fixture, "SELECT group_concat(status) FROM orders", "EXECUTED,EXECUTED");
    answer_is(fixture, "SELECT quantity || ' ' || unrealizedPnL FROM positions", "6 93.0");
    answer_is(fixture,
              "SELECT ltp || ' ' || high || ' ' || change || ' ' || changePercent FROM stocks",
              "110.5 110.5 12.5 12.76");
    scenario_step(scenario, &fixture->host, 1000000);
    answer_is(fixture, "SELECT status FROM orders ORDER BY rowid DESC", "CANCELLED");
    scenario_step(scenario, &fixture->host, 2000000);
    answer_is(fixture, "SELECT quantity FROM positions", "0");
    answer_is(fixture, "SELECT balance || ' ' || usedMargin FROM trading_accounts", "100050.0 0.0");
    scenario_step(scenario, &fixture->host, 3000000);
    answer_is(fixture, "SELECT name || (SELECT count(*) FROM events) FROM users", "A; B0");
    struct faults_reply reply;
    scenario_step(scenario, &fixture->host, 4000000);
    assert_true(faults_answer(fixture->faults, "/api/trading/orders/list", &reply));
    scenario_step(scenario, &fixture->host, 5000000);
    assert_false(faults_answer(fixture->faults, "/api/trading/orders/list", &reply));
    struct moment now = {.mono_us = 1};
    assert_true(market_step(fixture->market, now) == MOMENT_NEVER);
    scenario_step(scenario, &fixture->host, 6000000);
    assert_true(market_step(fixture->market, now) < MOMENT_NEVER);
    assert_string_equal(fixture->reports, "");
    scenario_free(scenario);
}

static void test_what_fails_is_said_and_passed_over(void **state)
{
    struct fixture *fixture = *state;
    struct scenario *scenario = parse("AT 0 order execute last\n"
                                      "AT 0 order cancel no-such-id\n"
                                      "AT 0 sql update nowhere set x = 1\n"
                                      "AT 0 order place u1 buy 1 NONE 5\n"
                                      "AT 0 position close u1 ALPHA\n"
                                      "AT 0 order place u1 buy 999999 ALPHA\n"
                                      "AT 0 heartbeat\n");
    scenario_step(scenario, &fixture->host, 0);
    assert_string_equal(fixture->reports,
                        "test:1: order execute: there is no such order\n"
                        "test:2: order cancel: Order not found\n"
                        "test:3: sql: no such table: nowhere\n"
                        "test:4: order place: Unknown symbol\n"
                        "test:5: position close: there is no such open position\n"
                        "test:6: order place: Insufficient margin: needs 99999900.00, available "
                        "100000.00\n");
    assert_int_equal(fixture->heartbeats, 1);
    scenario_free(scenario);
}

static void test_host_without_anything(void **state)
{
    struct fixture *fixture = *state;
    struct scenario_host host = {.db = fixture->db};
    struct scenario *scenario = parse("AT 0 heartbeat\nAT 0 end streams\nAT 0 quit\nAT 0 rate 1\n"
                                      "AT 0 quotes 1\nAT 0 fault 500\nAT 0 fault cut,stream\n");
    assert_true(scenario_needs_proxy(scenario));
    assert_true(scenario_step(scenario, &host, 0) == MOMENT_NEVER);
    scenario_free(scenario);
    scenario = parse("AT 0 fault 500\nAT 1 fault clear\n# AT 1 fault cut\n");
    assert_false(scenario_needs_proxy(scenario));
    scenario_free(scenario);
}

/* On a real loop: the lines are run by its timer. */
static void quit_loop(void *user, int status)
{
    loop_quit(user, status);
}

static void test_on_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct loop *loop = loop_new();
    struct scenario_host host = {.db = fixture->db, .quit = quit_loop, .user = loop};
    struct scenario *scenario = parse("AT 0 sql update users set name = 'ran'\nAT 0.02 quit 7\n");
    scenario_start(scenario, loop, &host);
    assert_int_equal(loop_run(loop), 7);
    answer_is(fixture, "SELECT name FROM users", "ran");
    scenario_free(scenario);
    loop_free(loop);
}

static void test_help_fits(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    scenario_help(out);
    fclose(out);
    assert_non_null(strstr(text, "order place USER buy|sell QUANTITY SYMBOL [PRICE]"));
    for (const char *line = text; *line != '\0';) {
        size_t columns = strcspn(line, "\n");
        assert_in_range(columns, 1, 80);
        line += columns + 1;
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test_setup_teardown(test_times_and_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_fails_is_said_and_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_host_without_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(test_on_the_loop, setup, teardown),
        cmocka_unit_test(test_help_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
