#include "head.h"
#include "http_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/ndjson.h>
#include <blotter/net/stream.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ANSWER_US 3000
#define LAST_ID_MAX 65536 /* a longer one is kept, but no server would take it as a header */

struct stream {
    struct http *http;
    struct loop_timer *timer;
    struct loop_timer *soon; /* the request goes out when it is due */
    struct conn *conn;
    struct sse *sse;
    struct ndjson *lines; /* instead, when each line is a message */
    size_t event_max;
    struct transfer *transfer;
    struct stream_handler handler;
    char *path;
    bool feeding; /* sse is on the stack: it must not be restarted */
    bool paused;
    bool packed;             /* the present answer is */
    bool unpacked;           /* packed ones are not wanted: one brought not a byte */
    bool resumes;            /* the present request says where to go on */
    struct conn_status told; /* what on_status heard last */
};

static void settle(struct stream *stream);

static struct moment now_of(const struct stream *stream)
{
    return loop_now(stream->http->loop);
}

/* ---- sse to conn and to the owner ---- */

static void on_event(void *user, const struct sse_event *event)
{
    struct stream *stream = user;
    stream->handler.on_event(stream->handler.user, event);
}

static void on_retry(void *user, int64_t retry_ms)
{
    struct stream *stream = user;
    conn_retry_field(stream->conn, retry_ms);
}

static void on_comment(void *user, const char *text, size_t len)
{
    struct stream *stream = user;
    conn_comment(stream->conn, now_of(stream));
    if (stream->handler.on_comment != NULL) {
        stream->handler.on_comment(stream->handler.user, text, len);
    }
}

static void on_line(void *user, const char *line, size_t len)
{
    const struct sse_event event = {"", 0, line, len, "", 0};
    on_event(user, &event);
}

static void on_too_large(void *user)
{
    struct stream *stream = user;
    if (stream->handler.on_too_large != NULL) {
        stream->handler.on_too_large(stream->handler.user);
    }
}

/* ---- the transfer to conn ---- */

static void on_head(void *user, const struct transfer_head *head)
{
    struct stream *stream = user;
    stream->packed = head_value(head->easy, "content-encoding") != NULL;
    conn_answered(stream->conn, head->status, head->content_type, head->retry_after_ms,
                  now_of(stream));
    settle(stream);
}

static bool on_bytes(void *user, const char *bytes, size_t len, struct fault *ret_fault)
{
    struct stream *stream = user;
    (void)ret_fault;
    conn_bytes(stream->conn, now_of(stream));
    if (conn_status(stream->conn)->phase != stream->told.phase) {
        settle(stream); /* the first byte makes it live, before what it says */
    }
    if (conn_status(stream->conn)->phase == CONN_LIVE) {
        stream->feeding = true;
        if (stream->lines != NULL) {
            ndjson_feed(stream->lines, bytes, len);
        } else {
            sse_feed(stream->sse, bytes, len);
        }
        stream->feeding = false;
    }
    settle(stream);
    return true;
}

static void on_done(void *user, const struct fault *fault, int64_t duration_us)
{
    struct stream *stream = user;
    (void)duration_us;
    stream->transfer = NULL;
    conn_lost(stream->conn, fault, now_of(stream));
    settle(stream);
}

/* The header that asks for what was missed; NULL when there is no id. To be freed. */
static char *last_id_header(struct stream *stream)
{
    static const char name[] = "Last-Event-ID";
    size_t len;
    const char *id = sse_last_id(stream->sse, &len);
    if (len == 0 || len > LAST_ID_MAX) {
        return NULL;
    }
    char *line = mem_alloc(sizeof name + len + 2);
    memcpy(line, name, sizeof name - 1);
    if (strspn(id, " \t") == len) {
        memcpy(line + sizeof name - 1, ";", 2); /* libcurl's spelling of an empty value */
        return line;
    }
    memcpy(line + sizeof name - 1, ": ", 2);
    memcpy(line + sizeof name + 1, id, len);
    line[sizeof name + 1 + len] = '\0';
    return line;
}

