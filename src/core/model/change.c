#include "change.h"
#include "complete.h"
#include "row.h"

#include <blotter/core/iso8601.h>

#include <assert.h>
#include <math.h>
#include <string.h>

#define MS_MAX 9007199254740992.0 /* to here a double has every integer */
#define COUNT(table) (sizeof(table) / sizeof *(table))

#define AT(member) offsetof(struct order, member)
#define ORDER_MEMBERS(price_member)                                                                \
    {"status", FIELD_TEXT, true, AT(status)}, {"symbol", FIELD_TEXT, false, AT(symbol)},           \
        {"quantity", FIELD_NUMBER, false, AT(quantity)},                                           \
        {"orderSide", FIELD_TEXT, false, AT(side)}, {"orderType", FIELD_TEXT, false, AT(type)},    \
        {"price", FIELD_NUMBER, false, AT(price_member)},                                          \
        {"filledQuantity", FIELD_NUMBER, false, AT(filled)},                                       \
        {"averagePrice", FIELD_NUMBER, false, AT(average_price)},                                  \
        {"class", FIELD_CLASS, false, AT(told)}, {"notional", FIELD_NUMBER, false, AT(notional)},  \
        {"productType", FIELD_TEXT, false, AT(product)},                                           \
        {"failureReason", FIELD_TEXT, false, AT(failure_reason)},                                  \
        {"createdAt", FIELD_TIME, false, AT(created_ms)},                                          \
        {"executedAt", FIELD_TIME, false, AT(executed_ms)},                                        \
        {"updatedAt", FIELD_STAMP, false, AT(updated_ns)},                                         \
        {"currency", FIELD_TEXT, false, AT(currency)},                                             \
    {                                                                                              \
        "multiplier", FIELD_NUMBER, false, AT(multiplier)                                          \
    }
static const struct change_member order_members[] = {ORDER_MEMBERS(price)};
/* The price of an executed order is its average price. */
static const struct change_member executed_members[] = {ORDER_MEMBERS(average_price)};
static const struct change_member order_price_members[] = {
    {"currentPrice", FIELD_NUMBER, false, AT(ltp)},
};
static const struct change_member order_quote_members[] = {
    {"ltp", FIELD_NUMBER, false, AT(ltp)},
    {"bid", FIELD_NUMBER, false, AT(bid)},
    {"ask", FIELD_NUMBER, false, AT(ask)},
};
#undef AT

#define AT(member) offsetof(struct position, member)
static const struct change_member position_members[] = {
    {"symbol", FIELD_TEXT, true, AT(symbol)},
    {"quantity", FIELD_NUMBER, true, AT(quantity)},
    {"averagePrice", FIELD_NUMBER, false, AT(average_price)},
    {"realizedPnL", FIELD_NUMBER, false, AT(realized_pnl)},
    {"updatedAt", FIELD_STAMP, false, AT(updated_ns)},
};
static const struct change_member pnl_members[] = {
    {"unrealizedPnL", FIELD_NUMBER, true, AT(unrealized_pnl)},
    {"dayPnL", FIELD_NUMBER, true, AT(day_pnl)},
    {"currentPrice", FIELD_NUMBER, false, AT(current_price)},
};
static const struct change_member position_quote_members[] = {
    {"ltp", FIELD_NUMBER, false, AT(current_price)},
    {"bid", FIELD_NUMBER, false, AT(bid)},
    {"ask", FIELD_NUMBER, false, AT(ask)},
};
#undef AT

#define AT(member) offsetof(struct account, member)
static const struct change_member account_members[] = {
    {"balance", FIELD_NUMBER, true, AT(balance)},
    {"availableMargin", FIELD_NUMBER, false, AT(available_margin)},
    {"usedMargin", FIELD_NUMBER, false, AT(used_margin)},
};
#undef AT

