#include "programs.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = 1 << 20,
    SNAPSHOT_BYTES = 4 << 20,
    END_MS = 20000,
    END_TRY_MS = 1000,
    ESCAPE_MS = 120,
    SNAPSHOT_MS = 60000
};

/* A server that dies so often is looked for sooner than anybody would like in earnest; a stream
 * that falls silent before its heartbeat is known would be waited for more than a minute. */
#define IMPATIENT                                                                                  \
    "-O", "stream.retry_ms=100", "-O", "stream.max_retry_ms=500", "-O", "stream.watchdog_ms=5000"

int64_t programs_now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- starting --------------------------------------------------------------------------------- */

bool programs_prepare(struct programs *p)
{
    snprintf(p->directory, sizeof p->directory, "/tmp/blotter-soak-XXXXXX");
    p->line = malloc(LINE_BYTES);
    p->old.terminal = p->fresh.terminal = p->stream = -1;
    signal(SIGPIPE, SIG_IGN);
    if (p->line == NULL || mkdtemp(p->directory) == NULL) {
        return false;
    }
    snprintf(p->db, sizeof p->db, "%s/mock.db", p->directory);
    return true;
}

bool programs_start_server(struct programs *p, const char *rate, const char *quotes,
                           const char *fault)
{
    char port[16];
    snprintf(port, sizeof port, "%d", p->server.port);
    const char *args[] = {"--db",     p->db,      "--seed",      p->seed,   "--rate",
                          rate,       "--quotes", quotes,        "--users", "1",
                          "--fault",  fault,      "--heartbeat", "1",       "--allow-sql",
                          "--retain", "200000",   "--port",      port,      NULL};
    return server_start(&p->server, p->mock, args);
}

/* home: a name in our directory, so that two dashboards share nothing. */
static void pin_environment(const struct programs *p, const char *home)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", p->directory, home);
    setenv("BLOTTER_URL", p->server.url, 1);
    setenv("BLOTTER_USER", p->server.user, 1);
    setenv("BLOTTER_TOKEN", p->server.token, 1);
    setenv("XDG_CACHE_HOME", path, 1);
    setenv("XDG_STATE_HOME", path, 1);
    setenv("XDG_CONFIG_HOME", path, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

static void run_dashboard(const struct programs *p, int terminal, const char *home)
{
    setsid();
    int slave = open(ptsname(terminal), O_RDWR);
    ioctl(slave, TIOCSCTTY, 0);
    dup2(slave, STDIN_FILENO);
    dup2(slave, STDOUT_FILENO);
    dup2(slave, STDERR_FILENO);
    pin_environment(p, home);
    execl(p->blotter, p->blotter, IMPATIENT, (char *)NULL);
    _exit(127);
}

void dashboard_resize(const struct dashboard *dashboard, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    ioctl(dashboard->terminal, TIOCSWINSZ, &size);
}

static void start_dashboard(struct programs *p, struct dashboard *dashboard, const char *home)
{
    if (dashboard->terminal < 0 || grantpt(dashboard->terminal) != 0 ||
        unlockpt(dashboard->terminal) != 0) {
        abort();
    }
    fcntl(dashboard->terminal, F_SETFD, FD_CLOEXEC);
    fcntl(dashboard->terminal, F_SETFL, O_NONBLOCK);
    dashboard->pid = fork();
    if (dashboard->pid == 0) {
        run_dashboard(p, dashboard->terminal, home);
    }
}

void programs_start_old(struct programs *p, int rows, int columns)
{
    p->old.terminal = posix_openpt(O_RDWR | O_NOCTTY);
    dashboard_resize(&p->old, rows, columns);
    start_dashboard(p, &p->old, "old");
}

/* A headless run with its output in a pipe, of which *ret_end is ours. */
static pid_t start_piped(struct programs *p, const char *const *argv, int *ret_end)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        pin_environment(p, "headless");
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execv(p->blotter, (char *const *)(void *)argv);
        _exit(127);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *ret_end = ends[0];
    return pid;
}

