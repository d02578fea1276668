#include "../../../src/net/http_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_base_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *prefix; /* NULL: refused */
        bool loopback;
        unsigned port;
    } rows[] = {
        {"http://127.0.0.1:4000", "http://127.0.0.1:4000", true, 4000},
        {"http://127.9.9.9/", "http://127.9.9.9", true, 80},
        {"http://[::1]:81/a/b/", "http://[::1]:81/a/b", true, 81},
        {"https://API.example.com/x", "https://API.example.com/x", false, 443},
        {"http://LOCALHOST", "http://LOCALHOST", true, 80},
        {"HTTP://127.0.0.1:81/a", "http://127.0.0.1:81/a", true, 81},
        {"http://localhost.example.com", "http://localhost.example.com", false, 80},
        {"http://128.0.0.1", "http://128.0.0.1", false, 80},
        {"http://h/#part", "http://h", false, 80},
        {"ftp://h", NULL, false, 0},
        {"file:///etc/passwd", NULL, false, 0},
        {"h:4000", NULL, false, 0},
        {"http://", NULL, false, 0},
        {"http://h:99999", NULL, false, 0},
        {"http://user:pass@h", NULL, false, 0},
        {"http://user@h", NULL, false, 0},
        {"http://h/?q=1", NULL, false, 0},
        {"http://h/\r\nX: y", NULL, false, 0},
        {"", NULL, false, 0},
        {NULL, NULL, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *prefix = NULL;
        struct http_origin origin = {0};
        struct fault fault = {0};
        bool ok = http_url_base(rows[i].url, &prefix, &origin, &fault);
        if (rows[i].prefix == NULL) {
            assert_false(ok);
            assert_int_equal(fault.kind, FAULT_CONFIG);
            assert_null(prefix);
            continue;
        }
        assert_true(ok);
        char *slash = strrchr(prefix, '/');
        if (strlen(slash) > 1 || strcmp(prefix, rows[i].prefix) == 0) {
            assert_string_equal(prefix, rows[i].prefix);
        }
        assert_int_not_equal(prefix[strlen(prefix) - 1], '/');
        assert_int_equal(origin.loopback, rows[i].loopback);
        assert_int_equal(origin.port, rows[i].port);
        free(prefix);
    }
}

static void test_redirects(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *location;
        const char *to; /* NULL: refused with kind */
        enum fault_kind kind;
    } rows[] = {
        {"http://a/x/y?q", "/z", "http://a/z", FAULT_NONE},
        {"http://a/x/y?q", "z", "http://a/x/z", FAULT_NONE},
        {"http://a/x/y?q", "../z?k=v", "http://a/z?k=v", FAULT_NONE},
        {"http://a/x/y?q", "?k", "http://a/x/y?k", FAULT_NONE},
        {"http://a/x/y?q", "", "http://a/x/y?q", FAULT_NONE},
        {"http://a/x", "//b:81/z", "http://b:81/z", FAULT_NONE},
        {"http://a/x", "https://b/z", "https://b/z", FAULT_NONE},
        {"https://a/x", "//b/z", "https://b/z", FAULT_NONE},
        {"http://a/x", "http://u:p@b/z#f", "http://b/z", FAULT_NONE},
        {"http://a/x", "/a b", "http://a/a%20b", FAULT_NONE},
        {"http://a/x", "/\xc3\xa4", "http://a/%c3%a4", FAULT_NONE},
        {"https://a/x", "http://a/x", NULL, FAULT_REDIRECT},
        {"http://a/x", "ftp://a/x", NULL, FAULT_REDIRECT},
        {"http://a/x", "file:///etc/passwd", NULL, FAULT_REDIRECT},
        {"http://a/x", "javascript:alert(1)", NULL, FAULT_REDIRECT},
        {"http://a/x", "http://a:99999/", NULL, FAULT_REDIRECT},
        {"http://a/x", "/auth/login?callbackUrl=%2F", NULL, FAULT_AUTH},
        {"https://a/x", "https://sso.example/auth/login", NULL, FAULT_AUTH},
        {"http://a/x", "/login", NULL, FAULT_AUTH},
        {"http://a/x", "/login-history", "http://a/login-history", FAULT_NONE},
        {"http://a/x", "/authors", "http://a/authors", FAULT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *url = NULL;
        struct http_origin origin;
        struct fault fault = {0};
        bool ok = http_url_redirect(rows[i].from, rows[i].location, &url, &origin, &fault);
        if (rows[i].to == NULL) {
            assert_false(ok);
            assert_null(url);
            assert_int_equal(fault.kind, rows[i].kind);
        } else {
            assert_true(ok);
            assert_string_equal(url, rows[i].to);
            free(url);
        }
    }
}

/* A page that follows: by RFC 3986, and never elsewhere. */
static void test_same_origin(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/v3/o?p=2", "/v3/o?p=2"},
        {"o?p=2", "/v3/o?p=2"},
        {"./o?p=2#top", "/v3/o?p=2"},
        {"../o", "/o"},
        {"?p=2", "/v3/orders?p=2"},
        {"", "/v3/orders?p=1"},
        {"https://api.example.com/o", "/o"},
        {"https://API.example.com:443/o", "/o"},
        {"https://api.example.com?p=2", "/?p=2"},
        {"//api.example.com/o", "/o"},
        {"https://api.example.com.evil.example/o", NULL},
        {"https://api.example.com@evil.example/o", NULL},
        {"https://user:password@api.example.com/o", "/o"},
        {"//evil.example/o", NULL},
        {"https://evil.example/o", NULL},
        {"http://api.example.com/o", NULL},
        {"https://api.example.com:444/o", NULL},
        {"ftp://api.example.com/o", NULL},
        {"/o\r\nHost: evil.example", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = http_url_same_origin("https://api.example.com/v3/orders?p=1", rows[i][0]);
        if (rows[i][1] == NULL ? path != NULL : path == NULL || strcmp(path, rows[i][1]) != 0) {
            fail_msg("%s: %s", rows[i][0], path != NULL ? path : "none");
        }
        free(path);
    }
}

static void test_origins(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"http://a", "http://a:80/x", true}, {"https://a", "https://A:443", true},
        {"http://a", "https://a:80", false}, {"http://a", "http://a:81", false},
        {"http://a", "http://b", false},     {"http://a", "http://a.", false},
        {"http://a", "http://a.b", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_origin a, b;
        struct fault fault;
        char *prefix_a, *prefix_b;
        assert_true(http_url_base(rows[i].a, &prefix_a, &a, &fault));
        assert_true(http_url_base(rows[i].b, &prefix_b, &b, &fault));
        assert_int_equal(http_origin_equal(&a, &b), rows[i].equal);
        free(prefix_a);
        free(prefix_b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_addresses),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_same_origin),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
