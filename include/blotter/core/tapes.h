/*
 * tapes: the tapes of several accounts as one, newest first: in the order in which entries came;
 * what earlier runs kept is put among them by its time. Entries stay where they are. Pure.
 */
#ifndef BLOTTER_CORE_TAPES_H
#define BLOTTER_CORE_TAPES_H

#include <blotter/core/owner.h>
#include <blotter/core/tape.h>

struct tapes;

struct tapes *tapes_new(void);
void tapes_free(struct tapes *tapes); /* NULL is fine */

struct tapes_part {
    const struct tape *tape; /* NULL: it has none */
    const struct owner *owner;
};

/* Brings it up to date, with at most OWNERS_MAX parts. Call it whenever one may have changed and
 * before anything is read. */
void tapes_take(struct tapes *tapes, const struct tapes_part *parts, size_t count);

/* Entries ever told, and one more than is told of any held: numbers count up by one, from a start
 * that means nothing. */
uint64_t tapes_total(const struct tapes *tapes);

/* Entries held, at most TAPE_MAX; of one owner, or of all (NULL). */
size_t tapes_count(const struct tapes *tapes, const struct owner *owner);

/* An entry and what it is among all: entry->number counts in its own tape only. */
struct tapes_entry {
    const struct tape_entry *entry;
    const struct owner *owner;
    uint64_t number;
};

/* The entry i back from the newest of an owner's, or of all (NULL); false past the end. */
bool tapes_at(const struct tapes *tapes, const struct owner *owner, size_t i,
              struct tapes_entry *ret);

/* How many of an owner's entries, or of all (NULL), have a higher number. */
size_t tapes_above(const struct tapes *tapes, const struct owner *owner, uint64_t number);

/* The sum of the parts' counts: of one owner, or of all (NULL). */
struct tape_counts tapes_counts(const struct tapes *tapes, const struct owner *owner);

#endif
