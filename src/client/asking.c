#include "asking.h"

#include <blotter/adapt/translate.h>
#include <blotter/core/alloc.h>
#include <blotter/core/quote.h>
#include <blotter/core/span.h>

#include "asking_gone.h"
#include "asking_symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_BYTES_MAX ((size_t)64 << 20) /* of a pane, all its answers together */
#define HEADER_BYTES_MAX ((size_t)16 << 10)
#define OUT_MAX (BACKEND_DISCOVER_MAX + RESOURCE_COUNT + 1 + BACKEND_QUOTES_MAX)
#define QUOTES_KEPT_MAX 32 /* answers with quotes that are told again after a read */

/* A request that is out. */
struct out {
    uint64_t request; /* http's; 0: none */
    uint64_t id;      /* the planner's */
    struct ask_target target;
    size_t host;
    bool first;
    char *path;
};

/* What has come of a pane's turn so far. */
struct part {
    struct buf rows;
    uint64_t covers;
    bool covers_known;
};

struct asking {
    struct loop *loop;
    struct asking_settings settings;
    struct asking_handler handler;
    struct adapt *adapt;
    const struct backend *backend;
    struct ask *ask;
    struct http *https[BACKEND_HOSTS_MAX];
    struct loop_timer *timer;
    struct loop_timer *compiler;
    struct fault broken; /* the jq does not compile; FAULT_NONE: it does, or nobody has tried */
    struct out outs[OUT_MAX];
    struct part parts[RESOURCE_COUNT];
    struct asking_symbols *symbols;
    struct asking_gone *gone;
    struct kept {
        size_t section, at;
        char *updates;
    } kept[QUOTES_KEPT_MAX];
    size_t kept_count;
    size_t quotes_at; /* which answer of its turn the present one is */
    bool symbols_due;
    bool running;
};

static struct moment now_of(const struct asking *asking)
{
    return loop_now(asking->loop);
}

/* --- secrets and hosts ----------------------------------------------------------------------- */

struct lines {
    char *lines[BACKEND_HEADERS_MAX];
    size_t count;
};

static void lines_done(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        for (volatile char *at = lines->lines[i]; *at != '\0'; at++) {
            *at = '\0';
        }
        free(lines->lines[i]);
    }
    lines->count = 0;
}

static bool lines_make(const struct asking *asking, struct lines *ret, struct fault *ret_fault)
{
    const struct client_backend *user = asking->settings.backend;
    ret->count = 0;
    for (size_t i = 0; i < asking->backend->header_count; i++) {
        const struct backend_header *header = &asking->backend->headers[i];
        struct buf line;
        buf_init(&line, HEADER_BYTES_MAX);
        if (!buf_printf(&line, "%s: ", header->name) ||
            !backend_header_value(&line, header, user->secret, user->user)) {
            fault_set(ret_fault, FAULT_CONFIG, 0, "a secret of the header %s is missing",
                      header->name);
            buf_done(&line);
            lines_done(ret);
            return false;
        }
        ret->lines[ret->count++] = buf_take(&line, NULL);
    }
    return true;
}

/* The secrets themselves, so that they can be hidden where a server repeats them. */
static size_t secrets_of(const struct asking *asking, const char *ret[BACKEND_SECRETS_MAX])
{
    const struct client_backend *user = asking->settings.backend;
    size_t count = 0;
    for (size_t i = 0; i < asking->backend->secret_count; i++) {
        const char *name = asking->backend->secrets[i];
        const char *secret =
            user->secret != NULL ? user->secret(user->user, name, strlen(name)) : NULL;
        if (secret != NULL) {
            ret[count++] = secret;
        }
    }
    return count;
}

static bool set_headers(struct asking *asking, struct fault *ret_fault)
{
    struct lines lines;
    const char *secrets[BACKEND_SECRETS_MAX];
    if (!lines_make(asking, &lines, ret_fault)) {
        return false;
    }
    struct http_headers headers = {.lines = (const char *const *)lines.lines,
                                   .line_count = lines.count,
                                   .secrets = secrets,
                                   .secret_count = secrets_of(asking, secrets)};
    bool good = true;
    for (size_t i = 0; i < asking->backend->host_count && good; i++) {
        good = http_set_headers(asking->https[i], &headers, ret_fault);
    }
    lines_done(&lines);
    return good;
}

