#include "watch_catch.h"
#include "watch_continuity.h"
#include "watch_stream.h"

#include <blotter/client/relay.h>
#include <blotter/core/alloc.h>
#include <blotter/net/stream.h>

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLEEP_MIN_US INT64_C(500000) /* of the machine; less has no effect on connections */
#define NAME_MAX_SHOWN 256           /* a longer event name is matched by this much of it */

struct watch_stream {
    struct watch_streams all;
    const struct watch_settings *settings;
    const struct watch_source *source;
    size_t owner; /* its place in the cursor */
    struct trace *trace;
    struct loop *loop;
    struct http *http;   /* NULL with a backend */
    struct relay *relay; /* NULL without one */
    struct stream *stream;
    int64_t slept_us; /* by the machine, as far as it was noticed */
    struct watch_continuity place;
    struct watch_catch *catch; /* NULL: gaps are not looked for */
    bool out_full, held_full;  /* why the stream is paused */
    bool snapshot_due;         /* the panes have not been told yet */
    bool was_live;
    bool greets;                     /* the next event is the first of its connection */
    bool renewed;                    /* another token was asked for since it was last live */
    char last_id[CURSOR_ID_MAX + 1]; /* of a backend's events, which need be no number */
    bool over;                       /* nothing is added any more */
};

static void finish(struct watch_stream *watch, enum status status)
{
    if (!watch->over) {
        watch_stream_stop(watch);
        watch->all.over(watch->all.user, status);
    }
}

static void set_place(struct watch_stream *watch, const char *id, size_t len)
{
    if (watch->all.cursor != NULL) {
        const struct watch_out *out = &watch->all.print->out;
        uint64_t at = out->sent + out->text.len - out->written;
        watch_cursor_mark(watch->all.cursor, watch->owner, (struct watch_mark){at, id, len});
    }
}

/* What is in the output now is the last that has to do with this id. What a backend tells without
 * one leaves the place where it was. */
static void mark(struct watch_stream *watch, const char *id, size_t len)
{
    if (watch->relay == NULL || len > 0) {
        set_place(watch, id, len);
    }
}

static void pause_stream(struct watch_stream *watch)
{
    stream_pause(watch->stream, watch->out_full || watch->held_full);
}

