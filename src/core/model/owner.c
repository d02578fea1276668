#include <blotter/core/hash.h>
#include <blotter/core/owner.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const kinds[] = {
    [OWNER_UNTOLD] = "?",
    [OWNER_REAL] = "real",
    [OWNER_PAPER] = "paper",
    [OWNER_MOCK] = "mock",
};
static_assert(sizeof kinds / sizeof *kinds == OWNER_KINDS, "a word per kind");

const char *owner_kind_name(enum owner_kind kind)
{
    return kinds[kind];
}

enum owner_kind owner_kind_of(const char *badge)
{
    int i = OWNER_REAL;
    while (i < OWNER_KINDS && strcasecmp(kinds[i], badge) != 0) {
        i++;
    }
    return i < OWNER_KINDS ? (enum owner_kind)i : OWNER_UNTOLD;
}

void owner_init(struct owner *owner, const char *name, size_t number)
{
    uint64_t key = hash_text(HASH_START, name);
    *owner = (struct owner){.key = key != 0 ? key : 1, .number = number, .alone = true};
    snprintf(owner->name, sizeof owner->name, "%s", name);
}
