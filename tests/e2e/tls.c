/*
 * TLS that holds: reads and stream over https with a private authority in all three modes, an
 * answer after a reconnect included. What does not hold is refused in faults_place.c.
 */
#include "trust.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An authority, and a certificate for this machine that it signed. */
static bool make_certificates(const struct trust *t)
{
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s && { K='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'; openssl req "
             "-x509 $K -keyout ca.key -out ca.pem -subj /CN=authority -days 2 && openssl req -new "
             "$K -keyout key.pem -out req.pem -subj /CN=server && printf "
             "'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' >ext && openssl x509 "
             "-req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out "
             "cert.pem; } >openssl.log 2>&1",
             t->dir);
    return system(command) == 0;
}

static void serve(struct trust *t)
{
    char cert[96], key[96];
    snprintf(cert, sizeof cert, "%s/cert.pem", t->dir);
    snprintf(key, sizeof key, "%s/key.pem", t->dir);
    const char *args[] = {"--seed",     "7",  "--rate",    "20", "--quotes", "0",
                          "--tls-cert", cert, "--tls-key", key,  NULL};
    assert_true(server_start(&t->server, trust_mock(), args));
    assert_non_null(strstr(t->server.url, "https://"));
}

static struct pty *start(struct trust *t, enum trust_mode mode, const char *const more[4])
{
    static char ca[128];
    snprintf(ca, sizeof ca, "http.ca_file=%s/ca.pem", t->dir);
    return trust_start(t, &(struct trust_run){.mode = mode,
                                              .args = {"-O", ca, "-O", "http.timeout_s=20", "-O",
                                                       "http.connect_timeout_s=20", "-O",
                                                       "stream.watchdog_ms=75000", more[0], more[1],
                                                       more[2], more[3]}});
}

static void test_reads(struct trust *t)
{
    static const char *const none[4] = {NULL};
    int status = -1;
    size_t len;
    struct pty *pty = start(t, TRUST_SNAPSHOT, none);
    assert_true(pty_wait_exit(pty, 0, &status));
    if (status != 0) {
        fail_msg("--snapshot: status %d: %.300s", status, pty_output(pty, &len));
    }
    assert_non_null(strstr(pty_output(pty, &len), "\"orders\""));
    pty_free(pty);
}

static void test_stream(struct trust *t)
{
    static const char *const five[4] = {"-n", "5"};
    int status = -1;
    size_t len;
    struct pty *pty = start(t, TRUST_WATCH, five);
    assert_true(pty_wait_exit(pty, 0, &status));
    const char *output = pty_output(pty, &len);
    if (status != 0 || strstr(output, "connected") == NULL ||
        strstr(output, "\"seq\":5,") == NULL) {
        fail_msg("--watch: status %d: %.300s", status, output);
    }
    pty_free(pty);
}

static void test_dashboard(struct trust *t)
{
    static const char *const none[4] = {NULL};
    int status = -1;
    struct pty *pty = start(t, TRUST_DASHBOARD, none);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    pty_send(pty, "5");
    assert_true(pty_wait_text(pty, "order_")); /* an event came over the stream */
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_false(pty_has(pty, "not loaded"));
    pty_send(pty, "\003");
    assert_true(pty_wait_exit(pty, 0, &status));
    assert_int_equal(status, 0);
    assert_false(trust_found_in(t->dir, t->server.token, strlen(t->server.token)));
    pty_free(pty);
}

/* The same server to whom nobody has told of its authority. */
static void test_unknown_authority(struct trust *t)
{
    static const char said[] = "the certificate of 127.0.0.1 comes from an unknown authority";
    static const struct trust_run runs[] = {{.mode = TRUST_SNAPSHOT}, {.mode = TRUST_WATCH}};
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        size_t len;
        struct pty *pty = trust_start(t, &runs[i]);
        if (!trust_wait_output(pty, said, 0)) {
            fail_msg("%.300s", pty_output(pty, &len));
        }
        if (runs[i].mode == TRUST_WATCH) {
            pty_signal(pty, SIGTERM);
        }
        assert_true(pty_wait_exit(pty, 0, &status));
        assert_int_equal(status, runs[i].mode == TRUST_WATCH ? 128 + SIGTERM : 4);
        pty_free(pty);
    }
}

static void test_a_private_authority_is_enough(void **state)
{
    struct trust *t = *state;
    if (!make_certificates(t)) {
        print_message("no openssl command: skipped\n");
        skip();
    }
    serve(t);
    test_reads(t);
    test_stream(t);
    test_dashboard(t);
    test_unknown_authority(t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_private_authority_is_enough, trust_set_up,
                                        trust_tear_down),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
