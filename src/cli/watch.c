#include <blotter/cli/watch.h>

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <blotter/client/relay.h>
#include <blotter/core/iso8601.h>
#include <blotter/core/quote.h>
#include <blotter/net/stream.h>

#include "watch_catch.h"
#include "watch_cursor.h"
#include "watch_json.h"
#include "watch_out.h"
#include "watch_place.h"
#include "watch_text.h"

#define PAUSE_AT ((size_t)256 << 10) /* bytes the reader has not taken before we stop reading */
#define SLEEP_MIN_US INT64_C(500000) /* of the machine; less has no effect on connections */
#define NAME_MAX_SHOWN 256           /* a longer event name is matched by this much of it */

enum exit_code { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_SETTINGS = 2, EXIT_AUTH = 3 };

struct watch {
    struct loop *loop;
    const struct watch_settings *settings;
    struct http *http;   /* NULL with a backend */
    struct relay *relay; /* NULL without one */
    struct stream *stream;
    struct loop_timer *end; /* --duration */
    struct watch_out out;
    uint64_t seq;
    int64_t slept_us; /* by the machine, as far as it was noticed */
    int64_t stamp_ms; /* what stamp says */
    char stamp[ISO8601_SIZE];
    struct watch_place place;
    struct watch_catch *catch;   /* NULL: gaps are not looked for */
    struct watch_cursor *cursor; /* NULL: none */
    struct loop_timer *cursor_timer;
    bool out_full, held_full; /* why the stream is paused */
    bool snapshot_due;        /* the panes have not been told yet */
    bool was_live;
    bool renewed; /* another token was asked for since it was last live */
    bool left;    /* the loop has ended */
    bool ending;  /* nothing is added any more; the loop ends when everything is written */
    enum exit_code exit_code;
};

void watch_settings_default(struct watch_settings *ret)
{
    *ret = (struct watch_settings){
        .path = "/api/realtime/stream",
        .format = WATCH_JSON,
        .out_fd = STDOUT_FILENO,
        .err_fd = STDERR_FILENO,
    };
    http_settings_default(&ret->http);
    conn_settings_default(&ret->conn);
}

/* ---- the end ---- */

static void say(const struct watch *watch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct watch *watch, const char *format, ...)
{
    char line[512];
    int len = snprintf(line, sizeof line, "blotter: ");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + len, sizeof line - (size_t)len - 1, format, arguments);
    va_end(arguments);
    size_t used = strlen(line);
    line[used++] = '\n';
    ssize_t wrote = write(watch->settings->err_fd, line, used);
    (void)wrote; /* there is nobody else to tell */
}

static void leave_when_written(struct watch *watch)
{
    if (watch->ending && watch_out_is_empty(&watch->out)) {
        loop_quit(watch->loop, (int)watch->exit_code);
    }
}

static void finish(struct watch *watch, enum exit_code exit_code)
{
    if (watch->ending) {
        return;
    }
    watch->ending = true;
    watch->exit_code = exit_code;
    stream_stop(watch->stream);
    leave_when_written(watch);
}

static void on_duration(void *user)
{
    finish(user, EXIT_DONE);
}

/* ---- the cursor ---- */

/* What is in the output now is the last that has to do with this id. */
static void mark(struct watch *watch, const char *id, size_t len)
{
    if (watch->cursor != NULL) {
        uint64_t at = watch->out.sent + watch->out.text.len - watch->out.written;
        watch_cursor_mark(watch->cursor, at, id, len);
    }
}

/* What was written is behind us. */
static void settle_cursor(void *user)
{
    struct watch *watch = user;
    char why[512];
    if (watch->cursor == NULL) {
        return;
    }
    watch_cursor_reach(watch->cursor, watch->out.sent);
    int64_t next_us =
        watch_cursor_write(watch->cursor, loop_now(watch->loop).mono_us, why, sizeof why);
    if (why[0] != '\0') {
        say(watch, "%s", why);
    }
    loop_timer_set(watch->cursor_timer, next_us);
}

