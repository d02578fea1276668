#include "backend.h"
#include "session.h"
#include "token_renew.h"

#include <blotter/client/daybook.h>
#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/sys/file.h>
#include <blotter/tui/tui.h>
#include <blotter/tui/zone.h>
#include <blotter/view/screen.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BINDINGS_MAX 512
#define VIEWS_MAX 64

/* An account on the screen. */
struct desk {
    struct dashboard *dashboard;
    struct profile *profile;
    struct client *client;
    struct token_renew *renew;
    char host[256];
    char section[24];    /* of the state: a number for what it is, whatever its name is made of */
    char *daybook;       /* NULL: none is kept */
    char *cache;         /* its own directory; NULL: the usual one */
    struct trace *trace; /* its lines of it; NULL: the dashboard's */
    uint64_t serial;
};

/* What tui_settings points into. */
struct dashboard {
    struct session *session;
    struct loop *loop;
    struct trace *trace;
    /* In the order of the session's profiles; and one that is to take another's place. */
    struct desk *desks[CONFIG_PROFILES_MAX + 1];
    size_t desk_count;
    char word[PROBLEM_BYTES]; /* about accounts; "": none */
    uint64_t serials;         /* given away so far */
    struct tui_account accounts[CONFIG_PROFILES_MAX];
    char *state_path;
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

static void list_accounts(struct dashboard *dashboard, struct tui_settings *ret)
{
    for (size_t i = 0; i < dashboard->desk_count; i++) {
        const struct desk *desk = dashboard->desks[i];
        bool named = dashboard->session->named > 1;
        dashboard->accounts[i] =
            (struct tui_account){.client = desk->client,
                                 .serial = desk->serial,
                                 .name = named ? desk->profile->name : NULL,
                                 .badge = profile_badge(desk->profile),
                                 .host = desk->host,
                                 .section = desk->section,
                                 .user = config_text(desk->profile->config, CONFIG_USER)};
    }
    ret->accounts = dashboard->accounts;
    ret->account_count = dashboard->desk_count;
}

static void fill(struct dashboard *dashboard, const struct config *config, struct tui_settings *ret)
{
    tui_settings_default(ret);
    fill_display(config, ret);
    bind_keys(dashboard, config);
    name_views(dashboard, config);
    ret->views = dashboard->views;
    ret->view_count = dashboard->view_count;
    list_accounts(dashboard, ret);
    ret->theme_dirs = dashboard->theme_dirs;
    ret->shows_off = dashboard->desks[0]->profile->demo != NULL;
    ret->keys = dashboard->keys;
    ret->key_count = dashboard->key_count;
    ret->state_path = dashboard->state_path;
    /* Together accounts have one, whichever there are. */
    ret->state_server = dashboard->session->named > 1 ? "several" : dashboard->desks[0]->section;
    ret->reload = reload;
    ret->log = log_text;
    ret->word = dashboard->word[0] != '\0' ? dashboard->word : NULL;
    ret->log_path = config_text(dashboard->session->config, CONFIG_LOG_FILE);
    ret->user_data = dashboard;
}

/* --- another token ---------------------------------------------------------------------------- */

static void on_token(void *user, const char *token, const struct problem *problem)
{
    struct desk *desk = user;
    struct fault fault;
    const char *name = desk->profile->name != NULL ? desk->profile->name : "";
    const char *why = token == NULL ? problem->text : NULL;
    if (why == NULL && !client_set_token(desk->client, token, &fault)) {
        why = fault.text;
    }
    if (why != NULL) {
        client_note(desk->client, "token", why);
    }
    session_log(desk->dashboard->session, "%s%stoken asked for again: %s", name,
                name[0] != '\0' ? ": " : "", why != NULL ? why : "another one");
}

/* Turned down by the server, or asked for by the user after that. */
static void on_refused(void *user, bool by_user)
{
    struct desk *desk = user;
    (void)by_user;
    token_renew_ask(desk->renew);
}

static void start_renewing(struct desk *desk)
{
    const struct token_renewal renewal = {
        .source = desk->profile->token_source,
        .config = desk->profile->config,
        .token = desk->profile->token,
        .fn = on_token,
        .user = desk,
    };
    desk->renew = token_renew_new(desk->dashboard->loop, &renewal);
}

/* --- accounts --------------------------------------------------------------------------------- */

static char *daybook_of(const struct dashboard *dashboard, const struct profile *profile)
{
    bool kept = config_number(profile->config, CONFIG_DAYBOOK_DAYS) > 0;
    return kept && dashboard->state_path != NULL
               ? daybook_path(dashboard->session->paths.state_dir, profile_server(profile),
                              config_text(profile->config, CONFIG_USER))
               : NULL;
}

/* A cache holds one account: each of several has one, by its profile's name. */
static char *cache_of(const struct dashboard *dashboard, const struct profile *profile,
                      const char *directory)
{
    bool several = dashboard->session->named > 1;
    return several && directory != NULL
               ? mem_printf("%s/%016" PRIx64, directory, hash_text(HASH_START, profile->name))
               : NULL;
}

/* The same whether others are open; the demo's server has another port each time. */
static void name_section(const struct profile *profile, char out[24])
{
    static const enum config_id parts[] = {CONFIG_BACKEND, CONFIG_URL, CONFIG_USER};
    const char *name =
        profile->name != NULL ? profile->name : config_text(profile->config, CONFIG_PROFILE);
    uint64_t hash = hash_bytes(hash_text(HASH_START, name != NULL ? name : ""), "", 1);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *text = config_text(profile->config, parts[i]);
        hash = hash_bytes(hash_text(hash, text != NULL ? text : ""), "", 1);
    }
    snprintf(out, 24, "%016" PRIx64, hash);
    if (profile->demo != NULL) {
        snprintf(out, 24, "demo");
    }
}

