/*
 * Every route that writes × everything that can be wrong with a request: the documented 4xx with
 * {"error"}, the database as it was, the server alive. One row per route; what is wrong is made up
 * from the row, so that a new route has only to be listed.
 */
#include "mock_wire.h"

#include <jansson.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BODY_LIMIT 65536

/* What a member of a body is, and so what it must not be. */
enum kind { ID, SYMBOL, WORD, NAME, QUANTITY, PRICE, PRICE_OR_NULL, TOKEN, OBJECT };

struct member {
    const char *path; /* "updates.stopLoss": a member of a member */
    enum kind kind;
    bool required;
};

struct route {
    const char *method, *target;
    const char *body; /* a good one; NULL: the route takes none */
    int status;       /* of the good request */
    int unknown;      /* when its symbol is unknown */
    struct member members[7];
};

/* $O is a pending order of ours, $P an open position, $W a watchlist, $I an item of it, $S a stock
 * that is not in it. */
static const struct route routes[] = {
    {"POST",
     "/api/trading/orders",
     "{\"symbol\":\"TCS\",\"quantity\":1,\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\",\"price\":1."
     "5,"
     "\"productType\":\"MIS\"}",
     200,
     400,
     {{"symbol", SYMBOL, true},
      {"quantity", QUANTITY, true},
      {"orderType", WORD, true},
      {"orderSide", WORD, true},
      {"price", PRICE, true},
      {"productType", WORD, false}}},
    {"PATCH",
     "/api/trading/orders",
     "{\"orderId\":\"$O\",\"price\":1.25,\"quantity\":900}",
     200,
     0,
     {{"orderId", ID, true}, {"price", PRICE, false}, {"quantity", QUANTITY, false}}},
    {"DELETE", "/api/trading/orders", "{\"orderId\":\"$O\"}", 200, 0, {{"orderId", ID, true}}},
    {"PATCH",
     "/api/trading/positions",
     "{\"positionId\":\"$P\",\"updates\":{\"stopLoss\":10,\"target\":99999}}",
     200,
     0,
     {{"positionId", ID, true},
      {"updates", OBJECT, true},
      {"updates.stopLoss", PRICE_OR_NULL, false},
      {"updates.target", PRICE_OR_NULL, false}}},
    {"POST",
     "/api/trading/positions",
     "{\"positionId\":\"$P\",\"exitPrice\":100}",
     200,
     0,
     {{"positionId", ID, true}, {"exitPrice", PRICE, false}}},
    {"POST", "/api/watchlists", "{\"name\":\"A new one\"}", 201, 0, {{"name", NAME, true}}},
    {"PUT", "/api/watchlists/$W", "{\"name\":\"Renamed\"}", 200, 0, {{"name", NAME, true}}},
    {"POST", "/api/watchlists/$W/items", "{\"stockId\":\"$S\"}", 201, 0, {{"stockId", ID, true}}},
    {"POST",
     "/api/watchlists/$W/items",
     "{\"symbol\":\"$Y\"}",
     201,
     404,
     {{"symbol", SYMBOL, true}}},
    {"POST", "/api/watchlists/$W/items", "{\"token\":$K}", 201, 0, {{"token", TOKEN, true}}},
    {"DELETE", "/api/watchlists/items/$I", NULL, 200, 0, {{NULL, ID, false}}},
    {"DELETE", "/api/watchlists/$W", NULL, 200, 0, {{NULL, ID, false}}},
};

/* What is wrong in place of a member, as it stands in the JSON; NULL ends. 400 for all. */
static const char *const bad_texts[] = {"5",           "true",     "[]",        "{}", "\"\"",
                                        "\"\\u0000\"", "\"\xff\"", "\" \\t \"", NULL};
static const char *const bad_words[] = {
    "5", "[]", "\"\"", "\"buy\"", "\"x'; DROP TABLE orders; --\"", NULL};
static const char *const bad_quantities[] = {"0",
                                             "-1",
                                             "1.5",
                                             "1e2",
                                             "1000001",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "1e400",
                                             "NaN",
                                             "-Infinity",
                                             "\"5\"",
                                             "true",
                                             "[]",
                                             "{}",
                                             NULL};
