#include "world.h"

#include <stdio.h>
#include <string.h>

static const char *const statuses[] = {"PENDING", "EXECUTED", "CANCELLED"};
enum { PENDING, EXECUTED, CANCELLED };

uint64_t dice_roll(struct dice *dice)
{
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned dice_below(struct dice *dice, unsigned n)
{
    return (unsigned)(dice_roll(dice) % n);
}

bool dice_one_in(struct dice *dice, unsigned n)
{
    return dice_below(dice, n) == 0;
}

static void fill(struct world *world, struct dice *dice)
{
    world->order_count = dice_below(dice, WORLD_ROWS);
    world->position_count = dice_below(dice, WORLD_ROWS);
    world->item_count = 1 + dice_below(dice, WORLD_ROWS - 1);
    world->balance = (int)dice_below(dice, 1000);
    for (size_t i = 0; i < WORLD_ROWS; i++) {
        world->orders[i] =
            (struct world_order){.id = world->next_row++, .quantity = 10, .price = 5};
        world->positions[i] = (struct world_position){.id = world->next_row++, .quantity = 7};
        world->items[i] = (struct world_item){.id = world->next_row++};
        world->prices[i] = 100 + dice_below(dice, 10);
    }
}

void world_init(struct world *world, struct dice *dice, bool extensions)
{
    memset(world, 0, offsetof(struct world, log));
    world->logged = 0;
    world->extensions = extensions;
    world->next_row = 1;
    world->last_id = WORLD_ID_STEP * (1 + (uint64_t)dice_below(dice, 50));
    world->welcome_is_current = dice_one_in(dice, 2);
    world->silent = dice_one_in(dice, 10);
    world->reads_without_ids = dice_one_in(dice, 10);
    fill(world, dice);
}

void world_replace(struct world *world, struct dice *dice)
{
    world->history++;
    world->logged = 0;
    world->last_id =
        WORLD_ID_STEP * (1 + (uint64_t)dice_below(dice, 60)) + world->history % WORLD_ID_STEP;
    fill(world, dice);
    world->stamp++;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        world->changed[r] = world->touched[r] = world->stamp;
    }
}

/* Orders have a symbol of their own: the prices that quotes move in them are never confirmed alone.
 */
static void tell_order(struct world_event *event, const char *type, const struct world_order *order)
{
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"%s\",\"data\":{\"orderId\":\"o%u\",\"symbol\":\"T\",\"quantity\":%u,"
             "\"orderSide\":\"BUY\",\"status\":\"%s\",\"price\":%u,\"filledQuantity\":%u}}",
             type, order->id, order->quantity, statuses[order->status], order->price,
             order->filled);
    event->panes = RESOURCE_BIT(RESOURCE_ORDERS);
}

static void change_order(struct world *world, struct dice *dice, struct world_event *event)
{
    size_t i = dice_below(dice, WORLD_ROWS);
    /* What is done is done: in its place comes another. */
    if (i >= world->order_count || world->orders[i].status != PENDING) {
        size_t keep = world->order_count < WORLD_ROWS ? world->order_count : WORLD_ROWS - 1;
        memmove(world->orders + 1, world->orders, keep * sizeof *world->orders);
        world->orders[0] = (struct world_order){
            .id = world->next_row++, .quantity = 10 + dice_below(dice, 3), .price = 5};
        world->order_count = keep + 1;
        tell_order(event, "order_placed", &world->orders[0]);
        return;
    }
    struct world_order *order = &world->orders[i];
    switch (dice_below(dice, 3)) {
    case 0:
        order->status = EXECUTED;
        order->filled = order->quantity;
        tell_order(event, "order_executed", order);
        break;
    case 1:
        order->status = CANCELLED;
        tell_order(event, "order_cancelled", order);
        break;
    default:
        order->price++;
        tell_order(event, "order_updated", order);
        break;
    }
}

static void tell_position(struct world_event *event, const char *type,
                          const struct world_position *position)
{
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"%s\",\"data\":{\"positionId\":\"p%u\",\"symbol\":\"S\",\"quantity\":%d,"
             "\"averagePrice\":50}}",
             type, position->id, position->quantity);
    event->panes = RESOURCE_BIT(RESOURCE_POSITIONS);
}

