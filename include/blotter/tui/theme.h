/*
 * theme: how each role looks. A theme is an INI file: one role a line, a colour for the text, "on"
 * and a colour for the background, attributes; `inherit = NAME` takes another theme first.
 *
 *     inherit = dark
 *     text = #d8dee9 on #2e3440
 *     pnl.up = green bold
 *     selected = on 238
 *
 * What a line does not name is as in `text`. The shipped themes are built in, so a program always
 * has them. Source: doc/screen.md, "Looks".
 */
#ifndef BLOTTER_TUI_THEME_H
#define BLOTTER_TUI_THEME_H

#include <blotter/tui/color.h>
#include <blotter/view/canvas.h>

#include <stddef.h>

#define THEME_NAME_MAX 64
#define THEME_ERROR_MAX 256
#define THEME_BYTES_MAX 65536 /* of one file */
#define THEME_INHERIT_MAX 8

#define THEME_BOLD CELL_BOLD
#define THEME_DIM CELL_DIM
#define THEME_UNDERLINE CELL_UNDERLINE
#define THEME_REVERSE CELL_REVERSE
#define THEME_ITALIC 0x100u /* beyond what cells ask for */

/* What a cell looks like on a terminal. */
struct look {
    struct color fg, bg;
    unsigned attributes; /* THEME_ bits */
};

struct theme {
    char name[THEME_NAME_MAX];
    struct look roles[ROLE_COUNT];
};

struct theme_error {
    char text[THEME_ERROR_MAX]; /* "nord.ini:7: unknown role 'pnl.upp' (did you mean 'pnl.up'?)" */
};

/*
 * Loads a theme by name: NAME.ini in one of the directories (NULL-terminated, may be NULL), else
 * built in. A name with a '/' is a path. False with a sentence in *ret_error; *ret untouched.
 */
bool theme_load(const char *name, const char *const *dirs, struct theme *ret,
                struct theme_error *ret_error);

/* Parses text as a theme file; label names it in messages. Inherited themes come from dirs. */
bool theme_parse(const char *label, const char *text, size_t len, const char *const *dirs,
                 struct theme *ret, struct theme_error *ret_error);

/* The i-th built-in theme's name, NULL past the end. */
const char *theme_builtin(size_t i);

/* The name after `name` among the built-in themes and those in dirs, round and round. */
void theme_next(const char *name, const char *const *dirs, char ret[THEME_NAME_MAX]);

/* The look of a role, with a cell's own attributes, on a terminal of that depth. */
struct look theme_look(const struct theme *theme, enum role role, unsigned attributes,
                       enum color_depth depth);

bool look_equal(const struct look *a, const struct look *b);

#endif
