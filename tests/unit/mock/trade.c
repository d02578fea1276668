#include "book/trade.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Two users with a lakh each, three stocks and a contract of lot 75. The account's arithmetic is
 * checked by plain SQL over the rows, never by the code under test.
 */
static const char world[] =
    "INSERT INTO users (id) VALUES ('u1'), ('u2'), ('poor');"
    "INSERT INTO trading_accounts (id, userId, balance, availableMargin)"
    " VALUES ('a1', 'u1', 100000, 100000), ('a2', 'u2', 100000, 100000);"
    "INSERT INTO stocks (id, instrumentId, symbol, name, ltp, close, lot_size) VALUES"
    " ('s1', 'NSE-1', 'ALPHA', 'Alpha', 100, 98, NULL),"
    " ('s2', 'NSE-2', 'BETA', 'Beta', 250.55, 251, NULL),"
    " ('s3', 'NSE-3', 'GAMMA', 'Gamma', 33.35, 33, NULL),"
    " ('s4', 'NFO-4', 'OPT', 'Option', 12.5, 12, 75);";

struct fixture {
    struct db *db;
    struct dice dice;
    struct trade_reply reply;
};

static void exec(struct db *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db_handle(db), sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s: %s", sql, error);
    }
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct fault fault;
    fixture->db = db_open(":memory:", &fault);
    exec(fixture->db, world);
    assert_true(trade_settle_accounts(fixture->db));
    exec(fixture->db, "DELETE FROM events");
    dice_seed(&fixture->dice, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    db_close(fixture->db);
    free(fixture);
    return 0;
}

static double number(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db_handle(fixture->db), sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    double result = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

static void text_is(struct fixture *fixture, const char *sql, const char *expected)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db_handle(fixture->db), sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    assert_string_equal(text == NULL ? "null" : text, expected);
    sqlite3_finalize(statement);
}

static void number_is(struct fixture *fixture, const char *sql, double expected)
{
    double actual = number(fixture, sql);
    if (fabs(actual - expected) > 0.001) {
        fail_msg("%s: %.4f, not %.4f", sql, actual, expected);
    }
}

/* Every sentence of trade.h's header about the account, for all accounts. */
static void assert_adds_up(struct fixture *fixture)
{
    number_is(fixture,
              "SELECT count(*) FROM trading_accounts a WHERE usedMargin < 0"
              " OR abs(availableMargin - (balance - usedMargin)) > 0.001"
              " OR abs(usedMargin - coalesce((SELECT sum((quantity - filledQuantity)"
              "    * CASE orderType WHEN 'LIMIT' THEN price"
              "      ELSE blockedMargin / (quantity - filledQuantity) END) FROM orders"
              "    WHERE tradingAccountId = a.id AND status = 'PENDING'), 0)"
              "  - coalesce((SELECT sum(abs(quantity) * averagePrice) FROM positions"
              "    WHERE tradingAccountId = a.id), 0)) > 0.001"
              " OR abs(balance - (SELECT sum(iif(type = 'CREDIT', amount, -amount))"
              "    FROM transactions WHERE tradingAccountId = a.id)) > 0.001",
              0);
    number_is(fixture,
              "SELECT count(*) FROM orders WHERE (status <> 'PENDING' AND blockedMargin <> 0)"
              " OR (status = 'EXECUTED') <> (filledQuantity = quantity)"
              " OR (status = 'EXECUTED') <> (executedAt IS NOT NULL)"
              " OR filledQuantity < 0 OR filledQuantity > quantity"
              " OR (filledQuantity > 0) <> (averagePrice IS NOT NULL)"
              " OR (status = 'REJECTED') <> (failureReason IS NOT NULL)",
              0);
    number_is(fixture,
              "SELECT count(*) FROM (SELECT 1 FROM positions WHERE quantity <> 0"
              " GROUP BY tradingAccountId, symbol HAVING count(*) > 1)",
              0);
    /* All money that ever came after the opening is what the positions realised. */
    number_is(
        fixture,
        "SELECT count(*) FROM trading_accounts a WHERE abs(balance - 100000"
        " - coalesce((SELECT sum(realizedPnL) FROM positions WHERE tradingAccountId = a.id), 0))"
        " > 0.001",
        0);
}

