#include "model/snapshot.h"
#include "twin.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/decode.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 48

struct twin {
    enum resource resource;
    struct snapshot *held;
    char *rows[ROWS_MAX];
    size_t row_count;
    unsigned made;      /* rows so far: each has an id of its own */
    unsigned style;     /* of the space between rows */
    unsigned list_rows; /* watchlists: items in each, … */
    unsigned list_id; /* … what their ids begin with; where it is odd they come behind the items */
    unsigned envelope;  /* around them */
    bool damaged;       /* this body only: */
    size_t damage_at;   /* … per mille of its length */
    unsigned damage_by; /* … and what */
    size_t taken;
    char reason[256];
};

/* The bytes of commands; 0 when there are no more. */
struct commands {
    const uint8_t *at;
    const uint8_t *end;
};

static unsigned next(struct commands *commands)
{
    return commands->at < commands->end ? *commands->at++ : 0;
}

static bool differ(struct twin *twin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool differ(struct twin *twin, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(twin->reason, sizeof twin->reason, format, args);
    va_end(args);
    return false;
}

static char *make_row(unsigned id, unsigned value)
{
    static const char *const texts[] = {"PENDING", "EXECUTED", "a \\\"b\\\" \\u00e9", "",
                                        "\xff{[,"};
    char text[512];
    int len = snprintf(
        text, sizeof text,
        "{\"id\":\"%s%u\",\"symbol\":\"S%u\",\"quantity\":%u,\"orderSide\":\"BUY\",\"status\":"
        "\"%s\",\"price\":%u.5,\"averagePrice\":%s,\"stock\":{\"name\":\"N%u\",\"ltp\":%u,"
        "\"more\":[{\"id\":1},[]]}}",
        id % 7 == 0 ? "same-" : "id-", id % 7 == 0 ? 1 : id, value % 3, value, texts[value % 5],
        value % 11, value % 2 != 0 ? "null" : "1e2", value % 4, value % 13);
    return mem_dup(text, (size_t)len);
}

struct twin *twin_new(enum resource resource)
{
    struct twin *twin = mem_calloc(1, sizeof *twin);
    twin->resource = resource;
    twin->list_rows = 3;
    for (unsigned i = 0; i < 5; i++) {
        twin->rows[twin->row_count++] = make_row(++twin->made, i);
    }
    return twin;
}

void twin_free(struct twin *twin)
{
    for (size_t i = 0; i < twin->row_count; i++) {
        free(twin->rows[i]);
    }
    snapshot_unref(twin->held);
    free(twin);
}

const char *twin_reason(const struct twin *twin)
{
    return twin->reason;
}

const struct snapshot *twin_held(const struct twin *twin)
{
    return twin->held;
}

size_t twin_taken(const struct twin *twin)
{
    return twin->taken;
}

static size_t pick(const struct twin *twin, unsigned value)
{
    return twin->row_count > 0 ? value % twin->row_count : 0;
}

static void insert_row(struct twin *twin, size_t at, char *row)
{
    if (twin->row_count == ROWS_MAX) {
        free(row);
        return;
    }
    memmove(twin->rows + at + 1, twin->rows + at, (twin->row_count - at) * sizeof *twin->rows);
    twin->rows[at] = row;
    twin->row_count++;
}

static char *take_row(struct twin *twin, size_t at)
{
    char *row = twin->rows[at];
    twin->row_count--;
    memmove(twin->rows + at, twin->rows + at + 1, (twin->row_count - at) * sizeof *twin->rows);
    return row;
}

static void change_row(struct twin *twin, size_t at, unsigned value)
{
    unsigned id = 0;
    sscanf(twin->rows[at], "{\"id\":\"id-%u", &id);
    free(twin->rows[at]);
    twin->rows[at] = value == 255 ? mem_dup("{\"id\":\"x\"}", 10) : make_row(id, value);
}

static void remove_rows(struct twin *twin, size_t at, unsigned count)
{
    while (count-- > 0 && at < twin->row_count) {
        free(take_row(twin, at));
    }
}

static void command(struct twin *twin, struct commands *commands)
{
    unsigned what = next(commands) % 16;
    size_t row = pick(twin, next(commands));
    unsigned value = next(commands);
    twin->damaged = false;
    if (what < 4 && twin->row_count > 0) {
        change_row(twin, row, value);
    } else if (what < 7) {
        insert_row(twin, what == 4 ? row : 0, make_row(++twin->made, value));
    } else if (what == 7) {
        remove_rows(twin, row, value % 24);
    } else if (what == 8 && twin->row_count > 0) {
        char *moved = take_row(twin, row);
        insert_row(twin, value % (twin->row_count + 1), moved);
    } else if (what == 9 && twin->row_count > 0) {
        insert_row(twin, row, mem_dup(twin->rows[row], strlen(twin->rows[row])));
    } else if (what == 10) {
        twin->style = value % 4;
        twin->list_rows = 1 + value / 4 % 8;
        twin->list_id = value / 32;
    } else if (what == 11) {
        twin->envelope = value % 10;
    } else {
        twin->damaged = true;
        twin->damage_at = (size_t)row * 256 + value;
        twin->damage_by = next(commands);
    }
}

static const char *const spaces[] = {",", ", ", " ,\n\t", ",  "};

static void append_some(const struct twin *twin, size_t first, size_t end, struct buf *body)
{
    buf_append_text(body, twin->style == 2 ? "[ \n" : "[");
    for (size_t i = first; i < end && i < twin->row_count; i++) {
        buf_append_text(body, i > first ? spaces[twin->style] : "");
        buf_append_text(body, twin->rows[i]);
    }
    buf_append_text(body, twin->style == 3 ? "\r\n]" : "]");
}

static void append_list(const struct twin *twin, size_t first, struct buf *body)
{
    bool behind = twin->list_id % 2 != 0;
    char id[64];
    snprintf(id, sizeof id, "\"id\":\"L%u-%zu\",\"name\":\"N\"", twin->list_id,
             first / twin->list_rows);
    buf_printf(body, "{%s%s\"items\":", behind ? "" : id, behind ? "" : ",");
    append_some(twin, first, first + twin->list_rows, body);
    buf_printf(body, "%s%s}", behind ? "," : "", behind ? id : "");
}

static void append_rows(const struct twin *twin, struct buf *body)
{
    if (twin->resource != RESOURCE_WATCHLISTS) {
        append_some(twin, 0, twin->row_count, body);
        return;
    }
    buf_append_text(body, "[");
    for (size_t i = 0; i < twin->row_count; i += twin->list_rows) {
        buf_append_text(body, i > 0 ? spaces[twin->style] : "");
        append_list(twin, i, body);
    }
    buf_append_text(body, "]");
}

static void assemble(const struct twin *twin, struct buf *body)
{
    static const struct {
        const char *before, *after;
        bool twice;
    } envelopes[] = {
        {"{\"success\":true,\"%s\":", "}", false},
        {"{\"%s\":", ",\"count\":[[{}],{\"a\":1}]}", false},
        {"{\"success\":false,\"error\":\"no\",\"%s\":", "}", false},
        {"{\"x\":{\"%s\":", "}}", false},
        {"{\"%s\":", "}", true},
        {"[{\"%s\":", "}]", false},
        {" {\"other\":{},\"\\u006f\":[],\"%s\" : ", "\n}\n", false},
        {"{\"%s\":{\"a\":", "}}", false},
        {"{\"%s\":", "} x", false},
        {"{\"success\":true,\"%s\":", ",\"success\":false}", false},
    };
    const char *member = resource_info(twin->resource)->member;
    const char *before = envelopes[twin->envelope].before;
    const char *name = strstr(before, "%s");
    for (int i = 0; i < 1 + envelopes[twin->envelope].twice; i++) {
        buf_append(body, i == 0 ? before : ",\"", i == 0 ? (size_t)(name - before) : 2);
        buf_append_text(body, member);
        buf_append_text(body, i == 0 ? name + 2 : "\":");
        append_rows(twin, body);
    }
    buf_append_text(body, envelopes[twin->envelope].after);
}

/* One byte changed, one gone, one more, or the end gone. */
static void damage(const struct twin *twin, struct buf *body)
{
    static const char likely[] = "{}[],:\"\\ 0aen\n";
    size_t at = twin->damage_at * 37 % body->len;
    unsigned by = twin->damage_by;
    char byte = by >= 128 ? (char)by : likely[by / 4 % (sizeof likely - 1)];
    if (by % 4 < 2) {
        body->data[at] = byte;
    } else if (by % 4 == 2) {
        memmove(body->data + at, body->data + at + 1, body->len - at - 1);
        body->len--;
    } else {
        body->len = at;
    }
}

/* An item knows its list. */
static bool same_place(const struct snapshot *after, const struct snapshot *anew, size_t i)
{
    return anew->resource != RESOURCE_WATCHLISTS ||
           (after->items[i].list == anew->items[i].list &&
            strcmp(after->items[i].watchlist_id, anew->items[i].watchlist_id) == 0);
}

static bool same_rows(struct twin *twin, const struct snapshot *after, const struct snapshot *anew)
{
    for (size_t i = 0; i < anew->row_count; i++) {
        const struct row *a = model_row(after, i);
        const struct row *b = model_row(anew, i);
        if (!row_equal(anew->resource, a, b) || a->version != b->version || a->patched ||
            !same_place(after, anew, i)) {
            return differ(twin, "row %zu is another", i);
        }
        if (a->raw.len != b->raw.len ||
            a->raw.ptr - snapshot_block(after)->body != b->raw.ptr - snapshot_block(anew)->body) {
            return differ(twin, "row %zu has other bytes", i);
        }
    }
    return true;
}

/* Rows not called changed are as they were, each at its place. */
static bool delta_right(struct twin *twin, const struct snapshot *after)
{
    const struct snapshot_delta *delta = &snapshot_block(after)->delta;
    for (size_t i = 0; i < delta->same_count; i++) {
        twin->taken += delta->same[i].count;
    }
    if (!delta->aligned) {
        return true;
    }
    struct delta_walk walk = {0};
    size_t i = 0;
    bool any = snapshot_next_changed(after, &walk, &i);
    for (size_t row = 0; row < after->row_count; row++) {
        bool changed = any && i == row;
        const struct row *now = model_row(after, row);
        const struct row *was =
            row >= delta->front ? model_row(delta->from, row - delta->front) : NULL;
        if (was == NULL ? !changed : strcmp(was->id, now->id) != 0) {
            return differ(twin, "row %zu is out of line", row);
        }
        if (!changed && was != NULL && was->version != now->version) {
            return differ(twin, "row %zu changed unseen", row);
        }
        any = changed ? snapshot_next_changed(after, &walk, &i) : any;
    }
    return !any || differ(twin, "changes out of order");
}

static bool found_alike(struct twin *twin, const struct snapshot *after,
                        const struct snapshot *anew)
{
    for (size_t i = 0; i < anew->row_count; i++) {
        const char *id = model_row(anew, i)->id;
        if (model_find(after, id) != model_find(anew, id)) {
            return differ(twin, "row %zu is not found alike", i);
        }
    }
    return true;
}

static bool same_result(struct twin *twin, const struct snapshot *after,
                        const struct snapshot *anew)
{
    if (after->row_count != anew->row_count || !snapshot_equal(after, anew)) {
        return differ(twin, "%zu rows, or lists, instead of %zu", after->row_count,
                      anew->row_count);
    }
    return same_rows(twin, after, anew) && delta_right(twin, after) &&
           found_alike(twin, after, anew);
}

bool twin_decode(struct twin *twin, const char *body, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1); /* so that a read past the end is seen */
    memcpy(exact, body, len);
    struct span text = {exact, len};
    struct fault after_fault = {0};
    struct fault anew_fault = {0};
    struct snapshot *after = decode_next(twin->held, twin->resource, text, &after_fault);
    struct snapshot *anew = decode_body(twin->resource, exact, len, &anew_fault);
    free(exact);
    bool same = true;
    if ((after == NULL) != (anew == NULL)) {
        same = differ(twin, "%s / %s", after_fault.text, anew_fault.text);
    } else if (after == NULL) {
        same = after_fault.kind == anew_fault.kind && after_fault.status == anew_fault.status &&
               strcmp(after_fault.text, anew_fault.text) == 0;
        same = same || differ(twin, "%s / %s", after_fault.text, anew_fault.text);
    } else {
        same = same_result(twin, after, anew);
        if (same && twin->held != NULL) {
            snapshot_inherit_index(after, twin->held);
            same = found_alike(twin, after, anew);
        }
        snapshot_unref(twin->held);
        twin->held = after;
        snapshot_forget_delta(after);
        after = NULL;
    }
    snapshot_unref(after);
    snapshot_unref(anew);
    return same;
}

bool twin_run(struct twin *twin, const uint8_t *bytes, size_t len)
{
    struct commands commands = {bytes, bytes + len};
    bool same = true;
    while (same && commands.at < commands.end) {
        struct buf body;
        buf_init(&body, SIZE_MAX);
        command(twin, &commands);
        assemble(twin, &body);
        if (twin->damaged) {
            damage(twin, &body);
        }
        same = twin_decode(twin, body.data, body.len);
        buf_done(&body);
    }
    return same;
}
