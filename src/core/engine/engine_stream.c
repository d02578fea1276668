#include "engine_pace.h"
#include "engine_stream.h"

/* How long the welcome may take before the opening alone has to be trusted. */
#define WELCOME_US ((int64_t)1000 * 1000)

/* Their figures also change by messages that are never repeated. */
#define TRANSIENT_PANES (RESOURCE_BIT(RESOURCE_POSITIONS) | RESOURCE_BIT(RESOURCE_WATCHLISTS))

/* So many lies in that time, and ids are not looked at any more until the next opening. */
#define LIES_MAX 3
#define LIES_US ((int64_t)60 * 1000 * 1000)
#define REPLAY_US ((int64_t)1000 * 1000)

static void forget_history(struct engine *engine)
{
    engine->history++;
    engine->counters.histories++;
    engine->stream.last_id = 0;
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

static void count_lie(struct engine_stream *stream, int64_t now_us)
{
    if (stream->lies == 0 || now_us - stream->lied_us > LIES_US) {
        stream->lies = 0;
        stream->lied_us = now_us;
    }
    stream->lies++;
    stream->ids_void = stream->ids_void || stream->lies >= LIES_MAX;
}

static void new_history(struct engine *engine)
{
    forget_history(engine);
    engine->stream.welcome_id = 0; /* of the old one: nothing of the new is its replay */
    engine_touch(engine, RESOURCE_ALL);
    engine_release(engine, RESOURCE_ALL);
}

void engine_ids_lied(struct engine *engine)
{
    count_lie(&engine->stream, engine->last.mono_us);
    new_history(engine);
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

void engine_stream_opened(struct engine *engine, struct moment now)
{
    if (!engine->running) {
        return;
    }
    engine->last = now;
    struct engine_stream *stream = &engine->stream;
    stream->open = true;
    stream->opened_us = now.mono_us;
    stream->open_seq = ++engine->seq;
    stream->welcome_id = 0;
    stream->welcome_us = engine->settings.paced ? MOMENT_NEVER : now.mono_us + WELCOME_US;
    stream->lies = 0;
    stream->ids_void = false;
    stream->foreign = false;
    engine->polling = false;
    engine->poll_us = MOMENT_NEVER;
    abandon_since_silence(engine);
    engine_end_outage(engine);
    /* Never swallowed: what failed before is asked for again now, unless the server said when. */
    engine_end_waits(engine, RESOURCE_ALL, false);
    engine_release(engine, RESOURCE_ALL);
}

void engine_missed(struct engine *engine, struct moment now)
{
    if (engine->running) {
        engine->last = now;
        engine_touch(engine, RESOURCE_ALL);
        engine_release(engine, RESOURCE_ALL);
    }
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
    /* A backend's stream may be at another host than its reads. */
    if (why != NULL && fault_is_outage(why->kind) && !engine->settings.paced) {
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

/*
 * The panes that may lack figures which are never repeated. Those loaded together with the opening
 * of the first stream count as whole: the next figures come by themselves, and four requests are
 * enough.
 */
static resource_mask transient_gap(const struct engine *engine)
{
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

/* A first stream: the welcome's id says which snapshots are old. */
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
}

/*
 * What was missed may come again as events; but no id proves that it does, nor that the server is
 * still the one it was: after a pause everything is read once.
 */
static void rejoin_stream(struct engine *engine)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        swr_forget_etag(&engine->swr[r]);
    }
    touch_since(engine, RESOURCE_ALL, engine->stream.open_seq);
}

/* The place we had stays ours on a later stream: what follows it may come again. */
static void welcome(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    bool awaited = stream->welcome_us != MOMENT_NEVER;
    stream->welcome_us = MOMENT_NEVER;
    stream->welcome_id = awaited ? id : stream->welcome_id;
    if ((id != 0 && id < stream->last_id) || (awaited && id == 0 && stream->last_id != 0)) {
        new_history(engine);
        stream->last_id = id;
    } else if (awaited && (stream->was_open || id == 0)) {
        rejoin_stream(engine);
    } else if (awaited) {
        join_stream(engine, id);
        stream->last_id = id;
    }
}

/* Ids only ever grow: what has a smaller one comes from elsewhere. */
static void take_id(struct engine *engine, uint64_t id)
{
    struct engine_stream *stream = &engine->stream;
    stream->grew = id > stream->last_id;
    if (id != 0 && id < stream->last_id) {
        engine_ids_lied(engine);
    }
    stream->last_id = id != 0 && !stream->ids_void ? id : stream->last_id;
}

static void take_patch(struct engine *engine, struct swr *swr, const struct patch_result *result,
                       bool figures)
{
    engine->counters.patches_rejected += !result->valid;
    if (!result->changed) {
        return;
    }
    engine->counters.patches++;
    swr->version++;
    if (figures && !swr_is_dirty(swr)) {
        swr->shown_ms = engine->last.wall_ms;
    }
    engine_mark(engine, swr->resource);
}

/*
 * What the welcome knows of had happened before we were back: what is read now has the word. But
 * ids may be anything: what comes later than a replay begins is looked at like any other event.
 */
static bool is_replay(const struct engine *engine, uint64_t id)
{
    const struct engine_stream *stream = &engine->stream;
    return stream->was_open && stream->grew && id <= stream->welcome_id &&
           engine->last.mono_us - stream->opened_us < REPLAY_US;
}

/* What one pane makes of an event. */
static enum event_log_outcome route(struct engine *engine, struct swr *swr,
                                    const struct event *event)
{
    bool figures = event_info(event->type)->patch_only;
    uint64_t id = engine->stream.ids_void ? 0 : event->id;
    bool claimed = id != 0 && id <= swr->held.id;
    struct patch_stamp stamp = {engine->seq, id, engine->last.mono_us};
    if (claimed && patch_log_shows(swr->log, event, stamp)) {
        return EVENT_LOG_COVERED;
    }
    struct patch_result result = {.valid = true};
    if (!claimed || !is_replay(engine, id)) {
        result = patch_log_event(swr->log, event, stamp, claimed ? swr->held.id : 0);
        take_patch(engine, swr, &result, figures);
    }
    if (figures && !result.overflow) {
        return result.changed ? EVENT_LOG_PATCHED : EVENT_LOG_NOTED;
    }
    if (claimed || figures || id == 0) {
        swr_touch(swr, engine->seq);
    } else {
        swr_touch_id(swr, engine->seq, id);
    }
    swr_note_event(swr, engine->last.mono_us);
    if (swr->hold == SWR_HELD_FOR_NEWS) {
        swr->hold = SWR_FREE;
    }
    return EVENT_LOG_PENDING;
}

static enum event_log_outcome route_all(struct engine *engine, const struct event *event)
{
    resource_mask panes = event_panes(event) | event_info(event->type)->also;
    enum event_log_outcome strongest = EVENT_LOG_NOTED;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((panes & RESOURCE_BIT(r)) == 0 || !engine_wants(engine, (enum resource)r)) {
            continue;
        }
        enum event_log_outcome outcome = route(engine, &engine->swr[r], event);
        strongest = outcome > strongest ? outcome : strongest;
    }
    engine->counters.covered += strongest == EVENT_LOG_COVERED;
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

/* A welcome to somebody else: what comes is not for us, and there might as well be no stream. */
static void refuse(struct engine *engine, const struct event *event)
{
    engine->counters.foreign++;
    if (event->type == EVENT_CONNECTED && engine->stream.open) {
        engine_stream_lost(engine, engine->last, NULL);
        engine->stream.foreign = true;
    }
}

enum event_log_outcome engine_event(struct engine *engine, struct moment now,
                                    const struct event *event)
{
    if (!engine->running) {
        return EVENT_LOG_NOTED;
    }
    engine->last = now;
    engine->seq++;
    engine->counters.events++;
    if (event_is_foreign(event, engine->settings.user)) {
        refuse(engine, event);
        return EVENT_LOG_REFUSED;
    }
    if (engine->stream.foreign) {
        return EVENT_LOG_REFUSED;
    }
    if (event->type == EVENT_CONNECTED) {
        welcome(engine, event->id);
        return EVENT_LOG_NOTED;
    }
    if (engine->stream.welcome_us != MOMENT_NEVER) {
        engine_welcome_missing(engine); /* something else came where it was due */
    }
    if (event->type == EVENT_RESYNC) {
        new_history(engine);
        engine->stream.last_id = event->id;
        return EVENT_LOG_PENDING;
    }
    if (event->type == EVENT_HEARTBEAT) {
        heartbeat(engine, event->id);
        return EVENT_LOG_NOTED;
    }
    engine->quoted = engine->quoted || event->type == EVENT_QUOTES_UPDATED;
    engine->ticked = engine->ticked || event->type == EVENT_POSITIONS_PNL_UPDATED;
    take_id(engine, event->id);
    return route_all(engine, event);
}
