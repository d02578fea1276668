/*
 * watch_run against a server that sends exactly the bytes of a script: what comes out, what went
 * in, how it ends. Source: WHATWG HTML 9.2, cli "--watch".
 */
#include "script_server.h"
#include "watch.h"
#include "watch_source.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define OPEN OK "\r\n" /* the body lasts as long as the connection */
#define GONE "HTTP/1.1 204 No Content\r\n\r\n"
#define SEND(text)                                                                                 \
    {                                                                                              \
        SCRIPT_SEND, text, 0, 0                                                                    \
    }
#define SEND_ALL(text)                                                                             \
    {                                                                                              \
        SCRIPT_SEND, text, sizeof(text) - 1, 0                                                     \
    }
#define BYTES(text)                                                                                \
    {                                                                                              \
        SCRIPT_BYTES, text, sizeof(text) - 1, 0                                                    \
    }
#define WAIT(ms)                                                                                   \
    {                                                                                              \
        SCRIPT_WAIT, NULL, 0, ms                                                                   \
    }
#define HOLD                                                                                       \
    {                                                                                              \
        SCRIPT_HOLD, NULL, 0, 0                                                                    \
    }
#define KEEP                                                                                       \
    {                                                                                              \
        SCRIPT_KEEP, NULL, 0, 0                                                                    \
    }
#define RESET                                                                                      \
    {                                                                                              \
        SCRIPT_RESET, NULL, 0, 0                                                                   \
    }
