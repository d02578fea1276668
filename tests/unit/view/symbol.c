#include "desk.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool shows(struct desk *desk, const char *needle)
{
    char *text = desk_text(desk, SCREEN_ALL);
    bool found = strstr(text, needle) != NULL;
    free(text);
    return found;
}

static void has(struct desk *desk, const char *needle)
{
    if (!shows(desk, needle)) {
        char *text = desk_text(desk, SCREEN_ALL);
        fprintf(stderr, "%s", text);
        free(text);
        fail_msg("no '%s'", needle);
    }
}

static void open_desk(struct desk *desk, int columns, int rows)
{
    desk_open(desk, columns, rows);
    free(desk_text(desk, SCREEN_ALL));
}

/* Beside the table that it is about, which steps on under the keys. */
static void test_docked(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 160, 48);
    desk_do(&desk, ACTION_DETAIL);
    assert_int_equal(screen_scope(desk.screen), SCOPE_SYMBOL);
    has(&desk, "┏━ Symbol");
    has(&desk, "RELIANCE Limited");
    has(&desk, "▸8 s      RELIANCE");
    desk_do(&desk, ACTION_DOWN);
    has(&desk, "▸1 min    NIFTY 31OCT");
    has(&desk, "Position -25");
    desk_do(&desk, ACTION_BACK);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    has(&desk, "3 Account");
    /* A table on the right has the page on its left. */
    desk_do(&desk, ACTION_FOCUS_WATCHLIST);
    desk_do(&desk, ACTION_DETAIL);
    has(&desk, "4 Watchlist");
    assert_false(shows(&desk, "1 Orders"));
    desk_close(&desk);
}

/* From 200 columns on it stays open, and tells of what is selected; keys go there on Enter. */
static void test_stays_open(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 200, 60);
    has(&desk, "┌─ Symbol");
    has(&desk, "RELIANCE Limited");
    has(&desk, "3 Account");
    has(&desk, "1 Orders");
    desk_do(&desk, ACTION_DOWN);
    has(&desk, "Position -25");
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    desk_do(&desk, ACTION_HELP); /* stands over it */
    has(&desk, "Keys · Orders");
    desk_do(&desk, ACTION_PAGE_DOWN);
    desk_do(&desk, ACTION_CLOSE);
    desk_do(&desk, ACTION_DETAIL);
    assert_int_equal(screen_scope(desk.screen), SCOPE_SYMBOL);
    has(&desk, "┏━ Symbol");
    has(&desk, "4 Watch");
    desk_do(&desk, ACTION_RIGHT);
    assert_string_equal(screen_past_symbol(desk.screen, NULL), "NIFTY24O31C24500");
    desk_do(&desk, ACTION_BACK);
    has(&desk, "┌─ Symbol");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 190, 50);
    assert_int_equal(screen_scope(desk.screen), SCOPE_SYMBOL);
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 20, 3); /* a row of the orders */
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    has(&desk, "RELIANCE Limited");
    desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
    has(&desk, "no orders today");
    desk_do(&desk, ACTION_ZOOM); /* the whole screen for one */
    assert_false(shows(&desk, "─ Symbol"));
    desk_close(&desk);
    open_desk(&desk, 199, 60);
    assert_false(shows(&desk, "─ Symbol"));
    desk_close(&desk);
}

/* 30 minutes, the day, five days: what is not there is said, and nights take no room. */
static void test_spans(void **state)
{
    (void)state;
    struct desk desk;
    struct series past;
    open_desk(&desk, 160, 48);
    desk_do(&desk, ACTION_DETAIL);
    assert_null(screen_past_symbol(desk.screen, NULL));
    desk_do(&desk, ACTION_RIGHT);
    assert_string_equal(screen_past_symbol(desk.screen, NULL), "RELIANCE");
    has(&desk, "no day before this one was seen");
    series_init(&past, 1000);
    for (int day = 3; day > 0; day--) {
        for (int minute = 0; minute < 300; minute++) {
            series_add(&past, DESK_NOW_MS - day * INT64_C(86400000) + minute * 60000,
                       2900 + 10 * day + minute % 7);
        }
        series_add(&past, DESK_NOW_MS - day * INT64_C(86400000) + INT64_C(18000000), NAN);
    }
    desk.input.past = &past;
    has(&desk, "seen on 3 days before");
    has(&desk, "25 Oct");
    has(&desk, "today");
    has(&desk, "30 min, day, 5 days");
    desk_do(&desk, ACTION_RIGHT); /* there is no more */
    has(&desk, "seen on 3 days before");
    desk_do(&desk, ACTION_LEFT);
    assert_null(screen_past_symbol(desk.screen, NULL));
    has(&desk, "seen 09:15 to");
    desk_do(&desk, ACTION_LEFT);
    desk_do(&desk, ACTION_LEFT);
    has(&desk, "14:03"); /* its end moves in steps */
    desk.input.past = NULL;
    series_done(&past);
    desk_close(&desk);
}

