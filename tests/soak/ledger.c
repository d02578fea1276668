#define _GNU_SOURCE /* memmem */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOWS_MAX = 4096,
    SETTLE_AT = 16384, /* printed and not yet compared */
    LATE_IDS = 2048,   /* a held event comes later than these */
    COMPLAINTS_MAX = 10
};

struct printed {
    int64_t id;
    uint64_t hash; /* of type, payload and time */
    size_t place;  /* among all that were printed */
};

/* Ids that a fault may have touched. */
struct window {
    int64_t from, to; /* to: INT64_MAX while it lasts */
    uint64_t may_lose;
};

struct ledger {
    sqlite3_stmt *rows, *newest;
    struct printed *printed;
    size_t count, capacity;
    int64_t last_id;  /* printed */
    int64_t greatest; /* of them */
    int64_t settled;  /* compared up to here; -1: nothing was printed yet */
    uint64_t seq;
    struct window windows[WINDOWS_MAX];
    size_t window_count;
    int complaints;
    struct ledger_totals totals;
};

/* --- helpers --------------------------------------------------------------------------------- */

static void complain(struct ledger *ledger, const char *what, int64_t id)
{
    if (ledger->complaints++ < COMPLAINTS_MAX) {
        printf("soak: event %lld: %s\n", (long long)id, what);
    }
}

static uint64_t mix(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* The server writes 12.0 as 12, everywhere and always. */
static uint64_t mix_payload(uint64_t hash, const char *bytes, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i + 2 < len; i++) {
        if (bytes[i] == '.' && bytes[i + 1] == '0' && strchr(",}]", bytes[i + 2]) != NULL) {
            hash = mix(hash, bytes + from, i - from);
            from = i + 2;
        }
    }
    return mix(hash, bytes + from, len - from);
}

/* The window an id lies in. The one event behind it may have let a held one go first. */
static struct window *window_of(struct ledger *ledger, int64_t id)
{
    for (size_t i = ledger->window_count; i-- > 0;) {
        struct window *window = &ledger->windows[i];
        if (id >= window->from && id - 1 <= window->to) {
            return window;
        }
    }
    return NULL;
}

static void count(struct ledger *ledger, uint64_t *total, int64_t id, const char *what)
{
    if (window_of(ledger, id) != NULL) {
        ledger->totals.excused++;
        return;
    }
    (*total)++;
    complain(ledger, what, id);
}

/* --- a line ---------------------------------------------------------------------------------- */

struct span {
    const char *at;
    size_t len;
};

/* What stands behind the words, up to the end mark; both from `from` on. */
static bool find(struct span line, const char *words, char end, struct span *ret)
{
    const char *at = memmem(line.at, line.len, words, strlen(words));
    if (at == NULL) {
        return false;
    }
    at += strlen(words);
    const char *stop = memchr(at, end, line.len - (size_t)(at - line.at));
    *ret = (struct span){at, stop == NULL ? 0 : (size_t)(stop - at)};
    return stop != NULL;
}

