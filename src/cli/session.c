#include <blotter/cli/session.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <blotter/adapt/adapt.h>
#include <blotter/core/alloc.h>

#include "backend.h"

/* --- log ------------------------------------------------------------------------------------ */

/* What nobody reads any more, and what there is no room for, is an error of that write; it ends
 * neither a dashboard nor a connection. */
static void write_without_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static bool open_log(struct session *session, struct problem *problem)
{
    const char *path = config_text(session->config, CONFIG_LOG_FILE);
    if (path == NULL) {
        return true;
    }
    write_without_signals();
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    session->log = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (session->log == NULL) {
        problem_set(problem, "cannot write the log file %s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    return true;
}

static void put_time(FILE *out)
{
    struct timespec now;
    struct tm parts;
    char stamp[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
    fprintf(out, "%s.%03ldZ [%ld] ", stamp, now.tv_nsec / 1000000, (long)getpid());
}

/* The dashboard's screen is not written over. */
static FILE *log_file(const struct session *session)
{
    const bool *given = session->options->given;
    bool headless = given[OPTION_WATCH] || given[OPTION_SNAPSHOT] || given[OPTION_CHECK_CONFIG];
    bool verbose = config_number(session->config, CONFIG_VERBOSE) != 0;
    return session->log != NULL ? session->log : verbose && headless ? stderr : NULL;
}

void session_log(const struct session *session, const char *format, ...)
{
    FILE *out = log_file(session);
    if (out == NULL) {
        return;
    }
    put_time(out);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    fputc('\n', out);
    fflush(out);
}

/* What is not as by default, and who said so. Values may be private: only -v shows them. */
static void log_config(const struct session *session)
{
    const struct config *config = session->config;
    const char *path = config_path(config);
    session_log(session, "blotter " BLOTTER_VERSION ", config: %s", path != NULL ? path : "none");
    for (int i = 0; i < CONFIG_TOTAL && config_number(config, CONFIG_VERBOSE) != 0; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        const char *text = config_text(config, (enum config_id)i);
        if (config_level(config, (enum config_id)i) > CONFIG_DEFAULT) {
            session_log(session, "config: %s.%s = %s (%s)", info->section, info->name,
                        text != NULL ? text : "", config_origin(config, (enum config_id)i));
        }
    }
}

/* --- opening -------------------------------------------------------------------------------- */

bool session_open(struct session *session, const struct options *options,
                  struct problem *ret_problem)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *session = (struct session){.options = options};
    session->opened_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    paths_init(&session->paths);
    const char *named = options->value[OPTION_CONFIG];
    struct config_source source = {
        .path = named != NULL ? named : session->paths.config_file,
        .path_must_exist = named != NULL,
        .options = options,
        .home = session->paths.home,
    };
    session->config = config_load(&source, ret_problem);
    if (session->config == NULL || !open_log(session, ret_problem)) {
        return false;
    }
    log_config(session);
    return true;
}

void session_close(struct session *session)
{
    demo_stop(session->demo);
    backend_close(session);
    token_free(session->token);
    config_free(session->config);
    paths_done(&session->paths);
    if (session->log != NULL) {
        fclose(session->log);
    }
}

static bool refuse_no_backend(const struct session *session, struct problem *problem)
{
    const char *path = config_path(session->config);
    if (path != NULL) {
        return problem_set(problem,
                           "no backend: set url or backend in %s, or use --url, --backend or "
                           "BLOTTER_URL",
                           path);
    }
    return problem_set(problem, "no backend is configured");
}

/* The server's address and user win over whatever the config says; nothing of it is kept on disk.
 */
static bool use_demo(struct session *session, struct problem *problem)
{
    const struct demo *demo = session->demo;
    return config_force(session->config, CONFIG_URL, demo_url(demo), problem) &&
           config_force(session->config, CONFIG_USER, demo_user(demo), problem) &&
           config_force(session->config, CONFIG_BADGE, "mock", problem) &&
           config_force(session->config, CONFIG_CACHE, "no", problem) &&
           config_force(session->config, CONFIG_DAYBOOK_DAYS, "0", problem);
}

static enum status start_demo(struct session *session, struct problem *problem)
{
    token_forget_environment(); /* it is for another server */
    int log_fd = session->log != NULL ? fileno(session->log) : -1;
    session->demo = demo_start(log_fd, problem);
    if (session->demo == NULL || !use_demo(session, problem)) {
        return STATUS_RUNTIME;
    }
    const char *token = demo_token(session->demo);
    session->token = mem_dup(token, strlen(token));
    session_log(session, "demo: serving at %s", demo_url(session->demo));
    return STATUS_OK;
}

/* A core holds the token several times, libcurl's copies included, and lies about in the directory
 * where somebody happened to be. */
static void leave_no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

enum status session_connect(struct session *session, struct problem *ret_problem)
{
    write_without_signals();
    if (session->options->given[OPTION_DEMO]) {
        return start_demo(session, ret_problem);
    }
    leave_no_core();
    if (config_text(session->config, CONFIG_BACKEND) != NULL) {
        return backend_open(session, ret_problem);
    }
    if (config_text(session->config, CONFIG_URL) == NULL) {
        refuse_no_backend(session, ret_problem);
        return STATUS_USAGE;
    }
    session->token_source = token_source(session->config);
    return token_load(session->config, &session->token, ret_problem) ? STATUS_OK : STATUS_USAGE;
}

/* --- settings of the floors below ------------------------------------------------------------ */

void session_http(const struct session *session, struct http_settings *ret)
{
    const struct config *config = session->config;
    http_settings_default(ret);
    ret->url = config_text(config, CONFIG_URL);
    ret->token = session->token;
    ret->auth = config_text(config, CONFIG_AUTH);
    ret->cookie_name = config_text(config, CONFIG_COOKIE_NAME);
    ret->ca_file = config_text(config, CONFIG_CA_FILE);
    ret->allow_insecure = config_number(config, CONFIG_ALLOW_INSECURE) != 0;
    ret->connect_timeout_ms = config_number(config, CONFIG_CONNECT_TIMEOUT);
    ret->total_timeout_ms = config_number(config, CONFIG_TIMEOUT);
    ret->body_max = (size_t)config_number(config, CONFIG_BODY_MAX);
}

/* Only for jitter: two programs started together should not knock together. */
static uint64_t make_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)now.tv_sec << 20 ^ (uint64_t)getpid();
}

