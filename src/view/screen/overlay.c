/* What stands over the panes: a frame for all, and the column chooser. */
#include "screen_parts.h"

#include <stdio.h>
#include <string.h>

#define CHOOSER_WIDTH 64

static struct style plain(enum role role)
{
    return (struct style){role, 0};
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* A framed, cleared area in the middle; returns its inside. */
struct rect overlay_frame(const struct frame *frame, struct rect area, const char *title)
{
    struct rect whole = {0, 0, frame->screen->columns, frame->screen->rows};
    char out[256];
    area.width = smaller(area.width, whole.width);
    area.height = smaller(area.height, frame->screen->layout.body.height);
    area.x = (whole.width - area.width) / 2;
    area.y = frame->screen->layout.body.y + (frame->screen->layout.body.height - area.height) / 2;
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    canvas_box(frame->canvas, area, BOX_ROUND, plain(ROLE_BORDER_FOCUS));
    text_fit(title, (struct text_fit){area.width - 4, TEXT_CUT_END}, out, sizeof out);
    canvas_put(frame->canvas, (struct rect){area.x + 2, area.y, area.width - 4, 1}, out,
               (struct style){ROLE_TITLE, CELL_BOLD});
    return rect_inset(area, 1);
}

/* Keeps the first line within what there is, and remembers the page for the keys. */
void overlay_keep_page(struct screen *screen, int lines, int page)
{
    size_t last = lines > page ? (size_t)(lines - page) : 0;
    screen->overlay_lines = lines > 0 ? (size_t)lines : 0;
    screen->overlay_page = page > 0 ? (size_t)page : 1;
    screen->overlay_top = screen->overlay_top < last ? screen->overlay_top : last;
}

void overlay_put_more(const struct frame *frame, struct rect inside)
{
    const struct screen *screen = frame->screen;
    char text[64];
    if (screen->overlay_lines <= screen->overlay_page || inside.width < 16) {
        return;
    }
    size_t last = screen->overlay_top + screen->overlay_page;
    snprintf(text, sizeof text, " %zu-%zu/%zu ", screen->overlay_top + 1,
             last < screen->overlay_lines ? last : screen->overlay_lines, screen->overlay_lines);
    canvas_put_right(frame->canvas,
                     (struct rect){inside.x, inside.y + inside.height, inside.width - 1, 1}, text,
                     plain(ROLE_DIM));
}

/* --- columns -------------------------------------------------------------------------------- */

static struct table *chooser_table(struct screen *screen)
{
    return screen->focus == PANE_EVENTS ? NULL : &screen->tables[screen->focus];
}

void chooser_open(struct screen *screen)
{
    struct table *table = chooser_table(screen);
    size_t count, used;
    if (table == NULL) {
        return;
    }
    columns_of(table->pane, &count);
    used = table_columns(table, false, screen->chooser);
    screen->chooser_shown = used;
    screen->chooser_pane = screen->focus;
    for (size_t i = 0; i < count; i++) {
        if (memchr(screen->chooser, (int)i, used) == NULL) {
            screen->chooser[used++] = (uint8_t)i;
        }
    }
    screen->overlay = SCOPE_COLUMNS;
    screen->overlay_top = screen->overlay_cursor = 0;
}

static void chooser_apply(struct screen *screen, struct table *table)
{
    memcpy(table->chosen, screen->chooser, screen->chooser_shown);
    table->chosen_count = screen->chooser_shown;
    table->skip = 0;
}

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t c = *a;
    *a = *b;
    *b = c;
}

/* What is hidden goes to the end of what is shown, and the other way round; one stays at least. */
static void chooser_toggle(struct screen *screen)
{
    size_t at = screen->overlay_cursor;
    if (at < screen->chooser_shown) {
        if (screen->chooser_shown == 1) {
            return;
        }
        for (; at + 1 < screen->chooser_shown; at++) {
            swap(&screen->chooser[at], &screen->chooser[at + 1]);
        }
        screen->chooser_shown--;
        return;
    }
    for (; at > screen->chooser_shown; at--) {
        swap(&screen->chooser[at], &screen->chooser[at - 1]);
    }
    screen->chooser_shown++;
}

