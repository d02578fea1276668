/*
 * draw: curves, level lines and sparklines on a canvas. Knows neither money nor time: it is handed
 * points of x and y and says nothing about what they are. A y of NAN is a gap and stays one;
 * between two points the first one's y holds, as that of a figure that is written down when it
 * changes. Source: doc/screen.md, "Curves".
 */
#ifndef BLOTTER_VIEW_DRAW_H
#define BLOTTER_VIEW_DRAW_H

#include <blotter/core/series.h>
#include <blotter/view/canvas.h>

#define DRAW_COLUMNS_MAX ((size_t)CANVAS_SIDE_MAX * 2) /* dots of the widest curve */
#define DRAW_LABEL_MAX 32                              /* bytes of a label, NUL included */
#define DRAW_LEVELS_MAX 12 /* level lines of one chart; the rest is not drawn */

/* Points by rising x; a y of NAN: nothing is known from here on. */
struct draw_points {
    const struct series_point *points;
    size_t count;
};

/* Both ends belong to it. */
struct draw_span {
    int64_t from, to;
};

struct draw_range {
    double low, high; /* NAN: there is none */
};

/*
 * Cuts the span into `count` buckets of equal width, the last of which ends at span.to: what holds
 * at each one's end, or the last thing that was known within it. NAN where nothing is known.
 */
void draw_buckets(struct draw_points points, struct draw_span span, double *out, size_t count);

/* The lowest and the highest of the figures that are there. */
struct draw_range draw_range_of(const double *values, size_t count);
/* The same of the points within a span, with what holds when it begins. */
struct draw_range draw_range_in(struct draw_points points, struct draw_span span);
/* With a further figure in it; NAN changes nothing. */
struct draw_range draw_range_with(struct draw_range range, double value);

enum draw_kind {
    DRAW_BRAILLE, /* two by four dots a cell */
    DRAW_BLOCK,   /* a bar of eighths a cell */
    DRAW_ASCII    /* a mark a cell, three heights of it */
};

/* How many figures a curve of that many columns is made of. */
size_t draw_columns(enum draw_kind kind, int columns);

/* A horizontal line with a word on either side: outside on the left, on the line on the right. */
struct draw_level {
    double value; /* NAN: not drawn */
    char left[DRAW_LABEL_MAX], right[DRAW_LABEL_MAX];
    struct style style;
};

struct draw_chart {
    enum draw_kind kind;
    const double *values; /* draw_columns() of them, NAN is a gap */
    struct draw_range range;
    int left; /* columns for the labels on the left, 0: neither labels nor axis */
    struct style curve, axis;
    const struct draw_level *levels;
    size_t level_count;
};

/* The columns that a chart's curve has of an area that wide. */
int draw_curve_width(int left, int width);

/*
 * Draws the chart in the area, which is blank. Of two labels that want one line, the one that came
 * first stays; levels outside of the range are not drawn. The curve goes over the lines.
 */
void draw_chart(struct canvas *canvas, struct rect area, const struct draw_chart *chart);

/* A curve on one line, from its own lowest to its own highest figure: blocks, or ASCII. */
void draw_spark(struct canvas *canvas, struct rect area, const double *values, enum draw_kind kind,
                struct style style);

/* Where a value stands on a line of that many columns between low and high: 0 … columns - 1; -1
 * when it has no place. */
int draw_place(struct draw_range range, double value, int columns);

#endif
