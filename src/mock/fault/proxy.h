/*
 * proxy: a small TCP relay in front of the real server for what a good HTTP library refuses to
 * send: connections closed without an answer, bodies that break off, stall, trickle or never end,
 * broken chunks, half characters. It reads HTTP only as far as it must: where a request begins and
 * what its path is, where an answer's body begins and ends. Plain http only.
 *
 * Everything it relays comes to the server from loopback, so what only loopback may ask
 * (/__mock/sql, /__mock/fault) is refused here for peers that are not.
 */
#ifndef BLOTTER_MOCK_PROXY_H
#define BLOTTER_MOCK_PROXY_H

#include "faults.h"

#include <blotter/net/loop.h>

#include <stdint.h>

struct proxy;

struct proxy_settings {
    const char *host;       /* where to listen: an address of either family */
    uint16_t port;          /* 0: any free one */
    uint16_t upstream_port; /* the real server, on 127.0.0.1 */
};

#define PROXY_CONNECTIONS_MAX                                                                      \
    20000 /* more are closed at once; the descriptor limit may say so earlier */

/* NULL with *ret_error set (FAULT_CONFIG) when it cannot listen. loop and faults outlive it. */
struct proxy *proxy_new(struct loop *loop, struct faults *faults,
                        const struct proxy_settings *settings, struct fault *ret_error);
void proxy_free(struct proxy *proxy); /* closes every connection; NULL is fine */

/*
 * Takes no more connections, and lets those that are in the middle of an answer end it; calls done
 * when they have, or after half a second.
 */
void proxy_end(struct proxy *proxy, loop_fn done, void *user);

uint16_t proxy_port(const struct proxy *proxy);
bool proxy_is_loopback(const struct proxy *proxy); /* whether only this machine can reach it */

#endif
