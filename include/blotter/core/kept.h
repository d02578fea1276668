/*
 * kept: working orders that a list which the server cuts no longer holds. Once seen, an order that
 * still works stays until an event or a list that is whole ends it. Pure.
 */
#ifndef BLOTTER_CORE_KEPT_H
#define BLOTTER_CORE_KEPT_H

#include <blotter/core/model.h>

#define KEPT_MAX 256 /* the oldest goes first */

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept *kept); /* NULL is fine */

/* A list as it is now shown; of one that is cut, working orders that it lacks are kept. */
void kept_take(struct kept *kept, const struct snapshot *orders, bool cut);

/* An event ended the order (or told of it, so that a list will have it). True when it was kept. */
bool kept_end(struct kept *kept, const char *id);

/* The list with what is kept behind its rows, provisional; the list itself when nothing is. Lives
 * until the next take or end. orders: as last taken. */
const struct snapshot *kept_shown(struct kept *kept, const struct snapshot *orders);

#endif
