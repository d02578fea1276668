#include "cells.h"

#include <blotter/core/derive.h>
#include <blotter/view/columns.h>
#include <blotter/view/text.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct pane_info panes[] = {
    [PANE_ORDERS] = {"orders", "Orders", "Ord", "no orders today", "orders"},
    [PANE_POSITIONS] = {"positions", "Positions", "Pos", "no positions", "positions"},
    [PANE_ACCOUNT] = {"account", "Account", "Acct", "no trading account for this user", "accounts"},
    [PANE_WATCHLIST] = {"watchlist", "Watchlist", "Watch", "this watchlist is empty", "symbols"},
    [PANE_EVENTS] = {"events", "Tape", "Tape", "nothing has happened yet", "events"},
};
static_assert(sizeof panes / sizeof *panes == PANE_COUNT, "a row per pane");

const struct pane_info *pane_info(enum pane pane)
{
    return &panes[pane];
}

bool pane_parse(const char *name, enum pane *ret)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        if (strcmp(panes[i].name, name) == 0) {
            *ret = (enum pane)i;
            return true;
        }
    }
    return false;
}

/* --- what the rows say ---------------------------------------------------------------------- */

#define AS(type, row) ((const struct type *)(const void *)(row))

#define TEXT_OF(type, member)                                                                      \
    static const char *type##_##member(const struct row *row)                                      \
    {                                                                                              \
        return AS(type, row)->member;                                                              \
    }
#define NUMBER_OF(type, member)                                                                    \
    static double type##_##member(const struct row *row, bool *ret_derived)                        \
    {                                                                                              \
        (void)ret_derived;                                                                         \
        return (double)AS(type, row)->member;                                                      \
    }
#define FIGURE_OF(type, name)                                                                      \
    static double type##_##name##_of(const struct row *row, bool *ret_derived)                     \
    {                                                                                              \
        struct figure figure = type##_##name(AS(type, row));                                       \
        *ret_derived = *ret_derived || figure.derived;                                             \
        return figure.value;                                                                       \
    }
#define TIME_OF(type, member)                                                                      \
    static double type##_##member(const struct row *row, bool *ret_derived)                        \
    {                                                                                              \
        (void)ret_derived;                                                                         \
        int64_t ms = AS(type, row)->member;                                                        \
        return ms == MODEL_NO_TIME ? (double)NAN : (double)ms;                                     \
    }

static const char *row_id(const struct row *row)
{
    return row->id;
}

#define CLASS(class) (1u << ORDER_##class)

static const struct order_view_info views[] = {
    [ORDER_VIEW_WORKING] = {"working", CLASS(OPEN) | CLASS(PART) | CLASS(UNKNOWN), ROLE_TITLE},
    [ORDER_VIEW_ALL] = {"all", (2u << ORDER_CLASS_COUNT) - 1, ROLE_DIM},
    [ORDER_VIEW_FILLED] = {"filled", CLASS(DONE), ROLE_DIM},
    [ORDER_VIEW_CANCELLED] = {"cancelled", CLASS(DEAD), ROLE_DIM},
    [ORDER_VIEW_REJECTED] = {"rejected", CLASS(REJECTED), ROLE_STATUS_REJECTED},
};
static_assert(sizeof views / sizeof *views == ORDER_VIEW_COUNT, "a row per view");

const struct order_view_info *order_view_info(enum order_view view)
{
    return &views[view];
}

/* A server that sends classes has words of its own, which are shown as they came. */
static const char *order_status_text(const struct row *row)
{
    const struct order *order = AS(order, row);
    bool own = order->told != ORDER_CLASS_COUNT || order->class == ORDER_UNKNOWN;
    return own ? order->status : order_class_info(order->class)->shown;
}

static enum role order_status_role(const struct row *row)
{
    return order_class_info(AS(order, row)->class)->role;
}

static enum role order_side_role(const struct row *row)
{
    static const enum role roles[] = {
        [ORDER_SIDE_UNKNOWN] = ROLE_TEXT,
        [ORDER_BUY] = ROLE_SIDE_BUY,
        [ORDER_SELL] = ROLE_SIDE_SELL,
    };
    return roles[AS(order, row)->direction];
}

