/*
 * mock_load MOCK [STREAMS…]: starts the mock and measures it from outside, over sockets:
 * requests a second with keep-alive, the time from a change to the event on one stream's wire,
 * and for each number of streams the memory of an idle one and how long one event takes until the
 * last of them has it. Linux only (epoll, /proc).
 */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536
#define ROUNDS 15 /* of each way of waiting */
#define REQUESTS 5000
#define WAIT_MS 10000

struct mock {
    pid_t pid;
    uint16_t port;
    char token[64];
};

static void die(const char *what)
{
    perror(what);
    _Exit(1);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_share(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)((double)(count - 1) * share)];
}

/* --- the server --------------------------------------------------------------------------- */

static void read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && read(fd, line + len, 1) == 1 && line[len] != '\n') {
        len++;
    }
    line[len] = '\0';
}

static struct mock start_mock(const char *path)
{
    int out[2];
    struct mock mock = {0};
    if (pipe(out) < 0) {
        die("pipe");
    }
    mock.pid = fork();
    if (mock.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        execl(path, path, "--rate", "0", "--quotes", "0", "--seed", "1", "--allow-sql",
              "--max-streams", "20000", "--max-user-streams", "20000", "--max-address-streams",
              "20000", (char *)NULL);
        die(path);
    }
    close(out[1]);
    char line[4096];
    read_line(out[0], line, sizeof line);
    const char *url = strstr(line, "127.0.0.1:"), *token = strstr(line, "\"token\":\"");
    if (url == NULL || token == NULL) {
        die("the mock's first line");
    }
    mock.port = (uint16_t)strtoul(url + 10, NULL, 10);
    sscanf(token + 9, "%63[0-9a-f]", mock.token);
    return mock;
}

/* Processor time the server has used: what a round costs when others want the machine, too. */
static double cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid(pid, &clock) == 0) {
        clock_gettime(clock, &used);
    }
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static long resident_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "VmRSS: %ld", &kib);
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

/* --- sockets ------------------------------------------------------------------------------ */

/* Many sources: one address has no room for tens of thousands of ports in use and waiting. */
static int connect_to(const struct mock *mock, unsigned source)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7F000001u + source)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(mock->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        die("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_get(int fd, const struct mock *mock, const char *path)
{
    char request[512];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                       path, mock->token);
    if (write(fd, request, (size_t)len) != len) {
        die("write");
    }
}

/* Reads one answer with a Content-Length; the body's bytes. */
static size_t read_answer(int fd)
{
    static char buffer[BUFFER];
    size_t len = 0, head = 0, body = 0;
    while (head == 0 || len < head + body) {
        ssize_t count = read(fd, buffer + len, sizeof buffer - 1 - len);
        if (count <= 0) {
            die("read");
        }
        len += (size_t)count;
        buffer[len] = '\0';
        const char *end = head == 0 ? strstr(buffer, "\r\n\r\n") : NULL;
        if (end != NULL) {
            head = (size_t)(end - buffer) + 4;
            const char *length = strstr(buffer, "Content-Length: ");
            body = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        }
    }
    return body;
}

static void change_something(int fd)
{
    static const char sql[] = "UPDATE orders SET quantity = quantity + 1 WHERE rowid = 1";
    char request[512];
    int len =
        snprintf(request, sizeof request,
                 "POST /__mock/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s",
                 sizeof sql - 1, sql);
    if (write(fd, request, (size_t)len) != len) {
        die("write");
    }
}

/* --- measures ----------------------------------------------------------------------------- */

static void measure_requests(const struct mock *mock)
{
    static const char *const paths[] = {"/api/trading/orders/list", "/api/trading/positions/list",
                                        "/api/trading/account", "/api/watchlists"};
    int fd = connect_to(mock, 0);
    for (int path = 0; path < 5; path++) {
        double *took = calloc(REQUESTS, sizeof *took);
        double begun = now_ms();
        size_t bytes = 0;
        for (int i = 0; i < REQUESTS; i++) {
            double sent = now_ms();
            send_get(fd, mock, paths[path == 4 ? i % 4 : path]);
            bytes += read_answer(fd);
            took[i] = now_ms() - sent;
        }
        double seconds = (now_ms() - begun) / 1e3;
        printf("GET %-28s %8.0f requests/s, p50 %.3f ms, p99 %.3f ms, %zu bytes\n",
               path == 4 ? "(the four in turn)" : paths[path], REQUESTS / seconds,
               at_share(took, REQUESTS, 0.5), at_share(took, REQUESTS, 0.99), bytes / REQUESTS);
        free(took);
    }
    close(fd);
}

/* One read; whether it holds an event of an order. */
static bool take(int fd)
{
    char buffer[8192];
    ssize_t count = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    return count > 0 && memmem(buffer, (size_t)count, "order_updated", 13) != NULL;
}

/*
 * How the clients wait. Asleep in one program they are woken for every few events, and what that
 * costs (with virtual processors more than an event) is the sender's time. Awake they measure the
 * server; clients elsewhere cost it no wake-up either.
 */
enum waiting { AWAKE, ASLEEP };

struct round {
    double first_ms, last_ms, server_ms;
};

/* Waits until count streams have had the event. */
static void wait_all(int epoll, size_t count, enum waiting waiting, struct round *ret)
{
    struct epoll_event ready[512];
    double begun = now_ms();
    ret->first_ms = 0;
    while (count > 0) {
        int found = epoll_wait(epoll, ready, 512, waiting == AWAKE ? 0 : WAIT_MS);
        if (now_ms() - begun > WAIT_MS) {
            die("an event did not arrive");
        }
        for (int i = 0; i < found; i++) {
            count -= take(ready[i].data.fd) ? 1 : 0;
        }
        if (ret->first_ms <= 0 && found > 0) {
            ret->first_ms = now_ms();
        }
    }
    ret->last_ms = now_ms();
}

static struct round run_round(const struct mock *mock, int poke, int epoll, size_t count,
                              enum waiting waiting)
{
    struct round round;
    double used = cpu_ms(mock->pid), sent = now_ms();
    change_something(poke);
    wait_all(epoll, count, waiting, &round);
    round.first_ms -= sent;
    round.last_ms -= sent;
    read_answer(poke);
    round.server_ms = cpu_ms(mock->pid) - used;
    return round;
}

static void open_streams(const struct mock *mock, int epoll, int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char head[1024];
        fds[i] = connect_to(mock, 1 + (unsigned)(i / 5000));
        send_get(fds[i], mock, "/api/realtime/stream");
        if (read(fds[i], head, sizeof head) <= 0 || strncmp(head, "HTTP/1.1 200", 12) != 0) {
            die("a stream was refused");
        }
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
    }
}

