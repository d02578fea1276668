#define _GNU_SOURCE /* memmem */
#include "panes.h"
#include "trust.h"

#include <assert.h>
#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *blotter_path, *mock_path, *clock_shim_path;

enum { PATH_BYTES = 512, FILE_MAX = 1 << 22, SETTINGS_MAX = 12 };

/* So that nothing waits for a default. */
static const char *const settings[] = {
    "stream.retry_ms=40",       "stream.max_retry_ms=160",  "stream.watchdog_ms=1000",
    "refresh.retry_base_ms=40", "refresh.retry_cap_ms=160", "refresh.poll_after_ms=100",
    "refresh.poll_ms=200",      "refresh.poll_cap_ms=300",  "refresh.dedupe_ms=0",
    "http.timeout_s=0.8",       "http.connect_timeout_s=10"};
static_assert(sizeof settings / sizeof *settings <= SETTINGS_MAX, "they must fit");

void trust_programs(int argc, char **argv)
{
    assert_in_range(argc, 3, 4);
    blotter_path = argv[1];
    mock_path = argv[2];
    clock_shim_path = argc > 3 ? argv[3] : NULL;
}

const char *trust_clock_shim(void)
{
    assert_non_null(clock_shim_path);
    return clock_shim_path;
}

const char *trust_blotter(void)
{
    return blotter_path;
}

const char *trust_mock(void)
{
    return mock_path;
}

/* --- the world ----------------------------------------------------------------------------- */

void trust_up(struct trust *trust)
{
    *trust = (struct trust){.dir = "/tmp/blotter-trust-XXXXXX"};
    assert_non_null(mkdtemp(trust->dir));
    snprintf(trust->db, sizeof trust->db, "%s/mock.db", trust->dir);
    snprintf(trust->trace, sizeof trust->trace, "%s/trace", trust->dir);
    snprintf(trust->log, sizeof trust->log, "%s/log", trust->dir);
}

void trust_down(struct trust *trust)
{
    server_end(&trust->server, SIGTERM);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/rm", "rm", "-rf", "--", trust->dir, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

int trust_set_up(void **state)
{
    static struct trust trust;
    trust_up(&trust);
    *state = &trust;
    return 0;
}

int trust_set_up_served(void **state)
{
    trust_set_up(state);
    trust_serve(*state, NULL);
    return 0;
}

int trust_tear_down(void **state)
{
    trust_down(*state);
    return 0;
}

void trust_serve(struct trust *trust, const char *const *more)
{
    enum { MORE_MAX = 8 };
    char port[16];
    snprintf(port, sizeof port, "%d", trust->server.port);
    const char *args[16 + MORE_MAX] = {"--db",        trust->db,  "--seed", "7",           "--rate",
                                       "0",           "--quotes", "0",      "--heartbeat", "0.4",
                                       "--allow-sql", "--fault",  "none",   "--port",      port};
    for (size_t i = 0; more != NULL && more[i] != NULL && i < MORE_MAX; i++) {
        args[15 + i] = more[i];
    }
    assert_true(server_start(&trust->server, mock_path, args));
}

void trust_fault(struct trust *trust, const char *spec)
{
    char answer[1024];
    int status = server_request(&trust->server, "/__mock/fault", spec, answer, sizeof answer);
    if (status != 200) {
        fail_msg("fault %s: %d %s", spec, status, answer);
    }
}

/* --- the program --------------------------------------------------------------------------- */

struct words {
    const char *at[10 + 2 * SETTINGS_MAX + TRUST_ARGS_MAX + 1];
    size_t count;
};

static void add(struct words *words, const char *a, const char *b)
{
    words->at[words->count++] = a;
    if (b != NULL) {
        words->at[words->count++] = b;
    }
}

static void add_mode(struct words *words, const struct trust *trust, enum trust_mode mode)
{
    if (mode == TRUST_DASHBOARD) {
        add(words, "--trace", trust->trace);
    } else {
        add(words, mode == TRUST_WATCH ? "--watch" : "--snapshot", "-ojson");
    }
}

struct pty *trust_start(struct trust *trust, const struct trust_run *run)
{
    struct words words = {{blotter_path}, 1};
    char token[512], cache[128];
    const char *env[TRUST_ENV_MAX + 3] = {NULL};
    const char *given = run->token != NULL ? run->token : trust->server.token;
    size_t count = 0;
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", given);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", trust->dir);
    if (*given != '\0') {
        env[count++] = token;
    }
    env[count++] = cache;
    for (size_t i = 0; i < TRUST_ENV_MAX && run->env[i] != NULL; i++) {
        env[count++] = run->env[i];
    }
    add(&words, "--url", run->url != NULL ? run->url : trust->server.url);
    add(&words, "--user", trust->server.user[0] != '\0' ? trust->server.user : "user-1");
    add_mode(&words, trust, run->mode);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        add(&words, "-O", settings[i]);
    }
    if (run->patient || run->mode == TRUST_SNAPSHOT) { /* which has one try */
        add(&words, "-O", "http.timeout_s=20");
        add(&words, "-O", "stream.watchdog_ms=75000");
    }
    for (size_t i = 0; i < TRUST_ARGS_MAX && run->args[i] != NULL; i++) {
        add(&words, run->args[i], NULL);
    }
    return pty_start(&(struct pty_options){.argv = words.at,
                                           .env = env,
                                           .rows = run->rows != 0 ? run->rows : 48,
                                           .cols = run->cols != 0 ? run->cols : 160,
                                           .ignored = run->ignored});
}

