#include "trade.h"
#include "trade_book.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- a transaction and its answer ---- */

static void say(struct trade_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct trade_reply *reply, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reply->message, sizeof reply->message, format, arguments);
    va_end(arguments);
}

static bool begin(struct book *book, struct db *db, struct dice *dice, struct trade_reply *ret)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    *book = (struct book){.db = db, .dice = dice};
    db_time((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, book->now);
    memset(ret, 0, sizeof *ret);
    if (db_begin(db)) {
        return true;
    }
    say(ret, "the database is busy: %s", db_error(db));
    return false;
}

/* Keeps what was done when the result is TRADE_OK or `keep` says so, else nothing of it. */
static enum trade_result finish(struct book *book, enum trade_result result, bool keep,
                                struct trade_reply *ret)
{
    if (result != TRADE_OK && !keep) {
        db_rollback(book->db);
        return result;
    }
    if (book->failed) {
        say(ret, "the database refused: %s", db_error(book->db));
        db_rollback(book->db);
        return TRADE_FAILED;
    }
    if (!db_commit(book->db)) {
        say(ret, "the database refused: %s", db_error(book->db));
        return TRADE_FAILED;
    }
    return result;
}

static void set_id(struct trade_reply *reply, const char *id)
{
    snprintf(reply->id, sizeof reply->id, "%s", id);
}

/* ---- checks ---- */

static bool price_is_good(double price)
{
    return price > 0 && price <= TRADE_PRICE_MAX && book_round(price) > 0;
}

static enum trade_result check_price(double price, struct trade_reply *ret)
{
    if (price_is_good(price)) {
        return TRADE_OK;
    }
    say(ret, "price must be from 0.01 to %.0f", TRADE_PRICE_MAX);
    return TRADE_INVALID;
}

static enum trade_result check_quantity(int64_t quantity, int64_t lot, struct trade_reply *ret)
{
    if (quantity < 1 || quantity > TRADE_QUANTITY_MAX) {
        say(ret, "quantity must be from 1 to %d", TRADE_QUANTITY_MAX);
        return TRADE_INVALID;
    }
    if (quantity % lot != 0) {
        say(ret, "quantity must be a multiple of the lot of %lld", (long long)lot);
        return TRADE_INVALID;
    }
    return TRADE_OK;
}

static bool product_is_known(const char *product)
{
    static const char *const products[] = {"MIS", "CNC", "NRML"};
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        if (strcmp(products[i], product) == 0) {
            return true;
        }
    }
    return false;
}

static enum trade_result check_order(const struct trade_order *order,
                                     const struct book_stock *stock, struct trade_reply *ret)
{
    enum trade_result result = check_quantity(order->quantity, stock->lot, ret);
    if (result != TRADE_OK) {
        return result;
    }
    if (!product_is_known(order->product)) {
        say(ret, "productType must be MIS, CNC or NRML");
        return TRADE_INVALID;
    }
    if (order->is_limit) {
        return check_price(order->price, ret);
    }
    if (!isnan(order->price)) {
        say(ret, "a market order takes no price");
        return TRADE_INVALID;
    }
    if (!price_is_good(stock->ltp)) {
        say(ret, "%s has no price", stock->symbol);
        return TRADE_INVALID;
    }
    return TRADE_OK;
}

/* The order with that id, if it is the user's (any user's when user_id is NULL). */
static enum trade_result find_order(struct book *book, const char *user_id, const char *order_id,
                                    struct book_order *ret, struct trade_reply *reply)
{
    struct book_account account;
    bool found = book_find_order(book, order_id, ret) &&
                 (user_id == NULL || (book_find_account(book, user_id, &account) &&
                                      strcmp(account.id, ret->account_id) == 0));
    if (!found) {
        say(reply, "Order not found");
        return TRADE_NOT_FOUND;
    }
    set_id(reply, ret->id);
    if (!ret->is_pending) {
        say(reply, "Order is no longer pending");
        return TRADE_CONFLICT;
    }
    return TRADE_OK;
}

static enum trade_result find_position(struct book *book, const char *user_id,
                                       const char *position_id, struct book_position *ret,
                                       struct trade_reply *reply)
{
    struct book_account account;
    if (!book_find_position(book, position_id, ret) ||
        !book_find_account(book, user_id, &account) || strcmp(account.id, ret->account_id) != 0) {
        say(reply, "Position not found");
        return TRADE_NOT_FOUND;
    }
    set_id(reply, ret->id);
    if (ret->quantity == 0) {
        say(reply, "Position is already closed");
        return TRADE_NOT_FOUND;
    }
    return TRADE_OK;
}

/* ---- orders ---- */

static enum trade_result execute(struct book *book, const char *order_id, struct trade_reply *reply)
{
    struct book_order order;
    enum trade_result result = find_order(book, NULL, order_id, &order, reply);
    if (result != TRADE_OK) {
        return result;
    }
    double price = order.is_limit ? order.price : order.ltp;
    if (!price_is_good(price)) {
        say(reply, "%s has no price", order.symbol);
        return TRADE_CONFLICT;
    }
    if (order.filled >= order.quantity) {
        say(reply, "Order has nothing left to fill");
        return TRADE_CONFLICT;
    }
    book_fill(book, &order, order.quantity - order.filled, price);
    say(reply, "Order executed at %.2f", price);
    return TRADE_OK;
}