static enum trade_result place(struct fixture *fixture, const char *symbol, int64_t quantity,
                               double price)
{
    struct trade_order order = {.symbol = symbol,
                                .quantity = llabs(quantity),
                                .is_limit = !isnan(price),
                                .is_sell = quantity < 0,
                                .price = price,
                                .product = "MIS"};
    return trade_place(fixture->db, &fixture->dice, "u1", &order, &fixture->reply);
}

static enum trade_result cancel(struct fixture *fixture)
{
    struct trade_reply placed = fixture->reply;
    return trade_cancel(fixture->db, "u1", placed.id, &fixture->reply);
}

static enum trade_result execute(struct fixture *fixture)
{
    struct trade_reply placed = fixture->reply;
    return trade_execute(fixture->db, &fixture->dice, placed.id, &fixture->reply);
}

static void test_limit_order_blocks_and_cancel_releases(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "ALPHA", 10, 95), TRADE_OK);
    text_is(fixture, "SELECT status || filledQuantity FROM orders", "PENDING0");
    number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", 950);
    number_is(fixture, "SELECT availableMargin FROM trading_accounts WHERE id = 'a1'", 99050);
    text_is(fixture, "SELECT group_concat(type) FROM events", "order_placed,margin_blocked");
    assert_int_equal(cancel(fixture), TRADE_OK);
    number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", 0);
    text_is(fixture, "SELECT group_concat(type) FROM events",
            "order_placed,margin_blocked,order_cancelled,margin_released");
    assert_int_equal(cancel(fixture), TRADE_CONFLICT);
    assert_adds_up(fixture);
}

static void test_market_order_opens_enlarges_reduces_and_turns(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "ALPHA", 10, NAN), TRADE_OK);
    text_is(fixture, "SELECT status || ' ' || averagePrice FROM orders", "EXECUTED 100.0");
    text_is(fixture, "SELECT quantity || ' ' || averagePrice FROM positions", "10 100.0");
    exec(fixture->db, "UPDATE stocks SET ltp = 110 WHERE id = 's1'");
    assert_int_equal(place(fixture, "ALPHA", 30, NAN), TRADE_OK);
    text_is(fixture,
            "SELECT quantity || ' ' || averagePrice || ' ' || unrealizedPnL FROM positions",
            "40 107.5 100.0");
    number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", 4300);
    exec(fixture->db, "UPDATE stocks SET ltp = 120 WHERE id = 's1'");
    assert_int_equal(place(fixture, "ALPHA", -10, NAN), TRADE_OK);
    text_is(fixture, "SELECT quantity || ' ' || realizedPnL FROM positions", "30 125.0");
    number_is(fixture, "SELECT balance FROM trading_accounts WHERE id = 'a1'", 100125);
    text_is(fixture,
            "SELECT type || amount || description FROM transactions WHERE tradingAccountId = 'a1'"
            " AND positionId IS NOT NULL",
            "CREDIT125.0Profit on 10 ALPHA");
    exec(fixture->db, "UPDATE stocks SET ltp = 90 WHERE id = 's1'");
    assert_int_equal(place(fixture, "ALPHA", -50, NAN), TRADE_OK);
    text_is(fixture, "SELECT group_concat(quantity || ':' || realizedPnL) FROM positions",
            "0:-400.0,-20:0.0");
    number_is(fixture, "SELECT balance FROM trading_accounts WHERE id = 'a1'", 99600);
    number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", 1800);
    text_is(fixture, "SELECT group_concat(type) FROM events WHERE type LIKE 'position%'",
            "position_opened,position_updated,position_updated,position_closed,position_opened");
    assert_adds_up(fixture);
}

static void test_too_little_margin_is_rejected(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "ALPHA", 1001, 100), TRADE_INVALID);
    assert_string_equal(fixture->reply.message,
                        "Insufficient margin: needs 100100.00, available 100000.00");
    text_is(fixture, "SELECT status || ': ' || failureReason FROM orders",
            "REJECTED: Insufficient margin: needs 100100.00, available 100000.00");
    number_is(fixture, "SELECT availableMargin FROM trading_accounts WHERE id = 'a1'", 100000);
    text_is(fixture, "SELECT group_concat(type) FROM events", "order_placed,order_cancelled");
    assert_int_equal(place(fixture, "ALPHA", 1000, 100), TRADE_OK);
    assert_int_equal(place(fixture, "ALPHA", 1, 0.01), TRADE_INVALID);
    assert_adds_up(fixture);
}

