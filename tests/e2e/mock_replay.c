/*
 * The property of the stream, on the real server: the market and another program write at once,
 * readers are cut at any byte and come back with the last id they saw whole. What each has seen in
 * the end is the events table of its user: no gap, no duplicate, nothing of anybody else.
 */
#include "mock_wire.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define READERS 6
#define USERS 2
#define SEEN_MAX 65536
#define RUN_MS 1500

struct reader {
    struct wire wire;
    int user;
    bool headed;       /* the answer's head has been read */
    size_t chunk_left; /* bytes of the chunk that has begun */
    char event[1 << 16];
    size_t event_len; /* of the event that has begun, chunks undone */
    int64_t last_id;
    int64_t *seen;
    size_t seen_count, cuts, resyncs;
};

struct stage {
    char directory[32], path[64], tokens[USERS][64];
    struct server server;
    sqlite3 *db;
    struct reader readers[READERS];
    uint64_t random;
};

static uint64_t draw(struct stage *stage, uint64_t bound)
{
    stage->random = stage->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (stage->random >> 33) % bound;
}

static void write_sql(struct stage *stage, const char *sql)
{
    assert_int_equal(sqlite3_exec(stage->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* --- a reader ----------------------------------------------------------------------------- */

static void connect_reader(struct stage *stage, struct reader *reader)
{
    char request[512];
    int len =
        snprintf(request, sizeof request,
                 "GET /api/realtime/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n",
                 stage->tokens[reader->user]);
    if (reader->last_id != 0) {
        len += snprintf(request + len, sizeof request - (size_t)len, "Last-Event-ID: %lld\r\n",
                        (long long)reader->last_id);
    }
    snprintf(request + len, sizeof request - (size_t)len, "\r\n");
    wire_open(&reader->wire, &stage->server);
    wire_send(&reader->wire, &stage->server, request);
    reader->headed = false;
    reader->chunk_left = reader->event_len = 0;
}

static void take_event(struct reader *reader)
{
    const char *event = reader->event;
    if (strncmp(event, "id: ", 4) != 0) {
        return; /* a heartbeat or what is passing */
    }
    int64_t id = strtoll(event + 4, NULL, 10);
    bool own = strstr(event, "\"event\":\"connected\"") != NULL;
    reader->resyncs += strstr(event, "\"event\":\"resync\"") != NULL ? 1 : 0;
    reader->last_id = id;
    if (!own) {
        assert_true(reader->seen_count < SEEN_MAX);
        assert_true(reader->seen_count == 0 || reader->seen[reader->seen_count - 1] < id);
        reader->seen[reader->seen_count++] = id;
    }
}

static void take_byte(struct reader *reader, char byte)
{
    assert_true(reader->event_len + 1 < sizeof reader->event);
    reader->event[reader->event_len++] = byte;
    if (byte == '\n' && reader->event_len >= 2 && reader->event[reader->event_len - 2] == '\n') {
        reader->event[reader->event_len] = '\0';
        take_event(reader);
        reader->event_len = 0;
    }
}

/* Undoes the head and the chunks of what has come, as far as it goes; the rest stays. */
static void digest(struct reader *reader)
{
    char *at = reader->wire.bytes, *end = at + reader->wire.len;
    if (!reader->headed) {
        char *head = strstr(at, "\r\n\r\n");
        if (head == NULL) {
            return;
        }
        assert_memory_equal(at, "HTTP/1.1 200", 12);
        reader->headed = true;
        at = head + 4;
    }
    while (at < end) {
        if (reader->chunk_left > 0) {
            take_byte(reader, *at++);
            reader->chunk_left--;
            continue;
        }
        /* The end of the chunk before comes first. */
        char *size = end - at >= 2 && at[0] == '\r' ? at + 2 : at;
        char *line = strstr(size, "\r\n");
        if (line == NULL || line == size) {
            break;
        }
        reader->chunk_left = strtoul(size, NULL, 16);
        at = line + 2;
    }
    reader->wire.len = (size_t)(end - at);
    memmove(reader->wire.bytes, at, reader->wire.len + 1);
}

/* Reads what is there, at most so many bytes; false when there is nothing for some milliseconds. */
static bool read_some(struct reader *reader, size_t most)
{
    struct pollfd poll_fd = {.fd = reader->wire.fd, .events = POLLIN};
    if (poll(&poll_fd, 1, 20) <= 0) {
        return false;
    }
    struct wire *wire = &reader->wire;
    if (wire->room < wire->len + most + 1) {
        wire->room = wire->len + most + 1;
        wire->bytes = realloc(wire->bytes, wire->room);
        assert_non_null(wire->bytes);
    }
    ssize_t count = recv(wire->fd, wire->bytes + wire->len, most, 0);
    assert_true(count > 0);
    wire->len += (size_t)count;
    wire->bytes[wire->len] = '\0';
    digest(reader);
    return true;
}

/* --- the stage ---------------------------------------------------------------------------- */

static void read_tokens(struct stage *stage)
{
    sqlite3_stmt *rows;
    assert_int_equal(sqlite3_prepare_v2(stage->db, "SELECT token FROM sessions ORDER BY userId", -1,
                                        &rows, NULL),
                     SQLITE_OK);
    for (int i = 0; i < USERS; i++) {
        assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
        snprintf(stage->tokens[i], sizeof stage->tokens[i], "%s",
                 (const char *)sqlite3_column_text(rows, 0));
    }
    sqlite3_finalize(rows);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    const char *seed = getenv("MOCK_SEED");
    stage->random = seed == NULL ? 1 : strtoull(seed, NULL, 10);
    snprintf(stage->directory, sizeof stage->directory, "%s", "/tmp/mock-replay-XXXXXX");
    assert_non_null(mkdtemp(stage->directory));
    snprintf(stage->path, sizeof stage->path, "%s/mock.db", stage->directory);
    const char *const args[] = {"--db", stage->path, "--rate", "100", "--quotes",
                                "20",   "--seed",    "3",      NULL};
    assert_true(server_start(&stage->server, wire_program, args));
    assert_int_equal(sqlite3_open(stage->path, &stage->db), SQLITE_OK);
    sqlite3_busy_timeout(stage->db, 5000);
    read_tokens(stage);
    for (int i = 0; i < READERS; i++) {
        stage->readers[i].user = i % USERS;
        stage->readers[i].seen = calloc(SEEN_MAX, sizeof(int64_t));
        connect_reader(stage, &stage->readers[i]);
    }
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < READERS; i++) {
        wire_close(&stage->readers[i].wire);
        free(stage->readers[i].seen);
    }
    sqlite3_close(stage->db);
    int status = wire_stop(&stage->server);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", stage->path, ends[i]);
        unlink(file);
    }
    rmdir(stage->directory);
    free(stage);
    return status;
}

static void write_something(struct stage *stage)
{
    static const char *const statements[] = {
        "UPDATE watchlists SET name = substr(name, 1, 40) || 'x'",
        "UPDATE positions SET stopLoss = 1 + abs(random() % 100) WHERE quantity <> 0",
        "BEGIN; UPDATE watchlists SET sortOrder = sortOrder + 1; ROLLBACK",
        "INSERT INTO events (user_id, type, data) VALUES ('user-1', 'note', '{}'), ('user-2', "
        "'note', '{}')",
        "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)"
        " INSERT INTO events (user_id, type, data) SELECT 'user-1', 'burst', json_object('i', i) "
        "FROM n",
    };
    write_sql(stage, statements[draw(stage, sizeof statements / sizeof *statements)]);
}

/* Everything up to the marker that is the last event of its user. */
static void check_reader(struct stage *stage, struct reader *reader, int64_t marker)
{
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    while (reader->seen_count == 0 || reader->seen[reader->seen_count - 1] < marker) {
        read_some(reader, 65536);
        assert_true(wire_now_ms() < deadline);
    }
    sqlite3_stmt *rows;
    assert_int_equal(
        sqlite3_prepare_v2(stage->db,
                           "SELECT id FROM events WHERE user_id = 'user-' || ? AND id >= ?"
                           " AND id <= ? ORDER BY id",
                           -1, &rows, NULL),
        SQLITE_OK);
    sqlite3_bind_int(rows, 1, reader->user + 1);
    sqlite3_bind_int64(rows, 2, reader->seen[0]);
    sqlite3_bind_int64(rows, 3, marker);
    size_t i = 0;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        assert_true(i < reader->seen_count);
        assert_int_equal(reader->seen[i++], sqlite3_column_int64(rows, 0));
    }
    sqlite3_finalize(rows);
    assert_true(i > 50);
    assert_true(reader->seen[i - 1] == marker);
    assert_int_equal(reader->resyncs, 0);
}

