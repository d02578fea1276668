#include "memory.h"

#include <blotter/client/client.h>
#include <blotter/client/daybook.h>
#include <blotter/core/alloc.h>
#include <blotter/core/seen.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows are looked at this long after they changed. */
#define DELAY_US INT64_C(500000)
/* Writings are at least this far apart: what is lost by a kill is no older. */
#define WRITE_US INT64_C(1000000)
/* What is not due yet is written this long after. */
#define PENDING_US INT64_C(15000000)

struct memory {
    struct loop *loop;
    struct loop_timer *timer;
    int64_t due_us;                  /* when the timer comes; MOMENT_NEVER */
    struct memory_settings settings; /* with texts of our own */
    char *path, *server, *user, *day;
    int64_t last_ms; /* of the past day */
    int64_t today;   /* the number of the exchange's day; 0: not known yet */
    bool waits;      /* for the first frame, and then to open the daybook */
    struct tape *tape;
    struct history *history;
    struct daybook *daybook; /* NULL: none */
    resource_mask changed;   /* since rows were last looked at */
    uint64_t told;           /* the tape's version that was told */
    char word[DAYBOOK_WHY_MAX];
    bool worded, look_due;
    int64_t wrote_us, looked_ms;
    struct seen priced[RESOURCE_COUNT]; /* rows whose prices were sampled … */
    int64_t priced_minute;              /* … in this minute, for its bars */
    struct past {
        char *symbol; /* NULL: of none */
        int64_t day;  /* the one that they are before */
        bool due;     /* to be read */
        struct series series;
    } past;
};

#define PAST_DAYS 4

static void remember(void *user);

static char *copy_text(const char *text)
{
    return text != NULL ? mem_dup(text, strlen(text)) : NULL;
}

static double price_now(const void *user, const char *symbol)
{
    const struct series *series = history_price(user, symbol);
    return series != NULL && series->count > 0 ? series->points[series->count - 1].y : (double)NAN;
}

struct memory *memory_new(struct loop *loop, const struct memory_settings *settings)
{
    struct memory *memory = mem_calloc(1, sizeof *memory);
    memory->loop = loop;
    memory->timer = loop_timer_new(loop, remember, memory);
    memory->due_us = MOMENT_NEVER;
    memory->settings = *settings;
    memory->settings.daybook = memory->path = copy_text(settings->daybook);
    memory->settings.server = memory->server = copy_text(settings->server);
    memory->settings.user = memory->user = copy_text(settings->user);
    memory->settings.day = memory->day = copy_text(settings->day);
    memory->waits = settings->daybook != NULL && settings->day == NULL;
    memory->tape = tape_new();
    memory->history = history_new();
    tape_set_prices(memory->tape, price_now, memory->history);
    memory->looked_ms = MODEL_NO_TIME;
    series_init(&memory->past.series, HISTORY_BAR_MS / 2);
    return memory;
}

void memory_free(struct memory *memory)
{
    if (memory == NULL) {
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        seen_done(&memory->priced[i]);
    }
    loop_timer_free(memory->timer);
    tape_free(memory->tape);
    history_free(memory->history);
    daybook_close(memory->daybook);
    series_done(&memory->past.series);
    free(memory->past.symbol);
    free(memory->path);
    free(memory->server);
    free(memory->user);
    free(memory->day);
    free(memory);
}

const struct tape *memory_tape(const struct memory *memory)
{
    return memory->tape;
}

const struct history *memory_history(const struct memory *memory)
{
    return memory->history;
}

static void come_at(struct memory *memory, int64_t at_us)
{
    if (at_us < memory->due_us) {
        memory->due_us = at_us;
        loop_timer_set(memory->timer, at_us);
    }
}

static void note(struct memory *memory, unsigned more)
{
    uint64_t version = tape_version(memory->tape);
    unsigned mask = more | (version != memory->told ? CLIENT_TAPE : 0);
    memory->told = version;
    if (mask != 0) {
        memory->settings.on_change(memory->settings.on_change_user, mask);
    }
}

/* The tape has gone on: it is to be written. */
static void note_entry(struct memory *memory, struct moment now)
{
    if (tape_version(memory->tape) != memory->told) {
        note(memory, 0);
        memory_rows(memory, now, 0);
    }
}

