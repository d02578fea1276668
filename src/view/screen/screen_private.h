/*
 * screen_private: what stands behind struct screen, shared by the files that make up the screen.
 */
#ifndef BLOTTER_VIEW_SCREEN_PRIVATE_H
#define BLOTTER_VIEW_SCREEN_PRIVATE_H

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
    uint64_t selected; /* an entry's number; 0: the newest */
    size_t top;        /* index of the first line, from the newest */
};

/* The same of the tape. */
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

struct away_figures {
    int64_t at_ms;
    uint64_t account;   /* whose day and margin: that of the one shown, 0: of all */
    double day, margin; /* NAN: not known */
    bool stale;         /* nothing confirms the day */
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
    bool curve;                       /* the day has one */
    char symbol[TAPE_SYMBOL_MAX * 2]; /* of the symbol page, as the server sends it */
    uint64_t symbol_account;          /* whose, of several accounts: an owner's key; 0: nobody's */
    enum symbol_span { SYMBOL_MINUTES, SYMBOL_DAY, SYMBOL_DAYS } symbol_span; /* of its curve */
    enum pane focus;
    bool zoom, paused, hide_amounts, placed;
    struct table tables[RESOURCE_COUNT]; /* the account's keeps its choice of lines */
    struct screen_events events;
    struct screen_strip strip;
    struct screen_away away;
    uint64_t kept; /* entries of the tape that an earlier run told */
    struct layout layout;
    int tabs_end;          /* where the tabs end */
    int tab_x[PANE_COUNT]; /* where the tabs begin; -1: not there */
    struct screen_hint {
        int x, width;
        enum action action;
    } hints[SCREEN_HINTS_MAX]; /* of the state bar, as they were last painted */
    size_t hint_count;
    bool clock;                       /* the top line shows the time of day … */
    int64_t clock_minute;             /* … of this minute since 1970 */
    int view_x[ORDER_VIEW_COUNT + 1]; /* where the order views begin and the last ends; -1 */
    uint64_t layout_key;              /* what of the input the layout was made of */
    enum pane placed_focus;
    int need[PANE_COUNT]; /* lines the panes were given room for */

    enum action_scope popup; /* SCOPE_PANES: none is open */
    size_t popup_top, popup_cursor, popup_lines, popup_page;
    char help_text[32]; /* only help with this is shown */
    bool help_typing;
    uint64_t detail_key;              /* the row (or entry) whose detail is open */
    uint8_t chooser[COLUMNS_MAX + 1]; /* columns, those shown first; or what can be sorted by */
    size_t chooser_shown, chooser_count;
    enum pane chooser_pane;
    char recent[SCREEN_RECENT_MAX][TABLE_FILTER_MAX]; /* filters, the newest first */
    size_t recent_at;

