/* What holds of one row, of whatever resource: its size, its place, what it is told by. */
#include "fields.h"
#include "snapshot.h"

#include <blotter/core/hash.h>
#include <blotter/core/model.h>

#include <assert.h>
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
