#include "ledger.h"

#include <stdlib.h>

#include <blotter/core/alloc.h>
#include <blotter/core/kept.h>

#define DAY_MS INT64_C(86400000)
#define ID_BYTES 128 /* longer ids are in no list */

struct ledger {
    struct money_book *book;
    struct kept *kept;
    ledger_zone_fn zone;
    const void *zone_user;
};

struct ledger *ledger_new(ledger_zone_fn zone, const void *user)
{
    struct ledger *ledger = mem_calloc(1, sizeof *ledger);
    ledger->book = money_book_new();
    ledger->kept = kept_new();
    ledger->zone = zone;
    ledger->zone_user = user;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        money_book_free(ledger->book);
        kept_free(ledger->kept);
        free(ledger);
    }
}

int64_t ledger_day(const struct ledger *ledger, int64_t wall_ms)
{
    int32_t ahead_s = ledger->zone != NULL ? ledger->zone(ledger->zone_user, wall_ms) : 0;
    int64_t local_ms = wall_ms + (int64_t)ahead_s * 1000;
    return local_ms / DAY_MS - (local_ms % DAY_MS < 0);
}

/* Nothing is closed by what the disk remembers: it may be of any day. */
static void take_positions(struct ledger *ledger, const struct engine *engine, struct moment now)
{
    struct pane_state pane;
    engine_pane(engine, RESOURCE_POSITIONS, &pane);
    if (pane.shown != NULL && !pane.cached) {
        struct money_time time = {now.wall_ms, ledger_day(ledger, now.wall_ms)};
        money_book_take(ledger->book, pane.shown, time);
    }
}

void ledger_take(struct ledger *ledger, const struct engine *engine, unsigned mask,
                 struct moment now)
{
    struct pane_state pane;
    if ((mask & RESOURCE_BIT(RESOURCE_POSITIONS)) != 0) {
        take_positions(ledger, engine, now);
    }
    if ((mask & RESOURCE_BIT(RESOURCE_ORDERS)) != 0) {
        engine_pane(engine, RESOURCE_ORDERS, &pane);
        if (pane.shown != NULL) {
            kept_take(ledger->kept, pane.shown);
        }
    }
}

bool ledger_event(struct ledger *ledger, const struct event *event)
{
    struct span id;
    char text[ID_BYTES];
    bool ends = event->type == EVENT_ORDER_EXECUTED || event->type == EVENT_ORDER_CANCELLED;
    return ends && event->data.ptr != NULL && span_member(event->data, "orderId", &id) &&
           span_type(id) == SPAN_STRING && span_string(id, text, sizeof text) < sizeof text &&
           kept_end(ledger->kept, text);
}

struct money_book *ledger_book(const struct ledger *ledger)
{
    return ledger->book;
}

const struct snapshot *ledger_orders(const struct ledger *ledger, const struct engine *engine)
{
    struct pane_state pane;
    engine_pane(engine, RESOURCE_ORDERS, &pane);
    return kept_shown(ledger->kept, pane.shown);
}
