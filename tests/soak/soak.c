/*
 * A long run of the real programs: a market at full speed, random faults, a dashboard under random
 * keys and sizes, a --watch beside it. Says how memory and descriptors moved, and fails when an
 * event was lost, a pane differs from the database in the end, or something grows.
 *
 *     soak BLOTTER BLOTTER-MOCK [SECONDS [RATE [SEED]]]
 */
#include "../support/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BODY_MAX = 4 << 20,
    LINE_MAX_BYTES = 1 << 20,
    FAULT_MS = 400,
    SAMPLES_MAX = 4096,
    QUIET_MS = 1500,
    KIB_PER_MINUTE_MAX = 512, /* more than noise, far less than a leak at this rate */
    WARM_UP_PERCENT = 30
};

/* In force all the time: a stream that nothing else harms ends after some seconds. */
#define STREAM_ENDS "cut,stream,bytes=8000000"

/* Losing or repeating events on purpose would leave nothing to be proven about them. */
static const char *const faults[] = {
    "500,*,p=0.5",
    "drop,*,p=0.3",
    "cut,stream,bytes=90000",
    "garbage,orders,p=0.5",
    "truncate,*,p=0.5",
    "503,*,p=0.5",
    "half-open,stream,bytes=60000",
    "html,account",
    "wrong-type,positions",
    "bad-chunk,stream,bytes=70000",
    "success-false,*,p=0.5",
    "utf8,stream,bytes=50000",
};
static const char *const keys[] = {"j", "k", "\t", "g", "G", "s", "?",       "\033",    "z", "1",
                                   "2", "3", "4",  "R", "p", "p", "\033[6~", "\033[5~", "/", "x\r"};

enum subject { CLIENT, WATCH, MOCK, SUBJECTS };
static const char *const subject_names[] = {"dashboard", "watch", "mock"};

struct sample {
    double minutes;
    double kib[SUBJECTS];
    int fds[SUBJECTS];
};

struct soak {
    const char *blotter, *mock, *seed, *rate;
    char directory[64], db[128];
    struct server server;
    pid_t client, watch;
    int terminal, stream; /* the dashboard's master side, the watch's output */
    char *line;
    size_t line_len;
    uint64_t last_id, events, durable, gaps, back, reconnects, screen_bytes;
    uint64_t random;
    struct sample samples[SAMPLES_MAX];
    size_t sample_count;
    bool failed;
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static uint32_t random_below(struct soak *s, uint32_t limit)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (uint32_t)(s->random >> 11) % limit;
}

static void fail(struct soak *s, const char *what)
{
    printf("soak: FAILED: %s\n", what);
    s->failed = true;
}

/* --- the programs ---------------------------------------------------------------------------- */

static bool start_server(struct soak *s, const char *rate, const char *quotes)
{
    char port[16];
    snprintf(port, sizeof port, "%d", s->server.port);
    const char *args[] = {"--db",     s->db,       "--seed",      s->seed,   "--rate",
                          rate,       "--quotes",  quotes,        "--users", "1",
                          "--fault",  STREAM_ENDS, "--heartbeat", "1",       "--allow-sql",
                          "--retain", "1000000",   "--port",      port,      NULL};
    return server_start(&s->server, s->mock, args);
}