/* Half as many as long as both ends of all of them are too many descriptors. */
static size_t sockets_for(size_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    while (count > 1 && 2 * count + 64 > limit.rlim_cur) {
        count = (count + 1) / 2;
    }
    return count;
}

/* What nobody can beat from one thread: as many sends to as many sockets (or several each), one
 * after the other, and nothing else. -1: it could not be measured. */
static double bare_loop_ms(size_t sends)
{
    size_t count = sockets_for(sends);
    static const char event[380];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0), *fds = calloc(2 * count, sizeof *fds);
    double took[ROUNDS];
    bool good = fds != NULL && bind(listener, (struct sockaddr *)&here, len) == 0 &&
                listen(listener, 64) == 0 &&
                getsockname(listener, (struct sockaddr *)&here, &len) == 0;
    size_t open = 0;
    for (; good && open < count; open++) {
        fds[2 * open] = socket(AF_INET, SOCK_STREAM, 0);
        good = fds[2 * open] >= 0 &&
               connect(fds[2 * open], (struct sockaddr *)&here, sizeof here) == 0;
        fds[2 * open + 1] = good ? accept(listener, NULL, NULL) : -1;
    }
    for (int round = 0; good && round < ROUNDS; round++) {
        double begun = now_ms();
        for (size_t i = 0; good && i < sends; i++) {
            good = send(fds[2 * (i % count) + 1], event, sizeof event,
                        MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
        }
        took[round] = now_ms() - begun;
    }
    for (size_t i = 0; i < 2 * open; i++) {
        close(fds[i]);
    }
    close(listener);
    free(fds);
    return good ? at_share(took, ROUNDS, 0.5) : -1;
}

static void measure_streams(const struct mock *mock, size_t count)
{
    int *fds = calloc(count, sizeof *fds);
    int epoll = epoll_create1(0), poke = connect_to(mock, 0);
    long before = resident_kib(mock->pid);
    open_streams(mock, epoll, fds, count);
    long after = resident_kib(mock->pid);
    double first[ROUNDS] = {0}, last[2][ROUNDS] = {{0}}, used[2][ROUNDS] = {{0}};
    for (int i = 0; i < 2 * ROUNDS; i++) {
        enum waiting waiting = i % 2 == 0 ? AWAKE : ASLEEP;
        struct round round = run_round(mock, poke, epoll, count, waiting);
        if (waiting == AWAKE) {
            first[i / 2] = round.first_ms;
        }
        last[waiting][i / 2] = round.last_ms;
        used[waiting][i / 2] = round.server_ms;
    }
    double middle = at_share(last[AWAKE], ROUNDS, 0.5);
    printf("%6zu streams: last has it after %.2f ms (p50), %.2f ms (best), %.2f ms (worst); "
           "%.2f KiB each; the first after %.2f ms; the server's own time %.2f ms",
           count, middle, last[AWAKE][0], last[AWAKE][ROUNDS - 1],
           (double)(after - before) / (double)count, at_share(first, ROUNDS, 0.5),
           at_share(used[AWAKE], ROUNDS, 0.5));
    printf("; with clients that sleep %.2f ms (p50), own time %.2f ms",
           at_share(last[ASLEEP], ROUNDS, 0.5), at_share(used[ASLEEP], ROUNDS, 0.5));
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    close(poke);
    close(epoll);
    free(fds);
    printf("; a bare loop of sends %.2f ms\n", bare_loop_ms(count));
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: mock_load MOCK [STREAMS...]\n");
        return 2;
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct mock mock = start_mock(argv[1]);
    measure_requests(&mock);
    measure_streams(&mock, 1);
    for (int i = 2; i < argc; i++) {
        measure_streams(&mock, strtoul(argv[i], NULL, 10));
    }
    kill(mock.pid, SIGTERM);
    int status;
    waitpid(mock.pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
