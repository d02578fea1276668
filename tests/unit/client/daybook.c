#include "series.h"

#include <blotter/client/daybook.h>
#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-11-27 09:15:00 at +05:30, which is 03:45 UTC. */
#define OPEN_MS INT64_C(1795751100000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)

struct fixture {
    char root[64], path[128];
    struct daybook_settings settings;
    struct daybook *daybook;
    struct daybook_parts parts;
    char why[DAYBOOK_WHY_MAX];
};

static int32_t india(const void *user, int64_t wall_ms)
{
    (void)user;
    (void)wall_ms;
    return 19800;
}

static void new_parts(struct fixture *f)
{
    f->parts = (struct daybook_parts){tape_new(), history_new(), money_book_new(), NULL};
}

static void free_parts(struct fixture *f)
{
    tape_free(f->parts.tape);
    history_free(f->parts.history);
    money_book_free(f->parts.book);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/blotter-daybook-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->path, sizeof f->path, "%s/daybook.db", f->root);
    f->settings = (struct daybook_settings){f->path, 30, "http://h", "u1", india, NULL};
    new_parts(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char path[160];
    daybook_close(f->daybook);
    free_parts(f);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->root), 0); /* nothing else was left behind */
    free(f);
    return 0;
}

static void open_at(struct fixture *f, int64_t now_ms)
{
    f->daybook = daybook_open(&f->settings, now_ms, f->why);
    if (f->daybook == NULL) {
        fail_msg("%s", f->why);
    }
}

/* Another run begins: nothing in memory. */
static void again(struct fixture *f, int64_t now_ms)
{
    daybook_close(f->daybook);
    free_parts(f);
    new_parts(f);
    open_at(f, now_ms);
    assert_true(daybook_read(f->daybook, NULL, now_ms, &f->parts, f->why));
}

static void write_at(struct fixture *f, int64_t now_ms, bool all)
{
    if (!daybook_write(f->daybook, now_ms, &f->parts, all, f->why)) {
        fail_msg("not written: %s", f->why);
    }
}

static void tell(struct fixture *f, enum tape_kind kind, const char *id, int64_t at_ms)
{
    struct tape_entry entry;
    tape_entry_init(&entry, kind, at_ms);
    snprintf(entry.id, sizeof entry.id, "%s", id);
    snprintf(entry.symbol, sizeof entry.symbol, "TCS");
    entry.side = TAPE_SELL;
    entry.quantity = 40;
    entry.price = 4118.2;
    entry.limit = 4115;
    entry.took_ms = 3000;
    tape_add(f->parts.tape, &entry);
}

/* One figure of the file, as whoever asks it with sqlite3 sees it. */
static int64_t ask(struct fixture *f, const char *sql, char *out, size_t size)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(f->path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    if (out != NULL) {
        snprintf(out, size, "%s", text != NULL ? text : "NULL");
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return number;
}

/* --- what is kept --------------------------------------------------------------------------- */

static void test_tape_is_there_again(void **state)
{
    struct fixture *f = *state;
    char text[256];
    open_at(f, OPEN_MS);
    tell(f, TAPE_PLACED, "o1", OPEN_MS);
    tell(f, TAPE_FILLED, "o1", OPEN_MS + 3000);
    write_at(f, OPEN_MS + 4000, false);
    ask(f, "SELECT text FROM tape WHERE kind = 'filled'", text, sizeof text);
    assert_string_equal(text, "FILLED SELL 40 TCS @ 4118.20, limit 4115.00, 3 s after placing");
    ask(f, "SELECT day FROM tape LIMIT 1", text, sizeof text);
    assert_string_equal(text, "2026-11-27");
    again(f, OPEN_MS + MINUTE);
    assert_int_equal(tape_count(f->parts.tape), 2);
    const struct tape_entry *newest = tape_at(f->parts.tape, 0);
    assert_int_equal(newest->kind, TAPE_FILLED);
    assert_string_equal(newest->id, "o1");
    assert_true(newest->price > 4118.1 && newest->took_ms == 3000 && newest->side == TAPE_SELL);
    assert_true(isnan(newest->amount));
    assert_int_equal(tape_counts(f->parts.tape).of[TAPE_FILLED], 0); /* not of this run */
    write_at(f, OPEN_MS + MINUTE, true);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 2);
}

