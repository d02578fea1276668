/* Alpaca Trading API v2: root arrays, amounts as strings. */
#include "shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ID "b10773e5-0000-4000-8000-%012ld"

static void put_order(struct buf *out, const struct book *book, const struct book_order *order)
{
    static const char *const words[] = {"new", "partially_filled", "filled", "canceled",
                                        "rejected"};
    bool filled = order->status == BOOK_FILLED;
    buf_printf(out, "{\"id\":\"" ID "\",\"client_order_id\":\"" ID "\",", order->id,
               order->id + 500000);
    shape_time(out, "created_at", order->created_ms);
    shape_time(out, "submitted_at", order->created_ms);
    shape_time(out, "updated_at", order->updated_ms);
    if (filled) {
        shape_time(out, "filled_at", order->updated_ms);
    } else {
        buf_append_text(out, "\"filled_at\":null,");
    }
    buf_printf(
        out,
        "\"symbol\":\"%s\",\"asset_class\":\"us_equity\",\"notional\":null,\"qty\":\"%.10g\","
        "\"filled_qty\":\"%.10g\",",
        book->symbols[order->symbol].name, order->quantity, order->filled);
    if (order->filled > 0) {
        buf_printf(out, "\"filled_avg_price\":\"%.10g\",", order->limit);
    } else {
        buf_append_text(out, "\"filled_avg_price\":null,");
    }
    buf_printf(out,
               "\"order_class\":\"\",\"order_type\":\"limit\",\"type\":\"limit\",\"side\":\"%s\","
               "\"time_in_force\":\"day\",\"limit_price\":\"%.10g\",\"stop_price\":null,"
               "\"status\":\"%s\",\"legs\":null}",
               order->sells ? "sell" : "buy", order->limit, words[order->status]);
}

static void put_orders(struct buf *out, const struct book *book, const char *path)
{
    const char *limit = strstr(path, "limit=");
    size_t most = limit != NULL ? strtoul(limit + 6, NULL, 10) : 50;
    buf_append_text(out, "[");
    for (size_t i = book->order_count, n = 0; i-- > 0 && n < most; n++) {
        buf_append_text(out, n > 0 ? "," : "");
        put_order(out, book, &book->orders[i]);
    }
    buf_append_text(out, "]");
}

static void put_positions(struct buf *out, const struct book *book)
{
    const char *comma = "";
    buf_append_text(out, "[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (symbol->quantity == 0) {
            continue;
        }
        double value = symbol->quantity * symbol->last;
        buf_printf(out,
                   "%s{\"asset_id\":\"" ID "\",\"symbol\":\"%s\",\"exchange\":\"%s\","
                   "\"asset_class\":\"us_equity\",\"qty\":\"%.10g\",\"avg_entry_price\":\"%.10g\","
                   "\"side\":\"%s\",\"market_value\":\"%.10g\",\"cost_basis\":\"%.10g\","
                   "\"unrealized_pl\":\"%.6g\",\"unrealized_intraday_pl\":\"%.6g\","
                   "\"current_price\":\"%.10g\",\"lastday_price\":\"%.10g\"}",
                   comma, (long)i + 2, symbol->name, symbol->exchange, symbol->quantity,
                   symbol->cost / symbol->quantity, symbol->quantity < 0 ? "short" : "long", value,
                   symbol->cost, value - symbol->cost,
                   symbol->quantity * (symbol->last - symbol->close), symbol->last, symbol->close);
        comma = ",";
    }
    buf_append_text(out, "]");
}

static void put_account(struct buf *out, const struct book *book)
{
    double equity = book->cash + book_worth(book);
    buf_printf(out,
               "{\"id\":\"" ID "\",\"account_number\":\"PA3STANDIN01\",\"status\":\"ACTIVE\","
               "\"currency\":\"USD\",\"cash\":\"%.10g\",\"equity\":\"%.10g\","
               "\"buying_power\":\"%.10g\",\"initial_margin\":\"%.10g\","
               "\"created_at\":\"2024-06-11T15:22:11.20231Z\"}",
               1L, book->cash, equity, equity / 2, equity / 2);
}

static void put_watchlist(struct buf *out, const struct book *book)
{
    buf_printf(out,
               "{\"id\":\"" ID "\",\"updated_at\":\"2026-11-26T09:30:00.5Z\","
               "\"name\":\"Primary Watchlist\",\"assets\":[",
               61L);
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        buf_printf(out,
                   "%s{\"id\":\"" ID "\",\"class\":\"us_equity\",\"exchange\":\"%s\","
                   "\"symbol\":\"%s\",\"name\":\"%s\",\"status\":\"active\"}",
                   i > 0 ? "," : "", (long)i + 2, symbol->exchange, symbol->name,
                   symbol->full_name);
    }
    buf_append_text(out, "]}");
}

