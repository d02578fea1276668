/*
 * session: one run of the program: its options, config, paths and log, and the accounts that it is
 * about.
 */
#ifndef BLOTTER_CLI_SESSION_H
#define BLOTTER_CLI_SESSION_H

#include "profile.h"

struct session {
    const struct options *options;
    struct paths paths;
    struct config *config; /* of one account; of several: what no profile says */
    struct config *latest; /* the same as read by session_reload; NULL: not yet */
    FILE *log;             /* NULL: nowhere */
    int64_t opened_us;     /* monotonic: about when the program was started */
    struct profile *profiles[CONFIG_PROFILES_MAX]; /* that are open, in the order of their names */
    size_t profile_count;
    /* Why accounts that are named could not be opened; it has been said on stderr. */
    char *broken[CONFIG_PROFILES_MAX];
    size_t broken_count;
    size_t named; /* accounts that were asked for; more than one: what is printed names them */
};

/* Finds the paths and reads the config. False with the problem; session_close is fine then too. */
bool session_open(struct session *session, const struct options *options,
                  struct problem *ret_problem);

/*
 * Opens an account more: that of one of several profiles, or the only one (NULL). Returns
 * STATUS_OK, or what it would end the program with, and the problem.
 */
enum status session_add(struct session *session, const char *profile, struct problem *ret_problem);

/*
 * Opens all that are named, for a mode that talks to them. Those that cannot be are said on stderr.
 * Returns STATUS_OK when one is open, or what the program is to end with: the first's.
 */
enum status session_connect(struct session *session);

void session_close(struct session *session);

/* What becomes of several accounts while their clients run. */
struct session_changes {
    void (*goes)(void *user, struct profile *profile);         /* it is closed behind this */
    void (*came)(void *user, struct profile *profile);         /* it is the last now */
    void (*failed)(void *user, const struct problem *problem); /* it names the profile */
    void *user;
};

/*
 * Reads the config again, into latest: false with the problem when it has a mistake, and everything
 * stays. Of several accounts those that are no longer named go and those that are not open come;
 * the others stay as they are, whatever their profiles say now. An only account stays.
 */
bool session_reload(struct session *session, const struct session_changes *changes,
                    struct problem *ret_problem);

/* What the accounts that are open stand on, and whoever opens one more. */
struct profile_ground session_ground(const struct session *session);

/* One line to the log, with the time in UTC; to stderr when -v was given without a log file and no
 * dashboard is on the screen. */
void session_log(const struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * For a run that ends by a clock of its own after http.timeout_s: takes that limit, and a longer
 * one for connecting, from the single requests, or equal clocks would race for the wording. Returns
 * the limit in milliseconds.
 */
int64_t session_one_clock(struct client_settings *settings);

/* Whether text has to be ASCII: it was asked for, or the locale has nothing better. */
bool session_ascii(const struct session *session);

/* What the user can do about a fault, one sentence without a full stop; NULL when nothing is known.
 */
const char *session_advice(const struct profile *profile, enum fault_kind kind);

/* SIGINT, SIGTERM and SIGHUP end the loop with 128 + the signal's number. */
void session_end_on_signals(struct loop *loop);

/* Opens --trace FILE when it was given. False with the problem when it cannot be. */
bool session_trace(const struct session *session, struct trace **ret, struct problem *ret_problem);

/* The modes: each returns the exit code and says on stderr what went wrong. */
int session_watch(struct session *session);
int session_snapshot(struct session *session);
int session_check(struct session *session);
int session_check_backend(const struct session *session, const char *name);
int session_list_backends(const struct session *session);
int session_dashboard(struct session *session);

#endif
