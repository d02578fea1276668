/*
 * answers: the bodies of the four reads, kept as long as nothing at all was committed to the
 * database, by us or by another process: a kept body is never older than its request. What is kept
 * is bounded; what was asked for longest ago makes room.
 */
#ifndef BLOTTER_MOCK_ANSWERS_H
#define BLOTTER_MOCK_ANSWERS_H

#include "base/text.h"
#include "db/db.h"

#define ANSWERS_BODIES_MAX 64
#define ANSWERS_BYTES_MAX ((size_t)4 << 20) /* of all bodies together; a larger one is not kept */

struct answers;

struct answers *answers_new(struct db *db);
void answers_free(struct answers *answers); /* NULL is fine */

/* One of read.h's. limit must be the same for all calls with the same write. */
typedef void (*answers_fn)(struct db *db, const char *user, int64_t limit, struct text *into);

struct answers_about {
    int64_t last_id; /* the last event that the body contains */
    uint64_t hash;   /* of the body */
};

/* Writes the body as the database has it now. Not from within a transaction. */
void answers_put(struct answers *answers, answers_fn write, const char *user, int64_t limit,
                 struct text *into, struct answers_about *ret);

#endif
