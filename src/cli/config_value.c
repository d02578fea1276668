#include "config_value.h"
#include "options.h"

#include <blotter/core/resource.h>
#include <blotter/core/suggest.h>
#include <blotter/tui/zone.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef bool (*parse_fn)(const struct config_info *info, const char *text, int64_t *ret,
                         struct problem *problem);

static bool parse_text(const struct config_info *info, const char *text, int64_t *ret,
                       struct problem *problem)
{
    (void)info, (void)text, (void)problem;
    *ret = 0;
    return true;
}

static bool parse_web(const struct config_info *info, const char *text, int64_t *ret,
                      struct problem *problem)
{
    *ret = 0;
    if (*text == '\0') {
        return true;
    }
    const char *scheme = strstr(text, "://");
    const char *host = scheme != NULL ? scheme + 3 : "";
    size_t host_len = strcspn(host, "/?#");
    bool known = strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0;
    if (!known || host_len == 0 || strpbrk(text, " \"\\<>^`{|}") != NULL) {
        return problem_set(problem,
                           "%s is no web address: it begins with http:// or https:// and a host",
                           info->name);
    }
    if (memchr(host, '@', host_len) != NULL) {
        return problem_set(problem, "%s must not hold a user name or password", info->name);
    }
    return true;
}

static bool parse_yesno(const struct config_info *info, const char *text, int64_t *ret,
                        struct problem *problem)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret = (int64_t)(i % 2);
            return true;
        }
    }
    return problem_set(problem, "%s is yes or no, not '%s'", info->name, text);
}

static bool parse_choice(const struct config_info *info, const char *text, int64_t *ret,
                         struct problem *problem)
{
    char words[128];
    struct suggest suggest;
    suggest_init(&suggest, text);
    snprintf(words, sizeof words, "%s", info->values);
    int64_t place = 0;
    for (char *at = words, *next; at != NULL; at = next, place++) {
        next = strchr(at, '|');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (strcmp(at, text) == 0) {
            *ret = place;
            return true;
        }
        suggest_offer(&suggest, at);
    }
    problem_set(problem, "%s is one of %s, not '%s'", info->name, info->values, text);
    return problem_suggest(problem, &suggest);
}

static bool in_range(const struct config_info *info, int64_t number)
{
    return number >= info->min && number <= info->max;
}

/* Digits with at most one unit letter behind them, at most 18 so that nothing wraps. */
static bool digits(const char *text, int64_t *ret, const char **ret_rest)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 18) {
        return false;
    }
    *ret = strtoll(text, NULL, 10);
    *ret_rest = text + len;
    return true;
}

static bool parse_whole(const struct config_info *info, const char *text, int64_t *ret,
                        struct problem *problem)
{
    int64_t value;
    const char *rest, *unit = info->type == CONFIG_DAYS ? "days" : "milliseconds";
    if (!digits(text, &value, &rest) || *rest != '\0' || !in_range(info, value)) {
        return problem_set(problem, "%s is %s from %lld to %lld, not '%s'", info->name, unit,
                           (long long)info->min, (long long)info->max, text);
    }
    *ret = value;
    return true;
}

static bool parse_seconds(const struct config_info *info, const char *text, int64_t *ret,
                          struct problem *problem)
{
    int64_t ms;
    if (!options_parse_seconds(text, &ms) || !in_range(info, ms)) {
        return problem_set(problem, "%s is seconds from 0.001 to %lld, not '%s'", info->name,
                           (long long)(info->max / 1000), text);
    }
    *ret = ms;
    return true;
}

static bool parse_bytes(const struct config_info *info, const char *text, int64_t *ret,
                        struct problem *problem)
{
    static const char units[] = "KMG";
    int64_t bytes;
    const char *rest;
    bool good = digits(text, &bytes, &rest) && bytes <= info->max;
    const char *unit = good && *rest != '\0' ? strchr(units, toupper((unsigned char)*rest)) : NULL;
    if (unit != NULL) {
        bytes <<= 10 * (unit - units + 1); /* at most 2^30 << 30 */
        rest++;
    }
    if (!good || *rest != '\0' || !in_range(info, bytes)) {
        return problem_set(problem, "%s is bytes from %lld to %lld (K, M, G), not '%s'", info->name,
                           (long long)info->min, (long long)info->max, text);
    }
    *ret = bytes;
    return true;
}

