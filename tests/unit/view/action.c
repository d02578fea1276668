#include <blotter/view/action.h>
#include <blotter/view/role.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool has_key(const char *keys, const char *key, size_t len)
{
    for (const char *at = keys; *at != '\0'; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == len && memcmp(at, key, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_no_key_has_two_actions_in_a_scope(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++) {
        const struct action_info *info = action_info((enum action)a);
        for (const char *at = info->keys; *at != '\0'; at += strcspn(at, " "), at += *at == ' ') {
            for (int b = a + 1; b < ACTION_COUNT; b++) {
                const struct action_info *other = action_info((enum action)b);
                bool both = (info->scopes & other->scopes) != 0;
                if (both && has_key(other->keys, at, strcspn(at, " "))) {
                    fail_msg("%s and %s share a key: %s", info->name, other->name, at);
                }
            }
        }
    }
}

static void test_every_row_is_whole_and_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < ACTION_COUNT; i++) {
        const struct action_info *info = action_info((enum action)i);
        enum action found;
        assert_true(action_parse(info->name, strlen(info->name), &found));
        assert_int_equal(found, i);
        assert_true(info->keys[0] != '\0' && info->scopes != 0 && info->help[0] != '\0');
        assert_true(info->group[0] != '\0' && info->hint[0] != '\0');
        assert_true(info->help[strlen(info->help) - 1] != '.');
    }
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum role found;
        assert_true(role_parse(role_info((enum role)i)->name, strlen(role_info((enum role)i)->name),
                               &found));
        assert_int_equal(found, i);
    }
    enum action action = ACTION_QUIT;
    assert_false(action_parse("qui", 3, &action));
    assert_int_equal(action, ACTION_QUIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_has_two_actions_in_a_scope),
        cmocka_unit_test(test_every_row_is_whole_and_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