static const char *const bad_prices[] = {"0",     "-1",  "1e-9",     "10000001", "1e300",
                                         "1e400", "NaN", "Infinity", "\"5\"",    "true",
                                         "[]",    "{}",  NULL};
static const char *const bad_tokens[] = {"1.5", "\"5\"", "true", "9223372036854775808",
                                         "NaN", "[]",    NULL};
static const char *const bad_objects[] = {"5", "\"x\"", "[]", "{}", "true", NULL};
static const char *const *const bad_values[] = {
    [ID] = bad_texts,
    [SYMBOL] = bad_texts,
    [WORD] = bad_words,
    [NAME] = bad_texts,
    [QUANTITY] = bad_quantities,
    [PRICE] = bad_prices,
    [PRICE_OR_NULL] = bad_prices,
    [TOKEN] = bad_tokens,
    [OBJECT] = bad_objects,
};

/* Well formed, but nothing that is there. */
static const char *const nobodys[] = {
    "\"no-such-thing\"",
    "\"x'; DROP TABLE orders; --\"",
    "\"' OR '1'='1\"",
    "\"\\\" OR 1=1 --\"",
    "\"%\"",
    "\"../../etc/passwd\"",
    "\"\\u202eEVIL\\u001b[2J\"",
};

static const char *const bad_bodies[] = {
    "",
    "{",
    "[]",
    "null",
    "5",
    "\"{}\"",
    "{}",
    "{]",
    "{\"a\":1}}",
    "{'a':1}",
    "\xff\xfe{\x00}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":",
    "\xef\xbb\xbf{}",
};

/* ---- a server with a database that we look into ---- */

struct world {
    struct server server;
    char folder[64], path[96];
    sqlite3 *db;
    uint64_t before;
    int asked;
};

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

