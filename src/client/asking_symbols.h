/*
 * asking_symbols: the symbols whose quotes are wanted, gathered from what is shown: of each item of
 * a watchlist, of orders and positions that come without a price.
 */
#ifndef BLOTTER_CLIENT_ASKING_SYMBOLS_H
#define BLOTTER_CLIENT_ASKING_SYMBOLS_H

#include <blotter/core/ask.h>
#include <blotter/core/model.h>

struct asking_symbols;

struct asking_symbols *asking_symbols_new(void);
void asking_symbols_free(struct asking_symbols *symbols);

/* The symbols of a pane are those of this snapshot now. */
void asking_symbols_take(struct asking_symbols *symbols, enum resource resource,
                         const struct snapshot *snapshot);

/* All of them, each once; lives until the next call. */
const struct ask_symbol *asking_symbols_all(struct asking_symbols *symbols, size_t *ret_count);

#endif
