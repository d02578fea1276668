#include "watch_text.h"

#include <blotter/view/text.h>

#include <string.h>
#include <time.h>

#define VALUE_MAX 200  /* bytes of one value that are shown */
#define RAW_MAX 2000   /* bytes of a payload that is no event */
#define MEMBERS_MAX 24 /* members of the data that are shown */
#define PANE_COLUMNS 10
#define EVENT_COLUMNS 22

/* Appends cleaned text and returns the columns it takes. */
static int append_clean(struct buf *out, const char *text, size_t len, bool ascii)
{
    struct text_reader reader = {text, text + len};
    struct text_cluster cluster;
    int columns = 0;
    while (text_next(&reader, &cluster)) {
        if (ascii) {
            char c = text_ascii(cluster.bytes);
            buf_append(out, &c, 1);
            columns++;
        } else {
            buf_append_text(out, cluster.bytes);
            columns += cluster.width;
        }
    }
    return columns;
}

static void append_column(struct buf *out, const char *text, size_t len, int columns, bool ascii)
{
    for (int used = append_clean(out, text, len, ascii); used < columns; used++) {
        buf_append(out, " ", 1);
    }
    buf_append(out, " ", 1);
}

static void append_time(struct buf *out, int64_t wall_ms, bool utc)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    if ((utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) == NULL) {
        memset(&parts, 0, sizeof parts);
    }
    buf_printf(out, "%02d:%02d:%02d.%03d ", parts.tm_hour, parts.tm_min, parts.tm_sec,
               (int)(wall_ms % 1000));
}

static const char *pane_name(const struct event *event)
{
    resource_mask panes = event != NULL ? event_panes(event) : 0;
    if (panes == RESOURCE_ALL) {
        return "all";
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (panes & RESOURCE_BIT(i)) {
            return resource_info((enum resource)i)->pane;
        }
    }
    return "-";
}

static size_t count_parts(struct span value)
{
    struct span_iterator it = {NULL};
    struct span key;
    struct span part;
    size_t count = 0;
    while (span_next(value, &it, &key, &part)) {
        count++;
    }
    return count;
}

static void append_string(struct buf *out, struct span value, bool ascii)
{
    char text[VALUE_MAX + 1];
    size_t len = span_string(value, text, sizeof text);
    append_clean(out, text, len < sizeof text ? len : strlen(text), ascii);
    if (len >= sizeof text) {
        buf_append_text(out, "...");
    }
}

static void append_value(struct buf *out, struct span value, bool ascii)
{
    switch (span_type(value)) {
    case SPAN_STRING:
        append_string(out, value, ascii);
        return;
    case SPAN_ARRAY:
        buf_printf(out, "[%zu]", count_parts(value));
        return;
    case SPAN_OBJECT:
        buf_printf(out, "{%zu}", count_parts(value));
        return;
    default:
        append_clean(out, value.ptr, value.len < VALUE_MAX ? value.len : VALUE_MAX, ascii);
        return;
    }
}

static void append_members(struct buf *out, struct span data, bool ascii)
{
    if (data.ptr == NULL || span_type(data) != SPAN_OBJECT) {
        if (data.ptr != NULL) {
            append_value(out, data, ascii);
        }
        return;
    }
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    for (int i = 0; i < MEMBERS_MAX && span_next(data, &it, &key, &value); i++) {
        if (i > 0) {
            buf_append(out, " ", 1);
        }
        append_string(out, key, ascii);
        buf_append(out, "=", 1);
        append_value(out, value, ascii);
    }
}

static void append_event_name(struct buf *out, const struct watch_text_style *style,
                              const struct sse_event *sse, const struct event *event)
{
    char name[64];
    size_t len;
    buf_append_text(out, style->color ? "\033[1m" : "");
    if (event != NULL) {
        len = span_string(event->name, name, sizeof name);
        append_column(out, name, len < sizeof name ? len : strlen(name), EVENT_COLUMNS,
                      style->ascii);
    } else {
        len = sse->type_len < sizeof name ? sse->type_len : sizeof name;
        append_column(out, sse->type, len, EVENT_COLUMNS, style->ascii);
    }
    buf_append_text(out, style->color ? "\033[0m" : "");
}

void watch_text_line(struct buf *out, const struct watch_text_style *style, int64_t wall_ms,
                     const struct sse_event *sse, const struct event *event)
{
    const char *pane = pane_name(event);
    buf_append_text(out, style->color ? "\033[2m" : "");
    append_time(out, wall_ms, style->utc);
    if (style->name != NULL) {
        buf_append_text(out, style->color ? "\033[0m" : "");
        append_column(out, style->name, strlen(style->name), style->name_columns, style->ascii);
    }
    buf_append_text(out, style->color ? "\033[0m\033[36m" : "");
    append_column(out, pane, strlen(pane), PANE_COLUMNS, style->ascii);
    buf_append_text(out, style->color ? "\033[0m" : "");
    append_event_name(out, style, sse, event);
    if (event != NULL) {
        append_members(out, event->data, style->ascii);
    } else {
        append_clean(out, sse->data, sse->data_len < RAW_MAX ? sse->data_len : RAW_MAX,
                     style->ascii);
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->len--;
    }
    buf_append(out, "\n", 1);
}
