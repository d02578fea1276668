/* The routes without sockets: every route × every kind of bad input; then that good input works. */
#include "api/api.h"
#include "book/seed.h"
#include "book/trade.h"
#include "db/read.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct scene {
    struct api api;
    char token[2][64], order[64], other_order[64], done_order[64], position[64], other_position[64];
    char list[64], other_list[64], item[64], other_item[64];
};

static void fetch(struct db *db, char ret[64], const char *sql)
{
    char *text = db_text(db, sql, "");
    assert_non_null(text);
    snprintf(ret, 64, "%s", text);
    free(text);
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct fault fault;
    struct db *db = db_open(":memory:", &fault);
    assert_non_null(db);
    const struct seed_settings settings = {5, 2, 40, 8, 50, 1737972000123};
    assert_true(seed_fill(db, &settings));
    scene->api.db = db;
    scene->api.auth = auth_new(db);
    scene->api.answers = answers_new(db);
    scene->api.orders_limit = 100;
    scene->api.extensions = true;
    dice_seed(&scene->api.dice, 1);
    fetch(db, scene->token[0], "SELECT token FROM sessions WHERE userId = 'user-1'");
    fetch(db, scene->token[1], "SELECT token FROM sessions WHERE userId = 'user-2'");
#define OF(n)                                                                                      \
    " WHERE tradingAccountId = (SELECT id FROM trading_accounts WHERE userId = 'user-" n "')"
    fetch(db, scene->order, "SELECT id FROM orders" OF("1") " AND status = 'PENDING'");
    fetch(db, scene->done_order, "SELECT id FROM orders" OF("1") " AND status = 'EXECUTED'");
    fetch(db, scene->other_order, "SELECT id FROM orders" OF("2") " AND status = 'PENDING'");
    fetch(db, scene->position, "SELECT id FROM positions" OF("1"));
    fetch(db, scene->other_position, "SELECT id FROM positions" OF("2"));
    fetch(db, scene->list, "SELECT id FROM watchlists WHERE userId = 'user-1'");
    fetch(db, scene->other_list, "SELECT id FROM watchlists WHERE userId = 'user-2'");
    fetch(db, scene->item,
          "SELECT i.id FROM watchlist_items i JOIN watchlists w ON w.id ="
          " i.watchlistId WHERE w.userId = 'user-1'");
    fetch(db, scene->other_item,
          "SELECT i.id FROM watchlist_items i JOIN watchlists w ON w.id ="
          " i.watchlistId WHERE w.userId = 'user-2'");
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    auth_free(scene->api.auth);
    answers_free(scene->api.answers);
    db_close(scene->api.db);
    free(scene);
    return 0;
}

/* Puts ids where a text says $order, $list and so on. */
static char *fill_in(const struct scene *scene, const char *text)
{
    static char filled[2][2048];
    static int turn;
    const struct {
        const char *name, *value;
    } names[] = {
        {"$order", scene->order},
        {"$done", scene->done_order},
        {"$other_order", scene->other_order},
        {"$position", scene->position},
        {"$other_position", scene->other_position},
        {"$list", scene->list},
        {"$other_list", scene->other_list},
        {"$item", scene->item},
        {"$other_item", scene->other_item},
    };
    char *into = filled[turn = !turn];
    size_t len = 0;
    while (*text != '\0') {
        size_t i = 0, name = 0;
        for (; i < sizeof names / sizeof *names; i++) {
            name = strlen(names[i].name);
            if (strncmp(text, names[i].name, name) == 0) {
                break;
            }
        }
        if (i < sizeof names / sizeof *names) {
            len += (size_t)snprintf(into + len, sizeof filled[0] - len, "%s", names[i].value);
            text += name;
        } else {
            into[len++] = *text++;
        }
        assert_true(len + 1 < sizeof filled[0]);
    }
    into[len] = '\0';
    return into;
}

