/* The shipped backends on bodies in their systems' shapes, down to the decoded rows. */
#include <blotter/adapt/translate.h>
#include <blotter/core/decode.h>
#include <blotter/core/derive.h>

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

static char *read_sample(const char *name, size_t *ret_len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", BROKERS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    *ret_len = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static struct adapt *open_backend(const char *name)
{
    struct buf sentences;
    struct adapt_source source = {.shipped_dir = BACKENDS};
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = adapt_load(name, &source, &sentences);
    bool good = adapt != NULL && adapt_compile(adapt, &sentences);
    if (!good) {
        fail_msg("%s", sentences.data);
    }
    assert_true(adapt_is_shipped(adapt));
    buf_done(&sentences);
    return adapt;
}

/* The answers joined and decoded. names ends in NULL. */
static struct snapshot *decode(struct adapt *adapt, enum resource resource,
                               const char *const *names)
{
    struct buf rows, body;
    struct fault fault = {0};
    buf_init(&rows, 1 << 20);
    buf_init(&body, 1 << 20);
    for (; *names != NULL; names++) {
        size_t len;
        char *text = read_sample(*names, &len);
        if (!translate_rows(adapt, resource, text, len, &rows, &fault)) {
            fail_msg("%s: %s", *names, fault.text);
        }
        free(text);
    }
    assert_true(translate_body(resource, &rows, &body));
    struct snapshot *snapshot = decode_body(resource, body.data, body.len, &fault);
    if (snapshot == NULL) {
        fail_msg("%s", fault.text);
    }
    buf_done(&rows);
    buf_done(&body);
    return snapshot;
}

static struct snapshot *decode_one(struct adapt *adapt, enum resource resource, const char *name)
{
    return decode(adapt, resource, (const char *const[]){name, NULL});
}

static void expect_number(double value, double expected)
{
    if (isnan(expected)) {
        assert_true(isnan(value));
    } else {
        assert_true(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected)));
    }
}

static const struct order *find_order(const struct snapshot *snapshot, const char *id)
{
    size_t i = model_find(snapshot, id);
    assert_true(i < snapshot->row_count);
    return &snapshot->orders[i];
}

static const struct order *order_of(const struct snapshot *snapshot, const char *symbol)
{
    for (size_t i = 0; i < snapshot->row_count; i++) {
        if (strcmp(snapshot->orders[i].symbol, symbol) == 0) {
            return &snapshot->orders[i];
        }
    }
    fail_msg("no order of %s", symbol);
    return snapshot->orders;
}

/* What a member of a row reads as in the body, digits and all. */
static void expect_raw(const struct row *row, const char *member, const char *expected)
{
    struct span value;
    assert_true(span_member(row->raw, member, &value));
    assert_int_equal(value.len, strlen(expected));
    assert_memory_equal(value.ptr, expected, value.len);
}

/* --- Alpaca ---------------------------------------------------------------------------------- */

static void test_alpaca_rows(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("alpaca");
    struct snapshot *orders = decode_one(adapt, RESOURCE_ORDERS, "alpaca-orders.json");
    assert_int_equal(orders->row_count, 13);
    size_t legs = 0;
    for (size_t i = 0; i < orders->row_count; i++) {
        legs += *orders->orders[i].parent_id != '\0';
    }
    assert_int_equal(legs, 3);
    const struct order *spy = order_of(orders, "SPY");
    expect_number(spy->notional, 500);
    expect_number(spy->quantity, NAN);
    expect_number(spy->filled, 0.890472);
    const struct order *spread = find_order(orders, "b10773e5-0000-4000-8000-000000000039");
    assert_string_equal(spread->symbol, "");
    assert_string_equal(spread->side, "");
    assert_int_equal(spread->class, ORDER_OPEN);
    bool whole = false;
    for (size_t i = 0; i < orders->row_count; i++) {
        struct span quantity;
        span_member(orders->orders[i].row.raw, "quantity", &quantity);
        whole |= span_string_equals(quantity, "0.123456789");
    }
    assert_true(whole);
    snapshot_unref(orders);

    struct snapshot *positions = decode_one(adapt, RESOURCE_POSITIONS, "alpaca-positions.json");
    assert_int_equal(positions->row_count, 5);
    expect_number(positions->positions[2].quantity, -2);
    expect_raw(&positions->positions[1].row, "quantity", "\"10.123456789\"");
    expect_number(positions->positions[4].multiplier, 100);
    assert_string_equal(positions->positions[3].segment, "crypto");
    snapshot_unref(positions);

    struct snapshot *account = decode_one(adapt, RESOURCE_ACCOUNT, "alpaca-account.json");
    assert_int_equal(account->row_count, 1);
    expect_number(account->account->balance, 18298.092314836);
    assert_string_equal(account->account->currency, "USD");
    snapshot_unref(account);

    struct snapshot *lists = decode_one(adapt, RESOURCE_WATCHLISTS, "alpaca-watchlist.json");
    assert_int_equal(lists->list_count, 1);
    assert_string_equal(lists->lists[0].name, "Primary Watchlist");
    assert_string_equal(lists->items[0].symbol, "AAPL");
    snapshot_unref(lists);
    adapt_free(adapt);
}

