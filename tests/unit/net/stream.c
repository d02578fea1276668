#include "script_server.h"

#include <blotter/net/stream.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OPEN "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define SEND(text)                                                                                 \
    {                                                                                              \
        SCRIPT_SEND, text, 0, 0                                                                    \
    }
#define HOLD                                                                                       \
    {                                                                                              \
        SCRIPT_HOLD, NULL, 0, 0                                                                    \
    }
#define DEADLINE_US 10000000
#define EVENT_MAX 4096

struct fixture {
    struct loop *loop;
    struct loop_timer *guard;
    struct loop_timer *later;
    struct http *http;
    struct stream *stream;
    /* "a" per event's data, "<live>" per phase, "+" when an id was sent, "!": too large */
    char log[512];
    char act_on; /* the event at which act is called */
    void (*act)(struct fixture *f);
};

static void note(struct fixture *f, const char *text, size_t len)
{
    size_t used = strlen(f->log);
    assert_true(used + len + 1 < sizeof f->log);
    memcpy(f->log + used, text, len);
    f->log[used + len] = '\0';
}

static void on_event(void *user, const struct sse_event *event)
{
    struct fixture *f = user;
    note(f, event->data, event->data_len);
    if (f->act != NULL && event->data_len == 1 && event->data[0] == f->act_on) {
        f->act(f);
    }
}

static void on_status(void *user, const struct conn_status *status)
{
    struct fixture *f = user;
    bool resumed = status->resumes && status->phase == CONN_LIVE;
    note(f, "<", 1);
    note(f, &"icslwe"[status->phase], 1);
    note(f, resumed ? "+>" : ">", resumed ? 2 : 1);
    if (status->phase == CONN_ENDED) {
        loop_quit(f->loop, 0);
    }
}

static void on_too_large(void *user)
{
    note(user, "!", 1);
}

static void on_guard(void *user)
{
    loop_quit(((struct fixture *)user)->loop, 99);
}

static void run(struct fixture *f, struct script_server *server, int64_t retry_ms)
{
    struct http_settings http;
    struct conn_settings conn;
    struct fault fault;
    struct stream_handler handler = {
        .on_event = on_event, .on_status = on_status, .on_too_large = on_too_large, .user = f};
    http_settings_default(&http);
    conn_settings_default(&conn);
    http.url = script_server_url(server);
    conn.retry_ms = retry_ms;
    f->loop = loop_new();
    f->guard = loop_timer_new(f->loop, on_guard, f);
    loop_timer_set(f->guard, loop_now(f->loop).mono_us + DEADLINE_US);
    f->http = http_new(f->loop, &http, &fault);
    assert_non_null(f->http);
    f->stream = stream_new(f->http, "/s", &conn, EVENT_MAX, &handler);
    stream_start(f->stream);
    assert_int_equal(loop_run(f->loop), 0);
    stream_free(f->stream);
    http_free(f->http);
    loop_timer_free(f->later);
    loop_timer_free(f->guard);
    loop_free(f->loop);
}

static void act_stop(struct fixture *f)
{
    stream_stop(f->stream);
}

static void act_resumed(struct fixture *f)
{
    f->act = NULL;
    stream_resumed(f->stream);
}

static void on_later_resume(void *user)
{
    struct fixture *f = user;
    note(f, ".", 1);
    stream_pause(f->stream, false);
}

static void act_pause(struct fixture *f)
{
    f->act = NULL;
    stream_pause(f->stream, true);
    f->later = loop_timer_new(f->loop, on_later_resume, f);
    loop_timer_set(f->later, loop_now(f->loop).mono_us + 60000);
}

static void act_pause_twice(struct fixture *f)
{
    f->act = NULL;
    stream_pause(f->stream, true);
    stream_pause(f->stream, false);
}

