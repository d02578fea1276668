#include "ledger.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/core/kept.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ID_BYTES 128 /* longer ids are in no list */

struct ledger {
    struct money_book *book;
    struct kept *kept;
    struct alarms *alarms;
    ledger_zone_fn zone;
    const void *zone_user;
    struct moment looked; /* at the day; 0: never */
    int64_t day;          /* of the exchange, then */
    bool again;           /* it began then: the server's clock may be behind ours */
    bool told, cut;       /* whether orders are cut: told by who knows */
};

struct ledger *ledger_new(ledger_zone_fn zone, const void *user)
{
    struct ledger *ledger = mem_calloc(1, sizeof *ledger);
    ledger->book = money_book_new();
    ledger->kept = kept_new();
    ledger->alarms = alarms_new(&(struct alarm_settings){.day_loss = NAN, .margin = NAN});
    ledger->zone = zone;
    ledger->zone_user = user;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        money_book_free(ledger->book);
        kept_free(ledger->kept);
        alarms_free(ledger->alarms);
        free(ledger);
    }
}

static int64_t day_of(const struct ledger *ledger, int64_t wall_ms)
{
    int32_t ahead_s = ledger->zone != NULL ? ledger->zone(ledger->zone_user, wall_ms) : 0;
    return moment_day(wall_ms, ahead_s);
}

/* Days begin with a minute, wherever clocks may stand. */
#define MINUTE_MS INT64_C(60000)
/* A day that is noticed this long after it began was not watched. */
#define LATE_MS (5 * MINUTE_MS)

/* Somebody set the clock, or the machine slept. */
static bool has_stepped(const struct ledger *ledger, struct moment now)
{
    int64_t by_ms =
        now.wall_ms - ledger->looked.wall_ms - (now.mono_us - ledger->looked.mono_us) / 1000;
    return by_ms > LATE_MS || by_ms < -LATE_MS;
}

static void begin_day(struct ledger *ledger, const struct engine *engine, struct moment now)
{
    struct pane_state pane;
    struct money_time time = {now.wall_ms, ledger->day};
    engine_pane(engine, RESOURCE_POSITIONS, &pane);
    bool late = day_of(ledger, now.wall_ms - LATE_MS) != ledger->day - 1;
    money_book_begin_day(ledger->book, time, !late && !pane.stale && !pane.cached);
}

bool ledger_day(struct ledger *ledger, const struct engine *engine, struct moment now)
{
    if (now.wall_ms / MINUTE_MS == ledger->looked.wall_ms / MINUTE_MS) {
        return false;
    }
    int64_t day = day_of(ledger, now.wall_ms);
    bool another = ledger->looked.wall_ms != 0 && day != ledger->day;
    bool told = another && !has_stepped(ledger, now), again = ledger->again;
    ledger->looked = now;
    ledger->day = day;
    ledger->again = told;
    if (another) {
        begin_day(ledger, engine, now);
    }
    return told || again;
}

/* Nothing is closed by what the disk remembers: it may be of any day. */
static void take_positions(struct ledger *ledger, const struct engine *engine, struct moment now)
{
    struct pane_state pane;
    engine_pane(engine, RESOURCE_POSITIONS, &pane);
    if (pane.shown != NULL && !pane.cached) {
        struct money_time time = {now.wall_ms, day_of(ledger, now.wall_ms)};
        money_book_take(ledger->book, pane.shown, time);
    }
}

/* The rows of a pane where they may be relied upon. */
static const struct snapshot *fresh_rows(const struct engine *engine, enum resource resource)
{
    struct pane_state pane;
    engine_pane(engine, resource, &pane);
    return pane.stale || pane.cached ? NULL : pane.shown;
}

static void look_for_alarms(struct ledger *ledger, const struct engine *engine, struct moment now)
{
    struct money money;
    struct alarm_view view = {.orders = fresh_rows(engine, RESOURCE_ORDERS),
                              .positions = fresh_rows(engine, RESOURCE_POSITIONS),
                              .items = fresh_rows(engine, RESOURCE_WATCHLISTS),
                              .account = fresh_rows(engine, RESOURCE_ACCOUNT),
                              .now_ms = now.wall_ms};
    if (view.positions != NULL) {
        money_of(&money, ledger->book, view.positions);
        view.money = &money;
    }
    alarms_take(ledger->alarms, &view);
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
            bool cut = ledger->told ? ledger->cut : snapshot_is_cut(pane.shown);
            kept_take(ledger->kept, pane.shown, cut);
        }
    }
    if ((mask & RESOURCE_ALL) != 0) {
        look_for_alarms(ledger, engine, now);
    }
}

void ledger_set_alarms(struct ledger *ledger, const struct alarm_settings *settings)
{
    alarms_set(ledger->alarms, settings);
}

bool ledger_next_alarm(struct ledger *ledger, struct alarm *ret)
{
    return alarms_next(ledger->alarms, ret);
}

bool ledger_tape_entry(const struct alarm *alarm, struct tape_entry *ret)
{
    static const enum tape_kind kinds[] = {
        [ALARM_STOP] = TAPE_STOP,      [ALARM_TARGET] = TAPE_TARGET, [ALARM_PRICE] = TAPE_ALERT,
        [ALARM_DAY_LOSS] = TAPE_ALERT, [ALARM_MARGIN] = TAPE_ALERT,
    };
    if (alarm->kind == ALARM_REJECTED || alarm->kind == ALARM_FILLED) {
        return false;
    }
    tape_entry_init(ret, kinds[alarm->kind], alarm->at_ms);
    snprintf(ret->symbol, sizeof ret->symbol, "%.47s", alarm->symbol);
    if (alarm->kind == ALARM_MARGIN) {
        snprintf(ret->text, sizeof ret->text, "margin %.0f %%, above %.0f %%", alarm->value,
                 alarm->level);
    } else if (alarm->kind == ALARM_DAY_LOSS) {
        snprintf(ret->text, sizeof ret->text, "the day's loss has passed its limit");
    } else {
        snprintf(ret->id, sizeof ret->id, "%.47s", alarm->id);
        ret->price = ret->ltp = alarm->value;
        ret->limit = alarm->level;
        snprintf(ret->text, sizeof ret->text, "%s", alarm->kind == ALARM_PRICE ? "crossed" : "");
    }
    return true;
}

void ledger_set_cut(struct ledger *ledger, bool cut)
{
    ledger->told = true;
    ledger->cut = cut;
}

bool ledger_event(struct ledger *ledger, const struct engine *engine, const struct event *event,
                  struct moment now)
{
    struct pane_state pane;
    engine_pane(engine, RESOURCE_ORDERS, &pane);
    alarms_event(ledger->alarms, event, pane.cached ? NULL : pane.shown, now.wall_ms);
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
