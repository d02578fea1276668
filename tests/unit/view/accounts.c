/* Three accounts on one screen: two of real money, of which one may be dead, and a mock. */
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

#include <cmocka.h>

#define ACCOUNTS 3

struct trio {
    struct desk desks[ACCOUNTS]; /* the first one's screen and canvas are used */
    struct owner owners[ACCOUNTS];
    const struct owner *pointers[ACCOUNTS];
    struct screen_input inputs[ACCOUNTS];
    struct screen_accounts accounts;
    struct screen_joint *joint;
    struct screen_input input;
};

static void fill(struct trio *trio)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        trio->desks[i].input.now = trio->desks[0].input.now;
        trio->inputs[i] = trio->desks[i].input;
        trio->owners[i].kind = owner_kind_of(trio->inputs[i].badge);
        trio->owners[i].alone = trio->owners[i].kind == OWNER_UNTOLD;
    }
    trio->input = trio->inputs[0];
    trio->accounts.of = trio->inputs;
    screen_joint_fill(trio->joint, trio->desks[0].screen, &trio->accounts, &trio->input);
}

static void trio_open(struct trio *trio, int columns, int rows)
{
    static const char *const names[] = {"kite", "alpaca", "play"};
    static const char *const badges[] = {"REAL", "REAL", "MOCK"};
    memset(trio, 0, sizeof *trio);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        desk_open(&trio->desks[i], columns, rows);
        trio->desks[i].input.badge = badges[i];
        owner_init(&trio->owners[i], names[i], i);
        snprintf(trio->owners[i].currency, sizeof trio->owners[i].currency, "INR");
        trio->owners[i].history = trio->desks[i].history;
        trio->owners[i].tape = trio->desks[i].tape;
        trio->pointers[i] = &trio->owners[i];
    }
    trio->accounts =
        (struct screen_accounts){.owners = trio->pointers, .of = trio->inputs, .count = ACCOUNTS};
    trio->joint = screen_joint_new();
    fill(trio);
}

static void trio_close(struct trio *trio)
{
    for (size_t i = 0; i < ACCOUNTS; i++) {
        desk_close(&trio->desks[i]);
    }
    screen_joint_free(trio->joint);
}

/* Each pane of an account is another snapshot at another version, as the engine would say. */
static void trio_load(struct trio *trio, size_t account, enum resource resource, const char *body)
{
    desk_load(&trio->desks[account], resource, body);
    trio->desks[account].input.panes[resource].version++;
}

static char *trio_text(struct trio *trio, unsigned changed)
{
    struct desk *desk = &trio->desks[0];
    fill(trio);
    screen_render(desk->screen, &trio->input, changed, desk->canvas);
    return canvas_text(desk->canvas);
}

static void trio_do(struct trio *trio, const char *steps)
{
    struct desk *desk = &trio->desks[0];
    for (const char *at = steps; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        enum action action;
        fill(trio);
        if (len == 4 && strncmp(at, "dead", 4) == 0) {
            desk_offline(&trio->desks[1]);
            free(trio_text(trio, SCREEN_ALL));
        } else if (*at == '=') {
            for (size_t i = 1; i < len; i++) {
                screen_char(desk->screen, &trio->input, (unsigned char)at[i]);
            }
        } else {
            assert_true(action_parse(at, len, &action));
            screen_action(desk->screen, &trio->input, action);
        }
        free(trio_text(trio, 0));
        at += len;
    }
}

/* --- golden screens ------------------------------------------------------------------------- */

static void test_golden_screens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int columns, rows;
        const char *steps;
    } rows[] = {
        {"accounts-full", 160, 48, ""},
        {"accounts-full-dead", 160, 48, "dead"},
        {"accounts-now", 80, 24, ""},
        {"accounts-now-dead", 80, 24, "dead"},
        {"accounts-table", 80, 24, "dead focus-account down"},
        {"accounts-tape", 80, 24, "focus-events"},
        {"accounts-watchlist", 80, 24, "focus-watchlist list-next list-next"},
        {"accounts-medium", 100, 30, "dead"},
        {"accounts-small", 60, 20, "dead"},
        {"accounts-mini", 20, 5, "dead"},
        {"accounts-one", 160, 48, "dead account-next account-next"},
        {"accounts-filter", 80, 24, "filter =acct:alp accept"},
        {"accounts-hidden", 80, 24, "hide-amounts"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trio trio;
        trio_open(&trio, rows[i].columns, rows[i].rows);
        free(trio_text(&trio, SCREEN_ALL));
        trio_do(&trio, rows[i].steps);
        char *text = trio_text(&trio, 0);
        desk_compare(GOLDEN_DIR, rows[i].name, text);
        screen_resize(trio.desks[0].screen, rows[i].columns, rows[i].rows);
        char *whole = trio_text(&trio, SCREEN_ALL); /* in parts as at once */
        assert_string_equal(text, whole);
        free(text);
        free(whole);
        trio_close(&trio);
    }
}

