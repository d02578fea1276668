#include "base/dice.h"
#include "market.h"
#include "market_private.h"

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MIN_US 10000  /* what is due within this is done in one transaction */
#define LATE_MAX_US 250000 /* what is later than this is not made up for */
#define IDLE_MAX 16
#define ACTS_MAX 10000     /* in one step */
#define RELOAD_US 10000000 /* how often it is seen who is new */
#define DAY_MS INT64_C(86400000)

struct market {
    struct db *db;
    struct loop *loop;
    struct loop_timer *timer;
    struct dice dice;
    double rate, quotes;
    struct market_trader *traders;
    size_t trader_count, turn;
    struct market_symbols symbols;
    double credit;         /* rows of `events` that are due */
    int64_t stepped_us;    /* when credit was last counted; -1: never */
    int64_t next_quote_us; /* -1: not yet known */
    int64_t reload_us;
    int64_t day; /* of the last step, or of the prices in the file, since 1970; -1: unknown */
    struct market_stats stats;
};

/* ---- who and what there is ---- */

static void forget_all(struct market *market)
{
    for (size_t i = 0; i < market->trader_count; i++) {
        free(market->traders[i].user_id);
    }
    for (size_t i = 0; i < market->symbols.len; i++) {
        free(market->symbols.items[i].id);
        free(market->symbols.items[i].symbol);
    }
    free(market->traders);
    free(market->symbols.items);
    market->traders = NULL;
    market->symbols.items = NULL;
    market->trader_count = 0;
    market->symbols.len = 0;
}

