#include "script_server.h"

#include <blotter/net/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEADLINE_US 10000000
#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

struct fixture {
    struct loop *loop;
    struct loop_timer *guard;
    struct http *http;
    int wanted; /* answers until the loop is left */
    int calls;
    int status;
    enum fault_kind kind;
    struct fault fault;
    char body[256];
    size_t body_len;
    char etag[64];
    uint64_t last_event_id;
    int64_t age_ms;
    uint64_t cancel_in_callback;
};

static void on_guard(void *user)
{
    loop_quit(((struct fixture *)user)->loop, 99);
}

static void on_done(void *user, uint64_t request, const struct http_response *response,
                    const struct fault *fault)
{
    struct fixture *f = user;
    assert_true((response == NULL) != (fault == NULL));
    assert_true(request != 0);
    f->calls++;
    f->kind = FAULT_NONE;
    if (fault != NULL) {
        f->fault = *fault;
        f->kind = fault->kind;
        f->status = fault->status;
    } else if (response != NULL) {
        f->status = response->status;
        f->body_len = response->body_len;
        assert_int_equal(response->body[response->body_len], '\0');
        strncpy(f->body, response->body, sizeof f->body - 1);
        strncpy(f->etag, response->etag != NULL ? response->etag : "-", sizeof f->etag - 1);
        f->last_event_id = response->last_event_id;
        f->age_ms = response->age_ms;
        assert_true(response->duration_us > 0);
    }
    if (f->cancel_in_callback != 0) {
        http_cancel(f->http, f->cancel_in_callback);
        f->cancel_in_callback = 0;
    }
    if (f->calls == f->wanted) {
        loop_quit(f->loop, 0);
    }
}

/* What is set for a URL, for a test to change. */
static struct http_settings settings_of(const char *url)
{
    struct http_settings settings;
    http_settings_default(&settings);
    settings.url = url;
    return settings;
}

static void open_http(struct fixture *f, const struct http_settings *settings)
{
    struct fault fault = {0};
    memset(f, 0, sizeof *f);
    f->loop = loop_new();
    f->guard = loop_timer_new(f->loop, on_guard, f);
    loop_timer_set(f->guard, loop_now(f->loop).mono_us + DEADLINE_US);
    f->http = http_new(f->loop, settings, &fault);
    assert_non_null(f->http);
    f->wanted = 1;
}

static void close_http(struct fixture *f)
{
    http_free(f->http);
    loop_timer_free(f->guard);
    loop_free(f->loop);
}

struct row {
    const char *name;
    struct script_exchange exchanges[8];
    size_t requests; /* that the server is to see */
    int status;
    enum fault_kind kind;
    const char *body; /* or, for a fault, a part of its text */
    int64_t retry_after_ms;
};