/* Entries come before those of this run, and an entry that is completed is written again. */
static void test_restored_entries_come_first(void **state)
{
    struct fixture *f = *state;
    char text[128];
    open_at(f, OPEN_MS);
    tell(f, TAPE_PLACED, "o1", OPEN_MS);
    write_at(f, OPEN_MS + 1000, false);
    daybook_close(f->daybook);
    free_parts(f);
    new_parts(f);
    open_at(f, OPEN_MS + MINUTE);
    tell(f, TAPE_REJECTED, "o2", OPEN_MS + MINUTE);
    assert_true(daybook_read(f->daybook, NULL, OPEN_MS + MINUTE, &f->parts, f->why));
    assert_string_equal(tape_at(f->parts.tape, 0)->id, "o2");
    assert_int_equal(tape_at(f->parts.tape, 0)->number, 2);
    assert_string_equal(tape_at(f->parts.tape, 1)->id, "o1");
    write_at(f, OPEN_MS + MINUTE, false);
    struct tape_entry more = *tape_at(f->parts.tape, 0);
    snprintf(more.text, sizeof more.text, "margin");
    tape_add(f->parts.tape, &more); /* another that saw the same, with the reason */
    write_at(f, OPEN_MS + 2 * MINUTE, false);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 2);
    ask(f, "SELECT reason FROM tape WHERE kind = 'rejected'", text, sizeof text);
    assert_string_equal(text, "margin");
}

/* What was filled while nobody watched is told; what the tape holds already is not. */
static void test_orders_of_an_earlier_run(void **state)
{
    struct fixture *f = *state;
    open_at(f, OPEN_MS);
    tell(f, TAPE_PLACED, "o1", OPEN_MS);
    tell(f, TAPE_FILLED, "o2", OPEN_MS);
    write_at(f, OPEN_MS + 1000, false);
    again(f, OPEN_MS + MINUTE);
    struct order rows[2] = {{.row = {.id = "o1", .version = 1}},
                            {.row = {.id = "o2", .version = 2}}};
    for (int i = 0; i < 2; i++) {
        rows[i].symbol = "TCS";
        rows[i].side = rows[i].type = rows[i].status = rows[i].failure_reason = "";
        rows[i].class = ORDER_DONE;
        rows[i].quantity = rows[i].filled = 40;
        rows[i].price = rows[i].average_price = rows[i].ltp = 4118;
        rows[i].created_ms = OPEN_MS;
        rows[i].executed_ms = OPEN_MS + 30 * SECOND;
    }
    struct snapshot snapshot = {.resource = RESOURCE_ORDERS, .row_count = 2, .orders = rows};
    tape_rows(f->parts.tape, (struct moment){1, OPEN_MS + MINUTE}, &snapshot, true);
    assert_int_equal(tape_count(f->parts.tape), 3);
    assert_string_equal(tape_at(f->parts.tape, 0)->id, "o1");
    assert_int_equal(tape_at(f->parts.tape, 0)->wall_ms, OPEN_MS + 30 * SECOND);
}

