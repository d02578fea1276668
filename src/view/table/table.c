#include "table_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/core/hash.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *table, enum pane pane)
{
    *table = (struct table){
        .pane = pane, .sort = TABLE_SERVER_ORDER, .flash_end_us = MOMENT_NEVER, .unmeasured = true};
    table_sort_usual(table);
}

void table_done(struct table *table)
{
    free(table->marks);
    free(table->traits);
    free(table->foot.parts);
    free(table->order);
    free(table->groups);
    table->groups = NULL;
    free(table->changed);
    table->marks = NULL;
    table->traits = NULL;
    table->order = NULL;
    table->changed = NULL;
}

uint64_t table_key(const char *id)
{
    uint64_t hash = hash_text(HASH_START, id);
    return hash != 0 ? hash : 1;
}

void table_forget_rows(struct table *table)
{
    table->snapshot = NULL;
    table->owners = NULL;
    table->owner_count = 0;
    table->order_count = 0;
    table->total = 0;
    table->split = 0;
    table->group_count = 0;
}

/* --- marks ----------------------------------------------------------------------------------- */

void table_note_marks(struct table *table)
{
    table->attention_count = table->late_count = 0;
    table->flash_end_us = MOMENT_NEVER;
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_mark *mark = &table->marks[i];
        table->attention_count += table_mark_is_due(mark);
        table->late_count += table_mark_is_late(mark);
        if (mark->flash_until_us != 0 && mark->flash_until_us < table->flash_end_us) {
            table->flash_end_us = mark->flash_until_us;
        }
    }
}

bool table_tick(struct table *table, int64_t now_us)
{
    if (now_us < table->flash_end_us) {
        return false;
    }
    for (size_t i = 0; i < table->row_count; i++) {
        struct table_mark *mark = &table->marks[i];
        if (mark->flash_until_us != 0 && mark->flash_until_us <= now_us) {
            mark->flash_until_us = 0;
            memset(mark->direction, 0, sizeof mark->direction);
        }
    }
    table_note_marks(table);
    return true;
}

/* --- views ---------------------------------------------------------------------------------- */

size_t table_view_count(const struct table *table, enum order_view view)
{
    size_t count = 0;
    for (int i = 0; i < TABLE_CLASSES; i++) {
        count += (order_view_info(view)->classes & 1u << i) != 0 ? table->class_counts[i] : 0;
    }
    return count;
}

/* Whether the view, or the pane's kind, leaves a row in. */
static bool in_view(const struct table *table, size_t row)
{
    if (table->pane == PANE_ORDERS) {
        bool below = table->view == ORDER_VIEW_WORKING && !table->brief;
        return below ||
               (order_view_info(table->view)->classes & 1u << table->marks[row].class) != 0;
    }
    return !table->brief || table->pane != PANE_POSITIONS ||
           !position_is_closed(&table->snapshot->positions[row]);
}

/* --- lines ---------------------------------------------------------------------------------- */

/* Lines between the first section and the others. */
static size_t divider_lines(const struct table *table)
{
    bool both = table->split > 0 && table->split < table->order_count;
    return !both ? 0 : table->pane == PANE_ORDERS ? 2 : 1;
}

size_t table_line_count(const struct table *table)
{
    return table->order_count + divider_lines(table) + table_group_heads(table) -
           table_group_hidden(table);
}

size_t table_row_of_line(const struct table *table, size_t line)
{
    size_t between = divider_lines(table);
    if (table->group_count > 0) {
        return table_group_row(table, line, between);
    }
    if (line < table->split || between == 0) {
        return line;
    }
    return line < table->split + between ? TABLE_NO_ROW : line - between;
}

size_t table_line_of_row(const struct table *table, size_t i)
{
    size_t line = table->group_count > 0 ? table_group_line(table, i) : i;
    return i < table->split ? line : line + divider_lines(table);
}

/* The row at a line, or the one behind the divider. */
static size_t row_from(const struct table *table, size_t line)
{
    size_t row = table_row_of_line(table, line);
    while (row == TABLE_NO_ROW) {
        row = table_row_of_line(table, ++line);
    }
    return row;
}

/* --- order, selection, anchor --------------------------------------------------------------- */

/* A mistake is told; of what it leaves, the words that are understood decide. */
static void take_filter(struct table *table)
{
    if (strcmp(table->filter, table->filter_taken) == 0) {
        return;
    }
    memcpy(table->filter_taken, table->filter, sizeof table->filter_taken);
    if (filter_compile(table->pane, table->filter, &table->compiled, table->filter_error)) {
        table->filter_error[0] = '\0';
    }
}

static bool row_matches(const struct table *table, size_t i)
{
    return filter_passes(&table->compiled, table->pane, model_row(table->snapshot, i),
                         table->marks[i].placed_at);
}

