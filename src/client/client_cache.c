/* The client's cache on disk: read before anything is asked, written when there is nothing to do.
 */
#include "client_private.h"

#include <stdlib.h>

/* Bodies reach the disk this long after they came, from an idle turn and together. */
#define CACHE_DELAY_US INT64_C(3000000)

void client_cache_schedule(struct client *client, struct moment now)
{
    if (client->cache != NULL && client->uncached != 0 && !client->cache_due) {
        client->cache_due = true;
        loop_timer_set(client->cache_timer, now.mono_us + CACHE_DELAY_US);
    }
}

void client_cache_save(void *user)
{
    struct client *client = user;
    for (int i = 0; client->cache != NULL && i < RESOURCE_COUNT; i++) {
        size_t len;
        int64_t confirmed_ms;
        const char *body = engine_body(client->engine, (enum resource)i, &len, &confirmed_ms);
        if (body != NULL && (client->uncached & RESOURCE_BIT(i)) != 0) {
            cache_save(client->cache, (enum resource)i, body, len, confirmed_ms);
        }
    }
    client->uncached = 0;
    client->cache_due = false;
}

void client_cache_prime(struct client *client)
{
    for (int i = 0; client->cache != NULL && i < RESOURCE_COUNT; i++) {
        size_t len;
        int64_t confirmed_ms;
        char *body = cache_load(client->cache, (enum resource)i, &len, &confirmed_ms);
        if (body != NULL) {
            engine_prime(client->engine, (enum resource)i, body, len, confirmed_ms);
            free(body);
        }
    }
}
