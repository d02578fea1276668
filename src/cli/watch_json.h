/*
 * watch_json: an event as one line of JSON. What the server wrote passes through byte for byte,
 * but for what could break the line or trick a terminal.
 */
#ifndef BLOTTER_CLI_WATCH_JSON_H
#define BLOTTER_CLI_WATCH_JSON_H

#include <blotter/core/buf.h>
#include <blotter/core/event.h>

struct watch_event {
    uint64_t seq;
    const char *name;        /* whose it is; NULL: nobody else is meant */
    const char *received_at; /* ISO 8601 */
    const struct sse_event *sse;
    const struct event *event; /* NULL: the payload is no object with a string "event" */
};

/* What every object but the raw begins with: its version, and whose it is. */
void watch_json_head(struct buf *out, const char *name);

void watch_json_line(struct buf *out, const struct watch_event *event);
void watch_json_raw_line(struct buf *out, const struct watch_event *event);

#endif
