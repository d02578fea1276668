/* backend: the backend of this run: its files found, checked, allowed, with its secrets. */
#ifndef BLOTTER_CLI_BACKEND_H
#define BLOTTER_CLI_BACKEND_H

#include <blotter/cli/session.h>

/* What session_connect and session_close do for it. */
enum status backend_open(struct session *session, struct problem *ret_problem);
void backend_close(struct session *session);

/* What session_client adds to the settings; they borrow from the session. */
void backend_settings(const struct session *session, struct client_settings *ret);

#endif
