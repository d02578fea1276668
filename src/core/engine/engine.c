#include "engine_pace.h"
#include "engine_stream.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>
#include <blotter/core/engine.h>

#include <stdlib.h>

/* An event that no answer covers for so long marks its pane; where answers take long, longer. */
#define LATE_US ((int64_t)1000 * 1000)
#define LATE_FACTOR 3
/* Prices of answers that were asked for together are of one moment. */
#define APART_US ((int64_t)1000 * 1000)
/* What a storm needed is kept for so long, as it may go on; operations are remembered less long. */
#define TRIM_US ((int64_t)12000 * 1000)

void engine_settings_default(struct engine_settings *ret)
{
    *ret = (struct engine_settings){
        .dedupe_ms = 1000,
        .focus_throttle_ms = 5000,
        .retry_base_ms = 5000,
        .retry_cap_ms = 30000,
        .poll_after_ms = 5000,
        .poll_ms = 10000,
        .poll_cap_ms = 60000,
        .gap_min_ms = 10,
        .gap_max_ms = 250,
        .quote_poll_ms = 10000,
        .wanted = RESOURCE_ALL,
        .seed = 1,
    };
}

struct engine *engine_new(const struct engine_settings *settings)
{
    struct engine *engine = mem_calloc(1, sizeof *engine);
    *engine = (struct engine){
        .settings = *settings,
        .random = settings->seed,
        .visible = RESOURCE_ALL,
        .prices = prices_new(),
        .poll_us = MOMENT_NEVER,
        .trim_us = MOMENT_NEVER,
        .stream.welcome_us = MOMENT_NEVER,
    };
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        swr_init(&engine->swr[r], (enum resource)r, settings->user);
        patch_log_set_prices(engine->swr[r].log, engine->prices);
    }
    /* A broker's profit may be made of another price than its last. */
    for (int r = 0; r < RESOURCE_COUNT && !settings->paced; r++) {
        patch_log_set_positions(engine->swr[r].log, engine->swr[RESOURCE_POSITIONS].log);
    }
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        swr_done(&engine->swr[r]);
    }
    prices_free(engine->prices);
    free(engine);
}

void engine_start(struct engine *engine, struct moment now)
{
    if (engine->running) {
        return;
    }
    engine->last = now;
    engine->running = true;
    engine->stream.lost_us = now.mono_us;
    engine_pace_start(engine);
    engine_touch(engine, RESOURCE_ALL);
    engine->changes |= engine->settings.wanted;
}

void engine_stop(struct engine *engine, struct moment now)
{
    engine->last = now;
    engine->running = false;
    engine->polling = false;
    engine_abandon(engine, RESOURCE_ALL);
}

/* Focus joins what is under way and leaves alone what is clean and young. */
static void focus(struct engine *engine, resource_mask which)
{
    int64_t now_us = engine->last.mono_us;
    if (engine->focus_used &&
        now_us - engine->focus_us < engine->settings.focus_throttle_ms * 1000) {
        return;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        bool young = swr->loaded && !swr_is_dirty(swr) &&
                     now_us - swr->confirmed_us < engine->settings.dedupe_ms * 1000;
        if ((which & RESOURCE_BIT(r)) == 0 || swr->fetch.id != 0 || young) {
            continue;
        }
        engine_touch(engine, RESOURCE_BIT(r));
        swr->focus = true;
    }
}

/* A pane that waits for news of a stream may have none. */
static void poll(struct engine *engine, resource_mask which)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if ((which & RESOURCE_BIT(r)) == 0) {
            continue;
        }
        swr->hold = swr->hold == SWR_HELD_FOR_NEWS ? SWR_FREE : swr->hold;
        if (!swr_is_dirty(swr)) {
            engine_touch(engine, RESOURCE_BIT(r));
            engine->counters.polls++;
        }
    }
}

void engine_trigger(struct engine *engine, struct moment now, enum engine_trigger trigger,
                    resource_mask which)
{
    if (!engine->running) {
        return;
    }
    engine->last = now;
    which &= engine->settings.wanted;
    if (trigger == ENGINE_FOCUS) {
        focus(engine, which);
        return;
    }
    if (trigger == ENGINE_POLL) {
        poll(engine, which);
        return;
    }
    engine_touch(engine, which);
    if (trigger != ENGINE_MANUAL) {
        engine_abandon(engine, which); /* its connection may be one that the past has broken */
    }
    engine_end_waits(engine, which, trigger == ENGINE_MANUAL);
}

