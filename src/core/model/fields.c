#include "fields.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define NEST FIELD_NEST "/"

#define AT(member) offsetof(struct order, member)
static const struct field order_fields[] = {
    {"id", NULL, FIELD_ID, true, AT(row.id)},
    {"status", NULL, FIELD_TEXT, true, AT(status)},
    {"symbol", NEST "symbol", FIELD_TEXT, false, AT(symbol)},
    {"quantity", NULL, FIELD_NUMBER, false, AT(quantity)},
    {"orderSide", NULL, FIELD_TEXT, false, AT(side)},
    {"orderType", NULL, FIELD_TEXT, false, AT(type)},
    {"productType", NULL, FIELD_TEXT, false, AT(product)},
    {"failureReason", NULL, FIELD_TEXT, false, AT(failure_reason)},
    {"filledQuantity", NULL, FIELD_NUMBER, false, AT(filled)},
    {"price", NULL, FIELD_NUMBER, false, AT(price)},
    {"averagePrice", NULL, FIELD_NUMBER, false, AT(average_price)},
    {"createdAt", NULL, FIELD_TIME, false, AT(created_ms)},
    {"executedAt", NULL, FIELD_TIME, false, AT(executed_ms)},
    {NEST "name", "name", FIELD_TEXT, false, AT(stock_name)},
    {NEST "instrumentId", "instrumentId", FIELD_ID, false, AT(instrument_id)},
    {NEST "exchange", "exchange", FIELD_TEXT, false, AT(exchange)},
    {NEST "segment", "segment", FIELD_TEXT, false, AT(segment)},
    {NEST "ltp", "ltp", FIELD_NUMBER, false, AT(ltp)},
    {NEST "bid", "bid", FIELD_NUMBER, false, AT(bid)},
    {NEST "ask", "ask", FIELD_NUMBER, false, AT(ask)},
    {"class", NULL, FIELD_CLASS, false, AT(told)},
    {"notional", NULL, FIELD_NUMBER, false, AT(notional)},
    {"parentId", NULL, FIELD_ID, false, AT(parent_id)},
    {"currency", NULL, FIELD_TEXT, false, AT(currency)},
    {"multiplier", NULL, FIELD_NUMBER, false, AT(multiplier)},
    {"updatedAt", NULL, FIELD_STAMP, false, AT(updated_ns)},
    {"userId", NULL, FIELD_ID, false, AT(row.user)},
};
#undef AT

#define AT(member) offsetof(struct position, member)
static const struct field position_fields[] = {
    {"id", NULL, FIELD_ID, true, AT(row.id)},
    {"symbol", NEST "symbol", FIELD_TEXT, true, AT(symbol)},
    {"quantity", NULL, FIELD_NUMBER, true, AT(quantity)},
    {"status", NULL, FIELD_TEXT, false, AT(status)},
    {"productType", NULL, FIELD_TEXT, false, AT(product)},
    {NEST "name", "name", FIELD_TEXT, false, AT(stock_name)},
    {NEST "instrumentId", "instrumentId", FIELD_ID, false, AT(instrument_id)},
    {NEST "exchange", "exchange", FIELD_TEXT, false, AT(exchange)},
    {NEST "segment", "segment", FIELD_TEXT, false, AT(segment)},
    {"averagePrice", NULL, FIELD_NUMBER, false, AT(average_price)},
    {"currentPrice", NEST "ltp", FIELD_NUMBER, false, AT(current_price)},
    {"currentValue", NULL, FIELD_NUMBER, false, AT(current_value)},
    {"investedValue", NULL, FIELD_NUMBER, false, AT(invested_value)},
    {"unrealizedPnL", NULL, FIELD_NUMBER, false, AT(unrealized_pnl)},
    {"dayPnL", NULL, FIELD_NUMBER, false, AT(day_pnl)},
    {"realizedPnL", NULL, FIELD_NUMBER, false, AT(realized_pnl)},
    {"bookedPnL", NULL, FIELD_NUMBER, false, AT(booked_pnl)},
    {"stopLoss", NULL, FIELD_NUMBER, false, AT(stop_loss)},
    {"target", NULL, FIELD_NUMBER, false, AT(target)},
    {"isClosed", NULL, FIELD_BOOL, false, AT(is_closed)},
    {"createdAt", NULL, FIELD_TIME, false, AT(created_ms)},
    {NEST "bid", "bid", FIELD_NUMBER, false, AT(bid)},
    {NEST "ask", "ask", FIELD_NUMBER, false, AT(ask)},
    {"currency", NULL, FIELD_TEXT, false, AT(currency)},
    {"valueCurrency", NULL, FIELD_TEXT, false, AT(value_currency)},
    {"multiplier", NULL, FIELD_NUMBER, false, AT(multiplier)},
    {"updatedAt", NULL, FIELD_STAMP, false, AT(updated_ns)},
    {"userId", NULL, FIELD_ID, false, AT(row.user)},
};
#undef AT

#define AT(member) offsetof(struct account, member)
static const struct field account_fields[] = {
    {"id", NULL, FIELD_ID, true, AT(row.id)},
    {"balance", NULL, FIELD_NUMBER, true, AT(balance)},
    {"availableMargin", NULL, FIELD_NUMBER, false, AT(available_margin)},
    {"usedMargin", NULL, FIELD_NUMBER, false, AT(used_margin)},
    {"netLiq", NULL, FIELD_NUMBER, false, AT(net_liq)},
    {"currency", NULL, FIELD_TEXT, false, AT(currency)},
    {"clientId", NULL, FIELD_ID, false, AT(client_id)},
    {"userId", NULL, FIELD_ID, false, AT(row.user)},
    {"createdAt", NULL, FIELD_TIME, false, AT(created_ms)},
    {"updatedAt", NULL, FIELD_TIME, false, AT(updated_ms)},
};
#undef AT

