#include "backend.h"
#include "profile.h"

#include <blotter/adapt/adapt.h>
#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* --- opening -------------------------------------------------------------------------------- */

static bool refuse_no_backend(const struct profile *profile, struct problem *problem)
{
    const char *path = config_path(profile->config);
    if (profile->name != NULL) {
        return problem_set(problem, "no backend: set url or backend in [profile.%s] of %s",
                           profile->name, path);
    }
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
static bool use_demo(const struct demo *demo, struct config *config, struct problem *problem)
{
    return config_force(config, CONFIG_URL, demo_url(demo), problem) &&
           config_force(config, CONFIG_USER, demo_user(demo), problem) &&
           config_force(config, CONFIG_BADGE, "mock", problem) &&
           config_force(config, CONFIG_CACHE, "no", problem) &&
           config_force(config, CONFIG_DAYBOOK_DAYS, "0", problem);
}

static enum status start_demo(struct profile *profile, const struct profile_ground *ground,
                              struct problem *problem)
{
    token_forget_environment(); /* it is for another server */
    profile->demo = demo_start(ground->log_fd, problem);
    if (profile->demo == NULL || !use_demo(profile->demo, ground->config, problem)) {
        return STATUS_RUNTIME;
    }
    const char *token = demo_token(profile->demo);
    profile->token = mem_dup(token, strlen(token));
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

static bool any_secret_of_command(const struct config *config)
{
    struct config_entry entry;
    for (size_t i = 0; config_entry(config, CONFIG_SECRETS, i, &entry); i++) {
        if (strncmp(entry.value, "command:", strlen("command:")) == 0) {
            return true;
        }
    }
    return token_source(config) == TOKEN_OF_COMMAND;
}

static enum status open_backend(struct profile *profile, const struct profile_ground *ground,
                                struct problem *ret_problem)
{
    if (ground->running && any_secret_of_command(profile->config)) {
        problem_set(ret_problem, "its secrets come from a command, which is run at the start only: "
                                 "start blotter anew, or use file:PATH");
        return STATUS_USAGE;
    }
    return backend_open(profile, ground, ret_problem);
}

static enum status connect_profile(struct profile *profile, const struct profile_ground *ground,
                                   struct problem *ret_problem)
{
    if (ground->options->given[OPTION_DAY]) {
        return STATUS_OK; /* nobody is asked for anything */
    }
    if (ground->options->given[OPTION_DEMO]) {
        return start_demo(profile, ground, ret_problem);
    }
    leave_no_core();
    if (config_text(profile->config, CONFIG_BACKEND) != NULL) {
        return open_backend(profile, ground, ret_problem);
    }
    if (config_text(profile->config, CONFIG_URL) == NULL) {
        refuse_no_backend(profile, ret_problem);
        return STATUS_USAGE;
    }
    profile->token_source = token_source(profile->config);
    if (ground->running && profile->token_source == TOKEN_OF_COMMAND) {
        return STATUS_OK;
    }
    return token_load(profile->config, &profile->token, ret_problem) ? STATUS_OK : STATUS_USAGE;
}

struct config *profile_config(const struct options *options, const struct paths *paths,
                              const char *name, struct problem *ret_problem)
{
    const char *file = options->value[OPTION_CONFIG];
    const struct config_source source = {
        .path = file != NULL ? file : paths->config_file,
        .path_must_exist = file != NULL,
        .options = options,
        .home = paths->home,
        .profile = name,
    };
    return config_load(&source, ret_problem);
}

enum status profile_open(struct profile *profile, const struct profile_ground *ground,
                         const char *name, struct problem *ret_problem)
{
    *profile = (struct profile){.paths = ground->paths, .config = ground->config};
    if (name != NULL) {
        profile->own_config = profile_config(ground->options, ground->paths, name, ret_problem);
        profile->config = profile->own_config;
        profile->name = profile->config != NULL ? config_profile(profile->config, 0) : NULL;
    }
    return profile->config != NULL ? connect_profile(profile, ground, ret_problem) : STATUS_USAGE;
}

void profile_close(struct profile *profile)
{
    demo_stop(profile->demo);
    backend_close(profile);
    token_free(profile->token);
    config_free(profile->own_config);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool profile_is(const struct profile *profile, const struct profile *other)
{
    const char *user = config_text(profile->config, CONFIG_USER);
    bool backends = profile->adapt != NULL && other->adapt != NULL;
    return same(profile_server(profile), profile_server(other)) &&
           (backends || (same(user, config_text(other->config, CONFIG_USER)) &&
                         (user != NULL || same(profile->token, other->token))));
}

/* --- settings of the floors below ------------------------------------------------------------ */

void profile_http(const struct profile *profile, struct http_settings *ret)
{
    const struct config *config = profile->config;
    http_settings_default(ret);
    ret->url = config_text(config, CONFIG_URL);
    ret->token = profile->token;
    ret->auth = config_text(config, CONFIG_AUTH);
    ret->cookie_name = config_text(config, CONFIG_COOKIE_NAME);
    ret->ca_file = config_text(config, CONFIG_CA_FILE);
    ret->allow_insecure = config_number(config, CONFIG_ALLOW_INSECURE) != 0;
    ret->connect_timeout_ms = config_number(config, CONFIG_CONNECT_TIMEOUT);
    ret->total_timeout_ms = config_number(config, CONFIG_TIMEOUT);
    ret->body_max = (size_t)config_number(config, CONFIG_BODY_MAX);
    ret->gzip = config_text(config, CONFIG_GZIP);
}

/* Only for jitter: two programs started together should not knock together. */
static uint64_t make_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)now.tv_sec << 20 ^ (uint64_t)getpid();
}

void profile_conn(const struct profile *profile, struct conn_settings *ret)
{
    const struct config *config = profile->config;
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

void profile_client(const struct profile *profile, struct client_settings *ret)
{
    const struct config *config = profile->config;
    client_settings_default(ret);
    profile_http(profile, &ret->http);
    profile_conn(profile, &ret->conn);
    set_engine(config, &ret->engine);
    ret->event_max = (size_t)config_number(config, CONFIG_STREAM_EVENT_MAX);
    ret->user = config_text(config, CONFIG_USER);
    ret->cache_dir = config_number(config, CONFIG_CACHE) != 0 ? profile->paths->cache_dir : NULL;
    ret->stream = true;
    backend_settings(profile, ret);
}

const char *profile_badge(const struct profile *profile)
{
    static const char *const badges[] = {NULL, "REAL", "PAPER", "MOCK"};
    int64_t badge = config_number(profile->config, CONFIG_BADGE);
    if (badge == 0 && profile->adapt != NULL) {
        badge = 1 + (int64_t)adapt_backend(profile->adapt)->badge;
    }
    return badges[badge];
}

const char *profile_url(const struct profile *profile)
{
    return profile->adapt != NULL ? adapt_backend(profile->adapt)->hosts[0].origin
                                  : config_text(profile->config, CONFIG_URL);
}

void profile_host(const struct profile *profile, char *out, size_t size)
{
    const char *url = profile_url(profile);
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    snprintf(out, size, "%.*s", (int)strcspn(host, "/?#"), host);
}
