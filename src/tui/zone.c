#include <blotter/core/alloc.h>
#include <blotter/core/suggest.h>
#include <blotter/tui/zone.h>

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { PATH_BYTES_MAX = 4096, LIST_BYTES_MAX = 64 << 10 };

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

/* --- the zone database ----------------------------------------------------------------------- */

static const char *const database_dirs[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                            "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};

/* Opens a file of the database: where TZDIR says, else in the first directory that has it. */
static FILE *open_file(const char *name)
{
    char path[PATH_BYTES_MAX];
    const char *named = getenv("TZDIR");
    size_t count = named != NULL ? 1 : sizeof database_dirs / sizeof *database_dirs;
    for (size_t i = 0; i < count; i++) {
        int len =
            snprintf(path, sizeof path, "%s/%s", named != NULL ? named : database_dirs[i], name);
        FILE *file = len > 0 && (size_t)len < sizeof path ? fopen(path, "re") : NULL;
        if (file != NULL) {
            return file;
        }
    }
    return NULL;
}

static bool is_in_database(const char *zone)
{
    char magic[4] = "";
    if (*zone == '\0' || *zone == '/' || strstr(zone, "..") != NULL) {
        return false;
    }
    FILE *file = open_file(zone);
    if (file == NULL) {
        return false;
    }
    bool good = fread(magic, 1, sizeof magic, file) == sizeof magic;
    fclose(file);
    return good && memcmp(magic, "TZif", sizeof magic) == 0;
}

/* The database's list of places: a line each, the zone's name in the third column. */
static void find_near(const char *zone, char ret_near[ZONE_NAME_MAX])
{
    struct suggest suggest;
    char *text = mem_alloc(LIST_BYTES_MAX);
    FILE *file = open_file("zone.tab");
    size_t len = file != NULL ? fread(text, 1, LIST_BYTES_MAX - 1, file) : 0;
    text[len] = '\0';
    suggest_init(&suggest, zone);
    for (char *line = text, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        next += *next != '\0';
        char *name = *line == '#' ? NULL : memchr(line, '\t', (size_t)(next - line));
        name = name != NULL ? memchr(name + 1, '\t', (size_t)(next - name) - 1) : NULL;
        if (name != NULL) {
            name++;
            name[strcspn(name, "\t\n")] = '\0';
            suggest_offer(&suggest, name);
        }
    }
    snprintf(ret_near, ZONE_NAME_MAX, "%s", suggest.best != NULL ? suggest.best : "");
    if (file != NULL) {
        fclose(file);
    }
    free(text);
}

bool zone_is_known(const char *zone, char ret_near[ZONE_NAME_MAX])
{
    ret_near[0] = '\0';
    if (strcasecmp(zone, "local") == 0 || strcasecmp(zone, "utc") == 0 || is_in_database(zone)) {
        return true;
    }
    find_near(zone, ret_near);
    return false;
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
