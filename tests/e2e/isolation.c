/*
 * Isolation: one user's token and every trick to see or touch the other user's data. Not one byte
 * that is the other's comes back, and nothing of the other's changes. And the client, whatever is
 * pressed, only ever sends GET.
 */
#define _GNU_SOURCE /* memmem */
#include "expect.h"
#include "mock_wire.h"
#include "trust.h"

#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* $T our token, $V the other's token without its last letter, $B the other's token in capitals, $O
 * $P $W $I $A ids of the other's rows, $0 a NUL, $L 9000 letters, $# to $. one chunk and the end.
 * AUTH is how we come in. */
#define AUTH "Host: x\r\nConnection: close\r\nAuthorization: Bearer $T\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" AUTH "\r\n"
#define ORDERS "/api/trading/orders/list"
#define STREAM "/api/realtime/stream"
#define SEND(method, target, body)                                                                 \
    method " " target " HTTP/1.1\r\n" AUTH "Transfer-Encoding: chunked\r\n\r\n" body

static const char *const requests[] = {
    GET(ORDERS "?userId=user-2"),
    GET("/api/trading/positions/list?userId=user-2"),
    GET("/api/trading/account?userId=user-2"),
    GET("/api/watchlists?userId=user-2"),
    GET(STREAM "?userId=user-2"),
    GET(ORDERS "?userId=user-1&userId=user-2"),
    GET(ORDERS "?userId=user-2&userId=user-1"),
    GET(ORDERS "?userId=user-1&userid=user-2"),
    GET(ORDERS "?USERID=user-2"),
    GET(ORDERS "?userId[]=user-2"),
    GET(ORDERS "?userId=user%2d2"),
    GET(ORDERS "?%75serId=user-2"),
    GET(ORDERS "?userId=user-1%26userId=user-2"),
    GET(ORDERS "?userId=user-1%00user-2"),
    GET(ORDERS "?userId=user-2%00"),
    GET(ORDERS "?userId=USER-2"),
    GET(ORDERS "?userId=%20user-2"),
    GET(ORDERS "?userId=user-_"),
    GET(ORDERS "?userId=%25"),
    GET(ORDERS "?userId=*"),
    GET(ORDERS "?userId='%20or%20'1'='1"),
    GET(ORDERS "?userId=user-1'%20union%20select%20*%20from%20orders--"),
    GET(ORDERS "?userId="),
    GET(ORDERS "?userId"),
    GET(ORDERS ";userId=user-2"),
    GET(ORDERS "?x=$L&userId=user-2"),
    GET(ORDERS "?userId=$L"),
    GET("/api/trading/%2e%2e/trading/orders/list?userId=user-2"),
    GET("/api//trading/orders/list?userId=user-2"),
    GET("/API/trading/orders/list?userId=user-2"),
    GET("http://x" ORDERS "?userId=user-2"),
    GET("/api/trading/orders/list/?userId=user-2"),
    GET("/api/trading/account?id=$A&tradingAccountId=$A&accountId=$A"),
    GET("/api/watchlists/$W"),
    GET("/api/watchlists/$W/items"),
    GET("/api/watchlists/items/$I"),
    GET("/api/trading/orders/$O"),
    GET("/api/trading/orders?orderId=$O"),
    GET(STREAM "?userId=user-1&userId=user-2"),
    GET(STREAM "?userId=user-2&userId=user-1"),
    GET(STREAM "?userid=user-2"),
    GET(STREAM "?lastEventId=0"),
    "GET " STREAM " HTTP/1.1\r\n" AUTH "Last-Event-ID: 0\r\n\r\n",
    "GET " STREAM " HTTP/1.1\r\n" AUTH "Last-Event-ID: -1\r\n\r\n",
    "GET " STREAM " HTTP/1.1\r\n" AUTH "Last-Event-ID: 0 or 1=1\r\n\r\n",
    /* headers: other tokens, other names for the user, one request inside another */
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "X-User-Id: user-2\r\nX-Forwarded-User: user-2\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "Cookie: authjs.session-token=$V\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "Cookie: authjs.session-token=$B; userId=user-2\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: "
    "authjs.session-token=$V; authjs.session-token=$T\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: "
    "__Secure-authjs.session-token=$B; authjs.session-token=$T\r\n\r\n",
    "GET " ORDERS "?userId=user-2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: "
    "authjs.session-token=$T\r\nCookie: authjs.session-token=$V\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer $V\r\n"
    "Authorization: Bearer $T\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer $V$0\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
    "%\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ' or "
    "1=1--\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "X: $L\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"
    "0\r\n\r\nGET " ORDERS "?userId=user-2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $T\r\n\r\n",
    "GET " ORDERS " HTTP/1.1\r\n" AUTH "Content-Length: 0\r\nContent-Length: 44\r\n\r\n"
    "GET " ORDERS "?userId=user-2 HTTP/1.1\r\n\r\n",
    "GET " ORDERS "\r\nX: y?userId=user-2 HTTP/1.1\r\n" AUTH "\r\n",
    "HEAD " ORDERS "?userId=user-2 HTTP/1.1\r\n" AUTH "\r\n",
    "GET " ORDERS "$0?userId=user-2 HTTP/1.1\r\n" AUTH "\r\n",
    /* writes to what is the other's */
    SEND("DELETE", "/api/trading/orders", "$#{\"orderId\":\"$O\"}$."),
    SEND("PATCH", "/api/trading/orders", "$#{\"orderId\":\"$O\",\"quantity\":7}$."),
    SEND("PATCH", "/api/trading/positions",
         "$#{\"positionId\":\"$P\",\"updates\":{\"target\":9}}$."),
    SEND("POST", "/api/trading/positions", "$#{\"positionId\":\"$P\"}$."),
    SEND("PUT", "/api/watchlists/$W", "$#{\"name\":\"mine\"}$."),
    SEND("DELETE", "/api/watchlists/$W", "$#{}$."),
    SEND("DELETE", "/api/watchlists/items/$I", "$#{}$."),
    SEND("POST", "/api/watchlists/$W/items", "$#{\"symbol\":\"TCS\"}$."),
    "GET /__mock/stats HTTP/1.1\r\n" AUTH "\r\n",
};
enum { REQUESTS = sizeof requests / sizeof *requests, FOREIGN_MAX = 400, LONG = 9000 };