static const char *order_side_short(const struct row *row)
{
    const struct order *order = AS(order, row);
    return order->direction == ORDER_BUY ? "B" : order->direction == ORDER_SELL ? "S" : order->side;
}

static double order_pending_of(const struct row *row, bool *ret_derived)
{
    (void)ret_derived; /* the title says so */
    return order_pending(AS(order, row));
}

static double order_value_of(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    return order_value(AS(order, row)).value;
}

static double order_notional(const struct row *row)
{
    return AS(order, row)->notional;
}

static double order_quantity_of(const struct row *row)
{
    return AS(order, row)->quantity;
}

TEXT_OF(order, symbol)
TEXT_OF(order, side)
TEXT_OF(order, product)
TEXT_OF(order, type)
NUMBER_OF(order, quantity)
NUMBER_OF(order, filled)
NUMBER_OF(order, price)
NUMBER_OF(order, average_price)
FIGURE_OF(order, last)
TIME_OF(order, created_ms)
TIME_OF(order, executed_ms)

static enum role position_role(const struct row *row)
{
    return position_is_closed(AS(position, row)) ? ROLE_DIM : ROLE_TEXT;
}

static const char *position_status_text(const struct row *row)
{
    const struct position *position = AS(position, row);
    if (position->status[0] != '\0') {
        return position->status;
    }
    return position_is_closed(position) ? "CLOSED" : "OPEN";
}

static double position_percent(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    double invested = position_invested(AS(position, row)).value;
    double unrealized = position_unrealized(AS(position, row)).value;
    return invested > 0 ? unrealized / invested * 100 : (double)NAN;
}

static double position_magnitude(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    return fabs(position_unrealized(AS(position, row)).value);
}

static double position_realized_of(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    return position_realized(AS(position, row));
}

TEXT_OF(position, symbol)
TEXT_OF(position, product)
NUMBER_OF(position, quantity)
FIGURE_OF(position, average)
FIGURE_OF(position, last)
NUMBER_OF(position, day_pnl)
FIGURE_OF(position, unrealized)
NUMBER_OF(position, stop_loss)
NUMBER_OF(position, target)
FIGURE_OF(position, value)
static double position_invested_value(const struct row *row, bool *ret_derived)
{
    struct figure ours = position_invested(AS(position, row));
    *ret_derived = *ret_derived || ours.derived;
    return ours.derived ? ours.value : AS(position, row)->invested_value;
}
TIME_OF(position, created_ms)

#define ITEM_FIGURE(name)                                                                          \
    static double watch_##name(const struct row *row, bool *ret_derived)                           \
    {                                                                                              \
        struct figure figure = name(AS(watch_item, row));                                          \
        *ret_derived = *ret_derived || figure.derived;                                             \
        return figure.value;                                                                       \
    }
ITEM_FIGURE(item_last)
ITEM_FIGURE(item_change)
ITEM_FIGURE(item_change_percent)

TEXT_OF(watch_item, symbol)
TEXT_OF(watch_item, exchange)
TEXT_OF(watch_item, name)
NUMBER_OF(watch_item, open)
NUMBER_OF(watch_item, high)
NUMBER_OF(watch_item, low)
NUMBER_OF(watch_item, close)
NUMBER_OF(watch_item, volume)
NUMBER_OF(watch_item, alert_price)
TIME_OF(watch_item, updated_ms)

NUMBER_OF(account, balance)
NUMBER_OF(account, available_margin)
NUMBER_OF(account, used_margin)
TEXT_OF(account, client_id)
TIME_OF(account, updated_ms)

static const char *owner_name(const struct row *row)
{
    return row->owner != NULL ? row->owner->name : "";
}

enum role owner_role(const struct owner *owner)
{
    return (enum role)(ROLE_ACCOUNT_1 + owner->number % OWNER_ROLES);
}

static enum role row_owner_role(const struct row *row)
{
    return row->owner != NULL ? owner_role(row->owner) : ROLE_TEXT;
}

/* --- the tables ----------------------------------------------------------------------------- */

