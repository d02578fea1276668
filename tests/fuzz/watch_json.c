/*
 * A stream as --watch prints it: every line is one JSON object with the server's values in it, and
 * nothing in it could break the line or trick a terminal.
 */
#include "json_peer.h"
#include "watch_json.h"
#include "watch_text.h"

#include <blotter/core/span.h>
#include <blotter/core/sse.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct buf *line)
{
    struct span value;
    if (line->len < 2 || memchr(line->data, '\n', line->len) != line->data + line->len - 1 ||
        !span_check(line->data, line->len, &value, NULL) || span_type(value) != SPAN_OBJECT) {
        abort();
    }
    for (size_t i = 0; i + 1 < line->len; i++) {
        unsigned char byte = (unsigned char)line->data[i];
        unsigned char next = (unsigned char)line->data[i + 1];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f || (byte == 0xc2 && next < 0xa0)) {
            abort();
        }
    }
}

static void check_text(const struct sse_event *sse, const struct event *event)
{
    const struct watch_text_style style = {.ascii = true, .utc = true};
    struct buf line;
    buf_init(&line, SIZE_MAX);
    watch_text_line(&line, &style, 1763888400000, sse, event);
    for (size_t i = 0; i + 1 < line.len; i++) {
        if ((unsigned char)line.data[i] < 0x20 || line.data[i] == 0x7f) {
            abort();
        }
    }
    buf_done(&line);
}

static void take(void *user, const struct sse_event *sse)
{
    uint64_t *seq = user;
    struct buf line;
    struct event event;
    bool known = event_parse(sse, &event);
    struct watch_event watch = {.seq = ++*seq,
                                .received_at = "2026-11-23T09:02:11.532Z",
                                .sse = sse,
                                .event = known ? &event : NULL};
    buf_init(&line, SIZE_MAX);
    watch_json_line(&line, &watch);
    check_line(&line);
    if (known && event.data.ptr != NULL &&
        !json_peer_member_is(line.data, line.len, "data", event.data.ptr, event.data.len)) {
        abort();
    }
    if (!known && !json_peer_member_holds(line.data, line.len, "raw", sse->data, sse->data_len)) {
        abort();
    }
    buf_clear(&line);
    watch_json_raw_line(&line, &watch);
    check_line(&line);
    if (!json_peer_member_holds(line.data, line.len, "data", sse->data, sse->data_len) ||
        !json_peer_member_holds(line.data, line.len, "id", sse->id, sse->id_len) ||
        !json_peer_member_holds(line.data, line.len, "type", sse->type, sse->type_len)) {
        abort();
    }
    buf_done(&line);
    check_text(sse, watch.event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seq = 0;
    const struct sse_handler handler = {.on_event = take, .user = &seq};
    struct sse *sse = sse_new(&handler, 0);
    sse_feed(sse, (const char *)data, size);
    sse_free(sse);
    return 0;
}
