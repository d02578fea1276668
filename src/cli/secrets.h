/*
 * secrets: what a backend calls its secrets, from where the user keeps them to the headers of
 * requests, and nowhere else. "token" may come the way of the session token instead.
 */
#ifndef BLOTTER_CLI_SECRETS_H
#define BLOTTER_CLI_SECRETS_H

#include "config.h"
#include "status.h"

#include <blotter/core/backend.h>
#include <blotter/net/loop.h>

#define SECRETS_RENEW_MS 60000 /* commands are run again no sooner than this */

struct secrets;

/* Loads all that the backend names; config, home and backend must outlive it. before (may be NULL)
 * are those in force: what they have is taken from them. NULL with the problem and
 * what the program is to end with. */
struct secrets *secrets_load(const struct config *config, const char *home,
                             const struct backend *backend, const struct secrets *before,
                             enum status *ret_status, struct problem *ret_problem);
void secrets_free(struct secrets *secrets); /* NULL is fine; overwrites them */

/* The secret of that name; NULL when there is none. A backend_value_fn, user is the secrets. */
const char *secrets_get(void *secrets, const char *name, size_t len);

/*
 * Reads files and runs commands again, as when a login has run out, beside everything else that the
 * loop does, and calls done(user, ok) once, at once or later. ok: one gave another value,
 * or a command has run well, which may have done more than to print. What fails keeps its value;
 * less than SECRETS_RENEW_MS after the last time nothing is done.
 */
void secrets_renew(struct secrets *secrets, struct loop *loop, void (*done)(void *user, bool ok),
                   void *user);
/* Ends what runs; done is not called any more. Before the loop is freed. */
void secrets_stop(struct secrets *secrets);

#endif
