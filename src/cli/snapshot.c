#include "session.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/span.h>
#include <blotter/sys/file.h>
#include <blotter/view/format.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run;

/* One account. */
struct one {
    struct run *run;
    const struct profile *profile;
    struct client *client; /* NULL: its settings cannot work */
    struct trace *trace;   /* its lines of it; NULL: the run's, or none */
    resource_mask wanted;
    struct filter filters[RESOURCE_COUNT];
};

struct run {
    struct session *session;
    struct loop *loop;
    struct trace *trace;
    struct one *each;
    size_t count;
    int64_t limit_ms;
    bool timed_out, waited;
    struct loop_timer *late;
};

static bool has_result(const struct pane_state *pane)
{
    return pane->confirmed_ms != MODEL_NO_TIME || pane->fault.kind != FAULT_NONE;
}

/* Each resource has one try; during an outage the engine makes one try for all of them. */
static bool is_done(const struct one *one)
{
    bool outage = false, waiting = false;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        if ((one->wanted & RESOURCE_BIT(i)) == 0) {
            continue;
        }
        engine_pane(client_engine(one->client), (enum resource)i, &pane);
        outage |= fault_is_outage(pane.fault.kind);
        waiting |= !has_result(&pane);
        if (pane.fetching && !has_result(&pane)) {
            return false;
        }
    }
    /* A backend's watchlist has no prices of its own: they are asked for once it is there. */
    struct ask_state asking;
    bool priced = !client_asking(one->client, &asking) || !asking.quotes_open;
    return (!waiting && priced) || outage;
}

static void on_change(void *user, unsigned mask)
{
    struct run *run = user;
    (void)mask;
    for (size_t i = 0; i < run->count; i++) {
        if (run->each[i].client != NULL && !is_done(&run->each[i])) {
            return;
        }
    }
    loop_quit(run->loop, STATUS_OK);
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

static void collect(const struct one *one, struct snapshot_report *report)
{
    const struct engine *engine = client_engine(one->client);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct snapshot_part *part = &report->parts[i];
        struct pane_state pane;
        int64_t confirmed_ms;
        engine_pane(engine, (enum resource)i, &pane);
        part->wanted = (one->wanted & RESOURCE_BIT(i)) != 0;
        part->body = engine_body(engine, (enum resource)i, &part->body_len, &confirmed_ms);
        part->rows = pane.shown;
        part->fault = pane.fault;
        bool filtered = one->run->session->options->value[OPTION_FILTER] != NULL;
        part->filter = filtered && i != RESOURCE_ACCOUNT ? &one->filters[i] : NULL;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct snapshot_part *part = &report->parts[i];
        if (part->wanted && part->body == NULL && part->fault.kind == FAULT_NONE) {
            explain(one->run, report, part);
        }
    }
}

static void describe(const struct one *one, struct snapshot_report *report)
{
    const struct config *config = one->run->session->config;
    report->profile = one->profile->name;
    report->taken_ms = loop_now(one->run->loop).wall_ms;
    report->url = profile_url(one->profile);
    report->backend = one->profile->adapt != NULL ? adapt_backend(one->profile->adapt)->id : NULL;
    report->user = config_text(one->profile->config, CONFIG_USER);
    const struct snapshot *account = report->parts[RESOURCE_ACCOUNT].rows;
    bool known = account != NULL && account->row_count > 0;
    report->grouping =
        format_grouping_of((enum format_grouping)config_number(config, CONFIG_GROUPING),
                           known ? account->account->currency : NULL);
    report->timezone = config_text(config, CONFIG_TIMEZONE);
    report->ascii = session_ascii(one->run->session);
    report->terminal = isatty(STDOUT_FILENO) == 1;
}

/* --- filters -------------------------------------------------------------------------------- */

