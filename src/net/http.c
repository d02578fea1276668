#include "head.h"
#include "http_fault.h"
#include "http_memory.h"
#include "http_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/gdiff.h>
#include <blotter/core/span.h>
#include <blotter/net/http.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_ROOM_FIRST ((size_t)16 << 10)
#define HEADER_LINE_MAX 4096
#define STATUS_TRANSFORMED 203 /* whole, but not as the server wrote it */
#define STATUS_IM_USED 226
#define WORDS_MAX 4096 /* of a body that may hold the server's own words about an error */

struct http_request {
    struct http *http;
    struct http_request *next;
    uint64_t id;
    struct transfer *transfer;
    http_done_fn fn;
    void *user;
    bool conditional;
    bool page;      /* it says that it is one; nothing of it has come yet */
    bool explained; /* the error's body is short JSON: it is read to its end */
    struct http_response response;
    char *path;
    char *base_etag; /* of the body that the answer may be told as the difference from, or NULL */
    bool keeps;      /* the server can tell the next answer so */
    char *etag;
    char *body; /* NUL-terminated */
    bool lent;  /* it is kept for differences */
    size_t body_room;
    struct fault fault;
};

/* ---- life ---- */

struct http *http_new(struct loop *loop, const struct http_settings *settings,
                      struct fault *ret_fault)
{
    if (!http_memory_init()) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "libcurl could not be initialised");
        return NULL;
    }
    struct http *http = mem_calloc(1, sizeof *http);
    http->loop = loop;
    bool good = http_settings_apply(http, settings, ret_fault);
    if (good && !http_pool_enter(http, settings->pool)) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "libcurl could not be initialised");
        good = false;
    }
    if (!good) {
        http_free(http);
        return NULL;
    }
    return http;
}

static void request_unlink(struct http_request *request)
{
    struct http_request **at = &request->http->requests;
    while (*at != request) {
        at = &(*at)->next;
    }
    *at = request->next;
}

static void request_free(struct http_request *request)
{
    free(request->path);
    free(request->base_etag);
    free(request->etag);
    if (!request->lent) {
        free(request->body);
    }
    free(request);
}

void http_free(struct http *http)
{
    if (http == NULL) {
        return;
    }
    struct http_request *request;
    while ((request = http->requests) != NULL) {
        http->requests = request->next;
        transfer_cancel(request->transfer);
        request_free(request);
    }
    http_questions_done(http);
    if (http->pool != NULL) {
        transfers_cancel(http);
    }
    http_pool_leave(http);
    http_delta_done(&http->deltas);
    http_settings_done(http);
    free(http);
    curl_global_cleanup();
}

/* ---- one request ---- */

static bool type_is_html(const char *type)
{
    return type != NULL && (strncasecmp(type, "text/html", 9) == 0 ||
                            strncasecmp(type, "application/xhtml", 17) == 0);
}

/* Many a server calls everything a page: whether it is one the first letter tells. false: not yet.
 */
static bool is_told(const char *bytes, size_t len, bool *ret_page)
{
    static const char before[] = " \t\r\n\xef\xbb\xbf"; /* white space, or a byte order mark */
    for (size_t i = 0; i < len; i++) {
        if (memchr(before, bytes[i], sizeof before - 1) == NULL) {
            *ret_page = bytes[i] != '{';
            return true;
        }
    }
    return false;
}

static void fault_set_page(struct fault *fault, int status)
{
    fault_set(fault, FAULT_TYPE, status, "the server answered with an HTML page instead of data");
}

static bool type_is_json(const char *type)
{
    return type != NULL &&
           (strncasecmp(type, "application/json", 16) == 0 || strstr(type, "+json") != NULL);
}

/* Whether an answer is a difference that we asked for, from a body that we have. */
static bool is_delta(struct http_request *request, const struct transfer_head *head)
{
    const char *way = head_value(head->easy, "im");
    if (head->status != STATUS_IM_USED || way == NULL || strcasecmp(way, "gdiff") != 0 ||
        request->base_etag == NULL) {
        return false;
    }
    const char *base = head_value(head->easy, "delta-base");
    return base != NULL && strcmp(base, request->base_etag) == 0;
}

