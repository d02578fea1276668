/*
 * The dashboard beside a moving market and a server that does everything wrong, is killed and comes
 * back: once it is quiet, what the client holds is what the database says, byte for byte.
 *
 *     convergence BLOTTER BLOTTER-MOCK [SEED]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "panes.h"
#include "../support/pty.h"
#include "../support/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>

static const char *blotter_program, *mock_program, *seed = "7";

/* What goes wrong, one row a round; each lasts ROUND_MS. */
static const char *const faults[] = {
    "500,*,p=0.5",        "drop,*,p=0.3",          "duplicate,stream",
    "reorder,stream",     "cut,stream,bytes=900",  "garbage,orders,p=0.5",
    "truncate,*,p=0.5",   "503,*,p=0.5",           "half-open,stream,bytes=600",
    "html,account",       "wrong-type,positions",  "bad-chunk,stream,bytes=700",
    "404,stream,count=1", "success-false,*,p=0.5", "utf8,stream,bytes=500",
};

enum { ROUND_MS = 500, QUIET_MS = 1200, WHY_MAX = 1 << 16 };

struct world {
    char directory[64], db[128], trace[128];
    struct server server;
    struct pty *pty;
};

static void start_server(struct world *w, const char *rate, const char *quotes)
{
    char port[16];
    snprintf(port, sizeof port, "%d", w->server.port);
    const char *args[] = {"--db",     w->db,    "--seed",      seed, "--rate",      rate,
                          "--quotes", quotes,   "--heartbeat", "1",  "--allow-sql", "--fault",
                          "none",     "--port", port,          NULL};
    assert_true(server_start(&w->server, mock_program, args));
}

/* settings: what -O takes, NULL-terminated. */
static void start_client(struct world *w, const char *const *settings)
{
    enum { FIXED = 7, SETTINGS_MAX = 8 };
    char token[300], cache[128];
    const char *argv[FIXED + 2 * SETTINGS_MAX + 1] = {
        blotter_program, "--url", w->server.url, "--user", w->server.user, "--trace", w->trace,
    };
    for (size_t i = 0; i < SETTINGS_MAX && settings[i] != NULL; i++) {
        argv[FIXED + 2 * i] = "-O";
        argv[FIXED + 2 * i + 1] = settings[i];
    }
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", w->server.token);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", w->directory);
    const char *env[] = {token, cache, NULL};
    struct pty_options options = {.argv = argv, .env = env, .rows = 48, .cols = 160};
    w->pty = pty_start(&options);
}

static bool never(struct pty *pty, void *user)
{
    (void)pty;
    (void)user;
    return false;
}

/* Lets the two run beside each other. */
static void let_run(struct world *w, int ms)
{
    pty_wait(w->pty, never, NULL, ms);
}

static void set_fault(struct world *w, const char *spec)
{
    char answer[512];
    int status = server_request(&w->server, "/__mock/fault", spec, answer, sizeof answer);
    if (status != 200) {
        fail_msg("fault %s: %d %s", spec, status, answer);
    }
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->directory, sizeof w->directory, "/tmp/blotter-e2e-XXXXXX");
    assert_non_null(mkdtemp(w->directory));
    snprintf(w->db, sizeof w->db, "%s/mock.db", w->directory);
    snprintf(w->trace, sizeof w->trace, "%s/trace", w->directory);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    static const char *const suffixes[] = {"mock.db", "mock.db-wal", "mock.db-shm", "trace"};
    pty_free(w->pty);
    server_end(&w->server, SIGTERM);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", w->directory, suffixes[i]);
        remove(path);
    }
    panes_forget(w->directory);
    rmdir(w->directory);
    free(w);
    return 0;
}

/* Every line of the trace is JSON, every step is one that the manual names, and all of them came.
 */
static void assert_trace_tells_every_step(const struct world *w)
{
    static const char *const steps[] = {"start",       "first_paint", "fetch_start", "fetch_done",
                                        "stream_open", "stream_lost", "event",       "patch",
                                        "paint",       "pane",        "exit",        "poll"};
    enum { STEPS = sizeof steps / sizeof *steps };
    size_t seen[STEPS] = {0};
    char line[1024];
    FILE *file = fopen(w->trace, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *json = json_loads(line, 0, NULL);
        const char *step = json_string_value(json_object_get(json, "step"));
        size_t i = 0;
        assert_non_null(step);
        while (i < STEPS && strcmp(steps[i], step) != 0) {
            i++;
        }
        if (i == STEPS) {
            fail_msg("%s is no step", step);
        } else {
            seen[i]++;
        }
        json_decref(json);
        assert_null(strstr(line, w->server.token));
    }
    fclose(file);
    for (size_t i = 0; i < STEPS - 1; i++) {
        assert_true(seen[i] > 0);
    }
}

static void test_panes_equal_the_database_after_every_fault(void **state)
{
    static const char *const settings[] = {"stream.retry_ms=100", "stream.max_retry_ms=500", NULL};
    struct world *w = *state;
    int status = -1;
    static char why[WHY_MAX];
    start_server(w, "60", "4");
    start_client(w, settings);
    assert_true(pty_wait_text(w->pty, "LIVE"));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        set_fault(w, faults[i]);
        let_run(w, ROUND_MS);
        set_fault(w, "clear");
        if (i % 5 == 4) {
            server_end(&w->server, SIGKILL);
            let_run(w, ROUND_MS);
            start_server(w, "60", "4");
        }
    }
    server_end(&w->server, SIGKILL);
    let_run(w, ROUND_MS);
    start_server(w, "0", "0");
    assert_true(pty_wait_text(w->pty, "LIVE"));
    assert_true(pty_wait_quiet(w->pty, QUIET_MS, 30000));
    pty_send(w->pty, "q");
    assert_true(pty_wait_exit(w->pty, 0, &status));
    assert_int_equal(status, 0);
    assert_trace_tells_every_step(w);
    if (!panes_equal(w->directory, &w->server, why, sizeof why)) {
        fail_msg("%s", why);
    }
}

/* A probe of the reads that gets through ends the stream's wait: one health for all (R6). */
static void test_the_stream_does_not_wait_once_a_read_came_through(void **state)
{
    static const char *const settings[] = {"stream.retry_ms=300000",
                                           "stream.max_retry_ms=300000",
                                           "refresh.poll_after_ms=100",
                                           "refresh.poll_ms=500",
                                           "refresh.retry_base_ms=200",
                                           "refresh.retry_cap_ms=400",
                                           NULL};
    struct world *w = *state;
    start_server(w, "0", "0");
    start_client(w, settings);
    assert_true(pty_wait_text(w->pty, "LIVE"));
    server_end(&w->server, SIGKILL);
    assert_true(pty_wait_text(w->pty, "next"));
    start_server(w, "0", "0");
    assert_true(pty_wait_text(w->pty, "LIVE"));
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: convergence BLOTTER BLOTTER-MOCK [SEED]\n");
        return 2;
    }
    blotter_program = argv[1];
    mock_program = argv[2];
    seed = argc > 3 ? argv[3] : seed;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_panes_equal_the_database_after_every_fault, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_stream_does_not_wait_once_a_read_came_through,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
