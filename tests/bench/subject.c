#include "subject.h"

#include <blotter/core/resource.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 48, COLUMNS = 160, LOAD_MS = 120000, END_MS = 3000, SLICE_US = 2000 };

/* --- start -------------------------------------------------------------------------------- */

static bool start_blotter(struct subject *subject, struct bench *bench, const struct server *server,
                          const struct subject_options *options)
{
    char token[320], cache[320];
    const char *url = options->url == NULL ? server->url : options->url;
    const char *argv[12] = {bench->blotter,     "--url", url, "--user", server->user, "--trace",
                            subject->trace_path};
    size_t argc = 7;
    if (options->config != NULL) {
        const char *const several[] = {bench->blotter, "--config", options->config, "--trace",
                                       subject->trace_path};
        memcpy(argv, several, sizeof several);
        argc = sizeof several / sizeof *several;
        argv[argc] = argv[argc + 1] = NULL;
    }
    subject->accounts = options->accounts == 0 ? 1 : options->accounts;
    if (options->cache_dir == NULL) {
        argv[argc++] = "--no-cache";
    }
    for (size_t i = 0; i < sizeof options->extra / sizeof options->extra[0]; i++) {
        argv[argc] = options->extra[i];
        argc += options->extra[i] != NULL;
    }
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", server->token);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s",
             options->cache_dir == NULL ? "/dev/null/none" : options->cache_dir);
    /* Nothing of the user's, and nothing of an earlier run's. */
    const char *env[] = {options->config != NULL ? cache : token, cache,
                         "XDG_CONFIG_HOME=/dev/null/none", "XDG_STATE_HOME=/dev/null/none", NULL};
    struct pty_options pty = {.argv = argv,
                              .env = env,
                              .rows = options->rows == 0 ? ROWS : options->rows,
                              .cols = options->cols == 0 ? COLUMNS : options->cols};
    int fd = open(subject->trace_path, O_RDONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    steps_init(&subject->steps, fd);
    subject->started_us = now_us();
    subject->pty = pty_start(&pty);
    return true;
}

static bool start_peer(struct subject *subject, struct bench *bench, const struct server *server,
                       const struct subject_options *options)
{
    const char *argv[] = {"node",
                          bench->browser ? "tab.js" : "peer.js",
                          options->url == NULL ? server->url : options->url,
                          server->user,
                          server->token,
                          NULL};
    const char *env[] = {"NODE_ENV=production", NULL};
    if (bench->peer_dir[0] == '\0' ||
        !process_start(&subject->process, argv, env, bench->peer_dir, PROCESS_PIPE)) {
        return false;
    }
    steps_init(&subject->steps, subject->process.out_fd);
    subject->process.out_fd = -1;
    subject->started_us = subject->process.started_us;
    return true;
}

