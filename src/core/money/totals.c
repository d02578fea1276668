/* What several accounts have together, a total per kind and currency. */
#include "book_private.h"

#include <blotter/core/derive.h>
#include <blotter/core/money.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_total_of(const struct money_total *total, const struct owner *owner,
                        const char *currency)
{
    return total->kind == owner->kind && total->alone == (owner->alone ? owner : NULL) &&
           strcmp(total->currency, currency) == 0;
}

/* NULL: there are too many already. */
static struct money_total *total_of(struct money_totals *totals, const struct owner *owner,
                                    const char *currency)
{
    const char *named = currency[0] != '\0' ? currency : owner->currency;
    size_t i = 0;
    while (i < totals->count && !is_total_of(&totals->totals[i], owner, named)) {
        i++;
    }
    if (i == MONEY_TOTALS_MAX) {
        return NULL;
    }
    struct money_total *total = &totals->totals[i];
    if (i == totals->count) {
        totals->count++;
        *total = (struct money_total){.kind = owner->kind,
                                      .alone = owner->alone ? owner : NULL,
                                      .day = MONEY_NOTHING,
                                      .booked = MONEY_NOTHING,
                                      .open = MONEY_NOTHING,
                                      .net_liq = MONEY_NOTHING,
                                      .balance = MONEY_NOTHING,
                                      .used = MONEY_NOTHING};
        snprintf(total->currency, sizeof total->currency, "%s", named);
    }
    return total;
}

/* whole: nothing is known to lack in it. */
static void add(struct money_part *part, double value, bool derived, bool whole)
{
    money_part_add(part, value, derived);
    part->unknown += !whole && !isnan(value);
}

static void add_part(struct money_part *part, const struct money_part *one, bool whole)
{
    add(part, one->value, one->derived, whole && one->unknown == 0);
}

static void add_member(struct money_total *total, const struct money_account *account)
{
    total->members++;
    total->stale += account->stale;
}

static void add_sums(struct money_totals *totals, const struct money_account *account)
{
    const struct money *money = account->money;
    bool known = money->known != MONEY_BOOKED_UNKNOWN;
    for (size_t i = 0; i < money->count; i++) {
        struct money_total *total = total_of(totals, account->owner, money->sums[i].currency);
        if (total != NULL) {
            add_member(total, account);
            add_part(&total->day, &money->sums[i].day, known);
            add_part(&total->booked, &money->sums[i].booked, known);
            add_part(&total->open, &money->sums[i].open, true);
        }
    }
}

static void add_unloaded(struct money_totals *totals, const struct money_account *account)
{
    struct money_total *total = total_of(totals, account->owner, "");
    if (total != NULL) {
        add_member(total, account);
        add(&total->day, (double)NAN, false, false);
        add(&total->booked, (double)NAN, false, false);
        add(&total->open, (double)NAN, false, false);
    }
}

static void add_balance(struct money_totals *totals, const struct money_account *account)
{
    const struct account *row = account->account;
    struct money_total *total = total_of(totals, account->owner, row != NULL ? row->currency : "");
    bool both = row != NULL && account->money != NULL;
    if (total != NULL) {
        double net_liq = both ? money_net_liq(row, account->money).value : (double)NAN;
        add(&total->net_liq, net_liq, true, true);
        add(&total->balance, row != NULL ? row->balance : (double)NAN, false, true);
        add(&total->used, row != NULL ? row->used_margin : (double)NAN, false, true);
    }
}

void money_totals_of(struct money_totals *totals, const struct money_account *accounts,
                     size_t count)
{
    totals->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (accounts[i].money != NULL) {
            add_sums(totals, &accounts[i]);
        } else {
            add_unloaded(totals, &accounts[i]);
        }
        add_balance(totals, &accounts[i]);
    }
}

void money_waiting_of(struct money_totals *totals, const struct snapshot *orders)
{
    totals->count = 0;
    for (size_t i = 0; orders != NULL && i < orders->row_count; i++) {
        const struct order *order = &orders->orders[i];
        if (!order_is_working(order) || order->row.owner == NULL) {
            continue;
        }
        struct money_total *total = total_of(totals, order->row.owner, order->currency);
        if (total != NULL) {
            total->members++;
            total->stale += order->row.stale;
            add(&total->open, money_order_waits(order), true, true);
        }
    }
}

bool money_total_is_whole(const struct money_total *total, const struct money_part *part)
{
    return total->stale == 0 && part->unknown == 0 && !isnan(part->value);
}