/* Runs a function that appends text, on a sample. */
static void expect_text(struct adapt *adapt, const char *what, const char *sample,
                        const char *expected)
{
    struct buf out;
    struct fault fault;
    size_t len;
    char *text = read_sample(sample, &len);
    buf_init(&out, 1 << 20);
    bool good = strcmp(what, "quotes") == 0 ? translate_quotes(adapt, text, len, &out, &fault)
                : strcmp(what, "covers") == 0
                    ? translate_covers(adapt, text, len, &out)
                    : translate_values(adapt, (size_t)(*what - '0'), text, len, &out, &fault);
    assert_int_equal(good, expected != NULL);
    if (expected != NULL && strncmp(out.data, expected, strlen(expected)) != 0) {
        fail_msg("%s", out.data);
    }
    buf_done(&out);
    free(text);
}

static void test_alpaca_rest(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("alpaca-live");
    assert_int_equal(adapt_backend(adapt)->badge, BACKEND_REAL);
    expect_text(adapt, "quotes", "alpaca-snapshots.json",
                "{\"updates\":[{\"symbol\":\"AAPL\",\"ltp\":187.44,\"open\":187.8149,");
    expect_text(adapt, "quotes", "alpaca-crypto-snapshots.json",
                "{\"updates\":[{\"symbol\":\"BTC/USD\",\"ltp\":64250.137,");
    expect_text(adapt, "0", "alpaca-watchlists.json", "[\"b10773e5-0000-4000-8000-00000000003d\"");
    size_t len;
    bool is_open = false;
    int64_t next_ms = 0;
    struct fault fault;
    char *text = read_sample("alpaca-clock.json", &len);
    assert_true(translate_clock(adapt, text, len, 0, &is_open, &next_ms, &fault));
    assert_true(is_open);
    assert_int_equal(next_ms, INT64_C(1795899600000)); /* 2026-11-28T16:00:00-05:00 */
    free(text);
    adapt_free(adapt);
}

/* Two owners: it works for the one when the other has let it go. */
static void test_shared(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("alpaca");
    bool is_open = false;
    int64_t next_ms = 0;
    struct fault fault;
    size_t len;
    char *text = read_sample("alpaca-clock.json", &len);
    assert_ptr_equal(adapt_share(adapt), adapt);
    adapt_free(adapt);
    assert_true(translate_clock(adapt, text, len, 0, &is_open, &next_ms, &fault));
    free(text);
    adapt_free(adapt);
}

static void expect_refusal(const char *backend, const char *sample, const char *expected,
                           bool expired)
{
    struct adapt *adapt = open_backend(backend);
    struct translate_refusal refusal;
    size_t len;
    char *text = read_sample(sample, &len);
    char *body = strstr(text, "\n\n");
    assert_non_null(body);
    body += 2;
    translate_refusal(adapt, body, len - (size_t)(body - text), &refusal);
    assert_string_equal(refusal.text, expected);
    assert_int_equal(refusal.expired, expired);
    free(text);
    adapt_free(adapt);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal("alpaca", "alpaca-401.txt", "request is not authorized", false);
    expect_refusal("alpaca", "alpaca-422.txt", "invalid status: bogus. allowed: open, closed, all",
                   false);
    expect_refusal("alpaca", "alpaca-429.txt", "rate limit exceeded", false);
    expect_refusal("oanda", "oanda-401.txt", "Insufficient authorization to perform request",
                   false);
    expect_refusal("kite", "kite-403.txt", "Incorrect `api_key` or `access_token`", true);
    expect_refusal("kite", "kite-429.txt", "Too many requests", false);
    expect_refusal("trading212", "t212-401.txt", "", false);
    expect_refusal("trading212", "t212-429.txt", "TooManyRequests", false);
    expect_refusal("tradier", "tradier-401.txt", "Invalid Access Token", false);
}

