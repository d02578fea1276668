/* What comes out of the daybook: a day as it was written down. */
#include "daybook_private.h"

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSED_MS INT64_C(60000) /* a shorter silence was a restart */
#define KEPT_MS 1000             /* what was written held until the next writing */
#define GAPS_MAX 512             /* gaps of one day; further ones are drawn over */

struct reading {
    struct daybook *daybook;
    const char *day;
    int64_t now_ms;
    bool today;
    const struct daybook_parts *parts;
    int64_t first_ms, last_ms, since_ms; /* of the day; MODEL_NO_TIME: it was not written */
    int64_t gaps[GAPS_MAX];
    size_t gap_count;
};

/* --- columns -------------------------------------------------------------------------------- */

static int64_t integer_at(sqlite3_stmt *statement, int at)
{
    return sqlite3_column_type(statement, at) == SQLITE_NULL ? MODEL_NO_TIME
                                                             : sqlite3_column_int64(statement, at);
}

static double number_at(sqlite3_stmt *statement, int at)
{
    return sqlite3_column_type(statement, at) == SQLITE_NULL ? (double)NAN
                                                             : sqlite3_column_double(statement, at);
}

/* "" for NULL. Lives until the next step. */
static const char *text_at(sqlite3_stmt *statement, int at)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    return text != NULL ? text : "";
}

static void copy_text(char *out, size_t size, sqlite3_stmt *statement, int at)
{
    snprintf(out, size, "%s", text_at(statement, at));
}

/* Calls take for every row; false on an error. */
static bool each_row(struct reading *reading, const char *sql,
                     void (*take)(struct reading *reading, sqlite3_stmt *row))
{
    sqlite3_stmt *statement = daybook_prepare(reading->daybook, sql);
    bool good = daybook_bind(statement, "t", reading->day);
    int came = good ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; came == SQLITE_ROW; came = sqlite3_step(statement)) {
        take(reading, statement);
    }
    sqlite3_finalize(statement);
    return came == SQLITE_DONE;
}

/* --- the day -------------------------------------------------------------------------------- */

static void take_day(struct reading *reading, sqlite3_stmt *row)
{
    reading->first_ms = integer_at(row, 0);
    reading->last_ms = integer_at(row, 1);
    reading->since_ms = integer_at(row, 2);
}

/* --- the tape ------------------------------------------------------------------------------- */

static void read_entry(sqlite3_stmt *row, struct tape_entry *ret)
{
    const char *side = text_at(row, 4);
    enum tape_kind kind = TAPE_ALERT;
    tape_kind_parse(text_at(row, 1), &kind);
    tape_entry_init(ret, kind, integer_at(row, 0));
    copy_text(ret->id, sizeof ret->id, row, 2);
    copy_text(ret->symbol, sizeof ret->symbol, row, 3);
    ret->side = strcmp(side, "BUY") == 0    ? TAPE_BUY
                : strcmp(side, "SELL") == 0 ? TAPE_SELL
                                            : TAPE_NO_SIDE;
    copy_text(ret->type, sizeof ret->type, row, 5);
    double *const numbers[] = {&ret->quantity, &ret->filled,          &ret->price,
                               &ret->limit,    &ret->quantity_before, &ret->limit_before,
                               &ret->ltp,      &ret->amount};
    for (int i = 0; i < 8; i++) {
        *numbers[i] = number_at(row, 6 + i);
    }
    ret->took_ms = integer_at(row, 14);
    copy_text(ret->text, sizeof ret->text, row, 15);
}

static bool read_tape(struct reading *reading)
{
    struct tape_entry *entries = mem_calloc(TAPE_MAX, sizeof *entries);
    size_t count = 0;
    sqlite3_stmt *statement = daybook_prepare(
        reading->daybook,
        "SELECT at_ms, kind, id, symbol, side, type, quantity, filled, price, limit_price,"
        " quantity_before, limit_before, ltp, amount, took_ms, reason FROM tape WHERE day = ?"
        " ORDER BY at_ms DESC LIMIT ?");
    bool good = daybook_bind(statement, "ti", reading->day, (int64_t)TAPE_MAX);
    int came = good ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; came == SQLITE_ROW && count < TAPE_MAX; came = sqlite3_step(statement)) {
        count++;
        read_entry(statement, &entries[TAPE_MAX - count]);
    }
    sqlite3_finalize(statement);
    tape_restore(reading->parts->tape, entries + (TAPE_MAX - count), count);
    free(entries);
    return came == SQLITE_DONE || came == SQLITE_ROW;
}

/* --- curves --------------------------------------------------------------------------------- */

