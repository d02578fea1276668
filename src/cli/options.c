#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MODES "What to do"
#define BACKEND "Backend"
#define CONFIG "Configuration"
#define OUTPUT "Headless output"
#define DISPLAY "Display and cache"
#define DIAGNOSTICS "Diagnostics"
#define PANES "orders,positions,account,watchlist"

static const struct option_info rows[] = {
    [OPTION_WATCH] = {"watch", 0, NULL, MODES,
                      "print every event as it arrives, without a screen, reconnecting for ever"},
    [OPTION_SNAPSHOT] = {"snapshot", 0, NULL, MODES,
                         "load the four resources once, print them, exit"},
    [OPTION_DEMO] = {"demo", 0, NULL, MODES,
                     "start the bundled server with a moving market, then do what the other "
                     "options say; the server ends with us"},
    [OPTION_DAY] = {"day", 0, "DATE", MODES,
                    "show a past day (2026-11-27) as the daybook has it, without the server"},
    [OPTION_URL] = {"url", 0, "URL", BACKEND, "where the backend is (or BLOTTER_URL)", "main.url"},
    [OPTION_USER] = {"user", 0, "ID", BACKEND, "whose data (or BLOTTER_USER)", "main.user"},
    [OPTION_TOKEN_FILE] = {"token-file", 0, "FILE", BACKEND,
                           "a file that holds the session token and that only you can read "
                           "(or BLOTTER_TOKEN)",
                           "main.token_file"},
    [OPTION_BACKEND] = {"backend", 0, "NAME|FILE", BACKEND,
                        "another system than the reference one; --list-backends names them",
                        "main.backend"},
    [OPTION_PROFILE] = {"profile", 'P', "NAME", CONFIG,
                        "use [profile.NAME] of the config; several times: several accounts"},
    [OPTION_CONFIG] = {"config", 'c', "FILE", CONFIG,
                       "read FILE instead of $XDG_CONFIG_HOME/blotter/blotter.ini"},
    [OPTION_SET] = {"set", 'O', "[SECTION.]KEY=VALUE", CONFIG,
                    "set a config key for this run; may be repeated"},
    [OPTION_CHECK_CONFIG] = {"check-config", 0, NULL, CONFIG,
                             "check the config, then connection, token, reads and stream; "
                             "print what works"},
    [OPTION_CHECK_BACKEND] = {"check-backend", 0, "NAME|FILE", CONFIG,
                              "check the two files of a backend, without the network; print what "
                              "is wrong, with its line"},
    [OPTION_LIST_BACKENDS] = {"list-backends", 0, NULL, CONFIG,
                              "print the backends that there are: name, badge, full name, hosts"},
    [OPTION_PRINT_CONFIG] = {"print-config", 0, NULL, CONFIG,
                             "print the config in force, with comments, ready to be saved"},
    [OPTION_OUTPUT] = {"output", 'o', "FORMAT", OUTPUT,
                       "--watch: text, json or raw (default: text on a terminal, else json); "
                       "--snapshot: text, json or csv (default: text)",
                       .values = "text|json|raw|csv", .needs = "watch|snapshot"},
    [OPTION_PANES] = {"panes", 'p', "LIST", OUTPUT, "only these of " PANES, "main.panes"},
    [OPTION_FILTER] = {"filter", 0, "EXPR", OUTPUT,
                       "--snapshot: only rows that a filter leaves: \"nifty side:buy pnl<0\"",
                       .needs = "snapshot"},
    [OPTION_EVENT] = {"event", 'e', "GLOB", OUTPUT,
                      "--watch: only events of this type; may be repeated", .needs = "watch"},
    [OPTION_COUNT] = {"count", 'n', "N", OUTPUT, "--watch: end after N printed events",
                      .needs = "watch"},
    [OPTION_DURATION] = {"duration", 0, "SECONDS", OUTPUT, "--watch: end after this time",
                         .needs = "watch"},
    [OPTION_STATUS] = {"status", 0, NULL, OUTPUT,
                       "--watch: connection changes as JSON lines on stdout, not on stderr",
                       .needs = "watch"},
    [OPTION_CURSOR] = {"cursor", 0, "FILE", OUTPUT,
                       "--watch: go on after the last event that was printed, and keep the place "
                       "in FILE; a gap is told, with the state behind it",
                       .needs = "watch"},
    [OPTION_AFTER] = {"after", 0, "ID", OUTPUT,
                      "--watch: go on after the event of this id, whatever the cursor says",
                      .needs = "watch"},
    [OPTION_WITH_SNAPSHOT] = {"with-snapshot", 0, NULL, OUTPUT,
                              "--watch: print the panes first, then every event after them",
                              .needs = "watch"},
    [OPTION_TIMEOUT] = {"timeout", 0, "SECONDS", OUTPUT,
                        "longest time for one request; for --snapshot for the whole run",
                        "http.timeout_s"},
    [OPTION_THEME] = {"theme", 0, "NAME", DISPLAY, "colours: a shipped theme or one of yours",
                      "display.theme"},
    [OPTION_COLOR] = {"color", 0, "WHEN", DISPLAY, "auto, always or never", "display.color",
                      .values = "auto|always|never"},
    [OPTION_ASCII] = {"ascii", 0, NULL, DISPLAY, "draw with ASCII characters only", "display.ascii",
                      "yes"},
    [OPTION_NO_MOUSE] = {"no-mouse", 0, NULL, DISPLAY, "leave the mouse to the terminal",
                         "display.mouse", "no"},
    [OPTION_NO_CACHE] = {"no-cache", 0, NULL, DISPLAY, "neither read nor write the cache on disk",
                         "main.cache", "no"},
    [OPTION_TRACE] = {"trace", 0, "FILE", DIAGNOSTICS,
                      "write one JSON line per internal step of the dashboard or "
                      "--snapshot; never a secret"},
    [OPTION_LOG_FILE] = {"log-file", 0, "FILE", DIAGNOSTICS, "append diagnostics to FILE",
                         "main.log_file"},
    [OPTION_VERBOSE] = {"verbose", 'v', NULL, DIAGNOSTICS,
                        "more diagnostics, in the log file or on stderr", "main.verbose", "yes"},
    [OPTION_HELP] = {"help", 'h', NULL, DIAGNOSTICS, "print this help"},
    [OPTION_VERSION] = {"version", 'V', NULL, DIAGNOSTICS,
                        "print the version, and those of the libraries in use"},
};
static_assert(sizeof rows / sizeof *rows == OPTION_TOTAL, "a row per option");

