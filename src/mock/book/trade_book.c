#include "trade_book.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double book_round(double amount)
{
    return round(amount * 100) / 100;
}

static void note(struct book *book, int code)
{
    book->failed |= code < 0;
}

/* ---- rows in ---- */

/* Text of a column; false when it does not fit, which no row of ours does not. */
static bool column_text(sqlite3_stmt *row, int column, char *ret, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t len = text == NULL ? 0 : strlen(text);
    if (len >= size) {
        return false;
    }
    memcpy(ret, text == NULL ? "" : text, len);
    ret[len] = '\0';
    return true;
}

static double column_number(sqlite3_stmt *row, int column, double when_null)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? when_null
                                                           : sqlite3_column_double(row, column);
}

bool book_find_account(struct book *book, const char *user_id, struct book_account *ret)
{
    sqlite3_stmt *row =
        db_query(book->db, "SELECT id, balance, usedMargin FROM trading_accounts WHERE userId = ?",
                 "s", user_id);
    if (!db_row(book->db, row)) {
        return false;
    }
    bool fits = column_text(row, 0, ret->id, sizeof ret->id);
    ret->balance = sqlite3_column_double(row, 1);
    ret->used = sqlite3_column_double(row, 2);
    db_end(row);
    return fits;
}

bool book_find_stock(struct book *book, const char *symbol, struct book_stock *ret)
{
    sqlite3_stmt *row = db_query(
        book->db, "SELECT id, symbol, ltp, lot_size FROM stocks WHERE symbol = ?", "s", symbol);
    if (!db_row(book->db, row)) {
        return false;
    }
    bool fits = column_text(row, 0, ret->id, sizeof ret->id) &&
                column_text(row, 1, ret->symbol, sizeof ret->symbol);
    ret->ltp = sqlite3_column_double(row, 2);
    ret->lot = sqlite3_column_int64(row, 3);
    ret->lot = ret->lot < 1 ? 1 : ret->lot;
    db_end(row);
    return fits;
}

bool book_find_order(struct book *book, const char *order_id, struct book_order *ret)
{
    sqlite3_stmt *row = db_query(
        book->db,
        "SELECT o.id, tradingAccountId, stockId, o.symbol, productType, quantity, filledQuantity,"
        " orderType = 'LIMIT', orderSide = 'SELL', status = 'PENDING', price, averagePrice,"
        " blockedMargin, ltp FROM orders o LEFT JOIN stocks s ON s.id = stockId WHERE o.id = ?",
        "s", order_id);
    if (!db_row(book->db, row)) {
        return false;
    }
    bool fits = column_text(row, 0, ret->id, sizeof ret->id) &&
                column_text(row, 1, ret->account_id, sizeof ret->account_id) &&
                column_text(row, 2, ret->stock_id, sizeof ret->stock_id) &&
                column_text(row, 3, ret->symbol, sizeof ret->symbol) &&
                column_text(row, 4, ret->product, sizeof ret->product);
    ret->quantity = sqlite3_column_int64(row, 5);
    ret->filled = sqlite3_column_int64(row, 6);
    ret->is_limit = sqlite3_column_int(row, 7) != 0;
    ret->is_sell = sqlite3_column_int(row, 8) != 0;
    ret->is_pending = sqlite3_column_int(row, 9) != 0;
    ret->price = column_number(row, 10, NAN);
    ret->average = column_number(row, 11, 0);
    ret->blocked = sqlite3_column_double(row, 12);
    ret->ltp = column_number(row, 13, NAN);
    db_end(row);
    return fits;
}

static bool read_position(struct db *db, sqlite3_stmt *row, struct book_position *ret)
{
    if (!db_row(db, row)) {
        return false;
    }
    bool fits = column_text(row, 0, ret->id, sizeof ret->id) &&
                column_text(row, 1, ret->account_id, sizeof ret->account_id) &&
                column_text(row, 2, ret->stock_id, sizeof ret->stock_id) &&
                column_text(row, 3, ret->symbol, sizeof ret->symbol);
    ret->quantity = sqlite3_column_int64(row, 4);
    ret->average = sqlite3_column_double(row, 5);
    ret->realized = sqlite3_column_double(row, 6);
    ret->ltp = column_number(row, 7, NAN);
    ret->stop_loss = column_number(row, 8, NAN);
    ret->target = column_number(row, 9, NAN);
    db_end(row);
    return fits;
}

