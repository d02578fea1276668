/* What is kept of the reads: never older than the database, never another user's, bounded. */
#define _GNU_SOURCE /* memmem */
#include "api/answers.h"
#include "book/seed.h"
#include "db/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    char path[64];
    struct db *db;
    sqlite3 *other; /* another connection, as another program has it */
    struct answers *answers;
    struct text body;
    struct answers_about about;
};

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct fault fault;
    snprintf(scene->path, sizeof scene->path, "/tmp/blotter-reads-XXXXXX");
    int fd = mkstemp(scene->path);
    assert_true(fd >= 0);
    close(fd);
    scene->db = db_open(scene->path, &fault);
    assert_non_null(scene->db);
    const struct seed_settings settings = {5, 2, 20, 4, 50, 1737972000123};
    assert_true(seed_fill(scene->db, &settings));
    assert_int_equal(sqlite3_open(scene->path, &scene->other), SQLITE_OK);
    scene->answers = answers_new(scene->db);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    struct scene *scene = *state;
    text_done(&scene->body);
    answers_free(scene->answers);
    sqlite3_close(scene->other);
    db_close(scene->db);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", scene->path, ends[i]);
        unlink(file);
    }
    free(scene);
    return 0;
}

/* The reads, and how often one of them was made. */
static unsigned asked;

#define COUNTED(read)                                                                              \
    static void counted_##read(struct db *db, const char *user, int64_t limit, struct text *into)  \
    {                                                                                              \
        asked++;                                                                                   \
        read_##read(db, user, limit, into);                                                        \
    }
COUNTED(orders)
COUNTED(positions)
COUNTED(account)
COUNTED(watchlists)

static void put(struct scene *scene, answers_fn write, const char *user)
{
    scene->body.len = 0;
    answers_put(scene->answers, write, user, 100, &scene->body, &scene->about);
}

/* What is given is what the database says now. */
static void check_true(struct scene *scene, answers_fn write, const char *user)
{
    struct text now = {0};
    put(scene, write, user);
    write(scene->db, user, 100, &now);
    assert_int_equal(scene->body.len, now.len);
    assert_memory_equal(scene->body.bytes, now.bytes, now.len);
    assert_int_equal(scene->about.last_id, read_last_id(scene->db));
    assert_true(scene->about.hash == read_hash(now.bytes, now.len));
    text_done(&now);
}

static void check_spared(struct scene *scene, answers_fn write, const char *user, bool expected)
{
    asked = 0;
    check_true(scene, write, user); /* which asks once itself */
    assert_int_equal(asked, expected ? 1 : 2);
}

static void change_by_another(struct scene *scene, const char *sql)
{
    char *why = NULL;
    sqlite3_exec(scene->other, sql, NULL, NULL, &why);
    assert_null(why);
}

#define CHANGE "UPDATE orders SET quantity = quantity + 1"

static void test_nothing_is_asked_twice_of_a_database_that_rests(void **state)
{
    static const answers_fn writes[] = {counted_orders, counted_positions, counted_account,
                                        counted_watchlists};
    struct scene *scene = *state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
            check_spared(scene, writes[i], "user-1", round > 0);
            check_spared(scene, writes[i], "user-2", round > 0);
        }
    }
    check_spared(scene, counted_orders, "nobody", false);
}

static void test_a_write_by_another_program_is_in_the_next_read(void **state)
{
    struct scene *scene = *state;
    check_spared(scene, counted_orders, "user-1", false);
    for (int i = 0; i < 100; i++) {
        check_spared(scene, counted_orders, "user-1", true);
        change_by_another(scene, CHANGE);
        check_spared(scene, counted_orders, "user-1", false);
    }
    /* One that is not committed is not there, and one that never is changes nothing. */
    change_by_another(scene, "BEGIN;" CHANGE);
    check_spared(scene, counted_orders, "user-1", true);
    change_by_another(scene, "COMMIT");
    check_spared(scene, counted_orders, "user-1", false);
    change_by_another(scene, "BEGIN;" CHANGE ";ROLLBACK");
    check_true(scene, counted_orders, "user-1");
}

static void test_a_write_of_our_own_is_in_the_next_read(void **state)
{
    struct scene *scene = *state;
    check_spared(scene, counted_orders, "user-1", false);
    for (int i = 0; i < 10; i++) {
        assert_true(db_run(scene->db, CHANGE, "") > 0);
        check_spared(scene, counted_orders, "user-1", false);
        check_spared(scene, counted_orders, "user-1", true);
    }
    assert_true(db_begin(scene->db));
    assert_true(db_run(scene->db, CHANGE, "") > 0);
    db_rollback(scene->db);
    check_true(scene, counted_orders, "user-1");
    assert_true(db_begin(scene->db));
    assert_true(db_run(scene->db, CHANGE, "") > 0);
    assert_true(db_commit(scene->db));
    check_spared(scene, counted_orders, "user-1", false);
}

/* Another program writes in the middle of our read: ours is of before, and is kept as such. */
static struct scene *intruded;
static void read_and_be_intruded(struct db *db, const char *user, int64_t limit, struct text *into)
{
    counted_orders(db, user, limit, into);
    if (intruded != NULL) {
        change_by_another(intruded, CHANGE);
        intruded = NULL;
    }
}

static void test_a_write_during_a_read_is_in_the_next(void **state)
{
    struct scene *scene = *state;
    intruded = scene;
    put(scene, read_and_be_intruded, "user-1");
    assert_null(intruded);
    check_spared(scene, read_and_be_intruded, "user-1", false);
    check_spared(scene, read_and_be_intruded, "user-1", true);
}

static int stop_at_once(void *user)
{
    (void)user;
    return 1;
}

static void test_what_failed_is_not_kept(void **state)
{
    struct scene *scene = *state;
    sqlite3_progress_handler(db_handle(scene->db), 1, stop_at_once, NULL);
    put(scene, counted_orders, "user-1");
    sqlite3_progress_handler(db_handle(scene->db), 0, NULL, NULL);
    check_spared(scene, counted_orders, "user-1", false);
    assert_non_null(memmem(scene->body.bytes, scene->body.len, "\"quantity\"", 10));
}

static void write_much(struct db *db, const char *user, int64_t limit, struct text *into)
{
    (void)db;
    (void)limit;
    asked++;
    size_t size = (size_t)strtoul(user, NULL, 10) * 1024;
    text_reserve(into, size);
    memset(into->bytes + into->len, 'x', size);
    into->len += size;
}

static void test_what_is_kept_is_bounded(void **state)
{
    struct scene *scene = *state;
    char user[16];
    for (int i = 0; i <= ANSWERS_BODIES_MAX; i++) {
        snprintf(user, sizeof user, "%d.%d", 1, i);
        check_spared(scene, write_much, user, false);
        check_spared(scene, write_much, "1.0", true); /* asked for often: it stays */
    }
    check_spared(scene, write_much, "1.1", false); /* it made room */
    check_spared(scene, write_much, user, true);
    for (int i = 0; i < 5; i++) {
        snprintf(user, sizeof user, "1000.%d", i); /* four fit, beside little else */
        check_spared(scene, write_much, user, false);
    }
    check_spared(scene, write_much, "1000.0", false);
    check_spared(scene, write_much, "1000.4", true);
    check_spared(scene, write_much, "5000", false); /* too large alone, and nobody is put out */
    check_spared(scene, write_much, "5000", false);
    check_spared(scene, write_much, "1000.4", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_asked_twice_of_a_database_that_rests, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_write_by_another_program_is_in_the_next_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_write_of_our_own_is_in_the_next_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_write_during_a_read_is_in_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_failed_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_kept_is_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
