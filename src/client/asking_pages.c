#include "asking_pages.h"
#include "marks.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/span.h>

#include <stdlib.h>
#include <string.h>

/* Copies the rows of the array that come for the first time. */
static void keep(struct span array, struct buf *out)
{
    struct marks seen = {0};
    struct span_iterator it = {NULL};
    struct span key, row, id;
    while (span_next(array, &it, &key, &row)) {
        if (!span_member(row, "id", &id) || span_type(id) == SPAN_NULL ||
            marks_add(&seen, hash_bytes(HASH_START, id.ptr, id.len))) {
            buf_append_text(out, out->len > 0 ? "," : "");
            buf_append(out, row.ptr, row.len);
        }
    }
    marks_done(&seen);
}

void asking_pages_join(struct buf *rows, size_t from)
{
    struct buf text, kept;
    struct span array;
    if (rows->len <= from) {
        return;
    }
    from += rows->data[from] == ','; /* behind the rows of other answers */
    buf_init(&text, rows->max + 2);
    buf_init(&kept, rows->max);
    if (buf_append_text(&text, "[") && buf_append(&text, rows->data + from, rows->len - from) &&
        buf_append_text(&text, "]") && span_check(text.data, text.len, &array, NULL)) {
        keep(array, &kept);
        buf_cut(rows, from);
        buf_append(rows, kept.data, kept.len);
    }
    buf_done(&text);
    buf_done(&kept);
}
