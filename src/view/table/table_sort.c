/* Sorting by keys that are taken out of the rows once; a bottom-up merge, so equal keys stay put.
 */
#include "table_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MEND_MAX 16 /* changed rows that are put in place one by one */

struct item {
    double number;
    uint64_t prefix; /* the text's first eight bytes, folded */
    uint32_t row;
    uint32_t head; /* the row whose place it takes: of a leg its order's */
    int section;
};

struct order_by {
    const struct table *table;
    const struct column *column; /* NULL: the server's order */
    bool descending, by_rank, legs;
};

int table_section(const struct table *table, const struct row *row)
{
    if (table->pane == PANE_ORDERS) {
        return table->view == ORDER_VIEW_WORKING && !order_is_working((const void *)row);
    }
    return table->pane == PANE_POSITIONS && position_is_closed((const void *)row);
}

/* Open positions stand worst first where there is little room, unless the user sorts them. */
struct table_order table_order(const struct table *table)
{
    if (table->pane == PANE_POSITIONS && table->brief && !table->sorted) {
        return (struct table_order){(int)column_find(table->pane, "unrl-pnl", 8), false};
    }
    return (struct table_order){table->sort, table->descending};
}

bool table_can_sort(const struct table *table, size_t c)
{
    size_t count;
    const struct column *column = &columns_of(table->pane, &count)[c];
    return column->text != NULL || column->number != NULL;
}

void table_sort_by(struct table *table, int column)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    table->descending = column >= 0 && columns[column].text == NULL;
    table->sort = column;
    table->sorted = true;
}

void table_sort_reverse(struct table *table)
{
    struct table_order order = table_order(table);
    table->sort = order.column;
    table->descending = order.column >= 0 && !order.descending;
    table->sorted = true;
}

void table_sort_usual(struct table *table)
{
    static const struct {
        enum pane pane;
        const char *column;
        bool descending;
    } usual[] = {{PANE_ORDERS, "wait", true}, {PANE_POSITIONS, "symbol", false}};
    table->sort = TABLE_SERVER_ORDER;
    table->descending = table->sorted = false;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (usual[i].pane == table->pane) {
            table->sort = (int)column_find(table->pane, usual[i].column, strlen(usual[i].column));
            table->descending = usual[i].descending;
        }
    }
}

static bool is_moving(const struct table *table)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    int sort = table_order(table).column;
    return sort >= 0 && (size_t)sort < count && (columns[sort].flags & COLUMN_MOVES) != 0;
}

bool table_wants_ranks(const struct table *table)
{
    return is_moving(table) && table->ranked_by != table_rank_key(table);
}

int table_rank_key(const struct table *table)
{
    struct table_order order = table_order(table);
    return (order.column + 1) * 2 + order.descending;
}

int64_t table_next_rank(const struct table *table, bool looked_at)
{
    bool waits = table->rank_is_old && !looked_at && is_moving(table);
    return waits ? table->ranked_us + TABLE_RANK_US : MOMENT_NEVER;
}

bool table_rank(struct table *table)
{
    table->ranked_by = 0;
    return is_moving(table);
}

static uint64_t text_prefix(const char *text)
{
    uint64_t prefix = 0;
    for (int i = 0; i < 8; i++) {
        unsigned char c = (unsigned char)*text;
        prefix = prefix << 8 | (c >= 'a' && c <= 'z' ? c - 32u : c);
        text += c != '\0';
    }
    return prefix;
}

bool table_legs_follow(const struct table *table)
{
    struct table_order order = table_order(table);
    bool usual = order.column == 0 && order.descending;
    return table->pane == PANE_ORDERS && (order.column == TABLE_SERVER_ORDER || usual);
}

static uint32_t head_of(const struct order_by *by, uint32_t index)
{
    const struct snapshot *snapshot = by->table->snapshot;
    const char *parent = by->legs ? snapshot->orders[index].parent_id : "";
    size_t at = *parent != '\0' ? model_find_beside(snapshot, index, parent) : snapshot->row_count;
    return at < snapshot->row_count ? (uint32_t)at : index;
}

/* Missing figures and texts come last whatever the direction. */
static struct item take_key(const struct order_by *by, uint32_t index)
{
    const struct row *row = model_row(by->table->snapshot, index);
    int section = table_section(by->table, row);
    bool grouped = by->table->group_count > 0 && section == 0;
    int group = grouped ? by->table->marks[index].group : 0;
    struct item item = {
        .row = index, .head = head_of(by, index), .section = section * (UINT16_MAX + 1) + group};
    row = model_row(by->table->snapshot, item.head);
    if (by->by_rank) {
        item.number = by->table->marks[index].rank;
    } else if (by->column == NULL) {
        item.number = item.head;
    } else if (by->column->sort != NULL) {
        item.number = by->descending ? -by->column->sort(row) : by->column->sort(row);
    } else if (by->column->text != NULL) {
        uint64_t prefix = text_prefix(by->column->text(row));
        item.prefix = prefix == 0 ? UINT64_MAX : by->descending ? ~prefix : prefix;
    } else if (by->column->number != NULL) {
        bool derived = false;
        size_t count;
        struct order copy;
        row = table_row_in(by->table, (size_t)(by->column - columns_of(by->table->pane, &count)),
                           item.head, &copy);
        double number = by->column->number(row, &derived);
        item.number = isnan(number) ? (double)INFINITY : by->descending ? -number : number;
    }
    return item;
}

static int compare_text(const struct order_by *by, const struct row *a, const struct row *b)
{
    int order = strcasecmp(by->column->text(a), by->column->text(b));
    return by->descending ? -order : order;
}

