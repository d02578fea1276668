#include "engine_private.h"

/* How long the welcome may take before the opening alone has to be trusted. */
#define WELCOME_US ((int64_t)1000 * 1000)

/* Their figures also change by messages that are never repeated. */
#define TRANSIENT_PANES (RESOURCE_BIT(RESOURCE_POSITIONS) | RESOURCE_BIT(RESOURCE_WATCHLISTS))

void engine_forget_history(struct engine *engine)
{
    engine->history++;
    engine->counters.histories++;
    engine->stream.last_id = 0;
    engine->stream.replaying = false;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        swr_forget_ids(&engine->swr[r]);
    }
}

/* Unless a response is here that began after that. */
static void touch_since(struct engine *engine, resource_mask which, uint64_t seq)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((which & RESOURCE_BIT(r)) != 0) {
            swr_touch(&engine->swr[r], seq);
        }
    }
}

/* An event or an opening of the stream is news: a pane that waits for some may ask again. */
static void release(struct engine *engine, resource_mask which)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if ((which & RESOURCE_BIT(r)) != 0 && swr->hold == SWR_HELD_FOR_NEWS) {
            swr->hold = SWR_FREE;
        }
    }
}

static void new_history(struct engine *engine)
{
    engine_forget_history(engine);
    engine_touch(engine, RESOURCE_ALL);
    release(engine, RESOURCE_ALL);
}

/* Nothing came or could be sent while these were under way: they may hang until their timeout. */
static void abandon_since_silence(struct engine *engine)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if (engine->swr[r].fetch.began.seq < engine->stream.silence_seq) {
            engine_abandon(engine, RESOURCE_BIT(r));
        }
    }
    engine->stream.silence_seq = 0;
}

void engine_stream_opened(struct engine *engine, struct moment now, bool sent_last_id)
{
    if (!engine->running) {
        return;
    }
    engine->last = now;
    struct engine_stream *stream = &engine->stream;
    stream->sent_last_id = sent_last_id && stream->last_id != 0 && !stream->replaying;
    stream->replaying = false;
    stream->open = true;
    stream->open_seq = ++engine->seq;
    stream->welcome_us = engine->settings.paced ? MOMENT_NEVER : now.mono_us + WELCOME_US;
    if (engine->settings.paced && !sent_last_id) {
        touch_since(engine, RESOURCE_ALL, stream->open_seq); /* the opening is the beginning */
    }
    engine->polling = false;
    engine->poll_us = MOMENT_NEVER;
    abandon_since_silence(engine);
    engine_end_outage(engine);
    /* Never swallowed: what failed before is asked for again now, unless the server said when. */
    engine_end_waits(engine, RESOURCE_ALL, false);
    release(engine, RESOURCE_ALL);
}

/* A refusal, but one that came from the other end. */
static bool is_answer(enum fault_kind kind)
{
    return kind == FAULT_HTTP || kind == FAULT_AUTH || kind == FAULT_TYPE || kind == FAULT_REDIRECT;
}

void engine_stream_lost(struct engine *engine, struct moment now, const struct fault *why)
{
    if (!engine->running) {
        return;
    }
    engine->last = now;
    struct engine_stream *stream = &engine->stream;
    if (stream->open) {
        if (stream->welcome_us != MOMENT_NEVER) {
            engine_welcome_missing(engine);
        }
        stream->open = false;
        stream->was_open = true;
        stream->lost_us = now.mono_us;
        engine_pace_start(engine);
    }
    if (why != NULL && (fault_is_outage(why->kind) || why->kind == FAULT_TIMEOUT)) {
        stream->silence_seq = ++engine->seq;
    }
    if (why != NULL && fault_is_outage(why->kind)) {
        engine_stream_probe_failed(engine);
    } else if (why != NULL && is_answer(why->kind)) {
        engine_end_outage(engine);
    }
}

void engine_welcome_missing(struct engine *engine)
{
    engine->stream.welcome_us = MOMENT_NEVER;
    touch_since(engine, RESOURCE_ALL, engine->stream.open_seq);
}

/* The stream goes on where we left it: what we missed comes as events, but for the transient ones.
 */
static void resume_stream(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    stream->replaying = id > stream->last_id;
    stream->replay_until = id;
    touch_since(engine, TRANSIENT_PANES, stream->open_seq);
}

/*
 * The panes that may lack transient figures. Those loaded together with the opening of the first
 * stream count as whole: the next figures come by themselves, and four requests are enough.
 */
static resource_mask transient_gap(const struct engine *engine)
{
    if (engine->stream.was_open) {
        return TRANSIENT_PANES;
    }
    resource_mask gap = 0;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct swr *swr = &engine->swr[r];
        int64_t age_us = engine->last.mono_us - swr->confirmed_us;
        if (swr->loaded && age_us > engine->settings.dedupe_ms * 1000) {
            gap |= RESOURCE_BIT(r) & TRANSIENT_PANES;
        }
    }
    return gap;
}

