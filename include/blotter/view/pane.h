/*
 * pane: the five panes of the dashboard. The first four show a resource and have its number.
 */
#ifndef BLOTTER_VIEW_PANE_H
#define BLOTTER_VIEW_PANE_H

#include <blotter/core/resource.h>

enum pane {
    PANE_ORDERS = RESOURCE_ORDERS,
    PANE_POSITIONS = RESOURCE_POSITIONS,
    PANE_ACCOUNT = RESOURCE_ACCOUNT,
    PANE_WATCHLIST = RESOURCE_WATCHLISTS,
    PANE_EVENTS = RESOURCE_COUNT,
    PANE_COUNT
};

struct pane_info {
    const char *name;   /* "orders": in state files */
    const char *title;  /* "Orders" */
    const char *tab;    /* "Ord" */
    const char *empty;  /* "no orders today" */
    const char *things; /* "orders": what its rows are */
};

/* The row of a pane; static storage. */
const struct pane_info *pane_info(enum pane pane);

/* Finds a pane by its name. Returns false and leaves *ret alone when unknown. */
bool pane_parse(const char *name, enum pane *ret);

#endif