const struct option_info *option_info(enum option_id id)
{
    return &rows[id];
}

/* What getopt_long reports for a long option: its row, out of the way of the letters. */
#define LONG_BASE 256

/* getopt's two arrays, made from the rows. */
struct getopt_tables {
    struct option longs[OPTION_TOTAL + 1];
    char shorts[2 * OPTION_TOTAL + 2];
};

static void tables_make(struct getopt_tables *tables)
{
    memset(tables, 0, sizeof *tables);
    char *out = tables->shorts;
    *out++ = ':'; /* tell a missing argument from an unknown option */
    for (int i = 0; i < OPTION_TOTAL; i++) {
        bool takes = rows[i].argument != NULL;
        tables->longs[i].name = rows[i].name;
        tables->longs[i].has_arg = takes ? required_argument : no_argument;
        tables->longs[i].val = LONG_BASE + i;
        if (rows[i].letter != 0) {
            *out++ = rows[i].letter;
            if (takes) {
                *out++ = ':';
            }
        }
    }
}

static void getopt_reset(void)
{
    opterr = 0;
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) ||   \
    defined(__DragonFly__)
    optreset = 1;
    optind = 1;
#else
    optind = 0;
#endif
}

/* The row that getopt's answer means, or OPTION_TOTAL. */
static enum option_id row_of(int answer)
{
    if (answer >= LONG_BASE && answer < LONG_BASE + OPTION_TOTAL) {
        return (enum option_id)(answer - LONG_BASE);
    }
    for (int i = 0; i < OPTION_TOTAL; i++) {
        if (rows[i].letter != 0 && rows[i].letter == answer) {
            return (enum option_id)i;
        }
    }
    return OPTION_TOTAL;
}