static void on_head(void *user, const struct transfer_head *head)
{
    struct http_request *request = user;
    request->response.status = head->status == STATUS_TRANSFORMED ? 200 : head->status;
    request->response.last_event_id = head->last_event_id;
    request->response.age_ms = head->age_ms;
    const char *server = head_value(head->easy, "server");
    request->response.mock = server != NULL && strncmp(server, "blotter-mock", 12) == 0;
    const char *etag = head_value(head->easy, "etag");
    request->etag = etag != NULL && etag[0] != '\0' ? mem_dup(etag, strlen(etag)) : NULL;
    char vary[HEAD_LIST_MAX];
    head_list(head->easy, "vary", vary);
    request->keeps = request->etag != NULL && strstr(vary, "A-IM") != NULL;
    bool good = request->response.status == 200 || (head->status == 304 && request->conditional) ||
                is_delta(request, head);
    if (!good) {
        http_fault_from_status(&request->fault, head->status, head->retry_after_ms);
        request->explained = request->fault.kind == FAULT_HTTP && head->length > 0 &&
                             head->length <= WORDS_MAX && type_is_json(head->content_type);
        return;
    }
    request->page = head->status == 200 && type_is_html(head->content_type);
    if (head->length > 0 && (uint64_t)head->length > request->http->body_max) {
        fault_set(&request->fault, FAULT_TOO_LARGE, head->status,
                  "the answer of %lld MiB is over the limit of %zu MiB: raise http.body_max",
                  (long long)(head->length >> 20), request->http->body_max >> 20);
    } else if (head->length > 0) {
        request->body_room = (size_t)head->length + 1;
        request->body = mem_alloc(request->body_room);
    }
}

static void body_append(struct http_request *request, const char *bytes, size_t len)
{
    size_t need = request->response.body_len + len + 1;
    if (request->body == NULL || need > request->body_room) {
        size_t room = request->body_room > 0 ? request->body_room * 2 : BODY_ROOM_FIRST;
        request->body_room = room > need ? room : need;
        request->body = mem_realloc(request->body, request->body_room);
    }
    memcpy(request->body + request->response.body_len, bytes, len);
    request->response.body_len += len;
}

static bool on_bytes(void *user, const char *bytes, size_t len, struct fault *ret_fault)
{
    struct http_request *request = user;
    if (request->fault.kind != FAULT_NONE && !request->explained) {
        *ret_fault = request->fault;
        return false;
    }
    bool page = false;
    if (request->page && is_told(bytes, len, &page)) {
        request->page = page;
    }
    if (page) {
        fault_set_page(&request->fault, request->response.status);
        *ret_fault = request->fault;
        return false;
    }
    if (len > request->http->body_max - request->response.body_len) {
        fault_set(ret_fault, FAULT_TOO_LARGE, request->response.status,
                  "the answer is over the limit of %zu MiB: raise http.body_max",
                  request->http->body_max >> 20);
        return false;
    }
    body_append(request, bytes, len);
    return true;
}

/* The server's own words behind ours: {"error":"…"}. */
static void fault_explain(struct http_request *request)
{
    struct span body;
    struct span error;
    char words[128];
    if (span_check(request->body, request->response.body_len, &body, NULL) &&
        span_member(body, "error", &error) && span_string(error, words, sizeof words) > 0) {
        struct fault ours = request->fault;
        fault_set(&request->fault, ours.kind, ours.status, "%.60s: %s", ours.text, words);
        request->fault.retry_after_ms = ours.retry_after_ms;
    }
}

