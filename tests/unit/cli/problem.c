#include "problem.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FFFD "\xef\xbf\xbd"

/* What is quoted is shown as the screen would show it. */
static const struct {
    const char *name, *quoted, *shown, *in_ascii;
} rows[] = {
    {"plain", "a 'b' %d", "a 'b' %d", "a 'b' %d"},
    {"C0", "\033[2J\a\r\n\x7f", FFFD "[2J" FFFD FFFD FFFD FFFD, "?[2J????"},
    {"C1 as UTF-8",
     "\xc2\x9b"
     "2J",
     FFFD "2J", "?2J"},
    {"C1 as a byte",
     "\x9b"
     "2J\x9d",
     FFFD "2J" FFFD, "?2J?"},
    {"bidi",
     "a\xe2\x80\xae"
     "b\xe2\x81\xa6",
     "a" FFFD "b" FFFD, "a?b?"},
    {"no width",
     "a\xe2\x80\x8b\xef\xbb\xbf"
     "b",
     "a" FFFD FFFD "b", "a??b"},
    {"tags",
     "a\xf3\xa0\x81\x81"
     "b",
     "a" FFFD "b", "a?b"},
    {"surrogates and overlong", "\xed\xa0\x80\xc0\xaf", FFFD FFFD FFFD FFFD FFFD, "?????"},
    {"letters", "caf\xc3\xa9", "caf\xc3\xa9", "caf?"},
};

static void test_quotes_are_fit_for_a_terminal(void **state)
{
    (void)state;
    for (int ascii = 0; ascii < 2; ascii++) {
        assert_non_null(setlocale(LC_CTYPE, ascii ? "C" : "C.UTF-8"));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            const char *shown = ascii ? rows[i].in_ascii : rows[i].shown;
            struct problem problem;
            char expected[256];
            assert_false(problem_set(&problem, "not '%s'", rows[i].quoted));
            snprintf(expected, sizeof expected, "not '%s'", shown);
            assert_string_equal(problem.text, expected);
            problem_set(&problem, "no such profile");
            problem_suggest(&problem, &(struct suggest){.best = rows[i].quoted});
            snprintf(expected, sizeof expected, "no such profile (did you mean '%s'?)", shown);
            assert_string_equal(problem.text, expected);
        }
    }
}

/* What becomes longer by being cleaned is cut at a whole character. */
static void test_the_room_is_enough(void **state)
{
    (void)state;
    struct problem problem;
    char flood[2 * PROBLEM_BYTES];
    memset(flood, 0x9b, sizeof flood - 1);
    flood[sizeof flood - 1] = '\0';
    setlocale(LC_CTYPE, "C.UTF-8");
    problem_set(&problem, "x%s", flood);
    size_t len = strlen(problem.text);
    assert_in_range(len, PROBLEM_BYTES - 4, PROBLEM_BYTES - 1);
    assert_int_equal(len % 3, 1);
    problem_suggest(&problem, &(struct suggest){.best = "y"});
    assert_true(strlen(problem.text) < PROBLEM_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes_are_fit_for_a_terminal),
        cmocka_unit_test(test_the_room_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
