/*
 * db: the mock's SQLite database: opening and creating it, prepared statements by their text, and
 * transactions. One connection, one thread; other processes may write to the same file.
 */
#ifndef BLOTTER_MOCK_DB_H
#define BLOTTER_MOCK_DB_H

#include <blotter/core/fault.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_BUSY_MS 2000 /* how long a statement waits for another process's transaction */

struct db;

/*
 * Opens path (":memory:" for none), creating the schema when the database is empty. NULL with
 * *ret_fault set (FAULT_CONFIG) when it cannot be opened, is no database, or is another version's.
 */
struct db *db_open(const char *path, struct fault *ret_fault);
void db_close(struct db *db); /* NULL is fine; rolls back what is open */

bool db_is_file(const struct db *db);
const char *db_path(const struct db *db);
sqlite3 *db_handle(struct db *db);

/* The last error's text in SQLite's words, one line, cut. Lives until the next call into db. */
const char *db_error(struct db *db);

/*
 * The statement of sql, bound and ready for db_row. sql must be a string literal (statements are
 * kept by its address). types has a letter per parameter: s (const char *, NULL gives NULL),
 * i (int64_t, cast it!), d (double, NAN gives NULL), n (NULL, takes no argument). NULL when sql
 * does not compile, which is a bug: the text is in db_error. A statement may be used again only
 * after it was run to its end or given to db_end.
 */
sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...);

/* One step: true when there is a row. At the end, or on an error, resets the statement and says
 * false. */
bool db_row(struct db *db, sqlite3_stmt *statement);

/* Ends a query before its last row. NULL is fine. */
void db_end(sqlite3_stmt *statement);

/*
 * Runs a statement that gives no rows (parameters as for db_query). Returns the rows it changed
 * itself (triggers not counted), or a negative SQLite code: -SQLITE_CONSTRAINT, -SQLITE_BUSY…
 */
int db_run(struct db *db, const char *sql, const char *types, ...);

/* The first column of the first row as an integer or a copy to be freed; fallback / NULL when there
 * is no row or it is NULL. */
int64_t db_int(struct db *db, int64_t fallback, const char *sql, const char *types, ...);
char *db_text(struct db *db, const char *sql, const char *types, ...);

/*
 * Write transactions: BEGIN IMMEDIATE, and one level only. False when another process holds the
 * database longer than DB_BUSY_MS. db_commit rolls back by itself when it fails.
 * Read transactions see one state of the database whatever other processes do.
 */
bool db_begin(struct db *db);
bool db_begin_now(struct db *db); /* does not wait for others */
/* Whether statements wait for others at all; at first they do. */
void db_set_patience(struct db *db, bool waits);
/* Whether anything has failed because of others since this was asked last. */
bool db_was_busy(struct db *db);
bool db_commit(struct db *db);
void db_rollback(struct db *db);
void db_read_begin(struct db *db);
void db_read_end(struct db *db);

/* Whether the database may have changed since the last call: by our own commits, or by another
 * process's. */
bool db_changed(struct db *db);

/*
 * A state of the database's contents. Two that are equal: nothing was committed in between, by
 * whomever, and no statement failed. Within a read transaction: the state that it sees.
 */
struct db_version {
    int64_t others; /* moves with the commits of other connections */
    uint64_t ours, failures;
};
struct db_version db_version(struct db *db);
bool db_version_equal(const struct db_version *a, const struct db_version *b);

/*
 * Statements that ended with an error since the start (db_run's are told by its result instead),
 * and the words of the last. A body of rows is whole only if the count did not move meanwhile.
 */
uint64_t db_failures(const struct db *db);
const char *db_failure(const struct db *db);

/* Told of a full disk, a damaged or unreadable file and the like, in SQLite's words; of the same
 * again after a minute. */
struct db_trouble {
    void (*told)(void *user, const char *text);
    void *user;
};
#define DB_TELL_AGAIN_MS 60000
void db_set_trouble(struct db *db, const struct db_trouble *trouble);

/* False when the path no longer leads to the file that is open: it was deleted or replaced. */
bool db_file_is_there(const struct db *db);

/*
 * Between the two, SQL from outside can be run: it may do anything to this database's rows and
 * tables but reach other files, load libraries or change settings; it ends with SQLITE_INTERRUPT
 * after limit_ms.
 */
void db_guard(struct db *db, int limit_ms);
void db_unguard(struct db *db);

/* Writes the time as the database's columns hold it: "2025-01-27T10:00:00.000Z". */
#define DB_TIME_SIZE 25
void db_time(int64_t wall_ms, char ret[DB_TIME_SIZE]);

#endif
