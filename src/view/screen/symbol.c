/*
 * The symbol page: quote, range and curve of what the selected row is about, the position, what
 * works, what was booked, and the story of each order. Beside the table where there is room.
 */
#include "bar.h"
#include "page.h"
#include "parts.h"
#include "symbol.h"
#include "tape_pane.h"
#include "words.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DOCK_COLUMNS 140 /* from here on it stands beside the table */
#define CHART_MAX 10

/* --- which symbol --------------------------------------------------------------------------- */

/* What the selected row, or entry, is about; "" when it is about none. Copied, for rows go. */
void symbol_note(struct screen *screen, const struct screen_input *input)
{
    const char *symbol = "";
    struct tapes_entry found = {.owner = NULL};
    if (screen_has_table(screen->focus)) {
        struct table *table = &screen->tables[screen->focus];
        const struct row *row = table_selected(table);
        size_t count, at = column_find(screen->focus, "symbol", 6);
        const struct column *columns = columns_of(screen->focus, &count);
        symbol = row != NULL && at < count ? columns[at].text(row) : "";
        found.owner = row != NULL ? row->owner : NULL;
    } else if (screen->focus == PANE_EVENTS && !screen->strip.event_log) {
        bool there = tape_pane_find(screen, input, tape_pane_cursor(screen, input), &found);
        symbol = there ? found.entry->symbol : "";
    }
    if (symbol[0] != '\0') {
        snprintf(screen->symbol, sizeof screen->symbol, "%s", symbol);
        screen->symbol_account = found.owner != NULL ? found.owner->key : 0;
    }
}

static bool is_left(enum pane pane)
{
    return pane == PANE_ORDERS || pane == PANE_POSITIONS;
}

static struct rect page_area(const struct screen *screen)
{
    const struct layout *layout = &screen->layout;
    struct rect body = layout->body;
    struct rect from = layout->panes[screen->focus];
    if (layout->symbol.width > 0) {
        return layout->symbol;
    }
    if (screen->columns < DOCK_COLUMNS || layout->kind != LAYOUT_FULL || from.width == 0 ||
        from.width >= body.width) {
        return body;
    }
    int split = is_left(screen->focus) ? from.x + from.width : from.x;
    if (is_left(screen->focus)) {
        return (struct rect){split, body.y, body.x + body.width - split, body.height};
    }
    return (struct rect){body.x, body.y, split - body.x, body.height};
}

/* It stands there for what is selected, whether keys go to it or not. */
static bool stays_open(const struct screen *screen)
{
    return screen->layout.symbol.width > 0 && screen->popup != SCOPE_SYMBOL;
}

bool symbol_covers(const struct screen *screen, enum pane pane)
{
    struct rect common = rect_clip(page_area(screen), screen->layout.panes[pane]);
    return screen->popup == SCOPE_SYMBOL && common.width > 0 && common.height > 0;
}

static enum role sign_role(double value, bool stale)
{
    return stale ? ROLE_STALE : value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
}

/* --- quote ---------------------------------------------------------------------------------- */

static void write_names(struct page *page, const struct symbol_quote *quote)
{
    struct bar bar;
    char shown[COLUMN_COMPOSED_MAX];
    const struct column_now now = {page->frame->input->now.wall_ms, &page->frame->input->format};
    symbol_shown(page->symbol, &now, shown);
    page_begin(&bar);
    bar_add(&bar, left_at(0), bold(ROLE_TITLE), "%s", shown);
    if (quote->name[0] != '\0' && strcmp(quote->name, page->symbol) != 0) {
        bar_add(&bar, left_at(2), plain(ROLE_TEXT), "  %.80s", quote->name);
    }
    if (quote->item != NULL) {
        bar_add(&bar, left_at(3), plain(ROLE_DIM), "  %.16s", quote->item->exchange);
    }
    if (page->owner != NULL) {
        bar_add(&bar, left_at(1), plain(owner_role(page->owner)), "  %s", page->owner->name);
    }
    bar_add(&bar, right_at(1), plain(quote->stale ? ROLE_STALE : ROLE_CONN_LIVE), "%s",
            isnan(quote->last) ? ""
            : quote->stale     ? "≈ stale"
                               : "live");
    page_end(page, &bar);
}

static void put_named(const struct page *page, struct bar *bar, const char *name, double value)
{
    char text[FORMAT_MAX];
    bar_add(bar, left_at(2), plain(ROLE_DIM), " %s ", name);
    bar_add(bar, left_at(2), plain(ROLE_TEXT), "%s", page_price(page, value, text));
}

