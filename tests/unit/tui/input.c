#include "tui/input.h"

#include <blotter/view/action.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOG_MAX = 4096 };

struct log {
    char text[LOG_MAX];
    size_t len;
};

static void take(void *user, const struct input_event *event)
{
    struct log *log = user;
    size_t room = sizeof log->text - log->len;
    int wrote = 0;
    switch (event->kind) {
    case INPUT_KEY:
        wrote = snprintf(log->text + log->len, room, "%s ", event->name);
        break;
    case INPUT_PASTE:
        wrote = snprintf(log->text + log->len, room, "paste:%s ", event->name);
        break;
    case INPUT_MOUSE:
        wrote = snprintf(log->text + log->len, room, "mouse:%d@%d,%d ", (int)event->button,
                         event->x, event->y);
        break;
    case INPUT_FOCUS_IN:
        wrote = snprintf(log->text + log->len, room, "in ");
        break;
    case INPUT_FRAMES:
        wrote = snprintf(log->text + log->len, room, "frames:%u ", (unsigned)event->code);
        break;
    case INPUT_FOCUS_OUT:
        wrote = snprintf(log->text + log->len, room, "out ");
        break;
    }
    log->len += (size_t)wrote < room ? (size_t)wrote : 0;
}

struct row {
    const char *bytes, *expected;
};

static const struct row rows[] = {
    {"jG/[é世", "j G / [ é 世 "},
    {" \t\r\n\x7f\b", "Space Tab Enter Enter Backspace Backspace "},
    {"\x01\x03\x1a\x1c", "C-a C-c C-z C-\\ "},
    {"\033[A\033[B\033[C\033[D\033OA\033OB", "Up Down Right Left Up Down "},
    {"\033[5~\033[6~\033[H\033[F\033[1~\033[4~\033[Z", "PgUp PgDn Home End Home End S-Tab "},
    {"\033OP\033[11~\033[[A\033[24~", "F1 F1 F1 F12 "},
    {"\033[1;5A\033[3;2~", "Up Delete "},
    {"\033x\033\r", "M-x M-Enter "},
    {"\033\033[A", "Esc Up "},
    {"\033[I\033[O", "in out "},
    {"\033[<0;5;3M\033[<0;5;3m", "mouse:0@4,2 "},
    {"\033[<64;1;1M\033[<65;1;1M\033[<2;9;9M", "mouse:3@0,0 mouse:4@0,0 mouse:2@8,8 "},
    {"\033[<35;5;3M\033[<0;0;3M\033[<0;5M\033[<0;99999;3M\033[<;;M\033[<128;1;1Mx", "x "},
    {"\033[200~q\033[A\r é\033[201~q", "paste:q paste:Space paste:é q "},
    {"\033[200~ab\x03q", "paste:a paste:b C-c q "},
    {"\033[999999999999999999999999999999999999999999999999999999999999999999999999Ax", "x "},
    {"\033[?62;c\033[>0;1cx", "x "},
    {"\033[1\033[Ax", "Up x "},
    {"\033[\001\033[3\x80x", "x "},
    {"\033P1$r2 q\033\\j", "j "},
    {"\033]11;rgb:1e1e/1e1e/1e1e\033\\j\033]11;rgb:1e1e/1e1e/1e1e\007k", "j k "},
    {"\033P>|tmux 3.3a\033\\\033_Gi=31;OK\033\\\033^q\033\\\033Xq\033\\j", "j "},
    {"\033]52;c;cXFx\xc3\xa9\x9c\r\nqq\007j", "j "},
    {"\033]0;q\033[Aj\033Pq\033j", "Up j M-j "},
    {"\033]0;q\x18j\033]0;q\x1aj\033]0;q\x03j", "j j C-c j "},
    {"\033[200~a\033]0;q\033[201~j", "paste:a j "},
    {"\033[24;80R\033[1;2R\033[?2;1;0Sj", "F3 j "},
    {"\033[?2026;2$y\033[?2026;1$yj", "frames:1 frames:1 j "},
    {"\033[?2026;0$y\033[?2026;3$y\033[?2026;4$y", "frames:0 frames:0 frames:0 "},
    {"\033[?2026;22$y\033[?2026;y\033[?2027;1$yj", "frames:0 frames:0 j "},
    {"\233?62;1cj\233A\220q\234j\23511;q\007k\237q\033\\\230q\234\236q\234l", "j Up j k l "},
    {"\302\233?62;1cj\302\23511;q\302\234k", "j k "},
    {"\033[M q\240j\033[M!*0\033[M#qq\033[M`!!\233M !!k",
     "mouse:0@80,127 j mouse:1@9,15 mouse:3@0,0 mouse:0@0,0 k "},
    {"\033[M q\033[Aj", "Up j "},
    {"\xc3(\xff\xfe\x80\xc0\xaf\xf5\xed\xa0\x80j", "( j "},
};

