#include <blotter/cli/token_renew.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <blotter/core/alloc.h>

#include "token_command.h"

struct token_renew {
    struct loop *loop;
    struct loop_timer *timer; /* reads the file in a turn of its own; ends a command's time */
    struct token_renewal renewal;
    char *token; /* in force */
    bool asking;
    bool running; /* the command is */
    bool again;   /* asked for once more meanwhile */
    struct token_command command;
    struct token_output output;
};

/* What was found; token is ours to free. */
static void tell(struct token_renew *renew, char *token, const struct problem *problem)
{
    struct problem same = {.text = ""};
    bool is_old = token != NULL && renew->token != NULL && strcmp(token, renew->token) == 0;
    renew->asking = renew->again && (token == NULL || is_old);
    renew->again = false;
    if (renew->asking) {
        loop_timer_set(renew->timer, 0);
        token_free(token);
        return;
    }
    if (is_old) {
        problem_set(&same, "the token is still the one that was turned down");
        token_free(token);
        renew->renewal.fn(renew->renewal.user, NULL, &same);
        return;
    }
    if (token != NULL) {
        token_free(renew->token);
        renew->token = token;
    }
    renew->renewal.fn(renew->renewal.user, token, token != NULL ? NULL : problem);
}

static void command_over(struct token_renew *renew, bool in_time)
{
    char *token = NULL;
    struct problem problem;
    loop_unwatch(renew->loop, renew->command.out);
    loop_unwatch(renew->loop, renew->command.alive);
    loop_timer_set(renew->timer, MOMENT_NEVER);
    renew->running = false;
    renew->output.in_time = in_time;
    const char *text = config_text(renew->renewal.config, CONFIG_TOKEN_COMMAND);
    bool good = token_command_end(text != NULL ? text : "", &renew->command, &renew->output, &token,
                                  &problem);
    token_output_wipe(&renew->output);
    tell(renew, good ? token : NULL, &problem);
}

static void on_alive(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    command_over(user, true); /* it and its children have ended */
}

static void on_out(void *user, int fd, unsigned events)
{
    struct token_renew *renew = user;
    size_t room = sizeof renew->output.text - renew->output.len;
    ssize_t got = read(fd, renew->output.text + renew->output.len, room);
    (void)events;
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    renew->output.len += got > 0 ? (size_t)got : 0;
    if (got <= 0) {
        loop_unwatch(renew->loop, fd);
        loop_watch(renew->loop, renew->command.alive, LOOP_READ, on_alive, renew);
    } else if (renew->output.len == sizeof renew->output.text) {
        command_over(renew, false);
    }
}

static void start_command(struct token_renew *renew)
{
    const struct config *config = renew->renewal.config;
    const char *text = config_text(config, CONFIG_TOKEN_COMMAND);
    struct problem problem;
    renew->output.len = 0;
    if (text == NULL || !token_command_start(text, true, &renew->command)) {
        problem_set(&problem, "cannot run token_command: %s",
                    text == NULL ? "there is none any more" : strerror(errno));
        tell(renew, NULL, &problem);
        return;
    }
    renew->running = true;
    fcntl(renew->command.out, F_SETFL, O_NONBLOCK);
    loop_watch(renew->loop, renew->command.out, LOOP_READ, on_out, renew);
    loop_timer_set(renew->timer, loop_refresh(renew->loop).mono_us +
                                     config_number(config, CONFIG_TOKEN_TIMEOUT) * 1000);
}

static void read_file(struct token_renew *renew)
{
    const char *path = config_text(renew->renewal.config, CONFIG_TOKEN_FILE);
    char *token = NULL;
    struct problem problem;
    if (path == NULL) {
        problem_set(&problem, "there is no token_file any more");
    } else if (!token_read_file(path, &token, &problem)) {
        token = NULL;
    }
    tell(renew, token, &problem);
}

static void on_timer(void *user)
{
    struct token_renew *renew = user;
    if (renew->running) {
        command_over(renew, false);
    } else if (renew->renewal.source == TOKEN_OF_FILE) {
        read_file(renew);
    } else {
        start_command(renew);
    }
}

struct token_renew *token_renew_new(struct loop *loop, const struct token_renewal *renewal)
{
    struct token_renew *renew = mem_calloc(1, sizeof *renew);
    renew->loop = loop;
    renew->renewal = *renewal;
    renew->token = renewal->token != NULL ? mem_dup(renewal->token, strlen(renewal->token)) : NULL;
    renew->timer = loop_timer_new(loop, on_timer, renew);
    return renew;
}

void token_renew_free(struct token_renew *renew)
{
    if (renew == NULL) {
        return;
    }
    if (renew->running) {
        char *token = NULL;
        struct problem problem;
        renew->output.in_time = false;
        loop_unwatch(renew->loop, renew->command.out);
        loop_unwatch(renew->loop, renew->command.alive);
        if (token_command_end("", &renew->command, &renew->output, &token, &problem)) {
            token_free(token);
        }
        token_output_wipe(&renew->output);
    }
    loop_timer_free(renew->timer);
    token_free(renew->token);
    free(renew);
}

bool token_renew_ask(struct token_renew *renew)
{
    enum token_source source = renew->renewal.source;
    if (source != TOKEN_OF_FILE && source != TOKEN_OF_COMMAND) {
        return false;
    }
    renew->again = renew->running; /* what it prints may be of before the wish */
    if (!renew->asking) {
        renew->asking = true;
        loop_timer_set(renew->timer, 0); /* in a turn of its own: whoever asks is in a callback */
    }
    return true;
}

void token_renew_set_config(struct token_renew *renew, const struct config *config)
{
    renew->renewal.config = config;
    if (config_text(config, CONFIG_TOKEN_FILE) != NULL ||
        config_text(config, CONFIG_TOKEN_COMMAND) != NULL) {
        renew->renewal.source = token_source(config);
    }
}