static void write_quote(struct page *page, const struct symbol_quote *quote)
{
    const struct watch_item *item = quote->item;
    struct bar bar;
    char text[FORMAT_MAX];
    page_begin(&bar);
    bar_add(&bar, left_at(0), bold(quote->stale ? ROLE_STALE : ROLE_TEXT), "%s",
            page_price(page, quote->last, text));
    if (item != NULL) {
        double change = item_change(item).value, percent = item_change_percent(item).value;
        enum role role = sign_role(change, quote->stale);
        struct format_figure figure = {change, 2, FORMAT_SIGN | FORMAT_PRICE};
        format_number(&page->frame->input->format, figure, text);
        bar_add(&bar, left_at(3), plain(role), "  %s", text);
        figure = (struct format_figure){percent, 2, FORMAT_SIGN | FORMAT_PERCENT};
        format_number(&page->frame->input->format, figure, text);
        bar_add(&bar, left_at(1), plain(role), " %s", text);
        if (page->area.width < 70) {
            page_end(page, &bar);
            page_begin(&bar);
        } else {
            bar_add(&bar, left_at(2), plain(ROLE_TEXT), "  ");
        }
        put_named(page, &bar, "O", item->open);
        put_named(page, &bar, "H", item->high);
        put_named(page, &bar, "L", item->low);
        put_named(page, &bar, "C", item->close);
    }
    page_end(page, &bar);
}

/* low├───────┼──●────┤high: where the price stands in the day's range; the cross is the open. */
static void write_range(struct page *page, const struct symbol_quote *quote)
{
    const struct watch_item *item = quote->item;
    int at = page->line - page->top, width = page->area.width - 10;
    if (item == NULL || isnan(item->high) || isnan(item->low) || width < 10) {
        return;
    }
    struct rect line = {page->area.x, page->area.y + at, page->area.width, 1};
    struct rect track = {line.x + 4, line.y, width, 1};
    struct draw_range range = {item->low, item->high};
    canvas_put(page->frame->canvas, line, "low├", plain(ROLE_DIM));
    for (int x = 0; x < width; x++) {
        canvas_put(page->frame->canvas, (struct rect){track.x + x, track.y, 1, 1}, "─",
                   plain(ROLE_DIM));
    }
    int open = draw_place(range, item->open, width), last = draw_place(range, quote->last, width);
    if (open >= 0) {
        canvas_put(page->frame->canvas, (struct rect){track.x + open, track.y, 1, 1}, "┼",
                   plain(ROLE_DIM));
    }
    if (last >= 0) {
        canvas_put(page->frame->canvas, (struct rect){track.x + last, track.y, 1, 1}, "●",
                   bold(quote->stale ? ROLE_STALE : ROLE_TEXT));
    }
    canvas_put(page->frame->canvas, (struct rect){track.x + width, line.y, 6, 1}, "┤high",
               plain(ROLE_DIM));
    page->line++;
}

/* --- position, orders, bookings --------------------------------------------------------------- */

static void write_position(struct page *page, const struct position *position, bool stale)
{
    struct bar bar;
    char text[FORMAT_MAX];
    struct format_figure quantity = {position->quantity, format_decimals(position->quantity, 0, 6),
                                     FORMAT_SIGN | FORMAT_PRICE};
    double open = position_unrealized(position).value, value = position_value(position).value;
    page_begin(&bar);
    bar_add(&bar, left_at(1), plain(ROLE_DIM), "Position ");
    bar_add(&bar, left_at(0), bold(ROLE_TEXT), "%s", page_figure(page, quantity, text));
    bar_add(&bar, left_at(5), plain(ROLE_DIM), "%s%.8s", position->product[0] != '\0' ? " " : "",
            position->product);
    bar_add(&bar, left_at(0), plain(ROLE_TEXT), " @ %s",
            page_price(page, position_average(position).value, text));
    bar_add(&bar, left_at(2), plain(ROLE_DIM), "  open ");
    bar_add(&bar, left_at(2), plain(sign_role(open, stale)), "%s", page_amount(page, open, text));
    bar_add(&bar, left_at(3), plain(ROLE_DIM), "  day ");
    bar_add(&bar, left_at(3), plain(sign_role(position->day_pnl, stale)), "%s",
            page_amount(page, position->day_pnl, text));
    bar_add(&bar, left_at(4), plain(ROLE_DIM), "  worth ");
    bar_add(&bar, left_at(4), plain(ROLE_TEXT), "%s",
            page_figure(page, (struct format_figure){fabs(value), 0, 0}, text));
    page_end(page, &bar);
}

