/*
 * scenario: a timed script of database changes and faults (--scenario FILE).
 *
 * One command a line; blank lines and lines that begin with # are passed over:
 *
 *     AT TIME COMMAND …
 *
 * TIME is seconds since the server began to serve (2, 0.25), or +seconds since the line before.
 * Lines run in the order of their times, lines of the same time in the order of the file. COMMAND
 * is one of the rows of the table in scenario.c:
 *
 *     sql STATEMENTS                     runs SQL in one transaction
 *     order place USER buy|sell QUANTITY SYMBOL [PRICE]   a limit order, or a market order
 *     order execute WHICH                WHICH is an order's id, `last` (placed by this scenario)
 *     order cancel WHICH                 or `newest` (the newest pending order of anyone)
 *     position close USER SYMBOL [PRICE]
 *     price SYMBOL PRICE                 the last price and what follows from it
 *     rate N   ·   quotes N              the market's pace
 *     fault SPEC   ·   fault clear       see faults.h
 *     heartbeat                          a heartbeat on every stream now
 *     end streams                        ends every stream cleanly
 *     quit [STATUS]                      ends the server
 *
 * A command that the database refuses is said on stderr with its line, and the scenario goes on.
 */
#ifndef BLOTTER_MOCK_SCENARIO_H
#define BLOTTER_MOCK_SCENARIO_H

#include "db/db.h"
#include "fault/faults.h"
#include "market/market.h"

struct scenario;

#define SCENARIO_LINE_MAX 8192
#define SCENARIO_FILE_MAX (1 << 20)

/* What a scenario acts on. market may be NULL (rate and quotes then do nothing), as may each
 * function. */
struct scenario_host {
    struct db *db;
    uint64_t seed; /* --seed, for the ids of its orders */
    struct faults *faults;
    struct market *market;
    void (*heartbeat)(void *user);
    void (*end_streams)(void *user);
    void (*quit)(void *user, int status);
    void (*report)(void *user, const char *text); /* a command failed: "file:line: …" */
    void *user;
};

/*
 * Reads and checks the file. NULL with *ret_error set (FAULT_CONFIG, "file:line: what") at the
 * first line that is wrong, or when it cannot be read.
 */
struct scenario *scenario_read(const char *path, struct fault *ret_error);

/* The same from memory; name stands for the file in messages. */
struct scenario *scenario_parse(const char *name, const char *text, size_t len,
                                struct fault *ret_error);
void scenario_free(struct scenario *scenario); /* NULL is fine; stops it */

/* Whether one of its faults needs the fault proxy. */
bool scenario_needs_proxy(const struct scenario *scenario);

/* Time 0 is now. Runs on the loop's timer until the last line is done. The host is copied. */
void scenario_start(struct scenario *scenario, struct loop *loop, const struct scenario_host *host);

/* For tests: runs what is due `elapsed_us` after the start; the time of the next line, or
 * MOMENT_NEVER. */
int64_t scenario_step(struct scenario *scenario, const struct scenario_host *host,
                      int64_t elapsed_us);

/* The table of commands, for --help texts. */
void scenario_help(FILE *out);

#endif
