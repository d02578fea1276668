/*
 * json: a strict reader over bytes somebody else owns. It allocates nothing, keeps every number
 * as it was written, and hands out spans of the input. RFC 8259, UTF-8, nesting at most
 * JSON_DEPTH_MAX.
 *
 * Why not a tree: figures must reach the screen and `--watch` exactly as sent (1.10 stays 1.10),
 * and most bytes of a body are never looked at. Checked against jansson by a differential test.
 */
#ifndef BLOTTER_CORE_JSON_H
#define BLOTTER_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 2048

enum json_type {
    JSON_INVALID,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* A value's bytes in the input, white space around it left out; a string's quotes are inside. */
struct json_span {
    const char *ptr;
    size_t len;
};

/*
 * Checks that the bytes are exactly one JSON value with optional white space around it, and gives
 * its span. Returns false when they are not; *ret_error_at (may be NULL) is then the offset of the
 * first bad byte (len when the text ends too early). Everything below takes only spans that came
 * from a checked text.
 */
bool json_check(const char *text, size_t len, struct json_span *ret, size_t *ret_error_at);

enum json_type json_type(struct json_span value);

/*
 * Walks an array's elements or an object's members in order. Start with iterator zeroed;
 * returns false at the end. For an array *ret_key is left empty.
 */
struct json_iterator {
    const char *at;
};
bool json_next(struct json_span container, struct json_iterator *it, struct json_span *ret_key,
               struct json_span *ret_value);

/* The value of the last member of that name (unescaped compare). False when absent or not an
 * object. */
bool json_member(struct json_span object, const char *name, struct json_span *ret);

/* A number as a double (locale-independent, correctly rounded), from a number or a string that
 * holds just a number. */
bool json_double(struct json_span value, double *ret);

/* An integer in range, written without a fraction (or with a zero one) as number or string. */
bool json_int64(struct json_span value, int64_t *ret);

/*
 * Decodes a string into out (capacity bytes, NUL included) as valid UTF-8: escapes resolved, lone
 * surrogates, invalid bytes and U+0000 become U+FFFD. Returns the length it needs without the NUL;
 * out holds a NUL-terminated prefix cut at a code point when that is >= capacity. Never more than
 * 3 × value.len bytes. A value that is no string gives 0.
 */
size_t json_string(struct json_span value, char *out, size_t capacity);

/* Whether a string value equals the NUL-terminated text. */
bool json_string_equals(struct json_span value, const char *text);

#endif
