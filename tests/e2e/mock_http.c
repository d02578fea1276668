/* The real mock over real sockets: limits, headers, latency, and how it is started. */
#include "mock_wire.h"

#include <blotter/core/gdiff.h>

#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int start_with(void **state, const char *const *args)
{
    struct server *server = calloc(1, sizeof *server);
    *state = server;
    return server_start(server, wire_program, args) ? 0 : -1;
}

static int start(void **state)
{
    static const char *const args[] = {"--rate", "0", "--quotes",    "0",
                                       "--seed", "3", "--allow-sql", NULL};
    return start_with(state, args);
}

static int stop(void **state)
{
    int status = wire_stop(*state);
    free(*state);
    return status;
}

/* --- bad requests ------------------------------------------------------------------------- */

#define HEAD_OF(method, target) method " " target " HTTP/1.1\r\nHost: localhost:80\r\n"
#define TOKEN "Authorization: Bearer $T\r\n"

/* A text with {N} replaced by N times the letter a. */
static char *inflate_text(const char *text)
{
    const char *hole = strchr(text, '{');
    size_t count = hole == NULL ? 0 : strtoul(hole + 1, NULL, 10), size = strlen(text) + count + 1;
    char *result = malloc(size);
    assert_non_null(result);
    size_t before = hole == NULL ? strlen(text) : (size_t)(hole - text);
    memcpy(result, text, before);
    memset(result + before, 'a', count);
    snprintf(result + before + count, size - before - count, "%s",
             hole == NULL ? "" : strchr(hole, '}') + 1);
    return result;
}