static void write_working(struct page *page, const struct order *order)
{
    struct bar bar;
    char text[FORMAT_MAX], age[TAPE_FIGURE_MAX];
    double last = order_last(order).value, limit = order_limit(order);
    double apart = last < 0 || last > 0 ? (limit - last) / fabs(last) * 100 : (double)NAN;
    bool buy = order->direction == ORDER_BUY;
    page_begin(&bar);
    bar_add(&bar, left_at(1), plain(ROLE_DIM), "Working  ");
    bar_add(&bar, left_at(0), plain(buy ? ROLE_SIDE_BUY : ROLE_SIDE_SELL), "%.8s", order->side);
    bar_add(&bar, left_at(0), plain(ROLE_TEXT), " %s", page_count(page, order->quantity, text));
    if (order->filled > 0) {
        bar_add(&bar, left_at(1), plain(ROLE_DIM), ", %s filled",
                page_count(page, order->filled, text));
    }
    bar_add(&bar, left_at(0), plain(ROLE_TEXT), isnan(limit) ? " at market" : " @ %s",
            page_price(page, limit, text));
    if (!isnan(apart)) {
        bar_add(&bar, left_at(2), plain(ROLE_DIM), "  %.1f %% %s LTP", fabs(apart),
                apart > 0 ? "above" : "below");
    }
    int64_t age_ms = page->frame->screen->tables[RESOURCE_ORDERS].aged_ms - order->created_ms;
    if (order->created_ms != MODEL_NO_TIME && age_ms >= 0) {
        tape_duration(age_ms / 1000 * 1000, age);
        bar_add(&bar, left_at(3), plain(ROLE_DIM), ", for %s", age);
    }
    page_end(page, &bar);
}

/* What closings of the symbol brought today, and of how many positions. */
static struct money_part booked_of(const struct page *page, size_t *ret_count)
{
    const struct money_book *book = page->frame->input->book;
    const struct snapshot *rows = page_rows(page, RESOURCE_POSITIONS).shown;
    const struct money_closed *closed;
    struct money_part sum = MONEY_NOTHING;
    *ret_count = 0;
    for (size_t i = 0; book != NULL && (closed = money_book_closed(book, i)) != NULL; i++) {
        if (strcmp(closed->symbol, page->symbol) == 0 && !closed->in_list) {
            money_part_add(&sum, closed->figure, closed->derived);
            ++*ret_count;
        }
    }
    for (size_t i = 0; rows != NULL && i < rows->row_count; i++) {
        const struct position *position = &rows->positions[i];
        bool derived = false;
        if (strcmp(position->symbol, page->symbol) == 0 && position_is_closed(position)) {
            double figure = money_booked(book, position, &derived);
            money_part_add(&sum, figure, derived);
            ++*ret_count;
        }
    }
    return sum;
}

static void write_booked(struct page *page)
{
    struct bar bar;
    char text[FORMAT_MAX];
    size_t count;
    struct money_part sum = booked_of(page, &count);
    struct format_figure figure = {sum.value, 2, FORMAT_SIGN | (sum.derived ? FORMAT_DERIVED : 0)};
    if (count == 0) {
        return;
    }
    page_begin(&bar);
    bar_add(&bar, left_at(1), plain(ROLE_DIM), "Booked   ");
    bar_add(&bar, left_at(0), plain(sign_role(sum.value, false)), "%s",
            page_figure(page, figure, text));
    bar_add(&bar, left_at(0), plain(ROLE_DIM), " today, %zu round trip%s", count,
            count == 1 ? "" : "s");
    if (sum.unknown > 0) {
        bar_add(&bar, left_at(0), plain(ROLE_DIM), ", %zu unknown", sum.unknown);
    }
    page_end(page, &bar);
}

