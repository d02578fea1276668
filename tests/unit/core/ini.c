#include <blotter/core/ini.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct log {
    char text[512];
    size_t len;
    const char *refuse; /* the name to refuse */
};

static bool note(void *user, const struct ini_pair *pair)
{
    struct log *log = user;
    log->len += (size_t)snprintf(log->text + log->len, sizeof log->text - log->len, "%d:%s.%s=%s|",
                                 pair->line, pair->section, pair->name, pair->value);
    return log->refuse == NULL || strcmp(pair->name, log->refuse) != 0;
}

static const struct row {
    const char *name, *text, *pairs;
    int error_line;
    const char *error;
} rows[] = {
    {"empty", "", "", 0, ""},
    {"pairs", "a=1\n[s]\nb = 2 \n", "1:.a=1|3:s.b=2|", 0, ""},
    {"no newline at the end", "[s]\nb=2", "2:s.b=2|", 0, ""},
    {"crlf", "[s]\r\nb=2\r\n", "2:s.b=2|", 0, ""},
    {"byte order mark", "\xef\xbb\xbf[s]\nb=2\n", "2:s.b=2|", 0, ""},
    {"comments", "# c\n; c\n[s]\nb = 2 ; c\nc = #fff\n", "4:s.b=2|5:s.c=#fff|", 0, ""},
    {"indented is no continuation", "[s]\na=1\n  b=2\n", "2:s.a=1|3:s.b=2|", 0, ""},
    {"empty value", "[s]\na=\n", "2:s.a=|", 0, ""},
    {"equals in value", "[s]\na=b=c\n", "2:s.a=b=c|", 0, ""},
    {"rubbish", "[s]\na=1\nrubbish\nb=2\n", "2:s.a=1|4:s.b=2|", 3,
     "neither a [section] nor a name = value"},
    {"open section", "[s\na=1\n", "2:.a=1|", 1, "neither a [section] nor a name = value"},
    {"no name", "\n= 5\n", "", 2, "a value without a name"},
    {"refused", "a=1\nstop=2\nb=3\n", "1:.a=1|2:.stop=2|", 2, ""},
};

static void reads_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct log log = {.refuse = "stop"};
        struct ini_error error = {0};
        bool good = ini_read(rows[i].text, strlen(rows[i].text), note, &log, &error);
        if (good != (rows[i].error_line == 0)) {
            fail_msg("%s", rows[i].name);
        }
        assert_string_equal(log.text, rows[i].pairs);
        assert_int_equal(error.line, rows[i].error_line);
        assert_string_equal(error.text, rows[i].error);
    }
}

static void over_the_ceilings_is_refused(void **state)
{
    (void)state;
    char text[INI_LINE_BYTES_MAX + 32];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t len = INI_LINE_BYTES_MAX + extra;
        memset(text, 'x', sizeof text);
        text[1] = '=';
        struct log log = {0};
        struct ini_error error = {0};
        assert_int_equal(ini_read(text, len, note, &log, &error), extra == 0);
        assert_string_equal(error.text, extra == 0 ? "" : "the line is too long");
    }
    struct log log = {0};
    struct ini_error error = {0};
    memset(text, 's', sizeof text);
    text[0] = '[';
    text[INI_SECTION_BYTES_MAX] = ']';
    assert_false(ini_read(text, INI_SECTION_BYTES_MAX + 1, note, &log, &error));
    assert_string_equal(error.text, "the section's name is too long");
    assert_false(ini_read("a=\0b", 4, note, &log, &error));
    assert_string_equal(error.text, "a NUL byte");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_table),
        cmocka_unit_test(over_the_ceilings_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
