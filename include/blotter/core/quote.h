/*
 * quote: text and JSON of others as JSON that may be given to anybody: valid UTF-8, and nothing in
 * it that a terminal acts on. What means the same as an escape is written as one; every other byte
 * passes as it was sent.
 */
#ifndef BLOTTER_CORE_QUOTE_H
#define BLOTTER_CORE_QUOTE_H

#include <blotter/core/buf.h>
#include <blotter/core/span.h>

/* A quoted JSON string of any bytes: controls and characters that change the direction of text
 * become \uXXXX, invalid UTF-8 U+FFFD. Nothing more is appended over the buffer's ceiling. */
void quote_text(struct buf *out, const char *text, size_t len);

/* A checked JSON value as it was written; one without bytes is null. */
void quote_value(struct buf *out, struct span value);

/* The same for a terminal: what is invisible is escaped as well. */
void quote_shown(struct buf *out, struct span value);

/* As quote_value, on one line: line breaks between its parts become spaces. */
void quote_line(struct buf *out, struct span value);

#endif
