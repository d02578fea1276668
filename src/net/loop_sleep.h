/*
 * loop_sleep: whether the machine slept. The kernel is asked to end the wait when it wakes up, so
 * that nobody has to look every second; where it cannot be asked, the wait is cut into seconds.
 */
#ifndef BLOTTER_NET_LOOP_SLEEP_H
#define BLOTTER_NET_LOOP_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

/* How long the machine has slept since it was started, in microseconds; 0 where nobody knows. Never
 * too much, at times a little too little. */
int64_t sleep_total_us(void);

/* A descriptor that becomes readable when the clocks were set or the machine woke up, to be closed
 * by the caller; -1 when there is none. */
int sleep_fd_new(void);

/* After it was readable. */
void sleep_fd_arm(int fd);

/* The longest a wait may last when there is no such descriptor, in microseconds; -1: for ever. */
int64_t sleep_wait_max_us(void);

#endif
