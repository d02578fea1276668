/*
 * process: programs that are measured: started, read, waited for with a deadline, ended by pid,
 * and what the system says they used.
 */
#ifndef BLOTTER_BENCH_PROCESS_H
#define BLOTTER_BENCH_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid;
    int out_fd;  /* its stdout, -1 when that and its stderr go to /dev/null */
    int life_fd; /* at its end when the program has ended */
    int64_t started_us;
    int64_t cpu_us; /* what it used, once it was waited for */
};

enum process_out { PROCESS_DISCARD, PROCESS_PIPE };

/*
 * Starts argv (NULL-terminated, argv[0] looked for on PATH) with the NAME=value entries of env
 * (NULL: none) put over our own environment, in directory dir (NULL: ours). stdin is /dev/null.
 */
bool process_start(struct process *ret, const char *const *argv, const char *const *env,
                   const char *dir, enum process_out out);
/* A child that runs fn and ends with its result; everything of ours is open in it. */
bool process_fork(struct process *ret, int (*fn)(void *user), void *user);

/* Its exit status, 128+n when signal n killed it, or -1 when it still runs after timeout_ms. */
int process_wait(struct process *process, int timeout_ms);
/* Sends the signal (0: none), kills after two seconds, reaps. Safe to call twice. */
void process_end(struct process *process, int signo);

/* Runs a program to its end, its stdout into out (cut to fit). Its exit status, -1 on a timeout. */
int process_run(const char *const *argv, const char *dir, char *out, size_t size, int timeout_ms);

/* What a process has used so far, all its threads together. */
struct usage {
    int64_t cpu_ns;
    int64_t switches; /* voluntary: times it waited and was woken */
    int64_t preempted;
    int64_t rss_kib, peak_kib;
};
/* Of a program that has started others, as the browser's, theirs. False where there is no /proc. */
bool usage_read(pid_t pid, struct usage *ret);

int64_t now_us(void); /* CLOCK_MONOTONIC, the same for all processes */

/* Waits until fd can be read or the time comes, whichever is first; true when it can be read. A
 * negative fd only waits. */
bool wait_readable(int fd, int64_t until_us);

/* The same for several; their revents say which. */
void wait_many(struct pollfd *poll_fds, size_t count, int64_t until_us);

#endif
