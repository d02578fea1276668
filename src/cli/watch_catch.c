#include "watch_catch.h"
#include "watch_json.h"

#include <blotter/core/alloc.h>
#include <blotter/core/quote.h>

#include <stdlib.h>
#include <string.h>

#define AGAIN_US INT64_C(1000000)
#define AGAIN_MAX_US INT64_C(10000000)

struct held {
    struct held *next;
    struct sse_event sse; /* its texts lie behind */
    char bytes[];
};

struct part {
    struct watch_catch *catch;
    char *path, *body;
    size_t body_len;
    uint64_t id, request; /* request: 0 when none is under way */
    bool wanted, loaded;
};

struct watch_catch {
    struct loop *loop;
    struct http *http;
    struct watch_catch_settings settings;
    struct part parts[RESOURCE_COUNT];
    struct loop_timer *again;
    int64_t again_us; /* the next pause */
    struct held *first, **last;
    size_t held_bytes;
    bool active, full, told;
};

/* ---- what is held ---- */

static void forget_held(struct watch_catch *catch)
{
    while (catch->first != NULL) {
        struct held *held = catch->first;
        catch->first = held->next;
        free(held);
    }
    catch->last = &catch->first;
    catch->held_bytes = 0;
    if (catch->full) {
        catch->full = false;
        catch->settings.full(catch->settings.owner, false);
    }
}

bool watch_catch_hold(struct watch_catch *catch, const struct sse_event *sse)
{
    if (!catch->active) {
        return false;
    }
    size_t size = sse->type_len + sse->data_len + sse->id_len;
    struct held *held = mem_alloc(sizeof *held + size);
    held->next = NULL;
    held->sse = *sse;
    memcpy(held->bytes, sse->type, sse->type_len);
    memcpy(held->bytes + sse->type_len, sse->data, sse->data_len);
    memcpy(held->bytes + sse->type_len + sse->data_len, sse->id, sse->id_len);
    held->sse.type = held->bytes;
    held->sse.data = held->bytes + sse->type_len;
    held->sse.id = held->bytes + sse->type_len + sse->data_len;
    *catch->last = held;
    catch->last = &held->next;
    catch->held_bytes += size;
    if (catch->held_bytes > CATCH_HELD_MAX && !catch->full) {
        catch->full = true;
        catch->settings.full(catch->settings.owner, true);
    }
    return true;
}

static void release_held(struct watch_catch *catch)
{
    while (catch->first != NULL && !catch->active) {
        struct held *held = catch->first;
        catch->first = held->next;
        if (catch->first == NULL) {
            catch->last = &catch->first;
        }
        catch->settings.release(catch->settings.owner, &held->sse);
        free(held);
    }
    if (!catch->active) {
        forget_held(catch);
    }
}

/* ---- reading ---- */

static void ask(struct part *part);

static void finish_when_loaded(struct watch_catch *catch)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (catch->parts[i].wanted && !catch->parts[i].loaded) {
            return;
        }
    }
    catch->active = false;
    catch->again_us = AGAIN_US;
    catch->told = false;
    catch->settings.ready(catch->settings.owner);
    release_held(catch);
}

static void take(struct part *part, const struct watch_catch_body *body, const struct fault *fault)
{
    struct watch_catch *catch = part->catch;
    part->request = 0;
    if (fault == NULL) {
        part->body = mem_dup(body->body, body->len);
        part->body_len = body->len;
        part->id = body->id;
        part->loaded = true;
        finish_when_loaded(catch);
        return;
    }
    if (!catch->told || fault->kind == FAULT_AUTH) {
        catch->told = true;
        catch->settings.failed(catch->settings.owner, (enum resource)(part - catch->parts), fault);
    }
    loop_timer_set(catch->again, loop_now(catch->loop).mono_us + catch->again_us);
}

static void on_done(void *user, uint64_t request, const struct http_response *response,
                    const struct fault *fault)
{
    struct watch_catch_body body = {NULL, 0, 0};
    (void)request;
    if (response != NULL) {
        body =
            (struct watch_catch_body){response->body, response->body_len, response->last_event_id};
    }
    take(user, &body, fault);
}

void watch_catch_take(struct watch_catch *catch, enum resource resource,
                      const struct watch_catch_body *body, const struct fault *fault)
{
    if (catch->parts[resource].request != 0) {
        take(&catch->parts[resource], body, fault);
    }
}

static void ask(struct part *part)
{
    struct watch_catch *catch = part->catch;
    if (catch->settings.read != NULL) {
        part->request = 1;
        catch->settings.read(catch->settings.owner, (enum resource)(part - catch->parts));
    } else {
        part->request = http_get(catch->http, part->path, NULL, on_done, part);
    }
}

