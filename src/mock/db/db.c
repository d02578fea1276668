#include "db.h"

#include <blotter/core/alloc.h>
#include <blotter/sys/wait.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define GUARD_STEPS 10000 /* of SQLite's machine between two looks at the clock: a millisecond */
#define GUARD_LENGTH_MAX (4 << 20) /* bytes of one value: making it cannot be interrupted */
#define STATEMENT_SLOTS 256        /* a power of two, more than twice the statements there are */

extern const char mock_schema_sql[];

struct statement {
    const char *sql; /* the literal's address is the key */
    sqlite3_stmt *handle;
};

struct db {
    sqlite3 *handle;
    char *path;
    bool is_file;
    uint64_t commits;       /* our own */
    uint64_t failures;      /* statements that ended with an error */
    struct db_version seen; /* when db_changed was asked last */
    bool busy;              /* the last transaction could not begin: another process writes */
    struct stat opened;     /* the file that we have open */
    struct db_trouble trouble;
    int told_code; /* what was told last, and when */
    int64_t told_ms;
    bool guarded; /* db_guard is in force, until: */
    int64_t guard_end_ms;
    int length_max;
    char error[160], failure[160];
    size_t statement_count;
    struct statement statements[STATEMENT_SLOTS];
};

static bool db_fail(struct fault *ret_fault, const char *what, const char *path, const char *why)
{
    *ret_fault = (struct fault){.kind = FAULT_CONFIG, .retry_after_ms = -1};
    snprintf(ret_fault->text, sizeof ret_fault->text, "%s '%.60s': %.90s", what, path, why);
    return false;
}

static int note_commit(void *user)
{
    struct db *db = user;
    db->commits++;
    return 0;
}

/* --- what goes wrong ---------------------------------------------------------------------- */

