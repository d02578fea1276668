/*
 * What a broker sends, through the shipped functions: whatever it is, they end with rows that are
 * JSON, or with a fault. The first byte says which broker, the second which answer.
 */
#include <blotter/adapt/translate.h>
#include <blotter/core/alloc.h>
#include <blotter/core/span.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"alpaca", "kite", "oanda", "tradier", "trading212"};
enum { NAMES = sizeof names / sizeof *names };

/* Compiled once: the programs outlive the runs. */
static struct adapt *kept[NAMES];

/* libjq keeps the end of its stack, where a finder of leaks does not look. */
static void free_all(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        adapt_free(kept[i]);
        kept[i] = NULL;
    }
}

static struct adapt *adapt_of(size_t i)
{
    static bool told;
    if (!told) {
        told = atexit(free_all) == 0;
    }
    struct adapt_source source = {.shipped_dir = BACKENDS};
    struct buf sentences;
    if (kept[i] == NULL) {
        buf_init(&sentences, ADAPT_SENTENCES_MAX);
        kept[i] = adapt_load(names[i], &source, &sentences);
        if (kept[i] == NULL || !adapt_compile(kept[i], &sentences)) {
            abort();
        }
        buf_done(&sentences);
    }
    return kept[i];
}

static void must_be_json(const struct buf *out)
{
    struct span value;
    if (!span_check(out->data, out->len, &value, NULL)) {
        abort();
    }
}

static void fuzz_pane(struct adapt *adapt, enum resource resource, const char *text, size_t len)
{
    struct buf rows, body;
    struct fault fault;
    if (!adapt_backend(adapt)->panes[resource].present) {
        return;
    }
    buf_init(&rows, (size_t)1 << 26);
    buf_init(&body, (size_t)1 << 26);
    if (translate_rows(adapt, resource, text, len, &rows, &fault) &&
        translate_body(resource, &rows, &body)) {
        must_be_json(&body);
    }
    buf_done(&rows);
    buf_done(&body);
}

static void fuzz_rest(struct adapt *adapt, const char *text, size_t len)
{
    struct translate_refusal refusal;
    struct translate_message message = {"", "", text, 0, 0, len};
    struct buf out;
    struct fault fault;
    bool is_open;
    int64_t next_ms;
    buf_init(&out, (size_t)1 << 26);
    translate_refusal(adapt, text, len, &refusal);
    if (adapt_backend(adapt)->stream.present && translate_event(adapt, &message, &out, &fault)) {
        must_be_json(&out);
    }
    buf_clear(&out);
    if (adapt_backend(adapt)->quotes_count > 0 &&
        translate_quotes(adapt, text, len, &out, &fault)) {
        must_be_json(&out);
    }
    if (adapt_backend(adapt)->clock.present) {
        translate_clock(adapt, text, len, 0, &is_open, &next_ms, &fault);
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct adapt *adapt = adapt_of(data[0] % NAMES);
    char *text = mem_dup((const char *)data + 2, size - 2); /* with its NUL */
    if (data[1] % (RESOURCE_COUNT + 1) < RESOURCE_COUNT) {
        fuzz_pane(adapt, (enum resource)(data[1] % (RESOURCE_COUNT + 1)), text, size - 2);
    } else {
        fuzz_rest(adapt, text, size - 2);
    }
    free(text);
    return 0;
}
