/* Addresses, headers and comments of a backend: what is filled in, and what is refused. */
#include <blotter/core/backend.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const char *value_of(void *user, const char *name, size_t len)
{
    static const char *const rows[][2] = {
        {"id", "101-004"}, {"odd", "a b/c&d=\xc3\xa9"}, {"key_id", "AK"}, {"secret", "s:x"}};
    (void)user;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strlen(rows[i][0]) == len && memcmp(rows[i][0], name, len) == 0) {
            return rows[i][1];
        }
    }
    return NULL;
}

/* What the buffer holds, or NULL when the call said no. */
static void expect(bool good, struct buf *out, const char *expected)
{
    if (expected == NULL) {
        assert_false(good);
    } else {
        assert_true(good);
        assert_string_equal(out->data != NULL ? out->data : "", expected);
    }
    buf_done(out);
}

static void test_fill(void **state)
{
    (void)state;
    static const char *const symbols[] = {"AAPL", "NSE:M&M", "BTC/USD"};
    static const struct {
        const char *path;
        size_t symbol_count;
        const char *expected;
    } rows[] = {
        {"/v2/orders?status=all", 0, "/v2/orders?status=all"},
        {"/v3/accounts/{id}/orders", 0, "/v3/accounts/101-004/orders"},
        {"/x/{odd}?a={id}", 0, "/x/a%20b%2Fc%26d%3D%C3%A9?a=101-004"},
        {"/x/{nobody}", 0, NULL},
        {"/q?symbols={symbols}&feed=iex", 1, "/q?symbols=AAPL&feed=iex"},
        {"/q?symbols={symbols}", 3, "/q?symbols=AAPL,NSE%3AM%26M,BTC%2FUSD"},
        {"/quote?i={symbols:&i=}", 2, "/quote?i=AAPL&i=NSE%3AM%26M"},
        {"/q?symbols={symbols}", 0, NULL},
        {"/x/{open", 0, "/x/{open"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct backend_filling filling = {value_of, NULL, symbols, rows[i].symbol_count};
        struct buf out;
        buf_init(&out, BACKEND_ADDRESS_MAX);
        expect(backend_fill(&out, rows[i].path, &filling), &out, rows[i].expected);
    }
    struct buf small;
    buf_init(&small, 8);
    struct backend_filling filling = {value_of, NULL, symbols, 3};
    expect(backend_fill(&small, "/{symbols}", &filling), &small, NULL);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(backend_names("/a/{id}?s={symbols:&i=}", "symbols"));
    assert_true(backend_names("/a/{id}?s={symbols:&i=}", "id"));
    assert_false(backend_names("/a/{ident}", "id"));
    assert_false(backend_names("/a/{id", "id"));
}

static void test_set_query(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"/o", "page", "2", "/o?page=2"},
        {"/o?a=1", "page", "2", "/o?a=1&page=2"},
        {"/o?page=1&a=1", "page", "2", "/o?a=1&page=2"},
        {"/o?pages=1&page", "page", "a b", "/o?pages=1&page=a%20b"},
        {"/o?", "page", "2", "/o?page=2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;
        buf_init(&out, BACKEND_ADDRESS_MAX);
        expect(backend_set_query(&out, rows[i][0], rows[i][1], rows[i][2]), &out, rows[i][3]);
    }
}

static void test_link(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"<https://api.example.com/v3/o?beforeID=6>; rel=\"next\"",
         "https://api.example.com/v3/o?beforeID=6"},
        {"</v3/o?beforeID=6>; rel=next", "/v3/o?beforeID=6"},
        {"</a>; rel=\"prev\", <?p=2>; rel=\"next\"", "?p=2"},
        {"</a>; title=\"r\"; rel=\"next prev\"", "/a"},
        {"<a>; REL=\"Next\"", "a"},
        {"<>; rel=next", ""},
        {"</a>; rel=\"prev\"", NULL},
        {"</a>; rel=\"nextly\"", NULL},
        {"<unfinished", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;
        buf_init(&out, BACKEND_ADDRESS_MAX);
        expect(backend_link_next(&out, rows[i][0]), &out, rows[i][1]);
    }
}

static void test_header(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"3", "3"},
        {"{secret:key_id}", "AK"},
        {"token {secret:key_id}:{secret:secret}", "token AK:s:x"},
        {"Basic {basic:key_id:secret}", "Basic QUs6czp4"},
        {"{secret:nobody}", NULL},
        {"{basic:key_id:nobody}", NULL},
        {"{basic:key_id}", NULL},
        {"{key_id}", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct backend_header header = {"Authorization", rows[i][0]};
        struct buf out;
        buf_init(&out, 64);
        expect(backend_header_value(&out, &header, value_of, NULL), &out, rows[i][1]);
    }
}

static void test_comments(void **state)
{
    (void)state;
    static const struct backend_stream stream = {
        .comments = {{"*dropped*messages*", BACKEND_COMMENT_GAP},
                     {"*internal server error*", BACKEND_COMMENT_RECONNECT},
                     {"bye", BACKEND_COMMENT_RECONNECT}},
        .comment_count = 3,
    };
    static const struct {
        const char *text;
        enum backend_comment_act expected;
    } rows[] = {
        {" you are reading too slowly, dropped 12 messages", BACKEND_COMMENT_GAP},
        {" internal server error", BACKEND_COMMENT_RECONNECT},
        {"heartbeat", BACKEND_COMMENT_NOTHING},
        {" dropped", BACKEND_COMMENT_NOTHING},
        {"bye", BACKEND_COMMENT_RECONNECT},
        {"bye!", BACKEND_COMMENT_NOTHING},
        {"", BACKEND_COMMENT_NOTHING},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(backend_comment(&stream, rows[i].text, strlen(rows[i].text)),
                         rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_link),   cmocka_unit_test(test_set_query),
        cmocka_unit_test(test_header), cmocka_unit_test(test_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
