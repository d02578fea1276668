#include "mock_wire.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const char *wire_program;

int64_t wire_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int wire_stop(struct server *server)
{
    int status = server_end(server, SIGTERM);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void wire_open(struct wire *ret, const struct server *server)
{
    *ret = (struct wire){.fd = socket(AF_INET, SOCK_STREAM, 0), .room = 4096};
    ret->bytes = calloc(1, ret->room);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(ret->fd >= 0);
    assert_int_equal(connect(ret->fd, (struct sockaddr *)&to, sizeof to), 0);
}

void wire_close(struct wire *wire)
{
    if (wire->fd >= 0) {
        close(wire->fd);
    }
    free(wire->bytes);
    *wire = (struct wire){.fd = -1};
}

static void send_all(struct wire *wire, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = send(wire->fd, bytes, len, MSG_NOSIGNAL);
        if (count <= 0) {
            return; /* the server hung up on us: what it said is still to be read */
        }
        bytes += count;
        len -= (size_t)count;
    }
}

void wire_send(struct wire *wire, const struct server *server, const char *text)
{
    const char *hole;
    while ((hole = strstr(text, "$T")) != NULL) {
        send_all(wire, text, (size_t)(hole - text));
        send_all(wire, server->token, strlen(server->token));
        text = hole + 2;
    }
    send_all(wire, text, strlen(text));
}

/* Reads what comes next; false at the end or when the time is over. */
static bool read_more(struct wire *wire, int64_t deadline_ms)
{
    struct pollfd poll_fd = {.fd = wire->fd, .events = POLLIN};
    int64_t left = deadline_ms - wire_now_ms();
    if (wire->closed || left <= 0 || poll(&poll_fd, 1, (int)left) <= 0) {
        return false;
    }
    if (wire->room - wire->len < 2048) {
        wire->room *= 2;
        char *larger = realloc(wire->bytes, wire->room);
        if (larger == NULL) {
            abort();
        }
        wire->bytes = larger;
    }
    ssize_t count = recv(wire->fd, wire->bytes + wire->len, wire->room - wire->len - 1, 0);
    wire->closed = count <= 0;
    wire->len += count > 0 ? (size_t)count : 0;
    wire->bytes[wire->len] = '\0';
    return !wire->closed;
}

bool wire_wait(struct wire *wire, const char *text)
{
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    while (strstr(wire->bytes, text) == NULL) {
        if (!read_more(wire, deadline)) {
            return false;
        }
    }
    return true;
}

bool wire_wait_end(struct wire *wire)
{
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    while (read_more(wire, deadline)) {
    }
    return wire->closed;
}

void wire_forget(struct wire *wire)
{
    wire->len = 0;
    wire->bytes[0] = '\0';
}

const char *wire_header(const struct wire *wire, const char *name)
{
    static char value[512];
    const char *end = strstr(wire->bytes, "\r\n\r\n");
    value[0] = '\0';
    for (const char *at = strstr(wire->bytes, "\r\n"); at != NULL && at < end;
         at = strstr(at, "\r\n")) {
        at += 2;
        size_t len = strlen(name);
        if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(at + len + 2, "\r"), at + len + 2);
        }
    }
    return value;
}

int wire_answer(struct wire *wire, bool head)
{
    if (!wire_wait(wire, "\r\n\r\n")) {
        return 0;
    }
    size_t body = (size_t)(strstr(wire->bytes, "\r\n\r\n") - wire->bytes) + 4;
    size_t expected = head ? 0 : strtoul(wire_header(wire, "Content-Length"), NULL, 10);
    int64_t deadline = wire_now_ms() + WIRE_PATIENCE_MS;
    while (wire->len < body + expected && read_more(wire, deadline)) {
    }
    int status = 0;
    sscanf(wire->bytes, "HTTP/1.%*d %d", &status);
    return wire->len >= body + expected ? status : 0;
}

int wire_ask(struct wire *ret, const struct server *server, const char *request)
{
    wire_open(ret, server);
    wire_send(ret, server, request);
    return wire_answer(ret, strncmp(request, "HEAD", 4) == 0);
}

void wire_stream(struct wire *ret, const struct server *server, const char *more)
{
    char request[1024];
    snprintf(request, sizeof request,
             "GET /api/realtime/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $T\r\n%s\r\n",
             more);
    wire_open(ret, server);
    wire_send(ret, server, request);
    assert_true(wire_wait(ret, "\"event\":\"connected\""));
    assert_memory_equal(ret->bytes, "HTTP/1.1 200", 12);
}

long wire_stat(const struct server *server, const char *path)
{
    struct wire wire;
    assert_int_equal(wire_ask(&wire, server, "GET /__mock/stats HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    json_t *root = json_loads(strstr(wire.bytes, "\r\n\r\n") + 4, 0, NULL), *at = root;
    assert_non_null(root);
    char name[128];
    while (at != NULL && *path != '\0') {
        size_t len = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)len, path);
        at = json_object_get(at, name);
        path += path[len] == '/' ? len + 1 : len;
    }
    long value = json_is_integer(at) ? (long)json_integer_value(at) : -1;
    json_decref(root);
    wire_close(&wire);
    return value;
}
