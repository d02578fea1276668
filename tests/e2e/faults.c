/*
 * The fault matrix, part one: a server that misbehaves. One row per fault; each is met by the
 * dashboard in mid-session, by the dashboard at its start, by --watch and by --snapshot. During it
 * the program says what is wrong and stays small, calm and alive; after it what it holds equals the
 * server's answers. faults_place.c has servers that come and go and
 * the machine we run on.
 *
 * Held elsewhere, not repeated here:
 *   watch.c         every status, type, cut and reset of the stream; Retry-After; a slow, blocked
 *                   and vanished reader; events over the ceiling; half-open; redirects
 *   snapshot.c      exit codes, formats, closed and vanished standard output
 *   screen_life.c   blocked output, every size, every signal, a lost terminal, Ctrl-Z and fg, idle
 *   convergence.c   all of it at once at 60 events a second, with kills in between
 *   unit tests     clock steps, replayed, future and unknown events, by a clock moved by hand
 */
#include "matrix.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    NEEDS_KEY = 1, /* it stopped for good: R is what goes on */
    NOT_STALE = 2, /* the fault leaves the panes as they are */
    FOREIGN = 4    /* goes on with the address of the other host */
};
enum { FAULT_MS = 150, CPU_MS = 120, REQUESTS_MAX = 45, PEAK_KIB = 60 << 10, FDS_MAX = 24 };
enum { REQUEST_EVERY_MS = 10 }; /* beyond REQUESTS_MAX: five chains with retries after 40 to 160 */

struct row {
    const char *spec;
    const char *mid, *start; /* on the screen during it, in mid-session and when started under it */
    const char *watch;       /* said by --watch */
    int watch_exit;          /* -1: it goes on */
    const char *snapshot;    /* said by --snapshot */
    int snapshot_exit;
    unsigned flags;
};

#define GOES_ON (-1)

static const struct row rows[] = {
    {"500", "the server failed (HTTP 500)", "not loaded: the server failed (HTTP 500)",
     "no stream: the server failed (HTTP 500)", GOES_ON, "the server failed (HTTP 500)", 1, 0},
    {"502", "no good answer (HTTP 502)", "not loaded: the gateway got no good answer (HTTP 502)",
     "no stream: the server failed (HTTP 502)", GOES_ON, "no good answer (HTTP 502)", 1, 0},
    {"503,retry=1", "not available at present (HTTP 503)",
     "not loaded: the server is not available", "next try in 1.0 s", GOES_ON, "try again later", 1,
     0},
    {"429,retry=1", "asks for patience (HTTP 429)", "not loaded: too many requests",
     "asks for patience (HTTP 429); attempt 1, next try in 1.0 s", GOES_ON,
     "asks for patience (HTTP 429)", 1, 0},
    {"401", "AUTH token rejected", "AUTH token rejected", "not authorised", 3, "get a new token", 3,
     NEEDS_KEY},
    {"403", "AUTH token rejected", "AUTH token rejected", "not authorised", 3,
     "may not see this (HTTP 403)", 3, NEEDS_KEY},
    {"404", "nothing at this address (HTTP 404)", "not loaded: the server has nothing",
     "no stream at this address (HTTP 404)", 1, "nothing at this address (HTTP 404)", 1, NEEDS_KEY},
    {"redirect", "elsewhere.invalid is not known", "elsewhere.invalid is not known",
     "the name elsewhere.invalid is not known", GOES_ON, "elsewhere.invalid is not known", 4, 0},
    {"redirect,*,to", "redirected to http://127.0.0.2", "redirected to http://127.0.0.2",
     "which gets no token", GOES_ON, "set url to where the server really is", 1, FOREIGN},
    {"login", "AUTH token rejected", "AUTH token rejected", "login page", 3, "login page", 3,
     NEEDS_KEY},
    {"loop", "redirected more than 5 times", "redirected more than 5 times",
     "redirected more than 5 times", GOES_ON, "redirected more than 5 times", 1, 0},
    {"html", "an HTML page instead of data", "not loaded: the server answered with an HTML page",
     "text/html; charset=utf-8 instead of text/event-stream", 1, "an HTML page instead of data", 1,
     NEEDS_KEY},
    {"success-false", "Injected failure", "not loaded: Injected failure",
     "instead of text/event-stream", 1, "Injected failure", 1, NEEDS_KEY},
    {"garbage", "no JSON", "not loaded: the answer is no JSON", "the server ended the stream",
     GOES_ON, "the answer is no JSON", 1, 0},
    {"wrong-type", "is missing or not a text", "not loaded: row 1", "instead of text/event-stream",
     1, "is missing or not a text", 1, NEEDS_KEY},
    {"short-json", "ends in mid-text", "not loaded: the answer ends in mid-text",
     "the server ended the stream", GOES_ON, "the answer ends in mid-text", 1, 0},
    {"drop", "closed the connection without an answer", "closed the connection without an answer",
     "closed the connection without an answer", GOES_ON, "closed the connection without an answer",
     4, 0},
    {"stall", "took too long to answer", "took too long to answer", "nothing was heard for",
     GOES_ON, "no answer within 0.800 s", 4, 0},
    {"truncate", "was cut short", "was cut short", "was cut short", GOES_ON, "was cut short", 4, 0},
    {"cut,*,bytes=10", "was cut short", "was cut short", "was cut short", GOES_ON, "was cut short",
     4, 0},
    {"half-open,*,bytes=10", "took too long to answer", "took too long to answer",
     "nothing was heard for", GOES_ON, "no answer within 0.800 s", 4, 0},
    {"slow,*,rate=30", "took too long to answer", "took too long to answer", "stream live", GOES_ON,
     "no answer within 0.800 s", 4, 0},
    {"big,stream,bytes=99000000\nbig", "over the limit of 64 MiB", "over the limit of 64 MiB",
     "stream live", GOES_ON, "over the limit of 64 MiB", 1, 0},
    {"bad-chunk", "broke", "broke", "broke", GOES_ON, "broke", 4, 0},
    {"utf8", "was cut short", "was cut short", "was cut short", GOES_ON, "was cut short", 4, 0},
    {"duplicate,stream", "LIVE", "LIVE", "stream live", GOES_ON, "", 0, NOT_STALE},
    {"reorder,stream", "LIVE", "LIVE", "stream live", GOES_ON, "", 0, NOT_STALE},
    {"silent,stream", "LIVE", "LIVE", "stream live", GOES_ON, "", 0, NOT_STALE},
};

