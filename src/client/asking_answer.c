/* What answers say, translated. */
#include "asking_pages.h"
#include "asking_private.h"

#include <blotter/adapt/translate.h>
#include <blotter/core/alloc.h>
#include <blotter/core/quote.h>
#include <blotter/core/span.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_BYTES ((size_t)64 << 10) /* what is left of less is not worth a walk of the heap */

static struct moment now_of(const struct asking *asking)
{
    return loop_now(asking->loop);
}

static const char *name_of(const struct asking *asking, struct ask_target target)
{
    switch (target.kind) {
    case ASK_DISCOVER:
        return asking->backend->discover[target.index].name;
    case ASK_QUOTES:
        return asking->backend->quotes[target.index].name;
    case ASK_CLOCK:
        return "clock";
    case ASK_PANE:
    default:
        return resource_info((enum resource)target.index)->pane;
    }
}

void asking_fail(struct asking *asking, struct ask_target target, const struct fault *fault)
{
    char what[sizeof fault->text + 64];
    if (target.kind == ASK_PANE) {
        buf_clear(&asking->parts[target.index].rows);
        asking->handler.on_fault(asking->handler.user, (enum resource)target.index, fault);
        return;
    }
    snprintf(what, sizeof what, "%s: %s", name_of(asking, target), fault->text);
    asking->handler.on_note(asking->handler.user, what);
}

/* --- translating ----------------------------------------------------------------------------- */

/* The first call compiles, once. */
static bool is_readable(struct asking *asking, struct fault *ret_fault)
{
    struct buf sentences;
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    if (asking->broken.kind == FAULT_NONE && !adapt_compile(asking->adapt, &sentences)) {
        size_t len = sentences.len > 0 ? strcspn(sentences.data, "\n") : 0;
        fault_set(&asking->broken, FAULT_CONFIG, 0, "%.*s", (int)(len < 180 ? len : 180),
                  len > 0 ? sentences.data : "");
    }
    buf_done(&sentences);
    if (asking->broken.kind != FAULT_NONE) {
        *ret_fault = asking->broken;
        return false;
    }
    return true;
}

void asking_compile(struct asking *asking)
{
    struct fault unused;
    is_readable(asking, &unused);
}

/* What is no JSON says so with its media type; another than is asked for may be had otherwise. */
static void explain_type(const char *content_type, struct fault *fault)
{
    static const char ours[] = "the answer is no JSON";
    char text[sizeof fault->text];
    if (content_type == NULL || strncmp(fault->text, ours, strlen(ours)) != 0) {
        return;
    }
    snprintf(text, sizeof text, "%s", fault->text + strlen(ours));
    if (strstr(content_type, "json") != NULL) {
        fault_set(fault, FAULT_DECODE, 0, "the answer, %.60s, is no JSON%s", content_type, text);
    } else {
        fault_set(fault, FAULT_DECODE, 0, "%s but %.60s: see Accept in the backend's [headers]",
                  ours, content_type);
    }
}

/* Of several answers the one that knows least counts. */
static void note_covers(struct asking *asking, struct part *part)
{
    struct buf id;
    buf_init(&id, 256);
    uint64_t covers =
        translate_covers(asking->adapt, NULL, 0, &id) ? event_id_parse(id.data, id.len) : 0;
    part->covers = part->covers_known && part->covers < covers ? part->covers : covers;
    part->covers_known = true;
    buf_done(&id);
}

static bool read_held(struct asking *asking, const struct out *out, struct buf *ret_next,
                      struct fault *fault)
{
    enum resource resource = (enum resource)out->target.index;
    struct part *part = &asking->parts[resource];
    if (out->first) {
        buf_clear(&part->rows);
        part->covers_known = false;
    }
    part->from = out->page ? part->from : part->rows.len;
    if (!translate_rows(asking->adapt, resource, NULL, 0, &part->rows, fault)) {
        return false;
    }
    if (out->page) {
        asking_pages_join(&part->rows, part->from);
    }
    if (asking->backend->stream.present) {
        note_covers(asking, part);
    }
    translate_next_page(asking->adapt, NULL, 0, out->path, ret_next, fault);
    return fault->kind == FAULT_NONE;
}

