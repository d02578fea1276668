#include "head.h"
#include "http_fault.h"
#include "http_private.h"
#include "transfer.h"

#include <blotter/core/alloc.h>
#include <blotter/core/linked.h>

#include <stdlib.h>
#include <string.h>

#define LOCATION_MAX 8192
#define COOKIES_MAX 64 /* more than that are all forgotten */
#define STREAM_BUFFER 131072L
#define LOW_SPEED_BYTES 1L /* a second */
#define IDLE_MAX_S                                                                                 \
    30L /* what was idle for longer may have been forgotten by something on the way */
#define FORGOTTEN_FRESH_S 2
#define NEAR_US 2000 /* no tunnel to another machine is worth packing for below that */
#define NEAR_TRIES 4
#define TURN_US 8000 /* of a turn of the loop that streams may take at a stretch */

enum transfer_state {
    TRANSFER_NEW,       /* to be given to libcurl */
    TRANSFER_RUNNING,   /* libcurl has it */
    TRANSFER_CANCELLED, /* to be freed once libcurl is off the stack */
    TRANSFER_DONE       /* on_done is being called */
};

struct transfer {
    struct http *http;
    struct transfer *next;
    struct transfer *previous;
    struct transfer_handler handler;
    enum transfer_state state;
    bool endless;
    bool fresh;
    bool paused;
    bool resume_due;
    uint64_t resumed; /* in which round */
    bool owed;        /* the next bytes are taken however long the turn was */
    CURL *easy;
    char *url;
    struct http_origin origin;
    char **headers; /* the caller's */
    size_t header_count;
    struct curl_slist *sent; /* these and the credentials, when the origin is ours */
    int redirects;
    int64_t duration_us; /* of the hops before this one */
    /* the answer that is being read */
    bool head_done;
    bool following;
    size_t header_bytes;
    struct fault fault; /* why we gave the transfer up ourselves */
};

/* ---- connections ---- */

bool http_wants_plain(const struct http *http)
{
    bool near = http->origin.loopback && http->near > 0;
    return http->gzip == HTTP_GZIP_NO || (http->gzip == HTTP_GZIP_AUTO && near);
}

/* first_byte_us: from the request on. */
static void took(struct http *http, int64_t first_byte_us)
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
    http->pool->forgot_us = loop_refresh(http->loop).mono_us;
}

/* A kept connection, unless it is older than what was forgotten last; fresh: none at all.
 * libcurl knows the ages of its connections in whole seconds: for the first two, no old one. */
static void choose_connection(const struct http *http, CURL *easy, bool fresh)
{
    int64_t forgot_us = http->pool->forgot_us;
    int64_t since_us = forgot_us != MOMENT_NEVER ? loop_now(http->loop).mono_us - forgot_us : -1;
    bool just_now = since_us >= 0 && since_us < FORGOTTEN_FRESH_S * INT64_C(1000000);
    bool old_left = since_us >= 0 && since_us / 1000000 <= 2 * IDLE_MAX_S;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh || just_now ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
                     old_left && !just_now ? (long)(since_us / 1000000 - 1) : 0L);
}

/* ---- reading the head ---- */

static int status_of(const struct transfer *transfer)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static bool status_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* NULL when there is none, or one that is no address of anything. */
static const char *location_of(const struct transfer *transfer)
{
    const char *location = head_value(transfer->easy, "location");
    return location != NULL && strlen(location) < LOCATION_MAX ? location : NULL;
}

/* False with the fault set: no other try would bring an answer that can be read. */
static bool encoding_check(struct transfer *transfer)
{
    char list[HEAD_LIST_MAX];
    const char *name;
    int len;
    head_list(transfer->easy, "content-encoding", list);
    http_hide_token(transfer->http, list, strlen(list));
    if (head_can_unpack(list, &name, &len)) {
        return true;
    }
    fault_set(&transfer->fault, FAULT_TYPE, 200,
              "the answer is packed as '%.*s', which cannot be read", len < 40 ? len : 40, name);
    return false;
}

/*
 * Elsewhere the token is not sent: whatever is answered there was answered to nobody, and cannot be
 * our figures. False with the fault set.
 */
static bool answerer_check(struct transfer *transfer)
{
    const struct http *http = transfer->http;
    if (http->credentials == NULL || http_origin_equal(&http->origin, &transfer->origin)) {
        return true;
    }
    fault_set(&transfer->fault, FAULT_REDIRECT, 0,
              "redirected to %s://%.80s:%u, which gets no token and so cannot answer for us",
              transfer->origin.secure ? "https" : "http", transfer->origin.host,
              transfer->origin.port);
    return false;
}

