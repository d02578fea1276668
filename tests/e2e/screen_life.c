/* How the real program lives on a terminal: events, keys, mouse, focus, sizes, signals, quiet. */
#include "expect.h"
#include "screen_common.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDERS "/api/trading/orders/list"
#define POSITIONS "/api/trading/positions/list"
#define ACCOUNT "/api/trading/account"
#define WATCHLISTS "/api/watchlists"

static const char *const reads[] = {ORDERS, POSITIONS, ACCOUNT, WATCHLISTS};
/* Of the shared server's first user, the oldest waiting order: a whole-row condition. */
#define A_PENDING_ORDER                                                                            \
    "where id=(select o.id from orders o join trading_accounts a on a.id=o.tradingAccountId "      \
    "where "                                                                                       \
    "a.userId='user-1' and o.status='PENDING' order by o.createdAt limit 1)"

enum { READS = sizeof reads / sizeof reads[0], CELL_BYTES = 80 };

static void count_reads(long out[READS])
{
    for (size_t i = 0; i < READS; i++) {
        out[i] = server_count(screen_server(), reads[i]);
    }
}

/* --- events ------------------------------------------------------------------------------- */

static void an_event_concerns_its_own_pane(void **state)
{
    (void)state;
    long before[READS];
    long after[READS];
    struct pty *pty = screen_live(&(struct run){0});
    assert_true(pty_wait_quiet(pty, 200, 0));
    count_reads(before);
    assert_true(
        server_sql(screen_server(),
                   "update orders set status='REJECTED', failureReason='margin' " A_PENDING_ORDER));
    assert_true(pty_wait_text(pty, "REJECTED"));
    assert_true(pty_wait_quiet(pty, 300, 0));
    count_reads(after);
    assert_int_equal(after[0], before[0] + 1);
    for (size_t i = 1; i < READS; i++) {
        assert_int_equal(after[i], before[i]);
    }
    screen_quit(pty);
}

static void alerts_reach_the_user(void **state)
{
    (void)state;
    char dir[64];
    char command[512];
    char said[256] = "";
    size_t len;
    screen_dir_make(dir);
    snprintf(command, sizeof command,
             "alerts.on_event=echo \"$BLOTTER_EVENT $BLOTTER_TITLE\" > %s/new; mv %s/new %s/said",
             dir, dir, dir);
    struct pty *pty = screen_live(&(struct run){
        .args = {"-O", "alerts.bell=yes", "-O", "alerts.notify=osc9", "-O", command}});
    assert_true(pty_wait_quiet(pty, 200, 0));
    unsigned bells = pty_bells(pty);
    assert_true(
        server_sql(screen_server(),
                   "update orders set status='REJECTED', failureReason='margin' " A_PENDING_ORDER));
    assert_true(pty_wait_text(pty, "REJECTED"));
    assert_true(pty_wait_quiet(pty, 300, 0));
    assert_int_equal(pty_bells(pty), bells + 1);
    assert_non_null(strstr(pty_output(pty, &len), "\033]9;"));
    char path[128];
    snprintf(path, sizeof path, "%s/said", dir);
    FILE *file = NULL;
    for (int tries = 0; tries < 200 && file == NULL; tries++) {
        file = fopen(path, "r");
        pty_wait_quiet(pty, 20, 0); /* time for the command, without a sleep */
    }
    assert_non_null(file);
    assert_non_null(fgets(said, sizeof said, file));
    fclose(file);
    assert_int_equal(strncmp(said, "order_rejected ", 15), 0);
    screen_quit(pty);
    screen_dir_remove(dir);
}

/* --- keys, mouse, focus ------------------------------------------------------------------- */

static bool title_is_focused(struct pty *pty, const char *title)
{
    int row;
    int col;
    struct pty_cell cell;
    if (!pty_find(pty, title, &row, &col)) {
        return false;
    }
    for (; col > 0; col--) { /* the corner to its left is heavy when the pane has the focus */
        pty_cell(pty, row, col - 1, &cell);
        if (strcmp(cell.text, "┏") == 0 || strcmp(cell.text, "┌") == 0) {
            return strcmp(cell.text, "┏") == 0;
        }
    }
    return false;
}

struct title {
    const char *text;
};

static bool focused(struct pty *pty, void *user)
{
    const struct title *title = user;
    return title_is_focused(pty, title->text);
}

static bool wait_focus(struct pty *pty, const char *text)
{
    struct title title = {text};
    return pty_wait(pty, focused, &title, 0);
}