struct foreign {
    char *texts[FOREIGN_MAX];
    size_t count;
    const char *order, *position, *watchlist, *item, *account;
    char token[128], cut[128], capitals[128];
};

/* --- what is the other's ------------------------------------------------------------------- */

static json_t *rows_of(const struct server *server, const char *sql)
{
    static char answer[1 << 20];
    assert_int_equal(server_request(server, "/__mock/sql", sql, answer, sizeof answer), 200);
    json_t *root = json_loads(answer, 0, NULL);
    json_t *rows = json_incref(json_object_get(root, "rows"));
    assert_non_null(rows);
    json_decref(root);
    return rows;
}

/* The first column of the rows; returns the first of them. */
static const char *collect(struct foreign *foreign, const struct server *server, const char *sql)
{
    size_t i;
    json_t *row;
    size_t first = foreign->count;
    json_t *rows = rows_of(server, sql);
    json_array_foreach(rows, i, row)
    {
        const char *text = json_string_value(json_object_iter_value(json_object_iter(row)));
        if (text != NULL && foreign->count < FOREIGN_MAX) {
            foreign->texts[foreign->count++] = strdup(text);
        }
    }
    json_decref(rows);
    assert_true(foreign->count > first);
    return foreign->texts[first];
}

#define OF_THE_OTHER " join trading_accounts a on a.id=t.tradingAccountId where a.userId='user-2'"

static void learn(struct foreign *foreign, const struct server *server)
{
    memset(foreign, 0, sizeof *foreign);
    assert_true(server_sql(
        server, "update orders set symbol='ZFOREIGN' where tradingAccountId in (select id from "
                "trading_accounts where userId='user-2');"
                "update positions set symbol='ZFOREIGN' where tradingAccountId in (select id from "
                "trading_accounts where userId='user-2');"
                "update watchlists set name='ZFOREIGN'||rowid where userId='user-2';"
                "update trading_accounts set clientId='ZFOREIGN', balance=31337.25 where "
                "userId='user-2'"));
    foreign->order = collect(foreign, server, "select t.id from orders t" OF_THE_OTHER);
    foreign->position = collect(foreign, server, "select t.id from positions t" OF_THE_OTHER);
    foreign->account =
        collect(foreign, server, "select id from trading_accounts where userId='user-2'");
    foreign->watchlist =
        collect(foreign, server, "select id from watchlists where userId='user-2'");
    foreign->item = collect(foreign, server,
                            "select i.id from watchlist_items i join watchlists w on "
                            "w.id=i.watchlistId where w.userId='user-2'");
    const char *token =
        collect(foreign, server, "select token from sessions where userId='user-2'");
    snprintf(foreign->token, sizeof foreign->token, "%s", token);
    snprintf(foreign->cut, sizeof foreign->cut, "%.*s", (int)strlen(token) - 1, token);
    for (size_t i = 0; token[i] != '\0'; i++) {
        foreign->capitals[i] =
            (char)(token[i] >= 'a' && token[i] <= 'z' ? token[i] - 32 : token[i]);
    }
    char *words[] = {strdup("ZFOREIGN"), strdup("31337.25")};
    memcpy(&foreign->texts[foreign->count], words, sizeof words);
    foreign->count += 2;
}

