#include "child.h"
#include "pty_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { ENV_MAX = 64, RESERVE_BYTES = 1 << 16 };

#if defined(__SANITIZE_ADDRESS__)
enum { PATIENCE_MS = 40000 };
#else
enum { PATIENCE_MS = 20000 };
#endif

static const char *const pinned_env[] = {
    "TERM=xterm-256color",
    "LC_ALL=C.UTF-8",
    "TZ=UTC",
    TESTS_PATH,
    "HOME=/dev/null",
    "XDG_CONFIG_HOME=/dev/null",
    "XDG_CACHE_HOME=/dev/null",
    "XDG_STATE_HOME=/dev/null",
};

int pty_patience_ms(void)
{
    return PATIENCE_MS;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(const char *what)
{
    perror(what);
    abort();
}

/* --- start and end ------------------------------------------------------------------------ */

static bool same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return strncmp(a, b, len + 1) == 0;
}

static size_t env_put(const char **env, size_t count, const char *entry)
{
    for (size_t i = 0; i < count; i++) {
        if (same_name(env[i], entry)) {
            env[i] = entry;
            return count;
        }
    }
    if (count + 1 >= ENV_MAX) {
        abort();
    }
    env[count] = entry;
    return count + 1;
}

/* The sanitizers' and valgrind's settings of the test run go on to the program. */
static size_t env_inherit(const char **env, size_t count)
{
    extern char **environ;
    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, "ASAN_", 5) == 0 || strncmp(*entry, "UBSAN_", 6) == 0 ||
            strncmp(*entry, "LSAN_", 5) == 0) {
            count = env_put(env, count, *entry);
        }
    }
    return count;
}

static void run_child(const struct pty_options *options)
{
    const char *env[ENV_MAX] = {NULL};
    size_t count = env_inherit(env, 0);
    for (size_t i = 0; i < sizeof pinned_env / sizeof pinned_env[0]; i++) {
        count = env_put(env, count, pinned_env[i]);
    }
    for (const char *const *entry = options->env; entry != NULL && *entry != NULL; entry++) {
        count = env_put(env, count, *entry);
    }
    env[count] = NULL;
    child_usual_signals();
    if (options->ignored != 0) {
        signal(options->ignored, SIG_IGN);
    }
    execve(options->argv[0], (char *const *)(uintptr_t)options->argv,
           (char *const *)(uintptr_t)env);
    perror(options->argv[0]);
    _exit(127);
}

static int on_bell(void *user)
{
    struct pty *pty = user;
    pty->bells++;
    return 1;
}

static const VTermScreenCallbacks screen_callbacks = {.bell = on_bell};

static void start_emulator(struct pty *pty)
{
    pty->vterm = vterm_new(pty->rows, pty->cols);
    vterm_set_utf8(pty->vterm, 1);
    pty->screen = vterm_obtain_screen(pty->vterm);
    vterm_screen_set_callbacks(pty->screen, &screen_callbacks, pty);
    vterm_screen_enable_altscreen(pty->screen, 1);
    vterm_screen_reset(pty->screen, 1);
}

