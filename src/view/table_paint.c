/* Columns into the room there is, and the rows that are seen onto the canvas. */
#include "table_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPONENT_WIDTH 14 /* "-1.234568e+300" */
#define TIME_WIDTH 8
#define CURVE_WIDTH 8
#define NARROW_BELOW 64 /* columns of a pane */
#define GAP_MAX 3
#define CELL_BYTES 256

static const struct column *column_at(const struct table *table, size_t i)
{
    size_t count;
    return &columns_of(table->pane, &count)[i];
}

static unsigned number_flags(const struct column *column)
{
    return ((column->flags & COLUMN_SIGNED) != 0 ? FORMAT_SIGN : 0) |
           ((column->flags & COLUMN_PERCENT) != 0 ? FORMAT_PERCENT : 0);
}

/* --- the room a column wants ---------------------------------------------------------------- */

static int figure_width(const struct table_view *view, const struct column *column, double value,
                        const struct column_extent *extent)
{
    char out[FORMAT_MAX];
    unsigned flags = number_flags(column) | (extent->derived ? FORMAT_DERIVED : 0);
    return format_number(view->format, (struct format_figure){value, extent->decimals, flags}, out);
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static double total_of(const struct table *table, const struct column *column)
{
    static const struct {
        const char *name;
        size_t offset;
    } sums[] = {{"day-pnl", offsetof(struct position_totals, day)},
                {"unrl-pnl", offsetof(struct position_totals, unrealized)},
                {"realised", offsetof(struct position_totals, realized)},
                {"invested", offsetof(struct position_totals, invested)},
                {"value", offsetof(struct position_totals, value)}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        if (strcmp(sums[i].name, column->name) == 0) {
            double value;
            memcpy(&value, (const char *)&table->totals + sums[i].offset, sizeof value);
            return value;
        }
    }
    if (strcmp(column->name, "pnl-percent") == 0 && table->totals.invested > 0) {
        return table->totals.unrealized / table->totals.invested * 100;
    }
    return (double)NAN;
}

static int number_width(const struct table *table, const struct table_view *view, size_t c)
{
    const struct column *column = column_at(table, c);
    const struct column_extent *extent = &table->extents[c];
    int width = max(figure_width(view, column, extent->low, extent),
                    figure_width(view, column, extent->high, extent));
    width = extent->huge ? max(width, EXPONENT_WIDTH + (extent->derived ? 1 : 0)) : width;
    if (view->totals && table->pane == PANE_POSITIONS) {
        struct column_extent derived = {.decimals = extent->decimals, .derived = true};
        width = max(width, figure_width(view, column, total_of(table, column), &derived));
    }
    if (view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0) {
        width = text_width(FORMAT_HIDDEN);
    }
    return column->kind == COLUMN_PAIR && !view->hide_amounts ? 2 * width + 1 : width;
}

struct room {
    int least, wanted;
};

static struct room column_room(const struct table *table, const struct table_view *view, size_t c)
{
    const struct column *column = column_at(table, c);
    int title = text_width(column->title), width = 0;
    switch (column->kind) {
    case COLUMN_TEXT:
        width = max(title, min(table->extents[c].text_width, column->width_max));
        return (struct room){min(width, max(title, column->width_min)), width};
    case COLUMN_SPARK:
        return (struct room){column->width_min, CURVE_WIDTH};
    case COLUMN_TIME:
        width = max(title, TIME_WIDTH);
        break;
    case COLUMN_NUMBER:
    case COLUMN_PAIR:
        width = max(title, number_width(table, view, c));
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
        if (column_at(table, fit->columns[i])->rank >=
            column_at(table, fit->columns[found])->rank) {
            found = i;
        }
    }
    return found;
}

/*
 * Columns scrolled off: the first ones, but never the one that says what the row is. The first
 * step only goes from the columns that matter most to those that stand first.
 */
static void drop_skipped(const struct table *table, struct fitting *fit)
{
    for (int skip = table->skip - 1; skip > 0 && fit->count > 2; skip--) {
        size_t first = column_at(table, fit->columns[0])->rank == 0 ? 1 : 0;
        fitting_drop(fit, first);
    }
}

static void widen_texts(const struct table *table, struct fitting *fit, int *slack)
{
    for (size_t i = 0; i<fit->count && * slack> 0; i++) {
        struct room *room = &fit->rooms[i];
        int more = min(*slack, room->wanted - room->least);
        room->least += more > 0 ? more : 0;
        *slack -= more > 0 ? more : 0;
    }
    for (size_t i = 0; i<fit->count && * slack> 0; i++) {
        const struct column *column = column_at(table, fit->columns[i]);
        if (column->kind == COLUMN_SPARK) {
            int more = min(*slack, column->width_max - fit->rooms[i].least);
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

void table_layout(const struct table *table, const struct table_view *view,
                  struct table_layout *ret)
{
    struct fitting fit;
    int width = view->area.width - 2; /* the margin's mark, and air on the right */
    *ret = (struct table_layout){.more_left = table->skip > 0};
    fitting_make(table, view, &fit);
    drop_skipped(table, &fit);
    while (fit.count > 1 && fitting_least(&fit) > width) {
        fitting_drop(&fit, table->skip > 0 ? fit.count - 1 : highest_rank(table, &fit));
        ret->more_right = true;
    }
    if (fit.count == 0 || width <= 0) {
        return;
    }
    int slack = width - fitting_least(&fit);
    widen_texts(table, &fit, &slack);
    int gaps = fit.count > 1 ? min(GAP_MAX, 1 + max(slack, 0) / (int)(fit.count - 1)) : 1;
    int x = view->area.x + 1;
    for (size_t i = 0; i < fit.count; i++) {
        ret->slots[ret->count++] =
            (struct table_slot){fit.columns[i], x, min(fit.rooms[i].least, width)};
        x += fit.rooms[i].least + gaps;
    }
}

/* --- cells ---------------------------------------------------------------------------------- */

struct painter {
    const struct table *table;
    const struct table_view *view;
    struct canvas *canvas;
    const struct table_layout *layout;
    uint64_t common; /* number of what all lines have in common */
};

/* A figure is shown whole, or as hashes. */
static void put_figure(const struct painter *painter, struct rect area, const char *text,
                       struct style style)
{
    bool whole = text_width(text) <= area.width;
    canvas_put_right(painter->canvas, area, whole ? text : FORMAT_HASHES, style);
}

static void put_match(const struct painter *painter, struct rect area, const char *text)
{
    const char *needle = painter->table->filter;
    const char *found = needle[0] != '\0' && needle[0] != '!' ? text_find(text, needle) : NULL;
    if (found != NULL && text_width(text) <= area.width) {
        int before = text_width_n(text, (size_t)(found - text));
        area.x += before;
        area.width = text_width_n(found, strlen(needle));
        canvas_tint(painter->canvas, area, (struct style){ROLE_MATCH, 0});
    }
}

static void put_text(const struct painter *painter, const struct column *column, struct rect area,
                     const char *text, struct style style)
{
    char out[CELL_BYTES];
    bool middle = (column->flags & COLUMN_MIDDLE) != 0;
    text_fit(text, (struct text_fit){area.width, middle ? TEXT_CUT_MIDDLE : TEXT_CUT_END}, out,
             sizeof out);
    canvas_put(painter->canvas, area, out, style);
    if ((column->flags & COLUMN_SEARCHED) != 0) {
        put_match(painter, area, text);
    }
}

static void put_curve(const struct painter *painter, struct rect area, size_t row,
                      struct style style)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const struct table_curve *curve = &painter->table->curves[row];
    int shown = min(curve->count, area.width);
    if (shown < 2) {
        return;
    }
    const float *quotes = curve->quotes + curve->count - shown;
    float low = quotes[0], high = quotes[0];
    for (int i = 1; i < shown; i++) {
        low = quotes[i] < low ? quotes[i] : low;
        high = quotes[i] > high ? quotes[i] : high;
    }
    for (int i = 0; i < shown; i++) {
        int level = high > low ? (int)((quotes[i] - low) / (high - low) * 7.0f + 0.5f) : 3;
        canvas_put(painter->canvas, (struct rect){area.x + i, area.y, 1, 1},
                   levels[min(max(level, 0), 7)], style);
    }
}

static enum role sign_role(double value)
{
    return value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
}

static int flash_direction(const struct table *table, size_t c, const struct table_mark *mark)
{
    int at = 0;
    if ((column_at(table, c)->flags & COLUMN_FLASHES) == 0 || mark->flash_until_us == 0) {
        return 0;
    }
    for (size_t i = 0; i < c; i++) {
        at += (column_at(table, i)->flags & COLUMN_FLASHES) != 0;
    }
    return at < COLUMN_FLASH_MAX ? mark->direction[at] : 0;
}

static enum role cell_role(const struct painter *painter, const struct row *row, size_t c,
                           const struct table_mark *mark)
{
    const struct column *column = column_at(painter->table, c);
    bool derived;
    if (painter->view->stale) {
        return ROLE_STALE;
    }
    int flash = flash_direction(painter->table, c, mark);
    if (flash != 0) {
        return flash > 0 ? ROLE_FLASH_UP : ROLE_FLASH_DOWN;
    }
    enum role role = ROLE_TEXT;
    if (column->role != NULL) {
        role = column->role(row);
    } else if ((column->flags & COLUMN_SIGNED) != 0) {
        role = sign_role(column->number(row, &derived));
    } else if (column->kind == COLUMN_SPARK) {
        role = ROLE_SPARK;
    }
    return role == ROLE_TEXT && row->provisional ? ROLE_PROVISIONAL : role;
}

static void put_number(const struct painter *painter, const struct row *row, size_t c,
                       struct rect area, struct style style)
{
    const struct column *column = column_at(painter->table, c);
    const struct table_view *view = painter->view;
    char out[2 * FORMAT_MAX + 2];
    bool derived = false;
    double value = column->number(row, &derived);
    if (isnan(value) && style.role != ROLE_STALE) {
        style.role = ROLE_DIM;
    } else if (view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0) {
        put_figure(painter, area, FORMAT_HIDDEN, (struct style){ROLE_DIM, style.attributes});
        return;
    }
    if (column->kind == COLUMN_TIME) {
        format_time(view->format, isnan(value) ? MODEL_NO_TIME : (int64_t)value, view->now.wall_ms,
                    out);
        put_figure(painter, area, out, style);
        return;
    }
    unsigned flags = number_flags(column) | (derived ? FORMAT_DERIVED : 0);
    int decimals = painter->table->extents[c].decimals;
    format_number(view->format, (struct format_figure){value, decimals, flags}, out);
    if (column->other != NULL) {
        char other[FORMAT_MAX];
        format_number(view->format, (struct format_figure){column->other(row), decimals, flags},
                      other);
        size_t len = strlen(out);
        snprintf(out + len, sizeof out - len, "/%s", other);
    }
    put_figure(painter, area, out, style);
}

static void put_cell(const struct painter *painter, size_t row_index, struct table_slot slot, int y,
                     bool selected)
{
    const struct row *row = model_row(painter->table->snapshot, row_index);
    const struct column *column = column_at(painter->table, slot.column);
    struct rect area = {slot.x, y, slot.width, 1};
    struct style style = {cell_role(painter, row, slot.column, &painter->table->marks[row_index]),
                          selected ? CELL_SELECTED : 0};
    if (selected && style.role == ROLE_TEXT) {
        style.role = ROLE_SELECTED;
    }
    if (column->kind == COLUMN_SPARK) {
        put_curve(painter, area, row_index, style);
    } else if (column->kind == COLUMN_TEXT) {
        put_text(painter, column, area, column->text(row), style);
    } else {
        put_number(painter, row, slot.column, area, style);
    }
}

/* --- margin --------------------------------------------------------------------------------- */

static bool quote_is_old(const struct table_view *view, const struct watch_item *item)
{
    return view->quote_stale_ms > 0 && item->updated_ms != MODEL_NO_TIME &&
           view->now.wall_ms - item->updated_ms >= view->quote_stale_ms;
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
    if (selected) {
        return (struct margin){"▸", ROLE_KEY};
    }
    int arrow = painter->view->stale ? 0 : arrow_of(table, mark);
    if (arrow != 0) {
        return arrow > 0 ? (struct margin){"▲", ROLE_PNL_UP} : (struct margin){"▼", ROLE_PNL_DOWN};
    }
    if (item != NULL && isnan(item->ltp)) {
        return (struct margin){"?", ROLE_DIM};
    }
    if (painter->view->stale || (item != NULL && quote_is_old(painter->view, item))) {
        return (struct margin){"≈", ROLE_STALE};
    }
    return (struct margin){" ", ROLE_TEXT};
}

int64_t table_next_stale(const struct table *table, int64_t now_ms, int64_t quote_stale_ms)
{
    int64_t next = INT64_MAX;
    if (table->pane != PANE_WATCHLIST || quote_stale_ms <= 0) {
        return next;
    }
    for (size_t i = 0; i < table->order_count; i++) {
        int64_t at = table->snapshot->items[table->order[i]].updated_ms;
        if (at != MODEL_NO_TIME && at + quote_stale_ms > now_ms && at + quote_stale_ms < next) {
            next = at + quote_stale_ms;
        }
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

static void put_header(const struct painter *painter)
{
    struct rect line = {painter->view->area.x, painter->view->area.y, painter->view->area.width, 1};
    if (painter->layout->more_left) {
        canvas_put(painter->canvas, line, "‹", (struct style){ROLE_KEY, 0});
    }
    if (painter->layout->more_right) {
        canvas_put_right(painter->canvas, line, "›", (struct style){ROLE_KEY, 0});
    }
    for (size_t s = 0; s < painter->layout->count; s++) {
        struct table_slot slot = painter->layout->slots[s];
        const struct column *column = column_at(painter->table, slot.column);
        struct rect area = {slot.x, painter->view->area.y, slot.width, 1};
        struct style style = {ROLE_HEADER, slot.column == painter->table->sort ? CELL_BOLD : 0};
        bool left = column->kind == COLUMN_TEXT || column->kind == COLUMN_SPARK ||
                    column->kind == COLUMN_TIME;
        char title[CELL_BYTES];
        text_fit(column->title, (struct text_fit){area.width, TEXT_CUT_END}, title, sizeof title);
        if (left) {
            canvas_put(painter->canvas, area, title, style);
        } else {
            canvas_put_right(painter->canvas, area, title, style);
        }
    }
}

static void put_total(const struct painter *painter, struct table_slot slot, int y)
{
    const struct table *table = painter->table;
    const struct column *column = column_at(table, slot.column);
    double value = total_of(table, column);
    struct rect area = {slot.x, y, slot.width, 1};
    char out[FORMAT_MAX];
    if (isnan(value)) {
        return;
    }
    bool hidden = painter->view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0;
    unsigned flags =
        number_flags(column) | ((column->flags & COLUMN_DERIVED) != 0 ? 0 : FORMAT_DERIVED);
    format_number(painter->view->format,
                  (struct format_figure){value, table->extents[slot.column].decimals, flags}, out);
    enum role role = painter->view->stale                   ? ROLE_STALE
                     : (column->flags & COLUMN_SIGNED) != 0 ? sign_role(value)
                                                            : ROLE_TOTAL;
    put_figure(painter, area, hidden ? FORMAT_HIDDEN : out, (struct style){role, CELL_BOLD});
}

/* The sums stand under their columns; the label takes what is free before the first sum. */
static void put_totals(const struct painter *painter, int y)
{
    const struct table *table = painter->table;
    int end = painter->view->area.x + painter->view->area.width;
    for (size_t s = painter->layout->count; s-- > 0;) {
        struct table_slot slot = painter->layout->slots[s];
        if (!isnan(total_of(table, column_at(table, slot.column)))) {
            put_total(painter, slot, y);
            end = slot.x - 1;
        }
    }
    char text[CELL_BYTES], out[CELL_BYTES];
    snprintf(text, sizeof text, "TOTAL %zu open", table->totals.open);
    if (table->totals.closed > 0) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, " %zu closed", table->totals.closed);
    }
    int x = painter->view->area.x + 1;
    if (text_width(text) > end - x) {
        snprintf(text, sizeof text, "TOTAL");
    }
    text_fit(text, (struct text_fit){end - x, TEXT_CUT_END}, out, sizeof out);
    canvas_put(painter->canvas, (struct rect){x, y, end - x, 1}, out,
               (struct style){ROLE_TOTAL, CELL_BOLD});
}

int table_lines(const struct table_view *view)
{
    return max(0, view->area.height - 1 - (view->totals ? 1 : 0));
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
                                  (uint64_t)view->hide_amounts << 1 | view->totals);
    return view->totals ? memo_bytes(number, &table->totals, sizeof table->totals) : number;
}

/* What all lines have in common. */
static uint64_t common_number(const struct painter *painter)
{
    const struct table *table = painter->table;
    const struct table_layout *layout = painter->layout;
    uint64_t number = memo_bytes(layout->count, table->filter, strlen(table->filter));
    for (size_t s = 0; s < layout->count; s++) {
        struct table_slot slot = layout->slots[s];
        number = memo_mix(number, (uint64_t)slot.x << 32 | (uint64_t)slot.width << 8 | slot.column);
        number = memo_mix(number, (uint64_t)table->extents[slot.column].decimals);
    }
    return memo_mix(number, (uint64_t)painter->view->stale << 1 | painter->view->hide_amounts);
}

static uint64_t header_number(const struct painter *painter)
{
    const struct table_layout *layout = painter->layout;
    return memo_mix(painter->common, (uint64_t)(uint32_t)painter->table->sort << 2 |
                                         (uint64_t)layout->more_left << 1 | layout->more_right);
}

static uint64_t row_number(const struct painter *painter, size_t i)
{
    const struct table *table = painter->table;
    uint32_t row = table->order[i];
    const struct table_mark *mark = &table->marks[row];
    if (mark->version == 0) {
        return MEMO_ANEW;
    }
    bool old =
        table->pane == PANE_WATCHLIST && quote_is_old(painter->view, &table->snapshot->items[row]);
    uint64_t state = (uint64_t)old << 2 | (uint64_t)table_mark_is_due(mark) << 1 |
                     (uint64_t)(painter->view->focused && i == table->cursor);
    for (size_t v = 0; v < COLUMN_FLASH_MAX && mark->flash_until_us != 0; v++) {
        state = state << 2 | (uint64_t)(mark->direction[v] + 1);
    }
    return memo_mix(memo_mix(painter->common, mark->version), state << 1 | 1);
}

static void paint_line(void *user, size_t line, int y)
{
    const struct painter *painter = user;
    if (line == 0) {
        put_header(painter);
    } else {
        put_row(painter, painter->table->top + line - 1, y);
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
        bool used = table->top + i < table->order_count;
        wanted[1 + i] = used ? row_number(&painter, table->top + i) : MEMO_BLANK;
    }
    area.height = (int)lines + 1;
    memo_paint(memo, canvas, area, wanted, paint_line, &painter);
    if (view->totals && view->area.height > 1) {
        int y = view->area.y + view->area.height - 1;
        canvas_fill(canvas, (struct rect){area.x, y, area.width, 1}, (struct style){ROLE_TEXT, 0});
        put_totals(&painter, y);
    }
}
