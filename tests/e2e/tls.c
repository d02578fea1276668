/*
 * TLS that holds: reads and stream over https with a private authority in all three modes, an
 * answer after a reconnect included. What does not hold is refused in faults_place.c.
 */
#define _GNU_SOURCE /* unshare */
#include "expect.h"
#include "trust.h"

#include <blotter/net/http.h>

#include <curl/curl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

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
    struct pty *pty = start(t, TRUST_DASHBOARD, none);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    trust_show_events(pty);
    assert_true(pty_wait_text(pty, "order_")); /* an event came over the stream */
    pty_send(pty, "R");
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_false(pty_has(pty, "not loaded"));
    pty_send(pty, "\003");
    expect_exit(pty, 0);
    assert_false(trust_found_in(t->dir, t->server.token, strlen(t->server.token)));
    pty_free(pty);
}

/* The same server to whom nobody has told of its authority. */
static void test_unknown_authority(struct trust *t)
{
    static const char said[] = "the certificate of 127.0.0.1 comes from an unknown authority";
    static const struct trust_run runs[] = {{.mode = TRUST_SNAPSHOT}, {.mode = TRUST_WATCH}};
    for (size_t i = 0; i < 2; i++) {
        size_t len;
        struct pty *pty = trust_start(t, &runs[i]);
        if (!trust_wait_output(pty, said, 0)) {
            fail_msg("%.300s", pty_output(pty, &len));
        }
        if (runs[i].mode == TRUST_WATCH) {
            pty_signal(pty, SIGTERM);
        }
        expect_exit(pty, runs[i].mode == TRUST_WATCH ? 128 + SIGTERM : 4);
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

/* --- which authorities count ---------------------------------------------------------------- */

/* The other authority's certificate as ca-b.pem, and ours in a directory as libcurl wants it. */
static bool make_authorities(const struct trust *t)
{
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
             "-keyout b.key -out ca-b.pem -subj /CN=another -days 2 && mkdir system && cp ca.pem "
             "system/ca.pem && cd system && ln -s ca.pem $(openssl x509 -hash -noout -in "
             "ca.pem).0; } >openssl.log 2>&1",
             t->dir);
    return system(command) == 0;
}

/* A directory of our own where libcurl has the system's, for this process and its children. */
static bool stand_in_for_the_system(const struct trust *t)
{
    char directory[128];
    const char *systems = curl_version_info(CURLVERSION_NOW)->capath;
    snprintf(directory, sizeof directory, "%s/system", t->dir);
    return systems != NULL &&
           unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(directory, systems, NULL, MS_BIND, NULL) == 0;
}

static void put_bundle(const struct trust *t, const char *name)
{
    char command[512];
    snprintf(command, sizeof command, "cd %s && cp %s %s", t->dir, name,
             curl_version_info(CURLVERSION_NOW)->cainfo);
    assert_int_equal(system(command), 0);
}

/* ca_file: below our directory, NULL: none is given. */
static void assert_accepts(struct trust *t, const char *ca_file, bool accepts)
{
    char option[192];
    int status = -1;
    size_t len;
    snprintf(option, sizeof option, "http.ca_file=%s/%s", t->dir, ca_file != NULL ? ca_file : "");
    struct trust_run run = {.mode = TRUST_SNAPSHOT, .args = {"-O", option}};
    if (ca_file == NULL) {
        run.args[0] = NULL;
    }
    struct pty *pty = trust_start(t, &run);
    assert_true(pty_wait_exit(pty, 0, &status));
    const char *output = pty_output(pty, &len);
    if (status != (accepts ? 0 : 4) ||
        (!accepts && strstr(output, "comes from an unknown authority") == NULL)) {
        fail_msg("%s: status %d: %.300s", ca_file != NULL ? ca_file : "the system's", status,
                 output);
    }
    pty_free(pty);
}

/* Named authorities count alone; else the system's bundle, and without one its directory. */
static void test_which_authorities_count(void **state)
{
    struct trust *t = *state;
    if (!make_certificates(t) || !make_authorities(t) || !stand_in_for_the_system(t)) {
        print_message("no openssl command, or no directory can be put over another: skipped\n");
        skip();
    }
    serve(t);
    assert_accepts(t, "ca.pem", true);
    assert_accepts(t, "ca-b.pem", false);
    assert_accepts(t, NULL, true);
    put_bundle(t, "ca-b.pem");
    assert_accepts(t, NULL, false);
    put_bundle(t, "ca.pem");
    assert_accepts(t, NULL, true);
    assert_accepts(t, "ca-b.pem", false);
}

/* --- connections that several share ------------------------------------------------------------
 */

static void on_answer(void *user, uint64_t request, const struct http_answer *answer)
{
    (void)request;
    loop_quit(user, answer->fault != NULL ? (int)answer->fault->kind : FAULT_NONE);
}

static int ask(struct loop *loop, struct http *http)
{
    http_ask(http, "/api/auth/session", on_answer, loop);
    return loop_run(loop);
}

/* Whoever trusts another authority does not use what the first has made, and is refused. */
static void test_a_pool_does_not_widen_trust(void **state)
{
    struct trust *t = *state;
    if (!make_certificates(t) || !make_authorities(t)) {
        print_message("no openssl command: skipped\n");
        skip();
    }
    serve(t);
    char good[128], other[128];
    snprintf(good, sizeof good, "%s/ca.pem", t->dir);
    snprintf(other, sizeof other, "%s/ca-b.pem", t->dir);
    struct loop *loop = loop_new();
    struct http_settings settings;
    struct fault fault;
    http_settings_default(&settings);
    settings.url = t->server.url;
    settings.ca_file = good;
    settings.pool = http_pool_new();
    struct http *first = http_new(loop, &settings, &fault);
    settings.ca_file = other;
    struct http *second = http_new(loop, &settings, &fault);
    http_pool_free(settings.pool);
    int of_first = ask(loop, first);
    assert_int_not_equal(of_first, FAULT_TLS);
    assert_int_equal(ask(loop, second), FAULT_TLS);
    assert_int_equal(ask(loop, first), of_first);
    http_free(second);
    http_free(first);
    loop_free(loop);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_which_authorities_count, trust_set_up,
                                        trust_tear_down),
        cmocka_unit_test_setup_teardown(test_a_private_authority_is_enough, trust_set_up,
                                        trust_tear_down),
        cmocka_unit_test_setup_teardown(test_a_pool_does_not_widen_trust, trust_set_up,
                                        trust_tear_down),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
