#include "check_members.h"
#include "session.h"

#include <blotter/core/span.h>

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * --check-config: opens what the dashboard would open, once, and says of each part whether it
 * works. The stream and the reads are tried together, as in the dashboard.
 */
struct check {
    struct profile *profile;
    struct loop *loop;
    struct client *client;
    resource_mask wanted;
    int64_t limit_ms;
    bool timed_out;
    unsigned seen; /* fault kinds in the table, as bits */
    enum status status;
};
static_assert(FAULT_KIND_COUNT <= 32, "a bit per kind");

static bool stream_is_settled(const struct conn_status *stream)
{
    return stream->phase == CONN_LIVE || stream->phase == CONN_WAITING ||
           stream->phase == CONN_ENDED;
}

static bool reads_are_settled(const struct check *check)
{
    bool outage = false, open = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(check->client), (enum resource)i, &pane);
        bool wanted = (check->wanted & RESOURCE_BIT(i)) != 0;
        outage |= fault_is_outage(pane.fault.kind);
        open |= wanted && pane.confirmed_ms == MODEL_NO_TIME && pane.fault.kind == FAULT_NONE;
    }
    return outage || !open;
}

static void on_change(void *user, unsigned mask)
{
    struct check *check = user;
    (void)mask;
    const struct conn_status *stream = client_stream_status(check->client);
    bool none = check->profile->adapt != NULL && stream->phase == CONN_IDLE;
    struct ask_state asking;
    bool priced = !client_asking(check->client, &asking) || !asking.quotes_open;
    if ((none || stream_is_settled(stream)) && reads_are_settled(check) && priced) {
        loop_quit(check->loop, STATUS_OK);
    }
}

static void on_timeout(void *user)
{
    struct check *check = user;
    check->timed_out = true;
    loop_quit(check->loop, STATUS_OK);
}

/* --- the table ------------------------------------------------------------------------------ */

static void line(const char *what, bool good, const char *detail)
{
    printf("%-11s %-7s %s\n", what, good ? "ok" : "FAILED", detail);
}

static void line_fault(struct check *check, const char *what, const struct fault *fault)
{
    line(what, false, fault->text);
    check->seen |= 1u << fault->kind;
    enum status status = status_of_fault(fault->kind);
    check->status = check->status == STATUS_OK || status == STATUS_AUTH ? status : check->status;
}

/* What to do about it, once per kind of failure. */
static void print_advice(const struct check *check)
{
    const char *head = "\n";
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        const char *advice = session_advice(check->profile, (enum fault_kind)i);
        if ((check->seen & 1u << i) != 0 && advice != NULL) {
            printf("%sto do: %s\n", head, advice);
            head = "";
        }
    }
}

static void line_config(const struct session *session)
{
    const char *path = config_path(session->config), *profile;
    char detail[1024];
    bool several = session->named > 1;
    profile = config_text(session->config, several ? CONFIG_PROFILES : CONFIG_PROFILE);
    snprintf(detail, sizeof detail, "%s%s%s", path != NULL ? path : "no file, defaults",
             profile == NULL ? ""
             : several       ? ", profiles "
                             : ", profile ",
             profile != NULL ? profile : "");
    line("config", true, detail);
}

/* Where the token came from; never what it is. */
static const char *token_origin(const struct profile *profile)
{
    const struct config *config = profile->config;
    if (profile->demo != NULL) {
        return "of the demo";
    }
    if (profile->adapt != NULL) {
        return "[secrets]";
    }
    if (config_text(config, CONFIG_TOKEN_FILE) != NULL) {
        return config_text(config, CONFIG_TOKEN_FILE);
    }
    return config_text(config, CONFIG_TOKEN_COMMAND) != NULL ? "token_command" : "BLOTTER_TOKEN";
}

static bool any_read(const struct check *check)
{
    bool read = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(check->client), (enum resource)i, &pane);
        read |= pane.confirmed_ms != MODEL_NO_TIME;
    }
    return read;
}

/* It is bad when nothing came but refusals. */
static void line_token(const struct check *check)
{
    bool refused = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(check->client), (enum resource)i, &pane);
        refused |= pane.fault.kind == FAULT_AUTH;
    }
    char detail[1024];
    bool good = !refused || any_read(check);
    snprintf(detail, sizeof detail, "%s%s", token_origin(check->profile),
             good ? "" : ": the server does not take it");
    line("token", good, detail);
}

