#include "cells.h"

#include <blotter/core/alarm.h>
#include <blotter/core/contract.h>
#include <blotter/core/derive.h>
#include <blotter/view/text.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct order_class_info classes[] = {
    [ORDER_OPEN] = {"PENDING", "◷ PENDING", ROLE_STATUS_PENDING},
    [ORDER_PART] = {"PARTIAL", "◐ PARTIAL", ROLE_STATUS_PARTIAL},
    [ORDER_DONE] = {"EXECUTED", "✓ EXECUTED", ROLE_STATUS_EXECUTED},
    [ORDER_DEAD] = {"CANCELLED", "✗ CANCELLED", ROLE_STATUS_CANCELLED},
    [ORDER_REJECTED] = {"REJECTED", "! REJECTED", ROLE_STATUS_REJECTED},
    [ORDER_UNKNOWN] = {"", "", ROLE_STATUS_UNKNOWN},
};
static_assert(sizeof classes / sizeof *classes == ORDER_CLASS_COUNT, "a row per class");

const struct order_class_info *order_class_info(enum order_class class)
{
    return &classes[class];
}

#define LEG_MARK "└ " /* before the symbol of an order that belongs to the one above */
#define NS_PER_MS 1000000
#define SECOND_MS 1000
#define MINUTE_MS 60000
#define HOUR_MS 3600000
#define NEAR_STOP_PERCENT 1.0 /* a stop this near is worth a look */
#define NEAR_PERCENT 0.25     /* a limit this near to the price is about to be met */

static const struct order *order_of(const struct row *row)
{
    return (const void *)row;
}

/* --- symbols -------------------------------------------------------------------------------- */

static int year_of(const struct column_now *now)
{
    char clock[FORMAT_MAX];
    format_clock(now->format, FORMAT_CLOCK_FULL, now->wall_ms, clock);
    return (int)strtol(clock, NULL, 10);
}

void symbol_shown(const char *symbol, const struct column_now *now, char out[COLUMN_COMPOSED_MAX])
{
    struct contract contract;
    char name[CONTRACT_NAME_BYTES];
    if (contract_parse(symbol, &contract)) {
        contract_name(&contract, year_of(now), name);
        snprintf(out, COLUMN_COMPOSED_MAX, "%s", name);
    } else {
        text_clean(symbol, strlen(symbol), out, COLUMN_COMPOSED_MAX);
    }
}

size_t symbol_fit(const char *shown, int columns, char *out, size_t capacity)
{
    struct contract contract;
    const char *tail = strchr(shown, ' ');
    int rest = tail != NULL ? text_width(tail) : 0;
    if (text_width(shown) <= columns || !contract_parse(shown, &contract) || columns <= rest) {
        return text_fit(shown, (struct text_fit){columns, TEXT_CUT_MIDDLE}, out, capacity);
    }
    if (columns == rest + 1) {
        return (size_t)snprintf(out, capacity, "%c%s", contract.underlying[0], tail);
    }
    struct text_fit fit = {columns - rest, TEXT_CUT_END};
    size_t len = text_fit(contract.underlying, fit, out, capacity);
    return len + (size_t)snprintf(out + len, capacity - len, "%s", tail);
}

void order_symbol_composed(const struct row *row, const struct column_now *now,
                           char out[COLUMN_COMPOSED_MAX])
{
    char symbol[COLUMN_COMPOSED_MAX];
    bool leg = now->legs && *order_of(row)->parent_id != '\0';
    symbol_shown(order_of(row)->symbol, now, leg ? symbol : out);
    if (leg) {
        int mark = snprintf(out, COLUMN_COMPOSED_MAX, "%s", LEG_MARK);
        text_clean(symbol, strlen(symbol), out + mark, COLUMN_COMPOSED_MAX - (size_t)mark);
    }
}

void position_symbol_composed(const struct row *row, const struct column_now *now,
                              char out[COLUMN_COMPOSED_MAX])
{
    symbol_shown(((const struct position *)(const void *)row)->symbol, now, out);
}

void item_symbol_composed(const struct row *row, const struct column_now *now,
                          char out[COLUMN_COMPOSED_MAX])
{
    symbol_shown(((const struct watch_item *)(const void *)row)->symbol, now, out);
}

/* --- orders --------------------------------------------------------------------------------- */

bool order_is_late(const struct order *order, int64_t now_ms)
{
    return (order->class == ORDER_OPEN || order->class == ORDER_PART) &&
           order_is_at_market(order) && order->created_ms != MODEL_NO_TIME &&
           now_ms - order->created_ms >= ORDER_LATE_MS;
}

static int64_t first_known(int64_t first, int64_t second)
{
    return first != MODEL_NO_TIME ? first : second;
}

