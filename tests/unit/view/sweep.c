#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Every size, random keys, hostile rows: nothing crashes, no figure is cut, nothing unsafe is
 * shown. */
#include "desk.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20241028;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* --- figures: whatever has a comma or a point in it is one that is shown whole somewhere ------ */

#define FIGURES_MAX 4000
static char figures[FIGURES_MAX][32];
static size_t figure_count;

static bool is_known(const char *figure)
{
    for (size_t i = 0; i < figure_count; i++) {
        if (strcmp(figures[i], figure) == 0) {
            return true;
        }
    }
    return false;
}

static void learn(const char *figure)
{
    if (!is_known(figure)) {
        assert_true(figure_count < FIGURES_MAX);
        snprintf(figures[figure_count++], sizeof *figures, "%s", figure);
    }
}

/* Calls fn for every run of digits, commas and points that holds one of the latter. */
static void each_figure(const char *text, void (*fn)(const char *figure, const char *text))
{
    static const char set[] = "0123456789,.";
    while (*text != '\0') {
        size_t len = strspn(text, set);
        if (len == 0) {
            text++;
            continue;
        }
        char figure[64];
        snprintf(figure, sizeof figure, "%.*s", (int)len, text);
        bool digit = strpbrk(figure, "0123456789") != NULL;
        if (digit && strpbrk(figure, ",.") != NULL) {
            fn(figure, text);
        }
        text += len;
    }
}

static void learn_figure(const char *figure, const char *text)
{
    (void)text;
    learn(figure);
}

static void check_figure(const char *figure, const char *text)
{
    if (!is_known(figure)) {
        fail_msg("'%s' is no figure that was ever sent: %.60s", figure, text);
    }
}

/* The top line has whole amounts where there is less room. */
static void learn_narrow(void)
{
    struct desk desk;
    desk_open(&desk, 109, 30);
    desk.input.host = "localhost";
    char *text = desk_text(&desk, SCREEN_ALL);
    each_figure(text, learn_figure);
    free(text);
    desk_close(&desk);
}

/* The page of each symbol, which stays open. */
static void learn_pages(struct desk *desk)
{
    desk_do(desk, ACTION_TOP);
    for (int i = 0; i < 10; i++) {
        char *text = desk_text(desk, SCREEN_ALL);
        each_figure(text, learn_figure);
        free(text);
        desk_do(desk, ACTION_DOWN);
    }
}

static void learn_all(void)
{
    static const enum action panes[] = {ACTION_FOCUS_ORDERS, ACTION_FOCUS_POSITIONS,
                                        ACTION_FOCUS_ACCOUNT, ACTION_FOCUS_WATCHLIST,
                                        ACTION_FOCUS_EVENTS};
    struct desk desk;
    desk_open(&desk, 300, 100);
    desk.input.host = "localhost";
    free(desk_text(&desk, SCREEN_ALL));
    static const char *const all[] = {
        "wait,symbol,mark,go,time,qty,filled,fill-qty,price,avg,ltp,status,pending,value,executed",
        ("symbol,qty,avg,ltp,day-pnl,unrl-pnl,pnl-percent,to-sl,to-tgt,sl,target,value,invested,"
         "realised,abs-pnl"),
        "symbol,ltp,chg,chg-percent,open,high,low,close,vol,alert"};
    screen_remembered_set(desk.screen, "orders.columns", all[0]);
    screen_remembered_set(desk.screen, "positions.columns", all[1]);
    screen_remembered_set(desk.screen, "watchlist.columns", all[2]);
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        for (int list = 0; list < 3; list++) {
            desk_do(&desk, panes[i]);
            desk_do(&desk, ACTION_LIST_NEXT);
            char *text = desk_text(&desk, SCREEN_ALL);
            each_figure(text, learn_figure);
            free(text);
            desk_do(&desk, ACTION_ZOOM);
            text = desk_text(&desk, SCREEN_ALL);
            each_figure(text, learn_figure);
            free(text);
            desk_do(&desk, ACTION_ZOOM);
            learn_pages(&desk);
        }
    }
    desk_close(&desk);
}

static void test_no_figure_is_cut_at_any_size(void **state)
{
    (void)state;
    learn_all();
    learn_narrow();
    assert_true(figure_count > 60);
    struct desk desk;
    desk_open(&desk, 10, 10);
    desk.input.host = "localhost";
    static const enum action steps[] = {ACTION_FOCUS_ORDERS,  ACTION_FOCUS_POSITIONS,
                                        ACTION_FOCUS_ACCOUNT, ACTION_FOCUS_WATCHLIST,
                                        ACTION_FOCUS_EVENTS,  ACTION_RIGHT,
                                        ACTION_LEFT,          ACTION_ZOOM,
                                        ACTION_LIST_NEXT,     ACTION_DOWN,
                                        ACTION_SORT_RIGHT};
    for (int run = 0; run < 2000; run++) {
        screen_resize(desk.screen, 1 + (int)dice(run % 4 == 0 ? 300 : 130),
                      1 + (int)dice(run % 4 == 0 ? 100 : 40));
        desk_do(&desk, steps[dice(sizeof steps / sizeof *steps)]);
        char *text = desk_text(&desk, 0);
        each_figure(text, check_figure);
        free(text);
    }
    desk_close(&desk);
}

/* --- anything at all ------------------------------------------------------------------------ */

