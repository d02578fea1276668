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
#define DESK_ROWS 24
#define BEGIN_MS 1000

/*
 * Lists are written "id quantity day unrealised realised flags; …" with - for null; flags: c the
 * server says it is closed, p an event said so and no response yet, . none; behind them the average
 * where it is not 10. The symbol is the id's first letter. "|" in front: a new day.
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
    {"yesterday's closing is listed no more",
     {"a 0 110 0 215 c; b 1 1 1 - .", "|b 1 1 1 - ."},
     "whole since -: 0 1 1"},
    {"two closings become one row",
     {"a1 0 100 0 100 c; a2 0 40 0 40 c", "a2 0 140 0 140 c"},
     "whole since 1000: 140 0 140"},
    {"of a server that does so, one is a part of a row never seen before",
     {"a1 0 100 0 100 c; b1 0 5 0 5 c; b2 0 6 0 6 c", "a9 0 -60 0 -60 c; b2 0 11 0 11 c"},
     "whole since 1000: -49 0 -49"},
    {"several that leave at once are, too",
     {"a1 0 100 0 100 c; a2 0 5 0 5 c", "a9 0 -60 0 -60 c"},
     "whole since 1000: -60 0 -60"},
    {"sums of nothing",
     {"a1 0 0 0 0 c; a2 0 9 0 9 c; b1 0 5 0 5 c; b2 0 6 0 6 c", "a2 0 9 0 9 c; b2 0 11 0 11 c"},
     "whole since 1000: 20 0 20"},
    {"an event tells of the sum first",
     {"a1 0 100 0 100 c; a2 0 40 0 40 c", "a1 0 100 0 100 c; a2 0 140 0 140 p", "a2 0 140 0 140 c"},
     "whole since 1000: 140 0 140"},
    {"one becomes a part of another as that closes",
     {"a1 0 100 0 100 c; a2 5 40 30 10 .", "a1 0 145 0 145 c"},
     "whole since 1000: 145 0 145"},
    {"two open ones become one closed row",
     {"a1 5 100 100 0 .; a2 -5 40 30 10 .", "a1 0 141 0 141 c"},
     "whole since 1000: 141 0 141"},
    {"two closings become one row with an id of its own",
     {"a1 0 100 0 100 c; a2 0 40 0 40 c", "a9 0 140 0 140 c"},
     "whole since 1000: 140 0 140"},
    {"closings of which the server tells late, as one",
     {"a1 5 100 100 0 .; a2 5 40 30 10 .", "a2 5 41 31 10 .", "", "a9 0 143 0 143 c"},
     "whole since 1000: 143 0 143"},
    {"a closing without a figure, listed late",
     {"a1 5 - 100 0 .", "", "a9 0 143 0 143 c"},
     "whole since 1000: 143 0 143"},
    {"closings of another symbol stay apart",
     {"a1 0 100 0 100 c; b1 0 40 0 40 c", "b1 0 140 0 140 c"},
     "whole since 1000: 240 0 240"},
    {"one is listed no more, another one comes",
     {"a1 0 100 0 100 c", "a2 0 -30 0 -30 c"},
     "whole since 1000: 70 0 70"},
    {"one is listed no more, another one stays as it is",
     {"a1 0 100 0 100 c; a2 0 40 0 40 c", "a2 0 40 0 40 c"},
     "whole since 1000: 140 0 140"},
    {"one was listed no more before another one came",
     {"a1 0 100 0 100 c; b 1 1 1 - .", "b 1 1 1 - .", "a2 0 90 0 90 c; b 1 1 1 - ."},
     "whole since 1000: 190 1 191"},
    {"the same position under another id",
     {"a1 10 100 200 5 .", "a2 10 102 202 5 ."},
     "? since 1000: none 102 102"},
    {"it closes under that",
     {"a1 10 100 200 5 .", "a2 10 102 202 5 .", "a2 0 102 202 217 p"},
     "since since 1000: ~112 0 ~112"},
    {"an id of its own in every list",
     {"a1 10 100 200 5 .", "a2 10 90 190 5 .", "a3 10 -3 97 5 .", "a4 10 50 150 5 ."},
     "? since 1000: none 50 50"},
    {"closed, and opened anew at another price",
     {"a1 10 100 200 5 .", "a2 10 0 0 0 .11"},
     "since since 1000: ~100 0 ~100"},
    {"closed, and opened anew the other way",
     {"a1 10 100 200 5 .", "a2 -10 3 3 0 ."},
     "since since 1000: ~100 3 ~103"},
    {"joined with another one",
     {"a1 10 100 200 5 .; a2 5 50 60 0 .11", "a1 15 151 262 5 .10.33"},
     "? since 1000: none 151 151"},
    {"closed, while as many of another one were bought",
     {"a1 10 100 200 5 .; a2 5 50 60 0 .11", "a1 15 151 262 5 .10.7"},
     "since since 1000: ~50 151 ~201"},
    {"closed, while another one stays as it is",
     {"a1 10 100 200 5 .; a2 5 50 60 0 .11", "a1 10 151 251 5 ."},
     "since since 1000: ~50 151 ~201"},
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
    char id[16], quantity[16], day[16], unrealized[16], realized[16], flags[32];
    int got = sscanf(row, " %15s %15s %15s %15s %15s %31s", id, quantity, day, unrealized, realized,
                     flags);
    assert_int_equal(got, 6);
    size_t len = strlen(body);
    snprintf(body + len, capacity - len, "%s{\"id\":\"%s\",\"symbol\":\"%c\",\"averagePrice\":%s",
             body[len - 1] == '[' ? "" : ",", id, id[0], flags[1] != '\0' ? flags + 1 : "10");
    add_figure(body, capacity, "quantity", quantity);
    add_figure(body, capacity, "dayPnL", day);
    add_figure(body, capacity, "unrealizedPnL", unrealized);
    add_figure(body, capacity, "realizedPnL", realized);
    len = strlen(body);
    snprintf(body + len, capacity - len, ",\"isClosed\":%s}", flags[0] == 'c' ? "true" : "false");
}

static struct snapshot *list_of(const char *rows)
{
    char body[8192] = "{\"positions\":[", copy[DESK_ROWS * 96];
    struct fault fault;
    snprintf(copy, sizeof copy, "%s", rows);
    bool provisional[DESK_ROWS] = {false};
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

/* --- a desk that goes on, and one that was started just now ----------------------------------- */

