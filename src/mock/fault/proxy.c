#include "base/listener.h"
#include "proxy.h"
#include "proxy_link.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_MAX 64   /* connections taken in one turn */
#define PAUSE_US 100000 /* after the system ran out of descriptors */
#define END_US 500000
#define END_STEP_US 5000

struct proxy {
    struct proxy_links links;
    int fd;
    uint16_t port;
    bool is_loopback;
    struct loop_timer *pause_timer, *end_timer;
    int64_t end_us;
    loop_fn done;
    void *done_user;
};

/* ---- taking connections ---- */

/* False when there is none, now. */
static bool take_one(struct proxy *proxy)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    int fd = accept(proxy->fd, (struct sockaddr *)&peer, &len);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            loop_fd_clear(proxy->links.loop, proxy->fd);
            loop_timer_set(proxy->pause_timer, loop_now(proxy->links.loop).mono_us + PAUSE_US);
        }
        return errno == EINTR || errno == ECONNABORTED;
    }
    if (proxy->links.count >= PROXY_CONNECTIONS_MAX || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        close(fd);
        return true;
    }
    proxy_link_new(&proxy->links, fd, listener_is_loopback((struct sockaddr *)&peer));
    return true;
}

static void on_listener(void *user, int fd, unsigned events)
{
    struct proxy *proxy = user;
    (void)fd;
    (void)events;
    for (int i = 0; i < ACCEPT_MAX && take_one(proxy); i++) {
    }
}

static void on_pause_over(void *user)
{
    struct proxy *proxy = user;
    if (proxy->fd >= 0) {
        loop_fd_set(proxy->links.loop, proxy->fd, LOOP_READ, on_listener, proxy);
    }
}

static void on_end_timer(void *user);

struct proxy *proxy_new(struct loop *loop, struct faults *faults,
                        const struct proxy_settings *settings, struct fault *ret_error)
{
    struct listener_address address;
    int fd = listener_open(settings->host, (uint16_t)settings->port, &address, ret_error);
    if (fd < 0) {
        return NULL;
    }
    struct proxy *proxy = mem_calloc(1, sizeof *proxy);
    proxy->links.loop = loop;
    proxy->links.faults = faults;
    proxy->links.upstream_port = settings->upstream_port;
    proxy->fd = fd;
    proxy->port = address.port;
    proxy->is_loopback = address.is_loopback;
    proxy->pause_timer = loop_timer_new(loop, on_pause_over, proxy);
    proxy->end_timer = loop_timer_new(loop, on_end_timer, proxy);
    loop_fd_set(loop, fd, LOOP_READ, on_listener, proxy);
    return proxy;
}

uint16_t proxy_port(const struct proxy *proxy)
{
    return proxy->port;
}

bool proxy_is_loopback(const struct proxy *proxy)
{
    return proxy->is_loopback;
}

/* ---- the end ---- */

static void close_listener(struct proxy *proxy)
{
    if (proxy->fd >= 0) {
        loop_fd_clear(proxy->links.loop, proxy->fd);
        close(proxy->fd);
        proxy->fd = -1;
    }
}

/* Looks again every few milliseconds: an end that is seldom and short needs no bookkeeping. */
static void on_end_timer(void *user)
{
    struct proxy *proxy = user;
    int64_t now_us = loop_now(proxy->links.loop).mono_us;
    if (!proxy_links_drain(&proxy->links) && now_us < proxy->end_us) {
        loop_timer_set(proxy->end_timer, now_us + END_STEP_US);
        return;
    }
    proxy->done(proxy->done_user);
}

void proxy_end(struct proxy *proxy, loop_fn done, void *user)
{
    close_listener(proxy);
    proxy->done = done;
    proxy->done_user = user;
    proxy->end_us = loop_now(proxy->links.loop).mono_us + END_US;
    loop_timer_set(proxy->end_timer, loop_now(proxy->links.loop).mono_us);
}

void proxy_free(struct proxy *proxy)
{
    if (proxy == NULL) {
        return;
    }
    proxy_links_close(&proxy->links);
    close_listener(proxy);
    loop_timer_free(proxy->pause_timer);
    loop_timer_free(proxy->end_timer);
    free(proxy);
}
