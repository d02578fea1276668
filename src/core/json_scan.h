/*
 * json_scan: steps over JSON text, shared by the readers of this floor. json_check uses them on
 * hostile bytes; all others on text that json_check accepted.
 */
#ifndef BLOTTER_CORE_JSON_SCAN_H
#define BLOTTER_CORE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_ONES UINT64_C(0x0101010101010101)
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
        if (json_word_stops(word) != 0) {
            break;
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

/* Behind the checked value that starts at at. */
const char *json_skip_value(const char *at, const char *end);

#endif
