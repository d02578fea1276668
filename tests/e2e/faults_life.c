/*
 * The fault matrix, part two: servers that go and come back, sleep on either side, clocks that are
 * set, events out of the ordinary. Each is met by a dashboard and by a --watch in mid-session; then
 * the dashboard's panes equal the server's, and --watch has told every event.
 */
#include "matrix.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CPU_MS = 600, FDS_MAX = 24, REQUESTS_MAX = 120, REQUESTS_A_MARK = 8 };

enum {
    PANES_ONLY = 1, /* about reads: --watch makes none */
    CLOCK = 2,      /* the wall clock is in our hands */
    FORGOTTEN = 4   /* what happened meanwhile is gone with the database */
};

/* --- what may happen ----------------------------------------------------------------------- */

#define STALE "\xe2\x89\x88" /* ≈ */

static bool is_offline(struct pty *pty, void *user)
{
    (void)user;
    return pty_has(pty, STALE) && (pty_has(pty, "connection refused") || pty_has(pty, "OFFLINE"));
}

static bool kill_server(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    size_t from = trust_written(pty);
    server_end(&t->server, SIGKILL);
    return mode == TRUST_WATCH ? trust_wait_output(pty, "refused", from)
                               : pty_wait(pty, is_offline, NULL, 0);
}

static bool kill_and_restart(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    bool seen = kill_server(t, pty, mode);
    trust_serve(t, NULL);
    return seen;
}

/* The same user, with the token that the client has, and other rows; made where nobody looks. */
static void replace_database(struct trust *t, const char *const *more)
{
    char token[sizeof t->server.token], sql[2 * sizeof token];
    int port = t->server.port;
    memcpy(token, t->server.token, sizeof token);
    t->server.port = 0;
    trust_serve(t, more);
    snprintf(sql, sizeof sql, "UPDATE sessions SET token = '%s' WHERE userId = 'user-1'", token);
    assert_true(server_sql(&t->server, sql));
    server_end(&t->server, SIGTERM);
    t->server.port = port;
}

static bool kill_and_replace(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    static const char *const more[] = {"--orders", "7", "--positions", "3", NULL};
    size_t from = trust_written(pty);
    bool seen = kill_server(t, pty, mode);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", t->db, suffixes[i]);
        remove(path);
    }
    replace_database(t, more);
    trust_serve(t, NULL);
    /* What is told from here on: the new database keeps nothing for the reader of the old. */
    return seen && (mode != TRUST_WATCH || trust_wait_output(pty, "\"event\":\"connected\"", from));
}

/* The server goes on while we do not run. */
static bool stop_and_continue(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    pty_signal(pty, SIGSTOP);
    trust_mark(t);
    trust_let_run(pty, 300);
    pty_signal(pty, SIGCONT);
    return true;
}

/* While we do not run the server does not, either: the connections that we wake up with are dead.
 */
static void restart_unseen(struct trust *t, struct pty *pty, const char *fault)
{
    pty_signal(pty, SIGSTOP);
    server_end(&t->server, SIGKILL);
    trust_serve(t, NULL);
    if (fault != NULL) {
        trust_fault(t, fault);
    }
    trust_mark(t);
    pty_signal(pty, SIGCONT);
}

static bool sleep_through_a_restart(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    restart_unseen(t, pty, NULL);
    return true;
}

static bool stop_the_server(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    trust_let_run(pty, 900); /* two heartbeats: their rhythm is known */
    size_t from = trust_written(pty);
    kill(t->server.pid, SIGSTOP); /* half-open: nothing comes, nothing ends */
    bool seen = mode == TRUST_WATCH ? trust_wait_output(pty, "nothing was heard for", from)
                                    : pty_wait_no_text(pty, "LIVE");
    kill(t->server.pid, SIGCONT);
    return seen;
}