#define TEXT(get, low, high)                                                                       \
    .kind = COLUMN_TEXT, .text = (get), .width_min = (low), .width_max = (high)
#define TIME(get) .kind = COLUMN_TIME, .number = (get)
#define COUNT(get) .kind = COLUMN_NUMBER, .number = (get)
#define PRICE(get) .kind = COLUMN_NUMBER, .number = (get), .decimals_low = 2, .decimals_high = 4
#define MONEY(get) .kind = COLUMN_NUMBER, .number = (get), .decimals_low = 2, .decimals_high = 2
#define SYMBOL(get) TEXT(get, 18, 28), .rank = 0, .flags = COLUMN_SEARCHED | COLUMN_MIDDLE
#define PNL (COLUMN_SIGNED | COLUMN_AMOUNT)
#define MOVING_PNL (PNL | COLUMN_MOVES)
#define ID                                                                                         \
    {                                                                                              \
        "id", "Id", "the server's id", .show = COLUMN_OPTIONAL, .rank = 20, TEXT(row_id, 8, 36)    \
    }

#define ACCOUNT(how)                                                                               \
    {                                                                                              \
        "acct", "Acct", "which account's it is",                                                   \
            .show = (how), .rank = 1, TEXT(owner_name, 8, 12),                                     \
            .flags = COLUMN_SEARCHED | COLUMN_OWNER, .role = row_owner_role                        \
    }

static const struct column order_columns[] = {
    {"wait", "Wait", "how long it has waited; when it ended", .rank = 6, TIME(order_when),
     .show = COLUMN_WIDE, .title_done = "At", .compose = order_when_composed},
    {"symbol", "Symbol", "what is traded", SYMBOL(order_symbol), .compose = order_symbol_composed},
    {"side", "Side", "BUY or SELL", .show = COLUMN_WIDE, .rank = 2, TEXT(order_side, 4, 4),
     .role = order_side_role, .flags = COLUMN_SEARCHED},
    {"s", "S", "side as one letter", .show = COLUMN_NARROW, .rank = 2, TEXT(order_side_short, 1, 1),
     .role = order_side_role},
    {"prod", "Prod", "product: MIS, CNC or NRML", .show = COLUMN_WIDE, .rank = 11,
     TEXT(order_product, 4, 6), .flags = COLUMN_SEARCHED},
    {"type", "Type", "LIMIT or MARKET", .show = COLUMN_WIDE, .rank = 10, TEXT(order_type, 6, 8),
     .flags = COLUMN_SEARCHED},
    {"fill-qty", "Fill/Qty", "filled and whole quantity", .rank = 3, .kind = COLUMN_PAIR,
     .number = order_filled, .other = order_quantity_of, .money = order_notional,
     .flags = COLUMN_AMOUNT | COLUMN_EXACT | COLUMN_FLASHES},
    {"price", "Limit", "limit price", .rank = 4, PRICE(order_price)},
    {"mark", "LTP", "last traded price; the average when it is done", .show = COLUMN_WIDE,
     .rank = 7, PRICE(order_mark), .title_done = "Avg", .flags = COLUMN_MOVES},
    {"go", "To go", "from the price to the limit; slip against the limit when it is done",
     .show = COLUMN_WIDE, .rank = 8, MONEY(order_go), .title_done = "Slip", .role = order_go_role,
     .flags = COLUMN_PERCENT | COLUMN_MOVES},
    {"status", "Status", "what became of it", .rank = 1, TEXT(order_status_text, 11, 28),
     .role = order_status_role, .compose = order_status_composed, .sort = order_status_rank,
     .meaning = order_status_meaning, .flags = COLUMN_SEARCHED | COLUMN_FLASHES},
    {"time", "Time", "when it was placed", .show = COLUMN_OPTIONAL, .rank = 6,
     TIME(order_created_ms)},
    {"qty", "Qty", "quantity", .show = COLUMN_OPTIONAL, .rank = 3, COUNT(order_quantity),
     .money = order_notional, .flags = COLUMN_AMOUNT | COLUMN_EXACT},
    {"filled", "Filled", "quantity that is filled", .show = COLUMN_OPTIONAL, .rank = 4,
     COUNT(order_filled), .flags = COLUMN_AMOUNT | COLUMN_FLASHES | COLUMN_EXACT},
    {"avg", "Avg", "average price of what is filled", .show = COLUMN_OPTIONAL, .rank = 7,
     PRICE(order_average_price)},
    {"ltp", "LTP", "last traded price", .show = COLUMN_OPTIONAL, .rank = 9, PRICE(order_last_of),
     .flags = COLUMN_MOVES},
    ID,
    {"pending", "~Pending", "quantity that still waits", .show = COLUMN_OPTIONAL, .rank = 11,
     COUNT(order_pending_of), .flags = COLUMN_AMOUNT | COLUMN_DERIVED | COLUMN_EXACT},
    {"value", "~Value", "quantity at its price", .show = COLUMN_OPTIONAL, .rank = 12,
     MONEY(order_value_of), .flags = COLUMN_AMOUNT | COLUMN_DERIVED},
    {"executed", "Executed", "when it was executed", .show = COLUMN_OPTIONAL, .rank = 13,
     TIME(order_executed_ms)},
    ACCOUNT(COLUMN_DEFAULT),
};

