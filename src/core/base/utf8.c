#include <blotter/core/utf8.h>

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define HIGH_BITS UINT64_C(0x8080808080808080)

static uint64_t load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Steps over ASCII; may stop up to 31 bytes before the first byte that is none. */
static const char *skip_ascii(const char *at, const char *end)
{
    while (end - at >= 32 &&
           ((load(at) | load(at + 8) | load(at + 16) | load(at + 24)) & HIGH_BITS) == 0) {
        at += 32;
    }
    return at;
}

/* The range of the byte after a lead byte, which alone rules out overlong forms and surrogates. */
struct lead {
    unsigned char first, last; /* lead bytes */
    unsigned char low, high;   /* the second byte */
    unsigned char len;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct lead *lead_find(unsigned char byte)
{
    if (byte >= 0xe1 && byte <= 0xec) {
        return &leads[2]; /* most of what is not ASCII in practice */
    }
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) {
            return &leads[i];
        }
    }
    return NULL;
}

/* One sequence that does not begin with ASCII: its length, and whether it is whole and valid. */
static size_t sequence(const unsigned char *at, const unsigned char *end, bool *ret_valid)
{
    const struct lead *lead = lead_find(*at);
    *ret_valid = false;
    if (lead == NULL || end - at < 2 || at[1] < lead->low || at[1] > lead->high) {
        return 1;
    }
    size_t len = 2;
    while (len < lead->len && at + len < end && (at[len] & 0xc0) == 0x80) {
        len++;
    }
    *ret_valid = len == lead->len;
    return len;
}

size_t utf8_length(unsigned char byte)
{
    const struct lead *lead = lead_find(byte);
    return byte < 0x80 ? 1 : lead != NULL ? lead->len : 0;
}

size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_code)
{
    const unsigned char *at = (const unsigned char *)bytes;
    bool valid;
    if (*at < 0x80) {
        *ret_code = *at;
        return 1;
    }
    size_t step = sequence(at, at + len, &valid);
    uint32_t code = step == 2 ? *at & 0x1fu : step == 3 ? *at & 0x0fu : *at & 0x07u;
    for (size_t i = 1; i < step; i++) {
        code = code << 6 | (at[i] & 0x3fu);
    }
    *ret_code = valid ? code : UTF8_REPLACEMENT;
    return step;
}

size_t utf8_put(uint32_t code, char out[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80u | (code & 0x3fu));
        code >>= 6;
    }
    out[0] = (char)(lead[len] | code);
    return len;
}

/* In order. Those that act do something to a terminal or to the text around them; the others are
 * invisible, join their neighbours into another width, or are drawn wider than they count. */
static const struct {
    uint32_t first, last;
    bool acts;
} unsafe[] = {
    {0x00, 0x1f, true},        /* C0 controls */
    {0x7f, 0x9f, true},        /* DEL, C1 controls */
    {0xad, 0xad, false},       /* soft hyphen */
    {0x34f, 0x34f, false},     /* combining grapheme joiner */
    {0x600, 0x605, false},     /* Arabic number signs */
    {0x61c, 0x61c, true},      /* Arabic letter mark */
    {0x6dd, 0x6dd, false},     /* end of ayah */
    {0x70f, 0x70f, false},     /* Syriac abbreviation mark */
    {0x890, 0x891, false},     /* Arabic pound and piastre marks */
    {0x8e2, 0x8e2, false},     /* disputed end of ayah */
    {0x115f, 0x11ff, false},   /* Hangul fillers and jamo that join */
    {0x17b4, 0x17b5, false},   /* Khmer inherent vowels */
    {0x180b, 0x180f, false},   /* Mongolian selectors */
    {0x200b, 0x200d, false},   /* zero-width */
    {0x200e, 0x200f, true},    /* direction marks */
    {0x2028, 0x2029, false},   /* separators */
    {0x202a, 0x202e, true},    /* bidi embeddings and overrides */
    {0x2060, 0x2065, false},   /* word joiner, invisible operators */
    {0x2066, 0x2069, true},    /* bidi isolates */
    {0x206a, 0x206f, false},   /* deprecated formats */
    {0x2e3a, 0x2e3b, false},   /* two- and three-em dash */
    {0x3164, 0x3164, false},   /* Hangul filler */
    {0xd7b0, 0xf8ff, false},   /* jamo extensions, surrogates, private use */
    {0xfdd0, 0xfdef, false},   /* noncharacters */
    {0xfdfd, 0xfdfd, false},   /* the widest ligature there is */
    {0xfe00, 0xfe0f, false},   /* variation selectors */
    {0xfeff, 0xfeff, false},   /* byte order mark */
    {0xffa0, 0xffa0, false},   /* halfwidth Hangul filler */
    {0xfff0, 0xfffc, false},   /* annotation, object replacement */
    {0xfffe, 0xffff, false},   /* noncharacters */
    {0x12000, 0x1254f, false}, /* cuneiform: glyphs many columns wide */
    {0x13430, 0x1345f, false}, /* hieroglyph format controls */
    {0x1bca0, 0x1bca3, false}, /* shorthand format controls */
    {0x1d173, 0x1d17a, false}, /* musical format controls */
    {0x1f1e6, 0x1f1ff, false}, /* regional indicators: two become one flag */
    {0x1f3fb, 0x1f3ff, false}, /* skin tones: join the emoji before them */
    {0xe0000, 0xe0fff, true},  /* tags: a text within the text that nobody sees */
    {0xe1000, 0x10ffff, false} /* private use */
};

enum utf8_effect utf8_effect(uint32_t code)
{
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe && code >= unsafe[i].first; i++) {
        if (code <= unsafe[i].last) {
            return unsafe[i].acts ? UTF8_ACTS : UTF8_HIDES;
        }
    }
    return UTF8_SHOWS;
}

size_t utf8_valid_prefix(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    const char *at = skip_ascii(bytes, end);
    while (at < end) {
        if ((unsigned char)*at < 0x80) {
            at++;
            if (end - at >= 32 && (load(at) & HIGH_BITS) == 0) {
                at = skip_ascii(at, end);
            }
            continue;
        }
        bool valid;
        size_t step = sequence((const unsigned char *)at, (const unsigned char *)end, &valid);
        if (!valid) {
            break;
        }
        at += step;
    }
    return (size_t)(at - bytes);
}

bool utf8_append_repaired(struct buf *out, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (;;) {
        size_t good = utf8_valid_prefix(bytes, (size_t)(end - bytes));
        if (!buf_append(out, bytes, good)) {
            return false;
        }
        bytes += good;
        if (bytes == end) {
            return true;
        }
        bool valid;
        bytes += sequence((const unsigned char *)bytes, (const unsigned char *)end, &valid);
        if (!buf_append(out, REPLACEMENT, sizeof REPLACEMENT - 1)) {
            return false;
        }
    }
}
