#include <blotter/sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

int64_t wait_now_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool wait_readable(int fd, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - wait_now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int count = poll(&ready, 1, left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX);
        if (count >= 0 || errno != EINTR) {
            return count > 0;
        }
    }
}