/* Every size says something, and says it within the canvas. */
static void test_every_size(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 80, 24);
    trio_do(&trio, "dead");
    for (int rows = 1; rows < 60; rows += 3) {
        for (int columns = 1; columns < 220; columns += 7) {
            screen_resize(trio.desks[0].screen, columns, rows);
            char *text = trio_text(&trio, SCREEN_ALL);
            assert_true(strspn(text, " \n") < strlen(text));
            free(text);
        }
    }
    trio_close(&trio);
}

/* --- what stands where ---------------------------------------------------------------------- */

static void expect(struct trio *trio, const char *needle, bool there)
{
    char *text = trio_text(trio, SCREEN_ALL);
    if ((strstr(text, needle) != NULL) != there) {
        fail_msg("%s'%s' in\n%s", there ? "no " : "", needle, text);
    }
    free(text);
}

/* The same orders with the same ids in three accounts are three rows each. */
static void test_ids_that_collide_are_rows_of_their_own(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    expect(&trio, "working 9", true);
    trio_do(&trio, "account-next");
    expect(&trio, "working 3", true);
    trio_do(&trio, "account-previous");
    expect(&trio, "working 9", true);
    trio_do(&trio, "account-previous");
    expect(&trio, "working 3", true);
    trio_do(&trio, "account-all");
    expect(&trio, "working 9", true);
    trio_close(&trio);
}

/* What one account's answer changes is changed in its rows alone. */
static void test_an_answer_changes_its_own_rows(void **state)
{
    (void)state;
    static const char body[] =
        "{\"orders\":[{\"id\":\"o1\",\"symbol\":\"ZOMATO\",\"quantity\":10,\"orderSide\":\"BUY\","
        "\"orderType\":\"LIMIT\",\"price\":5,\"status\":\"PENDING\",\"filledQuantity\":0}]}";
    struct trio trio;
    trio_open(&trio, 160, 48);
    expect(&trio, "RELIANCE", true);
    trio_load(&trio, 1, RESOURCE_ORDERS, body);
    char *text = trio_text(&trio, RESOURCE_BIT(RESOURCE_ORDERS));
    assert_non_null(strstr(text, "ZOMATO"));
    assert_non_null(strstr(text, "working 7"));
    free(text);
    trio_do(&trio, "filter =acct:kite");
    expect(&trio, "ZOMATO", false);
    trio_do(&trio, "erase-all =acct:alpaca");
    expect(&trio, "ZOMATO", true);
    trio_close(&trio);
}

/* One dead account: its own figures and the sums they are in, nobody else's. */
static void test_a_dead_account_marks_its_own(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    expect(&trio, "≈", false);
    trio_do(&trio, "dead");
    char *text = trio_text(&trio, SCREEN_ALL);
    assert_non_null(strstr(text, "[alpaca ≈"));
    assert_non_null(strstr(text, "[kite ●"));
    assert_non_null(strstr(text, "[play ●"));
    assert_non_null(strstr(text, "Σ real ≈"));
    for (const char *line = text; line != NULL; line = strchr(line + 1, '\n')) {
        size_t len = strcspn(line + 1, "\n");
        char copy[2048];
        snprintf(copy, sizeof copy, "%.*s", (int)len, line + 1);
        bool marked =
            strncmp(copy, "│≈", strlen("│≈")) == 0 || strncmp(copy, "┃≈", strlen("┃≈")) == 0;
        bool its = strstr(copy, "alpaca") != NULL || strstr(copy, "TOTAL real") != NULL;
        assert_true(!marked || its);
    }
    free(text);
    trio_close(&trio);
}

/* Real and made-up money stand in lines of their own, whatever is shown. */
static void test_kinds_are_never_added(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    expect(&trio, "TOTAL real INR", true);
    expect(&trio, "TOTAL mock INR", true);
    snprintf(trio.owners[1].currency, sizeof trio.owners[1].currency, "USD");
    expect(&trio, "TOTAL real USD", true);
    char *text = trio_text(&trio, SCREEN_ALL);
    text[strcspn(text, "\n")] = '\0';
    assert_null(strstr(text, "Σ")); /* no two are of one kind and currency */
    free(text);
    trio_close(&trio);
}