static struct call ask(struct scene *scene, const char *method, const char *path, const char *body)
{
    static char authorization[80];
    snprintf(authorization, sizeof authorization, "Bearer %s", scene->token[0]);
    struct call call = {.method = method,
                        .path = fill_in(scene, path),
                        .authorization = authorization,
                        .body = body == NULL ? NULL : fill_in(scene, body)};
    call.body_len = body == NULL ? 0 : strlen(call.body);
    api_answer(&scene->api, &call);
    text_put(&call.reply, "", 1);
    return call;
}

static int64_t last_id(struct scene *scene)
{
    return db_int(scene->api.db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", "");
}

static void expect_error(const struct call *call, int status, const char *what)
{
    json_t *reply = json_loads(call->reply.bytes, 0, NULL);
    const char *error = json_string_value(json_object_get(reply, "error"));
    if (call->status != status || error == NULL || *error == '\0') {
        fail_msg("%s %s %s: %d %s, expected %d", call->method, call->path, what, call->status,
                 call->reply.bytes, status);
    }
    json_decref(reply);
}

static const struct {
    const char *method, *path, *body; /* a body that would do */
} writes[] = {
    {"POST", "/api/trading/orders",
     "{\"symbol\":\"TCS\",\"quantity\":1,\"orderType\":\"MARKET\",\"orderSide\":\"BUY\"}"},
    {"PATCH", "/api/trading/orders", "{\"orderId\":\"$order\",\"quantity\":5}"},
    {"DELETE", "/api/trading/orders", "{\"orderId\":\"$order\"}"},
    {"POST", "/api/trading/positions", "{\"positionId\":\"$position\"}"},
    {"PATCH", "/api/trading/positions",
     "{\"positionId\":\"$position\",\"updates\":{\"stopLoss\":1}}"},
    {"POST", "/api/watchlists", "{\"name\":\"Mine\"}"},
    {"PUT", "/api/watchlists/$list", "{\"name\":\"Mine\"}"},
    {"POST", "/api/watchlists/$list/items", "{\"symbol\":\"LTIM\"}"},
};
static const char *const reads[] = {"/api/trading/orders/list", "/api/trading/positions/list",
                                    "/api/trading/account", "/api/watchlists",
                                    "/api/realtime/stream"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void ask_as(struct scene *scene, struct call *call, const char *authorization,
                   const char *user_id)
{
    call->authorization = authorization;
    if (user_id != NULL) {
        call->user_ids[call->user_id_count++] = user_id;
    }
    api_answer(&scene->api, call);
    text_put(&call->reply, "", 1);
}

static void test_every_route_wants_a_token_and_its_own_user(void **state)
{
    struct scene *scene = *state;
    char mine[80];
    snprintf(mine, sizeof mine, "Bearer %s", scene->token[0]);
    int64_t before = last_id(scene);
    for (size_t i = 0; i < COUNT(writes) + COUNT(reads) + 2; i++) {
        bool write = i < COUNT(writes), more = i >= COUNT(writes) + COUNT(reads);
        const char *path =
            write  ? writes[i].path
            : more ? (i % 2 != 0 ? "/api/watchlists/items/$item" : "/api/watchlists/$list")
                   : reads[i - COUNT(writes)];
        const char *method = write ? writes[i].method : more ? "DELETE" : "GET";
        static const struct {
            const char *token, *user;
            int status;
        } rows[] = {{NULL, NULL, 401},     {"Bearer x", NULL, 401},
                    {NULL, "user-1", 401}, {"Bearer x", "user-1", 401},
                    {"", "user-2", 403},   {"", "", 403},
                    {"", "USER-1", 403},   {"", "user-1' OR '1'='1", 403}};
        for (size_t j = 0; j < COUNT(rows); j++) {
            struct call call = {.method = method, .path = fill_in(scene, path)};
            call.body = write ? fill_in(scene, writes[i].body) : NULL;
            call.body_len = write ? strlen(call.body) : 0;
            const char *token =
                rows[j].token != NULL && *rows[j].token == '\0' ? mine : rows[j].token;
            ask_as(scene, &call, token, rows[j].user);
            expect_error(&call, rows[j].status, rows[j].user == NULL ? "(no user)" : rows[j].user);
            assert_false(call.is_stream);
            text_done(&call.reply);
        }
    }
    assert_int_equal(last_id(scene), before);
}

static void test_bad_bodies_change_nothing(void **state)
{
    struct scene *scene = *state;
    static const char *const bodies[] = {
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "1",
        "{}",
        "{\"symbol\":}",
        "NaN",
        "{\"quantity\":NaN}",
        "{\"orderId\":1,\"positionId\":1,\"name\":1,\"symbol\":1}",
        "{\"orderId\":\"\",\"positionId\":\"\",\"name\":\"\",\"symbol\":\"\"}",
        "{\"orderId\":null,\"positionId\":null,\"name\":null,\"symbol\":null}",
        "{\"orderId\":[],\"positionId\":{},\"name\":[],\"symbol\":{},\"updates\":[]}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"symbol\":\"a\",\"symbol\":\"b\"}",
        "{\"orderId\":\"a\",\"orderId\":\"b\"}",
        "{\"positionId\":\"a\",\"positionId\":\"b\"}",
        "{\"name\":\"a\\u0000b\",\"symbol\":\"a\\u0000b\"}",
        "{\"orderId\":\"a\\u0000b\",\"positionId\":\"a\\u0000\"}",
        "{\"name\":\"\xff\",\"symbol\":\"\xff\",\"orderId\":\"\xff\",\"positionId\":\"\xff\"}",
        "{\"quantity\":99999999999999999999999}",
        "{\"price\":1e999}",
    };
    int64_t before = last_id(scene);
    for (size_t i = 0; i < COUNT(writes); i++) {
        for (size_t j = 0; j < COUNT(bodies); j++) {
            struct call call = ask(scene, writes[i].method, writes[i].path, bodies[j]);
            expect_error(&call, 400, bodies[j]);
            text_done(&call.reply);
        }
    }
    assert_int_equal(last_id(scene), before);
}

static void test_bad_members_are_named(void **state)
{
    struct scene *scene = *state;
#define ORDER(members) "{\"symbol\":\"TCS\",\"orderSide\":\"BUY\"," members "}"
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *says; /* in the error */
    } rows[] = {
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"MARKET\""), 400, "quantity"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"MARKET\",\"quantity\":0"), 400,
         "quantity"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"MARKET\",\"quantity\":-5"), 400,
         "quantity"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"MARKET\",\"quantity\":1.5"), 400,
         "quantity"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"MARKET\",\"quantity\":\"5\""), 400,
         "quantity"},
        {"POST", "/api/trading/orders",
         ORDER("\"orderType\":\"MARKET\",\"quantity\":9223372036854775807"), 400, "quantity"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"LIMIT\",\"quantity\":5"), 400,
         "price"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"LIMIT\",\"quantity\":5,\"price\":0"),
         400, "price"},
        {"POST", "/api/trading/orders",
         ORDER("\"orderType\":\"LIMIT\",\"quantity\":5,\"price\":-1"), 400, "price"},
        {"POST", "/api/trading/orders",
         ORDER("\"orderType\":\"LIMIT\",\"quantity\":5,\"price\":1e300"), 400, "price"},
        {"POST", "/api/trading/orders",
         ORDER("\"orderType\":\"LIMIT\",\"quantity\":5,\"price\":\"9\""), 400, "price"},
        {"POST", "/api/trading/orders", ORDER("\"orderType\":\"STOP\",\"quantity\":5"), 400,
         "orderType"},
        {"POST", "/api/trading/orders",
         ORDER("\"orderType\":\"MARKET\",\"quantity\":5,\"productType\":\"X\""), 400,
         "productType"},
        {"POST", "/api/trading/orders",
         "{\"symbol\":\"TCS\",\"orderSide\":\"HOLD\",\"orderType\":\"MARKET\",\"quantity\":1}", 400,
         "orderSide"},
        {"POST", "/api/trading/orders",
         "{\"symbol\":\"x'; DROP TABLE orders; "
         "--\",\"orderSide\":\"BUY\",\"orderType\":\"MARKET\",\"quantity\":1}",
         400, ""},
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"$order\"}", 400, "price or quantity"},
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"$order\",\"quantity\":-1}", 400,
         "quantity"},
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"nobody\",\"quantity\":1}", 404, ""},
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"$other_order\",\"quantity\":1}", 404, ""},
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"$done\",\"quantity\":1}", 409, ""},
        {"DELETE", "/api/trading/orders", "{\"orderId\":\"' OR 1=1 --\"}", 404, ""},
        {"DELETE", "/api/trading/orders", "{\"orderId\":\"$other_order\"}", 404, ""},
        {"DELETE", "/api/trading/orders", "{\"orderId\":\"$done\"}", 409, ""},
        {"POST", "/api/trading/positions", "{\"positionId\":\"$other_position\"}", 404, ""},
        {"POST", "/api/trading/positions", "{\"positionId\":\"$position\",\"exitPrice\":-2}", 400,
         "exitPrice"},
        {"PATCH", "/api/trading/positions", "{\"positionId\":\"$position\",\"updates\":{}}", 400,
         "stopLoss"},
        {"PATCH", "/api/trading/positions",
         "{\"positionId\":\"$position\",\"updates\":{\"target\":\"9\"}}", 400, "target"},
        {"PATCH", "/api/trading/positions",
         "{\"positionId\":\"$other_position\",\"updates\":{\"target\":9}}", 404, ""},
        {"POST", "/api/watchlists", "{\"name\":\"My Watchlist\"}", 409, ""},
        {"PUT", "/api/watchlists/nothing", "{\"name\":\"New\"}", 404, ""},
        {"PUT", "/api/watchlists/$other_list", "{\"name\":\"New\"}", 404, ""},
        {"PUT", "/api/watchlists/$list", "{\"name\":\"Watchlist 2\"}", 409, ""},
        {"DELETE", "/api/watchlists/$other_list", NULL, 404, ""},
        {"DELETE", "/api/watchlists/' OR 1=1 --", NULL, 404, ""},
        {"POST", "/api/watchlists/$other_list/items", "{\"symbol\":\"LTIM\"}", 404, "watchlist"},
        {"POST", "/api/watchlists/$list/items", "{\"symbol\":\"NOSUCH\"}", 404, "stock"},
        {"POST", "/api/watchlists/$list/items", "{\"token\":\"2885\"}", 400, "token"},
        {"POST", "/api/watchlists/$list/items", "{\"token\":-1}", 404, "stock"},
        {"POST", "/api/watchlists/$list/items", "{\"symbol\":\"RELIANCE\"}", 409, "already"},
        {"DELETE", "/api/watchlists/items/$other_item", NULL, 404, ""},
        {"DELETE", "/api/watchlists/items/none", NULL, 404, ""},
        {"GET", "/", NULL, 404, ""},
        {"GET", "/api/trading/orders/list/", NULL, 404, ""},
        {"GET", "/api/watchlists/a/b/c", NULL, 404, ""},
        {"GET", "/api/trading/orders", NULL, 405, ""},
        {"POST", "/api/trading/account", "{}", 405, ""},
        {"HEAD", "/api/realtime/stream", NULL, 405, ""},
        {"BREW", "/api/watchlists", NULL, 405, ""},
        {"POST", "/__mock/sql", "select 1", 403, "--allow-sql"},
    };
    int64_t before = last_id(scene);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call call = ask(scene, rows[i].method, rows[i].path, rows[i].body);
        expect_error(&call, rows[i].status, rows[i].body == NULL ? "" : rows[i].body);
        assert_non_null(strstr(call.reply.bytes, rows[i].says));
        assert_true((call.status == 405) == (call.allow != NULL));
        text_done(&call.reply);
    }
    assert_int_equal(last_id(scene), before);
}

