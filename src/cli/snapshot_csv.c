#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/span.h>
#include <blotter/core/utf8.h>

#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 128 /* members past these are left out */
#define NAME_BYTES 96
#define LIST_PREFIX "watchlist."
#define STOCK_PREFIX "stock."

struct columns {
    char names[MEMBERS_MAX][NAME_BYTES];
    size_t count;
};

struct table {
    FILE *out;           /* NULL while the columns are collected */
    const char *profile; /* of the rows; NULL: there is one, unnamed */
    const char *pane;
    struct span quotes; /* a backend's prices; ptr NULL: it has none */
    bool terminal;
    struct columns columns;
};

/* --- columns: what the rows hold, in order of first appearance ------------------------------- */

static void add_column(struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->names[i], name) == 0) {
            return;
        }
    }
    if (columns->count < MEMBERS_MAX) {
        snprintf(columns->names[columns->count++], NAME_BYTES, "%s", name);
    }
}

/* Objects inside are entered once ("stock.ltp"), but for another system's row ("raw"); what is
 * deeper, or an array, is no cell. */
static void add_members(struct columns *columns, struct span object, const char *prefix)
{
    struct span_iterator at = {0};
    struct span key, value;
    while (span_next(object, &at, &key, &value)) {
        char name[NAME_BYTES / 2 - 2], path[NAME_BYTES];
        if (span_string(key, name, sizeof name) >= sizeof name || strcmp(name, "raw") == 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s%s", prefix, name);
        enum span_type type = span_type(value);
        if (type == SPAN_OBJECT && *prefix == '\0') {
            snprintf(path, sizeof path, "%s.", name);
            add_members(columns, value, path);
        } else if (type != SPAN_OBJECT && type != SPAN_ARRAY) {
            add_column(columns, path);
        }
    }
}

/* --- prices: those of a backend belong to the rows' instruments ------------------------------ */

/* The row's own member, or that of its instrument. */
static bool find_name(struct span row, const char *name, struct span *ret)
{
    struct span stock;
    return (span_member(row, name, ret) && span_type(*ret) != SPAN_NULL) ||
           (span_member(row, "stock", &stock) && span_member(stock, name, ret) &&
            span_type(*ret) != SPAN_NULL);
}

static bool same_member(struct span row, struct span quote, const char *name, bool *ret_known)
{
    struct span ours, theirs;
    *ret_known = find_name(row, name, &ours) && span_member(quote, name, &theirs) &&
                 span_type(theirs) != SPAN_NULL;
    return *ret_known && ours.len == theirs.len && memcmp(ours.ptr, theirs.ptr, ours.len) == 0;
}

/* The price of a row's instrument: by its id where both have one, else by its symbol. */
static bool find_quote(struct span quotes, struct span row, struct span *ret)
{
    struct span_iterator at = {0};
    struct span key;
    while (quotes.ptr != NULL && span_next(quotes, &at, &key, ret)) {
        bool known;
        if (same_member(row, *ret, "instrumentId", &known) ||
            (!known && same_member(row, *ret, "symbol", &known))) {
            return true;
        }
    }
    return false;
}

/* "stock.ltp" stands for the price's "ltp". */
static bool find_price(const struct table *table, struct span row, const char *name,
                       struct span *ret)
{
    struct span quote;
    return strncmp(name, STOCK_PREFIX, strlen(STOCK_PREFIX)) == 0 &&
           find_quote(table->quotes, row, &quote) &&
           span_member(quote, name + strlen(STOCK_PREFIX), ret);
}

static void add_prices(struct table *table, struct span row)
{
    struct span quote;
    if (find_quote(table->quotes, row, &quote)) {
        add_members(&table->columns, quote, STOCK_PREFIX);
    }
}

/* --- cells ---------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    struct span value;
    return span_check(text, strlen(text), &value, NULL) && span_type(value) == SPAN_NUMBER;
}

static void put_text(FILE *out, const char *text)
{
    bool formula = *text != '\0' && strchr("=+-@\t\r", *text) != NULL && !is_number(text);
    if (!formula && strpbrk(text, "\",\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fprintf(out, "\"%s", formula ? "'" : "");
    for (; *text != '\0'; text++) {
        fprintf(out, "%s%c", *text == '"' ? "\"" : "", *text);
    }
    fputc('"', out);
}

/* What a cell may hold: all that acts on no terminal, and line breaks, which its quotes keep; on a
 * terminal only what it shows. */
static bool is_kept(const char *at, uint32_t code, bool terminal)
{
    bool line = code == '\n' || code == '\t' || (code == '\r' && at[1] == '\n');
    enum utf8_effect effect = utf8_effect(code);
    return effect == UTF8_SHOWS || (!terminal && (effect == UTF8_HIDES || line));
}

/* Text as a cell. A control of one byte becomes one of three. */
static void put_clean(const struct table *table, const char *raw, size_t left)
{
    char *shown = mem_alloc(3 * left + 1), *at = shown;
    while (left > 0) {
        uint32_t code;
        size_t len = utf8_next(raw, left, &code);
        at += utf8_put(is_kept(raw, code, table->terminal) ? code : UTF8_REPLACEMENT, at);
        raw += len;
        left -= len;
    }
    *at = '\0';
    put_text(table->out, shown);
    free(shown);
}

static void put_string(const struct table *table, struct span value)
{
    size_t len = span_string(value, NULL, 0);
    char *text = mem_alloc(len + 1);
    span_string(value, text, len + 1);
    put_clean(table, text, len);
    free(text);
}

/* Figures and words go out with the server's bytes; null and absent are empty. */
static void put_cell(const struct table *table, struct span value)
{
    switch (span_type(value)) {
    case SPAN_STRING:
        put_string(table, value);
        break;
    case SPAN_NUMBER:
    case SPAN_TRUE:
    case SPAN_FALSE:
        fwrite(value.ptr, 1, value.len, table->out);
        break;
    default:
        break;
    }
}

static bool find(struct span row, struct span list, const char *name, struct span *ret)
{
    char outer[NAME_BYTES];
    const char *dot = strchr(name, '.');
    if (list.ptr != NULL && strncmp(name, LIST_PREFIX, strlen(LIST_PREFIX)) == 0) {
        return span_member(list, name + strlen(LIST_PREFIX), ret);
    }
    if (span_member(row, name, ret) || dot == NULL) {
        return ret->ptr != NULL;
    }
    struct span object;
    snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
    return span_member(row, outer, &object) && span_type(object) == SPAN_OBJECT &&
           span_member(object, dot + 1, ret);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void take_row(struct table *table, struct span row, struct span list)
{
    if (table->out == NULL) {
        add_members(&table->columns, row, "");
        add_prices(table, row);
        return;
    }
    if (table->profile != NULL) {
        put_clean(table, table->profile, strlen(table->profile));
        fputc(',', table->out);
    }
    fputs(table->pane, table->out);
    for (size_t i = 0; i < table->columns.count; i++) {
        struct span value = {0};
        fputc(',', table->out);
        const char *name = table->columns.names[i];
        bool found = find(row, list, name, &value) && span_type(value) != SPAN_NULL;
        if (found || find_price(table, row, name, &value)) {
            put_cell(table, value);
        }
    }
    fputs("\r\n", table->out);
}

static void take_array(struct table *table, struct span array, struct span list)
{
    struct span_iterator at = {0};
    struct span key, row;
    while (span_type(array) == SPAN_ARRAY && span_next(array, &at, &key, &row)) {
        if (span_type(row) == SPAN_OBJECT) {
            take_row(table, row, list);
        }
    }
}

/* A watchlist's rows are its items; an account is a row itself. */
static void walk(struct table *table, enum resource resource, struct span rows)
{
    const struct span none = {0};
    struct span_iterator at = {0};
    struct span key, list, items;
    if (resource == RESOURCE_ACCOUNT && span_type(rows) == SPAN_OBJECT) {
        take_row(table, rows, none);
    } else if (resource != RESOURCE_WATCHLISTS) {
        take_array(table, rows, none);
    } else {
        while (span_next(rows, &at, &key, &list)) {
            if (span_member(list, "items", &items)) {
                take_array(table, items, list);
            }
        }
    }
}

static void print_head(const struct table *table)
{
    fputs(table->profile != NULL ? "profile,pane" : "pane", table->out);
    for (size_t i = 0; i < table->columns.count; i++) {
        fputc(',', table->out);
        put_clean(table, table->columns.names[i], strlen(table->columns.names[i]));
    }
    fputs("\r\n", table->out);
}

/* The rows of all that have the pane; false when none has. */
static bool walk_all(struct table *table, enum resource resource,
                     const struct snapshot_report *reports, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const struct snapshot_part *part = &reports[i].parts[resource];
        struct span rows;
        char *own;
        if (part->wanted && snapshot_array(part, resource, &rows, &own)) {
            table->profile = reports[i].profile;
            table->quotes = reports[i].quotes;
            walk(table, resource, rows);
            free(own);
            any = true;
        }
    }
    return any;
}

/* Twice over the rows: the columns first, then what stands in them. */
static void print_table(FILE *out, enum resource resource, const struct snapshot_report *reports,
                        size_t count, const char **gap)
{
    struct table *table = mem_calloc(1, sizeof *table);
    table->pane = resource_info(resource)->pane;
    table->terminal = reports->terminal;
    if (resource == RESOURCE_WATCHLISTS) {
        add_column(&table->columns, LIST_PREFIX "id");
        add_column(&table->columns, LIST_PREFIX "name");
    }
    add_column(&table->columns, "id");
    if (walk_all(table, resource, reports, count)) {
        fputs(*gap, out);
        table->out = out;
        print_head(table);
        walk_all(table, resource, reports, count);
        *gap = "\r\n";
    }
    free(table);
}

void snapshot_print_csv(FILE *out, const struct snapshot_report *reports, size_t count)
{
    const char *gap = "";
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        print_table(out, (enum resource)i, reports, count, &gap);
    }
}
