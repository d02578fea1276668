/* The schema's triggers: every way in which a change can reach the database, and the events it
 * makes. */
#include "db/db.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char books_sql[] =
    "INSERT INTO users (id) VALUES ('u1'), ('u2');"
    "INSERT INTO stocks (id, instrumentId, symbol, name, ltp, token) VALUES"
    " ('s1', 'NSE-1', 'TCS', 'Tata', 100, 1), ('s2', 'NSE-2', 'INFY', 'Infosys', 50, 2);"
    "INSERT INTO trading_accounts (id, userId, balance, availableMargin, usedMargin) VALUES"
    " ('a1', 'u1', 1000, 900, 100), ('a2', 'u2', 5, 5, 0);"
    "INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity, orderType, orderSide, "
    "price) VALUES"
    " ('o1', 'a1', 's1', 'TCS', 10, 'LIMIT', 'BUY', 99.5), ('o2', 'a1', 's1', 'TCS', 5, 'MARKET', "
    "'SELL', NULL),"
    " ('o3', 'a2', 's2', 'INFY', 7, 'LIMIT', 'BUY', 49);"
    "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity, averagePrice) VALUES"
    " ('p1', 'a1', 's1', 'TCS', 10, 90), ('p2', 'a2', 's2', 'INFY', -3, 55);"
    "INSERT INTO watchlists (id, userId, name) VALUES ('w1', 'u1', 'One'), ('w2', 'u2', 'Two');"
    "INSERT INTO watchlist_items (id, watchlistId, stockId, token) VALUES"
    " ('i1', 'w1', 's1', 1), ('i2', 'w1', 's2', 2), ('i3', 'w2', 's1', 1);"
    "DELETE FROM events; DELETE FROM ticked_positions; DELETE FROM ticked_stocks;";

static int setup(void **state)
{
    struct fault fault;
    struct db *db = db_open(":memory:", &fault);
    assert_non_null(db);
    assert_int_equal(sqlite3_exec(db_handle(db), books_sql, NULL, NULL, NULL), SQLITE_OK);
    *state = db;
    return 0;
}

static int teardown(void **state)
{
    db_close(*state);
    return 0;
}

/* Every event as "user type a=b", the ticks after them, one per line. */
static char *told(struct db *db, const char *member)
{
    static char text[8192];
    text[0] = '\0';
    size_t len = 0;
    sqlite3_stmt *rows = db_query(
        db,
        "SELECT user_id || ' ' || type, data FROM events UNION ALL "
        "SELECT 'tick', json_object('id', id) FROM (SELECT id FROM ticked_positions UNION ALL "
        "SELECT id FROM ticked_stocks)",
        "");
    while (db_row(db, rows)) {
        json_t *data = json_loads((const char *)sqlite3_column_text(rows, 1), 0, NULL);
        assert_non_null(data);
        json_t *value = member == NULL ? NULL : json_object_get(data, member);
        char *shown = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%s%s", len > 0 ? ", " : "",
                                (const char *)sqlite3_column_text(rows, 0),
                                shown == NULL ? "" : "=", shown == NULL ? "" : shown);
        free(shown);
        json_decref(data);
        assert_true(len < sizeof text);
    }
    return text;
}