static void test_bad_requests_get_their_status_and_the_server_lives(void **state)
{
    struct server *server = *state;
    static const struct {
        const char *request;
        int status;
        bool json;
    } rows[] = {
        {HEAD_OF("GET", "/api/trading/account") "\r\n", 401, true},
        {HEAD_OF("GET", "/api/trading/account") "Authorization: Bearer nonsense\r\n\r\n", 401,
         true},
        {HEAD_OF("GET", "/api/trading/account") "Cookie: authjs.session-token=$T\r\n\r\n", 200,
         true},
        {HEAD_OF("GET", "/api/trading/account") TOKEN "\r\n", 200, true},
        {HEAD_OF("GET", "/api/trading/account?userId=user-1") TOKEN "\r\n", 200, true},
        {HEAD_OF("GET", "/api/trading/account?userId=user-2") TOKEN "\r\n", 403, true},
        {HEAD_OF("GET", "/api/trading/account?userId=user-1&userId=user-2") TOKEN "\r\n", 403,
         true},
        {HEAD_OF("GET", "/api/trading/account?userId") TOKEN "\r\n", 403, true},
        {HEAD_OF("GET", "/api/trading/account?userId=%75ser-1") TOKEN "\r\n", 200, true},
        {HEAD_OF("GET", "/api/realtime/stream?userId=user-2") TOKEN "\r\n", 403, true},
        {HEAD_OF("GET", "/api/realtime/stream") "\r\n", 401, true},
        {HEAD_OF("GET", "/nothing") TOKEN "\r\n", 404, true},
        {HEAD_OF("GET", "/../../etc/passwd") TOKEN "\r\n", 404, true},
        {HEAD_OF("GET", "/api/trading/account%00") TOKEN "\r\n", 0, true},
        {HEAD_OF("OPTIONS", "/api/trading/account") TOKEN "\r\n", 405, true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN "Content-Length: 3\r\n\r\n[x]", 400, true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN "\r\n", 400, true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN "Content-Length: 65537\r\n\r\n", 413, true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN "Content-Length: 70000\r\n\r\n{70000}", 413,
         true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN
         "Transfer-Encoding: chunked\r\n\r\n11170\r\n{70000}\r\n0\r\n\r\n",
         413, true},
        {HEAD_OF("POST", "/api/trading/orders") TOKEN
         "Transfer-Encoding: chunked\r\n\r\n2DC6C0\r\n{3000000}\r\n0\r\n\r\n",
         413, true},
        {HEAD_OF("GET", "/api/trading/account?x={2100}") TOKEN "\r\n", 414, true},
        /* just what the library cannot answer any more: it hangs up, and at once */
        {HEAD_OF("GET", "/api/trading/account?x={6030}") TOKEN "\r\n", 0, false},
        {HEAD_OF("GET", "/api/trading/account?x={60000}") TOKEN "\r\n", 414, false},
        {HEAD_OF("GET", "/api/trading/account") TOKEN "X: {3200}\r\n\r\n", 431, true},
        {HEAD_OF("GET", "/api/trading/account") TOKEN "X: {60000}\r\n\r\n", 431, false},
        {HEAD_OF("POST", "/__mock/sql") "Content-Length: 8\r\n\r\nSELECT 1", 200, true},
        {HEAD_OF("POST", "/__mock/sql") "Content-Length: 6\r\n\r\nSELECT", 400, true},
        {HEAD_OF("POST", "/__mock/sql") "Content-Length: 5\r\n\r\nBEGIN", 400, true},
        {HEAD_OF("POST",
                 "/__mock/sql") "Origin: http://evil.example\r\nContent-Length: 8\r\n\r\nSELECT 1",
         403, true},
        {HEAD_OF("POST",
                 "/__mock/sql") "X-Forwarded-For: 192.0.2.1\r\nContent-Length: 8\r\n\r\nSELECT 1",
         403, true},
        {"POST /__mock/sql HTTP/1.1\r\nHost: evil.example:80\r\nContent-Length: 8\r\n\r\nSELECT 1",
         403, true},
        {"POST /__mock/sql HTTP/1.1\r\nHost: localhost.evil.example\r\n"
         "Content-Length: 8\r\n\r\nSELECT 1",
         403, true},
        {HEAD_OF("POST", "/__mock/sql") "Sec-Fetch-Site: none\r\nContent-Length: 8\r\n\r\nSELECT 1",
         403, true},
        {HEAD_OF("POST", "/__mock/fault") "Origin: null\r\nContent-Length: 5\r\n\r\nclear", 403,
         true},
        {"NONSENSE\r\n\r\n", 0, false},
        {"GET /api/trading/account HTTP/1.0\r\n" TOKEN "\r\n", 200, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire wire;
        char *request = inflate_text(rows[i].request);
        int status = wire_ask(&wire, server, request);
        assert_true(status != 0 || wire.closed); /* never a reader left waiting */
        if (rows[i].status != 0 && status != rows[i].status) {
            fail_msg("%.80s: %d, expected %d", rows[i].request, status, rows[i].status);
        }
        if (rows[i].status != 0 && rows[i].json) {
            json_t *body = json_loads(strstr(wire.bytes, "\r\n\r\n") + 4, 0, NULL);
            assert_string_equal(wire_header(&wire, "Content-Type"), "application/json");
            assert_true(json_is_object(body));
            assert_true(status == 200 || json_is_string(json_object_get(body, "error")));
            json_decref(body);
        }
        free(request);
        wire_close(&wire);
    }
    assert_true(wire_stat(server, "total") > 10);
}

static void test_too_many_headers(void **state)
{
    struct wire wire;
    char request[2048] = HEAD_OF("GET", "/api/trading/account");
    size_t len = strlen(request);
    for (int i = 0; i < 45; i++) {
        len += (size_t)snprintf(request + len, sizeof request - len, "X%d: 1\r\n", i);
    }
    snprintf(request + len, sizeof request - len, "\r\n");
    assert_int_equal(wire_ask(&wire, *state, request), 431);
    wire_close(&wire);
}

/* --- reads -------------------------------------------------------------------------------- */

static void test_a_read_says_what_it_is(void **state)
{
    struct server *server = *state;
    static const char *const targets[] = {"/api/trading/orders/list", "/api/trading/positions/list",
                                          "/api/trading/account", "/api/watchlists"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct wire wire;
        char request[512], etag[64];
        snprintf(request, sizeof request, HEAD_OF("GET", "%s") TOKEN "\r\n", targets[i]);
        assert_int_equal(wire_ask(&wire, server, request), 200);
        snprintf(etag, sizeof etag, "%s", wire_header(&wire, "ETag"));
        assert_memory_equal(etag, "W/\"", 3);
        assert_string_equal(wire_header(&wire, "Cache-Control"), "private, no-cache");
        assert_true(strtoll(wire_header(&wire, "X-Last-Event-Id"), NULL, 10) > 1700000000000);
        char length[32];
        snprintf(length, sizeof length, "%s", wire_header(&wire, "Content-Length"));
        wire_forget(&wire);
        snprintf(request, sizeof request, HEAD_OF("HEAD", "%s") TOKEN "\r\n", targets[i]);
        wire_send(&wire, server, request); /* on the same connection */
        assert_int_equal(wire_answer(&wire, true), 200);
        assert_string_equal(wire_header(&wire, "Content-Length"), length);
        wire_forget(&wire);
        snprintf(request, sizeof request,
                 HEAD_OF("GET", "%s") TOKEN "If-None-Match: \"x\", %s\r\n\r\n", targets[i], etag);
        wire_send(&wire, server, request);
        assert_int_equal(wire_answer(&wire, true), 304);
        assert_string_equal(wire_header(&wire, "ETag"), etag);
        wire_close(&wire);
    }
}

static void test_gzip_when_asked(void **state)
{
    struct server *server = *state;
    static const struct {
        const char *accept;
        bool packed;
    } rows[] = {{"gzip", true},      {"deflate, gzip;q=0.5", true},
                {"gzip;q=0", false}, {"identity", false},
                {"*", true},         {"xgzip", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire wire;
        char request[512];
        static char plain[1 << 20];
        snprintf(request, sizeof request,
                 HEAD_OF("GET", "/api/trading/orders/list") TOKEN "Accept-Encoding: %s\r\n\r\n",
                 rows[i].accept);
        assert_int_equal(wire_ask(&wire, server, request), 200);
        const char *body = strstr(wire.bytes, "\r\n\r\n") + 4;
        assert_string_equal(wire_header(&wire, "Content-Encoding"), rows[i].packed ? "gzip" : "");
        if (rows[i].packed) {
            z_stream stream = {0};
            assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
            stream.next_in = (Bytef *)(uintptr_t)body;
            stream.avail_in = (uInt)(wire.len - (size_t)(body - wire.bytes));
            stream.next_out = (Bytef *)plain;
            stream.avail_out = sizeof plain - 1;
            assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
            plain[stream.total_out] = '\0';
            inflateEnd(&stream);
            body = plain;
        }
        assert_memory_equal(body, "{\"success\":true,\"orders\":[", 26);
        wire_close(&wire);
    }
}

/* Reads on until what came unpacked holds word so many times, or the end has come. */
static bool unpack_until(struct wire *wire, z_stream *stream, const char *text, int times)
{
    static const char word[] = "order_updated";
    int status = Z_OK;
    for (;;) {
        int seen = 0;
        for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
            seen++;
        }
        if (seen == times || status == Z_STREAM_END) {
            return status == Z_STREAM_END || times > 0;
        }
        char bytes[4096];
        struct pollfd ready = {.fd = wire->fd, .events = POLLIN};
        ssize_t count =
            poll(&ready, 1, WIRE_PATIENCE_MS) == 1 ? recv(wire->fd, bytes, sizeof bytes, 0) : -1;
        if (count <= 0) {
            return false;
        }
        stream->next_in = (Bytef *)bytes;
        stream->avail_in = (uInt)count;
        status = inflate(stream, Z_SYNC_FLUSH);
        assert_true(status == Z_OK || status == Z_STREAM_END);
    }
}

/* Each event can be read as soon as it has come, and the end is an end. */
static void test_a_stream_is_packed_where_both_want_it(void **state)
{
    static const char *const args[] = {"--rate",         "0", "--quotes", "0", "--allow-sql",
                                       "--gzip-streams", NULL};
    static char text[1 << 16];
    void *memory;
    struct wire wire;
    (void)state;
    assert_int_equal(start_with(&memory, args), 0);
    struct server *server = memory;
    wire_stream(&wire, server, "");
    assert_string_equal(wire_header(&wire, "Content-Encoding"), "");
    wire_close(&wire);
    wire_open(&wire, server);
    wire_send(&wire, server,
              "GET /api/realtime/stream HTTP/1.0\r\n" TOKEN "Accept-Encoding: gzip\r\n\r\n");
    char head[1024] = "";
    size_t len = 0;
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof head && recv(wire.fd, head + len++, 1, 0) == 1);
    }
    z_stream stream = {.next_out = (Bytef *)text, .avail_out = sizeof text - 1};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    for (int i = 1; i <= 12; i++) {
        assert_true(
            server_sql(server, "UPDATE orders SET quantity = quantity + 1 WHERE rowid = 1"));
        assert_true(unpack_until(&wire, &stream, text, i));
    }
    assert_int_equal(wire_stop(server), 0);
    assert_true(unpack_until(&wire, &stream, text, 0));
    assert_true(stream.total_in < stream.total_out / 3);
    inflateEnd(&stream);
    wire_close(&wire);
    free(server);
}

