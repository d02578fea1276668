/* The feed: what was committed is published once, in order, whoever wrote it. And the watch that
 * tells. */
#include "db/db_hint.h"
#include "stream/feed.h"

#include <blotter/core/alloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_US 2000000 /* only a test that fails waits so long */

static const struct moment now = {5000000, 1737972000123};

struct scene {
    char directory[32], path[64];
    struct db *db, *other; /* the server's connection, and another program's */
    struct emitter *emitter;
    struct feed *feed;
    struct subscriber *one, *two;
    struct loop *loop;
    enum feed_verdict verdicts[8];
    size_t asked;
    int hints;
};

static void nothing(void *owner)
{
    (void)owner;
}

static enum feed_verdict verdict(void *user)
{
    struct scene *scene = user;
    return scene->verdicts[scene->asked++ % 8];
}

static const char *read_all(struct scene *scene, struct subscriber *subscriber)
{
    static char got[65536];
    size_t len = 0;
    ssize_t count;
    while ((count = emitter_read(scene->emitter, subscriber, got + len, sizeof got - 1 - len)) >
           0) {
        len += (size_t)count;
    }
    got[len] = '\0';
    return got;
}

/* The types of the events that a subscriber gets, with a + where there is an id. */
static const char *types(struct scene *scene, struct subscriber *subscriber)
{
    static char list[4096];
    size_t len = 0;
    list[0] = '\0';
    const char *at = read_all(scene, subscriber);
    for (const char *data; (data = strstr(at, "data: {\"event\":\"")) != NULL; at = data + 1) {
        bool has_id =
            strncmp(at + (*at == 'i' ? 0 : 1), "id: ", 4) == 0 || strstr(at, "id: ") < data;
        has_id = has_id && strstr(at, "id: ") != NULL;
        int name = (int)strcspn(data + 16, "\"");
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%.*s%s", len > 0 ? " " : "", name,
                                data + 16, has_id ? "+" : "");
    }
    return list;
}

static const char books_sql[] =
    "INSERT INTO users (id) VALUES ('u1'), ('u2');"
    "INSERT INTO stocks (id, instrumentId, symbol, name, ltp) VALUES ('s1', 'NSE-1', 'TCS', "
    "'Tata', 100);"
    "INSERT INTO trading_accounts (id, userId) VALUES ('a1', 'u1'), ('a2', 'u2');"
    "INSERT INTO orders (id, tradingAccountId, symbol, quantity, orderType, orderSide) VALUES"
    " ('o1', 'a1', 'TCS', 10, 'MARKET', 'BUY'), ('o2', 'a2', 'TCS', 10, 'MARKET', 'BUY');"
    "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity, averagePrice) VALUES"
    " ('p1', 'a1', 's1', 'TCS', 10, 90), ('p2', 'a2', 's1', 'TCS', 10, 90);"
    "DELETE FROM events;";

static int setup(void **state)
{
    struct scene *scene = mem_calloc(1, sizeof *scene);
    struct fault fault;
    snprintf(scene->directory, sizeof scene->directory, "%s", "/tmp/mock-feed-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    snprintf(scene->path, sizeof scene->path, "%s/mock.db", scene->directory);
    scene->db = db_open(scene->path, &fault);
    assert_non_null(scene->db);
    assert_int_equal(sqlite3_exec(db_handle(scene->db), books_sql, NULL, NULL, NULL), SQLITE_OK);
    scene->other = db_open(scene->path, &fault);
    assert_non_null(scene->other);
    const struct emitter_settings settings = {true, 30000000, 1 << 20, 1000};
    const struct emitter_handler handler = {nothing, nothing};
    scene->emitter = emitter_new(scene->db, &settings, &handler);
    const struct feed_settings feed = {
        .retain = 1000, .quotes = true, .verdict = verdict, .verdict_user = scene};
    scene->feed = feed_new(scene->db, scene->emitter, &feed);
    scene->one = emitter_open(scene->emitter, now, "u1", NULL, scene);
    scene->two = emitter_open(scene->emitter, now, "u2", NULL, scene);
    read_all(scene, scene->one);
    read_all(scene, scene->two);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    emitter_close(scene->emitter, scene->one);
    emitter_close(scene->emitter, scene->two);
    feed_free(scene->feed);
    emitter_free(scene->emitter);
    db_close(scene->other);
    db_close(scene->db);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", scene->path, ends[i]);
        unlink(path);
    }
    int result = rmdir(scene->directory);
    free(scene);
    return result;
}

