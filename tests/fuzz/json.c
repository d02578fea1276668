/*
 * JSON: the same texts are accepted as by jansson, with the same values; walking a text ends, and
 * what it hands out lies inside.
 */
#include "json_oracle.h"

#include <blotter/core/span.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
    const char *begin, *end;
};

static void check_string(struct span value)
{
    size_t need = span_string(value, NULL, 0);
    char *whole = malloc(need + 1), *cut = malloc(need / 2 + 1);
    if (need > 3 * value.len || span_string(value, whole, need + 1) != need ||
        strlen(whole) != need) {
        abort();
    }
    span_string(value, cut, need / 2 + 1);
    if (strncmp(whole, cut, strlen(cut)) != 0 || strlen(cut) > need / 2 ||
        strlen(cut) + 4 < need / 2 || !span_string_equals(value, whole)) {
        abort();
    }
    free(whole);
    free(cut);
}

static void visit(const struct walk *walk, struct span value, int depth)
{
    double number;
    int64_t whole;
    struct span_iterator it = {NULL};
    struct span key, child, again;
    if (value.ptr < walk->begin || value.len == 0 || value.len > (size_t)(walk->end - value.ptr) ||
        span_type(value) == SPAN_INVALID || !span_check(value.ptr, value.len, &again, NULL) ||
        again.ptr != value.ptr || again.len != value.len) {
        abort();
    }
    if (span_int64(value, &whole) && (!span_double(value, &number) || number != (double)whole)) {
        abort();
    }
    if (span_type(value) == SPAN_STRING) {
        check_string(value);
    }
    while (depth < 16 && span_next(value, &it, &key, &child)) {
        visit(walk, child, depth + 1);
    }
}

static void compare_member(void *user, const struct oracle_member *member)
{
    const struct span *object = user;
    struct span value;
    double number = 0;
    if (object->ptr == NULL) {
        return; /* refused by us: whether rightly is judged by the verdicts */
    }
    if (!span_member(*object, member->key, &value) ||
        (span_type(value) == SPAN_STRING) != member->is_string ||
        (span_type(value) == SPAN_NUMBER) != member->is_number) {
        abort();
    }
    if (member->string != NULL && !span_string_equals(value, member->string)) {
        abort();
    }
    if (member->is_number && (!span_double(value, &number) || number != member->number)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct span span = {NULL, 0};
    size_t error_at = 0;
    bool ours = span_check(text, size, &span, &error_at);
    enum oracle_verdict theirs = oracle_check(text, size, compare_member, &span);
    if (memchr(text, '\0', size) != NULL) {
        theirs = ORACLE_TOO_STRICT; /* jansson swallows a NUL behind a number */
    }
    if (theirs != ORACLE_TOO_STRICT && ours != (theirs == ORACLE_ACCEPTS)) {
        abort();
    }
    if (ours) {
        visit(&(struct walk){text, text + size}, span, 0);
    } else if (error_at > size) {
        abort();
    }
    return 0;
}
