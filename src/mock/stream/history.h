/*
 * history: which event ids there are, and from which one a stream can be continued. Ids grow; at
 * the start of a run they jump, so that between two runs lies a gap of ids that were never given.
 */
#ifndef BLOTTER_MOCK_HISTORY_H
#define BLOTTER_MOCK_HISTORY_H

#include "db/db.h"

struct history {
    int64_t last_id;          /* up to it everything was published */
    int64_t retain;           /* events that are kept */
    int64_t gap_from, gap_to; /* nothing between them was ever given */
};

/* Ids go on after this one; what was before the gap can still be replayed. */
void history_skip(struct history *history, int64_t id);

/* Ids go on after this one, and nothing can be replayed that was before it. */
void history_begin(struct history *history, int64_t id);

/* Events up to this id need not be kept. */
int64_t history_retained_after(const struct history *history);

/* The oldest id from which everything that came after it is still held. */
int64_t history_floor(const struct history *history, struct db *db);

/* A Last-Event-ID: a plain decimal that can be replayed from, or -1. */
int64_t history_read_id(const struct history *history, struct db *db, const char *last_event_id);

#endif
