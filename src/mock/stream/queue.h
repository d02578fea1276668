/*
 * queue: one that many readers share without a copy. What is queued holds the next one; a reader
 * holds that up to which it has read, so what nobody stands on or before is gone.
 */
#ifndef BLOTTER_MOCK_QUEUE_H
#define BLOTTER_MOCK_QUEUE_H

#include <stddef.h>

/* One event's bytes, shared by all queues that carry it; before and behind them stands what makes
 * them a chunk of HTTP. */
struct body {
    size_t refs;
    size_t len;
    char *bytes;
    size_t head_len; /* of the chunk: it begins so many bytes before */
    char framed[];
};

#define BODY_CHUNK_END "\r\n"
#define BODY_CHUNK_END_LEN 2

struct queued {
    size_t refs;
    struct body *body; /* NULL for that with which a queue starts */
    struct queued *next;
};

/* Both start with one reference, the caller's; NULL may be let go of. */
struct body *body_new(const char *bytes, size_t len);
void body_unref(struct body *body);

struct queued *queued_new(struct body *body); /* takes over the reference to body */
void queued_unref(struct queued *queued);

#endif