/* A first stream, or one without a replay: the welcome's id says which snapshots are old. */
static void join_stream(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        if (swr->held.id > id) {
            /* Read just after the opening, or from another history: one request tells. */
            swr_forget_ids(swr);
            swr_touch(swr, stream->open_seq);
        }
        swr_touch_id(swr, stream->open_seq, id);
    }
    touch_since(engine, transient_gap(engine), stream->open_seq);
    stream->last_id = id;
}

static void welcome(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    bool awaited = stream->welcome_us != MOMENT_NEVER;
    stream->welcome_us = MOMENT_NEVER;
    if (id != 0 && id < stream->last_id) {
        new_history(engine);
        stream->last_id = id;
    } else if (!awaited) {
        return;
    } else if (id == 0) {
        if (stream->last_id != 0) {
            engine_forget_history(engine);
        }
        touch_since(engine, RESOURCE_ALL, stream->open_seq);
    } else if (stream->sent_last_id) {
        resume_stream(engine, id);
    } else {
        join_stream(engine, id);
    }
}

/* Something else came where the welcome was due. */
static void miss_welcome(struct engine *engine, const struct event *event)
{
    struct engine_stream *stream = &engine->stream;
    if (stream->sent_last_id && event->id > stream->last_id) {
        stream->welcome_us = MOMENT_NEVER;
        resume_stream(engine, event->id);
    } else {
        engine_welcome_missing(engine);
    }
}

static void take_id(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    if (id == 0) {
        return;
    }
    if (id < stream->last_id) {
        new_history(engine);
    }
    stream->last_id = id;
    stream->replaying = stream->replaying && id < stream->replay_until;
}

/* What one pane makes of an event. */
static enum journal_outcome route(struct engine *engine, struct swr *swr, const struct event *event)
{
    const struct event_info *info = event_info(event->type);
    if (event->id != 0 && event->id <= swr->held.id) {
        return JOURNAL_COVERED;
    }
    struct patch_stamp stamp = {engine->seq, event->id};
    struct patch_result result = patch_log_event(swr->log, event, stamp);
    if (!result.valid) {
        engine->counters.patches_rejected++;
    }
    if (result.changed) {
        engine->counters.patches++;
        swr->version++;
        swr->shown_ms = engine->last.wall_ms;
        engine_mark(engine, swr->resource);
    }
    if (!info->patch_only && event->id != 0) {
        swr_touch_id(swr, engine->seq, event->id);
    } else if (!info->patch_only || result.overflow) {
        swr_touch(swr, engine->seq);
    } else {
        return result.changed ? JOURNAL_PATCHED : JOURNAL_NOTED;
    }
    if (swr->hold == SWR_HELD_FOR_NEWS) {
        swr->hold = SWR_FREE;
    }
    return JOURNAL_PENDING;
}

static enum journal_outcome route_all(struct engine *engine, const struct event *event)
{
    resource_mask panes = event_panes(event) | event_info(event->type)->also;
    enum journal_outcome strongest = JOURNAL_NOTED;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((panes & RESOURCE_BIT(r)) == 0 || !engine_wants(engine, (enum resource)r)) {
            continue;
        }
        enum journal_outcome outcome = route(engine, &engine->swr[r], event);
        strongest = outcome > strongest ? outcome : strongest;
    }
    engine->counters.covered += strongest == JOURNAL_COVERED;
    return strongest;
}

/* Nothing happened since the event it names; if we do not know that one, we missed it. */
static void heartbeat(struct engine *engine, uint64_t id)
{
    uint64_t known = engine->stream.last_id;
    take_id(engine, id);
    for (int r = 0; r < RESOURCE_COUNT && known != 0 && id > known; r++) {
        swr_touch_id(&engine->swr[r], engine->seq, id);
    }
}

enum journal_outcome engine_event(struct engine *engine, struct moment now,
                                  const struct event *event)
{
    if (!engine->running) {
        return JOURNAL_NOTED;
    }
    engine->last = now;
    engine->seq++;
    engine->counters.events++;
    if (event->type == EVENT_CONNECTED) {
        welcome(engine, event->id);
        return JOURNAL_NOTED;
    }
    if (engine->stream.welcome_us != MOMENT_NEVER) {
        miss_welcome(engine, event);
    }
    if (event->type == EVENT_RESYNC) {
        new_history(engine);
        engine->stream.last_id = event->id;
        return JOURNAL_PENDING;
    }
    if (event->type == EVENT_HEARTBEAT) {
        heartbeat(engine, event->id);
        return JOURNAL_NOTED;
    }
    take_id(engine, event->id);
    return route_all(engine, event);
}
