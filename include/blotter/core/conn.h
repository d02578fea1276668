/*
 * conn: the life of the stream's connection as a pure state machine: when to connect, what an
 * answer means, how long to wait, when silence means that it is dead. Source: WHATWG HTML 9.2,
 * revalidation "When the stream is down", cli "--watch".
 */
#ifndef BLOTTER_CORE_CONN_H
#define BLOTTER_CORE_CONN_H

#include <blotter/core/fault.h>
#include <blotter/core/moment.h>

enum conn_phase {
    CONN_IDLE,       /* not started */
    CONN_CONNECTING, /* a request is on its way */
    CONN_LIVE,       /* answered 200 text/event-stream */
    CONN_WAITING,    /* will try again at retry_at */
    CONN_ENDED /* will not try again by itself: 204, 401, 403, other 4xx, wrong type, or stopped */
};

struct conn_settings {
    int64_t retry_ms;      /* first delay: 1000 */
    int64_t max_retry_ms;  /* cap: 30000 */
    int64_t watchdog_ms;   /* silence allowed before a heartbeat has been seen: 75000 */
    int64_t good_after_ms; /* a stream this old resets the backoff: 30000 */
    uint64_t seed;         /* for the jitter */
};

struct conn_status {
    enum conn_phase phase;
    int attempt;           /* tries since it was last live; 0 while live */
    int64_t live_since_ms; /* wall; meaningful while CONN_LIVE */
    int64_t lost_at_ms;    /* wall; when it was last lost, INT64_MIN when never live */
    int64_t retry_at_ms;   /* wall; meaningful while CONN_WAITING */
    struct fault fault;    /* why it is not live; FAULT_NONE for a clean end (204, or stopped) */
};

#endif
