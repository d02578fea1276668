#include "engine/engine_state.h"
#include "model/fields.h"
#include "model/snapshot.h"
#include "sim.h"

#include <blotter/core/decode.h>

#include <stdlib.h>
#include <string.h>

#define MS ((int64_t)1000)

/* Between two requests: little while answers are in time, more while events overtake them. */
static int64_t gap_us(const struct sim *sim, enum resource resource)
{
    const struct judge *judge = &sim->judges[resource];
    int64_t grown = judge->overtaken > 2 ? judge->overtaken - 2 : 0;
    int64_t gap = judge->last_took_us * (grown < 4 ? grown : 4);
    gap = gap < 10 * MS ? 10 * MS : gap > 250 * MS ? 250 * MS : gap;
    return (sim->visible & RESOURCE_BIT(resource)) != 0 ? gap : gap * 4;
}

static void forget_seen(struct judge *judge)
{
    snapshot_unref(judge->seen);
    judge->seen = NULL;
}

void judge_reset(struct sim *sim)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct judge *judge = &sim->judges[r];
        forget_seen(judge);
        *judge = (struct judge){.uncovered_us = INT64_MAX};
    }
}

void judge_start(struct sim *sim, enum resource resource)
{
    struct judge *judge = &sim->judges[resource];
    int64_t now = sim->now.mono_us;
    if (judge->starts > 0 && now - judge->last_start_us < gap_us(sim, resource)) {
        sim_break(sim, "P9: two requests of a resource closer than the gap");
    }
    for (size_t i = 0; i < SIM_FLIGHTS && sim->engine->outage.on; i++) {
        if (sim->flights[i].id != 0 && !sim->flights[i].cancelled) {
            sim_break(sim, "R6: more than one probe in an outage");
        }
    }
    judge->last_start_us = now;
    judge->starts++;
    judge->news = false;
}

static uint64_t order_bit(const char *id)
{
    return UINT64_C(1) << (strtoul(id + 1, NULL, 10) & 63);
}

static void note_placed(struct judge *judge, const struct world_event *truth)
{
    const char *id = strstr(truth->data, "\"orderId\":\"");
    if (id != NULL && strstr(truth->data, "order_placed") != NULL) {
        judge->placed |= order_bit(id + strlen("\"orderId\":\""));
    }
}

static void note_delivery(struct sim *sim, const struct world_event *truth)
{
    note_placed(&sim->judges[RESOURCE_ORDERS], truth);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct judge *judge = &sim->judges[r];
        if (truth->stamp == 0 || (truth->panes & RESOURCE_BIT(r)) == 0 ||
            strstr(truth->data, "quotes_updated") != NULL ||
            strstr(truth->data, "pnl_updated") != NULL) {
            continue;
        }
        bool live = sim->ids != IDS_AHEAD || truth->stamp > sim->stream.opened_stamp;
        judge->told = live && truth->stamp > judge->told ? truth->stamp : judge->told;
        if (truth->stamp > judge->required) {
            judge->required = truth->stamp;
        }
        if (truth->stamp > judge->have && judge->uncovered_us == INT64_MAX) {
            judge->uncovered_us = sim->now.mono_us;
        }
    }
}

static resource_mask dirty_panes(const struct sim *sim)
{
    resource_mask dirty = 0;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        dirty |= swr_is_dirty(&sim->engine->swr[r]) ? RESOURCE_BIT(r) : 0;
    }
    return dirty;
}

void judge_event(struct sim *sim, const struct event *event, const struct world_event *truth)
{
    const struct engine_counters *counters = engine_counters(sim->engine);
    bool awaited = sim->engine->stream.welcome_us != MOMENT_NEVER;
    uint64_t histories = counters->histories;
    resource_mask before = dirty_panes(sim);
    enum event_log_outcome outcome = engine_event(sim->engine, sim->now, event);
    resource_mask after = dirty_panes(sim);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct swr *swr = &sim->engine->swr[r];
        uint64_t latest = swr->dirty.seq > swr->dirty.id_seq ? swr->dirty.seq : swr->dirty.id_seq;
        sim->judges[r].news = sim->judges[r].news || latest == sim->engine->seq;
    }
    const struct event_info *info = event_info(event->type);
    bool plain = event->type != EVENT_CONNECTED && event->type != EVENT_RESYNC && !awaited &&
                 counters->histories == histories;
    if (plain && (after & ~before & ~info->panes) != 0) {
        sim_break(sim, "P13: an event dirtied a pane that it does not concern");
    }
    if (plain && info->patch_only && after != before) {
        sim_break(sim, "P13: a transient message dirtied a pane");
    }
    if (plain && outcome == EVENT_LOG_COVERED && after != before) {
        sim_break(sim, "R2: a covered event dirtied its pane");
    }
    note_delivery(sim, truth);
}

