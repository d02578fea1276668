/*
 * utf8: is it valid, and what stands for what is not. Invalid input is replaced as the WHATWG
 * Encoding standard does it: one U+FFFD for each maximal subpart of an ill-formed sequence.
 */
#ifndef BLOTTER_CORE_UTF8_H
#define BLOTTER_CORE_UTF8_H

#include <blotter/core/buf.h>

/* The length of the longest prefix that is valid UTF-8; len when all of it is. */
size_t utf8_valid_prefix(const char *bytes, size_t len);

/* Appends the bytes with U+FFFD in place of what is invalid. False, with a part appended, over the
 * ceiling. */
bool utf8_append_repaired(struct buf *out, const char *bytes, size_t len);

#endif
