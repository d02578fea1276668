/*
 * ini: reads the one file format of config and themes: "[section]", "name = value", comments from
 * "#" or ";" at the start of a line and from " ;" to its end. Each line stands for itself (no
 * continuation lines). Pure: bytes in, one call per pair out, every refusal with its line.
 */
#ifndef BLOTTER_CORE_INI_H
#define BLOTTER_CORE_INI_H

#include <stdbool.h>
#include <stddef.h>

#define INI_LINE_BYTES_MAX 190
#define INI_SECTION_BYTES_MAX 48
#define INI_ERROR_BYTES 128

struct ini_pair {
    const char *section; /* "" before the first section */
    const char *name;
    const char *value; /* white space around it removed; "" when there is none */
    int line;          /* counts from 1 */
};

struct ini_error {
    int line;
    char text[INI_ERROR_BYTES]; /* one sentence without a full stop */
};

/* Takes one pair; returns false to refuse it and stop (it keeps the reason itself). Borrowed for
 * the call. */
typedef bool (*ini_pair_fn)(void *user, const struct ini_pair *pair);

/*
 * Reads len bytes of text. Returns false at the first line that is no INI (*ret_error then says
 * which and why) or that fn refused (*ret_error has the line and an empty text). A line of more
 * than INI_LINE_BYTES_MAX bytes, a [section] of more than INI_SECTION_BYTES_MAX and a NUL are
 * refused, never cut.
 */
bool ini_read(const char *text, size_t len, ini_pair_fn fn, void *user,
              struct ini_error *ret_error);

#endif
