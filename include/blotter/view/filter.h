/*
 * filter: which rows of a pane are shown, compiled once from a line of words:
 *
 *   nifty side:buy status:working pnl<0 qty>100 !cnc "m & m"
 *
 * A space means and; ! in front of a word turns it round. A word alone is looked for in what a row
 * is called by; FIELD:WORD in one field; FIELD<N (also <= > >= =) compares a figure. Every column
 * is a field by its name, shown or not, and what people call it (pnl, day). status: also takes the
 * words of the order views. Pure.
 */
#ifndef BLOTTER_VIEW_FILTER_H
#define BLOTTER_VIEW_FILTER_H

#include <blotter/view/columns.h>

#define FILTER_TERMS_MAX 16
#define FILTER_WORD_MAX 64 /* bytes of a word, NUL included */
#define FILTER_ERROR_MAX 96

enum filter_op {
    FILTER_HOLDS, /* the text has the word somewhere, whatever its case */
    FILTER_LESS,
    FILTER_LESS_EQUAL,
    FILTER_MORE,
    FILTER_MORE_EQUAL,
    FILTER_EQUAL
};

/* Which orders a word is about. */
enum filter_only { FILTER_ANY, FILTER_WORKING, FILTER_OVER };

struct filter_term {
    enum filter_op op;
    bool negate;
    int column;       /* -1: what a row is called by */
    unsigned classes; /* status: of these order classes too; bits 1u << enum order_class */
    enum filter_only only;
    double number;
    char word[FILTER_WORD_MAX];
};

struct filter {
    struct filter_term terms[FILTER_TERMS_MAX];
    size_t count; /* 0: every row */
};

/* Compiles text for a pane. False, with the first mistake in a few words, when a part of it cannot
 * be understood; *ret is of the words that can. Spaces around it and no words at all are fine. */
bool filter_compile(enum pane pane, const char *text, struct filter *ret,
                    char error[FILTER_ERROR_MAX]);

/* Whether a row is one that the filter is after. placed_at: of an order at market that is over, the
 * price when it was placed; NAN where that is not known, and of other rows. */
bool filter_passes(const struct filter *filter, enum pane pane, const struct row *row,
                   double placed_at);

/* The first word that a row has to hold, for showing it where it is; "" when there is none. */
const char *filter_needle(const struct filter *filter);

#endif
