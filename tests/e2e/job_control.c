/*
 * The dashboard under a shell that does job control: stopped, continued, started in the background,
 * and left behind when the shell is killed.
 */
#include "panes.h"
#include "trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { SCRIPT_BYTES = 2048, STEP_MS = 20 };

/* --- the shell ----------------------------------------------------------------------------- */

/* "$RUN" in the script is blotter, in front of the server. */
static struct pty *shell(struct trust *t, const char *script)
{
    char run[512], token[512], cache[128], state[128], text[SCRIPT_BYTES];
    snprintf(run, sizeof run, "RUN=%s --url %s --user %s -O refresh.dedupe_ms=0", trust_blotter(),
             t->server.url, t->server.user);
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", t->server.token);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", t->dir);
    snprintf(state, sizeof state, "XDG_STATE_HOME=%s", t->dir);
    snprintf(text, sizeof text, "set -m; %s", script);
    const char *const argv[] = {"/bin/sh", "-c", text, NULL};
    const char *const env[] = {run, token, cache, state, NULL};
    return pty_start(&(struct pty_options){.argv = argv, .env = env, .rows = 40, .cols = 150});
}

static bool live(struct pty *pty)
{
    return pty_wait_text(pty, "LIVE") && pty_wait_no_text(pty, "first load");
}

enum { GONE = -1 };

/* One field of /proc/PID/stat behind the name: 0 the state, 1 the parent. */
static long stat_field(pid_t pid, int field, char name[32])
{
    char path[64], text[1024] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    text[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    const char *open = strchr(text, '(');
    const char *close = strrchr(text, ')');
    if (open == NULL || close == NULL) {
        return GONE;
    }
    snprintf(name, 32, "%.*s", (int)(close - open - 1), open + 1);
    return field == 0 ? close[2] : strtol(close + 4, NULL, 10);
}

/* The process of that name below another, however deep; -1 when there is none. */
static pid_t descendant(pid_t ancestor, const char *wanted)
{
    pid_t found = -1;
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir != NULL && found < 0 && (entry = readdir(dir)) != NULL;) {
        char name[32] = "";
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || stat_field(pid, 1, name) < 0 || strcmp(name, wanted) != 0) {
            continue;
        }
        for (pid_t up = pid; up > 1;) {
            char ignored[32];
            up = (pid_t)stat_field(up, 1, ignored);
            if (up == ancestor) {
                found = pid;
                break;
            }
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return found;
}

static pid_t blotter_of(struct pty *pty)
{
    pid_t pid = -1;
    for (int tries = 0; tries < pty_patience_ms() / STEP_MS && pid < 0; tries++) {
        pid = descendant(pty_pid(pty), "blotter");
        trust_let_run(pty, STEP_MS);
    }
    assert_true(pid > 0);
    return pid;
}

static void wait_state(struct pty *pty, pid_t pid, long wanted)
{
    char name[32];
    long is = 0;
    for (int tries = 0; tries < pty_patience_ms() / STEP_MS && is != wanted; tries++) {
        is = stat_field(pid, 0, name);
        is = is == 'Z' ? GONE : is; /* until its parent asks */
        trust_let_run(pty, STEP_MS);
    }
    if (is != wanted) {
        fail_msg("the state is %ld, not %ld; the screen is:\n%s", is, wanted, pty_screen(pty));
    }
}

static void expect_given_back(struct pty *pty)
{
    struct pty_modes modes;
    pty_modes(pty, &modes);
    assert_false(modes.alternate_screen || modes.cursor_hidden || modes.mouse || modes.mouse_sgr);
    assert_false(modes.focus || modes.paste);
    assert_true(modes.cooked);
}

static void expect_taken(struct pty *pty)
{
    struct pty_modes modes;
    pty_modes(pty, &modes);
    assert_true(modes.alternate_screen && modes.mouse && modes.focus && modes.paste);
    assert_false(modes.cooked);
}

static void end_shell(struct pty *pty, const char *said)
{
    assert_true(pty_wait_text(pty, said));
    expect_given_back(pty);
    pty_free(pty);
}

/* --- stop and continue ---------------------------------------------------------------------- */

/* The terminal has another size when it comes back, and the data are of now. */
static void stopped_resized_continued(void **state)
{
    struct trust *t = *state;
    struct pty *pty = shell(t, "$RUN; echo stopped; read line; fg; echo ended $?; read line");
    assert_true(live(pty));
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    expect_given_back(pty);
    pty_resize(pty, 24, 100);
    pty_resize(pty, 60, 200);
    trust_mark(t);
    pty_send(pty, "\n");
    assert_true(live(pty));
    assert_true(trust_wait_shown(t, pty));
    assert_true(strlen(pty_row(pty, 0)) > 150);
    assert_true(pty_row(pty, 59)[0] != '\0');
    expect_taken(pty);
    pty_send(pty, "q");
    end_shell(pty, "ended 0");
}

/* A script that runs it is stopped with it: else the shell would wait for the script. */
static void the_whole_job_stops(void **state)
{
    struct pty *pty =
        shell(*state, "sh -c '$RUN; echo inner $?'; echo stopped; read line; fg; echo "
                      "ended $?; read line");
    assert_true(live(pty));
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    expect_given_back(pty);
    pty_send(pty, "\n");
    assert_true(live(pty));
    expect_taken(pty);
    pty_send(pty, "q");
    assert_true(pty_wait_text(pty, "inner 0"));
    end_shell(pty, "ended 0");
}

static bool left_the_screen(struct pty *pty, void *user)
{
    struct pty_modes modes;
    (void)user;
    pty_modes(pty, &modes);
    return !modes.alternate_screen;
}

/* Stopped without being asked, then sent to the background: the screen becomes the shell's. */
static void stopped_hard_and_sent_to_the_background(void **state)
{
    struct pty *pty = shell(*state, "$RUN; bg; read line; stty echo icanon; echo behind; read "
                                    "line; fg; echo ended $?; read line");
    assert_true(live(pty));
    pid_t pid = blotter_of(pty);
    kill(pid, SIGSTOP);
    assert_true(pty_wait(pty, left_the_screen, NULL, 0));
    wait_state(pty, pid, 'T'); /* by SIGTTOU: it wants to put the modes back */
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "behind"));
    expect_given_back(pty);
    pty_send(pty, "\n");
    assert_true(live(pty));
    expect_taken(pty);
    pty_send(pty, "q");
    end_shell(pty, "ended 0");
}

