#include "desk.h"

#include <blotter/core/alloc.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* --- golden screens: BLOTTER_UPDATE_GOLDEN=1 writes them anew ------------------------------- */

struct golden {
    const char *name;
    int columns, rows;
    const char *steps; /* "ascii", "offline", "=typed", names of actions */
};

static void take_step(struct desk *desk, const char *step)
{
    enum action action;
    if (strcmp(step, "ascii") == 0) {
        desk->canvas->ascii = true;
        screen_resize(desk->screen, desk->canvas->columns, desk->canvas->rows);
    } else if (strcmp(step, "offline") == 0) {
        desk_offline(desk);
    } else if (step[0] == '=') {
        desk_type(desk, step + 1);
    } else {
        assert_true(action_parse(step, strlen(step), &action));
        desk_do(desk, action);
    }
    free(desk_text(desk, strcmp(step, "offline") == 0 ? SCREEN_ALL : 0));
}

static void test_golden_screens(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"full", 160, 48, ""},
        {"full-offline", 160, 48, "offline"},
        {"medium", 100, 30, ""},
        {"medium-offline", 100, 30, "offline"},
        {"medium-account", 100, 30, "focus-account"},
        {"medium-events", 100, 30, "events focus-events down"},
        {"medium-tape", 100, 30, "focus-events down"},
        {"single-tape", 60, 20, "focus-events"},
        {"now", 80, 24, ""},
        {"now-positions", 80, 24, "focus-positions"},
        {"now-all", 80, 24, "view"},
        {"now-zoom", 80, 24, "zoom"},
        {"widest", 200, 60, ""},
        {"single", 60, 20, ""},
        {"single-positions", 60, 20, "focus-positions"},
        {"single-watchlist", 60, 20, "focus-watchlist list-next"},
        {"single-ascii", 60, 20, "ascii offline"},
        {"smallest-single", 40, 10, ""},
        {"mini", 20, 5, ""},
        {"mini-offline", 30, 3, "offline"},
        {"two-lines", 20, 2, ""},
        {"one-line", 24, 1, ""},
        {"help", 100, 30, "help page-down"},
        {"detail", 100, 30, "down fields"},
        {"detail-narrow", 40, 16, "down fields bottom"},
        {"detail-event", 100, 30, "events focus-events down fields"},
        {"symbol", 160, 48, "detail"},
        {"symbol-positions", 160, 48, "focus-positions down down down detail"},
        {"symbol-watchlist", 160, 48, "focus-watchlist detail left"},
        {"symbol-medium", 100, 30, "detail"},
        {"symbol-single", 80, 24, "detail down"},
        {"symbol-hidden", 80, 24, "detail hide-amounts"},
        {"symbol-ascii", 60, 20, "ascii detail"},
        {"symbol-small", 40, 10, "detail"},
        {"sort", 100, 30, "sort down"},
        {"columns", 100, 30, "columns down down column-toggle bottom column-toggle"},
        {"filter", 100, 30, "filter =nif"},
        {"filter-nothing", 60, 20, "filter =zzz accept"},
        {"hidden", 160, 48, "hide-amounts"},
        {"paused", 60, 20, "pause"},
        {"zoom", 160, 48, "focus-positions zoom"},
        {"scrolled", 60, 20, "focus-positions right right"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        desk_open(&desk, rows[i].columns, rows[i].rows);
        free(desk_text(&desk, SCREEN_ALL));
        for (const char *at = rows[i].steps; *at != '\0'; at += strspn(at, " ")) {
            char *step = mem_dup(at, strcspn(at, " "));
            take_step(&desk, step);
            at += strlen(step);
            free(step);
        }
        char *text = desk_text(&desk, 0), *whole = NULL;
        desk_compare(GOLDEN_DIR, rows[i].name, text);
        screen_resize(desk.screen, rows[i].columns, rows[i].rows);
        whole =
            desk_text(&desk, SCREEN_ALL); /* what was painted in parts is what is painted at once */
        assert_string_equal(text, whole);
        free(text);
        free(whole);
        desk_close(&desk);
    }
}

/* --- words ---------------------------------------------------------------------------------- */

static void has(struct desk *desk, const char *needle)
{
    char *text = desk_text(desk, SCREEN_ALL);
    if (strstr(text, needle) == NULL) {
        fail_msg("no '%s' in\n%s", needle, text);
    }
    free(text);
}

static void has_not(struct desk *desk, const char *needle)
{
    char *text = desk_text(desk, SCREEN_ALL);
    if (strstr(text, needle) != NULL) {
        fail_msg("'%s' in\n%s", needle, text);
    }
    free(text);
}

