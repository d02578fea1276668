#include "desk.h"

#include <blotter/core/hash.h>

#include <locale.h>
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

static void tell(struct desk *desk, enum tape_kind kind, const char *symbol)
{
    struct tape_entry entry;
    tape_entry_init(&entry, kind, desk->input.now.wall_ms);
    snprintf(entry.symbol, sizeof entry.symbol, "%s", symbol);
    tape_add(desk->tape, &entry);
}

/* Whether a text stands above another one. */
static bool stands_above(struct desk *desk, const char *upper, const char *lower)
{
    char *text = desk_text(desk, SCREEN_ALL);
    const char *a = strstr(text, upper), *b = strstr(text, lower);
    bool above = a != NULL && b != NULL && a < b;
    free(text);
    return above;
}

/* What is new stands above the line; it is new from the last key before an absence on. */
static void test_new_since_you_looked(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_do(&desk, ACTION_FOCUS_EVENTS);
    assert_false(shows(&desk, "new since you looked"));
    desk_later(&desk, 60000);
    tell(&desk, TAPE_STOP, "FIRST");
    assert_true(shows(&desk, "1 new"));
    assert_true(stands_above(&desk, "FIRST", "new since you looked, 14:32"));
    desk_later(&desk, 300000);
    tell(&desk, TAPE_STOP, "SECOND");
    desk_do(&desk, ACTION_DOWN); /* back: the line stands where the user left */
    assert_true(shows(&desk, "2 new"));
    assert_true(stands_above(&desk, "FIRST", "new since you looked, 14:32"));
    desk_later(&desk, 1000);
    desk_do(&desk, ACTION_UP);
    assert_true(shows(&desk, "2 new"));
    desk_do(&desk, ACTION_SEEN);
    assert_false(shows(&desk, " new"));
    desk_close(&desk);
}

/* Whoever works all the time sees the last minutes' news, not the day's. */
static void test_a_busy_user_has_looked(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk_do(&desk, ACTION_DOWN);
    for (int i = 0; i < 8; i++) {
        tell(&desk, TAPE_STOP, "TICK");
        desk_later(&desk, 60000);
        desk_do(&desk, ACTION_DOWN);
    }
    assert_true(shows(&desk, "1 new"));
    desk_close(&desk);
}

/* Texts of the server are cut and cleaned like all others, at every width. */
static void test_hostile_texts(void **state)
{
    (void)state;
    for (int columns = 20; columns <= 200; columns += 7) {
        struct desk desk;
        struct tape_entry entry;
        desk_open(&desk, columns, 30);
        tape_entry_init(&entry, TAPE_REJECTED, desk.input.now.wall_ms);
        memset(entry.text, 'x', sizeof entry.text - 1);
        memcpy(entry.text, "\033[2J\302\233", 6);
        memset(entry.symbol, '\xff', sizeof entry.symbol - 1);
        tape_add(desk.tape, &entry);
        desk_do(&desk, ACTION_FOCUS_EVENTS);
        char *text = desk_text(&desk, SCREEN_ALL);
        assert_null(strchr(text, '\033'));
        assert_null(strstr(text, "\xff"));
        free(text);
        desk_close(&desk);
    }
}

/* The selected entry is in sight, however many lines the entries take. */
static void test_moving(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, 12);
    desk_do(&desk, ACTION_FOCUS_EVENTS);
    for (int i = 0; i < 10; i++) {
        desk_do(&desk, ACTION_DOWN);
        assert_true(shows(&desk, "┃▸"));
    }
    assert_true(shows(&desk, "▸13:02:02 FILLED"));
    desk_do(&desk, ACTION_TOP);
    assert_true(shows(&desk, "▸14:32:05 FILLED"));
    struct screen_result result = desk_do(&desk, ACTION_COPY);
    assert_string_equal(result.copy,
                        "FILLED SELL 40 TCS @ 4,118.20, limit 4,115.00, 3 s after placing");
    screen_mouse(desk.screen, &desk.input, SCREEN_CLICK, 10, 5);
    assert_true(shows(&desk, "▸14:31:58 PLACED"));
    desk_close(&desk);
}

/* --- away ----------------------------------------------------------------------------------- */

