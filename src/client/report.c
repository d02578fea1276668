#include "report.h"

#include <blotter/core/event.h>
#include <blotter/core/hash.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void report_fetch_done(struct trace *trace, struct moment now, enum resource resource,
                       const struct http_response *response, const struct fault *fault)
{
    const char *name = resource_info(resource)->name;
    if (fault != NULL) {
        trace_step(trace, now.mono_us, "fetch_done",
                   "\"pane\":\"%s\",\"status\":%d,\"fault\":\"%s\"", name, fault->status,
                   fault_kind_name(fault->kind));
        return;
    }
    trace_step(trace, now.mono_us, "fetch_done",
               "\"pane\":\"%s\",\"status\":%d,\"us\":%" PRId64 ",\"bytes\":%zu,\"id\":%" PRIu64,
               name, response->status, response->duration_us, response->body_len,
               response->last_event_id);
}

/* --- events ------------------------------------------------------------------------------- */

/* Appends " TEXT" for a member that is there, as the server wrote it. */
static void append_value(char *out, size_t size, struct span value)
{
    size_t len = strlen(out);
    bool said =
        value.ptr != NULL && (span_type(value) == SPAN_STRING || span_type(value) == SPAN_NUMBER);
    if (!said || size - len < 3) {
        return;
    }
    if (len > 0) {
        out[len++] = ' ';
        out[len] = '\0';
    }
    if (span_type(value) == SPAN_STRING) {
        span_string(value, out + len, size - len);
    } else {
        snprintf(out + len, size - len, "%.*s", (int)(value.len < 24 ? value.len : 24), value.ptr);
    }
}

static size_t count_updates(struct span data)
{
    struct span updates, key, value;
    struct span_iterator it = {0};
    size_t count = 0;
    if (span_member(data, "updates", &updates) && span_type(updates) == SPAN_ARRAY) {
        while (span_next(updates, &it, &key, &value)) {
            count++;
        }
    }
    return count;
}

/* What an event says, in the words of its payload: "RELIANCE BUY 250 2945 PENDING". */
static void describe(const struct event *event, char *out, size_t size)
{
    static const char *const members[] = {
        "symbol", "orderSide", "quantity",     "price",  "averagePrice",
        "status", "balance",   "marginChange", "action", "reason",
    };
    out[0] = '\0';
    if (event->data.ptr == NULL) {
        return;
    }
    if (event->type == EVENT_QUOTES_UPDATED || event->type == EVENT_POSITIONS_PNL_UPDATED) {
        size_t count = count_updates(event->data);
        snprintf(out, size, "%zu row%s", count, count == 1 ? "" : "s");
        return;
    }
    struct span values[sizeof members / sizeof *members];
    span_members(event->data, members, sizeof members / sizeof *members, values);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        append_value(out, size, values[i]);
    }
}

void report_event(struct event_log *event_log, struct trace *trace, struct moment now,
                  const struct event *event, struct report_outcome came)
{
    const struct event_info *info = event_info(event->type);
    struct event_log_entry entry = {
        .wall_ms = now.wall_ms,
        .panes = event_panes(event),
        .outcome = came.outcome,
    };
    if (event->name.ptr != NULL) {
        span_string(event->name, entry.name, sizeof entry.name);
    } else {
        snprintf(entry.name, sizeof entry.name, "(not understood)");
    }
    describe(event, entry.what, sizeof entry.what);
    event_log_add(event_log, &entry);
    const char *name = event->type == EVENT_UNKNOWN ? "unknown" : info->name;
    trace_step(trace, now.mono_us, "event", "\"event\":\"%s\",\"id\":%" PRIu64, name, event->id);
    if (came.patched) {
        trace_step(trace, now.mono_us, "patch", "\"event\":\"%s\"", name);
    }
}

/* --- the stream --------------------------------------------------------------------------- */