static void test_connection_words(void **state)
{
    (void)state;
    static const struct {
        struct conn_status conn;
        enum fault_kind fault;
        bool polling;
        const char *expected;
    } rows[] = {
        {{.phase = CONN_LIVE, .live_since_ms = DESK_NOW_MS, .heard_ms = INT64_MIN},
         FAULT_NONE,
         false,
         "● LIVE since 14:32:06"},
        {{.phase = CONN_LIVE, .heard_ms = DESK_NOW_MS - 2000},
         FAULT_NONE,
         false,
         "● LIVE heard 14:32:04"},
        {{.phase = CONN_LIVE, .quiet = true, .quiet_since_ms = DESK_NOW_MS - 36400},
         FAULT_NONE,
         false,
         "● LIVE, quiet for 36 s"},
        {{.phase = CONN_IDLE}, FAULT_NONE, false, "◌ CONNECTING"},
        {{.phase = CONN_SILENT, .attempt = 1},
         FAULT_NONE,
         false,
         "◌ CONNECTING answered, not a byte yet"},
        {{.phase = CONN_SILENT, .attempt = 1},
         FAULT_NONE,
         true,
         "◍ POLLING 10s next 14:32:16 │ not a byte comes on the stream"},
        {{.phase = CONN_ENDED},
         FAULT_TYPE,
         true,
         "◍ POLLING 10s next 14:32:16 │ no stream: some reason"},
        {{.phase = CONN_CONNECTING, .attempt = 3}, FAULT_NETWORK, false, "◌ CONNECTING try 3"},
        {{.phase = CONN_WAITING, .attempt = 1, .retry_at_ms = DESK_NOW_MS + 4000},
         FAULT_NETWORK,
         false,
         "○ RETRY 2 at 14:32:10"},
        {{.phase = CONN_WAITING, .attempt = 3, .retry_at_ms = DESK_NOW_MS},
         FAULT_NETWORK,
         true,
         "◍ POLLING 10s next 14:32:16"},
        {{.phase = CONN_WAITING, .attempt = 4, .retry_at_ms = DESK_NOW_MS + 4000},
         FAULT_CONNECT,
         true,
         "✗ OFFLINE │ try 5, next 14:32:10 (R now) │ some reason"},
        {{.phase = CONN_CONNECTING, .attempt = 5},
         FAULT_RESOLVE,
         true,
         "✗ OFFLINE │ try 5 │ some reason"},
        {{.phase = CONN_ENDED}, FAULT_AUTH, false, "✗ AUTH token rejected │ some reason"},
        {{.phase = CONN_ENDED}, FAULT_HTTP, false, "✗ OFFLINE │ R tries again │ some reason"},
        {{.phase = CONN_ENDED}, FAULT_NONE, false, "○ ENDED by the server"},
    };
    struct desk desk;
    desk_open(&desk, 160, 48);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        desk.conn = rows[i].conn;
        if (rows[i].fault != FAULT_NONE) {
            fault_set(&desk.conn.fault, rows[i].fault, 0, "some reason");
        }
        desk.input.polling = rows[i].polling;
        desk.input.poll_every_ms = 10000;
        desk.input.poll_next_ms = DESK_NOW_MS + 10000;
        has(&desk, rows[i].expected);
    }
    desk.conn = (struct conn_status){.phase = CONN_WAITING, .attempt = 1};
    desk.input.polling = true;
    desk.input.poll_every_ms = 0;
    desk.input.poll_next_ms = DESK_NOW_MS + 20100;
    has(&desk, "◍ POLLING 20s");
    desk_close(&desk);
}

static void test_how_a_backend_is_asked(void **state)
{
    (void)state;
    static const struct {
        struct ask_state asking; /* held_until_us, poll_us: from now on; 0: never */
        struct conn_status conn;
        const char *reason; /* why there is no stream */
        bool outage;
        const char *expected;
    } rows[] = {
        {{.poll_ms = 10000, .poll_us = 4000000},
         {.phase = CONN_ENDED},
         "some reason (HTTP 404)",
         false,
         "◍ POLL 10 s next 14:32:10 │ no stream: some reason (HTTP 404)"},
        {{.poll_ms = 120000, .poll_us = 4000000, .closed = true, .opens_ms = DESK_NOW_MS + 60000},
         {.phase = CONN_ENDED},
         "some reason",
         false,
         "◍ POLL 120 s next 14:32:10 │ market closed, opens 14:33:06"},
        {{.poll_ms = 120000, .closed = true, .opens_ms = INT64_MIN},
         {.phase = CONN_ENDED},
         NULL,
         false,
         "◍ POLL 120 s │ market closed"},
        {{.poll_ms = 10000, .held_until_us = 11500000},
         {.phase = CONN_LIVE},
         NULL,
         false,
         "◍ HELD 12 s │ too many requests"},
        {{.poll_ms = 10000}, {.phase = CONN_ENDED}, NULL, true, "✗ OFFLINE nobody answers"},
        {{.poll_ms = 10000}, {.phase = CONN_CONNECTING, .attempt = 1}, NULL, false, "◌ CONNECTING"},
        {{.poll_ms = 60000}, {.phase = CONN_LIVE}, NULL, false, "● LIVE"},
        {{.poll_ms = 8000}, {.phase = CONN_IDLE}, NULL, false, "◍ POLL 8 s"},
    };
    struct desk desk;
    desk_open(&desk, 160, 48);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ask_state asking = rows[i].asking;
        int64_t now_us = desk.input.now.mono_us;
        asking.held_until_us =
            asking.held_until_us != 0 ? now_us + asking.held_until_us : MOMENT_NEVER;
        asking.poll_us = asking.poll_us != 0 ? now_us + asking.poll_us : MOMENT_NEVER;
        desk.input.asking = &asking;
        desk.conn = rows[i].conn;
        fault_set(&desk.conn.fault, rows[i].reason != NULL ? FAULT_HTTP : FAULT_NONE, 0, "%s",
                  rows[i].reason != NULL ? rows[i].reason : "");
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            fault_set(&desk.input.panes[r].fault, rows[i].outage ? FAULT_CONNECT : FAULT_NONE, 0,
                      "%s", rows[i].outage ? "nobody answers" : "");
            desk.input.panes[r].fault_ms = desk.input.now.wall_ms + 1;
        }
        has(&desk, rows[i].expected);
        if (asking.held_until_us != MOMENT_NEVER) { /* it counts down by itself */
            assert_int_equal(screen_deadline(desk.screen), now_us + 500000);
        }
    }
    desk_close(&desk);
}

/* A leg is marked where it stands behind its order, and nowhere else. */
static void test_legs_are_marked(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(&desk, RESOURCE_ORDERS,
              "{\"orders\":["
              "{\"id\":\"l\",\"symbol\":\"LEGGED\",\"status\":\"PENDING\",\"parentId\":\"p\"},"
              "{\"id\":\"p\",\"symbol\":\"WHOLE\",\"status\":\"PENDING\"}]}");
    char *text = desk_text(&desk, SCREEN_ALL);
    const char *leg = strstr(text, "└ LEGGED"), *whole = strstr(text, "WHOLE");
    assert_non_null(leg);
    assert_non_null(whole);
    assert_true(whole < leg);
    free(text);
    for (int i = 0; i < 2; i++) {
        desk_do(&desk, ACTION_SORT_RIGHT);
        has_not(&desk, "└ LEGGED");
    }
    has(&desk, "LEGGED");
    screen_remembered_set(desk.screen, "orders.sort", "default");
    has(&desk, "└ LEGGED");
    desk_do(&desk, ACTION_FILTER); /* what leaves its order out leaves it alone */
    desk_type(&desk, "legged");
    desk_do(&desk, ACTION_ACCEPT);
    has_not(&desk, "└ LEGGED");
    has(&desk, "LEGGED");
    desk_do(&desk, ACTION_BACK);
    /* Nor where its order stands below, among those that are done. */
    desk_load(&desk, RESOURCE_ORDERS,
              "{\"orders\":["
              "{\"id\":\"l\",\"symbol\":\"LEGGED\",\"status\":\"PENDING\",\"parentId\":\"p\"},"
              "{\"id\":\"m\",\"symbol\":\"OTHERLEG\",\"status\":\"PENDING\",\"parentId\":\"p\"},"
              "{\"id\":\"p\",\"symbol\":\"WHOLE\",\"status\":\"EXECUTED\"}]}");
    has_not(&desk, "└ LEGGED");
    has_not(&desk, "└ OTHERLEG");
    desk_close(&desk);
}