/* When an order ended; where the server does not say it when it was placed, which is a guess. */
static int64_t ended_ms(const struct order *order, bool *ret_is_guess)
{
    int64_t updated_ns = order->updated_ns;
    int64_t updated_ms = updated_ns == MODEL_NO_TIME ? MODEL_NO_TIME : updated_ns / NS_PER_MS;
    int64_t said_ms = order->class == ORDER_DONE ? first_known(order->executed_ms, updated_ms)
                                                 : first_known(updated_ms, order->executed_ms);
    *ret_is_guess = said_ms == MODEL_NO_TIME && order->created_ms != MODEL_NO_TIME &&
                    order->class != ORDER_REJECTED;
    return first_known(said_ms, order->created_ms);
}

double order_when(const struct row *row, bool *ret_derived)
{
    const struct order *order = order_of(row);
    int64_t ms = order_is_working(order) ? order->created_ms : ended_ms(order, ret_derived);
    return ms == MODEL_NO_TIME ? (double)NAN : (double)ms;
}

/* "38 s", "4 min", "1 h 22", "3 d". */
static void age_text(int64_t ms, char out[COLUMN_COMPOSED_MAX])
{
    long long seconds = ms / SECOND_MS;
    if (ms < MINUTE_MS) {
        snprintf(out, COLUMN_COMPOSED_MAX, "%lld s", seconds < 0 ? 0 : seconds);
    } else if (ms < HOUR_MS) {
        snprintf(out, COLUMN_COMPOSED_MAX, "%lld min", seconds / 60);
    } else if (ms < 24 * (int64_t)HOUR_MS) {
        snprintf(out, COLUMN_COMPOSED_MAX, "%lld h %02lld", seconds / 3600, seconds / 60 % 60);
    } else {
        snprintf(out, COLUMN_COMPOSED_MAX, "%lld d", seconds / 86400);
    }
}

void order_when_composed(const struct row *row, const struct column_now *now,
                         char out[COLUMN_COMPOSED_MAX])
{
    const struct order *order = order_of(row);
    char clock[FORMAT_MAX];
    if (order_is_working(order) && order->created_ms != MODEL_NO_TIME) {
        age_text(now->wall_ms - order->created_ms, out);
        return;
    }
    bool is_guess;
    int64_t ms = ended_ms(order, &is_guess);
    if (is_guess && now->wall_ms < format_day_end(now->format, ms)) {
        format_clock(now->format, FORMAT_CLOCK_MINUTE, ms, clock);
    } else {
        format_time(now->format, ms, now->wall_ms, clock);
    }
    snprintf(out, COLUMN_COMPOSED_MAX, "%s%s", is_guess ? "~" : "", clock);
}

/* Working, then partly filled, then what is over. */
double order_status_rank(const struct row *row)
{
    static const double ranks[] = {[ORDER_OPEN] = 0, [ORDER_UNKNOWN] = 1, [ORDER_PART] = 2,
                                   [ORDER_DONE] = 3, [ORDER_DEAD] = 4,    [ORDER_REJECTED] = 5};
    return ranks[order_of(row)->class];
}

double order_status_meaning(const struct row *row)
{
    static const double meanings[] = {
        [ORDER_PART] = 1, [ORDER_DONE] = 2, [ORDER_REJECTED] = -1, [ORDER_UNKNOWN] = 0};
    return meanings[order_of(row)->class];
}

/* The server's reason in a word where it is a known one, else as it was sent. */
static void reason_text(const char *reason, char out[COLUMN_COMPOSED_MAX])
{
    static const char *const words[] = {"margin",  "circuit", "freeze",
                                        "holding", "price",   "quantity"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_find(reason, words[i]) != NULL) {
            snprintf(out, COLUMN_COMPOSED_MAX, "%s", words[i]);
            return;
        }
    }
    text_clean(reason, strlen(reason), out, COLUMN_COMPOSED_MAX);
}

static void filled_text(const struct order *order, const char *word, char out[COLUMN_COMPOSED_MAX])
{
    char age[COLUMN_COMPOSED_MAX];
    int64_t took = order->executed_ms - order->created_ms;
    bool known = order->executed_ms != MODEL_NO_TIME && order->created_ms != MODEL_NO_TIME;
    if (known && took >= 0) {
        age_text(took, age);
        snprintf(out, COLUMN_COMPOSED_MAX, "%.40s in %.20s", word, age);
    } else {
        snprintf(out, COLUMN_COMPOSED_MAX, "%.80s", word);
    }
}

void order_status_composed(const struct row *row, const struct column_now *now,
                           char out[COLUMN_COMPOSED_MAX])
{
    const struct order *order = order_of(row);
    bool own = order->told != ORDER_CLASS_COUNT || order->class == ORDER_UNKNOWN;
    char word[COLUMN_COMPOSED_MAX], reason[COLUMN_COMPOSED_MAX];
    const char *shown = own ? order->status : order_class_info(order->class)->shown;
    text_clean(shown, strlen(shown), word, sizeof word);
    if (order_is_late(order, now->wall_ms)) {
        snprintf(out, COLUMN_COMPOSED_MAX, "◷ MARKET, NOT FILLED");
    } else if (order->class == ORDER_DONE) {
        filled_text(order, word, out);
    } else if (order->class == ORDER_REJECTED && order->failure_reason[0] != '\0') {
        reason_text(order->failure_reason, reason);
        snprintf(out, COLUMN_COMPOSED_MAX, "%.40s %.50s", word, reason);
    } else if (order->class == ORDER_DEAD && order->filled > 0) {
        snprintf(out, COLUMN_COMPOSED_MAX, "%.40s, partly filled", word);
    } else {
        snprintf(out, COLUMN_COMPOSED_MAX, "%s", word);
    }
}

