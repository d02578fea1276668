#include "loop_signal.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIGNAL_LIMIT 65 /* no signal that we could be asked for has a higher number */

struct slot {
    loop_signal_fn fn; /* NULL: not ours */
    void *user;
    struct sigaction before;
};

struct loop_signals {
    int pipe[2];
    struct slot slots[SIGNAL_LIMIT];
};

/* A signal handler has no argument of ours: where to write, and whether a byte is already there. */
static volatile sig_atomic_t write_fd[SIGNAL_LIMIT];
static volatile sig_atomic_t pending[SIGNAL_LIMIT];

static void on_signal(int signo)
{
    int saved = errno;
    if (!pending[signo]) {
        pending[signo] = 1;
        unsigned char byte = (unsigned char)signo;
        ssize_t written = write(write_fd[signo], &byte, 1);
        if (written != 1) {
            pending[signo] = 0;
        }
    }
    errno = saved;
}

static void fd_prepare(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

struct loop_signals *loop_signals_new(void)
{
    struct loop_signals *signals = mem_calloc(1, sizeof *signals);
    if (pipe(signals->pipe) != 0) {
        perror("blotter: pipe");
        abort();
    }
    fd_prepare(signals->pipe[0]);
    fd_prepare(signals->pipe[1]);
    return signals;
}

void loop_signals_free(struct loop_signals *signals)
{
    if (signals == NULL) {
        return;
    }
    for (int signo = 1; signo < SIGNAL_LIMIT; signo++) {
        if (signals->slots[signo].fn != NULL) {
            sigaction(signo, &signals->slots[signo].before, NULL);
            pending[signo] = 0;
        }
    }
    close(signals->pipe[0]);
    close(signals->pipe[1]);
    free(signals);
}

int loop_signals_fd(const struct loop_signals *signals)
{
    return signals->pipe[0];
}

void loop_signals_add(struct loop_signals *signals, int signo, loop_signal_fn fn, void *user)
{
    struct slot *slot = &signals->slots[signo];
    bool again = slot->fn != NULL;
    struct sigaction before;
    sigaction(signo, NULL, &before);
    if (!again && before.sa_handler == SIG_IGN) {
        return; /* nohup, trap '' and background jobs mean it */
    }
    slot->fn = fn;
    slot->user = user;
    if (again) {
        return;
    }
    write_fd[signo] = signals->pipe[1];
    pending[signo] = 0;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(signo, &action, &slot->before);
}

void loop_signals_deliver(struct loop_signals *signals)
{
    unsigned char bytes[SIGNAL_LIMIT];
    ssize_t count = read(signals->pipe[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        const struct slot *slot = &signals->slots[bytes[i]];
        pending[bytes[i]] = 0; /* before the call: the same signal may come again meanwhile */
        if (slot->fn != NULL) {
            slot->fn(slot->user, bytes[i]);
        }
    }
}
