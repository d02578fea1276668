#if defined(__linux__)
#define _GNU_SOURCE /* ppoll */
#endif
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { END_PATIENCE_MS = 2000 };

int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void wait_many(struct pollfd *poll_fds, size_t count, int64_t until_us)
{
    int64_t left_us = until_us - now_us();
    left_us = left_us < 0 ? 0 : left_us;
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    struct timespec left = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000};
    ppoll(poll_fds, (nfds_t)count, &left, NULL);
#else
    poll(poll_fds, (nfds_t)count,
         left_us / 1000 > INT_MAX ? INT_MAX : (int)((left_us + 999) / 1000));
#endif
}

bool wait_readable(int fd, int64_t until_us)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    wait_many(&poll_fd, 1, until_us);
    return poll_fd.revents != 0;
}

/* --- start and end ------------------------------------------------------------------------ */

static void put_environment(const char *const *env)
{
    for (; env != NULL && *env != NULL; env++) {
        putenv((char *)(void *)*env);
    }
}

static void run_child(const char *const *argv, const char *const *env, const char *dir, int out)
{
    int null_fd = open("/dev/null", O_RDWR);
    dup2(null_fd, STDIN_FILENO);
    dup2(out < 0 ? null_fd : out, STDOUT_FILENO);
    if (out < 0) {
        dup2(null_fd, STDERR_FILENO);
    }
    put_environment(env);
    if (dir != NULL && chdir(dir) != 0) {
        _exit(126);
    }
    execvp(argv[0], (char *const *)(void *)argv);
    _exit(127);
}

static bool make_pipe(int fds[2])
{
    if (pipe(fds) != 0) {
        return false;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    return true;
}

bool process_start(struct process *ret, const char *const *argv, const char *const *env,
                   const char *dir, enum process_out out)
{
    int life[2], output[2] = {-1, -1};
    *ret = (struct process){.pid = -1, .out_fd = -1, .life_fd = -1};
    if (!make_pipe(life) || (out == PROCESS_PIPE && !make_pipe(output))) {
        return false;
    }
    ret->started_us = now_us();
    ret->pid = fork();
    if (ret->pid == 0) {
        run_child(argv, env, dir, output[1]);
    }
    close(life[1]);
    if (output[1] >= 0) {
        close(output[1]);
    }
    ret->life_fd = life[0];
    ret->out_fd = output[0];
    return ret->pid > 0;
}

bool process_fork(struct process *ret, int (*fn)(void *user), void *user)
{
    int life[2];
    *ret = (struct process){.pid = -1, .out_fd = -1, .life_fd = -1};
    if (!make_pipe(life)) {
        return false;
    }
    ret->started_us = now_us();
    ret->pid = fork();
    if (ret->pid == 0) {
        _exit(fn(user));
    }
    close(life[1]);
    ret->life_fd = life[0];
    return ret->pid > 0;
}

static int reap(struct process *process)
{
    int status;
    pid_t pid = process->pid;
    process->pid = -1;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    process->cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int process_wait(struct process *process, int timeout_ms)
{
    if (process->pid <= 0 ||
        !wait_readable(process->life_fd, now_us() + (int64_t)timeout_ms * 1000)) {
        return -1;
    }
    return reap(process);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void process_end(struct process *process, int signo)
{
    if (process->pid > 0) {
        if (signo != 0) {
            kill(process->pid, signo);
        }
        if (process_wait(process, END_PATIENCE_MS) == -1 && process->pid > 0) {
            kill(process->pid, SIGKILL);
            reap(process);
        }
    }
    close_fd(&process->out_fd);
    close_fd(&process->life_fd);
}

int process_run(const char *const *argv, const char *dir, char *out, size_t size, int timeout_ms)
{
    struct process process;
    int64_t until_us = now_us() + (int64_t)timeout_ms * 1000;
    size_t len = 0;
    if (!process_start(&process, argv, NULL, dir, PROCESS_PIPE)) {
        return -1;
    }
    while (wait_readable(process.out_fd, until_us)) {
        char scrap[4096];
        bool full = len + 1 >= size;
        ssize_t got =
            read(process.out_fd, full ? scrap : out + len, full ? sizeof scrap : size - len - 1);
        if (got <= 0) {
            break;
        }
        len += full ? 0 : (size_t)got;
    }
    out[len] = '\0';
    int64_t left_us = until_us - now_us();
    int status = process_wait(&process, left_us < 0 ? 0 : (int)(left_us / 1000));
    process_end(&process, SIGKILL);
    return status;
}

/* --- /proc -------------------------------------------------------------------------------- */

static bool read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    close_fd(&fd);
    text[got < 0 ? 0 : got] = '\0';
    return got > 0;
}

static int64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);
}

static void add_thread(struct usage *usage, pid_t pid, const char *thread)
{
    char path[128], text[8192];
    snprintf(path, sizeof path, "/proc/%d/task/%.32s/schedstat", (int)pid, thread);
    if (read_file(path, text, sizeof text)) {
        usage->cpu_ns += strtoll(text, NULL, 10);
    }
    snprintf(path, sizeof path, "/proc/%d/task/%.32s/status", (int)pid, thread);
    if (read_file(path, text, sizeof text)) {
        usage->switches += field(text, "\nvoluntary_ctxt_switches:");
        usage->preempted += field(text, "\nnonvoluntary_ctxt_switches:");
    }
}

static bool read_one(pid_t pid, struct usage *ret)
{
    char path[64], text[8192];
    struct usage usage = {0};
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (!read_file(path, text, sizeof text)) {
        return false;
    }
    usage.rss_kib = field(text, "\nVmRSS:");
    usage.peak_kib = field(text, "\nVmHWM:");
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    for (struct dirent *entry; threads != NULL && (entry = readdir(threads)) != NULL;) {
        if (entry->d_name[0] != '.') {
            add_thread(&usage, pid, entry->d_name);
        }
    }
    if (threads != NULL) {
        closedir(threads);
    }
    *ret = usage;
    return true;
}

/* What the children of a process share counts once: their proportional parts. */
static int64_t share_kib(pid_t pid)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    return read_file(path, text, sizeof text) ? field(text, "\nPss:") : 0;
}

static bool add_children(pid_t pid, struct usage *usage)
{
    char path[64], text[4096];
    bool any = false;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    if (!read_file(path, text, sizeof text)) {
        return false;
    }
    for (char *at = text, *end; *at != '\0'; at = end) {
        struct usage one;
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (child > 0 && read_one(child, &one)) {
            any = true;
            usage->cpu_ns += one.cpu_ns;
            usage->switches += one.switches;
            usage->preempted += one.preempted;
            usage->rss_kib += share_kib(child);
            add_children(child, usage);
        }
    }
    return any;
}

bool usage_read(pid_t pid, struct usage *ret)
{
    struct usage children = {0};
    if (add_children(pid, &children)) {
        *ret = children;
        return true;
    }
    return read_one(pid, ret);
}
