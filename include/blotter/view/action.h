/*
 * action: everything a key can do, one table row each. The same rows drive dispatch, the help
 * popup, the hints in the state bar, the manual and the remapping in [keys].
 *
 * Key names: a printable character ("j", "G", "/", "["), "C-x" for Ctrl with a letter, "M-x" for
 * Alt, and "Up Down Left Right PgUp PgDn Home End Tab S-Tab Enter Esc Space Backspace Delete
 * Insert F1".."F12".
 */
#ifndef BLOTTER_VIEW_ACTION_H
#define BLOTTER_VIEW_ACTION_H

#include <blotter/view/pane.h>

#include <stdbool.h>
#include <stddef.h>

/* Where keys go: the panes, or the popup on top of them. */
enum action_scope {
    SCOPE_PANES,
    SCOPE_HELP,
    SCOPE_SYMBOL, /* may stand beside the table that it is about */
    SCOPE_DETAIL,
    SCOPE_COLUMNS,
    SCOPE_SORT,
    SCOPE_PROMPT, /* printable characters are text here */
    SCOPE_COUNT
};
#define SCOPE_BIT(scope) (1u << (scope))
#define SCOPE_EVERYWHERE ((1u << SCOPE_COUNT) - 1u)

enum action {
    ACTION_UP,
    ACTION_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_TOP,
    ACTION_BOTTOM,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_FOCUS_NEXT,
    ACTION_FOCUS_PREVIOUS,
    ACTION_FOCUS_ORDERS,
    ACTION_FOCUS_POSITIONS,
    ACTION_FOCUS_ACCOUNT,
    ACTION_FOCUS_WATCHLIST,
    ACTION_FOCUS_EVENTS,
    ACTION_ZOOM,
    ACTION_DETAIL,
    ACTION_FIELDS,
    ACTION_BACK,
    ACTION_FILTER,
    ACTION_VIEW,
    ACTION_GROUP,
    ACTION_FOLD,
    ACTION_MATCH_NEXT,
    ACTION_MATCH_PREVIOUS,
    ACTION_SORT,
    ACTION_SORT_BY,
    ACTION_SORT_REVERSE,
    ACTION_SORT_LEFT,
    ACTION_SORT_RIGHT,
    ACTION_COLUMNS,
    ACTION_COLUMN_TOGGLE,
    ACTION_COLUMN_EARLIER,
    ACTION_COLUMN_LATER,
    ACTION_COLUMN_RESET,
    ACTION_LIST_PREVIOUS,
    ACTION_LIST_NEXT,
    ACTION_ACCOUNT_PREVIOUS,
    ACTION_ACCOUNT_NEXT,
    ACTION_ACCOUNT_ALL,
    ACTION_REVALIDATE,
    ACTION_REVALIDATE_ALL,
    ACTION_EVENTS,
    ACTION_DUE,
    ACTION_SEEN,
    ACTION_PAUSE,
    ACTION_HIDE_AMOUNTS,
    ACTION_COPY,
    ACTION_COPY_ROW,
    ACTION_THEME_NEXT,
    ACTION_HELP,
    ACTION_CLOSE,
    ACTION_ACCEPT,
    ACTION_RECENT,
    ACTION_ERASE,
    ACTION_ERASE_WORD,
    ACTION_ERASE_ALL,
    ACTION_REPAINT,
    ACTION_SUSPEND,
    ACTION_QUIT,
    ACTION_INTERRUPT,
    ACTION_COUNT
};

struct action_info {
    const char *name; /* "focus-next": the key in [keys] */
    const char *keys; /* default key names, separated by single spaces */
    unsigned scopes;  /* SCOPE_BIT()s in which its keys work; no key has two actions in one scope */
    const char *group; /* heading in the help popup and the manual */
    const char *hint;  /* a word or two for the state bar */
    const char *help;  /* one sentence without a full stop */
    unsigned panes;    /* 1 << PANE of those in which it does something; 0: in all */
    bool several;      /* it does something with several accounts only */
};

/* The row of an action; static storage. */
const struct action_info *action_info(enum action action);

/* Finds an action by its name. Returns false and leaves *ret alone when unknown. */
bool action_parse(const char *name, size_t len, enum action *ret);

/* Whether it does anything while that pane is focused. */
bool action_works_in(enum action action, enum pane pane);

#endif
