/* What comes in: answers of reads and what the stream says, whoever brought it. */
#include "client_private.h"
#include "report.h"

static void settle_event_log(struct client *client, enum resource resource,
                             const struct http_response *response, const struct fault *fault)
{
    struct pane_state pane;
    engine_pane(client->engine, resource, &pane);
    struct event_log_entry outcome = {
        .outcome = fault == NULL ? EVENT_LOG_CONFIRMED : EVENT_LOG_FAILED,
        .status = fault != NULL      ? fault->status
                  : response != NULL ? response->status
                                     : 0,
        .fetch_us = response == NULL ? 0 : response->duration_us,
        .rows = pane.shown == NULL ? 0 : pane.shown->row_count,
    };
    event_log_settle(client->event_log, resource, client->fetches[resource].up_to, &outcome);
    client->changes |= CLIENT_EVENT_LOG;
}

static bool stream_shares_way(const struct client *client, enum resource resource)
{
    return client->stream != NULL &&
           (client->asking == NULL || asking_is_way(client->asking, resource));
}

static void fetch_succeeded(struct client *client, enum resource resource,
                            const struct http_response *response)
{
    struct engine_response answer = {
        .status = response->status,
        .body = response->body,
        .body_len = response->body_len,
        .etag = response->etag,
        .last_event_id = response->last_event_id,
        .duration_us = response->duration_us,
        .age_ms = response->age_ms,
    };
    struct moment now = loop_now(client->loop);
    bool decoded = engine_fetch_ok(client->engine, now, client->fetches[resource].id, &answer);
    latency_add(&client->fetch_latency, response->duration_us);
    client->refused = false; /* the token is good */
    if (stream_shares_way(client, resource)) {
        stream_way_open(client->stream); /* one health for all (R22) */
    }
    if (client->trace != NULL) { /* the step is done when it is decoded, not when its turn began */
        report_fetch_done(client->trace, loop_refresh(client->loop), resource, response, NULL);
    }
    if (decoded) {
        client->server = response->mock ? CLIENT_SERVER_MOCK : CLIENT_SERVER_REAL;
        client->uncached |= RESOURCE_BIT(resource);
        settle_event_log(client, resource, response, NULL);
        return;
    }
    struct pane_state pane;
    engine_pane(client->engine, resource, &pane);
    client->errors++;
    settle_event_log(client, resource, response, &pane.fault);
}

static void fetch_failed(struct client *client, enum resource resource, const struct fault *fault)
{
    struct moment now = loop_now(client->loop);
    engine_fetch_failed(client->engine, now, client->fetches[resource].id, fault);
    client->errors++;
    if (fault_is_outage(fault->kind) && stream_shares_way(client, resource)) {
        stream_way_closed(client->stream);
    }
    report_fetch_done(client->trace, now, resource, NULL, fault);
    settle_event_log(client, resource, NULL, fault);
    client_token_fault(client, fault);
}

void client_fetched(struct client *client, enum resource resource,
                    const struct http_response *response, const struct fault *fault)
{
    if (fault == NULL) {
        fetch_succeeded(client, resource, response);
    } else {
        fetch_failed(client, resource, fault);
    }
}

/* --- the stream --------------------------------------------------------------------------- */

/* Somebody else's stream: there might as well be none, and the bar says so. */
static void refuse_stream(struct client *client, const struct event *event)
{
    struct fault fault;
    event_refusal(event, &fault);
    stream_refuse(client->stream, &fault);
}

void client_stream_event(void *user, const struct sse_event *sse)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    struct event event;
    uint64_t patches = engine_counters(client->engine)->patches;
    event_parse(sse, &event);
    struct report_outcome came = {.outcome = engine_event(client->engine, now, &event)};
    bool ours = came.outcome != EVENT_LOG_REFUSED;
    if (!ours && event.type == EVENT_CONNECTED) {
        refuse_stream(client, &event);
    }
    if (ours && ledger_event(client->ledger, client->engine, &event, now)) {
        client->changes |= RESOURCE_BIT(RESOURCE_ORDERS);
    }
    came.patched = engine_counters(client->engine)->patches > patches;
    if (came.patched && client->awaiting < AWAITING_MAX) {
        client->awaiting_us[client->awaiting++] = now.mono_us;
    }
    report_event(client->event_log, client->trace, now, &event, came);
    client->changes |= CLIENT_EVENT_LOG;
    if (client->memory != NULL && ours) {
        memory_event(client->memory, now, &event, came.outcome);
    }
}

void client_stream_status_told(void *user, const struct conn_status *status)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    bool live = status->phase == CONN_LIVE;
    bool given_up = status->phase == CONN_WAITING || status->phase == CONN_ENDED;
    if (live) {
        engine_stream_opened(client->engine, now);
    } else if (given_up || client->live) { /* lost as well when it is made anew at once */
        engine_stream_lost(client->engine, now, &status->fault);
    }
    client->live = live;
    if (given_up) {
        client->errors += status->fault.kind != FAULT_NONE;
    }
    client_token_stream(client, status);
    report_stream(client->event_log, client->trace, now, status);
    client->changes |= CLIENT_CONN | CLIENT_EVENT_LOG;
    if (client->memory != NULL) {
        memory_stream(client->memory, now, status);
    }
}

/* Whatever it said may be about any pane: all are asked for. */
void client_stream_too_large(void *user)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    engine_trigger(client->engine, now, ENGINE_NETWORK, RESOURCE_ALL);
    report_too_large(client->event_log, client->trace, now);
    client->errors++;
    client->changes |= CLIENT_EVENT_LOG;
}

void client_stream_quiet(void *user)
{
    ((struct client *)user)->changes |= CLIENT_CONN;
}