static void feed(struct log *log, const char *bytes, size_t chunk)
{
    struct input input;
    size_t len = strlen(bytes);
    input_init(&input, take, log);
    for (size_t at = 0; at < len; at += chunk) {
        input_feed(&input, bytes + at, len - at < chunk ? len - at : chunk);
    }
    if (input_pending(&input)) {
        input_flush(&input);
    }
}

static void takes_apart_however_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t chunk = 1; chunk < 8; chunk++) {
            struct log log = {0};
            feed(&log, rows[i].bytes, chunk);
            if (strcmp(log.text, rows[i].expected) != 0) {
                print_error("row %zu, chunks of %zu\n", i, chunk);
            }
            assert_string_equal(log.text, rows[i].expected);
        }
    }
}

static void a_lone_escape_waits(void **state)
{
    (void)state;
    struct log log = {0};
    struct input input;
    input_init(&input, take, &log);
    input_feed(&input, "\033", 1);
    assert_true(input_pending(&input));
    assert_string_equal(log.text, "");
    input_flush(&input);
    assert_false(input_pending(&input));
    assert_string_equal(log.text, "Esc ");
    input_feed(&input, "\033[", 2);
    assert_true(input_pending(&input));
    input_flush(&input);
    assert_string_equal(log.text, "Esc M-[ ");
    input_feed(&input, "j", 1);
    assert_false(input_pending(&input));
}

/* The keys that begin like an answer, and an answer that does not go on. */
static void an_answer_waits_longer(void **state)
{
    (void)state;
    struct log log = {0};
    struct input input;
    input_init(&input, take, &log);
    input_feed(&input, "\033]", 2);
    assert_int_equal(input_pending(&input), INPUT_ESCAPE);
    input_flush(&input);
    assert_string_equal(log.text, "M-] ");
    input_feed(&input, "\033]11;rgb:", 9);
    assert_int_equal(input_pending(&input), INPUT_STRING);
    input_feed(&input, "q\033", 2);
    assert_int_equal(input_pending(&input), INPUT_STRING);
    input_flush(&input);
    assert_int_equal(input_pending(&input), INPUT_COMPLETE);
    input_feed(&input, "j", 1);
    assert_string_equal(log.text, "M-] j ");
    /* Nobody types the beginning of one: what the network has split is waited for. */
    static const char *const begun[] = {"\033[<0;5;", "\033[2", "\033[M q", "\x9b"};
    for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
        input_feed(&input, begun[i], strlen(begun[i]));
        assert_int_equal(input_pending(&input), i < 3 ? INPUT_STRING : INPUT_ESCAPE);
        input_flush(&input);
        assert_int_equal(input_pending(&input), INPUT_COMPLETE);
    }
    assert_string_equal(log.text, "M-] j ");
}

/* Whatever comes, only names that [keys] knows go out, and nothing overflows. */
static void survives_noise(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int run = 0; run < 2000; run++) {
        struct log log = {0};
        struct input input;
        input_init(&input, take, &log);
        for (int i = 0; i < 100; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            static const char often[] = "\033\033[[<;0123456789~MmAO";
            unsigned pick = (unsigned)(seed >> 33);
            char byte = pick % 3 == 0 ? (char)(pick >> 8) : often[(pick >> 8) % (sizeof often - 1)];
            input_feed(&input, &byte, 1);
            log.len = log.len > LOG_MAX / 2 ? 0 : log.len;
        }
        input_flush(&input);
        for (char *word = log.text, *end; (end = strchr(word, ' ')) != NULL; word = end + 1) {
            *end = '\0';
            bool other =
                strchr(word, ':') != NULL || strcmp(word, "in") == 0 || strcmp(word, "out") == 0;
            assert_true(other || input_name_is_valid(word));
        }
    }
}

static void knows_names(void **state)
{
    (void)state;
    static const char *const good[] = {"j",   "G",     "/",       "C-l",  "M-x",
                                       "Esc", "S-Tab", "PgUp",    "F12",  "Space",
                                       "é",   "-",     "M-Enter", "C-\\", "M-C-a"};
    static const char *const bad[] = {"", "jj", "C-", "C-1", "Ctrl-l", "pgup", "F13", " ", "\033"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(input_name_is_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(input_name_is_valid(bad[i]));
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_apart_however_split),
        cmocka_unit_test(a_lone_escape_waits),
        cmocka_unit_test(an_answer_waits_longer),
        cmocka_unit_test(survives_noise),
        cmocka_unit_test(knows_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
