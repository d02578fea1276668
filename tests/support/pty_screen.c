/* What the emulator shows, as text and as cells. */
#include "pty_private.h"

#include <stdlib.h>
#include <string.h>

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[extra] | (c >> (6 * extra)));
    for (size_t i = 1; i <= extra; i++) {
        out[i] = (char)(0x80 | ((c >> (6 * (extra - i))) & 0x3F));
    }
    return extra + 1;
}

static size_t cell_text(const VTermScreenCell *cell, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++) {
        if (cell->chars[i] != UINT32_MAX) {
            len += put_utf8(out + len, cell->chars[i]);
        }
    }
    return len;
}

static size_t render_row(struct pty *pty, int row, char *out)
{
    size_t len = 0;
    size_t trimmed = 0;
    for (int col = 0; col < pty->cols; col++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(pty->screen, (VTermPos){row, col}, &cell);
        if (cell.chars[0] == UINT32_MAX) {
            continue; /* the right half of a wide character */
        }
        if (cell.chars[0] == 0) {
            out[len++] = ' ';
            continue;
        }
        len += cell_text(&cell, out + len);
        trimmed = cell.chars[0] == ' ' ? trimmed : len;
    }
    out[trimmed] = '\0';
    return trimmed;
}

static size_t row_capacity(const struct pty *pty)
{
    return (size_t)pty->cols * VTERM_MAX_CHARS_PER_CELL * 4 + 2;
}

const char *pty_row(struct pty *pty, int row)
{
    if (row < 0 || row >= pty->rows) {
        return "";
    }
    free(pty->row_text);
    pty->row_text = malloc(row_capacity(pty));
    if (pty->row_text == NULL) {
        abort();
    }
    render_row(pty, row, pty->row_text);
    return pty->row_text;
}

const char *pty_screen(struct pty *pty)
{
    free(pty->screen_text);
    pty->screen_text = malloc(row_capacity(pty) * (size_t)pty->rows + 1);
    if (pty->screen_text == NULL) {
        abort();
    }
    size_t len = 0;
    for (int row = 0; row < pty->rows; row++) {
        len += render_row(pty, row, pty->screen_text + len);
        pty->screen_text[len++] = '\n';
    }
    pty->screen_text[len] = '\0';
    return pty->screen_text;
}

/* The column of a byte offset in a rendered row: cells before it, wide ones counted twice. */
static int column_of(struct pty *pty, int row, size_t offset)
{
    size_t len = 0;
    for (int col = 0; col < pty->cols; col++) {
        VTermScreenCell cell;
        char text[VTERM_MAX_CHARS_PER_CELL * 4];
        vterm_screen_get_cell(pty->screen, (VTermPos){row, col}, &cell);
        if (cell.chars[0] == UINT32_MAX) {
            continue;
        }
        if (len >= offset) {
            return col;
        }
        len += cell.chars[0] == 0 ? 1 : cell_text(&cell, text);
    }
    return pty->cols;
}

bool pty_find(struct pty *pty, const char *text, int *ret_row, int *ret_col)
{
    for (int row = 0; row < pty->rows; row++) {
        const char *line = pty_row(pty, row);
        const char *at = strstr(line, text);
        if (at != NULL) {
            size_t offset = (size_t)(at - line);
            *ret_row = row;
            *ret_col = column_of(pty, row, offset);
            return true;
        }
    }
    return false;
}

bool pty_has(struct pty *pty, const char *text)
{
    int row;
    int col;
    return pty_find(pty, text, &row, &col);
}

static void convert_color(struct pty *pty, const VTermColor *from, bool is_default,
                          struct pty_color *ret)
{
    VTermColor rgb = *from;
    vterm_screen_convert_color_to_rgb(pty->screen, &rgb);
    ret->kind = is_default ? PTY_DEFAULT : VTERM_COLOR_IS_INDEXED(from) ? PTY_INDEX : PTY_RGB;
    ret->index = VTERM_COLOR_IS_INDEXED(from) ? from->indexed.idx : -1;
    ret->red = rgb.rgb.red;
    ret->green = rgb.rgb.green;
    ret->blue = rgb.rgb.blue;
}

void pty_cell(struct pty *pty, int row, int col, struct pty_cell *ret)
{
    VTermScreenCell cell;
    memset(ret, 0, sizeof *ret);
    vterm_screen_get_cell(pty->screen, (VTermPos){row, col}, &cell);
    ret->text[cell_text(&cell, ret->text)] = '\0';
    ret->width = (unsigned char)cell.width;
    ret->bold = cell.attrs.bold;
    ret->underline = cell.attrs.underline != 0;
    ret->italic = cell.attrs.italic;
    ret->reverse = cell.attrs.reverse;
    convert_color(pty, &cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg), &ret->fg);
    convert_color(pty, &cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg), &ret->bg);
}
