/* backend: the backend of this run: its files found, checked, allowed, with its secrets. */
#ifndef BLOTTER_CLI_BACKEND_H
#define BLOTTER_CLI_BACKEND_H

#include <blotter/cli/session.h>

/* What session_connect and session_close do for it. */
enum status backend_open(struct session *session, struct problem *ret_problem);
void backend_close(struct session *session);

#endif
