#include "text/draw.h"

#include <blotter/core/utf8.h>

#include <math.h>
#include <string.h>

#define DOTS_X 2
#define DOTS_Y 4
#define EIGHTHS 8
#define ASCII_Y 3
#define BRAILLE 0x2800u

/* --- figures -------------------------------------------------------------------------------- */

/* The end of bucket i of count, without overflow for the widths that there are. */
static int64_t bucket_end(struct draw_span span, size_t i, size_t count)
{
    double width = (double)(span.to - span.from);
    return i + 1 == count ? span.to
                          : span.from + (int64_t)(width * (double)(i + 1) / (double)count);
}

void draw_buckets(struct draw_points points, struct draw_span span, double *out, size_t count)
{
    size_t at = 0;
    double holds = (double)NAN;
    for (; at < points.count && points.points[at].x < span.from; at++) {
        holds = points.points[at].y;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t end = bucket_end(span, i, count);
        double known = holds;
        for (; at < points.count && points.points[at].x <= end; at++) {
            holds = points.points[at].y;
            known = isnan(holds) ? known : holds;
        }
        out[i] = known;
    }
}

struct draw_range draw_range_with(struct draw_range range, double value)
{
    if (isnan(value) || isinf(value)) {
        return range;
    }
    range.low = isnan(range.low) || value < range.low ? value : range.low;
    range.high = isnan(range.high) || value > range.high ? value : range.high;
    return range;
}

struct draw_range draw_range_of(const double *values, size_t count)
{
    struct draw_range range = {NAN, NAN};
    for (size_t i = 0; i < count; i++) {
        range = draw_range_with(range, values[i]);
    }
    return range;
}

struct draw_range draw_range_in(struct draw_points points, struct draw_span span)
{
    struct draw_range range = {NAN, NAN};
    double holds = (double)NAN;
    for (size_t i = 0; i < points.count && points.points[i].x <= span.to; i++) {
        if (points.points[i].x >= span.from) {
            range = draw_range_with(draw_range_with(range, holds), points.points[i].y);
            holds = (double)NAN;
        } else {
            holds = points.points[i].y;
        }
    }
    return draw_range_with(range, holds);
}

size_t draw_columns(enum draw_kind kind, int columns)
{
    int dots = kind == DRAW_BRAILLE ? DOTS_X : 1;
    size_t count = columns > 0 ? (size_t)columns * (size_t)dots : 0;
    return count > DRAW_COLUMNS_MAX ? DRAW_COLUMNS_MAX : count;
}

/* 0 at the low end, steps - 1 at the high end; a range without height lies in the middle. */
static int step_of(struct draw_range range, double value, int steps)
{
    if (isnan(value) || isnan(range.low) || value < range.low || value > range.high || steps < 1) {
        return -1;
    }
    double share = range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.5;
    return (int)(share * (steps - 1) + 0.5);
}

int draw_place(struct draw_range range, double value, int columns)
{
    return step_of(range, value, columns);
}

/* --- cells ---------------------------------------------------------------------------------- */

/* One cell of ours, one column wide. */
static void put_code(struct canvas *canvas, int x, int y, uint32_t code, struct style style)
{
    char text[5] = {0};
    utf8_put(code, text);
    canvas_put(canvas, (struct rect){x, y, 1, 1}, text, style);
}

/* The bit of a braille dot: x 0..1, y 0..3 from the top. */
static unsigned braille_bit(int x, int y)
{
    static const unsigned char bits[DOTS_X][DOTS_Y] = {{0x01, 0x02, 0x04, 0x40},
                                                       {0x08, 0x10, 0x20, 0x80}};
    return bits[x][y];
}

/* The dots of column x, from the step before it to its own, so that a curve is one line. */
static void column_steps(const int *steps, size_t x, int *ret_low, int *ret_high)
{
    int here = steps[x], before = x > 0 ? steps[x - 1] : -1;
    int to = before < 0 || before == here ? here : before < here ? before + 1 : before - 1;
    *ret_low = to < here ? to : here;
    *ret_high = to > here ? to : here;
}

static void put_braille(struct canvas *canvas, struct rect area, const int *steps,
                        struct style style)
{
    int height = area.height * DOTS_Y;
    for (int column = 0; column < area.width; column++) {
        for (int line = 0; line < area.height; line++) {
            unsigned cell = 0;
            for (int dot = 0; dot < DOTS_X; dot++) {
                size_t x = (size_t)column * DOTS_X + (size_t)dot;
                int low, high;
                column_steps(steps, x, &low, &high);
                for (int y = 0; y < DOTS_Y && steps[x] >= 0; y++) {
                    int step = height - 1 - (line * DOTS_Y + y);
                    cell |= step >= low && step <= high ? braille_bit(dot, y) : 0;
                }
            }
            if (cell != 0) {
                put_code(canvas, area.x + column, area.y + line, BRAILLE + cell, style);
            }
        }
    }
}

/* Bars that stand on the lowest line: ▁ is the least of them. */
static void put_blocks(struct canvas *canvas, struct rect area, const int *steps,
                       struct style style)
{
    for (int column = 0; column < area.width; column++) {
        for (int line = 0; line < area.height && steps[column] >= 0; line++) {
            int floor = (area.height - 1 - line) * EIGHTHS;
            int eighths = steps[column] + 1 - floor;
            eighths = eighths > EIGHTHS ? EIGHTHS : eighths;
            if (eighths > 0) {
                put_code(canvas, area.x + column, area.y + line, 0x2580u + (unsigned)eighths,
                         style);
            }
        }
    }
}