static bool is(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

/* The payload lies between its name and the time, which stands last and has a fixed length. */
static bool find_payload(struct span line, struct span *ret_data, struct span *ret_time)
{
    static const char before[] = ",\"data\":", behind[] = ",\"timestamp\":\"";
    enum { TIME = sizeof "2026-11-23T09:02:11.532Z" - 1, TAIL = 2 };
    size_t tail = sizeof behind - 1 + TIME + TAIL;
    const char *data = memmem(line.at, line.len, before, sizeof before - 1);
    if (data == NULL || line.len < tail) {
        return false;
    }
    data += sizeof before - 1;
    const char *stop = line.at + line.len - tail;
    *ret_data = (struct span){data, stop > data ? (size_t)(stop - data) : 0};
    *ret_time = (struct span){stop + sizeof behind - 1, TIME};
    return stop > data && memcmp(stop, behind, sizeof behind - 1) == 0 &&
           memcmp(line.at + line.len - TAIL, "\"}", TAIL) == 0;
}

static void add(struct ledger *ledger, int64_t id, uint64_t hash)
{
    if (ledger->count == ledger->capacity) {
        ledger->capacity = ledger->capacity * 2 + SETTLE_AT;
        ledger->printed = realloc(ledger->printed, ledger->capacity * sizeof *ledger->printed);
        if (ledger->printed == NULL) {
            abort();
        }
    }
    ledger->printed[ledger->count] = (struct printed){id, hash, ledger->count};
    ledger->count++;
}

static void take_durable(struct ledger *ledger, int64_t id, uint64_t hash)
{
    ledger->totals.durable++;
    if (id < ledger->last_id) {
        count(ledger, &ledger->totals.unordered, id, "printed behind a later one");
    }
    ledger->last_id = id;
    ledger->greatest = id > ledger->greatest ? id : ledger->greatest;
    if (id <= ledger->settled) {
        count(ledger, &ledger->totals.repeated, id, "printed again, long after");
        return;
    }
    add(ledger, id, hash);
    if (ledger->count >= SETTLE_AT) {
        ledger_settle(ledger, false);
    }
}

/* The stream's own words, which no table holds. True when it was one of them. */
static bool take_own(struct ledger *ledger, struct span event, int64_t id)
{
    static const char *const own[] = {"connected", "quotes_updated", "positions_pnl_updated"};
    if (is(event, "resync")) {
        ledger->totals.lost++;
        complain(ledger, "the server no longer held what was missed", id);
        return true;
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (is(event, own[i])) {
            if (ledger->settled < 0) {
                ledger->settled = ledger->last_id = ledger->greatest = id;
            }
            return true;
        }
    }
    return false;
}

/* What of an event must be as the table has it. */
static uint64_t hash_of(struct span type, struct span data, struct span time)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), type.at, type.len);
    hash = mix_payload(mix(hash, "|", 1), data.at, data.len);
    return mix(mix(hash, "|", 1), time.at, time.len);
}

void ledger_line(struct ledger *ledger, const char *text, size_t len)
{
    struct span line = {text, len}, seq, id, event, data, time;
    if (memmem(text, len, "{\"v\":1,\"status\":\"", 17) == text) {
        ledger->totals.connections += memmem(text, len, "\"live\"", 6) != NULL;
        return;
    }
    ledger->totals.lines++;
    bool good = find(line, "{\"v\":1,\"seq\":", ',', &seq) && seq.at == text + 13 &&
                find(line, ",\"id\":\"", '"', &id) && find(line, ",\"event\":\"", '"', &event) &&
                find_payload(line, &data, &time);
    if (!good || strtoull(seq.at, NULL, 10) != ++ledger->seq) {
        ledger->totals.malformed++;
        complain(ledger, "not a line of --watch, or out of count", ledger->last_id);
        return;
    }
    int64_t number = strtoll(id.at, NULL, 10);
    if (!take_own(ledger, event, number)) {
        uint64_t hash = hash_of(event, data, time);
        take_durable(ledger, number, hash);
    }
}

/* --- against the table ------------------------------------------------------------------------ */

