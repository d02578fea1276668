#include "script_server.h"

#include <blotter/client/client.h>
#include <blotter/client/relay.h>
#include <blotter/core/alloc.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define PATIENCE_US INT64_C(20000000)

static const char jq[] =
    "def orders: map({id, status, class, symbol, quantity: .qty, raw: .});\n"
    "def positions: map({id, symbol, quantity: .qty, averagePrice: .avg});\n"
    "def account: {id, balance};\n"
    "def watchlist: [.[] | {id: .name, name, items: [.symbols[] | {id: ., stock: {symbol: .}}]}];\n"
    "def quotes: {updates: [.[] | {symbol, bid, ask}]};\n"
    "def account_id: .ids[];\n"
    "def refusal: {text: .why, expired: (.why == \"expired\")};\n"
    "def next_page: .next? // empty;\n"
    "def clock: {open: (.now < 0)};\n"
    "def event: (.data? // .) | if .kind == \"order\" then {event: \"order_updated\", id, "
    "data: {orderId: .order, status, class}} elif .kind == \"beat\" then "
    "{event: \"heartbeat\", id} else empty end;\n";

#define HEAD                                                                                       \
    "[backend]\nformat = 1\nbadge = mock\nsecrets = key\n[hosts]\napi = {url}\n"                   \
    "[headers]\nX-Key = {secret:key}\nX-Both = Basic {basic:key:key}\n"

/* A server of a script, a backend of files, and a client between them. */
struct world {
    struct script_server *server;
    char directory[64], path[96];
    struct adapt *adapt;
    struct loop *loop;
    struct client *client;
    struct loop_timer *patience;
    bool (*done)(struct world *world);
    const char *secret;
    int renewals;
    struct client_backend backend;
    struct client_list list;
};