static void test_curves(void **state)
{
    struct fixture *f = *state;
    open_at(f, OPEN_MS);
    for (int i = 0; i < 120; i++) { /* two minutes, every second */
        int64_t at = OPEN_MS + i * SECOND;
        history_add(f->parts.history, HISTORY_DAY, at, i);
        history_add(f->parts.history, HISTORY_MARGIN, at, 39);
        history_add_price(f->parts.history, "TCS", at, 4100 + i % 60);
        write_at(f, at, false);
    }
    int64_t end = OPEN_MS + 120 * SECOND;
    write_at(f, end, true);
    assert_in_range(ask(f, "SELECT count(*) FROM samples WHERE series = 'day'", NULL, 0), 8, 10);
    assert_int_equal(ask(f, "SELECT count(*) FROM samples WHERE series = 'margin'", NULL, 0), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM prices WHERE symbol = 'TCS'", NULL, 0), 2);
    assert_int_equal(ask(f, "SELECT high FROM prices ORDER BY at_ms LIMIT 1", NULL, 0), 4159);
    assert_int_equal(ask(f, "SELECT open FROM prices ORDER BY at_ms LIMIT 1", NULL, 0), 4100);
    again(f, end + 10 * MINUTE);
    const struct series *day = history_figure(f->parts.history, HISTORY_DAY);
    assert_true(fabs(series_at(day, end - SECOND) - 119) < 16);
    assert_true(isnan(series_at(day, end + MINUTE))); /* nobody watched */
    const struct series *price = history_price(f->parts.history, "TCS");
    assert_non_null(price);
    assert_true(series_at(price, OPEN_MS + 40 * SECOND) > 4150);
    assert_true(isnan(series_at(price, end + MINUTE)));
    /* The gap is a gap for the next run as well. */
    history_add(f->parts.history, HISTORY_DAY, end + 10 * MINUTE, 500);
    history_add_price(f->parts.history, "TCS", end + 10 * MINUTE, 4200);
    write_at(f, end + 10 * MINUTE, true);
    again(f, end + 20 * MINUTE);
    day = history_figure(f->parts.history, HISTORY_DAY);
    assert_true(isnan(series_at(day, end + 5 * MINUTE)));
    assert_true(fabs(series_at(day, end + 10 * MINUTE + SECOND / 2) - 500) < 1e-9);
    price = history_price(f->parts.history, "TCS");
    assert_true(isnan(series_at(price, end + 5 * MINUTE)));
    assert_true(fabs(series_at(price, end + 10 * MINUTE + SECOND / 2) - 4200) < 1e-9);
}

/* A day is the exchange's: 18:30 UTC is midnight there. */
/* A symbol on the days before today: as many as are asked for, with their silences. */
static void test_days_before(void **state)
{
    struct fixture *f = *state;
    struct series series;
    open_at(f, OPEN_MS);
    for (int day = 0; day < 4; day++) {
        for (int minute = 0; minute < 30; minute += minute == 9 ? 11 : 1) { /* ten are missed */
            int64_t at_ms = OPEN_MS + day * DAY + minute * MINUTE;
            history_add_price(f->parts.history, "TCS", at_ms, 100 * day + minute);
            history_add_price(f->parts.history, "INFY", at_ms, 1);
            write_at(f, at_ms, true);
        }
    }
    static const struct {
        const char *symbol;
        int days;
        double first, last;
    } rows[] = {{"TCS", 2, 100, 229}, {"TCS", 9, 0, 229}, {"INFY", 1, 1, 1}, {"none", 5, NAN, NAN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        series_init(&series, 1000);
        daybook_past(f->daybook, rows[i].symbol, OPEN_MS + 3 * DAY + MINUTE, rows[i].days, &series);
        if (isnan(rows[i].first)) {
            assert_int_equal(series.count, 0);
        } else {
            assert_true(fabs(series.points[0].y - rows[i].first) < 1e-9);
            assert_true(isnan(series.points[series.count - 1].y)); /* nothing goes on over night */
            assert_true(fabs(series.points[series.count - 2].y - rows[i].last) < 1e-9);
            assert_true(series.points[series.count - 1].x < OPEN_MS + 3 * DAY);
            assert_true(isnan(series_at(&series, series.points[0].x + 15 * MINUTE)));
        }
        series_done(&series);
    }
}

static void test_days(void **state)
{
    struct fixture *f = *state;
    char day[DAYBOOK_DAY_SIZE];
    open_at(f, OPEN_MS);
    int64_t midnight = OPEN_MS - 9 * 60 * MINUTE - 15 * MINUTE + DAY;
    daybook_day(f->daybook, midnight - 1, day);
    assert_string_equal(day, "2026-11-27");
    daybook_day(f->daybook, midnight, day);
    assert_string_equal(day, "2026-11-28");
    tell(f, TAPE_PLACED, "o1", midnight - 1);
    tell(f, TAPE_PLACED, "o2", midnight);
    write_at(f, midnight + 1000, false);
    again(f, midnight + 2000);
    assert_int_equal(tape_count(f->parts.tape), 1);
    assert_true(daybook_has_day(f->daybook, "2026-11-28"));
    assert_false(daybook_has_day(f->daybook, "2026-11-26"));
}

static void test_old_days_go(void **state)
{
    struct fixture *f = *state;
    f->settings.days = 3;
    for (int i = 0; i < 6; i++) {
        char id[8];
        open_at(f, OPEN_MS + i * DAY);
        snprintf(id, sizeof id, "o%d", i);
        tell(f, TAPE_PLACED, id, OPEN_MS + i * DAY);
        history_add(f->parts.history, HISTORY_DAY, OPEN_MS + i * DAY, i + 1);
        history_add_price(f->parts.history, "TCS", OPEN_MS + i * DAY, 1 + i);
        write_at(f, OPEN_MS + i * DAY, true);
        daybook_close(f->daybook);
        f->daybook = NULL;
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM days", NULL, 0), 3);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 3);
    assert_int_equal(ask(f, "SELECT count(*) FROM samples", NULL, 0), 3);
    assert_in_range(ask(f, "SELECT count(*) FROM bars", NULL, 0), 3, 4);
}

/* Clocks go back an hour at 2026-11-01 02:00 of New York: a day of 25 hours. */
#define FALL_MS INT64_C(1793512800000)
static int32_t new_york(const void *user, int64_t wall_ms)
{
    (void)user;
    return wall_ms < FALL_MS ? -4 * 3600 : -5 * 3600;
}

/* However long a day is, so many of them are kept, and today always. */
static void test_days_of_23_and_25_hours(void **state)
{
    struct fixture *f = *state;
    const int64_t begins = FALL_MS - 2 * 60 * MINUTE, last = begins + DAY + 59 * MINUTE;
    char day[DAYBOOK_DAY_SIZE];
    f->settings.zone = new_york;
    f->settings.days = 1;
    open_at(f, begins);
    daybook_day(f->daybook, begins - 1, day);
    assert_string_equal(day, "2026-10-31");
    daybook_day(f->daybook, last, day);
    assert_string_equal(day, "2026-11-01");
    daybook_day(f->daybook, last + MINUTE, day);
    assert_string_equal(day, "2026-11-02");
    tell(f, TAPE_PLACED, "o0", begins - 1);
    tell(f, TAPE_PLACED, "o1", begins);
    tell(f, TAPE_PLACED, "o2", last);
    history_add_price(f->parts.history, "TCS", begins, 7);
    write_at(f, last, true);
    again(f, last);
    assert_int_equal(tape_count(f->parts.tape), 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM bars", NULL, 0), 1);
    again(f, last + MINUTE);
    assert_int_equal(tape_count(f->parts.tape), 0);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 0);
}

static struct snapshot *held(const char *rows)
{
    char body[512];
    struct fault fault;
    int len = snprintf(body, sizeof body, "{\"positions\":[%s]}", rows);
    struct snapshot *list = decode_body(RESOURCE_POSITIONS, body, (size_t)len, &fault);
    assert_non_null(list);
    return list;
}

static void take(struct fixture *f, const char *rows, int64_t now_ms)
{
    struct snapshot *list = held(rows);
    money_book_take(f->parts.book, list,
                    (struct money_time){now_ms, moment_day(now_ms, india(NULL, now_ms))});
    snapshot_unref(list);
}

#define ROW(id, quantity, day, more)                                                               \
    "{\"id\":\"" id "\",\"symbol\":\"TCS\",\"quantity\":" #quantity ",\"averagePrice\":10,"        \
    "\"unrealizedPnL\":1,\"dayPnL\":" #day more "}"

/* What is a closing no more is none in the file: another row stands for it, or it is open again. */
static void test_booked_is_what_stands(void **state)
{
    struct fixture *f = *state;
    open_at(f, OPEN_MS);
    take(f, ROW("a", 5, 100, "") "," ROW("b", 7, 40, "") "," ROW("c", 9, 3, ""), OPEN_MS);
    take(f, "", OPEN_MS + 1000);
    write_at(f, OPEN_MS + 1000, true);
    assert_int_equal(ask(f, "SELECT sum(amount) FROM booked", NULL, 0), 143);
    take(f, ROW("c", 9, 3, ""), OPEN_MS + 2000);
    write_at(f, OPEN_MS + 2000, true);
    assert_int_equal(ask(f, "SELECT sum(amount) FROM booked", NULL, 0), 140);
    again(f, OPEN_MS + 3000);
    take(f, ROW("d", 0, 140, ",\"isClosed\":true"), OPEN_MS + 4000);
    assert_null(money_book_closed(f->parts.book, 0));
    write_at(f, OPEN_MS + 4000, true);
    assert_int_equal(ask(f, "SELECT count(*) FROM booked", NULL, 0), 0);
}

/* The file's day has begun, what the book holds is still of the last one. */
static void test_nothing_of_yesterday_is_booked_today(void **state)
{
    struct fixture *f = *state;
    int64_t midnight = OPEN_MS - 9 * 60 * MINUTE - 15 * MINUTE + DAY;
    open_at(f, OPEN_MS);
    take(f, ROW("a", 5, 100, ""), OPEN_MS);
    take(f, "", OPEN_MS + 1000);
    write_at(f, midnight - 1000, true);
    tell(f, TAPE_PLACED, "o1", midnight + 1000);
    write_at(f, midnight + 1000, true);
    assert_int_equal(ask(f, "SELECT count(*) FROM booked", NULL, 0), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM booked WHERE day = '2026-11-28'", NULL, 0), 0);
    again(f, midnight + 2000);
    assert_null(money_book_closed(f->parts.book, 0));
}

static void test_looked(void **state)
{
    struct fixture *f = *state;
    open_at(f, OPEN_MS);
    assert_true(daybook_looked(f->daybook) == MODEL_NO_TIME);
    daybook_look(f->daybook, 12345);
    daybook_look(f->daybook, 23456);
    again(f, OPEN_MS);
    assert_int_equal(daybook_looked(f->daybook), 23456);
}

/* --- what goes wrong ------------------------------------------------------------------------ */

static void refused(struct fixture *f, const char *expected)
{
    struct daybook *daybook = daybook_open(&f->settings, OPEN_MS, f->why);
    assert_null(daybook);
    if (strstr(f->why, expected) == NULL) {
        fail_msg("'%s' is not said: %s", expected, f->why);
    }
}

static void test_files_that_are_not_ours(void **state)
{
    struct fixture *f = *state;
    int fd = open(f->path, O_WRONLY | O_CREAT, 0644);
    assert_true(write(fd, "this is no database, and never was one.........", 47) == 47);
    close(fd);
    refused(f, "damaged");
    unlink(f->path);
    assert_int_equal(symlink("/dev/null", f->path), 0);
    refused(f, "link");
    unlink(f->path);
    assert_int_equal(mkfifo(f->path, 0600), 0);
    refused(f, "no file");
    unlink(f->path);
    f->settings.path = "/nonexistent/daybook.db";
    refused(f, "No such file");
    f->settings.path = f->path;
    open_at(f, OPEN_MS);
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    daybook_close(f->daybook);
    f->daybook = NULL;
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    sqlite3_exec(handle, "PRAGMA user_version = 99", NULL, NULL, NULL);
    sqlite3_close(handle);
    refused(f, "newer blotter");
}

/* While another writes nothing is lost, nothing is said, and nobody waits for long. */
static void test_a_locked_file(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;
    open_at(f, OPEN_MS);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    tell(f, TAPE_PLACED, "o1", OPEN_MS);
    assert_false(daybook_write(f->daybook, OPEN_MS, &f->parts, false, f->why));
    assert_string_equal(f->why, "");
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(other);
    write_at(f, OPEN_MS + 1000, false);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 1);
}

/* No room: said once, and written when there is room again. */
static void test_a_full_disk(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, little = {100, RLIM_INFINITY};
    open_at(f, OPEN_MS);
    write_at(f, OPEN_MS, false);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &little);
    tell(f, TAPE_PLACED, "o1", OPEN_MS);
    bool first = daybook_write(f->daybook, OPEN_MS + 1000, &f->parts, false, f->why);
    bool said = f->why[0] != '\0';
    bool second = daybook_write(f->daybook, OPEN_MS + 2000, &f->parts, false, f->why);
    bool again_said = f->why[0] != '\0';
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(first || second);
    assert_true(said);
    assert_false(again_said);
    write_at(f, OPEN_MS + 3000, false);
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 1);
}

/* Killed in the middle of writing, again and again: the file stands. */
static void test_a_kill(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 8; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            open_at(f, OPEN_MS);
            for (int i = 0;; i++) {
                char id[24];
                snprintf(id, sizeof id, "o%d-%d", round, i);
                tell(f, TAPE_PLACED, id, OPEN_MS + i);
                daybook_write(f->daybook, OPEN_MS + i, &f->parts, false, f->why);
                if (i == 20 + round && write(ready[1], "x", 1) != 1) {
                    _exit(1);
                }
            }
        }
        char byte;
        assert_int_equal(read(ready[0], &byte, 1), 1);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);
        char text[32];
        assert_true(ask(f, "SELECT count(*) FROM tape", NULL, 0) >= (round + 1) * 20);
        ask(f, "PRAGMA integrity_check", text, sizeof text);
        assert_string_equal(text, "ok");
    }
}