static const struct column position_columns[] = {
    {"symbol", "Symbol", "what is held", SYMBOL(position_symbol), .role = position_role,
     .compose = position_symbol_composed},
    {"qty", "Qty", "quantity; negative is short", .rank = 1, COUNT(position_quantity),
     .flags = PNL | COLUMN_EXACT, .role = position_role},
    {"avg", "Avg", "average price", .show = COLUMN_WIDE, .rank = 10, PRICE(position_average_of),
     .role = position_role},
    {"ltp", "LTP", "last traded price", .rank = 4, PRICE(position_last_of), .role = position_role,
     .flags = COLUMN_FLASHES | COLUMN_ARROW | COLUMN_MOVES},
    {"day-pnl", "Day P&L", "gain or loss of the day", .rank = 3, MONEY(position_day_pnl),
     .flags = MOVING_PNL},
    {"unrl-pnl", "Unrl P&L", "gain or loss that is not realised", .rank = 2,
     MONEY(position_unrealized_of), .flags = MOVING_PNL},
    {"pnl-percent", "~P&L %", "unrealised P&L against what was invested", .rank = 5,
     MONEY(position_percent),
     .flags = COLUMN_SIGNED | COLUMN_PERCENT | COLUMN_DERIVED | COLUMN_MOVES},
    {"to-sl", "to SL", "from the price to the stop, in percent", .rank = 6, .kind = COLUMN_NUMBER,
     .number = position_to_stop, .decimals_low = 1, .decimals_high = 1,
     .compose = position_to_stop_composed, .role = position_to_stop_role,
     .flags = COLUMN_PERCENT | COLUMN_MOVES},
    {"to-tgt", "to Tgt", "from the price to the target, in percent", .show = COLUMN_WIDE, .rank = 9,
     .kind = COLUMN_NUMBER, .number = position_to_target, .decimals_low = 1, .decimals_high = 1,
     .compose = position_to_target_composed, .role = position_to_target_role,
     .flags = COLUMN_PERCENT | COLUMN_MOVES},
    {"sl", "SL", "stop loss", .show = COLUMN_OPTIONAL, .rank = 12, PRICE(position_stop_loss),
     .role = position_role},
    {"target", "Target", "target price", .show = COLUMN_OPTIONAL, .rank = 13,
     PRICE(position_target), .role = position_role},
    ID,
    {"prod", "Prod", "product: MIS, CNC or NRML", .show = COLUMN_OPTIONAL, .rank = 10,
     TEXT(position_product, 4, 6), .flags = COLUMN_SEARCHED, .role = position_role},
    {"value", "Value", "what it is worth now", .show = COLUMN_WIDE, .rank = 11,
     MONEY(position_value_of), .flags = COLUMN_AMOUNT | COLUMN_MOVES, .role = position_role},
    {"invested", "Invested", "what was put in", .show = COLUMN_OPTIONAL, .rank = 13,
     MONEY(position_invested_value), .flags = COLUMN_AMOUNT, .role = position_role},
    {"realised", "Realised", "gain or loss that is realised", .show = COLUMN_OPTIONAL, .rank = 11,
     MONEY(position_realized_of), .flags = PNL},
    {"status", "Status", "OPEN or CLOSED", .show = COLUMN_OPTIONAL, .rank = 14,
     TEXT(position_status_text, 6, 10), .flags = COLUMN_SEARCHED, .role = position_role},
    {"opened", "Opened", "when it was opened", .show = COLUMN_OPTIONAL, .rank = 15,
     TIME(position_created_ms)},
    {"abs-pnl", "|P&L|", "unrealised P&L without its sign: to sort by", .show = COLUMN_OPTIONAL,
     .rank = 16, MONEY(position_magnitude), .flags = COLUMN_AMOUNT | COLUMN_DERIVED | COLUMN_MOVES},
    ACCOUNT(COLUMN_DEFAULT),
};