static void forget(struct foreign *foreign)
{
    for (size_t i = 0; i < foreign->count; i++) {
        free(foreign->texts[i]);
    }
}

static char *state_of_the_other(const struct server *server)
{
    json_t *rows = rows_of(
        server, "select t.* from orders t" OF_THE_OTHER " order by t.id;select t.* from positions "
                "t" OF_THE_OTHER " order by t.id;select * from watchlists where userId='user-2' "
                "order by id;select i.* from watchlist_items i join watchlists w on "
                "w.id=i.watchlistId where w.userId='user-2' order by i.id;select * from "
                "trading_accounts where userId='user-2'");
    char *text = json_dumps(rows, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(rows);
    return text;
}

/* --- asking -------------------------------------------------------------------------------- */

static size_t fill(char *out, const char *request, const struct server *server,
                   const struct foreign *foreign)
{
    enum { CHUNK_HEAD = 8 };
    size_t len = 0, chunk = 0;
    for (const char *at = request; *at != '\0'; at++) {
        const char *put = NULL;
        size_t size = 0;
        if (*at != '$') {
            out[len++] = *at;
            continue;
        }
        at++;
        put = *at == 'T'   ? server->token
              : *at == 'V' ? foreign->cut
              : *at == 'B' ? foreign->capitals
              : *at == 'O' ? foreign->order
              : *at == 'P' ? foreign->position
              : *at == 'W' ? foreign->watchlist
              : *at == 'I' ? foreign->item
              : *at == 'A' ? foreign->account
                           : NULL;
        if (*at == '#') {
            chunk = len;
            len += CHUNK_HEAD;
        } else if (*at == '.') {
            char head[CHUNK_HEAD + 1];
            snprintf(head, sizeof head, "%06zx\r\n", len - chunk - CHUNK_HEAD);
            memcpy(out + chunk, head, CHUNK_HEAD);
            memcpy(out + len, "\r\n0\r\n\r\n", 7);
            len += 7;
        } else if (*at == 'L') {
            memset(out + len, 'a', LONG);
            len += LONG;
        } else if (put == NULL) {
            out[len++] = '\0';
        } else {
            size = strlen(put);
            memcpy(out + len, put, size);
            len += size;
        }
    }
    return len;
}

static void assert_nothing_foreign(const struct wire *wire, const struct foreign *foreign,
                                   const char *request)
{
    for (size_t i = 0; i < foreign->count; i++) {
        if (memmem(wire->bytes, wire->len, foreign->texts[i], strlen(foreign->texts[i])) != NULL) {
            fail_msg("%.200s\nanswered with the other's '%s': %.600s", request, foreign->texts[i],
                     wire->bytes);
        }
    }
}

/* A stream that was opened stays so while the other has events and then we have one. */
static void follow(struct wire *wire, const struct server *server, unsigned n)
{
    char sql[512], mark[32];
    snprintf(mark, sizeof mark, "OWN%u", n);
    snprintf(sql, sizeof sql,
             "update positions set stopLoss=%u where tradingAccountId in (select id from "
             "trading_accounts where userId='user-2');"
             "update orders set symbol='%s' where id=(select t.id from orders t join "
             "trading_accounts a on a.id=t.tradingAccountId where a.userId='user-1' limit 1)",
             n, mark);
    assert_true(server_sql(server, sql));
    assert_true(wire_wait(wire, mark));
}

static void test_not_one_byte_of_the_other(void **state)
{
    (void)state;
    static char request[1 << 16];
    static const char *const args[] = {"--seed",   "7", "--rate",      "0",
                                       "--quotes", "0", "--allow-sql", NULL};
    struct server server;
    struct foreign foreign;
    size_t answered = 0, refused = 0, unknown = 0;
    assert_true(server_start(&server, trust_mock(), args));
    learn(&foreign, &server);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct wire wire;
        size_t len = fill(request, requests[i], &server, &foreign);
        bool writes = strncmp(requests[i], "GET", 3) != 0;
        char *before = state_of_the_other(&server);
        wire_open(&wire, &server);
        ssize_t sent = send(wire.fd, request, len, MSG_NOSIGNAL);
        (void)sent; /* a server may have hung up in the middle of it */
        wire_wait(&wire, "\r\n\r\n");
        bool stream = strstr(wire.bytes, "text/event-stream") != NULL;
        if (stream) {
            free(before);
            follow(&wire, &server, i + 1);
            before = state_of_the_other(&server);
        } else {
            assert_true(wire_wait_end(&wire));
        }
        answered += strstr(wire.bytes, " 200 ") != NULL;
        refused += strstr(wire.bytes, " 403 ") != NULL;
        unknown += writes && strncmp(wire.bytes, "HTTP/1.1 404", 12) == 0;
        assert_nothing_foreign(&wire, &foreign, requests[i]);
        char *after = state_of_the_other(&server);
        if (strcmp(before, after) != 0) {
            fail_msg("%.200s\nchanged the other's data", requests[i]);
        }
        assert_false(writes && strstr(wire.bytes, "HTTP/1.1 20") != NULL);
        free(before);
        free(after);
        wire_close(&wire);
    }
    assert_true(answered > 5 && refused > 5); /* the table meets both kinds */
    assert_true(unknown >= 8);                /* and its writes are whole ones */
    forget(&foreign);
    server_end(&server, SIGTERM);
}