bool subject_start(struct subject *ret, struct bench *bench, enum subject_kind kind,
                   const struct server *server, const struct subject_options *options)
{
    static const struct subject_options none;
    static unsigned number;
    *ret = (struct subject){.kind = kind, .process = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    ret->steps.fd = -1;
    snprintf(ret->trace_path, sizeof ret->trace_path, "%.230s/trace-%u", bench->work_dir, ++number);
    options = options == NULL ? &none : options;
    return kind == SUBJECT_BLOTTER ? start_blotter(ret, bench, server, options)
                                   : start_peer(ret, bench, server, options);
}

/* --- end ---------------------------------------------------------------------------------- */

void subject_stop(struct subject *subject)
{
    int status;
    if (subject->pty != NULL) {
        pty_signal(subject->pty, SIGTERM);
        pty_wait_exit(subject->pty, END_MS, &status);
    } else if (subject->process.pid > 0) {
        kill(subject->process.pid, SIGTERM);
        process_wait(&subject->process, END_MS);
    }
    steps_pump(&subject->steps);
}

void subject_free(struct subject *subject)
{
    pty_free(subject->pty);
    process_end(&subject->process, SIGTERM);
    steps_done(&subject->steps);
    if (getenv("KEEP") == NULL)
        unlink(subject->trace_path);
    *subject = (struct subject){.process = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    subject->steps.fd = -1;
}

pid_t subject_pid(const struct subject *subject)
{
    return subject->pty == NULL ? subject->process.pid : pty_pid(subject->pty);
}

/* --- waiting ------------------------------------------------------------------------------ */

int subject_fd(const struct subject *subject)
{
    return subject->pty == NULL ? subject->steps.fd : pty_fd(subject->pty);
}

void subject_pump(struct subject *subject)
{
    if (subject->pty != NULL) {
        pty_pump(subject->pty);
    }
    steps_pump(&subject->steps);
}

static bool has_ended(const struct subject *subject)
{
    siginfo_t info = {.si_pid = 0};
    pid_t pid = subject_pid(subject);
    return pid <= 0 || (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                        info.si_pid == pid);
}

/* A trace reaches its file a moment after the terminal got the frame, so the wait comes back to
 * look now and then even when there is no output. */
static void wait_slice(struct subject *subject, int64_t until_us)
{
    int64_t slice_us = now_us() + SLICE_US;
    wait_readable(subject_fd(subject), slice_us < until_us ? slice_us : until_us);
    subject_pump(subject);
}

bool subject_wait(struct subject *subject, subject_predicate predicate, const void *user,
                  int timeout_ms)
{
    int64_t until_us = now_us() + (int64_t)timeout_ms * 1000;
    subject_pump(subject);
    while (!predicate(subject, user)) {
        if (now_us() >= until_us || has_ended(subject)) {
            subject_pump(subject);
            return predicate(subject, user);
        }
        wait_slice(subject, until_us);
    }
    return true;
}

static bool is_whole(const struct step *step)
{
    return step_is_paint(step) && (step->loaded & RESOURCE_ALL) == RESOURCE_ALL;
}

/* Whether it is the first of its account's. */
static bool is_first(const struct steps *steps, size_t at)
{
    size_t i = 0;
    while (i < at && !(is_whole(&steps->list[i]) &&
                       strcmp(steps->list[i].account, steps->list[at].account) == 0)) {
        i++;
    }
    return i == at;
}

static const struct step *loaded_paint(const struct subject *subject)
{
    const struct steps *steps = &subject->steps;
    size_t accounts = subject->accounts == 0 ? 1 : subject->accounts;
    for (size_t i = 0; i < steps->count; i++) {
        if (is_whole(&steps->list[i]) && is_first(steps, i) && --accounts == 0) {
            return &steps->list[i];
        }
    }
    return NULL;
}

static bool is_loaded(const struct subject *subject, const void *user)
{
    (void)user;
    size_t accounts = subject->accounts == 0 ? 1 : subject->accounts;
    return loaded_paint(subject) != NULL &&
           steps_number(&subject->steps, "stream_open") >= accounts;
}

bool subject_wait_loaded(struct subject *subject, int64_t *ret_us)
{
    if (!subject_wait(subject, is_loaded, NULL, LOAD_MS)) {
        return false;
    }
    const struct step *paint = loaded_paint(subject);
    if (ret_us != NULL && paint != NULL) {
        *ret_us = paint->t_us;
    }
    return true;
}

void subject_run_until(struct subject *subject, int64_t until_us)
{
    while (now_us() < until_us) {
        wait_readable(has_ended(subject) ? -1 : subject_fd(subject), until_us);
        subject_pump(subject);
    }
}

bool subject_wait_quiet(struct subject *subject, int quiet_ms, int timeout_ms)
{
    int64_t until_us = now_us() + (int64_t)timeout_ms * 1000;
    int64_t last_us = now_us();
    subject_pump(subject);
    size_t seen = subject->steps.count;
    while (now_us() < until_us) {
        if (subject->steps.count != seen) {
            seen = subject->steps.count;
            last_us = now_us();
        }
        if (now_us() - last_us >= (int64_t)quiet_ms * 1000) {
            return true;
        }
        if (has_ended(subject)) {
            return false;
        }
        wait_slice(subject, until_us);
    }
    return false;
}
