#include "read.h"

#include <string.h>

/* A row's members in the order of its columns: what is written before the value. */
struct member {
    const char *before;
    size_t before_len;
    enum { VALUE, BOOLEAN } kind;
};
#define BEFORE(literal) (literal), sizeof(literal) - 1

void read_put_column(struct text *into, sqlite3_stmt *row, int column)
{
    sqlite3_value *value = sqlite3_column_value(row, column); /* nobody else has the connection */
    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        TEXT_LITERAL(into, "null");
        break;
    case SQLITE_INTEGER:
        text_int(into, sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        text_number(into, sqlite3_value_double(value));
        break;
    default: {
        const char *bytes = (const char *)sqlite3_value_text(value);
        text_string(into, bytes, (size_t)sqlite3_value_bytes(value));
        break;
    }
    }
}

static void put_members(struct text *into, sqlite3_stmt *row, const struct member *members,
                        size_t count, int first)
{
    for (size_t i = 0; i < count; i++) {
        text_put(into, members[i].before, members[i].before_len);
        if (members[i].kind == BOOLEAN) {
            text_puts(into, sqlite3_column_int(row, first + (int)i) != 0 ? "true" : "false");
        } else {
            read_put_column(into, row, first + (int)i);
        }
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PUT(into, row, members, first)                                                             \
    put_members((into), (row), (members), COUNT(members), (first))

/* --- orders ------------------------------------------------------------------------------- */

static const struct member order_members[] = {
    {BEFORE("{\"id\":"), VALUE},           {BEFORE(",\"symbol\":"), VALUE},
    {BEFORE(",\"quantity\":"), VALUE},     {BEFORE(",\"orderType\":"), VALUE},
    {BEFORE(",\"orderSide\":"), VALUE},    {BEFORE(",\"price\":"), VALUE},
    {BEFORE(",\"averagePrice\":"), VALUE}, {BEFORE(",\"filledQuantity\":"), VALUE},
    {BEFORE(",\"productType\":"), VALUE},  {BEFORE(",\"status\":"), VALUE},
    {BEFORE(",\"createdAt\":"), VALUE},    {BEFORE(",\"executedAt\":"), VALUE},
};
static const struct member short_stock_members[] = {
    {BEFORE(",\"stock\":{\"symbol\":"), VALUE},
    {BEFORE(",\"name\":"), VALUE},
    {BEFORE(",\"ltp\":"), VALUE},
    {BEFORE(",\"instrumentId\":"), VALUE},
};
enum {
    ORDER_STOCK = COUNT(order_members),
    ORDER_FAILURE = ORDER_STOCK + COUNT(short_stock_members)
};

static void put_order(struct text *into, sqlite3_stmt *row)
{
    PUT(into, row, order_members, 0);
    if (sqlite3_column_type(row, ORDER_FAILURE) != SQLITE_NULL) {
        TEXT_LITERAL(into, ",\"failureReason\":");
        read_put_column(into, row, ORDER_FAILURE);
    }
    if (sqlite3_column_type(row, ORDER_STOCK) == SQLITE_NULL) {
        TEXT_LITERAL(into, ",\"stock\":null}");
        return;
    }
    PUT(into, row, short_stock_members, ORDER_STOCK);
    TEXT_LITERAL(into, "}}");
}

void read_orders(struct db *db, const char *user, int64_t limit, struct text *into)
{
    sqlite3_stmt *rows = db_query(
        db,
        "SELECT o.id, o.symbol, o.quantity, o.orderType, o.orderSide, o.price, o.averagePrice,"
        " o.filledQuantity, o.productType, o.status, o.createdAt, o.executedAt,"
        " s.symbol, s.name, s.ltp, s.instrumentId, o.failureReason"
        " FROM orders o LEFT JOIN stocks s ON s.id = o.stockId"
        " WHERE o.tradingAccountId = (SELECT id FROM trading_accounts WHERE userId = ?)"
        " ORDER BY o.createdAt DESC, o.rowid DESC LIMIT ?",
        "si", user, limit);
    TEXT_LITERAL(into, "{\"success\":true,\"orders\":[");
    for (bool first = true; db_row(db, rows); first = false) {
        text_puts(into, first ? "" : ",");
        put_order(into, rows);
    }
    TEXT_LITERAL(into, "]}");
}

/* --- positions ---------------------------------------------------------------------------- */

static const struct member position_members[] = {
    {BEFORE("{\"id\":"), VALUE},
    {BEFORE(",\"symbol\":"), VALUE},
    {BEFORE(",\"quantity\":"), VALUE},
    {BEFORE(",\"averagePrice\":"), VALUE},
    {BEFORE(",\"unrealizedPnL\":"), VALUE},
    {BEFORE(",\"dayPnL\":"), VALUE},
    {BEFORE(",\"stopLoss\":"), VALUE},
    {BEFORE(",\"target\":"), VALUE},
    {BEFORE(",\"createdAt\":"), VALUE},
};
static const struct member segment_stock_members[] = {
    {BEFORE(",\"stock\":{\"symbol\":"), VALUE},
    {BEFORE(",\"name\":"), VALUE},
    {BEFORE(",\"ltp\":"), VALUE},
    {BEFORE(",\"instrumentId\":"), VALUE},
    {BEFORE(",\"segment\":"), VALUE},
};
static const struct member value_members[] = {
    {BEFORE(",\"currentPrice\":"), VALUE},
    {BEFORE(",\"currentValue\":"), VALUE},
    {BEFORE(",\"investedValue\":"), VALUE},
};
static const struct member booked_members[] = {
    {BEFORE(",\"status\":"), VALUE},
    {BEFORE(",\"isClosed\":"), BOOLEAN},
    {BEFORE(",\"realizedPnL\":"), VALUE},
    {BEFORE(",\"bookedPnL\":"), VALUE},
};
enum {
    POSITION_STOCK = COUNT(position_members),
    POSITION_VALUES = POSITION_STOCK + COUNT(segment_stock_members),
    POSITION_BOOKED = POSITION_VALUES + COUNT(value_members)
};

static void put_position(struct text *into, sqlite3_stmt *row, bool booked)
{
    PUT(into, row, position_members, 0);
    if (sqlite3_column_type(row, POSITION_STOCK) == SQLITE_NULL) {
        TEXT_LITERAL(into, ",\"stock\":null");
    } else {
        PUT(into, row, segment_stock_members, POSITION_STOCK);
        TEXT_LITERAL(into, "}");
    }
    PUT(into, row, value_members, POSITION_VALUES);
    if (booked) {
        PUT(into, row, booked_members, POSITION_BOOKED);
    }
    TEXT_LITERAL(into, "}");
}

#define POSITION_COLUMNS                                                                           \
    "SELECT p.id, p.symbol, p.quantity, p.averagePrice, p.unrealizedPnL, p.dayPnL,"                \
    " p.stopLoss, p.target, p.createdAt, s.symbol, s.name, s.ltp, s.instrumentId, s.segment,"      \
    " coalesce(s.ltp, p.averagePrice), p.quantity * coalesce(s.ltp, p.averagePrice),"              \
    " p.quantity * p.averagePrice, iif(p.quantity = 0, 'CLOSED', 'OPEN'), p.quantity = 0,"         \
    " p.realizedPnL, p.realizedPnL FROM positions p LEFT JOIN stocks s ON s.id = p.stockId"        \
    " WHERE p.tradingAccountId = (SELECT id FROM trading_accounts WHERE userId = ?) AND "

static void put_positions(struct db *db, sqlite3_stmt *rows, bool booked, struct text *into)
{
    TEXT_LITERAL(into, "{\"success\":true,\"positions\":[");
    for (bool first = true; db_row(db, rows); first = false) {
        text_puts(into, first ? "" : ",");
        put_position(into, rows, booked);
    }
    text_puts(into, "]");
}

void read_positions(struct db *db, const char *user, int64_t limit, struct text *into)
{
    (void)limit;
    put_positions(db,
                  db_query(db,
                           POSITION_COLUMNS "(p.quantity <> 0 OR p.closedAt >= date('now'))"
                                            " ORDER BY p.quantity = 0, p.createdAt DESC,"
                                            " p.rowid DESC",
                           "s", user),
                  true, into);
    TEXT_LITERAL(into, ",\"meta\":{\"pnlMode\":\"server\",\"workerHealthy\":true}}");
}

void read_open_positions(struct db *db, const char *user, int64_t limit, struct text *into)
{
    (void)limit;
    put_positions(
        db,
        db_query(db, POSITION_COLUMNS "p.quantity <> 0 ORDER BY p.createdAt DESC, p.rowid DESC",
                 "s", user),
        false, into);
    TEXT_LITERAL(into, "}");
}

/* --- account ------------------------------------------------------------------------------ */

void read_account(struct db *db, const char *user, int64_t limit, struct text *into)
{
    static const struct member members[] = {
        {BEFORE("{\"id\":"), VALUE},         {BEFORE(",\"userId\":"), VALUE},
        {BEFORE(",\"balance\":"), VALUE},    {BEFORE(",\"availableMargin\":"), VALUE},
        {BEFORE(",\"usedMargin\":"), VALUE}, {BEFORE(",\"clientId\":"), VALUE},
        {BEFORE(",\"createdAt\":"), VALUE},  {BEFORE(",\"updatedAt\":"), VALUE},
    };
    (void)limit;
    sqlite3_stmt *rows = db_query(db,
                                  "SELECT id, userId, balance, availableMargin, usedMargin,"
                                  " clientId, createdAt, updatedAt"
                                  " FROM trading_accounts WHERE userId = ?",
                                  "s", user);
    TEXT_LITERAL(into, "{\"success\":true,\"account\":");
    if (db_row(db, rows)) {
        PUT(into, rows, members, 0);
        TEXT_LITERAL(into, "}}");
        db_end(rows);
    } else {
        TEXT_LITERAL(into, "null}");
    }
}

/* --- watchlists --------------------------------------------------------------------------- */

static const struct member watchlist_members[] = {
    {BEFORE("{\"id\":"), VALUE},        {BEFORE(",\"userId\":"), VALUE},
    {BEFORE(",\"name\":"), VALUE},      {BEFORE(",\"createdAt\":"), VALUE},
    {BEFORE(",\"updatedAt\":"), VALUE},
};
static const struct member item_members[] = {
    {BEFORE("{\"id\":"), VALUE},           {BEFORE(",\"watchlistId\":"), VALUE},
    {BEFORE(",\"stockId\":"), VALUE},      {BEFORE(",\"token\":"), VALUE},
    {BEFORE(",\"createdAt\":"), VALUE},    {BEFORE(",\"notes\":"), VALUE},
    {BEFORE(",\"alertPrice\":"), VALUE},   {BEFORE(",\"alertType\":"), VALUE},
    {BEFORE(",\"sortOrder\":"), VALUE},    {BEFORE(",\"stock\":{\"id\":"), VALUE},
    {BEFORE(",\"instrumentId\":"), VALUE}, {BEFORE(",\"symbol\":"), VALUE},
    {BEFORE(",\"exchange\":"), VALUE},     {BEFORE(",\"ticker\":"), VALUE},
    {BEFORE(",\"name\":"), VALUE},         {BEFORE(",\"segment\":"), VALUE},
    {BEFORE(",\"ltp\":"), VALUE},          {BEFORE(",\"open\":"), VALUE},
    {BEFORE(",\"high\":"), VALUE},         {BEFORE(",\"low\":"), VALUE},
    {BEFORE(",\"close\":"), VALUE},        {BEFORE(",\"volume\":"), VALUE},
    {BEFORE(",\"change\":"), VALUE},       {BEFORE(",\"changePercent\":"), VALUE},
    {BEFORE(",\"sector\":"), VALUE},       {BEFORE(",\"isActive\":"), BOOLEAN},
    {BEFORE(",\"createdAt\":"), VALUE},    {BEFORE(",\"updatedAt\":"), VALUE},
    {BEFORE(",\"strikePrice\":"), VALUE},  {BEFORE(",\"optionType\":"), VALUE},
    {BEFORE(",\"expiry\":"), VALUE},       {BEFORE(",\"lot_size\":"), VALUE},
    {BEFORE(",\"token\":"), VALUE},
};
#define ITEM_COLUMNS                                                                               \
    "SELECT i.id, i.watchlistId, i.stockId, i.token, i.createdAt, i.notes, i.alertPrice,"          \
    " i.alertType, i.sortOrder, s.id, s.instrumentId, s.symbol, s.exchange, s.ticker, s.name, "    \
    "s.segment, s.ltp, s.open, s.high, s.low, s.close, s.volume,"                                  \
    " s.change, s.changePercent, s.sector, s.isActive, s.createdAt, s.updatedAt, s.strikePrice,"   \
    " s.optionType, s.expiry, s.lot_size, s.token"                                                 \
    " FROM watchlist_items i JOIN stocks s ON s.id = i.stockId "

static void put_item(struct text *into, sqlite3_stmt *row)
{
    PUT(into, row, item_members, 0);
    TEXT_LITERAL(into, "}}");
}

static void put_watchlist(struct db *db, struct text *into, sqlite3_stmt *row)
{
    PUT(into, row, watchlist_members, 0);
    TEXT_LITERAL(into, ",\"items\":[");
    sqlite3_stmt *items = db_query(db,
                                   ITEM_COLUMNS "WHERE i.watchlistId = ? ORDER BY i.sortOrder,"
                                                " i.createdAt DESC, i.rowid DESC",
                                   "s", (const char *)sqlite3_column_text(row, 0));
    for (bool first = true; db_row(db, items); first = false) {
        text_puts(into, first ? "" : ",");
        put_item(into, items);
    }
    TEXT_LITERAL(into, "]}");
}

void read_watchlists(struct db *db, const char *user, int64_t limit, struct text *into)
{
    (void)limit;
    sqlite3_stmt *rows = db_query(db,
                                  "SELECT id, userId, name, createdAt, updatedAt FROM watchlists"
                                  " WHERE userId = ? ORDER BY sortOrder, createdAt, rowid",
                                  "s", user);
    TEXT_LITERAL(into, "{\"watchlists\":[");
    for (bool first = true; db_row(db, rows); first = false) {
        text_puts(into, first ? "" : ",");
        put_watchlist(db, into, rows);
    }
    TEXT_LITERAL(into, "]}");
}

void read_watchlist(struct db *db, const char *watchlist_id, struct text *into)
{
    sqlite3_stmt *rows =
        db_query(db, "SELECT id, userId, name, createdAt, updatedAt FROM watchlists WHERE id = ?",
                 "s", watchlist_id);
    if (db_row(db, rows)) {
        put_watchlist(db, into, rows);
        db_end(rows);
    }
}

void read_watchlist_item(struct db *db, const char *item_id, struct text *into)
{
    sqlite3_stmt *rows = db_query(db, ITEM_COLUMNS "WHERE i.id = ?", "s", item_id);
    if (db_row(db, rows)) {
        put_item(into, rows);
        db_end(rows);
    }
}

/* --- what goes with a body ---------------------------------------------------------------- */

int64_t read_last_id(struct db *db)
{
    return db_int(db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", "");
}

#define HASH_ODD UINT64_C(0xD6E8FEB86659FD93)

static uint64_t hash_word(uint64_t hash, const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    hash = (hash ^ word) * HASH_ODD;
    return hash ^ hash >> 32;
}

/* In lanes: none of them waits for another's product. */
uint64_t read_hash(const char *bytes, size_t len)
{
    enum { LANES = 4 };
    const size_t word = sizeof(uint64_t), step = LANES * word;
    uint64_t lanes[LANES] = {1, 2, 3, 4}, hash = UINT64_C(0x9E3779B97F4A7C15) ^ len;
    for (; len >= step; bytes += step, len -= step) {
        for (size_t i = 0; i < LANES; i++) {
            lanes[i] = hash_word(lanes[i], bytes + i * word, word);
        }
    }
    for (int i = 0; i < LANES; i++) {
        hash = (hash ^ lanes[i]) * HASH_ODD;
        hash ^= hash >> 29;
    }
    for (; len > 0;) {
        size_t count = len < word ? len : word;
        hash = hash_word(hash, bytes, count);
        bytes += count;
        len -= count;
    }
    return (hash ^ hash >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}