static bool same_as_base(const struct swr *swr, const struct flight *flight)
{
    const struct snapshot *base = patch_log_base(swr->log);
    if (base == NULL || patch_log_count(swr->log) > 0) {
        return false;
    }
    size_t len;
    const char *body = decode_source(base, &len);
    return flight->status == 304 ||
           (flight->body.len == len && memcmp(flight->body.data, body, len) == 0);
}

static void judge_accepted(struct sim *sim, struct flight *flight)
{
    struct judge *judge = &sim->judges[flight->resource];
    if (flight->id <= judge->last_applied) {
        sim_break(sim, "P3: an older response was applied after a newer one");
    }
    if (flight->stamp < judge->have && !wire_lies(sim)) {
        sim_break(sim, "P3: what is shown went back in time");
    }
    if (engine_outage(sim->engine)) {
        sim_break(sim, "R6: an outage after something got through");
    }
    bool overtaken = judge->news && swr_is_dirty(&sim->engine->swr[flight->resource]);
    judge->overtaken = overtaken ? judge->overtaken + 1 : 0;
    judge->last_applied = flight->id;
    judge->have = flight->stamp;
    judge->last_failed = false;
    if (judge->have >= judge->required) {
        judge->uncovered_us = INT64_MAX;
    }
}

void judge_answer(struct sim *sim, struct flight *flight)
{
    struct swr *swr = &sim->engine->swr[flight->resource];
    struct judge *judge = &sim->judges[flight->resource];
    bool ours = swr->fetch.id == flight->id;
    bool was_dirty = swr_is_dirty(swr);
    bool same = same_as_base(swr, flight);
    uint64_t version = swr->version;
    sim_say(sim, "answer to %llu %s: %s", (unsigned long long)flight->id,
            resource_info(flight->resource)->name,
            flight->fails ? fault_kind_name(flight->fault.kind) : flight->body.data);
    bool taken = false;
    if (flight->fails) {
        engine_fetch_failed(sim->engine, sim->now, flight->id, &flight->fault);
    } else {
        struct engine_response response = {
            .status = flight->status,
            .body = flight->body.data,
            .body_len = flight->body.len,
            .etag = flight->etag[0] != '\0' ? flight->etag : NULL,
            .last_event_id = flight->last_event_id,
            .duration_us = sim->now.mono_us - flight->start_us,
            .age_ms = flight->age_ms,
        };
        taken = engine_fetch_ok(sim->engine, sim->now, flight->id, &response);
    }
    if (!ours) {
        if (swr->version != version || swr_is_dirty(swr) != was_dirty) {
            sim_break(sim, "P12: an answer of an old generation had an effect");
        }
        return;
    }
    judge->last_took_us = sim->now.mono_us - flight->start_us;
    if (taken) {
        judge_accepted(sim, flight);
    } else {
        judge->last_failed = true;
        if (was_dirty && !swr_is_dirty(swr)) {
            sim_break(sim, "R5: a failure cleared dirty");
        }
    }
    if ((same || !taken) && swr->version != version) {
        sim_break(sim, "P11: an equal body or a failure changed the rows");
    }
}

/* The stream still carries the change that the pane does not have. */
static bool is_on_its_way(const struct sim *sim, enum resource resource, uint64_t stamp)
{
    const struct sim_stream *stream = &sim->stream;
    for (size_t i = 0; i < stream->count; i++) {
        const struct world_event *event = &stream->queue[(stream->first + i) % SIM_QUEUE].event;
        bool is_greeting = event->stamp == 0; /* a resync concerns all */
        if (is_greeting ||
            (event->stamp == stamp && (event->panes & RESOURCE_BIT(resource)) != 0)) {
            return true;
        }
    }
    return false;
}

static void check_covered(struct sim *sim, enum resource resource)
{
    const struct judge *judge = &sim->judges[resource];
    const struct swr *swr = &sim->engine->swr[resource];
    if (!swr->loaded || swr_is_dirty(swr) || wire_lies(sim)) {
        return;
    }
    if (judge->have < judge->required) {
        sim_break(sim, "P4: not dirty, but an event is not covered");
    }
    bool vouched = sim->stream.wire == WIRE_OPEN && sim->stream.welcomed &&
                   sim->engine->stream.welcome_us == MOMENT_NEVER;
    uint64_t changed = sim->world.changed[resource];
    if (!vouched || is_on_its_way(sim, resource, changed)) {
        return;
    }
    if (judge->have < changed) {
        sim_break(sim, "R12: not dirty under an open stream, but a change was missed");
    }
    int64_t before_us = sim->stream.opened_us - judge->transient_lost_us;
    if (judge->have < judge->transient_lost && !sim->engine->stream.was_open &&
        before_us <= 1000 * MS + 2 * sim->latency_us) {
        sim->forgiven = true;
    } else if (judge->have < judge->transient_lost) {
        sim_break(sim, "R12: not dirty, but a transient change was missed");
    }
}

