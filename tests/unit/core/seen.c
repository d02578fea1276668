/* What seen skips is what stood there, or one further with each row that came in front. */
#include <blotter/core/seen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 200 };

/* One walk; a letter a row: 's' it was skipped, 'l' it was looked at. */
static void walk(struct seen *seen, const uint64_t *rows, size_t count, char ret[ROWS_MAX + 1])
{
    seen_begin(seen, count);
    for (size_t i = 0; i < count; i++) {
        ret[i] = seen_skips(seen, i, rows[i]) ? 's' : 'l';
    }
    ret[count] = '\0';
    seen_end(seen, count);
}

static size_t take(const char *text, uint64_t rows[ROWS_MAX])
{
    size_t count = strlen(text);
    for (size_t i = 0; i < count; i++) {
        rows[i] = text[i] == '0' ? 0 : (uint64_t)text[i];
    }
    return count;
}

static void test_what_is_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *now, *looks;
    } rows[] = {
        {"the first walk", "", "abc", "lll"},
        {"nothing changed", "abc", "abc", "sss"},
        {"one changed", "abc", "axc", "sls"},
        {"no version", "a0c", "a0c", "sls"},
        {"one in front", "abc", "xabc", "lsss"},
        {"two at once", "abc", "xyabc", "lllll"},
        {"one in front, one changed", "abcd", "xabyd", "lssls"},
        {"one in the middle", "abcd", "abxcd", "sslss"},
        {"one gone", "abcd", "acd", "sll"},
        {"fewer", "abcd", "ab", "ss"},
        {"more", "ab", "abcd", "ssll"},
        {"all others", "abc", "xyz", "lll"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = {0};
        uint64_t list[ROWS_MAX];
        char looks[ROWS_MAX + 1];
        walk(&seen, list, take(rows[i].before, list), looks);
        walk(&seen, list, take(rows[i].now, list), looks);
        if (strcmp(looks, rows[i].looks) != 0) {
            fail_msg("%s: %s instead of %s", rows[i].name, looks, rows[i].looks);
        }
        seen_forget(&seen);
        walk(&seen, list, take(rows[i].now, list), looks);
        assert_null(strchr(looks, 's'));
        seen_done(&seen);
    }
}

/* The same with both lists at hand. */
static void expect(const uint64_t *before, size_t before_count, const uint64_t *now, size_t count,
                   char ret[ROWS_MAX + 1])
{
    size_t moved = 0;
    for (size_t i = 0; i < count; i++) {
        ret[i] = 'l';
        for (size_t by = 0; by < 2 && ret[i] == 'l'; by++) {
            size_t was = i - moved - by;
            if (was < before_count && before[was] == now[i]) {
                moved += by;
                ret[i] = 's';
            }
        }
    }
    ret[count] = '\0';
}

/* Rows that come in here and there move the others ever further. */
static void test_many_edits(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u, next = 1000, before[ROWS_MAX], now[ROWS_MAX];
    size_t before_count = 0, most_moved = 0;
    struct seen seen = {0};
    for (int round = 0; round < 2000; round++) {
        char looks[ROWS_MAX + 1], expected[ROWS_MAX + 1];
        size_t count = 0, every = 2 + (size_t)(random >> 13) % 40;
        for (size_t i = 0; i < before_count && count + 2 < ROWS_MAX; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            size_t what = (size_t)(random >> 24) % every;
            if (what == 0) {
                now[count++] = next++; /* one came in … */
            }
            if (what != 1 || round % 3 != 0) {
                now[count++] = what == 2 ? next++ : before[i]; /* … changed, or is as it was */
            }
        }
        while (count < 20) {
            now[count++] = next++;
        }
        expect(before, before_count, now, count, expected);
        walk(&seen, now, count, looks);
        assert_string_equal(looks, expected);
        most_moved = seen.moved > most_moved ? seen.moved : most_moved;
        count = round % 50 == 49 ? count / 4 : count;
        if (round % 50 == 49) {
            walk(&seen, now, count, looks);
        }
        memcpy(before, now, count * sizeof *now);
        before_count = count;
    }
    assert_true(most_moved > 40); /* beyond the room that there is at first */
    seen_done(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_looked_at),
        cmocka_unit_test(test_many_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
