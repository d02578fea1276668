/*
 * link: a wire of our own between a program and the server: each byte arrives after a delay and at
 * a rate, and connections can be cut or go dead without a word. Needs no privilege and no kernel
 * module, so a slow link is the same everywhere.
 */
#ifndef BLOTTER_BENCH_LINK_H
#define BLOTTER_BENCH_LINK_H

#include "process.h"

struct link_page; /* shared with the child */

struct link {
    struct process process;
    struct link_page *page;
    int control_fd;
    char url[64];
    int listen_port;
};

struct link_options {
    int port;           /* of the server on the loopback */
    int delay_ms;       /* each way; half of the round trip */
    int64_t bits_per_s; /* each way, over all connections; 0: no ceiling */
    int idle_ms;        /* connections on which nothing passes for so long are closed; 0: none */
    bool outward;       /* listens on an address that is not the loopback, as a far server would */
};

bool link_start(struct link *ret, const struct link_options *options);
void link_end(struct link *link);

/* Closes every connection there is, both sides. */
void link_cut(struct link *link);
/* Every connection there is goes dead: nothing passes, nothing is closed. New ones work. */
void link_freeze(struct link *link);
/* New connections are refused from now on, or accepted again. */
void link_block(struct link *link, bool blocked);

/* Bytes that passed towards the program and towards the server. */
uint64_t link_bytes_down(const struct link *link);
uint64_t link_bytes_up(const struct link *link);

#endif
