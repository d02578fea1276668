#include "market/market.h"
#include "market/market_private.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_MS INT64_C(1764000000000)

static const char world[] =
    "INSERT INTO users (id) VALUES ('u1'), ('u2');"
    "INSERT INTO trading_accounts (id, userId, balance, availableMargin, createdAt, updatedAt)"
    " VALUES ('a1', 'u1', 500000, 500000, '', ''), ('a2', 'u2', 800000, 800000, '', '');"
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
    " INSERT INTO stocks (id, instrumentId, symbol, name, ltp, open, high, low, close, lot_size,"
    "  token, createdAt, updatedAt) SELECT 's' || i, 'NSE-' || i, 'SYM' || i, 'Symbol ' || i, i * "
    "100,"
    "  i * 100, i * 100, i * 100, i * 100, iif(i % 5 = 0, 25, NULL), i, '', '' FROM n;"
    "INSERT INTO watchlists (id, userId, name) VALUES ('w1', 'u1', 'One'), ('w2', 'u2', 'Two');"
    "INSERT INTO watchlist_items (id, watchlistId, stockId) VALUES ('i1', 'w1', 's1');";

static void exec(struct db *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db_handle(db), sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s: %s", sql, error);
    }
}

static int setup(void **state)
{
    struct fault fault;
    struct db *db = db_open(":memory:", &fault);
    exec(db, world);
    assert_true(trade_settle_accounts(db));
    exec(db, "DELETE FROM events; DELETE FROM ticked_positions; DELETE FROM ticked_stocks");
    *state = db;
    return 0;
}

static int teardown(void **state)
{
    db_close(*state);
    return 0;
}

static double number(struct db *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db_handle(db), sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    double result = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

static void number_is(struct db *db, const char *sql, double expected)
{
    double actual = number(db, sql);
    if (fabs(actual - expected) > 0.001) {
        fail_msg("%s: %.4f, not %.4f", sql, actual, expected);
    }
}

static void assert_adds_up(struct db *db)
{
    number_is(db,
              "SELECT count(*) FROM trading_accounts a WHERE usedMargin < 0"
              " OR abs(availableMargin - (balance - usedMargin)) > 0.001"
              " OR abs(usedMargin - coalesce((SELECT sum(blockedMargin) FROM orders"
              "    WHERE tradingAccountId = a.id AND status = 'PENDING'), 0)"
              "  - coalesce((SELECT sum(abs(quantity) * averagePrice) FROM positions"
              "    WHERE tradingAccountId = a.id), 0)) > 0.001"
              " OR abs(balance - (SELECT sum(iif(type = 'CREDIT', amount, -amount))"
              "    FROM transactions WHERE tradingAccountId = a.id)) > 0.001",
              0);
    number_is(db,
              "SELECT count(*) FROM orders WHERE (status = 'PENDING' AND orderType = 'LIMIT'"
              "  AND abs(blockedMargin - (quantity - filledQuantity) * price) > 0.001)"
              " OR (status <> 'PENDING' AND blockedMargin <> 0)"
              " OR (status = 'EXECUTED') <> (filledQuantity = quantity)",
              0);
}

/* Steps the market as its own answers ask, by hand. */
static struct moment run(struct market *market, struct moment from, double seconds)
{
    int64_t end_us = from.mono_us + (int64_t)(seconds * 1e6);
    struct moment now = from;
    while (now.mono_us < end_us) {
        int64_t next_us = market_step(market, now);
        assert_true(next_us > now.mono_us);
        next_us = next_us > end_us ? end_us : next_us;
        now.wall_ms += next_us / 1000 - now.mono_us / 1000;
        now.mono_us = next_us;
    }
    return now;
}

static const struct moment start = {.mono_us = 5000000, .wall_ms = START_MS};

static void test_still_market_does_nothing(void **state)
{
    struct market_settings settings = {1, 0, 0};
    struct market *market = market_new(NULL, *state, &settings);
    assert_true(market_step(market, start) == MOMENT_NEVER);
    number_is(*state, "SELECT count(*) FROM events", 0);
    market_free(market);
}

static void test_quotes_alone(void **state)
{
    struct market_settings settings = {1, 0, 2};
    struct market *market = market_new(NULL, *state, &settings);
    run(market, start, 30);
    assert_in_range(market_stats(market).quotes, 58, 60);
    number_is(*state, "SELECT count(*) FROM events", 0);
    assert_true(number(*state, "SELECT count(*) FROM ticked_stocks") == 20);
    number_is(*state,
              "SELECT count(*) FROM stocks WHERE abs(ltp * 20 - round(ltp * 20)) > 1e-6"
              " OR abs(change - (ltp - close)) > 0.001 OR high < ltp OR low > ltp OR volume < 1"
              " OR abs(changePercent - change / close * 100) > 0.006",
              0);
    market_free(market);
}

/* Seed in, tables out: as one text. */
static char *after_a_minute(uint64_t seed)
{
    struct db *db;
    setup((void **)&db);
    struct market_settings settings = {seed, 20, 3};
    struct market *market = market_new(NULL, db, &settings);
    run(market, start, 60);
    market_free(market);
    char *text = db_text(
        db,
        "SELECT group_concat(line, char(10)) FROM ("
        "SELECT id || status || quantity || filledQuantity || coalesce(averagePrice, '') || "
        "createdAt"
        " || coalesce(executedAt, '') || blockedMargin AS line FROM orders UNION ALL "
        "SELECT id || quantity || averagePrice || unrealizedPnL || dayPnL || createdAt || updatedAt"
        " || coalesce(stopLoss, '') FROM positions UNION ALL "
        "SELECT id || balance || usedMargin || updatedAt FROM trading_accounts UNION ALL "
        "SELECT id || type || amount || createdAt FROM transactions"
        " WHERE description <> 'Opening balance' UNION ALL "
        "SELECT id || ltp || high || low || volume || updatedAt FROM stocks UNION ALL "
        "SELECT id || stockId FROM watchlist_items UNION ALL "
        "SELECT user_id || type || data FROM events)",
        "");
    db_close(db);
    return text;
}

static void test_same_seed_same_market(void **state)
{
    (void)state;
    char *one = after_a_minute(42);
    char *two = after_a_minute(42);
    char *other = after_a_minute(43);
    assert_true(strlen(one) > 100000);
    assert_string_equal(one, two);
    assert_string_not_equal(one, other);
    free(one);
    free(two);
    free(other);
}

static void test_pace_is_kept(void **state)
{
    static const double rates[] = {0.5, 1, 7, 100, 2000};
    struct moment now = start;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct market_settings settings = {7, rates[i], 0};
        struct market *market = market_new(NULL, *state, &settings);
        double seconds = rates[i] < 50 ? 100 : 2;
        exec(*state, "DELETE FROM events");
        now = run(market, now, seconds);
        double events = number(*state, "SELECT count(*) FROM events");
        double due = rates[i] * 2 * seconds;
        if (fabs(events - due) > fmax(5, due * 0.02)) {
            fail_msg("rate %g: %g events in %g s, %g are due", rates[i], events, seconds, due);
        }
        assert_int_equal(market_stats(market).events, (int64_t)events);
        market_free(market);
    }
}

