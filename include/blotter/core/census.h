/*
 * census: what the rows of a body are made of, for who writes the functions that make them: which
 * members they fill, which nobody fills, which cannot be read, and which blotter does not know.
 * Pure.
 */
#ifndef BLOTTER_CORE_CENSUS_H
#define BLOTTER_CORE_CENSUS_H

#include <blotter/core/resource.h>
#include <blotter/core/span.h>

enum census_kind {
    CENSUS_FILLED,
    CENSUS_EMPTY,      /* no row fills it */
    CENSUS_UNREADABLE, /* what stands there is of another type, and counts as missing */
    CENSUS_UNKNOWN     /* blotter does not know it */
};

#define CENSUS_UNKNOWN_MAX 32 /* further unknown members are left out */
#define CENSUS_NAME_MAX 64    /* bytes of a name that are told, with "stock." before it */

struct census_member {
    enum census_kind kind;
    const char *name;   /* "price", "stock.exchange"; valid during the call */
    const char *wanted; /* of what type it should be; NULL for an unknown one */
    const char *meant;  /* the member that is meant by an unknown one; NULL: none is near */
    size_t rows;        /* in so many */
};
typedef void (*census_fn)(void *user, const struct census_member *member);

/* The rows of a checked body: of watchlists their items. Returns how many there are. */
size_t census_take(enum resource resource, struct span body, census_fn fn, void *user);

/* The same for a checked array of quotes_updated's updates. */
size_t census_take_quotes(struct span updates, census_fn fn, void *user);

#endif
