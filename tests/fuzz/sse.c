/* The event stream parser: however the input is cut, the same events; all text is valid UTF-8. */
#include <blotter/core/sse.h>
#include <blotter/core/utf8.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t hash;
};

static void mix(struct sum *sum, const char *bytes, size_t len)
{
    if (utf8_valid_prefix(bytes, len) != len) {
        abort();
    }
    for (size_t i = 0; i < len; i++) {
        sum->hash = (sum->hash ^ (uint8_t)bytes[i]) * UINT64_C(1099511628211);
    }
    sum->hash = (sum->hash ^ len) * UINT64_C(1099511628211);
}

static void on_event(void *user, const struct sse_event *event)
{
    mix(user, event->type, event->type_len);
    mix(user, event->data, event->data_len);
    mix(user, event->id, event->id_len);
}

static void on_retry(void *user, int64_t retry_ms)
{
    struct sum *sum = user;
    if (retry_ms < 0) {
        abort();
    }
    sum->hash = (sum->hash ^ (uint64_t)retry_ms) * 31;
}

static void on_comment(void *user, const char *text, size_t len)
{
    struct sum *sum = user;
    for (size_t i = 0; i < len; i++) { /* as it came, UTF-8 or not */
        sum->hash = (sum->hash ^ (uint8_t)text[i]) * 31;
    }
    sum->hash = sum->hash * 31 + 7;
}

static void on_too_large(void *user)
{
    struct sum *sum = user;
    sum->hash = sum->hash * 31 + 11;
}

/* The first byte says how the rest is cut; step 0: not at all. */
static uint64_t parse(const char *bytes, size_t len, size_t step)
{
    struct sum sum = {UINT64_C(14695981039346656037)};
    struct sse_handler handler = {on_event, on_retry, on_comment, on_too_large, &sum};
    struct sse *sse = sse_new(&handler, 256);
    for (size_t at = 0; at < len;) {
        size_t count = step == 0 || step > len - at ? len - at : step;
        sse_feed(sse, bytes + at, count);
        at += count;
    }
    size_t id_len;
    const char *id = sse_last_id(sse, &id_len);
    mix(&sum, id, id_len);
    sse_free(sse);
    return sum.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const char *bytes = (const char *)data + 1;
    uint64_t whole = parse(bytes, size - 1, 0);
    uint64_t cut = parse(bytes, size - 1, (size_t)data[0] % 17 + 1);
    if (whole != cut) {
        abort();
    }
    return 0;
}