static void pause_stream(struct watch *watch)
{
    stream_pause(watch->stream, watch->out_full || watch->held_full);
}

/* The reader took something, stopped taking, or went away. */
static void on_out_change(void *user)
{
    struct watch *watch = user;
    if (watch->left) {
        return;
    }
    if (watch->out.error != 0) {
        if (watch->out.error != EPIPE) {
            say(watch, "cannot write the output: %s", strerror(watch->out.error));
        }
        watch->ending = true;
        loop_quit(watch->loop, watch->out.error == EPIPE ? EXIT_DONE : EXIT_ERROR);
        return;
    }
    leave_when_written(watch);
    size_t waiting = watch->out.text.len - watch->out.written;
    if (watch->out.blocked ? waiting >= PAUSE_AT : waiting == 0) {
        watch->out_full = watch->out.blocked;
        pause_stream(watch);
    }
}

/* ---- events ---- */

static const char *stamp_of(struct watch *watch, int64_t wall_ms)
{
    if (watch->stamp_ms != wall_ms || watch->stamp[0] == '\0') {
        watch->stamp_ms = wall_ms;
        iso8601_format(wall_ms, watch->stamp);
    }
    return watch->stamp;
}

static bool globs_match(const struct watch_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->glob_count; i++) {
        if (fnmatch(settings->globs[i], name, 0) == 0) {
            return true;
        }
    }
    return settings->glob_count == 0;
}

/* -e and -p. A payload that names no event goes by the name that SSE gives it. */
static bool is_wanted(const struct watch_settings *settings, const struct sse_event *sse,
                      const struct event *event)
{
    if (settings->panes != 0 && (event == NULL || !(event_panes(event) & settings->panes))) {
        return false;
    }
    if (settings->glob_count == 0) {
        return true;
    }
    char name[NAME_MAX_SHOWN];
    if (event != NULL) {
        span_string(event->name, name, sizeof name);
    } else {
        snprintf(name, sizeof name, "%.*s",
                 (int)(sse->type_len < sizeof name ? sse->type_len : sizeof name - 1), sse->type);
    }
    return globs_match(settings, name);
}

static void print_event(struct watch *watch, const struct sse_event *sse, const struct event *event)
{
    const struct watch_settings *settings = watch->settings;
    int64_t wall_ms = loop_now(watch->loop).wall_ms;
    struct watch_event line = {watch->seq, stamp_of(watch, wall_ms), sse, event};
    if (settings->format == WATCH_RAW) {
        watch_json_raw_line(&watch->out.text, &line);
    } else if (settings->format == WATCH_JSON) {
        watch_json_line(&watch->out.text, &line);
    } else {
        struct watch_text_style style = {settings->color, settings->ascii, settings->utc};
        watch_text_line(&watch->out.text, &style, wall_ms, sse, event);
    }
}

static void trace_event(const struct watch *watch, const struct event *event)
{
    bool named = event != NULL && event->type != EVENT_UNKNOWN;
    trace_step(watch->settings->trace, loop_now(watch->loop).mono_us, "event",
               "\"event\":\"%s\",\"id\":%" PRIu64,
               named ? event_info(event->type)->name : "unknown", event != NULL ? event->id : 0);
}

/* Whether the snapshot that was printed contains it already. */
static bool is_contained(const struct watch *watch, const struct sse_event *sse,
                         const struct event *event)
{
    bool greets = event != NULL && (event->type == EVENT_CONNECTED || event->type == EVENT_RESYNC);
    return watch->settings->with_snapshot && sse->own_id && !greets &&
           watch_catch_contains(watch->catch, event != NULL ? event_panes(event) : 0,
                                watch_place_number(sse->id, sse->id_len));
}

