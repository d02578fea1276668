/*
 * definitions: whether the text of a NAME.jq holds definitions and nothing else. jq itself would
 * take `. |` at its end, or `1 |` between two of them, for the beginning of what we append. Pure.
 */
#ifndef BLOTTER_ADAPT_DEFINITIONS_H
#define BLOTTER_ADAPT_DEFINITIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What stands where a definition should begin: NULL when nothing does; else its line in *ret_line
 * (from 1 on). What is wrong within a definition is left to jq. */
const char *definitions_stray(const char *text, int *ret_line);

/* The line of a word's first use in code; 1 when it has none. */
int definitions_line_of(const char *text, const char *word, size_t len);

#endif
