/* The story of each order of a symbol: placed, changed, filled; the price then, and the slippage.
 */
#include "bar.h"
#include "page.h"
#include "parts.h"
#include "tape_pane.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STORIES_MAX 24 /* orders; older ones are on the tape */

static size_t tape_of(const struct page *page)
{
    return tape_pane_count(page->frame->screen, page->frame->input);
}

static const struct tape_entry *entry_at(const struct page *page, size_t i)
{
    return tape_pane_at(page->frame->screen, page->frame->input, i);
}

static bool is_of(const struct tape_entry *entry, const char *id)
{
    return entry->kind <= TAPE_REJECTED && id[0] != '\0' &&
           strncmp(entry->id, id, sizeof entry->id - 1) == 0;
}

static enum role side_role(enum tape_side side)
{
    return side == TAPE_BUY ? ROLE_SIDE_BUY : side == TAPE_SELL ? ROLE_SIDE_SELL : ROLE_TEXT;
}

/* --- slippage ------------------------------------------------------------------------------- */

/* What the fill is held against: the limit, or the price when it was placed. */
static double reference_of(const struct page *page, const struct tape_entry *fill)
{
    if (!isnan(fill->limit)) {
        return fill->limit;
    }
    for (size_t i = 0; i < tape_of(page); i++) {
        const struct tape_entry *entry = entry_at(page, i);
        if (entry->kind == TAPE_PLACED && is_of(entry, fill->id)) {
            return entry->ltp;
        }
    }
    return (double)NAN;
}

/* Positive: it cost more, or brought less, than that. */
static void put_slip(const struct page *page, struct bar *bar, const struct tape_entry *fill)
{
    double reference = reference_of(page, fill);
    double side = fill->side == TAPE_BUY ? 1 : fill->side == TAPE_SELL ? -1 : (double)NAN;
    double price = fill->price < 0 || fill->price > 0 ? fill->price : (double)NAN;
    double apart = (price - reference) * side;
    char percent[FORMAT_MAX], amount[FORMAT_MAX];
    struct format_figure figure = {apart / fabs(reference) * 100, 2, FORMAT_SIGN | FORMAT_PERCENT};
    format_number(&page->frame->input->format, figure, percent);
    bar_add(bar, left_at(3), plain(ROLE_DIM), "  slip ");
    if (isnan(apart)) {
        bar_add(bar, left_at(3), plain(ROLE_TEXT), FORMAT_MISSING);
        return;
    }
    enum role role = apart > 0 ? ROLE_PNL_DOWN : apart < 0 ? ROLE_PNL_UP : ROLE_TEXT;
    bar_add(bar, left_at(3), plain(role), "%s", percent);
    bar_add(bar, left_at(4), plain(role), " = %s",
            page_amount(page, -apart * fill->quantity, amount));
}

/* --- an order ------------------------------------------------------------------------------- */

static void put_time(const struct page *page, struct bar *bar, int64_t at_ms)
{
    char at[FORMAT_MAX];
    format_time(&page->frame->input->format, at_ms, page->frame->input->now.wall_ms, at);
    bar_add(bar, left_at(0), plain(ROLE_DIM), "%-9s", at);
}

static void put_ltp(const struct page *page, struct bar *bar, double ltp)
{
    char text[FORMAT_MAX];
    bar_add(bar, left_at(2), plain(ROLE_DIM), "  LTP ");
    bar_add(bar, left_at(2), plain(ROLE_TEXT), "%s", page_price(page, ltp, text));
}

static void put_change(const struct page *page, struct bar *bar, const struct tape_entry *entry)
{
    char from[FORMAT_MAX], to[FORMAT_MAX];
    if (!isnan(entry->limit_before)) {
        bar_add(bar, left_at(1), plain(ROLE_TEXT), " price %s → %s",
                page_price(page, entry->limit_before, from), page_price(page, entry->limit, to));
    }
    if (!isnan(entry->quantity_before)) {
        bar_add(bar, left_at(1), plain(ROLE_TEXT), " quantity %s → %s",
                page_count(page, entry->quantity_before, from),
                page_count(page, entry->quantity, to));
    }
}

