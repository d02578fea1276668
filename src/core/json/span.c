#include "span_scan.h"

#include <blotter/core/span.h>
#include <blotter/core/utf8.h>

#include <string.h>

enum span_type span_type(struct span value)
{
    if (value.ptr == NULL || value.len == 0) {
        return SPAN_INVALID;
    }
    switch (*value.ptr) {
    case '{':
        return SPAN_OBJECT;
    case '[':
        return SPAN_ARRAY;
    case '"':
        return SPAN_STRING;
    case 't':
        return SPAN_TRUE;
    case 'f':
        return SPAN_FALSE;
    case 'n':
        return SPAN_NULL;
    default:
        return SPAN_NUMBER;
    }
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Depth is only a count here: the text is known to close what it opens. */
static const char *skip_container(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        char c = *at++;
        if (c == '"') {
            at = span_skip_string(at, end);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            break;
        }
    }
    return at;
}

const char *span_skip_value(const char *at, const char *end)
{
    if (*at == '"') {
        return span_skip_string(at + 1, end);
    }
    if (*at == '{' || *at == '[') {
        return skip_container(at, end);
    }
    while (at < end && !ends_scalar(*at)) {
        at++;
    }
    return at;
}

bool span_next(struct span container, struct span_iterator *it, struct span *ret_key,
               struct span *ret_value)
{
    if (span_type(container) < SPAN_ARRAY) {
        return false;
    }
    const char *end = container.ptr + container.len;
    const char *at = it->at != NULL ? it->at : container.ptr + 1;
    at = span_skip_space(at, end);
    if (it->at != NULL && at < end && *at == ',') {
        at = span_skip_space(at + 1, end);
    }
    if (at >= end - 1) {
        return false;
    }
    struct span key = {NULL, 0};
    if (*container.ptr == '{') {
        const char *key_end = span_skip_string(at + 1, end);
        key = (struct span){at, (size_t)(key_end - at)};
        at = span_skip_space(key_end, end);
        at = span_skip_space(at + 1, end);
    }
    it->at = span_skip_value(at, end);
    *ret_key = key;
    *ret_value = (struct span){at, (size_t)(it->at - at)};
    return true;
}

bool span_member(struct span object, const char *name, struct span *ret)
{
    if (span_type(object) != SPAN_OBJECT) {
        return false;
    }
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    bool found = false;
    while (span_next(object, &it, &key, &value)) {
        if (span_string_equals(key, name)) {
            *ret = value;
            found = true;
        }
    }
    return found;
}

void span_members(struct span object, const char *const *names, size_t count, struct span *ret)
{
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    for (size_t i = 0; i < count; i++) {
        ret[i] = (struct span){NULL, 0};
    }
    while (span_type(object) == SPAN_OBJECT && span_next(object, &it, &key, &value)) {
        size_t i = 0;
        while (i < count && !span_string_equals(key, names[i])) {
            i++;
        }
        if (i < count) {
            ret[i] = value;
        }
    }
}

/* Where decoded text goes: counts everything, keeps what fits, or compares with what is expected.
 */
struct sink {
    char *out;
    size_t capacity;
    size_t len;
    size_t kept;
    bool full; /* a code point did not fit: nothing after it may be kept */
    const char *expected;
    size_t expected_len;
    bool differs;
};

static void sink_put(struct sink *sink, const char *bytes, size_t len)
{
    if (sink->expected != NULL) {
        sink->differs = sink->differs || len > sink->expected_len - sink->len ||
                        memcmp(sink->expected + sink->len, bytes, len) != 0;
        sink->len += sink->differs ? 0 : len;
        return;
    }
    sink->full = sink->full || sink->len + len >= sink->capacity;
    if (!sink->full) {
        memcpy(sink->out + sink->len, bytes, len);
        sink->kept = sink->len + len;
    }
    sink->len += len;
}

static void sink_put_code(struct sink *sink, uint32_t code)
{
    char bytes[4];
    sink_put(sink, bytes, utf8_put(code, bytes));
}

static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : ((uint32_t)c | 0x20u) - 'a' + 10;
        value = value * 16 + digit;
    }
    return value;
}

/* at stands on the u of \uXXXX; the result behind the escape, or behind a pair of them. */
static const char *decode_unicode(const char *at, const char *end, uint32_t *ret)
{
    uint32_t code = hex4(at + 1);
    at += 5;
    if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        uint32_t low = hex4(at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *ret = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            return at + 6;
        }
    }
    *ret = code == 0 || (code >= 0xd800 && code < 0xe000) ? UTF8_REPLACEMENT : code;
    return at;
}

static const char *decode_escape(const char *at, const char *end, uint32_t *ret)
{
    static const char names[] = "\"\\/bfnrt";
    static const char codes[] = "\"\\/\b\f\n\r\t";
    if (*at == 'u') {
        return decode_unicode(at, end, ret);
    }
    *ret = (unsigned char)codes[strchr(names, *at) - names];
    return at + 1;
}

static const char *decode_run(struct sink *sink, const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at != '\\' && (unsigned char)*at < 0x80) {
        at++;
    }
    if (at > first) {
        size_t len = (size_t)(at - first);
        size_t room = sink->capacity > sink->len ? sink->capacity - sink->len - 1 : 0;
        /* ASCII may be cut anywhere: keep as much of the run as fits. */
        if (len > room && !sink->full && sink->expected == NULL) {
            sink_put(sink, first, room);
            sink_put(sink, first + room, len - room);
        } else {
            sink_put(sink, first, len);
        }
    }
    return at;
}

static void decode_string(struct span value, struct sink *sink)
{
    const char *at = value.ptr + 1;
    const char *end = value.ptr + value.len - 1;
    while (at < end && !sink->differs) {
        at = decode_run(sink, at, end);
        if (at == end) {
            break;
        }
        uint32_t code;
        at = *at == '\\' ? decode_escape(at + 1, end, &code)
                         : at + utf8_next(at, (size_t)(end - at), &code);
        sink_put_code(sink, code);
    }
}

size_t span_string(struct span value, char *out, size_t capacity)
{
    struct sink sink = {.out = out, .capacity = capacity};
    if (span_type(value) == SPAN_STRING) {
        decode_string(value, &sink);
    }
    if (capacity > 0) {
        out[sink.kept] = '\0';
    }
    return sink.len;
}

bool span_string_equals(struct span value, const char *text)
{
    if (span_type(value) != SPAN_STRING ||
        (value.ptr[1] != text[0] && value.ptr[1] != '\\' && text[0] != '\0' &&
         (unsigned char)value.ptr[1] < 0x80)) {
        return false; /* most names differ in their first letter */
    }
    size_t len = strlen(text);
    if (span_is_plain(value.ptr + 1, value.len - 2)) {
        return value.len - 2 == len && memcmp(value.ptr + 1, text, len) == 0;
    }
    struct sink sink = {.expected = text, .expected_len = len};
    decode_string(value, &sink);
    return !sink.differs && sink.len == sink.expected_len;
}
