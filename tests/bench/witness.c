#include "process.h"
#include "witness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16, HEAD_MS = 5000 };

int connect_loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)(void *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int listen_at(in_addr_t where, int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = where;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&address, sizeof address) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)(void *)&address, &len) != 0) {
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int listen_loopback(int *ret_port)
{
    return listen_at(htonl(INADDR_LOOPBACK), ret_port);
}

/* --- witness ------------------------------------------------------------------------------ */

/* HTTP/1.0, so that the body comes as it is, without chunks. */
static bool ask(int fd, const struct server *server)
{
    char head[1024];
    int len = snprintf(head, sizeof head,
                       "GET /api/realtime/stream?userId=%s HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n"
                       "Accept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n",
                       server->user, server->port, server->token);
    return write(fd, head, (size_t)len) == len;
}

bool witness_open(struct witness *ret, const struct server *server)
{
    *ret = (struct witness){.fd = connect_loopback(server->port)};
    if (ret->fd < 0 || !ask(ret->fd, server)) {
        return false;
    }
    return witness_wait(ret, 1, HEAD_MS); /* the welcome */
}

void witness_close(struct witness *witness)
{
    if (witness->fd >= 0) {
        close(witness->fd);
    }
    free(witness->partial);
    free(witness->list);
    *witness = (struct witness){.fd = -1};
}

static void note_event(struct witness *witness, int64_t t_us, uint64_t id, const char *data)
{
    static const char member[] = "\"event\":\"";
    if (witness->count == witness->cap) {
        witness->cap = witness->cap == 0 ? 1024 : witness->cap * 2;
        witness->list = realloc(witness->list, witness->cap * sizeof *witness->list);
        if (witness->list == NULL) {
            abort();
        }
    }
    struct seen *seen = &witness->list[witness->count++];
    *seen = (struct seen){.t_us = t_us, .id = id};
    const char *name = strstr(data, member);
    if (name != NULL) {
        name += sizeof member - 1;
        size_t len = strcspn(name, "\"");
        snprintf(seen->event, sizeof seen->event, "%.*s", (int)len, name);
    }
}

/* One message: its lines end in LF, the last one too. */
static void take_message(struct witness *witness, int64_t t_us, char *message)
{
    const char *id = strstr(message, "id:");
    const char *data = strstr(message, "data:");
    if (data == NULL) {
        return;
    }
    bool has_id = id != NULL && (id == message || id[-1] == '\n') && id < data;
    if (!has_id && (id = strstr(data, "\nid:")) != NULL) {
        id++;
        has_id = true;
    }
    note_event(witness, t_us, has_id ? strtoull(id + 3, NULL, 10) : 0, data);
}

static void take_messages(struct witness *witness, int64_t t_us)
{
    char *from = witness->partial, *gap;
    witness->partial[witness->partial_len] = '\0';
    while ((gap = strstr(from, "\n\n")) != NULL) {
        gap[1] = '\0';
        take_message(witness, t_us, from);
        from = gap + 2;
    }
    witness->partial_len -= (size_t)(from - witness->partial);
    memmove(witness->partial, from, witness->partial_len);
}

void witness_pump(struct witness *witness)
{
    while (witness->fd >= 0) {
        if (witness->partial_cap - witness->partial_len < READ_BYTES + 1) {
            witness->partial_cap = witness->partial_len + 2 * READ_BYTES;
            witness->partial = realloc(witness->partial, witness->partial_cap);
            if (witness->partial == NULL) {
                abort();
            }
        }
        ssize_t got =
            recv(witness->fd, witness->partial + witness->partial_len, READ_BYTES, MSG_DONTWAIT);
        int64_t t_us = now_us();
        if (got <= 0) {
            return;
        }
        witness->bytes += (uint64_t)got;
        witness->partial_len += (size_t)got;
        take_messages(witness, t_us);
    }
}

bool witness_wait(struct witness *witness, size_t count, int timeout_ms)
{
    int64_t until_us = now_us() + (int64_t)timeout_ms * 1000;
    witness_pump(witness);
    while (witness->count < count) {
        if (!wait_readable(witness->fd, until_us)) {
            return false;
        }
        size_t before = witness->count;
        uint64_t bytes = witness->bytes;
        witness_pump(witness);
        if (witness->count == before && witness->bytes == bytes) {
            return false; /* the stream ended */
        }
    }
    return true;
}

const struct seen *witness_find(const struct witness *witness, uint64_t id)
{
    for (size_t i = 0; i < witness->count; i++) {
        if (witness->list[i].id == id) {
            return &witness->list[i];
        }
    }
    return NULL;
}

/* --- writer ------------------------------------------------------------------------------- */

bool writer_send(struct writer *writer, const struct server *server, const char *sql)
{
    char head[512];
    writer_finish(writer, 10000);
    writer->fd = connect_loopback(server->port);
    if (writer->fd < 0) {
        return false;
    }
    int len = snprintf(head, sizeof head,
                       "POST /__mock/sql HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n"
                       "Authorization: Bearer %s\r\nContent-Type: text/plain\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       server->port, server->token, strlen(sql));
    size_t total = (size_t)len + strlen(sql);
    char *request = malloc(total + 1);
    if (request == NULL) {
        abort();
    }
    snprintf(request, total + 1, "%s%s", head, sql);
    bool sent = write(writer->fd, request, total) == (ssize_t)total;
    free(request);
    return sent;
}

void writer_pump(struct writer *writer)
{
    char answer[4096];
    while (writer->fd >= 0) {
        ssize_t got = recv(writer->fd, answer, sizeof answer, MSG_DONTWAIT);
        if (got < 0) {
            return;
        }
        if (got == 0) {
            close(writer->fd);
            writer->fd = -1;
        }
    }
}

bool writer_finish(struct writer *writer, int timeout_ms)
{
    char answer[4096] = "";
    int64_t until_us = now_us() + (int64_t)timeout_ms * 1000;
    size_t len = 0;
    while (writer->fd >= 0 && wait_readable(writer->fd, until_us)) {
        ssize_t got = recv(writer->fd, answer + len, sizeof answer - len - 1, 0);
        if (got <= 0) {
            close(writer->fd);
            writer->fd = -1;
            break;
        }
        len += len + (size_t)got + 1 < sizeof answer ? (size_t)got : 0;
        answer[len] = '\0';
    }
    return writer->fd < 0 && (len == 0 || strstr(answer, " 200 ") != NULL);
}
