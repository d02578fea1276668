/* blotter-mock: puts the parts together and runs them. */
#include "api/api.h"
#include "book/seed.h"
#include "book/trade.h"
#include "db/db_hint.h"
#include "fault/proxy.h"
#include "http/server.h"
#include "market/market.h"
#include "options.h"
#include "script/scenario.h"
#include "stream/feed.h"

#include <blotter/core/alloc.h>
#include <blotter/net/loop.h>

#include <jansson.h>
#include <math.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

struct mock {
    struct options options;
    struct loop *loop;
    struct db *db;
    struct emitter *emitter;
    struct feed *feed;
    struct db_hint *hint;
    struct server *server;
    struct market *market;
    struct scenario *scenario;
    struct proxy *proxy; /* in front of the server; NULL: no fault needs it */
    struct loop_timer *exit_timer;
    struct api api;
    int status; /* what the program will end with */
    bool file_gone;
};

static int complain(int status, const char *text)
{
    fprintf(stderr, "blotter-mock: %s\n", text);
    return status;
}

/* --- the end ------------------------------------------------------------------------------ */

static void on_all_ended(void *user)
{
    struct mock *mock = user;
    loop_quit(mock->loop, mock->status);
}

static void on_ended(void *user)
{
    struct mock *mock = user;
    if (mock->proxy == NULL) {
        on_all_ended(mock);
    } else {
        proxy_end(mock->proxy, on_all_ended, mock);
    }
}

static void end(struct mock *mock, int status)
{
    mock->status = status;
    server_end(mock->server, on_ended, mock);
}

static void on_signal(void *user, int signo)
{
    (void)signo;
    end(user, 0);
}

static void on_exit_timer(void *user)
{
    end(user, 0);
}

/* What comes from there means nothing; its end does. */
static void on_stdin(void *user, int fd, unsigned events)
{
    struct mock *mock = user;
    char scrap[256];
    (void)events;
    if (read(fd, scrap, sizeof scrap) <= 0) {
        loop_fd_clear(mock->loop, fd);
        end(mock, 0);
    }
}

/* The feed looks before every wait; here it is only seen whether the file is still ours. */
static void on_file_hint(void *user)
{
    struct mock *mock = user;
    bool there = db_file_is_there(mock->db);
    if (!there && !mock->file_gone) {
        fprintf(stderr,
                "blotter-mock: '%s' was deleted or replaced: what is written from now on is lost,"
                " and what others write there is not seen; start again\n",
                db_path(mock->db));
    }
    mock->file_gone = !there;
}

static void on_trouble(void *user, const char *text)
{
    const struct mock *mock = user;
    fprintf(stderr, "blotter-mock: database '%s': %s\n", db_path(mock->db), text);
}

/* --- what a scenario acts on --------------------------------------------------------------- */

static void on_scenario_beat(void *user)
{
    emitter_beat_all(((struct mock *)user)->emitter);
}

static void on_scenario_end_streams(void *user)
{
    emitter_end(((struct mock *)user)->emitter);
}

static void on_scenario_quit(void *user, int status)
{
    end(user, status);
}

static void on_scenario_report(void *user, const char *text)
{
    (void)user;
    complain(0, text);
}

static void start_scenario(struct mock *mock, uint64_t seed)
{
    const struct scenario_host host = {
        .db = mock->db,
        .seed = seed,
        .faults = mock->api.faults,
        .market = mock->market,
        .heartbeat = on_scenario_beat,
        .end_streams = on_scenario_end_streams,
        .quit = on_scenario_quit,
        .report = on_scenario_report,
        .user = mock,
    };
    if (mock->scenario != NULL) {
        scenario_start(mock->scenario, mock->loop, &host);
    }
}

/* --- starting ----------------------------------------------------------------------------- */

static uint64_t choose_seed(const struct options *options, struct moment now)
{
    if (options->has_seed) {
        return (uint64_t)options->seed;
    }
    return (uint64_t)now.wall_ms ^ (uint64_t)now.mono_us << 20 ^ (uint64_t)getpid() << 44;
}

static bool open_books(struct mock *mock, uint64_t seed, struct fault *ret_fault)
{
    const struct options *options = &mock->options;
    mock->db = db_open(options->db, ret_fault);
    if (mock->db == NULL) {
        return false;
    }
    db_set_trouble(mock->db, &(struct db_trouble){on_trouble, mock});
    struct seed_settings settings = {
        .seed = seed,
        .users = options->users,
        .orders = options->orders,
        .positions = options->positions,
        .symbols = options->symbols,
        .wall_ms = loop_now(mock->loop).wall_ms,
    };
    if (!seed_fill(mock->db, &settings)) {
        *ret_fault = (struct fault){.kind = FAULT_CONFIG, .retry_after_ms = -1};
        snprintf(ret_fault->text, sizeof ret_fault->text, "cannot fill the database: %.120s",
                 db_error(mock->db));
        return false;
    }
    return true;
}

