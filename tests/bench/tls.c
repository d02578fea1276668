/*
 * tls: what https costs: first load, memory, and a confirmation for which a connection has to be
 * made anew. The authorities are the system's bundle and one of our own in one file, which is as
 * much to read as the bundle alone.
 */
#include "link.h"
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOOL_MS = 20000, START_MS = 5000, QUIET_MS = 500, SETTLE_MS = 10000 };

/* A server behind https, and what it takes to trust it. */
struct tls {
    const char *dir;
    char authorities[300], option[340]; /* -Ohttp.ca_file=… */
    struct server server;               /* the mock */
    struct process front;               /* nginx before it, for HTTP/2 */
    int port;                           /* of what speaks https */
};

/* --- certificates ------------------------------------------------------------------------- */

/* NULL, or why there are none. */
static const char *make_certificates(struct tls *tls, const struct bench *bench)
{
    static const char script[] =
        "cd \"$0\" && { K='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'; "
        "openssl req -x509 $K -keyout ca.key -out ca.pem -subj /CN=bench -days 2 && "
        "openssl req -new $K -keyout key.pem -out req.pem -subj /CN=127.0.0.1 && "
        "printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' >ext && "
        "openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-extfile ext -out cert.pem; } >/dev/null 2>&1 || exit 1; "
        "for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt "
        "/etc/ssl/cert.pem; do "
        "[ ! -r \"$bundle\" ] || { cat \"$bundle\" ca.pem >all.pem && exit 0; }; done; exit 2";
    char out[64];
    *tls = (struct tls){.dir = bench->work_dir,
                        .server = {.pid = -1},
                        .front = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    const char *argv[] = {"sh", "-c", script, tls->dir, NULL};
    snprintf(tls->authorities, sizeof tls->authorities, "%.250s/all.pem", tls->dir);
    snprintf(tls->option, sizeof tls->option, "-Ohttp.ca_file=%s", tls->authorities);
    int status = process_run(argv, NULL, out, sizeof out, TOOL_MS);
    return status == 0 ? NULL : status == 2 ? "no bundle of authorities" : "no openssl command";
}

/* --- servers ------------------------------------------------------------------------------ */

static bool start_mock(struct tls *tls, const struct bench *bench, bool secure)
{
    char cert[300], key[300];
    const char *args[] = {"--tls-cert",  cert,       "--tls-key",   key,      "--rate",
                          "0",           "--quotes", "0",           "--seed", "1",
                          "--heartbeat", "1",        "--allow-sql", NULL};
    snprintf(cert, sizeof cert, "%.250s/cert.pem", tls->dir);
    snprintf(key, sizeof key, "%.250s/key.pem", tls->dir);
    bool started = server_start(&tls->server, bench->mock, secure ? args : args + 4);
    tls->port = tls->server.port;
    return started;
}

static bool write_front_config(const struct tls *tls, int port)
{
    char path[300];
    snprintf(path, sizeof path, "%.250s/nginx.conf", tls->dir);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    fprintf(file,
            "daemon off; master_process off; pid nginx.pid; error_log stderr crit; events {}\n"
            "http { access_log off; client_body_temp_path b; proxy_temp_path p;\n"
            "fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n"
            "server { listen 127.0.0.1:%d ssl http2; ssl_certificate cert.pem;\n"
            "ssl_certificate_key key.pem; location / { proxy_pass http://127.0.0.1:%d;\n"
            "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off;\n"
            "proxy_read_timeout 3600; } } }\n",
            port, tls->server.port);
    return fclose(file) == 0;
}

/* nginx in front of the mock. False where there is none. */
static bool start_front(struct tls *tls)
{
    const char *argv[] = {"sh", "-c",
                          "PATH=\"$PATH:/usr/sbin\"; exec nginx -p \"$0\" -c \"$0/nginx.conf\"",
                          tls->dir, NULL};
    int port, listener = listen_loopback(&port), fd = -1;
    int64_t until_us = now_us() + (int64_t)START_MS * 1000;
    close(listener); /* free a moment ago */
    if (listener < 0 || !write_front_config(tls, port) ||
        !process_start(&tls->front, argv, NULL, NULL, PROCESS_DISCARD)) {
        return false;
    }
    while (fd < 0 && now_us() < until_us && process_wait(&tls->front, 20) == -1 &&
           tls->front.pid > 0) {
        fd = connect_loopback(port);
    }
    close(fd);
    tls->port = port;
    return fd >= 0;
}

static void end_servers(struct tls *tls)
{
    process_end(&tls->front, SIGTERM);
    server_end(&tls->server, SIGTERM);
    tls->server.pid = -1;
}

/* --- curl --------------------------------------------------------------------------------- */

/* The slowest of the four requests, each on a connection of its own. */
static double slowest_ms(const struct tls *tls, const char *base)
{
    char header[320], url[512], out[64];
    double slowest = NAN;
    snprintf(header, sizeof header, "Authorization: Bearer %s", tls->server.token);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const char *argv[] = {
            "curl",          "-s", "-o",   "/dev/null", "--cacert", tls->authorities, "-w",
            "%{time_total}", "-H", header, url,         NULL};
        snprintf(url, sizeof url, "%s%s", base, resource_info((enum resource)i)->path);
        if (process_run(argv, NULL, out, sizeof out, TOOL_MS) == 0) {
            slowest = fmax(isnan(slowest) ? 0 : slowest, strtod(out, NULL) * 1000);
        }
    }
    return slowest;
}

