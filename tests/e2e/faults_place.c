/*
 * The fault matrix, part two: what happens to the place we run in. Servers that are killed and come
 * back, sleep, the network, certificates, disks, directories and terminals. Each row says what is
 * seen during it; where it can end, the panes equal the server's afterwards.
 */
#include "trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* --- nothing to reach ---------------------------------------------------------------------- */

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

static bool says(struct trust *t, const struct row *row, enum trust_mode mode)
{
    char ca[128];
    int status = -1;
    size_t len;
    snprintf(ca, sizeof ca, "http.ca_file=%s/cert.pem", t->dir);
    struct trust_run run = {.mode = mode, .url = row->url, .token = "t0ken"};
    for (size_t i = 0; i < 3 && row->args[i] != NULL; i++) {
        run.args[i] = strcmp(row->args[i], "ca") == 0 ? ca : row->args[i];
    }
    run.env[0] = row->env[0];
    struct pty *pty = trust_start(t, &run);
    long cpu_ms = trust_cpu_ms(pty_pid(pty));
    bool good = trust_wait_output(pty, row->said, 0);
    if (mode != TRUST_SNAPSHOT) {
        trust_let_run(pty, 100);
        cpu_ms = trust_cpu_ms(pty_pid(pty)) - cpu_ms;
        good &= cpu_ms < CPU_MS * trust_slack();
        pty_send(pty, "q");
        pty_signal(pty, mode == TRUST_WATCH ? SIGTERM : 0);
    }
    good &= pty_wait_exit(pty, 0, &status);
    int expected = mode == TRUST_SNAPSHOT ? row->exit : mode == TRUST_WATCH ? 128 + SIGTERM : 0;
    if (!good || status != expected) {
        print_error("%s: status %d, %ld ms of processor: %.400s\n", row->name, status, cpu_ms,
                    pty_output(pty, &len));
    }
    pty_free(pty);
    return good && status == expected;
}

static void test_what_cannot_be_reached_is_named(void **state)
{
    struct trust *t = *state;
    bool all = true;
    print_message("%-24s dashboard --watch   --snapshot\n", "shown and survived");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good[TRUST_MODES];
        if (rows[i].certificate != NO_TLS && !serve_tls(t, rows[i].certificate)) {
            print_message("%-24s not met: no openssl command\n", rows[i].name);
            continue;
        }
        for (int mode = 0; mode < TRUST_MODES; mode++) {
            good[mode] = says(t, &rows[i], (enum trust_mode)mode);
            all &= good[mode];
        }
        server_end(&t->server, SIGTERM);
        print_message("%-24s %-9s %-9s %-9s\n", rows[i].name, good[0] ? "ok" : "BAD",
                      good[1] ? "ok" : "BAD", good[2] ? "ok" : "BAD");
    }
    assert_true(all);
}

/* --- servers and sessions that go and come back -------------------------------------------- */

static void kill_server(struct trust *t, struct pty *pty)
{
    server_end(&t->server, SIGKILL);
    assert_true(pty_wait_text(pty, "connection refused") || pty_wait_text(pty, "OFFLINE"));
    assert_true(pty_wait_text(pty, "\xe2\x89\x88")); /* ≈ */
}

static void kill_and_restart(struct trust *t, struct pty *pty)
{
    kill_server(t, pty);
    trust_serve(t, NULL);
}

static void kill_and_replace(struct trust *t, struct pty *pty)
{
    char path[128];
    kill_server(t, pty);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", t->db, suffixes[i]);
        remove(path);
    }
    static const char *const more[] = {"--orders", "7", "--positions", "3", NULL};
    trust_serve(t, more); /* the same seed: the same tokens, other rows */
}

/* The server goes on while we do not run: what it said waits, or its connection is long dead. */
static void stop_and_continue(struct trust *t, struct pty *pty)
{
    pty_signal(pty, SIGSTOP);
    trust_mark(t);
    trust_let_run(pty, 300);
    pty_signal(pty, SIGCONT);
}

static void stop_the_server(struct trust *t, struct pty *pty)
{
    kill(t->server.pid, SIGSTOP);
    assert_true(pty_wait_no_text(pty, "LIVE")); /* half-open: nothing comes, nothing ends */
    kill(t->server.pid, SIGCONT);
}

static void resize_in_a_burst(struct trust *t, struct pty *pty)
{
    for (int i = 0; i < 200; i++) {
        pty_resize(pty, 1 + i * 7 % 60, 1 + i * 13 % 200);
        if (i % 50 == 0) {
            trust_mark(t);
        }
    }
    pty_resize(pty, 48, 160);
}

static void block_the_terminal(struct trust *t, struct pty *pty)
{
    pty_block_output(pty, true);
    for (int i = 0; i < 40; i++) {
        trust_mark(t);
        pty_send(pty, "T");
    }
    pty_block_output(pty, false);
}

static const struct {
    const char *name;
    void (*happen)(struct trust *t, struct pty *pty);
} lives[] = {
    {"killed, same database", kill_and_restart},
    {"killed, new database", kill_and_replace},
    {"we: SIGSTOP, SIGCONT", stop_and_continue},
    {"server: SIGSTOP, SIGCONT", stop_the_server},
    {"200 sizes", resize_in_a_burst},
    {"output blocked", block_the_terminal},
};

