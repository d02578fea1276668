#include "engine/engine_state.h"
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MS ((int64_t)1000)
#define QUIET_US (200000 * MS)
#define LATE_US (60000 * MS)
#define SETTLED_US (50000 * MS)

void sim_say(const struct sim *sim, const char *format, ...)
{
    if (!sim->trace) {
        return;
    }
    printf("%12.3f ms  ", (double)sim->now.mono_us / 1000);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void sim_break(struct sim *sim, const char *property)
{
    if (sim->broken == NULL) {
        sim->broken = property;
        sim_say(sim, "BROKEN %s", property);
    }
}

void sim_take_actions(struct sim *sim)
{
    struct engine_action action;
    unsigned limit = 0;
    while (engine_next_action(sim->engine, sim->now, &action)) {
        if (++limit > 100) {
            sim_break(sim, "P9: actions without end");
            return;
        }
        if (action.kind == ENGINE_CANCEL) {
            wire_cancel(sim, &action);
        } else {
            judge_start(sim, action.resource);
            wire_start(sim, &action);
        }
    }
}

static void advance(struct sim *sim, int64_t to_us)
{
    if (to_us <= sim->now.mono_us) {
        return;
    }
    sim->now.wall_ms += (to_us - sim->now.mono_us) / 1000;
    sim->now.mono_us = to_us;
}

static void begin_engine(struct sim *sim)
{
    struct engine_settings settings;
    engine_settings_default(&settings);
    settings.seed = sim->seed;
    settings.quote_poll_ms = 0; /* so that there is a rest */
    judge_reset(sim);
    sim->engine = engine_new(&settings);
    engine_set_visible(sim->engine, sim->visible);
    if (engine_deadline(sim->engine) != MOMENT_NEVER ||
        engine_next_action(sim->engine, sim->now, &(struct engine_action){0})) {
        sim_break(sim, "P12: something to do before the start");
    }
    engine_start(sim->engine, sim->now);
    sim_take_actions(sim);
}

static void change(struct sim *sim, unsigned count)
{
    while (count-- > 0) {
        struct world_event event;
        world_change(&sim->world, &sim->dice, &event);
        sim_say(sim, "world #%llu id %llu %s", (unsigned long long)event.stamp,
                (unsigned long long)event.id, event.data);
        wire_emit(sim, &event);
        wire_remember(sim);
    }
}

static void replace_database(struct sim *sim)
{
    /* A server that starts anew cuts its streams. One that never gave us a place cannot be told
     * from another, so this comes after the first welcome only. */
    if (sim->calm || !sim->world.extensions || sim->stream.sse_id == 0 || wire_lies(sim)) {
        return;
    }
    sim_say(sim, "a new database");
    world_replace(&sim->world, &sim->dice);
    sim->missed = true;
    wire_cut(sim, FAULT_NETWORK);
}

/* Another user is another engine: nothing that is still under way is told to it. */
static void switch_user(struct sim *sim)
{
    if (sim->calm) {
        return;
    }
    sim_say(sim, "another user");
    wire_cut(sim, FAULT_NETWORK);
    engine_free(sim->engine);
    for (size_t i = 0; i < SIM_FLIGHTS; i++) {
        sim->flights[i].id = 0;
    }
    sim->switched = true;
    sim->stream.sse_id = 0;
    sim->stream.lost_us = sim->now.mono_us;
    begin_engine(sim);
}

static void toggle_network(struct sim *sim)
{
    if (sim->calm) {
        return;
    }
    sim->network_down = !sim->network_down;
    sim_say(sim, "network %s", sim->network_down ? "down" : "up");
    if (sim->network_down && dice_one_in(&sim->dice, 2)) {
        wire_cut(sim, FAULT_NETWORK);
    }
    if (!sim->network_down && dice_one_in(&sim->dice, 2)) {
        engine_trigger(sim->engine, sim->now, ENGINE_NETWORK, RESOURCE_ALL);
    }
}

static void suspend(struct sim *sim)
{
    if (sim->calm) {
        return;
    }
    sim_say(sim, "suspended, or the wall clock was set");
    sim->now.wall_ms += (int64_t)dice_below(&sim->dice, 7200000) - 3600000;
    if (dice_one_in(&sim->dice, 2)) {
        engine_trigger(sim->engine, sim->now, ENGINE_RESUME, RESOURCE_ALL);
    }
}

static void trigger(struct sim *sim)
{
    bool manual = dice_one_in(&sim->dice, 3);
    resource_mask which = 1 + dice_below(&sim->dice, RESOURCE_ALL);
    sim_say(sim, "%s %x", manual ? "manual" : "focus", which);
    engine_trigger(sim->engine, sim->now, manual ? ENGINE_MANUAL : ENGINE_FOCUS, which);
}

static void look_elsewhere(struct sim *sim)
{
    if (!sim->calm) {
        sim->visible = dice_below(&sim->dice, RESOURCE_ALL + 1);
        engine_set_visible(sim->engine, sim->visible);
    }
}

/* What happens next, by weight. */
static void script_step(struct sim *sim)
{
    unsigned roll = dice_below(&sim->dice, 100);
    if (roll < 60) {
        change(sim, 1 + (dice_one_in(&sim->dice, 6) ? dice_below(&sim->dice, 12) : 0));
    } else if (roll < 68) {
        trigger(sim);
    } else if (roll < 76 && !sim->calm) {
        wire_cut(sim, FAULT_NETWORK);
    } else if (roll < 82) {
        toggle_network(sim);
    } else if (roll < 86) {
        suspend(sim);
    } else if (roll < 90) {
        look_elsewhere(sim);
    } else if (roll < 93) {
        replace_database(sim);
    } else if (roll < 95) {
        switch_user(sim);
    }
    static const unsigned spans_ms[] = {1, 5, 40, 300, 2000, 9000};
    unsigned span = spans_ms[dice_below(&sim->dice, sizeof spans_ms / sizeof *spans_ms)];
    sim->script_us = sim->now.mono_us + 1 + dice_below(&sim->dice, span * 1000);
    sim->script_left--;
}

static int64_t next_time(const struct sim *sim, int64_t end_us)
{
    int64_t next = wire_next(sim);
    int64_t deadline = engine_deadline(sim->engine);
    next = deadline < next ? deadline : next;
    if (sim->script_left > 0 && sim->script_us < next) {
        next = sim->script_us;
    }
    return next < end_us ? next : end_us;
}

/* One moment: one input, then what the engine wants done. */
static void step(struct sim *sim, int64_t end_us)
{
    advance(sim, next_time(sim, end_us));
    if (!sim->calm && dice_one_in(&sim->dice, 8)) {
        advance(sim, sim->now.mono_us + dice_below(&sim->dice, 20000)); /* the machine was busy */
    }
    sim->steps++;
    if (sim->script_left > 0 && sim->script_us <= sim->now.mono_us) {
        script_step(sim);
    }
    /* What has come is taken first, all of it or a part. */
    do {
        wire_step(sim);
    } while (wire_next(sim) <= sim->now.mono_us && !dice_one_in(&sim->dice, 3));
    if (engine_deadline(sim->engine) <= sim->now.mono_us) {
        engine_tick(sim->engine, sim->now);
    }
    sim_take_actions(sim);
    judge_step(sim);
}

static void begin(struct sim *sim, uint64_t seed, bool trace)
{
    sim->seed = seed;
    sim->trace = trace;
    sim->dice.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    sim->now = (struct moment){1000 * MS, 1700000000000};
    world_init(&sim->world, &sim->dice, !dice_one_in(&sim->dice, 3));
    sim->calm = dice_one_in(&sim->dice, 4);
    sim->disorderly = !sim->calm && dice_one_in(&sim->dice, 4);
    bool lies = !sim->calm && dice_one_in(&sim->dice, 3);
    static const int64_t lates_ms[] = {0, 40, 400, 3000};
    sim->late_us = lies ? lates_ms[dice_below(&sim->dice, 4)] * MS : 0;
    sim->cached_one_in = lies && dice_one_in(&sim->dice, 2) ? 2 + dice_below(&sim->dice, 4) : 0;
    sim->tells_age = dice_one_in(&sim->dice, 2);
    sim->ids = lies ? (enum ids)dice_below(&sim->dice, IDS_KINDS) : IDS_GOOD;
    static const int64_t lags_ms[] = {300, 1500, 4000};
    bool lags = !sim->calm && dice_one_in(&sim->dice, 4);
    sim->lag_us = lags ? lags_ms[dice_below(&sim->dice, 3)] * MS : 0;
    memset(sim->past_count, 0, sizeof sim->past_count);
    sim->switched = sim->missed = false;
    sim->quiet = sim->network_down = sim->forgiven = false;
    sim->fail_one_in = sim->calm ? 0 : 2 + dice_below(&sim->dice, 12);
    static const int latencies_ms[] = {1, 3, 20, 100, 400};
    sim->latency_us = latencies_ms[dice_below(&sim->dice, 5)] * MS;
    sim->visible = sim->calm ? dice_below(&sim->dice, RESOURCE_ALL + 1) : RESOURCE_ALL;
    for (size_t i = 0; i < SIM_FLIGHTS; i++) {
        sim->flights[i].id = 0;
        sim->flights[i].body.max = SIZE_MAX - 1;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        sim->bodies[r].max = SIZE_MAX - 1;
        buf_clear(&sim->bodies[r]);
    }
    sim->stream.wire = WIRE_DOWN;
    sim->stream.at_us = sim->now.mono_us + dice_below(&sim->dice, 3000);
    sim->stream.lost_us = sim->now.mono_us;
    sim->stream.sse_id = 0;
    sim->stream.count = 0;
    sim->stream.welcomed = false;
    wire_remember(sim);
    sim->script_us = sim->now.mono_us + dice_below(&sim->dice, 50000);
    sim->script_left = 6 + dice_below(&sim->dice, 20);
    sim->broken = NULL;
    begin_engine(sim);
}

/* The network works again and nothing changes any more: everything has to come to rest. */
static void quieten(struct sim *sim)
{
    sim->quiet = true;
    sim->network_down = false;
    sim->fail_one_in = 0;
    sim_say(sim, "quiet");
    int64_t end_us = sim->now.mono_us + QUIET_US;
    bool asked = false, judged = false, settled = false;
    while (sim->broken == NULL && sim->now.mono_us < end_us) {
        /* A refusal waits for news or for the user; swapped transient messages leave old figures.
         */
        if (!asked && sim->now.mono_us > end_us - QUIET_US / 2) {
            bool all = sim->disorderly || sim->forgiven || wire_lies(sim);
            resource_mask which = all ? RESOURCE_ALL : 0;
            for (int r = 0; r < RESOURCE_COUNT; r++) {
                which |= sim->engine->swr[r].hold != SWR_FREE ? RESOURCE_BIT(r) : 0;
            }
            if (which != 0) {
                engine_trigger(sim->engine, sim->now, ENGINE_MANUAL, which);
                sim_take_actions(sim);
            }
            asked = true;
        }
        if (!settled && sim->now.mono_us > end_us - QUIET_US + SETTLED_US) {
            judge_settled(sim);
            settled = true;
        }
        if (!judged && sim->now.mono_us > end_us - QUIET_US + LATE_US) {
            judge_late(sim);
            judge_ids(sim);
            judged = true;
        }
        step(sim, asked ? end_us : end_us - QUIET_US / 2 + 1);
    }
}

/* An open stream and nothing to do: not one request, not one deadline. */
static void rest(struct sim *sim)
{
    uint64_t before = sim->engine->next_fetch_id;
    int64_t end_us = sim->now.mono_us + QUIET_US;
    if (engine_deadline(sim->engine) != MOMENT_NEVER) {
        sim_break(sim, "P5: a deadline though there is nothing to do");
    }
    while (sim->broken == NULL && sim->now.mono_us < end_us) {
        step(sim, end_us);
    }
    if (sim->engine->next_fetch_id != before) {
        sim_break(sim, "P9: a request though nothing happened");
    }
    engine_stop(sim->engine, sim->now);
    if (engine_deadline(sim->engine) != MOMENT_NEVER) {
        sim_break(sim, "P5: a deadline after the stop");
    }
}

bool sim_run(struct sim *sim, uint64_t seed, bool trace)
{
    begin(sim, seed, trace);
    while (sim->broken == NULL && sim->script_left > 0) {
        step(sim, INT64_MAX);
    }
    quieten(sim);
    if (sim->broken == NULL) {
        judge_end(sim);
    }
    if (sim->broken == NULL) {
        rest(sim);
    }
    engine_free(sim->engine);
    sim->engine = NULL;
    judge_reset(sim);
    return sim->broken == NULL;
}

void sim_done(struct sim *sim)
{
    for (size_t i = 0; i < SIM_FLIGHTS; i++) {
        buf_done(&sim->flights[i].body);
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        buf_done(&sim->bodies[r]);
        for (size_t i = 0; i < SIM_PAST; i++) {
            buf_done(&sim->past[r][i].body);
        }
    }
}