static void focus_moves(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        const char *title;
    } rows[] = {{"2", "Positions"},   {"3", "Account"}, {"1", "Orders"},   {"\t", "Positions"},
                {"\033[Z", "Orders"}, {"5", "Tape"},    {"4", "Watchlist"}};
    struct pty *pty = screen_live(&(struct run){0});
    assert_true(wait_focus(pty, "Orders"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pty_send(pty, rows[i].keys);
        assert_true(wait_focus(pty, rows[i].title));
    }
    screen_quit(pty);
}

static void mouse_focuses_sorts_and_scrolls(void **state)
{
    (void)state;
    int row;
    int col;
    struct pty *pty = screen_live(&(struct run){0});
    assert_true(pty_find(pty, "Positions", &row, &col));
    pty_click(pty, 0, row + 3, 10);
    assert_true(wait_focus(pty, "Positions"));
    assert_true(pty_find(pty, "Symbol", &row, &col)); /* the orders' header */
    pty_click(pty, 0, row, col + 1);
    assert_true(wait_focus(pty, "Orders"));
    assert_true(pty_wait_text(pty, "Symbol↑") || pty_wait_text(pty, "Symbol↓"));
    char *before = strdup(pty_row(pty, row + 1));
    pty_click(pty, 65, row + 2, 10);
    pty_click(pty, 65, row + 2, 10);
    pty_click(pty, 65, row + 2, 10);
    assert_true(pty_wait_quiet(pty, 100, 0));
    assert_string_not_equal(pty_row(pty, row + 1), before);
    free(before);
    screen_quit(pty);
}

static void mouse_can_be_left_to_the_terminal(void **state)
{
    (void)state;
    struct pty_modes modes;
    struct pty *pty = screen_live(&(struct run){.args = {"--no-mouse"}});
    pty_modes(pty, &modes);
    assert_false(modes.mouse || modes.mouse_sgr);
    assert_true(modes.focus && modes.paste);
    screen_quit(pty);
}

static bool reads_grew(struct pty *pty, void *before)
{
    long now[READS];
    const long *old = before;
    (void)pty;
    count_reads(now);
    return now[0] > old[0] && now[1] > old[1] && now[2] > old[2] && now[3] > old[3];
}

static void wait_for_reads(struct pty *pty, long before[READS])
{
    for (int tries = 0; tries < 100 && !reads_grew(pty, before); tries++) {
        pty_wait_quiet(pty, 20, 0);
    }
    assert_true(reads_grew(pty, before));
}

static void focus_and_keys_revalidate(void **state)
{
    (void)state;
    static const char *const keys[] = {"\033[I", "R"};
    struct pty *pty = screen_live(
        &(struct run){.args = {"-O", "refresh.dedupe_ms=0", "-O", "refresh.focus_throttle_ms=0"}});
    for (size_t i = 0; i < 2; i++) {
        long before[READS];
        assert_true(pty_wait_quiet(pty, 100, 0));
        count_reads(before);
        pty_send(pty, "\033[O");
        pty_send(pty, keys[i]);
        wait_for_reads(pty, before);
    }
    long before[READS];
    long after[READS];
    count_reads(before);
    pty_send(pty, "3r");
    assert_true(pty_wait_quiet(pty, 200, 0));
    count_reads(after);
    assert_int_equal(after[0], before[0]);
    assert_int_equal(after[2], before[2] + 1);
    screen_quit(pty);
}

static void copies_to_the_clipboard(void **state)
{
    (void)state;
    size_t len;
    struct pty *pty = screen_live(&(struct run){0});
    pty_send(pty, "y");
    assert_true(pty_wait_text(pty, "copied"));
    assert_non_null(strstr(pty_output(pty, &len), "\033]52;c;"));
    screen_quit(pty);
}

static bool holds_frames_back(struct pty *pty, void *unused)
{
    size_t len;
    (void)unused;
    return strstr(pty_output(pty, &len), "\033[?2026h") != NULL;
}

/* What the terminal says of itself is obeyed, whatever its entry in terminfo leaves out. */
static void an_answer_of_the_terminal_counts(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    assert_false(holds_frames_back(pty, NULL));
    pty_send(pty, "\033[?2026;2$y\014");
    assert_true(pty_wait(pty, holds_frames_back, NULL, 0));
    screen_quit(pty);
}

