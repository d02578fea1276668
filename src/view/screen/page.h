/* page: what the parts of the symbol page are made of: lines, figures, and the quote. */
#ifndef BLOTTER_VIEW_PAGE_H
#define BLOTTER_VIEW_PAGE_H

#include "bar.h"
#include "frame.h"

#include <blotter/core/derive.h>

/* Lines are counted as they come; those between top and the area's height are drawn. */
struct page {
    const struct frame *frame;
    struct rect area;
    const char *symbol; /* as the server sends it */
    int line, top;
    const struct owner *owner; /* of several accounts, the one it is about; NULL: the only one */
};

/* What is known of the symbol; NULL and NAN: nothing. */
struct symbol_quote {
    const struct watch_item *item;
    const char *name;
    double last;
    bool stale, derived;
};
void symbol_quote_find(const struct frame *frame, const char *symbol, struct symbol_quote *ret);

/* A line made of segments; it ends with page_end. */
void page_begin(struct bar *bar);
void page_end(struct page *page, struct bar *bar);
void page_rule(struct page *page);

/* Figures as text: hidden with the amounts, but for prices. */
const char *page_price(const struct page *page, double value, char out[FORMAT_MAX]);
const char *page_figure(const struct page *page, struct format_figure figure, char out[FORMAT_MAX]);
const char *page_count(const struct page *page, double value, char out[FORMAT_MAX]);
const char *page_amount(const struct page *page, double value, char out[FORMAT_MAX]);

/* --- story.c: what happened to each order of the symbol, the newest first */
void page_stories(struct page *page);

/* The rows of a pane as they are shown. */
struct pane_state page_rows(const struct page *page, enum resource resource);

/* symbol_curve.c: the curve with its levels, so many lines high, and two lines about it. */
void page_curve(struct page *page, int height);

#endif
