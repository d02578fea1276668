/* A backend's files and secrets, read anew while it runs. */
#include "backend.h"

#include <blotter/adapt/adapt.h>
#include <blotter/client/client.h>

static bool hand_over(const struct profile *fresh, struct client *client, struct problem *problem)
{
    struct client_settings settings;
    struct fault fault;
    profile_client(fresh, &settings);
    return client_change_backend(client, &settings, &fault) ||
           problem_set(problem, "%s", fault.text);
}

bool profile_reload_backend(struct profile *profile, const struct profile_ground *ground,
                            struct client *client, struct problem *ret_problem)
{
    struct profile fresh = *profile;
    fresh.adapt = NULL;
    fresh.secrets = NULL;
    fresh.pool = NULL;
    fresh.gifts = NULL;
    if (profile->gifts == NULL) {
        return true;
    }
    bool good = backend_read_anew(&fresh, profile, ground, ret_problem);
    bool same = good && adapt_key(fresh.adapt) == adapt_key(profile->adapt);
    bool changed = good && !same && hand_over(&fresh, client, ret_problem);
    if (changed) {
        struct profile old = *profile;
        *profile = fresh;
        fresh = old;
    }
    backend_close(&fresh);
    if (same || changed) {
        client_renew_secrets(client);
    }
    return same || changed;
}
