#include "book/seed.h"
#include "market/market.h"
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CODE 256 /* getopt values of options without a letter: above any char */
#define OPTIONS_MAX 64
#define HELP_COLUMN 32

enum kind { FLAG, TEXT, WHOLE, NUMBER, FAULTS, HELP, VERSION };

struct option_row {
    const char *name;
    int letter; /* 0: none */
    enum kind kind;
    const char *argument; /* NULL: takes none */
    const char *initial;  /* the default as --help shows it; NULL: none shown */
    double low, high;     /* WHOLE and NUMBER */
    size_t offset;
    const char *help;
};

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
    {"host", 0, TEXT, "ADDR", "127.0.0.1", 0, 0, AT(host),
     "address to listen at; anything but loopback is warned about"},
    {"port", 0, WHOLE, "N", "0", 0, 65535, AT(port), "port, 0 is any free one"},
    {"db", 0, TEXT, "FILE", ":memory:", 0, 0, AT(db),
     "SQLite file, kept between runs; other programs may write to it"},
    {"users", 0, WHOLE, "N", "2", 0, SEED_USERS_MAX, AT(users), "users in a new database"},
    {"orders", 0, WHOLE, "N", "40", 0, SEED_ROWS_MAX, AT(orders), "orders of each"},
    {"positions", 0, WHOLE, "N", "8", 0, SEED_ROWS_MAX, AT(positions), "positions of each"},
    {"symbols", 0, WHOLE, "N", "50", 1, SEED_SYMBOLS_MAX, AT(symbols), "instruments"},
    {"orders-limit", 0, WHOLE, "N", "100", 1, SEED_ROWS_MAX, AT(orders_limit),
     "length of the orders list"},
    {"seed", 0, WHOLE, "N", "random", 0, 9e15, AT(seed), "same seed, same data and same market"},
    {"rate", 0, NUMBER, "N", "1", 0, MARKET_RATE_MAX, AT(rate),
     "events a second and user from the simulated market, 0 is still"},
    {"quotes", 0, NUMBER, "N", "1", 0, MARKET_QUOTES_MAX, AT(quotes),
     "quote batches a second, 0 is none"},
    {"latency", 0, WHOLE, "MS", "0", 0, 600000, AT(latency_ms), "added to every REST answer"},
    {"heartbeat", 0, NUMBER, "SECONDS", "30", 0.05, 86400, AT(heartbeat_s),
     "between two heartbeats of a stream"},
    {"retain", 0, WHOLE, "N", "100000", 0, 1e9, AT(retain), "events kept for replay"},
    {"max-streams", 0, WHOLE, "N", "16384", 0, 1e6, AT(max_streams), "open streams in all"},
    {"max-user-streams", 0, WHOLE, "N", "16384", 0, 1e6, AT(max_user_streams), "of one user"},
    {"max-address-streams", 0, WHOLE, "N", "16384", 0, 1e6, AT(max_address_streams),
     "from one address"},
    {"head-timeout", 0, NUMBER, "SECONDS", "10", 0.05, 3600, AT(head_timeout_s),
     "for a request's line and headers to come"},
    {"no-extensions", 0, FLAG, NULL, NULL, 0, 0, AT(no_extensions),
     "behave like the reference: no ids, no replay, no ETag, no quotes, two welcomes"},
    {"gzip-streams", 0, FLAG, NULL, NULL, 0, 0, AT(gzip_streams),
     "pack streams for clients that accept gzip, each event flushed"},
    {"open-only", 0, FLAG, NULL, NULL, 0, 0, AT(open_only),
     "leave closed positions out of the list, as older servers do"},
    {"scenario", 0, TEXT, "FILE", NULL, 0, 0, AT(scenario),
     "a timed script of database changes and faults"},
    {"fault", 0, FAULTS, "SPEC", NULL, 0, 0, 0, "misbehave, repeatable; see --fault help"},
    {"tls-cert", 0, TEXT, "FILE", NULL, 0, 0, AT(tls_cert), "serve https, with --tls-key"},
    {"tls-key", 0, TEXT, "FILE", NULL, 0, 0, AT(tls_key), "the certificate's private key"},
    {"allow-sql", 0, FLAG, NULL, NULL, 0, 0, AT(allow_sql), "serve POST /__mock/sql to loopback"},
    {"exit-after", 0, NUMBER, "SECONDS", "never", 0, 1e6, AT(exit_after_s), "end by itself"},
    {"exit-with-stdin", 0, FLAG, NULL, NULL, 0, 0, AT(exit_with_stdin),
     "end when standard input does: with the program that started us"},
    {"verbose", 'v', FLAG, NULL, NULL, 0, 0, AT(verbose), "access log on stderr"},
    {"help", 'h', HELP, NULL, NULL, 0, 0, 0, "this text"},
    {"version", 'V', VERSION, NULL, NULL, 0, 0, 0, "versions of the server and its libraries"},
};
#define ROWS (sizeof rows / sizeof *rows)

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .host = "127.0.0.1",
        .db = ":memory:",
        .users = 2,
        .orders = 40,
        .positions = 8,
        .symbols = 50,
        .orders_limit = 100,
        .rate = 1,
        .quotes = 1,
        .heartbeat_s = 30,
        .head_timeout_s = 10,
        .retain = 100000,
        .max_streams = 16384,
        .max_user_streams = 16384,
        .max_address_streams = 16384,
    };
}

