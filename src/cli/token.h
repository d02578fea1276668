/*
 * token: the session token, from where the user keeps it to the request, and nowhere else.
 */
#ifndef BLOTTER_CLI_TOKEN_H
#define BLOTTER_CLI_TOKEN_H

#include "config.h"
#include "problem.h"

#define TOKEN_BYTES_MAX 8192

/*
 * Finds the token: --token-file, BLOTTER_TOKEN, then token_file and token_command, whichever has
 * the higher level (the file when they are equal). BLOTTER_TOKEN is wiped from the environment, so
 * that no child inherits it. *ret_token is NULL when none is configured; it is freed by token_free.
 * Returns false when a source is named and does not give a token.
 */
bool token_load(const struct config *config, char **ret_token, struct problem *ret_problem);

/* Where token_load finds it. To be asked before: the variable is gone afterwards. */
enum token_source { TOKEN_OF_NOBODY, TOKEN_OF_VARIABLE, TOKEN_OF_FILE, TOKEN_OF_COMMAND };
enum token_source token_source(const struct config *config);

/* Wipes BLOTTER_TOKEN from the environment. */
void token_forget_environment(void);

/* Overwrites and frees; NULL is fine. */
void token_free(char *token);

/* The first line of a regular file of ours that nobody else may read. */
bool token_read_file(const char *path, char **ret_token, struct problem *ret_problem);

/* The first line that /bin/sh -c COMMAND prints within the time, when it exits with 0. */
bool token_run_command(const char *command, int64_t timeout_ms, char **ret_token,
                       struct problem *ret_problem);

#endif
