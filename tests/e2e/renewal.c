/*
 * A token that is no longer good: its file or command is asked again, by R, by SIGUSR1 and, once,
 * by itself; nobody has to start the program anew.
 */
#include "expect.h"
#include "trust.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD "old-0123456789abcdef"
#define NEW "new-0123456789abcdef"

static void keep_token(const struct trust *t, const char *token)
{
    char path[128];
    snprintf(path, sizeof path, "%s/token", t->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_true(fputs(token, file) >= 0 && fclose(file) == 0);
}

static void let_in(struct trust *t, const char *token, const char *no_longer)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "insert into sessions(token,userId) values('%s','%s');"
             "delete from sessions where token='%s'",
             token, t->server.user, no_longer);
    assert_true(server_sql(&t->server, sql));
}

static struct pty *start(struct trust *t, enum trust_mode mode, bool command)
{
    char option[192];
    keep_token(t, OLD);
    let_in(t, OLD, "none");
    snprintf(option, sizeof option, command ? "token_command=cat %s/token" : "token_file=%s/token",
             t->dir);
    struct pty *pty =
        trust_start(t, &(struct trust_run){.mode = mode, .token = "", .args = {"-O", option}});
    if (mode == TRUST_DASHBOARD) {
        assert_true(pty_wait_text(pty, "LIVE"));
        assert_true(pty_wait_no_text(pty, "first load"));
    }
    return pty;
}

static void end_well(struct trust *t, struct pty *pty)
{
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "AUTH"));
    trust_mark(t);
    assert_true(trust_wait_mark(t, pty));
    pty_free(pty);
}

static void a_command_is_asked_by_itself(void **state)
{
    struct trust *t = *state;
    struct pty *pty = start(t, TRUST_DASHBOARD, true);
    keep_token(t, NEW);
    let_in(t, NEW, OLD);
    pty_send(pty, "R");
    end_well(t, pty);
}

static void asked_again_by(struct trust *t, bool command, void (*ask)(struct pty *pty))
{
    struct pty *pty = start(t, TRUST_DASHBOARD, command);
    let_in(t, NEW, OLD);
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "AUTH token rejected"));
    keep_token(t, NEW);
    ask(pty);
    end_well(t, pty);
}

static void by_key(struct pty *pty)
{
    pty_send(pty, "R");
}

static void by_signal(struct pty *pty)
{
    pty_signal(pty, SIGUSR1);
}

static void the_key_asks_again(void **state)
{
    asked_again_by(*state, false, by_key);
}

static void the_signal_asks_again(void **state)
{
    asked_again_by(*state, false, by_signal);
}

static void the_key_asks_the_command_again(void **state)
{
    asked_again_by(*state, true, by_key);
}

/* What it complains of is not painted over the screen, and the dashboard goes on meanwhile. */
static void a_command_that_fails_is_told(void **state)
{
    struct trust *t = *state;
    struct pty *pty = start(t, TRUST_DASHBOARD, true);
    char path[128];
    snprintf(path, sizeof path, "%s/token", t->dir);
    assert_int_equal(unlink(path), 0);
    let_in(t, NEW, OLD);
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "AUTH token rejected"));
    keep_token(t, NEW);
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_false(pty_has(pty, "No such file"));
    end_well(t, pty);
}

/* A log that runs through the night outlives its first token; one that gets no other ends. */
static void watch_asks_once(void **state)
{
    struct trust *t = *state;
    for (int good = 1; good >= 0; good--) {
        struct pty *pty = start(t, TRUST_WATCH, true);
        assert_true(trust_wait_output(pty, "stream live", 0));
        keep_token(t, good ? NEW : OLD);
        let_in(t, NEW, OLD);
        size_t from = trust_written(pty);
        server_end(&t->server, SIGKILL);
        trust_serve(t, NULL);
        if (good) {
            assert_true(trust_wait_output(pty, "stream live", from));
            pty_signal(pty, SIGTERM);
        }
        expect_exit(pty, good ? 128 + SIGTERM : 3);
        pty_free(pty);
        assert_true(server_sql(&t->server, "delete from sessions where token='" NEW "'"));
    }
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, trust_set_up_served, trust_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(a_command_is_asked_by_itself), ROW(the_key_asks_again),
        ROW(the_signal_asks_again),        ROW(the_key_asks_the_command_again),
        ROW(a_command_that_fails_is_told), ROW(watch_asks_once),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
