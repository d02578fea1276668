/* Shared by the files of the daybook alone. */
#ifndef BLOTTER_CLIENT_DAYBOOK_PRIVATE_H
#define BLOTTER_CLIENT_DAYBOOK_PRIVATE_H

#include <blotter/client/daybook.h>

#include <sqlite3.h>
#include <stdbool.h>

struct daybook {
    sqlite3 *handle;
    char *path;
    int days;
    int32_t (*zone)(const void *user, int64_t wall_ms);
    const void *zone_user;
    bool pending;                 /* something is new and not due yet */
    bool said;                    /* a failure was said, and nothing went well since */
    char today[DAYBOOK_DAY_SIZE]; /* the day written last; "" before */
    int64_t sampled_ms[HISTORY_FIGURES];
    double sample[HISTORY_FIGURES];
    int64_t bars_ms, bodies_ms, day_ms; /* when each was written last */
    uint64_t booked, working;           /* numbers of what was written last */
    int64_t body_confirmed_ms[RESOURCE_COUNT];
};

/* The exchange's day of a time, as a number that counts up by one. */
int64_t daybook_number(const struct daybook *daybook, int64_t wall_ms);

/* A statement; NULL on an error. */
sqlite3_stmt *daybook_prepare(struct daybook *daybook, const char *sql);

/* Binds by a letter each (t text, "" as NULL; i int64_t, MODEL_NO_TIME as NULL; r double, NAN as
 * NULL; T text that may be empty), runs it and makes it ready again. False on an error. */
bool daybook_run(sqlite3_stmt *statement, const char *letters, ...);
/* The same for a statement that is used once. */
bool daybook_once(struct daybook *daybook, const char *sql, const char *letters, ...);
/* Binds only; rows are then taken with sqlite3_step. */
bool daybook_bind(sqlite3_stmt *statement, const char *letters, ...);

/* What the last error means, once; "" when it was said before or will pass. Always false. */
bool daybook_fail(struct daybook *daybook, char why[DAYBOOK_WHY_MAX]);

#endif
