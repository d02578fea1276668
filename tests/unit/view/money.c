/* What the first line and the TOTAL say of the day, from lists that come one after the other. */
#include "desk.h"
#include "table/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define P(id, quantity, day, unrealized, more)                                                     \
    "{\"id\":\"" id "\",\"symbol\":\"" id "\",\"quantity\":" #quantity ",\"averagePrice\":100,"    \
    "\"dayPnL\":" #day ",\"unrealizedPnL\":" #unrealized more "}"
#define LIST(rows) "{\"positions\":[" rows "]}"
#define CLOSED ",\"isClosed\":true"

static const struct scene {
    const char *name;
    const char *lists[3];
    const char *filter;
    const char *wide, *narrow, *total; /* must stand in the first line, and in that of the sums */
} rows[] = {
    {"only what is open is known",
     {LIST(P("AA", 10, 100, 200, ""))},
     "",
     " Day — open +100.00 ",
     " Day — open +100 ",
     "TOTAL 1 open "},
    {"a row lacks its figure",
     {LIST(P("AA", 10, 100, 200, "") "," P("BB", 5, null, null, ""))},
     "",
     "open ~+100.00, 1 unknown",
     "open ~+100, 1 unknown",
     "TOTAL 2 open, 1 unknown"},
    {"closed, as the server says",
     {LIST(P("AA", 10, 100, 200, "") "," P("BB", 0, -30, 0, CLOSED))},
     "",
     "Day +70.00 = booked -30.00 + open +100.00",
     "Day +70 booked -30 open +100",
     "TOTAL 1 open, 1 closed"},
    {"closed before our eyes",
     {LIST(P("AA", 10, 100, 200, "") "," P("BB", 5, 7, 9, "")), LIST(P("BB", 5, 7, 9, ""))},
     "",
     "Day ~+107.00 = booked ~+100.00 since 14:32 + open +7.00",
     "Day ~+107 booked ~+100 since 14:32 open +7",
     "TOTAL 1 open, 1 closed"},
    {"the total is of what is shown",
     {LIST(P("NIFTY1", 10, 100, 200, "") "," P("NIFTY2", 5, -7, 9, "") "," P("CC", 5, 1, 1, ""))},
     "NIFTY",
     "open +94.00",
     "open +94",
     "TOTAL 2 of 3 "},
};

static void must_hold(const char *name, const char *screen, const char *line, const char *expected)
{
    const char *at = strstr(screen, line);
    if (at == NULL) {
        fail_msg("%s: no %s in\n%s", name, line, screen);
        return;
    }
    char copy[1024];
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(at, "\n"), at);
    if (strstr(copy, expected) == NULL) {
        fail_msg("%s: '%s' is not in '%s'", name, expected, copy);
    }
}

static char *show(const struct scene *row, int columns, int lines)
{
    struct desk desk;
    desk_open(&desk, columns, lines);
    struct money_book *book = money_book_new();
    desk.input.book = book;
    for (size_t i = 0; i < 3 && row->lists[i] != NULL; i++) {
        desk_load(&desk, RESOURCE_POSITIONS, row->lists[i]);
        money_book_take(book, desk.input.panes[RESOURCE_POSITIONS].shown,
                        (struct money_time){desk.input.now.wall_ms, 1});
        free(desk_text(&desk, SCREEN_ALL));
    }
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    if (row->filter[0] != '\0') {
        desk_do(&desk, ACTION_FILTER);
        desk_type(&desk, row->filter);
        desk_do(&desk, ACTION_ACCEPT);
    }
    char *text = desk_text(&desk, SCREEN_ALL);
    desk_close(&desk);
    money_book_free(book);
    return text;
}

static void test_the_day_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *wide = show(&rows[i], 160, 48), *narrow = show(&rows[i], 80, 24);
        must_hold(rows[i].name, wide, "MOCK", rows[i].wide);
        must_hold(rows[i].name, narrow, "MOCK", rows[i].narrow);
        must_hold(rows[i].name, wide, "TOTAL", rows[i].total);
        free(wide);
        free(narrow);
    }
}

