/* The brokers that are only polled: Kite 3, Trading 212 v0, Tradier v1. */
#include "shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- Kite ------------------------------------------------------------------------------------ */

/* "2026-11-28 09:18:57", the time of India. */
static void put_indian(struct buf *out, const char *name, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000 + 19800);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    buf_printf(out, "\"%s\":\"%s\",", name, text);
}

static void put_kite_orders(struct buf *out, const struct book *book)
{
    static const char *const words[] = {"OPEN", "OPEN", "COMPLETE", "CANCELLED", "REJECTED"};
    buf_append_text(out, "{\"status\":\"success\",\"data\":[");
    for (size_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        buf_printf(out, "%s{\"order_id\":\"261128%09ld\",\"parent_order_id\":null,",
                   i > 0 ? "," : "", order->id);
        put_indian(out, "order_timestamp", order->created_ms);
        put_indian(out, "exchange_update_timestamp", order->updated_ms);
        buf_printf(out,
                   "\"status\":\"%s\",\"status_message\":null,\"exchange\":\"%s\","
                   "\"tradingsymbol\":\"%s\",\"order_type\":\"LIMIT\",\"transaction_type\":\"%s\","
                   "\"product\":\"CNC\",\"quantity\":%.10g,\"filled_quantity\":%.10g,"
                   "\"price\":%.10g,\"trigger_price\":0,\"average_price\":%.10g}",
                   words[order->status], book->symbols[order->symbol].exchange,
                   book->symbols[order->symbol].name, order->sells ? "SELL" : "BUY",
                   order->quantity, order->filled, order->limit,
                   order->filled > 0 ? order->limit : 0);
    }
    buf_append_text(out, "]}");
}

static void put_kite_positions(struct buf *out, const struct book *book)
{
    buf_append_text(out, "{\"status\":\"success\",\"data\":{\"day\":[],\"net\":[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        double average = symbol->quantity != 0 ? symbol->cost / symbol->quantity : 0;
        double gain = symbol->quantity * symbol->last - symbol->cost;
        buf_printf(out,
                   "%s{\"tradingsymbol\":\"%s\",\"exchange\":\"%s\",\"product\":\"CNC\","
                   "\"quantity\":%.10g,\"multiplier\":1,\"average_price\":%.10g,"
                   "\"last_price\":%.10g,\"pnl\":%.8g,\"m2m\":%.8g,\"unrealised\":%.8g,"
                   "\"realised\":0}",
                   i > 0 ? "," : "", symbol->name, symbol->exchange, symbol->quantity, average,
                   symbol->last, gain, gain, gain);
    }
    buf_append_text(out, "]}}");
}

static void put_kite_quotes(struct buf *out, const struct book *book)
{
    buf_append_text(out, "{\"status\":\"success\",\"data\":{");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        buf_printf(out,
                   "%s\"%s:%s\":{\"last_price\":%.10g,\"volume\":7360198,\"ohlc\":{\"open\":%.10g,"
                   "\"high\":%.10g,\"low\":%.10g,\"close\":%.10g}}",
                   i > 0 ? "," : "", symbol->exchange, symbol->name, symbol->last, symbol->close,
                   symbol->last * 1.01, symbol->close * 0.99, symbol->close);
    }
    buf_append_text(out, "}}");
}

static bool answer_kite(const struct book *book, const char *path, struct buf *out)
{
    if (shape_is(path, "/orders")) {
        put_kite_orders(out, book);
    } else if (shape_is(path, "/portfolio/positions")) {
        put_kite_positions(out, book);
    } else if (shape_is(path, "/user/margins")) {
        buf_printf(out,
                   "{\"status\":\"success\",\"data\":{\"equity\":{\"net\":%.10g,\"available\":"
                   "{\"cash\":%.10g},\"utilised\":{\"debits\":1500}}}}",
                   book->cash - 1500, book->cash);
    } else if (shape_is(path, "/quote")) {
        put_kite_quotes(out, book);
    } else {
        return false;
    }
    return true;
}

