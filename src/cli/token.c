#include "token.h"
#include "token_command.h"

#include <blotter/core/alloc.h>
#include <blotter/sys/file.h>
#include <blotter/sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void wipe(char *bytes, size_t len)
{
    volatile char *at = bytes;
    while (len-- > 0) {
        *at++ = 0;
    }
}

void token_free(char *token)
{
    if (token != NULL) {
        wipe(token, strlen(token));
        free(token);
    }
}

/* The first line without the white space around it; only what an HTTP header can carry. */
static bool take_line(const char *text, size_t len, char **ret, struct problem *problem)
{
    const char *stop = memchr(text, '\n', len);
    len = stop != NULL ? (size_t)(stop - text) : len;
    while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    if (len == 0) {
        return problem_set(problem, "it holds no token");
    }
    if (len >= TOKEN_BYTES_MAX) {
        return problem_set(problem, "it is too long to be a token");
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f) {
            return problem_set(problem, "it holds characters that no token has");
        }
    }
    *ret = mem_dup(text, len);
    return true;
}

/* Adds where the trouble is to a sentence that begins with "it". */
static bool because(struct problem *problem, const char *what, const char *where)
{
    char why[PROBLEM_BYTES / 2];
    snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1, problem->text);
    return problem_set(problem, "no token from %s %.300s: %s", what, where, why);
}

/* --- file ----------------------------------------------------------------------------------- */

static bool check_file(const struct stat *facts, const char *path, struct problem *problem)
{
    if (facts->st_uid != geteuid()) {
        return problem_set(problem,
                           "the token file %s belongs to somebody else: make a copy of "
                           "your own",
                           path);
    }
    if ((facts->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return problem_set(problem, "the token file %s is open to others: run chmod 600 %s", path,
                           path);
    }
    return true;
}

bool token_read_file(const char *path, char **ret_token, struct problem *ret_problem)
{
    struct file file;
    if (!file_read(AT_FDCWD, path, 0, TOKEN_BYTES_MAX, &file)) {
        return errno == EINVAL
                   ? problem_set(ret_problem, "the token file %s is no regular file", path)
               : errno == EFBIG
                   ? problem_set(ret_problem, "the token file %s is too long to be a token", path)
                   : problem_set(ret_problem, "cannot read the token file %s: %s", path,
                                 strerror(errno));
    }
    bool good = check_file(&file.facts, path, ret_problem) &&
                (take_line(file.bytes, file.len, ret_token, ret_problem) ||
                 because(ret_problem, "the file", path));
    wipe(file.bytes, file.len);
    free(file.bytes);
    return good;
}

/* --- command -------------------------------------------------------------------------------- */

/*
 * A group of its own, so that its children end with it. Where we have the terminal, the group gets
 * it: the command may want to ask for a passphrase there.
 */
static void lead_group(int terminal)
{
    setpgid(0, 0);
    if (terminal >= 0) {
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(terminal, getpid());
        signal(SIGTTOU, SIG_DFL);
    }
}

/* quiet: what it complains of would be painted over a screen. */
static void run_child(const char *command, int out, int terminal, bool quiet)
{
    lead_group(terminal);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        (quiet && dup2(null, STDERR_FILENO) < 0)) {
        _exit(127);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* The terminal, if we are in its foreground; -1 otherwise. */
static int open_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && tcgetpgrp(fd) != getpgrp()) {
        close(fd);
        return -1;
    }
    return fd;
}

static void take_terminal_back(int terminal)
{
    if (terminal >= 0) {
        void (*before)(int) = signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(terminal, getpgrp());
        signal(SIGTTOU, before);
        close(terminal);
    }
}

