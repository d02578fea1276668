#include "sim.h"

#include <stdio.h>
#include <string.h>

#define MS ((int64_t)1000)
#define TIMEOUT_US (10000 * MS)

static int64_t travel(struct sim *sim)
{
    if (sim->calm) {
        return sim->latency_us / 2;
    }
    return 1 + (int64_t)(dice_roll(&sim->dice) % (uint64_t)sim->latency_us);
}

/* How requests fail, one row each. */
static const struct {
    enum fault_kind kind;
    int status;
    int retry_after_ms;
    int64_t after_us;
} failures[] = {
    {FAULT_CONNECT, 0, -1, 1 * MS},     {FAULT_RESOLVE, 0, -1, 5 * MS},
    {FAULT_TIMEOUT, 0, -1, TIMEOUT_US}, {FAULT_NETWORK, 0, -1, 20 * MS},
    {FAULT_HTTP, 500, -1, 3 * MS},      {FAULT_HTTP, 502, -1, 3 * MS},
    {FAULT_HTTP, 503, 3000, 3 * MS},    {FAULT_HTTP, 429, 1500, 3 * MS},
    {FAULT_HTTP, 404, -1, 3 * MS},      {FAULT_AUTH, 401, -1, 3 * MS},
    {FAULT_TYPE, 200, -1, 3 * MS},      {FAULT_TLS, 0, -1, 3 * MS},
    {FAULT_TOO_LARGE, 200, -1, 9 * MS},
};
#define FAILURES (sizeof failures / sizeof *failures)

static void fail_flight(struct sim *sim, struct flight *flight, size_t which)
{
    flight->fails = true;
    fault_set(&flight->fault, failures[which].kind, failures[which].status, "simulated");
    flight->fault.retry_after_ms = failures[which].retry_after_ms;
    flight->arrive_us = sim->now.mono_us + failures[which].after_us;
    flight->read_us = INT64_MAX;
}

void wire_start(struct sim *sim, const struct engine_action *action)
{
    struct flight *flight = sim->flights;
    while (flight < sim->flights + SIM_FLIGHTS && flight->id != 0) {
        if (!flight->cancelled && flight->resource == action->resource) {
            sim_break(sim, "P2: two requests of a resource in flight");
        }
        flight++;
    }
    if (flight == sim->flights + SIM_FLIGHTS) {
        sim_break(sim, "P2: more requests than there can be");
        return;
    }
    struct buf body = flight->body;
    buf_clear(&body);
    *flight = (struct flight){.id = action->fetch_id,
                              .resource = action->resource,
                              .start_us = sim->now.mono_us,
                              .body = body};
    snprintf(flight->asked_etag, sizeof flight->asked_etag, "%s",
             action->etag != NULL ? action->etag : "");
    flight->read_us = sim->now.mono_us + travel(sim);
    flight->arrive_us = flight->read_us + travel(sim);
    if (sim->network_down) {
        fail_flight(sim, flight, dice_below(&sim->dice, 2));
    } else if (sim->fail_one_in > 0 && dice_one_in(&sim->dice, sim->fail_one_in)) {
        fail_flight(sim, flight, dice_below(&sim->dice, FAILURES));
    }
    sim_say(sim, "fetch %llu %s starts%s", (unsigned long long)flight->id,
            resource_info(action->resource)->name, flight->fails ? ", to fail" : "");
}

void wire_cancel(struct sim *sim, const struct engine_action *action)
{
    for (size_t i = 0; i < SIM_FLIGHTS; i++) {
        struct flight *flight = &sim->flights[i];
        if (flight->id == action->fetch_id) {
            flight->cancelled = true;
            sim_say(sim, "fetch %llu cancelled", (unsigned long long)flight->id);
        }
    }
}

bool wire_lies(const struct sim *sim)
{
    return sim->late_us > 0 || sim->cached_one_in > 0 || sim->ids != IDS_GOOD;
}

