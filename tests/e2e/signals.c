/*
 * Signals and crashes of the real programs: however the dashboard ends, the terminal is as it was,
 * the signal is what the parent is told, and the screen says what happened and where the log is;
 * and what should not end it does not.
 */
#include "expect.h"
#include "panes.h"
#include "trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizer's own handlers would print pages and end with a status of their own. */
#define NO_HANDLERS                                                                                \
    "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:"    \
    "handle_sigill=0:handle_sigtrap=0"

static void expect_restored(struct pty *pty)
{
    struct pty_modes modes;
    pty_modes(pty, &modes);
    assert_false(modes.alternate_screen || modes.cursor_hidden || modes.mouse || modes.mouse_sgr);
    assert_false(modes.focus || modes.paste);
}

static void expect_end(struct pty *pty, int status, int killed_by)
{
    int actual = -1;
    assert_true(pty_wait_exit(pty, 0, &actual));
    if (actual != status || pty_killed_by(pty) != killed_by) {
        print_error("status %d, killed by %d; the screen is:\n%s\n", actual, pty_killed_by(pty),
                    pty_screen(pty));
    }
    assert_int_equal(actual, status);
    assert_int_equal(pty_killed_by(pty), killed_by);
    expect_restored(pty);
}

static struct pty *live(struct trust *trust, const struct trust_run *run)
{
    struct pty *pty = trust_start(trust, run);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    return pty;
}

/* Those of a terminal that nobody has touched: the program may be faster than we can ask. */
static struct termios modes_at_first(void)
{
    struct termios modes = {0};
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(tcgetattr(master, &modes), 0);
    close(master);
    return modes;
}

