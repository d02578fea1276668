/* Requests whose refusals say something. */
#include "head.h"
#include "http_fault.h"
#include "http_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/net/http.h>

#include <stdlib.h>
#include <string.h>

struct http_question {
    struct http *http;
    struct http_question *next;
    uint64_t id;
    struct transfer *transfer;
    http_answer_fn fn;
    void *user;
    struct http_answer answer;
    char *content_type;
    char *headers[HTTP_WANTED_MAX];
    struct buf body;
    struct fault fault;
};

static void question_free(struct http_question *question)
{
    for (size_t i = 0; i < HTTP_WANTED_MAX; i++) {
        free(question->headers[i]);
    }
    free(question->content_type);
    buf_done(&question->body);
    free(question);
}

static void question_end(struct http_question *question)
{
    struct http_question **at = &question->http->questions;
    while (*at != question) {
        at = &(*at)->next;
    }
    *at = question->next;
    question_free(question);
}

static char *copy_or_null(const char *text)
{
    return text != NULL ? mem_dup(text, strlen(text)) : NULL;
}

static void copy_wanted(struct http_question *question, CURL *easy)
{
    for (size_t i = 0; i < HTTP_WANTED_MAX; i++) {
        char list[HEAD_LIST_MAX];
        const char *name = question->http->wanted[i];
        if (name != NULL) {
            head_list(easy, name, list);
            question->headers[i] = list[0] != '\0' ? copy_or_null(list) : NULL;
        }
    }
}

static void on_head(void *user, const struct transfer_head *head)
{
    struct http_question *question = user;
    size_t body_max = question->http->body_max;
    question->answer.status = head->status;
    question->content_type = copy_or_null(head->content_type);
    copy_wanted(question, head->easy);
    if (head->status >= 300 && head->status < 400 && head->status != 304) {
        fault_set(&question->fault, FAULT_REDIRECT, head->status,
                  "redirected, which is not followed (HTTP %d)", head->status);
    } else if (head->status != 200) {
        http_fault_from_status(&question->fault, head->status, head->retry_after_ms);
    } else if (head->length > 0 && (uint64_t)head->length > body_max) {
        fault_set(&question->fault, FAULT_TOO_LARGE, head->status,
                  "the answer of %lld MiB is over the limit of %zu MiB: raise http.body_max",
                  (long long)(head->length >> 20), body_max >> 20);
    }
    buf_init(&question->body, question->fault.kind == FAULT_NONE ? body_max : HTTP_REFUSAL_MAX);
}

static bool on_bytes(void *user, const char *bytes, size_t len, struct fault *ret_fault)
{
    struct http_question *question = user;
    if (buf_append(&question->body, bytes, len)) {
        return true;
    }
    if (question->fault.kind == FAULT_NONE) {
        fault_set(&question->fault, FAULT_TOO_LARGE, question->answer.status,
                  "the answer is over the limit of %zu MiB: raise http.body_max",
                  question->http->body_max >> 20);
    }
    *ret_fault = question->fault;
    return false;
}

static void on_done(void *user, const struct fault *fault, int64_t duration_us)
{
    struct http_question *question = user;
    struct http_answer *answer = &question->answer;
    const struct fault *bad = question->fault.kind != FAULT_NONE ? &question->fault : fault;
    struct buf *body = &question->body;
    if (body->len > 0) {
        http_hide_token(question->http, body->data, body->len);
    }
    answer->fault = bad;
    answer->body = body->len > 0 ? body->data : "";
    answer->body_len = body->len;
    answer->holds_body = body;
    answer->content_type = question->content_type;
    memcpy(answer->headers, question->headers, sizeof answer->headers);
    answer->duration_us = duration_us;
    question->fn(question->user, question->id, answer);
    question_end(question);
}

uint64_t http_ask(struct http *http, const char *path, http_answer_fn fn, void *user)
{
    struct http_question *question = mem_calloc(1, sizeof *question);
    question->http = http;
    question->id = ++http->last_request;
    question->fn = fn;
    question->user = user;
    question->fault.retry_after_ms = -1;
    question->next = http->questions;
    http->questions = question;
    const char *headers[2] = {"Cache-Control: no-cache", "Accept: application/json"};
    size_t count = http_sends(http, "Accept") ? 1 : 2;
    const struct transfer_request asked = {path, headers, count, false, false};
    const struct transfer_handler handler = {on_head, on_bytes, on_done, question};
    question->transfer = transfer_start(http, &asked, &handler);
    return question->id;
}

char *http_resolve(const struct http *http, const char *path, const char *reference)
{
    char *from = mem_printf("%s%s", http->prefix, path);
    char *found = http_url_same_origin(from, reference);
    free(from);
    return found;
}

void http_ask_cancel(struct http *http, uint64_t id)
{
    for (struct http_question *at = http->questions; at != NULL; at = at->next) {
        if (at->id == id) {
            transfer_cancel(at->transfer);
            question_end(at);
            return;
        }
    }
}

void http_questions_done(struct http *http)
{
    struct http_question *question;
    while ((question = http->questions) != NULL) {
        http->questions = question->next;
        transfer_cancel(question->transfer);
        question_free(question);
    }
}