#define AT(member) offsetof(struct watch_item, member)
static const struct change_member item_price_members[] = {
    {"currentPrice", FIELD_NUMBER, false, AT(ltp)},
    {"updatedAtMs", FIELD_INT, false, AT(updated_ms)},
};
static const struct change_member item_quote_members[] = {
    {"ltp", FIELD_NUMBER, false, AT(ltp)},
    {"change", FIELD_NUMBER, false, AT(change)},
    {"changePercent", FIELD_NUMBER, false, AT(change_percent)},
    {"volume", FIELD_NUMBER, false, AT(volume)},
    {"updatedAtMs", FIELD_INT, false, AT(updated_ms)},
    {"bid", FIELD_NUMBER, false, AT(bid)},
    {"ask", FIELD_NUMBER, false, AT(ask)},
    {"open", FIELD_NUMBER, false, AT(open)},
    {"high", FIELD_NUMBER, false, AT(high)},
    {"low", FIELD_NUMBER, false, AT(low)},
    {"close", FIELD_NUMBER, false, AT(close)},
    {"name", FIELD_TEXT, false, AT(name)},
};
#undef AT

static_assert(sizeof(struct order) <= UINT16_MAX && sizeof(struct position) <= UINT16_MAX &&
                  sizeof(struct watch_item) <= UINT16_MAX,
              "offsets fit");
static_assert(COUNT(order_members) + 3 <= CHANGE_VALUES_MAX &&
                  COUNT(executed_members) + 3 <= CHANGE_VALUES_MAX &&
                  COUNT(position_members) + 2 <= CHANGE_VALUES_MAX &&
                  COUNT(item_quote_members) + 2 <= CHANGE_VALUES_MAX,
              "room for the members and for what they imply");

#define MEMBERS(table) table, COUNT(table)
#define ORDER(type, action, table)                                                                 \
    {                                                                                              \
        type, RESOURCE_ORDERS, action, false, CHANGE_ROW, "orderId", NULL, MEMBERS(table)          \
    }
#define POSITION(type, action)                                                                     \
    {                                                                                              \
        type, RESOURCE_POSITIONS, action, false, CHANGE_ROW, "positionId", NULL,                   \
            MEMBERS(position_members)                                                              \
    }
#define ACCOUNT(type)                                                                              \
    {                                                                                              \
        type, RESOURCE_ACCOUNT, CHANGE_SET, false, CHANGE_ROW, "tradingAccountId", NULL,           \
            MEMBERS(account_members)                                                               \
    }

static const struct change changes[] = {
    ORDER(EVENT_ORDER_PLACED, CHANGE_PUT, order_members),
    ORDER(EVENT_ORDER_EXECUTED, CHANGE_SET, executed_members),
    ORDER(EVENT_ORDER_CANCELLED, CHANGE_SET, order_members),
    ORDER(EVENT_ORDER_UPDATED, CHANGE_SET, order_members),
    POSITION(EVENT_POSITION_OPENED, CHANGE_INSERT),
    POSITION(EVENT_POSITION_UPDATED, CHANGE_SET),
    POSITION(EVENT_POSITION_CLOSED, CHANGE_SET),
    {EVENT_POSITIONS_PNL_UPDATED, RESOURCE_POSITIONS, CHANGE_SET, true, CHANGE_ROW, "positionId",
     NULL, MEMBERS(pnl_members)},
    {EVENT_POSITIONS_PNL_UPDATED, RESOURCE_WATCHLISTS, CHANGE_SET, true,
     CHANGE_INSTRUMENT_OF_POSITION, "positionId", NULL, MEMBERS(item_price_members)},
    {EVENT_POSITIONS_PNL_UPDATED, RESOURCE_ORDERS, CHANGE_SET, true, CHANGE_INSTRUMENT_OF_POSITION,
     "positionId", NULL, MEMBERS(order_price_members)},
    ACCOUNT(EVENT_BALANCE_UPDATED),
    ACCOUNT(EVENT_MARGIN_BLOCKED),
    ACCOUNT(EVENT_MARGIN_RELEASED),
    {EVENT_WATCHLIST_ITEM_ADDED, RESOURCE_WATCHLISTS, CHANGE_EXPECT, false, CHANGE_ROW, "itemId",
     NULL, NULL, 0},
    {EVENT_WATCHLIST_ITEM_REMOVED, RESOURCE_WATCHLISTS, CHANGE_REMOVE, false, CHANGE_ROW, "itemId",
     NULL, NULL, 0},
    {EVENT_QUOTES_UPDATED, RESOURCE_WATCHLISTS, CHANGE_SET, true, CHANGE_INSTRUMENT, "instrumentId",
     "symbol", MEMBERS(item_quote_members)},
    {EVENT_QUOTES_UPDATED, RESOURCE_POSITIONS, CHANGE_SET, true, CHANGE_INSTRUMENT, "instrumentId",
     "symbol", MEMBERS(position_quote_members)},
    {EVENT_QUOTES_UPDATED, RESOURCE_ORDERS, CHANGE_SET, true, CHANGE_INSTRUMENT, "instrumentId",
     "symbol", MEMBERS(order_quote_members)},
};