double order_mark(const struct row *row, bool *ret_derived)
{
    const struct order *order = order_of(row);
    if (!order_is_working(order)) {
        return order->average_price;
    }
    struct figure last = order_last(order);
    *ret_derived = *ret_derived || last.derived;
    return last.value;
}

/* 1 for a buy, which gains when prices fall to it; -1 for a sell; NAN for neither. */
static double side_of(const struct order *order)
{
    return order->direction == ORDER_BUY ? 1 : order->direction == ORDER_SELL ? -1 : (double)NAN;
}

/*
 * While it works: how far the price is from its limit, in percent; less than nothing when it is
 * beyond. When it is done: what it was filled for against its limit; less than nothing is better.
 */
double order_go(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    const struct order *order = order_of(row);
    double side = side_of(order), last = order_last(order).value;
    if (order_is_working(order)) {
        double away = side * (last - order_limit(order)) / fabs(last);
        return last < 0 || last > 0 ? away * 100 : (double)NAN;
    }
    struct slip slip = order_slip(order, (double)NAN);
    return slip.cost / slip.worth * 100;
}

const struct row *order_go_row(const struct row *row, double placed_at, struct order *copy)
{
    if (isnan(placed_at) || !isnan(order_limit(order_of(row))) ||
        !order_is_at_market(order_of(row)) || order_is_working(order_of(row))) {
        return row;
    }
    *copy = *order_of(row);
    copy->price = placed_at;
    return &copy->row;
}

enum role order_go_role(const struct row *row)
{
    bool derived = false;
    double go = order_go(row, &derived);
    if (order_is_working(order_of(row))) {
        return go <= NEAR_PERCENT ? ROLE_CONN_WARN : ROLE_TEXT;
    }
    return go > 0.005 ? ROLE_PNL_DOWN : go < -0.005 ? ROLE_PNL_UP : ROLE_DIM;
}

/* --- positions ------------------------------------------------------------------------------ */

static const struct position *position_of(const struct row *row)
{
    return (const void *)row;
}

/* gain: 1 when the price has to move for a gain to get there, -1 when for a loss. */
static double distance(const struct position *position, double level, int gain)
{
    double last = position_last(position).value;
    bool known = (last < 0 || last > 0) && !position_is_closed(position);
    double way = gain * position_direction(position) * (level - last) / fabs(last) * 100;
    return known ? way : (double)NAN;
}

double position_to_stop(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    return distance(position_of(row), position_stop_level(position_of(row)), -1);
}

double position_to_target(const struct row *row, bool *ret_derived)
{
    (void)ret_derived;
    return distance(position_of(row), position_target_level(position_of(row)), 1);
}

static void distance_composed(double percent, bool passed, const struct column_now *now,
                              char out[COLUMN_COMPOSED_MAX])
{
    char figure[FORMAT_MAX];
    format_number(now->format, (struct format_figure){percent, 1, FORMAT_PERCENT}, figure);
    snprintf(out, COLUMN_COMPOSED_MAX, "%s", passed ? COLUMN_PASSED : figure);
}

void position_to_stop_composed(const struct row *row, const struct column_now *now,
                               char out[COLUMN_COMPOSED_MAX])
{
    bool derived = false, passed = position_is_beyond_stop(position_of(row), false);
    distance_composed(position_to_stop(row, &derived), passed, now, out);
}

void position_to_target_composed(const struct row *row, const struct column_now *now,
                                 char out[COLUMN_COMPOSED_MAX])
{
    bool derived = false, passed = position_is_beyond_target(position_of(row), false);
    distance_composed(position_to_target(row, &derived), passed, now, out);
}

enum role position_to_stop_role(const struct row *row)
{
    bool derived = false;
    double percent = position_to_stop(row, &derived);
    return isnan(percent)                                     ? ROLE_DIM
           : position_is_beyond_stop(position_of(row), false) ? ROLE_PNL_DOWN
           : percent < NEAR_STOP_PERCENT                      ? ROLE_CONN_WARN
                                                              : ROLE_TEXT;
}

enum role position_to_target_role(const struct row *row)
{
    bool derived = false;
    return isnan(position_to_target(row, &derived))             ? ROLE_DIM
           : position_is_beyond_target(position_of(row), false) ? ROLE_PNL_UP
                                                                : ROLE_TEXT;
}