static void write_sql(struct db *db, const char *sql)
{
    assert_int_equal(sqlite3_exec(db_handle(db), sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_commits_are_published_once_whoever_made_them(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->db, "UPDATE orders SET status = 'EXECUTED' WHERE id = 'o1'");
    write_sql(scene->other, "UPDATE orders SET quantity = 11");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "order_executed+ order_updated+");
    assert_string_equal(types(scene, scene->two), "order_updated+");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "");
}

static void test_nothing_leaves_before_its_commit(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->other, "BEGIN; UPDATE orders SET quantity = 12");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "");
    write_sql(scene->other, "ROLLBACK");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "");
    write_sql(scene->other, "BEGIN; UPDATE orders SET quantity = 13");
    write_sql(scene->other, "COMMIT");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "order_updated+");
}

static void test_ticks_are_batched_and_passing(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->other, "UPDATE stocks SET ltp = 101, change = 1, changePercent = 1;"
                            "UPDATE positions SET unrealizedPnL = 110.5, dayPnL = 10");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->two), "positions_pnl_updated quotes_updated");
    const char *got = read_all(scene, scene->one);
    assert_string_equal(
        got,
        "data: {\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{\"positionId\":\"p1\","
        "\"unrealizedPnL\":110.5,\"dayPnL\":10,\"currentPrice\":101,\"updatedAtMs\":1737972000123}]"
        "},"
        "\"timestamp\":\"2025-01-27T10:00:00.123Z\"}\n\n"
        "data: {\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"instrumentId\":\"NSE-1\","
        "\"symbol\":\"TCS\",\"ltp\":101,\"change\":1,\"changePercent\":1,\"volume\":0,"
        "\"updatedAtMs\":1737972000123}]},\"timestamp\":\"2025-01-27T10:00:00.123Z\"}\n\n");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "");
    assert_int_equal(db_int(scene->db, -1, "SELECT count(*) FROM ticked_stocks", ""), 0);
}

/* Quotes are sent of what a user holds, has working orders in, or watches, and of nothing else. */
static void test_quotes_are_of_ones_own_instruments(void **state)
{
    static const struct {
        const char *name, *sql;
        bool told;
    } rows[] = {
        {"nothing", "SELECT 1", false},
        {"held", "UPDATE positions SET stockId = 's2' WHERE id = 'p1'", true},
        {"closed", "UPDATE positions SET quantity = 0 WHERE id = 'p1'", false},
        {"working", "UPDATE orders SET stockId = 's2' WHERE id = 'o1'", true},
        {"done", "UPDATE orders SET status = 'EXECUTED' WHERE id = 'o1'", false},
        {"another's order", "UPDATE orders SET stockId = 's2' WHERE id = 'o2'", false},
        {"watched",
         "INSERT INTO watchlists (id, userId, name) VALUES ('w1', 'u1', 'One');"
         "INSERT INTO watchlist_items (id, watchlistId, stockId) VALUES ('i1', 'w1', 's2')",
         true},
        {"no longer", "DELETE FROM watchlists", false},
    };
    struct scene *scene = *state;
    write_sql(scene->db, "INSERT INTO stocks (id, instrumentId, symbol, name, ltp) VALUES"
                         " ('s2', 'NSE-2', 'INFY', 'Infosys', 100)");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_sql(scene->db, rows[i].sql);
        assert_true(feed_run(scene->feed, now));
        read_all(scene, scene->one);
        write_sql(scene->db, "UPDATE stocks SET ltp = ltp + 1 WHERE id = 's2'");
        assert_true(feed_run(scene->feed, now));
        bool told = strcmp(types(scene, scene->one), "quotes_updated") == 0;
        if (told != rows[i].told) {
            fail_msg("%s: %s", rows[i].name, told ? "told" : "not told");
        }
    }
}

