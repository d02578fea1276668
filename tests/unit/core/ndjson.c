#include <blotter/core/ndjson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct heard {
    char text[512]; /* lines, each behind a '|' */
    int too_large;
    struct ndjson *stop; /* stopped at the next line */
};

static void on_line(void *user, const char *line, size_t len)
{
    struct heard *heard = user;
    size_t used = strlen(heard->text);
    snprintf(heard->text + used, sizeof heard->text - used, "|%.*s", (int)len, line);
    if (heard->stop != NULL) {
        ndjson_stop(heard->stop);
    }
}

static void on_too_large(void *user)
{
    ((struct heard *)user)->too_large++;
}

static void feed(struct ndjson *ndjson, const char *text, size_t step)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        ndjson_feed(ndjson, text + at, len - at < step ? len - at : step);
    }
}

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
        int too_large;
    } rows[] = {
        {"{}\n", "|{}", 0},
        {"{}\r\n[1]\n", "|{}|[1]", 0},
        {"\n\r\n  \n\t\r\n{}\n\n", "|{}", 0},
        {"{\"a\":1}\n{\"unfinished\":", "|{\"a\":1}", 0},
        {"", "", 0},
        {"no newline", "", 0},
        {"0123456789abcdef\n{}\n", "|0123456789abcdef|{}", 0},
        {"0123456789abcdefg\n{}\n", "|{}", 1},
        {"0123456789abcdefghijklmnopqrstuvwxyz\n0123456789abcdefg\n{}\n", "|{}", 2},
        {"0123456789abcdefghijklmnopqrstuvwxyz", "", 1},
        {"a\rb\n", "|a\rb", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t step = 1; step <= strlen(rows[i].text) + 1; step++) {
            struct heard heard = {.too_large = 0};
            const struct ndjson_handler handler = {on_line, on_too_large, &heard};
            struct ndjson *ndjson = ndjson_new(&handler, 16);
            feed(ndjson, rows[i].text, step);
            assert_string_equal(heard.text, rows[i].expected);
            assert_int_equal(heard.too_large, rows[i].too_large);
            ndjson_free(ndjson);
        }
    }
}

static void test_a_new_connection(void **state)
{
    (void)state;
    struct heard heard = {.too_large = 0};
    const struct ndjson_handler handler = {on_line, on_too_large, &heard};
    struct ndjson *ndjson = ndjson_new(&handler, 64);
    feed(ndjson, "{\"half", 100);
    ndjson_restart(ndjson);
    feed(ndjson, "{}\n", 100);
    assert_string_equal(heard.text, "|{}");
    heard.stop = ndjson;
    feed(ndjson, "1\n2\n3\n", 100);
    feed(ndjson, "4\n", 100);
    assert_string_equal(heard.text, "|{}|1");
    ndjson_restart(ndjson);
    feed(ndjson, "5\n", 100);
    assert_string_equal(heard.text, "|{}|1|5");
    ndjson_free(ndjson);
    ndjson_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_new_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