#define DESK_SYMBOLS 3
#define DESK_STEPS 60
#define DESK_SEEDS 400

/* A server that tells of everything that was closed on its day, as a row each or as one for
 * several, sometimes late; whose positions get other ids, and are joined. */
struct server {
    struct {
        int id, symbol;
        double quantity, average, day, realized;
        bool closed, late;
    } rows[DESK_ROWS];
    size_t count;
    int ids;
    uint64_t dice;
};

static unsigned draw(struct server *server, unsigned below)
{
    server->dice = server->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(server->dice >> 33) % below;
}

static double amount(struct server *server)
{
    return (double)(1 + draw(server, 20000)) - 10000 + 0.25;
}

static void open_one(struct server *server)
{
    if (server->count == DESK_ROWS) {
        return;
    }
    double price = 10 + draw(server, 900), held = 1 + draw(server, 50);
    server->rows[server->count].id = ++server->ids;
    server->rows[server->count].symbol = (int)draw(server, DESK_SYMBOLS);
    server->rows[server->count].quantity = draw(server, 2) == 0 ? held : -held;
    server->rows[server->count].average = price;
    server->rows[server->count].day = amount(server);
    server->rows[server->count].realized = 0;
    server->rows[server->count].closed = server->rows[server->count].late = false;
    server->count++;
}

static void drop_row(struct server *server, size_t i)
{
    memmove(&server->rows[i], &server->rows[i + 1], (--server->count - i) * sizeof *server->rows);
}

/* Everything that is closed in a symbol becomes its newest row. */
static void merge_closed(struct server *server, int symbol)
{
    size_t last = server->count;
    for (size_t i = server->count; i-- > 0;) {
        if (!server->rows[i].closed || server->rows[i].late || server->rows[i].symbol != symbol) {
            continue;
        }
        if (last == server->count) {
            last = i;
            continue;
        }
        server->rows[last].day += server->rows[i].day;
        server->rows[last].realized += server->rows[i].realized;
        drop_row(server, i);
        last--;
    }
}

