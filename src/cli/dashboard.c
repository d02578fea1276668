#include <blotter/cli/session.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <blotter/client/daybook.h>
#include <blotter/cli/token_renew.h>
#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/tui/tui.h>
#include <blotter/tui/zone.h>
#include <blotter/view/screen.h>
#include <blotter/sys/file.h>

#define BINDINGS_MAX 512
#define VIEWS_MAX 64

/* What tui_settings points into. */
struct dashboard {
    struct session *session;
    struct profile *profile;
    struct config *reloaded; /* NULL until SIGUSR1 */
    struct client *client;
    struct token_renew *renew;
    char host[256];
    char *state_path;
    char state_server[24]; /* a number for what is looked at, whatever its name is made of */
    char *daybook;         /* NULL: none is kept */
    const char *theme_dirs[2];
    struct tui_key keys[BINDINGS_MAX];
    size_t key_count;
    struct screen_view views[VIEWS_MAX];
    size_t view_count;
    struct format format; /* for its zone: the exchange's */
};

static void bind_keys(struct dashboard *dashboard, const struct config *config)
{
    dashboard->key_count = 0;
    while (dashboard->key_count < BINDINGS_MAX) {
        struct tui_key *key = &dashboard->keys[dashboard->key_count];
        if (!config_key_binding(config, dashboard->key_count, &key->action, &key->keys,
                                &key->where)) {
            return;
        }
        dashboard->key_count++;
    }
}

static void fill_display(const struct config *config, struct tui_settings *ret)
{
    ret->theme = config_text(config, CONFIG_THEME);
    ret->color = (enum tui_color)config_number(config, CONFIG_COLOR);
    ret->ascii = config_number(config, CONFIG_ASCII) != 0;
    ret->mouse = config_number(config, CONFIG_MOUSE) != 0;
    ret->hide_amounts = config_number(config, CONFIG_HIDE_AMOUNTS) != 0;
    ret->quote_stale_ms = config_number(config, CONFIG_QUOTE_STALE);
    ret->grouping = (enum format_grouping)config_number(config, CONFIG_GROUPING);
    ret->timezone = config_text(config, CONFIG_TIMEZONE);
    ret->panes = (resource_mask)config_number(config, CONFIG_PANES);
    ret->bell = config_number(config, CONFIG_BELL) != 0;
    ret->notify = (enum tui_notify)config_number(config, CONFIG_NOTIFY);
    ret->on_event = config_text(config, CONFIG_ON_EVENT);
}

/* The prices of [alerts], at most ALARM_RULES_MAX. */
static size_t price_rules(const struct config *config, struct alarm_rule rules[ALARM_RULES_MAX])
{
    struct config_entry entry;
    size_t count = 0;
    for (size_t i = 0; config_entry(config, CONFIG_PRICES, i, &entry); i++) {
        count += alarm_rules_parse(entry.name, entry.value, rules + count, ALARM_RULES_MAX - count);
    }
    return count;
}

static void set_alarms(struct client *client, const struct config *config)
{
    struct alarm_rule rules[ALARM_RULES_MAX];
    struct alarm_settings settings = {
        .fill = config_number(config, CONFIG_ALERT_FILL) != 0,
        .day_loss = config_figure(config, CONFIG_ALERT_DAY_LOSS),
        .margin = config_figure(config, CONFIG_ALERT_MARGIN),
        .rules = rules,
        .rule_count = price_rules(config, rules),
    };
    client_set_alarms(client, &settings);
}

static void name_views(struct dashboard *dashboard, const struct config *config)
{
    struct config_entry entry;
    dashboard->view_count = 0;
    while (dashboard->view_count < VIEWS_MAX &&
           config_entry(config, CONFIG_VIEWS, dashboard->view_count, &entry)) {
        dashboard->views[dashboard->view_count++] = (struct screen_view){entry.name, entry.value};
    }
}

static void log_text(void *user, const char *text)
{
    const struct dashboard *dashboard = user;
    session_log(dashboard->session, "%s", text);
}

