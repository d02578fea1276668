#include "term_private.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    GOODBYE_MAX = 400, /* bytes that restore the terminal */
    SIDE_MAX = 2000,
    STOPS_MAX = 64, /* times that we may be continued in the background */
    SGR_MAX = 96,
    FRAME_BYTES = 1024 /* a smaller frame is shown at once anyway */
};

#define ALL_ROWS "\033[r" /* scroll again */
#define REPORTS_ON "\033[?1004h\033[?2004h"
/* It is asked before the screen is cleared: what does not know the question may show its end. */
#define FRAMES_QUESTION "\033[?2026$p"
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define REPORTS_OFF "\033[?2004l\033[?1004l\033[?1006l\033[?1000l"

struct term {
    struct term_caps caps;
    struct term_settings settings;
    int fd;
    bool owns_fd;
    bool started;
    struct termios before; /* the line's modes when we came */
    bool has_before;
    char *queue; /* [sent, queued) has not been written yet */
    size_t sent, queued, capacity;
    struct look look; /* what the terminal is set to */
    bool look_known;
};

/* --- open and close ----------------------------------------------------------------------- */

/*
 * A description of its own: O_NONBLOCK on the one we were given would be set for the shell and
 * everybody else who shares it.
 */
static void open_line(struct term *term)
{
    const char *name = ttyname(STDOUT_FILENO);
    term->fd = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    term->owns_fd = term->fd >= 0;
    if (!term->owns_fd) {
        term->fd = STDOUT_FILENO;
    }
}

struct term *term_open(const struct term_settings *settings, char error[TERM_ERROR_MAX])
{
    struct term_caps caps;
    if (!isatty(STDOUT_FILENO)) {
        snprintf(error, TERM_ERROR_MAX, "stdout is not a terminal; use --watch or --snapshot");
        return NULL;
    }
    if (!term_caps_load(&caps, STDOUT_FILENO, error)) {
        return NULL;
    }
    struct term *term = mem_calloc(1, sizeof *term);
    term->caps = caps;
    term->settings = *settings;
    open_line(term);
    return term;
}

void term_close(struct term *term)
{
    if (term == NULL) {
        return;
    }
    term_stop(term);
    if (term->owns_fd) {
        close(term->fd);
    }
    free(term->queue);
    free(term);
}

static const char *text_of(const struct term *term, enum term_text text)
{
    return term->caps.texts[text];
}

/* --- start and stop ----------------------------------------------------------------------- */

static size_t goodbye(const struct term *term, char out[GOODBYE_MAX])
{
    char move[TERM_TEXT_MAX] = "";
    bool leaves = text_of(term, TEXT_LEAVE)[0] != '\0';
    if (!leaves) {
        int columns;
        int rows;
        term_size(term, &columns, &rows);
        struct term_place nowhere = {-1, -1}, bottom = {0, rows - 1};
        move[term_caps_move(&term->caps, nowhere, bottom, move, sizeof move - 1)] = '\0';
    }
    /* CAN ends a sequence that was being written when we were interrupted. */
    int len = snprintf(out, GOODBYE_MAX, "\030%s%s%s%s%s%s%s%s%s%s", text_of(term, TEXT_FRAME_END),
                       term->caps.scrolls ? ALL_ROWS : "", text_of(term, TEXT_PLAIN),
                       term->caps.modern ? REPORTS_OFF : "", text_of(term, TEXT_WRAP),
                       text_of(term, TEXT_SHOW), leaves ? "" : text_of(term, TEXT_CLEAR), move,
                       text_of(term, TEXT_LEAVE), leaves ? "" : "\r");
    return len < GOODBYE_MAX ? (size_t)len : 0;
}

/*
 * A background job stops until it is in the foreground, as the system does to those who change the
 * modes; but before they are looked at, for until then they are what the shell edits its line with.
 * Nobody can wake a process without a shell: it is not stopped, and goes on.
 */
static void wait_for_foreground(const struct term *term)
{
    for (int stops = 0; !term_is_ours(term) && stops < STOPS_MAX; stops++) {
        kill(0, SIGTTOU);
    }
}

