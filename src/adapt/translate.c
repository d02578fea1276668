#include "adapt_private.h"
#include "careful.h"

#include <blotter/adapt/translate.h>
#include <blotter/core/alloc.h>
#include <blotter/core/iso8601.h>
#include <blotter/core/quote.h>
#include <blotter/core/span.h>
#include <blotter/core/utf8.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES_MAX (4 * ADAPT_BODY_BYTES_MAX)
#define NOT_WHOLE INT64_MIN

static const char *const pane_functions[] = {
    [RESOURCE_ORDERS] = "orders",
    [RESOURCE_POSITIONS] = "positions",
    [RESOURCE_ACCOUNT] = "account",
    [RESOURCE_WATCHLISTS] = "watchlist",
};

/* --- running --------------------------------------------------------------------------------- */

static const char *file_of(const struct adapt *adapt)
{
    const char *slash = strrchr(adapt->jq.path, '/');
    return slash != NULL ? slash + 1 : adapt->jq.path;
}

static bool refuse(const struct adapt *adapt, const char *function, const char *why,
                   struct fault *fault)
{
    fault_set(fault, FAULT_DECODE, 0, "%s: %s: %s", file_of(adapt), function, why);
    return false;
}

static bool run(struct adapt *adapt, const struct program_call *call, struct buf *ret,
                struct fault *fault)
{
    if (adapt->program == NULL) {
        fault_set(fault, FAULT_CONFIG, 0, "%s is not compiled", file_of(adapt));
        return false;
    }
    return program_run(adapt->program, call, ret, fault);
}

/* A function on an answer. */
struct question {
    const char *function;
    bool many;
    enum span_type wanted; /* SPAN_INVALID: anything */
};

static const char *type_name(enum span_type type)
{
    static const char *const names[] = {
        [SPAN_INVALID] = "nothing", [SPAN_NULL] = "null",       [SPAN_FALSE] = "false",
        [SPAN_TRUE] = "true",       [SPAN_NUMBER] = "a number", [SPAN_STRING] = "a text",
        [SPAN_ARRAY] = "an array",  [SPAN_OBJECT] = "an object"};
    return names[type];
}

static bool check_type(const struct adapt *adapt, const struct question *question, struct span text,
                       struct span *ret, struct fault *fault)
{
    char why[64];
    if (!span_check(text.ptr, text.len, ret, NULL)) {
        return refuse(adapt, question->function, "gives no JSON", fault);
    }
    enum span_type type = span_type(*ret);
    if (question->wanted == SPAN_INVALID || type == question->wanted) {
        return true;
    }
    snprintf(why, sizeof why, "gives %s where %s is wanted", type_name(type),
             type_name(question->wanted));
    return refuse(adapt, question->function, why, fault);
}

/* Appends what it gives to ret, and looks at its type. */
static bool call(struct adapt *adapt, const struct question *question, struct span input,
                 struct buf *ret, struct span *ret_value, struct fault *fault)
{
    size_t start = ret->len;
    struct program_call call = {question->function, input.ptr, input.len, question->many};
    return run(adapt, &call, ret, fault) &&
           check_type(adapt, question, (struct span){ret->data + start, ret->len - start},
                      ret_value, fault);
}

/* Runs it on fit JSON: appends the text to ret, whose one value is *ret_value. */
static bool ask_fit(struct adapt *adapt, const struct question *question, const struct buf *input,
                    struct buf *ret, struct span *ret_value, struct fault *fault)
{
    return call(adapt, question, (struct span){input->data, input->len}, ret, ret_value, fault);
}

bool translate_hold(struct adapt *adapt, const char *body, size_t len, struct fault *ret_fault)
{
    struct buf mended;
    struct span input;
    translate_release(adapt);
    buf_init(&mended, OUTPUT_BYTES_MAX);
    bool good = careful_read(body, len, &mended, &input, ret_fault);
    if (good && (adapt->program == NULL || !program_hold(adapt->program, input.ptr, input.len))) {
        fault_set(ret_fault, FAULT_DECODE, 0, "%s: the answer is no JSON", file_of(adapt));
        good = false;
    }
    buf_done(&mended);
    return good;
}

