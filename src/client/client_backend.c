/* The client of a backend that is described by files. */
#include "client_private.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

/* An answer vouches for its rows this long beyond the next poll. */
#define VOUCH_MORE_MS 5000
/* So long the first reads wait for the stream's opening. */
#define STREAM_FIRST_US ((int64_t)1500 * 1000)

/* --- what asking tells ----------------------------------------------------------------------- */

static void on_began(void *user, enum resource resource)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    engine_fetch_began(client->engine, now, client->fetches[resource].id);
    client->fetches[resource].up_to = event_log_total(client->event_log);
    trace_step(client->trace, now.mono_us, "fetch_start", "\"pane\":\"%s\",\"conditional\":false",
               resource_info(resource)->name);
}

static void on_body(void *user, enum resource resource, const struct asking_body *body)
{
    struct client *client = user;
    struct http_response response = {.status = 200,
                                     .body = body->body,
                                     .body_len = body->len,
                                     .last_event_id = body->last_event_id,
                                     .duration_us = body->duration_us};
    struct pane_state pane;
    client_fetched(client, resource, &response, NULL);
    engine_pane(client->engine, resource, &pane);
    asking_shown(client->asking, resource, pane.shown);
    client->changes |= CLIENT_CONN; /* the next poll */
}

static void on_fault(void *user, enum resource resource, const struct fault *fault)
{
    client_fetched(user, resource, NULL, fault);
}

static void on_poll(void *user, enum resource resource)
{
    struct client *client = user;
    engine_trigger(client->engine, loop_now(client->loop), ENGINE_POLL, RESOURCE_BIT(resource));
}

static void on_event(void *user, const struct event *event)
{
    struct client *client = user;
    engine_event(client->engine, loop_now(client->loop), event);
}

static void on_note(void *user, const char *what)
{
    struct client *client = user;
    client->errors++;
    client_note(client, "asking", what);
}

static void on_renewed(void *user)
{
    struct client *client = user;
    if (client->telling != NULL) {
        telling_renewed(client->telling);
    }
}

static void on_state(void *user)
{
    ((struct client *)user)->changes |= CLIENT_CONN;
}

/* --- what its stream tells ------------------------------------------------------------------- */

/* The first reads: after the stream's opening, so that nothing can happen in between. */
static void begin(void *user)
{
    struct client *client = user;
    if (!client->begun) {
        client->begun = true;
        loop_timer_set(client->begin, MOMENT_NEVER);
        engine_start(client->engine, loop_now(client->loop));
    }
}

static void on_missed(void *user, const char *why)
{
    struct client *client = user;
    struct event_log_entry entry = {.wall_ms = loop_now(client->loop).wall_ms,
                                    .panes = RESOURCE_ALL,
                                    .outcome = EVENT_LOG_PENDING};
    snprintf(entry.name, sizeof entry.name, "resync");
    snprintf(entry.what, sizeof entry.what, "%.90s", why);
    event_log_add(client->event_log, &entry);
    engine_missed(client->engine, loop_now(client->loop));
    client->changes |= CLIENT_EVENT_LOG;
}

static void on_unknown(void *user, const struct sse_event *message, const struct fault *why)
{
    struct client *client = user;
    const struct event event = {.type = EVENT_UNKNOWN};
    (void)message;
    report_event(client->event_log, client->trace, loop_now(client->loop), &event,
                 (struct report_outcome){.outcome = EVENT_LOG_NOTED});
    if (why->kind != FAULT_NONE) {
        on_note(client, why->text);
    }
    client->errors++;
    client->changes |= CLIENT_EVENT_LOG;
}

/* An answer is the beginning of the stream: unless it goes on where it was left, what came between
 * is read. */
static void on_status(void *user, const struct conn_status *status)
{
    struct client *client = user;
    bool open = status->phase == CONN_SILENT || status->phase == CONN_LIVE;
    if (open && !client->opened && client->begun && !status->resumes) {
        on_missed(client, "the stream begins anew");
    }
    client->opened = open;
    if (open || status->phase == CONN_WAITING || status->phase == CONN_ENDED) {
        begin(client);
    }
    client_stream_status_told(client, status);
}

/* --- what the client does -------------------------------------------------------------------- */

resource_mask client_backend_panes(const struct client_settings *settings)
{
    const struct backend *backend = adapt_backend(settings->backend->adapt);
    resource_mask panes = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        panes |= backend->panes[i].present ? RESOURCE_BIT(i) : 0;
    }
    return panes;
}

