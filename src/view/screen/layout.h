/*
 * layout: which part of the screen shows what, for every size. Source: doc/screen.md, "Layout".
 */
#ifndef BLOTTER_VIEW_LAYOUT_H
#define BLOTTER_VIEW_LAYOUT_H

#include <blotter/view/canvas.h>
#include <blotter/view/pane.h>

enum layout_kind {
    LAYOUT_MINI,   /* below 40x10: badge, connection, day P&L */
    LAYOUT_SINGLE, /* one page and a tab strip; the first page is Now where it has room */
    LAYOUT_MEDIUM, /* 96x28: orders on top, positions beside watchlist, account as one line */
    LAYOUT_FULL    /* 140x40: orders over positions; account, watchlist and tape beside them; from
                      LAYOUT_DOCK_COLUMNS on the symbol's page beside these */
};

#define LAYOUT_DOCK_COLUMNS 200
#define LAYOUT_PANE_BIT(pane) (1u << (pane))

struct layout_request {
    int columns, rows;
    unsigned wanted; /* LAYOUT_PANE_BIT()s; 0 means all */
    enum pane focus;
    bool zoom;
    bool told;            /* the tape has something to tell: a line of it, where it is no pane */
    bool strip;           /* the events pane holds long lines: it wants the whole width */
    int need[PANE_COUNT]; /* lines that each wants, frame included; 0: whatever it gets */
};

/* Parts that are not shown have no width. No part overlaps another, all are inside of the screen.
 */
struct layout {
    enum layout_kind kind;
    struct rect top, account_line, tabs, state;
    struct rect panes[PANE_COUNT];
    struct rect body;   /* between top and state */
    struct rect symbol; /* the page that stays open */
    struct rect tape;   /* its lines of tape, without a frame */
    int now;            /* 1: the page of working orders and open positions; no bool, for layouts
                           are compared byte by byte */
};

/* Every size from 1x1 on has a layout. */
void layout_make(const struct layout_request *request, struct layout *ret);

#endif