void translate_release(struct adapt *adapt)
{
    if (adapt->program != NULL) {
        program_release(adapt->program);
    }
}

/* The same on an answer as it came, or on the one that is held. */
static bool ask(struct adapt *adapt, const struct question *question, struct span body,
                struct buf *ret, struct span *ret_value, struct fault *fault)
{
    struct buf mended;
    struct span input = body;
    buf_init(&mended, OUTPUT_BYTES_MAX);
    bool good = (body.ptr == NULL || careful_read(body.ptr, body.len, &mended, &input, fault)) &&
                call(adapt, question, input, ret, ret_value, fault);
    buf_done(&mended);
    return good;
}

/* --- panes ----------------------------------------------------------------------------------- */

/* What an answer has written behind the rows that are there as rows: an array without its brackets.
 * There is no second copy of what may be megabytes. */
static void join_rows(struct buf *rows, size_t start, enum span_type type)
{
    if (type != SPAN_ARRAY) {
        return;
    }
    buf_cut(rows, rows->len - 1);
    if (start > 0) {
        rows->data[start] = ',';
    } else {
        buf_consume(rows, 1);
    }
}

/* The same behind the rows, with a ceiling of its own. */
static bool ask_rows(struct adapt *adapt, const struct question *question, struct span body,
                     struct buf *rows, struct span *ret_value, struct fault *fault)
{
    size_t max = rows->max, start = rows->len;
    rows->max = max - start < OUTPUT_BYTES_MAX ? max : start + OUTPUT_BYTES_MAX;
    bool good = ask(adapt, question, body, rows, ret_value, fault);
    if (!good && start > 0 && fault->kind == FAULT_TOO_LARGE && rows->max == max) {
        fault_set(fault, FAULT_TOO_LARGE, 0, "%s: too many rows together", question->function);
    }
    rows->max = max;
    return good;
}

bool translate_rows(struct adapt *adapt, enum resource resource, const char *body, size_t len,
                    struct buf *rows, struct fault *ret_fault)
{
    bool is_account = resource == RESOURCE_ACCOUNT;
    struct question question = {pane_functions[resource], false,
                                is_account ? SPAN_INVALID : SPAN_ARRAY};
    struct span value;
    size_t start = rows->len;
    bool good = ask_rows(adapt, &question, (struct span){body, len}, rows, &value, ret_fault);
    enum span_type type = good ? span_type(value) : SPAN_NULL;
    if (good && is_account && type != SPAN_OBJECT && type != SPAN_NULL) {
        good = refuse(adapt, question.function, "gives neither an object nor null", ret_fault);
    }
    /* The account's pane shows one: the first. */
    bool none = !good || type == SPAN_NULL || (type == SPAN_OBJECT && start > 0) ||
                (type == SPAN_ARRAY && value.len == 2);
    if (none) {
        buf_cut(rows, start);
    } else {
        join_rows(rows, start, type);
    }
    return good;
}

bool translate_body(enum resource resource, const struct buf *rows, struct buf *ret_body)
{
    bool is_account = resource == RESOURCE_ACCOUNT;
    const char *before = is_account ? "" : "[", *behind = is_account ? "" : "]";
    const char *none = is_account ? "null" : "";
    return buf_printf(ret_body, "{\"%s\":%s", resource_info(resource)->member, before) &&
           (rows->len > 0 ? buf_append(ret_body, rows->data, rows->len)
                          : buf_append_text(ret_body, none)) &&
           buf_append_text(ret_body, behind) && buf_append_text(ret_body, "}");
}

bool translate_quotes(struct adapt *adapt, const char *body, size_t len, struct buf *ret,
                      struct fault *ret_fault)
{
    static const struct question question = {"quotes", false, SPAN_OBJECT};
    struct span value;
    return ask(adapt, &question, (struct span){body, len}, ret, &value, ret_fault);
}

/* --- values ---------------------------------------------------------------------------------- */

