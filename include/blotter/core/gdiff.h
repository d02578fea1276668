/*
 * gdiff: a body told as what it has in common with an earlier one: W3C NOTE-gdiff-19970901, an
 * instance manipulation for HTTP (RFC 3229, "A-IM: gdiff"). Here it is undone.
 */
#ifndef BLOTTER_CORE_GDIFF_H
#define BLOTTER_CORE_GDIFF_H

#include <stddef.h>

#define GDIFF_MAGIC "\xd1\xff\xd1\xff\x04"
#define GDIFF_MAGIC_LEN 5

/*
 * The new bytes, NUL-terminated, to be freed by the caller; *ret_len without the NUL. NULL when the
 * delta is damaged, reaches beyond the old bytes, or makes more than max bytes.
 */
char *gdiff_apply(const char *old, size_t old_len, const char *delta, size_t delta_len, size_t max,
                  size_t *ret_len);

#endif
