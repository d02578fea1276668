#include "exchange.h"

#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_RETRY_US 5000
#define SWALLOW_MAX                                                                                \
    ((size_t)256 * SERVER_BODY_MAX) /* of a body that is too large before we hang up */

/* --- the answer and its latency ----------------------------------------------------------- */

static void log_access(struct exchange *exchange, const char *method, unsigned status)
{
    char address[64];
    if (!exchange->server->settings.verbose) {
        return;
    }
    reply_put_address(exchange->connection, address, sizeof address);
    for (char *at = exchange->target; at != NULL && *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    fprintf(stderr, "%s %.16s %s %u\n", address, method,
            exchange->target == NULL ? "-" : exchange->target, status);
}

static enum MHD_Result queue(struct exchange *exchange)
{
    enum MHD_Result result =
        MHD_queue_response(exchange->connection, exchange->status, exchange->held);
    MHD_destroy_response(exchange->held);
    exchange->held = NULL;
    return result;
}

static void delay(struct exchange *exchange)
{
    struct server *server = exchange->server;
    exchange->due = loop_now(server->loop).mono_us + server->settings.latency_us;
    exchange->previous = server->delayed_last;
    exchange->next = NULL;
    if (server->delayed_last != NULL) {
        server->delayed_last->next = exchange;
    } else {
        server->delayed_first = exchange;
        loop_timer_set(server->delay_timer, exchange->due);
    }
    server->delayed_last = exchange;
    exchange->suspended = true;
    MHD_suspend_connection(exchange->connection);
}

void exchange_resume(struct exchange *exchange)
{
    if (exchange->suspended) {
        exchange->suspended = false;
        exchange->server->run_again = true;
        MHD_resume_connection(exchange->connection);
    }
}

/* Every answer waits equally long, so those that came first are due first. */
void exchange_release(struct server *server, int64_t now_us)
{
    while (server->delayed_first != NULL && server->delayed_first->due <= now_us) {
        struct exchange *exchange = server->delayed_first;
        server->delayed_first = exchange->next;
        if (exchange->next == NULL) {
            server->delayed_last = NULL;
        }
        exchange_resume(exchange);
    }
    loop_timer_set(server->delay_timer,
                   server->delayed_first == NULL ? MOMENT_NEVER : server->delayed_first->due);
}

static enum MHD_Result answer(struct exchange *exchange, struct call *call)
{
    struct server *server = exchange->server;
    seat_await(server, exchange->seat, SEAT_NONE);
    exchange->held = reply_make(exchange, call);
    api_count(server->api, call); /* 304 and 226 are settled by now */
    exchange->status = (unsigned)call->status;
    log_access(exchange, call->method, exchange->status);
    text_done(&call->reply);
    if (server->settings.latency_us > 0 && call->counted && !server->ending) {
        delay(exchange);
        return MHD_YES;
    }
    return queue(exchange);
}

/* --- the call ----------------------------------------------------------------------------- */

static enum MHD_Result add_argument(void *user, enum MHD_ValueKind kind, const char *key,
                                    const char *value)
{
    (void)kind;
    struct call *call = user;
    if (strcmp(key, "userId") == 0) {
        if (call->user_id_count < CALL_USER_IDS) {
            call->user_ids[call->user_id_count] = value;
        }
        call->user_id_count++;
    }
    return MHD_YES;
}

static const char *header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

/* An injected fault, when one strikes. The call borrows from reply. */
static bool answer_by_fault(struct exchange *exchange, struct call *call,
                            struct faults_reply *reply)
{
    struct faults *faults = exchange->server->api->faults;
    if (faults == NULL || !faults_answer(faults, call->path, reply)) {
        return false;
    }
    api_find(call);
    call->status = reply->status;
    call->retry_after_s = reply->retry_after_s > 0 ? reply->retry_after_s : 0;
    call->content_type = reply->content_type;
    text_put(&call->reply, reply->body == NULL ? "" : reply->body, reply->body_len);
    call->location = reply->location[0] != '\0' ? reply->location : NULL;
    return true;
}

/*
 * Whether a program on this machine asks, on its own behalf: not a web page in a browser here, nor
 * somebody behind a proxy here that says so. Programs send none of these headers.
 */
static bool is_local_program(const struct exchange *exchange)
{
    static const char *const foreign[] = {
        "Origin",           "Referer",           "Sec-Fetch-Site", "Via",       "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",      "Forwarded", "CF-Connecting-IP"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (header(exchange, foreign[i]) != NULL) {
            return false;
        }
    }
    const char *host = header(exchange, MHD_HTTP_HEADER_HOST);
    return reply_is_loopback(exchange->connection) && (host == NULL || reply_host_is_local(host));
}

/* --- a busy database ---------------------------------------------------------------------- */

/* Tries again for a while: nothing has been done, and everybody else is served meanwhile. */
static bool wait_for_database(struct exchange *exchange)
{
    struct server *server = exchange->server;
    int64_t now_us = loop_now(server->loop).mono_us;
    if (exchange->busy_until == 0) {
        exchange->busy_until = now_us + DB_BUSY_MS * INT64_C(1000);
    }
    if (server->ending || now_us >= exchange->busy_until) {
        return false;
    }
    if (server->busy_first == NULL) {
        loop_timer_set(server->busy_timer, now_us + BUSY_RETRY_US);
    }
    exchange->next = server->busy_first;
    server->busy_first = exchange;
    exchange->suspended = true;
    MHD_suspend_connection(exchange->connection);
    return true;
}

void exchange_retry(struct server *server)
{
    while (server->busy_first != NULL) {
        struct exchange *exchange = server->busy_first;
        server->busy_first = exchange->next;
        exchange_resume(exchange);
    }
}

static enum MHD_Result answer_call(struct exchange *exchange, const char *path, const char *method,
                                   const char *version)
{
    struct server *server = exchange->server;
    struct call call = {
        .method = method,
        .path = path,
        .authorization = header(exchange, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = header(exchange, MHD_HTTP_HEADER_COOKIE),
        .body = exchange->body.bytes,
        .body_len = exchange->body.len,
        .from_loopback = is_local_program(exchange),
    };
    MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, add_argument, &call);
    struct faults_reply reply;
    bool again = exchange->busy_until != 0;
    if (again || !answer_by_fault(exchange, &call, &reply)) {
        api_answer(server->api, &call);
    }
    if (call.is_busy && wait_for_database(exchange)) {
        text_done(&call.reply);
        return MHD_YES;
    }
    text_done(&exchange->body);
    if (call.is_stream && stream_open(exchange, &call, version)) {
        api_count(server->api, &call);
        log_access(exchange, method, 200);
        return MHD_YES;
    }
    return answer(exchange, &call);
}

/* --- limits ------------------------------------------------------------------------------- */

struct measure {
    size_t count, bytes;
};

static enum MHD_Result measure_header(void *user, enum MHD_ValueKind kind, const char *key,
                                      const char *value)
{
    (void)kind;
    struct measure *measure = user;
    measure->count++;
    measure->bytes += strlen(key) + (value == NULL ? 0 : strlen(value));
    return MHD_YES;
}

/* What can be refused before the body is read. */
static bool over_limits(struct exchange *exchange, struct call *call)
{
    struct measure measure = {0, 0};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, measure_header, &measure);
    const char *length = header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (exchange->target_len > SERVER_URL_MAX) {
        call_fail(call, 414, "the URL is longer than %d bytes", SERVER_URL_MAX);
    } else if (measure.count > SERVER_HEADERS_MAX || measure.bytes > SERVER_HEADER_BYTES) {
        call_fail(call, 431, "more than %d headers or %d bytes of them", SERVER_HEADERS_MAX,
                  SERVER_HEADER_BYTES);
    } else if (length != NULL && strtoull(length, NULL, 10) > SERVER_BODY_MAX) {
        call_fail(call, 413, "the body is larger than %d bytes", SERVER_BODY_MAX);
    } else {
        return false;
    }
    api_find(call);
    return true;
}