static enum trade_result place(struct book *book, const char *user_id, struct trade_order *order,
                               bool *ret_rejected, struct trade_reply *reply)
{
    struct book_account account;
    struct book_stock stock;
    if (!book_find_account(book, user_id, &account)) {
        say(reply, "Trading account not found");
        return TRADE_NOT_FOUND;
    }
    if (!book_find_stock(book, order->symbol, &stock)) {
        say(reply, "Unknown symbol");
        return TRADE_INVALID;
    }
    enum trade_result result = check_order(order, &stock, reply);
    if (result != TRADE_OK) {
        return result;
    }
    order->price = book_round(order->price);
    char id[BOOK_ID_SIZE];
    *ret_rejected = !book_place(book, &account, &stock, order, id);
    set_id(reply, id);
    if (*ret_rejected) {
        say(reply, "Insufficient margin: needs %.2f, available %.2f", book_block(order, &stock),
            book_round(account.balance - account.used));
        return TRADE_INVALID;
    }
    say(reply, "Order placed");
    return order->is_limit ? TRADE_OK : execute(book, id, reply);
}

enum trade_result trade_place(struct db *db, struct dice *dice, const char *user_id,
                              const struct trade_order *order, struct trade_reply *ret)
{
    struct book book;
    if (!begin(&book, db, dice, ret)) {
        return TRADE_FAILED;
    }
    struct trade_order rounded = *order;
    bool rejected = false;
    enum trade_result result = place(&book, user_id, &rounded, &rejected, ret);
    return finish(&book, result, rejected, ret);
}

static enum trade_result modify(struct book *book, const char *user_id, const char *order_id,
                                const struct trade_change *change, struct trade_reply *reply)
{
    struct book_order order;
    struct book_account account;
    struct book_stock stock = {.lot = 1};
    enum trade_result result = find_order(book, user_id, order_id, &order, reply);
    if (result != TRADE_OK) {
        return result;
    }
    book_find_stock(book, order.symbol, &stock);
    int64_t quantity = change->quantity == 0 ? order.quantity : change->quantity;
    double price = isnan(change->price) ? order.price : book_round(change->price);
    result = check_quantity(quantity, change->quantity == 0 ? 1 : stock.lot, reply);
    if (result == TRADE_OK && !isnan(change->price)) {
        result = check_price(change->price, reply);
    }
    if (result != TRADE_OK) {
        return result;
    }
    if (!order.is_limit && !isnan(change->price)) {
        say(reply, "a market order takes no price");
        return TRADE_INVALID;
    }
    if (quantity <= order.filled) {
        say(reply, "quantity must be above the %lld that are filled", (long long)order.filled);
        return TRADE_INVALID;
    }
    double more = book_modified_block(&order, quantity, price) - order.blocked;
    book_find_account(book, user_id, &account);
    if (more > 0 && more > account.balance - account.used + 0.001) {
        say(reply, "Insufficient margin: needs %.2f more, available %.2f", more,
            book_round(account.balance - account.used));
        return TRADE_INVALID;
    }
    book_modify(book, &order, quantity, price);
    say(reply, "Order modified");
    return TRADE_OK;
}