#define ANSWER(...)                                                                                \
    {                                                                                              \
        NULL,                                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define AT(path, ...)                                                                              \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

struct outcome {
    int status;
    char *out;
    char *err;
    int64_t took_us;
};

static char *read_all(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    lseek(fd, 0, SEEK_SET);
    ssize_t got = read(fd, text, (size_t)size);
    assert_int_equal(got, size);
    text[size] = '\0';
    close(fd);
    return text;
}

static int scratch_file(void)
{
    char name[] = "/tmp/blotter-watch-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static struct watch_source source;
static const struct watch_source *const sources[] = {&source};

static void settings_for(struct watch_settings *settings, const char *url)
{
    watch_settings_default(settings);
    watch_source_at(&source, url);
    settings->sources = sources;
    settings->source_count = 1;
    source.conn.retry_ms = 20;
    source.conn.max_retry_ms = 60;
    settings->format = WATCH_RAW;
    settings->duration_ms = 8000; /* a test that hangs is a test that fails */
}

static struct outcome run(struct watch_settings *settings)
{
    struct outcome outcome;
    struct loop *loop = loop_new();
    settings->out_fd = scratch_file();
    settings->err_fd = scratch_file();
    int64_t start_us = loop_now(loop).mono_us;
    outcome.status = watch_run(loop, settings);
    outcome.took_us = loop_refresh(loop).mono_us - start_us;
    outcome.out = read_all(settings->out_fd);
    outcome.err = read_all(settings->err_fd);
    loop_free(loop);
    return outcome;
}

static void outcome_free(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}

struct row {
    const char *name;
    struct script_exchange exchanges[10]; /* when they are used up the server says 204 */
    const char *out;
    int status;
    size_t requests;
    const char *last; /* Last-Event-ID of the last request; NULL: none is sent */
    const char *err;  /* a part of what is said; NULL: anything */
};

#define EVENT(seq, id, type, data)                                                                 \
    "{\"seq\":" #seq ",\"id\":\"" id "\",\"type\":\"" type "\",\"data\":\"" data "\"}\n"

static const struct row rows[] = {
    {"one event, then a clean end",
     {ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     "stream lost: the server ended the stream"},
    {"204 at once", {ANSWER(SEND(GONE))}, "", 0, 1, NULL, "204"},
    {"204 with a body and a type",
     {ANSWER(SEND("HTTP/1.1 204 N\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n"))},
     "",
     0,
     1,
     NULL,
     NULL},
    {"BOM",
     {ANSWER(SEND(OPEN "\xef\xbb\xbf"
                       "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"BOM in each connection",
     {ANSWER(SEND(OPEN "\xef\xbb\xbf"
                       "data: a\n\n")),
      ANSWER(SEND(OPEN "\xef\xbb\xbf"
                       "data: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     3,
     NULL,
     NULL},
    {"BOM over three reads",
     {ANSWER(SEND(OPEN "\xef"), WAIT(10), SEND("\xbb"), WAIT(10),
             SEND("\xbf"
                  "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"CR and LF in different reads",
     {ANSWER(SEND(OPEN "data: a\r"), WAIT(10), SEND("\n\r"), WAIT(10), SEND("\ndata: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     2,
     NULL,
     NULL},
    {"a NUL is data",
     {ANSWER(SEND_ALL(OPEN "data: a\0b\n\n"))},
     EVENT(1, "", "message", "a\\u0000b"),
     0,
     2,
     NULL,
     NULL},
    {"an id with NUL is ignored",
     {ANSWER(SEND_ALL(OPEN "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"))},
     EVENT(1, "1", "message", "a") EVENT(2, "1", "message", "b"),
     0,
     2,
     "1",
     NULL},
    {"bad UTF-8 over reads",
     {ANSWER(SEND(OPEN "data: \xe2\x82"), WAIT(10), SEND("\xac \xe2\x82"), WAIT(10),
             SEND("x\n\n"))},
     EVENT(1, "", "message", "\xe2\x82\xac \xef\xbf\xbdx"),
     0,
     2,
     NULL,
     NULL},
    {"escapes",
     {ANSWER(SEND(OPEN "event: a\"b\ndata: \\\"\t\x01\x7f\xc2\x85\xe2\x80\xae/\n\n"))},
     EVENT(1, "", "a\\\"b", "\\\\\\\"\\t\\u0001\\u007f\\u0085\\u202e/"),
     0,
     2,
     NULL,
     NULL},
    {"chunks of one byte",
     {ANSWER(SEND(OK "Transfer-Encoding: chunked\r\n\r\n"),
             BYTES("1\r\nd\r\n1\r\na\r\n1\r\nt\r\n1\r\na\r\n1\r\n:"
                   "\r\n1\r\nx\r\n1\r\n\r\r\n1\r\n\n\r\n1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n"))},
     EVENT(1, "", "message", "x"),
     0,
     2,
     NULL,
     NULL},
    {"chunks with extensions and trailers",
     {ANSWER(SEND(OK "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n9;a=b\r\ndata: "
                     "a\n\n\r\n0\r\nContent-Type: text/html\r\nX: y\r\n\r\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"HTTP/1.0",
     {ANSWER(SEND("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"no reason phrase, LF only",
     {ANSWER(SEND("HTTP/1.1 200\nContent-Type: text/event-stream\n\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"a length, then another stream on the same connection",
     {ANSWER(SEND(OK "Content-Length: 9\r\n\r\ndata: a\n\n"), KEEP),
      ANSWER(SEND(OK "Content-Length: 9\r\n\r\ndata: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     3,
     NULL,
     NULL},
    {"interim answers",
     {ANSWER(SEND("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Type: "
                  "text/html\r\nRetry-After: 9\r\n\r\n" OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"type with a parameter",
     {ANSWER(
         SEND("HTTP/1.1 200 OK\r\ncontent-type:Text/Event-Stream;charset=windows-1252\r\n\r\ndata: "
              "\xe2\x82\xac\n\n"))},
     EVENT(1, "", "message", "\xe2\x82\xac"),
     0,
     2,
     NULL,
     NULL},
    {"type with a lone semicolon",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;\r\n\r\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"type with a bogus parameter",
     {ANSWER(
         SEND("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;x bogus\r\n\r\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"type on a folded line",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nX: y\r\n "
                  "z\r\nContent-Type:\r\n\ttext/event-stream\r\n\r\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"bogus type",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Type: x bogus\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     "instead of text/event-stream"},
    {"type of another kind",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\ndata: a\n\n"), HOLD)},
     "",
     1,
     1,
     NULL,
     "text/html"},
    {"no type",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\n\r\ndata: a\n\n"), HOLD)},
     "",
     1,
     1,
     NULL,
     "no type"},
    {"type that only begins right",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Type: text/event-streamer\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"the last of several types",
     {ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Type: "
                  "text/event-stream\r\n\r\ndata: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"401",
     {ANSWER(SEND("HTTP/1.1 401 U\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"), HOLD)},
     "",
     3,
     1,
     NULL,
     "not authorised"},
    {"403",
     {ANSWER(SEND("HTTP/1.1 403 F\r\nContent-Length: 2\r\n\r\n{}"))},
     "",
     3,
     1,
     NULL,
     "not authorised"},
    {"404",
     {ANSWER(SEND("HTTP/1.1 404 N\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     "HTTP 404"},
    {"410", {ANSWER(SEND("HTTP/1.1 410 G\r\n\r\n"))}, "", 1, 1, NULL, "HTTP 410"},
    {"400", {ANSWER(SEND("HTTP/1.1 400 B\r\n\r\n"))}, "", 1, 1, NULL, NULL},
    {"205",
     {ANSWER(
         SEND("HTTP/1.1 205 R\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"202",
     {ANSWER(SEND("HTTP/1.1 202 A\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"206",
     {ANSWER(SEND("HTTP/1.1 206 P\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"304",
     {ANSWER(SEND("HTTP/1.1 304 N\r\nContent-Type: text/event-stream\r\n\r\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"302 without a target",
     {ANSWER(SEND("HTTP/1.1 302 F\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"))},
     "",
     1,
     1,
     NULL,
     NULL},
    {"500, 502, 503, 504, 599, then well",
     {ANSWER(SEND("HTTP/1.1 500 E\r\nContent-Type: text/event-stream\r\n\r\ndata: no\n\n")),
      ANSWER(SEND("HTTP/1.1 502 E\r\n\r\n")),
      ANSWER(SEND("HTTP/1.1 503 E\r\nContent-Length: 0\r\n\r\n"), KEEP),
      ANSWER(SEND("HTTP/1.1 504 E\r\n\r\n")), ANSWER(SEND("HTTP/1.1 599 E\r\n\r\n")),
      ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     7,
     NULL,
     "no stream: the server failed (HTTP 502)"},
    {"429, then well",
     {ANSWER(SEND("HTTP/1.1 429 T\r\nRetry-After: 0\r\n\r\n")), ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     3,
     NULL,
     NULL},
    {"closed without an answer, reset, no HTTP",
     {ANSWER({SCRIPT_END, NULL, 0, 0}), ANSWER(RESET), ANSWER(SEND("SSH-2.0-x\r\n\r\n")),
      ANSWER(SEND("HTTP/1.1 200 OK\r\nContent-Ty")), ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     6,
     NULL,
     NULL},
    {"cut in the middle of an event",
     {ANSWER(SEND(OPEN "id: 1\ndata: a\n\nid: 2\ndata: lost\n")), ANSWER(SEND(OPEN "data: b\n\n"))},
     EVENT(1, "1", "message", "a") EVENT(2, "1", "message", "b"),
     0,
     3,
     "1",
     NULL},
    {"cut chunk in the middle of an event",
     {ANSWER(SEND(OK "Transfer-Encoding: chunked\r\n\r\n50\r\ndata: a\n\ndata: lost\n")),
      ANSWER(SEND(OPEN "\ndata: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     3,
     NULL,
     NULL},
    {"cut length",
     {ANSWER(SEND(OK "Content-Length: 99\r\n\r\ndata: a\n\n")), ANSWER(SEND(OPEN "data: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     3,
     NULL,
     NULL},
    {"reset in the middle",
     {ANSWER(SEND(OPEN "data: a\n\ndata: lost"), WAIT(20), RESET),
      ANSWER(SEND(OPEN "data: b\n\n"))},
     EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"),
     0,
     3,
     NULL,
     NULL},
    {"the id is kept over failed attempts",
     {ANSWER(SEND(OPEN "id: x 1\ndata: a\n\n")), ANSWER(SEND("HTTP/1.1 500 E\r\n\r\n")),
      ANSWER(RESET), ANSWER(SEND("HTTP/1.1 429 T\r\n\r\n"))},
     EVENT(1, "x 1", "message", "a"),
     0,
     5,
     "x 1",
     NULL},
    {"an empty id resets",
     {ANSWER(SEND(OPEN "id: 1\ndata: a\n\nid:\ndata: b\n\n"))},
     EVENT(1, "1", "message", "a") EVENT(2, "", "message", "b"),
     0,
     2,
     NULL,
     NULL},
    {"an id alone is kept", {ANSWER(SEND(OPEN "id: 7\n\n"))}, "", 0, 2, "7", NULL},
    {"an id without a blank line is not", {ANSWER(SEND(OPEN "id: 7\n"))}, "", 0, 2, NULL, NULL},
    {"an id of other letters",
     {ANSWER(SEND(OPEN "id: \xe2\x80\xa6\ndata: a\n\n"))},
     EVENT(1, "\xe2\x80\xa6", "message", "a"),
     0,
     2,
     "\xe2\x80\xa6",
     NULL},
    {"an id with bad bytes is sent repaired",
     {ANSWER(SEND(OPEN "id: \xff\n\n"))},
     "",
     0,
     2,
     "\xef\xbf\xbd",
     NULL},
    {"an id of one space is sent as nothing", {ANSWER(SEND(OPEN "id:  \n\n"))}, "", 0, 2, "", NULL},
    {"redirected, each kind, and to the first address again",
     {AT("/s", SEND("HTTP/1.1 301 M\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n"), KEEP),
      AT("/1", SEND("HTTP/1.1 302 M\r\nLocation: 2\r\n\r\n"), HOLD),
      AT("/2", SEND("HTTP/1.1 303 M\r\nLocation: http://127.0.0.1:@PORT@/3\r\nContent-Type: "
                    "text/event-stream\r\n\r\ndata: no\n\n")),
      AT("/3", SEND("HTTP/1.1 307 M\r\nLocation: ?q\r\n\r\n")),
      AT("/3?q", SEND("HTTP/1.1 308 M\r\nLocation: //127.0.0.1:@PORT@/5\r\n\r\n")),
      AT("/5", SEND(OPEN "id: 1\ndata: a\n\n")), AT("/s", SEND(GONE))},
     EVENT(1, "1", "message", "a"),
     0,
     7,
     "1",
     NULL},
    {"an empty Location means the same address",
     {ANSWER(SEND("HTTP/1.1 302 F\r\nLocation:\r\n\r\n")), ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     3,
     NULL,
     NULL},
    {"the id goes along when redirected",
     {ANSWER(SEND(OPEN "id: 9\n\n")), AT("/s", SEND("HTTP/1.1 307 M\r\nLocation: /x\r\n\r\n")),
      AT("/x", SEND(GONE))},
     "",
     0,
     3,
     "9",
     NULL},
    {"redirected to 204",
     {AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /x\r\n\r\n")), AT("/x", SEND(GONE))},
     "",
     0,
     2,
     NULL,
     NULL},
    {"redirected to 404",
     {AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /x\r\n\r\n")),
      AT("/x", SEND("HTTP/1.1 404 N\r\n\r\n"))},
     "",
     1,
     2,
     NULL,
     NULL},
    {"redirected to a login page",
     {AT("/s", SEND("HTTP/1.1 307 M\r\nLocation: /auth/login?callbackUrl=%2Fs\r\n\r\n"))},
     "",
     3,
     1,
     NULL,
     "not authorised"},
    {"redirected in a circle, then well",
     {AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")),
      AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")),
      AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")),
      AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")),
      AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")),
      AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: /s\r\n\r\n")), AT("/s", SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     8,
     NULL,
     "redirected more than 5 times"},
    {"compressed although not asked",
     {ANSWER(SEND_ALL(OK "Content-Encoding: "
                         "gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x49\x2c\x49\xb4"
                         "\x52\x48\xe4\xe2\x02\x00\xae\x07\xd8\x83\x09\x00\x00\x00"))},
     EVENT(1, "", "message", "a"),
     0,
     2,
     NULL,
     NULL},
    {"many events in one read",
     {ANSWER(SEND(OPEN "data:1\n\ndata:2\n\ndata:3\n\n:c\n\ndata\n\n"))},
     EVENT(1, "", "message", "1") EVENT(2, "", "message", "2") EVENT(3, "", "message", "3")
         EVENT(4, "", "message", ""),
     0,
     2,
     NULL,
     NULL},
    {"an empty body", {ANSWER(SEND(OK "Content-Length: 0\r\n\r\n"))}, "", 0, 2, NULL, NULL},
    {"retry 0 is at once",
     {ANSWER(SEND(OPEN "retry: 0\n\n")), ANSWER(SEND(OPEN "data: a\n\n"))},
     EVENT(1, "", "message", "a"),
     0,
     3,
     NULL,
     NULL},
};

static void check_requests(const struct row *row, struct script_server *server)
{
    char value[256];
    size_t count = script_server_count(server);
    if (count != row->requests) {
        print_error("%s: %zu requests instead of %zu\n", row->name, count, row->requests);
    }
    assert_int_equal(count, row->requests);
    for (size_t i = 0; i < count; i++) {
        const char *request = script_server_request(server, i);
        assert_memory_equal(request, "GET /", 5);
        assert_string_equal(script_header(request, "Accept", value, sizeof value),
                            "text/event-stream");
        assert_string_equal(script_header(request, "Cache-Control", value, sizeof value),
                            "no-cache");
        assert_null(strstr(request, "gzip"));
    }
    const char *last = script_header(script_server_request(server, count - 1), "Last-Event-ID",
                                     value, sizeof value);
    if (row->last == NULL) {
        assert_null(last);
    } else {
        assert_non_null(last);
        assert_string_equal(last, row->last);
    }
}

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        bool all = row->exchanges[row->requests - 1].steps[0].op != SCRIPT_END;
        struct script_server *server =
            script_server_new(row->exchanges, all ? row->requests : row->requests - 1);
        struct watch_settings settings;
        settings_for(&settings, script_server_url(server));
        struct outcome outcome = run(&settings);
        if (outcome.status != row->status || strcmp(outcome.out, row->out) != 0) {
            print_error("%s: status %d, out '%s', err '%s'\n", row->name, outcome.status,
                        outcome.out, outcome.err);
        }
        assert_string_equal(outcome.out, row->out);
        assert_int_equal(outcome.status, row->status);
        if (row->err != NULL) {
            assert_non_null(strstr(outcome.err, row->err));
        }
        check_requests(row, server);
        outcome_free(&outcome);
        script_server_free(server);
    }
}

static void test_credentials_stay_on_their_origin(void **state)
{
    (void)state;
    static const struct script_exchange own_script[] = {
        AT("/s", SEND("HTTP/1.1 302 M\r\nLocation: http://127.0.0.1:@PEER@/away\r\n\r\n")),
        AT("/back", SEND(OPEN "id: 5\ndata: a\n\n")),
        AT("/s", SEND(GONE)),
    };
    static const struct script_exchange other_script[] = {
        AT("/away", SEND("HTTP/1.1 307 M\r\nLocation: http://127.0.0.1:@PEER@/back\r\n\r\n")),
    };
    static const char *const auths[] = {"cookie", "bearer"};
    for (size_t i = 0; i < 2; i++) {
        struct script_server *own = script_server_new(own_script, 3);
        struct script_server *other = script_server_new(other_script, 1);
        script_server_set_peer(own, script_server_port(other));
        script_server_set_peer(other, script_server_port(own));
        struct watch_settings settings;
        settings_for(&settings, script_server_url(own));
        source.http.token = "secret-token";
        source.http.auth = auths[i];
        struct outcome outcome = run(&settings);
        assert_string_equal(outcome.out, EVENT(1, "5", "message", "a"));
        assert_int_equal(outcome.status, 0);
        assert_non_null(strstr(script_server_request(own, 0), "secret-token"));
        assert_int_equal(script_server_count(other), 1);
        assert_null(strstr(script_server_request(other, 0), "secret-token"));
        assert_null(strstr(script_server_request(other, 0), "Cookie"));
        assert_null(strstr(script_server_request(other, 0), "Authorization"));
        assert_null(strstr(outcome.err, "secret-token"));
        outcome_free(&outcome);
        script_server_free(own);
        script_server_free(other);
    }
}

/* ---- delays ---- */

static void test_delays(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct script_exchange exchanges[3];
        int64_t retry_ms;
        int64_t least_ms, most_ms; /* between the last two requests */
    } delays[] = {
        {"ours after a clean end", {ANSWER(SEND(OPEN "data: a\n\n"))}, 80, 80, 1080},
        {"ours after a refusal", {ANSWER(SEND("HTTP/1.1 500 E\r\n\r\n"))}, 80, 80, 1080},
        {"ours after a reset", {ANSWER(SEND(OPEN), WAIT(10), RESET)}, 80, 80, 1080},
        {"the server's, from a second on", {ANSWER(SEND(OPEN "retry: 150\n\n"))}, 5000, 1000, 2000},
        {"the server's, below a second as ours is",
         {ANSWER(SEND(OPEN "retry: 150\n\n"))},
         90,
         150,
         900},
        {"the server's, without a blank line", {ANSWER(SEND(OPEN "retry: 150\n"))}, 90, 150, 900},
        {"the server's, above the cap",
         {ANSWER(SEND(OPEN "retry:250"
                           "\n"))},
         20,
         250,
         1250},
        {"the server's nonsense is ignored",
         {ANSWER(SEND(OPEN "retry: 150\nretry: 1x\nretry:\nretry: -5\nretry\n\n"))},
         20,
         150,
         1150},
        {"kept for the next connections",
         {ANSWER(SEND(OPEN "retry: 150\n\n")), ANSWER(SEND(OPEN "data: a\n\n"))},
         90,
         150,
         900},
        {"Retry-After of 429",
         {ANSWER(SEND("HTTP/1.1 429 T\r\nRetry-After: 1\r\n\r\n"))},
         20,
         1000,
         2000},
        {"Retry-After of 503",
         {ANSWER(SEND("HTTP/1.1 503 T\r\nRetry-After: 1\r\n\r\n"))},
         20,
         1000,
         2000},
    };
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        size_t count = 0;
        while (count < 3 && delays[i].exchanges[count].steps[0].op != SCRIPT_END) {
            count++;
        }
        struct script_server *server = script_server_new(delays[i].exchanges, count);
        struct watch_settings settings;
        settings_for(&settings, script_server_url(server));
        source.conn.retry_ms = delays[i].retry_ms;
        source.conn.max_retry_ms = 6000;
        struct outcome outcome = run(&settings);
        assert_int_equal(outcome.status, 0);
        assert_int_equal(script_server_count(server), count + 1);
        int64_t waited_ms =
            (script_server_time_us(server, count) - script_server_time_us(server, count - 1)) /
            1000;
        if (waited_ms < delays[i].least_ms || waited_ms > delays[i].most_ms) {
            print_error("%s: waited %d ms\n", delays[i].name, (int)waited_ms);
        }
        assert_in_range(waited_ms, delays[i].least_ms, delays[i].most_ms);
        outcome_free(&outcome);
        script_server_free(server);
    }
}

/* ---- formats ---- */

#define JSON_STREAM                                                                                \
    OPEN "id: 418\ndata: "                                                                         \
         "{\"event\":\"order_placed\",\"data\":{\"price\":1.10,\"n\":1E+2,\"x\":[1, 2]},\n"        \
         "data: \"timestamp\":\"2026-01-01T00:00:00.000Z\",\"extra\":{\"k\":0.0}}\n\n"             \
         "event: tick\ndata: plain \"text\"\n\n"                                                   \
         "data: {\"event\":\"quotes_updated\",\"data\":{\"s\":\"\x7f\xc2\x9b\xe2\x81\xa6\"}}\n\n"  \
         "data: {\"event\":7}\n\n"

static void test_json(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {ANSWER(SEND(JSON_STREAM))};
    static const char *const expected[] = {
        "{\"v\":1,\"seq\":1,\"receivedAt\":\"####-##-##T##:##:##.###Z\",\"id\":\"418\",\"type\":"
        "\"message\",\"event\":\"order_placed\",\"pane\":\"orders\","
        "\"data\":{\"price\":1.10,\"n\":1E+2,\"x\":[1, "
        "2]},\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"extra\":{\"k\":0.0}}",
        "{\"v\":1,\"seq\":2,\"receivedAt\":\"####-##-##T##:##:##.###Z\",\"id\":\"418\",\"type\":"
        "\"tick\",\"event\":null,\"pane\":null,\"raw\":\"plain \\\"text\\\"\"}",
        "{\"v\":1,\"seq\":3,\"receivedAt\":\"####-##-##T##:##:##.###Z\",\"id\":\"418\",\"type\":"
        "\"message\",\"event\":\"quotes_updated\",\"pane\":\"positions,watchlist\","
        "\"data\":{\"s\":\"\\u007f\\u009b\\u2066\"},\"timestamp\":null}",
        "{\"v\":1,\"seq\":4,\"receivedAt\":\"####-##-##T##:##:##.###Z\",\"id\":\"418\",\"type\":"
        "\"message\",\"event\":null,\"pane\":null,\"raw\":\"{\\\"event\\\":7}\"}",
    };
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.format = WATCH_JSON;
    struct outcome outcome = run(&settings);
    char *line = outcome.out;
    for (size_t i = 0; i < 4; i++) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            fail_msg("no more lines behind: %s", line);
            return;
        }
        *end = '\0';
        assert_int_equal(strlen(line), strlen(expected[i]));
        for (size_t c = 0; expected[i][c] != '\0'; c++) {
            if (expected[i][c] != '#' && expected[i][c] != line[c]) {
                print_error("'%s' instead of '%s'\n", line, expected[i]);
                fail();
            }
        }
        line = end + 1;
    }
    assert_string_equal(line, "");
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_text_is_clean(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "data: "
                         "{\"event\":\"order_placed\",\"data\":{\"symbol\":\"A\x1b["
                         "31mB\\u001b\xe2\x80\xae\",\"price\":1.10,\"l\":[1,2]}}\n\n"
                         "data: \x1b]0;x\x07 \xc2\x9b\n\n"))};
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.format = WATCH_TEXT;
    settings.utc = true;
    struct outcome outcome = run(&settings);
    for (const char *at = outcome.out; *at != '\0'; at++) {
        assert_true((unsigned char)*at >= 0x20 || *at == '\n');
    }
    assert_null(strstr(outcome.out, "\xe2\x80\xae"));
    assert_null(strstr(outcome.out, "\xc2\x9b"));
    assert_non_null(strstr(outcome.out, "message"));
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_filters_and_count(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {ANSWER(
        SEND(OPEN
             "data: {\"event\":\"order_placed\"}\n\ndata: "
             "{\"event\":\"position_opened\"}\n\nevent: tick\ndata: x\n\n"
             "data: {\"event\":\"order_updated\"}\n\ndata: {\"event\":\"order_cancelled\"}\n\n"),
        HOLD)};
    static const char *const order_globs[] = {"order_*"};
    static const char *const odd_globs[] = {"t?ck", "position_opene[d]"};
    static const struct {
        const char *const *globs;
        size_t glob_count;
        resource_mask panes;
        uint64_t count;
        const char *const names[4];
    } filters[] = {
        {order_globs, 1, 0, 3, {"order_placed", "order_updated", "order_cancelled"}},
        {order_globs, 1, 0, 2, {"order_placed", "order_updated"}},
        {odd_globs, 2, 0, 2, {"position_opened", "tick"}},
        {NULL, 0, RESOURCE_BIT(RESOURCE_POSITIONS), 1, {"position_opened"}},
        {NULL, 0, 0, 4, {"order_placed", "position_opened", "tick", "order_updated"}},
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct script_server *server = script_server_new(exchanges, 1);
        struct watch_settings settings;
        settings_for(&settings, script_server_url(server));
        settings.format = WATCH_JSON;
        settings.globs = filters[i].globs;
        settings.glob_count = filters[i].glob_count;
        source.panes = filters[i].panes;
        settings.count = filters[i].count;
        struct outcome outcome = run(&settings);
        assert_int_equal(outcome.status, 0);
        assert_true(outcome.took_us < 5000000);
        const char *at = outcome.out;
        for (uint64_t n = 0; n < filters[i].count; n++) {
            char seq[32];
            snprintf(seq, sizeof seq, "\"seq\":%d,", (int)n + 1);
            assert_non_null(strstr(at, seq));
            assert_non_null(strstr(at, filters[i].names[n]));
            at = strchr(at, '\n') + 1;
        }
        assert_string_equal(at, "");
        outcome_free(&outcome);
        script_server_free(server);
    }
}

static void test_status_on_stdout(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "id: 1\ndata: a\n\n")), ANSWER(SEND("HTTP/1.1 500 E\r\n\r\n")),
        ANSWER(SEND(OPEN ":\n")), ANSWER(SEND("HTTP/1.1 404 E\r\n\r\n"))};
    static const char *const expected[] = {"\"live\"", "\"seq\":1", "\"lost\"",   "\"retry\"",
                                           "\"live\"", "\"lost\"",  "\"offline\""};
    struct script_server *server = script_server_new(exchanges, 4);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.status = true;
    struct outcome outcome = run(&settings);
    assert_int_equal(outcome.status, 1);
    char *line = outcome.out;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            fail_msg("no more lines behind: %s", line);
            return;
        }
        *end = '\0';
        assert_non_null(strstr(line, expected[i]));
        line = end + 1;
    }
    assert_string_equal(line, "");
    assert_string_equal(outcome.err, "");
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_trace(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "data: {\"event\":\"order_placed\",\"data\":{}}\n\ndata: x\n\n"))};
    static const char *const steps[] = {
        "\"step\":\"stream_open\"",
        "\"step\":\"event\",\"event\":\"order_placed\",\"id\":0",
        "\"step\":\"event\",\"event\":\"unknown\",\"id\":0",
        "\"step\":\"stream_lost\",\"fault\":\"network\",\"attempt\":0",
        "\"step\":\"stream_lost\",\"fault\":\"http\",\"attempt\":1,\"ended\":true",
        "\"step\":\"exit\",\"printed\":2,\"status\":0",
    };
    char name[] = "/tmp/blotter-trace-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.trace = trace_open(name);
    assert_non_null(settings.trace);
    struct outcome outcome = run(&settings);
    trace_close(settings.trace);
    unlink(name);
    char *text = read_all(fd);
    const char *at = text;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        at = strstr(at, steps[i]);
        assert_non_null(at);
    }
    assert_string_equal(
        outcome.out, EVENT(1, "", "message", "{\\\"event\\\":\\\"order_placed\\\",\\\"data\\\":{}}")
                         EVENT(2, "", "message", "x"));
    free(text);
    outcome_free(&outcome);
    script_server_free(server);
}

/* One answer to the first request and 204 afterwards; what was printed and how it ended. */
static struct outcome run_answer(const char *answer)
{
    const struct script_exchange exchanges[] = {ANSWER({SCRIPT_SEND, answer, 0, 0})};
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    struct outcome outcome = run(&settings);
    script_server_free(server);
    return outcome;
}

static void test_long_header_values(void **state)
{
    (void)state;
    char answer[32768];
    /* parameters of any length leave the type what it is */
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; x=%03000d\r\n\r\ndata: a\n\n", 0);
    struct outcome outcome = run_answer(answer);
    assert_string_equal(outcome.out, EVENT(1, "", "message", "a"));
    assert_int_equal(outcome.status, 0);
    outcome_free(&outcome);
    /* an address that nobody kept is not the present one */
    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 F\r\nLocation: /%020000d\r\nContent-Length: 0\r\n\r\n", 0);
    outcome = run_answer(answer);
    assert_int_equal(outcome.status, 1);
    assert_string_equal(outcome.out, "");
    outcome_free(&outcome);
}

static void test_duration(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {ANSWER(SEND(OPEN "data: a\n\n"), HOLD)};
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.duration_ms = 150;
    struct outcome outcome = run(&settings);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, EVENT(1, "", "message", "a"));
    assert_true(outcome.took_us >= 150000);
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_large_line(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "data: "), {SCRIPT_FILL, "0123456789abcdef", 0, 5 * 65536}, SEND("\n\n"))};
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    struct outcome outcome = run(&settings);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(strlen(outcome.out), strlen(EVENT(1, "", "message", "")) + 5u * 1048576u);
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_event_over_the_ceiling(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "data: a\n\nid: 7\ndata: "), {SCRIPT_FILL, "0123456789abcdef", 0, 100},
               SEND("\n\ndata: b\n\n"))};
    struct script_server *server = script_server_new(exchanges, 1);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    source.event_max = 1000;
    struct outcome outcome = run(&settings);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, EVENT(1, "", "message", "a") EVENT(2, "7", "message", "b"));
    assert_non_null(strstr(outcome.err, "over the limit of stream.event_max is left out"));
    outcome_free(&outcome);
    script_server_free(server);
}

static void test_half_open_connection(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN "data: a\n\n"), HOLD), ANSWER(HOLD), ANSWER(SEND(OPEN "data: b\n\n"))};
    struct script_server *server = script_server_new(exchanges, 3);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    source.conn.watchdog_ms = 100;
    struct outcome outcome = run(&settings);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, EVENT(1, "", "message", "a") EVENT(2, "", "message", "b"));
    assert_non_null(strstr(outcome.err, "nothing was heard"));
    outcome_free(&outcome);
    script_server_free(server);
}

/* ---- readers ---- */

struct reader {
    int fd;
    size_t wanted; /* bytes, then it goes away */
    size_t got;
    uint64_t sum;
};

static void *read_slowly(void *user)
{
    struct reader *reader = user;
    char bytes[65536];
    struct pollfd nothing = {-1, 0, 0};
    poll(&nothing, 1, 150); /* long enough for every buffer on the way to fill */
    while (reader->got < reader->wanted) {
        size_t left = reader->wanted - reader->got;
        ssize_t got = read(reader->fd, bytes, left < sizeof bytes ? left : sizeof bytes);
        if (got <= 0) {
            break;
        }
        for (ssize_t i = 0; i < got; i++) {
            reader->sum += bytes[i] == '\n';
        }
        reader->got += (size_t)got;
    }
    close(reader->fd);
    return NULL;
}

static int run_into_pipe(const struct script_exchange *exchanges, size_t count,
                         struct reader *reader)
{
    int pipe_fds[2];
    pthread_t thread;
    assert_int_equal(pipe(pipe_fds), 0);
    struct script_server *server = script_server_new(exchanges, count);
    struct watch_settings settings;
    settings_for(&settings, script_server_url(server));
    settings.out_fd = pipe_fds[1];
    settings.err_fd = scratch_file();
    reader->fd = pipe_fds[0];
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, reader), 0);
    struct loop *loop = loop_new();
    int status = watch_run(loop, &settings);
    loop_free(loop);
    close(pipe_fds[1]);
    close(settings.err_fd);
    pthread_join(thread, NULL);
    script_server_free(server);
    return status;
}

static void test_a_slow_reader_loses_nothing(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        ANSWER(SEND(OPEN),
               {SCRIPT_FILL,
                "data: 0123456789012345678901234567890123456789012345678901234567890123456789\n\n",
                0, 100000})};
    struct reader reader = {.wanted = SIZE_MAX};
    assert_int_equal(run_into_pipe(exchanges, 1, &reader), 0);
    assert_int_equal(reader.sum, 100000);
}

static void test_a_reader_that_goes_away(void **state)
{
    (void)state;
    static const struct script_exchange busy[] = {
        ANSWER(SEND(OPEN), {SCRIPT_FILL, "data: 0123456789\n\n", 0, 1000000}, HOLD)};
    static const struct script_exchange quiet[] = {ANSWER(SEND(OPEN "data: a\n\n"), HOLD)};
    struct reader reader = {.wanted = 100000};
    assert_int_equal(run_into_pipe(busy, 1, &reader), 0);
    reader = (struct reader){.wanted = 10};
    assert_int_equal(run_into_pipe(quiet, 1, &reader), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_credentials_stay_on_their_origin),
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text_is_clean),
        cmocka_unit_test(test_filters_and_count),
        cmocka_unit_test(test_status_on_stdout),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_long_header_values),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_large_line),
        cmocka_unit_test(test_event_over_the_ceiling),
        cmocka_unit_test(test_half_open_connection),
        cmocka_unit_test(test_a_slow_reader_loses_nothing),
        cmocka_unit_test(test_a_reader_that_goes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
