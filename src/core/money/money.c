/* Sums over positions, a part per currency. */
#include "book_private.h"

#include <blotter/core/derive.h>
#include <blotter/core/money.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- parts ---------------------------------------------------------------------------------- */

void money_part_add(struct money_part *part, double value, bool derived)
{
    if (isnan(value)) {
        part->unknown++;
        return;
    }
    part->value = isnan(part->value) ? value : part->value + value;
    part->derived |= derived;
}

static struct money_part part_sum(const struct money_part *a, const struct money_part *b)
{
    struct money_part sum = *a;
    if (!isnan(b->value)) {
        money_part_add(&sum, b->value, b->derived);
    }
    sum.unknown += b->unknown;
    return sum;
}

static bool is_sum_of(const struct money_sum *sum, const struct owner *owner, const char *currency)
{
    const struct owner *alone = owner != NULL && owner->alone ? owner : NULL;
    enum owner_kind kind = owner != NULL ? owner->kind : OWNER_UNTOLD;
    return sum->alone == alone && sum->kind == kind && strcmp(sum->currency, currency) == 0;
}

static struct money_sum *sum_of(struct money *money, const struct owner *owner,
                                const char *currency)
{
    size_t i = 0;
    while (i < money->count && !is_sum_of(&money->sums[i], owner, currency)) {
        i++;
    }
    if (i == (owner != NULL ? MONEY_SUMS_MAX : MONEY_CURRENCIES_MAX)) {
        return NULL;
    }
    struct money_sum *sum = &money->sums[i];
    if (i == money->count) {
        money->count++;
        const struct money_part none = MONEY_NOTHING;
        *sum = (struct money_sum){.open = none,
                                  .booked = none,
                                  .unrealized = none,
                                  .realized = none,
                                  .invested = none,
                                  .value = none,
                                  .gross = NAN,
                                  .net = NAN};
        snprintf(sum->currency, sizeof sum->currency, "%s", currency);
        sum->kind = owner != NULL ? owner->kind : OWNER_UNTOLD;
        sum->alone = owner != NULL && owner->alone ? owner : NULL;
    }
    return sum;
}

/* --- sums ----------------------------------------------------------------------------------- */

void money_begin(struct money *money)
{
    memset(money, 0, sizeof *money);
    money->since_ms = MODEL_NO_TIME;
}

double money_booked(const struct money_book *book, const struct position *position,
                    bool *ret_derived)
{
    const struct money_closed *closed = money_book_find(book, position->row.id);
    if (closed != NULL) {
        *ret_derived |= closed->derived;
        return closed->figure;
    }
    return position->day_pnl;
}

static void add_closed(struct money *money, struct money_sum *sum, const struct money_book *book,
                       const struct position *position)
{
    bool derived = false;
    double figure = money_booked(book, position, &derived);
    money_part_add(&sum->booked, figure, derived);
    money->lists_closed |= !derived && !isnan(figure);
    sum->closed_count++;
}

static void add_open(struct money_sum *sum, const struct position *position)
{
    struct figure gain = position_unrealized(position), cost = position_invested(position);
    struct figure worth = position_value(position);
    double invested = cost.value, unrealized = gain.value, value = worth.value;
    money_part_add(&sum->open, position->day_pnl, false);
    money_part_add(&sum->unrealized, unrealized, gain.derived);
    money_part_add(&sum->invested, invested, cost.derived);
    money_part_add(&sum->value, value, worth.derived);
    if (!isnan(unrealized) && invested > 0) {
        sum->paired[0] += unrealized;
        sum->paired[1] += invested;
    }
    if (!isnan(value)) {
        double signed_value = fabs(value) * position_direction(position);
        sum->gross = (isnan(sum->gross) ? 0 : sum->gross) + fabs(value);
        sum->net = (isnan(sum->net) ? 0 : sum->net) + signed_value;
    }
    sum->open_count++;
}

/* What an amount is in that names no currency of its own. */
static const char *currency_of(const struct owner *owner, const char *named)
{
    return named[0] == '\0' && owner != NULL ? owner->currency : named;
}

void money_add(struct money *money, const struct money_book *book, const struct position *position)
{
    char currency[MONEY_CURRENCY_BYTES];
    const struct owner *owner = position->row.owner;
    money_copy_currency(position, currency);
    book = owner != NULL ? owner->book : book;
    struct money_sum *sum = sum_of(money, owner, currency_of(owner, currency));
    if (sum == NULL) { /* said to be unknown rather than left out */
        money_part_add(&money->sums[0].open, (double)NAN, false);
        return;
    }
    sum->stale |= position->row.stale;
    sum->doubtful |= position->row.provisional || position->row.mixed;
    double realized = position_realized(position);
    if (!isnan(realized)) { /* a position that never realised anything need not say so */
        money_part_add(&sum->realized, realized, false);
    }
    if (position_is_closed(position)) {
        add_closed(money, sum, book, position);
    } else {
        add_open(sum, position);
    }
}

