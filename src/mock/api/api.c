#include "api.h"
#include "db/read.h"

#include <assert.h>
#include <string.h>

/* --- reads -------------------------------------------------------------------------------- */

static void answer_read(struct api *api, struct call *call, answers_fn write)
{
    struct answers_about about;
    answers_put(api->answers, write, call->user, api->orders_limit, &call->reply, &about);
    call->last_id = about.last_id;
    call->hash = about.hash;
    call->status = 200;
    call->is_read = true;
}

static void get_orders(struct api *api, struct call *call)
{
    answer_read(api, call, read_orders);
}

static void get_positions(struct api *api, struct call *call)
{
    answer_read(api, call, api->open_only ? read_open_positions : read_positions);
}

static void get_account(struct api *api, struct call *call)
{
    answer_read(api, call, read_account);
}

static void get_watchlists(struct api *api, struct call *call)
{
    answer_read(api, call, read_watchlists);
}

static void get_stream(struct api *api, struct call *call)
{
    db_int(api->db, 0, "SELECT max(id) FROM events", ""); /* fails when there is nothing to tell */
    call->status = 200;
    call->is_stream = true;
}

/* --- routes ------------------------------------------------------------------------------- */

static const struct route {
    const char *path; /* {} stands for one segment, kept as the call's id */
    const char *allow;
    bool is_mock; /* neither authenticated nor counted */
    struct {
        const char *method;
        api_fn fn;
    } methods[4];
} routes[] = {
    {"/api/trading/orders/list", "GET, HEAD", false, {{"GET", get_orders}}},
    {"/api/trading/positions/list", "GET, HEAD", false, {{"GET", get_positions}}},
    {"/api/trading/account", "GET, HEAD", false, {{"GET", get_account}}},
    {"/api/watchlists",
     "GET, HEAD, POST",
     false,
     {{"GET", get_watchlists}, {"POST", watchlists_create}}},
    {"/api/realtime/stream", "GET", false, {{"GET", get_stream}}},
    {"/api/trading/orders",
     "POST, PATCH, DELETE",
     false,
     {{"POST", orders_place}, {"PATCH", orders_modify}, {"DELETE", orders_cancel}}},
    {"/api/trading/positions",
     "POST, PATCH",
     false,
     {{"POST", positions_close}, {"PATCH", positions_guard}}},
    {"/api/watchlists/items/{}", "DELETE", false, {{"DELETE", watchlists_remove_item}}},
    {"/api/watchlists/{}/items", "POST", false, {{"POST", watchlists_add_item}}},
    {"/api/watchlists/{}",
     "PUT, DELETE",
     false,
     {{"PUT", watchlists_rename}, {"DELETE", watchlists_delete}}},
    {"/__mock/stats", "GET, HEAD", true, {{"GET", admin_stats}}},
    {"/__mock/sql", "POST", true, {{"POST", admin_sql}}},
    {"/__mock/fault",
     "GET, HEAD, POST",
     true,
     {{"GET", admin_fault_list}, {"POST", admin_fault_set}}},
};
#define ROUTES (sizeof routes / sizeof *routes)
static_assert(ROUTES < API_ROUTES, "room for the counters of every route and of none");

/* Whether path fits the pattern; ret_id gets the segment that stands for {}. */
static bool path_fits(const char *pattern, const char *path, char ret_id[CALL_ID_SIZE])
{
    const char *hole = strstr(pattern, "{}");
    if (hole == NULL) {
        return strcmp(pattern, path) == 0;
    }
    size_t before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    const char *segment = path + before;
    size_t len = strcspn(segment, "/");
    if (len == 0 || len >= CALL_ID_SIZE || strcmp(segment + len, hole + 2) != 0) {
        return false;
    }
    memcpy(ret_id, segment, len);
    ret_id[len] = '\0';
    return true;
}

static const struct route *find_route(struct call *call)
{
    call->route = API_ROUTES - 1;
    call->counted = strncmp(call->path, "/__mock/", 8) != 0;
    for (size_t i = 0; i < ROUTES; i++) {
        if (path_fits(routes[i].path, call->path, call->id)) {
            call->route = i;
            return &routes[i];
        }
    }
    return NULL;
}

void api_find(struct call *call)
{
    find_route(call);
}

static api_fn find_method(const struct route *route, const char *method)
{
    bool head = strcmp(method, "HEAD") == 0 && strstr(route->allow, "HEAD") != NULL;
    for (size_t i = 0; i < sizeof route->methods / sizeof *route->methods; i++) {
        const char *name = route->methods[i].method;
        if (name != NULL && strcmp(name, head ? "GET" : method) == 0) {
            return route->methods[i].fn;
        }
    }
    return NULL;
}

static bool authenticate(struct api *api, struct call *call)
{
    call->user = auth_user(api->auth, call->authorization, call->cookie);
    if (call->user == NULL) {
        call_fail(call, 401, "Unauthorized");
        return false;
    }
    bool other = call->user_id_count > CALL_USER_IDS;
    for (size_t i = 0; !other && i < call->user_id_count; i++) {
        other = call->user_ids[i] == NULL || strcmp(call->user_ids[i], call->user) != 0;
    }
    if (other) {
        call_fail(call, 403, "Forbidden");
    }
    return !other;
}

/* What the database could not do is no answer, however much of it there is. */
static void check_database(struct api *api, struct call *call, uint64_t failures)
{
    if (db_was_busy(api->db)) {
        call->is_busy = true;
        call->is_stream = false;
        call_fail(call, 503, "the database is busy");
        call->retry_after_s = 1;
    } else if (db_failures(api->db) != failures) {
        call->is_stream = false;
        call_fail(call, 500, "the database cannot be read: %.180s", db_failure(api->db));
    }
}

void api_answer(struct api *api, struct call *call)
{
    const struct route *route = find_route(call);
    if (route == NULL) {
        call_fail(call, 404, "no such path");
        return;
    }
    api_fn fn = find_method(route, call->method);
    if (fn == NULL) {
        call_fail(call, 405, "%.20s is not possible here", call->method);
        call->allow = route->allow;
        return;
    }
    uint64_t failures = db_failures(api->db);
    db_was_busy(api->db);
    db_set_patience(api->db, false); /* others' requests do not wait for another process */
    if (route->is_mock || authenticate(api, call)) {
        fn(api, call);
    }
    db_set_patience(api->db, true);
    check_database(api, call, failures);
}

void api_count(struct api *api, const struct call *call)
{
    if (!call->counted) {
        return;
    }
    api->requests++;
    api->methods[call_method(call)]++;
    api->routes[call->route].path = call->route < ROUTES ? routes[call->route].path : "other";
    struct api_count *counts = api->routes[call->route].counts;
    for (size_t i = 0; i < API_STATUSES; i++) {
        if (counts[i].status == call->status || counts[i].status == 0) {
            counts[i].status = call->status;
            counts[i].count++;
            return;
        }
    }
}
