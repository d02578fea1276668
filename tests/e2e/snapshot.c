/* --snapshot against a server that answers as each row says: exit codes, sentences, formats. */
#include "cli_run.h"
#include "script_server.h"

#include <blotter/core/resource.h>
#include <blotter/core/span.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDERS_PATH "/api/trading/orders/list"
#define POSITIONS_PATH "/api/trading/positions/list"
#define ACCOUNT_PATH "/api/trading/account"
#define WATCHLISTS_PATH "/api/watchlists"

#define HEAD(status, type)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define JSON(body) HEAD("200 OK", "application/json") body
#define GIVE(path, text)                                                                           \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            {                                                                                      \
                SCRIPT_SEND, text, 0, 0                                                            \
            }                                                                                      \
        }                                                                                          \
    }
#define STALL(path)                                                                                \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            {                                                                                      \
                SCRIPT_HOLD, NULL, 0, 0                                                            \
            }                                                                                      \
        }                                                                                          \
    }

#define ORDERS                                                                                     \
    JSON("{\"success\":true,\"orders\":[{\"id\":\"o1\",\"symbol\":\"=cmd|x\",\"quantity\":5,"      \
         "\"orderType\":\"LIMIT\",\"orderSide\":\"BUY\",\"price\":1.10,\"averagePrice\":null,"     \
         "\"filledQuantity\":2,\"productType\":\"MIS\",\"status\":\"PENDING\","                    \
         "\"createdAt\":\"2025-01-27T03:45:00.000Z\",\"executedAt\":null,\"extra\":1.0e2,"         \
         "\"stock\":{\"symbol\":\"A\",\"name\":\"A, \\\"B\\\"\",\"ltp\":2.50,"                     \
         "\"instrumentId\":\"N-1\"}}]}")
#define POSITIONS JSON("{\"success\":true,\"positions\":[]}")
#define ACCOUNT                                                                                    \
    JSON(                                                                                          \
        "{\"success\":true,\"account\":{\"id\":\"a\",\"userId\":\"u\",\"balance\":1234567.10,"     \
        "\"availableMargin\":5,\"usedMargin\":-7,\"clientId\":\"C\\u001b[2J\","                    \
        "\"createdAt\":\"2025-01-27T03:45:00.000Z\",\"updatedAt\":\"2025-01-27T03:45:00.000Z\"}}")
#define WATCHLISTS                                                                                 \
    JSON(                                                                                          \
        "{\"watchlists\":[{\"id\":\"w\",\"userId\":\"u\",\"name\":\"Mine\",\"createdAt\":"         \
        "\"2025-01-27T03:45:00.000Z\",\"updatedAt\":\"2025-01-27T03:45:00.000Z\",\"items\":[]}]}")
#define HTML HEAD("200 OK", "text/html") "<html><body>Sign in</body></html>"
#define REFUSED HEAD("401 Unauthorized", "application/json") "{\"error\":\"Unauthorized\"}"
#define BROKEN HEAD("500 Oops", "application/json") "{\"success\":false,\"error\":\"no database\"}"

struct situation {
    const char *name;
    struct script_exchange exchanges[RESOURCE_COUNT];
    int status;
    const char *err; /* within stderr; NULL: nothing on stderr */
    const char *out; /* within stdout; NULL: nothing on stdout */
};