/* What no statement is to blame for. */
static bool is_trouble(int code)
{
    static const int codes[] = {SQLITE_FULL,   SQLITE_IOERR,    SQLITE_CORRUPT,
                                SQLITE_NOTADB, SQLITE_READONLY, SQLITE_CANTOPEN};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static void tell(struct db *db, int code)
{
    int64_t now_ms = wait_now_ms();
    if (db->trouble.told != NULL &&
        (code != db->told_code || now_ms - db->told_ms >= DB_TELL_AGAIN_MS)) {
        db->told_code = code;
        db->told_ms = now_ms;
        db->trouble.told(db->trouble.user, db_error(db));
    }
}

static void note_failure(struct db *db, int code)
{
    db->failures++;
    db->busy |= (code & 0xFF) == SQLITE_BUSY;
    snprintf(db->failure, sizeof db->failure, "%s", db_error(db));
    if ((code & 0xFF) != SQLITE_BUSY) {
        tell(db, code & 0xFF);
    }
}

void db_set_trouble(struct db *db, const struct db_trouble *trouble)
{
    db->trouble = *trouble;
}

uint64_t db_failures(const struct db *db)
{
    return db->failures;
}

const char *db_failure(const struct db *db)
{
    return db->failure;
}

bool db_file_is_there(const struct db *db)
{
    struct stat now;
    return !db->is_file || (stat(db->path, &now) == 0 && now.st_ino == db->opened.st_ino &&
                            now.st_dev == db->opened.st_dev);
}

/* --- what foreign SQL may do -------------------------------------------------------------- */

static bool is_harmless_pragma(const char *name)
{
    static const char *const names[] = {
        "table_info",   "table_xinfo",  "table_list",    "index_list",      "index_info",
        "page_count",   "page_size",    "quick_check",   "integrity_check", "foreign_key_check",
        "data_version", "user_version", "freelist_count"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing beyond this file: no other database (VACUUM opens one, too), no library, no setting. */
static int authorize(void *user, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    const struct db *db = user;
    (void)database;
    (void)trigger;
    if (!db->guarded) {
        return SQLITE_OK;
    }
    switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
        return SQLITE_DENY;
    case SQLITE_PRAGMA:
        return is_harmless_pragma(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return strcasecmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_OK;
    }
}

static int is_over_time(void *user)
{
    const struct db *db = user;
    return db->guarded && wait_now_ms() > db->guard_end_ms;
}

void db_guard(struct db *db, int limit_ms)
{
    db->guarded = true;
    db->guard_end_ms = wait_now_ms() + limit_ms;
    sqlite3_progress_handler(db->handle, GUARD_STEPS, is_over_time, db);
    db->length_max = sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, GUARD_LENGTH_MAX);
}

void db_unguard(struct db *db)
{
    db->guarded = false;
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, db->length_max);
}

/* --- opening ------------------------------------------------------------------------------ */

static bool run_script(struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* How many tables there are, or -1 when the file cannot be read as a database. */
static int64_t count_tables(struct db *db)
{
    return db_int(db, -1, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'", "");
}

static bool create_schema(struct db *db, struct fault *ret_fault)
{
    if (!db_begin(db)) {
        return db_fail(ret_fault, "cannot write database", db->path, db_error(db));
    }
    int64_t tables = count_tables(db);
    if (tables == 0 && !run_script(db, mock_schema_sql)) {
        db_fail(ret_fault, "cannot create the schema in", db->path, db_error(db));
        db_rollback(db);
        return false;
    }
    if (!db_commit(db)) {
        return db_fail(ret_fault, "cannot write database", db->path, db_error(db));
    }
    if (db_int(db, 0, "SELECT value FROM meta WHERE name = 'schema'", "") != 2) {
        return db_fail(ret_fault, "cannot use", db->path, "it is not a database of this version");
    }
    return true;
}

static bool configure(struct db *db, struct fault *ret_fault)
{
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    sqlite3_commit_hook(db->handle, note_commit, db);
    sqlite3_set_authorizer(db->handle, authorize, db);
    bool good =
        run_script(db, db->is_file ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
                                   : "PRAGMA journal_mode = MEMORY") &&
        run_script(db, "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;"
                       "PRAGMA temp_store = MEMORY;"
                       "PRAGMA cache_size = -16384");
    if (!good) {
        return db_fail(ret_fault, "cannot open database", db->path, db_error(db));
    }
    return create_schema(db, ret_fault);
}

struct db *db_open(const char *path, struct fault *ret_fault)
{
    struct db *db = mem_calloc(1, sizeof *db);
    db->path = mem_dup(path, strlen(path));
    db->is_file = strcmp(path, ":memory:") != 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        db_fail(ret_fault, "cannot open database", path, db_error(db));
        db_close(db);
        return NULL;
    }
    if (!configure(db, ret_fault)) {
        db_close(db);
        return NULL;
    }
    if (db->is_file && stat(path, &db->opened) != 0) {
        db_fail(ret_fault, "cannot look at", path, strerror(errno));
        db_close(db);
        return NULL;
    }
    db_changed(db);
    return db;
}

void db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    for (size_t i = 0; i < STATEMENT_SLOTS; i++) {
        sqlite3_finalize(db->statements[i].handle);
    }
    sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

bool db_is_file(const struct db *db)
{
    return db->is_file;
}

const char *db_path(const struct db *db)
{
    return db->path;
}

sqlite3 *db_handle(struct db *db)
{
    return db->handle;
}

const char *db_error(struct db *db)
{
    snprintf(db->error, sizeof db->error, "%s", sqlite3_errmsg(db->handle));
    db->error[strcspn(db->error, "\r\n")] = '\0';
    return db->error;
}

/* --- statements --------------------------------------------------------------------------- */

static struct statement *find_slot(struct db *db, const char *sql)
{
    size_t i = ((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    for (;; i++) {
        struct statement *slot = &db->statements[i & (STATEMENT_SLOTS - 1)];
        if (slot->sql == sql || slot->sql == NULL) {
            return slot;
        }
    }
}

static sqlite3_stmt *prepare(struct db *db, const char *sql)
{
    struct statement *slot = find_slot(db, sql);
    if (slot->sql != NULL) {
        sqlite3_reset(slot->handle);
        return slot->handle;
    }
    if (db->statement_count >= STATEMENT_SLOTS / 2) {
        return NULL;
    }
    sqlite3_stmt *handle = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) !=
        SQLITE_OK) {
        return NULL;
    }
    *slot = (struct statement){sql, handle};
    db->statement_count++;
    return handle;
}

static void bind_all(sqlite3_stmt *statement, const char *types, va_list values)
{
    for (int i = 0; types[i] != '\0'; i++) {
        switch (types[i]) {
        case 's':
            sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
            break;
        case 'i':
            sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
            break;
        case 'd':
            sqlite3_bind_double(statement, i + 1, va_arg(values, double));
            break;
        default:
            sqlite3_bind_null(statement, i + 1);
            break;
        }
    }
}

static sqlite3_stmt *query(struct db *db, const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *statement = prepare(db, sql);
    if (statement != NULL) {
        bind_all(statement, types, values);
    }
    return statement;
}

sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *statement = query(db, sql, types, values);
    va_end(values);
    return statement;
}

bool db_row(struct db *db, sqlite3_stmt *statement)
{
    if (statement == NULL) {
        note_failure(db, SQLITE_ERROR);
        return false;
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        note_failure(db, code);
    }
    sqlite3_reset(statement);
    return false;
}

void db_end(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

int db_run(struct db *db, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *statement = query(db, sql, types, values);
    va_end(values);
    if (statement == NULL) {
        return -SQLITE_ERROR;
    }
    int code = sqlite3_step(statement);
    int changes = sqlite3_changes(db->handle);
    int reset = sqlite3_reset(statement);
    if (code == SQLITE_DONE) {
        return changes;
    }
    if (is_trouble(reset & 0xFF)) {
        tell(db, reset & 0xFF);
    }
    return code == SQLITE_ROW ? 0 : -(reset & 0xFF);
}

int64_t db_int(struct db *db, int64_t fallback, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *statement = query(db, sql, types, values);
    va_end(values);
    int64_t result = fallback;
    if (db_row(db, statement)) {
        if (sqlite3_column_type(statement, 0) != SQLITE_NULL) {
            result = sqlite3_column_int64(statement, 0);
        }
        db_end(statement);
    }
    return result;
}

char *db_text(struct db *db, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *statement = query(db, sql, types, values);
    va_end(values);
    char *result = NULL;
    if (db_row(db, statement)) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (text != NULL) {
            result = mem_dup(text, strlen(text));
        }
        db_end(statement);
    }
    return result;
}

/* --- transactions ------------------------------------------------------------------------- */

bool db_begin(struct db *db)
{
    int code = db_run(db, "BEGIN IMMEDIATE", "");
    db->busy |= code == -SQLITE_BUSY;
    return code >= 0;
}

bool db_begin_now(struct db *db)
{
    db_set_patience(db, false);
    bool begun = db_begin(db);
    db_set_patience(db, true);
    return begun;
}

void db_set_patience(struct db *db, bool waits)
{
    sqlite3_busy_timeout(db->handle, waits ? DB_BUSY_MS : 0);
}

bool db_was_busy(struct db *db)
{
    bool busy = db->busy;
    db->busy = false;
    return busy;
}

bool db_commit(struct db *db)
{
    if (db_run(db, "COMMIT", "") >= 0) {
        return true;
    }
    db_rollback(db);
    return false;
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle)) {
        db_run(db, "ROLLBACK", "");
    }
}

