/* What the columns have to hold, and the sums. */
#include "cells.h"
#include "table_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/view/text.h>

#include <math.h>
#include <string.h>

static void widen(struct column_extent *extent, double value)
{
    if (isnan(value)) {
        return;
    }
    if (fabs(value) >= 1e15) {
        extent->huge = true;
        return;
    }
    extent->low = extent->any && extent->low < value ? extent->low : value;
    extent->high = extent->any && extent->high > value ? extent->high : value;
    extent->any = true;
}

static int quick_width(const char *text, int limit)
{
    int width = 0;
    for (; width < limit && text[width] != '\0'; width++) {
        if ((unsigned char)text[width] >= 0x80) {
            return text_width_n(text, strnlen(text, (size_t)limit * TEXT_CLUSTER_MAX));
        }
    }
    return width;
}

/* A figure that the largest one tells nothing about. */
static void measure_alone(const struct column *column, const struct row *row,
                          struct column_extent *extent)
{
    char text[COLUMN_FIGURE_MAX];
    struct format format;
    format_default(&format); /* no other puts in more separators */
    int width = column_figure(column, row, &format, extent->decimals, text);
    extent->text_width = width > extent->text_width ? width : extent->text_width;
}

/* Whole figures are measured by the largest of them; the others one by one. */
static void measure_exact(const struct column *column, const struct row *row, double value,
                          struct column_extent *extent)
{
    double other = column->other != NULL ? column->other(row) : 0;
    bool whole = !isnan(value) && format_decimals(value, 0, 1) == 0 && !isnan(other) &&
                 format_decimals(other, 0, 1) == 0;
    if (whole && column->kind == COLUMN_PAIR && value >= 0 && other >= 0) {
        widen(extent, value);
        widen(extent, other);
        extent->most = value > extent->most ? value : extent->most;
        extent->other = other > extent->other ? other : extent->other;
        return;
    }
    if (whole && column->kind != COLUMN_PAIR) {
        widen(extent, value);
        return;
    }
    measure_alone(column, row, extent);
}

/* What is composed may be longer than the text it is made of: a contract's name, a status with its
 * reason. Only what could be the widest is composed. */
static int composed_width(const struct column *column, const struct row *row, int64_t now_ms)
{
    static const int64_t much_later = INT64_MAX / 2;
    bool symbol = (column->flags & COLUMN_MIDDLE) != 0;
    struct format format;
    char out[COLUMN_COMPOSED_MAX];
    format_default(&format);
    struct column_now now = {symbol ? now_ms : much_later, &format, true};
    column->compose(row, &now, out);
    int width = text_width(out);
    return width < column->width_max ? width : column->width_max;
}

#define COMPOSED_LONGER 12 /* how much longer at most */

/* A short symbol gets a mark, too. */
static bool is_leg(const struct column *column, const struct row *row)
{
    return column->compose == order_symbol_composed &&
           *((const struct order *)(const void *)row)->parent_id != '\0';
}

/* A short word for what is done gets how long it took; " in 3 s" will do. */
static int duration_width(const struct column *column, const struct row *row)
{
    const struct order *order = (const struct order *)(const void *)row;
    bool known = column->compose == order_status_composed && order->class == ORDER_DONE &&
                 order->executed_ms != MODEL_NO_TIME && order->created_ms != MODEL_NO_TIME;
    return known ? (int)sizeof " in 3 s" - 1 : 0;
}

static void measure_cell(const struct column *column, const struct row *row,
                         struct column_extent *extent, int64_t now_ms)
{
    if (column->kind == COLUMN_TEXT && column->text != NULL) {
        if (extent->text_width < column->width_max) {
            int width = quick_width(column->text(row), column->width_max);
            bool widest =
                (width > 8 || is_leg(column, row)) && width + COMPOSED_LONGER > extent->text_width;
            if (column->compose != NULL && widest) {
                width = composed_width(column, row, now_ms);
            } else if (column->compose != NULL && width <= 8) {
                width += duration_width(column, row);
            }
            extent->text_width = width > extent->text_width ? width : extent->text_width;
        }
        return;
    }
    if (column->kind == COLUMN_TIME || column->number == NULL) {
        return;
    }
    double value = column->number(row, &extent->derived);
    if ((column->flags & COLUMN_EXACT) != 0) {
        measure_exact(column, row, value, extent);
        return;
    }
    if (column_is_price(column) && format_price_is_small(value, column->decimals_high)) {
        measure_alone(column, row, extent);
        return;
    }
    widen(extent, value);
    if (extent->decimals < column->decimals_high && !isnan(value)) {
        extent->decimals = format_decimals(value, extent->decimals, column->decimals_high);
    }
}

