#include "db/db.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char directory[32];
    char path[64];
};

static int make_place(void **state)
{
    static struct place place;
    snprintf(place.directory, sizeof place.directory, "%s", "/tmp/mock-db-XXXXXX");
    assert_non_null(mkdtemp(place.directory));
    snprintf(place.path, sizeof place.path, "%s/mock.db", place.directory);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < 4; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", place->path, ends[i]);
        unlink(path);
    }
    return rmdir(place->directory);
}

static void test_times_are_written_as_the_columns_hold_them(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1737972000123, "2025-01-27T10:00:00.123Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_MAX, "1970-01-01T00:00:00.807Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DB_TIME_SIZE];
        db_time(rows[i].wall_ms, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_values_are_bound_by_type(void **state)
{
    (void)state;
    struct fault fault;
    struct db *db = db_open(":memory:", &fault);
    assert_non_null(db);
    char *text = db_text(db, "SELECT printf('%s %d %.2f', ?, ?, ?) || typeof(?) || typeof(?)",
                         "sidds", "a'; --", (int64_t)7, 2.5, (double)NAN, (const char *)NULL);
    assert_string_equal(text, "a'; -- 7 2.50nullnull");
    free(text);
    assert_int_equal(db_int(db, 42, "SELECT NULL", ""), 42);
    assert_int_equal(db_int(db, 42, "SELECT 1 WHERE 0", ""), 42);
    assert_null(db_query(db, "SELECT nonsense", ""));
    assert_true(strlen(db_error(db)) > 0);
    assert_int_equal(db_run(db, "INSERT INTO users (id) VALUES (?)", "s", "u"), 1);
    assert_int_equal(db_run(db, "INSERT INTO users (id) VALUES ('u')", ""), -SQLITE_CONSTRAINT);
    db_close(db);
}

static void test_changes_are_noticed(void **state)
{
    struct place *place = *state;
    struct fault fault;
    struct db *db = db_open(place->path, &fault);
    struct db *other = db_open(place->path, &fault);
    assert_non_null(db);
    assert_non_null(other);
    assert_true(db_is_file(db));
    db_changed(db);
    assert_false(db_changed(db));
    assert_int_equal(db_run(other, "INSERT INTO users (id) VALUES ('u')", ""), 1);
    assert_true(db_changed(db));
    assert_false(db_changed(db));
    assert_int_equal(db_run(db, "INSERT INTO users (id) VALUES ('v')", ""), 1);
    assert_true(db_changed(db));
    assert_true(db_begin(other));
    assert_int_equal(db_run(other, "DELETE FROM users", ""), 2);
    assert_false(db_changed(db));
    db_rollback(other);
    assert_false(db_changed(db));
    db_close(other);
    db_close(db);
}

static void test_the_sequence_starts_at_the_creation_time_and_goes_on(void **state)
{
    struct place *place = *state;
    struct fault fault;
    struct db *db = db_open(place->path, &fault);
    assert_non_null(db);
    static const char sql[] = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";
    int64_t start = db_int(db, 0, sql, "");
    assert_true(start > 1700000000000 && start < 10000000000000);
    db_run(db, "INSERT INTO events (user_id, type, data) VALUES ('u', 't', '{}')", "");
    db_close(db);
    db = db_open(place->path, &fault);
    assert_non_null(db);
    assert_int_equal(db_int(db, 0, sql, ""), start + 1);
    db_close(db);
}

static void test_what_is_no_database_is_refused(void **state)
{
    struct place *place = *state;
    struct fault fault;
    FILE *file = fopen(place->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        fputs("this is not a database\n", file);
    }
    fclose(file);
    assert_null(db_open(place->path, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "not a database"));
    assert_null(db_open("/nonexistent/mock.db", &fault));
    assert_non_null(strstr(fault.text, "/nonexistent/mock.db"));
}

static void test_another_programs_database_is_left_alone(void **state)
{
    struct place *place = *state;
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(place->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    struct fault fault;
    assert_null(db_open(place->path, &fault));
    assert_non_null(strstr(fault.text, "not a database of this version"));
}

/* --- SQL from outside ------------------------------------------------------------------------- */

static int run_guarded(struct db *db, const char *sql, int limit_ms)
{
    db_guard(db, limit_ms);
    int code = sqlite3_exec(db_handle(db), sql, NULL, NULL, NULL);
    db_unguard(db);
    return code;
}

static void test_foreign_sql_stays_within_the_database(void **state)
{
    static const struct {
        const char *sql;
        int code;
    } rows[] = {
        {"INSERT INTO users (id) VALUES ('u'); SELECT * FROM users", SQLITE_OK},
        {"CREATE TABLE t (a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END", SQLITE_OK},
        {"BEGIN; DELETE FROM t; COMMIT", SQLITE_OK},
        {"PRAGMA table_info(users)", SQLITE_OK},
        {"ATTACH '/tmp/other.db' AS o", SQLITE_AUTH},
        {"ATTACH ':memory:' AS o", SQLITE_AUTH},
        {"DETACH main", SQLITE_AUTH},
        {"VACUUM INTO '/tmp/other.db'", SQLITE_AUTH},
        {"PRAGMA writable_schema = 1", SQLITE_AUTH},
        {"PRAGMA journal_mode = DELETE", SQLITE_AUTH},
        {"PRAGMA temp_store_directory = '/tmp'", SQLITE_AUTH},
        {"CREATE VIRTUAL TABLE v USING fts5(a)", SQLITE_AUTH},
        {"SELECT load_extension('/tmp/x')", SQLITE_AUTH},
        {"SELECT length(randomblob(100000000))", SQLITE_TOOBIG},
        {"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n",
         SQLITE_INTERRUPT},
    };
    struct place *place = *state;
    struct fault fault;
    struct db *db = db_open(place->path, &fault);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = run_guarded(db, rows[i].sql, rows[i].code == SQLITE_INTERRUPT ? 20 : 60000);
        if (code != rows[i].code && !(rows[i].code == SQLITE_AUTH && code == SQLITE_ERROR &&
                                      strstr(db_error(db), "not authorized") != NULL)) {
            fail_msg("%s: %d %s", rows[i].sql, code, db_error(db));
        }
    }
    assert_int_equal(
        sqlite3_exec(db_handle(db), "ATTACH ':memory:' AS o; DETACH o", NULL, NULL, NULL),
        SQLITE_OK);
    db_close(db);
}

/* --- what goes wrong -------------------------------------------------------------------------- */

struct told {
    int count;
    char last[160];
};

static void note(void *user, const char *text)
{
    struct told *told = user;
    told->count++;
    snprintf(told->last, sizeof told->last, "%s", text);
}

static void test_failures_are_counted_and_told_once(void **state)
{
    (void)state;
    struct fault fault;
    struct told told = {0};
    struct db *db = db_open(":memory:", &fault);
    db_set_trouble(db, &(struct db_trouble){note, &told});
    assert_int_equal(db_int(db, 7, "SELECT count(*) FROM orders", ""), 0);
    assert_int_equal(db_failures(db), 0);
    db_run(db, "ALTER TABLE orders RENAME TO gone", "");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(db_int(db, 7, "SELECT count(*) FROM orders", ""), 7);
        assert_int_equal(db_failures(db), i);
    }
    assert_string_equal(db_failure(db), "no such table: orders");
    assert_int_equal(told.count, 1);
    assert_string_equal(told.last, "no such table: orders");
    db_run(db, "PRAGMA max_page_count = 1", "");
    for (int i = 0; i < 3; i++) {
        assert_true(db_run(db,
                           "INSERT INTO users (id) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL"
                           " SELECT i + 1 FROM n WHERE i < 9000) SELECT 'user' || i FROM n",
                           "") < 0);
    }
    assert_int_equal(told.count, 2);
    assert_non_null(strstr(told.last, "full"));
    db_close(db);
}