void trust_show_events(struct pty *pty)
{
    assert_true(pty_wait_text(pty, "Tape"));
    pty_send(pty, "e");
}

static bool never(struct pty *pty, void *user)
{
    (void)pty;
    (void)user;
    return false;
}

void trust_let_run(struct pty *pty, int ms)
{
    pty_wait(pty, never, NULL, ms);
}

/* --- marks --------------------------------------------------------------------------------- */

static long long newest_event(const struct trust *trust)
{
    char answer[512];
    int status = server_request(&trust->server, "/__mock/sql", "select max(id) as id from events",
                                answer, sizeof answer);
    const char *id = strstr(answer, "\"id\":");
    assert_int_equal(status, 200);
    assert_non_null(id);
    return id != NULL ? strtoll(id + strlen("\"id\":"), NULL, 10) : 0;
}

void trust_mark(struct trust *trust)
{
    char sql[1600];
    const char *user = trust->server.user;
    unsigned n = ++trust->marks;
    snprintf(sql, sizeof sql,
             "begin;"
             "update orders set symbol='OMARK%u' where id=(select o.id from orders o join "
             "trading_accounts a on a.id=o.tradingAccountId where a.userId='%s' order by "
             "o.createdAt desc limit 1);"
             "update positions set symbol='PMARK%u' where id=(select p.id from positions p join "
             "trading_accounts a on a.id=p.tradingAccountId where a.userId='%s' order by p.id "
             "limit 1);"
             "update trading_accounts set balance=%u where userId='%s';"
             "update watchlists set name='WMARK%u-'||rowid where userId='%s';"
             "commit",
             n, user, n, user, 7000000 + n, user, n, user);
    struct stat facts;
    trust->mark_at = stat(trust->trace, &facts) == 0 ? (long)facts.st_size : 0;
    assert_true(server_sql(&trust->server, sql));
    trust->mark_id = newest_event(trust);
}

static const char *member(const char *line, const char *name)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(line, quoted);
    return at != NULL ? at + strlen(quoted) : NULL;
}

/* Each pane's last answer since the mark holds all that the server had to say then. */
static bool is_caught_up(const struct trust *trust)
{
    static const char *const panes[] = {"\"orders\"", "\"positions\"", "\"account\"",
                                        "\"watchlists\""};
    enum { PANES = sizeof panes / sizeof *panes };
    long long held[PANES] = {0};
    char line[2048];
    FILE *file = fopen(trust->trace, "r");
    if (file == NULL || fseek(file, trust->mark_at, SEEK_SET) != 0) {
        return file != NULL && fclose(file) != 0;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        const char *pane = member(line, "pane"), *id = member(line, "id");
        for (size_t i = 0; strstr(line, "\"fetch_done\"") != NULL && pane != NULL && i < PANES;
             i++) {
            if (strncmp(pane, panes[i], strlen(panes[i])) == 0) {
                held[i] = id != NULL ? strtoll(id, NULL, 10) : 0; /* none when it failed */
            }
        }
    }
    fclose(file);
    bool all = true;
    for (size_t i = 0; i < PANES; i++) {
        all &= held[i] >= trust->mark_id;
    }
    return all;
}

bool trust_wait_caught_up(struct trust *trust, struct pty *pty)
{
    enum { LOOK_MS = 10 };
    for (int waited = 0; waited < pty_patience_ms(); waited += LOOK_MS) {
        if (is_caught_up(trust)) {
            return true;
        }
        trust_let_run(pty, LOOK_MS); /* the trace grows without a byte on the screen */
    }
    snprintf(trust->why, sizeof trust->why, "not every pane asked for what is new:\n%s",
             pty_screen(pty));
    return false;
}

