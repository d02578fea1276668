#include "text.h"

#include <blotter/core/alloc.h>
#include <blotter/core/utf8.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_ROOM 256
#define EXACT_MAX 9e15 /* below 2^53: integers that a double holds exactly */

void text_done(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void text_reserve(struct text *text, size_t more)
{
    if (text->room - text->len >= more) {
        return;
    }
    size_t room = text->room * 2 > SMALLEST_ROOM ? text->room * 2 : SMALLEST_ROOM;
    while (room - text->len < more) {
        room *= 2;
    }
    text->bytes = mem_realloc(text->bytes, room);
    text->room = room;
}

char *text_take(struct text *text, size_t *ret_len)
{
    char *bytes = text->bytes;
    *ret_len = text->len;
    *text = (struct text){0};
    return bytes;
}

void text_puts(struct text *text, const char *nul_terminated)
{
    text_put(text, nul_terminated, strlen(nul_terminated));
}

/* --- strings ------------------------------------------------------------------------------ */

static void put_escape(struct text *text, unsigned char byte)
{
    static const char short_escapes[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                            {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    for (size_t i = 0; i < sizeof short_escapes / sizeof *short_escapes; i++) {
        if (byte == (unsigned char)short_escapes[i][0]) {
            text_put(text, (const char[]){'\\', short_escapes[i][1]}, 2);
            return;
        }
    }
    char escape[8];
    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)byte);
    text_put(text, escape, 6);
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of every byte that is zero, and perhaps of some above it. */
static uint64_t zeros(uint64_t word)
{
    return (word - EACH(1)) & ~word & EACH(0x80);
}

/* Whether all eight are plain: none below blank or above '~', no quote, no backslash. */
static bool are_plain(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t low = (word - EACH(0x20)) & ~word & EACH(0x80);
    return ((word & EACH(0x80)) | low | zeros(word ^ EACH('"')) | zeros(word ^ EACH('\\')) |
            zeros(word ^ EACH(0x7F))) == 0;
}

static size_t plain_run(const unsigned char *at, size_t len)
{
    size_t run = 0;
    while (len - run >= sizeof(uint64_t) && are_plain(at + run)) {
        run += sizeof(uint64_t);
    }
    while (run < len && is_plain(at[run])) {
        run++;
    }
    return run;
}

void text_string(struct text *text, const char *bytes, size_t len)
{
    if (bytes == NULL) {
        TEXT_LITERAL(text, "null");
        return;
    }
    const unsigned char *at = (const unsigned char *)bytes;
    text_reserve(text, len + 2);
    TEXT_LITERAL(text, "\"");
    for (size_t i = 0; i < len;) {
        size_t run = plain_run(at + i, len - i);
        text_put(text, bytes + i, run);
        i += run;
        if (i == len) {
            break;
        }
        if (at[i] < 0x80) {
            put_escape(text, at[i++]);
            continue;
        }
        uint32_t code;
        char sequence[4] = {0};
        i += utf8_next(bytes + i, len - i, &code);
        size_t size = utf8_put(code, sequence);
        text_put(text, sequence, size);
    }
    TEXT_LITERAL(text, "\"");
}

/* --- numbers ------------------------------------------------------------------------------ */

void text_int(struct text *text, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *--at = '-';
    }
    text_put(text, at, (size_t)(digits + sizeof digits - at));
}

/* Prices have two decimals, nearly always: those are written without asking the C library. */
static bool put_hundredths(struct text *text, double value)
{
    double scaled = round(fabs(value) * 100);
    if (!(scaled < EXACT_MAX) || scaled / 100 != fabs(value)) {
        return false;
    }
    int64_t hundredths = (int64_t)scaled;
    if (value < 0) {
        TEXT_LITERAL(text, "-");
    }
    text_int(text, hundredths / 100);
    int part = (int)(hundredths % 100);
    if (part != 0) {
        char decimals[3] = {'.', (char)('0' + part / 10), (char)('0' + part % 10)};
        text_put(text, decimals, part % 10 == 0 ? 2 : 3);
    }
    return true;
}

void text_number(struct text *text, double value)
{
    if (!isfinite(value)) {
        TEXT_LITERAL(text, "null");
        return;
    }
    if (put_hundredths(text, value)) {
        return;
    }
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) {
            break;
        }
    }
    text_puts(text, digits);
}

/* --- JSON of others ------------------------------------------------------------------------- */

/* Whether a number's fraction, from its point on, is ".0" and nothing more. */
static bool is_dead_fraction(const char *at, size_t left)
{
    return left >= 2 && at[1] == '0' && (left == 2 || strchr(",]} \t\r\n", at[2]) != NULL);
}

void text_json_line(struct text *text, const char *json, size_t len)
{
    text_reserve(text, len);
    char *into = text->bytes + text->len;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char byte = json[i];
        if (byte == '"') {
            in_string = !in_string;
        } else if (in_string && byte == '\\' && i + 1 < len) {
            *into++ = byte;
            byte = json[++i];
        } else if (byte == '.' && !in_string && is_dead_fraction(json + i, len - i)) {
            i++;
            continue;
        }
        *into++ = byte == '\n' || byte == '\r' ? ' ' : byte;
    }
    text->len = (size_t)(into - text->bytes);
}
