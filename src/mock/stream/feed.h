/*
 * feed: takes what the triggers wrote from the database and hands it to the emitter: events in
 * commit order, once each; ticks of positions and quotes gathered into batches. Looks only after
 * something was committed, by us or by another process.
 */
#ifndef BLOTTER_MOCK_FEED_H
#define BLOTTER_MOCK_FEED_H

#include "db/db.h"
#include "emitter.h"

#include <blotter/net/loop.h>

struct feed;

enum feed_verdict { FEED_SEND, FEED_TWICE, FEED_HOLD, FEED_LOSE };

struct feed_settings {
    int64_t retain;   /* events kept in the table */
    int64_t start_ms; /* wall clock: no id below it is given again by this run; 0: go on as it is */
    bool quotes;      /* whether quotes_updated is sent (an extension) */
    /* Asked once per event before it is published: what to do with it. NULL: publish everything. */
    enum feed_verdict (*verdict)(void *user);
    void *verdict_user;
};

/*
 * Starts at the table's end: what happened before is for replays. Ids jump ahead to start_ms, so
 * that those of a file that was restored from a copy are not those that its clients have seen since
 * the copy was made.
 */
struct feed *feed_new(struct db *db, struct emitter *emitter, const struct feed_settings *settings);
void feed_free(struct feed *feed);

/* Publishes what was committed since the last call. Cheap when nothing was. False when some ticks
 * had to wait because another process was writing: call again within some milliseconds. */
bool feed_run(struct feed *feed, struct moment now);

#endif
