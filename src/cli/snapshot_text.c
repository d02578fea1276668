#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/money.h>
#include <blotter/tui/zone.h>
#include <blotter/view/columns.h>
#include <blotter/view/format.h>
#include <blotter/view/text.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_BYTES 160

struct grid {
    const struct snapshot_report *report;
    enum pane pane;
    const struct snapshot *rows;
    size_t *index, count; /* the rows shown */
    const struct column *columns[COLUMNS_MAX];
    int widths[COLUMNS_MAX], decimals[COLUMNS_MAX];
    size_t column_count;
    struct format format;
};

/* --- one cell ------------------------------------------------------------------------------- */

static double figure(const struct column *column, const struct row *row, bool *ret_derived)
{
    return column->number != NULL ? column->number(row, ret_derived) : (double)NAN;
}

static void time_cell(const struct grid *grid, size_t c, const struct row *row,
                      char out[FORMAT_MAX])
{
    bool derived = false;
    double value = figure(grid->columns[c], row, &derived);
    int64_t ms = isnan(value) ? MODEL_NO_TIME : (int64_t)value;
    format_time(&grid->format, ms, grid->report->taken_ms, out);
}

static void cell(const struct grid *grid, size_t c, const struct row *row, char out[CELL_BYTES])
{
    const struct column *column = grid->columns[c];
    char text[COLUMN_FIGURE_MAX] = "";
    const char *shown = text;
    if (column->kind == COLUMN_TEXT) {
        shown = column->text(row);
    } else if (column->kind == COLUMN_TIME) {
        time_cell(grid, c, row, text);
    } else if (column->number != NULL) {
        column_figure(column, row, &grid->format, grid->decimals[c], text);
    } else {
        snprintf(text, sizeof text, "%s", FORMAT_MISSING);
    }
    struct text_fit fit = {column->kind == COLUMN_TEXT ? column->width_max : FORMAT_MAX,
                           column->flags & COLUMN_MIDDLE ? TEXT_CUT_MIDDLE : TEXT_CUT_END};
    text_fit(shown, fit, out, CELL_BYTES);
}

/* --- columns -------------------------------------------------------------------------------- */

static const struct row *row_at(const struct grid *grid, size_t i)
{
    return model_row(grid->rows, grid->index[i]);
}

/* What the dashboard shows in a wide pane, but for what needs a history or a clock. */
static void choose_columns(struct grid *grid)
{
    static const char *const plain[] = {"time",   "symbol", "side", "prod", "type",  "qty",
                                        "filled", "price",  "avg",  "ltp",  "status"};
    size_t count;
    const struct column *columns = columns_of(grid->pane, &count);
    for (size_t i = 0; grid->pane == PANE_ORDERS && i < sizeof plain / sizeof *plain; i++) {
        grid->columns[grid->column_count++] =
            &columns[column_find(PANE_ORDERS, plain[i], strlen(plain[i]))];
    }
    if (grid->column_count > 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool drawable = (columns[i].text != NULL || columns[i].number != NULL) &&
                        (columns[i].flags & COLUMN_OWNER) == 0; /* a line names the account */
        if (drawable && columns[i].show <= COLUMN_WIDE) {
            grid->columns[grid->column_count++] = &columns[i];
        }
    }
}

static void measure(struct grid *grid)
{
    for (size_t c = 0; c < grid->column_count; c++) {
        const struct column *column = grid->columns[c];
        grid->decimals[c] = column->decimals_low;
        for (size_t i = 0; i < grid->count && column->kind == COLUMN_NUMBER &&
                           (column->flags & COLUMN_EXACT) == 0;
             i++) {
            bool derived = false;
            int decimals = format_decimals(figure(column, row_at(grid, i), &derived),
                                           column->decimals_low, column->decimals_high);
            grid->decimals[c] = decimals > grid->decimals[c] ? decimals : grid->decimals[c];
        }
        grid->widths[c] = text_width(column->title);
        for (size_t i = 0; i < grid->count; i++) {
            char text[CELL_BYTES];
            cell(grid, c, row_at(grid, i), text);
            int width = text_width(text);
            grid->widths[c] = width > grid->widths[c] ? width : grid->widths[c];
        }
    }
}

