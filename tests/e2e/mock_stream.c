/* The mock's event stream over real sockets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mock_wire.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    pid_t pid = server->pid;
    int status = -1;
    kill(pid, SIGTERM);
    assert_true(wire_wait_end(&wire));
    assert_string_equal(wire.bytes + wire.len - 5, "0\r\n\r\n");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    server->pid = 0;
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

static void test_a_slow_reader_is_dropped_and_its_peer_has_everything(void **state)
{
    struct server *server = *state;
    struct wire slow, quick;
    wire_stream(&slow, server, "");
    wire_stream(&quick, server, "");
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    int sent = 0;
    while (wire_stat(server, "streams/dropped") == 0) {
        char mark[32], sql[256];
        snprintf(mark, sizeof mark, "\"mark-%d\"", ++sent);
        snprintf(sql, sizeof sql,
                 "INSERT INTO events (user_id, type, data) SELECT 'user-1', 'big', json_array("
                 "hex(zeroblob(100000)), '%.*s')",
                 (int)strlen(mark) - 2, mark + 1);
        assert_true(server_sql(server, sql));
        assert_true(wire_wait(&quick, mark));
        wire_forget(&quick);
        assert_true(wire_now_ms() < deadline);
    }
    assert_true(sent > 20); /* four MiB of them, and what the sockets hold */
    assert_true(change(server));
    assert_true(wire_wait(&quick, "order_updated"));
    wire_wait_end(&slow);
    assert_null(strstr(slow.bytes, "order_updated"));
    assert_true(slow.closed);
    wire_close(&slow);
    wire_close(&quick);
}

/* --- another program ---------------------------------------------------------------------- */

static void test_another_programs_write_arrives_soon(void **state)
{
    (void)state;
    char directory[] = "/tmp/mock-e2e-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/mock.db", directory);
    const char *const args[] = {"--rate", "0", "--quotes", "0", "--db", path, NULL};
    void *memory;
    assert_int_equal(start_with(&memory, args), 0);
    struct wire wire;
    wire_stream(&wire, memory, "");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    for (int i = 0; i < 5; i++) {
        wire_forget(&wire);
        assert_int_equal(sqlite3_exec(db,
                                      "UPDATE orders SET quantity = quantity + 1 WHERE rowid = 1",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        int64_t begun = wire_now_ms();
        assert_true(wire_wait(&wire, "order_updated"));
        assert_true(wire_now_ms() - begun < 500); /* 50 ms are meant, on a machine that has time */
    }
    sqlite3_close(db);
    wire_close(&wire);
    stop(&memory);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
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
        cmocka_unit_test_setup_teardown(test_an_event_reaches_its_user_only, start, stop),
        cmocka_unit_test_setup_teardown(test_a_client_that_comes_back_gets_what_it_missed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_stream_too_many_is_told_when_to_come_back, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_the_end_is_clean, start, stop),
        cmocka_unit_test_setup_teardown(test_http_1_0_is_ended_by_the_connection, start, stop),
        cmocka_unit_test(test_the_reference_s_ways),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_is_dropped_and_its_peer_has_everything,
                                        start, stop),
        cmocka_unit_test(test_another_programs_write_arrives_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
