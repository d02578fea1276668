#include "bar.h"
#include "frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ELASTIC_LEAST 14 /* columns: fewer tell nothing */

/* Literal text and %s, which most items are, without the machinery of printf; false: there is
 * something else. */
static bool put_plainly(char out[BAR_TEXT_MAX], const char *format, va_list arguments)
{
    size_t len = 0;
    for (const char *at = format; *at != '\0'; at++) {
        const char *text = at;
        size_t more = 1;
        if (*at == '%') {
            if (*++at != 's') {
                return false;
            }
            text = va_arg(arguments, const char *);
            more = strlen(text);
        }
        more = more < BAR_TEXT_MAX - 1 - len ? more : BAR_TEXT_MAX - 1 - len;
        memcpy(out + len, text, more);
        len += more;
    }
    out[len] = '\0';
    return true;
}

void bar_add(struct bar *bar, struct bar_place place, struct style style, const char *format, ...)
{
    if (bar->count == BAR_ITEMS_MAX) {
        return;
    }
    struct bar_item *item = &bar->items[bar->count++];
    va_list arguments;
    va_start(arguments, format);
    bool plain = put_plainly(item->text, format, arguments);
    va_end(arguments);
    if (!plain) {
        va_start(arguments, format);
        vsnprintf(item->text, sizeof item->text, format, arguments);
        va_end(arguments);
    }
    item->style = style;
    item->rank = place.rank;
    item->right = (place.flags & BAR_RIGHT) != 0;
    item->figure = (place.flags & BAR_FIGURE) != 0;
    item->elastic = (place.flags & BAR_ELASTIC) != 0;
    item->action = ACTION_COUNT;
}

/* The room that an item must have. */
static int least_width(const struct bar_item *item)
{
    int width = text_width(item->text);
    return item->elastic && width > ELASTIC_LEAST ? ELASTIC_LEAST : width;
}

/* What can be cut is, to what the others leave. */
static void bar_stretch(struct bar *bar, int room)
{
    for (size_t i = 0; i < bar->count; i++) {
        room -= bar->items[i].elastic ? 0 : text_width(bar->items[i].text);
    }
    for (size_t i = 0; i < bar->count; i++) {
        char text[BAR_TEXT_MAX];
        if (bar->items[i].elastic) {
            text_fit(bar->items[i].text, (struct text_fit){room, TEXT_CUT_END}, text, sizeof text);
            memcpy(bar->items[i].text, text, sizeof text);
            room -= text_width(text);
        }
    }
}

static int bar_width(const struct bar *bar)
{
    int width = 0;
    for (size_t i = 0; i < bar->count; i++) {
        width += least_width(&bar->items[i]);
    }
    return width;
}

/* Takes away every item of the highest rank; false when only what must stay is left. */
static bool bar_drop(struct bar *bar)
{
    int highest = 0;
    size_t kept = 0;
    for (size_t i = 0; i < bar->count; i++) {
        highest = bar->items[i].rank > highest ? bar->items[i].rank : highest;
    }
    for (size_t i = 0; i < bar->count && highest > 0; i++) {
        if (bar->items[i].rank != highest) {
            bar->items[kept++] = bar->items[i];
        }
    }
    bar->count = highest > 0 ? kept : bar->count;
    return highest > 0;
}

static void hash_figures(struct bar *bar, int width)
{
    for (size_t i = 0; i < bar->count && bar_width(bar) > width; i++) {
        if (bar->items[i].figure) {
            snprintf(bar->items[i].text, sizeof bar->items[i].text, "%s", FORMAT_HASHES);
        }
    }
}

static void bar_fit(struct bar *bar, struct rect area)
{
    while (bar_width(bar) > area.width && bar_drop(bar)) {
    }
    hash_figures(bar, area.width);
    bar_stretch(bar, area.width);
}

/* Puts what fits where it belongs. */
static void bar_put(struct bar *bar, struct canvas *canvas, struct rect area)
{
    canvas_fill(canvas, area, plain(ROLE_TEXT));
    int right = 0, x = area.x, end = area.x + area.width;
    for (size_t i = 0; i < bar->count; i++) {
        right += bar->items[i].right ? text_width(bar->items[i].text) : 0;
    }
    int at_right = end - right;
    for (size_t i = 0; i < bar->count; i++) {
        int *at = bar->items[i].right ? &at_right : &x;
        *at = *at < area.x ? area.x : *at;
        if (bar->items[i].right && *at < x) {
            *at = x;
        }
        bar->items[i].x = *at;
        *at += canvas_put(canvas, (struct rect){*at, area.y, end - *at, area.height},
                          bar->items[i].text, bar->items[i].style);
    }
}

void bar_paint(struct bar *bar, struct canvas *canvas, struct rect area)
{
    bar_fit(bar, area);
    bar_put(bar, canvas, area);
}

static uint64_t bar_number(const struct bar *bar, struct rect area)
{
    uint64_t number = memo_bytes(bar->count, &area, sizeof area);
    for (size_t i = 0; i < bar->count; i++) {
        const struct bar_item *item = &bar->items[i];
        number = memo_bytes(number, item->text, strlen(item->text));
        number = memo_mix(number, (uint64_t)item->rank << 48 | (uint64_t)item->style.role << 32 |
                                      (uint64_t)item->style.attributes << 3 |
                                      (uint64_t)item->elastic << 2 | (uint64_t)item->figure << 1 |
                                      item->right);
    }
    return number;
}

bool bar_repaint(struct bar *bar, const struct frame *frame, enum bar_line line, struct rect area)
{
    uint64_t *shown = &frame->screen->bars[line];
    uint64_t number = bar_number(bar, area); /* of all there is: what fits comes of that */
    bool differs = number != *shown;
    if (differs) {
        bar_fit(bar, area);
        bar_put(bar, frame->canvas, area);
        *shown = number;
    }
    return differs;
}