static void expect_modes_as_at_first(struct pty *pty)
{
    struct termios before = modes_at_first(), after = {0};
    assert_int_equal(tcgetattr(pty_fd(pty), &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
}

/* --- every way out ------------------------------------------------------------------------- */

enum way { EXITS, DIES, CRASHES };

static const struct {
    int signo;
    const char *name;
    enum way way; /* by exit, by the signal, or by it with a word about the log */
} rows[] = {
    {SIGINT, "SIGINT", EXITS},      {SIGTERM, "SIGTERM", EXITS},   {SIGHUP, "SIGHUP", EXITS},
    {SIGQUIT, "SIGQUIT", EXITS},    {SIGSEGV, "SIGSEGV", CRASHES}, {SIGABRT, "SIGABRT", CRASHES},
    {SIGBUS, "SIGBUS", CRASHES},    {SIGFPE, "SIGFPE", CRASHES},   {SIGILL, "SIGILL", CRASHES},
    {SIGSYS, "SIGSYS", CRASHES},    {SIGTRAP, "SIGTRAP", CRASHES}, {SIGXCPU, "SIGXCPU", DIES},
    {SIGALRM, "SIGALRM", DIES},     {SIGUSR2, "SIGUSR2", DIES},    {SIGPROF, "SIGPROF", DIES},
    {SIGVTALRM, "SIGVTALRM", DIES}, {SIGPOLL, "SIGPOLL", DIES},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void end_by(struct trust *t, size_t row, bool logs)
{
    struct trust_run run = {.rows = 24, .cols = 200, .env = {NO_HANDLERS}};
    char said[256] = "";
    if (logs) {
        run.args[0] = "--log-file";
        run.args[1] = t->log;
        snprintf(said, sizeof said, "(%s); the log is %s", rows[row].name, t->log);
    } else {
        snprintf(said, sizeof said, "(%s); no log was kept: --log-file FILE -v keeps one",
                 rows[row].name);
    }
    struct pty *pty = trust_start(t, &run);
    assert_true(pty_wait_text(pty, "LIVE"));
    pty_signal(pty, rows[row].signo);
    expect_end(pty, 128 + rows[row].signo, rows[row].way == EXITS ? 0 : rows[row].signo);
    expect_modes_as_at_first(pty);
    assert_int_equal(pty_has(pty, rows[row].name), rows[row].way != EXITS);
    assert_int_equal(pty_has(pty, said), rows[row].way == CRASHES);
    assert_int_equal(pty_has(pty, "the log is") || pty_has(pty, "no log was kept"),
                     rows[row].way == CRASHES);
    pty_free(pty);
}

static void every_signal_leaves_the_terminal_as_it_was(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        end_by(*state, i, i % 2 == 0);
    }
    end_by(*state, 4, false);
}

/* Where the system writes cores into the directory, and as large as they like. */
static bool cores_are_written_here(struct rlimit *ret_before)
{
    char pattern[128] = "|";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "r");
    if (file != NULL) {
        assert_non_null(fgets(pattern, sizeof pattern, file));
        fclose(file);
    }
    getrlimit(RLIMIT_CORE, ret_before);
    return strchr(pattern, '/') == NULL && pattern[0] != '|' && ret_before->rlim_max != 0 &&
           trust_slack() == 1; /* else cores go elsewhere, or are terabytes of shadow */
}

static struct pty *start_where_cores_go(struct trust *t, bool demo)
{
    if (!demo) {
        return live(t, &(struct trust_run){.rows = 24, .cols = 80});
    }
    const char *const argv[] = {trust_blotter(), "--demo", NULL};
    struct pty *pty = pty_start(&(struct pty_options){.argv = argv, .rows = 24, .cols = 80});
    assert_true(pty_wait_text(pty, "LIVE"));
    return pty;
}

/* The demo, whose token opens nothing, leaves a core; where a token is in use there is none. */
static void a_core_holds_no_token(void **state)
{
    struct trust *t = *state;
    struct rlimit before, limit;
    if (!cores_are_written_here(&before)) {
        skip();
    }
    char cwd[512];
    limit = before;
    limit.rlim_cur = limit.rlim_max;
    assert_non_null(getcwd(cwd, sizeof cwd));
    for (int demo = 0; demo < 2; demo++) {
        assert_int_equal(chdir(t->dir), 0);
        setrlimit(RLIMIT_CORE, &limit);
        struct pty *pty = start_where_cores_go(t, demo);
        setrlimit(RLIMIT_CORE, &before);
        assert_int_equal(chdir(cwd), 0);
        pty_signal(pty, SIGSEGV);
        expect_end(pty, 128 + SIGSEGV, SIGSEGV);
        assert_int_equal(pty_dumped_core(pty), demo);
        pty_free(pty);
    }
}

/* --- a terminal that takes nothing ---------------------------------------------------------- */

static bool has_ended(struct pty *pty, void *user)
{
    siginfo_t info = {0};
    (void)user;
    return waitid(P_PID, (id_t)pty_pid(pty), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
}

static bool wait_for(struct pty *pty, pty_predicate predicate, void *user)
{
    bool holds = predicate(pty, user);
    for (int tries = 0; tries < pty_patience_ms() / 20 && !holds; tries++) {
        trust_let_run(pty, 20);
        holds = predicate(pty, user);
    }
    return holds;
}

/* More signals come while the first one's handler waits for the terminal. */
static void blocked_output_does_not_keep_it(void **state)
{
    static const struct {
        int signals[5];
        bool dies;
    } blocked[] = {
        {{SIGTERM}, false},
        {{SIGTERM, SIGHUP, SIGINT, SIGTERM}, false},
        {{SIGSEGV}, true},
        {{SIGSEGV, SIGSEGV, SIGABRT, SIGTERM}, true},
        {{SIGABRT, SIGBUS, SIGWINCH, SIGCONT}, true},
    };
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
        int status = -1;
        struct pty *pty =
            live(*state, &(struct trust_run){.rows = 60, .cols = 200, .env = {NO_HANDLERS}});
        pty_block_output(pty, true);
        for (int k = 0; k < 40; k++) {
            pty_send(pty, "T"); /* each writes the whole screen */
        }
        trust_let_run(pty, 100);
        for (int k = 0; blocked[i].signals[k] != 0; k++) {
            pty_signal(pty, blocked[i].signals[k]);
            trust_let_run(pty, 10);
        }
        assert_true(wait_for(pty, has_ended, NULL));
        pty_block_output(pty, false);
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_int_equal(pty_killed_by(pty) != 0, blocked[i].dies);
        expect_restored(pty);
        assert_int_equal(pty_has(pty, "(SIG"), blocked[i].dies);
        pty_free(pty);
    }
}

static void blocked_output_does_not_keep_headless_modes(void **state)
{
    static const enum trust_mode modes[] = {TRUST_SNAPSHOT, TRUST_WATCH};
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct trust *t = *state;
    for (size_t i = 0; i < 6; i++) {
        int signal = signals[i / 2];
        struct pty *pty = trust_start(t, &(struct trust_run){.mode = modes[i % 2]});
        pty_block_output(pty, true);
        for (int k = 0; k < 12; k++) { /* more than a terminal holds for --watch to say */
            trust_let_run(pty, 30);
            assert_true(server_sql(&t->server, "update orders set price=coalesce(price,1)+1"));
        }
        trust_let_run(pty, 100);
        pty_signal(pty, signal);
        assert_true(wait_for(pty, has_ended, NULL));
        pty_block_output(pty, false);
        expect_exit(pty, 128 + signal);
        pty_free(pty);
    }
}

/* A change reaches every pane, and is confirmed there. */
static void expect_alive(struct trust *t, struct pty *pty)
{
    trust_mark(t);
    assert_true(trust_wait_shown(t, pty));
    assert_true(pty_wait_quiet(pty, 250, 0)); /* a mark that is shown may not be confirmed yet */
    assert_true(pty_wait_no_text(pty, "\xe2\x89\x88")); /* ≈ */
}

/* --- what does not end it ------------------------------------------------------------------- */

static void goes_on(struct trust *t, struct pty *pty)
{
    expect_alive(t, pty);
    if (!trust_quit_equal(t, pty)) {
        fail_msg("%s", t->why);
    }
    pty_free(pty);
}

static void some_signals_are_no_end(void **state)
{
    static const int harmless[] = {SIGPIPE, SIGXFSZ,  SIGCHLD, SIGURG, SIGCONT,
                                   SIGUSR1, SIGWINCH, SIGTTIN, SIGTTOU};
    struct pty *pty = live(*state, &(struct trust_run){0});
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        pty_signal(pty, harmless[i]);
    }
    goes_on(*state, pty);
}