static void take_sample(struct reading *reading, sqlite3_stmt *row)
{
    int64_t at_ms = integer_at(row, 1);
    double value = number_at(row, 2);
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        if (strcmp(text_at(row, 0), history_figure_name((enum history_figure)i)) == 0) {
            history_add(reading->parts->history, (enum history_figure)i, at_ms, value);
            if (i == HISTORY_DAY && isnan(value) && reading->gap_count < GAPS_MAX) {
                reading->gaps[reading->gap_count++] = at_ms;
            }
        }
    }
}

/* Prices are drawn as the day's P&L is: what was a gap of that is one of theirs. */
static void pass_gaps(struct reading *reading, int64_t minute_ms)
{
    size_t passed = 0;
    while (passed < reading->gap_count && reading->gaps[passed] < minute_ms) {
        passed++;
    }
    if (passed > 0) {
        history_gap(reading->parts->history, reading->gaps[0]);
        reading->gap_count -= passed;
        memmove(reading->gaps, reading->gaps + passed, reading->gap_count * sizeof *reading->gaps);
    }
}

static void take_bar(struct reading *reading, sqlite3_stmt *row)
{
    struct history *history = reading->parts->history;
    const char *symbol = text_at(row, 0);
    int64_t minute_ms = sqlite3_column_int64(row, 1) * HISTORY_BAR_MS;
    pass_gaps(reading, minute_ms);
    history_restore_price(history, symbol, minute_ms, number_at(row, 2));
    history_restore_price(history, symbol, minute_ms + HISTORY_BAR_MS / 2, number_at(row, 3));
}

static bool read_curves(struct reading *reading)
{
    return each_row(reading,
                    "SELECT series, at_ms, value FROM samples WHERE day = ? ORDER BY at_ms",
                    take_sample) &&
           each_row(reading,
                    "SELECT symbols.symbol, minute, open, close FROM bars"
                    " JOIN symbols ON symbols.id = bars.symbol, days WHERE day = ?"
                    " AND minute BETWEEN first_ms / 60000 AND last_ms / 60000 ORDER BY minute",
                    take_bar);
}

/* What nobody watched is a gap, and is written as one. */
static void end_curves(struct reading *reading)
{
    struct history *history = reading->parts->history;
    bool missed = reading->now_ms - reading->last_ms > MISSED_MS;
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        const struct series *series = history_figure(history, (enum history_figure)i);
        bool known = series->count > 0 && !isnan(series->points[series->count - 1].y);
        if (known && missed && reading->today) {
            daybook_once(reading->daybook, "INSERT OR IGNORE INTO samples VALUES (?, ?, ?, NULL)",
                         "tti", reading->day, history_figure_name((enum history_figure)i),
                         reading->last_ms + KEPT_MS);
        }
        history_add(history, (enum history_figure)i, reading->last_ms + KEPT_MS, (double)NAN);
    }
    history_gap(history, reading->last_ms + KEPT_MS);
}

/* What was not watched for longer than this is a gap. */
#define SILENCE_MS (5 * HISTORY_BAR_MS)

void daybook_past(struct daybook *daybook, const char *symbol, int64_t now_ms, int days,
                  struct series *ret)
{
    char today[DAYBOOK_DAY_SIZE];
    int64_t before_ms = 0;
    daybook_day(daybook, now_ms, today);
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "WITH seen AS (SELECT first_ms, last_ms FROM days WHERE day < ?"
                                 " ORDER BY day DESC LIMIT ?)"
                                 " SELECT minute, open, close FROM bars"
                                 " WHERE symbol = (SELECT id FROM symbols WHERE symbol = ?)"
                                 " AND minute BETWEEN (SELECT min(first_ms) FROM seen) / 60000"
                                 " AND (SELECT max(last_ms) FROM seen) / 60000 ORDER BY minute");
    bool good = daybook_bind(statement, "tit", today, (int64_t)days, symbol);
    while (good && sqlite3_step(statement) == SQLITE_ROW) {
        int64_t at_ms = sqlite3_column_int64(statement, 0) * HISTORY_BAR_MS;
        if (before_ms != 0 && at_ms - before_ms > SILENCE_MS) {
            series_add(ret, before_ms + HISTORY_BAR_MS, (double)NAN);
        }
        before_ms = at_ms;
        series_add(ret, at_ms, number_at(statement, 1));
        series_add(ret, at_ms + HISTORY_BAR_MS / 2, number_at(statement, 2));
    }
    if (before_ms != 0) {
        series_add(ret, before_ms + HISTORY_BAR_MS, (double)NAN);
    }
    sqlite3_finalize(statement);
}

/* --- closings and working orders ------------------------------------------------------------- */

