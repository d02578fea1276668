#include "../../../src/net/http_fault.h"

#include <curl/curl.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Every code libcurl can give for http gets a sentence of ours, and every class is the right one.
 */
static void test_every_curl_code_has_a_class_and_a_sentence(void **state)
{
    (void)state;
    for (int code = 1; code <= 101; code++) { /* CURLE_ECH_REQUIRED: newer than some headers */
        struct http_failure failure = {.code = code, .host = "host.example", .connected = true};
        struct fault fault = {0};
        http_fault_from_curl(&fault, &failure);
        assert_int_not_equal(fault.kind, FAULT_NONE);
        assert_true(strlen(fault.text) > 8);
        assert_null(strchr(fault.text, '%'));
        assert_int_not_equal(fault.text[strlen(fault.text) - 1], '.');
        assert_int_equal(fault.retry_after_ms, -1);
    }
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        struct http_failure failure;
        enum fault_kind kind;
        const char *text;
    } rows[] = {
        {{CURLE_COULDNT_RESOLVE_HOST, 0, 0, false, "h"}, FAULT_RESOLVE, "the name h is not known"},
        {{CURLE_COULDNT_CONNECT, ECONNREFUSED, 0, false, "h"},
         FAULT_CONNECT,
         "cannot connect to h: connection refused"},
        {{CURLE_COULDNT_CONNECT, ENETUNREACH, 0, false, "h"},
         FAULT_CONNECT,
         "cannot connect to h: network unreachable"},
        {{CURLE_COULDNT_CONNECT, 9999, 0, false, "h"}, FAULT_CONNECT, "cannot connect to h"},
        {{CURLE_OPERATION_TIMEDOUT, 0, 0, false, "h"},
         FAULT_CONNECT,
         "connecting to h took too long"},
        {{CURLE_OPERATION_TIMEDOUT, 0, 0, true, "h"}, FAULT_TIMEOUT, "h took too long to answer"},
        {{100, 0, 0, true, "h"}, FAULT_TOO_LARGE, "the answer's headers are too large"},
        {{CURLE_PARTIAL_FILE, 0, 0, true, "h"}, FAULT_NETWORK, "the answer was cut short"},
        {{CURLE_GOT_NOTHING, 0, 0, true, "h"},
         FAULT_NETWORK,
         "h closed the connection without an answer"},
        {{CURLE_RECV_ERROR, ECONNRESET, 0, true, "h"}, FAULT_NETWORK, "the connection to h broke"},
        {{CURLE_PEER_FAILED_VERIFICATION, 0, 10, false, "h"},
         FAULT_TLS,
         "the certificate of h has expired"},
        {{CURLE_PEER_FAILED_VERIFICATION, 0, 18, false, "h"},
         FAULT_TLS,
         "the certificate of h is self-signed"},
        {{CURLE_PEER_FAILED_VERIFICATION, 0, 0, false, "h"},
         FAULT_TLS,
         "the certificate is not for h"},
        {{CURLE_PEER_FAILED_VERIFICATION, 0, 1, false, "h"},
         FAULT_TLS,
         "the certificate is not for h"},
        {{CURLE_PEER_FAILED_VERIFICATION, 0, 77, false, "h"},
         FAULT_TLS,
         "the certificate of h cannot be verified"},
        {{CURLE_SSL_CACERT_BADFILE, 0, 0, false, "h"},
         FAULT_CONFIG,
         "the file of certificate authorities cannot be read"},
        {{CURLE_FILESIZE_EXCEEDED, 0, 0, true, "h"}, FAULT_TOO_LARGE, "the answer is too large"},
        {{CURLE_COULDNT_CONNECT, 0, 0, false,
          "a-host-name-that-is-far-too-long-to-be-shown-in-one-line-of-a-terminal-window.example."
          "com"},
         FAULT_CONNECT,
         "cannot connect to "
         "a-host-name-that-is-far-too-long-to-be-shown-in-one-line-of-a-terminal-window.ex"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault;
        http_fault_from_curl(&fault, &rows[i].failure);
        assert_string_equal(fault.text, rows[i].text);
        assert_int_equal(fault.kind, rows[i].kind);
    }
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum fault_kind kind;
    } rows[] = {{401, FAULT_AUTH}, {403, FAULT_AUTH}, {404, FAULT_HTTP}, {429, FAULT_HTTP},
                {500, FAULT_HTTP}, {503, FAULT_HTTP}, {204, FAULT_HTTP}, {799, FAULT_HTTP}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault;
        http_fault_from_status(&fault, rows[i].status, 5000);
        assert_int_equal(fault.kind, rows[i].kind);
        assert_int_equal(fault.status, rows[i].status);
        assert_int_equal(fault.retry_after_ms, 5000);
        assert_non_null(strstr(fault.text, "(HTTP "));
    }
}

static void test_retry_after(void **state)
{
    (void)state;
    int64_t now_ms = INT64_C(1700000000000); /* Tue, 14 Nov 2023 22:13:20 GMT */
    static const struct {
        const char *value;
        int64_t wait_ms;
    } rows[] = {
        {"0", 0},
        {"120", 120000},
        {"", -1},
        {"-5", -1},
        {"1.5", -1},
        {"12a", -1},
        {"soon", -1},
        {"99999999999999999999999999", INT64_C(86400000)},
        {"Tue, 14 Nov 2023 22:13:50 GMT", 30000},
        {"Tuesday, 14-Nov-23 22:13:50 GMT", 30000},
        {"Tue Nov 14 22:13:50 2023", 30000},
        {"Tue, 14 Nov 2023 22:00:00 GMT", 0},
        {"Tue, 14 Nov 2033 22:00:00 GMT", INT64_C(86400000)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(http_retry_after_ms(rows[i].value, now_ms), rows[i].wait_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_curl_code_has_a_class_and_a_sentence),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
