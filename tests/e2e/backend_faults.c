/*
 * What can go wrong with a broker, in each broker's shapes: while it does, rows that nothing
 * confirms say so; when it is over, the figures come to the broker's.
 */
#include "broker_run.h"
#include "expect.h"
#include "pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *blotter_path, *broker_path, *shape;

/* Everybody is asked often; the stream's watchdog is quick. */
static const struct {
    const char *name, *symbol, *more;
} shapes[] = {
    {"alpaca", "NVDA",
     "[orders]\npoll = 2\npoll.stream = 2\npoll.closed = 2\n[stream]\nheartbeat = 1\n"},
    {"oanda", "EUR_USD", "[orders]\npoll = 2\npoll.stream = 2\n[stream]\nheartbeat = 1\n"},
    {"kite", "INFY", "[orders]\npoll = 2\npoll.closed = 2\n"},
    {"tradier", "AAPL", "[orders]\npoll = 4\n"},
    {"trading212", NULL, "[orders]\npoll = 2\nquota = 10/1\n"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* --- the screen ------------------------------------------------------------------------------ */

static bool is_marked(struct pty *pty, void *user)
{
    bool marked = false;
    for (int row = 0; row < pty_rows(pty); row++) {
        marked |= strncmp(pty_row(pty, row), "┃≈", strlen("┃≈")) == 0;
    }
    return marked == *(bool *)user;
}

/* A broker that says "too many" for long is let alone for long. */
#define LONG_MS 100000

static void expect_marks(struct pty *pty, bool marked)
{
    if (!pty_wait(pty, is_marked, &marked, LONG_MS)) {
        fail_msg("%s:\n%s", marked ? "nothing is marked" : "marks stay", pty_screen(pty));
    }
}

static bool has_text(struct pty *pty, void *user)
{
    return strstr(pty_screen(pty), user) != NULL;
}

/* As many orders work as the broker says: after an outage as late as the next try. */
static void expect_orders(struct pty *pty, struct broker_run *broker)
{
    char text[64];
    snprintf(text, sizeof text, "working %s ", broker_do(broker, "working"));
    if (!pty_wait(pty, has_text, text, LONG_MS)) {
        fail_msg("no '%s':\n%s", text, pty_screen(pty));
    }
}

static struct pty *open_screen(struct broker_run *broker, size_t i)
{
    const char *const argv[] = {blotter_path, NULL};
    const char *const env[] = {broker->env[0], broker->env[1], NULL};
    struct pty_options options = {.argv = argv, .env = env, .rows = 30, .cols = 110};
    broker_start(broker, broker_path, shapes[i].name, shapes[i].more);
    assert_string_equal(broker_do(broker, "limit 1000 1"), "ok");
    struct pty *pty = pty_start(&options);
    assert_true(pty_wait_text(pty, "Orders"));
    expect_orders(pty, broker);
    expect_marks(pty, false);
    return pty;
}

static void close_screen(struct pty *pty, struct broker_run *broker)
{
    expect_quit(pty);
    broker_end(broker);
}

/* --- faults ---------------------------------------------------------------------------------- */

static const struct {
    const char *begin, *end;
    bool marks; /* rows are not confirmed while it lasts */
} faults[] = {
    {"answer 429 1000", "answer 200 0", true},
    {"answer 500 1000", "answer 200 0", true},
    {"answer 302 1000", "answer 200 0", true},
    {"rubbish 1000", "rubbish 0", true},
    {"half 1000", "half 0", true},
    {"slow 700", "slow 0", false},
    {"cut", "loud", false},
    {"silent", "loud", false},
    {"stream 404", "stream 0", false},
};

static void place(struct broker_run *broker, size_t i)
{
    char command[64];
    snprintf(command, sizeof command, "place %s 7",
             shapes[i].symbol != NULL ? shapes[i].symbol : "AAPL_US_EQ");
    assert_string_equal(broker_do(broker, command), "ok");
}

static void try_fault(struct pty *pty, struct broker_run *broker, size_t i, size_t k)
{
    print_message("%s: %s\n", shapes[i].name, faults[k].begin);
    assert_string_equal(broker_do(broker, faults[k].begin), "ok");
    if (faults[k].marks) {
        expect_marks(pty, true);
    }
    place(broker, i);
    if (strcmp(shapes[i].name, "oanda") != 0) { /* which fills no order in part */
        assert_string_equal(broker_do(broker, "part"), "ok");
    }
    assert_string_equal(broker_do(broker, faults[k].end), "ok");
    expect_marks(pty, false);
    expect_orders(pty, broker);
    assert_string_equal(broker_do(broker, "cancel"), "ok");
    expect_orders(pty, broker);
}

/* Another secret is good from now on, and is where the secrets come from. */
static void renew(struct broker_run *broker)
{
    static const char *const names[] = {"secret", "token", "access_token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        broker_write(broker, names[i], "of-today\n");
    }
    assert_string_equal(broker_do(broker, "token of-today"), "ok");
}

static size_t find_shape(void)
{
    size_t i = 0;
    while (i < SHAPES && strcmp(shapes[i].name, shape) != 0) {
        i++;
    }
    assert_true(i < SHAPES);
    return i;
}

static void test_faults(void **state)
{
    (void)state;
    struct broker_run broker;
    size_t i = find_shape();
    struct pty *pty = open_screen(&broker, i);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        try_fault(pty, &broker, i, k);
    }
    assert_non_null(strstr(broker_do(&broker, "stats"), " unknown 0"));
    close_screen(pty, &broker);
}

static void test_renewed_and_killed(void **state)
{
    (void)state;
    struct broker_run broker;
    size_t i = find_shape();
    struct pty *pty = open_screen(&broker, i);
    renew(&broker);
    place(&broker, i);
    expect_orders(pty, &broker);
    expect_marks(pty, false);
    broker_kill(&broker);
    expect_marks(pty, true);
    assert_true(pty_wait_text(pty, "connect"));
    broker_again(&broker, "of-today"); /* commands are not run twice within a minute */
    assert_string_equal(broker_do(&broker, "limit 1000 1"), "ok");
    expect_orders(pty, &broker);
    expect_marks(pty, false);
    close_screen(pty, &broker);
}

int main(int argc, char **argv)
{
    assert_int_equal(argc, 4);
    blotter_path = argv[1];
    broker_path = argv[2];
    shape = argv[3];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_renewed_and_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
