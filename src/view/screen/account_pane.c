/* The figures of one account, a line each, and the day's curve below them. */
#include "account_pane.h"
#include "bar.h"
#include "curves.h"
#include "frame.h"
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int account_lines(const struct screen *screen)
{
    if (screen->account_lines > 0) {
        return screen->account_lines;
    }
    uint8_t columns[COLUMNS_MAX];
    return (int)table_columns(&screen->tables[PANE_ACCOUNT], false, columns);
}

static struct figure account_figure(const struct frame *frame, const struct column *column)
{
    const struct money *money = &frame->screen->money;
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    bool loaded = frame->screen->tables[RESOURCE_POSITIONS].snapshot != NULL, ignored = false;
    struct figure figure = {(double)NAN, (column->flags & COLUMN_DERIVED) != 0};
    if (column->number != NULL) {
        figure.value = column->number(&account->row, &ignored);
    } else if (!loaded || money->count != 1) {
        return figure;
    } else if (strcmp(column->name, "net-liq") == 0) {
        return money_net_liq(account, money);
    } else {
        bool realized = strcmp(column->name, "realised") == 0;
        figure.value = realized ? money->sums[0].realized.value : money->sums[0].unrealized.value;
    }
    return figure;
}

static void account_text(const struct frame *frame, const struct column *column, char *out,
                         size_t capacity)
{
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    char figure[FORMAT_MAX];
    if (column->kind == COLUMN_TEXT) {
        text_fit(column->text(&account->row), (struct text_fit){24, TEXT_CUT_END}, out, capacity);
        return;
    }
    struct figure found = account_figure(frame, column);
    double value = found.value;
    unsigned flags = ((column->flags & COLUMN_SIGNED) != 0 ? FORMAT_SIGN : 0) |
                     (found.derived ? FORMAT_DERIVED : 0);
    if (column->kind == COLUMN_TIME) {
        int64_t at = isnan(value) ? MODEL_NO_TIME : (int64_t)value;
        format_time(&frame->input->format, at, frame->input->now.wall_ms, figure);
    } else {
        format_number(&frame->input->format,
                      (struct format_figure){value, column->decimals_low, flags}, figure);
    }
    bool hidden =
        frame->screen->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0 && !isnan(value);
    snprintf(out, capacity, "%s", hidden ? FORMAT_HIDDEN : figure);
}

static void put_share(const struct frame *frame, double percent, enum role role, struct rect area)
{
    char text[32];
    int width = area.width >= 18 ? 10 : area.width - 8;
    int full = (int)(percent / 100 * width + 0.5);
    for (int i = 0; i < width; i++) {
        bool used = i < full;
        canvas_put(frame->canvas, (struct rect){area.x + i, area.y, 1, 1}, used ? "█" : "░",
                   plain(role == ROLE_STALE || used ? role : ROLE_DIM));
    }
    int at = width > 0 ? width + 1 : 0;
    snprintf(text, sizeof text, "~%.0f %%", percent);
    if (text_width(text) <= area.width - at) {
        canvas_put(frame->canvas, (struct rect){area.x + at, area.y, area.width - at, 1}, text,
                   plain(role == ROLE_BAR ? ROLE_DIM : role));
    }
}

/* Behind the figure: its share of the balance. */
static void put_account_extra(const struct frame *frame, const struct column *column,
                              struct rect area)
{
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT).stale;
    double used = money_margin(account);
    double free_percent =
        account->balance > 0 ? account->available_margin / account->balance * 100 : (double)NAN;
    enum role role = margin_role(used, stale);
    if (strcmp(column->name, "used") == 0 && !isnan(used)) {
        put_share(frame, used, role == ROLE_TEXT ? ROLE_BAR : role, area);
    } else if (strcmp(column->name, "available") == 0 && !isnan(free_percent)) {
        put_share(frame, free_percent, stale ? ROLE_STALE : ROLE_BAR, area);
    }
}

struct account_place {
    struct rect inside;
    int label, figure; /* widths */
};

static void put_account_line(const struct frame *frame, const struct column *column,
                             const struct account_place *place, int y)
{
    char text[BAR_TEXT_MAX], label[BAR_TEXT_MAX];
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT).stale;
    bool provisional = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account->row.provisional;
    double value = column->kind == COLUMN_TEXT ? 0 : account_figure(frame, column).value;
    enum role role = provisional ? ROLE_PROVISIONAL : ROLE_TEXT;
    if ((column->flags & COLUMN_SIGNED) != 0) {
        role = value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
    }
    account_text(frame, column, text, sizeof text);
    text_fit(column->title, (struct text_fit){place->label, TEXT_CUT_END}, label, sizeof label);
    canvas_put(frame->canvas, (struct rect){place->inside.x + 1, y, place->label, 1}, label,
               plain(ROLE_DIM));
    struct rect area = {place->inside.x + 1 + place->label + 1, y, place->figure, 1};
    bool whole = text_width(text) <= area.width;
    canvas_put_right(frame->canvas, area, whole ? text : FORMAT_HASHES,
                     plain(stale ? ROLE_STALE : role));
    area.x += area.width + 2;
    area.width = place->inside.x + place->inside.width - area.x - 1;
    if (area.width > 0) {
        put_account_extra(frame, column, area);
    }
}

void paint_account(const struct frame *frame, struct rect inside)
{
    const struct table *table = &frame->screen->tables[PANE_ACCOUNT];
    struct account_place place = {.inside = inside};
    if (table->snapshot == NULL || table->snapshot->row_count == 0) {
        return;
    }
    uint8_t shown[COLUMNS_MAX];
    size_t all, count = table_columns(table, false, shown);
    const struct column *columns = columns_of(PANE_ACCOUNT, &all);
    char text[BAR_TEXT_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct column *column = &columns[shown[i]];
        account_text(frame, column, text, sizeof text);
        int label = text_width(column->title), figure = text_width(text);
        place.label = label > place.label ? label : place.label;
        place.figure = figure > place.figure ? figure : place.figure;
    }
    int room = place.inside.width - 3;
    place.figure = place.figure < room ? place.figure : room;
    place.label = place.label < room - place.figure ? place.label : room - place.figure;
    for (size_t i = 0; i < count && (int)i < place.inside.height; i++) {
        put_account_line(frame, &columns[shown[i]], &place, place.inside.y + (int)i);
    }
    struct rect rest = place.inside;
    int used = (int)count < rest.height ? (int)count : rest.height;
    rest.y += used;
    rest.height -= used;
    paint_day_curve(frame, rest);
}
