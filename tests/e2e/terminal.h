/*
 * terminal: what a terminal makes of bytes that were written to it. For tests that prove that text
 * from outside reached it as text: which control functions and which characters came, and what is
 * left of them when the program has ended.
 */
#ifndef BLOTTER_TESTS_TERMINAL_H
#define BLOTTER_TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMINAL_FUNCTIONS_MAX 128

/* Which control functions and which characters stood in the bytes. */
struct terminal_use {
    char functions[TERMINAL_FUNCTIONS_MAX][24]; /* "C0 07", "CSI ?25h", "ESC (0", "OSC 0;x" */
    size_t function_count;
    uint8_t codes[0x110000 / 8]; /* a bit for each code point beyond ASCII */
    unsigned marks;              /* the longest run of combining marks */
    bool invalid;                /* bytes that are no UTF-8 */
};

void terminal_use_read(struct terminal_use *use, const char *bytes, size_t len);

/*
 * What is used beyond what the harmless twin uses, in words; NULL when nothing is. Looks, moves and
 * clears are free; a U+FFFD stands for what was not let through.
 */
const char *terminal_use_beyond(const struct terminal_use *use, const struct terminal_use *twin,
                                char *why, size_t size);

/*
 * Writes the bytes to an emulator and then tries it out: title, icon, palette, pen, screen, cursor,
 * mouse, character sets, scroll region, insert and wrap modes. NULL when all are as at first.
 */
const char *terminal_left_changed(const char *bytes, size_t len, int rows, int cols);

#endif