/* The program's side: a session of its own with the pseudo-terminal as its controlling one. */
static void enter_terminal(int fd)
{
    setsid();
    if (ioctl(fd, TIOCSCTTY, 0) != 0) {
        _exit(126);
    }
    dup2(fd, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

static void open_master(struct pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (pty->master < 0 || grantpt(pty->master) != 0 || unlockpt(pty->master) != 0) {
        fail("posix_openpt");
    }
    struct winsize size = {.ws_row = (unsigned short)pty->rows,
                           .ws_col = (unsigned short)pty->cols};
    ioctl(pty->master, TIOCSWINSZ, &size);
    fcntl(pty->master, F_SETFD, FD_CLOEXEC);
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
}

struct pty *pty_start(const struct pty_options *options)
{
    struct pty *pty = calloc(1, sizeof *pty);
    if (pty == NULL) {
        abort();
    }
    pty->rows = options->rows;
    pty->cols = options->cols;
    start_emulator(pty);
    open_master(pty);
    int slave = open(ptsname(pty->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    pty->pid = fork();
    if (pty->pid < 0 || slave < 0) {
        fail("fork");
    }
    if (pty->pid == 0) {
        enter_terminal(slave);
        run_child(options);
    }
    close(slave);
    return pty;
}

void pty_free(struct pty *pty)
{
    if (pty == NULL) {
        return;
    }
    if (!pty->reaped) {
        kill(pty->pid, SIGKILL);
        kill(pty->pid, SIGCONT);
        waitpid(pty->pid, &pty->status, 0);
    }
    if (pty->master >= 0) {
        close(pty->master);
    }
    vterm_free(pty->vterm);
    free(pty->output);
    free(pty->row_text);
    free(pty->screen_text);
    free(pty);
}

/* --- reading ------------------------------------------------------------------------------ */

static void set_mode(struct pty *pty, long mode, bool on)
{
    switch (mode) {
    case 25:
        pty->modes.cursor_hidden = !on;
        break;
    case 47:
    case 1047:
    case 1049:
        pty->modes.alternate_screen = on;
        break;
    case 1000:
    case 1002:
    case 1003:
        pty->modes.mouse = on;
        break;
    case 1004:
        pty->modes.focus = on;
        break;
    case 1006:
        pty->modes.mouse_sgr = on;
        break;
    case 2004:
        pty->modes.paste = on;
        break;
    default:
        break;
    }
}

static void sequence_done(struct pty *pty, char final)
{
    pty->sequence[pty->sequence_len] = '\0';
    if ((final == 'h' || final == 'l') && strncmp(pty->sequence, "[?", 2) == 0) {
        char *at = pty->sequence + 2;
        while (*at >= '0' && *at <= '9') {
            set_mode(pty, strtol(at, &at, 10), final == 'h');
            at += *at == ';';
        }
    }
    pty->in_sequence = false;
}

/* Watches for DECSET and DECRST: the emulator does not know every mode. */
static void scan_byte(struct pty *pty, char byte)
{
    if (byte == '\033') {
        pty->in_sequence = true;
        pty->sequence_len = 0;
        return;
    }
    if (!pty->in_sequence) {
        return;
    }
    if (pty->sequence_len == 0 && byte != '[') {
        pty->in_sequence = false;
        return;
    }
    if (pty->sequence_len > 0 && byte >= '@' && byte <= '~') {
        sequence_done(pty, byte);
        return;
    }
    if (pty->sequence_len + 1 < SEQUENCE_MAX) {
        pty->sequence[pty->sequence_len++] = byte;
    }
}

/* The length without the beginning of a character at the end: the emulator loses some of those. */
static size_t whole_characters(const char *bytes, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char lead = (unsigned char)bytes[len - back];
        size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        if ((lead & 0xC0) != 0x80) {
            return needs > back ? len - back : len;
        }
    }
    return len;
}

static void take_output(struct pty *pty, const char *bytes, size_t len)
{
    if (pty->output_len + len + 1 > pty->output_cap) {
        pty->output_cap = (pty->output_len + len) * 2 + RESERVE_BYTES;
        pty->output = realloc(pty->output, pty->output_cap);
        if (pty->output == NULL) {
            abort();
        }
    }
    memcpy(pty->output + pty->output_len, bytes, len);
    pty->output_len += len;
    pty->output[pty->output_len] = '\0';
    for (size_t i = 0; i < len; i++) {
        scan_byte(pty, bytes[i]);
    }
    size_t end = whole_characters(pty->output, pty->output_len);
    if (end > pty->emulated) {
        vterm_input_write(pty->vterm, pty->output + pty->emulated, end - pty->emulated);
        pty->emulated = end;
    }
}

size_t pty_pump(struct pty *pty)
{
    char bytes[16384];
    size_t total = 0;
    while (!pty->blocked && !pty->eof) {
        ssize_t got = read(pty->master, bytes, sizeof bytes);
        if (got > 0) {
            take_output(pty, bytes, (size_t)got);
            total += (size_t)got;
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else {
            pty->eof = got == 0 || errno != EAGAIN; /* EIO: nobody holds the other end */
            break;
        }
    }
    return total;
}

static void reap(struct pty *pty, int flags)
{
    int status;
    if (!pty->reaped && waitpid(pty->pid, &status, flags) == pty->pid) {
        pty->reaped = true;
        pty->killed_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        pty->dumped_core = WIFSIGNALED(status) && WCOREDUMP(status);
        pty->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + pty->killed_by;
    }
}

/* Waits for output, at most so long; false when there can be no more. */
static bool wait_output(struct pty *pty, int64_t wait_ms)
{
    if (pty->eof) {
        return false;
    }
    struct pollfd poll_fd = {.fd = pty->blocked ? -1 : pty->master, .events = POLLIN};
    poll(&poll_fd, 1, wait_ms < 0 ? 0 : (int)wait_ms);
    pty_pump(pty);
    return true;
}

bool pty_wait(struct pty *pty, pty_predicate predicate, void *user, int timeout_ms)
{
    int64_t deadline = now_ms() + (timeout_ms == 0 ? PATIENCE_MS : timeout_ms);
    pty_pump(pty);
    while (!predicate(pty, user)) {
        int64_t left = deadline - now_ms();
        if (left <= 0 || !wait_output(pty, left)) {
            return predicate(pty, user);
        }
    }
    return true;
}

struct row_wanted {
    int row;
    const char *text;
    bool present;
};

static bool row_matches(struct pty *pty, void *user)
{
    const struct row_wanted *wanted = user;
    bool present = wanted->row < 0 ? pty_has(pty, wanted->text)
                                   : strstr(pty_row(pty, wanted->row), wanted->text) != NULL;
    return present == wanted->present;
}

static bool wait_row(struct pty *pty, struct row_wanted wanted)
{
    if (pty_wait(pty, row_matches, &wanted, 0)) {
        return true;
    }
    fprintf(stderr, "pty: waited in vain for %s'%s'; the screen is:\n%s\n",
            wanted.present ? "" : "the end of ", wanted.text, pty_screen(pty));
    return false;
}

bool pty_wait_text(struct pty *pty, const char *text)
{
    return wait_row(pty, (struct row_wanted){-1, text, true});
}

bool pty_wait_no_text(struct pty *pty, const char *text)
{
    return wait_row(pty, (struct row_wanted){-1, text, false});
}

bool pty_wait_row(struct pty *pty, int row, const char *text)
{
    return wait_row(pty, (struct row_wanted){row, text, true});
}

bool pty_wait_quiet(struct pty *pty, int quiet_ms, int timeout_ms)
{
    int64_t deadline = now_ms() + (timeout_ms == 0 ? PATIENCE_MS : timeout_ms);
    int64_t last = now_ms();
    pty_pump(pty);
    uint64_t seen = pty->output_len;
    for (int64_t now = last; now < deadline; now = now_ms()) {
        if (pty->output_len != seen) {
            seen = pty->output_len;
            last = now;
        }
        if (now - last >= quiet_ms || !wait_output(pty, quiet_ms - (now - last))) {
            return true;
        }
    }
    return false;
}

bool pty_wait_exit(struct pty *pty, int timeout_ms, int *ret_status)
{
    int64_t deadline = now_ms() + (timeout_ms == 0 ? PATIENCE_MS : timeout_ms);
    while (!pty->eof && now_ms() < deadline) {
        wait_output(pty, deadline - now_ms());
    }
    if (!pty->eof) {
        return false;
    }
    reap(pty, 0);
    *ret_status = pty->status;
    return true;
}

int pty_killed_by(const struct pty *pty)
{
    return pty->killed_by;
}

bool pty_dumped_core(const struct pty *pty)
{
    return pty->dumped_core;
}

static void on_alarm(int signo)
{
    (void)signo;
}

bool pty_hang_up(struct pty *pty, int *ret_status)
{
    struct sigaction action = {.sa_handler = on_alarm};
    pty_pump(pty);
    close(pty->master);
    pty->master = -1;
    pty->eof = true;
    sigaction(SIGALRM, &action, NULL);
    alarm(PATIENCE_MS / 1000);
    reap(pty, 0); /* or the alarm interrupts it */
    alarm(0);
    *ret_status = pty->status;
    return pty->reaped;
}

/* --- input -------------------------------------------------------------------------------- */

void pty_send_bytes(struct pty *pty, const char *bytes, size_t len)
{
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (len > 0 && now_ms() < deadline) {
        ssize_t sent = write(pty->master, bytes, len);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
            continue;
        }
        struct pollfd poll_fd = {.fd = pty->master, .events = POLLOUT};
        poll(&poll_fd, 1, 100);
        pty_pump(pty);
    }
}

void pty_send(struct pty *pty, const char *keys)
{
    pty_send_bytes(pty, keys, strlen(keys));
}

void pty_click(struct pty *pty, int button, int row, int col)
{
    char bytes[64];
    int len = snprintf(bytes, sizeof bytes, "\033[<%d;%d;%dM", button, col + 1, row + 1);
    if (button < 64) {
        len += snprintf(bytes + len, sizeof bytes - (size_t)len, "\033[<%d;%d;%dm", button, col + 1,
                        row + 1);
    }
    pty_send_bytes(pty, bytes, (size_t)len);
}

void pty_paste(struct pty *pty, const char *text)
{
    pty_send(pty, "\033[200~");
    pty_send(pty, text);
    pty_send(pty, "\033[201~");
}

void pty_resize(struct pty *pty, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    pty_pump(pty);
    pty->rows = rows;
    pty->cols = cols;
    vterm_set_size(pty->vterm, rows, cols);
    ioctl(pty->master, TIOCSWINSZ, &size);
}

void pty_signal(struct pty *pty, int signo)
{
    kill(pty->pid, signo);
}

pid_t pty_pid(const struct pty *pty)
{
    return pty->pid;
}

int pty_fd(const struct pty *pty)
{
    return pty->master;
}

void pty_block_output(struct pty *pty, bool blocked)
{
    pty->blocked = blocked;
}

int pty_rows(const struct pty *pty)
{
    return pty->rows;
}

int pty_cols(const struct pty *pty)
{
    return pty->cols;
}

void pty_modes(struct pty *pty, struct pty_modes *ret)
{
    struct termios termios;
    pty_pump(pty);
    *ret = pty->modes;
    ret->cooked = tcgetattr(pty->master, &termios) == 0 &&
                  (termios.c_lflag & (tcflag_t)(ICANON | ECHO)) == (tcflag_t)(ICANON | ECHO);
}

uint64_t pty_bytes(const struct pty *pty)
{
    return pty->output_len;
}

const char *pty_output(const struct pty *pty, size_t *ret_len)
{
    *ret_len = pty->output_len;
    return pty->output == NULL ? "" : pty->output;
}

unsigned pty_bells(const struct pty *pty)
{
    return pty->bells;
}