/* --- what a mode made of a fault ----------------------------------------------------------- */

struct outcome {
    bool shown, survived, converged;
};

/* What was used up before. */
struct meter {
    long cpu_ms, at_ms;
};

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct meter read_meter(struct pty *pty)
{
    return (struct meter){trust_cpu_ms(pty_pid(pty)), now_ms()};
}

/* Calm and small: what a program that spins, hammers or hoards is not. */
static bool is_calm(struct trust *t, struct pty *pty, struct meter before, long requests)
{
    pid_t pid = pty_pid(pty);
    long cpu_ms = trust_cpu_ms(pid) - before.cpu_ms;
    long requests_max = REQUESTS_MAX + (now_ms() - before.at_ms) / REQUEST_EVERY_MS;
    long peak_kib = trust_peak_kib(pid);
    long fds = trust_fds(pid);
    bool calm = before.cpu_ms >= 0 && cpu_ms >= 0 && cpu_ms <= (long)CPU_MS * trust_slack() &&
                requests <= requests_max && fds <= FDS_MAX && peak_kib > 0 &&
                (trust_slack() > 1 || peak_kib <= PEAK_KIB);
    if (!calm) {
        snprintf(t->why, sizeof t->why,
                 "%ld ms of processor, %ld requests, %ld descriptors, %ld KiB", cpu_ms, requests,
                 fds, peak_kib);
    }
    return calm;
}

/* The fault is over: everything comes back, by itself where it can. */
static bool recovers(struct trust *t, const struct row *row, struct pty *pty)
{
    trust_fault(t, "clear");
    if (row->flags & NEEDS_KEY) {
        pty_send(pty, "R");
    }
    bool live = pty_wait_text(pty, "LIVE");
    trust_mark(t);
    return live && trust_wait_mark(t, pty) && pty_wait_no_text(pty, "\xe2\x89\x88") /* ≈ */ &&
           trust_quit_equal(t, pty);
}

static struct outcome under_fault(struct trust *t, const struct row *row, struct pty *pty,
                                  const char *words)
{
    struct outcome outcome = {0};
    long requests = trust_steps(t, "fetch_start");
    struct meter before = read_meter(pty);
    outcome.shown = pty_wait_text(pty, words);
    trust_let_run(pty, FAULT_MS);
    if (!(row->flags & NOT_STALE) && outcome.shown) {
        outcome.shown = pty_has(pty, "\xe2\x89\x88") || pty_has(pty, "not loaded");
    }
    outcome.survived = is_calm(t, pty, before, trust_steps(t, "fetch_start") - requests);
    outcome.converged = recovers(t, row, pty);
    return outcome;
}

static struct outcome meet_mid(struct trust *t, const struct row *row)
{
    struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD});
    struct outcome outcome = {0};
    if (pty_wait_text(pty, "LIVE") && pty_wait_no_text(pty, "first load")) {
        trust_fault(t, row->spec);
        trust_mark(t); /* an event for every pane: each has to ask, and fails */
        outcome = under_fault(t, row, pty, row->mid);
    }
    pty_free(pty);
    return outcome;
}

static struct outcome meet_start(struct trust *t, const struct row *row)
{
    trust_fault(t, row->spec);
    trust_forget(t); /* nothing to paint first */
    struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD});
    struct outcome outcome = under_fault(t, row, pty, row->start);
    pty_free(pty);
    return outcome;
}

