/*
 * daybook: what blotter saw, kept across days in one SQLite file per user and server: the tape, the
 * day's figures, prices by the minute, what closings brought, orders that work, and when the user
 * last looked. Documented for its owner in blotter-daybook(5).
 *
 * Whatever goes wrong with the file is said once, in a sentence, and never harms anything else. The
 * file is nobody else's: not followed through a link, not used when another owns it. Several
 * processes may write at once. Every call may touch the disk: from idle turns only.
 */
#ifndef BLOTTER_CLIENT_DAYBOOK_H
#define BLOTTER_CLIENT_DAYBOOK_H

#include <blotter/core/engine.h>
#include <blotter/core/history.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>

#define DAYBOOK_WHY_MAX 256
#define DAYBOOK_DAY_SIZE 11                  /* "2026-11-27" and NUL */
#define DAYBOOK_BODY_MAX ((size_t)128 << 10) /* a longer body of a day is not kept */
#define DAYBOOK_WORKING_MAX ((size_t)500)    /* working orders kept of a day */
#define DAYBOOK_SAMPLE_MS INT64_C(15000)     /* two samples of a series are that far apart */
#define DAYBOOK_BUSY_MS 20                   /* another process writes: try again later */

struct daybook;

struct daybook_settings {
    const char *path;          /* its directory exists */
    int days;                  /* how many are kept, today included; 0: none is removed */
    const char *server, *user; /* said in the file */
    /* Seconds that the exchange's clock is ahead of UTC; NULL: none. */
    int32_t (*zone)(const void *user, int64_t wall_ms);
    const void *zone_user;
};

/* NULL with a sentence in why when the file cannot be used. Copies what it needs. Removes days that
 * are too old. */
struct daybook *daybook_open(const struct daybook_settings *settings, int64_t now_ms,
                             char why[DAYBOOK_WHY_MAX]);
void daybook_close(struct daybook *daybook); /* NULL is fine */

/* What a writer takes from, and a reader fills. */
struct daybook_parts {
    struct tape *tape;
    struct history *history;
    struct money_book *book;     /* NULL: none */
    const struct engine *engine; /* NULL: no orders, no bodies */
};

/*
 * Writes down what is new. False when nothing was written: then why holds a sentence, or "" when
 * another process was writing or when it was said before. all: also what is not due yet, before the
 * end.
 */
bool daybook_write(struct daybook *daybook, int64_t now_ms, const struct daybook_parts *parts,
                   bool all, char why[DAYBOOK_WHY_MAX]);

/* Whether something was not due yet at the last writing. */
bool daybook_pending(const struct daybook *daybook);

/*
 * Fills tape, history and book with a day ("2026-11-27"; NULL: that of now_ms). What happened after
 * the last writing is a gap. False with why when the file cannot be read.
 */
bool daybook_read(struct daybook *daybook, const char *day, int64_t now_ms,
                  const struct daybook_parts *parts, char why[DAYBOOK_WHY_MAX]);

/* Adds a symbol's prices of up to so many days before that of now_ms, by rising time. */
void daybook_past(struct daybook *daybook, const char *symbol, int64_t now_ms, int days,
                  struct series *ret);

/* When somebody last looked at the tape; MODEL_NO_TIME: not known. */
int64_t daybook_looked(struct daybook *daybook);
void daybook_look(struct daybook *daybook, int64_t at_ms);

/* The last body of a resource that a day knew, to be freed; NULL when there is none. */
char *daybook_body(struct daybook *daybook, const char *day, enum resource resource,
                   size_t *ret_len, int64_t *ret_at_ms);

/* The exchange's day of a time. */
void daybook_day(const struct daybook *daybook, int64_t wall_ms, char out[DAYBOOK_DAY_SIZE]);

/* The newest day that has been written at all; false when none has, or when `day` is given and it
 * is not there. */
bool daybook_has_day(struct daybook *daybook, const char *day);

/* When a day was last watched; MODEL_NO_TIME: never. */
int64_t daybook_last_ms(struct daybook *daybook, const char *day);

/* The days that there are, the newest first, for a sentence: "2026-11-27, 2026-11-26"; "" when
 * there is none. What has no room is left out. */
void daybook_list_days(struct daybook *daybook, char *out, size_t size);

/* DIRECTORY/daybook-SERVER-USER.db with the names made fit for a file, to be freed. */
char *daybook_path(const char *directory, const char *url, const char *user);

#endif