static size_t find_key(const struct table *table, uint64_t key)
{
    size_t i = 0;
    while (key != 0 && i < table->order_count && table->marks[table->order[i]].key != key) {
        i++;
    }
    return key != 0 ? i : table->order_count;
}

static uint64_t key_at(const struct table *table, size_t i)
{
    return i < table->order_count ? table->marks[table->order[i]].key : 0;
}

static void remember(struct table *table)
{
    table->selected = key_at(table, table->cursor);
    table->neighbours[0] = key_at(table, table->cursor + 1);
    table->neighbours[1] = table->cursor > 0 ? key_at(table, table->cursor - 1) : 0;
    table->top_key = key_at(table, row_from(table, table->top));
}

/* A folded group has its head selected, which is its first row's line. */
static size_t unfolded(const struct table *table, size_t i)
{
    const struct table_group *group = table_group_of(table, i);
    return group != NULL && group->folded ? group->first : i;
}

/* At the very top we stay there, so that new rows are seen. */
static void settle_top(struct table *table, size_t last)
{
    if (table->top > 0) {
        size_t top = find_key(table, table->top_key);
        if (top >= table->order_count) {
            table->top = table->top < last ? table->top : last;
        } else if (row_from(table, table->top) != top) { /* else it may stand on the divider */
            table->top = table_line_of_row(table, top);
        }
    }
}

void table_settle(struct table *table)
{
    const uint64_t wanted[] = {table->selected, table->neighbours[0], table->neighbours[1]};
    size_t last = table->order_count > 0 ? table->order_count - 1 : 0;
    if (!table->chosen_row) {
        table->cursor = 0;
        table->top = table->adrift ? table->top : 0;
        settle_top(table, last);
        remember(table);
        return;
    }
    size_t found = table->order_count;
    for (size_t i = 0; i < 3 && found == table->order_count; i++) {
        found = find_key(table, wanted[i]);
    }
    table->cursor = found < table->order_count ? found
                    : table->cursor < last     ? table->cursor
                                               : last;
    table->cursor = unfolded(table, table->cursor);
    settle_top(table, last);
    remember(table);
}

/* Whether a list is the one that was shown. */
static uint64_t list_key(const struct table *table, size_t i)
{
    return model_key(table->snapshot->lists[i].id, table->snapshot->lists[i].owner);
}

static bool is_list(const struct table *table, size_t i)
{
    return list_key(table, i) == table->list_key;
}

struct table_range table_list_range(struct table *table)
{
    const struct snapshot *snapshot = table->snapshot;
    struct table_range all = {0, table->row_count};
    if (table->pane != PANE_WATCHLIST) {
        return all;
    }
    table->list_count = snapshot != NULL ? snapshot->list_count : 0;
    table->list = table->list < table->list_count ? table->list : 0;
    for (size_t i = 0; i < table->list_count && !is_list(table, table->list); i++) {
        table->list = is_list(table, i) ? i : table->list;
    }
    if (table->list_count == 0) {
        return all;
    }
    const struct watchlist *list = &snapshot->lists[table->list];
    table->list_key = list_key(table, table->list);
    return (struct table_range){list->first, list->count};
}

static void find_split(struct table *table)
{
    size_t i = 0;
    while (i < table->order_count && table->marks[table->order[i]].section == 0) {
        i++;
    }
    table->split = i;
}

/* Places by what the figure is now, for all rows, whatever the filter leaves of them. */
static void give_ranks(struct table *table, struct table_range shown)
{
    for (size_t i = 0; i < shown.count; i++) {
        table->order[i] = (uint32_t)(shown.first + i);
    }
    table_sort_rows(table, table->order, shown.count);
    for (size_t i = 0; i < shown.count; i++) {
        table->marks[table->order[i]].rank = (uint32_t)i;
    }
    table->ranked_by = table_rank_key(table);
    table->rank_is_old = false;
}

/* Whether row i of the order is a leg of the one above it, or of the one that this is a leg of. */
static bool is_led(const struct table *table, size_t i)
{
    const struct order *orders = table->snapshot->orders;
    if (i == 0 || (table->traits[table->order[i]] & TABLE_LEG) == 0) {
        return false;
    }
    uint32_t before = table->order[i - 1];
    const struct order *leg = &orders[table->order[i]], *above = &orders[before];
    bool sibling = table->marks[before].led && strcmp(above->parent_id, leg->parent_id) == 0;
    return above->row.owner == leg->row.owner &&
           (sibling || strcmp(above->row.id, leg->parent_id) == 0);
}

static void note_legs(struct table *table)
{
    bool follow = table_legs_follow(table);
    for (size_t i = 0; table->pane == PANE_ORDERS && i < table->order_count; i++) {
        table->marks[table->order[i]].led = follow && is_led(table, i);
    }
}