static void write_file(const struct world *world, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", world->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static const char *secret(void *user, const char *name, size_t len)
{
    const struct world *world = user;
    return len == 3 && memcmp(name, "key", 3) == 0 ? world->secret : NULL;
}

static void renew(void *user, void (*done)(void *client, bool ok), void *client)
{
    struct world *world = user;
    world->renewals++;
    world->secret = "another-secret-of-some-length";
    done(client, true);
}

static void ran_out(void *user)
{
    (void)user;
    fail_msg("it did not come to that in time");
}

static void on_change(void *user, unsigned mask)
{
    struct world *world = user;
    (void)mask;
    if (world->done(world)) {
        loop_quit(world->loop, 0);
    }
}

static struct adapt *world_load(const struct world *world)
{
    struct adapt_source source = {.url = script_server_url(world->server)};
    struct buf sentences;
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = adapt_load(world->path, &source, &sentences);
    assert_string_equal(sentences.len > 0 ? sentences.data : "", "");
    buf_done(&sentences);
    return adapt;
}

static void world_open(struct world *world, const char *ini, const struct script_exchange *script,
                       size_t count)
{
    *world = (struct world){.secret = "a-secret-of-some-length"};
    world->server = script_server_new(script, count);
    snprintf(world->directory, sizeof world->directory, "/tmp/blotter-backend-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    write_file(world, "test.ini", ini);
    write_file(world, "test.jq", jq);
    snprintf(world->path, sizeof world->path, "%s/test.ini", world->directory);
    world->adapt = world_load(world);
    static const char *const symbols[] = {"AAA", "BBB"};
    world->list = (struct client_list){"Mine", symbols, 2};
    world->backend = (struct client_backend){.adapt = world->adapt,
                                             .secret = secret,
                                             .renew = renew,
                                             .user = world,
                                             .lists = &world->list,
                                             .list_count = 1};
    world->loop = loop_new();
    struct client_settings settings;
    struct fault fault;
    client_settings_default(&settings);
    settings.backend = &world->backend;
    settings.server = world->path;
    world->client = client_new(world->loop, &settings, &fault);
    assert_non_null(world->client);
    client_on_change(world->client, on_change, world);
    world->patience = loop_timer_new(world->loop, ran_out, world);
}

static void run_until(struct world *world, bool (*done)(struct world *world))
{
    world->done = done;
    loop_timer_set(world->patience, loop_refresh(world->loop).mono_us + PATIENCE_US);
    loop_run(world->loop);
}

static void world_close(struct world *world)
{
    char path[160];
    client_stop(world->client);
    client_free(world->client);
    loop_timer_free(world->patience);
    loop_free(world->loop);
    adapt_free(world->adapt);
    script_server_free(world->server);
    unlink(world->path);
    snprintf(path, sizeof path, "%s/test.jq", world->directory);
    unlink(path);
    rmdir(world->directory);
}

static struct pane_state pane_of(const struct world *world, enum resource resource)
{
    struct pane_state pane;
    engine_pane(client_engine(world->client), resource, &pane);
    return pane;
}

static size_t rows_of(const struct world *world, enum resource resource)
{
    struct pane_state pane = pane_of(world, resource);
    return pane.shown != NULL ? pane.shown->row_count : 0;
}

static size_t requests_for(const struct world *world, const char *path)
{
    size_t found = 0, len = strlen(path);
    for (size_t i = 0; i < script_server_count(world->server); i++) {
        const char *request = script_server_request(world->server, i);
        found += strncmp(request + 4, path, len) == 0 && request[4 + len] == ' ';
    }
    return found;
}

#define ANSWER_AS(status, more, body)                                                              \
    {                                                                                              \
        {                                                                                          \
            SCRIPT_SEND,                                                                           \
                "HTTP/1.1 " status                                                                 \
                "\r\nContent-Type: application/json\r\nConnection: close\r\n" more "\r\n" body,    \
                0, 0                                                                               \
        }                                                                                          \
    }
#define ANSWER(body) ANSWER_AS("200 OK", "", body)
#define LATE_ANSWER(wait_ms, body)                                                                 \
    {                                                                                              \
        {SCRIPT_WAIT, NULL, 0, wait_ms},                                                           \
        {                                                                                          \
            SCRIPT_SEND, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body, 0, 0                 \
        }                                                                                          \
    }

/* --- cases ----------------------------------------------------------------------------------- */

static bool all_loaded(struct world *world)
{
    return rows_of(world, RESOURCE_ORDERS) == 3 && rows_of(world, RESOURCE_POSITIONS) == 1 &&
           rows_of(world, RESOURCE_ACCOUNT) == 1;
}

static void test_discovery_and_pages(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/ids", ANSWER("{\"ids\":[\"x\",\"y\"]}")},
        {"/x/orders",
         ANSWER_AS("200 OK", "Link: <more?p=2>; rel=\"next\"\r\n",
                   "[{\"id\":1,\"status\":\"new\",\"class\":\"open\",\"qty\":\"0.5\"}]")},
        /* The first has moved to the second page meanwhile. */
        {"/x/more?p=2", ANSWER("[{\"id\":1,\"status\":\"new\"},{\"id\":2,\"status\":\"new\"}]")},
        {"/y/orders", ANSWER("[{\"id\":3,\"status\":\"EXECUTED\"}]")},
        {"/positions", ANSWER("[{\"id\":\"p\",\"symbol\":\"P\",\"qty\":2,\"avg\":3}]")},
        {"/account", ANSWER("{\"id\":\"a\",\"balance\":\"100.10\"}")},
    };
    struct world world;
    world_open(&world,
               HEAD "[discover.account_id]\nget = api /ids\n"
                    "[orders]\nget = api /{account_id}/orders\npoll = 10\npages = 2\n"
                    "[positions]\nget = api /positions\npoll = 10\n"
                    "[account]\nget = api /account\npoll = 10\n",
               script, COUNT(script));
    client_start(world.client);
    run_until(&world, all_loaded);
    struct pane_state orders = pane_of(&world, RESOURCE_ORDERS);
    assert_string_equal(orders.shown->orders[0].row.id, "1");
    assert_true(orders.shown->orders[0].quantity == 0.5);
    assert_int_equal(orders.shown->orders[0].class, ORDER_OPEN);
    assert_string_equal(orders.shown->orders[2].row.id, "3");
    assert_int_equal(orders.shown->orders[2].class, ORDER_DONE);
    assert_int_equal(script_server_count(world.server), 6);
    char value[64];
    for (size_t i = 0; i < 6; i++) {
        const char *request = script_server_request(world.server, i);
        assert_string_equal(script_header(request, "X-Key", value, sizeof value),
                            "a-secret-of-some-length");
        assert_string_equal(script_header(request, "Accept", value, sizeof value),
                            "application/json");
    }
    world_close(&world);
}

