/* The shipped backends on made-up brokers in their shapes: rows, refusals, where secrets may go. */
#include "broker_run.h"
#include "cli_run.h"

#include <blotter/core/span.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const char *broker_path;

static struct cli_result run_in(struct broker_run *broker, const char *const *args)
{
    const char *const env[] = {broker->env[0], broker->env[1], NULL};
    struct cli_run run = {.args = args, .env = env};
    return cli_run(&run);
}

#define RUN(broker, ...) run_in((broker), (const char *const[]){__VA_ARGS__, NULL})

static size_t count_rows(struct span object, const char *name)
{
    struct span rows, key, row;
    struct span_iterator it = {0};
    size_t count = 0;
    if (!span_member(object, name, &rows)) {
        return 0;
    }
    if (span_type(rows) != SPAN_ARRAY) {
        return span_type(rows) == SPAN_OBJECT ? 1 : 0;
    }
    while (span_next(rows, &it, &key, &row)) {
        count++;
    }
    return count;
}

static void test_each_broker(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t orders, positions, account, lists;
    } rows[] = {
        {"alpaca", 8, 4, 1, 1},  {"oanda", 7, 3, 1, 2},      {"kite", 7, 3, 1, 2},
        {"tradier", 8, 4, 1, 1}, {"trading212", 2, 2, 1, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct broker_run broker;
        struct span all;
        broker_start(&broker, broker_path, rows[i].name, "");
        struct cli_result result = RUN(&broker, "--snapshot", "-o", "json");
        assert_string_equal(result.err, "");
        assert_int_equal(result.status, 0);
        assert_true(span_check(result.out, result.out_len, &all, NULL));
        assert_int_equal(count_rows(all, "orders"), rows[i].orders);
        assert_int_equal(count_rows(all, "positions"), rows[i].positions);
        assert_int_equal(count_rows(all, "account"), rows[i].account);
        assert_int_equal(count_rows(all, "watchlists"), rows[i].lists);
        assert_non_null(strstr(result.out, "\"backend\":\"mine\""));
        cli_done(&result);
        /* Nothing was asked too often, and nothing that is not there. */
        assert_non_null(strstr(broker_do(&broker, "stats"), " busy 0 "));
        assert_non_null(strstr(broker_do(&broker, "stats"), " unknown 0"));
        broker_end(&broker);
    }
}

/* A secret that is refused: said in the broker's words, never repeated. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
        int status; /* 5: the watchlist of the config is there */
    } rows[] = {
        {"alpaca", "request is not authorized", 3},
        {"oanda", "Insufficient authorization", 5},
        {"kite", "Incorrect `api_key` or `access_token`", 5},
        {"tradier", "Invalid Access Token", 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct broker_run broker;
        broker_start(&broker, broker_path, rows[i].name, "");
        assert_string_equal(broker_do(&broker, "token another-one"), "ok");
        struct cli_result result = RUN(&broker, "--snapshot");
        assert_int_equal(result.status, rows[i].status);
        assert_non_null(strstr(result.err, rows[i].words));
        assert_null(strstr(result.err, "demo-"));
        cli_done(&result);
        broker_end(&broker);
    }
}

/* The command gives another token after the refusal, and everything is read. */
static void test_renewed(void **state)
{
    (void)state;
    struct broker_run broker;
    char config[1024];
    broker_start(&broker, broker_path, "kite", "");
    snprintf(config, sizeof config,
             "[main]\nbackend = mine\ncache = no\nallow_hosts = %s\n[secrets]\n"
             "api_key = file:%s/api_key\n"
             "access_token = command:if test -e %s/once; then echo of-today; else touch %s/once; "
             "echo of-old; fi\n",
             broker.url, broker.home, broker.home, broker.home);
    broker_write(&broker, "blotter/blotter.ini", config);
    assert_string_equal(broker_do(&broker, "token of-today"), "ok");
    struct cli_result result = RUN(&broker, "--snapshot");
    assert_string_equal(result.err, "");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "RELIANCE"));
    cli_done(&result);
    broker_end(&broker);
}

static void test_allow_hosts(void **state)
{
    (void)state;
    struct broker_run broker;
    char expected[256];
    broker_start(&broker, broker_path, "alpaca", "");
    struct cli_result result = RUN(&broker, "--snapshot", "-O", "allow_hosts=https://a.example");
    assert_int_equal(result.status, 2);
    snprintf(expected, sizeof expected, "allow_hosts = %s %s\n", broker.url, broker.url);
    assert_non_null(strstr(result.err, expected));
    cli_done(&result);
    assert_non_null(strstr(broker_do(&broker, "stats"), "requests 0 "));
    broker_end(&broker);
}