/* Makes the whole of a difference. A damaged one is no answer; the next is asked for whole. */
static bool body_complete(struct http_request *request)
{
    struct http *http = request->http;
    const struct http_kept *base =
        http_delta_find(&http->deltas, request->path, request->base_etag);
    size_t len = 0;
    char *whole = base == NULL ? NULL
                               : gdiff_apply(base->body, base->len, request->body,
                                             request->response.body_len, http->body_max, &len);
    if (whole == NULL) {
        http_delta_done(&http->deltas);
        fault_set(&request->fault, FAULT_NETWORK, request->response.status,
                  "the difference from the last answer is damaged");
        return false;
    }
    free(request->body);
    request->body = whole;
    request->body_room = len + 1;
    request->response.body_len = len;
    request->response.status = 200;
    return true;
}

/* As it came, for the next difference is from that: short ones, in which a token is hidden, are
 * copied. The others are lent to who is told of them. */
static void body_keep(struct http_request *request)
{
    bool good = request->fault.kind == FAULT_NONE && request->body != NULL;
    size_t len = request->response.body_len;
    if (good && request->response.status == STATUS_IM_USED) {
        good = body_complete(request);
        len = request->response.body_len;
    }
    if (good && request->keeps && request->response.status == 200) {
        char *kept = len <= WORDS_MAX ? mem_dup(request->body, len) : request->body;
        bool held =
            http_delta_keep(&request->http->deltas, request->path, request->etag, kept, len);
        request->lent = held && kept == request->body;
    }
}

static void on_done(void *user, const struct fault *fault, int64_t duration_us)
{
    struct http_request *request = user;
    request_unlink(request);
    if (fault == NULL && request->page && request->fault.kind == FAULT_NONE) {
        fault_set_page(&request->fault, request->response.status);
    }
    if (fault == NULL && request->fault.kind == FAULT_NONE) {
        body_append(request, "", 0);
        request->body[request->response.body_len] = '\0';
        body_keep(request);
    }
    if (request->body != NULL && request->response.body_len <= WORDS_MAX) {
        http_hide_token(request->http, request->body, request->response.body_len);
    }
    if (request->explained && request->body != NULL) {
        fault_explain(request);
    }
    const struct fault *bad = request->fault.kind != FAULT_NONE ? &request->fault : fault;
    if (bad == NULL) {
        request->response.body = request->body;
        request->response.etag = request->etag;
        request->response.duration_us = duration_us;
    }
    request->fn(request->user, request->id, bad == NULL ? &request->response : NULL, bad);
    request_free(request);
}

uint64_t http_get(struct http *http, const char *path, const char *if_none_match, http_done_fn fn,
                  void *user)
{
    struct http_request *request = mem_calloc(1, sizeof *request);
    request->http = http;
    request->id = ++http->last_request;
    request->fn = fn;
    request->user = user;
    request->next = http->requests;
    http->requests = request;

    char *condition = NULL;
    /* A cache on the way may not answer for the server: figures are of now (R16). */
    const char *headers[4] = {"Accept: application/json", "Cache-Control: no-cache"};
    size_t count = 2;
    request->path = mem_dup(path, strlen(path));
    if (if_none_match != NULL && head_is_clean(if_none_match) &&
        strlen(if_none_match) < HEADER_LINE_MAX) {
        request->conditional = true;
        condition = http_line_join("If-None-Match: ", if_none_match, "", "");
        headers[count++] = condition;
        if (http_delta_find(&http->deltas, path, if_none_match) != NULL) {
            request->base_etag = mem_dup(if_none_match, strlen(if_none_match));
            headers[count++] = "A-IM: gdiff";
        }
    }
    const struct transfer_request asked = {path, headers, count, false, false};
    const struct transfer_handler handler = {on_head, on_bytes, on_done, request};
    request->transfer = transfer_start(http, &asked, &handler);
    free(condition);
    return request->id;
}

void http_cancel(struct http *http, uint64_t id)
{
    for (struct http_request *at = http->requests; at != NULL; at = at->next) {
        if (at->id == id) {
            transfer_cancel(at->transfer);
            request_unlink(at);
            request_free(at);
            return;
        }
    }
}
