/*
 * script_server: a raw-socket HTTP server for tests, on a free loopback port, in threads of its
 * own. It answers requests with exactly the bytes, cuts and pauses that a script says, and keeps
 * every request as it came. What no script covers is answered by 204.
 */
#ifndef BLOTTER_TESTS_SCRIPT_SERVER_H
#define BLOTTER_TESTS_SCRIPT_SERVER_H

#include <stddef.h>
#include <stdint.h>

enum script_op {
    SCRIPT_END,   /* no further step: the connection is closed */
    SCRIPT_SEND,  /* the bytes at once; len 0: strlen */
    SCRIPT_BYTES, /* the same, every byte a write of its own */
    SCRIPT_FILL,  /* the bytes, number times over */
    SCRIPT_WAIT,  /* number milliseconds, or less when the client closes */
    SCRIPT_RESET, /* closes with RST */
    SCRIPT_HOLD,  /* until the client closes or the server is freed */
    SCRIPT_DEAD,  /* takes no notice of anything until the server is freed, as after a sleep */
    SCRIPT_KEEP   /* the connection stays open for another request */
};

struct script_step {
    enum script_op op;
    const char *bytes; /* "@PORT@" is replaced by this server's port, "@PEER@" by
                          script_server_set_peer's */
    size_t len;
    long number;
};

#define SCRIPT_STEPS_MAX 12

struct script_exchange {
    const char *path; /* how the request's target begins; NULL: any */
    struct script_step steps[SCRIPT_STEPS_MAX];
};

struct script_server;

/* The exchanges are used once each: the first unused one whose path fits. They must outlive the
 * server. */
struct script_server *script_server_new(const struct script_exchange *exchanges, size_t count);
void script_server_free(struct script_server *server); /* closes every connection */

int script_server_port(const struct script_server *server);
const char *script_server_url(const struct script_server *server); /* "http://127.0.0.1:PORT" */
void script_server_set_peer(struct script_server *server, int port);

size_t script_server_connections(struct script_server *server); /* made so far */

/* What arrived so far, in order. A request is its head as sent; valid until the server is freed. */
size_t script_server_count(struct script_server *server);
const char *script_server_request(struct script_server *server, size_t index);
int64_t script_server_time_us(struct script_server *server,
                              size_t index); /* monotonic, head complete */

/* The value of a header in a request into out; NULL when it is not there. */
const char *script_header(const char *request, const char *name, char *out, size_t room);

#endif