static void test_check_and_list(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "[orders]\npol = 3\npoll = 0\n");
    struct cli_result result = RUN(&broker, "--check-backend", "mine");
    assert_int_equal(result.status, 2);
    assert_string_equal(result.out, "");
    assert_non_null(strstr(result.err, "/mine.ini:10: unknown key 'pol' (did you mean 'poll'?)\n"));
    assert_non_null(strstr(result.err, "/mine.ini:11: poll is a whole number from 1 on\n"));
    cli_done(&result);
    result = RUN(&broker, "--snapshot");
    assert_int_equal(result.status, 2);
    assert_non_null(strstr(result.err, "/mine.ini:10: unknown key 'pol'"));
    cli_done(&result);
    result = RUN(&broker, "--check-backend", "oanda-live");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "/oanda-live.ini: good: OANDA, real, orders, "));
    cli_done(&result);
    result = RUN(&broker, "--list-backends");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "kite\treal\tZerodha Kite\thttps://api.kite.trade\n"));
    assert_non_null(strstr(result.err, "mine has faults: blotter --check-backend mine says"));
    cli_done(&result);
    result = RUN(&broker, "--check-backend", "alpca");
    assert_int_equal(result.status, 2);
    assert_string_equal(result.err,
                        "blotter: there is no backend 'alpca' (did you mean 'alpaca'?)\n");
    cli_done(&result);
    broker_end(&broker);
}

/* A snapshot has the prices of all that the watchlist holds, and does not wait for those that are
 * refused. */
static void test_prices(void **state)
{
    (void)state;
    struct broker_run broker;
    struct span all;
    broker_start(&broker, broker_path, "alpaca", "");
    struct cli_result result = RUN(&broker, "--snapshot", "-o", "text", "-p", "watchlist");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "131.26"));
    assert_non_null(strstr(result.out, "10.02"));
    cli_done(&result);
    result = RUN(&broker, "--snapshot", "-o", "json", "-p", "watchlist");
    assert_int_equal(result.status, 0);
    assert_true(span_check(result.out, result.out_len, &all, NULL));
    assert_int_equal(count_rows(all, "quotes"), 4);
    assert_non_null(strstr(strstr(result.out, "\"quotes\":["), "\"ltp\":131.26"));
    cli_done(&result);
    result = RUN(&broker, "--snapshot", "-o", "csv", "-p", "watchlist,orders");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, ",stock.ltp,stock.open,stock.high,stock.low,stock.close,"));
    assert_non_null(strstr(result.out, ",NVDA,NASDAQ,us_equity,131.26,128.7,"));
    assert_non_null(strstr(result.out, ",NVDA,NVDA,us_equity,131.26,128.7,"));
    cli_done(&result);
    broker_end(&broker);
    broker_start(&broker, broker_path, "alpaca",
                 "[quotes.stocks]\nget = data /v2/not/there?symbols={symbols}\n");
    result = RUN(&broker, "--snapshot", "-o", "text", "-p", "watchlist", "--timeout", "5");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    assert_non_null(strstr(result.out, "NVDA"));
    assert_null(strstr(result.out, "131.26"));
    cli_done(&result);
    broker_end(&broker);
}

/* Dollars are grouped as they are at home, unless the user says otherwise. */
static void test_grouping(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "");
    assert_string_equal(broker_do(&broker, "place NVDA 300000"), "ok");
    struct cli_result result = RUN(&broker, "--snapshot");
    assert_non_null(strstr(result.out, "300,000"));
    cli_done(&result);
    result = RUN(&broker, "--snapshot", "-O", "grouping=indian");
    assert_non_null(strstr(result.out, "3,00,000"));
    cli_done(&result);
    broker_end(&broker);
}

/* What is wrong with the functions is said as of the other file, before anything else. */
static void test_broken_functions(void **state)
{
    (void)state;
    static const char *const modes[][2] = {{"--snapshot", NULL},
                                           {"--check-config", NULL},
                                           {"--check-backend", "mine"},
                                           {"--watch", NULL}};
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "");
    broker_write(&broker, "blotter/backends/mine.jq",
                 "def orders: [now]; def positions: .; def account: .; def watchlist: .;\n"
                 "def quotes: .; def clock: .; def event: .;\n");
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct cli_result result = RUN(&broker, modes[i][0], modes[i][1]);
        assert_int_equal(result.status, 2);
        assert_non_null(strstr(result.err, "/mine.jq:1: now is not for backends: a function sees "
                                           "its input and nothing else\n"));
        assert_non_null(
            strstr(result.err, "[discover.watchlist_id] needs a function watchlist_id"));
        cli_done(&result);
    }
    broker_end(&broker);
}

