#include "client_private.h"
#include "report.h"

#include <blotter/client/client.h>
#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

/* A shorter sleep of the machine has no effect on connections. */
#define SLEEP_MIN_US INT64_C(500000)
void client_settings_default(struct client_settings *ret)
{
    memset(ret, 0, sizeof *ret);
    http_settings_default(&ret->http);
    engine_settings_default(&ret->engine);
    conn_settings_default(&ret->conn);
    ret->stream = true;
}

/* --- reads -------------------------------------------------------------------------------- */

/* The resource whose fetch a request was; RESOURCE_COUNT when it is none of ours any more. */
static enum resource fetch_resource(const struct client *client, uint64_t request)
{
    int i = 0;
    while (i < RESOURCE_COUNT && client->fetches[i].request != request) {
        i++;
    }
    return (enum resource)i;
}

static void fetch_done(void *user, uint64_t request, const struct http_response *response,
                       const struct fault *fault)
{
    struct client *client = user;
    enum resource resource = fetch_resource(client, request);
    if (resource == RESOURCE_COUNT) {
        return;
    }
    client->fetches[resource].request = 0;
    client_fetched(client, resource, response, fault);
}

static void run_action(struct client *client, const struct engine_action *action)
{
    struct fetch *fetch = &client->fetches[action->resource];
    if (action->kind == ENGINE_FETCH) {
        fetch->id = action->fetch_id;
        fetch->up_to = event_log_total(client->event_log);
    }
    if (client->asking != NULL) {
        client_backend_act(client, action);
        return;
    }
    if (fetch->request != 0) {
        http_cancel(client->http, fetch->request);
        fetch->request = 0;
    }
    if (action->kind == ENGINE_FETCH) {
        fetch->request = http_get(client->http, client->paths[action->resource], action->etag,
                                  fetch_done, client);
        trace_step(client->trace, loop_now(client->loop).mono_us, "fetch_start",
                   "\"pane\":\"%s\",\"conditional\":%s", resource_info(action->resource)->name,
                   action->etag == NULL ? "false" : "true");
    }
}

/* --- the turn ----------------------------------------------------------------------------- */

/* The other ends may have given us up long ago, and nobody could tell us: nothing is trusted. */
static void notice_sleep(struct client *client)
{
    int64_t slept_us = loop_slept_us(client->loop);
    if (slept_us - client->slept_us < SLEEP_MIN_US) {
        return;
    }
    client->slept_us = slept_us;
    if (client->asking != NULL) {
        asking_forget_connections(client->asking);
    } else {
        http_forget_connections(client->http);
    }
    engine_trigger(client->engine, loop_now(client->loop), ENGINE_RESUME, RESOURCE_ALL);
    if (client->stream != NULL) {
        stream_resumed(client->stream);
    }
}

static void run_actions(struct client *client, struct moment now)
{
    struct engine_action action;
    do {
        while (engine_next_action(client->engine, now, &action)) {
            run_action(client, &action);
        }
    } while (client->asking != NULL && client_backend_turn(client));
    bool polling = engine_polling(client->engine, NULL);
    if (polling != client->polling) {
        client->polling = polling;
        client->changes |= CLIENT_CONN;
        trace_step(client->trace, now.mono_us, "poll", "\"on\":%s", polling ? "true" : "false");
    }
    loop_timer_set(client->deadline, engine_deadline(client->engine));
}

/* Another day of the exchange: what the server said of the last one is read anew. */
static void notice_day(struct client *client, struct moment now)
{
    if (ledger_day(client->ledger, client->engine, now)) {
        client->changes |= RESOURCE_BIT(RESOURCE_POSITIONS);
        engine_trigger(client->engine, now, ENGINE_POLL, RESOURCE_ALL);
    }
}

