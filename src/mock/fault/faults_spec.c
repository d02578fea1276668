#include "faults_spec.h"

#include <blotter/core/suggest.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const place_names[] = {
    [FAULTS_PLACE_ANSWER] = "answers, in place of the right one",
    [FAULTS_PLACE_EVENT] = "events on the stream",
    [FAULTS_PLACE_BYTES] = "bytes, through the fault proxy (plain http only)",
};
enum { PLACES = sizeof place_names / sizeof *place_names };

enum param {
    PARAM_COUNT,
    PARAM_AFTER,
    PARAM_SEED,
    PARAM_BYTES,
    PARAM_RATE,
    PARAM_MS,
    PARAM_RETRY,
    PARAM_INTEGERS, /* those above hold an integer */
    PARAM_P = PARAM_INTEGERS,
    PARAM_TO,
    PARAM_PATH,
    PARAM_NONE
};
#define BIT(param) (1u << (param))
#define EVERY_KIND                                                                                 \
    (BIT(PARAM_COUNT) | BIT(PARAM_AFTER) | BIT(PARAM_SEED) | BIT(PARAM_P) | BIT(PARAM_PATH))

struct param_row {
    const char *name;
    int64_t min, max;
    const char *help;
};

static const struct param_row params[] = {
    [PARAM_COUNT] = {"count", 1, 1000000000, "fires at most so often (no limit)"},
    [PARAM_AFTER] = {"after", 0, 1000000000, "lets the first N that match pass (0)"},
    [PARAM_SEED] = {"seed", 0, INT64_MAX, "its own random numbers (from --seed)"},
    [PARAM_BYTES] = {"bytes", 0, INT64_C(1) << 40, "bytes of the body"},
    [PARAM_RATE] = {"rate", 1, 1000000000, "bytes a second"},
    [PARAM_MS] = {"ms", -1, 86400000, "milliseconds; -1 is for ever"},
    [PARAM_RETRY] = {"retry", 0, 86400, "seconds in Retry-After"},
    [PARAM_P] = {"p", 0, 1, "probability, 0 to 1 (1)"},
    [PARAM_TO] = {"to", 0, 0, "URL to redirect to"},
    [PARAM_PATH] = {"path", 0, 0, "orders, positions, account, watchlists, stream or * (*)"},
};
static_assert(sizeof params / sizeof *params == PARAM_NONE, "a row per parameter");

struct kind {
    const char *name;
    enum faults_place place;
    int what;        /* enum faults_reply_kind, faults_event or faults_bytes_kind, by place */
    unsigned takes;  /* parameters besides those that every kind takes */
    enum param main; /* the one that has a default of its own, PARAM_NONE when none has */
    int64_t value;   /* that default */
    const char *help;
};

#define ANSWER(name, what, help)                                                                   \
    {                                                                                              \
        name, FAULTS_PLACE_ANSWER, what, 0, PARAM_NONE, 0, help                                    \
    }
#define BYTES(name, what, main, value, help)                                                       \
    {                                                                                              \
        name, FAULTS_PLACE_BYTES, what, BIT(main), main, value, help                               \
    }

