/*
 * server: HTTP in front of the api and the emitter: libmicrohttpd without its threads, driven by
 * the loop. Each turn, before the wait, the feed is emptied and what it woke is sent.
 */
#ifndef BLOTTER_MOCK_SERVER_H
#define BLOTTER_MOCK_SERVER_H

#include "api/api.h"
#include "stream/emitter.h"
#include "stream/feed.h"

#include <blotter/net/loop.h>

#define SERVER_BODY_MAX 65536    /* a request's body */
#define SERVER_URL_MAX 2048      /* the request line's target */
#define SERVER_HEADERS_MAX 40    /* how many */
#define SERVER_HEADER_BYTES 3072 /* names and values of all together */
#define SERVER_BODY_SECONDS 30   /* for what follows a request's head, however it drips */
#define SERVER_IDLE_SECONDS 65   /* between two requests on a connection */

struct server;

struct server_settings {
    const char *host;                         /* an address or a name, IPv4 or IPv6 */
    uint16_t port;                            /* 0: any free one */
    const char *tls_cert_file, *tls_key_file; /* NULL: plain http */
    int64_t latency_us;                       /* added to every REST answer */
    int64_t head_us;         /* for a request's line and headers, however they drip */
    int max_streams;         /* in all */
    int max_user_streams;    /* of one user */
    int max_address_streams; /* from one address */
    bool gzip_streams;       /* for clients that accept it */
    bool verbose;            /* the access log on stderr */
};

/*
 * Listens. NULL with *ret_fault set (FAULT_CONFIG) when it cannot. The server fills in
 * api->emitter's handlers: make the emitter with server_emitter_handler. Everything given outlives
 * it.
 */
struct server *server_new(struct loop *loop, struct api *api, struct feed *feed,
                          const struct server_settings *settings, struct fault *ret_fault);
extern const struct emitter_handler server_emitter_handler;

/* Ends every stream cleanly and refuses new ones; calls done once they are closed, or after a
 * second. */
void server_end(struct server *server, loop_fn done, void *user);
void server_free(struct server *server); /* closes what is left; NULL is fine */

uint16_t server_port(const struct server *server);
bool server_is_loopback(const struct server *server); /* whether only this machine can reach it */
void server_put_url(const struct server *server, struct text *into);

#endif
