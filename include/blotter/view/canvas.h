/*
 * canvas: a grid of cells that the view draws on and that the program's painter shows. Writing
 * outside of the canvas, or half of a wide character, is impossible. All text goes through
 * text_next, so what is in a cell is always safe to show.
 */
#ifndef BLOTTER_VIEW_CANVAS_H
#define BLOTTER_VIEW_CANVAS_H

#include <blotter/view/role.h>
#include <blotter/view/text.h>

#define CANVAS_SIDE_MAX 2000 /* columns and rows are limited to this */

#define CELL_BOLD 1u
#define CELL_DIM 2u
#define CELL_UNDERLINE 4u
#define CELL_REVERSE 8u
#define CELL_SELECTED                                                                              \
    16u /* in the selected row: the painter lays the background of ROLE_SELECTED under the role */

struct cell {
    char text[TEXT_CLUSTER_MAX]; /* UTF-8, zero-padded; "" for the right half of a wide character */
    uint8_t width;               /* 1 or 2; 0 for the right half */
    uint8_t role;                /* enum role */
    uint8_t attributes;          /* CELL_ bits */
};

struct style {
    enum role role;
    unsigned attributes;
};

struct rect {
    int x, y, width, height;
};

/* The part of `inner` (in the canvas's coordinates) that lies inside `outer`; width or height 0
 * when none does. */
struct rect rect_clip(struct rect outer, struct rect inner);

/* The rect without n cells on each side; never negative. */
struct rect rect_inset(struct rect rect, int n);

bool rect_contains(struct rect rect, int x, int y);

struct canvas {
    int columns, rows;
    bool console; /* only glyphs that a Linux console has; letters beyond ASCII are kept */
    bool ascii;   /* every cell holds ASCII: glyphs are replaced by their stand-ins as they are
                     written */
    struct cell *cells; /* row by row */
    bool *touched;      /* by row: written since canvas_rest */
};

/* A canvas of blanks. Sizes are brought into 1..CANVAS_SIDE_MAX. */
struct canvas *canvas_new(int columns, int rows);
void canvas_free(struct canvas *canvas); /* NULL is fine */

/* Changes the size; everything becomes blank. */
void canvas_resize(struct canvas *canvas, int columns, int rows);

/* NULL outside. */
const struct cell *canvas_cell(const struct canvas *canvas, int x, int y);

/* From now on a row is touched when something is written to it again. */
void canvas_rest(struct canvas *canvas);

/* Copies the cells of another row's same columns into the first row of the area. */
void canvas_copy(struct canvas *canvas, struct rect area, int from_y);

/* Makes an area blank in a style. */
void canvas_fill(struct canvas *canvas, struct rect area, struct style style);

/* Lays a style over an area and leaves the text: a selected row. role ROLE_COUNT keeps each cell's
 * role. */
void canvas_tint(struct canvas *canvas, struct rect area, struct style style);

/* Writes text in the first row of the area, from its left (or up to its right) edge, clipped at
 * whole characters. Returns the columns written. */
int canvas_put(struct canvas *canvas, struct rect area, const char *text, struct style style);
int canvas_put_right(struct canvas *canvas, struct rect area, const char *text, struct style style);

/* Draws a frame along the inside of the area's edge. Areas under 2x2 are left alone. */
enum box { BOX_LIGHT, BOX_HEAVY, BOX_ROUND };
void canvas_box(struct canvas *canvas, struct rect area, enum box box, struct style style);

/* Draws one edge of that frame again. Corners belong to top and bottom. */
enum box_edge { BOX_TOP, BOX_BOTTOM, BOX_LEFT, BOX_RIGHT };
void canvas_box_edge(struct canvas *canvas, struct rect area, enum box box, enum box_edge edge,
                     struct style style);

#endif
