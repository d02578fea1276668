/* Terminal and painter on a pseudo-terminal, by way of a probe that obeys single keys. */
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *probe_path;

enum { ROWS = 14, COLS = 40, CELL_BYTES = 80 };

static struct pty *start(const char *theme, const char *const *env)
{
    const char *const argv[] = {probe_path, theme, NULL};
    struct pty_options options = {.argv = argv, .env = env, .rows = ROWS, .cols = COLS};
    return pty_start(&options);
}

#define MARK "\033]0;shown\007"

static bool has_frames(struct pty *pty, void *wanted)
{
    size_t len, frames = 0;
    for (const char *at = pty_output(pty, &len); (at = strstr(at, MARK)) != NULL; at++) {
        frames++;
    }
    return frames == *(size_t *)wanted;
}

static size_t frames_of(struct pty *pty)
{
    size_t frames = 0;
    while (!has_frames(pty, &frames)) {
        frames++;
    }
    return frames;
}

static struct pty *start_ready(const char *theme, const char *const *env)
{
    struct pty *pty = start(theme, env);
    assert_true(pty_wait_row(pty, ROWS - 1, "right"));
    assert_true(pty_wait(pty, has_frames, &(size_t){1}, 0));
    return pty;
}

static void quit(struct pty *pty)
{
    int status;
    pty_send(pty, "q");
    assert_true(pty_wait_exit(pty, 0, &status));
    assert_int_equal(status, 0);
    pty_free(pty);
}

static uint64_t cost_of(struct pty *pty, const char *key)
{
    uint64_t before = pty_bytes(pty);
    size_t wanted = frames_of(pty) + 1;
    pty_send(pty, key);
    assert_true(pty_wait(pty, has_frames, &wanted, 0));
    return pty_bytes(pty) - before - strlen(MARK);
}

static void shows_the_canvas(void **state)
{
    (void)state;
    struct pty *pty = start_ready("dark", NULL);
    struct pty_cell cell;
    assert_string_equal(pty_row(pty, 0), "top left");
    assert_string_equal(pty_row(pty, 2), "  +12,345.67 ▲");
    assert_string_equal(pty_row(pty, 3), "  世界 wide é");
    pty_cell(pty, 2, 2, &cell);
    assert_int_equal(cell.fg.kind, PTY_INDEX); /* 256 colours: the nearest of the cube */
    assert_true(cell.fg.index >= 16);
    pty_cell(pty, ROWS - 1, COLS - 1, &cell);
    assert_string_equal(cell.text, "t"); /* the last cell of all, and nothing has scrolled */
    quit(pty);
}

static void writes_differences_only(void **state)
{
    (void)state;
    struct pty *pty = start_ready("dark", (const char *const[]){"COLORTERM=truecolor", NULL});
    struct pty_cell cell;
    assert_int_equal(cost_of(pty, "n"), 0);
    uint64_t cost = cost_of(pty, "7");
    assert_true(cost > 0 && cost <= CELL_BYTES);
    pty_cell(pty, 2, 10, &cell);
    assert_string_equal(cell.text, "7");
    assert_int_equal(cell.bg.kind, PTY_RGB);
    assert_int_equal(cost_of(pty, "7"), 0);
    assert_true(cost_of(pty, "8") <= CELL_BYTES);
    assert_true(cost_of(pty, "f") > 8 * COLS); /* forgotten: everything again */
    assert_string_equal(pty_row(pty, 0), "top left");
    quit(pty);
}

/* What the probe wrote of its next frame after the key. */
static const char *written_for(struct pty *pty, const char *key)
{
    size_t before, len;
    (void)pty_output(pty, &before);
    cost_of(pty, key);
    return pty_output(pty, &len) + before;
}

