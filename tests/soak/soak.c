/*
 * A long run of the real programs: a market at full speed, random faults, a dashboard under random
 * keys and sizes, a --watch beside it. At checkpoints the market is held and everything compared:
 * what --watch printed with the events table, what the dashboard shows with what a fresh one shows,
 * a --snapshot with the tables. Says how memory and descriptors moved, and fails when an event was
 * lost, a pane differs or something grows.
 *
 *     soak BLOTTER BLOTTER-MOCK [SECONDS [RATE [SEED [events]]]]
 *
 * SECONDS are those in which the market moves. events: screens and memory are not judged.
 */
#include "../e2e/panes.h"
#include "books.h"
#include "programs.h"
#include "usage.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STEP_MS = 100,
    UNHARMED_MS =
        1500, /* before a checkpoint: what was lost on purpose is repaired by what follows */
    CHECKPOINTS_MIN = 3,
    CHECKPOINT_MS_MAX = 60000,
    CONVERGE_MS = 60000, /* a half-open stream is noticed, a Retry-After waited out */
    SAMPLES = 400,
    ESCAPE_MS = 100, /* an Escape stands alone after 25 */
    SHOW_AGAIN_MS = 3000,
    TALL = 420, /* every row of every pane */
    WIDE = 196, /* from 200 on the page of a symbol stays beside the panes */
    MAY_LOSE = 200,
    WHY_BYTES = 1 << 16
};

/* In force all the time: a stream that nothing else harms ends after some seconds. */
#define STREAM_ENDS "cut,stream,bytes=3000000"

/* The server's page cache is full from the start, or its growth would hide a leak for a minute. */
#define FILL                                                                                       \
    "CREATE TABLE soak_filler (x); INSERT INTO soak_filler WITH RECURSIVE n (i) AS"                \
    " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT zeroblob(4000) FROM n;"       \
    " SELECT count(*), max(length(x)) FROM soak_filler"

/* touches: events are lost, doubled or reordered on purpose. What ends a --watch for good by its
 * contract (401, 404, 204, another content type) does not strike the stream. */
static const struct {
    const char *spec;
    bool touches;
} faults[] = {
    {"500,*,p=0.5", false},
    {"502,*,p=0.3", false},
    {"503,*,p=0.5", false},
    {"429,*,p=0.3", false},
    {"drop,*,p=0.3", false},
    {"stall,orders,ms=300,p=0.5", false}, /* of a stream it would be the only fault for good */
    {"cut,stream,bytes=90000", false},
    {"half-open,stream,bytes=60000", false},
    {"bad-chunk,stream,bytes=70000", false},
    {"utf8,stream,bytes=50000", false},
    {"truncate,*,p=0.5", false},
    {"garbage,orders,p=0.5", false},
    {"html,account", false},
    {"wrong-type,positions", false},
    {"short-json,watchlists", false},
    {"success-false,orders,p=0.5", false},
    {"404,account,p=0.5", false},
    {"slow,positions,rate=20000,p=0.3", false},
    {"silent,stream,p=0.02,count=200", true},
    {"duplicate,stream,p=0.1", true},
    {"reorder,stream,p=0.02", true},
};
enum { FAULTS = sizeof faults / sizeof *faults };

static const char *const keys[] = {"j", "k", "\t", "g", "G", "s", "?",       "\033",    "z", "1",
                                   "2", "3", "4",  "R", "p", "p", "\033[6~", "\033[5~", "/", "x\r"};

struct soak {
    struct programs programs;
    struct usage *usage;
    sqlite3 *db;
    uint64_t random;
    bool touched;               /* the fault in force touches events */
    int64_t began_ms, storm_ms; /* storm_ms: how long the market moved */
    int64_t step_ms, next_sample_ms;
    unsigned rounds, fault_ends, resizes, presses, fault_count, checkpoints;
    unsigned fired[FAULTS];
    size_t lines_equal; /* shown alike by both dashboards */
    bool brief;         /* events alone are compared */
    bool judges_memory, failed;
};

static void fail(struct soak *s, const char *what)
{
    printf("soak: FAILED: %s\n", what);
    fflush(stdout);
    s->failed = true;
}

static uint32_t random_below(struct soak *s, uint32_t limit)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (uint32_t)(s->random >> 11) % limit;
}

static void run(struct soak *s, int64_t ms)
{
    if (!programs_run(&s->programs, ms) && !s->failed) {
        fail(s, "a program ended");
    }
}

