/* Passing over rows that did not change must not show: a table that does, beside one that takes in
 * every row anew each time. */
#include "desk.h"
#include "table/table.h"

#include <blotter/core/decode.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 80, STEPS = 4000, BODY_MAX = 64 << 10 };

struct made {
    unsigned id, figure, status;
};

struct side {
    struct table table;
};

struct pair {
    enum pane pane;
    uint64_t dice;
    struct made rows[ROWS_MAX];
    size_t count, split; /* watchlists: the rows before split are the first list's */
    unsigned next_id;
    struct moment now;
    struct side quick, full;
    struct snapshot *snapshot;
};

static unsigned roll(struct pair *pair, unsigned sides)
{
    pair->dice = pair->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(pair->dice >> 33) % sides;
}

/* --- bodies --------------------------------------------------------------------------------- */

static size_t write_row(const struct pair *pair, const struct made *row, char *out, size_t room)
{
    static const char *const statuses[] = {"PENDING", "EXECUTED", "REJECTED", "CANCELLED"};
    static const char *const alerts[] = {"ABOVE", "BELOW", "BOTH", ""};
    unsigned figure = row->figure;
    if (pair->pane == PANE_ORDERS) {
        return (size_t)snprintf(
            out, room,
            "{\"id\":\"o%u\",\"symbol\":\"S%u\",\"quantity\":%u,\"orderSide\":\"BUY\",\"status\":"
            "\"%s\",\"orderType\":\"LIMIT\",\"price\":%u.%u,\"filledQuantity\":%u,\"averagePrice\":"
            "%u,"
            "\"currency\":\"%s\",\"createdAt\":\"2024-10-28T09:00:%02u.000Z\"}",
            row->id, figure % 7, figure, statuses[row->status], figure % 90, figure % 10,
            row->status == 1 ? figure : 0, figure % 91, figure % 200 == 0 ? "USD" : "INR",
            figure % 60);
    }
    if (pair->pane == PANE_POSITIONS) {
        return (size_t)snprintf(out, room,
                                "{\"id\":\"p%u\",\"symbol\":\"S%u\",\"quantity\":%d,"
                                "\"averagePrice\":%u,\"unrealizedPnL\":%d.5,\"dayPnL\":%d}",
                                row->id, row->id % 9, (int)(figure % 5) - 1, figure % 90 + 1,
                                (int)(figure % 200) - 100, (int)(figure % 31) - 15);
    }
    return (size_t)snprintf(out, room,
                            "{\"id\":\"w%u\",\"symbol\":\"S%u\",\"name\":\"N\",\"ltp\":%u,"
                            "\"alertPrice\":50,\"alertType\":\"%s\"}",
                            row->id, row->id % 9, figure % 100, alerts[row->status]);
}

static size_t write_rows(const struct pair *pair, size_t from, size_t to, char *out, size_t room)
{
    size_t len = 0;
    for (size_t i = from; i < to; i++) {
        len += (size_t)snprintf(out + len, room - len, "%s", i > from ? "," : "");
        len += write_row(pair, &pair->rows[i], out + len, room - len);
    }
    return len;
}

static struct snapshot *make_snapshot(const struct pair *pair)
{
    static const char *const heads[] = {
        "{\"orders\":[", "{\"positions\":[", "",
        "{\"watchlists\":[{\"id\":\"a\",\"name\":\"A\",\"items\":["};
    char *body = malloc(BODY_MAX);
    bool lists = pair->pane == PANE_WATCHLIST;
    size_t split = lists && pair->split < pair->count ? pair->split : pair->count;
    size_t len = (size_t)snprintf(body, BODY_MAX, "%s", heads[pair->pane]);
    len += write_rows(pair, 0, split, body + len, BODY_MAX - len);
    if (lists) {
        len += (size_t)snprintf(body + len, BODY_MAX - len,
                                "]},{\"id\":\"b\",\"name\":\"B\",\"items\":[");
        len += write_rows(pair, split, pair->count, body + len, BODY_MAX - len);
    }
    len += (size_t)snprintf(body + len, BODY_MAX - len, lists ? "]}]}" : "]}");
    assert_true(len < BODY_MAX);
    struct fault fault = {0};
    struct snapshot *snapshot = decode_body((enum resource)pair->pane, body, len, &fault);
    assert_non_null(snapshot);
    free(body);
    return snapshot;
}