void memory_event(struct memory *memory, struct moment now, const struct event *event,
                  enum event_log_outcome outcome)
{
    tape_event(memory->tape, now, event, outcome == EVENT_LOG_COVERED);
    note_entry(memory, now);
}

void memory_stream(struct memory *memory, struct moment now, const struct conn_status *status)
{
    if (status->phase == CONN_LIVE) {
        tape_stream(memory->tape, now, true);
    } else if (status->phase == CONN_WAITING || status->phase == CONN_ENDED) {
        tape_stream(memory->tape, now, false);
    }
    note_entry(memory, now);
}

void memory_tell(struct memory *memory, struct moment now, const struct tape_entry *entry)
{
    tape_add(memory->tape, entry);
    note_entry(memory, now);
}

void memory_rows(struct memory *memory, struct moment now, resource_mask which)
{
    if (memory->day != NULL) {
        return; /* it is over: nothing is taken in */
    }
    memory->changed |= which & RESOURCE_ALL;
    bool entry = memory->daybook != NULL && which == 0;
    if (!memory->waits && (memory->changed != 0 || entry)) {
        come_at(memory, now.mono_us + DELAY_US);
    }
}

void memory_painted(struct memory *memory, struct moment now)
{
    if (memory->waits) {
        come_at(memory, now.mono_us);
    }
}

static int64_t day_number(const struct memory_settings *from, int64_t wall_ms)
{
    int32_t ahead_s = from->zone != NULL ? from->zone(from->zone_user, wall_ms) : 0;
    return moment_day(wall_ms, ahead_s);
}

/* --- samples -------------------------------------------------------------------------------- */

/* The day's figures; not known while nothing confirms the positions. */
static void sample_money(struct memory *memory, int64_t at_ms, const struct pane_state *pane,
                         const struct money_book *book)
{
    struct money money;
    bool known = pane->shown != NULL && !pane->stale;
    if (known) {
        money_of(&money, book, pane->shown);
    }
    history_add(memory->history, HISTORY_DAY, at_ms, known ? money.sums[0].day.value : (double)NAN);
    history_add(memory->history, HISTORY_BOOKED, at_ms,
                known ? money.sums[0].booked.value : (double)NAN);
}

static void sample_margin(struct memory *memory, int64_t at_ms, const struct pane_state *pane)
{
    double margin = (double)NAN;
    if (pane->shown != NULL && !pane->stale && pane->shown->row_count > 0 &&
        pane->shown->account->balance > 0) {
        const struct account *account = pane->shown->account;
        margin = account->used_margin / account->balance * 100;
    }
    history_add(memory->history, HISTORY_MARGIN, at_ms, margin);
}

/* The symbol and price of a row; NAN when it has none. */
static double price_of(const struct snapshot *rows, size_t i, const char **ret_symbol)
{
    switch (rows->resource) {
    case RESOURCE_ORDERS:
        *ret_symbol = rows->orders[i].symbol;
        return rows->orders[i].ltp;
    case RESOURCE_POSITIONS:
        *ret_symbol = rows->positions[i].symbol;
        return rows->positions[i].current_price;
    case RESOURCE_WATCHLISTS:
        *ret_symbol = rows->items[i].symbol;
        return rows->items[i].ltp;
    default:
        *ret_symbol = "";
        return (double)NAN;
    }
}

/* The price of a row that has not changed since is in its bar and its curve already. */
static void sample_prices(struct memory *memory, int64_t at_ms, const struct snapshot *rows)
{
    if (rows == NULL) {
        return;
    }
    struct seen *seen = &memory->priced[rows->resource];
    seen_begin(seen, rows->row_count);
    for (size_t i = 0; i < rows->row_count; i++) {
        const char *symbol;
        if (seen_skips(seen, i, model_row(rows, i)->version)) {
            continue;
        }
        double price = price_of(rows, i, &symbol);
        if (!isnan(price)) {
            history_add_price(memory->history, symbol, at_ms, price);
        }
    }
    seen_end(seen, rows->row_count);
}

/* Every price is to be sampled again: a bar begins, or a curve goes on. */
static void forget_priced(struct memory *memory)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        seen_forget(&memory->priced[i]);
    }
}

/* Those of stale rows end; then those that are fresh go on. The watchlists' prices come last: they
 * are quotes, where orders and positions may hold an older one. */
