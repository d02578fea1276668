#include "config_profiles.h"

#include <blotter/core/alloc.h>
#include <blotter/core/utf8.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has(const struct profile_names *names, const char *name, size_t len)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strlen(names->rows[i]) == len && memcmp(names->rows[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* It is printed beside everything of the account. */
static bool is_fit(const char *name, size_t len)
{
    while (len > 0) {
        uint32_t code;
        size_t size = utf8_next(name, len, &code);
        if (utf8_effect(code) != UTF8_SHOWS) {
            return false;
        }
        name += size;
        len -= size;
    }
    return true;
}

bool profile_names_add(struct profile_names *names, const char *name, size_t len,
                       struct problem *ret_problem)
{
    if (len == 0) {
        return problem_set(ret_problem, "a profile without a name");
    }
    if (!is_fit(name, len)) {
        return problem_set(ret_problem, "a profile's name holds nothing invisible");
    }
    if (has(names, name, len)) {
        return problem_set(ret_problem, "profile '%.*s' is named twice", (int)len, name);
    }
    if (names->count == CONFIG_PROFILES_MAX) {
        return problem_set(ret_problem, "at most %d profiles", CONFIG_PROFILES_MAX);
    }
    names->rows[names->count++] = mem_dup(name, len);
    return true;
}

bool profile_names_split(struct profile_names *names, const char *text, struct problem *ret_problem)
{
    for (const char *at = text; at != NULL;) {
        const char *comma = strchr(at, ',');
        at += strspn(at, " \t");
        size_t len = comma != NULL ? (size_t)(comma - at) : strlen(at);
        while (len > 0 && strchr(" \t", at[len - 1]) != NULL) {
            len--;
        }
        if (!profile_names_add(names, at, len, ret_problem)) {
            return false;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

void profile_names_join(const struct profile_names *names, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < names->count && used < size; i++) {
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", names->rows[i]);
    }
}

void profile_names_clear(struct profile_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->rows[i]);
    }
    names->count = 0;
}
