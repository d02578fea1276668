/* Shared by the files of term alone. */
#ifndef BLOTTER_TUI_TERM_PRIVATE_H
#define BLOTTER_TUI_TERM_PRIVATE_H

#include <termios.h>
#include <blotter/tui/term.h>

enum term_text {
    TEXT_ENTER, /* alternate screen */
    TEXT_LEAVE,
    TEXT_HIDE, /* cursor */
    TEXT_SHOW,
    TEXT_CLEAR,
    TEXT_PLAIN, /* all attributes off */
    TEXT_BOLD,
    TEXT_DIM,
    TEXT_UNDERLINE,
    TEXT_REVERSE,
    TEXT_ITALIC,
    TEXT_NO_WRAP,
    TEXT_WRAP,
    TEXT_COUNT
};

enum { TERM_TEXT_MAX = 48 };

/* What the terminal can, from terminfo, padding removed. */
struct term_caps {
    char texts[TEXT_COUNT][TERM_TEXT_MAX]; /* "" when it cannot */
    char cursor[TERM_TEXT_MAX];            /* parametrised; "" when ANSI's is meant */
    int colors;
    int columns, rows; /* when the line does not know its size */
    bool ansi;         /* CSI sequences are understood */
    bool modern;       /* so are xterm's private modes */
    bool rgb;
};

/* Looks TERM up; false with a sentence in error. */
bool term_caps_load(struct term_caps *ret, int fd, char error[TERM_ERROR_MAX]);

/* The bytes that put the cursor at a cell. Returns their count. */
size_t term_caps_move(const struct term_caps *caps, int x, int y, char *out, size_t size);

/* What a crash has to do: write these bytes and set these modes. Armed until disarmed. */
void term_crash_arm(int fd, const char *bytes, size_t len, const struct termios *modes);
void term_crash_disarm(void);

#endif
