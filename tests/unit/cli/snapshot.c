/* The formats of --snapshot, where what goes out depends on where it goes. */
#include "snapshot.h"

#include <blotter/core/decode.h>
#include <blotter/core/span.h>
#include <blotter/core/utf8.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef void (*print_fn)(FILE *out, const struct snapshot_report *reports, size_t count);

/* Prints a body of one resource, to be freed. */
static char *print(print_fn fn, enum resource resource, const char *body, bool terminal)
{
    struct snapshot_report report = {.url = "http://h", .terminal = terminal};
    report.parts[resource] =
        (struct snapshot_part){.wanted = true, .body = body, .body_len = strlen(body)};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fn(out, &report, 1);
    fclose(out);
    return text;
}

static const struct text {
    const char *name, *raw, *out, *terminal; /* NULL: as out */
} rows[] = {
    {"plain", "a\xc3\xa9\xe2\x82\xac", "a\xc3\xa9\xe2\x82\xac"},
    {"C1", "a\xc2\x9b", "a\\u009b"},
    {"C1 as a byte", "a\x9b", "a\xef\xbf\xbd"},
    {"Latin-1", "Soci\xe9t\xe9", "Soci\xef\xbf\xbdt\xef\xbf\xbd"},
    {"DEL", "a\x7f", "a\\u007f"},
    {"bidi override", "\xe2\x80\xae", "\\u202e"},
    {"tag", "\xf3\xa0\x81\x81", "\\udb40\\udc41"},
    {"joiner", "\xe0\xa4\x95\xe2\x80\x8d", "\xe0\xa4\x95\xe2\x80\x8d", "\xe0\xa4\x95\\u200d"},
    {"escaped already", "\\u001b[2J", "\\u001b[2J"},
};

static void check_json(const struct text *row, bool terminal)
{
    char body[256], expected[256];
    const char *out = terminal && row->terminal != NULL ? row->terminal : row->out;
    snprintf(body, sizeof body, "{\"orders\":[{\"id\":\n\"%s\"}]}", row->raw);
    snprintf(expected, sizeof expected, "\"orders\":[{\"id\":\n\"%s\"}]", out);
    char *text = print(snapshot_print_json, RESOURCE_ORDERS, body, terminal);
    struct span all;
    if (strstr(text, expected) == NULL) {
        fail_msg("%s: %s", row->name, text);
    }
    assert_true(span_check(text, strlen(text), &all, NULL));
    assert_int_equal(utf8_valid_prefix(text, strlen(text)), strlen(text));
    free(text);
}

/* Wherever it goes first: files and pipes end on terminals. */
static void json_cannot_act_on_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_json(&rows[i], false);
        check_json(&rows[i], true);
    }
}

static void json_of_a_list_that_is_null(void **state)
{
    (void)state;
    static const struct {
        enum resource resource;
        const char *body, *expected;
    } bodies[] = {
        {RESOURCE_ORDERS, "\xef\xbb\xbf{\"orders\":null}", "\"orders\":[]"},
        {RESOURCE_WATCHLISTS, "{\"watchlists\":null}", "\"watchlists\":[]"},
        {RESOURCE_ACCOUNT, "{\"account\":null}", "\"account\":null"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char *text = print(snapshot_print_json, bodies[i].resource, bodies[i].body, false);
        assert_non_null(strstr(text, bodies[i].expected));
        free(text);
    }
}

/* Prints what a filter leaves of a body. */
static char *print_filtered(print_fn fn, enum resource resource, const char *body, const char *text)
{
    struct snapshot_report report = {.url = "http://h"};
    struct filter filter;
    char error[FILTER_ERROR_MAX];
    struct fault fault;
    assert_true(filter_compile((enum pane)resource, text, &filter, error));
    struct snapshot *decoded = decode_body(resource, body, strlen(body), &fault);
    if (decoded == NULL) {
        fail_msg("%s: %s", body, fault.text);
    }
    report.parts[resource] = (struct snapshot_part){.wanted = true,
                                                    .body = body,
                                                    .body_len = strlen(body),
                                                    .rows = decoded,
                                                    .filter = text[0] != '\0' ? &filter : NULL};
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);
    fn(out, &report, 1);
    fclose(out);
    snapshot_unref(decoded);
    return shown;
}