static enum MHD_Result take_upload(struct exchange *exchange, const char *bytes, size_t *size)
{
    if (exchange->body.len + *size > SERVER_BODY_MAX) {
        exchange->too_large = true;
    }
    if (exchange->too_large) {
        exchange->swallowed += *size;
        text_done(&exchange->body);
    } else {
        text_put(&exchange->body, bytes, *size);
    }
    *size = 0;
    return exchange->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

/* --- libmicrohttpd's callbacks ------------------------------------------------------------ */

static void dispose(struct exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    if (exchange->listener != NULL) {
        stream_close(exchange);
    }
    if (exchange->held != NULL) {
        MHD_destroy_response(exchange->held);
    }
    packer_free(exchange->packer);
    exchange->seat->exchange = NULL;
    text_done(&exchange->body);
    free(exchange->target);
    free(exchange);
}

static struct seat *seat_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

void exchange_connection(void *user, struct MHD_Connection *connection, void **seat,
                         enum MHD_ConnectionNotificationCode what)
{
    struct server *server = user;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *seat = seat_new(server, fd);
    } else if (*seat != NULL) {
        dispose(((struct seat *)*seat)->exchange);
        seat_free(server, *seat);
        *seat = NULL;
    }
}

void *exchange_begin(void *user, const char *target, struct MHD_Connection *connection)
{
    struct server *server = user;
    struct seat *seat = seat_of(connection);
    dispose(seat->exchange);
    struct exchange *exchange = mem_calloc(1, sizeof *exchange);
    exchange->server = server;
    exchange->connection = connection;
    exchange->seat = seat;
    seat->exchange = exchange;
    if (seat->wait != SEAT_HEAD) {
        seat_await(server, seat, SEAT_HEAD);
    }
    exchange->target_len = strlen(target);
    if (server->settings.verbose) {
        exchange->target = mem_dup(target, exchange->target_len);
    }
    return exchange;
}

enum MHD_Result exchange_handle(void *user, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_size, void **slot)
{
    (void)user;
    (void)connection;
    struct exchange *exchange = *slot;
    if (exchange->held != NULL) {
        return queue(exchange);
    }
    if (!exchange->begun) {
        exchange->begun = true;
        seat_await(exchange->server, exchange->seat, SEAT_BODY);
        struct call call = {.method = method, .path = path};
        return over_limits(exchange, &call) ? answer(exchange, &call) : MHD_YES;
    }
    if (*upload_size > 0) {
        return take_upload(exchange, upload, upload_size);
    }
    seat_await(exchange->server, exchange->seat, SEAT_NONE);
    if (exchange->too_large) {
        struct call call = {.method = method, .path = path};
        api_find(&call);
        call_fail(&call, 413, "the body is larger than %d bytes", SERVER_BODY_MAX);
        return answer(exchange, &call);
    }
    return answer_call(exchange, path, method, version);
}

void exchange_complete(void *user, struct MHD_Connection *connection, void **slot,
                       enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct seat *seat = seat_of(connection);
    dispose(*slot);
    *slot = NULL;
    if (seat != NULL) {
        seat_await(user, seat, SEAT_NEXT);
    }
}