/* What it has to say goes to a pipe that nobody reads any more. */
static void a_log_that_nobody_reads(void **state)
{
    int ends[2];
    char path[64];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    struct pty *pty = live(*state, &(struct trust_run){.args = {"-v", "--log-file", path}});
    close(ends[0]);
    close(ends[1]);
    pty_send(pty, "y");
    assert_true(pty_wait_text(pty, "copied")); /* said in the log as well */
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "configuration reloaded"));
    goes_on(*state, pty);
}

/* Files may not grow: state, cache, log and trace fail, the dashboard does not. */
static void a_limit_of_file_sizes(void **state)
{
    struct trust *t = *state;
    char home[128];
    struct rlimit before, limit = {.rlim_cur = 0};
    snprintf(home, sizeof home, "XDG_STATE_HOME=%s", t->dir);
    getrlimit(RLIMIT_FSIZE, &before);
    limit.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    struct pty *pty =
        trust_start(t, &(struct trust_run){.args = {"--log-file", t->log}, .env = {home}});
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(pty_wait_text(pty, "LIVE"));
    pty_send(pty, "T2z");
    assert_true(pty_wait_no_text(pty, "Watchlist"));
    pty_send(pty, "2z");
    trust_mark(t);
    assert_true(trust_wait_shown(t, pty)); /* the trace, which says more, is empty */
    pty_send(pty, "q");
    expect_exit(pty, 0);
    expect_restored(pty);
    pty_free(pty);
}

