/*
 * report: what the client tells the trace and the event log. Texts are made here and nowhere else.
 */
#ifndef BLOTTER_CLIENT_REPORT_H
#define BLOTTER_CLIENT_REPORT_H

#include <blotter/client/trace.h>
#include <blotter/core/conn.h>
#include <blotter/core/engine.h>
#include <blotter/core/event_log.h>
#include <blotter/net/http.h>

/* One of response and fault is NULL. */
void report_fetch_done(struct trace *trace, struct moment now, enum resource resource,
                       const struct http_response *response, const struct fault *fault);

/* What the engine made of an event. */
struct report_outcome {
    enum event_log_outcome outcome;
    bool patched;
};
void report_event(struct event_log *event_log, struct trace *trace, struct moment now,
                  const struct event *event, struct report_outcome came);
void report_stream(struct event_log *event_log, struct trace *trace, struct moment now,
                   const struct conn_status *status);
void report_note(struct event_log *event_log, struct moment now, const char *name,
                 const char *what);
void report_too_large(struct event_log *event_log, struct trace *trace, struct moment now);
void report_paint(struct trace *trace, struct moment now, const struct engine *engine,
                  const char *step, unsigned mask);

/* Counters, and for each pane the rows and the FNV-1a of the last confirmed body. */
void report_exit(struct trace *trace, struct moment now, const struct engine *engine);

#endif
