/* Shared by the files of term alone. */
#ifndef BLOTTER_TUI_TERM_PRIVATE_H
#define BLOTTER_TUI_TERM_PRIVATE_H

#include <blotter/tui/term.h>

#include <termios.h>

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
    TEXT_FRAME, /* from here to the end of a frame the terminal shows nothing … */
    TEXT_FRAME_END,
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
    bool erases;  /* ECH and EL are understood … */
    bool scrolls; /* DECSTBM, SU and SD are understood */
    bool fills;   /* … and leave the ground that is set, not the terminal's own */
};

/* Looks TERM up; false with a sentence in error. */
bool term_caps_load(struct term_caps *ret, int fd, char error[TERM_ERROR_MAX]);

struct term_place {
    int x, y; /* negative: not known */
};

/* The bytes that put the cursor at a cell, as few as it takes. Returns their count. */
size_t term_caps_move(const struct term_caps *caps, struct term_place from, struct term_place to,
                      char *out, size_t size);

enum { TERM_LOG_MAX = 1024 };

/* What a crash has to do: write these bytes, set these modes, say where the log is. All of it is
 * copied. */
struct term_crash {
    int fd;
    const char *bytes;
    size_t len;
    const struct termios *modes;
    const char *log_path; /* NULL: none */
};
void term_crash_arm(const struct term_crash *plan);
void term_crash_disarm(void);

/* Bytes that have to arrive: gives the terminal a second to take them, at the price of what else
 * waits to be taken. Async-signal-safe. */
void term_write_last(int fd, const char *bytes, size_t len);

#endif
