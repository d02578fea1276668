/*
 * term: the terminal itself: what it can (terminfo), raw mode and back on every way out, its size,
 * and output that never blocks: bytes wait here until the terminal takes them.
 *
 * terminfo comes from ncurses; painting does not, because curses redefines the palette for RGB
 * colours and spins when a write would block.
 */
#ifndef BLOTTER_TUI_TERM_H
#define BLOTTER_TUI_TERM_H

#include <blotter/tui/color.h>
#include <blotter/tui/theme.h>

#include <stddef.h>

struct term;

#define TERM_ERROR_MAX 256

struct term_settings {
    enum { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER } color;
    bool mouse;
    const char *log_path; /* said after a crash; NULL: there is no log. Lives as long as the term */
};

/*
 * Looks the terminal of stdout up. Writes nothing to it. NULL with a sentence in error when stdout
 * is no terminal, TERM is unknown, or the terminal cannot place its cursor.
 */
struct term *term_open(const struct term_settings *settings, char error[TERM_ERROR_MAX]);
void term_close(struct term *term); /* stops first; NULL is fine */

/* Changes colour and mouse of an open terminal; takes effect with the next frame or start. */
void term_set(struct term *term, const struct term_settings *settings);

/*
 * Raw mode, alternate screen, cursor off, reports on; and all of it back. Both may be called
 * again. While started, a crash (SIGSEGV, SIGABRT, …) and every signal that would end us and is not
 * handled restore the terminal before they go on. term_start stops a background job until it is in
 * the foreground.
 */
void term_start(struct term *term);
void term_stop(struct term *term);

/* What a crash does, for who ends the program in a handler of its own: async-signal-safe, nothing
 * where no terminal was started. */
void term_restore(void);

int term_fd(const struct term *term); /* for reading keys and for waiting until it takes output */
void term_size(const struct term *term, int *ret_columns, int *ret_rows);
enum color_depth term_depth(const struct term *term);
/* False once it was hung up. */
bool term_is_there(const struct term *term);
/* False while we are a background job, which must not touch the terminal. */
bool term_is_ours(const struct term *term);

/* Reads what was typed. 0: nothing now; -1: the terminal is gone. */
long term_read(struct term *term, char *out, size_t size);

/* --- output: queued until term_flush ------------------------------------------------------ */

void term_put(struct term *term, const char *bytes, size_t len);
/* From where the cursor is (negative: not known) to a cell, the shortest way. */
void term_move(struct term *term, int from_x, int from_y, int x, int y);
/* Blanks so many cells, or all to the end of the row, in the look that is set, without moving the
 * cursor. False when writing blanks is as short, or the terminal would not leave that look. */
bool term_erase(struct term *term, int cells, bool to_end);
/* Moves the rows from top to bottom, both of them included, up by so many (by < 0: down); what
 * comes in is blank in no look that is known, and nobody knows where the cursor is. False when the
 * terminal cannot. */
bool term_scroll(struct term *term, int top, int bottom, int by);
/* What the terminal answered when term_start asked whether it can hold a frame back (DEC 2026). */
void term_set_frames(struct term *term, bool can);
/* What was queued since term_queued said `before` is one frame: to be shown at once, where the
 * terminal can and it is worth it. */
void term_frame(struct term *term, size_t before);
/* Makes what follows look so; knows what the terminal is set to already. */
void term_look(struct term *term, const struct look *look);
void term_clear(struct term *term); /* blanks in the default look */
void term_bell(struct term *term);

/* Writes what the terminal takes now. False when it is gone. */
bool term_flush(struct term *term);
size_t term_queued(const struct term *term);

/* Whether the terminal understands xterm's private sequences (OSC 52, notifications, reports). */
bool term_is_modern(const struct term *term);

#endif