/* What the functions fill, what nobody fills, and what is misspelt. */
static void test_members(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "");
    struct cli_result result = RUN(&broker, "--check-config");
    assert_int_equal(result.status, 0);
    assert_null(strstr(result.out, "not known"));
    assert_null(strstr(result.out, "not readable"));
    assert_non_null(strstr(result.out, "no row fills: failureReason, "));
    assert_non_null(
        strstr(result.out, "quotes      ok      4 prices\n            filled: symbol 4,"));
    cli_done(&result);
    broker_write(
        &broker, "blotter/backends/mine.jq",
        "def orders: map({id, status, qunatity: .qty, createdAt: 7, stock: {symbol}});\n"
        "def positions: []; def account: null; def watchlist: []; def watchlist_id: .[].id;\n"
        "def quotes: {updates: []}; def clock: {open: true}; def event: .;\n");
    result = RUN(&broker, "--check-config");
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "            filled: id 8, status 8, symbol 8\n"));
    assert_non_null(strstr(result.out, "            not readable: createdAt 8 (wants a time)\n"));
    assert_non_null(
        strstr(result.out, "            not known: qunatity 8 (did you mean 'quantity'?)\n"));
    assert_non_null(strstr(result.out, "positions   ok      0 rows"));
    cli_done(&result);
    broker_end(&broker);
}

/* The panes stand before the events, with the id that they hold where the backend says it. */
static void test_watch_with_snapshot(void **state)
{
    (void)state;
    static const struct {
        const char *name, *id, *panes;
    } rows[] = {{"oanda", "\"id\":\"6377\"", "orders,positions,account,watchlist"},
                {"alpaca", "\"id\":null", "orders,account"}};
    static const char *const names[] = {"orders", "positions", "account", "watchlists"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct broker_run broker;
        broker_start(&broker, broker_path, rows[i].name, "");
        struct cli_result result = RUN(&broker, "--watch", "--with-snapshot", "-o", "json", "-p",
                                       rows[i].panes, "--duration", "3");
        assert_int_equal(result.status, 0);
        for (size_t k = 0; k < COUNT(names); k++) {
            char line[64];
            snprintf(line, sizeof line, "\"snapshot\":\"%s\",", names[k]);
            bool wanted = strstr(rows[i].panes, names[k]) != NULL || i == 0;
            assert_int_equal(strstr(result.out, line) != NULL, wanted);
        }
        assert_non_null(strstr(result.out, rows[i].id));
        assert_non_null(strstr(result.out, "\"data\":[{\"id\":"));
        cli_done(&result);
        broker_end(&broker);
    }
}

/* Reads on until the text is there; false when it ends, or too much time goes by, before. */
static bool read_until(int fd, const char *text, char *into, size_t size)
{
    size_t len = strlen(into);
    struct pollfd entry = {fd, POLLIN, 0};
    while (strstr(into, text) == NULL) {
        ssize_t got = poll(&entry, 1, 30000) == 1 ? read(fd, into + len, size - 1 - len) : 0;
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        into[len] = '\0';
    }
    return true;
}

/* One run with the cursor, until an event has come; what is told before it is waited for first. */
static void watch_one(struct broker_run *broker, const char *format, const char *first, char *out,
                      size_t size)
{
    char cursor[96];
    int fd, status;
    snprintf(cursor, sizeof cursor, "--cursor=%s/place", broker->home);
    const char *const env[] = {broker->env[0], broker->env[1], NULL};
    const bool raw = strcmp(format, "raw") == 0; /* heartbeats, too */
    const char *const args[] = {
        "--watch", "-e", raw ? "*" : "order_*", "-n", "1", "-o", format, cursor, "--status", NULL};
    pid_t child = cli_start(&(struct cli_run){.args = args, .env = env}, &fd);
    out[0] = '\0';
    assert_true(read_until(fd, first, out, size));
    broker_do(broker, "place AAPL 1");
    broker_do(broker, "place EUR_USD 1");
    assert_true(read_until(fd, "\"seq\":1,", out, size));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
}

