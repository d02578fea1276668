/*
 * table: rows in an order, of which some are seen. Keeps what belongs to the view of one pane:
 * columns, sort, filter, selection and scroll anchor by the row's id, and what changed since the
 * last rows (flashes, attention, quotes seen). Works on a snapshot that somebody else owns; keeps
 * no pointer into it except during a call and until the next table_take.
 */
#ifndef BLOTTER_VIEW_TABLE_H
#define BLOTTER_VIEW_TABLE_H

#include "text/draw.h"
#include "text/memo.h"

#include <blotter/core/history.h>
#include <blotter/core/moment.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>
#include <blotter/view/canvas.h>
#include <blotter/view/columns.h>
#include <blotter/view/filter.h>
#include <blotter/view/format.h>

/* Of an order that is gone: it is in no view but that of all. */
#define TABLE_GONE ORDER_CLASS_COUNT
#define TABLE_CLASSES (ORDER_CLASS_COUNT + 1)

#define TABLE_FILTER_MAX 128
#define TABLE_SEEN_MAX 64       /* rejected orders remembered as seen, also between runs */
#define TABLE_SERVER_ORDER (-1) /* instead of a column to sort by */

/* What is remembered of a row from one snapshot to the next. */
struct table_mark {
    uint64_t key;     /* hash of the row's id, never 0 */
    uint64_t version; /* the row's, when it was taken in */
    double value[COLUMN_FLASH_MAX];
    int64_t flash_until_us; /* 0: none */
    double placed_at; /* of an order at market that is over: the price when it was placed; NAN */
    uint32_t rank;    /* its place when the rows were last ranked by a figure that moves */
    uint16_t group;   /* positions: its place among the groups */
    int8_t direction[COLUMN_FLASH_MAX];
    bool lasting;    /* the order is rejected, the price beyond its alert */
    bool attention;  /* that, or the price has crossed its alert and nobody saw it */
    bool seen;       /* … and the user took note */
    uint8_t class;   /* orders: enum order_class, TABLE_GONE */
    uint8_t section; /* table_section, when it was taken in */
    bool led;        /* orders: a leg that stands behind its order */
};

/* What an order is, so that walks over all of them need not go to their rows. */
enum table_trait {
    TABLE_WORKS = 1, /* … */
    TABLE_AGES = 2,  /* … since a time that is known … */
    TABLE_LATE = 4,  /* … and would be late some time */
    TABLE_LEG = 8
};

/* The row asks for attention: a rejected order, one at market that waits, a stop that is passed, a
 * price beyond its alert. */
static inline bool table_mark_is_due(const struct table_mark *mark)
{
    return mark->attention && !mark->seen;
}

/* … because the order waits. */
static inline bool table_mark_is_late(const struct table_mark *mark)
{
    return table_mark_is_due(mark) && (mark->class == ORDER_OPEN || mark->class == ORDER_PART);
}

/* What a column has to hold, over all rows. */
struct column_extent {
    double low, high;   /* of the figures that are not in exponent form */
    double other, most; /* of a pair: what of those follows the slash, and what stands before it */
    int decimals;
    int text_width;
    bool derived, huge, any;
};

#define SLIP_ROWS 32
struct slip_part {
    bool old;       /* a row of it has changed */
    uint32_t first; /* its first row whose slip is known: for the currency; UINT32_MAX: none */
    uint32_t count;
    double slip, filled;
};

/* Where the columns are. */
struct table_slot {
    uint8_t column;
    int x, width; /* in the canvas's coordinates */
};
struct table_layout {
    struct table_slot slots[COLUMNS_MAX];
    size_t count;
    bool more_left, more_right; /* columns that are not shown */
};