/* Two open positions that look the same way become one. */
static void join_open(struct server *server, size_t i)
{
    for (size_t k = 0; k < server->count; k++) {
        if (k == i || server->rows[k].closed || server->rows[i].closed ||
            server->rows[k].symbol != server->rows[i].symbol ||
            (server->rows[k].quantity < 0) != (server->rows[i].quantity < 0)) {
            continue;
        }
        double held = server->rows[k].quantity + server->rows[i].quantity;
        server->rows[k].average = (server->rows[k].quantity * server->rows[k].average +
                                   server->rows[i].quantity * server->rows[i].average) /
                                  held;
        server->rows[k].quantity = held;
        server->rows[k].day += server->rows[i].day;
        server->rows[k].realized += server->rows[i].realized;
        drop_row(server, i);
        return;
    }
}

/* At most one of a list's rows becomes another thing between two reads; prices move all the time.
 */
static void step(struct server *server)
{
    size_t i = server->count > 0 ? draw(server, (unsigned)server->count) : 0;
    for (size_t k = 0; k < server->count; k++) {
        server->rows[k].day += server->rows[k].closed ? 0 : draw(server, 9) - 4.0;
        server->rows[k].late = server->rows[k].late && draw(server, 3) > 0;
    }
    unsigned what = server->count == 0 ? 0 : draw(server, 6);
    if (what == 0) {
        open_one(server);
    } else if (what == 1 && !server->rows[i].closed) {
        server->rows[i].closed = true;
        server->rows[i].quantity = 0;
        server->rows[i].realized += server->rows[i].day;
        server->rows[i].late = draw(server, 3) == 0;
    } else if (what == 2) {
        merge_closed(server, (int)draw(server, DESK_SYMBOLS));
    } else if (what == 3 && !server->rows[i].closed) {
        server->rows[i].id = ++server->ids;
    } else if (what == 4) {
        join_open(server, i);
    } else if (what == 5 && !server->rows[i].closed) { /* a part is sold: the day is as it was */
        double held = server->rows[i].quantity;
        server->rows[i].quantity = held / 2 == floor(held / 2) ? held / 2 : held;
    }
}

/* What it answers; false when there is a closing that it does not tell of yet. */
static bool answer(const struct server *server, char *rows, size_t capacity, double *ret_day)
{
    bool whole = true;
    size_t len = 0;
    *ret_day = 0;
    rows[0] = '\0';
    for (size_t i = 0; i < server->count; i++) {
        *ret_day += server->rows[i].day;
        if (server->rows[i].late) {
            whole = false;
            continue;
        }
        len += (size_t)snprintf(rows + len, capacity - len, "%s%c%d %g %.2f %.2f %.2f %c%.15g",
                                len > 0 ? "; " : "", 'a' + server->rows[i].symbol,
                                server->rows[i].id, server->rows[i].quantity, server->rows[i].day,
                                server->rows[i].day, server->rows[i].realized,
                                server->rows[i].closed ? 'c' : '.', server->rows[i].average);
    }
    return whole;
}

static double day_of(struct money_book *book, struct snapshot *list, int64_t now_ms)
{
    struct money money;
    money_book_take(book, list, (struct money_time){now_ms, 1});
    money_of(&money, book, list);
    return isnan(money.sums[0].day.value) ? 0 : money.sums[0].day.value;
}

/* Events that tell of figures come before the list that lacks rows. */
static void tell_figures(struct server *before, const struct server *server,
                         struct money_book *book, int64_t now_ms)
{
    char rows[DESK_ROWS * 96];
    double day;
    for (size_t i = 0; i < before->count; i++) {
        for (size_t k = 0; k < server->count; k++) {
            if (before->rows[i].id == server->rows[k].id && before->rows[i].closed) {
                before->rows[i].day = server->rows[k].day;
            }
        }
    }
    answer(before, rows, sizeof rows, &day);
    struct snapshot *list = list_of(rows);
    day_of(book, list, now_ms);
    snapshot_unref(list);
}

/* Whatever came before, the day is what the server's rows add up to, and what it has not told of.
 */
