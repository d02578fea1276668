/* What is new about the rows since those before. */
#include "table_private.h"

#include <blotter/core/alarm.h>
#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLASH_US 800000      /* a changed cell is marked for at most this long */
#define FLASH_GRID_US 100000 /* and flashes end together, so that few wake-ups end them all */

/* The marks of the rows before, found by place at first and by hash where rows have moved. */
struct past {
    const struct table_mark *marks;
    const uint8_t *traits;
    size_t count;
    uint32_t *slots; /* made when first needed */
    size_t mask;
    int shift;
};

/*
 * Where the search for a key begins. Who sends the ids may know every hash of them, but not where
 * our memory lies: multiplied by that, no choice of ids makes more of them meet than chance does.
 */
static size_t past_start(const struct past *past, uint64_t key)
{
    uint64_t unknown = (uint64_t)(uintptr_t)past->slots * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(key * (unknown | 1) >> past->shift);
}

static void past_index(struct past *past)
{
    size_t size = 16;
    past->shift = 64 - 4;
    while (size < past->count * 2) {
        size *= 2;
        past->shift--;
    }
    past->slots = mem_calloc(size, sizeof *past->slots);
    past->mask = size - 1;
    for (size_t i = 0; i < past->count; i++) {
        uint64_t key = past->marks[i].key;
        size_t at = past_start(past, key);
        while (past->slots[at] != 0 && past->marks[past->slots[at] - 1].key != key) {
            at = (at + 1) & past->mask;
        }
        if (past->slots[at] == 0) { /* of several rows with one id the first is meant */
            past->slots[at] = (uint32_t)(i + 1);
        }
    }
}

/* The index in the rows before, or past->count. Rows mostly keep their distance. */
static size_t past_find(struct past *past, uint64_t key, size_t guess)
{
    if (guess < past->count && past->marks[guess].key == key) {
        return guess;
    }
    if (past->count == 0) {
        return 0;
    }
    if (past->slots == NULL) {
        past_index(past);
    }
    for (size_t at = past_start(past, key); past->slots[at] != 0; at = (at + 1) & past->mask) {
        if (past->marks[past->slots[at] - 1].key == key) {
            return past->slots[at] - 1;
        }
    }
    return past->count;
}

static double flash_value(const struct column *column, const struct row *row)
{
    bool derived = false;
    if (column->number != NULL) {
        return column->number(row, &derived);
    }
    return column->text != NULL ? (double)(table_key(column->text(row)) >> 12) : (double)NAN;
}

static int text_direction(const struct column *column, const struct row *row)
{
    double meaning = column->meaning != NULL ? column->meaning(row) : 0;
    return column->number != NULL ? 0
           : meaning > 0          ? COLUMN_GOOD
           : meaning < 0          ? COLUMN_BAD
                                  : COLUMN_NEUTRAL;
}

/* What flashes in a row; the direction is that of a text that is new, 0 for figures. */
static void read_values(const struct table *table, const struct row *row, struct table_mark *mark)
{
    size_t count, at = 0;
    const struct column *columns = columns_of(table->pane, &count);
    for (size_t i = 0; i < count && at < COLUMN_FLASH_MAX; i++) {
        if ((columns[i].flags & COLUMN_FLASHES) != 0) {
            mark->direction[at] = (int8_t)text_direction(&columns[i], row);
            mark->value[at++] = flash_value(&columns[i], row);
        }
    }
}

/* A flash that is over is not shown again because something else in the row changed. */
static void compare(struct table_mark *mark, const struct table_mark *before, bool quiet,
                    struct moment now)
{
    bool changed = false, flashing = before->flash_until_us != 0;
    mark->flash_until_us = before->flash_until_us;
    for (size_t i = 0; i < COLUMN_FLASH_MAX; i++) {
        double was = before->value[i], is = mark->value[i];
        bool differs = !quiet && (is < was || is > was);
        int meaning = mark->direction[i] != 0 ? mark->direction[i] : is > was ? 1 : -1;
        mark->direction[i] = (int8_t)(differs ? meaning : flashing ? before->direction[i] : 0);
        changed |= differs;
    }
    if (changed) {
        int64_t end = now.mono_us + FLASH_US;
        mark->flash_until_us = end - end % FLASH_GRID_US;
    }
}

/* --- attention ------------------------------------------------------------------------------ */

/* An alert on a level holds as long as the price is beyond it; one on a crossing is a moment. */
static bool is_moment(const struct table *table, const struct row *row)
{
    const struct watch_item *item = (const void *)row;
    return table->pane == PANE_WATCHLIST && item->alert == ALERT_CROSSING;
}

static bool crossed(const struct watch_item *item, double ltp_before)
{
    double ltp = item_last(item).value, at = item->alert_price;
    if (item->alert == ALERT_ABOVE) {
        return ltp >= at;
    }
    if (item->alert == ALERT_BELOW) {
        return ltp <= at;
    }
    return (ltp_before < at && ltp >= at) || (ltp_before > at && ltp <= at);
}

