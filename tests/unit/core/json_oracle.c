#include "json_oracle.h"

#include <jansson.h>
#include <string.h>

static bool too_strict(const char *why)
{
    static const char *const causes[] = {"decode byte", "UTF-8",    "Unicode",
                                         "too big",     "overflow", "NUL"};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (strstr(why, causes[i]) != NULL) {
            return true;
        }
    }
    return false;
}

enum oracle_verdict oracle_check(const char *text, size_t len,
                                 void (*visit)(void *user, const struct oracle_member *member),
                                 void *user)
{
    json_error_t error;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* which jansson refuses */
        text += 3;
        len -= 3;
    }
    json_t *tree = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (tree == NULL) {
        return too_strict(error.text) ? ORACLE_TOO_STRICT : ORACLE_REJECTS;
    }
    const char *key;
    json_t *child;
    json_object_foreach(tree, key, child)
    {
        struct oracle_member member = {.key = key,
                                       .is_string = json_is_string(child),
                                       .is_number = json_is_number(child),
                                       .number = json_number_value(child)};
        if (member.is_string && strlen(json_string_value(child)) == json_string_length(child)) {
            member.string = json_string_value(child);
        }
        visit(user, &member);
    }
    json_decref(tree);
    return ORACLE_ACCEPTS;
}