/* --- OANDA ----------------------------------------------------------------------------------- */

static void test_oanda(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("oanda");
    struct snapshot *orders = decode_one(adapt, RESOURCE_ORDERS, "oanda-orders.json");
    const struct order *trailing = find_order(orders, "6380");
    assert_string_equal(trailing->symbol, "");
    expect_number(trailing->price, NAN);
    expect_number(trailing->quantity, NAN);
    const struct order *sold = find_order(orders, "6373");
    assert_int_equal(sold->direction, ORDER_SELL);
    expect_number(sold->quantity, 5000);
    assert_string_equal(sold->currency, "JPY");
    expect_raw(&sold->row, "price", "\"151.250\"");
    assert_int_equal(find_order(orders, "6375")->class, ORDER_DEAD);
    assert_int_equal(find_order(orders, "6371")->class, ORDER_DONE);
    int64_t created_ms = trailing->created_ms;
    snapshot_unref(orders);

    orders = decode_one(adapt, RESOURCE_ORDERS, "oanda-orders-unix-times.json");
    assert_int_equal(find_order(orders, "6380")->created_ms, created_ms);
    snapshot_unref(orders);

    struct snapshot *positions = decode_one(adapt, RESOURCE_POSITIONS, "oanda-positions.json");
    assert_int_equal(positions->row_count, 4);
    size_t euro = 0;
    for (size_t i = 0; i < positions->row_count; i++) {
        euro += strcmp(positions->positions[i].symbol, "EUR_USD") == 0;
    }
    assert_int_equal(euro, 2);
    expect_number(positions->positions[1].quantity, -3000);
    expect_number(positions->positions[3].unrealized_pnl, 4.3632);
    assert_string_equal(positions->positions[3].currency, "JPY");
    snapshot_unref(positions);

    struct snapshot *account = decode_one(adapt, RESOURCE_ACCOUNT, "oanda-summary.json");
    expect_number(account->account->balance, 25147.4158);
    snapshot_unref(account);
    expect_text(adapt, "0", "oanda-accounts.json",
                "[\"101-004-7700123-001\",\"101-004-7700123-002\"]");
    expect_text(adapt, "covers", "oanda-orders.json", "6380");
    expect_text(adapt, "covers", "oanda-accounts.json", NULL);
    expect_text(adapt, "quotes", "oanda-pricing.json",
                "{\"updates\":[{\"symbol\":\"EUR_USD\",\"instrumentId\":\"EUR_USD\",\"bid\":"
                "\"1.08412\",\"ask\":\"1.08427\"}");
    adapt_free(adapt);
}

/* --- Kite ------------------------------------------------------------------------------------ */

static void test_kite(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("kite");
    struct snapshot *orders = decode_one(adapt, RESOURCE_ORDERS, "kite-orders.json");
    assert_int_equal(orders->row_count, 14);
    assert_string_equal(orders->orders[0].row.id, "261128000000338");
    const struct order *market = find_order(orders, "261128000000117");
    expect_number(market->price, NAN);
    assert_int_equal(market->class, ORDER_DONE);
    /* 02:08:22 in India is 20:38:22 of the day before. */
    assert_int_equal(market->created_ms, INT64_C(1795811902000));
    assert_int_equal(find_order(orders, "261128000000134")->class, ORDER_PART);
    assert_int_equal(find_order(orders, "261128000000151")->class, ORDER_DEAD);
    assert_int_equal(find_order(orders, "261128000000168")->class, ORDER_REJECTED);
    assert_int_equal(find_order(orders, "261128000000185")->class, ORDER_OPEN);
    assert_string_equal(find_order(orders, "261128000000185")->status, "TRIGGER PENDING");
    assert_string_equal(find_order(orders, "261128000000219")->symbol, "M&M");
    expect_number(find_order(orders, "261128000000219")->price, 2980);
    snapshot_unref(orders);

    struct snapshot *positions = decode_one(adapt, RESOURCE_POSITIONS, "kite-positions.json");
    assert_string_equal(positions->positions[0].row.id, "NSE:RELIANCE:MIS");
    expect_number(positions->positions[2].multiplier, 10);
    assert_true(positions->positions[3].is_closed);
    expect_number(positions->positions[3].average_price, NAN);
    snapshot_unref(positions);

    struct snapshot *account = decode_one(adapt, RESOURCE_ACCOUNT, "kite-margins.json");
    expect_number(account->account->available_margin, 99725.05);
    snapshot_unref(account);
    expect_text(adapt, "quotes", "kite-quote.json",
                "{\"updates\":[{\"instrumentId\":\"NSE:INFY\",\"symbol\":\"INFY\",\"ltp\":1812.35");
    adapt_free(adapt);
}

