#include "span_scan.h"

#include <blotter/core/span.h>

#include <string.h>

/* What may come next. */
enum expect { WANT_VALUE, WANT_ELEMENT_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_COMMA_OR_END };

struct scanner {
    const char *at; /* on failure: the first bad byte */
    const char *end;
    enum expect expect;
    unsigned depth;
    const struct span_known *known;              /* NULL: nothing is */
    unsigned char in_object[SPAN_DEPTH_MAX / 8]; /* a bit a level: object or array */
};

static bool is_digit(const struct scanner *scanner)
{
    return scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9';
}

static bool is_char(const struct scanner *scanner, char wanted)
{
    return scanner->at < scanner->end && *scanner->at == wanted;
}

static bool scan_digits(struct scanner *scanner)
{
    if (!is_digit(scanner)) {
        return false;
    }
    do {
        scanner->at++;
    } while (is_digit(scanner));
    return true;
}

static bool scan_number(struct scanner *scanner)
{
    scanner->at += is_char(scanner, '-');
    if (is_char(scanner, '0')) {
        scanner->at++;
    } else if (!scan_digits(scanner)) {
        return false;
    }
    if (is_char(scanner, '.')) {
        scanner->at++;
        if (!scan_digits(scanner)) {
            return false;
        }
    }
    if (is_char(scanner, 'e') || is_char(scanner, 'E')) {
        scanner->at++;
        scanner->at += is_char(scanner, '+') || is_char(scanner, '-');
        return scan_digits(scanner);
    }
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Stands on a backslash. */
static bool scan_escape(struct scanner *scanner)
{
    scanner->at++;
    if (scanner->at == scanner->end || *scanner->at == '\0') {
        return false;
    }
    if (*scanner->at != 'u') {
        bool known = strchr("\"\\/bfnrt", *scanner->at) != NULL;
        scanner->at += known;
        return known;
    }
    scanner->at++;
    for (int i = 0; i < 4; i++) {
        if (scanner->at == scanner->end || !is_hex(*scanner->at)) {
            return false;
        }
        scanner->at++;
    }
    return true;
}

/* Stands on the opening quote. Bytes that are no UTF-8 are let through: span_string mends them. */
static bool scan_string(struct scanner *scanner)
{
    scanner->at++;
    for (;;) {
        scanner->at = span_string_stop(scanner->at, scanner->end);
        if (scanner->at == scanner->end) {
            return false;
        }
        if (*scanner->at == '"') {
            scanner->at++;
            return true;
        }
        if (*scanner->at != '\\' || !scan_escape(scanner)) {
            return false;
        }
    }
}

static bool scan_word(struct scanner *scanner, const char *word)
{
    for (; *word != '\0'; word++, scanner->at++) {
        if (!is_char(scanner, *word)) {
            return false;
        }
    }
    return true;
}

static bool scan_scalar(struct scanner *scanner)
{
    scanner->expect = WANT_COMMA_OR_END;
    switch (*scanner->at) {
    case '"':
        return scan_string(scanner);
    case 't':
        return scan_word(scanner, "true");
    case 'f':
        return scan_word(scanner, "false");
    case 'n':
        return scan_word(scanner, "null");
    default:
        return scan_number(scanner);
    }
}

static bool open_container(struct scanner *scanner, bool object)
{
    if (scanner->depth == SPAN_DEPTH_MAX) {
        return false;
    }
    unsigned char bit = (unsigned char)(1u << (scanner->depth % 8));
    unsigned char *byte = &scanner->in_object[scanner->depth / 8];
    *byte = (unsigned char)(object ? *byte | bit : *byte & ~bit);
    scanner->depth++;
    scanner->at++;
    scanner->expect = object ? WANT_KEY_OR_END : WANT_ELEMENT_OR_END;
    return true;
}

static bool innermost_is_object(const struct scanner *scanner)
{
    unsigned level = scanner->depth - 1;
    return (scanner->in_object[level / 8] >> (level % 8) & 1) != 0;
}

static bool close_container(struct scanner *scanner)
{
    scanner->depth--;
    scanner->at++;
    scanner->expect = WANT_COMMA_OR_END;
    return true;
}

static bool scan_key(struct scanner *scanner)
{
    if (*scanner->at != '"' || !scan_string(scanner)) {
        return false;
    }
    scanner->at = span_skip_space(scanner->at, scanner->end);
    if (!is_char(scanner, ':')) {
        return false;
    }
    scanner->at++;
    scanner->expect = WANT_VALUE;
    return true;
}

static bool skip_known(struct scanner *scanner)
{
    const struct span_known *known = scanner->known;
    if (known == NULL || scanner->depth != known->depth || innermost_is_object(scanner)) {
        return false;
    }
    const char *behind = known->skip(known->context, scanner->at, scanner->end);
    if (behind == NULL) {
        return false;
    }
    scanner->at = behind;
    scanner->expect = WANT_COMMA_OR_END;
    return true;
}

static bool scan_value(struct scanner *scanner)
{
    char c = *scanner->at;
    if (c == '{' && skip_known(scanner)) {
        return true;
    }
    return c == '{' || c == '[' ? open_container(scanner, c == '{') : scan_scalar(scanner);
}

static bool scan_comma_or_end(struct scanner *scanner)
{
    bool object = innermost_is_object(scanner);
    if (*scanner->at == (object ? '}' : ']')) {
        return close_container(scanner);
    }
    if (*scanner->at != ',') {
        return false;
    }
    scanner->at++;
    scanner->expect = object ? WANT_KEY : WANT_VALUE;
    return true;
}

/* One token; stands on a byte that is no space. */
static bool scan_step(struct scanner *scanner)
{
    switch (scanner->expect) {
    case WANT_VALUE:
        return scan_value(scanner);
    case WANT_ELEMENT_OR_END:
        return *scanner->at == ']' ? close_container(scanner) : scan_value(scanner);
    case WANT_KEY:
        return scan_key(scanner);
    case WANT_KEY_OR_END:
        return *scanner->at == '}' ? close_container(scanner) : scan_key(scanner);
    default:
        return scan_comma_or_end(scanner);
    }
}

/* A byte order mark in front is no part of the text (RFC 8259, 8.1). */
static const char *skip_mark(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0 ? at + 3 : at;
}

bool span_check_known(struct span text, const struct span_known *known, struct span *ret,
                      size_t *ret_error_at)
{
    struct scanner scanner = {
        .at = text.ptr, .end = text.ptr + text.len, .expect = WANT_VALUE, .known = known};
    scanner.at = span_skip_space(skip_mark(scanner.at, scanner.end), scanner.end);
    const char *first = scanner.at;
    const char *last = first;
    bool good = scanner.at < scanner.end;
    while (good) {
        good = scan_step(&scanner);
        last = scanner.at;
        if (!good || (scanner.depth == 0 && scanner.expect == WANT_COMMA_OR_END)) {
            break;
        }
        scanner.at = span_skip_space(scanner.at, scanner.end);
        good = scanner.at < scanner.end;
    }
    if (good) {
        scanner.at = span_skip_space(scanner.at, scanner.end);
        good = scanner.at == scanner.end;
    }
    if (!good) {
        if (ret_error_at != NULL) {
            *ret_error_at = (size_t)(scanner.at - text.ptr);
        }
        return false;
    }
    *ret = (struct span){first, (size_t)(last - first)};
    return true;
}

bool span_check(const char *text, size_t len, struct span *ret, size_t *ret_error_at)
{
    return span_check_known((struct span){text, len}, NULL, ret, ret_error_at);
}
