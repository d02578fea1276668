#include "overrun.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

/* A sanitizer's own memory is beyond any ceiling. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOUNDS_MEMORY false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define BOUNDS_MEMORY false
#endif
#endif
#ifndef BOUNDS_MEMORY
#define BOUNDS_MEMORY true
#endif

struct words {
    char text[256];
    size_t len;
};

/* A signal handler has nothing but globals to know anything by. */
static struct {
    void (*restore)(void);
    struct words time, memory;
} last;

static void end(const struct words *words)
{
    if (last.restore != NULL) {
        last.restore();
    }
    if (write(STDERR_FILENO, words->text, words->len) >= 0) {
        _exit(1);
    }
    _exit(1);
}

static void on_overrun(int signo)
{
    end(signo == SIGVTALRM ? &last.time : &last.memory);
}

void overrun_set_restore(void (*restore_terminal)(void))
{
    last.restore = restore_terminal;
}

static void compose(struct words *words, const char *file, const char *function, const char *what)
{
    int len = snprintf(words->text, sizeof words->text, "blotter: %.100s: %.60s took %s\n", file,
                       function, what);
    words->len = (size_t)len < sizeof words->text ? (size_t)len : sizeof words->text - 1;
}

static void bound_memory(struct overrun *before)
{
    getrlimit(RLIMIT_DATA, &before->data);
    struct rlimit ours = before->data;
    rlim_t most = (rlim_t)OVERRUN_MIB << 20;
    ours.rlim_cur = ours.rlim_cur < most ? ours.rlim_cur : most;
    if (BOUNDS_MEMORY) {
        setrlimit(RLIMIT_DATA, &ours);
    }
}

void overrun_arm(const char *file, const char *function, struct overrun *ret_before)
{
    compose(&last.time, file, function, "longer than " TEXT(OVERRUN_SECONDS) " s");
    compose(&last.memory, file, function, "more than " TEXT(OVERRUN_MIB) " MiB of memory");
    struct sigaction action = {.sa_handler = on_overrun};
    sigfillset(&action.sa_mask);
    sigaction(SIGVTALRM, &action, &ret_before->on_time);
    sigaction(SIGABRT, &action, &ret_before->on_abort); /* what jq does then */
    bound_memory(ret_before);
    struct itimerval timer = {.it_value = {.tv_sec = OVERRUN_SECONDS}};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

void overrun_disarm(const struct overrun *before)
{
    struct itimerval timer = {0};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    if (BOUNDS_MEMORY) {
        setrlimit(RLIMIT_DATA, &before->data);
    }
    sigaction(SIGABRT, &before->on_abort, NULL);
    sigaction(SIGVTALRM, &before->on_time, NULL);
}
