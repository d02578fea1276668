#include "session.h"
#include "token_renew.h"
#include "watch.h"

#include <blotter/core/alloc.h>

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static_assert(CONFIG_PROFILES_MAX <= WATCH_SOURCES_MAX, "a source for each account");

static enum watch_format format_of(const char *name)
{
    if (name == NULL) {
        return isatty(STDOUT_FILENO) ? WATCH_TEXT : WATCH_JSON;
    }
    return strcmp(name, "text") == 0  ? WATCH_TEXT
           : strcmp(name, "raw") == 0 ? WATCH_RAW
                                      : WATCH_JSON;
}

/* auto colours a terminal's text; WATCH_TEXT is the only format that has colours. */
static bool wants_color(const struct session *session)
{
    enum { AUTO, ALWAYS, NEVER };
    int64_t when = config_number(session->config, CONFIG_COLOR);
    return when == ALWAYS || (when == AUTO && isatty(STDOUT_FILENO));
}

/* Naming panes leaves the other events out; all of them means everything, unknown types too. */
static resource_mask panes_of(const struct profile *profile)
{
    resource_mask panes = (resource_mask)config_number(profile->config, CONFIG_PANES);
    return panes == RESOURCE_ALL ? 0 : panes;
}

static void fill(const struct session *session, struct watch_settings *settings)
{
    const struct options *options = session->options;
    const char *zone = config_text(session->config, CONFIG_TIMEZONE);
    watch_settings_default(settings);
    settings->format = format_of(options->value[OPTION_OUTPUT]);
    settings->globs = options->events;
    settings->glob_count = options->event_count;
    settings->count = options->count;
    settings->duration_ms = options->duration_ms;
    settings->status = options->given[OPTION_STATUS];
    settings->cursor = options->value[OPTION_CURSOR];
    settings->after = options->value[OPTION_AFTER];
    settings->with_snapshot = options->given[OPTION_WITH_SNAPSHOT];
    settings->color = wants_color(session);
    settings->ascii = session_ascii(session);
    settings->utc = zone != NULL && strcmp(zone, "utc") == 0;
    if (zone != NULL && !settings->utc && strcmp(zone, "local") != 0) {
        setenv("TZ", zone, 1);
        tzset();
    }
}

/* --- another token --------------------------------------------------------------------------- */

struct mode;

/* One account, and what its source points into. */
struct one {
    struct mode *mode;
    struct profile *profile; /* NULL: nobody's */
    char *path;
    struct token_renew *renew;
    struct watch_stream *stream; /* that waits for a token */
    struct trace *trace;         /* its lines of it; NULL: the whole's, or none */
    struct watch_source source;
};

struct mode {
    struct session *session;
    struct loop *loop;
    struct watch_settings settings;
    struct one each[CONFIG_PROFILES_MAX];
    struct watch *watch; /* while it is reloaded */
    bool has_terminal;   /* it was started from one */
};

static void on_token(void *user, const char *token, const struct problem *problem)
{
    const struct one *one = user;
    watch_use_token(one->stream, token, token == NULL ? problem->text : NULL);
}

static bool on_refused(void *user, struct watch_stream *stream)
{
    struct one *one = user;
    one->stream = stream;
    return token_renew_ask(one->renew);
}

/* --- the accounts ---------------------------------------------------------------------------- */

static void describe(struct one *one)
{
    const struct profile *profile = one->profile;
    struct client_settings client;
    profile_client(profile, &client);
    one->source = (struct watch_source){
        .name = profile->name,
        .relayed = client.backend,
        .path = one->path,
        .event_max = client.event_max,
        .panes = panes_of(profile),
        .user = config_text(profile->config, CONFIG_USER),
        .backend = config_text(profile->config, CONFIG_BACKEND),
        .on_refused = on_refused,
        .refused_user = one,
        .trace = one->trace,
    };
    profile_http(profile, &one->source.http);
    profile_conn(profile, &one->source.conn);
    one->source.http.pool = client.http.pool;
}

