/*
 * The machine sleeps for eight hours. When it wakes, the server is well and so are new connections;
 * those of before are dead, and nobody says so: without noticing the sleep, the stream would count
 * as live until its watchdog bites, and a read would hang until its time is over.
 */
#include "relay.h"
#include "trust.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define STALE "\xe2\x89\x88" /* ≈ */
#define SLEPT_S 28800
enum { SOON_MS = 4000 }; /* far below the time-out and the watchdog that are given */

struct night {
    struct trust *t;
    struct relay *relay;
    struct pty *pty;
    int wake; /* ends the program's wait, as the kernel does */
};

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put_file(const struct trust *t, const char *name, long value)
{
    char path[128], fresh[136];
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%ld", value) > 0 && fclose(file) == 0);
    assert_int_equal(rename(fresh, path), 0);
}

static struct night fall_asleep(struct trust *t, enum trust_mode mode)
{
    static char shim[512], clock[192], slept[192], wake[192];
    struct night night = {.t = t, .relay = relay_new(t->server.port)};
    snprintf(shim, sizeof shim, "LD_PRELOAD=%s", trust_clock_shim());
    snprintf(clock, sizeof clock, "BLOTTER_TEST_CLOCK=%s/clock", t->dir);
    snprintf(slept, sizeof slept, "BLOTTER_TEST_SLEPT=%s/slept", t->dir);
    snprintf(wake, sizeof wake, "BLOTTER_TEST_WAKE=%s/wake", t->dir);
    put_file(t, "clock", 0);
    put_file(t, "slept", 0);
    const char *fifo = strchr(wake, '=') + 1;
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    night.wake = open(fifo, O_RDWR);
    night.pty = trust_start(
        t, &(struct trust_run){
               .mode = mode,
               .url = relay_url(night.relay),
               .args = {"-O", "http.timeout_s=20", "-O", "stream.watchdog_ms=75000", "-O",
                        "display.quote_stale_ms=0"},
               .env = {shim, clock, slept, wake,
                       "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:verify_asan_link_order=0"}});
    return night;
}

static void end(struct night *night)
{
    pty_free(night->pty);
    relay_free(night->relay);
    close(night->wake);
}

static void wake_up(struct night *night, bool slept)
{
    relay_let_die(night->relay);
    put_file(night->t, "clock", SLEPT_S);
    put_file(night->t, "slept", slept ? SLEPT_S : 0);
    assert_int_equal(write(night->wake, "w", 1), 1);
}

static void the_dashboard_is_right_at_once(void **state)
{
    struct trust *t = *state;
    struct night night = fall_asleep(t, TRUST_DASHBOARD);
    assert_true(pty_wait_text(night.pty, "LIVE"));
    trust_mark(t);
    assert_true(trust_wait_mark(t, night.pty));
    assert_true(pty_wait_quiet(night.pty, 600, 0));
    trust_mark(t); /* what happened meanwhile */
    long before_ms = now_ms();
    wake_up(&night, true);
    assert_true(trust_wait_mark(t, night.pty));
    assert_true(pty_wait_text(night.pty, "LIVE"));
    assert_true(pty_wait_no_text(night.pty, STALE));
    assert_true(now_ms() - before_ms < SOON_MS * trust_slack());
    end(&night);
}

static void watch_goes_on_at_once(void **state)
{
    struct trust *t = *state;
    char mark[32];
    struct night night = fall_asleep(t, TRUST_WATCH);
    assert_true(trust_wait_output(night.pty, "\"connected\"", 0));
    size_t from = trust_written(night.pty);
    long before_ms = now_ms();
    wake_up(&night, true);
    assert_true(trust_wait_output(night.pty, "stream live", from));
    trust_mark(t);
    snprintf(mark, sizeof mark, "OMARK%u", t->marks);
    assert_true(trust_wait_output(night.pty, mark, from));
    assert_true(now_ms() - before_ms < SOON_MS * trust_slack());
    end(&night);
}

/* Setting the clock is no sleep: nothing is opened anew. */
static void a_step_of_the_clock_opens_nothing(void **state)
{
    struct trust *t = *state;
    struct night night = fall_asleep(t, TRUST_WATCH);
    assert_true(trust_wait_output(night.pty, "\"connected\"", 0));
    size_t connections = relay_connections(night.relay);
    put_file(t, "clock", SLEPT_S);
    assert_int_equal(write(night.wake, "w", 1), 1);
    size_t from = trust_written(night.pty);
    trust_mark(t);
    assert_true(trust_wait_output(night.pty, "OMARK", from));
    assert_int_equal(relay_connections(night.relay), connections);
    end(&night);
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, trust_set_up_served, trust_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(the_dashboard_is_right_at_once),
        ROW(watch_goes_on_at_once),
        ROW(a_step_of_the_clock_opens_nothing),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