static void desk_close(struct desk *desk)
{
    token_renew_free(desk->renew);
    client_free(desk->client);
    trace_close(desk->trace);
    profile_loop(desk->profile, NULL);
    free(desk->daybook);
    free(desk->cache);
    free(desk);
}

/* False with the fault when there is no client to be had. */
static bool desk_open(struct dashboard *dashboard, struct profile *profile, struct fault *ret_fault)
{
    struct client_settings settings;
    struct desk *desk = mem_calloc(1, sizeof *desk);
    desk->dashboard = dashboard;
    desk->profile = profile;
    desk->serial = ++dashboard->serials;
    desk->daybook = daybook_of(dashboard, profile);
    profile_host(profile, desk->host, sizeof desk->host);
    name_section(profile, desk->section);
    profile_client(profile, &settings);
    desk->cache = cache_of(dashboard, profile, settings.cache_dir);
    settings.cache_dir = desk->cache != NULL ? desk->cache : settings.cache_dir;
    bool several = dashboard->session->named > 1;
    desk->trace = several ? trace_of(dashboard->trace, profile->name) : NULL;
    settings.trace = several ? desk->trace : dashboard->trace;
    settings.on_refused = on_refused;
    settings.refused_user = desk;
    settings.remember = true;
    settings.daybook = desk->daybook;
    settings.day = dashboard->session->options->value[OPTION_DAY];
    settings.daybook_days = (int)config_number(profile->config, CONFIG_DAYBOOK_DAYS);
    settings.zone = dashboard->format.zone;
    settings.zone_user = dashboard->format.zone_user;
    start_renewing(desk);
    profile_loop(profile, dashboard->loop);
    desk->client = client_new(dashboard->loop, &settings, ret_fault);
    if (desk->client == NULL) {
        desk_close(desk);
        return false;
    }
    set_alarms(desk->client, profile->config);
    dashboard->desks[dashboard->desk_count++] = desk;
    return true;
}

static void close_all(struct dashboard *dashboard)
{
    while (dashboard->desk_count > 0) {
        desk_close(dashboard->desks[--dashboard->desk_count]);
    }
}