static bool resize_in_a_burst(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    for (int i = 0; i < 200; i++) {
        pty_resize(pty, 1 + i * 7 % 60, 1 + i * 13 % 200);
        if (i % 50 == 0) {
            trust_mark(t);
        }
    }
    pty_resize(pty, 48, 160);
    return true;
}

static bool block_the_terminal(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    pty_block_output(pty, true);
    for (int i = 0; i < 40; i++) {
        trust_mark(t);
        pty_send(pty, mode == TRUST_DASHBOARD ? "T" : "");
    }
    pty_block_output(pty, false);
    return true;
}

/* --- events out of the ordinary ------------------------------------------------------------ */

static bool insert_event(struct trust *t, struct pty *pty, const char *id, enum trust_mode mode)
{
    char sql[512];
    size_t from = trust_written(pty);
    if (mode == TRUST_DASHBOARD) {
        trust_show_events(pty);
    }
    snprintf(sql, sizeof sql,
             "insert into events(id,user_id,type,data) values(%s,'%s','moon_phase_changed',"
             "'{\"phase\":\"full\"}')",
             id, t->server.user);
    return server_sql(&t->server, sql) &&
           (mode == TRUST_WATCH ? trust_wait_output(pty, "moon_phase_changed", from)
                                : pty_wait_text(pty, "moon_phase_changed"));
}

static bool tell_unknown(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    return insert_event(t, pty, "null", mode);
}

static bool leap_ids(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    return insert_event(t, pty, "(select seq+1000000000 from sqlite_sequence where name='events')",
                        mode);
}

static bool duplicate(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    char mark[32];
    size_t from = trust_written(pty);
    trust_fault(t, "duplicate,stream");
    trust_mark(t);
    snprintf(mark, sizeof mark, "OMARK%u", t->marks);
    bool seen = mode == TRUST_WATCH ? trust_wait_output(pty, mark, from) : pty_wait_text(pty, mark);
    trust_fault(t, "clear");
    return seen;
}

/* Cut again and again while things change: each new stream takes up where the last one ended. */
static bool cut_and_replay(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    size_t from = trust_written(pty);
    if (mode == TRUST_DASHBOARD) {
        trust_show_events(pty);
    }
    restart_unseen(t, pty, "cut,stream,bytes=900");
    for (int i = 0; i < 6; i++) {
        trust_let_run(pty, 60);
        trust_mark(t);
    }
    bool seen = mode == TRUST_WATCH ? trust_wait_output(pty, "cut short", from)
                                    : pty_wait_text(pty, "cut short");
    trust_fault(t, "clear");
    return seen;
}

/* The event is told before the answer that holds it is there. */
static bool answer_late(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    trust_fault(t, "stall,*,ms=300");
    trust_mark(t);
    bool shown = trust_wait_shown(t, pty); /* patched */
    trust_mark(t);                         /* while the reads of the last are under way */
    shown &= trust_wait_mark(t, pty);
    trust_fault(t, "clear");
    return shown;
}

/* The answer is there long before the events that it holds. */
static bool stream_late(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    restart_unseen(t, pty, "slow,stream,rate=1000");
    bool live = pty_wait_text(pty, "LIVE");
    trust_mark(t);
    pty_send(pty, "R");
    live &= trust_wait_mark(t, pty);
    trust_fault(t, "clear");
    return live;
}

/* --- clocks -------------------------------------------------------------------------------- */

enum { DAY_S = 86400 };

static void set_clock(const struct trust *t, long off_s)
{
    char path[128], fresh[136];
    snprintf(path, sizeof path, "%s/clock", t->dir);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    fprintf(file, "%ld", off_s);
    fclose(file);
    assert_int_equal(rename(fresh, path), 0);
}

