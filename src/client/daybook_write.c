/* What goes into the daybook, part by part, each only when it has changed and is due. */
#include "daybook_private.h"

#include <blotter/core/derive.h>
#include <blotter/core/hash.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BODIES_MS INT64_C(60000)

struct writing {
    struct daybook *daybook;
    int64_t now_ms;
    const struct daybook_parts *parts;
    bool all;
    uint64_t first_entry; /* of the tape, that is new; 0: none is */
};

static bool is_due(const struct writing *writing, int64_t last_ms, int64_t every_ms)
{
    int64_t passed = writing->now_ms - last_ms;
    return writing->all || last_ms == 0 || passed >= every_ms || passed < 0;
}

/* Nothing of another day goes into this one. */
static bool is_today(const struct writing *writing, int64_t wall_ms)
{
    return wall_ms != MODEL_NO_TIME && daybook_number(writing->daybook, wall_ms) ==
                                           daybook_number(writing->daybook, writing->now_ms);
}

/* What the book holds; NULL when that is of another day. */
static const struct money_book *book_of(const struct writing *writing)
{
    const struct money_book *book = writing->parts->book;
    int64_t today = daybook_number(writing->daybook, writing->now_ms);
    return book != NULL && money_book_is_of(book, today) ? book : NULL;
}

/* --- the day -------------------------------------------------------------------------------- */

static bool write_day(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    const struct money_book *book = book_of(writing);
    if (!is_due(writing, daybook->day_ms, DAYBOOK_SAMPLE_MS)) {
        return true;
    }
    daybook->day_ms = writing->now_ms;
    int64_t since_ms = book != NULL ? money_book_since(book) : MODEL_NO_TIME;
    return daybook_once(daybook,
                        "INSERT INTO days VALUES (?1, ?2, ?2, ?3) ON CONFLICT (day) DO UPDATE SET"
                        " last_ms = max(last_ms, excluded.last_ms), since_ms = excluded.since_ms",
                        "tii", daybook->today, writing->now_ms, since_ms);
}

/* --- the tape ------------------------------------------------------------------------------- */

static bool write_entry(const struct writing *writing, sqlite3_stmt *statement,
                        const struct tape_entry *entry)
{
    static const char *const sides[] = {
        [TAPE_NO_SIDE] = "", [TAPE_BUY] = "BUY", [TAPE_SELL] = "SELL"};
    char key[TAPE_KEY_MAX], day[DAYBOOK_DAY_SIZE];
    char text[sizeof(struct tape_words)];
    struct tape_words words;
    tape_key(writing->parts->tape, entry, key);
    daybook_day(writing->daybook, entry->wall_ms, day);
    tape_words_make(entry, NULL, &words);
    snprintf(text, sizeof text, "%s %s%s%s", words.word, words.line,
             words.more[0] != '\0' ? ", " : "", words.more);
    return daybook_run(statement, "ttitttttrrrrrrrritT", key, day, entry->wall_ms,
                       tape_kind_name(entry->kind), entry->id, entry->symbol, sides[entry->side],
                       entry->type, entry->quantity, entry->filled, entry->price, entry->limit,
                       entry->quantity_before, entry->limit_before, entry->ltp, entry->amount,
                       entry->took_ms, entry->text, text);
}

/* What another process told already is only completed. */
static bool write_tape(const struct writing *writing)
{
    const struct tape *tape = writing->parts->tape;
    uint64_t number = writing->first_entry;
    if (number == 0) {
        return true;
    }
    sqlite3_stmt *statement = daybook_prepare(
        writing->daybook,
        "INSERT INTO tape VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO"
        " UPDATE SET filled = coalesce(excluded.filled, filled),"
        " price = coalesce(excluded.price, price),"
        " limit_price = coalesce(excluded.limit_price, limit_price),"
        " amount = coalesce(excluded.amount, amount),"
        " reason = coalesce(excluded.reason, reason), text = excluded.text");
    bool good = statement != NULL;
    for (; good && number <= tape_total(tape); number++) {
        const struct tape_entry *entry = tape_numbered(tape, number);
        good = entry == NULL || write_entry(writing, statement, entry);
    }
    sqlite3_finalize(statement);
    return good;
}