/* The table above would see it: the other's own token brings all of it. */
static void test_the_other_sees_his_own(void **state)
{
    (void)state;
    static const char *const args[] = {"--seed",   "7", "--rate",      "0",
                                       "--quotes", "0", "--allow-sql", NULL};
    struct server server, other;
    struct foreign foreign;
    struct wire wire;
    assert_true(server_start(&server, trust_mock(), args));
    learn(&foreign, &server);
    other = server;
    snprintf(other.token, sizeof other.token, "%s", foreign.token);
    assert_int_equal(wire_ask(&wire, &other, GET(ORDERS "?userId=user-2")), 200);
    assert_non_null(strstr(wire.bytes, "ZFOREIGN"));
    assert_non_null(strstr(wire.bytes, foreign.order));
    wire_close(&wire);
    forget(&foreign);
    server_end(&server, SIGTERM);
}

/* --- the client only asks ------------------------------------------------------------------ */

static void test_whatever_is_pressed_only_get_is_sent(void **state)
{
    (void)state;
    static const char *const others[] = {"methods/HEAD", "methods/POST",   "methods/PATCH",
                                         "methods/PUT",  "methods/DELETE", "methods/other"};
    static const char *const special[] = {
        "\r",     "\t",      "\033[A",  "\033[B", "\033[C", "\033[D",  "\033[Z",
        "\033OP", "\033[5~", "\033[6~", "\033[H", "\033[F", "\033[3~", "\033[2~",
        "\004",   "\025",    "\014",    "\033[I", "\033[O", "\177",    "\b"};
    struct trust t;
    trust_up(&t);
    trust_serve(&t, NULL);
    struct pty *pty = trust_start(&t, &(struct trust_run){.mode = TRUST_DASHBOARD});
    assert_true(pty_wait_text(pty, "LIVE"));
    for (int pane = '1'; pane <= '5'; pane++) {
        char focus[] = {'\033', (char)pane, '\0'};
        pty_send(pty, focus);
        for (int key = ' '; key <= '~'; key++) {
            char text[] = {(char)key, '\0'};
            if (key != 'q' && key != 'p') {
                pty_send(pty, text);
            }
        }
        for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
            pty_send(pty, special[i]);
        }
        for (int row = 0; row < 48; row += 5) {
            pty_click(pty, 0, row, row * 3);
            pty_click(pty, 2, row, row * 3 + 1);
            pty_click(pty, 65, row, row);
        }
        pty_paste(pty, "DELETE everything\r");
        trust_let_run(pty, 60);
        pty_send(pty, "\033");
        trust_let_run(pty, 60);
    }
    long gets = wire_stat(&t.server, "methods/GET");
    assert_true(gets > 5);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(wire_stat(&t.server, others[i]), 0);
    }
    pty_send(pty, "\003");
    expect_exit(pty, 0);
    pty_free(pty);
    trust_down(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_one_byte_of_the_other),
        cmocka_unit_test(test_the_other_sees_his_own),
        cmocka_unit_test(test_whatever_is_pressed_only_get_is_sent),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
