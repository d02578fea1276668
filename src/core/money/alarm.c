#include "model/change.h"
#include "model/snapshot.h"

#include <blotter/core/alarm.h>
#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/core/seen.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [ALARM_REJECTED] = "order_rejected", [ALARM_FILLED] = "order_filled",
    [ALARM_STOP] = "stop_passed",        [ALARM_TARGET] = "target_passed",
    [ALARM_PRICE] = "price_crossed",     [ALARM_DAY_LOSS] = "day_loss",
    [ALARM_MARGIN] = "margin_high",
};
static_assert(sizeof kind_names / sizeof *kind_names == ALARM_KINDS, "a name per kind");

const char *alarm_kind_name(enum alarm_kind kind)
{
    return kind_names[kind];
}

/*
 * What is remembered of a row or a rule between two looks: on which side of its level the figure
 * was, and whether it has been far enough from it since.
 */
struct latch {
    uint64_t key; /* 0: free */
    uint32_t seen;
    int8_t side; /* orders: the class */
    bool armed;
};

#define LATCHES_MIN 64
#define LATCHES_MAX 131072 /* beyond, everything is seen for the first time again */

struct alarms {
    struct alarm_settings settings;
    struct alarm_rule *rules;
    struct latch *latches;
    size_t capacity, used;
    uint32_t look;                    /* whole ones, at every row: counts from 1 */
    struct seen seen[RESOURCE_COUNT]; /* rows that did not change since are not looked at */
    int64_t began_ms;
    struct alarm queue[ALARM_QUEUE_MAX];
    size_t queued;
    bool loaded[RESOURCE_COUNT];
};

struct alarms *alarms_new(const struct alarm_settings *settings)
{
    struct alarms *alarms = mem_calloc(1, sizeof *alarms);
    alarms->capacity = LATCHES_MIN;
    alarms->latches = mem_calloc(alarms->capacity, sizeof *alarms->latches);
    alarms->began_ms = MODEL_NO_TIME;
    alarms_set(alarms, settings);
    return alarms;
}

void alarms_free(struct alarms *alarms)
{
    if (alarms != NULL) {
        for (int i = 0; i < RESOURCE_COUNT; i++) {
            seen_done(&alarms->seen[i]);
        }
        free(alarms->latches);
        free(alarms->rules);
        free(alarms);
    }
}

void alarms_set(struct alarms *alarms, const struct alarm_settings *settings)
{
    size_t count = settings->rule_count < ALARM_RULES_MAX ? settings->rule_count : ALARM_RULES_MAX;
    struct alarm_rule *rules = mem_calloc(count + 1, sizeof *rules);
    if (count > 0) {
        memcpy(rules, settings->rules, count * sizeof *rules);
    }
    free(alarms->rules);
    alarms->rules = rules;
    alarms->settings = *settings;
    alarms->settings.rules = rules;
    alarms->settings.rule_count = count;
}

size_t alarm_rules_parse(const char *symbol, const char *text, struct alarm_rule *ret,
                         size_t capacity)
{
    size_t count = 0;
    if (symbol[0] == '\0' || strlen(symbol) >= sizeof ret->symbol) {
        return 0;
    }
    while (count < capacity) {
        char *end;
        text += strspn(text, " ");
        bool above = text[0] == '>';
        if (!above && text[0] != '<') {
            return 0;
        }
        double level = strtod(text + 1, &end);
        if (end == text + 1 || !(level > 0) || !isfinite(level)) {
            return 0;
        }
        ret[count] = (struct alarm_rule){.level = level, .above = above};
        snprintf(ret[count++].symbol, sizeof ret->symbol, "%s", symbol);
        text = end + strspn(end, " ");
        if (*text == '\0') {
            return count;
        }
        if (*text++ != ',') {
            return 0;
        }
    }
    return 0;
}

/* --- the queue ------------------------------------------------------------------------------ */

void alarms_add(struct alarms *alarms, const struct alarm *alarm)
{
    bool wanted = alarm->kind != ALARM_FILLED || alarms->settings.fill;
    if (wanted && alarms->queued < ALARM_QUEUE_MAX) {
        alarms->queue[alarms->queued++] = *alarm;
    }
}