const struct change *change_find(enum event_type type, enum resource resource)
{
    for (size_t i = 0; i < COUNT(changes); i++) {
        if (changes[i].type == type && changes[i].resource == resource) {
            return &changes[i];
        }
    }
    return NULL;
}

static bool read_text(struct span value, char out[CHANGE_TEXT_MAX])
{
    return span_type(value) == SPAN_STRING &&
           span_string(value, out, CHANGE_TEXT_MAX) < CHANGE_TEXT_MAX;
}

static bool read_time(struct span value, bool (*parse)(const char *, size_t, int64_t *),
                      int64_t *ret)
{
    char text[CHANGE_TEXT_MAX];
    return read_text(value, text) && parse(text, strlen(text), ret);
}

/* Milliseconds; what is finer than one is cut off. */
static bool read_ms(struct span value, int64_t *ret)
{
    double ms;
    if (span_int64(value, ret)) {
        return true;
    }
    if (!span_double(value, &ms) || !(fabs(ms) < MS_MAX)) {
        return false;
    }
    *ret = (int64_t)ms;
    return true;
}

static bool read_value(struct operation *operation, const struct change_member *member,
                       struct span value)
{
    struct change_value *to = &operation->values[operation->count];
    *to = (struct change_value){.type = member->type, .offset = (uint16_t)member->offset};
    switch (member->type) {
    case FIELD_TEXT:
        to->text = operation->texts[operation->count];
        return read_text(value, operation->texts[operation->count]);
    case FIELD_INT: /* of events only the moment of a tick is one */
        return read_ms(value, &to->integer);
    case FIELD_TIME:
        return read_time(value, iso8601_parse, &to->integer);
    case FIELD_STAMP:
        return read_time(value, iso8601_parse_ns, &to->integer);
    case FIELD_CLASS:
        return span_class(value, &to->class);
    default:
        return span_double(value, &to->number);
    }
}

/* The values of a payload's object, found in one walk. ptr NULL: absent or null. */
struct found {
    struct span key;
    struct span other_key;
    struct span told;
    struct span members[CHANGE_VALUES_MAX];
};

static struct span *find_place(const struct change *change, struct span key, struct found *found)
{
    for (size_t i = 0; i < change->member_count; i++) {
        if (span_string_equals(key, change->members[i].name)) {
            return &found->members[i];
        }
    }
    return NULL;
}

static void find_values(const struct change *change, struct span object, struct found *ret)
{
    struct span_iterator it = {NULL};
    struct span key;
    struct span value;
    while (span_next(object, &it, &key, &value)) {
        if (span_type(value) == SPAN_NULL) {
            value = (struct span){NULL, 0};
        }
        if (change->many && span_string_equals(key, "updatedAtMs")) {
            ret->told = value;
        }
        if (span_string_equals(key, change->key)) {
            ret->key = value;
        } else if (change->other_key != NULL && span_string_equals(key, change->other_key)) {
            ret->other_key = value;
        } else {
            struct span *place = find_place(change, key, ret);
            if (place != NULL) {
                *place = value;
            }
        }
    }
}

