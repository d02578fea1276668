/*
 * pending: the operations that events told of and no response has covered yet, in order, found by
 * what they write in. A later one that sets all that an earlier one set takes its place.
 */
#ifndef BLOTTER_CORE_PENDING_H
#define BLOTTER_CORE_PENDING_H

#include "change.h"
#include "patch.h"

/* What stood in a field before, as far back as that. */
#define PENDING_FORMER 4

/* What the server has said about an operation so far. */
enum op_standing {
    OP_SHOWN,    /* written in the rows: nothing has confirmed it */
    OP_CLAIMED,  /* what is held claims to contain it, and says otherwise: marked, not written */
    OP_CONCEDED, /* the server kept saying otherwise: its word is shown, marked */
    OP_WITNESS   /* confirmed; remembered for a while, as an older answer may still come */
};

/* An operation in the log. */
struct pending_entry {
    struct pending_entry *older;
    struct pending_entry *newer;
    struct pending_entry *next_in_slot;
    uint64_t hash;
    struct patch_stamp stamp;
    const struct change *change;
    enum op_standing standing;
    bool is_newer;      /* than what a response brought, by the time of its figures */
    int64_t told_ms;    /* that time, MODEL_NO_TIME when it is not told */
    bool renews;        /* one that nothing had confirmed */
    bool knew_row;      /* the row was there before it; then before is meaningful */
    unsigned round;     /* of settling: judged in it already */
    int64_t doubted_us; /* since when answers contradict it; 0: none has */
    int64_t settled_us; /* when it became a witness */
    uint64_t conceded;  /* the row's version that it was conceded to; 0: there was no row */
    size_t count;
    struct change_value *values;
    uint64_t (*before)[PENDING_FORMER]; /* hashes of what stood there, the latest first; 0: none */
    char *texts;                        /* the key, then the text values, each with its NUL */
};

struct pending {
    size_t max;
    size_t count;
    size_t witnesses; /* of these */
    unsigned round;
    struct patch_stamp unnamed; /* the latest event that told of no row by name */
    struct pending_entry *oldest;
    struct pending_entry *newest;
    struct pending_entry **slots;
    size_t slot_count;
};

void pending_init(struct pending *log, size_t max);
void pending_done(struct pending *log);

/* Puts an operation last. NULL when there is nothing to apply: *ret_overflow says whether that is
 * for want of room. */
struct pending_entry *pending_put(struct pending *log, const struct operation *operation,
                                  struct patch_stamp stamp, bool *ret_overflow);

/* The one of that operation's kind and key, or NULL. */
struct pending_entry *pending_find(const struct pending *log, const struct operation *operation);

/* What the log says of a key: NULL first, then the one before, until NULL comes. Newest first. */
struct pending_entry *pending_next_of_key(const struct pending *log, const char *key,
                                          const struct pending_entry *after);

void pending_stand(struct pending *log, struct pending_entry *entry, enum op_standing standing);

void pending_remove(struct pending *log, struct pending_entry *entry);

/* Gives back what a storm needed: witnesses settled before that time, and room in the table. */
void pending_trim(struct pending *log, int64_t before_us);

#endif