static void edit(struct pair *pair)
{
    size_t at = pair->count > 0 ? roll(pair, (unsigned)pair->count) : 0;
    switch (roll(pair, 8)) {
    case 0:
        if (pair->count < ROWS_MAX) {
            at = roll(pair, 2) == 0 ? 0 : at;
            memmove(pair->rows + at + 1, pair->rows + at, (pair->count - at) * sizeof *pair->rows);
            pair->rows[at] = (struct made){pair->next_id++, roll(pair, 10000), roll(pair, 4)};
            pair->count++;
        }
        break;
    case 1:
        if (pair->count > 0) {
            pair->count--;
            memmove(pair->rows + at, pair->rows + at + 1, (pair->count - at) * sizeof *pair->rows);
        }
        break;
    case 2:
        for (size_t i = 0; i < pair->count; i++) { /* as a batch of quotes */
            pair->rows[i].figure = roll(pair, 10000);
        }
        break;
    case 3:
        if (pair->count > 0) {
            size_t other = roll(pair, (unsigned)pair->count);
            struct made swap = pair->rows[at];
            pair->rows[at] = pair->rows[other];
            pair->rows[other] = swap;
        }
        break;
    case 4:
        pair->split = roll(pair, ROWS_MAX);
        break;
    default:
        if (pair->count > 0) {
            pair->rows[at].figure = roll(pair, 10000);
            pair->rows[at].status = roll(pair, 4);
        }
        break;
    }
}

/* --- both sides ----------------------------------------------------------------------------- */

static void take(struct pair *pair)
{
    struct snapshot *snapshot = make_snapshot(pair);
    struct table_news news = {.snapshot = snapshot, .now = pair->now, .quiet = roll(pair, 5) == 0};
    table_take(&pair->quick.table, &news);
    for (size_t i = 0; i < pair->full.table.row_count; i++) {
        pair->full.table.marks[i].version = 0;
    }
    pair->full.table.unmeasured = true;
    table_take(&pair->full.table, &news);
    snapshot_unref(pair->snapshot);
    pair->snapshot = snapshot;
}

static void act(struct pair *pair, struct table *table, unsigned what, unsigned how)
{
    static const char *const filters[] = {"", "S1", "!S2", "S"};
    size_t columns;
    columns_of(pair->pane, &columns);
    switch (what) {
    case 0:
        table->sort = (int)(how % (columns + 1)) - 1;
        table->descending = how % 2 == 0;
        table_arrange(table);
        break;
    case 1:
        snprintf(table->filter, sizeof table->filter, "%s", filters[how % 4]);
        table_arrange(table);
        break;
    case 2:
        table_move(table, (long)(how % 9) - 4);
        table_scroll(table, 5);
        break;
    case 3:
        table_next_list(table, 1);
        break;
    case 4:
        table_see_all(table);
        break;
    case 5:
        table_forget_widths(table);
        break;
    case 6:
        table_tick(table, pair->now.mono_us);
        break;
    default:
        break;
    }
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || !(a < b || a > b);
}

static void check_marks(const struct table *quick, const struct table *full)
{
    for (size_t i = 0; i < quick->row_count; i++) {
        const struct table_mark *a = &quick->marks[i], *b = &full->marks[i];
        assert_true(a->key == b->key && a->class == b->class);
        assert_int_equal(table_mark_is_due(a), table_mark_is_due(b));
        assert_true(a->flash_until_us == b->flash_until_us);
        assert_memory_equal(a->direction, b->direction, sizeof a->direction);
        for (size_t v = 0; v < COLUMN_FLASH_MAX; v++) {
            assert_true(same(a->value[v], b->value[v]));
        }
    }
}

