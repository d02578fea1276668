#include "fault/proxy.h"
#include "fault/proxy_http.h"

#include <blotter/core/alloc.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what is known about HTTP ---- */

static void test_request_heads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        const char *path;
        bool chunked;
        int64_t length;
        bool close;
    } rows[] = {
        {"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", true, "/a?b=c", false, -1, false},
        {"POST / HTTP/1.1\r\ncontent-length: 12\r\n\r\n", true, "/", false, 12, false},
        {"POST / HTTP/1.1\nContent-Length:  7 \n\n", true, "/", false, 7, false},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", true, "/", true, -1, false},
        {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", true, "/", false, -1, true},
        {"GET / HTTP/1.0\r\n\r\n", true, "/", false, -1, true},
        {"GET /  HTTP/1.1\r\n\r\n", false, NULL, false, 0, false},
        {"GET  HTTP/1.1\r\n\r\n", false, NULL, false, 0, false},
        {"GET /\r\n\r\n", false, NULL, false, 0, false},
        {" / HTTP/1.1\r\n\r\n", false, NULL, false, 0, false},
        {"GET / SIP/2.0\r\n\r\n", false, NULL, false, 0, false},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false, NULL, false, 0,
         false},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", false, NULL, false, 0, false},
        {"POST / HTTP/1.1\r\nContent-Length: 1234567890123456\r\n\r\n", false, NULL, false, 0,
         false},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false, NULL,
         false, 0, false},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, NULL, false, 0,
         false},
        {"POST / HTTP/1.1\r\nA: b\r\n Transfer-Encoding: chunked\r\n\r\n", false, NULL, false, 0,
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proxy_head head;
        size_t len = strlen(rows[i].text);
        assert_int_equal(proxy_head_length(rows[i].text, len), len);
        assert_int_equal(proxy_head_length(rows[i].text, len - 1), 0);
        assert_int_equal(proxy_head_read_request(rows[i].text, len, &head), rows[i].good);
        if (rows[i].good) {
            assert_string_equal(head.path, rows[i].path);
            assert_int_equal(head.chunked, rows[i].chunked);
            assert_int_equal(head.length, rows[i].length);
            assert_int_equal(head.close, rows[i].close);
        }
    }
    assert_int_equal(proxy_head_length("", 0), 0);
    assert_int_equal(proxy_head_length("a\r\n\r\nbody", 9), 5);
}

static void test_answer_heads(void **state)
{
    (void)state;
    struct proxy_head head;
    static const char good[] = "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n";
    assert_true(proxy_head_read_answer(good, sizeof good - 1, &head));
    assert_int_equal(head.status, 204);
    static const char *const bad[] = {"HTTP/2 200\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                                      "ICY 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(proxy_head_read_answer(bad[i], strlen(bad[i]), &head));
    }
}

/* The body's own bytes, in whatever pieces it comes. */
static enum proxy_body_state body_of(const char *bytes, size_t len, size_t piece, char *ret_own)
{
    struct proxy_head head = {.chunked = true, .length = -1, .status = 200};
    struct proxy_head request = {0};
    struct proxy_body body;
    proxy_body_of_answer(&body, &head, &request);
    size_t own_len = 0;
    size_t at = 0;
    while (at < len) {
        size_t offered = len - at < piece ? len - at : piece;
        bool own = false;
        size_t run = proxy_body_run(&body, bytes + at, offered, &own);
        if (run == 0) {
            break;
        }
        if (own) {
            memcpy(ret_own + own_len, bytes + at, run);
            own_len += run;
        }
        at += run;
    }
    ret_own[own_len] = '\0';
    return body.state;
}

static void test_chunks_in_any_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *own;
        enum proxy_body_state state;
    } rows[] = {
        {"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n", "hello world", PROXY_BODY_DONE},
        {"A\nten bytes!\n0\nTrailer: x\n\n", "ten bytes!", PROXY_BODY_DONE},
        {"5\r\nhel", "hel", PROXY_BODY_CHUNK},
        {"0\r\n\r\nnext", "", PROXY_BODY_DONE},
        {"\r\n", "", PROXY_BODY_BROKEN},
        {"zz\r\n", "", PROXY_BODY_BROKEN},
        {"1\r\nab\r\n", "a", PROXY_BODY_BROKEN},
        {"fffffffffffff\r\n", "", PROXY_BODY_BROKEN},
        {"-1\r\n", "", PROXY_BODY_BROKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece < 20; piece++) {
            char own[64];
            assert_int_equal(body_of(rows[i].bytes, strlen(rows[i].bytes), piece, own),
                             rows[i].state);
            assert_string_equal(own, rows[i].own);
        }
    }
}