static void test_good_writes_change_the_books_and_tell(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *event; /* that it makes, among others */
    } rows[] = {
        {"PATCH", "/api/trading/orders", "{\"orderId\":\"$order\",\"price\":1.5}", 200,
         "order_updated"},
        {"DELETE", "/api/trading/orders", "{\"orderId\":\"$order\"}", 200, "order_cancelled"},
        {"POST", "/api/trading/orders",
         "{\"symbol\":\"TCS\",\"quantity\":2,\"orderType\":\"MARKET\",\"orderSide\":\"BUY\"}", 200,
         "order_executed"},
        {"POST", "/api/trading/orders",
         "{\"symbol\":\"TCS\",\"quantity\":2,\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\","
         "\"price\":3000}",
         200, "margin_blocked"},
        {"PATCH", "/api/trading/positions",
         "{\"positionId\":\"$position\",\"updates\":{\"stopLoss\":1.5,\"target\":null}}", 200,
         "position_updated"},
        {"POST", "/api/trading/positions", "{\"positionId\":\"$position\"}", 200,
         "position_closed"},
        {"POST", "/api/watchlists", "{\"name\":\"Neu ₹\"}", 201, "watchlist_updated"},
        {"PUT", "/api/watchlists/$list", "{\"name\":\"Other\"}", 200, "watchlist_updated"},
        {"POST", "/api/watchlists/$list/items", "{\"symbol\":\"KOTAKBANK\"}", 201,
         "watchlist_item_added"},
        {"DELETE", "/api/watchlists/items/$item", NULL, 200, "watchlist_item_removed"},
        {"DELETE", "/api/watchlists/$list", NULL, 200, "watchlist_item_removed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t before = last_id(scene);
        struct call call = ask(scene, rows[i].method, rows[i].path, rows[i].body);
        json_t *reply = json_loads(call.reply.bytes, 0, NULL);
        if (call.status != rows[i].status || reply == NULL) {
            fail_msg("%s %s: %d %s", rows[i].method, rows[i].path, call.status, call.reply.bytes);
        }
        assert_int_equal(db_int(scene->api.db, 0,
                                "SELECT count(*) > 0 FROM events WHERE id > ? AND type = ? AND"
                                " user_id = 'user-1'",
                                "is", before, rows[i].event),
                         1);
        json_decref(reply);
        text_done(&call.reply);
    }
}

