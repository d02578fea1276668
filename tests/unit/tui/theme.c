#include "contrast.h"

#include <blotter/tui/theme.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const enum color_depth depths[] = {COLOR_MONO, COLOR_8, COLOR_16, COLOR_256, COLOR_TRUE};
enum { DEPTHS = sizeof depths / sizeof depths[0] };

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool parse(const char *text, struct theme *ret, struct theme_error *error)
{
    return theme_parse("t.ini", text, strlen(text), NULL, ret, error);
}

static void reads_looks(void **state)
{
    (void)state;
    struct theme theme;
    struct theme_error error;
    assert_true(parse("; a comment\n"
                      "text = #010203 on 17\n"
                      "pnl.up = green bold ; and why\n"
                      "pnl.down = on red\n"
                      "stale = dim italic underline reverse\n"
                      "flash.up = default on default\n",
                      &theme, &error));
    const struct look *up = &theme.roles[ROLE_PNL_UP];
    assert_int_equal(up->fg.index, 2);
    assert_int_equal(up->bg.index, 17); /* as in text */
    assert_int_equal(up->attributes, THEME_BOLD);
    assert_int_equal(theme.roles[ROLE_PNL_DOWN].fg.blue, 3);
    assert_int_equal(theme.roles[ROLE_PNL_DOWN].bg.index, 1);
    assert_int_equal(theme.roles[ROLE_STALE].attributes,
                     THEME_DIM | THEME_ITALIC | THEME_UNDERLINE | THEME_REVERSE);
    assert_int_equal(theme.roles[ROLE_FLASH_UP].bg.kind, COLOR_DEFAULT);
    assert_int_equal(theme.roles[ROLE_KEY].fg.blue, 3); /* not mentioned at all */
}

static void inherits(void **state)
{
    (void)state;
    struct theme theme;
    struct theme_error error;
    assert_true(parse("alert = 1\ninherit = mono\n", &theme, &error));
    assert_int_equal(theme.roles[ROLE_ALERT].fg.index, 1);
    assert_int_equal(theme.roles[ROLE_ALERT].attributes, 0); /* a line replaces the whole line */
    assert_int_equal(theme.roles[ROLE_SELECTED].attributes, THEME_REVERSE);
}

static void refuses_with_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"pnl.upp = red\n", "t.ini:1: unknown role 'pnl.upp' (did you mean 'pnl.up'?)"},
        {"\n\ntext = redd\n", "t.ini:3: 'redd' is neither a colour nor an attribute"},
        {"text = red on\n", "t.ini:1: a colour has to follow 'on'"},
        {"text = red on bold\n", "t.ini:1: 'bold' is neither a colour nor an attribute"},
        {"inherit = nrod\n", "theme: unknown theme 'nrod' (did you mean 'nord'?)"},
        {"inherit = ./none.ini\n", "./none.ini: No such file or directory"},
        {"inherit = /dev/null\n", "/dev/null: is not a file"},
        {"text\n", "t.ini:1: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct theme theme = {.name = "before"};
        struct theme_error error;
        assert_false(parse(rows[i].text, &theme, &error));
        if (strncmp(error.text, rows[i].message, strlen(rows[i].message)) != 0) {
            print_error("%s\n", error.text);
        }
        assert_int_equal(strncmp(error.text, rows[i].message, strlen(rows[i].message)), 0);
        assert_string_equal(theme.name, "before");
    }
}

static void searches_directories(void **state)
{
    (void)state;
    char first[] = "/tmp/theme-XXXXXX";
    char second[] = "/tmp/theme-XXXXXX";
    struct theme theme;
    struct theme_error error;
    char name[THEME_NAME_MAX];
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    const char *const dirs[] = {"/nonexistent", first, second, NULL};
    write_file(second, "nord.ini", "text = 3\n");
    write_file(first, "nord.ini", "inherit = nord\nkey = 9\n"); /* the next one of that name */
    write_file(first, "a.ini", "inherit = b\n");
    write_file(second, "b.ini", "inherit = a\n");
    write_file(second, "broken.ini", "text = red\nnonsense here\n");
    assert_true(theme_load("nord", dirs, &theme, &error));
    assert_int_equal(theme.roles[ROLE_KEY].fg.index, 9);
    assert_int_equal(theme.roles[ROLE_TEXT].fg.index, 3);
    assert_false(theme_load("a", dirs, &theme, &error));
    assert_non_null(strstr(error.text, "circle"));
    assert_false(theme_load("broken", dirs, &theme, &error));
    assert_non_null(strstr(error.text, "broken.ini:2:"));
    size_t shipped = 0;
    while (theme_builtin(shipped) != NULL) {
        shipped++;
    }
    theme_next(theme_builtin(shipped - 1), dirs, name);
    assert_string_equal(name, "a");
    theme_next("broken", dirs, name);
    assert_string_equal(name, "default");
    theme_next("default", NULL, name);
    assert_string_equal(name, "dark");
    static const char *const files[] = {"nord.ini", "a.ini", "b.ini", "broken.ini"};
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", first, files[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s", second, files[i]);
        unlink(path);
    }
    rmdir(first);
    rmdir(second);
}

