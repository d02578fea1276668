/*
 * Bodies and events together: the first byte picks the resource, the first line is a body, each
 * further line an event's data. Whatever they are, what is shown is the body's rows and the log.
 */
#include "model/patch.h"
#include "model/snapshot.h"

#include <blotter/core/decode.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LOG_MAX 8

static void check(const struct patch_log *log)
{
    if (!patch_log_consistent(log)) {
        abort();
    }
    const struct snapshot *shown = patch_log_shown(log);
    for (size_t i = 0; shown != NULL && i < shown->row_count; i++) {
        size_t found = model_find(shown, model_row(shown, i)->id);
        if (found > i || strcmp(model_row(shown, found)->id, model_row(shown, i)->id) != 0) {
            abort();
        }
    }
}

static void tell(struct patch_log *log, const char *text, size_t len, uint64_t seq)
{
    struct sse_event sse = {
        .type = "message", .type_len = 7, .data = text, .data_len = len, .id = ""};
    struct event event;
    event_parse(&sse, &event);
    patch_log_event(log, &event, (struct patch_stamp){.seq = seq}, 0);
    check(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    enum resource resource = (enum resource)(data[0] % RESOURCE_COUNT);
    const char *at = (const char *)data + 1;
    const char *end = (const char *)data + size;
    const char *line = memchr(at, '\n', (size_t)(end - at));
    line = line != NULL ? line : end;
    struct span body = {at, (size_t)(line - at)};
    struct fault fault;
    struct snapshot *base = decode_body(resource, body.ptr, body.len, &fault);
    if (base == NULL) {
        return 0;
    }
    struct patch_log *log = patch_log_new(resource, LOG_MAX);
    uint64_t seq = 2;
    struct patch_change change;
    patch_log_answer(log, body, (struct patch_answer){.seq = 1}, &change, &fault);
    while (line < end) {
        at = line + 1;
        line = memchr(at, '\n', (size_t)(end - at));
        line = line != NULL ? line : end;
        patch_log_await(log, seq % 2 == 0);
        tell(log, at, (size_t)(line - at), seq++);
    }
    /* A response that covers half of them, then one that covers all. */
    patch_log_answer(log, body, (struct patch_answer){.seq = seq / 2 + 1}, &change, &fault);
    check(log);
    /* What it contradicts stays for a while, then it is believed, then the marks go. */
    for (int64_t now_us = 1; now_us < 1000 * 1000 * 1000; now_us *= 10) {
        patch_log_cover(log, (struct patch_answer){.seq = seq, .now_us = now_us});
        check(log);
    }
    if (!snapshot_equal(base, patch_log_shown(log))) {
        abort();
    }
    patch_log_free(log);
    snapshot_unref(base);
    return 0;
}