/* NULL when a backend's functions do not compile, which has been said: it is left out. */
static struct one *open_one(struct mode *mode, struct profile *profile)
{
    size_t i = 0;
    while (mode->each[i].profile != NULL) {
        i++; /* a session opens no more than there is room for */
    }
    struct one *one = &mode->each[i];
    const struct token_renewal asked = {.source = profile->token_source,
                                        .config = profile->config,
                                        .token = profile->token,
                                        .fn = on_token,
                                        .user = one};
    if (profile_backend_is_broken(profile)) {
        return NULL;
    }
    *one = (struct one){.mode = mode, .profile = profile};
    one->path = resource_path(RESOURCE_STREAM_PATH, config_text(profile->config, CONFIG_USER));
    one->renew = token_renew_new(mode->loop, &asked);
    one->trace = profile->name != NULL ? trace_of(mode->settings.trace, profile->name) : NULL;
    profile_loop(profile, mode->loop);
    describe(one);
    return one;
}

static void close_one(struct one *one)
{
    token_renew_free(one->renew);
    profile_loop(one->profile, NULL);
    trace_close(one->trace);
    free(one->path);
    *one = (struct one){.profile = NULL};
}

/* --- while it runs --------------------------------------------------------------------------- */

static void on_goes(void *user, struct profile *profile)
{
    struct mode *mode = user;
    for (size_t i = 0; i < CONFIG_PROFILES_MAX; i++) {
        if (mode->each[i].profile == profile) {
            watch_remove(mode->watch, &mode->each[i].source);
            close_one(&mode->each[i]);
        }
    }
}

static void on_came(void *user, struct profile *profile)
{
    struct mode *mode = user;
    struct one *one = open_one(mode, profile);
    if (one != NULL) {
        watch_add(mode->watch, &one->source);
    } else {
        char sentence[PROBLEM_BYTES];
        snprintf(sentence, sizeof sentence, "%s: its backend is left out", profile->name);
        watch_miss(mode->watch, sentence);
    }
}

static void on_failed(void *user, const struct problem *problem)
{
    struct mode *mode = user;
    watch_miss(mode->watch, problem->text);
}

/* Whether a terminal that we had is still there. */
static bool finds_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* SIGHUP is the end where it is the terminal that went. */
static void on_reload(void *user, struct watch *watch, int signo)
{
    struct mode *mode = user;
    const struct session_changes changes = {on_goes, on_came, on_failed, mode};
    struct problem problem;
    if (signo == SIGHUP && mode->has_terminal && !finds_terminal()) {
        loop_quit(mode->loop, STATUS_SIGNAL + signo);
        return;
    }
    mode->watch = watch;
    if (!session_reload(mode->session, &changes, &problem)) {
        fprintf(stderr, "blotter: not reloaded: %s\n", problem.text);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static int run(struct mode *mode)
{
    struct session *session = mode->session;
    struct watch_settings *settings = &mode->settings;
    const struct watch_source *sources[WATCH_SOURCES_MAX];
    for (size_t i = 0; i < session->profile_count; i++) {
        struct one *one = open_one(mode, session->profiles[i]);
        if (one != NULL) {
            sources[settings->source_count++] = &one->source;
        }
    }
    settings->sources = sources;
    settings->short_of_some = settings->source_count < session->named;
    if (session->named > 1) {
        settings->on_reload = on_reload;
        settings->reload_user = mode;
        mode->has_terminal = finds_terminal();
    }
    int status = settings->source_count > 0 ? watch_run(mode->loop, settings) : STATUS_USAGE;
    for (size_t i = 0; i < CONFIG_PROFILES_MAX; i++) {
        if (mode->each[i].profile != NULL) {
            close_one(&mode->each[i]);
        }
    }
    return status;
}

int session_watch(struct session *session)
{
    struct problem problem;
    struct mode *mode = mem_calloc(1, sizeof *mode);
    int status = STATUS_RUNTIME;
    mode->session = session;
    mode->loop = loop_new();
    fill(session, &mode->settings);
    session_end_on_signals(mode->loop);
    if (session_trace(session, &mode->settings.trace, &problem)) {
        status = run(mode);
        trace_close(mode->settings.trace);
    } else {
        fprintf(stderr, "blotter: %s\n", problem.text);
    }
    loop_free(mode->loop);
    free(mode);
    return status;
}