/* Positions may stand in groups, each under a line with its sums. */
enum table_grouping {
    TABLE_NO_GROUPS,
    TABLE_BY_UNDERLYING,
    TABLE_BY_EXPIRY,
    TABLE_BY_SECTOR,
    TABLE_GROUPINGS
};
#define TABLE_GROUP_NAME 32
struct table_group {
    char name[TABLE_GROUP_NAME];
    size_t first, count; /* of its rows in the order; 0: none is shown */
    bool bare;           /* a share by itself: nothing heads it */
    bool folded;         /* its head stands for its rows */
    uint64_t key;        /* of the name, within the grouping; never 0 */
};
const char *table_grouping_word(enum table_grouping grouping); /* "by underlying"; "" for none */
#define TABLE_FOLDED_MAX 32 /* groups remembered as folded, also between runs */

struct table {
    enum pane pane;
    enum table_grouping grouping; /* positions */
    struct table_group *groups;   /* by name */
    size_t group_count, group_room;
    uint64_t folded[TABLE_FOLDED_MAX]; /* their keys, the latest last */
    size_t folded_count;
    enum order_view view; /* orders */
    bool brief;           /* of working orders and open positions alone, whatever the view */
    bool descending;
    bool sorted;                 /* by the user: else as is usual here */
    bool rank_is_old;            /* rows have changed since the marks' ranks were given */
    uint8_t chosen[COLUMNS_MAX]; /* the user's columns, in order */
    size_t chosen_count;         /* 0: the default ones */
    int sort;                    /* a column's index or TABLE_SERVER_ORDER */
    int ranked_by;               /* what the marks' ranks are of: sort and direction; 0: nothing */
    int64_t ranked_us;           /* when they were given, or last looked at */
    char filter[TABLE_FILTER_MAX];       /* as typed … */
    char filter_taken[TABLE_FILTER_MAX]; /* … and when it was last compiled … */
    struct filter compiled;              /* … into this */
    char filter_error[FILTER_ERROR_MAX]; /* "": none */
    size_t list;                         /* watchlists: which one */
    size_t list_count;
    uint64_t list_key;
    size_t first; /* the row it begins with */

    uint64_t selected;      /* key; 0 when there is no row */
    uint64_t neighbours[2]; /* keys of the rows after and before it */
    size_t cursor;          /* its index in order */
    size_t top;             /* the first line that is seen */
    uint64_t top_key;
    bool chosen_row; /* by the user; before that the first row is selected, whichever it is */
    bool
        adrift; /* the wheel moved the lines: the cursor may be out of sight until a key moves it */
    int skip;   /* columns scrolled off on the left */

    const struct snapshot *snapshot; /* borrowed until the next table_take */
    int64_t taken_ms;                /* when that was */
    struct quote_clock {
        int64_t newest_ms;         /* of all quotes, by the server's clock */
        int64_t came_us;           /* monotonic */
        int64_t behind_ms;         /* the least that a quote was behind our clock as it came */
    } quotes[OWNERS_MAX];          /* an account's server has a clock of its own */
    int64_t aged_ms;               /* the time that ages are told at */
    struct table_mark *marks;      /* row by row */
    uint8_t *traits;               /* row by row, of enum table_trait; orders only */
    struct table_curve *curves;    /* row by row, watchlists only */
    uint64_t seen[TABLE_SEEN_MAX]; /* keys of rejected orders, the latest last */
    size_t seen_count;
    size_t row_count;
    uint32_t *order; /* rows that are in the list and pass the filter */
    size_t order_count;
    size_t split; /* how many of them stand before those that are done or closed */
    size_t class_counts[TABLE_CLASSES]; /* of the orders that pass the filter, in any view */
    uint32_t *changed;                  /* rows that the latest table_take found changed … */
    size_t changed_count, changed_room;
    size_t total;  /* rows before the filter */
    size_t passed; /* those that pass it */
    size_t attention_count;
    size_t late_count;    /* of them: orders that wait; means nothing of other rows */
    int64_t flash_end_us; /* the next time at which a flash ends; MOMENT_NEVER */
    struct column_extent extents[COLUMNS_MAX];
    uint8_t measured[COLUMNS_MAX]; /* the columns whose extents are kept */
    size_t measured_count;
    bool unmeasured;   /* the extents are of no rows at all */
    struct money sums; /* of the positions that are shown */
    struct table_foot {
        bool old;       /* rows, or which of them are shown, have changed since it was made … */
        bool slips_old; /* … so that all of parts are */
        size_t working, slips;
        struct money_part worth; /* of those that work, as money_wait has it */
        double slip, filled;     /* cost and worth of the others whose slip is known; NAN: several
                                    currencies */
        struct slip_part *parts; /* the same of SLIP_ROWS rows each: one that changed is added up
                                    with its neighbours alone */
        size_t part_count;
    } foot;                            /* orders: of those that pass the filter, in any view */
    const struct money_book *book;     /* as in the latest table_news … */
    const struct owner *const *owners; /* … of the accounts whose rows these are; NULL: of one */
    size_t owner_count;
    struct table_layout layout; /* as last painted … */
    uint64_t layout_number;     /* … and a number of what it was made of */
};

