/* What a terminal sends, and what [keys] says: the first line binds, the rest is typed. */
#include "tui/input.h"
#include "tui/keymap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPED_MAX = 1024 }; /* more of it is more of the same */

struct typed {
    const struct keymap *keymap;
    uint64_t hash; /* of what came out, to compare two ways of feeding */
};

static void mix(struct typed *typed, uint64_t value)
{
    typed->hash = (typed->hash ^ value) * 1099511628211U;
}

static void take(void *user, const struct input_event *event)
{
    struct typed *typed = user;
    enum action action;
    if (memchr(event->name, '\0', sizeof event->name) == NULL || event->x < 0 || event->y < 0) {
        abort();
    }
    if (event->kind == INPUT_KEY && !input_name_is_valid(event->name)) {
        abort();
    }
    keymap_find(typed->keymap, (enum action_scope)(typed->hash % SCOPE_COUNT), event->name,
                &action);
    mix(typed, (uint64_t)event->kind << 32 | event->code);
    for (const char *at = event->name; *at != '\0'; at++) {
        mix(typed, (unsigned char)*at);
    }
}

/* However the bytes are split, the same comes out. */
static uint64_t type(const struct keymap *keymap, const uint8_t *data, size_t size, size_t chunk)
{
    struct typed typed = {.keymap = keymap};
    struct input input;
    input_init(&input, take, &typed);
    for (size_t at = 0; at < size; at += chunk) {
        input_feed(&input, (const char *)data + at, size - at < chunk ? size - at : chunk);
    }
    input_flush(&input);
    return typed.hash;
}

static void bind(struct keymap *keymap, const uint8_t *data, size_t size)
{
    char error[KEYMAP_ERROR_MAX] = "";
    char *line = malloc(size + 1);
    memcpy(line, data, size);
    line[size] = '\0';
    char *keys = strchr(line, '=');
    if (keys != NULL) {
        *keys++ = '\0';
        bool bound = keymap_bind(keymap, line, keys, error);
        bool sound = keymap_check(keymap, error);
        if ((!bound || !sound) && error[0] == '\0') {
            abort();
        }
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = size < TYPED_MAX ? size : TYPED_MAX;
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t first = end == NULL ? 0 : (size_t)(end - data);
    struct keymap *keymap = keymap_new();
    bind(keymap, data, first);
    uint64_t whole = type(keymap, data + first, size - first, size + 1);
    if (type(keymap, data + first, size - first, 1) != whole ||
        type(keymap, data + first, size - first, 3) != whole) {
        abort();
    }
    keymap_free(keymap);
    return 0;
}
