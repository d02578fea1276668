/* Which rows of the desk a filter leaves, and what it says of a mistake. */
#include "desk.h"

#include <blotter/core/decode.h>
#include <blotter/view/filter.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    enum pane pane;
    const char *text, *ids; /* or, after "?", the mistake */
} rows[] = {
    {PANE_ORDERS, "", "o1 o2 o3 o4 o5 o6 o7 o8 "},
    {PANE_ORDERS, "   ", "o1 o2 o3 o4 o5 o6 o7 o8 "},
    {PANE_ORDERS, "nifty", "o2 o6 "},
    {PANE_ORDERS, "nifty side:buy", "o6 "},
    {PANE_ORDERS, "!nifty", "o1 o3 o4 o5 o7 o8 "},
    {PANE_ORDERS, "!nifty buy", "o1 o4 o5 o7 o8 "},
    {PANE_ORDERS, "!nifty !buy", "o3 "},
    {PANE_ORDERS, "status:working", "o1 o2 o8 "},
    {PANE_ORDERS, "status:filled", "o3 o6 o7 "},
    {PANE_ORDERS, "!status:working", "o3 o4 o5 o6 o7 "},
    {PANE_ORDERS, "status:rej", "o5 "},
    {PANE_ORDERS, "STATUS=Rejected", "o5 "},
    {PANE_ORDERS, "qty>100", "o1 o4 o5 o7 "},
    {PANE_ORDERS, "qty>=1k", "o7 "},
    {PANE_ORDERS, "qty=75", "o2 "},
    {PANE_ORDERS, "qty:75", "o2 "},
    {PANE_ORDERS, "limit<500", "o2 o6 "},
    {PANE_ORDERS, "prod:cnc", "o3 o7 o8 "},
    {PANE_ORDERS, "!cnc", "o1 o2 o4 o5 o6 "},
    {PANE_ORDERS, "\"31OCT 24500\"", "o2 "},
    {PANE_ORDERS, "symbol:\"52000 PE\"", "o6 "},
    {PANE_ORDERS, "zzz", ""},
    {PANE_ORDERS, "avg>0 filled<50", "o2 o3 o6 "},
    {PANE_ORDERS, "!avg>0", "o1 o4 o5 o8 "},
    {PANE_ORDERS, ":", ""},
    {PANE_ORDERS, "slip<0", "o3 o6 o7 "},
    {PANE_ORDERS, "slip>=0", ""},
    {PANE_ORDERS, "to-go<1", "o1 o2 o8 "},
    {PANE_ORDERS, "go>-1000", "o1 o2 o3 o6 o7 o8 "},
    {PANE_POSITIONS, "pnl<0", "p3 "},
    {PANE_POSITIONS, "pnl>1000 !sbin", "p4 "},
    {PANE_POSITIONS, "day<0", "p3 p4 "},
    {PANE_POSITIONS, "qty<0", "p2 "},
    {PANE_POSITIONS, "to-sl<20", "p2 "},
    {PANE_WATCHLIST, "chg-percent>0.5", "2 "},
    {PANE_WATCHLIST, "ltp>1000 change<0", "3 4 "},
    {PANE_ORDERS, "sde:buy", "?no field 'sde' (did you mean 'side'?)"},
    {PANE_POSITIONS, "pln<0", "?no field 'pln' (did you mean 'pnl'?)"},
    {PANE_ORDERS, "qqqqq:1", "?no field 'qqqqq'"},
    {PANE_ORDERS, "qty>many", "?'qty' wants a number, not 'many'"},
    {PANE_ORDERS, "qty>", "?'qty' wants something to look for"},
    {PANE_ORDERS, "side>buy", "?'side' is a text: side:buy"},
    {PANE_ORDERS, "wait>5", "?'wait' cannot be compared"},
    {PANE_ORDERS, "a b c d e f g h i j k l m n o p q", "?too long: 16 words of 63 bytes at most"},
    {PANE_ORDERS, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "?too long: 16 words of 63 bytes at most"},
};

static void test_filters(void **state)
{
    (void)state;
    static const char *const bodies[] = {desk_orders, desk_positions, desk_account,
                                         desk_watchlists};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault;
        struct filter filter;
        char told[512] = "?", error[FILTER_ERROR_MAX];
        const char *body = bodies[rows[i].pane];
        struct snapshot *list =
            decode_body((enum resource)rows[i].pane, body, strlen(body), &fault);
        assert_non_null(list);
        const double placed_at = 3000; /* of every order at market */
        if (filter_compile(rows[i].pane, rows[i].text, &filter, error)) {
            told[0] = '\0';
            for (size_t r = 0; r < list->row_count; r++) {
                size_t len = strlen(told);
                if (filter_passes(&filter, rows[i].pane, model_row(list, r), placed_at)) {
                    snprintf(told + len, sizeof told - len, "%s ", model_row(list, r)->id);
                }
            }
        } else {
            snprintf(told + 1, sizeof told - 1, "%s", error);
        }
        if (strcmp(told, rows[i].ids) != 0) {
            fail_msg("'%s': '%s', not '%s'", rows[i].text, told, rows[i].ids);
        }
        snapshot_unref(list);
    }
}

static void test_needle(void **state)
{
    (void)state;
    struct filter filter;
    char error[FILTER_ERROR_MAX];
    assert_true(filter_compile(PANE_ORDERS, "!a status:working qty>1 NIFTY b", &filter, error));
    assert_string_equal(filter_needle(&filter), "NIFTY");
    assert_true(filter_compile(PANE_ORDERS, "!a", &filter, error));
    assert_string_equal(filter_needle(&filter), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filters),
                                       cmocka_unit_test(test_needle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