static void write_entry(struct page *page, const struct tape_entry *entry)
{
    static const char *const words[] = {
        [TAPE_PLACED] = "placed", [TAPE_CHANGED] = "changed",     [TAPE_PARTIAL] = "part",
        [TAPE_FILLED] = "filled", [TAPE_CANCELLED] = "cancelled", [TAPE_REJECTED] = "rejected"};
    struct bar bar;
    char count[FORMAT_MAX], price[FORMAT_MAX];
    page_begin(&bar);
    put_time(page, &bar, entry->wall_ms);
    bar_add(&bar, left_at(0), plain(tape_role(entry)), "%s", words[entry->kind]);
    switch (entry->kind) {
    case TAPE_CHANGED:
        put_change(page, &bar, entry);
        put_ltp(page, &bar, entry->ltp);
        break;
    case TAPE_PARTIAL:
    case TAPE_FILLED:
        bar_add(
            &bar, left_at(1), plain(ROLE_TEXT), " %s",
            page_count(page, entry->kind == TAPE_FILLED ? entry->quantity : entry->filled, count));
        bar_add(&bar, left_at(1), plain(ROLE_DIM), "  avg ");
        bar_add(&bar, left_at(1), plain(ROLE_TEXT), "%s", page_price(page, entry->price, price));
        if (entry->kind == TAPE_FILLED) {
            put_slip(page, &bar, entry);
        }
        break;
    case TAPE_REJECTED:
        if (!page->frame->screen->hide_amounts) {
            bar_add(&bar, left_at(1), plain(ROLE_TEXT), "  %.120s", entry->text);
        }
        break;
    default:
        put_ltp(page, &bar, entry->ltp);
    }
    page_end(page, &bar);
}

/* How near the price came to the limit since, and when. */
static double nearest(const struct page *page, const struct order *order, int64_t *ret_at_ms)
{
    const struct history *history = page->frame->input->history;
    const struct series *series = history != NULL ? history_price(history, page->symbol) : NULL;
    double best = (double)NAN;
    for (size_t i = 0; series != NULL && i < series->count; i++) {
        double apart = fabs(series->points[i].y - order_limit(order));
        bool since = order->created_ms == MODEL_NO_TIME || series->points[i].x >= order->created_ms;
        if (since && !isnan(apart) && (isnan(best) || apart < best)) {
            best = apart;
            *ret_at_ms = series->points[i].x;
        }
    }
    return best;
}

static void write_waiting(struct page *page, const struct order *order)
{
    struct bar bar;
    char text[FORMAT_MAX], at[FORMAT_MAX];
    int64_t at_ms = MODEL_NO_TIME;
    double apart = nearest(page, order, &at_ms);
    page_begin(&bar);
    put_time(page, &bar, page->frame->screen->tables[RESOURCE_ORDERS].aged_ms);
    bar_add(&bar, left_at(0), plain(ROLE_STATUS_PENDING), "still waiting");
    if (!isnan(apart)) {
        format_clock(&page->frame->input->format, FORMAT_CLOCK, at_ms, at);
        bar_add(&bar, left_at(1), plain(ROLE_DIM), "  LTP came within ");
        bar_add(&bar, left_at(1), plain(ROLE_TEXT), "%s", page_price(page, apart, text));
        bar_add(&bar, left_at(2), plain(ROLE_DIM), " at %s", at);
    }
    page_end(page, &bar);
}