#define POSITION_COLUMNS                                                                           \
    "SELECT p.id, tradingAccountId, stockId, p.symbol, quantity, averagePrice, realizedPnL, ltp,"  \
    " stopLoss, target FROM positions p LEFT JOIN stocks s ON s.id = stockId "

bool book_find_position(struct book *book, const char *position_id, struct book_position *ret)
{
    return read_position(
        book->db, db_query(book->db, POSITION_COLUMNS "WHERE p.id = ?", "s", position_id), ret);
}

static bool find_open(struct book *book, const char *account_id, const char *symbol,
                      struct book_position *ret)
{
    return read_position(book->db,
                         db_query(book->db,
                                  POSITION_COLUMNS "WHERE tradingAccountId = ? AND p.symbol = ?"
                                                   " AND quantity <> 0 LIMIT 1",
                                  "ss", account_id, symbol),
                         ret);
}

/* ---- the account ---- */

struct figures {
    double balance, used, available;
};

static bool read_figures(struct book *book, const char *account_id, struct figures *ret_old,
                         double *ret_used)
{
    sqlite3_stmt *row =
        db_query(book->db,
                 "SELECT balance, usedMargin, availableMargin, coalesce((SELECT sum(blockedMargin)"
                 "  FROM orders WHERE tradingAccountId = ?1 AND status = 'PENDING'), 0)"
                 " + coalesce((SELECT sum(abs(quantity) * averagePrice) FROM positions"
                 "  WHERE tradingAccountId = ?1 AND quantity <> 0), 0)"
                 " FROM trading_accounts WHERE id = ?1",
                 "s", account_id);
    if (!db_row(book->db, row)) {
        return false;
    }
    ret_old->balance = sqlite3_column_double(row, 0);
    ret_old->used = sqlite3_column_double(row, 1);
    ret_old->available = sqlite3_column_double(row, 2);
    *ret_used = book_round(sqlite3_column_double(row, 3));
    db_end(row);
    return true;
}

/* Balance and margins change in one statement, so that every event shows figures that add up. */
static void settle(struct book *book, const char *account_id, double balance_change)
{
    struct figures old, new;
    if (!read_figures(book, account_id, &old, &new.used)) {
        return;
    }
    new.balance = book_round(old.balance + balance_change);
    new.available = book_round(new.balance - new.used);
    if (new.balance == old.balance &&new.used == old.used &&new.available == old.available) {
        return;
    }
    note(book, db_run(book->db,
                      "UPDATE trading_accounts SET balance = ?, usedMargin = ?,"
                      " availableMargin = ?, updatedAt = ? WHERE id = ?",
                      "dddss", new.balance, new.used, new.available, book->now, account_id));
}

struct entry {
    const char *account_id, *order_id, *position_id;
    double amount; /* negative: a debit */
    const char *description;
};

static void record(struct book *book, const struct entry *entry)
{
    if (entry->amount == 0) {
        return;
    }
    char id[DICE_UUID_SIZE];
    dice_uuid(book->dice, id);
    note(book, db_run(book->db,
                      "INSERT INTO transactions (id, tradingAccountId, orderId, positionId, type,"
                      " amount, description, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      "sssssdss", id, entry->account_id, entry->order_id, entry->position_id,
                      entry->amount > 0 ? "CREDIT" : "DEBIT", fabs(entry->amount),
                      entry->description, book->now));
}

void book_transfer(struct book *book, const char *account_id, double amount,
                   const char *description)
{
    double rounded = book_round(amount);
    struct entry entry = {.account_id = account_id, .amount = rounded, .description = description};
    record(book, &entry);
    settle(book, account_id, rounded);
}

/* ---- orders ---- */

double book_block(const struct trade_order *order, const struct book_stock *stock)
{
    return book_round((double)order->quantity * (order->is_limit ? order->price : stock->ltp));
}

static void insert_order(struct book *book, const struct book_account *account,
                         const struct book_stock *stock, const struct trade_order *order,
                         const char *id)
{
    note(book, db_run(book->db,
                      "INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity,"
                      " orderType, orderSide, price, productType, blockedMargin, createdAt)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      "ssssissdsds", id, account->id, stock->id, stock->symbol, order->quantity,
                      order->is_limit ? "LIMIT" : "MARKET", order->is_sell ? "SELL" : "BUY",
                      order->is_limit ? order->price : (double)NAN, order->product,
                      book_block(order, stock), book->now));
}

