/* Figures and times: what is read is what was written, to the last bit. */
#include <blotter/core/iso8601.h>
#include <blotter/core/span.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(const char *text, size_t len)
{
    char out[ISO8601_SIZE];
    int64_t ms = 0, again = 1;
    if (!iso8601_parse(text, len, &ms)) {
        return;
    }
    iso8601_format(ms, out);
    /* An offset may lead out of the years that can be written. */
    if (out[0] != '\0' && (!iso8601_parse(out, strlen(out), &again) || again != ms)) {
        abort();
    }
}

static void check_number(const char *text, size_t len)
{
    struct span value;
    double ours = 0;
    if (!span_check(text, len, &value, NULL) || span_type(value) != SPAN_NUMBER) {
        return;
    }
    char *copy = malloc(value.len + 1);
    memcpy(copy, value.ptr, value.len);
    copy[value.len] = '\0';
    double theirs = strtod(copy, NULL);
    bool finite = isfinite(theirs);
    bool read = span_double(value, &ours);
    /* To the bit. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    bool same = memcmp(&ours, &theirs, sizeof ours) == 0;
    if (read != finite || (finite && !same)) {
        abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    int64_t whole = 0;
    char out[ISO8601_SIZE];
    check_time(text, size);
    check_number(text, size);
    if (size >= sizeof whole) {
        int64_t again = 0;
        memcpy(&whole, data, sizeof whole);
        iso8601_format(whole, out);
        if (out[0] != '\0' && (!iso8601_parse(out, strlen(out), &again) || again != whole)) {
            abort();
        }
    }
    return 0;
}
