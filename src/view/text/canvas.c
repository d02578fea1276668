#include <blotter/core/alloc.h>
#include <blotter/view/canvas.h>

#include <stdlib.h>
#include <string.h>

struct rect rect_clip(struct rect outer, struct rect inner)
{
    int left = inner.x > outer.x ? inner.x : outer.x;
    int top = inner.y > outer.y ? inner.y : outer.y;
    int right = inner.x + inner.width < outer.x + outer.width ? inner.x + inner.width
                                                              : outer.x + outer.width;
    int bottom = inner.y + inner.height < outer.y + outer.height ? inner.y + inner.height
                                                                 : outer.y + outer.height;
    return (struct rect){left, top, right > left ? right - left : 0,
                         bottom > top ? bottom - top : 0};
}

struct rect rect_inset(struct rect rect, int n)
{
    int width = rect.width - 2 * n, height = rect.height - 2 * n;
    return (struct rect){rect.x + n, rect.y + n, width > 0 ? width : 0, height > 0 ? height : 0};
}

bool rect_contains(struct rect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

static int side(int n)
{
    return n < 1 ? 1 : n > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : n;
}

static struct rect whole(const struct canvas *canvas)
{
    return (struct rect){0, 0, canvas->columns, canvas->rows};
}

struct canvas *canvas_new(int columns, int rows)
{
    struct canvas *canvas = mem_calloc(1, sizeof *canvas);
    canvas_resize(canvas, columns, rows);
    return canvas;
}

void canvas_free(struct canvas *canvas)
{
    if (canvas != NULL) {
        free(canvas->cells);
        free(canvas->touched);
        free(canvas);
    }
}

void canvas_resize(struct canvas *canvas, int columns, int rows)
{
    canvas->columns = side(columns);
    canvas->rows = side(rows);
    size_t count = (size_t)canvas->columns * (size_t)canvas->rows;
    canvas->cells = mem_realloc(canvas->cells, count * sizeof *canvas->cells);
    canvas->touched = mem_realloc(canvas->touched, (size_t)canvas->rows * sizeof *canvas->touched);
    canvas_fill(canvas, whole(canvas), (struct style){ROLE_TEXT, 0});
}

void canvas_rest(struct canvas *canvas)
{
    memset(canvas->touched, 0, (size_t)canvas->rows * sizeof *canvas->touched);
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
    return &canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x];
}

const struct cell *canvas_cell(const struct canvas *canvas, int x, int y)
{
    return rect_contains(whole(canvas), x, y) ? cell_at(canvas, x, y) : NULL;
}

static void blank_text(struct cell *cell)
{
    memset(cell->text, 0, sizeof cell->text);
    cell->text[0] = ' ';
    cell->width = 1;
}

/* A wide character that begins or ends at the edge of what will be written loses its other half. */
static void heal(struct canvas *canvas, int y, int from, int to)
{
    if (from > 0 && from < canvas->columns && cell_at(canvas, from, y)->width == 0) {
        blank_text(cell_at(canvas, from - 1, y));
    }
    if (to < canvas->columns && cell_at(canvas, to, y)->width == 0) {
        blank_text(cell_at(canvas, to, y));
    }
}

void canvas_fill(struct canvas *canvas, struct rect area, struct style style)
{
    struct cell blank = {.text = " ",
                         .width = 1,
                         .role = (uint8_t)style.role,
                         .attributes = (uint8_t)style.attributes};
    area = rect_clip(whole(canvas), area);
    if (area.width == 0) {
        return;
    }
    for (int y = area.y; y < area.y + area.height; y++) {
        canvas->touched[y] = true;
        heal(canvas, y, area.x, area.x + area.width);
        struct cell *cell = cell_at(canvas, area.x, y);
        cell[0] = blank;
        for (int done = 1; done < area.width;) { /* copies of what is done, ever longer */
            int more = done < area.width - done ? done : area.width - done;
            memcpy(cell + done, cell, (size_t)more * sizeof *cell);
            done += more;
        }
    }
}

void canvas_copy(struct canvas *canvas, struct rect area, int from_y)
{
    area = rect_clip(whole(canvas), area);
    if (area.width == 0 || area.height == 0 || from_y < 0 || from_y >= canvas->rows) {
        return;
    }
    int end = area.x + area.width;
    canvas->touched[area.y] = true;
    heal(canvas, area.y, area.x, end);
    memmove(cell_at(canvas, area.x, area.y), cell_at(canvas, area.x, from_y),
            (size_t)area.width * sizeof *canvas->cells);
    /* Halves whose other half stands outside of what was copied. */
    struct cell *first = cell_at(canvas, area.x, area.y), *last = first + area.width - 1;
    if (first->width == 0) {
        blank_text(first);
    }
    if (last->width == 2) {
        blank_text(last);
    }
}

void canvas_tint(struct canvas *canvas, struct rect area, struct style style)
{
    area = rect_clip(whole(canvas), area);
    for (int y = area.y; y < area.y + area.height; y++) {
        canvas->touched[y] = true;
        for (int x = area.x; x < area.x + area.width; x++) {
            struct cell *cell = cell_at(canvas, x, y);
            if (style.role != ROLE_COUNT) {
                cell->role = (uint8_t)style.role;
            }
            cell->attributes |= (uint8_t)style.attributes;
        }
    }
}

