/*
 * The door: a backend's .ini and what a broker sends. The first byte says which: lines of an .ini,
 * which give a backend or sentences, each with its file; a body as jq is to see it, which is JSON
 * again and the same when it is made fit once more.
 */
#include "careful.h"
#include "reader.h"

#include <blotter/core/span.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_ini(const char *text, size_t len)
{
    static const char *const values[] = {"account_id"};
    struct adapt_source source = {.values = values, .value_count = 1};
    struct complaints *complaints = calloc(1, sizeof *complaints);
    struct pairs pairs;
    struct backend backend = {0};
    struct buf out;
    struct duty duties[READER_FUNCTIONS_MAX];
    if (complaints == NULL) {
        abort();
    }
    pairs_read(&pairs, "x.ini", text, len, complaints);
    struct reading reading = {&pairs, &source, complaints, &backend, {"x.ini", 0}};
    reader_take(&reading);
    rules_check(&reading);
    if (reader_duties(&backend, duties) > READER_FUNCTIONS_MAX) {
        abort();
    }
    buf_init(&out, ADAPT_SENTENCES_MAX);
    complaints_print(complaints, &out);
    if (out.len > 0 && strncmp(out.data, "x.ini:", 6) != 0) {
        abort();
    }
    buf_done(&out);
    complaints_done(complaints);
    free(complaints);
    pairs_done(&pairs);
}

static void fuzz_body(const char *text, size_t len)
{
    struct buf once, twice;
    struct fault fault;
    struct span value;
    buf_init(&once, (size_t)1 << 24);
    buf_init(&twice, (size_t)1 << 24);
    if (careful_copy(&once, text, len, &fault)) {
        if (!span_check(once.data, once.len, &value, NULL) ||
            !careful_copy(&twice, once.data, once.len, &fault) || once.len != twice.len ||
            memcmp(once.data, twice.data, once.len) != 0) {
            abort();
        }
    }
    buf_done(&once);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        const char *text = (const char *)data + 1;
        (data[0] == 'i' ? fuzz_ini : fuzz_body)(text, size - 1);
    }
    return 0;
}
