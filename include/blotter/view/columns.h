/*
 * columns: what can be shown of a row, one table row per column of a pane: title, width, rank for
 * dropping, decimals, where the figure is. Painting, sorting, filtering, the chooser and the
 * remembered state all walk the same rows. Source: doc/screen.md, "Columns".
 */
#ifndef BLOTTER_VIEW_COLUMNS_H
#define BLOTTER_VIEW_COLUMNS_H

#include <blotter/core/money.h>
#include <blotter/view/format.h>
#include <blotter/view/pane.h>
#include <blotter/view/role.h>

#define COLUMNS_MAX 24 /* columns that a pane can have at all */

enum column_kind {
    COLUMN_TEXT,
    COLUMN_NUMBER,
    COLUMN_PAIR, /* "25/75": number and other */
    COLUMN_TIME,
    COLUMN_SPARK
};

enum column_show {
    COLUMN_DEFAULT,
    COLUMN_WIDE,    /* default, but not in a narrow pane */
    COLUMN_NARROW,  /* default in a narrow pane only */
    COLUMN_OPTIONAL /* by choice */
};

#define COLUMN_SIGNED 1u  /* always with its sign, coloured by it */
#define COLUMN_DERIVED 2u /* blotter's figure: the title carries "~" */
#define COLUMN_AMOUNT 4u  /* hidden with the amounts */
#define COLUMN_PERCENT 8u
#define COLUMN_SEARCHED 16u /* the filter looks at it */
#define COLUMN_MIDDLE 32u   /* cut in the middle */
#define COLUMN_FLASHES 64u  /* a change is shown for a moment; at most COLUMN_FLASH_MAX a pane */
#define COLUMN_ARROW 128u   /* the margin mark shows its direction */
#define COLUMN_MOVES 256u   /* changes by itself: a sort by it is not kept up row by row */
#define COLUMN_EXACT 512u   /* each figure with the digits it was sent with */
#define COLUMN_OWNER 1024u  /* of several accounts only; stands first */
#define COLUMN_FLASH_MAX 3

#define COLUMN_BAD (-1) /* directions of a flash */
#define COLUMN_GOOD 1
#define COLUMN_NEUTRAL 2

/* What a composed cell may know beside its row. */
struct column_now {
    int64_t wall_ms;
    const struct format *format;
    bool legs; /* they stand behind their order and are marked */
};
#define COLUMN_COMPOSED_MAX 96
#define COLUMN_PASSED "PASSED" /* composed: shown in reverse */

struct column {
    const char *name;  /* "day-pnl": in state files */
    const char *title; /* "Day P&L" */
    const char *help;  /* for the chooser */
    enum column_kind kind;
    enum column_show show;
    int rank;      /* 0: never dropped; the highest goes first when there is no room */
    int width_min; /* texts may be cut down to this */
    int width_max; /* and are never wider than this */
    int decimals_low, decimals_high;
    unsigned flags;
    const char *(*text)(const struct row *row); /* COLUMN_TEXT */
    double (*number)(
        const struct row *row,
        bool *ret_derived); /* all but COLUMN_TEXT and COLUMN_SPARK; ret_derived is only ever set */
    double (*other)(const struct row *row);   /* COLUMN_PAIR: what follows the slash */
    double (*money)(const struct row *row);   /* shown with its currency where number is missing */
    enum role (*role)(const struct row *row); /* NULL: text, or by the sign */
    const char *title_done; /* heads it over orders that are done; NULL: the same title */
    /* What is shown in place of the text or figure, which sort and filter go by; it may change with
     * the clock. NULL: those themselves. */
    void (*compose)(const struct row *row, const struct column_now *now,
                    char out[COLUMN_COMPOSED_MAX]);
    double (*sort)(const struct row *row);    /* sorts by this; NULL: by what it holds */
    double (*meaning)(const struct row *row); /* of a text that flashes: good above 0, bad below */
};

/* Prices choose their decimals; amounts of money have as many as their currency. */
static inline bool column_is_price(const struct column *column)
{
    return column->decimals_high > column->decimals_low;
}

/* The FORMAT_ flags of a column's figures. */
unsigned column_format(const struct column *column);

/* The columns of a pane, in the default order; last the one that several accounts' rows have. */
const struct column *columns_of(enum pane pane, size_t *ret_count);

/* How an account's name looks: accounts take the roles in turn. */
#define OWNER_ROLES 4
enum role owner_role(const struct owner *owner);

/*
 * A row's figure as text, both of a COLUMN_PAIR; returns its width. decimals do not count where the
 * column is exact.
 */
#define COLUMN_FIGURE_MAX (2 * FORMAT_MAX + 2)
int column_figure(const struct column *column, const struct row *row, const struct format *format,
                  int decimals, char out[COLUMN_FIGURE_MAX]);

/* The index of a column, or *ret_count of the pane when there is none of that name. */
size_t column_find(enum pane pane, const char *name, size_t len);

/* An order at market price waits for so long without being remarked upon. */
#define ORDER_LATE_MS 10000
bool order_is_late(const struct order *order, int64_t now_ms);

/* "NIFTY 31DEC 24450 CE" for a name of a contract, else the symbol; fits it into columns so that
 * the underlying is cut first. */
void symbol_shown(const char *symbol, const struct column_now *now, char out[COLUMN_COMPOSED_MAX]);
size_t symbol_fit(const char *shown, int columns, char *out, size_t capacity);

/* How orders of a class are shown. */
struct order_class_info {
    const char *word;  /* "PENDING"; "" for unknown */
    const char *shown; /* "◷ PENDING" */
    enum role role;
};
const struct order_class_info *order_class_info(enum order_class class);

/* Which orders are shown. In all but the first one they stand as they are sorted. */
enum order_view {
    ORDER_VIEW_WORKING, /* working ones, under them those that are done */
    ORDER_VIEW_ALL,
    ORDER_VIEW_FILLED,
    ORDER_VIEW_CANCELLED,
    ORDER_VIEW_REJECTED,
    ORDER_VIEW_COUNT
};
struct order_view_info {
    const char *name; /* "working": in titles, state files and filters' views */
    unsigned classes; /* bits 1u << enum order_class */
    enum role role;
};
const struct order_view_info *order_view_info(enum order_view view);

#endif
