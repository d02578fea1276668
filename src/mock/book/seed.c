#include "base/dice.h"
#include "base/secret.h"
#include "instruments.h"
#include "seed.h"
#include "trade.h"
#include "trade_book.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define CUID_SIZE 26
#define ID_SIZE 64
#define LIST_ITEMS 8
#define ORDER_EVERY_MS 7000
#define ORDER_SETTLED_MS 1000 /* age of the newest: longer than any takes to be executed */
#define POSITION_EVERY_MS 60000
#define CLOSED_SHARE 4                   /* one closed position to so many open ones */
enum { NEAR_STOP = 0, PASSED_STOP = 1 }; /* which position's */
/* The market order that nobody fills, and how many others there must be beside it. */
enum { WAITING_ORDER = 2, WAITING_MIN = 20 };

struct seeding {
    struct db *db;
    struct dice dice;
    struct dice flavour; /* beside the other, so that a new spice changes nothing of the old dish */
    const struct seed_settings *settings;
    bool failed;
};

static void note(struct seeding *seeding, int changed)
{
    seeding->failed = seeding->failed || changed < 0;
}

static double to_paise(double price)
{
    return round(price * 100) / 100;
}

static double to_tick(double price)
{
    double ticks = round(price * 20);
    return (ticks < 1 ? 1 : ticks) / 20;
}

