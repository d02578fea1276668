/*
 * The machine's sleep, with clocks of our own: the program, libcurl included, reads those below.
 */
#define _GNU_SOURCE /* syscall */
#include "script_server.h"

#include <blotter/net/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define S INT64_C(1000000) /* a second in microseconds */
#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"

/* What the clocks are ahead of the real ones, in seconds. */
static struct {
    time_t awake, boot, wall;
    long between_us; /* another program's turn between two looks; it comes once */
} ahead;

int clock_gettime(clockid_t id, struct timespec *ret)
{
    static long waited_us;
    int result = (int)syscall(SYS_clock_gettime, id, ret);
    ret->tv_sec += id == CLOCK_REALTIME   ? ahead.wall
                   : id == CLOCK_BOOTTIME ? ahead.boot
                                          : ahead.awake;
    if (id == CLOCK_BOOTTIME) {
        waited_us += ahead.between_us;
        ahead.between_us = 0;
    }
    if (id != CLOCK_REALTIME) {
        int64_t us = ret->tv_nsec / 1000 + waited_us;
        ret->tv_sec += us / S;
        ret->tv_nsec = us % S * 1000;
    }
    return result;
}

static void on_ready(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    loop_quit(user, 0);
}

/* One wait, with something to be told behind it. */
static void pass_a_turn(struct loop *loop)
{
    int ends[2];
    assert_true(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    loop_fd_set(loop, ends[0], LOOP_READ, on_ready, loop);
    assert_int_equal(loop_run(loop), 0);
    loop_fd_clear(loop, ends[0]);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_sleep_is_no_step_of_the_clock(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        time_t awake, boot, wall;
        long between_us;
        int64_t least_s, most_s;
    } rows[] = {
        {"nothing", 0, 0, 0, 0, 0, 0},
        {"time goes by", 3600, 3600, 3600, 0, 0, 0},
        {"the time is set", 0, 0, 28800, 0, 0, 0},
        {"the time is set back", 0, 0, -28800, 0, 0, 0},
        {"another program has its turn between two looks", 0, 0, 0, 2000000, 0, 0},
        {"eight hours", 0, 28800, 28800, 0, 28800, 28800},
        {"eight hours, and the time is set back", 0, 28800, 0, 0, 28800, 28800},
        {"two seconds", 0, 2, 2, 0, 2, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct loop *loop = loop_new();
        pass_a_turn(loop);
        assert_in_range(loop_slept_us(loop), 0, S / 10);
        ahead.awake += rows[i].awake;
        ahead.boot += rows[i].boot;
        ahead.wall += rows[i].wall;
        ahead.between_us = rows[i].between_us;
        pass_a_turn(loop);
        pass_a_turn(loop);
        int64_t slept_us = loop_slept_us(loop);
        if (slept_us < rows[i].least_s * S - S / 10 || slept_us > rows[i].most_s * S + S / 10) {
            fail_msg("%s: %lld us", rows[i].name, (long long)slept_us);
        }
        loop_free(loop);
    }
}

struct course {
    struct loop *loop;
    enum fault_kind kind;
    char body[8];
};

static void on_done(void *user, uint64_t request, const struct http_response *response,
                    const struct fault *fault)
{
    struct course *course = user;
    (void)request;
    course->kind = fault != NULL ? fault->kind : FAULT_NONE;
    course->body[0] = '\0';
    if (response != NULL && response->body_len < sizeof course->body) {
        memcpy(course->body, response->body, response->body_len + 1);
    }
    loop_quit(course->loop, 0);
}

static void ask(struct http *http, struct course *course, const char *path, const char *body)
{
    http_get(http, path, NULL, on_done, course);
    loop_run(course->loop);
    assert_int_equal(course->kind, FAULT_NONE);
    assert_string_equal(course->body, body);
}

/* Connections of before are not used however long after; those made since are. */
static void test_old_connections_stay_forgotten(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/old", {{SCRIPT_SEND, JSON "[]", 0, 0}, {SCRIPT_DEAD, NULL, 0, 0}}},
        {"/new", {{SCRIPT_SEND, JSON "{}", 0, 0}, {SCRIPT_KEEP, NULL, 0, 0}}},
        {"/kept", {{SCRIPT_SEND, JSON "{}", 0, 0}, {SCRIPT_DEAD, NULL, 0, 0}}},
        {"/late", {{SCRIPT_SEND, JSON "{}", 0, 0}, {SCRIPT_DEAD, NULL, 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 4);
    struct http_settings settings;
    struct fault fault;
    struct course course = {.loop = loop_new()};
    http_settings_default(&settings);
    settings.url = script_server_url(server);
    settings.total_timeout_ms = 0;
    struct http *http = http_new(course.loop, &settings, &fault);
    ask(http, &course, "/old", "[]");
    http_forget_connections(http);
    ahead.awake += 9;
    ahead.boot += 9;
    loop_refresh(course.loop);
    ask(http, &course, "/new", "{}");
    ask(http, &course, "/kept", "{}");
    assert_int_equal(script_server_connections(server), 2);
    ahead.awake += 40; /* idle for so long, it may have been forgotten on the way */
    ahead.boot += 40;
    loop_refresh(course.loop);
    ask(http, &course, "/late", "{}");
    assert_int_equal(script_server_connections(server), 3);
    http_free(http);
    loop_free(course.loop);
    script_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sleep_is_no_step_of_the_clock),
        cmocka_unit_test(test_old_connections_stay_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