/* A row that wants attention says so in the margin, and beside it that it is stale. */
static void test_attention_does_not_hide_that_a_row_is_stale(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    trio_do(&trio, "dead");
    expect(&trio, "!≈alp", true);
    expect(&trio, "!kite", true);
    trio_close(&trio);
}

/* Columns that were chosen for one account leave out whose a row is. */
static void test_whose_a_row_is_always_stands_there(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    assert_true(screen_remembered_set(trio.desks[0].screen, "orders.columns", "symbol,qty"));
    assert_true(
        screen_remembered_set(trio.desks[0].screen, "positions.columns", "symbol,acct,qty"));
    expect(&trio, "Acct     Symbol", true);
    char *text = trio_text(&trio, SCREEN_ALL);
    const char *second = strstr(text, "2 Positions");
    assert_non_null(second);
    assert_true(strstr(second, "Symbol") < strstr(second, "Acct"));
    free(text);
    trio_do(&trio, "account-next"); /* of one, nothing says whose */
    expect(&trio, "Acct ", false);
    trio_close(&trio);
}

/* While nobody looked, something happened in two accounts. */
static void test_the_digest_names_accounts(void **state)
{
    (void)state;
    struct trio trio;
    struct tape_entry entry;
    trio_open(&trio, 160, 48);
    free(trio_text(&trio, SCREEN_ALL));
    trio_do(&trio, "down");
    desk_later(&trio.desks[0], 180000);
    tape_entry_init(&entry, TAPE_REJECTED, DESK_NOW_MS + 1000);
    tape_add(trio.desks[1].tape, &entry);
    tape_entry_init(&entry, TAPE_FILLED, DESK_NOW_MS + 2000);
    tape_add(trio.desks[2].tape, &entry);
    tape_add(trio.desks[2].tape, &entry);
    trio_do(&trio, "down");
    expect(&trio, "AWAY 3 min", true);
    expect(&trio, "2 filled · 1 rejected · alpaca 1, play 2", true);
    /* The real ones together, the mock for itself, whichever was stepped to meanwhile. */
    expect(&trio, " Day Σ real +12,561 → +12,561  Σ mock +6,281 → +6,281 ", true);
    trio_do(&trio, "account-next");
    desk_later(&trio.desks[0], 180000);
    trio_do(&trio, "down");
    assert_int_equal(trio.accounts.shown, 0);
    expect(&trio, " Day Σ real +12,561 → +12,561  Σ mock +6,281 → +6,281 ", true);
    trio_close(&trio);
}

/* Nothing is added that differs in currency, and what is stale says so for itself. */
static void test_the_digest_has_a_day_for_each_currency(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    snprintf(trio.owners[1].currency, sizeof trio.owners[1].currency, "USD");
    free(trio_text(&trio, SCREEN_ALL));
    trio_do(&trio, "down");
    desk_later(&trio.desks[0], 180000);
    trio_do(&trio, "dead down");
    expect(&trio, "kite", true);
    expect(&trio, "+6,281 → ≈+6,281", true);
    expect(&trio, "12,561", false);
    trio_close(&trio);
}

/* A server's clock that is a day ahead makes its own quotes no newer than anybody else's. */
static void test_a_clock_that_is_a_day_off_is_its_own(void **state)
{
    (void)state;
    struct trio trio;
    static const char *const days[] = {"28", "29", "28"};
    trio_open(&trio, 160, 48);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        char body[256];
        snprintf(body, sizeof body,
                 "{\"watchlists\":[{\"id\":\"w\",\"name\":\"W\",\"items\":[{\"id\":\"i\","
                 "\"symbol\":\"S%zu\",\"ltp\":5,\"updatedAt\":\"2024-10-%sT09:02:00.000Z\"}]}]}",
                 i, days[i]);
        trio_load(&trio, i, RESOURCE_WATCHLISTS, body);
        trio.desks[i].input.quote_stale_ms = 15000;
    }
    trio_do(&trio, "focus-watchlist");
    for (size_t i = 0; i < ACCOUNTS; i++) {
        char text[8];
        snprintf(text, sizeof text, "▸S%zu", i);
        expect(&trio, text, true);
        expect(&trio, "≈", false);
        trio_do(&trio, "list-next");
    }
    trio_do(&trio, "focus-orders");
    expect(&trio, "≈S0", false);
    desk_later(&trio.desks[0], 20000); /* and all of them grow old */
    expect(&trio, "≈S0", true);
    trio_close(&trio);
}

