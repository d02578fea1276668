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
