/* The rows that are seen onto the canvas. */
#include "table_private.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELL_BYTES 256

/* --- cells ---------------------------------------------------------------------------------- */

/* By its sign: what the price has done since the curve began. */
static enum role curve_role(const double *values, size_t count)
{
    size_t first = 0, last = count;
    while (first < count && isnan(values[first])) {
        first++;
    }
    while (last > first && isnan(values[last - 1])) {
        last--;
    }
    double rise = last > first ? values[last - 1] - values[first] : 0;
    return rise > 0 ? ROLE_PNL_UP : rise < 0 ? ROLE_PNL_DOWN : ROLE_SPARK;
}

static const struct history *row_history(const struct painter *painter, const struct row *row)
{
    return row->owner != NULL ? row->owner->history : painter->view->history;
}

static void put_curve(const struct painter *painter, struct rect area, size_t row,
                      struct style style)
{
    double values[DRAW_COLUMNS_MAX];
    const struct table_view *view = painter->view;
    const struct watch_item *item = &painter->table->snapshot->items[row];
    const struct history *history = row_history(painter, &item->row);
    const struct series *series = history != NULL ? history_price(history, item->symbol) : NULL;
    size_t count = draw_columns(DRAW_BLOCK, area.width);
    if (series == NULL || area.width < 2) {
        return;
    }
    draw_buckets((struct draw_points){series->points, series->count}, view->hours, values, count);
    style.attributes |= CELL_DIM;
    style.role = style.role == ROLE_SPARK ? curve_role(values, count) : style.role;
    draw_spark(painter->canvas, area, values, DRAW_BLOCK, style);
}

static int flash_direction(const struct table *table, size_t c, const struct table_mark *mark)
{
    int at = 0;
    if ((table_column(table, c)->flags & COLUMN_FLASHES) == 0 || mark->flash_until_us == 0) {
        return 0;
    }
    for (size_t i = 0; i < c; i++) {
        at += (table_column(table, i)->flags & COLUMN_FLASHES) != 0;
    }
    return at < COLUMN_FLASH_MAX ? mark->direction[at] : 0;
}

/* Whether the change was a gain: for a short position a rise is none. */
static int flash_effect(const struct table *table, const struct row *row, int direction)
{
    return table->pane == PANE_POSITIONS ? direction * position_direction((const void *)row)
                                         : direction;
}

static enum role cell_role(const struct painter *painter, const struct row *row, size_t c,
                           const struct table_mark *mark)
{
    const struct column *column = table_column(painter->table, c);
    bool derived = false;
    if (painter->view->stale || row->stale) {
        return ROLE_STALE;
    }
    int flash = flash_direction(painter->table, c, mark);
    if (flash == COLUMN_GOOD || flash == COLUMN_BAD) {
        return flash_effect(painter->table, row, flash) > 0 ? ROLE_FLASH_UP : ROLE_FLASH_DOWN;
    }
    enum role role = ROLE_TEXT;
    if (painter->table->pane == PANE_ORDERS && ((const struct order *)(const void *)row)->gone) {
        return ROLE_DIM;
    }
    if (column->role != NULL) {
        role = column->role(row);
    } else if ((column->flags & COLUMN_SIGNED) != 0) {
        role = table_sign_role(column->number(row, &derived));
    } else if (column->kind == COLUMN_SPARK) {
        double change = item_change((const struct watch_item *)(const void *)row).value;
        role = change > 0 ? ROLE_PNL_UP : change < 0 ? ROLE_PNL_DOWN : ROLE_SPARK;
    }
    return role == ROLE_TEXT && row->provisional ? ROLE_PROVISIONAL : role;
}

static void put_number(const struct painter *painter, const struct row *row, size_t c,
                       struct rect area, struct style style)
{
    const struct column *column = table_column(painter->table, c);
    const struct table_view *view = painter->view;
    char out[COLUMN_FIGURE_MAX];
    bool derived = false;
    double value = column->number(row, &derived);
    bool missing = isnan(value) && (column->money == NULL || isnan(column->money(row)));
    if (missing && style.role != ROLE_STALE) {
        style.role = ROLE_DIM;
    } else if (view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0) {
        table_put_figure(painter, area, FORMAT_HIDDEN, (struct style){ROLE_DIM, style.attributes});
        return;
    }
    if (column->kind == COLUMN_TIME) {
        format_time(view->format, isnan(value) ? MODEL_NO_TIME : (int64_t)value, view->now.wall_ms,
                    out);
        table_put_figure(painter, area, out, style);
        return;
    }
    column_figure(column, row, view->format, painter->table->extents[c].decimals, out);
    table_put_figure(painter, area, out, style);
}

