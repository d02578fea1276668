#include "engine_pace.h"

#include <blotter/core/hash.h>

#define RETRY_AFTER_CAP_MS ((int64_t)3600 * 1000)
#define DOUBLINGS_MAX 20
#define PROBING_US                                                                                 \
    ((int64_t)5 * 60 * 1000 * 1000) /* of an outage, while its end is awaited eagerly */

/* A number in [0, bound]. */
static int64_t jitter(struct engine *engine, int64_t bound)
{
    return (int64_t)(hash_next(&engine->random) % ((uint64_t)bound + 1));
}

/* base x 2^n within the cap. */
static int64_t bound_us(const struct engine *engine, int failures)
{
    int64_t bound = engine->settings.retry_base_ms;
    for (int i = 1; i < failures && i < DOUBLINGS_MAX && bound < engine->settings.retry_cap_ms;
         i++) {
        bound *= 2;
    }
    return (bound < engine->settings.retry_cap_ms ? bound : engine->settings.retry_cap_ms) * 1000;
}

/* Full jitter: anything up to base x 2^n, so that many clients do not come back together. */
static int64_t backoff_us(struct engine *engine, int failures)
{
    return jitter(engine, bound_us(engine, failures));
}

static enum swr_hold hold_for(const struct fault *fault)
{
    if (fault->kind == FAULT_AUTH) {
        return SWR_HELD_FOR_MANUAL;
    }
    if (fault->kind == FAULT_CONFIG || fault->kind == FAULT_TOO_LARGE) {
        return SWR_HELD_FOR_NEWS;
    }
    if (fault->kind != FAULT_HTTP) {
        return SWR_FREE;
    }
    if (fault->status == 401 || fault->status == 403) {
        return SWR_HELD_FOR_MANUAL;
    }
    bool passes = fault->status == 408 || fault->status == 429;
    return fault->status >= 400 && fault->status < 500 && !passes ? SWR_HELD_FOR_NEWS : SWR_FREE;
}

/*
 * A probe every 3 to 5 s (of a base of 5) for the first minutes, so that its end is noticed soon;
 * then doubling. A try of the stream is a probe as well: while it goes on trying, ours come after
 * it.
 */
static void probe_failed(struct engine *engine, bool by_stream)
{
    struct engine_outage *outage = &engine->outage;
    int64_t now_us = engine->last.mono_us;
    outage->failures += now_us - outage->since_us > PROBING_US;
    int64_t bound = bound_us(engine, outage->failures + 1);
    int64_t wait_us = by_stream ? bound + bound / 5 : bound - jitter(engine, bound * 2 / 5);
    outage->probe_us = now_us + wait_us;
}

static void begin_outage(struct engine *engine, bool by_stream)
{
    engine->outage = (struct engine_outage){
        .on = true, .since_us = engine->last.mono_us, .since_seq = ++engine->seq};
    probe_failed(engine, by_stream);
}

void engine_end_outage(struct engine *engine)
{
    if (!engine->outage.on) {
        return;
    }
    engine->outage.on = false;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if (fault_is_outage(swr->fault.kind)) {
            swr->failures = 0;
            swr->retry_us = 0;
        }
    }
}

void engine_stream_probe_failed(struct engine *engine)
{
    if (engine->outage.on) {
        probe_failed(engine, true);
    } else {
        begin_outage(engine, true);
    }
}

void engine_plan_retry(struct engine *engine, struct swr *swr, const struct fault *fault,
                       uint64_t began)
{
    swr->hold = hold_for(fault);
    swr->retry_us = 0;
    swr->retry_asked = false;
    if (fault_is_outage(fault->kind)) {
        if (!engine->outage.on) {
            begin_outage(engine, false);
        } else if (began > engine->outage.since_seq) {
            probe_failed(engine, false);
        }
        return;
    }
    engine_end_outage(engine);
    if (swr->hold != SWR_FREE) {
        return;
    }
    int64_t wait_us = backoff_us(engine, swr->failures);
    if (fault->retry_after_ms >= 0 && (fault->status == 429 || fault->status == 503)) {
        int64_t asked =
            fault->retry_after_ms < RETRY_AFTER_CAP_MS ? fault->retry_after_ms : RETRY_AFTER_CAP_MS;
        /* Never sooner than asked; "at once" is no reason to press a server that is in trouble. */
        wait_us = asked * 1000 > wait_us ? asked * 1000 : wait_us;
        swr->retry_asked = true;
        swr->asked_us = engine->last.mono_us + asked * 1000;
    }
    swr->retry_us = engine->last.mono_us + wait_us;
}

