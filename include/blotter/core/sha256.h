/*
 * sha256: what a secret may leave behind where it may not be itself (FIPS 180-4). Pure.
 */
#ifndef BLOTTER_CORE_SHA256_H
#define BLOTTER_CORE_SHA256_H

#include <stddef.h>

#define SHA256_TEXT_SIZE 65 /* 64 hex digits and the NUL */

/* Hex digits, in lower case, of the digest of bytes. */
void sha256_text(const void *bytes, size_t len, char ret[SHA256_TEXT_SIZE]);

#endif
