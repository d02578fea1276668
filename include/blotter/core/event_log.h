/*
 * event_log: the last events and what came of each, for the events strip and for bug reports.
 * A ring with a ceiling; texts are cleaned on the way in. Pure.
 */
#ifndef BLOTTER_CORE_EVENT_LOG_H
#define BLOTTER_CORE_EVENT_LOG_H

#include <blotter/core/resource.h>

#include <stdint.h>

#define EVENT_LOG_MAX 1000

enum event_log_outcome {
    EVENT_LOG_NOTED,   /* nothing follows from it */
    EVENT_LOG_PATCHED, /* shown at once, no request follows */
    EVENT_LOG_COVERED, /* already inside the snapshot held: no request needed */
    EVENT_LOG_PENDING, /* a confirming request is due or under way */
    EVENT_LOG_CONFIRMED,
    EVENT_LOG_FAILED,
    EVENT_LOG_REFUSED /* it names another user: nothing was made of it */
};

struct event_log_entry {
    uint64_t number;     /* counts from 1 */
    int64_t wall_ms;     /* when it was received */
    char name[40];       /* event type, or "stream" for connection news */
    char what[96];       /* "RELIANCE BUY 250 @ 2945" */
    resource_mask panes; /* concerned panes */
    enum event_log_outcome outcome;
    int status;       /* of the confirming answer; 0 when none came */
    int64_t fetch_us; /* how long that answer took */
    size_t rows;      /* rows it held */
};

struct event_log;

struct event_log *event_log_new(void);
void event_log_free(struct event_log *event_log);

/* Adds an entry; its number is assigned. name and what are cleaned of control and bidi characters
 * and cut. */
void event_log_add(struct event_log *event_log, const struct event_log_entry *entry);

/* Settles every pending (or so far failed) entry of a pane received at or before a fetch began. */
void event_log_settle(struct event_log *event_log, enum resource resource, uint64_t up_to_number,
                      const struct event_log_entry *outcome);

uint64_t event_log_total(const struct event_log *event_log); /* entries ever added */

/* The entry i back from the newest (0 = newest), NULL past the end. Lives until the next add. */
const struct event_log_entry *event_log_at(const struct event_log *event_log, size_t i);
size_t event_log_count(const struct event_log *event_log);

#endif