void engine_end_waits(struct engine *engine, resource_mask which, bool by_user)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if ((which & RESOURCE_BIT(r)) == 0) {
            continue;
        }
        if (by_user) {
            swr->hold = SWR_FREE;
        }
        if (by_user || !swr->retry_asked) {
            swr->retry_us = 0;
            swr->retry_asked = false;
        } else if (swr->asked_us < swr->retry_us) {
            swr->retry_us = swr->asked_us; /* the rest was our own backoff */
        }
    }
    engine->outage.probe_us = engine->last.mono_us;
}

static bool any_fault(const struct engine *engine)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (engine->swr[r].fault.kind != FAULT_NONE) {
            return true;
        }
    }
    return false;
}

void engine_pace_start(struct engine *engine)
{
    engine->polling = false;
    engine->poll_us = engine->settings.paced
                          ? MOMENT_NEVER
                          : engine->last.mono_us + engine->settings.poll_after_ms * 1000;
    engine->poll_interval_us = engine->settings.poll_ms * 1000;
}

/* The first poll comes after poll_after_ms without a stream, the others at their interval, which
 * grows when they have failed for minutes. */
void engine_poll(struct engine *engine)
{
    int64_t shortest = engine->settings.poll_ms * 1000;
    int64_t longest = engine->settings.poll_cap_ms * 1000;
    bool for_long = engine->last.mono_us - engine->stream.lost_us > PROBING_US;
    bool failing = engine->polling && for_long && any_fault(engine);
    engine->poll_interval_us = failing ? engine->poll_interval_us * 2 : shortest;
    if (engine->poll_interval_us > longest) {
        engine->poll_interval_us = longest;
    }
    engine->polling = true;
    engine->counters.polls++;
    engine->poll_us = engine->last.mono_us + engine->poll_interval_us;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        /* The news that it waits for comes by the stream, and there is none (R19). */
        swr->hold = swr->hold == SWR_HELD_FOR_NEWS ? SWR_FREE : swr->hold;
        /* What is dirty is on its way already; R1 allows one pending. */
        if (engine_wants(engine, (enum resource)r) && !swr_is_dirty(swr)) {
            engine_touch(engine, RESOURCE_BIT(r));
        }
    }
}

static bool any_fetch(const struct engine *engine)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (engine->swr[r].fetch.id != 0) {
            return true;
        }
    }
    return false;
}

/* The first that may fetch is the probe; the others wait for its answer. */
static int64_t due_in_outage(const struct engine *engine, enum resource resource, int64_t due)
{
    if (any_fetch(engine)) {
        return MOMENT_NEVER;
    }
    for (int r = 0; r < (int)resource; r++) {
        if (engine_wants(engine, (enum resource)r) && swr_due(&engine->swr[r], 0) != MOMENT_NEVER &&
            !engine->swr[r].retry_asked) {
            return MOMENT_NEVER;
        }
    }
    return due > engine->outage.probe_us ? due : engine->outage.probe_us;
}

int64_t engine_due(const struct engine *engine, enum resource resource)
{
    if (!engine->running || !engine_wants(engine, resource)) {
        return MOMENT_NEVER;
    }
    const struct swr *swr = &engine->swr[resource];
    bool visible = (engine->visible & RESOURCE_BIT(resource)) != 0;
    int64_t due = swr_due(swr, swr_gap(swr, &engine->settings, visible));
    if (due == MOMENT_NEVER || !engine->outage.on) {
        return due;
    }
    return due_in_outage(engine, resource, due);
}

int64_t engine_stale_at(const struct engine *engine, enum resource resource)
{
    const struct swr *swr = &engine->swr[resource];
    if (engine->stream.open || !swr->loaded) {
        return MOMENT_NEVER;
    }
    if (swr->confirmed_us < engine->stream.lost_us) {
        return engine->stream.lost_us; /* from that moment nothing vouches for it (R22) */
    }
    int64_t vouch_ms = engine->vouch_ms[resource] > 0
                           ? engine->vouch_ms[resource]
                           : engine->settings.poll_ms + engine->settings.poll_after_ms;
    return swr->confirmed_us + vouch_ms * 1000;
}