static const struct kind kinds[] = {
    BYTES("none", FAULTS_BYTES_NONE, PARAM_NONE, 0,
          "nothing: has the proxy ready for faults at run time"),
    BYTES("drop", FAULTS_BYTES_DROP, PARAM_NONE, 0, "closes the connection without an answer"),
    BYTES("stall", FAULTS_BYTES_STALL, PARAM_MS, -1, "answers late, or never"),
    BYTES("half-open", FAULTS_BYTES_HALF_OPEN, PARAM_BYTES, 0,
          "after so much of the body nothing more comes, and no end"),
    ANSWER("500", FAULTS_REPLY_500, "Internal Server Error, JSON"),
    ANSWER("502", FAULTS_REPLY_502, "Bad Gateway, the HTML of a proxy in front"),
    {"503", FAULTS_PLACE_ANSWER, FAULTS_REPLY_503, BIT(PARAM_RETRY), PARAM_RETRY, 2,
     "Service Unavailable with Retry-After"},
    {"429", FAULTS_PLACE_ANSWER, FAULTS_REPLY_429, BIT(PARAM_RETRY), PARAM_RETRY, 2,
     "Too Many Requests with Retry-After"},
    ANSWER("401", FAULTS_REPLY_401, "Unauthorized"),
    ANSWER("403", FAULTS_REPLY_403, "Forbidden"),
    ANSWER("404", FAULTS_REPLY_404, "Not Found"),
    ANSWER("204", FAULTS_REPLY_204, "No Content: tells a stream to stay away"),
    {"redirect", FAULTS_PLACE_ANSWER, FAULTS_REPLY_REDIRECT, BIT(PARAM_TO), PARAM_NONE, 0,
     "302 to another host (to=http://elsewhere.invalid/)"},
    ANSWER("login", FAULTS_REPLY_LOGIN, "307 to a login page, HTML with status 200"),
    ANSWER("loop", FAULTS_REPLY_LOOP, "302 to the same path, for ever"),
    ANSWER("html", FAULTS_REPLY_HTML, "200 with an HTML page"),
    ANSWER("success-false", FAULTS_REPLY_SUCCESS_FALSE, "200 with \"success\":false"),
    ANSWER("garbage", FAULTS_REPLY_GARBAGE, "200 with escape sequences, NUL and bad UTF-8"),
    ANSWER("wrong-type", FAULTS_REPLY_WRONG_TYPE, "200 with JSON whose members have wrong types"),
    ANSWER("short-json", FAULTS_REPLY_SHORT_JSON, "200, whole, but its JSON ends in the middle"),
    BYTES("truncate", FAULTS_BYTES_CUT, PARAM_BYTES, 20,
          "closes after so much of the body, though more was announced"),
    BYTES("cut", FAULTS_BYTES_CUT, PARAM_BYTES, 1000, "the same, made for the stream"),
    BYTES("slow", FAULTS_BYTES_SLOW, PARAM_RATE, 100, "a trickle: so many bytes a second"),
    BYTES("big", FAULTS_BYTES_BIG, PARAM_BYTES, 1 << 30, "a body of so many bytes"),
    BYTES("bad-chunk", FAULTS_BYTES_BAD_CHUNK, PARAM_BYTES, 0,
          "after so much of the body a chunk size that is no number"),
    BYTES("utf8", FAULTS_BYTES_UTF8, PARAM_BYTES, 20,
          "after so much of the body two thirds of a character, the end"),
    {"duplicate", FAULTS_PLACE_EVENT, FAULTS_EVENT_TWICE, 0, PARAM_NONE, 0, "sends an event twice"},
    {"reorder", FAULTS_PLACE_EVENT, FAULTS_EVENT_HOLD, 0, PARAM_NONE, 0,
     "sends an event after the next one"},
    {"silent", FAULTS_PLACE_EVENT, FAULTS_EVENT_LOSE, 0, PARAM_NONE, 0,
     "loses events: heartbeats only"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct path {
    const char *word;
    const char *prefix;
};

static const struct path paths[] = {
    [FAULTS_PATH_ORDERS] = {"orders", "/api/trading/orders"},
    [FAULTS_PATH_POSITIONS] = {"positions", "/api/trading/positions"},
    [FAULTS_PATH_ACCOUNT] = {"account", "/api/trading/account"},
    [FAULTS_PATH_WATCHLISTS] = {"watchlists", "/api/watchlists"},
    [FAULTS_PATH_STREAM] = {"stream", "/api/realtime/stream"},
};
static_assert(sizeof paths / sizeof *paths == FAULTS_PATH_COUNT, "a row per path");

/* A SPEC on its way in. */
struct reader {
    const struct kind *kind;
    struct faults_spec *spec;
    int64_t integers[PARAM_INTEGERS];
};

static bool refuse(struct fault *ret_error, const char *what, const char *word, const char *nearest)
{
    if (nearest != NULL) {
        fault_set(ret_error, FAULT_CONFIG, 400, "%s '%s' (did you mean '%s'?)", what, word,
                  nearest);
    } else {
        fault_set(ret_error, FAULT_CONFIG, 400, "%s '%s' (see --fault help)", what, word);
    }
    return false;
}

static bool find_kind(const char *word, const struct kind **ret, struct fault *ret_error)
{
    struct suggest suggest;
    suggest_init(&suggest, word);
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, word) == 0) {
            *ret = &kinds[i];
            return true;
        }
        suggest_offer(&suggest, kinds[i].name);
    }
    return refuse(ret_error, "unknown fault", word, suggest.best);
}