/* Where a backend cannot go on from where it was, that is told with the state, in every format. */
static void test_watch_with_a_cursor(void **state)
{
    (void)state;
    static const struct {
        const char *name, *format;
        bool resumes;
    } rows[] = {{"oanda", "json", false}, {"oanda", "raw", false}, {"alpaca", "json", true}};
    char out[65536], from[64];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct broker_run broker;
        broker_start(&broker, broker_path, rows[i].name, "");
        watch_one(&broker, rows[i].format, "\"live\"", out, sizeof out);
        assert_null(strstr(out, "\"gap\""));
        char *id = strstr(out, "\"id\":\"");
        assert_non_null(id);
        id += strlen("\"id\":");
        bool is_none = id[1] == '"';
        snprintf(from, sizeof from, "\"from\":%.*s,", is_none ? 4 : (int)strcspn(id, ","),
                 is_none ? "null" : id);
        watch_one(&broker, rows[i].format, rows[i].resumes ? "\"live\"" : "\"snapshot\":\"orders\"",
                  out, sizeof out);
        char *gap = strstr(out, "\"status\":\"gap\"");
        assert_true((gap == NULL) == rows[i].resumes);
        if (gap != NULL) {
            assert_non_null(strstr(gap, from));
            assert_non_null(strstr(gap, "\"reason\":\"the stream begins anew\""));
            assert_true(gap < strstr(out, "\"snapshot\":") && gap < strstr(out, "\"seq\":"));
        }
        broker_end(&broker);
    }
}

static void test_url_of_the_user(void **state)
{
    (void)state;
    struct broker_run broker;
    broker_start(&broker, broker_path, "alpaca", "");
    broker_write(&broker, "blotter/backends/mine.ini",
                 "[backend]\nformat = 1\nlike = alpaca\nbadge = mock\n[hosts]\napi = {url}\n"
                 "data = {url}\n");
    struct cli_result result = RUN(&broker, "--snapshot", "-O", "allow_hosts=https://a.example");
    assert_int_equal(result.status, 2);
    assert_non_null(strstr(result.err, "mine.ini asks the host {url}: set url, or use --url\n"));
    cli_done(&result);
    result = RUN(&broker, "--snapshot", "--url", broker.url);
    assert_string_equal(result.err, "");
    assert_int_equal(result.status, 0);
    cli_done(&result);
    broker_end(&broker);
}

static void test_missing_secret(void **state)
{
    (void)state;
    struct broker_run broker;
    char config[256];
    broker_start(&broker, broker_path, "alpaca", "");
    snprintf(config, sizeof config, "[main]\nbackend = mine\nallow_hosts = %s\n", broker.url);
    broker_write(&broker, "blotter/blotter.ini", config);
    struct cli_result result = RUN(&broker, "--snapshot");
    assert_int_equal(result.status, 3);
    assert_non_null(strstr(result.err, "needs the secret key_id: write key_id = file:PATH"));
    cli_done(&result);
    broker_end(&broker);
}

/* Two accounts of one backend, each with secrets of its own: one's that are refused are not the
 * other's. The functions are those of both. */
static void test_two_accounts(void **state)
{
    (void)state;
    struct broker_run broker;
    char config[1024];
    broker_start(&broker, broker_path, "oanda", "");
    snprintf(config, sizeof config,
             "[main]\nprofiles = found, given, old\nbackend = mine\ncache = no\nallow_hosts = %s\n"
             "[secrets]\ntoken = file:%s/token\n"
             "[profile.found]\nuser = 1\n[profile.given]\nvalues.account_id = 101-004-7700123-001\n"
             "[profile.old]\nsecrets.token = file:%s/old\n",
             broker.url, broker.home, broker.home);
    broker_write(&broker, "blotter/blotter.ini", config);
    broker_write(&broker, "old", "of-yesterday\n");
    struct cli_result result = RUN(&broker, "--snapshot", "-o", "csv", "-p", "positions");
    size_t found = 0, given = 0;
    for (const char *line = result.out; line != NULL; line = strstr(line, "\r\n")) {
        line += *line == '\r' ? 2 : 0;
        found += strncmp(line, "found,positions,", 16) == 0;
        given += strncmp(line, "given,positions,", 16) == 0;
    }
    assert_int_equal(found, 3);
    assert_int_equal(given, 3);
    assert_int_equal(result.status, 5);
    assert_non_null(strstr(result.err, "blotter: old: "));
    assert_null(strstr(result.err, "found"));
    assert_null(strstr(result.err, "of-yesterday"));
    cli_done(&result);
    broker_end(&broker);
}

int main(int argc, char **argv)
{
    assert_int_equal(argc, 3);
    cli_set_program(argv[1]);
    broker_path = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_broker),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_allow_hosts),
        cmocka_unit_test(test_check_and_list),
        cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_missing_secret),
        cmocka_unit_test(test_broken_functions),
        cmocka_unit_test(test_watch_with_snapshot),
        cmocka_unit_test(test_watch_with_a_cursor),
        cmocka_unit_test(test_url_of_the_user),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_two_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
