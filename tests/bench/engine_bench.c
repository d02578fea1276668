/*
 * What an event costs the engine: time and allocations, for figures that are shown only (steady
 * state) and for events that are confirmed by a response. Usage: engine_bench [ROWS]
 */
#include <blotter/core/buf.h>
#include <blotter/core/engine.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Counted by standing in front of the C library's: malloc, calloc, realloc. */
static size_t allocations;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* others may use the machine */
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void make_positions(struct buf *body, unsigned rows)
{
    buf_append_text(body, "{\"positions\":[");
    for (unsigned i = 0; i < rows; i++) {
        buf_printf(body,
                   "%s{\"id\":\"188c3c58-66e5-467d-%08x\",\"symbol\":\"S%u\",\"quantity\":8,"
                   "\"averagePrice\":2673.74,\"unrealizedPnL\":276.48,\"dayPnL\":-749.52,"
                   "\"currentPrice\":2708.3,\"stock\":{\"instrumentId\":\"NSE-%u\"}}",
                   i > 0 ? "," : "", i, i, i);
    }
    buf_append_text(body, "]}");
}

static bool answer(struct engine *engine, struct moment now, const struct buf *positions)
{
    static const char *const others[] = {
        "{\"orders\":[{\"id\":\"a\",\"symbol\":\"S\",\"quantity\":9,\"orderSide\":\"BUY\","
        "\"status\":\"PENDING\"}]}",
        NULL, "{\"account\":null}", "{\"watchlists\":[]}"};
    struct engine_action action;
    bool any = false;
    while (engine_next_action(engine, now, &action)) {
        bool big = others[action.resource] == NULL;
        struct engine_response response = {
            .status = 200,
            .body = big ? positions->data : others[action.resource],
            .body_len = big ? positions->len : strlen(others[action.resource]),
        };
        engine_fetch_ok(engine, now, action.fetch_id, &response);
        any = true;
    }
    return any;
}

static void feed(struct engine *engine, struct moment now, const char *data)
{
    struct sse_event sse = {
        .type = "message", .type_len = 7, .data = data, .data_len = strlen(data), .id = ""};
    struct event event;
    event_parse(&sse, &event);
    engine_event(engine, now, &event);
}

static void bench_figures(struct engine *engine, struct moment now, unsigned rows, unsigned updates)
{
    char data[8192];
    size_t used = (size_t)snprintf(data, sizeof data,
                                   "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[");
    for (unsigned i = 0; i < updates; i++) {
        used += (size_t)snprintf(data + used, sizeof data - used,
                                 "%s{\"positionId\":\"188c3c58-66e5-467d-%08x\",\"unrealizedPnL\":"
                                 "%u.25,\"dayPnL\":-4.5,\"currentPrice\":2709.1,\"updatedAtMs\":1}",
                                 i > 0 ? "," : "", i * 7 % rows, i);
    }
    snprintf(data + used, sizeof data - used, "]},\"timestamp\":\"2025-01-27T10:00:00.000Z\"}");
    feed(engine, now, data);
    enum { ROUNDS = 20000 };
    size_t before = allocations;
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        feed(engine, now, data);
    }
    double ns = (now_ns() - start) / ROUNDS;
    printf("pnl message, %2u rows  %10.0f ns  %6.2f allocations\n", updates, ns,
           (double)(allocations - before) / ROUNDS);
}

static void bench_orders(struct engine *engine, struct moment now, const struct buf *positions)
{
    const char *data = "{\"event\":\"order_updated\",\"data\":{\"orderId\":\"a\",\"symbol\":\"S\","
                       "\"quantity\":9,\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\",\"status\":"
                       "\"PENDING\",\"price\":2308.42,\"tradingAccountId\":\"x\"},"
                       "\"timestamp\":\"2025-01-27T10:00:00.000Z\"}";
    feed(engine, now, data);
    enum { ROUNDS = 20000 };
    size_t before = allocations;
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        feed(engine, now, data);
    }
    double ns = (now_ns() - start) / ROUNDS;
    printf("order event, in a burst %8.0f ns  %6.2f allocations\n", ns,
           (double)(allocations - before) / ROUNDS);
    before = allocations;
    start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        now.mono_us += 300000;
        feed(engine, now, data);
        answer(engine, now, positions);
    }
    ns = (now_ns() - start) / ROUNDS;
    printf("order event + confirmed %8.0f ns  %6.2f allocations\n", ns,
           (double)(allocations - before) / ROUNDS);
}

int main(int argc, char **argv)
{
    unsigned rows = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
    if (rows == 0) {
        return 2;
    }
    struct buf positions;
    buf_init(&positions, SIZE_MAX);
    make_positions(&positions, rows);
    struct engine_settings settings;
    engine_settings_default(&settings);
    struct engine *engine = engine_new(&settings);
    struct moment now = {1000000, 1700000000000};
    engine_start(engine, now);
    answer(engine, now, &positions);
    engine_stream_opened(engine, now, false);
    feed(engine, now, "{\"event\":\"connected\",\"data\":{}}");
    now.mono_us += 1000000;
    answer(engine, now, &positions);
    printf("%u positions\n", rows);
    bench_figures(engine, now, rows, 1);
    bench_figures(engine, now, rows, 10);
    bench_orders(engine, now, &positions);
    engine_free(engine);
    buf_done(&positions);
    return 0;
}