static void test_both_users_and_all_kinds(void **state)
{
    struct market_settings settings = {3, 100, 1};
    struct market *market = market_new(NULL, *state, &settings);
    run(market, start, 60);
    static const char *const types[] = {
        "order_placed",    "order_executed",   "order_cancelled",      "order_updated",
        "position_opened", "position_updated", "position_closed",      "balance_updated",
        "margin_blocked",  "margin_released",  "watchlist_item_added", "watchlist_item_removed"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int64_t users = db_int(
            *state, 0, "SELECT count(DISTINCT user_id) FROM events WHERE type = ?", "s", types[i]);
        if (users != 2) {
            fail_msg("%s: seen by %d users of 2", types[i], (int)users);
        }
    }
    assert_true(
        number(*state, "SELECT count(*) FROM events WHERE data ->> '$.status' = 'REJECTED'") > 3);
    number_is(*state, "SELECT count(*) FROM events WHERE user_id NOT IN ('u1', 'u2')", 0);
    double shares = number(*state, "SELECT avg(user_id = 'u1') FROM events");
    assert_true(shares > 0.45 && shares < 0.55);
    assert_adds_up(*state);
    market_free(market);
}

/* Two days and more: what piles up is cleared away, money and prices stay within reason. */
static void test_steady_for_days(void **state)
{
    struct market_settings settings = {11, 30, 0.5};
    struct market *market = market_new(NULL, *state, &settings);
    struct moment now = start;
    for (int hour = 0; hour < 54; hour++) {
        exec(*state, "DELETE FROM events");
        now = run(market, now, 10);
        now.mono_us += INT64_C(3590000000);
        now.wall_ms += 3590000;
        if (hour % 9 == 0) {
            assert_adds_up(*state);
        }
    }
    assert_adds_up(*state);
    assert_true(market_stats(market).events > 25000);
    assert_true(number(*state,
                       "SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY"
                       " tradingAccountId)") <= MARKET_ORDERS_KEEP + MARKET_PENDING_MAX + 110);
    assert_true(number(*state, "SELECT count(*) FROM orders WHERE status = 'PENDING'") <= 62);
    assert_true(number(*state, "SELECT count(*) FROM positions WHERE quantity <> 0") <= 26);
    assert_true(number(*state, "SELECT count(*) FROM positions") <= 2 * (MARKET_CLOSED_KEEP + 120));
    assert_true(number(*state, "SELECT count(*) FROM transactions") <=
                2 * (MARKET_TRANSACTIONS_KEEP + 120));
    assert_true(number(*state, "SELECT count(*) FROM transactions WHERE description ="
                               " 'Carried forward'") == 2);
    assert_true(number(*state, "SELECT count(*) FROM watchlist_items") <= 2 * MARKET_ITEMS_MAX);
    number_is(*state,
              "SELECT count(*) FROM trading_accounts WHERE balance NOT BETWEEN 200000 AND 1700000",
              0);
    number_is(*state,
              "SELECT count(*) FROM stocks s WHERE ltp NOT BETWEEN token * 60 AND token * 160", 0);
    number_is(*state, "SELECT count(*) FROM meta WHERE name = 'pruning'", 0);
    market_free(market);
}