static void test_a_desk_that_goes_on(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= DESK_SEEDS; seed++) {
        struct server server = {.dice = seed};
        struct money_book *going_on = money_book_new();
        for (int i = 0; i < DESK_STEPS; i++) {
            char rows[DESK_ROWS * 96];
            double truth;
            struct server before = server;
            step(&server);
            if (draw(&server, 2) == 0) {
                tell_figures(&before, &server, going_on, 1000 + i);
            }
            bool whole = answer(&server, rows, sizeof rows, &truth);
            struct snapshot *list = list_of(rows);
            struct money_book *new = money_book_new();
            double day = day_of(going_on, list, 1000 + i), fresh = day_of(new, list, 1000 + i);
            if (whole && fabs(day - fresh) > 0.005) {
                fail_msg("seed %u, step %d: %.2f, but %.2f just started\n%s", seed, i, day, fresh,
                         rows);
            }
            if (fabs(day - truth) > 20) {
                fail_msg("seed %u, step %d: %.2f, but it is %.2f\n%s", seed, i, day, truth, rows);
            }
            money_book_free(new);
            snapshot_unref(list);
        }
        money_book_free(going_on);
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

/* What an earlier run kept, and the server has made one row of since. */
static void test_restored_and_merged(void **state)
{
    (void)state;
    struct money_book *book = money_book_new();
    struct money_closed kept[] = {{.id = (char *)(uintptr_t) "a1", .figure = 100},
                                  {.id = (char *)(uintptr_t) "a2", .figure = 40},
                                  {.id = (char *)(uintptr_t) "b1", .figure = 7}};
    struct money_time now = {5000, 1};
    struct money money;
    char told[256];
    for (size_t i = 0; i < 3; i++) {
        kept[i].symbol = (char *)(uintptr_t)(i < 2 ? "a" : "b");
        money_book_restore(book, &kept[i], now, 900);
    }
    struct snapshot *list = list_of("a2 0 140 0 140 c");
    money_book_take(book, list, now);
    money_of(&money, book, list);
    tell(&money, told, sizeof told);
    assert_string_equal(told, "whole since 900: 147 0 147");
    snapshot_unref(list);
    money_book_free(book);
}

/* A day that begins while nobody vouches for the rows is known from then on only. */
static void test_a_day_begins(void **state)
{
    (void)state;
    static const struct {
        bool watched;
        const char *told;
    } days[] = {{true, "whole since -: 0 1 1"}, {false, "? since 9000: none 1 1"}};
    for (size_t i = 0; i < 2; i++) {
        struct money_book *book = money_book_new();
        struct snapshot *list = list_of("a 0 110 0 215 c; b 1 1 1 - .");
        struct snapshot *next = list_of("b 1 1 1 - .");
        struct money money;
        char told[256];
        money_book_take(book, list, (struct money_time){5000, 1});
        assert_false(money_book_begin_day(book, (struct money_time){8000, 1}, false));
        money_book_begin_day(book, (struct money_time){9000, 2}, days[i].watched);
        money_book_take(book, next, (struct money_time){9500, 2});
        money_of(&money, book, next);
        tell(&money, told, sizeof told);
        assert_string_equal(told, days[i].told);
        snapshot_unref(list);
        snapshot_unref(next);
        money_book_free(book);
    }
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
        struct money_part part = MONEY_NOTHING;
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
        double margin = money_margin(&account), liq = money_net_liq(&account, &money).value;
        assert_true(margin == margins[i].margin || (isnan(margin) && isnan(margins[i].margin)));
        assert_true(liq == margins[i].balance + 30 || isnan(margins[i].balance));
    }
    snapshot_unref(list);
    list = list_of("a 10 1 30 - .; b 1 1 - - .");
    money_of(&money, NULL, list);
    struct account account = {.balance = 1, .currency = "", .net_liq = (double)NAN};
    assert_true(isnan(money_net_liq(&account, &money).value));
    assert_true(money_net_liq(&account, &money).derived);
    account.net_liq = 7; /* the server's word goes before ours */
    assert_true(money_net_liq(&account, &money).value == 7);
    assert_false(money_net_liq(&account, &money).derived);
    snapshot_unref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_a_desk_that_goes_on),
        cmocka_unit_test(test_restored),
        cmocka_unit_test(test_restored_and_merged),
        cmocka_unit_test(test_a_day_begins),
        cmocka_unit_test(test_a_part_of_the_rows),
        cmocka_unit_test(test_too_many_closed),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_margin_and_net_liq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