static char *text_of(struct world *world, const char *sql)
{
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(world->db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    char *text = copy_of((const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return text;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t mix_table(struct world *world, uint64_t hash, const char *name)
{
    char sql[128];
    sqlite3_stmt *row;
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
    assert_int_equal(sqlite3_prepare_v2(world->db, sql, -1, &row, NULL), SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            const char *text = (const char *)sqlite3_column_text(row, i);
            hash = mix(hash, text == NULL ? "\1" : text, text == NULL ? 1 : strlen(text) + 1);
        }
    }
    sqlite3_finalize(row);
    return hash;
}

/* All rows of all tables, the schema included. */
static uint64_t digest(struct world *world)
{
    uint64_t hash = mix_table(world, UINT64_C(14695981039346656037), "sqlite_schema");
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(world->db,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                                        &row, NULL),
                     SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        hash = mix_table(world, hash, (const char *)sqlite3_column_text(row, 0));
    }
    sqlite3_finalize(row);
    return hash;
}

static int start(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    snprintf(world->folder, sizeof world->folder, "/tmp/mock_routes.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/mock.db", world->folder);
    const char *const args[] = {"--rate",    "0",    "--quotes",    "0",        "--seed",
                                "3",         "--db", world->path,   "--orders", "6",
                                "--symbols", "40",   "--positions", "3",        NULL};
    *state = world;
    if (!server_start(&world->server, wire_program, args) ||
        sqlite3_open(world->path, &world->db) != SQLITE_OK) {
        return -1;
    }
    sqlite3_busy_timeout(world->db, 5000);
    char *error = NULL;
    sqlite3_exec(
        world->db,
        "INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity, orderType,"
        "  orderSide, price, blockedMargin) SELECT 'order-' || a.userId, a.id, s.id, s.symbol,"
        "  5, 'LIMIT', 'BUY', 2, 10 FROM trading_accounts a, stocks s WHERE s.symbol = 'TCS';"
        "UPDATE trading_accounts SET balance = balance + 100000000",
        NULL, NULL, &error);
    assert_null(error);
    world->before = digest(world);
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    int status = wire_stop(&world->server);
    sqlite3_close(world->db);
    char path[128];
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(endings); i++) {
        snprintf(path, sizeof path, "%s%s", world->path, endings[i]);
        unlink(path);
    }
    rmdir(world->folder);
    free(world);
    return status;
}

/* ---- requests ---- */

/* Text with $O and the like replaced; user is whose things those are. To be freed. */
static char *fill_in(struct world *world, const char *text, const char *user)
{
    static const struct {
        char letter;
        const char *sql;
    } things[] = {
        {'O', "SELECT 'order-%s'"},
        {'P', "SELECT p.id FROM positions p JOIN trading_accounts a ON a.id = tradingAccountId"
              " WHERE userId = '%s' AND quantity <> 0 LIMIT 1"},
        {'W', "SELECT id FROM watchlists WHERE userId = '%s' ORDER BY createdAt LIMIT 1"},
        {'I', "SELECT i.id FROM watchlist_items i JOIN watchlists w ON w.id = watchlistId"
              " WHERE userId = '%s' LIMIT 1"},
        {'S', "SELECT id FROM stocks WHERE '%s' <> '' AND id NOT IN (SELECT stockId FROM "
              "watchlist_items)"
              " ORDER BY rowid LIMIT 1"},
        {'Y', "SELECT symbol FROM stocks WHERE '%s' <> '' AND id NOT IN (SELECT stockId FROM"
              " watchlist_items) ORDER BY rowid LIMIT 1 OFFSET 1"},
        {'K', "SELECT token FROM stocks WHERE '%s' <> '' AND id NOT IN (SELECT stockId FROM"
              " watchlist_items) ORDER BY rowid LIMIT 1 OFFSET 2"},
    };
    char *result = copy_of(text);
    for (size_t i = 0; i < COUNT(things); i++) {
        char mark[3] = {'$', things[i].letter, '\0'};
        char *at = strstr(result, mark);
        if (at == NULL) {
            continue;
        }
        char sql[512];
        snprintf(sql, sizeof sql, things[i].sql, user);
        char *thing = text_of(world, sql);
        size_t size = strlen(result) + strlen(thing) + 1;
        char *longer = malloc(size);
        if (longer == NULL) {
            abort();
        }
        snprintf(longer, size, "%.*s%s%s", (int)(at - result), result, thing, at + 2);
        free(thing);
        free(result);
        result = longer;
    }
    return result;
}

struct request {
    const char *method, *target, *token, *body; /* token, body: NULL for none */
};

static int ask(struct world *world, const struct request *request, char *ret_answer, size_t size)
{
    size_t body_len = request->body == NULL ? 0 : strlen(request->body);
    char *text = malloc(body_len + 2048);
    int len =
        snprintf(text, 2048, "%s %s HTTP/1.1\r\nHost: x\r\n", request->method, request->target);
    if (request->token != NULL) {
        len += snprintf(text + len, 512, "Authorization: Bearer %s\r\n", request->token);
    }
    if (request->body != NULL) {
        len += snprintf(text + len, 64, "Content-Length: %zu\r\n", body_len);
    }
    memcpy(text + len, "\r\n", 2);
    memcpy(text + len + 2, request->body == NULL ? "" : request->body, body_len);
    text[(size_t)len + 2 + body_len] = '\0';
    struct wire wire;
    int status = wire_ask(&wire, &world->server, text);
    const char *body = strstr(wire.bytes, "\r\n\r\n");
    snprintf(ret_answer, size, "%s", body == NULL ? "" : body + 4);
    wire_close(&wire);
    free(text);
    world->asked++;
    return status;
}

/* Asks and insists: that status, a JSON object with an error, and nothing changed. */
static void refuses(struct world *world, const struct request *request, int status)
{
    char answer[2048];
    int got = ask(world, request, answer, sizeof answer);
    json_t *json = json_loads(answer, 0, NULL);
    const char *error = json_string_value(json_object_get(json, "error"));
    if (got != status || error == NULL || *error == '\0') {
        fail_msg("%s %s %.200s: %d, %d is due: %.300s", request->method, request->target,
                 request->body == NULL ? "" : request->body, got, status, answer);
    }
    json_decref(json);
    if (digest(world) != world->before) {
        fail_msg("%s %s %.200s changed the database", request->method, request->target,
                 request->body == NULL ? "" : request->body);
    }
}

/* ---- bodies that differ from the good one in one member ---- */

static json_t *parent_of(json_t *body, const char *path, const char **ret_name)
{
    const char *dot = strchr(path, '.');
    *ret_name = dot == NULL ? path : dot + 1;
    if (dot == NULL) {
        return body;
    }
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    return json_object_get(body, name);
}

/* With the value as it stands in place of the member; NULL: without it. To be freed. */
static char *vary(const char *good, const char *path, const char *value)
{
    json_t *body = json_loads(good, 0, NULL);
    const char *name;
    assert_non_null(body);
    json_t *parent = parent_of(body, path, &name);
    assert_non_null(json_object_get(parent, name));
    if (value == NULL) {
        json_object_del(parent, name);
    } else {
        json_object_set_new(parent, name, json_string("@@"));
    }
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    char *at = strstr(text, "\"@@\"");
    if (at == NULL) {
        return text;
    }
    size_t size = strlen(text) + strlen(value) + 1;
    char *varied = malloc(size);
    snprintf(varied, size, "%.*s%s%s", (int)(at - text), text, value, at + 4);
    free(text);
    return varied;
}

static void refuses_value(struct world *world, const struct request *good, const char *path,
                          const char *value, int status)
{
    char *body = vary(good->body, path, value);
    struct request request = *good;
    request.body = body;
    refuses(world, &request, status);
    free(body);
}

static void try_member(struct world *world, const struct request *good, const struct route *route,
                       const struct member *member)
{
    for (size_t i = 0; bad_values[member->kind][i] != NULL; i++) {
        refuses_value(world, good, member->path, bad_values[member->kind][i], 400);
    }
    if (member->required) {
        refuses_value(world, good, member->path, NULL, 400);
        refuses_value(world, good, member->path, "null", 400);
    }
    if (member->kind == ID || member->kind == SYMBOL) {
        for (size_t i = 0; i < COUNT(nobodys); i++) {
            refuses_value(world, good, member->path, nobodys[i],
                          member->kind == ID ? 404 : route->unknown);
        }
        char longer[128] = "\"";
        memset(longer + 1, 'x', 101);
        longer[102] = '"';
        refuses_value(world, good, member->path, longer, 400);
    }
    if (member->kind == TOKEN) {
        refuses_value(world, good, member->path, "-1", 404);
        refuses_value(world, good, member->path, "9223372036854775807", 404);
    }
}

static void try_bodies(struct world *world, const struct request *good)
{
    struct request request = *good;
    for (size_t i = 0; i < COUNT(bad_bodies); i++) {
        request.body = bad_bodies[i];
        refuses(world, &request, 400);
    }
    request.body = NULL;
    refuses(world, &request, 400);

    char *deep = malloc(BODY_LIMIT + 2);
    memset(deep, '[', BODY_LIMIT + 1);
    deep[BODY_LIMIT] = '\0';
    request.body = deep;
    refuses(world, &request, 400);
    deep[BODY_LIMIT] = '[';
    deep[BODY_LIMIT + 1] = '\0';
    refuses(world, &request, 413);
    free(deep);
}

static void try_who(struct world *world, const struct request *good)
{
    struct request request = *good;
    char target[256];
    static const char *const tokens[] = {"nonsense", "' OR '1'='1", "x", NULL};
    for (size_t i = 0; i < COUNT(tokens); i++) {
        request.token = tokens[i];
        refuses(world, &request, 401);
    }
    request.token = good->token;
    request.target = target;
    static const char *const others[] = {"user-2", "nobody", "", "user-1'--",
                                         "user-1&userId=user-2"};
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(target, sizeof target, "%s?userId=%s", good->target, others[i]);
        refuses(world, &request, 403);
    }
}

