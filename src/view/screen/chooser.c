/* Which columns a table shows, and in what order. */
#include "screen_private.h"

#include <stdio.h>
#include <string.h>

#define CHOOSER_WIDTH 64

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
    count = table_column_total(table);
    used = table_columns(table, false, screen->chooser);
    screen->chooser_shown = used;
    screen->chooser_pane = screen->focus;
    for (size_t i = 0; i < count; i++) {
        if (memchr(screen->chooser, (int)i, used) == NULL) {
            screen->chooser[used++] = (uint8_t)i;
        }
    }
    screen->popup = SCOPE_COLUMNS;
    screen->popup_top = screen->popup_cursor = 0;
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
    size_t at = screen->popup_cursor;
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
    size_t at = screen->popup_cursor;
    if (table == NULL) {
        return;
    }
    if (action == ACTION_COLUMN_RESET) {
        table->chosen_count = 0;
        chooser_open(screen);
        screen->popup_cursor = at;
        return;
    }
    if (action == ACTION_COLUMN_TOGGLE) {
        chooser_toggle(screen);
    } else if (action == ACTION_COLUMN_EARLIER && at > 0 && at < screen->chooser_shown) {
        swap(&screen->chooser[at], &screen->chooser[at - 1]);
        screen->popup_cursor--;
    } else if (action == ACTION_COLUMN_LATER && at + 1 < screen->chooser_shown) {
        swap(&screen->chooser[at], &screen->chooser[at + 1]);
        screen->popup_cursor++;
    }
    chooser_apply(screen, table);
}

static void put_choice(const struct frame *frame, size_t i, struct rect line)
{
    const struct screen *screen = frame->screen;
    size_t count;
    const struct column *column = &columns_of(screen->focus, &count)[screen->chooser[i]];
    bool shown = i < screen->chooser_shown, here = i == screen->popup_cursor;
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

void paint_chooser(const struct frame *frame)
{
    struct screen *screen = frame->screen;
    size_t count = table_column_total(&screen->tables[screen->focus]);
    char title[64];
    snprintf(title, sizeof title, " Columns · %s ", pane_info(screen->focus)->title);
    struct rect inside =
        popup_frame(frame, (struct rect){0, 0, CHOOSER_WIDTH, (int)count + 2}, title);
    size_t page = inside.height > 1 ? (size_t)inside.height : 1;
    if (screen->popup_cursor < screen->popup_top) {
        screen->popup_top = screen->popup_cursor;
    } else if (screen->popup_cursor >= screen->popup_top + page) {
        screen->popup_top = screen->popup_cursor - page + 1;
    }
    popup_keep_page(screen, (int)count, inside.height);
    for (int i = 0; i < inside.height && screen->popup_top + (size_t)i < count; i++) {
        put_choice(frame, screen->popup_top + (size_t)i,
                   (struct rect){inside.x + 1, inside.y + i, inside.width - 2, 1});
    }
    popup_put_more(frame, inside);
}
