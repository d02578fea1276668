/*
 * keymap: which key runs which action in which scope: the action table's keys, then what [keys]
 * says instead. Pure.
 */
#ifndef BLOTTER_TUI_KEYMAP_H
#define BLOTTER_TUI_KEYMAP_H

#include <blotter/view/action.h>

#define KEYMAP_ERROR_MAX 256
#define KEYMAP_KEYS_MAX 96 /* bytes of one action's key names */

struct keymap;

/* The keys of the action table. */
struct keymap *keymap_new(void);
void keymap_free(struct keymap *keymap); /* NULL is fine */

/*
 * Gives an action other keys ("" takes them away). False with a sentence in error when the action
 * or a key's name is not known; the map is untouched then.
 */
bool keymap_bind(struct keymap *keymap, const char *action, const char *keys,
                 char error[KEYMAP_ERROR_MAX]);

/*
 * Call once after the last bind: false with a sentence when one key would run two actions in one
 * scope, or nothing would quit any more.
 */
bool keymap_check(const struct keymap *keymap, char error[KEYMAP_ERROR_MAX]);

/* The action of a key in a scope; false when it has none. */
bool keymap_find(const struct keymap *keymap, enum action_scope scope, const char *key,
                 enum action *ret);

/* ACTION_COUNT texts of key names separated by spaces, for screen_input.keys. Live as long as the
 * map is not changed. */
const char *const *keymap_keys(const struct keymap *keymap);

#endif