const struct shape shape_kite = {
    .name = "kite",
    .symbols = {{"INFY", "NSE", "Infosys", 1812.35, 1799.2},
                {"RELIANCE", "NSE", "Reliance Industries", 1294.1, 1301.55},
                {"M&M", "NSE", "Mahindra", 2955.4, 2960}},
    .symbol_count = 3,
    .first_id = 101,
    .header = "Authorization",
    .value = "token demo-key:%s",
    .refused = "{\"status\":\"error\",\"message\":\"Incorrect `api_key` or `access_token`.\","
               "\"error_type\":\"TokenException\",\"data\":null}",
    .refused_status = 403,
    .requests = 10,
    .seconds = 1,
    .busy = "{\"status\":\"error\",\"message\":\"Too many requests\","
            "\"error_type\":\"NetworkException\",\"data\":null}",
    .answer = answer_kite,
};

/* --- Trading 212 ----------------------------------------------------------------------------- */

static void put_212_instrument(struct buf *out, const struct book_symbol *symbol)
{
    buf_printf(out,
               "\"instrument\":{\"ticker\":\"%s\",\"name\":\"%s\",\"isin\":\"US0000000000\","
               "\"currency\":\"%s\"}",
               symbol->name, symbol->full_name, symbol->exchange);
}

/* What waits, no more: an order that is over is gone. */
static void put_212_orders(struct buf *out, const struct book *book)
{
    const char *comma = "";
    buf_append_text(out, "[");
    for (size_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        if (order->status > BOOK_PART) {
            continue;
        }
        buf_printf(out, "%s{\"id\":301100%05ld,\"strategy\":\"QUANTITY\",", comma, order->id);
        shape_time(out, "createdAt", order->created_ms);
        buf_printf(out,
                   "\"type\":\"LIMIT\",\"ticker\":\"%s\",\"quantity\":%s%.10g,"
                   "\"filledQuantity\":%.10g,\"value\":0,\"limitPrice\":%.10g,\"stopPrice\":0,"
                   "\"status\":\"%s\",\"currency\":\"GBP\",\"side\":\"%s\","
                   "\"timeInForce\":\"DAY\",",
                   book->symbols[order->symbol].name, order->sells ? "-" : "", order->quantity,
                   order->filled, order->limit,
                   order->status == BOOK_PART ? "PARTIALLY_FILLED" : "NEW",
                   order->sells ? "SELL" : "BUY");
        put_212_instrument(out, &book->symbols[order->symbol]);
        buf_append_text(out, "}");
        comma = ",";
    }
    buf_append_text(out, "]");
}

static void put_212_positions(struct buf *out, const struct book *book)
{
    const char *comma = "";
    buf_append_text(out, "[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (symbol->quantity <= 0) {
            continue;
        }
        buf_printf(out, "%s{", comma);
        put_212_instrument(out, symbol);
        buf_printf(out,
                   ",\"quantity\":%.10g,\"currentPrice\":%.10g,\"averagePricePaid\":%.10g,"
                   "\"createdAt\":\"2026-06-14T09:38:24.000+02:00\",\"walletImpact\":{"
                   "\"currency\":\"GBP\",\"totalCost\":%.8g,\"currentValue\":%.8g,"
                   "\"unrealizedProfitLoss\":%.6g}}",
                   symbol->quantity, symbol->last, symbol->cost / symbol->quantity,
                   symbol->cost * 0.8, symbol->quantity * symbol->last * 0.8,
                   (symbol->quantity * symbol->last - symbol->cost) * 0.8);
        comma = ",";
    }
    buf_append_text(out, "]");
}

static bool answer_212(const struct book *book, const char *path, struct buf *out)
{
    if (shape_is(path, "/api/v0/equity/orders")) {
        put_212_orders(out, book);
    } else if (shape_is(path, "/api/v0/equity/positions")) {
        put_212_positions(out, book);
    } else if (shape_is(path, "/api/v0/equity/account/summary")) {
        buf_printf(out,
                   "{\"id\":27651234,\"currency\":\"GBP\",\"totalValue\":%.8g,\"cash\":{"
                   "\"availableToTrade\":%.8g,\"reservedForOrders\":110.4,\"inPies\":0}}",
                   book->cash + book_worth(book), book->cash);
    } else {
        return false;
    }
    return true;
}