static void test_a_read_changes_with_the_books(void **state)
{
    struct server *server = *state;
    struct wire wire;
    char before[64], id[32];
    static const char request[] = HEAD_OF("GET", "/api/trading/account") TOKEN "\r\n";
    assert_int_equal(wire_ask(&wire, server, request), 200);
    snprintf(before, sizeof before, "%s", wire_header(&wire, "ETag"));
    snprintf(id, sizeof id, "%s", wire_header(&wire, "X-Last-Event-Id"));
    assert_true(server_sql(server, "UPDATE trading_accounts SET balance = balance + 1"));
    wire_forget(&wire);
    wire_send(&wire, server, request);
    assert_int_equal(wire_answer(&wire, false), 200);
    assert_string_not_equal(wire_header(&wire, "ETag"), before);
    assert_int_equal(strtoll(wire_header(&wire, "X-Last-Event-Id"), NULL, 10),
                     strtoll(id, NULL, 10) + 2);
    wire_close(&wire);
}

static void test_latency_delays_answers_side_by_side(void **state)
{
    static const char *const args[] = {"--rate", "0", "--quotes", "0", "--latency", "300", NULL};
    struct wire wires[4];
    assert_int_equal(start_with(state, args), 0);
    int64_t begun = wire_now_ms();
    for (int i = 0; i < 4; i++) {
        wire_open(&wires[i], *state);
        wire_send(&wires[i], *state, HEAD_OF("GET", "/api/trading/account") TOKEN "\r\n");
    }
    assert_int_equal(wire_stat(*state, "streams/open"), 0); /* not delayed itself */
    assert_true(wire_now_ms() - begun < 300);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(wire_answer(&wires[i], false), 200);
        wire_close(&wires[i]);
    }
    int64_t took = wire_now_ms() - begun;
    assert_true(took >= 300 && took < 1200);
    wire_open(&wires[0], *state); /* and one that is under way when the server ends */
    wire_send(&wires[0], *state, HEAD_OF("GET", "/api/trading/account") TOKEN "\r\n");
    wire_close(&wires[0]);
    stop(state);
}