static void test_each_change_tells_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql, *member, *told;
    } rows[] = {
        {"insert order",
         "INSERT INTO orders (id, tradingAccountId, symbol, quantity, orderType, orderSide) VALUES"
         " ('o9', 'a2', 'INFY', 1, 'MARKET', 'BUY')",
         "orderId", "u2 order_placed=\"o9\""},
        {"execute", "UPDATE orders SET status = 'EXECUTED', averagePrice = 99.25 WHERE id = 'o1'",
         "price", "u1 order_executed=99.25"},
        {"execute without a price", "UPDATE orders SET status = 'EXECUTED' WHERE id = 'o1'",
         "price", "u1 order_executed=99.5"},
        {"cancel", "UPDATE orders SET status = 'CANCELLED' WHERE id = 'o2'", "status",
         "u1 order_cancelled=\"CANCELLED\""},
        {"reject", "UPDATE orders SET status = 'REJECTED', failureReason = 'no' WHERE id = 'o2'",
         "status", "u1 order_cancelled=\"REJECTED\""},
        {"its reason",
         "UPDATE orders SET status = 'REJECTED', failureReason = 'no' WHERE id = 'o2'",
         "failureReason", "u1 order_cancelled=\"no\""},
        {"cancelled for a reason that is not told",
         "UPDATE orders SET status = 'CANCELLED', failureReason = 'no' WHERE id = 'o2'",
         "failureReason", "u1 order_cancelled"},
        {"partial fill", "UPDATE orders SET filledQuantity = 3 WHERE id = 'o1'", "filledQuantity",
         "u1 order_updated=3"},
        {"other price", "UPDATE orders SET price = 98 WHERE id = 'o1'", "price",
         "u1 order_updated=98.0"},
        {"nothing new", "UPDATE orders SET price = price, status = status", NULL, ""},
        {"bulk", "UPDATE orders SET status = 'CANCELLED'", "orderId",
         "u1 order_cancelled=\"o1\", u1 order_cancelled=\"o2\", u2 order_cancelled=\"o3\""},
        {"upsert that inserts",
         "INSERT INTO orders (id, tradingAccountId, symbol, quantity, orderType, orderSide) VALUES"
         " ('o9', 'a1', 'TCS', 1, 'MARKET', 'BUY') ON CONFLICT (id) DO UPDATE SET quantity = 2",
         "quantity", "u1 order_placed=1"},
        {"upsert that updates",
         "INSERT INTO orders (id, tradingAccountId, symbol, quantity, orderType, orderSide) VALUES"
         " ('o1', 'a1', 'TCS', 1, 'MARKET', 'BUY') ON CONFLICT (id) DO UPDATE SET quantity = 2",
         "quantity", "u1 order_updated=2"},
        {"delete order", "DELETE FROM orders WHERE id = 'o1'", "orderId",
         "u1 order_updated=\"o1\""},
        {"open position",
         "INSERT INTO positions (id, tradingAccountId, symbol, quantity, averagePrice)"
         " VALUES ('p9', 'a2', 'TCS', 4, 90.5)",
         "averagePrice", "u2 position_opened=90.5"},
        {"more of a position", "UPDATE positions SET quantity = 20 WHERE id = 'p1'", "quantity",
         "u1 position_updated=20"},
        {"stop loss", "UPDATE positions SET stopLoss = 80 WHERE id = 'p1'", "positionId",
         "u1 position_updated=\"p1\""},
        {"close position", "UPDATE positions SET quantity = 0, realizedPnL = 12.5 WHERE id = 'p1'",
         "realizedPnL", "u1 position_closed=12.5"},
        {"profit alone", "UPDATE positions SET unrealizedPnL = 7, dayPnL = 3", "id",
         "tick=\"p1\", tick=\"p2\""},
        {"the same profit", "UPDATE positions SET unrealizedPnL = 0", NULL, ""},
        {"profit twice",
         "UPDATE positions SET dayPnL = 3 WHERE id = 'p1'; UPDATE positions SET dayPnL = 4 WHERE "
         "id = 'p1'",
         "id", "tick=\"p1\""},
        {"delete open position", "DELETE FROM positions WHERE id = 'p2'", "quantity",
         "u2 position_closed=0"},
        {"balance", "UPDATE trading_accounts SET balance = balance - 100.5 WHERE id = 'a1'",
         "balanceChange", "u1 balance_updated=-100.5"},
        {"margin up",
         "UPDATE trading_accounts SET usedMargin = 150, availableMargin = 850 WHERE id = 'a1'",
         "marginChange", "u1 margin_blocked=50.0"},
        {"margin down",
         "UPDATE trading_accounts SET usedMargin = 40, availableMargin = 960 WHERE id = 'a1'",
         "marginChange", "u1 margin_released=-60.0"},
        {"both", "UPDATE trading_accounts SET balance = 900, usedMargin = 0 WHERE id = 'a1'", NULL,
         "u1 margin_released, u1 balance_updated"},
        {"available margin alone",
         "UPDATE trading_accounts SET availableMargin = 1 WHERE id = 'a2'", "balanceChange",
         "u2 balance_updated=0.0"},
        {"rename", "UPDATE watchlists SET name = 'Uno' WHERE id = 'w1'", "watchlistId",
         "u1 watchlist_updated=\"w1\""},
        {"reorder", "UPDATE watchlist_items SET sortOrder = 5 WHERE id = 'i3'", "itemId",
         "u2 watchlist_updated=\"i3\""},
        {"add item",
         "INSERT INTO watchlist_items (id, watchlistId, stockId) VALUES ('i9', 'w2', 's2')",
         "action", "u2 watchlist_item_added=\"item_added\""},
        {"remove item", "DELETE FROM watchlist_items WHERE id = 'i2'", "itemId",
         "u1 watchlist_item_removed=\"i2\""},
        {"remove list", "DELETE FROM watchlists WHERE id = 'w1'", "itemId",
         "u1 watchlist_item_removed=\"i1\", u1 watchlist_item_removed=\"i2\", u1 "
         "watchlist_updated"},
        {"remove stock", "DELETE FROM stocks WHERE id = 's2'", NULL,
         "u2 order_updated, u2 position_updated, u1 watchlist_item_removed"},
        {"quote", "UPDATE stocks SET ltp = 101 WHERE id = 's1'", "id", "tick=\"s1\""},
        {"the same quote", "UPDATE stocks SET ltp = ltp, volume = volume", NULL, ""},
        {"replaced quote",
         "UPDATE OR ABORT stocks SET ltp = 1; UPDATE OR REPLACE stocks SET ltp = 2;"
         "UPDATE OR FAIL stocks SET ltp = 3",
         "id", "tick=\"s1\", tick=\"s2\""},
        {"order moves to another account",
         "UPDATE orders SET tradingAccountId = 'a2' WHERE id = 'o1'", "tradingAccountId",
         "u1 order_updated=\"a1\", u2 order_updated=\"a2\""},
        {"position moves to another account",
         "UPDATE positions SET tradingAccountId = 'a2' WHERE id = 'p1'", "quantity",
         "u1 position_closed=0, u2 position_updated=10"},
        {"account moves to another user",
         "INSERT INTO users (id) VALUES ('u3'); UPDATE trading_accounts SET userId = 'u3' WHERE id "
         "= 'a1'",
         "balanceChange", "u1 balance_updated=0, u3 balance_updated=0.0"},
        {"list moves to another user", "UPDATE watchlists SET userId = 'u2' WHERE id = 'w1'",
         "userId", "u1 watchlist_updated=\"u1\", u2 watchlist_updated=\"u2\""},
        {"item moves to another list",
         "UPDATE watchlist_items SET watchlistId = 'w2' WHERE id = 'i2'", "watchlistId",
         "u1 watchlist_item_removed=\"w1\", u2 watchlist_updated=\"w2\""},
        {"rolled back", "BEGIN; UPDATE orders SET quantity = 77; ROLLBACK", NULL, ""},
        {"rolled back in part",
         "BEGIN; SAVEPOINT a; DELETE FROM orders; ROLLBACK TO a; UPDATE orders SET quantity = 1 "
         "WHERE id = 'o3'; COMMIT",
         NULL, "u2 order_updated"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *db;
        setup(&db);
        assert_int_equal(sqlite3_exec(db_handle(db), rows[i].sql, NULL, NULL, NULL), SQLITE_OK);
        char *got = told(db, rows[i].member);
        if (strcmp(got, rows[i].told) != 0) {
            fail_msg("%s: told \"%s\", expected \"%s\"", rows[i].name, got, rows[i].told);
        }
        teardown(&db);
    }
}

