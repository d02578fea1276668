/* Menus of columns: which a table shows and in what order; which one its rows are sorted by. */
#include "frame.h"
#include "popup.h"

#include <stdio.h>
#include <string.h>

#define CHOOSER_WIDTH 64
#define SERVER_ORDER UINT8_MAX /* in the menu to sort by: no column */

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
    screen->chooser_count = used;
    screen->popup = SCOPE_COLUMNS;
    screen->popup_top = screen->popup_cursor = 0;
}

/* --- sorting -------------------------------------------------------------------------------- */

static bool is_sorted_by(const struct table *table, uint8_t choice)
{
    int column = table_order(table).column;
    return choice == SERVER_ORDER ? column == TABLE_SERVER_ORDER : column == (int)choice;
}

/* Those that are shown, the others, and last the server's order; the cursor is on that in force. */
void sort_menu_open(struct screen *screen)
{
    struct table *table = chooser_table(screen);
    size_t used = 0;
    if (table == NULL) {
        return;
    }
    chooser_open(screen);
    screen->popup = SCOPE_SORT;
    for (size_t i = 0; i < screen->chooser_count; i++) {
        uint8_t column = screen->chooser[i];
        screen->chooser_shown -= i < screen->chooser_shown && !table_can_sort(table, column);
        if (table_can_sort(table, column)) {
            screen->chooser[used++] = column;
        }
    }
    screen->chooser[used++] = SERVER_ORDER;
    screen->chooser_count = used;
    for (size_t i = 0; i < used; i++) {
        screen->popup_cursor = is_sorted_by(table, screen->chooser[i]) ? i : screen->popup_cursor;
    }
}

void sort_menu_take(struct screen *screen)
{
    struct table *table = chooser_table(screen);
    uint8_t choice = screen->chooser[screen->popup_cursor];
    if (table == NULL) {
        return;
    }
    if (choice == SERVER_ORDER) {
        table_sort_by(table, TABLE_SERVER_ORDER);
    } else if (table->sort == (int)choice && is_sorted_by(table, choice)) {
        table->descending = !table->descending;
    } else {
        table_sort_by(table, choice);
    }
}

/* --- which columns -------------------------------------------------------------------------- */

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

static const struct column server_order = {.title = "as sent",
                                           .help = "in the order in which the server lists them"};

static const struct column *choice_of(const struct screen *screen, size_t i)
{
    size_t count;
    const struct column *columns = columns_of(screen->focus, &count);
    return screen->chooser[i] == SERVER_ORDER ? &server_order : &columns[screen->chooser[i]];
}

/* Whether the column is shown; in the menu to sort by, which way it is sorted. */
static const char *choice_box(const struct screen *screen, size_t i)
{
    const struct table *table = &screen->tables[screen->focus];
    if (screen->popup == SCOPE_COLUMNS) {
        return i < screen->chooser_shown ? "[x] " : "[ ] ";
    }
    return !is_sorted_by(table, screen->chooser[i]) ? "    "
           : screen->chooser[i] == SERVER_ORDER     ? "  • "
           : table_order(table).descending          ? "  ↓ "
                                                    : "  ↑ ";
}

static void put_choice(const struct frame *frame, size_t i, struct rect line)
{
    const struct screen *screen = frame->screen;
    const struct column *column = choice_of(screen, i);
    bool shown = i < screen->chooser_shown, here = i == screen->popup_cursor;
    unsigned attributes = here ? CELL_SELECTED : 0;
    char text[128];
    if (here) {
        canvas_fill(frame->canvas, line, (struct style){ROLE_SELECTED, CELL_SELECTED});
    }
    canvas_put(frame->canvas, line, here ? "▸" : " ", (struct style){ROLE_KEY, attributes});
    struct rect area = {line.x + 2, line.y, line.width - 2, 1};
    area.x += canvas_put(frame->canvas, area, choice_box(screen, i),
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
    size_t count = screen->chooser_count;
    char title[64];
    snprintf(title, sizeof title, " %s · %s ", screen->popup == SCOPE_SORT ? "Sort by" : "Columns",
             pane_info(screen->focus)->title);
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