bool alarms_next(struct alarms *alarms, struct alarm *ret)
{
    if (alarms->queued == 0) {
        return false;
    }
    *ret = alarms->queue[0];
    alarms->queued--;
    memmove(alarms->queue, alarms->queue + 1, alarms->queued * sizeof *alarms->queue);
    return true;
}

/* --- latches -------------------------------------------------------------------------------- */

static struct latch *slot_of(struct latch *latches, size_t capacity, uint64_t key)
{
    size_t at = (size_t)(key >> 20) & (capacity - 1);
    while (latches[at].key != 0 && latches[at].key != key) {
        at = (at + 1) & (capacity - 1);
    }
    return &latches[at];
}

/* More room; rows that were in neither of the last two whole looks are forgotten. */
static void make_room(struct alarms *alarms)
{
    size_t kept = 0;
    for (size_t i = 0; i < alarms->capacity; i++) {
        kept += alarms->latches[i].key != 0 && alarms->latches[i].seen + 1 >= alarms->look;
    }
    size_t capacity = LATCHES_MIN;
    while (capacity < kept * 4 && capacity < LATCHES_MAX) {
        capacity *= 2;
    }
    struct latch *latches = mem_calloc(capacity, sizeof *latches);
    alarms->used = 0;
    for (size_t i = 0; i < alarms->capacity && kept < capacity / 2; i++) {
        const struct latch *latch = &alarms->latches[i];
        if (latch->key != 0 && latch->seen + 1 >= alarms->look) {
            *slot_of(latches, capacity, latch->key) = *latch;
            alarms->used++;
        }
    }
    free(alarms->latches);
    alarms->latches = latches;
    alarms->capacity = capacity;
}

/* The latch of a row's figure; *ret_new: it was not looked at before. */
static struct latch *latch_of(struct alarms *alarms, enum alarm_kind kind, const char *id,
                              bool *ret_new)
{
    if (alarms->used * 2 >= alarms->capacity) {
        make_room(alarms);
    }
    uint64_t key = version_mix(text_hash(alarms, id), (uint64_t)kind + 1) | 1;
    struct latch *latch = slot_of(alarms->latches, alarms->capacity, key);
    *ret_new = latch->key == 0;
    if (*ret_new) {
        *latch = (struct latch){.key = key};
        alarms->used++;
    }
    latch->seen = alarms->look;
    return latch;
}

/* --- crossings ------------------------------------------------------------------------------ */

static double far_enough(double level)
{
    return fabs(level) * ALARM_BACK;
}

/*
 * Whether a figure is beyond a level now and was not before. direction 1: beyond is at it or
 * above; -1: at it or below; 0: on either side the other one is beyond.
 */
static bool crosses(struct alarms *alarms, enum alarm_kind kind, const char *id,
                    const double figures[2], int direction)
{
    double value = figures[0], level = figures[1];
    bool is_new;
    if (isnan(value) || isnan(level)) {
        return false;
    }
    struct latch *latch = latch_of(alarms, kind, id, &is_new);
    int8_t side = value >= level ? 1 : -1;
    if (direction < 0) {
        side = value <= level ? -1 : 1;
    }
    bool far = fabs(value - level) >= far_enough(level);
    if (is_new) {
        latch->side = side;
        latch->armed = far && side != direction;
        return false;
    }
    bool crossed = side != latch->side && (direction == 0 || side == direction) && latch->armed;
    if (direction == 0) {
        latch->armed = crossed ? far : latch->armed || far;
    } else if (side == direction) {
        latch->armed = false;
    } else {
        latch->armed = latch->armed || far;
    }
    latch->side = side;
    return crossed;
}

static bool is_beyond(double price, double level, int direction, bool was)
{
    double back = was ? far_enough(level) : 0;
    if (!(price < 0 || price > 0)) {
        return false; /* 0: not known */
    }
    return direction > 0 ? price >= level - back : price <= level + back;
}

bool position_is_beyond_stop(const struct position *position, bool was)
{
    int direction = -position_direction(position);
    double level = position_stop_level(position);
    return !position_is_closed(position) && !isnan(level) &&
           is_beyond(position_last(position).value, level, direction, was);
}

bool position_is_beyond_target(const struct position *position, bool was)
{
    int direction = position_direction(position);
    double level = position_target_level(position);
    return !position_is_closed(position) && !isnan(level) &&
           is_beyond(position_last(position).value, level, direction, was);
}

/* --- what is looked at ---------------------------------------------------------------------- */