static void test_a_user_goes_with_all_that_is_theirs(void **state)
{
    struct db *db = *state;
    assert_int_equal(db_run(db, "DELETE FROM users WHERE id = 'u1'", ""), 1);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM orders", ""), 1);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM positions", ""), 1);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM watchlist_items", ""), 1);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM events WHERE user_id <> 'u1'", ""), 0);
}

static void test_bad_values_are_refused(void **state)
{
    struct db *db = *state;
    static const char *const rows[] = {
        "UPDATE orders SET price = 9e999",
        "UPDATE orders SET price = -1",
        "UPDATE orders SET quantity = 'many'",
        "UPDATE orders SET quantity = 0",
        "UPDATE orders SET quantity = 1.5",
        "UPDATE orders SET status = 'DONE'",
        "UPDATE orders SET price = 'dear'",
        "UPDATE positions SET unrealizedPnL = -9e999",
        "UPDATE stocks SET ltp = 9e999",
        "UPDATE trading_accounts SET balance = 9e999",
        "UPDATE watchlists SET name = ''",
        "UPDATE trading_accounts SET balance = NULL",
        "UPDATE orders SET symbol = zeroblob(3)",
        "INSERT INTO sessions VALUES ('', 'u1', NULL, '')",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (sqlite3_exec(db_handle(db), rows[i], NULL, NULL, NULL) == SQLITE_OK) {
            fail_msg("accepted: %s", rows[i]);
        }
    }
    assert_string_equal(told(db, NULL), "");
}

static void test_sessions_are_counted(void **state)
{
    struct db *db = *state;
    static const char sql[] = "SELECT value FROM meta WHERE name = 'sessions'";
    int64_t before = db_int(db, -1, sql, "");
    db_run(db, "INSERT INTO sessions (token, userId) VALUES ('t', 'u1')", "");
    db_run(db, "UPDATE sessions SET token = 'v'", "");
    db_run(db, "DELETE FROM sessions", "");
    assert_int_equal(db_int(db, -1, sql, ""), before + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change_tells_what_it_is),
        cmocka_unit_test_setup_teardown(test_a_user_goes_with_all_that_is_theirs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_values_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_are_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