/* The shell may have changed the modes since we were stopped. */
static void take_modes(struct term *term)
{
    if (!term->started) {
        wait_for_foreground(term);
        term->has_before = tcgetattr(term->fd, &term->before) == 0;
    }
}

/* Keys come as bytes, at once, and Ctrl-C and Ctrl-Z are keys; Ctrl-\ stays the way out. */
static void set_raw(struct term *term)
{
    struct termios raw;
    if (!term->has_before) {
        return;
    }
    raw = term->before;
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT | PARMRK);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    raw.c_lflag |= ISIG;
    raw.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
    raw.c_cflag |= CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VINTR] = _POSIX_VDISABLE;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
#ifdef VDSUSP
    raw.c_cc[VDSUSP] = _POSIX_VDISABLE;
#endif
    while (tcsetattr(term->fd, TCSANOW, &raw) != 0 && errno == EINTR) {
    }
}

static void put_text(struct term *term, const char *text)
{
    term_put(term, text, strlen(text));
}

static void arm_crash(const struct term *term)
{
    char bytes[GOODBYE_MAX];
    size_t len = goodbye(term, bytes);
    if (term->has_before) {
        term_crash_arm(&(struct term_crash){.fd = term->fd,
                                            .bytes = bytes,
                                            .len = len,
                                            .modes = &term->before,
                                            .log_path = term->settings.log_path});
    }
}

void term_start(struct term *term)
{
    take_modes(term);
    arm_crash(term); /* before there is anything to restore */
    set_raw(term);
    term->sent = term->queued = 0;
    if (!term->started) {
        put_text(term, text_of(term, TEXT_ENTER)); /* twice would lose the cursor's old place */
    }
    term->started = true;
    put_text(term, text_of(term, TEXT_HIDE));
    put_text(term, text_of(term, TEXT_NO_WRAP));
    if (term->caps.modern) {
        put_text(term, REPORTS_ON);
        put_text(term, text_of(term, TEXT_FRAME)[0] == '\0' ? FRAMES_QUESTION : "");
        put_text(term, term->settings.mouse ? MOUSE_ON : "");
    }
    term_clear(term);
}

void term_stop(struct term *term)
{
    if (!term->started) {
        return;
    }
    term->started = false;
    term->sent = term->queued = 0; /* what the terminal did not take is not wanted any more */
    char bytes[GOODBYE_MAX];
    term_write_last(term->fd, bytes, goodbye(term, bytes));
    if (term->has_before) {
        while (tcsetattr(term->fd, TCSANOW, &term->before) != 0 && errno == EINTR) {
        }
    }
    term_crash_disarm();
}

void term_set(struct term *term, const struct term_settings *settings)
{
    bool mouse_changes = settings->mouse != term->settings.mouse;
    term->settings = *settings;
    if (term->started && term->caps.modern && mouse_changes) {
        put_text(term, settings->mouse ? MOUSE_ON : "\033[?1006l\033[?1000l");
    }
}

/* --- what it is --------------------------------------------------------------------------- */

int term_fd(const struct term *term)
{
    return term->fd;
}

static int limit(int value)
{
    return value < 1 ? 1 : value > SIDE_MAX ? SIDE_MAX : value;
}

void term_size(const struct term *term, int *ret_columns, int *ret_rows)
{
    struct winsize size = {0};
    bool known = ioctl(term->fd, TIOCGWINSZ, &size) == 0;
    *ret_columns = limit(known && size.ws_col > 0 ? size.ws_col : term->caps.columns);
    *ret_rows = limit(known && size.ws_row > 0 ? size.ws_row : term->caps.rows);
}

enum color_depth term_depth(const struct term *term)
{
    const char *no_color = getenv("NO_COLOR");
    bool unwanted = no_color != NULL && no_color[0] != '\0';
    if (term->settings.color == TERM_COLOR_NEVER ||
        (term->settings.color == TERM_COLOR_AUTO && unwanted)) {
        return COLOR_MONO;
    }
    if (term->caps.rgb) {
        return COLOR_TRUE;
    }
    if (term->caps.colors >= 16) {
        return term->caps.colors >= 256 ? COLOR_256 : COLOR_16;
    }
    bool forced = term->settings.color == TERM_COLOR_ALWAYS;
    return term->caps.colors >= 8 || forced ? COLOR_8 : COLOR_MONO;
}