static void before_wait(void *user)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    notice_sleep(client);
    notice_day(client, now);
    run_actions(client, now);
    client_cache_schedule(client, now);
    resource_mask rows = engine_take_changes(client->engine);
    if (client->memory != NULL && rows != 0) { /* an idle turn is no news to anybody */
        memory_rows(client->memory, now, rows);
    }
    unsigned mask = client->changes | rows;
    client->changes = 0;
    if (client->asking != NULL) {
        ledger_set_cut(client->ledger, client_is_cut(client, RESOURCE_ORDERS));
    }
    ledger_take(client->ledger, client->engine, mask, now);
    if (mask != 0 && client->on_change != NULL) {
        client->on_change(client->on_change_user, mask); /* the trace waits for the frame */
    } else {
        trace_flush(client->trace);
    }
}

static void deadline_due(void *user)
{
    struct client *client = user;
    engine_tick(client->engine, loop_now(client->loop));
    if (engine_take_trimmed(client->engine)) {
        mem_give_back();
    }
}

/* --- life --------------------------------------------------------------------------------- */

static void make_paths(struct client *client, const char *user)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct resource_info *info = resource_info((enum resource)i);
        client->paths[i] = resource_path(info->path, info->takes_user ? user : NULL);
    }
}

static void make_stream(struct client *client, const struct client_settings *settings)
{
    const struct stream_handler handler = {.on_event = client_stream_event,
                                           .on_status = client_stream_status_told,
                                           .on_too_large = client_stream_too_large,
                                           .on_quiet = client_stream_quiet,
                                           .user = client};
    char *path = resource_path(RESOURCE_STREAM_PATH, settings->user);
    client->stream = stream_new(client->http, path, &settings->conn, settings->event_max, &handler);
    free(path);
}

static bool connect_to(struct client *client, const struct client_settings *settings,
                       struct fault *ret_fault)
{
    if (settings->backend != NULL) {
        return client_backend_init(client, settings, ret_fault);
    }
    client->http = http_new(client->loop, &settings->http, ret_fault);
    if (client->http == NULL) {
        return false;
    }
    make_paths(client, settings->user);
    if (settings->stream) {
        make_stream(client, settings);
    }
    return true;
}

struct client *client_new(struct loop *loop, const struct client_settings *settings,
                          struct fault *ret_fault)
{
    struct client *client = mem_calloc(1, sizeof *client);
    struct engine_settings engine = settings->engine;
    engine.paced = settings->backend != NULL;
    client->user = settings->user == NULL || settings->backend != NULL
                       ? NULL
                       : mem_dup(settings->user, strlen(settings->user));
    engine.user = client->user;
    engine.wanted &= settings->backend != NULL ? client_backend_panes(settings) : RESOURCE_ALL;
    client->loop = loop;
    client->engine = engine_new(&engine);
    client->event_log = event_log_new();
    client->ledger = ledger_new(settings->zone, settings->zone_user);
    client->trace = settings->trace;
    client->on_refused = settings->on_refused;
    client->refused_user = settings->refused_user;
    client->slept_us = loop_slept_us(loop);
    client->deadline = loop_timer_new(loop, deadline_due, client);
    client->cache_timer = loop_timer_new(loop, client_cache_save, client);
    if (!connect_to(client, settings, ret_fault)) {
        client_free(client);
        return NULL;
    }
    if (settings->remember) {
        client_memory_make(client, settings);
    }
    if (settings->cache_dir != NULL) {
        client->cache = cache_new(settings->cache_dir, client_server_of(settings), settings->user,
                                  settings->http.token);
    }
    loop_before_wait(loop, before_wait, client);
    return client;
}

void client_free(struct client *client)
{
    if (client == NULL) {
        return;
    }
    loop_before_wait_remove(client->loop, before_wait, client);
    client_backend_done(client);
    stream_free(client->stream);
    http_free(client->http);
    loop_timer_free(client->deadline);
    loop_timer_free(client->cache_timer);
    memory_free(client->memory);
    engine_free(client->engine);
    event_log_free(client->event_log);
    ledger_free(client->ledger);
    cache_free(client->cache);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        free(client->paths[i]);
    }
    free(client->user);
    free(client);
}

