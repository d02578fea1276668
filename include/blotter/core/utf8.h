/*
 * utf8: stepping through it, what stands for what is invalid, and which characters may reach a
 * terminal. Invalid input is replaced as the WHATWG
 * Encoding standard does it: one U+FFFD for each maximal subpart of an ill-formed sequence.
 */
#ifndef BLOTTER_CORE_UTF8_H
#define BLOTTER_CORE_UTF8_H

#include <blotter/core/buf.h>

#include <stdint.h>

#define UTF8_REPLACEMENT 0xfffdu

/* Bytes that a lead byte promises, itself included; 0 when no sequence begins with it. */
size_t utf8_length(unsigned char lead);

/* Decodes the sequence at bytes, of which there is at least one; returns the bytes it takes. One
 * that is invalid is UTF8_REPLACEMENT and takes its maximal subpart. */
size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_code);

/* Writes a code point (at most 4 bytes, no NUL); returns the bytes written. */
size_t utf8_put(uint32_t code, char out[4]);

/* What a code point does where text is shown. The one list of what may reach a terminal. */
enum utf8_effect {
    UTF8_SHOWS,
    UTF8_HIDES, /* invisible, unassignable, or of a width nobody can tell: no cell may hold it */
    UTF8_ACTS   /* a control, or it changes the direction of what stands around it: it may not even
                   be copied to a terminal */
};
enum utf8_effect utf8_effect(uint32_t code);

/* The length of the longest prefix that is valid UTF-8; len when all of it is. */
size_t utf8_valid_prefix(const char *bytes, size_t len);

/* Appends the bytes with U+FFFD in place of what is invalid. False, with a part appended, over the
 * ceiling. */
bool utf8_append_repaired(struct buf *out, const char *bytes, size_t len);

#endif
