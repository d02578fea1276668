#include <blotter/core/utf8.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_code_point_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[4];
        uint32_t back;
        size_t len = utf8_put(code, bytes);
        bool surrogate = code >= 0xd800 && code < 0xe000;
        assert_int_equal(utf8_length((unsigned char)bytes[0]), len);
        assert_int_equal(utf8_next(bytes, len, &back), surrogate ? 1 : len);
        assert_int_equal(back, surrogate ? UTF8_REPLACEMENT : code);
        for (size_t cut = 1; cut < len && !surrogate; cut++) {
            assert_int_equal(utf8_next(bytes, cut, &back), cut);
            assert_int_equal(back, UTF8_REPLACEMENT);
        }
    }
}

/* One replacement for each maximal subpart, wherever it is stepped through. */
static void test_what_is_invalid(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t steps;
    } rows[] = {
        {"overlong", "\xc0\xaf", 2},
        {"overlong, three bytes", "\xe0\x80\xaf", 3},
        {"surrogate", "\xed\xa0\x80", 3},
        {"too large", "\xf4\x90\x80\x80", 4},
        {"cut short", "\xe2\x82", 1},
        {"cut by ASCII", "\xf0\x9f\x98x", 2},
        {"continuation", "\x80\xbf", 2},
        {"no lead", "\xff\xfe", 2},
        {"cut by another", "\xe2\xe2\x82\xac", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf repaired;
        buf_init(&repaired, 64);
        assert_true(utf8_append_repaired(&repaired, rows[i].bytes, strlen(rows[i].bytes)));
        size_t steps = 0, used = 0;
        for (const char *at = rows[i].bytes; *at != '\0'; steps++) {
            uint32_t code;
            char out[4];
            at += utf8_next(at, strlen(at), &code);
            size_t len = utf8_put(code, out);
            assert_memory_equal(repaired.data + used, out, len);
            used += len;
        }
        assert_int_equal(used, repaired.len);
        if (steps != rows[i].steps) {
            fail_msg("%s: %zu steps", rows[i].name, steps);
        }
        buf_done(&repaired);
    }
}

static void test_what_may_reach_a_terminal(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        enum utf8_effect effect;
    } rows[] = {
        {0x1b, UTF8_ACTS},     {'\n', UTF8_ACTS},    {' ', UTF8_SHOWS},      {'~', UTF8_SHOWS},
        {0x7f, UTF8_ACTS},     {0x9b, UTF8_ACTS},    {0xa0, UTF8_SHOWS},     {0xad, UTF8_HIDES},
        {0x61c, UTF8_ACTS},    {0x200b, UTF8_HIDES}, {0x200d, UTF8_HIDES},   {0x200e, UTF8_ACTS},
        {0x202e, UTF8_ACTS},   {0x202f, UTF8_SHOWS}, {0x2066, UTF8_ACTS},    {0x20ac, UTF8_SHOWS},
        {0xd800, UTF8_HIDES},  {0xe000, UTF8_HIDES}, {0xfeff, UTF8_HIDES},   {0xfffd, UTF8_SHOWS},
        {0x1f600, UTF8_SHOWS}, {0xe0041, UTF8_ACTS}, {0x10ffff, UTF8_HIDES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (utf8_effect(rows[i].code) != rows[i].effect) {
            fail_msg("U+%04X", (unsigned)rows[i].code);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_goes_there_and_back),
        cmocka_unit_test(test_what_is_invalid),
        cmocka_unit_test(test_what_may_reach_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