static bool quoted(struct world *world)
{
    struct pane_state pane = pane_of(world, RESOURCE_WATCHLISTS);
    return pane.shown != NULL && pane.shown->row_count == 2 && !isnan(pane.shown->items[0].bid) &&
           !isnan(pane.shown->items[1].bid) && rows_of(world, RESOURCE_POSITIONS) == 1 &&
           !isnan(pane_of(world, RESOURCE_POSITIONS).shown->positions[0].bid);
}

static void test_quotes_of_own_lists(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/positions", ANSWER("[{\"id\":\"p\",\"symbol\":\"P\",\"qty\":2,\"avg\":3}]")},
        {"/q?s=AAA,BBB,P",
         ANSWER(
             "[{\"symbol\":\"AAA\",\"bid\":1,\"ask\":2},{\"symbol\":\"BBB\",\"bid\":3,\"ask\":4},"
             "{\"symbol\":\"P\",\"bid\":5,\"ask\":6}]")},
        {"/q?s=AAA,BBB", ANSWER("[{\"symbol\":\"AAA\",\"bid\":1,\"ask\":2},"
                                "{\"symbol\":\"BBB\",\"bid\":3,\"ask\":4}]")},
    };
    struct world world;
    world_open(&world,
               HEAD "[positions]\nget = api /positions\npoll = 10\n[watchlist]\n"
                    "[quotes.all]\nget = api /q?s={symbols}\npoll = 5\n",
               script, COUNT(script));
    client_start(world.client);
    run_until(&world, quoted);
    struct pane_state pane = pane_of(&world, RESOURCE_WATCHLISTS);
    assert_string_equal(pane.shown->lists[0].name, "Mine");
    assert_true(pane.shown->items[1].bid == 3 && pane.shown->items[1].ask == 4);
    assert_true(pane_of(&world, RESOURCE_POSITIONS).shown->positions[0].ask == 6);
    assert_int_equal(requests_for(&world, "/positions"), 1);
    world_close(&world);
}

static bool quotes_have(const struct world *world, const char *text)
{
    struct buf quotes;
    buf_init(&quotes, 4096);
    bool found = client_quotes(world->client, &quotes) && strstr(quotes.data, text) != NULL;
    buf_done(&quotes);
    return found;
}

static bool has_both(struct world *world)
{
    return quotes_have(world, "\"CCC\"") && quotes_have(world, "\"ask\":4");
}

/* The answer of one section comes between those of another: none takes another's place. */
static void test_quotes_of_two_sections(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/one?s=AAA", ANSWER("[{\"symbol\":\"AAA\",\"bid\":1}]")},
        {"/one?s=BBB", ANSWER("[{\"symbol\":\"BBB\",\"bid\":2}]")},
        {"/two?s=AAA,BBB,CCC", LATE_ANSWER(100, "[{\"symbol\":\"AAA\",\"ask\":4}]")},
        {"/one?s=CCC", LATE_ANSWER(300, "[{\"symbol\":\"CCC\",\"bid\":3}]")},
        {"/positions", ANSWER("[]")},
    };
    static const char *const symbols[] = {"AAA", "BBB", "CCC"};
    struct world world;
    world_open(&world,
               HEAD "[positions]\nget = api /positions\npoll = 60\n[watchlist]\n"
                    "[quotes.one]\nget = api /one?s={symbols}\npoll = 60\nmax = 1\n"
                    "[quotes.two]\nget = api /two?s={symbols}\npoll = 60\n",
               script, COUNT(script));
    world.list = (struct client_list){"Mine", symbols, COUNT(symbols)};
    client_start(world.client);
    run_until(&world, has_both);
    for (size_t i = 0; i < COUNT(symbols); i++) {
        assert_true(quotes_have(&world, symbols[i]));
    }
    world_close(&world);
}

static bool has_orders(struct world *world)
{
    return rows_of(world, RESOURCE_ORDERS) > 0;
}

