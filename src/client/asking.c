#include "asking.h"
#include "asking_private.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES_MAX ((size_t)16 << 10)

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

#define HIDDEN_MAX (BACKEND_SECRETS_MAX + BACKEND_HEADERS_MAX)

/* What is to be hidden where a server repeats it: the secrets, and two in one in base64. */
static size_t secrets_of(const struct asking *asking, const struct lines *lines,
                         const char *ret[HIDDEN_MAX])
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
    for (size_t i = 0; i < lines->count; i++) {
        if (strstr(asking->backend->headers[i].value, "{basic:") != NULL) {
            ret[count++] = strrchr(lines->lines[i], ' ') + 1;
        }
    }
    return count;
}

static bool set_headers(struct asking *asking, struct fault *ret_fault)
{
    struct lines lines;
    const char *secrets[HIDDEN_MAX];
    if (!lines_make(asking, &lines, ret_fault)) {
        return false;
    }
    struct http_headers headers = {.lines = (const char *const *)lines.lines,
                                   .line_count = lines.count,
                                   .secrets = secrets,
                                   .secret_count = secrets_of(asking, &lines, secrets)};
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
        http.body_max = http.body_max < ADAPT_BODY_BYTES_MAX ? http.body_max : ADAPT_BODY_BYTES_MAX;
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
    if (ok) {
        asking->handler.on_renewed(asking->handler.user);
    }
    asking->handler.on_state(asking->handler.user);
}

void asking_renew(struct asking *asking)
{
    const struct client_backend *user = asking->settings.backend;
    if (user->renew == NULL) {
        renewed(asking, false);
    } else {
        user->renew(user->user, renewed, asking);
    }
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
                                   .page = action->page,
                                   .path = mem_dup(action->path, strlen(action->path))};
    if (action->target.kind == ASK_PANE && action->first) {
        asking->handler.on_began(asking->handler.user, (enum resource)action->target.index);
    }
    asking->outs[i].request =
        http_ask(asking->https[action->host], action->path, asking_answer, asking);
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
        asking_read_time(asking);
        break;
    case ASK_RENEW:
        asking_renew(asking);
        break;
    case ASK_EMPTY:
        asking_read_nothing(asking, (enum resource)action->target.index);
        break;
    case ASK_GIVE_UP:
        asking_fail(asking, action->target, action->fault);
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

bool asking_turn(struct asking *asking)
{
    struct ask_action action;
    bool acted = false;
    tell_symbols(asking);
    while (ask_next(asking->ask, now_of(asking), &action)) {
        acted = true;
        act(asking, &action);
        tell_symbols(asking);
    }
    loop_timer_set(asking->timer, ask_deadline(asking->ask));
    return acted;
}

static void compile_due(void *user)
{
    asking_compile(user);
}

/* The turn that it wakes does what is due. */
static void deadline_due(void *user)
{
    (void)user;
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
    asking->settings.http.wanted[0] = asking->backend->remaining;
    asking->settings.http.wanted[1] = asking->backend->reset;
    asking->settings.http.wanted[2] = "Link";
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

void asking_take_over(struct asking *asking, struct asking *from)
{
    if (asking->gone != NULL && from->gone != NULL) {
        asking_gone_free(asking->gone);
        asking->gone = from->gone;
        from->gone = NULL;
    }
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
        asking_read_lists(asking);
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
    asking_tell_quotes(asking);
}

void asking_state(const struct asking *asking, struct ask_state *ret)
{
    ask_state(asking->ask, now_of(asking), ret);
    ret->quotes_open |= asking->symbols_due;
}

bool asking_is_cut(const struct asking *asking, enum resource resource)
{
    return ask_is_cut(asking->ask, resource);
}

void asking_forget_connections(struct asking *asking)
{
    for (size_t i = 0; i < asking->backend->host_count; i++) {
        http_forget_connections(asking->https[i]);
    }
}

bool asking_is_way(const struct asking *asking, enum resource resource)
{
    const struct backend *backend = asking->backend;
    const struct backend_get *reads = &backend->panes[resource].get;
    const char *stream = backend->hosts[backend->stream.get.host].origin;
    return reads->path != NULL && strcmp(stream, backend->hosts[reads->host].origin) == 0;
}

struct ask *asking_ask(struct asking *asking)
{
    return asking->ask;
}

struct http *asking_http(struct asking *asking, size_t host)
{
    return asking->https[host];
}

const struct backend *asking_backend(const struct asking *asking)
{
    return asking->backend;
}

resource_mask asking_panes(const struct asking *asking)
{
    return asking->settings.wanted;
}