/* Positions that are in no list: the rows have been added before. */
static void add_vanished(struct money *money, const struct money_book *book,
                         const struct owner *owner)
{
    const struct money_closed *closed;
    for (size_t i = 0; (closed = money_book_closed(book, i)) != NULL; i++) {
        if (closed->in_list) {
            continue;
        }
        struct money_sum *sum = sum_of(money, owner, currency_of(owner, closed->currency));
        bool known = sum != NULL; /* else said to be unknown rather than left out */
        sum = known ? sum : &money->sums[0];
        money_part_add(&sum->booked, known ? closed->figure : (double)NAN, closed->derived);
        sum->closed_count++;
    }
}

/* The day is its parts; what has no rows is nothing, and known to be so. */
static void end_sum(struct money_sum *sum)
{
    if (sum->open_count == 0) {
        sum->open.value = isnan(sum->open.value) && sum->open.unknown == 0 ? 0 : sum->open.value;
    }
    sum->day = part_sum(&sum->open, &sum->booked);
    sum->percent = sum->paired[1] > 0 ? sum->paired[0] / sum->paired[1] * 100 : (double)NAN;
}

static enum money_booked how_known(const struct money *money, bool saw_all)
{
    bool closed = false;
    for (size_t i = 0; i < money->count; i++) {
        closed |= money->sums[i].closed_count > 0;
    }
    if (money->lists_closed || saw_all) {
        return MONEY_BOOKED_WHOLE;
    }
    return closed ? MONEY_BOOKED_SINCE : MONEY_BOOKED_UNKNOWN;
}

static void end_sums(struct money *money, bool saw_all)
{
    if (money->count == 0) {
        sum_of(money, NULL, "");
    }
    money->known = how_known(money, saw_all);
    for (size_t i = 0; i < money->count; i++) {
        struct money_part *booked = &money->sums[i].booked;
        bool none = money->sums[i].closed_count == 0;
        booked->value = none && money->known == MONEY_BOOKED_WHOLE ? 0 : booked->value;
        end_sum(&money->sums[i]);
    }
}

void money_end(struct money *money, const struct money_book *book)
{
    if (book != NULL) {
        add_vanished(money, book, NULL);
        money->since_ms = money_book_since(book);
    }
    end_sums(money, book != NULL && money_book_saw_all(book));
}

void money_end_owned(struct money *money, const struct owner *const *owners, size_t count)
{
    bool saw_all = owners != NULL && count > 0;
    for (size_t i = 0; owners != NULL && i < count; i++) {
        const struct money_book *book = owners[i]->book;
        saw_all = saw_all && book != NULL && money_book_saw_all(book);
        if (book != NULL) {
            add_vanished(money, book, owners[i]);
        }
    }
    money->lists_closed = false; /* it is known of some of them only */
    end_sums(money, saw_all);
}

void money_of(struct money *money, const struct money_book *book, const struct snapshot *positions)
{
    money_begin(money);
    for (size_t i = 0; positions != NULL && i < positions->row_count; i++) {
        money_add(money, book, &positions->positions[i]);
    }
    money_end(money, book);
}

/* --- the account ---------------------------------------------------------------------------- */

double money_margin(const struct account *account)
{
    return account->balance > 0 ? account->used_margin / account->balance * 100 : (double)NAN;
}

struct figure money_net_liq(const struct account *account, const struct money *money)
{
    const struct money_sum *sum = &money->sums[0];
    bool same = sum->currency[0] == '\0' || strcmp(sum->currency, account->currency) == 0;
    bool whole = money->count == 1 && sum->unrealized.unknown == 0 && same;
    double unrealized = sum->open_count == 0 ? 0 : sum->unrealized.value;
    if (!isnan(account->net_liq)) {
        return (struct figure){account->net_liq, false};
    }
    return (struct figure){whole ? account->balance + unrealized : (double)NAN, true};
}

/* --- orders --------------------------------------------------------------------------------- */

/* An order for an amount of money is worth what of it is not spent. */
double money_order_waits(const struct order *order)
{
    double limit = order_limit(order), price = isnan(limit) ? order_last(order).value : limit;
    double units = order->multiplier > 0 ? order->multiplier : 1;
    if (isnan(order->quantity) && !isnan(order->notional)) {
        double spent = order->filled > 0 ? order->filled * order->average_price * units : 0;
        return order->notional - spent;
    }
    return (order->quantity - order->filled) * price * units;
}

void money_wait(struct money_part *part, const struct order *order, const char **currency)
{
    *currency = *currency != NULL ? *currency : order->currency;
    bool same = strcmp(*currency, order->currency) == 0;
    money_part_add(part, same ? money_order_waits(order) : (double)NAN, true);
}
