/* The token that the server turns down, and the one that comes instead. */
#include "client_private.h"
#include "report.h"

void client_token_fault(struct client *client, const struct fault *fault)
{
    bool news = fault->kind == FAULT_AUTH && !client->refused && client->asking == NULL;
    client->refused = client->refused || news;
    if (news && client->on_refused != NULL) {
        client->on_refused(client->refused_user, false);
    }
}

/* A stream that alone is refused, again and again, is no news about the token. */
void client_token_stream(struct client *client, const struct conn_status *status)
{
    bool refused = status->fault.kind == FAULT_AUTH;
    if (refused && !client->stream_refused) {
        client_token_fault(client, &status->fault);
    }
    client->stream_refused = status->phase != CONN_LIVE && (client->stream_refused || refused);
}

void client_token_wish(struct client *client)
{
    if (client->refused && client->on_refused != NULL) {
        client->on_refused(client->refused_user, true);
    }
}

bool client_is_refused(const struct client *client)
{
    return client->refused;
}

/* What is under way still has the old one: it is made anew, and so is what waits for the user. */
bool client_set_token(struct client *client, const char *token, struct fault *ret_fault)
{
    struct moment now = loop_now(client->loop);
    if (client->http == NULL || !http_set_token(client->http, token, ret_fault)) {
        return false;
    }
    client->stream_refused = false;
    if (client->cache != NULL) {
        cache_set_token(client->cache, token);
    }
    engine_trigger(client->engine, now, ENGINE_RESUME, RESOURCE_ALL);
    engine_trigger(client->engine, now, ENGINE_MANUAL, RESOURCE_ALL);
    if (client->stream != NULL && stream_status(client->stream)->phase == CONN_ENDED) {
        stream_start(client->stream);
    } else if (client->stream != NULL) {
        stream_resumed(client->stream);
    }
    client_note(client, "token", "asked for again: another one is in use");
    return true;
}

void client_note(struct client *client, const char *name, const char *what)
{
    report_note(client->event_log, loop_now(client->loop), name, what);
    client->changes |= CLIENT_EVENT_LOG;
}
