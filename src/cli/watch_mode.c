#include <blotter/cli/session.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <blotter/cli/token_renew.h>
#include <blotter/cli/watch.h>

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

static void fill(const struct session *session, const struct profile *profile,
                 struct watch_settings *settings)
{
    const struct options *options = session->options;
    const char *zone = config_text(session->config, CONFIG_TIMEZONE);
    watch_settings_default(settings);
    profile_http(profile, &settings->http);
    profile_conn(profile, &settings->conn);
    settings->event_max = (size_t)config_number(profile->config, CONFIG_STREAM_EVENT_MAX);
    settings->format = format_of(options->value[OPTION_OUTPUT]);
    settings->globs = options->events;
    settings->glob_count = options->event_count;
    settings->panes = panes_of(profile);
    settings->count = options->count;
    settings->duration_ms = options->duration_ms;
    settings->status = options->given[OPTION_STATUS];
    settings->cursor = options->value[OPTION_CURSOR];
    settings->after = options->value[OPTION_AFTER];
    settings->with_snapshot = options->given[OPTION_WITH_SNAPSHOT];
    settings->user = config_text(profile->config, CONFIG_USER);
    settings->backend = config_text(profile->config, CONFIG_BACKEND);
    settings->color = wants_color(session);
    settings->ascii = session_ascii(session);
    settings->utc = zone != NULL && strcmp(zone, "utc") == 0;
    if (zone != NULL && !settings->utc && strcmp(zone, "local") != 0) {
        setenv("TZ", zone, 1);
        tzset();
    }
    settings->out_fd = STDOUT_FILENO;
    settings->err_fd = STDERR_FILENO;
}

/* --- another token --------------------------------------------------------------------------- */

struct renewal {
    struct token_renew *renew;
    struct watch *watch;
};

static void on_token(void *user, const char *token, const struct problem *problem)
{
    const struct renewal *renewal = user;
    watch_use_token(renewal->watch, token, token == NULL ? problem->text : NULL);
}

static bool on_refused(void *user, struct watch *watch)
{
    struct renewal *renewal = user;
    renewal->watch = watch;
    return token_renew_ask(renewal->renew);
}

static int run(const struct profile *profile, struct loop *loop, struct watch_settings *settings)
{
    struct renewal renewal = {.watch = NULL};
    const struct token_renewal asked = {.source = profile->token_source,
                                        .config = profile->config,
                                        .token = profile->token,
                                        .fn = on_token,
                                        .user = &renewal};
    renewal.renew = token_renew_new(loop, &asked);
    settings->on_refused = on_refused;
    settings->refused_user = &renewal;
    int status = watch_run(loop, settings);
    token_renew_free(renewal.renew);
    return status;
}

int session_watch(struct session *session)
{
    struct profile *profile = session->profiles[0];
    struct watch_settings settings;
    struct loop *loop = loop_new();
    char *path = resource_path(RESOURCE_STREAM_PATH, config_text(profile->config, CONFIG_USER));
    fill(session, profile, &settings);
    settings.path = path;
    session_end_on_signals(loop);
    profile_loop(profile, loop);
    struct client_settings client;
    profile_client(profile, &client);
    settings.relayed = client.backend;
    struct problem problem;
    int status = STATUS_RUNTIME;
    if (session_trace(session, &settings.trace, &problem)) {
        status = run(profile, loop, &settings);
        trace_close(settings.trace);
    } else {
        fprintf(stderr, "blotter: %s\n", problem.text);
    }
    profile_loop(profile, NULL);
    loop_free(loop);
    free(path);
    return status;
}