/* Another user's order, position, list or item is as unknown as one that does not exist. */
static void try_foreign(struct world *world, const struct route *route)
{
    bool has_id = strchr(route->target, '$') != NULL ||
                  (route->body != NULL &&
                   (strstr(route->body, "$O") != NULL || strstr(route->body, "$P") != NULL));
    if (!has_id) {
        return;
    }
    char *target = fill_in(world, route->target, "user-2");
    char *body = route->body == NULL ? NULL : fill_in(world, route->body, "user-2");
    struct request request = {route->method, target, world->server.token, body};
    refuses(world, &request, 404);
    free(target);
    free(body);
}

static void try_path_id(struct world *world, const struct route *route, const char *body)
{
    static const char *const ids[] = {
        "no-such-thing", "%27%20OR%20%271%27=%271", "%25", "..%2f..", "%1b[2J", "x%0d%0aX:y"};
    const char *dollar = strchr(route->target, '$');
    for (size_t i = 0; dollar != NULL && i < COUNT(ids); i++) {
        char target[256];
        snprintf(target, sizeof target, "%.*s%s%s", (int)(dollar - route->target), route->target,
                 ids[i], dollar + 2);
        struct request request = {route->method, target, world->server.token, body};
        refuses(world, &request, 404);
    }
}

static void test_whatever_is_wrong_is_refused(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT(routes); i++) {
        const struct route *route = &routes[i];
        char *target = fill_in(world, route->target, "user-1");
        char *body = route->body == NULL ? NULL : fill_in(world, route->body, "user-1");
        struct request good = {route->method, target, world->server.token, body};
        try_who(world, &good);
        try_foreign(world, route);
        try_path_id(world, route, body);
        if (body != NULL) {
            try_bodies(world, &good);
            for (const struct member *member = route->members; member->path != NULL; member++) {
                try_member(world, &good, route, member);
            }
        }
        free(target);
        free(body);
    }
    assert_in_range(world->asked, 400, 2000);
}

