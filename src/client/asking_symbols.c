#include "asking_symbols.h"
#include "marks.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct set {
    struct ask_symbol *symbols; /* texts of our own */
    size_t count, room;
    struct marks seen;
};

struct asking_symbols {
    struct set of[RESOURCE_COUNT];
    struct set all; /* texts borrowed from those */
};

struct asking_symbols *asking_symbols_new(void)
{
    return mem_calloc(1, sizeof(struct asking_symbols));
}

static void clear(struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free((char *)(uintptr_t)set->symbols[i].symbol);
        free((char *)(uintptr_t)set->symbols[i].segment);
    }
    set->count = 0;
    marks_done(&set->seen);
}

void asking_symbols_free(struct asking_symbols *symbols)
{
    if (symbols == NULL) {
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        clear(&symbols->of[i]);
        free(symbols->of[i].symbols);
    }
    marks_done(&symbols->all.seen);
    free(symbols->all.symbols);
    free(symbols);
}

/* True when it is not there yet. */
static bool note(struct set *set, const char *symbol)
{
    return marks_add(&set->seen, hash_text(HASH_START, symbol));
}

static struct ask_symbol *add(struct set *set)
{
    if (set->count == set->room) {
        set->room = set->room * 2 + 16;
        set->symbols = mem_realloc_array(set->symbols, set->room, sizeof *set->symbols);
    }
    return &set->symbols[set->count++];
}

/* Known by its instrument, else by its symbol. */
static void take(struct set *set, const char *instrument, const char *symbol, const char *segment)
{
    const char *name = instrument[0] != '\0' ? instrument : symbol;
    if (name[0] == '\0' || set->count == ASK_SYMBOLS_MAX || !note(set, name)) {
        return;
    }
    *add(set) = (struct ask_symbol){mem_dup(name, strlen(name)), mem_dup(segment, strlen(segment))};
}

/* A price that an event wrote was none of the row's. */
static bool lacks_price(const struct row *row, double price)
{
    return isnan(price) || row->patched;
}

void asking_symbols_take(struct asking_symbols *symbols, enum resource resource,
                         const struct snapshot *snapshot)
{
    struct set *set = &symbols->of[resource];
    clear(set);
    for (size_t i = 0; snapshot != NULL && i < snapshot->row_count; i++) {
        if (resource == RESOURCE_ORDERS) {
            const struct order *order = &snapshot->orders[i];
            if (lacks_price(&order->row, order->ltp)) {
                take(set, order->instrument_id, order->symbol, order->segment);
            }
        } else if (resource == RESOURCE_POSITIONS) {
            const struct position *position = &snapshot->positions[i];
            if (lacks_price(&position->row, position->current_price)) {
                take(set, position->instrument_id, position->symbol, position->segment);
            }
        } else if (resource == RESOURCE_WATCHLISTS) {
            const struct watch_item *item = &snapshot->items[i];
            take(set, item->instrument_id, item->symbol, item->segment);
        }
    }
}

const struct ask_symbol *asking_symbols_all(struct asking_symbols *symbols, size_t *ret_count)
{
    symbols->all.count = 0;
    marks_done(&symbols->all.seen);
    for (int r = RESOURCE_COUNT - 1; r >= 0; r--) { /* the watched ones first */
        const struct set *set = &symbols->of[r];
        for (size_t i = 0; i < set->count && symbols->all.count < ASK_SYMBOLS_MAX; i++) {
            if (note(&symbols->all, set->symbols[i].symbol)) {
                *add(&symbols->all) = set->symbols[i];
            }
        }
    }
    *ret_count = symbols->all.count;
    return symbols->all.symbols;
}
