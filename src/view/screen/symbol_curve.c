/* The curve of a symbol: its last minutes, its day, or some days; with lines for what matters. */
#include "bar.h"
#include "curves.h"
#include "page.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS 9
#define SPAN_MS INT64_C(1800000)
#define LEVELS_MAX 8
#define DAYS_MAX 8
#define NIGHT_MS INT64_C(7200000)  /* a longer silence is one */
#define EVENING_MS INT64_C(600000) /* what a night takes of the curve */

/* --- levels --------------------------------------------------------------------------------- */

struct levels {
    struct draw_level all[LEVELS_MAX];
    size_t count;
};

static struct draw_level *add_level(struct levels *levels, double value, enum role role)
{
    if (isnan(value) || levels->count == LEVELS_MAX) {
        return NULL;
    }
    struct draw_level *level = &levels->all[levels->count++];
    *level = (struct draw_level){.value = value, .style = {role, 0}};
    return level;
}

static void name_level(const struct page *page, struct draw_level *level, const char *word)
{
    char text[FORMAT_MAX];
    if (level != NULL) {
        page_price(page, level->value, text);
        snprintf(level->left, sizeof level->left, "%.*s", DRAW_LABEL_MAX - 1, text);
        snprintf(level->right, sizeof level->right, "%.*s", DRAW_LABEL_MAX - 1, word);
    }
}

static void position_levels(const struct page *page, struct levels *levels)
{
    const struct snapshot *rows = page_rows(page, RESOURCE_POSITIONS).shown;
    for (size_t i = 0; rows != NULL && i < rows->row_count; i++) {
        const struct position *position = &rows->positions[i];
        char word[FORMAT_MAX + 8], count[FORMAT_MAX];
        if (strcmp(position->symbol, page->symbol) != 0 || position_is_closed(position)) {
            continue;
        }
        struct format_figure quantity = {position->quantity,
                                         format_decimals(position->quantity, 0, 6),
                                         FORMAT_SIGN | FORMAT_PRICE};
        snprintf(word, sizeof word, "avg %s", page_figure(page, quantity, count));
        name_level(page, add_level(levels, position_average(position).value, ROLE_TEXT), word);
        name_level(page, add_level(levels, position_stop_level(position), ROLE_PNL_DOWN), "SL");
        name_level(page, add_level(levels, position_target_level(position), ROLE_PNL_UP), "Tgt");
    }
}

static void order_levels(const struct page *page, struct levels *levels)
{
    const struct snapshot *rows = page_rows(page, RESOURCE_ORDERS).shown;
    for (size_t i = 0; rows != NULL && i < rows->row_count; i++) {
        const struct order *order = &rows->orders[i];
        char word[FORMAT_MAX + 16], count[FORMAT_MAX];
        if (strcmp(order->symbol, page->symbol) != 0 || !order_is_working(order)) {
            continue;
        }
        bool buy = order->direction == ORDER_BUY;
        snprintf(word, sizeof word, "%s %s", buy ? "BUY" : "SELL",
                 page_count(page, order->quantity, count));
        name_level(page,
                   add_level(levels, order_limit(order), buy ? ROLE_SIDE_BUY : ROLE_SIDE_SELL),
                   word);
    }
}

/* --- spans ---------------------------------------------------------------------------------- */

/* What is drawn: today as it is, or earlier days before it with the nights between them left out.
 */
struct course {
    struct draw_points points;
    struct draw_span span;
    struct series_point *own; /* of several days; NULL: points are the history's */
    struct {
        int64_t x, at_ms;
    } starts[DAYS_MAX]; /* of the days, the first one included */
    size_t days;
};

static struct draw_span span_of(const struct page *page)
{
    struct draw_span span = curve_hours(page->frame->input);
    if (page->frame->screen->symbol_span == SYMBOL_MINUTES && span.to - span.from > SPAN_MS) {
        span.from = span.to - SPAN_MS;
    }
    return span;
}

/* Puts points behind those there are; a silence of hours is a night, and takes a moment. */
static void course_add(struct course *course, const struct series *series, int64_t *before_ms,
                       int64_t *shift)
{
    for (size_t i = 0; i < series->count; i++) {
        struct series_point point = series->points[i];
        bool night = course->days == 0 || point.x - *before_ms > NIGHT_MS;
        if (night && isnan(point.y)) {
            continue;
        }
        if (night && course->days > 0) {
            *shift += point.x - *before_ms - EVENING_MS;
            course->own[course->points.count++] =
                (struct series_point){point.x - *shift - EVENING_MS / 2, (double)NAN};
        }
        if (night && course->days < DAYS_MAX) {
            course->starts[course->days].x = point.x - *shift;
            course->starts[course->days++].at_ms = point.x;
        }
        *before_ms = point.x;
        point.x -= *shift;
        course->own[course->points.count++] = point;
    }
}

static void course_make(const struct page *page, const struct series *today, struct course *ret)
{
    const struct series *past = page->frame->input->past;
    const struct draw_span hours = span_of(page);
    int64_t before_ms = 0, shift = 0;
    *ret = (struct course){.points = {today->points, today->count}, .span = hours};
    if (page->frame->screen->symbol_span != SYMBOL_DAYS || past == NULL || past->count == 0) {
        return;
    }
    /* A point more for each night, of which there may be one before every point. */
    ret->own = mem_alloc(2 * (past->count + today->count) * sizeof *ret->own);
    ret->points = (struct draw_points){ret->own, 0};
    course_add(ret, past, &before_ms, &shift);
    course_add(ret, today, &before_ms, &shift);
    if (ret->points.count > 0) {
        ret->span = (struct draw_span){ret->own[0].x, hours.to - shift};
    }
}

