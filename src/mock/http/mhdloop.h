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

/* ready is called when a socket is; gone with the owner of a stream whose peer hung up, room when
 * its socket can be written to. */
struct mhdloop_handler {
    void (*ready)(void *user);
    void (*gone)(void *owner);
    void (*room)(void *owner);
    void *user;
};
struct mhdloop *mhdloop_new(struct loop *loop, struct MHD_Daemon *daemon,
                            const struct mhdloop_handler *handler);
void mhdloop_free(struct mhdloop *mhdloop); /* before the daemon is stopped; NULL is fine */

/* To be called before each wait. */
void mhdloop_sync(struct mhdloop *mhdloop);

/*
 * From now on owner's peer on fd is watched for hanging up, until it has been told or unwatched;
 * false when that cannot be. mhdloop_await watches for room, too, or no more: needed again after
 * room was told. mhdloop NULL is fine.
 */
bool mhdloop_peer_set(struct mhdloop *mhdloop, int fd, void *owner);
void mhdloop_await(struct mhdloop *mhdloop, int fd, void *owner, bool room);
void mhdloop_peer_clear(struct mhdloop *mhdloop, int fd);

#endif
