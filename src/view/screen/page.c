/* What the parts of the symbol page are made of: lines, figures, and the quote. */
#include "bar.h"
#include "page.h"
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct pane_state page_rows(const struct page *page, enum resource resource)
{
    return screen_pane(page->frame->screen, page->frame->input, resource);
}

void page_begin(struct bar *bar)
{
    bar->count = 0;
}

void page_end(struct page *page, struct bar *bar)
{
    int at = page->line - page->top;
    if (at >= 0 && at < page->area.height) {
        bar_paint(bar, page->frame->canvas,
                  (struct rect){page->area.x, page->area.y + at, page->area.width, 1});
    }
    page->line++;
}

void page_rule(struct page *page)
{
    int at = page->line - page->top;
    for (int x = 0; x < page->area.width && at >= 0 && at < page->area.height; x++) {
        canvas_put(page->frame->canvas, (struct rect){page->area.x + x, page->area.y + at, 1, 1},
                   "─", plain(ROLE_DIM));
    }
    page->line++;
}

const char *page_price(const struct page *page, double value, char out[FORMAT_MAX])
{
    int decimals = isnan(value) ? 2 : format_decimals(value, 2, 4);
    format_number(&page->frame->input->format,
                  (struct format_figure){value, decimals, FORMAT_PRICE}, out);
    return out;
}

const char *page_figure(const struct page *page, struct format_figure figure, char out[FORMAT_MAX])
{
    if (page->frame->screen->hide_amounts && !isnan(figure.value)) {
        snprintf(out, FORMAT_MAX, "%s", FORMAT_HIDDEN);
    } else {
        format_number(&page->frame->input->format, figure, out);
    }
    return out;
}

const char *page_count(const struct page *page, double value, char out[FORMAT_MAX])
{
    int decimals = isnan(value) ? 0 : format_decimals(value, 0, 6);
    return page_figure(page, (struct format_figure){value, decimals, FORMAT_PRICE}, out);
}

const char *page_amount(const struct page *page, double value, char out[FORMAT_MAX])
{
    return page_figure(page, (struct format_figure){value, 2, FORMAT_SIGN}, out);
}

/* A quote is the watchlist's; else what a position or an order was valued at. */
void symbol_quote_find(const struct frame *frame, const char *symbol, struct symbol_quote *ret)
{
    struct pane_state items = screen_pane(frame->screen, frame->input, RESOURCE_WATCHLISTS);
    struct pane_state positions = screen_pane(frame->screen, frame->input, RESOURCE_POSITIONS);
    struct pane_state orders = screen_pane(frame->screen, frame->input, RESOURCE_ORDERS);
    *ret = (struct symbol_quote){.name = "", .last = NAN};
    for (size_t i = 0; orders.shown != NULL && i < orders.shown->row_count; i++) {
        const struct order *order = &orders.shown->orders[i];
        if (strcmp(order->symbol, symbol) == 0 && !isnan(order_last(order).value)) {
            ret->last = order_last(order).value;
            ret->stale = orders.stale;
            ret->name = order->stock_name;
        }
    }
    for (size_t i = 0; positions.shown != NULL && i < positions.shown->row_count; i++) {
        const struct position *position = &positions.shown->positions[i];
        if (strcmp(position->symbol, symbol) == 0 && !isnan(position_last(position).value)) {
            ret->last = position_last(position).value;
            ret->stale = positions.stale;
            ret->name = position->stock_name[0] != '\0' ? position->stock_name : ret->name;
        }
    }
    for (size_t i = 0; items.shown != NULL && i < items.shown->row_count; i++) {
        const struct watch_item *item = &items.shown->items[i];
        if (ret->item == NULL && strcmp(item->symbol, symbol) == 0) {
            struct figure last = item_last(item);
            ret->item = item;
            ret->name = item->name[0] != '\0' ? item->name : ret->name;
            ret->last = isnan(last.value) ? ret->last : last.value;
            ret->stale = isnan(last.value) ? ret->stale : items.stale;
        }
    }
}