/* The clock has no address: weekdays, 9:00 to 23:55 in India. */
static void test_kite_clock(void **state)
{
    (void)state;
    static const struct {
        int64_t now_s;
        bool open;
        int64_t next_s;
    } rows[] = {
        {1795829905, false, 1796009400}, /* Saturday 7:08 -> Monday 9:00 */
        {1795800000, true, 1795803900},  /* Friday 22:50 -> 23:55 */
        {1795743000, false, 1795750200}, /* Friday 7:00 -> 9:00 */
        {1795804000, false, 1796009400}, /* Friday 23:56 -> Monday */
        {1795900000, false, 1796009400}, /* Sunday -> Monday */
    };
    struct adapt *adapt = open_backend("kite");
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool is_open = !rows[i].open;
        int64_t next_ms = 0;
        struct fault fault;
        assert_true(
            translate_clock(adapt, NULL, 0, rows[i].now_s * 1000, &is_open, &next_ms, &fault));
        assert_int_equal(is_open, rows[i].open);
        assert_int_equal(next_ms, rows[i].next_s * 1000);
    }
    adapt_free(adapt);
}

/* --- Trading 212, Tradier --------------------------------------------------------------------- */

static void test_trading212(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("trading212");
    struct snapshot *orders = decode_one(adapt, RESOURCE_ORDERS, "t212-orders.json");
    const struct order *sold = order_of(orders, "RRl_EQ");
    assert_int_equal(sold->direction, ORDER_SELL);
    expect_number(sold->quantity, 25);
    expect_number(sold->price, 520);
    assert_string_equal(sold->currency, "GBX");
    assert_int_equal(order_of(orders, "VUSAl_EQ")->class, ORDER_PART);
    expect_number(find_order(orders, "30110077013")->quantity, 0.1234567);
    assert_string_equal(orders->orders[orders->row_count - 1].row.id, "30110077013");
    snapshot_unref(orders);
    struct snapshot *positions = decode_one(adapt, RESOURCE_POSITIONS, "t212-positions.json");
    assert_int_equal(positions->row_count, 3);
    assert_string_equal(positions->positions[1].currency, "GBX");
    assert_string_equal(positions->positions[1].value_currency, "GBP");
    expect_number(positions->positions[1].unrealized_pnl, 317.7);
    snapshot_unref(positions);
    struct snapshot *account = decode_one(adapt, RESOURCE_ACCOUNT, "t212-summary.json");
    assert_string_equal(account->account->row.id, "27651234");
    expect_number(account->account->used_margin, NAN);
    snapshot_unref(account);
    assert_false(adapt_backend(adapt)->panes[RESOURCE_WATCHLISTS].present);
    assert_true(adapt_backend(adapt)->panes[RESOURCE_ORDERS].only_open);
    adapt_free(adapt);
}