/* The first fault that says that nothing gets through at all; NULL when something does. */
static const struct fault *outage_of(const struct check *check, struct pane_state *pane)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(client_engine(check->client), (enum resource)i, pane);
        if (fault_is_outage(pane->fault.kind) || pane->fault.kind == FAULT_TLS) {
            return &pane->fault;
        }
    }
    return NULL;
}

static void tell_members(const struct check *check, enum resource resource)
{
    size_t len;
    int64_t confirmed_ms;
    const char *text = engine_body(client_engine(check->client), resource, &len, &confirmed_ms);
    struct span body;
    if (text != NULL && span_check(text, len, &body, NULL)) {
        check_members(resource, body);
    }
}

static void line_read(struct check *check, enum resource resource)
{
    struct pane_state pane;
    engine_pane(client_engine(check->client), resource, &pane);
    const char *name = resource_info(resource)->pane;
    if (pane.fault.kind != FAULT_NONE) {
        line_fault(check, name, &pane.fault);
    } else if (pane.confirmed_ms == MODEL_NO_TIME) {
        struct fault fault;
        fault_set(&fault, FAULT_TIMEOUT, 0, "no answer in time");
        line_fault(check, name, &fault);
    } else {
        char detail[96];
        size_t rows = pane.shown != NULL ? pane.shown->row_count : 0;
        snprintf(detail, sizeof detail, "%zu row%s in %" PRId64 ".%" PRId64 " ms", rows,
                 rows == 1 ? "" : "s", pane.fetch_us / 1000, pane.fetch_us / 100 % 10);
        line(name, true, detail);
        if (check->profile->adapt != NULL) {
            tell_members(check, resource);
        }
    }
}

static size_t count_of(struct span array)
{
    struct span_iterator it = {NULL};
    struct span key, value;
    size_t count = 0;
    while (span_next(array, &it, &key, &value)) {
        count++;
    }
    return count;
}

/* The prices that a backend is asked for by symbols. */
static void line_quotes(const struct check *check)
{
    struct buf quotes;
    struct span updates;
    char detail[64];
    struct ask_state asking = {.quotes_open = false};
    buf_init(&quotes, SIZE_MAX);
    if (client_quotes(check->client, &quotes) &&
        span_check(quotes.data, quotes.len, &updates, NULL)) {
        size_t prices = count_of(updates);
        bool open = client_asking(check->client, &asking) && asking.quotes_open;
        snprintf(detail, sizeof detail, "%zu price%s%s", prices, prices == 1 ? "" : "s",
                 open ? ", and no answer for the rest" : "");
        line("quotes", !open, detail);
        check_quotes(updates);
    }
    buf_done(&quotes);
}

static void line_stream(struct check *check)
{
    const struct conn_status *stream = client_stream_status(check->client);
    if (check->profile->adapt != NULL && stream->phase == CONN_IDLE) {
        printf("%-11s %-7s %s\n", "stream", "none", "the backend has none: it is polled");
    } else if (stream->phase == CONN_LIVE) {
        line("stream", true, "live");
    } else if (stream->fault.kind != FAULT_NONE) {
        line_fault(check, "stream", &stream->fault);
    } else {
        struct fault fault;
        bool ended = stream->phase == CONN_ENDED;
        fault_set(&fault, ended ? FAULT_HTTP : FAULT_TIMEOUT, 0, "%s",
                  ended                          ? "the server offers none"
                  : stream->phase == CONN_SILENT ? "answered, but not a byte came in time"
                                                 : "no answer in time");
        line_fault(check, "stream", &fault);
    }
}

/* What the server knows beyond the reference. Nothing of it is needed: "none" is no failure. */
static void line_extensions(const struct check *check)
{
    const struct engine_counters *counters = engine_counters(client_engine(check->client));
    bool numbered = counters->numbered > 0, tagged = counters->tagged > 0;
    const char *detail = numbered && tagged ? "event ids, ETag"
                         : numbered         ? "event ids; no ETag: every read brings the whole body"
                         : tagged ? "ETag; no event ids: after a gap everything is read again"
                                  : "no event ids, no ETag: works, with more to read";
    printf("%-11s %-7s %s\n", "extensions", numbered || tagged ? "ok" : "none", detail);
}