static bool reload(void *user, struct tui_settings *ret, char *error, size_t error_size);

static void fill(struct dashboard *dashboard, const struct config *config, struct tui_settings *ret)
{
    const struct profile *profile = dashboard->profile;
    tui_settings_default(ret);
    fill_display(config, ret);
    bind_keys(dashboard, config);
    name_views(dashboard, config);
    ret->views = dashboard->views;
    ret->view_count = dashboard->view_count;
    ret->badge = profile_badge(profile);
    ret->host = dashboard->host;
    ret->user = config_text(profile->config, CONFIG_USER);
    ret->theme_dirs = dashboard->theme_dirs;
    ret->shows_off = profile->demo != NULL;
    ret->keys = dashboard->keys;
    ret->key_count = dashboard->key_count;
    ret->state_path = dashboard->state_path;
    ret->state_server = dashboard->state_server;
    ret->reload = reload;
    ret->log = log_text;
    ret->log_path = config_text(dashboard->session->config, CONFIG_LOG_FILE);
    ret->user_data = dashboard;
}

/* --- another token ---------------------------------------------------------------------------- */

static void on_token(void *user, const char *token, const struct problem *problem)
{
    struct dashboard *dashboard = user;
    struct fault fault;
    const char *why = token == NULL ? problem->text : NULL;
    if (why == NULL && !client_set_token(dashboard->client, token, &fault)) {
        why = fault.text;
    }
    if (why != NULL) {
        client_note(dashboard->client, "token", why);
    }
    session_log(dashboard->session, "token asked for again: %s", why != NULL ? why : "another one");
}

/* Turned down by the server, or asked for by the user after that. */
static void on_refused(void *user, bool by_user)
{
    struct dashboard *dashboard = user;
    (void)by_user;
    token_renew_ask(dashboard->renew);
}

static void start_renewing(struct dashboard *dashboard, struct loop *loop)
{
    const struct token_renewal renewal = {
        .source = dashboard->profile->token_source,
        .config = dashboard->profile->config,
        .token = dashboard->profile->token,
        .fn = on_token,
        .user = dashboard,
    };
    dashboard->renew = token_renew_new(loop, &renewal);
}

/* --- reload ----------------------------------------------------------------------------------- */

/* The old config stays in force when the new one has a mistake. The backend stays as it is; so does
 * the token, unless it was turned down. */
static bool reload(void *user, struct tui_settings *ret, char *error, size_t error_size)
{
    struct dashboard *dashboard = user;
    struct problem problem;
    struct config *config =
        profile_config(dashboard->session->options, &dashboard->session->paths, NULL, &problem);
    if (config == NULL) {
        snprintf(error, error_size, "%s", problem.text);
        return false;
    }
    if (!profile_reload_backend(dashboard->profile, dashboard->client, &problem)) {
        snprintf(error, error_size, "%s", problem.text);
        config_free(config);
        return false;
    }
    fill(dashboard, config, ret);
    set_alarms(dashboard->client, config);
    token_renew_set_config(dashboard->renew, config);
    if (client_is_refused(dashboard->client)) {
        token_renew_ask(dashboard->renew);
    }
    config_free(dashboard->reloaded);
    dashboard->reloaded = config;
    return true;
}

/* The demo's server has another port each time. */
static void name_server(struct dashboard *dashboard)
{
    static const enum config_id parts[] = {CONFIG_PROFILE, CONFIG_BACKEND, CONFIG_URL, CONFIG_USER};
    const struct profile *profile = dashboard->profile;
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *text = config_text(profile->config, parts[i]);
        hash = hash_bytes(hash_text(hash, text != NULL ? text : ""), "", 1);
    }
    snprintf(dashboard->state_server, sizeof dashboard->state_server, "%016" PRIx64, hash);
    if (profile->demo != NULL) {
        snprintf(dashboard->state_server, sizeof dashboard->state_server, "demo");
    }
}