static const struct column watch_columns[] = {
    {"symbol", "Symbol", "what is watched", SYMBOL(watch_item_symbol),
     .compose = item_symbol_composed},
    {"ltp", "LTP", "last traded price", .rank = 1, PRICE(watch_item_last),
     .flags = COLUMN_FLASHES | COLUMN_ARROW | COLUMN_MOVES},
    {"chg", "Chg", "change since the last close", .rank = 4, PRICE(watch_item_change),
     .flags = COLUMN_SIGNED | COLUMN_MOVES},
    {"chg-percent", "Chg %", "change in percent", .rank = 2, MONEY(watch_item_change_percent),
     .flags = COLUMN_SIGNED | COLUMN_PERCENT | COLUMN_MOVES},
    {"spark", "Spark", "its price over the session", .rank = 5, .kind = COLUMN_SPARK,
     .width_min = 6, .width_max = 12},
    {"exch", "Exch", "exchange", .show = COLUMN_OPTIONAL, .rank = 10,
     TEXT(watch_item_exchange, 3, 6), .flags = COLUMN_SEARCHED},
    {"open", "Open", "the day's first price", .show = COLUMN_OPTIONAL, .rank = 11,
     PRICE(watch_item_open)},
    {"high", "High", "the day's highest price", .show = COLUMN_OPTIONAL, .rank = 12,
     PRICE(watch_item_high)},
    {"low", "Low", "the day's lowest price", .show = COLUMN_OPTIONAL, .rank = 13,
     PRICE(watch_item_low)},
    {"close", "Close", "the last close", .show = COLUMN_OPTIONAL, .rank = 14,
     PRICE(watch_item_close)},
    {"vol", "Vol", "volume", .show = COLUMN_OPTIONAL, .rank = 15, COUNT(watch_item_volume),
     .flags = COLUMN_EXACT},
    {"time", "Time", "when the quote is from", .show = COLUMN_OPTIONAL, .rank = 16,
     TIME(watch_item_updated_ms)},
    {"alert", "Alert", "the alert's price", .show = COLUMN_OPTIONAL, .rank = 9,
     PRICE(watch_item_alert_price)},
    {"name", "Name", "the company's name", .show = COLUMN_OPTIONAL, .rank = 17,
     TEXT(watch_item_name, 8, 32), .flags = COLUMN_SEARCHED},
    ACCOUNT(COLUMN_OPTIONAL),
};

/* One line each, not one column each; those without an accessor are sums over the positions. */
static const struct column account_columns[] = {
    {"balance", "Balance", "balance", MONEY(account_balance), .flags = COLUMN_AMOUNT},
    {"available", "Available", "margin that is free, its share of the balance",
     MONEY(account_available_margin), .flags = COLUMN_AMOUNT},
    {"used", "Used", "margin in use, its share of the balance", MONEY(account_used_margin),
     .flags = COLUMN_AMOUNT},
    {"net-liq", "Net liq", "balance and what is not realised", .kind = COLUMN_NUMBER,
     .decimals_low = 2, .decimals_high = 2, .flags = COLUMN_AMOUNT | COLUMN_DERIVED},
    {"unrealised", "Unrealised", "sum over the open positions", .show = COLUMN_OPTIONAL,
     .kind = COLUMN_NUMBER, .decimals_low = 2, .decimals_high = 2, .flags = PNL},
    {"realised", "Realised", "sum over the positions", .show = COLUMN_OPTIONAL,
     .kind = COLUMN_NUMBER, .decimals_low = 2, .decimals_high = 2, .flags = PNL},
    {"client", "Client", "client id", .show = COLUMN_OPTIONAL, TEXT(account_client_id, 8, 24)},
    {"updated", "Updated", "when the server changed it", .show = COLUMN_OPTIONAL,
     TIME(account_updated_ms)},
};

