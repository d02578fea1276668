#include "market.h"
#include "market_private.h"

#include <math.h>

#define BATCH_MAX 200     /* prices that move at once */
#define SHARE 0.4         /* of all, when that is less */
#define VOLATILITY 0.0008 /* of the price, per square root of a second */
#define LOT_FACTOR 4      /* contracts move more than shares */
#define PULL 0.004        /* of the way back to the close, per second */
#define BAND 0.1          /* the exchange's daily price band */
#define NUDGE 0.3         /* how often a price that rounding would hold moves a tick all the same */

double market_tick(double price)
{
    double ticks = fmax(1, round(price / MARKET_TICK));
    return book_round(ticks * MARKET_TICK);
}

double market_next_price(struct dice *dice, double price, double close, double volatility)
{
    double pulled = price + (close - price) * volatility / VOLATILITY * PULL;
    double next = market_tick(pulled + price * volatility * dice_bell(dice));
    if (next == price && dice_chance(dice, NUDGE)) {
        next = market_tick(price + (dice_chance(dice, 0.5) ? MARKET_TICK : -MARKET_TICK));
    }
    double low = market_tick(close * (1 - BAND));
    double high = market_tick(close * (1 + BAND));
    return fmin(fmax(next, low), high);
}

struct quote {
    double ltp, open, high, low, close;
    int64_t volume;
    bool is_contract;
};

static double or_else(sqlite3_stmt *row, int column, double fallback)
{
    double value = sqlite3_column_double(row, column);
    return value > 0 ? value : fallback;
}

static bool read_quote(struct book *book, const char *stock_id, struct quote *ret)
{
    sqlite3_stmt *row = db_query(book->db,
                                 "SELECT ltp, open, high, low, close, volume, lot_size > 1"
                                 " FROM stocks WHERE id = ?",
                                 "s", stock_id);
    if (!db_row(book->db, row)) {
        return false;
    }
    ret->ltp = or_else(row, 0, MARKET_TICK);
    ret->open = or_else(row, 1, ret->ltp);
    ret->high = or_else(row, 2, ret->ltp);
    ret->low = or_else(row, 3, ret->ltp);
    ret->close = or_else(row, 4, ret->ltp);
    ret->volume = sqlite3_column_int64(row, 5);
    ret->is_contract = sqlite3_column_int(row, 6) != 0;
    db_end(row);
    return true;
}

static void write_quote(struct book *book, const char *stock_id, const struct quote *quote)
{
    double change = book_round(quote->ltp - quote->close);
    int code =
        db_run(book->db,
               "UPDATE stocks SET ltp = ?, open = ?, high = ?, low = ?, close = ?,"
               " volume = ?, change = ?, changePercent = ?, updatedAt = ? WHERE id = ?",
               "dddddiddss", quote->ltp, quote->open, quote->high, quote->low, quote->close,
               quote->volume, change, book_round(change / quote->close * 100), book->now, stock_id);
    book->failed |= code < 0;
}

static void move(struct book *book, const char *stock_id, double quotes)
{
    struct quote quote;
    if (!read_quote(book, stock_id, &quote)) {
        return;
    }
    double volatility =
        VOLATILITY / sqrt(fmax(quotes, 0.01)) * (quote.is_contract ? LOT_FACTOR : 1);
    double next = market_next_price(book->dice, quote.ltp, quote.close, volatility);
    quote.high = fmax(quote.high, next);
    quote.low = fmin(quote.low, next);
    quote.volume += dice_between(book->dice, 1, 400);
    bool moved = next != quote.ltp;
    quote.ltp = next;
    write_quote(book, stock_id, &quote);
    if (moved) {
        book_mark(book, stock_id);
    }
}

/* A run of neighbours from anywhere: no stock twice in a batch, every one in its turn. */
void market_prices_move(struct book *book, const struct market_symbols *symbols, double quotes)
{
    if (symbols->len == 0) {
        return;
    }
    double share = ceil((double)symbols->len * SHARE);
    size_t batch = (size_t)fmin(share, BATCH_MAX);
    size_t first = (size_t)dice_below(book->dice, symbols->len);
    for (size_t i = 0; i < batch; i++) {
        move(book, symbols->items[(first + i) % symbols->len].id, quotes);
    }
}
