#include "watch_json.h"

#include <string.h>

#include <blotter/core/resource.h>

/* ---- which bytes pass ---- */

enum { PASSES, ESCAPE, MULTIBYTE };

/* Bytes that may not stand in a JSON string as they are, or may begin a character that may not. */
static unsigned char text_class(unsigned char byte)
{
    if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f) {
        return ESCAPE;
    }
    return byte == 0xc2 || byte == 0xd8 || byte == 0xe2 ? MULTIBYTE : PASSES;
}

/* In a JSON text the same bytes are punctuation or escapes already; only these remain. */
static unsigned char value_class(unsigned char byte)
{
    if (byte == '\n' || byte == '\r' || byte == 0x7f) {
        return ESCAPE;
    }
    return byte == 0xc2 || byte == 0xd8 || byte == 0xe2 ? MULTIBYTE : PASSES;
}

/*
 * A C1 control or a character that changes the direction of text: U+0080..009F, U+061C,
 * U+200E, U+200F, U+202A..202E, U+2066..2069. Returns the length of its UTF-8, 0 for any other.
 */
static size_t trickster(const unsigned char *at, size_t left, unsigned *ret_code)
{
    if (left >= 2 && at[0] == 0xc2 && at[1] <= 0x9f) {
        *ret_code = at[1];
        return 2;
    }
    if (left >= 2 && at[0] == 0xd8 && at[1] == 0x9c) {
        *ret_code = 0x61c;
        return 2;
    }
    if (left < 3 || at[0] != 0xe2) {
        return 0;
    }
    unsigned code = 0x2000u | ((at[1] & 0x3fu) << 6) | (at[2] & 0x3fu);
    *ret_code = code;
    return code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                   (code >= 0x2066 && code <= 0x2069)
               ? 3
               : 0;
}

static void append_escape(struct buf *out, unsigned code)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\',
                    'u',
                    digits[code >> 12 & 15],
                    digits[code >> 8 & 15],
                    digits[code >> 4 & 15],
                    digits[code & 15]};
    buf_append(out, text, sizeof text);
}

static void append_special(struct buf *out, unsigned char byte)
{
    static const char special[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    const char *found = byte != '\0' ? strchr(special, byte) : NULL;
    if (found == NULL) {
        append_escape(out, byte);
        return;
    }
    char text[2] = {'\\', letters[found - special]};
    buf_append(out, text, sizeof text);
}

struct filter {
    unsigned char (*class_of)(unsigned char byte);
    void (*escape)(struct buf *out, unsigned char byte);
};

static inline void append_filtered(struct buf *out, const char *bytes, size_t len,
                                   const struct filter filter)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + len;
    const unsigned char *from = at;
    while (at < end) {
        unsigned char kind = filter.class_of(*at);
        unsigned code = 0;
        size_t step = 1;
        if (kind == PASSES ||
            (kind == MULTIBYTE && (step = trickster(at, (size_t)(end - at), &code)) == 0)) {
            at++;
            continue;
        }
        buf_append(out, from, (size_t)(at - from));
        if (kind == MULTIBYTE) {
            append_escape(out, code);
        } else {
            filter.escape(out, *at);
        }
        at += step;
        from = at;
    }
    buf_append(out, from, (size_t)(at - from));
}

static void append_value_special(struct buf *out, unsigned char byte)
{
    if (byte == 0x7f) {
        append_escape(out, byte);
    } else {
        buf_append(out, " ", 1);
    }
}

void watch_json_string(struct buf *out, const char *text, size_t len)
{
    const struct filter filter = {text_class, append_special};
    buf_append(out, "\"", 1);
    append_filtered(out, text, len, filter);
    buf_append(out, "\"", 1);
}

void watch_json_value(struct buf *out, struct json_span value)
{
    const struct filter filter = {value_class, append_value_special};
    if (value.ptr == NULL) {
        buf_append(out, "null", 4);
        return;
    }
    append_filtered(out, value.ptr, value.len, filter);
}

/* ---- lines ---- */

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

static void append_head(struct buf *out, const struct watch_event *event)
{
    APPEND(out, ",\"id\":");
    watch_json_string(out, event->sse->id, event->sse->id_len);
    APPEND(out, ",\"type\":");
    watch_json_string(out, event->sse->type, event->sse->type_len);
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

static bool key_is_ours(struct json_span key)
{
    static const char *const ours[] = {"event",      "data", "timestamp", "v",    "seq",
                                       "receivedAt", "id",   "type",      "pane", "raw"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (json_string_equals(key, ours[i])) {
            return true;
        }
    }
    return false;
}

/* Members of the payload that nobody has foreseen are kept, behind those that we know. */
static void append_unknown_members(struct buf *out, const struct watch_event *event)
{
    struct json_span payload;
    struct json_iterator it = {NULL};
    struct json_span key;
    struct json_span value;
    if (!json_check(event->sse->data, event->sse->data_len, &payload, NULL)) {
        return;
    }
    while (json_next(payload, &it, &key, &value)) {
        if (!key_is_ours(key)) {
            APPEND(out, ",");
            watch_json_value(out, key);
            APPEND(out, ":");
            watch_json_value(out, value);
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
    APPEND(out, "{\"v\":1,\"seq\":");
    append_number(out, event->seq);
    APPEND(out, ",\"receivedAt\":\"");
    buf_append_text(out, event->received_at);
    APPEND(out, "\"");
    append_head(out, event);
    if (event->event == NULL) {
        APPEND(out, ",\"event\":null,\"pane\":null,\"raw\":");
        watch_json_string(out, event->sse->data, event->sse->data_len);
        APPEND(out, "}\n");
        return;
    }
    APPEND(out, ",\"event\":");
    watch_json_value(out, event->event->name);
    APPEND(out, ",\"pane\":");
    append_panes(out, event_info(event->event->type)->panes);
    APPEND(out, ",\"data\":");
    watch_json_value(out, event->event->data);
    APPEND(out, ",\"timestamp\":");
    watch_json_value(out, event->event->timestamp);
    if (may_have_more(event)) {
        append_unknown_members(out, event);
    }
    APPEND(out, "}\n");
}

void watch_json_raw_line(struct buf *out, const struct watch_event *event)
{
    APPEND(out, "{\"seq\":");
    append_number(out, event->seq);
    append_head(out, event);
    APPEND(out, ",\"data\":");
    watch_json_string(out, event->sse->data, event->sse->data_len);
    APPEND(out, "}\n");
}