static long count_in(struct pty *pty, const char *text)
{
    size_t len;
    long count = 0;
    const char *at = pty_output(pty, &len);
    while ((at = strstr(at, text)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* After it, an event made now arrives, and the program ends as told. */
static bool watch_goes_on(struct trust *t, const struct row *row, struct pty *pty)
{
    char mark[32];
    int status = -1;
    size_t from = trust_written(pty);
    trust_fault(t, "clear");
    if (!(row->flags & NOT_STALE) && !trust_wait_output(pty, "\"event\":\"connected\"", from)) {
        return false;
    }
    trust_mark(t);
    snprintf(mark, sizeof mark, "OMARK%u", t->marks);
    bool arrived = trust_wait_output(pty, mark, from);
    pty_signal(pty, SIGTERM);
    return arrived && pty_wait_exit(pty, 0, &status) && status == 128 + SIGTERM;
}

static struct outcome meet_watch(struct trust *t, const struct row *row)
{
    struct outcome outcome = {0};
    int status = -1;
    trust_fault(t, row->spec);
    struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_WATCH});
    outcome.shown = trust_wait_output(pty, row->watch, 0);
    if (row->watch_exit == GOES_ON) {
        struct meter before = read_meter(pty);
        trust_let_run(pty, FAULT_MS);
        outcome.survived = is_calm(t, pty, before, count_in(pty, "next try in"));
        outcome.converged = watch_goes_on(t, row, pty);
    } else {
        outcome.survived = pty_wait_exit(pty, 0, &status) && status == row->watch_exit;
        trust_fault(t, "clear");
        outcome.converged = outcome.survived;
    }
    pty_free(pty);
    return outcome;
}

static bool snapshot_ends(struct trust *t, const char *said, int expected, bool *ret_said)
{
    int status = -1;
    const char *timeout = strncmp(said, "no answer within", 16) == 0 ? "0.8" : "20";
    struct pty *pty =
        trust_start(t, &(struct trust_run){.mode = TRUST_SNAPSHOT, .args = {"--timeout", timeout}});
    bool ended = pty_wait_exit(pty, 0, &status);
    size_t len;
    *ret_said = strstr(pty_output(pty, &len), said) != NULL;
    if (!ended || status != expected || !*ret_said) {
        print_error("snapshot: status %d: %.500s\n", status, pty_output(pty, &len));
    }
    if (ended && status == 0 && !trust_snapshot_equal(t, pty_output(pty, &len))) {
        *ret_said = false;
    }
    pty_free(pty);
    return ended && status == expected;
}

static struct outcome meet_snapshot(struct trust *t, const struct row *row)
{
    struct outcome outcome = {0};
    bool equal = false;
    trust_fault(t, row->spec);
    outcome.survived = snapshot_ends(t, row->snapshot, row->snapshot_exit, &outcome.shown);
    trust_fault(t, "clear");
    outcome.converged = snapshot_ends(t, "", 0, &equal) && equal;
    return outcome;
}

static struct outcome (*const ways[])(struct trust *, const struct row *) = {
    meet_mid, meet_start, meet_watch, meet_snapshot};

static const char *word_of(struct outcome outcome)
{
    return !outcome.survived    ? "NOT SURVIVED"
           : !outcome.shown     ? "NOT SHOWN"
           : !outcome.converged ? "NOT EQUAL"
                                : MATRIX_OK;
}

/* --- the table ----------------------------------------------------------------------------- */

/* Another host that is alive and would take the same token, if only it were sent there. */
static struct server foreign;

static void arrive(struct trust *t)
{
    char db[sizeof t->dir + 16], sql[1024];
    sqlite3 *tokens;
    snprintf(db, sizeof db, "%s/foreign.db", t->dir);
    const char *const args[] = {"--host", "127.0.0.2", "--db", db,  "--seed",
                                "7",      "--rate",    "0",    NULL};
    trust_serve(t, NULL);
    assert_true(server_start(&foreign, trust_mock(), args));
    snprintf(sql, sizeof sql, "UPDATE sessions SET token = '%s' WHERE token = '%s'",
             t->server.token, foreign.token);
    assert_int_equal(sqlite3_open(db, &tokens), SQLITE_OK);
    assert_int_equal(sqlite3_exec(tokens, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(tokens), 1);
    sqlite3_close(tokens);
}

static void leave(struct trust *t)
{
    (void)t;
    server_end(&foreign, SIGTERM);
}

/* The last line: what stands before it is for the stream alone, which is read to its end. */
static const char *name_of(size_t row)
{
    const char *line = strrchr(rows[row].spec, '\n');
    return line != NULL ? line + 1 : rows[row].spec;
}

static const char *meet(struct trust *t, size_t i, size_t way)
{
    struct row row = rows[i];
    char spec[512];
    if (row.flags & FOREIGN) {
        snprintf(spec, sizeof spec, "%s=%s/api/trading/account?userId=%s", row.spec, foreign.url,
                 foreign.user);
        row.spec = spec;
    }
    return word_of(ways[way](t, &row));
}

static void test_every_fault_is_shown_survived_and_over(void **state)
{
    (void)state;
    static const struct matrix matrix = {
        .title = "shown, survived, equal",
        .columns = {"mid-session", "start", "--watch", "--snapshot"},
        .rows = sizeof rows / sizeof *rows,
        .name = name_of,
        .meet = meet,
        .arrive = arrive,
        .leave = leave,
    };
    matrix_run(&matrix);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault_is_shown_survived_and_over),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
