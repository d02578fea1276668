#include "market.h"
#include "market_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRAY_LOW 0.5  /* of the opening balance: below it money is paid in */
#define STRAY_HIGH 2.0 /* above it money is taken out */
#define TIGHT 0.15     /* of the balance: with less available, margin is set free first */
#define TOO_MUCH 5.0   /* times the balance: such an order is rejected */

/* A trader's turn: who it is, and how full the books are. */
struct turn {
    struct book *book;
    const struct market_symbols *symbols;
    struct market_trader *trader;
    struct book_account account;
    int64_t pending, open;
};

static bool chance(struct turn *turn, double probability)
{
    return dice_chance(turn->book->dice, probability);
}

static int64_t count(struct turn *turn, const char *sql, const char *id)
{
    return db_int(turn->book->db, 0, sql, "s", id);
}

#define COUNT_PENDING                                                                              \
    "SELECT count(*) FROM orders WHERE tradingAccountId = ? AND status = 'PENDING'"
#define COUNT_OPEN "SELECT count(*) FROM positions WHERE tradingAccountId = ? AND quantity <> 0"

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static void learn_bounds(struct turn *turn)
{
    struct market_trader *trader = turn->trader;
    const char *account = turn->account.id;
    trader->known = true;
    trader->opening = fmax(turn->account.balance, 100000);
    trader->pending_max = larger(MARKET_PENDING_MAX, turn->pending);
    trader->open_max = larger(MARKET_OPEN_MAX, turn->open);
    trader->items_max =
        larger(MARKET_ITEMS_MAX, count(turn,
                                       "SELECT count(*) FROM watchlist_items WHERE watchlistId IN"
                                       " (SELECT id FROM watchlists WHERE userId = ?)",
                                       trader->user_id));
    trader->orders_keep = larger(
        MARKET_ORDERS_KEEP,
        count(turn,
              "SELECT count(*) FROM orders WHERE tradingAccountId = ? AND status <> 'PENDING'",
              account));
    trader->closed_keep = larger(
        MARKET_CLOSED_KEEP,
        count(turn, "SELECT count(*) FROM positions WHERE tradingAccountId = ? AND quantity = 0",
              account));
}

/* ---- orders ---- */

/* A part of the balance, in whole lots. */
static int64_t choose_quantity(struct turn *turn, const struct book_stock *stock, double part)
{
    double lots = turn->account.balance * part / stock->ltp / (double)stock->lot;
    double most = TRADE_QUANTITY_MAX / (double)stock->lot;
    return (int64_t)fmin(fmax(1, floor(lots)), fmax(1, floor(most))) * stock->lot;
}

static bool place(struct turn *turn, double part, double limits, char ret_id[BOOK_ID_SIZE])
{
    static const char *const products[] = {"MIS", "CNC", "NRML"};
    struct book *book = turn->book;
    struct book_stock stock;
    size_t at = (size_t)dice_below(book->dice, turn->symbols->len);
    if (turn->pending >= turn->trader->pending_max || turn->symbols->len == 0 ||
        !book_find_stock(book, turn->symbols->items[at].symbol, &stock) || stock.ltp <= 0) {
        return false;
    }
    struct trade_order order = {.symbol = stock.symbol, .price = NAN};
    order.quantity = choose_quantity(turn, &stock, part);
    order.is_limit = chance(turn, limits);
    order.is_sell = chance(turn, 0.5);
    order.product = products[dice_below(book->dice, 3)];
    if (order.is_limit) {
        order.price = market_tick(stock.ltp * (1 + 0.002 * dice_bell(book->dice)));
    }
    book_place(book, &turn->account, &stock, &order, ret_id);
    if (++turn->trader->placed >= larger(100, turn->trader->orders_keep / 5)) {
        turn->trader->placed = 0;
        market_broom(book, turn->trader, turn->account.id);
    }
    return true;
}

/* About a hundredth of the balance. */
static double some_part(struct turn *turn)
{
    return 0.002 + 0.018 * dice_unit(turn->book->dice);
}

/* Now and then far too much, to be rejected. */
static bool act_place(struct turn *turn)
{
    char id[BOOK_ID_SIZE];
    return place(turn, chance(turn, 0.03) ? TOO_MUCH : some_part(turn), 0.75, id);
}

