/* What the day brought: sums over lists that come one after the other. */
#include <blotter/core/decode.h>
#include <blotter/core/money.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 6
#define BEGIN_MS 1000

/*
 * Lists are written "id quantity day unrealised realised flags; …" with - for null; flags: c the
 * server says it is closed, p an event said so and no response yet, . none. "|" in front: a new
 * day.
 */
struct story {
    const char *name;
    const char *lists[STEPS];
    const char *expected; /* "booked open day" of the last list */
};

static const struct story stories[] = {
    {"nothing", {""}, "? since 1000: none 0 0"},
    {"open only: the day is not known", {"a 10 100 200 - ."}, "? since 1000: none 100 100"},
    {"a row without its figure",
     {"a 10 100 200 - .; b 5 - - - ."},
     "? since 1000: none 100(1) 100(1)"},
    {"every row without", {"a 10 - 200 - ."}, "? since 1000: none none(1) none(1)"},
    {"the server lists what is closed",
     {"a 10 100 200 - .; b 0 -30 0 -30 c"},
     "whole since 1000: -30 100 70"},
    {"listed as closed without a figure",
     {"a 10 100 200 - .; b 0 - 0 - c"},
     "since since 1000: none(1) 100 100(1)"},
    {"closed by an event at the price last seen",
     {"a 10 100 200 5 .; b 5 7 9 0 .", "a 0 100 200 205 p; b 5 7 9 0 ."},
     "since since 1000: ~100 7 ~107"},
    {"closed by an event at a better price",
     {"a 10 100 200 5 .", "a 0 100 200 215 p"},
     "since since 1000: ~110 0 ~110"},
    {"opened today: the day is what was realised",
     {"a 10 50 50 - .", "a 0 50 50 80 p"},
     "since since 1000: ~80 0 ~80"},
    {"then leaves the list",
     {"a 10 100 200 5 .; b 5 7 9 0 .", "a 0 100 200 215 p; b 5 7 9 0 .", "b 5 7 9 0 ."},
     "since since 1000: ~110 7 ~117"},
    {"the closing's figure is told late",
     {"a 10 100 200 5 .", "a 0 100 200 5 p", "a 0 100 200 215 p", ""},
     "since since 1000: ~110 0 ~110"},
    {"vanishes without an event", {"a 10 100 200 5 .", ""}, "since since 1000: ~100 0 ~100"},
    {"vanishes with no figure", {"a 10 - 200 5 .", ""}, "since since 1000: none(1) 0 0(1)"},
    {"vanishes and returns",
     {"a 10 100 200 5 .", "", "a 4 120 80 45 ."},
     "? since 1000: none 120 120"},
    {"returns and closes again: the newest figure counts",
     {"a 10 100 200 5 .", "", "a 4 120 80 45 .", "a 0 120 80 130 p", ""},
     "since since 1000: ~125 0 ~125"},
    {"listed late: counted once",
     {"a 10 100 200 5 .", "", "a 0 104 0 209 c"},
     "whole since 1000: 104 0 104"},
    {"closed by an event, then listed",
     {"a 10 100 200 5 .", "a 0 100 200 215 p", "a 0 110 0 215 c"},
     "whole since 1000: 110 0 110"},
    {"listed, then dropped by the server",
     {"a 0 110 0 215 c; b 1 1 1 - .", "b 1 1 1 - ."},
     "since since 1000: 110 1 111"},
    {"partly closed: what is realised is in the day already",
     {"a 10 100 200 0 .", "a 5 100 100 100 .", "a 0 100 100 210 p", ""},
     "since since 1000: ~110 0 ~110"},
    {"seen from before midnight on",
     {"a 10 100 200 5 .", "|a 10 3 203 5 ."},
     "whole since -: 0 3 3"},
    {"yesterday's closing is not today's",
     {"a 10 100 200 5 .; b 1 1 1 - .", "b 1 1 1 - .", "|b 1 2 2 - ."},
     "whole since -: 0 2 2"},
    {"yesterday's figure is no basis for today",
     {"a 10 100 200 5 .", "|"},
     "whole since -: none(1) 0 0(1)"},
    {"two of one id",
     {"a 10 100 1 - .; a 5 7 1 - .", "a 10 100 1 - ."},
     "? since 1000: none 100 100"},
};

static void add_figure(char *out, size_t capacity, const char *name, const char *value)
{
    size_t len = strlen(out);
    snprintf(out + len, capacity - len, ",\"%s\":%s", name,
             strcmp(value, "-") == 0 ? "null" : value);
}

