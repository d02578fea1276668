#include "desk.h"
#include "table/cells.h"
#include "table/table.h"

#include <blotter/core/decode.h>

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

struct fixture {
    struct table table;
    struct snapshot *snapshot;
    struct moment now;
};

static void take(struct fixture *fixture, const char *body)
{
    struct fault fault = {0};
    struct snapshot *snapshot =
        decode_body((enum resource)fixture->table.pane, body, strlen(body), &fault);
    assert_non_null(snapshot);
    table_take(&fixture->table, &(struct table_news){.snapshot = snapshot, .now = fixture->now});
    snapshot_unref(fixture->snapshot);
    fixture->snapshot = snapshot;
}

static void open_table(struct fixture *fixture, enum pane pane)
{
    *fixture = (struct fixture){.now = {DESK_NOW_US, DESK_NOW_MS}};
    table_init(&fixture->table, pane);
}

static void close_table(struct fixture *fixture)
{
    table_done(&fixture->table);
    snapshot_unref(fixture->snapshot);
}

/* Orders from a short form: "id:symbol:quantity:status" words. */
static void take_orders(struct fixture *fixture, const char *words)
{
    char body[8192] = "{\"orders\":[", id[32], symbol[32], status[32];
    int quantity, used;
    bool first = true;
    while (sscanf(words, " %31[^:]:%31[^:]:%d:%31s%n", id, symbol, &quantity, status, &used) == 4) {
        size_t len = strlen(body);
        snprintf(
            body + len, sizeof body - len,
            "%s{\"id\":\"%s\",\"symbol\":\"%s\",\"quantity\":%d,\"orderType\":\"LIMIT\","
            "\"orderSide\":\"BUY\",\"price\":null,\"averagePrice\":null,\"filledQuantity\":0,"
            "\"productType\":\"MIS\",\"status\":\"%s\",\"createdAt\":\"2024-10-28T09:00:00.000Z\","
            "\"executedAt\":null,\"stock\":null}",
            first ? "" : ",", id, symbol, quantity, status);
        first = false;
        words += used;
    }
    size_t len = strlen(body);
    snprintf(body + len, sizeof body - len, "]}");
    take(fixture, body);
}

static const char *ids(const struct table *table)
{
    static char out[256];
    out[0] = '\0';
    for (size_t i = 0; i < table->order_count; i++) {
        size_t len = strlen(out);
        snprintf(out + len, sizeof out - len, "%s%s", i > 0 ? " " : "", table_row(table, i)->id);
    }
    return out;
}

static void sort_by(struct table *table, const char *column, bool descending)
{
    table->sort =
        column != NULL ? (int)column_find(table->pane, column, strlen(column)) : TABLE_SERVER_ORDER;
    table->descending = descending;
    table_arrange(table);
}

