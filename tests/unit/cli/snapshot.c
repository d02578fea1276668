/* The formats of --snapshot, where what goes out depends on where it goes. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <blotter/core/span.h>

#include "snapshot.h"

typedef void (*print_fn)(FILE *out, const struct snapshot_report *report);

/* Prints a body of one resource, to be freed. */
static char *print(print_fn fn, enum resource resource, const char *body, bool terminal)
{
    struct snapshot_report report = {.url = "http://h", .terminal = terminal};
    report.parts[resource] =
        (struct snapshot_part){.wanted = true, .body = body, .body_len = strlen(body)};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fn(out, &report);
    fclose(out);
    return text;
}

static const struct text {
    const char *name, *raw, *file, *terminal;
} rows[] = {
    {"plain", "a\xc3\xa9\xe2\x82\xac", "a\xc3\xa9\xe2\x82\xac", "a\xc3\xa9\xe2\x82\xac"},
    {"C1", "a\xc2\x9b", "a\xc2\x9b", "a\\u009b"},
    {"DEL", "a\x7f", "a\x7f", "a\\u007f"},
    {"bidi override", "\xe2\x80\xae", "\xe2\x80\xae", "\\u202e"},
    {"tag", "\xf3\xa0\x81\x81", "\xf3\xa0\x81\x81", "\\udb40\\udc41"},
    {"escaped already", "\\u001b[2J", "\\u001b[2J", "\\u001b[2J"},
};

static void json_cannot_act_on_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int terminal = 0; terminal < 2; terminal++) {
            char body[256], expected[256];
            snprintf(body, sizeof body, "{\"orders\":[{\"id\":\"%s\"}]}", rows[i].raw);
            snprintf(expected, sizeof expected, "\"orders\":[{\"id\":\"%s\"}]",
                     terminal ? rows[i].terminal : rows[i].file);
            char *text = print(snapshot_print_json, RESOURCE_ORDERS, body, terminal != 0);
            struct span all;
            if (strstr(text, expected) == NULL) {
                fail_msg("%s: %s", rows[i].name, text);
            }
            assert_true(span_check(text, strlen(text), &all, NULL));
            free(text);
        }
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
    {"\"a\\nb\"", "a\xef\xbf\xbd"
                  "b"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_cannot_act_on_a_terminal),
        cmocka_unit_test(csv_cells),
        cmocka_unit_test(csv_of_lists_names_the_list),
        cmocka_unit_test(csv_has_a_ceiling),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
