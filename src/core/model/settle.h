/*
 * settle: what a response says about the operations of a log. A response that agrees confirms
 * them; one that shows what stood there before them is older than they are, whatever its ids say.
 * Source: doc/revalidation.md, R2, R14, R15.
 */
#ifndef BLOTTER_CORE_SETTLE_H
#define BLOTTER_CORE_SETTLE_H

#include "pending.h"

/* A confirmed operation is remembered this long against answers that are older than it. */
#define SETTLE_WITNESS_US ((int64_t)10 * 1000 * 1000)
/* Answers have said otherwise for this long: they are believed, and the row is marked. */
#define SETTLE_DOUBT_US ((int64_t)8500 * 1000)
/* A claim may be true, and what came after still be on its way to us. */
#define SETTLE_CLAIM_US ((int64_t)1000 * 1000)
/* So many rows of a pane stay marked: where more are wrong, it is not about rows. */
#define SETTLE_MARKED_MAX 64
/* A row stays marked, and is asked about, no longer than this. */
#define SETTLE_MARK_US ((int64_t)60 * 1000 * 1000)

/* What stands in a row where an operation will write. */
struct settle_before {
    bool known; /* there is a row */
    uint64_t hashes[CHANGE_VALUES_MAX];
};

/* To be asked before the operation goes into the log: what it takes the place of may be what the
 * row shows. row: NULL when there is none. */
void settle_look(const struct operation *operation, const struct row *row,
                 struct settle_before *ret);

/* Keeps that for the operation's entry. */
void settle_remember(struct pending_entry *entry, const struct settle_before *before);

/* Whether a row that the server sent (NULL: it sent none) says what the operation says. */
bool settle_agrees(const struct operation *operation, const struct row *row);

/* Whether the operation says that a row has gone, or may go. */
bool settle_ends_row(const struct operation *operation);

/* Whether a response covers, or should cover, any that still waits. */
bool settle_concerns(const struct pending *log, struct patch_answer response);

/* base: the response's rows, as the server sent them; NULL: there are none yet. What changed are
 * the marks and what is written. */
struct patch_change settle_log(struct pending *log, const struct snapshot *base,
                               struct patch_answer response);

#endif