static int by_id(const void *left, const void *right)
{
    const struct printed *a = left, *b = right;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

static struct span column(sqlite3_stmt *row, int index)
{
    const char *text = (const char *)sqlite3_column_text(row, index);
    return (struct span){text, (size_t)sqlite3_column_bytes(row, index)};
}

static uint64_t row_hash(sqlite3_stmt *row)
{
    return hash_of(column(row, 1), column(row, 2), column(row, 3));
}

static void miss(struct ledger *ledger, int64_t id)
{
    struct window *window = window_of(ledger, id);
    if (window != NULL && window->may_lose > 0) {
        window->may_lose--;
        ledger->totals.excused++;
        return;
    }
    ledger->totals.lost++;
    complain(ledger, "in the database, but never printed", id);
}

/* Takes the printed ones of a row's id; returns where the next id begins. */
static size_t meet(struct ledger *ledger, size_t at, int64_t id, uint64_t hash)
{
    size_t first = at;
    while (at < ledger->count && ledger->printed[at].id == id) {
        if (ledger->printed[at].hash != hash) {
            ledger->totals.wrong++;
            complain(ledger, "printed with another payload than the database's", id);
        } else if (at == first) {
            ledger->totals.equal++;
        } else {
            count(ledger, &ledger->totals.repeated, id, "printed twice");
        }
        at++;
    }
    if (at == first) {
        miss(ledger, id);
    }
    return at;
}

static size_t skip_strangers(struct ledger *ledger, size_t at, int64_t below)
{
    for (; at < ledger->count && ledger->printed[at].id < below; at++) {
        ledger->totals.wrong++;
        complain(ledger, "printed, but not in the database", ledger->printed[at].id);
    }
    return at;
}

void ledger_settle(struct ledger *ledger, bool all)
{
    int64_t until = ledger->greatest - (all ? 0 : LATE_IDS);
    if (until <= ledger->settled) {
        return;
    }
    qsort(ledger->printed, ledger->count, sizeof *ledger->printed, by_id);
    size_t at = 0;
    sqlite3_bind_int64(ledger->rows, 1, ledger->settled);
    sqlite3_bind_int64(ledger->rows, 2, until);
    while (sqlite3_step(ledger->rows) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(ledger->rows, 0);
        at = skip_strangers(ledger, at, id);
        at = meet(ledger, at, id, row_hash(ledger->rows));
    }
    sqlite3_reset(ledger->rows);
    at = skip_strangers(ledger, at, until + 1);
    ledger->count -= at;
    memmove(ledger->printed, ledger->printed + at, ledger->count * sizeof *ledger->printed);
    ledger->settled = until;
}

int64_t ledger_newest(struct ledger *ledger)
{
    int64_t id =
        sqlite3_step(ledger->newest) == SQLITE_ROW ? sqlite3_column_int64(ledger->newest, 0) : -1;
    sqlite3_reset(ledger->newest);
    return id;
}

int64_t ledger_printed(const struct ledger *ledger)
{
    return ledger->greatest;
}

/* --- faults that touch events ----------------------------------------------------------------- */

void ledger_disturb(struct ledger *ledger, uint64_t may_lose)
{
    if (ledger->window_count == WINDOWS_MAX) {
        abort();
    }
    ledger->windows[ledger->window_count++] =
        (struct window){ledger_newest(ledger), INT64_MAX - 1, may_lose};
}

void ledger_calm(struct ledger *ledger)
{
    if (ledger->window_count > 0) {
        struct window *window = &ledger->windows[ledger->window_count - 1];
        window->to = window->to == INT64_MAX - 1 ? ledger_newest(ledger) : window->to;
    }
}

/* --- life ------------------------------------------------------------------------------------- */

struct ledger *ledger_new(sqlite3 *db)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        abort();
    }
    ledger->settled = -1;
    if (sqlite3_prepare_v2(db,
                           "SELECT id, type, data, created_at FROM events"
                           " WHERE id > ? AND id <= ? ORDER BY id",
                           -1, &ledger->rows, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", -1,
                           &ledger->newest, NULL) != SQLITE_OK) {
        printf("soak: %s\n", sqlite3_errmsg(db));
        ledger_free(ledger);
        return NULL;
    }
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        sqlite3_finalize(ledger->rows);
        sqlite3_finalize(ledger->newest);
        free(ledger->printed);
        free(ledger);
    }
}

bool ledger_is_good(const struct ledger *ledger)
{
    const struct ledger_totals *t = &ledger->totals;
    return t->durable > 0 && t->lost + t->repeated + t->wrong + t->unordered + t->malformed == 0;
}

struct ledger_totals ledger_totals(const struct ledger *ledger)
{
    return ledger->totals;
}
