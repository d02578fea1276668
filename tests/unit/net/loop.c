#include <blotter/core/alloc.h>
#include <blotter/net/loop.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_US 5000000

struct fixture {
    struct loop *loop;
    struct loop_timer *guard; /* a test that hangs is a test that fails */
    int pipe[2][2];
    char log[256];
};

static void note(struct fixture *f, char c)
{
    size_t len = strlen(f->log);
    assert_true(len + 1 < sizeof f->log);
    f->log[len] = c;
}

static void on_guard(void *user)
{
    struct fixture *f = user;
    loop_quit(f->loop, 99);
}

static int setup(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    f->loop = loop_new();
    f->guard = loop_timer_new(f->loop, on_guard, f);
    loop_timer_set(f->guard, loop_now(f->loop).mono_us + DEADLINE_US);
    if (pipe(f->pipe[0]) != 0 || pipe(f->pipe[1]) != 0) {
        return -1;
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_timer_free(f->guard);
    loop_free(f->loop);
    for (int i = 0; i < 2; i++) {
        close(f->pipe[i][0]);
        close(f->pipe[i][1]);
    }
    free(f);
    return 0;
}

static void poke(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static void on_a(void *user)
{
    note(user, 'a');
}

static void on_b(void *user)
{
    note(user, 'b');
}

static void on_c_quits(void *user)
{
    struct fixture *f = user;
    note(f, 'c');
    loop_quit(f->loop, 7);
}

static void test_timers_fire_once_in_order_of_time(void **state)
{
    struct fixture *f = *state;
    int64_t now = loop_now(f->loop).mono_us;
    struct loop_timer *c = loop_timer_new(f->loop, on_c_quits, f);
    struct loop_timer *b = loop_timer_new(f->loop, on_b, f);
    struct loop_timer *a = loop_timer_new(f->loop, on_a, f);
    struct loop_timer *never = loop_timer_new(f->loop, on_guard, f);
    loop_timer_set(c, now + 3000);
    loop_timer_set(b, now + 2000);
    loop_timer_set(a, now + 9000000);
    loop_timer_set(a, now + 1000);
    loop_timer_set(never, now + 500);
    loop_timer_set(never, MOMENT_NEVER);
    assert_int_equal(loop_run(f->loop), 7);
    assert_string_equal(f->log, "abc");
    assert_true(loop_now(f->loop).mono_us >= now + 3000);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_timer_free(c);
    loop_timer_free(never);
}

/* The heap against a sorted list: many timers, some moved, some removed. */
static int64_t last_fired_us;
static int fired;
static int64_t fired_at[512];

struct many {
    struct fixture *f;
    int64_t at_us;
    int left;
};

static void on_many(void *user)
{
    struct many *one = user;
    assert_true(one->at_us >= last_fired_us);
    last_fired_us = one->at_us;
    fired_at[fired++] = one->at_us;
}

static void test_many_timers_keep_their_order(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 300 };
    static struct many all[COUNT];
    struct loop_timer *timers[COUNT];
    int64_t base = loop_now(f->loop).mono_us - 100000;
    uint32_t random = 12345;
    for (int i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        all[i] = (struct many){f, base + (int64_t)(random >> 8) % 50000, 0};
        timers[i] = loop_timer_new(f->loop, on_many, &all[i]);
        loop_timer_set(timers[i], all[i].at_us);
    }
    for (int i = 0; i < COUNT; i += 3) {
        all[i].at_us = base + (i * 37) % 50000;
        loop_timer_set(timers[i], all[i].at_us);
    }
    for (int i = 1; i < COUNT; i += 7) {
        loop_timer_free(timers[i]);
        timers[i] = NULL;
    }
    struct loop_timer *end = loop_timer_new(f->loop, on_c_quits, f);
    loop_timer_set(end, base + 60000);
    fired = 0;
    last_fired_us = INT64_MIN;
    assert_int_equal(loop_run(f->loop), 7);
    assert_int_equal(fired, COUNT - 43);
    for (int i = 0; i < COUNT; i++) {
        loop_timer_free(timers[i]);
    }
    loop_timer_free(end);
}

struct again {
    struct fixture *f;
    struct loop_timer *timer;
    int count;
};

static void on_again(void *user)
{
    struct again *again = user;
    loop_timer_set(again->timer, 0); /* long past */
    if (++again->count == 5) {
        loop_quit(again->f->loop, 1);
    }
}

static void test_a_timer_set_to_the_past_again_lets_the_others_run(void **state)
{
    struct fixture *f = *state;
    struct again again = {f, NULL, 0};
    again.timer = loop_timer_new(f->loop, on_again, &again);
    loop_timer_set(again.timer, 0);
    loop_before_wait(f->loop, on_a, f);
    assert_int_equal(loop_run(f->loop), 1);
    assert_string_equal(f->log, "aaaa");
    loop_timer_free(again.timer);
}

static void on_read(void *user, int fd, unsigned events)
{
    struct fixture *f = user;
    char byte;
    note(f, fd == f->pipe[0][0] ? '0' : '1');
    if (read(fd, &byte, 1) != 1) {
        note(f, 'E');
        loop_quit(f->loop, 3);
    }
    assert_true(events & LOOP_READ);
}

static void test_reads_and_the_end_are_reported(void **state)
{
    struct fixture *f = *state;
    loop_fd_set(f->loop, f->pipe[0][0], LOOP_READ, on_read, f);
    poke(f->pipe[0][1]);
    close(f->pipe[0][1]);
    assert_int_equal(loop_run(f->loop), 3);
    assert_string_equal(f->log, "00E");
    f->pipe[0][1] = dup(0);
    loop_fd_clear(f->loop, f->pipe[0][0]);
    loop_fd_clear(f->loop, f->pipe[0][0]);
}

/* The first to be called removes the other, and puts a stranger in its place. */
static void on_stranger(void *user, int fd, unsigned events)
{
    (void)events;
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1);
    note(user, 's');
    loop_quit(((struct fixture *)user)->loop, 4);
}

