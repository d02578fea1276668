/* Holds blotter-backend(5) and the tables together. */
#include <reader.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char page[1 << 16];

static void read_page(void)
{
    FILE *file = fopen(MAN_DIR "/blotter-backend.5", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
}

/* Whether a line that begins so names the word. */
static bool has_line(const char *start, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = page; (at = strstr(at, start)) != NULL; at++) {
        const char *end = at + 1 + strcspn(at + 1, "\n");
        for (const char *found = at; (found = strstr(found, word)) != NULL && found < end;
             found++) {
            char before = found[-1], behind = found[len];
            if (strchr(" .", before) != NULL && (behind == '\n' || strchr(" ,NG", behind))) {
                return true;
            }
        }
    }
    return false;
}

static void test_sections(void **state)
{
    (void)state;
    read_page();
    for (size_t i = 0; reader_section(i) != NULL; i++) {
        if (!has_line("\n.Ss Section", reader_section(i))) {
            fail_msg("no section %s", reader_section(i));
        }
    }
}

static void test_keys(void **state)
{
    (void)state;
    read_page();
    for (size_t i = 0; reader_key(i) != NULL; i++) {
        if (!has_line("\n.It Cm ", reader_key(i))) {
            fail_msg("no key %s", reader_key(i));
        }
    }
    assert_true(has_line("\n.It Cm ", "comment.GLOB"));
}

static void test_functions(void **state)
{
    (void)state;
    read_page();
    for (size_t i = 0; reader_function(i) != NULL; i++) {
        if (!has_line("\n.It Cm ", reader_function(i))) {
            fail_msg("no function %s", reader_function(i));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