static void test_an_expired_login_is_renewed(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/orders", ANSWER_AS("403 Forbidden", "", "{\"why\":\"expired\"}")},
        {"/orders", ANSWER("[{\"id\":1,\"status\":\"PENDING\"}]")},
    };
    struct world world;
    world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\n", script, COUNT(script));
    client_start(world.client);
    run_until(&world, has_orders);
    assert_int_equal(world.renewals, 1);
    assert_int_equal(pane_of(&world, RESOURCE_ORDERS).fault.kind, FAULT_NONE);
    char value[64];
    assert_string_equal(
        script_header(script_server_request(world.server, 1), "X-Key", value, sizeof value),
        "another-secret-of-some-length");
    world_close(&world);
}

static bool has_fault(struct world *world)
{
    return pane_of(world, RESOURCE_ORDERS).fault.kind != FAULT_NONE;
}

static void test_what_refusals_say(void **state)
{
    (void)state;
    static const struct {
        struct script_exchange exchange;
        enum fault_kind kind;
        const char *text;
    } rows[] = {
        {{"/orders", ANSWER_AS("422 Unprocessable", "", "{\"why\":\"no such \\u001b[2Jthing\"}")},
         FAULT_HTTP,
         "no such"},
        {{"/orders", ANSWER("[{\"id\":1,\"status\":")}, FAULT_DECODE, "no JSON"},
        {{"/orders", ANSWER("{\"a\":7}")}, FAULT_DECODE, "test.jq: orders: "},
        {{"/orders", ANSWER_AS("302 Found", "Location: /elsewhere\r\n", "")},
         FAULT_REDIRECT,
         "not followed"},
        {{"/orders",
          {{SCRIPT_SEND,
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<a/>", 0, 0}}},
         FAULT_DECODE,
         "text/xml"},
        {{"/orders",
          ANSWER_AS("401 Unauthorized", "", "{\"why\":\"bad a-secret-of-some-length\"}")},
         FAULT_AUTH,
         "bad ****"},
        {{"/orders", ANSWER("<html>")},
         FAULT_DECODE,
         "the answer, application/json, is no JSON, at byte 0"},
        {{"/orders", ANSWER_AS("304 Not Modified", "", "")}, FAULT_HTTP, "(HTTP 304)"},
        {{"/orders",
          ANSWER_AS("403 Forbidden", "",
                    "{\"why\":\"Basic YS1zZWNyZXQtb2Ytc29tZS1sZW5ndGg6YS1zZWNyZXQtb2Ytc29tZS1sZW5n"
                    "dGg= Gr\xc3\xbc\xc3\x9f\x65\"}")},
         FAULT_AUTH,
         "Basic **************************************************************** "
         "Gr\xc3\xbc\xc3\x9f\x65"},
        {{"/orders",
          {{SCRIPT_SEND,
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
            "<html>gateway</html>",
            0, 0}}},
         FAULT_HTTP,
         "(HTTP 502)"},
        {{"/orders", ANSWER_AS("200 OK", "Content-Length: 8388609\r\n", "")},
         FAULT_TOO_LARGE,
         "limit of 8 MiB"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct script_exchange script[] = {rows[i].exchange, rows[i].exchange};
        struct world world;
        world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\n", script, COUNT(script));
        world.backend.renew = NULL;
        client_start(world.client);
        run_until(&world, has_fault);
        struct fault fault = pane_of(&world, RESOURCE_ORDERS).fault;
        assert_int_equal(fault.kind, rows[i].kind);
        if (strstr(fault.text, rows[i].text) == NULL) {
            fail_msg("row %zu: %s", i, fault.text);
        }
        assert_null(strchr(fault.text, '\033'));
        assert_null(strstr(fault.text, "a-secret"));
        assert_null(strstr(fault.text, "YS1z"));
        assert_null(strstr(fault.text, "<html>"));
        world_close(&world);
    }
}

static bool is_held(struct world *world)
{
    struct ask_state shown;
    return client_asking(world->client, &shown) && shown.held_until_us != MOMENT_NEVER;
}

static void test_too_many_requests(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/orders", ANSWER_AS("429 Too Many", "Retry-After: 1\r\n", "{\"why\":\"slowly\"}")},
        {"/orders", ANSWER("[{\"id\":1,\"status\":\"PENDING\"}]")},
    };
    struct world world;
    world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\n", script, COUNT(script));
    client_start(world.client);
    run_until(&world, is_held);
    client_trigger(world.client, ENGINE_MANUAL, RESOURCE_ALL);
    run_until(&world, has_orders);
    int64_t apart_us =
        script_server_time_us(world.server, 1) - script_server_time_us(world.server, 0);
    assert_true(apart_us >= 1000000);
    world_close(&world);
}

static bool one_is_gone(struct world *world)
{
    struct pane_state pane = pane_of(world, RESOURCE_ORDERS);
    return pane.shown != NULL && pane.shown->row_count == 2 &&
           strcmp(pane.shown->orders[1].status, "gone") == 0;
}

static bool two_open(struct world *world)
{
    return rows_of(world, RESOURCE_ORDERS) == 2;
}

static void test_open_orders_that_go(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/orders", ANSWER("[{\"id\":1,\"status\":\"new\",\"class\":\"open\"},"
                           "{\"id\":2,\"status\":\"new\",\"class\":\"open\"}]")},
        {"/orders", ANSWER("[{\"id\":2,\"status\":\"new\",\"class\":\"open\"}]")},
        {"/orders", ANSWER("[{\"id\":2,\"status\":\"part\",\"class\":\"part\"}]")},
    };
    struct world world;
    world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\nonly_open = yes\n", script,
               COUNT(script));
    client_start(world.client);
    run_until(&world, two_open);
    client_trigger(world.client, ENGINE_MANUAL, RESOURCE_ALL);
    run_until(&world, one_is_gone);
    struct pane_state pane = pane_of(&world, RESOURCE_ORDERS);
    assert_string_equal(pane.shown->orders[1].row.id, "1");
    assert_int_equal(pane.shown->orders[1].class, ORDER_UNKNOWN);
    world_close(&world);
}