/* What an option's symbol says of it. */
static void expect_segments(struct adapt *adapt)
{
    static const struct {
        const char *symbol, *segment;
        double multiplier;
    } rows[] = {
        {"F", "equity", NAN},
        {"BRK.B", "equity", NAN},
        {"F271217P00009500", "option", 100},
        {"BRK.B271217C00600000", "option", 100},
        {"AAPL1271217C00600000", "adjusted option", NAN}, /* 10 a contract, or 100 and something */
        {"SPY271217X00600000", "equity", NAN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[256];
        struct buf text, whole;
        struct fault fault;
        buf_init(&text, 1 << 16);
        buf_init(&whole, 1 << 16);
        int len = snprintf(body, sizeof body,
                           "{\"positions\":{\"position\":{\"id\":1,\"symbol\":\"%s\","
                           "\"quantity\":2,\"cost_basis\":2410}}}",
                           rows[i].symbol);
        assert_true(translate_rows(adapt, RESOURCE_POSITIONS, body, (size_t)len, &text, &fault) &&
                    translate_body(RESOURCE_POSITIONS, &text, &whole));
        struct snapshot *snapshot = decode_body(RESOURCE_POSITIONS, whole.data, whole.len, &fault);
        assert_non_null(snapshot);
        assert_string_equal(snapshot->positions[0].segment, rows[i].segment);
        expect_number(snapshot->positions[0].multiplier, rows[i].multiplier);
        snapshot_unref(snapshot);
        buf_done(&text);
        buf_done(&whole);
    }
}

static void test_tradier(void **state)
{
    (void)state;
    static const struct {
        const char *sample;
        enum resource resource;
        size_t rows;
    } shapes[] = {
        {"tradier-orders-many.json", RESOURCE_ORDERS, 11},
        {"tradier-orders-one.json", RESOURCE_ORDERS, 1},
        {"tradier-orders-none.json", RESOURCE_ORDERS, 0},
        {"tradier-positions-many.json", RESOURCE_POSITIONS, 3},
        {"tradier-positions-one.json", RESOURCE_POSITIONS, 1},
        {"tradier-positions-none.json", RESOURCE_POSITIONS, 0},
        {"tradier-balances.json", RESOURCE_ACCOUNT, 1},
        {"tradier-watchlist.json", RESOURCE_WATCHLISTS, 2},
    };
    struct adapt *adapt = open_backend("tradier");
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct snapshot *rows = decode_one(adapt, shapes[i].resource, shapes[i].sample);
        assert_int_equal(rows->row_count, shapes[i].rows);
        snapshot_unref(rows);
    }
    struct snapshot *orders = decode_one(adapt, RESOURCE_ORDERS, "tradier-orders-many.json");
    assert_string_equal(orders->orders[0].row.id, "228711");
    assert_string_equal(orders->orders[1].parent_id, "228711");
    assert_string_equal(orders->orders[1].symbol, "SPY271217C00600000");
    expect_number(orders->orders[1].multiplier, 100);
    /* The spread is not priced as the share is. */
    assert_string_equal(orders->orders[0].symbol, "SPY");
    assert_string_equal(orders->orders[0].segment, "multileg");
    assert_string_not_equal(orders->orders[0].instrument_id, "SPY");
    assert_int_equal(find_order(orders, "228702")->direction, ORDER_SELL);
    expect_number(find_order(orders, "228702")->price, NAN);
    assert_string_equal(find_order(orders, "228707")->failure_reason, "not enough buying power");
    snapshot_unref(orders);
    struct snapshot *positions =
        decode_one(adapt, RESOURCE_POSITIONS, "tradier-positions-many.json");
    struct figure average = position_average(&positions->positions[0]);
    expect_number(average.value, 171.2);
    assert_true(average.derived);
    expect_number(position_average(&positions->positions[2]).value, 12.05);
    expect_number(positions->positions[2].multiplier, 100);
    assert_string_equal(positions->positions[2].segment, "option");
    snapshot_unref(positions);
    expect_segments(adapt);
    expect_text(adapt, "0", "tradier-profile.json", "[\"VA00000001\",\"VA00000002\"]");
    expect_text(adapt, "1", "tradier-watchlists.json", "[\"default\",\"cars\"]");
    expect_text(adapt, "quotes", "tradier-quotes.json",
                "{\"updates\":[{\"symbol\":\"AAPL\",\"ltp\":187.44,\"change\":2.34");
    adapt_free(adapt);
}