static void test_a_deleted_or_replaced_file_is_noticed(void **state)
{
    struct place *place = *state;
    struct fault fault;
    struct db *db = db_open(place->path, &fault);
    assert_true(db_file_is_there(db));
    char other[96];
    snprintf(other, sizeof other, "%s-journal", place->path);
    assert_int_equal(rename(place->path, other), 0);
    assert_false(db_file_is_there(db));
    FILE *file = fopen(place->path, "w");
    fclose(file);
    assert_false(db_file_is_there(db));
    assert_int_equal(rename(other, place->path), 0);
    assert_true(db_file_is_there(db));
    db_close(db);
    db = db_open(":memory:", &fault);
    assert_true(db_file_is_there(db));
    db_close(db);
}

static void test_a_busy_database_is_told_apart(void **state)
{
    struct place *place = *state;
    struct fault fault;
    struct db *db = db_open(place->path, &fault), *other = db_open(place->path, &fault);
    assert_true(db_begin(other));
    assert_false(db_begin_now(db));
    assert_true(db_was_busy(db));
    assert_false(db_was_busy(db));
    assert_true(db_commit(other));
    assert_true(db_begin_now(db));
    assert_false(db_was_busy(db));
    db_close(other);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_written_as_the_columns_hold_them),
        cmocka_unit_test(test_values_are_bound_by_type),
        cmocka_unit_test_setup_teardown(test_changes_are_noticed, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_the_sequence_starts_at_the_creation_time_and_goes_on,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_what_is_no_database_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_another_programs_database_is_left_alone, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_foreign_sql_stays_within_the_database, make_place,
                                        remove_place),
        cmocka_unit_test(test_failures_are_counted_and_told_once),
        cmocka_unit_test_setup_teardown(test_a_deleted_or_replaced_file_is_noticed, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_a_busy_database_is_told_apart, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