static bool wants_attention(const struct table *table, const struct row *row,
                            const struct table_mark *before)
{
    const struct order *order = (const void *)row;
    if (table->pane == PANE_ORDERS) {
        return order->class == ORDER_REJECTED || order_is_late(order, table->aged_ms);
    }
    if (table->pane == PANE_POSITIONS) {
        return position_is_beyond_stop((const void *)row, before != NULL && before->lasting);
    }
    if (table->pane == PANE_WATCHLIST) {
        return crossed((const void *)row, before != NULL ? before->value[0] : (double)NAN);
    }
    return false;
}

/* Attention sticks until it was seen; a price alert that was seen rings again after it left. */
static void attend(const struct table *table, const struct row *row, struct table_mark *mark,
                   const struct table_mark *before)
{
    bool wanted = wants_attention(table, row, before);
    mark->lasting = wanted && !is_moment(table, row);
    mark->attention = wanted;
    if (before == NULL) {
        mark->seen = wanted && table_has_seen(table, mark->key);
        return;
    }
    mark->attention |= table->pane == PANE_WATCHLIST && table_mark_is_due(before);
    mark->seen = mark->lasting && before->lasting && before->seen && mark->class == before->class;
}

void table_age(struct table *table, int64_t now_ms)
{
    table->aged_ms = now_ms;
    for (size_t i = 0; table->pane == PANE_ORDERS && i < table->row_count; i++) {
        struct table_mark *mark = &table->marks[i];
        if (!mark->attention && order_is_late(&table->snapshot->orders[i], now_ms)) {
            mark->attention = mark->lasting = true;
            mark->seen = false;
        }
    }
    table_note_marks(table);
}

/* --- prices when placed
 * ----------------------------------------------------------------------------------- */

static void note_placed(const struct table *table, const struct table_news *news,
                        const struct row *row, struct table_mark *mark)
{
    const struct order *order = (const void *)row;
    const struct tape *tape = row->owner != NULL ? row->owner->tape : news->tape;
    if (table->pane == PANE_ORDERS && tape != NULL && order_is_at_market(order) &&
        !order_is_working(order)) {
        mark->placed_at = tape_placed_at(tape, row->id);
    }
}

/* --- rows ----------------------------------------------------------------------------------- */

static uint8_t traits_of(const struct table *table, const struct row *row)
{
    const struct order *order = (const void *)row;
    if (table->pane != PANE_ORDERS) {
        return 0;
    }
    bool works = order_is_working(order);
    bool ages = works && order->created_ms != MODEL_NO_TIME;
    return (uint8_t)((works ? TABLE_WORKS : 0) | (ages ? TABLE_AGES : 0) |
                     (ages && order_is_at_market(order) ? TABLE_LATE : 0) |
                     (order->parent_id[0] != '\0' ? TABLE_LEG : 0));
}

/* Row i anew; before: what it was, NULL when it was not there. */
static void take_row(struct table *table, const struct table_news *news, size_t i,
                     const struct table_mark *before)
{
    const struct row *row = model_row(news->snapshot, i);
    struct table_mark *mark = &table->marks[i];
    uint64_t key = before != NULL ? before->key : model_key(row->id, row->owner);
    *mark = (struct table_mark){.key = key,
                                .version = row->version,
                                .value = {NAN, NAN, NAN},
                                .placed_at = NAN,
                                .rank = before != NULL ? before->rank : UINT32_MAX,
                                .group = before != NULL ? before->group : 0};
    read_values(table, row, mark);
    if (table->pane == PANE_ORDERS) {
        const struct order *order = (const void *)row;
        mark->class = (uint8_t)(order->gone ? TABLE_GONE : order->class);
    }
    mark->section = (uint8_t)table_section(table, row);
    table->traits[i] = traits_of(table, row);
    note_placed(table, news, row, mark);
    if (before != NULL) {
        compare(mark, before, news->quiet || row->stale, news->now);
    } else {
        memset(mark->direction, 0, sizeof mark->direction);
    }
    attend(table, row, mark, before);
    table_measure_row(table, i);
}

static bool is_unchanged(const struct table_mark *mark, const struct row *row)
{
    return mark->version == row->version && row->version != 0;
}

static void add_changed(struct table *table, size_t i)
{
    if (table->changed_count == table->changed_room) {
        table->changed_room = table->changed_room * 2 + 16;
        table->changed = mem_realloc(table->changed, table->changed_room * sizeof *table->changed);
    }
    table->changed[table->changed_count++] = (uint32_t)i;
}

/* Whether every row stands where it stood; then table->changed names those that have changed. */
static bool find_changed(struct table *table, const struct snapshot *snapshot)
{
    table->changed_count = 0;
    if (snapshot == NULL || snapshot->row_count != table->row_count || table->unmeasured) {
        return false;
    }
    const char *at = snapshot->rows;
    size_t size = model_row_size(snapshot->resource);
    for (size_t i = 0; i < table->row_count; i++, at += size) {
        const struct row *row = (const void *)at;
        if (!is_unchanged(&table->marks[i], row)) {
            if (model_key(row->id, row->owner) != table->marks[i].key) {
                return false;
            }
            add_changed(table, i);
        }
    }
    struct table_range shown = table_list_range(table);
    return shown.first == table->first && shown.count == table->total;
}

