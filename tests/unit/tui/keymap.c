#include "tui/input.h"
#include "tui/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void defaults_are_sound(void **state)
{
    (void)state;
    char error[KEYMAP_ERROR_MAX] = "";
    struct keymap *keymap = keymap_new();
    enum action action;
    assert_true(keymap_check(keymap, error));
    for (int i = 0; i < ACTION_COUNT; i++) {
        char keys[KEYMAP_KEYS_MAX];
        snprintf(keys, sizeof keys, "%s", keymap_keys(keymap)[i]);
        for (char *at = keys; *at != '\0';) {
            size_t len = strcspn(at, " ");
            char *next = at + len + (at[len] == ' ');
            at[len] = '\0';
            assert_true(input_name_is_valid(at));
            at = next;
        }
    }
    assert_true(keymap_find(keymap, SCOPE_PANES, "j", &action));
    assert_int_equal(action, ACTION_DOWN);
    assert_true(keymap_find(keymap, SCOPE_PROMPT, "C-c", &action));
    assert_false(keymap_find(keymap, SCOPE_PROMPT, "j", &action));
    assert_false(keymap_find(keymap, SCOPE_PANES, "C-q", &action));
    keymap_free(keymap);
}

static void binds(void **state)
{
    (void)state;
    char error[KEYMAP_ERROR_MAX];
    enum action action;
    struct keymap *keymap = keymap_new();
    assert_true(keymap_bind(keymap, "down", "C-n  F5", error));
    assert_string_equal(keymap_keys(keymap)[ACTION_DOWN], "C-n F5");
    assert_true(keymap_find(keymap, SCOPE_PANES, "F5", &action));
    assert_int_equal(action, ACTION_DOWN);
    assert_false(keymap_find(keymap, SCOPE_PANES, "j", &action));
    assert_true(keymap_bind(keymap, "pause", "", error));
    assert_false(keymap_find(keymap, SCOPE_PANES, "p", &action));
    assert_true(keymap_check(keymap, error));
    keymap_free(keymap);
}

static void reports_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *action, *keys, *message;
    } rows[] = {
        {"dwon", "j", "unknown action 'dwon' (did you mean 'down'?)"},
        {"down", "Ctrl-n", "'Ctrl-n' is not the name of a key"},
        {"down", "j nn", "'nn' is not the name of a key"},
        {"down",
         "a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O "
         "P Q R S T U V W X Y Z 1 2 3",
         "too many keys for 'down'"},
    };
    struct keymap *keymap = keymap_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[KEYMAP_ERROR_MAX];
        assert_false(keymap_bind(keymap, rows[i].action, rows[i].keys, error));
        assert_string_equal(error, rows[i].message);
        assert_string_equal(keymap_keys(keymap)[ACTION_DOWN], action_info(ACTION_DOWN)->keys);
    }
    keymap_free(keymap);
}

static void reports_conflicts(void **state)
{
    (void)state;
    char error[KEYMAP_ERROR_MAX];
    struct keymap *keymap = keymap_new();
    assert_true(keymap_bind(keymap, "zoom", "p", error));
    assert_false(keymap_check(keymap, error));
    assert_string_equal(error, "key 'p' would run both 'zoom' and 'pause'");
    assert_true(keymap_bind(keymap, "pause", "z", error)); /* swapped: fine in the end */
    assert_true(keymap_check(keymap, error));
    assert_true(keymap_bind(keymap, "quit", "", error));
    assert_true(keymap_check(keymap, error));
    assert_true(keymap_bind(keymap, "interrupt", "", error));
    assert_false(keymap_check(keymap, error));
    assert_string_equal(error, "no key would quit");
    keymap_free(keymap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_sound),
        cmocka_unit_test(binds),
        cmocka_unit_test(reports_mistakes),
        cmocka_unit_test(reports_conflicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
