/*
 * loop_signal: signals as bytes in a pipe, so that they arrive in the one wait. The handler does
 * nothing but write one byte; a signal already on its way is not written twice, so the pipe
 * cannot fill up and nothing is lost.
 */
#ifndef BLOTTER_NET_LOOP_SIGNAL_H
#define BLOTTER_NET_LOOP_SIGNAL_H

#include <blotter/net/loop.h>

struct loop_signals;

struct loop_signals *loop_signals_new(void);
void loop_signals_free(struct loop_signals *signals); /* restores what was there before */

int loop_signals_fd(const struct loop_signals *signals); /* readable when a signal arrived */
void loop_signals_add(struct loop_signals *signals, int signo, loop_signal_fn fn, void *user);
void loop_signals_deliver(struct loop_signals *signals); /* calls what has arrived */

#endif