static void test_sort(void **state)
{
    (void)state;
    struct fixture fixture;
    open_table(&fixture, PANE_ORDERS);
    take_orders(&fixture, "d:BETA:5:PENDING c:alpha:7:PENDING b:BETALONGER2:5:PENDING "
                          "a:BETALONGER1:5:PENDING");
    static const struct {
        const char *column;
        bool descending;
        const char *expected;
    } rows[] = {
        {NULL, false, "d c b a"},     {"qty", false, "a b d c"},   {"qty", true, "c a b d"},
        {"symbol", false, "c d a b"}, {"symbol", true, "b a d c"}, {"price", false, "a b c d"},
        {"price", true, "a b c d"}, /* nothing known: ties go by id */
        {"time", true, "a b c d"},    {"id", true, "d c b a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sort_by(&fixture.table, rows[i].column, rows[i].descending);
        assert_string_equal(ids(&fixture.table), rows[i].expected);
    }
    close_table(&fixture);
}

#define LEG(id, parent)                                                                            \
    "{\"id\":\"" id "\",\"symbol\":\"S" id "\",\"status\":\"PENDING\"," parent "\"quantity\":1}"
#define OF(parent) "\"parentId\":\"" parent "\","

/* A leg stands behind its order in the server's order and the usual one, also one that an event has
 * put on top, and also when its order is at the end; sorted by a column it is a row like others. */
static void test_legs_stand_behind_their_order(void **state)
{
    (void)state;
    struct fixture fixture;
    open_table(&fixture, PANE_ORDERS);
    take(&fixture,
         "{\"orders\":[" LEG("e", OF("b")) "," LEG("a", "") "," LEG("b", "") "," LEG(
             "c", "") "," LEG("d", OF("b")) "," LEG("f", OF("c")) "," LEG("g", OF("none")) "]}");
    static const struct {
        const char *column;
        bool descending;
        const char *expected;
    } rows[] = {{NULL, false, "a b e d c f g"},
                {"id", false, "a b c d e f g"},
                {"wait", true, "a b e d c f g"},
                {"wait", false, "a b c d e f g"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sort_by(&fixture.table, rows[i].column, rows[i].descending);
        assert_string_equal(ids(&fixture.table), rows[i].expected);
    }
    close_table(&fixture);
}

/* Legs that have not changed go with an order whose place has. */
static void test_legs_go_with_their_order(void **state)
{
    (void)state;
#define AT(time) "\"createdAt\":\"2024-10-28T" time ".000Z\","
    static const struct {
        const char *time; /* of order b */
        const char *expected;
    } rows[] = {{"08:00:00", "a b e c"}, {"06:00:00", "a c b e"}, {"09:30:00", "b e a c"}};
    struct fixture fixture;
    char body[1024];
    open_table(&fixture, PANE_ORDERS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(body, sizeof body,
                 "{\"orders\":[" LEG("a", AT("09:00:00")) "," LEG("b", AT("%s")) "," LEG(
                     "c", AT("07:00:00")) "," LEG("e", OF("b")) "]}",
                 rows[i].time);
        take(&fixture, body);
        assert_string_equal(ids(&fixture.table), rows[i].expected);
    }
    close_table(&fixture);
}

static void test_missing_figures_come_last(void **state)
{
    (void)state;
    struct fixture fixture;
    open_table(&fixture, PANE_WATCHLIST);
    take(&fixture, desk_watchlists);
    sort_by(&fixture.table, "ltp", false);
    assert_string_equal(ids(&fixture.table), "6 2 3 4 1 5");
    sort_by(&fixture.table, "ltp", true);
    assert_string_equal(ids(&fixture.table), "1 4 3 2 6 5");
    sort_by(&fixture.table, "chg-percent", false); /* one of them is derived */
    assert_string_equal(ids(&fixture.table), "6 4 3 1 2 5");
    close_table(&fixture);
}

static void test_filter(void **state)
{
    (void)state;
    struct fixture fixture;
    open_table(&fixture, PANE_ORDERS);
    take(&fixture, desk_orders);
    fixture.table.view = ORDER_VIEW_ALL;
    sort_by(&fixture.table, NULL, false);
    static const struct {
        const char *filter, *expected;
    } rows[] = {
        {"", "o1 o2 o3 o4 o5 o6 o7 o8"},
        {"nif", "o2 o6"},
        {"!nif", "o1 o3 o4 o5 o7 o8"},
        {"!", "o1 o2 o3 o4 o5 o6 o7 o8"},
        {"partial", "o2"}, /* what is shown, not what was sent */
        {"queued", "o8"},
        {"SELL", "o2 o3"},
        {"zzz", ""},
        {"!zzz", "o1 o2 o3 o4 o5 o6 o7 o8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(fixture.table.filter, TABLE_FILTER_MAX, "%s", rows[i].filter);
        table_arrange(&fixture.table);
        assert_string_equal(ids(&fixture.table), rows[i].expected);
        assert_int_equal(table_filter_hides(&fixture.table), fixture.table.order_count < 8);
    }
    close_table(&fixture);
}

static void test_selection_follows_the_row(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table *table = &fixture.table;
    open_table(&fixture, PANE_ORDERS);
    table->sort = TABLE_SERVER_ORDER;
    take_orders(&fixture, "a:A:1:PENDING b:B:1:PENDING c:C:1:PENDING d:D:1:PENDING");
    table_select(table, 2);
    take_orders(
        &fixture,
        "x:X:1:PENDING y:Y:1:PENDING a:A:1:PENDING b:B:1:PENDING c:C:1:PENDING d:D:1:PENDING");
    assert_string_equal(table_selected(table)->id, "c");
    take_orders(&fixture, "d:D:1:PENDING c:C:1:PENDING a:A:1:PENDING b:B:1:PENDING");
    assert_string_equal(table_selected(table)->id, "c");
    take_orders(&fixture,
                "b:B:1:PENDING a:A:1:PENDING d:D:1:PENDING"); /* c went: the row after it was a */
    assert_string_equal(table_selected(table)->id, "a");
    take_orders(&fixture, "b:B:1:PENDING");
    assert_string_equal(table_selected(table)->id, "b");
    take_orders(&fixture, "");
    assert_null(table_selected(table));
    take_orders(&fixture, "z:Z:1:PENDING");
    assert_string_equal(table_selected(table)->id, "z");
    close_table(&fixture);
}

static void test_the_anchor_follows_its_row_but_the_top_stays_the_top(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table *table = &fixture.table;
    open_table(&fixture, PANE_ORDERS);
    table->sort = TABLE_SERVER_ORDER;
    take_orders(&fixture, "a:A:1:PENDING b:B:1:PENDING c:C:1:PENDING d:D:1:PENDING e:E:1:PENDING");
    table_scroll(table, 2);
    take_orders(
        &fixture,
        "n:N:1:PENDING a:A:1:PENDING b:B:1:PENDING c:C:1:PENDING d:D:1:PENDING e:E:1:PENDING");
    assert_string_equal(table_row(table, table->top)->id, "n");
    table_select(table, 4);
    table_scroll(table, 2);
    assert_string_equal(table_row(table, table->top)->id, "c");
    take_orders(&fixture, "m:M:1:PENDING n:N:1:PENDING a:A:1:PENDING b:B:1:PENDING c:C:1:PENDING "
                          "d:D:1:PENDING e:E:1:PENDING");
    table_scroll(table, 2);
    assert_string_equal(table_row(table, table->top)->id, "c");
    assert_string_equal(table_selected(table)->id, "d");
    close_table(&fixture);
}

static void test_flashes_end_in_time(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table *table = &fixture.table;
    open_table(&fixture, PANE_ORDERS);
    take_orders(&fixture, "a:A:1:PENDING b:B:1:PENDING");
    assert_true(table->flash_end_us == MOMENT_NEVER);
    take_orders(&fixture, "b:B:1:PENDING a:A:1:EXECUTED"); /* moved and changed */
    assert_true(table->flash_end_us <= fixture.now.mono_us + 800000);
    assert_true(table->flash_end_us >= fixture.now.mono_us + 500000);
    assert_true(table->marks[1].direction[1] != 0 && table->marks[0].flash_until_us == 0);
    assert_false(table_tick(table, fixture.now.mono_us + 100000));
    assert_true(table_tick(table, fixture.now.mono_us + 800000));
    assert_true(table->flash_end_us == MOMENT_NEVER);
    assert_int_equal(table->marks[1].direction[1], 0);
    close_table(&fixture);
}

/* A word that changes flashes by what it means, never by its letters. */
static void test_words_flash_by_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        int direction;
    } rows[] = {
        {"PENDING", "EXECUTED", COLUMN_GOOD},
        {"PENDING", "REJECTED", COLUMN_BAD},
        {"PENDING", "CANCELLED", COLUMN_NEUTRAL},
        {"EXECUTED", "PENDING", COLUMN_NEUTRAL},
        {"CANCELLED", "EXECUTED", COLUMN_GOOD},
        {"PENDING", "QUEUED", COLUMN_NEUTRAL},
        {"PENDING", "PENDING", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        char words[64];
        open_table(&fixture, PANE_ORDERS);
        snprintf(words, sizeof words, "a:A:1:%s", rows[i].before);
        take_orders(&fixture, words);
        snprintf(words, sizeof words, "a:A:1:%s", rows[i].after);
        take_orders(&fixture, words);
        assert_int_equal(fixture.table.marks[0].direction[1], rows[i].direction);
        assert_int_equal(fixture.table.marks[0].direction[0], 0); /* nothing was filled */
        close_table(&fixture);
    }
}

/* The wheel moves the lines and nothing else; a key brings the cursor back into sight. */
static void test_the_wheel_takes_no_note(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table *table = &fixture.table;
    open_table(&fixture, PANE_ORDERS);
    table->sort = TABLE_SERVER_ORDER;
    take_orders(&fixture, "a:A:1:REJECTED b:B:1:REJECTED c:C:1:REJECTED d:D:1:REJECTED");
    table_wheel(table, 3, 2);
    table_scroll(table, 2);
    assert_int_equal(table->top, 2); /* no further than the last line */
    assert_int_equal(table->attention_count, 4);
    assert_string_equal(table_selected(table)->id, "a");
    take_orders(&fixture,
                "z:Z:1:REJECTED a:A:1:REJECTED b:B:1:REJECTED c:C:1:REJECTED d:D:1:REJECTED");
    table_scroll(table, 2);
    assert_int_equal(table->top, 3); /* the same lines stay in sight */
    table_wheel(table, -9, 2);
    table_scroll(table, 2);
    assert_int_equal(table->top, 0);
    table_wheel(table, 3, 2);
    table_move(table, 1);
    table_scroll(table, 2);
    assert_true(table->cursor >= table->top && table->cursor < table->top + 2);
    close_table(&fixture);
}

static void test_rejections_stick_until_seen(void **state)
{
    (void)state;
    struct fixture fixture;
    struct table *table = &fixture.table;
    open_table(&fixture, PANE_ORDERS);
    table->sort = TABLE_SERVER_ORDER;
    take_orders(&fixture, "a:A:1:REJECTED b:B:1:PENDING");
    assert_int_equal(table->attention_count, 1);
    take_orders(&fixture, "a:A:1:REJECTED b:B:1:REJECTED");
    assert_int_equal(table->attention_count, 2);
    table_move(table, 1); /* away from a */
    assert_int_equal(table->attention_count, 1);
    take_orders(&fixture, "a:A:1:REJECTED b:B:1:REJECTED");
    assert_int_equal(table->attention_count, 1);
    table_see_all(table);
    assert_int_equal(table->attention_count, 0);
    take_orders(&fixture, "c:C:1:PENDING"); /* what left the list comes back as seen */
    take_orders(&fixture, "c:C:1:PENDING a:A:1:REJECTED d:D:1:REJECTED");
    assert_int_equal(table->attention_count, 1);
    for (uint64_t key = 1; key <= TABLE_SEEN_MAX; key++) {
        table_note_seen(table, key);
    }
    assert_int_equal(table->seen_count, TABLE_SEEN_MAX); /* a and b are forgotten */
    take_orders(&fixture, "c:C:1:PENDING");
    take_orders(&fixture, "a:A:1:REJECTED");
    assert_int_equal(table->attention_count, 1);
    close_table(&fixture);
}

static void take_alert_item(struct fixture *fixture, const char *type, double ltp)
{
    char body[1024];
    snprintf(body, sizeof body,
             "{\"watchlists\":[{\"id\":\"w\",\"name\":\"W\",\"items\":[{\"id\":\"i\","
             "\"watchlistId\":\"w\","
             "\"alertPrice\":100,\"alertType\":\"%s\",\"symbol\":\"SBIN\",\"name\":\"SBI\",\"ltp\":"
             "%.2f}]}]}",
             type, ltp);
    take(fixture, body);
}

static void test_price_alerts(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        double prices[4];
        size_t due[4];
    } rows[] = {
        {"ABOVE", {99, 101, 102, 99}, {0, 1, 1, 1}},
        {"BELOW", {101, 99, 98, 101}, {0, 1, 1, 1}},
        {"BOTH", {99, 101, 102, 99}, {0, 1, 1, 1}}, /* still unseen */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        open_table(&fixture, PANE_WATCHLIST);
        for (int n = 0; n < 4; n++) {
            take_alert_item(&fixture, rows[i].type, rows[i].prices[n]);
            assert_int_equal(fixture.table.attention_count, rows[i].due[n]);
        }
        assert_int_equal(fixture.table.attention_count,
                         1); /* sticks although the price went back */
        table_see_all(&fixture.table);
        take_alert_item(&fixture, rows[i].type, rows[i].prices[0]);
        take_alert_item(&fixture, rows[i].type, rows[i].prices[1]);
        close_table(&fixture);
    }
}

/* A sparkline covers the session in buckets, the gap in it as well. */
static void test_sparklines_cover_the_session(void **state)
{
    (void)state;
    struct fixture fixture;
    struct history *history = history_new();
    struct canvas *canvas = canvas_new(60, 4);
    struct format format;
    struct memo memo = {.known = false};
    format_default(&format);
    open_table(&fixture, PANE_WATCHLIST);
    take_alert_item(&fixture, "", 100);
    const char *symbol = fixture.table.snapshot->items[0].symbol;
    for (int i = 0; i < 1200; i++) {
        bool gap = i >= 400 && i < 800;
        history_add_price(history, symbol, i * 1000, gap ? (double)NAN : i);
    }
    struct table_view view = {
        .area = {0, 0, 60, 4}, .format = &format, .history = history, .hours = {0, 1200 * 1000}};
    table_paint(&fixture.table, &view, &memo, canvas);
    char *text = canvas_text(canvas);
    if (strstr(text, "▁▂▂▃   ▅▆▇▇█") == NULL) {
        fail_msg("%s", text);
    }
    history_add_price(history, symbol, 1200 * 1000, 0);
    table_paint(&fixture.table, &view, &memo, canvas);
    char *later = canvas_text(canvas);
    assert_string_not_equal(text, later); /* though the row is as it was */
    free(text);
    free(later);
    canvas_free(canvas);
    close_table(&fixture);
    history_free(history);
}

static void test_lists_that_went_cannot_be_stepped_through(void **state)
{
    (void)state;
    struct fixture fixture;
    open_table(&fixture, PANE_WATCHLIST);
    take(&fixture, desk_watchlists);
    table_next_list(&fixture.table, 1);
    assert_int_equal(fixture.table.list, 1);
    table_take(&fixture.table, &(struct table_news){.snapshot = NULL, .now = fixture.now});
    table_next_list(&fixture.table, 1);
    assert_int_equal(fixture.table.list_count, 0);
    close_table(&fixture);
}

/* When an order ended is what the server says of it; when it was placed stands there only as a
 * guess. */
static void test_an_end_that_nobody_told_is_marked(void **state)
{
    (void)state;
#define ENDED(members)                                                                             \
    "{\"orders\":[{\"id\":\"a\",\"createdAt\":\"2024-10-28T09:02:03Z\"," members "}]}"
#define EXECUTED ",\"executedAt\":\"2024-10-28T09:04:05Z\""
#define UPDATED ",\"updatedAt\":\"2024-10-28T09:06:07Z\""
    static const struct {
        const char *body, *expected;
    } rows[] = {
        {ENDED("\"status\":\"EXECUTED\"" EXECUTED UPDATED), "09:04:05"},
        {ENDED("\"status\":\"EXECUTED\"" UPDATED), "09:06:07"},
        {ENDED("\"status\":\"EXECUTED\""), "~09:02"},
        {ENDED("\"status\":\"CANCELLED\"" EXECUTED UPDATED),
         "09:06:07"}, /* after a part was filled */
        {ENDED("\"status\":\"CANCELLED\""), "~09:02"},
        {ENDED("\"status\":\"REJECTED\""), "09:02:03"}, /* at the door */
    };
    struct format format;
    format_default(&format);
    struct column_now now = {.format = &format, .wall_ms = DESK_NOW_MS};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        char shown[COLUMN_COMPOSED_MAX];
        bool derived = false;
        open_table(&fixture, PANE_ORDERS);
        take(&fixture, rows[i].body);
        order_when_composed(table_row(&fixture.table, 0), &now, shown);
        assert_string_equal(shown, rows[i].expected);
        order_when(table_row(&fixture.table, 0), &derived);
        assert_int_equal(derived, rows[i].expected[0] == '~');
        close_table(&fixture);
    }
}

