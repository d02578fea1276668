/* frame: what stands behind struct screen, and what its painters are given of it. */
#ifndef BLOTTER_VIEW_FRAME_H
#define BLOTTER_VIEW_FRAME_H

#include "screen/layout.h"
#include "table/table.h"
#include "text/memo.h"

#include <blotter/view/screen.h>

#define SCREEN_HINTS_MAX 24 /* two parts each */
#define MINUTE_MS INT64_C(60000)
#define SCREEN_THEME_MAX 64
#define SCREEN_RECENT_MAX 8 /* filters that can be had again */

/* Parts of the dirty mask beside RESOURCE_BIT(), SCREEN_CONN, SCREEN_EVENT_LOG and SCREEN_VIEW. */
#define SCREEN_TOP (1u << 16)
#define SCREEN_STATE (1u << 17)
#define SCREEN_POPUP (1u << 18)

struct screen_events {
    uint64_t selected; /* an entry's key; 0: the newest */
    size_t top;        /* index of the first line, from the newest */
};

/* How many lines an entry of the tape takes where the pane is narrow. */
struct tape_height {
    uint64_t words; /* a number of what they say; 0: not known */
    int lines;
};

struct screen_strip {
    uint64_t selected;                           /* an entry's number; 0: the newest */
    size_t top;                                  /* index of the first entry shown */
    bool event_log;                              /* the pane shows what was fetched, and why */
    struct tape_height heights[CANVAS_SIDE_MAX]; /* by the entry's number */
};

#define AWAY_DAYS_MAX 4
#define TOTAL_NAME_BYTES 48

/* The day of what may be added. */
struct away_day {
    uint64_t key;                /* of the kind and currency, or of the account alone */
    char name[TOTAL_NAME_BYTES]; /* "": there is one account */
    double value;                /* NAN: not known */
    bool stale;                  /* nothing confirms it */
};

struct away_figures {
    int64_t at_ms;
    struct away_day days[AWAY_DAYS_MAX];
    size_t day_count;
    uint64_t account; /* whose margin: that of the one shown, 0: of all */
    double margin;    /* NAN: not known */
    struct tape_counts counts;
};

/* When the user did something, and what was known then. */
struct screen_away {
    struct away_figures now;        /* at the last key */
    struct away_figures from, to;   /* before and after the last absence */
    bool digest;                    /* is shown */
    int64_t touched_us, touched_ms; /* the last key, click or coming into focus, or the start; 0:
                                       nothing is shown yet */
    bool acted;                     /* it was no start */
    int64_t back_us;                /* the last one after an absence */
    uint64_t touched;               /* the newest entry of the tape then */
    uint64_t looked;                /* entries above this one are new */
    int64_t looked_ms;
    bool begun; /* an earlier run's looking was taken over */
};

/* What of a pane's place on the canvas is as it was last painted. */
struct pane_memo {
    struct memo lines;
    bool whole;      /* frame and inside: else everything is painted */
    bool busy_below; /* something stands in the bottom edge */
    struct rect thumb;
};

/* The lines around the panes. */
enum bar_line { BAR_TOP, BAR_ACCOUNT, BAR_TABS, BAR_STATE, BAR_FOOT, BAR_LINES };

/* What stays on the screen of an account while it is paused. */
struct screen_held {
    struct pane_state panes[RESOURCE_COUNT]; /* shown is our copy */
    uint64_t logged, events;                 /* entries of its event log, events of its stream */
};

/* What each of several accounts has, until its rows change. */
struct account_sums {
    const struct owner *owner;
    const struct snapshot *rows;
    uint64_t version, book_version;
    struct money money;
};

struct screen {
    int columns, rows;
    uint64_t account;     /* of several, the key of the one that is shown; 0: all */
    uint64_t account_row; /* the key of the one that is selected in its pane; 0: the first */
    struct account_sums *accounts; /* as many as there are */
    size_t account_count;          /* 0: one alone */
    struct money_totals totals;
    int account_lines;                /* that their table wants; 0: they are no table */
    char symbol[TAPE_SYMBOL_MAX * 2]; /* of the symbol page, as the server sends it */
    uint64_t symbol_account;          /* whose, of several accounts: an owner's key; 0: nobody's */
    enum symbol_span { SYMBOL_MINUTES, SYMBOL_DAY, SYMBOL_DAYS } symbol_span; /* of its curve */
    enum pane focus;
    bool zoom, paused, hide_amounts, placed;
    bool curve; /* the day has one */
    bool clock; /* the top line shows the time of day, that of clock_minute */
    bool help_typing;
    struct table tables[RESOURCE_COUNT]; /* the account's keeps its choice of lines */
    struct screen_events events;
    struct screen_strip strip;
    struct screen_away away;
    int64_t clock_minute; /* since 1970 */
    uint64_t kept;        /* entries of the tape that an earlier run told */
    struct layout layout;
    int tabs_end;          /* where the tabs end */
    int tab_x[PANE_COUNT]; /* where the tabs begin; -1: not there */
    struct screen_hint {
        int x, width;
        enum action action;
    } hints[SCREEN_HINTS_MAX]; /* of the state bar, as they were last painted */
    size_t hint_count;
    struct screen_spot {
        int x, width;
        uint64_t account; /* an owner's key */
    } spots[OWNERS_MAX];  /* of the top line of several accounts, as they were last painted */
    size_t spot_count;
    int view_x[ORDER_VIEW_COUNT + 1]; /* where the order views begin and the last ends; -1 */
    uint64_t layout_key;              /* what of the input the layout was made of */
    enum pane placed_focus;
    int need[PANE_COUNT]; /* lines the panes were given room for */

    enum action_scope popup; /* SCOPE_PANES: none is open */
    size_t popup_top, popup_cursor, popup_lines, popup_page;
    char help_text[32];               /* only help with this is shown */
    uint64_t detail_key;              /* the row (or entry) whose detail is open */
    uint8_t chooser[COLUMNS_MAX + 1]; /* columns, those shown first; or what can be sorted by */
    size_t chooser_shown, chooser_count;
    enum pane chooser_pane;
    char recent[SCREEN_RECENT_MAX][TABLE_FILTER_MAX]; /* filters, the newest first */
    size_t recent_at;

    struct screen_held *held; /* while paused: of every account, or of the only one */
    size_t held_count;
    uint64_t held_total, held_tape;

    struct pane_memo memos[PANE_COUNT];
    uint64_t bars[BAR_LINES]; /* numbers of what they show; 0: not known */

    struct money money; /* of all positions */
    unsigned dirty;
    resource_mask retake; /* tables to be measured and sorted anew */
    int64_t deadline_us;
    int64_t age_ms;     /* when what orders say of time changes; INT64_MAX */
    int64_t day_end_ms; /* times of today are written another way from then on */
    char theme[SCREEN_THEME_MAX];
    char remembered_key[32], remembered_value[TABLE_SEEN_MAX * 17 + 1];
    char *copy;
};

/* A frame in the making. */
struct frame {
    struct screen *screen;
    const struct screen_input *input;
    struct canvas *canvas;
};

/* Whether the rows of several accounts stand together. */
static inline bool screen_is_joint(const struct screen_input *input)
{
    return input->accounts != NULL && input->accounts->shown == SCREEN_ALL_ACCOUNTS;
}

#endif