bool programs_start_watch(struct programs *p)
{
    const char *argv[] = {p->blotter, "--watch", "-o", "json", "--status", IMPATIENT, NULL};
    p->watch = start_piped(p, argv, &p->stream);
    return p->watch > 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_watch(struct programs *p)
{
    ssize_t got = read(p->stream, p->line + p->line_len, LINE_BYTES - p->line_len);
    if (got <= 0) {
        return false;
    }
    p->line_len += (size_t)got;
    char *at = p->line, *stop = p->line + p->line_len, *end;
    while ((end = memchr(at, '\n', (size_t)(stop - at))) != NULL) {
        ledger_line(p->ledger, at, (size_t)(end - at));
        at = end + 1;
    }
    p->line_len = (size_t)(stop - at);
    memmove(p->line, at, p->line_len);
    return true;
}

static bool read_dashboard(struct dashboard *dashboard)
{
    char bytes[65536];
    ssize_t got = read(dashboard->terminal, bytes, sizeof bytes);
    if (got > 0) {
        dashboard->bytes += (uint64_t)got;
        if (dashboard->glass != NULL) {
            glass_write(dashboard->glass, bytes, (size_t)got);
        }
    }
    return got > 0;
}

static void note_ended(struct programs *p, const char *name, pid_t pid)
{
    int status = 0;
    bool ended = waitpid(pid, &status, 0) == pid;
    printf("soak: the %s ended by itself: %s %d\n", name,
           ended && WIFSIGNALED(status) ? "signal" : "status",
           ended && WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    p->ended = name;
}

/* One round of what can be read. */
static void read_some(struct programs *p, const struct pollfd *polls)
{
    if (polls[0].revents != 0 && !read_dashboard(&p->old)) {
        note_ended(p, "dashboard", p->old.pid);
        p->old.pid = 0;
    } else if (polls[1].revents != 0 && !read_watch(p)) {
        note_ended(p, "watch", p->watch);
        p->watch = 0;
    } else if (polls[2].revents != 0 && !read_dashboard(&p->fresh)) {
        note_ended(p, "fresh dashboard", p->fresh.pid);
        p->fresh.pid = 0;
    }
}

bool programs_run(struct programs *p, int64_t ms)
{
    int64_t until_ms = programs_now_ms() + ms;
    for (int64_t left; p->ended == NULL && (left = until_ms - programs_now_ms()) > 0;) {
        struct pollfd polls[] = {
            {p->old.terminal, POLLIN, 0}, {p->stream, POLLIN, 0}, {p->fresh.terminal, POLLIN, 0}};
        if (poll(polls, 3, (int)left) > 0) {
            read_some(p, polls);
        }
    }
    return p->ended == NULL;
}

void dashboard_press(const struct dashboard *dashboard, const char *keys)
{
    /* A terminal whose program is behind takes no more; then the key is not pressed. */
    ssize_t sent = write(dashboard->terminal, keys, strlen(keys));
    (void)sent;
}

/* --- ending ----------------------------------------------------------------------------------- */

enum ending { RUNS_ON, ENDED_WELL, ENDED_BADLY };

/* Waits so long for its end, taking what it still says. */
static enum ending reap(pid_t pid, int fd, int64_t ms)
{
    int64_t until = programs_now_ms() + ms;
    int status = -1;
    char bytes[65536];
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct pollfd polls[] = {{fd, POLLIN, 0}};
        poll(polls, 1, 10);
        while (read(fd, bytes, sizeof bytes) > 0) {
        }
        if (programs_now_ms() > until) {
            return RUNS_ON;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ENDED_WELL : ENDED_BADLY;
}

/* The last resort. */
static enum ending reap_or_kill(pid_t pid, int fd, int64_t ms)
{
    enum ending ending = reap(pid, fd, ms);
    if (ending == RUNS_ON) {
        kill(pid, SIGKILL);
        reap(pid, fd, END_MS);
        ending = ENDED_BADLY;
    }
    return ending;
}

bool programs_end_dashboard(struct dashboard *dashboard)
{
    enum ending ending = RUNS_ON;
    int64_t until = programs_now_ms() + END_MS;
    while (dashboard->pid > 0 && ending == RUNS_ON && programs_now_ms() < until) {
        dashboard_press(dashboard, "q");
        ending = reap(dashboard->pid, dashboard->terminal, END_TRY_MS);
        if (ending == RUNS_ON) { /* something is open: close it first */
            dashboard_press(dashboard, "\033");
            ending = reap(dashboard->pid, dashboard->terminal, ESCAPE_MS);
        }
    }
    if (dashboard->pid > 0 && ending == RUNS_ON) {
        ending = reap_or_kill(dashboard->pid, dashboard->terminal, 0);
    }
    if (dashboard->terminal >= 0) {
        close(dashboard->terminal);
    }
    glass_free(dashboard->glass);
    *dashboard = (struct dashboard){.terminal = -1, .bytes = dashboard->bytes};
    return ending == ENDED_WELL;
}

void programs_end_watch(struct programs *p)
{
    if (p->watch > 0) {
        kill(p->watch, SIGTERM);
        reap_or_kill(p->watch, p->stream, END_MS);
    }
    if (p->stream >= 0) {
        close(p->stream);
    }
    p->watch = 0;
    p->stream = -1;
}

char *programs_snapshot(struct programs *p)
{
    const char *argv[] = {p->blotter, "--snapshot", "-o", "json", NULL};
    char *text = malloc(SNAPSHOT_BYTES);
    size_t len = 0;
    int end = -1;
    pid_t pid = start_piped(p, argv, &end);
    int64_t until = programs_now_ms() + SNAPSHOT_MS;
    ssize_t got = 1;
    while (pid > 0 && text != NULL && got != 0 && programs_now_ms() < until) {
        struct pollfd polls[] = {{end, POLLIN, 0}};
        poll(polls, 1, 100);
        got = read(end, text + len, SNAPSHOT_BYTES - len - 1);
        len += got > 0 ? (size_t)got : 0;
    }
    bool good = pid > 0 && reap_or_kill(pid, end, END_MS) == ENDED_WELL;
    close(end);
    if (!good || text == NULL) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    return text;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void programs_clean_up(struct programs *p)
{
    remove_tree(p->directory);
    free(p->line);
}

/* It knows nothing of the one before: not even which orders were working then. */
void programs_start_fresh(struct programs *p, int rows, int columns)
{
    char home[96];
    snprintf(home, sizeof home, "%s/fresh", p->directory);
    remove_tree(home);
    p->fresh = (struct dashboard){.terminal = posix_openpt(O_RDWR | O_NOCTTY)};
    dashboard_resize(&p->fresh, rows, columns);
    p->fresh.glass = glass_new(rows, columns);
    start_dashboard(p, &p->fresh, "fresh");
}