/* The stream and the panes do not mind: no loss, nothing stale, and soon a mark arrives. */
static bool set_clock_and_see(struct trust *t, struct pty *pty, enum trust_mode mode, long off_s)
{
    char mark[32];
    size_t from = trust_written(pty);
    set_clock(t, off_s);
    trust_let_run(pty, 500); /* over a heartbeat */
    trust_mark(t);
    snprintf(mark, sizeof mark, "OMARK%u", t->marks);
    if (mode == TRUST_WATCH) {
        return trust_wait_output(pty, mark, from) && strstr(pty_screen(pty), "next try") == NULL;
    }
    return trust_wait_mark(t, pty) && pty_has(pty, "LIVE") && pty_wait_no_text(pty, STALE) &&
           trust_steps(t, "stream_lost") == 0;
}

static bool step_ahead(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    return set_clock_and_see(t, pty, mode, DAY_S);
}

static bool step_back(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    return set_clock_and_see(t, pty, mode, -DAY_S);
}

static bool step_to_and_fro(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    bool good = set_clock_and_see(t, pty, mode, 3600);
    good &= set_clock_and_see(t, pty, mode, -3600);
    return good && set_clock_and_see(t, pty, mode, 0);
}

/* What waits for a moment waits for a span, not for the day to come again. */
static bool step_back_while_down(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    bool seen = kill_server(t, pty, mode);
    set_clock(t, -DAY_S);
    trust_let_run(pty, 200);
    trust_serve(t, NULL);
    return seen;
}