static void keys_can_be_remapped(void **state)
{
    (void)state;
    char dir[64];
    char path[128];
    screen_dir_make(dir);
    snprintf(path, sizeof path, "%s/b.ini", dir);
    screen_write_file(dir, "b.ini", "[keys]\nquit = F10 x\nhelp = q\n");
    struct pty *pty = screen_live(&(struct run){.args = {"-c", path}});
    pty_send(pty, "q");
    assert_true(pty_wait_text(pty, "One line up"));
    pty_send(pty, "\033");
    assert_true(pty_wait_no_text(pty, "One line up"));
    pty_send(pty, "x");
    screen_expect_exit(pty, 0);
    pty_free(pty);
    screen_write_file(dir, "b.ini", "[keys]\nzoom = p\n");
    pty = screen_start(&(struct run){.args = {"-c", path}});
    expect_exit(pty, 2);
    assert_true(pty_has(pty, "key 'p' would run both 'zoom' and 'pause'"));
    pty_free(pty);
    screen_dir_remove(dir);
}

/* --- memory and reload -------------------------------------------------------------------- */

static void remembers_between_runs(void **state)
{
    (void)state;
    char dir[64];
    char env[128];
    screen_dir_make(dir);
    snprintf(env, sizeof env, "XDG_STATE_HOME=%s", dir);
    struct run run = {.env = {env}};
    struct pty *pty = screen_live(&run);
    pty_send(pty, "T2z");
    assert_true(pty_wait_no_text(pty, "Watchlist"));
    screen_quit(pty);
    pty = screen_live(&run);
    assert_true(pty_wait_no_text(pty, "Watchlist"));
    struct pty_cell cell;
    pty_cell(pty, 10, 10, &cell);
    assert_int_equal(cell.bg.kind, PTY_RGB); /* the theme after the default one has a ground */
    screen_quit(pty);
    screen_dir_remove(dir);
}

static void reloads_on_a_signal(void **state)
{
    (void)state;
    char dir[64];
    char path[128];
    struct pty_cell cell;
    screen_dir_make(dir);
    snprintf(path, sizeof path, "%s/b.ini", dir);
    screen_write_file(dir, "b.ini", "[display]\ntheme = default\n");
    struct pty *pty = screen_live(&(struct run){.args = {"-c", path}});
    screen_write_file(dir, "b.ini", "[display]\ntheme = light\n");
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "configuration reloaded"));
    pty_cell(pty, 10, 10, &cell);
    assert_int_equal(cell.bg.red, 0xFB);
    screen_write_file(dir, "b.ini", "[display]\ntheme = lihgt\n");
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "did you mean 'light'?"));
    screen_write_file(dir, "b.ini", "[display]\ntehme = light\n");
    pty_signal(pty, SIGUSR1);
    assert_true(pty_wait_text(pty, "b.ini:2"));
    pty_cell(pty, 10, 10, &cell);
    assert_int_equal(cell.bg.red, 0xFB);
    screen_quit(pty);
    screen_dir_remove(dir);
}

/* --- sizes -------------------------------------------------------------------------------- */

static void survives_every_size(void **state)
{
    (void)state;
    uint64_t seed = 42;
    static const char keys[] = "jkhl\t12345z/s<>S[]?\033c\033\r\033PpTgG";
    struct pty *pty = screen_live(&(struct run){0});
    for (int i = 0; i < 150; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        unsigned pick = (unsigned)(seed >> 33);
        pty_resize(pty, 1 + (int)(pick % 100), 1 + (int)(pick / 128 % 300));
        char key[2] = {keys[pick / 7 % (sizeof keys - 1)], '\0'};
        pty_send(pty, key);
        if (i % 10 == 0) {
            assert_true(pty_wait_quiet(pty, 5, 0));
        }
    }
    pty_send(pty, "\033");
    assert_true(pty_wait_quiet(pty, 100, 0));
    pty_send(pty, "\033");
    pty_resize(pty, 1, 1);
    assert_true(pty_wait_quiet(pty, 50, 0));
    pty_resize(pty, 48, 160);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_quiet(pty, 50, 0));
    pty_send(pty, "\003");
    screen_expect_exit(pty, 0);
    pty_free(pty);
}

/* --- quiet -------------------------------------------------------------------------------- */