/* --- faults, keys, sizes ---------------------------------------------------------------------- */

static void send_fault(struct soak *s, const char *spec)
{
    char answer[2048];
    if (server_request(&s->programs.server, "/__mock/fault", spec, answer, sizeof answer) != 200) {
        fail(s, spec);
    }
}

static void begin_fault(struct soak *s)
{
    char spec[160];
    uint32_t which = random_below(s, FAULTS);
    snprintf(spec, sizeof spec, "clear\n%s\n" STREAM_ENDS, faults[which].spec);
    s->touched = faults[which].touches;
    if (s->touched) {
        ledger_disturb(s->programs.ledger, MAY_LOSE);
    }
    s->fired[which]++;
    s->fault_count++;
    send_fault(s, spec);
}

static void end_fault(struct soak *s, const char *spec)
{
    send_fault(s, spec);
    if (s->touched) {
        ledger_calm(s->programs.ledger);
        s->touched = false;
    }
}

static void press_keys(struct soak *s)
{
    dashboard_press(&s->programs.old, keys[random_below(s, sizeof keys / sizeof *keys)]);
    s->presses++;
    if (random_below(s, 8) == 0) {
        dashboard_resize(&s->programs.old, 2 + (int)random_below(s, 70),
                         5 + (int)random_below(s, 220));
        s->resizes++;
    }
}

/* --- the storm -------------------------------------------------------------------------------- */

static void sample(struct soak *s)
{
    const pid_t pids[] = {s->programs.old.pid, s->programs.watch, s->programs.server.pid};
    int64_t now_ms = programs_now_ms();
    if (now_ms >= s->next_sample_ms) {
        usage_take(s->usage, pids, now_ms - s->began_ms, ledger_totals(s->programs.ledger).durable);
        s->next_sample_ms = now_ms + s->step_ms;
    }
}

/* A fault of half a second to two every two to four; keys and sizes all along. What happens in a
 * round hangs on the seed and the round's number alone. */
static void storm(struct soak *s, int64_t ms)
{
    int64_t began_ms = programs_now_ms();
    unsigned next = s->rounds + random_below(s, 10);
    while (programs_now_ms() - began_ms < ms - UNHARMED_MS && !s->failed) {
        press_keys(s);
        if (s->rounds == next) {
            begin_fault(s);
            s->fault_ends = s->rounds + 5 + random_below(s, 15);
            next = s->rounds + 20 + random_below(s, 20);
        } else if (s->rounds == s->fault_ends) {
            end_fault(s, "clear\n" STREAM_ENDS);
        }
        run(s, STEP_MS);
        sample(s);
        s->rounds++;
    }
    end_fault(s, "clear\n" STREAM_ENDS);
    run(s, UNHARMED_MS);
    s->storm_ms += programs_now_ms() - began_ms;
}

/* --- a checkpoint ----------------------------------------------------------------------------- */

static bool nothing_waits(struct soak *s)
{
    sqlite3_stmt *row = NULL;
    bool none = false;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT NOT EXISTS (SELECT 1 FROM ticked_positions)"
                           " AND NOT EXISTS (SELECT 1 FROM ticked_stocks)",
                           -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        none = sqlite3_column_int(row, 0) != 0;
    }
    sqlite3_finalize(row);
    return none;
}

/* Holds the market as any other program does that writes to the database: it waits for us, while
 * everybody reads on. */
static bool hold_market(struct soak *s)
{
    int64_t until = programs_now_ms() + CONVERGE_MS;
    while (programs_now_ms() < until && !s->failed) {
        if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
            if (nothing_waits(s)) {
                return true;
            }
            sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        }
        run(s, 3);
    }
    return false;
}

