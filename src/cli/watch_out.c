#include "watch_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_AT ((size_t)64 << 10) /* bytes that are worth a write before the turn ends */
#define KEPT_MEMORY ((size_t)1 << 20)
#ifdef PIPE_BUF
#define PIECE ((size_t)PIPE_BUF) /* a pipe that can be written takes this much without blocking */
#else
#define PIECE ((size_t)512)
#endif

/* Files and devices like /dev/null never keep us waiting for a reader. */
static bool fd_waits(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return true;
    }
    return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) ||
           (S_ISCHR(info.st_mode) && isatty(fd));
}

static void on_ready(void *user, int fd, unsigned events)
{
    struct watch_out *out = user;
    (void)fd;
    if ((events & LOOP_ERROR) && watch_out_is_empty(out)) {
        out->error = EPIPE;
        loop_fd_clear(out->loop, out->fd);
        out->watched = false;
        out->on_change(out->user);
        return;
    }
    watch_out_flush(out);
}

/*
 * A terminal that can take one byte counts as writable, and keeps a larger write waiting where no
 * signal is heard. Opened anew it can be told not to, without telling those that share it.
 */
static int open_terminal(int fd)
{
    char name[256];
    return isatty(fd) && ttyname_r(fd, name, sizeof name) == 0
               ? open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
               : -1;
}

void watch_out_init(struct watch_out *out, struct loop *loop, int fd)
{
    int terminal = open_terminal(fd);
    *out = (struct watch_out){.loop = loop, .fd = terminal >= 0 ? terminal : fd};
    out->own_fd = terminal >= 0;
    out->waits = fd_waits(out->fd);
    fd = out->fd;
    buf_init(&out->text, SIZE_MAX);
    if (out->waits) {
        loop_fd_set(loop, fd, LOOP_ERROR, on_ready, out);
        out->watched = true;
    }
}

void watch_out_done(struct watch_out *out)
{
    if (out->watched) {
        loop_fd_clear(out->loop, out->fd);
    }
    if (out->own_fd) {
        close(out->fd);
    }
    buf_done(&out->text);
}

bool watch_out_is_empty(const struct watch_out *out)
{
    return out->written == out->text.len;
}

static bool can_write(const struct watch_out *out)
{
    struct pollfd entry = {out->fd, POLLOUT, 0};
    return !out->waits || (poll(&entry, 1, 0) == 1 && entry.revents != 0);
}

/* Writes until everything is out or the reader takes no more. */
static void write_some(struct watch_out *out)
{
    while (!watch_out_is_empty(out) && can_write(out)) {
        size_t len = out->text.len - out->written;
        if (out->waits && len > PIECE) {
            len = PIECE;
        }
        ssize_t wrote = write(out->fd, out->text.data + out->written, len);
        if (wrote >= 0) {
            out->written += (size_t)wrote;
            out->sent += (uint64_t)wrote;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR) {
            out->error = errno;
            return;
        }
    }
}

static void forget_written(struct watch_out *out)
{
    if (watch_out_is_empty(out)) {
        if (out->text.capacity > KEPT_MEMORY) {
            buf_done(&out->text);
        }
        out->text.len = 0;
        out->written = 0;
    } else if (out->written >= out->text.len / 2) {
        buf_consume(&out->text, out->written);
        out->written = 0;
    }
}

void watch_out_flush(struct watch_out *out)
{
    if (out->error != 0 || (watch_out_is_empty(out) && !out->blocked)) {
        return;
    }
    bool was_blocked = out->blocked;
    write_some(out);
    forget_written(out);
    out->blocked = out->error == 0 && !watch_out_is_empty(out);
    if (out->blocked != was_blocked && out->watched) {
        loop_fd_set(out->loop, out->fd, out->blocked ? LOOP_WRITE : LOOP_ERROR, on_ready, out);
    }
    if (out->error != 0 && out->watched) {
        loop_fd_clear(out->loop, out->fd);
        out->watched = false;
    }
    out->on_change(out->user);
}

void watch_out_more(struct watch_out *out)
{
    if (out->blocked) {
        out->on_change(out->user); /* more waits for the reader than before: it may be too much */
    } else if (out->text.len - out->written >= WRITE_AT) {
        watch_out_flush(out);
    }
}