/* A number is its own id, as it was written. */
static bool read_key(struct span value, char out[CHANGE_TEXT_MAX])
{
    out[0] = '\0';
    if (value.ptr == NULL || span_type(value) != SPAN_NUMBER) {
        return value.ptr == NULL || read_text(value, out);
    }
    if (value.len >= CHANGE_TEXT_MAX) {
        return false;
    }
    memcpy(out, value.ptr, value.len);
    out[value.len] = '\0';
    return true;
}

/* At least one of the two keys names something. */
static bool read_keys(const struct found *found, struct operation *operation)
{
    if (!read_key(found->key, operation->key) ||
        !read_key(found->other_key, operation->other_key)) {
        return false;
    }
    if (operation->key[0] == '\0') {
        memcpy(operation->key, operation->other_key, sizeof operation->key);
        operation->other_key[0] = '\0';
    }
    return operation->key[0] != '\0';
}

/* A quote has a last price, or bid and ask. */
static bool has_price(const struct change *change, const struct found *found)
{
    bool bid = false, ask = false;
    for (size_t i = 0; i < change->member_count; i++) {
        const char *name = change->members[i].name;
        if (found->members[i].ptr == NULL) {
            continue;
        }
        if (strcmp(name, "ltp") == 0) {
            return true;
        }
        bid = bid || strcmp(name, "bid") == 0;
        ask = ask || strcmp(name, "ask") == 0;
    }
    return bid && ask;
}

bool change_read(const struct change *change, struct span object, struct operation *ret)
{
    ret->change = change;
    ret->count = 0;
    ret->told_ms = MODEL_NO_TIME;
    struct found found = {.key = {NULL, 0}};
    if (span_type(object) != SPAN_OBJECT) {
        return false;
    }
    find_values(change, object, &found);
    if (found.told.ptr != NULL && !read_ms(found.told, &ret->told_ms)) {
        return false;
    }
    if (!read_keys(&found, ret)) {
        return false;
    }
    for (size_t i = 0; i < change->member_count; i++) {
        const struct change_member *member = &change->members[i];
        if (found.members[i].ptr == NULL) {
            if (member->required) {
                return false;
            }
            continue;
        }
        if (!read_value(ret, member, found.members[i])) {
            return false;
        }
        ret->count++;
    }
    return change->names != CHANGE_INSTRUMENT || has_price(change, &found);
}

const struct change_value *change_value_at(const struct change_value *values, size_t count,
                                           size_t offset)
{
    size_t i = 0;
    while (i < count && values[i].offset != offset) {
        i++;
    }
    return i < count ? &values[i] : NULL;
}

static struct change_value *find_value(struct operation *operation, size_t offset)
{
    const struct change_value *value = change_value_at(operation->values, operation->count, offset);
    return value != NULL ? &operation->values[value - operation->values] : NULL;
}

static struct change_value *add_value(struct operation *operation, enum field_type type,
                                      size_t offset)
{
    struct change_value *value = &operation->values[operation->count++];
    *value = (struct change_value){.type = type, .offset = (uint16_t)offset, .implied = true};
    return value;
}

/*
 * An executed order is filled in full unless it says otherwise; a status without a class is classed
 * anew, whatever class the row had.
 */
static void complete_order(struct operation *operation, int64_t event_ms)
{
    struct change_value *price = find_value(operation, offsetof(struct order, price));
    const struct change_value *status = find_value(operation, offsetof(struct order, status));
    if (status == NULL) {
        return; /* a price, and nothing of the order itself */
    }
    if (price != NULL && strcmp(status->text, "EXECUTED") == 0) {
        price->implied = true; /* the limit's, or the average: servers differ */
    }
    size_t filled = offsetof(struct order, filled), created = offsetof(struct order, created_ms);
    const struct change_value *quantity = find_value(operation, offsetof(struct order, quantity));
    if (operation->change->type == EVENT_ORDER_EXECUTED && quantity != NULL &&
        find_value(operation, filled) == NULL) {
        double all = quantity->number;
        add_value(operation, FIELD_NUMBER, filled)->number = all;
    }
    if (find_value(operation, offsetof(struct order, told)) == NULL) {
        add_value(operation, FIELD_CLASS, offsetof(struct order, told))->class = ORDER_CLASS_COUNT;
    }
    if (operation->change->action == CHANGE_PUT && event_ms != MODEL_NO_TIME &&
        find_value(operation, created) == NULL) {
        struct change_value *value = add_value(operation, FIELD_TIME, created);
        value->integer = event_ms;
        value->only_new = true;
    }
}

