/*
 * Streams on sockets: a request whose answer is what its subscriber is given to read.
 *
 * A stream's bytes straight onto its socket. The library sends the head and the welcome; from then
 * on its connection is suspended at a chunk's end, and stays so until the stream ends. Between
 * these two nobody else touches the socket, and an event costs one system call a stream, without
 * the library's two rounds of its state machine. Where that cannot be (TLS, HTTP/1.0, no epoll),
 * the library reads the stream itself.
 */
#include "request.h"
#include "stream/queue.h"

#include <blotter/core/alloc.h>
#include <blotter/core/linked.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OLD_HTTP_BLOCK 4096 /* HTTP/1.0 cannot have chunks: then the library reads in blocks */
#define DEAD_PEER_MS 60000
#define RETRY_AFTER_S 2
#define PIECES_MAX 62 /* in one system call, beside a chunk's size and its end */
#define CHUNK_END BODY_CHUNK_END
#define CHUNK_END_LEN BODY_CHUNK_END_LEN

/* --- suspended ------------------------------------------------------------------------------ */

void request_resume(struct request *request)
{
    if (request->suspended) {
        request->suspended = false;
        request->server->run_again = true;
        MHD_resume_connection(request->connection);
    }
}

/* --- who is to be sent something -------------------------------------------------------------- */

static void enlist(struct request *request, struct wire_list *list)
{
    request->wire.list = list;
    LINKED_APPEND(list, request);
}

static void delist(struct request *request)
{
    if (request->wire.list != NULL) {
        LINKED_REMOVE(request->wire.list, request);
        request->wire.list = NULL;
    }
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

static void note_sent(struct request *request, size_t sent)
{
    struct wire *wire = &request->wire;
    size_t part = lesser(sent, sizeof wire->head - wire->head_at);
    wire->head_at = (unsigned char)(wire->head_at + part);
    sent -= part;
    part = lesser(sent, wire->data_left);
    emitter_skip(request->subscriber, part);
    wire->data_left -= part;
    wire->end_left = (unsigned char)(wire->end_left - (sent - part));
}

/* --- sending ---------------------------------------------------------------------------------- */

enum outcome { SENT_ALL, BLOCKED, ENDED, BROKEN };

static enum outcome send_all(struct request *request)
{
    struct wire *wire = &request->wire;
    for (;;) {
        struct iovec parts[PIECES_MAX + 2];
        ssize_t found =
            emitter_peek(request->server->api->emitter, request->subscriber, parts + 1, PIECES_MAX);
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
            note_sent(request, (size_t)sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return BLOCKED;
        } else if (errno != EINTR) {
            return BROKEN;
        }
    }
}

/* The common case, one event for a stream that has had all before: one call with one piece. False:
 * there is more to do. */
static bool send_one(struct request *request)
{
    struct iovec event, chunk;
    if (in_chunk(&request->wire) || !emitter_peek_chunk(request->subscriber, &event, &chunk)) {
        return false;
    }
    ssize_t sent =
        send(request->wire.fd, chunk.iov_base, chunk.iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)chunk.iov_len) {
        emitter_take_chunk(request->subscriber);
        return true;
    }
    if (sent > 0) {
        begin_chunk(&request->wire, &event, 1);
        note_sent(request, (size_t)sent);
    }
    return false;
}

static void flush(struct request *request)
{
    struct server *server = request->server;
    bool told = request->wire.told_of_room;
    delist(request);
    request->wire.told_of_room = false;
    switch (send_one(request) ? SENT_ALL : send_all(request)) {
    case BLOCKED:
        enlist(request, &server->blocked);
        mhdloop_await(server->mhdloop, request->wire.fd, request, true);
        return;
    case SENT_ALL:
        if (told) {
            mhdloop_await(server->mhdloop, request->wire.fd, request, false);
        }
        return;
    case ENDED:
        request_resume(request);
        return;
    case BROKEN:
        stream_gone(request);
        return;
    }
}

/* --- what the server's other files call ------------------------------------------------------- */

static void wake(void *owner)
{
    struct request *request = owner;
    if (!request->suspended || request->wire.fd < 0) {
        request_resume(request);
    } else if (request->wire.list == NULL) {
        enlist(request, &request->server->ready);
    }
}

void wire_room(void *owner)
{
    struct request *request = owner;
    if (!request->suspended) {
        return; /* it ends */
    }
    delist(request);
    request->wire.told_of_room = true;
    enlist(request, &request->server->ready);
}

void wire_flush(struct server *server)
{
    while (server->ready.first != NULL) {
        flush(server->ready.first);
    }
}

static void leave(struct request *request)
{
    delist(request);
}

void wire_abandon(struct server *server)
{
    wire_flush(server);
    while (server->blocked.first != NULL) {
        stream_gone(server->blocked.first);
    }
}

/* --- addresses ---------------------------------------------------------------------------- */