void db_read_begin(struct db *db)
{
    int code = db_run(db, "BEGIN", "");
    if (code < 0) {
        note_failure(db, -code);
    }
}

void db_read_end(struct db *db)
{
    db_run(db, "COMMIT", "");
}

struct db_version db_version(struct db *db)
{
    int64_t others = db->is_file ? db_int(db, 0, "PRAGMA data_version", "") : 0;
    return (struct db_version){others, db->commits, db->failures};
}

bool db_version_equal(const struct db_version *a, const struct db_version *b)
{
    return a->others == b->others && a->ours == b->ours && a->failures == b->failures;
}

bool db_changed(struct db *db)
{
    struct db_version version = db_version(db);
    bool changed = version.others != db->seen.others || version.ours != db->seen.ours;
    db->seen = version;
    return changed;
}

void db_time(int64_t wall_ms, char ret[DB_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    int ms = (int)(wall_ms % 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year > 8099 || parts.tm_year < -1900) {
        memset(&parts, 0, sizeof parts);
        parts.tm_mday = 1;
        parts.tm_year = 70;
    }
    char text[DB_TIME_SIZE + 8];
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + len, sizeof text - len, ".%03dZ", ms);
    memcpy(ret, text, DB_TIME_SIZE - 1);
    ret[DB_TIME_SIZE - 1] = '\0';
}