static void test_what_was_closed_stays_under_the_rows(void **state)
{
    (void)state;
    char *text = show(&rows[3], 160, 48);
    must_hold("closed", text, "AA", "~+100.00");
    must_hold("closed", text, "AA", "booked");
    assert_true(strstr(text, "AA") > strstr(text, "BB"));
    free(text);
}

/* Margin in percent: calm, a warning, an alarm. */
static void test_margin(void **state)
{
    (void)state;
    static const struct {
        int used;
        enum role role;
        const char *text;
    } margins[] = {{39, ROLE_TEXT, "39 %"},
                   {70, ROLE_CONN_WARN, "70 %"},
                   {90, ROLE_CONN_BAD, "90 %"},
                   {140, ROLE_CONN_BAD, "140 %"}};
    for (size_t i = 0; i < sizeof margins / sizeof *margins; i++) {
        struct desk desk;
        char body[256];
        desk_open(&desk, 160, 48);
        snprintf(body, sizeof body,
                 "{\"account\":{\"id\":\"a\",\"balance\":100,\"availableMargin\":%d,"
                 "\"usedMargin\":%d}}",
                 100 - margins[i].used, margins[i].used);
        desk_load(&desk, RESOURCE_ACCOUNT, body);
        char *text = desk_text(&desk, SCREEN_ALL);
        must_hold("margin", text, "Margin", margins[i].text);
        int x = text_width_n(text, (size_t)(strstr(text, margins[i].text) - text));
        assert_int_equal(canvas_cell(desk.canvas, x, 0)->role, margins[i].role);
        free(text);
        desk_close(&desk);
    }
}

/* Groups have their sums, and the rows of one stand together. */
static void test_groups(void **state)
{
    (void)state;
#define OTHERS                                                                                     \
    "," P("NIFTY26D03C24500", -25, -22.5, -22.5,                                                   \
          "") "," P("NIFTY26D31C24450", 125, -955, -955,                                           \
                    "") "," P("AXIS", 1, 1, 1, "") "," P("BPCL", 1, 1, 1, "") "," P("CLOSED1", 0,  \
                                                                                    3, 0, CLOSED)
    static const char list[] = LIST(P("SBIN", 5, 7, 9, "") OTHERS);
    static const char moved[] = LIST(P("SBIN", 5, 8, 10, "") OTHERS);
    static const struct {
        const char *title, *head, *sum;
    } steps[] = {{"by underlying", "▾ NIFTY  2 legs", "-977.50"},
                 {"by expiry", "▾ 2026-12-31  1 leg", "-955.00"},
                 {"by sector", "▾ no sector  5 legs", "-968.50"}};
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(&desk, RESOURCE_POSITIONS, list);
    free(desk_text(&desk, SCREEN_ALL));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        desk_do(&desk, ACTION_GROUP);
        char *text = desk_text(&desk, SCREEN_ALL);
        must_hold(steps[i].title, text, "2 Positions", steps[i].title);
        must_hold(steps[i].title, text, steps[i].head, steps[i].sum);
        assert_non_null(strstr(text, "closed today"));
        assert_non_null(strstr(text, "\n│   NIFTY 31DEC26 24450 CE ")); /* under the head … */
        assert_non_null(strstr(text, "\n│ CLOSED1 ")); /* … of which this has none */
        free(text);
    }
    desk_do(&desk, ACTION_GROUP);
    desk_do(&desk, ACTION_GROUP);
    free(desk_text(&desk, SCREEN_ALL));
    desk_load(&desk, RESOURCE_POSITIONS, moved); /* figures alone: rows stay in their groups */
    char *after = desk_text(&desk, RESOURCE_BIT(RESOURCE_POSITIONS));
    char *head = strstr(after, "▾ NIFTY  2 legs");
    assert_non_null(head);
    char *share = strstr(head, "\n│ SBIN "); /* which needs no head */
    assert_null(strstr(after, "▾ SBIN"));
    assert_non_null(share);
    assert_true(strstr(head, "03DEC26 24500 CE") < share);
    assert_true(strstr(head, "31DEC26 24450 CE") < share);
    free(after);
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    for (int i = 0; i < 5; i++) { /* the cursor steps over what is no row */
        desk_do(&desk, ACTION_DOWN);
        char *text = desk_text(&desk, SCREEN_ALL);
        assert_null(strstr(text, "▸▾"));
        free(text);
    }
    for (int i = 0; i < 3; i++) {
        desk_do(&desk, ACTION_GROUP);
    }
    char *text = desk_text(&desk, SCREEN_ALL);
    assert_null(strstr(text, "▾"));
    free(text);
    desk_close(&desk);
}