/* Of no account's margins: the caller settles. */
static void set_ended(struct book *book, const char *order_id, const char *reason)
{
    note(book, db_run(book->db,
                      "UPDATE orders SET status = ?, failureReason = ?, blockedMargin = 0"
                      " WHERE id = ?",
                      "sss", reason == NULL ? "CANCELLED" : "REJECTED", reason, order_id));
}

bool book_place(struct book *book, const struct book_account *account,
                const struct book_stock *stock, const struct trade_order *order,
                char ret_id[BOOK_ID_SIZE])
{
    double block = book_block(order, stock);
    double available = account->balance - account->used;
    dice_uuid(book->dice, ret_id);
    insert_order(book, account, stock, order, ret_id);
    if (block <= available + 0.001) {
        settle(book, account->id, 0);
        return true;
    }
    char reason[96];
    snprintf(reason, sizeof reason, "Insufficient margin: needs %.2f, available %.2f", block,
             book_round(available));
    set_ended(book, ret_id, reason);
    return false;
}

void book_end(struct book *book, const struct book_order *order, const char *reason)
{
    set_ended(book, order->id, reason);
    settle(book, order->account_id, 0);
}

double book_modified_block(const struct book_order *order, int64_t quantity, double price)
{
    int64_t open = order->quantity - order->filled;
    double each = order->is_limit ? price : order->blocked / (double)(open > 0 ? open : 1);
    return book_round((double)(quantity - order->filled) * each);
}

void book_modify(struct book *book, const struct book_order *order, int64_t quantity, double price)
{
    note(book,
         db_run(book->db,
                "UPDATE orders SET quantity = ?, price = ?, blockedMargin = ? WHERE id = ?", "idds",
                quantity, price, book_modified_block(order, quantity, price), order->id));
    settle(book, order->account_id, 0);
}

/* ---- positions ---- */

/* A position's profit figures: ?1 is the quantity, ?2 the average, ?3 what was realised. The day's
 * is what the whole has gained since the day began, so that closing at the last price leaves it as
 * it is. */
#define GAIN "round(coalesce((SELECT ltp FROM stocks WHERE id = stockId) - ?2, 0) * ?1, 2)"

static void set_position(struct book *book, const struct book_position *position)
{
    note(book, db_run(book->db,
                      "UPDATE positions SET quantity = ?1, averagePrice = ?2, realizedPnL = ?3,"
                      " updatedAt = ?4, unrealizedPnL = " GAIN ","
                      " dayPnL = round(" GAIN " + ?3 - dayStart, 2) WHERE id = ?5",
                      "iddss", position->quantity, position->average, position->realized, book->now,
                      position->id));
}

void book_mark(struct book *book, const char *stock_id)
{
    note(book, db_run(book->db,
                      "UPDATE positions SET"
                      " unrealizedPnL = round((s.ltp - averagePrice) * quantity, 2),"
                      " dayPnL = round(round((s.ltp - averagePrice) * quantity, 2)"
                      "   + realizedPnL - dayStart, 2)"
                      " FROM stocks s WHERE s.id = ?1 AND stockId = ?1 AND quantity <> 0",
                      "s", stock_id));
}

void book_new_day(struct book *book)
{
    note(book, db_run(book->db,
                      "UPDATE stocks SET close = ltp, open = ltp, high = ltp, low = ltp,"
                      " volume = 0, change = 0, changePercent = 0, updatedAt = ?",
                      "s", book->now));
    note(book, db_run(book->db,
                      "UPDATE positions SET dayStart = round(unrealizedPnL + realizedPnL, 2),"
                      " dayPnL = 0 WHERE quantity <> 0",
                      ""));
}

const char *book_reason(struct dice *dice)
{
    static const char *const reasons[] = {
        "Rejected by the exchange",
        "Price is outside the day's range",
        "Quantity is above the freeze limit",
        "Stock is in a trading halt",
    };
    return reasons[dice_below(dice, sizeof reasons / sizeof *reasons)];
}

void book_set_price(struct book *book, const char *stock_id, double price)
{
    note(book,
         db_run(book->db,
                "UPDATE stocks SET ltp = ?2, high = max(coalesce(high, ?2), ?2),"
                " low = min(coalesce(low, ?2), ?2), change = round(?2 - coalesce(close, ?2), 2),"
                " changePercent = iif(close > 0, round((?2 - close) / close * 100, 2), 0),"
                " updatedAt = ?3 WHERE id = ?1",
                "sds", stock_id, price, book->now));
    book_mark(book, stock_id);
}

