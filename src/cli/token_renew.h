/*
 * token_renew: the token's file or command asked again while everything else goes on, because the
 * server turned the token down.
 */
#ifndef BLOTTER_CLI_TOKEN_RENEW_H
#define BLOTTER_CLI_TOKEN_RENEW_H

#include "token.h"

#include <blotter/net/loop.h>

struct token_renew;

struct token_renewal {
    enum token_source source;
    const struct config *config; /* outlives it */
    const char *token;           /* in force; NULL: none. Copied */
    /* From the loop, once per token_renew_ask that returned true: a token that is not the one in
     * force, or why there is none. */
    void (*fn)(void *user, const char *token, const struct problem *problem);
    void *user;
};

struct token_renew *token_renew_new(struct loop *loop, const struct token_renewal *renewal);
void token_renew_free(struct token_renew *renew); /* ends a command that runs; NULL is fine */

/* False when there is nobody to ask: the token came from the environment. */
bool token_renew_ask(struct token_renew *renew);

/* From another config: token_file and token_command may have been changed in it. */
void token_renew_set_config(struct token_renew *renew, const struct config *config);

#endif
