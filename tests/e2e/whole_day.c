/*
 * One day of the real programs in a minute: a market, a dashboard that is pressed, clicked, resized
 * and cut off, two watchers, every kind of snapshot; each ends well, the server too. What they are
 * run under (valgrind: tests/valgrind) sees most of what they do. Each of them is one thread.
 */
#include "trust.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { WELL = 0 };

/* Tasks of a process; -1 where the system does not tell. */
static int threads(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void expect_one_thread(pid_t pid)
{
    int count = threads(pid);
    assert_true(count == 1 || count == -1);
}

static void expect_end(struct pty *pty)
{
    int status = -1;
    assert_true(pty_wait_exit(pty, 0, &status));
    if (status != WELL) {
        fail_msg("status %d: %s", status, pty_screen(pty));
    }
    pty_free(pty);
}

/* --- the dashboard -------------------------------------------------------------------------- */

static void press_everything(struct pty *pty)
{
    static const char *const keys[] = {
        "1jjkG", "gl", "hs",   "sS", "/a\r", "/\033", "\r", "\033", "c",    "\033", "<>", "[]",
        "z",     "z",  "2j",   "\r", "\033", "3",     "4j", "\r",   "\033", "5j",   "\r", "\033",
        "?",     "jG", "\033", "T",  "T",    "H",     "H",  "y",    "r",    "R",    "p",  "P"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        pty_send(pty, keys[i]);
        trust_let_run(pty, 20);
    }
    pty_send(pty, "\033");
    pty_click(pty, 0, 6, 20);
    pty_click(pty, 64, 6, 20);
    pty_paste(pty, "not a command");
}

static void a_dashboard(void **state)
{
    struct trust *t = *state;
    char state_home[128];
    snprintf(state_home, sizeof state_home, "XDG_STATE_HOME=%s", t->dir);
    for (int run = 0; run < 2; run++) { /* the second one from the cache of the first */
        struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD,
                                                             .args = {"-v", "--log-file", t->log},
                                                             .env = {state_home}});
        assert_true(pty_wait_text(pty, "LIVE"));
        assert_true(pty_wait_no_text(pty, "first load"));
        expect_one_thread(pty_pid(pty));
        expect_one_thread(t->server.pid);
        press_everything(pty);
        pty_resize(pty, 20, 60);
        pty_resize(pty, 50, 170);
        pty_signal(pty, SIGUSR1);
        if (run == 0) {
            trust_fault(t, "cut,stream,bytes=300");
            trust_let_run(pty, 300);
            trust_fault(t, "502");
            trust_let_run(pty, 300);
            trust_fault(t, "clear");
        }
        pty_send(pty, "\033P"); /* whatever was open or paused */
        trust_let_run(pty, 100);
        expect_one_thread(pty_pid(pty));
        pty_send(pty, "\003");
        expect_end(pty);
    }
}

/* --- the others ------------------------------------------------------------------------------ */

static void watchers(void **state)
{
    struct trust *t = *state;
    static const char *const formats[] = {"json", "text", "raw"};
    for (size_t i = 0; i < 3; i++) {
        struct pty *pty = trust_start(
            t, &(struct trust_run){.mode = TRUST_WATCH,
                                   .args = {"-o", formats[i], "--count", "20", "--status"}});
        expect_end(pty);
    }
}

static void snapshots(void **state)
{
    struct trust *t = *state;
    static const char *const formats[] = {"json", "text", "csv"};
    for (size_t i = 0; i < 3; i++) {
        struct pty *pty =
            trust_start(t, &(struct trust_run){.mode = TRUST_SNAPSHOT,
                                               .args = {"-o", formats[i], "--panes",
                                                        i == 2 ? "orders" : "orders,account"}});
        expect_end(pty);
    }
}

static void the_server_ends_well(void **state)
{
    struct trust *t = *state;
    expect_one_thread(t->server.pid);
    int status = server_end(&t->server, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), WELL);
}

static int set_up(void **state)
{
    static struct trust trust;
    static const char *const busy[] = {"--rate", "20", "--quotes", "5", NULL};
    trust_up(&trust);
    trust_serve(&trust, busy);
    *state = &trust;
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dashboard),
        cmocka_unit_test(watchers),
        cmocka_unit_test(snapshots),
        cmocka_unit_test(the_server_ends_well),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, set_up, trust_tear_down);
}