static bool suspend(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    (void)mode;
    restart_unseen(t, pty, NULL);
    set_clock(t, 8 * 3600);
    return true;
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct life {
    const char *name;
    bool (*happen)(struct trust *t, struct pty *pty, enum trust_mode mode);
    unsigned flags;
} lives[] = {
    {"killed, same database", kill_and_restart, 0},
    {"killed, new database", kill_and_replace, FORGOTTEN},
    {"we: SIGSTOP, SIGCONT", stop_and_continue, 0},
    {"we slept, it restarted", sleep_through_a_restart, 0},
    {"server: SIGSTOP, SIGCONT", stop_the_server, 0},
    {"200 sizes", resize_in_a_burst, 0},
    {"output blocked", block_the_terminal, 0},
    {"event: unknown", tell_unknown, 0},
    {"event: ids leap ahead", leap_ids, 0},
    {"event: twice", duplicate, 0},
    {"stream cut, replayed", cut_and_replay, 0},
    {"event before its answer", answer_late, PANES_ONLY},
    {"answer before its event", stream_late, PANES_ONLY},
    {"clock: a day ahead", step_ahead, CLOCK},
    {"clock: a day back", step_back, CLOCK},
    {"clock: to and fro", step_to_and_fro, CLOCK},
    {"clock: back while down", step_back_while_down, CLOCK},
    {"suspended for 8 hours", suspend, CLOCK},
};

static struct pty *start(struct trust *t, enum trust_mode mode, bool clock)
{
    char shim[512], file[192];
    /* The server's market stands still: its prices do grow old, which is not what is tried here. */
    struct trust_run run = {.mode = mode, .args = {"-O", "display.quote_stale_ms=0"}};
    if (clock) {
        snprintf(shim, sizeof shim, "LD_PRELOAD=%s", trust_clock_shim());
        snprintf(file, sizeof file, "BLOTTER_TEST_CLOCK=%s/clock", t->dir);
        run.env[0] = shim;
        run.env[1] = file;
        run.args[0] = "-O"; /* by this clock the server's quotes are a day old */
        run.args[1] = "display.quote_stale_ms=0";
        run.env[2] = "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:verify_asan_link_order=0";
        set_clock(t, 0);
    }
    return trust_start(t, &run);
}

static const char *dashboard_ends(struct trust *t, struct pty *pty, long cpu_ms, unsigned first)
{
    bool back = pty_wait_text(pty, "LIVE");
    trust_mark(t);
    back &= trust_wait_mark(t, pty) && pty_wait_no_text(pty, STALE);
    long used_ms = trust_cpu_ms(pty_pid(pty)) - cpu_ms;
    long fds = trust_fds(pty_pid(pty)), requests = trust_steps(t, "fetch_start");
    long requests_max = REQUESTS_MAX + (long)(t->marks - first) * REQUESTS_A_MARK;
    if (!back) {
        return "NOT BACK";
    }
    if (used_ms > (long)CPU_MS * trust_slack() || fds > FDS_MAX || requests > requests_max) {
        snprintf(t->why, sizeof t->why, "%ld ms of processor, %ld descriptors, %ld requests",
                 used_ms, fds, requests);
        return "NOT CALM";
    }
    return trust_quit_equal(t, pty) ? MATRIX_OK : "NOT EQUAL";
}

/* Every mark since the first was told, and none twice. */
static bool told_all(struct trust *t, struct pty *pty, unsigned first)
{
    size_t len;
    const char *output = pty_output(pty, &len);
    for (unsigned n = first; n <= t->marks; n++) {
        char mark[32];
        snprintf(mark, sizeof mark, "\"OMARK%u\"", n);
        const char *at = strstr(output, mark);
        if (at == NULL || strstr(at + 1, mark) != NULL) {
            snprintf(t->why, sizeof t->why, "%s was told %s: %.3000s", mark,
                     at == NULL ? "never" : "twice", output);
            return false;
        }
    }
    return true;
}

static const char *watch_ends(struct trust *t, struct pty *pty, const struct life *life,
                              unsigned first)
{
    char mark[32];
    int status = -1;
    size_t from = trust_written(pty);
    trust_mark(t);
    snprintf(mark, sizeof mark, "\"OMARK%u\"", t->marks);
    bool back = trust_wait_output(pty, mark, from);
    pty_signal(pty, SIGTERM);
    if (!back || !pty_wait_exit(pty, 0, &status) || status != 128 + SIGTERM) {
        return "NOT BACK";
    }
    bool twice = life->happen == duplicate; /* --watch tells what is sent */
    return twice || told_all(t, pty, life->flags & FORGOTTEN ? t->marks : first) ? MATRIX_OK
                                                                                 : "NOT TOLD";
}

static const char *name_of(size_t row)
{
    return lives[row].name;
}

static const char *meet(struct trust *t, size_t row, size_t column)
{
    const struct life *life = &lives[row];
    enum trust_mode mode = column == 0 ? TRUST_DASHBOARD : TRUST_WATCH;
    if (mode == TRUST_WATCH && (life->flags & PANES_ONLY) != 0) {
        return MATRIX_NOT_MEANT;
    }
    trust_forget(t);
    struct pty *pty = start(t, mode, life->flags & CLOCK);
    bool ready = mode == TRUST_WATCH
                     ? trust_wait_output(pty, "\"event\":\"connected\"", 0)
                     : pty_wait_text(pty, "LIVE") && pty_wait_no_text(pty, "first load");
    unsigned first = t->marks + 1;
    trust_mark(t);
    long cpu_ms = trust_cpu_ms(pty_pid(pty));
    const char *word = "NOT SHOWN";
    if (ready && life->happen(t, pty, mode)) {
        word = mode == TRUST_DASHBOARD ? dashboard_ends(t, pty, cpu_ms, first)
                                       : watch_ends(t, pty, life, first);
    } else if (t->why[0] == '\0') {
        snprintf(t->why, sizeof t->why, "%s", pty_screen(pty));
    }
    pty_free(pty);
    return word;
}

static void arrive(struct trust *t)
{
    trust_serve(t, NULL);
}

static void test_what_comes_back_is_equal(void **state)
{
    (void)state;
    static const struct matrix matrix = {.title = "shown, survived, equal",
                                         .columns = {"dashboard", "--watch"},
                                         .rows = sizeof lives / sizeof *lives,
                                         .name = name_of,
                                         .meet = meet,
                                         .arrive = arrive};
    matrix_run(&matrix);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_back_is_equal),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
