/*
 * config: every setting, where it came from and what is in force. One table row per key; the
 * defaults are the embedded blotter.ini, read by the reader that reads the user's.
 * Precedence: flag > environment > profile > file > default.
 */
#ifndef BLOTTER_CLI_CONFIG_H
#define BLOTTER_CLI_CONFIG_H

#include <blotter/cli/options.h>
#include <blotter/cli/problem.h>
#include <blotter/core/resource.h>
#include <stdint.h>
#include <stdio.h>

enum config_id {
    CONFIG_URL,
    CONFIG_USER,
    CONFIG_TOKEN_FILE,
    CONFIG_TOKEN_COMMAND,
    CONFIG_TOKEN_TIMEOUT,
    CONFIG_BACKEND,
    CONFIG_ALLOW_HOSTS,
    CONFIG_PROFILE,
    CONFIG_BADGE,
    CONFIG_PANES,
    CONFIG_CACHE,
    CONFIG_DAYBOOK_DAYS,
    CONFIG_LOG_FILE,
    CONFIG_VERBOSE,
    CONFIG_AUTH,
    CONFIG_COOKIE_NAME,
    CONFIG_CA_FILE,
    CONFIG_ALLOW_INSECURE,
    CONFIG_CONNECT_TIMEOUT,
    CONFIG_TIMEOUT,
    CONFIG_BODY_MAX,
    CONFIG_STREAM_RETRY,
    CONFIG_STREAM_MAX_RETRY,
    CONFIG_STREAM_WATCHDOG,
    CONFIG_STREAM_GOOD_AFTER,
    CONFIG_STREAM_EVENT_MAX,
    CONFIG_DEDUPE,
    CONFIG_FOCUS_THROTTLE,
    CONFIG_RETRY_BASE,
    CONFIG_RETRY_CAP,
    CONFIG_POLL_AFTER,
    CONFIG_POLL,
    CONFIG_POLL_CAP,
    CONFIG_GAP_MIN,
    CONFIG_GAP_MAX,
    CONFIG_QUOTE_POLL,
    CONFIG_THEME,
    CONFIG_COLOR,
    CONFIG_ASCII,
    CONFIG_MOUSE,
    CONFIG_GROUPING,
    CONFIG_TIMEZONE,
    CONFIG_HIDE_AMOUNTS,
    CONFIG_QUOTE_STALE,
    CONFIG_BELL,
    CONFIG_NOTIFY,
    CONFIG_ON_EVENT,
    CONFIG_ALERT_FILL,
    CONFIG_ALERT_DAY_LOSS,
    CONFIG_ALERT_MARGIN,
    CONFIG_TOTAL
};

enum config_type {
    CONFIG_TEXT,   /* any text */
    CONFIG_WEB,    /* http:// or https:// with a host, without user name or password */
    CONFIG_PATH,   /* "~/" stands for the home directory; else absolute or, from a flag, relative */
    CONFIG_YESNO,  /* yes, no (also true, false, on, off, 1, 0) */
    CONFIG_CHOICE, /* one of values; its number is the place in the list */
    CONFIG_DAYS,   /* whole days */
    CONFIG_FIGURE, /* a decimal number, or nothing; read with config_figure */
    CONFIG_MS,     /* whole milliseconds */
    CONFIG_SECONDS,  /* decimal seconds; its number is in milliseconds */
    CONFIG_BYTES,    /* whole bytes, K, M, G for 1024 and its powers */
    CONFIG_PANELIST, /* pane words; its number is a resource_mask */
    CONFIG_ZONE      /* "local", "utc" or a name in the system's zone database */
};

struct config_info {
    const char *section, *name;
    enum config_type type;
    const char *values;      /* CONFIG_CHOICE: "a|b|c" */
    int64_t min, max;        /* numbers: the range, both ends in it */
    const char *environment; /* the variable that sets it; NULL: none */
    const char *stands_for;  /* the value a non-empty variable stands for; NULL: its text */
};

const struct config_info *config_info(enum config_id id);

enum config_level {
    CONFIG_DEFAULT,
    CONFIG_FILE,
    CONFIG_OF_PROFILE,
    CONFIG_ENVIRONMENT,
    CONFIG_FLAG,
    CONFIG_FORCED /* the demo's server: wins over everything */
};

struct config;

/* What to read. All borrowed for the call; NULL members mean none. */
struct config_source {
    const char *path;              /* the config file */
    bool path_must_exist;          /* named by the user */
    const struct options *options; /* flags */
    const char *home;              /* for "~/" */
};

/* Reads it all. NULL with *ret_problem set at the first mistake. */
struct config *config_load(const struct config_source *source, struct problem *ret_problem);
void config_free(struct config *config); /* NULL is fine */

/* The text in force, NULL when empty. Lives as long as the config or until the key is forced. */
const char *config_text(const struct config *config, enum config_id id);
/* The number in force: see config_type. 0 for texts. */
int64_t config_number(const struct config *config, enum config_id id);
/* The figure in force; NAN when empty. */
double config_figure(const struct config *config, enum config_id id);
enum config_level config_level(const struct config *config, enum config_id id);
/* "file:line", "BLOTTER_URL", "--url", "default": where the value in force was said. */
const char *config_origin(const struct config *config, enum config_id id);
/* The config file that was read, NULL when there was none. */
const char *config_path(const struct config *config);

/* Replaces a value, whatever set it. False when it is not a good one. */
bool config_force(struct config *config, enum config_id id, const char *value,
                  struct problem *ret_problem);

/* The pairs of [keys] in order: action, its keys, and where that was said. False past the end. */
bool config_key_binding(const struct config *config, size_t i, const char **ret_action,
                        const char **ret_keys, const char **ret_origin);

/* The sections whose names are the user's own, in order; names stand once. */
enum config_list {
    CONFIG_SECRETS,
    CONFIG_VALUES,
    CONFIG_SYMBOLS,
    CONFIG_PRICES, /* [alerts] price.SYMBOL */
    CONFIG_VIEWS,  /* [views] NAME: a filter */
    CONFIG_LISTS
};

struct config_entry {
    const char *name, *value, *origin; /* live as long as the config */
    enum config_level level;
};

/* False past the end. */
bool config_entry(const struct config *config, enum config_list list, size_t i,
                  struct config_entry *ret);

/* Prints the config in force as a file that says the same, comments and all. Never a token. */
void config_print(const struct config *config, FILE *out);

/* The embedded default file. */
const char *config_default_file(size_t *ret_len);

#endif
