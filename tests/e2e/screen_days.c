/* The daybook by the real program: what was seen is there again, after a quit and after a kill, and
 * on a past day; whatever is wrong with the file, the dashboard goes on. */
#include "expect.h"
#include "screen_common.h"

#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_MAX_BYTES = 256 };

struct fixture {
    char dir[64], state[128], cache[128];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    screen_dir_make(fixture.dir);
    snprintf(fixture.state, sizeof fixture.state, "XDG_STATE_HOME=%s/state", fixture.dir);
    snprintf(fixture.cache, sizeof fixture.cache, "XDG_CACHE_HOME=%s/cache", fixture.dir);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    screen_dir_remove(((struct fixture *)*state)->dir);
    return 0;
}

static struct run run_of(const struct fixture *f)
{
    return (struct run){.env = {f->state, f->cache}};
}

/* The one daybook that there is. */
static void daybook_of(const struct fixture *f, char out[PATH_MAX_BYTES])
{
    char pattern[PATH_MAX_BYTES];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/state/blotter/daybook-*.db", f->dir);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    snprintf(out, PATH_MAX_BYTES, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static int64_t ask(const char *path, const char *sql, char *out, size_t size)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, 2000);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t number =
        sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    const char *text = number >= 0 ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (out != NULL) {
        snprintf(out, size, "%s", text != NULL ? text : "");
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return number;
}

/* Fills an order that waits, and tells what the tape says of it. */
static void fill_one(char symbol[64])
{
    snprintf(
        symbol, 64, "%s",
        screen_sql_text(screen_server(),
                        "select o.symbol from orders o join trading_accounts a on"
                        " a.id=o.tradingAccountId where a.userId='user-1' and"
                        " o.status='PENDING' and o.filledQuantity=0 order by o.rowid limit 1"));
    char answer[4096];
    assert_int_equal(
        server_request(screen_server(), "/__mock/sql",
                       "update orders set status='EXECUTED', averagePrice=101.25,"
                       " filledQuantity=quantity where rowid=(select o.rowid from orders o join"
                       " trading_accounts a on a.id=o.tradingAccountId where a.userId='user-1' and"
                       " o.status='PENDING' and o.filledQuantity=0 order by o.rowid limit 1)",
                       answer, sizeof answer),
        200);
}

static void kill_it(struct pty *pty)
{
    int status;
    kill(pty_pid(pty), SIGKILL);
    assert_true(pty_wait_exit(pty, 0, &status));
    pty_free(pty);
}

/* Waits until a sentence is in the file: at most a second and a turn after it was shown. */
struct written {
    const char *path;
    int64_t fills;
};

static bool is_written(struct pty *pty, void *user)
{
    const struct written *written = user;
    (void)pty;
    return ask(written->path, "SELECT count(*) FROM tape WHERE kind = 'filled'", NULL, 0) ==
           written->fills;
}

static void what_was_seen_is_there_again(void **state)
{
    const struct fixture *f = *state;
    struct run run = run_of(f);
    char symbol[64], path[PATH_MAX_BYTES], text[256], day[16];
    struct pty *pty = screen_live(&run);
    pty_send(pty, "5z");
    fill_one(symbol);
    assert_true(pty_wait_text(pty, "FILLED"));
    daybook_of(f, path);
    struct written written = {path, 1};
    assert_true(pty_wait(pty, is_written, &written, 0));
    kill_it(pty);
    ask(path, "SELECT text FROM tape WHERE kind = 'filled'", text, sizeof text);
    assert_non_null(strstr(text, symbol));
    ask(path, "PRAGMA integrity_check", text, sizeof text);
    assert_string_equal(text, "ok");
    /* While nobody looks another one is filled: the next run tells both. */
    fill_one(symbol);
    pty = screen_live(&run);
    pty_send(pty, "5z");
    assert_true(pty_wait_text(pty, "@ 101.25"));
    written.fills = 2;
    assert_true(pty_wait(pty, is_written, &written, 0));
    screen_quit(pty);
    assert_true(ask(path, "SELECT at_ms FROM looked", NULL, 0) > 0);
    /* The same day from the daybook alone. */
    ask(path, "SELECT day FROM days", day, sizeof day);
    run.args[0] = "--day";
    run.args[1] = day;
    run.url = "http://127.0.0.1:9"; /* nobody is asked; but the file goes by the address */
    pty = screen_start(&run);
    expect_exit(pty, 1);
    assert_true(pty_has(pty, "no daybook of this server and user"));
    pty_free(pty);
    run.url = NULL;
    run.token = "wrong";
    pty = screen_start(&run);
    assert_true(pty_wait_text(pty, "PAST DAY"));
    pty_send(pty, "5z");
    assert_true(pty_wait_text(pty, "FILLED"));
    screen_quit(pty);
    run.args[1] = "2001-01-01";
    pty = screen_start(&run);
    expect_exit(pty, 1);
    assert_true(pty_has(pty, "the daybook has no 2001-01-01; it has"));
    pty_free(pty);
}

static void a_damaged_file_is_said_once(void **state)
{
    const struct fixture *f = *state;
    struct run run = run_of(f);
    char path[PATH_MAX_BYTES], bytes[64];
    screen_quit(screen_live(&run));
    daybook_of(f, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this was a daybook, and something wrote over it", file);
    fclose(file);
    struct pty *pty = screen_live(&run);
    assert_true(pty_wait_text(pty, "daybook: the file is damaged"));
    assert_true(pty_wait_text(pty, "LIVE"));
    screen_quit(pty);
    file = fopen(path, "r"); /* and it was left as it is */
    assert_non_null(fgets(bytes, sizeof bytes, file));
    fclose(file);
    assert_string_equal(bytes, "this was a daybook, and something wrote over it");
}

static void none_is_kept_where_none_is_wanted(void **state)
{
    const struct fixture *f = *state;
    struct run run = run_of(f);
    char pattern[PATH_MAX_BYTES];
    glob_t found;
    run.args[0] = "-O";
    run.args[1] = "daybook_days=0";
    screen_quit(screen_live(&run));
    snprintf(pattern, sizeof pattern, "%s/state/blotter/daybook-*", f->dir);
    assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}

int main(int argc, char **argv)
{
#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DIR(what_was_seen_is_there_again),
        WITH_DIR(a_damaged_file_is_said_once),
        WITH_DIR(none_is_kept_where_none_is_wanted),
    };
    screen_programs(argc, argv);
    return cmocka_run_group_tests(tests, screen_server_up, screen_server_down);
}