static void test_what_comes_back_is_equal(void **state)
{
    struct trust *t = *state;
    bool all = true;
    trust_serve(t, NULL);
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD});
        assert_true(pty_wait_text(pty, "LIVE"));
        assert_true(pty_wait_no_text(pty, "first load"));
        trust_let_run(pty, 900); /* two heartbeats: their rhythm is known */
        long cpu_ms = trust_cpu_ms(pty_pid(pty));
        lives[i].happen(t, pty);
        bool good = pty_wait_text(pty, "LIVE");
        trust_mark(t);
        good &= trust_wait_mark(t, pty) && pty_wait_no_text(pty, "\xe2\x89\x88");
        long used_ms = trust_cpu_ms(pty_pid(pty)) - cpu_ms;
        good &= used_ms < 600L * trust_slack() && trust_fds(pty_pid(pty)) < 24;
        good &= trust_quit_equal(t, pty);
        print_message("%-24s %s (%ld ms of processor)\n", lives[i].name, good ? "equal" : t->why,
                      used_ms);
        all &= good;
        pty_free(pty);
    }
    assert_true(all);
}

/* --- disks, directories, terminals --------------------------------------------------------- */

struct place {
    const char *name;
    const char *args[3], *env[4];
    const char *cache; /* written into every cache file first; NULL: none */
    const char *said;  /* on the screen; NULL: it runs as always */
    int exit;
};

static const struct place places[] = {
    {"cache: garbage", {NULL}, {NULL}, "\377\376 nonsense", NULL, 0},
    {"cache: empty", {NULL}, {NULL}, "", NULL, 0},
    {"cache: another's",
     {NULL},
     {NULL},
     "blotter-cache 1\nuser: somebody\nurl: http://127.0.0.1:1\n\n{\"orders\":[]}",
     NULL,
     0},
    {"cache: nowhere", {NULL}, {"XDG_CACHE_HOME=/dev/null"}, NULL, NULL, 0},
    {"cache: disk full", {NULL}, {"XDG_CACHE_HOME=/dev/full"}, NULL, NULL, 0},
    {"HOME missing",
     {NULL},
     {"HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_STATE_HOME="},
     NULL,
     NULL,
     0},
    {"HOME relative",
     {NULL},
     {"HOME=x", "XDG_CACHE_HOME=y", "XDG_CONFIG_HOME=z", "XDG_STATE_HOME=w"},
     NULL,
     NULL,
     0},
    {"log: disk full", {"--log-file", "/dev/full", "-v"}, {NULL}, NULL, NULL, 0},
    {"trace: disk full", {"--trace", "/dev/full"}, {NULL}, NULL, NULL, 0},
    {"log: a directory", {"--log-file", "/"}, {NULL}, NULL, "cannot write the log file /", 2},
    {"trace: a directory", {"--trace", "/"}, {NULL}, NULL, "cannot write the trace /", 1},
    {"TERM unknown", {NULL}, {"TERM=no-such-terminal"}, NULL, "no-such-terminal", 2},
    {"TERM dumb", {NULL}, {"TERM=dumb"}, NULL, "dumb", 2},
    {"no UTF-8", {NULL}, {"LC_ALL=C"}, NULL, NULL, 0},
};

static void spoil_cache(const struct trust *t, const char *text)
{
    static const char *const panes[] = {"orders", "positions", "account", "watchlists"};
    char path[160];
    snprintf(path, sizeof path, "%s/blotter", t->dir);
    mkdir(path, 0700);
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        snprintf(path, sizeof path, "%s/blotter/%s.cache", t->dir, panes[i]);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
}

static bool meet_place(struct trust *t, const struct place *place)
{
    struct trust_run run = {.mode = TRUST_DASHBOARD};
    int status = -1;
    memcpy(run.args, place->args, sizeof place->args);
    memcpy(run.env, place->env, sizeof place->env);
    trust_forget(t);
    if (place->cache != NULL) {
        spoil_cache(t, place->cache);
    }
    struct pty *pty = trust_start(t, &run);
    bool good =
        place->said != NULL ? trust_wait_output(pty, place->said, 0) : pty_wait_text(pty, "LIVE");
    if (place->said == NULL) {
        trust_mark(t);
        good &= trust_wait_shown(t, pty);
        pty_send(pty, "q");
    }
    good &= pty_wait_exit(pty, 0, &status) && status == place->exit;
    snprintf(t->why, sizeof t->why, "status %d: %s", status, pty_screen(pty));
    pty_free(pty);
    return good;
}

static void test_where_we_run_does_not_matter(void **state)
{
    struct trust *t = *state;
    bool all = true;
    trust_serve(t, NULL);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bool good = meet_place(t, &places[i]);
        print_message("%-24s %s\n", places[i].name, good ? "ok" : t->why);
        all &= good;
    }
    assert_true(all);
}

static int set_up(void **state)
{
    static struct trust trust;
    trust_up(&trust);
    *state = &trust;
    return 0;
}

static int tear_down(void **state)
{
    trust_down(*state);
    return 0;
}

int main(int argc, char **argv)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_what_cannot_be_reached_is_named),
        ROW(test_what_comes_back_is_equal),
        ROW(test_where_we_run_does_not_matter),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
