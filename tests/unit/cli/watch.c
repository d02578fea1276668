/*
 * --watch over a net floor that is a script, into a pipe that is read or not. What it prints, and
 * how it ends, is in tests/e2e/watch.c.
 */
#include "fake_net.h"
#include "watch.h"
#include "watch_catch.h"
#include "watch_source.h"

#include <blotter/core/alloc.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS_MAX 5000

struct fixture {
    struct watch_source source;
    const struct watch_source *sources[1];
    struct watch_settings settings;
    int out[2];
    int steps;
    bool asked_for_token;
    struct watch_stream *watch;
};

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    memset(&fixture, 0, sizeof fixture);
    watch_settings_default(&fixture.settings);
    assert_int_equal(pipe(fixture.out), 0);
    assert_int_equal(fcntl(fixture.out[0], F_SETFL, O_NONBLOCK), 0);
    fixture.settings.out_fd = fixture.out[1];
    fixture.settings.err_fd = open("/dev/null", O_WRONLY);
    watch_source_at(&fixture.source, "http://h");
    fixture.sources[0] = &fixture.source;
    fixture.settings.sources = fixture.sources;
    fixture.settings.source_count = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(fixture.out[0]);
    close(fixture.out[1]);
    close(fixture.settings.err_fd);
    return 0;
}

static size_t read_out(void)
{
    char bytes[65536];
    size_t all = 0;
    ssize_t got;
    while ((got = read(fixture.out[0], bytes, sizeof bytes)) > 0) {
        all += (size_t)got;
    }
    return all;
}

/* A reader that stops reading holds the server back, and not our memory. */
static int step_back_pressure(struct loop *loop)
{
    int events = 0;
    size_t read_all = 0;
    fake_stream_open(loop);
    while (!fake_stream_paused(loop) && events < EVENTS_MAX) {
        char event[600];
        memset(event, 'x', sizeof event);
        memcpy(event, "data: ", 6);
        memcpy(event + sizeof event - 3, "\n\n", 3);
        fake_stream_bytes(loop, event);
        events++;
    }
    assert_true(fake_stream_paused(loop));
    assert_in_range(events * 600, 256 << 10, 1 << 20); /* so much is kept at most */
    for (int i = 0; i < 1000 && fake_stream_paused(loop); i++) {
        read_all += read_out();
        fake_ready(loop, fixture.out[1], LOOP_WRITE);
    }
    assert_false(fake_stream_paused(loop)); /* everything is out: it goes on */
    read_all += read_out();
    assert_true(read_all >= (size_t)events * 590);
    fake_stream_bytes(loop, "data: y\n\n");
    assert_true(read_out() > 0);
    return 0;
}

/* What was open when the machine fell asleep is not waited for. */
static int step_sleep(struct loop *loop)
{
    fake_stream_open(loop);
    size_t asked = fake_asked(loop);
    fake_set_wall(loop, 28800000);
    assert_int_equal(fake_asked(loop), asked);
    fake_sleep(loop, 28800000);
    assert_int_equal(fake_asked(loop), asked + 1);
    assert_int_equal(fake_forgotten(loop), 1);
    assert_true(fake_stream_waits(loop));
    fake_stream_open(loop);
    return 0;
}

static bool on_refused(void *user, struct watch_stream *watch)
{
    struct fixture *f = user;
    f->asked_for_token = true;
    f->watch = watch;
    return true;
}

/* One more token, and then no other. */
static int step_token(struct loop *loop)
{
    fake_stream_open(loop);
    fake_stream_end(loop, FAULT_NETWORK);
    fake_pass(loop, 1000);
    fake_stream_head(loop, 401, NULL);
    assert_true(fixture.asked_for_token);
    assert_false(fake_has_quit(loop));
    watch_use_token(fixture.watch, "another", NULL);
    assert_string_equal(fake_token(loop), "another");
    assert_true(fake_stream_waits(loop));
    fixture.asked_for_token = false;
    fake_stream_head(loop, 401, NULL);
    assert_false(fixture.asked_for_token);
    assert_true(fake_has_quit(loop));
    return 3;
}

/* Nothing of a stream that welcomes another user is printed. */
static int step_another_user(struct loop *loop)
{
    fake_stream_open(loop);
    fake_stream_bytes(loop, "data: {\"event\":\"connected\",\"data\":{\"userId\":\"v\"}}\n\n"
                            "data: {\"event\":\"order_placed\",\"data\":{}}\n\n");
    assert_int_equal(read_out(), 0);
    assert_true(fake_has_quit(loop));
    return 1;
}

static void run(int (*step)(struct loop *loop))
{
    struct loop *loop = fake_loop();
    fake_on_run(loop, step);
    watch_run(loop, &fixture.settings);
    fake_loop_free(loop);
}

static void test_back_pressure(void **state)
{
    (void)state;
    run(step_back_pressure);
}

static void test_a_sleep_is_noticed(void **state)
{
    (void)state;
    run(step_sleep);
}

static void test_a_token_is_asked_for_once(void **state)
{
    (void)state;
    fixture.source.on_refused = on_refused;
    fixture.source.refused_user = &fixture;
    run(step_token);
}

static void test_another_users_stream_is_not_printed(void **state)
{
    static const enum watch_format formats[] = {WATCH_TEXT, WATCH_JSON, WATCH_RAW};
    (void)state;
    fixture.source.user = "u";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        fixture.settings.format = formats[i];
        run(step_another_user);
    }
}

static void count_ready(void *user)
{
    ++*(int *)user;
}

/* A gap behind which there is no pane to tell keeps no event waiting. */
static void test_no_panes_are_read_at_once(void **state)
{
    (void)state;
    int ready = 0;
    struct loop *loop = fake_loop();
    const struct watch_catch_settings settings = {.ready = count_ready, .owner = &ready};
    struct watch_catch *catch = watch_catch_new(loop, NULL, &settings);
    watch_catch_begin(catch);
    assert_int_equal(ready, 1);
    assert_false(watch_catch_is_reading(catch));
    watch_catch_free(catch);
    fake_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_back_pressure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_sleep_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_users_stream_is_not_printed, set_up,
                                        tear_down),
        cmocka_unit_test(test_no_panes_are_read_at_once),
        cmocka_unit_test_setup_teardown(test_a_token_is_asked_for_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
