/* The day's curve: in the account pane, and on one line where there is no room for that. */
#include "bar.h"
#include "curves.h"
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABELS 8     /* columns for the figures on the left */
#define SPARK_MAX 28 /* columns of the curve on one line */
#define SPARK_MIN 6
#define HOURS_MIN 60000 /* a curve covers a minute at least */

static const struct series *day_of(const struct screen_input *input)
{
    return input->history != NULL ? history_figure(input->history, HISTORY_DAY) : NULL;
}

bool curve_is_there(const struct screen_input *input)
{
    const struct series *day = day_of(input);
    return day != NULL && day->count >= 2;
}

/* In steps, so that what is painted is not painted anew with every tick. */
static int64_t stepped(int64_t now_ms, int64_t from_ms)
{
    int64_t step_ms = now_ms - from_ms < 600000 ? 5000 : 60000;
    int64_t to_ms = now_ms + step_ms - 1;
    return to_ms - to_ms % step_ms;
}

/* From the first figure of any of them on. */
static struct draw_span joint_hours(const struct screen_accounts *accounts)
{
    struct draw_span all = curve_hours(&accounts->of[0]);
    for (size_t i = 1; i < accounts->count; i++) {
        struct draw_span one = curve_hours(&accounts->of[i]);
        bool there = one.to > HOURS_MIN, none = all.to <= HOURS_MIN;
        all.from = there && (none || one.from < all.from) ? one.from : all.from;
        all.to = there && one.to > all.to ? one.to : all.to;
    }
    return all;
}

struct draw_span curve_hours(const struct screen_input *input)
{
    const struct series *day = day_of(input);
    if (screen_is_joint(input) && input->accounts->count > 0) {
        return joint_hours(input->accounts);
    }
    if (day == NULL) {
        return (struct draw_span){0, HOURS_MIN};
    }
    int64_t newest_ms = history_newest_ms(input->history);
    int64_t from_ms = day->count > 0 ? day->points[0].x : newest_ms;
    int64_t to_ms = stepped(newest_ms, from_ms);
    return (struct draw_span){to_ms - from_ms < HOURS_MIN ? to_ms - HOURS_MIN : from_ms, to_ms};
}

static enum draw_kind kind_of(const struct frame *frame)
{
    return frame->canvas->ascii || frame->canvas->console ? DRAW_ASCII : DRAW_BRAILLE;
}

static enum role sign_role(double value)
{
    return value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_SPARK;
}

static double last_known(const struct series *series)
{
    size_t i = series->count;
    while (i > 0 && isnan(series->points[i - 1].y)) {
        i--;
    }
    return i > 0 ? series->points[i - 1].y : (double)NAN;
}

/* "+5.1k": as short as it can be told from its neighbours. */
static void label_text(const struct frame *frame, double value, char out[DRAW_LABEL_MAX])
{
    static const struct {
        double from, by;
        const char *unit;
    } units[] = {{1e7, 1e7, "cr"}, {1e5, 1e5, "L"}, {1e3, 1e3, "k"}, {0, 1, ""}};
    static const char *const western[] = {"M", "M", "k", ""};
    bool indian = frame->input->format.grouping == FORMAT_INDIAN;
    if (frame->screen->hide_amounts) {
        snprintf(out, DRAW_LABEL_MAX, "%s", value > 0 || value < 0 ? "•" : "0");
        return;
    }
    size_t i = 0;
    while (fabs(value) < units[i].from) {
        i++;
    }
    double by = !indian && i < 2 ? 1e6 : units[i].by;
    if (!indian && i == 1 && fabs(value) < 1e6) {
        by = 1e3;
        i = 2;
    }
    double shown = value / by;
    int decimals = by > 1 && fabs(shown) < 10 ? 1 : 0;
    if (!(value > 0) && !(value < 0)) {
        snprintf(out, DRAW_LABEL_MAX, "0");
    } else {
        snprintf(out, DRAW_LABEL_MAX, "%+.*f%s", decimals, shown,
                 indian ? units[i].unit : western[i]);
    }
}