static bool read_pane(struct asking *asking, const struct out *out,
                      const struct http_answer *answer, struct buf *ret_next, struct fault *fault)
{
    size_t len = answer->body_len;
    bool good = translate_hold(asking->adapt, answer->body, len, fault);
    buf_done(answer->holds_body); /* it would lie there beside what jq makes of it */
    good = good && read_held(asking, out, ret_next, fault);
    translate_release(asking->adapt);
    if (len > SMALL_BYTES) {
        mem_give_back();
    }
    return good;
}

/* A JSON array of texts as texts of our own; *ret_count of them, at most max. */
static void take_texts(struct span array, char **texts, size_t max, size_t *ret_count)
{
    struct span_iterator it = {NULL};
    struct span key, value;
    *ret_count = 0;
    while (*ret_count < max && span_next(array, &it, &key, &value)) {
        size_t len = span_string(value, NULL, 0);
        char *text = mem_alloc(len + 1);
        span_string(value, text, len + 1);
        text[len] = '\0';
        texts[(*ret_count)++] = text;
    }
}

static bool read_values(struct asking *asking, const struct out *out,
                        const struct http_answer *answer, char *values[BACKEND_VALUES_MAX],
                        size_t *ret_count, struct fault *fault)
{
    struct buf text;
    struct span array;
    buf_init(&text, ROWS_BYTES_MAX);
    bool good = translate_values(asking->adapt, out->target.index, answer->body, answer->body_len,
                                 &text, fault) &&
                span_check(text.data, text.len, &array, NULL);
    if (good) {
        take_texts(array, values, BACKEND_VALUES_MAX, ret_count);
    }
    buf_done(&text);
    return good;
}

static void tell_quotes(struct asking *asking, const char *updates)
{
    struct event event = {.type = EVENT_QUOTES_UPDATED};
    if (span_check(updates, strlen(updates), &event.data, NULL)) {
        asking->handler.on_event(asking->handler.user, &event);
    }
}

/* Takes the text. */
static void keep_quotes(struct asking *asking, size_t section, char *updates)
{
    size_t i = 0, quotes_at = asking->quotes_at[section];
    while (i < asking->kept_count &&
           (asking->kept[i].section != section || asking->kept[i].at != quotes_at)) {
        i++;
    }
    if (i == QUOTES_KEPT_MAX) {
        free(updates);
        return;
    }
    if (i == asking->kept_count) {
        asking->kept[asking->kept_count++] = (struct kept){section, quotes_at, NULL};
    }
    free(asking->kept[i].updates);
    asking->kept[i].updates = updates;
}

/* Answers of a turn before that had more of them: they would be told again behind newer ones. */
static void forget_quotes(struct asking *asking, size_t section)
{
    size_t kept = 0;
    for (size_t i = 0; i < asking->kept_count; i++) {
        struct kept *answer = &asking->kept[i];
        if (answer->section == section && answer->at > asking->quotes_at[section]) {
            free(answer->updates);
        } else {
            asking->kept[kept++] = *answer;
        }
    }
    asking->kept_count = kept;
}

static bool read_quotes(struct asking *asking, const struct out *out,
                        const struct http_answer *answer, struct fault *fault)
{
    struct buf updates;
    buf_init(&updates, ROWS_BYTES_MAX);
    if (!translate_quotes(asking->adapt, answer->body, answer->body_len, &updates, fault)) {
        buf_done(&updates);
        return false;
    }
    size_t *at = &asking->quotes_at[out->target.index];
    *at = out->first ? 0 : *at + 1;
    char *text = buf_take(&updates, NULL);
    tell_quotes(asking, text);
    keep_quotes(asking, out->target.index, text);
    return true;
}

static bool read_clock(struct asking *asking, const char *body, size_t len, struct fault *fault)
{
    bool open;
    int64_t next_ms;
    struct moment now = now_of(asking);
    if (!translate_clock(asking->adapt, body, len, now.wall_ms, &open, &next_ms, fault)) {
        return false;
    }
    ask_clock(asking->ask, now, open, next_ms);
    asking->handler.on_state(asking->handler.user);
    return true;
}

/* --- answers --------------------------------------------------------------------------------- */

/* What has come of it, beside what the planner is told. */
struct reading {
    struct ask_answer answer;
    struct fault fault;
    struct buf next;
    char *values[BACKEND_VALUES_MAX];
    size_t value_count;
};