/* Else the test above could pass for a reason of its own. */
static void test_what_is_right_is_done(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < COUNT(routes); i++) {
        char answer[4096];
        char *target = fill_in(world, routes[i].target, "user-1");
        char *body = routes[i].body == NULL ? NULL : fill_in(world, routes[i].body, "user-1");
        struct request request = {routes[i].method, target, world->server.token, body};
        int status = ask(world, &request, answer, sizeof answer);
        if (status != routes[i].status) {
            fail_msg("%s %s %s: %d: %s", request.method, target, body == NULL ? "" : body, status,
                     answer);
        }
        assert_true(digest(world) != world->before);
        world->before = digest(world);
        free(target);
        free(body);
    }
}

/* A name may be anything that is text, and comes back as it was. */
static void test_names_that_look_like_sql_are_names(void **state)
{
    struct world *world = *state;
    static const char *const names[] = {"x'; DROP TABLE orders; --", "' OR '1'='1",
                                        "\xe0\xa4\xa8\xe0\xa4\xae", "%s%n"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char answer[4096];
        json_t *body = json_pack("{s:s}", "name", names[i]);
        char *text = json_dumps(body, 0);
        struct request request = {"POST", "/api/watchlists", world->server.token, text};
        assert_int_equal(ask(world, &request, answer, sizeof answer), 201);
        json_t *json = json_loads(answer, 0, NULL);
        assert_string_equal(
            json_string_value(json_object_get(json_object_get(json, "watchlist"), "name")),
            names[i]);
        world->before = digest(world);
        refuses(world, &request, 409);
        json_decref(json);
        json_decref(body);
        free(text);
    }
    char *orders = text_of(world, "SELECT count(*) FROM orders");
    assert_string_not_equal(orders, "0");
    free(orders);
}

/* What has ended stays as it ended. */
static void test_what_is_over_is_a_conflict(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *before, *method, *target, *body;
    } rows[] = {
        {"UPDATE orders SET status = 'EXECUTED'", "PATCH", "/api/trading/orders",
         "{\"orderId\":\"$O\",\"price\":5}"},
        {"UPDATE orders SET status = 'REJECTED'", "DELETE", "/api/trading/orders",
         "{\"orderId\":\"$O\"}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(sqlite3_exec(world->db, rows[i].before, NULL, NULL, NULL), SQLITE_OK);
        world->before = digest(world);
        char *body = fill_in(world, rows[i].body, "user-1");
        struct request request = {rows[i].method, rows[i].target, world->server.token, body};
        refuses(world, &request, 409);
        free(body);
    }
}

static void test_sql_and_faults_only_when_allowed(void **state)
{
    struct world *world = *state;
    struct request request = {"POST", "/__mock/sql", NULL, "DELETE FROM orders"};
    refuses(world, &request, 403);
    request = (struct request){"POST", "/__mock/fault", NULL, "500"};
    refuses(world, &request, 403);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 2;
    }
    wire_program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whatever_is_wrong_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_right_is_done, start, stop),
        cmocka_unit_test_setup_teardown(test_names_that_look_like_sql_are_names, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_over_is_a_conflict, start, stop),
        cmocka_unit_test_setup_teardown(test_sql_and_faults_only_when_allowed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
