/*
 * watch_text: an event as one line for people: time, pane, event, and what it says. Nothing the
 * server sent reaches the terminal uncleaned.
 */
#ifndef BLOTTER_CLI_WATCH_TEXT_H
#define BLOTTER_CLI_WATCH_TEXT_H

#include <blotter/core/buf.h>
#include <blotter/core/event.h>

struct watch_text_style {
    bool color;
    bool ascii;
    bool utc;
    const char *name; /* whose it is; NULL: nobody else is meant */
    int name_columns; /* of the longest */
};

/* event NULL: the payload is no object with a string "event", its text is shown instead. */
void watch_text_line(struct buf *out, const struct watch_text_style *style, int64_t wall_ms,
                     const struct sse_event *sse, const struct event *event);

#endif
