#include <blotter/core/utf8.h>
#include <blotter/view/text.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void clean_is(const char *in, const char *expected)
{
    char out[256];
    size_t len = text_clean(in, strlen(in), out, sizeof out);
    assert_string_equal(out, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_what_is_never_shown(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } rows[] = {
        {"plain", "RELIANCE", "RELIANCE"},
        {"escape sequence", "a\x1b[31mb", "a\xEF\xBF\xBD[31mb"},
        {"new line and tab", "a\nb\tc", "a\uFFFDb\uFFFDc"},
        {"delete", "a\x7f", "a\uFFFD"},
        {"C1 as UTF-8",
         "a\xC2\x9B"
         "b",
         "a\uFFFDb"},
        {"C1 as a byte",
         "a\x9b"
         "b",
         "a\uFFFDb"},
        {"bidi override", "a\u202eb", "a\uFFFDb"},
        {"bidi isolate", "a\u2066b\u2069", "a\uFFFDb\uFFFD"},
        {"direction marks", "\u200e\u200f\u061c", "\uFFFD\uFFFD\uFFFD"},
        {"zero width", "a\u200b\u200d\u2060\ufeffb", "a\uFFFD\uFFFD\uFFFD\uFFFDb"},
        {"soft hyphen",
         "a\xC2\xAD"
         "b",
         "a\uFFFDb"},
        {"tag", "a\U000E0041b", "a\uFFFDb"},
        {"private use", "a\ue000\U000F0000\U0010FFFDb", "a\uFFFD\uFFFD\uFFFDb"},
        {"noncharacter", "\ufdd0\uffff", "\uFFFD\uFFFD"},
        {"very wide", "\ufdfd\U00012031\u2e3b", "\uFFFD\uFFFD\uFFFD"},
        {"variation selector", "\u2764\ufe0f", "\u2764\uFFFD"},
        {"flag", "\U0001F1EE\U0001F1F3", "\uFFFD\uFFFD"},
        {"line separator", "a\u2028b", "a\uFFFDb"},
        {"overlong", "\xC0\xAF", "\uFFFD\uFFFD"},
        {"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"too large", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"cut short", "a\xE2\x82", "a\uFFFD"},
        {"lone continuation", "\x80", "\uFFFD"},
        {"mark without a base", "\u0301a", "\uFFFDa"},
        {"marks", "e\u0301", "e\u0301"},
        {"too many marks", "e\u0301\u0302\u0303\u0304\u0305x", "e\u0301\u0302\u0303x"},
        {"wide", "漢字", "漢字"},
        {"rupee", "₹1", "₹1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clean_is(rows[i].in, rows[i].out);
    }
}

/* Whatever the bytes: what comes out is safe, valid, and comes out of itself unchanged. */
static void test_every_code_point_comes_out_safe(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char in[8] = "a", out[32], again[32];
        size_t len = 1 + utf8_put(code, in + 1);
        size_t wrote = text_clean(in, len, out, sizeof out);
        for (size_t i = 0; i < wrote; i++) {
            unsigned char byte = (unsigned char)out[i];
            assert_true(byte >= 0x20 && byte != 0x7F);
        }
        int width = text_width_n(out, wrote);
        if (width < 1 || width > 4) { /* a surrogate is three bad bytes */
            fail_msg("U+%04X: width %d", (unsigned)code, width);
        }
        text_clean(out, wrote, again, sizeof again);
        assert_string_equal(out, again);
    }
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("漢字"), 4);
    assert_int_equal(text_width("e\u0301"), 1);
    assert_int_equal(text_width("\x1b[0m"), 4);
    assert_int_equal(text_width("▸▲▼≈—…●◌○◍✗✓◷◐▮→▌▐▁█‹›▏"), 23);
}

/* What a console lacks has a stand-in of one column that it has. */
static void test_the_console_has_what_stands_in(void **state)
{
    (void)state;
    static const char *const glyphs[][2] = {{"┏", "┌"}, {"▸", "►"}, {"✓", "√"}, {"◷", "○"},
                                            {"│", "│"}, {"▲", "▲"}, {"≈", "≈"}, {"●", "•"}};
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++) {
        const char *out = text_console(glyphs[i][0]);
        assert_non_null(out);
        assert_string_equal(out, glyphs[i][1]);
        assert_ptr_equal(text_console(out), text_console(text_console(out)));
        assert_int_equal(text_width(out), 1);
    }
    assert_null(text_console("…")); /* ASCII's will do */
    assert_null(text_console("◐"));
}