static void sample_all_prices(struct memory *memory, int64_t at_ms, const struct pane_state panes[])
{
    static const enum resource priced[] = {RESOURCE_ORDERS, RESOURCE_POSITIONS,
                                           RESOURCE_WATCHLISTS};
    bool all_stale = true;
    for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
        all_stale = all_stale && panes[priced[i]].stale;
    }
    if (all_stale) {
        history_gap(memory->history, at_ms);
    }
    if (all_stale || at_ms / HISTORY_BAR_MS != memory->priced_minute) {
        memory->priced_minute = at_ms / HISTORY_BAR_MS;
        forget_priced(memory);
    }
    for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
        if (!panes[priced[i]].stale) {
            sample_prices(memory, at_ms, panes[priced[i]].shown);
        }
    }
}

/* Another day of the exchange: its curves begin anew. The tape goes on. */
static void note_day(struct memory *memory, int64_t now_ms)
{
    int64_t day = day_number(&memory->settings, now_ms);
    if (memory->today != 0 && day != memory->today) {
        history_clear(memory->history);
        forget_priced(memory);
    }
    memory->today = day;
}

static void take_rows(struct memory *memory, struct moment now)
{
    struct pane_state panes[RESOURCE_COUNT];
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(memory->settings.engine, (enum resource)i, &panes[i]);
        if ((memory->changed & RESOURCE_BIT(i)) != 0) {
            tape_rows(memory->tape, now, panes[i].shown, !panes[i].cached);
        }
    }
    memory->changed = 0;
    note_day(memory, now.wall_ms);
    sample_money(memory, now.wall_ms, &panes[RESOURCE_POSITIONS], memory->settings.book);
    sample_margin(memory, now.wall_ms, &panes[RESOURCE_ACCOUNT]);
    sample_all_prices(memory, now.wall_ms, panes);
}

/* --- the daybook ----------------------------------------------------------------------------- */

static void keep_word(struct memory *memory, const char why[DAYBOOK_WHY_MAX])
{
    if (why[0] != '\0') {
        memory->worded = true;
        memcpy(memory->word, why, sizeof memory->word);
        note(memory, CLIENT_CONN);
    }
}

static struct daybook_settings place_of(const struct memory_settings *from)
{
    return (struct daybook_settings){.path = from->daybook,
                                     .days = from->day != NULL ? 0 : from->days,
                                     .server = from->server,
                                     .user = from->user != NULL ? from->user : "",
                                     .zone = from->zone,
                                     .zone_user = from->zone_user};
}

/* What was kept of closings and stands in the list shown as well counts once. */
static void take_listed(struct memory *memory, int64_t now_ms)
{
    struct pane_state pane;
    engine_pane(memory->settings.engine, RESOURCE_POSITIONS, &pane);
    int64_t day = day_number(&memory->settings, now_ms);
    bool same_day = pane.confirmed_ms != MODEL_NO_TIME &&
                    day_number(&memory->settings, pane.confirmed_ms) == day;
    if (pane.shown != NULL && pane.cached && same_day) {
        money_book_take(memory->settings.book, pane.shown, (struct money_time){now_ms, day});
    }
}

bool memory_open_day(struct memory *memory, struct moment now,
                     void (*prime)(void *user, enum resource resource, const char *body, size_t len,
                                   int64_t at_ms),
                     void *user)
{
    struct daybook_settings settings = place_of(&memory->settings);
    struct daybook_parts parts = {memory->tape, memory->history, memory->settings.book, NULL};
    char why[DAYBOOK_WHY_MAX] = "";
    if (memory->day == NULL) {
        return false;
    }
    struct daybook *daybook =
        memory->path != NULL ? daybook_open(&settings, now.wall_ms, why) : NULL;
    for (int i = 0; daybook != NULL && i < RESOURCE_COUNT; i++) {
        size_t len;
        int64_t at_ms;
        char *body = daybook_body(daybook, memory->day, (enum resource)i, &len, &at_ms);
        if (body != NULL) {
            prime(user, (enum resource)i, body, len, at_ms);
            free(body);
        }
    }
    if (daybook != NULL) {
        memory->last_ms = daybook_last_ms(daybook, memory->day);
        int64_t then_ms = memory->last_ms != MODEL_NO_TIME ? memory->last_ms : now.wall_ms;
        daybook_read(daybook, memory->day, then_ms, &parts, why);
        daybook_close(daybook);
        take_listed(memory, then_ms);
    }
    keep_word(memory, why);
    note(memory, CLIENT_HISTORY | CLIENT_TAPE);
    return true;
}

