/* What stands under the rows: closed positions that no list holds, and the sums. */
#include "table_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_BYTES 256

/* --- closed positions that are in no list ---------------------------------------------------- */

/* One of them, and whose it is. */
struct closed {
    const struct money_closed *of; /* NULL: there is none */
    const struct owner *owner;
};

/* The i-th of a book; counts those that it has down. */
static const struct money_closed *closed_in(const struct money_book *book, size_t *i)
{
    const struct money_closed *closed = NULL;
    for (size_t at = 0; book != NULL && (closed = money_book_closed(book, at)) != NULL; at++) {
        if (!closed->in_list && (*i)-- == 0) {
            return closed;
        }
    }
    return NULL;
}

/* The i-th of them, shown under the rows; none past the end and under a filter. */
static struct closed closed_at(const struct table *table, size_t i)
{
    struct closed closed = {.of = NULL};
    if (table->pane != PANE_POSITIONS || table->compiled.count > 0 || table->brief) {
        return closed;
    }
    if (table->owners == NULL) {
        closed.of = closed_in(table->book, &i);
        return closed;
    }
    for (size_t o = 0; o < table->owner_count && closed.of == NULL; o++) {
        closed.owner = table->owners[o];
        closed.of = closed_in(closed.owner->book, &i);
    }
    return closed;
}

size_t table_closed_count(const struct table *table)
{
    size_t count = 0;
    while (closed_at(table, count).of != NULL) {
        count++;
    }
    return count;
}

uint64_t table_closed_number(const struct painter *painter, size_t i)
{
    struct closed found = closed_at(painter->table, i);
    const struct money_closed *closed = found.of;
    if (closed == NULL) {
        return MEMO_BLANK;
    }
    uint64_t seed = found.owner != NULL ? painter->common ^ found.owner->key : painter->common;
    uint64_t number = memo_bytes(seed, closed->id, strlen(closed->id));
    return memo_mix(memo_bytes(number, &closed->figure, sizeof closed->figure), 2);
}

void table_put_closed(const struct painter *painter, size_t i, int y)
{
    struct closed found = closed_at(painter->table, i);
    const struct money_closed *closed = found.of;
    const struct style dim = {painter->view->stale ? ROLE_STALE : ROLE_DIM, 0};
    char out[FORMAT_MAX];
    for (size_t s = 0; closed != NULL && s < painter->layout->count; s++) {
        struct table_slot slot = painter->layout->slots[s];
        const struct column *column = table_column(painter->table, slot.column);
        struct rect area = {slot.x, y, slot.width, 1};
        if (strcmp(column->name, "symbol") == 0) {
            table_put_text(painter, column, area, closed->symbol, dim);
        } else if ((column->flags & COLUMN_OWNER) != 0 && found.owner != NULL) {
            table_put_text(painter, column, area, found.owner->name, dim);
        } else if (strcmp(column->name, "qty") == 0) {
            table_put_figure(painter, area, "0", dim);
        } else if (strcmp(column->name, "unrl-pnl") == 0) {
            table_put_figure(painter, area, "booked", dim);
        } else if (strcmp(column->name, "day-pnl") == 0) {
            unsigned flags = FORMAT_SIGN | (closed->derived ? FORMAT_DERIVED : 0);
            struct format_figure figure = {closed->figure, 2, flags};
            format_number(painter->view->format, figure, out);
            table_put_figure(painter, area, painter->view->hide_amounts ? FORMAT_HIDDEN : out, dim);
        }
    }
}

/* --- sums ----------------------------------------------------------------------------------- */

static void put_total(const struct painter *painter, struct table_slot slot,
                      const struct money_sum *sum, int y)
{
    const struct table *table = painter->table;
    const struct column *column = table_column(table, slot.column);
    struct money_part part = table_part(sum, column);
    struct rect area = {slot.x, y, slot.width, 1};
    char out[FORMAT_MAX];
    bool hidden = painter->view->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0;
    bool doubtful = (part.derived || part.unknown > 0) && (column->flags & COLUMN_DERIVED) == 0;
    unsigned flags = column_format(column) | (doubtful ? FORMAT_DERIVED : 0);
    format_number(painter->view->format,
                  (struct format_figure){part.value, table->extents[slot.column].decimals, flags},
                  out);
    enum role role = painter->view->stale || sum->stale     ? ROLE_STALE
                     : (column->flags & COLUMN_SIGNED) != 0 ? table_sign_role(part.value)
                                                            : ROLE_TOTAL;
    table_put_figure(painter, area, hidden ? FORMAT_HIDDEN : out, (struct style){role, CELL_BOLD});
}

/* Of several accounts: "TOTAL real", and the account's name where it stands alone. */
static void total_name(const struct table *table, const struct money_sum *sum, char *out,
                       size_t capacity)
{
    const char *whose = sum->alone != NULL ? sum->alone->name : owner_kind_name(sum->kind);
    snprintf(out, capacity, "TOTAL%s%.24s%s%s", table->owners != NULL ? " " : "",
             table->owners != NULL ? whose : "", sum->currency[0] != '\0' ? " " : "",
             sum->currency);
}

