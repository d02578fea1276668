#include "api/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct scene {
    struct db *db;
    struct auth *auth;
};

static int setup(void **state)
{
    static struct scene scene;
    struct fault fault;
    scene.db = db_open(":memory:", &fault);
    assert_non_null(scene.db);
    static const char sql[] =
        "INSERT INTO users (id) VALUES ('u1'), ('u2');"
        "INSERT INTO sessions (token, userId, expiresAt) VALUES ('alpha', 'u1', NULL),"
        " ('beta', 'u1', '2999-01-01T00:00:00.000Z'), ('gamma', 'u2', NULL),"
        " ('old', 'u2', '2001-01-01T00:00:00.000Z'), ('a b', 'u2', NULL)";
    assert_int_equal(sqlite3_exec(db_handle(scene.db), sql, NULL, NULL, NULL), SQLITE_OK);
    scene.auth = auth_new(scene.db);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    auth_free(scene->auth);
    db_close(scene->db);
    return 0;
}

static void test_tokens_are_found_where_they_may_be(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *authorization, *cookie, *user;
    } rows[] = {
        {NULL, NULL, NULL},
        {"", "", NULL},
        {"Bearer alpha", NULL, "u1"},
        {"bearer alpha", NULL, "u1"},
        {"BEARER   alpha", NULL, "u1"},
        {"Bearer beta", NULL, "u1"},
        {"Bearer gamma", NULL, "u2"},
        {"Bearer", NULL, NULL},
        {"Bearer ", NULL, NULL},
        {"Bearer alph", NULL, NULL},
        {"Bearer alphaa", NULL, NULL},
        {"Bearer ALPHA", NULL, NULL},
        {"Bearer alpha ", NULL, NULL},
        {"Bearer old", NULL, NULL},
        {"Bearer a b", NULL, "u2"},
        {"Basic alpha", NULL, NULL},
        {"alpha", NULL, NULL},
        {NULL, "authjs.session-token=alpha", "u1"},
        {NULL, "__Secure-authjs.session-token=gamma", "u2"},
        {NULL, "x=1; authjs.session-token=alpha; y=2", "u1"},
        {NULL, "x=1;authjs.session-token=alpha ;y=2", "u1"},
        {NULL, "xauthjs.session-token=alpha", NULL},
        {NULL, "x=authjs.session-token=alpha", NULL},
        {NULL, "authjs.session-token", NULL},
        {NULL, "authjs.session-token=", NULL},
        {NULL, "AUTHJS.SESSION-TOKEN=alpha", NULL},
        {NULL, "authjs.session-token=' OR 1=1 --", NULL},
        {NULL, "authjs.session-token=wrong; __Secure-authjs.session-token=alpha", "u1"},
        {"Bearer wrong", "authjs.session-token=alpha", NULL},
        {"Bearer gamma", "authjs.session-token=alpha", "u2"},
        {"Basic eDp5", "authjs.session-token=alpha", "u1"},
        {NULL, ";;; ;=;authjs.session-token=alpha", "u1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *user = auth_user(scene->auth, rows[i].authorization, rows[i].cookie);
        const char *got = user == NULL ? "nobody" : user;
        const char *expected = rows[i].user == NULL ? "nobody" : rows[i].user;
        if (strcmp(got, expected) != 0) {
            fail_msg("row %zu: %s, expected %s", i, got, expected);
        }
    }
}

static void test_sessions_come_and_go(void **state)
{
    struct scene *scene = *state;
    assert_null(auth_user(scene->auth, "Bearer new", NULL));
    db_run(scene->db, "INSERT INTO sessions (token, userId) VALUES ('new', 'u1')", "");
    assert_string_equal(auth_user(scene->auth, "Bearer new", NULL), "u1");
    db_run(scene->db, "DELETE FROM sessions WHERE token = 'new'", "");
    assert_null(auth_user(scene->auth, "Bearer new", NULL));
    db_run(scene->db, "DELETE FROM users WHERE id = 'u1'", "");
    assert_null(auth_user(scene->auth, "Bearer alpha", NULL));
    assert_string_equal(auth_user(scene->auth, "Bearer gamma", NULL), "u2");
}

static void test_many_sessions(void **state)
{
    struct scene *scene = *state;
    db_begin(scene->db);
    for (int64_t i = 0; i < 1000; i++) {
        db_run(scene->db,
               "INSERT INTO sessions (token, userId) VALUES ('t' || ?1, 'u' || (?1 % 2 + 1))", "i",
               i);
    }
    assert_true(db_commit(scene->db));
    for (int i = 0; i < 1000; i++) {
        char header[32];
        snprintf(header, sizeof header, "Bearer t%d", i);
        assert_string_equal(auth_user(scene->auth, header, NULL), i % 2 == 0 ? "u1" : "u2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tokens_are_found_where_they_may_be, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_sessions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