/* For the panes that were asked for; the account has no rows to choose from. */
static bool compile_filters(struct one *one)
{
    const char *text = one->run->session->options->value[OPTION_FILTER];
    char error[FILTER_ERROR_MAX];
    for (int i = 0; text != NULL && i < RESOURCE_COUNT; i++) {
        bool asked = (one->wanted & RESOURCE_BIT(i)) != 0 && i != RESOURCE_ACCOUNT;
        if (asked && !filter_compile((enum pane)i, text, &one->filters[i], error)) {
            fprintf(stderr, "blotter: --filter: %s: %s; --panes says where to look\n",
                    resource_info((enum resource)i)->pane, error);
            return false;
        }
    }
    return true;
}

/* --- saying it ------------------------------------------------------------------------------ */

/* A server that is ill or busy is the right one: nothing is to be corrected. */
static const char *advice_for(const struct profile *profile, const struct fault *fault)
{
    bool passes = fault->kind == FAULT_HTTP && (fault->status == 429 || fault->status >= 500);
    return passes ? "try again later" : session_advice(profile, fault->kind);
}

static void say(const struct profile *profile, const char *what, const struct fault *fault)
{
    const char *advice = advice_for(profile, fault), *name = profile->name;
    fprintf(stderr, "blotter: %s%s%s: %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "",
            what, fault->text, advice != NULL ? "; " : "", advice != NULL ? advice : "");
}

/* One sentence per failure, and one for all when they are all the same. */
static void say_failures(const struct profile *profile, const struct snapshot_report *report)
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
        say(profile, report->url, first);
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (report->parts[i].wanted && report->parts[i].body == NULL) {
            say(profile, resource_info((enum resource)i)->pane, &report->parts[i].fault);
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
    void (*print)(FILE *out, const struct snapshot_report *reports, size_t count);
} printers[] = {
    {"text", snapshot_print_text}, {"json", snapshot_print_json}, {"csv", snapshot_print_csv}};

/* A reader that has gone away is no error; a full disk is. */
static enum status write_out(const char *text, size_t len)
{
    if (!file_write_all(STDOUT_FILENO, text, len) && errno != EPIPE) {
        fprintf(stderr, "blotter: cannot write the snapshot: %s\n", strerror(errno));
        return STATUS_RUNTIME;
    }
    return STATUS_OK;
}

/* Printed in memory first: what stdio would say of a broken pipe depends on its buffer. */
static enum status print(const struct session *session, const struct snapshot_report *reports,
                         size_t count)
{
    const char *format = session->options->value[OPTION_OUTPUT];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; out != NULL && i < sizeof printers / sizeof *printers; i++) {
        if (strcmp(format != NULL ? format : "text", printers[i].name) == 0) {
            printers[i].print(out, reports, count);
        }
    }
    if (out == NULL || fclose(out) != 0) {
        fprintf(stderr, "blotter: cannot print the snapshot: %s\n", strerror(errno));
        free(text);
        return STATUS_RUNTIME;
    }
    enum status status = write_out(text, len);
    free(text);
    return status;
}

/* What was found of one, and the quotes that the report points into. */
static void report_one(const struct one *one, struct snapshot_report *report, struct buf *quotes)
{
    buf_init(quotes, SIZE_MAX);
    collect(one, report);
    describe(one, report);
    if (client_quotes(one->client, quotes)) {
        span_check(quotes->data, quotes->len, &report->quotes, NULL);
    }
}