static void take_booked(struct reading *reading, sqlite3_stmt *row)
{
    int32_t ahead_s = reading->daybook->zone != NULL
                          ? reading->daybook->zone(reading->daybook->zone_user, reading->now_ms)
                          : 0;
    struct money_time now = {reading->now_ms, moment_day(reading->now_ms, ahead_s)};
    struct money_closed closed = {.figure = number_at(row, 3),
                                  .derived = sqlite3_column_int(row, 4) != 0,
                                  .at_ms = integer_at(row, 5)};
    closed.id = mem_dup(text_at(row, 0), strlen(text_at(row, 0)));
    closed.symbol = mem_dup(text_at(row, 1), strlen(text_at(row, 1)));
    copy_text(closed.currency, sizeof closed.currency, row, 2);
    money_book_restore(reading->parts->book, &closed, now, reading->since_ms);
    free(closed.id);
    free(closed.symbol);
}

static void take_working(struct reading *reading, sqlite3_stmt *row)
{
    struct order order = {.row = {.id = text_at(row, 0)},
                          .symbol = text_at(row, 1),
                          .side = text_at(row, 2),
                          .type = text_at(row, 3),
                          .status = text_at(row, 4),
                          .product = "",
                          .failure_reason = "",
                          .class = ORDER_OPEN,
                          .created_ms = integer_at(row, 8),
                          .executed_ms = MODEL_NO_TIME};
    order.quantity = number_at(row, 5);
    order.filled = number_at(row, 6);
    order.price = number_at(row, 7);
    order.average_price = order.ltp = NAN;
    tape_remember(reading->parts->tape, &order);
}

bool daybook_read(struct daybook *daybook, const char *day, int64_t now_ms,
                  const struct daybook_parts *parts, char why[DAYBOOK_WHY_MAX])
{
    char today[DAYBOOK_DAY_SIZE];
    struct reading *reading = mem_calloc(1, sizeof *reading);
    daybook_day(daybook, now_ms, today);
    *reading = (struct reading){.daybook = daybook,
                                .day = day != NULL ? day : today,
                                .now_ms = now_ms,
                                .today = day == NULL,
                                .parts = parts,
                                .first_ms = MODEL_NO_TIME,
                                .last_ms = MODEL_NO_TIME,
                                .since_ms = MODEL_NO_TIME};
    why[0] = '\0';
    bool good =
        each_row(reading, "SELECT first_ms, last_ms, since_ms FROM days WHERE day = ?", take_day) &&
        read_tape(reading) && read_curves(reading) &&
        (parts->book == NULL ||
         each_row(reading,
                  "SELECT position_id, symbol, currency, amount, derived, at_ms FROM booked"
                  " WHERE day = ? ORDER BY at_ms",
                  take_booked)) &&
        each_row(reading,
                 "SELECT order_id, symbol, side, type, status, quantity, filled, price, placed_ms"
                 " FROM working WHERE day = ?",
                 take_working);
    if (reading->last_ms != MODEL_NO_TIME) {
        end_curves(reading);
    }
    free(reading);
    return good || daybook_fail(daybook, why);
}

int64_t daybook_looked(struct daybook *daybook)
{
    int64_t at_ms = MODEL_NO_TIME;
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "SELECT at_ms FROM looked WHERE what = 'tape'");
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
        at_ms = integer_at(statement, 0);
    }
    sqlite3_finalize(statement);
    return at_ms;
}

char *daybook_body(struct daybook *daybook, const char *day, enum resource resource,
                   size_t *ret_len, int64_t *ret_at_ms)
{
    char *body = NULL;
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "SELECT at_ms, body FROM bodies WHERE day = ? AND resource = ?");
    bool good = daybook_bind(statement, "tt", day, resource_info(resource)->name);
    if (good && sqlite3_step(statement) == SQLITE_ROW) {
        *ret_at_ms = integer_at(statement, 0);
        const void *bytes = sqlite3_column_blob(statement, 1);
        *ret_len = (size_t)sqlite3_column_bytes(statement, 1);
        body = bytes != NULL ? mem_dup(bytes, *ret_len) : NULL;
    }
    sqlite3_finalize(statement);
    return body;
}

int64_t daybook_last_ms(struct daybook *daybook, const char *day)
{
    int64_t at_ms = MODEL_NO_TIME;
    sqlite3_stmt *statement = daybook_prepare(daybook, "SELECT last_ms FROM days WHERE day = ?");
    if (daybook_bind(statement, "t", day) && sqlite3_step(statement) == SQLITE_ROW) {
        at_ms = integer_at(statement, 0);
    }
    sqlite3_finalize(statement);
    return at_ms;
}

void daybook_list_days(struct daybook *daybook, char *out, size_t size)
{
    size_t len = 0;
    sqlite3_stmt *statement = daybook_prepare(daybook, "SELECT day FROM days ORDER BY day DESC");
    out[0] = '\0';
    while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW &&
           len + DAYBOOK_DAY_SIZE + 2 < size) {
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "",
                                text_at(statement, 0));
    }
    sqlite3_finalize(statement);
}