static bool refuse_pane(const char *word, int len, struct problem *problem)
{
    char copy[64];
    struct suggest suggest;
    snprintf(copy, sizeof copy, "%.*s", len, word);
    suggest_init(&suggest, copy);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        suggest_offer(&suggest, resource_info((enum resource)i)->pane);
    }
    problem_set(problem, "unknown pane '%s'", copy);
    return problem_suggest(problem, &suggest);
}

static bool parse_panes(const struct config_info *info, const char *text, int64_t *ret,
                        struct problem *problem)
{
    (void)info;
    resource_mask mask = 0;
    for (const char *at = text;;) {
        size_t len = strcspn(at, ", ");
        enum resource resource;
        if (len > 0 && !resource_parse(at, len, &resource)) {
            return refuse_pane(at, (int)(len < 60 ? len : 60), problem);
        }
        mask |= len > 0 ? RESOURCE_BIT(resource) : 0;
        if (at[len] == '\0') {
            break;
        }
        at += len + 1;
    }
    if (mask == 0) {
        return problem_set(problem, "panes names no pane");
    }
    *ret = (int64_t)mask;
    return true;
}

static bool parse_figure(const struct config_info *info, const char *text, int64_t *ret,
                         struct problem *problem)
{
    char *end;
    double figure = strtod(text, &end);
    *ret = 0;
    bool plain = strspn(text, "+-.0123456789") == strlen(text);
    if (*text == '\0' || (plain && *end == '\0' && figure >= (double)info->min &&
                          figure <= (double)info->max && figure != 0)) {
        return true;
    }
    if (info->max <= 0) {
        return problem_set(problem, "%s is a negative number, not '%s'", info->name, text);
    }
    return problem_set(problem, "%s is a number from %lld to %lld, not '%s'", info->name,
                       (long long)info->min, (long long)info->max, text);
}

static bool parse_zone(const struct config_info *info, const char *text, int64_t *ret,
                       struct problem *problem)
{
    char near[ZONE_NAME_MAX];
    *ret = 0;
    if (*text == '\0' || zone_is_known(text, near)) {
        return true;
    }
    if (near[0] != '\0') {
        return problem_set(problem, "%s: the zone database has no '%s' (did you mean '%s'?)",
                           info->name, text, near);
    }
    return problem_set(problem,
                       "%s: the zone database (tzdata) has no '%s': it is local, utc or "
                       "Area/City, as in Asia/Kolkata",
                       info->name, text);
}

static const parse_fn parsers[] = {
    [CONFIG_TEXT] = parse_text,     [CONFIG_WEB] = parse_web,
    [CONFIG_PATH] = parse_text,     [CONFIG_YESNO] = parse_yesno,
    [CONFIG_CHOICE] = parse_choice, [CONFIG_MS] = parse_whole,
    [CONFIG_DAYS] = parse_whole,    [CONFIG_SECONDS] = parse_seconds,
    [CONFIG_BYTES] = parse_bytes,   [CONFIG_PANELIST] = parse_panes,
    [CONFIG_ZONE] = parse_zone,     [CONFIG_FIGURE] = parse_figure,
};

/* One rule for all sources: what a file could not hold is refused from a flag too. */
bool config_value_fits(const char *name, const char *text, struct problem *problem)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f) {
            return problem_set(problem, "%s holds a control character", name);
        }
    }
    if (*text == ';' || strstr(text, " ;") != NULL) {
        return problem_set(problem, "%s holds ' ;', which begins a comment in a config", name);
    }
    if (strlen(text) > CONFIG_VALUE_MAX) {
        return problem_set(problem, "%s is longer than %d bytes", name, CONFIG_VALUE_MAX);
    }
    return true;
}

bool config_value_parse(enum config_id id, const char *text, int64_t *ret_number,
                        struct problem *ret_problem)
{
    const struct config_info *info = config_info(id);
    return config_value_fits(info->name, text, ret_problem) &&
           parsers[info->type](info, text, ret_number, ret_problem);
}