static long wakeups(pid_t pid)
{
    char path[64];
    char line[128];
    long count = -1;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0) {
            count = strtol(line + 24, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

static void idle_is_silent(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    assert_true(pty_wait_quiet(pty, 900, 0)); /* flashes are over */
    uint64_t bytes = pty_bytes(pty);
    long before = wakeups(pty_pid(pty));
    assert_true(pty_wait_quiet(pty, 1200, 0));
    assert_int_equal(pty_bytes(pty), bytes);
    assert_true(wakeups(pty_pid(pty)) - before <= 2);
    screen_quit(pty);
}

static void blocked_output_blocks_nothing(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    pty_block_output(pty, true);
    for (int i = 0; i < 60; i++) {
        pty_send(pty, "T"); /* each writes the whole screen */
    }
    /* The events are taken in while the terminal takes nothing: the requests say so. */
    long before = server_count(screen_server(), ORDERS);
    for (int i = 0; i < 3; i++) {
        assert_true(
            server_sql(screen_server(), "update orders set quantity=quantity+1 " A_PENDING_ORDER));
    }
    long after = before;
    for (int tries = 0; tries < 500 && after == before; tries++) {
        after = server_count(screen_server(), ORDERS);
    }
    assert_true(after > before);
    pty_block_output(pty, false);
    assert_true(pty_wait_quiet(pty, 200, 0));
    assert_true(pty_has(pty, "LIVE"));
    screen_quit(pty);
}

/* --- the end ------------------------------------------------------------------------------ */

static void every_signal_restores_the_terminal(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                  SIGSEGV, SIGABRT, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct pty *pty =
            screen_live(&(struct run){.cols = 80,
                                      .rows = 24,
                                      .env = {"ASAN_OPTIONS=detect_leaks=0:handle_segv=0:"
                                              "handle_abort=0:handle_sigbus=0:"
                                              "handle_sigfpe=0"}});
        struct pty_modes modes;
        pty_modes(pty, &modes);
        assert_true(modes.alternate_screen && modes.cursor_hidden && modes.mouse && modes.focus);
        pty_signal(pty, signals[i]);
        screen_expect_exit(pty, 128 + signals[i]);
        pty_free(pty);
    }
}

static void a_lost_terminal_ends_it(void **state)
{
    (void)state;
    int status = -1;
    struct pty *pty = screen_live(&(struct run){0});
    assert_true(pty_hang_up(pty, &status));
    assert_int_equal(status, 128 + SIGHUP);
    pty_free(pty);
}

static void keys_end_it(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        int status;
    } rows[] = {{"q", 0}, {"\003", 0}, {"/ab\003", 0}, {"\034", 128 + SIGQUIT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty *pty = screen_live(&(struct run){.cols = 80, .rows = 24});
        pty_send(pty, rows[i].keys);
        screen_expect_exit(pty, rows[i].status);
        pty_free(pty);
    }
}

/* Ctrl-Z and fg under a shell that does job control; the terminal is the shell's in between. */
static void stops_and_continues(void **state)
{
    (void)state;
    char script[1024];
    char token[512];
    long before[READS];
    struct pty_modes modes;
    snprintf(script, sizeof script,
             "set -m; %s --url %s --user %s; echo stopped; read line; fg; echo ended $?; read line",
             screen_blotter(), screen_server()->url, screen_server()->user);
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", screen_server()->token);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const char *const env[] = {token, NULL};
    struct pty *pty = pty_start(&(struct pty_options){argv, env, 30, 100});
    assert_true(pty_wait_text(pty, "LIVE"));
    pty_send(pty, "\032");
    assert_true(pty_wait_text(pty, "stopped"));
    screen_expect_restored(pty);
    pty_modes(pty, &modes);
    assert_true(modes.cooked);
    count_reads(before);
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "LIVE"));
    wait_for_reads(pty, before); /* resuming revalidates */
    pty_modes(pty, &modes);
    assert_true(modes.alternate_screen && modes.mouse && !modes.cooked);
    pty_send(pty, "q");
    assert_true(pty_wait_text(pty, "ended 0"));
    screen_expect_restored(pty);
    pty_free(pty);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_concerns_its_own_pane),
        cmocka_unit_test(alerts_reach_the_user),
        cmocka_unit_test(focus_moves),
        cmocka_unit_test(mouse_focuses_sorts_and_scrolls),
        cmocka_unit_test(mouse_can_be_left_to_the_terminal),
        cmocka_unit_test(focus_and_keys_revalidate),
        cmocka_unit_test(copies_to_the_clipboard),
        cmocka_unit_test(an_answer_of_the_terminal_counts),
        cmocka_unit_test(keys_can_be_remapped),
        cmocka_unit_test(remembers_between_runs),
        cmocka_unit_test(reloads_on_a_signal),
        cmocka_unit_test(survives_every_size),
        cmocka_unit_test(idle_is_silent),
        cmocka_unit_test(blocked_output_blocks_nothing),
        cmocka_unit_test(every_signal_restores_the_terminal),
        cmocka_unit_test(a_lost_terminal_ends_it),
        cmocka_unit_test(keys_end_it),
        cmocka_unit_test(stops_and_continues),
    };
    screen_programs(argc, argv);
    return cmocka_run_group_tests(tests, screen_server_up, screen_server_down);
}