void report_stream(struct event_log *event_log, struct trace *trace, struct moment now,
                   const struct conn_status *status)
{
    struct event_log_entry entry = {.wall_ms = now.wall_ms, .outcome = EVENT_LOG_NOTED};
    snprintf(entry.name, sizeof entry.name, "stream");
    switch (status->phase) {
    case CONN_LIVE:
        snprintf(entry.what, sizeof entry.what, "open");
        trace_step(trace, now.mono_us, "stream_open", NULL);
        break;
    case CONN_WAITING:
        snprintf(entry.what, sizeof entry.what, "lost: %.64s (try %d)", status->fault.text,
                 status->attempt + 1);
        trace_step(trace, now.mono_us, "stream_lost", "\"fault\":\"%s\",\"attempt\":%d",
                   fault_kind_name(status->fault.kind), status->attempt);
        break;
    case CONN_ENDED:
        snprintf(entry.what, sizeof entry.what, "ended: %.80s", status->fault.text);
        trace_step(trace, now.mono_us, "stream_lost", "\"fault\":\"%s\",\"ended\":true",
                   fault_kind_name(status->fault.kind));
        break;
    case CONN_IDLE:
    case CONN_CONNECTING:
    case CONN_SILENT:
        return;
    }
    event_log_add(event_log, &entry);
}

void report_note(struct event_log *event_log, struct moment now, const char *name, const char *what)
{
    struct event_log_entry entry = {.wall_ms = now.wall_ms, .outcome = EVENT_LOG_NOTED};
    snprintf(entry.name, sizeof entry.name, "%s", name);
    snprintf(entry.what, sizeof entry.what, "%.90s", what);
    event_log_add(event_log, &entry);
}

void report_too_large(struct event_log *event_log, struct trace *trace, struct moment now)
{
    struct event_log_entry entry = {.wall_ms = now.wall_ms, .outcome = EVENT_LOG_NOTED};
    snprintf(entry.name, sizeof entry.name, "stream");
    snprintf(entry.what, sizeof entry.what, "an event over stream.event_max is left out");
    event_log_add(event_log, &entry);
    trace_step(trace, now.mono_us, "event", "\"event\":\"too-large\",\"id\":0");
}

/* --- paint and exit ----------------------------------------------------------------------- */

void report_paint(struct trace *trace, struct moment now, const struct engine *engine,
                  const char *step, unsigned mask)
{
    if (trace == NULL) {
        return;
    }
    unsigned loaded = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(engine, (enum resource)i, &pane);
        loaded |= pane.shown != NULL && !pane.cached ? RESOURCE_BIT(i) : 0;
    }
    trace_step(trace, now.mono_us, step, "\"mask\":%u,\"loaded\":%u", mask, loaded);
}

void report_exit(struct trace *trace, struct moment now, const struct engine *engine)
{
    if (trace == NULL) {
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        size_t len = 0;
        const char *body = engine_body(engine, (enum resource)i, &len, NULL);
        engine_pane(engine, (enum resource)i, &pane);
        trace_step(trace, now.mono_us, "pane",
                   "\"pane\":\"%s\",\"rows\":%zu,\"dirty\":%s,\"stale\":%s,\"fetches\":%" PRIu64
                   ",\"body_fnv1a\":\"%016" PRIx64 "\"",
                   resource_info((enum resource)i)->name,
                   pane.shown == NULL ? (size_t)0 : pane.shown->row_count,
                   pane.dirty ? "true" : "false", pane.stale ? "true" : "false",
                   engine_counters(engine)->fetches[i],
                   body == NULL ? 0 : hash_bytes(HASH_START, body, len));
    }
    const struct engine_counters *c = engine_counters(engine);
    trace_step(trace, now.mono_us, "exit",
               "\"events\":%" PRIu64 ",\"patches\":%" PRIu64 ",\"rejected\":%" PRIu64
               ",\"contradictions\":%" PRIu64 ",\"not_modified\":%" PRIu64 ",\"unchanged\":%" PRIu64
               ",\"failures\":%" PRIu64 ",\"polls\":%" PRIu64,
               c->events, c->patches, c->patches_rejected, c->contradictions, c->not_modified,
               c->unchanged, c->failures, c->polls);
}