static void head_tell(struct transfer *transfer, int status)
{
    CURL *easy = transfer->easy;
    char type[HEAD_LIST_MAX];
    curl_off_t length = -1;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    head_list(easy, "content-type", type);
    http_hide_token(transfer->http, type, strlen(type));
    struct transfer_head head = {
        .status = status,
        .content_type = type[0] != '\0' ? type : NULL,
        .last_event_id = head_event_id(easy),
        .age_ms = head_age_ms(easy),
        .retry_after_ms = head_retry_after_ms(easy, loop_now(transfer->http->loop).wall_ms),
        .length = (int64_t)length,
        .easy = easy,
    };
    transfer->handler.on_head(transfer->handler.user, &head);
}

/* The head is complete. False: libcurl is to give this request up. */
static bool head_finish(struct transfer *transfer)
{
    int status = status_of(transfer);
    if (status < 200 && status != 101) {
        return true; /* an interim answer: the real one follows */
    }
    transfer->head_done = true;
    if (status == 101) {
        fault_set(&transfer->fault, FAULT_NETWORK, 0, "the server switched protocols unasked");
        return false;
    }
    if (status_is_redirect(status) && location_of(transfer) != NULL && !transfer->http->stays) {
        curl_off_t length = -1;
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        transfer->following = true;
        return length == 0; /* an empty body leaves the connection fit for use */
    }
    if (!answerer_check(transfer) || (status == 200 && !encoding_check(transfer))) {
        return false;
    }
    head_tell(transfer, status);
    return transfer->state == TRANSFER_RUNNING;
}

static size_t curl_has_header(char *line, size_t one, size_t len, void *user)
{
    struct transfer *transfer = user;
    (void)one;
    if (transfer->state != TRANSFER_RUNNING) {
        return 0;
    }
    transfer->header_bytes += len;
    if (transfer->header_bytes > TRANSFER_HEADERS_MAX) {
        fault_set(&transfer->fault, FAULT_TOO_LARGE, 0, "the answer's headers are over %zu KiB",
                  TRANSFER_HEADERS_MAX >> 10);
        return 0;
    }
    if (transfer->head_done) {
        return len; /* a trailer */
    }
    bool ends = len > 0 && (line[0] == '\r' || line[0] == '\n');
    return !ends || head_finish(transfer) ? len : 0;
}

/*
 * libcurl reads a socket a hundred times over before it looks at anything else. A server that
 * sends faster than events are taken would keep keys and frames waiting for seconds.
 */
static bool turn_is_over(struct transfer *transfer)
{
    if (!transfer->endless || transfer->owed) {
        transfer->owed = false;
        return false;
    }
    return loop_turn_us(transfer->http->loop) > TURN_US;
}

static size_t curl_has_bytes(char *bytes, size_t one, size_t len, void *user)
{
    struct transfer *transfer = user;
    (void)one;
    if (transfer->state != TRANSFER_RUNNING || transfer->following) {
        return 0;
    }
    if (transfer->paused) {
        return CURL_WRITEFUNC_PAUSE;
    }
    if (turn_is_over(transfer)) {
        transfer->resume_due = true;
        loop_timer_set(transfer->http->pool->resume, 0);
        return CURL_WRITEFUNC_PAUSE;
    }
    bool more = transfer->handler.on_bytes(transfer->handler.user, bytes, len, &transfer->fault);
    return more && transfer->state == TRANSFER_RUNNING ? len : 0;
}

/* ---- setting up a hop ---- */

static void wipe(char *text)
{
    for (volatile char *at = text; *at != '\0'; at++) {
        *at = '\0';
    }
}

static void sent_free(struct transfer *transfer)
{
    for (struct curl_slist *at = transfer->sent; at != NULL; at = at->next) {
        wipe(at->data);
    }
    curl_slist_free_all(transfer->sent);
    transfer->sent = NULL;
}

static void sent_add(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->sent, line);
    if (longer == NULL) {
        abort();
    }
    transfer->sent = longer;
}

static void sent_build(struct transfer *transfer)
{
    const struct http *http = transfer->http;
    sent_free(transfer);
    for (size_t i = 0; i < transfer->header_count; i++) {
        sent_add(transfer, transfer->headers[i]);
    }
    bool own = http_origin_equal(&http->origin, &transfer->origin);
    for (size_t i = 0; i < http->line_count && own; i++) {
        sent_add(transfer, http->lines[i]);
    }
    bool credited = http->credentials != NULL && own;
    if (credited && !http->by_cookie) {
        sent_add(transfer, http->credentials);
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->sent);
    curl_easy_setopt(transfer->easy, CURLOPT_COOKIE,
                     credited && http->by_cookie ? http->credentials + strlen("Cookie: ") : NULL);
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, own ? http->share : http->foreign_share);
}

