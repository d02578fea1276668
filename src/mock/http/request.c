#include "request.h"

#include <blotter/core/alloc.h>
#include <blotter/core/linked.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_RETRY_US 5000
#define SWALLOW_MAX                                                                                \
    ((size_t)256 * SERVER_BODY_MAX) /* of a body that is too large before we hang up */

/* --- the answer and its latency ----------------------------------------------------------- */

static void log_access(struct request *request, const char *method, unsigned status)
{
    char address[64];
    if (!request->server->settings.verbose) {
        return;
    }
    reply_put_address(request->connection, address, sizeof address);
    for (char *at = request->target; at != NULL && *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    fprintf(stderr, "%s %.16s %s %u\n", address, method,
            request->target == NULL ? "-" : request->target, status);
}

static enum MHD_Result queue(struct request *request)
{
    enum MHD_Result result =
        MHD_queue_response(request->connection, request->status, request->held);
    MHD_destroy_response(request->held);
    request->held = NULL;
    return result;
}

static void delay(struct request *request)
{
    struct server *server = request->server;
    request->due = loop_now(server->loop).mono_us + server->settings.latency_us;
    LINKED_APPEND(&server->delayed, request);
    if (server->delayed.first == request) {
        loop_timer_set(server->delay_timer, request->due);
    }
    request->suspended = true;
    MHD_suspend_connection(request->connection);
}

/* Every answer waits equally long, so those that came first are due first. */
void request_release(struct server *server, int64_t now_us)
{
    struct request *request;
    while ((request = server->delayed.first) != NULL && request->due <= now_us) {
        LINKED_REMOVE(&server->delayed, request);
        request_resume(request);
    }
    loop_timer_set(server->delay_timer, request == NULL ? MOMENT_NEVER : request->due);
}

static enum MHD_Result answer(struct request *request, struct call *call)
{
    struct server *server = request->server;
    seat_await(server, request->seat, SEAT_NONE);
    request->held = reply_make(request, call);
    api_count(server->api, call); /* 304 and 226 are settled by now */
    request->status = (unsigned)call->status;
    log_access(request, call->method, request->status);
    text_done(&call->reply);
    if (server->settings.latency_us > 0 && call->counted && !server->ending) {
        delay(request);
        return MHD_YES;
    }
    return queue(request);
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

static const char *header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* An injected fault, when one strikes. The call borrows from reply. */
static bool answer_by_fault(struct request *request, struct call *call, struct faults_reply *reply)
{
    struct faults *faults = request->server->api->faults;
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
static bool is_local_program(const struct request *request)
{
    static const char *const foreign[] = {
        "Origin",           "Referer",           "Sec-Fetch-Site", "Via",       "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",      "Forwarded", "CF-Connecting-IP"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (header(request, foreign[i]) != NULL) {
            return false;
        }
    }
    const char *host = header(request, MHD_HTTP_HEADER_HOST);
    return reply_is_loopback(request->connection) && (host == NULL || reply_host_is_local(host));
}

/* --- a busy database ---------------------------------------------------------------------- */

/* Tries again for a while: nothing has been done, and everybody else is served meanwhile. */
static bool wait_for_database(struct request *request)
{
    struct server *server = request->server;
    int64_t now_us = loop_now(server->loop).mono_us;
    if (request->busy_until == 0) {
        request->busy_until = now_us + DB_BUSY_MS * INT64_C(1000);
    }
    if (server->ending || now_us >= request->busy_until) {
        return false;
    }
    if (server->busy_first == NULL) {
        loop_timer_set(server->busy_timer, now_us + BUSY_RETRY_US);
    }
    request->next = server->busy_first;
    server->busy_first = request;
    request->suspended = true;
    MHD_suspend_connection(request->connection);
    return true;
}

void request_retry(struct server *server)
{
    while (server->busy_first != NULL) {
        struct request *request = server->busy_first;
        server->busy_first = request->next;
        request_resume(request);
    }
}

static enum MHD_Result answer_call(struct request *request, const char *path, const char *method,
                                   const char *version)
{
    struct server *server = request->server;
    struct call call = {
        .method = method,
        .path = path,
        .authorization = header(request, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = header(request, MHD_HTTP_HEADER_COOKIE),
        .body = request->body.bytes,
        .body_len = request->body.len,
        .from_loopback = is_local_program(request),
    };
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_argument, &call);
    struct faults_reply reply;
    bool again = request->busy_until != 0;
    if (again || !answer_by_fault(request, &call, &reply)) {
        api_answer(server->api, &call);
    }
    if (call.is_busy && wait_for_database(request)) {
        text_done(&call.reply);
        return MHD_YES;
    }
    text_done(&request->body);
    if (call.is_stream && stream_open(request, &call, version)) {
        api_count(server->api, &call);
        log_access(request, method, 200);
        return MHD_YES;
    }
    return answer(request, &call);
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
static bool over_limits(struct request *request, struct call *call)
{
    struct measure measure = {0, 0};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, measure_header, &measure);
    const char *length = header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (request->target_len > SERVER_URL_MAX) {
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

static enum MHD_Result take_upload(struct request *request, const char *bytes, size_t *size)
{
    if (request->body.len + *size > SERVER_BODY_MAX) {
        request->too_large = true;
    }
    if (request->too_large) {
        request->swallowed += *size;
        text_done(&request->body);
    } else {
        text_put(&request->body, bytes, *size);
    }
    *size = 0;
    return request->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

/* --- libmicrohttpd's callbacks ------------------------------------------------------------ */

static void dispose(struct request *request)
{
    if (request == NULL) {
        return;
    }
    if (request->subscriber != NULL) {
        stream_close(request);
    }
    if (request->held != NULL) {
        MHD_destroy_response(request->held);
    }
    packer_free(request->packer);
    request->seat->request = NULL;
    text_done(&request->body);
    free(request->target);
    free(request);
}

static struct seat *seat_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

void request_connection(void *user, struct MHD_Connection *connection, void **seat,
                        enum MHD_ConnectionNotificationCode what)
{
    struct server *server = user;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *seat = seat_new(server, fd);
    } else if (*seat != NULL) {
        dispose(((struct seat *)*seat)->request);
        seat_free(server, *seat);
        *seat = NULL;
    }
}

void *request_begin(void *user, const char *target, struct MHD_Connection *connection)
{
    struct server *server = user;
    struct seat *seat = seat_of(connection);
    dispose(seat->request);
    struct request *request = mem_calloc(1, sizeof *request);
    request->server = server;
    request->connection = connection;
    request->seat = seat;
    seat->request = request;
    if (seat->wait != SEAT_HEAD) {
        seat_await(server, seat, SEAT_HEAD);
    }
    request->target_len = strlen(target);
    if (server->settings.verbose) {
        request->target = mem_dup(target, request->target_len);
    }
    return request;
}

enum MHD_Result request_handle(void *user, struct MHD_Connection *connection, const char *path,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **slot)
{
    (void)user;
    (void)connection;
    struct request *request = *slot;
    if (request->held != NULL) {
        return queue(request);
    }
    if (!request->begun) {
        request->begun = true;
        seat_await(request->server, request->seat, SEAT_BODY);
        struct call call = {.method = method, .path = path};
        return over_limits(request, &call) ? answer(request, &call) : MHD_YES;
    }
    if (*upload_size > 0) {
        return take_upload(request, upload, upload_size);
    }
    seat_await(request->server, request->seat, SEAT_NONE);
    if (request->too_large) {
        struct call call = {.method = method, .path = path};
        api_find(&call);
        call_fail(&call, 413, "the body is larger than %d bytes", SERVER_BODY_MAX);
        return answer(request, &call);
    }
    return answer_call(request, path, method, version);
}

void request_complete(void *user, struct MHD_Connection *connection, void **slot,
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
