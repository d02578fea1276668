/*
 * JSON: the same texts are accepted as by jansson, with the same values; walking a text ends, and
 * what it hands out lies inside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <blotter/core/json.h>

#include "json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
    const char *begin, *end;
};

static void check_string(struct json_span value)
{
    size_t need = json_string(value, NULL, 0);
    char *whole = malloc(need + 1), *cut = malloc(need / 2 + 1);
    if (need > 3 * value.len || json_string(value, whole, need + 1) != need ||
        strlen(whole) != need) {
        abort();
    }
    json_string(value, cut, need / 2 + 1);
    if (strncmp(whole, cut, strlen(cut)) != 0 || strlen(cut) > need / 2 ||
        strlen(cut) + 4 < need / 2 || !json_string_equals(value, whole)) {
        abort();
    }
    free(whole);
    free(cut);
}

static void visit(const struct walk *walk, struct json_span value, int depth)
{
    double number;
    int64_t whole;
    struct json_iterator it = {NULL};
    struct json_span key, child, again;
    if (value.ptr < walk->begin || value.len == 0 || value.len > (size_t)(walk->end - value.ptr) ||
        json_type(value) == JSON_INVALID || !json_check(value.ptr, value.len, &again, NULL) ||
        again.ptr != value.ptr || again.len != value.len) {
        abort();
    }
    if (json_int64(value, &whole) && (!json_double(value, &number) || number != (double)whole)) {
        abort();
    }
    if (json_type(value) == JSON_STRING) {
        check_string(value);
    }
    while (depth < 16 && json_next(value, &it, &key, &child)) {
        visit(walk, child, depth + 1);
    }
}

static void compare_member(void *user, const struct oracle_member *member)
{
    const struct json_span *object = user;
    struct json_span value;
    double number = 0;
    if (object->ptr == NULL) {
        return; /* refused by us: whether rightly is judged by the verdicts */
    }
    if (!json_member(*object, member->key, &value) ||
        (json_type(value) == JSON_STRING) != member->is_string ||
        (json_type(value) == JSON_NUMBER) != member->is_number) {
        abort();
    }
    if (member->string != NULL && !json_string_equals(value, member->string)) {
        abort();
    }
    if (member->is_number && (!json_double(value, &number) || number != member->number)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_span span = {NULL, 0};
    size_t error_at = 0;
    bool ours = json_check(text, size, &span, &error_at);
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