static void put_composed(const struct painter *painter, const struct column *column,
                         const struct row *row, struct rect area, struct style style)
{
    char out[COLUMN_COMPOSED_MAX];
    const struct table *table = painter->table;
    bool led = table->pane == PANE_ORDERS &&
               table->marks[(const struct order *)(const void *)row - table->snapshot->orders].led;
    struct column_now now = {table->aged_ms, painter->view->format, led};
    column->compose(row, &now, out);
    bool late =
        painter->table->pane == PANE_ORDERS && order_is_late((const void *)row, now.wall_ms);
    if (late && style.role != ROLE_STALE && (column->flags & COLUMN_MIDDLE) == 0) {
        style.role = ROLE_CONN_WARN;
    }
    if (column->kind == COLUMN_NUMBER) {
        style.attributes |= strcmp(out, COLUMN_PASSED) == 0 ? CELL_REVERSE : 0;
        table_put_figure(painter, area, out, style);
        return;
    }
    bool short_of_room = painter->table->brief && text_width(out) > area.width;
    if (short_of_room && strcmp(column->name, "status") == 0) {
        struct text_reader reader = {out, out + strlen(out)};
        struct text_cluster sign;
        canvas_put(painter->canvas, area, text_next(&reader, &sign) ? sign.bytes : "", style);
        return;
    }
    table_put_text(painter, column, area, out, style);
}

static void put_cell(const struct painter *painter, size_t row_index, struct table_slot slot, int y,
                     bool selected)
{
    struct order copy;
    const struct row *row = table_row_in(painter->table, slot.column, row_index, &copy);
    const struct column *column = table_column(painter->table, slot.column);
    struct rect area = {slot.x, y, slot.width, 1};
    const struct table_mark *mark = &painter->table->marks[row_index];
    bool changed = flash_direction(painter->table, slot.column, mark) == COLUMN_NEUTRAL;
    struct style style = {cell_role(painter, row, slot.column, mark),
                          (selected ? CELL_SELECTED : 0) | (changed ? CELL_BOLD : 0)};
    if (selected && style.role == ROLE_TEXT) {
        style.role = ROLE_SELECTED;
    }
    if (column->rank == 0 && table_is_member(painter->table, row_index)) {
        area.x += TABLE_MEMBER_INDENT;
        area.width = max_int(0, area.width - TABLE_MEMBER_INDENT);
    }
    if (column->kind == COLUMN_SPARK) {
        put_curve(painter, area, row_index, style);
    } else if (column->compose != NULL) {
        put_composed(painter, column, row, area, style);
    } else if ((column->flags & COLUMN_OWNER) != 0 && row->stale && table_mark_is_due(mark)) {
        char marked[COLUMN_COMPOSED_MAX]; /* the margin says something else */
        snprintf(marked, sizeof marked, "≈%s", column->text(row));
        table_put_text(painter, column, area, marked, style);
    } else if (column->kind == COLUMN_TEXT) {
        table_put_text(painter, column, area, column->text(row), style);
    } else {
        put_number(painter, row, slot.column, area, style);
    }
}

/* --- margin --------------------------------------------------------------------------------- */

/* What time it is by the clock of quotes: ours may be set, or be wrong, at any time. */
static int64_t quote_now_ms(const struct table *table, const struct watch_item *item,
                            struct moment now)
{
    size_t number = item->row.owner != NULL ? item->row.owner->number : 0;
    const struct quote_clock *quotes = &table->quotes[number];
    return quotes->newest_ms + quotes->behind_ms + (now.mono_us - quotes->came_us) / 1000;
}

static bool quote_is_old(const struct table *table, const struct table_view *view,
                         const struct watch_item *item)
{
    return view->quote_stale_ms > 0 && item->updated_ms != MODEL_NO_TIME &&
           quote_now_ms(table, item, view->now) - item->updated_ms >= view->quote_stale_ms;
}

static int arrow_of(const struct table *table, const struct table_mark *mark)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    for (size_t c = 0; c < count; c++) {
        if ((columns[c].flags & COLUMN_ARROW) != 0) {
            return flash_direction(table, c, mark);
        }
    }
    return 0;
}

struct margin {
    const char *glyph;
    enum role role;
};

