/* What the rows of a body are made of. */
#include <blotter/core/buf.h>
#include <blotter/core/census.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void note(void *user, const struct census_member *member)
{
    static const char *const words[] = {"filled", "empty", "unreadable", "unknown"};
    struct buf *out = user;
    buf_printf(out, "%s %s %zu%s%s%s%s\n", words[member->kind], member->name, member->rows,
               member->kind == CENSUS_UNREADABLE ? " not " : "",
               member->kind == CENSUS_UNREADABLE ? member->wanted : "",
               member->meant != NULL ? " meant " : "", member->meant != NULL ? member->meant : "");
}

struct row {
    enum resource resource;
    const char *body;
    size_t rows;
    const char *lines[6]; /* that are among what is told */
};

static void check(const struct row *row, const struct buf *out, size_t rows)
{
    assert_int_equal(rows, row->rows);
    for (size_t i = 0; i < 6 && row->lines[i] != NULL; i++) {
        char line[128];
        snprintf(line, sizeof line, "%s\n", row->lines[i]);
        if (strstr(out->data, line) == NULL) {
            fail_msg("no '%s' in:\n%s", row->lines[i], out->data);
        }
    }
}

static void test_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {RESOURCE_ORDERS,
         "{\"orders\":[{\"id\":1,\"status\":\"NEW\",\"quantity\":null,\"qunatity\":\"5\",\"raw\":{"
         "\"a\":1}},"
         "{\"id\":\"2\",\"status\":\"NEW\",\"price\":\"x\",\"createdAt\":1764293896,\"class\":"
         "\"finished\","
         "\"stock\":{\"symbol\":\"A\",\"segmnt\":\"EQ\"}}]}",
         2,
         {"filled id 2", "empty quantity 0", "unreadable price 1 not a number",
          "unreadable createdAt 1 not a time", "unreadable class 1 not a class",
          "unknown qunatity 1 meant quantity"}},
        {RESOURCE_ORDERS,
         "{\"orders\":[{\"id\":1,\"status\":\"NEW\",\"class\":\"unknown\",\"stock\":{\"symbol\":"
         "\"A\","
         "\"segmnt\":\"EQ\"}}]}",
         1,
         {"filled symbol 1", "filled class 1", "unknown stock.segmnt 1 meant stock.segment"}},
        {RESOURCE_ORDERS, "{\"orders\":[]}", 0, {"empty id 0"}},
        {RESOURCE_ACCOUNT,
         "{\"account\":{\"id\":\"1\",\"balance\":\"1.10\",\"whatever\":3}}",
         1,
         {"filled balance 1", "empty usedMargin 0", "unknown whatever 1"}},
        {RESOURCE_ACCOUNT, "{\"account\":null}", 0, {"empty balance 0"}},
        {RESOURCE_WATCHLISTS,
         "{\"watchlists\":[{\"id\":1,\"name\":\"M\",\"items\":[{\"id\":1,\"stock\":{\"symbol\":"
         "\"A\"}}]},"
         "{\"id\":2,\"name\":\"N\"}]}",
         1,
         {"filled stock.symbol 1", "empty stock.ltp 0"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct span body;
        buf_init(&out, 1 << 16);
        assert_true(span_check(rows[i].body, strlen(rows[i].body), &body, NULL));
        size_t count = census_take(rows[i].resource, body, note, &out);
        check(&rows[i], &out, count);
        assert_null(strstr(out.data, "raw"));
        assert_null(strstr(out.data, "userId"));
        buf_done(&out);
    }
}

static void test_quotes(void **state)
{
    (void)state;
    static const struct row row = {
        RESOURCE_WATCHLISTS,
        "[{\"symbol\":\"A\",\"price\":3,\"bid\":1},{\"symbol\":\"B\",\"ltp\":\"x\"}]",
        2,
        {"filled symbol 2", "filled bid 1", "unreadable ltp 1 not a number", "unknown price 1",
         "empty instrumentId 0"}};
    struct buf out;
    struct span updates;
    buf_init(&out, 1 << 16);
    assert_true(span_check(row.body, strlen(row.body), &updates, NULL));
    check(&row, &out, census_take_quotes(updates, note, &out));
    buf_done(&out);
}

/* More unknown members than are told, and a name longer than is. */
static void test_ceilings(void **state)
{
    (void)state;
    struct buf body, out;
    struct span span;
    buf_init(&body, 1 << 16);
    buf_init(&out, 1 << 16);
    buf_append_text(&body, "{\"account\":{\"id\":1");
    for (int i = 0; i < 2 * CENSUS_UNKNOWN_MAX; i++) {
        buf_printf(&body, ",\"%0*d\":1", 2 * CENSUS_NAME_MAX, i);
        buf_printf(&body, ",\"strange%d\":1", i);
    }
    buf_append_text(&body, "}}");
    assert_true(span_check(body.data, body.len, &span, NULL));
    assert_int_equal(census_take(RESOURCE_ACCOUNT, span, note, &out), 1);
    size_t unknown = 0;
    for (const char *at = out.data; (at = strstr(at, "unknown ")) != NULL; at++) {
        unknown++;
    }
    assert_int_equal(unknown, CENSUS_UNKNOWN_MAX);
    buf_done(&body);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