/* "COMPLETE in 3 s": a short word has room for how long it took. */
static void test_a_short_status_keeps_its_duration(void **state)
{
    (void)state;
    static const char body[] =
        "{\"orders\":[{\"id\":\"a\",\"status\":\"COMPLETE\",\"class\":\"done\","
        "\"createdAt\":\"2024-10-28T09:02:03Z\",\"executedAt\":\"2024-10-28T09:02:06Z\"}]}";
    struct fixture fixture;
    size_t count, c = 0;
    const struct column *columns = columns_of(PANE_ORDERS, &count);
    while (columns[c].compose != order_status_composed) {
        c++;
    }
    open_table(&fixture, PANE_ORDERS);
    take(&fixture, body);
    assert_true(fixture.table.extents[c].text_width >= (int)strlen("COMPLETE in 3 s"));
    close_table(&fixture);
}

/* --- a number is never cut ------------------------------------------------------------------ */

static void cell_text(const struct canvas *canvas, struct table_slot slot, int y, char *out)
{
    size_t len = 0;
    for (int x = slot.x; x < slot.x + slot.width; x++) {
        const char *text = canvas_cell(canvas, x, y)->text;
        if (len > 0 || text[0] != ' ') {
            memcpy(out + len, text, strlen(text));
            len += strlen(text);
        }
    }
    out[len] = '\0';
}