/* --- first load --------------------------------------------------------------------------- */

static void sample_loads(struct bench *bench, const struct tls *tls, const char *url,
                         struct samples *loads, struct samples *mib)
{
    struct subject_options options = {.url = url, .extra = {tls->option}};
    for (int i = 0; i < bench_times(bench, 7, 3); i++) {
        struct subject subject;
        struct usage usage;
        int64_t loaded_us;
        if (subject_start(&subject, bench, SUBJECT_BLOTTER, &tls->server, &options) &&
            subject_wait_loaded(&subject, &loaded_us)) {
            samples_add(loads, (double)(loaded_us - subject.started_us) / 1000);
            if (mib != NULL && i < 3 && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS) &&
                usage_read(subject_pid(&subject), &usage)) {
                samples_add(mib, (double)usage.rss_kib / 1024);
            }
        }
        subject_free(&subject);
    }
}

/* rtt_ms: none is a row's own link. mib: NULL or where the memory goes. */
static void measure_row(struct bench *bench, const struct tls *tls, const char *id, int rtt_ms,
                        struct samples *mib)
{
    struct samples loads = {0}, slowest = {0};
    struct link link;
    char url[64];
    if (!bench_wants(bench, id) && mib == NULL) {
        return;
    }
    struct link_options wire = {.port = tls->port, .delay_ms = rtt_ms / 2};
    bool linked = rtt_ms > 0 && link_start(&link, &wire);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", linked ? link.listen_port : tls->port);
    for (int i = 0; i < 3; i++) {
        samples_add(&slowest, slowest_ms(tls, url));
    }
    sample_loads(bench, tls, url, &loads, mib);
    double limit = samples_at(&slowest, 0.5), exec = load_exec_ms(bench);
    bench_median(bench, id, &loads);
    bench_limit(bench, id, limit, "the slowest https request, by curl");
    bench_result(bench, id)->budget = 1.5 * limit + exec;
    bench_note(bench, id, "budget: 1.5x the limit + %.1f ms to start", exec);
    samples_free(&loads);
    samples_free(&slowest);
    if (linked) {
        link_end(&link);
    }
}

static bool wants_any(const struct bench *bench, const char *a, const char *b)
{
    return bench_wants(bench, a) || bench_wants(bench, b);
}

void measure_https(struct bench *bench)
{
    static const char *const ids[] = {"https.load", "https.load.100ms", "https.load.h2",
                                      "https.load.h2.100ms", "https.memory"};
    struct tls tls;
    struct samples mib = {0};
    const char *why = make_certificates(&tls, bench);
    for (size_t i = 0; why != NULL && i < sizeof ids / sizeof ids[0]; i++) {
        bench_note(bench, ids[i], "%s", why);
    }
    if (why == NULL && start_mock(&tls, bench, true)) {
        measure_row(bench, &tls, ids[0], 0, bench_wants(bench, ids[4]) ? &mib : NULL);
        measure_row(bench, &tls, ids[1], 100, NULL);
        bench_median(bench, ids[4], &mib);
        end_servers(&tls);
    }
    if (why == NULL && wants_any(bench, ids[2], ids[3]) && start_mock(&tls, bench, false)) {
        if (start_front(&tls)) {
            measure_row(bench, &tls, ids[2], 0, NULL);
            measure_row(bench, &tls, ids[3], 100, NULL);
        } else {
            bench_note(bench, ids[2], "no nginx, which would speak HTTP/2");
            bench_note(bench, ids[3], "no nginx, which would speak HTTP/2");
        }
        end_servers(&tls);
    }
    samples_free(&mib);
}

