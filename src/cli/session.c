#include "session.h"

#include <blotter/core/alloc.h>

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

#define ACCOUNT_DESCRIPTORS 16 /* its connections, cache and daybook, with room to spare */
#define OTHER_DESCRIPTORS 32

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
    /* Who reads a pipe may stop: nothing waits for him. */
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
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

/* What on the command line or in the environment is of one account; NULL when nothing is. */
static const char *one_for_all(const struct session *session)
{
    static const enum config_id own[] = {CONFIG_URL, CONFIG_USER, CONFIG_TOKEN_FILE,
                                         CONFIG_TOKEN_COMMAND, CONFIG_BACKEND};
    static const struct {
        enum option_id id;
        const char *text;
    } modes[] = {{OPTION_DEMO, "--demo"}, {OPTION_DAY, "--day"}, {OPTION_AFTER, "--after"}};
    const char *token = getenv("BLOTTER_TOKEN");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (config_level(session->config, own[i]) >= CONFIG_ENVIRONMENT) {
            return config_origin(session->config, own[i]);
        }
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (session->options->given[modes[i].id]) {
            return modes[i].text;
        }
    }
    return token != NULL && *token != '\0' ? "BLOTTER_TOKEN" : NULL;
}

/* It would be that of all, whatever their profiles say. */
static bool check_own(const struct session *session, struct problem *problem)
{
    const bool *given = session->options->given;
    bool asks_nobody =
        given[OPTION_PRINT_CONFIG] || given[OPTION_CHECK_BACKEND] || given[OPTION_LIST_BACKENDS];
    const char *what = session->named > 1 && !asks_nobody ? one_for_all(session) : NULL;
    return what == NULL ||
           problem_set(problem,
                       "%s is for one account, and %zu profiles are named: leave it out, or choose "
                       "one with --profile",
                       what, session->named);
}

bool session_open(struct session *session, const struct options *options,
                  struct problem *ret_problem)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *session = (struct session){.options = options, .named = 1};
    session->opened_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    paths_init(&session->paths);
    session->config = profile_config(options, &session->paths, NULL, ret_problem);
    if (session->config == NULL || !open_log(session, ret_problem)) {
        return false;
    }
    while (config_profile(session->config, session->named) != NULL) {
        session->named++;
    }
    log_config(session);
    return check_own(session, ret_problem);
}

/* Nobody uses it any more. */
static void remove_profile(struct session *session, struct profile *profile)
{
    size_t i = 0;
    while (session->profiles[i] != profile) {
        i++;
    }
    session->profile_count--;
    memmove(session->profiles + i, session->profiles + i + 1,
            (session->profile_count - i) * sizeof *session->profiles);
    profile_close(profile);
    free(profile);
}

void session_close(struct session *session)
{
    while (session->profile_count > 0) {
        remove_profile(session, session->profiles[session->profile_count - 1]);
    }
    while (session->broken_count > 0) {
        free(session->broken[--session->broken_count]);
    }
    config_free(session->latest);
    config_free(session->config);
    paths_done(&session->paths);
    if (session->log != NULL) {
        fclose(session->log);
    }
}

/* --- the accounts --------------------------------------------------------------------------- */

static bool is_new(const struct session *session, const struct profile *profile,
                   struct problem *problem)
{
    for (size_t i = 0; i < session->profile_count; i++) {
        const struct profile *other = session->profiles[i];
        if (profile_is(profile, other)) {
            return problem_set(problem, "it is the same account as %s, which is open", other->name);
        }
    }
    return true;
}

struct profile_ground session_ground(const struct session *session)
{
    return (struct profile_ground){
        .options = session->options,
        .paths = &session->paths,
        .config = session->config,
        .log_fd = session->log != NULL ? fileno(session->log) : -1,
        .open = session->profiles,
        .open_count = session->profile_count,
    };
}

static enum status add(struct session *session, const char *name, bool running,
                       struct problem *ret_problem)
{
    struct profile_ground ground = session_ground(session);
    ground.running = running;
    struct profile *profile = mem_calloc(1, sizeof *profile);
    write_without_signals();
    enum status status = profile_open(profile, &ground, name, ret_problem);
    if (status == STATUS_OK && is_new(session, profile, ret_problem)) {
        session->profiles[session->profile_count++] = profile;
        if (profile->demo != NULL) {
            session_log(session, "demo: serving at %s", demo_url(profile->demo));
        }
        return STATUS_OK;
    }
    profile_close(profile);
    free(profile);
    return status != STATUS_OK ? status : STATUS_USAGE;
}

