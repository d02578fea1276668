/* What the client remembers of the day, for those who look at it. */
#include "client_private.h"

const char *client_server_of(const struct client_settings *settings)
{
    return settings->server != NULL ? settings->server : settings->http.url;
}

static void memory_changed(void *user, unsigned mask)
{
    struct client *client = user;
    client->changes |= mask;
}

void client_memory_make(struct client *client, const struct client_settings *settings)
{
    const struct memory_settings memory = {.engine = client->engine,
                                           .book = ledger_book(client->ledger),
                                           .daybook = settings->daybook,
                                           .days = settings->daybook_days,
                                           .day = settings->day,
                                           .server = client_server_of(settings),
                                           .user = settings->user,
                                           .zone = settings->zone,
                                           .zone_user = settings->zone_user,
                                           .on_change = memory_changed,
                                           .on_change_user = client};
    client->memory = memory_new(client->loop, &memory);
}

static void prime_day(void *user, enum resource resource, const char *body, size_t len,
                      int64_t at_ms)
{
    struct client *client = user;
    engine_prime(client->engine, resource, body, len, at_ms);
}

/* A past day is read, and that is all. */
bool client_memory_day(struct client *client)
{
    return client->memory != NULL &&
           memory_open_day(client->memory, loop_now(client->loop), prime_day, client);
}

const struct tape *client_tape(const struct client *client)
{
    return client->memory != NULL ? memory_tape(client->memory) : NULL;
}

const struct history *client_history(const struct client *client)
{
    return client->memory != NULL ? memory_history(client->memory) : NULL;
}

const struct series *client_past(struct client *client, const char *symbol)
{
    return client->memory != NULL ? memory_past(client->memory, loop_now(client->loop), symbol)
                                  : NULL;
}

const char *client_day(const struct client *client, int64_t *ret_last_ms)
{
    return client->memory != NULL ? memory_day(client->memory, ret_last_ms) : NULL;
}

int64_t client_looked(const struct client *client)
{
    return client->memory != NULL ? memory_looked(client->memory) : MODEL_NO_TIME;
}

void client_look(struct client *client, int64_t wall_ms)
{
    if (client->memory != NULL) {
        memory_look(client->memory, wall_ms);
    }
}

const char *client_take_word(struct client *client)
{
    return client->memory != NULL ? memory_take_word(client->memory) : NULL;
}

void client_tell(struct client *client, const struct tape_entry *entry)
{
    if (client->memory != NULL) {
        memory_tell(client->memory, loop_now(client->loop), entry);
    }
}
