#include "asking_gone.h"
#include "marks.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/model.h>
#include <blotter/core/span.h>

#include <stdlib.h>
#include <string.h>

/* The last member of a name counts. */
#define ENDING ",\"status\":\"" ORDER_GONE "\",\"class\":\"unknown\"}"

struct seen {
    char *id;  /* as JSON */
    char *row; /* the same */
    bool gone;
};

struct asking_gone {
    struct seen *seen; /* those listed last, then those gone, the latest first */
    size_t count;
};

struct asking_gone *asking_gone_new(void)
{
    return mem_calloc(1, sizeof(struct asking_gone));
}

static void forget(struct seen *seen)
{
    free(seen->id);
    free(seen->row);
}

void asking_gone_free(struct asking_gone *gone)
{
    if (gone == NULL) {
        return;
    }
    for (size_t i = 0; i < gone->count; i++) {
        forget(&gone->seen[i]);
    }
    free(gone->seen);
    free(gone);
}

/* What is listed now, as an array of its own. */
static struct seen *take_listed(const struct buf *rows, size_t *ret_count)
{
    struct seen *seen = NULL;
    struct span array, id, key, row;
    struct span_iterator it = {NULL};
    char *text = mem_alloc(rows->len + 3);
    text[0] = '[';
    if (rows->len > 0) {
        memcpy(text + 1, rows->data, rows->len);
    }
    memcpy(text + 1 + rows->len, "]", 2);
    size_t room = 0;
    *ret_count = 0;
    if (span_check(text, rows->len + 2, &array, NULL)) {
        while (span_next(array, &it, &key, &row)) {
            if (span_member(row, "id", &id)) {
                if (*ret_count == room) {
                    room = room * 2 + 64;
                    seen = mem_realloc_array(seen, room, sizeof *seen);
                }
                seen[(*ret_count)++] =
                    (struct seen){mem_dup(id.ptr, id.len), mem_dup(row.ptr, row.len), false};
            }
        }
    }
    free(text);
    return seen;
}

static uint64_t mark_of(const struct seen *seen)
{
    return hash_text(HASH_START, seen->id);
}

static bool append_gone(struct buf *rows, struct seen *seen)
{
    size_t len = strlen(seen->row);
    if (!seen->gone) {
        seen->row = mem_realloc(seen->row, len + sizeof ENDING);
        memcpy(seen->row + len - 1, ENDING, sizeof ENDING);
        seen->gone = true;
    }
    return buf_append_text(rows, rows->len > 0 ? "," : "") && buf_append_text(rows, seen->row);
}

void asking_gone_add(struct asking_gone *gone, struct buf *rows)
{
    size_t listed, kept = 0;
    struct marks marks = {0};
    struct seen *seen = take_listed(rows, &listed);
    for (size_t i = 0; i < listed; i++) {
        marks_add(&marks, mark_of(&seen[i]));
    }
    seen = mem_realloc_array(seen, listed + gone->count + 1, sizeof *seen);
    for (size_t i = 0; i < gone->count; i++) {
        struct seen *before = &gone->seen[i];
        if (kept == ASKING_GONE_MAX || marks_has(&marks, mark_of(before)) ||
            !append_gone(rows, before)) {
            forget(before);
        } else {
            seen[listed + kept++] = *before;
        }
    }
    marks_done(&marks);
    free(gone->seen);
    gone->seen = seen;
    gone->count = listed + kept;
}
