/*
 * derive: figures that follow from those of a row. What the server sent is never replaced; what is
 * missing on both ways is NAN. derived says that the figure is ours: it is shown with "~".
 */
#ifndef BLOTTER_CORE_DERIVE_H
#define BLOTTER_CORE_DERIVE_H

#include <blotter/core/model.h>

struct figure {
    double value;
    bool derived;
};

/* The last price; else the middle of bid and ask. */
struct figure order_last(const struct order *order);
struct figure position_last(const struct position *position);
struct figure item_last(const struct watch_item *item);

/* A list of orders that is as long as servers cut them: there are more. */
bool snapshot_is_cut(const struct snapshot *orders); /* NULL: no */

/* Not known to be finished: also an order whose state nobody understands, but not one that is gone
 * from a list of open ones. */
bool order_is_working(const struct order *order);

/* Quantity that still waits; 0 when the order is over, NAN when that is not known. */
double order_pending(const struct order *order);

/*
 * What filling it was worse by than its limit, or than placed_at where it is at market: an amount
 * in the prices' currency, less than nothing when it was better; and what the fill was worth at
 * that price. NAN where it is not known.
 */
struct slip {
    double cost, worth;
};
struct slip order_slip(const struct order *order, double placed_at);
bool order_is_at_market(const struct order *order);

/* Its limit; NAN where it has none: 0 is none, and for an order at market so is one below. */
double order_limit(const struct order *order);

/* Quantity at the average or else the limit price, times the multiplier; an order for an amount of
 * money is worth that. */
struct figure order_value(const struct order *order);

/*
 * Average price from what was invested; value and unrealised P&L from the prices: never where these
 * are in another currency than the prices. Invested is a positive figure. A value or what was
 * invested is no longer taken as sent once events have changed what it was made of (R21).
 */
struct figure position_average(const struct position *position);
struct figure position_value(const struct position *position);
struct figure position_unrealized(const struct position *position);
struct figure position_invested(const struct position *position);

/* Its stop or target; NAN where it has none: 0 is none, and so is one below 0 where prices are
 * above.
 */
double position_stop_level(const struct position *position);
double position_target_level(const struct position *position);

/* Whether a sum is, within what rounding makes of it, what that price and the quantity come to. */
bool position_is_product(const struct position *position, double sum, double price);

/* A position without quantity, or said to be closed. */
bool position_is_closed(const struct position *position);

/* Realised P&L, under either of its names; NAN when unknown. */
double position_realized(const struct position *position);

/* Whether a rise of the price is a gain: 1 for a long position, -1 for a short one. */
int position_direction(const struct position *position);

/* Against the last close. */
struct figure item_change(const struct watch_item *item);
struct figure item_change_percent(const struct watch_item *item);

#endif