static bool is_closed(struct world *world)
{
    struct ask_state shown;
    return client_asking(world->client, &shown) && shown.closed;
}

static void test_a_clock_without_an_address(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/orders", ANSWER("[{\"id\":1,\"status\":\"PENDING\"}]")}};
    struct world world;
    world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\npoll.closed = 120\n[clock]\n",
               script, COUNT(script));
    client_start(world.client);
    run_until(&world, is_closed);
    struct ask_state shown;
    client_asking(world.client, &shown);
    assert_true(shown.poll_ms == 120000);
    world_close(&world);
}

static void test_a_secret_that_cannot_be_sent(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, HEAD "[orders]\nget = api /orders\npoll = 10\n", NULL, 0);
    struct client_settings settings;
    client_settings_default(&settings);
    settings.backend = &world.backend;
    static const char *const secrets[] = {NULL, "line\r\nX-Other: 1"};
    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct fault fault = {.kind = FAULT_NONE};
        world.secret = secrets[i];
        assert_null(client_new(world.loop, &settings, &fault));
        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_non_null(strstr(fault.text, "X-Key"));
    }
    world_close(&world);
}

/* --- streams --------------------------------------------------------------------------------- */

#define STREAM_HEAD(type)                                                                          \
    {                                                                                              \
        SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n", 0,  \
            0                                                                                      \
    }
#define SAYS(text)                                                                                 \
    {                                                                                              \
        SCRIPT_SEND, text, 0, 0                                                                    \
    }
#define HOLDS                                                                                      \
    {                                                                                              \
        SCRIPT_HOLD, NULL, 0, 0                                                                    \
    }
#define ORDER(id, status)                                                                          \
    "{\"kind\":\"order\",\"id\":\"" id "\",\"order\":1,\"status\":\"" status "\"}"
#define ORDERS(status) ANSWER("[{\"id\":1,\"status\":\"" status "\"}]")
/* As often as anybody may ask: how many reads events cause depends on the time between them. */
#define THIRD                                                                                      \
    {"/orders", ORDERS("third")}, {"/orders", ORDERS("third")}, {"/orders", ORDERS("third")},      \
    {                                                                                              \
        "/orders", ORDERS("third")                                                                 \
    }
#define STREAMED HEAD "[orders]\nget = api /orders\npoll = 10\npoll.stream = 600\n[stream]\n"

static bool status_is(struct world *world, const char *status)
{
    return rows_of(world, RESOURCE_ORDERS) == 1 &&
           strcmp(pane_of(world, RESOURCE_ORDERS).shown->orders[0].status, status) == 0;
}

static bool is_third(struct world *world)
{
    return status_is(world, "third");
}

static bool is_settled(struct world *world)
{
    struct pane_state pane = pane_of(world, RESOURCE_ORDERS);
    return pane.shown != NULL && !pane.dirty && !pane.fetching;
}

static void test_a_stream_goes_on_where_it_was(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/events?a=b&since=i2",
         {STREAM_HEAD("text/event-stream"),
          SAYS("data: " ORDER("i2", "again") "\n\ndata: " ORDER("i3", "third") "\n\n"), HOLDS}},
        {"/events",
         {STREAM_HEAD("text/event-stream"),
          SAYS(": hello\n\ndata: " ORDER("i1", "first") "\n\ndata: " ORDER("i2", "second") "\n\n"),
          {SCRIPT_END, NULL, 0, 0}}},
        {"/orders", ORDERS("read")},
        THIRD,
        THIRD,
        THIRD,
    };
    struct world world;
    world_open(&world, STREAMED "get = api /events?a=b\nresume = query since\n", script,
               COUNT(script));
    client_start(world.client);
    run_until(&world, is_third);
    run_until(&world, is_settled);
    assert_int_equal(requests_for(&world, "/events?a=b"), 1);
    assert_int_equal(requests_for(&world, "/events?a=b&since=i2"), 1);
    char value[64];
    const char *request = script_server_request(world.server, 0);
    assert_string_equal(script_header(request, "Accept", value, sizeof value), "text/event-stream");
    assert_null(script_header(request, "Last-Event-ID", value, sizeof value));
    /* Nothing was missed when it went on. On a slow machine the first reads did not wait for the
     * first opening to the end, which is one. */
    const struct event_log *event_log = client_event_log(world.client);
    size_t missed = 0;
    for (size_t i = 0; i < event_log_count(event_log); i++) {
        if (strcmp(event_log_at(event_log, i)->name, "resync") == 0) {
            assert_string_equal(event_log_at(event_log, i)->what, "the stream begins anew");
            missed++;
        }
    }
    assert_true(missed <= 1);
    world_close(&world);
}