/* --- the command line --------------------------------------------------------------------- */

static int run_mock(const char *const *args, char *said, size_t size)
{
    int out[2], status;
    const char *argv[8] = {wire_program};
    for (size_t i = 0; args[i] != NULL; i++) {
        argv[i + 1] = args[i];
    }
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        execv(wire_program, (char *const *)(void *)argv);
        _exit(127);
    }
    close(out[1]);
    size_t len = 0;
    ssize_t count;
    while ((count = read(out[0], said + len, size - 1 - len)) > 0) {
        len += (size_t)count;
    }
    said[len] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_options_are_understood_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *args[4];
        int status;
        const char *said;
    } rows[] = {
        {{"--help"}, 0, "--exit-after SECONDS"},
        {{"-V"}, 0, "libmicrohttpd"},
        {{"--fault", "help"}, 0, "garbage"},
        {{"--nonsense"}, 2, "unknown option '--nonsense'"},
        {{"-z"}, 2, "unknown option '-z'"},
        {{"--port"}, 2, "option '--port' needs a value"},
        {{"--port", "65536"}, 2, "--port takes a whole number from 0 to 65535, not '65536'"},
        {{"--port", "-1"}, 2, "not '-1'"},
        {{"--users", "1.5"}, 2, "whole number"},
        {{"--rate", "nan"}, 2, "--rate takes a number"},
        {{"--rate", ""}, 2, "--rate takes a number"},
        {{"--host", ""}, 2, "--host takes ADDR"},
        {{"--fault", "nonsense"}, 2, "nonsense"},
        {{"--scenario", "/nonexistent"}, 2, "/nonexistent"},
        {{"extra"}, 2, "unexpected argument 'extra'"},
        {{"--tls-cert", "x"}, 2, "go together"},
        {{"--tls-cert", "/nonexistent", "--tls-key=/nonexistent"}, 1, "/nonexistent"},
        {{"--db", "/nonexistent/a.db"}, 1, "/nonexistent/a.db"},
        {{"--host", "192.0.2.1"}, 1, "192.0.2.1"},
        {{"--host", "no.such.host.invalid"}, 1, "no.such.host.invalid"},
        {{"--exit-after", "0.05"}, 0, "{\"url\":\"http://127.0.0.1:"},
        {{"--host", "::1", "--exit-after=0.05"}, 0, "{\"url\":\"http://[::1]:"},
        {{"--host", "0.0.0.0", "--exit-after=0.05"}, 0, "WARNING"},
        {{"--users", "0", "--exit-after=0.05"}, 0, "\"users\":[]}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char said[16384];
        int status = run_mock(rows[i].args, said, sizeof said);
        if (status != rows[i].status || strstr(said, rows[i].said) == NULL) {
            fail_msg("%s %s: %d, \"%s\"", rows[i].args[0],
                     rows[i].args[1] == NULL ? "" : rows[i].args[1], status, said);
        }
    }
}

