/*
 * text: the one place where text from outside is made fit for a screen, measured and cut.
 *
 * Everything below takes raw bytes and looks at them through text_next, which never yields a
 * control (C0, C1, DEL), a bidi override, isolate or mark, a zero-width, tag, private-use or
 * unassigned character, a surrogate, invalid UTF-8, or a character wider than two columns: each
 * becomes one visible U+FFFD. So measuring, cutting and drawing cannot disagree, and no caller can
 * forget to clean. Widths are the C library's (wcwidth), as the terminal library's are; a program
 * that shows more than ASCII calls setlocale(LC_CTYPE, "") first. Source: doc/quality.md,
 * "Attacks".
 */
#ifndef BLOTTER_VIEW_TEXT_H
#define BLOTTER_VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_CLUSTER_MAX                                                                           \
    14 /* bytes of one cell's text, NUL included: a base and up to three marks */

/* What one cell (or two, when wide) shows: a character with its combining marks. */
struct text_cluster {
    char bytes[TEXT_CLUSTER_MAX]; /* UTF-8, NUL-terminated, zero-padded */
    uint8_t width;                /* 1 or 2 */
};

struct text_reader {
    const char *at, *end;
};

/* Reads the next cluster. False at the end. Marks over the third, or that do not fit, are left out.
 */
bool text_next(struct text_reader *reader, struct text_cluster *ret);

/* How many bytes from at are clusters of one printable ASCII character each. */
size_t text_plain(const char *at, const char *end);

/* Whether a code point may reach the screen as it is. */
bool text_code_is_safe(uint32_t code);

/* The ASCII character that stands for a cluster on an ASCII-only screen; '?' when there is none. */
char text_ascii(const char *cluster);

/* The glyph that stands for a cluster on a Linux console, whose fonts have those of a PC of old;
 * NULL when only ASCII's stand-in is left. */
const char *text_console(const char *cluster);

/* Columns that the text takes. */
int text_width(const char *text);
int text_width_n(const char *text, size_t len);

/* The text as it would be shown, as valid NUL-terminated UTF-8 of whole clusters that fit. Returns
 * the bytes written. */
size_t text_clean(const char *text, size_t len, char *out, size_t capacity);

/*
 * As text_clean, in at most `columns` columns: cut at the end or in the middle with one "…" where
 * it does not fit. The middle cut keeps a derivative's tail (strike and CE/PE, or their one-letter
 * forms), so "BANKNIFTY24O3152000PE" stays tellable from its neighbour.
 */
enum text_cut { TEXT_CUT_END, TEXT_CUT_MIDDLE };
struct text_fit {
    int columns;
    enum text_cut cut;
};
size_t text_fit(const char *text, struct text_fit fit, char *out, size_t capacity);

/* The longest piece from text on that fits into columns (at least one), broken after a blank where
 * there is one. Returns its end; never text itself before the end. */
const char *text_wrap(const char *text, const char *end, int columns);

/* Writes the digits of a number and a NUL, 21 bytes at most; returns where that stands. */
char *text_count(char *out, uint64_t count);

/* Case-insensitive (ASCII) search for a filter; an empty needle is found. NULL when not found. */
const char *text_find(const char *text, const char *needle);

#endif
