#include "engine_state.h"

bool engine_wants(const struct engine *engine, enum resource resource)
{
    return (engine->settings.wanted & RESOURCE_BIT(resource)) != 0;
}

void engine_mark(struct engine *engine, enum resource resource)
{
    engine->changes |= RESOURCE_BIT(resource);
}

void engine_touch(struct engine *engine, resource_mask which)
{
    engine->seq++;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((which & RESOURCE_BIT(r)) != 0) {
            swr_touch(&engine->swr[r], engine->seq);
        }
    }
}

void engine_abandon(struct engine *engine, resource_mask which)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((which & RESOURCE_BIT(r)) != 0) {
            swr_abandon(&engine->swr[r]);
        }
    }
}

void engine_release(struct engine *engine, resource_mask which)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if ((which & RESOURCE_BIT(r)) != 0 && swr->hold == SWR_HELD_FOR_NEWS) {
            swr->hold = SWR_FREE;
        }
    }
}
