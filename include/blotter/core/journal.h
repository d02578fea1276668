/*
 * journal: the last events and what came of each, for the events strip and for bug reports.
 * A ring with a ceiling; texts are cleaned on the way in. Pure.
 */
#ifndef BLOTTER_CORE_JOURNAL_H
#define BLOTTER_CORE_JOURNAL_H

#include <blotter/core/resource.h>

#include <stdint.h>

#define JOURNAL_MAX 1000

enum journal_outcome {
    JOURNAL_NOTED,   /* nothing follows from it */
    JOURNAL_PATCHED, /* shown at once, no request follows */
    JOURNAL_COVERED, /* already inside the snapshot held: no request needed */
    JOURNAL_PENDING, /* a confirming request is due or under way */
    JOURNAL_CONFIRMED,
    JOURNAL_FAILED,
    JOURNAL_REFUSED /* it names another user: nothing was made of it */
};

struct journal_entry {
    uint64_t number;     /* counts from 1 */
    int64_t wall_ms;     /* when it was received */
    char name[40];       /* event type, or "stream" for connection news */
    char what[96];       /* "RELIANCE BUY 250 @ 2945" */
    resource_mask panes; /* concerned panes */
    enum journal_outcome outcome;
    int status;       /* of the confirming answer; 0 when none came */
    int64_t fetch_us; /* how long that answer took */
    size_t rows;      /* rows it held */
};

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *journal);

/* Adds an entry; its number is assigned. name and what are cleaned of control and bidi characters
 * and cut. */
void journal_add(struct journal *journal, const struct journal_entry *entry);

/* Settles every pending (or so far failed) entry of a pane received at or before a fetch began. */
void journal_settle(struct journal *journal, enum resource resource, uint64_t up_to_number,
                    const struct journal_entry *outcome);

uint64_t journal_total(const struct journal *journal); /* entries ever added */

/* The entry i back from the newest (0 = newest), NULL past the end. Lives until the next add. */
const struct journal_entry *journal_at(const struct journal *journal, size_t i);
size_t journal_count(const struct journal *journal);

#endif