static void check_extents(const struct table *quick, const struct table *full)
{
    for (size_t c = 0; c < COLUMNS_MAX; c++) {
        const struct column_extent *a = &quick->extents[c], *b = &full->extents[c];
        assert_true(same(a->low, b->low) && same(a->high, b->high));
        assert_true(same(a->most, b->most) && same(a->other, b->other));
        assert_true(a->decimals == b->decimals && a->text_width == b->text_width);
        assert_true(a->derived == b->derived && a->huge == b->huge && a->any == b->any);
    }
}

static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-6;
}

/* What stands below the orders is the sum of all of them, whichever were counted anew. */
static void check_foot(struct table *table, const struct table *full)
{
    double slip = 0, filled = 0;
    size_t slips = 0, working = 0;
    const char *currency = NULL;
    table_foot_make(table);
    for (size_t i = 0; table->pane == PANE_ORDERS && i < full->row_count; i++) {
        const struct order *order = &full->snapshot->orders[i];
        struct slip its = order_slip(order, (double)NAN);
        if (!filter_passes(&full->compiled, PANE_ORDERS, &order->row, (double)NAN)) {
            continue;
        }
        if (order_is_working(order)) {
            working++;
        } else if (!isnan(its.cost) && its.worth > 0) {
            currency = currency != NULL ? currency : order->currency;
            slip += strcmp(currency, order->currency) == 0 ? its.cost : (double)NAN;
            filled += its.worth;
            slips++;
        }
    }
    assert_int_equal(table->foot.working, working);
    assert_int_equal(table->foot.slips, slips);
    assert_true(is_near(table->foot.slip, slip) && is_near(table->foot.filled, filled));
}

static void check(struct pair *pair)
{
    struct table *quick = &pair->quick.table;
    const struct table *full = &pair->full.table;
    check_foot(quick, full);
    assert_int_equal(quick->row_count, full->row_count);
    assert_int_equal(quick->order_count, full->order_count);
    assert_int_equal(quick->total, full->total);
    if (quick->order_count > 0) {
        assert_memory_equal(quick->order, full->order, quick->order_count * sizeof *quick->order);
    }
    assert_int_equal(quick->attention_count, full->attention_count);
    assert_int_equal(quick->cursor, full->cursor);
    assert_int_equal(quick->top, full->top);
    assert_true(quick->selected == full->selected && quick->list == full->list);
    assert_memory_equal(quick->class_counts, full->class_counts, sizeof quick->class_counts);
    assert_true(same(quick->sums.sums[0].day.value, full->sums.sums[0].day.value));
    assert_true(same(quick->sums.sums[0].unrealized.value, full->sums.sums[0].unrealized.value));
    assert_true(same(quick->sums.sums[0].invested.value, full->sums.sums[0].invested.value));
    assert_int_equal(quick->sums.sums[0].open_count, full->sums.sums[0].open_count);
    assert_true(quick->flash_end_us <= full->flash_end_us);
    check_marks(quick, full);
    check_extents(quick, full);
}

static void test_rows_passed_over_do_not_show(void **state)
{
    (void)state;
    static const enum pane panes[] = {PANE_ORDERS, PANE_POSITIONS, PANE_WATCHLIST};
    for (size_t p = 0; p < sizeof panes / sizeof *panes; p++) {
        struct pair pair = {
            .pane = panes[p], .dice = p + 1, .split = 20, .now = {DESK_NOW_US, DESK_NOW_MS}};
        table_init(&pair.quick.table, pair.pane);
        table_init(&pair.full.table, pair.pane);
        for (int step = 0; step < STEPS; step++) {
            pair.now.mono_us += roll(&pair, 400000);
            for (unsigned edits = roll(&pair, 3); edits > 0; edits--) {
                edit(&pair);
            }
            take(&pair);
            check(&pair);
            unsigned what = roll(&pair, 20), how = roll(&pair, 1000);
            act(&pair, &pair.quick.table, what, how);
            act(&pair, &pair.full.table, what, how);
        }
        table_done(&pair.quick.table);
        table_done(&pair.full.table);
        snapshot_unref(pair.snapshot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_passed_over_do_not_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