void chooser_act(struct screen *screen, enum action action)
{
    struct table *table = chooser_table(screen);
    size_t at = screen->overlay_cursor;
    if (table == NULL) {
        return;
    }
    if (action == ACTION_COLUMN_RESET) {
        table->chosen_count = 0;
        chooser_open(screen);
        screen->overlay_cursor = at;
        return;
    }
    if (action == ACTION_COLUMN_TOGGLE) {
        chooser_toggle(screen);
    } else if (action == ACTION_COLUMN_EARLIER && at > 0 && at < screen->chooser_shown) {
        swap(&screen->chooser[at], &screen->chooser[at - 1]);
        screen->overlay_cursor--;
    } else if (action == ACTION_COLUMN_LATER && at + 1 < screen->chooser_shown) {
        swap(&screen->chooser[at], &screen->chooser[at + 1]);
        screen->overlay_cursor++;
    }
    chooser_apply(screen, table);
}

static void put_choice(const struct frame *frame, size_t i, struct rect line)
{
    const struct screen *screen = frame->screen;
    size_t count;
    const struct column *column = &columns_of(screen->focus, &count)[screen->chooser[i]];
    bool shown = i < screen->chooser_shown, here = i == screen->overlay_cursor;
    unsigned attributes = here ? CELL_SELECTED : 0;
    char text[128];
    if (here) {
        canvas_fill(frame->canvas, line, (struct style){ROLE_SELECTED, CELL_SELECTED});
    }
    canvas_put(frame->canvas, line, here ? "▸" : " ", (struct style){ROLE_KEY, attributes});
    struct rect area = {line.x + 2, line.y, line.width - 2, 1};
    area.x += canvas_put(frame->canvas, area, shown ? "[x] " : "[ ] ",
                         (struct style){shown ? ROLE_KEY : ROLE_DIM, attributes});
    area.width = line.x + line.width - area.x;
    canvas_put(frame->canvas, area, column->title,
               (struct style){here    ? ROLE_SELECTED
                              : shown ? ROLE_TEXT
                                      : ROLE_DIM,
                              attributes});
    area.x += 18;
    area.width -= 18;
    if (area.width > 4) {
        text_fit(column->help, (struct text_fit){area.width, TEXT_CUT_END}, text, sizeof text);
        canvas_put(frame->canvas, area, text, (struct style){ROLE_DIM, attributes});
    }
}

static void paint_chooser(const struct frame *frame)
{
    struct screen *screen = frame->screen;
    size_t count;
    char title[64];
    columns_of(screen->focus, &count);
    snprintf(title, sizeof title, " Columns · %s ", pane_info(screen->focus)->title);
    struct rect inside =
        overlay_frame(frame, (struct rect){0, 0, CHOOSER_WIDTH, (int)count + 2}, title);
    size_t page = (size_t)larger(inside.height, 1);
    if (screen->overlay_cursor < screen->overlay_top) {
        screen->overlay_top = screen->overlay_cursor;
    } else if (screen->overlay_cursor >= screen->overlay_top + page) {
        screen->overlay_top = screen->overlay_cursor - page + 1;
    }
    overlay_keep_page(screen, (int)count, inside.height);
    for (int i = 0; i < inside.height && screen->overlay_top + (size_t)i < count; i++) {
        put_choice(frame, screen->overlay_top + (size_t)i,
                   (struct rect){inside.x + 1, inside.y + i, inside.width - 2, 1});
    }
    overlay_put_more(frame, inside);
}

void paint_overlay(const struct frame *frame)
{
    switch (frame->screen->overlay) {
    case SCOPE_HELP:
        paint_help(frame);
        break;
    case SCOPE_SYMBOL:
        paint_symbol(frame);
        break;
    case SCOPE_DETAIL:
        paint_detail(frame);
        break;
    case SCOPE_COLUMNS:
        paint_chooser(frame);
        break;
    case SCOPE_PANES:
    case SCOPE_PROMPT:
    case SCOPE_COUNT:
        break;
    }
}
