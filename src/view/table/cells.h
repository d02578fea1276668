/*
 * cells: what columns compose from several members of a row.
 */
#ifndef BLOTTER_VIEW_CELLS_H
#define BLOTTER_VIEW_CELLS_H

#include <blotter/core/derive.h>
#include <blotter/view/columns.h>

/* Orders. Wait: the age while working, then the time at which it ended. */
double order_when(const struct row *row, bool *ret_derived);
void order_when_composed(const struct row *row, const struct column_now *now,
                         char out[COLUMN_COMPOSED_MAX]);
double order_status_rank(const struct row *row);
double order_status_meaning(const struct row *row);
void order_status_composed(const struct row *row, const struct column_now *now,
                           char out[COLUMN_COMPOSED_MAX]);
double order_mark(const struct row *row, bool *ret_derived); /* LTP, or the average when done */
double order_go(const struct row *row, bool *ret_derived);   /* to go, or slip when done */
enum role order_go_role(const struct row *row);
/* The row for these two: of an order at market the price when it was placed is its limit. */
const struct row *order_go_row(const struct row *row, double placed_at, struct order *copy);

/* Positions. How far the price is from the stop, or the target, in percent; below 0: beyond it. */
double position_to_stop(const struct row *row, bool *ret_derived);
double position_to_target(const struct row *row, bool *ret_derived);
void position_to_stop_composed(const struct row *row, const struct column_now *now,
                               char out[COLUMN_COMPOSED_MAX]);
void position_to_target_composed(const struct row *row, const struct column_now *now,
                                 char out[COLUMN_COMPOSED_MAX]);
enum role position_to_stop_role(const struct row *row);
enum role position_to_target_role(const struct row *row);

void order_symbol_composed(const struct row *row, const struct column_now *now,
                           char out[COLUMN_COMPOSED_MAX]);
void position_symbol_composed(const struct row *row, const struct column_now *now,
                              char out[COLUMN_COMPOSED_MAX]);
void item_symbol_composed(const struct row *row, const struct column_now *now,
                          char out[COLUMN_COMPOSED_MAX]);

#endif
