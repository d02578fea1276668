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

/* Both have something, or neither has. */
static bool same_panes(const struct profile *a, const struct profile *b)
{
    const struct backend *one = adapt_backend(a->adapt), *other = adapt_backend(b->adapt);
    bool same = true;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        same &= one->panes[i].present == other->panes[i].present;
    }
    return same;
}

void profile_swap_backend(struct profile *profile, struct profile *other)
{
    struct profile old = *profile;
    profile->adapt = other->adapt;
    profile->secrets = other->secrets;
    profile->pool = other->pool;
    profile->gifts = other->gifts;
    other->adapt = old.adapt;
    other->secrets = old.secrets;
    other->pool = old.pool;
    other->gifts = old.gifts;
}

enum profile_reloaded profile_reload_backend(struct profile *profile, struct client *client,
                                             const struct profile_ground *ground,
                                             struct profile *ret_next, struct problem *ret_problem)
{
    struct profile *fresh = ret_next;
    *fresh = *profile;
    fresh->adapt = NULL;
    fresh->secrets = NULL;
    fresh->pool = NULL;
    fresh->gifts = NULL;
    if (profile->gifts == NULL) {
        return PROFILE_RELOADED;
    }
    bool good = backend_read_anew(fresh, profile, ground, ret_problem);
    bool same = good && adapt_key(fresh->adapt) == adapt_key(profile->adapt);
    if (good && !same && !same_panes(fresh, profile)) {
        return PROFILE_REOPENS;
    }
    bool changed = good && !same && hand_over(fresh, client, ret_problem);
    if (changed) {
        profile_swap_backend(profile, fresh);
    }
    backend_close(fresh);
    if (same || changed) {
        client_renew_secrets(client);
    }
    return same || changed ? PROFILE_RELOADED : PROFILE_NOT_RELOADED;
}