void client_start(struct client *client)
{
    if (client_memory_day(client)) {
        return;
    }
    client_cache_prime(client);
    if (client->asking != NULL) {
        client_backend_start(client);
        return;
    }
    engine_start(client->engine, loop_now(client->loop));
    /* The reads go out before the stream's request, so that nothing queues behind it. */
    run_actions(client, loop_now(client->loop));
    if (client->stream != NULL) {
        stream_start(client->stream);
    }
}

void client_stop(struct client *client)
{
    struct moment now = loop_now(client->loop);
    if (client->asking != NULL) {
        client_backend_stop(client);
    } else if (client->stream != NULL) {
        stream_stop(client->stream);
    }
    engine_stop(client->engine, now);
    run_actions(client, now);
    client_cache_save(client);
    if (client->memory != NULL) {
        memory_stop(client->memory, now);
    }
    report_exit(client->trace, now, client->engine);
    trace_flush(client->trace);
}

/* --- what the face sees ------------------------------------------------------------------- */

void client_on_change(struct client *client, void (*fn)(void *user, unsigned mask), void *user)
{
    client->on_change = fn;
    client->on_change_user = user;
}

void client_set_alarms(struct client *client, const struct alarm_settings *settings)
{
    ledger_set_alarms(client->ledger, settings);
}

bool client_next_alarm(struct client *client, struct alarm *ret)
{
    struct tape_entry entry;
    bool any = ledger_next_alarm(client->ledger, ret);
    if (any && ledger_tape_entry(ret, &entry)) {
        client_tell(client, &entry);
    }
    return any;
}

const struct money_book *client_book(const struct client *client)
{
    return ledger_book(client->ledger);
}

const struct snapshot *client_orders(const struct client *client)
{
    return ledger_orders(client->ledger, client->engine);
}

const struct engine *client_engine(const struct client *client)
{
    return client->engine;
}

const struct conn_status *client_stream_status(const struct client *client)
{
    static const struct conn_status none = {.phase = CONN_IDLE, .lost_at_ms = INT64_MIN};
    return client->stream == NULL ? &none : stream_status(client->stream);
}

const struct event_log *client_event_log(const struct client *client)
{
    return client->event_log;
}

/* What the server ended for good (401, 404, a page instead of a stream) is for the user to open. */
static bool asks_anew(const struct client *client, enum engine_trigger trigger, resource_mask which)
{
    return trigger == ENGINE_MANUAL && which == RESOURCE_ALL &&
           stream_status(client->stream)->phase == CONN_ENDED;
}

void client_trigger(struct client *client, enum engine_trigger trigger, resource_mask which)
{
    if (trigger == ENGINE_MANUAL && which == RESOURCE_ALL) {
        client_token_wish(client);
    }
    if (client->asking != NULL && trigger == ENGINE_MANUAL) {
        asking_manual(client->asking);
    }
    engine_trigger(client->engine, loop_now(client->loop), trigger, which);
    if (client->stream == NULL || trigger == ENGINE_FOCUS) {
        return;
    }
    if (asks_anew(client, trigger, which)) {
        stream_start(client->stream);
    } else {
        stream_retry_now(client->stream);
    }
}

void client_set_visible(struct client *client, resource_mask visible)
{
    engine_set_visible(client->engine, visible);
}

void client_painted(struct client *client, unsigned mask)
{
    struct moment now = loop_refresh(client->loop);
    for (size_t i = 0; i < client->awaiting; i++) {
        latency_add(&client->event_latency, now.mono_us - client->awaiting_us[i]);
    }
    report_paint(client->trace, now, client->engine, client->painted ? "paint" : "first_paint",
                 mask);
    client->awaiting = 0;
    if (client->memory != NULL) {
        memory_painted(client->memory, now);
    }
    client->painted = true;
    trace_flush(client->trace);
}

struct latency_summary client_event_latency(const struct client *client)
{
    return latency_summary(&client->event_latency);
}

struct latency_summary client_fetch_latency(const struct client *client)
{
    return latency_summary(&client->fetch_latency);
}

enum client_server client_server(const struct client *client)
{
    return client->server;
}

uint64_t client_errors(const struct client *client)
{
    return client->errors;
}