static struct margin margin_of(const struct painter *painter, size_t row_index, bool selected)
{
    const struct table *table = painter->table;
    const struct table_mark *mark = &table->marks[row_index];
    const struct watch_item *item =
        table->pane == PANE_WATCHLIST ? &table->snapshot->items[row_index] : NULL;
    if (table_mark_is_due(mark)) {
        return (struct margin){"!", ROLE_ALERT};
    }
    if (table_row_doubtful(model_row(table->snapshot, row_index))) {
        return (struct margin){"≈", ROLE_STALE};
    }
    if (selected) {
        return (struct margin){"▸", ROLE_KEY};
    }
    bool stale = painter->view->stale || model_row(table->snapshot, row_index)->stale;
    int arrow = stale ? 0 : arrow_of(table, mark);
    if (arrow != 0) {
        int effect = flash_effect(table, model_row(table->snapshot, row_index), arrow);
        return (struct margin){arrow > 0 ? "▲" : "▼", effect > 0 ? ROLE_PNL_UP : ROLE_PNL_DOWN};
    }
    if (item != NULL && isnan(item_last(item).value)) {
        return (struct margin){"?", ROLE_DIM};
    }
    if (stale || (item != NULL && quote_is_old(table, painter->view, item))) {
        return (struct margin){"≈", ROLE_STALE};
    }
    return (struct margin){" ", ROLE_TEXT};
}

int64_t table_next_stale(const struct table *table, struct moment now, int64_t quote_stale_ms)
{
    int64_t next = INT64_MAX;
    if (table->pane != PANE_WATCHLIST || quote_stale_ms <= 0) {
        return next;
    }
    for (size_t i = 0; i < table->order_count; i++) {
        const struct watch_item *item = &table->snapshot->items[table->order[i]];
        int64_t at = item->updated_ms, quote_ms = quote_now_ms(table, item, now);
        int64_t left = at != MODEL_NO_TIME ? at + quote_stale_ms - quote_ms : 0;
        if (left > 0 && now.wall_ms + left < next) {
            next = now.wall_ms + left;
        }
    }
    return next;
}