static void take_event(struct watch *watch, const struct sse_event *sse, const struct event *event)
{
    const struct watch_settings *settings = watch->settings;
    bool filtered = settings->glob_count > 0 || settings->panes != 0;
    if (watch->ending) {
        return;
    }
    if ((filtered && !is_wanted(settings, sse, event)) || is_contained(watch, sse, event)) {
        mark(watch, sse->id, sse->id_len);
        return;
    }
    watch->seq++;
    print_event(watch, sse, event);
    mark(watch, sse->id, sse->id_len);
    if (settings->count > 0 && watch->seq == settings->count) {
        finish(watch, EXIT_DONE);
    } else {
        watch_out_more(&watch->out);
    }
}

/* What cannot have been seen is told, and the state behind it. While that is read the events wait,
 * and a further gap is no news. */
static bool hold_behind_gap(struct watch *watch, const struct sse_event *sse,
                            const struct event *event)
{
    uint64_t from = watch->place.last;
    const char *gap = watch_place_event(&watch->place, sse, event);
    if (gap != NULL && !watch->snapshot_due) {
        watch_catch_print_gap(&watch->out.text, stamp_of(watch, loop_now(watch->loop).wall_ms),
                              from, gap);
    }
    if (gap != NULL || (watch->snapshot_due && !watch_catch_is_reading(watch->catch))) {
        watch->snapshot_due = true;
        watch_catch_begin(watch->catch);
    }
    return watch_catch_hold(watch->catch, sse);
}

static void on_event(void *user, const struct sse_event *sse)
{
    struct watch *watch = user;
    const struct watch_settings *settings = watch->settings;
    struct event event;
    /* raw prints without looking, so that not even the payload's size makes a difference */
    bool looks = settings->format != WATCH_RAW || settings->glob_count > 0 ||
                 settings->panes != 0 || settings->trace != NULL || watch->catch != NULL;
    bool known = looks && event_parse(sse, &event);
    if (watch->ending) {
        return;
    }
    if (settings->trace != NULL) {
        trace_event(watch, known ? &event : NULL);
    }
    if (watch->catch == NULL || !hold_behind_gap(watch, sse, known ? &event : NULL)) {
        take_event(watch, sse, known ? &event : NULL);
    }
}

/* ---- the state behind a gap ---- */

static void on_state_ready(void *user)
{
    struct watch *watch = user;
    if (watch->ending) {
        return;
    }
    char id[24];
    uint64_t least = watch_catch_id(watch->catch);
    int len = least == 0 ? 0 : snprintf(id, sizeof id, "%" PRIu64, least);
    watch->snapshot_due = false;
    watch_catch_print(watch->catch, &watch->out.text,
                      stamp_of(watch, loop_now(watch->loop).wall_ms));
    mark(watch, id, (size_t)len);
    watch_out_more(&watch->out);
}

static void on_state_release(void *user, const struct sse_event *sse)
{
    struct event event;
    bool known = event_parse(sse, &event);
    take_event(user, sse, known ? &event : NULL);
}

static void on_state_full(void *user, bool full)
{
    struct watch *watch = user;
    watch->held_full = full;
    pause_stream(watch);
}

static void on_state_failed(void *user, enum resource resource, const struct fault *fault)
{
    struct watch *watch = user;
    bool for_good = fault->kind == FAULT_AUTH;
    if (watch->ending) {
        return;
    }
    say(watch, "%s: %s%s", resource_info(resource)->name, fault->text,
        for_good ? "" : "; read again until it can be told");
    if (for_good) {
        finish(watch, EXIT_AUTH);
    }
}

/* ---- the connection ---- */

/* What --status calls it. */
static const char *status_word(const struct watch *watch, const struct conn_status *status)
{
    switch (status->phase) {
    case CONN_LIVE:
        return "live";
    case CONN_WAITING:
        return watch->was_live ? "lost" : "retry";
    case CONN_ENDED:
        return "offline";
    case CONN_IDLE:
    case CONN_CONNECTING:
    case CONN_SILENT:
    default:
        return NULL; /* no news for a script */
    }
}