/* In the background it goes on living, writes nothing, and ends when it is asked to. */
static void continued_in_the_background(void **state)
{
    struct trust *t = *state;
    struct pty *pty =
        shell(t, "$RUN; echo stopped; read line; bg; echo behind; read line; kill %1; "
                 "wait %1; echo ended $?; read line");
    assert_true(live(pty));
    pid_t pid = blotter_of(pty);
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "behind"));
    wait_state(pty, pid, 'S');
    assert_true(pty_wait_quiet(pty, 100, 0));
    size_t written = trust_written(pty);
    long cpu_ms = trust_cpu_ms(pid);
    trust_mark(t);
    kill(pid, SIGWINCH);
    trust_let_run(pty, 500);
    assert_int_equal(trust_written(pty), written);
    assert_true(trust_cpu_ms(pid) - cpu_ms < 200L * trust_slack()); /* it does not spin */
    expect_given_back(pty);
    pty_send(pty, "\n");
    end_shell(pty, "ended 143");
}

/* While stopped it can be ended; the terminal is not touched any more. */
static void ended_while_stopped(void **state)
{
    struct pty *pty =
        shell(*state, "$RUN; echo stopped; read line; kill %1; kill -CONT %1; read line; wait %1; "
                      "echo ended $?; read line");
    assert_true(live(pty));
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    size_t written = trust_written(pty);
    size_t len;
    pid_t pid = blotter_of(pty);
    pty_send(pty, "\n");
    wait_state(pty, pid, GONE);
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "ended 143"));
    assert_null(strstr(pty_output(pty, &len) + written, "\033[?1049"));
    end_shell(pty, "ended 143");
}

/* --- the background from the start ----------------------------------------------------------- */

/*
 * The shell has the line in modes of its own while the job starts; they are not what is to be put
 * back when the job ends.
 */
static void started_in_the_background(void **state)
{
    struct pty *pty = shell(*state, "stty -echo -icanon; $RUN & echo behind; read line; stty echo "
                                    "icanon; fg; echo ended $?; read line");
    assert_true(pty_wait_text(pty, "behind"));
    wait_state(pty, blotter_of(pty), 'T');
    pty_send(pty, "\n");
    assert_true(live(pty));
    expect_taken(pty);
    pty_send(pty, "q");
    end_shell(pty, "ended 0");
}

/* --- left behind ------------------------------------------------------------------------------ */

static void on_alarm(int signo)
{
    (void)signo;
}