static void event(struct desk *desk, const char *type, const char *data)
{
    struct event event;
    char text[1024];
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"data\":%s}", type, data);
    struct sse_event sse = {
        .type = "message", .type_len = 7, .data = text, .data_len = strlen(text), .id = ""};
    assert_true(event_parse(&sse, &event));
    tape_event(desk->tape, desk->input.now, &event, false);
}

static double hundred(const void *user, const char *symbol)
{
    (void)user;
    return strcmp(symbol, "MARKETED") == 0 ? 100 : (double)NAN;
}

/* An order at market slips against the price when it was placed: in its cell, the sort and the sum.
 */
static void test_slip(void **state)
{
    (void)state;
    static const char orders[] =
        "{\"orders\":[{\"id\":\"m\",\"symbol\":\"MARKETED\",\"orderSide\":\"BUY\",\"orderType\":"
        "\"MARKET\","
        "\"quantity\":10,\"filledQuantity\":10,\"averagePrice\":102,\"status\":\"EXECUTED\"},"
        "{\"id\":\"l\",\"symbol\":\"LIMITED\",\"orderSide\":\"BUY\",\"orderType\":\"LIMIT\","
        "\"price\":100,"
        "\"quantity\":10,\"filledQuantity\":10,\"averagePrice\":101,\"status\":\"EXECUTED\"},"
        "{\"id\":\"u\",\"symbol\":\"UNSEEN\",\"orderSide\":\"BUY\",\"orderType\":\"MARKET\","
        "\"quantity\":10,\"filledQuantity\":10,\"averagePrice\":101,\"status\":\"EXECUTED\"}]}";
    struct desk desk;
    desk_open(&desk, 160, 48);
    tape_set_prices(desk.tape, hundred, NULL);
    event(&desk, "order_placed",
          "{\"orderId\":\"m\",\"symbol\":\"MARKETED\",\"orderSide\":\"BUY\","
          "\"orderType\":\"MARKET\",\"quantity\":10,\"status\":\"PENDING\"}");
    desk_load(&desk, RESOURCE_ORDERS, orders);
    char *text = desk_text(&desk, SCREEN_ALL);
    must_hold("at market", text, "MARKETED", "2.00%");
    must_hold("at its limit", text, "LIMITED", "1.00%");
    must_hold("never seen", text, "UNSEEN", "—   ✓");
    must_hold("of both", text, "slippage", "slippage cost ~30 (1.50%) over 2 fills");
    free(text);
    screen_remembered_set(desk.screen, "orders.sort", "-go");
    text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "MARKETED") < strstr(text, "LIMITED"));
    assert_true(strstr(text, "LIMITED") < strstr(text, "UNSEEN"));
    free(text);
    desk_do(&desk, ACTION_FILTER);
    desk_type(&desk, "limited");
    desk_do(&desk, ACTION_ACCEPT);
    text = desk_text(&desk, SCREEN_ALL); /* of what is shown */
    must_hold("filtered", text, "slippage", "slippage cost ~10 (1.00%) over 1 fill");
    free(text);
    desk_close(&desk);
}

