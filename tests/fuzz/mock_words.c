/*
 * What the mock is told in words: fault specs, scenario lines, and the heads and bodies that pass
 * its proxy. The first byte picks one.
 */
#include "base/text.h"
#include "fault/faults.h"
#include "fault/proxy_http.h"
#include "script/scenario.h"

#include <blotter/core/span.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_sentence(bool good, const struct fault *error)
{
    if (!good && (error->text[0] == '\0' || error->kind == FAULT_NONE)) {
        abort();
    }
}

static void run_faults(const char *text, size_t len)
{
    static const char *const paths[] = {"/api/trading/orders/list", "/api/realtime/stream?a", "/"};
    struct fault error = {0};
    struct faults *faults = faults_new(1);
    expect_sentence(faults_command(faults, text, len, &error), &error);
    char *list = faults_list_json(faults);
    struct span value;
    if (!span_check(list, strlen(list), &value, NULL)) {
        abort();
    }
    for (int i = 0; i < 12; i++) {
        struct faults_reply reply = {0};
        if (faults_answer(faults, paths[i % 3], &reply) && reply.body_len > 0) {
            free(memcpy(malloc(reply.body_len), reply.body, reply.body_len));
        }
        struct faults_bytes bytes = faults_bytes(faults, paths[i % 3]);
        if (bytes.kind == FAULTS_BYTES_SLOW && bytes.rate <= 0) {
            abort();
        }
        faults_event(faults);
    }
    free(list);
    faults_free(faults);
}

static void run_scenario(const char *text, size_t len)
{
    struct fault error = {0};
    struct scenario *scenario = scenario_parse("fuzz", text, len, &error);
    expect_sentence(scenario != NULL, &error);
    if (scenario != NULL) {
        scenario_needs_proxy(scenario);
        scenario_free(scenario);
    }
}

/* Two ways of cutting the same body into pieces give the same bytes. */
static size_t own_bytes(struct proxy_body body, const char *at, size_t len, size_t piece)
{
    size_t own = 0;
    while (len > 0 && body.state != PROXY_BODY_DONE && body.state != PROXY_BODY_BROKEN) {
        bool is_own = false;
        size_t run = proxy_body_run(&body, at, len < piece ? len : piece, &is_own);
        if (run > len) {
            abort();
        }
        if (run == 0) {
            break;
        }
        own += is_own ? run : 0;
        at += run;
        len -= run;
    }
    return own;
}

static void run_proxy(const char *text, size_t len)
{
    struct proxy_head *request = calloc(1, sizeof *request), *answer = calloc(1, sizeof *answer);
    struct proxy_body body;
    struct buf out;
    size_t head = proxy_head_length(text, len);
    buf_init(&out, SIZE_MAX);
    if (head > len) {
        abort();
    }
    if (head > 0 && proxy_head_read_request(text, head, request)) {
        proxy_body_of_request(&body, request);
        if (own_bytes(body, text + head, len - head, 1) !=
            own_bytes(body, text + head, len - head, len)) {
            abort();
        }
    }
    if (head > 0 && proxy_head_read_answer(text, head, answer)) {
        proxy_body_of_answer(&body, answer, request);
        if (own_bytes(body, text + head, len - head, 1) !=
            own_bytes(body, text + head, len - head, len)) {
            abort();
        }
        proxy_head_rechunk(text, head, &out);
    }
    buf_done(&out);
    free(request);
    free(answer);
}

static void run_text(const char *text, size_t len)
{
    struct text out = {0};
    struct span value;
    double number = 0, again = 0;
    text_string(&out, text, len);
    if (!span_check(out.bytes, out.len, &value, NULL) || span_type(value) != SPAN_STRING) {
        abort();
    }
    if (len >= sizeof number) {
        memcpy(&number, text, sizeof number);
        out.len = 0;
        text_number(&out, number);
        if (!span_check(out.bytes, out.len, &value, NULL) ||
            (span_double(value, &again) && again != number)) {
            abort();
        }
    }
    text_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const runs[])(const char *text, size_t len) = {run_faults, run_scenario,
                                                                 run_proxy, run_text};
    if (size > 0) {
        runs[data[0] % (sizeof runs / sizeof *runs)]((const char *)data + 1, size - 1);
    }
    return 0;
}
