/* What rows and the lines below them have in common: how a text, a figure and a sign stand. */
#include "cells.h"
#include "table_private.h"

#include <string.h>

#define CELL_BYTES 256

/* A figure is shown whole, or as hashes. */
void table_put_figure(const struct painter *painter, struct rect area, const char *text,
                      struct style style)
{
    bool whole = text_width(text) <= area.width;
    canvas_put_right(painter->canvas, area, whole ? text : FORMAT_HASHES, style);
}

static void put_match(const struct painter *painter, struct rect area, const char *text)
{
    const char *needle = filter_needle(&painter->table->compiled);
    const char *found = needle[0] != '\0' ? text_find(text, needle) : NULL;
    if (found != NULL && text_width(text) <= area.width) {
        int before = text_width_n(text, (size_t)(found - text));
        area.x += before;
        area.width = text_width_n(found, strlen(needle));
        canvas_tint(painter->canvas, area, (struct style){ROLE_MATCH, 0});
    }
}

void table_put_text(const struct painter *painter, const struct column *column, struct rect area,
                    const char *text, struct style style)
{
    char out[CELL_BYTES];
    if ((column->flags & COLUMN_MIDDLE) != 0) {
        symbol_fit(text, area.width, out, sizeof out);
    } else {
        text_fit(text, (struct text_fit){area.width, TEXT_CUT_END}, out, sizeof out);
    }
    canvas_put(painter->canvas, area, out, style);
    if ((column->flags & COLUMN_SEARCHED) != 0) {
        put_match(painter, area, text);
    }
}

const struct row *table_row_in(const struct table *table, size_t column, size_t row,
                               struct order *copy)
{
    size_t count;
    bool slip = columns_of(table->pane, &count)[column].number == order_go;
    const struct row *as_sent = model_row(table->snapshot, row);
    return slip ? order_go_row(as_sent, table->marks[row].placed_at, copy) : as_sent;
}

enum role table_sign_role(double value)
{
    return value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
}

bool table_row_doubtful(const struct row *row)
{
    return row->provisional || row->mixed || row->stale;
}
