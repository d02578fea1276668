#include "glass.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

enum { ROW_BYTES = 4096, LINES_MAX = 4096, SAID_MAX = 40 };

struct glass {
    VTerm *vterm;
    VTermScreen *screen;
    int rows, columns;
};

struct glass *glass_new(int rows, int columns)
{
    struct glass *glass = calloc(1, sizeof *glass);
    if (glass == NULL) {
        abort();
    }
    glass->rows = rows;
    glass->columns = columns;
    glass->vterm = vterm_new(rows, columns);
    vterm_set_utf8(glass->vterm, 1);
    glass->screen = vterm_obtain_screen(glass->vterm);
    vterm_screen_enable_altscreen(glass->screen, 1);
    vterm_screen_reset(glass->screen, 1);
    return glass;
}

void glass_free(struct glass *glass)
{
    if (glass != NULL) {
        vterm_free(glass->vterm);
        free(glass);
    }
}

void glass_write(struct glass *glass, const char *bytes, size_t len)
{
    vterm_input_write(glass->vterm, bytes, len);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_frame(uint32_t c)
{
    return c >= 0x2500 && c <= 0x257f;
}

static bool is_rule(uint32_t c)
{
    return c == 0x2500 || c == 0x2501;
}

/* Bars and sparklines tell a history; the marker stands on the selected row. */
static bool is_left_out(uint32_t c)
{
    return (c >= 0x2580 && c <= 0x259f) || (c >= 0x2800 && c <= 0x28ff) || c == 0x25b8 ||
           c == UINT32_MAX;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

static uint32_t character(const struct glass *glass, int row, int column)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(glass->screen, (VTermPos){row, column}, &cell);
    return cell.chars[0] == 0 ? ' ' : cell.chars[0];
}

/* A row from a column up to the next frame, blanks squeezed. Returns the column behind it. */
static int read_part(const struct glass *glass, int row, int column, char *out)
{
    size_t len = 0;
    for (; column < glass->columns; column++) {
        uint32_t c = character(glass, row, column);
        if (is_frame(c)) {
            break;
        }
        bool blank = c == ' ' && (len == 0 || out[len - 1] == ' ');
        if (!blank && !is_left_out(c) && c <= 0xffff && len < ROW_BYTES - 4) {
            len += put_utf8(out + len, c);
        }
    }
    while (len > 0 && out[len - 1] == ' ') {
        len--;
    }
    out[len] = '\0';
    return column + 1;
}

static void read_row(const struct glass *glass, int row, char *out)
{
    size_t len = 0;
    for (int column = 0; column < glass->columns && len < ROW_BYTES - 4; column++) {
        len += put_utf8(out + len, character(glass, row, column) & 0xffff);
    }
    out[len] = '\0';
}

static int find_row(const struct glass *glass, const char *text)
{
    char line[ROW_BYTES];
    for (int row = 0; row < glass->rows; row++) {
        read_row(glass, row, line);
        if (strstr(line, text) != NULL) {
            return row;
        }
    }
    return -1;
}

bool glass_has(const struct glass *glass, const char *text)
{
    return find_row(glass, text) >= 0;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Behind the age that a row begins with ("4 min", "1 h 22"): it is repainted once a minute, so two
 * dashboards show two of them. */
static const char *skip_age(const char *part)
{
    static const char *const units[] = {" s ", " min ", " h ", " d "};
    part += *part == '!'; /* what wants attention is what was seen to happen */
    size_t digits = strspn(part, "0123456789");
    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++) {
        if (strncmp(part + digits, units[i], strlen(units[i])) == 0) {
            const char *rest = part + digits + strlen(units[i]);
            return rest + strspn(rest, "0123456789 ");
        }
    }
    return part;
}

/* A curve's labels: they tell of what was seen. */
static bool is_of_a_curve(const char *part)
{
    return strncmp(part, "Day ", 4) == 0 || part[strspn(part, "0123456789 :,.+-kLMCr")] == '\0';
}

/* A pane with its frame; all of it 0: there is none. */
struct box {
    int top, left, bottom, right;
};

static bool is_here(const struct glass *glass, int row, int column, const char *text)
{
    while (*text != '\0' && column < glass->columns &&
           character(glass, row, column) == (uint32_t)*text) {
        text++;
        column++;
    }
    return *text == '\0';
}

static struct box box_around(const struct glass *glass, int row, int column)
{
    struct box box = {row, column, row, column};
    while (box.left > 0 && is_rule(character(glass, row, box.left - 1))) {
        box.left--;
    }
    box.left -= box.left > 0; /* the corner */
    while (box.right + 1 < glass->columns && !is_frame(character(glass, row + 1, box.right + 1))) {
        box.right++;
    }
    while (box.bottom + 1 < glass->rows && is_frame(character(glass, box.bottom + 1, box.left))) {
        box.bottom++;
    }
    return box;
}

static struct box find_box(const struct glass *glass, const char *title)
{
    for (int row = 0; row + 1 < glass->rows; row++) {
        for (int column = 0; column < glass->columns; column++) {
            if (is_here(glass, row, column, title)) {
                return box_around(glass, row, column);
            }
        }
    }
    return (struct box){0, 0, 0, 0};
}

static bool is_inside(struct box box, int row, int column)
{
    return row >= box.top && row <= box.bottom && column > box.left && column <= box.right;
}

/* What was closed is forgotten by a server sooner than by who saw it; so is what it adds up to. */
static bool is_closed(const char *part)
{
    return strstr(part, " 0 ") != NULL || strstr(part, "TOTAL ") != NULL ||
           strncmp(part, "working ", 8) == 0;
}

/* The parts of a row that lie inside frames; a frame's own line holds a title, which may differ. */
static size_t collect_row(const struct glass *glass, int row, struct box without, char **lines,
                          size_t count)
{
    char part[ROW_BYTES];
    for (int column = 0; column < glass->columns && count < LINES_MAX;) {
        bool in_rule = column > 0 && is_rule(character(glass, row, column - 1));
        int next = read_part(glass, row, column, part);
        bool to_rule = next - 1 < glass->columns && is_rule(character(glass, row, next - 1));
        if (part[0] != '\0' && !is_inside(without, row, column) && !in_rule && !to_rule &&
            !is_of_a_curve(part) && !is_closed(part)) {
            lines[count++] = strdup(skip_age(part));
        }
        column = next;
    }
    return count;
}

void glass_say(const struct glass *glass)
{
    char line[ROW_BYTES];
    for (int row = 0; row < glass->rows; row++) {
        read_row(glass, row, line);
        size_t len = strlen(line);
        while (len > 0 && line[len - 1] == ' ') {
            len--;
        }
        if (len > 0) {
            printf("soak: |%.*s\n", (int)len, line);
        }
    }
}

/* The dashboard's mark of what nothing has confirmed. */
static const char *skip_mark(const char *part)
{
    static const char mark[] = "\u2248";
    return strncmp(part, mark, strlen(mark)) == 0 ? part + strlen(mark) : part;
}

char *glass_lines(const struct glass *glass)
{
    static char *lines[LINES_MAX];
    int first = find_row(glass, " 1 Orders ");
    struct box tape = find_box(glass, " 5 Tape ");
    if (first < 0 || tape.bottom == 0 || !glass_has(glass, " 2 Positions ") ||
        !glass_has(glass, " 3 Account ") || !glass_has(glass, " 4 Watchlist ")) {
        return NULL;
    }
    size_t count = 0, size = 1;
    for (int row = first; row + 1 < glass->rows; row++) {
        count = collect_row(glass, row, tape, lines, count);
    }
    for (size_t i = 0; i < count; i++) {
        char *bare = strdup(skip_age(skip_mark(lines[i])));
        free(lines[i]);
        lines[i] = bare;
    }
    qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++) {
        size += strlen(lines[i]) + 1;
    }
    char *text = calloc(1, size), *at = text;
    for (size_t i = 0; i < count && text != NULL; i++) {
        at += snprintf(at, size - (size_t)(at - text), "%s\n", lines[i]);
        free(lines[i]);
    }
    return text;
}

