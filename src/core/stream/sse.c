#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/sse.h>
#include <blotter/core/utf8.h>

#include <stdlib.h>
#include <string.h>

#define FIELD_NAME_ROOM 8             /* a line may be longer than its value by a field's name */
#define KEPT_MEMORY ((size_t)1 << 20) /* what a buffer may keep once a large event is through */
#define BOM "\xef\xbb\xbf"
#define BOM_LEN 3
#define BOM_OVER (BOM_LEN + 1)

enum skip { SKIP_NOTHING, SKIP_COMMENT, SKIP_TOO_LONG };

struct sse {
    struct sse_handler handler;
    size_t event_max;
    bool stopped;
    /* the line */
    unsigned bom_seen; /* bytes of it matched so far; BOM_OVER: the stream's start is behind us */
    bool skip_lf;      /* the last line ended with CR: a LF that follows belongs to it */
    enum skip skip;    /* in the middle of a line whose bytes nobody needs */
    struct buf line;   /* the beginning of a line whose end has not arrived */
    char comment[SSE_COMMENT_MAX]; /* the beginning of such a comment */
    size_t comment_len;
    /* the event */
    bool too_large; /* it went over the ceiling: its id is all that counts */
    bool has_data;
    const char *borrowed; /* the only data line so far, still in the input or in line; else NULL */
    size_t borrowed_len;
    struct buf data; /* data lines joined by LF */
    struct buf type;
    struct buf next_id; /* becomes id at the blank line */
    bool has_next_id;
    bool id_is_news; /* no event has come since it was read */
    struct buf id;
};

/* ---- life ---- */

struct sse *sse_new(const struct sse_handler *handler, size_t event_max)
{
    struct sse *sse = mem_calloc(1, sizeof *sse);
    sse->handler = *handler;
    sse->event_max = event_max > 0 ? event_max : SSE_EVENT_MAX_DEFAULT;
    buf_init(&sse->line, sse->event_max + FIELD_NAME_ROOM);
    buf_init(&sse->data, sse->event_max);
    buf_init(&sse->type, sse->event_max);
    buf_init(&sse->next_id, sse->event_max);
    buf_init(&sse->id, sse->event_max);
    return sse;
}

void sse_free(struct sse *sse)
{
    if (sse == NULL) {
        return;
    }
    buf_done(&sse->line);
    buf_done(&sse->data);
    buf_done(&sse->type);
    buf_done(&sse->next_id);
    buf_done(&sse->id);
    free(sse);
}

static void buf_reset(struct buf *buf)
{
    if (buf->capacity > KEPT_MEMORY) {
        buf_done(buf);
    } else {
        buf->len = 0;
    }
}

static void event_reset(struct sse *sse)
{
    sse->too_large = false;
    sse->has_data = false;
    sse->borrowed = NULL;
    sse->type.len = 0;
    if (sse->data.len > 0) {
        buf_reset(&sse->data);
    }
}

void sse_restart(struct sse *sse)
{
    sse->stopped = false;
    sse->bom_seen = 0;
    sse->skip_lf = false;
    sse->skip = SKIP_NOTHING;
    sse->has_next_id = sse->id_is_news = false;
    buf_reset(&sse->line);
    event_reset(sse);
}

void sse_stop(struct sse *sse)
{
    sse->stopped = true;
}

const char *sse_last_id(const struct sse *sse, size_t *ret_len)
{
    *ret_len = sse->id.len;
    return sse->id.len > 0 ? sse->id.data : "";
}

void sse_set_last_id(struct sse *sse, const char *id, size_t len)
{
    buf_clear(&sse->id);
    buf_append(&sse->id, id, len);
    sse->has_next_id = sse->id_is_news = false;
}

static void leave_out(struct sse *sse)
{
    bool news = !sse->too_large;
    event_reset(sse);
    sse->too_large = true;
    if (news && sse->handler.on_too_large != NULL) {
        sse->handler.on_too_large(sse->handler.user);
    }
}

/* ---- fields ---- */

/* Puts a field's value, made valid, behind what is there. False over the ceiling. */
static bool value_append(struct buf *out, const char *value, size_t len)
{
    size_t valid = utf8_valid_prefix(value, len);
    return buf_append(out, value, valid) &&
           (valid == len || utf8_append_repaired(out, value + valid, len - valid));
}