static struct alarm alarm_of(enum alarm_kind kind, const char *symbol, const char *id,
                             const struct alarm_view *view)
{
    struct alarm alarm = {.kind = kind, .quantity = NAN, .level = NAN, .at_ms = view->now_ms};
    snprintf(alarm.symbol, sizeof alarm.symbol, "%s", symbol);
    snprintf(alarm.id, sizeof alarm.id, "%s", id);
    return alarm;
}

/* Whose figure it is. */
struct subject {
    enum alarm_kind kind;
    const char *symbol, *id;
    double quantity;
};

static void look_at_level(struct alarms *alarms, const struct alarm_view *view,
                          const struct subject *of, const double figures[2], int direction)
{
    if (crosses(alarms, of->kind, of->id, figures, direction)) {
        struct alarm alarm = alarm_of(of->kind, of->symbol, of->id, view);
        alarm.quantity = of->quantity;
        alarm.value = figures[0];
        alarm.level = figures[1];
        alarms_add(alarms, &alarm);
    }
}

static void look_at_position(struct alarms *alarms, const struct alarm_view *view,
                             const struct position *position)
{
    double price = position_last(position).value, quantity = position->quantity;
    double stop = position_stop_level(position), target = position_target_level(position);
    int direction = position_direction(position);
    struct subject of = {ALARM_STOP, position->symbol, position->row.id, quantity};
    /* Nothing is told because of a figure that nothing confirms. */
    if (!position_is_closed(position) && !position->row.provisional) {
        look_at_level(alarms, view, &of, (double[]){price, stop}, -direction);
        of.kind = ALARM_TARGET;
        look_at_level(alarms, view, &of, (double[]){price, target}, direction);
    }
}

static void look_at_item(struct alarms *alarms, const struct alarm_view *view,
                         const struct watch_item *item)
{
    static const int directions[] = {[ALERT_CROSSING] = 0, [ALERT_ABOVE] = 1, [ALERT_BELOW] = -1};
    double level = item->alert_price > 0 ? item->alert_price : (double)NAN;
    struct subject of = {ALARM_PRICE, item->symbol, item->row.id, (double)NAN};
    look_at_level(alarms, view, &of, (double[]){item_last(item).value, level},
                  directions[item->alert]);
}

/* The last price of a symbol, from whatever list has it. */
static double price_of(const struct alarm_view *view, const char *symbol)
{
    for (size_t i = 0; view->items != NULL && i < view->items->row_count; i++) {
        if (strcmp(view->items->items[i].symbol, symbol) == 0) {
            return item_last(&view->items->items[i]).value;
        }
    }
    for (size_t i = 0; view->positions != NULL && i < view->positions->row_count; i++) {
        if (strcmp(view->positions->positions[i].symbol, symbol) == 0) {
            return position_last(&view->positions->positions[i]).value;
        }
    }
    for (size_t i = 0; view->orders != NULL && i < view->orders->row_count; i++) {
        if (strcmp(view->orders->orders[i].symbol, symbol) == 0) {
            return order_last(&view->orders->orders[i]).value;
        }
    }
    return (double)NAN;
}

static void look_at_rules(struct alarms *alarms, const struct alarm_view *view)
{
    for (size_t i = 0; i < alarms->settings.rule_count; i++) {
        const struct alarm_rule *rule = &alarms->rules[i];
        char id[sizeof((struct alarm *)0)->id];
        struct subject of = {ALARM_PRICE, rule->symbol, id, (double)NAN};
        snprintf(id, sizeof id, "rule %c %.17g %.30s", rule->above ? '>' : '<', rule->level,
                 rule->symbol);
        look_at_level(alarms, view, &of, (double[]){price_of(view, rule->symbol), rule->level},
                      rule->above ? 1 : -1);
    }
}

static void add_order(struct alarms *alarms, const struct alarm_view *view,
                      const struct order *order)
{
    bool done = order->class == ORDER_DONE;
    struct alarm alarm =
        alarm_of(done ? ALARM_FILLED : ALARM_REJECTED, order->symbol, order->row.id, view);
    alarm.side = order->direction;
    alarm.quantity = order->quantity;
    alarm.value = done ? order->average_price : order->price;
    snprintf(alarm.reason, sizeof alarm.reason, "%s", order->failure_reason);
    alarms_add(alarms, &alarm);
}