/* --- printing ------------------------------------------------------------------------------- */

/* Text as it is, or with ASCII's stand-ins. */
static void put(FILE *out, const char *text, bool ascii)
{
    struct text_reader reader = {text, text + strlen(text)};
    struct text_cluster cluster;
    while (text_next(&reader, &cluster)) {
        if (ascii) {
            fprintf(out, "%c%s", text_ascii(cluster.bytes), cluster.width == 2 ? " " : "");
        } else {
            fputs(cluster.bytes, out);
        }
    }
}

static void put_padded(FILE *out, const struct grid *grid, size_t c, const char *text)
{
    bool left = grid->columns[c]->kind == COLUMN_TEXT || grid->columns[c]->kind == COLUMN_TIME;
    bool last = c + 1 == grid->column_count;
    int space = grid->widths[c] - text_width(text);
    fprintf(out, "%*s", left ? 0 : space, "");
    put(out, text, grid->report->ascii);
    fprintf(out, "%*s%s", left && !last ? space : 0, "", last ? "\n" : "  ");
}

static void print_grid(FILE *out, struct grid *grid)
{
    choose_columns(grid);
    measure(grid);
    for (size_t c = 0; c < grid->column_count; c++) {
        put_padded(out, grid, c, grid->columns[c]->title);
    }
    for (size_t i = 0; i < grid->count; i++) {
        for (size_t c = 0; c < grid->column_count; c++) {
            char text[CELL_BYTES];
            cell(grid, c, row_at(grid, i), text);
            put_padded(out, grid, c, text);
        }
    }
}

/* The account: a line per figure. */
static void print_lines(FILE *out, struct grid *grid)
{
    int title_width = 0, width = 0;
    choose_columns(grid);
    measure(grid);
    for (size_t c = 0; c < grid->column_count; c++) {
        int columns = text_width(grid->columns[c]->title);
        title_width = columns > title_width ? columns : title_width;
        char text[CELL_BYTES];
        cell(grid, c, row_at(grid, 0), text);
        width = text_width(text) > width ? text_width(text) : width;
    }
    for (size_t c = 0; c < grid->column_count; c++) {
        const char *title = grid->columns[c]->title;
        char text[CELL_BYTES];
        cell(grid, c, row_at(grid, 0), text);
        put(out, title, grid->report->ascii);
        fprintf(out, "%*s", title_width - text_width(title) + 2 + width - text_width(text), "");
        put(out, text, grid->report->ascii);
        fputc('\n', out);
    }
}

/* Those of [first, first + count) that the filter leaves. */
static void choose_rows(struct grid *grid, size_t first, size_t count)
{
    const struct filter *filter = grid->report->parts[grid->pane].filter;
    free(grid->index);
    grid->index = mem_calloc(count + 1, sizeof *grid->index);
    grid->count = 0;
    for (size_t i = first; i < first + count; i++) {
        if (filter == NULL ||
            filter_passes(filter, grid->pane, model_row(grid->rows, i), (double)NAN)) {
            grid->index[grid->count++] = i;
        }
    }
}

static struct grid make_grid(const struct snapshot_report *report, enum pane pane)
{
    struct grid grid = {.report = report, .pane = pane, .rows = report->parts[pane].rows};
    format_default(&grid.format);
    grid.format.grouping = report->grouping;
    zone_apply(&grid.format, report->timezone);
    choose_rows(&grid, 0, grid.rows != NULL ? grid.rows->row_count : 0);
    return grid;
}

/* "TOTAL 2 of 7  Day +862.50  Unrealised +528.50": of the rows shown, once a currency. */
static void print_totals(FILE *out, const struct grid *grid)
{
    struct money money;
    snapshot_sums(&grid->report->parts[PANE_POSITIONS], &money);
    for (size_t i = 0; i < money.count; i++) {
        const struct money_sum *sum = &money.sums[i];
        const struct money_part *parts[] = {&sum->day, &sum->unrealized};
        static const char *const names[] = {"Day", "Unrealised"};
        fprintf(out, "TOTAL%s%s %zu of %zu", sum->currency[0] != '\0' ? " " : "", sum->currency,
                sum->open_count + sum->closed_count, grid->rows->row_count);
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            char figure_text[FORMAT_MAX];
            unsigned doubt = parts[p]->unknown > 0 || parts[p]->derived ? FORMAT_DERIVED : 0;
            format_number(&grid->format,
                          (struct format_figure){parts[p]->value, 2, FORMAT_SIGN | doubt},
                          figure_text);
            fprintf(out, "  %s ", names[p]);
            put(out, figure_text, grid->report->ascii);
            if (parts[p]->unknown > 0) {
                fprintf(out, ", %zu unknown", parts[p]->unknown);
            }
        }
        fputc('\n', out);
    }
}

