/*
 * oplog: the operations that events told of and no response has covered yet, in order, found by
 * what they write in. A later one that sets all that an earlier one set takes its place.
 */
#ifndef BLOTTER_CORE_OPLOG_H
#define BLOTTER_CORE_OPLOG_H

#include "patch.h"
#include "payload.h"

/* An operation in the log. */
struct oplog_entry {
    struct oplog_entry *older;
    struct oplog_entry *newer;
    struct oplog_entry *next_in_slot;
    uint64_t hash;
    struct patch_stamp stamp;
    const struct payload *payload;
    char *texts; /* the key, then the text values, each with its NUL */
    size_t texts_size;
    size_t count;
    struct payload_value values[PAYLOAD_VALUES_MAX];
};

struct oplog {
    size_t max;
    size_t count;
    struct oplog_entry *oldest;
    struct oplog_entry *newest;
    struct oplog_entry *unused; /* kept for the next, so that a steady state allocates nothing */
    size_t unused_count;
    struct oplog_entry **slots;
    size_t slot_count;
};

void oplog_init(struct oplog *log, size_t max);
void oplog_done(struct oplog *log);

/* Puts an operation last. NULL when there is nothing to apply: *ret_overflow says whether that is
 * for want of room. */
struct oplog_entry *oplog_put(struct oplog *log, const struct operation *operation,
                              struct patch_stamp stamp, bool *ret_overflow);

/* The one of that kind with that key, or NULL. */
struct oplog_entry *oplog_find(const struct oplog *log, const struct operation *operation);

void oplog_remove(struct oplog *log, struct oplog_entry *entry);

#endif