static bool read_path(struct reader *reader, const char *word, struct fault *ret_error)
{
    struct suggest suggest;
    suggest_init(&suggest, word);
    if (strcmp(word, "*") == 0) {
        reader->spec->about = BIT(FAULTS_PATH_COUNT) - 1;
        return true;
    }
    for (int i = 0; i < FAULTS_PATH_COUNT; i++) {
        if (strcmp(paths[i].word, word) == 0) {
            reader->spec->about = BIT(i);
            return true;
        }
        suggest_offer(&suggest, paths[i].word);
    }
    return refuse(ret_error, "unknown path", word, suggest.best);
}

static bool read_integer(struct reader *reader, enum param param, const char *text,
                         struct fault *ret_error)
{
    const struct param_row *row = &params[param];
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < row->min || value > row->max) {
        fault_set(ret_error, FAULT_CONFIG, 400,
                  "%s must be a whole number from %lld to %lld, not '%s'", row->name,
                  (long long)row->min, (long long)row->max, text);
        return false;
    }
    reader->integers[param] = value;
    return true;
}

static bool read_probability(struct reader *reader, const char *text, struct fault *ret_error)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 1)) {
        fault_set(ret_error, FAULT_CONFIG, 400, "p must be a number from 0 to 1, not '%s'", text);
        return false;
    }
    reader->spec->probability = value;
    return true;
}

static bool read_to(struct reader *reader, const char *text, struct fault *ret_error)
{
    size_t len = strlen(text);
    if (len == 0 || len >= sizeof reader->spec->to) {
        fault_set(ret_error, FAULT_CONFIG, 400, "to must be a URL of 1 to %zu bytes",
                  sizeof reader->spec->to - 1);
        return false;
    }
    memcpy(reader->spec->to, text, len + 1);
    return true;
}

static bool read_param(struct reader *reader, enum param param, const char *text,
                       struct fault *ret_error)
{
    switch (param) {
    case PARAM_P:
        return read_probability(reader, text, ret_error);
    case PARAM_TO:
        return read_to(reader, text, ret_error);
    case PARAM_PATH:
        return read_path(reader, text, ret_error);
    default:
        return read_integer(reader, param, text, ret_error);
    }
}

/* One part of a SPEC after the kind: NAME=VALUE, or a path alone. */
static bool read_part(struct reader *reader, char *part, struct fault *ret_error)
{
    char *equals = strchr(part, '=');
    if (equals == NULL) {
        return read_path(reader, part, ret_error);
    }
    *equals = '\0';
    struct suggest suggest;
    suggest_init(&suggest, part);
    for (unsigned i = 0; i < PARAM_NONE; i++) {
        if (((reader->kind->takes | EVERY_KIND) & BIT(i)) == 0) {
            continue;
        }
        if (strcmp(params[i].name, part) == 0) {
            return read_param(reader, (enum param)i, equals + 1, ret_error);
        }
        suggest_offer(&suggest, params[i].name);
    }
    char what[80];
    snprintf(what, sizeof what, "fault %s takes no parameter", reader->kind->name);
    return refuse(ret_error, what, part, suggest.best);
}

static void set_defaults(struct reader *reader)
{
    static const char elsewhere[] = "http://elsewhere.invalid/";
    reader->spec->about = BIT(FAULTS_PATH_COUNT) - 1;
    reader->spec->probability = 1;
    memcpy(reader->spec->to, elsewhere, sizeof elsewhere);
    reader->integers[PARAM_COUNT] = INT64_MAX;
    reader->integers[PARAM_SEED] = -1;
    reader->integers[PARAM_RATE] = 1;
    if (reader->kind->main < PARAM_INTEGERS) {
        reader->integers[reader->kind->main] = reader->kind->value;
    }
}