static const struct situation situations[] = {
    {"all well",
     {GIVE(ORDERS_PATH, ORDERS), GIVE(POSITIONS_PATH, POSITIONS), GIVE(ACCOUNT_PATH, ACCOUNT),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     0,
     NULL,
     "\"errors\":{}"},
    {"token refused",
     {GIVE(ORDERS_PATH, REFUSED), GIVE(POSITIONS_PATH, REFUSED), GIVE(ACCOUNT_PATH, REFUSED),
      GIVE(WATCHLISTS_PATH, REFUSED)},
     3,
     "get a new token",
     NULL},
    {"html everywhere",
     {GIVE(ORDERS_PATH, HTML), GIVE(POSITIONS_PATH, HTML), GIVE(ACCOUNT_PATH, HTML),
      GIVE(WATCHLISTS_PATH, HTML)},
     1,
     "check url",
     NULL},
    {"one is html",
     {GIVE(ORDERS_PATH, HTML), GIVE(POSITIONS_PATH, POSITIONS), GIVE(ACCOUNT_PATH, ACCOUNT),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     5,
     "blotter: orders: ",
     "\"orders\":null"},
    {"one fails on the server",
     {GIVE(ORDERS_PATH, ORDERS), GIVE(POSITIONS_PATH, BROKEN), GIVE(ACCOUNT_PATH, ACCOUNT),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     5,
     "blotter: positions: ",
     "\"positions\":{\"kind\":\"http\",\"status\":500"},
    {"success false",
     {GIVE(ORDERS_PATH, ORDERS), GIVE(POSITIONS_PATH, POSITIONS),
      GIVE(ACCOUNT_PATH, JSON("{\"success\":false,\"error\":\"closed today\"}")),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     5,
     "blotter: account: ",
     "closed today"},
    {"truncated json",
     {GIVE(ORDERS_PATH, JSON("{\"success\":true,\"orders\":[{\"id\":")),
      GIVE(POSITIONS_PATH, POSITIONS), GIVE(ACCOUNT_PATH, ACCOUNT),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     5,
     "blotter: orders: ",
     "\"kind\":\"decode\""},
    {"one never answers",
     {STALL(ORDERS_PATH), GIVE(POSITIONS_PATH, POSITIONS), GIVE(ACCOUNT_PATH, ACCOUNT),
      GIVE(WATCHLISTS_PATH, WATCHLISTS)},
     5,
     "blotter: orders: ",
     "\"kind\":\"timeout\""},
    {"nobody answers",
     {STALL(ORDERS_PATH), STALL(POSITIONS_PATH), STALL(ACCOUNT_PATH), STALL(WATCHLISTS_PATH)},
     4,
     "--timeout",
     NULL},
};

static const char *const env[] = {"BLOTTER_TOKEN=s3cret-token", NULL};

static struct cli_result run_format(const char *url, const char *format, const char *panes)
{
    const char *const args[] = {"--snapshot", "-o",     format, "--timeout", "2",   "--url",
                                url,          "--user", "u",    "-p",        panes, NULL};
    return cli_run(&(struct cli_run){.args = args, .env = env});
}

#define ALL "orders,positions,account,watchlist"

static void each_situation_has_its_exit_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
        const struct situation *row = &situations[i];
        struct script_server *server = script_server_new(row->exchanges, RESOURCE_COUNT);
        struct cli_result result = run_format(script_server_url(server), "json", ALL);
        bool err = row->err != NULL ? strstr(result.err, row->err) != NULL : *result.err == '\0';
        bool out = row->out != NULL ? strstr(result.out, row->out) != NULL : *result.out == '\0';
        if (result.status != row->status || !err || !out) {
            fail_msg("%s: status %d, out: %.600s, err: %.400s", row->name, result.status,
                     result.out, result.err);
        }
        assert_null(strstr(result.err, "s3cret"));
        assert_null(strstr(result.out, "s3cret"));
        cli_done(&result);
        script_server_free(server);
    }
}

static void an_unreachable_server_is_4(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(NULL, 0);
    char url[64];
    snprintf(url, sizeof url, "%s", script_server_url(server));
    script_server_free(server); /* nobody listens there any more */
    struct cli_result result = run_format(url, "json", ALL);
    assert_int_equal(result.status, 4);
    assert_string_equal(result.out, "");
    assert_non_null(strstr(result.err, "check that the server runs"));
    assert_true(strchr(result.err, '\n') == strrchr(result.err, '\n')); /* said once */
    cli_done(&result);
}

static void json_passes_the_servers_bytes(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    struct cli_result result = run_format(script_server_url(server), "json", ALL);
    struct span all, orders, account;
    assert_true(span_check(result.out, result.out_len, &all, NULL));
    assert_true(span_member(all, "orders", &orders));
    assert_non_null(strstr(result.out, "\"price\":1.10,"));
    assert_non_null(strstr(result.out, "\"extra\":1.0e2,"));
    assert_true(span_member(all, "account", &account));
    assert_int_equal(span_type(account), SPAN_OBJECT);
    assert_int_equal(script_server_count(server), 4);
    for (size_t i = 0; i < script_server_count(server); i++) {
        assert_int_equal(strncmp(script_server_request(server, i), "GET ", 4), 0);
    }
    cli_done(&result);
    script_server_free(server);
}

static void csv_is_rfc_4180_and_no_formula(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    struct cli_result result = run_format(script_server_url(server), "csv", "orders");
    assert_int_equal(result.status, 0);
    assert_string_equal(
        result.out,
        "pane,id,symbol,quantity,orderType,orderSide,price,averagePrice,filledQuantity,productType,"
        "status,createdAt,executedAt,extra,stock.symbol,stock.name,stock.ltp,stock.instrumentId\r\n"
        "orders,o1,\"'=cmd|x\",5,LIMIT,BUY,1.10,,2,MIS,PENDING,2025-01-27T03:45:00.000Z,,1.0e2,A,"
        "\"A, \"\"B\"\"\",2.50,N-1\r\n");
    cli_done(&result);
    script_server_free(server);
    server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    result = run_format(script_server_url(server), "csv", "positions,account");
    assert_non_null(strstr(result.out, "pane,id\r\n\r\npane,id,userId,balance,"));
    assert_non_null(strstr(result.out, ",1234567.10,5,-7,C\xef\xbf\xbd[2J,"));
    cli_done(&result);
    script_server_free(server);
}

static void text_is_for_people(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    struct cli_result result = run_format(script_server_url(server), "text", ALL);
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "Orders (1)\n"));
    assert_non_null(strstr(result.out, "PARTIAL"));
    assert_non_null(strstr(result.out, "Positions (0)\nno positions\n"));
    assert_non_null(strstr(result.out, "12,34,567.10"));
    assert_null(strchr(result.out, '\033'));
    cli_done(&result);
    script_server_free(server);
}

static void a_locale_without_utf8_gets_ascii(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    const char *const args[] = {"--snapshot", "--url", script_server_url(server), NULL};
    const char *const plain[] = {env[0], "LC_ALL=C", NULL};
    struct cli_result result = cli_run(&(struct cli_run){.args = args, .env = plain});
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "PARTIAL"));
    for (size_t i = 0; i < result.out_len; i++) {
        assert_true((unsigned char)result.out[i] < 0x7f);
    }
    cli_done(&result);
    script_server_free(server);
}