static void print_status(struct watch *watch, const char *word, const struct conn_status *status,
                         bool resumed)
{
    struct buf *out = &watch->out.text;
    int64_t now_ms = loop_now(watch->loop).wall_ms;
    buf_printf(out, "{\"v\":1,\"status\":\"%s\",\"at\":\"%s\"", word, stamp_of(watch, now_ms));
    if (status->phase == CONN_LIVE) {
        buf_printf(out, ",\"resumed\":%s", resumed ? "true" : "false");
    } else {
        buf_printf(out,
                   ",\"attempt\":%d,\"kind\":\"%s\",\"httpStatus\":%d,\"reason\":", status->attempt,
                   fault_kind_name(status->fault.kind), status->fault.status);
        quote_text(out, status->fault.text, strlen(status->fault.text));
    }
    if (status->phase == CONN_WAITING) {
        buf_printf(out, ",\"retryInMs\":%lld", (long long)(status->retry_at_ms - now_ms));
    }
    buf_append_text(out, "}\n");
}

static void say_status(const struct watch *watch, const char *word,
                       const struct conn_status *status, bool resumed)
{
    char wait[32];
    int64_t wait_ms = status->retry_at_ms - loop_now(watch->loop).wall_ms;
    snprintf(wait, sizeof wait, wait_ms < 1000 ? "%.0f ms" : "%.1f s",
             (double)wait_ms / (wait_ms < 1000 ? 1 : 1000));
    if (status->phase == CONN_LIVE) {
        say(watch, "stream live%s", resumed ? ", continued after the last event" : "");
    } else if (status->phase == CONN_WAITING && strcmp(word, "lost") == 0) {
        say(watch, "stream lost: %s; next try in %s", status->fault.text, wait);
    } else if (status->phase == CONN_WAITING) {
        say(watch, "no stream: %s; attempt %d, next try in %s", status->fault.text, status->attempt,
            wait);
    } else if (status->fault.kind == FAULT_NONE) {
        say(watch, "the server ended the stream for good (HTTP 204)");
    } else {
        say(watch, "no stream: %s", status->fault.text);
    }
}

static void trace_status(const struct watch *watch, const struct conn_status *status)
{
    int64_t mono_us = loop_now(watch->loop).mono_us;
    if (status->phase == CONN_LIVE) {
        trace_step(watch->settings->trace, mono_us, "stream_open", NULL);
    } else {
        trace_step(watch->settings->trace, mono_us, "stream_lost",
                   "\"fault\":\"%s\",\"attempt\":%d%s", fault_kind_name(status->fault.kind),
                   status->attempt, status->phase == CONN_ENDED ? ",\"ended\":true" : "");
    }
}

/* True when another token will come: then this is not the end. */
static bool ask_for_token(struct watch *watch, const struct conn_status *status)
{
    const struct watch_settings *settings = watch->settings;
    if (watch->relay != NULL) {
        return status->fault.kind == FAULT_AUTH && relay_renews(watch->relay);
    }
    bool asks = status->fault.kind == FAULT_AUTH && !watch->renewed && settings->on_refused != NULL;
    watch->renewed = watch->renewed || asks;
    return asks && settings->on_refused(settings->refused_user, watch);
}

void watch_use_token(struct watch *watch, const char *token, const char *why)
{
    struct fault fault;
    if (watch->ending) {
        return;
    }
    if (token != NULL && http_set_token(watch->http, token, &fault)) {
        stream_start(watch->stream);
        return;
    }
    say(watch, "%s", token != NULL ? fault.text : why);
    finish(watch, EXIT_AUTH);
}

static void on_status(void *user, const struct conn_status *status, bool sent_last_id)
{
    struct watch *watch = user;
    const char *word = status_word(watch, status);
    if (watch->ending || word == NULL) {
        return;
    }
    watch->was_live = status->phase == CONN_LIVE;
    if (status->phase == CONN_LIVE) {
        watch_place_opened(&watch->place);
    }
    trace_status(watch, status);
    if (watch->settings->status) {
        print_status(watch, word, status, sent_last_id);
    } else {
        say_status(watch, word, status, sent_last_id);
    }
    watch->renewed = watch->renewed && status->phase != CONN_LIVE;
    if (status->phase == CONN_ENDED && !ask_for_token(watch, status)) {
        finish(watch, status->fault.kind == FAULT_NONE   ? EXIT_DONE
                      : status->fault.kind == FAULT_AUTH ? EXIT_AUTH
                                                         : EXIT_ERROR);
    }
}

