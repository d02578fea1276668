/*
 * ledger: what --watch printed, held against the events table of the server's database: every id
 * once and in order, every payload as the database has it.
 *
 * Faults that touch the events themselves (lost, doubled, reordered on their way) are excused where
 * they were in force, and only there; a payload is never excused.
 */
#ifndef BLOTTER_TESTS_LEDGER_H
#define BLOTTER_TESTS_LEDGER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

struct ledger_totals {
    uint64_t lines;     /* printed in all */
    uint64_t durable;   /* of them from the table: those that must all come */
    uint64_t equal;     /* of those, once each and with the table's payload */
    uint64_t lost;      /* in the table, never printed */
    uint64_t repeated;  /* printed again */
    uint64_t wrong;     /* printed with another payload, or not in the table at all */
    uint64_t unordered; /* printed behind a later one */
    uint64_t malformed; /* lines that are not what the manual promises */
    uint64_t excused;   /* of all these kinds, where a fault asked for it */
    uint64_t connections;
};

/* Reads the table through the connection, which stays the caller's. */
struct ledger *ledger_new(sqlite3 *db);
void ledger_free(struct ledger *ledger);

/* One line of `--watch -o json --status`, without its end. */
void ledger_line(struct ledger *ledger, const char *line, size_t len);

/* Compares what has come so far; all: up to the last line, otherwise what may still come late is
 * left for the next time. */
void ledger_settle(struct ledger *ledger, bool all);

/* From now on events are lost (at most so many), doubled or reordered; until ledger_calm. */
void ledger_disturb(struct ledger *ledger, uint64_t may_lose);
void ledger_calm(struct ledger *ledger);

/* The newest id in the table, and the newest that was printed. */
int64_t ledger_newest(struct ledger *ledger);
int64_t ledger_printed(const struct ledger *ledger);

/* Whether all that had to come came as it had to. */
bool ledger_is_good(const struct ledger *ledger);
struct ledger_totals ledger_totals(const struct ledger *ledger);

#endif