static void put_head(const struct frame *frame, struct rect line, const struct series *day)
{
    struct bar bar;
    const double figures[] = {day->high, day->low};
    static const char *const words[] = {" Day  high ", "  low "};
    bar.count = 0;
    for (int i = 0; i < 2; i++) {
        char text[FORMAT_MAX] = FORMAT_HIDDEN;
        if (!frame->screen->hide_amounts) {
            format_number(&frame->input->format, (struct format_figure){figures[i], 0, FORMAT_SIGN},
                          text);
        }
        bar_add(&bar, left_at(i), plain(ROLE_DIM), "%s", words[i]);
        bar_add(&bar, left_at(i), plain(sign_role(figures[i])), "%s", text);
    }
    bar_paint(&bar, frame->canvas, line);
}

void curve_put_times(const struct frame *frame, struct rect line, struct draw_span span)
{
    char text[FORMAT_MAX];
    const struct style dim = {ROLE_DIM, 0};
    int end = line.x;
    int count = line.width / 14;
    count = count < 1 ? 1 : count > 4 ? 4 : count;
    for (int i = 0; i <= count; i++) {
        int64_t at_ms = span.from + (span.to - span.from) / count * i;
        format_clock(&frame->input->format, FORMAT_CLOCK_MINUTE, at_ms, text);
        int width = text_width(text), x = line.x + (line.width - width) * i / count;
        if (x >= end) {
            canvas_put(frame->canvas, (struct rect){x, line.y, line.x + line.width - x, 1}, text,
                       dim);
            end = x + width + 1;
        }
    }
}

/* Zero is in it unless the curve would be a line at its other end. */
static struct draw_range day_range(const struct series *day)
{
    double height = day->high - day->low;
    bool far = day->low > height || day->high < -height;
    struct draw_range range = far ? (struct draw_range){NAN, NAN} : (struct draw_range){0, 0};
    return draw_range_with(draw_range_with(range, day->high), day->low);
}

static void put_chart(const struct frame *frame, struct rect area, const struct series *day)
{
    double values[DRAW_COLUMNS_MAX], now = last_known(day);
    struct draw_span span = curve_hours(frame->input);
    struct draw_points points = {day->points, day->count};
    struct draw_chart chart = {.kind = kind_of(frame), .values = values, .left = LABELS};
    size_t count = draw_columns(chart.kind, draw_curve_width(LABELS, area.width));
    struct draw_level levels[3] = {{.value = 0}, {.value = day->high}, {.value = day->low}};
    draw_buckets(points, span, values, count);
    chart.range = day_range(day);
    chart.curve = plain(sign_role(now));
    chart.axis = plain(ROLE_DIM);
    for (int i = 0; i < 3; i++) {
        label_text(frame, levels[i].value, levels[i].left);
        levels[i].style = chart.axis;
    }
    chart.levels = levels;
    chart.level_count = 1;
    draw_chart(frame->canvas, area, &chart);
    for (int i = 1; i < 3; i++) { /* the ends of the axis have words and no line */
        int y = i == 1 ? area.y : area.y + area.height - 1;
        double end = i == 1 ? chart.range.high : chart.range.low;
        if (end > 0 || end < 0) {
            canvas_put_right(frame->canvas, (struct rect){area.x, y, LABELS, 1}, levels[i].left,
                             chart.axis);
        }
    }
}

void paint_day_curve(const struct frame *frame, struct rect area)
{
    const struct series *day = day_of(frame->input);
    if (!curve_is_there(frame->input) || area.height < 4 || area.width < LABELS + 12) {
        return;
    }
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    put_head(frame, (struct rect){area.x, area.y, area.width, 1}, day);
    struct rect chart = {area.x, area.y + 1, area.width - 1, area.height - 2};
    put_chart(frame, chart, day);
    struct rect times = {area.x + LABELS + 1, area.y + area.height - 1, area.width - LABELS - 2, 1};
    curve_put_times(frame, times, curve_hours(frame->input));
}

void paint_day_spark(const struct frame *frame, struct rect area)
{
    double values[DRAW_COLUMNS_MAX];
    const struct series *day = day_of(frame->input);
    if (!curve_is_there(frame->input) || area.width < SPARK_MIN) {
        return;
    }
    int width = area.width < SPARK_MAX ? area.width : SPARK_MAX;
    area = (struct rect){area.x + area.width - width, area.y, width, 1};
    enum draw_kind kind = kind_of(frame);
    draw_buckets((struct draw_points){day->points, day->count}, curve_hours(frame->input), values,
                 draw_columns(kind, width));
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    draw_spark(frame->canvas, area, values, kind, plain(sign_role(last_known(day))));
}
