/* The harness itself: what the other screen tests believe must be true. */
#include "pty.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct pty *run(const char *script, int rows, int cols)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    return pty_start(&(struct pty_options){.argv = argv, .rows = rows, .cols = cols});
}

static void shows_text_and_attributes(void **state)
{
    (void)state;
    struct pty *pty =
        run("printf '\\033[2;3H\\033[1;31mred\\033[0m \\033[38;2;1;2;3mrgb é世x\\a'", 5, 20);
    int row = 0;
    int col = 0;
    struct pty_cell cell;
    assert_true(pty_wait_row(pty, 1, "red rgb é世x"));
    assert_true(pty_find(pty, "rgb", &row, &col));
    assert_int_equal(row, 1);
    assert_int_equal(col, 6);
    pty_cell(pty, 1, 2, &cell);
    assert_string_equal(cell.text, "r");
    assert_true(cell.bold);
    assert_int_equal(cell.fg.kind, PTY_INDEX);
    assert_int_equal(cell.fg.index, 1);
    assert_int_equal(cell.bg.kind, PTY_DEFAULT);
    pty_cell(pty, 1, 6, &cell);
    assert_false(cell.bold);
    assert_int_equal(cell.fg.kind, PTY_RGB);
    assert_int_equal(cell.fg.blue, 3);
    assert_true(pty_find(pty, "x", &row, &col));
    assert_int_equal(col, 13);
    assert_int_equal(pty_bells(pty), 1);
    pty_free(pty);
}

static void follows_modes(void **state)
{
    (void)state;
    struct pty *pty =
        run("printf '\\033[?1049h\\033[?25l\\033[?1000;1006h\\033[?2004h\\033[?1004hon'; "
            "read x; printf '\\033[?1006l\\033[?25hoff'; read x",
            5, 20);
    struct pty_modes modes;
    assert_true(pty_wait_text(pty, "on"));
    pty_modes(pty, &modes);
    assert_true(modes.alternate_screen && modes.cursor_hidden && modes.mouse && modes.mouse_sgr);
    assert_true(modes.focus && modes.paste && modes.cooked);
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "off"));
    pty_modes(pty, &modes);
    assert_true(modes.alternate_screen && modes.mouse);
    assert_false(modes.cursor_hidden || modes.mouse_sgr);
    pty_free(pty);
}

static void sends_input_and_size(void **state)
{
    (void)state;
    struct pty *pty =
        run("trap 'stty size' WINCH; read line; echo \"got $line\"; stty size; read line", 4, 30);
    int status = -1;
    pty_send(pty, "hello\n");
    assert_true(pty_wait_text(pty, "got hello"));
    assert_true(pty_wait_text(pty, "4 30"));
    pty_resize(pty, 7, 41);
    pty_send(pty, "\n");
    assert_true(pty_wait_text(pty, "7 41"));
    assert_true(pty_wait_exit(pty, 0, &status));
    pty_free(pty);
}

static void reports_the_end(void **state)
{
    (void)state;
    int status = -1;
    struct pty *pty = run("exit 7", 2, 10);
    assert_true(pty_wait_exit(pty, 0, &status));
    assert_int_equal(status, 7);
    pty_free(pty);
    pty = run("echo up; read x", 2, 10);
    assert_true(pty_wait_text(pty, "up"));
    assert_false(pty_wait_exit(pty, 50, &status));
    pty_signal(pty, SIGTERM);
    assert_true(pty_wait_exit(pty, 0, &status));
    assert_int_equal(status, 128 + SIGTERM);
    pty_free(pty);
}

static void pins_the_environment(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "echo $TERM $LC_ALL $NEW-$USER", NULL};
    const char *const env[] = {"TERM=vt100", "NEW=1", NULL};
    struct pty *pty =
        pty_start(&(struct pty_options){.argv = argv, .env = env, .rows = 2, .cols = 40});
    assert_true(pty_wait_text(pty, "vt100 C.UTF-8 1-"));
    pty_free(pty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_text_and_attributes), cmocka_unit_test(follows_modes),
        cmocka_unit_test(sends_input_and_size),      cmocka_unit_test(reports_the_end),
        cmocka_unit_test(pins_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
