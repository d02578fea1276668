/* The one file that asks terminfo. */
#include "term_private.h"

#include <blotter/view/text.h>

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

/* curses' macros of these names would shadow members. */
#undef columns
#undef lines

static const char *const text_names[TEXT_COUNT] = {
    [TEXT_ENTER] = "smcup", [TEXT_LEAVE] = "rmcup", [TEXT_HIDE] = "civis",
    [TEXT_SHOW] = "cnorm",  [TEXT_CLEAR] = "clear", [TEXT_PLAIN] = "sgr0",
    [TEXT_BOLD] = "bold",   [TEXT_DIM] = "dim",     [TEXT_UNDERLINE] = "smul",
    [TEXT_REVERSE] = "rev", [TEXT_ITALIC] = "sitm", [TEXT_NO_WRAP] = "rmam",
    [TEXT_WRAP] = "smam",
};

/* "$<5>" asks for a pause that no terminal of today needs. */
static void copy_unpadded(const char *from, char *out, size_t size)
{
    size_t len = 0;
    while (*from != '\0' && len + 1 < size) {
        const char *end = strncmp(from, "$<", 2) == 0 ? strchr(from, '>') : NULL;
        if (end != NULL) {
            from = end + 1;
        } else {
            out[len++] = *from++;
        }
    }
    out[len] = '\0';
}

static void get_text(const char *name, char *out, size_t size)
{
    const char *text = tigetstr(name);
    out[0] = '\0';
    if (text != NULL && (intptr_t)text != -1 && strlen(text) < size) {
        copy_unpadded(text, out, size);
    }
}

static int get_number(const char *name, int fallback)
{
    int number = tigetnum(name);
    return number > 0 ? number : fallback;
}

static bool get_flag(const char *name)
{
    return tigetflag(name) == 1;
}

static bool wants_rgb(void)
{
    const char *colorterm = getenv("COLORTERM");
    return get_flag("RGB") || get_flag("Tc") ||
           (colorterm != NULL &&
            (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0));
}

static bool set_up(int fd, char error[TERM_ERROR_MAX])
{
    const char *name = getenv("TERM");
    int status = 0;
    if (name == NULL || name[0] == '\0') {
        snprintf(error, TERM_ERROR_MAX,
                 "TERM is not set, so it is not known what this terminal can; "
                 "try TERM=xterm-256color, or --watch");
        return false;
    }
    if (setupterm(NULL, fd, &status) == OK) {
        return true;
    }
    snprintf(error, TERM_ERROR_MAX,
             "terminal type '%.60s' is %s; try TERM=xterm-256color, or --watch", name,
             status < 0 ? "not known: no terminfo database was found" : "not known here");
    return false;
}

static void get_erasing(struct term_caps *caps)
{
    char text[TERM_TEXT_MAX];
    get_text("ech", text, sizeof text);
    caps->erases = caps->ansi && strcmp(text, "\033[%p1%dX") == 0;
    caps->fills = get_flag("bce");
}

static void get_scrolling(struct term_caps *caps)
{
    static const char *const wanted[][2] = {
        {"csr", "\033[%i%p1%d;%p2%dr"}, {"indn", "\033[%p1%dS"}, {"rin", "\033[%p1%dT"}};
    char text[TERM_TEXT_MAX];
    caps->scrolls = caps->ansi;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        get_text(wanted[i][0], text, sizeof text);
        caps->scrolls = caps->scrolls && strcmp(text, wanted[i][1]) == 0;
    }
}

/* Synchronized updates (DEC 2026), where the terminal's entry says that it has them. */
static void get_frames(struct term_caps *caps)
{
    char sync[TERM_TEXT_MAX];
    for (int part = 1; part <= 2; part++) {
        get_text("Sync", sync, sizeof sync);
        const char *text = sync[0] != '\0' ? tparm(sync, part) : NULL;
        snprintf(caps->texts[part == 1 ? TEXT_FRAME : TEXT_FRAME_END], TERM_TEXT_MAX, "%s",
                 text != NULL && strlen(text) < TERM_TEXT_MAX ? text : "");
    }
}

bool term_caps_load(struct term_caps *ret, int fd, char error[TERM_ERROR_MAX])
{
    struct term_caps caps = {.colors = 0};
    if (!set_up(fd, error)) {
        return false;
    }
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (text_names[i] != NULL) {
            get_text(text_names[i], caps.texts[i], sizeof caps.texts[i]);
        }
    }
    get_text("cup", caps.cursor, sizeof caps.cursor);
    if (caps.cursor[0] == '\0') {
        snprintf(error, TERM_ERROR_MAX,
                 "a terminal of type '%.60s' cannot place its cursor; use --watch or --snapshot",
                 getenv("TERM"));
        return false;
    }
    caps.ansi = strcmp(caps.cursor, "\033[%i%p1%d;%p2%dH") == 0;
    caps.colors = get_number("colors", 0);
    caps.columns = get_number("cols", 80);
    caps.rows = get_number("lines", 24);
    char mouse[TERM_TEXT_MAX];
    get_text("kmous", mouse, sizeof mouse);
    caps.modern = caps.ansi && mouse[0] != '\0';
    caps.rgb = caps.colors >= 8 && wants_rgb();
    get_erasing(&caps);
    get_scrolling(&caps);
    get_frames(&caps);
    *ret = caps;
    return true;
}

/* "\033[12C": by hand, for there is one before nearly every changed cell. */
static int put_sequence(char *out, const int *numbers, int count, char end)
{
    char *at = out;
    *at++ = '\033';
    *at++ = '[';
    for (int i = 0; i < count; i++) {
        at = text_count(at, (uint64_t)numbers[i]);
        *at++ = ';';
    }
    at -= count > 0; /* the last one */
    *at++ = end;
    *at = '\0';
    return (int)(at - out);
}

/* Relative moves along a row, and to the next one; 0 when there is none. */
static int move_near(const struct term_caps *caps, struct term_place from, struct term_place to,
                     char *out, size_t size)
{
    int by = to.x - from.x;
    if (from.y == to.y && to.x == 0) {
        return snprintf(out, size, "\r");
    }
    if (from.y == to.y && from.x >= 0 && by > 0) {
        return put_sequence(out, &by, by > 1, 'C');
    }
    if (from.y == to.y && caps->modern) {
        return put_sequence(out, (const int[]){to.x + 1}, 1, 'G');
    }
    if (from.y >= 0 && from.y + 1 == to.y && to.x == 0) {
        return snprintf(out, size, "\r\n");
    }
    return 0;
}

size_t term_caps_move(const struct term_caps *caps, struct term_place from, struct term_place to,
                      char *out, size_t size)
{
    if (caps->ansi) {
        int near = move_near(caps, from, to, out, size);
        const int place[] = {to.y + 1, to.x + 1};
        return (size_t)(near > 0 ? near : put_sequence(out, place, 2, 'H'));
    }
    char cursor[TERM_TEXT_MAX]; /* some curses want to be able to write to it */
    snprintf(cursor, sizeof cursor, "%s", caps->cursor);
    const char *text = tparm(cursor, to.y, to.x);
    return text == NULL ? 0 : (size_t)snprintf(out, size, "%s", text);
}
