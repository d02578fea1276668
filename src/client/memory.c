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
    for (size_t i = 0; i < sizeof priced / sizeof *priced; i++) {
        if (!panes[priced[i]].stale) {
            sample_prices(memory, at_ms, &panes[priced[i]]);
        }
    }
}

void memory_turn(struct memory *memory, struct moment now, struct memory_source source,
                 resource_mask which)
{
    struct pane_state panes[RESOURCE_COUNT];
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(source.engine, (enum resource)i, &panes[i]);
        if ((which & RESOURCE_BIT(i)) != 0) {
            tape_rows(memory->tape, now, panes[i].shown, !panes[i].cached);
        }
    }
    sample_money(memory, now.wall_ms, &panes[RESOURCE_POSITIONS], source.book);
    sample_margin(memory, now.wall_ms, &panes[RESOURCE_ACCOUNT]);
    sample_all_prices(memory, now.wall_ms, panes);
}