/* The row as a column shows it: the Slip of an order at market is told by what it was placed at. */
const struct row *table_row_in(const struct table *table, size_t column, size_t row,
                               struct order *copy);

void table_init(struct table *table, enum pane pane);
void table_done(struct table *table);

struct table_news {
    const struct snapshot *snapshot; /* NULL: no rows */
    struct moment now;
    bool quiet;                        /* stale rows: nothing flashes */
    const struct money_book *book;     /* NULL: none */
    const struct tape *tape;           /* NULL: none */
    const struct owner *const *owners; /* the accounts whose rows these are, borrowed until the next
                                          table_take; NULL: only one, and rows have no owners */
    size_t owner_count;
};

/* New rows: compares, remembers, measures, sorts. Rows whose version is as it was are passed over,
 * and where all stand at their places the order is only mended. */
void table_take(struct table *table, const struct table_news *news);

/* The rows, and whose they are, may be gone: none until the next table_take, which finds marks and
 * selection again by the rows' keys. */
void table_forget_rows(struct table *table);

/* Sorts and filters again after sort, filter or list changed; selection and anchor stay on their
 * rows. Rows that are sorted by a figure that moves keep their places until table_rank, or until
 * nobody has looked at them for TABLE_RANK_US. */
void table_arrange(struct table *table);

/* The next table_arrange gives new places also by a figure that moves; false when the rows are not
 * sorted by one. */
bool table_rank(struct table *table);
#define TABLE_RANK_US INT64_C(30000000)

/* Gives them when it is time; looked_at: somebody looks at the rows. True when it did. */
bool table_rank_in_time(struct table *table, int64_t now_us, bool looked_at);

/* When it will be time; MOMENT_NEVER. */
int64_t table_next_rank(const struct table *table, bool looked_at);

/* Columns' extents only grow, so that columns do not tremble with every figure that needs a digit
 * more, until this: the user changed the view. The next table_take measures all rows. */
void table_forget_widths(struct table *table);

/* Ends the flashes whose time has come. True when one ended. */
bool table_tick(struct table *table, int64_t now_us);

/*
 * Lines: rows, and between those of the first section and the others a line that says so (and one
 * more with titles where they differ).
 */
#define TABLE_NO_ROW SIZE_MAX
size_t table_line_count(const struct table *table);
/* TABLE_NO_ROW: a divider. The head of a folded group is its first row's line. */
size_t table_row_of_line(const struct table *table, size_t line);
size_t table_line_of_row(const struct table *table, size_t i);

/* The group whose head a line is; that of a row, when something heads it; NULL. */
const struct table_group *table_group_head(const struct table *table, size_t line);
const struct table_group *table_group_of(const struct table *table, size_t i);

/* Folds a group, or unfolds it, as of the next table_arrange; the oldest of too many is forgotten.
 */
void table_fold(struct table *table, uint64_t key);
void table_note_folded(struct table *table, uint64_t key); /* as an earlier run left it */