void session_conn(const struct session *session, struct conn_settings *ret)
{
    const struct config *config = session->config;
    conn_settings_default(ret);
    ret->retry_ms = config_number(config, CONFIG_STREAM_RETRY);
    ret->max_retry_ms = config_number(config, CONFIG_STREAM_MAX_RETRY);
    ret->watchdog_ms = config_number(config, CONFIG_STREAM_WATCHDOG);
    ret->good_after_ms = config_number(config, CONFIG_STREAM_GOOD_AFTER);
    ret->seed = make_seed();
}

static void set_engine(const struct config *config, struct engine_settings *ret)
{
    ret->dedupe_ms = config_number(config, CONFIG_DEDUPE);
    ret->focus_throttle_ms = config_number(config, CONFIG_FOCUS_THROTTLE);
    ret->retry_base_ms = config_number(config, CONFIG_RETRY_BASE);
    ret->retry_cap_ms = config_number(config, CONFIG_RETRY_CAP);
    ret->poll_after_ms = config_number(config, CONFIG_POLL_AFTER);
    ret->poll_ms = config_number(config, CONFIG_POLL);
    ret->poll_cap_ms = config_number(config, CONFIG_POLL_CAP);
    ret->gap_min_ms = config_number(config, CONFIG_GAP_MIN);
    ret->gap_max_ms = config_number(config, CONFIG_GAP_MAX);
    ret->quote_poll_ms = config_number(config, CONFIG_QUOTE_POLL);
    ret->wanted = (resource_mask)config_number(config, CONFIG_PANES);
    ret->seed = make_seed();
}