/* --- the shapes --------------------------------------------------------------------------- */

/* The members of an object, in order: "id,symbol,stock{symbol,name}". */
static void put_shape(struct text *into, json_t *value)
{
    const char *name;
    json_t *member;
    bool first = true;
    json_object_foreach(value, name, member)
    {
        text_puts(into, first ? "" : ",");
        first = false;
        text_puts(into, name);
        json_t *inner = json_is_array(member) ? json_array_get(member, 0) : member;
        if (json_is_object(inner)) {
            text_puts(into, json_is_array(member) ? "[" : "{");
            put_shape(into, inner);
            text_puts(into, json_is_array(member) ? "]" : "}");
        }
    }
}

static void test_reads_have_the_reference_s_shape(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *path, *shape;
    } rows[] = {
        {"/api/trading/orders/list",
         "success,orders[id,symbol,quantity,orderType,orderSide,price,averagePrice,filledQuantity,"
         "productType,status,createdAt,executedAt,stock{symbol,name,ltp,instrumentId}]"},
        {"/api/trading/positions/list",
         "success,positions[id,symbol,quantity,averagePrice,unrealizedPnL,dayPnL,stopLoss,target,"
         "createdAt,stock{symbol,name,ltp,instrumentId,segment},currentPrice,currentValue,"
         "investedValue,status,isClosed,realizedPnL,bookedPnL],meta{pnlMode,workerHealthy}"},
        {"/api/trading/account", "success,account{id,userId,balance,availableMargin,usedMargin,"
                                 "clientId,createdAt,updatedAt}"},
        {"/api/watchlists",
         "watchlists[id,userId,name,createdAt,updatedAt,items[id,watchlistId,stockId,token,"
         "createdAt,notes,alertPrice,alertType,sortOrder,"
         "stock{id,instrumentId,symbol,exchange,ticker,name,segment,ltp,open,high,low,close,volume,"
         "change,changePercent,sector,isActive,createdAt,updatedAt,strikePrice,optionType,expiry,"
         "lot_size,token}]]"},
    };
    db_run(scene->api.db, "UPDATE orders SET failureReason = NULL", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call call = ask(scene, "GET", rows[i].path, NULL);
        assert_int_equal(call.status, 200);
        assert_int_equal(call.last_id, last_id(scene));
        json_t *body = json_loads(call.reply.bytes, 0, NULL);
        assert_non_null(body);
        struct text shape = {0};
        put_shape(&shape, body);
        text_put(&shape, "", 1);
        assert_string_equal(shape.bytes, rows[i].shape);
        text_done(&shape);
        text_done(&call.reply);
        json_decref(body);
    }
}