static void test_much_seed_data_stays_much(void **state)
{
    exec(*state,
         "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
         " INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity, orderType, "
         "orderSide,"
         "  price, status, createdAt) SELECT 'o' || i, 'a1', 's1', 'SYM1', 1, 'LIMIT', 'BUY', 1,"
         "  iif(i <= 100, 'PENDING', 'CANCELLED'), '2025-01-01' FROM n");
    assert_true(trade_settle_accounts(*state));
    struct market_settings settings = {5, 500, 0};
    struct market *market = market_new(NULL, *state, &settings);
    run(market, start, 10);
    assert_in_range(number(*state, "SELECT count(*) FROM orders WHERE tradingAccountId = 'a1'"),
                    2900, 3700);
    assert_in_range(number(*state, "SELECT count(*) FROM orders WHERE tradingAccountId = 'a2'"),
                    100, MARKET_ORDERS_KEEP + MARKET_PENDING_MAX + 110);
    assert_adds_up(*state);
    market_free(market);
}

static void test_a_stray_balance_comes_back(void **state)
{
    struct market_settings settings = {5, 50, 0};
    struct market *market = market_new(NULL, *state, &settings);
    struct moment now = run(market, start, 5);
    exec(*state, "UPDATE trading_accounts SET balance = 10; ");
    assert_true(trade_settle_accounts(*state));
    run(market, now, 2);
    number_is(*state,
              "SELECT count(*) FROM trading_accounts WHERE balance BETWEEN 450000 AND 850000", 2);
    number_is(*state, "SELECT count(*) FROM transactions WHERE description = 'Funds added'", 2);
    assert_adds_up(*state);
    market_free(market);
}

/* What there is to be seen within a minute of the usual rate, whatever the seed. */
static void test_a_minute_tells_the_story(void **state)
{
    static const char *const kinds[] = {
        "SELECT count(*) FROM orders WHERE status = 'REJECTED' AND failureReason LIKE '% %'",
        ("SELECT count(*) FROM events WHERE type = 'order_updated'"
         " AND data ->> '$.filledQuantity' > 0"),
        "SELECT count(*) FROM positions WHERE closedAt IS NOT NULL",
        "SELECT count(*) FROM watchlist_items WHERE alertPrice IS NOT NULL",
        "SELECT sum(passed) FROM stops",
        "SELECT sum(waiting) FROM stops",
    };
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct db *db;
        setup((void **)&db);
        exec(db, "CREATE TEMP TABLE stops (passed, waiting)");
        struct market_settings settings = {seed, 2, 1};
        struct market *market = market_new(NULL, db, &settings);
        struct moment now = start;
        for (int second = 0; second < 60; second++) {
            now = run(market, now, 1);
            db_run(
                db,
                "INSERT INTO stops SELECT (SELECT count(*) FROM positions p JOIN stocks s"
                " ON s.id = stockId WHERE (ltp - stopLoss) * quantity < 0),"
                " (SELECT count(*) FROM orders WHERE status = 'PENDING' AND orderType ="
                " 'MARKET' AND julianday(?1, 'unixepoch') - julianday(createdAt) > 10 / 86400.0)",
                "i", now.wall_ms / 1000);
        }
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (number(db, kinds[i]) < 1) {
                fail_msg("seed %d: none: %s", (int)seed, kinds[i]);
            }
        }
        market_free(market);
        db_close(db);
    }
}

