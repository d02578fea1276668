/* The SSE parser alone, from bytes: figure, budget, ratio. */
#include <blotter/core/sse.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_SIZE ((size_t)16384) /* what libcurl hands over at once */
#define BUDGET_GB 1.0

static void count_event(void *user, const struct sse_event *event)
{
    size_t *total = user;
    *total += event->data_len + 1;
}

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void measure(const char *name, const char *event, size_t event_len, size_t repeat)
{
    size_t len = event_len * repeat;
    char *input = malloc(len);
    for (size_t i = 0; i < repeat; i++) {
        memcpy(input + i * event_len, event, event_len);
    }
    double best = 0;
    size_t total = 0;
    struct sse_handler handler = {.on_event = count_event, .user = &total};
    struct sse *sse = sse_new(&handler, 0);
    for (int round = 0; round < 7; round++) {
        double start = now_s();
        for (size_t at = 0; at < len; at += READ_SIZE) {
            sse_feed(sse, input + at, len - at < READ_SIZE ? len - at : READ_SIZE);
        }
        double rate = (double)len / (now_s() - start) / 1e9;
        best = rate > best ? rate : best;
    }
    printf("sse %-28s %6.2f GB/s  budget %.1f  ratio %.2f  (%zu bytes out)\n", name, best,
           BUDGET_GB, best / BUDGET_GB, total / 7);
    sse_free(sse);
    free(input);
}

int main(void)
{
    static const char typical[] = "data: "
                                  "{\"event\":\"order_executed\",\"data\":{\"orderId\":\"b62f7065-"
                                  "6263-4a35-afa7-c5fc876ca5ca\","
                                  "\"symbol\":\"NTPC\",\"quantity\":187,\"orderType\":\"LIMIT\","
                                  "\"status\":\"EXECUTED\",\"price\":2308.47},"
                                  "\"timestamp\":\"2026-11-23T17:35:52.449Z\"}\n\n";
    static const char with_id[] =
        "id: 123456\ndata: "
        "{\"event\":\"order_executed\",\"data\":{\"orderId\":\"b62f7065-6263-4a35-afa7\","
        "\"symbol\":\"NTPC\",\"quantity\":187,\"orderType\":\"LIMIT\",\"status\":\"EXECUTED\","
        "\"price\":2308.47},"
        "\"timestamp\":\"2026-11-23T17:35:52.449Z\"}\r\n\r\n";
    static const char tiny[] = "data: x\n\n";
    static const char euro[] =
        "data: \xe2\x82\xac 100 \xe2\x82\xac 200 \xe2\x82\xac 300 \xe2\x82\xac\n\n";
    size_t large_len = (size_t)4 << 20;
    char *large = malloc(large_len);
    memset(large, 'x', large_len);
    memcpy(large, "data: ", 6);
    memcpy(large + large_len - 2, "\n\n", 2);
    measure("typical events", typical, sizeof typical - 1, 200000);
    measure("with id and CRLF", with_id, sizeof with_id - 1, 200000);
    measure("4 MiB lines", large, large_len, 16);
    measure("tiny events", tiny, sizeof tiny - 1, 2000000);
    measure("short, much non-ASCII", euro, sizeof euro - 1, 1000000);
    free(large);
    return 0;
}
