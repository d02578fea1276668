/* backend: the backend of an account: its files found, checked, allowed, with its secrets. */
#ifndef BLOTTER_CLI_BACKEND_H
#define BLOTTER_CLI_BACKEND_H

#include <blotter/cli/profile.h>

/* What profile_open and profile_close do for it. */
enum status backend_open(struct profile *profile, const struct profile_ground *ground,
                         struct problem *ret_problem);
void backend_close(struct profile *profile);

/* What profile_client adds to the settings; they borrow from the account. */
void backend_settings(const struct profile *profile, struct client_settings *ret);

#endif