static bool refuse_long(const char *word, struct problem *problem)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    struct suggest suggest;
    suggest_init(&suggest, name);
    int prefixes = 0;
    for (int i = 0; i < OPTION_TOTAL; i++) {
        suggest_offer(&suggest, rows[i].name);
        prefixes += strncmp(rows[i].name, name, strlen(name)) == 0;
    }
    if (prefixes > 1) {
        return problem_set(problem, "option '--%s' is ambiguous", name);
    }
    problem_set(problem, "unknown option '--%s'", name);
    return problem_suggest(problem, &suggest);
}

/* getopt leaves optopt 0 when no row has that long name, else it is what was refused. */
static bool refuse_unknown(char **argv, struct problem *problem)
{
    enum option_id id = row_of(optopt);
    if (optopt == 0) {
        return refuse_long(argv[optind - 1] + 2, problem);
    }
    if (id != OPTION_TOTAL) {
        return problem_set(problem, "option '--%s' takes no argument", rows[id].name);
    }
    return problem_set(problem, "unknown option '-%c'", optopt);
}

static bool refuse_missing(struct problem *problem)
{
    const struct option_info *row = &rows[row_of(optopt)];
    return problem_set(problem, "option '--%s' needs an argument: %s", row->name, row->argument);
}

/* getopt_long takes "--token" for a short form of "--token-file": the one that must not be. */
static bool is_token_word(char **argv)
{
    const char *word = argv[optind - 1] == optarg ? argv[optind - 2] : argv[optind - 1];
    size_t len = strcspn(word, "=");
    return len <= strlen("--token") && strncmp(word, "--token", len) == 0;
}

static bool word_in(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, '|'), at = at ? at + 1 : NULL) {
        if (strncmp(at, word, len) == 0 && (at[len] == '|' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool refuse_value(const struct option_info *row, const char *word, const char *values,
                         struct problem *problem)
{
    char copy[64];
    struct suggest suggest;
    suggest_init(&suggest, word);
    snprintf(copy, sizeof copy, "%s", values);
    problem_set(problem, "--%s is one of %s, not '%s'", row->name, values, word);
    for (char *at = copy, *rest; at != NULL; at = rest) {
        rest = strchr(at, '|');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        suggest_offer(&suggest, at);
    }
    return problem_suggest(problem, &suggest);
}

static bool parse_count(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || count == 0) {
        return false;
    }
    *ret = count;
    return true;
}

bool options_parse_seconds(const char *text, int64_t *ret_ms)
{
    int64_t ms = 0, scale = 1000;
    bool fraction = false, digits = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '.' && !fraction) {
            fraction = true;
        } else if (!isdigit((unsigned char)*at)) {
            return false;
        } else if (!fraction) {
            digits = true;
            ms = ms * 10 + (int64_t)(*at - '0') * 1000;
        } else {
            digits = true;
            scale /= 10;
            ms += (*at - '0') * scale;
        }
        if (ms > 1000000000000) {
            return false;
        }
    }
    if (!digits || ms == 0) {
        return false;
    }
    *ret_ms = ms;
    return true;
}

static bool add_assignment(struct options *options, enum option_id id, const char *argument,
                           struct problem *problem)
{
    if (options->assignment_count == OPTIONS_ASSIGNMENTS_MAX) {
        return problem_set(problem, "too many config values on the command line");
    }
    struct option_assignment *next = &options->assignments[options->assignment_count++];
    next->from = id;
    next->key = id == OPTION_SET ? argument : rows[id].key;
    next->value = id == OPTION_SET ? NULL : argument != NULL ? argument : rows[id].value;
    return true;
}

static bool add_event(struct options *options, const char *glob, struct problem *problem)
{
    if (options->event_count == OPTIONS_EVENTS_MAX) {
        return problem_set(problem, "at most %d times --event", OPTIONS_EVENTS_MAX);
    }
    options->events[options->event_count++] = glob;
    return true;
}