static void print_pane(FILE *out, const struct snapshot_report *report, enum pane pane)
{
    struct grid grid = make_grid(report, pane);
    fputs(pane_info(pane)->title, out);
    if (pane != PANE_ACCOUNT) {
        fprintf(out, " (%zu)", grid.count);
    }
    fputc('\n', out);
    if (grid.count == 0) {
        fprintf(out, "%s\n", pane_info(pane)->empty);
    } else if (pane == PANE_ACCOUNT) {
        print_lines(out, &grid);
    } else {
        print_grid(out, &grid);
    }
    if (pane == PANE_POSITIONS && grid.count > 0) {
        print_totals(out, &grid);
    }
    free(grid.index);
}

static void print_watchlists(FILE *out, const struct snapshot_report *report)
{
    const struct snapshot *rows = report->parts[PANE_WATCHLIST].rows;
    for (size_t i = 0; rows != NULL && i < rows->list_count; i++) {
        const struct watchlist *list = &rows->lists[i];
        struct grid grid = make_grid(report, PANE_WATCHLIST);
        choose_rows(&grid, list->first, list->count);
        fprintf(out, "%s%s: ", i > 0 ? "\n" : "", pane_info(PANE_WATCHLIST)->title);
        put(out, list->name, report->ascii);
        fprintf(out, " (%zu)\n", grid.count);
        if (grid.count > 0) {
            print_grid(out, &grid);
        } else {
            fprintf(out, "%s\n", pane_info(PANE_WATCHLIST)->empty);
        }
        free(grid.index);
    }
    if (rows == NULL || rows->list_count == 0) {
        fprintf(out, "%s\nno watchlists\n", pane_info(PANE_WATCHLIST)->title);
    }
}

static void print_report(FILE *out, const struct snapshot_report *report)
{
    bool first = true;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct snapshot_part *part = &report->parts[i];
        enum pane pane = (enum pane)i;
        if (!part->wanted) {
            continue;
        }
        fputs(first ? "" : "\n", out);
        first = false;
        if (part->body == NULL) {
            fprintf(out, "%s\nnot loaded: %s\n", pane_info(pane)->title, part->fault.text);
        } else if (pane == PANE_WATCHLIST) {
            print_watchlists(out, report);
        } else {
            print_pane(out, report, pane);
        }
    }
}

/* The profile's name before each line that says something. */
static void put_named(FILE *out, const struct snapshot_report *report, const char *text, int width)
{
    for (const char *stop; *text != '\0'; text = stop + 1) {
        stop = strchr(text, '\n');
        if (stop > text) {
            put(out, report->profile, report->ascii);
            fprintf(out, "%*s  ", width - text_width(report->profile), "");
        }
        fprintf(out, "%.*s\n", (int)(stop - text), text);
    }
}

static void print_named(FILE *out, const struct snapshot_report *report, int width)
{
    char *text = NULL;
    size_t len;
    FILE *lines = open_memstream(&text, &len);
    if (lines == NULL) {
        return; /* as out is: it would have failed before */
    }
    print_report(lines, report);
    fclose(lines);
    put_named(out, report, text, width);
    free(text);
}

void snapshot_print_text(FILE *out, const struct snapshot_report *reports, size_t count)
{
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        int own = reports[i].profile != NULL ? text_width(reports[i].profile) : 0;
        width = own > width ? own : width;
    }
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "\n" : "", out);
        if (reports[i].profile == NULL) {
            print_report(out, &reports[i]);
        } else {
            print_named(out, &reports[i], width);
        }
    }
}