bool term_is_there(const struct term *term)
{
    struct termios ignored;
    return tcgetattr(term->fd, &ignored) == 0;
}

bool term_is_ours(const struct term *term)
{
    pid_t owner = tcgetpgrp(term->fd);
    return owner < 0 || owner == getpgrp();
}

bool term_is_modern(const struct term *term)
{
    return term->caps.modern;
}

long term_read(struct term *term, char *out, size_t size)
{
    ssize_t got = read(term->fd, out, size);
    if (got > 0) {
        return got;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* --- output ------------------------------------------------------------------------------- */

void term_put(struct term *term, const char *bytes, size_t len)
{
    if (len == 0) {
        return; /* what a terminal lacks is an empty text */
    }
    if (term->queued + len > term->capacity) {
        term->capacity = (term->queued + len) * 2;
        term->queue = mem_realloc(term->queue, term->capacity);
    }
    memcpy(term->queue + term->queued, bytes, len);
    term->queued += len;
}

void term_move(struct term *term, int from_x, int from_y, int x, int y)
{
    char bytes[TERM_TEXT_MAX];
    struct term_place from = {from_x, from_y}, to = {x, y};
    term_put(term, bytes, term_caps_move(&term->caps, from, to, bytes, sizeof bytes));
}

bool term_erase(struct term *term, int cells, bool to_end)
{
    char bytes[TERM_TEXT_MAX];
    bool ground = term->look.bg.kind == COLOR_DEFAULT || term->caps.fills;
    bool drawn = (term->look.attributes & (THEME_UNDERLINE | THEME_REVERSE)) != 0;
    int len = to_end ? snprintf(bytes, sizeof bytes, "\033[K")
                     : snprintf(bytes, sizeof bytes, "\033[%dX", cells);
    if (!term->caps.erases || !ground || drawn || len + 1 >= cells) {
        return false;
    }
    term_put(term, bytes, (size_t)len);
    return true;
}

bool term_scroll(struct term *term, int top, int bottom, int by)
{
    char text[64];
    if (!term->caps.scrolls) {
        return false;
    }
    snprintf(text, sizeof text, "\033[%d;%dr\033[%d%c" ALL_ROWS, top + 1, bottom + 1, abs(by),
             by > 0 ? 'S' : 'T');
    put_text(term, text);
    return true;
}

void term_set_frames(struct term *term, bool can)
{
    snprintf(term->caps.texts[TEXT_FRAME], TERM_TEXT_MAX, "%s", can ? "\033[?2026h" : "");
    snprintf(term->caps.texts[TEXT_FRAME_END], TERM_TEXT_MAX, "%s", can ? "\033[?2026l" : "");
    if (term->started) {
        arm_crash(term); /* it ends a frame, too */
    }
}

void term_frame(struct term *term, size_t before)
{
    const char *begin = text_of(term, TEXT_FRAME);
    size_t len = strlen(begin), at = term->sent + before;
    if (len == 0 || term_queued(term) - before <= FRAME_BYTES) {
        return;
    }
    put_text(term, begin); /* makes the room */
    memmove(term->queue + at + len, term->queue + at, term->queued - len - at);
    memcpy(term->queue + at, begin, len);
    put_text(term, text_of(term, TEXT_FRAME_END));
}

void term_clear(struct term *term)
{
    term->look_known = false;
    term_look(term, &(struct look){0});
    put_text(term, text_of(term, TEXT_CLEAR));
}

void term_bell(struct term *term)
{
    put_text(term, "\a");
}

bool term_flush(struct term *term)
{
    while (term->sent < term->queued) {
        ssize_t wrote = write(term->fd, term->queue + term->sent, term->queued - term->sent);
        if (wrote > 0) {
            term->sent += (size_t)wrote;
        } else if (wrote < 0 && errno == EINTR) {
            continue;
        } else {
            return wrote < 0 && errno == EAGAIN;
        }
    }
    term->sent = term->queued = 0;
    return true;
}

size_t term_queued(const struct term *term)
{
    return term->queued - term->sent;
}

/* --- looks -------------------------------------------------------------------------------- */

struct attribute_row {
    unsigned bit;
    enum term_text text;
    int sgr;
};

static const struct attribute_row attribute_rows[] = {
    {THEME_BOLD, TEXT_BOLD, 1},       {THEME_DIM, TEXT_DIM, 2},
    {THEME_ITALIC, TEXT_ITALIC, 3},   {THEME_UNDERLINE, TEXT_UNDERLINE, 4},
    {THEME_REVERSE, TEXT_REVERSE, 7},
};
enum { ATTRIBUTE_ROWS = sizeof attribute_rows / sizeof attribute_rows[0] };

/* Attributes that the terminal has; what it lacks is not asked for. */
static unsigned possible(const struct term *term, unsigned attributes)
{
    unsigned result = 0;
    for (size_t i = 0; i < ATTRIBUTE_ROWS; i++) {
        bool has = text_of(term, attribute_rows[i].text)[0] != '\0';
        result |= has ? attributes & attribute_rows[i].bit : 0;
    }
    return result;
}

static int add_color(char *out, size_t size, struct color color, bool background)
{
    int base = background ? 40 : 30;
    if (color.kind == COLOR_DEFAULT) {
        return snprintf(out, size, "%d;", base + 9);
    }
    if (color.kind == COLOR_RGB) {
        return snprintf(out, size, "%d;2;%d;%d;%d;", base + 8, color.red, color.green, color.blue);
    }
    if (color.index < 8) {
        return snprintf(out, size, "%d;", base + color.index);
    }
    if (color.index < 16) {
        return snprintf(out, size, "%d;", base + 60 + color.index - 8);
    }
    return snprintf(out, size, "%d;5;%d;", base + 8, color.index);
}

/* One SGR sequence from what is set to what is wanted, the shorter way. */
static void put_sgr(struct term *term, const struct look *look)
{
    char sgr[SGR_MAX] = "\033[";
    size_t len = 2;
    struct look now = term->look;
    if (!term->look_known || (now.attributes & ~look->attributes) != 0) {
        len += (size_t)snprintf(sgr + len, sizeof sgr - len, "0;");
        now = (struct look){0};
    }
    for (size_t i = 0; i < ATTRIBUTE_ROWS; i++) {
        if ((look->attributes & ~now.attributes & attribute_rows[i].bit) != 0) {
            len += (size_t)snprintf(sgr + len, sizeof sgr - len, "%d;", attribute_rows[i].sgr);
        }
    }
    if (!color_equal(now.fg, look->fg)) {
        len += (size_t)add_color(sgr + len, sizeof sgr - len, look->fg, false);
    }
    if (!color_equal(now.bg, look->bg)) {
        len += (size_t)add_color(sgr + len, sizeof sgr - len, look->bg, true);
    }
    sgr[len - 1] = 'm'; /* in place of the last ';' */
    term_put(term, sgr, len);
}

static void put_capabilities(struct term *term, const struct look *look)
{
    put_text(term, text_of(term, TEXT_PLAIN));
    for (size_t i = 0; i < ATTRIBUTE_ROWS; i++) {
        if ((look->attributes & attribute_rows[i].bit) != 0) {
            put_text(term, text_of(term, attribute_rows[i].text));
        }
    }
}

void term_look(struct term *term, const struct look *wanted)
{
    struct look look = *wanted;
    if (term->look_known && look_equal(wanted, &term->look)) {
        return; /* nearly always: a look lasts for many cells */
    }
    look.attributes = possible(term, look.attributes);
    if (term->look_known && look_equal(&look, &term->look)) {
        return;
    }
    if (term->caps.ansi) {
        put_sgr(term, &look);
    } else {
        put_capabilities(term, &look);
    }
    term->look = look;
    term->look_known = true;
}
