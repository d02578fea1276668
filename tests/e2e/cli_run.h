/*
 * cli_run: the real program, run to its end: what it printed and how it ended. The environment is
 * pinned; nothing waits without a deadline.
 */
#ifndef BLOTTER_TESTS_CLI_RUN_H
#define BLOTTER_TESTS_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cli_result {
    int status; /* exit status, 128+n for signal n; -1 when it had to be killed */
    char *out, *err;
    size_t out_len, err_len;
};

struct cli_run {
    const char *const *args; /* NULL-terminated, without argv[0] */
    const char *const *env;  /* NULL-terminated NAME=value over the pinned ones; NULL: none */
    const char *out_path;    /* standard output goes there; NULL: is read */
    bool close_out;          /* starts without a standard output */
    size_t out_max; /* stops reading standard output after so many bytes and closes it; 0: no */
};

void cli_set_program(const char *path);

/* Runs it to its end; the result is to be given to cli_done. */
struct cli_result cli_run(const struct cli_run *run);

/* The same for arguments alone. */
struct cli_result cli_run_args(const char *const *args);
void cli_done(struct cli_result *result);

/* Starts it with its output readable at *ret_out; the caller ends it. */
pid_t cli_start(const struct cli_run *run, int *ret_out);

#endif