/* --- parsing ------------------------------------------------------------------------------ */

static bool wrong(struct fault *ret_fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool wrong(struct fault *ret_fault, const char *format, ...)
{
    *ret_fault = (struct fault){.kind = FAULT_CONFIG, .retry_after_ms = -1};
    va_list values;
    va_start(values, format);
    vsnprintf(ret_fault->text, sizeof ret_fault->text, format, values);
    va_end(values);
    return false;
}

static bool parse_number(const struct option_row *row, const char *text, double *ret,
                         struct fault *ret_fault)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    bool plain =
        *text != '\0' && *end == '\0' && errno == 0 && strspn(text, "0123456789.") == strlen(text);
    bool whole = row->kind == NUMBER || strchr(text, '.') == NULL;
    if (!plain || !whole || value < row->low || value > row->high) {
        return wrong(ret_fault, "--%s takes %s from %.10g to %.10g, not '%.40s'", row->name,
                     row->kind == NUMBER ? "a number" : "a whole number", row->low, row->high,
                     text);
    }
    *ret = value;
    return true;
}

static bool add_fault(struct options *options, const char *spec, struct fault *ret_fault)
{
    if (options->fault_count == OPTIONS_FAULTS_MAX) {
        return wrong(ret_fault, "more than %d --fault", OPTIONS_FAULTS_MAX);
    }
    options->faults[options->fault_count++] = spec;
    return true;
}

static bool set_option(struct options *options, const struct option_row *row, const char *text,
                       struct fault *ret_fault)
{
    void *member = (char *)options + row->offset;
    double value = 0;
    switch (row->kind) {
    case FLAG:
        *(bool *)member = true;
        return true;
    case TEXT:
        *(const char **)member = text;
        return *text != '\0' ||
               wrong(ret_fault, "--%s takes %s, not nothing", row->name, row->argument);
    case WHOLE:
    case NUMBER:
        if (!parse_number(row, text, &value, ret_fault)) {
            return false;
        }
        if (row->kind == NUMBER) {
            *(double *)member = value;
        } else {
            *(int64_t *)member = (int64_t)value;
        }
        options->has_seed = options->has_seed || row->offset == AT(seed);
        return true;
    default:
        return add_fault(options, text, ret_fault);
    }
}

/* What getopt_long needs, made from the table. */
static void make_getopt(struct option longs[OPTIONS_MAX], char shorts[OPTIONS_MAX])
{
    size_t count = 0;
    shorts[count++] = ':';
    for (size_t i = 0; i < ROWS; i++) {
        longs[i] = (struct option){rows[i].name,
                                   rows[i].argument != NULL ? required_argument : no_argument, NULL,
                                   FIRST_CODE + (int)i};
        if (rows[i].letter != 0) {
            shorts[count++] = (char)rows[i].letter;
        }
    }
    longs[ROWS] = (struct option){0};
    shorts[count] = '\0';
}