static void complete_position(struct operation *operation, int64_t event_ms)
{
    const struct change_value *quantity =
        find_value(operation, offsetof(struct position, quantity));
    bool closed = quantity->number == 0 || operation->change->type == EVENT_POSITION_CLOSED;
    add_value(operation, FIELD_BOOL, offsetof(struct position, is_closed))->flag = closed;
    if (operation->change->action == CHANGE_INSERT && event_ms != MODEL_NO_TIME) {
        add_value(operation, FIELD_TIME, offsetof(struct position, created_ms))->integer = event_ms;
    }
}

/* A change belongs to its price: with a new price the old change says nothing. */
static void complete_quote(struct operation *operation)
{
    static const size_t offsets[] = {offsetof(struct watch_item, change),
                                     offsetof(struct watch_item, change_percent)};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        if (find_value(operation, offsets[i]) == NULL) {
            add_value(operation, FIELD_NUMBER, offsets[i])->number = (double)NAN;
        }
    }
}

void change_complete(struct operation *operation, int64_t event_ms)
{
    const struct change *change = operation->change;
    if (change->resource == RESOURCE_ORDERS) {
        complete_order(operation, event_ms);
    } else if (change->resource == RESOURCE_POSITIONS && !change->many) {
        complete_position(operation, event_ms);
    } else if (change->names != CHANGE_ROW && change->resource == RESOURCE_WATCHLISTS) {
        complete_quote(operation);
    }
}

int64_t change_updated(const struct change *change, const struct change_value *values, size_t count)
{
    size_t offset = row_places(change->resource)->updated_ns;
    const struct change_value *updated =
        offset != 0 ? change_value_at(values, count, offset) : NULL;
    return updated != NULL ? updated->integer : MODEL_NO_TIME;
}

void change_write(const struct change_value *values, size_t count, void *row, bool inserted)
{
    for (size_t i = 0; i < count; i++) {
        void *at = (char *)row + values[i].offset;
        if (values[i].only_new && !inserted) {
            continue;
        }
        switch (values[i].type) {
        case FIELD_TEXT:
            *(const char **)at = values[i].text;
            break;
        case FIELD_NUMBER:
            *(double *)at = values[i].number;
            break;
        case FIELD_BOOL:
            *(bool *)at = values[i].flag;
            break;
        case FIELD_CLASS:
            *(enum order_class *)at = values[i].class;
            break;
        default:
            *(int64_t *)at = values[i].integer;
            break;
        }
    }
}

static int64_t event_time(const struct event *event)
{
    char text[ISO8601_SIZE];
    int64_t ms = MODEL_NO_TIME;
    size_t len = span_string(event->timestamp, text, sizeof text);
    if (len < sizeof text) {
        iso8601_parse(text, len, &ms);
    }
    return ms;
}

bool change_read_event(const struct event *event, enum resource resource, struct operation *ret)
{
    const struct change *change = change_find(event->type, resource);
    if (change == NULL || change->many || !change_read(change, event->data, ret)) {
        return false;
    }
    change_complete(ret, event_time(event));
    return true;
}

bool change_event_row(const struct event *event, enum resource resource,
                      struct operation *operation, void *row)
{
    if (!change_read_event(event, resource, operation)) {
        return false;
    }
    fields_clear(field_table(resource), row);
    ((struct row *)row)->id = operation->key;
    change_write(operation->values, operation->count, row, true);
    row_complete(resource, row);
    return true;
}