/* Copies a borrowed data line before the bytes it points to go away. It fits: it was measured. */
static void data_keep(struct sse *sse)
{
    if (sse->borrowed != NULL) {
        buf_append(&sse->data, sse->borrowed, sse->borrowed_len);
        sse->borrowed = NULL;
    }
}

static bool field_data(struct sse *sse, const char *value, size_t len)
{
    if (sse->too_large) {
        return true;
    }
    if (!sse->has_data && len <= sse->event_max && utf8_valid_prefix(value, len) == len) {
        sse->has_data = true;
        sse->borrowed = value;
        sse->borrowed_len = len;
        return true;
    }
    data_keep(sse);
    bool first = !sse->has_data;
    sse->has_data = true;
    return (first || buf_append(&sse->data, "\n", 1)) && value_append(&sse->data, value, len);
}

static bool field_event(struct sse *sse, const char *value, size_t len)
{
    sse->type.len = 0;
    return value_append(&sse->type, value, len);
}

static bool field_id(struct sse *sse, const char *value, size_t len)
{
    if (len > 0 && memchr(value, '\0', len) != NULL) {
        return true;
    }
    sse->next_id.len = 0;
    sse->has_next_id = value_append(&sse->next_id, value, len);
    return sse->has_next_id;
}

static bool field_retry(struct sse *sse, const char *value, size_t len)
{
    int64_t retry_ms = 0;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return true;
        }
        int digit = value[i] - '0';
        bool over = retry_ms > (INT64_MAX - digit) / 10;
        retry_ms = over ? INT64_MAX : retry_ms * 10 + digit;
    }
    if (len > 0 && sse->handler.on_retry != NULL) {
        sse->handler.on_retry(sse->handler.user, retry_ms);
    }
    return true;
}

struct field {
    const char *name;
    size_t len;
    bool (*fn)(struct sse *sse, const char *value, size_t len);
};

static const struct field fields[] = {
    {"data", 4, field_data},
    {"id", 2, field_id},
    {"event", 5, field_event},
    {"retry", 5, field_retry},
};

/* ---- lines ---- */

static void dispatch(struct sse *sse)
{
    if (sse->has_next_id) {
        buf_reset(&sse->id);
        buf_append(&sse->id, sse->next_id.data, sse->next_id.len);
        sse->has_next_id = false;
        sse->id_is_news = true;
    }
    if (sse->has_data) {
        bool borrowed = sse->borrowed != NULL;
        struct sse_event event = {
            .type = sse->type.len > 0 ? sse->type.data : "message",
            .type_len = sse->type.len > 0 ? sse->type.len : strlen("message"),
            .data = borrowed            ? sse->borrowed
                    : sse->data.len > 0 ? sse->data.data
                                        : "",
            .data_len = borrowed ? sse->borrowed_len : sse->data.len,
            .own_id = sse->id_is_news,
        };
        sse->id_is_news = false;
        event.id = sse_last_id(sse, &event.id_len);
        sse->handler.on_event(sse->handler.user, &event);
    }
    event_reset(sse);
    if (sse->line.capacity > 0) {
        buf_reset(&sse->line); /* empty here, but the data may have been in its memory */
    }
}

static void comment(struct sse *sse, const char *text, size_t len)
{
    if (sse->handler.on_comment != NULL) {
        len = len < SSE_COMMENT_MAX ? len : SSE_COMMENT_MAX;
        sse->handler.on_comment(sse->handler.user, text, len);
    }
}

static void comment_append(struct sse *sse, const char *bytes, size_t len)
{
    size_t room = SSE_COMMENT_MAX - sse->comment_len;
    len = len < room ? len : room;
    memcpy(sse->comment + sse->comment_len, bytes, len);
    sse->comment_len += len;
}

static bool line_field(struct sse *sse, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon != NULL ? (size_t)(colon - line) : len;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (name_len == fields[i].len && memcmp(line, fields[i].name, name_len) == 0) {
            size_t skip = colon == NULL ? len : name_len + 1;
            if (skip < len && line[skip] == ' ') {
                skip++;
            }
            return fields[i].fn(sse, line + skip, len - skip);
        }
    }
    return true;
}

