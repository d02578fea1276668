#include <blotter/core/decode.h>
#include <blotter/core/iso8601.h>
#include <blotter/core/tape.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
/* 2025-01-27 10:00:00 UTC, when everything below begins. */
#define NOW_MS INT64_C(1737972000000)

struct bench {
    struct tape *tape;
    struct moment now;
};

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){tape_new(), {1000000, NOW_MS}};
}

static void later(struct bench *bench, int64_t ms)
{
    bench->now.mono_us += ms * 1000;
    bench->now.wall_ms += ms;
}

/* --- what is told --------------------------------------------------------------------------- */

static void event_of(struct bench *bench, const char *type, const char *data, uint64_t id,
                     bool covered)
{
    char text[2048], at[ISO8601_SIZE], id_text[32];
    iso8601_format(bench->now.wall_ms, at);
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"data\":%s,\"timestamp\":\"%s\"}", type, data,
             at);
    snprintf(id_text, sizeof id_text, "%llu", (unsigned long long)id);
    struct sse_event sse = {.type = "message",
                            .type_len = 7,
                            .data = text,
                            .data_len = strlen(text),
                            .id = id_text,
                            .id_len = id > 0 ? strlen(id_text) : 0};
    struct event event;
    assert_true(event_parse(&sse, &event));
    event.id = id;
    tape_event(bench->tape, bench->now, &event, covered);
}

static void rows_of(struct bench *bench, enum resource resource, const char *rows, bool fresh)
{
    char body[4096];
    struct fault fault;
    snprintf(body, sizeof body, "{\"success\":true,\"%s\":[%s]}", resource_info(resource)->member,
             rows);
    struct snapshot *snapshot = decode_body(resource, body, strlen(body), &fault);
    assert_non_null(snapshot);
    tape_rows(bench->tape, bench->now, snapshot, fresh);
    snapshot_unref(snapshot);
}

#define ORDER_ROW(id, side, qty, filled, price, avg, status, reason)                               \
    "{\"id\":\"" id "\",\"symbol\":\"TCS\",\"quantity\":" #qty                                     \
    ",\"orderType\":\"LIMIT\",\"orderSide\":\"" side "\",\"price\":" #price                        \
    ",\"averagePrice\":" #avg ",\"filledQuantity\":" #filled                                       \
    ",\"productType\":\"MIS\",\"status\":\"" status "\",\"failureReason\":" reason                 \
    ",\"createdAt\":\"2025-01-27T10:00:01.000Z\",\"executedAt\":null,"                             \
    "\"stock\":{\"symbol\":\"TCS\",\"name\":\"TCS\",\"ltp\":4121,\"instrumentId\":\"i\"}}"
#define ORDER_EVENT(id, side, qty, filled, price, avg, status)                                     \
    "{\"orderId\":\"" id "\",\"symbol\":\"TCS\",\"quantity\":" #qty                                \
    ",\"orderType\":\"LIMIT\",\"orderSide\":\"" side "\",\"status\":\"" status                     \
    "\",\"price\":" #price ",\"tradingAccountId\":\"a\",\"filledQuantity\":" #filled               \
    ",\"averagePrice\":" #avg "}"
#define POSITION_ROW(id, qty, realized, more)                                                      \
    "{\"id\":\"" id "\",\"symbol\":\"SBIN\",\"quantity\":" #qty                                    \
    ",\"averagePrice\":800,\"unrealizedPnL\":0,\"dayPnL\":0,\"stopLoss\":null,\"target\":null,"    \
    "\"createdAt\":\"2025-01-27T09:00:00.000Z\",\"stock\":null,\"currentPrice\":810,"              \
    "\"currentValue\":0,\"investedValue\":0,\"realizedPnL\":" #realized more "}"
#define POSITION_EVENT(id, qty, more)                                                              \
    "{\"positionId\":\"" id "\",\"symbol\":\"SBIN\",\"quantity\":" #qty                            \
    ",\"averagePrice\":800,\"tradingAccountId\":\"a\"" more "}"

