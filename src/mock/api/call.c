#include "book/trade.h"
#include "call.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const call_methods[CALL_METHODS] = {"GET", "HEAD",   "POST", "PATCH",
                                                "PUT", "DELETE", "other"};

size_t call_method(const struct call *call)
{
    size_t method = 0;
    while (method < CALL_METHODS - 1 && strcmp(call_methods[method], call->method) != 0) {
        method++;
    }
    return method;
}

#define TEXT_MAX 100

void call_fail(struct call *call, int status, const char *format, ...)
{
    char sentence[256];
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    call->status = status;
    call->is_read = false;
    call->content_type = NULL;
    call->reply.len = 0;
    TEXT_LITERAL(&call->reply, "{\"error\":");
    text_string(&call->reply, sentence, strlen(sentence));
    TEXT_LITERAL(&call->reply, "}");
}

/* --- one value of each kind --------------------------------------------------------------- */

static bool take_text(json_t *json, struct call_value *ret)
{
    ret->text = json_string_value(json);
    size_t len = json_string_length(json);
    return ret->text != NULL && len <= TEXT_MAX && ret->text[strspn(ret->text, " \t\r\n")] != '\0';
}

static bool take_whole(json_t *json, struct call_value *ret)
{
    ret->whole = json_integer_value(json);
    return json_is_integer(json);
}

static bool take_quantity(json_t *json, struct call_value *ret)
{
    return take_whole(json, ret) && ret->whole >= 1 && ret->whole <= TRADE_QUANTITY_MAX;
}

static bool take_price(json_t *json, struct call_value *ret)
{
    ret->number = json_number_value(json);
    return json_is_number(json) && ret->number > 0 && ret->number <= TRADE_PRICE_MAX;
}

static bool take_price_or_null(json_t *json, struct call_value *ret)
{
    ret->null = json_is_null(json);
    return ret->null || take_price(json, ret);
}

static bool take_object(json_t *json, struct call_value *ret)
{
    ret->object = json;
    return json_is_object(json);
}

static const struct {
    bool (*take)(json_t *json, struct call_value *ret);
    const char *must_be;
} kinds[] = {
    [CALL_TEXT] = {take_text, "a string of 1 to 100 bytes that is not blank"},
    [CALL_QUANTITY] = {take_quantity, "a whole number from 1 to 1000000"},
    [CALL_WHOLE] = {take_whole, "a whole number"},
    [CALL_PRICE] = {take_price, "a number above 0 and at most 10000000"},
    [CALL_PRICE_OR_NULL] = {take_price_or_null, "null or a number above 0 and at most 10000000"},
    [CALL_OBJECT] = {take_object, "an object"},
};

/* --- the body ----------------------------------------------------------------------------- */

static bool parse(struct call *call, struct call_body *body)
{
    json_error_t error;
    body->root = json_loadb(call->body == NULL ? "" : call->body, call->body_len,
                            JSON_REJECT_DUPLICATES, &error);
    if (body->root == NULL) {
        call_fail(call, 400, "the body is no JSON: %.120s", error.text);
        return false;
    }
    if (!json_is_object((json_t *)body->root)) {
        call_fail(call, 400, "the body must be a JSON object");
        return false;
    }
    return true;
}

static bool read_member(struct call *call, json_t *object, const struct call_member *member,
                        struct call_value *ret)
{
    *ret = (struct call_value){.number = (double)NAN};
    json_t *json = json_object_get(object, member->name);
    bool absent = json == NULL || (json_is_null(json) && member->kind != CALL_PRICE_OR_NULL);
    if (absent && member->required) {
        call_fail(call, 400, "%s is missing", member->name);
        return false;
    }
    if (absent) {
        return true;
    }
    ret->given = kinds[member->kind].take(json, ret);
    if (!ret->given) {
        call_fail(call, 400, "%s must be %s", member->name, kinds[member->kind].must_be);
    }
    return ret->given;
}

bool call_body_read(struct call *call, struct call_body *body, void *object,
                    const struct call_member *members, struct call_value *ret_values)
{
    if (object == NULL && !parse(call, body)) {
        return false;
    }
    json_t *from = object == NULL ? body->root : object;
    for (size_t i = 0; members[i].name != NULL; i++) {
        if (!read_member(call, from, &members[i], &ret_values[i])) {
            return false;
        }
    }
    return true;
}

void call_body_done(struct call_body *body)
{
    json_decref((json_t *)body->root);
    body->root = NULL;
}
