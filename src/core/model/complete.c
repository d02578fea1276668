#include "complete.h"

#include <assert.h>
#include <string.h>

static const char *const class_names[] = {
    [ORDER_OPEN] = "open", [ORDER_PART] = "part",         [ORDER_DONE] = "done",
    [ORDER_DEAD] = "dead", [ORDER_REJECTED] = "rejected", [ORDER_UNKNOWN] = "unknown",
};
static_assert(sizeof class_names / sizeof *class_names == ORDER_CLASS_COUNT, "a name per class");

/* Any other word is ORDER_UNKNOWN. */
static enum order_class class_parse(const char *word)
{
    int class = 0;
    while (class < ORDER_UNKNOWN && strcmp(class_names[class], word) != 0) {
        class ++;
    }
    return (enum order_class) class;
}

bool span_class(struct span value, enum order_class *ret)
{
    char word[16] = "";
    if (span_type(value) != SPAN_STRING) {
        return false;
    }
    span_string(value, word, sizeof word);
    *ret = class_parse(word);
    return true;
}

/* What the reference server's words mean. */
static enum order_class class_of_status(const struct order *order)
{
    static const struct {
        const char *word;
        enum order_class class;
    } words[] = {
        {"PENDING", ORDER_OPEN},
        {"EXECUTED", ORDER_DONE},
        {"CANCELLED", ORDER_DEAD},
        {"REJECTED", ORDER_REJECTED},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, order->status) == 0) {
            bool part = words[i].class == ORDER_OPEN && order->filled > 0 &&
                        order->filled < order->quantity;
            return part ? ORDER_PART : words[i].class;
        }
    }
    return ORDER_UNKNOWN;
}

static enum order_side side_of(const char *side)
{
    return strcmp(side, "BUY") == 0    ? ORDER_BUY
           : strcmp(side, "SELL") == 0 ? ORDER_SELL
                                       : ORDER_SIDE_UNKNOWN;
}

static enum alert_kind alert_of(const char *type)
{
    return strcmp(type, "ABOVE") == 0   ? ALERT_ABOVE
           : strcmp(type, "BELOW") == 0 ? ALERT_BELOW
                                        : ALERT_CROSSING;
}

void row_complete(enum resource resource, struct row *row)
{
    if (resource == RESOURCE_ORDERS) {
        struct order *order = (struct order *)row;
        bool told = order->told != ORDER_CLASS_COUNT;
        order->class = told ? order->told : class_of_status(order);
        order->gone = order->told == ORDER_UNKNOWN && strcmp(order->status, ORDER_GONE) == 0;
        order->direction = side_of(order->side);
    } else if (resource == RESOURCE_POSITIONS) {
        struct position *position = (struct position *)row;
        position->is_closed = position->is_closed || position->quantity == 0 ||
                              strcmp(position->status, "CLOSED") == 0;
    } else if (resource == RESOURCE_WATCHLISTS) {
        struct watch_item *item = (struct watch_item *)row;
        item->alert = alert_of(item->alert_type);
    }
}

bool class_is_over(enum order_class class)
{
    return class == ORDER_DONE || class == ORDER_DEAD || class == ORDER_REJECTED;
}