static void address_bytes(struct MHD_Connection *connection, unsigned char ret[16])
{
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    memset(ret, 0, 16);
    if (address != NULL && address->sa_family == AF_INET6) {
        memcpy(ret, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    } else if (address != NULL && address->sa_family == AF_INET) {
        memcpy(ret + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
}

/* The place of the connection's address in the table; addresses without streams are used again. */
static unsigned address_place(struct server *server, struct MHD_Connection *connection)
{
    unsigned char bytes[16];
    unsigned place = server->address_count;
    address_bytes(connection, bytes);
    for (unsigned i = 0; i < server->address_count; i++) {
        if (memcmp(server->addresses[i].bytes, bytes, 16) == 0) {
            return i;
        }
        place = server->addresses[i].streams == 0 ? i : place;
    }
    if (place == server->address_count) {
        server->address_count++;
        server->addresses =
            mem_realloc(server->addresses, server->address_count * sizeof *server->addresses);
    }
    memcpy(server->addresses[place].bytes, bytes, 16);
    server->addresses[place].streams = 0;
    return place;
}

/* --- bounds ------------------------------------------------------------------------------- */

static bool within_bounds(struct request *request, struct call *call)
{
    struct server *server = request->server;
    const struct server_settings *settings = &server->settings;
    size_t of_user = emitter_user_subscribers(server->api->emitter, call->user);
    const char *why = NULL;
    if (server->ending) {
        why = "the server is ending";
    } else if (server->api->streams_open >= settings->max_streams) {
        why = "too many streams";
    } else if (of_user >= (size_t)settings->max_user_streams) {
        why = "too many streams of this user";
    } else if (server->addresses[request->address].streams >= settings->max_address_streams) {
        why = "too many streams from this address";
    }
    if (why != NULL) {
        call->is_stream = false;
        call_fail(call, 503, "%s", why);
        call->retry_after_s = RETRY_AFTER_S;
    }
    return why == NULL;
}

/* --- reading ------------------------------------------------------------------------------ */

static ssize_t read_stream(void *user, uint64_t position, char *into, size_t size)
{
    (void)position;
    struct request *request = user;
    if (request->gone) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    ssize_t count = request->packer != NULL ? packer_read(request->packer, request, into, size)
                                            : emitter_read(request->server->api->emitter,
                                                           request->subscriber, into, size);
    if (count == 0) {
        request->suspended = true;
        MHD_suspend_connection(request->connection);
    }
    return count < 0 ? MHD_CONTENT_READER_END_OF_STREAM : count;
}

static int socket_of(const struct request *request)
{
    return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

static void drop(void *owner)
{
    shutdown(socket_of(owner), SHUT_RDWR);
    stream_gone(owner);
}

const struct emitter_handler server_emitter_handler = {wake, drop};

void stream_gone(void *owner)
{
    struct request *request = owner;
    request->gone = true;
    leave(request);
    request_resume(request);
}

/* --- opening and closing ------------------------------------------------------------------ */

static struct MHD_Response *make_response(struct request *request, const char *version)
{
    size_t block = strcmp(version, MHD_HTTP_VERSION_1_1) == 0 ? 1 : OLD_HTTP_BLOCK;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, read_stream, request, NULL);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, REPLY_SERVER);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
        if (request->packer != NULL) {
            MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
        }
    }
    return response;
}

/* A peer that vanished without a word is found out by its silence, not by our buffers filling up.
 */
static bool watch_socket(struct request *request)
{
    int fd = socket_of(request);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef TCP_USER_TIMEOUT
    unsigned limit = DEAD_PEER_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
#endif
    return mhdloop_peer_set(request->server->mhdloop, fd, request);
}

bool stream_open(struct request *request, struct call *call, const char *version)
{
    struct server *server = request->server;
    request->address = address_place(server, request->connection);
    if (!within_bounds(request, call)) {
        return false;
    }
    if (server->settings.gzip_streams &&
        reply_accepts(request->connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip")) {
        request->packer = packer_new();
    }
    struct MHD_Response *response = make_response(request, version);
    if (response == NULL) {
        call->is_stream = false;
        call_fail(call, 500, "out of resources");
        return false;
    }
    const char *last_id =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
    request->subscriber =
        emitter_open(server->api->emitter, loop_now(server->loop), call->user, last_id, request);
    server->addresses[request->address].streams++;
    server->api->streams_open++;
    bool ours = watch_socket(request) && request->packer == NULL &&
                strcmp(version, MHD_HTTP_VERSION_1_1) == 0 &&
                server->settings.tls_cert_file == NULL;
    request->wire.fd = ours ? socket_of(request) : -1;
    MHD_queue_response(request->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return true;
}

void stream_close(struct request *request)
{
    struct server *server = request->server;
    leave(request);
    mhdloop_peer_clear(server->mhdloop, socket_of(request));
    emitter_close(server->api->emitter, request->subscriber);
    request->subscriber = NULL;
    server->addresses[request->address].streams--;
    server->api->streams_open--;
}
