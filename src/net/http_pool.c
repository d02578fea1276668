/* A curl multi in the loop: the connections of all that use it, by origin and TLS settings. */
#include "http_private.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>

/* ---- libcurl asks for sockets and one timer; the loop has both ---- */

static void act(struct http_pool *pool, curl_socket_t fd, int bits)
{
    int running;
    transfers_enter(pool);
    curl_multi_socket_action(pool->multi, fd, bits, &running);
    transfers_leave(pool);
}

static void on_socket_ready(void *user, int fd, unsigned events)
{
    int bits = ((events & LOOP_READ) ? CURL_CSELECT_IN : 0) |
               ((events & LOOP_WRITE) ? CURL_CSELECT_OUT : 0) |
               ((events & LOOP_ERROR) ? CURL_CSELECT_ERR : 0);
    act(user, fd, bits);
}

static void on_timer(void *user)
{
    act(user, CURL_SOCKET_TIMEOUT, 0);
}

static void on_resume(void *user)
{
    transfers_resume(user);
}

static int curl_wants_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
    struct http_pool *pool = user;
    (void)easy;
    (void)of_socket;
    if (what == CURL_POLL_REMOVE) {
        loop_fd_clear(pool->loop, fd);
        return 0;
    }
    unsigned events =
        ((what & CURL_POLL_IN) ? LOOP_READ : 0) | ((what & CURL_POLL_OUT) ? LOOP_WRITE : 0);
    loop_fd_set(pool->loop, fd, events, on_socket_ready, pool);
    return 0;
}

static int curl_wants_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct http_pool *pool = user;
    (void)multi;
    loop_timer_set(pool->timer,
                   timeout_ms < 0 ? MOMENT_NEVER
                                  : loop_refresh(pool->loop).mono_us + (int64_t)timeout_ms * 1000);
    return 0;
}

/* ---- owners ---- */

struct http_pool *http_pool_new(void)
{
    struct http_pool *pool = mem_calloc(1, sizeof *pool);
    pool->owners = 1;
    return pool;
}

struct http_pool *http_pool_share(struct http_pool *pool)
{
    pool->owners++;
    return pool;
}

void http_pool_free(struct http_pool *pool)
{
    if (pool != NULL && --pool->owners == 0) {
        free(pool);
    }
}

/* ---- users: the first opens it, the last closes its connections ---- */

static bool pool_open(struct http_pool *pool, struct loop *loop)
{
    pool->multi = curl_multi_init();
    if (pool->multi == NULL) {
        return false;
    }
    pool->loop = loop;
    pool->forgot_us = MOMENT_NEVER;
    pool->timer = loop_timer_new(loop, on_timer, pool);
    pool->resume = loop_timer_new(loop, on_resume, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, curl_wants_socket);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, curl_wants_timer);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    return true;
}

static void pool_close(struct http_pool *pool)
{
    curl_multi_cleanup(pool->multi);
    loop_timer_free(pool->timer);
    loop_timer_free(pool->resume);
    pool->multi = NULL;
}

/* Those of others do not see this one's cookies and TLS sessions. */
static bool shares_init(struct http *http)
{
    http->share = curl_share_init();
    http->foreign_share = curl_share_init();
    if (http->share == NULL || http->foreign_share == NULL) {
        return false;
    }
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    curl_share_setopt(http->foreign_share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return true;
}

bool http_pool_enter(struct http *http, struct http_pool *pool)
{
    http->pool = pool != NULL ? http_pool_share(pool) : http_pool_new();
    bool open = http->pool->users++ > 0 || pool_open(http->pool, http->loop);
    return open && shares_init(http);
}

void http_pool_leave(struct http *http)
{
    struct http_pool *pool = http->pool;
    if (pool != NULL && --pool->users == 0) {
        pool_close(pool);
    }
    curl_share_cleanup(http->share);
    curl_share_cleanup(http->foreign_share);
    http_pool_free(pool);
}
