#define _GNU_SOURCE /* memmem, strcasestr */
/*
 * Secrets: the token goes to its origin in a header and nowhere else. Each row is a way to run and
 * to fail; afterwards nothing that was written, printed or handed to a child holds the token.
 * token.c (unit) has files, owners and modes; watch.c redirects of the stream.
 */
#include "script_server.h"
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

#define TOKEN "s3cr3t-0123456789-t0k3n"
#define SENT                                                                                       \
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:@PEER@/away\r\nConnection: close\r\n\r\n"

enum { ENVIRON_MAX = 1 << 16 };

static bool holds_token(const char *bytes, size_t len)
{
    return memmem(bytes, len, TOKEN, strlen(TOKEN)) != NULL;
}

/* Nothing under the directory (log, trace, cache, state) and nothing printed holds it. */
static void assert_untold(struct trust *t, struct pty *pty, const char *what)
{
    size_t len;
    const char *bytes = pty_output(pty, &len);
    if (holds_token(bytes, len)) {
        fail_msg("%s: printed", what);
    }
    if (trust_found_in(t->dir, TOKEN, strlen(TOKEN))) {
        fail_msg("%s: written below %s", what, t->dir);
    }
}

/* argv and the environment of a running process; empty when it has ended. */
static bool proc_holds_token(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return trust_found_in(path, TOKEN, strlen(TOKEN));
}

/* A server that knows our token, and keeps it where we do not look. */
static void serve(struct trust *t)
{
    static const char *const more[] = {"--db", ":memory:", NULL};
    char sql[256];
    trust_serve(t, more);
    snprintf(sql, sizeof sql, "insert into sessions(token,userId) values('%s','%s')", TOKEN,
             t->server.user);
    assert_true(server_sql(&t->server, sql));
}

/* --- every way to fail --------------------------------------------------------------------- */

struct row {
    const char *name;
    const char *url; /* NULL: the mock's */
    const char *fault;
    const char *args[4];
    int status; /* of --snapshot */
};

static const struct row rows[] = {
    {"all well", NULL, NULL, {"-v"}, 0},
    {"401", NULL, "401", {"-v"}, 3},
    {"500", NULL, "500", {"-v"}, 1},
    {"login page", NULL, "login", {"-v"}, 3},
    {"redirect elsewhere", NULL, "redirect", {"-v"}, 4},
    {"loop", NULL, "loop", {"-v"}, 1},
    {"garbage", NULL, "garbage", {"-v"}, 1},
    {"unknown name", "https://blotter.invalid", NULL, {"-v"}, 4},
    {"nobody there", "http://127.0.0.1:1", NULL, {"-v"}, 4},
    {"plain http elsewhere", "http://192.0.2.1", NULL, {"-v"}, 2},
    {"plain http to a name", "http://blotter.invalid", NULL, {"-v"}, 2},
    {"not loopback after all", "http://127.0.0.1.blotter.invalid", NULL, {"-v"}, 2},
    {"no URL", "h ttp://x", NULL, {"-v"}, 2},
    {"user in URL", "http://me:pw@127.0.0.1:1", NULL, {"-v"}, 2},
    {"TLS where there is none", "https", NULL, {"-v"}, 4},
};

static void run_row(struct trust *t, const struct row *row, enum trust_mode mode)
{
    char url[160];
    int status = -1;
    size_t len;
    snprintf(url, sizeof url, "%s", row->url != NULL ? row->url : t->server.url);
    if (strcmp(url, "https") == 0) {
        snprintf(url, sizeof url, "https%s", strchr(t->server.url, ':'));
    }
    trust_fault(t, "clear"); /* the last row's */
    if (row->fault != NULL) {
        trust_fault(t, row->fault);
    }
    char state[128];
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s/state", t->dir);
    struct trust_run run = {.mode = mode,
                            .url = url,
                            .token = TOKEN,
                            .args = {"--log-file", t->log, row->args[0]},
                            .env = {state}};
    struct pty *pty = trust_start(t, &run);
    if (mode == TRUST_DASHBOARD && row->status != 2) {
        assert_true(pty_wait_text(pty, row->status == 0 ? "LIVE" : "not loaded"));
        assert_false(proc_holds_token(pty_pid(pty), "cmdline"));
        assert_false(proc_holds_token(pty_pid(pty), "environ")); /* wiped in place */
        pty_send(pty, "1\r");
        trust_let_run(pty, 30);
        pty_send(pty, "\003");
    } else if (mode == TRUST_WATCH) {
        trust_wait_output(pty, "blotter: ", 0);
        pty_signal(pty, SIGTERM);
    }
    assert_true(pty_wait_exit(pty, 0, &status));
    if (mode == TRUST_SNAPSHOT && status != row->status) {
        fail_msg("%s: status %d: %.300s", row->name, status, pty_output(pty, &len));
    }
    assert_untold(t, pty, row->name);
    pty_free(pty);
    trust_forget(t); /* the next one starts with nothing to show */
}

static void test_no_failure_tells_the_token(void **state)
{
    struct trust *t = *state;
    serve(t);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int mode = 0; mode < TRUST_MODES; mode++) {
            run_row(t, &rows[i], (enum trust_mode)mode);
        }
    }
}

/* --- children ------------------------------------------------------------------------------ */