/* --- figures -------------------------------------------------------------------------------- */

static bool same(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : !(a < b || a > b);
}

static bool write_sample(const struct writing *writing, enum history_figure figure)
{
    struct daybook *daybook = writing->daybook;
    const struct series *series = history_figure(writing->parts->history, figure);
    if (series->count == 0) {
        return true;
    }
    struct series_point last = series->points[series->count - 1];
    bool due = is_due(writing, daybook->sampled_ms[figure], DAYBOOK_SAMPLE_MS);
    bool changed = !same(last.y, daybook->sample[figure]);
    daybook->pending = daybook->pending || (changed && !due);
    /* A gap begins when it begins. */
    bool gap = isnan(last.y) && !isnan(daybook->sample[figure]);
    if (!changed || (!due && !gap)) {
        return true;
    }
    /* The figure of now, not of when it last changed: the series may have become coarser. */
    int64_t at_ms = isnan(last.y) ? last.x : writing->now_ms;
    daybook->sample[figure] = last.y;
    daybook->sampled_ms[figure] = writing->now_ms;
    return daybook_once(daybook, "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)", "ttir",
                        daybook->today, history_figure_name(figure), at_ms, last.y);
}

static bool write_samples(const struct writing *writing)
{
    bool good = true;
    for (int i = 0; good && i < HISTORY_FIGURES; i++) {
        good = write_sample(writing, (enum history_figure)i);
    }
    return good;
}

/* --- prices --------------------------------------------------------------------------------- */

static bool write_bar(sqlite3_stmt *statement, const char *symbol, const struct history_bar *bar)
{
    return !bar->changed || daybook_run(statement, "tirrrr", symbol, bar->at_ms / HISTORY_BAR_MS,
                                        bar->open, bar->high, bar->low, bar->close);
}

static bool write_bars_of(const struct writing *writing, sqlite3_stmt *symbol, sqlite3_stmt *bar)
{
    struct history *history = writing->parts->history;
    const struct history_bars *bars;
    for (size_t i = 0; (bars = history_bars(history, i)) != NULL; i++) {
        if (!bars->now.changed && !bars->before.changed) {
            continue;
        }
        if (!daybook_run(symbol, "t", bars->symbol) ||
            !write_bar(bar, bars->symbol, &bars->before) ||
            !write_bar(bar, bars->symbol, &bars->now)) {
            return false;
        }
        history_bars_kept(history, i);
    }
    return true;
}

/* Several may write the same minute: the open of the first, the extremes of all. */
static bool write_bars(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    if (!is_due(writing, daybook->bars_ms, DAYBOOK_SAMPLE_MS)) {
        daybook->pending = true;
        return true;
    }
    daybook->bars_ms = writing->now_ms;
    sqlite3_stmt *symbol =
        daybook_prepare(daybook, "INSERT OR IGNORE INTO symbols (symbol) VALUES (?)");
    sqlite3_stmt *bar = daybook_prepare(
        daybook, "INSERT INTO bars SELECT id, ?2, ?3, ?4, ?5, ?6 FROM symbols WHERE symbol = ?1"
                 " ON CONFLICT (symbol, minute) DO UPDATE SET high = max(high, excluded.high),"
                 " low = min(low, excluded.low), close = excluded.close");
    bool good = symbol != NULL && bar != NULL && write_bars_of(writing, symbol, bar);
    sqlite3_finalize(symbol);
    sqlite3_finalize(bar);
    return good;
}

/* --- closings and working orders ------------------------------------------------------------- */

/* A text and its end. */
static uint64_t mix_text(uint64_t a, const char *text)
{
    return hash_bytes(a, text, strlen(text) + 1);
}

static uint64_t mix(uint64_t a, double number)
{
    return hash_bytes(a, (const char *)&number, sizeof number);
}

static const struct snapshot *rows_of(const struct writing *writing, enum resource resource)
{
    struct pane_state pane;
    if (writing->parts->engine == NULL) {
        return NULL;
    }
    engine_pane(writing->parts->engine, resource, &pane);
    return pane.cached || !is_today(writing, pane.confirmed_ms) ? NULL : pane.shown;
}