void table_choose_measured(struct table *table)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    table->measured_count = 0;
    for (size_t c = 0, all = table_column_total(table); c < all; c++) {
        if (table->extents[c].decimals < columns[c].decimals_low) {
            table->extents[c].decimals = columns[c].decimals_low;
        }
        if (columns[c].show != COLUMN_OPTIONAL ||
            memchr(table->chosen, (int)c, table->chosen_count)) {
            table->measured[table->measured_count++] = (uint8_t)c;
        }
    }
}

void table_measure_row(struct table *table, size_t row)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    for (size_t i = 0; i < table->measured_count; i++) {
        uint8_t c = table->measured[i];
        struct order copy;
        measure_cell(&columns[c], table_row_in(table, c, row, &copy), &table->extents[c],
                     table->taken_ms);
    }
}

void table_forget_widths(struct table *table)
{
    memset(table->extents, 0, sizeof table->extents);
    table->unmeasured = true;
}

bool table_filter_hides(const struct table *table)
{
    return table->passed < table->total;
}

/* Unfiltered, the day's closings that are in no list belong to it. */
void table_sum(struct table *table)
{
    if (table->pane != PANE_POSITIONS) {
        return;
    }
    money_begin(&table->sums);
    for (size_t i = 0; i < table->order_count; i++) {
        money_add(&table->sums, table->book, &table->snapshot->positions[table->order[i]]);
    }
    bool all = !table_filter_hides(table);
    if (table->owners != NULL) {
        money_end_owned(&table->sums, all ? table->owners : NULL, table->owner_count);
    } else {
        money_end(&table->sums, all ? table->book : NULL);
    }
}

static void add_slip(const struct table *table, size_t row, struct slip_part *part)
{
    const struct order *order = &table->snapshot->orders[row];
    struct slip slip = order_slip(order, table->marks[row].placed_at);
    if (isnan(slip.cost) || !(slip.worth > 0)) {
        return;
    }
    part->first = part->count == 0 ? (uint32_t)row : part->first;
    bool same = strcmp(table->snapshot->orders[part->first].currency, order->currency) == 0;
    part->slip = same ? part->slip + slip.cost : (double)NAN;
    part->filled += slip.worth;
    part->count++;
}

/* Whether a row counts below, and not among those that work. */
static bool has_slip(const struct table *table, size_t row)
{
    return (table->traits[row] & TABLE_WORKS) == 0 &&
           filter_passes(&table->compiled, table->pane, model_row(table->snapshot, row),
                         table->marks[row].placed_at);
}

static void make_part(struct table *table, size_t i)
{
    struct slip_part *part = &table->foot.parts[i];
    size_t end = (i + 1) * SLIP_ROWS;
    *part = (struct slip_part){.first = UINT32_MAX};
    for (size_t row = i * SLIP_ROWS; row < end && row < table->row_count; row++) {
        if (has_slip(table, row)) {
            add_slip(table, row, part);
        }
    }
}

static void make_slips(struct table *table)
{
    struct table_foot *foot = &table->foot;
    size_t count = (table->row_count + SLIP_ROWS - 1) / SLIP_ROWS;
    const char *currency = NULL;
    if (count != foot->part_count) {
        foot->parts = mem_realloc(foot->parts, (count + 1) * sizeof *foot->parts);
        foot->part_count = count;
        foot->slips_old = true;
    }
    foot->slip = foot->filled = 0;
    foot->slips = 0;
    for (size_t i = 0; i < count; i++) {
        const struct slip_part *part = &foot->parts[i];
        if (foot->slips_old || part->old) {
            make_part(table, i);
        }
        if (part->count > 0) {
            const char *its = table->snapshot->orders[part->first].currency;
            currency = currency != NULL ? currency : its;
            foot->slip += strcmp(currency, its) == 0 ? part->slip : (double)NAN;
            foot->filled += part->filled;
            foot->slips += part->count;
        }
    }
    foot->slips_old = false;
}

void table_foot_change(struct table *table, size_t row)
{
    if (row / SLIP_ROWS < table->foot.part_count) {
        table->foot.parts[row / SLIP_ROWS].old = true;
    }
}

void table_foot_make(struct table *table)
{
    const char *worked = NULL;
    struct table_foot *foot = &table->foot;
    if (!foot->old || table->pane != PANE_ORDERS) {
        return;
    }
    foot->old = false;
    foot->worth = MONEY_NOTHING;
    foot->working = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        const struct order *order = &table->snapshot->orders[i];
        if ((table->traits[i] & TABLE_WORKS) != 0 &&
            filter_passes(&table->compiled, table->pane, &order->row, table->marks[i].placed_at)) {
            money_wait(&foot->worth, order, &worked);
            foot->working++;
        }
    }
    make_slips(table);
}
