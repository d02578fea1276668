#include "telling.h"

#include <blotter/adapt/translate.h>
#include <blotter/core/alloc.h>
#include <blotter/core/span.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_BYTES_MAX (4 * ADAPT_BODY_BYTES_MAX)
#define HALF_HEARTBEATS 5 /* so many may be without a word */

struct telling {
    struct loop *loop;
    struct asking *asking;
    const struct backend_stream *backend;
    struct telling_handler handler;
    struct stream *stream;
    struct loop_timer *unknown_timer;
    int64_t unknown_us; /* when panes were last read for a message that nobody understood */
    bool wanted, started;
    bool resumes; /* the present request says where to go on */
    char last_id[TELLING_ID_MAX];
    struct buf path, header;
};

static struct moment now_of(const struct telling *telling)
{
    return loop_now(telling->loop);
}

static void missed(struct telling *telling, const char *why)
{
    telling->handler.on_missed(telling->handler.user, why);
}

/* --- ids ------------------------------------------------------------------------------------- */

static bool is_decimal(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* Of two decimals of any length. */
static int compare_decimals(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t a_len = strlen(a), b_len = strlen(b);
    return a_len != b_len ? (a_len > b_len ? 1 : -1) : strcmp(a, b);
}

/* A message whose id was the last one or, among decimals, is not above it was told before. */
static bool is_old(const struct telling *telling, const char *id)
{
    const char *last = telling->last_id;
    if (id[0] == '\0' || last[0] == '\0') {
        return false;
    }
    return is_decimal(id) && is_decimal(last) ? compare_decimals(id, last) <= 0
                                              : strcmp(id, last) == 0;
}

/* Its id is that of the last event, or we have missed some. */
static void take_heartbeat(struct telling *telling, const char *id)
{
    bool known = telling->last_id[0] != '\0' && id[0] != '\0';
    bool decimal = is_decimal(id) && is_decimal(telling->last_id);
    bool gap = known && (decimal ? compare_decimals(id, telling->last_id) > 0
                                 : strcmp(id, telling->last_id) != 0);
    if (id[0] != '\0' && (gap || !known)) {
        memcpy(telling->last_id, id, sizeof telling->last_id);
    }
    if (gap) {
        missed(telling, "a heartbeat names an event that did not come");
    }
}

/* --- messages -------------------------------------------------------------------------------- */

static void unknown_due(void *user)
{
    struct telling *telling = user;
    telling->unknown_us = now_of(telling).mono_us;
    missed(telling, "messages that are not understood");
}

static void take_unknown(struct telling *telling, const struct sse_event *message,
                         const struct fault *why)
{
    int64_t now_us = now_of(telling).mono_us;
    bool first = telling->unknown_us == MOMENT_NEVER;
    int64_t due_us = first ? now_us : telling->unknown_us + TELLING_UNKNOWN_US;
    telling->handler.on_unknown(telling->handler.user, message, why);
    if (due_us <= now_us) {
        unknown_due(telling);
    } else {
        loop_timer_set(telling->unknown_timer, due_us);
    }
}

static void id_of(struct span event, char out[TELLING_ID_MAX])
{
    struct span id;
    out[0] = '\0';
    if (span_member(event, "id", &id) && span_type(id) == SPAN_STRING &&
        span_string(id, out, TELLING_ID_MAX) >= TELLING_ID_MAX) {
        out[0] = '\0';
    }
}

static bool is_heartbeat(struct span event)
{
    struct span name;
    return span_member(event, "event", &name) && span_string_equals(name, "heartbeat");
}

/* The events of one message share its id. */
static void take_events(struct telling *telling, struct span events)
{
    struct span_iterator it = {NULL};
    struct span key, event;
    char id[TELLING_ID_MAX] = "";
    while (id[0] == '\0' && span_next(events, &it, &key, &event)) {
        id_of(event, id);
    }
    bool old = is_old(telling, id), news = false;
    it = (struct span_iterator){NULL};
    while (span_next(events, &it, &key, &event)) {
        if (is_heartbeat(event)) {
            take_heartbeat(telling, id);
        } else if (!old) {
            const struct sse_event told = {"message", strlen("message"), event.ptr, event.len,
                                           id,        strlen(id)};
            news = true;
            telling->handler.on_event(telling->handler.user, &told);
        }
    }
    if (news && id[0] != '\0') {
        memcpy(telling->last_id, id, sizeof telling->last_id);
    }
}

static void on_message(void *user, const struct sse_event *message)
{
    struct telling *telling = user;
    struct fault why = {.retry_after_ms = -1};
    struct buf text;
    struct span events;
    const struct translate_message came = {message->type,     message->id,     message->data,
                                           message->type_len, message->id_len, message->data_len};
    if (telling->handler.on_message != NULL) {
        telling->handler.on_message(telling->handler.user, message);
    }
    buf_init(&text, EVENTS_BYTES_MAX);
    struct adapt *adapt = asking_adapt(telling->asking, &why);
    if (adapt != NULL && translate_event(adapt, &came, &text, &why) &&
        span_check(text.data, text.len, &events, NULL)) {
        take_events(telling, events);
    } else {
        take_unknown(telling, message, &why);
    }
    buf_done(&text);
}

static void on_comment(void *user, const char *text, size_t len)
{
    struct telling *telling = user;
    switch (backend_comment(telling->backend, text, len)) {
    case BACKEND_COMMENT_GAP:
        missed(telling, "the server says that it left messages out");
        break;
    case BACKEND_COMMENT_RECONNECT:
        stream_dismissed(telling->stream);
        break;
    case BACKEND_COMMENT_NOTHING:
        break;
    }
}

/* --- the connection -------------------------------------------------------------------------- */

/* An id that could end the line or the query is not sent. */
static bool may_be_sent(const char *id)
{
    const char *at = id;
    while (*at > 0x20 && *at < 0x7f) {
        at++;
    }
    return at > id && *at == '\0';
}

static void on_connect(void *user, struct stream_request *ret)
{
    struct telling *telling = user;
    const struct backend_stream *backend = telling->backend;
    struct buf plain;
    buf_init(&plain, BACKEND_ADDRESS_MAX);
    buf_clear(&telling->path);
    buf_clear(&telling->header);
    ask_stream_path(asking_ask(telling->asking), &plain);
    const char *path = plain.len > 0 ? plain.data : "/";
    telling->resumes = backend->resume != BACKEND_RESUME_NONE && may_be_sent(telling->last_id);
    if (telling->resumes && backend->resume == BACKEND_RESUME_QUERY) {
        telling->resumes =
            backend_set_query(&telling->path, path, backend->resume_name, telling->last_id);
    } else {
        buf_append_text(&telling->path, path);
    }
    if (telling->resumes && backend->resume == BACKEND_RESUME_HEADER) {
        buf_printf(&telling->header, "%s: %s", backend->resume_name, telling->last_id);
    }
    buf_done(&plain);
    *ret = (struct stream_request){.path = telling->path.len > 0 ? telling->path.data : "/",
                                   .header = telling->header.len > 0 ? telling->header.data : NULL,
                                   .resumes = telling->resumes};
}

/* The place where we want to go on may be one that the server does not know any more. */
static void note_refusal(struct telling *telling, const struct fault *fault)
{
    static const int cursors[] = {400, 404, 410, 416, 422};
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors && telling->resumes; i++) {
        if (fault->status == cursors[i]) {
            telling->last_id[0] = '\0';
        }
    }
    if (fault->status == 401) {
        ask_login_refused(asking_ask(telling->asking), now_of(telling));
    } else if (fault->status == 429) {
        ask_too_many(asking_ask(telling->asking), now_of(telling), fault->retry_after_ms);
    }
}