#define AT(member) offsetof(struct watch_item, member)
static const struct field item_fields[] = {
    {"id", NULL, FIELD_ID, true, AT(row.id)},
    {NEST "symbol", "symbol", FIELD_TEXT, true, AT(symbol)},
    {"watchlistId", NULL, FIELD_ID, false, AT(watchlist_id)},
    {"userId", NULL, FIELD_ID, false, AT(row.user)},
    {NEST "name", "name", FIELD_TEXT, false, AT(name)},
    {NEST "exchange", "exchange", FIELD_TEXT, false, AT(exchange)},
    {NEST "segment", "segment", FIELD_TEXT, false, AT(segment)},
    {NEST "instrumentId", "instrumentId", FIELD_ID, false, AT(instrument_id)},
    {NEST "optionType", "optionType", FIELD_TEXT, false, AT(option_type)},
    {NEST "expiry", "expiry", FIELD_TEXT, false, AT(expiry)},
    {"alertType", NULL, FIELD_TEXT, false, AT(alert_type)},
    {NEST "ltp", "ltp", FIELD_NUMBER, false, AT(ltp)},
    {NEST "bid", "bid", FIELD_NUMBER, false, AT(bid)},
    {NEST "ask", "ask", FIELD_NUMBER, false, AT(ask)},
    {NEST "open", "open", FIELD_NUMBER, false, AT(open)},
    {NEST "high", "high", FIELD_NUMBER, false, AT(high)},
    {NEST "low", "low", FIELD_NUMBER, false, AT(low)},
    {NEST "close", "close", FIELD_NUMBER, false, AT(close)},
    {NEST "volume", "volume", FIELD_NUMBER, false, AT(volume)},
    {NEST "change", "change", FIELD_NUMBER, false, AT(change)},
    {NEST "changePercent", "changePercent", FIELD_NUMBER, false, AT(change_percent)},
    {NEST "strikePrice", "strikePrice", FIELD_NUMBER, false, AT(strike_price)},
    {"alertPrice", NULL, FIELD_NUMBER, false, AT(alert_price)},
    {"sortOrder", NULL, FIELD_NUMBER, false, AT(sort_order)},
    {NEST "updatedAt", "updatedAt", FIELD_TIME, false, AT(updated_ms)},
};
#undef AT

static const struct field watchlist_fields[] = {
    {"id", NULL, FIELD_ID, true, offsetof(struct watchlist, id)},
    {"name", NULL, FIELD_TEXT, true, offsetof(struct watchlist, name)},
    {"userId", NULL, FIELD_ID, false, offsetof(struct watchlist, user)},
};

static const struct field_table tables[] = {
    [RESOURCE_ORDERS] = {order_fields, COUNT(order_fields)},
    [RESOURCE_POSITIONS] = {position_fields, COUNT(position_fields)},
    [RESOURCE_ACCOUNT] = {account_fields, COUNT(account_fields)},
    [RESOURCE_WATCHLISTS] = {item_fields, COUNT(item_fields)},
};
static_assert(COUNT(tables) == RESOURCE_COUNT, "a table per resource");
static_assert(COUNT(order_fields) <= 64 && COUNT(position_fields) <= 64 &&
                  COUNT(account_fields) <= 64 && COUNT(item_fields) <= 64,
              "a bit of a uint64_t each");

static const struct field_table watchlist_table = {watchlist_fields, COUNT(watchlist_fields)};

const struct field_table *field_table(enum resource resource)
{
    return &tables[resource];
}

const struct field_table *field_table_watchlist(void)
{
    return &watchlist_table;
}

const char *field_type_name(enum field_type type)
{
    static const char *const names[] = {
        [FIELD_TEXT] = "a text",        [FIELD_ID] = "a text or a number",
        [FIELD_INT] = "an integer",     [FIELD_NUMBER] = "a number",
        [FIELD_TIME] = "a time",        [FIELD_STAMP] = "a time",
        [FIELD_BOOL] = "true or false", [FIELD_CLASS] = "a class",
    };
    return names[type];
}

bool field_is_text(enum field_type type)
{
    return type == FIELD_TEXT || type == FIELD_ID;
}

static void field_clear(const struct field *field, void *row)
{
    void *at = (char *)row + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_ID:
        *(const char **)at = "";
        break;
    case FIELD_INT:
        *(int64_t *)at = 0;
        break;
    case FIELD_NUMBER:
        *(double *)at = NAN;
        break;
    case FIELD_TIME:
    case FIELD_STAMP:
        *(int64_t *)at = MODEL_NO_TIME;
        break;
    case FIELD_BOOL:
        *(bool *)at = false;
        break;
    case FIELD_CLASS:
        *(enum order_class *)at = ORDER_CLASS_COUNT;
        break;
    }
}

void fields_clear(const struct field_table *table, void *row)
{
    for (size_t i = 0; i < table->count; i++) {
        field_clear(&table->fields[i], row);
    }
}

static bool number_equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool field_equal(const struct field *field, const void *a, const void *b)
{
    const void *left = (const char *)a + field->offset;
    const void *right = (const char *)b + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_ID:
        return strcmp(*(const char *const *)left, *(const char *const *)right) == 0;
    case FIELD_NUMBER:
        return number_equal(*(const double *)left, *(const double *)right);
    case FIELD_BOOL:
        return *(const bool *)left == *(const bool *)right;
    case FIELD_CLASS:
        return *(const enum order_class *)left == *(const enum order_class *)right;
    default:
        return *(const int64_t *)left == *(const int64_t *)right;
    }
}

bool fields_equal(const struct field_table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!field_equal(&table->fields[i], a, b)) {
            return false;
        }
    }
    return true;
}