static void test_help_fits_a_terminal(void **state)
{
    (void)state;
    static const char *const args[] = {"--help", NULL};
    char said[16384];
    assert_int_equal(run_mock(args, said, sizeof said), 0);
    for (const char *line = said; *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_true(strcspn(line, "\n") <= 80);
    }
}

static void test_the_same_seed_gives_the_same_data(void **state)
{
    static const char *const args[] = {"--rate", "0", "--quotes", "0", "--seed", "3", NULL};
    struct server *first = *state;
    void *again;
    assert_int_equal(start_with(&again, args), 0);
    struct server *second = again;
    assert_string_equal(first->client_id, second->client_id);
    char orders[2][256]; /* cut: the first one's id and what was ordered */
    for (int i = 0; i < 2; i++) {
        const struct server *server = i == 0 ? first : second;
        char answer[65536];
        assert_int_equal(
            server_request(server, "/api/trading/orders/list", NULL, answer, sizeof answer), 200);
        snprintf(orders[i], sizeof orders[i], "%.*s", (int)strcspn(answer, ","), answer);
    }
    assert_string_equal(orders[0], orders[1]);
    assert_string_not_equal(first->token, second->token); /* which no seed may tell */
    stop(&again);
}

/* --- what is told as a difference (RFC 3229) ----------------------------------------------------
 */

#define ORDERS "GET /api/trading/orders/list HTTP/1.1\r\nHost: x\r\n" TOKEN

/* Asks with what was answered last, "": as a first read asks; *body is that answer's, and becomes
 * this one's. */
static int ask_for_difference(const struct server *server, char etag[64], char **body, size_t *len)
{
    struct wire wire;
    char request[512];
    snprintf(request, sizeof request,
             etag[0] != '\0' ? ORDERS "A-IM: gdiff\r\nIf-None-Match: %s\r\n\r\n" : ORDERS "\r\n%s",
             etag);
    int status = wire_ask(&wire, server, request);
    const char *at = strstr(wire.bytes, "\r\n\r\n") + 4;
    size_t came = wire.len - (size_t)(at - wire.bytes), whole_len = came;
    if (status == 226) {
        assert_string_equal(wire_header(&wire, "IM"), "gdiff");
        assert_string_equal(wire_header(&wire, "Delta-Base"), etag);
        assert_true(came < *len / 8);
        char *whole = gdiff_apply(*body, *len, at, came, 1 << 20, &whole_len);
        assert_non_null(whole);
        free(*body);
        *body = whole;
    } else if (status == 200) {
        *body = realloc(*body, came + 1);
        memcpy(*body, at, came);
        (*body)[came] = '\0';
    } else {
        whole_len = *len;
    }
    *len = whole_len;
    snprintf(etag, 64, "%s", wire_header(&wire, "ETag"));
    wire_close(&wire);
    return status;
}

static void test_a_read_can_be_told_as_a_difference(void **state)
{
    struct server *server = *state;
    char etag[64] = "", *body = NULL, *plain = NULL;
    size_t len = 0, plain_len = 0;
    assert_int_equal(ask_for_difference(server, etag, &body, &len), 200);
    assert_true(server_sql(server, "UPDATE orders SET price = price + 1 WHERE rowid % 7 = 1"));
    assert_int_equal(ask_for_difference(server, etag, &body, &len), 226);
    assert_int_equal(ask_for_difference(server, etag, &body, &len), 304);
    for (int i = 0; i < 5; i++) {
        assert_true(server_sql(server,
                               "UPDATE orders SET price = price + 1 WHERE rowid % 7 = 1;"
                               "DELETE FROM orders WHERE rowid = (SELECT max(rowid) FROM orders)"));
        assert_int_equal(ask_for_difference(server, etag, &body, &len), 226);
        char none[64] = "\"none\"";
        assert_int_equal(ask_for_difference(server, none, &plain, &plain_len), 200);
        assert_string_equal(body, plain);
        assert_string_equal(etag, none);
    }
    snprintf(etag, sizeof etag, "W/\"0123456789abcdef\""); /* which nobody was given */
    assert_int_equal(ask_for_difference(server, etag, &body, &len), 200);
    free(body);
    free(plain);
}

