/* Sorting by keys that are taken out of the rows once; a bottom-up merge, so equal keys stay put.
 */
#include <blotter/view/table.h>

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct item {
    double number;
    uint64_t prefix; /* the text's first eight bytes, folded */
    uint32_t row;
};

struct order_by {
    const struct snapshot *snapshot;
    const struct column *column;
    bool descending;
};

static uint64_t text_prefix(const char *text)
{
    uint64_t prefix = 0;
    for (int i = 0; i < 8; i++) {
        unsigned char c = (unsigned char)*text;
        prefix = prefix << 8 | (c >= 'a' && c <= 'z' ? c - 32u : c);
        text += c != '\0';
    }
    return prefix;
}

/* Missing figures and texts come last whatever the direction. */
static struct item take_key(const struct order_by *by, uint32_t index)
{
    const struct row *row = model_row(by->snapshot, index);
    struct item item = {.row = index};
    if (by->column->text != NULL) {
        uint64_t prefix = text_prefix(by->column->text(row));
        item.prefix = prefix == 0 ? UINT64_MAX : by->descending ? ~prefix : prefix;
    } else if (by->column->number != NULL) {
        bool derived;
        double number = by->column->number(row, &derived);
        item.number = isnan(number) ? (double)INFINITY : by->descending ? -number : number;
    }
    return item;
}

static int compare_text(const struct order_by *by, const struct row *a, const struct row *b)
{
    int order = strcasecmp(by->column->text(a), by->column->text(b));
    return by->descending ? -order : order;
}

/* Whether b has to come before a. */
static bool is_before(const struct order_by *by, const struct item *b, const struct item *a)
{
    if (b->number < a->number || b->number > a->number) {
        return b->number < a->number;
    }
    if (b->prefix != a->prefix) {
        return b->prefix < a->prefix;
    }
    const struct row *row_a = model_row(by->snapshot, a->row);
    const struct row *row_b = model_row(by->snapshot, b->row);
    if (by->column->text != NULL) {
        int order = compare_text(by, row_b, row_a);
        if (order != 0) {
            return order < 0;
        }
    }
    return strcmp(row_b->id, row_a->id) < 0;
}

static void merge(const struct order_by *by, const struct item *from, struct item *to,
                  const size_t bounds[3])
{
    size_t left = bounds[0], right = bounds[1];
    for (size_t at = bounds[0]; at < bounds[2]; at++) {
        bool take_right =
            right < bounds[2] && (left >= bounds[1] || is_before(by, &from[right], &from[left]));
        to[at] = take_right ? from[right++] : from[left++];
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void table_sort_rows(const struct table *table, uint32_t *rows, size_t count)
{
    size_t column_count;
    const struct column *columns = columns_of(table->pane, &column_count);
    if (table->sort < 0 || (size_t)table->sort >= column_count || count < 2) {
        return;
    }
    struct order_by by = {table->snapshot, &columns[table->sort], table->descending};
    struct item *items = mem_calloc(count * 2, sizeof *items), *spare = items + count;
    struct item *memory = items;
    for (size_t i = 0; i < count; i++) {
        items[i] = take_key(&by, rows[i]);
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t bounds[3] = {at, smaller(at + width, count), smaller(at + 2 * width, count)};
            merge(&by, items, spare, bounds);
        }
        struct item *swap = items;
        items = spare;
        spare = swap;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = items[i].row;
    }
    free(memory);
}