struct booked {
    const char *id, *symbol, *currency;
    double amount;
    bool derived;
    int64_t at_ms;
};

/* The i-th closing: those that the book keeps, then those that the server lists. */
static bool booked_at(const struct writing *writing, size_t i, struct booked *ret)
{
    const struct money_book *book = book_of(writing);
    const struct money_closed *closed;
    size_t kept = 0;
    while ((closed = money_book_closed(book, kept)) != NULL && kept < i) {
        kept++;
    }
    if (closed != NULL) {
        *ret = (struct booked){closed->id,     closed->symbol,  closed->currency,
                               closed->figure, closed->derived, closed->at_ms};
        return true;
    }
    const struct snapshot *rows = rows_of(writing, RESOURCE_POSITIONS);
    size_t row = i - kept;
    if (rows == NULL || row >= rows->row_count) {
        return false;
    }
    const struct position *position = &rows->positions[row];
    *ret = (struct booked){.id = position_is_closed(position) ? position->row.id : NULL,
                           .symbol = position->symbol,
                           .currency = position->currency,
                           .at_ms = writing->now_ms};
    ret->amount = money_booked(book, position, &ret->derived);
    return true;
}

/* A closing that is none any more, because another row stands for it or it is open again, goes. */
static bool write_all_booked(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    struct booked booked;
    bool good = sqlite3_exec(daybook->handle,
                             "CREATE TEMP TABLE IF NOT EXISTS standing (id TEXT PRIMARY KEY);"
                             "DELETE FROM standing",
                             NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_stmt *stands = daybook_prepare(daybook, "INSERT OR IGNORE INTO standing VALUES (?)");
    sqlite3_stmt *statement = daybook_prepare(
        daybook, "INSERT INTO booked VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, position_id)"
                 " DO UPDATE SET amount = excluded.amount, derived = excluded.derived");
    good = good && stands != NULL && statement != NULL;
    for (size_t i = 0; good && booked_at(writing, i, &booked); i++) {
        good = booked.id == NULL ||
               (daybook_run(stands, "t", booked.id) &&
                daybook_run(statement, "ttttrii", daybook->today, booked.id, booked.symbol,
                            booked.currency, booked.amount, (int64_t)booked.derived, booked.at_ms));
    }
    sqlite3_finalize(stands);
    sqlite3_finalize(statement);
    return good && daybook_once(daybook,
                                "DELETE FROM booked WHERE day = ? AND position_id NOT IN"
                                " (SELECT id FROM standing)",
                                "t", daybook->today);
}

static bool write_booked(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    struct booked booked;
    uint64_t number = HASH_START;
    if (book_of(writing) == NULL) {
        return true;
    }
    for (size_t i = 0; booked_at(writing, i, &booked); i++) {
        if (booked.id != NULL) {
            number = mix(mix_text(number, booked.id), booked.amount);
        }
    }
    if (number == daybook->booked) {
        return true;
    }
    bool good = write_all_booked(writing);
    daybook->booked = good ? number : 0;
    return good;
}

static bool is_working(const struct order *order)
{
    return order->class == ORDER_OPEN || order->class == ORDER_PART ||
           order->class == ORDER_UNKNOWN;
}

static uint64_t number_of_working(const struct snapshot *rows)
{
    uint64_t number = HASH_START;
    for (size_t i = 0; i < rows->row_count; i++) {
        const struct order *order = &rows->orders[i];
        if (is_working(order)) {
            number = mix_text(mix_text(number, order->row.id), order->status);
            number = mix(number, order->filled);
            number = mix(number, order->price);
            number = mix(number, order->quantity);
        }
    }
    return number;
}

/* The whole list anew: what works no longer is not in it. */
static bool write_working(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    const struct snapshot *rows = rows_of(writing, RESOURCE_ORDERS);
    uint64_t number = rows != NULL ? number_of_working(rows) : 0;
    if (rows == NULL || number == daybook->working) {
        return true;
    }
    bool good = daybook_once(daybook, "DELETE FROM working WHERE day = ?", "t", daybook->today);
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "INSERT OR REPLACE INTO working VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    size_t count = 0;
    good = good && statement != NULL;
    for (size_t i = 0; good && i < rows->row_count && count < DAYBOOK_WORKING_MAX; i++) {
        const struct order *order = &rows->orders[i];
        if (is_working(order)) {
            good =
                daybook_run(statement, "ttttttrrrii", daybook->today, order->row.id, order->symbol,
                            order->side, order->type, order->status, order->quantity, order->filled,
                            order->price, order->created_ms, writing->now_ms);
            count++;
        }
    }
    sqlite3_finalize(statement);
    daybook->working = good ? number : 0;
    return good;
}

/* --- bodies --------------------------------------------------------------------------------- */

static bool write_body(const struct writing *writing, enum resource resource)
{
    struct daybook *daybook = writing->daybook;
    size_t len;
    int64_t confirmed_ms;
    const char *body = engine_body(writing->parts->engine, resource, &len, &confirmed_ms);
    if (body == NULL || len > DAYBOOK_BODY_MAX || !is_today(writing, confirmed_ms) ||
        confirmed_ms == daybook->body_confirmed_ms[resource]) {
        return true;
    }
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?)");
    bool good = daybook_bind(statement, "tti", daybook->today, resource_info(resource)->name,
                             confirmed_ms) &&
                sqlite3_bind_blob64(statement, 4, body, len, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    daybook->body_confirmed_ms[resource] = good ? confirmed_ms : 0;
    return good;
}

static bool write_bodies(const struct writing *writing)
{
    bool good = true;
    if (writing->parts->engine == NULL ||
        !is_due(writing, writing->daybook->bodies_ms, BODIES_MS)) {
        return true;
    }
    for (int i = 0; good && i < RESOURCE_COUNT; i++) {
        good = write_body(writing, (enum resource)i);
        if (writing->daybook->body_confirmed_ms[i] != 0) {
            writing->daybook->bodies_ms = writing->now_ms;
        }
    }
    return good;
}

/* --- all of it ------------------------------------------------------------------------------ */

static void begin_day(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    char today[DAYBOOK_DAY_SIZE];
    daybook_day(daybook, writing->now_ms, today);
    if (strcmp(today, daybook->today) != 0) {
        memcpy(daybook->today, today, sizeof today);
        daybook->day_ms = daybook->bodies_ms = 0;
        daybook->booked = daybook->working = 0;
        memset(daybook->body_confirmed_ms, 0, sizeof daybook->body_confirmed_ms);
    }
}

/* What was taken for written is due again. */
static void write_again(const struct writing *writing)
{
    struct daybook *daybook = writing->daybook;
    daybook->day_ms = daybook->bars_ms = daybook->bodies_ms = 0;
    daybook->booked = daybook->working = 0;
    tape_keep_changed(writing->parts->tape, writing->first_entry);
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        daybook->sample[i] = NAN;
        daybook->sampled_ms[i] = 0;
    }
}

bool daybook_write(struct daybook *daybook, int64_t now_ms, const struct daybook_parts *parts,
                   bool all, char why[DAYBOOK_WHY_MAX])
{
    struct writing writing = {daybook, now_ms, parts, all, 0};
    why[0] = '\0';
    daybook->pending = false;
    begin_day(&writing);
    if (sqlite3_exec(daybook->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        return daybook_fail(daybook, why);
    }
    writing.first_entry = tape_first_changed(parts->tape);
    bool good = write_day(&writing) && write_tape(&writing) && write_samples(&writing) &&
                write_bars(&writing) && write_booked(&writing) && write_working(&writing) &&
                write_bodies(&writing) &&
                sqlite3_exec(daybook->handle, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!good) {
        daybook_fail(daybook, why);
        sqlite3_exec(daybook->handle, "ROLLBACK", NULL, NULL, NULL);
        write_again(&writing);
        return false;
    }
    daybook->said = false;
    return true;
}

bool daybook_pending(const struct daybook *daybook)
{
    return daybook->pending;
}

void daybook_look(struct daybook *daybook, int64_t at_ms)
{
    daybook_once(daybook, "INSERT OR REPLACE INTO looked VALUES ('tape', ?)", "i", at_ms);
}
