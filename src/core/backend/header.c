#include <blotter/core/backend.h>

#include <string.h>

#define SECRET "secret:"
#define BASIC "basic:"

static bool begins(const char *text, size_t len, const char *word)
{
    return len >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

static bool append_secret(struct buf *out, const char *name, size_t len, backend_value_fn secret,
                          void *user)
{
    const char *value = secret(user, name, len);
    return value != NULL && buf_append_text(out, value);
}

static bool append_base64(struct buf *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bool good = true;
    for (size_t i = 0; good && i < len; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;
        group |= i + 1 < len ? (unsigned)bytes[i + 1] << 8 : 0;
        group |= i + 2 < len ? (unsigned)bytes[i + 2] : 0;
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        i + 1 < len ? digits[group >> 6 & 63] : '=',
                        i + 2 < len ? digits[group & 63] : '='};
        good = buf_append(out, text, sizeof text);
    }
    return good;
}

/* Secrets leave no copy behind. */
static void wipe(struct buf *buf)
{
    volatile char *at = buf->data;
    for (size_t i = 0; i < buf->len; i++) {
        at[i] = 0;
    }
    buf_done(buf);
}

/* {basic:NAME:NAME} */
static bool append_basic(struct buf *out, const char *names, size_t len, backend_value_fn secret,
                         void *user)
{
    const char *colon = memchr(names, ':', len);
    if (colon == NULL) {
        return false;
    }
    struct buf both;
    buf_init(&both, out->max);
    size_t first = (size_t)(colon - names);
    bool good = buf_reserve(&both, 1) && append_secret(&both, names, first, secret, user) &&
                buf_append_text(&both, ":") &&
                append_secret(&both, colon + 1, len - first - 1, secret, user) &&
                append_base64(out, (const unsigned char *)both.data, both.len);
    wipe(&both);
    return good;
}

bool backend_header_value(struct buf *out, const struct backend_header *header,
                          backend_value_fn secret, void *user)
{
    const char *text = header->value, *at = text, *name;
    size_t len;
    while (backend_next_name(&at, &name, &len)) {
        if (!buf_append(out, text, (size_t)(name - 1 - text))) {
            return false;
        }
        bool good = begins(name, len, SECRET) ? append_secret(out, name + strlen(SECRET),
                                                              len - strlen(SECRET), secret, user)
                    : begins(name, len, BASIC)
                        ? append_basic(out, name + strlen(BASIC), len - strlen(BASIC), secret, user)
                        : false;
        if (!good) {
            return false;
        }
        text = at;
    }
    return buf_append_text(out, text);
}

/* --- comments -------------------------------------------------------------------------------- */

/* "*" stands for any bytes, everything else for itself. */
static bool fits(const char *glob, const char *text, size_t len)
{
    const char *star = NULL, *end = text + len, *retry = NULL;
    while (text < end) {
        if (*glob == '*') {
            star = ++glob;
            retry = text;
        } else if (*glob == *text && *glob != '\0') {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}

enum backend_comment_act backend_comment(const struct backend_stream *stream, const char *text,
                                         size_t len)
{
    for (size_t i = 0; i < stream->comment_count; i++) {
        if (fits(stream->comments[i].glob, text, len)) {
            return stream->comments[i].act;
        }
    }
    return BACKEND_COMMENT_NOTHING;
}