static void add_row(char *body, size_t capacity, const char *row)
{
    char id[16], quantity[16], day[16], unrealized[16], realized[16], flags[8];
    int got = sscanf(row, " %15s %15s %15s %15s %15s %7s", id, quantity, day, unrealized, realized,
                     flags);
    assert_int_equal(got, 6);
    size_t len = strlen(body);
    snprintf(body + len, capacity - len, "%s{\"id\":\"%s\",\"symbol\":\"S\",\"averagePrice\":10",
             body[len - 1] == '[' ? "" : ",", id);
    add_figure(body, capacity, "quantity", quantity);
    add_figure(body, capacity, "dayPnL", day);
    add_figure(body, capacity, "unrealizedPnL", unrealized);
    add_figure(body, capacity, "realizedPnL", realized);
    len = strlen(body);
    snprintf(body + len, capacity - len, ",\"isClosed\":%s}", flags[0] == 'c' ? "true" : "false");
}

static struct snapshot *list_of(const char *rows)
{
    char body[4096] = "{\"positions\":[", copy[512];
    struct fault fault;
    snprintf(copy, sizeof copy, "%s", rows);
    bool provisional[8] = {false};
    size_t count = 0;
    char *rest = copy;
    while (rest != NULL && *rest != '\0') {
        char *end = strchr(rest, ';');
        if (end != NULL) {
            *end++ = '\0';
        }
        add_row(body, sizeof body, rest);
        provisional[count++] = rest[strlen(rest) - 1] == 'p';
        rest = end;
    }
    size_t len = strlen(body);
    snprintf(body + len, sizeof body - len, "]}");
    struct snapshot *list = decode_body(RESOURCE_POSITIONS, body, strlen(body), &fault);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++) {
        list->positions[i].row.provisional = provisional[i];
    }
    return list;
}

static void tell_part(const struct money_part *part, char *out, size_t capacity)
{
    size_t len = strlen(out);
    if (isnan(part->value)) {
        len += (size_t)snprintf(out + len, capacity - len, " none");
    } else {
        len += (size_t)snprintf(out + len, capacity - len, " %s%g", part->derived ? "~" : "",
                                part->value);
    }
    if (part->unknown > 0) {
        snprintf(out + len, capacity - len, "(%zu)", part->unknown);
    }
}

static void tell(const struct money *money, char *out, size_t capacity)
{
    static const char *const words[] = {"?", "since", "whole"};
    char since[24] = "-";
    if (money->since_ms != MODEL_NO_TIME) {
        snprintf(since, sizeof since, "%lld", (long long)money->since_ms);
    }
    snprintf(out, capacity, "%s since %s:", words[money->known], since);
    tell_part(&money->sums[0].booked, out, capacity);
    tell_part(&money->sums[0].open, out, capacity);
    tell_part(&money->sums[0].day, out, capacity);
}

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct money_book *book = money_book_new();
        struct money_time now = {BEGIN_MS, 1};
        struct money money = {.since_ms = MODEL_NO_TIME};
        char told[256];
        for (size_t s = 0; s < STEPS && stories[i].lists[s] != NULL; s++) {
            const char *rows = stories[i].lists[s];
            now.day += rows[0] == '|';
            struct snapshot *list = list_of(rows + (rows[0] == '|'));
            money_book_take(book, list, now);
            assert_false(money_book_take(book, list, now));
            money_of(&money, book, list);
            snapshot_unref(list);
            now.wall_ms += 1000;
        }
        tell(&money, told, sizeof told);
        if (strcmp(told, stories[i].expected) != 0) {
            fail_msg("%s:\n  %s, expected\n  %s", stories[i].name, told, stories[i].expected);
        }
        money_book_free(book);
    }
}

static void test_restored(void **state)
{
    (void)state;
    struct money_book *book = money_book_new();
    struct money_closed kept = {.id = (char *)(uintptr_t) "a",
                                .symbol = (char *)(uintptr_t) "S",
                                .figure = 40,
                                .derived = true};
    struct money money;
    char told[256];
    money_book_restore(book, &kept, (struct money_time){5000, 1}, 900);
    kept.figure = 41; /* known already */
    money_book_restore(book, &kept, (struct money_time){5000, 1}, 900);
    struct snapshot *list = list_of("b 1 2 2 - .");
    money_book_take(book, list, (struct money_time){5000, 1});
    money_of(&money, book, list);
    tell(&money, told, sizeof told);
    assert_string_equal(told, "since since 900: ~40 2 ~42");
    snapshot_unref(list);
    money_book_reset(book);
    assert_null(money_book_closed(book, 0));
    money_book_free(book);
}

static void test_a_part_of_the_rows(void **state)
{
    (void)state;
    struct snapshot *list = list_of("a 10 1 30 - .; b -5 2 - - .; c 2 4 8 - .");
    struct money money;
    money_begin(&money);
    money_add(&money, NULL, &list->positions[0]);
    money_add(&money, NULL, &list->positions[1]);
    money_end(&money, NULL);
    assert_true(money.sums[0].day.value == 3);
    assert_true(money.sums[0].unrealized.value == 30);
    assert_int_equal(money.sums[0].unrealized.unknown, 1);
    assert_true(money.sums[0].percent == 30); /* of 100: b has no place in either sum */
    snapshot_unref(list);
}