void engine_set_visible(struct engine *engine, resource_mask visible)
{
    engine->visible = visible;
}

bool engine_prime(struct engine *engine, enum resource resource, const char *body, size_t len,
                  int64_t confirmed_wall_ms)
{
    engine_mark(engine, resource);
    return swr_prime(&engine->swr[resource], body, len, confirmed_wall_ms);
}

static struct swr *find_fetch(struct engine *engine, uint64_t fetch_id)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (engine->swr[r].fetch.id == fetch_id && fetch_id != 0) {
            return &engine->swr[r];
        }
    }
    engine->counters.dropped++;
    return NULL;
}

/* The server's place in its own order, as far as it can be compared. */
static uint64_t response_id(const struct engine *engine, const struct swr *swr, uint64_t id)
{
    bool comparable = swr->fetch.history == engine->history && !engine->stream.ids_void;
    return comparable ? id : 0;
}

void engine_fetch_began(struct engine *engine, struct moment now, uint64_t fetch_id)
{
    struct swr *swr = find_fetch(engine, fetch_id);
    if (swr != NULL) {
        engine->last = now;
        swr->fetch.began = (struct patch_stamp){++engine->seq, engine->stream.last_id};
        swr->fetch.began_us = now.mono_us;
        swr->fetch.history = engine->history;
    }
}

void engine_set_vouch(struct engine *engine, enum resource resource, int64_t vouch_ms)
{
    engine->vouch_ms[resource] = vouch_ms;
}

static void give_up_fetch(struct engine *engine, struct swr *swr, const struct fault *fault)
{
    uint64_t began = swr->fetch.began.seq;
    swr_failed(swr, engine->last, fault);
    engine->counters.failures++;
    engine_plan_retry(engine, swr, fault, began);
    engine_mark(engine, swr->resource);
}

/*
 * One instrument has one price on one screen: an answer's prices go to the panes that were read
 * well before it. Where ticks tell prices, only those are carried that say of which moment they
 * are.
 */
static void carry_prices(struct engine *engine, const struct swr *from, int64_t began_us)
{
    bool dated = from->resource == RESOURCE_WATCHLISTS;
    struct patch_stamp stamp = {.seq = from->held.seq, .at_us = engine->last.mono_us};
    if (engine->settings.paced || engine->quoted || (!dated && engine->ticked) ||
        (!dated && from->resource != RESOURCE_POSITIONS)) {
        return;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        bool priced = r != RESOURCE_ACCOUNT && swr != from;
        if (priced && swr->loaded && swr->held_us < began_us - APART_US &&
            patch_log_take_prices(swr->log, from->log, stamp)) {
            swr->version++;
            engine_mark(engine, swr->resource);
        }
    }
}

bool engine_fetch_ok(struct engine *engine, struct moment now, uint64_t fetch_id,
                     const struct engine_response *response)
{
    struct swr *swr = find_fetch(engine, fetch_id);
    if (swr == NULL) {
        return true;
    }
    engine->last = now;
    struct fault fault;
    uint64_t id = response_id(engine, swr, response->last_event_id);
    int64_t began_us = swr->fetch.began_us;
    bool passed = swr_is_older(swr, response, id);
    struct swr_outcome outcome = passed ? swr_pass(swr, now, response, id != 0 && id < swr->held.id)
                                        : swr_take(swr, now, response, id, &fault);
    if (!outcome.decoded) {
        give_up_fetch(engine, swr, &fault);
        return false;
    }
    engine_end_outage(engine);
    if (outcome.rows_changed) {
        carry_prices(engine, swr, began_us);
    }
    if (outcome.lied) {
        engine_ids_lied(engine);
    }
    engine->counters.dropped += passed;
    if (patch_log_is_heavy(swr->log) && engine->trim_us == MOMENT_NEVER) {
        engine->trim_us = now.mono_us + TRIM_US;
    }
    engine->counters.numbered += response->last_event_id != 0;
    engine->counters.tagged += response->etag != NULL;
    engine->counters.contradictions += outcome.contradictions;
    engine->counters.not_modified += response->status == 304;
    engine->counters.unchanged += outcome.unchanged;
    engine_mark(engine, swr->resource);
    return true;
}