static bool make_hosts(struct asking *asking, struct fault *ret_fault)
{
    for (size_t i = 0; i < asking->backend->host_count; i++) {
        struct http_settings http = asking->settings.http;
        http.url = asking->backend->hosts[i].origin;
        http.token = NULL;
        http.stays = true;
        asking->https[i] = http_new(asking->loop, &http, ret_fault);
        if (asking->https[i] == NULL) {
            return false;
        }
    }
    return set_headers(asking, ret_fault);
}

static void renewed(void *user, bool ok)
{
    struct asking *asking = user;
    struct fault fault;
    ok = ok && set_headers(asking, &fault);
    ask_renewed(asking->ask, now_of(asking), ok);
    asking->handler.on_state(asking->handler.user);
}

static void renew(struct asking *asking)
{
    const struct client_backend *user = asking->settings.backend;
    if (user->renew == NULL) {
        renewed(asking, false);
    } else {
        user->renew(user->user, renewed, asking);
    }
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

static void compile_due(void *user)
{
    struct asking *asking = user;
    struct fault unused;
    is_readable(asking, &unused);
}

/* What is no JSON says so with its media type: the backend may have to be asked otherwise. */
static void explain_type(const char *content_type, struct fault *fault)
{
    if (content_type == NULL || strstr(content_type, "json") != NULL ||
        strstr(fault->text, "no JSON") == NULL) {
        return;
    }
    fault_set(fault, FAULT_DECODE, 0,
              "the answer is no JSON but %.60s: see Accept in the backend's [headers]",
              content_type);
}

/* The number that a decimal id is; 0 for any other. */
static uint64_t decimal(const char *text, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        value = value * 10 + digit;
    }
    return value;
}

/* Of several answers the one that knows least counts. */
static void note_covers(struct asking *asking, struct part *part, const struct http_answer *answer)
{
    struct buf id;
    buf_init(&id, 256);
    uint64_t covers = translate_covers(asking->adapt, answer->body, answer->body_len, &id)
                          ? decimal(id.data, id.len)
                          : 0;
    part->covers = part->covers_known && part->covers < covers ? part->covers : covers;
    part->covers_known = true;
    buf_done(&id);
}