/* Its children do not inherit that SIGPIPE is ignored: pipelines rely on it. */
static void children_have_the_usual_signals(void **state)
{
    struct trust *t = *state;
    char setting[768], path[128], line[256] = "";
    snprintf(path, sizeof path, "%s/ignored", t->dir);
    snprintf(setting, sizeof setting, "token_command=grep SigIgn /proc/self/status >%s; echo %s",
             path, t->server.token);
    struct pty *pty =
        live(t, &(struct trust_run){.token = "", .args = {"--log-file", t->log, "-O", setting}});
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    unsigned long ignored = strtoul(line + strlen("SigIgn:"), NULL, 16);
    assert_int_equal(ignored & (1UL << (SIGPIPE - 1) | 1UL << (SIGXFSZ - 1)), 0);
    goes_on(t, pty);
}

/* --- a terminal that is gone ---------------------------------------------------------------- */

/* Whether a directory holds anything but what it should. */
static bool only_holds(const char *dir, const char *suffix, const char *other)
{
    bool good = true;
    DIR *entries = opendir(dir);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        size_t len = strlen(entry->d_name);
        size_t end = strlen(suffix), other_end = strlen(other);
        bool is_other = len >= other_end && strcmp(entry->d_name + len - other_end, other) == 0;
        if (entry->d_name[0] != '.' && !is_other &&
            (len < end || strcmp(entry->d_name + len - end, suffix) != 0)) {
            print_error("left behind: %s/%s\n", dir, entry->d_name);
            good = false;
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    return good;
}

static void a_gone_terminal_loses_nothing(void **state)
{
    struct trust *t = *state;
    char home[128], saved[128], cache[128], config[128];
    struct stat facts;
    int status = -1;
    snprintf(home, sizeof home, "XDG_STATE_HOME=%s/state", t->dir);
    snprintf(saved, sizeof saved, "%s/state/blotter/state.ini", t->dir);
    snprintf(config, sizeof config, "%s/state/blotter", t->dir);
    snprintf(cache, sizeof cache, "%s/blotter", t->dir);
    struct pty *pty = live(t, &(struct trust_run){.env = {home}});
    expect_alive(t, pty);
    unlink(saved);
    assert_true(pty_hang_up(pty, &status));
    assert_int_equal(status, 128 + SIGHUP);
    assert_int_equal(stat(saved, &facts), 0);
    assert_true(facts.st_size > 0);
    if (!panes_equal(t->dir, &t->server, t->why, sizeof t->why)) {
        fail_msg("%s", t->why);
    }
    assert_true(only_holds(cache, ".cache", ".cache"));
    assert_true(only_holds(config, "state.ini", ".db"));
    pty_free(pty);
}

/* As nohup leaves it: the end of the terminal is seen all the same, and nothing spins on it. */
static void a_gone_terminal_without_sighup(void **state)
{
    int status = -1;
    struct pty *pty = live(*state, &(struct trust_run){.ignored = SIGHUP});
    assert_true(pty_hang_up(pty, &status));
    assert_int_equal(status, 128 + SIGHUP);
    pty_free(pty);
}

/* --- start-up -------------------------------------------------------------------------------- */

/* Ends it at every stage of its start, one output byte or turn later each time. */
static void an_end_during_the_start(void **state)
{
    enum { STAGES = 24, STAGE_MS = 2 };
    struct trust *t = *state;
    for (int stage = 0; stage < STAGES; stage++) {
        struct pty *pty = trust_start(t, &(struct trust_run){0});
        trust_let_run(pty, 1 + stage * STAGE_MS * trust_slack());
        pty_signal(pty, stage % 2 == 0 ? SIGTERM : SIGABRT);
        expect_exit(pty, 128 + (stage % 2 == 0 ? SIGTERM : SIGABRT));
        expect_restored(pty);
        expect_modes_as_at_first(pty);
        pty_free(pty);
    }
}

struct held {
    char path[128];
    int fd;
};

/* A pipe can be opened for writing, without waiting, once somebody waits to read from it. */
static bool waits_in_open(struct pty *pty, void *user)
{
    struct held *held = user;
    (void)pty;
    held->fd = open(held->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return held->fd >= 0;
}

/*
 * The program is held between its first look at the terminal's size and its handler of SIGWINCH:
 * where it opens its state file. It comes up in the size that the terminal has then.
 */
static void sizes_change_before_the_first_frame(void **state)
{
    struct trust *t = *state;
    char home[128], hold[192], shim[512];
    struct held held = {.fd = -1};
    snprintf(home, sizeof home, "XDG_STATE_HOME=%s", t->dir);
    snprintf(held.path, sizeof held.path, "%s/blotter", t->dir);
    mkdir(held.path, 0700);
    snprintf(held.path, sizeof held.path, "%s/blotter/state.ini.wait", t->dir);
    assert_int_equal(mkfifo(held.path, 0600), 0);
    snprintf(hold, sizeof hold, "BLOTTER_TEST_HOLD=%s/blotter/state.ini", t->dir);
    snprintf(shim, sizeof shim, "LD_PRELOAD=%s", trust_clock_shim());
    struct trust_run run = {.rows = 24, .cols = 80};
    run.env[0] = home;
    run.env[1] = hold;
    run.env[2] = shim;
    run.env[3] = "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:verify_asan_link_order=0";
    struct pty *pty = trust_start(t, &run);
    assert_true(wait_for(pty, waits_in_open, &held));
    for (int i = 0; i < 50; i++) {
        pty_resize(pty, 20 + i % 7, 70 + i);
    }
    pty_resize(pty, 44, 150);
    close(held.fd);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    assert_true(strlen(pty_row(pty, 0)) > 100); /* the frame reaches the new edges */
    assert_true(pty_row(pty, 43)[0] != '\0');
    goes_on(t, pty);
}

static void sizes_change_all_the_time(void **state)
{
    enum { STARTS = 12, SIZES = 40 };
    struct trust *t = *state;
    for (int start = 0; start < STARTS; start++) {
        struct pty *pty = trust_start(t, &(struct trust_run){.rows = 10, .cols = 40});
        for (int i = 0; i < SIZES; i++) {
            pty_resize(pty, 1 + (start * 31 + i * 7) % 60, 1 + (start * 17 + i * 13) % 200);
            if (i % 4 == 0) {
                trust_let_run(pty, 1 + start % 3);
            }
        }
        pty_resize(pty, 48, 160);
        assert_true(pty_wait_text(pty, "LIVE"));
        assert_true(pty_wait_no_text(pty, "first load"));
        assert_true(pty_wait_text(pty, "READ-ONLY")); /* a wide top line has it */
        assert_true(pty_wait_quiet(pty, 50, 0));
        assert_true(strlen(pty_row(pty, 0)) > 100);
        assert_true(pty_row(pty, 47)[0] != '\0');
        expect_quit(pty);
    }
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, trust_set_up_served, trust_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(every_signal_leaves_the_terminal_as_it_was),
        ROW(a_core_holds_no_token),
        ROW(blocked_output_does_not_keep_it),
        ROW(blocked_output_does_not_keep_headless_modes),
        ROW(some_signals_are_no_end),
        ROW(a_log_that_nobody_reads),
        ROW(a_limit_of_file_sizes),
        ROW(children_have_the_usual_signals),
        ROW(a_gone_terminal_loses_nothing),
        ROW(a_gone_terminal_without_sighup),
        ROW(an_end_during_the_start),
        ROW(sizes_change_before_the_first_frame),
        ROW(sizes_change_all_the_time),
    };
    /* Some rows run in a directory of their own. */
    char paths[2][PATH_MAX];
    for (int i = 1; i < argc && i <= 2; i++) {
        argv[i] = realpath(argv[i], paths[i - 1]);
    }
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