/* Any pending order but the one that is to wait; market orders do not wait long. */
static bool find_pending(struct turn *turn, struct book_order *ret)
{
    struct book *book = turn->book;
    if (turn->pending == 0) {
        return false;
    }
    char *id = NULL;
    if (chance(turn, 0.5)) {
        id = db_text(book->db,
                     "SELECT id FROM orders WHERE tradingAccountId = ? AND status = 'PENDING'"
                     " AND orderType = 'MARKET' AND id <> ? ORDER BY createdAt LIMIT 1",
                     "ss", turn->account.id, turn->trader->waiting_id);
    }
    if (id == NULL) {
        id = db_text(book->db,
                     "SELECT id FROM orders WHERE tradingAccountId = ? AND status = 'PENDING'"
                     " ORDER BY createdAt LIMIT 1 OFFSET ?",
                     "si", turn->account.id,
                     (int64_t)dice_below(book->dice, (uint64_t)turn->pending));
    }
    bool found =
        id != NULL && strcmp(id, turn->trader->waiting_id) != 0 && book_find_order(book, id, ret);
    free(id);
    return found;
}

static bool act_fill(struct turn *turn)
{
    struct book_order order;
    struct book_stock stock = {.lot = 1};
    if (!find_pending(turn, &order)) {
        return false;
    }
    book_find_stock(turn->book, order.symbol, &stock);
    double price = order.is_limit ? order.price : order.ltp;
    int64_t left = order.quantity - order.filled;
    if (!(price > 0) || left < 1) {
        book_end(turn->book, &order, "No price");
        return true;
    }
    int64_t lots = left / stock.lot;
    if (lots > 1 && chance(turn, 0.3)) {
        left = stock.lot * dice_between(turn->book->dice, 1, lots - 1);
    }
    book_fill(turn->book, &order, left, price);
    return true;
}

static bool act_cancel(struct turn *turn)
{
    struct book_order order;
    if (!find_pending(turn, &order)) {
        return false;
    }
    book_end(turn->book, &order, chance(turn, 0.3) ? book_reason(turn->book->dice) : NULL);
    return true;
}

static bool act_modify(struct turn *turn)
{
    struct book_order order;
    if (!find_pending(turn, &order) || !order.is_limit || !(order.ltp > 0)) {
        return false;
    }
    double price = market_tick(order.ltp * (1 + 0.001 * dice_bell(turn->book->dice)));
    double more = book_modified_block(&order, order.quantity, price) - order.blocked;
    if (more > turn->account.balance - turn->account.used) {
        return false;
    }
    book_modify(turn->book, &order, order.quantity, price);
    return true;
}

/* ---- positions ---- */

static bool find_open(struct turn *turn, struct book_position *ret)
{
    if (turn->open == 0) {
        return false;
    }
    char *id = db_text(turn->book->db,
                       "SELECT id FROM positions WHERE tradingAccountId = ? AND quantity <> 0"
                       " ORDER BY symbol LIMIT 1 OFFSET ?",
                       "si", turn->account.id,
                       (int64_t)dice_below(turn->book->dice, (uint64_t)turn->open));
    bool found = id != NULL && book_find_position(turn->book, id, ret);
    free(id);
    return found;
}

static bool act_close(struct turn *turn)
{
    struct book_position position;
    if (!find_open(turn, &position)) {
        return false;
    }
    double price = position.ltp > 0 ? position.ltp : position.average;
    book_close(turn->book, &position, llabs(position.quantity), price > 0 ? price : MARKET_TICK);
    return true;
}

static bool act_guard(struct turn *turn)
{
    struct book_position position;
    if (!find_open(turn, &position) || !(position.ltp > 0)) {
        return false;
    }
    struct dice *dice = turn->book->dice;
    double side = position.quantity > 0 ? 1 : -1;
    double stop_loss = market_tick(position.ltp * (1 - side * (0.01 + 0.03 * dice_unit(dice))));
    double target = market_tick(position.ltp * (1 + side * (0.01 + 0.05 * dice_unit(dice))));
    book_guard(turn->book, position.id, chance(turn, 0.1) ? (double)NAN : stop_loss,
               chance(turn, 0.1) ? (double)NAN : target);
    return true;
}

/* ---- watchlists ---- */

