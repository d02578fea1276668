#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/resource.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct resource_info resources[] = {
    [RESOURCE_ORDERS] = {"orders", "orders", "/api/trading/orders/list", "orders", true},
    [RESOURCE_POSITIONS] = {"positions", "positions", "/api/trading/positions/list", "positions",
                            true},
    [RESOURCE_ACCOUNT] = {"account", "account", "/api/trading/account", "account", true},
    [RESOURCE_WATCHLISTS] = {"watchlists", "watchlist", "/api/watchlists", "watchlists", false},
};
static_assert(sizeof resources / sizeof *resources == RESOURCE_COUNT, "a row per resource");

const struct resource_info *resource_info(enum resource resource)
{
    return &resources[resource];
}

static bool word_is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

bool resource_parse(const char *word, size_t len, enum resource *ret)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (word_is(word, len, resources[i].name) || word_is(word, len, resources[i].pane)) {
            *ret = (enum resource)i;
            return true;
        }
    }
    return false;
}

char *resource_path(const char *path, const char *user)
{
    if (user == NULL) {
        return mem_dup(path, strlen(path));
    }
    struct buf text;
    buf_init(&text, SIZE_MAX);
    buf_printf(&text, "%s?userId=", path);
    buf_append_url(&text, user);
    return buf_take(&text, NULL);
}