static int finish(const struct run *run)
{
    const struct profile **whose = mem_calloc(run->count, sizeof *whose);
    struct snapshot_report *reports = mem_calloc(run->count, sizeof *reports);
    struct buf *quotes = mem_calloc(run->count, sizeof *quotes);
    struct status_tally tally = {0};
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct one *one = &run->each[i];
        if (one->client != NULL && !profile_backend_is_broken(one->profile)) {
            report_one(one, &reports[count], &quotes[count]);
            status_add(&tally, judge(&reports[count]));
            whose[count++] = one->profile;
        }
    }
    if (count < run->session->named) {
        status_add(&tally, STATUS_USAGE); /* what could not be opened has been said */
    }
    enum status status = status_total(&tally);
    if (status == STATUS_OK || status == STATUS_PARTIAL) {
        enum status printed = print(run->session, reports, count);
        status = printed != STATUS_OK ? printed : status;
    }
    for (size_t i = 0; i < count; i++) {
        say_failures(whose[i], &reports[i]);
        buf_done(&quotes[i]);
    }
    free(whose);
    free(reports);
    free(quotes);
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
    for (size_t i = 0; i < run->count; i++) {
        if (run->each[i].client != NULL) {
            client_on_change(run->each[i].client, NULL, NULL);
        }
    }
    run->late = loop_timer_new(run->loop, on_late, run);
    loop_timer_set(run->late, 0);
    int status = loop_run(run->loop);
    loop_timer_free(run->late);
    return status;
}

/* All at once: nobody waits for another's answers. */
static int load(struct run *run)
{
    struct loop_timer *timer = loop_timer_new(run->loop, on_timeout, run);
    loop_timer_set(timer, loop_refresh(run->loop).mono_us + run->limit_ms * 1000);
    session_end_on_signals(run->loop);
    for (size_t i = 0; i < run->count; i++) {
        if (run->each[i].client != NULL) {
            client_on_change(run->each[i].client, on_change, run);
            client_start(run->each[i].client);
        }
    }
    int status = loop_run(run->loop);
    loop_timer_free(timer);
    status = status == STATUS_OK ? let_signals_end_us(run) : status;
    return status == STATUS_OK ? finish(run) : status;
}

static void open_client(struct one *one, struct client_settings *settings)
{
    struct fault fault;
    profile_loop(one->profile, one->run->loop);
    one->client = client_new(one->run->loop, settings, &fault);
    if (one->client == NULL) {
        struct problem problem;
        problem_set(&problem, "%s", fault.text);
        problem_name(&problem, one->profile->name);
        problem_print(&problem);
    }
}

/* False when what was asked for cannot be. */
static bool open_one(struct run *run, const struct profile *profile)
{
    struct one *one = &run->each[run->count++];
    struct client_settings settings;
    *one = (struct one){.run = run, .profile = profile};
    profile_client(profile, &settings);
    settings.stream = false;
    settings.cache_dir = NULL;
    one->trace = profile->name != NULL ? trace_of(run->trace, profile->name) : NULL;
    settings.trace = one->trace != NULL ? one->trace : run->trace;
    int64_t limit_ms = session_one_clock(&settings);
    run->limit_ms = limit_ms > run->limit_ms ? limit_ms : run->limit_ms;
    one->wanted = settings.engine.wanted;
    if (!compile_filters(one)) {
        return false;
    }
    open_client(one, &settings);
    return true;
}

/* False when there is nobody to ask. */
static bool open_all(struct run *run)
{
    bool any = false;
    for (size_t i = 0; i < run->session->profile_count; i++) {
        if (!open_one(run, run->session->profiles[i])) {
            return false;
        }
        any |= run->each[i].client != NULL;
    }
    return any;
}

static void close_all(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->each[i].client != NULL) {
            client_stop(run->each[i].client);
            client_free(run->each[i].client);
        }
        profile_loop(run->each[i].profile, NULL);
        trace_close(run->each[i].trace);
    }
    free(run->each);
}

int session_snapshot(struct session *session)
{
    struct problem problem;
    struct run run = {.session = session};
    if (!session_trace(session, &run.trace, &problem)) {
        fprintf(stderr, "blotter: %s\n", problem.text);
        return STATUS_RUNTIME;
    }
    run.loop = loop_new();
    run.each = mem_calloc(session->profile_count, sizeof *run.each);
    signal(SIGPIPE, SIG_IGN);
    int status = open_all(&run) ? load(&run) : STATUS_USAGE;
    close_all(&run);
    loop_free(run.loop);
    trace_close(run.trace);
    return status;
}
