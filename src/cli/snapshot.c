#include "snapshot.h"

#include <blotter/core/buf.h>
#include <blotter/core/span.h>
#include <blotter/cli/session.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <blotter/view/format.h>

struct run {
    struct session *session;
    struct profile *profile;
    struct loop *loop;
    struct client *client;
    resource_mask wanted;
    int64_t limit_ms;
    bool timed_out, waited;
    struct loop_timer *late;
    struct filter filters[RESOURCE_COUNT];
};

static bool has_result(const struct pane_state *pane)
{
    return pane->confirmed_ms != MODEL_NO_TIME || pane->fault.kind != FAULT_NONE;
}

/* Each resource has one try; during an outage the engine makes one try for all of them. */
static bool is_done(const struct run *run)
{
    bool outage = false, waiting = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        if ((run->wanted & RESOURCE_BIT(i)) == 0) {
            continue;
        }
        engine_pane(client_engine(run->client), (enum resource)i, &pane);
        outage |= fault_is_outage(pane.fault.kind);
        waiting |= !has_result(&pane);
        if (pane.fetching && !has_result(&pane)) {
            return false;
        }
    }
    /* A backend's watchlist has no prices of its own: they are asked for once it is there. */
    struct ask_state asking;
    bool priced = !client_asking(run->client, &asking) || !asking.quotes_open;
    return (!waiting && priced) || outage;
}

static void on_change(void *user, unsigned mask)
{
    struct run *run = user;
    (void)mask;
    if (is_done(run)) {
        loop_quit(run->loop, STATUS_OK);
    }
}

static void on_timeout(void *user)
{
    struct run *run = user;
    run->timed_out = true;
    loop_quit(run->loop, STATUS_OK);
}

/* --- what was found ------------------------------------------------------------------------- */

/* The fault of a resource that was never tried: that of the outage, or of the time. */
static void explain(const struct run *run, const struct snapshot_report *report,
                    struct snapshot_part *part)
{
    for (int i = 0; i < RESOURCE_COUNT && !run->timed_out; i++) {
        if (fault_is_outage(report->parts[i].fault.kind)) {
            part->fault = report->parts[i].fault;
            return;
        }
    }
    fault_set(&part->fault, FAULT_TIMEOUT, 0, "no answer within %" PRId64 ".%03d s",
              run->limit_ms / 1000, (int)(run->limit_ms % 1000));
}

static void collect(const struct run *run, struct snapshot_report *report)
{
    const struct engine *engine = client_engine(run->client);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct snapshot_part *part = &report->parts[i];
        struct pane_state pane;
        int64_t confirmed_ms;
        engine_pane(engine, (enum resource)i, &pane);
        part->wanted = (run->wanted & RESOURCE_BIT(i)) != 0;
        part->body = engine_body(engine, (enum resource)i, &part->body_len, &confirmed_ms);
        part->rows = pane.shown;
        part->fault = pane.fault;
        bool filtered = run->session->options->value[OPTION_FILTER] != NULL;
        part->filter = filtered && i != RESOURCE_ACCOUNT ? &run->filters[i] : NULL;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct snapshot_part *part = &report->parts[i];
        if (part->wanted && part->body == NULL && part->fault.kind == FAULT_NONE) {
            explain(run, report, part);
        }
    }
}

static void describe(const struct run *run, struct snapshot_report *report)
{
    const struct config *config = run->session->config;
    report->taken_ms = loop_now(run->loop).wall_ms;
    report->url = profile_url(run->profile);
    report->backend = run->profile->adapt != NULL ? adapt_backend(run->profile->adapt)->id : NULL;
    report->user = config_text(run->profile->config, CONFIG_USER);
    const struct snapshot *account = report->parts[RESOURCE_ACCOUNT].rows;
    bool known = account != NULL && account->row_count > 0;
    report->grouping =
        format_grouping_of((enum format_grouping)config_number(config, CONFIG_GROUPING),
                           known ? account->account->currency : NULL);
    report->timezone = config_text(config, CONFIG_TIMEZONE);
    report->ascii = session_ascii(run->session);
    report->terminal = isatty(STDOUT_FILENO) == 1;
}

/* --- filters -------------------------------------------------------------------------------- */

/* For the panes that were asked for; the account has no rows to choose from. */
static bool compile_filters(struct run *run)
{
    const char *text = run->session->options->value[OPTION_FILTER];
    char error[FILTER_ERROR_MAX];
    for (int i = 0; text != NULL && i < RESOURCE_COUNT; i++) {
        bool asked = (run->wanted & RESOURCE_BIT(i)) != 0 && i != RESOURCE_ACCOUNT;
        if (asked && !filter_compile((enum pane)i, text, &run->filters[i], error)) {
            fprintf(stderr, "blotter: --filter: %s: %s; --panes says where to look\n",
                    resource_info((enum resource)i)->pane, error);
            return false;
        }
    }
    return true;
}

/* --- saying it ------------------------------------------------------------------------------ */

/* A server that is ill or busy is the right one: nothing is to be corrected. */
static const char *advice_for(const struct fault *fault)
{
    bool passes = fault->kind == FAULT_HTTP && (fault->status == 429 || fault->status >= 500);
    return passes ? "try again later" : session_advice(fault->kind);
}

static void say(const char *what, const struct fault *fault)
{
    const char *advice = advice_for(fault);
    fprintf(stderr, "blotter: %s: %s%s%s\n", what, fault->text, advice != NULL ? "; " : "",
            advice != NULL ? advice : "");
}