bool trust_wait_mark(struct trust *trust, struct pty *pty)
{
    return trust_wait_caught_up(trust, pty) && trust_wait_shown(trust, pty);
}

bool trust_wait_shown(struct trust *trust, struct pty *pty)
{
    static const char *const forms[] = {"OMARK%u", "PMARK%u", "70,00,%03u.00", "WMARK%u"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char text[32];
        snprintf(text, sizeof text, forms[i], trust->marks);
        if (!pty_wait_text(pty, text)) {
            return false;
        }
    }
    return true;
}

struct wanted {
    const char *text;
    size_t from;
};

static bool was_written(struct pty *pty, void *user)
{
    const struct wanted *wanted = user;
    size_t len;
    const char *bytes = pty_output(pty, &len);
    return wanted->from <= len && strstr(bytes + wanted->from, wanted->text) != NULL;
}

bool trust_wait_output(struct pty *pty, const char *text, size_t from)
{
    struct wanted wanted = {text, from};
    size_t len;
    if (pty_wait(pty, was_written, &wanted, 0)) {
        return true;
    }
    print_error("waited in vain for '%s' in:\n%.3000s\n", text, pty_output(pty, &len) + from);
    return false;
}

size_t trust_written(const struct pty *pty)
{
    size_t len;
    pty_output(pty, &len);
    return len;
}

/* --- equal to the server ------------------------------------------------------------------- */

bool trust_quit_equal(struct trust *trust, struct pty *pty)
{
    int status = -1;
    struct pty_modes modes;
    pty_send(pty, "q");
    if (!pty_wait_exit(pty, 0, &status) || status != 0) {
        snprintf(trust->why, sizeof trust->why, "ended with %d: %s", status, pty_screen(pty));
        return false;
    }
    pty_modes(pty, &modes);
    if (modes.alternate_screen || modes.cursor_hidden || modes.mouse || modes.focus) {
        snprintf(trust->why, sizeof trust->why, "the terminal was not restored");
        return false;
    }
    return panes_equal(trust->dir, &trust->server, trust->why, sizeof trust->why);
}

bool trust_snapshot_equal(struct trust *trust, const char *text)
{
    return panes_snapshot_equal(text, &trust->server, trust->why, sizeof trust->why);
}

void trust_forget(const struct trust *trust)
{
    panes_forget(trust->dir);
}

/* --- what the system says ------------------------------------------------------------------ */

static bool read_text(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t len = file != NULL ? fread(out, 1, size - 1, file) : 0;
    out[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return len > 0;
}

long trust_cpu_ms(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    const char *rest = read_text(path, text, sizeof text) ? strrchr(text, ')') : NULL;
    if (rest == NULL || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                               &system) != 2) {
        return -1;
    }
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

long trust_peak_kib(pid_t pid)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    const char *line = read_text(path, text, sizeof text) ? strstr(text, "VmHWM:") : NULL;
    return line != NULL ? strtol(line + strlen("VmHWM:"), NULL, 10) : -1;
}

long trust_fds(pid_t pid)
{
    char path[64];
    long count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL) {
        count++;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return count - 2;
}

long trust_steps(const struct trust *trust, const char *step)
{
    char line[2048], wanted[64];
    long count = 0;
    snprintf(wanted, sizeof wanted, "\"step\":\"%s\"", step);
    FILE *file = fopen(trust->trace, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        count += strstr(line, wanted) != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

int trust_slack(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 10;
#else
    return 1;
#endif
}

static bool file_holds(const char *path, const char *bytes, size_t len)
{
    char *text = malloc(FILE_MAX);
    FILE *file = fopen(path, "r");
    size_t got = file != NULL && text != NULL ? fread(text, 1, FILE_MAX, file) : 0;
    bool found = text != NULL && got >= len && memmem(text, got, bytes, len) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    free(text);
    return found;
}

bool trust_found_in(const char *path, const char *bytes, size_t len)
{
    struct stat facts;
    if (lstat(path, &facts) != 0) {
        return false;
    }
    if (!S_ISDIR(facts.st_mode)) {
        return S_ISREG(facts.st_mode) && file_holds(path, bytes, len);
    }
    bool found = false;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && !found && (entry = readdir(dir)) != NULL;) {
        char inner[PATH_BYTES];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        found = entry->d_name[0] != '.' && trust_found_in(inner, bytes, len);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return found;
}