/* --- who lets others wait --------------------------------------------------------------------- */

/* A byte now and then is no request. */
static void test_a_head_that_drips_is_hung_up_on(void **state)
{
    static const char *const args[] = {"--rate",         "0",   "--quotes", "0",
                                       "--head-timeout", "0.3", NULL};
    void *memory;
    struct wire wire;
    (void)state;
    assert_int_equal(start_with(&memory, args), 0);
    struct server *server = memory;
    int64_t begun = wire_now_ms();
    wire_open(&wire, server);
    wire_send(&wire, server, "GET /api/watchlists HTTP/1.1\r\nX-a: ");
    struct pollfd ready = {.fd = wire.fd, .events = POLLIN};
    while (poll(&ready, 1, 20) == 0 && wire_now_ms() - begun < WIRE_PATIENCE_MS) {
        assert_true(send(wire.fd, "b", 1, MSG_NOSIGNAL) <= 1);
    }
    assert_true(wire_wait_end(&wire));
    assert_true(wire_now_ms() - begun >= 280);
    wire_close(&wire);
    stop(&memory);
}

/* More of them than there are places: whoever says something is served. */
static void test_many_that_drip_starve_nobody(void **state)
{
    enum { DRIPS = 700 };
    static const char *const args[] = {"--rate", "0", "--quotes", "0", "--max-streams", "1", NULL};
    static int fds[DRIPS];
    void *memory;
    struct wire wire;
    (void)state;
    assert_int_equal(start_with(&memory, args), 0);
    struct server *server = memory;
    for (int i = 0; i < DRIPS; i++) {
        struct wire drip;
        wire_open(&drip, server);
        fds[i] = drip.fd;
        free(drip.bytes);
        assert_true(send(fds[i], "GET /", 5, MSG_NOSIGNAL) <= 5);
        if (i % 100 == 99) {
            assert_int_equal(wire_ask(&wire, server,
                                      "GET /api/trading/account HTTP/1.1\r\nHost: x\r\n" TOKEN
                                      "\r\n"),
                             200);
            wire_close(&wire);
        }
    }
    for (int i = 0; i < DRIPS; i++) {
        close(fds[i]);
    }
    stop(&memory);
}

/* A file that may not grow is a write that fails, and no end. */
static void test_a_limited_file_is_survived(void **state)
{
    char directory[] = "/tmp/mock-http-XXXXXX", path[64], answer[512];
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/mock.db", directory);
    static const char command[] =
        "ulimit -f 1000; exec \"$0\" --db \"$1\" --rate 0 --quotes 0 --allow-sql 2>/dev/null";
    const char *args[] = {"-c", command, wire_program, path, NULL};
    struct server server;
    assert_true(server_start(&server, "/bin/sh", args));
    int status = 200;
    for (int i = 0; i < 40 && status == 200; i++) {
        status = server_request(&server, "/__mock/sql",
                                "INSERT INTO users (id, name) VALUES (hex(randomblob(8)),"
                                " hex(zeroblob(100000)))",
                                answer, sizeof answer);
    }
    assert_int_equal(status, 400);
    assert_int_equal(server_request(&server, "/api/trading/account", NULL, answer, sizeof answer),
                     200);
    assert_int_equal(wire_stop(&server), 0);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(answer, sizeof answer, "%s%s", path, ends[i]);
        unlink(answer);
    }
    assert_int_equal(rmdir(directory), 0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 2;
    }
    wire_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bad_requests_get_their_status_and_the_server_lives,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_too_many_headers, start, stop),
        cmocka_unit_test_setup_teardown(test_a_read_says_what_it_is, start, stop),
        cmocka_unit_test_setup_teardown(test_gzip_when_asked, start, stop),
        cmocka_unit_test_setup_teardown(test_a_read_changes_with_the_books, start, stop),
        cmocka_unit_test(test_latency_delays_answers_side_by_side),
        cmocka_unit_test(test_a_stream_is_packed_where_both_want_it),
        cmocka_unit_test_setup_teardown(test_a_read_can_be_told_as_a_difference, start, stop),
        cmocka_unit_test(test_a_head_that_drips_is_hung_up_on),
        cmocka_unit_test(test_many_that_drip_starve_nobody),
        cmocka_unit_test(test_a_limited_file_is_survived),
        cmocka_unit_test(test_options_are_understood_or_refused),
        cmocka_unit_test(test_help_fits_a_terminal),
        cmocka_unit_test_setup_teardown(test_the_same_seed_gives_the_same_data, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