#define ROOM_FOR_ALL 200 /* columns */

static void check_width(struct fixture *fixture, int width)
{
    struct canvas *canvas = canvas_new(width, 12);
    struct format format;
    format_default(&format);
    struct table_view view = {
        .area = {0, 0, width, 12}, .format = &format, .now = fixture->now, .focused = true};
    struct table_layout layout;
    static struct memo memo;
    memo_forget(&memo);
    table_paint(&fixture->table, &view, &memo, canvas);
    table_layout(&fixture->table, &view, &layout);
    for (size_t i = 0; i < fixture->table.order_count; i++) {
        for (size_t s = 0; s < layout.count; s++) {
            size_t count;
            const struct column *column =
                &columns_of(fixture->table.pane, &count)[layout.slots[s].column];
            if (column->kind != COLUMN_NUMBER || column->compose != NULL) {
                continue;
            }
            char shown[256], expected[FORMAT_MAX];
            bool derived = false;
            double value = column->number(table_row(&fixture->table, i), &derived);
            unsigned flags = column_format(column) | (derived ? FORMAT_DERIVED : 0);
            int decimals = fixture->table.extents[layout.slots[s].column].decimals;
            format_number(&format, (struct format_figure){value, decimals, flags}, expected);
            size_t line = table_line_of_row(&fixture->table, i);
            cell_text(canvas, layout.slots[s], 1 + (int)line, shown);
            bool hashes = strspn(shown, "#") == strlen(shown);
            bool room = width >= ROOM_FOR_ALL;
            if ((!hashes || room) && strcmp(shown, expected) != 0) {
                fail_msg("width %d, %s: '%s' instead of '%s'", width, column->name, shown,
                         expected);
            }
        }
    }
    canvas_free(canvas);
}