#define TABLE(rows)                                                                                \
    {                                                                                              \
        (rows), sizeof(rows) / sizeof *(rows)                                                      \
    }
#define FITS(rows) (sizeof(rows) / sizeof *(rows) <= COLUMNS_MAX)
static_assert(FITS(order_columns) && FITS(position_columns) && FITS(watch_columns), "room for all");

static const struct {
    const struct column *columns;
    size_t count;
} tables[] = {
    [PANE_ORDERS] = TABLE(order_columns),
    [PANE_POSITIONS] = TABLE(position_columns),
    [PANE_ACCOUNT] = TABLE(account_columns),
    [PANE_WATCHLIST] = TABLE(watch_columns),
    [PANE_EVENTS] = {NULL, 0},
};
static_assert(sizeof tables / sizeof *tables == PANE_COUNT, "a table per pane");

const struct column *columns_of(enum pane pane, size_t *ret_count)
{
    *ret_count = tables[pane].count;
    return tables[pane].columns;
}

/* --- figures as text -------------------------------------------------------------------------- */

#define QUANTITY_DECIMALS 9

unsigned column_format(const struct column *column)
{
    return ((column->flags & COLUMN_SIGNED) != 0 ? FORMAT_SIGN : 0) |
           ((column->flags & COLUMN_PERCENT) != 0 ? FORMAT_PERCENT : 0) |
           (column_is_price(column) || (column->flags & COLUMN_EXACT) != 0 ? FORMAT_PRICE : 0);
}

static int exact_or(const struct column *column, double value, int decimals)
{
    return (column->flags & COLUMN_EXACT) != 0 ? format_decimals(value, 0, QUANTITY_DECIMALS)
                                               : decimals;
}

/* An amount of money in place of the figure that is missing. */
static void put_money(const struct row *row, double money, const struct format *format,
                      char out[FORMAT_MAX])
{
    char figure[FORMAT_MAX];
    int decimals = format_decimals(money, 0, 2);
    format_number(format, (struct format_figure){money, decimals == 1 ? 2 : decimals, 0}, figure);
    format_money(AS(order, row)->currency, figure, out);
}

int column_figure(const struct column *column, const struct row *row, const struct format *format,
                  int decimals, char out[COLUMN_FIGURE_MAX])
{
    bool derived = false;
    double value = column->number(row, &derived);
    double money = column->money != NULL ? column->money(row) : (double)NAN;
    unsigned flags = column_format(column) | (derived ? FORMAT_DERIVED : 0);
    char figure[FORMAT_MAX], other[FORMAT_MAX];
    format_number(format, (struct format_figure){value, exact_or(column, value, decimals), flags},
                  figure);
    if (column->other != NULL) {
        double second = column->other(row);
        int second_decimals = exact_or(column, second, decimals);
        format_number(format, (struct format_figure){second, second_decimals, flags}, other);
        if (isnan(second) && !isnan(money)) {
            put_money(row, money, format, other);
        }
        snprintf(out, COLUMN_FIGURE_MAX, "%s/%s", figure, other);
    } else if (isnan(value) && !isnan(money)) {
        put_money(row, money, format, out);
    } else {
        snprintf(out, COLUMN_FIGURE_MAX, "%s", figure);
    }
    return text_width(out);
}

size_t column_find(enum pane pane, const char *name, size_t len)
{
    size_t i = 0;
    while (i < tables[pane].count && (strlen(tables[pane].columns[i].name) != len ||
                                      memcmp(tables[pane].columns[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}