/* --- the difference --------------------------------------------------------------------------- */

/* Word by word; what they do not know we may know. */
static bool lines_match(const char *ours, size_t left, const char *theirs, size_t right)
{
    static const char unknown[] = "\u2014";
    const char *ours_end = ours + left, *theirs_end = theirs + right;
    while (ours < ours_end && theirs < theirs_end) {
        size_t a = strcspn(ours, " \n"), b = strcspn(theirs, " \n");
        bool same = a == b && strncmp(ours, theirs, a) == 0;
        if (!same && !(b == strlen(unknown) && strncmp(theirs, unknown, b) == 0)) {
            return false;
        }
        ours += a + (ours[a] == ' ');
        theirs += b + (theirs[b] == ' ');
        if (*ours == '\n' || *theirs == '\n') {
            break;
        }
    }
    return ours >= ours_end && theirs >= theirs_end;
}

bool glass_holds(const char *ours, const char *theirs)
{
    while (*theirs != '\0') {
        size_t left = strcspn(ours, "\n"), right = strcspn(theirs, "\n");
        if (*ours == '\0') {
            return false;
        }
        if (lines_match(ours, left, theirs, right)) {
            theirs += right + (theirs[right] == '\n');
        }
        ours += left + (ours[left] == '\n');
    }
    return true;
}

void glass_say_difference(const char *ours, const char *theirs)
{
    for (int said = 0; (*ours != '\0' || *theirs != '\0') && said < SAID_MAX;) {
        size_t left = strcspn(ours, "\n"), right = strcspn(theirs, "\n");
        int order = *ours == '\0'     ? 1
                    : *theirs == '\0' ? -1
                                      : strncmp(ours, theirs, left > right ? left : right);
        if (order != 0) {
            printf("soak:   %s %.*s\n", order < 0 ? "only the old one:  " : "only the fresh one:",
                   (int)(order < 0 ? left : right), order < 0 ? ours : theirs);
            said++;
        }
        ours += order <= 0 ? left + (ours[left] == '\n') : 0;
        theirs += order >= 0 ? right + (theirs[right] == '\n') : 0;
    }
}
