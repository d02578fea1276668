/* OANDA v20: decimals as strings, the sign of the units is the side, ids of one sequence. */
#include "shape.h"

#include <math.h>
#include <string.h>

#define ACCOUNT "/v3/accounts/101-004-7700123-001"

static void put_order(struct buf *out, const struct book *book, const struct book_order *order)
{
    static const char *const words[] = {"PENDING", "PENDING", "FILLED", "CANCELLED", "CANCELLED"};
    buf_printf(out, "{\"id\":\"%ld\",", order->id);
    shape_time(out, "createTime", order->created_ms);
    if (order->status == BOOK_FILLED) {
        shape_time(out, "filledTime", order->updated_ms);
    }
    buf_printf(out,
               "\"state\":\"%s\",\"type\":\"LIMIT\",\"instrument\":\"%s\",\"units\":\"%s%.10g\","
               "\"price\":\"%.5f\",\"timeInForce\":\"GTC\",\"positionFill\":\"DEFAULT\"}",
               words[order->status], book->symbols[order->symbol].name, order->sells ? "-" : "",
               order->quantity, order->limit);
}

static void put_last(struct buf *out, const struct book *book)
{
    buf_printf(out, ",\"lastTransactionID\":\"%ld\"}", book->next_id - 1);
}

static void put_orders(struct buf *out, const struct book *book)
{
    buf_append_text(out, "{\"orders\":[");
    for (size_t i = book->order_count; i-- > 0;) {
        put_order(out, book, &book->orders[i]);
        buf_append_text(out, i > 0 ? "," : "");
    }
    buf_append_text(out, "]");
    put_last(out, book);
}

static void put_side(struct buf *out, const struct book_symbol *symbol, bool is_it)
{
    if (is_it) {
        buf_printf(out,
                   "{\"units\":\"%.10g\",\"averagePrice\":\"%.5f\",\"unrealizedPL\":\"%.4f\","
                   "\"pl\":\"0.0000\"}",
                   symbol->quantity, symbol->cost / symbol->quantity,
                   symbol->quantity * symbol->last - symbol->cost);
    } else {
        buf_append_text(out, "{\"units\":\"0\",\"pl\":\"0.0000\",\"unrealizedPL\":\"0.0000\"}");
    }
}

static void put_positions(struct buf *out, const struct book *book)
{
    const char *comma = "";
    buf_append_text(out, "{\"positions\":[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (symbol->quantity != 0) {
            buf_printf(out, "%s{\"instrument\":\"%s\",\"pl\":\"0.0000\",\"long\":", comma,
                       symbol->name);
            put_side(out, symbol, symbol->quantity > 0);
            buf_append_text(out, ",\"short\":");
            put_side(out, symbol, symbol->quantity < 0);
            buf_append_text(out, "}");
            comma = ",";
        }
    }
    buf_append_text(out, "]");
    put_last(out, book);
}

static void put_account(struct buf *out, const struct book *book)
{
    buf_append_text(out, "{\"account\":{\"id\":\"101-004-7700123-001\",\"alias\":\"Primary\",");
    shape_time(out, "createdTime", INT64_C(1763430000000));
    buf_printf(out,
               "\"currency\":\"USD\",\"balance\":\"%.4f\",\"NAV\":\"%.4f\","
               "\"marginUsed\":\"652.3537\",\"marginAvailable\":\"%.4f\"}",
               book->cash, book->cash + book_worth(book), book->cash + book_worth(book) - 652.3537);
    put_last(out, book);
}

static void put_prices(struct buf *out, const struct book *book, const char *path)
{
    const char *comma = "";
    buf_append_text(out, "{\"prices\":[");
    for (size_t i = 0; i < book->symbol_count; i++) {
        const struct book_symbol *symbol = &book->symbols[i];
        if (strstr(path, symbol->name) != NULL) {
            buf_printf(out,
                       "%s{\"type\":\"PRICE\",\"closeoutBid\":\"%.5f\",\"closeoutAsk\":\"%.5f\","
                       "\"status\":\"tradeable\",\"instrument\":\"%s\"}",
                       comma, symbol->last, symbol->last * 1.0001, symbol->name);
            comma = ",";
        }
    }
    buf_append_text(out, "]}");
}

static bool answer(const struct book *book, const char *path, struct buf *out)
{
    if (shape_is(path, "/v3/accounts")) {
        buf_append_text(out, "{\"accounts\":[{\"id\":\"101-004-7700123-001\",\"tags\":[]}]}");
    } else if (shape_is(path, ACCOUNT "/orders")) {
        put_orders(out, book);
    } else if (shape_is(path, ACCOUNT "/openPositions")) {
        put_positions(out, book);
    } else if (shape_is(path, ACCOUNT "/summary")) {
        put_account(out, book);
    } else if (shape_is(path, ACCOUNT "/pricing")) {
        put_prices(out, book, path);
    } else {
        return false;
    }
    return true;
}

static void event(const struct book *book, const struct book_order *order, enum shape_event kind,
                  long id, struct buf *out)
{
    static const char *const words[] = {"LIMIT_ORDER", "ORDER_FILL", "ORDER_FILL", "ORDER_CANCEL"};
    buf_printf(out, "{\"id\":\"%ld\",\"type\":\"%s\",", kind == SHAPE_NEW ? order->id : id,
               words[kind]);
    shape_time(out, "time", order->updated_ms);
    if (kind != SHAPE_NEW) {
        buf_printf(out, "\"orderID\":\"%ld\",", order->id);
    }
    if (kind == SHAPE_CANCEL) {
        buf_append_text(out, "\"reason\":\"CLIENT_REQUEST\"}\n");
        return;
    }
    buf_printf(out,
               "\"instrument\":\"%s\",\"units\":\"%s%.10g\",\"price\":\"%.5f\","
               "\"timeInForce\":\"GTC\",\"reason\":\"CLIENT_ORDER\"}\n",
               book->symbols[order->symbol].name, order->sells ? "-" : "", order->quantity,
               order->limit);
}

static void alive(const struct book *book, struct buf *out)
{
    buf_append_text(out, "{\"type\":\"HEARTBEAT\",");
    shape_time(out, "time", book_now_ms());
    buf_printf(out, "\"lastTransactionID\":\"%ld\"}\n", book->next_id - 1);
}

const struct shape shape_oanda = {
    .name = "oanda",
    .symbols = {{"EUR_USD", "FX", "Euro/US Dollar", 1.08412, 1.0802},
                {"USD_JPY", "FX", "US Dollar/Yen", 149.88, 150.2},
                {"XAU_USD", "FX", "Gold", 2654.3, 2640.1}},
    .symbol_count = 3,
    .first_id = 6371,
    .header = "Authorization",
    .value = "Bearer %s",
    .refused = "{\"errorMessage\":\"Insufficient authorization to perform request.\"}",
    .refused_status = 401,
    .requests = 120,
    .seconds = 1,
    .busy = "{\"errorMessage\":\"Too many requests\"}",
    .stream = ACCOUNT "/transactions/stream",
    .media = "application/octet-stream",
    .answer = answer,
    .event = event,
    .alive = alive,
};
