/*
 * resource: the four things the backend answers, one table row each.
 * Source: blotter-api(7), READS.
 */
#ifndef BLOTTER_CORE_RESOURCE_H
#define BLOTTER_CORE_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum resource {
    RESOURCE_ORDERS,
    RESOURCE_POSITIONS,
    RESOURCE_ACCOUNT,
    RESOURCE_WATCHLISTS,
    RESOURCE_COUNT
};

/* A set of resources: bit (1u << resource). */
typedef unsigned resource_mask;
#define RESOURCE_BIT(r) (1u << (r))
#define RESOURCE_ALL ((1u << RESOURCE_COUNT) - 1u)

struct resource_info {
    const char *name;   /* "orders": file names, JSON output, trace */
    const char *pane;   /* "orders", "positions", "account", "watchlist": the word users type */
    const char *path;   /* "/api/trading/orders/list" */
    const char *member; /* the member of the body that holds the rows: "orders" */
    bool takes_user;    /* whether ?userId= is sent */
};

/* The row of a resource. Never NULL for a valid resource; static storage. */
const struct resource_info *resource_info(enum resource resource);

/* Finds a resource by its name or its pane word. Returns false and leaves *ret alone when unknown.
 */
bool resource_parse(const char *word, size_t len, enum resource *ret);

/* The event stream stands beside them. */
#define RESOURCE_STREAM_PATH "/api/realtime/stream"

/* PATH?userId=USER with USER percent-encoded, or PATH alone when user is NULL; to be freed. */
char *resource_path(const char *path, const char *user);

#endif