static void open_position(struct book *book, const struct book_order *order, int64_t quantity,
                          double price)
{
    char id[DICE_UUID_SIZE];
    dice_uuid(book->dice, id);
    note(book,
         db_run(book->db,
                "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity,"
                " averagePrice, productType, unrealizedPnL, dayPnL, createdAt, updatedAt)"
                " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, p, p, ?8, ?8 FROM (SELECT"
                " round(coalesce((SELECT ltp FROM stocks WHERE id = ?3) - ?6, 0) * ?5, 2) AS p)",
                "ssssidss", id, order->account_id,
                order->stock_id[0] == '\0' ? NULL : order->stock_id, order->symbol, quantity, price,
                order->product, book->now));
}

/* Closes that much and returns what it realised; the transaction is written, the account not yet
 * settled. */
static double reduce(struct book *book, const struct book_position *position, int64_t quantity,
                     double price, const char *order_id)
{
    double sign = position->quantity > 0 ? 1 : -1;
    double profit = book_round((price - position->average) * (double)quantity * sign);
    struct book_position after = *position;
    after.quantity -= position->quantity > 0 ? quantity : -quantity;
    after.realized = book_round(after.realized + profit);
    set_position(book, &after);
    char description[BOOK_ID_SIZE + 48];
    snprintf(description, sizeof description, "%s on %lld %s", profit < 0 ? "Loss" : "Profit",
             (long long)quantity, position->symbol);
    struct entry entry = {.account_id = position->account_id,
                          .order_id = order_id,
                          .position_id = position->id,
                          .amount = profit,
                          .description = description};
    record(book, &entry);
    return profit;
}

static void enlarge(struct book *book, const struct book_position *position, int64_t quantity,
                    double price)
{
    struct book_position after = *position;
    double held = (double)llabs(position->quantity);
    double more = (double)llabs(quantity);
    after.quantity += quantity;
    after.average = book_round((position->average * held + price * more) / (held + more));
    set_position(book, &after);
}

/* A signed quantity meets the open position of its symbol. Returns what was realised. */
static double apply(struct book *book, const struct book_order *order, int64_t quantity,
                    double price)
{
    struct book_position position;
    if (!find_open(book, order->account_id, order->symbol, &position)) {
        open_position(book, order, quantity, price);
        return 0;
    }
    if ((position.quantity > 0) == (quantity > 0)) {
        enlarge(book, &position, quantity, price);
        return 0;
    }
    int64_t held = llabs(position.quantity);
    int64_t closed = llabs(quantity) < held ? llabs(quantity) : held;
    double profit = reduce(book, &position, closed, price, order->id);
    if (llabs(quantity) > closed) {
        open_position(book, order, quantity > 0 ? quantity - closed : quantity + closed, price);
    }
    return profit;
}

void book_fill(struct book *book, const struct book_order *order, int64_t quantity, double price)
{
    int64_t filled = order->filled + quantity;
    bool done = filled >= order->quantity;
    double average = book_round(
        (order->average * (double)order->filled + price * (double)quantity) / (double)filled);
    double each = order->blocked / (double)(order->quantity - order->filled);
    double blocked = done ? 0 : book_round(each * (double)(order->quantity - filled));
    note(book, db_run(book->db,
                      "UPDATE orders SET filledQuantity = ?, averagePrice = ?, status = ?,"
                      " executedAt = ?, blockedMargin = ? WHERE id = ?",
                      "idssds", filled, average, done ? "EXECUTED" : "PENDING",
                      done ? book->now : NULL, blocked, order->id));
    double profit = apply(book, order, order->is_sell ? -quantity : quantity, price);
    settle(book, order->account_id, profit);
}

void book_close(struct book *book, const struct book_position *position, int64_t quantity,
                double price)
{
    double profit = reduce(book, position, quantity, price, NULL);
    settle(book, position->account_id, profit);
}

void book_guard(struct book *book, const char *position_id, double stop_loss, double target)
{
    note(book, db_run(book->db,
                      "UPDATE positions SET stopLoss = ?, target = ?, updatedAt = ? WHERE id = ?",
                      "ddss", stop_loss, target, book->now, position_id));
}