static bool add_profile(struct options *options, const char *name, struct problem *problem)
{
    if (options->profile_count == OPTIONS_PROFILES_MAX) {
        return problem_set(problem, "at most %d times --profile", OPTIONS_PROFILES_MAX);
    }
    options->profiles[options->profile_count++] = name;
    return true;
}

static bool take(struct options *options, enum option_id id, const char *argument,
                 struct problem *problem)
{
    const struct option_info *row = &rows[id];
    options->given[id] = true;
    options->value[id] = argument;
    if (row->values != NULL && !word_in(row->values, argument)) {
        return refuse_value(row, argument, row->values, problem);
    }
    if (id == OPTION_EVENT) {
        return add_event(options, argument, problem);
    }
    if (id == OPTION_PROFILE) {
        return add_profile(options, argument, problem);
    }
    if (id == OPTION_COUNT && !parse_count(argument, &options->count)) {
        return problem_set(problem, "--count is a whole number from 1 up, not '%s'", argument);
    }
    if (id == OPTION_DURATION && !options_parse_seconds(argument, &options->duration_ms)) {
        return problem_set(problem, "--duration is a time in seconds, not '%s'", argument);
    }
    if (id == OPTION_AFTER &&
        (argument[0] == '\0' || argument[strspn(argument, "0123456789")] != '\0')) {
        return problem_set(problem, "--after is the number of an event, not '%s'", argument);
    }
    if (id == OPTION_SET || row->key != NULL) {
        return add_assignment(options, id, argument, problem);
    }
    return true;
}

/* Options that only one mode understands are refused elsewhere: silence would hide a mistake. */
static bool check_needs(const struct options *options, struct problem *problem)
{
    for (int i = 0; i < OPTION_TOTAL; i++) {
        bool met = rows[i].needs == NULL || !options->given[i];
        for (int j = 0; j < OPTION_TOTAL && !met; j++) {
            met = options->given[j] && word_in(rows[i].needs, rows[j].name);
        }
        if (!met) {
            bool either = strchr(rows[i].needs, '|') != NULL;
            return problem_set(problem, "--%s needs --watch%s", rows[i].name,
                               either ? " or --snapshot" : "");
        }
    }
    return true;
}

static bool check_modes(const struct options *options, struct problem *problem)
{
    static const enum option_id modes[] = {OPTION_WATCH, OPTION_SNAPSHOT, OPTION_DAY,
                                           OPTION_CHECK_CONFIG, OPTION_PRINT_CONFIG};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *name = rows[modes[i]].name;
        if (options->given[modes[i]] && first != NULL) {
            return problem_set(problem, "--%s and --%s exclude each other", first, name);
        }
        first = options->given[modes[i]] ? name : first;
    }
    const char *format = options->value[OPTION_OUTPUT];
    const char *allowed = options->given[OPTION_WATCH] ? "text|json|raw" : "text|json|csv";
    if (format != NULL && !word_in(allowed, format)) {
        return problem_set(problem, "--%s --output is one of %s, not '%s'", first, allowed, format);
    }
    return true;
}

bool options_parse(int argc, char **argv, struct options *ret, struct problem *ret_problem)
{
    struct getopt_tables tables;
    struct options options = {0};
    tables_make(&tables);
    getopt_reset();
    for (;;) {
        int answer = getopt_long(argc, argv, tables.shorts, tables.longs, NULL);
        if (answer == -1) {
            break;
        }
        if (answer == '?') {
            return refuse_unknown(argv, ret_problem);
        }
        if (answer == ':') {
            return refuse_missing(ret_problem);
        }
        enum option_id id = row_of(answer);
        if (id == OPTION_TOKEN_FILE && is_token_word(argv)) {
            return problem_set(ret_problem,
                               "there is no option '--token': it would show in the process list; "
                               "use BLOTTER_TOKEN, --token-file or token_command");
        }
        if (!take(&options, id, optarg, ret_problem)) {
            return false;
        }
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            *ret = options;
            return true;
        }
    }
    if (optind < argc) {
        return problem_set(ret_problem, "unexpected argument '%s'", argv[optind]);
    }
    if (!check_modes(&options, ret_problem) || !check_needs(&options, ret_problem)) {
        return false;
    }
    *ret = options;
    return true;
}
