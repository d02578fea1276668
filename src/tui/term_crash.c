/*
 * A crash must not leave the terminal unusable, nor must a signal that nobody handles. Everything
 * the handler does is async-signal-safe, on a stack of its own, with what was prepared while all
 * was well.
 */
#include "term_private.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CRASH_BYTES_MAX = 512,
    CRASH_STACK_BYTES = 64 << 10,
    LAST_TRIES = 10, /* times the terminal may refuse our last bytes */
    LAST_WAIT_MS = 50
};

/* Those that would end the program and that the loop does not deliver. */
static const struct {
    int signo;
    bool crash;          /* whose cause is worth looking for */
    const char *message; /* for the normal screen, once it is back */
} crash_signals[] = {
    {SIGSEGV, true, "blotter: crashed (SIGSEGV)"},
    {SIGABRT, true, "blotter: gave up (SIGABRT)"},
    {SIGBUS, true, "blotter: crashed (SIGBUS)"},
    {SIGFPE, true, "blotter: crashed (SIGFPE)"},
    {SIGILL, true, "blotter: crashed (SIGILL)"},
    {SIGSYS, true, "blotter: crashed (SIGSYS)"},
    {SIGTRAP, true, "blotter: crashed (SIGTRAP)"},
    {SIGXCPU, false, "blotter: ended, the limit of processor time is used up (SIGXCPU)"},
    {SIGALRM, false, "blotter: ended by SIGALRM"},
    {SIGVTALRM, false, "blotter: ended by SIGVTALRM"},
    {SIGPROF, false, "blotter: ended by SIGPROF"},
    {SIGUSR2, false, "blotter: ended by SIGUSR2"},
#ifdef SIGPOLL
    {SIGPOLL, false, "blotter: ended by SIGPOLL"},
#endif
#ifdef SIGSTKFLT
    {SIGSTKFLT, false, "blotter: ended by SIGSTKFLT"},
#endif
#ifdef SIGPWR
    {SIGPWR, false, "blotter: ended by SIGPWR"},
#endif
};
static const char no_memory[] = "blotter: out of memory (SIGABRT)";
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof crash_signals[0] };

/* A signal handler has nothing but globals to know anything by. */
static struct {
    volatile sig_atomic_t armed;
    int fd;
    size_t len;
    char bytes[CRASH_BYTES_MAX];
    char log[TERM_LOG_MAX]; /* where the log is, or how to get one */
    struct termios modes;
    struct sigaction before[CRASH_SIGNALS];
    bool installed;
} crash;

static char crash_stack[CRASH_STACK_BYTES];

/* --- last words --------------------------------------------------------------------------- */

/* False when the terminal did not take all of it in the time it is given. */
static bool write_patiently(int fd, const char *bytes, size_t len)
{
    size_t done = 0;
    for (int tries = 0; done < len && tries < LAST_TRIES;) {
        ssize_t wrote = write(fd, bytes + done, len - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (errno == EAGAIN) {
            struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
            poll(&poll_fd, 1, LAST_WAIT_MS);
            tries++;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return done == len;
}

void term_write_last(int fd, const char *bytes, size_t len)
{
    if (!write_patiently(fd, bytes, len)) {
        tcflush(fd, TCOFLUSH); /* frames that nobody takes keep the way blocked */
        write_patiently(fd, bytes, len);
    }
}

/* --- the handler -------------------------------------------------------------------------- */

static void say(size_t row)
{
    const char *message = mem_ran_out() ? no_memory : crash_signals[row].message;
    term_write_last(crash.fd, message, strlen(message));
    if (crash_signals[row].crash) {
        term_write_last(crash.fd, crash.log, strlen(crash.log));
    }
    term_write_last(crash.fd, "\n", 1);
}

void term_restore(void)
{
    if (crash.armed) {
        crash.armed = 0;
        term_write_last(crash.fd, crash.bytes, crash.len);
        tcsetattr(crash.fd, TCSANOW, &crash.modes);
    }
}

/*
 * Restores the terminal, then lets happen what would have happened without us: the signal comes
 * again when we return. Every other one waits until then; a fault in here ends us at once.
 */
static void on_crash(int signo)
{
    bool armed = crash.armed != 0;
    term_restore();
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        if (armed && crash_signals[i].signo == signo) {
            say(i);
        }
        sigaction(crash_signals[i].signo, &crash.before[i], NULL);
    }
    raise(signo);
}

/* --- arming it ---------------------------------------------------------------------------- */

static void install(void)
{
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) != 0) {
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i].signo, &action, &crash.before[i]);
    }
    crash.installed = true;
}

static void set_log(const char *path)
{
    if (path == NULL) {
        snprintf(crash.log, sizeof crash.log, "; no log was kept: --log-file FILE -v keeps one");
        return;
    }
    snprintf(crash.log, sizeof crash.log, "; the log is %s", path);
    for (char *at = crash.log; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == '\177') {
            *at = '?';
        }
    }
}

void term_crash_arm(const struct term_crash *plan)
{
    crash.armed = 0;
    crash.fd = plan->fd;
    crash.len = plan->len < CRASH_BYTES_MAX ? plan->len : CRASH_BYTES_MAX;
    memcpy(crash.bytes, plan->bytes, crash.len);
    crash.modes = *plan->modes;
    set_log(plan->log_path);
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