/* Asked before the first frame; held back then are large frames alone. */
static void holds_back_a_large_frame(void **state)
{
    (void)state;
    size_t len;
    int status;
    struct pty *pty = start_ready("dark", NULL);
    const char *question = strstr(pty_output(pty, &len), "\033[?2026$p");
    assert_non_null(question);
    assert_non_null(strstr(question, "top left"));
    assert_null(strstr(written_for(pty, "f"), "\033[?2026h"));
    cost_of(pty, "y");
    const char *begin = strstr(written_for(pty, "g"), "\033[?2026h");
    assert_non_null(begin);
    const char *shown = strstr(begin, "x");
    assert_true(shown != NULL && strstr(shown, "\033[?2026l") != NULL);
    assert_null(strstr(written_for(pty, "7"), "\033[?2026"));
    pty_send(pty, "q");
    assert_true(pty_wait_exit(pty, 0, &status));
    assert_non_null(strstr(strstr(pty_output(pty, &len), "\030"), "\033[?2026l"));
    pty_free(pty);
}

static void has_list(struct pty *pty, int top)
{
    struct pty_cell cell, text;
    assert_string_equal(pty_row(pty, 0), "top left");
    assert_string_equal(pty_row(pty, ROWS - 1), "ready                              right");
    pty_cell(pty, 0, COLS - 1, &text);
    for (int y = 1; y < ROWS - 1; y++) {
        char expected[40];
        snprintf(expected, sizeof expected, "row %d %.13s 世", top + y,
                 &"abcdefghijklmnopqrstuvwxyz"[(top + y) % 13]);
        assert_string_equal(pty_row(pty, y), expected);
        pty_cell(pty, y, COLS - 1, &cell);
        assert_int_equal(cell.bg.kind, text.bg.kind); /* what came in has the ground of its look */
        assert_int_equal(cell.bg.index, text.bg.index);
    }
}

/* Rows that only moved are moved by the terminal, where it can; the others are as they were. */
static void a_list_scrolls_for_few_bytes(void **state)
{
    (void)state;
    static const char *const terms[] = {"TERM=xterm-256color", "TERM=linux"};
    static const struct {
        const char *key;
        int step;
    } keys[] = {{"d", 1}, {"d", 1}, {"u", -1}, {"D", 2}, {"U", -2}, {"u", -1}, {"J", 40}, {"d", 1}};
    for (size_t t = 0; t < sizeof terms / sizeof *terms; t++) {
        struct pty *pty = start_ready("dark", (const char *const[]){terms[t], NULL});
        int top = 40;
        cost_of(pty, "J");
        uint64_t whole = cost_of(pty, "J");
        cost_of(pty, "f");
        has_list(pty, top += 40);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            uint64_t cost = cost_of(pty, keys[i].key);
            has_list(pty, top += keys[i].step);
            assert_true(t > 0 || abs(keys[i].step) > 2 || cost < whole * 3 / 5);
        }
        quit(pty);
    }
}

static void replaces_wide_characters(void **state)
{
    (void)state;
    struct pty *pty = start_ready("default", NULL);
    pty_send(pty, "w");
    assert_true(pty_wait_row(pty, 3, "  ab界 wide"));
    quit(pty);
}

static void has_color(struct pty *pty, bool expected)
{
    bool found = false;
    for (int row = 0; row < ROWS; row++) {
        for (int col = 0; col < COLS; col++) {
            struct pty_cell cell;
            pty_cell(pty, row, col, &cell);
            found |= cell.fg.kind != PTY_DEFAULT || cell.bg.kind != PTY_DEFAULT;
        }
    }
    assert_int_equal(found, expected);
}

static void obeys_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *env[3];
        bool color, mouse;
    } rows[] = {
        {{"TERM=xterm-256color"}, true, true},
        {{"TERM=xterm-256color", "NO_COLOR=1"}, false, true},
        {{"TERM=xterm-256color", "NO_COLOR="}, true, true},
        {{"TERM=tmux-256color"}, true, true},
        {{"TERM=screen"}, true, true},
        {{"TERM=linux"}, true, true},
        {{"TERM=vt100"}, false, false},
        {{"TERM=vt220", "COLORTERM=truecolor"}, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty_modes modes;
        struct pty *pty = start_ready("gruvbox", rows[i].env);
        has_color(pty, rows[i].color);
        pty_modes(pty, &modes);
        assert_int_equal(modes.mouse && modes.mouse_sgr && modes.focus && modes.paste,
                         rows[i].mouse);
        assert_false(modes.cooked);
        quit(pty);
    }
}

