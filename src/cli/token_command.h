/*
 * token_command: a command that prints a token, while it runs. Who waits for it does so with
 * deadlines of their own: token.c at the start, token_wait.c beside everything else.
 */
#ifndef BLOTTER_CLI_TOKEN_COMMAND_H
#define BLOTTER_CLI_TOKEN_COMMAND_H

#include "token.h"

#include <sys/types.h>

/*
 * The running command: what it prints, and a pipe that only it and its children hold open, so that
 * their end can be waited for with a deadline.
 */
struct token_command {
    pid_t pid; /* also its group's */
    int out, alive;
    int terminal; /* that was lent to it, -1: none */
};

/* What it printed, and whether it came to its end in time and within the room. */
struct token_output {
    char text[TOKEN_BYTES_MAX + 1];
    size_t len;
    bool in_time;
};

/* quiet: without the terminal and without a word to it. False with errno set. */
bool token_command_start(const char *text, bool quiet, struct token_command *ret);

/* Ends what is not ended, reaps it, closes the pipes. The token, or false with the problem. */
bool token_command_end(const char *command, struct token_command *running,
                       const struct token_output *output, char **ret_token,
                       struct problem *ret_problem);

void token_output_wipe(struct token_output *output);

#endif
