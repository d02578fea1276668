/* Holds blotter-theme(5) and the tables together, in both directions. */
#include <blotter/tui/theme.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 65536, LINE_MAX_BYTES = 128 };

static char manual[TEXT_MAX];

static void read_manual(void)
{
    FILE *file = fopen(MAN_DIR "/blotter-theme.5", "r");
    assert_non_null(file);
    size_t len = fread(manual, 1, sizeof manual - 1, file);
    fclose(file);
    assert_true(len > 0 && len < sizeof manual - 1);
    manual[len] = '\0';
}

/* The items of a section, one call each; NULL at its end. */
static const char *next_item(const char **at, char out[LINE_MAX_BYTES])
{
    static const char mark[] = "\n.It Cm ";
    const char *item = strstr(*at, mark);
    const char *end = strstr(*at, "\n.El");
    if (item == NULL || end == NULL || item > end) {
        return NULL;
    }
    item += sizeof mark - 1;
    snprintf(out, LINE_MAX_BYTES, "%.*s", (int)strcspn(item, "\n"), item);
    *at = item;
    return out;
}

static const char *section(const char *title)
{
    char head[LINE_MAX_BYTES];
    snprintf(head, sizeof head, "\n.Sh %s\n", title);
    const char *at = strstr(manual, head);
    assert_non_null(at);
    return at + strlen(head) - 1;
}

static void every_role_is_described(void **state)
{
    (void)state;
    char item[LINE_MAX_BYTES];
    int role = 0;
    read_manual();
    for (const char *at = section("ROLES"); next_item(&at, item) != NULL; role++) {
        assert_true(role < ROLE_COUNT);
        assert_string_equal(item, role_info((enum role)role)->name);
    }
    assert_int_equal(role, ROLE_COUNT);
}

static void every_theme_is_described(void **state)
{
    (void)state;
    char item[LINE_MAX_BYTES];
    size_t theme = 0;
    read_manual();
    for (const char *at = section("SHIPPED THEMES"); next_item(&at, item) != NULL; theme++) {
        assert_non_null(theme_builtin(theme));
        assert_string_equal(item, theme_builtin(theme));
    }
    assert_null(theme_builtin(theme));
}

/* The example is a theme, and its mistake is reported as the manual says. */
static void the_example_works(void **state)
{
    (void)state;
    struct theme theme;
    struct theme_error error;
    read_manual();
    const char *start = strstr(manual, "; night.ini\n");
    assert_non_null(start);
    const char *end = strstr(start, ".Ed");
    assert_non_null(end);
    assert_true(theme_parse("night.ini", start, (size_t)(end - start), NULL, &theme, &error));
    assert_int_equal(theme.roles[ROLE_PNL_DOWN].fg.index, 203);
    static const char wrong[] = "; night.ini\ninherit = dark\ntext = 1\npnl.upp = green\n";
    assert_false(theme_parse("night.ini", wrong, sizeof wrong - 1, NULL, &theme, &error));
    assert_non_null(strstr(manual, error.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_is_described),
        cmocka_unit_test(every_theme_is_described),
        cmocka_unit_test(the_example_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
