#include "books.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A column is named by the member it must equal, a dot before each level. */
static const struct {
    const char *pane, *sql;
} books[] = {
    {"orders", "SELECT o.id AS 'id', o.symbol AS 'symbol', o.quantity AS 'quantity',"
               " o.orderType AS 'orderType', o.orderSide AS 'orderSide', o.price AS 'price',"
               " o.averagePrice AS 'averagePrice', o.filledQuantity AS 'filledQuantity',"
               " o.productType AS 'productType', o.status AS 'status', o.createdAt AS 'createdAt',"
               " o.executedAt AS 'executedAt', s.symbol AS 'stock.symbol', s.ltp AS 'stock.ltp'"
               " FROM orders o LEFT JOIN stocks s ON s.id = o.stockId WHERE o.tradingAccountId ="
               " (SELECT id FROM trading_accounts WHERE userId = ?)"
               " ORDER BY o.createdAt DESC, o.rowid DESC LIMIT 100"},
    {"positions", "SELECT p.id AS 'id', p.symbol AS 'symbol', p.quantity AS 'quantity',"
                  " p.averagePrice AS 'averagePrice', p.unrealizedPnL AS 'unrealizedPnL',"
                  " p.dayPnL AS 'dayPnL', p.stopLoss AS 'stopLoss', p.target AS 'target',"
                  " p.createdAt AS 'createdAt', s.symbol AS 'stock.symbol', s.ltp AS 'stock.ltp',"
                  " s.ltp AS 'currentPrice' FROM positions p JOIN stocks s ON s.id = p.stockId"
                  " WHERE (p.quantity <> 0 OR p.closedAt >= date('now')) AND p.tradingAccountId ="
                  " (SELECT id FROM trading_accounts WHERE userId = ?)"
                  " ORDER BY p.quantity = 0, p.createdAt DESC, p.rowid DESC"},
    {"account",
     "SELECT id AS 'id', userId AS 'userId', balance AS 'balance',"
     " availableMargin AS 'availableMargin', usedMargin AS 'usedMargin', clientId AS 'clientId'"
     " FROM trading_accounts WHERE userId = ?"},
    {"watchlists",
     "SELECT i.id AS 'id', i.watchlistId AS 'watchlistId', i.token AS 'token',"
     " s.id AS 'stock.id', s.symbol AS 'stock.symbol', s.ltp AS 'stock.ltp',"
     " s.change AS 'stock.change', s.changePercent AS 'stock.changePercent',"
     " s.volume AS 'stock.volume', s.high AS 'stock.high', s.low AS 'stock.low'"
     " FROM watchlists w JOIN watchlist_items i ON i.watchlistId = w.id"
     " JOIN stocks s ON s.id = i.stockId WHERE w.userId = ?"
     " ORDER BY w.sortOrder, w.createdAt, w.rowid, i.sortOrder, i.createdAt DESC, i.rowid DESC"},
};

static json_t *member(json_t *row, const char *path)
{
    char name[64];
    for (const char *at = path; row != NULL && *at != '\0';) {
        size_t len = strcspn(at, ".");
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        row = json_object_get(row, name);
        at += len + (at[len] == '.');
    }
    return row;
}

static bool value_equals(const json_t *value, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        return json_is_null(value);
    case SQLITE_INTEGER:
    case SQLITE_FLOAT: {
        double wanted = sqlite3_column_double(row, column), have = json_number_value(value);
        return json_is_number(value) && !(wanted < have) && !(wanted > have);
    }
    default:
        return json_is_string(value) && strcmp(json_string_value(value),
                                               (const char *)sqlite3_column_text(row, column)) == 0;
    }
}

static bool row_equals(const char *pane, json_t *ours, sqlite3_stmt *row)
{
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        const char *path = sqlite3_column_name(row, i);
        json_t *value = member(ours, path);
        if (!value_equals(value, row, i)) {
            char *said = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
            const char *wanted = (const char *)sqlite3_column_text(row, i);
            printf("soak: --snapshot: %s: %s is %s, in the database %s\n", pane, path,
                   said != NULL ? said : "missing", wanted != NULL ? wanted : "null");
            free(said);
            return false;
        }
    }
    return true;
}

/* The rows of a pane as one list: an object is one row, lists of lists lie behind each other. */
static json_t *rows_of(json_t *all, const char *pane)
{
    json_t *value = json_object_get(all, pane), *list = json_array();
    if (json_is_object(value)) {
        json_array_append(list, value);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *row = json_array_get(value, i), *items = json_object_get(row, "items");
        if (items != NULL) {
            json_array_extend(list, items);
        } else {
            json_array_append(list, row);
        }
    }
    return list;
}

static bool pane_equals(sqlite3 *db, const char *user, json_t *all, size_t book)
{
    const char *pane = books[book].pane;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, books[book].sql, -1, &row, NULL) != SQLITE_OK) {
        printf("soak: %s\n", sqlite3_errmsg(db));
        return false;
    }
    sqlite3_bind_text(row, 1, user, -1, SQLITE_STATIC);
    json_t *rows = rows_of(all, pane);
    size_t count = 0;
    bool equal = true;
    while (equal && sqlite3_step(row) == SQLITE_ROW) {
        equal = row_equals(pane, json_array_get(rows, count), row);
        count++;
    }
    if (equal && count != json_array_size(rows)) {
        printf("soak: --snapshot: %s: %zu rows, in the database %zu\n", pane, json_array_size(rows),
               count);
        equal = false;
    }
    sqlite3_finalize(row);
    json_decref(rows);
    return equal;
}

bool books_equal(sqlite3 *db, const char *user, const char *text)
{
    bool equal = true;
    json_t *all = json_loads(text, 0, NULL);
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        equal = pane_equals(db, user, all, i) && equal;
    }
    json_decref(all);
    return equal;
}
