#include "daybook_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/iso8601.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define VERSION_TEXT "1"
#define DAY_MS INT64_C(86400000)

extern const char daybook_sql[];

/* --- statements ----------------------------------------------------------------------------- */

sqlite3_stmt *daybook_prepare(struct daybook *daybook, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(daybook->handle, sql, -1, &statement, NULL);
    return statement;
}

static int bind_one(sqlite3_stmt *statement, int at, char letter, va_list *arguments)
{
    if (letter == 'i') {
        int64_t value = va_arg(*arguments, int64_t);
        return value == MODEL_NO_TIME ? sqlite3_bind_null(statement, at)
                                      : sqlite3_bind_int64(statement, at, value);
    }
    if (letter == 'r') {
        double value = va_arg(*arguments, double);
        return isnan(value) ? sqlite3_bind_null(statement, at)
                            : sqlite3_bind_double(statement, at, value);
    }
    const char *text = va_arg(*arguments, const char *);
    bool none = text == NULL || (letter == 't' && text[0] == '\0');
    return none ? sqlite3_bind_null(statement, at)
                : sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static bool bind_all(sqlite3_stmt *statement, const char *letters, va_list *arguments)
{
    bool good = statement != NULL;
    for (int i = 0; good && letters[i] != '\0'; i++) {
        good = bind_one(statement, i + 1, letters[i], arguments) == SQLITE_OK;
    }
    return good;
}

bool daybook_bind(sqlite3_stmt *statement, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    bool good = bind_all(statement, letters, &arguments);
    va_end(arguments);
    return good;
}

static bool step_once(sqlite3_stmt *statement)
{
    int came = sqlite3_step(statement);
    sqlite3_reset(statement);
    return came == SQLITE_DONE || came == SQLITE_ROW;
}

bool daybook_run(sqlite3_stmt *statement, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    bool good = bind_all(statement, letters, &arguments);
    va_end(arguments);
    return good && step_once(statement);
}

bool daybook_once(struct daybook *daybook, const char *sql, const char *letters, ...)
{
    va_list arguments;
    sqlite3_stmt *statement = daybook_prepare(daybook, sql);
    va_start(arguments, letters);
    bool good = bind_all(statement, letters, &arguments) && step_once(statement);
    va_end(arguments);
    sqlite3_finalize(statement);
    return good;
}

/* --- failures ------------------------------------------------------------------------------- */

static const char *reason_of(int code, const char *message)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the file is damaged; move it away to begin a new one";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "it cannot be written";
    default:
        return message;
    }
}

bool daybook_fail(struct daybook *daybook, char why[DAYBOOK_WHY_MAX])
{
    int code = sqlite3_errcode(daybook->handle);
    bool passes = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    why[0] = '\0';
    if (!passes && !daybook->said) {
        daybook->said = true;
        snprintf(why, DAYBOOK_WHY_MAX, "daybook: %.100s (%.120s)",
                 reason_of(code, sqlite3_errmsg(daybook->handle)), daybook->path);
    }
    return false;
}

/* --- days ----------------------------------------------------------------------------------- */

static int32_t ahead_of(const struct daybook *daybook, int64_t wall_ms)
{
    return daybook->zone != NULL ? daybook->zone(daybook->zone_user, wall_ms) : 0;
}

int64_t daybook_number(const struct daybook *daybook, int64_t wall_ms)
{
    return moment_day(wall_ms, ahead_of(daybook, wall_ms));
}

static void name_day(int64_t number, char out[DAYBOOK_DAY_SIZE])
{
    char text[ISO8601_SIZE];
    iso8601_format(number * DAY_MS, text);
    snprintf(out, DAYBOOK_DAY_SIZE, "%.10s", text);
}

void daybook_day(const struct daybook *daybook, int64_t wall_ms, char out[DAYBOOK_DAY_SIZE])
{
    name_day(daybook_number(daybook, wall_ms), out);
}

bool daybook_has_day(struct daybook *daybook, const char *day)
{
    sqlite3_stmt *statement =
        daybook_prepare(daybook, "SELECT 1 FROM days WHERE day = ?1 OR ?1 IS NULL LIMIT 1");
    bool has = daybook_bind(statement, "t", day) && sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return has;
}

/* --- opening -------------------------------------------------------------------------------- */

/* Ours and a file, or not there yet: then it is made, for nobody else to read. */
static const char *check_file(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) {
        return errno == ELOOP ? "it is a link" : strerror(errno);
    }
    const char *why = NULL;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        why = "it is no file";
    } else if (info.st_uid != geteuid()) {
        why = "it belongs to another user";
    } else if ((info.st_mode & 077) != 0 && fchmod(fd, 0600) != 0) {
        why = "others can read it";
    }
    close(fd);
    return why;
}

static int64_t version_of(struct daybook *daybook)
{
    int64_t version = -1;
    sqlite3_stmt *statement = daybook_prepare(daybook, "PRAGMA user_version");
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return version;
}