/* --- what the tape says, oldest first: "WORD line; more|…" ---------------------------------- */

static void read_tape(const struct tape *tape, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = tape_count(tape); i-- > 0 && len + 1 < size;) {
        struct tape_words words;
        tape_words_make(tape_at(tape, i), NULL, &words);
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s %s%s%s", len > 0 ? "|" : "", words.word,
                             words.line, words.more[0] != '\0' ? "; " : "", words.more);
    }
}

static void says(const struct bench *bench, const char *name, const char *expected)
{
    char text[4096];
    read_tape(bench->tape, text, sizeof text);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s: the tape says\n  %s\nnot\n  %s", name, text, expected);
    }
}

struct step {
    const char *what; /* an event's type, "orders", "positions", "cached orders" …; NULL: the end */
    const char *text;
    bool covered;
};

static void take_step(struct bench *bench, const struct step *step)
{
    bool cached = strncmp(step->what, "cached ", 7) == 0;
    const char *what = cached ? step->what + 7 : step->what;
    enum resource resource;
    if (resource_parse(what, strlen(what), &resource)) {
        rows_of(bench, resource, step->text, !cached);
    } else {
        event_of(bench, what, step->text, 0, step->covered);
    }
    later(bench, 1000);
}

#define LONG_ID "0123456789012345678901234567890123456789012345678901234567890123456789"