static bool make_pipe(int ends[2], bool child_keeps)
{
    if (pipe(ends) != 0) {
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    return child_keeps || fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

bool token_command_start(const char *text, bool quiet, struct token_command *ret)
{
    int out[2], alive[2];
    if (!make_pipe(out, false)) {
        return false;
    }
    if (!make_pipe(alive, true)) {
        close(out[0]);
        close(out[1]);
        return false;
    }
    int terminal = quiet ? -1 : open_terminal();
    pid_t child = fork();
    if (child == 0) {
        run_child(text, out[1], terminal, quiet);
    }
    close(out[1]);
    close(alive[1]);
    *ret = (struct token_command){child, out[0], alive[0], terminal};
    if (child < 0) {
        close(out[0]);
        close(alive[0]);
        take_terminal_back(terminal);
    } else {
        setpgid(child, child); /* whoever is first: it has to be a group when we end it */
    }
    return child > 0;
}

/* What the command prints until it closes its output. False when the time or the room is used up.
 */
static bool collect(int fd, int64_t deadline_ms, char *out, size_t *ret_len)
{
    size_t len = 0;
    ssize_t got = -1;
    while (len <= TOKEN_BYTES_MAX && wait_readable(fd, deadline_ms)) {
        got = read(fd, out + len, TOKEN_BYTES_MAX + 1 - len);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    *ret_len = len;
    return got == 0;
}

static bool judge(int status, bool in_time, struct problem *problem)
{
    if (!in_time) {
        return problem_set(problem, "it took too long or printed too much");
    }
    if (WIFSIGNALED(status)) {
        return problem_set(problem, "it was ended by signal %d", WTERMSIG(status));
    }
    if (WEXITSTATUS(status) != 0) {
        return problem_set(problem, "it failed with status %d", WEXITSTATUS(status));
    }
    return true;
}

bool token_command_end(const char *command, struct token_command *running,
                       const struct token_output *output, char **ret_token,
                       struct problem *ret_problem)
{
    int status = 0;
    if (!output->in_time) {
        kill(-running->pid, SIGKILL);
    }
    while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR) {
    }
    take_terminal_back(running->terminal);
    if (running->terminal >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
        raise(SIGINT); /* who pressed ^C meant us as well */
    }
    close(running->out);
    close(running->alive);
    return (judge(status, output->in_time, ret_problem) &&
            take_line(output->text, output->len, ret_token, ret_problem)) ||
           because(ret_problem, "the command", command);
}

void token_output_wipe(struct token_output *output)
{
    wipe(output->text, sizeof output->text);
}

bool token_run_command(const char *command, int64_t timeout_ms, char **ret_token,
                       struct problem *ret_problem)
{
    struct token_output output = {.len = 0};
    struct token_command running;
    int64_t deadline_ms = wait_now_ms() + timeout_ms;
    if (!token_command_start(command, false, &running)) {
        return problem_set(ret_problem, "cannot run token_command: %s", strerror(errno));
    }
    output.in_time = collect(running.out, deadline_ms, output.text, &output.len) &&
                     wait_readable(running.alive, deadline_ms);
    bool good = token_command_end(command, &running, &output, ret_token, ret_problem);
    token_output_wipe(&output);
    return good;
}

/* --- choice --------------------------------------------------------------------------------- */

void token_forget_environment(void)
{
    char *text = getenv("BLOTTER_TOKEN");
    if (text != NULL) {
        wipe(text, strlen(text));
        unsetenv("BLOTTER_TOKEN");
    }
}

enum token_source token_source(const struct config *config)
{
    bool file = config_text(config, CONFIG_TOKEN_FILE) != NULL;
    bool command = config_text(config, CONFIG_TOKEN_COMMAND) != NULL;
    const char *variable = getenv("BLOTTER_TOKEN");
    enum config_level file_level = config_level(config, CONFIG_TOKEN_FILE);
    enum config_level command_level = config_level(config, CONFIG_TOKEN_COMMAND);
    bool prefer_file = file && (!command || file_level >= command_level);
    enum config_level level = prefer_file ? file_level : command_level;
    if (variable != NULL && *variable != '\0' && level < CONFIG_ENVIRONMENT) {
        return TOKEN_OF_VARIABLE;
    }
    return prefer_file ? TOKEN_OF_FILE : command ? TOKEN_OF_COMMAND : TOKEN_OF_NOBODY;
}

static bool load(const struct config *config, char **ret, struct problem *problem)
{
    enum token_source source = token_source(config);
    if (source == TOKEN_OF_VARIABLE) {
        const char *variable = getenv("BLOTTER_TOKEN");
        variable = variable != NULL ? variable : "";
        return take_line(variable, strlen(variable), ret, problem) ||
               because(problem, "the variable", "BLOTTER_TOKEN");
    }
    token_forget_environment(); /* the command is not to inherit it */
    if (source == TOKEN_OF_FILE) {
        return token_read_file(config_text(config, CONFIG_TOKEN_FILE), ret, problem);
    }
    if (source == TOKEN_OF_COMMAND) {
        int64_t timeout_ms = config_number(config, CONFIG_TOKEN_TIMEOUT);
        return token_run_command(config_text(config, CONFIG_TOKEN_COMMAND), timeout_ms, ret,
                                 problem);
    }
    *ret = NULL;
    return true;
}

bool token_load(const struct config *config, char **ret_token, struct problem *ret_problem)
{
    bool good = load(config, ret_token, ret_problem);
    token_forget_environment();
    return good;
}