const char *memory_day(const struct memory *memory, int64_t *ret_last_ms)
{
    *ret_last_ms = memory->last_ms;
    return memory->day;
}

/* After the first frame, and before anything is taken in. */
static void open_daybook(struct memory *memory, struct moment now)
{
    const struct memory_settings *from = &memory->settings;
    struct daybook_settings settings = {.path = from->daybook,
                                        .days = from->days,
                                        .server = from->server,
                                        .user = from->user != NULL ? from->user : "",
                                        .zone = from->zone,
                                        .zone_user = from->zone_user};
    struct daybook_parts parts = {memory->tape, memory->history, from->book, NULL};
    char why[DAYBOOK_WHY_MAX] = "";
    memory->waits = false;
    memory->daybook = daybook_open(&settings, now.wall_ms, why);
    if (memory->daybook != NULL) {
        daybook_read(memory->daybook, NULL, now.wall_ms, &parts, why);
        take_listed(memory, now.wall_ms);
        memory->looked_ms = memory->look_due ? memory->looked_ms : daybook_looked(memory->daybook);
    }
    keep_word(memory, why);
    note(memory, RESOURCE_BIT(RESOURCE_POSITIONS));
}

static void write_down(struct memory *memory, struct moment now, bool all)
{
    const struct memory_settings *from = &memory->settings;
    struct daybook_parts parts = {memory->tape, memory->history, from->book, from->engine};
    char why[DAYBOOK_WHY_MAX];
    if (!all && now.mono_us - memory->wrote_us < WRITE_US) {
        come_at(memory, memory->wrote_us + WRITE_US);
        return;
    }
    memory->wrote_us = now.mono_us;
    note_day(memory, now.wall_ms);
    bool wrote = daybook_write(memory->daybook, now.wall_ms, &parts, all, why);
    keep_word(memory, why);
    if (wrote && memory->look_due) {
        daybook_look(memory->daybook, memory->looked_ms);
        memory->look_due = false;
    }
    if (!wrote || daybook_pending(memory->daybook)) {
        come_at(memory, now.mono_us + PENDING_US);
    }
}

/* --- earlier days --------------------------------------------------------------------------- */

const struct series *memory_past(struct memory *memory, struct moment now, const char *symbol)
{
    struct past *past = &memory->past;
    int64_t day = day_number(&memory->settings, now.wall_ms);
    if (memory->daybook == NULL) {
        return NULL;
    }
    if (past->symbol == NULL || strcmp(past->symbol, symbol) != 0 || past->day != day) {
        free(past->symbol);
        past->symbol = copy_text(symbol);
        past->day = day;
        past->due = true;
        come_at(memory, now.mono_us);
    }
    return past->due ? NULL : &past->series;
}

static void read_past(struct memory *memory, struct moment now)
{
    memory->past.due = false;
    series_clear(&memory->past.series, HISTORY_BAR_MS / 2);
    daybook_past(memory->daybook, memory->past.symbol, now.wall_ms, PAST_DAYS,
                 &memory->past.series);
    note(memory, CLIENT_HISTORY);
}

static void remember(void *user)
{
    struct memory *memory = user;
    struct moment now = loop_now(memory->loop);
    memory->due_us = MOMENT_NEVER;
    if (memory->waits) {
        open_daybook(memory, now);
    }
    if (memory->changed != 0) {
        take_rows(memory, now);
        note(memory, CLIENT_HISTORY);
    }
    if (memory->daybook != NULL && memory->past.due) {
        read_past(memory, now);
    }
    if (memory->daybook != NULL) {
        write_down(memory, now, false);
    }
}

void memory_stop(struct memory *memory, struct moment now)
{
    if (memory->daybook != NULL) {
        if (memory->changed != 0) {
            take_rows(memory, now);
        }
        write_down(memory, now, true);
    }
}

const char *memory_take_word(struct memory *memory)
{
    bool worded = memory->worded;
    memory->worded = false;
    return worded ? memory->word : NULL;
}

int64_t memory_looked(const struct memory *memory)
{
    return memory->looked_ms;
}

void memory_look(struct memory *memory, int64_t wall_ms)
{
    memory->looked_ms = wall_ms;
    memory->look_due = true;
}
