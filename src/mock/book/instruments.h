/*
 * instruments: what is traded: shares by the exchange's names, then index options by rule, as many
 * as are asked for.
 */
#ifndef BLOTTER_MOCK_INSTRUMENTS_H
#define BLOTTER_MOCK_INSTRUMENTS_H

#include <stddef.h>
#include <stdint.h>

struct instrument {
    char symbol[32], name[96];
    const char *segment, *sector, *option_type, *expiry; /* NULL where it has none */
    int64_t token, lot_size;                             /* lot_size 0: a share */
    double strike;                                       /* 0: a share */
    double price;                                        /* about what it costs */
};

/* The i-th instrument of the exchange; the first are the best known, every fourth an option. */
void instrument_at(size_t i, struct instrument *ret);

#endif