static void prepare(struct dashboard *dashboard)
{
    name_server(dashboard);
    struct paths *paths = &dashboard->session->paths;
    profile_host(dashboard->profile, dashboard->host, sizeof dashboard->host);
    dashboard->theme_dirs[0] = paths->theme_dir;
    if (paths->state_dir != NULL && file_make_directory(paths->state_dir)) {
        dashboard->state_path = mem_printf("%s/state.ini", paths->state_dir);
        const struct config *config = dashboard->profile->config;
        if (config_number(config, CONFIG_DAYBOOK_DAYS) > 0) {
            dashboard->daybook = daybook_path(paths->state_dir, profile_server(dashboard->profile),
                                              config_text(config, CONFIG_USER));
        }
    }
}

static int run(struct dashboard *dashboard, struct trace *trace)
{
    struct client_settings settings;
    struct tui_settings screen;
    struct fault fault;
    profile_client(dashboard->profile, &settings);
    settings.trace = trace;
    settings.on_refused = on_refused;
    settings.refused_user = dashboard;
    settings.remember = true;
    settings.daybook = dashboard->daybook;
    settings.day = dashboard->session->options->value[OPTION_DAY];
    settings.daybook_days = (int)config_number(dashboard->profile->config, CONFIG_DAYBOOK_DAYS);
    format_default(&dashboard->format);
    zone_apply(&dashboard->format, config_text(dashboard->session->config, CONFIG_TIMEZONE));
    settings.zone = dashboard->format.zone;
    settings.zone_user = dashboard->format.zone_user;
    struct loop *loop = loop_new();
    start_renewing(dashboard, loop);
    profile_loop(dashboard->profile, loop);
    struct client *client = client_new(loop, &settings, &fault);
    dashboard->client = client;
    int status = STATUS_USAGE;
    if (client == NULL) {
        fprintf(stderr, "blotter: %s\n", fault.text);
    } else {
        set_alarms(client, dashboard->profile->config);
        fill(dashboard, dashboard->session->config, &screen);
        status = tui_run(loop, client, &screen);
    }
    token_renew_free(dashboard->renew);
    client_free(client);
    profile_loop(dashboard->profile, NULL);
    loop_free(loop);
    return status;
}

/* Whether the day that was asked for, if one was, is in the daybook; said when it is not. */
static bool has_day(const struct dashboard *dashboard)
{
    const char *day = dashboard->session->options->value[OPTION_DAY];
    const struct daybook_settings settings = {.path = dashboard->daybook, .server = "", .user = ""};
    char why[DAYBOOK_WHY_MAX], days[512] = "";
    if (day == NULL) {
        return true;
    }
    if (dashboard->daybook == NULL || access(dashboard->daybook, F_OK) != 0) {
        fprintf(stderr, "blotter: there is no daybook of this server and user%s\n",
                dashboard->daybook == NULL ? ": daybook_days is 0" : " yet");
        return false;
    }
    struct daybook *daybook = daybook_open(&settings, 0, why);
    if (daybook == NULL) {
        fprintf(stderr, "blotter: %s\n", why);
        return false;
    }
    bool has = daybook_has_day(daybook, day);
    daybook_list_days(daybook, days, sizeof days);
    daybook_close(daybook);
    if (!has) {
        fprintf(stderr, "blotter: the daybook has no %s; it has %s\n", day,
                days[0] != '\0' ? days : "no day yet");
    }
    return has;
}

int session_dashboard(struct session *session)
{
    struct problem problem;
    struct trace *trace;
    if (!session_trace(session, &trace, &problem)) {
        fprintf(stderr, "blotter: %s\n", problem.text);
        return STATUS_RUNTIME;
    }
    struct dashboard *dashboard = mem_calloc(1, sizeof *dashboard);
    dashboard->session = session;
    dashboard->profile = session->profiles[0];
    prepare(dashboard);
    int status = has_day(dashboard) ? run(dashboard, trace) : STATUS_RUNTIME;
    config_free(dashboard->reloaded);
    free(dashboard->state_path);
    free(dashboard->daybook);
    free(dashboard);
    trace_close(trace);
    return status;
}