static void assert_restored(struct pty *pty)
{
    struct pty_modes modes;
    pty_modes(pty, &modes);
    assert_true(modes.cooked);
    assert_false(modes.alternate_screen || modes.cursor_hidden || modes.mouse || modes.mouse_sgr ||
                 modes.focus || modes.paste);
}

static void restores_the_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int signo, status;
        const char *said; /* on the normal screen */
    } rows[] = {
        {"q", 0, 0, "over"},
        {"a", 0, 128 + SIGABRT, "blotter: gave up (SIGABRT)"},
        {"s", 0, 128 + SIGSEGV, "blotter: crashed (SIGSEGV)"},
        {"b", 0, 128 + SIGBUS, "blotter: crashed (SIGBUS)"},
        {"m", 0, 128 + SIGABRT, "blotter: out of memory (SIGABRT)"},
        {"", SIGSEGV, 128 + SIGSEGV, "blotter: crashed (SIGSEGV)"},
        {"", SIGBUS, 128 + SIGBUS, "blotter: crashed (SIGBUS)"},
        {"", SIGFPE, 128 + SIGFPE, "blotter: crashed (SIGFPE)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        const char *const env[] = {"ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"
                                   "handle_abort=0:detect_stack_use_after_return=0:"
                                   "allocator_may_return_null=1:max_allocation_size_mb=4096",
                                   NULL};
        size_t len;
        struct pty *pty = start_ready("default", env);
        struct pty_modes modes;
        pty_modes(pty, &modes);
        assert_true(modes.alternate_screen && modes.cursor_hidden);
        if (rows[i].signo != 0) {
            pty_signal(pty, rows[i].signo);
        } else {
            pty_send(pty, rows[i].key);
        }
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_int_equal(status, rows[i].status);
        assert_true(pty_has(pty, rows[i].said));
        assert_int_equal(pty_killed_by(pty), status == 0 ? 0 : status - 128);
        /* Where the log is, without what a terminal would obey. */
        assert_int_equal(strstr(pty_output(pty, &len), "the log is a?[31mlog") != NULL,
                         status != 0);
        pty_free(pty);
    }
}

/* The line's modes can only be asked for while somebody holds it: a shell around the probe. */
static void restores_the_line(void **state)
{
    (void)state;
    static const char *const keys[] = {"q", "a"};
    for (size_t i = 0; i < 2; i++) {
        char script[512];
        snprintf(script, sizeof script, "ulimit -c 0; %s; echo ended; read line", probe_path);
        const char *const argv[] = {"/bin/sh", "-c", script, NULL};
        struct pty *pty =
            pty_start(&(struct pty_options){.argv = argv, .rows = ROWS, .cols = COLS});
        assert_true(pty_wait_row(pty, ROWS - 1, "right"));
        pty_send(pty, keys[i]);
        assert_true(pty_wait_text(pty, "ended"));
        assert_restored(pty);
        pty_free(pty);
    }
}

static void refuses_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *term, *says;
    } rows[] = {
        {"TERM=no-such-terminal", "is not known here"},
        {"TERM=dumb", "cannot place its cursor"},
        {"TERM=", "TERM is not set"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        const char *const env[] = {rows[i].term, NULL};
        const char *const argv[] = {probe_path, NULL};
        struct pty *pty = pty_start(&(struct pty_options){argv, env, ROWS, 150});
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_int_equal(status, 2);
        assert_true(pty_has(pty, rows[i].says));
        pty_free(pty);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_canvas),         cmocka_unit_test(writes_differences_only),
        cmocka_unit_test(holds_back_a_large_frame), cmocka_unit_test(a_list_scrolls_for_few_bytes),
        cmocka_unit_test(replaces_wide_characters), cmocka_unit_test(obeys_the_environment),
        cmocka_unit_test(restores_the_terminal),    cmocka_unit_test(restores_the_line),
        cmocka_unit_test(refuses_with_a_sentence),
    };
    assert_int_equal(argc, 2);
    probe_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
