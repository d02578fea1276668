/* The client of a backend that is described by files. */
#include "client_private.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

/* An answer vouches for its rows this long beyond the next poll. */
#define VOUCH_MORE_MS 5000

/* --- what asking tells ----------------------------------------------------------------------- */

static void on_began(void *user, enum resource resource)
{
    struct client *client = user;
    struct moment now = loop_now(client->loop);
    engine_fetch_began(client->engine, now, client->fetches[resource].id);
    client->fetches[resource].up_to = journal_total(client->journal);
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
    struct journal_entry entry = {.wall_ms = loop_now(client->loop).wall_ms,
                                  .outcome = JOURNAL_NOTED};
    snprintf(entry.name, sizeof entry.name, "asking");
    snprintf(entry.what, sizeof entry.what, "%.90s", what);
    journal_add(client->journal, &entry);
    client->errors++;
    client->changes |= CLIENT_JOURNAL;
}

static void on_state(void *user)
{
    ((struct client *)user)->changes |= CLIENT_CONN;
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
    const struct asking_handler handler = {on_began, on_body, on_fault, on_poll,
                                           on_event, on_note, on_state, client};
    struct asking_settings asking = {
        .backend = settings->backend,
        .http = settings->http,
        .wanted = settings->engine.wanted & client_backend_panes(settings),
        .keep_asking = settings->stream,
    };
    client->asking = asking_new(client->loop, &asking, &handler, ret_fault);
    return client->asking != NULL;
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

bool client_is_cut(const struct client *client, enum resource resource)
{
    return client->asking != NULL && asking_is_cut(client->asking, resource);
}