static void release_market(struct soak *s)
{
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static void compare_events(struct soak *s)
{
    struct ledger *ledger = s->programs.ledger;
    int64_t newest = ledger_newest(ledger), until = programs_now_ms() + CONVERGE_MS;
    while (ledger_printed(ledger) < newest && programs_now_ms() < until && !s->failed) {
        run(s, 20);
    }
    run(s, STEP_MS); /* one more would be one too many */
    ledger_settle(ledger, true);
    if (ledger_printed(ledger) != newest) {
        fail(s, "--watch does not come to the newest event");
    } else if (!ledger_is_good(ledger)) {
        fail(s, "--watch and the events table differ");
    }
}

/* Nothing open, nothing filtered, nothing held. Asks the server nothing. */
static void show_all(struct soak *s)
{
    static const char *const press[] = {"\033",     "\033",     "\033",     "\033", "\014",
                                        "1/\025\r", "2/\025\r", "4/\025\r", "1"};
    const struct dashboard *old = &s->programs.old;
    for (size_t i = 0; i < sizeof press / sizeof *press; i++) {
        dashboard_press(old, press[i]);
        run(s, press[i][0] == '\033' ? ESCAPE_MS : STEP_MS / 5);
    }
    if (glass_has(old->glass, "PAUSED")) {
        dashboard_press(old, "p");
    }
}

static bool screens_equal(struct soak *s, bool say)
{
    char *ours = glass_lines(s->programs.old.glass);
    char *theirs = glass_lines(s->programs.fresh.glass);
    bool equal = ours != NULL && theirs != NULL && strlen(theirs) > 0 && glass_holds(ours, theirs);
    for (const char *at = ours; equal && say && (at = strchr(at, '\n')) != NULL; at++) {
        s->lines_equal++;
    }
    if (!equal && say && ours != NULL && theirs != NULL) {
        glass_say_difference(ours, theirs);
    } else if (!equal && say) {
        printf("soak: the %s dashboard does not show its panes, but\n",
               ours == NULL ? "old" : "fresh");
    }
    if (!equal && say) {
        printf("soak: the old dashboard:\n");
        glass_say(s->programs.old.glass);
        printf("soak: the fresh dashboard:\n");
        glass_say(s->programs.fresh.glass);
    }
    free(ours);
    free(theirs);
    return equal;
}

static void compare_screens(struct soak *s)
{
    struct programs *p = &s->programs;
    int64_t until = programs_now_ms() + CONVERGE_MS, again_ms = 0, pause_ms = SHOW_AGAIN_MS;
    p->old.glass = glass_new(TALL, WIDE);
    dashboard_resize(&p->old, TALL, WIDE);
    programs_start_fresh(p, TALL, WIDE);
    while (!s->failed && !(glass_has(p->fresh.glass, "LIVE") && screens_equal(s, false)) &&
           programs_now_ms() < until) {
        if (programs_now_ms() >= again_ms) {
            show_all(s);
            again_ms = programs_now_ms() + pause_ms; /* a screen so large takes its time */
            pause_ms *= 2;
        }
        run(s, 20);
    }
    if (!s->failed && !screens_equal(s, true)) {
        fail(s, "the dashboard shows something else than a fresh one");
    }
    if (!programs_end_dashboard(&p->fresh)) {
        fail(s, "the fresh dashboard did not quit");
    }
    glass_free(p->old.glass);
    p->old.glass = NULL;
    dashboard_resize(&p->old, 40, 140);
}

static void compare_snapshot(struct soak *s)
{
    char *text = programs_snapshot(&s->programs);
    if (text == NULL) {
        fail(s, "--snapshot failed");
    } else if (!books_equal(s->db, s->programs.server.user, text)) {
        fail(s, "--snapshot and the database differ");
    }
    free(text);
}

static void checkpoint(struct soak *s)
{
    if (!hold_market(s)) {
        fail(s, "the market cannot be held");
        return;
    }
    compare_events(s);
    if (!s->failed) {
        if (!s->brief) {
            compare_screens(s);
        }
    }
    if (!s->failed) {
        compare_snapshot(s);
    }
    release_market(s);
    s->checkpoints++;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The server is killed and comes back with a still market: what the dashboard leaves in its cache
 * is what the server says. */
static void compare_after_a_crash(struct soak *s)
{
    struct programs *p = &s->programs;
    static char why[WHY_BYTES];
    char home[96];
    snprintf(home, sizeof home, "%s/old", p->directory);
    server_end(&p->server, SIGKILL);
    run(s, ESCAPE_MS);
    if (!programs_start_server(p, "0", "0", "none")) {
        fail(s, "the server does not start again");
        return;
    }
    dashboard_resize(&p->old, 48, 160);
    int64_t until = programs_now_ms() + CONVERGE_MS;
    p->old.glass = glass_new(48, 160);
    dashboard_press(&p->old, "\014");
    while (!s->failed && !glass_has(p->old.glass, "LIVE") && programs_now_ms() < until) {
        run(s, 50);
    }
    run(s, UNHARMED_MS);
    if (!programs_end_dashboard(&p->old)) {
        fail(s, "the dashboard did not quit");
    } else if (!panes_equal(home, &p->server, why, sizeof why)) {
        printf("soak: %.600s\n", why);
        fail(s, "the cache and the server differ");
    }
}

static void report(struct soak *s, const char *rate)
{
    struct ledger_totals t = ledger_totals(s->programs.ledger);
    double storm_s = (double)s->storm_ms / 1000;
    if (!usage_report(s->usage, s->judges_memory)) {
        s->failed = true;
    }
    printf("soak: %" PRIu64 " lines printed; %" PRIu64 " durable events, %.0f/s of %s asked for,"
           " %.0f s of storm, %" PRIu64 " connections\n",
           t.lines, t.durable, (double)t.durable / storm_s, rate, storm_s, t.connections);
    printf("soak: %" PRIu64 " equal the events table; %" PRIu64 " lost, %" PRIu64
           " repeated, %" PRIu64 " wrong, %" PRIu64 " out of order, %" PRIu64 " malformed; %" PRIu64
           " by faults that ask for it\n",
           t.equal, t.lost, t.repeated, t.wrong, t.unordered, t.malformed, t.excused);
    printf("soak: %u checkpoints, %zu lines of panes as a fresh dashboard shows them; %u faults, %u"
           " keys, %u sizes; %.1f MB to the terminal\n",
           s->checkpoints, s->lines_equal, s->fault_count, s->presses, s->resizes,
           (double)s->programs.old.bytes / 1e6);
    for (int i = 0; i < FAULTS; i++) {
        printf("soak: %6u × %s\n", s->fired[i], faults[i].spec);
    }
    if (!ledger_is_good(s->programs.ledger) && !s->failed) {
        fail(s, "--watch and the events table differ");
    }
}

static bool start(struct soak *s, const char *rate)
{
    struct programs *p = &s->programs;
    if (!programs_prepare(p) || !programs_start_server(p, rate, "20", STREAM_ENDS) ||
        sqlite3_open_v2(p->db, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        (p->ledger = ledger_new(s->db)) == NULL || !programs_start_watch(p)) {
        return false;
    }
    if (!server_sql(&p->server, FILL)) {
        return false;
    }
    programs_start_old(p, 40, 140);
    s->usage = usage_new();
    s->began_ms = programs_now_ms();
    return true;
}

static void finish(struct soak *s)
{
    struct programs *p = &s->programs;
    if (p->old.terminal >= 0) {
        programs_end_dashboard(&p->old);
    }
    programs_end_watch(p);
    server_end(&p->server, SIGTERM);
    sqlite3_close(s->db);
    usage_free(s->usage);
    programs_clean_up(p);
}

int main(int argc, char **argv)
{
    static struct soak soak;
    struct soak *s = &soak;
    char seed[32];
    if (argc < 3) {
        fprintf(stderr, "usage: soak BLOTTER BLOTTER-MOCK [SECONDS [RATE [SEED [events]]]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    long seconds = argc > 3 ? strtol(argv[3], NULL, 10) : 3600;
    const char *rate = argc > 4 ? argv[4] : "5000";
    snprintf(seed, sizeof seed, "%ld", (long)time(NULL));
    s->programs.blotter = argv[1];
    s->programs.mock = argv[2];
    s->programs.seed = argc > 5 ? argv[5] : seed;
    s->brief = argc > 6 && strcmp(argv[6], "events") == 0;
    s->judges_memory = !s->brief;
    s->random = UINT64_C(88172645463325252) ^ strtoull(s->programs.seed, NULL, 10) << 8;
    printf("soak: %ld s, %s events/s; again with: %ld %s %s\n", seconds, rate, seconds, rate,
           s->programs.seed);
    if (!start(s, rate)) {
        printf("soak: FAILED: the programs do not start\n");
        return 1;
    }
    int64_t each_ms = seconds * 1000 / CHECKPOINTS_MIN;
    each_ms = each_ms > CHECKPOINT_MS_MAX ? CHECKPOINT_MS_MAX : each_ms;
    s->step_ms = seconds * 1000 / SAMPLES;
    while (!s->failed && s->storm_ms + STEP_MS < seconds * 1000) {
        storm(s, each_ms);
        if (!s->failed) {
            checkpoint(s);
        }
        printf("soak: checkpoint %u, %s\n", s->checkpoints, s->failed ? "bad" : "good");
        fflush(stdout);
    }
    if (!s->failed) {
        compare_after_a_crash(s);
    }
    report(s, rate);
    ledger_free(s->programs.ledger);
    finish(s);
    printf("soak: %s\n", s->failed ? "FAILED" : "ok");
    return s->failed;
}
