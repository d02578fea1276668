/*
 * A server that sends faster than anybody can read: keys are obeyed, the screen is painted, memory
 * stays where it is, and all of it in one thread.
 */
#include "screen_common.h"
#include "script_server.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    EVENTS = 400 * 1000 * 1000, /* more than any test lasts */
    KEYS = 20,
    KEY_MS_MAX = 500, /* ten times what it takes on a busy machine */
    GROWTH_KIB_MAX = 8192
};

#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define READ(path, body)                                                                           \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            {SCRIPT_SEND, JSON body, 0, 0},                                                        \
        }                                                                                          \
    }
#define WELCOME                                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"                                   \
    "data: {\"event\":\"connected\",\"data\":{\"userId\":\"u\"}}\n\n"

static const char flood[] =
    "data: {\"event\":\"order_updated\",\"data\":{\"orderId\":\"a\",\"symbol\":\"TCS\","
    "\"quantity\":9,\"orderSide\":\"BUY\",\"orderType\":\"LIMIT\",\"status\":\"PENDING\","
    "\"price\":4}}\n\n"
    "data: {\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"symbol\":\"TCS\","
    "\"instrumentId\":\"I\",\"ltp\":7}]}}\n\n";

static const struct script_exchange script[] = {
    READ("/api/trading/orders", "{\"orders\":[{\"id\":\"a\",\"symbol\":\"TCS\",\"quantity\":9,"
                                "\"orderSide\":\"BUY\",\"status\":\"PENDING\"}]}"),
    READ("/api/trading/positions", "{\"positions\":[]}"),
    READ("/api/trading/account", "{\"account\":null}"),
    READ("/api/watchlists", "{\"watchlists\":[]}"),
    {"/api/realtime/stream",
     {{SCRIPT_SEND, WELCOME, 0, 0},
      {SCRIPT_FILL, flood, sizeof flood - 1, EVENTS},
      {SCRIPT_HOLD, NULL, 0, 0}}},
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static long resident_kib(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0; /* no such file on this system */
    }
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int threads(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return 1;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

/* The server's address is a number: no name is looked up, which libcurl does in a thread. */
static void keys_are_obeyed_under_a_flood(void **state)
{
    (void)state;
    int64_t slowest_ms = 0;
    struct script_server *server = script_server_new(script, sizeof script / sizeof *script);
    struct pty *pty =
        screen_start(&(struct run){.url = script_server_url(server), .token = "t", .user = "u"});
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_text(pty, "TCS"));
    assert_int_equal(threads(pty_pid(pty)), 1);
    long before_kib = 0;
    for (int i = 0; i < KEYS; i++) {
        int64_t pressed_ms = now_ms();
        pty_send(pty, i % 2 == 0 ? "?" : "\033");
        assert_true(i % 2 == 0 ? pty_wait_text(pty, "Esc back")
                               : pty_wait_no_text(pty, "Esc back"));
        int64_t took_ms = now_ms() - pressed_ms;
        slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
        before_kib = i == KEYS / 2 ? resident_kib(pty_pid(pty)) : before_kib;
    }
    long grown_kib = resident_kib(pty_pid(pty)) - before_kib;
    printf("slowest key %d ms, grown %ld KiB\n", (int)slowest_ms, grown_kib);
    assert_true(slowest_ms < KEY_MS_MAX * (pty_patience_ms() / 5000));
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed for a while */
    assert_true(grown_kib < GROWTH_KIB_MAX);
#endif
    screen_quit(pty);
    script_server_free(server);
}

int main(int argc, char **argv)
{
    screen_programs(argc, argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_are_obeyed_under_a_flood)};
    return cmocka_run_group_tests(tests, screen_server_up, screen_server_down);
}
