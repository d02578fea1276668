#include "script_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define REQUESTS_MAX 1024
#define HEAD_MAX 131072
#define FILL_BATCH ((size_t)65536)

struct script_server {
    const struct script_exchange *exchanges;
    size_t count;
    bool *used;
    int listen_fd;
    int stop[2]; /* readable once the server is to end */
    int port;
    int peer_port;
    char url[64];
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_t threads[CONNECTIONS_MAX];
    size_t thread_count;
    size_t connection_count;
    char *requests[REQUESTS_MAX];
    int64_t times_us[REQUESTS_MAX];
    size_t request_count;
};

struct connection {
    struct script_server *server;
    int fd;
};

static int64_t now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* True when the client is still there after so many milliseconds; it is not expected to send. */
static bool wait_ms(const struct connection *connection, long ms)
{
    struct pollfd fds[2] = {{connection->fd, POLLIN, 0}, {connection->server->stop[0], POLLIN, 0}};
    int ready = poll(fds, 2, (int)ms);
    return ready == 0;
}

static bool send_all(const struct connection *connection, const char *bytes, size_t len)
{
    while (len > 0) {
        struct pollfd fds[2] = {{connection->fd, POLLOUT, 0},
                                {connection->server->stop[0], POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
            return false;
        }
        ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool replace(const struct connection *connection, const char **at, const char *mark,
                    int port)
{
    size_t len = strlen(mark);
    if (strncmp(*at, mark, len) != 0) {
        return true;
    }
    char digits[16];
    int written = snprintf(digits, sizeof digits, "%d", port);
    *at += len;
    return send_all(connection, digits, (size_t)written);
}

static bool send_with_ports(const struct connection *connection, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text + 1, "@") + 1;
        const char *before = text;
        if (!replace(connection, &text, "@PORT@", connection->server->port) ||
            !replace(connection, &text, "@PEER@", connection->server->peer_port)) {
            return false;
        }
        if (text == before) {
            if (!send_all(connection, text, plain)) {
                return false;
            }
            text += plain;
        }
    }
    return true;
}

static bool step_bytes(const struct connection *connection, const struct script_step *step)
{
    size_t len = step->len > 0 ? step->len : strlen(step->bytes);
    for (size_t i = 0; i < len; i++) {
        if (!send_all(connection, step->bytes + i, 1)) {
            return false;
        }
    }
    return true;
}

/* Many repetitions in one write: filling a stream is not to cost a system call an event. */
static bool step_fill(const struct connection *connection, const struct script_step *step)
{
    size_t len = step->len > 0 ? step->len : strlen(step->bytes);
    size_t batch = len < FILL_BATCH ? FILL_BATCH / len : 1;
    char *block = malloc(len * batch);
    bool open = true;
    for (size_t i = 0; i < batch; i++) {
        memcpy(block + i * len, step->bytes, len);
    }
    for (size_t left = (size_t)step->number; left > 0 && open;) {
        size_t count = left < batch ? left : batch;
        open = send_all(connection, block, count * len);
        left -= count;
    }
    free(block);
    return open;
}

static void step_reset(const struct connection *connection)
{
    struct linger linger = {1, 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* False: the connection is over. */
static bool step_run(const struct connection *connection, const struct script_step *step)
{
    switch (step->op) {
    case SCRIPT_SEND:
        return step->len > 0 ? send_all(connection, step->bytes, step->len)
                             : send_with_ports(connection, step->bytes);
    case SCRIPT_BYTES:
        return step_bytes(connection, step);
    case SCRIPT_FILL:
        return step_fill(connection, step);
    case SCRIPT_WAIT:
        return wait_ms(connection, step->number);
    case SCRIPT_HOLD:
        wait_ms(connection, -1);
        return false;
    case SCRIPT_DEAD:
        poll(&(struct pollfd){connection->server->stop[0], POLLIN, 0}, 1, -1);
        return false;
    case SCRIPT_RESET:
        step_reset(connection);
        return false;
    case SCRIPT_KEEP:
    case SCRIPT_END:
    default:
        return false;
    }
}

/* Reads a request's head. False when the client closed or the server ends. */
static bool head_read(const struct connection *connection, char *head, size_t room)
{
    size_t len = 0;
    for (;;) {
        struct pollfd fds[2] = {{connection->fd, POLLIN, 0},
                                {connection->server->stop[0], POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
            return false;
        }
        ssize_t got = recv(connection->fd, head + len, room - 1 - len, 0);
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL) {
            return true;
        }
    }
}

static const struct script_exchange *exchange_pick(struct script_server *server, const char *head)
{
    const char *target = strchr(head, ' ');
    const struct script_exchange *found = NULL;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->count && found == NULL; i++) {
        const char *path = server->exchanges[i].path;
        if (!server->used[i] &&
            (path == NULL || (target != NULL && strncmp(target + 1, path, strlen(path)) == 0))) {
            server->used[i] = true;
            found = &server->exchanges[i];
        }
    }
    if (server->request_count < REQUESTS_MAX) {
        server->times_us[server->request_count] = now_us();
        server->requests[server->request_count++] = strdup(head);
    }
    pthread_mutex_unlock(&server->lock);
    return found;
}

/* True when the connection stays open for another request. */
static bool exchange_run(const struct connection *connection,
                         const struct script_exchange *exchange)
{
    static const char ended[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    if (exchange == NULL) {
        send_all(connection, ended, sizeof ended - 1);
        return false;
    }
    for (size_t i = 0; i < SCRIPT_STEPS_MAX; i++) {
        if (exchange->steps[i].op == SCRIPT_KEEP) {
            return true;
        }
        if (!step_run(connection, &exchange->steps[i])) {
            return false;
        }
    }
    return false;
}

static void *connection_serve(void *user)
{
    struct connection connection = *(struct connection *)user;
    char *head = malloc(HEAD_MAX);
    free(user);
    while (head_read(&connection, head, HEAD_MAX) &&
           exchange_run(&connection, exchange_pick(connection.server, head))) {
    }
    close(connection.fd);
    free(head);
    return NULL;
}

static void *accept_all(void *user)
{
    struct script_server *server = user;
    for (;;) {
        struct pollfd fds[2] = {{server->listen_fd, POLLIN, 0}, {server->stop[0], POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0) {
            return NULL;
        }
        int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0 || server->thread_count == CONNECTIONS_MAX) {
            close(fd);
            continue;
        }
        pthread_mutex_lock(&server->lock);
        server->connection_count++;
        pthread_mutex_unlock(&server->lock);
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL) {
            abort();
        }
        *connection = (struct connection){server, fd};
        pthread_create(&server->threads[server->thread_count++], NULL, connection_serve,
                       connection);
    }
}

static int listen_loopback(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        perror("script_server");
        abort();
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

struct script_server *script_server_new(const struct script_exchange *exchanges, size_t count)
{
    struct script_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        abort();
    }
    server->exchanges = exchanges;
    server->count = count;
    server->used = calloc(count + 1, sizeof *server->used);
    server->listen_fd = listen_loopback(&server->port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", server->port);
    pthread_mutex_init(&server->lock, NULL);
    if (pipe(server->stop) != 0 ||
        pthread_create(&server->acceptor, NULL, accept_all, server) != 0) {
        abort();
    }
    return server;
}

void script_server_free(struct script_server *server)
{
    if (server == NULL) {
        return;
    }
    close(server->stop[1]); /* everybody's poll sees the end of the pipe */
    pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->thread_count; i++) {
        pthread_join(server->threads[i], NULL);
    }
    close(server->stop[0]);
    close(server->listen_fd);
    for (size_t i = 0; i < server->request_count; i++) {
        free(server->requests[i]);
    }
    pthread_mutex_destroy(&server->lock);
    free(server->used);
    free(server);
}

int script_server_port(const struct script_server *server)
{
    return server->port;
}

const char *script_server_url(const struct script_server *server)
{
    return server->url;
}

void script_server_set_peer(struct script_server *server, int port)
{
    server->peer_port = port;
}

size_t script_server_connections(struct script_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t script_server_count(struct script_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const char *script_server_request(struct script_server *server, size_t index)
{
    return index < script_server_count(server) ? server->requests[index] : "";
}

int64_t script_server_time_us(struct script_server *server, size_t index)
{
    return index < script_server_count(server) ? server->times_us[index] : 0;
}

const char *script_header(const char *request, const char *name, char *out, size_t room)
{
    size_t len = strlen(name);
    for (const char *line = strstr(request, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *value = line + len + 1;
            value += strspn(value, " \t");
            snprintf(out, room, "%.*s", (int)strcspn(value, "\r"), value);
            return out;
        }
    }
    return NULL;
}
