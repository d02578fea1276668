/* backend: the backend of an account: its files found, checked, allowed, with its secrets. */
#ifndef BLOTTER_CLI_BACKEND_H
#define BLOTTER_CLI_BACKEND_H

#include "profile.h"

/* What profile_open and profile_close do for it. */
enum status backend_open(struct profile *profile, const struct profile_ground *ground,
                         struct problem *ret_problem);
void backend_close(struct profile *profile);

/* Loads and compiles the files of a profile into fresh, a copy of it without a backend of its own;
 * secrets that are in force are taken from the old one, and what others that are open have read
 * already is shared. False with the problem: backend_close(fresh) is fine then too. */
bool backend_read_anew(struct profile *fresh, const struct profile *profile,
                       const struct profile_ground *ground, struct problem *problem);

/* What profile_client adds to the settings; they borrow from the account. */
void backend_settings(const struct profile *profile, struct client_settings *ret);

#endif
