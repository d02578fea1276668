/* The dashboard on made-up brokers: what their streams tell, what they hide, and being without. */
#include "broker_run.h"
#include "expect.h"
#include "pty.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *blotter_path, *broker_path;

static struct pty *open_screen(struct broker_run *broker)
{
    const char *const argv[] = {blotter_path, NULL};
    const char *const env[] = {broker->env[0], broker->env[1], NULL};
    struct pty_options options = {.argv = argv, .env = env, .rows = 30, .cols = 110};
    return pty_start(&options);
}

static void close_screen(struct pty *pty, struct broker_run *broker)
{
    expect_quit(pty);
    broker_end(broker);
}

/* A fill on the stream changes the order at once; a refused stream is replaced by polls. */
static void test_stream(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "[orders]\npoll = 600\npoll.stream = 600\n");
    struct pty *pty = open_screen(&broker);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_text(pty, "working 2"));
    assert_true(pty_wait_text(pty, "Net liq "));
    assert_false(pty_has(pty, "Net liq ~")); /* it was sent */
    assert_string_equal(broker_do(&broker, "fill"), "ok");
    assert_true(pty_wait_text(pty, "working 1"));
    assert_string_equal(broker_do(&broker, "place NVDA 3"), "ok");
    assert_true(pty_wait_text(pty, "working 2"));
    assert_string_equal(broker_do(&broker, "place NVDA 300000"), "ok");
    assert_true(pty_wait_text(pty, "300,000")); /* dollars */
    assert_string_equal(broker_do(&broker, "stream 404"), "ok");
    assert_string_equal(broker_do(&broker, "cut"), "ok");
    assert_true(pty_wait_text(pty, "POLL"));
    close_screen(pty, &broker);
}

/* What the stream does not tell shows by the id of a heartbeat: everything is read again. */
static void test_gap(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "oanda", "[orders]\npoll = 600\npoll.stream = 600\n");
    struct pty *pty = open_screen(&broker);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_text(pty, "working 2"));
    assert_string_equal(broker_do(&broker, "hidden fill"), "ok");
    assert_true(pty_wait_text(pty, "working 1"));
    close_screen(pty, &broker);
}

#define FUNCTIONS(orders)                                                                          \
    "def orders: " orders "; def positions: []; def account: null; def watchlist: [];\n"           \
    "def watchlist_id: .[].id; def quotes: {updates: []}; def clock: {open: true};\n"              \
    "def event: {event: \"heartbeat\"};\n"

/* Other functions come into force while it runs; those with a fault do not, and are said. */
static void test_reload(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "");
    struct pty *pty = open_screen(&broker);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_text(pty, "NVDA"));
    broker_write(&broker, "blotter/backends/mine.jq", FUNCTIONS("map(\n  now)"));
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "not reloaded: mine.jq:2: now is not for backends"));
    assert_true(pty_has(pty, "NVDA"));
    broker_write(&broker, "blotter/backends/mine.jq",
                 FUNCTIONS("map({id, status: \"ANOTHER\", symbol, class: \"open\"})"));
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "configuration reloaded"));
    assert_true(pty_wait_text(pty, "ANOTHER"));
    /* Another secret, with the files as they are. */
    broker_write(&broker, "secret", "of-today\n");
    assert_string_equal(broker_do(&broker, "token of-today"), "ok");
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "configuration reloaded"));
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "LIVE"));
    close_screen(pty, &broker);
}

/* Panes come and go with the files. */
static void test_panes(void **state)
{
    (void)state;
    static const char ini[] = "[backend]\nformat = 1\nbadge = mock\nsecrets = secret\n[hosts]\n"
                              "api = %s\n[headers]\nAPCA-API-SECRET-KEY = {secret:secret}\n"
                              "[orders]\nget = api /v2/orders\npoll = 10\n%s";
    static const char account[] = "[account]\nget = api /v2/account\npoll = 30\n";
    struct broker_run broker;
    char text[512];
    broker_start(&broker, broker_path, "alpaca", "");
    broker_write(&broker, "blotter/backends/mine.jq",
                 "def orders: map({id, status, symbol, class: \"open\"});\n"
                 "def account: {id: .account_number, balance: .equity};\n");
    snprintf(text, sizeof text, ini, broker.url, "");
    broker_write(&broker, "blotter/backends/mine.ini", text);
    struct pty *pty = open_screen(&broker);
    assert_true(pty_wait_text(pty, "NVDA"));
    assert_false(pty_has(pty, "Balance"));
    snprintf(text, sizeof text, ini, broker.url, account);
    broker_write(&broker, "blotter/backends/mine.ini", text);
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "configuration reloaded"));
    assert_true(pty_wait_text(pty, "Balance 25,000"));
    snprintf(text, sizeof text, ini, broker.url, "");
    broker_write(&broker, "blotter/backends/mine.ini", text);
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_no_text(pty, "Balance"));
    assert_true(pty_wait_text(pty, "NVDA"));
    assert_false(pty_has(pty, "not reloaded"));
    close_screen(pty, &broker);
}

int main(int argc, char **argv)
{
    assert_int_equal(argc, 3);
    blotter_path = argv[1];
    broker_path = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_panes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
