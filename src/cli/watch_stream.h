/*
 * watch_stream: one source of --watch: its connection, its place, the state behind its gaps, and
 * which of its events are printed.
 */
#ifndef BLOTTER_CLI_WATCH_STREAM_H
#define BLOTTER_CLI_WATCH_STREAM_H

#include "status.h"
#include "watch_cursor.h"
#include "watch_print.h"

/* Who runs it, and what all streams share. */
struct watch_streams {
    struct watch_print *print;
    struct watch_cursor *cursor; /* NULL: none */
    void (*printed)(void *user); /* an event, or the state behind a gap */
    /* It has ended for good; nothing more comes of it. Not to be freed in there. */
    void (*over)(void *user, enum status status);
    void *user;
};

/* owner: its place in the cursor, when there is one. The source is borrowed. NULL with *ret_fault
 * set. */
struct watch_stream *watch_stream_new(const struct watch_streams *all,
                                      const struct watch_source *source, size_t owner,
                                      struct fault *ret_fault);
void watch_stream_free(struct watch_stream *stream); /* NULL is fine */

/* Takes up where the cursor stands, and connects. */
void watch_stream_start(struct watch_stream *stream);
void watch_stream_stop(struct watch_stream *stream);
bool watch_stream_is_over(const struct watch_stream *stream); /* nothing more comes of it */

/* The reader takes no more, or again. */
void watch_stream_pause(struct watch_stream *stream, bool paused);

/* Before each wait. */
void watch_stream_turn(struct watch_stream *stream);

#endif