static void test_modify(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "BETA", 10, 200), TRADE_OK);
    char id[64];
    memcpy(id, fixture->reply.id, sizeof id);
    static const struct {
        struct trade_change change;
        enum trade_result result;
        double used;
    } rows[] = {
        {{20, NAN}, TRADE_OK, 4000},
        {{0, 150.004}, TRADE_OK, 3000},
        {{0, NAN}, TRADE_OK, 3000},
        {{-1, NAN}, TRADE_INVALID, 3000},
        {{1000001, NAN}, TRADE_INVALID, 3000},
        {{0, 0}, TRADE_INVALID, 3000},
        {{0, -5}, TRADE_INVALID, 3000},
        {{0, INFINITY}, TRADE_INVALID, 3000},
        {{0, 5001}, TRADE_INVALID, 3000},
        {{0, 5000}, TRADE_OK, 100000},
        {{10, 1}, TRADE_OK, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(trade_modify(fixture->db, "u1", id, &rows[i].change, &fixture->reply),
                         rows[i].result);
        number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", rows[i].used);
        assert_adds_up(fixture);
    }
    struct trade_change change = {5, NAN};
    assert_int_equal(trade_modify(fixture->db, "u2", id, &change, &fixture->reply),
                     TRADE_NOT_FOUND);
    assert_int_equal(trade_modify(fixture->db, "u1", "none", &change, &fixture->reply),
                     TRADE_NOT_FOUND);
}

static void test_bad_orders_leave_no_trace(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *user;
        struct trade_order order;
        enum trade_result result;
        const char *message;
    } rows[] = {
        {"nobody",
         {"ALPHA", 1, true, false, 5, "MIS"},
         TRADE_NOT_FOUND,
         "Trading account not found"},
        {"poor", {"ALPHA", 1, true, false, 5, "MIS"}, TRADE_NOT_FOUND, "Trading account not found"},
        {"u1", {"NONE", 1, true, false, 5, "MIS"}, TRADE_INVALID, "Unknown symbol"},
        {"u1", {"' OR 1=1 --", 1, true, false, 5, "MIS"}, TRADE_INVALID, "Unknown symbol"},
        {"u1",
         {"ALPHA", 0, true, false, 5, "MIS"},
         TRADE_INVALID,
         "quantity must be from 1 to 1000000"},
        {"u1",
         {"ALPHA", -1, true, false, 5, "MIS"},
         TRADE_INVALID,
         "quantity must be from 1 to 1000000"},
        {"u1",
         {"ALPHA", INT64_MAX, true, false, 5, "MIS"},
         TRADE_INVALID,
         "quantity must be from 1 to 1000000"},
        {"u1",
         {"OPT", 74, true, false, 5, "MIS"},
         TRADE_INVALID,
         "quantity must be a multiple of the lot of 75"},
        {"u1",
         {"ALPHA", 1, true, false, NAN, "MIS"},
         TRADE_INVALID,
         "price must be from 0.01 to 10000000"},
        {"u1",
         {"ALPHA", 1, true, false, 0.001, "MIS"},
         TRADE_INVALID,
         "price must be from 0.01 to 10000000"},
        {"u1",
         {"ALPHA", 1, true, false, 1e300, "MIS"},
         TRADE_INVALID,
         "price must be from 0.01 to 10000000"},
        {"u1",
         {"ALPHA", 1, true, false, -3, "MIS"},
         TRADE_INVALID,
         "price must be from 0.01 to 10000000"},
        {"u1",
         {"ALPHA", 1, false, false, 5, "MIS"},
         TRADE_INVALID,
         "a market order takes no price"},
        {"u1",
         {"ALPHA", 1, true, false, 5, "mis"},
         TRADE_INVALID,
         "productType must be MIS, CNC or NRML"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            trade_place(fixture->db, &fixture->dice, rows[i].user, &rows[i].order, &fixture->reply),
            rows[i].result);
        assert_string_equal(fixture->reply.message, rows[i].message);
        assert_string_equal(fixture->reply.id, "");
    }
    number_is(fixture, "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM events)", 0);
}

