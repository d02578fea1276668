#include "config_keys.h"

#include <assert.h>
#include <stddef.h>

#define TIME_MAX_MS 86400000 /* a day: longer is a mistake */
#define SIZE_MAX_BYTES ((int64_t)1 << 30)

static const struct config_info rows[] = {
    [CONFIG_URL] = {"main", "url", CONFIG_WEB, .environment = "BLOTTER_URL"},
    [CONFIG_USER] = {"main", "user", CONFIG_TEXT, .environment = "BLOTTER_USER"},
    [CONFIG_TOKEN_FILE] = {"main", "token_file", CONFIG_PATH},
    [CONFIG_TOKEN_COMMAND] = {"main", "token_command", CONFIG_TEXT},
    [CONFIG_TOKEN_TIMEOUT] = {"main", "token_timeout_s", CONFIG_SECONDS, NULL, 1, 3600000},
    [CONFIG_BACKEND] = {"main", "backend", CONFIG_TEXT},
    [CONFIG_ALLOW_HOSTS] = {"main", "allow_hosts", CONFIG_TEXT},
    [CONFIG_PROFILE] = {"main", "profile", CONFIG_TEXT, .environment = "BLOTTER_PROFILE"},
    [CONFIG_PROFILES] = {"main", "profiles", CONFIG_TEXT},
    [CONFIG_BADGE] = {"main", "badge", CONFIG_CHOICE, "auto|real|paper|mock"},
    [CONFIG_PANES] = {"main", "panes", CONFIG_PANELIST},
    [CONFIG_CACHE] = {"main", "cache", CONFIG_YESNO},
    [CONFIG_DAYBOOK_DAYS] = {"main", "daybook_days", CONFIG_DAYS, NULL, 0, 3650},
    [CONFIG_LOG_FILE] = {"main", "log_file", CONFIG_PATH},
    [CONFIG_VERBOSE] = {"main", "verbose", CONFIG_YESNO},
    [CONFIG_AUTH] = {"http", "auth", CONFIG_CHOICE, "bearer|cookie"},
    [CONFIG_COOKIE_NAME] = {"http", "cookie_name", CONFIG_TEXT},
    [CONFIG_CA_FILE] = {"http", "ca_file", CONFIG_PATH},
    [CONFIG_ALLOW_INSECURE] = {"http", "allow_insecure", CONFIG_YESNO},
    [CONFIG_CONNECT_TIMEOUT] = {"http", "connect_timeout_s", CONFIG_SECONDS, NULL, 1, TIME_MAX_MS},
    [CONFIG_TIMEOUT] = {"http", "timeout_s", CONFIG_SECONDS, NULL, 1, TIME_MAX_MS},
    [CONFIG_BODY_MAX] = {"http", "body_max", CONFIG_BYTES, NULL, 1024, SIZE_MAX_BYTES},
    [CONFIG_GZIP] = {"http", "gzip", CONFIG_CHOICE, "auto|no|yes"},
    [CONFIG_STREAM_RETRY] = {"stream", "retry_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_STREAM_MAX_RETRY] = {"stream", "max_retry_ms", CONFIG_MS, NULL, 1, TIME_MAX_MS},
    [CONFIG_STREAM_WATCHDOG] = {"stream", "watchdog_ms", CONFIG_MS, NULL, 100, TIME_MAX_MS},
    [CONFIG_STREAM_GOOD_AFTER] = {"stream", "good_after_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_STREAM_EVENT_MAX] = {"stream", "event_max", CONFIG_BYTES, NULL, 1024, SIZE_MAX_BYTES},
    [CONFIG_DEDUPE] = {"refresh", "dedupe_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_FOCUS_THROTTLE] = {"refresh", "focus_throttle_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_RETRY_BASE] = {"refresh", "retry_base_ms", CONFIG_MS, NULL, 1, TIME_MAX_MS},
    [CONFIG_RETRY_CAP] = {"refresh", "retry_cap_ms", CONFIG_MS, NULL, 1, TIME_MAX_MS},
    [CONFIG_POLL_AFTER] = {"refresh", "poll_after_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_POLL] = {"refresh", "poll_ms", CONFIG_MS, NULL, 100, TIME_MAX_MS},
    [CONFIG_POLL_CAP] = {"refresh", "poll_cap_ms", CONFIG_MS, NULL, 100, TIME_MAX_MS},
    [CONFIG_GAP_MIN] = {"refresh", "gap_min_ms", CONFIG_MS, NULL, 1, TIME_MAX_MS},
    [CONFIG_GAP_MAX] = {"refresh", "gap_max_ms", CONFIG_MS, NULL, 1, TIME_MAX_MS},
    [CONFIG_QUOTE_POLL] = {"refresh", "quote_poll_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_THEME] = {"display", "theme", CONFIG_TEXT},
    [CONFIG_COLOR] = {"display", "color", CONFIG_CHOICE, "auto|always|never",
                      .environment = "NO_COLOR", .stands_for = "never"},
    [CONFIG_ASCII] = {"display", "ascii", CONFIG_YESNO},
    [CONFIG_MOUSE] = {"display", "mouse", CONFIG_YESNO},
    [CONFIG_GROUPING] = {"display", "grouping", CONFIG_CHOICE,
                         "indian|western|none|locale|account"},
    [CONFIG_TIMEZONE] = {"display", "timezone", CONFIG_ZONE},
    [CONFIG_HIDE_AMOUNTS] = {"display", "hide_amounts", CONFIG_YESNO},
    [CONFIG_QUOTE_STALE] = {"display", "quote_stale_ms", CONFIG_MS, NULL, 0, TIME_MAX_MS},
    [CONFIG_BELL] = {"alerts", "bell", CONFIG_YESNO},
    [CONFIG_NOTIFY] = {"alerts", "notify", CONFIG_CHOICE, "none|osc9|osc777"},
    [CONFIG_ON_EVENT] = {"alerts", "on_event", CONFIG_TEXT},
    [CONFIG_ALERT_FILL] = {"alerts", "fill", CONFIG_YESNO},
    [CONFIG_ALERT_DAY_LOSS] = {"alerts", "day_loss", CONFIG_FIGURE, NULL, INT64_MIN, 0},
    [CONFIG_ALERT_MARGIN] = {"alerts", "margin", CONFIG_FIGURE, NULL, 1, 1000},
};
static_assert(sizeof rows / sizeof *rows == CONFIG_TOTAL, "a row per key");

const struct config_info *config_info(enum config_id id)
{
    return &rows[id];
}