static void test_a_user_without_an_account_has_empty_lists(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *path, *body;
    } rows[] = {{"/api/trading/orders/list", "{\"success\":true,\"orders\":[]}"},
                {"/api/trading/positions/list",
                 "{\"success\":true,\"positions\":[],\"meta\":{\"pnlMode\":\"server\","
                 "\"workerHealthy\":true}}"},
                {"/api/trading/account", "{\"success\":true,\"account\":null}"},
                {"/api/watchlists", "{\"watchlists\":[]}"}};
    db_run(scene->api.db, "INSERT INTO users (id) VALUES ('new')", "");
    db_run(scene->api.db, "INSERT INTO sessions (token, userId) VALUES ('fresh', 'new')", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call call = {.method = "GET", .path = rows[i].path};
        ask_as(scene, &call, "Bearer fresh", "new");
        assert_int_equal(call.status, 200);
        assert_string_equal(call.reply.bytes, rows[i].body);
        text_done(&call.reply);
    }
}

/* An age counted from such a time would be negative. */
static void test_no_seeded_order_is_ahead_of_the_clock(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fault fault;
        struct db *db = db_open(":memory:", &fault);
        const struct seed_settings settings = {seed, 2, 3, 1, 5, 1737972000123};
        assert_true(seed_fill(db, &settings));
        assert_int_equal(db_int(db, -1,
                                "SELECT count(*) FROM orders WHERE"
                                " max(createdAt, coalesce(executedAt, '')) > ?",
                                "s", "2025-01-27T10:00:00.123Z"),
                         0);
        db_close(db);
    }
}

