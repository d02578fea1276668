/*
 * The token is gone from our memory with the http that had it: ours, and what libcurl copied. The
 * server is another process, since it holds what it was sent.
 */
#include "../../support/script_server.h"

#include <blotter/net/http.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

enum { TOKEN_LEN = 40, REQUESTS = 8, CHUNK = 1 << 16 };

/* Put together anew each time, so that the program's own text does not hold it. */
static void token_make(char token[TOKEN_LEN + 1])
{
    for (int i = 0; i < TOKEN_LEN; i++) {
        token[i] = (char)('A' + (i * 7 + i / 5) % 26);
    }
    token[TOKEN_LEN] = '\0';
}

static void token_wipe(char *token)
{
    for (volatile char *at = token; *at != '\0'; at++) {
        *at = '\0';
    }
}

/* How often the token stands in a part of memory. Compared letter by letter: no copy is made. */
static size_t count_in(const char *bytes, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i + TOKEN_LEN <= len; i++) {
        int at = 0;
        while (at < TOKEN_LEN && bytes[i + (size_t)at] == (char)('A' + (at * 7 + at / 5) % 26)) {
            at++;
        }
        count += at == TOKEN_LEN;
    }
    return count;
}

/* In all that we can write: heap, stacks, data. What is copied to look at it is not counted. */
static size_t count_everywhere(void)
{
    static char chunk[CHUNK];
    char line[512];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    assert_true(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w') {
            continue;
        }
        for (unsigned long at = from; at < to; at += CHUNK - TOKEN_LEN) {
            memset(chunk, 0, sizeof chunk);
            size_t want = to - at < CHUNK ? to - at : CHUNK;
            ssize_t got = pread(memory, chunk, want, (off_t)at);
            bool own = at < (unsigned long)(uintptr_t)(chunk + CHUNK) &&
                       at + CHUNK > (unsigned long)(uintptr_t)chunk;
            count += own || got <= 0 ? 0 : count_in(chunk, (size_t)got);
        }
    }
    memset(chunk, 0, sizeof chunk);
    close(memory);
    fclose(maps);
    return count;
}

/* --- the server ---------------------------------------------------------------------------- */

struct peer {
    pid_t pid;
    int end; /* closed: it ends */
    char url[64];
};

static void peer_run(int port_out, int end)
{
    static struct script_exchange exchanges[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
        exchanges[i] = (struct script_exchange){
            NULL,
            {{SCRIPT_SEND, ANSWER, 0, 0}, {i % 2 == 0 ? SCRIPT_KEEP : SCRIPT_END, NULL, 0, 0}}};
    }
    struct script_server *server = script_server_new(exchanges, REQUESTS);
    int port = script_server_port(server);
    char byte;
    bool told = write(port_out, &port, sizeof port) == sizeof port;
    while (told && read(end, &byte, 1) > 0) {
    }
    _exit(0);
}

static void peer_start(struct peer *peer)
{
    int ports[2] = {-1, -1}, ends[2] = {-1, -1}, port;
    assert_true(pipe(ports) == 0 && pipe(ends) == 0);
    peer->pid = fork();
    assert_true(peer->pid >= 0);
    if (peer->pid == 0) {
        close(ends[1]);
        peer_run(ports[1], ends[0]);
    }
    close(ports[1]);
    close(ends[0]);
    assert_int_equal(read(ports[0], &port, sizeof port), sizeof port);
    close(ports[0]);
    peer->end = ends[1];
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d", port);
}

static void peer_stop(const struct peer *peer)
{
    int status;
    close(peer->end);
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
}

/* --- the test ------------------------------------------------------------------------------ */

struct course {
    struct loop *loop;
    int done, good;
};

static void on_done(void *user, uint64_t request, const struct http_response *response,
                    const struct fault *fault)
{
    struct course *course = user;
    (void)request;
    (void)fault;
    course->good += response != NULL && response->status == 200;
    if (++course->done == REQUESTS) {
        loop_quit(course->loop, 0);
    }
}

static void test_nothing_is_left_of_the_token(void **state)
{
    (void)state;
    static const char *const ways[] = {"cookie", "bearer"};
    for (size_t i = 0; i < 2; i++) {
        char token[TOKEN_LEN + 1];
        struct peer peer;
        struct http_settings settings;
        struct fault fault;
        struct course course = {.loop = loop_new()};
        peer_start(&peer);
        token_make(token);
        assert_true(count_everywhere() > 0); /* the search finds it while it is there */
        http_settings_default(&settings);
        settings.url = peer.url;
        settings.token = token;
        settings.auth = ways[i];
        struct http *http = http_new(course.loop, &settings, &fault);
        assert_non_null(http);
        token_wipe(token);
        for (int k = 0; k < REQUESTS; k++) {
            http_get(http, "/x", NULL, on_done, &course);
        }
        assert_int_equal(loop_run(course.loop), 0);
        assert_int_equal(course.good, REQUESTS);
        assert_true(count_everywhere() > 0); /* the one it is sent from */
        http_free(http);
        assert_int_equal(count_everywhere(), 0);
        loop_free(course.loop);
        peer_stop(&peer);
    }
}

int main(void)
{
#ifdef __SANITIZE_ADDRESS__
    puts("skipped: the sanitizer's own memory is terabytes to look through");
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_left_of_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
