/*
 * account: what is looked at: one profile's config, token or backend, and what the floors below are
 * to be told because of them. A session has one, or several side by side that share nothing but the
 * session, a backend's compiled program and, of one login, its connections.
 */
#ifndef BLOTTER_CLI_PROFILE_H
#define BLOTTER_CLI_PROFILE_H

#include "config.h"
#include "demo.h"
#include "options.h"
#include "paths.h"
#include "secrets.h"
#include "status.h"
#include "token.h"

#include <blotter/client/client.h>

/* What all profiles of a run have in common; outlives them. */
struct profile_ground {
    const struct options *options;
    const struct paths *paths;
    struct config *config; /* of the only one, or what no profile says */
    int log_fd;            /* for the demo's server; negative: none */
    /* The screen is up: no command is waited for. A token that one gives is left to whoever finds
     * it missing; a backend's secrets that one gives are refused. */
    bool running;
    struct profile *const *open; /* those that are open, with whom a backend may be shared */
    size_t open_count;
};

/* Reads the config: that of one of several profiles, or of all (NULL). NULL with the problem. */
struct config *profile_config(const struct options *options, const struct paths *paths,
                              const char *name, struct problem *ret_problem);

struct profile {
    const struct paths *paths;
    const char *name; /* its profile's, where several were asked for; NULL: it is the only one */
    const struct config *config;
    struct config *own_config; /* NULL: it is the session's */
    struct demo *demo;         /* NULL: none */
    char *token;               /* NULL: none */
    enum token_source token_source;
    struct adapt *adapt;         /* NULL: the reference backend */
    struct secrets *secrets;     /* of the adapt */
    struct http_pool *pool;      /* of the adapt and the secrets */
    struct backend_gifts *gifts; /* what the config gives it */
};

/*
 * Reads the config of one of several profiles, or takes the session's (profile NULL); then starts
 * the demo's server when it was asked for, else finds the token and checks that there is a backend
 * at all. Returns STATUS_OK, or what it would end the program with, and the problem; profile_close
 * is fine then too.
 */
enum status profile_open(struct profile *profile, const struct profile_ground *ground,
                         const char *name, struct problem *ret_problem);
void profile_close(struct profile *profile);

/* Whether both are one account: of one server and user. */
bool profile_is(const struct profile *profile, const struct profile *other);

/* What the config says, in the words of the floors below. Texts are borrowed from the account. */
void profile_http(const struct profile *profile, struct http_settings *ret);
void profile_conn(const struct profile *profile, struct conn_settings *ret);
void profile_client(const struct profile *profile, struct client_settings *ret);
/* The loop that the client runs in: a backend's commands are run again beside it. Told before the
 * client is made; it outlives the account's use of it or is taken back by NULL. */
void profile_loop(const struct profile *profile, struct loop *loop);

/* "REAL", "PAPER", "MOCK", or NULL: as the server says. */
const char *profile_badge(const struct profile *profile);

/* Where the backend is: url, or the first host of a backend of files. */
const char *profile_url(const struct profile *profile);

/* What tells this backend's data and account from another's on the disk. */
const char *profile_server(const struct profile *profile);

/*
 * Reads the files and secrets of its backend again; the client uses them from now on. With the
 * problem the old ones stay in force. Nothing happens without a backend of files. A client is made
 * for the panes that there are: where one came or went it cannot go on, and its owner makes
 * another, in this order: ends it, profile_swap_backend(profile, next), makes the new one,
 * backend_close(next).
 */
enum profile_reloaded { PROFILE_NOT_RELOADED, PROFILE_RELOADED, PROFILE_REOPENS };
enum profile_reloaded profile_reload_backend(struct profile *profile, struct client *client,
                                             const struct profile_ground *ground,
                                             struct profile *ret_next, struct problem *ret_problem);
void profile_swap_backend(struct profile *profile, struct profile *other);

/* Compiles the functions of its backend; false when there is nothing wrong with them, else every
 * fault is said on stderr. */
bool profile_backend_is_broken(const struct profile *profile);

/* Its "host:port" in out. */
void profile_host(const struct profile *profile, char *out, size_t size);

#endif