/* The line under the orders is about those that the filter leaves. */
static void test_working_under_a_filter(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_do(&desk, ACTION_FILTER);
    desk_type(&desk, "reliance");
    desk_do(&desk, ACTION_ACCEPT);
    char *text = desk_text(&desk, SCREEN_ALL);
    must_hold("one", text, "┃ working", "working 1 worth ~7,36,250 ");
    free(text);
    desk_close(&desk);
}

/* Exposure stands in the title: of one currency, and of what is shown. */
static void test_exposure(void **state)
{
    (void)state;
#define V(id, quantity, value, more)                                                               \
    "{\"id\":\"" id "\",\"symbol\":\"" id "\",\"quantity\":" #quantity                             \
    ",\"currentValue\":" #value more "}"
    static const struct {
        const char *name, *list, *title;
        bool shown;
    } desks[] = {
        {"long and short", LIST(V("A", 1, 300, "") "," V("B", -1, -100, "")),
         "gross 400 · long 75 %", true},
        {"a short's value without its sign", LIST(V("A", 1, 300, "") "," V("B", -1, 100, "")),
         "gross 400 · long 75 %", true},
        {"one is not known", LIST(V("A", 1, 300, "") "," V("B", -1, null, "")),
         "gross ~300 · long 100 %", true},
        {"two currencies",
         LIST(V("A", 1, 300, ",\"currency\":\"USD\"") "," V("B", 1, 1, ",\"currency\":\"EUR\"")),
         "gross", false},
        {"none is known", LIST(V("A", 1, null, "")), "gross", false},
    };
    for (size_t i = 0; i < sizeof desks / sizeof *desks; i++) {
        struct desk desk;
        desk_open(&desk, 160, 48);
        desk_load(&desk, RESOURCE_POSITIONS, desks[i].list);
        char *text = desk_text(&desk, SCREEN_ALL);
        if (desks[i].shown) {
            must_hold(desks[i].name, text, "2 Positions", desks[i].title);
        } else if (strstr(text, desks[i].title) != NULL) {
            fail_msg("%s: %s", desks[i].name, text);
        }
        free(text);
        desk_close(&desk);
    }
}

/* A folded group is its head: with its sums, what is due, and one step of the cursor. */
static void test_groups_fold(void **state)
{
    (void)state;
#define STOPPED ",\"stopLoss\":99,\"currentPrice\":90"
    static const char list[] = LIST(
        P("NIFTY26D03C24500", 25, 1, 2, "") "," P("NIFTY26D31C24450", 5, 10, 20, STOPPED) "," P(
            "SBIN", 5, 7, 9, "") "," P("ZED", 0, 3, 0, CLOSED));
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(&desk, RESOURCE_POSITIONS, list);
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    desk_do(&desk, ACTION_GROUP);
    desk_do(&desk, ACTION_DOWN);
    desk_do(&desk, ACTION_FOLD);
    char *text = desk_text(&desk, SCREEN_ALL);
    assert_non_null(strstr(text, "!▹ NIFTY  2 legs"));
    must_hold("folded", text, "▹ NIFTY", "+11.00");
    assert_null(strstr(text, "03DEC26 24500 CE "));
    must_hold("all of it counts", text, "TOTAL", "TOTAL 3 open, 1 closed");
    free(text);
    desk_do(&desk, ACTION_DOWN); /* one step, over both */
    text = desk_text(&desk, SCREEN_ALL);
    must_hold("cursor", text, "SBIN ", "SBIN");
    assert_non_null(strstr(text, "▸SBIN"));
    free(text);
    desk_do(&desk, ACTION_TOP);
    desk_do(&desk, ACTION_DETAIL); /* of two symbols none is meant */
    text = desk_text(&desk, SCREEN_ALL);
    assert_non_null(strstr(text, "▾ NIFTY"));
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    free(text);
    desk_do(&desk, ACTION_FOLD);
    desk_do(&desk, ACTION_DUE); /* a rejected order */
    desk_do(&desk, ACTION_DUE); /* what is due is shown */
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    text = desk_text(&desk, SCREEN_ALL);
    assert_non_null(strstr(text, "▾ NIFTY  2 legs"));
    free(text);
    desk_do(&desk, ACTION_FOLD);
    desk_load(&desk, RESOURCE_POSITIONS, list);
    text = desk_text(&desk, SCREEN_ALL); /* the same group, whatever comes */
    assert_non_null(strstr(text, "▸▹ NIFTY"));
    free(text);
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 5, 33);
    desk_close(&desk);
}

