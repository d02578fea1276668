#include "input.h"
#include "keymap.h"

#include <blotter/core/alloc.h>
#include <blotter/core/suggest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct keymap {
    const char *keys[ACTION_COUNT]; /* into texts, or the table's own */
    char texts[ACTION_COUNT][KEYMAP_KEYS_MAX];
};

struct keymap *keymap_new(void)
{
    struct keymap *keymap = mem_calloc(1, sizeof *keymap);
    for (int action = 0; action < ACTION_COUNT; action++) {
        keymap->keys[action] = action_info((enum action)action)->keys;
    }
    return keymap;
}

void keymap_free(struct keymap *keymap)
{
    free(keymap);
}

/* Steps through names separated by spaces; false at the end. */
static bool next_key(const char **at, const char **ret_key, size_t *ret_len)
{
    *at += strspn(*at, " \t");
    *ret_key = *at;
    *ret_len = strcspn(*at, " \t");
    *at += *ret_len;
    return *ret_len > 0;
}

static bool unknown_action(const char *name, char error[KEYMAP_ERROR_MAX])
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (int action = 0; action < ACTION_COUNT; action++) {
        suggest_offer(&suggest, action_info((enum action)action)->name);
    }
    if (suggest.best == NULL) {
        snprintf(error, KEYMAP_ERROR_MAX, "unknown action '%.60s'", name);
    } else {
        snprintf(error, KEYMAP_ERROR_MAX, "unknown action '%.60s' (did you mean '%s'?)", name,
                 suggest.best);
    }
    return false;
}

bool keymap_bind(struct keymap *keymap, const char *name, const char *keys,
                 char error[KEYMAP_ERROR_MAX])
{
    enum action action;
    if (!action_parse(name, strlen(name), &action)) {
        return unknown_action(name, error);
    }
    char text[KEYMAP_KEYS_MAX] = "";
    size_t used = 0;
    const char *key;
    size_t len;
    for (const char *at = keys; next_key(&at, &key, &len);) {
        char one[INPUT_NAME_MAX];
        snprintf(one, sizeof one, "%.*s", (int)len, key);
        if (len >= sizeof one || !input_name_is_valid(one)) {
            snprintf(error, KEYMAP_ERROR_MAX, "'%.*s' is not the name of a key",
                     (int)(len > 40 ? 40 : len), key);
            return false;
        }
        if (used + len + 2 > sizeof text) {
            snprintf(error, KEYMAP_ERROR_MAX, "too many keys for '%s'", name);
            return false;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? " " : "", one);
    }
    memcpy(keymap->texts[action], text, sizeof text);
    keymap->keys[action] = keymap->texts[action];
    return true;
}

static bool has_key(const char *keys, const char *wanted, size_t wanted_len)
{
    const char *key;
    size_t len;
    while (next_key(&keys, &key, &len)) {
        if (len == wanted_len && memcmp(key, wanted, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The first key that two actions share, NULL when none. */
static const char *shared_key(const char *a, const char *b, size_t *ret_len)
{
    const char *key;
    while (next_key(&a, &key, ret_len)) {
        if (has_key(b, key, *ret_len)) {
            return key;
        }
    }
    return NULL;
}

static bool check_pair(const struct keymap *keymap, enum action a, enum action b,
                       char error[KEYMAP_ERROR_MAX])
{
    size_t len;
    if ((action_info(a)->scopes & action_info(b)->scopes) == 0) {
        return true;
    }
    const char *key = shared_key(keymap->keys[a], keymap->keys[b], &len);
    if (key == NULL) {
        return true;
    }
    snprintf(error, KEYMAP_ERROR_MAX, "key '%.*s' would run both '%s' and '%s'", (int)len, key,
             action_info(a)->name, action_info(b)->name);
    return false;
}

bool keymap_check(const struct keymap *keymap, char error[KEYMAP_ERROR_MAX])
{
    for (int a = 0; a < ACTION_COUNT; a++) {
        for (int b = a + 1; b < ACTION_COUNT; b++) {
            if (!check_pair(keymap, (enum action)a, (enum action)b, error)) {
                return false;
            }
        }
    }
    if (keymap->keys[ACTION_QUIT][0] == '\0' && keymap->keys[ACTION_INTERRUPT][0] == '\0') {
        snprintf(error, KEYMAP_ERROR_MAX, "no key would quit");
        return false;
    }
    return true;
}

bool keymap_find(const struct keymap *keymap, enum action_scope scope, const char *key,
                 enum action *ret)
{
    size_t len = strlen(key);
    for (int action = 0; action < ACTION_COUNT; action++) {
        bool here = (action_info((enum action)action)->scopes & SCOPE_BIT(scope)) != 0;
        if (here && has_key(keymap->keys[action], key, len)) {
            *ret = (enum action)action;
            return true;
        }
    }
    return false;
}

const char *const *keymap_keys(const struct keymap *keymap)
{
    return keymap->keys;
}