/* Two that watch the same: each thing once. */
static void test_two_writers(void **state)
{
    struct fixture *f = *state;
    struct fixture other = {.settings = f->settings};
    new_parts(&other);
    open_at(f, OPEN_MS);
    open_at(&other, OPEN_MS);
    memcpy(other.path, f->path, sizeof other.path);
    for (int i = 0; i < 20; i++) {
        char id[8];
        snprintf(id, sizeof id, "o%d", i);
        tell(f, TAPE_FILLED, id, OPEN_MS + i * SECOND);
        tell(&other, TAPE_FILLED, id, OPEN_MS + i * SECOND + 7);
        history_add_price(f->parts.history, "TCS", OPEN_MS + i * SECOND, 100 + i);
        history_add_price(other.parts.history, "TCS", OPEN_MS + i * SECOND, 90 + i);
        write_at(f, OPEN_MS + i * SECOND, i == 19);
        write_at(&other, OPEN_MS + i * SECOND, i == 19);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM tape", NULL, 0), 20);
    assert_int_equal(ask(f, "SELECT count(*) FROM bars", NULL, 0), 1);
    assert_int_equal(ask(f, "SELECT high FROM bars", NULL, 0), 119);
    assert_int_equal(ask(f, "SELECT low FROM bars", NULL, 0), 90);
    daybook_close(other.daybook);
    free_parts(&other);
}

/* A session of 50 instruments that move all the time. */
static void test_a_day_is_small(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    open_at(f, OPEN_MS);
    for (int minute = 0; minute < 375; minute++) {
        for (int second = 0; second < 60; second += 20) {
            int64_t at = OPEN_MS + minute * MINUTE + second * SECOND;
            for (int i = 0; i < 50; i++) {
                char name[24];
                snprintf(name, sizeof name, "NIFTY26D03C24%02d0", i);
                history_add_price(f->parts.history, name, at,
                                  100 + i + (minute * 7 + second) % 90 * 0.05);
            }
            history_add(f->parts.history, HISTORY_DAY, at, minute * 3.35 + second);
            history_add(f->parts.history, HISTORY_BOOKED, at, minute * 1.35);
            history_add(f->parts.history, HISTORY_MARGIN, at, 30 + minute % 20 * 0.1);
            if (second == 0) {
                char id[48];
                snprintf(id, sizeof id, "7f3a9c1e-%04d-4a6b-9d2e-c210aa11bb22", minute);
                tell(f, TAPE_PLACED, id, at);
                tell(f, TAPE_FILLED, id, at);
            }
            write_at(f, at, false);
        }
    }
    daybook_close(f->daybook);
    f->daybook = NULL;
    assert_int_equal(stat(f->path, &info), 0);
    print_message("a session of 50 instruments: %lld KiB\n", (long long)info.st_size / 1024);
    assert_true(info.st_size <= 2 << 20);
}

/* Every table and every column has its place in the manual. */
static void test_the_manual_knows_the_tables(void **state)
{
    struct fixture *f = *state;
    char *manual = mem_calloc(1, 1 << 16);
    FILE *file = fopen(MANUAL, "re");
    assert_non_null(file);
    assert_true(fread(manual, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    open_at(f, OPEN_MS);
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(handle,
                           "SELECT t.name, c.name FROM sqlite_schema t,"
                           " pragma_table_info(t.name) c WHERE t.type IN ('table', 'view')",
                           -1, &statement, NULL),
        SQLITE_OK);
    size_t count = 0;
    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        char heading[64], item[64];
        const char *column = (const char *)sqlite3_column_text(statement, 1);
        snprintf(heading, sizeof heading, "\n.Ss %s\n",
                 (const char *)sqlite3_column_text(statement, 0));
        const char *section = strstr(manual, heading);
        if (section == NULL) {
            fail_msg("no section%s", heading);
        }
        const char *end = strstr(section + 1, "\n.Ss ");
        snprintf(item, sizeof item, " %s", column);
        const char *at = section;
        do {
            at = strstr(at + 1, item);
        } while (at != NULL && strchr("\n ", at[strlen(item)]) == NULL);
        if (at == NULL || (end != NULL && at > end)) {
            fail_msg("%sno column %s", heading, column);
        }
    }
    assert_true(count > 50);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    free(manual);
}

static void test_paths(void **state)
{
    (void)state;
    char *a = daybook_path("/s", "https://api.example.com:8443/x?y", "user/1");
    char *b = daybook_path("/s", "https://api.example.com:8443/x?y", "user_1");
    assert_true(strncmp(a, "/s/daybook-api.example.com_8443_x_y-user_1-", 43) == 0);
    assert_string_not_equal(a, b); /* names that look the same are told apart */
    assert_null(strchr(a + 3, '/'));
    free(a);
    free(b);
}

int main(void)
{
#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_FILE(test_tape_is_there_again),
        WITH_FILE(test_restored_entries_come_first),
        WITH_FILE(test_orders_of_an_earlier_run),
        WITH_FILE(test_curves),
        WITH_FILE(test_days_before),
        WITH_FILE(test_days),
        WITH_FILE(test_old_days_go),
        WITH_FILE(test_days_of_23_and_25_hours),
        WITH_FILE(test_booked_is_what_stands),
        WITH_FILE(test_nothing_of_yesterday_is_booked_today),
        WITH_FILE(test_looked),
        WITH_FILE(test_files_that_are_not_ours),
        WITH_FILE(test_a_locked_file),
        WITH_FILE(test_a_full_disk),
        WITH_FILE(test_a_kill),
        WITH_FILE(test_two_writers),
        WITH_FILE(test_a_day_is_small),
        WITH_FILE(test_the_manual_knows_the_tables),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
