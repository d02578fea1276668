/*
 * config_keys: which settings there are, what each may be, and where one may come from. One table
 * row per key.
 */
#ifndef BLOTTER_CLI_CONFIG_KEYS_H
#define BLOTTER_CLI_CONFIG_KEYS_H

#include <stdint.h>

enum config_id {
    CONFIG_URL,
    CONFIG_USER,
    CONFIG_TOKEN_FILE,
    CONFIG_TOKEN_COMMAND,
    CONFIG_TOKEN_TIMEOUT,
    CONFIG_BACKEND,
    CONFIG_ALLOW_HOSTS,
    CONFIG_PROFILE,
    CONFIG_PROFILES,
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
    CONFIG_GZIP,
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

/* The sections whose names are the user's own, in order; names stand once. */
enum config_list {
    CONFIG_SECRETS,
    CONFIG_VALUES,
    CONFIG_SYMBOLS,
    CONFIG_PRICES, /* [alerts] price.SYMBOL */
    CONFIG_VIEWS,  /* [views] NAME: a filter */
    CONFIG_LISTS
};

#endif