/* --- a confirmation on a connection of its own ------------------------------------------------
 */

enum { IDLE_MS = 1500, BETWEEN_MS = 2600 };

static void change_order(const struct tls *tls, int place)
{
    char sql[512], header[320], url[128], out[1024];
    const char *argv[] = {"curl",
                          "-s",
                          "--cacert",
                          tls->authorities,
                          "-H",
                          header,
                          "-H",
                          "Content-Type: text/plain",
                          "--data-binary",
                          sql,
                          url,
                          NULL};
    snprintf(header, sizeof header, "Authorization: Bearer %s", tls->server.token);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/__mock/sql", tls->port);
    snprintf(sql, sizeof sql,
             "update orders set quantity = 1 + (quantity %% 900) where id = (select o.id from "
             "orders o join trading_accounts a on a.id = o.tradingAccountId where a.userId = '%s' "
             "order by o.createdAt desc limit 1 offset %d)",
             tls->server.user, place);
    process_run(argv, NULL, out, sizeof out, TOOL_MS);
}

/* From an event of the orders to the first answer that contains it. */
static void sample_confirmed(const struct steps *steps, size_t from, struct samples *ret)
{
    for (size_t i = from; i < steps->count; i++) {
        const struct step *event = &steps->list[i];
        bool counts = strcmp(event->name, "event") == 0 && strncmp(event->event, "order_", 6) == 0;
        for (size_t k = i; counts && k < steps->count; k++) {
            const struct step *done = &steps->list[k];
            if (strcmp(done->name, "fetch_done") == 0 && strcmp(done->pane, "orders") == 0 &&
                done->id >= event->id) {
                samples_add(ret, (double)(done->t_us - event->t_us) / 1000);
                break;
            }
        }
    }
}

static void take_idle_events(struct bench *bench, const struct tls *tls, const char *url)
{
    struct subject_options options = {.url = url, .extra = {tls->option}};
    struct samples confirmed = {0};
    struct usage before = {0}, after = {0};
    struct subject subject;
    int events = bench_times(bench, 6, 3);
    if (subject_start(&subject, bench, SUBJECT_BLOTTER, &tls->server, &options) &&
        subject_wait_loaded(&subject, NULL)) {
        subject_run_until(&subject, now_us() + BETWEEN_MS * 1000);
        size_t from = subject.steps.count;
        usage_read(subject_pid(&subject), &before);
        for (int i = 0; i < events; i++) {
            change_order(tls, i);
            subject_run_until(&subject, now_us() + BETWEEN_MS * 1000);
        }
        usage_read(subject_pid(&subject), &after);
        sample_confirmed(&subject.steps, from, &confirmed);
        bench_median(bench, "https.confirm", &confirmed);
        bench_note(bench, "https.confirm", "CPU per event %.1f ms, the heartbeats' with it",
                   (double)(after.cpu_ns - before.cpu_ns) / 1e6 / events);
    }
    subject_free(&subject);
    samples_free(&confirmed);
}

void measure_https_idle(struct bench *bench)
{
    struct tls tls;
    struct link link;
    const char *why = make_certificates(&tls, bench);
    if (why != NULL || !start_mock(&tls, bench, true)) {
        bench_note(bench, "https.confirm", "%s", why != NULL ? why : "the server did not start");
        return;
    }
    struct link_options wire = {.port = tls.port, .idle_ms = IDLE_MS};
    if (link_start(&link, &wire)) {
        char url[64];
        snprintf(url, sizeof url, "https://127.0.0.1:%d", link.listen_port);
        take_idle_events(bench, &tls, url);
        link_end(&link);
    }
    end_servers(&tls);
}
