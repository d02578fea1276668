#include "secrets.h"
#include "token.h"
#include "token_wait.h"

#include <blotter/core/alloc.h>
#include <blotter/sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "token"
#define COMMAND "command:"

struct secret {
    const char *name;
    const char *source; /* "file:…", "command:…"; NULL: as the session token */
    char *value;
};

/* One renewal, while it goes on: the secrets one after the other. */
struct renewal {
    struct loop *loop; /* NULL: none goes on */
    void (*done)(void *user, bool ok);
    void *user;
    size_t next;
    bool changed;
    struct token_wait *command; /* that runs; NULL: none does */
};

struct secrets {
    const struct config *config;
    const char *home;
    struct secret rows[BACKEND_SECRETS_MAX];
    size_t count;
    int64_t renewed_ms; /* monotonic */
    struct renewal renewal;
};

/* --- reading -------------------------------------------------------------------------------- */

static bool read_file(const struct secrets *secrets, const char *path, char **ret,
                      struct problem *problem)
{
    if (strncmp(path, "~/", 2) != 0 || secrets->home == NULL) {
        return token_read_file(path, ret, problem);
    }
    char *full = mem_printf("%s%s", secrets->home, path + 1);
    bool good = token_read_file(full, ret, problem);
    free(full);
    return good;
}

/* *ret is NULL when the session token is asked for and there is none. */
static bool read_secret(const struct secrets *secrets, const char *source, char **ret,
                        struct problem *problem)
{
    static const char file[] = "file:";
    if (source == NULL) {
        return token_load(secrets->config, ret, problem);
    }
    if (strncmp(source, file, strlen(file)) == 0) {
        return read_file(secrets, source + strlen(file), ret, problem);
    }
    int64_t timeout_ms = config_number(secrets->config, CONFIG_TOKEN_TIMEOUT);
    return token_run_command(source + strlen(COMMAND), timeout_ms, ret, problem);
}

static const char *find_source(const struct config *config, const char *name)
{
    struct config_entry entry;
    for (size_t i = 0; config_entry(config, CONFIG_SECRETS, i, &entry); i++) {
        if (strcmp(entry.name, name) == 0) {
            return entry.value;
        }
    }
    return NULL;
}

static enum status refuse_missing(const struct backend *backend, const char *name,
                                  struct problem *problem)
{
    bool is_token = strcmp(name, TOKEN) == 0;
    problem_set(problem,
                "%s needs the secret %s: write %s = file:PATH or %s = command:CMD in [secrets] of "
                "the config%s",
                backend->name, name, name, name,
                is_token ? ", or set token_file, token_command or BLOTTER_TOKEN" : "");
    return STATUS_AUTH;
}

/* What is in force; asked for again beside everything else. */
static char *value_of(const struct secrets *before, const char *name)
{
    const char *value =
        before != NULL ? secrets_get((void *)(uintptr_t)before, name, strlen(name)) : NULL;
    return value != NULL ? mem_dup(value, strlen(value)) : NULL;
}

static enum status load(struct secrets *secrets, const struct backend *backend, size_t i,
                        const struct secrets *before, struct problem *problem)
{
    const char *name = backend->secrets[i];
    struct secret *row = &secrets->rows[i];
    *row = (struct secret){name, find_source(secrets->config, name), NULL};
    secrets->count = i + 1;
    row->value = value_of(before, name);
    if (row->value != NULL) {
        return STATUS_OK;
    }
    if (row->source == NULL && strcmp(name, TOKEN) != 0) {
        return refuse_missing(backend, name, problem);
    }
    if (!read_secret(secrets, row->source, &row->value, problem)) {
        return STATUS_USAGE;
    }
    return row->value != NULL ? STATUS_OK : refuse_missing(backend, name, problem);
}

