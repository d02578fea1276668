#include "scenario_commands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static bool say(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return false;
}

static bool read_whole(const char *word, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(word, &end, 10);
    if (end == word || *end != '\0' || errno != 0 || value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static bool read_number(const char *word, double max, double *ret)
{
    char *end;
    double value = strtod(word, &end);
    if (end == word || *end != '\0' || !(value >= 0 && value <= max)) {
        return false;
    }
    *ret = value;
    return true;
}

/* A price that may be left out: NAN then. */
static bool read_price(const struct scenario_call *call, int at, double *ret)
{
    *ret = NAN;
    return at >= call->count || read_number(call->words[at], TRADE_PRICE_MAX, ret);
}

/* ---- sql ---- */

static bool run_sql(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                    size_t size)
{
    struct db *db = memory->host->db;
    if (!db_begin(db)) {
        return say(why, size, db_error(db));
    }
    if (sqlite3_exec(db_handle(db), call->words[0], NULL, NULL, NULL) != SQLITE_OK) {
        say(why, size, db_error(db));
        db_rollback(db);
        return false;
    }
    return db_commit(db) || say(why, size, db_error(db));
}

/* ---- orders and positions ---- */

static bool done(enum trade_result result, const struct trade_reply *reply, char *why, size_t size)
{
    return result == TRADE_OK || say(why, size, reply->message);
}

static bool read_order(const struct scenario_call *call, struct trade_order *ret)
{
    *ret = (struct trade_order){.symbol = call->words[3], .product = "MIS"};
    ret->is_sell = strcmp(call->words[1], "sell") == 0 || strcmp(call->words[1], "SELL") == 0;
    ret->is_limit = call->count > 4;
    bool side =
        ret->is_sell || strcmp(call->words[1], "buy") == 0 || strcmp(call->words[1], "BUY") == 0;
    return side && read_whole(call->words[2], 1, TRADE_QUANTITY_MAX, &ret->quantity) &&
           read_price(call, 4, &ret->price);
}

static bool check_place(const struct scenario_call *call, char *why, size_t size)
{
    struct trade_order order;
    return read_order(call, &order) ||
           say(why, size, "an order is: USER buy|sell QUANTITY SYMBOL [PRICE]");
}

static bool run_place(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                      size_t size)
{
    struct trade_order order;
    struct trade_reply reply;
    if (!read_order(call, &order)) {
        return say(why, size, "no order");
    }
    enum trade_result result =
        trade_place(memory->host->db, &memory->dice, call->words[0], &order, &reply);
    if (reply.id[0] != '\0') {
        memcpy(memory->last_order, reply.id, sizeof memory->last_order);
    }
    return done(result, &reply, why, size);
}

static bool find_order(const struct scenario_call *call, struct scenario_memory *memory,
                       char ret[64])
{
    const char *which = call->words[0];
    char *newest = NULL;
    if (strcmp(which, "last") == 0) {
        which = memory->last_order;
    } else if (strcmp(which, "newest") == 0) {
        newest = db_text(memory->host->db,
                         "SELECT id FROM orders WHERE status = 'PENDING'"
                         " ORDER BY createdAt DESC, rowid DESC LIMIT 1",
                         "");
        which = newest == NULL ? "" : newest;
    }
    snprintf(ret, 64, "%s", which);
    free(newest);
    return ret[0] != '\0';
}

static bool run_execute(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                        size_t size)
{
    char id[64];
    struct trade_reply reply;
    if (!find_order(call, memory, id)) {
        return say(why, size, "there is no such order");
    }
    return done(trade_execute(memory->host->db, &memory->dice, id, &reply), &reply, why, size);
}

static bool run_cancel(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                       size_t size)
{
    char id[64];
    struct trade_reply reply;
    if (!find_order(call, memory, id)) {
        return say(why, size, "there is no such order");
    }
    return done(trade_cancel(memory->host->db, NULL, id, &reply), &reply, why, size);
}

static bool check_close(const struct scenario_call *call, char *why, size_t size)
{
    double price;
    return read_price(call, 2, &price) || say(why, size, "a close is: USER SYMBOL [PRICE]");
}

static bool run_close(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                      size_t size)
{
    struct db *db = memory->host->db;
    struct trade_reply reply;
    double price;
    char *id = db_text(db,
                       "SELECT p.id FROM positions p JOIN trading_accounts a"
                       " ON a.id = tradingAccountId WHERE userId = ? AND symbol = ?"
                       " AND quantity <> 0 LIMIT 1",
                       "ss", call->words[0], call->words[1]);
    if (id == NULL || !read_price(call, 2, &price)) {
        free(id);
        return say(why, size, "there is no such open position");
    }
    enum trade_result result = trade_close(db, &memory->dice, call->words[0], id, price, &reply);
    free(id);
    return done(result, &reply, why, size);
}

static bool check_set_price(const struct scenario_call *call, char *why, size_t size)
{
    double price;
    return (read_price(call, 1, &price) && price > 0) ||
           say(why, size, "a price is: SYMBOL PRICE, above 0");
}

static bool run_price(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                      size_t size)
{
    struct trade_reply reply;
    double price = NAN;
    read_price(call, 1, &price);
    return done(trade_price(memory->host->db, call->words[0], price, &reply), &reply, why, size);
}

/* ---- the server ---- */

static bool check_rate(const struct scenario_call *call, char *why, size_t size)
{
    double rate;
    return read_number(call->words[0], MARKET_RATE_MAX, &rate) ||
           say(why, size, "the rate must be from 0 to 10000");
}

static bool run_rate(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                     size_t size)
{
    double rate = 0;
    (void)why;
    (void)size;
    if (memory->host->market != NULL && read_number(call->words[0], MARKET_RATE_MAX, &rate)) {
        market_set_rate(memory->host->market, rate);
    }
    return true;
}

static bool check_quotes(const struct scenario_call *call, char *why, size_t size)
{
    double quotes;
    return read_number(call->words[0], MARKET_QUOTES_MAX, &quotes) ||
           say(why, size, "quotes must be from 0 to 1000");
}

static bool run_quotes(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                       size_t size)
{
    double quotes = 0;
    (void)why;
    (void)size;
    if (memory->host->market != NULL && read_number(call->words[0], MARKET_QUOTES_MAX, &quotes)) {
        market_set_quotes(memory->host->market, quotes);
    }
    return true;
}

static bool check_fault(const struct scenario_call *call, char *why, size_t size)
{
    struct fault error;
    bool bytes;
    return strcmp(call->words[0], "clear") == 0 || faults_check(call->words[0], &bytes, &error) ||
           say(why, size, error.text);
}

static bool run_fault(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                      size_t size)
{
    struct fault error;
    const char *text = call->words[0];
    if (memory->host->faults == NULL) {
        return say(why, size, "the server runs without faults");
    }
    return faults_command(memory->host->faults, text, strlen(text), &error) ||
           say(why, size, error.text);
}

static bool run_heartbeat(const struct scenario_call *call, struct scenario_memory *memory,
                          char *why, size_t size)
{
    (void)call;
    (void)why;
    (void)size;
    if (memory->host->heartbeat != NULL) {
        memory->host->heartbeat(memory->host->user);
    }
    return true;
}

static bool run_end(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                    size_t size)
{
    (void)call;
    (void)why;
    (void)size;
    if (memory->host->end_streams != NULL) {
        memory->host->end_streams(memory->host->user);
    }
    return true;
}

static bool check_quit(const struct scenario_call *call, char *why, size_t size)
{
    int64_t status;
    return call->count == 0 || read_whole(call->words[0], 0, 255, &status) ||
           say(why, size, "the status must be from 0 to 255");
}

static bool run_quit(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                     size_t size)
{
    int64_t status = 0;
    (void)why;
    (void)size;
    if (call->count > 0) {
        read_whole(call->words[0], 0, 255, &status);
    }
    if (memory->host->quit != NULL) {
        memory->host->quit(memory->host->user, (int)status);
    }
    return true;
}

/* ---- the table ---- */

const struct scenario_command scenario_commands[] = {
    {"sql", "STATEMENTS", "runs SQL in one transaction", 1, 1, true, NULL, run_sql},
    {"order place", "USER buy|sell QUANTITY SYMBOL [PRICE]",
     "a limit order, or without a price a market order", 4, 5, false, check_place, run_place},
    {"order execute", "ID|last|newest", "fills an order at its limit or the last price", 1, 1,
     false, NULL, run_execute},
    {"order cancel", "ID|last|newest", "last: placed by this scenario; newest: of all that wait", 1,
     1, false, NULL, run_cancel},
    {"position close", "USER SYMBOL [PRICE]", "closes what is open, at the last price", 2, 3, false,
     check_close, run_close},
    {"price", "SYMBOL PRICE", "the last price and what follows from it", 2, 2, false,
     check_set_price, run_price},
    {"rate", "N", "the market's events a second and user", 1, 1, false, check_rate, run_rate},
    {"quotes", "N", "the market's quote batches a second", 1, 1, false, check_quotes, run_quotes},
    {"fault", "SPEC|clear", "see --fault help", 1, 1, false, check_fault, run_fault},
    {"heartbeat", "", "a heartbeat on every stream", 0, 0, false, NULL, run_heartbeat},
    {"end streams", "", "ends every stream cleanly", 0, 0, false, NULL, run_end},
    {"quit", "[STATUS]", "ends the server", 0, 1, false, check_quit, run_quit},
};
const size_t scenario_command_count = sizeof scenario_commands / sizeof *scenario_commands;

void scenario_help(FILE *out)
{
    fputs("one command a line: AT SECONDS COMMAND, or AT +SECONDS after the line before\n", out);
    for (size_t i = 0; i < scenario_command_count; i++) {
        const struct scenario_command *command = &scenario_commands[i];
        fprintf(out, "  %s%s%s\n      %s\n", command->name, *command->arguments == '\0' ? "" : " ",
                command->arguments, command->help);
    }
}