static bool run_script(struct daybook *daybook, const char *sql)
{
    return sqlite3_exec(daybook->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool make_tables(struct daybook *daybook, const struct daybook_settings *settings)
{
    return run_script(daybook, "BEGIN IMMEDIATE") && run_script(daybook, daybook_sql) &&
           run_script(daybook, "PRAGMA user_version = " VERSION_TEXT) &&
           daybook_once(daybook, "INSERT OR REPLACE INTO about VALUES ('server', ?)", "T",
                        settings->server) &&
           daybook_once(daybook, "INSERT OR REPLACE INTO about VALUES ('user', ?)", "T",
                        settings->user) &&
           run_script(daybook, "COMMIT");
}

/* Days that are no longer kept. What is not of a day goes by its time. */
static bool remove_old(struct daybook *daybook, int64_t now_ms)
{
    static const char *const statements[] = {
        "DELETE FROM tape WHERE day <= ?",   "DELETE FROM samples WHERE day <= ?",
        "DELETE FROM booked WHERE day <= ?", "DELETE FROM working WHERE day <= ?",
        "DELETE FROM bodies WHERE day <= ?", "DELETE FROM days WHERE day <= ?",
    };
    char last[DAYBOOK_DAY_SIZE];
    int64_t kept = daybook_number(daybook, now_ms) - daybook->days + 1;
    int64_t begins_ms = kept * DAY_MS - (int64_t)ahead_of(daybook, kept * DAY_MS) * 1000;
    if (daybook->days == 0) {
        return true;
    }
    name_day(kept - 1, last);
    bool good = run_script(daybook, "BEGIN IMMEDIATE");
    for (size_t i = 0; good && i < sizeof statements / sizeof *statements; i++) {
        good = daybook_once(daybook, statements[i], "t", last);
    }
    good = good &&
           daybook_once(daybook, "DELETE FROM bars WHERE minute < ?", "i", begins_ms / 60000) &&
           run_script(daybook, "COMMIT");
    if (!good) {
        run_script(daybook, "ROLLBACK");
    }
    return good;
}

static bool prepare_file(struct daybook *daybook, const struct daybook_settings *settings,
                         int64_t now_ms, char why[DAYBOOK_WHY_MAX])
{
    bool good = sqlite3_open_v2(settings->path, &daybook->handle,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    good = good && sqlite3_busy_timeout(daybook->handle, DAYBOOK_BUSY_MS) == SQLITE_OK &&
           run_script(daybook, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                               " PRAGMA temp_store = MEMORY");
    int64_t version = good ? version_of(daybook) : -1;
    if (good && version > VERSION) {
        snprintf(why, DAYBOOK_WHY_MAX, "daybook: a newer blotter wrote it (%.120s)", daybook->path);
        return false;
    }
    good = good && (version == VERSION || make_tables(daybook, settings));
    /* Another one may be writing: old days can go later. */
    good = good && (remove_old(daybook, now_ms) || sqlite3_errcode(daybook->handle) == SQLITE_BUSY);
    if (!good && !daybook_fail(daybook, why) && why[0] == '\0') {
        snprintf(why, DAYBOOK_WHY_MAX, "daybook: another program holds it (%.120s)", daybook->path);
    }
    return good;
}

struct daybook *daybook_open(const struct daybook_settings *settings, int64_t now_ms,
                             char why[DAYBOOK_WHY_MAX])
{
    const char *wrong = check_file(settings->path);
    if (wrong != NULL) {
        snprintf(why, DAYBOOK_WHY_MAX, "daybook: %.80s (%.120s)", wrong, settings->path);
        return NULL;
    }
    struct daybook *daybook = mem_calloc(1, sizeof *daybook);
    daybook->path = mem_dup(settings->path, strlen(settings->path));
    daybook->days = settings->days;
    daybook->zone = settings->zone;
    daybook->zone_user = settings->zone_user;
    for (int i = 0; i < HISTORY_FIGURES; i++) {
        daybook->sample[i] = NAN;
    }
    if (!prepare_file(daybook, settings, now_ms, why)) {
        daybook_close(daybook);
        return NULL;
    }
    return daybook;
}

void daybook_close(struct daybook *daybook)
{
    if (daybook != NULL) {
        sqlite3_close(daybook->handle);
        free(daybook->path);
        free(daybook);
    }
}

/* --- names ---------------------------------------------------------------------------------- */

static void append_safe(char *out, size_t size, const char *text)
{
    size_t len = strlen(out);
    for (; *text != '\0' && len + 1 < size; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || strchr(".-", *text) != NULL;
        out[len++] = plain ? *text : '_';
    }
    out[len] = '\0';
}

/* What the names lose on the way is told apart by a number of the whole. */
char *daybook_path(const char *directory, const char *url, const char *user)
{
    char name[160] = "daybook-";
    const char *named = user != NULL ? user : "";
    uint64_t number = hash_text(hash_text(hash_text(HASH_START, url), "\n"), named);
    const char *host = strstr(url, "://");
    append_safe(name, 80, host != NULL ? host + 3 : url);
    append_safe(name, sizeof name, "-");
    append_safe(name, 120, named);
    return mem_printf("%s/%s-%08" PRIx32 ".db", directory, name, (uint32_t)(number >> 32));
}