static double day_of(const json_t *positions, int *ret_closed)
{
    double sum = 0;
    size_t i;
    json_t *row;
    *ret_closed = 0;
    json_array_foreach(positions, i, row)
    {
        sum += json_number_value(json_object_get(row, "dayPnL"));
        bool closed = json_is_true(json_object_get(row, "isClosed"));
        assert_int_equal(closed, json_integer_value(json_object_get(row, "quantity")) == 0);
        assert_string_equal(json_string_value(json_object_get(row, "status")),
                            closed ? "CLOSED" : "OPEN");
        *ret_closed += closed ? 1 : 0;
    }
    return sum;
}

/* Booked and open together are the day, whichever position is closed, also those of earlier days.
 */
static void test_closing_changes_nothing_of_the_day(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct fault fault;
        struct db *db = db_open(":memory:", &fault);
        const struct seed_settings settings = {seed, 1, 3, 8, 50, (int64_t)time(NULL) * 1000};
        assert_true(seed_fill(db, &settings));
        struct dice dice;
        dice_seed(&dice, 1);
        double before = NAN;
        for (int closed = 2; closed <= 10; closed++) {
            struct text body = {0};
            int listed_closed;
            read_positions(db, "user-1", 0, &body);
            json_t *root = json_loadb(body.bytes, body.len, 0, NULL);
            const json_t *positions = json_object_get(root, "positions");
            double day = day_of(positions, &listed_closed);
            assert_int_equal(json_array_size(positions), 10);
            assert_int_equal(listed_closed, closed);
            assert_true(isnan(before) || fabs(day - before) < 0.005);
            before = day;
            struct trade_reply reply;
            const char *id = json_string_value(
                json_object_get(json_array_get(positions, (size_t)(10 - closed) / 2), "id"));
            assert_int_equal(trade_close(db, &dice, "user-1", id, NAN, &reply),
                             closed < 10 ? TRADE_OK : TRADE_NOT_FOUND);
            json_decref(root);
            text_done(&body);
        }
        db_close(db);
    }
}

