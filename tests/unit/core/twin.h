/*
 * twin: bodies that follow each other, made from commands in bytes, and each decoded twice: after
 * the one before, and anew. Both must say the same.
 */
#ifndef TWIN_H
#define TWIN_H

#include <blotter/core/model.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct twin;

struct twin *twin_new(enum resource resource);
void twin_free(struct twin *twin);

/* Reads commands to the end of the bytes; each makes a body. False when the two differ, with the
 * reason in twin_reason. */
bool twin_run(struct twin *twin, const uint8_t *commands, size_t len);

/* One body of the caller's. It becomes the one before when it can be shown. */
bool twin_decode(struct twin *twin, const char *body, size_t len);

const char *twin_reason(const struct twin *twin);

/* What is held now; NULL: nothing yet. */
const struct snapshot *twin_held(const struct twin *twin);

/* Rows that were taken over so far: a test of nothing would show here. */
size_t twin_taken(const struct twin *twin);

#endif