static bool add_item(struct turn *turn)
{
    struct book *book = turn->book;
    size_t at = (size_t)dice_below(book->dice, turn->symbols->len);
    if (turn->symbols->len == 0) {
        return false;
    }
    char id[DICE_UUID_SIZE];
    dice_uuid(book->dice, id);
    int code = db_run(book->db,
                      "INSERT INTO watchlist_items (id, watchlistId, stockId, token, sortOrder,"
                      " createdAt) SELECT ?1, w.id, s.id, s.token, (SELECT count(*) FROM"
                      " watchlist_items WHERE watchlistId = w.id), ?4 FROM watchlists w, stocks s"
                      " WHERE w.userId = ?2 AND s.id = ?3 AND NOT EXISTS (SELECT 1 FROM"
                      " watchlist_items i WHERE i.watchlistId = w.id AND i.stockId = s.id)"
                      " ORDER BY w.sortOrder, w.createdAt LIMIT 1",
                      "ssss", id, turn->trader->user_id, turn->symbols->items[at].id, book->now);
    book->failed |= code < 0;
    return code > 0;
}

static bool act_watch(struct turn *turn)
{
    struct book *book = turn->book;
    int64_t items = count(turn,
                          "SELECT count(*) FROM watchlist_items WHERE watchlistId IN"
                          " (SELECT id FROM watchlists WHERE userId = ?)",
                          turn->trader->user_id);
    bool full = items >= turn->trader->items_max;
    if (!full && (items < turn->trader->items_max / 2 || chance(turn, 0.5))) {
        return add_item(turn);
    }
    int code = db_run(book->db,
                      "DELETE FROM watchlist_items WHERE id = (SELECT id FROM watchlist_items"
                      " WHERE watchlistId IN (SELECT id FROM watchlists WHERE userId = ?)"
                      " ORDER BY createdAt, id LIMIT 1 OFFSET ?)",
                      "si", turn->trader->user_id,
                      (int64_t)dice_below(book->dice, (uint64_t)larger(items, 1)));
    book->failed |= code < 0;
    return code > 0;
}

/* ---- the story ---- */

static bool tell_rejection(struct turn *turn)
{
    char id[BOOK_ID_SIZE];
    return place(turn, TOO_MUCH, 0.75, id);
}

/* A market order that nobody touches until tell_filled. */
static bool tell_waiting(struct turn *turn)
{
    return place(turn, some_part(turn), 0, turn->trader->waiting_id);
}

static bool tell_filled(struct turn *turn)
{
    turn->trader->waiting_id[0] = '\0';
    return act_fill(turn);
}

static bool tell_partial_fill(struct turn *turn)
{
    struct book *book = turn->book;
    struct book_order order;
    char *id = db_text(book->db,
                       "SELECT o.id FROM orders o JOIN stocks s ON s.id = o.stockId"
                       " WHERE tradingAccountId = ? AND status = 'PENDING' AND o.price > 0"
                       " AND quantity - filledQuantity >= 2 * coalesce(lot_size, 1)"
                       " ORDER BY o.createdAt DESC LIMIT 1",
                       "s", turn->account.id);
    struct book_stock stock;
    bool found = id != NULL && book_find_order(book, id, &order) &&
                 book_find_stock(book, order.symbol, &stock);
    free(id);
    if (found) {
        int64_t lots = (order.quantity - order.filled) / stock.lot;
        book_fill(book, &order, stock.lot * ((lots + 1) / 2), order.price);
    }
    return found;
}

/* A tick away from the price: it will be passed soon, at the latest when the story says so, and
 * nobody closes the position for it. */
static bool tell_stop(struct turn *turn)
{
    struct book_position position;
    if (!find_open(turn, &position) || !(position.ltp > MARKET_TICK)) {
        return false;
    }
    double side = position.quantity > 0 ? 1 : -1;
    book_guard(turn->book, position.id, market_tick(position.ltp - side * MARKET_TICK),
               position.target);
    return true;
}

static bool tell_passed(struct turn *turn)
{
    struct book *book = turn->book;
    struct book_position position;
    char *id = db_text(book->db,
                       "SELECT p.id FROM positions p JOIN stocks s ON s.id = stockId"
                       " WHERE tradingAccountId = ? AND quantity <> 0 AND stopLoss > 0.05"
                       " ORDER BY abs(ltp - stopLoss) / ltp LIMIT 1",
                       "s", turn->account.id);
    bool found = id != NULL && book_find_position(book, id, &position);
    free(id);
    if (found) {
        double side = position.quantity > 0 ? 1 : -1;
        book_set_price(book, position.stock_id, position.stop_loss - side * MARKET_TICK);
    }
    return found;
}