/* A next page that was not fetched, whatever the number of rows: said, and counts are no less. */
static void test_a_list_of_which_there_is_more(void **state)
{
    (void)state;
    static const struct {
        size_t rows;
        resource_mask cut;
        bool said;
    } rows[] = {
        {99, 0, false},
        {99, RESOURCE_BIT(RESOURCE_ORDERS), true},
        {99, RESOURCE_BIT(RESOURCE_POSITIONS), false},
        {100, 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        char words[64];
        desk_open(&desk, 199, 60);
        desk_load_many(&desk, rows[i].rows);
        desk.input.cut = rows[i].cut;
        char *text = desk_text(&desk, SCREEN_ALL);
        snprintf(words, sizeof words, "newest %zu of more", rows[i].rows);
        assert_int_equal(strstr(text, words) != NULL, rows[i].said);
        assert_int_equal(strstr(text, "+]") != NULL, rows[i].said);
        snprintf(words, sizeof words, " all %zu+ ", rows[i].rows);
        assert_int_equal(strstr(text, words) != NULL, rows[i].said);
        free(text);
        desk_close(&desk);
    }
}

/* The seconds of a quiet stream go on by themselves, and only those. */
static void test_a_quiet_stream_is_counted(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk.conn.quiet_since_ms = DESK_NOW_MS - 36400;
    has(&desk, "● LIVE");
    assert_true(screen_deadline(desk.screen) > desk.input.now.mono_us + 2000000);
    desk.conn.quiet = true;
    has(&desk, "quiet for 36 s");
    assert_int_equal(screen_deadline(desk.screen), desk.input.now.mono_us + 600000);
    desk.input.now.mono_us += 600000;
    desk.input.now.wall_ms += 600;
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    has(&desk, "quiet for 37 s");
    assert_int_equal(screen_deadline(desk.screen), desk.input.now.mono_us + 1000000);
    desk_close(&desk);
}

static void test_empty_panes_say_why(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(&desk, RESOURCE_ORDERS, NULL);
    has(&desk, "first load…");
    fault_set(&desk.input.panes[RESOURCE_ORDERS].fault, FAULT_AUTH, 403, "403 Forbidden");
    has(&desk, "not loaded: 403 Forbidden");
    has(&desk, "✗ AUTH");
    desk.input.panes[RESOURCE_ORDERS].fault.kind = FAULT_NONE;
    desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
    has(&desk, "no orders today");
    desk_load(&desk, RESOURCE_POSITIONS, "{\"positions\":[]}");
    has(&desk, "no positions");
    desk_load(&desk, RESOURCE_ACCOUNT, "{\"account\":null}");
    has(&desk, "no trading account");
    desk_load(&desk, RESOURCE_WATCHLISTS, "{\"watchlists\":[]}");
    has(&desk, "no watchlists");
    desk_close(&desk);
}

static void test_an_error_stands_beside_the_rows(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    fault_set(&desk.input.panes[RESOURCE_ORDERS].fault, FAULT_HTTP, 503, "503 Service Unavailable");
    desk.input.panes[RESOURCE_ORDERS].retry_ms = DESK_NOW_MS + 5000;
    desk.input.panes[RESOURCE_ORDERS].stale = true;
    has(&desk, "✗ 503 Service Unavailable · next 14:32:11");
    has(&desk, "≈ as of 14:32:06");
    has(&desk, "RELIANCE");
    desk_close(&desk);
}

/* --- deadlines and frames ------------------------------------------------------------------- */

static const char quote_up[] =
    "{\"watchlists\":[{\"id\":\"w1\",\"name\":\"Default\",\"items\":[{\"id\":\"2\",\"watchlistId\":"
    "\"w1\","
    "\"symbol\":\"SBIN\",\"name\":\"SBIN\",\"ltp\":820.5,\"close\":812.45,\"updatedAt\":null}]}]}";

/* 14:32:06 is shown as 29 Oct from then on; nothing else wakes an idle screen. */
static int64_t midnight(const struct desk *desk)
{
    int64_t end_ms = format_day_end(&desk->input.format, desk->input.now.wall_ms);
    return desk->input.now.mono_us + (end_ms - desk->input.now.wall_ms) * 1000;
}

/* Orders of which none works: no age is shown. */
static void open_done(struct desk *desk)
{
    desk_open(desk, 100, 30);
    desk_load(
        desk, RESOURCE_ORDERS,
        "{\"orders\":[{\"id\":\"o9\",\"symbol\":\"SBIN\",\"quantity\":1,\"orderSide\":\"BUY\","
        "\"status\":\"EXECUTED\",\"filledQuantity\":1}]}");
}

static void test_midnight_ends_today(void **state)
{
    (void)state;
    struct desk desk;
    open_done(&desk);
    has(&desk, "as of 14:32:06");
    desk_later(&desk, (midnight(&desk) - desk.input.now.mono_us) / 1000 - 1);
    assert_false(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    desk_later(&desk, 1);
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    has_not(&desk, "as of 14:32:06");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + INT64_C(86400000000));
    screen_resize(desk.screen, 20, 5); /* three lines, without a time */
    screen_render(desk.screen, &desk.input, 0, desk.canvas);
    assert_true(screen_deadline(desk.screen) == MOMENT_NEVER);
    desk_close(&desk);
}

static void test_an_idle_screen_wakes_nobody(void **state)
{
    (void)state;
    struct desk desk;
    open_done(&desk);
    assert_true(screen_render(desk.screen, &desk.input, SCREEN_ALL, desk.canvas));
    assert_true(screen_deadline(desk.screen) == midnight(&desk));
    desk_later(&desk, 3600000);
    assert_false(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    desk_close(&desk);
}

/* Ages are shown in minutes, and an order at market is remarked upon once. */
static void test_ages_wake_once_a_minute(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48); /* 14:32:06 */
    has(&desk, "8 s  ");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + 54000000);
    desk_later(&desk, 54000);
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    has(&desk, "1 min  ");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + 60000000);
    desk_load(
        &desk, RESOURCE_ORDERS,
        "{\"orders\":[{\"id\":\"o9\",\"symbol\":\"SBIN\",\"quantity\":1,\"orderSide\":\"BUY\","
        "\"orderType\":\"MARKET\",\"status\":\"PENDING\",\"filledQuantity\":0,"
        "\"createdAt\":\"2024-10-28T09:02:59.000Z\"}]}");
    has_not(&desk, "NOT FILLED");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + 9000000);
    desk_later(&desk, 9000);
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    has(&desk, "MARKET, NOT FILLED");
    desk_close(&desk);
}