/* Where there is no room beside it, it takes all of it; it is left as it was entered. */
static void test_whole(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 80, 24);
    char *before = desk_text(&desk, SCREEN_ALL);
    desk_do(&desk, ACTION_DETAIL);
    has(&desk, "Esc back");
    assert_false(shows(&desk, "1 Orders"));
    desk_do(&desk, ACTION_CLOSE);
    char *after = desk_text(&desk, 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
    desk_close(&desk);
}

static void test_fields_behind_it(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 100, 30);
    desk_do(&desk, ACTION_DETAIL);
    desk_do(&desk, ACTION_FIELDS);
    assert_int_equal(screen_scope(desk.screen), SCOPE_DETAIL);
    has(&desk, "averagePrice");
    desk_close(&desk);
}

/* The entry of the tape leads to its symbol. */
static void test_from_the_tape(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 100, 30);
    desk_do(&desk, ACTION_FOCUS_EVENTS);
    desk_do(&desk, ACTION_DETAIL);
    has(&desk, "TCS");
    has(&desk, "Story of SELL 40 LIMIT 4,115.00  (o3)");
    has(&desk, "filled 40  avg 4,118.20  slip -0.08% = +128.00");
    desk_do(&desk, ACTION_DOWN);
    has(&desk, "Story of BUY 250 LIMIT 2,945.00  (o1)");
    has(&desk, "placed  LTP 2,949.10");
    has(&desk, "still waiting  LTP came within");
    desk_close(&desk);
}

static void add(struct desk *desk, const struct tape_entry *entry)
{
    struct tape_entry full = *entry;
    snprintf(full.id, sizeof full.id, "m1");
    snprintf(full.symbol, sizeof full.symbol, "SBIN");
    snprintf(full.type, sizeof full.type, "MARKET");
    full.side = TAPE_BUY;
    full.quantity = 46;
    tape_add(desk->tape, &full);
}

/* At market the price when it was placed is what the fill is held against; not known is not 0. */
static void test_slippage(void **state)
{
    (void)state;
    static const struct {
        double ltp, price;
        const char *expected;
    } rows[] = {
        {2937.00, 2938.08, "avg 2,938.08  slip +0.04% = -49.68"},
        {2938.08, 2938.08, "avg 2,938.08  slip 0.00% = 0.00"},
        {2940.00, 2938.08, "slip -0.07% = +88.32"},
        {(double)NAN, 2938.08, "avg 2,938.08  slip —"},
        {2937.00, (double)NAN, "avg —  slip —"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        struct tape_entry entry;
        desk_open(&desk, 100, 30);
        tape_entry_init(&entry, TAPE_PLACED, DESK_NOW_MS - 2000);
        entry.ltp = rows[i].ltp;
        add(&desk, &entry);
        tape_entry_init(&entry, TAPE_FILLED, DESK_NOW_MS - 1000);
        entry.price = rows[i].price;
        add(&desk, &entry);
        free(desk_text(&desk, SCREEN_ALL));
        desk_do(&desk, ACTION_FOCUS_POSITIONS);
        desk_do(&desk, ACTION_BOTTOM);
        desk_do(&desk, ACTION_UP);
        desk_do(&desk, ACTION_DETAIL);
        has(&desk, rows[i].expected);
        desk_close(&desk);
    }
}

/* The day, or its last minutes. */
static void test_span(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 100, 30);
    desk_do(&desk, ACTION_DETAIL);
    has(&desk, "09:15");
    has(&desk, "gap 11:02 to 11:20");
    desk_do(&desk, ACTION_LEFT);
    has(&desk, "14:03");
    assert_false(shows(&desk, "gap"));
    desk_do(&desk, ACTION_RIGHT);
    has(&desk, "gap 11:02 to 11:20");
    desk_close(&desk);
}

/* Nothing of it shows an amount when amounts are hidden; prices are everybody's. */
static void test_hidden(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 160, 48);
    desk_do(&desk, ACTION_HIDE_AMOUNTS);
    desk_do(&desk, ACTION_DETAIL);
    assert_false(shows(&desk, "BUY 250"));
    has(&desk, "2,945.00");
    has(&desk, "BUY •••••");
    desk_close(&desk);
}

/* Rows go away while the page is open, at every size. */
static void test_rows_that_go(void **state)
{
    (void)state;
    for (int columns = 20; columns < 220; columns += 23) {
        struct desk desk;
        open_desk(&desk, columns, columns / 4 + 2);
        desk_do(&desk, ACTION_DETAIL);
        free(desk_text(&desk, SCREEN_ALL));
        desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
        desk_load(&desk, RESOURCE_POSITIONS, "{\"positions\":[]}");
        desk_load(&desk, RESOURCE_WATCHLISTS, "{\"watchlists\":[]}");
        free(desk_text(&desk, RESOURCE_ALL));
        desk_do(&desk, ACTION_DOWN);
        desk_do(&desk, ACTION_PAGE_DOWN);
        free(desk_text(&desk, SCREEN_ALL));
        desk_do(&desk, ACTION_BACK);
        free(desk_text(&desk, SCREEN_ALL));
        desk_close(&desk);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_docked),
        cmocka_unit_test(test_stays_open),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_fields_behind_it),
        cmocka_unit_test(test_from_the_tape),
        cmocka_unit_test(test_slippage),
        cmocka_unit_test(test_span),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_rows_that_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