/* The shell is killed: the job ends by itself, with all it held saved. */
static void expect_orphan_ends(struct trust *t, struct pty *pty, pid_t pid)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct stat facts;
    char saved[128];
    int status = -1;
    snprintf(saved, sizeof saved, "%s/blotter/state.ini", t->dir);
    unlink(saved);
    pty_signal(pty, SIGKILL);
    sigaction(SIGALRM, &action, NULL);
    alarm((unsigned)pty_patience_ms() / 1000);
    int shell_status = -1;
    assert_true(pty_wait_exit(pty, 0, &shell_status));
    assert_int_equal(waitpid(pid, &status, 0), pid); /* it is ours now */
    alarm(0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGHUP);
    assert_int_equal(stat(saved, &facts), 0);
    if (!panes_equal(t->dir, &t->server, t->why, sizeof t->why)) {
        fail_msg("%s", t->why);
    }
    pty_free(pty);
}

static void the_shell_is_killed(void **state)
{
    struct trust *t = *state;
    struct pty *pty = shell(t, "$RUN; echo ended");
    assert_true(live(pty));
    assert_true(pty_wait_quiet(pty, 100, 0));
    expect_orphan_ends(t, pty, blotter_of(pty));
}

static void the_shell_is_killed_while_it_is_stopped(void **state)
{
    struct trust *t = *state;
    struct pty *pty = shell(t, "$RUN; echo stopped; read line");
    assert_true(live(pty));
    pid_t pid = blotter_of(pty);
    assert_true(pty_wait_quiet(pty, 100, 0));
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    expect_orphan_ends(t, pty, pid);
}

/* The demo's server does not outlive either. */
static void the_demo_is_left_behind(void **state)
{
    (void)state;
    int status = -1;
    const char *const argv[] = {trust_blotter(), "--demo", NULL};
    struct pty *pty = pty_start(&(struct pty_options){.argv = argv, .rows = 40, .cols = 150});
    assert_true(live(pty));
    pid_t server = descendant(pty_pid(pty), "blotter-mock");
    assert_true(server > 0);
    assert_true(pty_hang_up(pty, &status));
    assert_int_equal(status, 128 + SIGHUP);
    assert_int_equal(kill(server, 0), -1); /* ended and reaped */
    pty_free(pty);
}

/* Too few descriptors are a sentence, whatever would have been the first to fail. */
static void few_descriptors_are_told(void **state)
{
    static const char *const modes[] = {"--watch", "--snapshot", ""};
    struct trust *t = *state;
    for (int count = 4; count <= 11; count++) {
        char script[256];
        snprintf(script, sizeof script, "(ulimit -n %d; exec $RUN %s); echo ended $?; read line",
                 count, modes[count % 3]);
        struct pty *pty = shell(t, script);
        assert_true(pty_wait_text(pty, "ended 1"));
        assert_true(pty_has(pty, "blotter: too many open files: at least 12 are needed"));
        pty_free(pty);
    }
}

/* A log that was started with nohup, or in the background of a script, outlives its terminal. */
static void ignored_signals_stay_ignored(void **state)
{
    static const char *const traps[] = {"trap '' INT", "trap '' HUP", "trap '' INT HUP"};
    static const int signals[] = {SIGINT, SIGHUP, SIGINT};
    struct trust *t = *state;
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        char script[256];
        snprintf(script, sizeof script, "%s; $RUN --watch -o json; echo ended $?; read line",
                 traps[i]);
        struct pty *pty = shell(t, script);
        pid_t pid = blotter_of(pty);
        assert_true(trust_wait_output(pty, "\"connected\"", 0));
        kill(pid, signals[i]);
        size_t from = trust_written(pty);
        trust_mark(t);
        assert_true(trust_wait_output(pty, "\"seq\":", from));
        kill(pid, SIGTERM);
        assert_true(pty_wait_text(pty, "ended 143"));
        pty_free(pty);
    }
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, trust_set_up_served, trust_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(stopped_resized_continued),
        ROW(the_whole_job_stops),
        ROW(stopped_hard_and_sent_to_the_background),
        ROW(continued_in_the_background),
        ROW(ended_while_stopped),
        ROW(started_in_the_background),
        ROW(the_shell_is_killed),
        ROW(the_shell_is_killed_while_it_is_stopped),
        ROW(the_demo_is_left_behind),
        ROW(ignored_signals_stay_ignored),
        ROW(few_descriptors_are_told),
    };
    trust_programs(argc, argv);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to us, and tell how they ended */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