/* "TOTAL 4 open, 1 closed", "TOTAL USD 2 of 7, 1 unknown". */
static void total_label(const struct table *table, size_t i, char *out, size_t capacity)
{
    const struct money_sum *sum = &table->sums.sums[i];
    size_t unknown =
        sum->day.unknown > sum->unrealized.unknown ? sum->day.unknown : sum->unrealized.unknown;
    char name[64], counts[64], more[32] = "", closed[32] = "";
    total_name(table, sum, name, sizeof name);
    if (sum->closed_count > 0) {
        snprintf(closed, sizeof closed, ", %zu closed", sum->closed_count);
    }
    if (table_filter_hides(table)) {
        snprintf(counts, sizeof counts, "%zu of %zu", sum->open_count + sum->closed_count,
                 table->total);
    } else {
        snprintf(counts, sizeof counts, "%zu open%s", sum->open_count, closed);
    }
    if (unknown > 0) {
        snprintf(more, sizeof more, ", %zu unknown", unknown);
    }
    snprintf(out, capacity, "%s %s%s", name, counts, more);
}

/* The sums stand under their columns; the label takes what is free before the first sum. */
void table_put_totals(const struct painter *painter, struct total_line line)
{
    const struct table *table = painter->table;
    int end = painter->view->area.x + painter->view->area.width;
    for (size_t s = painter->layout->count; s-- > 0;) {
        struct table_slot slot = painter->layout->slots[s];
        const struct money_sum *sum = &table->sums.sums[line.sum];
        if (!isnan(table_part(sum, table_column(table, slot.column)).value)) {
            put_total(painter, slot, sum, line.y);
            end = slot.x - 1;
        }
    }
    char text[LABEL_BYTES], out[LABEL_BYTES];
    total_label(table, line.sum, text, sizeof text);
    int x = painter->view->area.x + 1;
    if (text_width(text) > end - x) {
        total_name(table, &table->sums.sums[line.sum], text, sizeof text);
    }
    if (text_width(text) > end - x) {
        snprintf(text, sizeof text, "TOTAL");
    }
    text_fit(text, (struct text_fit){end - x, TEXT_CUT_END}, out, sizeof out);
    canvas_put(painter->canvas, (struct rect){x, line.y, end - x, 1}, out,
               (struct style){ROLE_TOTAL, CELL_BOLD});
    if (painter->view->stale || table->sums.sums[line.sum].doubtful ||
        table->sums.sums[line.sum].stale) {
        canvas_put(painter->canvas, (struct rect){x - 1, line.y, 1, 1}, "≈",
                   (struct style){ROLE_STALE, 0});
    }
}

/* --- heads of groups ------------------------------------------------------------------------ */

/* What the rows under a head have to tell, which are not seen where it is folded. */
static const char *group_mark(const struct painter *painter, const struct table_group *group)
{
    const struct table *table = painter->table;
    const char *mark = painter->view->stale ? "≈" : " ";
    for (size_t i = group->first; i < group->first + group->count; i++) {
        uint32_t row = table->order[i];
        if (group->folded && table_mark_is_due(&table->marks[row])) {
            return "!";
        }
        mark = table_row_doubtful(model_row(table->snapshot, row)) ? "≈" : mark;
    }
    return mark;
}

static bool head_is_selected(const struct painter *painter, const struct table_group *group)
{
    return group->folded && painter->view->focused && painter->table->cursor == group->first;
}

uint64_t table_group_number(const struct painter *painter, const struct table_group *group)
{
    struct money money;
    table_group_sum(painter->table, group, &money);
    uint64_t number = memo_bytes(painter->common, group->name, sizeof group->name);
    uint64_t state = (uint64_t)group->folded << 1 | head_is_selected(painter, group);
    number = memo_mix(memo_mix(number, group->count), state);
    number = memo_mix(number, (unsigned char)*group_mark(painter, group));
    return memo_bytes(number, money.sums, money.count * sizeof *money.sums);
}

static void put_group_margin(const struct painter *painter, const struct table_group *group, int y)
{
    struct rect line = {painter->view->area.x, y, painter->view->area.width, 1};
    const char *mark = group_mark(painter, group);
    bool selected = head_is_selected(painter, group), none = *mark == ' ';
    if (selected) {
        canvas_fill(painter->canvas, line, (struct style){ROLE_SELECTED, CELL_SELECTED});
    }
    line.width = 1;
    canvas_put(painter->canvas, line, none && selected ? "▸" : mark,
               (struct style){*mark == '!' ? ROLE_ALERT
                              : none       ? ROLE_KEY
                                           : ROLE_STALE,
                              selected ? CELL_SELECTED : 0});
}

/* "▾ NIFTY  2 legs", its sums under their columns; of several currencies only the count. */
void table_put_group(const struct painter *painter, const struct table_group *group, int y)
{
    const struct table *table = painter->table;
    struct money money;
    char text[LABEL_BYTES], out[LABEL_BYTES];
    int end = painter->view->area.x + painter->view->area.width, x = painter->view->area.x + 1;
    put_group_margin(painter, group, y);
    table_group_sum(table, group, &money);
    for (size_t s = painter->layout->count; s-- > 0 && money.count == 1;) {
        struct table_slot slot = painter->layout->slots[s];
        if (!isnan(table_part(&money.sums[0], table_column(table, slot.column)).value)) {
            put_total(painter, slot, &money.sums[0], y);
            end = slot.x - 1;
        }
    }
    snprintf(text, sizeof text, "%s %s  %zu leg%s%s", group->folded ? "▹" : "▾", group->name,
             group->count, group->count == 1 ? "" : "s",
             money.count <= 1        ? ""
             : table->owners != NULL ? ", several kinds of money"
                                     : ", several currencies");
    text_fit(text, (struct text_fit){end - x, TEXT_CUT_END}, out, sizeof out);
    canvas_put(painter->canvas, (struct rect){x, y, end - x, 1}, out,
               (struct style){painter->view->stale ? ROLE_STALE : ROLE_TITLE, CELL_BOLD});
}
