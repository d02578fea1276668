/*
 * A crash must not leave the terminal unusable. Everything the handler does is async-signal-safe,
 * on a stack of its own, with what was prepared while all was well.
 */
#include "term_private.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <blotter/core/alloc.h>

enum { CRASH_BYTES_MAX = 512, CRASH_STACK_BYTES = 64 << 10, CRASH_TRIES = 10, CRASH_WAIT_MS = 50 };

static const struct {
    int signo;
    const char *message; /* for the normal screen, once it is back */
} crash_signals[] = {
    {SIGSEGV, "blotter: crashed (SIGSEGV); --log-file and -v tell more\n"},
    {SIGABRT, "blotter: gave up (SIGABRT); --log-file and -v tell more\n"},
    {SIGBUS, "blotter: crashed (SIGBUS); --log-file and -v tell more\n"},
    {SIGFPE, "blotter: crashed (SIGFPE); --log-file and -v tell more\n"},
    {SIGILL, "blotter: crashed (SIGILL); --log-file and -v tell more\n"},
    {SIGSYS, "blotter: crashed (SIGSYS); --log-file and -v tell more\n"},
    {SIGTRAP, "blotter: crashed (SIGTRAP); --log-file and -v tell more\n"},
};
static const char no_memory[] = "blotter: out of memory\n";
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof crash_signals[0] };

/* A signal handler has nothing but globals to know anything by. */
static struct {
    volatile sig_atomic_t armed;
    int fd;
    size_t len;
    char bytes[CRASH_BYTES_MAX];
    struct termios modes;
    struct sigaction before[CRASH_SIGNALS];
    bool installed;
} crash;

static char crash_stack[CRASH_STACK_BYTES];

static void write_all(const char *bytes, size_t len)
{
    size_t done = 0;
    for (int tries = 0; done < len && tries < CRASH_TRIES; tries++) {
        ssize_t wrote = write(crash.fd, bytes + done, len - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else {
            struct pollfd poll_fd = {.fd = crash.fd, .events = POLLOUT};
            poll(&poll_fd, 1, CRASH_WAIT_MS);
        }
    }
}

/* Restores the terminal, then lets happen what would have happened without us. */
static void on_crash(int signo)
{
    bool armed = crash.armed != 0;
    crash.armed = 0;
    if (armed) {
        write_all(crash.bytes, crash.len);
        tcsetattr(crash.fd, TCSANOW, &crash.modes);
    }
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        if (crash_signals[i].signo == signo) {
            if (armed) {
                const char *message = mem_ran_out() ? no_memory : crash_signals[i].message;
                write_all(message, strlen(message));
            }
            sigaction(signo, &crash.before[i], NULL);
        }
    }
    raise(signo);
}

static void install(void)
{
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) != 0) {
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i].signo, &action, &crash.before[i]);
    }
    crash.installed = true;
}

void term_crash_arm(int fd, const char *bytes, size_t len, const struct termios *modes)
{
    crash.armed = 0;
    crash.fd = fd;
    crash.len = len < CRASH_BYTES_MAX ? len : CRASH_BYTES_MAX;
    memcpy(crash.bytes, bytes, crash.len);
    crash.modes = *modes;
    if (!crash.installed) {
        install();
    }
    crash.armed = 1;
}

void term_crash_disarm(void)
{
    crash.armed = 0;
    if (!crash.installed) {
        return;
    }
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i].signo, &crash.before[i], NULL);
    }
    crash.installed = false;
}
