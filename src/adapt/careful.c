#include "careful.h"

#include <blotter/adapt/adapt.h>
#include <blotter/core/span.h>
#include <blotter/core/utf8.h>

#include <string.h>

#define SAFE_DIGITS 15    /* of an integer that a double holds whatever it is */
#define EXPONENT_DIGITS 3 /* longer ones have hurt jq */
#define LARGE_DIGITS 300  /* from here on a number may be too large for a double */
#define REPLACEMENT "\\ufffd"

struct copying {
    struct buf *out;
    const char *at, *end;
    const char *kept; /* all before it has been copied */
    unsigned depth;
    bool full;
};

/* Copies what has been passed over, then text in place of the bytes up to at. */
static void put(struct copying *copying, const char *from, const char *text, size_t len)
{
    copying->full |= !buf_append(copying->out, copying->kept, (size_t)(from - copying->kept)) ||
                     !buf_append(copying->out, text, len);
    copying->kept = copying->at;
}

/* --- numbers --------------------------------------------------------------------------------- */

/* jq makes the largest figure there is of what is too large: nobody has sent that one. */
static bool is_endless(const char *number, const char *end, size_t digits, size_t exponent)
{
    double value;
    return (exponent == EXPONENT_DIGITS || digits >= LARGE_DIGITS) &&
           !span_double((struct span){number, (size_t)(end - number)}, &value);
}

static void pass_number(struct copying *copying)
{
    const char *start = copying->at;
    size_t digits = 0, exponent = 0;
    bool whole = true, in_exponent = false;
    for (; copying->at < copying->end && strchr("+-.eE0123456789", *copying->at) != NULL &&
           *copying->at != '\0';
         copying->at++) {
        bool is_digit = *copying->at >= '0' && *copying->at <= '9';
        in_exponent |= *copying->at == 'e' || *copying->at == 'E';
        whole &= is_digit || *copying->at == '-';
        digits += is_digit && !in_exponent;
        exponent += is_digit && in_exponent;
    }
    if (whole && !in_exponent && digits > SAFE_DIGITS) {
        put(copying, start, "\"", 1);
        copying->kept = start;
        put(copying, copying->at, "\"", 1);
    } else if (exponent > EXPONENT_DIGITS || is_endless(start, copying->at, digits, exponent)) {
        put(copying, start, "null", 4);
    }
}

/* --- strings --------------------------------------------------------------------------------- */

/* The code unit of the \uXXXX at at, -1 when there is none. */
static int unit_at(const char *at, const char *end)
{
    static const char digits[] = "0123456789abcdef";
    int unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        char lower = (char)(at[i] >= 'A' && at[i] <= 'F' ? at[i] - 'A' + 'a' : at[i]);
        unit = unit * 16 + (int)(strchr(digits, lower) - digits);
    }
    return unit;
}

static bool is_between(int unit, int first, int last)
{
    return unit >= first && unit <= last;
}

/* Stands on a backslash of a checked string. */
static void pass_escape(struct copying *copying)
{
    const char *start = copying->at;
    int unit = unit_at(start, copying->end);
    copying->at += unit < 0 ? 2 : 6;
    if (is_between(unit, 0xd800, 0xdbff) &&
        is_between(unit_at(copying->at, copying->end), 0xdc00, 0xdfff)) {
        copying->at += 6;
    } else if (is_between(unit, 0xd800, 0xdfff)) {
        put(copying, start, REPLACEMENT, strlen(REPLACEMENT));
    }
}

static void pass_string(struct copying *copying)
{
    copying->at++;
    while (*copying->at != '"') {
        if (*copying->at == '\\') {
            pass_escape(copying);
        } else {
            copying->at++;
        }
    }
    copying->at++;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* False when it is nested too deep. */
static bool pass_one(struct copying *copying)
{
    switch (*copying->at) {
    case '"':
        pass_string(copying);
        return true;
    case '[':
    case '{':
        copying->at++;
        return ++copying->depth <= ADAPT_DEPTH_MAX;
    case ']':
    case '}':
        copying->at++;
        copying->depth--;
        return true;
    default:
        if (*copying->at == '-' || (*copying->at >= '0' && *copying->at <= '9')) {
            pass_number(copying);
        } else {
            copying->at++; /* what stands between values, and the words */
        }
        return true;
    }
}

static bool refuse_size(struct fault *fault)
{
    fault_set(fault, FAULT_TOO_LARGE, 0, "the answer is larger than 8 MiB");
    return false;
}

/* The text is known to be JSON and UTF-8. Appends what was mended and all before it; *ret_rest is
 * what follows: the whole when there was nothing to mend. */
static bool mend(struct buf *out, struct span value, struct span *ret_rest, struct fault *fault)
{
    struct copying copying = {out, value.ptr, value.ptr + value.len, value.ptr, 0, false};
    while (copying.at < copying.end) {
        if (!pass_one(&copying)) {
            fault_set(fault, FAULT_DECODE, 0, "the answer is nested too deep");
            return false;
        }
    }
    *ret_rest = (struct span){copying.kept, (size_t)(copying.end - copying.kept)};
    return !copying.full || refuse_size(fault);
}

static bool mend_whole(struct buf *out, struct span value, struct fault *fault)
{
    struct span rest;
    return mend(out, value, &rest, fault) &&
           (buf_append(out, rest.ptr, rest.len) || refuse_size(fault));
}

static bool repair(struct buf *out, struct span value, struct fault *fault)
{
    struct buf repaired;
    buf_init(&repaired, 3 * ADAPT_BODY_BYTES_MAX);
    bool good = utf8_append_repaired(&repaired, value.ptr, value.len)
                    ? mend_whole(out, (struct span){repaired.data, repaired.len}, fault)
                    : refuse_size(fault);
    buf_done(&repaired);
    return good;
}

bool careful_read(const char *text, size_t len, struct buf *spare, struct span *ret,
                  struct fault *ret_fault)
{
    struct span value, rest;
    size_t bad_at, start = spare->len;
    if (len > ADAPT_BODY_BYTES_MAX) {
        return refuse_size(ret_fault);
    }
    if (!span_check(text, len, &value, &bad_at)) {
        fault_set(ret_fault, FAULT_DECODE, 0, "the answer is no JSON, at byte %zu", bad_at);
        return false;
    }
    if (utf8_valid_prefix(value.ptr, value.len) != value.len) {
        if (!repair(spare, value, ret_fault)) {
            return false;
        }
    } else if (!mend(spare, value, &rest, ret_fault)) {
        return false;
    } else if (spare->len == start) {
        *ret = value;
        return true;
    } else if (!buf_append(spare, rest.ptr, rest.len)) {
        return refuse_size(ret_fault);
    }
    *ret = (struct span){spare->data + start, spare->len - start};
    return true;
}

bool careful_copy(struct buf *out, const char *text, size_t len, struct fault *ret_fault)
{
    struct span value;
    size_t start = out->len;
    return careful_read(text, len, out, &value, ret_fault) &&
           (out->len > start || buf_append(out, value.ptr, value.len) || refuse_size(ret_fault));
}
