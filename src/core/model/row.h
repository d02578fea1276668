/*
 * row: where rows of a resource have what is asked of any of them: one table for who reads it and
 * for who writes there.
 */
#ifndef BLOTTER_CORE_ROW_H
#define BLOTTER_CORE_ROW_H

#include <blotter/core/model.h>

#include <stddef.h>
#include <stdint.h>

/* Offsets in a row; 0: rows of that resource do not have it. */
struct row_places {
    size_t symbol, instrument;
    size_t price;
    size_t price_ms;   /* of which moment the price is */
    size_t updated_ns; /* when the server last changed it */
};

const struct row_places *row_places(enum resource resource);

/* What quotes know a row by: its instrument, or its symbol where it names none; "" for the account.
 * And the symbol. */
const char *row_instrument(enum resource resource, const struct row *row);
const char *row_symbol(enum resource resource, const struct row *row);

/* The price in a row, as sent or patched; NAN: none. */
double row_price(enum resource resource, const struct row *row);

/* Of which moment the price in a row is; MODEL_NO_TIME when the row does not say. */
int64_t row_price_time(enum resource resource, const struct row *row);

/* When the server says that it changed the row; MODEL_NO_TIME when it does not say. */
int64_t row_updated(enum resource resource, const struct row *row);

#endif
