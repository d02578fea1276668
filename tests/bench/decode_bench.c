/*
 * How fast a body becomes rows, anew and after another that is nearly the same, and how much memory
 * it takes. Usage: decode_bench [ROWS]
 */
#include <blotter/core/buf.h>
#include <blotter/core/decode.h>
#include <blotter/core/span.h>

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* others may use the machine */
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One row has another status than the others. */
static void make_orders(struct buf *body, unsigned first, unsigned rows, unsigned other)
{
    buf_append_text(body, "{\"success\":true,\"orders\":[");
    for (unsigned i = first; i < rows; i++) {
        buf_printf(
            body,
            "%s{\"id\":\"%08x-d22b-49b3-a5fc-3454%08x\",\"symbol\":\"SYMBOL%u\",\"quantity\":%u,"
            "\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\",\"price\":%u.%02u,"
            "\"averagePrice\":%u.%02u,\"filledQuantity\":%u,\"productType\":\"NRML\","
            "\"status\":\"%s\",\"createdAt\":\"2025-01-27T03:45:%02u.000Z\","
            "\"executedAt\":\"2025-01-27T03:45:%02u.350Z\",\"stock\":{\"symbol\":\"SYMBOL%u\","
            "\"name\":\"Some Company %u Ltd\",\"ltp\":%u.%02u,\"instrumentId\":\"NSE-%u\"}}",
            i > first ? "," : "", i * 2654435761u, i, i % 50, i, i % 5000, i % 100, i % 5000,
            i % 100, i, i == other ? "CANCELLED" : "EXECUTED", i % 60, i % 60, i % 50, i % 50,
            i % 5000, i % 100, i % 50);
    }
    buf_append_text(body, "]}");
}

/* Fifty lists, without the item of that number. */
static void make_lists(struct buf *body, unsigned items, unsigned missing)
{
    buf_append_text(body, "{\"watchlists\":[");
    for (unsigned i = 0, list = 0; list < 50; list++) {
        buf_printf(body, "%s{\"id\":\"list-%u\",\"userId\":\"u\",\"name\":\"List %u\",\"items\":[",
                   list > 0 ? "," : "", list, list);
        for (bool first = true; i < items * (list + 1) / 50; i++) {
            if (i == missing) {
                continue;
            }
            buf_printf(
                body,
                "%s{\"id\":\"%08x-d22b-49b3-a5fc-3454%08x\",\"watchlistId\":\"list-%u\","
                "\"token\":%u,\"createdAt\":\"2025-01-27T03:45:00.000Z\",\"notes\":null,"
                "\"sortOrder\":%u,\"stock\":{\"id\":\"%08x\",\"instrumentId\":\"NSE-%u\","
                "\"symbol\":"
                "\"SYMBOL%u\",\"exchange\":\"NSE\",\"name\":\"Some Company %u Ltd\",\"segment\":"
                "\"NSE\",\"ltp\":%u.%02u,\"open\":%u.5,\"high\":%u.9,\"low\":%u.1,\"close\":%u,"
                "\"volume\":%u,\"change\":1.5,\"changePercent\":0.25,\"isActive\":true}}",
                first ? "" : ",", i * 2654435761u, i, list, i, i, i * 40503u, i, i, i, i % 5000,
                i % 100, i, i, i, i, i * 7);
            first = false;
        }
        buf_append_text(body, "]}");
    }
    buf_append_text(body, "]}");
}

/* The fastest of some runs after the same body before. */
static double time_next(enum resource resource, const struct snapshot *before,
                        const struct buf *body)
{
    double best = 1e9;
    for (int run = 0; run < 50; run++) {
        struct fault fault;
        double start = now_ms();
        struct snapshot *next =
            decode_next(before, resource, (struct span){body->data, body->len}, &fault);
        double took = now_ms() - start;
        best = took < best ? took : best;
        snapshot_unref(next);
    }
    return best;
}

static void bench_next(const struct buf *body, unsigned rows)
{
    static const struct {
        const char *name;
        unsigned first;
    } cases[] = {{"one changed", 1}, {"one in front", 0}};
    struct fault fault;
    struct snapshot *before = decode_body(RESOURCE_ORDERS, body->data, body->len, &fault);
    for (unsigned i = 0; i < 2; i++) {
        struct buf next;
        buf_init(&next, SIZE_MAX);
        make_orders(&next, cases[i].first, rows + 1, i == 0 ? rows / 2 : UINT_MAX);
        double best = time_next(RESOURCE_ORDERS, before, &next);
        printf("%-13s %10.3f ms %8.0f MB/s\n", cases[i].name, best, (double)next.len / 1e3 / best);
        buf_done(&next);
    }
    snapshot_unref(before);
}

static void bench_lists(unsigned items)
{
    struct fault fault;
    struct buf body, next;
    buf_init(&body, SIZE_MAX);
    buf_init(&next, SIZE_MAX);
    make_lists(&body, items, items / 2);
    make_lists(&next, items, UINT_MAX);
    struct snapshot *before = decode_body(RESOURCE_WATCHLISTS, body.data, body.len, &fault);
    double anew = time_next(RESOURCE_WATCHLISTS, NULL, &next);
    double best = time_next(RESOURCE_WATCHLISTS, before, &next);
    printf("watchlists    %10.3f ms anew, %.2f MB\n", anew, (double)next.len / 1e6);
    printf("one item more %10.3f ms %8.0f MB/s\n", best, (double)next.len / 1e3 / best);
    snapshot_unref(before);
    buf_done(&body);
    buf_done(&next);
}

int main(int argc, char **argv)
{
    unsigned rows = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
    struct buf body;
    buf_init(&body, SIZE_MAX);
    make_orders(&body, 1, rows + 1, UINT_MAX);
    double best_check = 1e9;
    double best_decode = 1e9;
    size_t held = 0;
    for (int run = 0; run < 20; run++) {
        struct span top;
        double start = now_ms();
        if (!span_check(body.data, body.len, &top, NULL)) {
            return 1;
        }
        double checked = now_ms();
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        struct fault fault;
        struct snapshot *snapshot = decode_body(RESOURCE_ORDERS, body.data, body.len, &fault);
        double decoded = now_ms();
        held = mallinfo2().uordblks + mallinfo2().hblkhd - before;
        if (snapshot == NULL || snapshot->row_count != rows) {
            return 1;
        }
        snapshot_unref(snapshot);
        best_check = checked - start < best_check ? checked - start : best_check;
        best_decode = decoded - checked < best_decode ? decoded - checked : best_decode;
    }
    double mb = (double)body.len / 1e6;
    printf("body          %10.2f MB, %u rows\n", mb, rows);
    printf("span_check    %10.2f ms %8.0f MB/s\n", best_check, mb / best_check * 1e3);
    printf("decode_body   %10.2f ms %8.0f MB/s\n", best_decode, mb / best_decode * 1e3);
    printf("memory        %10.1f bytes a row beside the body\n",
           ((double)held - (double)body.len) / rows);
    bench_next(&body, rows);
    bench_lists(rows);
    buf_done(&body);
    return 0;
}
