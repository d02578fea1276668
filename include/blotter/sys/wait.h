/* wait: for one descriptor, where there is no loop yet or any more. */
#ifndef BLOTTER_SYS_WAIT_H
#define BLOTTER_SYS_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* The monotonic clock. */
int64_t wait_now_ms(void);

/* Until fd can be read or is at its end. False when the time is used up. */
bool wait_readable(int fd, int64_t deadline_ms);

#endif
