/*
 * The engine between a hostile server and a hostile clock. Each line is an input: its first letter
 * says what happens, the rest is the body or the event that comes.
 */
#include <blotter/core/engine.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACTIONS_MAX = 64, TICKS_MAX = 64 };

struct world {
    struct engine *engine;
    struct moment now;
    uint64_t in_flight[RESOURCE_COUNT]; /* 0: none */
    uint64_t next_id;                   /* of the server's events */
};

/* At most one request per resource is under way, and a turn ends. */
static void take_actions(struct world *w)
{
    struct engine_action action;
    for (int count = 0; engine_next_action(w->engine, w->now, &action); count++) {
        uint64_t *flying = &w->in_flight[action.resource];
        if (count > ACTIONS_MAX || (action.kind == ENGINE_FETCH && *flying != 0) ||
            (action.kind == ENGINE_CANCEL && *flying != action.fetch_id)) {
            abort();
        }
        *flying = action.kind == ENGINE_FETCH ? action.fetch_id : 0;
    }
}

static void check_panes(const struct world *w)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(w->engine, (enum resource)i, &pane);
        if (pane.fetching != (w->in_flight[i] != 0)) {
            abort();
        }
        for (size_t row = 0; pane.shown != NULL && row < pane.shown->row_count; row++) {
            if (model_row(pane.shown, row)->id == NULL) {
                abort();
            }
        }
    }
}

/* Time passes up to a deadline; nothing may want to be woken for ever. */
static void pass(struct world *w, int64_t us)
{
    int64_t until = w->now.mono_us + us;
    for (int ticks = 0; engine_deadline(w->engine) <= until; ticks++) {
        if (ticks > TICKS_MAX * (1 + us / 1000000)) {
            abort();
        }
        if (engine_deadline(w->engine) > w->now.mono_us) {
            w->now.mono_us = engine_deadline(w->engine);
        }
        engine_tick(w->engine, w->now);
        take_actions(w);
    }
    w->now.mono_us = until;
}

static void answer(struct world *w, enum resource resource, const char *text, size_t len)
{
    struct engine_response response = {
        .status = 200, .body = text, .body_len = len, .duration_us = 1000};
    response.last_event_id = len % 3 == 0 ? 0 : w->next_id - len % 3;
    response.etag = len % 2 == 0 ? "\"e\"" : NULL;
    uint64_t id = w->in_flight[resource];
    w->in_flight[resource] = 0;
    engine_fetch_ok(w->engine, w->now, id, &response);
}

static void tell(struct world *w, const char *text, size_t len, const char *id)
{
    struct sse_event sse = {.type = "message", .type_len = 7, .data = text, .data_len = len};
    struct event event;
    sse.id = id;
    sse.id_len = strlen(id);
    event_parse(&sse, &event);
    engine_event(w->engine, w->now, &event);
}

static void fail(struct world *w, const char *text, size_t len)
{
    struct fault fault;
    enum resource resource = (enum resource)(len % RESOURCE_COUNT);
    enum fault_kind kind =
        (enum fault_kind)(1 + (len > 0 ? (unsigned char)text[0] : 0) % (FAULT_KIND_COUNT - 1));
    fault_set(&fault, kind, 503, "%s", "fuzzed");
    fault.retry_after_ms = len > 1 ? (int64_t)1 << (text[1] & 31) : -1;
    if (w->in_flight[resource] != 0) {
        uint64_t id = w->in_flight[resource];
        w->in_flight[resource] = 0;
        engine_fetch_failed(w->engine, w->now, id, &fault);
    } else {
        engine_stream_lost(w->engine, w->now, &fault);
    }
}

static void not_modified(struct world *w, size_t len)
{
    const struct engine_response response = {.status = 304, .etag = "\"e\"", .duration_us = 1};
    enum resource resource = (enum resource)(len % RESOURCE_COUNT);
    uint64_t id = w->in_flight[resource];
    if (id != 0) {
        w->in_flight[resource] = 0;
        engine_fetch_ok(w->engine, w->now, id, &response);
    }
}

static void step(struct world *w, char what, const char *text, size_t len)
{
    static const char bodies[] = "opaw";
    char id[24] = "";
    const char *body = memchr(bodies, what, RESOURCE_COUNT);
    if (body != NULL) {
        if (w->in_flight[body - bodies] != 0) {
            answer(w, (enum resource)(body - bodies), text, len);
        } else {
            engine_prime(w->engine, (enum resource)(body - bodies), text, len, 1000);
        }
        return;
    }
    switch (what) {
    case 'E':
        id[0] = (char)('1' + w->next_id++ % 9);
        id[1] = '0';
        tell(w, text, len, id);
        break;
    case 'e':
        tell(w, text, len, "");
        break;
    case 's':
        engine_stream_opened(w->engine, w->now);
        break;
    case 'l':
        engine_stream_lost(w->engine, w->now, NULL);
        break;
    case 'x':
        fail(w, text, len);
        break;
    case 'n':
        not_modified(w, len);
        break;
    case 't':
        pass(w, (int64_t)(len + 1) * 250000);
        w->now.wall_ms += len > 0 && text[0] == '-' ? -86400000 : 250;
        break;
    default:
        engine_trigger(w->engine, w->now, (enum engine_trigger)(what % 5),
                       (resource_mask)(len % (1u << RESOURCE_COUNT)));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct engine_settings settings;
    engine_settings_default(&settings);
    settings.seed = size;
    struct world w = {.engine = engine_new(&settings), .now = {1, 1763888400000}, .next_id = 7};
    const char *at = (const char *)data, *end = at + size;
    engine_start(w.engine, w.now);
    take_actions(&w);
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        line = line != NULL ? line : end;
        if (line > at) {
            step(&w, *at, at + 1, (size_t)(line - at - 1));
            take_actions(&w);
            check_panes(&w);
        }
        at = line < end ? line + 1 : end;
    }
    engine_stop(w.engine, w.now);
    take_actions(&w);
    engine_free(w.engine);
    return 0;
}