/* What is wrong with accounts: each behind the tape, the last on the state bar. */
static void tell(struct dashboard *dashboard, const char *text)
{
    snprintf(dashboard->word, sizeof dashboard->word, "%s", text);
    if (dashboard->desk_count > 0) {
        client_note(dashboard->desks[0]->client, "account", text);
    }
}

/* Its settings cannot work. */
static void tell_fault(struct dashboard *dashboard, const struct profile *profile,
                       const struct fault *fault, struct problem *ret_problem)
{
    problem_set(ret_problem, "%s", fault->text);
    problem_name(ret_problem, profile->name);
    session_log(dashboard->session, "%s", ret_problem->text);
    tell(dashboard, ret_problem->text);
}

/* One that cannot work is said; the only one is the end. */
static bool open_all(struct dashboard *dashboard)
{
    const struct session *session = dashboard->session;
    for (size_t i = 0; i < session->profile_count; i++) {
        struct profile *profile = session->profiles[i];
        struct fault fault;
        if (!desk_open(dashboard, profile, &fault)) {
            struct problem problem;
            tell_fault(dashboard, profile, &fault, &problem);
            problem_print(&problem);
        }
    }
    for (size_t i = 0; i < session->broken_count; i++) {
        tell(dashboard, session->broken[i]);
    }
    return dashboard->desk_count > 0;
}

/* --- reload ----------------------------------------------------------------------------------- */

/* While the screen is there. */
static void desk_end(struct dashboard *dashboard, size_t i)
{
    struct desk *desk = dashboard->desks[i];
    client_on_change(desk->client, NULL, NULL);
    client_stop(desk->client);
    desk_close(desk);
    size_t behind = --dashboard->desk_count - i;
    memmove(dashboard->desks + i, dashboard->desks + i + 1, behind * sizeof *dashboard->desks);
}

static void on_goes(void *user, struct profile *profile)
{
    struct dashboard *dashboard = user;
    for (size_t i = dashboard->desk_count; i-- > 0;) {
        if (dashboard->desks[i]->profile == profile) {
            desk_end(dashboard, i);
        }
    }
    session_log(dashboard->session, "%s: is not shown any more", profile->name);
}

static void on_came(void *user, struct profile *profile)
{
    struct dashboard *dashboard = user;
    struct fault fault;
    if (!desk_open(dashboard, profile, &fault)) {
        struct problem problem;
        tell_fault(dashboard, profile, &fault, &problem);
    }
}

static void on_failed(void *user, const struct problem *problem)
{
    struct dashboard *dashboard = user;
    session_log(dashboard->session, "%s", problem->text);
    tell(dashboard, problem->text);
}

/* The last one opened takes the place of number i. */
static void move_last(struct dashboard *dashboard, size_t i)
{
    size_t last = dashboard->desk_count - 1;
    struct desk *desk = dashboard->desks[last];
    memmove(dashboard->desks + i + 1, dashboard->desks + i, (last - i) * sizeof desk);
    dashboard->desks[i] = desk;
}

/* Its backend has other panes: another client in its place, which goes on where there is none to be
 * had. */
static void desk_reopen(struct dashboard *dashboard, size_t i, struct profile *next)
{
    struct profile *profile = dashboard->desks[i]->profile;
    struct fault fault;
    profile_swap_backend(profile, next);
    bool opened = desk_open(dashboard, profile, &fault);
    if (opened) {
        desk_end(dashboard, i);
        move_last(dashboard, i);
        profile_loop(profile, dashboard->loop); /* the one that ended has taken it away */
    } else {
        struct problem problem;
        profile_swap_backend(profile, next);
        tell_fault(dashboard, profile, &fault, &problem);
    }
    backend_close(next);
    client_renew_secrets(dashboard->desks[i]->client);
}