/* The reference's item and stock ids are cuids: c and 24 letters or digits. */
static void make_cuid(struct dice *dice, char ret[CUID_SIZE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    ret[0] = 'c';
    for (int i = 1; i < CUID_SIZE - 1; i++) {
        ret[i] = letters[dice_below(dice, sizeof letters - 1)];
    }
    ret[CUID_SIZE - 1] = '\0';
}

/* --- instruments -------------------------------------------------------------------------- */

static void add_stock(struct seeding *seeding, size_t i, const char *now)
{
    struct instrument instrument;
    instrument_at(i, &instrument);
    struct dice *dice = &seeding->dice;
    double close = to_tick(instrument.price * (1 + 0.02 * (dice_unit(dice) - 0.5)));
    double ltp = to_tick(close * (1 + 0.012 * dice_bell(dice)));
    double open = to_tick(close * (1 + 0.006 * dice_bell(dice)));
    double high = to_tick(fmax(open, ltp) * (1 + 0.008 * dice_unit(dice)));
    double low = to_tick(fmin(open, ltp) * (1 - 0.008 * dice_unit(dice)));
    char id[CUID_SIZE], instrument_id[ID_SIZE], created[DB_TIME_SIZE];
    make_cuid(dice, id);
    snprintf(instrument_id, sizeof instrument_id, "%s-%lld", instrument.segment,
             (long long)instrument.token);
    db_time(seeding->settings->wall_ms - 30 * DAY_MS, created);
    bool derived = instrument.lot_size > 0;
    note(seeding,
         db_run(seeding->db,
                "INSERT INTO stocks (id, instrumentId, symbol, exchange, ticker, name, segment,"
                " ltp, open, high, low, close, volume, change, changePercent, sector, strikePrice,"
                " optionType, expiry, lot_size, token, createdAt, updatedAt) VALUES (?1, ?2, ?3,"
                " 'NSE', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
                " nullif(?18, 0), ?19, ?20, ?21)",
                "sssssdddddiddsdssiiss", id, instrument_id, instrument.symbol, instrument.name,
                instrument.segment, ltp, open, high, low, close, dice_between(dice, 20000, 9000000),
                to_paise(ltp - close), to_paise((ltp - close) * 100 / close), instrument.sector,
                derived ? instrument.strike : (double)NAN, instrument.option_type,
                instrument.expiry, instrument.lot_size, instrument.token, created, now));
}

/* What is needed of an instrument to trade it. */
struct traded {
    char id[CUID_SIZE], symbol[32];
    double ltp, close;
    int64_t lot, token;
};

static bool pick_stock(struct seeding *seeding, int64_t row, struct traded *ret)
{
    sqlite3_stmt *rows = db_query(seeding->db,
                                  "SELECT id, symbol, ltp, close, coalesce(lot_size, 1), token"
                                  " FROM stocks WHERE rowid = ?",
                                  "i", row);
    if (!db_row(seeding->db, rows)) {
        return false;
    }
    snprintf(ret->id, sizeof ret->id, "%s", (const char *)sqlite3_column_text(rows, 0));
    snprintf(ret->symbol, sizeof ret->symbol, "%s", (const char *)sqlite3_column_text(rows, 1));
    ret->ltp = sqlite3_column_double(rows, 2);
    ret->close = sqlite3_column_double(rows, 3);
    ret->lot = sqlite3_column_int64(rows, 4);
    ret->token = sqlite3_column_int64(rows, 5);
    db_end(rows);
    return true;
}

static bool any_stock(struct seeding *seeding, struct traded *ret)
{
    return pick_stock(seeding, dice_between(&seeding->dice, 1, seeding->settings->symbols), ret);
}

static int64_t some_quantity(struct dice *dice, const struct traded *stock)
{
    if (stock->lot > 1) {
        return stock->lot * dice_between(dice, 1, 8);
    }
    int64_t most = (int64_t)(150000 / stock->ltp) + 1;
    return dice_between(dice, 1, most < 500 ? most : 500);
}

/* --- orders and positions ----------------------------------------------------------------- */

static const char *some_product(struct dice *dice, const struct traded *stock)
{
    static const char *const for_shares[] = {"MIS", "CNC", "MIS", "CNC", "NRML"};
    static const char *const for_options[] = {"NRML", "MIS"};
    return stock->lot > 1 ? for_options[dice_below(dice, 2)] : for_shares[dice_below(dice, 5)];
}

/* What a waiting order may have got already: mostly nothing, else some of its lots. */
static int64_t some_part(struct seeding *seeding, const struct traded *stock, int64_t quantity)
{
    int64_t lots = quantity / stock->lot;
    bool some = dice_chance(&seeding->flavour, 0.25) && lots > 1;
    return some ? stock->lot * dice_between(&seeding->flavour, 1, lots - 1) : 0;
}

static const char *some_reason(struct seeding *seeding)
{
    return dice_chance(&seeding->flavour, 0.5) ? "Insufficient margin"
                                               : book_reason(&seeding->flavour);
}

static void add_order(struct seeding *seeding, const char *account, int64_t i)
{
    static const struct {
        const char *status;
        uint64_t share; /* of 100 */
    } statuses[] = {{"EXECUTED", 52}, {"PENDING", 22}, {"CANCELLED", 18}, {"REJECTED", 8}};
    struct dice *dice = &seeding->dice;
    struct traded stock;
    if (!any_stock(seeding, &stock)) {
        seeding->failed = true;
        return;
    }
    size_t kind = 0;
    for (uint64_t drawn = dice_below(dice, 100); drawn >= statuses[kind].share; kind++) {
        drawn -= statuses[kind].share;
    }
    const char *status = statuses[kind].status;
    bool pending = strcmp(status, "PENDING") == 0, executed = strcmp(status, "EXECUTED") == 0;
    bool sell = dice_chance(dice, 0.45), limit = pending || dice_chance(dice, 0.6);
    if (i == WAITING_ORDER && seeding->settings->orders >= WAITING_MIN) {
        status = "PENDING";
        pending = true;
        executed = limit = false;
    }
    double away = stock.ltp * (0.002 + 0.02 * dice_unit(dice));
    double price = to_tick(sell ? stock.ltp + away : stock.ltp - away);
    double average = limit ? price : to_paise(stock.ltp * (1 + 0.004 * dice_bell(dice)));
    int64_t quantity = some_quantity(dice, &stock);
    int64_t created_ms = seeding->settings->wall_ms - ORDER_SETTLED_MS - i * ORDER_EVERY_MS;
    char id[DICE_UUID_SIZE], created[DB_TIME_SIZE], finished[DB_TIME_SIZE];
    dice_uuid(dice, id);
    db_time(created_ms, created);
    db_time(created_ms + dice_between(dice, 40, 900), finished);
    int64_t filled = executed           ? quantity
                     : pending && limit ? some_part(seeding, &stock, quantity)
                                        : 0;
    note(seeding,
         db_run(seeding->db,
                "INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity, orderType,"
                " orderSide, price, averagePrice, filledQuantity, productType, status,"
                " failureReason, createdAt, executedAt)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                "ssssissddisssss", id, account, stock.id, stock.symbol, quantity,
                limit ? "LIMIT" : "MARKET", sell ? "SELL" : "BUY", limit ? price : (double)NAN,
                filled > 0 ? average : (double)NAN, filled, some_product(dice, &stock), status,
                strcmp(status, "REJECTED") == 0 ? some_reason(seeding) : (const char *)NULL,
                created, executed ? finished : (const char *)NULL));
}

/* Where the stop of the i-th position is: one is passed, one will soon be, others are far. */
static double some_stop(struct seeding *seeding, int64_t i, double ltp, double far)
{
    bool given = dice_chance(&seeding->dice, 0.5);
    double side = far < ltp ? 1 : -1;
    return i == PASSED_STOP ? to_tick(ltp * (1 + 0.002 * side))
           : i == NEAR_STOP ? to_tick(ltp - 0.05 * side)
           : given          ? to_tick(far)
                            : (double)NAN;
}

/* The first half was opened today, the others on earlier days. */
static int64_t opened_ms(const struct seeding *seeding, int64_t i)
{
    int64_t today = (seeding->settings->positions + 1) / 2;
    int64_t days = i < today ? 0 : 1 + (i - today) / 2;
    return seeding->settings->wall_ms - (i + 1) * POSITION_EVERY_MS - days * DAY_MS;
}

static void add_position(struct seeding *seeding, const char *account, int64_t i, int64_t row)
{
    struct dice *dice = &seeding->dice;
    struct traded stock;
    if (!pick_stock(seeding, row, &stock)) {
        seeding->failed = true;
        return;
    }
    int64_t quantity = some_quantity(dice, &stock);
    bool is_short = dice_chance(dice, 0.3);
    double side = is_short ? -1 : 1;
    double average = to_paise(fmax(0.05, stock.ltp * (1 + 0.015 * dice_bell(dice))));
    bool today = i < (seeding->settings->positions + 1) / 2;
    double gain = to_paise((stock.ltp - average) * side * (double)quantity);
    double start = today ? 0 : to_paise((stock.close - average) * side * (double)quantity);
    char id[DICE_UUID_SIZE], created[DB_TIME_SIZE];
    dice_uuid(dice, id);
    db_time(opened_ms(seeding, i), created);
    note(seeding,
         db_run(
             seeding->db,
             "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity,"
             " averagePrice, productType, unrealizedPnL, dayPnL, dayStart, stopLoss, target,"
             " createdAt, updatedAt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
             " ?13, ?13)",
             "ssssidsddddds", id, account, stock.id, stock.symbol, is_short ? -quantity : quantity,
             average, some_product(dice, &stock), gain, to_paise(gain - start), start,
             some_stop(seeding, i, stock.ltp, average * (1 - 0.03 * side)),
             dice_chance(dice, 0.5) ? to_tick(average * (1 + 0.05 * side)) : (double)NAN, created));
}

/* Opened and closed today. */
static void add_closed(struct seeding *seeding, const char *account, int64_t i, int64_t row)
{
    struct dice *dice = &seeding->flavour;
    struct traded stock;
    if (!pick_stock(seeding, row, &stock)) {
        seeding->failed = true;
        return;
    }
    double average = to_paise(fmax(0.05, stock.ltp * (1 + 0.01 * dice_bell(dice))));
    double gain = to_paise((stock.ltp - average) * (double)some_quantity(dice, &stock));
    char id[DICE_UUID_SIZE], created[DB_TIME_SIZE], closed[DB_TIME_SIZE];
    dice_uuid(dice, id);
    db_time(seeding->settings->wall_ms - (i + 1) * 5 * POSITION_EVERY_MS, created);
    db_time(seeding->settings->wall_ms, closed);
    note(seeding,
         db_run(seeding->db,
                "INSERT INTO positions (id, tradingAccountId, stockId, symbol, quantity,"
                " averagePrice, productType, dayPnL, realizedPnL, createdAt, updatedAt, closedAt)"
                " VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?7, ?8, ?9, ?9)",
                "ssssdsdss", id, account, stock.id, stock.symbol, average,
                some_product(dice, &stock), gain, created, closed));
}

/* --- users -------------------------------------------------------------------------------- */

struct alert {
    double price;     /* NAN: none */
    const char *type; /* NULL: none */
};

/* Every third item has one, close enough to be reached within minutes. */
static struct alert some_alert(struct seeding *seeding, int64_t i, double ltp)
{
    static const char *const types[] = {"ABOVE", "BELOW", "BOTH"};
    if (i % 3 != 1) {
        return (struct alert){(double)NAN, NULL};
    }
    int64_t kind = i / 3 % 3;
    double side = kind == 1 ? -1 : 1;
    double away = 0.001 + 0.004 * dice_unit(&seeding->flavour);
    return (struct alert){to_tick(ltp * (1 + side * away)), types[kind]};
}

static void add_watchlist(struct seeding *seeding, const char *user, int64_t order,
                          const char *name)
{
    char id[DICE_UUID_SIZE], created[DB_TIME_SIZE];
    dice_uuid(&seeding->dice, id);
    db_time(seeding->settings->wall_ms - 5 * DAY_MS + order * 1000, created);
    note(seeding,
         db_run(seeding->db,
                "INSERT INTO watchlists (id, userId, name, sortOrder, createdAt, updatedAt)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                "sssis", id, user, name, order, created));
    int64_t symbols = seeding->settings->symbols;
    for (int64_t i = 0; i < LIST_ITEMS && i < symbols; i++) {
        struct traded stock;
        char item[CUID_SIZE];
        make_cuid(&seeding->dice, item);
        if (!pick_stock(seeding, (order * LIST_ITEMS + i) % symbols + 1, &stock)) {
            seeding->failed = true;
            return;
        }
        db_time(seeding->settings->wall_ms - DAY_MS + i * 1000, created);
        struct alert alert = some_alert(seeding, i, stock.ltp);
        note(seeding, db_run(seeding->db,
                             "INSERT INTO watchlist_items (id, watchlistId, stockId, token,"
                             " alertPrice, alertType, sortOrder, createdAt)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                             "sssidsis", item, id, stock.id, stock.token, alert.price, alert.type,
                             i, created));
    }
}

static void add_account(struct seeding *seeding, const char *user, int64_t i,
                        char ret_id[DICE_UUID_SIZE])
{
    char client[24], created[DB_TIME_SIZE], now[DB_TIME_SIZE];
    dice_uuid(&seeding->dice, ret_id);
    snprintf(client, sizeof client, "AB%06lld", (long long)(100000 + i));
    db_time(seeding->settings->wall_ms - 10 * DAY_MS, created);
    db_time(seeding->settings->wall_ms, now);
    double balance = (double)dice_between(&seeding->dice, 200000, 1500000);
    note(seeding,
         db_run(seeding->db,
                "INSERT INTO trading_accounts (id, userId, balance, availableMargin, usedMargin,"
                " clientId, createdAt, updatedAt) VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
                "ssddsss", ret_id, user, balance, balance, client, created, now));
}

/* The balance must bear what is held and blocked, with something left to trade with. */
static void fund_account(struct seeding *seeding, const char *account)
{
    note(seeding,
         db_run(seeding->db,
                "UPDATE trading_accounts SET balance = round(balance + 1.1 * ("
                " (SELECT coalesce(sum(abs(quantity) * averagePrice), 0) FROM positions"
                "   WHERE tradingAccountId = ?1) +"
                " (SELECT coalesce(sum((quantity - filledQuantity) * price), 0) FROM orders"
                "   WHERE tradingAccountId = ?1 AND status = 'PENDING'))) WHERE id = ?1",
                "s", account));
}

static void add_user(struct seeding *seeding, int64_t i, const char *now)
{
    const struct seed_settings *settings = seeding->settings;
    char user[32], name[48], token[SECRET_TOKEN_SIZE], account[DICE_UUID_SIZE];
    snprintf(user, sizeof user, "user-%lld", (long long)(i + 1));
    snprintf(name, sizeof name, "Trader %lld", (long long)(i + 1));
    dice_next(&seeding->dice); /* a seed's data stay what they were when it made tokens, too */
    dice_next(&seeding->dice);
    secret_token(token); /* whatever the seed: else one user's would give away the others' */
    note(seeding, db_run(seeding->db, "INSERT INTO users (id, name, createdAt) VALUES (?, ?, ?)",
                         "sss", user, name, now));
    note(seeding,
         db_run(seeding->db, "INSERT INTO sessions (token, userId, createdAt) VALUES (?, ?, ?)",
                "sss", token, user, now));
    add_account(seeding, user, i, account);
    int64_t first = (int64_t)dice_below(&seeding->dice, (uint64_t)settings->symbols);
    for (int64_t j = 0; j < settings->positions && j < settings->symbols; j++) {
        add_position(seeding, account, j, (first + j) % settings->symbols + 1);
    }
    for (int64_t j = 0; j < settings->positions / CLOSED_SHARE; j++) {
        int64_t row = (first + settings->positions + j) % settings->symbols + 1;
        add_closed(seeding, account, j, row);
    }
    for (int64_t j = settings->orders; j-- > 0;) {
        add_order(seeding, account, j);
    }
    fund_account(seeding, account);
    add_watchlist(seeding, user, 0, "My Watchlist");
    add_watchlist(seeding, user, 1, "Watchlist 2");
}

/* Takes back the events that the triggers wrote, numbers included. */
static void forget_events(struct seeding *seeding, int64_t sequence)
{
    note(seeding, db_run(seeding->db, "DELETE FROM events", ""));
    note(seeding, db_run(seeding->db, "DELETE FROM ticked_positions", ""));
    note(seeding, db_run(seeding->db, "DELETE FROM ticked_stocks", ""));
    note(seeding, db_run(seeding->db, "UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'",
                         "i", sequence));
}

static void fill(struct seeding *seeding)
{
    char now[DB_TIME_SIZE];
    db_time(seeding->settings->wall_ms, now);
    int64_t sequence =
        db_int(seeding->db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", "");
    for (int64_t i = 0; i < seeding->settings->symbols; i++) {
        add_stock(seeding, (size_t)i, now);
    }
    for (int64_t i = 0; i < seeding->settings->users && !seeding->failed; i++) {
        add_user(seeding, i, now);
    }
    seeding->failed = seeding->failed || !trade_settle_accounts(seeding->db);
    forget_events(seeding, sequence);
}

bool seed_fill(struct db *db, const struct seed_settings *settings)
{
    struct seeding seeding = {.db = db, .settings = settings};
    dice_seed(&seeding.dice, settings->seed);
    dice_seed(&seeding.flavour, settings->seed ^ UINT64_C(0x5EA5));
    if (!db_begin(db)) {
        return false;
    }
    if (db_int(db, 0, "SELECT count(*) FROM users", "") == 0) {
        fill(&seeding);
    }
    if (seeding.failed) {
        db_rollback(db);
        return false;
    }
    return db_commit(db);
}