/* A string's text, or a number's digits. False when it is neither, or empty. */
static bool append_word(struct buf *out, struct span value)
{
    if (span_type(value) == SPAN_NUMBER) {
        return buf_append(out, value.ptr, value.len);
    }
    size_t len = span_string(value, NULL, 0);
    if (span_type(value) != SPAN_STRING || len == 0 || !buf_reserve(out, len + 1)) {
        return false;
    }
    span_string(value, out->data + out->len, len + 1);
    out->len += len;
    return true;
}

static bool append_value(struct buf *ret, struct span value)
{
    if (span_type(value) == SPAN_STRING && value.len > 2) {
        return buf_append_text(ret, ret->len > 1 ? "," : "") &&
               buf_append(ret, value.ptr, value.len);
    }
    return span_type(value) == SPAN_NUMBER &&
           buf_printf(ret, "%s\"%.*s\"", ret->len > 1 ? "," : "", (int)value.len, value.ptr);
}

bool translate_values(struct adapt *adapt, size_t index, const char *body, size_t len,
                      struct buf *ret, struct fault *ret_fault)
{
    struct question question = {adapt->backend.discover[index].name, true, SPAN_ARRAY};
    struct span_iterator it = {0};
    struct span values, key, value;
    struct buf text;
    buf_init(&text, OUTPUT_BYTES_MAX);
    bool good = ask(adapt, &question, (struct span){body, len}, &text, &values, ret_fault) &&
                buf_append_text(ret, "[");
    while (good && span_next(values, &it, &key, &value)) {
        good = append_value(ret, value) ||
               refuse(adapt, question.function, "a value is a text or a number", ret_fault);
    }
    buf_done(&text);
    return good && buf_append_text(ret, "]");
}

/* --- clock ----------------------------------------------------------------------------------- */

