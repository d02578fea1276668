/*
 * secrets: what a backend calls its secrets, from where the user keeps them to the headers of
 * requests, and nowhere else. "token" may come the way of the session token instead.
 */
#ifndef BLOTTER_CLI_SECRETS_H
#define BLOTTER_CLI_SECRETS_H

#include <blotter/cli/config.h>
#include <blotter/cli/status.h>
#include <blotter/core/backend.h>

#define SECRETS_RENEW_MS 60000 /* commands are run again no sooner than this */

struct secrets;

/* Loads all that the backend names; config, home and backend must outlive it. NULL with the problem
 * and what the program is to end with. */
struct secrets *secrets_load(const struct config *config, const char *home,
                             const struct backend *backend, enum status *ret_status,
                             struct problem *ret_problem);
void secrets_free(struct secrets *secrets); /* NULL is fine; overwrites them */

/* The secret of that name; NULL when there is none. A backend_value_fn, user is the secrets. */
const char *secrets_get(void *secrets, const char *name, size_t len);

/*
 * Reads files and runs commands again, as when a login has run out; waits for them. False when that
 * was done less than SECRETS_RENEW_MS ago, or none gave another value; what fails keeps its value.
 */
bool secrets_renew(void *secrets);

#endif