/* A mistake is said at the edge and hides nothing; views and old filters can be had again. */
static void test_filters_are_typed(void **state)
{
    (void)state;
    static const struct screen_view views[] = {{"losers", "pnl<0"}, {"wrong", "nothing<0"}};
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk.input.views = views;
    desk.input.view_count = 2;
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    desk_do(&desk, ACTION_FILTER);
    desk_type(&desk, "pnl>1000");
    has(&desk, "TOTAL 2 of 5 ");
    desk_type(&desk, " sde:buy");
    has(&desk, "no field 'sde'");
    has(&desk, "TOTAL 2 of 5 ");
    desk_do(&desk, ACTION_ERASE_ALL);
    desk_type(&desk, "@losers");
    has(&desk, "Enter takes the view 'losers'");
    desk_do(&desk, ACTION_ACCEPT);
    has(&desk, " /pnl<0 ");
    has(&desk, "TOTAL 1 of 5 ");
    desk_do(&desk, ACTION_FILTER);
    desk_do(&desk, ACTION_ERASE_ALL);
    desk_type(&desk, "hdfc");
    desk_do(&desk, ACTION_ACCEPT);
    desk_do(&desk, ACTION_FILTER);
    desk_do(&desk, ACTION_RECENT);
    has(&desk, " /hdfc▏");
    desk_do(&desk, ACTION_RECENT);
    has(&desk, " /pnl<0▏");
    desk_do(&desk, ACTION_RECENT);
    has(&desk, " /hdfc▏");
    desk_do(&desk, ACTION_ERASE_ALL);
    desk_type(&desk, "@none");
    desk_do(&desk, ACTION_ACCEPT);
    has(&desk, "no view 'none' in the config");
    desk_close(&desk);
}

static void test_order_views(void **state)
{
    (void)state;
    static const struct {
        const char *title, *has, *has_not;
    } views[] = {{"[working 3] all 8  filled 3  cancelled 1  rejected 1", "done today", "ZZ"},
                 {" working 3 [all 8] filled 3 ", "CANCELLED", "done today"},
                 {"[filled 3]", "Avg", "REJECTED"},
                 {"[cancelled 1]", "INFY", "REJECTED"},
                 {"[rejected 1]", "ADANIENT", "PENDING"},
                 {"[working 3]", "◷ PENDING", "ZZ"}};
    struct desk desk;
    desk_open(&desk, 160, 48);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char *text = desk_text(&desk, SCREEN_ALL);
        char *end = strstr(text, " 2 Positions");
        *end = '\0';
        assert_non_null(strstr(text, views[i].title));
        assert_non_null(strstr(text, views[i].has));
        if (strstr(strstr(text, "┓"), views[i].has_not) != NULL) {
            fail_msg("%s:\n%s", views[i].title, text);
        }
        free(text);
        desk_do(&desk, ACTION_VIEW);
    }
    free(desk_text(&desk, SCREEN_ALL));
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 48, 1); /* on "cancelled" */
    has(&desk, "[cancelled 1]");
    desk_close(&desk);
}

static void test_a_flash_ends_by_its_deadline(void **state)
{
    (void)state;
    struct desk desk;
    open_done(&desk);
    free(desk_text(&desk, SCREEN_ALL));
    desk_load(&desk, RESOURCE_WATCHLISTS, quote_up);
    has(&desk, "▲SBIN");
    int64_t deadline = screen_deadline(desk.screen);
    assert_true(deadline > desk.input.now.mono_us && deadline <= desk.input.now.mono_us + 800000);
    desk_later(&desk, 800);
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    assert_true(screen_deadline(desk.screen) == midnight(&desk));
    has_not(&desk, "▲SBIN");
    desk_close(&desk);
}

static void test_stale_rows_do_not_flash(void **state)
{
    (void)state;
    struct desk desk;
    open_done(&desk);
    free(desk_text(&desk, SCREEN_ALL));
    desk.input.panes[RESOURCE_WATCHLISTS].stale = true;
    desk_load(&desk, RESOURCE_WATCHLISTS, quote_up);
    has(&desk, "≈SBIN");
    assert_true(screen_deadline(desk.screen) == midnight(&desk));
    desk_close(&desk);
}

static void test_a_quote_turns_stale_by_one_deadline(void **state)
{
    (void)state;
    struct desk desk;
    open_done(&desk);
    desk.input.quote_stale_ms = 15000; /* the quotes are from 14:32:00 */
    has_not(&desk, "≈RELIANCE");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + 9000000);
    desk_later(&desk, 9000);
    screen_render(desk.screen, &desk.input, 0, desk.canvas);
    char *text = canvas_text(desk.canvas);
    assert_non_null(strstr(text, "≈RELIANCE"));
    free(text);
    assert_true(screen_deadline(desk.screen) == midnight(&desk));
    desk_close(&desk);
}