void wire_remember(struct sim *sim)
{
    for (int r = 0; r < RESOURCE_COUNT && wire_lies(sim); r++) {
        size_t count = sim->past_count[r];
        const struct past *last = &sim->past[r][(count + SIM_PAST - 1) % SIM_PAST];
        if (count > 0 && last->stamp == sim->world.touched[r]) {
            continue;
        }
        struct past *past = &sim->past[r][sim->past_count[r]++ % SIM_PAST];
        past->at_us = sim->now.mono_us;
        past->stamp = sim->world.touched[r];
        past->last_id = sim->world.last_id;
        past->body.max = SIZE_MAX - 1;
        buf_clear(&past->body);
        world_body(&sim->world, (enum resource)r, &past->body);
    }
}

static uint64_t wild_id(struct sim *sim)
{
    static const unsigned bits[] = {1, 4, 10, 33, 60};
    uint64_t roll = dice_roll(&sim->dice);
    return roll % (UINT64_C(1) << bits[roll >> 61 < 5 ? roll >> 61 : 0]);
}

/* What the stream says instead of an event's id. */
static uint64_t told_id(struct sim *sim, uint64_t id)
{
    switch (sim->ids) {
    case IDS_LEAP:
        return id + (dice_one_in(&sim->dice, 12) ? 1000000000 : 0);
    case IDS_BACK:
        return id < 1000000 ? 1000000 - id : 1;
    case IDS_SAME:
        return 7;
    case IDS_WILD:
        return wild_id(sim);
    default:
        return id;
    }
}

/* From the state of some time ago; a copy is older still. */
static void read_past(struct sim *sim, struct flight *flight)
{
    enum resource r = flight->resource;
    int64_t age_us = sim->late_us;
    if (sim->cached_one_in > 0 && dice_one_in(&sim->dice, sim->cached_one_in)) {
        age_us += (int64_t)dice_below(&sim->dice, 4000) * MS;
        flight->age_ms = sim->tells_age ? age_us / MS + 1 : 0;
    }
    size_t held = sim->past_count[r] < SIM_PAST ? sim->past_count[r] : SIM_PAST;
    size_t back = 1;
    const struct past *past = &sim->past[r][(sim->past_count[r] - 1) % SIM_PAST];
    while (back < held && past->at_us > sim->now.mono_us - age_us) {
        past = &sim->past[r][(sim->past_count[r] - ++back) % SIM_PAST];
    }
    flight->stamp = past->stamp;
    if (sim->world.extensions && !sim->world.reads_without_ids) {
        flight->last_event_id = sim->ids == IDS_AHEAD   ? past->last_id + 1000000
                                : sim->ids == IDS_STUCK ? 1
                                : sim->ids == IDS_WILD  ? wild_id(sim)
                                                        : past->last_id;
    }
    buf_append(&flight->body, past->body.data, past->body.len);
}

/* The server answers from its state of this very moment. */
static void read_flight(struct sim *sim, struct flight *flight)
{
    const struct world *world = &sim->world;
    flight->read = true;
    flight->status = 200;
    flight->stamp = world->stamp;
    if (wire_lies(sim)) {
        read_past(sim, flight);
        return;
    }
    if (world->extensions && !world->reads_without_ids) {
        flight->last_event_id = world->last_id;
        snprintf(flight->etag, sizeof flight->etag, "\"%u-%llu\"", world->history,
                 (unsigned long long)world->touched[flight->resource]);
    }
    if (flight->etag[0] != '\0' && strcmp(flight->etag, flight->asked_etag) == 0) {
        flight->status = 304;
        return;
    }
    if (sim->fail_one_in > 0 && dice_one_in(&sim->dice, sim->fail_one_in * 4)) {
        buf_append_text(&flight->body, dice_one_in(&sim->dice, 2)
                                           ? "{\"success\":false,\"error\":\"no\"}"
                                           : "{\"orders\":[{\"id\":");
        flight->etag[0] = '\0';
        return;
    }
    struct buf *body = &sim->bodies[flight->resource];
    if (body->len == 0 || sim->body_stamps[flight->resource] != world->touched[flight->resource]) {
        buf_clear(body);
        world_body(world, flight->resource, body);
        sim->body_stamps[flight->resource] = world->touched[flight->resource];
    }
    buf_append(&flight->body, body->data, body->len);
}