/* What a row, and a symbol, are of several accounts', is said where they are shown. */
static void test_pages_name_the_account(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    free(trio_text(&trio, SCREEN_ALL));
    trio_do(&trio, "down fields");
    expect(&trio, "RELIANCE · alpaca", true);
    trio_do(&trio, "back detail");
    expect(&trio, "NSE  alpaca", true);
    trio_do(&trio, "back help");
    expect(&trio, "Show all accounts together", true);
    trio_close(&trio);
}

static void test_enter_opens_an_account(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 80, 24);
    trio_do(&trio, "focus-account down down detail");
    assert_int_equal(trio.accounts.shown, 2);
    expect(&trio, "Balance", true);
    trio_do(&trio, "account-next");
    assert_true(trio.accounts.shown == SCREEN_ALL_ACCOUNTS);
    trio_close(&trio);
}

/* --- the mouse, the pause, what happened behind it -------------------------------------------- */

static void trio_click(struct trio *trio, int x, int y)
{
    fill(trio);
    screen_mouse(trio->desks[0].screen, &trio->input, SCREEN_CLICK, x, y);
    free(trio_text(trio, 0));
}

/* The column of a text on the top line. */
static int column_of(struct trio *trio, const char *needle)
{
    char *text = trio_text(trio, 0), *found = strstr(text, needle);
    assert_non_null(found);
    *found = '\0';
    int column = text_width(text);
    free(text);
    return column;
}