static void test_cut_readers_see_the_table_whole(void **state)
{
    struct stage *stage = *state;
    int64_t end = wire_now_ms() + RUN_MS;
    size_t cuts = 0;
    for (int i = 0; i < READERS; i++) { /* each has its first id before anything is cut */
        while (stage->readers[i].last_id == 0) {
            read_some(&stage->readers[i], 65536);
        }
    }
    while (wire_now_ms() < end) {
        struct reader *reader = &stage->readers[draw(stage, READERS)];
        uint64_t what = draw(stage, 100);
        if (what < 10) {
            write_something(stage);
        } else if (what < 90) {
            read_some(reader, 1 + draw(stage, 3000));
        } else {
            wire_close(&reader->wire);
            connect_reader(stage, reader);
            cuts++;
        }
    }
    for (int user = 0; user < USERS; user++) {
        char sql[128];
        snprintf(sql, sizeof sql,
                 "INSERT INTO events (user_id, type, data) VALUES ('user-%d', 'end', '{}')",
                 user + 1);
        write_sql(stage, sql);
        int64_t marker = sqlite3_last_insert_rowid(stage->db);
        for (int i = 0; i < READERS; i++) {
            if (stage->readers[i].user == user) {
                check_reader(stage, &stage->readers[i], marker);
            }
        }
    }
    print_message("%zu cuts, %zu events seen by the first reader\n", cuts,
                  stage->readers[0].seen_count);
    assert_true(cuts > 0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 2;
    }
    wire_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cut_readers_see_the_table_whole, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
