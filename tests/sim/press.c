/*
 * The real connection beside the real engine, against a server whose streams end as soon as they
 * like, with any retry field, and whose reads are answered at once: what it is asked is bounded.
 */
#include "sim.h"

#include <blotter/core/conn.h>
#include <blotter/core/decode.h>

#include <string.h>

#define MS ((int64_t)1000)
#define RUN_S 300
/* The first few as the server wants, but for the floor; then less and less often, for as long as
 * its streams do not last. */
#define CONNECTS_MAX (RUN_S / 5 + 10)
/* All four after each opening, again when it was overtaken by it, and as the polls ask. */
#define FETCHES_MAX ((size_t)4 * 2 * (CONNECTS_MAX + RUN_S / 10))

struct press {
    struct dice dice;
    struct moment now;
    struct conn *conn;
    struct engine *engine;
    struct world world;
    int64_t ends_us; /* the stream; MOMENT_NEVER: there is none */
    int64_t retry_ms;
    unsigned life_ms; /* at most */
    size_t connects, fetches;
    bool was_live;
};

static void answer(struct press *press, const struct engine_action *action)
{
    struct buf body;
    buf_init(&body, SIZE_MAX);
    world_body(&press->world, action->resource, &body);
    struct engine_response response = {.status = 200, .body = body.data, .body_len = body.len};
    press->fetches++;
    engine_fetch_ok(press->engine, press->now, action->fetch_id, &response);
    conn_way_open(press->conn, press->now);
    buf_done(&body);
}

static void open_stream(struct press *press)
{
    press->connects++;
    conn_answered(press->conn, 200, "text/event-stream", -1, press->now);
    conn_bytes(press->conn, press->now);
    conn_retry_field(press->conn, press->retry_ms);
    press->ends_us = press->now.mono_us + dice_below(&press->dice, press->life_ms) * MS;
}

/* What the client does with the connection's phase. */
static void follow(struct press *press)
{
    if (conn_take_action(press->conn) == CONN_CONNECT) {
        open_stream(press);
    }
    bool live = conn_status(press->conn)->phase == CONN_LIVE;
    if (live && !press->was_live) {
        engine_stream_opened(press->engine, press->now);
    } else if (!live && press->was_live) {
        engine_stream_lost(press->engine, press->now, &conn_status(press->conn)->fault);
    }
    press->was_live = live;
}

static void step(struct press *press)
{
    int64_t next = engine_deadline(press->engine), line = conn_deadline_us(press->conn);
    next = line < next ? line : next;
    next = press->ends_us < next ? press->ends_us : next;
    if (next > press->now.mono_us) {
        press->now.wall_ms += (next - press->now.mono_us) / MS;
        press->now.mono_us = next;
    }
    if (press->ends_us <= press->now.mono_us) {
        press->ends_us = MOMENT_NEVER;
        conn_lost(press->conn, NULL, press->now);
    }
    conn_tick(press->conn, press->now);
    follow(press);
    engine_tick(press->engine, press->now);
    struct engine_action action;
    while (engine_next_action(press->engine, press->now, &action)) {
        if (action.kind == ENGINE_FETCH) {
            answer(press, &action);
        }
    }
    follow(press);
}

const char *press_run(uint64_t seed)
{
    static const int64_t retries_ms[] = {0, 1, 50, 999, 3000};
    static const unsigned lives_ms[] = {1, 20, 1000, 4000};
    struct press press = {.dice = {seed}, .now = {1000 * MS, 1700000000000}};
    press.retry_ms = retries_ms[dice_below(&press.dice, 5)];
    press.life_ms = lives_ms[dice_below(&press.dice, 4)];
    struct engine_settings settings;
    struct conn_settings line;
    engine_settings_default(&settings);
    conn_settings_default(&line);
    settings.seed = line.seed = seed;
    world_init(&press.world, &press.dice, true);
    press.ends_us = MOMENT_NEVER;
    press.engine = engine_new(&settings);
    press.conn = conn_new(&line);
    engine_start(press.engine, press.now);
    conn_start(press.conn, press.now);
    int64_t end_us = press.now.mono_us + RUN_S * 1000 * MS;
    while (press.now.mono_us < end_us && press.fetches <= FETCHES_MAX &&
           press.connects <= CONNECTS_MAX) {
        step(&press);
    }
    bool bounded = press.fetches <= FETCHES_MAX && press.connects <= CONNECTS_MAX;
    engine_free(press.engine);
    conn_free(press.conn);
    return bounded ? NULL : "P16: a server whose streams end is pressed";
}
