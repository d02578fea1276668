#include "memory.h"

#include <math.h>
#include <stdlib.h>

#include <blotter/core/alloc.h>

struct memory {
    struct tape *tape;
    struct history *history;
};

struct memory *memory_new(void)
{
    struct memory *memory = mem_calloc(1, sizeof *memory);
    memory->tape = tape_new();
    memory->history = history_new();
    return memory;
}

void memory_free(struct memory *memory)
{
    if (memory == NULL) {
        return;
    }
    tape_free(memory->tape);
    history_free(memory->history);
    free(memory);
}

struct tape *memory_tape(struct memory *memory)
{
    return memory->tape;
}

const struct history *memory_history(const struct memory *memory)
{
    return memory->history;
}

void memory_event(struct memory *memory, struct moment now, const struct event *event,
                  enum journal_outcome outcome)
{
    tape_event(memory->tape, now, event, outcome == JOURNAL_COVERED);
}

void memory_stream(struct memory *memory, struct moment now, const struct conn_status *status)
{
    if (status->phase == CONN_LIVE) {
        tape_stream(memory->tape, now, true);
    } else if (status->phase == CONN_WAITING || status->phase == CONN_ENDED) {
        tape_stream(memory->tape, now, false);
    }
}

/* --- samples -------------------------------------------------------------------------------- */

static double day_of(const struct snapshot *positions)
{
    double sum = 0;
    bool any = positions->row_count == 0;
    for (size_t i = 0; i < positions->row_count; i++) {
        if (!isnan(positions->positions[i].day_pnl)) {
            sum += positions->positions[i].day_pnl;
            any = true;
        }
    }
    return any ? sum : (double)NAN;
}

static void sample_figures(struct memory *memory, int64_t at_ms, const struct pane_state panes[])
{
    const struct snapshot *positions = panes[RESOURCE_POSITIONS].shown;
    const struct snapshot *account = panes[RESOURCE_ACCOUNT].shown;
    double day =
        positions != NULL && !panes[RESOURCE_POSITIONS].stale ? day_of(positions) : (double)NAN;
    double margin = (double)NAN;
    if (account != NULL && account->row_count > 0 && !panes[RESOURCE_ACCOUNT].stale &&
        account->account->balance > 0) {
        margin = account->account->used_margin / account->account->balance * 100;
    }
    history_add(memory->history, HISTORY_DAY, at_ms, day);
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

static void sample_prices(struct memory *memory, int64_t at_ms, const struct pane_state *pane)
{
    for (size_t i = 0; pane->shown != NULL && i < pane->shown->row_count; i++) {
        const char *symbol;
        double price = price_of(pane->shown, i, &symbol);
        if (!isnan(price)) {
            history_add_price(memory->history, symbol, at_ms, price);
        }
    }
}

/* Those of stale rows end; then those that are fresh go on. The watchlists' prices come last: they
 * are quotes, where orders and positions may hold an older one. */
static void sample(struct memory *memory, int64_t at_ms, const struct pane_state panes[])
{
    static const enum resource priced[] = {RESOURCE_ORDERS, RESOURCE_POSITIONS,
                                           RESOURCE_WATCHLISTS};
    bool all_stale = true;
    sample_figures(memory, at_ms, panes);
    for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
        all_stale = all_stale && panes[priced[i]].stale;
    }
    if (all_stale) {
        history_gap(memory->history, at_ms);
    }
    for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
        if (!panes[priced[i]].stale) {
            sample_prices(memory, at_ms, &panes[priced[i]]);
        }
    }
}

void memory_turn(struct memory *memory, struct moment now, const struct engine *engine,
                 resource_mask which)
{
    struct pane_state panes[RESOURCE_COUNT];
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(engine, (enum resource)i, &panes[i]);
        if ((which & RESOURCE_BIT(i)) != 0) {
            tape_rows(memory->tape, now, panes[i].shown, !panes[i].cached);
        }
    }
    sample(memory, now.wall_ms, panes);
}
