/* The writes to orders and positions: what is asked is checked here, what it does is for trade. */
#include "api.h"
#include "book/trade.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static void answer(struct call *call, enum trade_result result, const struct trade_reply *reply,
                   const char *id_name)
{
    static const int statuses[] = {[TRADE_OK] = 200,
                                   [TRADE_INVALID] = 400,
                                   [TRADE_NOT_FOUND] = 404,
                                   [TRADE_CONFLICT] = 409,
                                   [TRADE_FAILED] = 500};
    if (result != TRADE_OK) {
        call_fail(call, statuses[result], "%s", reply->message);
        return;
    }
    call->status = 200;
    TEXT_LITERAL(&call->reply, "{\"success\":true,\"");
    text_puts(&call->reply, id_name);
    TEXT_LITERAL(&call->reply, "\":");
    text_string(&call->reply, reply->id, strlen(reply->id));
    TEXT_LITERAL(&call->reply, ",\"message\":");
    text_string(&call->reply, reply->message, strlen(reply->message));
    TEXT_LITERAL(&call->reply, "}");
}

/* Finds a word in a list; says 400 when it is none of them. */
static bool one_of(struct call *call, const struct call_value *value, const char *name,
                   const char *const words[])
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value->text) == 0) {
            return true;
        }
    }
    call_fail(call, 400, "%s must be %s, %s%s%s", name, words[0], words[1],
              words[2] != NULL ? " or " : "", words[2] != NULL ? words[2] : "");
    return false;
}

void orders_place(struct api *api, struct call *call)
{
    enum { SYMBOL, QUANTITY, TYPE, SIDE, PRICE, PRODUCT, COUNT };
    static const struct call_member members[] = {
        [SYMBOL] = {"symbol", CALL_TEXT, true},  [QUANTITY] = {"quantity", CALL_QUANTITY, true},
        [TYPE] = {"orderType", CALL_TEXT, true}, [SIDE] = {"orderSide", CALL_TEXT, true},
        [PRICE] = {"price", CALL_PRICE, false},  [PRODUCT] = {"productType", CALL_TEXT, false},
        [COUNT] = {NULL, CALL_TEXT, false},
    };
    static const char *const types[] = {"MARKET", "LIMIT", NULL};
    static const char *const sides[] = {"BUY", "SELL", NULL};
    static const char *const products[] = {"MIS", "CNC", "NRML", NULL};
    struct call_value values[COUNT];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values) &&
        one_of(call, &values[TYPE], "orderType", types) &&
        one_of(call, &values[SIDE], "orderSide", sides) &&
        (!values[PRODUCT].given || one_of(call, &values[PRODUCT], "productType", products))) {
        bool is_limit = strcmp(values[TYPE].text, "LIMIT") == 0;
        struct trade_order order = {
            .symbol = values[SYMBOL].text,
            .quantity = values[QUANTITY].whole,
            .is_limit = is_limit,
            .is_sell = strcmp(values[SIDE].text, "SELL") == 0,
            .price = is_limit ? values[PRICE].number : (double)NAN,
            .product = values[PRODUCT].given ? values[PRODUCT].text : "MIS",
        };
        struct trade_reply reply = {0};
        if (is_limit && !values[PRICE].given) {
            call_fail(call, 400, "price is missing: a LIMIT order needs one");
        } else {
            answer(call, trade_place(api->db, &api->dice, call->user, &order, &reply), &reply,
                   "orderId");
        }
    }
    call_body_done(&body);
}

void orders_modify(struct api *api, struct call *call)
{
    enum { ID, PRICE, QUANTITY, COUNT };
    static const struct call_member members[] = {
        [ID] = {"orderId", CALL_TEXT, true},
        [PRICE] = {"price", CALL_PRICE, false},
        [QUANTITY] = {"quantity", CALL_QUANTITY, false},
        [COUNT] = {NULL, CALL_TEXT, false},
    };
    struct call_value values[COUNT];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values)) {
        if (!values[PRICE].given && !values[QUANTITY].given) {
            call_fail(call, 400, "price or quantity must be given");
        } else {
            struct trade_change change = {values[QUANTITY].whole, values[PRICE].number};
            struct trade_reply reply = {0};
            answer(call, trade_modify(api->db, call->user, values[ID].text, &change, &reply),
                   &reply, "orderId");
        }
    }
    call_body_done(&body);
}

void orders_cancel(struct api *api, struct call *call)
{
    static const struct call_member members[] = {{"orderId", CALL_TEXT, true},
                                                 {NULL, CALL_TEXT, false}};
    struct call_value values[1];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values)) {
        struct trade_reply reply = {0};
        answer(call, trade_cancel(api->db, call->user, values[0].text, &reply), &reply, "orderId");
    }
    call_body_done(&body);
}

void positions_close(struct api *api, struct call *call)
{
    static const struct call_member members[] = {{"positionId", CALL_TEXT, true},
                                                 {"exitPrice", CALL_PRICE, false},
                                                 {NULL, CALL_TEXT, false}};
    struct call_value values[2];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values)) {
        struct trade_reply reply = {0};
        answer(
            call,
            trade_close(api->db, &api->dice, call->user, values[0].text, values[1].number, &reply),
            &reply, "positionId");
    }
    call_body_done(&body);
}

void positions_guard(struct api *api, struct call *call)
{
    static const struct call_member members[] = {
        {"positionId", CALL_TEXT, true}, {"updates", CALL_OBJECT, true}, {NULL, CALL_TEXT, false}};
    static const struct call_member updates[] = {{"stopLoss", CALL_PRICE_OR_NULL, false},
                                                 {"target", CALL_PRICE_OR_NULL, false},
                                                 {NULL, CALL_TEXT, false}};
    struct call_value values[2], changes[2];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values) &&
        call_body_read(call, &body, values[1].object, updates, changes)) {
        if (!changes[0].given && !changes[1].given) {
            call_fail(call, 400, "stopLoss or target must be given");
        } else {
            struct trade_guards guards = {changes[0].given, changes[1].given, changes[0].number,
                                          changes[1].number};
            struct trade_reply reply = {0};
            answer(call, trade_guard(api->db, call->user, values[0].text, &guards, &reply), &reply,
                   "positionId");
        }
    }
    call_body_done(&body);
}
