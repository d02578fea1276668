#include <blotter/core/gdiff.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAGIC GDIFF_MAGIC
#define BYTES(literal) (literal), sizeof(literal) - 1
enum { MAX = 64 };

static const char old[] = "the quick brown fox jumps";

static void test_what_is_told_is_made(void **state)
{
    (void)state;
    static const struct {
        const char *name, *delta;
        size_t len;
        const char *expected; /* NULL: refused */
    } rows[] = {
        {"nothing", BYTES(MAGIC "\0"), ""},
        {"data", BYTES(MAGIC "\3new\0"), "new"},
        {"data, two bytes of length", BYTES(MAGIC "\xf7\0\3new\0"), "new"},
        {"data, four bytes of length", BYTES(MAGIC "\xf8\0\0\0\3new\0"), "new"},
        {"copy 2 1", BYTES(MAGIC "\xf9\0\4\5\0"), "quick"},
        {"copy 2 2", BYTES(MAGIC "\xfa\0\4\0\5\0"), "quick"},
        {"copy 2 4", BYTES(MAGIC "\xfb\0\4\0\0\0\5\0"), "quick"},
        {"copy 4 1", BYTES(MAGIC "\xfc\0\0\0\4\5\0"), "quick"},
        {"copy 4 2", BYTES(MAGIC "\xfd\0\0\0\4\0\5\0"), "quick"},
        {"copy 4 4", BYTES(MAGIC "\xfe\0\0\0\4\0\0\0\5\0"), "quick"},
        {"copy 8 4", BYTES(MAGIC "\xff\0\0\0\0\0\0\0\4\0\0\0\5\0"), "quick"},
        {"both", BYTES(MAGIC "\xf9\0\0\4\5slow \xf9\0\x0a\6\0"), "the slow brown "},
        {"the last byte", BYTES(MAGIC "\xf9\0\x18\1\0"), "s"},
        {"nothing at the end", BYTES(MAGIC "\xf9\0\x19\0\0"), ""},
        {"behind the end is not looked at", BYTES(MAGIC "\0rest"), ""},
        {"no bytes", BYTES(""), NULL},
        {"no magic", BYTES("\xd1\xff\xd1\xff\x05\0"), NULL},
        {"no end", BYTES(MAGIC "\3new"), NULL},
        {"data cut short", BYTES(MAGIC "\5new"), NULL},
        {"a length cut short", BYTES(MAGIC "\xf8\0\0"), NULL},
        {"a copy cut short", BYTES(MAGIC "\xf9\0"), NULL},
        {"from behind the old", BYTES(MAGIC "\xf9\0\x1a\0\0"), NULL},
        {"over the old's end", BYTES(MAGIC "\xf9\0\x18\2\0"), NULL},
        {"a place that overflows", BYTES(MAGIC "\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\2\0"),
         NULL},
        {"a length that overflows", BYTES(MAGIC "\xfe\0\0\0\1\xff\xff\xff\xff\0"), NULL},
        {"more than may be", BYTES(MAGIC "\xf9\0\0\x19\xf9\0\0\x19\xf9\0\0\x19\0"), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = 0;
        char *made = gdiff_apply(old, sizeof old - 1, rows[i].delta, rows[i].len, MAX, &len);
        bool as_expected = rows[i].expected == NULL
                               ? made == NULL
                               : made != NULL && len == strlen(rows[i].expected) &&
                                     strcmp(made, rows[i].expected) == 0;
        if (!as_expected) {
            fail_msg("%s: %s", rows[i].name, made == NULL ? "refused" : made);
        }
        free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_told_is_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