/* The time went by without a word of anybody. */
static bool is_mute(const struct check *check)
{
    const struct conn_status *stream = client_stream_status(check->client);
    bool heard = stream->phase == CONN_LIVE || stream->fault.kind != FAULT_NONE;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(check->client), (enum resource)i, &pane);
        heard |= pane.confirmed_ms != MODEL_NO_TIME || pane.fault.kind != FAULT_NONE;
    }
    return check->timed_out && !heard;
}

static void print_table(struct check *check)
{
    char host[256];
    struct pane_state pane;
    const struct fault *outage = outage_of(check, &pane);
    profile_host(check->profile, host, sizeof host);
    if (is_mute(check)) {
        fault_set(&pane.fault, FAULT_TIMEOUT, 0, "no answer within %" PRId64 ".%03d s",
                  check->limit_ms / 1000, (int)(check->limit_ms % 1000));
        outage = &pane.fault;
    }
    if (outage != NULL) {
        line_fault(check, "connection", outage);
        return;
    }
    line("connection", true, host);
    line_token(check);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if ((check->wanted & RESOURCE_BIT(i)) != 0) {
            line_read(check, (enum resource)i);
        }
    }
    if (check->profile->adapt != NULL) {
        line_quotes(check);
    }
    line_stream(check);
    if (any_read(check) && check->profile->adapt == NULL) {
        line_extensions(check);
    }
}

/* --- running it ----------------------------------------------------------------------------- */

static int run(struct check *check, struct client_settings *settings)
{
    struct fault fault;
    check->limit_ms = session_one_clock(settings);
    check->client = client_new(check->loop, settings, &fault);
    if (check->client == NULL) {
        line_fault(check, "settings", &fault);
        print_advice(check);
        return (int)check->status;
    }
    struct loop_timer *timer = loop_timer_new(check->loop, on_timeout, check);
    loop_timer_set(timer, loop_refresh(check->loop).mono_us + check->limit_ms * 1000);
    session_end_on_signals(check->loop);
    client_on_change(check->client, on_change, check);
    client_start(check->client);
    int status = loop_run(check->loop);
    if (status == STATUS_OK && profile_backend_is_broken(check->profile)) {
        status = STATUS_USAGE;
    } else if (status == STATUS_OK) {
        print_table(check);
        print_advice(check);
        status = (int)check->status;
    }
    client_stop(check->client);
    client_free(check->client);
    loop_timer_free(timer);
    return status;
}

/* Opens one account and tries it; what is open is closed again. */
static enum status check_profile(struct session *session, const char *name)
{
    struct client_settings settings;
    struct problem problem;
    enum status status = session_add(session, name, &problem);
    if (status != STATUS_OK) {
        line(name == NULL ? "token" : "account", false, problem.text);
        return status;
    }
    struct profile *profile = session->profiles[session->profile_count - 1];
    if (profile->token == NULL && profile->adapt == NULL) {
        line("token", false, "none: set BLOTTER_TOKEN, token_file or token_command");
        return STATUS_AUTH; /* nothing is asked of the server without one */
    }
    profile_client(profile, &settings);
    settings.cache_dir = NULL;
    struct check check = {.profile = profile, .loop = loop_new()};
    check.wanted = settings.engine.wanted;
    profile_loop(profile, check.loop);
    status = (enum status)run(&check, &settings);
    profile_loop(profile, NULL);
    loop_free(check.loop);
    return status;
}

/* One after the other: nothing hurries, and each has the words to itself. */
static int check_profiles(struct session *session)
{
    struct status_tally tally = {0};
    for (size_t i = 0; i < session->named; i++) {
        const char *name = config_profile(session->config, i);
        printf("\n%s\n", name);
        enum status status = check_profile(session, name);
        if (status >= STATUS_SIGNAL) {
            return (int)status;
        }
        status_add(&tally, status);
    }
    return (int)status_total(&tally);
}

int session_check(struct session *session)
{
    line_config(session);
    bool has_backend = config_text(session->config, CONFIG_URL) != NULL ||
                       config_text(session->config, CONFIG_BACKEND) != NULL;
    if (session->named > 1) {
        return check_profiles(session);
    }
    if (!session->options->given[OPTION_DEMO] && !has_backend) {
        printf("%-11s %-7s %s\n", "connection", "-",
               "no url or backend is set, so nothing more was tried");
        return STATUS_OK;
    }
    return (int)check_profile(session, NULL);
}