/* Two accounts: their rows are joined, the account is the first. */
static void test_joined(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("tradier");
    struct snapshot *rows =
        decode(adapt, RESOURCE_POSITIONS,
               (const char *const[]){"tradier-positions-none.json", "tradier-positions-one.json",
                                     "tradier-positions-none.json", NULL});
    assert_int_equal(rows->row_count, 1);
    snapshot_unref(rows);
    rows = decode(adapt, RESOURCE_ACCOUNT,
                  (const char *const[]){"tradier-balances.json", "tradier-balances.json", NULL});
    assert_int_equal(rows->row_count, 1);
    snapshot_unref(rows);
    adapt_free(adapt);
}

/* --- streams --------------------------------------------------------------------------------- */

/* "order_placed 6381, changed 6381": what the messages of a stream become. */
static void put_events(struct adapt *adapt, const char *data, size_t len, struct buf *out)
{
    struct translate_message message = {"message", "", data, 7, 0, len};
    struct buf events;
    struct fault fault;
    struct span_iterator it = {0};
    struct span all, key, event, member;
    buf_init(&events, 1 << 20);
    if (!translate_event(adapt, &message, &events, &fault)) {
        buf_printf(out, "? %s\n", fault.text);
        buf_done(&events);
        return;
    }
    assert_true(span_check(events.data, events.len, &all, NULL));
    while (span_next(all, &it, &key, &event)) {
        char name[64] = "", id[64] = "";
        assert_true(span_member(event, "event", &member));
        span_string(member, name, sizeof name);
        if (span_member(event, "id", &member)) {
            span_string(member, id, sizeof id);
        }
        buf_printf(out, "%s %s\n", name, id);
    }
    buf_done(&events);
}

static void test_oanda_stream(void **state)
{
    (void)state;
    static const char expected[] = "heartbeat 6380\n"
                                   "order_placed 6381\n"
                                   "heartbeat 6381\n"
                                   "order_executed 6382\nchanged 6382\n"
                                   "heartbeat 6383\n"
                                   "heartbeat 6383\n"
                                   "changed 6384\n"
                                   "changed 6385\n";
    struct adapt *adapt = open_backend("oanda");
    size_t len;
    char *text = read_sample("oanda-transactions.ndjson", &len);
    struct buf out;
    buf_init(&out, 4096);
    for (char *at = text; at < text + len;) {
        char *stop = memchr(at, '\n', (size_t)(text + len - at));
        put_events(adapt, at, (size_t)(stop - at), &out);
        at = stop + 1;
    }
    assert_string_equal(out.data, expected);
    buf_done(&out);
    free(text);
    adapt_free(adapt);
}

static void test_alpaca_stream(void **state)
{
    (void)state;
    struct adapt *adapt = open_backend("alpaca");
    size_t len;
    char *text = read_sample("alpaca-trades.sse", &len);
    struct buf out;
    buf_init(&out, 4096);
    for (char *at = text; (at = strstr(at, "\ndata: ")) != NULL;) {
        at += strlen("\ndata: ");
        put_events(adapt, at, strcspn(at, "\n"), &out);
    }
    static const char first[] = "order_placed 01M8FWV58R0000000028T5CY4G\n"
                                "changed 01M8FWV58R0000000028T5CY4G\n"
                                "order_updated 01M8FWV5CT0000000028T5CY4G\n"
                                "changed 01M8FWV5CT0000000028T5CY4G\n"
                                "order_executed 01M8FWV5H20000000028T5CY4G\n";
    assert_int_equal(strncmp(out.data, first, strlen(first)), 0);
    assert_null(strchr(out.data, '?'));
    buf_clear(&out);
    put_events(adapt, "hello", 5, &out);
    put_events(adapt, "{\"event\":\"news\"}", 16, &out);
    assert_string_equal(out.data, "? alpaca.jq: event: Cannot index string with string \"order\"\n"
                                  "? alpaca.jq: event: makes nothing of the message\n");
    buf_done(&out);
    free(text);
    adapt_free(adapt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alpaca_rows),  cmocka_unit_test(test_alpaca_rest),
        cmocka_unit_test(test_shared),       cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_oanda),        cmocka_unit_test(test_kite),
        cmocka_unit_test(test_kite_clock),   cmocka_unit_test(test_trading212),
        cmocka_unit_test(test_tradier),      cmocka_unit_test(test_joined),
        cmocka_unit_test(test_oanda_stream), cmocka_unit_test(test_alpaca_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