static void pin_environment(const struct soak *s)
{
    setenv("BLOTTER_URL", s->server.url, 1);
    setenv("BLOTTER_USER", s->server.user, 1);
    setenv("BLOTTER_TOKEN", s->server.token, 1);
    setenv("XDG_CACHE_HOME", s->directory, 1);
    setenv("XDG_STATE_HOME", s->directory, 1);
    setenv("XDG_CONFIG_HOME", s->directory, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

static void start_client(struct soak *s)
{
    struct winsize size = {.ws_row = 40, .ws_col = 140};
    s->terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (s->terminal < 0 || grantpt(s->terminal) != 0 || unlockpt(s->terminal) != 0) {
        abort();
    }
    ioctl(s->terminal, TIOCSWINSZ, &size);
    fcntl(s->terminal, F_SETFD, FD_CLOEXEC);
    s->client = fork();
    if (s->client == 0) {
        setsid();
        int slave = open(ptsname(s->terminal), O_RDWR);
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, STDIN_FILENO);
        dup2(slave, STDOUT_FILENO);
        dup2(slave, STDERR_FILENO);
        pin_environment(s);
        execl(s->blotter, s->blotter, "-O", "stream.retry_ms=100", "-O", "stream.max_retry_ms=500",
              (char *)NULL);
        _exit(127);
    }
    fcntl(s->terminal, F_SETFL, O_NONBLOCK);
}

static bool start_watch(struct soak *s)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    s->watch = fork();
    if (s->watch == 0) {
        pin_environment(s);
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        close(ends[0]);
        execl(s->blotter, s->blotter, "--watch", "-o", "json", "--status", "-O",
              "stream.retry_ms=100", "-O", "stream.max_retry_ms=500", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    s->stream = ends[0];
    fcntl(s->stream, F_SETFL, O_NONBLOCK);
    fcntl(s->stream, F_SETFD, FD_CLOEXEC);
    return s->watch > 0;
}

/* --- what the watch prints ------------------------------------------------------------------- */

static void take_line(struct soak *s, const char *line)
{
    static const char is_status[] = "{\"v\":1,\"status\":\"live\"";
    const char *id = strstr(line, ",\"id\":\"");
    if (strncmp(line, "{\"v\":1,\"seq\":", 13) != 0 || id == NULL) {
        s->reconnects += strncmp(line, is_status, sizeof is_status - 1) == 0;
        return;
    }
    uint64_t number = strtoull(id + 7, NULL, 10);
    s->events++;
    if (strstr(line, "\"event\":\"connected\"") != NULL && s->last_id != 0) {
        return; /* the welcome tells where the server stands, ahead of the replay */
    }
    if (strstr(line, "\"event\":\"resync\"") != NULL) {
        fail(s, "the server no longer held what was missed");
    }
    s->durable += number > s->last_id;
    s->gaps += s->last_id != 0 && number > s->last_id + 1;
    s->back += number < s->last_id;
    s->last_id = number;
}

static bool read_watch(struct soak *s)
{
    ssize_t got = read(s->stream, s->line + s->line_len, LINE_MAX_BYTES - s->line_len - 1);
    if (got <= 0) {
        return false;
    }
    s->line_len += (size_t)got;
    s->line[s->line_len] = '\0';
    char *at = s->line, *end;
    while ((end = strchr(at, '\n')) != NULL) {
        *end = '\0';
        take_line(s, at);
        at = end + 1;
    }
    s->line_len = strlen(at);
    memmove(s->line, at, s->line_len + 1);
    return true;
}

static bool read_screen(struct soak *s)
{
    char bytes[65536];
    ssize_t got = read(s->terminal, bytes, sizeof bytes);
    s->screen_bytes += got > 0 ? (uint64_t)got : 0;
    return got > 0;
}

/* Reads what both say until then. */
static void run_until(struct soak *s, int64_t until_ms)
{
    for (int64_t left; (left = until_ms - now_ms()) > 0;) {
        struct pollfd polls[] = {{s->terminal, POLLIN, 0}, {s->stream, POLLIN, 0}};
        if (poll(polls, 2, (int)left) > 0) {
            bool some = (polls[0].revents != 0 && read_screen(s));
            some = (polls[1].revents != 0 && read_watch(s)) || some;
            if (!some) {
                fail(s, "a program ended or hung up");
                return;
            }
        }
    }
}

/* --- what they use --------------------------------------------------------------------------- */

static double resident_kib(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static int open_fds(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static void take_sample(struct soak *s, int64_t began_ms)
{
    const pid_t pids[SUBJECTS] = {s->client, s->watch, s->server.pid};
    if (s->sample_count == SAMPLES_MAX) {
        return;
    }
    struct sample *sample = &s->samples[s->sample_count++];
    sample->minutes = (double)(now_ms() - began_ms) / 60000;
    for (int i = 0; i < SUBJECTS; i++) {
        sample->kib[i] = resident_kib(pids[i]);
        sample->fds[i] = open_fds(pids[i]);
    }
}

/* KiB a minute by least squares, the warm-up left out. */
static double slope(const struct soak *s, int subject)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = s->sample_count * WARM_UP_PERCENT / 100; i < s->sample_count; i++) {
        const struct sample *at = &s->samples[i];
        n += 1;
        x += at->minutes;
        y += at->kib[subject];
        xx += at->minutes * at->minutes;
        xy += at->minutes * at->kib[subject];
    }
    double spread = n * xx - x * x;
    return spread > 0 ? (n * xy - x * y) / spread : 0;
}

static void report(struct soak *s, int64_t lasted_ms)
{
    for (size_t i = 0; i < s->sample_count; i += s->sample_count / 10 + 1) {
        const struct sample *at = &s->samples[i];
        printf("soak: after %5.1f min %8.0f %8.0f %8.0f KiB\n", at->minutes, at->kib[CLIENT],
               at->kib[WATCH], at->kib[MOCK]);
    }
    /* Over less than two minutes a slope says more about the warm-up than about leaks. */
    bool judged = lasted_ms >= 120000;
    printf("soak: %-10s %10s %10s %12s %10s\n", "", "KiB first", "KiB last", "KiB/min", "fds");
    for (int i = 0; i < SUBJECTS && s->sample_count > 0; i++) {
        size_t warm = s->sample_count * WARM_UP_PERCENT / 100;
        int least = s->samples[warm].fds[i], most = least;
        for (size_t k = warm; k < s->sample_count; k++) {
            least = s->samples[k].fds[i] < least ? s->samples[k].fds[i] : least;
            most = s->samples[k].fds[i] > most ? s->samples[k].fds[i] : most;
        }
        printf("soak: %-10s %10.0f %10.0f %12.1f %6d..%d\n", subject_names[i],
               s->samples[warm].kib[i], s->samples[s->sample_count - 1].kib[i], slope(s, i), least,
               most);
        if (judged && slope(s, i) > KIB_PER_MINUTE_MAX) {
            fail(s, "memory grows");
        }
        if (most > least + 24) {
            fail(s, "descriptors grow");
        }
    }
    printf("soak: %llu events printed, %llu of them durable (%.0f/s), %llu gaps, %llu repeated,"
           " %llu connections; %.1f MB to the terminal\n",
           (unsigned long long)s->events, (unsigned long long)s->durable,
           (double)s->durable * 1000 / (double)lasted_ms, (unsigned long long)s->gaps,
           (unsigned long long)s->back, (unsigned long long)s->reconnects,
           (double)s->screen_bytes / 1e6);
    if (s->gaps > 0) {
        fail(s, "an event was lost");
    }
    if (s->durable == 0) {
        fail(s, "no event came");
    }
}

/* --- the run --------------------------------------------------------------------------------- */

static void set_fault(struct soak *s, const char *spec)
{
    char answer[512];
    if (server_request(&s->server, "/__mock/fault", spec, answer, sizeof answer) != 200) {
        fail(s, spec);
    }
}

static void press_keys(struct soak *s)
{
    const char *key = keys[random_below(s, sizeof keys / sizeof *keys)];
    if (write(s->terminal, key, strlen(key)) < 0 && errno != EAGAIN) {
        fail(s, "the dashboard's terminal has gone");
    }
    if (random_below(s, 8) == 0) {
        struct winsize size = {.ws_row = (unsigned short)(2 + random_below(s, 70)),
                               .ws_col = (unsigned short)(5 + random_below(s, 220))};
        ioctl(s->terminal, TIOCSWINSZ, &size);
    }
}

static void storm(struct soak *s, int64_t began_ms, int64_t until_ms)
{
    int64_t next_sample_ms = 0, step_ms = (until_ms - began_ms) / 200;
    for (unsigned round = 0; now_ms() < until_ms && !s->failed; round++) {
        press_keys(s);
        if (round % 20 == 0) {
            char spec[128];
            snprintf(spec, sizeof spec, "clear\n%s\n" STREAM_ENDS,
                     faults[random_below(s, sizeof faults / sizeof *faults)]);
            set_fault(s, spec);
        } else if (round % 20 == 5) {
            set_fault(s, "clear\n" STREAM_ENDS);
        }
        run_until(s, now_ms() + FAULT_MS / 4);
        if (now_ms() >= next_sample_ms) {
            take_sample(s, began_ms);
            next_sample_ms = now_ms() + step_ms;
        }
    }
    set_fault(s, "clear");
}

/* Nothing moves any more: the same database behind a still market. */
static bool calm_down(struct soak *s)
{
    run_until(s, now_ms() + QUIET_MS);
    server_end(&s->server, SIGTERM);
    if (!start_server(s, "0", "0")) {
        return false;
    }
    int64_t quiet_since = now_ms(), give_up = quiet_since + 60000;
    while (now_ms() - quiet_since < QUIET_MS && now_ms() < give_up) {
        uint64_t events = s->events;
        run_until(s, now_ms() + 100);
        quiet_since = s->events != events ? now_ms() : quiet_since;
    }
    run_until(s, now_ms() + QUIET_MS);
    return !s->failed;
}

static bool end_process(pid_t pid, int terminal, int stream)
{
    int64_t until = now_ms() + 10000;
    int status = -1;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        char bytes[65536];
        struct pollfd polls[] = {{terminal, POLLIN, 0}, {stream, POLLIN, 0}};
        poll(polls, 2, 10);
        while (read(terminal, bytes, sizeof bytes) > 0 || read(stream, bytes, sizeof bytes) > 0) {
        }
        if (now_ms() > until) {
            kill(pid, SIGKILL);
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void end_client(struct soak *s)
{
    /* Out of whatever is open, then quit. */
    static const char leave[] = "\033\033\033";
    if (write(s->terminal, leave, sizeof leave - 1) > 0) {
        run_until(s, now_ms() + 500);
    }
    if (write(s->terminal, "q", 1) != 1 || !end_process(s->client, s->terminal, s->stream)) {
        fail(s, "the dashboard did not quit");
    }
}

/* --- the panes and the database -------------------------------------------------------------- */

static json_t *held(const struct soak *s, const char *pane, char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/blotter/%s.cache", s->directory, pane);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
    text[fread(text, 1, BODY_MAX - 1, file)] = '\0';
    fclose(file);
    const char *body = strstr(text, "\n\n");
    return body != NULL ? json_loads(body + 2, 0, NULL) : NULL;
}

static json_t *served(const struct soak *s, const char *path, char *text)
{
    char request[256];
    snprintf(request, sizeof request, "%s?userId=%s", path, s->server.user);
    return server_request(&s->server, request, NULL, text, BODY_MAX) == 200
               ? json_loads(text, 0, NULL)
               : NULL;
}

/* Last prices of orders move by messages that cause no request. */
static void drop_prices(json_t *orders)
{
    for (size_t i = 0; i < json_array_size(orders); i++) {
        json_object_del(json_object_get(json_array_get(orders, i), "stock"), "ltp");
    }
}

static void compare_panes(struct soak *s)
{
    static const struct {
        const char *pane, *path;
    } panes[] = {{"orders", "/api/trading/orders/list"},
                 {"positions", "/api/trading/positions/list"},
                 {"account", "/api/trading/account"},
                 {"watchlists", "/api/watchlists"}};
    char *text = malloc(BODY_MAX);
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        json_t *ours = held(s, panes[i].pane, text), *theirs = served(s, panes[i].path, text);
        drop_prices(json_object_get(ours, "orders"));
        drop_prices(json_object_get(theirs, "orders"));
        bool equal = ours != NULL && json_equal(ours, theirs);
        printf("soak: %-10s %s\n", panes[i].pane, equal ? "equals the database" : "DIFFERS");
        s->failed = s->failed || !equal;
        json_decref(ours);
        json_decref(theirs);
    }
    free(text);
}

static void clean_up(const struct soak *s)
{
    static const char *const names[] = {"mock.db",
                                        "mock.db-wal",
                                        "mock.db-shm",
                                        "blotter/orders.cache",
                                        "blotter/positions.cache",
                                        "blotter/account.cache",
                                        "blotter/watchlists.cache",
                                        "blotter/view.ini",
                                        "blotter"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", s->directory, names[i]);
        remove(path);
    }
    rmdir(s->directory);
}

int main(int argc, char **argv)
{
    static struct soak soak;
    struct soak *s = &soak;
    if (argc < 3) {
        fprintf(stderr, "usage: soak BLOTTER BLOTTER-MOCK [SECONDS [RATE [SEED]]]\n");
        return 2;
    }
    long seconds = argc > 3 ? strtol(argv[3], NULL, 10) : 3600;
    s->blotter = argv[1];
    s->mock = argv[2];
    s->rate = argc > 4 ? argv[4] : "5000";
    s->seed = argc > 5 ? argv[5] : "7";
    s->random = 88172645463325252U ^ strtoull(s->seed, NULL, 10) << 8;
    s->line = malloc(LINE_MAX_BYTES);
    snprintf(s->directory, sizeof s->directory, "/tmp/blotter-soak-XXXXXX");
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(s->directory) == NULL) {
        return 1;
    }
    snprintf(s->db, sizeof s->db, "%.60s/mock.db", s->directory);
    if (!start_server(s, s->rate, "20") || !start_watch(s)) {
        return 1;
    }
    start_client(s);
    printf("soak: %ld s, %s events/s, seed %s\n", seconds, s->rate, s->seed);
    fflush(stdout);
    int64_t began_ms = now_ms();
    storm(s, began_ms, began_ms + seconds * 1000);
    int64_t lasted_ms = now_ms() - began_ms;
    if (!s->failed && calm_down(s)) {
        end_client(s);
        compare_panes(s);
    }
    kill(s->watch, SIGTERM);
    end_process(s->watch, s->terminal, s->stream);
    report(s, lasted_ms);
    server_end(&s->server, SIGTERM);
    clean_up(s);
    free(s->line);
    printf("soak: %s\n", s->failed ? "FAILED" : "ok");
    return s->failed;
}
