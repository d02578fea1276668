#include "watch_json.h"

#include <blotter/core/quote.h>
#include <blotter/core/resource.h>

#include <string.h>

#define APPEND(out, literal) buf_append(out, literal, sizeof(literal) - 1)

static void append_number(struct buf *out, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_append(out, digits + at, sizeof digits - at);
}

static void append_name(struct buf *out, const char *name)
{
    if (name != NULL) {
        APPEND(out, "\"profile\":");
        quote_text(out, name, strlen(name));
        APPEND(out, ",");
    }
}

void watch_json_head(struct buf *out, const char *name)
{
    APPEND(out, "{\"v\":1,");
    append_name(out, name);
}

static void append_head(struct buf *out, const struct watch_event *event)
{
    APPEND(out, ",\"id\":");
    quote_text(out, event->sse->id, event->sse->id_len);
    APPEND(out, ",\"type\":");
    quote_text(out, event->sse->type, event->sse->type_len);
}

/* The words that -p takes, joined as it takes them; null when the event concerns no pane. */
static void append_panes(struct buf *out, resource_mask panes)
{
    if (panes == 0) {
        APPEND(out, "null");
        return;
    }
    const char *before = "\"";
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (panes & RESOURCE_BIT(i)) {
            buf_append_text(out, before);
            buf_append_text(out, resource_info((enum resource)i)->pane);
            before = ",";
        }
    }
    APPEND(out, "\"");
}

static bool key_is_ours(struct span key, bool named)
{
    static const char *const ours[] = {"event",      "data", "timestamp", "v",    "seq",
                                       "receivedAt", "id",   "type",      "pane", "raw"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (span_string_equals(key, ours[i])) {
            return true;
        }
    }
    return named && span_string_equals(key, "profile");
}

/* Members of the payload that nobody has foreseen are kept, behind those that we know. */
static void append_unknown_members(struct buf *out, const struct watch_event *event)
{
    struct span payload;
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    if (!span_check(event->sse->data, event->sse->data_len, &payload, NULL)) {
        return;
    }
    while (span_next(payload, &it, &key, &value)) {
        if (!key_is_ours(key, event->name != NULL)) {
            APPEND(out, ",");
            quote_line(out, key);
            APPEND(out, ":");
            quote_line(out, value);
        }
    }
}

/* Whether the payload holds more than the three members: their bytes and the punctuation are all.
 */
static bool may_have_more(const struct watch_event *event)
{
    const struct event *known = event->event;
    size_t names = sizeof "{\"event\":,\"data\":,\"timestamp\":}" - 1;
    return known->data.ptr == NULL || known->timestamp.ptr == NULL ||
           event->sse->data_len > known->name.len + known->data.len + known->timestamp.len + names;
}

void watch_json_line(struct buf *out, const struct watch_event *event)
{
    watch_json_head(out, event->name);
    APPEND(out, "\"seq\":");
    append_number(out, event->seq);
    APPEND(out, ",\"receivedAt\":\"");
    buf_append_text(out, event->received_at);
    APPEND(out, "\"");
    append_head(out, event);
    if (event->event == NULL) {
        APPEND(out, ",\"event\":null,\"pane\":null,\"raw\":");
        quote_text(out, event->sse->data, event->sse->data_len);
        APPEND(out, "}\n");
        return;
    }
    APPEND(out, ",\"event\":");
    quote_line(out, event->event->name);
    APPEND(out, ",\"pane\":");
    append_panes(out, event_panes(event->event));
    APPEND(out, ",\"data\":");
    quote_line(out, event->event->data);
    APPEND(out, ",\"timestamp\":");
    quote_line(out, event->event->timestamp);
    if (may_have_more(event)) {
        append_unknown_members(out, event);
    }
    APPEND(out, "}\n");
}

void watch_json_raw_line(struct buf *out, const struct watch_event *event)
{
    APPEND(out, "{");
    append_name(out, event->name);
    APPEND(out, "\"seq\":");
    append_number(out, event->seq);
    append_head(out, event);
    APPEND(out, ",\"data\":");
    quote_text(out, event->sse->data, event->sse->data_len);
    APPEND(out, "}\n");
}
