#include "panes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 1 << 20 };

static const struct {
    const char *name, *path; /* the name is also that of the body's member */
} panes[] = {
    {"orders", "/api/trading/orders/list"},
    {"positions", "/api/trading/positions/list"},
    {"account", "/api/trading/account"},
    {"watchlists", "/api/watchlists"},
};
enum { PANES = sizeof panes / sizeof panes[0] };

/* The body in the cache file, behind its header. NULL when there is none that is JSON. */
static json_t *held(const char *directory, const char *pane)
{
    char path[256];
    char *text = malloc(BODY_MAX);
    size_t len = 0;
    snprintf(path, sizeof path, "%s/%s.cache", directory, pane);
    FILE *file = fopen(path, "r");
    if (file != NULL && text != NULL) {
        len = fread(text, 1, BODY_MAX - 1, file);
        text[len] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    const char *body = len > 0 ? strstr(text, "\n\n") : NULL;
    json_t *json = body != NULL ? json_loads(body + 2, 0, NULL) : NULL;
    free(text);
    return json;
}

static json_t *served(const struct server *server, const char *path)
{
    char request[256];
    char *text = malloc(BODY_MAX);
    snprintf(request, sizeof request, "%s?userId=%s", path, server->user);
    bool good = text != NULL && server_request(server, request, NULL, text, BODY_MAX) == 200;
    json_t *json = good ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return json;
}

/* Last traded prices move by messages that cause no request: only their pane's own body has them.
 */
static void drop_prices(json_t *body)
{
    size_t i;
    json_t *order;
    json_array_foreach(json_object_get(body, "orders"), i, order)
    {
        json_object_del(json_object_get(order, "stock"), "ltp");
    }
}

static void explain(size_t pane, json_t *ours, json_t *theirs, char *why, size_t why_size)
{
    char *left = json_dumps(ours, JSON_COMPACT | JSON_ENCODE_ANY);
    char *right = json_dumps(theirs, JSON_COMPACT | JSON_ENCODE_ANY);
    snprintf(why, why_size, "%s: the client holds %s, the server says %s", panes[pane].name,
             left != NULL ? left : "nothing", right != NULL ? right : "nothing");
    free(left);
    free(right);
}

bool panes_equal(const char *cache_home, const struct server *server, char *why, size_t why_size)
{
    char directory[256];
    snprintf(directory, sizeof directory, "%s/blotter", cache_home);
    return panes_equal_in(directory, server, why, why_size);
}

bool panes_equal_in(const char *directory, const struct server *server, char *why, size_t why_size)
{
    bool equal = true;
    for (size_t i = 0; i < PANES && equal; i++) {
        json_t *ours = held(directory, panes[i].name);
        json_t *theirs = served(server, panes[i].path);
        drop_prices(ours);
        drop_prices(theirs);
        equal = ours != NULL && theirs != NULL && json_equal(ours, theirs);
        if (!equal) {
            explain(i, ours, theirs, why, why_size);
        }
        json_decref(ours);
        json_decref(theirs);
    }
    return equal;
}

bool panes_snapshot_equal(const char *text, const struct server *server, char *why, size_t why_size)
{
    bool equal = true;
    json_t *all = json_loads(text, 0, NULL);
    for (size_t i = 0; i < PANES && equal; i++) {
        json_t *ours = json_object_get(all, panes[i].name);
        json_t *theirs = served(server, panes[i].path);
        json_t *rows = json_object_get(theirs, panes[i].name);
        equal = ours != NULL && rows != NULL && json_equal(ours, rows);
        if (!equal) {
            explain(i, ours, rows, why, why_size);
        }
        json_decref(theirs);
    }
    json_decref(all);
    return equal;
}

void panes_forget(const char *cache_home)
{
    char path[256];
    for (size_t i = 0; i < PANES; i++) {
        snprintf(path, sizeof path, "%s/blotter/%s.cache", cache_home, panes[i].name);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/blotter", cache_home);
    rmdir(path);
}