static void on_status(void *user, const struct conn_status *status)
{
    struct telling *telling = user;
    if (status->phase == CONN_WAITING || status->phase == CONN_ENDED) {
        note_refusal(telling, &status->fault);
    }
    ask_stream(asking_ask(telling->asking), now_of(telling), status->phase == CONN_LIVE);
    telling->handler.on_status(telling->handler.user, status);
}

static void on_too_large(void *user)
{
    struct telling *telling = user;
    telling->handler.on_too_large(telling->handler.user);
    missed(telling, "a message is over the limit");
}

static void on_quiet(void *user)
{
    struct telling *telling = user;
    if (telling->handler.on_quiet != NULL) {
        telling->handler.on_quiet(telling->handler.user);
    }
}

/* --- the owner's calls ----------------------------------------------------------------------- */

struct telling *telling_new(struct loop *loop, struct asking *asking,
                            const struct conn_settings *conn, size_t event_max,
                            const struct telling_handler *handler)
{
    const struct backend_stream *backend = &asking_backend(asking)->stream;
    if (!backend->present) {
        return NULL;
    }
    struct telling *telling = mem_calloc(1, sizeof *telling);
    struct conn_settings settings = *conn;
    const struct stream_handler below = {on_message, on_status,  on_too_large, on_quiet,
                                         on_connect, on_comment, telling};
    settings.may_refuse = true;
    settings.any_type = backend->kind == BACKEND_NDJSON;
    settings.heartbeat_ms = backend->heartbeat_s * 1000;
    settings.watchdog_ms = settings.heartbeat_ms * HALF_HEARTBEATS / 2;
    telling->loop = loop;
    telling->asking = asking;
    telling->backend = backend;
    telling->handler = *handler;
    telling->unknown_us = MOMENT_NEVER;
    telling->unknown_timer = loop_timer_new(loop, unknown_due, telling);
    buf_init(&telling->path, BACKEND_ADDRESS_MAX);
    buf_init(&telling->header, BACKEND_ADDRESS_MAX);
    telling->stream =
        stream_new(asking_http(asking, backend->get.host), "/", &settings, event_max, &below);
    if (backend->kind == BACKEND_NDJSON) {
        stream_set_lines(telling->stream);
    }
    return telling;
}

void telling_free(struct telling *telling)
{
    if (telling == NULL) {
        return;
    }
    stream_free(telling->stream);
    loop_timer_free(telling->unknown_timer);
    buf_done(&telling->path);
    buf_done(&telling->header);
    free(telling);
}

void telling_start(struct telling *telling)
{
    telling->wanted = true;
    ask_want_stream(asking_ask(telling->asking));
}

void telling_stop(struct telling *telling)
{
    telling->wanted = false;
    loop_timer_set(telling->unknown_timer, MOMENT_NEVER);
    stream_stop(telling->stream);
}

void telling_turn(struct telling *telling)
{
    if (!telling->wanted || telling->started) {
        return;
    }
    struct buf path;
    buf_init(&path, BACKEND_ADDRESS_MAX);
    telling->started = ask_stream_path(asking_ask(telling->asking), &path);
    buf_done(&path);
    if (telling->started) {
        stream_start(telling->stream);
    }
}

void telling_set_last_id(struct telling *telling, const char *id)
{
    if (strlen(id) < sizeof telling->last_id) {
        memcpy(telling->last_id, id, strlen(id) + 1);
    }
}

void telling_renewed(struct telling *telling)
{
    if (telling->started && stream_status(telling->stream)->phase == CONN_ENDED) {
        stream_start(telling->stream);
    } else if (telling->started) {
        stream_retry_now(telling->stream);
    }
}

struct stream *telling_stream(struct telling *telling)
{
    return telling->stream;
}