static void test_cutting(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int columns;
        enum text_cut cut;
        const char *out;
    } rows[] = {
        {"RELIANCE", 8, TEXT_CUT_END, "RELIANCE"},
        {"RELIANCE", 7, TEXT_CUT_END, "RELIAN…"},
        {"RELIANCE", 1, TEXT_CUT_END, "…"},
        {"RELIANCE", 0, TEXT_CUT_END, ""},
        {"漢字漢字", 5, TEXT_CUT_END, "漢字…"},
        {"漢字漢字", 4, TEXT_CUT_END, "漢…"},
        {"BANKNIFTY24O3152000PE", 18, TEXT_CUT_MIDDLE, "BANKN…24O3152000PE"},
        {"BANKNIFTY24O52000P", 14, TEXT_CUT_MIDDLE, "BANK…24O52000P"},
        {"NIFTY24O31C24500", 12, TEXT_CUT_MIDDLE, "…24O31C24500"},
        {"NIFTY24O31C24500", 11, TEXT_CUT_MIDDLE, "NIFT…C24500"},
        {"BANKNIFTY26D03C51700", 17, TEXT_CUT_MIDDLE, "BANKN…26D03C51700"},
        {"BANKNIFTY26D31C51700", 17, TEXT_CUT_MIDDLE, "BANKN…26D31C51700"},
        {"BANKNIFTY 31DEC 24450 CE", 20, TEXT_CUT_MIDDLE, "BANKN…31DEC 24450 CE"},
        {"360ONE26DEC1200CE", 14, TEXT_CUT_MIDDLE, "36…26DEC1200CE"},
        {"AAPL  261218C00200000", 18, TEXT_CUT_MIDDLE, "AA…261218C00200000"},
        {"NIFTY24O31C24500", 8, TEXT_CUT_MIDDLE, "N…C24500"},
        {"NIFTY24O31C24500", 7, TEXT_CUT_MIDDLE, "NIFTY2…"}, /* never half a strike */
        {"CRUDEOIL24NOVFUT", 10, TEXT_CUT_MIDDLE, "C…24NOVFUT"},
        {"TATAMOTORS", 6, TEXT_CUT_MIDDLE, "TATAM…"},
        {"NIFTY24O3124500.5CE", 15, TEXT_CUT_MIDDLE, "…24O3124500.5CE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        text_fit(rows[i].in, (struct text_fit){rows[i].columns, rows[i].cut}, out, sizeof out);
        assert_string_equal(out, rows[i].out);
        assert_true(text_width(out) <= rows[i].columns);
    }
}

static void test_small_buffers_keep_whole_clusters(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity < 12; capacity++) {
        char out[16];
        memset(out, 'x', sizeof out);
        size_t len = text_clean("a漢e\u0301b", 9, out, capacity);
        assert_true(len < capacity);
        assert_int_equal(out[len], '\0');
        assert_int_equal(out[capacity], 'x');
        assert_null(strstr(out, "\uFFFD"));
    }
}

static void test_ascii_stand_ins(void **state)
{
    (void)state;
    static const char *const glyphs[] = {"│", "━", "▸", "▲", "≈", "…",
                                         "●", "✗", "→", "“", "‹", "漢"};
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++) {
        char c = text_ascii(glyphs[i]);
        assert_true(c >= 0x20 && c < 0x7F);
    }
    assert_int_equal(text_ascii("漢"), '?');
}

static void test_find(void **state)
{
    (void)state;
    assert_non_null(text_find("RELIANCE", "lian"));
    assert_null(text_find("RELIANCE", "x"));
    assert_non_null(text_find("", ""));
    assert_null(text_find("", "a"));
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_never_shown),
        cmocka_unit_test(test_every_code_point_comes_out_safe),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_the_console_has_what_stands_in),
        cmocka_unit_test(test_cutting),
        cmocka_unit_test(test_small_buffers_keep_whole_clusters),
        cmocka_unit_test(test_ascii_stand_ins),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