static struct message *queue_at(struct sim *sim, size_t i)
{
    return &sim->stream.queue[(sim->stream.first + i) % SIM_QUEUE];
}

static void lose(struct sim *sim, const struct world_event *event)
{
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        struct judge *judge = &sim->judges[r];
        if (event->id == 0 && (event->panes & RESOURCE_BIT(r)) != 0 &&
            event->stamp > judge->transient_lost) {
            judge->transient_lost = event->stamp;
            judge->transient_lost_us = sim->now.mono_us;
        }
    }
}

static void push(struct sim *sim, const struct world_event *event)
{
    struct sim_stream *stream = &sim->stream;
    int64_t at = sim->now.mono_us + travel(sim) + sim->lag_us;
    at = at > stream->last_at_us ? at : stream->last_at_us;
    stream->last_at_us = at;
    struct message *message = queue_at(sim, stream->count++);
    message->at_us = at;
    message->event = *event;
}

void wire_emit(struct sim *sim, const struct world_event *event)
{
    struct sim_stream *stream = &sim->stream;
    if (stream->wire != WIRE_OPEN) {
        lose(sim, event);
        return;
    }
    if (stream->count + 2 > SIM_QUEUE) {
        lose(sim, event);
        wire_cut(sim, FAULT_NETWORK);
        return;
    }
    push(sim, event);
    if (!sim->disorderly || stream->count < 3 || !stream->welcomed) {
        return;
    }
    if (dice_one_in(&sim->dice, 6)) {
        push(sim, event);
    } else if (dice_one_in(&sim->dice, 6)) {
        struct world_event *a = &queue_at(sim, stream->count - 1)->event;
        struct world_event *b = &queue_at(sim, stream->count - 2)->event;
        struct world_event swap = *a;
        *a = *b;
        *b = swap;
    }
}

void wire_cut(struct sim *sim, enum fault_kind kind)
{
    struct sim_stream *stream = &sim->stream;
    bool was_trying = stream->wire != WIRE_DOWN;
    if (stream->wire == WIRE_OPEN) {
        stream->lost_us = sim->now.mono_us;
        /* The welcome's id is the one that is sent, though what came before it was not told. */
        sim->missed = sim->missed || (sim->world.welcome_is_current && stream->count > 0);
        for (size_t i = 0; i < stream->count; i++) {
            lose(sim, &queue_at(sim, i)->event);
        }
    }
    stream->count = 0;
    stream->wire = WIRE_DOWN;
    stream->welcomed = false;
    int64_t longest = sim->quiet ? 2000 * MS : 12000 * MS;
    stream->at_us = sim->now.mono_us + 1 + (int64_t)(dice_roll(&sim->dice) % (uint64_t)longest);
    if (was_trying) {
        struct fault fault;
        fault_set(&fault, kind, 0, "simulated");
        sim_say(sim, "stream lost: %s", fault_kind_name(kind));
        engine_stream_lost(sim->engine, sim->now, &fault);
    }
}

static void greet(struct sim *sim, uint64_t id, const char *type)
{
    if (sim->world.silent && strcmp(type, "connected") == 0) {
        sim->stream.welcomed = true;
        return;
    }
    struct world_event event = {.id = id, .stamp = 0};
    snprintf(event.data, sizeof event.data, "{\"event\":\"%s\",\"data\":{}}", type);
    push(sim, &event);
}

static void open_stream(struct sim *sim)
{
    struct sim_stream *stream = &sim->stream;
    const struct world *world = &sim->world;
    bool sends_id = stream->sse_id != 0;
    stream->wire = WIRE_OPEN;
    stream->opened_us = sim->now.mono_us;
    stream->opened_stamp = world->stamp;
    stream->count = stream->first = 0;
    stream->last_at_us = 0;
    sim_say(sim, "stream opened, Last-Event-ID %llu", (unsigned long long)stream->sse_id);
    engine_stream_opened(sim->engine, sim->now);
    if (!world->extensions) {
        sim->missed = true;
        greet(sim, 0, "connected");
        greet(sim, 0, "connected");
        return;
    }
    bool held =
        sends_id && stream->sse_history == world->history && world_holds(world, stream->sse_id);
    greet(sim, held && !world->welcome_is_current ? stream->sse_id : world->last_id, "connected");
    if (sends_id && !held) {
        sim->missed = true;
        greet(sim, world->last_id, "resync");
    }
    const struct world_event *missed;
    for (size_t i = 0; held && (missed = world_after(world, stream->sse_id, i)) != NULL; i++) {
        push(sim, missed);
    }
}