static void test_positions(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "GAMMA", -100, NAN), TRADE_OK);
    char *id = db_text(fixture->db, "SELECT id FROM positions", "");
    struct trade_guards guards = {true, true, 40, NAN};
    assert_int_equal(trade_guard(fixture->db, "u2", id, &guards, &fixture->reply), TRADE_NOT_FOUND);
    assert_int_equal(trade_guard(fixture->db, "u1", id, &guards, &fixture->reply), TRADE_OK);
    guards = (struct trade_guards){false, true, 0, 30.25};
    assert_int_equal(trade_guard(fixture->db, "u1", id, &guards, &fixture->reply), TRADE_OK);
    text_is(fixture, "SELECT stopLoss || ' ' || target FROM positions", "40.0 30.25");
    guards = (struct trade_guards){true, false, -1, 0};
    assert_int_equal(trade_guard(fixture->db, "u1", id, &guards, &fixture->reply), TRADE_INVALID);
    guards = (struct trade_guards){true, true, NAN, NAN};
    assert_int_equal(trade_guard(fixture->db, "u1", id, &guards, &fixture->reply), TRADE_OK);
    text_is(fixture, "SELECT coalesce(stopLoss, target, 'none') FROM positions", "none");

    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u2", id, NAN, &fixture->reply),
                     TRADE_NOT_FOUND);
    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u1", id, 0, &fixture->reply),
                     TRADE_INVALID);
    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u1", id, 30, &fixture->reply),
                     TRADE_OK);
    text_is(fixture, "SELECT quantity || ' ' || realizedPnL || ' ' || unrealizedPnL FROM positions",
            "0 335.0 0.0");
    number_is(fixture, "SELECT balance FROM trading_accounts WHERE id = 'a1'", 100335);
    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u1", id, 30, &fixture->reply),
                     TRADE_NOT_FOUND);
    text_is(fixture, "SELECT data ->> '$.realizedPnL' FROM events WHERE type = 'position_closed'",
            "335.0");
    assert_adds_up(fixture);
    free(id);
}

/* A row that another program wrote does not throw the account off for good. */
static void test_others_write_too(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(place(fixture, "ALPHA", 10, 95), TRADE_OK);
    exec(fixture->db, "UPDATE orders SET status = 'CANCELLED', blockedMargin = 0");
    assert_int_equal(place(fixture, "ALPHA", 1, 95), TRADE_OK);
    number_is(fixture, "SELECT usedMargin FROM trading_accounts WHERE id = 'a1'", 95);
    exec(fixture->db, "DELETE FROM stocks WHERE id = 's1'");
    assert_int_equal(execute(fixture), TRADE_OK);
    text_is(fixture, "SELECT coalesce(stockId, 'none') || ' ' || unrealizedPnL FROM positions",
            "none 0.0");
    char *id = db_text(fixture->db, "SELECT id FROM positions", "");
    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u1", id, NAN, &fixture->reply),
                     TRADE_INVALID);
    assert_int_equal(trade_close(fixture->db, &fixture->dice, "u1", id, 95, &fixture->reply),
                     TRADE_OK);
    assert_adds_up(fixture);
    free(id);
}

static char *pick(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db_handle(fixture->db), sql, -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(statement, 1, (int64_t)dice_below(&fixture->dice, 1000));
    char *id = strdup(sqlite3_step(statement) == SQLITE_ROW
                          ? (const char *)sqlite3_column_text(statement, 0)
                          : "none");
    sqlite3_finalize(statement);
    return id;
}

static double random_price(struct dice *dice)
{
    return (double)dice_between(dice, 1, 60000) /
           200; /* half a hundredth at times: to be rounded */
}

