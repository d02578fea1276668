#include "snapshot.h"

#include <blotter/core/buf.h>

#include <math.h>
#include <string.h>

#define ID_BYTES 256

static void put_list_item(struct buf *out, struct span value, bool first)
{
    buf_append(out, ",", first ? 0 : 1);
    buf_append(out, value.ptr, value.len);
}

/* Those of rows [first, first + count) that the filter leaves. */
static void put_rows(struct buf *out, const struct snapshot_part *part, enum resource resource,
                     struct watchlist range)
{
    bool begun = false;
    buf_append(out, "[", 1);
    for (size_t i = range.first; i < range.first + range.count; i++) {
        const struct row *row = model_row(part->rows, i);
        if (row->raw.ptr != NULL &&
            filter_passes(part->filter, (enum pane)resource, row, (double)NAN)) {
            put_list_item(out, row->raw, !begun);
            begun = true;
        }
    }
    buf_append(out, "]", 1);
}

/* The list as it was decoded; one that was not has no rows. */
static struct watchlist list_of(const struct snapshot *rows, struct span list)
{
    struct span id;
    char text[ID_BYTES] = "";
    bool named = span_member(list, "id", &id);
    if (named && span_type(id) == SPAN_STRING) {
        span_string(id, text, sizeof text);
    } else if (named && span_type(id) == SPAN_NUMBER && id.len < sizeof text) {
        memcpy(text, id.ptr, id.len);
        text[id.len] = '\0';
    }
    for (size_t i = 0; i < rows->list_count; i++) {
        if (strcmp(rows->lists[i].id, text) == 0) {
            return rows->lists[i];
        }
    }
    return (struct watchlist){.count = 0};
}

/* The list's own members as they were sent, and its items filtered. */
static void put_list(struct buf *out, const struct snapshot_part *part, struct span list)
{
    struct span_iterator at = {0};
    struct span key, value, items;
    bool begun = false;
    buf_append(out, "{", 1);
    while (span_next(list, &at, &key, &value)) {
        put_list_item(out, key, !begun);
        buf_append(out, ":", 1);
        begun = true;
        if (span_member(list, "items", &items) && items.ptr == value.ptr) {
            put_rows(out, part, RESOURCE_WATCHLISTS, list_of(part->rows, list));
        } else {
            buf_append(out, value.ptr, value.len);
        }
    }
    buf_append(out, "}", 1);
}

static void put_lists(struct buf *out, const struct snapshot_part *part, struct span lists)
{
    struct span_iterator at = {0};
    struct span key, list;
    bool begun = false;
    buf_append(out, "[", 1);
    while (span_next(lists, &at, &key, &list)) {
        if (span_type(list) == SPAN_OBJECT) {
            buf_append(out, ",", begun ? 1 : 0);
            put_list(out, part, list);
            begun = true;
        }
    }
    buf_append(out, "]", 1);
}

bool snapshot_array(const struct snapshot_part *part, enum resource resource, struct span *ret,
                    char **ret_own)
{
    struct span body;
    *ret_own = NULL;
    if (part->body == NULL || !span_check(part->body, part->body_len, &body, NULL) ||
        !span_member(body, resource_info(resource)->member, ret)) {
        return false;
    }
    if (part->filter == NULL || resource == RESOURCE_ACCOUNT || part->rows == NULL) {
        return true;
    }
    struct buf out;
    size_t len;
    buf_init(&out, SIZE_MAX);
    if (resource == RESOURCE_WATCHLISTS) {
        put_lists(&out, part, *ret);
    } else {
        put_rows(&out, part, resource, (struct watchlist){.count = part->rows->row_count});
    }
    *ret_own = buf_take(&out, &len);
    *ret = (struct span){*ret_own, len};
    return true;
}

void snapshot_sums(const struct snapshot_part *part, struct money *ret)
{
    money_begin(ret);
    for (size_t i = 0; part->rows != NULL && i < part->rows->row_count; i++) {
        const struct position *position = &part->rows->positions[i];
        if (part->filter == NULL ||
            filter_passes(part->filter, PANE_POSITIONS, &position->row, (double)NAN)) {
            money_add(ret, NULL, position);
        }
    }
    money_end(ret, NULL);
}
