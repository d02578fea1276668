/* token_wait: a command that prints a token, waited for beside everything else. */
#ifndef BLOTTER_CLI_TOKEN_WAIT_H
#define BLOTTER_CLI_TOKEN_WAIT_H

#include "token.h"

#include <blotter/net/loop.h>

struct token_wait;

/* token: the callee's to free; NULL: there is none, and the problem says why. */
typedef void (*token_wait_fn)(void *user, char *token, const struct problem *problem);

/* Starts it. fn is called once, from the loop, when nothing of it is left. NULL with errno set. */
struct token_wait *token_wait_start(struct loop *loop, const char *command, int64_t timeout_ms,
                                    token_wait_fn fn, void *user);

/* Ends it without a word; NULL is fine. */
void token_wait_stop(struct token_wait *wait);

#endif