static void restart_parser(struct stream *stream)
{
    sse_restart(stream->sse);
    if (stream->lines != NULL) {
        ndjson_restart(stream->lines);
    }
}

static void connect_now(struct stream *stream)
{
    struct stream_request wanted = {.path = stream->path};
    char *last_id = NULL;
    restart_parser(stream);
    if (stream->handler.on_connect != NULL) {
        stream->handler.on_connect(stream->handler.user, &wanted);
    } else {
        last_id = last_id_header(stream);
        wanted.header = last_id;
        wanted.resumes = last_id != NULL;
    }
    /* Who packs a stream has to flush after each event: whoever does not know that, and looks at
     * what is liked best, does not pack. */
    bool plain = stream->unpacked || http_wants_plain(stream->http);
    const char *headers[4] = {"Cache-Control: no-cache",
                              plain ? "Accept-Encoding: identity"
                                    : "Accept-Encoding: identity, gzip;q=0.5"};
    size_t count = 2;
    if (!http_sends(stream->http, "Accept")) {
        headers[count++] =
            stream->lines != NULL ? "Accept: application/json" : "Accept: text/event-stream";
    }
    if (wanted.header != NULL) {
        headers[count++] = wanted.header;
    }
    struct transfer_request request = {
        .path = wanted.path,
        .headers = headers,
        .header_count = count,
        .fresh = conn_status(stream->conn)->attempt > 1, /* a kept one may be why it failed */
        .endless = true,
    };
    struct transfer_handler handler = {on_head, on_bytes, on_done, stream};
    stream->resumes = wanted.resumes;
    stream->transfer = transfer_start(stream->http, &request, &handler);
    transfer_pause(stream->transfer, stream->paused);
    free(last_id);
}

/* ---- doing what conn says ---- */

static bool status_is_news(const struct conn_status *a, const struct conn_status *b)
{
    return a->phase != b->phase || a->attempt != b->attempt || a->fault.kind != b->fault.kind ||
           a->retry_at_ms != b->retry_at_ms || strcmp(a->fault.text, b->fault.text) != 0;
}

static void tell(struct stream *stream)
{
    struct conn_status status = *conn_status(stream->conn);
    if (status_is_news(&status, &stream->told)) {
        stream->told = status;
        status.resumes = stream->resumes;
        stream->handler.on_status(stream->handler.user, &status);
    } else if (status.quiet != stream->told.quiet) {
        stream->told.quiet = status.quiet;
        if (stream->handler.on_quiet != NULL) {
            stream->handler.on_quiet(stream->handler.user);
        }
    }
}

/*
 * At a loopback address it is the answers that tell a tunnel from this machine: where some are
 * awaited, they are given the time that this machine takes.
 */
static void connect_soon(struct stream *stream)
{
    struct http *http = stream->http;
    if (http->origin.loopback && !http->measured &&
        (http->requests != NULL || http->questions != NULL)) {
        http->near = 0; /* unless it is measured by then */
        loop_timer_set(stream->soon, now_of(stream).mono_us + FIRST_ANSWER_US);
    } else {
        connect_now(stream);
    }
}

static void on_soon(void *user)
{
    connect_now(user);
}

static void settle(struct stream *stream)
{
    if (stream->feeding) {
        if (conn_status(stream->conn)->phase != CONN_LIVE) {
            sse_stop(stream->sse); /* on_bytes settles the rest */
            if (stream->lines != NULL) {
                ndjson_stop(stream->lines);
            }
        }
        return;
    }
    enum conn_action action = conn_take_action(stream->conn);
    if (action != CONN_NOTHING) {
        if (action == CONN_CLOSE && conn_status(stream->conn)->fault.kind == FAULT_TIMEOUT) {
            http_forget_connections(stream->http); /* they share the way that has gone silent */
        }
        stream->unpacked =
            stream->unpacked || (stream->packed && stream->told.phase == CONN_SILENT);
        stream->packed = false;
        loop_timer_set(stream->soon, MOMENT_NEVER);
        transfer_cancel(stream->transfer);
        stream->transfer = NULL;
    }
    if (action == CONN_CONNECT) {
        connect_soon(stream);
    }
    loop_timer_set(stream->timer, conn_deadline_us(stream->conn));
    tell(stream);
}