static void test_ticks_wait_while_another_program_writes(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->db, "UPDATE stocks SET ltp = 102; UPDATE orders SET quantity = 14");
    write_sql(scene->other, "BEGIN IMMEDIATE");
    assert_false(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "order_updated+");
    assert_false(feed_run(scene->feed, now));
    write_sql(scene->other, "COMMIT");
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "quotes_updated");
}

static void test_old_events_are_cleared_away(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->db, "BEGIN");
    for (int i = 0; i < 1500; i++) {
        write_sql(scene->db, "INSERT INTO events (user_id, type, data) VALUES ('u3', 't', '{}')");
    }
    write_sql(scene->db, "COMMIT");
    assert_true(feed_run(scene->feed, now));
    assert_int_equal(db_int(scene->db, -1, "SELECT count(*) FROM events", ""), 1000);
}

static void test_faults_double_swap_and_lose_events(void **state)
{
    struct scene *scene = *state;
    const enum feed_verdict verdicts[] = {FEED_TWICE, FEED_HOLD, FEED_SEND, FEED_LOSE, FEED_SEND};
    memcpy(scene->verdicts, verdicts, sizeof verdicts);
    for (int i = 0; i < 5; i++) {
        char sql[128];
        snprintf(sql, sizeof sql,
                 "INSERT INTO events (user_id, type, data) VALUES ('u1', 't%d', '{}')", i);
        write_sql(scene->db, sql);
    }
    assert_true(feed_run(scene->feed, now));
    assert_string_equal(types(scene, scene->one), "t0+ t0+ t2+ t1+ t4+");
    assert_int_equal(emitter_last_id(scene->emitter),
                     db_int(scene->db, 0, "SELECT max(id) FROM events", ""));
}

/* --- the watch ---------------------------------------------------------------------------- */

static void on_hint(void *user)
{
    struct scene *scene = user;
    scene->hints++;
    if (db_changed(scene->db)) {
        loop_quit(scene->loop, 0);
    }
}

static void on_write(void *user)
{
    write_sql(((struct scene *)user)->other, "UPDATE orders SET quantity = 20");
}

static void on_patience(void *user)
{
    loop_quit(((struct scene *)user)->loop, 1);
}

static void test_another_programs_write_is_noticed_soon(void **state)
{
    struct scene *scene = *state;
    scene->loop = loop_new();
    struct db_hint *watch = db_hint_new(scene->loop, scene->path, on_hint, scene);
    struct loop_timer *writer = loop_timer_new(scene->loop, on_write, scene);
    struct loop_timer *patience = loop_timer_new(scene->loop, on_patience, scene);
    int64_t begun = loop_refresh(scene->loop).mono_us;
    db_changed(scene->db);
    loop_timer_set(writer, begun + 20000);
    loop_timer_set(patience, begun + PATIENCE_US);
    assert_int_equal(loop_run(scene->loop), 0);
    assert_true(scene->hints > 0);
    loop_timer_free(patience);
    loop_timer_free(writer);
    db_hint_free(watch);
    loop_free(scene->loop);
}

