/*
 * auth: who a request's token belongs to. The sessions table is held in memory and read again when
 * its counter moves. A token is looked up by a keyed hash and compared in constant time, so the
 * time an answer takes says nothing about the tokens that exist.
 */
#ifndef BLOTTER_MOCK_AUTH_H
#define BLOTTER_MOCK_AUTH_H

#include "db/db.h"

struct auth;

struct auth *auth_new(struct db *db);
void auth_free(struct auth *auth);

/*
 * The user of a request with these headers (NULL when absent), or NULL when it carries no token
 * that is known. A bearer token decides alone; else the session cookie does.
 * The text lives until the next call.
 */
const char *auth_user(struct auth *auth, const char *authorization, const char *cookie);

#endif