/* Text that a theme with a background of its own puts on it has to be readable: WCAG AA. */
static void shipped_themes_are_readable(void **state)
{
    (void)state;
    struct color unused = {0};
    size_t count = 0;
    for (size_t i = 0; theme_builtin(i) != NULL; i++, count++) {
        struct theme theme;
        struct theme_error error;
        assert_true(theme_load(theme_builtin(i), NULL, &theme, &error));
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look(&theme, (enum role)role, 0, COLOR_TRUE);
            if (look.bg.kind == COLOR_DEFAULT || role == ROLE_BORDER) {
                continue; /* the terminal's own, or no text */
            }
            double contrast =
                color_contrast(color_to_rgb(look.fg, unused), color_to_rgb(look.bg, unused));
            double least = strcmp(theme.name, "high-contrast") == 0 ? 7.0 : 4.5;
            if (contrast < least) {
                print_error("%s: %s has a contrast of %.2f\n", theme.name,
                            role_info((enum role)role)->name, contrast);
            }
            assert_true(contrast >= least);
        }
    }
    assert_int_equal(count, 9);
}

/* A selected row keeps each cell's own colour on the selection's ground, and can be read. */
static void selection_stays_readable(void **state)
{
    (void)state;
    struct color unused = {0};
    for (size_t i = 0; theme_builtin(i) != NULL; i++) {
        struct theme theme;
        struct theme_error error;
        assert_true(theme_load(theme_builtin(i), NULL, &theme, &error));
        struct look selected = theme_look(&theme, ROLE_SELECTED, CELL_SELECTED, COLOR_TRUE);
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look(&theme, (enum role)role, CELL_SELECTED, COLOR_TRUE);
            bool own = !color_equal(theme.roles[role].bg, theme.roles[ROLE_TEXT].bg);
            assert_true(own || color_equal(look.bg, selected.bg));
            assert_true(own ||
                        (look.attributes & THEME_REVERSE) == (selected.attributes & THEME_REVERSE));
            if (look.bg.kind == COLOR_DEFAULT || role == ROLE_BORDER) {
                continue;
            }
            double contrast =
                color_contrast(color_to_rgb(look.fg, unused), color_to_rgb(look.bg, unused));
            if (contrast < 4.5) {
                print_error("%s: %s has a contrast of %.2f when selected\n", theme.name,
                            role_info((enum role)role)->name, contrast);
            }
            assert_true(contrast >= 4.5);
        }
    }
}

/* At every depth, for every theme: no text in the colour of its own background, up told from down.
 */
static void shipped_themes_survive_every_depth(void **state)
{
    (void)state;
    for (size_t i = 0; theme_builtin(i) != NULL; i++) {
        struct theme theme;
        struct theme_error error;
        assert_true(theme_load(theme_builtin(i), NULL, &theme, &error));
        for (size_t d = 0; d < DEPTHS; d++) {
            for (int role = 0; role < ROLE_COUNT; role++) {
                struct look look = theme_look(&theme, (enum role)role, 0, depths[d]);
                bool vanishes = look.fg.kind == COLOR_INDEX && color_equal(look.fg, look.bg);
                assert_false(vanishes);
                assert_true(depths[d] != COLOR_MONO ||
                            (look.fg.kind == COLOR_DEFAULT && look.bg.kind == COLOR_DEFAULT));
            }
            struct look up = theme_look(&theme, ROLE_PNL_UP, 0, depths[d]);
            struct look down = theme_look(&theme, ROLE_PNL_DOWN, 0, depths[d]);
            assert_true(depths[d] < COLOR_256 || strcmp(theme.name, "mono") == 0 ||
                        !color_equal(up.fg, down.fg));
            struct look text = theme_look(&theme, ROLE_TEXT, 0, depths[d]);
            struct look selected = theme_look(&theme, ROLE_SELECTED, 0, depths[d]);
            assert_false(look_equal(&text, &selected));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_looks),
        cmocka_unit_test(inherits),
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(searches_directories),
        cmocka_unit_test(shipped_themes_are_readable),
        cmocka_unit_test(selection_stays_readable),
        cmocka_unit_test(shipped_themes_survive_every_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
