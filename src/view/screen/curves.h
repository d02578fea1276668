/* curves: the day's curves. */
#ifndef BLOTTER_VIEW_CURVES_H
#define BLOTTER_VIEW_CURVES_H

#include "frame.h"

/* From the first figure of the day on, up to the latest; its end moves in steps. */
struct draw_span curve_hours(const struct screen_input *input);
/* Whether the day has a curve yet, and the lines that it wants below the account. */
bool curve_is_there(const struct screen_input *input);
#define CURVE_LINES 9
/* The day's P&L with its zero line, high, low and times. */
void paint_day_curve(const struct frame *frame, struct rect area);
/* The same on one line, as far right as it goes. */
void paint_day_spark(const struct frame *frame, struct rect area);
/* Times below a curve. */
void curve_put_times(const struct frame *frame, struct rect line, struct draw_span span);

#endif