static void test_answers_without_a_body(void **state)
{
    (void)state;
    struct proxy_head request = {0}, head_request = {.is_head = true};
    struct proxy_body body;
    static const int statuses[] = {100, 204, 304};
    for (size_t i = 0; i < 3; i++) {
        struct proxy_head answer = {.status = statuses[i], .length = 5};
        proxy_body_of_answer(&body, &answer, &request);
        assert_int_equal(body.state, PROXY_BODY_DONE);
    }
    struct proxy_head answer = {.status = 200, .length = -1, .chunked = true};
    proxy_body_of_answer(&body, &answer, &head_request);
    assert_int_equal(body.state, PROXY_BODY_DONE);
    answer.chunked = false;
    proxy_body_of_answer(&body, &answer, &request);
    assert_int_equal(body.state, PROXY_BODY_TO_CLOSE);
    request.length = -1;
    proxy_body_of_request(&body, &request);
    assert_int_equal(body.state, PROXY_BODY_DONE);
}

/* ---- a server, the proxy and a client on one loop ---- */

#define DEADLINE_US 5000000
#define QUIET_US 30000 /* nothing more is coming */

struct rig {
    struct loop *loop;
    struct faults *faults;
    struct proxy *proxy;
    int listener, client;
    const char *answer; /* to every request */
    int requests;       /* that reached the server */
    char asked[65536], got[262144];
    size_t asked_len, got_len, want_len;
    bool closed, late;
    struct loop_timer *quiet, *deadline;
    int servers[8];
    int server_count;
};