/* Every cursor position, with every subset of groups folded, is a line that is one. */
static void test_folding_and_the_cursor(void **state)
{
    (void)state;
    static const char list[] =
        LIST(P("NIFTY26D03C24500", 25, 1, 2, "") "," P("NIFTY26D31C24450", 5, 10, 20, "") "," P(
            "SBIN26D31C24450", 5, 7, 9, "") "," P("SBIN26D31P24450", 5, 7, 9,
                                                  "") "," P("TCS", 5, 7, 9, "") "," P("ZED", 0, 3,
                                                                                      0, CLOSED));
    for (unsigned folds = 0; folds < 4; folds++) {
        struct table table;
        struct desk desk;
        desk_open(&desk, 160, 48);
        desk_load(&desk, RESOURCE_POSITIONS, list);
        table_init(&table, PANE_POSITIONS);
        table.grouping = TABLE_BY_UNDERLYING;
        table_take(&table, &(struct table_news){.snapshot = desk.input.panes[1].shown,
                                                .now = desk.input.now});
        for (size_t g = 0; g < 2; g++) {
            if ((folds & 1u << g) != 0) {
                table_fold(&table, table.groups[g].key);
            }
        }
        table_arrange(&table);
        size_t lines = table_line_count(&table), seen = 0;
        for (size_t line = 0; line < lines; line++) {
            size_t row = table_row_of_line(&table, line);
            if (row != TABLE_NO_ROW) {
                assert_int_equal(table_line_of_row(&table, row), line);
                seen++;
            }
        }
        assert_int_equal(seen, 6 - (folds & 1u) - (folds >> 1));
        table_select(&table, 0);
        for (size_t step = 1; step < seen + 2; step++) { /* down, and not below the last */
            table_move(&table, 1);
        }
        assert_int_equal(table.cursor, 5);
        for (size_t step = 1; step < seen; step++) {
            table_move(&table, -1);
        }
        assert_int_equal(table.cursor, 0);
        table_done(&table);
        desk_close(&desk);
    }
}

/* A figure that moves ranks the rows when asked, or when nobody has looked for a while. */
static void test_rows_keep_their_places(void **state)
{
    (void)state;
    static const char first[] = LIST(P("AA", 1, 1, 10, "") "," P("BB", 1, 2, 20, ""));
    static const char then[] = LIST(P("AA", 1, 1, 30, "") "," P("BB", 1, 2, 20, ""));
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(&desk, RESOURCE_POSITIONS, first);
    screen_remembered_set(desk.screen, "positions.sort", "-unrl-pnl");
    char *text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "BB") < strstr(text, "AA"));
    free(text);
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    desk_load(&desk, RESOURCE_POSITIONS, then);
    desk_later(&desk, 60000);
    text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "BB") < strstr(text, "AA")); /* under our eyes */
    free(text);
    desk_do(&desk, ACTION_REVALIDATE);
    text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "AA") < strstr(text, "BB"));
    free(text);
    desk_do(&desk, ACTION_FOCUS_ORDERS);
    desk_load(&desk, RESOURCE_POSITIONS, first);
    text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "AA") < strstr(text, "BB"));
    free(text);
    desk_later(&desk, 30000);
    text = desk_text(&desk, SCREEN_ALL);
    assert_true(strstr(text, "BB") < strstr(text, "AA"));
    free(text);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_day_in_words),
        cmocka_unit_test(test_what_was_closed_stays_under_the_rows),
        cmocka_unit_test(test_margin),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_slip),
        cmocka_unit_test(test_working_under_a_filter),
        cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_groups_fold),
        cmocka_unit_test(test_folding_and_the_cursor),
        cmocka_unit_test(test_rows_keep_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
