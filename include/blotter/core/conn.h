/*
 * conn: the life of the stream's connection as a pure state machine: when to connect, what an
 * answer means, how long to wait, when silence means that it is dead. Source: WHATWG HTML 9.2,
 * doc/revalidation.md "When the stream is down", blotter(1).
 */
#ifndef BLOTTER_CORE_CONN_H
#define BLOTTER_CORE_CONN_H

#include <blotter/core/fault.h>
#include <blotter/core/moment.h>

#include <stdbool.h>
#include <stdint.h>

enum conn_phase {
    CONN_IDLE,       /* not started */
    CONN_CONNECTING, /* a request is on its way */
    CONN_SILENT,     /* answered 200 text/event-stream, but not a byte has come: somebody on the way
                        may be holding it back */
    CONN_LIVE,       /* the first byte has come */
    CONN_WAITING,    /* will try again at retry_at */
    CONN_ENDED /* will not try again by its own clock: 204, 401, 403, other 4xx, wrong type, stopped
                */
};

struct conn_settings {
    int64_t retry_ms;      /* first delay: 1000. Less than a second is the user's own wish; the
                              server's retry field never goes below it or a second */
    int64_t max_retry_ms;  /* cap: 30000 */
    int64_t watchdog_ms;   /* silence allowed before a heartbeat has been seen: 75000 */
    int64_t good_after_ms; /* a stream this old resets the backoff: 30000 */
    uint64_t seed;         /* for the jitter */
    int64_t heartbeat_ms;  /* how far signs of life are apart at most; 0: learned */
    bool any_type;         /* the answer's Content-Type is not looked at */
    bool may_refuse;       /* 403 is about this address, not about the login */
};

struct conn_status {
    enum conn_phase phase;
    int attempt;            /* tries since it was last live; 0 while live */
    int64_t live_since_ms;  /* wall; meaningful while CONN_LIVE */
    int64_t heard_ms;       /* wall; when the last byte came, INT64_MIN before the first */
    int64_t lost_at_ms;     /* wall; when it was last lost, INT64_MIN when never live */
    int64_t retry_at_ms;    /* wall; meaningful while CONN_WAITING */
    bool quiet;             /* live, but nothing came for 1.2 heartbeats */
    int64_t quiet_since_ms; /* wall; when the last byte came; meaningful while quiet */
    struct fault fault;     /* why it is not live; FAULT_NONE when it was stopped */
    bool resumes;           /* set by net/stream: the present request said where to go on */
};

/* What the owner has to do; taken once by conn_take_action. */
enum conn_action {
    CONN_NOTHING,
    CONN_CLOSE,  /* give the connection up, let no event of it through any more */
    CONN_CONNECT /* the same, then make a new request */
};

struct conn;

void conn_settings_default(struct conn_settings *ret);
struct conn *conn_new(const struct conn_settings *settings);
void conn_free(struct conn *conn);

/*
 * Inputs. Each may change the status, the deadline and the pending action; an input that means
 * nothing in the present phase is ignored. Only now.mono_us is ever compared: the wall clock goes
 * into the status and may step as it likes.
 */
void conn_start(struct conn *conn,
                struct moment now); /* from CONN_IDLE, or from CONN_ENDED again */
void conn_stop(struct conn *conn, struct moment now);

/* The final answer's status and headers. content_type may be NULL; retry_after_ms is -1 when not
 * sent. */
void conn_answered(struct conn *conn, int status, const char *content_type, int64_t retry_after_ms,
                   struct moment now);

/* Bytes of the body arrived, comments included: the first make it live. A whole comment line did.
 */
void conn_bytes(struct conn *conn, struct moment now);
void conn_comment(struct conn *conn, struct moment now);

/* The body ended (fault NULL), or request or body failed. */
void conn_lost(struct conn *conn, const struct fault *fault, struct moment now);

/* The server says that it gives this connection up: another one is made, after the usual wait. */
void conn_dismissed(struct conn *conn, struct moment now);

/* What comes is not what was asked for, by what it says of itself: ended as by a 4xx. */
void conn_refuse(struct conn *conn, const struct fault *why, struct moment now);

/* The server sent a retry field: replaces the first delay, within bounds. */
void conn_retry_field(struct conn *conn, int64_t retry_ms);

/* The deadline has come. Early calls do nothing. */
void conn_tick(struct conn *conn, struct moment now);

/* Waiting: try now. Live but silent for longer than a heartbeat, or without an answer for seconds:
 * try anew. CONN_ENDED stays ended. */
void conn_retry_now(struct conn *conn, struct moment now);

/*
 * Another request has just been answered well: what waits for a network or a server that failed
 * tries now, unless the server said when. A request that still hangs is made anew, once. What a
 * 4xx or a page ended is tried again, less and less often.
 */
void conn_way_open(struct conn *conn, struct moment now);

/* Another request has failed without an answer: what waits because a stream ended, and would not
 * be tried sooner by conn_way_open, will. */
void conn_way_closed(struct conn *conn);

/* The machine was suspended: no connection is to be trusted, a waiting one tries now. */
void conn_resumed(struct conn *conn, struct moment now);

/* We do not read at present: silence means nothing until we do. */
void conn_pause(struct conn *conn, bool paused, struct moment now);

/* Outputs. */
enum conn_action conn_take_action(struct conn *conn);
int64_t conn_deadline_us(const struct conn *conn); /* monotonic; MOMENT_NEVER when none */
const struct conn_status *conn_status(const struct conn *conn);

/* Whether a Content-Type is text/event-stream: any case, any parameters. */
bool conn_type_is_stream(const char *content_type);

#endif