const struct shape shape_trading212 = {
    .name = "trading212",
    .symbols = {{"AAPL_US_EQ", "USD", "Apple", 187.44, 185.1},
                {"RRl_EQ", "GBX", "Rolls-Royce", 561.2, 555},
                {"VUSAl_EQ", "GBP", "Vanguard S&P 500 UCITS ETF", 88.1175, 87.9}},
    .symbol_count = 3,
    .first_id = 77,
    .header = "Authorization",
    .value = "Basic ZGVtby1rZXk6ZGVtby1zZWNyZXQ=", /* demo-key:demo-secret */
    .refused = "",
    .refused_status = 401,
    .requests = 1,
    .seconds = 5,
    .by_path = true,
    .quick_path = "/api/v0/equity/positions",
    .quick_seconds = 1,
    .busy = "{\"code\":\"TooManyRequests\",\"context\":{}}",
    .left = "x-ratelimit-remaining",
    .reset = "x-ratelimit-reset",
    .reset_scale = 1,
    .answer = answer_212,
};

/* --- Tradier --------------------------------------------------------------------------------- */

/* A list of one is the object alone. */
static void put_list(struct buf *out, const char *name, const char *row, const struct buf *rows,
                     size_t count)
{
    if (count == 0) {
        buf_printf(out, "{\"%s\":\"null\"}", name);
        return;
    }
    buf_printf(out, "{\"%s\":{\"%s\":%s", name, row, count > 1 ? "[" : "");
    buf_append(out, rows->data, rows->len);
    buf_append_text(out, count > 1 ? "]}}" : "}}");
}

/* Shares that one unit of it stands for. */
static double tradier_units(const struct book_symbol *symbol)
{
    return strlen(symbol->name) > 12 ? 100 : 1;
}

/* An option's order names the share besides. */
static void put_tradier_symbol(struct buf *out, const struct book_symbol *symbol)
{
    if (tradier_units(symbol) > 1) {
        buf_printf(out, "\"symbol\":\"SPY\",\"option_symbol\":\"%s\",\"class\":\"option\",",
                   symbol->name);
    } else {
        buf_printf(out, "\"symbol\":\"%s\",\"class\":\"equity\",", symbol->name);
    }
}

static void put_tradier_orders(struct buf *out, const struct book *book)
{
    static const char *const words[] = {"open", "partially_filled", "filled", "canceled",
                                        "rejected"};
    struct buf rows;
    buf_init(&rows, (size_t)1 << 20);
    for (size_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        buf_printf(&rows, "%s{\"id\":228%03ld,", i > 0 ? "," : "", order->id);
        shape_time(&rows, "create_date", order->created_ms);
        shape_time(&rows, "transaction_date", order->updated_ms);
        put_tradier_symbol(&rows, &book->symbols[order->symbol]);
        buf_printf(&rows,
                   "\"type\":\"limit\",\"side\":\"%s\",\"quantity\":%.10g,"
                   "\"status\":\"%s\",\"duration\":\"day\",\"price\":%.10g,"
                   "\"avg_fill_price\":%.10g,\"exec_quantity\":%.10g}",
                   order->sells ? "sell" : "buy", order->quantity, words[order->status],
                   order->limit, order->filled > 0 ? order->limit : 0, order->filled);
    }
    put_list(out, "orders", "order", &rows, book->order_count);
    buf_done(&rows);
}

static void put_tradier_positions(struct buf *out, const struct book *book)
{
    struct buf rows;
    size_t count = 0;
    buf_init(&rows, (size_t)1 << 20);
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (symbol->quantity != 0) {
            buf_printf(&rows,
                       "%s{\"id\":%zu,\"symbol\":\"%s\",\"quantity\":%.10g,\"cost_basis\":%.10g,"
                       "\"date_acquired\":\"2026-10-21T13:38:25.327Z\"}",
                       count++ > 0 ? "," : "", i + 130089, symbol->name, symbol->quantity,
                       symbol->cost * tradier_units(symbol));
        }
    }
    put_list(out, "positions", "position", &rows, count);
    buf_done(&rows);
}

