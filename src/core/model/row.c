/* What holds of one row, of whatever resource: its size, its place, what it is told by. */
#include "fields.h"
#include "row.h"
#include "snapshot.h"

#include <blotter/core/hash.h>
#include <blotter/core/model.h>

#include <assert.h>
#include <math.h>
#include <string.h>

static const size_t row_sizes[] = {
    [RESOURCE_ORDERS] = sizeof(struct order),
    [RESOURCE_POSITIONS] = sizeof(struct position),
    [RESOURCE_ACCOUNT] = sizeof(struct account),
    [RESOURCE_WATCHLISTS] = sizeof(struct watch_item),
};
static_assert(sizeof row_sizes / sizeof *row_sizes == RESOURCE_COUNT, "a size per resource");

size_t model_row_size(enum resource resource)
{
    return row_sizes[resource];
}

struct row *model_row(const struct snapshot *snapshot, size_t i)
{
    return (struct row *)((char *)snapshot->rows + i * row_sizes[snapshot->resource]);
}

static const struct row_places places[] = {
    [RESOURCE_ORDERS] = {.symbol = offsetof(struct order, symbol),
                         .instrument = offsetof(struct order, instrument_id),
                         .price = offsetof(struct order, ltp),
                         .updated_ns = offsetof(struct order, updated_ns)},
    [RESOURCE_POSITIONS] = {.symbol = offsetof(struct position, symbol),
                            .instrument = offsetof(struct position, instrument_id),
                            .price = offsetof(struct position, current_price),
                            .updated_ns = offsetof(struct position, updated_ns)},
    [RESOURCE_ACCOUNT] = {0},
    [RESOURCE_WATCHLISTS] = {.symbol = offsetof(struct watch_item, symbol),
                             .instrument = offsetof(struct watch_item, instrument_id),
                             .price = offsetof(struct watch_item, ltp),
                             .price_ms = offsetof(struct watch_item, updated_ms)},
};
static_assert(sizeof places / sizeof *places == RESOURCE_COUNT, "places per resource");

const struct row_places *row_places(enum resource resource)
{
    return &places[resource];
}

static const void *at(const struct row *row, size_t offset)
{
    return (const char *)row + offset;
}

static const char *text_at(const struct row *row, size_t offset)
{
    return offset != 0 ? *(const char *const *)at(row, offset) : "";
}

static int64_t time_at(const struct row *row, size_t offset)
{
    return offset != 0 ? *(const int64_t *)at(row, offset) : MODEL_NO_TIME;
}

const char *row_symbol(enum resource resource, const struct row *row)
{
    return text_at(row, places[resource].symbol);
}

const char *row_instrument(enum resource resource, const struct row *row)
{
    const char *instrument = text_at(row, places[resource].instrument);
    return *instrument != '\0' ? instrument : row_symbol(resource, row);
}

double row_price(enum resource resource, const struct row *row)
{
    size_t offset = places[resource].price;
    return offset != 0 ? *(const double *)at(row, offset) : (double)NAN;
}

int64_t row_price_time(enum resource resource, const struct row *row)
{
    return time_at(row, places[resource].price_ms);
}

int64_t row_updated(enum resource resource, const struct row *row)
{
    return time_at(row, places[resource].updated_ns);
}

uint64_t text_hash(const void *place, const char *text)
{
    uint64_t unknown = (uint64_t)(uintptr_t)place * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = hash_text(HASH_START ^ unknown ^ unknown >> 32, text);
    return hash ^ hash >> 29;
}

uint64_t version_mix(uint64_t version, uint64_t change)
{
    uint64_t mixed = (version ^ change) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return mixed ^ mixed >> 29;
}

uint64_t version_of(const char *bytes, size_t len)
{
    uint64_t version = len;
    for (; len >= sizeof version; len -= sizeof version, bytes += sizeof version) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        version = (version ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        version ^= version >> 32;
    }
    uint64_t rest = 0;
    memcpy(&rest, bytes, len);
    return version_mix(version, rest);
}

bool row_equal(enum resource resource, const struct row *a, const struct row *b)
{
    return a->provisional == b->provisional && a->mixed == b->mixed &&
           fields_equal(field_table(resource), a, b);
}
