#if defined(__linux__)
#define _GNU_SOURCE /* CLOCK_BOOTTIME */
#endif
#include "loop_sleep.h"

#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/timerfd.h>
#endif

/* The clock that goes on while the machine sleeps, and the one that does not. */
#if defined(__linux__)
#define CLOCK_ALWAYS CLOCK_BOOTTIME
#define CLOCK_AWAKE CLOCK_MONOTONIC
#elif defined(CLOCK_UPTIME_RAW) /* macOS */
#define CLOCK_ALWAYS CLOCK_MONOTONIC
#define CLOCK_AWAKE CLOCK_UPTIME_RAW
#elif defined(CLOCK_BOOTTIME) && defined(CLOCK_UPTIME) /* the BSDs */
#define CLOCK_ALWAYS CLOCK_BOOTTIME
#define CLOCK_AWAKE CLOCK_UPTIME
#endif

#define TRIES 5
#define APART_MAX_US 1000 /* two looks at a clock, when nothing came between */

#ifdef CLOCK_ALWAYS
static int64_t clock_us(clockid_t id)
{
    struct timespec time = {0, 0};
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}
#endif

int64_t sleep_total_us(void)
{
    int64_t slept_us = 0;
#ifdef CLOCK_ALWAYS
    /* Between two looks another program may have had its turn: then once more. */
    for (int i = 0; i < TRIES; i++) {
        int64_t before_us = clock_us(CLOCK_AWAKE);
        int64_t always_us = clock_us(CLOCK_ALWAYS);
        int64_t after_us = clock_us(CLOCK_AWAKE);
        slept_us = always_us - after_us;
        if (after_us - before_us < APART_MAX_US) {
            break;
        }
    }
#endif
    return slept_us;
}

int sleep_fd_new(void)
{
#if defined(__linux__)
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0) {
        sleep_fd_arm(fd);
    }
    return fd;
#else
    return -1;
#endif
}

void sleep_fd_arm(int fd)
{
#if defined(__linux__)
    /* A time that never comes; it is cancelled when the clock jumps, and waking up is a jump. */
    const struct itimerspec never = {.it_value = {.tv_sec = (time_t)1 << 33}};
    uint64_t count;
    ssize_t ignored = read(fd, &count, sizeof count);
    (void)ignored;
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
#else
    (void)fd;
#endif
}

int64_t sleep_wait_max_us(void)
{
#ifdef CLOCK_ALWAYS
    return 1000000;
#else
    return -1;
#endif
}