/* "Story of  BUY 250 LIMIT 2,945.00  (7f3a…c210)" */
static void write_title(struct page *page, const struct tape_entry *of)
{
    static const char *const sides[] = {
        [TAPE_NO_SIDE] = "", [TAPE_BUY] = "BUY", [TAPE_SELL] = "SELL"};
    struct bar bar;
    char count[FORMAT_MAX], price[FORMAT_MAX], id[40], type[32];
    page_begin(&bar);
    bar_add(&bar, left_at(2), plain(ROLE_DIM), "Story of ");
    bar_add(&bar, left_at(0), bold(side_role(of->side)), "%s", sides[of->side]);
    text_fit(of->type, (struct text_fit){12, TEXT_CUT_END}, type, sizeof type);
    bar_add(&bar, left_at(0), bold(ROLE_TEXT), " %s %s", page_count(page, of->quantity, count),
            type);
    if (!isnan(of->limit)) {
        bar_add(&bar, left_at(0), plain(ROLE_TEXT), " %s", page_price(page, of->limit, price));
    }
    text_fit(of->id, (struct text_fit){9, TEXT_CUT_MIDDLE}, id, sizeof id);
    bar_add(&bar, left_at(3), plain(ROLE_DIM), "  (%s)", id);
    page_end(page, &bar);
}

static const struct order *working_order(const struct page *page, const char *id)
{
    const struct snapshot *rows =
        screen_pane(page->frame->screen, page->frame->input, RESOURCE_ORDERS).shown;
    for (size_t i = 0; rows != NULL && i < rows->row_count; i++) {
        if (order_is_working(&rows->orders[i]) &&
            strncmp(rows->orders[i].row.id, id, TAPE_ID_MAX - 1) == 0) {
            return &rows->orders[i];
        }
    }
    return NULL;
}

static void write_story(struct page *page, const struct tape_entry *newest)
{
    const struct order *order = working_order(page, newest->id);
    write_title(page, newest);
    for (size_t i = tape_of(page); i-- > 0;) {
        const struct tape_entry *entry = entry_at(page, i);
        if (is_of(entry, newest->id)) {
            write_entry(page, entry);
        }
    }
    if (order != NULL) {
        write_waiting(page, order);
    }
}

/* An order that the tape has not heard of: it was placed before, and nothing happened since. */
static void write_untold(struct page *page, const struct order *order)
{
    struct tape_entry entry;
    tape_entry_init(&entry, TAPE_PLACED, order->created_ms);
    snprintf(entry.id, sizeof entry.id, "%s", order->row.id);
    snprintf(entry.type, sizeof entry.type, "%s", order->type);
    entry.side = order->direction == ORDER_BUY    ? TAPE_BUY
                 : order->direction == ORDER_SELL ? TAPE_SELL
                                                  : TAPE_NO_SIDE;
    entry.quantity = order->quantity;
    entry.limit = order_limit(order);
    write_title(page, &entry);
    write_entry(page, &entry);
    write_waiting(page, order);
}

static bool is_told(const struct page *page, const char *id)
{
    for (size_t i = 0; i < tape_of(page); i++) {
        if (is_of(entry_at(page, i), id)) {
            return true;
        }
    }
    return false;
}

void page_stories(struct page *page)
{
    const struct tape_entry *told[STORIES_MAX];
    size_t count = 0;
    const struct snapshot *rows =
        screen_pane(page->frame->screen, page->frame->input, RESOURCE_ORDERS).shown;
    for (size_t i = 0; i < tape_of(page) && count < STORIES_MAX; i++) {
        const struct tape_entry *entry = entry_at(page, i);
        bool here = entry->kind <= TAPE_REJECTED && entry->id[0] != '\0' &&
                    strncmp(entry->symbol, page->symbol, sizeof entry->symbol - 1) == 0;
        for (size_t k = 0; here && k < count; k++) {
            here = !is_of(entry, told[k]->id);
        }
        if (here) {
            told[count++] = entry;
            write_story(page, entry);
        }
    }
    for (size_t i = 0; rows != NULL && i < rows->row_count && count < STORIES_MAX; i++) {
        const struct order *order = &rows->orders[i];
        if (order_is_working(order) && strcmp(order->symbol, page->symbol) == 0 &&
            !is_told(page, order->row.id)) {
            count++;
            write_untold(page, order);
        }
    }
}
