/* Columns into the room there is. */
#include "table_private.h"

#include <math.h>
#include <string.h>

#define EXPONENT_WIDTH 14 /* "-1.234568e+300" */
#define TIME_WIDTH 8
#define CURVE_WIDTH 8
#define NARROW_BELOW 64 /* columns of a pane */
#define GAP_MAX 3
#define SPARE_RANK 9 /* columns from this rank on go before a name is cut */
#define MOST_SPARE_RANK 11

const struct column *table_column(const struct table *table, size_t i)
{
    size_t count;
    return &columns_of(table->pane, &count)[i];
}

/* --- the room a column wants ---------------------------------------------------------------- */

static int figure_width(const struct table_view *view, const struct column *column, double value,
                        const struct column_extent *extent)
{
    char out[FORMAT_MAX];
    unsigned flags = column_format(column) | (extent->derived ? FORMAT_DERIVED : 0);
    return format_number(view->format, (struct format_figure){value, extent->decimals, flags}, out);
}

struct money_part table_part(const struct money_sum *sum, const struct column *column)
{
    static const struct {
        const char *name;
        size_t offset;
    } parts[] = {{"day-pnl", offsetof(struct money_sum, day)},
                 {"unrl-pnl", offsetof(struct money_sum, unrealized)},
                 {"realised", offsetof(struct money_sum, realized)},
                 {"invested", offsetof(struct money_sum, invested)},
                 {"value", offsetof(struct money_sum, value)}};
    struct money_part part = MONEY_NOTHING;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        if (strcmp(parts[p].name, column->name) == 0) {
            memcpy(&part, (const char *)sum + parts[p].offset, sizeof part);
        }
    }
    if (strcmp(column->name, "pnl-percent") == 0) {
        part.value = sum->percent;
    }
    return part;
}

static int total_width(const struct table *table, const struct table_view *view, size_t c)
{
    const struct column *column = table_column(table, c);
    struct column_extent derived = {.decimals = table->extents[c].decimals, .derived = true};
    int width = 0;
    for (size_t i = 0; i < table->sums.count; i++) {
        double value = table_part(&table->sums.sums[i], column).value;
        width = max_int(width, isnan(value) ? 0 : figure_width(view, column, value, &derived));
    }
    return width;
}

static int pair_width(const struct table_view *view, const struct column *column,
                      const struct column_extent *extent)
{
    return figure_width(view, column, extent->most, extent) + 1 +
           figure_width(view, column, extent->other, extent);
}

static int number_width(const struct table *table, const struct table_view *view, size_t c)
{
    const struct column *column = table_column(table, c);
    const struct column_extent *extent = &table->extents[c];
    int width = max_int(figure_width(view, column, extent->low, extent),
                        figure_width(view, column, extent->high, extent));
    width = extent->huge ? max_int(width, EXPONENT_WIDTH + (extent->derived ? 1 : 0)) : width;
    if (view->totals > 0 && table->pane == PANE_POSITIONS) {
        width = max_int(width, total_width(table, view, c));
    }
    if (view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0) {
        width = text_width(FORMAT_HIDDEN);
    }
    if (column->kind == COLUMN_PAIR && !view->hide_amounts) {
        width = extent->huge ? 2 * width + 1 : pair_width(view, column, extent);
    }
    return view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0
               ? width
               : max_int(width, extent->text_width); /* those that are measured one by one */
}

struct room {
    int least, wanted;
};

static struct room column_room(const struct table *table, const struct table_view *view, size_t c)
{
    const struct column *column = table_column(table, c);
    int title = text_width(column->title), width = 0;
    switch (column->kind) {
    case COLUMN_TEXT:
        width = max_int(title, min_int(table->extents[c].text_width, column->width_max));
        width += table->group_count > 0 && column->rank == 0 ? TABLE_MEMBER_INDENT : 0;
        if (table->brief && table->pane == PANE_ORDERS && strcmp(column->name, "status") == 0) {
            return (struct room){1, width}; /* its sign says enough */
        }
        return (struct room){min_int(width, max_int(title, column->width_min)), width};
    case COLUMN_SPARK:
        return (struct room){column->width_min, CURVE_WIDTH};
    case COLUMN_TIME:
        width = max_int(title, TIME_WIDTH);
        break;
    case COLUMN_NUMBER:
    case COLUMN_PAIR:
        width = max_int(title, number_width(table, view, c));
        width = column->compose != NULL ? max_int(width, text_width(COLUMN_PASSED)) : width;
        break;
    }
    return (struct room){width, width};
}

/* --- columns into the room there is --------------------------------------------------------- */

struct fitting {
    uint8_t columns[COLUMNS_MAX];
    struct room rooms[COLUMNS_MAX];
    size_t count;
};