static void test_older_servers_list_open_positions_only(void **state)
{
    struct scene *scene = *state;
    db_run(scene->api.db, "UPDATE positions SET quantity = 0", "");
    scene->api.open_only = true;
    struct call call = ask(scene, "GET", "/api/trading/positions/list", NULL);
    text_put(&call.reply, "", 1);
    assert_string_equal(call.reply.bytes, "{\"success\":true,\"positions\":[]}");
    text_done(&call.reply);
    scene->api.open_only = false;
    db_run(scene->api.db, "UPDATE sessions SET createdAt = ''", ""); /* another state, for reads */
    call = ask(scene, "GET", "/api/trading/positions/list", NULL);
    text_put(&call.reply, "", 1);
    assert_non_null(strstr(call.reply.bytes, "\"status\":\"CLOSED\",\"isClosed\":true"));
    text_done(&call.reply);
}

/* --- what the database cannot give ----------------------------------------------------------- */

static void test_what_cannot_be_read_is_no_shorter_list(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *table, *path;
    } rows[] = {
        {"orders", "/api/trading/orders/list"},       {"stocks", "/api/trading/positions/list"},
        {"positions", "/api/trading/positions/list"}, {"trading_accounts", "/api/trading/account"},
        {"watchlist_items", "/api/watchlists"},       {"events", "/api/realtime/stream"},
        {"sessions", "/api/trading/account"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char sql[96];
        snprintf(sql, sizeof sql, "PRAGMA legacy_alter_table = 1; ALTER TABLE %s RENAME TO gone",
                 rows[i].table);
        assert_int_equal(sqlite3_exec(db_handle(scene->api.db), sql, NULL, NULL, NULL), SQLITE_OK);
        db_run(scene->api.db, "UPDATE meta SET value = value + 1 WHERE name = 'sessions'", "");
        for (int times = 0; times < 2; times++) {
            struct call call = ask(scene, "GET", rows[i].path, NULL);
            assert_int_equal(call.status, 500);
            assert_false(call.is_stream || call.is_read);
            assert_non_null(strstr(call.reply.bytes, "the database cannot be read: no such table"));
            text_done(&call.reply);
        }
        snprintf(sql, sizeof sql, "ALTER TABLE gone RENAME TO %s", rows[i].table);
        assert_int_equal(sqlite3_exec(db_handle(scene->api.db), sql, NULL, NULL, NULL), SQLITE_OK);
        struct call call = ask(scene, "GET", rows[i].path, NULL);
        assert_int_equal(call.status, 200);
        text_done(&call.reply);
    }
}

static void test_no_seed_tells_a_token(void **state)
{
    (void)state;
    char *tokens[2];
    for (int i = 0; i < 2; i++) {
        struct fault fault;
        struct db *db = db_open(":memory:", &fault);
        const struct seed_settings settings = {7, 2, 3, 1, 5, 1737972000123};
        assert_true(seed_fill(db, &settings));
        tokens[i] = db_text(db, "SELECT group_concat(token) FROM sessions", "");
        db_close(db);
    }
    assert_int_equal(strlen(tokens[0]), 32 + 1 + 32);
    assert_string_not_equal(tokens[0], tokens[1]);
    free(tokens[0]);
    free(tokens[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_route_wants_a_token_and_its_own_user, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bad_bodies_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_members_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_good_writes_change_the_books_and_tell, setup,
                                        teardown),
        cmocka_unit_test(test_no_seeded_order_is_ahead_of_the_clock),
        cmocka_unit_test_setup_teardown(test_reads_have_the_reference_s_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_user_without_an_account_has_empty_lists, setup,
                                        teardown),
        cmocka_unit_test(test_closing_changes_nothing_of_the_day),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_no_shorter_list, setup,
                                        teardown),
        cmocka_unit_test(test_no_seed_tells_a_token),
        cmocka_unit_test_setup_teardown(test_older_servers_list_open_positions_only, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