void table_arrange(struct table *table)
{
    struct table_range shown = table_list_range(table);
    take_filter(table);
    table->order = mem_realloc(table->order, (shown.count + 1) * sizeof *table->order);
    table->order_count = 0;
    table->first = shown.first;
    table->total = shown.count;
    if (shown.count > 0 && table_wants_ranks(table)) { /* of nothing, they would be kept */
        give_ranks(table, shown);
    }
    table_groups_make(table, shown.first, shown.count);
    memset(table->class_counts, 0, sizeof table->class_counts);
    table->passed = 0;
    for (size_t i = shown.first; i < shown.first + shown.count; i++) {
        if (!row_matches(table, i)) {
            continue;
        }
        table->passed++;
        table->class_counts[table->marks[i].class]++;
        if (in_view(table, i)) {
            table->marks[i].section = (uint8_t)table_section(table, model_row(table->snapshot, i));
            table->order[table->order_count++] = (uint32_t)i;
        }
    }
    table_sort_rows(table, table->order, table->order_count);
    table->foot.old = table->foot.slips_old = true;
    find_split(table);
    note_legs(table);
    table_groups_place(table);
    table_sum(table);
    table_settle(table);
}

bool table_rank_in_time(struct table *table, int64_t now_us, bool looked_at)
{
    bool due = now_us >= table_next_rank(table, looked_at);
    if (looked_at || due) {
        table->ranked_us = now_us;
    }
    if (due) {
        table_rank(table);
        table_arrange(table);
    }
    return due;
}

const struct row *table_row(const struct table *table, size_t i)
{
    return i < table->order_count ? model_row(table->snapshot, table->order[i]) : NULL;
}

const struct row *table_selected(const struct table *table)
{
    return table_row(table, table->cursor);
}

/* A rejection is final and stays seen; a price may cross its mark again. */
static void see(struct table *table, struct table_mark *mark)
{
    if (table_mark_is_due(mark) && table->pane == PANE_ORDERS && mark->class == ORDER_REJECTED) {
        table_note_seen(table, mark->key);
    }
    mark->seen = mark->attention;
}

void table_select(struct table *table, size_t i)
{
    size_t last = table->order_count > 0 ? table->order_count - 1 : 0;
    size_t to = unfolded(table, i < last ? i : last);
    if (to != table->cursor) {
        if (table->cursor < table->order_count) {
            see(table, &table->marks[table->order[table->cursor]]);
        }
        table_note_marks(table);
    }
    table->chosen_row = true;
    table->adrift = false;
    table->cursor = to;
    remember(table);
}

/* By lines that are rows, or stand for some. */
void table_move(struct table *table, long by)
{
    size_t line = table_line_of_row(table, table->cursor), to = table->cursor;
    size_t lines = table_line_count(table), step = by < 0 ? (size_t)-1 : 1;
    for (long left = by < 0 ? -by : by; left > 0 && line + step < lines;) { /* or wraps around */
        line += step;
        size_t row = table_row_of_line(table, line);
        to = row != TABLE_NO_ROW ? row : to;
        left -= row != TABLE_NO_ROW;
    }
    table_select(table, to);
}

void table_see(struct table *table, size_t i)
{
    if (i < table->order_count) {
        see(table, &table->marks[table->order[i]]);
        table_note_marks(table);
    }
}

void table_see_all(struct table *table)
{
    for (size_t i = table->row_count; i-- > 0;) { /* the server's first are the newest */
        see(table, &table->marks[i]);
    }
    table_note_marks(table);
}

void table_scroll(struct table *table, size_t lines)
{
    if (lines == 0) {
        return;
    }
    size_t count = table_line_count(table), cursor = table_line_of_row(table, table->cursor);
    size_t last_top = count > lines ? count - lines : 0;
    if (table->adrift) {
        /* until a key is pressed */
    } else if (cursor < table->top) {
        table->top = cursor;
    } else if (cursor >= table->top + lines) {
        table->top = cursor - lines + 1;
    }
    table->top = table->top < last_top ? table->top : last_top;
    table->top_key = key_at(table, row_from(table, table->top));
}

void table_wheel(struct table *table, long by, size_t lines)
{
    size_t count = table_line_count(table);
    long last = count > lines ? (long)(count - lines) : 0, to = (long)table->top + by;
    table->top = to < 0 ? 0 : to > last ? (size_t)last : (size_t)to;
    table->top_key = key_at(table, row_from(table, table->top));
    table->adrift = true;
}

void table_next_list(struct table *table, int by)
{
    if (table->list_count < 2) {
        return;
    }
    table_rank(table);
    table->list = (table->list + table->list_count + (size_t)(by > 0 ? 1 : -1)) % table->list_count;
    table->list_key = list_key(table, table->list);
    table->selected = 0;
    table->neighbours[0] = table->neighbours[1] = 0;
    table->cursor = table->top = 0;
    table->adrift = false;
    table_arrange(table);
}
