/* Streams on sockets: an exchange whose answer is what its listener is given to read. */
#include "exchange.h"

#include <blotter/core/alloc.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OLD_HTTP_BLOCK 4096 /* HTTP/1.0 cannot have chunks: then the library reads in blocks */
#define DEAD_PEER_MS 60000
#define RETRY_AFTER_S 2

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

static bool within_bounds(struct exchange *exchange, struct call *call)
{
    struct server *server = exchange->server;
    const struct server_settings *settings = &server->settings;
    size_t of_user = emitter_user_listeners(server->api->emitter, call->user);
    const char *why = NULL;
    if (server->ending) {
        why = "the server is ending";
    } else if (server->api->streams_open >= settings->max_streams) {
        why = "too many streams";
    } else if (of_user >= (size_t)settings->max_user_streams) {
        why = "too many streams of this user";
    } else if (server->addresses[exchange->address].streams >= settings->max_address_streams) {
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
    struct exchange *exchange = user;
    if (exchange->gone) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    ssize_t count = exchange->packer != NULL ? packer_read(exchange->packer, exchange, into, size)
                                             : emitter_read(exchange->server->api->emitter,
                                                            exchange->listener, into, size);
    if (count == 0) {
        exchange->suspended = true;
        MHD_suspend_connection(exchange->connection);
    }
    return count < 0 ? MHD_CONTENT_READER_END_OF_STREAM : count;
}

static void wake(void *owner)
{
    wire_wake(owner);
}

static int socket_of(const struct exchange *exchange)
{
    return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
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
    struct exchange *exchange = owner;
    exchange->gone = true;
    wire_leave(exchange);
    exchange_resume(exchange);
}

/* --- opening and closing ------------------------------------------------------------------ */

static struct MHD_Response *make_response(struct exchange *exchange, const char *version)
{
    size_t block = strcmp(version, MHD_HTTP_VERSION_1_1) == 0 ? 1 : OLD_HTTP_BLOCK;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, read_stream, exchange, NULL);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, REPLY_SERVER);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
        if (exchange->packer != NULL) {
            MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
        }
    }
    return response;
}

/* A peer that vanished without a word is found out by its silence, not by our buffers filling up.
 */
static bool watch_socket(struct exchange *exchange)
{
    int fd = socket_of(exchange);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef TCP_USER_TIMEOUT
    unsigned limit = DEAD_PEER_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
#endif
    return mhdloop_watch_peer(exchange->server->mhdloop, fd, exchange);
}

bool stream_open(struct exchange *exchange, struct call *call, const char *version)
{
    struct server *server = exchange->server;
    exchange->address = address_place(server, exchange->connection);
    if (!within_bounds(exchange, call)) {
        return false;
    }
    if (server->settings.gzip_streams &&
        reply_accepts(exchange->connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip")) {
        exchange->packer = packer_new();
    }
    struct MHD_Response *response = make_response(exchange, version);
    if (response == NULL) {
        call->is_stream = false;
        call_fail(call, 500, "out of resources");
        return false;
    }
    const char *last_id =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Last-Event-ID");
    exchange->listener =
        emitter_open(server->api->emitter, loop_now(server->loop), call->user, last_id, exchange);
    server->addresses[exchange->address].streams++;
    server->api->streams_open++;
    bool ours = watch_socket(exchange) && exchange->packer == NULL &&
                strcmp(version, MHD_HTTP_VERSION_1_1) == 0 &&
                server->settings.tls_cert_file == NULL;
    exchange->wire.fd = ours ? socket_of(exchange) : -1;
    MHD_queue_response(exchange->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return true;
}

void stream_close(struct exchange *exchange)
{
    struct server *server = exchange->server;
    wire_leave(exchange);
    mhdloop_unwatch_peer(server->mhdloop, socket_of(exchange));
    emitter_close(server->api->emitter, exchange->listener);
    exchange->listener = NULL;
    server->addresses[exchange->address].streams--;
    server->api->streams_open--;
}