/* The days below their beginnings. */
static void put_days(const struct frame *frame, const struct course *course, struct rect line)
{
    int end = line.x;
    double length = (double)(course->span.to - course->span.from);
    for (size_t i = 0; i < course->days && length > 0; i++) {
        char text[FORMAT_MAX];
        int at = (int)((double)(course->starts[i].x - course->span.from) / length * line.width);
        format_time(&frame->input->format, course->starts[i].at_ms, frame->input->now.wall_ms,
                    text);
        if (strchr(text, ':') != NULL) {
            snprintf(text, sizeof text, "today");
        }
        int x = line.x + at, width = text_width(text);
        if (x >= end && x + width <= line.x + line.width) {
            canvas_put(frame->canvas, (struct rect){x, line.y, width, 1}, text, plain(ROLE_DIM));
            end = x + width + 1;
        }
    }
}

/* --- the curve ------------------------------------------------------------------------------ */

/* What was seen, and what was not: "seen 09:31 to 14:32, gap 11:02 to 11:09". */
static void write_seen(struct page *page, const struct series *series, struct draw_span span)
{
    char from[FORMAT_MAX], to[FORMAT_MAX];
    struct bar bar;
    const struct format *format = &page->frame->input->format;
    format_clock(format, FORMAT_CLOCK_MINUTE, series->points[0].x, from);
    format_clock(format, FORMAT_CLOCK_MINUTE, history_newest_ms(page->frame->input->history), to);
    page_begin(&bar);
    bar_add(&bar, left_at(0), plain(ROLE_DIM), "%*sseen %s to %s", LABELS, "", from, to);
    int gaps = 0;
    for (size_t i = 1; i + 1 < series->count; i++) {
        int64_t length = series->points[i + 1].x - series->points[i].x;
        if (isnan(series->points[i].y) && length >= 60000 && series->points[i].x >= span.from) {
            format_clock(format, FORMAT_CLOCK_MINUTE, series->points[i].x, from);
            format_clock(format, FORMAT_CLOCK_MINUTE, series->points[i + 1].x, to);
            bar_add(&bar, left_at(1 + gaps), plain(ROLE_DIM), ", gap %s to %s", from, to);
            gaps++;
        }
        if (gaps == 3) {
            break;
        }
    }
    page_end(page, &bar);
}

/* "seen on 4 days before"; what nobody watched is not there. */
static void write_days(struct page *page, const struct course *course)
{
    struct bar bar;
    size_t before = course->days > 0 ? course->days - 1 : 0;
    page_begin(&bar);
    if (before == 0) {
        bar_add(&bar, left_at(0), plain(ROLE_DIM), "%*sno day before this one was seen", LABELS,
                "");
    } else {
        bar_add(&bar, left_at(0), plain(ROLE_DIM), "%*sseen on %zu day%s before", LABELS, "",
                before, before == 1 ? "" : "s");
    }
    page_end(page, &bar);
}

void page_curve(struct page *page, int height)
{
    const struct history *history = page->frame->input->history;
    const struct series *series = history != NULL ? history_price(history, page->symbol) : NULL;
    struct levels levels = {.count = 0};
    double values[DRAW_COLUMNS_MAX];
    struct rect area = {page->area.x, page->area.y + page->line - page->top, page->area.width,
                        height};
    if (series == NULL || series->count == 0 || height < 3 || area.width < LABELS + 12) {
        return;
    }
    struct course course;
    course_make(page, series, &course);
    struct draw_span span = course.span;
    struct draw_points points = course.points;
    struct draw_chart chart = {.kind = page->frame->canvas->ascii || page->frame->canvas->console
                                           ? DRAW_ASCII
                                           : DRAW_BRAILLE,
                               .values = values,
                               .range = draw_range_in(points, span),
                               .left = LABELS,
                               .curve = {ROLE_SPARK, 0},
                               .axis = {ROLE_DIM, 0}};
    draw_buckets(points, span, values,
                 draw_columns(chart.kind, draw_curve_width(LABELS, area.width)));
    order_levels(page, &levels);
    position_levels(page, &levels);
    /* A level far away would press the curve flat: it is named below, not drawn. */
    double reach = (chart.range.high - chart.range.low) * 2;
    for (size_t i = 0; i < levels.count; i++) {
        double value = levels.all[i].value;
        if (value > chart.range.low - reach && value < chart.range.high + reach) {
            chart.range = draw_range_with(chart.range, value);
        }
    }
    struct draw_level *high = add_level(&levels, chart.range.high, ROLE_DIM);
    struct draw_level *low = add_level(&levels, chart.range.low, ROLE_DIM);
    name_level(page, high, "");
    name_level(page, low, "");
    chart.levels = levels.all;
    chart.level_count = levels.count;
    draw_chart(page->frame->canvas, area, &chart);
    page->line += height;
    area = (struct rect){area.x + LABELS + 1, area.y + height, area.width - LABELS - 1, 1};
    if (course.days > 0) {
        put_days(page->frame, &course, area);
    } else {
        curve_put_times(page->frame, area, span);
    }
    page->line++;
    if (page->frame->screen->symbol_span == SYMBOL_DAYS) {
        write_days(page, &course);
    } else {
        write_seen(page, series, span);
    }
    free(course.own);
}