/* What may change in an account that stays: its backend's files, its alerts, its token. */
static bool reload_desk(struct dashboard *dashboard, size_t i, const struct config *config,
                        struct problem *ret_problem)
{
    struct desk *desk = dashboard->desks[i];
    const struct profile_ground ground = session_ground(dashboard->session);
    struct profile next;
    switch (profile_reload_backend(desk->profile, desk->client, &ground, &next, ret_problem)) {
    case PROFILE_NOT_RELOADED:
        return false;
    case PROFILE_REOPENS:
        desk_reopen(dashboard, i, &next);
        desk = dashboard->desks[i];
        break;
    case PROFILE_RELOADED:
        break;
    }
    set_alarms(desk->client, config);
    if (client_is_refused(desk->client)) {
        token_renew_ask(desk->renew);
    }
    return true;
}

static bool reload_named(struct dashboard *dashboard, size_t i, struct problem *ret_problem)
{
    const struct session *session = dashboard->session;
    const char *name = dashboard->desks[i]->profile->name;
    struct config *config = profile_config(session->options, &session->paths, name, ret_problem);
    bool good = config != NULL && reload_desk(dashboard, i, config, ret_problem);
    config_free(config);
    return good;
}

/* The old config stays in force when the new one has a mistake. */
static bool reload(void *user, struct tui_settings *ret, char *error, size_t error_size)
{
    struct dashboard *dashboard = user;
    struct session *session = dashboard->session;
    struct session_changes changes = {on_goes, on_came, on_failed, dashboard};
    struct problem problem;
    dashboard->word[0] = '\0';
    if (!session_reload(session, &changes, &problem)) {
        snprintf(error, error_size, "%s", problem.text);
        return false;
    }
    bool several = session->named > 1;
    for (size_t i = 0; i < dashboard->desk_count; i++) {
        struct desk *desk = dashboard->desks[i];
        if (!several) {
            token_renew_set_config(desk->renew, session->latest);
        }
        if (several ? !reload_named(dashboard, i, &problem)
                    : !reload_desk(dashboard, i, session->latest, &problem)) {
            if (!several) {
                snprintf(error, error_size, "%s", problem.text);
                return false;
            }
            tell(dashboard, problem.text);
        }
    }
    fill(dashboard, session->latest, ret);
    return true;
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static void prepare(struct dashboard *dashboard)
{
    struct paths *paths = &dashboard->session->paths;
    dashboard->theme_dirs[0] = paths->theme_dir;
    if (paths->state_dir != NULL && file_make_directory(paths->state_dir)) {
        dashboard->state_path = mem_printf("%s/state.ini", paths->state_dir);
    }
    format_default(&dashboard->format);
    zone_apply(&dashboard->format, config_text(dashboard->session->config, CONFIG_TIMEZONE));
}

static int run(struct dashboard *dashboard)
{
    struct tui_settings screen;
    int status = STATUS_USAGE;
    dashboard->loop = loop_new();
    if (open_all(dashboard)) {
        fill(dashboard, dashboard->session->config, &screen);
        status = tui_run(dashboard->loop, &screen);
    }
    close_all(dashboard);
    loop_free(dashboard->loop);
    return status;
}

static bool is_in_daybook(const char *path, const char *day)
{
    const struct daybook_settings settings = {.path = path, .server = "", .user = ""};
    char why[DAYBOOK_WHY_MAX], days[512] = "";
    if (path == NULL || access(path, F_OK) != 0) {
        fprintf(stderr, "blotter: there is no daybook of this server and user%s\n",
                path == NULL ? ": daybook_days is 0" : " yet");
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

/* Whether the day that was asked for, if one was, is in the daybook; said when it is not. */
static bool has_day(const struct dashboard *dashboard)
{
    const char *day = dashboard->session->options->value[OPTION_DAY];
    if (day == NULL) {
        return true;
    }
    char *path = daybook_of(dashboard, dashboard->session->profiles[0]);
    bool has = is_in_daybook(path, day);
    free(path);
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
    dashboard->trace = trace;
    prepare(dashboard);
    int status = has_day(dashboard) ? run(dashboard) : STATUS_RUNTIME;
    free(dashboard->state_path);
    free(dashboard);
    trace_close(trace);
    return status;
}
