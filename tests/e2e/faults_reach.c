/*
 * The fault matrix, part three: what cannot be reached, or not be trusted. Each mode says what is
 * wrong, stays calm, and ends as it should.
 */
#include "matrix.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CPU_MS = 400 }; /* a TLS handshake reads all authorities of the system */

enum certificate { NO_TLS, SELF_SIGNED, WRONG_HOST, EXPIRED };

struct row {
    const char *name, *url; /* url NULL: the mock's, with the certificate */
    enum certificate certificate;
    const char *args[3], *env[2];
    const char *said; /* by each mode */
    int exit;         /* of --snapshot */
};

static const struct row rows[] = {
    {"network down at start",
     "http://127.0.0.1:1",
     NO_TLS,
     {NULL},
     {NULL},
     "connection refused",
     4},
    {"DNS failure",
     "https://blotter.invalid",
     NO_TLS,
     {NULL},
     {NULL},
     "the name blotter.invalid is not known",
     4},
    {"proxy gone",
     "https://blotter.invalid",
     NO_TLS,
     {NULL},
     {"https_proxy=http://127.0.0.1:1"},
     "refused",
     4},
    {"TLS: self-signed", NULL, SELF_SIGNED, {NULL}, {NULL}, "is self-signed", 4},
    {"TLS: wrong host", NULL, WRONG_HOST, {"-O", "ca"}, {NULL}, "the certificate is not for", 4},
    {"TLS: expired", NULL, EXPIRED, {"-O", "ca"}, {NULL}, "has expired", 4},
};

/* The smallest authority there is; "openssl req" alone cannot make what has expired. */
#define AUTHORITY                                                                                  \
    "[ca]\\ndefault_ca=d\\n[d]\\nnew_certs_dir=.\\ndatabase=index\\nserial=serial\\ndefault_md="   \
    "sha256\\npolicy=p\\ncopy_extensions=copy\\nx509_extensions=v\\nunique_subject=no\\n[v]"       \
    "\\nbasicConstraints=CA:TRUE\\n[p]"                                                            \
    "\\n"                                                                                          \
    "commonName=supplied\\n"

static bool make_certificate(const struct trust *t, enum certificate kind)
{
    static const char *const names[] = {"", "IP:127.0.0.1", "DNS:elsewhere.invalid",
                                        "IP:127.0.0.1"};
    char command[2048];
    snprintf(
        command, sizeof command,
        "cd %s && { printf '" AUTHORITY "' >ca.cnf; : >index; openssl req -new -newkey ec "
        "-pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out req.pem -subj /CN=x "
        "-addext subjectAltName=%s && openssl ca -config ca.cnf -selfsign -batch -notext "
        "-create_serial -keyfile key.pem -in req.pem -out cert.pem -startdate 20200101000000Z "
        "-enddate %s; } >openssl.log 2>&1",
        t->dir, names[kind], kind == EXPIRED ? "20200201000000Z" : "20491231000000Z");
    return system(command) == 0;
}

/* False when there is no openssl command to make the certificate with. */
static bool serve_tls(struct trust *t, enum certificate kind)
{
    char cert[96], key[96];
    if (!make_certificate(t, kind)) {
        return false;
    }
    snprintf(cert, sizeof cert, "%s/cert.pem", t->dir);
    snprintf(key, sizeof key, "%s/key.pem", t->dir);
    const char *args[] = {"--seed", "7", "--rate", "0", "--tls-cert", cert, "--tls-key", key, NULL};
    assert_true(server_start(&t->server, trust_mock(), args));
    return true;
}

/* Starts the program where the row says, with what it says. */
static struct pty *start(struct trust *t, const struct row *row, enum trust_mode mode)
{
    char ca[128];
    snprintf(ca, sizeof ca, "http.ca_file=%s/cert.pem", t->dir);
    struct trust_run run = {.mode = mode, .url = row->url, .token = "t0ken"};
    for (size_t i = 0; i < 3 && row->args[i] != NULL; i++) {
        run.args[i] = strcmp(row->args[i], "ca") == 0 ? ca : row->args[i];
    }
    run.env[0] = row->env[0];
    return trust_start(t, &run);
}

static const char *says(struct trust *t, const struct row *row, enum trust_mode mode)
{
    int status = -1;
    struct pty *pty = start(t, row, mode);
    long cpu_ms = trust_cpu_ms(pty_pid(pty));
    const char *word = trust_wait_output(pty, row->said, 0) ? MATRIX_OK : "NOT SAID";
    if (mode != TRUST_SNAPSHOT) {
        trust_let_run(pty, 100);
        cpu_ms = trust_cpu_ms(pty_pid(pty)) - cpu_ms;
        word = cpu_ms < CPU_MS * trust_slack() ? word : "NOT CALM";
        pty_send(pty, "q");
        pty_signal(pty, mode == TRUST_WATCH ? SIGTERM : 0);
    }
    int expected = mode == TRUST_SNAPSHOT ? row->exit : mode == TRUST_WATCH ? 128 + SIGTERM : 0;
    if (!pty_wait_exit(pty, 0, &status) || status != expected) {
        word = "WRONG END";
    }
    snprintf(t->why, sizeof t->why, "status %d, %ld ms of processor: %.2000s", status, cpu_ms,
             pty_screen(pty));
    pty_free(pty);
    return word;
}

static const char *name_of(size_t row)
{
    return rows[row].name;
}

static const char *meet(struct trust *t, size_t i, size_t mode)
{
    if (rows[i].certificate != NO_TLS && !serve_tls(t, rows[i].certificate)) {
        return MATRIX_SKIPPED ": no openssl";
    }
    const char *word = says(t, &rows[i], (enum trust_mode)mode);
    server_end(&t->server, SIGTERM);
    return word;
}

static void test_what_cannot_be_reached_is_named(void **state)
{
    (void)state;
    static const struct matrix matrix = {.title = "shown, survived",
                                         .columns = {"dashboard", "--watch", "--snapshot"},
                                         .rows = sizeof rows / sizeof *rows,
                                         .name = name_of,
                                         .meet = meet};
    matrix_run(&matrix);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_reached_is_named),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