static void check_freeze(struct sim *sim, enum resource resource)
{
    const struct judge *judge = &sim->judges[resource];
    if (!sim->calm || judge->uncovered_us == INT64_MAX) {
        return;
    }
    int64_t took = sim->latency_us / 2 * 2;
    int64_t gap = took * 4 < 10 * MS ? 10 * MS : took * 4 > 250 * MS ? 250 * MS : took * 4;
    gap = (sim->visible & RESOURCE_BIT(resource)) != 0 ? gap : gap * 4;
    if (sim->now.mono_us - judge->uncovered_us > 2 * took + gap) {
        sim_break(sim, "P8: an event was not confirmed within 2 x latency + gap");
    }
}

/* Polls begin poll_after without a stream, and end with the next. */
static void check_polling(struct sim *sim)
{
    bool open = sim->stream.wire == WIRE_OPEN;
    bool due = !open && sim->now.mono_us - sim->stream.lost_us > 5000 * MS;
    if (open ? engine_polling(sim->engine, NULL) : due && !engine_polling(sim->engine, NULL)) {
        sim_break(sim, "polls with a stream, or none without");
    }
}

/* A view looks at rows of another version only. */
static void check_versions(struct sim *sim, struct judge *judge, const struct pane_state *state)
{
    if (state->shown == NULL || state->version == judge->seen_version) {
        return;
    }
    const struct field_table *fields = field_table(state->shown->resource);
    for (size_t i = 0; judge->seen != NULL && i < state->shown->row_count; i++) {
        const struct row *row = model_row(state->shown, i);
        size_t at = model_find(judge->seen, row->id);
        const struct row *before = model_row(judge->seen, at);
        if (at < judge->seen->row_count && before->version == row->version &&
            (before->provisional != row->provisional || before->mixed != row->mixed ||
             !fields_equal(fields, before, row))) {
            sim_break(sim, "a row is not as it was, but has the same version");
        }
    }
    forget_seen(judge);
    judge->seen = snapshot_copy(state->shown);
    judge->seen_version = state->version;
}

void judge_step(struct sim *sim)
{
    struct engine *engine = sim->engine;
    check_polling(sim);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct swr *swr = &engine->swr[r];
        struct pane_state state;
        engine_pane(engine, (enum resource)r, &state);
        check_covered(sim, (enum resource)r);
        check_freeze(sim, (enum resource)r);
        if (state.fault.kind != FAULT_NONE && !sim->judges[r].last_failed) {
            sim_break(sim, "P7: a fault is shown after a success");
        }
        bool changes = state.version != sim->judges[r].seen_version;
        if ((changes || patch_log_count(swr->log) > 0) && !patch_log_consistent(swr->log)) {
            sim_break(sim, "P6: what is shown is not the snapshot and the log");
        }
        check_versions(sim, &sim->judges[r], &state);
    }
    if (engine->running && engine_deadline(engine) <= sim->now.mono_us) {
        sim_break(sim, "P5: a deadline in the past");
    }
}

static void say_rows(const struct sim *sim, const struct snapshot *shown)
{
    for (size_t i = 0; shown != NULL && i < shown->row_count; i++) {
        const struct row *row = model_row(shown, i);
        sim_say(sim, "  shown %s%s %.*s", row->id, row->provisional ? " provisional" : "",
                (int)row->raw.len, row->raw.ptr != NULL ? row->raw.ptr : "");
    }
}

static void check_truth(struct sim *sim, enum resource resource)
{
    struct buf body;
    buf_init(&body, SIZE_MAX);
    world_body(&sim->world, resource, &body);
    struct fault fault;
    struct snapshot *truth = decode_body(resource, body.data, body.len, &fault);
    struct pane_state state;
    engine_pane(sim->engine, resource, &state);
    struct snapshot *shown = state.shown != NULL ? snapshot_copy(state.shown) : NULL;
    for (size_t i = 0; shown != NULL && i < shown->row_count; i++) {
        model_row(shown, i)->mixed = false; /* this server's profits are not made of its prices */
    }
    if (shown == NULL || !snapshot_equal(truth, shown)) {
        sim_say(sim, "truth %s: %s", resource_info(resource)->name, body.data);
        say_rows(sim, state.shown);
        sim_break(sim, "P1: what is shown is not what the server has");
    }
    if (state.dirty || state.fetching || state.fault.kind != FAULT_NONE || state.stale) {
        sim_break(sim, "P1: not settled though the network works");
    }
    snapshot_unref(shown);
    snapshot_unref(truth);
    buf_done(&body);
}