static void fitting_drop(struct fitting *fit, size_t at)
{
    memmove(fit->columns + at, fit->columns + at + 1, fit->count - at - 1);
    memmove(fit->rooms + at, fit->rooms + at + 1, (fit->count - at - 1) * sizeof *fit->rooms);
    fit->count--;
}

static int fitting_least(const struct fitting *fit)
{
    int sum = fit->count > 0 ? (int)fit->count - 1 : 0;
    for (size_t i = 0; i < fit->count; i++) {
        sum += fit->rooms[i].least;
    }
    return sum;
}

static size_t highest_rank(const struct table *table, const struct fitting *fit)
{
    size_t found = 0;
    for (size_t i = 1; i < fit->count; i++) {
        if (table_column(table, fit->columns[i])->rank >=
            table_column(table, fit->columns[found])->rank) {
            found = i;
        }
    }
    return found;
}

/* The same where the columns up to a rank have all the room they want. */
static int fitting_roomy(const struct table *table, const struct fitting *fit, int rank)
{
    int sum = fitting_least(fit);
    for (size_t i = 0; i < fit->count; i++) {
        bool name = table_column(table, fit->columns[i])->rank <= rank;
        sum += name ? fit->rooms[i].wanted - fit->rooms[i].least : 0;
    }
    return sum;
}

/*
 * Columns scrolled off: the first ones, but never the one that says what the row is. The first
 * step only goes from the columns that matter most to those that stand first.
 */
static void drop_skipped(const struct table *table, struct fitting *fit)
{
    for (int skip = table->skip - 1; skip > 0 && fit->count > 2; skip--) {
        size_t first = table_column(table, fit->columns[0])->rank == 0 ? 1 : 0;
        fitting_drop(fit, first);
    }
}

static void widen_texts(const struct table *table, struct fitting *fit, int *slack)
{
    for (size_t i = 0; i<fit->count && * slack> 0; i++) {
        struct room *room = &fit->rooms[i];
        int more = min_int(*slack, room->wanted - room->least);
        room->least += more > 0 ? more : 0;
        *slack -= more > 0 ? more : 0;
    }
    for (size_t i = 0; i<fit->count && * slack> 0; i++) {
        const struct column *column = table_column(table, fit->columns[i]);
        if (column->kind == COLUMN_SPARK) {
            int more = min_int(*slack, column->width_max - fit->rooms[i].least);
            fit->rooms[i].least += more;
            *slack -= more;
        }
    }
}

static void fitting_make(const struct table *table, const struct table_view *view,
                         struct fitting *fit)
{
    fit->count = table_columns(table, view->area.width < NARROW_BELOW, fit->columns);
    for (size_t i = 0; i < fit->count; i++) {
        fit->rooms[i] = column_room(table, view, fit->columns[i]);
    }
}

/* Spare columns go before a name is cut, the most spare also before what became of it is. */
static bool drop_spare(const struct table *table, struct fitting *fit, int width, int rank)
{
    int from = rank == 0 ? SPARE_RANK : MOST_SPARE_RANK;
    bool dropped = false;
    while (fit->count > 1 && fitting_roomy(table, fit, rank) > width && table->skip == 0 &&
           table_column(table, fit->columns[highest_rank(table, fit)])->rank >= from) {
        fitting_drop(fit, highest_rank(table, fit));
        dropped = true;
    }
    return dropped;
}

void table_layout(const struct table *table, const struct table_view *view,
                  struct table_layout *ret)
{
    struct fitting fit;
    int width = view->area.width - 2; /* the margin's mark, and air on the right */
    *ret = (struct table_layout){.more_left = table->skip > 0};
    fitting_make(table, view, &fit);
    drop_skipped(table, &fit);
    ret->more_right |= drop_spare(table, &fit, width, 1);
    ret->more_right |= drop_spare(table, &fit, width, 0);
    while (fit.count > 1 && fitting_least(&fit) > width) {
        fitting_drop(&fit, table->skip > 0 ? fit.count - 1 : highest_rank(table, &fit));
        ret->more_right = true;
    }
    if (fit.count == 0 || width <= 0) {
        return;
    }
    int slack = width - fitting_least(&fit);
    widen_texts(table, &fit, &slack);
    int gaps = fit.count > 1 ? min_int(GAP_MAX, 1 + max_int(slack, 0) / (int)(fit.count - 1)) : 1;
    int x = view->area.x + 1;
    for (size_t i = 0; i < fit.count; i++) {
        ret->slots[ret->count++] =
            (struct table_slot){fit.columns[i], x, min_int(fit.rooms[i].least, width)};
        x += fit.rooms[i].least + gaps;
    }
}
