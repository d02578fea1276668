/*
 * demo: the bundled server as a child of ours, on a free loopback port, with a moving market.
 */
#ifndef BLOTTER_CLI_DEMO_H
#define BLOTTER_CLI_DEMO_H

#include "problem.h"

struct demo;

/*
 * Starts blotter-mock (beside our own executable, else in PATH; no shell) and waits until it
 * serves. Its diagnostics go to log_fd, or nowhere when that is negative. NULL with the problem.
 */
struct demo *demo_start(int log_fd, struct problem *ret_problem);

/* Ends the server and waits for it; NULL is fine. It also ends when we are killed. */
void demo_stop(struct demo *demo);

/* The first user the server told of. Live as long as the demo. */
const char *demo_url(const struct demo *demo);
const char *demo_user(const struct demo *demo);
const char *demo_token(const struct demo *demo);

#endif