static void test_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct step steps[6];
        const char *expected;
    } rows[] = {
        {"what was there before is not told",
         {{"orders", ORDER_ROW("o1", "SELL", 40, 0, 4115, null, "PENDING", "null")}},
         ""},
        {"a filled order",
         {{"orders", ""},
          {"order_placed", ORDER_EVENT("o1", "SELL", 40, 0, 4115, null, "PENDING")},
          {"order_executed", ORDER_EVENT("o1", "SELL", 40, 40, 4118.2, 4118.2, "EXECUTED")}},
         "PLACED SELL 40 TCS @ 4115.00|FILLED SELL 40 TCS @ 4118.20; limit 4115.00, 1 s after "
         "placing"},
        {"the same by its rows",
         {{"orders", ""},
          {"orders", ORDER_ROW("o1", "SELL", 40, 0, 4115, null, "PENDING", "null")},
          {"orders", ORDER_ROW("o1", "SELL", 40, 40, 4115, 4118.2, "EXECUTED", "null")}},
         "PLACED SELL 40 TCS @ 4115.00|FILLED SELL 40 TCS @ 4118.20; limit 4115.00, 1 s after "
         "placing"},
        {"told by both it is one",
         {{"orders", ""},
          {"order_placed", ORDER_EVENT("o1", "SELL", 40, 0, 4115, null, "PENDING")},
          {"orders", ORDER_ROW("o1", "SELL", 40, 0, 4115, null, "PENDING", "null")},
          {"order_executed", ORDER_EVENT("o1", "SELL", 40, 40, 4118.2, 4118.2, "EXECUTED")},
          {"orders", ORDER_ROW("o1", "SELL", 40, 40, 4115, 4118.2, "EXECUTED", "null")},
          {"order_executed", ORDER_EVENT("o1", "SELL", 40, 40, 4118.2, 4118.2, "EXECUTED")}},
         "PLACED SELL 40 TCS @ 4115.00|FILLED SELL 40 TCS @ 4118.20; limit 4115.00, 2 s after "
         "placing"},
        {"a whole life between two reads",
         {{"orders", ""},
          {"orders", ORDER_ROW("o1", "BUY", 40, 40, 4115, 4114, "EXECUTED", "null")}},
         "PLACED BUY 40 TCS @ 4115.00|FILLED BUY 40 TCS @ 4114.00; limit 4115.00, 0 s after "
         "placing"},
        {"an order outside of the list",
         {{"orders", ""},
          {"order_executed", ORDER_EVENT("o9", "BUY", 5, 5, 4100, 4100, "EXECUTED")}},
         "FILLED BUY 5 TCS @ 4100.00; at market"},
        {"in parts",
         {{"orders", ""},
          {"order_placed", ORDER_EVENT("o1", "SELL", 75, 0, 182.5, null, "PENDING")},
          {"order_updated", ORDER_EVENT("o1", "SELL", 75, 25, 182.5, 182.5, "PENDING")},
          {"order_cancelled", ORDER_EVENT("o1", "SELL", 75, 25, 182.5, 182.5, "CANCELLED")}},
         "PLACED SELL 75 TCS @ 182.50|PARTIAL SELL 75 TCS @ 182.50, 25 filled|CANCEL SELL 75 TCS, "
         "25 filled"},
        {"changed",
         {{"orders", ORDER_ROW("o1", "BUY", 100, 0, 2940, null, "PENDING", "null")},
          {"order_updated", ORDER_EVENT("o1", "BUY", 100, 0, 2945, null, "PENDING")},
          {"order_updated", ORDER_EVENT("o1", "BUY", 250, 0, 2945, null, "PENDING")}},
         "CHANGED BUY 100 TCS; price 2940.00 → 2945.00|CHANGED BUY 250 TCS; quantity 100 → 250"},
        {"an update that the rows held already is not told backwards",
         {{"orders", ORDER_ROW("o1", "BUY", 100, 0, 2945, null, "PENDING", "null")},
          {"order_updated", ORDER_EVENT("o1", "BUY", 100, 0, 2940, null, "PENDING"), true}},
         ""},
        {"a reason that the rows tell later",
         {{"orders", ORDER_ROW("o1", "BUY", 500, 0, null, null, "PENDING", "null")},
          {"order_cancelled", ORDER_EVENT("o1", "BUY", 500, 0, null, null, "REJECTED")},
          {"orders", ORDER_ROW("o1", "BUY", 500, 0, null, null, "REJECTED", "\"margin\"")}},
         "REJECTED BUY 500 TCS; margin"},
        {"an end that names no more than the order",
         {{"orders", ""},
          {"order_placed", ORDER_EVENT("o1", "SELL", 75, 0, 182.5, null, "PENDING")},
          {"order_cancelled", "{\"orderId\":\"o1\",\"status\":\"CANCELLED\"}"}},
         "PLACED SELL 75 TCS @ 182.50|CANCEL SELL 75 TCS"},
        {"nothing that has ended works again",
         {{"orders", ORDER_ROW("o1", "BUY", 5, 5, 1, 1, "EXECUTED", "null")},
          {"order_updated", ORDER_EVENT("o1", "BUY", 5, 0, 1, null, "PENDING")},
          {"orders", ORDER_ROW("o1", "BUY", 5, 5, 1, 1, "EXECUTED", "null")}},
         ""},
        {"what happened since the cache was written",
         {{"cached orders", ORDER_ROW("o1", "SELL", 40, 0, 4115, null, "PENDING", "null")},
          {"orders", ORDER_ROW("o1", "SELL", 40, 40, 4115, 4118.2, "EXECUTED", "null")}},
         "FILLED SELL 40 TCS @ 4118.20; limit 4115.00, 0 s after placing"},
        {"an order word that nobody knows still works",
         {{"orders", ORDER_ROW("o1", "BUY", 5, 0, 1, null, "QUEUED", "null")},
          {"orders", ORDER_ROW("o1", "BUY", 5, 0, 2, null, "TRIGGERED", "null")}},
         "CHANGED BUY 5 TCS; price 1.00 → 2.00"},
        {"a closing by its event, then its row",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"position_closed", POSITION_EVENT("p1", 0, ",\"realizedPnL\":1235.03")},
          {"positions", POSITION_ROW("p1", 0, 1235.03, ",\"isClosed\":true")}},
         "CLOSED SBIN +1235.03"},
        {"a closing by its row alone",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", POSITION_ROW("p1", 0, -5, ",\"isClosed\":true")}},
         "CLOSED SBIN -5.00"},
        {"a position that vanishes made nobody knows what",
         {{"positions", POSITION_ROW("p1", 10, 0, "")}, {"positions", ""}},
         "CLOSED SBIN —"},
        {"… until its row is listed as closed after all",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", ""},
          {"positions", POSITION_ROW("p1", 0, 77, ",\"isClosed\":true")}},
         "CLOSED SBIN +77.00"},
        {"… under another id",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", ""},
          {"positions", POSITION_ROW("p2", 0, 77, ",\"isClosed\":true")}},
         "CLOSED SBIN +77.00"},
        {"the same position under another id is not closed",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", POSITION_ROW("p2", 10, 0, "")},
          {"positions", POSITION_ROW("p3", 10, 0, "")}},
         ""},
        {"a position that is smaller and has another id is another one",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", POSITION_ROW("p2", 5, 0, "")}},
         "CLOSED SBIN —"},
        {"an id that is too long to be kept vanishes in silence",
         {{"positions", POSITION_ROW(LONG_ID, 10, 0, "")},
          {"positions", POSITION_ROW(LONG_ID, 12, 0, "")},
          {"positions", ""}},
         ""},
        {"an id that returns closes again",
         {{"positions", POSITION_ROW("p1", 10, 0, "")},
          {"positions", POSITION_ROW("p1", 0, 1, ",\"isClosed\":true")},
          {"positions", POSITION_ROW("p1", 5, 1, "")},
          {"positions", POSITION_ROW("p1", 0, 2, ",\"isClosed\":true")}},
         "CLOSED SBIN +1.00|CLOSED SBIN +2.00"},
        {"positions closed before are not told",
         {{"positions", POSITION_ROW("p1", 0, 9, ",\"isClosed\":true")},
          {"position_closed", POSITION_EVENT("p1", 0, ",\"realizedPnL\":9")}},
         ""},
        {"the cache's rows lack nothing",
         {{"positions", POSITION_ROW("p1", 10, 0, "")}, {"cached positions", ""}},
         ""},
        {"ticks and balances are no news",
         {{"orders", ""},
          {"positions_pnl_updated", "{\"updates\":[]}"},
          {"quotes_updated", "{\"updates\":[]}"},
          {"balance_updated", "{\"tradingAccountId\":\"a\",\"balance\":1}"},
          {"order_executed", "{\"orderId\":17}"},
          {"position_closed", "[]"}},
         ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench bench;
        bench_open(&bench);
        for (const struct step *step = rows[i].steps;
             step < rows[i].steps + COUNT(rows[i].steps) && step->what != NULL; step++) {
            take_step(&bench, step);
        }
        says(&bench, rows[i].name, rows[i].expected);
        tape_free(bench.tape);
    }
}