static void change_position(struct world *world, struct dice *dice, struct world_event *event)
{
    size_t i = dice_below(dice, WORLD_ROWS);
    if (i >= world->position_count) {
        world->positions[i] = world->positions[world->position_count];
        i = world->position_count++;
        world->positions[i] = (struct world_position){.id = world->next_row++, .quantity = 3};
        tell_position(event, "position_opened", &world->positions[i]);
        return;
    }
    struct world_position *position = &world->positions[i];
    bool closes = dice_one_in(dice, 4);
    position->quantity = closes ? 0 : position->quantity - 1 - (int)dice_below(dice, 3);
    tell_position(event, closes ? "position_closed" : "position_updated", position);
    if (closes) {
        *position = world->positions[--world->position_count];
    }
}

static void change_account(struct world *world, struct dice *dice, struct world_event *event)
{
    static const char *const types[] = {"balance_updated", "margin_blocked", "margin_released"};
    world->balance += 1 + (int)dice_below(dice, 9);
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"%s\",\"data\":{\"tradingAccountId\":\"a\",\"balance\":%d,"
             "\"availableMargin\":%d,\"usedMargin\":1}}",
             types[dice_below(dice, 3)], world->balance, world->balance - 1);
    event->panes = RESOURCE_BIT(RESOURCE_ACCOUNT);
}

static void change_list(struct world *world, struct dice *dice, struct world_event *event)
{
    const char *type = "watchlist_updated";
    const char *action = "item_updated";
    unsigned id = 0;
    if (world->item_count < WORLD_ROWS && dice_one_in(dice, 2)) {
        type = "watchlist_item_added";
        action = "item_added";
        id = world->next_row++;
        world->items[world->item_count++].id = id;
    } else if (world->item_count > 1) {
        type = "watchlist_item_removed";
        action = "item_removed";
        size_t i = dice_below(dice, (unsigned)world->item_count);
        id = world->items[i].id;
        world->item_count--;
        memmove(world->items + i, world->items + i + 1,
                (world->item_count - i) * sizeof *world->items);
    } else {
        world->items[0].id = world->next_row++;
    }
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"%s\",\"data\":{\"watchlistId\":\"w\",\"action\":\"%s\","
             "\"itemId\":\"i%u\"}}",
             type, action, id);
    event->panes = RESOURCE_BIT(RESOURCE_WATCHLISTS);
}

static void change_quotes(struct world *world, struct dice *dice, struct world_event *event)
{
    unsigned i = dice_below(dice, WORLD_ROWS);
    world->prices[i] += 1 + dice_below(dice, 3);
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"quotes_updated\",\"data\":{\"updates\":[{\"instrumentId\":\"N%u\","
             "\"symbol\":\"S\",\"ltp\":%u}]}}",
             i, world->prices[i]);
    event->panes = RESOURCE_BIT(RESOURCE_WATCHLISTS) | RESOURCE_BIT(RESOURCE_POSITIONS);
}

static void change_pnl(struct world *world, struct dice *dice, struct world_event *event)
{
    size_t i = dice_below(dice, WORLD_ROWS);
    if (i >= world->position_count) {
        change_quotes(world, dice, event);
        return;
    }
    struct world_position *position = &world->positions[i];
    position->pnl += (int)dice_below(dice, 9) - 4;
    snprintf(event->data, sizeof event->data,
             "{\"event\":\"positions_pnl_updated\",\"data\":{\"updates\":[{\"positionId\":\"p%u\","
             "\"unrealizedPnL\":%d,\"dayPnL\":%d,\"updatedAtMs\":1}]}}",
             position->id, position->pnl, position->pnl + 1);
    event->panes = RESOURCE_BIT(RESOURCE_POSITIONS);
}