static void test_resumed_by_header(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/events",
         {STREAM_HEAD("text/event-stream"),
          SAYS("data: " ORDER("7", "first") "\n\n"),
          {SCRIPT_END, NULL, 0, 0}}},
        {"/events",
         {STREAM_HEAD("text/event-stream"), SAYS("data: " ORDER("8", "third") "\n\n"), HOLDS}},
        {"/orders", ORDERS("read")},
        THIRD,
        THIRD,
    };
    struct world world;
    world_open(&world, STREAMED "get = api /events\nresume = header X-Since\n", script,
               COUNT(script));
    client_start(world.client);
    run_until(&world, is_third);
    char value[64];
    size_t found = 0;
    for (size_t i = 0; i < script_server_count(world.server); i++) {
        found += script_header(script_server_request(world.server, i), "X-Since", value,
                               sizeof value) != NULL;
    }
    assert_int_equal(found, 1);
    assert_string_equal(value, "7");
    world_close(&world);
}

static bool missed_one(struct world *world)
{
    const struct event_log *event_log = client_event_log(world->client);
    for (size_t i = 0; i < event_log_count(event_log); i++) {
        if (strcmp(event_log_at(event_log, i)->name, "resync") == 0) {
            return is_third(world);
        }
    }
    return false;
}

/* Whatever tells of a loss makes every pane be read again, once. */
static void test_what_was_missed_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *ini, *type, *says;
    } rows[] = {
        {"get = api /events\ncomment.*dropped*messages* = gap\n", "text/event-stream",
         ": you are slow, dropped 5 messages\n\n"},
        {"get = api /events\n", "text/event-stream", "data: {\"kind\":\"something\"}\n\n"},
        {"get = api /events\n", "text/event-stream", "data: no JSON\n\n"},
        {"get = api /events\nkind = ndjson\n", "application/octet-stream",
         ORDER("6", "first") "\n{\"kind\":\"beat\",\"id\":\"6\"}\r\n\n"
                             "{\"kind\":\"beat\",\"id\":\"9\"}\n"},
        {"get = api /events\nkind = ndjson\n", "text/plain", "{\"kind\":\"something\"}\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char ini[512], head[128];
        snprintf(ini, sizeof ini, "%s%s", STREAMED, rows[i].ini);
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n", rows[i].type);
        /* The first read is answered before anything is said. */
        struct script_exchange script[] = {
            {"/events", {SAYS(head), {SCRIPT_WAIT, NULL, 0, 300}, SAYS(rows[i].says), HOLDS}},
            {"/orders", ORDERS("read")},
            THIRD,
            THIRD,
        };
        struct world world;
        world_open(&world, ini, script, COUNT(script));
        client_start(world.client);
        run_until(&world, missed_one);
        world_close(&world);
    }
}

