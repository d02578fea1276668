#include "watch_json.h"

#include <stdint.h>
#include <string.h>

#include <blotter/core/resource.h>

/* ---- which bytes pass ---- */

#define BLOCK ((size_t)4096) /* bytes filtered between two looks at the room */
#define GROWTH ((size_t)6)   /* a byte becomes at most \uXXXX */
#define WORD sizeof(uint64_t)
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

enum byte_class { PASSES, ESCAPE, MULTIBYTE };

struct filter {
    bool in_text; /* text to be quoted; otherwise a JSON text, where quotes and escapes are right */
};

/* Bytes that may not stay as they are, or may begin a character that may not. */
static inline enum byte_class class_of(unsigned char byte, const struct filter filter)
{
    bool control = filter.in_text ? byte < 0x20 : byte == '\n' || byte == '\r';
    if (control || byte == 0x7f || (filter.in_text && (byte == '"' || byte == '\\'))) {
        return ESCAPE;
    }
    return byte == 0xc2 || byte == 0xd8 || byte == 0xe2 ? MULTIBYTE : PASSES;
}

static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH(0x01)) & ~word & EACH(0x80);
}

/* Eight bytes at once: true only when every one of them passes. */
static inline bool all_pass(uint64_t word, const struct filter filter)
{
    uint64_t special = ((word - EACH(0x20)) | word | (word + EACH(0x01))) & EACH(0x80);
    if (filter.in_text) {
        special |= zero_bytes(word ^ EACH('"')) | zero_bytes(word ^ EACH('\\'));
    }
    return special == 0;
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

static char *put_code(char *out, unsigned code)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = digits[code >> shift & 15];
    }
    return out;
}

static char *put_escape(char *out, unsigned char byte, const struct filter filter)
{
    static const char special[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    const char *found = byte != '\0' ? strchr(special, byte) : NULL;
    if (!filter.in_text && byte != 0x7f) {
        *out++ = ' ';
    } else if (found == NULL) {
        out = put_code(out, byte);
    } else {
        *out++ = '\\';
        *out++ = letters[found - special];
    }
    return out;
}

/* One character; returns how many bytes it took. */
static inline size_t put_one(char **out, const unsigned char *at, size_t left,
                             const struct filter filter)
{
    unsigned code = 0;
    size_t step = 0;
    enum byte_class class = class_of(*at, filter);
    if (class == ESCAPE) {
        *out = put_escape(*out, *at, filter);
        return 1;
    }
    if (class == MULTIBYTE && (step = trickster(at, left, &code)) > 0) {
        *out = put_code(*out, code);
        return step;
    }
    *(*out)++ = (char)*at;
    return 1;
}

static inline void append_filtered(struct buf *out, const char *bytes, size_t len,
                                   const struct filter filter)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + len;
    while (at < end) {
        const unsigned char *stop = (size_t)(end - at) > BLOCK ? at + BLOCK : end;
        buf_reserve(out, (size_t)(stop - at) * GROWTH + WORD);
        char *to = out->data + out->len;
        while (at < stop) {
            uint64_t word = 0;
            if ((size_t)(end - at) >= WORD) {
                memcpy(&word, at, WORD);
            }
            if (word != 0 && at + WORD <= stop && all_pass(word, filter)) {
                memcpy(to, &word, WORD);
                to += WORD;
                at += WORD;
                continue;
            }
            const unsigned char *some = (size_t)(stop - at) > WORD ? at + WORD : stop;
            while (at < some) {
                at += put_one(&to, at, (size_t)(end - at), filter);
            }
        }
        out->len = (size_t)(to - out->data);
        out->data[out->len] = '\0';
    }
}

void watch_json_string(struct buf *out, const char *text, size_t len)
{
    const struct filter filter = {.in_text = true};
    buf_append(out, "\"", 1);
    append_filtered(out, text, len, filter);
    buf_append(out, "\"", 1);
}

void watch_json_value(struct buf *out, struct span value)
{
    const struct filter filter = {.in_text = false};
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

static bool key_is_ours(struct span key)
{
    static const char *const ours[] = {"event",      "data", "timestamp", "v",    "seq",
                                       "receivedAt", "id",   "type",      "pane", "raw"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (span_string_equals(key, ours[i])) {
            return true;
        }
    }
    return false;
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
    append_panes(out, event_panes(event->event));
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