void world_change(struct world *world, struct dice *dice, struct world_event *ret)
{
    static void (*const changes[])(struct world *, struct dice *, struct world_event *) = {
        change_order, change_order, change_position, change_account,
        change_list,  change_pnl,   change_quotes};
    unsigned which = dice_below(dice, sizeof changes / sizeof *changes);
    bool transient = which >= 5;
    changes[which](world, dice, ret);
    ret->stamp = ++world->stamp;
    ret->id = 0;
    if (!transient && world->extensions) {
        ret->id = world->last_id += WORLD_ID_STEP;
        world->log[world->logged++ % WORLD_LOG] = *ret;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        if ((ret->panes & RESOURCE_BIT(r)) != 0) {
            world->touched[r] = ret->stamp;
            world->changed[r] = transient ? world->changed[r] : ret->stamp;
        }
    }
}

static size_t log_first(const struct world *world)
{
    return world->logged > WORLD_LOG ? world->logged - WORLD_LOG : 0;
}

bool world_holds(const struct world *world, uint64_t id)
{
    if (id > world->last_id || id % WORLD_ID_STEP != world->last_id % WORLD_ID_STEP) {
        return false;
    }
    return (world->last_id - id) / WORLD_ID_STEP <= world->logged - log_first(world);
}

const struct world_event *world_after(const struct world *world, uint64_t id, size_t i)
{
    size_t missed = (size_t)((world->last_id - id) / WORLD_ID_STEP);
    return i < missed ? &world->log[(world->logged - missed + i) % WORLD_LOG] : NULL;
}

static void orders_body(const struct world *world, struct buf *into)
{
    buf_append_text(into, "{\"success\":true,\"orders\":[");
    for (size_t i = 0; i < world->order_count; i++) {
        const struct world_order *order = &world->orders[i];
        buf_printf(into,
                   "%s{\"id\":\"o%u\",\"symbol\":\"T\",\"quantity\":%u,\"orderSide\":\"BUY\","
                   "\"status\":\"%s\",\"%s\":%u,\"filledQuantity\":%u}",
                   i > 0 ? "," : "", order->id, order->quantity, statuses[order->status],
                   order->status == EXECUTED ? "averagePrice" : "price", order->price,
                   order->filled);
    }
    buf_append_text(into, "]}");
}

static void positions_body(const struct world *world, struct buf *into)
{
    buf_append_text(into, "{\"success\":true,\"positions\":[");
    for (size_t i = 0; i < world->position_count; i++) {
        const struct world_position *position = &world->positions[i];
        unsigned stock = position->id % WORLD_ROWS;
        buf_printf(into,
                   "%s{\"id\":\"p%u\",\"symbol\":\"S\",\"quantity\":%d,\"averagePrice\":50,"
                   "\"unrealizedPnL\":%d,\"dayPnL\":%d,\"currentPrice\":%u,\"stock\":{"
                   "\"instrumentId\":\"N%u\"}}",
                   i > 0 ? "," : "", position->id, position->quantity, position->pnl,
                   position->pnl + 1, world->prices[stock], stock);
    }
    buf_append_text(into, "]}");
}

static void account_body(const struct world *world, struct buf *into)
{
    buf_printf(into,
               "{\"success\":true,\"account\":{\"id\":\"a\",\"balance\":%d,\"availableMargin\":%d,"
               "\"usedMargin\":1}}",
               world->balance, world->balance - 1);
}

static void lists_body(const struct world *world, struct buf *into)
{
    buf_append_text(into, "{\"watchlists\":[{\"id\":\"w\",\"name\":\"n\",\"items\":[");
    for (size_t i = 0; i < world->item_count; i++) {
        unsigned stock = world->items[i].id % WORLD_ROWS;
        buf_printf(
            into,
            "%s{\"id\":\"i%u\",\"stock\":{\"symbol\":\"S\",\"instrumentId\":\"N%u\",\"ltp\":%u}}",
            i > 0 ? "," : "", world->items[i].id, stock, world->prices[stock]);
    }
    buf_append_text(into, "]}]}");
}

void world_body(const struct world *world, enum resource resource, struct buf *into)
{
    static void (*const bodies[])(const struct world *, struct buf *) = {
        [RESOURCE_ORDERS] = orders_body,
        [RESOURCE_POSITIONS] = positions_body,
        [RESOURCE_ACCOUNT] = account_body,
        [RESOURCE_WATCHLISTS] = lists_body,
    };
    bodies[resource](world, into);
}
