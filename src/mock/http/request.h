/*
 * request: one request on one connection, from its first header to its last byte. Only the
 * server's own files include this.
 */
#ifndef BLOTTER_MOCK_REQUEST_H
#define BLOTTER_MOCK_REQUEST_H

#include "mhdloop.h"
#include "server.h"

#include <microhttpd.h>

/* Streams that are to be sent something (ready), or whose sockets are full (blocked). */
struct wire_list {
    struct request *first, *last;
};

/* A stream's socket, when we write to it ourselves: what of the chunk begun is not sent. */
struct wire {
    struct wire_list *list; /* NULL: on none */
    size_t data_left;       /* of the chunk's data */
    int fd;                 /* -1: the library writes */
    unsigned char head_at;  /* the first byte of head not sent */
    unsigned char end_left; /* of the line end behind the data; 0: between chunks */
    bool told_of_room;      /* and is not watched since */
    char head[18];          /* the size, with the line end behind it: at the end of the array */
};

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    struct text body;
    struct subscriber *subscriber;   /* a stream's; else NULL */
    struct MHD_Response *held;       /* an answer that waits for its latency */
    struct request *previous, *next; /* those that wait for their time; a stream's: in its list */
    struct wire wire;
    struct packer *packer; /* a stream's that is sent packed; else NULL */
    int64_t due;           /* monotonic us, when held */
    int64_t busy_until;    /* the same, when it waits for the database; 0: it has not had to */
    char *target;          /* for the access log */
    size_t target_len;
    size_t swallowed; /* bytes of a body that is too large */
    unsigned status;
    unsigned address; /* a stream's place in server.addresses */
    bool begun, too_large, suspended, gone;
    struct seat *seat; /* its connection's */
};

/*
 * A connection's own: the request under way on it. libmicrohttpd does not always tell the end of
 * a request that it gives up itself; then the end of its connection tells it.
 * While we wait for the peer to say something, the seat is in the list of what it waits for, in
 * the order of its deadline: who lets us wait too long is hung up on, and when room gets scarce,
 * who has let us wait longest. An idle timeout alone would let a byte now and then hold a
 * connection for ever.
 */
enum seat_wait {
    SEAT_HEAD, /* the first head of a connection, or one whose request line has come */
    SEAT_BODY, /* the rest of a request */
    SEAT_NEXT, /* another request on a connection that is kept */
    SEAT_WAITS,
    SEAT_NONE = SEAT_WAITS /* we are not waiting: it is answered, or streams */
};
struct seat {
    struct request *request; /* NULL: none */
    struct seat *previous, *next;
    int64_t deadline_us;
    enum seat_wait wait;
    int fd;
};
struct seat_list {
    struct seat *first, *last;
};

struct server {
    struct loop *loop;
    struct api *api;
    struct feed *feed;
    struct server_settings settings;
    struct MHD_Daemon *daemon;
    struct mhdloop *mhdloop;
    struct loop_timer *run_timer, *delay_timer, *beat_timer, *feed_timer, *end_timer;
    struct loop_timer *seat_timer, *busy_timer;
    struct seat_list seats[SEAT_WAITS];
    unsigned seat_count, seat_limit; /* connections there are, and from when on room is scarce */
    struct request *busy_first;      /* those that wait for another process's transaction */
    struct wire_list delayed, ready, blocked;
    struct server_address {
        unsigned char bytes[16];
        int streams;
    } * addresses;
    unsigned address_count;
    int listen_fd;
    uint16_t port;
    bool loopback;
    bool run_again; /* a connection was resumed: the daemon must look at it */
    bool ending;
    loop_fn on_end;
    void *on_end_user;
};

/* libmicrohttpd's callbacks. */
void *request_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result request_handle(void *server, struct MHD_Connection *connection, const char *path,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **slot);
void request_complete(void *server, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code);

void request_connection(void *server, struct MHD_Connection *connection, void **seat,
                        enum MHD_ConnectionNotificationCode what);

void request_resume(struct request *request);

/* Lets go of the answers whose time has come (all of them when ending). Sets the delay timer. */
void request_release(struct server *server, int64_t now_us);

/* Asks the database again for those that found it busy. */
void request_retry(struct server *server);

/* Who lets us wait, in seats.c. */
struct seat *seat_new(struct server *server, int fd);
void seat_free(struct server *server, struct seat *seat);
void seat_await(struct server *server, struct seat *seat, enum seat_wait wait);
void seat_expire(struct server *server); /* hangs up on those whose time is over; sets the timer */

/* Streams, in streams.c. True when the connection has its answer; else *call says why not. */
bool stream_open(struct request *request, struct call *call, const char *version);
void stream_close(struct request *request);
void stream_gone(void *request);

/*
 * Streams in gzip, in packer.c: what is there is packed and flushed, so that an event leaves at
 * once and what came before it makes it short.
 */
struct packer *packer_new(void); /* NULL: out of memory */
void packer_free(struct packer *packer);
/* As emitter_read. */
ssize_t packer_read(struct packer *packer, struct request *request, char *into, size_t size);

/* What a stream has to be sent, in stream.c. */
void wire_room(void *request);            /* its socket has room again */
void wire_flush(struct server *server);   /* sends what can be sent now */
void wire_abandon(struct server *server); /* the same, and hangs up on those that block */

/* The answer of a call, in reply.c. The call's reply is used up. */
/* What every answer says of its server, so that nobody takes its figures for real ones. */
#define REPLY_SERVER "blotter-mock/" BLOTTER_VERSION
struct MHD_Response *reply_make(struct request *request, struct call *call);
/* Whether a list like that of Accept-Encoding names a way. */
bool reply_accepts(struct MHD_Connection *connection, const char *header, const char *way);
bool reply_is_loopback(struct MHD_Connection *connection);
bool reply_host_is_local(const char *host); /* a Host header's: names this machine by itself */
void reply_put_address(struct MHD_Connection *connection, char *ret, size_t size);

#endif