/* The same of a stream alone, by what a reader of its events is told. */
struct listener {
    struct loop *loop;
    struct relay *relay;
    struct buf told;
};

static void on_told(void *user, const struct sse_event *event)
{
    struct listener *listener = user;
    buf_append(&listener->told, event->data, event->data_len);
    buf_append_text(&listener->told, "\n");
    if (strstr(listener->told.data, "third") != NULL) {
        loop_quit(listener->loop, 0);
    }
}

static void ignore_message(void *user, const struct sse_event *event)
{
    (void)user;
    (void)event;
}

static void ignore_status(void *user, const struct conn_status *status)
{
    (void)user;
    (void)status;
}

static void ignore_words(void *user, const char *words)
{
    (void)user;
    (void)words;
}

static void ignore(void *user)
{
    (void)user;
}

static void relay_due(void *user)
{
    relay_turn(((struct listener *)user)->relay);
}

static void test_a_reader_is_told_of_gaps(void **state)
{
    (void)state;
    static const struct {
        const char *ini;
        bool gap;
    } rows[] = {{"get = api /events\n", true},
                {"get = api /events\nresume = query since\n", false}};
    static const struct script_exchange script[] = {
        {"/events",
         {STREAM_HEAD("text/event-stream"),
          SAYS("data: " ORDER("7", "first") "\n\n"),
          {SCRIPT_END, NULL, 0, 0}}},
        {"/events",
         {STREAM_HEAD("text/event-stream"), SAYS("data: " ORDER("8", "third") "\n\n"), HOLDS}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault;
        char ini[512];
        snprintf(ini, sizeof ini, "%s%s", STREAMED, rows[i].ini);
        world_open(&world, ini, script, COUNT(script));
        struct client_settings defaults;
        client_settings_default(&defaults);
        const struct relay_settings settings = {&world.backend, defaults.http, defaults.conn, 65536,
                                                0};
        struct listener listener = {.loop = world.loop};
        const struct relay_handler handler = {.on_event = on_told,
                                              .on_message = ignore_message,
                                              .on_unknown = ignore_message,
                                              .on_status = ignore_status,
                                              .on_too_large = ignore,
                                              .on_note = ignore_words,
                                              .on_stopped = ignore,
                                              .user = &listener};
        buf_init(&listener.told, 4096);
        listener.relay = relay_new(world.loop, &settings, &handler, &fault);
        assert_non_null(listener.relay);
        loop_before_wait(world.loop, relay_due, &listener);
        loop_timer_set(world.patience, loop_refresh(world.loop).mono_us + PATIENCE_US);
        relay_start(listener.relay);
        loop_run(world.loop);
        bool told = strstr(listener.told.data, "\"resync\"") != NULL;
        assert_int_equal(told, rows[i].gap);
        loop_before_wait_remove(world.loop, relay_due, &listener);
        relay_free(listener.relay);
        buf_done(&listener.told);
        world_close(&world);
    }
}

/* A stream's host that cannot be reached keeps nobody from asking the others. */
static void test_a_dead_host_of_the_stream(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/orders", ORDERS("read")},
        {"/orders", ORDERS("third")},
    };
    struct world world;
    world_open(&world,
               "[backend]\nformat = 1\nbadge = mock\nsecrets = key\n[hosts]\napi = {url}\n"
               "dead = http://127.0.0.1:9\n[headers]\nX-Key = {secret:key}\n"
               "[orders]\nget = api /orders\npoll = 1\n[stream]\nget = dead /events\n",
               script, COUNT(script));
    client_start(world.client);
    run_until(&world, is_third);
    world_close(&world);
}

