#include <blotter/cli/secrets.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <blotter/cli/token.h>
#include <blotter/core/alloc.h>

#define TOKEN "token"

struct secret {
    const char *name;
    const char *source; /* "file:…", "command:…"; NULL: as the session token */
    char *value;
};

struct secrets {
    const struct config *config;
    const char *home;
    struct secret rows[BACKEND_SECRETS_MAX];
    size_t count;
    int64_t renewed_ms; /* monotonic */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool read_file(const struct secrets *secrets, const char *path, char **ret,
                      struct problem *problem)
{
    if (strncmp(path, "~/", 2) != 0 || secrets->home == NULL) {
        return token_read_file(path, ret, problem);
    }
    size_t size = strlen(secrets->home) + strlen(path) + 1;
    char *full = mem_alloc(size);
    snprintf(full, size, "%s%s", secrets->home, path + 1);
    bool good = token_read_file(full, ret, problem);
    free(full);
    return good;
}

/* *ret is NULL when the session token is asked for and there is none. */
static bool read_secret(const struct secrets *secrets, const char *source, char **ret,
                        struct problem *problem)
{
    static const char file[] = "file:", command[] = "command:";
    if (source == NULL) {
        return token_load(secrets->config, ret, problem);
    }
    if (strncmp(source, file, strlen(file)) == 0) {
        return read_file(secrets, source + strlen(file), ret, problem);
    }
    int64_t timeout_ms = config_number(secrets->config, CONFIG_TOKEN_TIMEOUT);
    return token_run_command(source + strlen(command), timeout_ms, ret, problem);
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

static enum status load(struct secrets *secrets, const struct backend *backend, size_t i,
                        struct problem *problem)
{
    const char *name = backend->secrets[i];
    struct secret *row = &secrets->rows[i];
    *row = (struct secret){name, find_source(secrets->config, name), NULL};
    secrets->count = i + 1;
    if (row->source == NULL && strcmp(name, TOKEN) != 0) {
        return refuse_missing(backend, name, problem);
    }
    if (!read_secret(secrets, row->source, &row->value, problem)) {
        return STATUS_USAGE;
    }
    return row->value != NULL ? STATUS_OK : refuse_missing(backend, name, problem);
}

struct secrets *secrets_load(const struct config *config, const char *home,
                             const struct backend *backend, enum status *ret_status,
                             struct problem *ret_problem)
{
    struct secrets *secrets = mem_calloc(1, sizeof *secrets);
    secrets->config = config;
    secrets->home = home;
    secrets->renewed_ms = now_ms() - SECRETS_RENEW_MS;
    *ret_status = STATUS_OK;
    for (size_t i = 0; i < backend->secret_count && *ret_status == STATUS_OK; i++) {
        *ret_status = load(secrets, backend, i, ret_problem);
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

bool secrets_renew(void *user)
{
    struct secrets *secrets = user;
    bool changed = false;
    if (now_ms() - secrets->renewed_ms < SECRETS_RENEW_MS) {
        return false;
    }
    secrets->renewed_ms = now_ms();
    for (size_t i = 0; i < secrets->count; i++) {
        struct secret *row = &secrets->rows[i];
        struct problem problem;
        char *value = NULL;
        if (!read_secret(secrets, row->source, &value, &problem) || value == NULL) {
            continue;
        }
        changed |= strcmp(value, row->value) != 0;
        token_free(row->value);
        row->value = value;
    }
    return changed;
}