enum trade_result trade_modify(struct db *db, const char *user_id, const char *order_id,
                               const struct trade_change *change, struct trade_reply *ret)
{
    struct book book;
    if (!begin(&book, db, NULL, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = modify(&book, user_id, order_id, change, ret);
    return finish(&book, result, false, ret);
}

enum trade_result trade_cancel(struct db *db, const char *user_id, const char *order_id,
                               struct trade_reply *ret)
{
    struct book book;
    struct book_order order;
    if (!begin(&book, db, NULL, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = find_order(&book, user_id, order_id, &order, ret);
    if (result == TRADE_OK) {
        book_end(&book, &order, NULL);
        say(ret, "Order cancelled");
    }
    return finish(&book, result, false, ret);
}

enum trade_result trade_execute(struct db *db, struct dice *dice, const char *order_id,
                                struct trade_reply *ret)
{
    struct book book;
    if (!begin(&book, db, dice, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = execute(&book, order_id, ret);
    return finish(&book, result, false, ret);
}

/* ---- positions ---- */

static enum trade_result close_position(struct book *book, const char *user_id,
                                        const char *position_id, double exit_price,
                                        struct trade_reply *reply)
{
    struct book_position position;
    enum trade_result result = find_position(book, user_id, position_id, &position, reply);
    if (result != TRADE_OK) {
        return result;
    }
    double price = isnan(exit_price) ? position.ltp : exit_price;
    if (isnan(price)) {
        say(reply, "%s has no price: give exitPrice", position.symbol);
        return TRADE_INVALID;
    }
    result = check_price(price, reply);
    if (result != TRADE_OK) {
        return result;
    }
    price = book_round(price);
    book_close(book, &position, position.quantity > 0 ? position.quantity : -position.quantity,
               price);
    say(reply, "Position closed at %.2f", price);
    return TRADE_OK;
}

enum trade_result trade_close(struct db *db, struct dice *dice, const char *user_id,
                              const char *position_id, double exit_price, struct trade_reply *ret)
{
    struct book book;
    if (!begin(&book, db, dice, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = close_position(&book, user_id, position_id, exit_price, ret);
    return finish(&book, result, false, ret);
}

static bool guard_is_good(bool given, double price)
{
    return !given || isnan(price) || price_is_good(price);
}

static enum trade_result guard(struct book *book, const char *user_id, const char *position_id,
                               const struct trade_guards *guards, struct trade_reply *reply)
{
    struct book_position position;
    enum trade_result result = find_position(book, user_id, position_id, &position, reply);
    if (result != TRADE_OK) {
        return result;
    }
    if (!guard_is_good(guards->has_stop_loss, guards->stop_loss) ||
        !guard_is_good(guards->has_target, guards->target)) {
        say(reply, "stopLoss and target must be null or from 0.01 to %.0f", TRADE_PRICE_MAX);
        return TRADE_INVALID;
    }
    book_guard(book, position.id,
               guards->has_stop_loss ? book_round(guards->stop_loss) : position.stop_loss,
               guards->has_target ? book_round(guards->target) : position.target);
    say(reply, "Position updated");
    return TRADE_OK;
}

enum trade_result trade_guard(struct db *db, const char *user_id, const char *position_id,
                              const struct trade_guards *guards, struct trade_reply *ret)
{
    struct book book;
    if (!begin(&book, db, NULL, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = guard(&book, user_id, position_id, guards, ret);
    return finish(&book, result, false, ret);
}

/* ---- prices ---- */

enum trade_result trade_price(struct db *db, const char *symbol, double price,
                              struct trade_reply *ret)
{
    struct book book;
    struct book_stock stock;
    if (!begin(&book, db, NULL, ret)) {
        return TRADE_FAILED;
    }
    enum trade_result result = check_price(price, ret);
    if (result == TRADE_OK && !book_find_stock(&book, symbol, &stock)) {
        say(ret, "Unknown symbol");
        result = TRADE_NOT_FOUND;
    }
    if (result == TRADE_OK) {
        book_set_price(&book, stock.id, book_round(price));
        say(ret, "%s is at %.2f", stock.symbol, book_round(price));
    }
    return finish(&book, result, false, ret);
}

/* ---- rows written by others ---- */

uint64_t trade_seed(struct db *db, uint64_t seed)
{
    int64_t there = db_int(db, 0,
                           "SELECT (SELECT coalesce(max(rowid), 0) FROM orders)"
                           " + (SELECT coalesce(max(rowid), 0) FROM positions)"
                           " + (SELECT coalesce(max(rowid), 0) FROM transactions)"
                           " + (SELECT coalesce(max(rowid), 0) FROM watchlist_items)",
                           "");
    return seed + UINT64_C(1000003) * (uint64_t)there;
}

bool trade_settle_accounts(struct db *db)
{
    int blocks =
        db_run(db,
               "UPDATE orders SET blockedMargin = CASE WHEN status <> 'PENDING' THEN 0 ELSE"
               " round(max(quantity - filledQuantity, 0) * coalesce(price,"
               " (SELECT ltp FROM stocks WHERE id = stockId), 0), 2) END"
               " WHERE (status = 'PENDING') = (blockedMargin = 0)",
               "");
    int entries =
        db_run(db,
               "INSERT INTO transactions (id, tradingAccountId, type, amount, description)"
               " SELECT lower(hex(randomblob(16))), id, CASE WHEN lacks > 0 THEN 'CREDIT' ELSE "
               "'DEBIT' END,"
               " abs(lacks), 'Opening balance' FROM (SELECT a.id, round(balance - coalesce((SELECT"
               "  sum(CASE type WHEN 'CREDIT' THEN amount ELSE -amount END) FROM transactions"
               "  WHERE tradingAccountId = a.id), 0), 2) AS lacks FROM trading_accounts a)"
               " WHERE lacks <> 0",
               "");
    int margins = db_run(
        db,
        "UPDATE trading_accounts SET usedMargin = u, availableMargin = round(balance - u, 2)"
        " FROM (SELECT a.id AS account, round(coalesce((SELECT sum(blockedMargin) FROM orders"
        "   WHERE tradingAccountId = a.id AND status = 'PENDING'), 0)"
        "  + coalesce((SELECT sum(abs(quantity) * averagePrice) FROM positions"
        "   WHERE tradingAccountId = a.id AND quantity <> 0), 0), 2) AS u FROM trading_accounts a)"
        " WHERE id = account",
        "");
    return blocks >= 0 && entries >= 0 && margins >= 0;
}