static void options_set_limits(struct transfer *transfer)
{
    const struct http *http = transfer->http;
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
    if (transfer->endless) {
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, STREAM_BUFFER);
        return;
    }
    long low_speed_s = (long)(http->total_timeout_ms / 2 / 1000);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, low_speed_s > 0 ? LOW_SPEED_BYTES : 0L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, low_speed_s);
}

static void options_set_once(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "blotter/" BLOTTER_VERSION);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, curl_has_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, curl_has_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); /* none is read, but those that come are kept */
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (transfer->http->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->http->ca_file);
    }
    if (transfer->http->authorities == HTTP_ONE_FILE) {
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    } else if (transfer->http->authorities == HTTP_DIRECTORY) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    }
    options_set_limits(transfer);
}

/* The total is for all hops together. */
static void hop_limit_time(struct transfer *transfer)
{
    if (transfer->http->total_timeout_ms == 0) {
        return;
    }
    int64_t left_ms = transfer->http->total_timeout_ms - transfer->duration_us / 1000;
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 0 ? left_ms : 1));
}

static void hop_prepare(struct transfer *transfer)
{
    if (!transfer->endless) {
        hop_limit_time(transfer);
    }
    transfer->head_done = false;
    transfer->following = false;
    transfer->header_bytes = 0;
    curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
    /* What is meant for this machine is not told to a proxy. */
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, transfer->origin.loopback ? "" : NULL);
    /* Unpacked in any case if it comes packed; a stream says in a header of its own what it likes.
     */
    curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING,
                     http_wants_plain(transfer->http) ? "identity" : "gzip");
    sent_build(transfer);
    transfer->state = TRANSFER_NEW;
}

/* ---- life ---- */

static void transfer_free(struct transfer *transfer)
{
    curl_multi_remove_handle(transfer->http->pool->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    sent_free(transfer);
    for (size_t i = 0; i < transfer->header_count; i++) {
        free(transfer->headers[i]);
    }
    free(transfer->headers);
    free(transfer->url);
    LINKED_REMOVE(&transfer->http->pool->transfers, transfer);
    free(transfer);
}

/* Starts it, or frees it. */
static void settle(struct transfer *transfer)
{
    if (transfer->state == TRANSFER_CANCELLED) {
        transfer_free(transfer);
    } else if (transfer->state == TRANSFER_NEW) {
        transfer->state = TRANSFER_RUNNING;
        choose_connection(transfer->http, transfer->easy, transfer->fresh);
        curl_multi_add_handle(transfer->http->pool->multi, transfer->easy);
    }
}

struct transfer *transfer_start(struct http *http, const struct transfer_request *request,
                                const struct transfer_handler *handler)
{
    struct http_pool *pool = http->pool;
    struct transfer *transfer = mem_calloc(1, sizeof *transfer);
    transfer->http = http;
    transfer->handler = *handler;
    transfer->endless = request->endless;
    transfer->fresh = request->fresh;
    transfer->origin = http->origin;
    size_t prefix_len = strlen(http->prefix);
    size_t path_len = strlen(request->path);
    transfer->url = mem_alloc(prefix_len + path_len + 1);
    memcpy(transfer->url, http->prefix, prefix_len);
    memcpy(transfer->url + prefix_len, request->path, path_len + 1);
    transfer->header_count = request->header_count;
    transfer->headers = mem_calloc(request->header_count, sizeof *transfer->headers);
    for (size_t i = 0; i < request->header_count; i++) {
        transfer->headers[i] = mem_dup(request->headers[i], strlen(request->headers[i]));
    }
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        abort();
    }
    options_set_once(transfer);
    hop_prepare(transfer);
    LINKED_APPEND(&pool->transfers, transfer);
    if (pool->inside_curl == 0) {
        settle(transfer);
    }
    return transfer;
}

void transfer_cancel(struct transfer *transfer)
{
    if (transfer == NULL || transfer->state == TRANSFER_DONE) {
        return;
    }
    transfer->state = TRANSFER_CANCELLED;
    if (transfer->http->pool->inside_curl == 0) {
        transfer_free(transfer);
    }
}

void transfer_pause(struct transfer *transfer, bool paused)
{
    if (transfer == NULL || transfer->paused == paused) {
        return;
    }
    transfer->paused = paused;
    /* Pausing takes place in curl_has_bytes, when there is something to be held back. */
    transfer->resume_due = !paused;
    if (!paused) {
        loop_timer_set(transfer->http->pool->resume, 0);
    }
}

/* ---- the end of a hop ---- */

static void transfer_finish(struct transfer *transfer, const struct fault *fault)
{
    transfer->state = TRANSFER_DONE;
    transfer->handler.on_done(transfer->handler.user, fault, transfer->duration_us);
    transfer_free(transfer);
}