static void look_at_order(struct alarms *alarms, const struct alarm_view *view,
                          const struct order *order)
{
    bool is_new, first = !alarms->loaded[RESOURCE_ORDERS];
    struct latch *latch = latch_of(alarms, ALARM_REJECTED, order->row.id, &is_new);
    bool done = order->class == ORDER_DONE, rejected = order->class == ORDER_REJECTED;
    bool changed = is_new || latch->side != (int8_t)order->class;
    bool old =
        is_new && (order->created_ms == MODEL_NO_TIME || order->created_ms < alarms->began_ms);
    latch->side = (int8_t)order->class;
    if (changed && !first && !old && (done || rejected)) {
        add_order(alarms, view, order);
    }
}

void alarms_event(struct alarms *alarms, const struct event *event, const struct snapshot *orders,
                  int64_t now_ms)
{
    struct operation operation;
    struct order order;
    bool is_new;
    const struct alarm_view view = {.now_ms = now_ms};
    if (orders == NULL || !alarms->loaded[RESOURCE_ORDERS] ||
        !change_event_row(event, RESOURCE_ORDERS, &operation, &order) ||
        model_find(orders, order.row.id) < orders->row_count) {
        return;
    }
    struct latch *latch = latch_of(alarms, ALARM_REJECTED, order.row.id, &is_new);
    bool changed = is_new || latch->side != (int8_t)order.class;
    latch->side = (int8_t)order.class;
    if (changed && (order.class == ORDER_DONE || order.class == ORDER_REJECTED)) {
        add_order(alarms, &view, &order);
    }
}
static void look_at_day(struct alarms *alarms, const struct alarm_view *view)
{
    const struct money *money = view->money;
    struct subject of = {ALARM_DAY_LOSS, "", "day", (double)NAN};
    bool known = money->known != MONEY_BOOKED_UNKNOWN && money->count == 1;
    if (known) {
        look_at_level(alarms, view, &of,
                      (double[]){money->sums[0].day.value, alarms->settings.day_loss}, -1);
    }
}

static void look_at_row(struct alarms *alarms, const struct alarm_view *view,
                        const struct snapshot *rows, size_t i)
{
    switch (rows->resource) {
    case RESOURCE_ORDERS:
        look_at_order(alarms, view, &rows->orders[i]);
        break;
    case RESOURCE_POSITIONS:
        look_at_position(alarms, view, &rows->positions[i]);
        break;
    case RESOURCE_WATCHLISTS:
        look_at_item(alarms, view, &rows->items[i]);
        break;
    case RESOURCE_ACCOUNT:
    case RESOURCE_COUNT:
        break;
    }
}

static void look_at_rows(struct alarms *alarms, const struct alarm_view *view,
                         const struct snapshot *rows)
{
    if (rows == NULL) {
        return;
    }
    struct seen *seen = &alarms->seen[rows->resource];
    seen_begin(seen, rows->row_count);
    for (size_t i = 0; i < rows->row_count; i++) {
        if (!seen_skips(seen, i, model_row(rows, i)->version)) {
            look_at_row(alarms, view, rows, i);
        }
    }
    seen_end(seen, rows->row_count);
}

/* Every row again: what is in none of them can be forgotten then. */
static void begin_whole_look(struct alarms *alarms)
{
    alarms->look++;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        seen_forget(&alarms->seen[i]);
    }
}

void alarms_take(struct alarms *alarms, const struct alarm_view *view)
{
    if (alarms->look == 0 || alarms->used * 2 >= alarms->capacity) {
        begin_whole_look(alarms);
    }
    if (alarms->began_ms == MODEL_NO_TIME) {
        alarms->began_ms = view->now_ms;
    }
    look_at_rows(alarms, view, view->orders);
    alarms->loaded[RESOURCE_ORDERS] |= view->orders != NULL;
    look_at_rows(alarms, view, view->positions);
    look_at_rows(alarms, view, view->items);
    if (view->money != NULL) {
        look_at_day(alarms, view);
    }
    if (view->account != NULL && view->account->row_count > 0) {
        struct subject of = {ALARM_MARGIN, "", "margin", (double)NAN};
        look_at_level(alarms, view, &of,
                      (double[]){money_margin(view->account->account), alarms->settings.margin}, 1);
    }
    look_at_rules(alarms, view);
}