static enum feed_verdict verdict(void *user)
{
    static const enum feed_verdict verdicts[] = {
        [FAULTS_EVENT_SEND] = FEED_SEND,
        [FAULTS_EVENT_TWICE] = FEED_TWICE,
        [FAULTS_EVENT_HOLD] = FEED_HOLD,
        [FAULTS_EVENT_LOSE] = FEED_LOSE,
    };
    return verdicts[faults_event(user)];
}

static void make_stream_side(struct mock *mock)
{
    const struct options *options = &mock->options;
    const struct emitter_settings settings = {
        .extensions = !options->no_extensions,
        .heartbeat_us = llround(options->heartbeat_s * 1e6),
        .backlog_max = (size_t)4 << 20,
        .retain = options->retain,
    };
    mock->emitter = emitter_new(mock->db, &settings, &server_emitter_handler);
    const struct feed_settings feed = {
        .retain = options->retain,
        .start_ms = db_is_file(mock->db) ? loop_now(mock->loop).wall_ms : 0,
        .quotes = !options->no_extensions,
        .verdict = verdict,
        .verdict_user = mock->api.faults,
    };
    mock->feed = feed_new(mock->db, mock->emitter, &feed);
    if (db_is_file(mock->db)) {
        mock->hint = db_hint_new(mock->loop, options->db, on_file_hint, mock);
    }
}

static void make_api(struct mock *mock, uint64_t seed)
{
    mock->api.db = mock->db;
    mock->api.auth = auth_new(mock->db);
    mock->api.answers = answers_new(mock->db);
    mock->api.bases = bases_new();
    mock->api.emitter = mock->emitter;
    mock->api.orders_limit = mock->options.orders_limit;
    mock->api.extensions = !mock->options.no_extensions;
    mock->api.open_only = mock->options.open_only || mock->options.no_extensions;
    mock->api.allow_sql = mock->options.allow_sql;
    mock->api.started_ms = loop_now(mock->loop).wall_ms;
    dice_seed(&mock->api.dice, trade_seed(mock->db, seed ^ UINT64_C(0xA11CE)));
}

static bool add_faults(struct mock *mock, struct fault *ret_fault)
{
    for (size_t i = 0; i < mock->options.fault_count; i++) {
        if (!faults_add(mock->api.faults, mock->options.faults[i], ret_fault)) {
            return false;
        }
    }
    return true;
}

static bool read_scenario(struct mock *mock, struct fault *ret_fault)
{
    if (mock->options.scenario != NULL) {
        mock->scenario = scenario_read(mock->options.scenario, ret_fault);
    }
    return mock->options.scenario == NULL || mock->scenario != NULL;
}

static bool needs_proxy(const struct mock *mock)
{
    return faults_need_proxy(mock->api.faults) ||
           (mock->scenario != NULL && scenario_needs_proxy(mock->scenario));
}

static bool check_proxy(const struct mock *mock, struct fault *ret_fault)
{
    if (!needs_proxy(mock) || mock->options.tls_cert == NULL) {
        return true;
    }
    fault_set(ret_fault, FAULT_CONFIG, 0,
              "faults in the bytes (see --fault help) need plain http: leave out --tls-cert");
    return false;
}

/* The public address is the proxy's, the server behind it listens on a port that nobody is told. */
static bool put_proxy_in_front(struct mock *mock, struct fault *ret_fault)
{
    const struct proxy_settings settings = {
        .host = mock->options.host,
        .port = (uint16_t)mock->options.port,
        .upstream_port = server_port(mock->server),
    };
    mock->proxy = proxy_new(mock->loop, mock->api.faults, &settings, ret_fault);
    return mock->proxy != NULL;
}

static bool listen_and_serve(struct mock *mock, struct fault *ret_fault)
{
    const struct options *options = &mock->options;
    bool proxied = needs_proxy(mock);
    const struct server_settings settings = {
        .host = proxied ? "127.0.0.1" : options->host,
        .port = proxied ? 0 : (uint16_t)options->port,
        .tls_cert_file = options->tls_cert,
        .tls_key_file = options->tls_key,
        .latency_us = options->latency_ms * 1000,
        .head_us = llround(options->head_timeout_s * 1e6),
        .max_streams = (int)options->max_streams,
        .max_user_streams = (int)options->max_user_streams,
        .max_address_streams = (int)options->max_address_streams,
        .gzip_streams = options->gzip_streams,
        .verbose = options->verbose,
    };
    mock->server = server_new(mock->loop, &mock->api, mock->feed, &settings, ret_fault);
    if (mock->server == NULL || (proxied && !put_proxy_in_front(mock, ret_fault))) {
        return false;
    }
    faults_seal(mock->api.faults, proxied);
    if (!(proxied ? proxy_is_loopback(mock->proxy) : server_is_loopback(mock->server))) {
        complain(0, "WARNING: listening beyond loopback: anybody who reaches this address can read "
                    "the tokens' data and, with a token, write");
    }
    return true;
}

