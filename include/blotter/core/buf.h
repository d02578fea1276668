/*
 * buf: bytes that grow up to a ceiling given at birth. Going over it is an answer (false), not
 * an accident: what is there stays as it was.
 */
#ifndef BLOTTER_CORE_BUF_H
#define BLOTTER_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* len bytes and a NUL behind them; NULL before the first append */
    size_t len;
    size_t capacity;
    size_t max; /* len never exceeds it */
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf); /* frees; the buffer is as after buf_init */

/* Append; false and nothing changed when the result would exceed max. */
bool buf_append(struct buf *buf, const void *bytes, size_t len);
bool buf_append_text(struct buf *buf, const char *text);
/* As a part of a URL: all but letters, digits and "-._~" in percent. */
bool buf_append_url(struct buf *buf, const char *text);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes without changing the content; false when that exceeds max. */
bool buf_reserve(struct buf *buf, size_t len);

/* Removes the first len bytes (at most all). */
void buf_consume(struct buf *buf, size_t len);

/* Takes back what was appended behind the first len bytes, if there are more; keeps the memory. */
void buf_cut(struct buf *buf, size_t len);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);

/* The bytes, NUL-terminated, to be freed by the caller; never NULL. The buffer is empty after. */
char *buf_take(struct buf *buf, size_t *ret_len);

#endif
