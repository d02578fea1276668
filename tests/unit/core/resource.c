#include <blotter/core/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_words_name_their_resource(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool known;
        enum resource resource;
    } rows[] = {
        {"orders", true, RESOURCE_ORDERS},
        {"positions", true, RESOURCE_POSITIONS},
        {"account", true, RESOURCE_ACCOUNT},
        {"watchlist", true, RESOURCE_WATCHLISTS},
        {"watchlists", true, RESOURCE_WATCHLISTS},
        {"order", false, RESOURCE_COUNT},
        {"", false, RESOURCE_COUNT},
        {"ordersx", false, RESOURCE_COUNT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum resource resource = RESOURCE_COUNT;
        assert_int_equal(resource_parse(rows[i].word, strlen(rows[i].word), &resource),
                         rows[i].known);
        assert_int_equal(resource, rows[i].resource);
    }
}

static void test_a_user_is_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *user, *path;
    } rows[] = {
        {NULL, "/p"},
        {"user-1", "/p?userId=user-1"},
        {"a b&c=\n", "/p?userId=a%20b%26c%3D%0A"},
        {"\xc3\xa9", "/p?userId=%C3%A9"},
        {"", "/p?userId="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = resource_path("/p", rows[i].user);
        assert_string_equal(path, rows[i].path);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_user_is_encoded),
        cmocka_unit_test(test_words_name_their_resource),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