/* --- what the user does --------------------------------------------------------------------- */

static void test_pause_holds_the_rows(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_EVENTS);
    desk_do(&desk, ACTION_PAUSE);
    /* The engine patches its rows in place. */
    struct order *first = desk.input.panes[RESOURCE_ORDERS].shown->orders;
    first->symbol = "PATCHED";
    desk_do(&desk, ACTION_SORT_RIGHT);
    has_not(&desk, "PATCHED");
    desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
    event_log_add(desk.event_log, &(struct event_log_entry){.name = "order_cancelled"});
    has(&desk, "▮▮ PAUSED +1");
    has(&desk, "HDFCBANK");
    has_not(&desk, "order_cancelled");
    desk_do(&desk, ACTION_SORT_RIGHT); /* the held rows can be looked at in every way */
    has(&desk, "HDFCBANK");
    desk_do(&desk, ACTION_PAUSE);
    has(&desk, "no orders today");
    has(&desk, "order_cancelled");
    desk_close(&desk);
}

/* What can be sorted by, with what it is sorted by now; the same again turns it round. */
static void test_a_menu_to_sort_by(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_do(&desk, ACTION_FOCUS_WATCHLIST);
    desk_do(&desk, ACTION_SORT);
    assert_int_equal(screen_scope(desk.screen), SCOPE_SORT);
    has(&desk, "Sort by · Watchlist");
    has(&desk, "▸   • as sent");
    has_not(&desk, "  session"); /* a curve has no order */
    desk_do(&desk, ACTION_TOP);
    desk_do(&desk, ACTION_SORT_BY);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    has(&desk, "Symbol↑");
    desk_do(&desk, ACTION_SORT);
    has(&desk, "▸   ↑ Symbol"); /* the cursor is on what is in force */
    desk_do(&desk, ACTION_SORT_BY);
    has(&desk, "Symbol↓");
    desk_do(&desk, ACTION_SORT);
    desk_do(&desk, ACTION_SORT_REVERSE);
    has(&desk, "▸   ↑ Symbol");
    desk_do(&desk, ACTION_COLUMN_RESET);
    has(&desk, "• as sent");
    desk_do(&desk, ACTION_SORT);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    desk_do(&desk, ACTION_FOCUS_EVENTS);
    desk_do(&desk, ACTION_SORT); /* there is nothing to sort */
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    desk_close(&desk);
}

/* On Now positions stand worst first until the user says otherwise, and by name when asked. */
static void test_worst_first_is_no_trap(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 80, 24);
    desk_do(&desk, ACTION_FOCUS_POSITIONS);
    has(&desk, "worst first");
    desk_do(&desk, ACTION_SORT);
    desk_do(&desk, ACTION_TOP);
    has(&desk, "▸     Symbol");
    desk_do(&desk, ACTION_SORT_BY);
    has(&desk, "Symbol↑");
    has_not(&desk, "worst first");
    desk_do(&desk, ACTION_SORT);
    desk_do(&desk, ACTION_COLUMN_RESET);
    desk_do(&desk, ACTION_BACK);
    has(&desk, "worst first");
    desk_close(&desk);
}

static void test_escape_steps_back_and_never_quits(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_ZOOM);
    desk_do(&desk, ACTION_FILTER);
    desk_type(&desk, "nif");
    assert_int_equal(screen_scope(desk.screen), SCOPE_PROMPT);
    desk_do(&desk, ACTION_ACCEPT);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    has(&desk, "2 of 8");
    desk_do(&desk, ACTION_HELP);
    assert_int_equal(desk_do(&desk, ACTION_QUIT).todo, 0); /* q closes here, by another action */
    for (int i = 0; i < 6; i++) {
        assert_int_equal(desk_do(&desk, ACTION_BACK).todo & SCREEN_DO_QUIT, 0);
    }
    has_not(&desk, "2 of 8");
    has(&desk, "3 Account");
    assert_int_equal(desk_do(&desk, ACTION_QUIT).todo, SCREEN_DO_QUIT);
    desk_close(&desk);
}

static void test_commands_for_the_program(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    struct screen_result result = desk_do(&desk, ACTION_REVALIDATE);
    assert_int_equal(result.todo, SCREEN_DO_REVALIDATE);
    assert_int_equal(result.resources, RESOURCE_BIT(RESOURCE_ORDERS));
    assert_int_equal(desk_do(&desk, ACTION_REVALIDATE_ALL).resources, RESOURCE_ALL);
    assert_int_equal(desk_do(&desk, ACTION_SUSPEND).todo, SCREEN_DO_SUSPEND);
    assert_int_equal(desk_do(&desk, ACTION_REPAINT).todo, SCREEN_DO_REPAINT);
    assert_int_equal(desk_do(&desk, ACTION_THEME_NEXT).todo, SCREEN_DO_THEME);
    desk_do(&desk, ACTION_DOWN);
    result = desk_do(&desk, ACTION_COPY);
    assert_true((result.todo & SCREEN_DO_COPY) != 0);
    assert_string_equal(result.copy, "NIFTY24O31C24500");
    result = desk_do(&desk, ACTION_COPY_ROW);
    assert_non_null(strstr(result.copy, "\"id\":\"o2\""));
    desk_close(&desk);
}

static void test_the_detail_never_shows_another_row(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, 30);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_FIELDS);
    has(&desk, "averagePrice");
    desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
    has(&desk, "this row is gone");
    desk_close(&desk);
}

