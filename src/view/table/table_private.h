/*
 * table_private: what the files that make up the table share.
 */
#ifndef BLOTTER_VIEW_TABLE_PRIVATE_H
#define BLOTTER_VIEW_TABLE_PRIVATE_H

#include "table/table.h"

#define TABLE_MEMBER_INDENT 2 /* what a group's head stands over */

/* Whether a position stands under the head of a group. */
bool table_is_member(const struct table *table, size_t row);

/* --- table.c */

/* Rows of the list that is shown: [first, first + count). */
struct table_range {
    size_t first, count;
};
struct table_range table_list_range(struct table *table);

/* The clock of the server that a row's quotes come from. */
static inline struct quote_clock *table_quotes(struct table *table, const struct row *row)
{
    return &table->quotes[row->owner != NULL ? row->owner->number : 0];
}

/* Whose attention is due, and when the next flash ends. */
void table_note_marks(struct table *table);

/* The cursor goes where its row went; else to a neighbour; else it stays at its place. */
void table_settle(struct table *table);

/* --- table_layout.c */
const struct column *table_column(const struct table *table, size_t i);
/* The part of a sum that stands under a column of the positions; its value is NAN when there is
 * none. */
struct money_part table_part(const struct money_sum *sum, const struct column *column);

static inline int max_int(int a, int b)
{
    return a > b ? a : b;
}

static inline int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* --- table_cell.c */
struct painter {
    const struct table *table;
    const struct table_view *view;
    struct canvas *canvas;
    const struct table_layout *layout;
    uint64_t common; /* number of what all lines have in common */
};

/* A figure is shown whole, or as hashes. */
void table_put_figure(const struct painter *painter, struct rect area, const char *text,
                      struct style style);
void table_put_text(const struct painter *painter, const struct column *column, struct rect area,
                    const char *text, struct style style);
enum role table_sign_role(double value);

/* Nothing has confirmed it, its figures are of different moments, or its account is out of reach:
 * the margin says so before all but what is due, also under the cursor, which the line shows as
 * well. */
bool table_row_doubtful(const struct row *row);

/* --- table_group.c */
/* The groups of rows [first, first + count); their places, when the rows are in order. */
void table_groups_make(struct table *table, size_t first, size_t count);
void table_groups_place(struct table *table);
size_t table_group_heads(const struct table *table);
size_t table_group_hidden(const struct table *table); /* rows of folded groups */
/* Lines and rows where there are groups; between: lines before the rows that are closed. */
size_t table_group_row(const struct table *table, size_t line, size_t between);
size_t table_group_line(const struct table *table, size_t i);
void table_group_sum(const struct table *table, const struct table_group *group,
                     struct money *money);

/* --- table_foot.c */
void table_put_group(const struct painter *painter, const struct table_group *group, int y);
/* A number of what that line shows. */
uint64_t table_group_number(const struct painter *painter, const struct table_group *group);
struct total_line {
    size_t sum; /* which currency's */
    int y;
};
void table_put_totals(const struct painter *painter, struct total_line line);
/* The i-th closed position under the rows, and a number of what its line shows. */
void table_put_closed(const struct painter *painter, size_t i, int y);
uint64_t table_closed_number(const struct painter *painter, size_t i);

/* --- table_measure.c */
/* Which columns have to be measured, from now on. */
void table_choose_measured(struct table *table);
void table_measure_row(struct table *table, size_t row);
void table_sum(struct table *table);

/* --- table_seen.c */

/* --- table_sort.c */
/* Sorted by a figure that moves, and no places are given yet. */
bool table_wants_ranks(const struct table *table);
/* Orders are as the server or time has them: there legs stand behind their order. */
bool table_legs_follow(const struct table *table);
int table_rank_key(const struct table *table); /* of the sort as it is now */
/* Which rows stand together whatever the sort: the lower ones first. */
int table_section(const struct table *table, const struct row *row);
/*
 * Puts the changed rows of table->order where they belong now. False when that would not be
 * cheaper than to sort anew; the order is as it was then.
 */
bool table_sort_mend(struct table *table, bool *ret_moved);

/* The foot counts a row anew that does not only work. */
void table_foot_change(struct table *table, size_t row);

#endif
