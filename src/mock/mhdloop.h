/*
 * mhdloop: what libmicrohttpd's sockets need of the loop: on Linux one epoll descriptor that
 * stands for all of them, elsewhere every descriptor by itself (at most FD_SETSIZE).
 * And which peers have gone while nothing is read from them (Linux only: elsewhere the next
 * heartbeat finds out).
 */
#ifndef BLOTTER_MOCK_MHDLOOP_H
#define BLOTTER_MOCK_MHDLOOP_H

#include <blotter/net/loop.h>
#include <microhttpd.h>

struct mhdloop;

unsigned mhdloop_daemon_flags(void);
unsigned mhdloop_connections_max(void); /* how many the way of waiting allows */

/* ready is called when a socket is; gone with the owner of a stream whose peer hung up. */
struct mhdloop_handler {
    void (*ready)(void *user);
    void (*gone)(void *owner);
    void *user;
};
struct mhdloop *mhdloop_new(struct loop *loop, struct MHD_Daemon *daemon,
                            const struct mhdloop_handler *handler);
void mhdloop_free(struct mhdloop *mhdloop); /* before the daemon is stopped; NULL is fine */

/* To be called before each wait. */
void mhdloop_sync(struct mhdloop *mhdloop);

/* From now on owner's peer on fd is watched for hanging up, until fd is closed or it has been told.
 */
void mhdloop_watch_peer(struct mhdloop *mhdloop, int fd, void *owner);

#endif
