#include <blotter/core/event.h>

#include <assert.h>
#include <string.h>

#define ORDERS RESOURCE_BIT(RESOURCE_ORDERS)
#define POSITIONS RESOURCE_BIT(RESOURCE_POSITIONS)
#define ACCOUNT RESOURCE_BIT(RESOURCE_ACCOUNT)
#define WATCHLISTS RESOURCE_BIT(RESOURCE_WATCHLISTS)

static const struct event_info infos[] = {
    [EVENT_UNKNOWN] = {"", 0, false, 0},
    [EVENT_CONNECTED] = {"connected", 0, false, 0},
    [EVENT_CHANGED] = {"changed", 0, false, 0},
    [EVENT_HEARTBEAT] = {"heartbeat", 0, false, 0},
    [EVENT_RESYNC] = {"resync", RESOURCE_ALL, false, 0},
    [EVENT_ORDER_PLACED] = {"order_placed", ORDERS, false, 0},
    [EVENT_ORDER_EXECUTED] = {"order_executed", ORDERS, false, 0},
    [EVENT_ORDER_CANCELLED] = {"order_cancelled", ORDERS, false, 0},
    [EVENT_ORDER_UPDATED] = {"order_updated", ORDERS, false, 0},
    [EVENT_POSITION_OPENED] = {"position_opened", POSITIONS, false, 0},
    [EVENT_POSITION_UPDATED] = {"position_updated", POSITIONS, false, 0},
    [EVENT_POSITION_CLOSED] = {"position_closed", POSITIONS, false, 0},
    [EVENT_POSITIONS_PNL_UPDATED] = {"positions_pnl_updated", POSITIONS, true, ORDERS | WATCHLISTS},
    [EVENT_BALANCE_UPDATED] = {"balance_updated", ACCOUNT, false, 0},
    [EVENT_MARGIN_BLOCKED] = {"margin_blocked", ACCOUNT, false, 0},
    [EVENT_MARGIN_RELEASED] = {"margin_released", ACCOUNT, false, 0},
    [EVENT_WATCHLIST_UPDATED] = {"watchlist_updated", WATCHLISTS, false, 0},
    [EVENT_WATCHLIST_ITEM_ADDED] = {"watchlist_item_added", WATCHLISTS, false, 0},
    [EVENT_WATCHLIST_ITEM_REMOVED] = {"watchlist_item_removed", WATCHLISTS, false, 0},
    [EVENT_QUOTES_UPDATED] = {"quotes_updated", WATCHLISTS | POSITIONS, true, ORDERS},
};
static_assert(sizeof infos / sizeof *infos == EVENT_TYPE_COUNT, "a row per event type");

const struct event_info *event_info(enum event_type type)
{
    return &infos[type];
}

/* A payload that names no pane we know means all of them. */
static resource_mask changed_panes(struct span data)
{
    resource_mask panes = 0;
    struct span list, key, value;
    struct span_iterator it = {NULL};
    if (!span_member(data, "panes", &list) || span_type(list) != SPAN_ARRAY) {
        return RESOURCE_ALL;
    }
    while (span_next(list, &it, &key, &value)) {
        char word[16];
        enum resource resource;
        size_t len = span_string(value, word, sizeof word);
        panes |= len < sizeof word && resource_parse(word, len, &resource) ? RESOURCE_BIT(resource)
                                                                           : RESOURCE_ALL;
    }
    return panes;
}

resource_mask event_panes(const struct event *event)
{
    return event->type == EVENT_CHANGED ? changed_panes(event->data) : infos[event->type].panes;
}

enum event_type event_type_parse(const char *name, size_t len)
{
    for (int type = EVENT_UNKNOWN + 1; type < EVENT_TYPE_COUNT; type++) {
        const char *known = infos[type].name;
        if (strncmp(known, name, len) == 0 && known[len] == '\0') {
            return (enum event_type)type;
        }
    }
    return EVENT_UNKNOWN;
}

uint64_t event_id_parse(const char *text, size_t len)
{
    uint64_t id = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit > 9 || id > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        id = id * 10 + digit;
    }
    return id;
}

static enum event_type parse_name(struct span name)
{
    char text[64];
    size_t len = span_string(name, text, sizeof text);
    return len < sizeof text ? event_type_parse(text, len) : EVENT_UNKNOWN;
}

bool event_parse(const struct sse_event *sse, struct event *ret)
{
    *ret = (struct event){.type = EVENT_UNKNOWN};
    struct span payload;
    if (!span_check(sse->data, sse->data_len, &payload, NULL) ||
        span_type(payload) != SPAN_OBJECT) {
        return false;
    }
    struct event event = {.type = EVENT_UNKNOWN};
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    while (span_next(payload, &it, &key, &value)) {
        if (span_string_equals(key, "event")) {
            event.name = value;
        } else if (span_string_equals(key, "data")) {
            event.data = value;
        } else if (span_string_equals(key, "timestamp")) {
            event.timestamp = value;
        }
    }
    if (span_type(event.name) != SPAN_STRING) {
        return false;
    }
    event.type = parse_name(event.name);
    if (!infos[event.type].patch_only) {
        event.id = event_id_parse(sse->id, sse->id_len);
    }
    *ret = event;
    return true;
}

bool event_is_foreign(const struct event *event, const char *user)
{
    struct span value;
    return user != NULL && span_member(event->data, "userId", &value) &&
           span_type(value) == SPAN_STRING && !span_string_equals(value, user);
}

void event_refusal(const struct event *event, struct fault *ret)
{
    enum { NAME_SIZE = 64 };
    char name[NAME_SIZE] = "";
    struct span value;
    if (span_member(event->data, "userId", &value)) {
        span_string(value, name, sizeof name);
    }
    fault_set(ret, FAULT_SERVER, 200, "the stream is of user %s, who was not asked for", name);
}