enum status session_add(struct session *session, const char *name, struct problem *ret_problem)
{
    return add(session, name, false, ret_problem);
}

/* Who watches may do without; so does who asks nobody. What a command will give is not missed. */
static enum status add_with_token(struct session *session, const char *name, bool running,
                                  struct problem *problem)
{
    enum status status = add(session, name, running, problem);
    const bool *given = session->options->given;
    if (status != STATUS_OK || given[OPTION_WATCH] || given[OPTION_DAY]) {
        return status;
    }
    struct profile *profile = session->profiles[session->profile_count - 1];
    bool will_come = running && profile->token_source == TOKEN_OF_COMMAND;
    if (profile->token != NULL || profile->adapt != NULL || will_come) {
        return STATUS_OK;
    }
    problem_set(problem, "no token: set %stoken_file or token_command in %s",
                name == NULL ? "BLOTTER_TOKEN, or name a file with --token-file, or set " : "",
                name == NULL ? "the config" : "its profile");
    remove_profile(session, profile);
    return STATUS_AUTH;
}

/* The usual limit is enough for a few; more is asked for quietly, and what there is has to do. */
static void allow_descriptors(size_t accounts)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)(accounts * ACCOUNT_DESCRIPTORS + OTHER_DESCRIPTORS);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

enum status session_connect(struct session *session)
{
    enum status first = STATUS_OK;
    if (session->named > 1) {
        allow_descriptors(session->named);
    }
    for (size_t i = 0; i < session->named; i++) {
        const char *name = session->named > 1 ? config_profile(session->config, i) : NULL;
        struct problem problem;
        enum status status = add_with_token(session, name, false, &problem);
        if (status != STATUS_OK) {
            problem_name(&problem, name);
            problem_print(&problem);
            session_log(session, "%s", problem.text);
            session->broken[session->broken_count++] = mem_dup(problem.text, strlen(problem.text));
            first = first == STATUS_OK ? status : first;
        }
    }
    return session->profile_count > 0 ? STATUS_OK : first;
}

/* --- while it runs --------------------------------------------------------------------------- */

static bool is_named(const struct config *config, const char *name)
{
    const char *named;
    for (size_t i = 0; (named = config_profile(config, i)) != NULL; i++) {
        if (strcmp(named, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_open(const struct session *session, const char *name)
{
    for (size_t i = 0; i < session->profile_count; i++) {
        if (strcmp(session->profiles[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void let_go(struct session *session, const struct session_changes *changes)
{
    for (size_t i = session->profile_count; i-- > 0;) {
        struct profile *profile = session->profiles[i];
        if (!is_named(session->latest, profile->name)) {
            changes->goes(changes->user, profile);
            remove_profile(session, profile);
        }
    }
}

static void let_come(struct session *session, const struct session_changes *changes)
{
    const char *name;
    for (size_t i = 0; (name = config_profile(session->latest, i)) != NULL; i++) {
        struct problem problem;
        if (is_open(session, name)) {
            continue;
        }
        if (add_with_token(session, name, true, &problem) == STATUS_OK) {
            changes->came(changes->user, session->profiles[session->profile_count - 1]);
        } else {
            problem_name(&problem, name);
            changes->failed(changes->user, &problem);
        }
    }
}

bool session_reload(struct session *session, const struct session_changes *changes,
                    struct problem *ret_problem)
{
    struct config *latest = profile_config(session->options, &session->paths, NULL, ret_problem);
    if (latest == NULL) {
        return false;
    }
    if (session->named > 1 && config_profile(latest, 0) == NULL) {
        config_free(latest);
        return problem_set(ret_problem, "no profile is named any more");
    }
    config_free(session->latest);
    session->latest = latest;
    if (session->named > 1) {
        let_go(session, changes);
        let_come(session, changes);
    }
    return true;
}

/* --- what the modes share ------------------------------------------------------------------- */

int64_t session_one_clock(struct client_settings *settings)
{
    int64_t limit_ms = settings->http.total_timeout_ms;
    settings->http.total_timeout_ms = 0;
    if (settings->http.connect_timeout_ms >= limit_ms) {
        settings->http.connect_timeout_ms = 0;
    }
    return limit_ms;
}

bool session_ascii(const struct session *session)
{
    const char *codeset = nl_langinfo(CODESET);
    bool utf8 = strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0;
    return !utf8 || config_number(session->config, CONFIG_ASCII) != 0;
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

const char *session_advice(const struct profile *profile, enum fault_kind kind)
{
    return profile->adapt != NULL ? advice[kind].backend : advice[kind].plain;
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