static void write_holdings(struct page *page)
{
    struct pane_state positions = page_rows(page, RESOURCE_POSITIONS);
    const struct snapshot *orders = page_rows(page, RESOURCE_ORDERS).shown;
    int before = page->line;
    page_rule(page);
    for (size_t i = 0; positions.shown != NULL && i < positions.shown->row_count; i++) {
        const struct position *position = &positions.shown->positions[i];
        if (strcmp(position->symbol, page->symbol) == 0 && !position_is_closed(position)) {
            write_position(page, position, positions.stale);
        }
    }
    for (size_t i = 0; orders != NULL && i < orders->row_count; i++) {
        const struct order *order = &orders->orders[i];
        if (strcmp(order->symbol, page->symbol) == 0 && order_is_working(order)) {
            write_working(page, order);
        }
    }
    write_booked(page);
    if (page->line == before + 1) {
        struct bar bar;
        page_begin(&bar);
        bar_add(&bar, left_at(0), plain(ROLE_DIM), "neither held nor worked today");
        page_end(page, &bar);
    }
    page_rule(page);
}

/* --- the page ------------------------------------------------------------------------------- */

/* In the lower edge: what the keys do here. */
static void put_keys(const struct frame *frame, struct rect edge)
{
    char up[24], down[24], left[24], right[24], text[160];
    key_of(frame->input, ACTION_UP, up, sizeof up);
    key_of(frame->input, ACTION_DOWN, down, sizeof down);
    key_of(frame->input, ACTION_LEFT, left, sizeof left);
    key_of(frame->input, ACTION_RIGHT, right, sizeof right);
    snprintf(text, sizeof text, " %s %s next  %s %s 30 min, day, 5 days ", up, down, left, right);
    if (text_width(text) <= edge.width) {
        canvas_put(frame->canvas, edge, text, plain(ROLE_DIM));
    }
}

static struct rect put_frame(const struct frame *frame, struct rect area)
{
    bool docked = area.width < frame->screen->columns;
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    bool open = stays_open(frame->screen);
    canvas_box(frame->canvas, area, open ? BOX_LIGHT : BOX_HEAVY,
               plain(open ? ROLE_BORDER : ROLE_BORDER_FOCUS));
    canvas_put(frame->canvas, (struct rect){area.x + 2, area.y, area.width - 4, 1},
               docked ? " Symbol " : " Symbol: Esc back ",
               (struct style){ROLE_TITLE, open ? 0 : CELL_BOLD});
    if (!open) {
        put_keys(frame, (struct rect){area.x + 2, area.y + area.height - 1, area.width - 4, 1});
    }
    struct rect inside = rect_inset(area, 1);
    inside.x += 1;
    inside.width -= 2;
    return inside;
}

/* Of several accounts the page is about the one whose row it was: ids may be another's as well. */
static const struct screen_input *input_of(const struct frame *frame,
                                           const struct owner **ret_owner)
{
    const struct screen_accounts *accounts = frame->input->accounts;
    *ret_owner = NULL;
    for (size_t i = 0; accounts != NULL && i < accounts->count; i++) {
        if (accounts->owners[i]->key == frame->screen->symbol_account) {
            *ret_owner = accounts->owners[i];
            return &accounts->of[i];
        }
    }
    return frame->input;
}

/* Quote and curve stand still; what is below them scrolls. */
void paint_symbol(const struct frame *where)
{
    struct screen *screen = where->screen;
    const struct owner *owner;
    const struct screen_input *input = input_of(where, &owner);
    const struct frame of = {screen, input, where->canvas}, *frame = &of;
    struct page page = {.frame = frame,
                        .area = put_frame(frame, page_area(screen)),
                        .symbol = screen->symbol,
                        .owner = owner};
    struct symbol_quote quote;
    struct rect whole = page.area;
    if (whole.width < 10 || whole.height < 3) {
        return;
    }
    if (screen->symbol[0] == '\0') {
        canvas_put(frame->canvas, whole, "no symbol is selected", plain(ROLE_DIM));
        return;
    }
    symbol_quote_find(frame, page.symbol, &quote);
    write_names(&page, &quote);
    write_quote(&page, &quote);
    if (whole.height >= 16) {
        write_range(&page, &quote);
    }
    int height = whole.height / 3;
    height = height > CHART_MAX ? CHART_MAX : height;
    if (whole.height >= 10) {
        page_curve(&page, height);
    }
    page.area = (struct rect){whole.x, whole.y + page.line, whole.width, whole.height - page.line};
    page.line = 0;
    page.top = stays_open(screen) ? 0 : (int)screen->popup_top;
    write_holdings(&page);
    page_stories(&page);
    if (stays_open(screen)) {
        return; /* keys turn pages of something else */
    }
    screen->popup_lines = (size_t)page.line;
    screen->popup_page = page.area.height > 0 ? (size_t)page.area.height : 1;
}