#define ITEM(id, name) "{\"id\":\"" id "\",\"stock\":{\"symbol\":\"" name "\",\"ltp\":1.50}}"
#define POSITION(id, more) "{\"id\":\"" id "\",\"symbol\":\"" id "\"" more "}"

/* Lists stay, their items are those that fit; sums are of what is shown. */
static void filters_and_sums(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        print_fn fn;
        enum resource resource;
        const char *body, *filter, *expected;
    } tries[] = {
        {"items of lists", snapshot_print_json, RESOURCE_WATCHLISTS,
         "{\"watchlists\":[{\"name\":\"W\",\"items\":[" ITEM("1", "AA") "," ITEM(
             "2", "BB") "],\"id\":7},{\"id\":\"8\",\"name\":\"V\",\"items\":[]},{\"id\":\"9\","
                        "\"name\":\"\"}]}",
         "bb",
         "[{\"name\":\"W\",\"items\":[" ITEM("2",
                                             "BB") "],\"id\":7},{\"id\":\"8\",\"name\":\"V\","
                                                   "\"items\":[]},{\"id\":\"9\",\"name\":\"\"}]"},
        {"the same as a table", snapshot_print_csv, RESOURCE_WATCHLISTS,
         "{\"watchlists\":[{\"id\":\"w\",\"name\":\"\",\"items\":[" ITEM("1", "AA") "," ITEM(
             "2", "BB") "]}]}",
         "bb", "stock.ltp\r\nwatchlist,w,,2,BB,1.50\r\n"},
        {"no filter, no watchlist changed", snapshot_print_json, RESOURCE_WATCHLISTS,
         "{\"watchlists\":[ {\"id\":\"w\",\"name\":\"\", \"items\":[ ]}]}", "",
         "[ {\"id\":\"w\",\"name\":\"\", \"items\":[ ]}]"},
        {"sums", snapshot_print_json, RESOURCE_POSITIONS,
         "{\"positions\":[" POSITION(
             "AA", ",\"quantity\":1,\"dayPnL\":0.1,"
                   "\"unrealizedPnL\":2") "," POSITION("BB", ",\"quantity\":1,\"dayPnL\":0.2,"
                                                             "\"unrealizedPnL\":null") "]}",
         "",
         "\"sums\":[\n  "
         "{\"currency\":null,\"rows\":2,\"of\":2,\"open\":0.3,\"booked\":null,\"day\":0.3,"
         "\"dayUnknown\":0,\"dayDerived\":false,\"unrealised\":2,\"unrealisedUnknown\":1,"},
        {"sums of what is shown", snapshot_print_json, RESOURCE_POSITIONS,
         "{\"positions\":[" POSITION("AA", ",\"quantity\":1,\"dayPnL\":5") "," POSITION(
             "BB", ",\"quantity\":1,\"dayPnL\":7,\"currency\":\"USD\"") "]}",
         "bb", "{\"currency\":\"USD\",\"rows\":1,\"of\":2,\"open\":7,"},
        {"nothing passes", snapshot_print_json, RESOURCE_POSITIONS,
         "{\"positions\":[" POSITION("AA", ",\"quantity\":1,\"dayPnL\":5") "]}", "zz",
         "\"positions\":[],\n \"sums\":[\n  "
         "{\"currency\":null,\"rows\":0,\"of\":1,\"open\":0,"},
        {"a sum that is no number", snapshot_print_json, RESOURCE_POSITIONS,
         "{\"positions\":[" POSITION("AA", ",\"quantity\":1,\"dayPnL\":1e308") "," POSITION(
             "BB", ",\"quantity\":1,\"dayPnL\":1e308") "]}",
         "", "\"open\":null"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        char *text = print_filtered(tries[i].fn, tries[i].resource, tries[i].body, tries[i].filter);
        struct span all;
        if (strstr(text, tries[i].expected) == NULL) {
            fail_msg("%s: %s", tries[i].name, text);
        }
        if (tries[i].fn == snapshot_print_json) {
            assert_true(span_check(text, strlen(text), &all, NULL));
        }
        free(text);
    }
}