static void set_cluster(struct canvas *canvas, struct cell *cell,
                        const struct text_cluster *cluster, struct style style)
{
    memcpy(cell->text, cluster->bytes, sizeof cell->text);
    cell->width = cluster->width;
    cell->role = (uint8_t)style.role;
    cell->attributes = (uint8_t)style.attributes;
    if (canvas->console && !canvas->ascii && (unsigned char)cell->text[0] == 0xE2) {
        const char *glyph = text_console(cluster->bytes);
        char ascii[2] = {text_ascii(cluster->bytes), '\0'};
        memset(cell->text, 0, sizeof cell->text);
        memcpy(cell->text, glyph != NULL ? glyph : ascii, strlen(glyph != NULL ? glyph : ascii));
    } else if (canvas->ascii && (unsigned char)cell->text[0] >= 0x80) {
        char ascii = text_ascii(cluster->bytes);
        blank_text(cell);
        cell->text[0] = ascii;
    } else if (canvas->ascii) {
        cell->text[1] = '\0'; /* a base without its marks */
        memset(cell->text + 1, 0, sizeof cell->text - 1);
    }
    if (cluster->width == 2) {
        cell[1] = cell[0];
        if (!canvas->ascii) {
            memset(cell[1].text, 0, sizeof cell[1].text);
            cell[1].width = 0;
        }
    }
}

static void put_cluster(struct canvas *canvas, int x, int y, const struct text_cluster *cluster,
                        struct style style)
{
    struct cell *cell = cell_at(canvas, x, y);
    int end = x + cluster->width;
    if (cell->width == 0 || (end < canvas->columns && cell_at(canvas, end, y)->width == 0)) {
        heal(canvas, y, x, end);
    }
    set_cluster(canvas, cell, cluster, style);
}

/* A run of plain characters, each a cell of its own, from x on; what lies outside is left out. */
static void put_plain(struct canvas *canvas, struct rect clip, int x, const char *text, int count,
                      struct style style)
{
    struct cell plain = {
        .width = 1, .role = (uint8_t)style.role, .attributes = (uint8_t)style.attributes};
    int from = x > clip.x ? x : clip.x, to = x + count;
    if (from >= to) {
        return;
    }
    heal(canvas, clip.y, from, to);
    struct cell *cell = cell_at(canvas, from, clip.y);
    for (text += from - x; from < to; from++) {
        plain.text[0] = *text++;
        *cell++ = plain;
    }
}

int canvas_put(struct canvas *canvas, struct rect area, const char *text, struct style style)
{
    struct rect clip = rect_clip(whole(canvas), area);
    if (clip.height == 0 || clip.width == 0 || clip.y != area.y) {
        return 0;
    }
    struct text_reader reader = {text, text + strlen(text)};
    struct text_cluster cluster;
    int x = area.x, end = clip.x + clip.width;
    canvas->touched[clip.y] = true;
    while (x < end) {
        size_t plain = text_plain(reader.at, reader.end);
        int count = plain < (size_t)(end - x) ? (int)plain : end - x;
        put_plain(canvas, clip, x, reader.at, count, style);
        reader.at += count;
        x += count;
        if (x >= end || !text_next(&reader, &cluster) || x + cluster.width > end) {
            break;
        }
        if (x >= clip.x) {
            put_cluster(canvas, x, area.y, &cluster, style);
        }
        x += cluster.width;
    }
    return x - area.x;
}

int canvas_put_right(struct canvas *canvas, struct rect area, const char *text, struct style style)
{
    int width = text_width(text);
    if (width < area.width) {
        area.x += area.width - width;
        area.width = width;
    }
    return canvas_put(canvas, area, text, style);
}

struct box_glyphs {
    const char *horizontal, *vertical,
        *corners[4]; /* top left, top right, bottom left, bottom right */
};

static const struct box_glyphs boxes[] = {
    [BOX_LIGHT] = {"─", "│", {"┌", "┐", "└", "┘"}},
    [BOX_HEAVY] = {"━", "┃", {"┏", "┓", "┗", "┛"}},
    [BOX_ROUND] = {"─", "│", {"╭", "╮", "╰", "╯"}},
};

/* Puts one glyph, a column wide, again and again along a line to the right or downwards. */
static void put_line(struct canvas *canvas, struct rect area, const char *glyph, struct style style)
{
    struct text_reader reader = {glyph, glyph + strlen(glyph)};
    struct text_cluster cluster;
    area = rect_clip(whole(canvas), area);
    if (!text_next(&reader, &cluster) || area.width == 0) {
        return;
    }
    for (int y = area.y; y < area.y + area.height; y++) {
        struct cell *first = cell_at(canvas, area.x, y);
        canvas->touched[y] = true;
        heal(canvas, y, area.x, area.x + area.width);
        set_cluster(canvas, first, &cluster, style);
        for (int i = 1; i < area.width; i++) {
            first[i] = *first;
        }
    }
}

void canvas_box_edge(struct canvas *canvas, struct rect area, enum box box, enum box_edge edge,
                     struct style style)
{
    const struct box_glyphs *glyphs = &boxes[box];
    int right = area.x + area.width - 1, bottom = area.y + area.height - 1;
    if (area.width < 2 || area.height < 2) {
        return;
    }
    if (edge == BOX_LEFT || edge == BOX_RIGHT) {
        int x = edge == BOX_LEFT ? area.x : right;
        put_line(canvas, (struct rect){x, area.y + 1, 1, area.height - 2}, glyphs->vertical, style);
        return;
    }
    int y = edge == BOX_TOP ? area.y : bottom;
    const char *const *corners = glyphs->corners + (edge == BOX_TOP ? 0 : 2);
    put_line(canvas, (struct rect){area.x + 1, y, area.width - 2, 1}, glyphs->horizontal, style);
    put_line(canvas, (struct rect){area.x, y, 1, 1}, corners[0], style);
    put_line(canvas, (struct rect){right, y, 1, 1}, corners[1], style);
}

void canvas_box(struct canvas *canvas, struct rect area, enum box box, struct style style)
{
    for (int edge = BOX_TOP; edge <= BOX_RIGHT; edge++) {
        canvas_box_edge(canvas, area, box, (enum box_edge)edge, style);
    }
}
