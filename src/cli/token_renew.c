#include "token_renew.h"
#include "token_wait.h"

#include <blotter/core/alloc.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct token_renew {
    struct loop *loop;
    struct loop_timer *timer; /* asks in a turn of its own */
    struct token_renewal renewal;
    char *token; /* in force */
    bool asking;
    bool again;                 /* asked for once more meanwhile */
    struct token_wait *command; /* that runs; NULL: none does */
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

static void on_token(void *user, char *token, const struct problem *problem)
{
    struct token_renew *renew = user;
    renew->command = NULL;
    tell(renew, token, problem);
}

static void start_command(struct token_renew *renew)
{
    const struct config *config = renew->renewal.config;
    const char *text = config_text(config, CONFIG_TOKEN_COMMAND);
    struct problem problem;
    if (text != NULL) {
        renew->command = token_wait_start(
            renew->loop, text, config_number(config, CONFIG_TOKEN_TIMEOUT), on_token, renew);
    }
    if (renew->command == NULL) {
        problem_set(&problem, "cannot run token_command: %s",
                    text == NULL ? "there is none any more" : strerror(errno));
        tell(renew, NULL, &problem);
    }
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
    if (renew->renewal.source == TOKEN_OF_FILE) {
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
    token_wait_stop(renew->command);
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
    renew->again = renew->command != NULL; /* what it prints may be of before the wish */
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
