/*
 * join: the rows of several accounts in one snapshot, account by account. What did not change is
 * not touched: an event costs what its own account's rows cost. Pure.
 */
#ifndef BLOTTER_CORE_JOIN_H
#define BLOTTER_CORE_JOIN_H

#include <blotter/core/model.h>

struct join_part {
    const struct snapshot *rows; /* NULL: nothing was loaded */
    const struct owner *owner;
    uint64_t version; /* another number whenever the rows changed; 0: look at them every time */
    bool stale;       /* nothing vouches for them */
};

struct join;

struct join *join_new(enum resource resource);
void join_free(struct join *join); /* NULL is fine */

/*
 * Brings the joint rows up to date with the parts, at most OWNERS_MAX. Call it whenever rows of a
 * part may have changed and before anybody reads the joint ones: they hold the parts' texts. Rows
 * that stand elsewhere than before are another snapshot, or one with another row_count.
 */
void join_take(struct join *join, const struct join_part *parts, size_t count);

/* The joint rows, each with its owner; NULL while no part has any loaded. Lives until the next
 * join_take. */
const struct snapshot *join_shown(const struct join *join);

#endif