/* Nothing is dropped silently: what could not be printed is told. */
static void on_too_large(void *user)
{
    const struct watch *watch = user;
    if (!watch->ending) {
        say(watch, "an event over the limit of stream.event_max is left out");
    }
}

/* ---- running ---- */

/* The server may have given us up while the machine slept: nothing of before is trusted. */
static void notice_sleep(struct watch *watch)
{
    int64_t slept_us = loop_slept_us(watch->loop);
    if (slept_us - watch->slept_us >= SLEEP_MIN_US && !watch->ending) {
        watch->slept_us = slept_us;
        if (watch->relay != NULL) {
            relay_forget_connections(watch->relay);
        } else {
            http_forget_connections(watch->http);
        }
        stream_resumed(watch->stream);
    }
}

static void on_turn_end(void *user)
{
    struct watch *watch = user;
    notice_sleep(watch);
    if (watch->relay != NULL && !watch->ending) {
        relay_turn(watch->relay);
    }
    if (!watch->out.blocked) {
        watch_out_flush(&watch->out);
    }
    settle_cursor(watch);
    trace_flush(watch->settings->trace);
}

static void close_stream(struct watch *watch)
{
    if (watch->relay == NULL) {
        stream_free(watch->stream);
    }
    relay_free(watch->relay);
    http_free(watch->http);
}

static bool open_cursor(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    const struct watch_cursor_owner owner = {settings->http.url != NULL ? settings->http.url : "",
                                             settings->user, settings->backend};
    char why[512];
    if (settings->cursor == NULL) {
        return true;
    }
    watch->cursor = watch_cursor_open(settings->cursor, &owner, why, sizeof why);
    if (watch->cursor == NULL) {
        say(watch, "%s", why);
        return false;
    }
    watch->cursor_timer = loop_timer_new(watch->loop, settle_cursor, watch);
    return true;
}

/* The same for a backend's stream, whose ids are its own. */
static void go_on_relayed(struct watch *watch)
{
    const char *after = watch->settings->after;
    bool is_old = watch->cursor != NULL && watch_cursor_is_old(watch->cursor);
    if (after != NULL || is_old) {
        relay_set_last_id(watch->relay, after != NULL ? after : watch_cursor_id(watch->cursor));
    }
}

/* Takes up where the cursor stands. */
static void go_on(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    if (watch->relay != NULL) {
        go_on_relayed(watch);
        return;
    }
    if (settings->cursor == NULL && settings->after == NULL && !settings->with_snapshot) {
        return;
    }
    const struct watch_catch_settings catch = {
        .user = settings->user,
        .panes = settings->panes != 0 ? settings->panes : RESOURCE_ALL,
        .ready = on_state_ready,
        .release = on_state_release,
        .full = on_state_full,
        .failed = on_state_failed,
        .owner = watch,
    };
    watch->catch = watch_catch_new(watch->loop, watch->http, &catch);
    watch->snapshot_due = settings->with_snapshot;
    bool is_old = watch->cursor != NULL && watch_cursor_is_old(watch->cursor);
    if (is_old || settings->after != NULL) {
        watch->snapshot_due = false; /* the reader has had it, and every event since */
        const char *id = settings->after != NULL ? settings->after : watch_cursor_id(watch->cursor);
        watch->place.begun = true;
        watch->place.last = watch_place_number(id, strlen(id));
        stream_set_last_id(watch->stream, id, strlen(id));
    }
}

/* ---- a backend's stream ---- */

/* In raw the messages are printed as they came, in the others what was made of them. */
static void on_relay_event(void *user, const struct sse_event *event)
{
    const struct watch *watch = user;
    if (watch->settings->format != WATCH_RAW) {
        on_event(user, event);
    }
}

