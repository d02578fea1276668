/*
 * trust: the real programs under faults and attacks: a scratch directory, a blotter-mock with the
 * fault proxy in front, blotter on a pseudo-terminal in any mode with delays short enough for a
 * test, and what the system says about a running process.
 */
#ifndef BLOTTER_TESTS_TRUST_H
#define BLOTTER_TESTS_TRUST_H

#include "../support/pty.h"
#include "../support/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct trust {
    char dir[64];
    char db[96], trace[96], log[96];
    struct server server;
    unsigned marks;
    long mark_at;      /* how long the trace was before the last mark */
    long long mark_id; /* the server's newest event after it */
    char why[1 << 15]; /* what a check found */
};

enum trust_mode { TRUST_DASHBOARD, TRUST_WATCH, TRUST_SNAPSHOT, TRUST_MODES };

#define TRUST_ARGS_MAX 20
#define TRUST_ENV_MAX 12

/* args and env come after ours and win. url NULL: the server's. No token is given when token is "".
 */
struct trust_run {
    enum trust_mode mode;
    const char *url, *token;
    const char *args[TRUST_ARGS_MAX];
    const char *env[TRUST_ENV_MAX];
    int rows, cols;
    int ignored;  /* a signal that the program is started without; 0: none */
    bool patient; /* nothing times out on a busy machine: for what is not about time */
};

/* argv as the build gives it: the programs' paths, and that of the clock's shim. */
void trust_programs(int argc, char **argv);
const char *trust_clock_shim(void);
const char *trust_blotter(void);
const char *trust_mock(void);

void trust_up(struct trust *trust);   /* the directory, no server */
void trust_down(struct trust *trust); /* ends the server, removes the directory */
/* The same as what cmocka calls before and after a test: *state is the struct trust. */
int trust_set_up(void **state);
int trust_set_up_served(void **state); /* with trust_serve(…, NULL) */
int trust_tear_down(void **state);

/* A still market, heartbeats every 0.4 s, on the port it had before. more: NULL or further options.
 */
void trust_serve(struct trust *trust, const char *const *more);
void trust_fault(struct trust *trust, const char *spec);

struct pty *trust_start(struct trust *trust, const struct trust_run *run);

/* Changes a row of every pane by SQL, so that each shows the mark's number. */
void trust_mark(struct trust *trust);
/* What came over the stream, word for word, in the dashboard's fifth pane instead of the tape. */
void trust_show_events(struct pty *pty);

/* Waits until every pane of the dashboard is loaded with the last mark in it, and shows it. */
bool trust_wait_mark(struct trust *trust, struct pty *pty);
/* Only the first half: each pane's last answer holds the mark. */
bool trust_wait_caught_up(struct trust *trust, struct pty *pty);
/* The second half, without the trace: the last mark is on the screen, of a pane or of an event. */
bool trust_wait_shown(struct trust *trust, struct pty *pty);

/* Waits for text in the bytes written, wherever on the screen. */
bool trust_wait_output(struct pty *pty, const char *text, size_t from);
size_t trust_written(const struct pty *pty); /* what from is */

/* Ends a dashboard by q and says whether it ended well and held what the server serves. */
bool trust_quit_equal(struct trust *trust, struct pty *pty);
/* Whether the text holds the server's rows of all panes: the output of --snapshot -o json. */
bool trust_snapshot_equal(struct trust *trust, const char *text);

/* Removes the cache that the dashboard left. */
void trust_forget(const struct trust *trust);

/* Lets the program run so long, reading what it writes. */
void trust_let_run(struct pty *pty, int ms);

long trust_cpu_ms(pid_t pid);   /* used so far; -1 when it has ended */
long trust_peak_kib(pid_t pid); /* resident at most */
long trust_fds(pid_t pid);      /* open descriptors */
long trust_steps(const struct trust *trust, const char *step); /* of the trace */
int trust_slack(void); /* how much slower this build may be: 1 plain, more with sanitizers */

/* True when the file or, recursively, a file below the directory holds the bytes. */
bool trust_found_in(const char *path, const char *bytes, size_t len);

#endif