void engine_fetch_failed(struct engine *engine, struct moment now, uint64_t fetch_id,
                         const struct fault *fault)
{
    struct swr *swr = find_fetch(engine, fetch_id);
    if (swr != NULL) {
        engine->last = now;
        give_up_fetch(engine, swr, fault);
    }
}

static bool take_cancel(struct engine *engine, struct engine_action *ret)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if (swr->cancel_id != 0) {
            *ret = (struct engine_action){ENGINE_CANCEL, (enum resource)r, swr->cancel_id, NULL};
            swr->cancel_id = 0;
            return true;
        }
    }
    return false;
}

static void start_fetch(struct engine *engine, enum resource resource, struct engine_action *ret)
{
    struct swr *swr = &engine->swr[resource];
    if (swr->focus) {
        engine->focus_used = true;
        engine->focus_us = engine->last.mono_us;
    }
    struct patch_stamp began = {++engine->seq, engine->stream.last_id};
    swr_begin(swr, engine->last, ++engine->next_fetch_id, began, engine->history);
    engine->counters.fetches[resource]++;
    if (!swr->loaded) {
        engine_mark(engine, resource);
    }
    *ret = (struct engine_action){ENGINE_FETCH, resource, swr->fetch.id, swr->etag};
}

bool engine_next_action(struct engine *engine, struct moment now, struct engine_action *ret)
{
    if (take_cancel(engine, ret)) {
        return true;
    }
    if (!engine->running) {
        return false;
    }
    engine->last = now;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (engine_due(engine, (enum resource)r) <= now.mono_us) {
            start_fetch(engine, (enum resource)r, ret);
            return true;
        }
    }
    return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* An event may wait for its answer as long as answers take, within reason. */
static int64_t late_at(const struct swr *swr)
{
    if (swr->uncovered_us == 0 || !swr->loaded) {
        return MOMENT_NEVER;
    }
    int64_t patience_us = swr->last_took_us * LATE_FACTOR;
    return swr->uncovered_us + (patience_us > LATE_US ? patience_us : LATE_US);
}

static int64_t stale_at(const struct engine *engine, enum resource resource)
{
    return earlier(late_at(&engine->swr[resource]), engine_stale_at(engine, resource));
}

/*
 * When prices are asked for, because the stream brings none. One that has ids has quotes as well:
 * where both are silent, nothing has moved.
 */
static int64_t quotes_at(const struct engine *engine)
{
    const struct swr *swr = &engine->swr[RESOURCE_WATCHLISTS];
    bool shown = (engine->visible & RESOURCE_BIT(RESOURCE_WATCHLISTS)) != 0 &&
                 engine_wants(engine, RESOURCE_WATCHLISTS);
    bool told = engine->quoted || engine->stream.last_id != 0 || engine->counters.numbered > 0;
    if (!engine->stream.open || !shown || told || engine->settings.paced ||
        engine->settings.quote_poll_ms <= 0 || !swr->loaded || swr_is_dirty(swr) ||
        swr->fetch.id != 0) {
        return MOMENT_NEVER;
    }
    return swr->confirmed_us + engine->settings.quote_poll_ms * 1000;
}

int64_t engine_deadline(const struct engine *engine)
{
    if (!engine->running) {
        return MOMENT_NEVER;
    }
    int64_t deadline = earlier(engine->poll_us, engine->stream.welcome_us);
    deadline = earlier(earlier(deadline, quotes_at(engine)), engine->trim_us);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        deadline = earlier(deadline, engine_due(engine, (enum resource)r));
        if (engine_wants(engine, (enum resource)r) && (engine->stale & RESOURCE_BIT(r)) == 0) {
            deadline = earlier(deadline, stale_at(engine, (enum resource)r));
        }
    }
    return deadline;
}

static bool is_stale(const struct engine *engine, enum resource resource)
{
    const struct swr *swr = &engine->swr[resource];
    return swr->cached || (swr->fault.kind != FAULT_NONE && patch_log_base(swr->log) != NULL) ||
           stale_at(engine, resource) <= engine->last.mono_us;
}

