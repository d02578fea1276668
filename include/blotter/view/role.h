/*
 * role: what a piece of the screen means, so that a theme can say how it looks. One table row per
 * role: its name as in theme files and one line of help. The floor never names a colour.
 */
#ifndef BLOTTER_VIEW_ROLE_H
#define BLOTTER_VIEW_ROLE_H

#include <stdbool.h>
#include <stddef.h>

enum role {
    ROLE_TEXT,
    ROLE_DIM,
    ROLE_TITLE,
    ROLE_HEADER,
    ROLE_BORDER,
    ROLE_BORDER_FOCUS,
    ROLE_SELECTED,
    ROLE_MATCH,
    ROLE_TOTAL,
    ROLE_KEY,
    ROLE_PNL_UP,
    ROLE_PNL_DOWN,
    ROLE_SIDE_BUY,
    ROLE_SIDE_SELL,
    ROLE_STATUS_PENDING,
    ROLE_STATUS_PARTIAL,
    ROLE_STATUS_EXECUTED,
    ROLE_STATUS_CANCELLED,
    ROLE_STATUS_REJECTED,
    ROLE_STATUS_UNKNOWN,
    ROLE_FLASH_UP,
    ROLE_FLASH_DOWN,
    ROLE_STALE,
    ROLE_PROVISIONAL,
    ROLE_ALERT,
    ROLE_SPARK,
    ROLE_BAR,
    ROLE_BADGE_REAL,
    ROLE_BADGE_PAPER,
    ROLE_BADGE_MOCK,
    ROLE_CONN_LIVE,
    ROLE_CONN_WARN,
    ROLE_CONN_BAD,
    ROLE_ACCOUNT_1, /* several accounts take them in turn */
    ROLE_ACCOUNT_2,
    ROLE_ACCOUNT_3,
    ROLE_ACCOUNT_4,
    ROLE_COUNT
};

struct role_info {
    const char *name; /* "pnl.up": the key in a theme file */
    const char *help; /* one sentence without a full stop */
};

/* The row of a role; static storage. */
const struct role_info *role_info(enum role role);

/* Finds a role by its name. Returns false and leaves *ret alone when unknown. */
bool role_parse(const char *name, size_t len, enum role *ret);

#endif
