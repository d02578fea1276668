/*
 * The dashboard beside a moving market and a server that does everything wrong, is killed and comes
 * back: once it is quiet, what the client holds is what the database says, byte for byte.
 *
 *     convergence BLOTTER BLOTTER-MOCK [SEED]
 */
#include "../support/crew.h"
#include "panes.h"
#include "trust.h"

#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *seed = "7";

/* What goes wrong, one row a round; each lasts ROUND_MS. */
static const char *const faults[] = {
    "500,*,p=0.5",        "drop,*,p=0.3",          "duplicate,stream",
    "reorder,stream",     "cut,stream,bytes=900",  "garbage,orders,p=0.5",
    "truncate,*,p=0.5",   "503,*,p=0.5",           "half-open,stream,bytes=600",
    "html,account",       "wrong-type,positions",  "bad-chunk,stream,bytes=700",
    "404,stream,count=1", "success-false,*,p=0.5", "utf8,stream,bytes=500",
};

/* The rounds are run in so many parts at once, each beside a market of its own. */
enum { FAULTS = sizeof faults / sizeof *faults, PARTS = 3, ROUND_MS = 500 };

static void start_server(struct trust *t, const char *rate, const char *quotes)
{
    const char *more[] = {"--seed", seed,          "--rate", rate, "--quotes",
                          quotes,   "--heartbeat", "1",      NULL};
    trust_serve(t, more);
}

/* With the defaults, but for the settings: what -O takes, NULL-terminated. */
static struct pty *start_client(const struct trust *t, const char *const *settings)
{
    enum { FIXED = 7, SETTINGS_MAX = 8 };
    char token[300], cache[128];
    const char *argv[FIXED + 2 * SETTINGS_MAX + 1] = {
        trust_blotter(), "--url", t->server.url, "--user", t->server.user, "--trace", t->trace,
    };
    for (size_t i = 0; i < SETTINGS_MAX && settings[i] != NULL; i++) {
        argv[FIXED + 2 * i] = "-O";
        argv[FIXED + 2 * i + 1] = settings[i];
    }
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", t->server.token);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", t->dir);
    const char *env[] = {token, cache, NULL};
    return pty_start(&(struct pty_options){.argv = argv, .env = env, .rows = 48, .cols = 160});
}

/* Every line of the trace is JSON, every step is one that the manual names, and all of them came.
 */
static void assert_trace_tells_every_step(const struct trust *t)
{
    static const char *const steps[] = {"start",       "first_paint", "fetch_start", "fetch_done",
                                        "stream_open", "stream_lost", "event",       "patch",
                                        "paint",       "pane",        "exit",        "poll"};
    enum { STEPS = sizeof steps / sizeof *steps };
    size_t seen[STEPS] = {0};
    char line[1024];
    FILE *file = fopen(t->trace, "r");
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
        assert_null(strstr(line, t->server.token));
    }
    fclose(file);
    for (size_t i = 0; i < STEPS - 1; i++) {
        assert_true(seen[i] > 0);
    }
}

static void *arrive(void)
{
    static struct trust trust;
    trust_up(&trust);
    return &trust;
}

static void leave(void *world)
{
    trust_down(world);
}

static bool converge(void *world, size_t part, void *result)
{
    static const char *const settings[] = {"stream.retry_ms=100", "stream.max_retry_ms=500", NULL};
    struct trust *t = world;
    (void)result;
    start_server(t, "60", "4");
    struct pty *pty = start_client(t, settings);
    assert_true(pty_wait_text(pty, "LIVE"));
    for (size_t i = part; i < FAULTS; i += PARTS) {
        trust_fault(t, faults[i]);
        trust_let_run(pty, ROUND_MS);
        trust_fault(t, "clear");
    }
    server_end(&t->server, SIGKILL);
    trust_let_run(pty, ROUND_MS);
    start_server(t, "60", "4");
    trust_let_run(pty, ROUND_MS);
    server_end(&t->server, SIGKILL);
    start_server(t, "0", "0");
    assert_true(pty_wait_text(pty, "LIVE"));
    trust_mark(t);
    bool equal = trust_wait_caught_up(t, pty) && trust_quit_equal(t, pty);
    assert_trace_tells_every_step(t);
    print_error("part %zu: %s\n", part, equal ? "equal" : t->why);
    pty_free(pty);
    return equal;
}

static void test_panes_equal_the_database_after_every_fault(void **state)
{
    (void)state;
    const struct crew crew = {
        .jobs = PARTS, .hands = PARTS, .arrive = arrive, .leave = leave, .work = converge};
    assert_int_equal(crew_run(&crew), 0);
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
    struct trust *t = *state;
    start_server(t, "0", "0");
    struct pty *pty = start_client(t, settings);
    assert_true(pty_wait_text(pty, "LIVE"));
    server_end(&t->server, SIGKILL);
    assert_true(pty_wait_text(pty, "next"));
    start_server(t, "0", "0");
    assert_true(pty_wait_text(pty, "LIVE"));
    pty_free(pty);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: convergence BLOTTER BLOTTER-MOCK [SEED]\n");
        return 2;
    }
    trust_programs(3, argv);
    seed = argc > 3 ? argv[3] : seed;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panes_equal_the_database_after_every_fault),
        cmocka_unit_test_setup_teardown(test_the_stream_does_not_wait_once_a_read_came_through,
                                        trust_set_up, trust_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