/* Turning stale is a change by itself; it comes by its deadline or with another input. */
static void note_stale(struct engine *engine)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        bool was = (engine->stale & RESOURCE_BIT(r)) != 0;
        if (is_stale(engine, (enum resource)r) != was) {
            engine->stale ^= RESOURCE_BIT(r);
            engine_mark(engine, (enum resource)r);
        }
    }
}

/* Again, if there was still too much to do. */
static void trim(struct engine *engine)
{
    engine->trim_us = MOMENT_NEVER;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        patch_log_trim(engine->swr[r].log, engine->last.mono_us);
        if (patch_log_is_heavy(engine->swr[r].log)) {
            engine->trim_us = engine->last.mono_us + TRIM_US;
        }
    }
    engine->trimmed = true;
}

bool engine_take_trimmed(struct engine *engine)
{
    bool trimmed = engine->trimmed;
    engine->trimmed = false;
    return trimmed;
}

void engine_tick(struct engine *engine, struct moment now)
{
    if (!engine->running) {
        return;
    }
    engine->last = now;
    if (engine->stream.welcome_us <= now.mono_us) {
        engine_welcome_missing(engine);
    }
    if (engine->poll_us <= now.mono_us) {
        engine_poll(engine);
    }
    if (quotes_at(engine) <= now.mono_us) {
        engine->counters.polls++;
        engine_touch(engine, RESOURCE_BIT(RESOURCE_WATCHLISTS));
    }
    if (engine->trim_us <= now.mono_us) {
        trim(engine);
    }
    note_stale(engine);
}

resource_mask engine_take_changes(struct engine *engine)
{
    note_stale(engine);
    resource_mask changes = engine->changes & engine->settings.wanted;
    engine->changes = 0;
    return changes;
}

/* The wall time of a monotonic one, by the clocks of the latest input. */
static int64_t wall_of(const struct engine *engine, int64_t mono_us)
{
    return engine->last.wall_ms + (mono_us - engine->last.mono_us) / 1000;
}

static int64_t next_try_ms(const struct engine *engine, enum resource resource)
{
    const struct swr *swr = &engine->swr[resource];
    if (swr->fault.kind == FAULT_NONE || swr->fetch.id != 0 || swr->hold != SWR_FREE ||
        !engine->running || !swr_is_dirty(swr)) {
        return MODEL_NO_TIME;
    }
    bool waits_for_probe = engine->outage.on && engine->outage.probe_us > swr->retry_us;
    return wall_of(engine, waits_for_probe ? engine->outage.probe_us : swr->retry_us);
}

void engine_pane(const struct engine *engine, enum resource resource, struct pane_state *ret)
{
    const struct swr *swr = &engine->swr[resource];
    *ret = (struct pane_state){
        .shown = patch_log_shown(swr->log),
        .version = swr->version,
        .fetching = swr->fetch.id != 0,
        .dirty = swr_is_dirty(swr),
        .stale = is_stale(engine, resource),
        .cached = swr->cached,
        .confirmed_ms = swr->confirmed_ms,
        .shown_ms = swr->shown_ms,
        .fault = swr->fault,
        .fault_ms = swr->fault_ms,
        .retry_ms = next_try_ms(engine, resource),
        .fetch_us = swr->fetch_us,
    };
}

const struct engine_counters *engine_counters(const struct engine *engine)
{
    return &engine->counters;
}

bool engine_polling(const struct engine *engine, int64_t *ret_next_wall_ms)
{
    if (engine->polling && ret_next_wall_ms != NULL) {
        *ret_next_wall_ms = wall_of(engine, engine->poll_us);
    }
    return engine->polling;
}

int64_t engine_poll_every_ms(const struct engine *engine)
{
    return engine->poll_interval_us / 1000;
}

bool engine_outage(const struct engine *engine)
{
    return engine->outage.on;
}

const char *engine_body(const struct engine *engine, enum resource resource, size_t *ret_len,
                        int64_t *ret_confirmed_wall_ms)
{
    const struct swr *swr = &engine->swr[resource];
    const struct snapshot *base = patch_log_base(swr->log);
    if (base == NULL || swr->cached) {
        return NULL;
    }
    if (ret_confirmed_wall_ms != NULL) {
        *ret_confirmed_wall_ms = swr->confirmed_ms;
    }
    return decode_source(base, ret_len);
}