static bool read_good(struct asking *asking, const struct out *out,
                      const struct http_answer *answer, struct reading *reading)
{
    bool good = is_readable(asking, &reading->fault);
    switch (out->target.kind) {
    case ASK_PANE:
        good = good && read_pane(asking, out, answer, &reading->next, &reading->fault);
        break;
    case ASK_DISCOVER:
        good = good && read_values(asking, out, answer, reading->values, &reading->value_count,
                                   &reading->fault);
        break;
    case ASK_QUOTES:
        good = good && read_quotes(asking, out, answer, &reading->fault);
        break;
    case ASK_CLOCK:
        good = good && read_clock(asking, answer->body, answer->body_len, &reading->fault);
        break;
    }
    if (!good) {
        explain_type(answer->content_type, &reading->fault);
    }
    return good;
}

/* The page that a Link header names goes before the function's. */
static void read_link(const struct asking *asking, const struct out *out, const char *link,
                      struct reading *reading)
{
    struct buf target;
    buf_init(&target, BACKEND_ADDRESS_MAX);
    if (link != NULL && backend_link_next(&target, link)) {
        char *path =
            http_resolve(asking->https[out->host], out->path, target.len > 0 ? target.data : "");
        reading->answer.foreign = path == NULL;
        if (path != NULL) {
            buf_clear(&reading->next);
            buf_append_text(&reading->next, path);
        }
        free(path);
    }
    buf_done(&target);
}

/* Our sentence and, behind it, the backend's own words. */
static void read_refusal(struct asking *asking, const struct http_answer *answer,
                         struct reading *reading)
{
    struct translate_refusal refusal = {.expired = false};
    struct fault unused;
    reading->fault = *answer->fault;
    if (answer->body_len == 0 || !is_readable(asking, &unused)) {
        return;
    }
    translate_refusal(asking->adapt, answer->body, answer->body_len, &refusal);
    reading->answer.expired = refusal.expired;
    bool is_page = refusal.text[0] == '<' && answer->content_type != NULL &&
                   strstr(answer->content_type, "html") != NULL;
    if (!is_page) {
        fault_append(&reading->fault, refusal.text);
    }
}

static void read_answer(struct asking *asking, const struct out *out,
                        const struct http_answer *answer, struct reading *reading)
{
    *reading = (struct reading){.answer = {.status = answer->status,
                                           .remaining = answer->headers[0],
                                           .reset = answer->headers[1]}};
    reading->fault.retry_after_ms = -1;
    buf_init(&reading->next, BACKEND_ADDRESS_MAX);
    if (answer->fault != NULL) {
        read_refusal(asking, answer, reading);
        reading->answer.fault = &reading->fault;
    } else if (!read_good(asking, out, answer, reading)) {
        reading->answer.fault = &reading->fault;
    } else if (out->target.kind == ASK_PANE) {
        read_link(asking, out, answer->headers[2], reading);
    }
    reading->answer.next = reading->next.len > 0 ? reading->next.data : NULL;
    reading->answer.values = (const char *const *)reading->values;
    reading->answer.value_count = reading->value_count;
}

static void reading_done(struct reading *reading)
{
    buf_done(&reading->next);
    for (size_t i = 0; i < reading->value_count; i++) {
        free(reading->values[i]);
    }
}

static void hand_on(struct asking *asking, enum resource resource, int64_t duration_us)
{
    struct part *part = &asking->parts[resource];
    struct buf body;
    buf_init(&body, ROWS_BYTES_MAX + 64);
    if (resource == RESOURCE_ORDERS && asking->gone != NULL) {
        asking_gone_add(asking->gone, &part->rows);
    }
    bool large = part->rows.len > SMALL_BYTES;
    if (translate_body(resource, &part->rows, &body)) {
        struct asking_body whole = {.body = body.data,
                                    .len = body.len,
                                    .last_event_id = part->covers_known ? part->covers : 0,
                                    .duration_us = duration_us};
        asking->handler.on_body(asking->handler.user, resource, &whole);
    }
    buf_done(&body);
    buf_done(&part->rows); /* as large as the pane, and not wanted until the next read */
    if (large) {
        mem_give_back();
    }
}