static void on_removes_other(void *user, int fd, unsigned events)
{
    struct fixture *f = user;
    (void)events;
    note(f, 'r');
    int other = fd == f->pipe[0][0] ? f->pipe[1][0] : f->pipe[0][0];
    loop_fd_clear(f->loop, fd);
    loop_fd_clear(f->loop, other);
    loop_fd_set(f->loop, other, LOOP_READ, on_stranger, f);
}

static void test_what_is_removed_in_a_turn_is_not_called_in_it(void **state)
{
    struct fixture *f = *state;
    loop_fd_set(f->loop, f->pipe[0][0], LOOP_READ, on_removes_other, f);
    loop_fd_set(f->loop, f->pipe[1][0], LOOP_READ, on_removes_other, f);
    loop_before_wait(f->loop, on_b, f);
    poke(f->pipe[0][1]);
    poke(f->pipe[1][1]);
    assert_int_equal(loop_run(f->loop), 4);
    assert_string_equal(f->log, "brbs");
}

static void test_a_sleeping_watch_is_silent(void **state)
{
    struct fixture *f = *state;
    loop_fd_set(f->loop, f->pipe[0][0], LOOP_READ, on_read, f);
    loop_fd_set(f->loop, f->pipe[0][0], 0, on_read, f);
    loop_fd_set(f->loop, f->pipe[1][0], LOOP_READ, on_stranger, f);
    poke(f->pipe[0][1]);
    poke(f->pipe[1][1]);
    assert_int_equal(loop_run(f->loop), 4);
    assert_string_equal(f->log, "s");
    loop_fd_set(f->loop, f->pipe[0][0], LOOP_READ, on_stranger, f);
    assert_int_equal(loop_run(f->loop), 4);
    assert_string_equal(f->log, "ss");
}

static void on_signal(void *user, int signo)
{
    struct fixture *f = user;
    note(f, signo == SIGUSR1 ? '1' : '2');
    if (signo == SIGUSR2) {
        loop_quit(f->loop, 128 + signo);
    }
}

static void on_stray_signal(int signo)
{
    (void)signo;
}

/* nohup, trap '' and the background jobs of a script hand on what is to be ignored. */
static void test_what_is_ignored_stays_ignored(void **state)
{
    struct fixture *f = *state;
    signal(SIGUSR1, SIG_IGN);
    loop_signal(f->loop, SIGUSR1, on_signal, f);
    loop_signal(f->loop, SIGUSR2, on_signal, f);
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(loop_run(f->loop), 128 + SIGUSR2);
    assert_string_equal(f->log, "2");
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
}

static void test_signals_arrive_in_the_wait_and_are_restored(void **state)
{
    struct fixture *f = *state;
    signal(SIGUSR1, on_stray_signal);
    loop_signal(f->loop, SIGUSR1, on_signal, f);
    loop_signal(f->loop, SIGUSR2, on_signal, f);
    raise(SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(loop_run(f->loop), 128 + SIGUSR2);
    assert_string_equal(f->log, "12");
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(loop_run(f->loop), 128 + SIGUSR2);
    assert_string_equal(f->log, "1212");

    loop_timer_free(f->guard);
    loop_free(f->loop);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    assert_true(now.sa_handler == on_stray_signal);
    sigaction(SIGUSR2, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    f->loop = loop_new();
    f->guard = NULL;
}

static void test_quit_before_run_and_from_a_hook(void **state)
{
    struct fixture *f = *state;
    loop_quit(f->loop, 5);
    loop_before_wait(f->loop, on_c_quits, f);
    loop_before_wait(f->loop, on_a, f);
    assert_int_equal(loop_run(f->loop), 5);
    assert_string_equal(f->log, "");
    assert_int_equal(loop_run(f->loop), 7);
    assert_string_equal(f->log, "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timers_fire_once_in_order_of_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_timers_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_timer_set_to_the_past_again_lets_the_others_run,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_reads_and_the_end_are_reported, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_removed_in_a_turn_is_not_called_in_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_sleeping_watch_is_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_ignored_stays_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signals_arrive_in_the_wait_and_are_restored, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_quit_before_run_and_from_a_hook, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