static void on_relay_message(void *user, const struct sse_event *message)
{
    struct watch *watch = user;
    if (watch->settings->format == WATCH_RAW) {
        take_event(watch, message, NULL);
    }
}

static void on_relay_unknown(void *user, const struct sse_event *message)
{
    struct watch *watch = user;
    if (watch->settings->format != WATCH_RAW) {
        take_event(watch, message, NULL);
    }
}

static void on_relay_note(void *user, const char *what)
{
    const struct watch *watch = user;
    if (!watch->ending) {
        say(watch, "%s", what);
    }
}

static void on_relay_stopped(void *user)
{
    struct watch *watch = user;
    if (!watch->ending) {
        say(watch, "not authorised: get new secrets");
        finish(watch, EXIT_AUTH);
    }
}

static bool open_relay(struct watch *watch, struct fault *ret_fault)
{
    const struct watch_settings *settings = watch->settings;
    const struct relay_settings relay = {settings->relayed, settings->http, settings->conn,
                                         settings->event_max};
    const struct relay_handler handler = {
        on_relay_event, on_relay_message, on_relay_unknown, on_status,
        on_too_large,   on_relay_note,    on_relay_stopped, watch};
    if (settings->with_snapshot) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "--with-snapshot is for the reference backend");
        return false;
    }
    watch->relay = relay_new(watch->loop, &relay, &handler, ret_fault);
    watch->stream = watch->relay != NULL ? relay_stream(watch->relay) : NULL;
    return watch->relay != NULL;
}

static bool open_stream(struct watch *watch, struct fault *ret_fault)
{
    const struct watch_settings *settings = watch->settings;
    const struct stream_handler handler = {
        .on_event = on_event, .on_status = on_status, .on_too_large = on_too_large, .user = watch};
    watch->http = http_new(watch->loop, &settings->http, ret_fault);
    if (watch->http == NULL) {
        return false;
    }
    watch->stream =
        stream_new(watch->http, settings->path, &settings->conn, settings->event_max, &handler);
    return true;
}

static bool watch_open(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    struct fault fault;
    bool good = settings->relayed != NULL ? open_relay(watch, &fault) : open_stream(watch, &fault);
    if (!good) {
        say(watch, "%s", fault.text);
        return false;
    }
    if (!open_cursor(watch)) {
        close_stream(watch);
        return false;
    }
    watch_out_init(&watch->out, watch->loop, settings->out_fd);
    watch->out.on_change = on_out_change;
    watch->out.user = watch;
    loop_before_wait(watch->loop, on_turn_end, watch);
    go_on(watch);
    if (settings->duration_ms > 0) {
        watch->end = loop_timer_new(watch->loop, on_duration, watch);
        loop_timer_set(watch->end,
                       loop_refresh(watch->loop).mono_us + settings->duration_ms * 1000);
    }
    return true;
}

static void watch_close(struct watch *watch)
{
    loop_before_wait_remove(watch->loop, on_turn_end, watch);
    settle_cursor(watch);
    watch_cursor_close(watch->cursor);
    loop_timer_free(watch->cursor_timer);
    watch_catch_free(watch->catch);
    watch_out_done(&watch->out);
    loop_timer_free(watch->end);
    close_stream(watch);
}

int watch_run(struct loop *loop, const struct watch_settings *settings)
{
    struct watch watch = {.loop = loop, .settings = settings, .slept_us = loop_slept_us(loop)};
    signal(SIGPIPE, SIG_IGN);
    if (!watch_open(&watch)) {
        return EXIT_SETTINGS;
    }
    if (watch.relay != NULL) {
        relay_start(watch.relay);
    } else {
        stream_start(watch.stream);
    }
    int status = loop_run(loop);
    watch.left = true;
    watch_out_flush(&watch.out); /* after a signal: what can be written at once still is */
    watch_close(&watch);
    trace_step(settings->trace, loop_refresh(loop).mono_us, "exit",
               "\"printed\":%" PRIu64 ",\"status\":%d", watch.seq, status);
    return status;
}
