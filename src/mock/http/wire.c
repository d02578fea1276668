/*
 * A stream's bytes straight onto its socket. The library sends the head and the welcome; from then
 * on its connection is suspended at a chunk's end, and stays so until the stream ends. Between
 * these two nobody else touches the socket, and an event costs one system call a stream, without
 * the library's two rounds of its state machine. Where that cannot be (TLS, HTTP/1.0, no epoll),
 * the library reads the stream itself.
 */
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PIECES_MAX 62 /* in one system call, beside a chunk's size and its end */
#define CHUNK_END "\r\n"
#define CHUNK_END_LEN 2

/* --- who is to be sent something -------------------------------------------------------------- */

static void enlist(struct exchange *exchange, struct wire_list *list)
{
    exchange->wire.list = list;
    exchange->previous = list->last;
    exchange->next = NULL;
    if (list->last != NULL) {
        list->last->next = exchange;
    } else {
        list->first = exchange;
    }
    list->last = exchange;
}

static void delist(struct exchange *exchange)
{
    struct wire_list *list = exchange->wire.list;
    if (list == NULL) {
        return;
    }
    if (exchange->previous != NULL) {
        exchange->previous->next = exchange->next;
    } else {
        list->first = exchange->next;
    }
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    } else {
        list->last = exchange->previous;
    }
    exchange->wire.list = NULL;
}

/* --- one chunk -------------------------------------------------------------------------------- */

static bool in_chunk(const struct wire *wire)
{
    return wire->end_left > 0;
}

/* A chunk holds all that is there now, as one read of the library's would. */
static void begin_chunk(struct wire *wire, const struct iovec *pieces, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += pieces[i].iov_len;
    }
    wire->data_left = len;
    wire->end_left = CHUNK_END_LEN;
    wire->head_at = sizeof wire->head - CHUNK_END_LEN;
    memcpy(wire->head + wire->head_at, CHUNK_END, CHUNK_END_LEN);
    for (; len > 0; len /= 16) {
        wire->head[--wire->head_at] = digits[len % 16];
    }
}

/* Surrounds parts[1] and following, count of them, by what is left of the chunk's head and end.
 * Returns the first part to send. */
static struct iovec *frame(struct wire *wire, struct iovec *parts, size_t *count)
{
    static char end[] = CHUNK_END;
    size_t left = wire->data_left, used = 0;
    for (; used < *count && left > 0; used++) {
        struct iovec *part = &parts[1 + used];
        part->iov_len = part->iov_len < left ? part->iov_len : left;
        left -= part->iov_len;
    }
    size_t all = used;
    if (left == 0) {
        size_t sent = (size_t)CHUNK_END_LEN - wire->end_left;
        parts[1 + all++] = (struct iovec){end + sent, wire->end_left};
    }
    if (wire->head_at == sizeof wire->head) {
        *count = all;
        return parts + 1;
    }
    parts[0] = (struct iovec){wire->head + wire->head_at, sizeof wire->head - wire->head_at};
    *count = all + 1;
    return parts;
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void note_sent(struct exchange *exchange, size_t sent)
{
    struct wire *wire = &exchange->wire;
    size_t part = lesser(sent, sizeof wire->head - wire->head_at);
    wire->head_at = (unsigned char)(wire->head_at + part);
    sent -= part;
    part = lesser(sent, wire->data_left);
    emitter_skip(exchange->listener, part);
    wire->data_left -= part;
    wire->end_left = (unsigned char)(wire->end_left - (sent - part));
}

/* --- sending ---------------------------------------------------------------------------------- */

enum outcome { SENT_ALL, BLOCKED, ENDED, BROKEN };

static enum outcome send_all(struct exchange *exchange)
{
    struct wire *wire = &exchange->wire;
    for (;;) {
        struct iovec parts[PIECES_MAX + 2];
        ssize_t found =
            emitter_peek(exchange->server->api->emitter, exchange->listener, parts + 1, PIECES_MAX);
        size_t count = found > 0 ? (size_t)found : 0;
        if (!in_chunk(wire)) {
            if (found <= 0) {
                return found == 0 ? SENT_ALL : ENDED;
            }
            begin_chunk(wire, parts + 1, count);
        } else if (found <= 0 && wire->data_left > 0) {
            return BROKEN; /* dropped in the middle of a chunk */
        }
        struct iovec *first = frame(wire, parts, &count);
        struct msghdr message = {.msg_iov = first, .msg_iovlen = count};
        ssize_t sent = sendmsg(wire->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            note_sent(exchange, (size_t)sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return BLOCKED;
        } else if (errno != EINTR) {
            return BROKEN;
        }
    }
}

static void flush(struct exchange *exchange)
{
    struct server *server = exchange->server;
    bool told = exchange->wire.told_of_room;
    delist(exchange);
    exchange->wire.told_of_room = false;
    switch (send_all(exchange)) {
    case BLOCKED:
        enlist(exchange, &server->blocked);
        mhdloop_await(server->mhdloop, exchange->wire.fd, exchange, true);
        return;
    case SENT_ALL:
        if (told) {
            mhdloop_await(server->mhdloop, exchange->wire.fd, exchange, false);
        }
        return;
    case ENDED:
        exchange_resume(exchange);
        return;
    case BROKEN:
        stream_gone(exchange);
        return;
    }
}

/* --- what the server's other files call ------------------------------------------------------- */

void wire_wake(struct exchange *exchange)
{
    if (!exchange->suspended || exchange->wire.fd < 0) {
        exchange_resume(exchange);
    } else if (exchange->wire.list == NULL) {
        enlist(exchange, &exchange->server->ready);
    }
}

void wire_room(void *owner)
{
    struct exchange *exchange = owner;
    if (!exchange->suspended) {
        return; /* it ends */
    }
    delist(exchange);
    exchange->wire.told_of_room = true;
    enlist(exchange, &exchange->server->ready);
}

void wire_flush(struct server *server)
{
    while (server->ready.first != NULL) {
        flush(server->ready.first);
    }
}

void wire_leave(struct exchange *exchange)
{
    delist(exchange);
}

void wire_abandon(struct server *server)
{
    wire_flush(server);
    while (server->blocked.first != NULL) {
        stream_gone(server->blocked.first);
    }
}
