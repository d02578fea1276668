/* The mock's event stream over real sockets. */
#include "mock_wire.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int start_with(void **state, const char *const *args)
{
    struct server *server = calloc(1, sizeof *server);
    *state = server;
    return server_start(server, wire_program, args) ? 0 : -1;
}

static int start(void **state)
{
    static const char *const args[] = {
        "--rate",      "0",   "--quotes",      "0", "--seed",      "3", "--retain", "50",
        "--heartbeat", "0.2", "--max-streams", "4", "--allow-sql", NULL};
    return start_with(state, args);
}

static int stop(void **state)
{
    int status = wire_stop(*state);
    free(*state);
    return status;
}

static bool change(struct server *server)
{
    return server_sql(server, "UPDATE orders SET quantity = quantity + 1 WHERE rowid ="
                              " (SELECT min(rowid) FROM orders)");
}

/* The first id: line of what has come. */
static int64_t first_id(const struct wire *wire)
{
    const char *at = strstr(wire->bytes, "id: ");
    return at == NULL ? -1 : strtoll(at + 4, NULL, 10);
}

static void test_an_event_reaches_its_user_only(void **state)
{
    struct server *server = *state;
    struct wire wire;
    wire_stream(&wire, server, "");
    assert_string_equal(wire_header(&wire, "Content-Type"), "text/event-stream");
    assert_string_equal(wire_header(&wire, "Cache-Control"), "no-cache");
    assert_string_equal(wire_header(&wire, "X-Accel-Buffering"), "no");
    int64_t id = first_id(&wire);
    wire_forget(&wire);
    assert_true(server_sql(server, "UPDATE orders SET quantity = quantity + 1"));
    assert_true(wire_wait(&wire, ": heartbeat"));
    assert_int_equal(first_id(&wire), id + 1);
    int events = 0;
    for (const char *at = wire.bytes; (at = strstr(at, "order_updated")) != NULL; at++) {
        events++;
    }
    assert_int_equal(events, 40); /* of the 80 that changed */
    wire_close(&wire);
}

static void test_a_client_that_comes_back_gets_what_it_missed(void **state)
{
    struct server *server = *state;
    struct wire wire;
    char header[64], expected[64];
    wire_stream(&wire, server, "");
    int64_t id = first_id(&wire);
    wire_close(&wire);
    for (int i = 0; i < 3; i++) {
        assert_true(change(server));
    }
    snprintf(header, sizeof header, "Last-Event-ID: %lld\r\n", (long long)id);
    wire_stream(&wire, server, header);
    for (int i = 1; i <= 3; i++) {
        snprintf(expected, sizeof expected, "id: %lld\ndata: {\"event\":\"order_updated\"",
                 (long long)id + i);
        assert_true(wire_wait(&wire, expected));
    }
    wire_close(&wire);
    assert_true(server_sql(server, "UPDATE orders SET quantity = quantity + 1"));
    wire_stream(&wire, server, header); /* 80 events later, of which 50 are kept */
    assert_true(wire_wait(&wire, "\"event\":\"resync\""));
    assert_null(strstr(wire.bytes, "order_updated"));
    wire_close(&wire);
}

static void test_a_stream_too_many_is_told_when_to_come_back(void **state)
{
    struct server *server = *state;
    struct wire wires[4], more;
    for (int i = 0; i < 4; i++) {
        wire_stream(&wires[i], server, "");
    }
    assert_int_equal(wire_ask(&more, server,
                              "GET /api/realtime/stream HTTP/1.1\r\nHost: x\r\n"
                              "Authorization: Bearer $T\r\n\r\n"),
                     503);
    assert_true(strtol(wire_header(&more, "Retry-After"), NULL, 10) > 0);
    wire_close(&more);
    assert_int_equal(wire_stat(server, "streams/open"), 4);
    for (int i = 0; i < 4; i++) {
        wire_close(&wires[i]);
    }
    /* Those that hung up are noticed, and there is room again. */
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    while (wire_stat(server, "streams/open") > 0) {
        assert_true(wire_now_ms() < deadline);
    }
    wire_stream(&more, server, "");
    wire_close(&more);
}