static void put_url(const struct mock *mock, struct text *into)
{
    bool six = strchr(mock->options.host, ':') != NULL;
    if (mock->proxy == NULL) {
        server_put_url(mock->server, into);
        return;
    }
    text_puts(into, six ? "http://[" : "http://");
    text_puts(into, mock->options.host);
    text_puts(into, six ? "]:" : ":");
    text_int(into, proxy_port(mock->proxy));
}

/* The promise of the manual: one line, the URL and who can log in. */
static void announce(struct mock *mock)
{
    struct text line = {0};
    TEXT_LITERAL(&line, "{\"url\":\"");
    put_url(mock, &line);
    TEXT_LITERAL(&line, "\",\"users\":[");
    sqlite3_stmt *rows = db_query(mock->db,
                                  "SELECT u.id, min(s.token), a.clientId FROM users u"
                                  " JOIN sessions s ON s.userId = u.id"
                                  " LEFT JOIN trading_accounts a ON a.userId = u.id"
                                  " GROUP BY u.id ORDER BY u.rowid",
                                  "");
    static const char *const before[] = {"{\"id\":", ",\"token\":", ",\"clientId\":"};
    for (bool first = true; db_row(mock->db, rows); first = false) {
        text_puts(&line, first ? "" : ",");
        for (int i = 0; i < 3; i++) {
            const char *value = (const char *)sqlite3_column_text(rows, i);
            text_puts(&line, before[i]);
            text_string(&line, value, (size_t)sqlite3_column_bytes(rows, i));
        }
        TEXT_LITERAL(&line, "}");
    }
    TEXT_LITERAL(&line, "]}\n");
    fwrite(line.bytes, 1, line.len, stdout);
    fflush(stdout);
    text_done(&line);
}

static void set_exits(struct mock *mock)
{
    loop_signal(mock->loop, SIGTERM, on_signal, mock);
    loop_signal(mock->loop, SIGINT, on_signal, mock);
    if (mock->options.exit_with_stdin) {
        loop_fd_set(mock->loop, STDIN_FILENO, LOOP_READ, on_stdin, mock);
    }
    if (mock->options.exit_after_s > 0) {
        mock->exit_timer = loop_timer_new(mock->loop, on_exit_timer, mock);
        loop_timer_set(mock->exit_timer,
                       loop_now(mock->loop).mono_us + llround(mock->options.exit_after_s * 1e6));
    }
}

static int run(struct mock *mock)
{
    struct fault fault = {0};
    struct moment now = loop_refresh(mock->loop);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a write that fails */
    uint64_t seed = choose_seed(&mock->options, now);
    mock->api.faults = faults_new(seed);
    if (!add_faults(mock, &fault) || !read_scenario(mock, &fault) || !check_proxy(mock, &fault)) {
        return complain(EXIT_USAGE, fault.text);
    }
    if (!open_books(mock, seed, &fault)) {
        return complain(EXIT_RUNTIME, fault.text);
    }
    make_stream_side(mock);
    make_api(mock, seed);
    if (!listen_and_serve(mock, &fault)) {
        return complain(EXIT_RUNTIME, fault.text);
    }
    const struct market_settings market = {seed, mock->options.rate, mock->options.quotes};
    mock->market = market_new(mock->loop, mock->db, &market);
    set_exits(mock);
    announce(mock);
    start_scenario(mock, seed);
    return loop_run(mock->loop);
}

static void take_down(struct mock *mock)
{
    scenario_free(mock->scenario);
    proxy_free(mock->proxy);
    market_free(mock->market);
    server_free(mock->server);
    db_hint_free(mock->hint);
    loop_timer_free(mock->exit_timer);
    feed_free(mock->feed);
    emitter_free(mock->emitter);
    auth_free(mock->api.auth);
    answers_free(mock->api.answers);
    bases_free(mock->api.bases);
    faults_free(mock->api.faults);
    db_close(mock->db);
    loop_free(mock->loop);
}

static void print_version(void)
{
    printf("blotter-mock %s (libmicrohttpd %s, SQLite %s, jansson %s, zlib %s)\n", BLOTTER_VERSION,
           MHD_get_version(), sqlite3_libversion(), jansson_version_str(), zlibVersion());
}

int main(int argc, char **argv)
{
    struct mock mock = {0};
    struct fault fault = {0};
    switch (options_parse(argc, argv, &mock.options, &fault)) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        return EXIT_SUCCESS;
    case OPTIONS_FAULT_HELP:
        faults_help(stdout);
        return EXIT_SUCCESS;
    case OPTIONS_SCENARIO_HELP:
        scenario_help(stdout);
        return EXIT_SUCCESS;
    case OPTIONS_VERSION:
        print_version();
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        complain(0, fault.text);
        return complain(EXIT_USAGE, "try --help");
    case OPTIONS_RUN:
        break;
    }
    mock.loop = loop_new();
    int status = run(&mock);
    take_down(&mock);
    return status;
}