int64_t table_next_age(const struct table *table, int64_t now_ms)
{
    int64_t next = INT64_MAX, minute_ms = now_ms - now_ms % 60000 + 60000;
    if (table->pane != PANE_ORDERS) {
        return next;
    }
    for (size_t i = 0; i < table->order_count; i++) {
        uint32_t row = table->order[i];
        if ((table->traits[row] & TABLE_AGES) == 0) {
            continue;
        }
        bool may_wait = (table->traits[row] & TABLE_LATE) != 0;
        int64_t late_ms =
            may_wait ? table->snapshot->orders[row].created_ms + ORDER_LATE_MS : INT64_MAX;
        int64_t at = late_ms > now_ms && late_ms < minute_ms ? late_ms : minute_ms;
        next = at < next ? at : next;
    }
    return next;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void put_row(const struct painter *painter, size_t i, int y)
{
    const struct table *table = painter->table;
    size_t row_index = table->order[i];
    bool selected = painter->view->focused && i == table->cursor;
    struct rect line = {painter->view->area.x, y, painter->view->area.width, 1};
    if (selected) {
        canvas_fill(painter->canvas, line, (struct style){ROLE_SELECTED, CELL_SELECTED});
    }
    struct margin margin = margin_of(painter, row_index, selected);
    canvas_put(painter->canvas, (struct rect){line.x, y, 1, 1}, margin.glyph,
               (struct style){margin.role, selected ? CELL_SELECTED : 0});
    for (size_t s = 0; s < painter->layout->count; s++) {
        put_cell(painter, row_index, painter->layout->slots[s], y, selected);
    }
}

/* done: over the rows that are done. */
static void put_titles(const struct painter *painter, int y, bool done)
{
    struct rect line = {painter->view->area.x, y, painter->view->area.width, 1};
    int sort = table_order(painter->table).column;
    if (painter->layout->more_left) {
        canvas_put(painter->canvas, line, "‹", (struct style){ROLE_KEY, 0});
    }
    if (painter->layout->more_right) {
        canvas_put_right(painter->canvas, line, "›", (struct style){ROLE_KEY, 0});
    }
    for (size_t s = 0; s < painter->layout->count; s++) {
        struct table_slot slot = painter->layout->slots[s];
        const struct column *column = table_column(painter->table, slot.column);
        struct rect area = {slot.x, y, slot.width, 1};
        struct style style = {ROLE_HEADER, slot.column == sort ? CELL_BOLD : 0};
        bool left = column->kind == COLUMN_TEXT || column->kind == COLUMN_SPARK ||
                    column->kind == COLUMN_TIME;
        char title[CELL_BYTES];
        bool other = done && column->title_done != NULL;
        text_fit(other ? column->title_done : column->title,
                 (struct text_fit){area.width, TEXT_CUT_END}, title, sizeof title);
        if (area.width < 2) {
            continue;
        }
        if (left) {
            canvas_put(painter->canvas, area, title, style);
        } else {
            canvas_put_right(painter->canvas, area, title, style);
        }
    }
}

/* Where only what is done is shown, its titles stand on top. */
static bool is_all_done(const struct table *table)
{
    bool sections = table->pane == PANE_ORDERS && table->view != ORDER_VIEW_ALL;
    return sections && table->order_count > 0 &&
           !order_is_working(&table->snapshot->orders[table->order[0]]);
}

static void put_header(const struct painter *painter)
{
    put_titles(painter, painter->view->area.y, is_all_done(painter->table));
}

static void put_divider(const struct painter *painter, size_t line, int y)
{
    const struct table *table = painter->table;
    bool orders = table->pane == PANE_ORDERS;
    struct rect area = {painter->view->area.x + 1, y, painter->view->area.width - 2, 1};
    if (orders && line > table->split) {
        put_titles(painter, y, true);
        return;
    }
    for (int x = 0; x < area.width; x++) {
        canvas_put(painter->canvas, (struct rect){area.x + x, y, 1, 1}, "─",
                   (struct style){ROLE_BORDER, 0});
    }
    area.x += 2;
    area.width -= 2;
    canvas_put(painter->canvas, area, orders ? " done today " : " closed today ",
               (struct style){ROLE_DIM, 0});
}

int table_lines(const struct table_view *view)
{
    return max_int(0, view->area.height - 1 - view->totals);
}

/* --- what the lines show -------------------------------------------------------------------- */

/* The layout is made of this. */
static uint64_t layout_number(const struct table *table, const struct table_view *view)
{
    const struct format *format = view->format;
    uint64_t number = memo_bytes(table->chosen_count, table->extents, sizeof table->extents);
    number = memo_bytes(number, table->chosen, table->chosen_count);
    number = memo_bytes(number, &view->area, sizeof view->area);
    number = memo_bytes(number, format->locale_separator, sizeof format->locale_separator);
    number = memo_bytes(number, format->locale_grouping, sizeof format->locale_grouping);
    number = memo_mix(number, (uint64_t)format->grouping << 34 | (uint64_t)table->skip << 2 |
                                  (uint64_t)view->hide_amounts << 1 | (view->totals > 0));
    number = memo_mix(number, (uint64_t)(table->group_count > 0) << 1 | (table->owner_count > 1));
    const struct money *sums = &table->sums;
    return view->totals > 0 ? memo_bytes(number, sums->sums, sums->count * sizeof *sums->sums)
                            : number;
}

/* What all lines have in common. */
static uint64_t common_number(const struct painter *painter)
{
    const struct table *table = painter->table;
    const struct table_layout *layout = painter->layout;
    uint64_t number = memo_bytes(layout->count, filter_needle(&table->compiled),
                                 strlen(filter_needle(&table->compiled)));
    for (size_t s = 0; s < layout->count; s++) {
        struct table_slot slot = layout->slots[s];
        number = memo_mix(number, (uint64_t)slot.x << 32 | (uint64_t)slot.width << 8 | slot.column);
        number = memo_mix(number, (uint64_t)table->extents[slot.column].decimals);
    }
    return memo_mix(number, (uint64_t)painter->view->format->grouping << 3 |
                                (uint64_t)painter->view->stale << 1 | painter->view->hide_amounts);
}

static uint64_t header_number(const struct painter *painter)
{
    const struct table_layout *layout = painter->layout;
    return memo_mix(painter->common, (uint64_t)(uint32_t)table_order(painter->table).column << 3 |
                                         (uint64_t)is_all_done(painter->table) << 2 |
                                         (uint64_t)layout->more_left << 1 | layout->more_right);
}

/* A number of what the row's sparkline shows. */
static uint64_t spark_number(const struct painter *painter, size_t row)
{
    const struct table_view *view = painter->view;
    if (painter->table->pane != PANE_WATCHLIST) {
        return 0;
    }
    const struct watch_item *item = &painter->table->snapshot->items[row];
    const struct history *history = row_history(painter, &item->row);
    const struct series *series = history != NULL ? history_price(history, item->symbol) : NULL;
    if (series == NULL || series->count == 0) {
        return 0;
    }
    const struct series_point *last = &series->points[series->count - 1];
    uint64_t number = memo_bytes(series->count, last, sizeof *last);
    return memo_bytes(number, &view->hours, sizeof view->hours);
}

/* Of a line between the sections. */
static uint64_t divider_number(const struct painter *painter, size_t line)
{
    bool titles = painter->table->pane == PANE_ORDERS && line > painter->table->split;
    return memo_mix(header_number(painter), titles ? 4 : 3);
}

static uint64_t row_number(const struct painter *painter, size_t i)
{
    const struct table *table = painter->table;
    uint32_t row = table->order[i];
    const struct table_mark *mark = &table->marks[row];
    if (mark->version == 0) {
        return MEMO_ANEW;
    }
    bool old = table->pane == PANE_WATCHLIST &&
               quote_is_old(table, painter->view, &table->snapshot->items[row]);
    uint64_t state = (uint64_t)mark->led << 3 | (uint64_t)old << 2 |
                     (uint64_t)table_mark_is_due(mark) << 1 |
                     (uint64_t)(painter->view->focused && i == table->cursor);
    uint64_t time = 0;
    if (table->pane == PANE_ORDERS && order_is_working(&table->snapshot->orders[row])) {
        const struct order *order = &table->snapshot->orders[row];
        bool known = order->created_ms != MODEL_NO_TIME && table->aged_ms != MODEL_NO_TIME;
        int64_t age_ms = known ? table->aged_ms - order->created_ms : 0;
        time = (uint64_t)(age_ms < 60000 ? age_ms / 1000 : 1000 + age_ms / 60000) << 1;
        time |= order_is_late(order, table->aged_ms);
    }
    for (size_t v = 0; v < COLUMN_FLASH_MAX && mark->flash_until_us != 0; v++) {
        state = state << 2 | (uint64_t)(mark->direction[v] + 1);
    }
    time = time << 1 | table_is_member(table, row);
    uint64_t number = memo_mix(memo_mix(painter->common, mark->version), time);
    number = isnan(mark->placed_at) ? number : memo_mix(number, 1);
    return memo_mix(memo_mix(number, spark_number(painter, row)), state << 1 | 1);
}

static uint64_t line_number(const struct painter *painter, size_t at)
{
    const struct table *table = painter->table;
    const struct table_group *group = table_group_head(table, at);
    if (group != NULL) {
        return table_group_number(painter, group);
    }
    size_t row = table_row_of_line(table, at);
    return row == TABLE_NO_ROW ? divider_number(painter, at) : row_number(painter, row);
}

static void paint_line(void *user, size_t line, int y)
{
    const struct painter *painter = user;
    const struct table *table = painter->table;
    size_t count = table_line_count(table), at = table->top + line - 1;
    if (line == 0) {
        put_header(painter);
    } else if (at >= count) {
        table_put_closed(painter, at - count, y);
    } else if (table_group_head(table, at) != NULL) {
        table_put_group(painter, table_group_head(table, at), y);
    } else if (table_row_of_line(table, at) == TABLE_NO_ROW) {
        put_divider(painter, at, y);
    } else {
        put_row(painter, table_row_of_line(table, at), y);
    }
}

void table_paint(struct table *table, const struct table_view *view, struct memo *memo,
                 struct canvas *canvas)
{
    struct painter painter = {
        .table = table, .view = view, .canvas = canvas, .layout = &table->layout};
    uint64_t wanted[CANVAS_SIDE_MAX], layout = layout_number(table, view);
    struct rect area = view->area;
    if (area.height < 1) {
        return;
    }
    if (layout != table->layout_number) {
        table_layout(table, view, &table->layout);
        table->layout_number = layout;
    }
    size_t lines = (size_t)table_lines(view);
    table_scroll(table, lines);
    painter.common = common_number(&painter);
    wanted[0] = header_number(&painter);
    for (size_t i = 0; i < lines; i++) {
        size_t at = table->top + i, count = table_line_count(table);
        wanted[1 + i] =
            at >= count ? table_closed_number(&painter, at - count) : line_number(&painter, at);
    }
    area.height = (int)lines + 1;
    memo_paint(memo, canvas, area, wanted, paint_line, &painter);
    for (int i = 0; i < view->totals && view->area.height > 1 + i; i++) {
        int y = view->area.y + view->area.height - view->totals + i;
        canvas_fill(canvas, (struct rect){area.x, y, area.width, 1}, (struct style){ROLE_TEXT, 0});
        table_put_totals(&painter, (struct total_line){(size_t)i, y});
    }
}
