#include <blotter/core/alloc.h>
#include <blotter/core/history.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
    char *name;
    struct series series;
    struct history_bars bars;
};

struct history {
    struct series figures[HISTORY_FIGURES];
    struct symbol *symbols; /* by name */
    size_t count, room;
    int64_t newest_ms;
};

static const char *const names[] = {
    [HISTORY_DAY] = "day", [HISTORY_BOOKED] = "booked", [HISTORY_MARGIN] = "margin"};
static_assert(sizeof names / sizeof *names == HISTORY_FIGURES, "a name per figure");

const char *history_figure_name(enum history_figure figure)
{
    return names[figure];
}

struct history *history_new(void)
{
    struct history *history = mem_calloc(1, sizeof *history);
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        series_init(&history->figures[i], HISTORY_STEP_MS);
    }
    return history;
}

static void drop_symbols(struct history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        free(history->symbols[i].name);
        series_done(&history->symbols[i].series);
    }
    history->count = 0;
}

void history_clear(struct history *history)
{
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        series_clear(&history->figures[i], HISTORY_STEP_MS);
    }
    drop_symbols(history);
    history->newest_ms = 0;
}

void history_free(struct history *history)
{
    if (history == NULL) {
        return;
    }
    history_clear(history);
    free(history->symbols);
    free(history);
}

int64_t history_newest_ms(const struct history *history)
{
    return history->newest_ms;
}

static void note_time(struct history *history, int64_t at_ms)
{
    history->newest_ms = at_ms > history->newest_ms ? at_ms : history->newest_ms;
}

void history_add(struct history *history, enum history_figure figure, int64_t at_ms, double value)
{
    note_time(history, at_ms);
    series_add(&history->figures[figure], at_ms, value);
}

const struct series *history_figure(const struct history *history, enum history_figure figure)
{
    return &history->figures[figure];
}

/* Where the name is, or would be. */
static size_t place_of(const struct history *history, const char *name)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(history->symbols[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct history *history, size_t at, const char *name)
{
    return at < history->count && strcmp(history->symbols[at].name, name) == 0;
}

static struct symbol *insert(struct history *history, size_t at, const char *name)
{
    if (history->count == history->room) {
        history->room = history->room == 0 ? 16 : history->room * 2;
        history->symbols =
            mem_realloc_array(history->symbols, history->room, sizeof *history->symbols);
    }
    struct symbol *symbol = &history->symbols[at];
    memmove(symbol + 1, symbol, (history->count - at) * sizeof *symbol);
    symbol->name = mem_dup(name, strlen(name));
    series_init(&symbol->series, HISTORY_STEP_MS);
    symbol->bars = (struct history_bars){.symbol = symbol->name};
    symbol->bars.now.at_ms = symbol->bars.before.at_ms = INT64_MIN;
    history->count++;
    return symbol;
}

static struct symbol *find_or_add(struct history *history, const char *symbol, double price)
{
    size_t at = place_of(history, symbol);
    bool known = is_at(history, at, symbol);
    if (!known && (history->count == HISTORY_SYMBOLS_MAX || symbol[0] == '\0' || isnan(price))) {
        return NULL;
    }
    return known ? &history->symbols[at] : insert(history, at, symbol);
}

static void add_to_bar(struct history_bars *bars, int64_t at_ms, double price)
{
    struct history_bar *now = &bars->now;
    int64_t minute_ms = at_ms - at_ms % HISTORY_BAR_MS;
    if (minute_ms > now->at_ms) {
        bars->before = *now;
        *now = (struct history_bar){minute_ms, price, price, price, price, true};
        return;
    }
    now->changed = now->changed || price < now->close || price > now->close;
    now->high = price > now->high ? price : now->high;
    now->low = price < now->low ? price : now->low;
    now->close = price;
}

void history_add_price(struct history *history, const char *symbol, int64_t at_ms, double price)
{
    struct symbol *here = find_or_add(history, symbol, price);
    note_time(history, at_ms);
    if (here == NULL) {
        return;
    }
    series_add(&here->series, at_ms, price);
    if (!isnan(price) && !isinf(price)) {
        add_to_bar(&here->bars, at_ms, price);
    }
}

void history_restore_price(struct history *history, const char *symbol, int64_t at_ms, double price)
{
    struct symbol *here = find_or_add(history, symbol, price);
    if (here != NULL) {
        series_add(&here->series, at_ms, price);
    }
}

const struct history_bars *history_bars(const struct history *history, size_t i)
{
    return i < history->count ? &history->symbols[i].bars : NULL;
}

void history_bars_kept(struct history *history, size_t i)
{
    history->symbols[i].bars.now.changed = history->symbols[i].bars.before.changed = false;
}

void history_gap(struct history *history, int64_t at_ms)
{
    for (size_t i = 0; i < history->count; i++) {
        struct series *series = &history->symbols[i].series;
        int64_t last_ms = series->count > 0 ? series->points[series->count - 1].x : at_ms;
        series_add(series, at_ms > last_ms ? at_ms : last_ms, (double)NAN);
    }
}

const struct series *history_price(const struct history *history, const char *symbol)
{
    size_t at = place_of(history, symbol);
    return is_at(history, at, symbol) ? &history->symbols[at].series : NULL;
}