static const struct cell {
    const char *json, *csv;
} cells[] = {
    {"\"x\"", "x"},
    {"1.10", "1.10"},
    {"-1", "-1"},
    {"\"-1.50\"", "-1.50"},
    {"true", "true"},
    {"null", ""},
    {"\"=1+1\"", "\"'=1+1\""},
    {"\"+x\"", "\"'+x\""},
    {"\"-x\"", "\"'-x\""},
    {"\"@x\"", "\"'@x\""},
    {"\"a,b\"", "\"a,b\""},
    {"\"a\\\"b\"", "\"a\"\"b\""},
    {"\"\\u001b[2J\"", "\xef\xbf\xbd[2J"},
    {"\"a\\nb\"", "\"a\nb\""},
    {"\"a\\r\\nb\"", "\"a\r\nb\""},
    {"\"a\\rb\"", "a\xef\xbf\xbd"
                  "b"},
    {"\"\\t=x\"", "\"'\t=x\""},
    {"\"\xe2\x80\x8d\xef\xb8\x8f\"", "\xe2\x80\x8d\xef\xb8\x8f"},
    {"\"\xe2\x80\xae\x9b\"", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\"\"", ""},
    {"[1]", NULL},
    {"{\"b\":{\"c\":1}}", NULL},
};

static void csv_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char body[256], expected[256];
        snprintf(body, sizeof body, "{\"orders\":[{\"id\":\"i\",\"a\":%s}]}", cells[i].json);
        snprintf(expected, sizeof expected,
                 cells[i].csv != NULL ? "pane,id,a\r\norders,i,%s\r\n"
                                      : "pane,id\r\norders,i\r\n%s",
                 cells[i].csv != NULL ? cells[i].csv : "");
        char *text = print(snapshot_print_csv, RESOURCE_ORDERS, body, false);
        assert_string_equal(text, expected);
        free(text);
    }
}

static void csv_on_a_terminal_shows_what_is_hidden(void **state)
{
    (void)state;
    char *text = print(snapshot_print_csv, RESOURCE_ORDERS,
                       "{\"orders\":[{\"id\":\"a\\nb\xe2\x80\x8d\"}]}", true);
    assert_string_equal(text, "pane,id\r\norders,a\xef\xbf\xbd"
                              "b\xef\xbf\xbd\r\n");
    free(text);
}

static void csv_of_lists_names_the_list(void **state)
{
    (void)state;
    char *text = print(snapshot_print_csv, RESOURCE_WATCHLISTS,
                       "{\"watchlists\":[{\"id\":\"w\",\"name\":\"N\",\"items\":[{\"id\":\"i\","
                       "\"stock\":{\"ltp\":2.50}},{\"id\":\"j\",\"extra\":1}]},{\"id\":\"v\","
                       "\"name\":\"M\",\"items\":[]}]}",
                       false);
    assert_string_equal(text, "pane,watchlist.id,watchlist.name,id,stock.ltp,extra\r\n"
                              "watchlist,w,N,i,2.50,\r\nwatchlist,w,N,j,,1\r\n");
    free(text);
    text = print(snapshot_print_csv, RESOURCE_ACCOUNT, "{\"account\":null}", false);
    assert_string_equal(text, "pane,id\r\n");
    free(text);
}

/* More members than there is room for: the rest is left out, nothing breaks. */
static void csv_has_a_ceiling(void **state)
{
    (void)state;
    char *body = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&body, &len);
    if (out == NULL) {
        fail();
        return;
    }
    fputs("{\"orders\":[{\"id\":\"i\"", out);
    for (int i = 0; i < 1000; i++) {
        fprintf(out, ",\"member_with_a_number_%d\":%d", i, i);
    }
    fputs("}]}", out);
    fclose(out);
    char *text = print(snapshot_print_csv, RESOURCE_ORDERS, body, false);
    size_t commas = 0;
    for (const char *at = text; *at != '\r'; at++) {
        commas += *at == ',';
    }
    assert_int_equal(commas, 128);
    free(text);
    free(body);
}