static bool redirect_follow(struct transfer *transfer)
{
    char *url;
    if (++transfer->redirects > TRANSFER_REDIRECTS_MAX) {
        fault_set(&transfer->fault, FAULT_REDIRECT, 0, "redirected more than %d times",
                  TRANSFER_REDIRECTS_MAX);
        return false;
    }
    if (!http_url_redirect(transfer->url, location_of(transfer), &url, &transfer->origin,
                           &transfer->fault)) {
        return false;
    }
    free(transfer->url);
    transfer->url = url;
    curl_multi_remove_handle(transfer->http->pool->multi, transfer->easy);
    hop_prepare(transfer);
    return true;
}

static void fault_from_result(struct transfer *transfer, int result)
{
    struct http_failure failure = {.code = result, .host = transfer->origin.host};
    long os_error = 0;
    curl_off_t connect_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &failure.tls_verify);
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connect_us);
    failure.os_error = (int)os_error;
    failure.connected = connect_us > 0;
    http_fault_from_curl(&transfer->fault, &failure);
}

/* A server may choose its cookies, but not how many of them are kept. */
static void cookies_bound(const struct transfer *transfer)
{
    struct curl_slist *list = NULL;
    size_t count = 0;
    if (head_value(transfer->easy, "set-cookie") == NULL) {
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_COOKIELIST, &list);
    for (const struct curl_slist *at = list; at != NULL; at = at->next) {
        count++;
    }
    curl_slist_free_all(list);
    if (count > COOKIES_MAX) {
        curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST, "ALL");
    }
}

/* Whether it went over a connection that another one had made. */
static bool was_kept(const struct transfer *transfer)
{
    long made = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
    return made == 0;
}

static void measure(const struct transfer *transfer)
{
    curl_off_t sent_us = 0, first_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
    took(transfer->http, (int64_t)(first_us - sent_us));
}

/* libcurl is done with its handle. */
static void curl_done(struct transfer *transfer, int result)
{
    if (transfer->state != TRANSFER_RUNNING) {
        return; /* cancelled meanwhile: settled soon */
    }
    curl_off_t time_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &time_us);
    transfer->duration_us += (int64_t)time_us;
    if (result == CURLE_OK && !transfer->endless) {
        measure(transfer);
    }
    cookies_bound(transfer);
    if (transfer->following) {
        if (!redirect_follow(transfer)) {
            transfer_finish(transfer, &transfer->fault);
        }
        return;
    }
    if (result == CURLE_OPERATION_TIMEDOUT && was_kept(transfer)) {
        http_forget_connections(transfer->http); /* those beside it are no better */
    }
    if (transfer->fault.kind == FAULT_NONE && result != CURLE_OK) {
        fault_from_result(transfer, result);
    }
    transfer_finish(transfer, transfer->fault.kind != FAULT_NONE ? &transfer->fault : NULL);
}

/* ---- all of a pool ---- */

void transfers_enter(struct http_pool *pool)
{
    pool->inside_curl++;
}

static void messages_read(struct http_pool *pool)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        char *owner = NULL;
        int result = (int)message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        if (message->msg == CURLMSG_DONE && owner != NULL) {
            curl_done((struct transfer *)(void *)owner, result);
        }
    }
}

void transfers_leave(struct http_pool *pool)
{
    if (--pool->inside_curl > 0) {
        return;
    }
    messages_read(pool);
    struct transfer *next;
    for (struct transfer *at = pool->transfers.first; at != NULL; at = next) {
        next = at->next;
        settle(at);
    }
}

/* True when there was something to take up. */
static bool resume(struct transfer *transfer)
{
    struct http_pool *pool = transfer->http->pool;
    if (!transfer->resume_due || transfer->resumed == pool->resume_round) {
        return false; /* what had enough in this round waits for the next */
    }
    transfer->resumed = pool->resume_round;
    transfer->resume_due = false;
    transfer->owed = true;
    if (transfer->state == TRANSFER_RUNNING) {
        transfers_enter(pool);
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        transfers_leave(pool);
    }
    return true;
}

void transfers_resume(struct http_pool *pool)
{
    struct transfer *at = pool->transfers.first;
    pool->resume_round++;
    while (at != NULL) {
        /* Its callbacks may have changed the list: begin anew. */
        at = resume(at) ? pool->transfers.first : at->next;
    }
}

void transfers_cancel(const struct http *http)
{
    struct transfer *next;
    for (struct transfer *at = http->pool->transfers.first; at != NULL; at = next) {
        next = at->next;
        if (at->http == http) {
            transfer_cancel(at);
        }
    }
}
