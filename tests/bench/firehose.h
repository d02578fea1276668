/*
 * firehose: a server that does nothing but send one event again and again, as fast as the reader
 * takes it. For the throughput of --watch: the mock would be measured otherwise.
 */
#ifndef BLOTTER_BENCH_FIREHOSE_H
#define BLOTTER_BENCH_FIREHOSE_H

#include "process.h"

#define FIREHOSE_EVENT_BYTES 210

struct firehose_page; /* shared with the child */

struct firehose {
    struct process process;
    struct firehose_page *page;
    int port;
    char url[64];
};

/* Every connection is sent count events (0: without end) and then closed. */
bool firehose_start(struct firehose *ret, uint64_t count);
void firehose_end(struct firehose *firehose);

/* Forgets what was sent so far: the next connection is what counts. */
void firehose_reset(struct firehose *firehose);
/* When the newest connection was sent its first byte, and how many bytes it was sent so far;
 * 0 when there was none. */
int64_t firehose_began_us(const struct firehose *firehose);
uint64_t firehose_sent(const struct firehose *firehose);

#endif
