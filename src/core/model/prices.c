#include "prices.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

struct price {
    char *instrument; /* NULL: empty */
    int64_t ms;
    int64_t back_ms;  /* when its clock went back, by that clock; 0: it did not */
    unsigned refused; /* older ones, one after the other */
    uint64_t seq;     /* of the event that was answered last, and of what moment its price was */
    int64_t seq_ms;
    enum prices_order answer;
};

struct prices {
    struct price *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

struct prices *prices_new(void)
{
    struct prices *prices = mem_calloc(1, sizeof *prices);
    prices->capacity = SLOTS_FIRST;
    prices->slots = mem_calloc(prices->capacity, sizeof *prices->slots);
    return prices;
}

void prices_free(struct prices *prices)
{
    if (prices == NULL) {
        return;
    }
    for (size_t i = 0; i < prices->capacity; i++) {
        free(prices->slots[i].instrument);
    }
    free(prices->slots);
    free(prices);
}

bool prices_older(int64_t ms, int64_t than_ms)
{
    return ms < than_ms && than_ms - ms < PRICES_APART_MS;
}

/* Its slot, or the empty one where it belongs. */
static struct price *find(const struct prices *prices, const char *instrument)
{
    size_t mask = prices->capacity - 1;
    size_t at = (size_t)text_hash(prices->slots, instrument) & mask;
    while (prices->slots[at].instrument != NULL &&
           strcmp(prices->slots[at].instrument, instrument) != 0) {
        at = (at + 1) & mask;
    }
    return &prices->slots[at];
}

static void grow(struct prices *prices)
{
    struct price *old = prices->slots;
    size_t capacity = prices->capacity;
    prices->capacity *= 2;
    prices->slots = mem_calloc(prices->capacity, sizeof *prices->slots);
    for (size_t i = 0; i < capacity; i++) {
        if (old[i].instrument != NULL) {
            *find(prices, old[i].instrument) = old[i];
        }
    }
    free(old);
}

static enum prices_order judge(struct price *price, int64_t ms)
{
    bool older = prices_older(ms, price->ms);
    if (older && ++price->refused <= PRICES_REFUSED_MAX) {
        return PRICES_OLDER;
    }
    if (older && price->back_ms == 0) {
        price->back_ms = price->ms;
    }
    price->refused = 0;
    price->ms = ms;
    price->back_ms = ms < price->back_ms ? price->back_ms : 0;
    return price->back_ms != 0 ? PRICES_BACK : PRICES_NEWER;
}

enum prices_order prices_take(struct prices *prices, const char *instrument, int64_t ms,
                              uint64_t seq)
{
    struct price *price = find(prices, instrument);
    if (price->instrument != NULL && seq != 0 && price->seq == seq && price->seq_ms == ms) {
        return price->answer;
    }
    if (price->instrument != NULL) {
        price->answer = judge(price, ms);
        price->seq = seq;
        price->seq_ms = ms;
        return price->answer;
    }
    if (prices->count < PRICES_MAX) {
        *price = (struct price){.instrument = mem_dup(instrument, strlen(instrument)),
                                .ms = ms,
                                .seq = seq,
                                .seq_ms = ms,
                                .answer = PRICES_NEWER};
        if (++prices->count > prices->capacity / 2) {
            grow(prices);
        }
    }
    return PRICES_NEWER;
}