/* Two minutes without a key, then one: what happened in between stands in a line. */
static void test_digest(void **state)
{
    (void)state;
    static const struct {
        int columns, rows;
        const char *expected;
    } rows[] = {
        {160, 48,
         " AWAY 12 min   Day +6,281 → +5,281 · 2 filled · 1 closed +1,719.90 · 1 rejected · 1 stop"
         " passed · 1 placed"},
        {80, 24, " AWAY 12 min   Day +6,281 → +5,281 · 2 filled · 1 rejected · 1 stop passed"},
        {60, 20, " AWAY 12 min   Day +6,281 → +5,281 · 1 rejected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        struct tape_entry entry;
        desk_open(&desk, rows[i].columns, rows[i].rows);
        free(desk_text(&desk, SCREEN_ALL));
        desk_do(&desk, ACTION_DOWN);
        desk_later(&desk, 119000);
        desk_do(&desk, ACTION_DOWN);
        assert_false(shows(&desk, "AWAY"));
        tape_entry_init(&entry, TAPE_CLOSED, desk.input.now.wall_ms);
        entry.amount = 1719.9;
        tape_add(desk.tape, &entry);
        tell(&desk, TAPE_FILLED, "A");
        tell(&desk, TAPE_FILLED, "B");
        tell(&desk, TAPE_REJECTED, "C");
        tell(&desk, TAPE_STOP, "D");
        tell(&desk, TAPE_PLACED, "E");
        struct position *first = desk.input.panes[RESOURCE_POSITIONS].shown->positions;
        first->day_pnl -= 1000;
        first->row.version++;
        desk_later(&desk, 12 * 60000);
        free(desk_text(&desk, RESOURCE_BIT(RESOURCE_POSITIONS)));
        desk_do(&desk, ACTION_DOWN);
        if (!shows(&desk, rows[i].expected)) {
            char *text = desk_text(&desk, SCREEN_ALL);
            const char *line = strstr(text, " AWAY");
            fail_msg("not '%s' but %.200s", rows[i].expected, line != NULL ? line : "none");
        }
        desk_later(&desk, 500);
        assert_int_equal(desk_do(&desk, ACTION_HELP).todo, SCREEN_DO_RENDER); /* acts as ever */
        assert_false(shows(&desk, "AWAY"));
        assert_int_equal(screen_scope(desk.screen), SCOPE_HELP);
        desk_close(&desk);
    }
}

/* Whoever started it has looked; what came before the first key is told. */
static void test_digest_of_who_only_started(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    tell(&desk, TAPE_FILLED, "A");
    desk_later(&desk, 300000);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    assert_true(shows(&desk, "AWAY 5 min   Day +6,281 → +6,281 · 1 filled"));
    desk_close(&desk);
}

/* A past day brings nothing new, however long one looks at it. */
static void test_no_digest_of_a_past_day(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    desk.input.day = "2026-11-27";
    tell(&desk, TAPE_FILLED, "A");
    assert_false(shows(&desk, "new ─"));
    desk_do(&desk, ACTION_DOWN);
    desk_later(&desk, 300000);
    desk_do(&desk, ACTION_DOWN);
    assert_false(shows(&desk, "AWAY"));
    desk_close(&desk);
}

/* A day that began meanwhile has nothing to do with the figure of the one before. */
static void test_digest_over_midnight(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    desk_later(&desk, 26 * 3600 * 1000);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    assert_true(shows(&desk, "AWAY 26 h 00   new day +6,281"));
    desk_close(&desk);
}

/* Without a network the day is what it was, and is marked. */
static void test_digest_offline(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 160, 48);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    desk_later(&desk, 300000);
    desk_offline(&desk);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    assert_true(shows(&desk, "AWAY 5 min   Day +6,281 → ≈+6,281"));
    desk_close(&desk);
}

/* An order's or position's way as a stream tells it, with what a reader makes of it. */
enum { SENT_MAX = 4 };
static const struct way {
    const char *events[SENT_MAX][2]; /* type and status */
    enum tape_kind counts[SENT_MAX];
} ways[] = {
    {{{"order_placed", "PENDING"}, {"order_executed", "EXECUTED"}}, {TAPE_PLACED, TAPE_FILLED}},
    {{{"order_placed", "PENDING"}, {"order_cancelled", "CANCELLED"}},
     {TAPE_PLACED, TAPE_CANCELLED}},
    {{{"order_placed", "PENDING"}, {"order_cancelled", "REJECTED"}}, {TAPE_PLACED, TAPE_REJECTED}},
    {{{"position_opened", ""}, {"position_closed", ""}}, {TAPE_KINDS, TAPE_CLOSED}},
};

