/*
 * span_scan: steps over JSON text, shared by the readers of this floor. span_check uses them on
 * hostile bytes; all others on text that span_check accepted.
 */
#ifndef BLOTTER_CORE_JSON_SCAN_H
#define BLOTTER_CORE_JSON_SCAN_H

#include <blotter/core/span.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SPAN_ONES UINT64_C(0x0101010101010101)
#define SPAN_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define SPAN_HIGHS UINT64_C(0x8080808080808080)

/*
 * The high bits of the eight bytes that are a quote, a backslash or below 0x20. A borrow may mark
 * bytes behind the first true one as well, so only zero or the lowest mark mean anything.
 */
static inline uint64_t span_word_stops(uint64_t word)
{
    uint64_t quote = word ^ (SPAN_ONES * '"');
    uint64_t slash = word ^ (SPAN_ONES * '\\');
    return (((quote - SPAN_ONES) & ~quote) | ((slash - SPAN_ONES) & ~slash) |
            ((word - SPAN_ONES * 0x20) & ~word)) &
           SPAN_HIGHS;
}

/* The first byte that is a quote, a backslash or below 0x20; end when there is none. */
static inline const char *span_string_stop(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t stops = span_word_stops(word);
        if (stops != 0) {
            if (!SPAN_LITTLE_ENDIAN) {
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

static inline const char *span_skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

/* at stands behind the opening quote of a checked string; the result behind the closing one. */
static inline const char *span_skip_string(const char *at, const char *end)
{
    for (;;) {
        at = span_string_stop(at, end);
        if (at >= end || *at == '"') {
            return at + (at < end);
        }
        at += end - at >= 2 ? 2 : 1;
    }
}

/* Neither escapes nor anything that might need mending: the bytes are the text. */
static inline bool span_is_plain(const char *at, size_t len)
{
    uint64_t high = 0;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t slash = word ^ (SPAN_ONES * '\\');
        high |= word | ((slash - SPAN_ONES) & ~slash);
    }
    for (; len > 0; at++, len--) {
        high |= *at == '\\' || (unsigned char)*at >= 0x80 ? SPAN_HIGHS : 0;
    }
    return (high & SPAN_HIGHS) == 0;
}

/* Steps to the next key or element; NULL behind the end of the container, whose end goes to *at. */
static inline const char *span_step(const char **at, const char *end, char closing)
{
    const char *next = span_skip_space(*at, end);
    if (*next == ',') {
        next = span_skip_space(next + 1, end);
    }
    if (*next == closing) {
        *at = next + 1;
        return NULL;
    }
    *at = next;
    return next;
}

/* The key at *at without its quotes; *at moves to the value. */
static inline struct span span_step_key(const char **at, const char *end)
{
    const char *key = *at;
    const char *behind = span_skip_string(key + 1, end);
    *at = span_skip_space(span_skip_space(behind, end) + 1, end);
    return (struct span){key, (size_t)(behind - key)};
}

/*
 * Elements of arrays that were checked in another text and stand here again: they need no second
 * look. skip is asked at each object that is an element of an array, `depth` containers down. It
 * answers with the place behind one or more elements, commas between them, that span_check accepted
 * as elements at that depth; NULL when it does not know the one at at.
 */
struct span_known {
    const char *(*skip)(void *context, const char *at, const char *end);
    void *context;
    unsigned depth; /* at least 1 */
};

/* span_check, but what is known is not looked at; the result is the same. */
bool span_check_known(struct span text, const struct span_known *known, struct span *ret,
                      size_t *ret_error_at);

/* Behind the checked value that starts at at. */
const char *span_skip_value(const char *at, const char *end);

#endif