/* on_event and token_command see neither the variable nor, in /proc, their parent's. */
static void test_children_inherit_nothing(void **state)
{
    struct trust *t = *state;
    char command[512], path[128];
    serve(t);
    snprintf(path, sizeof path, "%s/said", t->dir);
    snprintf(command, sizeof command,
             "alerts.on_event=(env; tr '\\0' '\\n' </proc/$PPID/environ; ls -l /proc/$$/fd) "
             ">%s.new 2>&1; mv %s.new %s",
             path, path, path);
    struct pty *pty = trust_start(
        t, &(struct trust_run){.mode = TRUST_DASHBOARD, .token = TOKEN, .args = {"-O", command}});
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    assert_true(server_sql(
        &t->server, "update orders set status='REJECTED', failureReason='m' where id=(select "
                    "o.id from orders o join trading_accounts a on a.id=o.tradingAccountId "
                    "where a.userId='user-1' and o.status='PENDING' limit 1)"));
    for (int tries = 0; tries < 400 && access(path, R_OK) != 0; tries++) {
        trust_let_run(pty, 10);
    }
    assert_int_equal(access(path, R_OK), 0);
    assert_true(trust_found_in(path, "BLOTTER_EVENT=", 14));
    assert_false(trust_found_in(path, "socket:", 7)); /* no connection of ours is handed on */
    assert_false(proc_holds_token(pty_pid(pty), "environ"));
    assert_untold(t, pty, "on_event");
    pty_free(pty);
}

static void test_the_token_command(void **state)
{
    struct trust *t = *state;
    static const struct {
        const char *name, *command, *said;
    } commands[] = {
        {"too slow", "main.token_command=echo " TOKEN "; exec tail -f /dev/null",
         "it took too long or printed too much"},
        {"fails", "main.token_command=printf s3cr3t-0123456789; exit 3", "failed with status 3"},
        {"prints too much", "main.token_command=yes s3cr3t", "took too long or printed too much"},
        {"prints nothing", "main.token_command=true", "it holds no token"},
        {"prints a control", "main.token_command=printf 's3c\\033[2J'", "characters that no token"},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        int status = -1;
        size_t len;
        struct pty *pty =
            trust_start(t, &(struct trust_run){.mode = TRUST_SNAPSHOT,
                                               .url = "http://127.0.0.1:1",
                                               .token = "",
                                               .args = {"-O", commands[i].command, "-O",
                                                        "main.token_timeout_s=0.3"}});
        assert_true(pty_wait_exit(pty, 0, &status));
        const char *bytes = pty_output(pty, &len);
        if (status != 2 || strstr(bytes, commands[i].said) == NULL) {
            fail_msg("%s: status %d: %.300s", commands[i].name, status, bytes);
        }
        assert_null(memchr(bytes, 033, len));
        pty_free(pty);
    }
}

static void test_the_token_file(void **state)
{
    struct trust *t = *state;
    static const struct {
        unsigned mode;
        const char *said;
        int status;
    } modes[] = {{0644, "open to others: run chmod 600", 2},
                 {0640, "open to others", 2},
                 {0604, "open to others", 2},
                 {0600, "cannot connect", 4},
                 {0400, "cannot connect", 4}};
    char path[128];
    snprintf(path, sizeof path, "%s/token", t->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(TOKEN "\n", file);
    fclose(file);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        int status = -1;
        size_t len;
        chmod(path, (mode_t)modes[i].mode);
        struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_SNAPSHOT,
                                                             .url = "http://127.0.0.1:1",
                                                             .token = "",
                                                             .args = {"--token-file", path}});
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_non_null(strstr(pty_output(pty, &len), modes[i].said));
        assert_int_equal(status, modes[i].status);
        assert_false(holds_token(pty_output(pty, &len), len));
        pty_free(pty);
    }
    remove(path);
}

/* --- other origins ------------------------------------------------------------------------- */

static void test_reads_do_not_take_it_elsewhere(void **state)
{
    struct trust *t = *state;
    static const struct script_exchange own_script[] = {
        {NULL, {{SCRIPT_SEND, SENT, 0, 0}}},
        {NULL, {{SCRIPT_SEND, SENT, 0, 0}}},
        {NULL, {{SCRIPT_SEND, SENT, 0, 0}}},
        {NULL, {{SCRIPT_SEND, SENT, 0, 0}}},
    };
    static const char *const auths[] = {"http.auth=cookie", "http.auth=bearer"};
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        struct script_server *own = script_server_new(own_script, 4);
        struct script_server *other = script_server_new(NULL, 0);
        script_server_set_peer(own, script_server_port(other));
        struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_SNAPSHOT,
                                                             .url = script_server_url(own),
                                                             .token = TOKEN,
                                                             .args = {"-O", auths[i]}});
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_true(script_server_count(own) > 0 && script_server_count(other) > 0);
        for (size_t k = 0; k < script_server_count(own); k++) {
            const char *request = script_server_request(own, k);
            char value[256];
            assert_non_null(strstr(request, TOKEN));
            assert_null(memmem(request, strcspn(request, "\r\n"), TOKEN, strlen(TOKEN)));
            assert_non_null(
                script_header(request, i == 0 ? "Cookie" : "Authorization", value, sizeof value));
        }
        for (size_t k = 0; k < script_server_count(other); k++) {
            assert_null(strstr(script_server_request(other, k), "s3cr3t"));
            assert_null(strcasestr(script_server_request(other, k), "cookie"));
            assert_null(strcasestr(script_server_request(other, k), "authorization"));
        }
        pty_free(pty);
        script_server_free(own);
        script_server_free(other);
    }
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, trust_set_up, trust_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_no_failure_tells_the_token),
        ROW(test_children_inherit_nothing),
        ROW(test_the_token_command),
        ROW(test_the_token_file),
        ROW(test_reads_do_not_take_it_elsewhere),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