/* Closed positions that no list holds: lines under the rows. */
size_t table_closed_count(const struct table *table);

/* Brings table->foot up to date. */
void table_foot_make(struct table *table);

/* How many orders a view has, of those that pass the filter. */
size_t table_view_count(const struct table *table, enum order_view view);

/* The row at an index of the order; NULL past the end. */
const struct row *table_row(const struct table *table, size_t i);
const struct row *table_selected(const struct table *table);

/* Selects the row `by` further (clamped); table_select an index. Attention of the row left is seen.
 */
void table_move(struct table *table, long by);
void table_select(struct table *table, size_t i); /* of a folded group the head */
void table_see_all(struct table *table);
void table_see(struct table *table, size_t i);

/* Time has passed: ages are told at another time, orders may be late. */
void table_age(struct table *table, int64_t now_ms);

/* A rejected order that was seen, in this run or an earlier one; the oldest of too many is
 * forgotten. */
void table_note_seen(struct table *table, uint64_t key);
bool table_has_seen(const struct table *table, uint64_t key);

/* Keeps the cursor within `lines` lines from the top, unless the wheel has moved them. */
void table_scroll(struct table *table, size_t lines);

/* Moves the lines by so many, of which `lines` are shown; selection and marks stay as they are. */
void table_wheel(struct table *table, long by, size_t lines);

/* Takes another watchlist, `by` further, round at the ends. */
void table_next_list(struct table *table, int by);

/* The columns that are shown where there is room, in order; returns how many. */
size_t table_columns(const struct table *table, bool narrow, uint8_t out[COLUMNS_MAX]);

/* How many columns of columns_of it may show: a single account's rows do not say whose they are. */
size_t table_column_total(const struct table *table);

/* Rows that neither the view nor the kind of pane leaves out. */
bool table_filter_hides(const struct table *table);

/* What the rows are in order of: the user's choice, or on Now what matters there. */
struct table_order {
    int column; /* TABLE_SERVER_ORDER: none */
    bool descending;
};
struct table_order table_order(const struct table *table);

/* Whether rows can be sorted by a column; then, and the other way round. Numbers and times begin
 * with the largest, texts with A. table_arrange puts them so. */
bool table_can_sort(const struct table *table, size_t column);
void table_sort_by(struct table *table, int column); /* or TABLE_SERVER_ORDER */
void table_sort_reverse(struct table *table);
void table_sort_usual(struct table *table); /* as it was before the user sorted */

/* Extracts sort keys once and puts rows[count] in order by table's sort; ties by id. */
void table_sort_rows(const struct table *table, uint32_t *rows, size_t count);

/* A 64-bit hash of a text, never 0. A row's is model_key. */
uint64_t table_key(const char *id);

/* --- on the canvas -------------------------------------------------------------------------- */

struct table_view {
    struct rect area; /* the header line and the rows below it, margin included */
    const struct format *format;
    struct moment now;
    int64_t quote_stale_ms; /* 0: never by age */
    bool focused, stale, hide_amounts;
    int totals;                    /* lines for sums below the rows */
    const struct history *history; /* for sparklines; NULL: none */
    struct draw_span hours;        /* what they cover */
};

void table_layout(const struct table *table, const struct table_view *view,
                  struct table_layout *ret);

/* How many rows there is room for. */
int table_lines(const struct table_view *view);

/* Paints the lines that memo does not know to be shown as they are. */
void table_paint(struct table *table, const struct table_view *view, struct memo *memo,
                 struct canvas *canvas);

/* Whether a quote is marked stale by its age, and when the next one will be (wall ms; INT64_MAX:
 * none). */
int64_t table_next_stale(const struct table *table, struct moment now, int64_t quote_stale_ms);

/* When what orders say of time changes next: an age in minutes, an order at market that is late
 * (wall ms; INT64_MAX: none is shown). */
int64_t table_next_age(const struct table *table, int64_t now_ms);

#endif