static bool read_pane(struct asking *asking, const struct out *out,
                      const struct http_answer *answer, struct buf *ret_next, struct fault *fault)
{
    enum resource resource = (enum resource)out->target.index;
    struct part *part = &asking->parts[resource];
    if (out->first) {
        buf_clear(&part->rows);
        part->covers_known = false;
    }
    if (!translate_rows(asking->adapt, resource, answer->body, answer->body_len, &part->rows,
                        fault)) {
        return false;
    }
    if (asking->backend->stream.present) {
        note_covers(asking, part, answer);
    }
    translate_next_page(asking->adapt, answer->body, answer->body_len, out->path, ret_next, fault);
    return fault->kind == FAULT_NONE;
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
    size_t i = 0;
    while (i < asking->kept_count && (asking->kept[i].section != section ||
                                      asking->kept[i].at != asking->quotes_at)) {
        i++;
    }
    if (i == QUOTES_KEPT_MAX) {
        free(updates);
        return;
    }
    if (i == asking->kept_count) {
        asking->kept[asking->kept_count++] = (struct kept){section, asking->quotes_at, NULL};
    }
    free(asking->kept[i].updates);
    asking->kept[i].updates = updates;
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
    asking->quotes_at = out->first ? 0 : asking->quotes_at + 1;
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

/* Our sentence and, behind it, the backend's own words. */
static void read_refusal(struct asking *asking, const struct http_answer *answer,
                         struct reading *reading)
{
    struct translate_refusal refusal = {.expired = false};
    struct fault unused, ours = *answer->fault;
    reading->fault = ours;
    if (answer->body_len == 0 || !is_readable(asking, &unused)) {
        return;
    }
    translate_refusal(asking->adapt, answer->body, answer->body_len, &refusal);
    reading->answer.expired = refusal.expired;
    if (refusal.text[0] != '\0') {
        fault_set(&reading->fault, ours.kind, ours.status, "%.70s: %s", ours.text, refusal.text);
        reading->fault.retry_after_ms = ours.retry_after_ms;
    }
}

static void read_answer(struct asking *asking, const struct out *out,
                        const struct http_answer *answer, struct reading *reading)
{
    *reading = (struct reading){.answer = {.status = answer->status,
                                           .remaining = answer->headers[0],
                                           .reset = answer->headers[1],
                                           .link = answer->headers[2]}};
    reading->fault.retry_after_ms = -1;
    buf_init(&reading->next, BACKEND_ADDRESS_MAX);
    if (answer->fault != NULL) {
        read_refusal(asking, answer, reading);
        reading->answer.fault = &reading->fault;
    } else if (!read_good(asking, out, answer, reading)) {
        reading->answer.fault = &reading->fault;
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
    if (translate_body(resource, &part->rows, &body)) {
        struct asking_body whole = {.body = body.data,
                                    .len = body.len,
                                    .last_event_id = part->covers_known ? part->covers : 0,
                                    .duration_us = duration_us};
        asking->handler.on_body(asking->handler.user, resource, &whole);
    }
    buf_done(&body);
    buf_clear(&part->rows);
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

static void fail(struct asking *asking, struct ask_target target, const struct fault *fault)
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

static void on_answer(void *user, uint64_t request, const struct http_answer *answer)
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
    if (outcome == ASK_WHOLE && out.target.kind == ASK_PANE) {
        hand_on(asking, (enum resource)out.target.index, answer->duration_us);
    } else if (outcome == ASK_FAILED) {
        fail(asking, out.target, &fault);
        asking->handler.on_state(asking->handler.user);
    }
    reading_done(&reading);
    free(out.path);
}

/* --- doing what is planned ------------------------------------------------------------------- */

static void send(struct asking *asking, const struct ask_action *action)
{
    size_t i = 0;
    while (i < OUT_MAX && asking->outs[i].request != 0) {
        i++;
    }
    if (i == OUT_MAX) {
        return; /* there are as many as turns */
    }
    asking->outs[i] = (struct out){.id = action->request,
                                   .target = action->target,
                                   .host = action->host,
                                   .first = action->first,
                                   .path = mem_dup(action->path, strlen(action->path))};
    if (action->target.kind == ASK_PANE && action->first) {
        asking->handler.on_began(asking->handler.user, (enum resource)action->target.index);
    }
    asking->outs[i].request =
        http_ask(asking->https[action->host], action->path, on_answer, asking);
}

static void cancel(struct asking *asking, uint64_t id)
{
    for (size_t i = 0; i < OUT_MAX; i++) {
        struct out *out = &asking->outs[i];
        if (out->request != 0 && out->id == id) {
            http_ask_cancel(asking->https[out->host], out->request);
            free(out->path);
            *out = (struct out){.request = 0};
        }
    }
}

static void ask_time(struct asking *asking)
{
    struct fault fault = {.retry_after_ms = -1};
    if (!is_readable(asking, &fault) || !read_clock(asking, NULL, 0, &fault)) {
        fail(asking, (struct ask_target){ASK_CLOCK, 0}, &fault);
    }
}

static void act(struct asking *asking, const struct ask_action *action)
{
    switch (action->kind) {
    case ASK_SEND:
        send(asking, action);
        break;
    case ASK_CANCEL:
        cancel(asking, action->request);
        break;
    case ASK_POLL:
        asking->handler.on_poll(asking->handler.user, (enum resource)action->target.index);
        break;
    case ASK_TIME:
        ask_time(asking);
        break;
    case ASK_RENEW:
        renew(asking);
        break;
    case ASK_EMPTY:
        buf_clear(&asking->parts[action->target.index].rows);
        hand_on(asking, (enum resource)action->target.index, 0);
        break;
    case ASK_GIVE_UP:
        fail(asking, action->target, action->fault);
        break;
    }
}

static void tell_symbols(struct asking *asking)
{
    size_t count;
    if (asking->symbols_due) {
        asking->symbols_due = false;
        const struct ask_symbol *symbols = asking_symbols_all(asking->symbols, &count);
        ask_symbols(asking->ask, now_of(asking), symbols, count);
    }
}

void asking_turn(struct asking *asking)
{
    struct ask_action action;
    tell_symbols(asking);
    while (ask_next(asking->ask, now_of(asking), &action)) {
        act(asking, &action);
        tell_symbols(asking);
    }
    loop_timer_set(asking->timer, ask_deadline(asking->ask));
}

/* The turn that it wakes does what is due. */
static void deadline_due(void *user)
{
    (void)user;
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

static void read_own_lists(struct asking *asking)
{
    struct part *part = &asking->parts[RESOURCE_WATCHLISTS];
    struct fault fault = {.retry_after_ms = -1};
    struct buf text;
    buf_init(&text, ADAPT_BODY_BYTES_MAX);
    write_lists(asking->settings.backend, &text);
    buf_clear(&part->rows);
    part->covers_known = false;
    asking->handler.on_began(asking->handler.user, RESOURCE_WATCHLISTS);
    if (is_readable(asking, &fault) &&
        translate_rows(asking->adapt, RESOURCE_WATCHLISTS, text.data, text.len, &part->rows,
                       &fault)) {
        hand_on(asking, RESOURCE_WATCHLISTS, 0);
    } else {
        fail(asking, (struct ask_target){ASK_PANE, RESOURCE_WATCHLISTS}, &fault);
    }
    buf_done(&text);
}

/* --- the owner's calls ----------------------------------------------------------------------- */

struct asking *asking_new(struct loop *loop, const struct asking_settings *settings,
                          const struct asking_handler *handler, struct fault *ret_fault)
{
    struct asking *asking = mem_calloc(1, sizeof *asking);
    asking->loop = loop;
    asking->settings = *settings;
    asking->handler = *handler;
    asking->adapt = settings->backend->adapt;
    asking->backend = adapt_backend(asking->adapt);
    asking->settings.http.watched[0] = asking->backend->remaining;
    asking->settings.http.watched[1] = asking->backend->reset;
    asking->settings.http.watched[2] = "Link";
    struct ask_settings plan = {asking->backend, settings->wanted, settings->keep_asking};
    asking->ask = ask_new(&plan);
    for (size_t i = 0; i < settings->backend->value_count; i++) {
        const struct client_value *value = &settings->backend->values[i];
        ask_set_value(asking->ask, value->name, value->value);
    }
    asking->symbols = asking_symbols_new();
    asking->gone = asking->backend->panes[RESOURCE_ORDERS].only_open ? asking_gone_new() : NULL;
    asking->timer = loop_timer_new(loop, deadline_due, asking);
    asking->compiler = loop_timer_new(loop, compile_due, asking);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        buf_init(&asking->parts[i].rows, ROWS_BYTES_MAX);
    }
    if (!make_hosts(asking, ret_fault)) {
        asking_free(asking);
        return NULL;
    }
    return asking;
}

void asking_free(struct asking *asking)
{
    if (asking == NULL) {
        return;
    }
    for (size_t i = 0; i < BACKEND_HOSTS_MAX; i++) {
        http_free(asking->https[i]);
    }
    for (size_t i = 0; i < OUT_MAX; i++) {
        free(asking->outs[i].path);
    }
    for (size_t i = 0; i < asking->kept_count; i++) {
        free(asking->kept[i].updates);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        buf_done(&asking->parts[i].rows);
    }
    loop_timer_free(asking->timer);
    loop_timer_free(asking->compiler);
    asking_symbols_free(asking->symbols);
    asking_gone_free(asking->gone);
    ask_free(asking->ask);
    free(asking);
}

void asking_start(struct asking *asking)
{
    asking->running = true;
    ask_start(asking->ask, now_of(asking));
    loop_timer_set(asking->compiler, now_of(asking).mono_us);
}

void asking_stop(struct asking *asking)
{
    asking->running = false;
    ask_stop(asking->ask);
    loop_timer_set(asking->compiler, MOMENT_NEVER);
}

void asking_fetch(struct asking *asking, enum resource resource)
{
    const struct backend_section *section = &asking->backend->panes[resource];
    if (section->get.path != NULL) {
        ask_pane(asking->ask, now_of(asking), resource);
    } else if (resource == RESOURCE_WATCHLISTS && section->present) {
        read_own_lists(asking);
    }
}

void asking_cancel(struct asking *asking, enum resource resource)
{
    ask_pane_cancel(asking->ask, now_of(asking), resource);
}

void asking_manual(struct asking *asking)
{
    ask_manual(asking->ask, now_of(asking));
    asking->handler.on_state(asking->handler.user);
}

void asking_shown(struct asking *asking, enum resource resource, const struct snapshot *snapshot)
{
    if (asking->backend->quotes_count == 0) {
        return;
    }
    asking_symbols_take(asking->symbols, resource, snapshot);
    asking->symbols_due = true;
    for (size_t i = 0; i < asking->kept_count; i++) {
        tell_quotes(asking, asking->kept[i].updates);
    }
}

void asking_state(const struct asking *asking, struct ask_state *ret)
{
    ask_state(asking->ask, now_of(asking), ret);
}

bool asking_is_cut(const struct asking *asking, enum resource resource)
{
    return ask_is_cut(asking->ask, resource);
}

struct ask *asking_ask(struct asking *asking)
{
    return asking->ask;
}

struct http *asking_http(struct asking *asking, size_t host)
{
    return asking->https[host];
}