/* An order with a field of so many bytes, its detail painted again and again: processor time. */
static double cost_of_detail(size_t bytes, char *last, size_t size)
{
    enum { FRAMES = 20 };
    static const char head[] = "{\"orders\":[{\"id\":\"o\",\"symbol\":\"A\",\"quantity\":1,"
                               "\"orderSide\":\"BUY\",\"status\":\"PENDING\",\"failureReason\":\"";
    struct desk desk;
    char *body = malloc(bytes + 512);
    memcpy(body, head, sizeof head - 1);
    memset(body + sizeof head - 1, 'x', bytes);
    memcpy(body + sizeof head - 1 + bytes, "\"}]}", 5);
    desk_open(&desk, 80, 40);
    free(desk_text(&desk, SCREEN_ALL));
    desk_load(&desk, RESOURCE_ORDERS, body);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_FIELDS);
    desk_do(&desk, ACTION_BOTTOM);
    free(desk_text(&desk, SCREEN_ALL));
    clock_t before = clock();
    for (int i = 0; i < FRAMES; i++) {
        screen_render(desk.screen, &desk.input, SCREEN_ALL, desk.canvas);
    }
    double cost = (double)(clock() - before);
    desk_do(&desk, ACTION_TOP);
    for (int i = 0; i < 20; i++) {
        desk_do(&desk, ACTION_PAGE_DOWN);
    }
    char *text = desk_text(&desk, SCREEN_ALL);
    snprintf(last, size, "%s", text);
    free(text);
    desk_close(&desk);
    free(body);
    return cost;
}

static void test_a_detail_costs_what_is_read(void **state)
{
    (void)state;
    static char shown[16384];
    double small = cost_of_detail(20000, shown, sizeof shown);
    double large = cost_of_detail(4000000, shown, sizeof shown);
    if (large > 8 * small + CLOCKS_PER_SEC / 50.0) {
        fail_msg("%.0f against %.0f", large, small);
    }
    if (strstr(shown, " of 4000002 bytes") == NULL) {
        fail_msg("%s", shown);
    }
    assert_non_null(strstr(shown, "How current this is"));
}

/* Each press goes to the next thing that is due, and it is seen then. */
static void test_what_is_due_is_stepped_through(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_load(
        &desk, RESOURCE_ORDERS,
        "{\"orders\":[{\"id\":\"o1\",\"symbol\":\"LATE\",\"quantity\":1,\"orderSide\":\"BUY\","
        "\"orderType\":\"MARKET\",\"status\":\"PENDING\",\"filledQuantity\":0,"
        "\"createdAt\":\"2024-10-28T09:02:00.000Z\"},"
        "{\"id\":\"o2\",\"symbol\":\"REFUSED\",\"quantity\":1,\"orderSide\":\"BUY\","
        "\"status\":\"REJECTED\",\"failureReason\":\"margin exceeds\"}]}");
    desk_load(&desk, RESOURCE_POSITIONS,
              "{\"positions\":[{\"id\":\"p1\",\"symbol\":\"STOPPED\",\"quantity\":-5,"
              "\"currentPrice\":101,\"stopLoss\":100,\"averagePrice\":90}]}");
    has(&desk, "! 2: 1 rejected, 1 stop passed"); /* the order is 6 s old */
    desk_later(&desk, 5000);
    has(&desk, "! 3: 1 rejected, 1 stop passed, 1 unfilled");
    has(&desk, "MARKET, NOT FILLED");
    has(&desk, "REJECTED margin");
    has(&desk, "PASSED");
    desk_do(&desk, ACTION_DUE);
    has(&desk, "! 2: 1 rejected, 1 stop passed");
    has(&desk, "▸11 s");
    desk_do(&desk, ACTION_DUE);
    has(&desk, "! 1: 1 stop passed");
    desk_do(&desk, ACTION_VIEW); /* also from where it is hidden */
    desk_do(&desk, ACTION_DUE);
    has(&desk, "▸STOPPED");
    has_not(&desk, "│ ! ");
    desk_do(&desk, ACTION_DUE);
    desk_close(&desk);
}

static void test_mouse(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 10, 4); /* the second order */
    has(&desk, "▸1 min");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 13, 2); /* Symbol's title */
    has(&desk, "Symbol↑");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 13, 2);
    has(&desk, "Symbol↓");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 120, 20); /* the watchlist */
    has(&desk, "┏━ 4 Watchlist");
    screen_mouse(desk.screen, &desk.input, SCREEN_WHEEL_DOWN, 120, 20);
    screen_mouse(desk.screen, &desk.input, SCREEN_WHEEL_DOWN, 10, 4); /* the orders */
    has(&desk, "┏━ 4 Watchlist");
    has(&desk, "! 1");
    for (int x = -3; x < 170; x += 7) {
        for (int y = -3; y < 55; y += 2) {
            for (int button = 0; button < 4; button++) {
                screen_mouse(desk.screen, &desk.input, (enum screen_button)button, x, y);
                screen_render(desk.screen, &desk.input, 0, desk.canvas);
            }
        }
    }
    desk_close(&desk);
}

static void test_a_click_on_a_tab_shows_its_pane(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, 20);
    free(desk_text(&desk, SCREEN_ALL));
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 14, 1);
    has(&desk, "━ 2 Positions");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 0, 1);
    has(&desk, "━ 1 Orders");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 50, 1);
    has(&desk, "━ 5 Tape");
    desk_close(&desk);
}

static void test_a_flash_ends_while_paused(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_load(&desk, RESOURCE_WATCHLISTS, quote_up);
    free(desk_text(&desk, RESOURCE_BIT(RESOURCE_WATCHLISTS)));
    desk_do(&desk, ACTION_PAUSE);
    char *text = desk_text(&desk, 0);
    assert_non_null(strstr(text, "▲SBIN"));
    free(text);
    desk_later(&desk, 800);
    text = desk_text(&desk, 0);
    assert_null(strstr(text, "▲SBIN"));
    free(text);
    desk_close(&desk);
}

static void test_columns_scroll_only_while_there_are_more(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_RIGHT);
    has(&desk, "┃ Wait     Symbol");
    desk_do(&desk, ACTION_ZOOM);
    screen_resize(desk.screen, 60, 20);
    free(desk_text(&desk, 0));
    screen_remembered_set(desk.screen, "orders.columns",
                          "time,symbol,side,prod,type,qty,filled,price,avg,status");
    free(desk_text(&desk, 0));
    for (int i = 0; i < 30; i++) {
        desk_do(&desk, ACTION_RIGHT);
        free(desk_text(&desk, 0));
    }
    has(&desk, "Status"); /* the last column is there, and the symbol still is */
    has(&desk, "┃‹Symbol");
    for (int i = 0; i < 30; i++) {
        desk_do(&desk, ACTION_LEFT);
    }
    has_not(&desk, "‹");
    has_not(&desk, "┃ Time"); /* what matters most is shown; one step shows what stands first */
    desk_do(&desk, ACTION_RIGHT);
    has(&desk, "┃‹Time");
    desk_close(&desk);
}