static void test_no_figure_is_cut_at_any_width(void **state)
{
    (void)state;
    static const char hostile[] =
        "{\"positions\":["
        "{\"id\":\"p\",\"symbol\":\"X\",\"quantity\":9007199254740991,\"averagePrice\":1e300,"
        "\"unrealizedPnL\":-1e16,"
        "\"dayPnL\":123456789012345,\"stopLoss\":0.0001,\"target\":null,\"createdAt\":\"2024-10-"
        "28T04:00:00.000Z\","
        "\"stock\":null,\"currentPrice\":83.1225,\"currentValue\":1,\"investedValue\":1e-300},"
        "{\"id\":\"q\",\"symbol\":\"YYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY\",\"quantity\":-1,"
        "\"averagePrice\":-0.004,"
        "\"unrealizedPnL\":0.005,\"dayPnL\":-123456789012345,\"stopLoss\":null,\"target\":7,"
        "\"createdAt\":\"2024-10-28T04:00:00.000Z\",\"stock\":null,\"currentPrice\":-1,"
        "\"currentValue\":1,"
        "\"investedValue\":3}]}";
    /* Figures that the largest one says nothing about: small ones, and a "~" that the last row
     * lacks. */
    static const char small[] =
        "{\"watchlists\":[{\"id\":\"l\",\"name\":\"L\",\"items\":["
        "{\"id\":\"a\",\"stock\":{\"symbol\":\"S\",\"ltp\":0.00000851,\"close\":0.00000842,"
        "\"change\":-0.0000000912,\"changePercent\":1.07}},"
        "{\"id\":\"b\",\"stock\":{\"symbol\":\"OIL\",\"ltp\":-37.63,\"close\":18.27,"
        "\"change\":null,\"changePercent\":null}},"
        "{\"id\":\"c\",\"stock\":{\"symbol\":\"NEW\",\"ltp\":12.5,\"close\":0,"
        "\"change\":null,\"changePercent\":null}}]}]}";
    static const struct {
        enum pane pane;
        const char *body;
    } rows[] = {{PANE_WATCHLIST, small},
                {PANE_POSITIONS, desk_positions},
                {PANE_ORDERS, desk_orders},
                {PANE_WATCHLIST, desk_watchlists},
                {PANE_POSITIONS, hostile}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture fixture;
        open_table(&fixture, rows[i].pane);
        take(&fixture, rows[i].body);
        for (int width = 1; width <= 220; width++) {
            check_width(&fixture, width);
        }
        size_t count;
        columns_of(rows[i].pane, &count);
        for (size_t c = 0; c < count; c++) { /* one alone, where there is no room even for it */
            fixture.table.chosen[0] = (uint8_t)c;
            fixture.table.chosen_count = 1;
            table_forget_widths(&fixture.table);
            take(&fixture, rows[i].body);
            for (int width = 1; width <= 24; width++) {
                check_width(&fixture, width);
            }
        }
        fixture.table.chosen_count = 0;
        for (fixture.table.skip = 1; fixture.table.skip < (int)count; fixture.table.skip++) {
            check_width(&fixture, 40);
        }
        close_table(&fixture);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_legs_stand_behind_their_order),
        cmocka_unit_test(test_legs_go_with_their_order),
        cmocka_unit_test(test_missing_figures_come_last),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_selection_follows_the_row),
        cmocka_unit_test(test_the_anchor_follows_its_row_but_the_top_stays_the_top),
        cmocka_unit_test(test_flashes_end_in_time),
        cmocka_unit_test(test_words_flash_by_meaning),
        cmocka_unit_test(test_the_wheel_takes_no_note),
        cmocka_unit_test(test_rejections_stick_until_seen),
        cmocka_unit_test(test_price_alerts),
        cmocka_unit_test(test_sparklines_cover_the_session),
        cmocka_unit_test(test_lists_that_went_cannot_be_stepped_through),
        cmocka_unit_test(test_a_short_status_keeps_its_duration),
        cmocka_unit_test(test_an_end_that_nobody_told_is_marked),
        cmocka_unit_test(test_no_figure_is_cut_at_any_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