/* A time: text by ISO 8601, or seconds since 1970. */
static bool read_time(struct span value, int64_t *ret_ms)
{
    double seconds;
    if (span_type(value) == SPAN_STRING) {
        return iso8601_parse(value.ptr + 1, value.len - 2, ret_ms);
    }
    if (!span_double(value, &seconds) || seconds < 0 || seconds > 1e12) {
        return false;
    }
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static bool ask_clock(struct adapt *adapt, struct span body, int64_t now_ms, struct buf *text,
                      struct span *ret_value, struct fault *fault)
{
    static const struct question question = {"clock", false, SPAN_OBJECT};
    if (body.ptr != NULL) {
        return ask(adapt, &question, body, text, ret_value, fault);
    }
    struct buf input;
    buf_init(&input, 64);
    bool good = buf_printf(&input, "{\"now\":%lld}", (long long)(now_ms / 1000)) &&
                ask_fit(adapt, &question, &input, text, ret_value, fault);
    buf_done(&input);
    return good;
}

bool translate_clock(struct adapt *adapt, const char *body, size_t len, int64_t now_ms,
                     bool *ret_open, int64_t *ret_next_ms, struct fault *ret_fault)
{
    struct buf text;
    struct span value, open = {0}, next;
    int64_t next_ms = NOT_WHOLE;
    buf_init(&text, OUTPUT_BYTES_MAX);
    bool good = ask_clock(adapt, (struct span){body, len}, now_ms, &text, &value, ret_fault);
    enum span_type type =
        good && span_member(value, "open", &open) ? span_type(open) : SPAN_INVALID;
    if (good && type != SPAN_TRUE && type != SPAN_FALSE) {
        good = refuse(adapt, "clock", "open is true or false", ret_fault);
    }
    if (good && span_member(value, "next", &next) && span_type(next) != SPAN_NULL &&
        !read_time(next, &next_ms)) {
        good = refuse(adapt, "clock", "next is a time", ret_fault);
    }
    buf_done(&text);
    if (good) {
        *ret_open = type == SPAN_TRUE;
        *ret_next_ms = next_ms;
    }
    return good;
}

/* --- events ---------------------------------------------------------------------------------- */

/* JSON as it is fit, else the bytes as a string. */
static bool append_data(struct buf *out, const char *data, size_t len)
{
    struct fault fault;
    size_t start = out->len;
    if (careful_copy(out, data, len, &fault)) {
        return true;
    }
    buf_cut(out, start);
    quote_text(out, data, len);
    return fault.kind != FAULT_TOO_LARGE;
}

static bool make_input(struct adapt *adapt, const struct translate_message *message,
                       struct buf *input, struct fault *fault)
{
    if (adapt->backend.stream.kind == BACKEND_NDJSON) {
        return careful_copy(input, message->data, message->data_len, fault);
    }
    buf_append_text(input, "{\"name\":");
    quote_text(input, message->name, message->name_len);
    buf_append_text(input, ",\"id\":");
    quote_text(input, message->id, message->id_len);
    buf_append_text(input, ",\"data\":");
    if (append_data(input, message->data, message->data_len) && buf_append_text(input, "}")) {
        return true;
    }
    fault_set(fault, FAULT_TOO_LARGE, 0, "the event is larger than 8 MiB");
    return false;
}

/* Copies an event, its id as a string. */
static bool append_event(struct buf *ret, struct span event)
{
    struct span name, id;
    if (!span_member(event, "event", &name) || span_type(name) != SPAN_STRING) {
        return false;
    }
    if (!buf_append_text(ret, ret->len > 1 ? "," : "")) {
        return false;
    }
    if (!span_member(event, "id", &id) || span_type(id) != SPAN_NUMBER) {
        return buf_append(ret, event.ptr, event.len);
    }
    const char *behind = id.ptr + id.len;
    return buf_append(ret, event.ptr, (size_t)(id.ptr - event.ptr)) && buf_append_text(ret, "\"") &&
           buf_append(ret, id.ptr, id.len) && buf_append_text(ret, "\"") &&
           buf_append(ret, behind, (size_t)(event.ptr + event.len - behind));
}

static bool append_events(const struct adapt *adapt, struct buf *ret, struct span events,
                          struct fault *fault)
{
    struct span_iterator it = {0};
    struct span key, event;
    bool any = false, good = buf_append_text(ret, "[");
    while (good && span_next(events, &it, &key, &event)) {
        good = append_event(ret, event) ||
               refuse(adapt, "event", "an event is an object with a text \"event\"", fault);
        any = true;
    }
    good = good && buf_append_text(ret, "]");
    return good && (any || refuse(adapt, "event", "makes nothing of the message", fault));
}

bool translate_event(struct adapt *adapt, const struct translate_message *message, struct buf *ret,
                     struct fault *ret_fault)
{
    static const struct question question = {"event", true, SPAN_ARRAY};
    struct buf input, text;
    struct span events;
    buf_init(&input, OUTPUT_BYTES_MAX);
    buf_init(&text, OUTPUT_BYTES_MAX);
    bool good = make_input(adapt, message, &input, ret_fault) &&
                ask_fit(adapt, &question, &input, &text, &events, ret_fault) &&
                append_events(adapt, ret, events, ret_fault);
    buf_done(&input);
    buf_done(&text);
    return good;
}

/* --- refusals -------------------------------------------------------------------------------- */

/* Only what shows, blanks in place of the rest, without a full stop at the end. */
static void set_text(struct translate_refusal *ret, struct span value)
{
    size_t size = span_string(value, NULL, 0) + 1, used = 0, left = size - 1;
    char *text = mem_alloc(size);
    span_string(value, text, size);
    for (const char *at = text; left > 0;) {
        uint32_t code;
        char shown[4];
        size_t taken = utf8_next(at, left, &code);
        bool shows = utf8_effect(code) == UTF8_SHOWS;
        bool again = !shows && (used == 0 || ret->text[used - 1] == ' ');
        size_t len = again ? 0 : utf8_put(shows ? code : ' ', shown);
        if (used + len > TRANSLATE_REFUSAL_MAX) {
            break;
        }
        memcpy(ret->text + used, shown, len);
        used += len;
        at += taken;
        left -= taken;
    }
    while (used > 0 && strchr(" .", ret->text[used - 1]) != NULL) {
        used--;
    }
    ret->text[used] = '\0';
    free(text);
}

void translate_refusal(struct adapt *adapt, const char *body, size_t len,
                       struct translate_refusal *ret)
{
    static const struct question question = {"refusal", true, SPAN_ARRAY};
    struct buf input, text;
    struct span values, key, value, member;
    struct span_iterator it = {0};
    struct fault fault;
    *ret = (struct translate_refusal){0};
    buf_init(&input, OUTPUT_BYTES_MAX);
    buf_init(&text, OUTPUT_BYTES_MAX);
    if (append_data(&input, body, len) &&
        ask_fit(adapt, &question, &input, &text, &values, &fault) &&
        span_next(values, &it, &key, &value)) {
        set_text(ret, value);
        if (span_member(value, "text", &member)) {
            set_text(ret, member);
        }
        ret->expired = span_member(value, "expired", &member) && span_type(member) == SPAN_TRUE;
    }
    buf_done(&input);
    buf_done(&text);
}

/* --- more of an answer ----------------------------------------------------------------------- */

/* The first value that a function gives; false when it gives none. */
static bool ask_first(struct adapt *adapt, const char *function, struct span body, struct buf *text,
                      struct span *ret_value, struct fault *fault)
{
    struct question question = {function, true, SPAN_ARRAY};
    struct span_iterator it = {0};
    struct span values, key;
    return ask(adapt, &question, body, text, &values, fault) &&
           span_next(values, &it, &key, ret_value) && span_type(*ret_value) != SPAN_NULL;
}

bool translate_covers(struct adapt *adapt, const char *body, size_t len, struct buf *ret)
{
    struct buf text;
    struct span value;
    struct fault fault;
    buf_init(&text, OUTPUT_BYTES_MAX);
    bool good = adapt->covers &&
                ask_first(adapt, "covers", (struct span){body, len}, &text, &value, &fault) &&
                append_word(ret, value);
    buf_done(&text);
    return good;
}

/* The members of an object set in the query, one after the other. */
static bool set_members(struct span object, const char *path, struct buf *ret)
{
    struct span_iterator it = {0};
    struct span key, value;
    bool good = buf_append_text(ret, path);
    while (good && span_next(object, &it, &key, &value)) {
        struct buf name, word, next;
        buf_init(&name, BACKEND_ADDRESS_MAX);
        buf_init(&word, BACKEND_ADDRESS_MAX);
        buf_init(&next, BACKEND_ADDRESS_MAX);
        good = append_word(&name, key) && append_word(&word, value) &&
               backend_set_query(&next, ret->data, name.data, word.data);
        if (good) {
            buf_clear(ret);
            good = buf_append(ret, next.data, next.len);
        }
        buf_done(&name);
        buf_done(&word);
        buf_done(&next);
    }
    return good;
}

/* A path and nothing that could lead elsewhere. */
static bool is_path(const struct buf *path)
{
    const char *at = path->data;
    bool good = path->len > 0 && at[0] == '/' && at[1] != '/' && strlen(at) == path->len;
    for (; good && *at != '\0'; at++) {
        good = (unsigned char)*at > ' ' && (unsigned char)*at < 0x7f && *at != '#' && *at != '\\';
    }
    return good;
}

bool translate_next_page(struct adapt *adapt, const char *body, size_t len, const char *path,
                         struct buf *ret_path, struct fault *ret_fault)
{
    struct buf text;
    struct span value;
    buf_init(&text, OUTPUT_BYTES_MAX);
    *ret_fault = (struct fault){.retry_after_ms = -1};
    bool more = adapt->pages &&
                ask_first(adapt, "next_page", (struct span){body, len}, &text, &value, ret_fault);
    if (more && span_type(value) == SPAN_OBJECT) {
        more = set_members(value, path, ret_path) ||
               refuse(adapt, "next_page", "a member of the query is a text or a number", ret_fault);
    } else if (more) {
        more = (append_word(ret_path, value) && is_path(ret_path)) ||
               refuse(adapt, "next_page", "gives no path on the same host", ret_fault);
    }
    buf_done(&text);
    return more;
}