static void test_life(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct script_exchange exchanges[3];
        char act_on;
        void (*act)(struct fixture *f);
        const char *log;
        size_t requests;
    } rows[] = {
        {"two connections, then 204",
         {{NULL, {SEND(OPEN "id: 1\ndata: a\n\n")}}, {NULL, {SEND(OPEN "data: b\n\n")}}},
         0,
         NULL,
         "<c><s><l>a<w><c><s><l+>b<w><c><e>",
         3},
        {"an event over the ceiling is left out, and its id is not asked for again",
         {{NULL,
           {SEND(OPEN "id: 1\ndata: a\n\nid: 2\ndata: "),
            {SCRIPT_FILL, "0123456789abcdef", 0, EVENT_MAX / 16 + 1},
            SEND("\n\ndata: b\n\n")}}},
         0,
         NULL,
         "<c><s><l>a!b<w><c><e>",
         2},
        {"what is packed in an unknown way is not asked for again",
         {{NULL,
           {SEND("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 "Content-Encoding: zorro\r\n\r\ndata: a\n\n")}}},
         0,
         NULL,
         "<c><e>",
         1},
        {"not a byte, then the end: it was not live",
         {{NULL, {SEND(OPEN), {SCRIPT_WAIT, NULL, 0, 20}}}, {NULL, {SEND(OPEN ":\n")}}},
         0,
         NULL,
         "<c><s><w><c><s><l><w><c><e>",
         3},
        {"no event after a stop",
         {{NULL, {SEND(OPEN "data: a\n\ndata: b\n\n"), HOLD}}},
         'a',
         act_stop,
         "<c><s><l>a<e>",
         1},
        {"no event of the old connection after a new one was wanted",
         {{NULL, {SEND(OPEN "id: 1\ndata: a\n\ndata: b\n\n"), HOLD}},
          {NULL, {SEND(OPEN "data: c\n\n")}}},
         'a',
         act_resumed,
         "<c><s><l>a<c><s><l+>c<w><c><e>",
         3},
        {"while paused nothing is read",
         {{NULL, {SEND(OPEN "data: a\n\n"), {SCRIPT_WAIT, NULL, 0, 20}, SEND("data: b\n\n")}}},
         'a',
         act_pause,
         "<c><s><l>a.b<w><c><e>",
         2},
        {"paused and taken up again at once",
         {{NULL, {SEND(OPEN "data: a\n\n"), {SCRIPT_WAIT, NULL, 0, 20}, SEND("data: b\n\n")}}},
         'a',
         act_pause_twice,
         "<c><s><l>ab<w><c><e>",
         2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = 0;
        while (count < 3 && rows[i].exchanges[count].steps[0].op != SCRIPT_END) {
            count++;
        }
        struct script_server *server = script_server_new(rows[i].exchanges, count);
        struct fixture f = {.act_on = rows[i].act_on, .act = rows[i].act};
        run(&f, server, 10);
        if (strcmp(f.log, rows[i].log) != 0) {
            print_error("%s\n", rows[i].name);
        }
        assert_string_equal(f.log, rows[i].log);
        assert_int_equal(script_server_count(server), rows[i].requests);
        script_server_free(server);
    }
}

static void on_later_retry(void *user)
{
    struct fixture *f = user;
    stream_retry_now(f->stream);
}

static void on_status_retry(void *user, const struct conn_status *status)
{
    struct fixture *f = user;
    on_status(user, status);
    if (status->phase == CONN_WAITING) {
        loop_timer_set(f->later, loop_now(f->loop).mono_us);
    }
}

static void test_retry_now_does_not_wait(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {{NULL, {SEND("HTTP/1.1 500 E\r\n\r\n")}}};
    struct script_server *server = script_server_new(exchanges, 1);
    struct fixture f = {0};
    struct http_settings http;
    struct conn_settings conn;
    struct fault fault;
    struct stream_handler handler = {
        .on_event = on_event, .on_status = on_status_retry, .user = &f};
    http_settings_default(&http);
    conn_settings_default(&conn);
    http.url = script_server_url(server);
    conn.retry_ms = conn.max_retry_ms = 60000;
    f.loop = loop_new();
    f.guard = loop_timer_new(f.loop, on_guard, &f);
    f.later = loop_timer_new(f.loop, on_later_retry, &f);
    loop_timer_set(f.guard, loop_now(f.loop).mono_us + DEADLINE_US);
    f.http = http_new(f.loop, &http, &fault);
    f.stream = stream_new(f.http, "/s", &conn, 0, &handler);
    stream_start(f.stream);
    assert_int_equal(loop_run(f.loop), 0);
    assert_string_equal(f.log, "<c><w><c><e>");
    stream_free(f.stream);
    http_free(f.http);
    loop_timer_free(f.later);
    loop_timer_free(f.guard);
    loop_free(f.loop);
    script_server_free(server);
}

#define PACKED_A                                                                                   \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xca\x4c\xb1\x52\x30\xe4"                             \
    "\x4a\x49\x2c\x49\xb4\x52\x48\xe4\xe2\x02\x00\x00\x00\xff\xff"
#define PACKED_B "\x82\x30\x92\xb8\xb8\x00\x00\x00\x00\xff\xff"
#define PACKED_HEAD                                                                                \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"
#define SEND_BYTES(text)                                                                           \
    {                                                                                              \
        SCRIPT_SEND, text, sizeof(text) - 1, 0                                                     \
    }

static void on_read(void *user, uint64_t request, const struct http_response *response,
                    const struct fault *fault)
{
    struct fixture *f = user;
    (void)request;
    (void)response;
    assert_null(fault);
    stream_start(f->stream);
}

/* A read that takes so long comes through a tunnel; then streams may be packed, event by event. One
 * that brings not a byte is not asked for packed again. */
static void test_a_packed_stream(void **state)
{
    (void)state;
    static const struct {
        struct script_exchange exchanges[4];
        const char *log;
        const char *encodings[3];
    } rows[] = {
        {{{"/read", {{SCRIPT_WAIT, NULL, 0, 30}, SEND("HTTP/1.1 200 OK\r\n\r\n{}")}},
          {"/s",
           {SEND(PACKED_HEAD),
            SEND_BYTES(PACKED_A),
            {SCRIPT_WAIT, NULL, 0, 20},
            SEND_BYTES(PACKED_B)}}},
         "<c><s><l>ab<w><c><e>",
         {"identity, gzip;q=0.5", "identity, gzip;q=0.5", NULL}},
        {{{"/read", {{SCRIPT_WAIT, NULL, 0, 30}, SEND("HTTP/1.1 200 OK\r\n\r\n{}")}},
          {"/s", {SEND(PACKED_HEAD), {SCRIPT_WAIT, NULL, 0, 20}, {SCRIPT_RESET, NULL, 0, 0}}},
          {"/s", {SEND(OPEN "data: a\n\n")}}},
         "<c><s><w><c><s><l>a<w><c><e>",
         {"identity, gzip;q=0.5", "identity", "identity"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = 0;
        while (count < 4 && rows[i].exchanges[count].path != NULL) {
            count++;
        }
        struct script_server *server = script_server_new(rows[i].exchanges, count);
        struct fixture f = {0};
        struct http_settings http;
        struct conn_settings conn;
        struct fault fault;
        struct stream_handler handler = {.on_event = on_event, .on_status = on_status, .user = &f};
        http_settings_default(&http);
        conn_settings_default(&conn);
        http.url = script_server_url(server);
        conn.retry_ms = 10;
        f.loop = loop_new();
        f.guard = loop_timer_new(f.loop, on_guard, &f);
        loop_timer_set(f.guard, loop_now(f.loop).mono_us + DEADLINE_US);
        f.http = http_new(f.loop, &http, &fault);
        f.stream = stream_new(f.http, "/s", &conn, 0, &handler);
        http_get(f.http, "/read", NULL, on_read, &f);
        assert_int_equal(loop_run(f.loop), 0);
        assert_string_equal(f.log, rows[i].log);
        for (size_t k = 0; k < 3 && rows[i].encodings[k] != NULL; k++) {
            char value[64];
            assert_string_equal(script_header(script_server_request(server, k + 1),
                                              "Accept-Encoding", value, sizeof value),
                                rows[i].encodings[k]);
        }
        stream_free(f.stream);
        http_free(f.http);
        loop_timer_free(f.guard);
        loop_free(f.loop);
        script_server_free(server);
    }
}

/* --- two that share a pool ---------------------------------------------------------------------
 */

#define FLOOD "data: 1234567890123456789012345678901234567890\n\n"
#define FLOOD_COUNT 2000000 /* more than come while the other has its say */

struct beside {
    struct loop *loop;
    size_t flooded, calm; /* events */
};

static void on_flood(void *user, const struct sse_event *event)
{
    struct beside *beside = user;
    (void)event;
    if (++beside->flooded == FLOOD_COUNT) {
        loop_quit(beside->loop, 1);
    }
}

static void on_calm(void *user, const struct sse_event *event)
{
    struct beside *beside = user;
    (void)event;
    if (++beside->calm == 3) {
        loop_quit(beside->loop, 0);
    }
}

static void on_no_status(void *user, const struct conn_status *status)
{
    (void)user;
    (void)status;
}

/* One's flood does not hold back what comes over the other's connection. */
static void test_a_flood_in_a_pool(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/flood", {SEND(OPEN), {SCRIPT_FILL, FLOOD, 0, FLOOD_COUNT}, HOLD}},
        {"/calm",
         {SEND(OPEN "data: a\n\n"),
          {SCRIPT_WAIT, NULL, 0, 5},
          SEND("data: b\n\n"),
          {SCRIPT_WAIT, NULL, 0, 5},
          SEND("data: c\n\n"),
          HOLD}}};
    struct script_server *server = script_server_new(exchanges, 2);
    struct beside beside = {.loop = loop_new()};
    const struct stream_handler handlers[] = {
        {.on_event = on_flood, .on_status = on_no_status, .user = &beside},
        {.on_event = on_calm, .on_status = on_no_status, .user = &beside}};
    static const char *const paths[] = {"/flood", "/calm"};
    struct http_settings settings;
    struct conn_settings conn;
    struct http *https[2];
    struct stream *streams[2];
    struct fault fault;
    struct fixture f = {.loop = beside.loop};
    f.guard = loop_timer_new(f.loop, on_guard, &f);
    loop_timer_set(f.guard, loop_now(f.loop).mono_us + 6 * DEADLINE_US);
    http_settings_default(&settings);
    conn_settings_default(&conn);
    settings.url = script_server_url(server);
    settings.pool = http_pool_new();
    for (int i = 0; i < 2; i++) {
        https[i] = http_new(f.loop, &settings, &fault);
        streams[i] = stream_new(https[i], paths[i], &conn, 0, &handlers[i]);
        stream_start(streams[i]);
    }
    http_pool_free(settings.pool);
    assert_int_equal(loop_run(f.loop), 0);
    for (int i = 0; i < 2; i++) {
        stream_free(streams[i]);
        http_free(https[i]);
    }
    loop_timer_free(f.guard);
    loop_free(f.loop);
    script_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_a_packed_stream),
        cmocka_unit_test(test_retry_now_does_not_wait),
        cmocka_unit_test(test_a_flood_in_a_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