    struct pane_state held[RESOURCE_COUNT]; /* while paused; shown is our copy */
    uint64_t held_total, held_events, held_tape;

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

/* --- parts.c: what painters and actions ask of the screen */
/* The pane's state as it is shown: held while paused. */
struct pane_state screen_pane(const struct screen *screen, const struct screen_input *input,
                              enum resource resource);
unsigned screen_wanted(const struct screen_input *input);
bool screen_has_table(enum pane pane);
/* How much has arrived so far: a pause counts from there. */
uint64_t screen_arrived(const struct screen_input *input);
/* Whether there are more orders than these: the server ended the list, or what it was asked for. */
bool screen_is_cut(const struct screen_input *input, const struct snapshot *orders);
struct table_view screen_table_view(const struct screen *screen, const struct screen_input *input,
                                    enum pane pane);
enum role margin_role(double percent, bool stale);
enum role badge_role(const char *badge);

/* --- joint.c */
/* Whether the rows of several accounts stand together. */
static inline bool screen_is_joint(const struct screen_input *input)
{
    return input->accounts != NULL && input->accounts->shown == SCREEN_ALL_ACCOUNTS;
}

/* --- screen.c */
void screen_place(struct screen *screen, const struct screen_input *input);
void screen_take(struct screen *screen, const struct screen_input *input, resource_mask which);

/* What was held while paused goes. */
void screen_go_on(struct screen *screen);

/* Whether a pane's rows are other rows although nobody said so: never read through an old pointer.
 */
bool screen_has_moved(const struct screen *screen, const struct screen_input *input,
                      enum pane pane);

/* --- bar.c: a line of segments; those of the highest rank go first when there is no room */
#define BAR_ITEMS_MAX 40
#define BAR_TEXT_MAX 160
struct bar_item {
    char text[BAR_TEXT_MAX];
    struct style style;
    int rank; /* 0: stays */
    bool right, figure, elastic;
    enum action action; /* a click on it does this; ACTION_COUNT: nothing */
    int x;              /* where it went */
};
struct bar {
    struct bar_item items[BAR_ITEMS_MAX]; /* left as they are until added */
    size_t count;                         /* 0 to begin with */
};
#define BAR_RIGHT 1u
#define BAR_FIGURE 2u  /* whole or hashes */
#define BAR_ELASTIC 4u /* cut to the room that the others leave, but for a few columns */
struct bar_place {
    int rank;
    unsigned flags;
};
/* Adds a formatted segment; unused room on the line is between the left and the right ones. */
void bar_add(struct bar *bar, struct bar_place place, struct style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void bar_paint(struct bar *bar, struct canvas *canvas, struct rect area);
/* The same, unless the line shows this already; then false, and no item's x is set. */
bool bar_repaint(struct bar *bar, const struct frame *frame, enum bar_line line, struct rect area);

/* --- words.c */
struct conn_word {
    char text[BAR_TEXT_MAX];     /* "● LIVE" */
    char more[BAR_TEXT_MAX];     /* "since 14:30:51" */
    char why[BAR_TEXT_MAX];      /* "no stream: not found"; the first to go where room is short */
    char shortest[BAR_TEXT_MAX]; /* what has to fit: "○ RETRY 3" */
    enum role role;
};
void conn_word_make(const struct screen_input *input, struct conn_word *ret);
/* Why a pane has no lines; "" when it has. */
void empty_reason(const struct frame *frame, enum pane pane, char *out, size_t capacity);
/* The first key of an action, as the user has mapped it; "" when it has none. */
void key_of(const struct screen_input *input, enum action action, char *out, size_t capacity);

/* --- accounts.c: several accounts */
/* Takes in what each has; changed: positions, or the account, of some may have. */
void accounts_take(struct screen *screen, const struct screen_input *input);
/* Where its sums stand; NULL: nothing is known of its positions. */
const struct money *account_money(const struct screen *screen, const struct screen_input *input,
                                  size_t i);
size_t account_cursor(const struct screen *screen, const struct screen_input *input);
/* The place of the selected one's row among those of its pane; past their end: it has none. */
size_t account_row(const struct screen *screen, const struct screen_input *input);
void paint_accounts(const struct frame *frame, struct rect inside);
void paint_accounts_line(const struct frame *frame);
/* What the working orders of each kind of money are worth. */
void paint_accounts_worth(const struct frame *frame, struct rect line);
/* "Σ real", "kite": what a total is of, in as few words as tell it apart. */
#define TOTAL_NAME_BYTES 48
void total_name(const struct money_totals *totals, const struct money_total *total,
                char out[TOTAL_NAME_BYTES]);
/* The badge of all, "REAL+MOCK" where they differ. */
void accounts_badge(const struct screen_accounts *accounts, char out[TOTAL_NAME_BYTES]);
/* Every total's day, the first one pinned; where no two accounts are added, each is its own. */
void accounts_add_days(struct bar *bar, const struct frame *frame);

/* --- strip.c: the top line of several accounts */
void paint_strip(const struct frame *frame);

/* --- lines.c: top line, account line, tabs, state bar, three lines */
void paint_top(const struct frame *frame);
void paint_account_line(const struct frame *frame);
void paint_tabs(const struct frame *frame);
void paint_state(const struct frame *frame);
void paint_mini(const struct frame *frame);

/* --- panes.c */
void paint_pane(const struct frame *frame, enum pane pane);
int account_lines(const struct screen *screen);

/* --- events.c */
void paint_events(const struct frame *frame, struct rect area);
size_t events_count(const struct screen *screen, const struct screen_input *input);
const struct event_log_entry *events_at(const struct screen *screen,
                                        const struct screen_input *input, size_t i);
size_t events_cursor(const struct screen *screen, const struct screen_input *input);
/* Cut at the end like any text, but not within a figure. */
void fit_words(const char *text, int columns, char *out, size_t capacity);
void events_select(struct screen *screen, const struct screen_input *input, size_t i);

/* --- tape_pane.c */
void paint_tape(const struct frame *frame, struct rect area);
/* The newest entries, one a line, in any place. */
void paint_tape_lines(const struct frame *frame, struct rect area);
void tape_say(const struct frame *frame, const struct tape_entry *entry, struct tape_words *ret);
enum role tape_role(const struct tape_entry *entry);
size_t tape_pane_count(const struct screen *screen, const struct screen_input *input);
uint64_t tape_pane_total(const struct screen_input *input);
/* Of all accounts, whichever is shown. */
struct tape_counts tape_pane_counts(const struct screen_input *input);
/* The i-th entry with its number among those of all accounts, and whose it is; false past the end.
 */
bool tape_pane_find(const struct screen *screen, const struct screen_input *input, size_t i,
                    struct tapes_entry *ret);
const struct tape_entry *tape_pane_at(const struct screen *screen, const struct screen_input *input,
                                      size_t i);
size_t tape_pane_cursor(const struct screen *screen, const struct screen_input *input);
void tape_pane_select(struct screen *screen, const struct screen_input *input, size_t i);
size_t tape_pane_entry_on(const struct frame *frame, int width, int line);
/* How many entries are new since the user looked. */
size_t tape_pane_new(const struct screen *screen, const struct screen_input *input);

/* --- curves.c */
/* From the first figure of the day on, up to the latest; its end moves in steps. */
struct draw_span curve_hours(const struct screen_input *input);
/* Whether the day has a curve yet, and the lines that it wants below the account. */
bool curve_is_there(const struct screen_input *input);
#define CURVE_LINES 9
/* The day's P&L with its zero line, high, low and times. */
void paint_day_curve(const struct frame *frame, struct rect area);
/* The same on one line, as far right as it goes. */
void paint_day_spark(const struct frame *frame, struct rect area);
/* Times below a curve. */
void curve_put_times(const struct frame *frame, struct rect line, struct draw_span span);

/* --- symbol.c */
void paint_symbol(const struct frame *frame);
/* Takes over what the selected row is about. */
void symbol_note(struct screen *screen, const struct screen_input *input);
bool symbol_covers(const struct screen *screen, enum pane pane);

/* --- away.c */
void tape_pane_seen(struct screen *screen, const struct screen_input *input);
/* What an earlier run of the user's has seen is not new. */
void away_begin(struct screen *screen, const struct screen_input *input);
/* The user pressed a key or a button: hides the digest, or shows one after an absence. */
void away_touch(struct screen *screen, const struct screen_input *input);
void paint_digest(const struct frame *frame);

/* --- help.c */
void paint_help(const struct frame *frame);
void help_search(struct screen *screen, enum action action); /* an action of the prompt */
void help_char(struct screen *screen, uint32_t code);

/* --- popup.c */
/* Keeps the first line within what there is, and remembers the page for the keys. */
void popup_keep_page(struct screen *screen, int lines, int page);
void popup_put_more(const struct frame *frame, struct rect inside); /* "1-20/59" */
/* A framed, cleared area in the middle; returns its inside. */
struct rect popup_frame(const struct frame *frame, struct rect area, const char *title);

/* --- detail.c */
void paint_detail(const struct frame *frame);
/* The row whose detail is open; NULL when none is, or when it has gone. */
const struct row *detail_row(const struct screen *screen, const struct screen_input *input);

/* --- chooser.c */
void paint_chooser(const struct frame *frame);
void chooser_open(struct screen *screen);
void chooser_act(struct screen *screen, enum action action);
void sort_menu_open(struct screen *screen);
void sort_menu_take(struct screen *screen); /* sorts by what the cursor is on */

#endif
