#include "../support/child.h"
#include "cli_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define ARGS_MAX 64
#define ENV_MAX 32

static char program[PATH_MAX];

void cli_set_program(const char *path)
{
    if (realpath(path, program) == NULL) { /* absolute: tests change directory */
        abort();
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *const pinned[] = {
    "HOME=/dev/null",
    "XDG_CONFIG_HOME=/dev/null",
    "XDG_CACHE_HOME=/dev/null",
    "XDG_STATE_HOME=/dev/null",
    "TZ=UTC",
    "LC_ALL=C.UTF-8",
    TESTS_PATH,
    "TERM=xterm-256color",
};

/* Later names win; sanitizer options come from outside. */
static void make_env(const char *const *more, const char *out[ENV_MAX])
{
    static char asan[256];
    size_t count = 0;
    const char *options = getenv("ASAN_OPTIONS");
    for (; more != NULL && *more != NULL && count < ENV_MAX - 12; more++) {
        out[count++] = *more;
    }
    for (size_t i = 0; i < sizeof pinned / sizeof *pinned; i++) {
        size_t name = strcspn(pinned[i], "=") + 1;
        bool given = false;
        for (size_t j = 0; j < count; j++) {
            given |= strncmp(out[j], pinned[i], name) == 0;
        }
        if (!given) {
            out[count++] = pinned[i];
        }
    }
    if (options != NULL) {
        snprintf(asan, sizeof asan, "ASAN_OPTIONS=%s", options);
        out[count++] = asan;
    }
    out[count] = NULL;
}

static void run_child(const struct cli_run *run, int out, int err)
{
    const char *args[ARGS_MAX] = {program};
    const char *env[ENV_MAX];
    int null = open("/dev/null", O_RDONLY);
    for (size_t i = 0; i < ARGS_MAX - 2 && run->args[i] != NULL; i++) {
        args[i + 1] = run->args[i];
    }
    make_env(run->env, env);
    child_usual_signals();
    if (run->out_path != NULL) {
        out = open(run->out_path, O_WRONLY);
    }
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    if (err >= 0) {
        dup2(err, STDERR_FILENO);
    }
    if (run->close_out) {
        close(STDOUT_FILENO);
    }
    execve(program, (char *const *)args, (char *const *)env);
    _exit(126);
}

static void make_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        abort();
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

pid_t cli_start(const struct cli_run *run, int *ret_out)
{
    int out[2];
    make_pipe(out);
    pid_t child = fork();
    if (child == 0) {
        run_child(run, out[1], -1);
    }
    close(out[1]);
    *ret_out = out[0];
    return child;
}

struct reading {
    int fd;
    char **text;
    size_t *len;
    size_t max;
};

static void read_more(struct reading *reading)
{
    char bytes[65536];
    ssize_t got = read(reading->fd, bytes, sizeof bytes);
    if (got > 0) {
        char *longer = realloc(*reading->text, *reading->len + (size_t)got + 1);
        if (longer == NULL) {
            abort();
        }
        *reading->text = longer;
        memcpy(*reading->text + *reading->len, bytes, (size_t)got);
        *reading->len += (size_t)got;
        (*reading->text)[*reading->len] = '\0';
    }
    if ((got <= 0 && errno != EINTR) || (reading->max > 0 && *reading->len >= reading->max)) {
        close(reading->fd);
        reading->fd = -1;
    }
}

/* Reads both to their end; false when the time is used up. */
static bool read_all(struct reading readings[2])
{
    int64_t deadline_ms = now_ms() + PATIENCE_MS;
    while (readings[0].fd >= 0 || readings[1].fd >= 0) {
        struct pollfd fds[2] = {{readings[0].fd, POLLIN, 0}, {readings[1].fd, POLLIN, 0}};
        int64_t left = deadline_ms - now_ms();
        if (left <= 0 || poll(fds, 2, (int)left) == 0) {
            return false;
        }
        for (int i = 0; i < 2; i++) {
            if (readings[i].fd >= 0 && fds[i].revents != 0) {
                read_more(&readings[i]);
            }
        }
    }
    return true;
}

struct cli_result cli_run(const struct cli_run *run)
{
    struct cli_result result = {.out = calloc(1, 1), .err = calloc(1, 1)};
    int out[2], err[2], status;
    make_pipe(out);
    make_pipe(err);
    pid_t child = fork();
    if (child == 0) {
        run_child(run, out[1], err[1]);
    }
    close(out[1]);
    close(err[1]);
    struct reading readings[2] = {{out[0], &result.out, &result.out_len, run->out_max},
                                  {err[0], &result.err, &result.err_len, 0}};
    bool ended = read_all(readings);
    if (!ended) {
        kill(child, SIGKILL);
    }
    waitpid(child, &status, 0);
    result.status = !ended                ? -1
                    : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                          : WEXITSTATUS(status);
    for (int i = 0; i < 2; i++) {
        if (readings[i].fd >= 0) {
            close(readings[i].fd);
        }
    }
    return result;
}

struct cli_result cli_run_args(const char *const *args)
{
    return cli_run(&(struct cli_run){.args = args});
}

void cli_done(struct cli_result *result)
{
    free(result->out);
    free(result->err);
    *result = (struct cli_result){0};
}
