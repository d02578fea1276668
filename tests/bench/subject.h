/*
 * subject: a program at work on a server, whichever of the two it is: blotter's dashboard on a
 * pseudo-terminal, or the peer. Both tell their steps, so that one measurement serves both.
 */
#ifndef BLOTTER_BENCH_SUBJECT_H
#define BLOTTER_BENCH_SUBJECT_H

#include "../support/pty.h"
#include "../support/server.h"
#include "bench.h"
#include "process.h"
#include "steps.h"

enum subject_kind { SUBJECT_BLOTTER, SUBJECT_PEER };

struct subject_options {
    const char *url;       /* NULL: the server's own; a link's otherwise */
    const char *cache_dir; /* XDG_CACHE_HOME; NULL: --no-cache */
    int rows, cols;        /* 0: 48, 160 */
    const char *extra[3];  /* more options, the rest NULL */
    const char *config;    /* a file that names several accounts, in place of url and user */
    size_t accounts;       /* how many; 0: one */
};

struct subject {
    enum subject_kind kind;
    struct pty *pty;        /* blotter */
    struct process process; /* the peer */
    struct steps steps;
    int64_t started_us;
    size_t accounts;
    char trace_path[256];
};

bool subject_start(struct subject *ret, struct bench *bench, enum subject_kind kind,
                   const struct server *server, const struct subject_options *options);
/* Ends it as a user would (q, SIGTERM), takes in its last steps; call subject_free afterwards. */
void subject_stop(struct subject *subject);
void subject_free(struct subject *subject);

pid_t subject_pid(const struct subject *subject);

/* What to wait on for its next news. */
int subject_fd(const struct subject *subject);
/* Takes in what it wrote, without waiting. */
void subject_pump(struct subject *subject);

typedef bool (*subject_predicate)(const struct subject *subject, const void *user);

/* Until the predicate holds. False when the time passes first. */
bool subject_wait(struct subject *subject, subject_predicate predicate, const void *user,
                  int timeout_ms);

/* Until all four panes have been loaded from the server and painted, and its stream is open, of
 * every account. The paint that showed the last of them into *ret_us (may be NULL). */
bool subject_wait_loaded(struct subject *subject, int64_t *ret_us);

/* Takes in what comes until the time, whatever it is. */
void subject_run_until(struct subject *subject, int64_t until_us);

/* Until it told nothing for quiet_ms. */
bool subject_wait_quiet(struct subject *subject, int quiet_ms, int timeout_ms);

#endif