static bool tell_alert(struct turn *turn)
{
    struct book *book = turn->book;
    bool above = chance(turn, 0.5);
    int code = db_run(book->db,
                      "UPDATE watchlist_items SET alertType = ?3, alertPrice = (SELECT"
                      " round(round(ltp * ?2 * 20) / 20, 2) FROM stocks WHERE id = stockId)"
                      " WHERE id = (SELECT i.id FROM watchlist_items i JOIN watchlists w"
                      " ON w.id = watchlistId WHERE userId = ?1 ORDER BY w.sortOrder,"
                      " i.sortOrder LIMIT 1 OFFSET ?4)",
                      "sdsi", turn->trader->user_id, above ? 1.0005 : 0.9995,
                      above ? "ABOVE" : "BELOW", dice_between(book->dice, 0, 3));
    book->failed |= code < 0;
    return code > 0;
}

/* Once in so many turns of a trader each of these comes about, so that whoever looks on for a
 * minute has seen it all. */
static const struct {
    unsigned turn;
    bool (*act)(struct turn *turn);
} story[] = {
    {2, tell_waiting}, {4, tell_stop},    {6, tell_partial_fill}, {8, tell_rejection},
    {10, tell_alert},  {12, tell_passed}, {14, act_close},        {26, tell_filled},
};
enum { STORY = sizeof story / sizeof *story, STORY_TURNS = 60, STORY_TRIES = 8 };

/* What is not possible now is tried again in the next turns, but not for ever. */
static bool act_story(struct turn *turn)
{
    struct market_trader *trader = turn->trader;
    unsigned at = trader->turns++;
    if (trader->told < STORY && at >= story[trader->told].turn) {
        bool done = story[trader->told].act(turn);
        trader->told += done || at >= story[trader->told].turn + STORY_TRIES ? 1 : 0;
        return done;
    }
    if (at >= STORY_TURNS) {
        trader->turns = trader->told = 0;
    }
    return false;
}

/* ---- who does what ---- */

static const struct action {
    bool (*act)(struct turn *turn); /* false: not possible now, nothing was done */
    unsigned weight;
} actions[] = {
    {act_place, 34}, {act_fill, 28}, {act_cancel, 8}, {act_modify, 6},
    {act_close, 10}, {act_guard, 8}, {act_watch, 3},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static bool act_any(struct turn *turn)
{
    unsigned sum = 0;
    for (int i = 0; i < ACTIONS; i++) {
        sum += actions[i].weight;
    }
    uint64_t drawn = dice_below(turn->book->dice, sum);
    int chosen = 0;
    while (drawn >= actions[chosen].weight) {
        drawn -= actions[chosen++].weight;
    }
    return actions[chosen].act(turn);
}

/* What must be before anything else can be: money within reason, margin to trade with, room in the
 * books. */
static bool act_needed(struct turn *turn)
{
    const struct book_account *account = &turn->account;
    const struct market_trader *trader = turn->trader;
    if (account->balance < trader->opening * STRAY_LOW ||
        account->balance > trader->opening * STRAY_HIGH) {
        bool poor = account->balance < trader->opening;
        book_transfer(turn->book, account->id, trader->opening - account->balance,
                      poor ? "Funds added" : "Funds withdrawn");
        return true;
    }
    if (turn->open > trader->open_max) {
        return act_close(turn);
    }
    if (account->balance - account->used < account->balance * TIGHT) {
        return chance(turn, 0.5) ? act_close(turn) : act_cancel(turn);
    }
    if (turn->pending > trader->pending_max) {
        return chance(turn, 0.7) ? act_fill(turn) : act_cancel(turn);
    }
    return false;
}

void market_trader_act(struct book *book, const struct market_symbols *symbols,
                       struct market_trader *trader)
{
    struct turn turn = {.book = book, .symbols = symbols, .trader = trader};
    if (!book_find_account(book, trader->user_id, &turn.account)) {
        return;
    }
    turn.pending = count(&turn, COUNT_PENDING, turn.account.id);
    turn.open = count(&turn, COUNT_OPEN, turn.account.id);
    if (!trader->known) {
        learn_bounds(&turn);
    }
    if (act_needed(&turn) || act_story(&turn)) {
        return;
    }
    for (int tries = 0; tries < 4 && !act_any(&turn); tries++) {
    }
}