/* ---- events ---- */

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
static bool is_wanted(const struct watch_stream *watch, const struct sse_event *sse,
                      const struct event *event)
{
    const struct watch_settings *settings = watch->settings;
    resource_mask panes = watch->source->panes;
    if (panes != 0 && (event == NULL || !(event_panes(event) & panes))) {
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

static void trace_event(const struct watch_stream *watch, const struct event *event)
{
    bool named = event != NULL && event->type != EVENT_UNKNOWN;
    trace_step(watch->trace, loop_now(watch->loop).mono_us, "event",
               "\"event\":\"%s\",\"id\":%" PRIu64,
               named ? event_info(event->type)->name : "unknown", event != NULL ? event->id : 0);
}

/* Whether the snapshot that was printed contains it already. */
static bool is_contained(const struct watch_stream *watch, const struct sse_event *sse,
                         const struct event *event)
{
    bool greets = event != NULL && (event->type == EVENT_CONNECTED || event->type == EVENT_RESYNC);
    return watch->settings->with_snapshot && sse->own_id && !greets &&
           watch_catch_contains(watch->catch, event != NULL ? event_panes(event) : 0,
                                watch_continuity_number(sse->id, sse->id_len));
}

static void take_event(struct watch_stream *watch, const struct sse_event *sse,
                       const struct event *event)
{
    bool filtered = watch->settings->glob_count > 0 || watch->source->panes != 0;
    if (watch->over) {
        return;
    }
    bool skips = (filtered && !is_wanted(watch, sse, event)) || is_contained(watch, sse, event);
    if (!skips) {
        watch_print_event(watch->all.print, watch->source->name, sse, event);
    }
    if (watch->relay == NULL || watch->settings->format != WATCH_RAW) {
        mark(watch, sse->id, sse->id_len);
    }
    if (!skips) {
        watch->all.printed(watch->all.user);
    }
}

/* What cannot have been seen is told, and the state behind it. While that is read a further gap is
 * no news. */
static void tell_gap(struct watch_stream *watch, const char *from, const char *why)
{
    if (!watch->snapshot_due) {
        const struct watch_gap what = {watch->source->name, watch_print_stamp(watch->all.print),
                                       from, why};
        watch_catch_print_gap(&watch->all.print->out.text, &what);
    }
    watch->snapshot_due = true;
    watch_catch_begin(watch->catch);
}

static void tell_gap_behind(struct watch_stream *watch, uint64_t from, const char *why)
{
    char id[24] = "";
    if (from != 0) {
        snprintf(id, sizeof id, "%" PRIu64, from);
    }
    tell_gap(watch, id, why);
}

/* While the state behind a gap is read the events wait. */
static bool hold_behind_gap(struct watch_stream *watch, const struct sse_event *sse,
                            const struct event *event)
{
    uint64_t from = watch->place.last;
    const char *gap = watch_continuity_event(&watch->place, sse, event);
    if (gap != NULL) {
        tell_gap_behind(watch, from, gap);
    } else if (watch->snapshot_due && !watch_catch_is_reading(watch->catch)) {
        watch_catch_begin(watch->catch);
    }
    return watch_catch_hold(watch->catch, sse);
}

/* A stream that welcomes another user than was asked for has nothing to say to us. */
static bool is_refused(struct watch_stream *watch, const struct event *event)
{
    watch->greets = false;
    if (event == NULL || event->type != EVENT_CONNECTED ||
        !event_is_foreign(event, watch->source->user)) {
        return false;
    }
    struct fault fault;
    event_refusal(event, &fault);
    stream_refuse(watch->stream, &fault);
    return true;
}

/* event NULL: it is none that we know, or nobody looks. */
static void receive(struct watch_stream *watch, const struct sse_event *sse,
                    const struct event *event)
{
    if (watch->over || is_refused(watch, event)) {
        return;
    }
    if (watch->trace != NULL) {
        trace_event(watch, event);
    }
    if (watch->catch == NULL || watch->relay != NULL || !hold_behind_gap(watch, sse, event)) {
        take_event(watch, sse, event);
    }
}

static void on_event(void *user, const struct sse_event *sse)
{
    struct watch_stream *watch = user;
    const struct watch_settings *settings = watch->settings;
    struct event event;
    /* raw prints without looking, so that not even the payload's size makes a difference */
    bool looks = watch->greets || settings->format != WATCH_RAW || settings->glob_count > 0 ||
                 watch->source->panes != 0 || watch->trace != NULL || watch->catch != NULL;
    receive(watch, sse, looks && event_parse(sse, &event) ? &event : NULL);
}

/* ---- the state behind a gap ---- */

static void on_state_ready(void *user)
{
    struct watch_stream *watch = user;
    if (watch->over) {
        return;
    }
    char id[24];
    uint64_t least = watch_catch_id(watch->catch);
    int len = least == 0 ? 0 : snprintf(id, sizeof id, "%" PRIu64, least);
    watch->snapshot_due = false;
    watch_catch_print(watch->catch, &watch->all.print->out.text,
                      watch_print_stamp(watch->all.print));
    mark(watch, id, (size_t)len);
    watch_out_more(&watch->all.print->out);
}

static void on_state_release(void *user, const struct sse_event *sse)
{
    struct event event;
    bool known = event_parse(sse, &event);
    take_event(user, sse, known ? &event : NULL);
}

static void on_state_full(void *user, bool full)
{
    struct watch_stream *watch = user;
    watch->held_full = full;
    pause_stream(watch);
}

static void on_state_failed(void *user, enum resource resource, const struct fault *fault)
{
    struct watch_stream *watch = user;
    bool for_good = fault->kind == FAULT_AUTH;
    if (watch->over) {
        return;
    }
    watch_say(watch->all.print, watch->source->name, "%s: %s%s", resource_info(resource)->name,
              fault->text, for_good ? "" : "; read again until it can be told");
    if (for_good) {
        finish(watch, STATUS_AUTH);
    }
}

/* ---- the connection ---- */

/* What --status calls it. */
static const char *status_word(const struct watch_stream *watch, const struct conn_status *status)
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

static void trace_status(const struct watch_stream *watch, const struct conn_status *status)
{
    int64_t mono_us = loop_now(watch->loop).mono_us;
    if (status->phase == CONN_LIVE) {
        trace_step(watch->trace, mono_us, "stream_open", NULL);
    } else {
        trace_step(watch->trace, mono_us, "stream_lost", "\"fault\":\"%s\",\"attempt\":%d%s",
                   fault_kind_name(status->fault.kind), status->attempt,
                   status->phase == CONN_ENDED ? ",\"ended\":true" : "");
    }
}

/* True when another token will come: then this is not the end. */
static bool ask_for_token(struct watch_stream *watch, const struct conn_status *status)
{
    const struct watch_source *source = watch->source;
    if (watch->relay != NULL) {
        return status->fault.kind == FAULT_AUTH && relay_renews(watch->relay);
    }
    bool asks = status->fault.kind == FAULT_AUTH && !watch->renewed && source->on_refused != NULL;
    watch->renewed = watch->renewed || asks;
    return asks && source->on_refused(source->refused_user, watch);
}

void watch_use_token(struct watch_stream *watch, const char *token, const char *why)
{
    struct fault fault;
    if (watch->over) {
        return;
    }
    if (token != NULL && http_set_token(watch->http, token, &fault)) {
        stream_start(watch->stream);
        return;
    }
    watch_say(watch->all.print, watch->source->name, "%s", token != NULL ? fault.text : why);
    finish(watch, STATUS_AUTH);
}

static void on_status(void *user, const struct conn_status *status)
{
    struct watch_stream *watch = user;
    const char *word = status_word(watch, status);
    if (watch->over || word == NULL) {
        return;
    }
    watch->was_live = status->phase == CONN_LIVE;
    if (status->phase == CONN_LIVE) {
        watch->greets = true;
        watch_continuity_opened(&watch->place);
    }
    trace_status(watch, status);
    const struct watch_news news = {watch->source->name, word, status};
    watch_print_news(watch->all.print, &news);
    watch->renewed = watch->renewed && status->phase != CONN_LIVE;
    if (status->phase == CONN_ENDED && !ask_for_token(watch, status)) {
        finish(watch, status->fault.status == 204        ? STATUS_OK
                      : status->fault.kind == FAULT_AUTH ? STATUS_AUTH
                                                         : STATUS_RUNTIME);
    }
}

/* Nothing is dropped silently: what could not be printed is told. */
static void on_too_large(void *user)
{
    struct watch_stream *watch = user;
    if (watch->over) {
        return;
    }
    watch_say(watch->all.print, watch->source->name,
              "an event over the limit of stream.event_max is left out");
    if (watch->catch != NULL && watch->relay == NULL) {
        tell_gap_behind(watch, watch->place.last, "an event is over the limit");
    }
}

/* ---- running ---- */

/* The server may have given us up while the machine slept: nothing of before is trusted. */
static void notice_sleep(struct watch_stream *watch)
{
    int64_t slept_us = loop_slept_us(watch->loop);
    if (slept_us - watch->slept_us >= SLEEP_MIN_US && !watch->over) {
        watch->slept_us = slept_us;
        if (watch->relay != NULL) {
            relay_forget_connections(watch->relay);
        } else {
            http_forget_connections(watch->http);
        }
        stream_resumed(watch->stream);
    }
}

void watch_stream_turn(struct watch_stream *watch)
{
    notice_sleep(watch);
    if (watch->relay != NULL && !watch->over) {
        relay_turn(watch->relay);
    }
}

void watch_stream_pause(struct watch_stream *watch, bool paused)
{
    watch->out_full = paused;
    pause_stream(watch);
}

void watch_stream_stop(struct watch_stream *watch)
{
    watch->over = true;
    stream_stop(watch->stream);
}

static void read_relayed(void *user, enum resource resource)
{
    relay_read(((struct watch_stream *)user)->relay, resource);
}

static void cancel_relayed(void *user, enum resource resource)
{
    relay_cancel(((struct watch_stream *)user)->relay, resource);
}

/* The panes that are told before the events, or behind a gap. */
static void open_catch(struct watch_stream *watch)
{
    const struct watch_source *source = watch->source;
    struct watch_catch_settings catch = {
        .name = source->name,
        .user = source->user,
        .panes = source->panes != 0 ? source->panes : RESOURCE_ALL,
        .ready = on_state_ready,
        .release = on_state_release,
        .full = on_state_full,
        .failed = on_state_failed,
        .owner = watch,
    };
    if (watch->relay != NULL) {
        catch.user = NULL;
        catch.panes = relay_panes(watch->relay);
        catch.read = read_relayed;
        catch.cancel = cancel_relayed;
    }
    watch->catch = watch_catch_new(watch->loop, watch->http, &catch);
}

/* Whether a gap is looked for, so that panes may have to be told. */
static bool looks_for_gaps(const struct watch_settings *settings)
{
    return settings->cursor != NULL || settings->after != NULL || settings->with_snapshot;
}

/* The id to go on from; NULL: there is none, and nothing can have been missed. */
static const char *id_to_go_on_from(const struct watch_stream *watch)
{
    const struct watch_cursor *cursor = watch->all.cursor;
    return watch->settings->after != NULL ? watch->settings->after
           : cursor != NULL && watch_cursor_is_old(cursor, watch->owner)
               ? watch_cursor_id(cursor, watch->owner)
               : NULL;
}

static void keep_id(struct watch_stream *watch, const char *id, size_t len)
{
    if (len > 0 && len < sizeof watch->last_id) {
        memcpy(watch->last_id, id, len);
        watch->last_id[len] = '\0';
    }
}

/* The same for a backend's stream, whose ids are its own. */
static void go_on_relayed(struct watch_stream *watch)
{
    const char *id = id_to_go_on_from(watch);
    if (id != NULL) {
        relay_set_last_id(watch->relay, id);
        keep_id(watch, id, strlen(id));
    }
    if (looks_for_gaps(watch->settings)) {
        open_catch(watch);
        watch->snapshot_due = watch->settings->with_snapshot && id == NULL;
    }
}

/* Takes up where the cursor stands. */
static void go_on(struct watch_stream *watch)
{
    const struct watch_settings *settings = watch->settings;
    if (watch->relay != NULL) {
        go_on_relayed(watch);
        return;
    }
    if (!looks_for_gaps(settings)) {
        return;
    }
    const char *id = id_to_go_on_from(watch);
    open_catch(watch);
    watch->snapshot_due = settings->with_snapshot && id == NULL;
    if (id != NULL) { /* the reader has had the panes, and every event since */
        watch->place.begun = true;
        watch->place.last = watch_continuity_number(id, strlen(id));
        stream_set_last_id(watch->stream, id, strlen(id));
    }
}

/* ---- a backend's stream ---- */

/* Something may have been missed: what is there now is told behind the word of it. */
static void look_for_gap(struct watch_stream *watch, const struct event *event)
{
    struct span reason;
    char why[256] = "the server says so";
    if (event == NULL || event->type != EVENT_RESYNC) {
        return;
    }
    if (span_member(event->data, "reason", &reason)) {
        span_string(reason, why, sizeof why);
    }
    tell_gap(watch, watch->last_id, why);
}

/* In raw the messages are printed as they came, in the others what was made of them. */
static void on_relay_event(void *user, const struct sse_event *sse)
{
    struct watch_stream *watch = user;
    struct sse_event own = *sse;
    struct event parsed;
    bool raw = watch->settings->format == WATCH_RAW, holds = false;
    own.own_id = own.id_len > 0;
    if (watch->over) {
        return;
    }
    bool looks = !raw || watch->catch != NULL;
    const struct event *event = looks && event_parse(&own, &parsed) ? &parsed : NULL;
    if (watch->catch != NULL) {
        look_for_gap(watch, event);
        keep_id(watch, own.id, own.id_len);
        holds = watch_catch_is_reading(watch->catch);
    }
    if (!raw && holds) {
        watch_catch_hold(watch->catch, &own);
    } else if (!raw) {
        receive(watch, &own, event);
    } else if (!holds) {
        mark(watch, own.id, own.id_len); /* its message has been printed */
    }
}

static void on_relay_body(void *user, enum resource resource, const char *body, size_t len,
                          uint64_t id)
{
    const struct watch_stream *watch = user;
    if (watch->catch != NULL) {
        watch_catch_take(watch->catch, resource, &(struct watch_catch_body){body, len, id}, NULL);
    }
}

static void on_relay_fault(void *user, enum resource resource, const struct fault *fault)
{
    const struct watch_stream *watch = user;
    if (watch->catch != NULL) {
        watch_catch_take(watch->catch, resource, NULL, fault);
    }
}

/* The panes are read once nothing can be missed any more. */
static void on_relay_status(void *user, const struct conn_status *status)
{
    struct watch_stream *watch = user;
    on_status(watch, status);
    if (status->phase != CONN_LIVE || watch->over) {
        return;
    }
    if (watch->all.cursor != NULL && !watch_cursor_is_old(watch->all.cursor, watch->owner)) {
        set_place(watch, "", 0); /* there is no welcome: from now on something can be missed */
    }
    if (watch->snapshot_due && !watch_catch_is_reading(watch->catch)) {
        watch_catch_begin(watch->catch);
    }
}

static void take_message(struct watch_stream *watch, const struct sse_event *message)
{
    if (watch->catch == NULL || !watch_catch_hold(watch->catch, message)) {
        take_event(watch, message, NULL);
    }
}

static void on_relay_message(void *user, const struct sse_event *message)
{
    struct watch_stream *watch = user;
    if (watch->settings->format == WATCH_RAW) {
        take_message(watch, message);
    }
}

static void on_relay_unknown(void *user, const struct sse_event *message)
{
    struct watch_stream *watch = user;
    if (watch->settings->format != WATCH_RAW) {
        take_message(watch, message);
    }
}

static void on_relay_note(void *user, const char *what)
{
    const struct watch_stream *watch = user;
    if (!watch->over) {
        watch_say(watch->all.print, watch->source->name, "%s", what);
    }
}

static void on_relay_stopped(void *user)
{
    struct watch_stream *watch = user;
    if (!watch->over) {
        watch_say(watch->all.print, watch->source->name, "not authorised: get new secrets");
        finish(watch, STATUS_AUTH);
    }
}

static bool open_relay(struct watch_stream *watch, struct fault *ret_fault)
{
    const struct watch_source *source = watch->source;
    const struct relay_settings relay = {
        .backend = source->relayed,
        .http = source->http,
        .conn = source->conn,
        .event_max = source->event_max,
        .panes = !looks_for_gaps(watch->settings) ? 0
                 : source->panes != 0             ? source->panes
                                                  : RESOURCE_ALL,
    };
    const struct relay_handler handler = {
        .on_event = on_relay_event,
        .on_message = on_relay_message,
        .on_unknown = on_relay_unknown,
        .on_status = on_relay_status,
        .on_too_large = on_too_large,
        .on_note = on_relay_note,
        .on_stopped = on_relay_stopped,
        .on_body = on_relay_body,
        .on_fault = on_relay_fault,
        .user = watch,
    };
    watch->relay = relay_new(watch->loop, &relay, &handler, ret_fault);
    watch->stream = watch->relay != NULL ? relay_stream(watch->relay) : NULL;
    return watch->relay != NULL;
}

static bool open_stream(struct watch_stream *watch, struct fault *ret_fault)
{
    const struct watch_source *source = watch->source;
    const struct stream_handler handler = {
        .on_event = on_event, .on_status = on_status, .on_too_large = on_too_large, .user = watch};
    watch->http = http_new(watch->loop, &source->http, ret_fault);
    if (watch->http == NULL) {
        return false;
    }
    watch->stream =
        stream_new(watch->http, source->path, &source->conn, source->event_max, &handler);
    return true;
}

struct watch_stream *watch_stream_new(const struct watch_streams *all,
                                      const struct watch_source *source, size_t owner,
                                      struct fault *ret_fault)
{
    struct watch_stream *watch = mem_calloc(1, sizeof *watch);
    watch->all = *all;
    watch->settings = all->print->settings;
    watch->source = source;
    watch->owner = owner;
    watch->trace = source->trace != NULL ? source->trace : watch->settings->trace;
    watch->loop = all->print->loop;
    watch->slept_us = loop_slept_us(watch->loop);
    bool good = watch->source->relayed != NULL ? open_relay(watch, ret_fault)
                                               : open_stream(watch, ret_fault);
    if (!good) {
        watch_stream_free(watch);
        return NULL;
    }
    return watch;
}

void watch_stream_start(struct watch_stream *watch)
{
    go_on(watch);
    if (watch->relay != NULL) {
        relay_start(watch->relay);
    } else {
        stream_start(watch->stream);
    }
}

bool watch_stream_is_over(const struct watch_stream *watch)
{
    return watch->over;
}

void watch_stream_free(struct watch_stream *watch)
{
    if (watch == NULL) {
        return;
    }
    watch_catch_free(watch->catch);
    if (watch->relay == NULL && watch->stream != NULL) {
        stream_free(watch->stream);
    }
    relay_free(watch->relay);
    if (watch->http != NULL) {
        http_free(watch->http);
    }
    free(watch);
}
