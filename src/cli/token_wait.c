#include "token_command.h"
#include "token_wait.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct token_wait {
    struct loop *loop;
    struct loop_timer *late;
    char *text; /* the command's */
    token_wait_fn fn;
    void *user;
    struct token_command command;
    struct token_output output;
};

/* Nothing of it is left. Returns the token, or NULL with the problem. */
static char *end(struct token_wait *wait, bool in_time, struct problem *problem)
{
    char *token = NULL;
    loop_fd_clear(wait->loop, wait->command.out);
    loop_fd_clear(wait->loop, wait->command.alive);
    loop_timer_free(wait->late);
    wait->output.in_time = in_time;
    bool good = token_command_end(wait->text, &wait->command, &wait->output, &token, problem);
    token_output_wipe(&wait->output);
    free(wait->text);
    free(wait);
    return good ? token : NULL;
}

static void over(struct token_wait *wait, bool in_time)
{
    struct problem problem;
    token_wait_fn fn = wait->fn;
    void *user = wait->user;
    char *token = end(wait, in_time, &problem);
    fn(user, token, &problem);
}

static void on_alive(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    over(user, true); /* it and its children have ended */
}

static void on_out(void *user, int fd, unsigned events)
{
    struct token_wait *wait = user;
    struct token_output *output = &wait->output;
    ssize_t got = read(fd, output->text + output->len, sizeof output->text - output->len);
    (void)events;
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    output->len += got > 0 ? (size_t)got : 0;
    if (got <= 0) {
        loop_fd_clear(wait->loop, fd);
        loop_fd_set(wait->loop, wait->command.alive, LOOP_READ, on_alive, wait);
    } else if (output->len == sizeof output->text) {
        over(wait, false);
    }
}

static void on_late(void *user)
{
    over(user, false);
}

struct token_wait *token_wait_start(struct loop *loop, const char *command, int64_t timeout_ms,
                                    token_wait_fn fn, void *user)
{
    struct token_command started;
    if (!token_command_start(command, true, &started)) {
        return NULL;
    }
    struct token_wait *wait = mem_calloc(1, sizeof *wait);
    wait->loop = loop;
    wait->text = mem_dup(command, strlen(command));
    wait->fn = fn;
    wait->user = user;
    wait->command = started;
    wait->late = loop_timer_new(loop, on_late, wait);
    fcntl(started.out, F_SETFL, O_NONBLOCK);
    loop_fd_set(loop, started.out, LOOP_READ, on_out, wait);
    loop_timer_set(wait->late, loop_refresh(loop).mono_us + timeout_ms * 1000);
    return wait;
}

void token_wait_stop(struct token_wait *wait)
{
    if (wait != NULL) {
        struct problem problem;
        token_free(end(wait, false, &problem));
    }
}