static char *column_copy(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return mem_dup(text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void load_traders(struct market *market, size_t count)
{
    market->traders = mem_calloc(count, sizeof *market->traders);
    sqlite3_stmt *row =
        db_query(market->db, "SELECT userId FROM trading_accounts ORDER BY rowid LIMIT ?", "i",
                 (int64_t)count);
    while (db_row(market->db, row)) {
        market->traders[market->trader_count++].user_id = column_copy(row, 0);
    }
    market->turn = 0;
}

static void load_symbols(struct market *market, size_t count)
{
    market->symbols.items = mem_calloc(count, sizeof *market->symbols.items);
    sqlite3_stmt *row =
        db_query(market->db, "SELECT id, symbol FROM stocks WHERE isActive ORDER BY rowid LIMIT ?",
                 "i", (int64_t)count);
    while (db_row(market->db, row)) {
        market->symbols.items[market->symbols.len++] = (struct market_symbol){
            .id = column_copy(row, 0),
            .symbol = column_copy(row, 1),
        };
    }
}

/* Somebody may have added users or stocks. Their number tells; a swap of one for one does no harm.
 */
static void reload(struct market *market, int64_t now_us)
{
    if (now_us < market->reload_us) {
        return;
    }
    market->reload_us = now_us + RELOAD_US;
    size_t traders = (size_t)db_int(market->db, 0, "SELECT count(*) FROM trading_accounts", "");
    size_t symbols =
        (size_t)db_int(market->db, 0, "SELECT count(*) FROM stocks WHERE isActive", "");
    if (traders != market->trader_count || symbols != market->symbols.len) {
        forget_all(market);
        load_traders(market, traders);
        load_symbols(market, symbols);
    }
}

/* ---- the pace ---- */

static double inside(double value, double max)
{
    return value > 0 ? fmin(value, max) : 0;
}

static double events_per_us(const struct market *market)
{
    return market->rate * (double)market->trader_count / 1e6;
}

/* What the server was too busy for is lost, but at a slow pace one event is always waited for. */
static void count_credit(struct market *market, int64_t now_us)
{
    int64_t elapsed_us = market->stepped_us < 0 ? 0 : now_us - market->stepped_us;
    double most = fmax(1, events_per_us(market) * LATE_MAX_US);
    market->credit += events_per_us(market) * (double)(elapsed_us > 0 ? elapsed_us : 0);
    market->credit = fmin(market->credit, most);
    market->stepped_us = now_us;
}

static bool quotes_due(struct market *market, int64_t now_us)
{
    if (market->quotes <= 0) {
        return false;
    }
    if (market->next_quote_us < 0) {
        market->next_quote_us = now_us + (int64_t)(1e6 / market->quotes);
    }
    return now_us >= market->next_quote_us;
}

static int64_t next_step(const struct market *market, int64_t now_us)
{
    double next = INFINITY;
    if (market->quotes > 0 && market->next_quote_us >= 0) {
        next = (double)(market->next_quote_us - now_us);
    }
    if (events_per_us(market) > 0) {
        next = fmin(next, (1 - market->credit) / events_per_us(market));
    }
    if (next > 3.6e9) {
        return market->rate > 0 || market->quotes > 0 ? now_us + RELOAD_US : MOMENT_NEVER;
    }
    return now_us + (int64_t)ceil(fmax(next, STEP_MIN_US));
}

/* ---- a step ---- */

static int64_t last_event(struct market *market)
{
    return db_int(market->db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", "");
}

/*
 * Each trader in turn, until what was due is used up: an action costs what it writes. When nobody
 * finds anything to do for a while, what was due is lost.
 */
static void act(struct market *market, struct book *book)
{
    int64_t before = last_event(market);
    int idle = 0;
    for (int i = 0; i < ACTS_MAX && market->credit >= 1 && !book->failed; i++) {
        struct market_trader *trader = &market->traders[market->turn];
        market->turn = (market->turn + 1) % market->trader_count;
        market_trader_act(book, &market->symbols, trader);
        int64_t after = last_event(market);
        idle = after > before ? 0 : idle + 1;
        market->credit = idle < IDLE_MAX ? market->credit - (double)(after - before) : 0;
        market->stats.actions++;
        market->stats.events += after - before;
        before = after;
    }
}

static void move_prices(struct market *market, struct book *book, struct moment now)
{
    int64_t period_us = (int64_t)(1e6 / market->quotes);
    market->next_quote_us += period_us;
    if (market->next_quote_us <= now.mono_us) {
        market->next_quote_us = now.mono_us + period_us;
    }
    market_prices_move(book, &market->symbols, market->quotes);
    market->stats.quotes++;
}

static bool day_is_new(struct market *market, struct moment now)
{
    int64_t day = now.wall_ms / DAY_MS;
    bool is_new = market->day >= 0 && day > market->day;
    market->day = day;
    return is_new;
}

static void finish(struct market *market, const struct book *book)
{
    if (book->failed) {
        db_rollback(market->db);
        market->stats.skipped++;
    } else if (!db_commit(market->db)) {
        market->stats.skipped++;
    }
}

int64_t market_step(struct market *market, struct moment now)
{
    if (market->rate <= 0 && market->quotes <= 0) {
        return MOMENT_NEVER;
    }
    reload(market, now.mono_us);
    count_credit(market, now.mono_us);
    bool acts = market->credit >= 1 && market->trader_count > 0;
    bool quotes = quotes_due(market, now.mono_us);
    if (!acts && !quotes) {
        return next_step(market, now.mono_us);
    }
    /* The market can wait, others cannot. */
    if (!db_begin_now(market->db)) {
        market->stats.skipped++;
        return now.mono_us + INT64_C(2) * STEP_MIN_US;
    }
    struct book book = {.db = market->db, .dice = &market->dice};
    db_time(now.wall_ms, book.now);
    if (day_is_new(market, now)) {
        book_new_day(&book);
    }
    if (quotes) {
        move_prices(market, &book, now);
    }
    if (acts) {
        act(market, &book);
    }
    finish(market, &book);
    return next_step(market, now.mono_us);
}

/* ---- on the loop ---- */

/* However slow the machine is, the rest of the server gets a fifth of it. */
static void on_timer(void *user)
{
    struct market *market = user;
    struct moment before = loop_refresh(market->loop);
    int64_t next_us = market_step(market, before);
    struct moment after = loop_refresh(market->loop);
    int64_t earliest_us = after.mono_us + (after.mono_us - before.mono_us) / 4;
    loop_timer_set(market->timer, next_us < earliest_us ? earliest_us : next_us);
}

static void wake(struct market *market)
{
    if (market->loop != NULL) {
        loop_timer_set(market->timer, loop_now(market->loop).mono_us);
    }
}

struct market *market_new(struct loop *loop, struct db *db, const struct market_settings *settings)
{
    struct market *market = mem_calloc(1, sizeof *market);
    market->db = db;
    market->loop = loop;
    market->rate = inside(settings->rate, MARKET_RATE_MAX);
    market->quotes = inside(settings->quotes, MARKET_QUOTES_MAX);
    market->stepped_us = -1;
    market->next_quote_us = -1;
    market->reload_us = INT64_MIN;
    market->day = db_int(db, -1,
                         "SELECT CAST(julianday(max(updatedAt)) - 2440587.5 AS INTEGER)"
                         " FROM stocks",
                         "");
    dice_seed(&market->dice, trade_seed(db, settings->seed));
    if (loop != NULL) {
        market->timer = loop_timer_new(loop, on_timer, market);
        wake(market);
    }
    return market;
}

void market_free(struct market *market)
{
    if (market == NULL) {
        return;
    }
    if (market->timer != NULL) {
        loop_timer_free(market->timer);
    }
    forget_all(market);
    free(market);
}

void market_set_rate(struct market *market, double rate)
{
    market->rate = inside(rate, MARKET_RATE_MAX);
    market->stepped_us = -1;
    market->credit = 0;
    wake(market);
}

void market_set_quotes(struct market *market, double quotes)
{
    market->quotes = inside(quotes, MARKET_QUOTES_MAX);
    market->next_quote_us = -1;
    wake(market);
}

struct market_stats market_stats(const struct market *market)
{
    return market->stats;
}
