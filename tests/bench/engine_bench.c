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

/* The row in the middle has that status. */
static void make_orders(struct buf *body, unsigned rows, const char *status)
{
    buf_append_text(body, "{\"orders\":[");
    for (unsigned i = 0; i < rows; i++) {
        buf_printf(
            body,
            "%s{\"id\":\"o%u\",\"symbol\":\"SYMBOL%u\",\"quantity\":9,\"orderType\":\"LIMIT\","
            "\"orderSide\":\"BUY\",\"price\":%u.05,\"averagePrice\":null,\"filledQuantity\":0,"
            "\"productType\":\"NRML\",\"status\":\"%s\",\"createdAt\":"
            "\"2025-01-27T03:45:00.000Z\",\"executedAt\":null,\"stock\":{\"symbol\":"
            "\"SYMBOL%u\",\"name\":\"Some Company Ltd\",\"ltp\":2770.13,\"instrumentId\":"
            "\"NSE-%u\"}}",
            i > 0 ? "," : "", i, i % 50, i % 5000, i == rows / 2 ? status : "PENDING", i % 50,
            i % 50);
    }
    buf_append_text(body, "]}");
}

static bool answer(struct engine *engine, struct moment now, const struct buf *orders,
                   const struct buf *positions)
{
    const struct buf *bodies[] = {orders, positions, NULL, NULL};
    static const char *const others[] = {NULL, NULL, "{\"account\":null}", "{\"watchlists\":[]}"};
    struct engine_action action;
    bool any = false;
    while (engine_next_action(engine, now, &action)) {
        const struct buf *big = bodies[action.resource];
        struct engine_response response = {
            .status = 200,
            .body = big != NULL ? big->data : others[action.resource],
            .body_len = big != NULL ? big->len : strlen(others[action.resource]),
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
    double ns = (now_ns() - start) / (double)ROUNDS;
    printf("pnl message, %2u rows  %10.0f ns  %6.2f allocations\n", updates, ns,
           (double)(allocations - before) / (double)ROUNDS);
}

static void order_event(char *data, size_t size, unsigned order, const char *status)
{
    snprintf(data, size,
             "{\"event\":\"order_updated\",\"data\":{\"orderId\":\"o%u\",\"symbol\":\"S\","
             "\"quantity\":9,\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\",\"status\":"
             "\"%s\",\"price\":2308.42,\"tradingAccountId\":\"x\"},"
             "\"timestamp\":\"2025-01-27T10:00:00.000Z\"}",
             order, status);
}

static void bench_burst(struct engine *engine, struct moment now, unsigned rows)
{
    char data[512];
    order_event(data, sizeof data, rows / 2, "PENDING");
    feed(engine, now, data);
    enum { ROUNDS = 20000 };
    size_t before = allocations;
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        feed(engine, now, data);
    }
    double ns = (now_ns() - start) / (double)ROUNDS;
    printf("order event, in a burst %8.0f ns  %6.2f allocations\n", ns,
           (double)(allocations - before) / (double)ROUNDS);
}

/* An order changes again and again; each time the event comes, then the answer that has it. */
static void bench_orders(struct engine *engine, struct moment now, unsigned rows,
                         const struct buf *positions)
{
    static const char *const statuses[] = {"OPEN", "EXECUTED"};
    struct buf orders[2];
    char data[2][512];
    for (int i = 0; i < 2; i++) {
        buf_init(&orders[i], SIZE_MAX);
        make_orders(&orders[i], rows, statuses[i]);
        order_event(data[i], sizeof data[i], rows / 2, statuses[i]);
    }
    int rounds = rows > 1000 ? 20000000 / (int)rows / 100 + 20 : 5000;
    double patched = 0;
    double confirmed = 0;
    size_t patched_allocations = 0;
    size_t confirmed_allocations = 0;
    for (int i = -10; i < rounds; i++) {
        now.mono_us += 300000;
        size_t counts[3] = {allocations};
        double times[3] = {now_ns()};
        feed(engine, now, data[i & 1]);
        counts[1] = allocations;
        times[1] = now_ns();
        answer(engine, now, &orders[i & 1], positions);
        times[2] = now_ns();
        counts[2] = allocations;
        if (i >= 0) { /* the first only warm up */
            patched += times[1] - times[0];
            confirmed += times[2] - times[1];
            patched_allocations += counts[1] - counts[0];
            confirmed_allocations += counts[2] - counts[1];
        }
    }
    printf("order event, patched    %8.0f ns  %6.2f allocations\n", patched / rounds,
           (double)patched_allocations / rounds);
    printf("its answer, decoded     %8.0f ns  %6.2f allocations\n", confirmed / rounds,
           (double)confirmed_allocations / rounds);
    buf_done(&orders[0]);
    buf_done(&orders[1]);
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
    struct buf orders;
    buf_init(&orders, SIZE_MAX);
    make_orders(&orders, rows, "PENDING");
    struct engine_settings settings;
    engine_settings_default(&settings);
    struct engine *engine = engine_new(&settings);
    struct moment now = {1000000, 1700000000000};
    engine_start(engine, now);
    answer(engine, now, &orders, &positions);
    engine_stream_opened(engine, now);
    feed(engine, now, "{\"event\":\"connected\",\"data\":{}}");
    now.mono_us += 1000000;
    answer(engine, now, &orders, &positions);
    printf("%u positions, %u orders\n", rows, rows);
    bench_figures(engine, now, rows, 1);
    bench_figures(engine, now, rows, 10);
    bench_burst(engine, now, rows);
    bench_orders(engine, now, rows, &positions);
    engine_free(engine);
    buf_done(&orders);
    buf_done(&positions);
    return 0;
}