static void check_canvas(const struct desk *desk)
{
    const struct canvas *canvas = desk->canvas;
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->columns; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y),
                              *left = canvas_cell(canvas, x - 1, y);
            assert_true(cell->role < ROLE_COUNT);
            assert_int_equal(cell->width == 0, left != NULL && left->width == 2);
            assert_true((unsigned char)cell->text[0] >= 0x20 || cell->width == 0);
            for (const char *at = cell->text; *at != '\0'; at++) {
                assert_true((unsigned char)*at >= 0x20 && *at != 0x7F);
                assert_true(!canvas->ascii || (unsigned char)*at < 0x80);
            }
        }
    }
}

static const char *const hostile_texts[] = {
    "\\u001b[2J\\u0007",
    "\\u202eRTL\\u2066",
    "漢字漢字漢字漢字漢字",
    "e\\u0301\\u0302\\u0303\\u0304",
    "\\u200b\\u200d\\ufeff",
    "\\ud83d\\ude00\\ud83d\\ude00",
    "",
    " ",
    "A",
    "\\u0000\\u009b\\u007f",
    "NIFTY24O31C24500",
    "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"};
static const char *const hostile_figures[] = {
    "null",        "0",       "-0.0",           "1e308", "-1e308", "1e-308", "9007199254740991",
    "-12345678.9", "0.00001", "99999999999999", "1.5"};

static const char *any_text(void)
{
    return hostile_texts[dice(sizeof hostile_texts / sizeof *hostile_texts)];
}

static const char *any_figure(void)
{
    return hostile_figures[dice(sizeof hostile_figures / sizeof *hostile_figures)];
}

static void load_hostile_orders(struct desk *desk)
{
    static char body[40000];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"orders\":[");
    unsigned rows = dice(30);
    for (unsigned i = 0; i < rows; i++) {
        len += (size_t)snprintf(body + len, sizeof body - len,
                                "%s{\"id\":\"o%u\",\"symbol\":\"%s\",\"quantity\":%u,\"orderType\":"
                                "\"%s\",\"orderSide\":\"%s\","
                                "\"price\":%s,\"averagePrice\":%s,\"filledQuantity\":%u,"
                                "\"productType\":\"%s\",\"status\":\"%s\","
                                "\"createdAt\":\"2024-10-28T09:00:00.000Z\",\"executedAt\":null,"
                                "\"failureReason\":\"%s\",\"stock\":null}",
                                i > 0 ? "," : "", dice(40), any_text(), dice(1000), any_text(),
                                any_text(), any_figure(), any_figure(), dice(1000), any_text(),
                                dice(2) ? "REJECTED" : any_text(), any_text());
    }
    snprintf(body + len, sizeof body - len, "]}");
    desk_load(desk, RESOURCE_ORDERS, body);
}

static void load_hostile_watchlist(struct desk *desk)
{
    static char body[40000];
    size_t len = (size_t)snprintf(body, sizeof body,
                                  "{\"watchlists\":[{\"id\":\"w%u\",\"name\":\"%s\",\"items\":[",
                                  dice(3), any_text());
    unsigned rows = dice(20);
    for (unsigned i = 0; i < rows; i++) {
        len += (size_t)snprintf(
            body + len, sizeof body - len,
            "%s{\"id\":\"i%u\",\"watchlistId\":\"w\",\"symbol\":\"%s\",\"name\":\"%s\",\"ltp\":%s,"
            "\"close\":%s,\"alertPrice\":%s,\"alertType\":\"%s\"}",
            i > 0 ? "," : "", dice(30), any_text(), any_text(), any_figure(), any_figure(),
            any_figure(), dice(2) ? "BOTH" : "ABOVE");
    }
    snprintf(body + len, sizeof body - len, "]}]}");
    desk_load(desk, RESOURCE_WATCHLISTS, body);
}

static unsigned anything(struct desk *desk)
{
    switch (dice(12)) {
    case 0:
        screen_resize(desk->screen, 1 + (int)dice(200), 1 + (int)dice(60));
        return 0;
    case 1:
        load_hostile_orders(desk);
        return RESOURCE_BIT(RESOURCE_ORDERS);
    case 2:
        load_hostile_watchlist(desk);
        return RESOURCE_BIT(RESOURCE_WATCHLISTS);
    case 3:
        desk_load(desk, RESOURCE_POSITIONS, dice(4) == 0 ? NULL : desk_positions);
        return RESOURCE_BIT(RESOURCE_POSITIONS);
    case 4:
        desk_later(desk, dice(1000));
        return 0;
    case 5:
        screen_mouse(desk->screen, &desk->input, (enum screen_button)dice(4), (int)dice(200),
                     (int)dice(60));
        return 0;
    case 6:
        screen_char(desk->screen, &desk->input, dice(0x300));
        return 0;
    case 7:
        desk->canvas->ascii = !desk->canvas->ascii;
        screen_resize(desk->screen, desk->canvas->columns, desk->canvas->rows);
        return SCREEN_ALL;
    case 8:
        desk->input.panes[dice(RESOURCE_COUNT)].stale = dice(2) != 0;
        desk->input.wanted = dice(8) == 0 ? dice(RESOURCE_ALL + 1) : 0;
        return SCREEN_ALL;
    default:
        desk_do(desk, (enum action)dice(ACTION_COUNT));
        return 0;
    }
}

static void test_anything_at_all(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 80, 24);
    for (int run = 0; run < 5000; run++) {
        unsigned changed = anything(&desk);
        screen_render(desk.screen, &desk.input, changed, desk.canvas);
        if (run % 8 == 0) {
            check_canvas(&desk);
        }
    }
    desk_close(&desk);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_figure_is_cut_at_any_size),
        cmocka_unit_test(test_anything_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