/* One sentence per failure, and one for all when they are all the same. */
static void say_failures(const struct snapshot_report *report)
{
    const struct fault *first = NULL;
    bool same = true;
    int failed = 0, wanted = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct snapshot_part *part = &report->parts[i];
        wanted += part->wanted;
        if (part->wanted && part->body == NULL) {
            first = first == NULL ? &part->fault : first;
            same &= strcmp(first->text, part->fault.text) == 0;
            failed++;
        }
    }
    if (failed > 0 && failed == wanted && same) {
        say(report->url, first);
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (report->parts[i].wanted && report->parts[i].body == NULL) {
            say(resource_info((enum resource)i)->pane, &report->parts[i].fault);
        }
    }
}

static enum status judge(const struct snapshot_report *report)
{
    struct status_tally tally = {0};
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct snapshot_part *part = &report->parts[i];
        if (part->wanted) {
            status_add(&tally, part->body != NULL ? STATUS_OK : status_of_fault(part->fault.kind));
        }
    }
    return status_total(&tally);
}

static const struct printer {
    const char *name;
    void (*print)(FILE *out, const struct snapshot_report *report);
} printers[] = {
    {"text", snapshot_print_text}, {"json", snapshot_print_json}, {"csv", snapshot_print_csv}};

/* A reader that has gone away is no error; a full disk is. */
static enum status write_out(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(STDOUT_FILENO, text, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            bool gone = errno == EPIPE;
            if (!gone) {
                fprintf(stderr, "blotter: cannot write the snapshot: %s\n", strerror(errno));
            }
            return gone ? STATUS_OK : STATUS_RUNTIME;
        }
        text += put;
        len -= (size_t)put;
    }
    return STATUS_OK;
}

/* Printed in memory first: what stdio would say of a broken pipe depends on its buffer. */
static enum status print(const struct session *session, const struct snapshot_report *report)
{
    const char *format = session->options->value[OPTION_OUTPUT];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; out != NULL && i < sizeof printers / sizeof *printers; i++) {
        if (strcmp(format != NULL ? format : "text", printers[i].name) == 0) {
            printers[i].print(out, report);
        }
    }
    if (out == NULL || fclose(out) != 0) {
        fprintf(stderr, "blotter: cannot print the snapshot: %s\n", strerror(errno));
        free(text);
        return STATUS_RUNTIME;
    }
    enum status status = write_out(text, len);
    free(text);
    return status == STATUS_OK ? judge(report) : status;
}

static int finish(const struct run *run)
{
    struct snapshot_report report = {0};
    struct buf quotes;
    buf_init(&quotes, SIZE_MAX);
    collect(run, &report);
    describe(run, &report);
    if (client_quotes(run->client, &quotes)) {
        span_check(quotes.data, quotes.len, &report.quotes, NULL);
    }
    enum status status = judge(&report);
    if (status == STATUS_OK || status == STATUS_PARTIAL) {
        status = print(run->session, &report);
    }
    say_failures(&report);
    buf_done(&quotes);
    return (int)status;
}

/* --- running it ----------------------------------------------------------------------------- */

/* The second time a wait lies behind us, in which a signal that was noted has been heard. */
static void on_late(void *user)
{
    struct run *run = user;
    if (run->waited) {
        loop_quit(run->loop, STATUS_OK);
    }
    run->waited = true;
    loop_timer_set(run->late, 0);
}

/*
 * While a reader takes nothing we wait in write, where nobody asks the loop for its signals: from
 * here on they end us as they are used to, those that the loop has noted already included.
 */
static int let_signals_end_us(struct run *run)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        signal(signals[i], SIG_DFL);
    }
    client_on_change(run->client, NULL, NULL);
    run->late = loop_timer_new(run->loop, on_late, run);
    loop_timer_set(run->late, 0);
    int status = loop_run(run->loop);
    loop_timer_free(run->late);
    return status;
}

static int load(struct run *run)
{
    struct loop_timer *timer = loop_timer_new(run->loop, on_timeout, run);
    loop_timer_set(timer, loop_refresh(run->loop).mono_us + run->limit_ms * 1000);
    session_end_on_signals(run->loop);
    client_on_change(run->client, on_change, run);
    client_start(run->client);
    int status = loop_run(run->loop);
    loop_timer_free(timer);
    status = status == STATUS_OK ? let_signals_end_us(run) : status;
    status = status == STATUS_OK ? finish(run) : status;
    client_stop(run->client);
    return status;
}

int session_snapshot(struct session *session)
{
    struct client_settings settings;
    struct problem problem;
    struct fault fault;
    profile_client(session->profiles[0], &settings);
    settings.stream = false;
    settings.cache_dir = NULL;
    if (!session_trace(session, &settings.trace, &problem)) {
        fprintf(stderr, "blotter: %s\n", problem.text);
        return STATUS_RUNTIME;
    }
    struct run run = {.session = session,
                      .profile = session->profiles[0],
                      .loop = loop_new(),
                      .wanted = settings.engine.wanted,
                      .limit_ms = session_one_clock(&settings)};
    signal(SIGPIPE, SIG_IGN);
    profile_loop(run.profile, run.loop);
    run.client = client_new(run.loop, &settings, &fault);
    int status = STATUS_USAGE;
    if (run.client != NULL && !compile_filters(&run)) {
        client_free(run.client);
        run.client = NULL;
    } else if (run.client == NULL) {
        fprintf(stderr, "blotter: %s\n", fault.text);
    } else {
        status = load(&run);
    }
    client_free(run.client);
    profile_loop(run.profile, NULL);
    loop_free(run.loop);
    trace_close(settings.trace);
    return status;
}