static int nonblocking(int fd)
{
    assert_true(fd >= 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void on_server(void *user, int fd, unsigned events)
{
    struct rig *rig = user;
    (void)events;
    ssize_t got = recv(fd, rig->asked + rig->asked_len, sizeof rig->asked - rig->asked_len - 1, 0);
    if (got <= 0) {
        loop_fd_clear(rig->loop, fd);
        return;
    }
    rig->asked_len += (size_t)got;
    rig->asked[rig->asked_len] = '\0';
    for (const char *end; (end = strstr(rig->asked, "\r\n\r\n")) != NULL;) {
        rig->requests++;
        size_t len = (size_t)(end + 4 - rig->asked);
        memmove(rig->asked, end + 4, rig->asked_len - len + 1);
        rig->asked_len -= len;
        assert_int_equal(send(fd, rig->answer, strlen(rig->answer), MSG_NOSIGNAL),
                         strlen(rig->answer));
        if (strstr(rig->answer, "until the end") != NULL) {
            shutdown(fd, SHUT_WR);
        }
    }
}

static void on_accept(void *user, int fd, unsigned events)
{
    struct rig *rig = user;
    (void)events;
    int server = nonblocking(accept(fd, NULL, NULL));
    rig->servers[rig->server_count++] = server;
    loop_fd_set(rig->loop, server, LOOP_READ, on_server, rig);
}

static void on_client(void *user, int fd, unsigned events)
{
    struct rig *rig = user;
    (void)events;
    ssize_t got = recv(fd, rig->got + rig->got_len, sizeof rig->got - rig->got_len - 1, 0);
    if (got <= 0) {
        rig->closed = true;
        loop_fd_clear(rig->loop, fd);
        loop_quit(rig->loop, 0);
        return;
    }
    rig->got_len += (size_t)got;
    rig->got[rig->got_len] = '\0';
    loop_timer_set(rig->quiet, rig->got_len >= rig->want_len
                                   ? loop_refresh(rig->loop).mono_us + QUIET_US
                                   : MOMENT_NEVER);
}

static void on_quiet(void *user)
{
    loop_quit(((struct rig *)user)->loop, 0);
}

static void on_deadline(void *user)
{
    struct rig *rig = user;
    rig->late = true;
    loop_quit(rig->loop, 0);
}

static uint16_t listen_anywhere(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    rig->listener = nonblocking(socket(AF_INET, SOCK_STREAM, 0));
    assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(rig->listener, 8), 0);
    getsockname(rig->listener, (struct sockaddr *)&address, &len);
    loop_fd_set(rig->loop, rig->listener, LOOP_READ, on_accept, rig);
    return ntohs(address.sin_port);
}

static void connect_client(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(proxy_port(rig->proxy)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    rig->client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(rig->client, (struct sockaddr *)&address, sizeof address), 0);
    nonblocking(rig->client);
    loop_fd_set(rig->loop, rig->client, LOOP_READ, on_client, rig);
}

static struct rig *rig_new(const char *spec, const char *answer)
{
    struct rig *rig = mem_calloc(1, sizeof *rig);
    struct fault error;
    rig->loop = loop_new();
    rig->faults = faults_new(1);
    rig->answer = answer;
    if (spec != NULL && !faults_add(rig->faults, spec, &error)) {
        fail_msg("%s", error.text);
    }
    struct proxy_settings settings = {.host = "127.0.0.1", .upstream_port = listen_anywhere(rig)};
    rig->proxy = proxy_new(rig->loop, rig->faults, &settings, &error);
    assert_non_null(rig->proxy);
    rig->quiet = loop_timer_new(rig->loop, on_quiet, rig);
    rig->deadline = loop_timer_new(rig->loop, on_deadline, rig);
    connect_client(rig);
    return rig;
}

static void rig_free(struct rig *rig)
{
    proxy_free(rig->proxy);
    faults_free(rig->faults);
    for (int i = 0; i < rig->server_count; i++) {
        close(rig->servers[i]);
    }
    close(rig->listener);
    close(rig->client);
    loop_timer_free(rig->quiet);
    loop_timer_free(rig->deadline);
    loop_free(rig->loop);
    free(rig);
}

/* Sends, and runs until the connection ends or nothing more comes after want_len bytes. */
static void ask(struct rig *rig, const char *request, size_t want_len)
{
    assert_int_equal(send(rig->client, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    rig->got_len = 0;
    rig->got[0] = '\0';
    rig->want_len = want_len;
    loop_timer_set(rig->quiet,
                   want_len == 0 ? loop_refresh(rig->loop).mono_us + 3 * QUIET_US : MOMENT_NEVER);
    loop_timer_set(rig->deadline, loop_refresh(rig->loop).mono_us + DEADLINE_US);
    loop_run(rig->loop);
    assert_false(rig->late);
}

#define GET "GET /api/trading/account HTTP/1.1\r\nHost: x\r\n\r\n"
#define PLAIN "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
#define CHUNKED                                                                                    \
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"
#define ENDLESS "HTTP/1.1 200 OK\r\n\r\nuntil the end"

static void test_faults_in_the_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *answer;
        const char *got;
        bool closed;
    } rows[] = {
        {NULL, PLAIN, PLAIN, false},
        {NULL, CHUNKED, CHUNKED, false},
        {NULL, ENDLESS, ENDLESS, true},
        {"drop", PLAIN, "", true},
        {"drop,orders", PLAIN, PLAIN, false},
        {"stall", PLAIN, "", false},
        {"stall,ms=20", PLAIN, PLAIN, false},
        {"half-open", PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", false},
        {"half-open,bytes=3", PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012", false},
        {"half-open,bytes=99", PLAIN, PLAIN, false},
        {"cut,bytes=3", PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012", true},
        {"cut,bytes=7", CHUNKED,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6", true},
        {"cut,bytes=10", PLAIN, PLAIN, false},
        {"cut,bytes=5", ENDLESS, "HTTP/1.1 200 OK\r\n\r\nuntil", true},
        {"slow,rate=500", PLAIN, PLAIN, false},
        {"slow,rate=500", CHUNKED, CHUNKED, false},
        {"bad-chunk", PLAIN,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nthis chunk has no size\r\n",
         true},
        {"bad-chunk,bytes=2", CHUNKED,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n01\r\nzz\r\nthis chunk has no "
         "size\r\n",
         true},
        {"bad-chunk,bytes=99", PLAIN,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
         false},
        {"utf8,bytes=4", PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123\xe2\x82", true},
        {"utf8,bytes=9", PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012345678\xe2", true},
        {"utf8,bytes=4", CHUNKED,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n0123\xe2\x82", true},
        {"big,bytes=30", PLAIN,
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\nConnection: "
         "close\r\n\r\n"
         "{\"success\":true,\"error\":\"xxxxx",
         true},
        {"big,bytes=3", PLAIN,
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: "
         "close\r\n\r\n{\"s",
         true},
        {NULL, "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n", "", true},
        {NULL, "HTTP/1.1 100 Continue\r\n\r\n" PLAIN, "HTTP/1.1 100 Continue\r\n\r\n" PLAIN, false},
        {NULL, "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
         "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig *rig = rig_new(rows[i].spec, rows[i].answer);
        ask(rig, GET, rows[i].closed ? SIZE_MAX : strlen(rows[i].got));
        if (strcmp(rig->got, rows[i].got) != 0 || rig->closed != rows[i].closed) {
            fail_msg("row %zu (%s): closed %d, got: %s", i,
                     rows[i].spec == NULL ? "none" : rows[i].spec, rig->closed, rig->got);
        }
        rig_free(rig);
    }
}

static void test_connections_are_kept(void **state)
{
    (void)state;
    struct rig *rig = rig_new("cut,bytes=2,after=3", CHUNKED);
    for (int i = 0; i < 3; i++) {
        ask(rig, GET, strlen(CHUNKED));
        assert_string_equal(rig->got, CHUNKED);
    }
    assert_int_equal(rig->server_count, 1);
    assert_int_equal(rig->requests, 3);
    ask(rig, GET, SIZE_MAX);
    assert_true(rig->closed);
    rig_free(rig);
}

static void test_the_server_tires_between_requests(void **state)
{
    (void)state;
    struct rig *rig = rig_new(NULL, PLAIN);
    ask(rig, GET, strlen(PLAIN));
    shutdown(rig->servers[0], SHUT_RDWR);
    ask(rig, "", 0);
    assert_false(rig->closed);
    ask(rig, GET, strlen(PLAIN));
    assert_string_equal(rig->got, PLAIN);
    assert_int_equal(rig->server_count, 2);
    rig_free(rig);
}

static void test_request_bodies_pass(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "POST /api/trading/orders HTTP/1.1\r\nContent-Length: 6\r\n\r\n{\"a\"}\n",
        "POST /api/trading/orders HTTP/1.1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = rig_new(NULL, PLAIN);
        ask(rig, requests[i], strlen(PLAIN));
        assert_string_equal(rig->got, PLAIN);
        rig_free(rig);
    }
}

static void test_bad_requests(void **state)
{
    (void)state;
    static const struct {
        const char *request, *begins;
    } rows[] = {
        {"NONSENSE\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP/1.1 400 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig *rig = rig_new(NULL, PLAIN);
        ask(rig, rows[i].request, SIZE_MAX);
        assert_int_equal(strncmp(rig->got, rows[i].begins, strlen(rows[i].begins)), 0);
        assert_non_null(strstr(rig->got, "{\"error\":\"Bad request\"}"));
        assert_int_equal(rig->requests, 0);
        rig_free(rig);
    }
    char *longer = mem_calloc(1, PROXY_HEAD_MAX + 1000);
    memset(longer, 'a', PROXY_HEAD_MAX + 999);
    struct rig *rig = rig_new(NULL, PLAIN);
    ask(rig, longer, SIZE_MAX);
    assert_int_equal(strncmp(rig->got, "HTTP/1.1 431 ", 13), 0);
    rig_free(rig);
    free(longer);
}

static void test_no_server(void **state)
{
    (void)state;
    struct rig *rig = rig_new(NULL, PLAIN);
    loop_fd_clear(rig->loop, rig->listener);
    close(rig->listener);
    rig->listener = socket(AF_INET, SOCK_STREAM, 0);
    ask(rig, GET, SIZE_MAX);
    assert_true(rig->closed);
    rig_free(rig);
}

/* More than all buffers together, so that every side has to wait for the other. */
static void test_a_big_body_arrives_whole(void **state)
{
    (void)state;
    struct rig *rig = rig_new("big,bytes=200000", PLAIN);
    ask(rig, GET, SIZE_MAX);
    const char *body = strstr(rig->got, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(rig->got + rig->got_len - (body + 4), 200000);
    rig_free(rig);
}

static void test_it_ends_when_answers_are_through(void **state)
{
    (void)state;
    struct rig *rig = rig_new("half-open", PLAIN);
    ask(rig, GET, 10);
    assert_false(rig->closed);
    proxy_end(rig->proxy, on_quiet, rig);
    ask(rig, "", SIZE_MAX);
    assert_true(rig->closed || rig->got_len == 0);
    rig_free(rig);
}

static void test_where_it_cannot_listen(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct faults *faults = faults_new(1);
    struct fault error;
    struct proxy_settings settings = {.host = "192.0.2.1", .upstream_port = 1};
    assert_null(proxy_new(loop, faults, &settings, &error));
    assert_non_null(strstr(error.text, "cannot listen at 192.0.2.1"));
    settings.host = "not an address";
    assert_null(proxy_new(loop, faults, &settings, &error));
    proxy_free(NULL);
    faults_free(faults);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_heads),
        cmocka_unit_test(test_answer_heads),
        cmocka_unit_test(test_chunks_in_any_pieces),
        cmocka_unit_test(test_answers_without_a_body),
        cmocka_unit_test(test_faults_in_the_bytes),
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_the_server_tires_between_requests),
        cmocka_unit_test(test_request_bodies_pass),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_a_big_body_arrives_whole),
        cmocka_unit_test(test_it_ends_when_answers_are_through),
        cmocka_unit_test(test_where_it_cannot_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