/* Rows that have moved, come or gone: the marks go where their rows are. */
static void take_moved(struct table *table, const struct table_news *news)
{
    struct past past = {.marks = table->marks, .traits = table->traits, .count = table->row_count};
    size_t count = news->snapshot != NULL ? news->snapshot->row_count : 0, moved = 0;
    bool all = table->unmeasured;
    table->row_count = count;
    table->marks = mem_alloc((count + 1) * sizeof *table->marks);
    table->traits = mem_alloc(count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = model_row(news->snapshot, i);
        size_t was = i + moved; /* wraps around below 0, which is no place */
        bool same = was < past.count && is_unchanged(&past.marks[was], row);
        was = same ? was : past_find(&past, model_key(row->id, row->owner), was);
        moved = was < past.count ? was - i : moved;
        if (was < past.count && is_unchanged(&past.marks[was], row)) {
            table->marks[i] = past.marks[was];
            table->traits[i] = past.traits[was];
            if (all) {
                note_placed(table, news, row, &table->marks[i]);
                table_measure_row(table, i);
            }
        } else {
            take_row(table, news, i, was < past.count ? &past.marks[was] : NULL);
        }
    }
    free(past.slots);
    free((void *)(uintptr_t)past.marks);
    free((void *)(uintptr_t)past.traits);
    table->unmeasured = false;
    table_note_marks(table);
    table_arrange(table);
}

/* Keeps what table_note_marks and table_arrange would find, of which one row has changed. */
static void note_changed(struct table *table, size_t row, const struct table_mark *before)
{
    const struct table_mark *mark = &table->marks[row];
    table->attention_count += (size_t)table_mark_is_due(mark) - (size_t)table_mark_is_due(before);
    table->late_count += (size_t)table_mark_is_late(mark) - (size_t)table_mark_is_late(before);
    if (mark->flash_until_us != 0 && mark->flash_until_us < table->flash_end_us) {
        table->flash_end_us = mark->flash_until_us;
    }
}

static void take_changed(struct table *table, const struct table_news *news)
{
    bool moved = true, regroup = false;
    for (size_t i = 0; i < table->changed_count; i++) {
        size_t row = table->changed[i];
        struct table_mark before = table->marks[row];
        unsigned worked = table->traits[row];
        take_row(table, news, row, &before);
        if ((worked & table->traits[row] & TABLE_WORKS) == 0) {
            table_foot_change(table, row);
        }
        note_changed(table, row, &before);
        regroup |=
            table->marks[row].class != before.class || table->marks[row].section != before.section;
    }
    if (regroup || table->compiled.count > 0 || table_wants_ranks(table) ||
        !table_sort_mend(table, &moved)) {
        table_arrange(table);
    } else if (moved) {
        table_settle(table);
    }
}

static void note_newest(struct quote_clock *quotes, int64_t newest_ms, struct moment now)
{
    if (newest_ms <= quotes->newest_ms) {
        return;
    }
    int64_t behind_ms = now.wall_ms > newest_ms ? now.wall_ms - newest_ms : 0;
    if (quotes->newest_ms == 0 || behind_ms < quotes->behind_ms) {
        quotes->behind_ms = behind_ms;
    }
    quotes->newest_ms = newest_ms;
    quotes->came_us = now.mono_us;
}

static void note_quotes(struct table *table, const struct snapshot *snapshot, struct moment now)
{
    int64_t newest_ms = INT64_MIN;
    for (size_t i = 0; i < snapshot->row_count; i++) {
        const struct row *row = &snapshot->items[i].row;
        int64_t ms = snapshot->items[i].updated_ms;
        bool last = i + 1 == snapshot->row_count || snapshot->items[i + 1].row.owner != row->owner;
        newest_ms = ms > newest_ms ? ms : newest_ms;
        if (last) { /* of an account's rows, which stand together */
            note_newest(table_quotes(table, row), newest_ms, now);
            newest_ms = INT64_MIN;
        }
    }
}

void table_take(struct table *table, const struct table_news *news)
{
    if (table->pane == PANE_WATCHLIST && news->snapshot != NULL) {
        note_quotes(table, news->snapshot, news->now);
    }
    table->owners = news->owners;
    table->owner_count = news->owner_count;
    table->snapshot = news->snapshot;
    table->taken_ms = news->now.wall_ms;
    table->book = news->book;
    table_choose_measured(table);
    if (!find_changed(table, news->snapshot)) {
        table->aged_ms = news->now.wall_ms;
        take_moved(table, news);
    } else if (table->changed_count > 0) {
        table->aged_ms = news->now.wall_ms;
        take_changed(table, news);
    } else {
        table_sum(table); /* the book may tell more of the same rows */
        return;
    }
    table->rank_is_old = true;
    table->foot.old = true;
    table_sum(table);
}