bool client_backend_init(struct client *client, const struct client_settings *settings,
                         struct fault *ret_fault)
{
    const struct asking_handler handler = {on_began, on_body,    on_fault, on_poll, on_event,
                                           on_note,  on_renewed, on_state, client};
    struct asking_settings asking = {
        .backend = settings->backend,
        .http = settings->http,
        .wanted = settings->engine.wanted & client_backend_panes(settings),
        .keep_asking = settings->stream,
    };
    const struct telling_handler stream = {.on_event = client_stream_event,
                                           .on_unknown = on_unknown,
                                           .on_missed = on_missed,
                                           .on_status = on_status,
                                           .on_too_large = client_stream_too_large,
                                           .on_quiet = client_stream_quiet,
                                           .user = client};
    client->asking = asking_new(client->loop, &asking, &handler, ret_fault);
    if (client->asking != NULL && settings->stream) {
        client->telling = telling_new(client->loop, client->asking, &settings->conn,
                                      settings->event_max, &stream);
        client->stream = client->telling != NULL ? telling_stream(client->telling) : NULL;
    }
    if (client->begin == NULL) {
        client->begin = loop_timer_new(client->loop, begin, client);
    }
    return client->asking != NULL;
}

void client_backend_start(struct client *client)
{
    asking_start(client->asking);
    if (client->telling != NULL) {
        telling_start(client->telling);
        loop_timer_set(client->begin, loop_now(client->loop).mono_us + STREAM_FIRST_US);
    } else {
        begin(client);
    }
}

void client_backend_stop(struct client *client)
{
    loop_timer_set(client->begin, MOMENT_NEVER);
    if (client->telling != NULL) {
        telling_stop(client->telling);
    }
    asking_stop(client->asking);
}

void client_backend_done(struct client *client)
{
    if (client->telling != NULL) {
        client->stream = NULL; /* it is telling's */
    }
    telling_free(client->telling);
    asking_free(client->asking);
    loop_timer_free(client->begin);
}

/* What the engine waits for is asked of the new ones. */
static void go_on(struct client *client)
{
    struct moment now = loop_now(client->loop);
    client->opened = false;
    asking_start(client->asking);
    if (client->telling != NULL) {
        telling_start(client->telling);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client->engine, (enum resource)i, &pane);
        if (pane.fetching) {
            asking_fetch(client->asking, (enum resource)i);
        }
    }
    engine_missed(client->engine, now);
    client->changes |= CLIENT_CONN;
}

bool client_change_backend(struct client *client, const struct client_settings *settings,
                           struct fault *ret_fault)
{
    struct asking *asking = client->asking;
    struct telling *telling = client->telling;
    struct stream *stream = client->stream;
    resource_mask panes = settings->engine.wanted & client_backend_panes(settings);
    if (panes != asking_panes(asking)) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "a pane came or went, which takes a restart");
        return false;
    }
    client->asking = NULL;
    client->telling = NULL;
    client->stream = NULL;
    if (!client_backend_init(client, settings, ret_fault)) {
        client->asking = asking;
        client->telling = telling;
        client->stream = stream;
        return false;
    }
    if (telling != NULL) {
        telling_stop(telling);
    }
    asking_stop(asking);
    asking_take_over(client->asking, asking);
    telling_free(telling);
    asking_free(asking);
    go_on(client);
    return true;
}

void client_renew_secrets(struct client *client)
{
    asking_renew(client->asking);
}

void client_backend_act(struct client *client, const struct engine_action *action)
{
    if (action->kind == ENGINE_FETCH) {
        asking_fetch(client->asking, action->resource);
    } else {
        asking_cancel(client->asking, action->resource);
    }
}

bool client_backend_turn(struct client *client)
{
    bool acted = asking_turn(client->asking);
    if (client->telling != NULL) {
        telling_turn(client->telling);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        int64_t poll_ms = ask_poll_ms(asking_ask(client->asking), (enum resource)i);
        engine_set_vouch(client->engine, (enum resource)i,
                         poll_ms > 0 ? 2 * poll_ms + VOUCH_MORE_MS : 0);
    }
    return acted;
}

bool client_asking(const struct client *client, struct ask_state *ret)
{
    if (client->asking == NULL) {
        return false;
    }
    asking_state(client->asking, ret);
    return true;
}

resource_mask client_panes(const struct client *client)
{
    return client->asking != NULL ? asking_panes(client->asking) : RESOURCE_ALL;
}

bool client_quotes(const struct client *client, struct buf *out)
{
    return client->asking != NULL && asking_quotes(client->asking, out);
}

bool client_is_cut(const struct client *client, enum resource resource)
{
    return client->asking != NULL && asking_is_cut(client->asking, resource);
}