/* Whether b has to come before a. */
static bool is_before(const struct order_by *by, const struct item *b, const struct item *a)
{
    if (b->section != a->section) {
        return b->section < a->section;
    }
    if (b->number < a->number || b->number > a->number) {
        return b->number < a->number;
    }
    if (b->prefix != a->prefix) {
        return b->prefix < a->prefix;
    }
    if (a->head == b->head) { /* an order, then its legs as they came */
        return a->row != a->head && (b->row == b->head || b->row < a->row);
    }
    const struct row *row_a = model_row(by->table->snapshot, a->head);
    const struct row *row_b = model_row(by->table->snapshot, b->head);
    bool by_text = by->column != NULL && by->column->text != NULL && by->column->sort == NULL;
    if (!by->by_rank && by_text) {
        int order = compare_text(by, row_b, row_a);
        if (order != 0) {
            return order < 0;
        }
    }
    int by_id = strcmp(row_b->id, row_a->id);
    return by_id < 0 || (by_id == 0 && b->row < a->row); /* of two accounts */
}

static void merge(const struct order_by *by, const struct item *from, struct item *to,
                  const size_t bounds[3])
{
    size_t left = bounds[0], right = bounds[1];
    for (size_t at = bounds[0]; at < bounds[2]; at++) {
        bool take_right =
            right < bounds[2] && (left >= bounds[1] || is_before(by, &from[right], &from[left]));
        to[at] = take_right ? from[right++] : from[left++];
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct order_by order_by_of(const struct table *table)
{
    size_t column_count;
    const struct column *columns = columns_of(table->pane, &column_count);
    struct table_order order = table_order(table);
    bool sorted = order.column >= 0 && (size_t)order.column < column_count;
    return (struct order_by){.table = table,
                             .column = sorted ? &columns[order.column] : NULL,
                             .descending = order.descending,
                             .by_rank = is_moving(table) && !table_wants_ranks(table),
                             .legs = table_legs_follow(table)};
}

void table_sort_rows(const struct table *table, uint32_t *rows, size_t count)
{
    struct order_by by = order_by_of(table);
    if (count < 2) {
        return;
    }
    struct item *items = mem_calloc(count * 2, sizeof *items), *spare = items + count;
    struct item *memory = items;
    for (size_t i = 0; i < count; i++) {
        items[i] = take_key(&by, rows[i]);
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t bounds[3] = {at, smaller(at + width, count), smaller(at + 2 * width, count)};
            merge(&by, items, spare, bounds);
        }
        struct item *swap = items;
        items = spare;
        spare = swap;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = items[i].row;
    }
    free(memory);
}

/* --- mending -------------------------------------------------------------------------------- */

/* Whether row a may stand before row b. */
static bool may_precede(const struct order_by *by, uint32_t a, uint32_t b)
{
    struct item first = take_key(by, a), second = take_key(by, b);
    return !is_before(by, &second, &first);
}

static bool is_sorted(const struct order_by *by, const uint32_t *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!may_precede(by, rows[i - 1], rows[i])) {
            return false;
        }
    }
    return true;
}

static size_t place_of(const struct table *table, uint32_t row)
{
    size_t i = 0;
    while (i < table->order_count && table->order[i] != row) {
        i++;
    }
    return i;
}

/* Whether a row still stands between its neighbours. */
static bool is_in_place(const struct table *table, const struct order_by *by, uint32_t row)
{
    size_t at = place_of(table, row), count = table->order_count;
    const uint32_t *order = table->order;
    return at == count || ((at == 0 || may_precede(by, order[at - 1], row)) &&
                           (at + 1 == count || may_precede(by, row, order[at + 1])));
}

static void put_in_place(struct table *table, const struct order_by *by, uint32_t row)
{
    size_t low = 0, high = table->order_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (may_precede(by, table->order[middle], row)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    memmove(table->order + low + 1, table->order + low,
            (table->order_count - low) * sizeof *table->order);
    table->order[low] = row;
    table->order_count++;
}

static bool is_changed(const struct table *table, uint32_t row)
{
    size_t i = 0;
    while (i < table->changed_count && table->changed[i] != row) {
        i++;
    }
    return i < table->changed_count;
}

/* The others are in order: the changed ones are taken out and put in again one by one. */
static void move_changed(struct table *table, const struct order_by *by)
{
    uint32_t taken[MEND_MAX];
    size_t kept = 0, count = 0;
    for (size_t i = 0; i < table->order_count; i++) {
        if (is_changed(table, table->order[i])) {
            taken[count++] = table->order[i];
        } else {
            table->order[kept++] = table->order[i];
        }
    }
    table->order_count = kept;
    for (size_t i = 0; i < count; i++) {
        put_in_place(table, by, taken[i]);
    }
}

/* A leg's place is that of a row that may have changed while the leg has not. */
static bool has_legs(const struct table *table, const struct order_by *by)
{
    unsigned traits = 0;
    for (size_t i = 0; by->legs && i < table->row_count; i++) {
        traits |= table->traits[i];
    }
    return (traits & TABLE_LEG) != 0;
}

bool table_sort_mend(struct table *table, bool *ret_moved)
{
    struct order_by by = order_by_of(table);
    *ret_moved = false;
    if (table->changed_count > MEND_MAX || has_legs(table, &by)) {
        return is_sorted(&by, table->order, table->order_count);
    }
    for (size_t i = 0; i < table->changed_count; i++) {
        if (!is_in_place(table, &by, table->changed[i])) {
            move_changed(table, &by);
            *ret_moved = true;
            return true;
        }
    }
    return true;
}