static void send(struct desk *desk, size_t way, int id, size_t step, uint64_t number)
{
    char text[512], id_text[24];
    const char *type = ways[way].events[step][0], *status = ways[way].events[step][1];
    bool order = strncmp(type, "order", 5) == 0;
    snprintf(text, sizeof text,
             "{\"event\":\"%s\",\"data\":{\"%s\":\"x%d\",\"symbol\":\"S\",\"quantity\":%d,"
             "\"status\":\"%s\",\"averagePrice\":1,\"realizedPnL\":2}}",
             type, order ? "orderId" : "positionId", id,
             strcmp(type, "position_closed") == 0 ? 0 : 5, status);
    snprintf(id_text, sizeof id_text, "%d", (int)number);
    struct event event;
    struct sse_event sse = {.type = "message",
                            .type_len = 7,
                            .data = text,
                            .data_len = strlen(text),
                            .id = id_text,
                            .id_len = strlen(id_text)};
    assert_true(event_parse(&sse, &event));
    tape_event(desk->tape, desk->input.now, &event, false);
}

/* Whatever comes, and however often it is told again: each is counted as --watch prints it, once.
 */
static void test_digest_counts_what_was_told(void **state)
{
    (void)state;
    uint64_t dice = 7;
    for (int run = 0; run < 20; run++) {
        struct desk desk;
        struct tape_counts before;
        uint64_t told[TAPE_KINDS + 1] = {0};
        desk_open(&desk, 160, 48);
        free(desk_text(&desk, SCREEN_ALL));
        desk_do(&desk, ACTION_DOWN);
        before = tape_counts(desk.tape);
        uint64_t number = 1;
        for (int id = 0; id < 200; id++) {
            size_t way = (size_t)(hash_next(&dice) % (sizeof ways / sizeof *ways));
            size_t steps = 1 + (size_t)(hash_next(&dice) % 2);
            for (size_t step = 0; step < steps; step++) {
                send(&desk, way, id, step, number++);
                told[ways[way].counts[step]]++;
                if (hash_next(&dice) % 3 == 0) { /* replayed after a break */
                    send(&desk, way, id, step, number - 1);
                }
            }
        }
        desk_later(&desk, 180000);
        desk_do(&desk, ACTION_DOWN);
        struct tape_counts after = tape_counts(desk.tape);
        char expected[64];
        snprintf(expected, sizeof expected, " · %d filled · %d closed", (int)told[TAPE_FILLED],
                 (int)told[TAPE_CLOSED]);
        assert_true(shows(&desk, expected));
        for (int kind = 0; kind < TAPE_KINDS; kind++) {
            assert_int_equal(after.of[kind] - before.of[kind], told[kind]);
        }
        desk_close(&desk);
    }
}

/* Coming back into focus is as good as a key; Enter then lists what was counted. */
static void test_digest_lists(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, 30);
    free(desk_text(&desk, SCREEN_ALL));
    desk_do(&desk, ACTION_DOWN);
    desk_later(&desk, 300000);
    tell(&desk, TAPE_FILLED, "WHILE-AWAY");
    screen_entered(desk.screen, &desk.input);
    assert_true(shows(&desk, "AWAY 5 min"));
    assert_true(shows(&desk, "1 filled"));
    assert_false(shows(&desk, "WHILE-AWAY"));
    desk_later(&desk, 2000);
    desk_do(&desk, ACTION_DETAIL);
    assert_int_equal(screen_scope(desk.screen), SCOPE_PANES);
    assert_true(stands_above(&desk, "WHILE-AWAY", "new since you looked, 14:32"));
    assert_false(shows(&desk, "AWAY 5 min"));
    desk_later(&desk, 300000);
    desk_do(&desk, ACTION_HIDE_AMOUNTS);
    assert_true(shows(&desk, "Day ••••• → •••••"));
    desk_close(&desk);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_since_you_looked),
        cmocka_unit_test(test_a_busy_user_has_looked),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_moving),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_digest_of_who_only_started),
        cmocka_unit_test(test_digest_over_midnight),
        cmocka_unit_test(test_no_digest_of_a_past_day),
        cmocka_unit_test(test_digest_offline),
        cmocka_unit_test(test_digest_counts_what_was_told),
        cmocka_unit_test(test_digest_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