static void put_tradier_watchlist(struct buf *out, const struct book *book)
{
    buf_append_text(out, "{\"watchlist\":{\"name\":\"default\",\"id\":\"default\",\"items\":"
                         "{\"item\":[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        buf_printf(out, "%s{\"symbol\":\"%s\",\"id\":\"%zu\"}", i > 0 ? "," : "",
                   book->symbols[i].name, i);
    }
    buf_append_text(out, "]}}}");
}

static void put_tradier_quotes(struct buf *out, const struct book *book, const char *path)
{
    struct buf rows;
    size_t count = 0;
    buf_init(&rows, (size_t)1 << 20);
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (strstr(path, symbol->name) != NULL) {
            buf_printf(&rows,
                       "%s{\"symbol\":\"%s\",\"description\":\"%s\",\"last\":%.10g,"
                       "\"change\":%.6g,\"volume\":812345,\"open\":%.10g,\"high\":%.10g,"
                       "\"low\":%.10g,\"close\":null,\"bid\":%.10g,\"ask\":%.10g,"
                       "\"prevclose\":%.10g}",
                       count++ > 0 ? "," : "", symbol->name, symbol->full_name, symbol->last,
                       symbol->last - symbol->close, symbol->close, symbol->last * 1.01,
                       symbol->close * 0.99, symbol->last - 0.01, symbol->last + 0.01,
                       symbol->close);
        }
    }
    put_list(out, "quotes", "quote", &rows, count);
    buf_done(&rows);
}

static bool answer_tradier(const struct book *book, const char *path, struct buf *out)
{
    if (shape_is(path, "/v1/user/profile")) {
        buf_append_text(out, "{\"profile\":{\"id\":\"id-standin\",\"account\":{"
                             "\"account_number\":\"VA00000001\",\"type\":\"margin\"}}}");
    } else if (shape_is(path, "/v1/accounts/VA00000001/orders")) {
        put_tradier_orders(out, book);
    } else if (shape_is(path, "/v1/accounts/VA00000001/positions")) {
        put_tradier_positions(out, book);
    } else if (shape_is(path, "/v1/accounts/VA00000001/balances")) {
        buf_printf(out,
                   "{\"balances\":{\"total_equity\":%.10g,\"account_number\":\"VA00000001\","
                   "\"current_requirement\":2557,\"margin\":{\"stock_buying_power\":%.10g}}}",
                   book->cash + book_worth(book), book->cash);
    } else if (shape_is(path, "/v1/watchlists")) {
        buf_append_text(out, "{\"watchlists\":{\"watchlist\":{\"name\":\"default\","
                             "\"id\":\"default\"}}}");
    } else if (shape_is(path, "/v1/watchlists/default")) {
        put_tradier_watchlist(out, book);
    } else if (shape_is(path, "/v1/markets/quotes")) {
        put_tradier_quotes(out, book, path);
    } else {
        return false;
    }
    return true;
}

const struct shape shape_tradier = {
    .name = "tradier",
    .symbols = {{"AAPL", "Q", "Apple Inc", 187.44, 185.1},
                {"SPY", "P", "SPDR S&P 500", 561.02, 559.4},
                {"F", "N", "Ford Motor", 10.02, 9.95},
                {"SPY271217C00600000", "", "SPY Dec 17 2027 $600 Call", 12.4, 12.05}},
    .symbol_count = 4,
    .first_id = 701,
    .header = "Authorization",
    .value = "Bearer %s",
    .refused = "Invalid Access Token",
    .refused_status = 401,
    .requests = 60,
    .seconds = 60,
    .busy = "Quota Violation",
    .left = "X-Ratelimit-Available",
    .reset = "X-Ratelimit-Expiry",
    .reset_scale = 1000,
    .answer = answer_tradier,
};
