/*
 * session: one run of the program: its options, config, paths and token, and what the floors below
 * are to be told because of them.
 */
#ifndef BLOTTER_CLI_SESSION_H
#define BLOTTER_CLI_SESSION_H

#include <blotter/cli/config.h>
#include <blotter/cli/demo.h>
#include <blotter/cli/options.h>
#include <blotter/cli/paths.h>
#include <blotter/cli/secrets.h>
#include <blotter/cli/status.h>
#include <blotter/cli/token.h>
#include <blotter/client/client.h>

struct session {
    const struct options *options;
    struct paths paths;
    struct config *config;
    struct demo *demo; /* NULL: none */
    char *token;       /* NULL: none */
    enum token_source token_source;
    struct adapt *adapt;         /* NULL: the reference backend */
    struct secrets *secrets;     /* of the adapt */
    struct backend_gifts *gifts; /* what the config gives it */
    FILE *log;                   /* NULL: nowhere */
    int64_t opened_us;           /* monotonic: about when the program was started */
};

/* Finds the paths and reads the config. False with the problem; session_close is fine then too. */
bool session_open(struct session *session, const struct options *options,
                  struct problem *ret_problem);

/* Starts the demo's server when it was asked for, else finds the token and checks that there is a
 * backend at all. Returns STATUS_OK, or what the program is to end with and the problem. */
enum status session_connect(struct session *session, struct problem *ret_problem);

void session_close(struct session *session);

/* One line to the log, with the time in UTC; to stderr when -v was given without a log file and no
 * dashboard is on the screen. */
void session_log(const struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the config says, in the words of the floors below. Texts are borrowed from the session. */
void session_http(const struct session *session, struct http_settings *ret);
void session_conn(const struct session *session, struct conn_settings *ret);
void session_client(const struct session *session, struct client_settings *ret);
/* The loop that the client runs in: a backend's commands are run again beside it. Told before the
 * client is made; it outlives the session's use of it or is taken back by NULL. */
void session_loop(const struct session *session, struct loop *loop);
/*
 * For a run that ends by a clock of its own after http.timeout_s: takes that limit, and a longer
 * one for connecting, from the single requests, or equal clocks would race for the wording. Returns
 * the limit in milliseconds.
 */
int64_t session_one_clock(struct client_settings *settings);

/* "REAL", "PAPER", "MOCK", or NULL: as the server says. */
const char *session_badge(const struct session *session);

/* Whether text has to be ASCII: it was asked for, or the locale has nothing better. */
bool session_ascii(const struct session *session);

/* Where the backend is: url, or the first host of a backend of files. */
const char *session_url(const struct session *session);

/* What tells this backend's data and account from another's on the disk. */
const char *session_server(const struct session *session);

/* Its "host:port" in out. */
void session_host(const struct session *session, char *out, size_t size);

/* What the user can do about a fault, one sentence without a full stop; NULL when nothing is known.
 */
const char *session_advice(const struct session *session, enum fault_kind kind);

/* SIGINT, SIGTERM and SIGHUP end the loop with 128 + the signal's number. */
void session_end_on_signals(struct loop *loop);

/* Opens --trace FILE when it was given. False with the problem when it cannot be. */
bool session_trace(const struct session *session, struct trace **ret, struct problem *ret_problem);

/* The modes: each returns the exit code and says on stderr what went wrong. */
int session_watch(struct session *session);
int session_snapshot(struct session *session);
int session_check(struct session *session);
/* Compiles the functions of this run's backend; false when there is nothing wrong with them, else
 * every fault is said on stderr. */
bool session_backend_is_broken(const struct session *session);
int session_check_backend(const struct session *session, const char *name);
int session_list_backends(const struct session *session);
int session_dashboard(struct session *session);

#endif