struct secrets *secrets_load(const struct config *config, const char *home,
                             const struct backend *backend, const struct secrets *before,
                             enum status *ret_status, struct problem *ret_problem)
{
    struct secrets *secrets = mem_calloc(1, sizeof *secrets);
    secrets->config = config;
    secrets->home = home;
    secrets->renewed_ms = wait_now_ms() - SECRETS_RENEW_MS;
    *ret_status = STATUS_OK;
    for (size_t i = 0; i < backend->secret_count && *ret_status == STATUS_OK; i++) {
        *ret_status = load(secrets, backend, i, before, ret_problem);
    }
    token_forget_environment();
    if (*ret_status != STATUS_OK) {
        secrets_free(secrets);
        return NULL;
    }
    return secrets;
}

void secrets_free(struct secrets *secrets)
{
    if (secrets == NULL) {
        return;
    }
    secrets_stop(secrets);
    for (size_t i = 0; i < secrets->count; i++) {
        token_free(secrets->rows[i].value);
    }
    free(secrets);
}

/* --- using ---------------------------------------------------------------------------------- */

const char *secrets_get(void *user, const char *name, size_t len)
{
    const struct secrets *secrets = user;
    for (size_t i = 0; i < secrets->count; i++) {
        if (strlen(secrets->rows[i].name) == len && memcmp(secrets->rows[i].name, name, len) == 0) {
            return secrets->rows[i].value;
        }
    }
    return NULL;
}

/* --- renewing ------------------------------------------------------------------------------- */

static void go_on(struct secrets *secrets);

/* The command that gives it; NULL when it is a file, or from the environment. */
static const char *command_of(const struct secrets *secrets, const struct secret *row)
{
    if (row->source != NULL) {
        bool is_command = strncmp(row->source, COMMAND, strlen(COMMAND)) == 0;
        return is_command ? row->source + strlen(COMMAND) : NULL;
    }
    const char *file = config_text(secrets->config, CONFIG_TOKEN_FILE);
    return file == NULL ? config_text(secrets->config, CONFIG_TOKEN_COMMAND) : NULL;
}

/* Takes the value; NULL: there is none. */
static void take(struct secrets *secrets, struct secret *row, char *value)
{
    if (value != NULL) {
        secrets->renewal.changed |= strcmp(value, row->value) != 0;
        token_free(row->value);
        row->value = value;
    }
}

static void on_value(void *user, char *value, const struct problem *problem)
{
    struct secrets *secrets = user;
    (void)problem;
    secrets->renewal.command = NULL;
    secrets->renewal.changed |= value != NULL; /* it may have opened a session by its old name */
    take(secrets, &secrets->rows[secrets->renewal.next++], value);
    go_on(secrets);
}

static bool start_command(struct secrets *secrets, const char *text)
{
    struct renewal *renewal = &secrets->renewal;
    renewal->command =
        token_wait_start(renewal->loop, text, config_number(secrets->config, CONFIG_TOKEN_TIMEOUT),
                         on_value, secrets);
    return renewal->command != NULL;
}

/* Until a command runs, or all have been asked. */
static void go_on(struct secrets *secrets)
{
    struct renewal *renewal = &secrets->renewal;
    for (; renewal->next < secrets->count; renewal->next++) {
        struct secret *row = &secrets->rows[renewal->next];
        const char *command = command_of(secrets, row);
        struct problem problem;
        char *value = NULL;
        if (command != NULL && start_command(secrets, command)) {
            return;
        }
        if (command == NULL && read_secret(secrets, row->source, &value, &problem)) {
            take(secrets, row, value);
        }
    }
    struct renewal over = *renewal;
    *renewal = (struct renewal){0};
    over.done(over.user, over.changed);
}

void secrets_stop(struct secrets *secrets)
{
    token_wait_stop(secrets->renewal.command);
    secrets->renewal = (struct renewal){0};
}

void secrets_renew(struct secrets *secrets, struct loop *loop, void (*done)(void *user, bool ok),
                   void *user)
{
    if (secrets->renewal.loop != NULL || wait_now_ms() - secrets->renewed_ms < SECRETS_RENEW_MS) {
        done(user, false);
        return;
    }
    secrets->renewed_ms = wait_now_ms();
    secrets->renewal = (struct renewal){.loop = loop, .done = done, .user = user};
    go_on(secrets);
}