static void test_too_many_closed(void **state)
{
    (void)state;
    struct money_book *book = money_book_new();
    char id[16];
    for (int i = 0; i < MONEY_CLOSED_MAX + 10; i++) {
        snprintf(id, sizeof id, "p%d", i);
        struct money_closed kept = {.id = id, .symbol = id, .figure = 1};
        money_book_restore(book, &kept, (struct money_time){1, 1}, 1);
    }
    assert_non_null(money_book_closed(book, MONEY_CLOSED_MAX - 1));
    assert_null(money_book_closed(book, MONEY_CLOSED_MAX));
    assert_string_equal(money_book_closed(book, 0)->id, "p10");
    money_book_free(book);
}

static const struct {
    const char *name;
    double balance, used, margin;
} margins[] = {
    {"usual", 200, 80, 40},
    {"no balance", 0, 80, NAN},
    {"in debt", -5, 80, NAN},
    {"unknown", NAN, 80, NAN},
    {"more than all of it", 100, 120, 120},
};

/* What works, by what is left of it; of another currency it is counted and not added. */
static void test_waiting(void **state)
{
    (void)state;
#define ID "\"id\":\"x\",\"status\":\"PENDING\","
    static const struct {
        const char *orders;
        double worth;
        size_t unknown;
    } rows[] = {
        {"{" ID "\"quantity\":10,\"filledQuantity\":4,\"price\":5}", 30, 0},
        {"{" ID "\"quantity\":10,\"filledQuantity\":4,\"stock\":{\"ltp\":7}}", 42, 0},
        {"{" ID "\"quantity\":10,\"filledQuantity\":4}", NAN, 1},
        {"{" ID "\"quantity\":10,\"price\":5}", NAN, 1}, /* how much of it waits is not known */
        {"{" ID "\"quantity\":0.5,\"filledQuantity\":0.125,\"price\":8}", 3, 0},
        {"{" ID "\"quantity\":2,\"filledQuantity\":0,\"price\":12,\"multiplier\":100}", 2400, 0},
        {"{" ID "\"notional\":500}", 500, 0},
        {"{" ID "\"notional\":500,\"filledQuantity\":2,\"averagePrice\":100}", 300, 0},
        {"{" ID "\"notional\":500,\"filledQuantity\":2}", NAN, 1},
        {"{" ID "\"quantity\":1,\"filledQuantity\":0,\"price\":5,\"currency\":\"USD\"},"
         "{" ID "\"quantity\":1,\"filledQuantity\":0,\"price\":7,\"currency\":\"EUR\"}",
         5, 1},
        {"{" ID "\"quantity\":1,\"filledQuantity\":0,\"price\":0,\"stock\":{\"ltp\":9}}", 9, 0},
        {"{" ID "\"quantity\":1e300,\"filledQuantity\":0,\"price\":1e5}", 1e305, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[512];
        struct fault fault = {0};
        struct money_part part = {.value = NAN};
        const char *currency = NULL;
        snprintf(body, sizeof body, "{\"orders\":[%s]}", rows[i].orders);
        struct snapshot *snapshot = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
        assert_non_null(snapshot);
        for (size_t k = 0; k < snapshot->row_count; k++) {
            money_wait(&part, &snapshot->orders[k], &currency);
        }
        if (isnan(rows[i].worth) ? !isnan(part.value)
                                 : !(fabs(part.value / rows[i].worth - 1) < 1e-9)) {
            fail_msg("%s is worth %g", rows[i].orders, part.value);
        }
        assert_int_equal(part.unknown, rows[i].unknown);
        snapshot_unref(snapshot);
    }
}

static void test_margin_and_net_liq(void **state)
{
    (void)state;
    struct snapshot *list = list_of("a 10 1 30 - .");
    struct money money;
    money_of(&money, NULL, list);
    for (size_t i = 0; i < sizeof margins / sizeof *margins; i++) {
        struct account account = {.balance = margins[i].balance,
                                  .used_margin = margins[i].used,
                                  .currency = "",
                                  .net_liq = (double)NAN};
        double margin = money_margin(&account), liq = money_net_liq(&account, &money);
        assert_true(margin == margins[i].margin || (isnan(margin) && isnan(margins[i].margin)));
        assert_true(liq == margins[i].balance + 30 || isnan(margins[i].balance));
    }
    snapshot_unref(list);
    list = list_of("a 10 1 30 - .; b 1 1 - - .");
    money_of(&money, NULL, list);
    struct account account = {.balance = 1, .currency = "", .net_liq = (double)NAN};
    assert_true(isnan(money_net_liq(&account, &money)));
    account.net_liq = 7; /* the server's word goes before ours */
    assert_true(money_net_liq(&account, &money) == 7);
    snapshot_unref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_restored),
        cmocka_unit_test(test_a_part_of_the_rows),
        cmocka_unit_test(test_too_many_closed),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_margin_and_net_liq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