static void finish(const struct reader *reader)
{
    struct faults_spec *spec = reader->spec;
    const int64_t *integers = reader->integers;
    spec->place = reader->kind->place;
    spec->what = reader->kind->what;
    spec->count = integers[PARAM_COUNT];
    spec->after = integers[PARAM_AFTER];
    spec->seed = integers[PARAM_SEED];
    spec->bytes = integers[PARAM_BYTES];
    spec->rate = integers[PARAM_RATE];
    spec->delay_ms = integers[PARAM_MS];
    spec->retry_after_s = (int)integers[PARAM_RETRY];
}

/* Printable ASCII without quotes: so a SPEC can be shown anywhere as it is. */
static bool keep_text(struct faults_spec *spec, const char *text, struct fault *ret_error)
{
    size_t len = strlen(text);
    if (len == 0 || len > FAULTS_SPEC_MAX) {
        fault_set(ret_error, FAULT_CONFIG, 400, "a fault must have 1 to %d characters",
                  FAULTS_SPEC_MAX);
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\') {
            fault_set(ret_error, FAULT_CONFIG, 400, "a fault must not hold spaces or quotes: '%s'",
                      text);
            return false;
        }
    }
    memcpy(spec->text, text, len + 1);
    return true;
}

/* Ends the part at its comma and returns the next one, NULL when it was the last. */
static char *split(char *part)
{
    char *comma = strchr(part, ',');
    if (comma == NULL) {
        return NULL;
    }
    *comma = '\0';
    return comma + 1;
}

bool faults_spec_read(const char *text, struct faults_spec *ret, struct fault *ret_error)
{
    struct reader reader = {.spec = ret};
    memset(ret, 0, sizeof *ret);
    if (!keep_text(ret, text, ret_error)) {
        return false;
    }
    char copy[FAULTS_SPEC_MAX + 1];
    memcpy(copy, ret->text, sizeof copy);
    char *rest = split(copy);
    if (!find_kind(copy, &reader.kind, ret_error)) {
        return false;
    }
    set_defaults(&reader);
    while (rest != NULL) {
        char *part = rest;
        rest = split(part);
        if (!read_part(&reader, part, ret_error)) {
            return false;
        }
    }
    finish(&reader);
    return true;
}

bool faults_path_begins(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 &&
           (path[len] == '\0' || strchr("/?", path[len]) != NULL);
}

bool faults_path_find(const char *path, enum faults_path *ret)
{
    for (int i = 0; i < FAULTS_PATH_COUNT; i++) {
        if (faults_path_begins(path, paths[i].prefix)) {
            *ret = (enum faults_path)i;
            return true;
        }
    }
    return false;
}

static void help_kinds(FILE *out, enum faults_place place)
{
    fprintf(out, "\n%s:\n", place_names[place]);
    for (int i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        if (kind->place != place) {
            continue;
        }
        fprintf(out, "  %-14s%s\n", kind->name, kind->help);
        if (kind->main < PARAM_INTEGERS) {
            fprintf(out, "  %14s%s=%lld\n", "", params[kind->main].name, (long long)kind->value);
        }
    }
}

void faults_help(FILE *out)
{
    fputs("--fault KIND[,PATH][,NAME=VALUE]...  (repeatable; the first that fires happens)\n", out);
    for (int place = 0; place < PLACES; place++) {
        help_kinds(out, (enum faults_place)place);
    }
    fputs("\nparameters (a kind's own are shown below it with their default):\n", out);
    for (int i = 0; i < PARAM_NONE; i++) {
        fprintf(out, "  %-14s%s\n", params[i].name, params[i].help);
    }
    fputs("\nexamples:\n"
          "  --fault 500,orders,p=0.3          three reads of the orders in ten fail\n"
          "  --fault cut,stream,bytes=4000     the stream breaks off after 4000 bytes\n"
          "  --fault 503,count=5,retry=1       the first five requests are refused\n"
          "  --fault half-open,stream,after=1  the second stream falls silent at once\n",
          out);
}
