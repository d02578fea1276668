/* What events tell: read through the tables that patch the rows. */
#include "model/change.h"
#include "tape_private.h"

#include <blotter/core/derive.h>
#include <blotter/core/iso8601.h>

#include <stdio.h>
#include <string.h>

/* An event's own time counts when it is older than this: it was replayed. */
#define REPLAYED_MS 5000

/* An event that was sent a while ago happened then. */
static int64_t event_time(const struct event *event, struct moment now)
{
    char text[ISO8601_SIZE];
    int64_t at;
    size_t len = span_string(event->timestamp, text, sizeof text);
    bool old = len < sizeof text && iso8601_parse(text, len, &at) && now.wall_ms - at > REPLAYED_MS;
    return old ? at : now.wall_ms;
}

static void read_reason(const struct event *event, char out[TAPE_TEXT_MAX])
{
    static const char *const members[] = {"failureReason", "reason"};
    struct span value;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof members / sizeof *members && out[0] == '\0'; i++) {
        if (span_member(event->data, members[i], &value) && span_type(value) == SPAN_STRING) {
            span_string(value, out, TAPE_TEXT_MAX);
        }
    }
}

/* An event may name no more than the order: the rest is as it was known. */
static void fill_in(struct order *order, const struct known *known)
{
    if (order->symbol[0] == '\0') {
        order->symbol = known->symbol;
    }
    if (order->direction == ORDER_SIDE_UNKNOWN) {
        order->direction = (enum order_side)known->direction;
    }
    order->quantity = first_known(order->quantity, known->quantity);
}

static void order_event(struct tape *tape, struct moment now, const struct event *event,
                        bool covered)
{
    struct operation operation;
    struct order order;
    char reason[TAPE_TEXT_MAX];
    bool new;
    if (!change_event_row(event, RESOURCE_ORDERS, &operation, &order)) {
        return;
    }
    read_reason(event, reason);
    order.failure_reason = reason;
    struct known *known = known_get(&tape->orders, order.row.id, &new);
    if (!new) {
        fill_in(&order, known);
    }
    struct telling telling = {tape, &order, known, event_time(event, now)};
    if (new && event->type == EVENT_ORDER_PLACED) {
        tape_tell_placed(&telling);
    }
    if (new) {
        tape_remember_order(known, &order, KNOWN_WORKING);
        known->filled = event->type == EVENT_ORDER_PLACED ? 0 : order.filled;
    }
    tape_tell_difference(&telling, covered);
}

static void position_event(struct tape *tape, struct moment now, const struct event *event,
                           bool covered)
{
    struct operation operation;
    struct position position;
    if (!change_event_row(event, RESOURCE_POSITIONS, &operation, &position) ||
        (covered && !position_is_closed(&position))) {
        return;
    }
    tape_take_position(tape, &position, event_time(event, now), true);
}

/* Events up to the id that the welcome names are those that we missed. */
static void count_replayed(struct tape *tape, const struct event *event)
{
    struct tape_entry *entry = tape_held(tape, tape->stream_entry);
    if (event->type == EVENT_CONNECTED) {
        tape->replay_until = event->id;
    } else if (entry != NULL && event->id != 0 && event->id <= tape->replay_until) {
        entry->filled = first_known(entry->filled, 0) + 1;
        tape_note_changed(tape, entry->number);
    }
}

void tape_event(struct tape *tape, struct moment now, const struct event *event, bool covered)
{
    const struct event_info *info = event_info(event->type);
    if (info->patch_only) {
        return;
    }
    if (tape->stream_entry != 0) {
        count_replayed(tape, event);
    }
    if ((info->panes & RESOURCE_BIT(RESOURCE_ORDERS)) != 0) {
        order_event(tape, now, event, covered);
    }
    if ((info->panes & RESOURCE_BIT(RESOURCE_POSITIONS)) != 0) {
        position_event(tape, now, event, covered);
    }
}