static void put_snapshots(struct buf *out, const struct book *book, const char *path)
{
    const char *comma = "";
    buf_append_text(out, "{");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (strstr(path, symbol->name) == NULL) {
            continue;
        }
        buf_printf(
            out,
            "%s\"%s\":{\"latestTrade\":{\"p\":%.10g,\"s\":100},\"dailyBar\":{\"o\":%.10g,"
            "\"h\":%.10g,\"l\":%.10g,\"c\":%.10g,\"v\":812349},\"prevDailyBar\":{\"c\":%.10g}}",
            comma, symbol->name, symbol->last, symbol->close, symbol->last * 1.01,
            symbol->close * 0.99, symbol->last, symbol->close);
        comma = ",";
    }
    buf_append_text(out, "}");
}

static bool answer(const struct book *book, const char *path, struct buf *out)
{
    if (shape_is(path, "/v2/orders")) {
        put_orders(out, book, path);
    } else if (shape_is(path, "/v2/positions")) {
        put_positions(out, book);
    } else if (shape_is(path, "/v2/account")) {
        put_account(out, book);
    } else if (shape_is(path, "/v2/watchlists")) {
        buf_printf(out, "[{\"id\":\"" ID "\",\"name\":\"Primary Watchlist\"}]", 61L);
    } else if (strncmp(path, "/v2/watchlists/", 15) == 0) {
        put_watchlist(out, book);
    } else if (shape_is(path, "/v2/clock")) {
        buf_append_text(out, "{\"timestamp\":\"2026-11-28T01:38:16.133137489Z\",\"is_open\":true,"
                             "\"next_open\":\"2096-11-29T09:30:00-05:00\","
                             "\"next_close\":\"2096-11-28T16:00:00-05:00\"}");
    } else if (shape_is(path, "/v2/stocks/snapshots")) {
        put_snapshots(out, book, path);
    } else if (shape_is(path, "/v1beta3/crypto/us/snapshots")) {
        buf_append_text(out, "{\"snapshots\":{}}");
    } else {
        return false;
    }
    return true;
}

static void event(const struct book *book, const struct book_order *order, enum shape_event kind,
                  long id, struct buf *out)
{
    static const char *const words[] = {"new", "partial_fill", "fill", "canceled"};
    buf_append_text(out, "data: {");
    shape_time(out, "at", order->updated_ms);
    shape_time(out, "timestamp", order->updated_ms);
    buf_printf(out, "\"event\":\"%s\",\"event_id\":\"01M8FWV%019ld\",", words[kind], id);
    if (kind == SHAPE_PART || kind == SHAPE_FILL) {
        buf_printf(out, "\"price\":\"%.10g\",\"qty\":\"%.10g\",\"position_qty\":\"%.10g\",",
                   order->limit, order->filled, book->symbols[order->symbol].quantity);
    }
    buf_append_text(out, "\"order\":");
    put_order(out, book, order);
    buf_append_text(out, "}\n\n");
}

static void alive(const struct book *book, struct buf *out)
{
    (void)book;
    buf_append_text(out, ":heartbeat\n\n");
}

const struct shape shape_alpaca = {
    .name = "alpaca",
    .symbols = {{"AAPL", "NASDAQ", "Apple Inc. Common Stock", 187.44, 185.1},
                {"TSLA", "NASDAQ", "Tesla, Inc. Common Stock", 251.05, 258.61},
                {"NVDA", "NASDAQ", "NVIDIA Corporation Common Stock", 131.26, 128.7},
                {"F", "NYSE", "Ford Motor Company", 10.02, 9.95}},
    .symbol_count = 4,
    .first_id = 51,
    .header = "APCA-API-SECRET-KEY",
    .value = "%s",
    .refused = "{\"code\":40110000,\"message\":\"request is not authorized\"}",
    .refused_status = 401,
    .requests = 200,
    .seconds = 60,
    .busy = "{\"code\":42910000,\"message\":\"rate limit exceeded\"}",
    .left = "X-RateLimit-Remaining",
    .reset = "X-RateLimit-Reset",
    .reset_scale = 1,
    .stream = "/v2/events/trades",
    .media = "text/event-stream",
    .answer = answer,
    .event = event,
    .alive = alive,
};