static void test_state_survives_a_round_trip(void **state)
{
    (void)state;
    struct desk desk;
    const char *key, *value;
    desk_open(&desk, 100, 30);
    static const struct {
        const char *key, *value;
        bool taken;
    } rows[] = {
        {"orders.sort", "-qty", true},
        {"positions.columns", "symbol,qty,value", true},
        {"watchlist.sort", "server", true},
        {"zoom", "on", true},
        {"focus", "positions", true},
        {"theme", "nord", true},
        {"orders.sort", "-nothing", false},
        {"orders.columns", "symbol,symbol", false},
        {"orders.columns", "", false},
        {"orders.columns", ",", false},
        {"nothing.sort", "qty", false},
        {"zoom", "maybe", false},
        {"account.columns", "balance,client", true},
        {"orders.seen", "00000000000000ab,ffffffffffffffff", true},
        {"positions.grouping", "expiry", true},
        {"positions.grouping", "colour", false},
        {"positions.folded", "00000000000000ab,ffffffffffffffff", true},
        {"positions.sort", "default", true},
        {"orders.seen", "ab", false},
        {"orders.seen", "00000000000000ab;", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(screen_remembered_set(desk.screen, rows[i].key, rows[i].value),
                         rows[i].taken);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool found = !rows[i].taken;
        for (size_t n = 0; screen_remembered_get(desk.screen, n, &key, &value); n++) {
            found = found || (strcmp(key, rows[i].key) == 0 && strcmp(value, rows[i].value) == 0);
        }
        assert_true(found);
    }
    has(&desk, "2 Positions");
    has(&desk, "Value");
    desk_close(&desk);
}

/* Where few lines are left, what is said in place of the rows leaves their titles whole. */
static void test_a_reason_leaves_the_titles(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 80, 24);
    desk_do(&desk, ACTION_FILTER);
    desk_type(&desk, "zzz");
    has(&desk, "filter hides 8 ");
    has(&desk, "Wait     Symbol");
    has(&desk, "Limit");
    desk_close(&desk);
}

/* A sentence that comes for a moment is read at every width: what else the line says gives way. */
static void test_a_notice_is_never_left_out(void **state)
{
    (void)state;
    static const struct {
        int columns, rows;
        const char *shown;
    } sizes[] = {
        {160, 48, "daybook: the disk is full (/home/trader/.local/state/blotter/daybook-1.db) "},
        {80, 24, "● LIVE │ daybook: the disk is full (/home/trader/.local/state/blotter/daybook"},
        {60, 20, "● LIVE │ daybook: the disk is full (/home/trader/.local/sta"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct desk desk;
        desk_open(&desk, sizes[i].columns, sizes[i].rows);
        desk.input.notice =
            "daybook: the disk is full (/home/trader/.local/state/blotter/daybook-1.db)";
        has(&desk, sizes[i].shown);
        desk_close(&desk);
    }
}

/* What stands under the rows is as doubtful as they are. */
static void test_sums_without_a_network(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    has(&desk, "│ TOTAL 4 open");
    desk_do(&desk, ACTION_GROUP);
    has(&desk, "│ ▾ BANKNIFTY");
    desk_offline(&desk);
    has(&desk, "│≈TOTAL 4 open");
    has(&desk, "│≈▾ BANKNIFTY");
    has(&desk, "working 3 worth ≈ ~7,62,375");
    desk_close(&desk);
}

/* One width for every amount, and nothing else is hidden. */
/* 80×24 without a network: when it tries again, help and the way out are never dropped. */
static void test_a_small_screen_offline_keeps_what_is_needed(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 80, 24);
    desk_offline(&desk);
    fault_set(&desk.conn.fault, FAULT_CONNECT, 0,
              "cannot connect to api.example.com: connection "
              "refused by everybody who was asked");
    has(&desk, "✗ OFFLINE");
    has(&desk, "next 14:33:02");
    has(&desk, "? help");
    has(&desk, "q quit");
    has(&desk, "│ cannot c"); /* as much of the reason as there is room for */
    screen_resize(desk.screen, 60, 20);
    has(&desk, "next 14:33:02");
    desk_close(&desk);
}

/* A hint is shown where its key works, and a click on it is the key. */
static void test_hints_work(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    has(&desk, "/ filter  s sort");
    char *text = desk_text(&desk, SCREEN_ALL);
    char *line = text;
    for (int y = 0; y < 47; y++) {
        line = strchr(line, '\n') + 1;
    }
    int x = 0;
    for (const char *at = line; at < strstr(line, "? help"); at++) {
        x += ((unsigned char)*at & 0xC0u) != 0x80u;
    }
    free(text);
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, x + 3, 47);
    has(&desk, "Keys · Orders");
    desk_do(&desk, ACTION_BACK);
    desk_do(&desk, ACTION_FOCUS_ACCOUNT);
    has_not(&desk, "s sort");
    has(&desk, "z zoom");
    desk_close(&desk);
}

static void test_help_is_searched(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_FOCUS_EVENTS);
    desk_do(&desk, ACTION_HELP);
    has(&desk, "In other panes"); /* sorting works there */
    has(&desk, "blotter's figure");
    has(&desk, "127.0.0.1:4810"); /* the address stands here and not on the top line */
    desk_do(&desk, ACTION_FILTER);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PROMPT);
    desk_type(&desk, "figure");
    has(&desk, "/figure▏");
    has(&desk, "blotter's figure");
    has_not(&desk, "Quit, from everywhere");
    desk_do(&desk, ACTION_ERASE_WORD);
    desk_type(&desk, "quit");
    desk_do(&desk, ACTION_ACCEPT);
    assert_int_equal(screen_scope(desk.screen), SCOPE_HELP);
    has(&desk, "Quit, from everywhere");
    for (int i = 0; i < 100; i++) {
        desk_type(&desk, "x");
    }
    desk_do(&desk, ACTION_BACK);
    has_not(&desk, "Keys · ");
    desk_do(&desk, ACTION_HELP);
    has(&desk, "In other panes"); /* opened anew it shows everything */
    desk_close(&desk);
}

