/*
 * loop: file descriptors, timers and signals in one wait. One thread. Callbacks never nest.
 * A turn: run what is due, run the before-wait hooks (actions are started and the screen is
 * painted there), wait once.
 */
#ifndef BLOTTER_NET_LOOP_H
#define BLOTTER_NET_LOOP_H

#include <blotter/core/moment.h>

#include <stdbool.h>

struct loop;
struct loop_timer;

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_ERROR 4u /* reported, never asked for */

typedef void (*loop_fd_fn)(void *user, int fd, unsigned events);
typedef void (*loop_fn)(void *user);
typedef void (*loop_signal_fn)(void *user, int signo);

struct loop *loop_new(void);
void loop_free(
    struct loop *loop); /* after everything that uses it: timers are freed by who made them */

/*
 * Waits for events on fd, in place of what was set for it before; with events 0 it is left alone,
 * with LOOP_ERROR alone it is told only that the other end has gone.
 * Both may be called from any callback. Clear it before the fd is closed.
 */
void loop_fd_set(struct loop *loop, int fd, unsigned events, loop_fd_fn fn, void *user);
void loop_fd_clear(struct loop *loop, int fd);

/* Timers are made once, set to a monotonic time in microseconds, and fire once per set.
 * MOMENT_NEVER unsets. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *user);
void loop_timer_free(struct loop_timer *timer);
void loop_timer_set(struct loop_timer *timer, int64_t at_mono_us);

/* Delivers a signal as a callback from the loop (self-pipe); restored by loop_free. One handler per
 * signal. One that whoever started us has told us to ignore stays ignored. */
void loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *user);

/* Called once each turn, in order of registration, just before the wait. */
void loop_before_wait(struct loop *loop, loop_fn fn, void *user);
void loop_before_wait_remove(struct loop *loop, loop_fn fn, void *user); /* from anywhere */

/* The time at which this turn began; refreshed after each wait. */
struct moment loop_now(struct loop *loop);
struct moment loop_refresh(struct loop *loop); /* reads the clocks now */

/*
 * How long the machine has slept since the loop was made, in microseconds, as of the latest wait:
 * the clock that goes on meanwhile beside the one that does not, so that setting the time is no
 * sleep. Waking up ends the wait. 0 where the system does not tell.
 */
int64_t loop_slept_us(const struct loop *loop);

/* Microseconds since the latest wait ended: how long everybody else has been kept waiting. */
int64_t loop_turn_us(const struct loop *loop);

int loop_run(
    struct loop *loop); /* returns what loop_quit was given; no callback is called after that */
void loop_quit(struct loop *loop, int status);

#endif