/* The reference sends whoever has no session to a page to log in. */
static void a_login_page_is_3(void **state)
{
    (void)state;
    static const struct script_exchange login[] = {
        GIVE(ORDERS_PATH, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /auth/login?from=x\r\n"
                          "Content-Length: 0\r\nConnection: close\r\n\r\n"),
        GIVE("/auth/login", HTML)};
    struct script_server *server = script_server_new(login, 2);
    struct cli_result result = run_format(script_server_url(server), "json", "orders");
    if (result.status != 3) {
        fail_msg("status %d, %s", result.status, result.err);
    }
    assert_non_null(strstr(result.err, "get a new token"));
    cli_done(&result);
    script_server_free(server);
}

static void writing_to_nothing_fails(void **state)
{
    (void)state;
    struct script_server *server = script_server_new(situations[0].exchanges, RESOURCE_COUNT);
    const char *const args[] = {"--snapshot", "-o", "json", "--url", script_server_url(server),
                                NULL};
    struct cli_result result =
        cli_run(&(struct cli_run){.args = args, .env = env, .close_out = true});
    assert_int_equal(result.status, 1);
    assert_string_equal(result.err, "blotter: cannot write the snapshot: Bad file descriptor\n");
    cli_done(&result);
    script_server_free(server);
}

static void a_reader_that_has_gone_is_no_error(void **state)
{
    (void)state;
    static const struct script_exchange big[] = {{ORDERS_PATH,
                                                  {{SCRIPT_SEND, JSON("{\"orders\":["), 0, 0},
                                                   {SCRIPT_FILL, "        ", 8, 50000},
                                                   {SCRIPT_SEND, "]}", 0, 0}}}};
    struct script_server *server = script_server_new(big, 1);
    const char *const args[] = {
        "--snapshot", "-o", "json", "-p", "orders", "--url", script_server_url(server), NULL};
    struct cli_result result = cli_run(&(struct cli_run){.args = args, .env = env, .out_max = 1});
    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    cli_done(&result);
    script_server_free(server);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_situation_has_its_exit_code),
        cmocka_unit_test(an_unreachable_server_is_4),
        cmocka_unit_test(json_passes_the_servers_bytes),
        cmocka_unit_test(csv_is_rfc_4180_and_no_formula),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(a_locale_without_utf8_gets_ascii),
        cmocka_unit_test(a_login_page_is_3),
        cmocka_unit_test(writing_to_nothing_fails),
        cmocka_unit_test(a_reader_that_has_gone_is_no_error),
    };
    if (argc != 2) {
        return 2;
    }
    cli_set_program(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