/* Two accounts, the second of which has other members, no account and no orders to list. */
static char *print_two(print_fn fn)
{
    static const char *const orders[] = {"{\"orders\":[{\"id\":\"1\",\"a\":5}]}",
                                         "{\"orders\":[{\"id\":\"1\",\"b\":6}]}"};
    struct snapshot_report reports[] = {{.profile = "kite", .url = "http://h"},
                                        {.profile = "=p", .url = "http://i"}};
    for (int i = 0; i < 2; i++) {
        reports[i].parts[RESOURCE_ORDERS] = (struct snapshot_part){
            .wanted = true, .body = orders[i], .body_len = strlen(orders[i])};
        reports[i].parts[RESOURCE_POSITIONS] =
            (struct snapshot_part){.wanted = true, .fault = {.kind = FAULT_AUTH, .text = "no"}};
    }
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    fn(out, reports, 2);
    fclose(out);
    return text;
}

/* A backend's prices stand in the rows of their instruments, where the rows say nothing. */
static void csv_has_the_prices(void **state)
{
    (void)state;
    static const char body[] =
        "{\"orders\":[{\"id\":1,\"symbol\":\"A\",\"stock\":{\"ltp\":null}},"
        "{\"id\":2,\"symbol\":\"A\",\"instrumentId\":\"X:A\",\"stock\":{\"ltp\":9}},"
        "{\"id\":3,\"symbol\":\"B\"},{\"id\":4}]}";
    static const char quotes[] =
        "[{\"symbol\":\"A\",\"instrumentId\":\"Y:A\",\"ltp\":1.10,\"bid\":null},"
        "{\"symbol\":\"B\",\"ltp\":\"2.50\",\"ask\":3}]";
    struct snapshot_report report = {.url = "https://example.com"};
    report.parts[RESOURCE_ORDERS] =
        (struct snapshot_part){.wanted = true, .body = body, .body_len = strlen(body)};
    assert_true(span_check(quotes, strlen(quotes), &report.quotes, NULL));
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    snapshot_print_csv(out, &report, 1);
    fclose(out);
    /* The second row is another instrument of that name. */
    assert_string_equal(text, "pane,id,symbol,stock.ltp,stock.symbol,stock.instrumentId,stock.bid,"
                              "instrumentId,stock.ask\r\n"
                              "orders,1,A,1.10,A,Y:A,,,\r\n"
                              "orders,2,A,9,,,,X:A,\r\n"
                              "orders,3,B,2.50,B,,,,3\r\n"
                              "orders,4,,,,,,,\r\n");
    free(text);
}

static void several_accounts_are_named_everywhere(void **state)
{
    (void)state;
    char *csv = print_two(snapshot_print_csv);
    assert_string_equal(csv, "profile,pane,id,a,b\r\nkite,orders,1,5,\r\n\"'=p\",orders,1,,6\r\n");
    free(csv);
    char *json = print_two(snapshot_print_json);
    assert_ptr_equal(strstr(json, "{\"v\":1,\"profile\":\"kite\",\"takenAt\":"), json);
    assert_non_null(strstr(json, "}\n{\"v\":1,\"profile\":\"=p\",\"takenAt\":"));
    free(json);
    char *text = print_two(snapshot_print_text);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (*line != '\n' && strncmp(line, "kite  ", 6) != 0 && strncmp(line, "=p    ", 6) != 0) {
            fail_msg("%s", line);
        }
    }
    assert_non_null(strstr(text, "kite  not loaded: no\n\n=p    Orders"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_cannot_act_on_a_terminal),
        cmocka_unit_test(json_of_a_list_that_is_null),
        cmocka_unit_test(filters_and_sums),
        cmocka_unit_test(csv_cells),
        cmocka_unit_test(csv_on_a_terminal_shows_what_is_hidden),
        cmocka_unit_test(csv_of_lists_names_the_list),
        cmocka_unit_test(csv_has_the_prices),
        cmocka_unit_test(csv_has_a_ceiling),
        cmocka_unit_test(several_accounts_are_named_everywhere),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
