#include <blotter/core/derive.h>

#include <math.h>
#include <string.h>
#include <strings.h>

static struct figure sent_or(double sent, double ours)
{
    return isnan(sent) ? (struct figure){ours, !isnan(ours)} : (struct figure){sent, false};
}

struct figure order_last(const struct order *order)
{
    return sent_or(order->ltp, (order->bid + order->ask) / 2);
}

struct figure position_last(const struct position *position)
{
    return sent_or(position->current_price, (position->bid + position->ask) / 2);
}

struct figure item_last(const struct watch_item *item)
{
    return sent_or(item->ltp, (item->bid + item->ask) / 2);
}

static double units(double multiplier)
{
    return multiplier > 0 ? multiplier : 1;
}

bool snapshot_is_cut(const struct snapshot *orders)
{
    static const size_t usual[] = {50, 100, 200, 250, 500, 1000};
    bool cut = false;
    for (size_t i = 0; orders != NULL && i < sizeof usual / sizeof *usual; i++) {
        cut |= orders->row_count == usual[i];
    }
    return cut;
}

bool order_is_working(const struct order *order)
{
    return order->class == ORDER_OPEN || order->class == ORDER_PART ||
           (order->class == ORDER_UNKNOWN && !order->gone);
}

double order_pending(const struct order *order)
{
    if (order->class == ORDER_UNKNOWN) {
        return (double)NAN;
    }
    bool waits = order->class == ORDER_OPEN || order->class == ORDER_PART;
    return waits ? order->quantity - order->filled : 0;
}

bool order_is_at_market(const struct order *order)
{
    return strcasecmp(order->type, "MARKET") == 0;
}

/* Nothing follows from a price of 0: it is one that is not known, as often as not. */
static double real_price(double price)
{
    return price < 0 || price > 0 ? price : (double)NAN;
}

double order_limit(const struct order *order)
{
    double limit = real_price(order->price);
    return limit < 0 && order_is_at_market(order) ? (double)NAN : limit;
}

struct slip order_slip(const struct order *order, double placed_at)
{
    double side = order->direction == ORDER_BUY    ? 1
                  : order->direction == ORDER_SELL ? -1
                                                   : (double)NAN;
    double limit = order_limit(order);
    limit = isnan(limit) && order_is_at_market(order) ? real_price(placed_at) : limit;
    double units = order->filled > 0 ? order->filled : (double)NAN;
    units *= order->multiplier > 0 ? order->multiplier : 1;
    bool known = !isnan(limit) && !order_is_working(order);
    return (struct slip){known ? side * (real_price(order->average_price) - limit) * units
                               : (double)NAN,
                         known ? fabs(limit) * units : (double)NAN};
}

struct figure order_value(const struct order *order)
{
    double average = real_price(order->average_price);
    double price = isnan(average) ? order_limit(order) : average;
    double value = order->quantity * price * units(order->multiplier);
    return isnan(order->quantity) ? (struct figure){order->notional, false}
                                  : (struct figure){value, !isnan(value)};
}

/* Whether values and prices are in one currency. */
static bool is_one_currency(const struct position *position)
{
    return position->value_currency[0] == '\0' ||
           strcmp(position->value_currency, position->currency) == 0;
}

bool position_is_closed(const struct position *position)
{
    return position->is_closed || position->quantity == 0;
}

double position_realized(const struct position *position)
{
    return isnan(position->realized_pnl) ? position->booked_pnl : position->realized_pnl;
}

int position_direction(const struct position *position)
{
    return position->quantity < 0 ? -1 : 1;
}

struct figure position_average(const struct position *position)
{
    double ours = (double)NAN;
    if (is_one_currency(position) && position->quantity != 0) {
        ours = fabs(position->invested_value / position->quantity / units(position->multiplier));
    }
    return sent_or(position->average_price, ours);
}

/* A price times what is held. */
static double worth(const struct position *position, double price)
{
    return is_one_currency(position) ? position->quantity * price * units(position->multiplier)
                                     : (double)NAN;
}

/* What was paid for one: as sent, else as was invested. */
static double cost_of(const struct position *position)
{
    double sent = real_price(position->average_price);
    bool known = !isnan(sent) || position->quantity == 0;
    return known ? sent
                 : real_price(fabs(position->invested_value / position->quantity /
                                   units(position->multiplier)));
}

static double level_of(const struct position *position, double level)
{
    bool below = position_last(position).value < 0 || position->average_price < 0;
    return level > 0 || (level < 0 && below) ? level : (double)NAN;
}

double position_stop_level(const struct position *position)
{
    return level_of(position, position->stop_loss);
}

double position_target_level(const struct position *position)
{
    return level_of(position, position->target);
}

bool position_is_product(const struct position *position, double sum, double price)
{
    double count = position->quantity * units(position->multiplier);
    return fabs(fabs(sum) - fabs(price * count)) <= 0.011 + 0.006 * fabs(count);
}

/* What was sent, unless it was made of figures that events have changed since. */
static double still(const struct position *position, double sum, double price, bool adds_up)
{
    bool past = adds_up && !position_is_product(position, sum, price);
    return past ? (double)NAN : sum;
}

struct figure position_value(const struct position *position)
{
    double sent =
        still(position, position->current_value, position->current_price, position->value_adds_up);
    return sent_or(sent, worth(position, real_price(position_last(position).value)));
}

struct figure position_unrealized(const struct position *position)
{
    double gain = real_price(position_last(position).value) - cost_of(position);
    return sent_or(position->unrealized_pnl, worth(position, gain));
}

struct figure position_invested(const struct position *position)
{
    double sent =
        still(position, position->invested_value, position->average_price, position->cost_adds_up);
    struct figure invested = sent_or(sent, worth(position, real_price(position->average_price)));
    invested.value = fabs(invested.value);
    return invested;
}

struct figure item_change(const struct watch_item *item)
{
    double last = real_price(item_last(item).value);
    double ours = last - real_price(item->close);
    return sent_or(item->change, ours);
}

struct figure item_change_percent(const struct watch_item *item)
{
    double last = real_price(item_last(item).value);
    return sent_or(item->change_percent,
                   (last - real_price(item->close)) / fabs(item->close) * 100);
}