/*
 * Whether an order that is not marked has another status than the server says. One that is not in
 * the list may be beyond its end, unless it was told of as placed.
 */
static bool is_wrong(const struct judge *judge, const struct order *truth,
                     const struct snapshot *shown)
{
    size_t at = model_find(shown, truth->row.id);
    if (at == shown->row_count) {
        return (judge->placed & order_bit(truth->row.id)) != 0;
    }
    const struct order *order = &shown->orders[at];
    return !order->row.provisional && strcmp(order->status, truth->status) != 0;
}

void judge_late(struct sim *sim)
{
    const struct judge *judge = &sim->judges[RESOURCE_ORDERS];
    struct pane_state state;
    engine_pane(sim->engine, RESOURCE_ORDERS, &state);
    if (!wire_lies(sim) || sim->disorderly || sim->switched ||
        judge->told < sim->world.changed[RESOURCE_ORDERS] || state.stale || state.shown == NULL) {
        return;
    }
    struct buf body;
    buf_init(&body, SIZE_MAX);
    world_body(&sim->world, RESOURCE_ORDERS, &body);
    struct fault fault;
    struct snapshot *truth = decode_body(RESOURCE_ORDERS, body.data, body.len, &fault);
    for (size_t i = 0; i < truth->row_count; i++) {
        if (is_wrong(judge, &truth->orders[i], state.shown)) {
            sim_say(sim, "truth orders: %s", body.data);
            say_rows(sim, state.shown);
            sim_break(sim, "P14: an order is neither right nor marked");
        }
    }
    snapshot_unref(truth);
    buf_done(&body);
}

static bool is_right(const struct sim *sim, enum resource resource, const struct pane_state *state)
{
    struct buf body;
    buf_init(&body, SIZE_MAX);
    world_body(&sim->world, resource, &body);
    struct fault fault;
    struct snapshot *truth = decode_body(resource, body.data, body.len, &fault);
    struct snapshot *shown = snapshot_copy(state->shown);
    bool marked = state->stale || state->dirty;
    for (size_t i = 0; i < shown->row_count; i++) {
        marked = marked || model_row(shown, i)->provisional;
        model_row(shown, i)->mixed = false;
    }
    bool right = marked || snapshot_equal(truth, shown);
    snapshot_unref(shown);
    snapshot_unref(truth);
    buf_done(&body);
    return right;
}

void judge_ids(struct sim *sim)
{
    for (int r = 0; r < RESOURCE_COUNT && sim->ids != IDS_GOOD; r++) {
        const struct judge *judge = &sim->judges[r];
        struct pane_state state;
        engine_pane(sim->engine, (enum resource)r, &state);
        bool known = judge->told >= sim->world.changed[r] && judge->have != 0 &&
                     sim->world.touched[r] == sim->world.changed[r];
        if (sim->late_us > 0 || sim->cached_one_in > 0 || sim->disorderly || sim->forgiven ||
            !known || state.shown == NULL || state.fault.kind != FAULT_NONE) {
            continue;
        }
        if (!is_right(sim, (enum resource)r, &state)) {
            say_rows(sim, state.shown);
            sim_break(sim, "P15: ids froze a pane that is neither right nor marked");
        }
    }
}

void judge_settled(struct sim *sim)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct pane_state state;
        engine_pane(sim->engine, (enum resource)r, &state);
        bool waits = wire_lies(sim) || sim->disorderly || sim->missed ||
                     sim->stream.wire != WIRE_OPEN || state.fault.kind != FAULT_NONE ||
                     state.shown == NULL;
        for (size_t i = 0; !waits && i < state.shown->row_count; i++) {
            if (model_row(state.shown, i)->provisional) {
                say_rows(sim, state.shown);
                sim_break(sim, "P17: a row stays marked though nobody lied");
            }
        }
        if (!waits && state.stale) {
            say_rows(sim, state.shown);
            sim_break(sim, "P17: a pane stays marked though nobody lied");
        }
    }
}

void judge_end(struct sim *sim)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        check_truth(sim, (enum resource)r);
    }
}
