#include <blotter/core/suggest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"color", "theme", "retry_ms", "max_retry_ms", "url", "user"};

static const struct row {
    const char *typed, *expected;
} rows[] = {
    {"colour", "color"},
    {"COLOR", "color"},
    {"clor", "color"},
    {"oclor", "color"},
    {"retry-ms", "retry_ms"},
    {"themes", "theme"},
    {"urls", "url"},
    {"ulr", "url"},
    {"usr", "user"},
    {"wallpaper", NULL},
    {"", NULL},
    {"x", NULL},
    {"zz", NULL},
    {"theme", NULL}, /* that word is no guess at itself */
};

static void nearest_word_or_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct suggest suggest;
        suggest_init(&suggest, rows[i].typed);
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            suggest_offer(&suggest, words[w]);
        }
        if (rows[i].expected == NULL) {
            assert_null(suggest.best);
        } else {
            assert_non_null(suggest.best);
            assert_string_equal(suggest.best, rows[i].expected);
        }
    }
}

static void overlong_words_are_not_compared(void **state)
{
    (void)state;
    char word[300];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    struct suggest suggest;
    suggest_init(&suggest, word);
    suggest_offer(&suggest, word);
    assert_null(suggest.best);
    suggest_init(&suggest, "aaa");
    suggest_offer(&suggest, word);
    assert_null(suggest.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_word_or_none),
        cmocka_unit_test(overlong_words_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
