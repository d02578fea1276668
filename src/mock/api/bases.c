#include "bases.h"

#include <blotter/core/alloc.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct base {
    char *user, *bytes;
    size_t route, len;
    uint64_t hash, used;
};

struct bases {
    uint64_t clock;
    size_t count, bytes;
    struct base items[BASES_MAX];
};

struct bases *bases_new(void)
{
    return mem_calloc(1, sizeof(struct bases));
}

static void drop(struct bases *bases, struct base *base)
{
    bases->bytes -= base->len;
    free(base->user);
    free(base->bytes);
    *base = bases->items[--bases->count];
}

void bases_free(struct bases *bases)
{
    while (bases != NULL && bases->count > 0) {
        drop(bases, &bases->items[bases->count - 1]);
    }
    free(bases);
}

static struct base *find(struct bases *bases, const struct base_name *name)
{
    for (size_t i = 0; i < bases->count; i++) {
        struct base *base = &bases->items[i];
        if (base->hash == name->hash && base->route == name->route &&
            strcmp(base->user, name->user) == 0) {
            base->used = ++bases->clock;
            return base;
        }
    }
    return NULL;
}

static void make_room(struct bases *bases, size_t len)
{
    while (bases->count > 0 &&
           (bases->count == BASES_MAX || bases->bytes + len > BASES_BYTES_MAX)) {
        struct base *oldest = &bases->items[0];
        for (size_t i = 1; i < bases->count; i++) {
            oldest = bases->items[i].used < oldest->used ? &bases->items[i] : oldest;
        }
        drop(bases, oldest);
    }
}

void bases_keep(struct bases *bases, const struct base_name *name, const char *bytes, size_t len)
{
    if (len > BASES_BYTES_MAX || find(bases, name) != NULL) {
        return;
    }
    make_room(bases, len);
    bases->items[bases->count++] = (struct base){
        .user = mem_dup(name->user, strlen(name->user)),
        .bytes = mem_dup(bytes, len),
        .route = name->route,
        .len = len,
        .hash = name->hash,
        .used = ++bases->clock,
    };
    bases->bytes += len;
}

const char *bases_find(struct bases *bases, const struct base_name *name, size_t *ret_len)
{
    const struct base *base = find(bases, name);
    if (base == NULL) {
        return NULL;
    }
    *ret_len = base->len;
    return base->bytes;
}