static const struct option_row *find_row(int code)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (code == FIRST_CODE + (int)i || (rows[i].letter != 0 && code == rows[i].letter)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool check_together(const struct options *options, struct fault *ret_fault)
{
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        return wrong(ret_fault, "--tls-cert and --tls-key go together");
    }
    return true;
}

static enum options_result parse_one(int code, char *given, struct options *options,
                                     struct fault *ret_fault)
{
    const struct option_row *row = find_row(code);
    if (row == NULL) {
        wrong(ret_fault, code == ':' ? "option '%.60s' needs a value" : "unknown option '%.60s'",
              given);
        return OPTIONS_WRONG;
    }
    if (row->kind == HELP || row->kind == VERSION) {
        return row->kind == HELP ? OPTIONS_HELP : OPTIONS_VERSION;
    }
    if (row->kind == FAULTS && strcmp(optarg, "help") == 0) {
        return OPTIONS_FAULT_HELP;
    }
    if (row->offset == AT(scenario) && row->kind == TEXT && strcmp(optarg, "help") == 0) {
        return OPTIONS_SCENARIO_HELP;
    }
    return set_option(options, row, optarg, ret_fault) ? OPTIONS_RUN : OPTIONS_WRONG;
}

enum options_result options_parse(int argc, char **argv, struct options *ret,
                                  struct fault *ret_fault)
{
    struct option longs[OPTIONS_MAX];
    char shorts[OPTIONS_MAX];
    int code;
    set_defaults(ret);
    make_getopt(longs, shorts);
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        enum options_result result = parse_one(code, argv[optind - 1], ret, ret_fault);
        if (result != OPTIONS_RUN) {
            return result;
        }
    }
    if (optind < argc) {
        wrong(ret_fault, "unexpected argument '%.60s'", argv[optind]);
        return OPTIONS_WRONG;
    }
    return check_together(ret, ret_fault) ? OPTIONS_RUN : OPTIONS_WRONG;
}

/* --- help --------------------------------------------------------------------------------- */

/* Words from column HELP_COLUMN on, in lines of 80. */
static void print_wrapped(FILE *out, const char *words)
{
    int column = HELP_COLUMN;
    while (*words != '\0') {
        int len = (int)strcspn(words, " ");
        if (column + 1 + len > 80) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        column += fprintf(out, "%s%.*s", column > HELP_COLUMN ? " " : "", len, words);
        words += len + (words[len] == ' ' ? 1 : 0);
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const struct option_row *row)
{
    char left[64], right[160];
    if (row->letter != 0) {
        fprintf(out, "  -%c, ", row->letter);
    } else {
        fprintf(out, "%6s", "");
    }
    snprintf(left, sizeof left, "--%s %s", row->name, row->argument != NULL ? row->argument : "");
    snprintf(right, sizeof right, "%s%s%s%s", row->help, row->initial != NULL ? " (" : "",
             row->initial != NULL ? row->initial : "", row->initial != NULL ? ")" : "");
    fprintf(out, "%-*s", HELP_COLUMN - 6, left);
    print_wrapped(out, right);
}

void options_print_help(FILE *out)
{
    fputs("Usage: blotter-mock [OPTIONS]\n\n"
          "A server that speaks blotter's protocol, with a simulated market. Its first\n"
          "line on stdout is JSON: the URL, and the users with their tokens.\n\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        print_row(out, &rows[i]);
    }
    fputs("\nExamples:\n"
          "  blotter-mock --port 8080 --db mock.db --seed 7\n"
          "  blotter-mock --rate 0 --quotes 0 --latency 300 -v\n"
          "  blotter-mock --fault 500,orders,p=0.3 --fault cut,stream,bytes=4000\n\n"
          "GET /__mock/stats counts what was asked. SIGTERM and SIGINT end it.\n"
          "Exit codes: 0 ended, 1 runtime error, 2 usage.\n",
          out);
}
