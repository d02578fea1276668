/*
 * options: the command line. One table row per option drives parsing, --help, the completions and
 * the check of the manual page.
 */
#ifndef BLOTTER_CLI_OPTIONS_H
#define BLOTTER_CLI_OPTIONS_H

#include "problem.h"

#include <stdint.h>
#include <stdio.h>

enum option_id {
    OPTION_WATCH,
    OPTION_SNAPSHOT,
    OPTION_DEMO,
    OPTION_DAY,
    OPTION_URL,
    OPTION_USER,
    OPTION_TOKEN_FILE,
    OPTION_BACKEND,
    OPTION_PROFILE,
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_CHECK_CONFIG,
    OPTION_CHECK_BACKEND,
    OPTION_LIST_BACKENDS,
    OPTION_PRINT_CONFIG,
    OPTION_OUTPUT,
    OPTION_PANES,
    OPTION_FILTER,
    OPTION_EVENT,
    OPTION_COUNT,
    OPTION_DURATION,
    OPTION_STATUS,
    OPTION_CURSOR,
    OPTION_AFTER,
    OPTION_WITH_SNAPSHOT,
    OPTION_TIMEOUT,
    OPTION_THEME,
    OPTION_COLOR,
    OPTION_ASCII,
    OPTION_NO_MOUSE,
    OPTION_NO_CACHE,
    OPTION_TRACE,
    OPTION_LOG_FILE,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_TOTAL
};

struct option_info {
    const char *name;     /* long name, without the dashes */
    char letter;          /* 0: none */
    const char *argument; /* "FILE"; NULL: takes none */
    const char *group;    /* heading of --help */
    const char *help;     /* a sentence or two without a full stop */
    const char *key;      /* config key it sets, "section.key"; NULL: none */
    const char *value;    /* what an option without argument sets the key to */
    const char *values;   /* "text|json|raw"; NULL: free */
    const char *needs;    /* long names, "|" between, of which one must be given; NULL: none */
};

/* The row of an option. Static storage. */
const struct option_info *option_info(enum option_id id);

#define OPTIONS_EVENTS_MAX 64
#define OPTIONS_PROFILES_MAX 32
#define OPTIONS_ASSIGNMENTS_MAX 256

/* One config value given on the command line, in order. */
struct option_assignment {
    enum option_id from;
    const char *key;   /* for OPTION_SET: all of "[section.]key=value" */
    const char *value; /* for OPTION_SET: NULL */
};

/* Everything points into argv or the table. */
struct options {
    bool given[OPTION_TOTAL];
    const char *value[OPTION_TOTAL]; /* the last argument given; NULL when none */
    const char *events[OPTIONS_EVENTS_MAX];
    size_t event_count;
    const char *profiles[OPTIONS_PROFILES_MAX];
    size_t profile_count;
    struct option_assignment assignments[OPTIONS_ASSIGNMENTS_MAX];
    size_t assignment_count;
    uint64_t count;      /* 0: no end */
    int64_t duration_ms; /* 0: no end */
};

/*
 * Parses argv (argv[argc] is NULL). On success *ret holds all that was said; --help and --version
 * end parsing where they stand, whatever follows. Returns false with the problem otherwise.
 */
bool options_parse(int argc, char **argv, struct options *ret, struct problem *ret_problem);

/* Decimal seconds ("2.5") within 1 ms and 10^9 s, as milliseconds. False when it is no such number.
 */
bool options_parse_seconds(const char *text, int64_t *ret_ms);

/* The help text: 80 columns, grouped, examples, exit codes. */
void options_print_help(FILE *out);

/* Name, version and the versions of the libraries the program runs on. */
void options_print_version(FILE *out);

/* The completion script of "bash", "zsh" or "fish". False when the shell is none of them. */
bool options_print_completion(FILE *out, const char *shell);

#endif