/* Other files: rows stay, then come from elsewhere; those that cannot work change nothing. */
static void test_other_files(void **state)
{
    (void)state;
    static const struct script_exchange script[] = {
        {"/events", {STREAM_HEAD("text/event-stream"), SAYS(": hello\n\n"), HOLDS}},
        {"/orders", ORDERS("read")},
        {"/orders", ORDERS("read")},
        {"/events", {STREAM_HEAD("text/event-stream"), SAYS(": hello\n\n"), HOLDS}},
        {"/elsewhere", ORDERS("third")},
        {"/elsewhere", ORDERS("third")},
        {"/elsewhere", ORDERS("third")},
    };
    struct world world;
    world_open(&world, STREAMED "get = api /events\n", script, COUNT(script));
    client_start(world.client);
    run_until(&world, has_orders);
    struct client_settings settings;
    struct fault fault;
    client_settings_default(&settings);
    struct client_backend other = world.backend;
    settings.backend = &other;
    world.secret = NULL;
    assert_false(client_change_backend(world.client, &settings, &fault));
    assert_non_null(strstr(fault.text, "a secret of the header"));
    world.secret = "a-secret-of-some-length";
    write_file(&world, "test.ini", STREAMED "get = api /events\n[account]\nget = api /a\n");
    other.adapt = world_load(&world);
    assert_false(client_change_backend(world.client, &settings, &fault));
    assert_non_null(strstr(fault.text, "a pane came or went"));
    adapt_free(other.adapt);
    write_file(&world, "test.ini",
               HEAD "[orders]\nget = api /elsewhere\npoll = 10\n[stream]\nget = api /events\n");
    other.adapt = world_load(&world);
    assert_true(client_change_backend(world.client, &settings, &fault));
    adapt_free(world.adapt);
    world.adapt = other.adapt;
    assert_true(status_is(&world, "read"));
    run_until(&world, is_third);
    run_until(&world, is_settled);
    assert_int_equal(requests_for(&world, "/events"), 2);
    world_close(&world);
}

static bool is_polled(struct world *world)
{
    const struct conn_status *status = client_stream_status(world->client);
    return has_orders(world) && status != NULL &&
           (status->phase == CONN_ENDED || status->phase == CONN_WAITING);
}

static void test_a_refused_stream_is_polled_instead(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *text;
    } rows[] = {
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"},
        {"HTTP/1.1 406 Not Acceptable\r\nContent-Length: 0\r\n\r\n", "406"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", "text/html"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct script_exchange script[] = {
            {"/events", {SAYS(rows[i].answer), {SCRIPT_END, NULL, 0, 0}}},
            {"/orders", ORDERS("read")},
        };
        struct world world;
        world_open(&world, STREAMED "get = api /events\n", script, COUNT(script));
        client_start(world.client);
        run_until(&world, is_polled);
        const struct conn_status *status = client_stream_status(world.client);
        assert_non_null(strstr(status->fault.text, rows[i].text));
        assert_int_not_equal(status->fault.kind, FAULT_AUTH);
        struct ask_state shown;
        assert_true(client_asking(world.client, &shown));
        assert_true(shown.poll_ms == 10000 && shown.poll_us != MOMENT_NEVER && !shown.stopped);
        assert_false(pane_of(&world, RESOURCE_ORDERS).stale);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discovery_and_pages),
        cmocka_unit_test(test_quotes_of_own_lists),
        cmocka_unit_test(test_quotes_of_two_sections),
        cmocka_unit_test(test_an_expired_login_is_renewed),
        cmocka_unit_test(test_what_refusals_say),
        cmocka_unit_test(test_too_many_requests),
        cmocka_unit_test(test_open_orders_that_go),
        cmocka_unit_test(test_a_clock_without_an_address),
        cmocka_unit_test(test_a_secret_that_cannot_be_sent),
        cmocka_unit_test(test_a_stream_goes_on_where_it_was),
        cmocka_unit_test(test_resumed_by_header),
        cmocka_unit_test(test_what_was_missed_is_read),
        cmocka_unit_test(test_a_dead_host_of_the_stream),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_a_reader_is_told_of_gaps),
        cmocka_unit_test(test_a_refused_stream_is_polled_instead),
    };
    if (!adapt_available()) {
        return 77; /* the build has no libjq */
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
