/*
 * engine_pace: when the engine asks again: retries, an outage and its probe, polls without a
 * stream.
 */
#ifndef BLOTTER_CORE_ENGINE_PACE_H
#define BLOTTER_CORE_ENGINE_PACE_H

#include "engine_state.h"

void engine_pace_start(struct engine *engine);
/* Plans what follows a failure of the fetch that swr has just given up; began: its place in the
 * order. */
void engine_plan_retry(struct engine *engine, struct swr *swr, const struct fault *fault,
                       uint64_t began);
/* Something got through. */
void engine_end_outage(struct engine *engine);
/* A try that nobody here made failed for want of a network. */
void engine_stream_probe_failed(struct engine *engine);
/* The user or the system says that trying again makes sense now. */
void engine_end_waits(struct engine *engine, resource_mask which, bool by_user);
void engine_poll(struct engine *engine);
/* When this resource's next fetch may start, outage and all; MOMENT_NEVER when none. */
int64_t engine_due(const struct engine *engine, enum resource resource);
/* From when on rows unconfirmed since must be marked; MOMENT_NEVER while the stream vouches. */
int64_t engine_stale_at(const struct engine *engine, enum resource resource);

#endif