/* The clock goes on once a minute, and only where it is seen. */
static void test_the_clock_wakes_once_a_minute(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48); /* 14:32:06 */
    desk_load(&desk, RESOURCE_ORDERS, "{\"orders\":[]}");
    has(&desk, "14:32 +05:30");
    assert_true(screen_deadline(desk.screen) == desk.input.now.mono_us + 54000000);
    desk_later(&desk, 53999);
    assert_false(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    desk_later(&desk, 1);
    assert_true(screen_render(desk.screen, &desk.input, 0, desk.canvas));
    has(&desk, "14:33 +05:30");
    screen_resize(desk.screen, 100, 30);
    has_not(&desk, "14:33 +05:30");
    assert_true(screen_deadline(desk.screen) == midnight(&desk));
    desk_close(&desk);
}

static void test_hidden_amounts_eat_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name, *what, *shown;
        resource_mask panes;
    } rows[] = {
        {"order_placed", "NIFTY24O31C24500 BUY 250 2945.50 PENDING",
         "NIFTY24O31C24500 BUY ••••• 2945.50 PENDING", RESOURCE_BIT(RESOURCE_ORDERS)},
        {"order_placed", "500325 SELL 1 10", "500325 SELL ••••• 10", RESOURCE_BIT(RESOURCE_ORDERS)},
        {"balance_updated", "1049221.95 -19211.99", "••••• •••••", RESOURCE_BIT(RESOURCE_ACCOUNT)},
        {"quotes_updated", "12 rows", "12 rows", RESOURCE_BIT(RESOURCE_WATCHLISTS)},
        {"stream", "lost: no answer (try 3)", "lost: no answer (try 3)", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        desk_open(&desk, 160, 48);
        struct event_log_entry entry = {.wall_ms = DESK_NOW_MS, .panes = rows[i].panes};
        snprintf(entry.name, sizeof entry.name, "%s", rows[i].name);
        snprintf(entry.what, sizeof entry.what, "%s", rows[i].what);
        event_log_add(desk.event_log, &entry);
        free(desk_text(&desk, SCREEN_ALL));
        desk_do(&desk, ACTION_EVENTS);
        has(&desk, rows[i].what);
        desk_do(&desk, ACTION_HIDE_AMOUNTS);
        has(&desk, rows[i].shown);
        desk_close(&desk);
    }
}

static void test_hidden_amounts_in_a_detail(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, 60);
    desk_load(&desk, RESOURCE_ORDERS,
              "{\"orders\":[{\"id\":\"77\",\"symbol\":\"A\",\"quantity\":\"4321\",\"price\":2945.5,"
              "\"orderSide\":\"BUY\",\"status\":\"REJECTED\",\"failureReason\":\"need 98765\","
              "\"newFigure\":13579,\"stock\":{\"ltp\":2947.25,\"volume\":8642}}]}");
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_HIDE_AMOUNTS);
    desk_do(&desk, ACTION_FIELDS);
    static const char *const hidden[] = {"4321", "98765", "13579"};
    static const char *const kept[] = {"77", "2945.5", "2947.25", "8642", "REJECTED"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        has_not(&desk, hidden[i]);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        has(&desk, kept[i]);
    }
    desk_close(&desk);
}

static void test_hidden_amounts_are_hidden_everywhere(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_HIDE_AMOUNTS);
    has_not(&desk, "6,280");
    has_not(&desk, "12,34,567");
    has_not(&desk, "BUY 250");
    has(&desk, "2,947.35"); /* a price is not an amount */
    desk_close(&desk);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_screens),
        cmocka_unit_test(test_connection_words),
        cmocka_unit_test(test_how_a_backend_is_asked),
        cmocka_unit_test(test_a_list_of_which_there_is_more),
        cmocka_unit_test(test_legs_are_marked),
        cmocka_unit_test(test_a_quiet_stream_is_counted),
        cmocka_unit_test(test_empty_panes_say_why),
        cmocka_unit_test(test_an_error_stands_beside_the_rows),
        cmocka_unit_test(test_midnight_ends_today),
        cmocka_unit_test(test_an_idle_screen_wakes_nobody),
        cmocka_unit_test(test_ages_wake_once_a_minute),
        cmocka_unit_test(test_filters_are_typed),
        cmocka_unit_test(test_order_views),
        cmocka_unit_test(test_a_flash_ends_by_its_deadline),
        cmocka_unit_test(test_stale_rows_do_not_flash),
        cmocka_unit_test(test_a_quote_turns_stale_by_one_deadline),
        cmocka_unit_test(test_pause_holds_the_rows),
        cmocka_unit_test(test_a_menu_to_sort_by),
        cmocka_unit_test(test_worst_first_is_no_trap),
        cmocka_unit_test(test_escape_steps_back_and_never_quits),
        cmocka_unit_test(test_commands_for_the_program),
        cmocka_unit_test(test_the_detail_never_shows_another_row),
        cmocka_unit_test(test_a_detail_costs_what_is_read),
        cmocka_unit_test(test_what_is_due_is_stepped_through),
        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_a_click_on_a_tab_shows_its_pane),
        cmocka_unit_test(test_a_flash_ends_while_paused),
        cmocka_unit_test(test_columns_scroll_only_while_there_are_more),
        cmocka_unit_test(test_state_survives_a_round_trip),
        cmocka_unit_test(test_a_reason_leaves_the_titles),
        cmocka_unit_test(test_a_notice_is_never_left_out),
        cmocka_unit_test(test_sums_without_a_network),
        cmocka_unit_test(test_a_small_screen_offline_keeps_what_is_needed),
        cmocka_unit_test(test_hints_work),
        cmocka_unit_test(test_help_is_searched),
        cmocka_unit_test(test_the_clock_wakes_once_a_minute),
        cmocka_unit_test(test_hidden_amounts_eat_nothing_else),
        cmocka_unit_test(test_hidden_amounts_in_a_detail),
        cmocka_unit_test(test_hidden_amounts_are_hidden_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
