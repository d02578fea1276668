/*
 * json: a strict reader over bytes somebody else owns. It allocates nothing, keeps every number
 * as it was written, and hands out spans of the input. RFC 8259, UTF-8, nesting at most
 * SPAN_DEPTH_MAX.
 *
 * Why not a tree: figures must reach the screen and `--watch` exactly as sent (1.10 stays 1.10),
 * and most bytes of a body are never looked at. Checked against jansson by a differential test.
 */
#ifndef BLOTTER_CORE_SPAN_H
#define BLOTTER_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPAN_DEPTH_MAX 2048

enum span_type {
    SPAN_INVALID,
    SPAN_NULL,
    SPAN_FALSE,
    SPAN_TRUE,
    SPAN_NUMBER,
    SPAN_STRING,
    SPAN_ARRAY,
    SPAN_OBJECT
};

/* A value's bytes in the input, white space around it left out; a string's quotes are inside. */
struct span {
    const char *ptr;
    size_t len;
};

/*
 * Checks that the bytes are exactly one JSON value with optional white space around it and perhaps
 * a byte order mark in front, and gives its span. Returns false when they are not; *ret_error_at
 * (may be NULL) is then the offset of the first bad byte (len when the text ends too early).
 * Everything below takes only spans that came from a checked text.
 */
bool span_check(const char *text, size_t len, struct span *ret, size_t *ret_error_at);

enum span_type span_type(struct span value);

/*
 * Walks an array's elements or an object's members in order. Start with iterator zeroed;
 * returns false at the end. For an array *ret_key is left empty.
 */
struct span_iterator {
    const char *at;
};
bool span_next(struct span container, struct span_iterator *it, struct span *ret_key,
               struct span *ret_value);

/* The value of the last member of that name (unescaped compare). False when absent or not an
 * object. */
bool span_member(struct span object, const char *name, struct span *ret);

/* Several members in one walk; ptr NULL for those that it lacks. */
void span_members(struct span object, const char *const *names, size_t count, struct span *ret);

/* A number as a double (locale-independent, correctly rounded), from a number or a string that
 * holds just a number. */
bool span_double(struct span value, double *ret);

/* An integer in range as number or string, however it is written: 50, 50.0, 5E+1. */
bool span_int64(struct span value, int64_t *ret);

/*
 * Decodes a string into out (capacity bytes, NUL included) as valid UTF-8: escapes resolved, lone
 * surrogates, invalid bytes and U+0000 become U+FFFD. Returns the length it needs without the NUL;
 * out holds a NUL-terminated prefix cut at a code point when that is >= capacity. Never more than
 * 3 × value.len bytes. A value that is no string gives 0.
 */
size_t span_string(struct span value, char *out, size_t capacity);

/* Whether a string value equals the NUL-terminated text. */
bool span_string_equals(struct span value, const char *text);

#endif
