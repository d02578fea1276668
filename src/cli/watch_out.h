/*
 * watch_out: lines on their way to a reader who may be slow or gone. Nothing is dropped and
 * nothing blocks the loop: what cannot be written waits, and the owner stops reading meanwhile.
 */
#ifndef BLOTTER_CLI_WATCH_OUT_H
#define BLOTTER_CLI_WATCH_OUT_H

#include <blotter/core/buf.h>
#include <blotter/net/loop.h>

#include <stdint.h>

struct watch_out {
    struct loop *loop;
    int fd;
    bool own_fd;     /* opened by us */
    bool waits;      /* for a pipe, terminal or socket: write only what it takes without blocking */
    bool blocked;    /* the reader is slow: lines pile up */
    bool watched;    /* the loop tells us when it can be written */
    struct buf text; /* not yet written */
    size_t written;  /* of it */
    uint64_t sent;   /* written since the start */
    int error;       /* errno of a write that failed; EPIPE when the reader has gone */
    void (*on_change)(void *user); /* blocked or error changed, or everything was written */
    void *user;
};

void watch_out_init(struct watch_out *out, struct loop *loop, int fd);
void watch_out_done(struct watch_out *out); /* does not write */

/* To be called after lines were appended to text: writes when there is much. */
void watch_out_more(struct watch_out *out);

/* Writes what the reader takes now. */
void watch_out_flush(struct watch_out *out);
bool watch_out_is_empty(const struct watch_out *out);

#endif
