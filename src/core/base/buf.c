#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64

void buf_init(struct buf *buf, size_t max)
{
    /* One less than the type's end leaves room for the NUL. */
    *buf = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_done(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

bool buf_reserve(struct buf *buf, size_t len)
{
    if (len > buf->max - buf->len) {
        return false;
    }
    size_t needed = buf->len + len + 1;
    if (needed <= buf->capacity) {
        return true;
    }
    size_t doubled = buf->capacity > buf->max / 2 ? buf->max + 1 : buf->capacity * 2;
    size_t capacity = needed > doubled ? needed : doubled;
    if (capacity < BUF_FIRST) {
        capacity = BUF_FIRST;
    }
    buf->data = mem_realloc(buf->data, capacity);
    buf->capacity = capacity;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (!buf_reserve(buf, len)) {
        return false;
    }
    if (len > 0) {
        memcpy(buf->data + buf->len, bytes, len);
    }
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

bool buf_append_url(struct buf *buf, const char *text)
{
    bool good = true;
    for (; good && *text != '\0'; text++) {
        good = is_unreserved(*text) ? buf_append(buf, text, 1)
                                    : buf_printf(buf, "%%%02X", (unsigned char)*text);
    }
    return good;
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    bool fits = len >= 0 && buf_reserve(buf, (size_t)len);
    if (fits) {
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    return fits;
}

void buf_consume(struct buf *buf, size_t len)
{
    size_t gone = len < buf->len ? len : buf->len;
    if (gone == 0) {
        return;
    }
    memmove(buf->data, buf->data + gone, buf->len - gone + 1);
    buf->len -= gone;
}

void buf_cut(struct buf *buf, size_t len)
{
    if (buf->data != NULL && len <= buf->len) {
        buf->len = len;
        buf->data[len] = '\0';
    }
}

void buf_clear(struct buf *buf)
{
    buf_cut(buf, 0);
}

char *buf_take(struct buf *buf, size_t *ret_len)
{
    char *data = buf->data != NULL ? buf->data : mem_dup(NULL, 0);
    if (ret_len != NULL) {
        *ret_len = buf->len;
    }
    buf_init(buf, buf->max);
    return data;
}
