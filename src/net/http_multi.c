#include <string.h>

#include "http_internal.h"

#define IDLE_MAX_S                                                                                 \
    30L /* what was idle for longer may have been forgotten by something on the way */
#define FORGOTTEN_FRESH_S 2
#define NEAR_US 2000 /* no tunnel to another machine is worth packing for below that */
#define NEAR_TRIES 4

/* libcurl asks for sockets and one timer; the loop has both. */

static void on_socket_ready(void *user, int fd, unsigned events)
{
    struct http *http = user;
    int bits = ((events & LOOP_READ) ? CURL_CSELECT_IN : 0) |
               ((events & LOOP_WRITE) ? CURL_CSELECT_OUT : 0) |
               ((events & LOOP_ERROR) ? CURL_CSELECT_ERR : 0);
    int running;
    http_multi_enter(http);
    curl_multi_socket_action(http->multi, fd, bits, &running);
    http_multi_leave(http);
}

static void on_timer(void *user)
{
    struct http *http = user;
    int running;
    http_multi_enter(http);
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http_multi_leave(http);
}

static void on_resume(void *user)
{
    struct http *http = user;
    struct transfer *at = http->transfers;
    http->resume_round++;
    while (at != NULL) {
        /* Its callbacks may have changed the list: begin anew. */
        at = transfer_resume(at) ? http->transfers : transfer_next(at);
    }
}

static int curl_wants_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
    struct http *http = user;
    (void)easy;
    (void)of_socket;
    if (what == CURL_POLL_REMOVE) {
        loop_unwatch(http->loop, fd);
        return 0;
    }
    unsigned events =
        ((what & CURL_POLL_IN) ? LOOP_READ : 0) | ((what & CURL_POLL_OUT) ? LOOP_WRITE : 0);
    loop_watch(http->loop, fd, events, on_socket_ready, http);
    return 0;
}

static int curl_wants_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct http *http = user;
    (void)multi;
    loop_timer_set(http->timer,
                   timeout_ms < 0 ? MOMENT_NEVER
                                  : loop_refresh(http->loop).mono_us + (int64_t)timeout_ms * 1000);
    return 0;
}

bool http_multi_init(struct http *http)
{
    http->multi = curl_multi_init();
    http->share = curl_share_init();
    http->foreign_share = curl_share_init();
    if (http->multi == NULL || http->share == NULL || http->foreign_share == NULL) {
        return false;
    }
    http->timer = loop_timer_new(http->loop, on_timer, http);
    http->resume = loop_timer_new(http->loop, on_resume, http);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    curl_share_setopt(http->foreign_share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, curl_wants_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, curl_wants_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    return true;
}

void http_multi_done(struct http *http)
{
    curl_multi_cleanup(http->multi);
    curl_share_cleanup(http->share);
    curl_share_cleanup(http->foreign_share);
    loop_timer_free(http->timer);
    loop_timer_free(http->resume);
}

bool http_is_near(const struct http *http)
{
    return http->origin.loopback && http->near > 0;
}

void http_took(struct http *http, int64_t first_byte_us)
{
    http->measured = true;
    if (first_byte_us < NEAR_US) {
        http->near = NEAR_TRIES;
    } else if (http->near > 0) {
        http->near--; /* it may have been busy for once */
    }
}

void http_forget_connections(struct http *http)
{
    http->forgot_us = loop_refresh(http->loop).mono_us;
}

/* libcurl knows the ages of its connections in whole seconds: for the first two, no old one. */
void http_choose_connection(const struct http *http, CURL *easy, bool fresh)
{
    int64_t since_us =
        http->forgot_us != MOMENT_NEVER ? loop_now(http->loop).mono_us - http->forgot_us : -1;
    bool just_now = since_us >= 0 && since_us < FORGOTTEN_FRESH_S * INT64_C(1000000);
    bool old_left = since_us >= 0 && since_us / 1000000 <= 2 * IDLE_MAX_S;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh || just_now ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
                     old_left && !just_now ? (long)(since_us / 1000000 - 1) : 0L);
}

void http_multi_enter(struct http *http)
{
    http->inside_curl++;
}

static void messages_read(struct http *http)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        char *owner = NULL;
        int result = (int)message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        if (message->msg == CURLMSG_DONE && owner != NULL) {
            transfer_curl_done((struct transfer *)(void *)owner, result);
        }
    }
}

void http_multi_leave(struct http *http)
{
    if (--http->inside_curl > 0) {
        return;
    }
    messages_read(http);
    struct transfer *next;
    for (struct transfer *at = http->transfers; at != NULL; at = next) {
        next = transfer_next(at);
        transfer_settle(at);
    }
}