/* A whole line without its end. */
static void line_read(struct sse *sse, const char *line, size_t len)
{
    if (len == 0) {
        dispatch(sse);
    } else if (line[0] == ':') {
        comment(sse, line + 1, len - 1);
    } else if (len > sse->event_max + FIELD_NAME_ROOM || !line_field(sse, line, len)) {
        leave_out(sse);
    }
}

/* Appends to the line whose end has not arrived. False over the ceiling: the line is gone. */
static bool line_append(struct sse *sse, const char *bytes, size_t len)
{
    data_keep(sse); /* it may point into the line's memory */
    if (buf_append(&sse->line, bytes, len)) {
        return true;
    }
    buf_reset(&sse->line);
    leave_out(sse);
    return false;
}

/* The beginning of a line, to be continued by another read. */
static void line_begin(struct sse *sse, const char *bytes, size_t len)
{
    if (sse->skip == SKIP_COMMENT) {
        comment_append(sse, bytes, len);
    }
    if (sse->skip != SKIP_NOTHING || len == 0) {
        return;
    }
    if (sse->line.len == 0 && bytes[0] == ':') {
        sse->skip = SKIP_COMMENT;
        sse->comment_len = 0;
        comment_append(sse, bytes + 1, len - 1);
    } else if (!line_append(sse, bytes, len)) {
        sse->skip = SKIP_TOO_LONG;
    }
}

/* The rest of a line that began in an earlier read. */
static void line_complete(struct sse *sse, const char *bytes, size_t len)
{
    enum skip skipped = sse->skip;
    sse->skip = SKIP_NOTHING;
    if (skipped == SKIP_COMMENT) {
        comment_append(sse, bytes, len);
        comment(sse, sse->comment, sse->comment_len);
    }
    if (skipped != SKIP_NOTHING || !line_append(sse, bytes, len)) {
        return;
    }
    line_read(sse, sse->line.data, sse->line.len);
    if (sse->borrowed == NULL) {
        buf_reset(&sse->line);
    } else {
        sse->line.len = 0; /* the memory is still looked at */
    }
}

static bool line_is_begun(const struct sse *sse)
{
    return sse->line.len > 0 || sse->skip != SKIP_NOTHING;
}

/* ---- input ---- */

static const char *find(const char *at, const char *end, char byte)
{
    const char *found = at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
    return found != NULL ? found : end;
}

static void lines_read(struct sse *sse, const char *at, const char *end)
{
    /* Each of the two is searched again only once it was passed: linear for any mix of line ends.
     */
    const char *next_lf = NULL;
    const char *next_cr = NULL;
    while (at < end && !sse->stopped) {
        if (sse->skip_lf) {
            sse->skip_lf = false;
            at += *at == '\n';
            continue;
        }
        next_lf = next_lf == NULL || next_lf < at ? find(at, end, '\n') : next_lf;
        next_cr = next_cr == NULL || next_cr < at ? find(at, end, '\r') : next_cr;
        const char *stop = next_lf < next_cr ? next_lf : next_cr;
        size_t len = (size_t)(stop - at);
        if (stop == end) {
            line_begin(sse, at, len);
            return;
        }
        sse->skip_lf = *stop == '\r';
        if (line_is_begun(sse)) {
            line_complete(sse, at, len);
        } else {
            line_read(sse, at, len);
        }
        at = stop + 1;
    }
}

/* Matches the BOM over as many reads as it takes. False: a part of it was the first line's start.
 */
static size_t bom_skip(struct sse *sse, const char *bytes, size_t len)
{
    size_t used = 0;
    while (used < len && sse->bom_seen < BOM_LEN) {
        if (bytes[used] != BOM[sse->bom_seen]) {
            buf_append(&sse->line, BOM, sse->bom_seen);
            sse->bom_seen = BOM_OVER;
            return used;
        }
        sse->bom_seen++;
        used++;
    }
    if (sse->bom_seen == BOM_LEN) {
        sse->bom_seen = BOM_OVER;
    }
    return used;
}

void sse_feed(struct sse *sse, const char *bytes, size_t len)
{
    if (sse->stopped) {
        return;
    }
    size_t used = sse->bom_seen < BOM_OVER ? bom_skip(sse, bytes, len) : 0;
    lines_read(sse, bytes + used, bytes + len);
    data_keep(sse); /* the caller's bytes go away */
}