static void on_again(void *user)
{
    struct watch_catch *catch = user;
    catch->again_us = catch->again_us * 2 < AGAIN_MAX_US ? catch->again_us * 2 : AGAIN_MAX_US;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct part *part = &catch->parts[i];
        if (part->wanted && !part->loaded && part->request == 0) {
            ask(part);
        }
    }
}

static void part_clear(struct part *part)
{
    struct watch_catch *catch = part->catch;
    if (part->request != 0 && catch->settings.cancel != NULL) {
        catch->settings.cancel(catch->settings.owner, (enum resource)(part - catch->parts));
    } else if (part->request != 0) {
        http_cancel(catch->http, part->request);
    }
    free(part->body);
    part->body = NULL;
    part->request = part->id = 0;
    part->loaded = false;
}

void watch_catch_begin(struct watch_catch *catch)
{
    bool any = false;
    catch->active = true;
    forget_held(catch);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        part_clear(&catch->parts[i]);
        if (catch->parts[i].wanted) {
            ask(&catch->parts[i]);
            any = true;
        }
    }
    if (!any) {
        finish_when_loaded(catch);
    }
}

struct watch_catch *watch_catch_new(struct loop *loop, struct http *http,
                                    const struct watch_catch_settings *settings)
{
    struct watch_catch *catch = mem_calloc(1, sizeof *catch);
    catch->loop = loop;
    catch->http = http;
    catch->settings = *settings;
    catch->again = loop_timer_new(loop, on_again, catch);
    catch->again_us = AGAIN_US;
    catch->last = &catch->first;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct resource_info *info = resource_info((enum resource)i);
        struct part *part = &catch->parts[i];
        part->catch = catch;
        part->wanted = (settings->panes & RESOURCE_BIT(i)) != 0;
        part->path = resource_path(info->path, info->takes_user ? settings->user : NULL);
    }
    return catch;
}

void watch_catch_free(struct watch_catch *catch)
{
    if (catch == NULL) {
        return;
    }
    catch->full = false;
    forget_held(catch);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        part_clear(&catch->parts[i]);
        free(catch->parts[i].path);
    }
    loop_timer_free(catch->again);
    free(catch);
}

bool watch_catch_is_reading(const struct watch_catch *catch)
{
    return catch->active;
}

/* ---- what was read ---- */

static void put_id(struct buf *out, uint64_t id)
{
    if (id != 0) {
        buf_printf(out, "\"%llu\"", (unsigned long long)id);
    } else {
        buf_append_text(out, "null");
    }
}

void watch_catch_print_gap(struct buf *out, const struct watch_gap *gap)
{
    watch_json_head(out, gap->name);
    buf_printf(out, "\"status\":\"gap\",\"at\":\"%s\",\"from\":", gap->at);
    if (gap->from[0] != '\0') {
        quote_text(out, gap->from, strlen(gap->from));
    } else {
        buf_append_text(out, "null");
    }
    buf_append_text(out, ",\"reason\":");
    quote_text(out, gap->why, strlen(gap->why));
    buf_append_text(out, "}\n");
}

static void print_part(const struct part *part, const struct resource_info *info, struct buf *out,
                       const char *at)
{
    struct span body, rows = {NULL, 0};
    if (span_check(part->body, part->body_len, &body, NULL)) {
        span_member(body, info->member, &rows);
    }
    watch_json_head(out, part->catch->settings.name);
    buf_printf(out, "\"snapshot\":\"%s\",\"at\":\"%s\",\"id\":", info->name, at);
    put_id(out, part->id);
    buf_append_text(out, ",\"data\":");
    quote_line(out, rows);
    buf_append_text(out, "}\n");
}

void watch_catch_print(const struct watch_catch *catch, struct buf *out, const char *at)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (catch->parts[i].wanted) {
            print_part(&catch->parts[i], resource_info((enum resource)i), out, at);
        }
    }
}

bool watch_catch_contains(const struct watch_catch *catch, resource_mask panes, uint64_t id)
{
    bool any = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct part *part = &catch->parts[i];
        if (part->wanted && (panes == 0 || (panes & RESOURCE_BIT(i)) != 0)) {
            if (!part->loaded || part->id < id) {
                return false;
            }
            any = true;
        }
    }
    return any && id != 0;
}

uint64_t watch_catch_id(const struct watch_catch *catch)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (catch->parts[i].wanted && catch->parts[i].id < least) {
            least = catch->parts[i].id;
        }
    }
    return least == UINT64_MAX ? 0 : least;
}