static void put_ascii(struct canvas *canvas, struct rect area, const int *steps, struct style style)
{
    static const char marks[ASCII_Y] = {'_', '-', '\''};
    for (int column = 0; column < area.width; column++) {
        int low, high, here = steps[column];
        column_steps(steps, (size_t)column, &low, &high);
        for (int line = 0; line < area.height && here >= 0; line++) {
            int floor = (area.height - 1 - line) * ASCII_Y;
            bool crossed = low < floor + ASCII_Y && high >= floor;
            bool mine = here >= floor && here < floor + ASCII_Y;
            if (crossed) {
                uint32_t mark = (unsigned char)(mine ? marks[here - floor] : '|');
                put_code(canvas, area.x + column, area.y + line, mark, style);
            }
        }
    }
}

static const struct {
    int steps; /* of a cell's height */
    void (*put)(struct canvas *canvas, struct rect area, const int *steps, struct style style);
} kinds[] = {
    [DRAW_BRAILLE] = {DOTS_Y, put_braille},
    [DRAW_BLOCK] = {EIGHTHS, put_blocks},
    [DRAW_ASCII] = {ASCII_Y, put_ascii},
};

static void put_curve(struct canvas *canvas, struct rect area, const struct draw_chart *chart)
{
    int steps[DRAW_COLUMNS_MAX];
    size_t count = draw_columns(chart->kind, area.width);
    for (size_t i = 0; i < count; i++) {
        steps[i] = step_of(chart->range, chart->values[i], area.height * kinds[chart->kind].steps);
    }
    kinds[chart->kind].put(canvas, area, steps, chart->curve);
}

/* --- lines and labels ------------------------------------------------------------------------ */

int draw_curve_width(int left, int width)
{
    int room = width - (left > 0 ? left + 1 : 0);
    return room > 0 ? room : 0;
}

static int level_line(const struct draw_chart *chart, double value, int height)
{
    int steps = kinds[chart->kind].steps, step = step_of(chart->range, value, height * steps);
    return step < 0 ? -1 : height - 1 - step / steps;
}

static void put_axis(struct canvas *canvas, struct rect area, const struct draw_chart *chart)
{
    for (int y = 0; y < area.height && chart->left > 0; y++) {
        canvas_put(canvas, (struct rect){area.x + chart->left, area.y + y, 1, 1},
                   chart->kind == DRAW_ASCII ? "|" : "│", chart->axis);
    }
}

/* The words go last: a curve may cross the line under them, not them. */
static void put_level(struct canvas *canvas, struct rect area, const struct draw_chart *chart,
                      const struct draw_level *level, bool words)
{
    bool ascii = chart->kind == DRAW_ASCII, axis = chart->left > 0;
    struct rect curve = {area.x + area.width - draw_curve_width(chart->left, area.width), area.y,
                         draw_curve_width(chart->left, area.width), 1};
    if (!words) {
        for (int x = 0; x < curve.width; x++) {
            canvas_put(canvas, (struct rect){curve.x + x, area.y, 1, 1},
                       ascii ? (x % 2 == 0 ? "." : " ") : "┈", level->style);
        }
        return;
    }
    if (axis && level->left[0] != '\0') {
        canvas_put_right(canvas, (struct rect){area.x, area.y, chart->left, 1}, level->left,
                         level->style);
        canvas_put(canvas, (struct rect){area.x + chart->left, area.y, 1, 1}, ascii ? "+" : "┤",
                   chart->axis);
    }
    if (level->right[0] != '\0' && text_width(level->right) < curve.width) {
        canvas_put_right(canvas, curve, level->right, level->style);
    }
}

void draw_chart(struct canvas *canvas, struct rect area, const struct draw_chart *chart)
{
    bool taken[CANVAS_SIDE_MAX] = {false};
    int lines[DRAW_LEVELS_MAX];
    size_t count = chart->level_count < DRAW_LEVELS_MAX ? chart->level_count : DRAW_LEVELS_MAX;
    int width = draw_curve_width(chart->left, area.width);
    if (area.height < 1 || area.height > CANVAS_SIDE_MAX || width < 1) {
        return;
    }
    put_axis(canvas, area, chart);
    for (size_t i = 0; i < count; i++) {
        lines[i] = level_line(chart, chart->levels[i].value, area.height);
        if (lines[i] >= 0 && taken[lines[i]]) {
            lines[i] = -1;
        } else if (lines[i] >= 0) {
            taken[lines[i]] = true;
            put_level(canvas, (struct rect){area.x, area.y + lines[i], area.width, 1}, chart,
                      &chart->levels[i], false);
        }
    }
    put_curve(canvas, (struct rect){area.x + area.width - width, area.y, width, area.height},
              chart);
    for (size_t i = 0; i < count; i++) {
        if (lines[i] >= 0) {
            put_level(canvas, (struct rect){area.x, area.y + lines[i], area.width, 1}, chart,
                      &chart->levels[i], true);
        }
    }
}

void draw_spark(struct canvas *canvas, struct rect area, const double *values, enum draw_kind kind,
                struct style style)
{
    struct draw_chart chart = {.kind = kind, .values = values, .curve = style};
    area.height = 1;
    chart.range = draw_range_of(values, draw_columns(kind, area.width));
    draw_chart(canvas, area, &chart);
}