/* As one does who wants an empty table of events: what comes afterwards is told all the same. */
static void test_ids_that_go_back_are_a_new_history(void **state)
{
    struct scene *scene = *state;
    int64_t before = emitter_last_id(scene->emitter);
    write_sql(scene->other, "UPDATE orders SET quantity = 11 WHERE id = 'o1'");
    feed_run(scene->feed, now);
    assert_string_equal(types(scene, scene->one), "order_updated+");
    write_sql(scene->other, "DELETE FROM events; DELETE FROM sqlite_sequence;"
                            "UPDATE orders SET quantity = 12 WHERE id = 'o1'");
    feed_run(scene->feed, now);
    assert_string_equal(types(scene, scene->one), "resync+");
    assert_string_equal(types(scene, scene->two), "resync+");
    int64_t after = emitter_last_id(scene->emitter);
    assert_true(after > before + 1);
    assert_int_equal(db_int(scene->db, 0, "SELECT seq FROM sqlite_sequence", ""), after);
    write_sql(scene->other, "UPDATE orders SET quantity = 13 WHERE id = 'o1'");
    feed_run(scene->feed, now);
    assert_string_equal(types(scene, scene->one), "order_updated+");
    assert_int_equal(emitter_last_id(scene->emitter), after + 1);
    struct subscriber *old = emitter_open(scene->emitter, now, "u1", "1", scene);
    assert_string_equal(types(scene, old), "connected+ resync+");
    emitter_close(scene->emitter, old);
}

/* Started on a copy that was made an hour ago: whoever was there since has ids that the copy does
 * not know, and that it must not give to other events. */
static void test_a_restored_copy_has_ids_of_its_own(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->other, "UPDATE orders SET quantity = 11 WHERE id = 'o1'");
    feed_run(scene->feed, now);
    int64_t copied = emitter_last_id(scene->emitter), start = copied + 3600000;
    char ids[3][24];
    snprintf(ids[0], sizeof ids[0], "%lld", (long long)copied - 1);
    snprintf(ids[1], sizeof ids[1], "%lld", (long long)copied + 5);
    snprintf(ids[2], sizeof ids[2], "%lld", (long long)start);
    const struct emitter_settings settings = {true, 30000000, 1 << 20, 1000};
    const struct emitter_handler handler = {nothing, nothing};
    struct emitter *emitter = scene->emitter;
    scene->emitter = emitter_new(scene->db, &settings, &handler);
    const struct feed_settings again = {.retain = 1000, .quotes = true, .start_ms = start};
    struct feed *feed = feed_new(scene->db, scene->emitter, &again);
    assert_int_equal(emitter_last_id(scene->emitter), start);
    static const char *const got[] = {"connected+ order_updated+", "connected+ resync+",
                                      "connected+"};
    for (int i = 0; i < 3; i++) {
        struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", ids[i], scene);
        assert_string_equal(types(scene, subscriber), got[i]);
        emitter_close(scene->emitter, subscriber);
    }
    write_sql(scene->other, "UPDATE orders SET quantity = 12 WHERE id = 'o1'");
    feed_run(feed, now);
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", ids[0], scene);
    assert_string_equal(types(scene, subscriber), "connected+ order_updated+ order_updated+");
    emitter_close(scene->emitter, subscriber);
    feed_free(feed);
    emitter_free(scene->emitter);
    scene->emitter = emitter;
}

static void test_streams_end_when_there_is_nothing_to_tell(void **state)
{
    struct scene *scene = *state;
    write_sql(scene->other, "ALTER TABLE events RENAME TO gone");
    feed_run(scene->feed, now);
    struct iovec piece;
    assert_int_equal(emitter_peek(scene->emitter, scene->one, &piece, 1), -1);
    write_sql(scene->other, "ALTER TABLE gone RENAME TO events");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quotes_are_of_ones_own_instruments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_that_go_back_are_a_new_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_restored_copy_has_ids_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_end_when_there_is_nothing_to_tell, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commits_are_published_once_whoever_made_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_nothing_leaves_before_its_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ticks_are_batched_and_passing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ticks_wait_while_another_program_writes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_old_events_are_cleared_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_double_swap_and_lose_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_programs_write_is_noticed_soon, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
