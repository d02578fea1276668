/*
 * trace: one JSON line per internal step with monotonic microseconds, for benchmarks and bug
 * reports. Secrets are never in it. Lines are buffered and written when the loop is about to wait.
 */
#ifndef BLOTTER_CLIENT_TRACE_H
#define BLOTTER_CLIENT_TRACE_H

#include <blotter/core/moment.h>

#include <stddef.h>

struct trace;

/* NULL with errno set when the file cannot be opened. Created 0600, truncated. */
struct trace *trace_open(const char *path);
void trace_close(struct trace *trace); /* flushes; NULL is fine */

/* The same file for one of several accounts: its lines name it. NULL when trace is. To be closed,
 * before the trace is. */
struct trace *trace_of(struct trace *trace, const char *account);

/*
 * Writes {"t":mono_us,"step":"…",…}. fields is a format that yields the JSON members after the
 * step, e.g. "\"pane\":\"%s\",\"us\":%lld", or NULL. Every text that goes in must be JSON-safe
 * already. A NULL trace does nothing.
 */
void trace_step(struct trace *trace, int64_t mono_us, const char *step, const char *fields, ...)
    __attribute__((format(printf, 4, 5)));
void trace_flush(struct trace *trace);

#endif
