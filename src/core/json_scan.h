/*
 * json_scan: steps over JSON text, shared by the readers of this floor. json_check uses them on
 * hostile bytes; all others on text that json_check accepted.
 */
#ifndef BLOTTER_CORE_JSON_SCAN_H
#define BLOTTER_CORE_JSON_SCAN_H

#include <blotter/core/json.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define JSON_HIGHS UINT64_C(0x8080808080808080)

/*
 * The high bits of the eight bytes that are a quote, a backslash or below 0x20. A borrow may mark
 * bytes behind the first true one as well, so only zero or the lowest mark mean anything.
 */
static inline uint64_t json_word_stops(uint64_t word)
{
    uint64_t quote = word ^ (JSON_ONES * '"');
    uint64_t slash = word ^ (JSON_ONES * '\\');
    return (((quote - JSON_ONES) & ~quote) | ((slash - JSON_ONES) & ~slash) |
            ((word - JSON_ONES * 0x20) & ~word)) &
           JSON_HIGHS;
}

/* The first byte that is a quote, a backslash or below 0x20; end when there is none. */
static inline const char *json_string_stop(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t stops = json_word_stops(word);
        if (stops != 0) {
            if (!JSON_LITTLE_ENDIAN) {
                break;
            }
            return at + (__builtin_ctzll(stops) >> 3);
        }
        at += 8;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
        at++;
    }
    return at;
}

static inline const char *json_skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

/* at stands behind the opening quote of a checked string; the result behind the closing one. */
static inline const char *json_skip_string(const char *at, const char *end)
{
    for (;;) {
        at = json_string_stop(at, end);
        if (at >= end || *at == '"') {
            return at + (at < end);
        }
        at += end - at >= 2 ? 2 : 1;
    }
}

/* Neither escapes nor anything that might need mending: the bytes are the text. */
static inline bool json_is_plain(const char *at, size_t len)
{
    uint64_t high = 0;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t slash = word ^ (JSON_ONES * '\\');
        high |= word | ((slash - JSON_ONES) & ~slash);
    }
    for (; len > 0; at++, len--) {
        high |= *at == '\\' || (unsigned char)*at >= 0x80 ? JSON_HIGHS : 0;
    }
    return (high & JSON_HIGHS) == 0;
}

/* Steps to the next key or element; NULL behind the end of the container, whose end goes to *at. */
static inline const char *json_step(const char **at, const char *end, char closing)
{
    const char *next = json_skip_space(*at, end);
    if (*next == ',') {
        next = json_skip_space(next + 1, end);
    }
    if (*next == closing) {
        *at = next + 1;
        return NULL;
    }
    *at = next;
    return next;
}

/* The key at *at without its quotes; *at moves to the value. */
static inline struct json_span json_step_key(const char **at, const char *end)
{
    const char *key = *at;
    const char *behind = json_skip_string(key + 1, end);
    *at = json_skip_space(json_skip_space(behind, end) + 1, end);
    return (struct json_span){key, (size_t)(behind - key)};
}

/*
 * Elements of arrays that were checked in another text and stand here again: they need no second
 * look. skip is asked at each object that is an element of an array, `depth` containers down. It
 * answers with the place behind one or more elements, commas between them, that json_check accepted
 * as elements at that depth; NULL when it does not know the one at at.
 */
struct json_known {
    const char *(*skip)(void *context, const char *at, const char *end);
    void *context;
    unsigned depth; /* at least 1 */
};

/* json_check, but what is known is not looked at; the result is the same. */
bool json_check_known(struct json_span text, const struct json_known *known, struct json_span *ret,
                      size_t *ret_error_at);

/* Behind the checked value that starts at at. */
const char *json_skip_value(const char *at, const char *end);

#endif
