#include "paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void xdg_variables_count_when_absolute(void **state)
{
    (void)state;
    static const struct {
        const char *home, *config, *expected;
    } rows[] = {
        {"/h", NULL, "/h/.config/blotter/blotter.ini"},
        {"/h", "/c", "/c/blotter/blotter.ini"},
        {"/h", "", "/h/.config/blotter/blotter.ini"},
        {"/h", "relative", "/h/.config/blotter/blotter.ini"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct paths paths;
        setenv("HOME", rows[i].home, 1);
        unsetenv("XDG_CACHE_HOME");
        unsetenv("XDG_STATE_HOME");
        if (rows[i].config != NULL) {
            setenv("XDG_CONFIG_HOME", rows[i].config, 1);
        } else {
            unsetenv("XDG_CONFIG_HOME");
        }
        paths_init(&paths);
        assert_string_equal(paths.config_file, rows[i].expected);
        assert_string_equal(paths.cache_dir, "/h/.cache/blotter");
        assert_string_equal(paths.state_dir, "/h/.local/state/blotter");
        paths_done(&paths);
    }
}

static void without_home_the_user_database_answers(void **state)
{
    (void)state;
    struct paths paths;
    unsetenv("HOME");
    unsetenv("XDG_CONFIG_HOME");
    paths_init(&paths);
    assert_true(paths.home == NULL || paths.home[0] == '/');
    assert_true((paths.home == NULL) == (paths.config_file == NULL));
    paths_done(&paths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xdg_variables_count_when_absolute),
        cmocka_unit_test(without_home_the_user_database_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
