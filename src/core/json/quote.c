#include <blotter/core/quote.h>
#include <blotter/core/utf8.h>

#include <stdint.h>
#include <string.h>

#define BLOCK ((size_t)4096) /* bytes filtered between two looks at the room */
#define GROWTH ((size_t)6)   /* a byte becomes at most \uXXXX */
#define WORD sizeof(uint64_t)
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

enum form {
    AS_TEXT, /* text to be quoted; in the others quotes and escapes are right already */
    AS_LINE,
    AS_VALUE,
    AS_SHOWN /* a value on a terminal */
};

static inline bool is_special(unsigned char byte, enum form form)
{
    bool control = form == AS_TEXT ? byte < 0x20 : byte == '\n' || byte == '\r';
    return (control && form <= AS_LINE) || byte == 0x7f ||
           (form == AS_TEXT && (byte == '"' || byte == '\\'));
}

static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH(0x01)) & ~word & EACH(0x80);
}

/* Eight bytes at once: true only when every one of them passes. */
static inline bool all_pass(uint64_t word, enum form form)
{
    uint64_t special = ((word - EACH(0x20)) | word | (word + EACH(0x01))) & EACH(0x80);
    if (form == AS_TEXT) {
        special |= zero_bytes(word ^ EACH('"')) | zero_bytes(word ^ EACH('\\'));
    }
    return special == 0;
}

static char *put_unit(char *out, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = digits[unit >> shift & 15];
    }
    return out;
}

static char *put_code(char *out, uint32_t code)
{
    if (code < 0x10000) {
        return put_unit(out, code);
    }
    out = put_unit(out, 0xd800 + ((code - 0x10000) >> 10));
    return put_unit(out, 0xdc00 + (code & 0x3ff));
}

static char *put_escape(char *out, unsigned char byte, enum form form)
{
    static const char special[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    const char *found = byte != '\0' ? strchr(special, byte) : NULL;
    if (form != AS_TEXT && byte != 0x7f) {
        *out++ = ' ';
    } else if (found == NULL) {
        out = put_unit(out, byte);
    } else {
        *out++ = '\\';
        *out++ = letters[found - special];
    }
    return out;
}

/* One character; returns how many bytes it took. */
static inline size_t put_one(char **out, const unsigned char *at, size_t left, enum form form)
{
    uint32_t code;
    if (is_special(*at, form)) {
        *out = put_escape(*out, *at, form);
        return 1;
    }
    if (*at < 0x80) {
        *(*out)++ = (char)*at;
        return 1;
    }
    size_t step = utf8_next((const char *)at, left, &code);
    if (utf8_effect(code) >= (form == AS_SHOWN ? UTF8_HIDES : UTF8_ACTS)) {
        *out = put_code(*out, code);
    } else {
        *out += utf8_put(code, *out);
    }
    return step;
}

static inline bool append_filtered(struct buf *out, const char *bytes, size_t len, enum form form)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + len;
    while (at < end) {
        const unsigned char *stop = (size_t)(end - at) > BLOCK ? at + BLOCK : end;
        if (!buf_reserve(out, (size_t)(stop - at) * GROWTH + WORD)) {
            return false;
        }
        char *to = out->data + out->len;
        while (at < stop) {
            uint64_t word = 0;
            if ((size_t)(end - at) >= WORD) {
                memcpy(&word, at, WORD);
            }
            if (word != 0 && at + WORD <= stop && all_pass(word, form)) {
                memcpy(to, &word, WORD);
                to += WORD;
                at += WORD;
                continue;
            }
            const unsigned char *some = (size_t)(stop - at) > WORD ? at + WORD : stop;
            while (at < some) {
                at += put_one(&to, at, (size_t)(end - at), form);
            }
        }
        out->len = (size_t)(to - out->data);
        out->data[out->len] = '\0';
    }
    return true;
}

void quote_text(struct buf *out, const char *text, size_t len)
{
    if (buf_append(out, "\"", 1) && append_filtered(out, text, len, AS_TEXT)) {
        buf_append(out, "\"", 1);
    }
}

static void append_value(struct buf *out, struct span value, enum form form)
{
    if (value.ptr == NULL) {
        buf_append(out, "null", 4);
    } else {
        append_filtered(out, value.ptr, value.len, form);
    }
}

void quote_value(struct buf *out, struct span value)
{
    append_value(out, value, AS_VALUE);
}

void quote_shown(struct buf *out, struct span value)
{
    append_value(out, value, AS_SHOWN);
}

void quote_line(struct buf *out, struct span value)
{
    append_value(out, value, AS_LINE);
}
