#if defined(__linux__)
#define _GNU_SOURCE /* EPOLLRDHUP */
#endif
#include "mhdloop.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#if defined(__linux__)

#include <sys/epoll.h>

struct mhdloop {
    struct loop *loop;
    struct mhdloop_handler handler;
    int sockets; /* the daemon's epoll descriptor */
    int peers;   /* ours: streams' sockets, nothing is read from them */
};

unsigned mhdloop_daemon_flags(void)
{
    return MHD_USE_EPOLL;
}

unsigned mhdloop_connections_max(void)
{
    return 1u << 20;
}

static void on_ready(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    struct mhdloop *mhdloop = user;
    mhdloop->handler.ready(mhdloop->handler.user);
}

static void on_peers(void *user, int fd, unsigned events)
{
    (void)events;
    struct mhdloop *mhdloop = user;
    struct epoll_event peers[64];
    int count = epoll_wait(fd, peers, 64, 0);
    for (int i = 0; i < count; i++) {
        bool gone = (peers[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        (gone ? mhdloop->handler.gone : mhdloop->handler.room)(peers[i].data.ptr);
    }
}

struct mhdloop *mhdloop_new(struct loop *loop, struct MHD_Daemon *daemon,
                            const struct mhdloop_handler *handler)
{
    struct mhdloop *mhdloop = mem_calloc(1, sizeof *mhdloop);
    mhdloop->loop = loop;
    mhdloop->handler = *handler;
    mhdloop->sockets = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    mhdloop->peers = epoll_create1(EPOLL_CLOEXEC);
    loop_fd_set(loop, mhdloop->sockets, LOOP_READ, on_ready, mhdloop);
    if (mhdloop->peers >= 0) {
        loop_fd_set(loop, mhdloop->peers, LOOP_READ, on_peers, mhdloop);
    }
    return mhdloop;
}

void mhdloop_free(struct mhdloop *mhdloop)
{
    if (mhdloop == NULL) {
        return;
    }
    loop_fd_clear(mhdloop->loop, mhdloop->sockets);
    if (mhdloop->peers >= 0) {
        loop_fd_clear(mhdloop->loop, mhdloop->peers);
        close(mhdloop->peers);
    }
    free(mhdloop);
}

void mhdloop_sync(struct mhdloop *mhdloop)
{
    (void)mhdloop;
}

bool mhdloop_peer_set(struct mhdloop *mhdloop, int fd, void *owner)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = owner};
    return mhdloop->peers >= 0 && epoll_ctl(mhdloop->peers, EPOLL_CTL_ADD, fd, &event) == 0;
}

void mhdloop_await(struct mhdloop *mhdloop, int fd, void *owner, bool room)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = owner};
    event.events |= room ? EPOLLOUT : 0;
    epoll_ctl(mhdloop->peers, EPOLL_CTL_MOD, fd, &event);
}

void mhdloop_peer_clear(struct mhdloop *mhdloop, int fd)
{
    if (mhdloop != NULL && mhdloop->peers >= 0) {
        epoll_ctl(mhdloop->peers, EPOLL_CTL_DEL, fd, NULL);
    }
}

#else

struct mhdloop {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct mhdloop_handler handler;
    unsigned char watched[FD_SETSIZE];
    int top; /* above the highest descriptor that is watched */
};

unsigned mhdloop_daemon_flags(void)
{
    return 0;
}

unsigned mhdloop_connections_max(void)
{
    return FD_SETSIZE - 64;
}

static void on_ready(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    struct mhdloop *mhdloop = user;
    mhdloop->handler.ready(mhdloop->handler.user);
}

struct mhdloop *mhdloop_new(struct loop *loop, struct MHD_Daemon *daemon,
                            const struct mhdloop_handler *handler)
{
    struct mhdloop *mhdloop = mem_calloc(1, sizeof *mhdloop);
    mhdloop->loop = loop;
    mhdloop->daemon = daemon;
    mhdloop->handler = *handler;
    return mhdloop;
}

void mhdloop_free(struct mhdloop *mhdloop)
{
    if (mhdloop == NULL) {
        return;
    }
    for (int fd = 0; fd < mhdloop->top; fd++) {
        if (mhdloop->watched[fd] != 0) {
            loop_fd_clear(mhdloop->loop, fd);
        }
    }
    free(mhdloop);
}

void mhdloop_sync(struct mhdloop *mhdloop)
{
    fd_set readable, writable, failed;
    int highest = -1;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    if (MHD_get_fdset(mhdloop->daemon, &readable, &writable, &failed, &highest) != MHD_YES) {
        return;
    }
    int end = highest + 1 > mhdloop->top ? highest + 1 : mhdloop->top;
    for (int fd = 0; fd < end; fd++) {
        unsigned wanted =
            (FD_ISSET(fd, &readable) ? LOOP_READ : 0) | (FD_ISSET(fd, &writable) ? LOOP_WRITE : 0);
        if (wanted == 0 && mhdloop->watched[fd] != 0) {
            loop_fd_clear(mhdloop->loop, fd);
        } else if (wanted != mhdloop->watched[fd]) {
            loop_fd_set(mhdloop->loop, fd, wanted, on_ready, mhdloop);
        }
        mhdloop->watched[fd] = (unsigned char)wanted;
    }
    mhdloop->top = highest + 1;
}

bool mhdloop_peer_set(struct mhdloop *mhdloop, int fd, void *owner)
{
    (void)mhdloop;
    (void)fd;
    (void)owner;
    return false;
}

void mhdloop_await(struct mhdloop *mhdloop, int fd, void *owner, bool room)
{
    (void)mhdloop;
    (void)fd;
    (void)owner;
    (void)room;
}

void mhdloop_peer_clear(struct mhdloop *mhdloop, int fd)
{
    (void)mhdloop;
    (void)fd;
}

#endif
