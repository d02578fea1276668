/*
 * alarm: what an alarm says, in words that are safe to show.
 */
#ifndef BLOTTER_VIEW_ALARM_H
#define BLOTTER_VIEW_ALARM_H

#include <blotter/core/alarm.h>
#include <blotter/view/format.h>

struct alarm_words {
    char title[64]; /* "RELIANCE", "Day" */
    char text[192]; /* "BUY 500 rejected: margin exceeds", "stop 183.00 passed at 183.40" */
    char value[FORMAT_MAX], level[FORMAT_MAX]; /* plain figures; "" when there is none */
};

/* hide: without quantities, amounts and what the server says of them; prices stay. */
void alarm_say(const struct alarm *alarm, const struct format *format, bool hide,
               struct alarm_words *ret);

#endif
