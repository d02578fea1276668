/*
 * watch_json: an event as one line of JSON. What the server wrote passes through byte for byte,
 * but for what could break the line or trick a terminal.
 */
#ifndef BLOTTER_CLI_WATCH_JSON_H
#define BLOTTER_CLI_WATCH_JSON_H

#include <blotter/core/buf.h>
#include <blotter/core/event.h>

/* A quoted JSON string of any UTF-8 text: control, C1 and bidirectional characters become \uXXXX.
 */
void watch_json_string(struct buf *out, const char *text, size_t len);

/* A JSON value as it was written; line breaks between its parts become spaces. */
void watch_json_value(struct buf *out, struct span value);

struct watch_event {
    uint64_t seq;
    const char *received_at; /* ISO 8601 */
    const struct sse_event *sse;
    const struct event *event; /* NULL: the payload is no object with a string "event" */
};

void watch_json_line(struct buf *out, const struct watch_event *event);
void watch_json_raw_line(struct buf *out, const struct watch_event *event);

#endif
