/*
 * pty: a real program on a pseudo-terminal, with every byte it writes kept and fed into a terminal
 * emulator (libvterm). Nothing here sleeps: waiting is polling the program's output with a
 * deadline. All functions that wait return false when the deadline passes.
 */
#ifndef BLOTTER_TESTS_PTY_H
#define BLOTTER_TESTS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pty;

struct pty_options {
    const char *const *argv; /* NULL-terminated; argv[0] is a path */
    const char *const
        *env; /* NULL-terminated NAME=value, put over the pinned environment; NULL: none */
    int rows, cols;
    int ignored; /* a signal that the program is started without, as nohup does; 0: none */
};

/* Starts the program in a session of its own; aborts the test program on failure. */
struct pty *pty_start(const struct pty_options *options);

/* Kills the program when it still runs, reaps it, frees everything. NULL is fine. */
void pty_free(struct pty *pty);

/* The deadline that pty_wait* use when 0 is given, milliseconds. Scaled up under sanitizers. */
int pty_patience_ms(void);

typedef bool (*pty_predicate)(struct pty *pty, void *user);

/* Reads output until the predicate holds over the screen. */
bool pty_wait(struct pty *pty, pty_predicate predicate, void *user, int timeout_ms);
bool pty_wait_text(struct pty *pty, const char *text); /* somewhere on the screen, within one row */
bool pty_wait_no_text(struct pty *pty, const char *text);
bool pty_wait_row(struct pty *pty, int row, const char *text);
/* Until nothing was written for quiet_ms. */
bool pty_wait_quiet(struct pty *pty, int quiet_ms, int timeout_ms);
/* Until the program ended; *ret_status is its exit status, or 128+n when signal n killed it. */
bool pty_wait_exit(struct pty *pty, int timeout_ms, int *ret_status);

/* Of a program that has ended: the signal that killed it, 0 when it exited; whether it left a core.
 */
int pty_killed_by(const struct pty *pty);
bool pty_dumped_core(const struct pty *pty);

/* Closes the terminal under the program, as a lost connection does, and waits for its end. */
bool pty_hang_up(struct pty *pty, int *ret_status);

/* Reads what is there now, without waiting. Returns the bytes read. */
size_t pty_pump(struct pty *pty);

void pty_send(struct pty *pty, const char *keys);
void pty_send_bytes(struct pty *pty, const char *bytes, size_t len);
/* SGR mouse: button 0 left, 64 wheel up, 65 wheel down; row and col count from 0. */
void pty_click(struct pty *pty, int button, int row, int col);
void pty_paste(struct pty *pty, const char *text);
void pty_resize(struct pty *pty, int rows, int cols);
void pty_signal(struct pty *pty, int signo);
pid_t pty_pid(const struct pty *pty);
/* Readable when the program wrote something, for a wait on several things; read it by pty_pump. */
int pty_fd(const struct pty *pty);
/* Stops and starts reading: a terminal that does not take output. */
void pty_block_output(struct pty *pty, bool blocked);

/* The screen. Text is UTF-8, trailing blanks cut, and lives until the next call. */
const char *pty_row(struct pty *pty, int row);
const char *pty_screen(struct pty *pty); /* all rows, joined by newlines */
bool pty_find(struct pty *pty, const char *text, int *ret_row, int *ret_col);
bool pty_has(struct pty *pty, const char *text);

struct pty_color {
    enum { PTY_DEFAULT, PTY_INDEX, PTY_RGB } kind;
    int index;
    int red, green, blue; /* always set, by the emulator's palette when it is an index */
};
struct pty_cell {
    char text[32]; /* "" for the right half of a wide character */
    int width;
    bool bold, underline, italic, reverse;
    struct pty_color fg, bg;
};
void pty_cell(struct pty *pty, int row, int col, struct pty_cell *ret);
int pty_rows(const struct pty *pty);
int pty_cols(const struct pty *pty);

/* Modes as the bytes written so far have set them. */
struct pty_modes {
    bool alternate_screen, cursor_hidden, mouse, mouse_sgr, focus, paste;
    bool cooked; /* the line discipline echoes and is canonical */
};
void pty_modes(struct pty *pty, struct pty_modes *ret);

uint64_t pty_bytes(const struct pty *pty);                      /* written by the program so far */
const char *pty_output(const struct pty *pty, size_t *ret_len); /* all of them */
unsigned pty_bells(const struct pty *pty);

#endif