static void test_a_click_on_the_strip_chooses(void **state)
{
    (void)state;
    static const struct {
        int columns;
        const char *needle;
        size_t chosen;
    } rows[] = {
        {160, "[kite", 0},
        {160, "[alpaca", 1},
        {160, "play", 2},
        {80, "play", 2},
        {160, "REAL", SCREEN_ALL_ACCOUNTS},
        {160, "Σ", SCREEN_ALL_ACCOUNTS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trio trio;
        trio_open(&trio, rows[i].columns, 24);
        free(trio_text(&trio, SCREEN_ALL));
        trio_click(&trio, column_of(&trio, rows[i].needle), 0);
        if (trio.accounts.shown != rows[i].chosen) {
            fail_msg("%s at %d columns", rows[i].needle, rows[i].columns);
        }
        trio_click(&trio, 3, 0); /* on the line of the one that is shown */
        assert_true(trio.accounts.shown == SCREEN_ALL_ACCOUNTS);
        trio_close(&trio);
    }
}

/* What stood when the pause began stands for every account, whichever is shown. */
static void test_a_pause_outlasts_a_step(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    free(trio_text(&trio, SCREEN_ALL));
    expect(&trio, "RELIANCE", true);
    trio_do(&trio, "pause");
    for (size_t i = 0; i < ACCOUNTS; i++) {
        trio_load(&trio, i, RESOURCE_ORDERS, "{\"orders\":[]}");
    }
    for (size_t i = 0; i <= ACCOUNTS; i++) {
        free(trio_text(&trio, RESOURCE_BIT(RESOURCE_ORDERS)));
        expect(&trio, "PAUSED", true);
        expect(&trio, "RELIANCE", true);
        expect(&trio, "no orders", false);
        trio_do(&trio, "account-next");
    }
    trio_do(&trio, "pause");
    expect(&trio, "PAUSED", false);
    expect(&trio, "no orders", true);
    trio_close(&trio);
}

static void log_event(struct trio *trio, size_t account, int64_t at_ms, const char *what)
{
    struct event_log_entry entry = {.wall_ms = at_ms, .outcome = EVENT_LOG_NOTED};
    snprintf(entry.name, sizeof entry.name, "stream");
    snprintf(entry.what, sizeof entry.what, "%s", what);
    event_log_add(trio->desks[account].event_log, &entry);
}

/* Newest first, of whomever; the selected one stays selected when others come, and says whose it
 * is. Those that come behind a pause wait. */
static void test_events_of_all_stand_together(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    int64_t now_ms = trio.desks[0].input.now.wall_ms;
    free(trio_text(&trio, SCREEN_ALL));
    log_event(&trio, 2, now_ms + 1000, "first of play");
    log_event(&trio, 1, now_ms + 2000, "second of alpaca");
    log_event(&trio, 2, now_ms + 3000, "third of play");
    trio_do(&trio, "events focus-events");
    char *text = trio_text(&trio, SCREEN_ALL);
    char *third = strstr(text, "third of play"), *second = strstr(text, "second of alpaca"),
         *first = strstr(text, "first of play");
    assert_true(third != NULL && second > third && first > second);
    free(text);
    expect(&trio, "play   stream", true);
    expect(&trio, "alpaca stream", true);
    trio_do(&trio, "down");
    log_event(&trio, 0, now_ms + 4000, "fourth of kite");
    trio_do(&trio, "fields");
    expect(&trio, "Event · alpaca", true);
    expect(&trio, "second of alpaca", true);
    trio_do(&trio, "back pause");
    log_event(&trio, 1, now_ms + 5000, "fifth of alpaca");
    free(trio_text(&trio, SCREEN_ALL));
    expect(&trio, "fifth", false);
    expect(&trio, "PAUSED +1", true);
    trio_do(&trio, "account-next account-next");
    assert_int_equal(trio.accounts.shown, 1);
    expect(&trio, "second of alpaca", true);
    expect(&trio, "fourth of kite", false);
    expect(&trio, "fifth", false);
    trio_do(&trio, "account-all pause");
    expect(&trio, "fifth of alpaca", true);
    trio_close(&trio);
}

/* Rejections that were seen beside others are known as those that the account has alone, and back.
 */
static void test_what_was_seen_is_its_accounts(void **state)
{
    (void)state;
    struct trio trio;
    const char *value;
    char kept[32];
    trio_open(&trio, 160, 48);
    free(trio_text(&trio, SCREEN_ALL));
    fill(&trio);
    struct screen *screen = trio.desks[0].screen;
    assert_false(screen_seen_get(screen, &trio.input, 1, 0, &value));
    trio_do(&trio, "account-next account-next seen account-all");
    fill(&trio);
    assert_false(screen_seen_get(screen, &trio.input, 0, 0, &value));
    assert_true(screen_seen_get(screen, &trio.input, 1, 0, &value));
    snprintf(kept, sizeof kept, "%s", value);
    const struct order *orders = trio.inputs[1].panes[RESOURCE_ORDERS].shown->orders;
    size_t i = 0;
    while (orders[i].class != ORDER_REJECTED) {
        i++;
    }
    assert_int_equal(strtoull(kept, NULL, 16), model_key(orders[i].row.id, NULL));
    assert_false(screen_seen_get(screen, &trio.input, 1, 1, &value));
    trio_close(&trio);
    trio_open(&trio, 160, 48);
    assert_true(screen_seen_set(trio.desks[0].screen, &trio.owners[1], kept));
    free(trio_text(&trio, SCREEN_ALL));
    fill(&trio);
    assert_true(screen_seen_get(trio.desks[0].screen, &trio.input, 1, 0, &value));
    assert_string_equal(value, kept);
    expect(&trio, "2 rejected", true);
    trio_close(&trio);
}

/* A click's worth of steps with everything paused, opened and filtered: nothing is read that is
 * gone. */
static void test_accounts_come_and_go(void **state)
{
    (void)state;
    struct trio trio;
    trio_open(&trio, 160, 48);
    trio_do(&trio, "pause down detail");
    trio_load(&trio, 0, RESOURCE_ORDERS, "{\"orders\":[]}");
    free(trio_text(&trio, RESOURCE_BIT(RESOURCE_ORDERS)));
    trio_do(&trio, "back account-next account-next");
    trio.accounts.count = 1; /* the one that is shown goes */
    free(trio_text(&trio, SCREEN_ALL));
    expect(&trio, "alpaca", false);
    trio_do(&trio, "account-all pause");
    trio.accounts.count = ACCOUNTS;
    expect(&trio, "alpaca", true);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            trio_load(&trio, i, (enum resource)r, NULL);
        }
    }
    expect(&trio, "first load", true);
    trio_close(&trio);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_screens),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_ids_that_collide_are_rows_of_their_own),
        cmocka_unit_test(test_an_answer_changes_its_own_rows),
        cmocka_unit_test(test_a_dead_account_marks_its_own),
        cmocka_unit_test(test_kinds_are_never_added),
        cmocka_unit_test(test_attention_does_not_hide_that_a_row_is_stale),
        cmocka_unit_test(test_whose_a_row_is_always_stands_there),
        cmocka_unit_test(test_the_digest_names_accounts),
        cmocka_unit_test(test_the_digest_has_a_day_for_each_currency),
        cmocka_unit_test(test_a_clock_that_is_a_day_off_is_its_own),
        cmocka_unit_test(test_pages_name_the_account),
        cmocka_unit_test(test_enter_opens_an_account),
        cmocka_unit_test(test_a_click_on_the_strip_chooses),
        cmocka_unit_test(test_a_pause_outlasts_a_step),
        cmocka_unit_test(test_events_of_all_stand_together),
        cmocka_unit_test(test_what_was_seen_is_its_accounts),
        cmocka_unit_test(test_accounts_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