/* What an earlier run saw working, and an answer says is over. */
static void test_remembers(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    struct order order = {
        .row = {.id = "o1"}, .symbol = "TCS", .status = "PENDING", .side = "SELL"};
    order.type = order.product = order.failure_reason = "";
    order.class = ORDER_OPEN;
    order.direction = ORDER_SELL;
    order.quantity = 40;
    order.price = 4115;
    order.average_price = order.ltp = NAN;
    order.created_ms = NOW_MS - 60000;
    order.executed_ms = MODEL_NO_TIME;
    tape_remember(bench.tape, &order);
    rows_of(&bench, RESOURCE_ORDERS,
            ORDER_ROW("o1", "SELL", 40, 40, 4115, 4118.2, "EXECUTED", "null"), true);
    says(&bench, "remembered", "FILLED SELL 40 TCS @ 4118.20; limit 4115.00");
    tape_free(bench.tape);
}

/* The price when an order was placed: asked for, or of the rows that follow at once; it stays. */
static void test_placed_at(void **state)
{
    (void)state;
    static const struct {
        int64_t rows_after_ms;
        double expected;
    } rows[] = {{1000, 4121}, {60000, NAN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench;
        bench_open(&bench);
        rows_of(&bench, RESOURCE_ORDERS, "", true);
        event_of(&bench, "order_placed", ORDER_EVENT("o1", "SELL", 40, 0, null, null, "PENDING"), 1,
                 false);
        assert_true(isnan(tape_placed_at(bench.tape, "o1")));
        assert_true(isnan(tape_placed_at(bench.tape, "another")));
        later(&bench, rows[i].rows_after_ms);
        rows_of(&bench, RESOURCE_ORDERS,
                ORDER_ROW("o1", "SELL", 40, 0, null, null, "PENDING", "null"), true);
        rows_of(&bench, RESOURCE_ORDERS,
                ORDER_ROW("o1", "SELL", 40, 40, null, 4118.2, "EXECUTED", "null"), true);
        double at = tape_placed_at(bench.tape, "o1");
        assert_true(isnan(rows[i].expected) ? isnan(at) : fabs(at - rows[i].expected) < 1e-9);
        struct tape_entry kept = *tape_at(bench.tape, tape_count(bench.tape) - 1);
        assert_int_equal(kept.kind, TAPE_PLACED);
        struct tape *next = tape_new(); /* and an earlier run's as well */
        tape_restore(next, &kept, 1);
        double then = tape_placed_at(next, "o1");
        assert_true(isnan(at) ? isnan(then) : fabs(then - at) < 1e-9);
        assert_int_equal(tape_kept(next), 1);
        tape_free(next);
        tape_free(bench.tape);
    }
}

static void test_stream(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    tape_stream(bench.tape, bench.now, true);
    says(&bench, "the first opening is no news", "");
    later(&bench, 5000);
    tape_stream(bench.tape, bench.now, false);
    later(&bench, 4100);
    tape_stream(bench.tape, bench.now, false);
    tape_stream(bench.tape, bench.now, true);
    says(&bench, "back", "STREAM back after 4.1 s");
    (void)tape_first_changed(bench.tape);
    event_of(&bench, "connected", "{\"userId\":\"u\"}", 12, false);
    event_of(&bench, "order_placed", ORDER_EVENT("o1", "BUY", 1, 0, 5, null, "PENDING"), 11, false);
    event_of(&bench, "balance_updated", "{}", 12, false);
    event_of(&bench, "balance_updated", "{}", 13, false);
    says(&bench, "replayed", "STREAM back after 4.1 s, 2 replayed|PLACED BUY 1 TCS @ 5.00");
    assert_int_equal(tape_first_changed(bench.tape), 1);
    assert_int_equal(tape_first_changed(bench.tape), 0);
    assert_int_equal(tape_numbered(bench.tape, 1)->versions, 3); /* added, completed twice */
    tape_free(bench.tape);
}

/* Counts go on where entries are thrown away, and a late amount is counted once. */
static void test_counts(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    rows_of(&bench, RESOURCE_POSITIONS, POSITION_ROW("p1", 10, 0, ""), true);
    rows_of(&bench, RESOURCE_POSITIONS, "", true);
    assert_int_equal(tape_counts(bench.tape).closed_unknown, 1);
    event_of(&bench, "position_closed", POSITION_EVENT("p1", 0, ",\"realizedPnL\":20"), 0, false);
    event_of(&bench, "position_closed", POSITION_EVENT("p1", 0, ",\"realizedPnL\":20"), 0, false);
    assert_int_equal(tape_counts(bench.tape).closed_unknown, 0);
    assert_true(fabs(tape_counts(bench.tape).closed_amount - 20) < 1e-9);
    for (int i = 0; i < TAPE_MAX + 10; i++) {
        struct tape_entry entry;
        tape_entry_init(&entry, TAPE_ALERT, NOW_MS);
        snprintf(entry.text, sizeof entry.text, "%d", i);
        tape_add(bench.tape, &entry);
    }
    assert_int_equal(tape_count(bench.tape), TAPE_MAX);
    assert_int_equal(tape_counts(bench.tape).of[TAPE_ALERT], TAPE_MAX + 10);
    assert_string_equal(tape_at(bench.tape, 0)->text, "1009");
    assert_string_equal(tape_at(bench.tape, TAPE_MAX - 1)->text, "10");
    assert_null(tape_at(bench.tape, TAPE_MAX));
    tape_free(bench.tape);
}

/* More orders than are remembered: nothing is told twice, memory stays. */
static void test_ceiling(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    rows_of(&bench, RESOURCE_ORDERS, "", true);
    for (int i = 0; i < TAPE_KNOWN_MAX + 50; i++) {
        char data[512];
        snprintf(data, sizeof data,
                 "{\"orderId\":\"o%d\",\"symbol\":\"TCS\",\"quantity\":1,\"orderType\":\"LIMIT\","
                 "\"orderSide\":\"BUY\",\"status\":\"%s\",\"price\":1}",
                 i, i % 2 == 0 ? "PENDING" : "EXECUTED");
        event_of(&bench, "order_placed", data, 0, false);
    }
    struct tape_counts counts = tape_counts(bench.tape);
    assert_int_equal(counts.of[TAPE_PLACED], TAPE_KNOWN_MAX + 50);
    assert_int_equal(counts.of[TAPE_FILLED], (TAPE_KNOWN_MAX + 50) / 2);
    event_of(&bench, "order_executed",
             "{\"orderId\":\"o0\",\"symbol\":\"TCS\",\"quantity\":1,\"orderSide\":\"BUY\","
             "\"status\":\"EXECUTED\"}",
             0, false);
    assert_int_equal(tape_counts(bench.tape).of[TAPE_FILLED], (TAPE_KNOWN_MAX + 50) / 2 + 1);
    /* Nothing but what works: the oldest go, many at a time, and what comes is known. */
    for (int i = 0; i < 4 * TAPE_KNOWN_MAX; i++) {
        char data[256];
        snprintf(data, sizeof data,
                 "{\"positionId\":\"p%d\",\"symbol\":\"S\",\"quantity\":1,\"averagePrice\":1}", i);
        event_of(&bench, "position_opened", data, 0, false);
    }
    char data[256];
    snprintf(data, sizeof data, "{\"positionId\":\"p%d\",\"symbol\":\"S\",\"quantity\":0}",
             4 * TAPE_KNOWN_MAX - 1);
    event_of(&bench, "position_closed", data, 0, false);
    event_of(&bench, "position_closed", data, 0, false);
    assert_int_equal(tape_counts(bench.tape).of[TAPE_CLOSED], 1);
    tape_free(bench.tape);
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {{MODEL_NO_TIME, ""}, {-5, ""},          {400, "0.4 s"},
                {4100, "4.1 s"},     {3000, "3 s"},     {41500, "41 s"},
                {119000, "119 s"},   {240000, "4 min"}, {4920000, "1 h 22"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[TAPE_FIGURE_MAX];
        tape_duration(rows[i].ms, out);
        assert_string_equal(out, rows[i].expected);
    }
    for (int i = 0; i < TAPE_KINDS; i++) {
        enum tape_kind kind;
        assert_true(tape_kind_parse(tape_kind_name((enum tape_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    enum tape_kind none;
    assert_false(tape_kind_parse("nothing", &none));
    struct tape_entry stop;
    struct tape_words words;
    tape_entry_init(&stop, TAPE_STOP, NOW_MS);
    snprintf(stop.symbol, sizeof stop.symbol, "TCS");
    stop.price = 183.4;
    stop.limit = 180;
    tape_words_make(&stop, NULL, &words);
    assert_string_equal(words.line, "TCS");
    assert_string_equal(words.more, "LTP 183.40 beyond 180.00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_remembers),
        cmocka_unit_test(test_placed_at), cmocka_unit_test(test_stream),
        cmocka_unit_test(test_counts),    cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
