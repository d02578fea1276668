/*
 * broker_run: a made-up broker of one's own for one test, with a config home in which the backend
 * "mine" is like the shipped one, at its address.
 */
#ifndef BLOTTER_TESTS_BROKER_RUN_H
#define BLOTTER_TESTS_BROKER_RUN_H

#include <stdbool.h>
#include <sys/types.h>

struct broker_run {
    const char *program, *name;
    pid_t pid;
    int to, from; /* its stdin and stdout */
    char url[64];
    char home[64];   /* a directory of its own */
    char env[2][96]; /* XDG_CONFIG_HOME, XDG_STATE_HOME */
};

/* Starts program with the broker's name; more is further lines for mine.ini. Fails the test when it
 * does not start. */
void broker_start(struct broker_run *ret, const char *program, const char *name, const char *more);
void broker_end(struct broker_run *run);

/* It dies without a word; and is there again at its address, with a book as at first and a token
 * that is good. */
void broker_kill(struct broker_run *run);
void broker_again(struct broker_run *run, const char *token);

/* One command: the line that answers it, valid until the next. */
const char *broker_do(struct broker_run *run, const char *command);

/* Writes a file below the home, for its owner alone. */
void broker_write(const struct broker_run *run, const char *path, const char *text);

#endif