static void test_the_end_is_clean(void **state)
{
    struct server *server = *state;
    struct wire wire;
    wire_stream(&wire, server, "");
    kill(server->pid, SIGTERM);
    assert_true(wire_wait_end(&wire));
    assert_string_equal(wire.bytes + wire.len - 5, "0\r\n\r\n");
    int status = server_end(server, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    wire_close(&wire);
}

static void test_http_1_0_is_ended_by_the_connection(void **state)
{
    struct server *server = *state;
    struct wire wire;
    wire_open(&wire, server);
    wire_send(&wire, server,
              "GET /api/realtime/stream HTTP/1.0\r\nAuthorization: Bearer $T\r\n\r\n");
    assert_true(wire_wait(&wire, "\r\n\r\nid: "));
    assert_string_equal(wire_header(&wire, "Transfer-Encoding"), "");
    assert_true(change(server));
    assert_true(wire_wait(&wire, "order_updated"));
    wire_close(&wire);
}

static void test_the_reference_s_ways(void **state)
{
    static const char *const args[] = {"--rate",          "0", "--quotes", "0", "--allow-sql",
                                       "--no-extensions", NULL};
    assert_int_equal(start_with(state, args), 0);
    struct wire wire;
    wire_stream(&wire, *state, "Last-Event-ID: 1\r\n");
    assert_true(server_sql(*state, "UPDATE stocks SET ltp = ltp + 1"));
    assert_true(change(*state));
    assert_true(wire_wait(&wire, "order_updated"));
    const char *first = strstr(wire.bytes, "\"event\":\"connected\"");
    assert_non_null(strstr(first + 1, "\"event\":\"connected\""));
    assert_null(strstr(wire.bytes, "id: "));
    assert_null(strstr(wire.bytes, "quotes_updated"));
    wire_close(&wire);
    assert_int_equal(
        wire_ask(&wire, *state,
                 "GET /api/trading/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                 "$T\r\n\r\n"),
        200);
    assert_string_equal(wire_header(&wire, "ETag"), "");
    assert_string_equal(wire_header(&wire, "X-Last-Event-Id"), "");
    wire_close(&wire);
    stop(state);
}

/* An event of 200,000 zeros and a mark; the reader of quick has it when this returns. */
static void send_big(struct server *server, struct wire *quick, int number)
{
    char mark[32], sql[256];
    snprintf(mark, sizeof mark, "\"mark-%d\"", number);
    snprintf(sql, sizeof sql,
             "INSERT INTO events (user_id, type, data) SELECT 'user-1', 'big', json_array("
             "hex(zeroblob(100000)), 'mark-%d')",
             number);
    assert_true(server_sql(server, sql));
    assert_true(wire_wait(quick, mark));
    wire_forget(quick);
}

/* How many of them a reader that never reads is sent before it is dropped. */
static int send_until_dropped(struct server *server, struct wire *quick)
{
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    int sent = 0;
    while (wire_stat(server, "streams/dropped") == 0) {
        send_big(server, quick, ++sent);
        assert_true(wire_now_ms() < deadline);
    }
    return sent;
}

static void test_a_slow_reader_is_dropped_and_its_peer_has_everything(void **state)
{
    struct server *server = *state;
    struct wire slow, quick;
    wire_stream(&slow, server, "");
    wire_stream(&quick, server, "");
    assert_true(send_until_dropped(server, &quick) > 20); /* 4 MiB, and what the sockets hold */
    assert_true(change(server));
    assert_true(wire_wait(&quick, "order_updated"));
    wire_wait_end(&slow);
    assert_null(strstr(slow.bytes, "order_updated"));
    assert_true(slow.closed);
    wire_close(&slow);
    wire_close(&quick);
}

/* Takes the chunks' sizes and ends out of what has come after the head. A chunk cut short by the
 * end of what has come is fine, anything else that is no chunk is not. */
static char *without_chunks(const struct wire *wire)
{
    const char *at = strstr(wire->bytes, "\r\n\r\n") + 4, *end = wire->bytes + wire->len;
    char *text = calloc(wire->len + 1, 1), *into = text;
    while (at < end) {
        char *data;
        unsigned long size = strtoul(at, &data, 16);
        assert_true(size > 0 && data > at);
        assert_memory_equal(data, "\r\n", 2);
        data += 2;
        if ((unsigned long)(end - data) < size + 2) {
            size = (unsigned long)(end - data);
            at = end;
        } else {
            assert_memory_equal(data + size, "\r\n", 2);
            at = data + size + 2;
        }
        memcpy(into, data, size);
        into += size;
    }
    return text;
}

/* count events in order, each whole. */
static void check_big(const char *text, int count)
{
    static const char before[] = "{\"event\":\"big\",\"data\":[\"";
    for (int i = 1; i <= count; i++) {
        char mark[32];
        snprintf(mark, sizeof mark, "\",\"mark-%d\"]", i);
        const char *event = strstr(text, before);
        assert_non_null(event);
        event += sizeof before - 1;
        size_t zeros = strspn(event, "0");
        assert_int_equal(zeros, 200000);
        assert_memory_equal(event + zeros, mark, strlen(mark));
        text = event + zeros;
    }
}

/* What the sockets do not hold waits in the server, and goes out once there is room. */
static void test_a_reader_that_looks_away_gets_every_byte_in_its_place(void **state)
{
    struct server *server = *state;
    struct wire slow, quick, away;
    char mark[32];
    wire_stream(&slow, server, "");
    wire_stream(&quick, server, "");
    int count = send_until_dropped(server, &quick) - 10; /* so that 2 MiB wait */
    wire_close(&slow);
    wire_stream(&away, server, "");
    for (int i = 1; i <= count; i++) {
        send_big(server, &quick, i);
    }
    assert_true(wire_wait(&quick, ": heartbeat")); /* it waits for its turn behind the events */
    snprintf(mark, sizeof mark, "\"mark-%d\"", count);
    assert_true(wire_wait(&away, mark));
    assert_true(wire_wait(&away, ": heartbeat\n\n\r\n"));
    assert_int_equal(wire_stat(server, "streams/dropped"), 1);
    char *text = without_chunks(&away);
    check_big(text, count);
    free(text);
    assert_true(change(server)); /* and it goes on */
    assert_true(wire_wait(&away, "order_updated"));
    wire_close(&away);
    wire_close(&quick);
}

static void test_a_connection_outlives_its_stream(void **state)
{
    char path[] = "/tmp/mock-e2e-XXXXXX";
    int fd = mkstemp(path);
    static const char script[] = "AT 0.4 end streams\n";
    assert_int_equal(write(fd, script, sizeof script - 1), sizeof script - 1);
    close(fd);
    const char *const args[] = {"--rate", "0", "--quotes", "0", "--scenario", path, NULL};
    assert_int_equal(start_with(state, args), 0);
    struct wire wire;
    wire_stream(&wire, *state, "");
    assert_true(wire_wait(&wire, "\r\n0\r\n\r\n"));
    wire_forget(&wire);
    wire_send(&wire, *state,
              "GET /api/trading/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              "$T\r\n\r\n");
    assert_int_equal(wire_answer(&wire, false), 200);
    wire_close(&wire); /* nobody takes this for the stream's client hanging up */
    assert_int_equal(wire_stat(*state, "streams/open"), 0);
    wire_stream(&wire, *state, "");
    wire_close(&wire);
    unlink(path);
    assert_int_equal(stop(state), 0);
}

/* --- another program ---------------------------------------------------------------------- */

/* A server on a database file, and the file opened by another program: this one. */
struct shared {
    char directory[32], path[64];
    void *server;
    sqlite3 *db;
};

static void shared_start(struct shared *shared)
{
    snprintf(shared->directory, sizeof shared->directory, "/tmp/mock-e2e-XXXXXX");
    assert_non_null(mkdtemp(shared->directory));
    snprintf(shared->path, sizeof shared->path, "%s/mock.db", shared->directory);
    const char *const args[] = {"--rate", "0", "--quotes", "0", "--db", shared->path, NULL};
    assert_int_equal(start_with(&shared->server, args), 0);
    assert_int_equal(sqlite3_open(shared->path, &shared->db), SQLITE_OK);
    sqlite3_busy_timeout(shared->db, 2000);
}

static void shared_write(struct shared *shared, const char *sql)
{
    assert_int_equal(sqlite3_exec(shared->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void shared_stop(struct shared *shared)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    sqlite3_close(shared->db);
    stop(&shared->server);
    for (size_t i = 0; i < 3; i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", shared->path, ends[i]);
        unlink(file);
    }
    assert_int_equal(rmdir(shared->directory), 0);
}

static void test_another_programs_write_arrives_soon(void **state)
{
    (void)state;
    struct shared shared;
    struct wire wire;
    shared_start(&shared);
    wire_stream(&wire, shared.server, "");
    for (int i = 0; i < 5; i++) {
        wire_forget(&wire);
        shared_write(&shared, "UPDATE orders SET quantity = quantity + 1 WHERE rowid = 1");
        int64_t begun = wire_now_ms();
        assert_true(wire_wait(&wire, "order_updated"));
        assert_true(wire_now_ms() - begun < 500); /* 50 ms are meant, on a machine that has time */
    }
    wire_close(&wire);
    shared_stop(&shared);
}

static void test_another_programs_write_is_in_the_next_read(void **state)
{
    (void)state;
    struct shared shared;
    struct wire wire;
    shared_start(&shared);
    wire_open(&wire, shared.server);
    for (int i = 0; i < 15; i++) {
        char sql[128], expected[64];
        snprintf(sql, sizeof sql, "UPDATE trading_accounts SET balance = %d WHERE rowid = 1",
                 1000 + i);
        snprintf(expected, sizeof expected, "\"balance\":%d,", 1000 + i);
        shared_write(&shared, sql);
        for (int times = 0; times < 2; times++) {
            wire_forget(&wire);
            wire_send(&wire, shared.server,
                      "GET /api/trading/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                      "$T\r\n\r\n");
            assert_int_equal(wire_answer(&wire, false), 200);
            assert_non_null(strstr(wire.bytes, expected));
        }
    }
    wire_close(&wire);
    shared_stop(&shared);
}

/* A write that waits for another program keeps nobody waiting, and is done in the end. */
static void test_a_write_waits_alone(void **state)
{
    (void)state;
    struct shared shared;
    struct wire writer, reader;
    shared_start(&shared);
    shared_write(&shared, "BEGIN IMMEDIATE");
    wire_open(&writer, shared.server);
    wire_open(&reader, shared.server);
    wire_send(&writer, shared.server,
              "POST /api/watchlists HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $T\r\n"
              "Content-Length: 14\r\n\r\n{\"name\":\"New\"}");
    int64_t begun = wire_now_ms();
    for (int i = 0; i < 3; i++) {
        wire_forget(&reader);
        wire_send(
            &reader, shared.server,
            "GET /api/trading/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $T\r\n\r\n");
        assert_int_equal(wire_answer(&reader, false), 200);
    }
    assert_true(wire_now_ms() - begun < 1500); /* it would be 2000 a write */
    assert_int_equal(writer.len, 0);
    shared_write(&shared, "COMMIT");
    assert_int_equal(wire_answer(&writer, false), 201);
    wire_close(&writer);
    wire_close(&reader);
    shared_stop(&shared);
}

/* Who holds the database too long is told on. */
static void test_a_write_does_not_wait_for_ever(void **state)
{
    (void)state;
    struct shared shared;
    struct wire writer;
    shared_start(&shared);
    shared_write(&shared, "BEGIN IMMEDIATE");
    wire_open(&writer, shared.server);
    wire_send(
        &writer, shared.server,
        "POST /api/trading/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $T\r\n"
        "Content-Length: 71\r\n\r\n"
        "{\"symbol\":\"TCS\",\"quantity\":1,\"orderType\":\"MARKET\",\"orderSide\":\"BUY\"}   ");
    assert_int_equal(wire_answer(&writer, false), 503);
    assert_string_equal(wire_header(&writer, "Retry-After"), "1");
    shared_write(&shared, "ROLLBACK");
    wire_close(&writer);
    shared_stop(&shared);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 2;
    }
    wire_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_event_reaches_its_user_only, start, stop),
        cmocka_unit_test_setup_teardown(test_a_client_that_comes_back_gets_what_it_missed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_stream_too_many_is_told_when_to_come_back, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_the_end_is_clean, start, stop),
        cmocka_unit_test_setup_teardown(test_http_1_0_is_ended_by_the_connection, start, stop),
        cmocka_unit_test(test_the_reference_s_ways),
        cmocka_unit_test(test_a_write_waits_alone),
        cmocka_unit_test(test_a_write_does_not_wait_for_ever),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_is_dropped_and_its_peer_has_everything,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_reader_that_looks_away_gets_every_byte_in_its_place,
                                        start, stop),
        cmocka_unit_test(test_a_connection_outlives_its_stream),
        cmocka_unit_test(test_another_programs_write_arrives_soon),
        cmocka_unit_test(test_another_programs_write_is_in_the_next_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
