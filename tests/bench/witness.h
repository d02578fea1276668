/*
 * witness: a listener of our own on a user's stream, to know when the server let an event go; and
 * a writer that changes the database without waiting for the answer, so that nothing is read late.
 */
#ifndef BLOTTER_BENCH_WITNESS_H
#define BLOTTER_BENCH_WITNESS_H

#include "../support/server.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
    int64_t t_us;
    uint64_t id; /* 0 when the event has none */
    char event[32];
};

struct witness {
    int fd;
    char *partial;
    size_t partial_len, partial_cap;
    struct seen *list;
    size_t count, cap;
    uint64_t bytes;
};

/* Connects and waits for the answer's head. */
bool witness_open(struct witness *ret, const struct server *server);
void witness_close(struct witness *witness);
/* Takes in what is there, stamped with the time of the read. */
void witness_pump(struct witness *witness);
/* Until so many events came in all. */
bool witness_wait(struct witness *witness, size_t count, int timeout_ms);
const struct seen *witness_find(const struct witness *witness, uint64_t id);

/* Sends SQL through /__mock/sql; the answer is read and dropped by a later call. */
struct writer {
    int fd; /* -1 when no answer is awaited */
};
bool writer_send(struct writer *writer, const struct server *server, const char *sql);
void writer_pump(struct writer *writer);
/* Waits for the answer; false when it was not 200. */
bool writer_finish(struct writer *writer, int timeout_ms);

/* A connection to a port of the loopback, -1 on failure. */
int connect_loopback(int port);
/* A listening socket on a free port of the loopback, -1 on failure. */
int listen_loopback(int *ret_port);
int listen_at(in_addr_t where, int *ret_port); /* in network order */

#endif