void asking_answer(void *user, uint64_t request, const struct http_answer *answer)
{
    struct asking *asking = user;
    size_t i = 0;
    while (i < OUT_MAX && asking->outs[i].request != request) {
        i++;
    }
    if (i == OUT_MAX) {
        return;
    }
    struct out out = asking->outs[i];
    asking->outs[i] = (struct out){.request = 0};
    struct reading reading;
    struct fault fault;
    read_answer(asking, &out, answer, &reading);
    enum ask_outcome outcome =
        ask_answered(asking->ask, now_of(asking), out.id, &reading.answer, &fault);
    if (outcome == ASK_WHOLE && out.target.kind == ASK_QUOTES) {
        forget_quotes(asking, out.target.index);
    } else if (outcome == ASK_WHOLE && out.target.kind == ASK_PANE) {
        hand_on(asking, (enum resource)out.target.index, answer->duration_us);
    } else if (outcome == ASK_FAILED) {
        asking_fail(asking, out.target, &fault);
        asking->handler.on_state(asking->handler.user);
    }
    reading_done(&reading);
    free(out.path);
}

/* --- lists of the user's own ----------------------------------------------------------------- */

/* [{"name":…,"symbols":[…]}], as the function wants it. */
static void write_lists(const struct client_backend *user, struct buf *out)
{
    buf_append_text(out, "[");
    for (size_t i = 0; i < user->list_count; i++) {
        const struct client_list *list = &user->lists[i];
        buf_append_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        quote_text(out, list->name, strlen(list->name));
        buf_append_text(out, ",\"symbols\":[");
        for (size_t k = 0; k < list->symbol_count; k++) {
            buf_append_text(out, k > 0 ? "," : "");
            quote_text(out, list->symbols[k], strlen(list->symbols[k]));
        }
        buf_append_text(out, "]}");
    }
    buf_append_text(out, "]");
}

void asking_read_lists(struct asking *asking)
{
    struct part *part = &asking->parts[RESOURCE_WATCHLISTS];
    struct fault fault = {.retry_after_ms = -1};
    struct buf text;
    buf_init(&text, ADAPT_BODY_BYTES_MAX);
    write_lists(asking->settings.backend, &text);
    buf_clear(&part->rows);
    part->covers_known = false;
    asking->handler.on_began(asking->handler.user, RESOURCE_WATCHLISTS);
    if (is_readable(asking, &fault) && translate_rows(asking->adapt, RESOURCE_WATCHLISTS, text.data,
                                                      text.len, &part->rows, &fault)) {
        hand_on(asking, RESOURCE_WATCHLISTS, 0);
    } else {
        asking_fail(asking, (struct ask_target){ASK_PANE, RESOURCE_WATCHLISTS}, &fault);
    }
    buf_done(&text);
}

void asking_read_time(struct asking *asking)
{
    struct fault fault = {.retry_after_ms = -1};
    if (!is_readable(asking, &fault) || !read_clock(asking, NULL, 0, &fault)) {
        asking_fail(asking, (struct ask_target){ASK_CLOCK, 0}, &fault);
    }
}

void asking_read_nothing(struct asking *asking, enum resource resource)
{
    buf_clear(&asking->parts[resource].rows);
    hand_on(asking, resource, 0);
}

void asking_tell_quotes(struct asking *asking)
{
    for (size_t i = 0; i < asking->kept_count; i++) {
        tell_quotes(asking, asking->kept[i].updates);
    }
}

/* The kept answers' arrays as one. */
bool asking_quotes(const struct asking *asking, struct buf *out)
{
    const char *comma = "";
    struct span data, updates, key, update;
    buf_append_text(out, "[");
    for (size_t i = 0; i < asking->kept_count; i++) {
        const char *text = asking->kept[i].updates;
        struct span_iterator it = {NULL};
        if (!span_check(text, strlen(text), &data, NULL) ||
            !span_member(data, "updates", &updates)) {
            continue;
        }
        while (span_next(updates, &it, &key, &update)) {
            buf_append_text(out, comma);
            buf_append(out, update.ptr, update.len);
            comma = ",\n  ";
        }
    }
    buf_append_text(out, "]");
    return asking->backend->quotes_count > 0;
}

struct adapt *asking_adapt(struct asking *asking, struct fault *ret_fault)
{
    return is_readable(asking, ret_fault) ? asking->adapt : NULL;
}
