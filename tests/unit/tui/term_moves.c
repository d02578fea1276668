/* The cursor's way from cell to cell, in bytes. */
#include "tui/term_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_shortest_way(void **state)
{
    (void)state;
    static const struct {
        struct term_place from, to;
        const char *modern, *ansi;
    } rows[] = {
        {{-1, -1}, {4, 2}, "\033[3;5H", "\033[3;5H"},
        {{0, 2}, {1, 2}, "\033[C", "\033[C"},
        {{0, 2}, {40, 2}, "\033[40C", "\033[40C"},
        {{90, 2}, {0, 2}, "\r", "\r"},
        {{90, 2}, {4, 2}, "\033[5G", "\033[3;5H"},
        {{-1, 2}, {4, 2}, "\033[5G", "\033[3;5H"},
        {{90, 2}, {0, 3}, "\r\n", "\r\n"},
        {{90, 2}, {1, 3}, "\033[4;2H", "\033[4;2H"},
        {{90, 2}, {0, 1}, "\033[2;1H", "\033[2;1H"},
        {{90, -1}, {0, 0}, "\033[1;1H", "\033[1;1H"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int modern = 0; modern < 2; modern++) {
            struct term_caps caps = {.ansi = true, .modern = modern != 0};
            char bytes[TERM_TEXT_MAX];
            const char *expected = modern ? rows[i].modern : rows[i].ansi;
            size_t len = term_caps_move(&caps, rows[i].from, rows[i].to, bytes, sizeof bytes);
            assert_int_equal(len, strlen(expected));
            assert_memory_equal(bytes, expected, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_shortest_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
