#include <blotter/tui/zone.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int32_t local_offset_s(const void *user, int64_t wall_ms)
{
    (void)user;
    int64_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
    time_t time = (time_t)seconds;
    struct tm local;
    return localtime_r(&time, &local) == NULL ? 0 : (int32_t)local.tm_gmtoff;
}

/* Only looked at: a locale set for the program would put commas into its JSON. */
static void take_locale(struct format *format)
{
    locale_t user = newlocale(LC_NUMERIC_MASK | LC_CTYPE_MASK, "", (locale_t)0);
    if (user == (locale_t)0) {
        return;
    }
    locale_t before = uselocale(user);
    const struct lconv *conv = localeconv();
    snprintf(format->locale_separator, sizeof format->locale_separator, "%s",
             strlen(conv->thousands_sep) < sizeof format->locale_separator ? conv->thousands_sep
                                                                           : "");
    snprintf(format->locale_decimal, sizeof format->locale_decimal, "%s",
             strlen(conv->decimal_point) < sizeof format->locale_decimal ? conv->decimal_point
                                                                         : "");
    snprintf(format->locale_grouping, sizeof format->locale_grouping, "%s", conv->grouping);
    uselocale(before);
    freelocale(user);
}

/* "local" after another zone means the one that we were started with. */
static void set_local(void)
{
    static bool known;
    static bool set;
    static char first[256];
    const char *now = getenv("TZ");
    if (!known) {
        known = true;
        set = now != NULL && strlen(now) < sizeof first;
        snprintf(first, sizeof first, "%s", set ? now : "");
    } else if (set) {
        setenv("TZ", first, 1);
    } else {
        unsetenv("TZ");
    }
}

void zone_apply(struct format *format, const char *zone)
{
    take_locale(format);
    format->zone_user = NULL;
    if (zone != NULL && strcasecmp(zone, "utc") == 0) {
        format->zone = NULL;
        return;
    }
    set_local();
    if (zone != NULL && strcasecmp(zone, "local") != 0) {
        setenv("TZ", zone, 1);
    }
    tzset();
    format->zone = local_offset_s;
}