/* The list of what was closed today stays as long as there are symbols, and adds up to the same. */
static void test_closed_rows_of_a_symbol_become_one(void **state)
{
    struct book book = {.db = *state, .dice = &(struct dice){{1}}};
    const struct market_trader trader = {.orders_keep = 10, .closed_keep = 10};
    exec(*state,
         "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
         " INSERT INTO positions (id, tradingAccountId, symbol, quantity, averagePrice, dayPnL,"
         "  realizedPnL, dayStart, closedAt) SELECT 'p' || i, 'a1', 'SYM' || (i % 4), 0, 1, i, 2 * "
         "i,"
         "  i, iif(i % 5 = 0, '2026-11-27', '2026-11-28') FROM n");
    market_broom(&book, &trader, "a1");
    assert_false(book.failed);
    number_is(*state, "SELECT count(*) FROM positions", 8);
    number_is(*state, "SELECT sum(dayPnL) FROM positions", 820);
    number_is(*state, "SELECT sum(realizedPnL - dayStart) FROM positions", 820);
    number_is(*state, "SELECT dayPnL FROM positions WHERE id = 'p40'", 60);
}

static void test_a_new_day_starts_from_nothing(void **state)
{
    struct book book = {.db = *state, .dice = &(struct dice){{1}}};
    exec(*state,
         "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity, averagePrice,"
         " realizedPnL) VALUES ('p1', 'a1', 's1', 'SYM1', 10, 90, 7)");
    book_set_price(&book, "s1", 100);
    number_is(*state, "SELECT dayPnL FROM positions", 107);
    book_new_day(&book);
    number_is(*state, "SELECT dayPnL FROM positions", 0);
    book_set_price(&book, "s1", 98);
    number_is(*state, "SELECT dayPnL FROM positions", -20);
    number_is(*state, "SELECT unrealizedPnL FROM positions", 80);
}

/* A world with nothing in it, or with things no market expects, is borne. */
static void test_odd_worlds(void **state)
{
    exec(*state,
         "UPDATE stocks SET ltp = 0, close = 0, open = NULL, high = NULL, low = NULL;"
         "UPDATE stocks SET lot_size = 5000000 WHERE id = 's3';"
         "INSERT INTO positions (id, tradingAccountId, symbol, quantity, averagePrice) VALUES"
         " ('p1', 'a1', 'GONE', 5, 0), ('p2', 'a1', 'GONE', -7, 3);"
         "INSERT INTO orders (id, tradingAccountId, symbol, quantity, orderType, orderSide,"
         " filledQuantity) VALUES ('o1', 'a2', 'GONE', 5, 'MARKET', 'BUY', 0),"
         " ('o2', 'a2', 'GONE', 5, 'MARKET', 'BUY', 9)");
    struct market_settings settings = {9, 200, 5};
    struct market *market = market_new(NULL, *state, &settings);
    struct moment now = run(market, start, 10);
    assert_true(market_stats(market).skipped == 0);
    assert_true(market_stats(market).events > 2000);
    exec(*state, "DELETE FROM stocks");
    now.mono_us += 20000000;
    now = run(market, now, 15);
    exec(*state, "DELETE FROM users");
    now.mono_us += 20000000;
    run(market, now, 15);
    market_free(market);
}

static void test_price_walk(void **state)
{
    (void)state;
    struct dice dice;
    dice_seed(&dice, 1);
    double price = 100, low = 1e9, high = 0, sum = 0;
    for (int i = 0; i < 100000; i++) {
        price = market_next_price(&dice, price, 100, 0.0008);
        low = fmin(low, price);
        high = fmax(high, price);
        sum += price;
    }
    assert_true(low >= 90 && low < 99.5);
    assert_true(high <= 110 && high > 100.5);
    assert_true(fabs(sum / 100000 - 100) < 1);
    assert_true(market_next_price(&dice, 0.05, 0.05, 0.01) >= 0.05);
    assert_true(market_tick(0) == 0.05);
    assert_true(market_tick(12.34) == 12.35);
}

static void test_pace_is_changed_and_bounded(void **state)
{
    struct market_settings settings = {1, -5, NAN};
    struct market *market = market_new(NULL, *state, &settings);
    assert_true(market_step(market, start) == MOMENT_NEVER);
    market_set_rate(market, 1e9);
    struct moment now = run(market, start, 0.25);
    assert_in_range(market_stats(market).events, 4500, 5200);
    market_set_rate(market, 0);
    assert_true(market_step(market, now) == MOMENT_NEVER);
    market_set_quotes(market, 10);
    assert_true(market_step(market, now) < MOMENT_NEVER);
    market_free(market);
    market_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_still_market_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quotes_alone, setup, teardown),
        cmocka_unit_test(test_same_seed_same_market),
        cmocka_unit_test_setup_teardown(test_pace_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_users_and_all_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_steady_for_days, setup, teardown),
        cmocka_unit_test_setup_teardown(test_much_seed_data_stays_much, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stray_balance_comes_back, setup, teardown),
        cmocka_unit_test(test_a_minute_tells_the_story),
        cmocka_unit_test_setup_teardown(test_closed_rows_of_a_symbol_become_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_new_day_starts_from_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_worlds, setup, teardown),
        cmocka_unit_test(test_price_walk),
        cmocka_unit_test_setup_teardown(test_pace_is_changed_and_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
