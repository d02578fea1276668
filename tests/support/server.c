#include "child.h"
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <jansson.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 32, LINE_MAX_BYTES = 65536, ANSWER_MAX_BYTES = 1 << 21, START_MS = 90000 };

static void run_server(const char *program, const char *const *args, int out)
{
    const char *argv[ARGS_MAX + 2] = {program};
    for (size_t i = 0; args != NULL && args[i] != NULL && i < ARGS_MAX; i++) {
        argv[i + 1] = args[i];
    }
    dup2(out, STDOUT_FILENO);
    child_usual_signals();
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves nothing behind */
#endif
    execv(program, (char *const *)(void *)argv);
    perror(program);
    _exit(127);
}

static bool read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, START_MS) <= 0 || read(fd, line + len, 1) != 1) {
            return false;
        }
        if (line[len] == '\n') {
            line[len] = '\0';
            return true;
        }
        len++;
    }
    return false;
}

static bool parse_line(struct server *server, const char *line)
{
    json_t *root = json_loads(line, 0, NULL);
    json_t *first = json_array_get(json_object_get(root, "users"), 0);
    const char *url = json_string_value(json_object_get(root, "url"));
    const char *user = json_string_value(json_object_get(first, "id"));
    const char *token = json_string_value(json_object_get(first, "token"));
    const char *client = json_string_value(json_object_get(first, "clientId"));
    bool good = url != NULL && user != NULL && token != NULL && strrchr(url, ':') != NULL;
    if (good) {
        snprintf(server->url, sizeof server->url, "%s", url);
        snprintf(server->user, sizeof server->user, "%s", user);
        snprintf(server->token, sizeof server->token, "%s", token);
        snprintf(server->client_id, sizeof server->client_id, "%s", client == NULL ? "" : client);
        server->port = (int)strtol(strrchr(url, ':') + 1, NULL, 10);
    }
    json_decref(root);
    return good;
}

bool server_user(const struct server *server, size_t i, char ret_user[128], char ret_token[256])
{
    json_t *root = json_loads(server->announced, 0, NULL);
    json_t *row = json_array_get(json_object_get(root, "users"), i);
    const char *user = json_string_value(json_object_get(row, "id"));
    const char *token = json_string_value(json_object_get(row, "token"));
    bool good = user != NULL && token != NULL;
    if (good) {
        snprintf(ret_user, 128, "%s", user);
        snprintf(ret_token, 256, "%s", token);
    }
    json_decref(root);
    return good;
}

bool server_start(struct server *ret, const char *program, const char *const *args)
{
    static char line[LINE_MAX_BYTES];
    int pipe_fds[2];
    memset(ret, 0, sizeof *ret);
    if (pipe(pipe_fds) != 0) {
        return false;
    }
    fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
    ret->pid = fork();
    if (ret->pid == 0) {
        run_server(program, args, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    ret->stdout_fd = pipe_fds[0];
    if (ret->pid < 0 || !read_line(ret->stdout_fd, line, sizeof line) || !parse_line(ret, line)) {
        server_end(ret, SIGKILL);
        return false;
    }
    ret->announced = strdup(line);
    return ret->announced != NULL;
}

int server_end(struct server *server, int signo)
{
    int status = 0;
    if (server->pid <= 0) {
        return 0;
    }
    if (signo != 0) {
        kill(server->pid, signo);
    }
    waitpid(server->pid, &status, 0);
    close(server->stdout_fd);
    free(server->announced);
    server->announced = NULL;
    server->pid = 0;
    return status;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static size_t read_all(int fd, char *out, size_t size)
{
    size_t len = 0;
    while (len + 1 < size) {
        ssize_t got = read(fd, out + len, size - len - 1);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    out[len] = '\0';
    return len;
}

int server_request(const struct server *server, const char *path, const char *body, char *ret,
                   size_t ret_size)
{
    static char answer[ANSWER_MAX_BYTES];
    char head[1024];
    int fd = connect_to(server->port);
    if (fd < 0) {
        return 0;
    }
    int len = snprintf(head, sizeof head,
                       "%s %s HTTP/1.0\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                       body == NULL ? "GET" : "POST", path, server->port, server->token,
                       "text/plain", body == NULL ? 0 : strlen(body));
    bool sent = write(fd, head, (size_t)len) == len &&
                (body == NULL || write(fd, body, strlen(body)) == (ssize_t)strlen(body));
    size_t got = sent ? read_all(fd, answer, sizeof answer) : 0;
    close(fd);
    char *text = got == 0 ? NULL : strstr(answer, "\r\n\r\n");
    if (text == NULL || strlen(answer) < 12) {
        return 0;
    }
    snprintf(ret, ret_size, "%s", text + 4);
    return (int)strtol(answer + 9, NULL, 10);
}

bool server_sql(const struct server *server, const char *sql)
{
    char answer[1024];
    int status = server_request(server, "/__mock/sql", sql, answer, sizeof answer);
    if (status != 200) {
        fprintf(stderr, "sql: status %d: %s\n", status, answer);
    }
    return status == 200;
}

static long sum(json_t *value)
{
    const char *key;
    json_t *member;
    long total = json_is_integer(value) ? (long)json_integer_value(value) : 0;
    json_object_foreach(value, key, member)
    {
        total += sum(member);
    }
    return total;
}

long server_count(const struct server *server, const char *path)
{
    static char answer[LINE_MAX_BYTES];
    if (server_request(server, "/__mock/stats", NULL, answer, sizeof answer) != 200) {
        return -1;
    }
    json_t *root = json_loads(answer, 0, NULL);
    long count = sum(json_object_get(json_object_get(root, "requests"), path));
    json_decref(root);
    return count;
}