/* One random action of a random user, most of them sensible. */
static void act(struct fixture *fixture)
{
    struct dice *dice = &fixture->dice;
    static const char *const symbols[] = {"ALPHA", "BETA", "GAMMA", "OPT", "NONE"};
    static const char *const users[] = {"u1", "u2"};
    const char *user = users[dice_below(dice, 2)];
    char *order_id = pick(fixture, "SELECT id FROM orders WHERE status = 'PENDING' OR ?1 % 10 = 0"
                                   " ORDER BY (rowid * 7919 + ?1) % 1009");
    char *position_id =
        pick(fixture, "SELECT id FROM positions ORDER BY (rowid * 7919 + ?1) % 1009");
    bool is_limit = dice_chance(dice, 0.6);
    struct trade_order order = {symbols[dice_below(dice, 5)],
                                dice_between(dice, -1, 200),
                                is_limit,
                                dice_chance(dice, 0.5),
                                is_limit ? random_price(dice) : (double)NAN,
                                "NRML"};
    order.quantity *= strcmp(order.symbol, "OPT") == 0 ? 75 : 1;
    struct trade_change change = {dice_between(dice, -1, 200),
                                  dice_chance(dice, 0.5) ? random_price(dice) : (double)NAN};
    struct trade_guards guards = {true, dice_chance(dice, 0.5), random_price(dice), NAN};
    switch (dice_below(dice, 8)) {
    case 0:
    case 1:
    case 2:
        trade_place(fixture->db, dice, user, &order, &fixture->reply);
        break;
    case 3:
        trade_modify(fixture->db, user, order_id, &change, &fixture->reply);
        break;
    case 4:
        trade_cancel(fixture->db, user, order_id, &fixture->reply);
        break;
    case 5:
        trade_execute(fixture->db, dice, order_id, &fixture->reply);
        break;
    case 6:
        trade_close(fixture->db, dice, user, position_id,
                    dice_chance(dice, 0.5) ? random_price(dice) : (double)NAN, &fixture->reply);
        break;
    default:
        trade_guard(fixture->db, user, position_id, &guards, &fixture->reply);
        db_run(fixture->db, "UPDATE stocks SET ltp = ? WHERE symbol = ?", "ds",
               fmax(1, round(random_price(dice))), order.symbol);
        break;
    }
    assert_string_not_equal(fixture->reply.message, "");
    free(order_id);
    free(position_id);
}

/* What the executed quantity of all orders comes to, less what was closed by hand, is what is held.
 */
static void assert_quantities_add_up(struct fixture *fixture)
{
    number_is(fixture,
              "SELECT count(*) FROM (SELECT p.tradingAccountId, p.symbol, sum(p.quantity) AS held,"
              " (SELECT sum(iif(orderSide = 'BUY', filledQuantity, -filledQuantity)) FROM orders o"
              "  WHERE o.tradingAccountId = p.tradingAccountId AND o.symbol = p.symbol) AS filled"
              " FROM positions p GROUP BY 1, 2) WHERE held <> filled",
              0);
}

static void test_thousands_of_random_actions(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t seeds[] = {1, 20261123, 77};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        dice_seed(&fixture->dice, seeds[i]);
        for (int step = 0; step < 1500; step++) {
            act(fixture);
            if (step % 25 == 0) {
                assert_adds_up(fixture);
            }
        }
    }
    assert_adds_up(fixture);
    assert_true(number(fixture, "SELECT count(*) FROM orders WHERE status = 'EXECUTED'") > 300);
    assert_true(number(fixture, "SELECT count(*) FROM orders WHERE status = 'REJECTED'") > 30);
    assert_true(number(fixture, "SELECT count(*) FROM positions WHERE realizedPnL < 0") > 30);
}

static void test_quantities_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct dice *dice = &fixture->dice;
    for (int step = 0; step < 1500; step++) {
        int64_t quantity = dice_between(dice, -90, 90);
        bool market = dice_chance(dice, 0.5);
        if (place(fixture, dice_chance(dice, 0.5) ? "ALPHA" : "GAMMA", quantity == 0 ? 1 : quantity,
                  market ? (double)NAN : random_price(dice)) == TRADE_OK &&
            !market) {
            if (dice_chance(dice, 0.7)) {
                execute(fixture);
            } else {
                cancel(fixture);
            }
        }
    }
    assert_quantities_add_up(fixture);
    assert_adds_up(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limit_order_blocks_and_cancel_releases, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_market_order_opens_enlarges_reduces_and_turns, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_little_margin_is_rejected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modify, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_orders_leave_no_trace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_positions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_write_too, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thousands_of_random_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quantities_add_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