static const struct row rows[] = {
    {"plain",
     {{NULL, {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"empty", {{NULL, {{SCRIPT_SEND, JSON "Content-Length: 0\r\n\r\n", 0, 0}}}}, 1, 200, 0, "", 0},
    {"chunked byte by byte",
     {{NULL,
       {{SCRIPT_BYTES, JSON "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 0,
         0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"until the end of the connection",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", 0, 0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"interim answers are skipped",
     {{NULL,
       {{SCRIPT_SEND,
         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Type: text/html\r\n\r\n"
         "HTTP/1.1 102 P\r\n\r\n" JSON "Content-Length: 2\r\n\r\n{}",
         0, 0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"cut short",
     {{NULL, {{SCRIPT_SEND, JSON "Content-Length: 5\r\n\r\n{}", 0, 0}}}},
     1,
     0,
     FAULT_NETWORK,
     "cut short",
     -1},
    {"cut chunk",
     {{NULL, {{SCRIPT_SEND, JSON "Transfer-Encoding: chunked\r\n\r\n9\r\n{}", 0, 0}}}},
     1,
     0,
     FAULT_NETWORK,
     "",
     -1},
    {"no answer",
     {{NULL, {{SCRIPT_END, NULL, 0, 0}}}},
     1,
     0,
     FAULT_NETWORK,
     "without an answer",
     -1},
    {"reset",
     {{NULL,
       {{SCRIPT_SEND, JSON "Content-Length: 5\r\n\r\n{}", 0, 0},
        {SCRIPT_WAIT, NULL, 0, 20},
        {SCRIPT_RESET, NULL, 0, 0}}}},
     1,
     0,
     FAULT_NETWORK,
     "",
     -1},
    {"not http", {{NULL, {{SCRIPT_SEND, "SSH-2.0-x\r\n\r\n", 0, 0}}}}, 1, 0, FAULT_NETWORK, "", -1},
    {"html",
     {{NULL,
       {{SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>", 0,
         0}}}},
     1,
     200,
     FAULT_TYPE,
     "HTML",
     -1},
    {"data that is called a page",
     {{NULL,
       {{SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n", 0,
         0},
        {SCRIPT_SEND, "\xef\xbb\xbf\r\n", 0, 0},
        {SCRIPT_WAIT, NULL, 0, 20},
        {SCRIPT_SEND, "{}", 0, 0}}}},
     1,
     200,
     0,
     "\xef\xbb\xbf\r\n{}",
     0},
    {"an empty page",
     {{NULL,
       {{SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n ", 0,
         0}}}},
     1,
     200,
     FAULT_TYPE,
     "HTML",
     -1},
    {"203",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 203 N\r\nContent-Length: 2\r\n\r\n{}", 0, 0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"401",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 401 U\r\nContent-Length: 2\r\n\r\n{}", 0, 0}}}},
     1,
     401,
     FAULT_AUTH,
     "not authorised",
     -1},
    {"403",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 403 F\r\nContent-Length: 2\r\n\r\n{}", 0, 0}}}},
     1,
     403,
     FAULT_AUTH,
     "not authorised",
     -1},
    {"404",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 404 N\r\n\r\n", 0, 0}}}},
     1,
     404,
     FAULT_HTTP,
     "HTTP 404",
     -1},
    {"304 unasked",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 304 N\r\n\r\n", 0, 0}}}},
     1,
     304,
     FAULT_HTTP,
     "HTTP 304",
     -1},
    {"503 with patience",
     {{NULL,
       {{SCRIPT_SEND, "HTTP/1.1 503 N\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nxyz", 0, 0}}}},
     1,
     503,
     FAULT_HTTP,
     "not available",
     7000},
    {"patience until a date, by a clock that is ten years behind ours",
     {{NULL,
       {{SCRIPT_SEND,
         "HTTP/1.1 503 N\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 "
         "08:49:42 GMT\r\nContent-Length: 0\r\n\r\n",
         0, 0}}}},
     1,
     503,
     FAULT_HTTP,
     "not available",
     5000},
    {"patience until a date that has passed, by a clock of no sense",
     {{NULL,
       {{SCRIPT_SEND,
         "HTTP/1.1 503 N\r\nDate: now\r\nRetry-After: Sun, 06 Nov 1994 08:49:42 GMT\r\n"
         "Content-Length: 0\r\n\r\n",
         0, 0}}}},
     1,
     503,
     FAULT_HTTP,
     "not available",
     0},
    {"a field that goes on in the next line",
     {{NULL,
       {{SCRIPT_SEND,
         "HTTP/1.1 200 OK\r\nContent-Type: text/\r\n html\r\nContent-Length: 2\r\n\r\n{}", 0, 0}}}},
     1,
     200,
     0,
     "{}",
     0},
    {"500 in the server's own words",
     {{NULL,
       {{SCRIPT_SEND,
         "HTTP/1.1 500 E\r\nContent-Type: application/json\r\nContent-Length: "
         "46\r\n\r\n{\"success\":false,\"error\":\"database\\u001b[31m\"}",
         0, 0}}}},
     1,
     500,
     FAULT_HTTP,
     "the server failed (HTTP 500): database?[31m",
     -1},
    {"packed in a way that nobody asked for",
     {{NULL, {{SCRIPT_SEND, JSON "Content-Encoding: zorro\r\n\r\nxx", 0, 0}}}},
     1,
     200,
     FAULT_TYPE,
     "packed as 'zorro', which cannot be read",
     -1},
    {"packed twice, once in an unknown way",
     {{NULL, {{SCRIPT_SEND, JSON "Content-Encoding: gzip , X\033-Y\r\n\r\nxx", 0, 0}}}},
     1,
     200,
     FAULT_TYPE,
     "packed as 'X?-Y', which cannot be read",
     -1},
    {"too large announced",
     {{NULL,
       {{SCRIPT_SEND, JSON "Content-Length: 1000001\r\n\r\n", 0, 0},
        {SCRIPT_FILL, "xxxxxxxxxx", 0, 100000}}}},
     1,
     200,
     FAULT_TOO_LARGE,
     "over the limit of 0 MiB: raise http.body_max",
     -1},
    {"too large by surprise",
     {{NULL, {{SCRIPT_SEND, JSON "\r\n", 0, 0}, {SCRIPT_FILL, "xxxxxxxxxx", 0, 110000}}}},
     1,
     200,
     FAULT_TOO_LARGE,
     "over the limit of 0 MiB: raise http.body_max",
     -1},
    {"too many headers",
     {{NULL,
       {{SCRIPT_SEND, JSON, 0, 0},
        {SCRIPT_FILL, "X-Fill: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 0, 10000}}}},
     1,
     0,
     FAULT_TOO_LARGE,
     "headers",
     -1},
    {"redirected, all five kinds",
     {{"/p/x",
       {{SCRIPT_SEND, "HTTP/1.1 301 M\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n", 0, 0},
        {SCRIPT_KEEP, NULL, 0, 0}}},
      {"/1",
       {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: 2?a=b\r\n\r\n", 0, 0},
        {SCRIPT_HOLD, NULL, 0, 0}}},
      {"/2?a=b",
       {{SCRIPT_SEND,
         "HTTP/1.1 303 M\r\nLocation: http://127.0.0.1:@PORT@/3\r\nContent-Length: 4\r\n\r\nxxxx",
         0, 0},
        {SCRIPT_KEEP, NULL, 0, 0}}},
      {"/3",
       {{SCRIPT_SEND, "HTTP/1.1 307 M\r\nlocation:/4\r\nContent-Type: text/html\r\n\r\n<html>", 0,
         0},
        {SCRIPT_HOLD, NULL, 0, 0}}},
      {"/4",
       {{SCRIPT_SEND,
         "HTTP/1.1 308 M\r\nLocation: //127.0.0.1:@PORT@/5\r\nContent-Length: 0\r\n\r\n", 0, 0}}},
      {"/5", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}}},
     6,
     200,
     0,
     "{}",
     0},
    {"redirected for ever",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}},
      {NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}},
      {NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}},
      {NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}},
      {NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}},
      {NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: /\r\n\r\n", 0, 0}}}},
     6,
     0,
     FAULT_REDIRECT,
     "more than 5",
     -1},
    {"redirected to a login page",
     {{NULL,
       {{SCRIPT_SEND, "HTTP/1.1 307 M\r\nLocation: /auth/login?callbackUrl=x\r\n\r\n", 0, 0}}}},
     1,
     0,
     FAULT_AUTH,
     "not authorised",
     -1},
    {"redirect without a target",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nContent-Length: 0\r\n\r\n", 0, 0}}}},
     1,
     302,
     FAULT_HTTP,
     "HTTP 302",
     -1},
    {"redirect to a file",
     {{NULL, {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: file:///etc/passwd\r\n\r\n", 0, 0}}}},
     1,
     0,
     FAULT_REDIRECT,
     "neither http",
     -1},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct script_server *server = script_server_new(row->exchanges, 8);
        struct fixture f;
        char url[128];
        snprintf(url, sizeof url, "%s/p", script_server_url(server));
        struct http_settings settings = settings_of(url);
        settings.body_max = 1000000;
        open_http(&f, &settings);
        http_get(f.http, "/x?y=z", NULL, on_done, &f);
        int left = loop_run(f.loop);
        if (left != 0 || f.kind != row->kind || f.status != row->status) {
            print_error("%s: left %d, kind %d, status %d, %s\n", row->name, left, (int)f.kind,
                        f.status, f.fault.text);
        }
        assert_int_equal(left, 0);
        assert_int_equal(f.kind, row->kind);
        assert_int_equal(f.status, row->status);
        assert_int_equal(script_server_count(server), row->requests);
        assert_memory_equal(script_server_request(server, 0), "GET /p/x?y=z HTTP/1.1\r\n", 23);
        if (row->kind == FAULT_NONE) {
            assert_string_equal(f.body, row->body);
        } else {
            assert_non_null(strstr(f.fault.text, row->body));
            assert_int_equal(f.fault.retry_after_ms, row->retry_after_ms);
        }
        close_http(&f);
        script_server_free(server);
    }
}

static void test_what_is_sent_and_read_back(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {NULL,
         {{SCRIPT_SEND, JSON "ETag: \"v1\"\r\nX-Last-Event-Id: 418\r\nContent-Length: 2\r\n\r\n[]",
           0, 0},
          {SCRIPT_KEEP, NULL, 0, 0}}},
        {NULL,
         {{SCRIPT_SEND, "HTTP/1.1 304 N\r\nETag: \"v1\"\r\nX-Last-Event-Id: 419\r\nAge: 7\r\n\r\n",
           0, 0},
          {SCRIPT_KEEP, NULL, 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 2);
    struct fixture f;
    char value[256];
    struct http_settings settings = settings_of(script_server_url(server));
    settings.token = "tok-1";
    open_http(&f, &settings);
    http_get(f.http, "/a", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_string_equal(f.etag, "\"v1\"");
    assert_int_equal(f.last_event_id, 418);
    assert_int_equal(f.age_ms, 0);
    http_get(f.http, "/a", f.etag, on_done, &f);
    f.wanted = 2;
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.status, 304);
    assert_int_equal(f.kind, FAULT_NONE);
    assert_int_equal(f.last_event_id, 419);
    assert_int_equal(f.age_ms, 7000);

    const char *first = script_server_request(server, 0);
    assert_string_equal(script_header(first, "Cookie", value, sizeof value),
                        "authjs.session-token=tok-1");
    assert_string_equal(script_header(first, "Accept", value, sizeof value), "application/json");
    assert_string_equal(script_header(first, "Cache-Control", value, sizeof value), "no-cache");
    assert_string_equal(script_header(first, "Accept-Encoding", value, sizeof value), "identity");
    assert_null(script_header(first, "Authorization", value, sizeof value));
    assert_null(script_header(first, "If-None-Match", value, sizeof value));
    assert_string_equal(
        script_header(script_server_request(server, 1), "If-None-Match", value, sizeof value),
        "\"v1\"");
    close_http(&f);
    script_server_free(server);
}

static void test_credentials_stay_on_their_origin(void **state)
{
    (void)state;
    static const struct script_exchange there[] = {
        {"/away",
         {{SCRIPT_SEND, "HTTP/1.1 302 M\r\nLocation: http://127.0.0.1:@PEER@/back\r\n\r\n", 0, 0}}},
    };
    static const struct script_exchange here[] = {
        {"/a",
         {{SCRIPT_SEND, "HTTP/1.1 307 M\r\nLocation: http://127.0.0.1:@PEER@/away\r\n\r\n", 0, 0}}},
        {"/back", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    struct script_server *own = script_server_new(here, 2);
    struct script_server *other = script_server_new(there, 1);
    script_server_set_peer(own, script_server_port(other));
    script_server_set_peer(other, script_server_port(own));
    struct fixture f;
    char value[256];
    struct http_settings settings = settings_of(script_server_url(own));
    settings.token = "tok-2";
    settings.auth = "bearer";
    open_http(&f, &settings);
    http_get(f.http, "/a", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_string_equal(f.body, "{}");
    assert_string_equal(
        script_header(script_server_request(own, 0), "Authorization", value, sizeof value),
        "Bearer tok-2");
    assert_int_equal(script_server_count(other), 1);
    assert_null(strstr(script_server_request(other, 0), "tok-2"));
    close_http(&f);
    script_server_free(own);
    script_server_free(other);
}

/* Whatever another host answers, it answers to nobody: without the token it cannot be about us. */
static void test_figures_of_another_host_are_refused(void **state)
{
    (void)state;
    static const struct script_exchange there[] = {
        {"/x", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}}};
    static const struct script_exchange here[] = {
        {NULL,
         {{SCRIPT_SEND, "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:@PEER@/x\r\n\r\n", 0, 0}}}};
    for (int i = 0; i < 3; i++) {
        const char *const tokens[] = {"tok-2", "tok-2", NULL};
        const char *const ways[] = {"cookie", "bearer", "cookie"};
        struct script_server *own = script_server_new(here, 1);
        struct script_server *other = script_server_new(there, 1);
        script_server_set_peer(own, script_server_port(other));
        struct fixture f;
        struct http_settings settings = settings_of(script_server_url(own));
        settings.token = tokens[i];
        settings.auth = ways[i];
        open_http(&f, &settings);
        http_get(f.http, "/a", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        if (tokens[i] == NULL) { /* where nothing is ours, nothing is foreign */
            assert_string_equal(f.body, "{}");
        } else {
            assert_int_equal(f.kind, FAULT_REDIRECT);
            assert_non_null(strstr(f.fault.text, "gets no token"));
            assert_null(strstr(script_server_request(other, 0), "tok-2"));
        }
        close_http(&f);
        script_server_free(own);
        script_server_free(other);
    }
}

/* A balancer's cookie goes back to where it came from, beside ours, and nowhere else. */
static void test_cookies_of_our_origin_are_kept(void **state)
{
    (void)state;
    static const struct script_exchange there[] = {
        {"/away",
         {{SCRIPT_SEND,
           "HTTP/1.1 302 F\r\nSet-Cookie: there=2\r\nLocation: "
           "http://127.0.0.1:@PEER@/back\r\n\r\n",
           0, 0}}}};
    static const struct script_exchange here[] = {
        {"/a",
         {{SCRIPT_SEND, JSON "Set-Cookie: lb=1; Path=/\r\nContent-Length: 2\r\n\r\n{}", 0, 0}}},
        {"/b",
         {{SCRIPT_SEND, "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:@PEER@/away\r\n\r\n", 0, 0}}},
        {"/back", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    struct script_server *own = script_server_new(here, 3);
    struct script_server *other = script_server_new(there, 1);
    script_server_set_peer(own, script_server_port(other));
    script_server_set_peer(other, script_server_port(own));
    struct fixture f;
    char value[256];
    struct http_settings settings = settings_of(script_server_url(own));
    settings.token = "tok-3";
    open_http(&f, &settings);
    http_get(f.http, "/a", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    http_get(f.http, "/b", NULL, on_done, &f);
    f.wanted = 2;
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.kind, FAULT_NONE);
    assert_string_equal(script_header(script_server_request(own, 0), "Cookie", value, sizeof value),
                        "authjs.session-token=tok-3");
    for (size_t i = 1; i < 3; i++) {
        assert_string_equal(
            script_header(script_server_request(own, i), "Cookie", value, sizeof value),
            "lb=1; authjs.session-token=tok-3");
    }
    assert_null(script_header(script_server_request(other, 0), "Cookie", value, sizeof value));
    close_http(&f);
    script_server_free(own);
    script_server_free(other);
}

/* However many a server sets, only a few are kept. */
static void test_cookies_have_a_ceiling(void **state)
{
    (void)state;
    char answer[2][4096];
    for (int i = 0; i < 2; i++) {
        size_t len = (size_t)snprintf(answer[i], sizeof answer[i], JSON "Content-Length: 2\r\n");
        for (int k = 0; k < 40; k++) {
            len += (size_t)snprintf(answer[i] + len, sizeof answer[i] - len,
                                    "Set-Cookie: c%d-%d=x; Path=/\r\n", i, k);
        }
        snprintf(answer[i] + len, sizeof answer[i] - len, "\r\n{}");
    }
    const struct script_exchange exchanges[] = {
        {"/1", {{SCRIPT_SEND, answer[0], 0, 0}}},
        {"/2", {{SCRIPT_SEND, answer[1], 0, 0}}},
        {"/3", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    static const char *const paths[] = {"/1", "/2", "/3"};
    struct script_server *server = script_server_new(exchanges, 3);
    struct fixture f;
    char value[1024];
    struct http_settings settings = settings_of(script_server_url(server));
    open_http(&f, &settings);
    for (size_t i = 0; i < 3; i++) {
        f.calls = 0;
        http_get(f.http, paths[i], NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
    }
    assert_non_null(script_header(script_server_request(server, 1), "Cookie", value, sizeof value));
    assert_null(script_header(script_server_request(server, 2), "Cookie", value, sizeof value));
    close_http(&f);
    script_server_free(server);
}

/* --- a pool ----------------------------------------------------------------------------------- */

static const struct script_exchange kept[] = {
    {"/a",
     {{SCRIPT_SEND, JSON "Set-Cookie: lb=a; Path=/\r\nContent-Length: 2\r\n\r\n{}", 0, 0},
      {SCRIPT_KEEP, NULL, 0, 0}}},
    {"/b", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}, {SCRIPT_KEEP, NULL, 0, 0}}},
    {"/c", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}, {SCRIPT_KEEP, NULL, 0, 0}}},
};

static void get_one(struct fixture *f, struct http *http, const char *path)
{
    f->calls = 0;
    http_get(http, path, NULL, on_done, f);
    assert_int_equal(loop_run(f->loop), 0);
    assert_int_equal(f->kind, FAULT_NONE);
}

/* Two of one login use each other's connections, and neither's token and cookies are the other's;
 * what one has kept is the other's when it is gone. */
static void test_a_pool_is_of_connections_alone(void **state)
{
    (void)state;
    for (int pooled = 0; pooled < 2; pooled++) {
        struct script_server *server = script_server_new(kept, 3);
        struct http_pool *pool = pooled ? http_pool_new() : NULL;
        struct fault fault;
        struct fixture f;
        char value[256];
        struct http_settings settings = settings_of(script_server_url(server));
        settings.token = "tok-a";
        settings.pool = pool;
        open_http(&f, &settings);
        settings.token = "tok-b";
        struct http *other = http_new(f.loop, &settings, &fault);
        get_one(&f, f.http, "/a");
        get_one(&f, other, "/b");
        assert_string_equal(
            script_header(script_server_request(server, 1), "Cookie", value, sizeof value),
            "authjs.session-token=tok-b");
        http_free(f.http);
        f.http = NULL;
        get_one(&f, other, "/c");
        assert_int_equal(script_server_connections(server), pooled ? 1 : 2);
        http_pool_free(pool);
        http_free(other);
        close_http(&f);
        script_server_free(server);
    }
}

/* A callback of one cancels what the other asked, in whatever order libcurl calls back. */
static void test_one_of_a_pool_cancels_another(void **state)
{
    (void)state;
    static const struct script_exchange two[] = {
        {"/a", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
        {"/b", {{SCRIPT_WAIT, NULL, 0, 5}, {SCRIPT_SEND, JSON "\r\n{}", 0, 0}}},
        {"/c", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    struct script_server *server = script_server_new(two, 3);
    struct fault fault;
    struct fixture f;
    struct http_settings settings = settings_of(script_server_url(server));
    settings.pool = http_pool_new();
    open_http(&f, &settings);
    struct http *first = http_new(f.loop, &settings, &fault);
    http_pool_free(settings.pool);
    http_get(first, "/a", NULL, on_done, &f);
    f.cancel_in_callback = http_get(f.http, "/b", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    http_get(first, "/c", NULL, on_done, &f);
    f.wanted = 2;
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.calls, 2);
    http_free(first);
    close_http(&f);
    script_server_free(server);
}

/* A connection that was kept and has died without a word, while new ones are well. */
static void test_what_died_silently_is_not_used_again(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/1",
         {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}, {SCRIPT_DEAD, NULL, 0, 0}}},
        {"/2", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n[]", 0, 0}}},
    };
    for (int forget = 0; forget < 2; forget++) {
        struct script_server *server = script_server_new(exchanges, 2);
        struct fixture f;
        struct http_settings settings = settings_of(script_server_url(server));
        settings.total_timeout_ms = forget ? 0 : 100;
        open_http(&f, &settings);
        http_get(f.http, "/1", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        if (forget) {
            http_forget_connections(f.http); /* as one does after a sleep */
        } else {
            f.calls = 0;
            http_get(f.http, "/2", NULL, on_done, &f);
            assert_int_equal(loop_run(f.loop), 0);
            assert_int_equal(f.kind, FAULT_TIMEOUT); /* once is enough */
            f.kind = FAULT_NONE;
        }
        f.calls = 0;
        http_get(f.http, "/2", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        assert_int_equal(f.kind, FAULT_NONE);
        assert_string_equal(f.body, "[]");
        close_http(&f);
        script_server_free(server);
    }
}

#define ECHOED "tok-0123456789abcdef"

/* What a server repeats of the token ends here: in no error, and in no body that is kept. */
static void test_an_echoed_token_is_hidden(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *body, *fault; /* body: whole, fault: a part */
    } echoes[] = {
        {JSON "\r\n{\"a\":\"" ECHOED "\",\"b\":\"x" ECHOED ECHOED "\"}",
         "{\"a\":\"********************\",\"b\":\"x****************************************\"}",
         NULL},
        {JSON "\r\ntok-0123456789abcdetok-0123456789abcde" ECHOED,
         "tok-0123456789abcdetok-0123456789abcde********************", NULL},
        {"HTTP/1.1 400 B\r\nContent-Type: application/json\r\nContent-Length: 48\r\n\r\n"
         "{\"error\":\"no session " ECHOED " here\"}",
         NULL, "no session ******************** here"},
        {JSON "Content-Encoding: " ECHOED "\r\n\r\nx", NULL, "packed as '********************'"},
    };
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
        const struct script_exchange exchange = {
            NULL, {{SCRIPT_SEND, echoes[i].answer, strlen(echoes[i].answer), 0}}};
        struct script_server *server = script_server_new(&exchange, 1);
        struct fixture f;
        struct http_settings settings = settings_of(script_server_url(server));
        settings.token = ECHOED;
        open_http(&f, &settings);
        http_get(f.http, "/", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        if (echoes[i].body != NULL) {
            assert_string_equal(f.body, echoes[i].body);
        } else {
            assert_non_null(strstr(f.fault.text, echoes[i].fault));
        }
        close_http(&f);
        script_server_free(server);
    }
}

/* A loopback address may be a tunnel's end: what answers so late is not on this machine. */
static void test_a_tunnel_is_asked_to_pack(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/slow",
         {{SCRIPT_WAIT, NULL, 0, 20}, {SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 1);
    struct fixture f;
    char value[64];
    struct http_settings settings = settings_of(script_server_url(server));
    open_http(&f, &settings);
    http_get(f.http, "/slow", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    f.calls = 0;
    http_get(f.http, "/next", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_string_equal(
        script_header(script_server_request(server, 0), "Accept-Encoding", value, sizeof value),
        "identity");
    assert_string_equal(
        script_header(script_server_request(server, 1), "Accept-Encoding", value, sizeof value),
        "gzip");
    /* and one that answers as only this machine can is not, once it has done so */
    bool near = false;
    for (size_t i = 2; i < 200 && !near; i++) {
        f.calls = 0;
        http_get(f.http, "/next", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        near = strcmp(script_header(script_server_request(server, i), "Accept-Encoding", value,
                                    sizeof value),
                      "identity") == 0;
    }
    assert_true(near);
    close_http(&f);
    script_server_free(server);
}

/* Whoever knows better says so, whatever is measured. */
static void test_packing_is_as_it_is_set(void **state)
{
    (void)state;
    static const char *const set[][2] = {{"yes", "gzip"}, {"no", "identity"}};
    static const struct script_exchange exchanges[] = {
        {"/slow",
         {{SCRIPT_WAIT, NULL, 0, 20}, {SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
        {NULL, {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        struct script_server *server = script_server_new(exchanges, 2);
        struct fixture f;
        char value[64];
        struct http_settings settings = settings_of(script_server_url(server));
        settings.gzip = set[i][0];
        open_http(&f, &settings);
        for (size_t k = 0; k < 6; k++) {
            f.calls = 0;
            http_get(f.http, k == 0 ? "/slow" : "/next", NULL, on_done, &f);
            assert_int_equal(loop_run(f.loop), 0);
            assert_string_equal(script_header(script_server_request(server, k), "Accept-Encoding",
                                              value, sizeof value),
                                set[i][1]);
        }
        close_http(&f);
        script_server_free(server);
    }
}

#define GZIP_HEAD JSON "Content-Encoding: gzip\r\n\r\n"
#define GZIP_SMALL                                                                                 \
    GZIP_HEAD "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf"   \
              "\xac\x1b\x56\x07\x00\x00\x00"

static void test_compressed_answers(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {NULL, {{SCRIPT_SEND, GZIP_SMALL, sizeof GZIP_SMALL - 1, 0}}},
        {NULL, {{SCRIPT_SEND, GZIP_HEAD "no gzip at all", 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 2);
    struct fixture f;
    struct http_settings settings = settings_of(script_server_url(server));
    open_http(&f, &settings);
    http_get(f.http, "/", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_string_equal(f.body, "{\"a\":1}");
    f.calls = 0;
    http_get(f.http, "/", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.kind, FAULT_NETWORK);
    close_http(&f);
    script_server_free(server);
}

static void test_proxies_from_the_environment(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {NULL, {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
        {NULL, {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n[]", 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 2);
    const char *urls[] = {"http://host.invalid", script_server_url(server)};
    const char *lines[] = {"GET http://host.invalid/x HTTP/1.1\r\n", "GET /x HTTP/1.1\r\n"};
    setenv("http_proxy", script_server_url(server), 1);
    unsetenv("no_proxy");
    for (size_t i = 0; i < 2; i++) { /* what is meant for this machine is not told to a proxy */
        struct fixture f;
        struct http_settings settings = settings_of(urls[i]);
        open_http(&f, &settings);
        http_get(f.http, "/x", NULL, on_done, &f);
        assert_int_equal(loop_run(f.loop), 0);
        assert_int_equal(f.kind, FAULT_NONE);
        assert_memory_equal(script_server_request(server, i), lines[i], strlen(lines[i]));
        close_http(&f);
    }
    unsetenv("http_proxy");
    script_server_free(server);
}

static void test_cancelled_requests_are_silent(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/hold", {{SCRIPT_HOLD, NULL, 0, 0}}},
        {"/now", {{SCRIPT_SEND, JSON "Content-Length: 2\r\n\r\n{}", 0, 0}}},
        {"/hold", {{SCRIPT_HOLD, NULL, 0, 0}}},
    };
    struct script_server *server = script_server_new(exchanges, 3);
    struct fixture f;
    struct http_settings settings = settings_of(script_server_url(server));
    open_http(&f, &settings);
    uint64_t held = http_get(f.http, "/hold", NULL, on_done, &f);
    uint64_t gone = http_get(f.http, "/gone", NULL, on_done, &f);
    http_get(f.http, "/now", NULL, on_done, &f);
    http_cancel(f.http, gone);
    http_cancel(f.http, 12345);
    f.cancel_in_callback = held;
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.calls, 1);
    http_get(f.http, "/hold", NULL, on_done, &f); /* left to http_free */
    close_http(&f);
    script_server_free(server);
}

static void test_a_slow_answer_times_out(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {NULL,
         {{SCRIPT_SEND, JSON "Content-Length: 9\r\n\r\n{", 0, 0}, {SCRIPT_HOLD, NULL, 0, 0}}}};
    struct script_server *server = script_server_new(exchanges, 1);
    struct fixture f;
    struct http_settings settings = settings_of(script_server_url(server));
    settings.total_timeout_ms = 60;
    open_http(&f, &settings);
    http_get(f.http, "/", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.kind, FAULT_TIMEOUT);
    close_http(&f);
    script_server_free(server);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(NULL, 0);
    char url[64];
    snprintf(url, sizeof url, "%s", script_server_url(server));
    script_server_free(server);
    struct fixture f;
    struct http_settings settings = settings_of(url);
    open_http(&f, &settings);
    http_get(f.http, "/", NULL, on_done, &f);
    assert_int_equal(loop_run(f.loop), 0);
    assert_int_equal(f.kind, FAULT_CONNECT);
    assert_string_equal(f.fault.text, "cannot connect to 127.0.0.1: connection refused");
    close_http(&f);
}

static void test_settings_that_cannot_work(void **state)
{
    (void)state;
    static const struct {
        struct http_settings settings;
        const char *text; /* NULL: accepted */
    } settings_rows[] = {
        {{.url = "http://example.com", .token = "t"}, "plain http"},
        {{.url = "http://example.com", .token = "t", .allow_insecure = true}, NULL},
        {{.url = "http://example.com"}, NULL},
        {{.url = "https://example.com", .token = "t"}, NULL},
        {{.url = "http://127.0.0.1:1", .token = "t", .auth = "bearer"}, NULL},
        {{.url = "http://127.0.0.1:1", .token = "t", .auth = "basic"}, "auth must be"},
        {{.url = "http://127.0.0.1:1", .token = ""}, "token"},
        {{.url = "http://127.0.0.1:1", .token = "a\r\nX: y"}, "token"},
        {{.url = "http://127.0.0.1:1", .token = "a\x01"}, "token"},
        {{.url = "http://127.0.0.1:1", .token = "a;b"}, "token"},
        {{.url = "http://127.0.0.1:1", .token = "a;b", .auth = "bearer"}, NULL},
        {{.url = "http://127.0.0.1:1", .token = "t", .cookie_name = "a b"}, "cookie"},
        {{.url = "http://127.0.0.1:1", .token = "t", .cookie_name = "a\r\nb"}, "cookie"},
        {{.url = "http://127.0.0.1:1", .ca_file = "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"},
        {{.url = "nonsense"}, "URL"},
        {{.url = NULL}, "URL"},
    };
    struct loop *loop = loop_new();
    for (size_t i = 0; i < sizeof settings_rows / sizeof *settings_rows; i++) {
        struct fault fault = {0};
        struct http *http = http_new(loop, &settings_rows[i].settings, &fault);
        assert_int_equal(http != NULL, settings_rows[i].text == NULL);
        if (settings_rows[i].text != NULL) {
            assert_int_equal(fault.kind, FAULT_CONFIG);
            assert_non_null(strstr(fault.text, settings_rows[i].text));
        }
        http_free(http);
    }
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_what_is_sent_and_read_back),
        cmocka_unit_test(test_credentials_stay_on_their_origin),
        cmocka_unit_test(test_figures_of_another_host_are_refused),
        cmocka_unit_test(test_cookies_of_our_origin_are_kept),
        cmocka_unit_test(test_cookies_have_a_ceiling),
        cmocka_unit_test(test_a_pool_is_of_connections_alone),
        cmocka_unit_test(test_one_of_a_pool_cancels_another),
        cmocka_unit_test(test_what_died_silently_is_not_used_again),
        cmocka_unit_test(test_an_echoed_token_is_hidden),
        cmocka_unit_test(test_a_tunnel_is_asked_to_pack),
        cmocka_unit_test(test_packing_is_as_it_is_set),
        cmocka_unit_test(test_compressed_answers),
        cmocka_unit_test(test_proxies_from_the_environment),
        cmocka_unit_test(test_cancelled_requests_are_silent),
        cmocka_unit_test(test_a_slow_answer_times_out),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_settings_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
