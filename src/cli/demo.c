#include "demo.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <blotter/core/alloc.h>
#include <blotter/core/span.h>
#include <blotter/sys/wait.h>

#define SERVER "blotter-mock"
#define FIRST_LINE_MAX 65536
#define START_TIMEOUT_MS 10000
#define STOP_TIMEOUT_MS 2000
#define WORD_BYTES 512
#define NOT_FOUND 127 /* as the shell says it */

struct demo {
    pid_t pid;
    int out;   /* its stdout; at its end when it has ended */
    int alive; /* its stdin: closed with us, which tells it that we are gone */
    char url[WORD_BYTES], user[WORD_BYTES], token[WORD_BYTES];
};

/* --- finding it ----------------------------------------------------------------------------- */

/* The server beside our own executable; its bare name, to be found in PATH, when there is none. */
static void find_server(char *out, size_t size)
{
    char own[4096];
    if (paths_program(own, sizeof own)) {
        int directory = (int)(strrchr(own, '/') - own);
        snprintf(out, size, "%.*s/" SERVER, directory, own);
        if (access(out, X_OK) == 0) {
            return;
        }
    }
    snprintf(out, size, SERVER);
}

/* --- starting it ---------------------------------------------------------------------------- */

static void run_child(const char *path, int in, int out, int log_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    setpgid(0, 0); /* Ctrl-C in the terminal is for the program, which ends the server itself */
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    int log = log_fd >= 0 ? log_fd : open("/dev/null", O_WRONLY);
    if (log < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0) {
        _exit(NOT_FOUND);
    }
    execlp(path, SERVER, "--port", "0", "--rate", "2", "--exit-with-stdin", (char *)NULL);
    _exit(NOT_FOUND);
}

static bool make_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static bool spawn(struct demo *demo, int log_fd)
{
    char path[4096 + sizeof SERVER];
    int in[2], out[2];
    find_server(path, sizeof path);
    if (!make_pipe(in)) {
        return false;
    }
    if (!make_pipe(out)) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    demo->pid = fork();
    if (demo->pid == 0) {
        run_child(path, in[0], out[1], log_fd);
    }
    close(in[0]);
    close(out[1]);
    demo->alive = in[1];
    demo->out = out[0];
    return demo->pid > 0;
}

/* --- its first line ------------------------------------------------------------------------- */

/* The bytes before the first newline; 0 when there is no whole line in time. */
static size_t read_line(int fd, char *out, size_t size)
{
    size_t len = 0;
    int64_t deadline_ms = wait_now_ms() + START_TIMEOUT_MS;
    while (len < size && wait_readable(fd, deadline_ms)) {
        ssize_t got = read(fd, out + len, size - len);
        if (got <= 0) {
            return 0;
        }
        const char *stop = memchr(out + len, '\n', (size_t)got);
        if (stop != NULL) {
            return (size_t)(stop - out);
        }
        len += (size_t)got;
    }
    return 0;
}

static bool take_text(struct span object, const char *name, char out[WORD_BYTES])
{
    struct span value;
    if (!span_member(object, name, &value) || span_type(value) != SPAN_STRING) {
        return false;
    }
    size_t len = span_string(value, out, WORD_BYTES);
    return len > 0 && len < WORD_BYTES;
}

/* {"url":"…","users":[{"id":"…","token":"…","clientId":"…"}…]} */
static bool parse_line(struct demo *demo, const char *line, size_t len)
{
    struct span all, users, key, first;
    struct span_iterator at = {0};
    return span_check(line, len, &all, NULL) && take_text(all, "url", demo->url) &&
           span_member(all, "users", &users) && span_type(users) == SPAN_ARRAY &&
           span_next(users, &at, &key, &first) && take_text(first, "id", demo->user) &&
           take_text(first, "token", demo->token);
}

static bool serves(struct demo *demo)
{
    char *line = mem_alloc(FIRST_LINE_MAX);
    size_t len = read_line(demo->out, line, FIRST_LINE_MAX);
    bool good = len > 0 && parse_line(demo, line, len);
    memset(line, 0, FIRST_LINE_MAX);
    free(line);
    return good;
}

/* --- ending it ------------------------------------------------------------------------------ */

/* True once its output is at its end: it has ended. What it still prints is thrown away. */
static bool has_ended(int fd, int64_t deadline_ms)
{
    char scrap[256];
    while (wait_readable(fd, deadline_ms)) {
        ssize_t got = read(fd, scrap, sizeof scrap);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return true;
        }
    }
    return false;
}

/* Ends and reaps it; what waitpid tells of it, 0 when it was never started. */
static int end(struct demo *demo)
{
    int status = 0;
    if (demo->alive >= 0) {
        close(demo->alive);
    }
    if (demo->pid > 0) {
        kill(demo->pid, SIGTERM);
        if (!has_ended(demo->out, wait_now_ms() + STOP_TIMEOUT_MS)) {
            kill(demo->pid, SIGKILL);
        }
        while (waitpid(demo->pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    if (demo->out >= 0) {
        close(demo->out);
    }
    memset(demo->token, 0, sizeof demo->token);
    free(demo);
    return status;
}

void demo_stop(struct demo *demo)
{
    if (demo != NULL) {
        end(demo);
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

static void explain(int status, struct problem *problem)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
        problem_set(problem, "the demo needs " SERVER ", which is neither beside blotter nor in "
                             "PATH: install it, or build it with -Dmock=true");
    } else {
        problem_set(problem, "the demo's server, " SERVER ", did not start; --log-file FILE keeps "
                             "what it says");
    }
}

struct demo *demo_start(int log_fd, struct problem *ret_problem)
{
    struct demo *demo = mem_calloc(1, sizeof *demo);
    demo->alive = demo->out = -1;
    if (!spawn(demo, log_fd)) {
        problem_set(ret_problem, "cannot start " SERVER ": %s", strerror(errno));
        demo_stop(demo);
        return NULL;
    }
    if (!serves(demo)) {
        explain(end(demo), ret_problem);
        return NULL;
    }
    return demo;
}

const char *demo_url(const struct demo *demo)
{
    return demo->url;
}

const char *demo_user(const struct demo *demo)
{
    return demo->user;
}

const char *demo_token(const struct demo *demo)
{
    return demo->token;
}
