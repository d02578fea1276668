#include "session.h"
#include "token_renew.h"
#include "watch.h"

#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* One account, and what its source points into. */
struct one {
    const struct profile *profile;
    char *path;
    struct token_renew *renew;
    struct watch_stream *stream; /* that waits for a token */
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

static void open_one(struct one *one, const struct profile *profile, struct loop *loop)
{
    const struct token_renewal asked = {.source = profile->token_source,
                                        .config = profile->config,
                                        .token = profile->token,
                                        .fn = on_token,
                                        .user = one};
    one->profile = profile;
    one->path = resource_path(RESOURCE_STREAM_PATH, config_text(profile->config, CONFIG_USER));
    one->renew = token_renew_new(loop, &asked);
    profile_loop(profile, loop);
}

static void describe(struct one *one, struct watch_source *ret)
{
    const struct profile *profile = one->profile;
    struct client_settings client;
    profile_client(profile, &client);
    *ret = (struct watch_source){
        .name = profile->name,
        .relayed = client.backend,
        .path = one->path,
        .event_max = client.event_max,
        .panes = panes_of(profile),
        .user = config_text(profile->config, CONFIG_USER),
        .backend = config_text(profile->config, CONFIG_BACKEND),
        .on_refused = on_refused,
        .refused_user = one,
    };
    profile_http(profile, &ret->http);
    profile_conn(profile, &ret->conn);
}

/* A backend whose functions do not compile has said so, and is left out. */
static size_t describe_all(const struct session *session, struct one *each,
                           struct watch_source *sources)
{
    size_t count = 0;
    for (size_t i = 0; i < session->profile_count; i++) {
        if (!profile_backend_is_broken(session->profiles[i])) {
            describe(&each[i], &sources[count++]);
        }
    }
    return count;
}

static void close_one(struct one *one)
{
    token_renew_free(one->renew);
    profile_loop(one->profile, NULL);
    free(one->path);
}

static int run(const struct session *session, struct loop *loop, struct watch_settings *settings)
{
    struct one *each = mem_calloc(session->profile_count, sizeof *each);
    struct watch_source *sources = mem_calloc(session->profile_count, sizeof *sources);
    for (size_t i = 0; i < session->profile_count; i++) {
        open_one(&each[i], session->profiles[i], loop);
    }
    settings->sources = sources;
    settings->source_count = describe_all(session, each, sources);
    settings->short_of_some = settings->source_count < session->named;
    int status = settings->source_count > 0 ? watch_run(loop, settings) : STATUS_USAGE;
    for (size_t i = 0; i < session->profile_count; i++) {
        close_one(&each[i]);
    }
    free(sources);
    free(each);
    return status;
}

int session_watch(struct session *session)
{
    struct watch_settings settings;
    struct problem problem;
    struct loop *loop = loop_new();
    int status = STATUS_RUNTIME;
    fill(session, &settings);
    session_end_on_signals(loop);
    if (session_trace(session, &settings.trace, &problem)) {
        status = run(session, loop, &settings);
        trace_close(settings.trace);
    } else {
        fprintf(stderr, "blotter: %s\n", problem.text);
    }
    loop_free(loop);
    return status;
}
