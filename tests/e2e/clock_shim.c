/*
 * clock_shim: preloaded into a program, it steps the program's wall clock: real time is off by as
 * many seconds as stand in the file that BLOTTER_TEST_CLOCK names. The monotonic clock goes on as
 * it is, as it does when somebody sets the time. The clock that goes on in the machine's sleep is
 * ahead by what stands in BLOTTER_TEST_SLEPT; the descriptor by which the kernel tells of it is the
 * FIFO BLOTTER_TEST_WAKE. Whoever opens the file BLOTTER_TEST_HOLD waits until somebody has opened
 * and closed a FIFO of that name with ".wait" behind it.
 */
#undef _FILE_OFFSET_BITS /* what is defined here has its own name … */
#undef _FORTIFY_SOURCE   /* … and no other body */
#define _GNU_SOURCE      /* syscall */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif
#include <time.h>
#include <unistd.h>

static time_t off_s(const char *variable)
{
    char text[32] = "";
    const char *path = getenv(variable);
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        ssize_t len = read(fd, text, sizeof text - 1);
        text[len > 0 ? len : 0] = '\0';
        close(fd);
    }
    return (time_t)strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int result = (int)syscall(SYS_clock_gettime, id, ret);
    if (result == 0 && id == CLOCK_REALTIME) {
        ret->tv_sec += off_s("BLOTTER_TEST_CLOCK");
    }
#ifdef CLOCK_BOOTTIME
    if (result == 0 && id == CLOCK_BOOTTIME) {
        ret->tv_sec += off_s("BLOTTER_TEST_SLEPT");
    }
#endif
    return result;
}

#ifdef __linux__
int timerfd_create(clockid_t clock, int flags)
{
    const char *path = getenv("BLOTTER_TEST_WAKE");
    return path != NULL ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
                        : (int)syscall(SYS_timerfd_create, clock, flags);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *before)
{
    return getenv("BLOTTER_TEST_WAKE") != NULL
               ? 0
               : (int)syscall(SYS_timerfd_settime, fd, flags, at, before);
}
#endif

static int open_held(int directory, const char *path, int flags, int mode)
{
    const char *held = getenv("BLOTTER_TEST_HOLD");
    if (held != NULL && strcmp(path, held) == 0) {
        char fifo[256], byte;
        snprintf(fifo, sizeof fifo, "%s.wait", path);
        int fd = (int)syscall(SYS_openat, AT_FDCWD, fifo, O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && read(fd, &byte, 1) > 0) {
        }
        close(fd);
        unlink(fifo); /* once */
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(more, int) : 0;
    va_end(more);
    return open_held(directory, path, flags, mode);
}

#ifdef __GLIBC__ /* for large files, and with checks */
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
int __openat_2(int directory, const char *path, int flags);
int __openat_2(int directory, const char *path, int flags)
{
    return open_held(directory, path, flags, 0);
}
int __openat64_2(int directory, const char *path, int flags) __attribute__((alias("__openat_2")));
#endif

time_t time(time_t *ret)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret != NULL) {
        *ret = now.tv_sec;
    }
    return now.tv_sec;
}

int gettimeofday(struct timeval *ret, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    ret->tv_sec = now.tv_sec;
    ret->tv_usec = now.tv_nsec / 1000;
    return 0;
}