void session_client(const struct session *session, struct client_settings *ret)
{
    const struct config *config = session->config;
    client_settings_default(ret);
    session_http(session, &ret->http);
    session_conn(session, &ret->conn);
    set_engine(config, &ret->engine);
    ret->event_max = (size_t)config_number(config, CONFIG_STREAM_EVENT_MAX);
    ret->user = config_text(config, CONFIG_USER);
    ret->cache_dir = config_number(config, CONFIG_CACHE) != 0 ? session->paths.cache_dir : NULL;
    ret->stream = true;
    backend_settings(session, ret);
}

int64_t session_one_clock(struct client_settings *settings)
{
    int64_t limit_ms = settings->http.total_timeout_ms;
    settings->http.total_timeout_ms = 0;
    if (settings->http.connect_timeout_ms >= limit_ms) {
        settings->http.connect_timeout_ms = 0;
    }
    return limit_ms;
}

const char *session_badge(const struct session *session)
{
    static const char *const badges[] = {NULL, "REAL", "PAPER", "MOCK"};
    int64_t badge = config_number(session->config, CONFIG_BADGE);
    if (badge == 0 && session->adapt != NULL) {
        badge = 1 + (int64_t)adapt_backend(session->adapt)->badge;
    }
    return badges[badge];
}

bool session_ascii(const struct session *session)
{
    const char *codeset = nl_langinfo(CODESET);
    bool utf8 = strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0;
    return !utf8 || config_number(session->config, CONFIG_ASCII) != 0;
}

const char *session_url(const struct session *session)
{
    return session->adapt != NULL ? adapt_backend(session->adapt)->hosts[0].origin
                                  : config_text(session->config, CONFIG_URL);
}

void session_host(const struct session *session, char *out, size_t size)
{
    const char *url = session_url(session);
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    snprintf(out, size, "%.*s", (int)strcspn(host, "/?#"), host);
}

/* By kind: with a url, and with a backend of files, which is put right elsewhere. */
static const struct {
    const char *plain, *backend;
} advice[FAULT_KIND_COUNT] = {
    [FAULT_RESOLVE] = {"check the host in url, and the network",
                       "check the backend's [hosts], and the network"},
    [FAULT_CONNECT] = {"check that the server runs, and url's port",
                       "check the backend's [hosts], and the network"},
    [FAULT_TLS] = {"check url, or name the server's authority with http.ca_file",
                   "check the backend's [hosts], or name the authority with http.ca_file"},
    [FAULT_TIMEOUT] = {"try again, or allow more with --timeout",
                       "try again, or allow more with --timeout"},
    [FAULT_AUTH] = {"get a new token, and check that it belongs to the user",
                    "check [secrets]; some last a day, or are of another account"},
    [FAULT_HTTP] = {"check the path in url: this may be another server, or an old one",
                    "check get in the backend's file"},
    [FAULT_TYPE] = {"check url: what answers there is no blotter backend",
                    "check get in the backend's file"},
    [FAULT_REDIRECT] = {"set url to where the server really is",
                        "name in the backend's [hosts] where the server really is"},
    [FAULT_TOO_LARGE] = {"raise http.body_max if that is expected",
                         "ask for less: see limit and the like in the backend's get"},
    [FAULT_DECODE] = {"check url: the answer is none that blotter knows",
                      "check the backend's .jq; blotter-backend(5) says what is wanted"},
    [FAULT_CONFIG] = {"correct the setting; blotter(5) explains it",
                      "correct the setting; blotter(5) explains it"},
};

const char *session_advice(const struct session *session, enum fault_kind kind)
{
    return session->adapt != NULL ? advice[kind].backend : advice[kind].plain;
}

static void end(void *loop, int signo)
{
    loop_quit(loop, STATUS_SIGNAL + signo);
}

void session_end_on_signals(struct loop *loop)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        loop_signal(loop, signals[i], end, loop);
    }
}

bool session_trace(const struct session *session, struct trace **ret, struct problem *ret_problem)
{
    const char *path = session->options->value[OPTION_TRACE];
    *ret = path != NULL ? trace_open(path) : NULL;
    if (path != NULL && *ret == NULL) {
        return problem_set(ret_problem, "cannot write the trace %s: %s", path, strerror(errno));
    }
    trace_step(*ret, session->opened_us, "start", "\"version\":\"%s\"", BLOTTER_VERSION);
    return true;
}