static void step_stream(struct sim *sim)
{
    struct sim_stream *stream = &sim->stream;
    if (stream->wire == WIRE_DOWN) {
        stream->wire = WIRE_CONNECTING;
        stream->at_us = sim->now.mono_us + travel(sim);
        return;
    }
    if (sim->network_down) {
        wire_cut(sim, FAULT_CONNECT);
    } else if (sim->fail_one_in > 0 && dice_one_in(&sim->dice, 4)) {
        wire_cut(sim, FAULT_HTTP);
    } else {
        open_stream(sim);
    }
}

static void deliver(struct sim *sim)
{
    struct sim_stream *stream = &sim->stream;
    struct world_event truth = queue_at(sim, 0)->event;
    stream->first = (stream->first + 1) % SIM_QUEUE;
    stream->count--;
    if (truth.id != 0) {
        stream->sse_id = truth.id;
        truth.id = told_id(sim, truth.id);
        stream->sse_history = sim->world.history;
    }
    char id[24] = "";
    if (stream->sse_id != 0) {
        snprintf(id, sizeof id, "%llu",
                 (unsigned long long)(truth.id != 0 ? truth.id : stream->sse_id));
    }
    struct sse_event sse = {.type = "message",
                            .type_len = 7,
                            .data = truth.data,
                            .data_len = strlen(truth.data),
                            .id = id,
                            .id_len = strlen(id)};
    struct event event;
    event_parse(&sse, &event);
    sim_say(sim, "event #%llu %s", (unsigned long long)truth.stamp, truth.data);
    judge_event(sim, &event, &truth);
    stream->welcomed = stream->welcomed || event.type == EVENT_CONNECTED;
    /* A replay is cut now and then. */
    bool replaying =
        stream->count > 0 && sim->now.mono_us - stream->opened_us < 2 * sim->latency_us;
    if (!sim->calm && !sim->quiet && replaying && dice_one_in(&sim->dice, 6)) {
        wire_cut(sim, FAULT_NETWORK);
    }
}

static int64_t flight_next(const struct flight *flight)
{
    return flight->read || flight->fails || flight->arrive_us < flight->read_us ? flight->arrive_us
                                                                                : flight->read_us;
}

static int64_t stream_next(const struct sim *sim)
{
    const struct sim_stream *stream = &sim->stream;
    if (stream->wire != WIRE_OPEN) {
        return stream->at_us;
    }
    return stream->count > 0 ? stream->queue[stream->first].at_us : INT64_MAX;
}

int64_t wire_next(const struct sim *sim)
{
    int64_t next = stream_next(sim);
    for (size_t i = 0; i < SIM_FLIGHTS; i++) {
        if (sim->flights[i].id != 0 && flight_next(&sim->flights[i]) < next) {
            next = flight_next(&sim->flights[i]);
        }
    }
    return next;
}

/* One thing that is due; requests and stream take turns by chance. */
void wire_step(struct sim *sim)
{
    int64_t now = sim->now.mono_us;
    bool stream_due = stream_next(sim) <= now;
    for (size_t i = 0; i < SIM_FLIGHTS && !(stream_due && dice_one_in(&sim->dice, 2)); i++) {
        struct flight *flight = &sim->flights[i];
        if (flight->id == 0 || flight_next(flight) > now) {
            continue;
        }
        if (flight_next(flight) == flight->read_us && !flight->read) {
            read_flight(sim, flight);
        } else {
            judge_answer(sim, flight);
            flight->id = 0;
        }
        return;
    }
    if (!stream_due) {
        return;
    }
    if (sim->stream.wire == WIRE_OPEN) {
        deliver(sim);
    } else {
        step_stream(sim);
    }
}
