/* What alarms say, and what they do not say while amounts are hidden. */
#include <blotter/view/alarm.h>

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    struct alarm alarm;
    const char *title, *text, *hidden, *value, *level;
} rows[] = {
    {{ALARM_REJECTED, ORDER_BUY, "A\033B", "o", "no\342\200\256margin", 500, NAN, NAN, 0},
     "A\uFFFDB",
     "BUY 500 rejected: no\uFFFDmargin",
     "BUY rejected",
     "",
     ""},
    {{ALARM_REJECTED, ORDER_SIDE_UNKNOWN, "A", "o", "", 0.5, NAN, NAN, 0},
     "A",
     "0.5 rejected",
     "rejected",
     "",
     ""},
    {{ALARM_FILLED, ORDER_SELL, "TCS", "o", "", 40, 4118.2, NAN, 0},
     "TCS",
     "SELL 40 filled @ 4,118.20",
     "SELL filled @ 4,118.20",
     "4118.2",
     ""},
    {{ALARM_STOP, 0, "N", "p", "", -25, 183.4, 183, 0},
     "N",
     "stop 183.00 passed at 183.40",
     "stop 183.00 passed at 183.40",
     "183.4",
     "183"},
    {{ALARM_TARGET, 0, "N", "p", "", 25, 184, 183, 0},
     "N",
     "target 183.00 reached at 184.00",
     "target 183.00 reached at 184.00",
     "184",
     "183"},
    {{ALARM_PRICE, 0, "RELIANCE", "r", "", NAN, 3000.5, 3000, 0},
     "RELIANCE",
     "crossed 3,000.00 at 3,000.50",
     "crossed 3,000.00 at 3,000.50",
     "3000.5",
     "3000"},
    {{ALARM_DAY_LOSS, 0, "", "day", "", NAN, -10020, -10000, 0},
     "Day",
     "P&L of the day -10,020.00 is beyond -10,000.00",
     "P&L of the day is beyond its limit",
     "-10020",
     "-10000"},
    {{ALARM_MARGIN, 0, "", "margin", "", NAN, 81.2, 80, 0},
     "Margin",
     "margin is at 81 %, beyond 80 %",
     "margin is at 81 %, beyond 80 %",
     "81.2",
     "80"},
};

static void test_words(void **state)
{
    (void)state;
    struct format format;
    format_default(&format);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alarm_words words;
        alarm_say(&rows[i].alarm, &format, false, &words);
        assert_string_equal(words.title, rows[i].title);
        assert_string_equal(words.text, rows[i].text);
        assert_string_equal(words.value, rows[i].value);
        assert_string_equal(words.level, rows[i].level);
        alarm_say(&rows[i].alarm, &format, true, &words);
        assert_string_equal(words.text, rows[i].hidden);
        assert_true(rows[i].alarm.kind != ALARM_DAY_LOSS || words.value[0] == '\0');
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