static void on_timer(void *user)
{
    struct stream *stream = user;
    conn_tick(stream->conn, now_of(stream));
    settle(stream);
}

/* ---- the owner's calls ---- */

struct stream *stream_new(struct http *http, const char *path, const struct conn_settings *settings,
                          size_t event_max, const struct stream_handler *handler)
{
    struct stream *stream = mem_calloc(1, sizeof *stream);
    struct conn_settings seeded = *settings;
    const struct sse_handler sse_handler = {on_event, on_retry, on_comment, on_too_large, stream};
    struct moment now = loop_refresh(http->loop);
    if (seeded.seed == 0) {
        seeded.seed = (uint64_t)now.wall_ms ^ ((uint64_t)now.mono_us << 20) ^ (uint64_t)getpid();
    }
    stream->http = http;
    stream->handler = *handler;
    stream->path = mem_dup(path, strlen(path));
    stream->timer = loop_timer_new(http->loop, on_timer, stream);
    stream->soon = loop_timer_new(http->loop, on_soon, stream);
    stream->conn = conn_new(&seeded);
    stream->sse = sse_new(&sse_handler, event_max);
    stream->event_max = event_max;
    stream->told = *conn_status(stream->conn);
    return stream;
}

void stream_set_lines(struct stream *stream)
{
    const struct ndjson_handler handler = {on_line, on_too_large, stream};
    size_t max = stream->event_max > 0 ? stream->event_max : SSE_EVENT_MAX_DEFAULT;
    ndjson_free(stream->lines);
    stream->lines = ndjson_new(&handler, max);
}

void stream_free(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    transfer_cancel(stream->transfer);
    loop_timer_free(stream->timer);
    loop_timer_free(stream->soon);
    conn_free(stream->conn);
    sse_free(stream->sse);
    ndjson_free(stream->lines);
    free(stream->path);
    free(stream);
}

void stream_start(struct stream *stream)
{
    conn_start(stream->conn, now_of(stream));
    settle(stream);
}

void stream_set_last_id(struct stream *stream, const char *id, size_t len)
{
    sse_set_last_id(stream->sse, id, len);
}

void stream_stop(struct stream *stream)
{
    conn_stop(stream->conn, now_of(stream));
    settle(stream);
}

void stream_retry_now(struct stream *stream)
{
    conn_retry_now(stream->conn, now_of(stream));
    settle(stream);
}

void stream_way_open(struct stream *stream)
{
    conn_way_open(stream->conn, now_of(stream));
    settle(stream);
}

void stream_way_closed(struct stream *stream)
{
    conn_way_closed(stream->conn);
}

void stream_dismissed(struct stream *stream)
{
    conn_dismissed(stream->conn, now_of(stream));
    settle(stream);
}

void stream_refuse(struct stream *stream, const struct fault *why)
{
    conn_refuse(stream->conn, why, now_of(stream));
    settle(stream);
}

void stream_resumed(struct stream *stream)
{
    conn_resumed(stream->conn, now_of(stream));
    settle(stream);
}

void stream_pause(struct stream *stream, bool paused)
{
    if (stream->paused == paused) {
        return;
    }
    stream->paused = paused;
    conn_pause(stream->conn, paused, now_of(stream));
    transfer_pause(stream->transfer, paused);
    settle(stream);
}

const struct conn_status *stream_status(const struct stream *stream)
{
    return conn_status(stream->conn);
}
