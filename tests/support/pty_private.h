/* Shared by the files of the harness alone. */
#ifndef BLOTTER_TESTS_PTY_PRIVATE_H
#define BLOTTER_TESTS_PTY_PRIVATE_H

#include "pty.h"

#include <vterm.h>

enum { SEQUENCE_MAX = 64 };

struct pty {
    int master;
    pid_t pid;
    bool reaped, eof, blocked;
    int status, killed_by;
    bool dumped_core;
    int rows, cols;
    VTerm *vterm;
    VTermScreen *screen;
    char *output;
    size_t output_len, output_cap;
    size_t emulated;             /* bytes of it that the emulator has seen */
    char sequence[SEQUENCE_MAX]; /* the escape sequence being read */
    size_t sequence_len;
    bool in_sequence;
    struct pty_modes modes;
    unsigned bells;
    char *row_text, *screen_text;
};

#endif
